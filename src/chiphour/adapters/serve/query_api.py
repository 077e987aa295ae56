"""QUERY_API: the seven queries by their names, of one chip or of all.

Takes   requests with a chip.
Gives   JSON of `tools`, each in its own shape.
Keeps   one answer for the API, for MCP and for the model that words the report.
Source  The article of decision 0042, "Data orchestrator"; decision 0043.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import QueryParameter

from chiphour.adapters.questions import TimeUnknown
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import gives
from chiphour.adapters.tools import SEVEN
from chiphour.adapters.tools import Query
from chiphour.adapters.tools import ToolRefused
from chiphour.adapters.tools import answer_of
from chiphour.analyse.goods import NAME_CHARACTERS_MAX
from chiphour.analyse.goods import GoodUnknown

PATH = "/api/queries"


def _handler(query: Query) -> HTTPRouteHandler:
    """Make the handler of one query."""
    words = "A chip in one form, such as h100-sxm" + ("." if query.of_one_chip else "; empty: all.")
    chip_text = QueryParameter(max_length=NAME_CHARACTERS_MAX, description=words)

    @get(
        f"{PATH}/{query.name}",
        name=query.name,
        operation_id=query.name,
        summary=query.description,
        description="As of the end of the last whole hour.",
        responses=gives(query.gives, "The answer."),
        media_type=JSON,
        sync_to_thread=True,
    )
    def ask(request: Asked, chip: Annotated[str, chip_text] = "") -> Response[bytes]:
        try:
            found = answer_of(view_of(request).signals().judged(), query.name, chip)
        except (GoodUnknown, TimeUnknown) as fault:
            raise NotFoundException(str(fault)) from None
        except ToolRefused as fault:
            raise ValidationException(str(fault)) from None
        return answered(request, msgspec.json.encode(found), JSON)

    return ask


QUERY_API: Sequence[HTTPRouteHandler] = tuple(_handler(query) for query in SEVEN)
