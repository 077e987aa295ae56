"""VIEW: the server asks an index for nothing but what the view names.

Takes   an index that has those questions and no other.
Gives   failures.
Keeps   the server apart from archive and log.
Source  Decisions 0010 and 0023.
"""

import importlib
import inspect

import pytest
from litestar.testing import TestClient

from chiphour.adapters.serve.index_app import create_index_app
from chiphour.adapters.serve.view import CollectionView
from chiphour.adapters.serve.view import IndexView

QUESTIONS = {
    name
    for view in (IndexView, CollectionView)
    for name, each in vars(view).items()
    if inspect.isfunction(each) and name[0] != "_"
}
DAY = "2026-07-11"
PATHS = (
    *("/", f"/release/{DAY}", "/series/h100-sxm-od", f"/series/h100-sxm-od/{DAY}", "/news"),
    *("/references", "/log", "/log/tile/0/000.p/9", "/log/checkpoint", "/api/log"),
    "/report",
    *("/data/fixings.csv", "/data/fixings.json", "/data/fixings.parquet", "/api/series"),
    *("/api/series/l4-od", f"/api/signed/l4-od/{DAY}", f"/api/companions/l4-od/{DAY}"),
    *(f"/api/attack/l4-od/{DAY}", "/api/challenges", f"/api/release/{DAY}", "/api/datasets"),
    *("/api/series/l4-od/distribution", "/api/series/l4-od/hours", "/cards/release.png"),
    *(f"/api/baskets/{DAY}", "/api/news", "/api/references", "/api/realtime", "/healthz"),
    *("/api/offers", "/api/venues", "/api/refusals", "/api/commitments", "/metrics"),
    "/api/signals",
)


class Asked:
    """An index that answers only the questions of the view, and remembers them."""

    def __init__(self, index):
        self._index = index
        self.heard = set()

    def __getattr__(self, name):
        assert name in QUESTIONS, name
        self.heard.add(name)
        return getattr(self._index, name)


def test_the_view_is_all_that_is_asked(tmp_path):
    """Ask for every page and file: each question of the view is used, and no other."""
    asked = Asked(importlib.import_module("indexed").made(tmp_path))
    with TestClient(create_index_app(asked)) as client:
        for path in PATHS:
            assert client.get(path).status_code == 200, path
    assert asked.heard == QUESTIONS
    with pytest.raises(AssertionError):
        _ = asked.archive
