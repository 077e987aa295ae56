"""INDEX_FILES: the index as files: data, feeds, badges, citations, schemas, the log's tiles.

Takes   requests for names of files, with bounded parameters.
Gives   bytes of `publish`: CSV, JSON, Parquet, Atom, SVG, BibTeX, CSL-JSON; tiles of the log.
Keeps   an address for good; a file that cannot change again marked as such.
Source  RFC 4180, RFC 4287, C2SP tlog-tiles; decisions 0010 and 0023.
"""

import re
from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.params import PathParameter
from litestar.params import QueryParameter

from chiphour.adapters.serve import shapes
from chiphour.adapters.serve.answer import CSV
from chiphour.adapters.serve.answer import IMMUTABLE
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import REVALIDATED
from chiphour.adapters.serve.answer import SVG
from chiphour.adapters.serve.answer import TEXT
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import found
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import WORD_CHARACTERS_MAX
from chiphour.adapters.serve.asked import AsOf
from chiphour.adapters.serve.asked import DayText
from chiphour.adapters.serve.asked import SetName
from chiphour.adapters.serve.asked import Slug
from chiphour.adapters.serve.asked import When
from chiphour.adapters.serve.asked import day_asked
from chiphour.adapters.serve.asked import frame_of
from chiphour.adapters.serve.asked import gives
from chiphour.adapters.serve.asked import gives_file
from chiphour.adapters.serve.asked import named_file
from chiphour.adapters.serve.asked import series_named
from chiphour.adapters.serve.asked import when
from chiphour.adapters.serve.gathered import fixing_of
from chiphour.adapters.serve.gathered import logged_by
from chiphour.adapters.serve.index_api import Name
from chiphour.index.fixing import Fixing
from chiphour.index.tiles import WIDTH
from chiphour.publish.addresses import series_path
from chiphour.publish.badge import badge_object
from chiphour.publish.badge import badge_svg
from chiphour.publish.citation import FORMATS
from chiphour.publish.citation import Cited
from chiphour.publish.citation import citation
from chiphour.publish.dataset_list import PARQUET
from chiphour.publish.datasets import fixings_csv
from chiphour.publish.datasets import fixings_json
from chiphour.publish.datasets import json_bytes
from chiphour.publish.feeds import ATOM
from chiphour.publish.feeds import ENTRIES_MOST
from chiphour.publish.feeds import FEEDS
from chiphour.publish.feeds import Feed
from chiphour.publish.feeds import feed_bytes
from chiphour.publish.news import chosen
from chiphour.publish.schema import schemas
from chiphour.publish.words import series_words

TILE = "application/octet-stream"
# A tile or a bundle of leaves, with the width of one that is not full (C2SP tlog-tiles).
TILE_PATH = re.compile(
    r"(?P<level>entries|[0-7])/(?P<number>(x\d{3}/){0,5}\d{3})(\.p/(?P<width>[1-9]\d{0,2}))?"
)
ENDS = ("csv", "json", "parquet")

Day = Annotated[
    str | None,
    QueryParameter(
        name="date",
        max_length=WORD_CHARACTERS_MAX,
        description="Only this day, such as 2026-07-20.",
    ),
]


def _fixings(request: Asked, day: str | None, series: str | None, asked: When) -> Sequence[Fixing]:
    view = view_of(request)
    ticker = None if series is None else series_named(series).ticker
    if day is None:
        return view.fixings(ticker, asked.parameter_set, asked.as_of_ns)
    only = view.day_fixings(day_asked(view, day), asked.parameter_set, asked.as_of_ns)
    return [fixing for fixing in only if ticker in (None, fixing.series)]


@get(
    "/data/fixings.csv",
    summary="Fixings as CSV",
    description="RFC 4180, one row per series and strike. The columns are those of FixingRow.",
    responses=gives_file("text/csv", "The rows."),
    media_type="text/csv",
    sync_to_thread=True,
)
def fixings_as_csv(
    request: Asked,
    day: Day = None,
    series: Name = None,
    set_name: SetName = None,
    as_of: AsOf = None,
) -> Response[bytes]:
    """Give fixings as CSV."""
    view = view_of(request)
    asked = when(view, set_name, as_of)
    if day is None:
        ticker = None if series is None else series_named(series).ticker
        body = view.csv(ticker, asked.parameter_set, asked.as_of_ns)
    else:
        body = fixings_csv(_fixings(request, day, series, asked))
    return answered(request, body, CSV, asked.keeping)


