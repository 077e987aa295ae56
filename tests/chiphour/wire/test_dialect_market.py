"""TEST DIALECT MARKET: a contract is told as it is now, and as clients read it.

Takes   storms on the plain exchange; a small market of two members.
Gives   failures.
Keeps   what the exchange would take inside the prices that are told; the funding rate that it
        would pay.
Source  Deribit's API v2; rulebook 4, 5, 9.7.
"""

from decimal import Decimal

import ccxt
import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.simulate.storm_hand import seeded
from chiphour.wire import dialect_market
from chiphour.wire.dialect_market import Call
from chiphour.wire.dialect_market import Paid
from chiphour.wire.dialect_market import Quote
from chiphour.wire.dialect_market import Traded
from historied import Market
from historied import spoken
from historied import written
from told import LIMITS
from told import NOW
from told import order

TICKER_FIELDS = (
    "timestamp state best_bid_price best_bid_amount best_ask_price best_ask_amount last_price "
    "mark_price index_price min_price max_price stats open_interest settlement_price "
    "estimated_delivery_price instrument_name index_quality"
).split()
FUNDING_FIELDS = {"funding_8h", "current_funding", "interest_value"}
NOW_MS = NOW // 1_000_000


@pytest.fixture(scope="module")
def client():
    return ccxt.deribit()


def test_a_ticker_has_what_clients_read_also_where_nothing_stands():
    quote = Quote(spoken(funding_period_s=0).market.listed()[0])
    found = dialect_market.ticker(quote, LIMITS, NOW)
    assert set(TICKER_FIELDS) <= set(found) and not FUNDING_FIELDS & set(found)
    assert found["best_bid_price"] is None and found["best_bid_amount"] == 0
    assert found["last_price"] is None and found["stats"]["high"] is None
    assert (found["mark_price"], found["state"]) == (Decimal("2.5"), "open")
    assert found["timestamp"] == NOW_MS and found["index_quality"] == "live"


def test_a_ticker_of_a_perpetual_that_traded(client):
    told = spoken(funding_period_s=3600)
    told.tell(order(9, "sell", 240, 10), order(8, "buy", 245, 4))
    quote = Quote(
        told.market.listed()[0],
        bid=(239, 5),
        ask=(240, 6),
        traded=Traded(4, 960, 230, 240, 229),
        paid=Paid(120, -7),
    )
    found = dialect_market.ticker(quote, LIMITS, NOW)
    assert found["open_interest"] == 4 and found["last_price"] == Decimal("2.4")
    assert found["stats"]["volume"] == 4 and found["stats"]["volume_usd"] == Decimal("9.6")
    assert found["stats"]["price_change"] == Decimal("4.3478")  # From 2.30 to 2.40.
    assert found["funding_8h"] == Decimal("0.00012")
    assert found["interest_value"] == Decimal("-0.000007")
    parsed = client.parse_ticker(written(found))
    assert (parsed["bid"], parsed["bidVolume"], parsed["ask"]) == (2.39, 5, 2.4)
    assert (parsed["last"], parsed["high"], parsed["low"]) == (2.4, 2.4, 2.29)
    assert (parsed["baseVolume"], parsed["timestamp"]) == (4, NOW_MS)
    assert (parsed["markPrice"], parsed["indexPrice"]) == (2.5, 2.5)


def test_a_summary_tells_the_same_in_its_words(client):
    told = spoken()
    told.tell(order(9, "sell", 240, 10), order(8, "buy", 245, 4))
    traded = Traded(4, 960, 230, 240, 229)
    quote = Quote(told.market.listed()[0], bid=(239, 5), ask=(242, 6), traded=traded)
    found = dialect_market.book_summary(quote, NOW)
    assert found["mid_price"] == Decimal("2.405") and found["base_currency"] == "INDEX1"
    parsed = client.parse_ticker(written(found))
    assert (parsed["bid"], parsed["ask"], parsed["last"]) == (2.39, 2.42, 2.4)
    assert (parsed["high"], parsed["low"], parsed["baseVolume"]) == (2.4, 2.29, 4)
    interest = client.parse_open_interest(
        written(found), {"option": False, "future": True, "linear": True, "symbol": "X"}
    )
    assert interest["openInterestAmount"] == 4 and interest["timestamp"] == NOW_MS
    empty = dialect_market.book_summary(Quote(told.market.listed()[0]), NOW)
    assert empty["mid_price"] is None and empty["volume"] == 0


