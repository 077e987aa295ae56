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
from litestar.openapi.spec import Components
from litestar.openapi.spec import License
from litestar.openapi.spec import Reference
from litestar.openapi.spec import SecurityScheme
from litestar.serialization import encode_json

from chiphour import __version__
from chiphour.adapters.serve import observed
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import close_doors
from chiphour.adapters.serve.answer import refuse_unknown
from chiphour.adapters.serve.answer import refused
from chiphour.adapters.serve.cards import CARDS
from chiphour.adapters.serve.cards import Cards
from chiphour.adapters.serve.document_api import DOCUMENT_API
from chiphour.adapters.serve.frame_api import FRAME_API
from chiphour.adapters.serve.index_api import INDEX_API
from chiphour.adapters.serve.index_files import INDEX_FILES
from chiphour.adapters.serve.index_files import LOG_FILES
from chiphour.adapters.serve.index_pages import INDEX_PAGES
from chiphour.adapters.serve.index_pages import RELEASES
from chiphour.adapters.serve.query_api import QUERY_API
from chiphour.adapters.serve.report_api import REPORT_API
from chiphour.adapters.serve.report_api import REPORT_PAGES
from chiphour.adapters.serve.series_api import SERIES_API
from chiphour.adapters.serve.signals_api import SIGNALS_API
from chiphour.adapters.serve.site_files import SITE_FILES
from chiphour.adapters.serve.view import CollectionView
from chiphour.adapters.serve.view import IndexView

BODY_BYTES_MAX = 1 << 16  # Of a request; more is refused before it is read.
Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]

# How requests are signed; a market's handlers name them.
SIGN_INS: dict[str, SecurityScheme | Reference] = {
    "operator": SecurityScheme(
        type="http", scheme="basic", description="The operator's password, over TLS or loopback."
    ),
    "token": SecurityScheme(
        type="http", scheme="bearer", description="The token of this run, on the same machine."
    ),
    "signature": SecurityScheme(
        type="apiKey",
        name="Authorization",
        security_scheme_in="header",
        description="deri-hmac-sha256 id=...,ts=...,sig=...,nonce=...: docs/how-to/members.md.",
    ),
}

DESCRIBED: Sequence[HTTPRouteHandler] = (
    *(*INDEX_FILES, *INDEX_API, *SERIES_API, *DOCUMENT_API),
    *(*REPORT_API, *QUERY_API, *SIGNALS_API),
    *(*observed.OBSERVED, *FRAME_API),
)
# What an index serves besides, but for its releases: a market shows those with its trading.
PAGES: Sequence[HTTPRouteHandler] = (
    *(*INDEX_PAGES, *REPORT_PAGES),
    *(*LOG_FILES, *CARDS, *SITE_FILES),
    observed.metrics,
)


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
        state=State({"view": view, "cards": Cards()}),
        lifespan=list(lifespan),
        exception_handlers={Exception: refused},
        before_request=refuse_unknown,
        before_send=[close_doors],
        request_max_body_size=BODY_BYTES_MAX,
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
        components=Components(security_schemes=SIGN_INS),
        operation_id_creator=lambda handler, _method, _path: handler.handler_name,
        use_handler_docstrings=True,
    )
    document = Litestar(described, openapi_config=config, logging_config=None).openapi_schema
    return bytes(encode_json(document.to_schema())) + b"\n"
