"""TEST MARKET_FILES: a day's tables have their address for good.

Takes   a market of records, served as a process.
Gives   claims on answers.
Keeps   a day that is not over unanswered.
Source  Decision 0034.
"""

import httpx
import pytest

from chiphour.publish.daily import TABLES


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_a_day_is_served(address, shown, name):
    answer = httpx.get(f"{address}/data/market/{shown.FIRST}/{name}.parquet")
    assert answer.content == f"PAR1 {name}".encode()
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("2026-07-11/trades.parquet", 404, "expected a day of trading that is over"),
        ("2026-07-10/accounts.parquet", 404, "expected one of trades.parquet"),
        ("2026-07-10/..%2fserver.json", 404, "expected"),
        ("2020-01-01/trades.parquet", 404, "expected a day with a release"),
        ("today/trades.parquet", 400, "expected a day such as"),
    ],
)
def test_what_is_not_there_is_said_in_one_sentence(address, path, status, words):
    answer = httpx.get(f"{address}/data/market/{path}")
    assert (answer.status_code, words in answer.json()["error"]) == (status, True)
