"""TEST RPC ACCOUNT: the private methods answer the one who asks, and nobody else's.

Takes   a real engine with members who trade; requests, also those that ccxt itself writes.
Gives   failures.
Keeps   nothing of another account in any answer, whatever is asked.
Source  Deribit's API v2.
"""

import json

import pytest

from asked import Client
from asked import asked
from chiphour.adapters.rpc_account import METHODS
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import TimeInForce
from chiphour.wire.jsonrpc import RpcRefused
from told import order

NAME = "INDEX1_USDC-PERPETUAL"
BY_NAME, BY_CURRENCY, BY_ORDER = {"instrument_name": NAME}, {"currency": "USDC"}, {"order_id": "1"}
BY_LABEL = {"label": "mine"}
SPAN = {"start_timestamp": 0, "end_timestamp": 1 << 50}
NEEDED = {
    **dict.fromkeys(
        (
            *("get_position", "get_open_orders_by_instrument", "get_user_trades_by_instrument"),
            *("get_order_history_by_instrument", "get_user_trades_by_instrument_and_time"),
            "get_settlement_history_by_instrument",
        ),
        BY_NAME,
    ),
    **dict.fromkeys(("get_open_orders_by_label", "get_order_state_by_label"), BY_LABEL),
    **dict.fromkeys(("get_order_history_by_currency", "get_trigger_order_history"), BY_CURRENCY),
    "get_margins": BY_NAME | {"amount": 3, "price": 2.4},
    "get_order_state": BY_ORDER,
    "get_user_trades_by_order": BY_ORDER,
    "get_transaction_log": SPAN,
}


class Ids:
    """The orders of `traded`."""

    bought = standing = waiting = gone = theirs = ""


@pytest.fixture(scope="module")
def told():
    """Give a market in which 8 bought 4 from 9 at $2.40, and has orders of each sort."""
    found = asked()
    sent = [
        order(9, "sell", 240, 10, label=2),
        order(8, "buy", 245, 4, label=1),
        order(8, "buy", 230, 7, label=1),
        order(8, "sell", None, 2, OrderType.STOP_MARKET, trigger_ticks=200),
        order(8, "buy", 220, 1),
    ]
    ids = []
    for row in sent:
        ids.append(str(found.reference.sequence + 1))
        found.tell(row)
    found.do(Kind.CANCEL, account=8, order=int(ids[4]))
    found.do(Kind.WITHDRAW, account=8, amount_microusd=5_000_000)
    found.do(Kind.TRANSFER, account=8, target=9, amount_microusd=1_000_000)
    how = {"account": 8, "contract": 0, "interval_s": 7, "frozen_s": 2}
    found.do(Kind.PROTECT, lots=10, **how)
    Ids.theirs, Ids.bought, Ids.standing, Ids.waiting, Ids.gone = ids
    return found


def say(told, word, account=8, **params):
    needed = NEEDED.get(word, {})
    if needed is BY_ORDER:
        needed = {"order_id": Ids.bought}
    return told.door.say(f"private/{word}", account, **(needed | params))


def refused(told, word, account=8, **params):
    with pytest.raises(RpcRefused) as caught:
        say(told, word, account, **params)
    return caught.value


@pytest.mark.parametrize("method", METHODS)
def test_every_method_answers_and_refuses_what_it_does_not_know(told, method):
    word = method.removeprefix("private/")
    assert say(told, word) is not None
    found = refused(told, word, colour="red")
    assert (found.code, found.data["param"]) == (-32602, "colour")


@pytest.mark.parametrize("method", METHODS)
def test_no_answer_holds_anything_of_another_account(told, method):
    """What 8 is told names no account but its own, no order and no label of 9, and no orders of 8
    reach 9: every order id and trade in an answer is of the one who asks."""
    word = method.removeprefix("private/")
    if word in ("get_order_state", "get_user_trades_by_order", "get_order_state_by_label"):
        return  # They name an order: see below.
    mine, theirs = {Ids.bought, Ids.standing, Ids.waiting, Ids.gone}, {Ids.theirs}
    for account, own, label in ((8, mine, "mine"), (9, theirs, "yours")):
        params = {"label": label} if word == "get_open_orders_by_label" else {}
        if "history" in word and "settlement" not in word and "trigger" not in word:
            params["include_unfilled"] = True
        said = say(told, word, account, **params)
        for name, value in leaves(said):
            if name in ("order_id", "trigger_order_id") and value is not None:
                assert value in own
            if name in ("id", "user_id") and word.startswith(("get_account", "get_sub", "get_pos")):
                assert value == account
            if name == "username":
                assert value == str(account)
            if name == "label" and value:
                assert value == label
        assert ("yours" if account == 8 else "mine") not in json.dumps(said)


