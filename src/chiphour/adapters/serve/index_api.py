"""INDEX_API: the index for programs: series, one fix and all about it, news, references, ticks.

Takes   requests with bounded parameters.
Gives   bytes of `publish`, described in OpenAPI by `shapes`.
Keeps   what is served of a past time the bytes that were served then. Needs nothing of a market.
Source  Decisions 0010 and 0023.
"""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.exceptions import ValidationException
from litestar.handlers import HTTPRouteHandler
from litestar.params import PathParameter
from litestar.params import QueryParameter

from chiphour.adapters.serve import shapes
from chiphour.adapters.serve.answer import JSON
from chiphour.adapters.serve.answer import NEVER_KEPT
from chiphour.adapters.serve.answer import REVALIDATED
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import found
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import WORD_CHARACTERS_MAX
from chiphour.adapters.serve.asked import AsOf
from chiphour.adapters.serve.asked import DayText
from chiphour.adapters.serve.asked import SetName
from chiphour.adapters.serve.asked import Slug
from chiphour.adapters.serve.asked import day_asked
from chiphour.adapters.serve.asked import gives
from chiphour.adapters.serve.asked import series_named
from chiphour.adapters.serve.asked import time_from_text
from chiphour.adapters.serve.asked import when
from chiphour.adapters.serve.gathered import dated_of
from chiphour.adapters.serve.gathered import fixing_of
from chiphour.adapters.serve.gathered import release_of
from chiphour.index.references import ReferenceRow
from chiphour.index.series import ALL_SERIES
from chiphour.publish.attack import ATTACK
from chiphour.publish.challenges import CHALLENGE_LIST
from chiphour.publish.columns import Json
from chiphour.publish.columns import object_of
from chiphour.publish.companions import COMPANION_LIST
from chiphour.publish.datasets import SERIES_LIST
from chiphour.publish.datasets import SeriesShown
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import json_bytes
from chiphour.publish.datasets import series_object
from chiphour.publish.day_page import DATED
from chiphour.publish.news import KINDS
from chiphour.publish.news import NEWS_DEFAULT
from chiphour.publish.news import NEWS_LIST
from chiphour.publish.news import NEWS_MOST
from chiphour.publish.news import News
from chiphour.publish.news import chosen
from chiphour.publish.page import Frame
from chiphour.publish.proof import LOG
from chiphour.publish.references import REFERENCE_LIST
from chiphour.publish.references import REFERENCES_MOST
from chiphour.publish.release_data import RELEASE_DATA
from chiphour.publish.release_data import ReleaseData
from chiphour.publish.release_data import news_of_release
from chiphour.publish.signed import signed_fix
from chiphour.publish.ticks import TICK_LIST
from chiphour.units import strike_ns

LATEST = "latest"
LAST_DEFAULT = 366
LAST_MOST = 4_000

Name = Annotated[
    str | None,
    QueryParameter(
        max_length=WORD_CHARACTERS_MAX, description="Only this series: a slug or a ticker."
    ),
]


@get(
    "/api/series",
    summary="Every series with its latest fixing",
    responses=gives(shapes.SeriesList, "The series."),
    media_type=JSON,
    sync_to_thread=True,
)
def series_list(request: Asked, set_name: SetName = None, as_of: AsOf = None) -> Response[bytes]:
    """Give every series of the table, narrower ones and those never fixed too."""
    view = view_of(request)
    asked = when(view, set_name, as_of)
    latest = {}
    until_ns = view.time_ns() if asked.as_of_ns is None else asked.as_of_ns
    past = [day for day in view.days() if strike_ns(day) <= until_ns]
    for day in sorted(past, reverse=True):  # The latest that was known by then.
        latest = {f.series: f for f in view.day_fixings(day, asked.parameter_set, asked.as_of_ns)}
        if latest:
            break
    rows: Sequence[SeriesShown] = [
        SeriesShown(series, latest.get(series.ticker)) for series in ALL_SERIES
    ]
    return answered(request, json_bytes(object_of(SERIES_LIST, rows)), JSON, asked.keeping)


@get(
    "/api/series/{slug:str}",
    summary="One series: its history, and what its latest fixing was made from",
    responses=gives(shapes.SeriesHistory, "The series."),
    media_type=JSON,
    sync_to_thread=True,
)
def one_series(
    request: Asked,
    slug: Slug,
    last: Annotated[
        int, QueryParameter(ge=1, le=LAST_MOST, description="How many strikes, the latest ones.")
    ] = LAST_DEFAULT,
    set_name: SetName = None,
    as_of: AsOf = None,
) -> Response[bytes]:
    """Give one series, as it was known at a time."""
    series, view = series_named(slug), view_of(request)
    asked = when(view, set_name, as_of)
    known = view.fixings(series.ticker, asked.parameter_set, asked.as_of_ns)
    history = in_order(known)[-last:]
    latest = history[-1] if history else None
    body = json_bytes(series_object(series, latest, history))
    return answered(request, body, JSON, asked.keeping)


