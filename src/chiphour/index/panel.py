"""PANEL: from rows to members: which rows count, what a venue's rate is, who owns it.

Takes   observations, the strike, the parameters of a methodology; the venue register.
Gives   the rows that a fix considers, the panel's members with exact rates, and a rejection
        for every row and venue left out.
Keeps   a venue at one rate however many rows it sends, an owner at one member however many
        venues it runs, and the order of rows without effect.
Source  Methodology v2026_1, "Window", "Eligibility", "Venue rate" and "Members".
"""

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from chiphour.index.fixing import Rejection
from chiphour.index.series import BY_KEY
from chiphour.index.series import Series
from chiphour.index.statistics import median
from chiphour.observe.observation import Observation
from chiphour.observe.observation import can_be_fixed
from chiphour.observe.observation import observation_id
from chiphour.observe.register import REGISTER


class Parameters(NamedTuple):
    """All that a methodology may turn. Published with each fix as the hash of its JSON.

    Times in nanoseconds, shares in parts per million, the rest are counts or words.
    """

    methodology: str
    close_ns: int  # After the strike: rows received later never enter.
    final_ns: int  # After the strike: a provisional fix becomes final.
    book_window_ns: int
    posted_limit_ns: int  # How long a rate card holds.
    memory_ns: int  # How far back a series counts as known.
    book_polls_min: int
    book_hosts_min: int
    book_machines_min: int
    roles: tuple[str, ...]
    kinds: tuple[str, ...]
    harmless_flags: tuple[str, ...]  # Any other flag leaves the row out.
    members_min: int
    screen_members_min: int
    screen_multiple: int
    screen_floor_ppm: int
    grade_members_min: tuple[tuple[str, int], ...]  # Best first.
    settlement_grades: tuple[str, ...]
    settlement_move_max_ppm: int
    interval_level_ppm: int


class Considered(NamedTuple):
    """What lies in the window of one strike, and which series were seen lately at all."""

    rows: Mapping[Series, tuple[Observation, ...]]
    known: frozenset[Series]


class Book(NamedTuple):
    """One venue's offers in the window: one exact rate per machine, and how many saw them."""

    polls: int
    hosts: int
    machine_rates: tuple[Fraction, ...]


class Panelist(NamedTuple):
    """One owner's rate, before the screen."""

    name: str
    venues: tuple[str, ...]
    rate: Fraction
    from_book: bool
    observations: tuple[str, ...]


class Panel(NamedTuple):
    """The members of one series at one strike, and what was left out on the way."""

    members: tuple[Panelist, ...]
    rejections: tuple[Rejection, ...]


def series_of(row: Observation) -> Series | None:
    """Give the series that a row's chip, form and tenor name, or None."""
    return BY_KEY.get((row.chip, row.form, row.tenor))


def rate_of(row: Observation) -> Fraction:
    """Give nano-dollars per GPU-hour, exactly."""
    return Fraction(row.price_nanousd, row.gpus)


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
    book_from_ns = strike_ns - parameters.book_window_ns
    posted_from_ns = strike_ns - parameters.posted_limit_ns
    latest_ns: dict[tuple[str, str], int] = defaultdict(lambda: posted_from_ns)
    for row in recent:
        if row.feed != "book":
            feed = (row.source, row.venue)
            latest_ns[feed] = max(latest_ns[feed], row.observed_ns)
    found: dict[Series, list[Observation]] = defaultdict(list)
    known = set()
    for row in recent:
        series = series_of(row)
        if series is None:
            continue
        known.add(series)
        if row.feed == "book":
            counts = row.observed_ns >= book_from_ns
        else:
            counts = row.observed_ns == latest_ns[row.source, row.venue]
        if counts:
            found[series].append(row)
    return Considered({key: tuple(rows) for key, rows in found.items()}, frozenset(known))


