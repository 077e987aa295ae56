"""TEST RPC PREVIEW: what is said of an order is what then comes of it; and orders that are linked.

Takes   a real market with its doors open; members who trade.
Gives   failures.
Keeps   a preview without effect: nothing that the account shows changes by it.
Source  Decision 0047; rulebook 9.13.
"""

import random

import pytest

from chiphour.wire.key import READ
from raw_socket import Raw
from trading import NAME
from trading import trading

ON = {"instrument_name": NAME}
SEEDS = range(12)


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market"), members=3) as opened:
        yield opened


@pytest.fixture
def sides(floor):
    one, two = (Raw(floor.socket_url, member) for member in floor.members[:2])
    with one, two:
        yield one, two
        for each in (one, two):
            each.result("private/cancel_all")


def levels(maker, chance):
    """Let a member quote both sides."""
    for place in range(5):
        for method, sign in (("private/buy", -1), ("private/sell", 1)):
            price = round(3 + sign * (0.01 + 0.01 * place + 0.001 * chance.randrange(4)), 4)
            maker.result(method, **ON, amount=chance.randint(1, 9), price=price)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_preview_is_what_then_happens(sides, seed):
    """Preview a random order, send it: lots, average price, fee and position are as was said."""
    maker, taker = sides
    chance = random.Random(seed)
    levels(maker, chance)
    side = chance.choice(("buy", "sell"))
    order = {**ON, "amount": chance.randint(1, 40)}
    if chance.random() < 0.3:
        order["type"] = "market"
    else:
        order["price"] = round(3 + chance.choice((-1, 1)) * chance.randrange(8) * 0.01, 4)
        forces = ("good_til_cancelled", "immediate_or_cancel", "fill_or_kill")
        order["time_in_force"] = chance.choice(forces)
    before = taker.result("private/get_account_summary", currency="USDC")
    said = taker.result("private/preview_order", direction=side, **order)
    assert taker.result("private/get_account_summary", currency="USDC") == before
    placed = taker.result(f"private/{side}", **order)["order"]
    assert said["reason"] is None
    assert placed["filled_amount"] == said["filled_amount"]
    assert placed["average_price"] == (said["average_price"] or 0)
    # A fee is rounded up for each fill: by less than a micro-dollar each.
    assert said["fee"] <= placed["commission"] <= said["fee"] + 5e-6
    left = placed["amount"] - placed["filled_amount"]
    assert said["resting_amount"] == (left if placed["order_state"] == "open" else 0)
    position = taker.result("private/get_position", **ON)
    if not said["resting_amount"] and position["size"] and said["filled_amount"]:
        told = position["estimated_liquidation_price"]
        assert (told is None) == (said["liquidation_price"] is None)
        if told is not None:
            assert abs(told - said["liquidation_price"]) < 0.01


def test_a_preview_refuses_what_an_order_would_and_tells_what_the_exchange_would(sides):
    one, _ = sides
    ask = {"direction": "buy", **ON, "amount": 1, "price": 2.9}
    for params, code in (
        ({"price": 2.90001}, 10043),
        ({"direction": "both"}, -32602),
        ({"direction": None}, -32602),
        ({"valid_until": 1}, -32602),
        ({"amount": 0.5}, 10002),
        ({"instrument_name": "X"}, 13020),
    ):
        assert one.code("private/preview_order", **(ask | params)) == code
    one.result("private/preview_order", **ask, label="of a preview alone")
    assert one.code("private/cancel_by_label", label="of a preview alone") == 10004
    told = one.result("private/preview_order", **(ask | {"price": 9}))
    assert (told["reason"], told["cost"]) == ("PRICE_OUT_OF_BAND", None)
    assert one.result("private/preview_order", **(ask | {"amount": 1000}))["reason"] is None


def test_a_key_that_may_only_read_previews_and_a_stranger_does_not(floor):
    key, secret = floor.keys.create("reads", floor.members[2].account, (READ,))
    ask = {"direction": "sell", **ON, "amount": 1, "price": 3.1}
    with Raw(floor.socket_url, floor.members[2]._replace(key=key.id, secret=secret)) as reader:
        assert reader.result("private/preview_order", **ask)["resting_amount"] == 1
    with Raw(floor.socket_url) as stranger:
        assert stranger.code("private/preview_order", **ask) == 13009


def test_a_bracket_waits_for_its_order_and_its_ends_cancel_each_other(sides):
    one, two = sides
    first = one.result("private/buy", **ON, amount=4, price=2.9)["order"]["order_id"]
    end = {**ON, "amount": 4, "trigger": "mark_price", "reduce_only": True}
    take = one.result(
        "private/sell",
        **end,
        type="take_market",
        trigger_price=3.4,
        linked_order_type="one_triggers_other",
        linked_order_id=first,
    )["order"]
    stop = one.result(
        "private/sell",
        **end,
        type="stop_market",
        trigger_price=2.5,
        linked_order_type="one_cancels_other",
        linked_order_id=take["order_id"],
    )["order"]
    assert take["order_state"] == stop["order_state"] == "untriggered"
    assert (take["linked_order_type"], take["linked_order_id"]) == ("one_triggers_other", first)
    two.result("private/sell", **ON, amount=4, price=2.9)
    standing = {each["order_id"] for each in one.result("private/get_open_orders")}
    assert standing == {take["order_id"], stop["order_id"]}
    one.result("private/cancel", order_id=take["order_id"])
    assert one.result("private/get_open_orders") == []
    ended = one.result("private/get_order_state", order_id=stop["order_id"])
    assert ended["cancel_reason"] == "oco_other_closed"
    assert ended["linked_order_id"] == take["order_id"]


def test_an_order_is_linked_to_none_of_another_member(sides):
    one, two = sides
    theirs = two.result("private/sell", **ON, amount=1, price=3.2)["order"]["order_id"]
    link = {"linked_order_type": "one_cancels_other", "linked_order_id": theirs}
    found = one.call("private/buy", **ON, amount=1, price=2.8, **link)["error"]
    assert (found["code"], found["data"]["reason"]) == (10004, "LINK_UNKNOWN")
