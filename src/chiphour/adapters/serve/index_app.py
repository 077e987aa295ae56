"""INDEX_APP: the web server of an index, alone: pages for people, files and an API for programs.

Takes   an `IndexView`, or a `CollectionView`.
Gives   `create_index_app`, `create_collection_app`: ASGI applications.
Keeps   the API's description complete: it is written from the handlers and their shapes, and no
        page that loads a script from elsewhere is served beside it. Needs nothing of an exchange.
Source  Decisions 0010 and 0023.
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
from chiphour.adapters.serve import observed
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import close_doors
from chiphour.adapters.serve.answer import refuse_unknown
from chiphour.adapters.serve.answer import refused
from chiphour.adapters.serve.index_api import INDEX_API
from chiphour.adapters.serve.index_files import INDEX_FILES
from chiphour.adapters.serve.index_files import LOG_FILES
from chiphour.adapters.serve.index_pages import INDEX_PAGES
from chiphour.adapters.serve.index_pages import RELEASES
from chiphour.adapters.serve.view import CollectionView
from chiphour.adapters.serve.view import IndexView

Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

DESCRIBED: Sequence[HTTPRouteHandler] = (*INDEX_FILES, *INDEX_API, *observed.OBSERVED)
# What an index serves besides, but for its releases: a market shows those with its trading.
PAGES: Sequence[HTTPRouteHandler] = (*INDEX_PAGES, *LOG_FILES, observed.metrics)


def create_index_app(view: IndexView, lifespan: Sequence[Lifespan] = ()) -> Litestar:
    """Give the application that shows an index.

    Each of `lifespan` is entered before the first request and left after the last one: the place
    for work that goes on beside the server.
    """
    return application(DESCRIBED, [*RELEASES, *PAGES], view, lifespan)


def create_collection_app(view: CollectionView) -> Litestar:
    """Give the application that shows a collection alone: what `observed` has, and metrics."""
    return application((), [*observed.OBSERVED, observed.metrics], view)


def application(
    described: Sequence[HTTPRouteHandler],
    others: Sequence[HTTPRouteHandler],
    view: CollectionView,
    lifespan: Sequence[Lifespan] = (),
) -> Litestar:
    """Give the application of some handlers; those `described` are in its OpenAPI document."""
    handlers = [*described, *others]
    if described:
        handlers.append(_description(openapi_bytes(described)))
    return Litestar(
        handlers,
        state=State({"view": view}),
        lifespan=list(lifespan),
        exception_handlers={Exception: refused},
        before_request=refuse_unknown,
        before_send=[close_doors],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _description(schema: bytes) -> HTTPRouteHandler:
    @get("/schema/openapi.json", include_in_schema=False, media_type=JSON, sync_to_thread=False)
    def description(request: Asked) -> Response[bytes]:
        return answered(request, schema, JSON)

    return description


def openapi_bytes(described: Sequence[HTTPRouteHandler] = DESCRIBED) -> bytes:
    """Give the description of an API, OpenAPI 3.1, as JSON."""
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
    document = Litestar(described, openapi_config=config, logging_config=None).openapi_schema
    return bytes(encode_json(document.to_schema())) + b"\n"
