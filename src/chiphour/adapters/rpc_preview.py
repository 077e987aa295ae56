"""RPC PREVIEW: `private/preview_order`: an order as it would be, asked of the exchange, not sent.

Takes   the params of `private/buy` or `sell`, and which of them.
Gives   what it would cost, need and risk; nothing changes.
Keeps   all of it of one moment of the engine. It takes what an order takes, but `valid_until`; a
        label is given no number.
Source  Decision 0047; rulebook 1.3, 6.6.

    MarketError
    └── RpcRefused      as of an order: params, prices off the tick, contracts and orders unknown
"""

from collections.abc import Awaitable
from collections.abc import Mapping
from typing import Any

from chiphour.adapters.gateway import Gateway
from chiphour.adapters.rpc import Asker
from chiphour.adapters.rpc import Method
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import Side
from chiphour.exchange.engine import Engine
from chiphour.exchange.reasons import Reason
from chiphour.wire import dialect
from chiphour.wire.dialect_orders import METHODS as ORDERS
from chiphour.wire.dialect_preview import LEVELS
from chiphour.wire.dialect_preview import Shot
from chiphour.wire.dialect_preview import preview_object
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.key import READ

_SENT = {word: f"private/{word}" for word in dialect.SIDES.values()}


def _preview(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[dict[str, Any]]:
    method = fields.needed(fields.take_word("direction", _SENT), "direction")
    desk = gateway.desk(asker.account)._replace(number_of=lambda word: 1)
    row = ORDERS[method](fields, desk, gateway.blotter(asker.account))
    values = [int(value) for value in row]
    listed = gateway.instruments[values[ask.CONTRACT]]
    opposite = Side.BUY + Side.SELL - values[ask.SIDE]

    def look(engine: Engine) -> Shot | None:
        account = engine.account(asker.account)
        if account is None:
            return None
        now = listed._replace(row=engine.contract(listed.number).tolist())
        levels = engine.book(listed.number, LEVELS)[opposite - 1]
        settings, limits = gateway.histories.settings, gateway.limits
        return Shot(values, now, account, engine.preview(row), levels, settings, limits)

    async def answer() -> dict[str, Any]:
        shot = await gateway.ask(look)
        if shot is None:
            raise dialect.refused_by(Reason.ACCOUNT_UNKNOWN)
        return preview_object(shot)

    return answer()


METHODS: Mapping[str, Method] = {"private/preview_order": Method(_preview, READ, cost=5)}
