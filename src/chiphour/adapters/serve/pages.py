"""PAGES: a market for people, as HTML: releases with what was traded, contracts, books.

Takes   requests.
Gives   pages of `publish`.
Keeps   the address of a release for good.
Source  Decision 0010.
"""

from collections.abc import Sequence
from datetime import date

from litestar import Response
from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from chiphour.adapters.serve import gathered
from chiphour.adapters.serve.answer import HTML
from chiphour.adapters.serve.answer import Asked
from chiphour.adapters.serve.answer import answered
from chiphour.adapters.serve.asked import day_asked
from chiphour.adapters.serve.market_view import MarketView
from chiphour.adapters.serve.market_view import market_of
from chiphour.publish.market import LEVELS_SHOWN
from chiphour.publish.market import TRADES_SHOWN
from chiphour.publish.market import Listing
from chiphour.publish.market import MarketRelease
from chiphour.publish.market import market_page
from chiphour.publish.market import market_release_page


@get("/", include_in_schema=False, media_type=HTML, sync_to_thread=False)
def latest_release(request: Asked) -> Response[bytes]:
    """Show the latest release."""
    market = market_of(request)
    days = market.days()
    if not days:
        raise NotFoundException("expected a first release, found none yet: nothing was fixed")
    return answered(request, market_release_page(release_of(market, max(days))), HTML)


@get("/release/{day:str}", include_in_schema=False, media_type=HTML, sync_to_thread=False)
def dated_release(request: Asked, day: FromPath[str]) -> Response[bytes]:
    """Show the release of a day."""
    market = market_of(request)
    only = day_asked(market, day)
    return answered(request, market_release_page(release_of(market, only)), HTML)


@get("/market", include_in_schema=False, media_type=HTML, sync_to_thread=False)
def market(request: Asked) -> Response[bytes]:
    """Show the contracts, their books and trades."""
    view = market_of(request)
    return answered(request, market_page(listings_of(view), view.frame()), HTML)


def release_of(market: MarketView, day: date) -> MarketRelease:
    """Gather what the release page of a day shows; the market of the moment on the latest only."""
    release = gathered.release_of(market, day)
    listings = tuple(listings_of(market)) if release.later is None else ()
    return MarketRelease(release, listings, market.auction(day))


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


MARKET_PAGES: Sequence[HTTPRouteHandler] = (latest_release, dated_release, market)