def panel_of(rows: Sequence[Observation], parameters: Parameters) -> Panel:
    """Turn the considered rows of one series into members, sorted by name."""
    rejections: list[Rejection] = []
    by_venue: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        rejection = ineligible(row, parameters)
        if rejection is None:
            by_venue[row.venue].append(row)
        else:
            rejections.append(rejection)
    of_owner: dict[str, dict[str, list[Observation]]] = defaultdict(dict)
    for venue in sorted(by_venue):
        ours, displaced = _displace(by_venue[venue])
        rejections.extend(displaced)
        thin = thin_book(venue, ours, parameters)
        if thin is None:
            of_owner[REGISTER[venue].owner][venue] = ours
        else:
            rejections.append(thin)
    members = tuple(_panelist(owner, of_owner[owner]) for owner in sorted(of_owner))
    return Panel(members, tuple(rejections))


def ineligible(row: Observation, parameters: Parameters) -> Rejection | None:
    """Give the first rule that leaves a row out, or None."""
    role = str(REGISTER[row.venue].role) if row.venue in REGISTER else "unknown"
    doubts = [flag for flag in sorted(row.flags) if flag not in parameters.harmless_flags]
    value = f"{row.price_nanousd}/{row.gpus}"
    machine = "none" if row.feed == "book" and not row.machine_key else "given"
    tests = (
        ("ROLE", role in parameters.roles, role, " or ".join(parameters.roles)),
        ("KIND", row.kind in parameters.kinds, row.kind, " or ".join(parameters.kinds)),
        ("FLAG", not doubts, " ".join(doubts), "none"),
        ("VALUE", row.price_nanousd > 0 and row.gpus > 0, value, "above 0"),
        ("MACHINE", machine == "given", machine, "given"),
    )
    for rule, passed, statistic, threshold in tests:
        if not passed:
            return Rejection(observation_id(row), rule, statistic, threshold)
    return None


def _displace(rows: list[Observation]) -> tuple[list[Observation], list[Rejection]]:
    """Keep a venue's own reader before other sources, then its book before posted rates."""
    rejections: list[Rejection] = []
    preferences: tuple[tuple[str, Callable[[Observation], bool]], ...] = (
        ("own reader", lambda row: row.source == row.venue),
        ("book", lambda row: row.feed == "book"),
    )
    for threshold, preferred in preferences:
        if any(preferred(row) for row in rows):
            rejections += [
                Rejection(observation_id(row), "DISPLACED", f"{row.source} {row.feed}", threshold)
                for row in rows
                if not preferred(row)
            ]
            rows = [row for row in rows if preferred(row)]
    return rows, rejections


def book_of(rows: Iterable[Observation]) -> Book:
    """Take each machine at the median over polls of the median of its slices in each poll."""
    slices: dict[str, dict[int, list[Fraction]]] = defaultdict(lambda: defaultdict(list))
    polls, hosts = set(), set()
    for row in rows:
        slices[row.machine_key][row.observed_ns].append(rate_of(row))
        polls.add(row.observed_ns)
        hosts.add(row.host_key)
    rates = (median(median(poll) for poll in machine.values()) for machine in slices.values())
    return Book(len(polls), len(hosts - {""}), tuple(sorted(rates)))


def thin_book(venue: str, rows: Sequence[Observation], parameters: Parameters) -> Rejection | None:
    """Give the rejection of a book with too few polls, hosts or machines, or None."""
    if rows[0].feed != "book":
        return None
    book = book_of(rows)
    found = (book.polls, book.hosts, len(book.machine_rates))
    needed = (
        parameters.book_polls_min,
        parameters.book_hosts_min,
        parameters.book_machines_min,
    )
    if all(count >= least for count, least in zip(found, needed, strict=True)):
        return None
    return Rejection(venue, "THIN_BOOK", _counts(found), _counts(needed))


def _counts(counts: tuple[int, int, int]) -> str:
    return "{} polls {} hosts {} machines".format(*counts)


def venue_rate(rows: Sequence[Observation]) -> Fraction:
    """Give the median of a book's machines, or of a rate card's rows (sizes, regions)."""
    if rows[0].feed == "book":
        return median(book_of(rows).machine_rates)
    return median(rate_of(row) for row in rows)


def _panelist(owner: str, venues: Mapping[str, Sequence[Observation]]) -> Panelist:
    ids = sorted(observation_id(row) for rows in venues.values() for row in rows)
    return Panelist(
        name=owner,
        venues=tuple(sorted(venues)),
        rate=median(venue_rate(rows) for rows in venues.values()),
        from_book=any(rows[0].feed == "book" for rows in venues.values()),
        observations=tuple(ids),
    )
