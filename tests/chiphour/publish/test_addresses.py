"""ADDRESSES: each thing has one, and a name that outlives it.

Takes   a fixing.
Gives   failures.
Keeps   the default set out of addresses, so that none of a fix is written two ways.
Source  RFC 4151; decision 0023.
"""

from datetime import date

from chiphour.index.series import BY_TICKER
from chiphour.publish import addresses
from records import FIXED

H100 = BY_TICKER["CHR.H100.SXM.OD"]


def test_pages_of_a_series_and_its_fixes():
    day = date(2026, 7, 20)
    assert addresses.series_path(H100) == "/series/h100-sxm-od"
    assert addresses.day_path(H100, day) == "/series/h100-sxm-od/2026-07-20"
    assert addresses.day_path(H100, day, "v2026_1") == "/series/h100-sxm-od/2026-07-20"
    assert addresses.release_path(day) == "/release/2026-07-20"
    robust = addresses.day_path(H100, day, "robust", 1_784_507_700_000_000_000)
    assert robust == "/series/h100-sxm-od/2026-07-20?set=robust&as_of=2026-07-20T00:35:00Z"


def test_a_fixing_and_its_very_vintage():
    assert addresses.fixing_path(FIXED) == "/series/h100-sxm-od/2026-07-20"
    assert addresses.vintage_path(FIXED) == (
        "/series/h100-sxm-od/2026-07-20?as_of=2026-07-20T00:35:00Z"
    )
    assert addresses.api_path(addresses.fixing_path(FIXED)) == "/api/series/h100-sxm-od/2026-07-20"


def test_names_are_tag_uris():
    assert addresses.tag("fix", "h100-sxm-od", "2026-07-20") == (
        "tag:chiphour,2026:fix/h100-sxm-od/2026-07-20"
    )
