"""HTTP: the web server of a market: its index, and what is traded on it.

Takes   a `MarketView`.
Gives   `create_app`, an ASGI application.
Keeps   all that `index_app` serves at the same addresses.
Source  Decisions 0010 and 0023.
"""

from collections.abc import Sequence

from litestar import Litestar

from chiphour.adapters.serve.api import MARKET_API
from chiphour.adapters.serve.index_app import DESCRIBED
from chiphour.adapters.serve.index_app import PAGES
from chiphour.adapters.serve.index_app import Lifespan
from chiphour.adapters.serve.index_app import application
from chiphour.adapters.serve.market_view import MarketView
from chiphour.adapters.serve.pages import MARKET_PAGES

API = (*DESCRIBED, *MARKET_API)


def create_app(market: MarketView, lifespan: Sequence[Lifespan] = ()) -> Litestar:
    """Give the application that shows a market; `lifespan` as for `create_index_app`."""
    return application(API, [*MARKET_PAGES, *PAGES], market, lifespan)
