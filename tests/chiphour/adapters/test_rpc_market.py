"""TEST RPC MARKET: the public methods answer what they are asked, and ccxt reads it.

Takes   a real engine with two members; requests, also those that ccxt itself writes.
Gives   failures.
Keeps   an unknown param refused before anything is looked up.
Source  Deribit's API v2.
"""

import time

import pytest

from asked import Client
from asked import asked
from chiphour.adapters.rpc_market import METHODS
from chiphour.contracts import table
from chiphour.exchange.commands import Kind
from chiphour.wire.jsonrpc import RpcRefused
from told import order

NAME = "INDEX1_USDC-PERPETUAL"
BY_NAME, BY_CURRENCY = {"instrument_name": NAME}, {"currency": "USDC"}
BY_SPAN = BY_NAME | {"start_timestamp": 5, "end_timestamp": 9}
# What each method must be told; the others need nothing.
NEEDED = {
    **dict.fromkeys(
        (
            *("get_instrument", "ticker", "get_order_book", "get_book_summary_by_instrument"),
            *("get_contract_size", "get_last_trades_by_instrument"),
            *("get_last_trades_by_instrument_and_time", "get_last_settlements_by_instrument"),
        ),
        BY_NAME,
    ),
    **dict.fromkeys(
        (
            *("get_book_summary_by_currency", "get_index", "get_last_trades_by_currency"),
            *("get_last_trades_by_currency_and_time", "get_last_settlements_by_currency"),
        ),
        BY_CURRENCY,
    ),
    **dict.fromkeys(
        ("get_funding_rate_history", "get_funding_rate_value"),
        BY_SPAN,
    ),
    "get_order_book_by_instrument_id": {"instrument_id": 0},
    "get_index_price": {"index_name": "CHR.INDEX1"},
    "get_delivery_prices": {"index_name": "CHR.INDEX1"},
    "get_funding_chart_data": BY_NAME | {"length": "8h"},
    "get_tradingview_chart_data": BY_SPAN | {"resolution": "1"},
}


@pytest.fixture(scope="module")
def told():
    """Give a market in which 8 bought 4 of 10 at $2.40, and a bid stands at $2.30."""
    found = asked(funding_period_s=3600)
    found.tell(order(9, "sell", 240, 10), order(8, "buy", 245, 4), order(8, "buy", 230, 7))
    return found


def say(told, word, **params):
    return told.door.say(f"public/{word}", **(NEEDED.get(word, {}) | params))


def refused(told, word, **params):
    with pytest.raises(RpcRefused) as caught:
        say(told, word, **params)
    return caught.value


@pytest.mark.parametrize("method", METHODS)
def test_every_method_answers_and_refuses_what_it_does_not_know(told, method):
    word = method.removeprefix("public/")
    assert say(told, word) is not None
    found = refused(told, word, colour="red")
    assert (found.code, found.data["param"]) == (-32602, "colour")


@pytest.mark.parametrize("method", sorted(NEEDED))
def test_what_is_needed_is_refused_by_its_name_when_it_is_missing(told, method):
    for name in NEEDED[method]:
        assert refused(told, method, **{name: None}).data["param"] == name


def test_the_market_is_read_as_it_is(told):
    (instrument,) = say(told, "get_instruments")
    assert (instrument["instrument_name"], instrument["instrument_id"]) == (NAME, 0)
    assert say(told, "get_instruments", expired=True) == []
    assert say(told, "get_instruments", currency="BTC") == []
    assert say(told, "get_instrument") == instrument
    ticker = say(told, "ticker")
    assert (ticker["best_bid_price"], ticker["best_ask_price"]) == (2.3, 2.4)
    assert (ticker["best_ask_amount"], ticker["last_price"]) == (6, 2.4)
    book = say(told, "get_order_book", depth=1)
    assert book["bids"] == [[2.3, 7]] and book["asks"] == [[2.4, 6]]
    assert book == say(told, "get_order_book_by_instrument_id", depth=1)
    assert say(told, "get_index_price")["index_price"] == 2.5
    assert say(told, "get_index") == {"INDEX1": 2.5, "edp": 2.5}
    assert say(told, "get_index_price_names") == ["CHR.INDEX1"]
    assert say(told, "get_index_price_names", extended=True)[0]["name"] == "CHR.INDEX1"
    assert say(told, "get_contract_size") == {"contract_size": 1}
    assert say(told, "get_announcements", count=7) == []
    (volumes,) = say(told, "get_trade_volumes", extended=True)
    assert (volumes["futures_volume"], volumes["futures_volume_30d"]) == (4, 4)


def test_pages_and_spans_reach_the_board_as_they_were_asked(told):
    trades = say(told, "get_last_trades_by_instrument", start_seq=3, count=7, include_old=True)
    assert trades["trades"][:2] == [[0], 7] and trades["trades"][4] == 3
    assert say(told, "get_last_trades_by_currency", currency="BTC")["trades"][0] == []
    assert say(told, "get_tradingview_chart_data")["ticks"] == [0, 5, 9]
    assert refused(told, "get_tradingview_chart_data", resolution="7").data["param"] == "resolution"
    assert say(told, "get_funding_rate_value") == 4
    said = say(told, "get_last_settlements_by_instrument", type="delivery", continuation="5")
    assert said["settlements"] == [[0], "delivery", 20, 5]
    found = say(told, "get_delivery_prices", offset=1, count=2)
    assert [each["delivery_price"] for each in found["data"]] == [2, 3]
    assert found["records_total"] == 5
    nearest = refused(told, "get_delivery_prices", index_name="btc_usd").data["nearest"]
    assert nearest == ["CHR.INDEX1"]
    assert refused(told, "get_order_book_by_instrument_id", instrument_id=9).data["nearest"] == [0]


def test_a_test_can_be_asked_to_fail(told):
    assert say(told, "test")["version"]
    assert refused(told, "test", expected_result="exception").code == 11029


def test_the_time_is_this_machines(told):
    before = time.time_ns() // 1_000_000
    assert before <= say(told, "get_time") <= time.time_ns() // 1_000_000


def test_a_halt_is_told_as_a_lock():
    halted = asked()
    assert halted.door.say("public/status")["locked"] == "false"
    halted.list(1, taker_fee_ppm=0)
    halted.do(Kind.HALT, contract=0, mode=2)
    assert halted.door.say("public/status")["locked"] == "partial"
    halted.do(Kind.HALT, contract=1, mode=2)
    said = halted.door.say("public/status")
    assert (said["locked"], said["locked_currencies"]) == ("true", ["USDC"])
    assert halted.state.row(0)[table.MODE] == 2


def test_ccxt_reads_the_market_by_its_own_requests(told):
    """Each call writes its request itself; what is not named here the clients' tests run whole."""
    client = Client(told.door)
    market = client.load_markets()["INDEX1/USDC:USDC"]
    assert market["swap"] and market["linear"] and market["active"]
    symbol = market["symbol"]
    assert client.fetch_ticker(symbol)["bid"] == 2.3
    assert client.fetch_tickers([symbol])[symbol]["ask"] == 2.4  # By the base, as a currency.
    assert client.fetch_order_book(symbol)["asks"] == [[2.4, 6]]
    assert client.fetch_order_book(symbol, 25)["bids"] == [[2.3, 7]]
    assert client.fetch_open_interest(symbol)["info"]["open_interest"] == 4
    assert client.fetch_status()["status"] == "ok"
    assert client.fetch_time() > 0
    assert client.fetch_funding_rate(symbol)["fundingRate"] == 8 * 3600 * 1000
    assert len(client.fetch_funding_rate_history(symbol)) == 1
