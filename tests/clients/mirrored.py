"""MIRRORED: books as clients hold them, message by message, beside the server's own.

Takes   a floor; messages of `book.X.raw`; a seed, seconds.
Gives   `Mirror`, strict, as docs/api/checksum.md has it; `Watching`, ccxt.pro's client with a
        record of its books; `Recorder` of the server's; a seeded `flow` of orders of all members.
Keeps   a book for each sequence: no two states of a book are taken for one another.
Source  Deribit's API v2, `book.X.raw`; docs/api/checksum.md; decision 0036.

By hand, for ten minutes: `cd tests && python -m clients.mirrored 600`
"""

import asyncio
import random
import sys
import tempfile
import time
from decimal import Decimal
from pathlib import Path
from zlib import crc32

import ccxt.pro
import numpy as np

from chiphour.exchange.commands import COMMAND_COLUMNS
from chiphour.exchange.engine import Engine
from chiphour.exchange.limits import Limits
from clients.driven import MID
from clients.driven import SYMBOLS
from clients.driven import pointed
from rpc_client import Refused
from rpc_client import Socket
from trading import contracts_beside
from trading import trading

TICK_MICROUSD = 100
AT_ONCE = 4  # Requests that a member has under way.


class Mirror:
    """A book kept by nothing but the messages of its channel; it raises where one does not fit."""

    def __init__(self, tick_size: str) -> None:
        self._tick = Decimal(tick_size)
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.change_id = 0

    def take(self, message) -> None:
        """Apply a message, then compare the checksum of the whole book."""
        if message["type"] == "snapshot":
            self.bids, self.asks = {}, {}
        else:
            assert message["prev_change_id"] == self.change_id, "a message is missing"
            assert message["bids"] or message["asks"], "a change that changes nothing"
        for side, rows in ((self.bids, message["bids"]), (self.asks, message["asks"])):
            for action, price, amount in rows:
                ticks = Decimal(str(price)) / self._tick
                assert ticks == int(ticks)
                assert (action == "new") == (int(ticks) not in side), "a row that does not fit"
                side[int(ticks)] = amount
                if action == "delete":
                    del side[int(ticks)]
        self.change_id = message["change_id"]
        assert self.checksum() == message["checksum"], "another book than the server's"

    def checksum(self) -> int:
        best = sorted(self.bids, reverse=True)[:10], sorted(self.asks)[:10]
        sides = (
            ",".join(f"{ticks}:{levels[ticks]}" for ticks in ordered)
            for ordered, levels in zip(best, (self.bids, self.asks), strict=True)
        )
        return crc32("|".join(sides).encode())


class Recorder:
    """Every state of every book, by symbol and by the sequence that made it.

    The books are those of a second exchange that is given the same commands, not of the fold that
    the channels are made from.
    """

    def __init__(self, floor) -> None:
        book = floor.gateway.board.depth.book
        begun = [(number, book(number).levels_sequence) for number in range(len(SYMBOLS))]
        self.last = {SYMBOLS[number]: sequence for number, sequence in begun}
        self._sections = floor.market.ask(lambda engine: engine.sections())
        self._frames: list[tuple] = [(np.zeros((0, COMMAND_COLUMNS), np.int64), begun)]
        floor.gateway.listen(self._hear)

    def _hear(self, heard) -> None:
        changed = [(moved.book.contract, moved.book.levels_sequence) for moved in heard.seen.moved]
        self._frames.append((heard.told.rows, changed))
        self.last |= {SYMBOLS[contract]: sequence for contract, sequence in changed}

    def books(self) -> dict[tuple[str, int], tuple[dict, dict]]:
        engine, found = Engine.from_sections(Limits(), self._sections), {}
        for rows, changed in self._frames:
            engine.apply(rows)
            for contract, sequence in changed:
                sides = engine.book(contract, 10_000)
                found[SYMBOLS[contract], sequence] = tuple(
                    {int(level[0]): int(level[1]) for level in side} for side in sides
                )
        return found


class Watching(ccxt.pro.deribit):
    """ccxt.pro as it is; beside it a record of its book after each message of one."""

    def handle_order_book(self, client, message) -> None:
        super().handle_order_book(client, message)
        data = message["params"]["data"]
        symbol = self.safe_symbol(data["instrument_name"])
        book = self.orderbooks[symbol]
        sides = tuple(
            {round(price * 1_000_000 / TICK_MICROUSD): int(lots) for price, lots, *_ in book[side]}
            for side in ("bids", "asks")
        )
        self.seen[symbol, data["change_id"]] = sides


