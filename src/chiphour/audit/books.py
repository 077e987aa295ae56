"""BOOKS: from the rows that count to one rate for each owner, in whole numbers.

Takes   what was seen of a series at a strike, the register, a parameter set.
Gives   `Tally`: the owners' rates over one denominator; who was left out, what should be known.
Keeps   every rate a whole number of 1/D nano-dollars, D being the least common multiple of the
        GPU counts times 64. No value is halved more than six times on its way (slices, polls,
        machines, venues of an owner, panel, deviation), so every middle is a whole number too.
Source  docs/methodology/v2026_1.md, "Eligibility", "Venue rate", "Members"; decision 0012.
"""

from bisect import bisect_left
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from hashlib import sha256
from itertools import chain
from operator import mul
from typing import Any
from typing import NamedTuple

from chiphour.audit.groups import Group
from chiphour.audit.groups import chosen
from chiphour.audit.groups import count_of
from chiphour.audit.numbers import HOUR_NS
from chiphour.audit.numbers import ONE_PPM
from chiphour.audit.numbers import common_multiple
from chiphour.audit.numbers import host_weights
from chiphour.audit.numbers import middle
from chiphour.audit.numbers import share_text
from chiphour.audit.numbers import time_text
from chiphour.audit.numbers import weighted_middle
from chiphour.audit.rows import Seen
from chiphour.audit.rows import has_offers_between
from chiphour.audit.rows import offers_before
from chiphour.audit.specs import Fault
from chiphour.audit.specs import Parameters
from chiphour.audit.specs import quality_faults

HALVINGS = 64

Register = Mapping[str, Mapping[str, Any]]
Word = tuple[str, str, str, str]  # What it is about, and the fault.


class Owner(NamedTuple):
    """One owner's venues, its rate in 1/D nano-dollars, whether a book is in it, its rows."""

    venues: list[str]
    rate: int
    has_book: bool
    rows: int
    rows_root: str


class Tally(NamedTuple):
    """A panel in whole numbers of 1/denominator nano-dollars, and what was said on the way."""

    denominator: int
    owners: dict[str, Owner]
    rejections: list[Word]
    notes: list[Word]
    inputs: int  # Rows that were considered.
    inputs_root: str


class Venue(NamedTuple):
    """A venue's rows that stand, and those of its machines that vanished and still count."""

    standing: list[Group]
    carried: list[Group]


def tally_of(seen: Seen, strike_ns: int, register: Register, parameters: Parameters) -> Tally:
    """Sort what counts into owners; hold every rate over one denominator."""
    rejections: list[Word] = []
    notes = _outages(seen, register, parameters)
    venues = _venues(seen, strike_ns, register, parameters, rejections, notes)
    denominator = HALVINGS
    for gpus in set[int]().union(*(group.gpus for of in venues.values() for group in _all(of))):
        denominator = common_multiple(denominator, HALVINGS * gpus)
    grouped: dict[str, dict[str, Venue]] = {}
    for name, venue in venues.items():
        grouped.setdefault(register[name]["owner"], {})[name] = venue
    owners = {owner: _owner(of, denominator, parameters, notes) for owner, of in grouped.items()}
    # What is carried was seen before the window, so it is not among its rows.
    considered = [*seen.groups, *chain(*(venue.carried for venue in venues.values()))]
    return Tally(
        denominator, owners, rejections, notes, count_of(considered), rows_root(considered)
    )


def _all(venue: Venue) -> list[Group]:
    return venue.standing + venue.carried


def rows_root(groups: Iterable[Group]) -> str:
    """Give the root over the ids of the rows of groups."""
    return ids_root(chain(*(group.ids for group in groups)))


def ids_root(ids: Iterable[str]) -> str:
    """Give the SHA-256 over ids in their order, one a line."""
    return sha256("\n".join([*sorted(ids), ""]).encode()).hexdigest()


def _outages(seen: Seen, register: Register, parameters: Parameters) -> list[Word]:
    present = {group.venue for group in seen.groups}
    return [
        (venue, "OUTAGE", time_text(latest_ns), "a price in the window")
        for venue, latest_ns in seen.latest_ns.items()
        if venue not in present
        and venue in register
        and register[venue]["role"] in parameters["roles"]
    ]


def _venues(
    seen: Seen,
    strike_ns: int,
    register: Register,
    parameters: Parameters,
    rejections: list[Word],
    notes: list[Word],
) -> dict[str, Venue]:
    """Give each venue that has a rate with the rows it is made from; say who has none, and why."""
    good, faults = sorted_out(seen.groups, register, parameters)
    rejections += faults
    # Most often no book was seen in all the time that a machine may be carried over.
    can_carry = has_offers_between(
        seen, strike_ns - parameters["carry_ns"] + 1, strike_ns - parameters["book_window_ns"]
    )
    evidence: dict[str, list[Group]] = {}
    if can_carry:
        before = offers_before(seen, strike_ns, parameters)
        evidence, _ = sorted_out((of for of in before if of.venue in good), register, parameters)
    venues = {}
    for name, groups in good.items():
        standing = _undisplaced(groups, rejections)
        if standing[0].feed != "book":
            venues[name] = Venue(standing, [])
        elif not _is_thin(name, standing, parameters, rejections):
            steady = evidence.get(name, ())
            carried: list[Group] = []
            if steady:
                shown = set[str]().union(*(of.machines for of in seen.groups if of.venue == name))
                carried = _carried(standing, steady, shown, strike_ns, parameters, notes)
            venues[name] = Venue(standing, carried)
    return venues


