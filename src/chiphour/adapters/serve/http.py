"""HTTP: the web server of a market: its index, and what is traded on it.

Takes   a `MarketView`; in a lifespan, an office (office.py) for members and the operator.
Gives   `create_app`, an ASGI application.
Keeps   all that `index_app` serves at the same addresses.
Source  Decisions 0010, 0023 and 0034.
"""

from collections.abc import Sequence

from litestar import Litestar

from chiphour.adapters.serve.alerts_api import ALERTS_API
from chiphour.adapters.serve.api import MARKET_API
from chiphour.adapters.serve.auction_api import AUCTION_API
from chiphour.adapters.serve.auction_desk import AUCTION_DESK
from chiphour.adapters.serve.exchange_api import EXCHANGE_API
from chiphour.adapters.serve.index_app import DESCRIBED
from chiphour.adapters.serve.index_app import PAGES
from chiphour.adapters.serve.index_app import Lifespan
from chiphour.adapters.serve.index_app import application
from chiphour.adapters.serve.market_files import MARKET_FILES
from chiphour.adapters.serve.market_view import MarketView
from chiphour.adapters.serve.member_api import MEMBER_API
from chiphour.adapters.serve.operator_api import OPERATOR_API
from chiphour.adapters.serve.oversight_api import OVERSIGHT_API
from chiphour.adapters.serve.pages import MARKET_PAGES
from chiphour.adapters.serve.question_api import QUESTION_API

API = (
    *(*DESCRIBED, *MARKET_API, *MARKET_FILES),
    *(*EXCHANGE_API, *MEMBER_API, *OPERATOR_API, *OVERSIGHT_API),
    *(*AUCTION_API, *AUCTION_DESK, *QUESTION_API, *ALERTS_API),
)


def create_app(market: MarketView, lifespan: Sequence[Lifespan] = ()) -> Litestar:
    """Give the application that shows a market; `lifespan` as for `create_index_app`."""
    return application(API, [*MARKET_PAGES, *PAGES], market, lifespan)