def test_a_book_is_its_levels_and_a_ticker(client):
    quote = Quote(spoken().market.listed()[0], bid=(239, 5), ask=(242, 6))
    found = dialect_market.order_book(
        quote, [(239, 5, 2), (238, 1, 1)], [(242, 6)], 77, LIMITS, NOW
    )
    assert found["change_id"] == 77 and found["bids"] == [
        [Decimal("2.39"), 5],
        [Decimal("2.38"), 1],
    ]
    assert set(TICKER_FIELDS) <= set(found)
    parsed = client.parse_order_book(written(found), "X", found["timestamp"])
    assert parsed["bids"] == [[2.39, 5], [2.38, 1]] and parsed["asks"] == [[2.42, 6]]


@pytest.mark.parametrize("cents", [180, 250, 333])
def test_the_exchange_takes_what_lies_between_the_prices_that_are_told(cents):
    """The lowest and the highest that are told may rest; one tick beyond may not."""
    told = spoken(static_band_ppm=200_000)
    told.mark(cents)
    found = dialect_market.ticker(Quote(told.market.listed()[0]), LIMITS, NOW)
    lowest, highest = (int(found[name] * 100) for name in ("min_price", "max_price"))
    for side, beyond, price in (("buy", lowest - 1, lowest), ("sell", highest + 1, highest)):
        reasons = []
        for ticks in (beyond, price):
            events = told.tell(order(8, side, ticks, 1))
            reasons += [int(row[e.REASON]) for row in events if row[e.KIND] == e.Kind.REFUSED]
        assert reasons in ([30], [27])  # PRICE_OUT_OF_BAND, or of the window.


@pytest.mark.parametrize("seed", range(16))
def test_the_current_rate_is_what_funding_pays_next(seed):
    """Before each funding of a storm the row tells the rate that FUNDED then says."""
    limits, rows = seeded(seed, 250)
    market, before = Market(limits), {}
    for _, events in market.play(rows):
        for row in events.tolist():
            if row[e.KIND] == e.Kind.FUNDED and row[e.CONTRACT] in before:
                now = dialect_market.current_rate_ppm(before[row[e.CONTRACT]])
                assert now == row[e.RATE_PPM]
        before = {}
        for number, contract in market.reference.state.contracts.items():
            untouched = list(contract.row)
            dialect_market.current_rate_ppm(contract.row)
            assert contract.row == untouched
            before[number] = untouched


def test_a_call_tells_its_end_and_what_it_would_give():
    told = spoken(opening_call_s=60)
    listed = told.market.listed()[0]
    assert listed.row[table.STATE] == State.CALL
    found = dialect_market.ticker(Quote(listed, call=Call(241, 7, -2)), LIMITS, NOW)["call"]
    assert found["end_timestamp"] == NOW_MS + 60_000 and not found["extended"]
    assert (found["indicative_price"], found["indicative_amount"]) == (Decimal("2.41"), 7)
    assert found["surplus_amount"] == -2
    crossless = dialect_market.ticker(Quote(listed, call=Call(None, 0, 0)), LIMITS, NOW)["call"]
    assert crossless["indicative_price"] is None


def test_a_contract_that_has_ended_tells_what_it_was_delivered_at():
    listed = spoken().market.listed()[0]
    row = list(listed.row)
    row[table.STATE], row[table.SETTLEMENT_MICROUSD] = State.EXPIRED, 2_345_678
    found = dialect_market.ticker(Quote(listed._replace(row=row)), LIMITS, NOW)
    assert found["state"] == "closed"
    assert found["delivery_price"] == found["estimated_delivery_price"] == Decimal("2.345678")


def test_a_halted_contract_is_closed():
    told = spoken()
    told.do(Kind.HALT, contract=0, mode=2)
    assert not dialect_market.is_trading(told.market.listed()[0].row)


def test_an_index_is_told_by_the_first_contract_that_follows_it_alone():
    listed = spoken().market.listed()[0]
    average, dead = list(listed.row), list(listed.row)
    average[table.AVERAGE_DAYS], average[table.INDEX_MICROUSD] = 3, 9
    dead[table.STATE], dead[table.INDEX_MICROUSD] = State.EXPIRED, 7
    told = [
        listed._replace(number=5),
        listed._replace(number=1, row=average),
        listed._replace(number=2, row=dead),
    ]
    assert dialect_market.index_prices(told) == {"CHR.INDEX1": Decimal("2.5")}


def test_ccxt_reads_the_currencies(client):
    """The first words of contracts are among them: by these it asks for tickers."""
    (found,) = client.parse_currencies(written(dialect_market.currencies())).values()
    assert (found["code"], found["name"]) == ("USDC", "USD Coin")
    listed = [*spoken().market.listed().values()]
    codes = client.parse_currencies(written(dialect_market.currencies(listed)))
    assert [*codes] == ["USDC", "INDEX1"]
