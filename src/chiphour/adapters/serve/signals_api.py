"""SIGNALS_API: what prices say of each chip, and whether it can carry a futures market.

Takes   requests for a chip or for all.
Gives   JSON, described in OpenAPI by `shapes_signals`.
Keeps   answers those of the last whole hour, made once; a chip that nobody has offered is 404.
Source  Decision 0042.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from contextlib import contextmanager
from typing import Annotated

import msgspec
from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter

from chiphour.adapters.questions import TimeUnknown
from chiphour.adapters.serve import shapes_signals as shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import REVALIDATED
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import gives
from chiphour.adapters.serve.signal_objects import history_object
from chiphour.adapters.serve.signal_objects import signal_object
from chiphour.adapters.serve.signal_objects import signals_object
from chiphour.adapters.serve.signal_objects import viability_object
from chiphour.adapters.signals import Judged
from chiphour.analyse.goods import Good
from chiphour.analyse.goods import GoodUnknown
from chiphour.analyse.goods import good_named

ChipName = Annotated[
    str, PathParameter(description="A chip in one form, such as h100-sxm.", max_length=60)
]


@contextmanager
def as_not_found() -> Iterator[None]:
    """Turn a chip or a time that nobody knows into 404, with the same sentence."""
    try:
        yield
    except (GoodUnknown, TimeUnknown) as fault:
        raise NotFoundException(str(fault)) from fault


def _written(request: Asked, shape: msgspec.Struct) -> Response[bytes]:
    return answered(request, msgspec.json.encode(shape) + b"\n", JSON, REVALIDATED)


def _offered(judged: Judged, chip: str) -> Good:
    """Give a chip that was judged; raises GoodUnknown."""
    good = good_named(chip)
    if all(each.good != good for each in judged.verdicts):
        raise GoodUnknown(f"expected a chip of /api/signals, found {good.slug}")
    return good


@get(
    "/api/signals",
    summary="Spread, variation, time of day and supply of every chip, judged by two rules",
    responses=gives(shapes.Signals, "The verdicts of the last whole hour."),
    media_type=JSON,
    sync_to_thread=True,
)
def signals(request: Asked) -> Response[bytes]:
    """Give the verdicts on every chip with a price in the last 30 days."""
    with as_not_found():
        return _written(request, signals_object(view_of(request).signals().judged()))


@get(
    "/api/signals/{chip:str}",
    summary="What prices say of one chip: seven answers, and the verdicts on them",
    responses=gives(shapes.Signal, "The answers and verdicts of the last whole hour."),
    media_type=JSON,
    sync_to_thread=True,
)
def signal(request: Asked, chip: ChipName) -> Response[bytes]:
    """Give every figure of one chip."""
    with as_not_found():
        judged = view_of(request).signals().judged()
        return _written(request, signal_object(judged, _offered(judged, chip)))


@get(
    "/api/signals/{chip:str}/history",
    summary="The verdicts on one chip in the last 30 days, one of each day",
    responses=gives(shapes.History, "The verdicts, the latest first."),
    media_type=JSON,
    sync_to_thread=True,
)
def signal_history(request: Asked, chip: ChipName) -> Response[bytes]:
    """Give the verdicts of this hour and of the same hour of the days before."""
    with as_not_found():
        found = view_of(request).signals()
        good = _offered(found.judged(), chip)
        return _written(request, history_object(found.history(), good))


@get(
    "/api/viability",
    summary="Can each chip carry a futures market: yes, no or not yet, with the figures",
    responses=gives(shapes.Viability, "The report of the day."),
    media_type=JSON,
    sync_to_thread=True,
)
def viability(request: Asked) -> Response[bytes]:
    """Give the viability report."""
    with as_not_found():
        return _written(request, viability_object(view_of(request).signals().viability()))


SIGNALS_API: Sequence[HTTPRouteHandler] = (signals, signal, signal_history, viability)
