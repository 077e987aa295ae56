"""SCHEMA: the JSON Schema of a run file, put together from the bids' own parts.

Takes   nothing but the registry of bid types.
Gives   `run_schema`, which any JSON Schema (2020-12) tool understands.
Keeps   fields required and no others allowed, as the reader does.
Source  docs/formulation/auction.md, section 2. The reader decides what no schema can say: order of
        curves, sums of shares, hours within the run.
"""

from typing import Any

from chiphour.auction.bids import KINDS
from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import ACCOUNT_MEMBER_LEAST
from chiphour.auction.fields import closed_object
from chiphour.auction.grid import BUY
from chiphour.auction.grid import HOURS_MAX
from chiphour.auction.grid import SELL
from chiphour.auction.instance import RUN_MAX
from chiphour.auction.instance import SCHEMA_NAME

DECIMAL = {"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,30})?([eE][+-]?\d{1,2})?$"}
TEXT = {"type": "string"}
NAME = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$"}
TIME = {"type": "string", "format": "date-time"}


def run_schema() -> dict[str, Any]:
    """Give the JSON Schema of a run file."""
    limits = {"type": "array", "items": DECIMAL, "description": "Chip-hours, one an hour."}
    product = closed_object({"chip": NAME, "domain": NAME, "region": NAME})
    arc = closed_object({"from": TEXT, "to": TEXT, "min": limits, "max": limits})
    hours = {"type": "integer", "minimum": 1, "maximum": HOURS_MAX}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": SCHEMA_NAME,
        **closed_object(
            {
                "schema": {"const": SCHEMA_NAME},
                "run": {"type": "integer", "minimum": 1, "maximum": RUN_MAX},
                "rent_account": {"type": "integer", "minimum": 1, "maximum": ACCOUNT_MAX},
                "delivery": closed_object({"from": TIME, "hours": hours}),
                "price": closed_object({"floor": DECIMAL, "cap": DECIMAL}),
                "products": {"type": "array", "minItems": 1, "items": product},
                "arcs": {"type": "array", "items": arc},
                "bids": _side(BUY),
                "offers": _side(SELL),
            }
        ),
    }


def _side(side: int) -> dict[str, Any]:
    account = {"type": "integer", "minimum": ACCOUNT_MEMBER_LEAST, "maximum": ACCOUNT_MAX}
    kinds = [
        closed_object({"kind": {"const": name}, "name": NAME, "account": account, **kind.SCHEMA})
        for name, kind in KINDS.items()
        if side == kind.SIDE
    ]
    return {"type": "array", "items": {"oneOf": kinds}}
