"""AUCTION_API: what members, and everybody, ask of the auction over HTTP.

Takes   requests; those of members are signed by a key with the scope `bid`, or `read`.
Gives   JSON, described in OpenAPI; the disclosed files of a run as they are.
Keeps   a bid to its owner until it is disclosed; every text bounded, every refusal a sentence.
Source  docs/formulation/runs.md, section 12; decision 0039.
"""

import asyncio
import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from typing import Any
from typing import Literal

import msgspec
from litestar import Response
from litestar import delete
from litestar import get
from litestar import post
from litestar import put
from litestar.exceptions import HTTPException
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody
from litestar.params import PathParameter
from litestar.params import QueryParameter

from chiphour.adapters.auction_run import BUYER
from chiphour.adapters.auction_run import GUARDED_FILE
from chiphour.adapters.auction_run import RESULT_FILE
from chiphour.adapters.auction_run import RUN_FILE
from chiphour.adapters.auction_run import SEALED_FILE
from chiphour.adapters.auction_run import SUPPLIER
from chiphour.adapters.auction_run import AuctionRun
from chiphour.adapters.serve import shapes_auction as shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import found
from chiphour.adapters.serve.asked_members import gives_private
from chiphour.adapters.serve.auction_objects import run_row
from chiphour.adapters.serve.auction_objects import run_view
from chiphour.adapters.serve.auction_objects import taken
from chiphour.adapters.serve.office import as_answers
from chiphour.adapters.serve.office import auctioneer_of
from chiphour.adapters.serve.office import deliverer_of
from chiphour.adapters.serve.office import private
from chiphour.adapters.serve.office import private_file
from chiphour.adapters.serve.sign_in import MEMBER_SECURITY
from chiphour.adapters.serve.sign_in import SignedRequest
from chiphour.adapters.serve.sign_in import anybody_or_member
from chiphour.adapters.serve.sign_in import member_with
from chiphour.auction.disclosure import check_disclosure
from chiphour.auction.gate import AMEND
from chiphour.auction.gate import ID_LENGTH_MAX
from chiphour.auction.gate import SUBMIT
from chiphour.auction.gate import WITHDRAW
from chiphour.auction.record import json_value
from chiphour.auction.term import to_json as term_to_json
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd
from chiphour.wire.key import BID
from chiphour.wire.key import READ

PAGE_DEFAULT, PAGE_MOST = 100, 1_000
WORD_MOST = 64

RunNumber = Annotated[
    int, PathParameter(ge=1, le=shapes.RUN_MOST, description="The number of the run.")
]
BidName = Annotated[str, PathParameter(max_length=ID_LENGTH_MAX, description="Your id of it.")]
Word = Annotated[str, PathParameter(max_length=WORD_MOST, description="A part of a product's id.")]
BidBody = JSONBody[dict[str, Any]]


@get(
    "/api/auction/runs",
    summary="Runs of the auction",
    responses=gives_private(shapes.RunList, "The runs, the newest first."),
    media_type=JSON,
)
async def runs(
    request: SignedRequest,
    before: Annotated[
        int, QueryParameter(ge=1, le=shapes.RUN_MOST, description="Runs of a lower number alone.")
    ] = shapes.RUN_MOST,
    limit: Annotated[
        int, QueryParameter(ge=1, le=PAGE_MOST, description="How many at most.")
    ] = PAGE_DEFAULT,
) -> Response[bytes]:
    """Give the runs with their times and states."""
    auctioneer = auctioneer_of(request)
    now_ns = await asyncio.to_thread(auctioneer.floor.now_ns)
    ranked = [run for run in reversed(auctioneer.auctions.ranked()) if run.run < before]
    page = [run_row(run, now_ns) for run in ranked[:limit]]
    before_next = page[-1].run if len(ranked) > limit else None
    return private(shapes.RunList(page, before_next, iso_from_ns(now_ns)))


@get(
    "/api/auction/runs/{run:int}",
    summary="A run: its terms, its outcome, and what is yours in it",
    guards=[anybody_or_member],
    security=[*MEMBER_SECURITY, {}],
    responses=gives_private(shapes.RunView, "The run."),
    media_type=JSON,
)
async def run_of(request: SignedRequest, run: RunNumber) -> Response[bytes]:
    """Give a run; signed by a key that reads, also your own bids, awards and obligations."""
    account = request.auth.account if request.auth else None

    def look() -> shapes.RunView:
        auctioneer = auctioneer_of(request)
        return run_view(auctioneer.run(run), auctioneer.floor.now_ns(), account)

    with as_answers():
        return private(await asyncio.to_thread(look))


@post(
    "/api/auction/runs/{run:int}/bids",
    summary="Submit a bid or an offer",
    guards=[member_with(BID)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.Taken, "What was taken, and what is reserved behind it.", 201),
    media_type=JSON,
)
async def submit(request: SignedRequest, run: RunNumber, data: BidBody) -> Response[bytes]:
    """Take a bid before the gate closes; what may become due is reserved first."""
    body = await _bid(request)
    named = body.get("id")
    bid_id = named if isinstance(named, str) else ""
    return await _act(request, SUBMIT, run, bid_id, body, HTTPStatus.CREATED)


