"""TEST ATTACK_PURCHASE: the cheapest purchase, beside every purchase there is.

Takes   panels of two books and some rate cards; every set of machines taken from their rows.
Gives   a failure where the methodology itself finds a cheaper purchase, or none where one is named.
Keeps   the brute force in the methodology's own code, on rows.
Source  docs/methodology/attack-cost.md; decision 0022; goal: agreement within five per cent.
"""

from itertools import product
from unittest.mock import patch

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index import attack_books
from chiphour.index import attack_purchase
from chiphour.index.attack_books import EVERY_MEAN_UP_TO
from chiphour.index.attack_purchase import cheapest_purchase
from chiphour.index.attack_purchase import fix_doubled_of
from chiphour.index.attack_purchase import priced
from chiphour.index.attack_venues import Rentable
from chiphour.index.attack_venues import Target
from chiphour.index.attack_venues import Venue
from chiphour.index.attack_venues import book_rate
from chiphour.index.attack_venues import target_of
from chiphour.index.panel import considered
from chiphour.index.panel import panel_of
from chiphour.index.parameters import V2026_1
from chiphour.index.series import BY_TICKER
from chiphour.index.statistics import median
from chiphour.index.v2026_1 import screen
from chiphour.index.v2026_1 import unit_errors
from chiphour.units import NS_PER_MINUTE
from records import observation

STRIKE_NS = 1_784_507_400_000_000_000
SPOT = BY_TICKER["CHR.H100.SXM.SPOT"]
VENUES = ("salad", "spheron", "tensordock")
MACHINES = st.lists(
    st.tuples(st.integers(95, 115), st.sampled_from("abcdef"), st.sampled_from((1, 2, 8))),
    min_size=5,
    max_size=6,
)


def rows_of(machines, venue):
    return [
        observation(
            STRIKE_NS - age * NS_PER_MINUTE,
            source=venue,
            venue=venue,
            feed="book",
            kind="ask",
            tenor="SPOT",
            machine_key=f"m{at}",
            host_key=host,
            price_nanousd=price * gpus * 10**6,
            gpus=gpus,
        )
        for at, (price, host, gpus) in enumerate(machines)
        for age in (1, 5)
    ]


def cards_of(prices):
    return [
        observation(
            STRIKE_NS - NS_PER_MINUTE,
            source=venue,
            venue=venue,
            tenor="SPOT",
            price_nanousd=price * 10**6,
        )
        for venue, price in zip(VENUES, prices, strict=False)
    ]


def exact_fix(rows):
    window = considered(rows, STRIKE_NS, "", V2026_1).rows.get(SPOT, ())
    members, _ = unit_errors(panel_of(window, (), STRIKE_NS, V2026_1).members, 0, None, V2026_1)
    kept, _ = screen(members, V2026_1)
    if min(len(members), len(kept)) < V2026_1.members_min:
        return None
    return median(member.rate for member in kept)


def least_cost(rows, direction):
    """Try every set of machines, the cheapest first, on the rows themselves."""
    fix = exact_fix(rows)
    prices = {(row.venue, row.machine_key): row.price_nanousd for row in rows if row.feed == "book"}
    sets = [
        (sum(price for price, out in zip(prices.values(), chosen, strict=True) if out), chosen)
        for chosen in product((False, True), repeat=len(prices))
    ]
    for cost, chosen in sorted(sets):
        gone = {key for key, out in zip(prices, chosen, strict=True) if out}
        moved = exact_fix([row for row in rows if (row.venue, row.machine_key) not in gone])
        if moved is not None and direction * (moved * 100 - fix * (100 + direction)) >= 0:
            return cost
    return None


def search(rows, direction):
    target = target_of(SPOT, rows, STRIKE_NS, None, "", V2026_1)
    fix = fix_doubled_of(target, {})
    return cheapest_purchase(
        target, lambda moved: direction * (moved * 100 - fix * (100 + direction)) >= 0, "hour"
    )


