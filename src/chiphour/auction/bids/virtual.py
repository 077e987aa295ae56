"""VIRTUAL: buys or sells a product in the run, without delivery: a view of what real time will pay.

Takes   a direction, a product, a window of intervals or several, a curve of chips and prices.
Gives   columns in the balance of the on-demand tier, and nowhere else; value, check, best profit.
Keeps   out of pools, reserve and side resources: it has no chips. Runs of real time refuse it.
Source  docs/formulation/auction.md, section 2 and equations 3 and 12.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np

from chiphour.auction.bids import BID
from chiphour.auction.bids import Context
from chiphour.auction.bids import Offered
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import closed_object
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import ON_DEMAND
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Violation
from chiphour.auction.grid import read_product_id
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.steps import SCHEMA as STEPS_SCHEMA
from chiphour.auction.steps import Steps
from chiphour.auction.steps import amounts
from chiphour.auction.steps import chips_max
from chiphour.auction.steps import cut
from chiphour.auction.steps import lower_steps
from chiphour.auction.steps import profit_usd
from chiphour.auction.steps import read_steps
from chiphour.auction.steps import steps_fields
from chiphour.auction.steps import worth_usd
from chiphour.units import TICKS_PER_USD

if TYPE_CHECKING:
    from chiphour.auction.model import Columns
    from chiphour.auction.model import Floats

KIND = "virtual"
ROLE = BID
DIRECTIONS = {"buy": BUY, "sell": SELL}

_WINDOW = closed_object({"from": {"type": "string"}, "to": {"type": "string"}})
SCHEMA: dict[str, Any] = {
    "direction": {"enum": list(DIRECTIONS)},
    "product": {"type": "string", "description": "The id of the product; its tier is on demand."},
    "window": {
        "description": "When; several in order, each beginning after the end of the one before.",
        "oneOf": [_WINDOW, {"type": "array", "minItems": 1, "items": _WINDOW}],
    },
    "curve": STEPS_SCHEMA,
}


class Virtual(NamedTuple):
    """A bid for, or an offer of, chips that are never delivered.

    `windows`: intervals from the first to before the second; `curve`: best steps first.
    """

    id: str
    account: int
    direction: str
    product: str
    windows: tuple[tuple[int, int], ...]
    curve: Steps

    @property
    def side(self) -> int:
        """Give BUY or SELL."""
        return DIRECTIONS[self.direction]

    @property
    def offered(self) -> Offered | None:
        """Give None: it has no chips."""
        return None

    @property
    def intervals(self) -> list[int]:
        """Give its intervals, rising."""
        return [interval for first, end in self.windows for interval in range(first, end)]

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the bid as JSON fields, canonically, its `kind` included."""
        windows = [{"from": grid.iso(first), "to": grid.iso(end)} for first, end in self.windows]
        return {
            "kind": KIND,
            "id": self.id,
            "account": self.account,
            "direction": self.direction,
            "product": self.product,
            "window": windows if len(windows) > 1 else windows[0],
            "curve": steps_fields(self.curve),
        }

    def lower(self, columns: "Columns") -> int:
        """Add its steps to the balance (eq. 3); gives the first column."""
        rows = columns.slots(self.product, ON_DEMAND, np.array(self.intervals))
        steps = cut(self.curve, columns.grid.cap_ticks)
        return lower_steps(columns, (KIND, self.id), self.side, steps, rows)

    def read(self, grid: Grid, layout: int, primal: "Floats") -> Held:
        """Give what the solution holds, snapped to the unit when near, else cut down."""
        intervals = self.intervals
        found = amounts(grid, primal, layout, self.curve, len(intervals))
        return Held(
            {
                Key("", self.product, ON_DEMAND, interval): quantity
                for interval, quantity in zip(intervals, found, strict=True)
                if quantity
            }
        )

    def needs(self, mode: str, product: str) -> Mapping[str, int]:
        """Give nothing: it uses no chips."""
        return {}

    def worth(self, context: Context, held: Held) -> Fraction:
        """Give the declared value in dollars, or the declared cost, negative."""
        steps = cut(self.curve, context.grid.cap_ticks)
        return self.side * worth_usd(context.grid, steps, list(held.traded.values()))

    def violations(self, context: Context, held: Held) -> Iterator[Violation]:
        """Yield other slots than its own, and more than its curve in an interval."""
        unit, most = context.grid.unit_hundredths, chips_max(self.curve)
        intervals = frozenset(self.intervals)
        for key, quantity in held.traded.items():
            where = f"{self.id} interval {key.interval}"
            own = Key("", self.product, ON_DEMAND, key.interval)
            if key != own:
                found = " ".join(map(str, key)).strip()
                yield Violation("product", where, f"{self.product} {ON_DEMAND}", found)
            if key.interval not in intervals:
                yield Violation("window", where, "an interval of the bid", str(key.interval))
            if quantity <= 0 or quantity % unit:
                expected = f"a multiple of {hundredths_text(unit)} chips, above zero"
                yield Violation("unit", where, expected, hundredths_text(quantity))
            if quantity > most:
                expected = f"at most {hundredths_text(most)} chips"
                yield Violation("curve", where, expected, hundredths_text(quantity))
        rest = held._replace(traded={})
        if rest != Held():
            yield Violation("physical", self.id, "no gangs, no reserve", "some")

    def profit_max(self, context: Context, duals: Duals, fixed: Held | None) -> Fraction:
        """Give what every step on the right side of the price would gain, in dollars (eq. 12)."""
        grid = context.grid
        slot = grid.slot(grid.product_numbers[self.product], grid.tier_numbers[ON_DEMAND], 0)
        prices = [duals.slots[slot + interval] for interval in self.intervals]
        return profit_usd(grid, cut(self.curve, grid.cap_ticks), self.side, prices)

    def tops_picousd(self, grid: Grid) -> dict[str, int]:
        """Give the size of its greatest price, for its own product."""
        most = max(abs(ticks) for _, ticks in cut(self.curve, grid.cap_ticks))
        return {self.product: most * (PICOS // TICKS_PER_USD)}


def read(fields: Fields, context: Context) -> Virtual:
    """Read a bid, `kind` already popped; raises RequestMalformed with the field at fault."""
    grid = context.grid
    direction = fields.choice("direction", tuple(DIRECTIONS))
    product = read_product_id(fields, "product", grid.products)
    if ON_DEMAND not in grid.tier_numbers:
        tiers = " ".join(grid.tier_numbers)
        raise fields.refuse("product", f"a run with the tier {ON_DEMAND}", tiers)
    windows = _read_windows(fields, grid)
    limits = grid.floor_ticks, grid.cap_ticks
    curve = read_steps(fields, "curve", DIRECTIONS[direction], *limits)
    name, account = fields.name("id"), fields.account("account")
    return Virtual(name, account, direction, product, windows, curve)


def _read_windows(fields: Fields, grid: Grid) -> tuple[tuple[int, int], ...]:
    """Pop one window, or several in order that neither overlap nor touch."""
    if not isinstance(fields.peek("window"), list):
        return (_read_window(fields.object("window"), grid),)
    windows = fields.each("window", lambda window: _read_window(window, grid))
    if not windows or any(later[0] <= sooner[1] for sooner, later in pairwise(windows)):
        raise fields.refuse("window", "windows in order, apart from one another", len(windows))
    return windows


def _read_window(fields: Fields, grid: Grid) -> tuple[int, int]:
    first = fields.interval("from", grid.opens_ns, grid.step_minutes, grid.intervals)
    end = fields.interval("to", grid.opens_ns, grid.step_minutes, grid.intervals)
    if first >= end:
        raise fields.refuse("to", "a time after `from`", grid.iso(end))
    fields.exhausted()
    return first, end
