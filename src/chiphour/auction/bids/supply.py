"""SUPPLY: one pool's chips of one product, in blocks of rising cost.

Takes   an inventory for each hour, and blocks: a share of it or a fixed quantity, and a price.
Gives   columns for the chips sold from each block; the cost and the check of an award.
Keeps   cost convex: blocks that fall in price are refused, never sorted.
Source  docs/formulation/auction.md, equations 2 and 5.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import closed_object
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import hundredths_texts
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Quantities
from chiphour.auction.grid import Violation
from chiphour.auction.grid import read_product_id
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import TICKS_PER_USD
from chiphour.units import text_from_ticks

if TYPE_CHECKING:
    from chiphour.auction.model import Columns

KIND = "supply"
SIDE = SELL

_DECIMAL = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "product": {"type": "string", "description": "The id of the product that the pool holds."},
    "inventory": {
        "type": "array",
        "description": "Chips in each hour of the run, in multiples of 0.01.",
        "items": _DECIMAL,
    },
    "blocks": {
        "type": "array",
        "minItems": 1,
        "description": "A share of the inventory or chips, and dollars a chip-hour, never falling.",
        "items": {
            "oneOf": [
                closed_object({"share": _DECIMAL, "price": _DECIMAL}),
                closed_object({"quantity": _DECIMAL, "price": _DECIMAL}),
            ]
        },
    },
}


class Block(NamedTuple):
    """Chips at one price: `quantity_hundredths` of them, or, where that is None, a share."""

    share_picos: int
    quantity_hundredths: int | None
    price_ticks: int


class Supply(NamedTuple):
    """An offer of one pool."""

    name: str
    account: int
    product: str
    inventory_hundredths: tuple[int, ...]  # by hour
    blocks: tuple[Block, ...]  # rising in price

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the offer as JSON fields, canonically."""
        return {
            "kind": KIND,
            "name": self.name,
            "account": self.account,
            "product": self.product,
            "inventory": hundredths_texts(self.inventory_hundredths),
            "blocks": [_block_fields(block) for block in self.blocks],
        }

    def sizes(self, hour: int) -> Iterator[tuple[int, int]]:
        """Yield what each block holds in an hour, in picos of a hundredth, and its ticks."""
        inventory = self.inventory_hundredths[hour]
        left = inventory * PICOS
        for share, quantity, price_ticks in self.blocks:
            size = min(left, share * inventory if quantity is None else quantity * PICOS)
            yield size, price_ticks
            left -= size

    def lower(self, columns: "Columns") -> None:
        """Add the chips sold from each block in each hour (eq. 2, 5)."""
        for hour in range(len(self.inventory_hundredths)):
            for size, price_ticks in self.sizes(hour):
                if size:
                    cost = Fraction(-price_ticks, TICKS_PER_USD)
                    most = Fraction(size, PICOS * HUNDREDTHS)
                    columns.trade(self.product, hour, SIDE, cost, most, [])

    def worth(self, grid: Grid, quantities: Quantities) -> Fraction:
        """Give the cost of these chips in dollars, negative, cheapest blocks first."""
        cost = 0  # In picos of a micro-dollar: a hundredth of a chip-hour at one tick.
        for (_, hour), quantity in quantities.items():
            left = quantity * PICOS
            for size, price_ticks in self.sizes(hour):
                used = min(size, left)
                cost += used * price_ticks
                left -= used
                if not left:
                    break
        return Fraction(-cost, PICOS * MICROUSD_PER_USD)

    def violations(self, grid: Grid, quantities: Quantities) -> Iterator[Violation]:
        """Yield other products, and hours in which more is sold than the blocks hold."""
        for (product, hour), quantity in quantities.items():
            if product != self.product:
                yield Violation("product", self.name, self.product, product)
            most = sum(size for size, _ in self.sizes(hour))
            if quantity * PICOS > most:
                where = f"{self.name} hour {hour}"
                expected = f"at most {decimal_text(most, PICOS * HUNDREDTHS)} chips"
                yield Violation("inventory", where, expected, hundredths_text(quantity))

    def tops_usd(self, grid: Grid) -> dict[str, Fraction]:
        """Give the size of its dearest block's price, for its own product."""
        most = max(abs(block.price_ticks) for block in self.blocks)
        return {self.product: Fraction(most, TICKS_PER_USD)}

    def profit_max(self, grid: Grid, prices: Mapping[tuple[str, int], int]) -> Fraction:
        """Give what every block priced below the market would gain, in dollars (eq. 9)."""
        gain = 0
        for hour in range(len(self.inventory_hundredths)):
            price_nanousd = prices[self.product, hour]
            for size, price_ticks in self.sizes(hour):
                gain += max(price_nanousd - price_ticks * NANOUSD_PER_TICK, 0) * size
        return Fraction(gain, PICOS * HUNDREDTHS * NANOUSD_PER_USD)


def read(fields: Fields, grid: Grid) -> Supply:
    """Read an offer; raises RequestMalformed with the field at fault."""
    product = read_product_id(fields, "product", grid.products)
    inventory = fields.hundredths_each("inventory", grid.hours)
    blocks = fields.each("blocks", lambda block: _read_block(block, grid))
    if not blocks:
        raise fields.refuse("blocks", "one or more blocks", 0)
    if sum(block.share_picos for block in blocks) > PICOS:
        raise fields.refuse("blocks", "shares that sum to at most 1", "more")
    for better, worse in pairwise(blocks):
        if worse.price_ticks < better.price_ticks:
            found = f"{better.price_ticks} before {worse.price_ticks} ticks"
            raise fields.refuse("blocks", "prices that never fall", found)
    name, account = fields.name("name"), fields.account("account")
    return Supply(name, account, product, inventory, blocks)


def _read_block(fields: Fields, grid: Grid) -> Block:
    price_ticks = fields.ticks("price")
    if not grid.floor_ticks <= price_ticks <= grid.cap_ticks:
        raise fields.refuse("price", "a price from floor to cap", text_from_ticks(price_ticks))
    if fields.has("share"):
        return Block(fields.positive_picos("share"), None, price_ticks)
    return Block(0, fields.hundredths("quantity"), price_ticks)


def _block_fields(block: Block) -> dict[str, str]:
    price = text_from_ticks(block.price_ticks)
    if block.quantity_hundredths is None:
        return {"share": decimal_text(block.share_picos, PICOS), "price": price}
    return {"quantity": hundredths_text(block.quantity_hundredths), "price": price}