@get(
    "/data/fixings.json",
    summary="Fixings as JSON",
    responses=gives(shapes.Fixings, "The rows."),
    media_type=JSON,
    sync_to_thread=True,
)
def fixings_as_json(
    request: Asked,
    day: Day = None,
    series: Name = None,
    set_name: SetName = None,
    as_of: AsOf = None,
) -> Response[bytes]:
    """Give fixings as JSON."""
    asked = when(view_of(request), set_name, as_of)
    body = fixings_json(_fixings(request, day, series, asked))
    return answered(request, body, JSON, asked.keeping)


@get(
    "/data/fixings.parquet",
    summary="Fixings as Parquet",
    responses=gives_file(PARQUET, "The columns of FixingRow."),
    media_type=PARQUET,
    sync_to_thread=True,
)
def fixings_as_parquet(
    request: Asked, set_name: SetName = None, as_of: AsOf = None
) -> Response[bytes]:
    """Give every fixing as Parquet."""
    view = view_of(request)
    asked = when(view, set_name, as_of)
    body = view.parquet(None, asked.parameter_set, asked.as_of_ns)
    return answered(request, body, PARQUET, asked.keeping)


@get(
    "/data/series/{file:str}",
    summary="The whole history of a series",
    description="SLUG.csv, SLUG.json or SLUG.parquet, such as h100-sxm-od.csv.",
    responses=gives(shapes.Fixings, "The rows, in the form that the name ends with."),
    sync_to_thread=True,
)
def series_file(
    request: Asked,
    file: Annotated[str, PathParameter(description="Such as h100-sxm-od.csv.")],
    set_name: SetName = None,
    as_of: AsOf = None,
) -> Response[bytes]:
    """Give every strike of a series, at an address that stays."""
    view = view_of(request)
    slug, end = named_file(file, ENDS)
    series, asked = series_named(slug), when(view, set_name, as_of)
    if end == "parquet":
        body = view.parquet(series.ticker, asked.parameter_set, asked.as_of_ns)
        return answered(request, body, PARQUET, asked.keeping)
    if end == "csv":
        body = view.csv(series.ticker, asked.parameter_set, asked.as_of_ns)
        return answered(request, body, CSV, asked.keeping)
    known = view.fixings(series.ticker, asked.parameter_set, asked.as_of_ns)
    return answered(request, fixings_json(known), JSON, asked.keeping)


@get(
    "/feeds/{file:str}",
    summary="A feed of news",
    description=f"Atom (RFC 4287): {', '.join(f'{name}.atom' for name in FEEDS)}.",
    responses=gives_file(ATOM, "The feed."),
    media_type=ATOM,
    sync_to_thread=True,
)
def feed(
    request: Asked, file: Annotated[str, PathParameter(description="Such as fixings.atom.")]
) -> Response[bytes]:
    """Give one of the feeds of all series."""
    name, _ = named_file(file, ("atom",))
    if name not in FEEDS:
        raise NotFoundException(f"expected one of {', '.join(FEEDS)}, found {found(name)}")
    kind, title = FEEDS[name]
    about = Feed(f"/feeds/{name}.atom", title, f"/news?kind={kind}", frame_of(request).address)
    items = chosen(view_of(request).news(0), kind, "", 0, ENTRIES_MOST)
    return answered(request, feed_bytes(about, items), ATOM)


@get(
    "/feeds/series/{file:str}",
    summary="A feed of all that becomes known of a series",
    description="Atom (RFC 4287): SLUG.atom, such as h100-sxm-od.atom.",
    responses=gives_file(ATOM, "The feed."),
    media_type=ATOM,
    sync_to_thread=True,
)
def series_feed(
    request: Asked, file: Annotated[str, PathParameter(description="Such as h100-sxm-od.atom.")]
) -> Response[bytes]:
    """Give the feed of a series."""
    slug, _ = named_file(file, ("atom",))
    series = series_named(slug)
    path, address = f"/feeds/series/{series.slug}.atom", frame_of(request).address
    about = Feed(path, series_words(series), series_path(series), address)
    items = chosen(view_of(request).news(0), "", series.ticker, 0, ENTRIES_MOST)
    return answered(request, feed_bytes(about, items), ATOM)