@get(
    "/api/series/{slug:str}/{day:str}",
    summary="One fix, with everything that is known of it",
    responses=gives(shapes.Dated, "The fix."),
    media_type=JSON,
    sync_to_thread=True,
)
def one_fix(
    request: Asked, slug: Slug, day: DayText, set_name: SetName = None, as_of: AsOf = None
) -> Response[bytes]:
    """Give a series at a strike: panel, what was left out, notes, vintages, companions, leaf."""
    series, view = series_named(slug), view_of(request)
    asked = when(view, set_name, as_of)
    dated = dated_of(view, series, day_asked(view, day), asked, Frame())
    return answered(request, json_bytes(object_of(DATED, dated)), JSON, asked.keeping)


@get(
    "/api/signed/{slug:str}/{day:str}",
    summary="One fix with its proof: its document, its leaf, the way to a signed root",
    responses=gives(shapes.SignedFix, "The signed fix."),
    media_type=JSON,
    sync_to_thread=True,
)
def signed(
    request: Asked, slug: Slug, day: DayText, set_name: SetName = None, as_of: AsOf = None
) -> Response[bytes]:
    """Give a fix that proves itself to whoever knows the key of the log."""
    series, view = series_named(slug), view_of(request)
    asked = when(view, set_name, as_of)
    fixing = fixing_of(view, series, day_asked(view, day), asked)
    proof = view.proof(fixing)
    if proof is None:
        raise NotFoundException(
            f"expected a leaf of {series.ticker} at {day} in the transparency log, found none"
        )
    return answered(request, signed_fix(fixing, proof), JSON)


@get(
    "/api/companions/{slug:str}/{day:str}",
    summary="The figures beside one fix",
    responses=gives(shapes.Companions, "The companions, by variant."),
    media_type=JSON,
    sync_to_thread=True,
)
def companions(request: Asked, slug: Slug, day: DayText, as_of: AsOf = None) -> Response[bytes]:
    """Give the companions of a fix."""
    series, view = series_named(slug), view_of(request)
    asked = when(view, None, as_of)
    known = view.companions(series.ticker, day_asked(view, day), asked.as_of_ns)
    return answered(request, json_bytes(object_of(COMPANION_LIST, known)), JSON, asked.keeping)


@get(
    "/api/attack/{slug:str}/{day:str}",
    summary="What it would cost to move one fix, and how far it could be moved",
    responses=gives(shapes.AttackCost, "The attack cost."),
    media_type=JSON,
    sync_to_thread=True,
)
def attack(
    request: Asked, slug: Slug, day: DayText, set_name: SetName = None, as_of: AsOf = None
) -> Response[bytes]:
    """Give the attack cost of a fix."""
    series, view = series_named(slug), view_of(request)
    asked = when(view, set_name, as_of)
    on = day_asked(view, day)
    fixing_of(view, series, on, asked)
    cost = view.attack(series.ticker, on, asked.parameter_set, asked.as_of_ns)
    return answered(request, json_bytes(object_of(ATTACK, cost)), JSON, asked.keeping)


@get(
    "/api/baskets/{day:str}",
    summary="The broad baskets at one strike: what arithmetic and bandwidth cost",
    responses=gives(shapes.Companions, "The baskets."),
    media_type=JSON,
    sync_to_thread=True,
)
def baskets(request: Asked, day: DayText, as_of: AsOf = None) -> Response[bytes]:
    """Give the figures over many chips."""
    view = view_of(request)
    asked = when(view, None, as_of)
    known = view.baskets(day_asked(view, day), asked.as_of_ns)
    return answered(request, json_bytes(object_of(COMPANION_LIST, known)), JSON, asked.keeping)


@get(
    "/api/release/{day:str}",
    summary="The release of a day: every series with its changes, and what became known",
    responses=gives(shapes.Release, "The release."),
    media_type=JSON,
    sync_to_thread=True,
)
def release(
    request: Asked,
    day: Annotated[
        str, PathParameter(description="Day of the strike, such as 2026-07-20, or `latest`.")
    ],
) -> Response[bytes]:
    """Give all that the page of a release shows; the latest word on each fix."""
    view = view_of(request)
    days = view.days()
    wanted = max(days) if day == LATEST and days else day_asked(view, day)

    def made() -> Json:
        found = release_of(view, wanted)
        return object_of(RELEASE_DATA, ReleaseData(found, news_of_release(found, view.news(0))))

    labels = {"labels": list(view.frame().labels)}  # They tell the time: never held.
    return answered(request, json_bytes(view.held(("release", wanted), made) | labels), JSON)


