"""TEST DIALECT LOG: what a member reads of the past is all of it, page by page, and adds up.

Takes   storms on the plain exchange; a market with two members who speak.
Gives   failures.
Keeps   each entry on one page once, whatever came meanwhile; ccxt reads what is said as it is.
Source  Deribit's API v2; rulebook 3, 5, 8.
"""

from decimal import Decimal
from functools import cache

import ccxt
import pytest

from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.simulate.storm_hand import seeded
from chiphour.wire import dialect_log
from chiphour.wire.dialect_log import page
from chiphour.wire.jsonrpc import answer
from historied import Market
from historied import spoken
from historied import written
from told import order

SEEDS = range(8)
END_MS = 1 << 53


@cache
def stormed(seed):
    limits, rows = seeded(seed, 250)
    market = Market(limits, first=ACCOUNTS_RESERVED)
    for _ in market.play(rows):
        pass
    return market


def members(market):
    return [number for number in market.cash_of() if number >= ACCOUNTS_RESERVED]


def read(history, **given):
    return dialect_log.transaction_log(
        history, **({"count": 1000, "start_ms": 0, "end_ms": END_MS} | given)
    )["logs"]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_page_of_the_log_is_read_once_while_the_market_goes_on(seed):
    """Read page by page, each after more of the storm: what was there at first comes whole."""
    limits, rows = seeded(seed, 250)
    market = Market(limits, first=ACCOUNTS_RESERVED)
    steps = market.play(rows)
    for _ in range(200):
        next(steps)
    for account in members(market):
        expected = [each["id"] for each in read(market.histories.of(account))]
        found, continuation = [], None
        while True:
            next(steps, None)
            history = market.histories.of(account)
            said = dialect_log.transaction_log(history, 3, 0, END_MS, None, continuation)
            found += [each["id"] for each in said["logs"]]
            continuation = said["continuation"]
            if continuation is None:
                break
        assert found[-len(expected) :] == expected or not expected
        assert len(set(found)) == len(found)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_log_adds_up_to_the_balance(seed):
    """Changes are cash flows less commissions, and lead to the cash of the exchange."""
    market = stormed(seed)
    cash = market.cash_of()
    for account in members(market):
        total = Decimal(0)
        for each in reversed(read(market.histories.of(account))):
            total += each["change"]
            assert each["change"] == each["cashflow"] - each["commission"]
            assert each["balance"] == total
        assert total * 1_000_000 == cash[account]


def test_trades_settlement_funding_deposit_and_withdrawal_line_by_line():
    told = spoken(opening_call_s=0, funding_period_s=3600, funding_samples_expected=1)
    told.tell(order(9, "sell", 240, 10), order(8, "buy", 245, 4))
    told.do(Kind.WITHDRAW, account=8, amount_microusd=5_000_000)
    told.mark(260)
    newest, trade, first = read(told.history)
    assert (first["type"], first["change"], first["side"]) == ("deposit", 1000, "-")
    assert (newest["type"], newest["change"]) == ("withdrawal", -5)
    assert (trade["type"], trade["side"], trade["price"]) == ("trade", "open buy", Decimal("2.4"))
    assert trade["cashflow"] == Decimal("0.4")  # 4 times (2.50 - 2.40).
    assert trade["commission"] == Decimal("0.005")  # 0.05 % of 4 times 2.50.
    assert (trade["position"], trade["amount"], trade["user_role"]) == (4, 4, "taker")
    assert trade["instrument_name"] == "INDEX1_USDC-PERPETUAL" and trade["trade_id"] == "0-1"


@pytest.mark.parametrize("seed", range(16))
def test_funding_and_settlement_lines_can_be_computed_again(seed):
    """The size and what one lot received give the amount; the rate and period are there."""
    market = stormed(seed)
    for account in members(market):
        for each in read(market.histories.of(account)):
            if each["type"] in ("funding", "settlement", "delivery"):
                info = each["info"]
                assert info["size"] * info["per_lot"] == each["cashflow"]
                assert each["side"] == ("long" if info["size"] > 0 else "short")
            if each["type"] == "funding":
                assert info["period_seconds"] > 0 and info["rate_8h"] is not None
                assert info["mark_price"] == each["mark_price"] and info["index_price"]


@pytest.mark.long
def test_storms_reach_every_type_of_line():
    """Or the laws above say little."""
    found = set()
    for seed in range(40):
        for account in members(stormed(seed)):
            found |= {each["type"] for each in read(stormed(seed).histories.of(account))}
    assert found == {*dialect_log.TYPES.values(), "delivery"}