def watching(floor, member) -> Watching:
    """Give such a client of a member."""
    client = pointed(Watching, floor, member)
    client.seen = {}
    return client


async def flow(socket, names: dict[str, str], rng, until: float) -> int:
    """Send what a member may send, at random, some at once; give how many were sent."""
    standing: list[str] = []
    under_way: set[asyncio.Future] = set()
    sent = 0
    while time.monotonic() < until:
        if len(under_way) >= AT_ONCE:
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            standing += [order for task in done if (order := _resting(task))]
        method, params = _any_request(rng, names, standing)
        under_way.add(socket.ask(method, **params))
        sent += 1
        if sent % 32 == 0:
            await asyncio.sleep(rng.random() * 0.02)  # Frames of one order, and of many.
    await asyncio.gather(*under_way, return_exceptions=True)
    return sent


def _resting(task) -> str | None:
    """Give the number of the order that a request has left standing."""
    if fault := task.exception():
        assert isinstance(fault, Refused), fault
        return None
    result = task.result()
    order = result.get("order") if isinstance(result, dict) else None
    return order["order_id"] if order and order["order_state"] == "open" else None


def _any_request(rng, names, standing):
    what = rng.random()
    if standing and (what < 0.3 or len(standing) > 60):
        return "private/cancel", {"order_id": standing.pop(rng.randrange(len(standing)))}
    symbol = rng.choice(SYMBOLS)
    ticks = round(MID[symbol] * 10_000) + rng.randint(-25, 25)
    price, amount = ticks / 10_000, rng.randint(1, 30)
    if standing and what < 0.45:
        return "private/edit", {"order_id": rng.choice(standing), "amount": amount}
    if what > 0.995:
        return "private/cancel_all_by_instrument", {"instrument_name": names[symbol]}
    params = {"instrument_name": names[symbol], "amount": amount, "price": price}
    if what < 0.55:
        params["time_in_force"] = "immediate_or_cancel"
    elif what < 0.65 and amount > 5:
        params["display_amount"] = 5
    elif what < 0.75:
        params["post_only"] = True
    return rng.choice(("private/buy", "private/sell")), params


async def mirror(floor, seconds: float, seed: int) -> dict[str, int]:
    """Let members trade while others mirror; raise where a book differs; give counts."""
    recorder, client = Recorder(floor), watching(floor, floor.members[0])
    await client.load_markets()
    names = {symbol: client.market(symbol)["id"] for symbol in SYMBOLS}
    mirrors = {symbol: Mirror("0.0001") for symbol in SYMBOLS}
    async with (
        Socket(floor.socket_url, floor.members[0]) as strict,
        Socket(floor.socket_url, floor.members[1]) as one,
        Socket(floor.socket_url, floor.members[2]) as other,
    ):
        until = time.monotonic() + seconds
        sending = [
            asyncio.create_task(flow(socket, names, random.Random(f"{seed} {place}"), until))
            for place, socket in enumerate((one, other))
        ]
        await asyncio.sleep(0.2)  # So that the first snapshot is of a book that moves.
        await strict("public/subscribe", channels=[f"book.{name}.raw" for name in names.values()])
        watch = {"params": {"interval": "raw"}}
        await client.watch_order_book_for_symbols(list(SYMBOLS), **watch)
        sent = sum(await asyncio.gather(*sending))
        await _quiet(strict, client, recorder)
        await client.close()
    books, messages = recorder.books(), 0
    for symbol, name in names.items():
        for message in strict.told[f"book.{name}.raw"]:
            mirrors[symbol].take(message)
            messages += 1
            held = mirrors[symbol].bids, mirrors[symbol].asks
            assert held == books[symbol, message["change_id"]], (symbol, message)
    for (symbol, change_id), sides in client.seen.items():
        assert sides == books[symbol, change_id], (symbol, change_id)
    return {"sent": sent, "strict": messages, "ccxt": len(client.seen)}


async def _quiet(strict, client, recorder) -> None:
    """Wait until either has heard the last state of each book."""
    for _ in range(2_000):
        heard = {
            told[-1]["instrument_name"]: told[-1]["change_id"] for told in strict.told.values()
        }
        last = recorder.last
        if sorted(heard.values()) == sorted(last.values()) and {*last.items()} <= {*client.seen}:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"expected {last}, found {heard}")


if __name__ == "__main__":
    with (
        tempfile.TemporaryDirectory() as folder,
        trading(Path(folder), members=3, beside=contracts_beside()) as floor,
    ):
        found = asyncio.run(mirror(floor, float(sys.argv[1]), seed=2026))
    sys.stdout.write(f"{found}\n")
