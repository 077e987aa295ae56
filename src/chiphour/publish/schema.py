"""SCHEMA: what is published, described in JSON Schema, from the tables that it is written from.

Takes   shapes.
Gives   `SCHEMAS`: a document in JSON Schema 2020-12 for each thing that is served, by file name.
Keeps   a description that cannot part from what is served: both come from one table. Columns may be
        appended later, so a reader must bear a field that it does not know.
Source  JSON Schema 2020-12; decision 0023.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.fixing import Note
from chiphour.index.fixing import Rejection
from chiphour.publish.addresses import tag
from chiphour.publish.attack import ATTACK
from chiphour.publish.challenges import CHALLENGE_LIST
from chiphour.publish.columns import HASH
from chiphour.publish.columns import Column
from chiphour.publish.columns import Json
from chiphour.publish.columns import Part
from chiphour.publish.columns import Shape
from chiphour.publish.companions import COMPANION
from chiphour.publish.companions import COMPANION_LIST
from chiphour.publish.dataset_list import DATASETS
from chiphour.publish.datasets import FIXING_ROW
from chiphour.publish.datasets import FIXINGS
from chiphour.publish.datasets import SERIES_HISTORY
from chiphour.publish.datasets import SERIES_LIST
from chiphour.publish.day_page import DATED
from chiphour.publish.documents import CHANGELOG
from chiphour.publish.documents import METHODOLOGY
from chiphour.publish.news import NEWS
from chiphour.publish.news import NEWS_LIST
from chiphour.publish.patterns import DISTRIBUTION
from chiphour.publish.patterns import HOURS
from chiphour.publish.proof import LOG
from chiphour.publish.references import REFERENCE_LIST
from chiphour.publish.release_data import RELEASE_DATA
from chiphour.publish.signed import FIELDS
from chiphour.publish.signed import FORMAT
from chiphour.publish.ticks import TICK
from chiphour.publish.ticks import TICK_LIST

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = {str: "string", int: "integer", bool: "boolean"}
# File name, without its end: the shape.
SHAPES: Mapping[str, Shape[Any]] = {
    "attack": ATTACK,
    "challenges": CHALLENGE_LIST,
    "changelog": CHANGELOG,
    "companion": COMPANION,
    "companions": COMPANION_LIST,
    "datasets": DATASETS,
    "dated": DATED,
    "distribution": DISTRIBUTION,
    "fixing": FIXING_ROW,
    "fixings": FIXINGS,
    "hours": HOURS,
    "log": LOG,
    "methodology": METHODOLOGY,
    "news": NEWS_LIST,
    "news-item": NEWS,
    "references": REFERENCE_LIST,
    "release": RELEASE_DATA,
    "series": SERIES_HISTORY,
    "series-list": SERIES_LIST,
    "tick": TICK,
    "ticks": TICK_LIST,
}
SIGNED = "signed-fix"


@cache
def schemas() -> Mapping[str, Json]:
    """Give every schema by file name, without its end."""
    found = {name: _document(name, _object(shape)) for name, shape in SHAPES.items()}
    return found | {SIGNED: _document(SIGNED, _signed())}


def _document(name: str, body: Json) -> Json:
    return {"$schema": DIALECT, "$id": tag("schema", name), **body}


def _object(shape: Shape[Any]) -> Json:
    properties = {column.name: _column(column) for column in shape.columns}
    properties |= {part.name: _part(part) for part in shape.parts}
    return {
        "title": shape.name,
        "description": shape.meaning,
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }


def _column(column: Column[Any]) -> Json:
    if column.type is list:
        items: Json = {"type": "string"}
        return {"description": column.meaning, "type": "array", "items": items}
    kind = TYPES[column.type]
    found: Json = {
        "description": column.meaning,
        "type": [kind, "null"] if column.nullable else kind,
    }
    if column.pattern:
        found["pattern"] = column.pattern
    if column.words:
        found["enum"] = list(column.words)
    return found | ({"examples": [column.example]} if column.example != "" else {})


def _part(part: Part[Any]) -> Json:
    inner = _object(part.shape)
    if part.many:
        return {"description": part.meaning, "type": "array", "items": inner}
    return {"description": part.meaning, "anyOf": [inner, {"type": "null"}]}


def _signed() -> Json:
    """Describe what `publish.signed` writes: read first, then what proves it."""
    text: Json = {"type": "string"}
    properties: Json = {
        "format": {"const": FORMAT},
        "fix": _object(FIXING_ROW),
        "document": _record(Fixing, {"members": Member, "rejections": Rejection, "notes": Note}),
        "index": {"type": "integer", "minimum": 0, "description": "Number of the leaf."},
        "leaf": text | {"description": "The leaf that names the document's SHA-256."},
        "path": {
            "type": "array",
            "items": text | {"contentEncoding": "base64"},
            "description": "Hashes from the leaf to the root, lowest first.",
        },
        "checkpoint": text | {"description": "The signed note over the root."},
    }
    assert sorted(properties) == sorted(FIELDS)
    return {
        "title": "SignedFix",
        "description": "A fix with all that proves it.",
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


_PLAIN: Mapping[object, Json] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    int | None: {"type": ["integer", "null"]},
    tuple[str, ...]: {"type": "array", "items": {"type": "string"}},
}


def _record(record: Any, inside: Mapping[str, Any]) -> Json:
    """Describe a record of the index as its document has it: by its own fields, in their units."""
    properties: Json = {}
    for name, kind in record.__annotations__.items():
        if name in inside:
            properties[name] = {"type": "array", "items": _record(inside[name], {})}
        elif name.endswith("sha256") or name.endswith("_root"):
            properties[name] = {"type": "string", "pattern": HASH}
        else:
            properties[name] = _PLAIN[kind]
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
