"""QUALITY: what the archive's order books say of the worth of quality, day by day.

Takes   the archive.
Gives   the multipliers for a strike; a report of an estimate with each book's raw rate beside the
        adjusted one, at any time; how well either follows machines that were seen twice.
Keeps   an estimate out of the day that it is used on: for a strike it ends a day before, for a
        report at the time itself, for a comparison before the second of two days.
Source  docs/methodology/companions.md, "QA"; decision 0021.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any
from typing import NamedTuple

from chiphour.adapters.archive import Archive
from chiphour.analyse.hedonic import TRAILING_NS
from chiphour.analyse.hedonic import estimate
from chiphour.analyse.hedonic import multipliers_of
from chiphour.analyse.hedonic import to_json
from chiphour.index.companion import ticks_of
from chiphour.index.hosts import host_weights
from chiphour.index.panel import Machine
from chiphour.index.panel import book_of
from chiphour.index.panel import ineligible
from chiphour.index.parameters import V2026_1
from chiphour.index.quality import Multipliers
from chiphour.index.quality import adjusted
from chiphour.index.series import BY_KEY
from chiphour.index.statistics import weighted_median
from chiphour.observe.observation import Observation
from chiphour.observe.venues import venues
from chiphour.units import NS_PER_DAY
from chiphour.units import PPM
from chiphour.units import day_from_ns
from chiphour.units import div_half_even

MACHINES_MIN = 5  # On both days, for a comparison; the methodology asks a book for as many.

Books = Mapping[tuple[str, str], Sequence[Observation]]  # Sound rows by series and venue.


class MatchedError(NamedTuple):
    """How far a rate's change of a day lay from that of the median machine seen on both days.

    Distances of logarithms; `raw` and `adjusted` are the two rates of one book.
    """

    series: str
    venue: str
    day: str
    machines: int
    raw: float
    adjusted: float


def multipliers_at(archive: Archive, strike_ns: int) -> Multipliers:
    """Give what is published for a strike: estimated a day before it, from four weeks of books."""
    known_ns = strike_ns - NS_PER_DAY
    rows = [row for at_ns in _days(archive, known_ns) for row in _poll(archive, at_ns)]
    return multipliers_of(estimate(rows, known_ns), known_ns)


def captures_of(archive: Archive, before_ns: int | None = None) -> list[int]:
    """Give the time of the last whole poll of each day and source with a book, by time."""
    end_ns = 1 << 62 if before_ns is None else before_ns
    return sorted({at_ns for _, at_ns in _days_of(archive, 0, end_ns)})


def quality_report(archive: Archive, at_ns: int) -> dict[str, Any]:
    """Give an estimate up to a time as plain JSON, with each book's rate raw and adjusted.

    The rates are of each source's last whole poll of the day before the time: off-strike, never a
    fix. "rates" says how many rows were adjusted, and both rates in ticks.
    """
    polls = _days(archive, at_ns)
    rows = [row for poll in polls for row in _poll(archive, poll)]
    found = estimate(rows, at_ns)
    multipliers = multipliers_of(found, at_ns)
    last = dict(polls)  # By source: the polls come in order of time.
    latest = [row for row in rows if row.observed_ns == last.get(row.source)]
    raw, changed = _books(latest), _books(adjusted(latest, multipliers))
    rates: list[dict[str, Any]] = [
        {
            "series": series,
            "venue": venue,
            "time_ns": book[0].observed_ns,
            "rows": len(book),
            "adjusted_rows": sum(
                new.price_nanousd != old.price_nanousd
                for new, old in zip(changed[series, venue], book, strict=True)
            ),
            "raw_ticks": ticks_of(book_rate(book)),
            "adjusted_ticks": ticks_of(book_rate(changed[series, venue])),
        }
        for (series, venue), book in sorted(raw.items())
    ]
    moved = sum(rate["adjusted_rows"] for rate in rates)
    total = sum(rate["rows"] for rate in rates)
    return {
        "estimate": to_json(found, multipliers),
        "rates": rates,
        "adjusted_share_ppm": div_half_even(moved * PPM, total) if total else 0,
    }


def matched_errors(archive: Archive) -> list[MatchedError]:
    """Compare the raw and the adjusted rate with machines seen twice, over every pair of days.

    The multipliers come from the days before the second. Books of under five machines on either
    day, or in both, are left out.
    """
    days = _days_of(archive, 0, 1 << 62)
    found: list[MatchedError] = []
    for (source, first_ns), (other, second_ns) in pairwise(days):
        if source != other:
            continue
        before = [poll for poll in days if poll[0] == source and poll[1] < second_ns]
        trained = [row for poll in before for row in _poll(archive, poll)]
        multipliers = multipliers_of(estimate(trained, second_ns), second_ns)
        polls = [_poll(archive, (source, at_ns)) for at_ns in (first_ns, second_ns)]
        raw = [_books(poll) for poll in polls]
        changed = [_books(adjusted(poll, multipliers)) for poll in polls]
        for key in sorted(raw[0].keys() & raw[1].keys()):
            error = _matched_error(key, second_ns, [b[key] for b in raw], [b[key] for b in changed])
            found += [] if error is None else [error]
    return found


def book_rate(rows: Sequence[Observation]) -> Fraction:
    """Give a book's rate by the rules of the methodology: machines, hosts, weighted median."""
    machines = list(book_of(rows).machines.values())
    weights = host_weights([machine.host for machine in machines], V2026_1).weights
    rates = (machine.rate for machine in machines)
    return weighted_median(zip(rates, weights, strict=True))


