"""ASKED: the parameters of requests for the index: read, bounded, refused in one line.

Takes   texts from requests.
Gives   series, parameter sets, times, days; what a handler's answers look like in OpenAPI.
Keeps   the future unasked for; a time that is past by more than a day as one whose answer will
        never change.
Source  Decision 0023.
"""

import re
from datetime import date
from typing import Annotated
from typing import NamedTuple

from litestar.exceptions import NotFoundException
from litestar.exceptions import ValidationException
from litestar.openapi import ResponseSpec
from litestar.params import PathParameter
from litestar.params import QueryParameter

from chiphour.adapters.serve import shapes
from chiphour.adapters.serve.answer import IMMUTABLE
from chiphour.adapters.serve.answer import REVALIDATED
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import day_from_text
from chiphour.adapters.serve.answer import found
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.view import IndexView
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.series import BY_SLUG
from chiphour.index.series import BY_TICKER
from chiphour.index.series import Series
from chiphour.publish.page import Frame
from chiphour.units import NS_PER_DAY
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso

WORD_CHARACTERS_MAX = 80
SETTLED_NS = NS_PER_DAY  # So long after a time, what was known then is all there.
HOST = re.compile(r"([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?")

AsOf = Annotated[
    str | None,
    QueryParameter(
        name="as_of",
        max_length=WORD_CHARACTERS_MAX,
        description="As it was known then: a time such as 2026-07-20T00:35:00Z, not in the future.",
    ),
]
SetName = Annotated[
    str | None,
    QueryParameter(
        name="set",
        max_length=WORD_CHARACTERS_MAX,
        description=f"Parameter set: {', '.join(SETS)}. {V2026_1.parameter_set} settles.",
    ),
]
Slug = Annotated[str, PathParameter(description="A slug or a ticker.")]
DayText = Annotated[str, PathParameter(description="Day of the strike, such as 2026-07-20.")]


class When(NamedTuple):
    """Which word on the fixes is asked for, and how long an answer may be kept."""

    parameter_set: str
    as_of_ns: int | None
    keeping: str


def gives(shape: type, words: str) -> dict[int, ResponseSpec]:
    """Describe a handler's answers: its shape, and faults."""
    fault = ResponseSpec(shapes.Fault, generate_examples=False, description="Nothing such exists.")
    bad = ResponseSpec(shapes.Fault, generate_examples=False, description="A bad parameter.")
    good = ResponseSpec(shape, generate_examples=False, description=words)
    return {200: good, 400: bad, 404: fault}


def gives_file(media_type: str, words: str) -> dict[int, ResponseSpec]:
    """Describe the answers of a handler that gives a file of another kind than JSON."""
    good = ResponseSpec(str, media_type=media_type, generate_examples=False, description=words)
    return {**gives(shapes.Fault, ""), 200: good}


def series_named(name: str) -> Series:
    """Find a series by slug or ticker; raises NotFoundException."""
    series = BY_SLUG.get(name.lower()) or BY_TICKER.get(name.upper())
    if series is None:
        raise NotFoundException(f"expected a series such as h100-sxm-od, found {found(name)}")
    return series


def when(view: IndexView, set_name: str | None, as_of: str | None) -> When:
    """Read which word is asked for; raises ValidationException."""
    parameter_set = V2026_1.parameter_set if set_name is None else set_name
    if parameter_set not in SETS:
        raise ValidationException(
            f"set: expected one of {', '.join(SETS)}, found {found(parameter_set)}"
        )
    if as_of is None:
        return When(parameter_set, None, REVALIDATED)
    as_of_ns = time_from_text("as_of", as_of)
    now_ns = view.time_ns()
    if as_of_ns > now_ns:
        raise ValidationException(
            f"as_of: expected a time not after {iso_from_ns(now_ns)}, found {found(as_of)}"
        )
    keeping = IMMUTABLE if as_of_ns <= now_ns - SETTLED_NS else REVALIDATED
    return When(parameter_set, as_of_ns, keeping)


def time_from_text(name: str, text: str) -> int:
    """Read a time with its zone; raises ValidationException."""
    try:
        time_ns = ns_from_iso(text)
    except (ValueError, OverflowError):
        time_ns = -1
    if time_ns < 0:
        raise ValidationException(
            f"{name}: expected a time such as 2026-07-20T00:35:00Z, found {found(text)}"
        )
    return time_ns


def day_asked(view: IndexView, text: str) -> date:
    """Read a day that has a release; raises ValidationException or NotFoundException."""
    return day_from_text(text, view.days())


def named_file(name: str, ends: tuple[str, ...]) -> tuple[str, str]:
    """Split a file's name into what stands before its end and the end, one of `ends`.

    Raises NotFoundException.
    """
    stem, _, end = name.rpartition(".")
    if end not in ends:
        wanted = ", ".join(f".{each}" for each in ends)
        raise NotFoundException(f"expected a file that ends with {wanted}, found {found(name)}")
    return stem, end


def frame_of(request: Asked) -> Frame:
    """Give the frame of the pages, with the address under which this was asked for.

    What the index was told of its address comes first; then what the reader called it, if it is a
    host's name and nothing else.
    """
    frame, host = view_of(request).frame(), request.headers.get("host", "")
    if frame.address or not HOST.fullmatch(host):
        return frame
    return frame._replace(address=f"{request.url.scheme}://{host}")
