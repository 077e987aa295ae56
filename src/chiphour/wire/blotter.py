"""BLOTTER: an account's orders, folded from commands and events, and what the dialect says of them.

Takes   ORDER commands of an account as they were stamped; events in order.
Gives   a `Blotter` of its orders; an order and a trade as objects of Deribit's API.
Keeps   what the exchange holds of each order that stands: lots, price, state, and what shows of
        an iceberg. The blotter knows nothing but commands and events.
Source  Deribit's API v2; rulebook 9; `exchange/events.py`, `exchange/reasons.py`.

It raises nothing: an event that no order explains is our mistake, and asserted.
"""

from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from typing import NamedTuple

from chiphour.contracts import names
from chiphour.contracts import table
from chiphour.exchange import commands as ask
from chiphour.exchange import events as said
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import Rows
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.units import div_half_even
from chiphour.wire import dialect
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import Order
from chiphour.wire.dialect import Trade

CLOSED_MAX = 1000  # Orders that have ended and are still remembered.

_SOURCE_BITS = 3


class Change(NamedTuple):
    """What one event did to an account's orders."""

    order: Order | None = None
    trade: Trade | None = None


class Blotter:
    """The orders of one account, folded from its ORDER commands and from all events in order.

    `orders` holds those that rest or wait, and the last `closed_max` that ended.
    """

    def __init__(self, account: int, closed_max: int = CLOSED_MAX) -> None:
        """Begin without orders; see `adopt` for those that stood before."""
        self.account = account
        self.orders: dict[int, Order] = {}
        self._asked: dict[int, list[int]] = {}
        self._closed: deque[int] = deque()
        self._closed_max = closed_max

    def ask(self, row: Sequence[int] | Rows) -> None:
        """Remember an ORDER of the account, stamped with its SEQUENCE, before its events come."""
        values = _integers(row)
        assert values[ask.KIND] == Kind.ORDER and values[ask.ACCOUNT] == self.account
        self._asked[values[ask.SEQUENCE]] = values

    def adopt(self, order: Order) -> None:
        """Take an order that stood before this blotter began."""
        assert order.is_standing and order.order not in self.orders
        self.orders[order.order] = order

    def tell(self, row: Sequence[int] | Rows, trade: int = 0, refusal: str = "") -> Change:
        """Fold one event; `trade` is the number of a FILL, `refusal` the message of the error that
        `dialect.refused_by` made of a REFUSED: too high or too low is known then and there only.

        Events of others change nothing: whoever has many blotters tells each event to those of its
        accounts only.
        """
        event = _integers(row)
        kind = event[said.KIND]
        if kind == Event.FILL:
            return self._fill(event, trade)
        if kind not in _ORDER_EVENTS or event[said.ACCOUNT] != self.account:
            return Change()
        if kind == Event.REPEATED:
            self._asked.pop(event[said.SEQUENCE], None)
            return Change(self.orders.get(event[said.ORDER]))
        if kind in (Event.ACCEPTED, Event.REFUSED):
            if event[said.SEQUENCE] != event[said.ORDER] or event[said.ORDER] not in self._asked:
                assert kind == Event.REFUSED  # Of a CANCEL or AMEND: ORDER is what it named.
                return Change()
            row_asked = self._asked.pop(event[said.ORDER])
            order = _begun(row_asked, event, refusal)
        else:
            order = _changed(self.orders[event[said.ORDER]], event)
        return Change(self._keep(order))

    def _fill(self, event: list[int], number: int) -> Change:
        is_maker = event[said.MAKER_ACCOUNT] == self.account
        if not is_maker and event[said.TAKER_ACCOUNT] != self.account:
            return Change()
        id = event[said.MAKER_ORDER if is_maker else said.TAKER_ORDER]
        fee = -event[said.MAKER_REBATE_MICROUSD] if is_maker else event[said.TAKER_FEE_MICROUSD]
        left = event[said.MAKER_LOTS_LEFT if is_maker else said.TAKER_LOTS_LEFT]
        order = self.orders.get(id)
        if order is not None:
            filled = order.filled_lots + event[said.LOTS]
            order = order._replace(
                state=dialect.OPEN if left else dialect.FILLED,
                filled_lots=filled,
                lots=filled + left,
                shown_lots=_shown_after_fill(order, event, left),
                cost_ticks=order.cost_ticks + event[said.PRICE_TICKS] * event[said.LOTS],
                fee_microusd=order.fee_microusd + fee,
                updated_ns=event[said.TIME_NS],
            )
            self._keep(order)
        taker_side = event[said.SIDE]
        return Change(
            order,
            Trade(
                number=number,
                contract=event[said.CONTRACT],
                order=id,
                side=Side.BUY + Side.SELL - taker_side if is_maker else taker_side,
                price=event[said.PRICE_TICKS],
                lots=event[said.LOTS],
                fee_microusd=fee,
                time_ns=event[said.TIME_NS],
                cause=Cause(event[said.CAUSE]),
                is_maker=is_maker,
                of=order,
            ),
        )

    def _keep(self, order: Order) -> Order:
        self.orders[order.order] = order
        if not order.is_standing:
            self._closed.append(order.order)
            if len(self._closed) > self._closed_max:
                self.orders.pop(self._closed.popleft(), None)
        return order


