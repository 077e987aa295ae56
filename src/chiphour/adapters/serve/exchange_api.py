"""EXCHANGE_API: how the exchange fares, for whoever watches it.

Takes   requests of anybody.
Gives   JSON, described in OpenAPI.
Keeps   nothing of any member in it.
Source  Decision 0034.
"""

from collections.abc import Sequence

import msgspec
from litestar import Response
from litestar import get
from litestar.handlers import HTTPRouteHandler

from chiphour.adapters.serve import shapes_members as shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import NEVER_KEPT
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.asked import gives
from chiphour.adapters.serve.office import office_of
from chiphour.units import iso_from_ns


@get(
    "/api/health",
    summary="Whether the exchange takes commands",
    responses=gives(shapes.ExchangeHealth, "It does."),
    media_type=JSON,
)
async def exchange_health(request: Asked) -> Response[bytes]:
    """Ask the exchange how far it has come; one that has stopped is answered 503."""
    door = office_of(request).door
    sequence, time_ns = await door.ask(lambda engine: (engine.sequence, engine.time_ns))
    health = shapes.ExchangeHealth("ok", sequence, iso_from_ns(time_ns))
    return answered(request, msgspec.json.encode(health) + b"\n", JSON, NEVER_KEPT)


EXCHANGE_API: Sequence[HTTPRouteHandler] = (exchange_health,)