def _matched_error(
    key: tuple[str, str],
    second_ns: int,
    raw: Sequence[Sequence[Observation]],
    changed: Sequence[Sequence[Observation]],
) -> MatchedError | None:
    before, after = (book_of(book).machines for book in raw)
    both = sorted(before.keys() & after.keys())
    if len(both) < MACHINES_MIN:
        return None
    moves = sorted(_log_change(before[name], after[name]) for name in both)
    matched = (moves[(len(moves) - 1) // 2] + moves[len(moves) // 2]) / 2
    raw_move, changed_move = (
        math.log(book_rate(books[1]) / book_rate(books[0])) for books in (raw, changed)
    )
    return MatchedError(
        *key,
        day_from_ns(second_ns).isoformat(),
        len(both),
        abs(raw_move - matched),
        abs(changed_move - matched),
    )


def _log_change(before: Machine, after: Machine) -> float:
    return math.log(after.rate / before.rate)


def _books(rows: Sequence[Observation]) -> Books:
    """Sort the rows that the methodology takes by series and venue; books of too few left out."""
    found: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for row in rows:
        series = BY_KEY.get((row.chip, row.form, row.tenor))
        if series is not None and row.feed == "book" and ineligible(row, V2026_1) is None:
            found[series.ticker, row.venue].append(row)
    return {
        key: book
        for key, book in found.items()
        if len({row.machine_key for row in book}) >= MACHINES_MIN
    }


def _days(archive: Archive, before_ns: int) -> list[tuple[str, int]]:
    return _days_of(archive, before_ns - TRAILING_NS, before_ns)


def _days_of(archive: Archive, from_ns: int, before_ns: int) -> list[tuple[str, int]]:
    """Give source and time of the last whole poll of each day of every source with a book."""
    found = []
    for name, reader in sorted(venues().items()):
        if reader.VENUE.feed == "book":
            polls = archive.polls(name, from_ns, before_ns, whole=True)
            found += [(name, at) for at in {day_from_ns(at): at for at in polls}.values()]
    return found


def _poll(archive: Archive, poll: tuple[str, int]) -> list[Observation]:
    source, at_ns = poll
    return archive.observations(at_ns, at_ns + 1, source, for_fixing=True)
