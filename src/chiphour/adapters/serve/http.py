"""HTTP: the web server of a market: pages for people, files and an API for programs.

Takes   a `MarketView`.
Gives   `create_app`, an ASGI application.
Keeps   the API's description complete: it is written from the handlers and their shapes, and no
        page that loads a script from elsewhere is served beside it.
Source  Decision 0010.
"""

from collections.abc import Callable
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

from litestar import Litestar
from litestar import Response
from litestar import get
from litestar.datastructures import State
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import License
from litestar.serialization import encode_json

from chiphour import __version__
from chiphour.adapters.serve import api
from chiphour.adapters.serve import observed
from chiphour.adapters.serve import pages
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import close_doors
from chiphour.adapters.serve.answer import refused
from chiphour.adapters.serve.view import CollectionView
from chiphour.adapters.serve.view import MarketView

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

API: Sequence[HTTPRouteHandler] = (
    api.fixings_as_csv,
    api.fixings_as_json,
    api.series_list,
    api.one_series,
    api.contract_list,
    api.book,
    api.health,
    *observed.OBSERVED,
)
PAGES: Sequence[HTTPRouteHandler] = (
    pages.latest_release,
    pages.dated_release,
    pages.series,
    pages.market,
    pages.favicon,
    observed.metrics,
)


def create_app(market: MarketView, lifespan: Sequence[Lifespan] = ()) -> Litestar:
    """Give the application that shows a market.

    Each of `lifespan` is entered before the first request and left after the last one: the place
    for work that goes on beside the server.
    """
    schema = openapi_bytes()

    @get("/schema/openapi.json", include_in_schema=False, media_type=JSON, sync_to_thread=False)
    def description(request: Asked) -> Response[bytes]:
        return answered(request, schema, JSON)

    return _application([*API, *PAGES, description], market, lifespan)


def create_collection_app(view: CollectionView) -> Litestar:
    """Give the application that shows a collection alone: what `observed` has, and metrics."""
    return _application([*observed.OBSERVED, observed.metrics], view)


def _application(
    handlers: Sequence[HTTPRouteHandler],
    view: CollectionView | MarketView,
    lifespan: Sequence[Lifespan] = (),
) -> Litestar:
    return Litestar(
        handlers,
        state=State({"market": view}),
        lifespan=list(lifespan),
        exception_handlers={Exception: refused},
        before_send=[close_doors],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def openapi_bytes() -> bytes:
    """Give the description of the API, OpenAPI 3.1, as JSON."""
    config = OpenAPIConfig(
        title="chiphour",
        version=__version__,
        summary="An open market for compute.",
        description=(
            "Reference prices of GPU-hours, and the futures that settle on them. Every amount is "
            "decimal text in US dollars, every time is UTC, ISO 8601. Data: CC BY 4.0."
        ),
        license=License(name="CC BY 4.0", identifier="CC-BY-4.0"),
        operation_id_creator=lambda handler, _method, _path: handler.handler_name,
        use_handler_docstrings=True,
    )
    schema = Litestar(API, openapi_config=config, logging_config=None).openapi_schema.to_schema()
    return bytes(encode_json(schema)) + b"\n"
