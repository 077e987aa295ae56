"""VINTAGES: fixings on two time axes: of which strike, and since when known.

Takes   an open connection to the archive; series, strikes, a parameter set, a time.
Gives   the fixing that was the last known at that time; all vintages of a strike; what each
        series was fixed at last.
Keeps   an answer about the past as it was given then: rows are only ever added, and what became
        known later is passed over. Of two rows known at once, the one kept later stands.
Source  Decision 0017.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy import FromClause
from sqlalchemy import Select
from sqlalchemy import func
from sqlalchemy import select

from chiphour.adapters.archive_rows import fixing_from
from chiphour.adapters.archive_tables import FIXINGS
from chiphour.adapters.archive_tables import REVISIONS
from chiphour.index.fixing import Fixing
from chiphour.index.revision import Revision
from chiphour.index.revision import from_json

LATEST_NS = (1 << 63) - 1  # As of this time, all is known.
_SOME = 500  # Keys in one question.
_CONTENT = (FIXINGS.c.sha256, FIXINGS.c.document)
_NEWEST_FIRST = (FIXINGS.c.known_ns.desc(), FIXINGS.c.sequence.desc())


def fixings_as_of(
    connection: Connection,
    series: str | None,
    from_ns: int | None,
    before_ns: int | None,
    of: tuple[str, str],
    as_of_ns: int | None,
) -> list[Fixing]:
    """Give for each series and strike what was known last; `of` is source and parameter set."""
    wanted = _standing(select(*_CONTENT), of, as_of_ns, series, from_ns, before_ns)
    ranked = wanted.order_by(FIXINGS.c.strike_ns, FIXINGS.c.series)
    return [fixing_from(*row) for row in connection.execute(ranked)]


def fixing_as_of(
    connection: Connection, series: str, strike_ns: int, of: tuple[str, str], as_of_ns: int | None
) -> Fixing | None:
    """Give the fixing of one strike that was known last, or None: one probe of one index."""
    wanted = _of(select(*_CONTENT), FIXINGS, of).where(
        FIXINGS.c.series == series,
        FIXINGS.c.strike_ns == strike_ns,
        FIXINGS.c.known_ns <= _time(as_of_ns),
    )
    row = connection.execute(wanted.order_by(*_NEWEST_FIRST).limit(1)).first()
    return None if row is None else fixing_from(*row)


def vintages(
    connection: Connection,
    series: str | None,
    strike_ns: int,
    source: str,
    parameter_set: str | None,
) -> list[Fixing]:
    """Give every fixing ever kept of a strike, in the order in which they came to be known."""
    wanted = select(*_CONTENT).where(FIXINGS.c.strike_ns == strike_ns, FIXINGS.c.source == source)
    if parameter_set is not None:
        wanted = wanted.where(FIXINGS.c.parameter_set == parameter_set)
    if series is not None:
        wanted = wanted.where(FIXINGS.c.series == series)
    ranked = wanted.order_by(FIXINGS.c.known_ns, FIXINGS.c.sequence)
    return [fixing_from(*row) for row in connection.execute(ranked)]


def strikes(connection: Connection, source: str | None) -> list[tuple[str, int]]:
    """Give each source and strike of which a fixing is kept, in that order."""
    wanted = select(FIXINGS.c.source, FIXINGS.c.strike_ns).distinct()
    if source is not None:
        wanted = wanted.where(FIXINGS.c.source == source)
    rows = connection.execute(wanted.order_by(FIXINGS.c.source, FIXINGS.c.strike_ns))
    return [(row[0], row[1]) for row in rows]


def last_fixed(
    connection: Connection,
    series: str | None,
    before_ns: int,
    of: tuple[str, str],
    as_of_ns: int | None,
) -> dict[str, Fixing]:
    """Give by series the last fixing before a strike that was not suppressed, as known then."""
    columns = (FIXINGS.c.series, FIXINGS.c.sequence)
    fixed = select(*columns).where(FIXINGS.c.state == "fixed")
    wanted = _standing(fixed, of, as_of_ns, series, None, before_ns)
    rows = connection.execute(wanted.order_by(FIXINGS.c.strike_ns))
    last = {row[0]: row[1] for row in rows}
    return {fixing.series: fixing for fixing in _by_sequence(connection, list(last.values()))}


def first_fixed_ns(connection: Connection, of: tuple[str, str]) -> int | None:
    """Give the first strike of which any vintage was not suppressed, or None for none."""
    wanted = _of(select(func.min(FIXINGS.c.strike_ns)), FIXINGS, of)
    return connection.execute(wanted.where(FIXINGS.c.state == "fixed")).scalar()


def states(
    connection: Connection, of: tuple[str, str], from_ns: int | None
) -> list[tuple[int, str, str, int]]:
    """Give strike, series, vintage and time known of what is known last of each, by strike."""
    names = ("strike_ns", "series", "vintage", "known_ns")
    wanted = _standing(select(*(FIXINGS.c[name] for name in names)), of, None, None, from_ns, None)
    rows = connection.execute(wanted.order_by(FIXINGS.c.strike_ns, FIXINGS.c.series))
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def kept_hashes(connection: Connection, source: str) -> list[tuple[int, int, str]]:
    """Give time known, sequence and hash of every fixing ever kept of a source, in that order."""
    wanted = select(FIXINGS.c.known_ns, FIXINGS.c.sequence, FIXINGS.c.sha256).where(
        FIXINGS.c.source == source
    )
    rows = connection.execute(wanted.order_by(FIXINGS.c.known_ns, FIXINGS.c.sequence))
    return [(row[0], row[1], row[2]) for row in rows]


def standing(connection: Connection, sequences: Sequence[int]) -> list[tuple[int, int]]:
    """Give sequence and strike of those of these fixings that no later row of their time replaced.

    They are given by sequence.
    """
    later = FIXINGS.alias("later")
    same = ("source", "parameter_set", "series", "strike_ns", "known_ns")
    replaced = (
        select(later.c.sequence)
        .where(*(later.c[name] == FIXINGS.c[name] for name in same))
        .where(later.c.sequence > FIXINGS.c.sequence)
        .correlate(FIXINGS)
        .exists()
    )
    ordered, found = sorted(sequences), list[tuple[int, int]]()
    for start in range(0, len(ordered), _SOME):
        some = FIXINGS.c.sequence.in_(ordered[start : start + _SOME])
        wanted = select(FIXINGS.c.sequence, FIXINGS.c.strike_ns).where(some, ~replaced)
        rows = connection.execute(wanted.order_by(FIXINGS.c.sequence))
        found += [(row[0], row[1]) for row in rows]
    return found


def fixings_by_sequence(connection: Connection, sequences: Sequence[int]) -> list[Fixing]:
    """Give the fixings of these numbers, by number."""
    return _by_sequence(connection, sorted(sequences))


def last_known_ns(connection: Connection) -> int | None:
    """Give the latest time at which a fixing or an event came to be known, or None for none."""
    times = [
        connection.execute(select(func.max(table.c.known_ns))).scalar()
        for table in (FIXINGS, REVISIONS)
    ]
    return max((time for time in times if time is not None), default=None)


def revisions(connection: Connection, as_of_ns: int | None) -> list[Revision]:
    """Give the named events known at a time, in their order."""
    wanted = select(REVISIONS.c.document).where(REVISIONS.c.known_ns <= _time(as_of_ns))
    rows = connection.execute(wanted.order_by(REVISIONS.c.known_ns, REVISIONS.c.id)).scalars()
    return [from_json(json.loads(document)) for document in rows]


def _standing(
    wanted: Select[Any],
    of: tuple[str, str],
    as_of_ns: int | None,
    series: str | None,
    from_ns: int | None,
    before_ns: int | None,
) -> Select[Any]:
    """Choose the rows known last of their strike: each asks the index who stands there."""
    later = FIXINGS.alias("later")
    last = (
        _of(select(later.c.sequence), later, of)
        .where(
            later.c.series == FIXINGS.c.series,
            later.c.strike_ns == FIXINGS.c.strike_ns,
            later.c.known_ns <= _time(as_of_ns),
        )
        .order_by(later.c.known_ns.desc(), later.c.sequence.desc())
        .limit(1)
        .correlate(FIXINGS)
        .scalar_subquery()
    )
    found = _of(wanted, FIXINGS, of).where(FIXINGS.c.sequence == last)
    if series is not None:
        found = found.where(FIXINGS.c.series == series)
    if from_ns is not None:
        found = found.where(FIXINGS.c.strike_ns >= from_ns)
    if before_ns is not None:
        found = found.where(FIXINGS.c.strike_ns < before_ns)
    return found


def _of(wanted: Select[Any], table: FromClause, of: tuple[str, str]) -> Select[Any]:
    source, parameter_set = of
    return wanted.where(table.c.source == source, table.c.parameter_set == parameter_set)


def _time(as_of_ns: int | None) -> int:
    return LATEST_NS if as_of_ns is None else as_of_ns


def _by_sequence(connection: Connection, sequences: Sequence[int]) -> list[Fixing]:
    found: list[Fixing] = []
    for start in range(0, len(sequences), _SOME):
        some = FIXINGS.c.sequence.in_(sequences[start : start + _SOME])
        rows = connection.execute(select(*_CONTENT).where(some).order_by(FIXINGS.c.sequence))
        found += [fixing_from(*row) for row in rows]
    return found
