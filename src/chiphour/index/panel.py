"""PANEL: from rows to members: which rows count, what a venue's rate is, who owns it.

Takes   observations, the strike, the parameters of a methodology; the venue register.
Gives   the rows that a fix considers, the panel's members with exact rates, a rejection for
        every row and venue left out, and notes.
Keeps   a venue at one rate however many rows it sends, an owner at one member however many
        venues it runs, and the order of rows without effect.
Source  Methodology v2026_1, "Window" to "Members".
"""

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from chiphour.index.carry import carried
from chiphour.index.filters import passes
from chiphour.index.filters import reliability_of
from chiphour.index.filters import spec_of
from chiphour.index.filters import stated
from chiphour.index.fixing import Note
from chiphour.index.fixing import Rejection
from chiphour.index.hosts import host_weights
from chiphour.index.parameters import Parameters
from chiphour.index.series import BY_KEY
from chiphour.index.series import FILTERED
from chiphour.index.series import Series
from chiphour.index.statistics import median
from chiphour.index.statistics import weighted_median
from chiphour.observe.observation import Observation
from chiphour.observe.observation import can_be_fixed
from chiphour.observe.observation import observation_id
from chiphour.observe.register import REGISTER
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import text_from_ppm


class Considered(NamedTuple):
    """What one strike looks at, by series.

    `rows` lie in the window; `evidence` are rows of books before it, by which machines may be
    carried; `seen` says when each venue last showed the series, in the days that are remembered.
    """

    rows: Mapping[Series, tuple[Observation, ...]]
    evidence: Mapping[Series, tuple[Observation, ...]]
    seen: Mapping[Series, Mapping[str, int]]


class Machine(NamedTuple):
    """One machine of a book: its exact rate, and whose it was when it was last seen."""

    rate: Fraction
    host: str


class Book(NamedTuple):
    """One venue's offers in the window, and how many polls and named hosts they come from."""

    polls: int
    hosts: int
    machines: Mapping[str, Machine]


class Panelist(NamedTuple):
    """One owner's rate, before the screen; `observations` are the sorted ids of its rows."""

    name: str
    venues: tuple[str, ...]
    rate: Fraction
    from_book: bool
    observations: tuple[str, ...]


class Panel(NamedTuple):
    """The members of one series at one strike; what was left out on the way, and what to know.

    `inputs` are the sorted ids of all rows that were considered.
    """

    members: tuple[Panelist, ...]
    rejections: tuple[Rejection, ...]
    notes: tuple[Note, ...]
    inputs: tuple[str, ...]


class Standing(NamedTuple):
    """What a venue stands in the panel with: its rows, carried ones included, and its rate."""

    rows: tuple[Observation, ...]
    rate: Fraction
    from_book: bool


EMPTY = Panel((), (), (), ())


def rate_of(row: Observation) -> Fraction:
    """Give nano-dollars per GPU-hour, exactly."""
    return Fraction(row.price_nanousd, row.gpus)


def series_of(row: Observation) -> tuple[Series, ...]:
    """Give the series that a row speaks for: that of its chip, form and tenor; narrower ones."""
    found = BY_KEY.get((row.chip, row.form, row.tenor))
    if found is None:
        return ()
    return (found, *(each for each in _NARROWER.get(found, ()) if passes(row, each.filter)))


def _narrower() -> Mapping[Series, tuple[Series, ...]]:
    found: dict[Series, tuple[Series, ...]] = {}
    for series in FILTERED:
        whole = BY_KEY[series.chip, series.form, series.tenor]
        found[whole] = (*found.get(whole, ()), series)
    return found


_NARROWER = _narrower()


def considered(
    observations: Iterable[Observation], strike_ns: int, source: str, parameters: Parameters
) -> Considered:
    """Pick the rows of the strike: books in their window, rate cards at their latest poll.

    A poll is all rows of one source and venue with one `observed_ns`. Rows received after the
    close, observed at or after the strike, or of another source than the one asked for do not
    exist here, and neither do rows that no fix may consider. A row given twice counts once.
    """
    recent = {
        row
        for row in observations
        if strike_ns - parameters.memory_ns <= row.observed_ns < strike_ns
        and row.received_ns < strike_ns + parameters.close_ns
        and source in ("", row.source)
        and can_be_fixed(row)
    }
    latest_ns = _latest_polls(recent, strike_ns - parameters.posted_limit_ns)
    book_from_ns = strike_ns - parameters.book_window_ns
    evidence_from_ns = strike_ns - parameters.carry_ns - parameters.carry_stretch_ns
    rows: dict[Series, list[Observation]] = defaultdict(list)
    evidence: dict[Series, list[Observation]] = defaultdict(list)
    seen: dict[Series, dict[str, int]] = defaultdict(dict)
    for row in recent:
        is_book = row.feed == "book"
        if is_book:
            counts = row.observed_ns >= book_from_ns
        else:
            counts = row.observed_ns == latest_ns[row.source, row.venue]
        for series in series_of(row):
            last_ns = seen[series].get(row.venue, row.observed_ns)
            seen[series][row.venue] = max(last_ns, row.observed_ns)
            if counts:
                rows[series].append(row)
            elif is_book and row.observed_ns >= evidence_from_ns:
                evidence[series].append(row)
    return Considered(_as_tuples(rows), _as_tuples(evidence), seen)


