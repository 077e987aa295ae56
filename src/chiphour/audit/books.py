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
from collections.abc import Iterable
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from typing import Any
from typing import NamedTuple

from chiphour.audit.numbers import HOUR_NS
from chiphour.audit.numbers import ONE_PPM
from chiphour.audit.numbers import common_multiple
from chiphour.audit.numbers import fraction_from
from chiphour.audit.numbers import host_weights
from chiphour.audit.numbers import middle
from chiphour.audit.numbers import share_text
from chiphour.audit.numbers import time_text
from chiphour.audit.numbers import weighted_middle
from chiphour.audit.rows import OBSERVED_NS
from chiphour.audit.rows import ROW_ID
from chiphour.audit.rows import Parameters
from chiphour.audit.rows import Row
from chiphour.audit.rows import Seen
from chiphour.audit.rows import has_offers_between
from chiphour.audit.rows import offers_before
from chiphour.audit.rows import text_in

HALVINGS = 64

# Looking at one field of many rows takes most of the time of an audit.
_NAMED_LAST = attrgetter("observed_ns", "host_key")
_JUDGED_TOGETHER = attrgetter("venue", "kind", "flags")
_FEED_OF_SOURCE = attrgetter("source", "feed")
_GPUS, _HOST_KEY, _MACHINE_KEY, _PRICE, _SPEC, _VENUE = map(
    attrgetter,
    ("gpus", "host_key", "machine_key", "price_nanousd", "spec", "venue"),
)

Register = Mapping[str, Mapping[str, Any]]
Fault = tuple[str, str, str]  # Rule, statistic, threshold.
Word = tuple[str, str, str, str]  # What it is about, and the fault.

UNJUDGED: Fault = ("", "", "")
END_MARK = ',"reliability'  # From here on descriptions say how good a machine is.


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

    standing: list[Row]
    carried: list[Row]


def tally_of(seen: Seen, strike_ns: int, register: Register, parameters: Parameters) -> Tally:
    """Sort what counts into owners; hold every rate over one denominator."""
    rejections: list[Word] = []
    notes = _outages(seen, register, parameters)
    venues = _venues(seen, strike_ns, register, parameters, rejections, notes)
    denominator = HALVINGS
    for gpus in {gpus for venue in venues.values() for gpus in _sizes(venue)}:
        denominator = common_multiple(denominator, HALVINGS * gpus)
    grouped: dict[str, dict[str, Venue]] = {}
    for name, venue in venues.items():
        grouped.setdefault(register[name]["owner"], {})[name] = venue
    owners = {owner: _owner(of, denominator, parameters, notes) for owner, of in grouped.items()}
    # What is carried was seen before the window, so it is not among its rows.
    considered = [*seen.rows, *(row.id for venue in venues.values() for row in venue.carried)]
    root = ids_root(considered)
    return Tally(denominator, owners, rejections, notes, len(considered), root)


def _sizes(venue: Venue) -> set[int]:
    return set(map(_GPUS, venue.standing)).union(map(_GPUS, venue.carried))


def ids_root(ids: Iterable[str]) -> str:
    """Give the SHA-256 over ids in their order, one a line."""
    return sha256("\n".join([*sorted(ids), ""]).encode()).hexdigest()


def _outages(seen: Seen, register: Register, parameters: Parameters) -> list[Word]:
    present = set(map(_VENUE, seen.rows.values()))
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
    good, faults = sorted_out(seen.rows.values(), register, parameters)
    rejections += faults
    # Most often no book was seen in all the time that a machine may be carried over.
    can_carry = has_offers_between(
        seen, strike_ns - parameters["carry_ns"] + 1, strike_ns - parameters["book_window_ns"]
    )
    evidence: dict[str, list[Row]] = {}
    if can_carry:
        before = offers_before(seen, strike_ns, parameters)
        evidence, _ = sorted_out((row for row in before if row.venue in good), register, parameters)
    venues = {}
    for name, rows in good.items():
        standing = _undisplaced(rows, rejections)
        if standing[0].feed != "book":
            venues[name] = Venue(standing, [])
        elif not _is_thin(name, standing, parameters, rejections):
            steady = evidence.get(name, ())
            carried: list[Row] = []
            if steady:
                shown = {row.machine_key for row in seen.rows.values() if row.venue == name}
                carried = _carried(standing, steady, shown, strike_ns, parameters, notes)
            venues[name] = Venue(standing, carried)
    return venues


def sorted_out(
    rows: Iterable[Row], register: Register, parameters: Parameters
) -> tuple[dict[str, list[Row]], list[Word]]:
    """Sort rows that pass every test by venue; give the first rule against each of the others.

    What rows share is judged once: venue, kind and flags together, and a machine's description.
    """
    groups: dict[Any, list[Row]] = {}
    for key, some in groupby(rows, _JUDGED_TOGETHER):
        groups.setdefault(key, []).extend(some)
    good: dict[str, list[Row]] = {}
    faults: list[Word] = []
    for (venue, _, _), group in groups.items():
        fault = _standing_fault(group[0], register, parameters)
        if fault is not None:
            faults += [(row.id, *fault) for row in group]
            continue
        if (
            min(map(_PRICE, group)) < 1
            or min(map(_GPUS, group)) < 1
            or "" in map(_MACHINE_KEY, group)
        ):
            group = _with_values(group, faults)
        group = _with_quality(group, parameters, faults)
        if group:
            good.setdefault(venue, []).extend(group)
    return good, faults


