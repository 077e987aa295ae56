"""INSTANCE: what one run of the auction is given, as canonical JSON and back.

Takes   a run file: the grid, bids of every kind, the accounts that rent and missing uplift fall on.
Gives   `Instance`, its canonical JSON, the hash of each bid and the run's root; `read_run`, which
        leaves refused bids out and tells why.
Keeps   bids sorted by hash: the same run, in whatever order it came, is the same instance, byte
        for byte.
Source  docs/formulation/auction.md, section 2; decision 0008.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field
from dataclasses import replace
from functools import cached_property
from typing import Any
from typing import NamedTuple

from chiphour.auction import workload
from chiphour.auction.bids import BID
from chiphour.auction.bids import KINDS as FILES
from chiphour.auction.bids import Bid
from chiphour.auction.bids import Context
from chiphour.auction.bids import Kind
from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import NAME
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import Grid
from chiphour.auction.grid import grid_fields
from chiphour.auction.grid import read_grid
from chiphour.auction.held import Duals

SCHEMA_NAME = "chiphour.auction.run/2"
RUN_MAX = (1 << 62) - 1
BIDS_MAX = 100_000
RUN_KINDS = ("month", "week", "day-ahead", "real-time")
PRICINGS = ("ip", "hull", "eu")
KINDS: dict[str, Kind] = {name: kind for name, kind in FILES.items() if kind.ROLE == BID}
KINDS[workload.KIND] = workload
POOL_KINDS = ("sell", "leaseback")  # Read first: others ask what pools there are.


@dataclass(frozen=True)
class Instance:
    """One run. `rent_account` receives what congested arcs earn beyond all uplift.

    `sponsor_account` pays uplift that no surplus covers; without one such a run is refused.
    `scaled`: bids whose values were scaled to their budget, in 10^-9 (eq. 11).
    """

    run: int
    kind: str
    pricing: str
    grid: Grid
    rent_account: int
    sponsor_account: int | None
    bids: tuple[Bid, ...]
    reference: Duals | None = None
    scaled: Mapping[str, int] = field(default_factory=dict)
    given_root: str = ""

    @cached_property
    def context(self) -> Context:
        """Give what bids are judged in."""
        return Context(self.grid, _pools(self.bids), self.reference)

    @cached_property
    def bid_by_id(self) -> dict[str, Bid]:
        """Give every bid by its id."""
        return {bid.id: bid for bid in self.bids}

    @cached_property
    def root(self) -> str:
        """Give the hash of the run as it was given, which no bid can foresee: it keys every tie."""
        return self.given_root or hashlib.sha256(to_json(self)).hexdigest()

    def at_prices(self, reference: Duals | None, scaled: Mapping[str, int]) -> "Instance":
        """Give the run with budgets counted at reference prices and bids scaled to them (eq. 11).

        The root stays that of the run as it was given.
        """
        bids = tuple(
            bid.scaled(scaled[bid.id]) if isinstance(bid, workload.Workload) and bid.id in scaled
            else bid
            for bid in self.bids
        )  # fmt: skip
        return replace(self, bids=bids, reference=reference, scaled=scaled, given_root=self.root)


class Refused(NamedTuple):
    """A bid that was left out: its id, or its place in the file, and why."""

    id: str
    reason: str


def from_json(body: bytes) -> Instance:
    """Read a run file; raises RequestMalformed with the bid and field at fault."""
    return from_fields(_parsed(body))


def from_fields(value: Any) -> Instance:
    """Read a run from the object that its JSON holds; raises RequestMalformed."""
    instance, refused = read_run(value)
    for bid in refused:
        raise RequestMalformed(bid.reason)
    return instance


def read_run_json(body: bytes) -> tuple[Instance, tuple[Refused, ...]]:
    """Read a run file as `read_run` does."""
    return read_run(_parsed(body))


def read_run(value: Any) -> tuple[Instance, tuple[Refused, ...]]:
    """Read a run; bids that are refused are left out and told, the others go on.

    Raises RequestMalformed when what all bids share is at fault.
    """
    refused: list[Refused] = []
    instance = read_whole(value, "run", lambda fields: _read(fields, refused))
    return instance, tuple(refused)


def to_json(instance: Instance) -> bytes:
    """Write a run as canonical JSON: sorted keys, no spaces, bids in order of hash."""
    return canonical(
        run_fields(instance) | {"bids": [b.fields(instance.grid) for b in instance.bids]}
    )


def run_fields(instance: Instance) -> dict[str, Any]:
    """Write what all bids of a run share as JSON fields."""
    sponsor = instance.sponsor_account
    return {
        "schema": SCHEMA_NAME,
        "run": instance.run,
        "kind": instance.kind,
        "pricing": instance.pricing,
        "rent_account": instance.rent_account,
        **({} if sponsor is None else {"sponsor_account": sponsor}),
        **grid_fields(instance.grid),
    }


def bid_hash(bid: Bid, grid: Grid) -> str:
    """Give the SHA-256 of a bid's canonical JSON."""
    return hashlib.sha256(canonical(bid.fields(grid))).hexdigest()


