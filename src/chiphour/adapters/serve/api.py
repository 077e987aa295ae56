"""API: fixings, series, contracts and books for programs, as CSV and JSON.

Takes   requests with bounded parameters.
Gives   bytes of `publish`, described in OpenAPI by `shapes`.
Keeps   the files of a day equal to those its release page names by hash.
Source  Decision 0010.
"""

from collections.abc import Iterable
from typing import Annotated

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter
from litestar.params import QueryParameter

from chiphour.adapters.serve import shapes
from chiphour.adapters.serve.answer import CSV
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import NEVER_KEPT
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import day_from_text
from chiphour.adapters.serve.answer import found
from chiphour.adapters.serve.answer import market_of
from chiphour.index.fixing import Fixing
from chiphour.index.series import BY_SLUG
from chiphour.index.series import BY_TICKER
from chiphour.index.series import SERIES
from chiphour.index.series import Series
from chiphour.publish.datasets import fixings_csv
from chiphour.publish.datasets import fixings_json
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import json_bytes
from chiphour.publish.datasets import series_object
from chiphour.publish.datasets import strike_day
from chiphour.publish.market import Listing
from chiphour.publish.market import contract_object
from chiphour.publish.market import listing_book_object

DEPTH_DEFAULT = 20
DEPTH_MOST = 1_000
LAST_DEFAULT = 366
LAST_MOST = 4_000

Day = Annotated[
    str | None, QueryParameter(name="date", description="Only this day, such as 2026-07-20.")
]
Name = Annotated[str | None, QueryParameter(description="Only this series: a slug or a ticker.")]


def gives(shape: type, words: str) -> dict[int, ResponseSpec]:
    """Describe a handler's answers: its shape, and faults."""
    fault = ResponseSpec(shapes.Fault, generate_examples=False, description="Nothing such exists.")
    bad = ResponseSpec(shapes.Fault, generate_examples=False, description="A bad parameter.")
    good = ResponseSpec(shape, generate_examples=False, description=words)
    return {200: good, 400: bad, 404: fault}


def series_named(name: str) -> Series:
    """Find a series by slug or ticker; raises NotFoundException."""
    series = BY_SLUG.get(name.lower()) or BY_TICKER.get(name.upper())
    if series is None:
        raise NotFoundException(f"expected a series such as h100-sxm-od, found {found(name)}")
    return series


def _chosen(request: Asked, day: str | None, series: str | None) -> Iterable[Fixing]:
    market = market_of(request)
    ticker = None if series is None else series_named(series).ticker
    fixings = market.fixings(ticker)
    if day is None:
        return fixings
    only = day_from_text(day, market.days())
    return [fixing for fixing in fixings if strike_day(fixing) == only]


@get(
    "/data/fixings.csv",
    summary="Fixings as CSV",
    description="RFC 4180, one row per series and strike. The columns are those of FixingRow.",
    responses={
        200: ResponseSpec(
            str, media_type="text/csv", generate_examples=False, description="The rows."
        ),
        **{code: spec for code, spec in gives(shapes.Fault, "").items() if code != 200},
    },
    media_type="text/csv",
    sync_to_thread=False,
)
def fixings_as_csv(request: Asked, day: Day = None, series: Name = None) -> Response[bytes]:
    """Give fixings as CSV."""
    return answered(request, fixings_csv(_chosen(request, day, series)), CSV)


@get(
    "/data/fixings.json",
    summary="Fixings as JSON",
    responses=gives(shapes.Fixings, "The rows."),
    media_type=JSON,
    sync_to_thread=False,
)
def fixings_as_json(request: Asked, day: Day = None, series: Name = None) -> Response[bytes]:
    """Give fixings as JSON."""
    return answered(request, fixings_json(_chosen(request, day, series)), JSON)


@get(
    "/api/series",
    summary="Every series with its latest fixing",
    responses=gives(shapes.SeriesList, "The series."),
    media_type=JSON,
    sync_to_thread=False,
)
def series_list(request: Asked) -> Response[bytes]:
    """Give every series of the table, those never fixed too."""
    latest = {fixing.series: fixing for fixing in in_order(market_of(request).fixings())}
    rows = [series_object(series, latest.get(series.ticker)) for series in SERIES]
    return answered(request, json_bytes({"series": rows}), JSON)


@get(
    "/api/series/{slug:str}",
    summary="One series: its history, and what its latest fixing was made from",
    responses=gives(shapes.SeriesHistory, "The series."),
    media_type=JSON,
    sync_to_thread=False,
)
def one_series(
    request: Asked,
    slug: Annotated[str, PathParameter(description="A slug or a ticker.")],
    last: Annotated[
        int, QueryParameter(ge=1, le=LAST_MOST, description="How many strikes, the latest ones.")
    ] = LAST_DEFAULT,
) -> Response[bytes]:
    """Give one series."""
    series = series_named(slug)
    history = in_order(market_of(request).fixings(series.ticker))[-last:]
    latest = history[-1] if history else None
    return answered(request, json_bytes(series_object(series, latest, history)), JSON)


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
    "/healthz",
    summary="Whether the server answers",
    responses=gives(shapes.Health, "It does."),
    media_type=JSON,
    sync_to_thread=False,
)
def health(request: Asked) -> Response[bytes]:
    """Say that the server answers, and the day of its latest release."""
    days = market_of(request).days()
    latest = max(days).isoformat() if days else None
    return answered(request, json_bytes({"status": "ok", "day": latest}), JSON, NEVER_KEPT)