def _with_values(rows: list[Row], faults: list[Word]) -> list[Row]:
    """Give the rows with a price of some GPUs, and in a book of a machine; note the others."""
    found = []
    for row in rows:
        fault = _value_fault(row)
        if fault is None:
            found.append(row)
        else:
            faults.append((row.id, *fault))
    return found


def _with_quality(rows: list[Row], parameters: Parameters, faults: list[Word]) -> list[Row]:
    """Give the rows of machines that are good enough; note the others.

    Most descriptions end with all that is asked for, and many with the same.
    """
    asked = tuple(parameters["verifications"]), parameters["reliability_min_ppm"]
    ends = [spec[spec.rfind(END_MARK) :] for spec in map(_SPEC, rows)]
    judged = {end: _end_fault(end, *asked) for end in set(ends)}
    doubtful = {end for end, fault in judged.items() if fault is not None}
    if not doubtful:
        return rows
    found = []
    for row, end in zip(rows, ends, strict=True):
        if end in doubtful:
            fault = judged[end]
            if fault is UNJUDGED:
                fault = _quality_fault(row.spec, *asked)
            if fault is not None:
                faults.append((row.id, *fault))
                continue
        found.append(row)
    return found


@lru_cache(1 << 14)
def _end_fault(end: str, passing: tuple[str, ...], least_ppm: int) -> Fault | None:
    """Judge a description by its end, where it states there all that is asked for.

    Behind a comma a quote opens a text. Nothing else opens, and the one brace closes all of it:
    what is stated from there on is of the description itself, and the last of its name.
    """
    is_plain = end.startswith(f'{END_MARK}2":"') and "{" not in end and "\\" not in end
    if not is_plain or '"verification":"' not in end or end.find("}") != len(end) - 1:
        return UNJUDGED
    return _quality_fault(f"{{{end[1:]}", passing, least_ppm)


def _value_fault(row: Row) -> Fault | None:
    if row.price_nanousd < 1 or row.gpus < 1:
        return "VALUE", f"{row.price_nanousd}/{row.gpus}", "above 0"
    return ("MACHINE", "none", "given") if row.feed == "book" and not row.machine_key else None


def _standing_fault(row: Row, register: Register, parameters: Parameters) -> Fault | None:
    role = register[row.venue]["role"] if row.venue in register else "unknown"
    if role not in parameters["roles"]:
        return "ROLE", role, " or ".join(parameters["roles"])
    if row.kind not in parameters["kinds"]:
        return "KIND", row.kind, " or ".join(parameters["kinds"])
    doubts = set(row.flags).difference(parameters["harmless_flags"])
    if doubts:
        return "FLAG", " ".join(sorted(doubts)), "none"
    return None


def _quality_fault(spec: str, passing: tuple[str, ...], least_ppm: int) -> Fault | None:
    verification = text_in(spec, "verification")
    if verification is not None and verification not in passing:
        return "QUALITY", f"verification {verification}", " or ".join(passing)
    reliability = text_in(spec, "reliability2")
    if reliability is None:
        reliability = text_in(spec, "reliability")
    if reliability is None or is_at_least(reliability, least_ppm):
        return None
    return "QUALITY", f"reliability {reliability}", share_text(least_ppm)


@lru_cache(1 << 14)
def is_at_least(text: str, least_ppm: int) -> bool:
    """Tell whether a decimal text says at least so many parts per million."""
    number = fraction_from(text)
    return number is not None and number[0] * ONE_PPM >= least_ppm * number[1]


def _undisplaced(rows: list[Row], rejections: list[Word]) -> list[Row]:
    """Strike out other sources beside a venue's own reader, then rate cards beside its book."""
    if len(list(groupby(rows, _FEED_OF_SOURCE))) == 1:
        return rows
    own = [row for row in rows if row.source == row.venue] or rows
    book = [row for row in own if row.feed == "book"] or own
    if len(book) < len(rows):
        stays = {row.id for row in book}
        owned = {row.id for row in own}
        for row in rows:
            if row.id not in stays:
                better = "book" if row.id in owned else "own reader"
                rejections.append((row.id, "DISPLACED", f"{row.source} {row.feed}", better))
    return book


