"""SERIES: the table of series and how a series is found.

Takes   the table.
Gives   a failure where a name or number would change under a contract.
Keeps   the numbers of the first series for good.
Source  Methodology v2026_1, "Series".
"""

import pytest

from chiphour.index.series import BY_KEY
from chiphour.index.series import BY_NUMBER
from chiphour.index.series import BY_SLUG
from chiphour.index.series import BY_TICKER
from chiphour.index.series import SERIES
from chiphour.index.series import series_named


def test_numbers_count_from_one_and_never_move():
    assert [series.number for series in SERIES] == list(range(1, len(SERIES) + 1))
    assert BY_TICKER["CHR.H100.SXM.OD"].number == 2
    assert BY_TICKER["CHR.H200.SXM.SPOT"].number == 5


def test_a_series_is_found_by_ticker_slug_number_and_key():
    series = series_named("chr.rtx4090.spot")
    assert series is series_named("RTX4090-SPOT")
    assert series is BY_SLUG["rtx4090-spot"]
    assert series is BY_NUMBER[series.number]
    assert series is BY_KEY["RTX4090", "", "SPOT"]


def test_an_unknown_name_is_refused():
    with pytest.raises(KeyError, match="h100-sxm-od"):
        series_named("h100")


def test_a_chip_of_one_form_has_no_form_in_its_ticker():
    assert BY_TICKER["CHR.L40S.OD"].form == ""
    assert BY_TICKER["CHR.A100-40.SXM.OD"].chip == "A100-40"
