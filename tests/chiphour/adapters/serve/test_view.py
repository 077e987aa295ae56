"""VIEW: the server asks a market for nothing but what the view names.

Takes   a market that has those questions and no other.
Gives   failures.
Keeps   the server apart from archive, journal and exchange.
Source  Decision 0010.
"""

import inspect

import pytest
from litestar.testing import TestClient

from chiphour.adapters.serve.http import create_app
from chiphour.adapters.serve.view import CollectionView
from chiphour.adapters.serve.view import MarketView

QUESTIONS = {
    name
    for view in (MarketView, CollectionView)
    for name, each in vars(view).items()
    if inspect.isfunction(each) and name[0] != "_"
}
PATHS = (
    *("/", "/release/2026-07-11", "/series/h100-sxm-od", "/market", "/data/fixings.csv"),
    *("/data/fixings.json", "/api/series", "/api/series/l4-od", "/api/contracts", "/healthz"),
    *("/api/book/H100SXMOD_USDC-PERPETUAL", "/api/offers", "/api/venues", "/api/refusals"),
    "/api/commitments",
    "/metrics",
)


class Asked:
    """A market that answers only the questions of the view, and remembers them."""

    def __init__(self, market):
        self._market = market
        self.heard = set()

    def __getattr__(self, name):
        assert name in QUESTIONS, name
        self.heard.add(name)
        return getattr(self._market, name)


def test_the_view_is_all_that_is_asked(shown):
    """Ask for every page and file: each question of the view is used, and no other."""
    asked = Asked(shown.Shown(shown.fixings()))
    with TestClient(create_app(asked)) as client:
        for path in PATHS:
            assert client.get(path).status_code == 200, path
    assert asked.heard == QUESTIONS
    with pytest.raises(AssertionError):
        _ = asked.archive