def _is_thin(venue: str, rows: list[Row], parameters: Parameters, rejections: list[Word]) -> bool:
    """Tell whether a book has too little in it; where no host is named, it is not asked for one."""
    seen = {
        "polls": len(set(map(OBSERVED_NS, rows))),
        "hosts": len(set(map(_HOST_KEY, rows)) - {""}),
        "machines": len(set(map(_MACHINE_KEY, rows))),
    }
    least = {what: parameters[f"book_{what}_min"] for what in seen}
    least["hosts"] *= seen["hosts"] > 0
    if any(seen[what] < least[what] for what in seen):
        found, needed = (" ".join(f"{n} {what}" for what, n in d.items()) for d in (seen, least))
        rejections.append((venue, "THIN_BOOK", found, needed))
        return True
    return False


def _carried(
    standing: list[Row],
    evidence: Iterable[Row],
    shown: set[str],
    strike_ns: int,
    parameters: Parameters,
    notes: list[Word],
) -> list[Row]:
    """Give the rows of machines that just vanished and had been there long and often enough.

    A machine in `shown` has not vanished: some row in the window, good or not, shows it.
    """
    venue = standing[0].venue
    sources = {row.source for row in standing}
    rows = [row for row in evidence if row.source in sources]
    vanished: dict[str, list[Row]] = {}
    for row in rows:
        if row.machine_key not in shown:
            vanished.setdefault(row.machine_key, []).append(row)
    polls = sorted({row.observed_ns for row in rows})
    found: list[Row] = []
    count = 0
    for seen in vanished.values():
        last_ns = max(row.observed_ns for row in seen)
        first_ns = last_ns - parameters["carry_stretch_ns"]
        stretch = [row for row in seen if row.observed_ns >= first_ns]
        if strike_ns - last_ns < parameters["carry_ns"] and _was_there(stretch, polls, parameters):
            found += stretch
            count += 1
    if count:
        hours = parameters["carry_ns"] // HOUR_NS
        notes.append((venue, "VANISHED", f"{count} machines", f"vanished under {hours} hours ago"))
    return found


def _was_there(stretch: list[Row], polls: list[int], parameters: Parameters) -> bool:
    """Tell whether sightings of a machine span enough time and enough of the polls in it."""
    sightings = {row.observed_ns for row in stretch}
    first_ns, last_ns = min(sightings), max(sightings)
    if last_ns - first_ns < parameters["carry_span_min_ns"]:
        return False
    between = bisect_right(polls, last_ns) - bisect_left(polls, first_ns)
    needed: int = parameters["carry_presence_min_ppm"] * between
    return len(sightings) * ONE_PPM >= needed


def _owner(
    venues: Mapping[str, Venue], denominator: int, parameters: Parameters, notes: list[Word]
) -> Owner:
    rates: list[int] = []
    ids: list[str] = []
    has_book = False
    for name, (standing, carried) in venues.items():
        rows = standing + carried
        per_gpu = {gpus: denominator // gpus for gpus in set(map(_GPUS, rows))}
        if standing[0].feed == "book":
            has_book = True
            rates.append(_book_rate(name, rows, per_gpu, parameters, notes))
        else:
            rates.append(middle(row.price_nanousd * per_gpu[row.gpus] for row in rows))
        ids += map(ROW_ID, rows)
    return Owner(sorted(venues), middle(rates), has_book, len(ids), ids_root(ids))


def _book_rate(
    venue: str,
    rows: list[Row],
    per_gpu: Mapping[int, int],
    parameters: Parameters,
    notes: list[Word],
) -> int:
    """Give a book's rate in 1/D: the middle of its machines by what their hosts let them weigh."""
    rates = _machine_rates(rows, per_gpu)
    host_of = _hosts(rows)
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
    return weighted_middle((rate, weights[host]) for rate, host in machines)


def _machine_rates(rows: list[Row], per_gpu: Mapping[int, int]) -> dict[str, int]:
    """Give the middle over polls of the middle of what each machine asked in the poll."""
    slices: dict[tuple[str, int], list[int]] = {}
    sightings = zip(map(_MACHINE_KEY, rows), map(OBSERVED_NS, rows), strict=True)
    asked = zip(sightings, map(_PRICE, rows), map(_GPUS, rows), strict=True)
    for sighting, price_nanousd, gpus in asked:
        rate = price_nanousd * per_gpu[gpus]
        if sighting in slices:
            slices[sighting].append(rate)
        else:
            slices[sighting] = [rate]
    polls: dict[str, list[int]] = {}
    for (machine, _), found in slices.items():
        rate = found[0] if len(found) == 1 else middle(found)
        if machine in polls:
            polls[machine].append(rate)
        else:
            polls[machine] = [rate]
    return {machine: middle(found) for machine, found in polls.items()}


def _hosts(rows: list[Row]) -> dict[str, str]:
    """Give the host of each machine: the one that it named last, the highest if several then."""
    pairs = set(zip(map(_MACHINE_KEY, rows), map(_HOST_KEY, rows), strict=True))
    found = dict(pairs)
    if len(found) < len(pairs):
        for row in sorted(rows, key=_NAMED_LAST):
            found[row.machine_key] = row.host_key
    return found
