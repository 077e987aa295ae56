"""MODEL: a run as a linear programme: columns and rows, with names.

Takes   an instance, whose bids lower themselves; later the solver's primal values.
Gives   `Model`: a `Program` of arrays for the solver, and who owns which column; `Amounts`, the
        primal values as whole hundredths.
Keeps   every column bounded on both sides; the balance rows first, one a slot; the same instance
        the same arrays.
Source  docs/formulation/auction.md, equations 1 to 6.

Floats live here, in `solve` and in `prices` only.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.grid import Grid
from chiphour.auction.instance import Instance

Exact = Fraction | int
NO_OWNER = -1
SNAP = 1e-6  # Of one hundredth of a chip-hour: nearer than this is that hundredth.


class Program(NamedTuple):
    """Maximise value x, with lower <= x <= upper and row_lower <= A x <= row_upper.

    `value`, `lower`, `upper`: float64[columns]; `row_lower`, `row_upper`: float64[rows], infinite
    where free; A by columns: `starts` int32[columns + 1], `rows` int32[entries], `entries`
    float64[entries].
    """

    value: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    row_lower: NDArray[np.float64]
    row_upper: NDArray[np.float64]
    starts: NDArray[np.int32]
    rows: NDArray[np.int32]
    entries: NDArray[np.float64]


class Model(NamedTuple):
    """A programme and its meaning.

    `owner` int64[columns]: the participant whose trade a column is, or NO_OWNER; `slot`
    int64[columns]: the product-hour it trades in, the arc's number x hours + hour for an arc.
    Columns below `arcs` are flows. Names are tuples: (participant or "arc", what, ...).
    """

    program: Program
    owner: NDArray[np.int64]
    slot: NDArray[np.int64]
    arcs: int
    slots: int
    column_names: tuple[tuple[str, ...], ...]
    row_names: tuple[tuple[str, ...], ...]


class Amounts(NamedTuple):
    """Primal values in whole hundredths, each rounded down unless it lies on the unit.

    `traded`: (participant, slot) to (the hundredths, one more where something was cut off).
    `flows`: (arc, hour) to hundredths, cut toward zero.
    """

    traded: dict[tuple[int, int], tuple[int, int]]
    flows: dict[tuple[int, int], int]


class Columns:
    """The model under construction. Bids add to it; quantities are in chip-hours, exact."""

    def __init__(self, grid: Grid) -> None:
        """Begin with one balance row for each slot (eq. 3)."""
        self.grid = grid
        self.participant = NO_OWNER
        self.who = "balance"
        self._numbers = grid.product_numbers
        self._columns: list[tuple[float, float, float, int, int]] = []
        self._rows: list[tuple[float, float]] = []
        self._starts = [0]
        self._entry_rows: list[int] = []
        self._entries: list[float] = []
        self.column_names: list[tuple[str, ...]] = []
        self.row_names: list[tuple[str, ...]] = []
        for product in grid.products:
            for hour in range(grid.hours):
                self.row(f"{product.id} {hour}", 0, 0)

    def row(self, name: str, lower: Exact | None, upper: Exact | None) -> int:
        """Add a row; None is unbounded. Gives its number."""
        least = -np.inf if lower is None else float(lower)
        most = np.inf if upper is None else float(upper)
        self._rows.append((least, most))
        self.row_names.append((self.who, name))
        return len(self._rows) - 1

    def column(
        self,
        name: str,
        value: Exact,
        lower: Exact,
        upper: Exact,
        entries: Sequence[tuple[int, Exact]],
        slot: int = NO_OWNER,
    ) -> None:
        """Add a column worth `value` dollars a unit, with its (row, coefficient) entries."""
        owner = NO_OWNER if slot == NO_OWNER else self.participant
        self._columns.append((float(value), float(lower), float(upper), owner, slot))
        self.column_names.append((self.who, name))
        for row, entry in entries:
            self._entry_rows.append(row)
            self._entries.append(float(entry))
        self._starts.append(len(self._entries))

    def trade(
        self,
        product: str,
        hour: int,
        side: int,
        value: Exact,
        upper: Exact,
        entries: Sequence[tuple[int, Exact]],
    ) -> None:
        """Add a column of chips bought (side 1) or sold (-1) in an hour: it enters the balance."""
        slot = self.grid.slot(self._numbers[product], hour)
        name = f"{product} {hour}"
        self.column(name, value, 0, upper, [(slot, side), *entries], slot)

    def flows(self) -> None:
        """Add a column for the flow of each arc in each hour (eq. 6)."""
        self.who = "arc"
        for number, arc in enumerate(self.grid.arcs):
            source, target = self._numbers[arc.source], self._numbers[arc.target]
            for hour in range(self.grid.hours):
                lower = Fraction(arc.min_hundredths[hour], HUNDREDTHS)
                upper = Fraction(arc.max_hundredths[hour], HUNDREDTHS)
                ends = [(self.grid.slot(source, hour), 1), (self.grid.slot(target, hour), -1)]
                name = f"{arc.source} {arc.target} {hour}"
                self.column(name, 0, lower, upper, ends, self.grid.slot(number, hour))

    def model(self) -> Model:
        """Give the finished model; every column is bounded."""
        table = np.array(self._columns, dtype=np.float64).reshape(-1, 5)
        bounds = np.array(self._rows, dtype=np.float64).reshape(-1, 2)
        program = Program(
            table[:, 0].copy(),
            table[:, 1].copy(),
            table[:, 2].copy(),
            bounds[:, 0].copy(),
            bounds[:, 1].copy(),
            np.array(self._starts, dtype=np.int32),
            np.array(self._entry_rows, dtype=np.int32),
            np.array(self._entries, dtype=np.float64),
        )
        assert np.isfinite(program.lower).all() and np.isfinite(program.upper).all()
        return Model(
            program,
            table[:, 3].astype(np.int64),
            table[:, 4].astype(np.int64),
            len(self.grid.arcs) * self.grid.hours,
            self.grid.slots,
            tuple(self.column_names),
            tuple(self.row_names),
        )


def build(instance: Instance) -> Model:
    """Lower a run: balance rows, flows, then every participant's own columns and rows."""
    columns = Columns(instance.grid)
    columns.flows()
    for number, (_, bid) in enumerate(instance.participants):
        columns.participant, columns.who = number, bid.name
        bid.lower(columns)
    return columns.model()


def amounts(model: Model, hours: int, primal: NDArray[np.float64]) -> Amounts:
    """Give the primal values as whole hundredths: snapped when near, else cut toward zero."""
    whole = np.rint(primal * HUNDREDTHS)
    flows = primal[: model.arcs] * HUNDREDTHS
    near = np.abs(flows - whole[: model.arcs]) <= SNAP
    cut = np.where(near, whole[: model.arcs], np.trunc(flows)).astype(np.int64)
    trades = np.flatnonzero(model.owner[model.arcs :] != NO_OWNER) + model.arcs
    keys = model.owner[trades] * model.slots + model.slot[trades]
    found, place = np.unique(keys, return_inverse=True)
    sums = np.bincount(place, weights=primal[trades], minlength=found.size) * HUNDREDTHS
    nearest = np.rint(sums)
    snapped = np.abs(sums - nearest) <= SNAP
    low = np.maximum(np.where(snapped, nearest, np.floor(sums)), 0).astype(np.int64)
    high = np.where(snapped, low, low + 1)
    return Amounts(
        {
            divmod(int(key), model.slots): (int(least), int(most))
            for key, least, most in zip(found, low, high, strict=True)
            if most > 0
        },
        {divmod(number, hours): int(flow) for number, flow in enumerate(cut) if flow},
    )
