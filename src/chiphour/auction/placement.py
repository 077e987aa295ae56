"""PLACEMENT: which domains of a pool every gang runs on.

Takes   the gangs of one pool, its domain, the chips that it has in each interval.
Gives   `Site`s: for each gang and interval the domains it occupies; the check of such sites.
Keeps   a placement wherever the chips suffice in aggregate: sizes form a chain, whole domains are
        never moved, and what is smaller than a domain may move.
Source  docs/formulation/auction.md, section 3, "Domains".

A gang of whole domains keeps them from its start to its end. Taken in order of start, it meets
only gangs that run when it starts, so it never needs a domain beyond the most that run at once:
this is the colouring of an interval graph. The chips left in each interval are filled by smaller
gangs, size falling: as each size divides the next, what is left of a domain is a multiple of the
size to be placed, or too small for it, so that room is lost nowhere but in the last domain. Domains
are numbered by the market; the chips of an interval bound how many are in use, not which.
"""

import heapq
from collections.abc import Iterator
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.auction.grid import Violation
from chiphour.auction.held import Placed


class Site(NamedTuple):
    """A gang's place, as in `Placed`, and the numbers of the domains it occupies, by interval."""

    mode: str
    product: str
    pool: str
    first: int
    intervals: int
    chips: int
    domains: tuple[tuple[int, ...], ...]

    @property
    def placed(self) -> Placed:
        """Give the place without its domains."""
        return Placed(*self[:6])


def sites(domain_chips: int, gangs: Sequence[Placed], chips: Sequence[int]) -> tuple[Site, ...]:
    """Place the gangs of one pool, in their order; `chips` are those that it has, by interval.

    Each size divides the next larger one and the domain, or is a multiple of the domain. Where
    the gangs take no more than `chips` in any interval, `faults` finds none in what this gives.
    """
    domains: list[list[tuple[int, ...]]] = [[] for _ in gangs]
    _keep(domain_chips, gangs, domains)
    for interval in range(max((gang.first + gang.intervals for gang in gangs), default=0)):
        here = [number for number, gang in enumerate(gangs) if _runs(gang, interval)]
        small = [number for number in here if gangs[number].chips < domain_chips]
        if not small:
            continue
        small.sort(key=lambda number: (-gangs[number].chips, number))
        whole = [number for number in here if gangs[number].chips >= domain_chips]
        occupied = {domain for number in whole for domain in domains[number][0]}
        left = chips[interval] - len(occupied) * domain_chips
        sizes = [gangs[number].chips for number in small]
        places = _fill(domain_chips, sizes, occupied, left)
        for number, place in zip(small, places, strict=True):
            domains[number].append((place,))
    return tuple(Site(*gang, tuple(domains[n])) for n, gang in enumerate(gangs))


def _runs(gang: Placed, interval: int) -> bool:
    return gang.first <= interval < gang.first + gang.intervals


def _keep(domain_chips: int, gangs: Sequence[Placed], domains: list[list[tuple[int, ...]]]) -> None:
    """Give whole domains to those who need them, in order of start, the lowest that are free."""
    ends: list[tuple[int, int]] = []  # (end, number) of those who run.
    taken: set[int] = set()
    whole = [n for n, gang in enumerate(gangs) if gang.chips >= domain_chips]
    for number in sorted(whole, key=lambda n: (gangs[n].first, n)):
        gang = gangs[number]
        while ends and ends[0][0] <= gang.first:
            taken.difference_update(domains[heapq.heappop(ends)[1]][0])
        found = tuple(_free(taken, gang.chips // domain_chips))
        taken.update(found)
        domains[number] = [found] * gang.intervals
        heapq.heappush(ends, (gang.first + gang.intervals, number))


def _free(taken: set[int], count: int) -> list[int]:
    """Give the lowest numbers that are not taken."""
    found: list[int] = []
    number = 0
    while len(found) < count:
        if number not in taken:
            found.append(number)
        number += 1
    return found


def _fill(domain_chips: int, sizes: list[int], occupied: set[int], left: int) -> list[int]:
    """Put sizes, falling, into the first domain with room; `left` chips make domains, one in part.

    What finds no room goes on a domain of its own, for the check to tell.
    """
    count = min(max(-(-left // domain_chips), 0), len(sizes))  # First fit reaches no further.
    numbers = _free(occupied, count + len(sizes))
    room = [min(domain_chips, left - place * domain_chips) for place in range(count)]
    room += [domain_chips] * len(sizes)
    found, place, last = [], 0, 0
    for size in sizes:
        place = place if size == last else 0  # What was too small for a size still is.
        while room[place] < size:
            place += 1
        last = size
        room[place] -= size
        found.append(numbers[place])
    return found


def faults(
    domain_chips: int, where: str, given: Sequence[Site], chips: Sequence[int]
) -> Iterator[Violation]:
    """Yield what is wrong with the sites of one pool, whoever chose them.

    A gang of whole domains keeps as many as it needs; a smaller one lies in one; no domain holds
    more than its chips; those in use are not more than an interval has, the last in part.
    """
    for site in given:
        yield from _own_faults(domain_chips, where, site)
    end = min(len(chips), max((site.first + len(site.domains) for site in given), default=0))
    for interval in range(end):
        load: dict[int, int] = {}
        for site in given:
            if site.first <= interval < site.first + len(site.domains):
                own = site.domains[interval - site.first]
                for domain in own:
                    load[domain] = load.get(domain, 0) + min(site.chips, domain_chips)
        full, rest = divmod(chips[interval], domain_chips)
        place = f"{where} interval {interval}"
        for domain, found in sorted(load.items()):
            if found > domain_chips:
                expected = f"at most {domain_chips} chips on domain {domain}"
                yield Violation("placement", place, expected, str(found))
        if len(load) > full + (min(load.values(), default=0) <= rest and rest > 0):
            expected = f"gangs on {full} domains and {rest} chips"
            yield Violation("placement", place, expected, f"{len(load)} domains")


def _own_faults(domain_chips: int, where: str, site: Site) -> Iterator[Violation]:
    """Yield what is wrong with one gang's domains by themselves."""
    whole = site.chips >= domain_chips
    count = site.chips // domain_chips if whole else 1
    place = f"{where} {site.mode} from interval {site.first}".replace("  ", " ")
    if len(site.domains) != site.intervals:
        expected = f"domains in {site.intervals} intervals"
        yield Violation("placement", place, expected, str(len(site.domains)))
    for own in site.domains:
        if len(set(own)) != count or len(own) != count or any(domain < 0 for domain in own):
            yield Violation("placement", place, f"{count} domains", str(own))
            return
    if whole and len(set(map(frozenset, site.domains))) > 1:
        yield Violation("placement", place, "the same domains over all its hours", "others")
