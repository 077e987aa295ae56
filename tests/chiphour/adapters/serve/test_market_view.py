"""MARKET_VIEW: the server asks a market for what the view names, beside its index.

Takes   a market that has those questions and no other.
Gives   failures.
Keeps   the server apart from journal and exchange.
Source  Decisions 0010 and 0023.
"""

import inspect

from litestar.testing import TestClient

from chiphour.adapters.serve.http import create_app
from chiphour.adapters.serve.market_view import MarketView

QUESTIONS = {
    name for name, each in vars(MarketView).items() if inspect.isfunction(each) and name[0] != "_"
}
PATHS = (
    "/api/curve/h100-sxm-od",
    *("/", "/release/2026-07-11", "/market", "/api/contracts", "/api/tasks"),
    "/api/book/H100SXMOD_USDC-PERPETUAL",
    "/data/market/2026-07-10/trades.parquet",
)


class Asked:
    """A market that remembers which of its own questions it was asked."""

    def __init__(self, market):
        self._market = market
        self.heard = set()

    def __getattr__(self, name):
        self.heard.add(name)
        return getattr(self._market, name)


def test_every_question_of_the_view_is_asked(shown):
    asked = Asked(shown.Shown(shown.fixings()))
    with TestClient(create_app(asked)) as client:
        for path in PATHS:
            assert client.get(path).status_code == 200, path
    expected = {"contracts", "book", "trades", "auction", "curve", "tasks", "daily"}
    assert asked.heard >= QUESTIONS == expected
