"""SCHEMA: the JSON Schemas of a run file and of one bid, put together from the bids' own parts.

Takes   nothing but the registry of kinds and modes.
Gives   `run_schema`, `bid_schema`, which any JSON Schema (2020-12) tool understands.
Keeps   no field but those that the reader knows, and none missing that it needs.
Source  docs/formulation/auction.md, section 2. The reader decides what no schema can say: order of
        curves, sums of shares, times within the run, which of two fields.
"""

from typing import Any

from chiphour.auction.bids import KINDS as FILES
from chiphour.auction.bids import MODE
from chiphour.auction.bids import Kind
from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import ACCOUNT_MEMBER_LEAST
from chiphour.auction.fields import NAME
from chiphour.auction.fields import closed_object
from chiphour.auction.grid import DOMAIN_CHIPS_MAX
from chiphour.auction.grid import INTERVALS_MAX
from chiphour.auction.grid import SETTLE_MINUTES
from chiphour.auction.grid import STEP_MINUTES
from chiphour.auction.instance import BIDS_MAX
from chiphour.auction.instance import KINDS
from chiphour.auction.instance import PRICINGS
from chiphour.auction.instance import RUN_KINDS
from chiphour.auction.instance import RUN_MAX
from chiphour.auction.instance import SCHEMA_NAME

DIALECT = "https://json-schema.org/draft/2020-12/schema"
BID_TITLE = "A bid of chiphour.auction.run/2"
DECIMAL = {"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,30})?([eE][+-]?\d{1,2})?$"}
TEXT = {"type": "string"}
NAMED = {"type": "string", "pattern": f"^{NAME.pattern}$"}
TIME = {"type": "string", "format": "date-time"}
MARKETS_OWN = ("reserve",)  # Kinds whose account may be one of the market's own.


def run_schema() -> dict[str, Any]:
    """Give the JSON Schema of a run file."""
    properties = {
        "schema": {"const": SCHEMA_NAME},
        "run": _integer(1, RUN_MAX),
        "kind": {"enum": list(RUN_KINDS)},
        "pricing": {"enum": list(PRICINGS)},
        "rent_account": _integer(1, ACCOUNT_MAX),
        "sponsor_account": _integer(1, ACCOUNT_MAX),
        "delivery": _object(
            {
                "from": TIME,
                "step_minutes": {"enum": list(STEP_MINUTES)},
                "intervals": _integer(1, INTERVALS_MAX),
                "settle_minutes": {"enum": list(SETTLE_MINUTES)}
                | {"description": "Slots of what is traded, where they are shorter than its own."},
            },
            ("settle_minutes",),
        ),
        "price": closed_object({"floor": DECIMAL, "cap": DECIMAL}),
        "tiers": _list(closed_object({"tier": NAMED, "pi": DECIMAL, "beta": DECIMAL})),
        "products": _list(_product()),
        "arcs": {"type": "array", "items": _arc()},
        "bids": {"type": "array", "maxItems": BIDS_MAX, "items": _bid()},
    }
    return {
        "$schema": DIALECT,
        "title": SCHEMA_NAME,
        **_object(properties, ("sponsor_account",)),
    }


def bid_schema() -> dict[str, Any]:
    """Give the JSON Schema of one bid of any kind, as it stands in a run file."""
    return {"$schema": DIALECT, "title": BID_TITLE, **_bid()}


def _bid() -> dict[str, Any]:
    return {"oneOf": [_kind(name, kind) for name, kind in sorted(KINDS.items())]}


def _kind(name: str, kind: Kind) -> dict[str, Any]:
    """Give the schema of a kind of bid; a buyer's modes are those of the folder."""
    least = 1 if name in MARKETS_OWN else ACCOUNT_MEMBER_LEAST
    own = dict(kind.SCHEMA)
    if "modes" in own:
        modes = [_mode(mode, file) for mode, file in FILES.items() if file.ROLE == MODE]
        own["modes"] = own["modes"] | {"items": {"oneOf": modes}}
    shared = {"kind": {"const": name}, "id": NAMED, "account": _integer(least, ACCOUNT_MAX)}
    return _object(shared | own, _optional(kind))


def _mode(name: str, file: Kind) -> dict[str, Any]:
    return _object({"type": {"const": name}, "id": NAMED, **file.SCHEMA}, _optional(file))


def _optional(kind: Kind) -> tuple[str, ...]:
    """Give the fields that a kind may leave out."""
    found: tuple[str, ...] = getattr(kind, "OPTIONAL", ())
    return found


def _product() -> dict[str, Any]:
    chips = _integer(1, DOMAIN_CHIPS_MAX)
    names = {"chip": NAMED, "domain": NAMED, "region": NAMED}
    return _object(names | {"domain_chips": chips, "gang_chips": _list(chips)}, ("gang_chips",))


def _arc() -> dict[str, Any]:
    limits = _list(DECIMAL) | {"description": "Chips, one an interval; below zero backwards."}
    return closed_object({"from": TEXT, "to": TEXT, "tier": TEXT, "min": limits, "max": limits})


def _object(properties: dict[str, Any], optional: tuple[str, ...]) -> dict[str, Any]:
    """Give the schema of an object with exactly these fields, some of which may be left out."""
    return closed_object(properties) | {"required": [n for n in properties if n not in optional]}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "minItems": 1, "items": items}


def _integer(least: int, most: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": least, "maximum": most}
