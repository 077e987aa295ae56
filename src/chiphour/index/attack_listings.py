"""ATTACK_LISTINGS: how many listings must be made up in one book for a fix to move.

Takes   a target: venues with rates, the machines of their books, the rule.
Gives   the book in which the fewest do it, how many, and how many hosts must own them.
Keeps   the cap on hosts in sight: listings of one host weigh no more than its share.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from collections.abc import Sequence
from typing import NamedTuple

from chiphour.index.attack_books import Wanted
from chiphour.index.attack_books import good_rates
from chiphour.index.attack_venues import HALVINGS
from chiphour.index.attack_venues import Rentable
from chiphour.index.attack_venues import Target
from chiphour.index.attack_venues import Venue
from chiphour.index.attack_venues import book_rate
from chiphour.units import div_floor

LISTINGS_MAX = 5_000
HOSTS_MAX = 10


class Listings(NamedTuple):
    """How many false listings in one book move the fix, each of a host of its own.

    `hosts` is the fewest hosts that can do it with as many listings as they like; None where the
    book names no host.
    """

    venue: str
    listings: int
    hosts: int | None


def fewest_listings(target: Target, wanted: Wanted) -> Listings | None:
    """Give the book in which the fewest false listings make the fix as wanted; None for none.

    The listings pass every test on rows, and ask whatever suits.
    """
    found = []
    for venue in target.venues:
        if venue.rate is not None and venue.machines:
            good = good_rates(target, venue, wanted)
            listings = good and _listings(target, venue, good)
            if listings:
                found.append((listings, venue.name, venue, good))
    if not found:
        return None
    listings, name, venue, good = min(found, key=lambda each: each[:2])
    return Listings(name, listings, _hosts(target, venue, good))


def _listings(target: Target, venue: Venue, good: Sequence[tuple[int, int]]) -> int | None:
    """Find how many listings, each of a host of its own, bring the owner to a good rate."""
    count = 1
    while not _reaches(target, venue, good, _fakes(venue, count, count)):
        count *= 2
        if count > LISTINGS_MAX:
            return None
    low, high = div_floor(count, 2), count
    while high - low > 1:
        middle = div_floor(low + high, 2)
        if _reaches(target, venue, good, _fakes(venue, middle, middle)):
            high = middle
        else:
            low = middle
    return high


def _hosts(target: Target, venue: Venue, good: Sequence[tuple[int, int]]) -> int | None:
    if not any(machine.host for machine in venue.machines):
        return None
    for hosts in range(1, HOSTS_MAX):
        if _reaches(target, venue, good, _fakes(venue, LISTINGS_MAX, hosts)):
            return hosts
    return HOSTS_MAX


def _fakes(venue: Venue, count: int, hosts: int) -> list[Rentable]:
    """Give false listings of so many hosts; of none where the book names none."""
    named = any(machine.host for machine in venue.machines)
    polls = venue.machines[0].polls
    found = []
    for at in range(count):
        host = f"false {at % hosts}" if named else ""
        found.append(Rentable(f"false {at}", host, 0, 1, 0, 1, polls, frozenset({host})))
    return found


def _reaches(
    target: Target, venue: Venue, good: Sequence[tuple[int, int]], fakes: Sequence[Rentable]
) -> bool:
    """Tell whether a book with false listings can be brought to a good rate.

    All at one price, they bring it anywhere between where they bring it when they ask nothing and
    when they ask for more than all others.
    """
    top = max(high for _, high in good)
    ends = []
    for price in (HALVINGS, HALVINGS * top):
        made_up = [fake._replace(rate=price) for fake in fakes]
        listed = [*made_up, *venue.machines] if price == HALVINGS else [*venue.machines, *made_up]
        rate = book_rate(listed, target.parameters)
        ends.append(target.members({venue.name: rate})[venue.owner])
    return any(low <= ends[1] and ends[0] <= high for low, high in good)
