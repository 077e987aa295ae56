"""NUMBERS: ranks, weights and texts of the audit, at their limits.

Takes   a few whole numbers.
Gives   a failure where one is rounded away, or a host weighs more than its share.
Keeps   expected values written by hand, or from exact fractions.
Source  docs/methodology/v2026_1.md, "Numbers" and "Host cap".
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.audit.numbers import common_divisor
from chiphour.audit.numbers import common_multiple
from chiphour.audit.numbers import fraction_from
from chiphour.audit.numbers import host_weights
from chiphour.audit.numbers import middle
from chiphour.audit.numbers import nearest
from chiphour.audit.numbers import share_text
from chiphour.audit.numbers import time_text
from chiphour.audit.numbers import usd_text
from chiphour.audit.numbers import weighted_middle

PPM = 1_000_000


def test_a_middle_of_an_even_count_is_the_mean_of_two_and_must_be_whole():
    assert middle([9, 1, 5]) == 5
    assert middle([8, 2, 4, 100]) == 6
    with pytest.raises(AssertionError):
        middle([1, 2])


def test_a_weighted_middle_passes_half_or_meets_it():
    assert weighted_middle([(10, 1), (20, 1), (30, 1)]) == 20
    assert weighted_middle([(30, 2), (10, 1), (20, 1)]) == 25
    assert weighted_middle([(10, 3), (20, 1), (30, 1)]) == 10


def test_the_nearest_count_is_even_at_a_tie():
    assert [nearest(value, 10) for value in (4, 5, 6, 15, 25, 26, -5, -15, 0)] == [
        *(0, 0, 1, 2, 2, 3, 0, -2, 0)
    ]


def test_divisors_and_multiples():
    assert (common_divisor(12, 18), common_multiple(12, 18)) == (6, 36)
    assert common_divisor(7, 0) == 7


SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=9)


@given(SIZES, st.sampled_from([(200_000, 5), (340_000, 3), (PPM, 1)]))
def test_no_host_weighs_more_than_its_share_and_the_cap_is_the_largest(sizes, rule):
    share_ppm, hosts_min = rule
    hosts = {f"h{at}": size for at, size in enumerate(sizes)}
    weights = host_weights(hosts, share_ppm, hosts_min)
    of_host = {name: weights[name] * size for name, size in hosts.items()}
    if len(hosts) < hosts_min:
        assert len(set(of_host.values())) == 1
        return
    total = sum(of_host.values())
    assert all(found * PPM <= share_ppm * total for found in of_host.values())
    full = max(weights.values())
    capped = {name for name in hosts if weights[name] < full}
    assert len({of_host[name] for name in capped}) <= 1
    if capped:
        assert max(of_host.values()) * PPM == share_ppm * total
        assert max(of_host.values()) == of_host[max(hosts, key=lambda name: hosts[name])]


def test_a_host_of_many_machines_is_capped_as_worked_out_by_hand():
    """Five hosts with 1, 1, 1, 1 and 6 machines at a fifth each: the sixth counts as one."""
    weights = host_weights({"a": 1, "b": 1, "c": 1, "d": 1, "e": 6}, 200_000, 5)
    assert Fraction(weights["e"], weights["a"]) == Fraction(1, 6)


def test_numbers_are_digits_with_or_without_a_part():
    assert fraction_from("16") == (16, 1)
    assert fraction_from("0.950") == (950, 1_000)
    for text in ("", "x", "-1", "1e3", "1.", ".5", " 1", "1_0", None, 16):
        assert fraction_from(text) is None


def test_texts_of_dollars_shares_and_times():
    assert usd_text(2_000_000_000, 1) == "2.000000000"
    assert usd_text(5, 2) == "0.000000002"
    assert usd_text(7, 2) == "0.000000004"
    assert share_text(950_000) == "0.950000"
    assert share_text(1_482_600) == "1.482600"
    assert time_text(1_784_507_400_000_000_000) == "2026-07-20T00:30:00Z"
    assert time_text(1_784_507_400_000_001_999) == "2026-07-20T00:30:00.000001Z"