def sorted_out(
    groups: Iterable[Group], register: Register, parameters: Parameters
) -> tuple[dict[str, list[Group]], list[Word]]:
    """Sort rows that pass every test by venue; give the first rule against each of the others."""
    good: dict[str, list[Group]] = {}
    faults: list[Word] = []
    for group in groups:
        fault = _standing_fault(group, register, parameters)
        if fault is not None:
            faults += [(row, *fault) for row in group.ids]
            continue
        group = _without_faults(group, _value_faults(group), faults)
        group = _without_faults(group, quality_faults(group.ends, parameters), faults)
        if group.ids:
            good.setdefault(group.venue, []).append(group)
    return good, faults


def _without_faults(
    group: Group, found: Sequence[Fault | None] | None, faults: list[Word]
) -> Group:
    """Give the rows of a group without a fault; note the others."""
    if found is None:
        return group
    faults += [(row, *fault) for row, fault in zip(group.ids, found, strict=True) if fault]
    return chosen(group, [fault is None for fault in found])


def _value_faults(group: Group) -> list[Fault | None] | None:
    """Tell which rows lack a price of some GPUs, or in a book a machine; None where none does."""
    of_machines = group.feed == "book"
    if (
        min(group.prices_nanousd) > 0
        and min(group.gpus) > 0
        and not (of_machines and "" in group.machines)
    ):
        return None
    return [
        ("VALUE", f"{price}/{gpus}", "above 0")
        if price < 1 or gpus < 1
        else (("MACHINE", "none", "given") if of_machines and not machine else None)
        for price, gpus, machine in zip(
            group.prices_nanousd, group.gpus, group.machines, strict=True
        )
    ]


def _standing_fault(group: Group, register: Register, parameters: Parameters) -> Fault | None:
    role = register[group.venue]["role"] if group.venue in register else "unknown"
    if role not in parameters["roles"]:
        return "ROLE", role, " or ".join(parameters["roles"])
    if group.kind not in parameters["kinds"]:
        return "KIND", group.kind, " or ".join(parameters["kinds"])
    doubts = set(group.flags).difference(parameters["harmless_flags"])
    if doubts:
        return "FLAG", " ".join(sorted(doubts)), "none"
    return None


def _undisplaced(groups: list[Group], rejections: list[Word]) -> list[Group]:
    """Strike out other sources beside a venue's own reader, then rate cards beside its book."""
    own = [group for group in groups if group.source == group.venue] or groups
    book = [group for group in own if group.feed == "book"] or own
    if len(book) == len(groups):
        return groups
    for group in groups:
        if group not in book:
            better = "book" if group in own else "own reader"
            said = "DISPLACED", f"{group.source} {group.feed}", better
            rejections += [(row, *said) for row in group.ids]
    return book


def _is_thin(
    venue: str, groups: list[Group], parameters: Parameters, rejections: list[Word]
) -> bool:
    """Tell whether a book has too little in it; where no host is named, it is not asked for one."""
    seen = {
        "polls": len(set[int]().union(*(group.observed_ns for group in groups))),
        "hosts": len(set[str]().union(*(group.hosts for group in groups)) - {""}),
        "machines": len(set[str]().union(*(group.machines for group in groups))),
    }
    least = {what: parameters[f"book_{what}_min"] for what in seen}
    least["hosts"] *= seen["hosts"] > 0
    if any(seen[what] < least[what] for what in seen):
        found, needed = (" ".join(f"{n} {what}" for what, n in d.items()) for d in (seen, least))
        rejections.append((venue, "THIN_BOOK", found, needed))
        return True
    return False