def order_object(order: Order, desk: Desk) -> dict[str, object]:
    """Say what the dialect says of an order."""
    listed = desk.by_number[order.contract]
    is_priced = order.type_now in dialect.PRICED
    found: dict[str, object] = {
        "order_id": str(order.order),
        "instrument_name": listed.name,
        "direction": dialect.SIDES[Side(order.side)],
        "order_type": dialect.TYPE_WORDS[OrderType(order.type_now)],
        "order_state": order.state,
        "time_in_force": dialect.FORCE_WORDS[force_of(order)],
        "price": dialect.price(order.price_ticks, listed) if is_priced else "market_price",
        "amount": dialect.amount(order.lots),
        "contracts": order.lots,
        "filled_amount": dialect.amount(order.filled_lots),
        "average_price": average_price(order, listed),
        "commission": dialect.from_millionths(order.fee_microusd),
        "label": desk.label_of(order.label) if order.label else "",
        "post_only": bool(order.flags & (Flag.POST_ONLY | Flag.POST_SLIDE)),
        "reject_post_only": bool(order.flags & Flag.POST_ONLY),
        "reduce_only": bool(order.flags & Flag.REDUCE_ONLY),
        "mmp": bool(order.flags & Flag.PROTECTED),
        "replaced": order.is_replaced,
        "is_liquidation": False,
        "api": True,
        "web": False,
        "creation_timestamp": dialect.ms_of_ns(order.created_ns),
        "last_update_timestamp": dialect.ms_of_ns(order.updated_ns),
    }
    return found | _more(order, listed)


def trade_object(trade: Trade, desk: Desk, tick_direction: int = 0) -> dict[str, object]:
    """Say what the dialect says of an account's own trade.

    Mark and index are those of the contract's row as it is now; `tick_direction` is 0 to 3, as
    whoever knows the last trades says.
    """
    listed, order = desk.by_number[trade.contract], trade.of
    unit_microusd = 1 if trade.cause == Cause.DELEVERAGING else listed.tick_microusd
    found: dict[str, object] = {
        "trade_id": f"{trade.contract}-{trade.number}",
        "trade_seq": trade.number,
        "order_id": str(trade.order),
        "instrument_name": listed.name,
        "direction": dialect.SIDES[Side(trade.side)],
        "price": dialect.from_millionths(trade.price * unit_microusd),
        "amount": dialect.amount(trade.lots),
        "contracts": trade.lots,
        "fee": dialect.from_millionths(trade.fee_microusd),
        "fee_currency": names.QUOTE,
        "liquidity": "M" if trade.is_maker else "T",
        "timestamp": dialect.ms_of_ns(trade.time_ns),
        "mark_price": dialect.from_millionths(int(listed.row[table.MARK_MICROUSD])),
        "index_price": dialect.from_millionths(int(listed.row[table.INDEX_MICROUSD])),
        "tick_direction": tick_direction,
        "order_type": dialect.TYPE_WORDS[OrderType(order.type_now)] if order else "market",
        "state": order.state if order else dialect.FILLED,
        "label": desk.label_of(order.label) if order and order.label else "",
        "post_only": bool(order and order.flags & (Flag.POST_ONLY | Flag.POST_SLIDE)),
        "reduce_only": bool(order and order.flags & Flag.REDUCE_ONLY),
        "self_trade": False,
        "api": True,
    }
    if trade.cause in (Cause.LIQUIDATION, Cause.DELEVERAGING):
        found["liquidation"] = "T"  # The account in liquidation is always the taker.
    return found


def average_price(order: Order, listed: Instrument) -> Decimal:
    """Give the average price of what was filled, to the micro-dollar, half-even; 0 for nothing."""
    cost_microusd = order.cost_ticks * listed.tick_microusd
    return dialect.from_millionths(div_half_even(cost_microusd, max(1, order.filled_lots)))


def force_of(order: Order) -> TimeInForce:
    """Say how long an order lives: at the market and waiting it is said to be until cancelled."""
    if order.type_now == OrderType.MARKET:
        return TimeInForce.IOC  # So too what has fired at the market.
    waits = order.type_now in dialect.AT_MARKET and order.time_in_force == TimeInForce.IOC
    return TimeInForce.GTC if waits else TimeInForce(order.time_in_force)


def _integers(row: Sequence[int] | Rows) -> list[int]:
    """Give a row as plain integers; a list is one already."""
    return row if isinstance(row, list) else [int(value) for value in row]