@pytest.mark.parametrize("query", dialect_log.QUERIES)
def test_a_query_gives_what_it_names_and_nothing_else(query):
    market, marks = stormed(0), {"maker": "maker", "taker": "taker", "future": ""}
    found = []
    for account in members(market):
        every = read(market.histories.of(account))
        chosen = read(market.histories.of(account), query=query)
        assert [each for each in every if each in chosen] == chosen
        found += chosen
    for each in found:
        words = (each["type"], *each["side"].split(), each.get("user_role"))
        liquidated = query == "liquidation" and each["info"]["cause"]
        assert (
            query in words or liquidated or marks.get(query, query) in (each.get("user_role"), "")
        )


def test_times_are_inclusive_and_bound_the_log():
    market = stormed(0)
    history = max((market.histories.of(a) for a in members(market)), key=lambda h: len(h.entries))
    every = read(history)
    times = sorted({each["timestamp"] for each in every})
    first, last = times[1], times[-2]
    found = read(history, start_ms=first, end_ms=last)
    assert found == [each for each in every if first <= each["timestamp"] <= last]


@pytest.mark.parametrize("ascending", [False, True])
def test_trades_have_more_until_the_last_page(ascending):
    market = stormed(0)
    history = max((market.histories.of(a) for a in members(market)), key=lambda h: len(h.trades))
    desk = market.desk(history.account)
    every = dialect_log.trades(history, desk, 1000, is_ascending=ascending)
    assert not every["has_more"] and len(every["trades"]) == len(history.trades) > 20
    some = dialect_log.trades(history, desk, len(history.trades) - 1, is_ascending=ascending)
    assert some["has_more"] and some["trades"] == every["trades"][:-1]
    times = [each["timestamp"] for each in every["trades"]]
    assert times == sorted(times, reverse=not ascending)


@pytest.mark.parametrize("seed", SEEDS)
def test_trades_say_the_prices_of_their_time_and_where_theirs_went(seed):
    """Mark and index are those of the events until then; the direction is of the last two."""
    limits, rows = seeded(seed, 250)
    market = Market(limits, first=ACCOUNTS_RESERVED)
    marks, last, expected = {}, {}, {}
    for _, events in market.play(rows):
        for row in events.tolist():
            if row[e.KIND] in (e.Kind.MARKED, e.Kind.OPENED, e.Kind.SETTLED):
                marks[row[e.CONTRACT]] = row[e.MARK_MICROUSD], row[e.INDEX_MICROUSD]
            if row[e.KIND] == e.Kind.LISTED:
                last.pop(row[e.CONTRACT], None)
            if row[e.KIND] == e.Kind.FILL and row[e.CAUSE] != e.Cause.DELEVERAGING:
                before, price = last.get(row[e.CONTRACT]), row[e.PRICE_TICKS]
                last[row[e.CONTRACT]] = price
                rose = None if before is None else (price > before) - (price < before)
                key = row[e.MAKER_ACCOUNT], row[e.SEQUENCE], row[e.MAKER_ORDER], price
                expected.setdefault(key, (*marks[row[e.CONTRACT]], rose))
    for (account, _, id, _), (mark, index, rose) in expected.items():
        history = market.histories.of(account)
        found = dialect_log.trades_of(history, market.desk(account), id)
        seen = {(f["mark_price"] * 1_000_000, f["index_price"] * 1_000_000) for f in found}
        assert (mark, index) in seen
        if len(found) == 1 and rose is not None:
            assert found[0]["tick_direction"] in {1: (0,), -1: (2,), 0: (1, 3)}[
                rose
            ] or _deleveraged(market)


def _deleveraged(market):
    """Tell whether a price on no tick came between, which has no place in this test's memory."""
    causes = {
        entry.done.trade.cause
        for account in members(market)
        for entry in market.histories.of(account).entries
        if entry.done
    }
    return e.Cause.DELEVERAGING in causes


@pytest.mark.parametrize("seed", SEEDS)
def test_ended_orders_come_newest_first_by_continuation_and_by_offset(seed):
    market = stormed(seed)
    for account in members(market):
        history, desk = market.histories.of(account), market.desk(account)
        every = dialect_log.orders(history, desk, 1000, with_unfilled=True).found
        assert len(every) == len(history.orders)
        assert all(each["order_state"] in ("filled", "cancelled", "rejected") for each in every)
        by_page, following = [], None
        while True:
            said = dialect_log.orders(history, desk, 7, with_unfilled=True, continuation=following)
            by_page += said.found
            following = said.following
            if following is None:
                break
        assert by_page == every
        assert dialect_log.orders(history, desk, 5, None, 3, True).found == every[3:8]
        filled = dialect_log.orders(history, desk, 1000).found
        assert filled == [each for each in every if each["filled_amount"]]


