"""RPC ORDERS: `private/buy` and its kin: a command each, answered when it is durable.

Takes   requests of signed-in members.
Gives   orders and their trades, or the exchange's refusal in the dialect's words.
Keeps   a key to its contracts, also where a request names an order; no order of another member
        is cancelled, shown or known to exist. A cancel costs nothing.
Source  Deribit's API v2; decisions 0028 and 0035; rulebook 12 for ids that are used again.
"""

from collections.abc import Callable

from chiphour.adapters.gateway import Gateway
from chiphour.adapters.gateway import Outcome
from chiphour.adapters.labels import Label
from chiphour.adapters.rpc import ORDERS_HELD
from chiphour.adapters.rpc import Asker
from chiphour.adapters.rpc import Call
from chiphour.adapters.rpc import Orders
from chiphour.exchange import commands as ask
from chiphour.exchange import events as said
from chiphour.exchange.commands import Kind
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.observe.observation import MarketError
from chiphour.wire import dialect_orders
from chiphour.wire.blotter import order_object
from chiphour.wire.blotter import trade_object
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Order
from chiphour.wire.fix_orders import client_order_id
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.key import TRADE

NO_SEAT = ""  # FIX has a seat for each session; words of this door are of the account.
COSTS = {"private/buy": 1, "private/sell": 1, "private/edit": 1}  # Any other cancels: nothing.


def _send(call: Call) -> None:
    """Read a request as a command, and send it."""
    rpc, request, asker = call.rpc, call.request, call.asker
    if asker.key is None:
        rpc.check_scope(asker, TRADE, request.method)
    gateway, fresh = rpc.gateway, list[Label]()
    desk, blotter = gateway.desk(asker.account, fresh), gateway.blotter(asker.account)
    if cost := COSTS.get(request.method, 0):
        rpc.pay(asker, cost)
    row = dialect_orders.command_of(request.method, request.params, desk, blotter, rpc.now_ns())
    values = row.tolist()
    rpc.check_scope(asker, TRADE, request.method, _contract(gateway, values))
    if values[ask.KIND] == Kind.ORDER:
        assert asker.key is not None
        if asker.key.idempotent_labels and values[ask.LABEL]:
            # Of the word itself: a word that was forgotten must not become another order.
            word = desk.label_of(values[ask.LABEL]) or fresh[-1].word
            row[ask.CLIENT_ORDER_ID] = client_order_id(asker.account, NO_SEAT, word)
    gateway.place(row, _answering(call), fresh)


METHODS: dict[str, Orders] = dict.fromkeys(dialect_orders.METHODS, _send)


def _contract(gateway: Gateway, row: list[int]) -> str:
    """Give the name of the contract that a command is about; "" for several, or for none."""
    number = row[ask.CONTRACT]
    if row[ask.KIND] in (Kind.CANCEL, Kind.AMEND):
        order = gateway.blotter(row[ask.ACCOUNT]).orders.get(row[ask.ORDER])
        number = -1 if order is None else order.contract
    listed = gateway.instruments.get(number)
    return "" if listed is None else listed.name


def _answering(call: Call) -> Callable[[Outcome | MarketError], None]:
    def done(outcome: Outcome | MarketError) -> None:
        try:
            if isinstance(outcome, MarketError):
                raise outcome
            call.give(result_of(call.rpc.gateway, call.asker, outcome))
        except Exception as fault:
            call.refuse(fault)

    return done


def result_of(gateway: Gateway, asker: Asker, outcome: Outcome) -> object:
    """Say what came of a command; raises RpcRefused where the exchange refused it."""
    row, desk = outcome.row, gateway.desk(asker.account)
    own = [event for event in outcome.events if event[said.ACCOUNT] == asker.account]
    for event in own:
        if event[said.KIND] == Event.REFUSED:
            raise gateway.refusal(Reason(event[said.REASON]), row)
    if row[ask.KIND] == Kind.CANCEL_ALL:
        return sum(e[said.ORDERS] for e in own if e[said.KIND] == Event.CANCELLED_ALL)
    order = _order(gateway, outcome, own)
    if row[ask.KIND] == Kind.CANCEL:
        return order_object(order, desk)
    if asker.holds_orders and row[ask.KIND] == Kind.ORDER:
        _hold(gateway, asker, order)
    return {"order": order_object(order, desk), "trades": _trades(outcome, order, desk)}


def _hold(gateway: Gateway, asker: Asker, order: Order) -> None:
    """Note an order that a connection takes along; cancel it where the connection has ended."""
    if asker.cancel is not None:
        if order.is_standing:
            asker.cancel(order.order)
        return
    asker.orders.add(order.order)
    if len(asker.orders) > asker.orders_most:
        known = gateway.blotter(asker.account).orders
        asker.orders = {id for id in asker.orders if id in known and known[id].is_standing}
        asker.orders_most = max(ORDERS_HELD, 2 * len(asker.orders))


def _order(gateway: Gateway, outcome: Outcome, own: list[list[int]]) -> Order:
    """Give the order that a command was about; an id used before names the first one."""
    row, number = outcome.row, outcome.row[ask.ORDER]
    blotter = gateway.blotter(row[ask.ACCOUNT])
    if row[ask.KIND] == Kind.ORDER:
        number = row[ask.SEQUENCE]
        for event in own:
            if event[said.KIND] == Event.REPEATED:
                number = event[said.ORDER]
                if event[said.REASON]:
                    raise gateway.refusal(Reason(event[said.REASON]), row)
    for _, change in reversed(outcome.changes):
        if change.order is not None and change.order.order == number:
            return change.order
    order = blotter.orders.get(number)
    if order is None:
        raise RpcRefused(10004, "order_not_found", {"reason": f"order {number} is forgotten"})
    return order


def _trades(outcome: Outcome, order: Order, desk: Desk) -> list[dict[str, object]]:
    """Give the trades that this command made with its own order."""
    return [
        trade_object(change.trade, desk)
        for account, change in outcome.changes
        if change.trade is not None
        and account == desk.account
        and change.trade.order == order.order
    ]
