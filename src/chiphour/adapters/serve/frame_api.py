"""FRAME_API: what surrounds every page of this server, for the page that draws itself.

Takes   requests.
Gives   the labels that must be seen, whose prices were recorded, which parts of the API are here.
Keeps   a page from linking what is not served: the parts are read from the handlers themselves.
Source  Decision 0041.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response
from litestar import get
from litestar.handlers import HTTPRouteHandler
from msgspec import Meta

from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import gives

API = "/api/"


class Frame(msgspec.Struct, forbid_unknown_fields=True):
    """What surrounds every page."""

    labels: Annotated[
        list[str], Meta(description="What a reader must know of all figures; may be none.")
    ]
    attributions: Annotated[list[str], Meta(description="Whose prices were recorded.")]
    parts: Annotated[
        list[str], Meta(description="The parts of /api that are here.", examples=[["series"]])
    ]


@get(
    "/api/frame",
    summary="What surrounds every page",
    responses=gives(Frame, "The labels, and the parts of the API that are here."),
    media_type=JSON,
    sync_to_thread=False,
)
def frame(request: Asked) -> Response[bytes]:
    """Give the labels of all figures, whose prices they are, and the parts of the API."""
    shown = view_of(request).frame()
    paths = (route.path for route in request.app.routes)
    parts = sorted({path.split("/")[2] for path in paths if path.startswith(API)})
    body = msgspec.json.encode(Frame(list(shown.labels), list(shown.attributions), parts)) + b"\n"
    return answered(request, body, JSON)


FRAME_API: Sequence[HTTPRouteHandler] = (frame,)