def canonical(value: Any) -> bytes:
    """Write JSON with sorted keys and no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def read_bid(value: Any, path: str, context: Context, kind_of_run: str) -> Bid:
    """Read one bid as part of a run; raises RequestMalformed with the field at fault."""
    fields = Fields(value, path)
    fields.path += f" {fields.peek('id')!r}"
    kind = fields.text("kind")
    if kind not in KINDS:
        raise fields.refuse("kind", " or ".join(sorted(KINDS)), kind)
    if kind == "virtual" and kind_of_run == "real-time":
        raise fields.refuse("kind", "a bid that is delivered, in a run of real time", kind)
    bid: Bid = KINDS[kind].read(fields, context)
    fields.exhausted()
    return bid


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError) as fault:
        raise RequestMalformed(f"run: expected JSON, found {fault}") from None


def _read(fields: Fields, refused: list[Refused]) -> Instance:
    if (schema := fields.text("schema")) != SCHEMA_NAME:
        raise fields.refuse("schema", SCHEMA_NAME, schema)
    grid = read_grid(fields)
    kind = fields.choice("kind", RUN_KINDS)
    pricing = fields.choice("pricing", PRICINGS)
    values = fields.raw("bids")
    if not isinstance(values, list) or len(values) > BIDS_MAX:
        found = len(values) if isinstance(values, list) else values
        raise fields.refuse("bids", f"a list of at most {BIDS_MAX} bids", found)
    bids = _read_bids(values, fields.path, grid, kind, refused)
    sponsor = None
    if fields.has("sponsor_account"):
        sponsor = fields.integer("sponsor_account", 1, ACCOUNT_MAX)
    run = fields.integer("run", 1, RUN_MAX)
    rent = fields.integer("rent_account", 1, ACCOUNT_MAX)
    return Instance(run, kind, pricing, grid, rent, sponsor, bids)


def _read_bids(
    values: list[Any], path: str, grid: Grid, kind: str, refused: list[Refused]
) -> tuple[Bid, ...]:
    """Read pools first, then all others, who ask for pools; an id given twice counts for nobody."""
    found: list[Bid] = []
    many = Counter(_id(value, place) for place, value in enumerate(values))
    ranked = sorted(range(len(values)), key=lambda place: not _is_pool(values[place]))
    context, pools_done = Context(grid, {}), False
    for place in ranked:
        if not pools_done and not _is_pool(values[place]):
            context, pools_done = Context(grid, _pools(tuple(found))), True
        where = f"{path}.bids[{place}]"
        try:
            bid = read_bid(values[place], where, context, kind)
            if many[bid.id] > 1:
                raise RequestMalformed(f"{where}.id: expected each id once, found {bid.id!r} again")
        except RequestMalformed as fault:
            refused.append(Refused(_id(values[place], place), str(fault)))
        else:
            found.append(bid)
    return tuple(sorted(found, key=lambda bid: bid_hash(bid, grid)))


def _is_pool(value: Any) -> bool:
    return isinstance(value, dict) and value.get("kind") in POOL_KINDS


def _id(value: Any, place: int) -> str:
    named = value.get("id") if isinstance(value, dict) else None
    return named if isinstance(named, str) and NAME.fullmatch(named) else f"#{place}"


def _pools(bids: tuple[Bid, ...]) -> dict[str, Any]:
    return {bid.id: bid.offered for bid in bids if bid.offered is not None}


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a field given twice")
    return fields
