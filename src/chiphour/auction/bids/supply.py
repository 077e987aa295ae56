"""SUPPLY: a supplier offers a pool, which may be switched on and off.

Takes   the JSON fields of an offer of kind "sell".
Gives   a `Pool`.
Keeps   a pool that says nothing of start-up, no load, least output, run or rest always on.
Source  docs/formulation/auction.md, section 2 and equations 4, 5, 8, 9 and 10.
"""

from typing import Any

from chiphour.auction.bids import BID
from chiphour.auction.bids import Context
from chiphour.auction.fields import Fields
from chiphour.auction.grid import INTERVALS_MAX
from chiphour.auction.pool import Pool
from chiphour.auction.pool_fields import OPTIONAL as POOL_OPTIONAL
from chiphour.auction.pool_fields import SCHEMA as POOL_SCHEMA
from chiphour.auction.pool_fields import SWITCH_FIELDS
from chiphour.auction.pool_fields import read_pool
from chiphour.auction.pool_fields import read_switch

KIND = "sell"
ROLE = BID

_DECIMAL = {"type": "string"}
_INTERVALS = {"type": "integer", "minimum": 1, "maximum": INTERVALS_MAX}
SCHEMA: dict[str, Any] = POOL_SCHEMA | {
    "startup": _DECIMAL | {"description": "Dollars for switching on."},
    "no_load": _DECIMAL | {"description": "Dollars an hour while on."},
    "output_min": _DECIMAL | {"description": "Least output while on, a share of the inventory."},
    "run_min": _INTERVALS | {"description": "Intervals that it stays on at least."},
    "rest_min": _INTERVALS | {"description": "Intervals that it stays off at least."},
}
OPTIONAL = (*POOL_OPTIONAL, *SWITCH_FIELDS)


def read(fields: Fields, context: Context) -> Pool:
    """Read an offer, `kind` already popped; raises RequestMalformed with the field at fault."""
    return read_switch(fields, read_pool(fields, context.grid, KIND))
