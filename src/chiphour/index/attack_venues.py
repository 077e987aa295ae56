"""ATTACK_VENUES: what somebody who wants to move a fix can touch: venues, machines, what they cost.

Takes   the observations of a strike, the last fixed Fixing, the parameters of a methodology.
Gives   `Target`: the members' venues with their rates as whole numbers, and the machines of books;
        the rate of a book from which machines are gone, or to which listings were added.
Keeps   the rates of the panel that the fix was made from, exactly; a test holds the two together.
Source  docs/methodology/attack-cost.md; decision 0022.

Rates are whole numbers of 1/`unit` nano-dollars per GPU-hour: `unit` is chosen so that every rate,
and every median of rates that can come up, is one.
"""

from collections import Counter
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from chiphour.index.carry import carried
from chiphour.index.fixing import Fixing
from chiphour.index.hosts import host_cap
from chiphour.index.panel import Machine
from chiphour.index.panel import considered
from chiphour.index.panel import ineligible
from chiphour.index.panel import machine_of
from chiphour.index.panel import rate_of
from chiphour.index.parameters import Parameters
from chiphour.index.series import Series
from chiphour.observe.observation import Observation
from chiphour.observe.register import REGISTER
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import div_ceil

HALVINGS = 8  # A machine, its book, its owner: each a median of an even count; the fix doubles.


class Rentable(NamedTuple):
    """A machine of a book. Renting the whole of it for an hour costs `hour_nanousd`.

    `hours` is how long before the strike it must be rented to be gone: 1, or longer where the rule
    would carry it. A machine that is carried already (0 hours) can no longer be rented.
    """

    key: str
    host: str
    rate: int
    gpus: int
    hour_nanousd: int
    hours: int
    polls: frozenset[int]
    hosts: frozenset[str]  # All that were named for it in the window.


class Venue(NamedTuple):
    """A venue with its rate; None while its book is too thin.

    `machines`, by their rates, is empty for a rate card. `else_rate` is what counts when the book
    is empty: a rate card of the same venue, or None.
    """

    name: str
    owner: str
    rate: int | None
    machines: tuple[Rentable, ...]
    else_rate: int | None


class Target(NamedTuple):
    """What a fix was made from. `measure` is the last fix, where it may measure a few members."""

    unit: int
    venues: tuple[Venue, ...]
    measure: int | None
    parameters: Parameters

    def members(self, rates: Mapping[str, int | None] | None = None) -> dict[str, int]:
        """Give the rate of each owner, some venues' rates being other than they are."""
        of_owner: dict[str, list[int]] = {}
        for venue in self.venues:
            rate = venue.rate if rates is None else rates.get(venue.name, venue.rate)
            if rate is not None:
                of_owner.setdefault(venue.owner, []).append(rate)
        return {owner: _middle(sorted(found)) for owner, found in sorted(of_owner.items())}


def target_of(
    series: Series,
    observations: Iterable[Observation],
    strike_ns: int,
    previous: Fixing | None,
    source: str,
    parameters: Parameters,
) -> Target:
    """Give what a fix was made from; the arguments are those of the methodology's `fix_one`."""
    window = considered(observations, strike_ns, source, parameters)
    before = [row for row in window.evidence.get(series, ()) if ineligible(row, parameters) is None]
    of_venue: dict[str, list[Observation]] = {}
    for row in window.rows.get(series, ()):
        if ineligible(row, parameters) is None:
            of_venue.setdefault(row.venue, []).append(row)
    found = {
        venue: _parts(venue, rows, before, strike_ns, parameters)
        for venue, rows in sorted(of_venue.items())
    }
    rates = [rate for each in found.values() for rate in each.rates()]
    unit = HALVINGS * lcm(*(rate.denominator for rate in rates))
    venues = tuple(each.venue(name, unit, parameters) for name, each in found.items())
    return Target(unit, venues, _measure(strike_ns, previous, unit, parameters), parameters)


def _measure(
    strike_ns: int, previous: Fixing | None, unit: int, parameters: Parameters
) -> int | None:
    if previous is None or previous.fix_ticks is None:
        return None
    age_ns = strike_ns - previous.strike_ns
    if not parameters.final_ns <= age_ns <= parameters.unit_fix_age_max_ns:
        return None
    return previous.fix_ticks * NANOUSD_PER_TICK * unit


class _Parts(NamedTuple):
    """A venue before the unit is known: machines with what they cost, or the rates of a card."""

    machines: tuple[tuple[Machine, Rentable], ...]
    card: tuple[Fraction, ...]
    behind: "_Parts | None"  # What stands when the book is empty.

    def rates(self) -> Iterable[Fraction]:
        yield from self.card
        yield from (machine.rate for machine, _ in self.machines)
        if self.behind is not None:
            yield from self.behind.rates()

    def venue(self, name: str, unit: int, parameters: Parameters) -> Venue:
        """Give the venue with its rates in whole numbers."""
        machines = tuple(
            sorted(
                (
                    rentable._replace(rate=_whole(machine.rate, unit))
                    for machine, rentable in self.machines
                ),
                key=lambda machine: (machine.rate, machine.key),
            )
        )
        behind = None if self.behind is None else self.behind.venue(name, unit, parameters).rate
        if machines:
            rate = book_rate(machines, parameters)
        else:
            rate = _middle(sorted(_whole(rate, unit) for rate in self.card))
        return Venue(name, REGISTER[name].owner, rate, machines, behind)