@put(
    "/api/auction/runs/{run:int}/bids/{bid:str}",
    summary="Change a bid",
    guards=[member_with(BID)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.Taken, "What was taken."),
    media_type=JSON,
)
async def amend(
    request: SignedRequest, run: RunNumber, bid: BidName, data: BidBody
) -> Response[bytes]:
    """Put a bid in the place of one that stands; what is reserved follows."""
    return await _act(request, AMEND, run, bid, await _bid(request))


@delete(
    "/api/auction/runs/{run:int}/bids/{bid:str}",
    summary="Withdraw a bid",
    guards=[member_with(BID)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.Taken, "What was withdrawn."),
    media_type=JSON,
    status_code=200,
)
async def withdraw_bid(request: SignedRequest, run: RunNumber, bid: BidName) -> Response[bytes]:
    """Take a bid back before the gate closes; what was reserved behind it is yours again."""
    return await _act(request, WITHDRAW, run, bid, {})


@post(
    "/api/auction/validate",
    summary="Look at a bid, and store nothing",
    guards=[member_with(BID)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.Valid, "The bid would be taken."),
    media_type=JSON,
    status_code=200,
)
async def validate(request: SignedRequest, data: JSONBody[shapes.Validation]) -> Response[bytes]:
    """Read a bid as a run would; say what must be behind it, or which field is at fault."""
    with as_answers():
        body = json_value(await request.body(), "body")["bid"]
        auctioneer, account = auctioneer_of(request), request.auth.account
        hashed, reserved = await asyncio.to_thread(auctioneer.validate, account, data.run, body)
    return private(shapes.Valid(data.run, hashed, text_from_microusd(reserved)))


@get(
    "/api/auction/runs/{run:int}/explain/{bid:str}",
    summary="Why a bid of yours won or lost",
    guards=[member_with(READ)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.Explained, "The sentences."),
    media_type=JSON,
)
async def explain(request: SignedRequest, run: RunNumber, bid: BidName) -> Response[bytes]:
    """Tell a bid's owner why it was or was not awarded, and what would have changed that."""
    with as_answers():
        auctioneer, account = auctioneer_of(request), request.auth.account
        said = await asyncio.to_thread(auctioneer.explain, account, run, bid)
    return private(shapes.Explained(run, bid, list(said)))


@post(
    "/api/auction/runs/{run:int}/readings",
    summary="Say what you delivered",
    guards=[member_with(BID)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.CaseState, "The case after it.", 200),
    media_type=JSON,
    status_code=200,
)
async def reading(
    request: SignedRequest, run: RunNumber, data: JSONBody[shapes.Reading]
) -> Response[bytes]:
    """Take a supplier's signed reading of an obligation."""
    return await take_reading(request, run, request.auth.account, SUPPLIER)


@post(
    "/api/auction/runs/{run:int}/disputes",
    summary="Say what you received instead",
    guards=[member_with(BID)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.CaseState, "The case after it.", 200),
    media_type=JSON,
    status_code=200,
)
async def dispute(
    request: SignedRequest, run: RunNumber, data: JSONBody[shapes.Reading]
) -> Response[bytes]:
    """Take a buyer's signed counter-reading: the case is disputed."""
    return await take_reading(request, run, request.auth.account, BUYER)


@get(
    "/api/auction/runs/{run:int}/receipts",
    summary="The receipts of your deliveries",
    guards=[member_with(READ)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.ReceiptList, "The receipts; none before settlement."),
    media_type=JSON,
)
async def receipts(request: SignedRequest, run: RunNumber) -> Response[bytes]:
    """Give a receipt for each obligation, with all that it can be worked out again from."""
    return await give_receipts(request, run, request.auth.account)


@put(
    "/api/auction/meter",
    summary="Name the key of your meter",
    guards=[member_with(BID)],
    security=MEMBER_SECURITY,
    responses=gives_private(shapes.MeterSet, "The key."),
    media_type=JSON,
)
async def meter(request: SignedRequest, data: JSONBody[shapes.Meter]) -> Response[bytes]:
    """Keep the public key with which your readings are signed."""
    return await keep_meter(request, request.auth.account, data.ed25519)


@get(
    "/api/auction/term/{chip:str}/{domain:str}/{region:str}",
    summary="The term structure of a product",
    responses=gives_private(dict[str, Any], "Its prices by hour, run by run."),
    media_type=JSON,
)
async def term(request: SignedRequest, chip: Word, domain: Word, region: Word) -> Response[bytes]:
    """Give what month, week, day and real time said of each hour, and how they converged."""
    auctions, product = auctioneer_of(request).auctions, f"{chip}/{domain}/{region}"
    prices = await asyncio.to_thread(auctions.prices)
    own = [price for price in prices if price.product == product]
    return private_file(term_to_json(own), JSON)


