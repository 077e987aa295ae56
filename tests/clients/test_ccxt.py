"""CCXT: its REST client, unmodified, trades here: contracts, orders, money, errors.

Takes   a real market of five kinds of contract, two members on ccxt's client of the dialect.
Gives   a failure where what the client shows is not what the exchange has.
Keeps   nothing of ccxt changed but its addresses. What is compared is the exchange's own state,
        not what the server once answered.
Source  Decisions 0028, 0035 and 0036; ccxt's manual.
"""

import random

import ccxt
import pytest

from chiphour.adapters.budget import Rate
from chiphour.contracts import table
from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Kind as Event
from clients.driven import AVERAGE
from clients.driven import BASIS
from clients.driven import H100
from clients.driven import H100_DATED
from clients.driven import H200
from clients.driven import MID
from clients.driven import SYMBOLS
from clients.driven import TICK
from clients.driven import account_of
from clients.driven import lots_of
from clients.driven import microusd
from clients.driven import pass_hours
from clients.driven import rest_client
from trading import INDEX_H200_MICROUSD
from trading import TICKER_H200
from trading import contracts_beside
from trading import trading

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market"), beside=contracts_beside()) as floor:
        yield floor


@pytest.fixture(scope="module")
def clients(floor):
    made = [rest_client(floor, member) for member in floor.members]
    for client in made:
        client.load_markets()
    return made


@pytest.fixture
def ann(clients):
    yield clients[0]
    clients[0].cancel_all_orders()


@pytest.fixture
def bob(clients):
    yield clients[1]
    clients[1].cancel_all_orders()


def events_of(heard, kind):
    return [event for event in heard.told.events.tolist() if event[e.KIND] == kind]


def order_of(floor, member, shown):
    return floor.gateway.blotter(member.account).orders.get(int(shown["id"]))


def test_every_contract_is_known_with_its_terms(floor, ann):
    markets = ann.load_markets(True)
    assert {*markets} == {*SYMBOLS}
    for number, symbol in enumerate(SYMBOLS):
        market, row = markets[symbol], floor.gateway.instruments[number].row
        assert market["id"] == floor.gateway.instruments[number].name
        assert market["type"] == ("future" if row[table.EXPIRY_NS] else "swap")
        assert market["linear"] and market["active"] and market["contractSize"] == 1
        assert microusd(market["precision"]["price"]) == row[table.TICK_MICROUSD]
        assert microusd(market["taker"]) == row[table.TAKER_FEE_PPM]
        assert microusd(market["maker"]) == -row[table.MAKER_REBATE_PPM]
        expiry_ms = row[table.EXPIRY_NS] // 1_000_000 or None
        assert expiry_ms is None or market["expiry"] == expiry_ms


# What is asked beyond symbol, type, side, amount and price; what becomes of the order.
ORDERS = {
    "limit": ("limit", 2.95, {}, "open"),
    "limit, post only": ("limit", 2.95, {"postOnly": True}, "open"),
    "limit, good till the day's end": (
        "limit",
        2.95,
        {"time_in_force": "good_til_day"},
        "open",
    ),
    "iceberg": ("limit", 2.95, {"max_show": 2}, "open"),
    "limit, a label": ("limit", 2.95, {"label": "mine"}, "open"),
    "market": ("market", None, {}, "closed"),
    "limit that meets": ("limit", 3.05, {}, "closed"),
    "immediate or cancel": ("limit", 2.95, {"timeInForce": "IOC"}, "canceled"),
    "fill or kill": ("limit", 2.95, {"timeInForce": "FOK"}, "canceled"),
    "fill or kill that fills": ("limit", 3.05, {"timeInForce": "FOK"}, "closed"),
    "stop_limit": ("stop_limit", 3.1, {"stopLossPrice": 3.2, "trigger": "mark_price"}, "open"),
    "stop_market": ("stop_market", None, {"stopLossPrice": 3.2, "trigger": "index_price"}, "open"),
    "take_limit": ("take_limit", 2.9, {"takeProfitPrice": 2.8, "trigger": "mark_price"}, "open"),
    "take_market": ("take_market", None, {"takeProfitPrice": 2.8}, "open"),
    "trailing": ("market", None, {"trailingAmount": 0.2, "trigger": "mark_price"}, "open"),
}


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_of_each_type_is_what_the_exchange_has(floor, ann, bob, name):
    """Send one of each type: the client's words for it are those of the exchange's own order."""
    kind, price, more, status = ORDERS[name]
    bob.create_order(H100, "limit", "sell", 50, 3.05)
    sent = ann.create_order(H100, kind, "buy", 5, price, more)
    shown = ann.fetch_order(sent["id"], H100)
    assert (sent["status"] or "open") == (shown["status"] or "open") == status
    assert shown["side"] == "buy" and shown["amount"] == 5
    assert shown["filled"] == (5 if status == "closed" else 0)
    held = order_of(floor, floor.members[0], sent)
    is_held = held is not None and held.is_standing
    assert is_held == (status == "open")
    if is_held:
        assert (held.lots, held.filled_lots, held.side) == (5, 0, Side.BUY)
        listed = [order["id"] for order in ann.fetch_open_orders(H100)]
        assert listed == [sent["id"]]
    else:
        assert sent["id"] in [order["id"] for order in ann.fetch_closed_orders(H100)] or (
            status == "canceled"
        )


