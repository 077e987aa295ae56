"""RPC ACTIONS: what members do beside orders: a position closed, protection set and reset.

Takes   requests of signed-in members with the scope to trade.
Gives   orders, or what was set.
Keeps   a key to its contracts. What is set for an index is set for each of its contracts that the
        key may trade, all of them or, where the exchange refuses one, as far as it went, told.
Source  Deribit's API v2; rulebook 9.19 for market-maker protection: ours is of one contract.
"""

import time
from collections.abc import Awaitable
from collections.abc import Mapping

from chiphour.adapters import rpc_params
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.rpc import Asker
from chiphour.adapters.rpc import Method
from chiphour.adapters.rpc_orders import result_of
from chiphour.exchange import commands as ask
from chiphour.exchange import events as said
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.wire import dialect
from chiphour.wire.dialect import Instrument
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.key import TRADE
from chiphour.wire.key import Use
from chiphour.wire.key import check_use

SECONDS_MAX = 86_400
_TYPES = {"market": OrderType.MARKET, "limit": OrderType.LIMIT}


def _close_position(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[object]:
    """Send an order that closes the position of a contract, and can do no more than that."""
    listed = rpc_params.instrument(fields, gateway.by_name)
    order_type = fields.needed(fields.take_word("type", _TYPES), "type")
    price_ticks = 0
    if order_type == OrderType.LIMIT:
        text = fields.needed(fields.take_number("price"), "price")
        price_ticks = dialect.ticks_of(text, listed, "price", gateway.limits)
    fields.end()
    _check(asker, "private/close_position", listed)

    async def answer() -> object:
        held = await gateway.ask(lambda engine: engine.account(asker.account))
        lots = {each.contract: each.lots for each in held.positions} if held else {}
        net = lots.get(listed.number, 0)
        if not net:
            reason = {"reason": "REDUCE_ONLY", "text": f"no position in {listed.name}"}
            raise RpcRefused(dialect.INVALID_AMOUNT.code, dialect.INVALID_AMOUNT.message, reason)
        is_limit = order_type == OrderType.LIMIT
        row = command(
            Kind.ORDER,
            account=asker.account,
            contract=listed.number,
            side=Side.SELL if net > 0 else Side.BUY,
            order_type=order_type,
            time_in_force=TimeInForce.GTC if is_limit else TimeInForce.IOC,
            price_ticks=price_ticks,
            lots=abs(net),
            flags=Flag.REDUCE_ONLY,
        )
        return result_of(gateway, asker, await gateway.place_one(row))

    return answer()


def _set_mmp(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[object]:
    """Set protection: orders with the flag mmp end when they have filled so much in an interval."""
    contracts = _protected(gateway, fields)
    interval_s = fields.needed(fields.take_whole("interval", 0, SECONDS_MAX), "interval")
    frozen_s = fields.needed(fields.take_whole("frozen_time", 0, SECONDS_MAX), "frozen_time")
    text = fields.take_number("quantity_limit")
    for name in ("delta_limit", "vega_limit"):
        if fields.take_number(name) is not None:
            reason = {"reason": f"expected a quantity_limit, found {name}", "param": name}
            code = dialect.UNSUPPORTED
            raise RpcRefused(code.code, code.message, reason)
    fields.end()
    lots = 0
    if interval_s:
        lots = dialect.lots_of(fields.needed(text, "quantity_limit"), "quantity_limit")
    return _protect(gateway, asker, contracts, (interval_s if lots else 0, frozen_s, lots))


def _reset_mmp(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[object]:
    """Set each protection again as it was, which lets orders with the flag in at once."""
    contracts = _protected(gateway, fields)
    fields.end()
    known = gateway.histories.of(asker.account).protections
    return _protect(gateway, asker, [each for each in contracts if each.number in known], None)


def _protect(
    gateway: Gateway,
    asker: Asker,
    contracts: list[Instrument],
    setting: tuple[int, int, int] | None,
) -> Awaitable[object]:
    for each in contracts:
        _check(asker, "private/set_mmp_config", each)
    known = gateway.histories.of(asker.account).protections
    rows = []
    for each in contracts:
        found = known.get(each.number)
        interval_s, frozen_s, lots = setting or (
            (found.interval_s, found.frozen_s, found.lots) if found else (0, 0, 0)
        )
        row = command(Kind.PROTECT, account=asker.account, contract=each.number, lots=lots)
        row[ask.INTERVAL_S], row[ask.FROZEN_S] = interval_s, frozen_s
        rows.append(row)

    async def answer() -> object:
        if rows:
            told = await gateway.submit(commands(rows))
            for event in told.events[told.events[:, said.KIND] == Event.REFUSED].tolist():
                raise dialect.refused_by(Reason(event[said.REASON]))
        return "ok"

    return answer()


def _protected(gateway: Gateway, fields: Fields) -> list[Instrument]:
    """Take the contract, or the index whose open contracts are meant."""
    if (name := fields.take_text("instrument_name")) is not None:
        return [rpc_params.named(name, gateway.by_name)]
    index = fields.needed(fields.take_text("index_name"), "instrument_name")
    fields.take_text("mmp_group")
    found = [each for each in gateway.instruments.values() if each.price_index == index]
    if not found:
        nearest = sorted({each.price_index for each in gateway.instruments.values()})
        fields.refuse("index_name", f"no contract on {index[:64]}", nearest=nearest[:8])
    return found


def _check(asker: Asker, what: str, listed: Instrument) -> None:
    """Refuse a contract that the key may not trade."""
    assert asker.key is not None
    check_use(asker.key, Use(time.time_ns(), asker.address, what, TRADE, listed.name))


# Each looks at the scope itself, with the contract.
METHODS: Mapping[str, Method] = {
    "private/close_position": Method(_close_position, "", cost=5),
    "private/set_mmp_config": Method(_set_mmp, "", cost=5),
    "private/reset_mmp": Method(_reset_mmp, "", cost=5),
}
