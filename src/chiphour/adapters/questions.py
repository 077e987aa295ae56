"""QUESTIONS: the seven questions about prices, asked of the archive or of an export of it.

Takes   an archive, or a folder of Parquet parts as `export` writes them; a time; a good or none.
Gives   the records of `analyse.questions`, each from one query.
Keeps   one database behind it, in memory or, beyond MEMORY, in a folder of its own that goes with
        it; many threads may ask, one at a time. A time before the first price is refused; so is a
        good that nobody has offered up to then.
Source  Decision 0042.

    MarketError
    └── TimeUnknown    a time before the first price, or there is none at all
"""

import tempfile
import threading
from collections.abc import Callable
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from typing import TypeVar

import duckdb
import numpy as np

from chiphour.adapters import question_sql as sql
from chiphour.adapters.archive import Archive
from chiphour.adapters.export import PARTS
from chiphour.adapters.export import quoted_pattern
from chiphour.analyse import aggregates
from chiphour.analyse.goods import Good
from chiphour.analyse.goods import GoodUnknown
from chiphour.analyse.prices import cross_deltas
from chiphour.analyse.prices import current_prices
from chiphour.analyse.prices import floor_series
from chiphour.analyse.prices import price_changes
from chiphour.analyse.prices import supply_metrics
from chiphour.analyse.questions import CrossDelta
from chiphour.analyse.questions import CurrentPrice
from chiphour.analyse.questions import FloorSeries
from chiphour.analyse.questions import PriceChange
from chiphour.analyse.questions import SupplyMetric
from chiphour.analyse.questions import TodPattern
from chiphour.analyse.questions import Volatility
from chiphour.analyse.thresholds import CURRENT_NS
from chiphour.analyse.thresholds import SAMPLE_NS
from chiphour.analyse.thresholds import WEEK_HOURS
from chiphour.analyse.thresholds import WINDOW_NS
from chiphour.analyse.variation import tod_patterns
from chiphour.analyse.variation import volatilities
from chiphour.observe.observation import PRICES
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.register import REGISTER
from chiphour.units import NS_PER_DAY
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns

R = TypeVar("R")

MEMORY = "1GB"
THREADS = 2
COLUMNS = (
    *("source", "venue", "feed", "kind", "chip", "form", "tenor"),
    *("price_nanousd", "gpus", "machine_key", "host_key", "flags", "observed_ns"),
)
_COUNTS = ("price_nanousd", "gpus", "observed_ns")
_KINDS = (*PRICES, "stock")
_TABLE = ", ".join(f"{name} {'BIGINT' if name in _COUNTS else 'VARCHAR'}" for name in COLUMNS)


class TimeUnknown(MarketError):
    """A time before the first price; or there is none at all."""


