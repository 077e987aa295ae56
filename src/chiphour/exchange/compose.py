"""COMPOSE: write commands by name, and read commands and events by name.

Takes   a kind and its columns by their lower-case names; or rows.
Gives   rows of 16 int64; or dictionaries of the columns that the kind uses.
Keeps   one table of names: USES of `commands`, FILLS of `events`; an unknown name is a TypeError.
Source  Rulebook 1.1, 1.4; decision 0005.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts.table import TERMS
from chiphour.exchange import commands as command_table
from chiphour.exchange import events as event_table
from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.commands import USES
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Vintage
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.events import FILLS
from chiphour.exchange.events import CallReason
from chiphour.exchange.events import Cause
from chiphour.exchange.events import FeeReason
from chiphour.exchange.reasons import Reason

Rows = NDArray[np.int64]
_ALWAYS = ("SEQUENCE", "TIME_NS")


def _places(names: Iterable[str], table: object) -> dict[str, int]:
    return {name.lower(): getattr(table, name) for name in (*_ALWAYS, *names)}


# For each kind: lower-case column name -> place in the row; KIND itself is left out.
COMMAND_PLACES: dict[Kind, dict[str, int]] = {
    kind: _places(names, command_table) for kind, names in USES.items()
}
EVENT_PLACES: dict[event_table.Kind, dict[str, int]] = {
    kind: _places(names, event_table) for kind, names in FILLS.items()
}
_EVENT_WORDS: dict[tuple[event_table.Kind, str], type[IntEnum]] = {
    (event_table.Kind.REFUSED, "reason"): Reason,
    (event_table.Kind.CANCELLED, "reason"): Reason,
    (event_table.Kind.REDUCED, "reason"): Reason,
    (event_table.Kind.REPEATED, "reason"): Reason,
    (event_table.Kind.FIXED, "reason"): Vintage,
    (event_table.Kind.CALL_BEGUN, "reason"): CallReason,
    (event_table.Kind.MODE_SET, "reason"): Mode,
    (event_table.Kind.QUALITY, "reason"): Quality,
    (event_table.Kind.FEE_PAID, "reason"): FeeReason,
    (event_table.Kind.FILL, "cause"): Cause,
} | {(kind, "side"): Side for kind in event_table.Kind}


def _row(kind: IntEnum, width: int, places: Mapping[str, int], columns: Mapping[str, int]) -> Rows:
    row = np.zeros(width, np.int64)
    row[command_table.KIND] = kind
    for name, value in columns.items():
        if name not in places:
            raise TypeError(f"expected one of {', '.join(places)} for {kind.name}, found {name}")
        row[places[name]] = value
    return row


def command(kind: Kind, **columns: int) -> Rows:
    """Write one command: int64[16], the columns not named at zero.

    `sequence` and `time_ns` may be given; the sequencer stamps them else. Raises TypeError on a
    column that the kind does not use.
    """
    return _row(kind, COMMAND_COLUMNS, COMMAND_PLACES[kind], columns)


def event(kind: event_table.Kind, **columns: int) -> Rows:
    """Write one event: int64[16]. Raises TypeError on a column that the kind does not fill."""
    return _row(kind, EVENT_COLUMNS, EVENT_PLACES[kind], columns)


def commands(rows: Iterable[Rows]) -> Rows:
    """Stack single commands into int64[n, 16]; n may be 0."""
    return _stack(rows, COMMAND_COLUMNS)


def events(rows: Iterable[Rows]) -> Rows:
    """Stack single events into int64[n, 16]; n may be 0."""
    return _stack(rows, EVENT_COLUMNS)


def _stack(rows: Iterable[Rows], width: int) -> Rows:
    listed = list(rows)
    return np.stack(listed) if listed else np.zeros((0, width), np.int64)


def named_command(row: Sequence[int] | Rows) -> dict[str, int]:
    """Read a command: sequence, time, kind and the columns that the kind uses, as plain integers.

    Of a kind that does not exist only the first three are given.
    """
    kind = int(row[command_table.KIND])
    places = COMMAND_PLACES[Kind(kind)] if kind in COMMAND_PLACES else _places((), command_table)
    return {"kind": kind} | {name: int(row[place]) for name, place in places.items()}


def named_event(row: Sequence[int] | Rows) -> dict[str, int | str]:
    """Read an event: kind, side, reason, vintage, mode, quality and cause as words."""
    kind = event_table.Kind(int(row[event_table.KIND]))
    named: dict[str, int | str] = {"kind": kind.name}
    for name, place in EVENT_PLACES[kind].items():
        value = int(row[place])
        words = _EVENT_WORDS.get((kind, name))
        named[name] = words(value).name if words is not None else value
    return named


def listing(contract: int, terms: Sequence[int]) -> Rows:
    """Write the commands that bring a contract into being and open it: int64[n, 16].

    `terms` holds a value for each row of `contracts.table.TERMS`, in order. First LIST, then a SET
    for each term that differs from its default, then OPEN.
    """
    if len(terms) != len(TERMS):
        raise TypeError(f"expected {len(TERMS)} terms, found {len(terms)}")
    sets = [
        command(Kind.SET, contract=contract, parameter=term.column, value=value)
        for term, value in zip(TERMS, terms, strict=True)
        if value != term.default
    ]
    first = command(Kind.LIST, contract=contract)
    return commands([first, *sets, command(Kind.OPEN, contract=contract)])
