"""INSTANCE: what one run of the auction is given, as canonical JSON and back.

Takes   a run file: the grid, bids and offers, the account that holds congestion rent.
Gives   `Instance`, its canonical JSON, the hash of each bid and the run's root.
Keeps   bids and offers sorted by hash: the same run, in whatever order it came, is the same
        instance, byte for byte.
Source  docs/formulation/auction.md, section 2; decision 0008.
"""

import hashlib
import json
from typing import Any
from typing import NamedTuple

from chiphour.auction.bids import KINDS
from chiphour.auction.bids import Bid
from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.grid import grid_fields
from chiphour.auction.grid import read_grid

SCHEMA_NAME = "chiphour.auction.run/1"
RUN_MAX = (1 << 62) - 1


class Instance(NamedTuple):
    """One run. `rent_account` receives what congested arcs earn, or pays what rounding costs."""

    run: int
    grid: Grid
    rent_account: int
    bids: tuple[Bid, ...]
    offers: tuple[Bid, ...]

    @property
    def participants(self) -> tuple[tuple[int, Bid], ...]:
        """Give every bid and offer with its side, in the order in which columns are built."""
        bids = tuple((BUY, bid) for bid in self.bids)
        return bids + tuple((SELL, offer) for offer in self.offers)

    @property
    def root(self) -> str:
        """Give the hash of the whole run, which no bid can foresee: it keys every tie."""
        return hashlib.sha256(to_json(self)).hexdigest()


def from_json(body: bytes) -> Instance:
    """Read a run file; raises RequestMalformed with the bid and field at fault."""
    try:
        value = json.loads(body, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError) as fault:
        raise RequestMalformed(f"run: expected JSON, found {fault}") from None
    return from_fields(value)


def from_fields(value: Any) -> Instance:
    """Read a run from the object that its JSON holds; raises RequestMalformed."""
    return read_whole(value, "run", _read)


def to_json(instance: Instance) -> bytes:
    """Write a run as canonical JSON: sorted keys, no spaces, bids in order of hash."""
    return canonical(
        {
            "schema": SCHEMA_NAME,
            "run": instance.run,
            "rent_account": instance.rent_account,
            **grid_fields(instance.grid),
            "bids": [bid.fields(instance.grid) for bid in instance.bids],
            "offers": [offer.fields(instance.grid) for offer in instance.offers],
        }
    )


def bid_hash(bid: Bid, grid: Grid) -> str:
    """Give the SHA-256 of a bid's canonical JSON."""
    return hashlib.sha256(canonical(bid.fields(grid))).hexdigest()


def canonical(value: Any) -> bytes:
    """Write JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _read(fields: Fields) -> Instance:
    if (schema := fields.text("schema")) != SCHEMA_NAME:
        raise fields.refuse("schema", SCHEMA_NAME, schema)
    grid = read_grid(fields)
    bids = _read_side(fields, "bids", BUY, grid)
    offers = _read_side(fields, "offers", SELL, grid)
    seen: set[str] = set()
    for bid in bids + offers:
        if bid.name in seen:
            raise fields.refuse("bids", "each name once among bids and offers", bid.name)
        seen.add(bid.name)
    run = fields.integer("run", 1, RUN_MAX)
    return Instance(run, grid, fields.integer("rent_account", 1, ACCOUNT_MAX), bids, offers)


def _read_side(fields: Fields, name: str, side: int, grid: Grid) -> tuple[Bid, ...]:
    kinds = [kind for kind, found in KINDS.items() if side == found.SIDE]

    def read(bid: Fields) -> Bid:
        bid.path += f" {bid.peek('name')!r}"
        kind = bid.text("kind")
        if kind not in kinds:
            raise bid.refuse("kind", " or ".join(kinds), kind)
        return KINDS[kind].read(bid, grid)

    return tuple(sorted(fields.each(name, read), key=lambda bid: bid_hash(bid, grid)))


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field given twice")
    return fields