def _carried(
    standing: list[Group],
    evidence: Iterable[Group],
    shown: set[str],
    strike_ns: int,
    parameters: Parameters,
    notes: list[Word],
) -> list[Group]:
    """Give the rows of machines that just vanished and had been there long and often enough.

    A machine in `shown` has not vanished: some row in the window, good or not, shows it.
    """
    sources = {group.source for group in standing}
    groups = [group for group in evidence if group.source in sources]
    polls = sorted(set[int]().union(*(group.observed_ns for group in groups)))
    vanished: dict[str, set[int]] = defaultdict(set)
    for group in groups:
        for machine, observed_ns in zip(group.machines, group.observed_ns, strict=True):
            if machine not in shown:
                vanished[machine].add(observed_ns)
    firsts_ns: dict[str, int] = {}  # Of the stretches of machines that are carried.
    for machine, sightings in vanished.items():
        last_ns = max(sightings)
        first_ns = last_ns - parameters["carry_stretch_ns"]
        stretch = [observed_ns for observed_ns in sightings if observed_ns >= first_ns]
        if strike_ns - last_ns < parameters["carry_ns"] and _was_there(stretch, polls, parameters):
            firsts_ns[machine] = first_ns
    if not firsts_ns:
        return []
    hours = parameters["carry_ns"] // HOUR_NS
    said = f"{len(firsts_ns)} machines", f"vanished under {hours} hours ago"
    notes.append((standing[0].venue, "VANISHED", *said))
    found = [
        chosen(
            group,
            [
                observed_ns >= firsts_ns.get(machine, strike_ns)
                for machine, observed_ns in zip(group.machines, group.observed_ns, strict=True)
            ],
        )
        for group in groups
    ]
    return [group for group in found if group.ids]


def _was_there(stretch: Sequence[int], polls: list[int], parameters: Parameters) -> bool:
    """Tell whether sightings of a machine span enough time and enough of the polls in it."""
    first_ns, last_ns = min(stretch), max(stretch)
    if last_ns - first_ns < parameters["carry_span_min_ns"]:
        return False
    between = bisect_right(polls, last_ns) - bisect_left(polls, first_ns)
    needed: int = parameters["carry_presence_min_ppm"] * between
    return len(stretch) * ONE_PPM >= needed


def _owner(
    venues: Mapping[str, Venue], denominator: int, parameters: Parameters, notes: list[Word]
) -> Owner:
    rates: list[int] = []
    has_book = False
    for name, venue in venues.items():
        asked = [(group, _rates(group, denominator)) for group in _all(venue)]
        if venue.standing[0].feed == "book":
            has_book = True
            rates.append(_book_rate(name, asked, parameters, notes))
        else:
            rates.append(middle(chain(*(of for _, of in asked))))
    groups = [group for venue in venues.values() for group in _all(venue)]
    return Owner(sorted(venues), middle(rates), has_book, count_of(groups), rows_root(groups))


def _rates(group: Group, denominator: int) -> list[int]:
    """Give what a GPU costs by each row, in 1/D nano-dollars."""
    per_gpu = {gpus: denominator // gpus for gpus in set(group.gpus)}
    return list(map(mul, group.prices_nanousd, map(per_gpu.__getitem__, group.gpus)))


def _book_rate(
    venue: str, asked: list[tuple[Group, list[int]]], parameters: Parameters, notes: list[Word]
) -> int:
    """Give a book's rate in 1/D: the middle of its machines by what their hosts let them weigh."""
    rates = _machine_rates(asked)
    host_of = _hosts([group for group, _ in asked])
    machines = [(rate, host_of[machine]) for machine, rate in rates.items()]
    hosts: dict[str, int] = {}
    for _, host in machines:
        hosts[host] = hosts.get(host, 0) + 1
    if list(hosts) == [""]:
        notes.append((venue, "NO_HOST", "0 hosts named", "no cap"))
        return middle(rate for rate, _ in machines)
    share_ppm = parameters["host_share_max_ppm"]
    weights = host_weights(hosts, share_ppm, parameters["capped_hosts_min"])
    if len(set(weights.values())) > 1:
        most = f"{max(hosts.values())} of {len(machines)} machines of one host"
        notes.append((venue, "CAPPED", most, f"{share_text(share_ppm)} of the weight"))
    return weighted_middle([(rate, weights[host]) for rate, host in machines])


def _machine_rates(asked: Iterable[tuple[Group, list[int]]]) -> dict[str, int]:
    """Give the middle over polls of the middle of what each machine asked in the poll."""
    polls: dict[int, dict[str, list[int]]] = {}
    for group, rates in asked:
        first, observed_ns = 0, group.observed_ns
        while first < len(observed_ns):
            at_ns = observed_ns[first]
            end = bisect_right(observed_ns, at_ns, first)
            slices = polls.setdefault(at_ns, defaultdict(list))
            for machine, rate in zip(group.machines[first:end], rates[first:end], strict=True):
                slices[machine].append(rate)
            first = end
    found: dict[str, list[int]] = defaultdict(list)
    for slices in polls.values():
        for machine, some in slices.items():
            found[machine].append(some[0] if len(some) == 1 else middle(some))
    return {machine: middle(some) for machine, some in found.items()}


def _hosts(groups: list[Group]) -> dict[str, str]:
    """Give the host of each machine: the one that it named last, the highest if several then."""
    found: dict[str, str] = {}
    for group in groups:
        found.update(zip(group.machines, group.hosts, strict=True))
    if any(list(map(found.__getitem__, of.machines)) != of.hosts for of in groups):
        named = (zip(of.observed_ns, of.hosts, of.machines, strict=True) for of in groups)
        for _, host, machine in sorted(chain(*named)):
            found[machine] = host
    return found