@pytest.mark.parametrize("seed", SEEDS)
def test_orders_that_waited_tell_how_it_went(seed):
    market = stormed(seed)
    for account in members(market):
        history, desk = market.histories.of(account), market.desk(account)
        said = dialect_log.waits(history, desk, 1000)
        assert said["continuation"] is None
        by_order = {}
        for each in reversed(said["entries"]):
            by_order.setdefault(each["order_id"], []).append(each["order_state"])
        for words in by_order.values():
            assert words[0] in ("new", "rejected")
            ends = [word for word in words if word != "new"]  # A child is new twice.
            assert not ends or (len(ends) == 1 and words[-1] == ends[0])
        first = dialect_log.waits(history, desk, 1)
        assert first["entries"] == said["entries"][:1]
        if first["continuation"]:
            rest = dialect_log.waits(history, desk, 999, None, int(first["continuation"]))
            assert rest["entries"] == said["entries"][1:]


def test_page_gives_what_comes_next():
    assert page(range(5), 3) == ([0, 1, 2], 3)
    assert page(range(3), 3) == ([0, 1, 2], None)


@pytest.mark.parametrize("seed", SEEDS)
def test_settlements_name_what_the_session_brought(seed):
    market = stormed(seed)
    for account in members(market):
        history = market.histories.of(account)
        said = dialect_log.settlements(history, 1000)
        for each in said["settlements"]:
            assert each["type"] in ("settlement", "delivery") and each["position"] != 0
        assert dialect_log.settlements(history, 1000, kind="bankruptcy")["settlements"] == []
        some = dialect_log.settlements(history, 1)
        if some["continuation"]:
            rest = dialect_log.settlements(
                history, 999, None, None, None, int(some["continuation"])
            )
            assert some["settlements"] + rest["settlements"] == said["settlements"]


@pytest.fixture(scope="module")
def client():
    """Give ccxt's own reader of the dialect, without a network."""
    return ccxt.deribit()


def test_ccxt_reads_trades_and_ended_orders(client):
    told = spoken()
    told.tell(order(9, "sell", 240, 10), order(8, "buy", 245, 4))
    desk = told.market.desk(8)
    (mine,) = dialect_log.trades(told.history, desk, 10)["trades"]
    parsed = client.parse_trade(written(mine))
    assert (parsed["side"], parsed["price"], parsed["amount"]) == ("buy", 2.4, 4)
    assert parsed["takerOrMaker"] == "taker" and parsed["fee"] == {
        "cost": 0.005,
        "currency": "USDC",
    }
    (ended,) = dialect_log.orders(told.history, desk, 10).found
    parsed = client.parse_order(written(ended))
    assert (parsed["status"], parsed["filled"], parsed["average"]) == ("closed", 4, 2.4)


def test_ccxt_reads_deposits_withdrawals_and_transfers(client):
    told = spoken()
    told.do(Kind.WITHDRAW, account=8, amount_microusd=5_250_000)
    told.do(Kind.TRANSFER, account=8, target=9, amount_microusd=1_000_000)
    found = {}
    for what in ("deposit", "withdrawal", "transfer"):
        said = dialect_log.money(told.history, what, 10)
        assert said["count"] == len(said["data"]) == 1
        found[what] = said["data"][0]
    parsed = client.parse_transaction(written(found["deposit"]))
    assert (parsed["type"], parsed["amount"], parsed["status"]) == ("deposit", 1000, "ok")
    parsed = client.parse_transaction(written(found["withdrawal"]))
    assert (parsed["type"], parsed["amount"], parsed["status"]) == ("withdrawal", 5.25, "ok")
    assert parsed["id"] and parsed["timestamp"] == found["withdrawal"]["created_timestamp"]
    parsed = client.parse_transfer(written(found["transfer"]))
    assert (parsed["amount"], parsed["status"], parsed["currency"]) == (1, "ok", "USDC")
    assert '"9"' not in answer(1, found["transfer"], 0, 0).decode()  # Whom it went to is his.


def test_deleveraging_and_liquidation_say_their_cause():
    causes = set()
    for seed in range(40):
        market = stormed(seed)
        for account in members(market):
            logs = read(market.histories.of(account), query="liquidation")
            causes |= {each["info"]["cause"] for each in logs}
    assert causes == {"liquidation", "deleveraging"}


def test_a_side_word_tells_opening_from_closing():
    told = spoken()
    told.tell(order(9, "sell", 240, 10), order(8, "buy", 240, 4))
    told.tell(order(9, "buy", 240, 3), order(8, "sell", 240, 3))
    words = [each["side"] for each in reversed(read(told.history)) if each["type"] == "trade"]
    assert words == ["open buy", "close sell"]


def test_a_transfer_of_the_auction_names_its_run():
    told = spoken()
    told.do(Kind.TRANSFER, account=8, target=2, amount_microusd=7, run=3, item=4)
    assert read(told.history)[0]["info"] == {"auction_run": 3, "item": 4}
    row = command(Kind.TRANSFER, account=8, target=9, amount_microusd=7)
    told.tell(row)
    assert read(told.history)[0]["info"] == {}