@get(
    "/api/news",
    summary="What became known: fixes, rejections, revisions, changes of the rules, outages",
    responses=gives(shapes.NewsList, "The news, the latest first."),
    media_type=JSON,
    sync_to_thread=True,
)
def news(
    request: Asked,
    kind: Annotated[
        str | None,
        QueryParameter(
            max_length=WORD_CHARACTERS_MAX, description=f"Only this kind: {', '.join(KINDS)}."
        ),
    ] = None,
    series: Name = None,
    since: Annotated[
        str | None,
        QueryParameter(
            max_length=WORD_CHARACTERS_MAX,
            description="Only what became known at 2026-07-20T00:35:00Z, say, or later.",
        ),
    ] = None,
    last: Annotated[
        int, QueryParameter(ge=1, le=NEWS_MOST, description="How many, the latest ones.")
    ] = NEWS_DEFAULT,
) -> Response[bytes]:
    """Give news."""
    wanted = kind_named(kind)
    ticker = "" if series is None else series_named(series).ticker
    since_ns = 0 if since is None else time_from_text("since", since)
    known = view_of(request).news(since_ns)
    items: Sequence[News] = chosen(known, wanted, ticker, since_ns, last)
    return answered(request, json_bytes(object_of(NEWS_LIST, items)), JSON)


def kind_named(kind: str | None) -> str:
    """Read a kind of news, "" for all; raises ValidationException."""
    if kind is not None and kind not in KINDS:
        raise ValidationException(f"kind: expected one of {', '.join(KINDS)}, found {found(kind)}")
    return kind or ""


@get(
    "/api/references",
    summary="Other publishers' levels beside ours, by date",
    responses=gives(shapes.References, "The levels, the latest last."),
    media_type=JSON,
    sync_to_thread=True,
)
def references(
    request: Asked,
    series: Name = None,
    publisher: Annotated[
        str | None, QueryParameter(max_length=WORD_CHARACTERS_MAX, description="Only this one's.")
    ] = None,
    last: Annotated[
        int, QueryParameter(ge=1, le=REFERENCES_MOST, description="How many, the latest ones.")
    ] = REFERENCES_MOST,
) -> Response[bytes]:
    """Give levels; those whose licence forbids it without their number."""
    ticker = None if series is None else series_named(series).ticker
    rows = [
        row
        for row in view_of(request).references()
        if ticker in (None, row.series) and publisher in (None, row.publisher)
    ]
    rows.sort(key=lambda row: (row.date, row.known_ns, row.publisher))
    ranked: Sequence[ReferenceRow] = rows[-last:]
    return answered(request, json_bytes(object_of(REFERENCE_LIST, ranked)), JSON)


@get(
    "/api/challenges",
    summary="Every challenge of a fix, a rule or a role, with its answer once there is one",
    responses=gives(shapes.Challenges, "The challenges, the earliest first."),
    media_type=JSON,
    sync_to_thread=True,
)
def challenges(request: Asked) -> Response[bytes]:
    """Give challenges, open and answered."""
    known = view_of(request).challenges()
    return answered(request, json_bytes(object_of(CHALLENGE_LIST, known)), JSON)


@get(
    "/api/realtime",
    summary="The real-time index: the last tick of every series, or those kept of one",
    responses=gives(shapes.Ticks, "The ticks."),
    media_type=JSON,
    sync_to_thread=True,
)
def realtime(request: Asked, series: Name = None) -> Response[bytes]:
    """Give ticks. No contract settles on them."""
    ticker = None if series is None else series_named(series).ticker
    ticks = view_of(request).ticks(ticker)
    return answered(request, json_bytes(object_of(TICK_LIST, ticks)), JSON, NEVER_KEPT)


@get(
    "/api/log",
    summary="The transparency log as it stands",
    responses=gives(shapes.LogStanding, "The log."),
    media_type=JSON,
    sync_to_thread=True,
)
def log_standing(request: Asked) -> Response[bytes]:
    """Give the size, the root, the signed checkpoint and the key of the log."""
    state = view_of(request).log_state()
    if state is None:
        raise NotFoundException("expected a transparency log, found none kept here")
    return answered(request, json_bytes(object_of(LOG, state)), JSON, REVALIDATED)


@get(
    "/healthz",
    summary="Whether the server answers",
    responses=gives(shapes.Health, "It does."),
    media_type=JSON,
    sync_to_thread=False,
)
def health(request: Asked) -> Response[bytes]:
    """Say that the server answers, and the day of its latest release."""
    days = view_of(request).days()
    latest = max(days).isoformat() if days else None
    return answered(request, json_bytes({"status": "ok", "day": latest}), JSON, NEVER_KEPT)


INDEX_API: Sequence[HTTPRouteHandler] = (
    series_list,
    one_series,
    one_fix,
    signed,
    companions,
    attack,
    baskets,
    release,
    news,
    references,
    challenges,
    realtime,
    log_standing,
    health,
)