def _whole(rate: Fraction, unit: int) -> int:
    return rate.numerator * (unit // rate.denominator)


def _parts(
    venue: str,
    rows: Sequence[Observation],
    before: Sequence[Observation],
    strike_ns: int,
    parameters: Parameters,
) -> _Parts:
    """Put the rows of a venue in the order in which they stand: own reader, book, the rest."""
    own = [row for row in rows if row.source == row.venue] or rows
    book = [row for row in own if row.feed == "book"]
    if not book:
        return _Parts((), tuple(rate_of(row) for row in own), None)
    sources = {row.source for row in book}
    evidence = [row for row in before if row.venue == venue and row.source in sources]
    present: dict[str, list[Observation]] = {}
    for row in book:
        present.setdefault(row.machine_key, []).append(row)
    would_stay = carried(evidence, (), strike_ns, parameters)
    carried_ns = parameters.carry_ns
    longer = div_ceil(carried_ns, NS_PER_HOUR) + 1
    machines = [
        _offered(key, seen, longer if key in would_stay else 1) for key, seen in present.items()
    ]
    machines += [_offered(key, seen, 0) for key, seen in would_stay.items() if key not in present]
    standing = set(book)
    rest = [row for row in rows if row not in standing]
    behind = _parts(venue, rest, before, strike_ns, parameters) if rest else None
    return _Parts(tuple(machines), (), behind)


def _offered(key: str, rows: Sequence[Observation], hours: int) -> tuple[Machine, Rentable]:
    """Give a machine and what the whole of it costs: its largest offer of its last poll."""
    machine = machine_of(rows)
    polls = frozenset(row.observed_ns for row in rows)
    hosts = frozenset(row.host_key for row in rows)
    last_ns = max(polls)
    last = [row for row in rows if row.observed_ns == last_ns]
    gpus = max(row.gpus for row in last)
    hour_nanousd = min(row.price_nanousd for row in last if row.gpus == gpus)
    return machine, Rentable(key, machine.host, 0, gpus, hour_nanousd, hours, polls, hosts)


def book_rate(machines: Sequence[Rentable], parameters: Parameters) -> int | None:
    """Give the rate of a book of these machines, by rate; None where it is too thin."""
    if _is_thin(machines, parameters):
        return None
    weight_of, whole = weights_of(machines, parameters)
    passed = 0
    for place, machine in enumerate(machines):
        passed += 2 * weight_of[machine.host]
        if passed > whole:
            return machine.rate
        if passed == whole:
            return _half(machine.rate + machines[place + 1].rate)
    raise AssertionError("some weight was not above zero")


def _is_thin(machines: Iterable[Rentable], parameters: Parameters) -> bool:
    """Tell whether the machines in the window are too few, of too few hosts or polls."""
    count = 0
    hosts: set[str] = set()
    polls: set[int] = set()
    for machine in machines:
        if machine.hours:
            count += 1
            hosts |= machine.hosts
            polls |= machine.polls
            named = len(hosts) - ("" in hosts)
            if (
                count >= parameters.book_machines_min
                and named >= parameters.book_hosts_min
                and len(polls) >= parameters.book_polls_min
            ):
                return False
    few = count < parameters.book_machines_min or len(polls) < parameters.book_polls_min
    return few or bool(hosts - {""})


def weights_of(
    machines: Iterable[Rentable], parameters: Parameters
) -> tuple[Mapping[str, int], int]:
    """Give what a machine of each host weighs, as whole numbers, and what all weigh together."""
    sizes = Counter([machine.host for machine in machines])
    if not any(sizes):
        return dict.fromkeys(sizes, 1), sizes[""]
    if len(sizes) < parameters.capped_hosts_min:
        share = lcm(*sizes.values())
        return {host: share // size for host, size in sizes.items()}, share * len(sizes)
    cap = host_cap(sizes.values(), Fraction(parameters.host_share_max_ppm, PPM))
    numerator, denominator = cap.numerator, cap.denominator
    # A host above the cap weighs cap/size for each machine; at most a handful of hosts can be.
    above = {size for size in sizes.values() if size * denominator > numerator}
    share = lcm(denominator, *(size * denominator for size in above))
    weight = dict.fromkeys(sizes.values(), share)
    weight |= {size: numerator * (share // (denominator * size)) for size in above}
    weights = {host: weight[size] for host, size in sizes.items()}
    return weights, sum(weight[size] * size for size in sizes.values())


def _middle(ordered: Sequence[int]) -> int:
    middle, odd = divmod(len(ordered), 2)
    return ordered[middle] if odd else _half(ordered[middle - 1] + ordered[middle])


def _half(doubled: int) -> int:
    half, rest = divmod(doubled, 2)
    assert rest == 0  # The unit allows for every halving.
    return half
