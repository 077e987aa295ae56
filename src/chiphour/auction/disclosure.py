"""DISCLOSURE: what was sealed at closure is what was cleared and published, proved by anyone.

Takes   the commitment that was published when the gate closed; the sealed file, the run, the
        result, and what the guard rails did, that were disclosed after it.
Gives   the bids that were sealed and are not in the run; whoever left them out must have said why.
Keeps   no solver: hashes, strict reading, and the checker of a result.
Source  docs/formulation/runs.md, section 12; decision 0039.
"""

import hashlib
from typing import Any

from chiphour.auction.check import violations
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import sealed_json
from chiphour.auction.guard_rules import read_guards
from chiphour.auction.guarding import from_json as applied_from_json
from chiphour.auction.guarding import guarded
from chiphour.auction.instance import Instance
from chiphour.auction.instance import bid_hash
from chiphour.auction.instance import from_json
from chiphour.auction.instance import read_run
from chiphour.auction.instance import run_fields
from chiphour.auction.instance import to_json
from chiphour.auction.record import json_value
from chiphour.auction.result import from_json as result_from_json


def check_disclosure(
    commitment: str, sealed: bytes, run: bytes, result: bytes, applied: bytes | None = None
) -> tuple[str, ...]:
    """Give the ids of sealed bids that the run leaves out; raises RequestMalformed otherwise.

    The sealed file must hash to the commitment, the run must hold nothing but what was sealed, in
    its canonical form, and the result must be one of that run that breaks no rule. `applied` tells
    what the guard rails did to the bids; they must be sealed too, and able to do it.
    """
    if (found := hashlib.sha256(sealed).hexdigest()) != commitment:
        raise RequestMalformed(f"sealed: expected a file of hash {commitment}, found {found}")
    whole, guards = _opened(sealed)
    kept, _ = read_run(whole)
    if applied is not None:
        rules = None if guards is None else read_guards(guards, "guards", kept.grid)
        kept, _ = guarded(kept, rules, applied_from_json(applied))
    cleared = from_json(run)
    if to_json(cleared) != run:
        raise RequestMalformed("run: expected its canonical form, found another spelling")
    if run_fields(kept) != run_fields(cleared):
        raise RequestMalformed("run: expected the terms that were sealed, found others")
    given, used = _hashes(kept), _hashes(cleared)
    for name, hashed in sorted(used.items()):
        if given.get(name) != hashed:
            raise RequestMalformed(f"run: expected bids that were sealed, found {name!r}")
    for broken in violations(cleared, result_from_json(cleared, result)):
        raise RequestMalformed(
            f"result: {broken.rule} at {broken.where}: expected {broken.expected}, "
            f"found {broken.found}"
        )
    sealed_ids = {str(bid.get("id")) for bid in whole["bids"] if isinstance(bid, dict)}
    return tuple(sorted(sealed_ids - used.keys()))


def _opened(sealed: bytes) -> tuple[dict[str, Any], Any]:
    """Give the sealed run, and its guard rails or None."""
    fields = Fields(json_value(sealed, "sealed"), "sealed")
    salt, run = fields.text("salt"), fields.raw("run")
    guards = fields.raw("guards") if fields.has("guards") else None
    fields.exhausted()
    if not isinstance(run, dict) or sealed_json(run, salt, guards) != sealed:
        raise RequestMalformed("sealed: expected its canonical form, found another spelling")
    return run, guards


def _hashes(instance: Instance) -> dict[str, str]:
    return {bid.id: bid_hash(bid, instance.grid) for bid in instance.bids}
