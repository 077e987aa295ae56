"""TWO MEMBERS: they trade with one another on two clients while the server is killed.

Takes   a market in a process of its own, killed with SIGKILL and started again on its folder; a
        member on ccxt.pro, another on a socket of a hundred lines.
Gives   a failure where an order is doubled or lost, where the clients differ from one another or
        from the exchange, or a micro-dollar is missing.
Keeps   a retry as any program may do it: what has no answer is sent again with the same label.
Source  Rulebook 12; decisions 0026, 0035 and 0036.
"""

import asyncio
import random
from collections import Counter
from collections import deque
from contextlib import suppress

import ccxt
import pytest
from websockets.exceptions import ConnectionClosed

from chiphour.adapters.market import Market
from chiphour.exchange import events as said
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.limits import FEES
from chiphour.exchange.limits import INSURANCE_FUND
from clients.driven import BASIS
from clients.driven import H100
from clients.driven import H100_DATED
from clients.driven import MID
from clients.driven import SYMBOLS
from clients.driven import TICK
from clients.driven import microusd
from clients.driven import pro_client
from clients.market_process import Serving
from rpc_client import Socket
from trading import DEPOSIT_MICROUSD

pytestmark = pytest.mark.long

ORDERS = 120  # Of each member.
FORGOTTEN = 10
KILLED_AT = (60, 130)  # After so many answers of both.
GONE = (ccxt.NetworkError, ConnectionClosed, OSError, TimeoutError, AssertionError)


def plan(name: str, seed: int):
    """Give a member's orders: a label of its own for each; most of them meet the other's."""
    rng = random.Random(f"{seed} {name}")
    for number in range(ORDERS):
        symbol = rng.choice((H100, H100_DATED, BASIS))
        price = round(MID[symbol] + rng.randint(-8, 8) * TICK, 4)
        yield f"{name} {number}", symbol, rng.choice(("buy", "sell")), rng.randint(1, 9), price


class OnCcxt:
    """A member on ccxt.pro."""

    def __init__(self, served, member) -> None:
        self._client = pro_client(served, member)

    async def begin(self) -> None:
        await self._client.load_markets()
        self.names = {symbol: self._client.market(symbol)["id"] for symbol in SYMBOLS}

    async def place(self, label, symbol, side, amount, price) -> str:
        made = await self._client.create_order(
            symbol, "limit", side, amount, price, {"label": label}
        )
        return made["id"]

    async def state(self):
        """Give its open orders, its positions, its money, as ccxt shows them."""
        orders = await self._client.fetch_open_orders(params={"currency": "USDC"})
        positions = await self._client.fetch_positions()
        balance = await self._client.fetch_balance()
        return (
            {each["id"]: (each["amount"], each["filled"]) for each in orders},
            {
                each["symbol"]: abs(each["contracts"]) * (1 if each["side"] == "long" else -1)
                for each in positions
            },
            microusd(balance["USDC"]["total"]),
        )

    async def trades(self):
        page = {"currency": "USDC", "start_timestamp": 1}
        found = await self._client.fetch_my_trades(limit=1_000, params=page)
        return [(each["id"], each["price"], each["amount"]) for each in found]

    async def log(self):
        page = {"currency": "USDC", "start_timestamp": 0, "end_timestamp": 1 << 41, "count": 1_000}
        return (await self._client.private_get_get_transaction_log(page))["result"]["logs"]

    async def close(self) -> None:
        await self._client.close()


class OnSocket:
    """A member on a bare WebSocket, which it opens again when it is gone."""

    def __init__(self, served, member) -> None:
        self._served, self._member, self._socket = served, member, None

    async def begin(self) -> None:
        await self.close()
        self._socket = await Socket(self._served.socket_url, self._member).__aenter__()
        listed = await self._socket("public/get_instruments", currency="USDC")
        self.names = {SYMBOLS[each["instrument_id"]]: each["instrument_name"] for each in listed}

    async def place(self, label, symbol, side, amount, price) -> str:
        params = {"instrument_name": self.names[symbol], "amount": amount, "price": price}
        if self._socket is None:
            raise OSError("gone")
        asked = self._socket.ask(f"private/{side}", label=label, **params)
        return (await asyncio.wait_for(asked, 3))["order"]["order_id"]

    async def state(self):
        """Give its open orders, its positions, its money, as the dialect says them."""
        symbols = {name: symbol for symbol, name in self.names.items()}
        orders = await self._socket("private/get_open_orders")
        positions = await self._socket("private/get_positions", currency="USDC")
        summary = await self._socket("private/get_account_summary", currency="USDC")
        return (
            {each["order_id"]: (each["amount"], each["filled_amount"]) for each in orders},
            {symbols[each["instrument_name"]]: each["size"] for each in positions},
            microusd(summary["equity"]),
        )

    async def trades(self):
        method = "private/get_user_trades_by_currency_and_time"
        page = {"currency": "USDC", "start_timestamp": 1, "end_timestamp": 1 << 41, "count": 1_000}
        found = (await self._socket(method, **page))["trades"]
        return [(each["trade_id"], each["price"], each["amount"]) for each in found]

    async def log(self):
        page = {"currency": "USDC", "start_timestamp": 0, "end_timestamp": 1 << 41, "count": 1_000}
        return (await self._socket("private/get_transaction_log", **page))["logs"]

    async def close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            with suppress(*GONE):
                await socket.__aexit__()