def _latest_polls(rows: Iterable[Observation], from_ns: int) -> Mapping[tuple[str, str], int]:
    """Give the latest poll of each posted feed, `from_ns` where it has none since then."""
    latest_ns: dict[tuple[str, str], int] = defaultdict(lambda: from_ns)
    for row in rows:
        if row.feed != "book":
            feed = (row.source, row.venue)
            latest_ns[feed] = max(latest_ns[feed], row.observed_ns)
    return latest_ns


def _as_tuples(
    found: Mapping[Series, list[Observation]],
) -> Mapping[Series, tuple[Observation, ...]]:
    return {series: tuple(rows) for series, rows in found.items()}


def panel_of(
    rows: Sequence[Observation],
    evidence: Sequence[Observation],
    strike_ns: int,
    parameters: Parameters,
) -> Panel:
    """Turn the rows of one series into members, sorted by name."""
    ids = {row: observation_id(row) for row in rows}
    rejections: list[Rejection] = []
    by_venue: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        fault = ineligible(row, parameters)
        if fault is None:
            by_venue[row.venue].append(row)
        else:
            rejections.append(Rejection(ids[row], *fault))
    before: dict[str, list[Observation]] = defaultdict(list)
    for row in evidence:
        if row.venue in by_venue and ineligible(row, parameters) is None:
            before[row.venue].append(row)
    shown: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        shown[row.venue].add(row.machine_key)
    notes: list[Note] = []
    of_owner: dict[str, dict[str, Standing]] = defaultdict(dict)
    for venue in sorted(by_venue):
        ours, displaced = _displace(by_venue[venue])
        rejections += [Rejection(ids[row], *fault) for row, fault in displaced]
        thin = thin_book(venue, ours, parameters)
        if thin is not None:
            rejections.append(thin)
            continue
        standing, said = _standing(ours, before[venue], shown[venue], strike_ns, parameters)
        notes += said
        ids |= {row: observation_id(row) for row in standing.rows if row not in ids}
        of_owner[REGISTER[venue].owner][venue] = standing
    members = tuple(_panelist(owner, of_owner[owner], ids) for owner in sorted(of_owner))
    return Panel(members, tuple(rejections), tuple(notes), tuple(sorted(ids.values())))


def ineligible(row: Observation, parameters: Parameters) -> tuple[str, str, str] | None:
    """Give rule, statistic and threshold of the first rule that leaves a row out, or None."""
    role = str(REGISTER[row.venue].role) if row.venue in REGISTER else "unknown"
    if role not in parameters.roles:
        return "ROLE", role, " or ".join(parameters.roles)
    if row.kind not in parameters.kinds:
        return "KIND", row.kind, " or ".join(parameters.kinds)
    doubts = [flag for flag in sorted(row.flags) if flag not in parameters.harmless_flags]
    if doubts:
        return "FLAG", " ".join(doubts), "none"
    if row.price_nanousd <= 0 or row.gpus <= 0:
        return "VALUE", f"{row.price_nanousd}/{row.gpus}", "above 0"
    if row.feed == "book" and not row.machine_key:
        return "MACHINE", "none", "given"
    return _quality(row.spec, parameters)


@lru_cache(maxsize=1 << 14)
def _quality(stated_words: str, parameters: Parameters) -> tuple[str, str, str] | None:
    """Hold a row to the floor of quality, as far as its venue states any."""
    spec = spec_of(stated_words)
    verification = spec.get("verification")
    if verification is not None and verification not in parameters.verifications:
        return "QUALITY", f"verification {verification}", " or ".join(parameters.verifications)
    reliability = reliability_of(spec)
    if reliability is not None:
        value = stated(reliability)
        if value is None or value * PPM < parameters.reliability_min_ppm:
            least = text_from_ppm(parameters.reliability_min_ppm)
            return "QUALITY", f"reliability {reliability}", least
    return None


