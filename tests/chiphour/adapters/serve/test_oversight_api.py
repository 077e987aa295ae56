"""TEST OVERSIGHT_API: the operator reads what a member trades, and nobody else does.

Takes   a market that trades, served as a process; orders over the dialect, signed by members.
Gives   claims on what is told of orders, trades and positions, and on who may ask.
Keeps   every answer readable by its published shape, strictly.
Source  Decisions 0034 and 0051.
"""

from urllib.parse import urlencode

import msgspec

from chiphour.adapters.serve import shapes_members as shapes
from chiphour.adapters.serve.oversight_api import FILLS_MOST
from officed import PERPETUAL


def dealings_of(trading, name, fills=50):
    """Read an account's dealings by their shape, strictly."""
    answer = trading.operator.get(f"/api/members/{name}/trading?fills={fills}")
    assert answer.status_code == 200, answer.text
    return msgspec.json.decode(answer.content, type=shapes.Dealings, strict=True)


def placed(trading, made, side, **fields):
    """Place an order as the key's member; give it as the dialect tells it."""
    query = urlencode({"instrument_name": PERPETUAL} | fields)
    answer = trading.signed(made, "GET", f"/api/v2/private/{side}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]["order"]


def test_orders_and_trades_of_a_member_are_those_that_it_made(trading):
    """Two members trade; each one's dealings have its own side, orders newest first."""
    one, two = (trading.join(deposit_usd="50000", scopes=["read", "trade"]) for _ in range(2))
    rests = placed(trading, one, "buy", amount=7, price="3.1")
    placed(trading, two, "sell", amount=3, price="3.1")
    stop = {"type": "stop_market", "trigger": "mark_price", "trigger_price": "3.3"}
    waits = placed(trading, one, "buy", amount=2, reduce_only="false", **stop)
    found = dealings_of(trading, one["member"]["name"])
    assert found.account.member.name == one["member"]["name"]
    assert [each.lots for each in found.account.positions] == [3]
    assert [str(each.order) for each in found.orders] == [waits["order_id"], rests["order_id"]]
    stops, limit = found.orders
    assert (limit.side, limit.type, limit.lots, limit.filled_lots) == ("buy", "limit", 7, 3)
    assert (limit.price_usd, limit.trigger_usd, limit.contract) == ("3.1000", None, PERPETUAL)
    assert (stops.type, stops.price_usd, stops.trigger_usd) == ("stop_market", None, "3.3000")
    assert found.standing == 2
    (fill,) = found.fills
    assert (fill.side, fill.role, fill.lots, fill.price_usd) == ("buy", "maker", 3, "3.1000")
    assert (str(fill.order), fill.cause) == (rests["order_id"], "order")
    (other,) = dealings_of(trading, two["member"]["name"]).fills
    assert (other.trade, other.side, other.role) == (fill.trade, "sell", "taker")


def test_all_orders_of_a_member_are_cancelled_and_its_mode_stays(trading):
    """The operator halts with the mode that the account has: what rests and what waits is gone."""
    made = trading.join(deposit_usd="50000", scopes=["read", "trade"])
    name = made["member"]["name"]
    placed(trading, made, "buy", amount=1, price="3.05")
    stop = {"type": "stop_market", "trigger": "mark_price", "trigger_price": "3.3"}
    placed(trading, made, "buy", amount=1, **stop)
    before = dealings_of(trading, name)
    body = {"mode": before.account.mode, "cancel_orders": True}
    assert trading.operator.post(f"/api/members/{name}/halt", json=body).status_code == 200
    after = dealings_of(trading, name)
    assert (before.standing, after.standing, after.orders) == (2, 0, [])
    assert before.account.mode == after.account.mode == "normal"


def test_only_so_many_trades_are_told(trading):
    assert len(dealings_of(trading, "seller").fills) >= 1
    assert dealings_of(trading, "seller", fills=0).fills == []
    beyond = trading.operator.get(f"/api/members/seller/trading?fills={FILLS_MOST + 1}")
    assert beyond.status_code == 400


def test_no_key_of_a_member_opens_it_and_each_reading_is_in_the_trail(trading):
    made = trading.join(scopes=["read", "trade", "withdraw"])
    path = f"/api/members/{made['member']['name']}/trading"
    assert trading.anybody.get(path).status_code == 401
    assert trading.signed(made, "GET", path).status_code == 401
    assert trading.operator.get("/api/members/nobody/trading").status_code == 404
    dealings_of(trading, "buyer")
    lines = trading.operator.get("/api/audit?last=2").json()["lines"]
    assert [(line["what"], line["verdict"]) for line in lines] == [
        ("GET /api/members/buyer/trading", "admitted"),
        ("GET /api/audit", "admitted"),
    ]