async def trade(client, orders, answered, retried) -> dict[str, str]:
    """Send all orders; what has no answer goes again with its label. Gives number by label.

    After each loss the last answered ones go again too, as of a program that had forgotten them.
    """
    found: dict[str, str] = {}
    waiting, sent = deque(orders), deque(maxlen=FORGOTTEN)
    while waiting:
        label, *order = waiting[0]
        try:
            number = await client.place(label, *order)
        except GONE:
            retried.append(label)
            waiting.extendleft(reversed(sent))
            sent.clear()
            await again(client)
            continue
        assert found.setdefault(label, number) == number, "another order for the same label"
        sent.append(waiting.popleft())
        answered.append(label)
    return found


async def again(client) -> None:
    """Begin anew, as soon as there is a server."""
    for _ in range(400):
        try:
            await client.begin()
            return
        except GONE:
            await asyncio.sleep(0.05)
    raise AssertionError("the server did not come back")


async def killer(serving, answered) -> None:
    """Kill the server in the middle, and start it again."""
    for count in KILLED_AT:
        while len(answered) < count:
            await asyncio.sleep(0.002)
        await asyncio.to_thread(serving.kill)
        await asyncio.to_thread(serving.start)


async def trade_through_kills(serving, served, seed):
    """Trade on both clients while the server is killed; give numbers and what each then sees."""
    ann, bob = OnCcxt(served, served.members[0]), OnSocket(served, served.members[1])
    answered, retried = [], []
    try:
        await ann.begin()
        await bob.begin()
        numbers = await asyncio.gather(
            trade(ann, plan("ann", seed), answered, retried),
            trade(bob, plan("bob", seed), answered, retried),
            killer(serving, answered),
        )
        before = [(await each.state(), await each.trades()) for each in (ann, bob)]
        await asyncio.to_thread(serving.kill)
        await asyncio.to_thread(serving.start)
        for each in (ann, bob):
            await again(each)
        after = [(await each.state(), await each.trades()) for each in (ann, bob)]
        assert before == after, "another state after the last kill"
        logs = [await each.log() for each in (ann, bob)]
    finally:
        await ann.close()
        await bob.close()
    return numbers[:2], after, logs, retried


def test_two_members_trade_through_kills(tmp_path):
    """Kill the server twice between orders and once after: nothing is doubled, lost or differs."""
    serving = Serving(tmp_path)
    served = serving.start()
    numbers, seen, logs, retried = asyncio.run(
        asyncio.wait_for(trade_through_kills(serving, served, seed=5), 120)
    )
    serving.kill()
    assert serving.kills == len(KILLED_AT) + 2 and retried
    accepted, repeated = Counter(), []

    def hear(told) -> None:
        kinds = told.events[:, said.KIND]
        repeated.extend(told.events[kinds == Event.REPEATED].tolist())
        accepted.update(
            (row[said.ACCOUNT], row[said.ORDER])
            for row in told.events[kinds == Event.ACCEPTED].tolist()
        )

    with Market(tmp_path, demonstration=False, hear=hear) as market:
        own = [str(order) for _, order in accepted]
        assert sorted(own) == sorted(id for found in numbers for id in found.values())
        assert max(accepted.values()) == 1
        assert len(repeated) >= FORGOTTEN * len(KILLED_AT) and not any(
            event[said.REASON] for event in repeated
        )
        cash = market.ask(
            lambda engine: {
                account: engine.account(account).cash_microusd
                for account in (*range(1, ACCOUNTS_RESERVED), *(m.account for m in served.members))
                if engine.account(account) is not None
            }
        )
        held = [
            market.ask(lambda engine, a=member.account: engine.account(a))
            for member in served.members
        ]
    for account, ((_, positions, equity_microusd), _) in zip(held, seen, strict=True):
        assert positions == {SYMBOLS[p.contract]: p.lots for p in account.positions if p.lots}
        assert equity_microusd == account.equity_microusd
    assert (
        sorted(seen[0][1]) == sorted(seen[1][1]) and len(seen[0][1]) > 20
    )  # One trade, two sides.
    statements = [sum(microusd(line["change"]) for line in log) for log in logs]
    assert statements == [cash[member.account] for member in served.members]
    assert sum(statements) + cash[FEES] + cash[INSURANCE_FUND] == 2 * DEPOSIT_MICROUSD
    assert sum(cash.values()) == 2 * DEPOSIT_MICROUSD
