"""FEED MARKET: each channel of the market tells a real subscriber what happened, once, in order.

Takes   a real market with its doors open; two members who trade.
Gives   what a third, who only listens, was told.
Keeps   one chain of change ids; snapshots first; nothing empty.
Source  Decisions 0030 and 0035.
"""

import asyncio
import itertools

import pytest

from rpc_client import Refused
from rpc_client import Socket
from trading import NAME
from trading import trading


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market")) as opened:
        yield opened


async def trade(one, two, price, lots=2):
    """Rest a bid, and sell into it."""
    await one("private/buy", instrument_name=NAME, amount=lots, type="limit", price=price)
    await two("private/sell", instrument_name=NAME, amount=1, type="limit", price=price)


def watched(floor, channels, deed):
    """Subscribe a stranger to channels, let two members do something, give what was told."""

    async def run():
        one, two = (Socket(floor.socket_url, member) for member in floor.members)
        async with one, two, Socket(floor.socket_url) as stranger:
            assert await stranger("public/subscribe", channels=channels) == channels
            await deed(one, two, stranger)
            await one("private/cancel_all")
            return stranger.told

    return asyncio.run(run())


def test_a_book_is_a_snapshot_then_a_chain_of_changes(floor):
    channel = f"book.{NAME}.raw"

    async def deed(one, two, stranger):
        await trade(one, two, 2.9)
        await stranger.messages(channel, 3)

    told = watched(floor, [channel], deed)[channel]
    assert [each["type"] for each in told[:3]] == ["snapshot", "change", "change"]
    for before, after in itertools.pairwise(told):
        assert after["prev_change_id"] == before["change_id"]
        assert after["bids"] or after["asks"]
    assert told[1]["bids"] == [["new", 2.9, 2]]
    assert told[2]["bids"] == [["change", 2.9, 1]]


def test_gathered_and_grouped_books_tell_the_same_in_the_end(floor):
    channels = [f"book.{NAME}.100ms", f"book.{NAME}.none.10.100ms", f"quote.{NAME}"]

    async def deed(one, two, stranger):
        await trade(one, two, 2.91)
        await stranger.messages(channels[0], 2)
        await stranger.messages(channels[1], 2)
        await stranger.messages(channels[2], 2)

    told = watched(floor, channels, deed)
    assert told[channels[0]][0]["type"] == "snapshot"
    assert told[channels[1]][-1]["bids"][:1] in ([[2.91, 1]], [])
    assert 2.91 in {each["best_bid_price"] for each in told[channels[2]]}


def test_trades_tickers_and_candles_are_told(floor):
    channels = [
        *(f"trades.{NAME}.raw", "trades.future.USDC.100ms", f"ticker.{NAME}.raw"),
        *(f"chart.trades.{NAME}.1", f"orders.{NAME}.raw", f"auction.{NAME}"),
    ]

    async def deed(one, two, stranger):
        await trade(one, two, 2.92)
        for channel, count in zip(channels[:4], (1, 1, 2, 1), strict=True):
            await stranger.messages(channel, count)
        await stranger.messages(channels[4], 3)

    told = watched(floor, channels, deed)
    assert [(each["price"], each["amount"]) for each in told[channels[0]][0]] == [(2.92, 1)]
    assert told[channels[1]][0][-1]["trade_id"] == told[channels[0]][0][0]["trade_id"]
    assert told[channels[2]][-1]["last_price"] == 2.92
    assert told[channels[3]][-1]["close"] == 2.92
    assert [each["type"] for each in told[channels[4]][:2]] == ["snapshot", "change"]
    assert told[channels[5]][0]["auction_state"] == "none"


@pytest.mark.parametrize(
    "name",
    [
        *("book.NOTHING.raw", f"book.{NAME}", f"book.{NAME}.none.7.100ms", "book", "nothing.raw"),
        *(f"book.{NAME}.none.10.raw", f"chart.trades.{NAME}.2", f"ticker.{NAME}", "user.orders.x"),
    ],
)
def test_what_nobody_serves_is_refused_and_nothing_is_subscribed(floor, name):
    async def run():
        async with Socket(floor.socket_url) as stranger:
            with pytest.raises(Refused, match="no channel"):
                await stranger("public/subscribe", channels=[f"book.{NAME}.raw", name])
            assert await stranger("public/unsubscribe", channels=[f"book.{NAME}.raw"]) == []

    asyncio.run(run())
