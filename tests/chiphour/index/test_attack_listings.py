"""TEST ATTACK_LISTINGS: how many listings must be made up, and by how many hosts.

Takes   books with and without hosts.
Gives   a failure where fewer listings would do, or where one host does what the cap forbids.
Keeps   the count one at which the book itself goes where the fix is moved.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from chiphour.index.attack_listings import fewest_listings
from chiphour.index.attack_purchase import fix_doubled_of
from chiphour.index.attack_venues import Rentable
from chiphour.index.attack_venues import Target
from chiphour.index.attack_venues import Venue
from chiphour.index.attack_venues import book_rate
from chiphour.index.parameters import PLAIN

UNIT = 8


def book(rates, hosts, name="vast"):
    machines = [
        Rentable(f"m{at}", host, rate * UNIT, 1, rate, 1, frozenset({1, 2}), frozenset({host}))
        for at, (rate, host) in enumerate(zip(rates, hosts, strict=True))
    ]
    ranked = tuple(sorted(machines, key=lambda machine: (machine.rate, machine.key)))
    return Venue(name, name, book_rate(ranked, PLAIN), ranked, None)


def target_of(*books):
    cards = [Venue(name, name, rate * UNIT, (), None) for name, rate in (("a", 900), ("b", 1_200))]
    return Target(UNIT, (*books, *cards), None, PLAIN)


def moved_to(target, rate):
    """Want the fix at this rate or above: the book is the middle member of three."""
    assert fix_doubled_of(target, {}) == 2 * target.venues[0].rate
    return lambda moved: moved >= 2 * rate * UNIT


def test_without_hosts_the_median_decides():
    """Of 101 machines at 1000 to 1100 and 20 above them the 61st is the middle one, 1060; with 22
    it is the 62nd.
    """
    target = target_of(book(range(1_000, 1_101), [""] * 101))
    found = fewest_listings(target, moved_to(target, 1_060))
    assert (found.venue, found.listings, found.hosts) == ("vast", 20, None)
    assert fewest_listings(target, moved_to(target, 1_061)).listings == 22


def test_a_host_holds_no_more_than_its_share_however_much_it_lists():
    """One host weighs a fifth: it moves 100 machines of as many hosts from the 50th to the 62nd."""
    target = target_of(book(range(1_000, 1_100), [f"h{at}" for at in range(100)]))
    assert fewest_listings(target, moved_to(target, 1_060)).hosts == 1
    assert fewest_listings(target, moved_to(target, 1_065)).hosts == 2
    assert fewest_listings(target, moved_to(target, 1_150)).hosts == 3


def test_a_book_that_does_not_decide_needs_no_listing_in_vain():
    target = target_of(book(range(1_000, 1_101), [""] * 101))
    assert fewest_listings(target, lambda moved: moved > 2 * 1_200 * UNIT) is None
    assert fewest_listings(target_of(), lambda moved: True) is None


def test_the_book_that_takes_fewest_is_named():
    """The fix is the mean of two books, 1010 and 1050: the smaller one goes up 10 with 20 added."""
    small = book(range(1_000, 1_021), [""] * 21, "small")
    large = book(range(1_000, 1_101), [""] * 101, "vast")
    target = target_of(small, large)
    found = fewest_listings(target, lambda moved: moved >= 2 * 1_035 * UNIT)
    assert (found.venue, found.listings) == ("small", 20)
