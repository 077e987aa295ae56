"""PERFORMANCE: claimed and realised stand beside one another, and the meter does not flatter.

Takes   readings with work in them.
Gives   realised rates, ratios, verdicts.
Keeps   the verdict exact where the ratio is rounded.
Source  docs/formulation/runs.md, section 10, equation 25.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.performance import Realised
from chiphour.auction.performance import Verdict
from chiphour.auction.performance import by_chip
from chiphour.auction.performance import from_json
from chiphour.auction.performance import realised
from chiphour.auction.performance import to_json
from metered import OWED
from metered import reading

PICO = 10**12
BENCH = "sha256:" + "b" * 64


def done(units, *rows):
    parts = [reading(*rows, units_picos=units)] if units is not None else [reading(*rows)]
    return realised(OWED, parts, BENCH, 3 * PICO)


def test_work_over_chip_hours_is_the_realised_rate():
    """8 chips for half an hour are 4 chip-hours: 10 units are 2.5 of each, of 3 claimed."""
    part = done(10 * PICO, (8, 1_800))
    assert (part.chip, part.rate_picos, part.ratio_ppm) == ("H100", 25 * PICO // 10, 833_333)
    assert part.verdict(100_000) is Verdict.BELOW
    assert part.verdict(166_667) is Verdict.AS_CLAIMED
    assert done(14 * PICO, (8, 1_800)).verdict(100_000) is Verdict.ABOVE


def test_the_verdict_is_not_that_of_the_rounded_ratio():
    """A third less, exactly: 333,333 millionths do not cover it, 333,334 do."""
    part = done(8 * PICO, (8, 1_800))
    assert part.verdict(333_333) is Verdict.BELOW
    assert part.verdict(333_334) is Verdict.AS_CLAIMED


def test_the_tolerance_itself_is_within():
    """2.7 and 3.3 of 3 are a tenth away, exactly; the least more is not."""
    for tenths in (27, 33):
        part = Realised("Q7", BENCH, 30, tenths, 3_600)
        assert part.verdict(100_000) is Verdict.AS_CLAIMED
        assert part.verdict(99_999) is not Verdict.AS_CLAIMED


def test_work_that_was_not_counted_or_not_done_has_no_rate():
    assert done(None, (8, 1_800)) is None
    assert done(5, (0, 1_800)) is None
    assert realised(OWED, [], BENCH, 1) is None


def test_a_chip_is_rated_by_all_its_work_over_all_its_hours():
    """Not the mean of the two rates, 2.5 and 1, but 11 units of 5 chip-hours."""
    parts = [Realised("Q7", BENCH, 3 * PICO, 10 * PICO, 4 * 3_600)]
    parts += [Realised("Q7", BENCH, 3 * PICO, PICO, 3_600), Realised("H100", BENCH, 1, 1, 1)]
    first, second = by_chip(parts)
    assert (first.chip, second.chip) == ("H100", "Q7")
    assert second.rate_picos == 22 * PICO // 10


PARTS = st.lists(
    st.builds(
        Realised,
        st.sampled_from(("H100", "Q7")),
        st.just(BENCH),
        st.integers(1, 10**15),
        st.integers(0, 10**18),
        st.integers(1, 10**9),
    )
)


@given(PARTS, st.integers(0, 10**6))
def test_figures_come_back_from_json(parts, tolerance_ppm):
    assert from_json(to_json(parts, tolerance_ppm)) == tuple(parts)


@given(PARTS)
def test_no_work_is_lost_by_adding_up(parts):
    summed = by_chip(parts)
    for place in ("units_picos", "chip_seconds"):
        assert sum(getattr(p, place) for p in summed) == sum(getattr(p, place) for p in parts)


def test_a_figure_that_was_improved_is_refused():
    body = to_json([done(10 * PICO, (8, 1_800))], 100_000)
    better = body.replace(b'"realised":"2.5"', b'"realised":"2.9"')
    assert better != body
    with pytest.raises(RequestMalformed, match="the rates and ratios that the work gives"):
        from_json(better)