@get(
    "/api/auction/runs/{run:int}/files/{name:str}",
    summary="A disclosed file of a run",
    responses=gives_private(dict[str, Any], "The file, as it was written."),
    media_type=JSON,
)
async def disclosed_file(
    request: SignedRequest,
    run: RunNumber,
    name: Annotated[
        Literal["sealed.json", "run.json", "result.json", "guarded.json"],
        PathParameter(
            description="What was sealed, the run as it was cleared, its result, or what its "
            "guard rails did."
        ),
    ],
) -> Response[bytes]:
    """Give a file once its run is disclosed."""
    with as_answers():
        path = (await _disclosed(request, run)).folder / name
        if not path.is_file():  # A run of before there were guard rails.
            raise NotFoundException(f"expected a file of this run, found none named {name}")
    return private_file(await asyncio.to_thread(path.read_bytes), JSON)


@get(
    "/api/auction/runs/{run:int}/proof",
    summary="Whether the disclosed files are those of the commitment",
    responses=gives_private(shapes.Proof, "They are; which sealed bids were left out."),
    media_type=JSON,
)
async def proof(request: SignedRequest, run: RunNumber) -> Response[bytes]:
    """Check the disclosed files against the commitment, without a solver; so can anyone."""
    with as_answers():
        told = await _disclosed(request, run)

        def check() -> shapes.Proof:
            files = [path.read_bytes() for each in _FILES if (path := told.folder / each).is_file()]
            left_out = check_disclosure(told.commitment, *files)
            root = str(json.loads(files[_FILES.index(RESULT_FILE)])["root"])
            return shapes.Proof(told.commitment, root, list(left_out))

        return private(await asyncio.to_thread(check))


_FILES = (SEALED_FILE, RUN_FILE, RESULT_FILE, GUARDED_FILE)


async def take_reading(
    request: SignedRequest, run: int, account: int, role: str
) -> Response[bytes]:
    """Take a reading of one side."""
    deliverer = deliverer_of(request)
    with as_answers():
        body = await request.body()
        case = await asyncio.to_thread(deliverer.read, account, run, body, role)
    count = len(case.readings) + len(case.counters) + len(case.probes)
    return private(shapes.CaseState(case.obligation.hash, str(case.state), count))


async def give_receipts(request: SignedRequest, run: int, account: int | None) -> Response[bytes]:
    """Give the receipts of an account, or of all."""
    with as_answers():
        settled = await asyncio.to_thread(deliverer_of(request).receipts, run, account)
    rows = [
        shapes.Receipt(
            each.obligation,
            json.loads(each.receipt),
            json.loads(each.case),
            {str(number): key for number, key in each.keys.items()},
        )
        for each in settled
    ]
    return private(shapes.ReceiptList(rows))


async def keep_meter(request: SignedRequest, account: int, key: str) -> Response[bytes]:
    """Keep the public key of an account's meter."""
    with as_answers():
        await asyncio.to_thread(deliverer_of(request).set_meter, account, key)
    return private(shapes.MeterSet(account, key))


async def _act(
    request: SignedRequest,
    action: str,
    run: int,
    bid_id: str,
    body: dict[str, Any],
    status: int = HTTPStatus.OK,
) -> Response[bytes]:
    auctioneer, account = auctioneer_of(request), request.auth.account
    with as_answers():
        entry = await asyncio.to_thread(auctioneer.bid, account, action, run, bid_id, body)
        answer: msgspec.Struct = taken(auctioneer.run(run), entry)
    return private(answer, status)


async def _bid(request: SignedRequest) -> dict[str, Any]:
    """Read a bid once more: a field that is given twice is refused."""
    with as_answers():
        body: dict[str, Any] = json_value(await request.body(), "bid")
    return body


async def _disclosed(request: SignedRequest, number: int) -> AuctionRun:
    """Give a run whose files are disclosed; raises NotFoundException, HTTPException."""
    auctioneer = auctioneer_of(request)
    run = auctioneer.run(number)
    now_ns = await asyncio.to_thread(auctioneer.floor.now_ns)
    if not (run.folder / RESULT_FILE).is_file() or run.state_at(now_ns) not in _OUT:
        raise NotFoundException(f"expected a run that is cleared, found {found(str(number))}")
    if now_ns < run.gate.terms.discloses_ns:
        when = iso_from_ns(run.gate.terms.discloses_ns)
        raise HTTPException(status_code=409, detail=f"expected it disclosed, which is at {when}")
    return run


_OUT = ("cleared", "settled")

AUCTION_API: Sequence[HTTPRouteHandler] = (
    *(runs, run_of, submit, amend, withdraw_bid, validate, explain),
    *(reading, dispute, receipts, meter, term, disclosed_file, proof),
)