def _begun(row: list[int], event: list[int], refusal: str) -> Order:
    """Give an order from its command, accepted or refused."""
    is_accepted = event[said.KIND] == Event.ACCEPTED
    order_type, trigger = row[ask.ORDER_TYPE], row[ask.TRIGGER_TICKS]
    return Order(
        order=event[said.ORDER],
        contract=row[ask.CONTRACT],
        side=row[ask.SIDE],
        order_type=order_type,
        time_in_force=row[ask.TIME_IN_FORCE],
        flags=row[ask.FLAGS],
        label=row[ask.LABEL],
        price_ticks=event[said.PRICE_TICKS] if is_accepted else row[ask.PRICE_TICKS],
        trigger_ticks=trigger if order_type in dialect.WAITING else 0,
        display_lots=trigger if order_type == OrderType.ICEBERG else 0,
        lots=row[ask.LOTS],
        link=max(0, row[ask.LINK]),
        created_ns=event[said.TIME_NS],
        updated_ns=event[said.TIME_NS],
        state=dialect.OPEN if is_accepted else dialect.REJECTED,
        reason=Reason.NONE if is_accepted else Reason(event[said.REASON]),
        refusal=refusal,
    )


def _shown_after_fill(order: Order, event: list[int], left: int) -> int:
    """Give what shows of an iceberg after a fill; in a call its display is shown anew."""
    if event[said.CAUSE] == Cause.CALL:
        return min(order.display_lots, left)
    return min(max(0, order.shown_lots - event[said.LOTS]), left)


def _changed(order: Order, event: list[int]) -> Order:
    """Give an order after an event of it that is no fill."""
    kind, filled = event[said.KIND], order.filled_lots
    if kind == Event.REFRESHED:
        return order._replace(shown_lots=event[said.LOTS])
    # One copy for each event: they are many.
    new: dict[str, Any] = {
        "price_ticks": event[said.PRICE_TICKS],
        "updated_ns": event[said.TIME_NS],
    }
    if kind in _TERMS_EVENTS:
        new["lots"] = filled + event[said.LOTS]
        new["shown_lots"] = min(order.shown_lots, event[said.LOTS])
        if kind == Event.TRIGGERED:
            return order._replace(**new, state=dialect.OPEN, is_triggered=True)
        if kind == Event.HELD:
            new["state"] = dialect.UNTRIGGERED
        is_replaced = order.is_replaced or kind == Event.AMENDED
        return order._replace(
            **new, trigger_ticks=event[said.TRIGGER_TICKS], is_replaced=is_replaced
        )
    left, shown_lots = event[said.LOTS_LEFT], order.shown_lots
    if kind == Event.RESTED:
        shown_lots = order.display_lots
        new["state"] = dialect.OPEN
    elif event[said.REASON] == Reason.SELF_TRADE:
        shown_lots = max(0, shown_lots - event[said.LOTS])  # Any other cut takes hidden lots first.
    if kind == Event.CANCELLED:
        new |= {"state": dialect.CANCELLED, "reason": Reason(event[said.REASON])}
    return order._replace(**new, lots=filled + left, shown_lots=min(shown_lots, left))


_TERMS_EVENTS = (Event.HELD, Event.TRIGGERED, Event.AMENDED)
_ORDER_EVENTS = {
    *(Event.ACCEPTED, Event.REFUSED, Event.REPEATED, Event.RESTED, Event.CANCELLED, Event.HELD),
    *(Event.TRIGGERED, Event.AMENDED, Event.REDUCED, Event.REFRESHED),
}


def _more(order: Order, listed: Instrument) -> dict[str, object]:
    """Say what only some orders have: a trigger, hidden lots, a link, why they ended."""
    more: dict[str, object] = {}
    if order.order_type in dialect.WAITING:
        source = Source(order.flags >> ask.SOURCE_SHIFT & _SOURCE_BITS)
        more["trigger"] = dialect.SOURCE_WORDS[source]
        more[dialect.trigger_word(OrderType(order.order_type))] = dialect.price(
            order.trigger_ticks, listed
        )
        if order.order_type in dialect.TRIGGERED_AT:
            more["stop_price"] = more["trigger_price"]  # What clients of long ago still read.
        more["triggered"] = order.is_triggered
        if order.is_triggered:
            more["original_order_type"] = dialect.TYPE_WORDS[OrderType(order.order_type)]
    if order.display_lots:
        more["display_amount"] = more["max_show"] = dialect.amount(order.shown_lots)
        more["refresh_amount"] = dialect.amount(order.display_lots)
    for word, flag in dialect.LINKS.items():
        if order.flags & flag and order.link:
            more |= {"linked_order_type": word, "linked_order_id": str(order.link)}
    if order.state == dialect.CANCELLED:
        more["cancel_reason"] = dialect.CODES[order.reason].cancel_reason
    if order.state == dialect.REJECTED:
        more["reject_reason"] = order.refusal or dialect.CODES[order.reason].message
    if order.reason:
        more["reason"] = order.reason.name
    return more
