"""API: what programs get, over a real connection.

Takes   the served market.
Gives   failures.
Keeps   every answer readable by its published shape, strictly.
Source  Decision 0010.
"""

import csv
import hashlib
import io

import httpx
import msgspec
import pytest

from chiphour.adapters.serve import shapes
from chiphour.adapters.serve import shapes_market
from chiphour.adapters.serve.asked import series_named
from chiphour.index.series import ALL_SERIES
from chiphour.publish.datasets import fixings_csv
from chiphour.publish.release import release_digest

BOOK = "/api/book/H100SXMOD_USDC-PERPETUAL"


def test_the_csv_is_the_fixings(address, shown):
    answer = httpx.get(address + "/data/fixings.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.content == fixings_csv(shown.fixings())


def test_the_file_of_a_day_has_the_hash_on_its_page(address, shown):
    answer = httpx.get(address + "/data/fixings.csv?date=2026-07-12")
    digest = hashlib.sha256(answer.content).hexdigest()
    assert digest in httpx.get(address + "/release/2026-07-12").text
    own = [f for f in shown.fixings() if f.strike_ns // 86_400_000_000_000 == 20_646]
    assert digest == release_digest(own)


def test_the_csv_of_a_series(address):
    for name in ("l4-od", "CHR.L4.OD"):
        answer = httpx.get(address + "/data/fixings.csv", params={"series": name})
        rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
        assert {row["series"] for row in rows} == {"CHR.L4.OD"}
        assert len(rows) == 6


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/data/fixings.json", shapes.Fixings),
        ("/data/fixings.json?date=2026-07-13", shapes.Fixings),
        ("/api/series", shapes.SeriesList),
        ("/api/series/h100-sxm-od", shapes.SeriesHistory),
        ("/api/series/CHR.T4.OD?last=2", shapes.SeriesHistory),
        ("/api/contracts", shapes_market.Contracts),
        (BOOK, shapes_market.Book),
        ("/api/curve/h100-sxm-od", shapes_market.Curve),
        ("/api/tasks", shapes_market.Tasks),
        ("/healthz", shapes.Health),
    ],
)
def test_answers_have_the_published_shape(address, path, shape):
    answer = httpx.get(address + path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    msgspec.json.decode(answer.content, type=shape, strict=True)


def test_every_series_is_listed_those_never_fixed_too(address):
    found = httpx.get(address + "/api/series").json()["series"]
    assert [row["series"] for row in found] == [series.ticker for series in ALL_SERIES]
    by_slug = {row["slug"]: row["latest"] for row in found}
    assert by_slug["h100-sxm-od"]["fix_usd"] == "3.1750"
    assert by_slug["t4-od"]["fix_usd"] is None
    assert by_slug["t4-od"]["reason"] == "NO_DATA"


def test_a_series_has_its_history_and_panel(address):
    found = httpx.get(address + "/api/series/h100-sxm-od").json()
    assert [row["date"][-2:] for row in found["history"]] == ["10", "11", "12", "13", "14", "15"]
    assert found["history"][3]["reason"] == "STALE"
    assert len(found["latest"]["members"]) == 7
    assert found["latest"]["members"][0]["venues"]
    two = httpx.get(address + "/api/series/h100-sxm-od?last=2").json()
    assert [row["date"][-2:] for row in two["history"]] == ["14", "15"]


def test_tasks_are_told_as_the_market_tells_them(address):
    answer = httpx.get(address + "/api/tasks")
    waiting, failed = answer.json()["tasks"]
    assert (waiting["task"], waiting["state"], waiting["last_error"]) == ("fix", "waiting", "")
    assert waiting["next"] == "2026-07-10T00:30:00Z"
    assert (failed["state"], failed["failures"], failed["missed"]) == ("backing off", 1, 7)
    assert failed["last_success"] is None
    assert answer.headers["cache-control"] == "no-store"


def test_a_traded_future_tells_its_premium_over_the_model(address):
    points = httpx.get(address + "/api/curve/h100-sxm-od").json()["points"]
    premiums = {(point["source"], point["name"]): point["premium_percent"] for point in points}
    assert premiums["future", "near"] == "-0.4922"
    assert [name for name, premium in premiums.items() if premium] == [("future", "near")]


def test_a_book_has_as_many_levels_as_asked(address):
    for depth, levels in ((1, 1), (1_000, 1_000), (None, 20)):
        params = {} if depth is None else {"depth": depth}
        found = httpx.get(address + BOOK, params=params).json()
        assert len(found["bids"]) == len(found["asks"]) == levels
    assert found["bids"][0] == {"price_usd": "3.1800", "lots": 500}
    assert found["asks"][1] == {"price_usd": "3.1851", "lots": 401}
    assert found["sequence"] == 18_233
    assert found["time"] == "2026-07-10T01:30:00Z"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        (BOOK + "?depth=0", 400, "depth: expected `int` >= 1, found '0'"),
        (BOOK + "?depth=1001", 400, "depth: expected `int` <= 1000, found '1001'"),
        (BOOK + "?depth=ten", 400, "depth: expected `int`"),
        (BOOK + "?depth=-1", 400, "found '-1'"),
        (
            "/api/book/NOPE",
            404,
            "expected the name of a contract, see /api/contracts, found 'NOPE'",
        ),
        ("/api/series/h100", 404, "expected a series such as h100-sxm-od, found 'h100'"),
        ("/api/series/h100-sxm-od?last=0", 400, "last: expected `int` >= 1"),
        ("/data/fixings.csv?date=July", 400, "expected a day such as 2026-07-20, found 'July'"),
        ("/data/fixings.json?date=2026-07-09", 404, "a day with a release from 2026-07-10"),
        ("/data/fixings.csv?series=", 404, "expected a series such as h100-sxm-od, found ''"),
        ("/api/nothing", 404, "expected an address of this market, found '/api/nothing'"),
        ("/api/series/gb200-r1y", 503, "archive: expected its rows, found it damaged"),
        ("/api/series/" + "x" * 500, 404, "\u2026'"),
    ],
)
def test_a_bad_request_is_one_sentence(address, path, status, words):
    answer = httpx.get(address + path)
    assert answer.status_code == status
    assert words in msgspec.json.decode(answer.content, type=shapes.Fault).error
    assert len(answer.content) < 300


def test_a_fault_of_ours_tells_nothing_of_its_inside(address):
    answer = httpx.get(address + "/api/series/mi250-od")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_only_what_is_asked_by_get_is_answered(address):
    answer = httpx.post(address + "/api/series")
    assert answer.status_code == 405
    assert answer.json() == {"error": "expected GET or HEAD, found 'POST'"}
    assert "GET" in answer.headers["allow"]
    head = httpx.head(address + "/data/fixings.csv")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 1_000


def test_a_series_is_found_by_either_name():
    assert series_named("H100-SXM-OD") == series_named("chr.h100.sxm.od")
