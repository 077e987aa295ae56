"""EXAMPLES: a request of every method and a message of every channel, with the server's answers.

Takes   nothing: a market of its own, whose time stands where it is told to stand.
Gives   `record`: for each method the requests with their answers, for each channel its messages,
        and the params that each method looked at.
Keeps   the answers the same each time, byte for byte, but for tokens and the time of the machine,
        which are given as words. Docs/api is written from it, and held to it by a test.
Source  Decision 0036; Deribit's API v2.
"""

import asyncio
import tempfile
from collections import defaultdict
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters import rpc
from chiphour.adapters.serve.openrpc import served_by
from chiphour.contracts.future import Future
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.index.series import BY_TICKER
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.openrpc import Served
from clients.driven import pass_hours
from rpc_client import Socket
from trading import INDEX_MICROUSD
from trading import STRIKE_NS
from trading import TICKER
from trading import TICKER_H200
from trading import contracts_beside
from trading import trading

PERPETUAL = "H100SXMOD_USDC-PERPETUAL"
HOURLY = "H200SXMOD_USDC-PERPETUAL"
BASIS = "H100SXMODH200SXMOD_USDC-31AUG26"
ENDED = "H100SXMOD_USDC-22JUL26"
INDEX = TICKER
FIRST_MS, LAST_MS = 1_784_000_000_000, 1_785_000_000_000
SPAN = {"start_timestamp": FIRST_MS, "end_timestamp": LAST_MS}
ALL = {"currency": "USDC"}
VOLATILE = {
    "access_token": "an access token",
    "refresh_token": "a refresh token",
}
CHANNELS = {
    "nobody": [
        f"book.{PERPETUAL}.raw",
        f"book.{PERPETUAL}.none.10.100ms",
        f"quote.{PERPETUAL}",
        f"orders.{PERPETUAL}.raw",
        f"ticker.{PERPETUAL}.raw",
        f"trades.{PERPETUAL}.raw",
        f"chart.trades.{PERPETUAL}.1",
        f"auction.{PERPETUAL}",
    ],
    "ann": [
        "user.orders.any.any.raw",
        "user.trades.any.any.raw",
        f"user.changes.{PERPETUAL}.raw",
        "user.portfolio.USDC",
    ],
}


class Example(NamedTuple):
    """A request, and what it was answered."""

    method: str
    params: dict
    result: object


class Recorded(NamedTuple):
    """All examples in order; messages by channel; the params that each method looked at.

    `served` are the methods that the server knows.
    """

    examples: list[Example]
    messages: dict[str, list]
    params: dict[str, dict[str, None]]
    served: dict[str, Served]


def record() -> Recorded:
    """Run a market, ask everything."""
    beside = (
        *contracts_beside(),
        Future(TICKER, BY_TICKER[TICKER].number, date(2026, 7, 22)),
    )
    with (
        tempfile.TemporaryDirectory() as folder,
        trading(Path(folder), beside=beside) as floor,
        looked_at() as params,
    ):
        found = asyncio.run(asyncio.wait_for(_Told(floor).run(), 120))
        served = served_by(floor.trading.rpc)
    return Recorded(found[0], found[1], params, served)


@contextmanager
def looked_at():
    """Note which params each method takes."""
    params, taken = defaultdict(dict), []
    take, handle = Fields.take, rpc.Rpc.handle

    def noting_take(fields, name):
        taken.append(name)
        return take(fields, name)

    def noting_handle(self, request, asker, reply, us_in):
        taken.clear()
        handle(self, request, asker, reply, us_in)
        params[request.method].update(dict.fromkeys(taken))

    Fields.take, rpc.Rpc.handle = noting_take, noting_handle
    try:
        yield params
    finally:
        Fields.take, rpc.Rpc.handle = take, handle


