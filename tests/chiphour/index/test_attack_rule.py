"""TEST ATTACK_RULE: the rule in integers is the methodology's, and its pieces are its pieces.

Takes   panels that hypothesis makes.
Gives   a failure where the integers and the fractions give different fixes.
Keeps   every parameter set that runs.
Source  docs/methodology/v2026_1.md, "Unit" and "Screen"; decision 0022.
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index.attack_rule import Span
from chiphour.index.attack_rule import outcome_of
from chiphour.index.attack_rule import span_of
from chiphour.index.attack_rule import stretches
from chiphour.index.panel import Panelist
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.statistics import median
from chiphour.index.v2026_1 import screen
from chiphour.index.v2026_1 import unit_errors
from records import fixing

RATES = st.integers(1, 60) | st.integers(1, 2_000)
PANELS = st.lists(RATES, max_size=11)
DAY_NS = 24 * 3600 * 10**9


def by_fractions(rates, measure, parameters):
    members = [Panelist(f"m{at}", (), Fraction(rate), False, ()) for at, rate in enumerate(rates)]
    last = None if measure is None else fixing(fix_ticks=measure, strike_ns=0)
    in_nanousd = [m._replace(rate=m.rate * 100_000) for m in members]
    members, _ = unit_errors(in_nanousd, DAY_NS, last, parameters)
    kept, _ = screen(members, parameters)
    if min(len(members), len(kept)) < parameters.members_min:
        return None, len(members), len(kept)
    return median(m.rate for m in kept) * 2 / 100_000, len(members), len(kept)


@settings(max_examples=400)
@given(PANELS, st.none() | RATES, st.sampled_from(sorted(SETS)))
def test_the_rule_in_integers_is_the_methodology(rates, measure, name):
    parameters = SETS[name]
    fix, panel, kept = by_fractions(rates, measure, parameters)
    found = outcome_of(rates, measure, parameters)
    assert found.panel == panel
    assert found.fix_doubled == fix
    if panel >= parameters.members_min:
        assert found.kept == kept


@settings(max_examples=120)
@given(
    st.lists(st.integers(1, 60), max_size=8),
    st.integers(1, 3),
    st.none() | st.integers(10, 60),
    st.sampled_from(sorted(SETS)),
)
def test_along_a_stretch_the_fix_is_a_straight_line(others, copies, measure, name):
    """And the stretches cover every rate once, in order."""
    parameters = SETS[name]
    next_rate = 1
    for low, high, fix_low, fix_high in stretches(others, copies, 1, 500, measure, parameters):
        assert low == next_rate
        for rate in range(low, high + 1):
            fix = outcome_of([*others, *[rate] * copies], measure, parameters).fix_doubled
            if fix_low is None or low == high:
                assert fix == fix_low
            else:
                assert (fix - fix_low) * (high - low) == (fix_high - fix_low) * (rate - low)
        next_rate = high + 1
    assert next_rate == 501


def test_the_edges_of_the_screen_are_the_last_rates_that_it_keeps():
    honest = [200, 202, 204, 206, 208]
    found = outcome_of([*honest, 999], None, V2026_1)
    edge = found.high_doubled // 2
    assert outcome_of([*honest, edge], None, V2026_1).kept == 6
    assert outcome_of([*honest, edge + 1], None, V2026_1).kept == 5


SPANS = st.lists(
    st.tuples(st.integers(1, 60), st.sampled_from((0, 0, 1, 5, 100)), st.integers(0, 100)),
    max_size=8,
)


@settings(max_examples=400)
@given(SPANS, st.none() | RATES, st.sampled_from(sorted(SETS)))
def test_the_fix_is_where_the_spans_of_its_rates_say(words, measure, name):
    parameters = SETS[name]
    spans = [Span(low, low + width) for low, width, _ in words]
    rates = [low + width * percent // 100 for low, width, percent in words]
    found = span_of(spans, measure, parameters)
    fix = outcome_of(rates, measure, parameters).fix_doubled
    if fix is not None:
        assert found.low <= fix <= found.high
    known = span_of([Span(rate, rate) for rate in rates], measure, parameters)
    assert known == (None if fix is None else (fix, fix))
