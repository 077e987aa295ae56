"""AUCTION_DESK: what the operator does with runs of the auction over HTTP.

Takes   requests of the operator (sign_in.py).
Gives   JSON, described in OpenAPI.
Keeps   the operator to terms, steps and the market's own meter: it too sees no bid in an answer
        before it is disclosed.
Source  docs/formulation/runs.md, section 12; decision 0039.
"""

import asyncio
from collections.abc import Callable
from collections.abc import Sequence

from litestar import Response
from litestar import get
from litestar import post
from litestar import put
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from chiphour.adapters.auction_run import MARKET
from chiphour.adapters.auction_run import METER_ACCOUNT
from chiphour.adapters.auction_run import AuctionRun
from chiphour.adapters.serve import shapes_auction as shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.asked_members import gives_private
from chiphour.adapters.serve.auction_api import RunNumber
from chiphour.adapters.serve.auction_api import give_receipts
from chiphour.adapters.serve.auction_api import keep_meter
from chiphour.adapters.serve.auction_api import take_reading
from chiphour.adapters.serve.auction_objects import run_row
from chiphour.adapters.serve.auction_objects import summary_of
from chiphour.adapters.serve.office import as_answers
from chiphour.adapters.serve.office import auctioneer_of
from chiphour.adapters.serve.office import deliverer_of
from chiphour.adapters.serve.office import private
from chiphour.adapters.serve.sign_in import OPERATOR_SECURITY
from chiphour.adapters.serve.sign_in import SignedRequest
from chiphour.adapters.serve.sign_in import operator_only
from chiphour.auction.record import json_value


@post(
    "/api/auction/runs",
    summary="Announce a run",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.RunRow, "The run.", 201),
    media_type=JSON,
)
async def announce(request: SignedRequest, data: JSONBody[shapes.RunTerms]) -> Response[bytes]:
    """Announce a run: what is traded, when its gate opens and closes, when bids are disclosed."""
    auctioneer = auctioneer_of(request)
    with as_answers():
        terms = json_value(await request.body(), "terms")
        run = await asyncio.to_thread(auctioneer.create, terms)
        now_ns = await asyncio.to_thread(auctioneer.floor.now_ns)
    return private(run_row(run, now_ns), 201)


@post(
    "/api/auction/runs/{run:int}/clear",
    summary="Clear a run whose gate has closed",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Cleared, "The run.", 200),
    media_type=JSON,
    status_code=200,
)
async def clear_run(
    request: SignedRequest, run: RunNumber, data: JSONBody[shapes.Nothing]
) -> Response[bytes]:
    """Clear a run now, which otherwise happens by itself soon after its gate has closed."""
    return await _step(request, auctioneer_of(request).clear, run)


@post(
    "/api/auction/runs/{run:int}/cancel",
    summary="Call a run off that is not cleared",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Cleared, "The run.", 200),
    media_type=JSON,
    status_code=200,
)
async def cancel_run(
    request: SignedRequest, run: RunNumber, data: JSONBody[shapes.Nothing]
) -> Response[bytes]:
    """Call a run off: all that was reserved goes back."""
    return await _step(request, auctioneer_of(request).cancel, run)


@post(
    "/api/auction/runs/{run:int}/settle",
    summary="Settle the delivery of a run",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.Cleared, "The run.", 200),
    media_type=JSON,
    status_code=200,
)
async def settle_run(
    request: SignedRequest, run: RunNumber, data: JSONBody[shapes.Nothing]
) -> Response[bytes]:
    """Settle a delivery whose cases are all final, which otherwise happens by itself."""
    return await _step(request, deliverer_of(request).settle, run)


@post(
    "/api/auction/runs/{run:int}/probes",
    summary="Say what the market's own meter saw",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.CaseState, "The case after it.", 200),
    media_type=JSON,
    status_code=200,
)
async def probe(
    request: SignedRequest, run: RunNumber, data: JSONBody[shapes.Reading]
) -> Response[bytes]:
    """Take a reading of the market's meter, of a case in dispute."""
    return await take_reading(request, run, METER_ACCOUNT, MARKET)


@put(
    "/api/auction/probe-meter",
    summary="Name the key of the market's meter",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.MeterSet, "The key."),
    media_type=JSON,
)
async def probe_meter(request: SignedRequest, data: JSONBody[shapes.Meter]) -> Response[bytes]:
    """Keep the public key with which the market's own readings are signed."""
    return await keep_meter(request, METER_ACCOUNT, data.ed25519)


@get(
    "/api/auction/runs/{run:int}/all-receipts",
    summary="Every receipt of a run",
    guards=[operator_only],
    security=OPERATOR_SECURITY,
    responses=gives_private(shapes.ReceiptList, "The receipts; none before settlement."),
    media_type=JSON,
)
async def all_receipts(request: SignedRequest, run: RunNumber) -> Response[bytes]:
    """Give the receipts of all obligations."""
    return await give_receipts(request, run, None)


async def _step(
    request: SignedRequest, step: Callable[[int], AuctionRun], number: int
) -> Response[bytes]:
    floor = auctioneer_of(request).floor
    with as_answers():
        run = await asyncio.to_thread(step, number)
        now_ns = await asyncio.to_thread(floor.now_ns)
    return private(shapes.Cleared(run_row(run, now_ns), summary_of(run)))


AUCTION_DESK: Sequence[HTTPRouteHandler] = (
    *(announce, clear_run, cancel_run, settle_run),
    *(probe, probe_meter, all_receipts),
)