class _Told:
    """The story that the examples tell: two members, a day of trading."""

    def __init__(self, floor) -> None:
        self._floor = floor
        self.examples: list[Example] = []

    async def run(self):
        """Tell it all, on three connections."""
        url, members = self._floor.socket_url, self._floor.members
        async with Socket(url) as nobody, Socket(url) as ann, Socket(url, members[1]) as bob:
            self.nobody, self.ann, self.bob = nobody, ann, bob
            await self._sign_in()
            await self._subscribe()
            await self._orders()
            await self._cancels()
            await self._time_passes()
            await self._read_the_market()
            await self._read_the_account()
            await self._protect()
            messages = nobody.told | ann.told
            await self._end()
        return self.examples, messages

    async def _ask(self, who, method, **params):
        """Ask, and keep it as an example."""
        result = await who(method, **params)
        if isinstance(result, dict):
            kept = {name: VOLATILE[name] for name in VOLATILE if name in result}
            self.examples.append(Example(method, params, result | kept))
        else:
            shown = "milliseconds since 1970" if method == "public/get_time" else result
            self.examples.append(Example(method, params, shown))
        return result

    async def _sign_in(self) -> None:
        nobody, ann = self.nobody, self.ann
        await self._ask(nobody, "public/hello", client_name="mine", client_version="1.0")
        await self._ask(nobody, "public/test")
        await self._ask(nobody, "public/get_time")
        await self._ask(nobody, "public/status")
        ann._member = self._floor.members[0]
        result = await ann.sign_in()
        words = {
            "grant_type": "client_signature",
            "client_id": "YOUR KEY",
            "timestamp": "MILLISECONDS",
            "nonce": "ONCE",
            "data": "",
            "signature": "HMAC-SHA256 OF timestamp, nonce AND data, EACH WITH A NEWLINE BETWEEN",
        }
        self.examples.append(Example("public/auth", words, result | VOLATILE))
        again = result["refresh_token"]
        words = {"grant_type": "refresh_token", "refresh_token": VOLATILE["refresh_token"]}
        result = await ann("public/auth", grant_type="refresh_token", refresh_token=again)
        self.examples.append(Example("public/auth", words, result | VOLATILE))
        await self._ask(nobody, "public/set_heartbeat", interval=30)
        await self._ask(nobody, "public/disable_heartbeat")
        for scope in ("connection", "account"):
            await self._ask(ann, "private/enable_cancel_on_disconnect", scope=scope)
            await self._ask(ann, "private/get_cancel_on_disconnect", scope=scope)
            await self._ask(ann, "private/disable_cancel_on_disconnect", scope=scope)
        await self._ask(ann, "private/cancel_all_after", timeout=60)
        await self._ask(ann, "private/cancel_all_after", timeout=0)

    async def _subscribe(self) -> None:
        """Listen to a book that has something in it already."""
        on = {"instrument_name": PERPETUAL}
        await self.ann("private/buy", **on, amount=10, price=2.9)
        await self.bob("private/sell", **on, amount=10, price=3.1)
        await self._ask(self.nobody, "public/subscribe", channels=CHANNELS["nobody"])
        await self._ask(self.ann, "private/subscribe", channels=CHANNELS["ann"])
        await self.ann.messages("user.portfolio.USDC", 1)

    async def _orders(self) -> None:
        """Place an order of each type; some trade."""
        ann, bob = self.ann, self.bob
        on = {"instrument_name": PERPETUAL}
        first = await self._ask(ann, "private/buy", **on, amount=5, price=2.99, label="first")
        self.first = first["order"]["order_id"]
        await self._ask(ann, "private/edit", order_id=self.first, amount=6, price=2.995)
        await self._ask(bob, "private/sell", **on, amount=2, type="market")
        shown = {"post_only": True, "display_amount": 2}
        await self._ask(ann, "private/buy", **on, amount=6, price=2.98, **shown)
        forced = {"time_in_force": "immediate_or_cancel"}
        await self._ask(bob, "private/sell", **on, amount=1, price=2.99, **forced)
        wait = {"trigger": "mark_price", "trigger_price": 2.8}
        stop = await self._ask(ann, "private/sell", **on, amount=2, type="stop_market", **wait)
        changed = {"order_id": stop["order"]["order_id"], "trigger_price": 2.85}
        await self._ask(ann, "private/edit", **changed)
        wait = {"trigger": "index_price", "trigger_price": 3.2, "price": 3.21}
        await self._ask(ann, "private/sell", **on, amount=2, type="take_limit", **wait)
        wait = {"trigger": "mark_price", "trigger_offset": 0.2}
        behind = await self._ask(ann, "private/sell", **on, amount=1, type="trailing_stop", **wait)
        await ann("private/edit", order_id=behind["order"]["order_id"], trigger_offset=0.25)
        wait = {"trigger": "last_price", "trigger_price": 3.3, "price": 3.31}
        await self._ask(ann, "private/buy", **on, amount=1, type="stop_limit", **wait)
        wait = {"trigger": "mark_price", "trigger_offset": 0.3}
        await ann("private/buy", **on, amount=1, type="trailing_stop", **wait)
        await self._bracket()
        on = {"instrument_name": BASIS}
        await self._ask(ann, "private/buy", **on, amount=4, price=-0.61)
        await bob("private/sell", **on, amount=3, price=-0.61)
        on = {"instrument_name": ENDED}
        await bob("private/sell", **on, amount=5, price=3.01)
        await ann("private/buy", **on, amount=5, price=3.01)
        await ann.messages("user.trades.any.any.raw", 4)
        await asyncio.sleep(1.2)  # The channels that speak in turns.

    async def _bracket(self) -> None:
        """Preview an order; hang two ends on it, each of which cancels the other."""
        ann, on = self.ann, {"instrument_name": PERPETUAL, "amount": 3}
        await self._ask(ann, "private/preview_order", direction="buy", **on, price=3.1)
        wait = {"type": "stop_market", "trigger": "mark_price", "trigger_price": 2.7}
        await self._ask(ann, "private/preview_order", direction="sell", **on, **wait)
        wait = {"type": "trailing_stop", "trigger": "mark_price", "trigger_offset": 0.2}
        await ann("private/preview_order", direction="sell", **on, **wait)
        first = (await ann("private/buy", **on, price=2.95))["order"]["order_id"]
        ends = {"trigger": "mark_price", "reduce_only": True}
        link = {"linked_order_type": "one_triggers_other", "linked_order_id": first}
        take = {"type": "take_market", "trigger_price": 3.25}
        end = await self._ask(ann, "private/sell", **on, **take, **ends, **link)
        link = {
            "linked_order_type": "one_cancels_other",
            "linked_order_id": end["order"]["order_id"],
        }
        stop = {"type": "stop_market", "trigger_price": 2.75}
        await self._ask(ann, "private/sell", **on, **stop, **ends, **link)
        await ann("private/cancel", order_id=first)

    async def _cancels(self) -> None:
        """Cancel one, those of a label, of a contract, all."""
        ann, on = self.ann, {"instrument_name": PERPETUAL}

        async def one(**more):
            return (await ann("private/buy", **on, amount=1, price=2.9, **more))["order"]

        await self._ask(ann, "private/get_open_orders_by_label", label="first")
        await self._ask(ann, "private/get_order_state_by_label", label="first")
        await self._ask(ann, "private/cancel", order_id=(await one())["order_id"])
        await one(label="many")
        await one(label="many")
        await self._ask(ann, "private/cancel_by_label", label="many")
        await one()
        await self._ask(ann, "private/cancel_all_by_kind_or_type", currency="USDC", kind="future")
        await one()
        await self._ask(ann, "private/cancel_all_by_currency", **ALL)
        await one()
        await self._ask(ann, "private/cancel_all_by_instrument", **on)
        await one()
        await self._ask(ann, "private/cancel_all")

    async def _time_passes(self) -> None:
        """Let hours pass with a book above the index, then a day end."""
        floor, on = self._floor, {"instrument_name": HOURLY}
        await self.ann("private/buy", **on, amount=600, price=3.62)
        await self.bob("private/sell", **on, amount=600, price=3.63)
        await self.bob("private/sell", **on, amount=10, price=3.62)

        def pass_a_day() -> None:
            pass_hours(floor, TICKER_H200, 3_600_000, 2)
            end_ns = STRIKE_NS + NS_PER_DAY
            told = {"strike_ns": end_ns, "fit": 1, "vintage": Vintage.PROVISIONAL}
            rows = [
                command(Kind.ADVANCE, time_ns=end_ns - 10 * NS_PER_MINUTE),
                command(Kind.ADVANCE, time_ns=end_ns),
            ]
            for ticker, value in ((TICKER, INDEX_MICROUSD + 50_000), (TICKER_H200, 3_610_000)):
                number = BY_TICKER[ticker].number
                time_ns = end_ns + NS_PER_MINUTE
                rows.append(
                    command(
                        Kind.FIXING, time_ns=time_ns, index=number, value_microusd=value, **told
                    )
                )
            for _ in range(20):
                rows.append(command(Kind.ADVANCE, time_ns=end_ns + 2 * NS_PER_MINUTE))
            floor.market.submit(commands(rows))

        await asyncio.to_thread(pass_a_day)

    async def _read_the_market(self) -> None:
        nobody, on = self.nobody, {"instrument_name": PERPETUAL}
        await self.ann("private/buy", **on, amount=5, price=2.99)
        for method, params in (
            ("get_currencies", {}),
            ("get_instruments", {**ALL, "kind": "future", "expired": False}),
            ("get_instrument", on),
            ("ticker", on),
            ("get_order_book", {**on, "depth": 5}),
            ("get_order_book_by_instrument_id", {"instrument_id": 0, "depth": 5}),
            ("get_book_summary_by_currency", {**ALL, "kind": "future"}),
            ("get_book_summary_by_instrument", on),
            ("get_index", ALL),
            ("get_index_price", {"index_name": INDEX}),
            ("get_index_price_names", {}),
            ("get_supported_index_names", {"type": "all"}),
            ("get_contract_size", on),
            ("get_last_trades_by_instrument", {**on, "count": 2}),
            ("get_last_trades_by_instrument_and_time", {**on, **SPAN, "count": 2}),
            ("get_last_trades_by_currency", {**ALL, "count": 2}),
            ("get_last_trades_by_currency_and_time", {**ALL, **SPAN, "count": 2}),
            (
                "get_tradingview_chart_data",
                {
                    **on,
                    "start_timestamp": STRIKE_NS // 10**6,
                    "end_timestamp": STRIKE_NS // 10**6 + 120_000,
                    "resolution": "1",
                },
            ),
            ("get_funding_rate_history", {"instrument_name": HOURLY, **SPAN}),
            ("get_funding_rate_value", {"instrument_name": HOURLY, **SPAN}),
            ("get_funding_chart_data", {"instrument_name": HOURLY, "length": "8h"}),
            ("get_last_settlements_by_instrument", {**on, "type": "settlement", "count": 2}),
            ("get_last_settlements_by_currency", {**ALL, "type": "delivery", "count": 2}),
            ("get_delivery_prices", {"index_name": INDEX, "count": 2}),
            ("get_announcements", {}),
            ("get_trade_volumes", {"extended": False}),
        ):
            await self._ask(nobody, f"public/{method}", **params)

    async def _read_the_account(self) -> None:
        ann, on = self.ann, {"instrument_name": PERPETUAL}
        for method, params in (
            ("get_account_summary", ALL),
            ("get_account_summaries", {"extended": True}),
            ("get_positions", ALL),
            ("get_position", on),
            ("get_margins", {**on, "amount": 100, "price": 3.0}),
            ("get_open_orders", {}),
            ("get_open_orders_by_currency", {**ALL, "type": "limit"}),
            ("get_open_orders_by_instrument", on),
            ("get_order_state", {"order_id": self.first}),
            ("get_order_history_by_currency", {**ALL, "count": 2}),
            ("get_order_history_by_instrument", {**on, "count": 1, "include_unfilled": True}),
            ("get_trigger_order_history", {**ALL, "count": 2}),
            ("get_user_trades_by_instrument", {**on, "count": 1}),
            ("get_user_trades_by_instrument_and_time", {**on, **SPAN, "count": 1}),
            ("get_user_trades_by_currency", {**ALL, "count": 1}),
            ("get_user_trades_by_currency_and_time", {**ALL, **SPAN, "count": 1}),
            ("get_user_trades_by_order", {"order_id": self.first}),
            ("get_transaction_log", {**ALL, **SPAN, "count": 3}),
            ("get_settlement_history_by_currency", {**ALL, "count": 2}),
            ("get_settlement_history_by_instrument", {**on, "count": 1}),
            ("get_deposits", ALL),
            ("get_withdrawals", ALL),
            ("get_transfers", ALL),
            ("get_subaccounts", {"with_portfolio": True}),
        ):
            await self._ask(ann, f"private/{method}", **params)
        await self.bob("private/sell", **on, amount=9, price=2.99)
        await self._ask(ann, "private/close_position", **on, type="limit", price=3.0)

    async def _protect(self) -> None:
        ann = self.ann
        limits = {"interval": 60, "frozen_time": 5, "quantity_limit": 100}
        await self._ask(ann, "private/set_mmp_config", instrument_name=PERPETUAL, **limits)
        await self._ask(ann, "private/get_mmp_config", index_name=INDEX)
        await self._ask(ann, "private/reset_mmp", instrument_name=PERPETUAL)
        await self._ask(ann, "private/reset_mmp", index_name=INDEX)
        nothing = {"interval": 0, "frozen_time": 0}
        await self._ask(ann, "private/set_mmp_config", index_name=INDEX, **nothing)

    async def _end(self) -> None:
        ann, nobody = self.ann, self.nobody
        await self._ask(nobody, "public/unsubscribe", channels=CHANNELS["nobody"][:2])
        await self._ask(nobody, "public/unsubscribe_all")
        await self._ask(ann, "private/unsubscribe", channels=CHANNELS["ann"][:1])
        await self._ask(ann, "private/unsubscribe_all")
        await self._ask(ann, "private/logout")
