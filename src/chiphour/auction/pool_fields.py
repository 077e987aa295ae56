"""POOL_FIELDS: what an offer of kind "sell" or "leaseback" says, read strictly.

Takes   the JSON fields of an offer.
Gives   `Pool`; the JSON Schema of the fields that both kinds share.
Keeps   cost convex, shares within the inventory, blocks that a solver can see, least output within
        what the blocks hold: else the offer is refused, with the field.
Source  docs/formulation/auction.md, section 2 and equation 5.
"""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from chiphour.auction.fields import NAME
from chiphour.auction.fields import Fields
from chiphour.auction.fields import closed_object
from chiphour.auction.fields import decimal_text
from chiphour.auction.grid import BETA_PPM_MAX
from chiphour.auction.grid import BETA_PPM_MIN
from chiphour.auction.grid import INTERVALS_MAX
from chiphour.auction.grid import Grid
from chiphour.auction.grid import read_product_id
from chiphour.auction.grid import read_tier_name
from chiphour.auction.pool import BLOCK_PARTS_MIN
from chiphour.auction.pool import PARTS
from chiphour.auction.pool import Block
from chiphour.auction.pool import Pool
from chiphour.units import PPM
from chiphour.units import InexactAmount
from chiphour.units import microusd_from_text
from chiphour.units import text_from_ticks

BLOCKS_MAX = 1_000
STOCK_UNITS_MAX = 1 << 40
STARTUP_MICROUSD_MAX = 10**15  # A thousand million dollars.
SWITCH_FIELDS = ("startup", "no_load", "output_min", "run_min", "rest_min")

_DECIMAL = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "product": {"type": "string", "description": "The id of the product that the pool holds."},
    "inventory": {
        "type": "array",
        "description": "Chips in each interval of the run, in multiples of 0.01.",
        "items": _DECIMAL,
    },
    "blocks": {
        "type": "array",
        "minItems": 1,
        "maxItems": BLOCKS_MAX,
        "description": "A share of the inventory or chips, 0.00001 chips at least where it holds"
        " any, and dollars a chip-hour, never falling.",
        "items": {
            "oneOf": [
                closed_object({"share": _DECIMAL, "price": _DECIMAL}),
                closed_object({"quantity": _DECIMAL, "price": _DECIMAL}),
            ]
        },
    },
    "tiers": {
        "type": "array",
        "minItems": 1,
        "description": "Tiers that it sells; beta chips for each of its own, else the run's.",
        "items": closed_object({"tier": _DECIMAL, "beta": _DECIMAL}) | {"required": ["tier"]},
    },
    "reserve": {"type": "boolean", "description": "Whether idle chips may be kept in reserve."},
    "side_stock": {
        "type": "object",
        "description": "Whole units of each side resource in each interval.",
        "additionalProperties": {"type": "array", "items": {"type": "integer", "minimum": 0}},
    },
}
OPTIONAL = ("reserve", "side_stock")


def read_pool(fields: Fields, grid: Grid, kind: str) -> Pool:
    """Read what both kinds share; raises RequestMalformed with the field at fault."""
    product = read_product_id(fields, "product", grid.products)
    inventory = fields.hundredths_each("inventory", grid.intervals)
    if not any(inventory):
        raise fields.refuse("inventory", "chips in one interval or more", "none")
    blocks = _read_blocks(fields, grid)
    tiers = fields.each("tiers", lambda tier: _read_tier(tier, grid))
    if not tiers or len({name for name, _ in tiers}) < len(tiers):
        raise fields.refuse("tiers", "one or more tiers, each once", len(tiers))
    reserve = fields.raw("reserve") if fields.has("reserve") else False
    if not isinstance(reserve, bool):
        raise fields.refuse("reserve", "true or false", reserve)
    stock = _read_stock(fields, grid) if fields.has("side_stock") else ()
    name, account = fields.name("id"), fields.account("account")
    pool = Pool(
        kind, name, account, product, inventory, blocks, tuple(sorted(tiers)), reserve, stock
    )
    _refuse_crumbs(fields, pool)
    return pool


