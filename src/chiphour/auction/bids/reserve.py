"""RESERVE: the operator's reserve curve of a region: what idle chips are worth.

Takes   a region and steps of chips and dollars an hour, never rising.
Gives   columns of reserve served (eq. 9); value, check, best profit.
Keeps   the price of reserve a function of how much there is, at most the cap: no hand on it.
Source  docs/formulation/auction.md, section 2 and equations 9 and 12.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from chiphour.auction.bids import BID
from chiphour.auction.bids import Context
from chiphour.auction.bids import Offered
from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Violation
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
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

if TYPE_CHECKING:
    from chiphour.auction.model import Columns
    from chiphour.auction.model import Floats

KIND = "reserve"
ROLE = BID
SCHEMA: dict[str, Any] = {
    "region": {"type": "string", "description": "The region whose idle chips count."},
    "steps": STEPS_SCHEMA,
}


class Reserve(NamedTuple):
    """The reserve curve of a region, the same in every interval, best steps first.

    `account` is the operator's, which may be one of the market's own.
    """

    id: str
    account: int
    region: str
    steps: Steps

    @property
    def side(self) -> int:
        """Give BUY."""
        return BUY

    @property
    def offered(self) -> Offered | None:
        """Give None: it has no chips."""
        return None

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the curve as JSON fields, canonically, its `kind` included."""
        return {
            "kind": KIND,
            "id": self.id,
            "account": self.account,
            "region": self.region,
            "steps": steps_fields(self.steps),
        }

    def lower(self, columns: "Columns") -> int:
        """Add what is served of each step (eq. 9); gives the first column."""
        rows = columns.reserve(self.region) + columns.every
        steps = cut(self.steps, columns.grid.cap_ticks)
        return lower_steps(columns, (KIND, self.id), BUY, steps, rows)

    def read(self, grid: Grid, layout: int, primal: "Floats") -> Held:
        """Give what is served in each interval, snapped to the unit when near, else cut down."""
        served = amounts(grid, primal, layout, self.steps, grid.intervals)
        return Held(reserve_hundredths=served)

    def needs(self, mode: str, product: str) -> Mapping[str, int]:
        """Give nothing: it uses no chips."""
        return {}

    def worth(self, context: Context, held: Held) -> Fraction:
        """Give the value in dollars of what is served, best steps first."""
        steps = cut(self.steps, context.grid.cap_ticks)
        return worth_usd(context.grid, steps, list(held.reserve_hundredths))

    def violations(self, context: Context, held: Held) -> Iterator[Violation]:
        """Yield chips bought, and intervals in which more is served than the curve."""
        count, unit = context.grid.intervals, context.grid.unit_hundredths
        if held._replace(reserve_hundredths=()) != Held():
            yield Violation("reserve", self.id, "nothing but reserve", "more")
        if len(held.reserve_hundredths) not in (0, count):
            found = str(len(held.reserve_hundredths))
            yield Violation("intervals", self.id, f"{count} intervals", found)
        most = chips_max(self.steps)
        for interval, quantity in enumerate(held.reserve_hundredths):
            where = f"{self.id} interval {interval}"
            if quantity < 0 or quantity % unit:
                expected = f"a multiple of {hundredths_text(unit)} chips, not below zero"
                yield Violation("unit", where, expected, hundredths_text(quantity))
            if quantity > most:
                expected = f"at most {hundredths_text(most)} chips"
                yield Violation("steps", where, expected, hundredths_text(quantity))

    def profit_max(self, context: Context, duals: Duals, fixed: Held | None) -> Fraction:
        """Give what every step above the price of reserve would gain, in dollars (eq. 12)."""
        grid = context.grid
        prices = [duals.reserve.get((self.region, t), 0) for t in range(grid.intervals)]
        return profit_usd(grid, cut(self.steps, grid.cap_ticks), BUY, prices)

    def tops_picousd(self, grid: Grid) -> dict[str, int]:
        """Give nothing: it trades no product."""
        return {}


def read(fields: Fields, context: Context) -> Reserve:
    """Read a curve, `kind` already popped; raises RequestMalformed with the field at fault."""
    region = fields.choice("region", context.grid.regions)
    steps = read_steps(fields, "steps", BUY, 0, context.grid.cap_ticks)
    account = fields.integer("account", 1, ACCOUNT_MAX)
    return Reserve(fields.name("id"), account, region, steps)