def leaves(said, name=""):
    """Give (name, value) of all that an answer says."""
    if isinstance(said, dict):
        for key, value in said.items():
            yield from leaves(value, key)
    elif isinstance(said, list):
        for value in said:
            yield from leaves(value, name)
    else:
        yield name, said


def test_another_members_order_is_as_unknown_as_one_that_never_was(told):
    assert say(told, "get_order_state")["order_id"] == Ids.bought
    for id in (Ids.theirs, "999999"):
        found = refused(told, "get_order_state", order_id=id)
        assert (found.code, found.data["text"]) == (10004, f"no order {id}")
        assert say(told, "get_user_trades_by_order", order_id=id) == []
    assert say(told, "get_order_state_by_label", label="yours") == []
    assert refused(told, "get_account_summary", subaccount_id=9).data["nearest"] == [8]


def test_orders_are_found_by_instrument_type_label_and_state(told):
    both = say(told, "get_open_orders")
    assert [each["order_id"] for each in both] == [Ids.standing, Ids.waiting]
    assert say(told, "get_open_orders_by_instrument", type="limit") == both[:1]
    assert say(told, "get_open_orders_by_currency", type="trigger_all") == both[1:]
    assert say(told, "get_open_orders", kind="option") == []
    assert say(told, "get_open_orders_by_label") == both[:1]
    labelled = say(told, "get_order_state_by_label")
    assert [each["order_id"] for each in labelled] == [Ids.bought, Ids.standing]
    assert refused(told, "get_open_orders_by_label", label="nobody's").code == 10004


def test_the_past_is_told_page_by_page(told):
    filled = say(told, "get_order_history_by_currency")
    assert [each["order_id"] for each in filled] == [Ids.bought]
    page = say(
        told,
        *("get_order_history_by_instrument",),
        include_unfilled=True,
        with_continuation=True,
        count=1,
    )
    assert [each["order_id"] for each in page["orders"]] == [Ids.gone]
    rest = say(
        told,
        *("get_order_history_by_instrument",),
        include_unfilled=True,
        continuation=page["continuation"],
    )
    assert rest == {"orders": filled, "continuation": None}
    (trade,) = say(told, "get_user_trades_by_instrument")["trades"]
    assert say(told, "get_user_trades_by_currency", currency="INDEX1")["trades"] == [trade]
    assert say(told, "get_user_trades_by_currency", currency="BTC")["trades"] == []
    late = say(told, "get_user_trades_by_instrument", start_timestamp=trade["timestamp"] + 1)
    assert late == {"trades": [], "has_more": False}
    assert say(told, "get_user_trades_by_instrument", start_seq=2)["trades"] == []
    assert say(told, "get_user_trades_by_order") == [trade]
    (waited,) = say(told, "get_trigger_order_history")["entries"]
    assert (waited["order_id"], waited["order_state"]) == (Ids.waiting, "new")
    logs = say(told, "get_transaction_log")["logs"]
    assert [each["type"] for each in logs] == ["transfer", "withdrawal", "trade", "deposit"]
    assert say(told, "get_transaction_log", query="buy")["logs"] == logs[2:3]
    assert say(told, "get_settlement_history_by_currency")["settlements"] == []


def test_a_mark_up_moves_equity_and_the_position(told):
    summary, (position,) = say(told, "get_account_summary"), say(told, "get_positions")
    assert say(told, "get_position") == position
    assert (position["size"], position["average_price"]) == (4, 2.4)
    assert summary["balance"] == pytest.approx(1000 - 6 + 0.4 - 0.005)
    assert position["estimated_liquidation_price"] < 0
    assert summary["limits"] == {"matching_engine": {"rate": 1}}
    assert say(told, "get_positions", kind="option") == []
    (extended,) = [say(told, "get_account_summary", extended=True)]
    assert extended["fees"][0]["taker_fee"] == 0.0005 and extended["username"] == "8"
    summaries = say(told, "get_account_summaries", extended=True)
    assert summaries["summaries"] == [summary] and summaries["id"] == 8


