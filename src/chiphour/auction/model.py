"""MODEL: a run as a mixed integer programme: columns and rows in blocks, with names.

Takes   an instance, whose bids lower themselves block by block, as arrays.
Gives   `Model`: a `Program` of arrays for the solver and what its rows mean; `duals`, a vector of
        row duals as published integers.
Keeps   every column bounded on both sides; the balance rows first, one a slot; the same instance
        the same arrays.
Source  docs/formulation/auction.md, sections 3 and 4.

Floats live here, in `solve` and in `prices` only.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.fields import PICOS
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.held import Duals
from chiphour.auction.held import Offered
from chiphour.auction.instance import Instance
from chiphour.observe.observation import MarketError
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]
Amounts = Floats | float
ENTRIES_MAX = 50_000_000  # Of a programme: with more, memory ends before the solver does.


class _Stretch(NamedTuple):
    """Columns that stand together: so many for each of `values`, from `lowers` to `uppers`."""

    many: int
    values: Sequence[float]
    lowers: Sequence[float]
    uppers: Sequence[float]
    integer: bool
    traded: bool


class _Runs(NamedTuple):
    """Entries alike: so many for each of `rows`, its column and coefficient, a step apart."""

    rows: Sequence[int]
    row_step: int
    columns: Sequence[int]
    column_step: int
    many: int
    coefficients: Sequence[float]


class ModelTooLarge(MarketError):
    """A run whose programme no solver here can hold."""


class Program(NamedTuple):
    """Maximise value x, with lower <= x <= upper and row_lower <= A x <= row_upper.

    `value`, `lower`, `upper`: float64[columns]; `row_lower`, `row_upper`: float64[rows], infinite
    where free; A by columns: `starts` int32[columns + 1], `rows` int32[entries], `entries`
    float64[entries]; `integer`: bool[columns], those that must be 0 or 1.
    """

    value: Floats
    lower: Floats
    upper: Floats
    row_lower: Floats
    row_upper: Floats
    starts: NDArray[np.int32]
    rows: NDArray[np.int32]
    entries: Floats
    integer: Flags


class Block(NamedTuple):
    """Columns or rows that were added together: `size` from `first`. `name` begins with a kind."""

    name: tuple[str, ...]
    first: int
    size: int


class Budget(NamedTuple):
    """The row that holds a bid's spending at reference prices, and its limit in dollars."""

    row: int
    usd: float


class PoolRows(NamedTuple):
    """Where a pool stands in the model: first row of each kind, one for each interval.

    `sells`: its first column of each tier. A pool has no side row for what it does not stock.
    """

    product: str
    balance: int
    sells: dict[str, int]
    sides: dict[str, int]


class Model(NamedTuple):
    """A programme and its meaning. `layouts`: what each bid needs to read its own solution.

    Kinds of row blocks: "slots"; ("pool", pool), ("premium", pool, tier), ("side", pool, resource),
    ("reserve", region), each with a row for each interval; ("work", bid, mode, factor) and
    ("budget", bid), one row; (OWN, bid, ...) are a bid's own. `traded` are the columns whose ties
    are keyed. `measures`: by row of work, the picounits that the row counts as one.
    """

    program: Program
    grid: Grid
    layouts: tuple[object, ...]
    columns: tuple[Block, ...]
    rows: tuple[Block, ...]
    traded: Flags
    measures: Mapping[int, int]


