"""SUPPLY: an owner's pool in a file, and the offer that it makes for a run.

Takes   what an owner says of a pool; a CSV with its inventory by time; a run as it is shown.
Gives   the pool file; the body of an offer for the run's intervals.
Keeps   a file that says the same whatever run it is offered to; an interval for which the CSV says
        nothing has no chips.
Source  docs/formulation/auction.md, section 2; decision 0039.

    MarketError
    └── PoolRefused     a pool or an inventory that cannot be offered
"""

import csv
import json
from bisect import bisect_right
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import NAME
from chiphour.auction.fields import Fields
from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import read_whole
from chiphour.auction.record import json_value
from chiphour.auction.record import time_ns
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_MINUTE
from chiphour.units import iso_from_ns
from chiphour.units import text_from_ticks

SCHEMA_NAME = "chiphour.supply.pool/1"
ROWS_MAX = 100_000
COLUMNS = ("from", "chips")


class PoolRefused(MarketError):
    """A pool or an inventory that cannot be offered."""


class Supply(NamedTuple):
    """A pool as its owner keeps it.

    `inventory`: from a time in UTC ns on, so many hundredths of a chip, until the next row's.
    """

    id: str
    product: str
    tiers: tuple[str, ...]
    price_ticks: int
    inventory: tuple[tuple[int, int], ...]


def read_supply(body: bytes) -> Supply:
    """Read a pool file; raises RequestMalformed, PoolRefused."""
    return read_whole(json_value(body, "pool"), "pool", _read)


def write_supply(pool: Supply) -> str:
    """Write a pool file."""
    fields = {
        "schema": SCHEMA_NAME,
        "id": pool.id,
        "product": pool.product,
        "tiers": list(pool.tiers),
        "price": text_from_ticks(pool.price_ticks),
        "inventory": [
            {"from": iso_from_ns(from_ns), "chips": hundredths_text(chips)}
            for from_ns, chips in pool.inventory
        ],
    }
    return json.dumps(fields, indent=1) + "\n"


def inventory_from_csv(path: Path) -> list[dict[str, str]]:
    """Read rows of `from,chips`, in order of time; raises PoolRefused."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise PoolRefused(f"{path}: expected CSV, found {fault}") from None
    if not 0 < len(rows) <= ROWS_MAX or any(tuple(row) != COLUMNS for row in rows):
        raise PoolRefused(
            f"{path}: expected 1 to {ROWS_MAX} rows of {','.join(COLUMNS)}, found others"
        )
    return [{name: (value or "").strip() for name, value in row.items()} for row in rows]


def offer_of(pool: Supply, row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the offer that a pool makes for a run, as the run's row tells its intervals.

    Raises PoolRefused for a run of other products, or in which the pool has no chips.
    """
    if pool.product not in row["products"]:
        raise PoolRefused(f"run {row['run']}: expected {pool.product} in it, found others")
    begins = read_whole({"from": row["delivery_from"]}, "run", lambda f: time_ns(f, "from"))
    step_ns = row["step_minutes"] * NS_PER_MINUTE
    chips = [_least(pool, begins + n * step_ns, step_ns) for n in range(row["intervals"])]
    if not any(chips):
        raise PoolRefused(f"run {row['run']}: expected chips of {pool.id} in its hours, found none")
    return {
        "kind": "sell",
        "id": pool.id,
        "product": pool.product,
        "inventory": [hundredths_text(each) for each in chips],
        "blocks": [{"share": "1", "price": text_from_ticks(pool.price_ticks)}],
        "tiers": [{"tier": tier} for tier in pool.tiers],
    }


def next_run(rows: Sequence[Mapping[str, Any]], product: str) -> Mapping[str, Any]:
    """Give the run of a product whose gate is open and closes first; raises PoolRefused."""
    fit = [row for row in rows if row["state"] == "open" and product in row["products"]]
    if not fit:
        raise PoolRefused(f"expected an open run of {product}, found none")
    return min(fit, key=lambda row: (row["closes"], row["run"]))


def _least(pool: Supply, begins_ns: int, step_ns: int) -> int:
    """Give the chips that a pool has through a whole interval."""
    times = [from_ns for from_ns, _ in pool.inventory]
    first, end = bisect_right(times, begins_ns), bisect_right(times, begins_ns + step_ns - 1)
    if not first:
        return 0
    return min(chips for _, chips in pool.inventory[first - 1 : end])


def _read(fields: Fields) -> Supply:
    if (schema := fields.text("schema")) != SCHEMA_NAME:
        raise fields.refuse("schema", SCHEMA_NAME, schema)
    tiers = fields.raw("tiers")
    if not isinstance(tiers, list) or not tiers or not all(_is_name(each) for each in tiers):
        raise fields.refuse("tiers", "a list of names of tiers", tiers)
    inventory = fields.each(
        "inventory", lambda row: (time_ns(row, "from"), row.hundredths("chips"))
    )
    if not 0 < len(inventory) <= ROWS_MAX or list(inventory) != sorted(dict(inventory).items()):
        raise fields.refuse("inventory", f"1 to {ROWS_MAX} rows in order of time", len(inventory))
    return Supply(
        fields.name("id"), fields.text("product"), tuple(tiers), fields.ticks("price"), inventory
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(NAME.fullmatch(value))
