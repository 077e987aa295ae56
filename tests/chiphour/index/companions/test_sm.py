"""TEST SM: the smooth mean.

Takes   panels worked by hand; any panels.
Gives   exact values, and laws.
Keeps   the order of members without effect.
Source  Decision 0021.
"""

from fractions import Fraction

from hypothesis import given as drawn
from hypothesis import strategies as st

from chiphour.index.companions.sm import companion
from chiphour.index.companions.sm import scaled_survivors
from chiphour.index.companions.sm import trimmed_mean

RATES = st.lists(st.fractions(Fraction(1, 100), 100), min_size=1, max_size=15)


def test_an_outlier_leaves_and_a_fifth_is_dropped_at_each_end(given):
    """m = 2.25, deviation 0.15, reach 0.66717: 9 leaves; of five one goes at each end."""
    rates = {"a": "2", "b": "2.1", "c": "2.2", "d": "2.3", "e": "2.4", "f": "9"}
    found = companion(given(rates, dropped=("f",)))
    assert (found.value, dict(found.figures)) == (22_000, {"dropped_each_end": 1, "members": 5})


def test_its_screen_is_wider_than_the_headlines_by_the_scale():
    """m = 2.2, deviation 0.1: 2.6 lies 4 deviations off: outside 3, inside 3 times 1.4826."""
    rates = [Fraction(text) for text in ("2", "2.1", "2.2", "2.3", "2.6")]
    assert scaled_survivors(rates) == rates
    assert scaled_survivors([*rates[:4], Fraction("2.65")]) == rates[:4]


def test_equal_rate_cards_do_not_reject_everyone_else():
    """The deviation is at least half a per cent: 1.5 % off stays, more does not."""
    same = [Fraction(2)] * 5
    assert scaled_survivors([*same, Fraction("2.03")]) == [*same, Fraction("2.03")]
    assert scaled_survivors([*same, Fraction("2.0301")]) == same


def test_the_mean_is_rounded_once(given):
    """The middle three of five: 3.0005 / 3 = 1.000166..., which is 1.0002."""
    rates = {"a": "1", "b": "1.0001", "c": "1.0002", "d": "1.0002", "e": "1.0003"}
    assert companion(given(rates)).value == 10_002


def test_under_five_survivors_there_is_none(given):
    found = companion(given({"a": "2", "b": "2", "c": "2", "d": "2"}))
    assert found.reason == "FEW_MEMBERS"


@drawn(RATES)
def test_it_lies_between_the_least_and_the_greatest(rates):
    assert min(rates) <= trimmed_mean(rates) <= max(rates)


@drawn(RATES, st.randoms())
def test_the_order_of_members_has_no_effect(rates, random):
    shuffled = random.sample(rates, len(rates))
    assert scaled_survivors(shuffled) == scaled_survivors(rates)
    assert trimmed_mean(shuffled) == trimmed_mean(rates)


@drawn(RATES)
def test_at_least_half_survive(rates):
    assert 2 * len(scaled_survivors(rates)) >= len(rates)