def test_reduce_only_cuts_a_position_and_opens_none(floor, ann, bob):
    with pytest.raises(ccxt.InvalidOrder):
        bob.create_order(AVERAGE, "limit", "buy", 5, 3.0, {"reduceOnly": True})
    ann.create_order(AVERAGE, "limit", "buy", 5, 3.0)
    bob.create_order(AVERAGE, "market", "sell", 5)
    ann.create_order(AVERAGE, "limit", "sell", 9, 3.0)
    closed = bob.create_order(AVERAGE, "limit", "buy", 9, 3.0, {"reduceOnly": True})
    assert closed["filled"] == 5
    assert AVERAGE not in lots_of(floor, floor.members[1])


def test_an_edit_keeps_the_order_and_its_number(floor, ann):
    sent = ann.create_order(H100, "limit", "buy", 5, 2.9)
    edited = ann.edit_order(sent["id"], H100, "limit", "buy", 7, 2.91)
    assert (edited["id"], edited["amount"], edited["price"]) == (sent["id"], 7, 2.91)
    held = order_of(floor, floor.members[0], sent)
    assert (held.lots, held.price_ticks) == (7, 29_100)


def test_cancels_take_one_those_of_a_contract_and_all(floor, ann):
    def standing():
        orders = floor.gateway.blotter(floor.members[0].account).orders.values()
        return [str(order.order) for order in orders if order.is_standing]

    one, *others = [ann.create_order(H100, "limit", "buy", 1, 2.9)["id"] for _ in range(3)]
    dated = [ann.create_order(H100_DATED, "limit", "buy", 1, 2.9)["id"] for _ in range(3)]
    basis = [ann.create_order(BASIS, "limit", "buy", 1, -0.7)["id"] for _ in range(2)]
    assert ann.cancel_order(one, H100)["status"] == "canceled"
    assert sorted(standing()) == sorted(others + dated + basis)
    ann.cancel_all_orders(H100)
    assert sorted(standing()) == sorted(dated + basis)
    ann.cancel_all_orders()
    assert standing() == []


def test_prices_below_zero_trade(floor, ann, bob):
    """The basis is worth less than nothing: every price that a client shows has its sign."""
    ann.create_order(BASIS, "limit", "buy", 4, -0.6125)
    assert ann.fetch_order_book(BASIS)["bids"][0][:2] == [-0.6125, 4]
    sold = bob.create_order(BASIS, "limit", "sell", 3, -0.6125)
    assert (sold["filled"], sold["average"]) == (3, -0.6125)
    assert bob.fetch_trades(BASIS)[-1]["price"] == -0.6125
    assert bob.fetch_my_trades(BASIS)[-1]["price"] == -0.6125
    ticker = bob.fetch_ticker(BASIS)
    assert (ticker["last"], ticker["bid"]) == (-0.6125, -0.6125)
    position = ann.fetch_position(BASIS)
    assert (position["entryPrice"], position["markPrice"]) == (-0.6125, -0.6)
    assert bob.fetch_ohlcv(BASIS, "1m", since=ticker["timestamp"] - 3_600_000)[-1][4] == -0.6125