class Columns:
    """The model under construction. Bids add blocks; quantities are chips, money dollars.

    `hours` is the length of an interval: a price an hour is a value a chip of `hours` times it.
    `offered`: each pool of the run by its id. `reference`: the prices at which budgets are counted
    (eq. 11); None leaves budgets out.
    """

    def __init__(
        self, grid: Grid, offered: Mapping[str, Offered], reference: Duals | None = None
    ) -> None:
        """Begin with one balance row for each slot (eq. 3)."""
        self.grid = grid
        self.offered = offered
        self.first_slots = grid.first_slots
        self.hours = grid.step_minutes / MINUTES_PER_HOUR
        self.reference = reference
        self.pools: dict[str, PoolRows] = {}
        self.every = np.arange(grid.intervals)
        self._columns: list[Block] = []
        self._rows: list[Block] = []
        self._stretches: list[_Stretch] = []
        self._row_parts: list[tuple[int, float, float]] = []
        self._given: dict[str, list[tuple[int, Floats]]] = defaultdict(list)
        self._entries: list[tuple[Integers, Integers, Amounts]] = []
        self._runs: list[_Runs] = []
        self._measures: dict[int, int] = {}
        self._count = 0  # Entries so far.
        self._premiums: dict[tuple[str, str], int] = {}
        self._reserve: dict[str, int] = {}
        self._column_count = self._row_count = 0
        self.rows(("slots",), grid.slots, 0.0, 0.0)

    def slots(self, product: str, tier: str, intervals: Integers) -> Integers:
        """Give the balance rows of a product and tier in these intervals."""
        return self.first_slots[product, tier] + intervals

    def rows(self, name: tuple[str, ...], count: int, lower: Amounts, upper: Amounts) -> int:
        """Add `count` rows; -inf and inf are unbounded. Gives the first one's number."""
        first = self._row_count
        self._rows.append(Block(name, first, count))
        low = self._alike("row lower", first, lower)
        high = self._alike("row upper", first, upper)
        self._row_parts.append((count, low, high))
        self._row_count += count
        return first

    def columns(
        self,
        name: tuple[str, ...],
        value: Amounts,
        upper: Floats,
        entries: Sequence[tuple[Integers | int, Amounts]],
        *,
        lower: Amounts = 0.0,
        integer: bool = False,
        traded: bool = False,
    ) -> int:
        """Add a column for each element of `upper`; gives the first one's number.

        Each of `entries` gives every column one (row, coefficient); a row below zero gives none.
        `traded` columns are those whose ties the run's key decides (eq. 7).
        """
        first, count = self._column_count, upper.size
        self._columns.append(Block(name, first, count))
        usd = self._alike("value", first, value)
        low, high = self._alike("lower", first, lower), self._alike("upper", first, upper)
        self._stretches.append(_Stretch(count, (usd,), (low,), (high,), integer, traded))
        self._column_count += count
        numbers = first + np.arange(count)
        for rows, coefficients in entries:
            own = rows if isinstance(rows, np.ndarray) and rows.ndim else np.full(count, rows)
            self.put(own, numbers, coefficients)
        return first

    def stretches(
        self,
        name: tuple[str, ...],
        values: Sequence[float],
        uppers: Sequence[float],
        count: int,
        *,
        integer: bool = False,
        traded: bool = False,
    ) -> list[int]:
        """Add `count` columns for each of `values`, those of one alike, from zero to its upper.

        Gives the first one's number of each. However many they are, all cost one line here.
        """
        first, size = self._column_count, count * len(values)
        self._columns.append(Block(name, first, size))
        lowers = (0.0,) * len(values)
        self._stretches.append(_Stretch(count, values, lowers, uppers, integer, traded))
        self._column_count += size
        return [first + number * count for number in range(len(values))]

    def run(
        self, row: int, row_step: int, column: int, column_step: int, count: int, coefficient: float
    ) -> None:
        """Add `count` entries alike, from a row and a column on, each so many further."""
        self.runs((row,), row_step, (column,), column_step, count, (coefficient,))

    def runs(
        self,
        rows: Sequence[int],
        row_step: int,
        columns: Sequence[int],
        column_step: int,
        count: int,
        coefficients: Sequence[float],
    ) -> None:
        """Add a run from each of `rows`, its column and its coefficient on."""
        self._runs.append(_Runs(rows, row_step, columns, column_step, count, coefficients))

    def join(self, row: int, intervals: Integers, column: int, coefficient: float) -> None:
        """Enter columns, one after another, into the rows of these intervals from `row` on."""
        if intervals.size == self.every.size:
            self.run(row, 1, column, 1, intervals.size, coefficient)
        else:
            numbers = column + np.arange(intervals.size)
            self.put(row + intervals, numbers, coefficient)

    def put(self, rows: Integers, columns: Integers, coefficients: Amounts) -> None:
        """Add entries of any rows and columns; a row below zero gives none."""
        self._count += rows.size
        self._limited(self._count)
        self._entries.append((rows, columns, coefficients))

    def _limited(self, entries: int) -> None:
        if entries > ENTRIES_MAX:
            raise ModelTooLarge(
                f"run: expected at most {ENTRIES_MAX} numbers in its programme, found more: "
                "fewer intervals, or fewer products and tiers a bid"
            )

    def _alike(self, word: str, first: int, amounts: Amounts) -> float:
        """Give the amount that holds for all; where each has its own, keep those, and give 0."""
        if isinstance(amounts, int | float):
            return amounts
        self._given[word].append((first, amounts))
        return 0.0

    def pool(
        self, pool: str, product: str, balance: int, sells: dict[str, int], sides: dict[str, int]
    ) -> None:
        """Tell where a pool stands, so that others can buy from it."""
        self.pools[pool] = PoolRows(product, balance, sells, sides)

    def measure(self, row: int, picounits: int) -> None:
        """Tell how many picounits a row of work counts as one."""
        self._measures[row] = picounits

    def premium(self, pool: str, tier: str) -> int:
        """Give the first of the rows by which chips of a pool are chosen (eq. 10), adding them."""
        if (pool, tier) not in self._premiums:
            count = self.grid.intervals
            first = self.rows(("premium", pool, tier), count, -np.inf, 0.0)
            self._premiums[pool, tier] = first
            self.put(first + self.every, self.pools[pool].sells[tier] + self.every, -1.0)
        return self._premiums[pool, tier]

    def reserve(self, region: str) -> int:
        """Give the first of the reserve rows of a region (eq. 9), adding them."""
        if region not in self._reserve:
            count = self.grid.intervals
            self._reserve[region] = self.rows(("reserve", region), count, -np.inf, 0.0)
        return self._reserve[region]

    def flows(self) -> tuple[int, ...]:
        """Add a column for the flow of each arc in each interval (eq. 6); gives the first ones."""
        found = []
        for arc in self.grid.arcs:
            ends = [
                (self.slots(product, arc.tier, self.every), sign)
                for product, sign in ((arc.source, 1.0), (arc.target, -1.0))
            ]
            least, most = (
                np.array(limits, dtype=np.float64) / 100
                for limits in (arc.min_hundredths, arc.max_hundredths)
            )
            name = ("arc", arc.source, arc.target, arc.tier)
            found.append(self.columns(name, 0.0, most, ends, lower=least))
        return tuple(found)

    def model(self, layouts: Sequence[object]) -> Model:
        """Give the finished model; every column is bounded."""
        value, lower, upper, integer, traded = self._bounds()
        limits = np.array(self._row_parts, dtype=np.float64).T
        counts = limits[0].astype(np.int64)
        row_lower = self._spread("row lower", counts, limits[1])
        row_upper = self._spread("row upper", counts, limits[2])
        rows, columns, entries = self._cells()
        kept = (rows >= 0) & (entries != 0)
        rows, columns, entries = rows[kept], columns[kept], entries[kept]
        order = np.lexsort((rows, columns))
        starts = np.zeros(value.size + 1, dtype=np.int32)
        np.cumsum(np.bincount(columns, minlength=value.size), out=starts[1:])
        program = Program(
            value,
            lower,
            upper,
            row_lower,
            row_upper,
            starts,
            rows[order].astype(np.int32),
            entries[order],
            integer,
        )
        assert np.isfinite(program.lower).all() and np.isfinite(program.upper).all()
        return Model(
            program,
            self.grid,
            tuple(layouts),
            tuple(self._columns),
            tuple(self._rows),
            traded,
            self._measures,
        )

    def _bounds(self) -> tuple[Floats, Floats, Floats, Flags, Flags]:
        """Give of every column its value, its bounds, whether it is an integer, and traded."""
        every = self._stretches
        sizes = np.array([len(one.values) for one in every], dtype=np.int64)
        counts = np.repeat(np.array([one.many for one in every], dtype=np.int64), sizes)
        integer, traded = (
            np.repeat(np.repeat(np.array(each, dtype=np.bool_), sizes), counts)
            for each in ([one.integer for one in every], [one.traded for one in every])
        )
        return (
            self._spread("value", counts, _flat(one.values for one in every)),
            self._spread("lower", counts, _flat(one.lowers for one in every)),
            self._spread("upper", counts, _flat(one.uppers for one in every)),
            integer,
            traded,
        )

    def _cells(self) -> tuple[Integers, Integers, Floats]:
        """Give the row, the column and the coefficient of every entry."""
        runs = self._runs
        sizes = np.array([len(one.rows) for one in runs], dtype=np.int64)
        counts = np.repeat(np.array([one.many for one in runs], dtype=np.int64), sizes)
        self._limited(self._count + int(counts.sum()))
        place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        row_steps, column_steps = (
            np.repeat(np.repeat(np.array(each, dtype=np.int64), sizes), counts)
            for each in ([one.row_step for one in runs], [one.column_step for one in runs])
        )
        first_rows = _flat(one.rows for one in runs).astype(np.int64)
        first_columns = _flat(one.columns for one in runs).astype(np.int64)
        rows = np.repeat(first_rows, counts) + row_steps * place
        columns = np.repeat(first_columns, counts) + column_steps * place
        coefficients = np.repeat(_flat(one.coefficients for one in runs), counts)
        given = [_full(part[2], part[0].size) for part in self._entries]
        return (
            np.concatenate([rows, *(part[0] for part in self._entries)]),
            np.concatenate([columns, *(part[1] for part in self._entries)]),
            np.concatenate([coefficients, *given]),
        )

    def _spread(self, word: str, counts: Integers, alike: Floats) -> Floats:
        """Give each column's or row's amount: that of its part, or its own."""
        found = np.repeat(alike, counts)
        for first, amounts in self._given[word]:
            found[first : first + len(amounts)] = amounts
        return found