def test_margins_of_an_order_are_previewed_on_both_sides(told):
    found = say(told, "get_margins")
    assert found["buy"] == 0.75375  # 3 times 2.50 at 10 %, and the fee that is reserved.
    assert found["sell"] == 0.30375  # Selling 3 of 4 adds no risk: 0.10 below the mark, the fee.
    assert found["min_price"] < 2.4 < found["max_price"]
    assert refused(told, "get_margins", price=2.405).code == 10043
    assert refused(told, "get_margins", amount=0.5).code == 10002
    assert say(told, "get_margins", amount=9_000_000)["buy_reason"] == "MARGIN_INSUFFICIENT"
    assert say(told, "get_margins") == found  # A preview changes nothing.
    assert refused(told, "get_margins", 777).code == 13020


def test_an_account_that_there_is_not_is_not_found(told):
    assert refused(told, "get_account_summary", 777).code == 13020
    assert say(told, "get_transaction_log", 777)["logs"] == []


def test_protections_and_portfolios(told):
    (config,) = say(told, "get_mmp_config")
    assert (config["interval"], config["quantity_limit"]) == (7, 10)
    assert say(told, "get_mmp_config", index_name="CHR.INDEX1") == [config]
    assert refused(told, "get_mmp_config", index_name="x").data["nearest"] == ["CHR.INDEX1"]
    (sub,) = say(told, "get_subaccounts", with_portfolio=True)
    assert sub["portfolio"]["usdc"]["equity"] > 0 and sub["id"] == 8


def test_a_contract_that_ended_is_still_found_by_the_name_it_had(told):
    """Of a name that neither trades nor was traded the nearest is told."""
    assert refused(told, "get_user_trades_by_instrument", instrument_name="X").code == 13020
    history = told.door.histories.of(8)
    past = history.trades[0]._replace(listed=history.trades[0].listed._replace(name="OLD"))
    history.trades.append(past)
    try:
        found = say(told, "get_user_trades_by_instrument", instrument_name="OLD")["trades"]
        assert [each["instrument_name"] for each in found] == ["OLD"]
    finally:
        history.trades.pop()


def test_ccxt_reads_the_account_by_its_own_requests(told):
    client = Client(told.door)
    client.load_markets()
    symbol = "INDEX1/USDC:USDC"
    balance = client.fetch_balance()
    assert balance["USDC"]["total"] == client.fetch_balance({"code": "USDC"})["USDC"]["total"]
    (position,) = client.fetch_positions([symbol])
    assert (position["side"], position["contracts"]) == ("long", 4)
    assert client.fetch_position(symbol)["entryPrice"] == 2.4
    assert client.fetch_order(Ids.bought)["status"] == "closed"
    open_orders = client.fetch_open_orders(symbol)
    assert {each["id"] for each in open_orders} == {Ids.standing, Ids.waiting}
    assert client.fetch_open_orders() == open_orders
    stop = next(each for each in open_orders if each["id"] == Ids.waiting)
    assert (stop["triggerPrice"], stop["price"]) == (2.0, None)
    assert [each["id"] for each in client.fetch_closed_orders(symbol, limit=5)] == [Ids.bought]
    (trade,) = client.fetch_my_trades(symbol)
    assert (trade["takerOrMaker"], trade["fee"]["cost"]) == ("taker", 0.005)
    assert client.fetch_my_trades(symbol, since=trade["timestamp"], limit=3) == [trade]
    assert client.fetch_my_trades() == client.fetch_order_trades(Ids.bought) == [trade]
    assert client.fetch_trading_fees()[symbol]["taker"] == 0.0005
    assert client.fetch_deposits("USDC")[0]["amount"] == 1000
    assert client.fetch_withdrawals("USDC")[0]["amount"] == 5
    assert client.fetch_transfers("USDC")[0]["amount"] == 1
    assert client.fetch_accounts()[0]["id"] == "8"
    assert client.fetch_my_liquidations(symbol) == []


def test_a_good_til_day_stop_and_an_iceberg_are_of_their_types(told):
    """A type is what an order is now, as `type` of its answer says."""
    how = {"trigger_ticks": 1, "time_in_force": TimeInForce.GTC}
    told.tell(order(8, "buy", 221, 5, OrderType.ICEBERG, **how))
    ids = [each["order_id"] for each in say(told, "get_open_orders", type="limit")]
    assert ids == [Ids.standing, str(told.reference.sequence)]
    told.do(Kind.CANCEL, account=8, order=told.reference.sequence)