def test_market_data_are_the_exchanges(floor, ann, bob):
    """Make a book and trades: book, ticker, trades and open interest are as the kernel has them."""
    rng = random.Random(4)
    for _ in range(30):
        client, side = rng.choice(((ann, "buy"), (bob, "sell")))
        sign = -1 if side == "buy" else 1
        price = 3.0 + sign * rng.randint(-15, 40) * TICK
        client.create_order(H100_DATED, "limit", side, rng.randint(1, 9), round(price, 4))
    number = SYMBOLS.index(H100_DATED)
    bids, asks = floor.market.ask(lambda engine: engine.book(number, 1_000))
    book = ann.fetch_order_book(H100_DATED, limit=1_000)
    for shown, levels in ((book["bids"], bids), (book["asks"], asks)):
        assert [(round(price / TICK), lots) for price, lots in shown] == [
            (int(level[0]), int(level[1])) for level in levels
        ]
    assert book["nonce"] == floor.gateway.board.book(number).levels_sequence
    ticker = ann.fetch_ticker(H100_DATED)
    assert (ticker["bid"], ticker["ask"]) == (book["bids"][0][0], book["asks"][0][0])
    row = floor.market.ask(lambda engine: engine.contract(number))
    assert (
        ann.fetch_open_interest(H100_DATED)["openInterestAmount"] == row[table.OPEN_INTEREST_LOTS]
    )
    mine = {trade["id"]: trade for trade in ann.fetch_my_trades(H100_DATED, limit=1_000)}
    assert len(mine) > 3
    for trade in ann.fetch_trades(H100_DATED, limit=1_000):
        own = mine[trade["id"]]
        assert (trade["price"], trade["amount"]) == (own["price"], own["amount"])
    assert sum(candle[5] for candle in ann.fetch_ohlcv(H100_DATED, "1m", since=1)) == sum(
        trade["amount"] for trade in mine.values()
    )


def test_positions_and_balances_are_the_exchanges(floor, ann, bob):
    """Trade all contracts at random: what either client shows is what the exchange has."""
    rng = random.Random(6)
    for _ in range(60):
        symbol = rng.choice(SYMBOLS)
        client, side = rng.choice(((ann, bob), (bob, ann))), rng.choice(("buy", "sell"))
        price = round(MID[symbol] + rng.randint(-30, 30) * TICK, 4)
        lots = rng.randint(1, 20)
        client[0].create_order(symbol, "limit", side, lots, price)
        other = "sell" if side == "buy" else "buy"
        client[1].create_order(symbol, "limit", other, lots, price, {"timeInForce": "IOC"})
    for client, member in zip((ann, bob), floor.members, strict=True):
        account = account_of(floor, member)
        positions = {each["symbol"]: each for each in client.fetch_positions()}
        held = {SYMBOLS[each.contract]: each for each in account.positions if each.lots}
        assert {*positions} == {*held} and held
        for symbol, position in positions.items():
            sign = 1 if position["side"] == "long" else -1
            assert sign * abs(position["contracts"]) == held[symbol].lots
            assert microusd(position["entryPrice"]) == held[symbol].entry_microusd
        balance = client.fetch_balance()["USDC"]
        free_microusd = account.equity_microusd - account.initial_margin_microusd
        assert microusd(balance["total"]) == account.equity_microusd
        assert microusd(balance["free"]) == max(0, free_microusd)
        assert microusd(balance["used"]) == account.maintenance_margin_microusd


