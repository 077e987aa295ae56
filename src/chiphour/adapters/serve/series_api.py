"""SERIES_API: how the offers of one series lie, for programs: by price, by hour of the day.

Takes   requests with bounded parameters.
Gives   bytes of `publish`, described in OpenAPI by `shapes`.
Keeps   what is served of a past time what was known then. Needs nothing of a market.
Source  Decision 0041.
"""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from chiphour.adapters.serve import shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import WORD_CHARACTERS_MAX
from chiphour.adapters.serve.asked import AsOf
from chiphour.adapters.serve.asked import SetName
from chiphour.adapters.serve.asked import Slug
from chiphour.adapters.serve.asked import day_asked
from chiphour.adapters.serve.asked import gives
from chiphour.adapters.serve.asked import series_named
from chiphour.adapters.serve.asked import when
from chiphour.adapters.serve.gathered import fixing_of
from chiphour.index.buckets import buckets_of
from chiphour.publish.columns import object_of
from chiphour.publish.datasets import json_bytes
from chiphour.publish.patterns import DISTRIBUTION
from chiphour.publish.patterns import HOURS

DAYS_DEFAULT = 28
DAYS_MOST = 90


@get(
    "/api/series/{slug:str}/distribution",
    summary="How the offers behind a fix lie, between round prices",
    responses=gives(shapes.Distribution, "The buckets."),
    media_type=JSON,
    sync_to_thread=True,
)
def distribution(
    request: Asked,
    slug: Slug,
    day: Annotated[
        str | None,
        QueryParameter(
            max_length=WORD_CHARACTERS_MAX, description="Of this strike; else of the latest."
        ),
    ] = None,
    set_name: SetName = None,
    as_of: AsOf = None,
) -> Response[bytes]:
    """Give the rows of a fix's window as counts: what counted, and what a rule left out."""
    series, view = series_named(slug), view_of(request)
    asked = when(view, set_name, as_of)
    days = view.days()
    if not days:
        raise NotFoundException("expected a first release, found none yet: nothing was fixed")
    on = max(days) if day is None else day_asked(view, day)
    fixing = fixing_of(view, series, on, asked)
    window = view.window(series.ticker, on, asked.parameter_set, asked.as_of_ns)
    body = json_bytes(object_of(DISTRIBUTION, buckets_of(fixing, window)))
    return answered(request, body, JSON, asked.keeping)


@get(
    "/api/series/{slug:str}/hours",
    summary="What a series costs by the hour of the day",
    responses=gives(shapes.Hours, "The hours of the day."),
    media_type=JSON,
    sync_to_thread=True,
)
def hours(
    request: Asked,
    slug: Slug,
    days: Annotated[
        int, QueryParameter(ge=1, le=DAYS_MOST, description="Over how many days, the latest.")
    ] = DAYS_DEFAULT,
) -> Response[bytes]:
    """Give the pattern of a day."""
    found = view_of(request).hours(series_named(slug).ticker, days)
    return answered(request, json_bytes(object_of(HOURS, found)), JSON)


SERIES_API: Sequence[HTTPRouteHandler] = (distribution, hours)
