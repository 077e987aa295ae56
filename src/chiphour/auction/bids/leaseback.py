"""LEASEBACK: the holder of a reserved position offers it, or part of it, at its own values.

Takes   the JSON fields of an offer of kind "leaseback": those of a pool, and the position.
Gives   a `Pool` that is always on.
Keeps   nothing sold twice: the offer names the position that it takes from.
Source  docs/formulation/auction.md, section 2.
"""

from dataclasses import replace
from typing import Any

from chiphour.auction.bids import BID
from chiphour.auction.bids import Context
from chiphour.auction.fields import Fields
from chiphour.auction.pool import Pool
from chiphour.auction.pool_fields import OPTIONAL
from chiphour.auction.pool_fields import SCHEMA as POOL_SCHEMA
from chiphour.auction.pool_fields import read_pool

__all__ = ["KIND", "OPTIONAL", "ROLE", "SCHEMA", "read"]

KIND = "leaseback"
ROLE = BID
SCHEMA: dict[str, Any] = POOL_SCHEMA | {
    "position": {"type": "string", "description": "The id of the reserved position."}
}


def read(fields: Fields, context: Context) -> Pool:
    """Read an offer, `kind` already popped; raises RequestMalformed with the field at fault."""
    position = fields.name("position")
    return replace(read_pool(fields, context.grid, KIND), position=position)
