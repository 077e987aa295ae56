"""DOCUMENT_API: what is told about the index rather than of it: methodology, changes, files.

Takes   requests.
Gives   bytes of `publish`, described in OpenAPI by `shapes`.
Keeps   the text of the methodology that of the program that answers. Needs nothing of a market.
Source  IOSCO FR07/13, 11; decision 0041.
"""

from collections.abc import Sequence

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler

from chiphour.adapters.changes import releases
from chiphour.adapters.serve import shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import gives
from chiphour.publish.columns import object_of
from chiphour.publish.dataset_list import DATASETS
from chiphour.publish.datasets import json_bytes
from chiphour.publish.documents import CHANGELOG
from chiphour.publish.documents import METHODOLOGY
from chiphour.publish.documents import methodology_sections
from chiphour.publish.prose import Section


@get(
    "/api/methodology",
    summary="The statement of the benchmark, as blocks of text",
    responses=gives(shapes.Methodology, "The statement."),
    media_type=JSON,
    sync_to_thread=True,
)
def methodology(request: Asked) -> Response[bytes]:
    """Give the methodology in force."""
    sections: Sequence[Section] = methodology_sections()
    body = json_bytes(object_of(METHODOLOGY, sections))
    return answered(request, body, JSON)


@get(
    "/api/changelog",
    summary="What a user notices of each release of the program",
    responses=gives(shapes.Changelog, "The releases, the latest first."),
    media_type=JSON,
    sync_to_thread=True,
)
def changelog(request: Asked) -> Response[bytes]:
    """Give the changes of the program; those of the rules are news."""
    found = releases()
    if not found:
        raise NotFoundException("expected a changelog with this installation, found none")
    return answered(request, json_bytes(object_of(CHANGELOG, found)), JSON)


@get(
    "/api/datasets",
    summary="Every file that anyone can take, with its columns",
    responses=gives(shapes.Datasets, "The files."),
    media_type=JSON,
    sync_to_thread=True,
)
def datasets(request: Asked) -> Response[bytes]:
    """Give files: tables of fixings, feeds, the log, schemas; of a market its last whole day."""
    body = json_bytes(object_of(DATASETS, view_of(request).datasets()))
    return answered(request, body, JSON)


DOCUMENT_API: Sequence[HTTPRouteHandler] = (methodology, changelog, datasets)
