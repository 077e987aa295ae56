"""BADGE: the latest fix in a small picture.

Takes   a fixing, a suppressed one, none.
Gives   failures.
Keeps   no older fix in the place of a missing one.
Source  shields.io, endpoint badge.
"""

from xml.etree import ElementTree

import pytest

from chiphour.index.series import ALL_SERIES
from chiphour.index.series import BY_TICKER
from chiphour.publish.badge import badge_object
from chiphour.publish.badge import badge_svg
from records import FIXED

H100 = BY_TICKER["CHR.H100.SXM.OD"]
SUPPRESSED = FIXED._replace(state="suppressed", reason="STALE", fix_ticks=None, grade="")
NAMESPACE = "{http://www.w3.org/2000/svg}"


def test_the_object_is_what_shields_reads():
    assert badge_object(H100, FIXED) == {
        "schemaVersion": 1,
        "label": "H100 SXM, on demand",
        "message": "$3.1700/h B, 2026-07-20",
        "color": "#24506f",
        "cacheSeconds": 300,
    }


@pytest.mark.parametrize(
    ("fixing", "words"),
    [(FIXED, "$3.1700/h B, 2026-07-20"), (SUPPRESSED, "no fix, 2026-07-20"), (None, "not yet")],
)
def test_the_picture_says_what_the_object_says(fixing, words):
    root = ElementTree.fromstring(badge_svg(H100, fixing))
    assert root.find(f"{NAMESPACE}title").text == f"H100 SXM, on demand: {words}"
    assert [each.text for each in root.iter(f"{NAMESPACE}text")] == ["H100 SXM, on demand", words]
    assert badge_object(H100, fixing)["message"] == words
    assert "href" not in badge_svg(H100, fixing).decode()


@pytest.mark.parametrize("series", ALL_SERIES)
def test_every_word_lies_inside_its_half(series):
    root = ElementTree.fromstring(badge_svg(series, FIXED._replace(series=series.ticker)))
    width = int(root.attrib["width"])
    left, right = root.iter(f"{NAMESPACE}text")
    ends = [
        (int(t.attrib["x"]) * 2 - int(t.attrib["textLength"]), int(t.attrib["x"]) * 2)
        for t in (left, right)
    ]
    assert 0 < ends[0][0] < ends[0][1] < ends[1][1] < 2 * width
    assert int(right.attrib["x"]) * 2 + int(right.attrib["textLength"]) <= 2 * width
