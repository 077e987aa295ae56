"""TEST ATTACK_BOOKS: what renting can make of one book.

Takes   books of every size; fixes that are wanted.
Gives   a failure where a choice is not what the book becomes, or a cheaper one is overlooked.
Keeps   small books complete, and books without hosts exact at any size.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from itertools import combinations
from itertools import combinations_with_replacement
from unittest.mock import patch

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index import attack_books
from chiphour.index.attack_books import EVERY_MEAN_UP_TO
from chiphour.index.attack_books import EVERY_SET_UP_TO
from chiphour.index.attack_books import Book
from chiphour.index.attack_books import cost_of
from chiphour.index.attack_books import good_rates
from chiphour.index.attack_books import is_small
from chiphour.index.attack_books import rate_without
from chiphour.index.attack_purchase import fix_doubled_of
from chiphour.index.attack_venues import Rentable
from chiphour.index.attack_venues import Target
from chiphour.index.attack_venues import Venue
from chiphour.index.attack_venues import book_rate
from chiphour.index.parameters import V2026_1

UNIT = 8


def machine(at, rate, host="", gpus=1, hours=1):
    hosts = frozenset({host})
    polls = frozenset({1, 2})
    return Rentable(f"m{at:04d}", host, rate * UNIT, gpus, rate * gpus, hours, polls, hosts)


def book(machines, name="vast", else_rate=None):
    ranked = tuple(sorted(machines, key=lambda each: (each.rate, each.key)))
    return Venue(name, name, book_rate(ranked, V2026_1), ranked, else_rate)


def card(name, rate):
    return Venue(name, name, rate * UNIT, (), None)


def target_of(*venues):
    return Target(UNIT, venues, None, V2026_1)


def above(target, percent):
    fix = fix_doubled_of(target, {})
    return lambda moved: moved * 100 >= fix * (100 + percent)


MACHINES = st.lists(
    st.tuples(st.integers(90, 130), st.sampled_from(("a", "b", "c", "d", "e")), st.integers(1, 8)),
    min_size=5,
    max_size=6,
)


def least_of_each(venue):
    """Try every set of machines: the least cost of each rate."""
    least = {venue.rate: 0}
    for count in range(1, len(venue.machines) + 1):
        for rented in combinations(venue.machines, count):
            rate = rate_without(venue, rented, V2026_1)
            price = sum(each.hour_nanousd for each in rented)
            least[rate] = min(price, least.get(rate, price))
    return least


def assert_no_range_is_cheaper(venue, least):
    """Each range of rates costs at least what is said, and each choice is what the book becomes."""
    found = Book(venue, "hour", V2026_1)
    rates = sorted(rate for rate in least if rate is not None)
    for low, high in combinations_with_replacement(rates, 2):
        if low <= venue.rate <= high:
            continue
        costs = [cost for rate, cost in least.items() if rate is not None and low <= rate <= high]
        part = found.part(low, high)
        assert part.at_least <= min(costs)
        for choice in part.choices:
            assert choice.rate == rate_without(venue, choice.rented, V2026_1)
            assert choice.cost_nanousd == sum(each.hour_nanousd for each in choice.rented)
            assert choice.cost_nanousd >= least[choice.rate]
    for part in found.parts():
        if part.low is None:
            assert part.at_least <= least.get(None, part.at_least)


@settings(max_examples=40)
@given(MACHINES)
def test_a_small_book_has_every_rate_at_its_least_cost(machines):
    venue = book([machine(at, *each) for at, each in enumerate(machines)])
    if venue.rate is None:
        return
    least = least_of_each(venue)
    assert_no_range_is_cheaper(venue, least)
    found = Book(venue, "hour", V2026_1)
    for rate, cost in least.items():
        if rate not in (None, venue.rate):
            assert found.part(rate, rate).at_least == cost


@settings(max_examples=25)
@given(MACHINES)
def test_no_range_of_a_book_is_cheaper_than_is_said(machines):
    """Of small books every set is tried; here they are taken like large ones."""
    venue = book([machine(at, *each) for at, each in enumerate(machines)])
    if venue.rate is None:
        return
    for largest in (EVERY_MEAN_UP_TO, 0):
        with patch.multiple(attack_books, EVERY_SET_UP_TO=-1, EVERY_MEAN_UP_TO=largest):
            assert_no_range_is_cheaper(venue, least_of_each(venue))


def test_a_large_book_without_hosts_is_raised_at_its_least_cost():
    """All weigh the same, so the cheapest of those below a rate are the ones to rent.

    Of 101 machines at 100 to 200 the middle one is 150. For 160 to be the middle one 60 would have
    to be below and 40 above: 20 must go, the cheapest, at 100 to 119. At 159.5 they are 19.
    """
    venue = book([machine(at, 100 + at) for at in range(101)])
    assert not is_small(venue)
    part = Book(venue, "hour", V2026_1).part(160 * UNIT, 160 * UNIT)
    assert part.at_least == sum(range(100, 120))
    (cost,) = {each.cost_nanousd for each in part.choices}
    assert cost == part.at_least


def test_every_choice_of_larger_books_is_what_the_book_becomes():
    for size in (EVERY_SET_UP_TO + 1, EVERY_MEAN_UP_TO, EVERY_MEAN_UP_TO + 1):
        hosts = [f"h{at % 7 if at % 3 else 0}" for at in range(size)]
        venue = book([machine(at, 100 + at * 37 % 61, hosts[at], 1 + at % 4) for at in range(size)])
        found = Book(venue, "hour", V2026_1)
        choices = [*found.ladder(), *(one for part in found.parts() for one in part.choices)]
        assert len(choices) > 5
        for each in choices:
            assert rate_without(venue, each.rented, V2026_1) == each.rate
            assert each.cost_nanousd == sum(one.hour_nanousd for one in each.rented)


def test_the_halves_of_a_range_cost_no_less_than_the_whole():
    venue = book([machine(at, 100 + at * 7 % 23, f"h{at % 9}") for at in range(60)])
    found = Book(venue, "hour", V2026_1)
    for part in found.parts():
        if part.low is not None and part.low < part.high:
            low, high = found.halves(part)
            assert min(low.at_least, high.at_least) >= part.at_least
            assert (low.low, high.high) == (part.low, part.high)
            assert low.high < high.low


def test_what_is_carried_costs_more_or_cannot_be_rented():
    assert cost_of(machine(0, 100, hours=25), "hour") == 100
    assert cost_of(machine(0, 100, hours=25), "carried") == 2_500
    gone = machine(9, 90, hours=0)
    venue = book([gone, *(machine(at, 100 + at) for at in range(6))])
    parts = Book(venue, "hour", V2026_1).parts()
    rented = {one for part in parts for each in part.choices for one in each.rented}
    assert rented <= {each for each in venue.machines if each is not gone}
    assert rented


def test_an_empty_book_leaves_the_rate_card_behind_it():
    machines = [machine(at, 100 + at) for at in range(5)]
    venue = book(machines, else_rate=777)
    assert rate_without(venue, machines[:1], V2026_1) is None  # Four machines are too few.
    assert rate_without(venue, machines, V2026_1) == 777


@settings(max_examples=40)
@given(st.integers(90, 130), st.lists(st.integers(90, 130), min_size=3, max_size=5))
def test_good_rates_are_exactly_those_at_which_the_fix_is_wanted(rate, others):
    venue = Venue("vast", "vast", rate, (), None)
    cards = [Venue(f"c{at}", f"c{at}", each, (), None) for at, each in enumerate(others)]
    target = Target(1, (venue, *cards), None, V2026_1)
    if fix_doubled_of(target, {}) is None:
        return
    wanted = above(target, 2)
    good = good_rates(target, venue, wanted)
    for tried in range(1, 1_000):
        fix = fix_doubled_of(target, {"vast": tried})
        inside = any(low <= tried <= high for low, high in good)
        assert inside == (fix is not None and wanted(fix))