def _displace(
    rows: list[Observation],
) -> tuple[list[Observation], list[tuple[Observation, tuple[str, str, str]]]]:
    """Keep a venue's own reader before other sources, then its book before posted rates."""
    displaced: list[tuple[Observation, tuple[str, str, str]]] = []
    preferences: tuple[tuple[str, Callable[[Observation], bool]], ...] = (
        ("own reader", lambda row: row.source == row.venue),
        ("book", lambda row: row.feed == "book"),
    )
    for threshold, preferred in preferences:
        if any(preferred(row) for row in rows):
            displaced += [
                (row, ("DISPLACED", f"{row.source} {row.feed}", threshold))
                for row in rows
                if not preferred(row)
            ]
            rows = [row for row in rows if preferred(row)]
    return rows, displaced


def book_of(rows: Iterable[Observation]) -> Book:
    """Take each machine at the median over polls of the median of its slices in each poll."""
    of_machine: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        of_machine[row.machine_key].append(row)
    polls = {row.observed_ns for found in of_machine.values() for row in found}
    hosts = {row.host_key for found in of_machine.values() for row in found} - {""}
    machines = {key: machine_of(found) for key, found in of_machine.items()}
    return Book(len(polls), len(hosts), machines)


def machine_of(rows: Iterable[Observation]) -> Machine:
    """Give a machine's rate, and its host: the one of its last sighting."""
    slices: dict[int, list[Fraction]] = defaultdict(list)
    last = (0, "")
    for row in rows:
        slices[row.observed_ns].append(rate_of(row))
        last = max(last, (row.observed_ns, row.host_key))
    return Machine(median(median(poll) for poll in slices.values()), last[1])


def thin_book(venue: str, rows: Sequence[Observation], parameters: Parameters) -> Rejection | None:
    """Give the rejection of a book with too few polls, hosts or machines, or None.

    Where no host is named the test on hosts is not made: a note says so.
    """
    if rows[0].feed != "book":
        return None
    hosts = {row.host_key for row in rows} - {""}
    found = (
        len({row.observed_ns for row in rows}),
        len(hosts),
        len({row.machine_key for row in rows}),
    )
    needed = (
        parameters.book_polls_min,
        parameters.book_hosts_min if hosts else 0,
        parameters.book_machines_min,
    )
    if all(count >= least for count, least in zip(found, needed, strict=True)):
        return None
    return Rejection(venue, "THIN_BOOK", _counts(found), _counts(needed))


def _counts(counts: tuple[int, int, int]) -> str:
    return "{} polls {} hosts {} machines".format(*counts)


def _standing(
    rows: Sequence[Observation],
    before: Sequence[Observation],
    shown: Collection[str],
    strike_ns: int,
    parameters: Parameters,
) -> tuple[Standing, list[Note]]:
    """Give what a venue stands with, and what to know of it.

    `shown` are the machines that any row of the venue shows in the window, eligible or not.
    """
    venue = rows[0].venue
    if rows[0].feed != "book":
        return Standing(tuple(rows), median(rate_of(row) for row in rows), False), []
    machines = dict(book_of(rows).machines)
    sources = {row.source for row in rows}
    evidence = [row for row in before if row.source in sources]
    kept = carried(evidence, shown, strike_ns, parameters)
    machines |= {key: machine_of(stretch) for key, stretch in kept.items()}
    hosts = [machine.host for machine in machines.values()]
    weighed = host_weights(hosts, parameters)
    rates = (machine.rate for machine in machines.values())
    rate = weighted_median(zip(rates, weighed.weights, strict=True))
    notes = []
    if not any(hosts):
        notes.append(Note(venue, "NO_HOST", "0 hosts named", "no cap"))
    if kept:
        hours = parameters.carry_ns // NS_PER_HOUR
        notes.append(
            Note(venue, "VANISHED", f"{len(kept)} machines", f"vanished under {hours} hours ago")
        )
    if weighed.capped:
        found = f"{weighed.largest} of {len(hosts)} machines of one host"
        share = f"{text_from_ppm(parameters.host_share_max_ppm)} of the weight"
        notes.append(Note(venue, "CAPPED", found, share))
    stretches = (row for stretch in kept.values() for row in stretch)
    return Standing((*rows, *stretches), rate, True), notes


def _panelist(
    owner: str, venues: Mapping[str, Standing], ids: Mapping[Observation, str]
) -> Panelist:
    return Panelist(
        name=owner,
        venues=tuple(sorted(venues)),
        rate=median(standing.rate for standing in venues.values()),
        from_book=any(standing.from_book for standing in venues.values()),
        observations=tuple(
            sorted(ids[row] for standing in venues.values() for row in standing.rows)
        ),
    )