def duals(model: Model, row_dual: Floats) -> Duals:
    """Give row duals as the integers that are published, clipped to the sign that each may have."""
    hours = model.grid.step_minutes / MINUTES_PER_HOUR
    nano = np.rint(row_dual * (NANOUSD_PER_USD / hours)).astype(np.int64)
    cap_nanousd = model.grid.cap_ticks * NANOUSD_PER_TICK
    found: dict[str, dict[tuple[str | int, ...], int]] = {}
    for block in model.rows:
        if block.name[0] in ("pool", "premium", "side", "reserve"):
            given = found.setdefault(block.name[0], {})
            for interval in range(block.size):
                price = int(nano[block.first + interval])
                if block.name[0] == "reserve":  # No step lies above the cap: D stays the same.
                    price = min(price, cap_nanousd)
                if price > 0 or (price and block.name[0] == "pool"):
                    given[*block.name[1:], interval] = price
    work, budgets = {}, {}
    for block in model.rows:
        if block.name[0] == "work":
            dual = float(row_dual[block.first]) * PICOS
            dual *= PICOS / model.measures.get(block.first, PICOS)
            may_be_negative = model.program.row_lower[block.first] == 0
            work[block.name[1:]] = round(dual) if may_be_negative else max(round(dual), 0)
        elif block.name[0] == "budget":
            budgets[block.name[1]] = max(round(float(row_dual[block.first]) * PICOS), 0)
    return Duals(
        tuple(nano[: model.grid.slots].tolist()),
        found.get("pool", {}),  # type: ignore[arg-type]
        found.get("premium", {}),  # type: ignore[arg-type]
        found.get("side", {}),  # type: ignore[arg-type]
        found.get("reserve", {}),  # type: ignore[arg-type]
        {name: dual for name, dual in work.items() if dual},  # type: ignore[misc]
        {bid: dual for bid, dual in budgets.items() if dual},
    )


def _flat(several: Iterable[Sequence[float]]) -> Floats:
    """Give all amounts of several lists, one after another."""
    return np.fromiter(chain.from_iterable(several), np.float64)


def _full(amounts: Amounts, count: int) -> Floats:
    """Give an amount for each: `np.broadcast_to`, at a fifth of its cost for one amount."""
    if isinstance(amounts, int | float):
        return np.full(count, amounts, dtype=np.float64)
    return np.broadcast_to(np.asarray(amounts, dtype=np.float64), (count,))


def build(instance: Instance) -> Model:
    """Lower a run: balance rows, flows, pools, then all others, each in order of hash."""
    columns = Columns(instance.grid, instance.context.pools, instance.reference)
    columns.flows()
    layouts: dict[str, object] = {}
    for bid in sorted(instance.bids, key=lambda bid: bid.offered is None):
        layouts[bid.id] = bid.lower(columns)
    return columns.model([layouts[bid.id] for bid in instance.bids])