def test_the_history_of_funding_is_what_was_paid(floor, ann, bob):
    """Let three hours pass with a book above the index: each rate, and the money that it moved."""
    for client, side, price in ((ann, "buy", 3.62), (bob, "sell", 3.63)):
        client.create_order(H200, "limit", side, 600, price)
    before = [account_of(floor, member).cash_microusd for member in floor.members]
    lots = [lots_of(floor, member).get(H200, 0) for member in floor.members]
    assert lots[0] == -lots[1]
    since_ms, funded = floor.market.time_ns // 1_000_000, []
    end = floor.gateway.listen(lambda heard: funded.extend(events_of(heard, Event.FUNDED)))
    pass_hours(floor, TICKER_H200, INDEX_H200_MICROUSD, 3)
    history = ann.fetch_funding_rate_history(H200, since=since_ms, limit=100)
    end()
    assert [entry["timestamp"] % 3_600_000 for entry in history] == [1_800_000] * 3
    eighth_hours = [microusd(entry["fundingRate"]) for entry in history]
    assert eighth_hours == [event[e.RATE_PPM] for event in funded] and min(eighth_hours) > 0
    paid = ann.fetch_funding_rate(
        H200, {"start_timestamp": since_ms, "end_timestamp": since_ms + 4 * 3_600_000}
    )
    assert paid["fundingRate"] == pytest.approx(sum(eighth_hours) / 8 / 1_000_000)
    per_lot_microusd = sum(event[e.PER_LOT_MICROUSD] for event in funded)
    assert per_lot_microusd < 0  # Who is long pays.
    after = [account_of(floor, member).cash_microusd for member in floor.members]
    assert [new - old for new, old in zip(after, before, strict=True)] == [
        held * per_lot_microusd for held in lots
    ]


ERRORS = {
    "an order that there is not": (lambda c: c.cancel_order("999999999", H100), ccxt.OrderNotFound),
    "an edit of none": (
        lambda c: c.edit_order("999999999", H100, "limit", "buy", 1, 2.9),
        ccxt.OrderNotFound,
    ),
    "more than its money": (
        lambda c: c.create_order(H100, "limit", "buy", 10_000_000, 3.0),
        ccxt.InsufficientFunds,
    ),
    "beyond the band": (
        lambda c: c.create_order(H100, "limit", "buy", 1, 3.9),
        ccxt.InvalidOrder,
    ),
    "off the tick": (
        lambda c: c.private_get_buy(
            {
                "instrument_name": "H100SXMOD_USDC-PERPETUAL",
                "amount": 1,
                "type": "limit",
                "price": 3.00001,
            }
        ),
        ccxt.InvalidOrder,
    ),
    "off the lot": (
        lambda c: c.private_get_buy(
            {
                "instrument_name": "H100SXMOD_USDC-PERPETUAL",
                "amount": 1.5,
                "type": "limit",
                "price": 3.0,
            }
        ),
        ccxt.InvalidOrder,
    ),
    "a contract that there is not": (
        lambda c: c.public_get_ticker({"instrument_name": "BTC-PERPETUAL"}),
        ccxt.ExchangeError,
    ),
    "a param that there is not": (
        lambda c: c.create_order(H100, "limit", "buy", 1, 2.9, {"colour": "red"}),
        ccxt.BadRequest,
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_a_refusal_is_the_error_that_ccxt_has_for_it(ann, name):
    act, kind = ERRORS[name]
    with pytest.raises(kind):
        act(ann)


def test_a_post_only_order_that_meets_is_refused(ann, bob):
    bob.create_order(H100, "limit", "sell", 1, 3.0)
    with pytest.raises(ccxt.InvalidOrder, match="11054"):
        ann.create_order(H100, "limit", "buy", 1, 3.0, {"postOnly": True})


def test_a_wrong_secret_is_no_key(floor):
    client = rest_client(floor, floor.members[0]._replace(secret="wrong"))
    with pytest.raises(ccxt.AuthenticationError):
        client.fetch_balance()


def test_too_many_requests_are_told_to_wait(tmp_path):
    with trading(tmp_path, members=1, rate=Rate(60, 1)) as floor:
        client = rest_client(floor, floor.members[0])
        client.load_markets()
        with pytest.raises(ccxt.DDoSProtection):
            _ = [client.fetch_time() for _ in range(90)]


def test_what_else_a_program_asks_is_answered(floor, ann):
    assert ann.fetch_status()["status"] == "ok"
    assert [each["id"] for each in ann.fetch_accounts()] == [str(floor.members[0].account)]
    assert [microusd(each["amount"]) for each in ann.fetch_deposits("USDC")] == [10**12]
    assert ann.fetch_withdrawals("USDC") == [] and ann.fetch_transfers("USDC") == []
    assert {*ann.fetch_trading_fees()} == {*SYMBOLS}
    assert ann.fetch_liquidations(H100) == []
    tickers = ann.fetch_tickers(params={"currency": "USDC"})
    assert {*tickers} == {*SYMBOLS}
