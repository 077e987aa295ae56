"""FEED ACCOUNT: a member is told all of its own, and nothing of anybody else's.

Takes   a real market with its doors open; two members who trade.
Gives   what each of them was told.
Keeps   private channels private.
Source  Decision 0035.
"""

import asyncio

import pytest

from rpc_client import Refused
from rpc_client import Socket
from trading import NAME
from trading import trading

CHANNELS = [
    *("user.orders.any.any.raw", "user.trades.any.any.raw", f"user.changes.{NAME}.raw"),
    *("user.orders.future.USDC.100ms", "user.portfolio.USDC"),
]


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market")) as opened:
        yield opened


def test_each_member_is_told_its_own_orders_and_trades(floor):
    """Two members listen to channels of the same names, and trade with each other."""

    async def run():
        one, two = (Socket(floor.socket_url, member) for member in floor.members)
        async with one, two:
            for each in (one, two):
                assert await each("private/subscribe", channels=CHANNELS) == CHANNELS
            order = {"instrument_name": NAME, "type": "limit", "price": 2.9}
            bought = await one("private/buy", amount=3, label="mine", **order)
            sold = await two("private/sell", amount=2, **order)
            await one("private/cancel_all")
            for each in (one, two):
                for channel, count in zip(CHANNELS, (2, 1, 1, 1, 1), strict=True):
                    await each.messages(channel, count)
            return one.told, two.told, bought["order"]["order_id"], sold["order"]["order_id"]

    first, second, bought, sold = asyncio.run(run())
    for told, own in ((first, bought), (second, sold)):
        assert {order["order_id"] for order in told[CHANNELS[0]]} == {own}
        assert [trade["order_id"] for page in told[CHANNELS[1]] for trade in page] == [own]
        assert {o["order_id"] for page in told[CHANNELS[3]] for o in page} == {own}
    assert first[CHANNELS[0]][-1]["order_state"] == "cancelled"
    assert {order["label"] for order in first[CHANNELS[0]]} == {"mine"}
    assert first[CHANNELS[4]][-1]["currency"] == "USDC"


@pytest.mark.parametrize("name", ["user.orders.any.any.raw", "user.portfolio.USDC"])
def test_a_stranger_gets_no_private_channel(floor, name):
    async def run():
        async with Socket(floor.socket_url) as stranger:
            with pytest.raises(Refused, match="no channel"):
                await stranger("public/subscribe", channels=[name])
            with pytest.raises(Refused, match="13009"):
                await stranger("private/subscribe", channels=[name])

    asyncio.run(run())
