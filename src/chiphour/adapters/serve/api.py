"""API: contracts, books and the market's own tasks for programs, as JSON.

Takes   requests with bounded parameters.
Gives   bytes of `publish`, described in OpenAPI by `shapes_market`.
Keeps   every answer bounded.
Source  Decisions 0010 and 0033.
"""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter
from litestar.params import QueryParameter

from chiphour.adapters.serve import shapes_market as shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import NEVER_KEPT
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import found
from chiphour.adapters.serve.asked import Slug
from chiphour.adapters.serve.asked import gives
from chiphour.adapters.serve.asked import series_named
from chiphour.adapters.serve.market_view import market_of
from chiphour.analyse.curve import premium_ppm
from chiphour.publish.columns import object_of
from chiphour.publish.datasets import json_bytes
from chiphour.publish.market import Listing
from chiphour.publish.market import contract_object
from chiphour.publish.market import listing_book_object
from chiphour.publish.tasks import TASK_LIST
from chiphour.units import percent_from_ppm
from chiphour.units import text_from_microusd

DEPTH_DEFAULT = 20
DEPTH_MOST = 1_000


@get(
    "/api/contracts",
    summary="Every contract",
    responses=gives(shapes.Contracts, "The contracts."),
    media_type=JSON,
    sync_to_thread=False,
)
def contract_list(request: Asked) -> Response[bytes]:
    """Give every contract with its terms and prices."""
    rows = [contract_object(contract) for contract in market_of(request).contracts()]
    return answered(request, json_bytes({"contracts": rows}), JSON, NEVER_KEPT)


@get(
    "/api/book/{contract:str}",
    summary="The order book of a contract",
    responses=gives(shapes.Book, "The book."),
    media_type=JSON,
    sync_to_thread=False,
)
def book(
    request: Asked,
    contract: Annotated[str, PathParameter(description="The contract's name.")],
    depth: Annotated[
        int, QueryParameter(ge=1, le=DEPTH_MOST, description="Levels of each side.")
    ] = DEPTH_DEFAULT,
) -> Response[bytes]:
    """Give the best levels of a book."""
    market = market_of(request)
    listed = {each.name: each for each in market.contracts()}
    if contract not in listed:
        raise NotFoundException(
            f"expected the name of a contract, see /api/contracts, found {found(contract)}"
        )
    listing = Listing(listed[contract], market.book(contract, depth))
    return answered(request, json_bytes(listing_book_object(listing)), JSON, NEVER_KEPT)


@get(
    "/api/curve/{slug:str}",
    summary="The forward curve of a series",
    responses=gives(shapes.Curve, "The curve."),
    media_type=JSON,
    sync_to_thread=True,
)
def curve(request: Asked, slug: Slug) -> Response[bytes]:
    """Give what an hour costs at later days: each point with its source and its interval."""
    series, market = series_named(slug), market_of(request)
    curve_points = market.curve(series.ticker)
    points = [
        {
            "date": point.day.isoformat(),
            "source": point.source,
            "name": point.name,
            "price_usd": _dollars(point.price_microusd),
            "low_usd": _dollars(point.low_microusd),
            "high_usd": _dollars(point.high_microusd),
            "premium_percent": _percent(premium_ppm(point, curve_points)),
            "reason": point.reason,
        }
        for point in curve_points
    ]
    shown = {"series": series.ticker, "points": points}
    return answered(request, json_bytes(shown), JSON, NEVER_KEPT)


@get(
    "/api/tasks",
    summary="The tasks of the market's clock: what each does, and when it is due next",
    responses=gives(shapes.Tasks, "The tasks, as the calendar lists them."),
    media_type=JSON,
    sync_to_thread=False,
)
def tasks(request: Asked) -> Response[bytes]:
    """Give how each supervised task fares."""
    shown = object_of(TASK_LIST, market_of(request).tasks())
    return answered(request, json_bytes(shown), JSON, NEVER_KEPT)


def _dollars(amount_microusd: int | None) -> str | None:
    return None if amount_microusd is None else text_from_microusd(amount_microusd)


def _percent(share_ppm: int | None) -> str | None:
    return None if share_ppm is None else percent_from_ppm(share_ppm)


MARKET_API: Sequence[HTTPRouteHandler] = (contract_list, book, curve, tasks)
