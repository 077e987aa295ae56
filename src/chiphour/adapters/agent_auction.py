"""AGENT_AUCTION: an agent clears an auction of its own, or asks why a bid was not awarded.

Takes   a run as its file has it; a result of it, the id of a bid.
Gives   `auction_cleared`, `auction_explained`; CLEAR and EXPLAIN: words and schemas of both.
Keeps   a run bounded in bytes and the solver in seconds; one at a time, in a process of its own.
        Nothing of it touches a market.
Source  docs/formulation; decisions 0037, 0038 and 0043.
"""

import asyncio
import json
from dataclasses import replace
from typing import Any

from chiphour.adapters.solver import SolverProcess
from chiphour.auction.check import certified_gap_ppb
from chiphour.auction.clear import clear
from chiphour.auction.explain import explain
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import decimal_text
from chiphour.auction.instance import read_run_json
from chiphour.auction.outcome import left_out
from chiphour.auction.result import from_json as result_from_json
from chiphour.auction.result import to_json
from chiphour.auction.schema import run_schema
from chiphour.units import text_from_nanousd

Json = dict[str, Any]
RUN_BYTES_MAX = 1 << 20
SECONDS_DEFAULT = 20
SECONDS_MOST = 120
PRICINGS = ("ip", "hull", "eu")
PPB = 10**9
TEXT: Json = {"type": "string"}
PLAIN: Json = {"type": "object"}
_RUN = {name: value for name, value in run_schema().items() if name != "$schema"}

CLEAR: tuple[str, Json, Json] = (
    "Clear an auction run of your own: who gets what at which price, who was left out and why. "
    "Nothing is bid in a market.",
    {
        "type": "object",
        "properties": {
            "run": _RUN | {"description": "The run, as `chiphour auction schema` describes it."},
            "pricing": TEXT
            | {"enum": list(PRICINGS), "description": "Another rule than the run's own."},
            "seconds": {
                "type": "integer",
                "minimum": 1,
                "maximum": SECONDS_MOST,
                "description": f"Of solving; {SECONDS_DEFAULT} where it is left out.",
            },
        },
        "required": ["run"],
        "additionalProperties": False,
    },
    {
        "type": "object",
        "properties": {
            "status": TEXT,
            "welfare_usd": TEXT
            | {"description": "What the awards are worth, less what they cost."},
            "certified_gap": TEXT | {"description": "How far from the best it may be, as a share."},
            "refused": {"type": "array", "items": PLAIN, "description": "Bids that break a rule."},
            "left_out": {"type": "array", "items": PLAIN, "description": "Bids without an award."},
            "result": PLAIN | {"description": "Awards, prices, transfers: the whole result."},
        },
        "required": ["status", "welfare_usd", "certified_gap", "refused", "left_out", "result"],
        "additionalProperties": False,
    },
)
EXPLAIN: tuple[str, Json, Json] = (
    "Tell why a bid of a cleared run was or was not awarded, and what would have changed it.",
    {
        "type": "object",
        "properties": {
            "run": _RUN | {"description": "The run."},
            "result": PLAIN | {"description": "Its result, as `clear_auction` gives it."},
            "bid": TEXT | {"description": "The id of a bid or an offer."},
        },
        "required": ["run", "result", "bid"],
        "additionalProperties": False,
    },
    {
        "type": "object",
        "properties": {"bid": TEXT, "sentences": {"type": "array", "items": TEXT}},
        "required": ["bid", "sentences"],
        "additionalProperties": False,
    },
)
_ONE_AT_A_TIME = asyncio.Semaphore(1)


async def auction_cleared(given: Json) -> Json:
    """Clear a run; raises RequestMalformed, SolverTimedOut."""
    pricing, seconds = given.get("pricing"), given.get("seconds", SECONDS_DEFAULT)
    if pricing is not None and pricing not in PRICINGS:
        raise RequestMalformed(f"pricing: expected one of {', '.join(PRICINGS)}, found {pricing!r}")
    if type(seconds) is not int or not 1 <= seconds <= SECONDS_MOST:
        raise RequestMalformed(f"seconds: expected 1 to {SECONDS_MOST}, found {seconds!r}")
    async with _ONE_AT_A_TIME:
        return await asyncio.to_thread(_cleared, _bytes("run", given["run"]), pricing, seconds)


async def auction_explained(given: Json) -> Json:
    """Explain an outcome; raises RequestMalformed, SolverTimedOut."""
    bodies = (_bytes("run", given["run"]), _bytes("result", given["result"]))
    async with _ONE_AT_A_TIME:
        return await asyncio.to_thread(_explained, *bodies, str(given["bid"]))


def _cleared(body: bytes, pricing: str | None, seconds: int) -> Json:
    instance, refused = read_run_json(body)
    if pricing is not None:
        instance = replace(instance, pricing=pricing)
    with SolverProcess() as solver:
        result = clear(instance, solver.within(seconds))
    return {
        "status": result.status,
        "welfare_usd": text_from_nanousd(result.welfare_nanousd),
        "certified_gap": decimal_text(certified_gap_ppb(instance, result), PPB),
        "refused": [one._asdict() for one in refused],
        "left_out": [one._asdict() for one in left_out(instance, result)],
        "result": json.loads(to_json(instance, result)),
    }


def _explained(run: bytes, body: bytes, bid: str) -> Json:
    instance, _ = read_run_json(run)
    found = result_from_json(instance, body)
    instance = replace(instance, pricing=found.pricing)
    counted = instance.at_prices(found.reference, found.scaled)
    with SolverProcess(SECONDS_MOST) as solver:
        return {"bid": bid, "sentences": list(explain(counted, found, bid, solver.solve))}


def _bytes(name: str, value: Any) -> bytes:
    body = json.dumps(value).encode()
    if len(body) > RUN_BYTES_MAX:
        raise RequestMalformed(f"{name}: expected at most {RUN_BYTES_MAX} bytes, found {len(body)}")
    return body
