"""DAILY: the public files of each market day: trades, book and funding, as Parquet.

Takes   `Told`, from the market's first frame on.
Gives   `publish/<date>/trades.parquet`, `book.parquet` and `funding.parquet` once the day is over.
Keeps   the bytes a function of the journal: whoever hears the same frames, cut anywhere, writes the
        same files. No account in them. A disk that is full costs a file, told in the log, not the
        market; the next start writes it.
Source  Decisions 0010 and 0034; rulebook 2.3.

A book is told at the end of each minute in which it moved, and at the first of the day: until the
next rows of a contract its last ones stand.
"""

import logging
import queue
import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.bodies import make_folder
from chiphour.adapters.bodies import write_durably
from chiphour.adapters.commit import Told
from chiphour.adapters.export import ExportRefused
from chiphour.adapters.export import table_parquet
from chiphour.adapters.kinds import flags_of
from chiphour.contracts import table
from chiphour.contracts.names import name_of
from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Kind
from chiphour.index.series import BY_NUMBER
from chiphour.publish.daily import TABLES
from chiphour.publish.daily import Named
from chiphour.publish.daily import fill_of
from chiphour.publish.daily import funding_of
from chiphour.publish.daily import levels_of
from chiphour.units import NS_PER_MINUTE
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import day_from_ns
from chiphour.wire.depth import Depth

_HEARD = flags_of((Kind.LISTED, Kind.PARAMETER_SET, Kind.FILL, Kind.FUNDED))
LEVELS_MAX = 20  # Of each side.
FRAMES_MAX = 1 << 12  # That may wait to be folded; then whoever tells waits.
DAYS_MAX = 64  # That may wait to be written.

Rows = NDArray[np.int64]
Tables = Mapping[str, list[Any]]

log = logging.getLogger(__name__)


class Daily:
    """Folds what it hears on a thread of its own, and writes on another. Use it as a context."""

    def __init__(self, folder: Path) -> None:
        """Begin before the first command."""
        self._folder = folder
        self._heard: queue.Queue[Told | None] = queue.Queue(FRAMES_MAX)
        self._over: queue.Queue[tuple[date, Tables] | None] = queue.Queue(DAYS_MAX)
        self.days = Days(lambda day, tables: self._over.put((day, tables)))
        self._threads = [
            threading.Thread(target=work, name="daily", daemon=True)
            for work in (self._fold_all, self._write_all)
        ]

    def __enter__(self) -> "Daily":
        """Begin to work."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Write what is over, and end. The day that is not over is heard again at the start."""
        self._heard.put(None)
        for thread in self._threads:
            thread.join()

    def hear(self, told: Told) -> None:
        """Take what became durable."""
        self._heard.put(told)

    def _fold_all(self) -> None:
        is_sound = True
        while (told := self._heard.get()) is not None:
            try:
                if is_sound:
                    self.days.fold(told)
            except Exception:  # A fault of ours: it costs the files, not the market.
                is_sound = False
                log.exception("the public files are not written until the next start")
        self._over.put(None)

    def _write_all(self) -> None:
        while (over := self._over.get()) is not None:
            day, tables = over
            if all(daily_path(self._folder, day, name).exists() for name in TABLES):
                continue
            try:
                write_daily(self._folder, day, tables)
            except (ExportRefused, OSError) as fault:
                log.error("the public files of %s are not written: %s", day, fault)


class Days:
    """The tables of the day in work; whoever made it is given those of each day that is over."""

    def __init__(self, over: Callable[[date, Tables], None]) -> None:
        """Begin before the first command."""
        self._tell_over = over
        self._depth = Depth()
        self._terms: dict[int, list[int]] = {}
        self._shown: dict[int, list[list[tuple[int, int]]]] = {}  # By contract: its book as told.
        self._minute = 0
        self._tables: Tables = {name: [] for name in TABLES}

    def fold(self, told: Told) -> None:
        """Fold a frame."""
        for rows, events in minutes_of(told.rows, told.events):
            minute = int(rows[0, c.TIME_NS]) // NS_PER_MINUTE
            if minute != self._minute:
                self._end_minute(minute)
            self._fold(events)
            self._depth.hear(rows, events)

    def named(self, number: int) -> Named:
        """Give what a contract is called now."""
        row = self._terms[number]
        name = name_of(
            row, lambda index: BY_NUMBER[index].ticker, lambda n: self._terms[n][table.EXPIRY_NS]
        )
        return Named(name, row[table.TICK_MICROUSD])

    @property
    def contracts(self) -> list[int]:
        """Give the number of each contract that was ever listed."""
        return sorted(self._terms)

    def _end_minute(self, minute: int) -> None:
        """Tell the books at the end of the last minute; end its day where that is over."""
        ended_ns = (self._minute + 1) * NS_PER_MINUTE
        for number, book in sorted(self._depth.books.items()):
            sides = [[level[:2] for level in book.depth(side, LEVELS_MAX)] for side in Side]
            if self._shown.get(number, [[], []]) != sides:
                self._shown[number] = sides
                for side, depth in zip(Side, sides, strict=True):
                    named = self.named(number)
                    self._tables["book"].extend(levels_of(ended_ns, named, side, depth))
        before, day = (_day(each * NS_PER_MINUTE) for each in (self._minute, minute))
        self._minute = minute
        if before != day:
            if any(self._tables.values()):
                self._tell_over(before, self._tables)
            self._tables = {name: [] for name in TABLES}
            self._shown.clear()

    def _fold(self, events: Rows) -> None:
        heard = _HEARD[events[:, e.KIND]]
        for event in events[heard].tolist():
            kind, number = event[e.KIND], event[e.CONTRACT]
            if kind == Kind.LISTED:
                self._terms[number] = [term.default for term in table.TERMS]
            elif kind == Kind.PARAMETER_SET:
                if number >= 0:  # Else a setting of the market.
                    self._terms[number][event[e.PARAMETER]] = event[e.VALUE]
            elif kind == Kind.FILL:
                self._tables["trades"].append(fill_of(event, self.named(number)))
            else:
                self._tables["funding"].append(funding_of(event, self.named(number)))


def minutes_of(rows: Rows, events: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Cut a frame where a minute ends: commands and events of one minute at a time."""
    if not len(rows):
        return
    minutes = rows[:, c.TIME_NS] // NS_PER_MINUTE
    cuts = np.flatnonzero(np.diff(minutes)) + 1
    firsts = rows[cuts, c.SEQUENCE]
    places = np.searchsorted(events[:, e.SEQUENCE], firsts)
    yield from zip(np.split(rows, cuts), np.split(events, places), strict=True)


def write_daily(folder: Path, day: date, tables: Mapping[str, Sequence[Any]]) -> None:
    """Write the files of a day, each whole or not at all. Raises ExportRefused."""
    place = daily_path(folder, day, "").parent
    make_folder(place)
    for name, columns in TABLES.items():
        write_durably(daily_path(folder, day, name), table_parquet(columns, tables[name]))


def daily_path(folder: Path, day: date, name: str) -> Path:
    """Give the path of a day's file of one table."""
    return folder / "publish" / day.isoformat() / f"{name}.parquet"


def _day(time_ns: int) -> date:
    """Give the market day of a time: from strike to strike."""
    return day_from_ns(max(0, time_ns - STRIKE_OFFSET_NS))
