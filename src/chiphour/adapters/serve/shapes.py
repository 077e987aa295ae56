"""SHAPES: the JSON that the index serves, described for programs: OpenAPI is written from here.

Takes   the shapes of `publish`.
Gives   msgspec structs, one for each; they describe, the bytes come from `publish`.
Keeps   a description that is made from the same tables as the bytes. A test reads real answers back
        strictly.
Source  Decisions 0010 and 0023.
"""

from typing import Annotated
from typing import Any

import msgspec
from msgspec import Meta

from chiphour.publish.attack import ATTACK
from chiphour.publish.challenges import CHALLENGE_LIST
from chiphour.publish.columns import Column
from chiphour.publish.columns import Part
from chiphour.publish.columns import Shape
from chiphour.publish.companions import COMPANION_LIST
from chiphour.publish.dataset_list import DATASETS
from chiphour.publish.datasets import FIXING_ROW
from chiphour.publish.datasets import FIXINGS
from chiphour.publish.datasets import SERIES_HISTORY
from chiphour.publish.datasets import SERIES_LIST
from chiphour.publish.day_page import DATED
from chiphour.publish.documents import CHANGELOG
from chiphour.publish.documents import METHODOLOGY
from chiphour.publish.news import NEWS_LIST
from chiphour.publish.patterns import DISTRIBUTION
from chiphour.publish.patterns import HOURS
from chiphour.publish.proof import LOG
from chiphour.publish.references import REFERENCE_LIST
from chiphour.publish.release_data import RELEASE_DATA
from chiphour.publish.ticks import TICK_LIST

Struct = msgspec.Struct
_MADE: dict[str, tuple[Shape[Any], type]] = {}


def struct_of(shape: Shape[Any]) -> type:
    """Make the struct that describes a shape; the same one whenever it is asked for."""
    if shape.name not in _MADE:
        fields = [*map(_field, shape.columns), *map(_part, shape.parts)]
        made = msgspec.defstruct(
            shape.name, fields, namespace={"__doc__": shape.meaning}, forbid_unknown_fields=True
        )
        _MADE[shape.name] = shape, made
    known, struct = _MADE[shape.name]
    assert known is shape, f"two shapes are called {shape.name}"
    return struct


def _field(column: Column[Any]) -> tuple[str, Any]:
    kind: Any = list[str] if column.type is list else column.type
    kind = kind | None if column.nullable else kind
    examples = [] if column.example == "" else [column.example]
    return column.name, Annotated[kind, Meta(description=column.meaning, examples=examples)]


def _part(part: Part[Any]) -> tuple[str, Any]:
    inner: Any = struct_of(part.shape)
    kind: Any = list[inner] if part.many else inner | None
    return part.name, Annotated[kind, Meta(description=part.meaning)]


FixingRow = struct_of(FIXING_ROW)
Fixings = struct_of(FIXINGS)
SeriesList = struct_of(SERIES_LIST)
SeriesHistory = struct_of(SERIES_HISTORY)
AttackCost = struct_of(ATTACK)
Dated = struct_of(DATED)
NewsList = struct_of(NEWS_LIST)
Companions = struct_of(COMPANION_LIST)
References = struct_of(REFERENCE_LIST)
Challenges = struct_of(CHALLENGE_LIST)
Ticks = struct_of(TICK_LIST)
LogStanding = struct_of(LOG)
Release = struct_of(RELEASE_DATA)
Distribution = struct_of(DISTRIBUTION)
Hours = struct_of(HOURS)
Methodology = struct_of(METHODOLOGY)
Changelog = struct_of(CHANGELOG)
Datasets = struct_of(DATASETS)


class SignedFix(Struct, forbid_unknown_fields=True):
    """A fix with all that proves it: read first, then what is hashed and signed."""

    format: Annotated[str, Meta(description="Of this object.", examples=["chiphour-fix/1"])]
    fix: Annotated[FixingRow, Meta(description="The fix, for people.")]  # type: ignore[valid-type]
    document: Annotated[dict[str, Any], Meta(description="The fix, as it is hashed.")]
    index: Annotated[int, Meta(description="Number of its leaf.", examples=[1024])]
    leaf: Annotated[str, Meta(description="The leaf that names the document's SHA-256.")]
    path: Annotated[list[str], Meta(description="Hashes to the root, base64, lowest first.")]
    checkpoint: Annotated[str, Meta(description="The signed note over the root.")]


class Badge(Struct, forbid_unknown_fields=True):
    """A badge, as shields.io's endpoint reads it."""

    schemaVersion: Annotated[int, Meta(examples=[1])]  # noqa: N815 - shields.io's name
    label: Annotated[str, Meta(examples=["H100 SXM, on demand"])]
    message: Annotated[str, Meta(examples=["$3.1700/h B, 2026-07-20"])]
    color: Annotated[str, Meta(examples=["#24506f"])]
    cacheSeconds: Annotated[int, Meta(examples=[300])]  # noqa: N815 - shields.io's name


class Health(Struct, forbid_unknown_fields=True):
    """Whether the server answers, and up to which day it has a release."""

    status: Annotated[str, Meta(description="`ok`.", examples=["ok"])]
    day: Annotated[
        str | None, Meta(description="Latest release; null: none yet.", examples=["2026-07-20"])
    ]


class Fault(Struct, forbid_unknown_fields=True):
    """Why a request was not answered: what was expected, what was found."""

    error: Annotated[
        str, Meta(examples=["depth: expected a whole number from 1 to 1000, found '0'"])
    ]
