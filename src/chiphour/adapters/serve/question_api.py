"""QUESTION_API: what to do about the prices: hedge, rent or buy, procure, for whoever asks.

Takes   questions of anybody, read by their description.
Gives   answers as JSON, described in OpenAPI; 400 with one sentence for what cannot be answered.
Keeps   the server quick: two questions are worked on at once, a few more wait a while, all others
        are told to come again. Nothing is ever sent to the exchange.
Source  Decision 0044.
"""

import threading
from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from http import HTTPStatus

import msgspec
from litestar import Response
from litestar import post
from litestar.exceptions import HTTPException
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import JSONBody

from chiphour.adapters.hedge_answer import hedge_of
from chiphour.adapters.price_record import PriceUnknown
from chiphour.adapters.procuring import procure_of
from chiphour.adapters.renting import rent_or_buy_of
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import NEVER_KEPT
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.asked import gives
from chiphour.adapters.serve.market_view import market_of
from chiphour.adapters.serve.shapes_hedge import Hedge
from chiphour.adapters.serve.shapes_hedge import HedgeAsked
from chiphour.adapters.serve.shapes_procure import ProcureAsked
from chiphour.adapters.serve.shapes_procure import Procured
from chiphour.adapters.serve.shapes_renting import RentOrBuy
from chiphour.adapters.serve.shapes_renting import RentOrBuyAsked
from chiphour.analyse.hedge import HedgeRefused
from chiphour.analyse.ownership import AssumptionRefused
from chiphour.analyse.procure import JobRefused

TOGETHER = 2
WAITING = 8  # Few, so that the threads of all other answers are never taken up by these.
PATIENCE_S = 10
REFUSALS = (HedgeRefused, PriceUnknown, AssumptionRefused, JobRefused)
_PLACES = threading.BoundedSemaphore(TOGETHER + WAITING)
_TURNS = threading.BoundedSemaphore(TOGETHER)


@post(
    "/api/hedge",
    summary="Hedge hours that you will buy",
    responses=gives(Hedge, "The hedge, and what remains open."),
    media_type=JSON,
    status_code=HTTPStatus.OK,
    sync_to_thread=True,
)
def hedge(request: Asked, data: JSONBody[HedgeAsked]) -> Response[bytes]:
    """Give contracts and lots for an exposure, what they lock, the margin, what may happen."""
    market = market_of(request)
    with _working():
        return _told(request, hedge_of(market, data, market))


@post(
    "/api/rent-or-buy",
    summary="Own a GPU, or rent it",
    responses=gives(RentOrBuy, "Both, and what the comparison stands on."),
    media_type=JSON,
    status_code=HTTPStatus.OK,
    sync_to_thread=True,
)
def rent_or_buy(request: Asked, data: JSONBody[RentOrBuyAsked]) -> Response[bytes]:
    """Give what a useful hour costs whoever owns the GPU, and whoever rents it by tenor."""
    with _working():
        return _told(request, rent_or_buy_of(market_of(request), data))


@post(
    "/api/procure",
    summary="Have a job done",
    responses=gives(Procured, "The cheapest mix that can do it, and what was passed over."),
    media_type=JSON,
    status_code=HTTPStatus.OK,
    sync_to_thread=True,
)
def procure(request: Asked, data: JSONBody[ProcureAsked]) -> Response[bytes]:
    """Give the cheapest mix of venues and tenors for a job, with the reasons."""
    market = market_of(request)
    with _working():
        return _told(request, procure_of(market, data, market))


def _told(request: Asked, answer: msgspec.Struct) -> Response[bytes]:
    return answered(request, msgspec.json.encode(answer) + b"\n", JSON, NEVER_KEPT)


@contextmanager
def _working() -> Iterator[None]:
    """Take a turn; what the asker may mend is answered 400, a full house 503."""
    if not _PLACES.acquire(blocking=False):
        raise _full(f"expected fewer than {TOGETHER + WAITING} questions at once, found as many")
    try:
        if not _TURNS.acquire(timeout=PATIENCE_S):
            raise _full(f"expected a turn within {PATIENCE_S} s, found {TOGETHER} in work")
        try:
            yield
        except REFUSALS as fault:
            raise ValidationException(str(fault)) from fault
        finally:
            _TURNS.release()
    finally:
        _PLACES.release()


def _full(words: str) -> HTTPException:
    return HTTPException(words, status_code=HTTPStatus.SERVICE_UNAVAILABLE)


QUESTION_API: Sequence[HTTPRouteHandler] = (hedge, rent_or_buy, procure)
