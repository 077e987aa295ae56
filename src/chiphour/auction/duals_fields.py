"""DUALS_FIELDS: a set of duals as JSON fields and back.

Takes   `Duals`, or their fields in a result file.
Gives   `duals_fields`, `read_duals`; `read_named`, a list of rows as a mapping by name; `parts`, an
        exact decimal.
Keeps   every integer as it is: prices to the nano-dollar, values of work and budgets to 10^-12.
Source  docs/formulation/auction.md, sections 5 and 7.
"""

from collections.abc import Callable
from collections.abc import Mapping
from typing import Any
from typing import TypeVar

from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import decimal_text
from chiphour.auction.grid import INTERVALS_MAX
from chiphour.auction.held import Duals
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import InexactAmount
from chiphour.units import exact_from_text
from chiphour.units import text_from_nanousd

K = TypeVar("K")


def duals_fields(duals: Duals) -> dict[str, Any]:
    """Write duals: those of the slots in their order, all others by name, the zeros left out."""
    return {
        "slots": [text_from_nanousd(dual) for dual in duals.slots],
        "pools": _named(duals.pools, ("pool", "interval"), NANOUSD_PER_USD),
        "premiums": _named(duals.premiums, ("pool", "tier", "interval"), NANOUSD_PER_USD),
        "sides": _named(duals.sides, ("pool", "resource", "interval"), NANOUSD_PER_USD),
        "reserve": _named(duals.reserve, ("region", "interval"), NANOUSD_PER_USD),
        "work": _named(duals.work, ("bid", "mode", "factor"), PICOS),
        "budgets": _named({(bid,): dual for bid, dual in duals.budgets.items()}, ("bid",), PICOS),
    }


def _named(
    found: Mapping[Any, int], names: tuple[str, ...], parts_per_one: int
) -> list[dict[str, Any]]:
    return [
        dict(zip(names, key, strict=True)) | {"dual": decimal_text(found[key], parts_per_one)}
        for key in sorted(found)
        if found[key]
    ]


def read_duals(fields: Fields, name: str, slots_count: int) -> Duals:
    """Pop one set of duals; raises RequestMalformed with the field at fault."""
    given = fields.object(name)
    texts = given.raw("slots")
    if not isinstance(texts, list) or len(texts) != slots_count:
        raise given.refuse("slots", f"{slots_count} duals, one a slot", texts)
    slots = Fields({str(slot): text for slot, text in enumerate(texts)}, f"{given.path}.slots")
    duals = Duals(
        tuple(parts(slots, str(slot), NANOUSD_PER_USD) for slot in range(slots_count)),
        read_named(given, "pools", _pool_interval, NANOUSD_PER_USD),
        read_named(given, "premiums", _pool_tier_interval, NANOUSD_PER_USD),
        read_named(given, "sides", _pool_resource_interval, NANOUSD_PER_USD),
        read_named(given, "reserve", _region_interval, NANOUSD_PER_USD),
        read_named(given, "work", _bid_mode_factor, PICOS),
        read_named(given, "budgets", lambda row: row.text("bid"), PICOS),
    )
    given.exhausted()
    return duals


def read_named(
    fields: Fields, name: str, key: Callable[[Fields], K], parts_per_one: int, value: str = "dual"
) -> dict[K, int]:
    """Pop a list of rows, each a name of its own and a number; raises RequestMalformed."""
    rows = fields.each(name, lambda row: (key(row), parts(row, value, parts_per_one)))
    found = dict(rows)
    if len(found) < len(rows):
        raise fields.refuse(name, "each once", f"{len(rows) - len(found)} given twice")
    return found


def _pool_interval(row: Fields) -> tuple[str, int]:
    return row.text("pool"), row.integer("interval", 0, INTERVALS_MAX)


def _pool_tier_interval(row: Fields) -> tuple[str, str, int]:
    return row.text("pool"), row.text("tier"), row.integer("interval", 0, INTERVALS_MAX)


def _pool_resource_interval(row: Fields) -> tuple[str, str, int]:
    return row.text("pool"), row.text("resource"), row.integer("interval", 0, INTERVALS_MAX)


def _region_interval(row: Fields) -> tuple[str, int]:
    return row.text("region"), row.integer("interval", 0, INTERVALS_MAX)


def _bid_mode_factor(row: Fields) -> tuple[str, str, str]:
    return row.text("bid"), row.text("mode"), row.text("factor")


def parts(fields: Fields, name: str, parts_per_one: int) -> int:
    """Pop decimal text as a whole number of parts; raises RequestMalformed when it is finer."""
    value = fields.text(name)
    try:
        return exact_from_text(value, parts_per_one, "part")
    except InexactAmount:
        expected = f"decimal text of at most {len(str(parts_per_one)) - 1} decimals"
        raise fields.refuse(name, expected, value) from None