def assert_least(rows):
    assume(exact_fix(rows) is not None)
    for direction in (1, -1):
        found = search(rows, direction)
        least = least_cost(rows, direction)
        assert not found.open
        assert found.at_least_nanousd() == least
        assert (found.purchase and found.purchase.cost_nanousd) == least


def assert_bounded(rows):
    """The bound is never above the least, what was found never below it."""
    assume(exact_fix(rows) is not None)
    for direction in (1, -1):
        found = search(rows, direction)
        least = least_cost(rows, direction)
        if least is None:
            assert found.purchase is None
        else:
            assert found.at_least_nanousd() <= least
            assert found.purchase is None or found.purchase.cost_nanousd >= least


@settings(max_examples=25)
@given(MACHINES, st.lists(st.integers(95, 115), min_size=2, max_size=3))
def test_no_purchase_in_one_book_is_cheaper(machines, prices):
    assert_least([*rows_of(machines, "vast"), *cards_of(prices)])


@settings(max_examples=15)
@given(MACHINES, st.lists(st.integers(95, 115), min_size=2, max_size=3), st.integers(0, 30))
def test_no_purchase_is_cheaper_than_the_bound(machines, prices, most):
    """With the search of large books, and cut off early."""
    rows = [*rows_of(machines, "vast"), *cards_of(prices)]
    with patch.object(attack_books, "EVERY_SET_UP_TO", -1):
        assert_bounded(rows)
        with patch.object(attack_purchase, "CASES_MAX", most):
            assert_bounded(rows)


@pytest.mark.suite
@settings(max_examples=5)
@given(MACHINES, MACHINES, st.lists(st.integers(95, 115), min_size=2, max_size=3))
def test_no_purchase_in_two_books_is_cheaper(one, other, prices):
    rows = [*rows_of(one[:5], "vast"), *rows_of(other[:5], "hyperbolic")]
    assert_least([*rows, *cards_of(prices)])


def test_where_rate_cards_decide_no_purchase_is_found():
    rows = [
        *rows_of([(150, "abcde"[at], 1) for at in range(5)], "vast"),
        *cards_of([100, 100, 100]),
    ]
    assert search(rows, 1) == (None, ())


def large_book(name, size, seed):
    """Give a book whose hosts are its machines: all weigh the same."""
    polls = frozenset({1, 2})
    machines = []
    for at in range(size):
        rate = 2_000 + (at * 7_919 + seed) % 400
        hosts = frozenset({f"h{at}"})
        machines.append(Rentable(f"m{at}", f"h{at}", rate * 8, 1, rate, 1, polls, hosts))
    ranked = tuple(sorted(machines, key=lambda machine: (machine.rate, machine.key)))
    return Venue(name, name, book_rate(ranked, V2026_1), ranked, None)


@pytest.mark.long
@pytest.mark.suite
@pytest.mark.parametrize("size", [EVERY_MEAN_UP_TO, EVERY_MEAN_UP_TO + 50])
def test_a_purchase_in_larger_books_is_made_in_full_and_moves_the_fix(size):
    books = [large_book("vast", size, 0), large_book("hyperbolic", size, 60)]
    cards = [
        Venue(f"c{at}", f"c{at}", rate * 8, (), None) for at, rate in enumerate((2_200, 2_290))
    ]
    target = Target(8, (*books, *cards), None, V2026_1)
    fix = fix_doubled_of(target, {})
    found = cheapest_purchase(target, lambda moved: moved * 100 >= 101 * fix, "hour").purchase
    costs = {(v.name, m.key): m.hour_nanousd for v in books for m in v.machines}
    assert found.cost_nanousd == sum(costs[machine] for machine in found.machines)
    assert len(set(found.machines)) == len(found.machines) == found.gpus
    assert found.fix_doubled * 100 >= 101 * fix
    assert priced(target, found, "hour") == found
    again = cheapest_purchase(target, lambda moved: moved * 100 >= 101 * fix, "hour", found)
    assert again.purchase.cost_nanousd == found.cost_nanousd
