"""OBSERVED: offers, venues, refusals and commitments for programs; metrics for Prometheus.

Takes   requests with bounded parameters.
Gives   bytes of `publish`, described in OpenAPI by `shapes_observed`.
Keeps   every answer bounded: at most OFFERS_MOST rows, the rest by the cursor `after`.
Source  Decision 0015.
"""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from chiphour.adapters.meters import Meters
from chiphour.adapters.metrics import CONTENT_TYPE
from chiphour.adapters.serve import shapes_observed as shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import NEVER_KEPT
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import gives
from chiphour.observe.register import REGISTER_SHA256
from chiphour.observe.register import VERSION
from chiphour.publish.commitments import COMMITMENTS_DEFAULT
from chiphour.publish.commitments import COMMITMENTS_MOST
from chiphour.publish.commitments import commitments_object
from chiphour.publish.datasets import json_bytes
from chiphour.publish.offers import OFFERS_DEFAULT
from chiphour.publish.offers import OFFERS_MOST
from chiphour.publish.offers import Wanted
from chiphour.publish.offers import offers_object
from chiphour.publish.offers import refusals_object
from chiphour.publish.offers import venues_object

WORD_CHARACTERS_MAX = 40
LAST_DEFAULT = 100
LAST_MOST = 1_000
CURSOR_MOST = (1 << 62) - 1


def _word(meaning: str) -> QueryParameter:
    return QueryParameter(max_length=WORD_CHARACTERS_MAX, description=f"Only this {meaning}.")


@get(
    "/api/offers",
    summary="What every venue asks now, and what is free",
    responses=gives(shapes.Offers, "A page of offers."),
    media_type=JSON,
    sync_to_thread=True,
)
def offers(
    request: Asked,
    venue: Annotated[str | None, _word("venue, such as vast")] = None,
    source: Annotated[str | None, _word("source: the reader that saw it")] = None,
    kind: Annotated[str | None, _word("kind: ask, list, bid_floor or stock")] = None,
    chip: Annotated[str | None, _word("chip, such as H100")] = None,
    form: Annotated[str | None, _word("form, such as SXM")] = None,
    tenor: Annotated[str | None, _word("tenor, such as OD")] = None,
    country: Annotated[str | None, _word("country, ISO 3166, such as DE")] = None,
    after: Annotated[
        int, QueryParameter(ge=0, le=CURSOR_MOST, description="The cursor `after` of a page.")
    ] = 0,
    limit: Annotated[
        int, QueryParameter(ge=1, le=OFFERS_MOST, description="How many at most.")
    ] = OFFERS_DEFAULT,
) -> Response[bytes]:
    """Give current offers; the ages count from the market's time, or from now when it is live."""
    wanted = Wanted(venue, source, kind, chip, form, tenor, country, after, limit)
    view = view_of(request)
    sites = {one.venue.name: one.venue.site for one in view.sources()}
    return answered(
        request, json_bytes(offers_object(view.offers(wanted), sites)), JSON, NEVER_KEPT
    )


@get(
    "/api/venues",
    summary="Every source: its standing, evidence and limits, and how it answers",
    responses=gives(shapes.Venues, "The sources, by name."),
    media_type=JSON,
    sync_to_thread=True,
)
def venues(request: Asked) -> Response[bytes]:
    """Give every source of observations."""
    view = view_of(request)
    found = venues_object(view.sources(), VERSION, REGISTER_SHA256, view.time_ns())
    return answered(request, json_bytes(found), JSON, NEVER_KEPT)


@get(
    "/api/refusals",
    summary="The log of refusals: what did not enter, and why",
    responses=gives(shapes.Refusals, "The lines, the latest first."),
    media_type=JSON,
    sync_to_thread=True,
)
def refusals(
    request: Asked,
    source: Annotated[str | None, _word("source")] = None,
    last: Annotated[
        int, QueryParameter(ge=1, le=LAST_MOST, description="How many, the latest ones.")
    ] = LAST_DEFAULT,
) -> Response[bytes]:
    """Give lines of the log of refusals."""
    found = view_of(request).refusals(source, last)
    return answered(request, json_bytes(refusals_object(found)), JSON, NEVER_KEPT)


@get(
    "/api/commitments",
    summary="When books are polled before a strike: a hash before it, the times after it",
    responses=gives(shapes.Commitments, "The commitments, the latest day first."),
    media_type=JSON,
    sync_to_thread=True,
)
def commitments(
    request: Asked,
    venue: Annotated[str | None, _word("venue, such as vast")] = None,
    last: Annotated[
        int, QueryParameter(ge=1, le=COMMITMENTS_MOST, description="How many, the latest ones.")
    ] = COMMITMENTS_DEFAULT,
) -> Response[bytes]:
    """Give commitments to the times of polls, with what was revealed and when polls began."""
    found = view_of(request).commitments(venue, last)
    return answered(request, json_bytes(commitments_object(found)), JSON, NEVER_KEPT)


@get("/metrics", include_in_schema=False, media_type="text/plain", sync_to_thread=True)
def metrics(request: Asked) -> Response[bytes]:
    """Give the states of collection, and what else is counted here, as Prometheus reads them."""
    meters: Meters | None = request.app.state.get("meters")
    counted = meters.text() if meters else b""
    return answered(request, view_of(request).metrics() + counted, CONTENT_TYPE, NEVER_KEPT)


OBSERVED: Sequence[HTTPRouteHandler] = (offers, venues, refusals, commitments)