def read_switch(fields: Fields, pool: Pool) -> Pool:
    """Read what tells that a pool can be switched off, if anything does: start-up, no load, ...

    Raises RequestMalformed with the field at fault.
    """
    if not any(fields.has(name) for name in SWITCH_FIELDS):
        return pool
    startup = _read_startup(fields) if fields.has("startup") else 0
    no_load = fields.ticks("no_load") if fields.has("no_load") else 0
    if no_load < 0:
        raise fields.refuse("no_load", "dollars not below zero", text_from_ticks(no_load))
    least = fields.ppm("output_min", 0, PPM) if fields.has("output_min") else 0
    run_min, rest_min = (
        fields.integer(name, 1, INTERVALS_MAX) if fields.has(name) else 1
        for name in ("run_min", "rest_min")
    )
    tops = list(map(sum, pool.sizes_by_interval))
    for interval, (top, inventory) in enumerate(zip(tops, pool.inventory_hundredths, strict=True)):
        if least * inventory > top:
            expected = f"no more than the blocks hold in interval {interval}"
            raise fields.refuse("output_min", expected, decimal_text(least, PPM))
    return replace(
        pool,
        startable=True,
        startup_microusd=startup,
        no_load_ticks=no_load,
        output_min_ppm=least,
        run_min=run_min,
        rest_min=rest_min,
    )


def _read_startup(fields: Fields) -> int:
    text = fields.text("startup")
    expected = f"dollars of at most six decimals, 0 to {STARTUP_MICROUSD_MAX} micro-dollars"
    try:
        startup = microusd_from_text(text)
    except InexactAmount:
        raise fields.refuse("startup", expected, text) from None
    if not 0 <= startup <= STARTUP_MICROUSD_MAX:
        raise fields.refuse("startup", expected, text)
    return startup


def _read_blocks(fields: Fields, grid: Grid) -> tuple[Block, ...]:
    given = fields.peek("blocks")
    if isinstance(given, list) and not 0 < len(given) <= BLOCKS_MAX:
        raise fields.refuse("blocks", f"1 to {BLOCKS_MAX} blocks", len(given))
    blocks = fields.each("blocks", lambda block: _read_block(block, grid))
    if sum(block.share_ppm for block in blocks) > PPM:
        raise fields.refuse("blocks", "shares that sum to at most 1", "more")
    for cheaper, dearer in pairwise(blocks):
        if dearer.price_ticks < cheaper.price_ticks:
            found = f"{cheaper.price_ticks} before {dearer.price_ticks} ticks"
            raise fields.refuse("blocks", "prices that never fall", found)
    return blocks


def _refuse_crumbs(fields: Fields, pool: Pool) -> None:
    """Refuse a block that holds less than a solver can tell from nothing (decision 0053)."""
    for interval, sizes in enumerate(pool.sizes_by_interval):
        for number, parts in enumerate(sizes):
            if 0 < parts < BLOCK_PARTS_MIN:
                expected = f"{_chips_text(BLOCK_PARTS_MIN)} chips or more in a block, or none"
                found = f"{_chips_text(parts)} in block {number} in interval {interval}"
                raise fields.refuse("blocks", expected, found)


def _chips_text(parts: int) -> str:
    return decimal_text(parts, PARTS)


def _read_block(fields: Fields, grid: Grid) -> Block:
    price_ticks = fields.ticks("price")
    if not grid.floor_ticks <= price_ticks <= grid.cap_ticks:
        raise fields.refuse("price", "a price from floor to cap", text_from_ticks(price_ticks))
    if fields.has("share"):
        return Block(fields.ppm("share", 1, PPM), None, price_ticks)
    quantity = fields.hundredths("quantity")
    if not quantity:
        raise fields.refuse("quantity", "chips above zero", "0")
    return Block(0, quantity, price_ticks)


def _read_tier(fields: Fields, grid: Grid) -> tuple[str, int]:
    name = read_tier_name(fields, "tier", grid.tiers)
    if fields.has("beta"):
        return name, fields.ppm("beta", BETA_PPM_MIN, BETA_PPM_MAX)
    return name, grid.tiers[grid.tier_numbers[name]].beta_ppm


def _read_stock(fields: Fields, grid: Grid) -> tuple[tuple[str, tuple[int, ...]], ...]:
    given, stock = fields.object("side_stock"), []
    for name in sorted(given.names()):
        if not NAME.fullmatch(name):
            raise given.refuse(name, "a name of letters, digits and . _ : -", name)
        units = given.raw(name)
        if not isinstance(units, list) or len(units) != grid.intervals:
            expected = f"a list of {grid.intervals} whole numbers of units, one an interval"
            raise given.refuse(name, expected, units)
        for interval, many in enumerate(units):
            if type(many) is not int or not 0 <= many <= STOCK_UNITS_MAX:
                expected = f"a whole number from 0 to {STOCK_UNITS_MAX}"
                raise given.refuse(f"{name}[{interval}]", expected, many)
        stock.append((name, tuple(units)))
    return tuple(stock)
