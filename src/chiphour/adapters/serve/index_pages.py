"""INDEX_PAGES: the index for people, as HTML: releases, series, single fixes, news, log.

Takes   requests.
Gives   pages of `publish`.
Keeps   the address of a release, of a series and of a fix for good. Needs nothing of a market.
Source  Decisions 0010 and 0023.
"""

from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.params import QueryParameter

from chiphour.adapters.serve.answer import HTML
from chiphour.adapters.serve.answer import REVALIDATED
from chiphour.adapters.serve.answer import SVG
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import view_of
from chiphour.adapters.serve.asked import WORD_CHARACTERS_MAX
from chiphour.adapters.serve.asked import AsOf
from chiphour.adapters.serve.asked import SetName
from chiphour.adapters.serve.asked import day_asked
from chiphour.adapters.serve.asked import frame_of
from chiphour.adapters.serve.asked import series_named
from chiphour.adapters.serve.asked import when
from chiphour.adapters.serve.gathered import dated_of
from chiphour.adapters.serve.gathered import release_of
from chiphour.adapters.serve.index_api import kind_named
from chiphour.index.parameters import V2026_1
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import strike_day
from chiphour.publish.day_page import day_page
from chiphour.publish.log_page import log_page
from chiphour.publish.news import NEWS_DEFAULT
from chiphour.publish.news import chosen
from chiphour.publish.news_page import news_page
from chiphour.publish.page import ICON
from chiphour.publish.references import references_page
from chiphour.publish.release import release_page
from chiphour.publish.series_page import series_page


@get("/", include_in_schema=False, media_type=HTML, sync_to_thread=True)
def latest_release(request: Asked) -> Response[bytes]:
    """Show the latest release."""
    view = view_of(request)
    days = view.days()
    if not days:
        raise NotFoundException("expected a first release, found none yet: nothing was fixed")
    return answered(request, release_page(release_of(view, max(days))), HTML)


@get("/release/{day:str}", include_in_schema=False, media_type=HTML, sync_to_thread=True)
def dated_release(request: Asked, day: FromPath[str]) -> Response[bytes]:
    """Show the release of a day."""
    view = view_of(request)
    return answered(request, release_page(release_of(view, day_asked(view, day))), HTML)


@get("/series/{slug:str}", include_in_schema=False, media_type=HTML, sync_to_thread=True)
def series(request: Asked, slug: FromPath[str]) -> Response[bytes]:
    """Show a series."""
    view, named = view_of(request), series_named(slug)
    known = in_order(view.fixings(named.ticker))
    if not known:
        return answered(request, series_page(named, (), view.frame()), HTML)
    day = strike_day(known[-1])
    beside = view.companions(named.ticker, day, None)
    sets = view.sets(named.ticker, day, V2026_1.parameter_set, None)
    return answered(request, series_page(named, known, view.frame(), beside, sets), HTML)


@get("/series/{slug:str}/{day:str}", include_in_schema=False, media_type=HTML, sync_to_thread=True)
def dated_fix(
    request: Asked,
    slug: FromPath[str],
    day: FromPath[str],
    set_name: SetName = None,
    as_of: AsOf = None,
) -> Response[bytes]:
    """Show a series at a strike, as it was known at a time."""
    view, named = view_of(request), series_named(slug)
    asked = when(view, set_name, as_of)
    frame = frame_of(request)
    dated = dated_of(view, named, day_asked(view, day), asked, frame)
    keeping = REVALIDATED if frame.labels else asked.keeping  # Labels tell the time of a market.
    return answered(request, day_page(dated), HTML, keeping)


@get("/news", include_in_schema=False, media_type=HTML, sync_to_thread=True)
def news(
    request: Asked,
    kind: Annotated[str | None, QueryParameter(max_length=WORD_CHARACTERS_MAX)] = None,
) -> Response[bytes]:
    """Show the latest news, of one kind or all."""
    view, wanted = view_of(request), kind_named(kind)
    items = chosen(view.news(0), wanted, "", 0, NEWS_DEFAULT)
    return answered(request, news_page(items, wanted, view.frame()), HTML)


@get("/references", include_in_schema=False, media_type=HTML, sync_to_thread=True)
def references(request: Asked) -> Response[bytes]:
    """Show other publishers' levels beside ours."""
    view = view_of(request)
    return answered(request, references_page(view.references(), view.frame()), HTML)


@get("/log", include_in_schema=False, media_type=HTML, sync_to_thread=True)
def log(request: Asked) -> Response[bytes]:
    """Show the transparency log."""
    view = view_of(request)
    return answered(request, log_page(view.log_state(), view.frame()), HTML)


@get("/favicon.svg", include_in_schema=False, media_type=SVG, sync_to_thread=False)
def favicon(request: Asked) -> Response[bytes]:
    """Give the icon of the pages."""
    return answered(request, ICON.encode(), SVG)


# Those that a market shows in its own way, with what is traded, stand apart.
RELEASES: Sequence[HTTPRouteHandler] = (latest_release, dated_release)
INDEX_PAGES: Sequence[HTTPRouteHandler] = (
    series,
    dated_fix,
    news,
    references,
    log,
    favicon,
)
