"""MARKET_FILES: what was traded on a day, as Parquet files for anybody.

Takes   a day, a table.
Gives   bytes of `publish/<date>/`.
Keeps   the address for good; no account in any of them.
Source  Decision 0034.
"""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import day_from_text
from chiphour.adapters.serve.answer import found
from chiphour.adapters.serve.asked import DayText
from chiphour.adapters.serve.asked import gives_file
from chiphour.adapters.serve.market_view import market_of
from chiphour.publish.daily import TABLES
from chiphour.publish.dataset_list import PARQUET

FILES = {f"{name}.parquet": name for name in TABLES}


@get(
    "/data/market/{day:str}/{file:str}",
    summary="What was traded on a day, as Parquet",
    description="Integers as the exchange has them; a book at each minute in which it moved.",
    responses=gives_file(PARQUET, "One table of the day."),
    media_type=PARQUET,
    sync_to_thread=True,
)
def day_table(
    request: Asked,
    day: DayText,
    file: Annotated[
        str, PathParameter(description="trades.parquet, book.parquet or funding.parquet.")
    ],
) -> Response[bytes]:
    """Give a table of a day that is over."""
    market = market_of(request)
    if file not in FILES:
        raise NotFoundException(f"file: expected one of {', '.join(FILES)}, found {found(file)}")
    wanted = day_from_text(day, market.days())
    body = market.daily(wanted, FILES[file])
    if body is None:
        raise NotFoundException(f"date: expected a day of trading that is over, found {wanted}")
    return answered(request, body, PARQUET)


MARKET_FILES: Sequence[HTTPRouteHandler] = (day_table,)
