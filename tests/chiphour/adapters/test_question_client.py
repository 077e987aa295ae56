"""TEST QUESTION CLIENT: a market that runs is asked, its book priced, orders placed with a key.

Takes   a real market with its doors open, listing an average of August.
Gives   failures.
Keeps   nothing sent but by `send_orders`; the market's refusals in its own words.
Source  docs/how-to/hedge.md; decision 0044.
"""

import json

import pytest

from chiphour.adapters.auction_client import AskedRefused
from chiphour.adapters.question_client import ask_market
from chiphour.adapters.question_client import orders_text
from chiphour.adapters.question_client import send_orders
from chiphour.adapters.serve.shapes_hedge import Hedge
from chiphour.adapters.serve.shapes_hedge import HedgeAsked
from chiphour.adapters.serve.shapes_hedge import MonthAsked
from rpc_client import Caller
from trading import contracts_beside
from trading import trading

pytestmark = pytest.mark.suite
AUGUST = "H100SXMODAVG_USDC-31AUG26"
ASKED = HedgeAsked(months=[MonthAsked(month="2026-08", hours=500)], price_usd="3.00")


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market"), beside=contracts_beside()) as found:
        yield found


@pytest.fixture
def key(floor, tmp_path):
    path = tmp_path / "key.json"
    member = floor.members[0]
    path.write_text(json.dumps({"key": {"id": member.key}, "secret": member.secret}))
    path.chmod(0o600)
    return path


def test_the_book_is_priced_and_the_orders_fill(floor, key):
    seller = Caller(floor.url, floor.members[1])
    seller("private/sell", instrument_name=AUGUST, amount=300, type="limit", price=3.01)
    seller("private/sell", instrument_name=AUGUST, amount=900, type="limit", price=3.02)
    found = ask_market(floor.url, "/api/hedge", ASKED, Hedge)
    (leg,) = found.legs
    assert (leg.contract, leg.price_source, leg.lots_offered) == (AUGUST, "book", 1_200)
    assert leg.price_usd == "3.014000"  # 300 at 3.01, 200 at 3.02.
    assert leg.limit_usd == "3.020000"
    assert not Caller(floor.url, floor.members[0])("private/get_positions")  # Nothing was sent.
    (result,) = send_orders(floor.url, key, found.orders)
    assert result["order"]["order_state"] == "filled"
    assert result["order"]["average_price"] == pytest.approx(3.014)
    (position,) = Caller(floor.url, floor.members[0])("private/get_positions")
    assert (position["instrument_name"], position["size"]) == (AUGUST, 500)
    account = Caller(floor.url, floor.members[0])("private/get_account_summary", currency="USDC")
    assert account["initial_margin"] == pytest.approx(float(found.margin.initial_usd), rel=0.02)


def test_what_the_market_refuses_is_told(floor, key):
    past = HedgeAsked(months=[MonthAsked(month="2026-07", hours=5)], price_usd="3.00")
    with pytest.raises(AskedRefused, match="expected 2026-08 or later"):
        ask_market(floor.url, "/api/hedge", past, Hedge)
    found = ask_market(floor.url, "/api/hedge", ASKED, Hedge)
    found.orders[0].params.instrument_name = "H100SXMOD_USDC-31AUG99"
    with pytest.raises(AskedRefused, match="instrument_name"):
        send_orders(floor.url, key, found.orders)


def test_a_market_that_is_not_there_is_one_line():
    with pytest.raises(AskedRefused, match="expected a market to answer"):
        ask_market("http://127.0.0.1:9", "/api/hedge", ASKED, Hedge)


def test_orders_are_json_rpc_one_a_line(floor):
    text = orders_text(ask_market(floor.url, "/api/hedge", ASKED, Hedge).orders)
    (line,) = text.splitlines()
    found = json.loads(line)
    assert (found["jsonrpc"], found["id"], found["method"]) == ("2.0", 1, "private/buy")
    assert found["params"]["label"] == "hedge-2026-08"
