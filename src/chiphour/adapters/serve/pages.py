"""PAGES: the release, the series and the market for people, as HTML.

Takes   requests.
Gives   pages of `publish`.
Keeps   the address of a release and of a series for good.
Source  Decision 0010.
"""

from datetime import date

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from chiphour.adapters.serve.answer import HTML
from chiphour.adapters.serve.answer import SVG
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.answer import day_from_text
from chiphour.adapters.serve.answer import market_of
from chiphour.adapters.serve.api import series_named
from chiphour.adapters.serve.view import MarketView
from chiphour.publish.datasets import strike_day
from chiphour.publish.market import LEVELS_SHOWN
from chiphour.publish.market import TRADES_SHOWN
from chiphour.publish.market import Listing
from chiphour.publish.market import market_page
from chiphour.publish.page import ICON
from chiphour.publish.release import Release
from chiphour.publish.release import release_page
from chiphour.publish.series_page import series_page


@get("/", include_in_schema=False, media_type=HTML, sync_to_thread=False)
def latest_release(request: Asked) -> Response[bytes]:
    """Show the latest release."""
    market = market_of(request)
    days = market.days()
    if not days:
        raise NotFoundException("expected a first release, found none yet: nothing was fixed")
    return answered(request, release_page(release_of(market, max(days))), HTML)


@get("/release/{day:str}", include_in_schema=False, media_type=HTML, sync_to_thread=False)
def dated_release(request: Asked, day: FromPath[str]) -> Response[bytes]:
    """Show the release of a day."""
    market = market_of(request)
    only = day_from_text(day, market.days())
    return answered(request, release_page(release_of(market, only)), HTML)


@get("/series/{slug:str}", include_in_schema=False, media_type=HTML, sync_to_thread=False)
def series(request: Asked, slug: FromPath[str]) -> Response[bytes]:
    """Show a series."""
    market, named = market_of(request), series_named(slug)
    return answered(request, series_page(named, market.fixings(named.ticker), market.frame()), HTML)


@get("/market", include_in_schema=False, media_type=HTML, sync_to_thread=False)
def market(request: Asked) -> Response[bytes]:
    """Show the contracts, their books and trades."""
    view = market_of(request)
    return answered(request, market_page(listings_of(view), view.frame()), HTML)


@get("/favicon.svg", include_in_schema=False, media_type=SVG, sync_to_thread=False)
def favicon(request: Asked) -> Response[bytes]:
    """Give the icon of the pages."""
    return answered(request, ICON.encode(), SVG)


def release_of(market: MarketView, day: date) -> Release:
    """Gather what the release page of a day shows; the market of the moment on the latest only."""
    days = sorted(market.days())
    place = days.index(day)
    fixings = [fixing for fixing in market.fixings() if strike_day(fixing) <= day]
    latest = place == len(days) - 1
    return Release(
        day=day,
        fixings=tuple(fixing for fixing in fixings if strike_day(fixing) == day),
        history=tuple(fixings),
        earlier=days[place - 1] if place > 0 else None,
        later=None if latest else days[place + 1],
        listings=tuple(listings_of(market)) if latest else (),
        auction=market.auction(day),
        frame=market.frame(),
    )


def listings_of(market: MarketView) -> list[Listing]:
    """Gather what the pages show of each contract's trading."""
    return [
        Listing(
            contract,
            market.book(contract.name, LEVELS_SHOWN),
            tuple(market.trades(contract.name, TRADES_SHOWN)),
        )
        for contract in market.contracts()
    ]
