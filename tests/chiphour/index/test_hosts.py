"""HOSTS: the cap on what one host weighs, against its definition.

Takes   numbers of machines by host.
Gives   a failure where a cap is not the largest that its definition allows.
Keeps   exactness: the cap is checked as a fraction, on either side.
Source  Methodology v2026_1, "Host cap".
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.hosts import host_cap
from chiphour.index.hosts import host_weights
from chiphour.index.parameters import V2026_1

FIFTH = Fraction(1, 5)


def excess(cap, sizes):
    return FIFTH * sum(min(size, cap) for size in sizes) - cap


@given(st.lists(st.integers(1, 40), min_size=5, max_size=12))
def test_the_cap_is_the_largest_that_its_definition_allows(sizes):
    cap = host_cap(sizes, FIFTH)
    assert 0 < cap <= max(sizes)
    assert excess(cap, sizes) >= 0
    if cap < max(sizes):
        assert excess(cap, sizes) == 0
        above = [cap + Fraction(step, 1000) for step in (1, 10, 1000)] + [Fraction(max(sizes))]
        assert all(excess(more, sizes) < 0 for more in above)


def test_worked_caps():
    """Of 1, 1, 1, 1, 8: c = (4 + c) / 5 at 1. Of 2, 2, 2, 2, 2, 30: c = (10 + c) / 5 at 2.5."""
    assert host_cap([1, 1, 1, 1, 8], FIFTH) == 1
    assert host_cap([2, 2, 2, 2, 2, 30], FIFTH) == Fraction(5, 2)
    assert host_cap([3, 3, 3, 3, 3], FIFTH) == 3


@given(st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=40))
def test_no_host_weighs_more_than_its_share(hosts):
    weighed = host_weights(hosts, V2026_1)
    total = sum(weighed.weights)
    names = set(hosts)
    of_host = {
        name: sum(w for h, w in zip(hosts, weighed.weights, strict=True) if h == name)
        for name in names
    }
    assert all(0 < weight <= 1 for weight in weighed.weights)
    if len(names) >= 5:
        assert max(of_host.values()) <= FIFTH * total
    else:
        assert set(of_host.values()) == {Fraction(1)}


def test_an_even_book_is_not_capped():
    weighed = host_weights(list("aabbccddee"), V2026_1)
    assert weighed == ((Fraction(1),) * 10, 2, False)


def test_few_hosts_weigh_the_same():
    weighed = host_weights(list("aaab"), V2026_1)
    assert weighed == ((Fraction(1, 3),) * 3 + (Fraction(1),), 3, True)
    assert not host_weights(list("aabb"), V2026_1).capped


def test_unnamed_machines_are_one_host_unless_all_are():
    assert host_weights(["", "", "a"], V2026_1).weights[0] == Fraction(1, 2)
    assert host_weights(["", "", ""], V2026_1) == ((Fraction(1),) * 3, 3, False)