class Questions:
    """Answers from the rows that one database holds."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        draft: tempfile.TemporaryDirectory[str],
        where: str,
    ) -> None:
        """Ask a database that has the table `observations`; `where` is its name in a refusal."""
        self._connection, self._draft = connection, draft
        self._where = where
        self._turn = threading.Lock()
        connection.execute("CREATE TABLE register (venue VARCHAR, owner VARCHAR, stale_ns BIGINT)")
        known = [(o.venue, o.owner, o.stale_ns) for o in REGISTER.values() if o.role == sql.ROLE]
        connection.executemany("INSERT INTO register VALUES (?, ?, ?)", known)
        self._span = self._ends()

    @classmethod
    def of_parquet(cls, folder: Path) -> "Questions":
        """Ask an export; raises TimeUnknown where the folder holds none."""
        folder = folder.resolve()
        if next(folder.glob(PARTS), None) is None:
            raise TimeUnknown(f"{folder}: expected an export, found no {PARTS}")
        connection, draft = _connected()
        parts = f"{quoted_pattern(folder)}/{PARTS}"
        connection.execute(
            f"CREATE VIEW observations AS FROM read_parquet('{parts}', hive_partitioning = true)"
        )
        return cls(connection, draft, str(folder))

    @classmethod
    def of_archive(cls, archive: Archive, from_ns: int, until_ns: int) -> "Questions":
        """Ask what an archive holds of [from, until]; later rows come in by `refresh`."""
        connection, draft = _connected()
        connection.execute(f"CREATE TABLE observations ({_TABLE}, day DATE)")
        _load(connection, archive, from_ns, until_ns + 1)
        return cls(connection, draft, "archive")

    def refresh(self, archive: Archive, from_ns: int, until_ns: int) -> None:
        """Read [from, until] of an archive again, and forget what is older than all windows."""
        with self._turn:
            drop = "DELETE FROM observations WHERE observed_ns >= ? OR observed_ns < ?"
            self._connection.execute(drop, [from_ns, until_ns - 2 * WINDOW_NS])
            _load(self._connection, archive, from_ns, until_ns + 1)
        self._span = self._ends()

    def close(self) -> None:
        """Let the database go."""
        self._connection.close()
        self._draft.cleanup()

    def span(self) -> tuple[int, int] | None:
        """Give the times of the first and the last price that counts, None where there is none."""
        return self._span

    def goods(self, at_ns: int) -> tuple[Good, ...]:
        """Give the goods with a price in the window before a time."""
        return tuple(Good(*row) for row in self._ask(sql.GOODS, at_ns, None, WINDOW_NS))

    def get_current_prices(self, at_ns: int, good: Good | None = None) -> tuple[CurrentPrice, ...]:
        """Give floor, mean, ceiling, spread, offers and hosts at each venue."""
        rows = self._rows(sql.CURRENT, at_ns, good, CURRENT_NS, aggregates.QuotedRow)
        return current_prices(rows)

    def get_price_changes(self, at_ns: int, good: Good | None = None) -> tuple[PriceChange, ...]:
        """Give the change against the means of the day and of the week before."""
        reach_ns = (WEEK_HOURS + 1) * SAMPLE_NS + CURRENT_NS
        rows = self._rows(sql.CHANGES, at_ns, good, reach_ns, aggregates.ChangedRow)
        return price_changes(rows)

    def get_cross_deltas(self, at_ns: int, good: Good | None = None) -> tuple[CrossDelta, ...]:
        """Give the gap between the least prices of every two venues."""
        return cross_deltas(self.get_current_prices(at_ns, good))

    def get_supply_metrics(self, at_ns: int, good: Good | None = None) -> tuple[SupplyMetric, ...]:
        """Give hosts and GPUs that are free, and the change over 24 hours."""
        rows = self._rows(sql.SUPPLY, at_ns, good, 2 * CURRENT_NS, aggregates.FreeRow)
        return supply_metrics(rows)

    def get_volatility(self, at_ns: int, good: Good | None = None) -> tuple[Volatility, ...]:
        """Give standard deviation, coefficient of variation, and detrended variation."""
        rows = self._rows(sql.VOLATILITY, at_ns, good, WINDOW_NS, aggregates.MovedRow)
        return volatilities(rows)

    def get_tod_patterns(self, at_ns: int, good: Good | None = None) -> tuple[TodPattern, ...]:
        """Give the means of each hour of the day, and their swing."""
        rows = self._rows(sql.TOD, at_ns, good, WINDOW_NS, aggregates.OfDayRow)
        return tod_patterns(rows)

    def get_price_floor_series(
        self, at_ns: int, good: Good | None = None
    ) -> tuple[FloorSeries, ...]:
        """Give the least price of each hour."""
        rows = self._rows(sql.FLOORS, at_ns, good, WINDOW_NS, aggregates.FloorRow)
        return floor_series(rows)

    def samples(
        self, at_ns: int, reach_ns: int, good: Good | None = None
    ) -> list[aggregates.SampleRow]:
        """Give every sample of a span that ends at a time."""
        return self._rows(sql.SAMPLES, at_ns, good, reach_ns, aggregates.SampleRow)

    def _rows(
        self,
        text: str,
        at_ns: int,
        good: Good | None,
        reach_ns: int,
        row: Callable[..., R],
    ) -> list[R]:
        found = [row(*each) for each in self._ask(text, at_ns, good, reach_ns)]
        if not found and good is not None and good not in self._ever(at_ns):
            raise GoodUnknown(
                f"expected a chip that was offered up to {iso_from_ns(at_ns)}, found {good.slug}"
            )
        return found

    def _ever(self, at_ns: int) -> Sequence[Good]:
        return tuple(Good(*row) for row in self._ask(sql.GOODS, at_ns, None, at_ns))

    def _ask(self, text: str, at_ns: int, good: Good | None, reach_ns: int) -> list[Any]:
        if self._span is None:
            raise TimeUnknown(
                f"{self._where}: expected a price up to {iso_from_ns(at_ns)}, found none"
            )
        if at_ns < self._span[0]:
            raise TimeUnknown(
                f"expected a time from {iso_from_ns(self._span[0])} on, the first price, "
                f"found {iso_from_ns(at_ns)}"
            )
        from_ns = max(at_ns - reach_ns, 0)
        given = {
            "from_ns": from_ns,
            "at_ns": at_ns,
            "from_day": day_from_ns(from_ns).isoformat(),
            "at_day": day_from_ns(at_ns).isoformat(),
            "chip": "" if good is None else good.chip,
            "form": "" if good is None else good.form,
        }
        used = {name: value for name, value in given.items() if f"${name}" in text}
        with self._turn:
            return self._connection.execute(text, used).fetchall()

    def _ends(self) -> tuple[int, int] | None:
        with self._turn:
            found = self._connection.execute(sql.ENDS).fetchone()
        return None if found is None or found[0] is None else (int(found[0]), int(found[1]))


def _connected() -> tuple[duckdb.DuckDBPyConnection, tempfile.TemporaryDirectory[str]]:
    """Open a database in memory, and the folder where it puts what memory cannot hold."""
    draft = tempfile.TemporaryDirectory(prefix="chiphour-questions-")
    config: dict[str, str | bool | int | float | list[str]] = {
        "threads": THREADS,
        "memory_limit": MEMORY,
        "temp_directory": draft.name,
    }
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET enable_progress_bar = false")  # Else it is drawn into our output.
    return connection, draft


def _load(
    connection: duckdb.DuckDBPyConnection, archive: Archive, from_ns: int, before_ns: int
) -> None:
    """Copy the rows of [from, before) from an archive, a day at a time."""
    span = archive.span()
    if span is None:
        return
    start_ns, end_ns = max(from_ns, span[0]), min(before_ns, span[1] + 1)
    while start_ns < end_ns:
        stop_ns = min((start_ns // NS_PER_DAY + 1) * NS_PER_DAY, end_ns)
        _insert(connection, archive.observations(start_ns, stop_ns, kinds=_KINDS))
        start_ns = stop_ns


def _insert(connection: duckdb.DuckDBPyConnection, rows: Sequence[Observation]) -> None:
    """Add the rows of one day."""
    if not rows:
        return
    batch = {
        name: np.array(
            [" ".join(row.flags) if name == "flags" else getattr(row, name) for row in rows],
            dtype="i8" if name in _COUNTS else object,
        )
        for name in COLUMNS
    }
    day: date = day_from_ns(rows[0].observed_ns)
    connection.register("batch", batch)
    names = ", ".join(COLUMNS)
    connection.execute(
        f"INSERT INTO observations SELECT {names}, CAST(? AS DATE) FROM batch", [day.isoformat()]
    )
    connection.unregister("batch")