@get(
    "/badge/{file:str}",
    summary="The latest fix as a badge",
    description="SLUG.svg is the picture, SLUG.json what shields.io's endpoint badge reads.",
    responses=gives(shapes.Badge, "The badge."),
    sync_to_thread=True,
)
def badge(
    request: Asked, file: Annotated[str, PathParameter(description="Such as h100-sxm-od.svg.")]
) -> Response[bytes]:
    """Give the latest fix of a series as a badge."""
    slug, end = named_file(file, ("svg", "json"))
    view, series = view_of(request), series_named(slug)
    days = view.days()
    latest = {f.series: f for f in view.day_fixings(max(days))} if days else {}
    fixing = latest.get(series.ticker)
    if end == "json":
        return answered(request, json_bytes(badge_object(series, fixing)), JSON)
    return answered(request, badge_svg(series, fixing), SVG)


@get(
    "/cite/{slug:str}/{day:str}",
    summary="How a fix is cited",
    responses=gives_file("text/plain", "The citation, in the form that was asked for."),
    sync_to_thread=True,
)
def cite(
    request: Asked,
    slug: Slug,
    day: DayText,
    form: Annotated[
        str,
        QueryParameter(
            name="format",
            max_length=WORD_CHARACTERS_MAX,
            description=f"One of {', '.join(FORMATS)}.",
        ),
    ] = "text",
    set_name: SetName = None,
    as_of: AsOf = None,
) -> Response[bytes]:
    """Give a citation of a fix that names its vintage and the root of the log."""
    if form not in FORMATS:
        raise ValidationException(
            f"format: expected one of {', '.join(FORMATS)}, found {found(form)}"
        )
    series, view = series_named(slug), view_of(request)
    asked = when(view, set_name, as_of)
    fixing = fixing_of(view, series, day_asked(view, day), asked)
    logged = logged_by(view.logged(fixing), asked.as_of_ns)
    body = citation(Cited(fixing, logged, frame_of(request).address), form)
    return answered(request, body, FORMATS[form][0], asked.keeping)


@get("/schema/{file:str}", include_in_schema=False, media_type=JSON, sync_to_thread=False)
def schema(request: Asked, file: FromPath[str]) -> Response[bytes]:
    """Give the JSON Schema of what is published; index.json lists them."""
    name, _ = named_file(file, ("json",))
    if name == "index":
        return answered(request, json_bytes([f"/schema/{each}.json" for each in schemas()]), JSON)
    if name not in schemas():
        raise NotFoundException(f"expected one of {', '.join(schemas())}, found {found(name)}")
    return answered(request, json_bytes(schemas()[name]), JSON)


@get("/log/checkpoint", include_in_schema=False, media_type=TEXT, sync_to_thread=True)
def checkpoint(request: Asked) -> Response[bytes]:
    """Give the signed checkpoint of the log."""
    return answered(request, _log_text(request)[0].encode(), TEXT, REVALIDATED)


@get("/log/key", include_in_schema=False, media_type=TEXT, sync_to_thread=True)
def log_key(request: Asked) -> Response[bytes]:
    """Give the key that signs the log, as one line."""
    return answered(request, f"{_log_text(request)[1]}\n".encode(), TEXT, REVALIDATED)


def _log_text(request: Asked) -> tuple[str, str]:
    state = view_of(request).log_state()
    if state is None:
        raise NotFoundException("expected a transparency log, found none kept here")
    return state.checkpoint, state.vkey


@get("/log/tile/{path:path}", include_in_schema=False, media_type=TILE, sync_to_thread=True)
def tile(request: Asked, path: FromPath[str]) -> Response[bytes]:
    """Give a tile of the log, or a bundle of its leaves. A full one never changes again."""
    named = TILE_PATH.fullmatch(str(path).lstrip("/"))
    body = None
    width = WIDTH
    if named is not None:
        level = None if named["level"] == "entries" else int(named["level"])
        number = int(named["number"].replace("x", "").replace("/", ""))
        width = int(named["width"] or WIDTH)
        if width <= WIDTH:
            body = view_of(request).log_file(level, number, width)
    if body is None:
        raise NotFoundException(f"expected a tile of the log, found {found(str(path))}")
    return answered(request, body, TILE, IMMUTABLE)


INDEX_FILES: Sequence[HTTPRouteHandler] = (
    fixings_as_csv,
    fixings_as_json,
    fixings_as_parquet,
    series_file,
    feed,
    series_feed,
    badge,
    cite,
)
LOG_FILES: Sequence[HTTPRouteHandler] = (schema, checkpoint, log_key, tile)
