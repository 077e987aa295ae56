"""CCXT PRO: its WebSocket client, unmodified, listens here: books, trades, orders, money.

Takes   a real market of five kinds of contract; three members, of whom one or two are ccxt.pro's.
Gives   a failure where what the client was told is not what the exchange has.
Keeps   ccxt.pro itself unchanged; since it checks no sequence, a strict mirror stands beside it.
Source  Decisions 0030, 0035 and 0036; ccxt.pro's manual; docs/api/checksum.md.
"""

import asyncio

import pytest

from clients.driven import BASIS
from clients.driven import H100
from clients.driven import H200
from clients.driven import SYMBOLS
from clients.driven import account_of
from clients.driven import microusd
from clients.driven import pro_client
from clients.mirrored import mirror
from trading import contracts_beside
from trading import trading

pytestmark = pytest.mark.long


@pytest.fixture
def floor(tmp_path):
    with trading(tmp_path, members=3, beside=contracts_beside()) as floor:
        yield floor


def watched(floor, act):
    """Run `act` with two members' clients, and close them."""

    async def run():
        ann, bob = (pro_client(floor, member) for member in floor.members[:2])
        try:
            await ann.load_markets()
            await bob.load_markets()
            return await asyncio.wait_for(act(ann, bob), 60)
        finally:
            await ann.close()
            await bob.close()

    return asyncio.run(run())


class Followed:
    """What a `watch_...` of ccxt.pro gives, again and again, as its manual has it."""

    def __init__(self, watch) -> None:
        self.last = None
        self._watch = watch
        self._task = asyncio.ensure_future(self._follow())

    async def _follow(self) -> None:
        while True:
            self.last = await self._watch()

    async def until(self, holds):
        """Wait for something of which a claim holds, and give it."""
        for _ in range(2_000):
            if self._task.done():
                self._task.result()
            if self.last is not None and holds(self.last):
                return self.last
            await asyncio.sleep(0.005)
        raise AssertionError(f"found {self.last}")


async def followed(*watches):
    """Begin to follow, and let the subscriptions take effect."""
    made = [Followed(watch) for watch in watches]
    await asyncio.sleep(0.5)
    return made


def test_orders_and_trades_are_told_as_they_happen(floor):
    """Place, edit, fill and cancel: each state of the order comes, and each trade to either."""

    async def act(ann, bob):
        orders, trades, of_bob = await followed(
            ann.watch_orders, ann.watch_my_trades, bob.watch_my_trades
        )

        async def state(*expected):
            def holds(told):
                shown = told[-1]
                names = ("id", "status", "amount", "filled", "price")
                return tuple(shown[name] for name in names) == expected

            return (await orders.until(holds))[-1]

        id = (await ann.create_order(BASIS, "limit", "buy", 5, -0.61, {"label": "mine"}))["id"]
        assert (await state(id, "open", 5, 0, -0.61))["info"]["label"] == "mine"
        await ann.edit_order(id, BASIS, "limit", "buy", 6, -0.605)
        await state(id, "open", 6, 0, -0.605)
        await bob.create_order(BASIS, "market", "sell", 2)
        await state(id, "open", 6, 2, -0.605)
        await ann.cancel_order(id, BASIS)
        await state(id, "canceled", 6, 2, -0.605)
        mine, bobs = [(await each.until(bool))[-1] for each in (trades, of_bob)]
        assert (mine["amount"], mine["price"], mine["side"]) == (2, -0.605, "buy")
        assert (bobs["amount"], bobs["price"], bobs["side"]) == (2, -0.605, "sell")
        assert (mine["takerOrMaker"], bobs["takerOrMaker"]) == ("maker", "taker")
        assert (mine["order"], mine["id"]) == (id, bobs["id"])

    watched(floor, act)


def test_the_market_is_told_as_it_moves(floor):
    """Watch what anybody may, and trade: ticker, quote, public trades, candle, book."""

    async def act(ann, bob):
        trades, candles, book, quotes, tickers = await followed(
            lambda: ann.watch_trades(H100, params={"interval": "raw"}),
            lambda: ann.watch_ohlcv(H100, "1m"),
            lambda: ann.watch_order_book(H100),
            lambda: ann.watch_bids_asks([H100, H200]),
            lambda: ann.watch_tickers([H100, H200]),
        )
        await bob.create_order(H100, "limit", "sell", 9, 3.01)
        await ann.create_order(H100, "limit", "buy", 4, 3.01)
        told = await trades.until(bool)
        assert [(each["price"], each["amount"], each["side"]) for each in told] == [
            (3.01, 4, "buy")
        ]
        await candles.until(lambda told: told[-1][1:6] == [3.01, 3.01, 3.01, 3.01, 4])
        await book.until(lambda told: [[*row][:2] for row in told["asks"]] == [[3.01, 5]])
        await quotes.until(lambda told: told.get(H100, {}).get("askVolume") == 5)
        told = await tickers.until(lambda told: told.get(H100, {}).get("last") == 3.01)
        assert (told[H100]["ask"], told[H100]["bid"]) == (3.01, None)

    watched(floor, act)


def test_the_balance_is_told_when_it_changes(floor):
    """Trade at a price beside the mark: what is told in the end is what the exchange has."""

    async def act(ann, bob):
        (balance,) = await followed(ann.watch_balance)
        await balance.until(lambda told: microusd(told["USDC"]["total"]["USDC"]) == 10**12)
        await bob.create_order(H200, "limit", "sell", 900, 3.7)
        await ann.create_order(H200, "limit", "buy", 900, 3.7)
        account = account_of(floor, floor.members[0])
        assert account.equity_microusd < 10**12
        free_microusd = account.equity_microusd - account.initial_margin_microusd

        def holds(told):
            shown = told["USDC"]
            found = [microusd(shown[name]["USDC"]) for name in ("total", "free")]
            return found == [account.equity_microusd, free_microusd]

        await balance.until(holds)

    watched(floor, act)


def test_books_are_mirrored_at_each_sequence(floor):
    """Let members trade at random: each message leaves the book that a second exchange has."""
    counts = asyncio.run(mirror(floor, 4, seed=1))
    assert counts["strict"] > 10 * len(SYMBOLS) and counts["ccxt"] > 10 * len(SYMBOLS), counts


@pytest.mark.long
def test_books_are_mirrored_for_a_minute(floor):
    counts = asyncio.run(mirror(floor, 60, seed=2))
    assert counts["strict"] > 1_000 and counts["ccxt"] > 1_000, counts
