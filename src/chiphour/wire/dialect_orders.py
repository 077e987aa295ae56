"""DIALECT ORDERS: orders as Deribit's clients write them as commands, and events as what they read.

Takes   params of `private/buy`, `sell`, `edit`, `cancel` and their kin; commands and events.
Gives   command rows; a `Blotter` of an account's orders; what the dialect says of an order and of
        a trade. (The words, the codes and the records stand in `dialect.py`.)
Keeps   whatever is composed here is well formed (rulebook 1.4, 9.10); a param that means nothing
        for its order is refused by its name. The blotter knows nothing but commands and events.
Source  Deribit's API v2; rulebook 9; `exchange/reasons.py`.

    the dialect                                 ours
    limit, with less shown than its amount      ICEBERG
    post_only                                   POST_SLIDE; with reject_post_only POST_ONLY
    market, good_til_cancelled                  IOC, as every market order
    stop, take, trailing at the market          IOC that waits; good_til_day is DAY
    mmp                                         PROTECTED
    label                                       LABEL, by a number that the caller gives it
    order_id                                    the SEQUENCE of its command, for all its life

    MarketError
    └── RpcRefused      -32601, -32602 and the codes of `dialect.py`
"""

from collections import deque
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import NamedTuple
from typing import NoReturn

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
from chiphour.exchange.compose import command
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.units import div_half_even
from chiphour.wire import dialect
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import Order
from chiphour.wire.dialect import Trade
from chiphour.wire.jsonrpc import ID_MAX
from chiphour.wire.jsonrpc import NEAREST_MAX
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import Json
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import shown
from chiphour.wire.jsonrpc import unknown_method

LABEL_LENGTH_MAX = 64
ID_DIGITS = 19
CLOSED_MAX = 1000  # Orders that have ended and are still remembered.

_RESTING = (TimeInForce.GTC, TimeInForce.DAY)
_SOURCE_BITS = 3
# What an edit may say again, but not change.
_KEPT = {
    "post_only": Flag.POST_ONLY | Flag.POST_SLIDE,
    "reject_post_only": Flag.POST_ONLY,
    "reduce_only": Flag.REDUCE_ONLY,
    "mmp": Flag.PROTECTED,
}


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
        values = [int(value) for value in row]
        assert values[ask.KIND] == Kind.ORDER and values[ask.ACCOUNT] == self.account
        self._asked[values[ask.SEQUENCE]] = values

    def adopt(self, order: Order) -> None:
        """Take an order that stood before this blotter began."""
        assert order.is_standing and order.order not in self.orders
        self.orders[order.order] = order

    def tell(self, row: Sequence[int] | Rows, trade: int = 0) -> Change:
        """Fold one event; `trade` is the number of a FILL. Events of others change nothing."""
        event = [int(value) for value in row]
        kind = event[said.KIND]
        if kind == Event.FILL:
            return self._fill(event, trade)
        if kind not in _ORDER_EVENTS or event[said.ACCOUNT] != self.account:
            return Change()
        if kind == Event.REPEATED:
            self._asked.pop(event[said.SEQUENCE], None)
            return Change(self.orders.get(event[said.ORDER]))
        if kind in (Event.ACCEPTED, Event.REFUSED):
            row_asked = self._asked.pop(event[said.ORDER], None)
            if row_asked is None:  # A refused CANCEL, AMEND or CONFIRM; or no command of an order.
                assert kind == Event.REFUSED
                return Change()
            order = _begun(row_asked, event)
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


def command_of(
    method: str, params: Mapping[str, Json], desk: Desk, blotter: Blotter, now_ns: int = 0
) -> Rows:
    """Write the command that one of METHODS asks for, int64[16]; raises RpcRefused.

    `now_ns` is the market's time; a request that was good until before it is refused.
    """
    if method not in METHODS:
        raise unknown_method(method, METHODS)
    fields = Fields(params)
    valid_until_ms = fields.take_whole("valid_until")
    row = METHODS[method](fields, desk, blotter)
    fields.end()
    if valid_until_ms is not None and dialect.ns_of_ms(valid_until_ms) < now_ns:
        now_ms = dialect.ms_of_ns(now_ns)
        _refuse(
            dialect.TIMED_OUT, "valid_until", f"expected {now_ms} or later, found {valid_until_ms}"
        )
    return row


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
        "time_in_force": _force_word(order),
        "price": dialect.price(order.price_ticks, listed) if is_priced else "market_price",
        "amount": dialect.amount(order.lots),
        "contracts": order.lots,
        "filled_amount": dialect.amount(order.filled_lots),
        "average_price": average_price(order, listed),
        "commission": dialect.usd(order.fee_microusd),
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
        "price": dialect.usd(trade.price * unit_microusd),
        "amount": dialect.amount(trade.lots),
        "contracts": trade.lots,
        "fee": dialect.usd(trade.fee_microusd),
        "fee_currency": names.QUOTE,
        "liquidity": "M" if trade.is_maker else "T",
        "timestamp": dialect.ms_of_ns(trade.time_ns),
        "mark_price": dialect.usd(int(listed.row[table.MARK_MICROUSD])),
        "index_price": dialect.usd(int(listed.row[table.INDEX_MICROUSD])),
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
    return dialect.usd(div_half_even(cost_microusd, max(1, order.filled_lots)))


def _begun(row: list[int], event: list[int]) -> Order:
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
        created_ns=event[said.TIME_NS],
        updated_ns=event[said.TIME_NS],
        state=dialect.OPEN if is_accepted else dialect.REJECTED,
        reason=Reason.NONE if is_accepted else Reason(event[said.REASON]),
    )


def _changed(order: Order, event: list[int]) -> Order:
    """Give an order after an event of it that is no fill."""
    kind, filled = event[said.KIND], order.filled_lots
    if kind == Event.REFRESHED:
        return order
    order = order._replace(price_ticks=event[said.PRICE_TICKS], updated_ns=event[said.TIME_NS])
    if kind in (Event.HELD, Event.TRIGGERED, Event.AMENDED):
        order = order._replace(lots=filled + event[said.LOTS])
        if kind == Event.TRIGGERED:
            return order._replace(state=dialect.OPEN, is_triggered=True)
        order = order._replace(trigger_ticks=event[said.TRIGGER_TICKS])
        return order._replace(
            state=dialect.UNTRIGGERED if kind == Event.HELD else order.state,
            is_replaced=order.is_replaced or kind == Event.AMENDED,
        )
    order = order._replace(lots=filled + event[said.LOTS_LEFT])
    if kind == Event.CANCELLED:
        return order._replace(state=dialect.CANCELLED, reason=Reason(event[said.REASON]))
    return order._replace(state=dialect.OPEN) if kind == Event.RESTED else order


_ORDER_EVENTS = {
    *(Event.ACCEPTED, Event.REFUSED, Event.REPEATED, Event.RESTED, Event.CANCELLED, Event.HELD),
    *(Event.TRIGGERED, Event.AMENDED, Event.REDUCED, Event.REFRESHED),
}


def _place(side: Side) -> Callable[[Fields, Desk, Blotter], Rows]:
    """Give the function that reads `private/buy` or `private/sell`."""

    def placed(fields: Fields, desk: Desk, blotter: Blotter) -> Rows:
        listed = _instrument(fields, desk)
        order_type = fields.take_word("type", dialect.TYPES) or OrderType.LIMIT
        in_force = _in_force(fields, order_type)
        lots = fields.needed(_lots(fields, listed), "amount")
        price_ticks, trigger_ticks = _prices(fields, listed, order_type)
        price_ticks = fields.needed(price_ticks, "price")
        trigger_ticks = fields.needed(trigger_ticks, _trigger_word(order_type))
        flags = _flags(fields, order_type, in_force)
        if order_type == OrderType.LIMIT:
            order_type, trigger_ticks = _shown_lots(fields, listed, lots, in_force)
        label = fields.take_text("label", LABEL_LENGTH_MAX)
        return command(
            Kind.ORDER,
            account=desk.account,
            contract=listed.number,
            side=side,
            order_type=order_type,
            time_in_force=in_force,
            price_ticks=price_ticks,
            lots=lots,
            flags=flags,
            label=0 if label is None else _label(desk, label),
            trigger_ticks=trigger_ticks,
        )

    return placed


def _edit(fields: Fields, desk: Desk, blotter: Blotter) -> Rows:
    """Read `private/edit`: what is not said stays; the order keeps its id, type and flags."""
    id = _order_id(fields)
    order = blotter.orders.get(id)
    if order is None or not order.is_standing:
        _refuse(dialect.ORDER_NOT_FOUND, "order_id", f"no order {id} rests or waits")
    listed, kind = desk.by_number[order.contract], OrderType(order.type_now)
    lots = _lots(fields, listed)
    price_ticks, trigger_ticks = _prices(fields, listed, kind)
    for name, flags in _KEPT.items():
        wanted = fields.take_truth(name)
        if wanted is not None and wanted != bool(order.flags & flags):
            _refuse(
                dialect.UNSUPPORTED, name, f"expected {name} as the order has it, found {wanted}"
            )
    return command(
        Kind.AMEND,
        account=desk.account,
        order=id,
        price_ticks=order.price_ticks if price_ticks is None else price_ticks,
        lots=order.lots if lots is None else lots,
        trigger_ticks=order.trigger_ticks if trigger_ticks is None else trigger_ticks,
    )


def _cancel(fields: Fields, desk: Desk, blotter: Blotter) -> Rows:
    return command(Kind.CANCEL, account=desk.account, order=_order_id(fields))


def _cancel_all(fields: Fields, desk: Desk, blotter: Blotter) -> Rows:
    """Read `private/cancel_all`, also by currency, kind and type: all of ours are of one each."""
    fields.take_word("currency", {names.QUOTE: True, "any": True})
    fields.take_word("kind", {dialect.KIND: True, "any": True})
    return _cancel_many(fields, desk, -1)


def _cancel_instrument(fields: Fields, desk: Desk, blotter: Blotter) -> Rows:
    return _cancel_many(fields, desk, _instrument(fields, desk).number)


def _cancel_label(fields: Fields, desk: Desk, blotter: Blotter) -> Rows:
    label = fields.needed(fields.take_text("label", LABEL_LENGTH_MAX), "label")
    fields.take_word("currency", {names.QUOTE: True, "any": True})
    return command(Kind.CANCEL_ALL, account=desk.account, contract=-1, label=_label(desk, label))


def _cancel_many(fields: Fields, desk: Desk, contract: int) -> Rows:
    fields.take_word("type", {"all": True})
    for name in ("detailed", "freeze_quotes"):
        if fields.take_truth(name):
            _refuse(dialect.UNSUPPORTED, name, f"expected {name} false, found true", [False])
    return command(Kind.CANCEL_ALL, account=desk.account, contract=contract)


METHODS: dict[str, Callable[[Fields, Desk, Blotter], Rows]] = {
    "private/buy": _place(Side.BUY),
    "private/sell": _place(Side.SELL),
    "private/edit": _edit,
    "private/cancel": _cancel,
    "private/cancel_all": _cancel_all,
    "private/cancel_all_by_currency": _cancel_all,
    "private/cancel_all_by_kind_or_type": _cancel_all,
    "private/cancel_all_by_instrument": _cancel_instrument,
    "private/cancel_by_label": _cancel_label,
}


def _instrument(fields: Fields, desk: Desk) -> Instrument:
    name = fields.needed(fields.take_text("instrument_name"), "instrument_name")
    if name not in desk.by_name:
        nearest = get_close_matches(name, list(desk.by_name), NEAREST_MAX)
        _refuse(dialect.NOT_FOUND, "instrument_name", f"no instrument {shown(name)}", nearest)
    return desk.by_name[name]


def _order_id(fields: Fields) -> int:
    text = fields.needed(fields.take_id("order_id"), "order_id")
    if not text.isascii() or not text.isdigit() or len(text) > ID_DIGITS or int(text) > ID_MAX:
        _refuse(dialect.ORDER_NOT_FOUND, "order_id", f"no order {shown(text)}")
    return int(text)


def _label(desk: Desk, label: str) -> int:
    number = desk.number_of(label)
    assert 0 < number <= ID_MAX
    return number


def _in_force(fields: Fields, order_type: OrderType) -> TimeInForce:
    """Take how long an order lives; what acts at the market is IOC, also where it waits."""
    found = fields.take_word("time_in_force", dialect.FORCES) or TimeInForce.GTC
    legal = [TimeInForce.GTC, TimeInForce.IOC]
    if order_type in dialect.AT_MARKET:
        legal.append(TimeInForce.DAY)
    if order_type in dialect.LIMITED:
        return found
    if found not in legal:
        nearest = [dialect.FORCE_WORDS[each] for each in legal]
        reason = f"expected what a {dialect.TYPE_WORDS[order_type]} order can be"
        _refuse(
            dialect.UNSUPPORTED,
            "time_in_force",
            f"{reason}, found {dialect.FORCE_WORDS[found]}",
            nearest,
        )
    return TimeInForce.IOC if found == TimeInForce.GTC else found


def _lots(fields: Fields, listed: Instrument) -> int | None:
    """Take the amount, or the number of contracts; where both are said they are the same."""
    found = [
        dialect.lots_of(text, listed, name)
        for name in ("amount", "contracts")
        if (text := fields.take_number(name)) is not None
    ]
    if len(set(found)) > 1:
        reason = f"expected {found[0]} contracts as the amount says, found {found[1]}"
        _refuse(dialect.UNSUPPORTED, "contracts", reason, found)
    return found[0] if found else None


def _trigger_word(order_type: OrderType) -> str:
    return "trigger_offset" if order_type == OrderType.TRAILING else "trigger_price"


def _prices(
    fields: Fields, listed: Instrument, order_type: OrderType
) -> tuple[int | None, int | None]:
    """Take price and trigger of a type that has them: None where not said, else 0."""
    price_ticks: int | None = 0
    trigger_ticks: int | None = 0
    if order_type in dialect.PRICED:
        text = fields.take_number("price")
        price_ticks = None if text is None else dialect.ticks_of(text, listed)
    if order_type in dialect.WAITING:
        name = _trigger_word(order_type)
        text = fields.take_number(name)
        trigger_ticks = None if text is None else dialect.ticks_of(text, listed, name)
        if order_type == OrderType.TRAILING and text is not None and (trigger_ticks or 0) < 1:
            nearest = [dialect.price(1, listed)]
            _refuse(
                dialect.INVALID_TRIGGER, name, f"expected above 0, found {shown(text)}", nearest
            )
    return price_ticks, trigger_ticks


def _flags(fields: Fields, order_type: OrderType, in_force: TimeInForce) -> int:
    """Take the truths of an order, and which price fires it."""
    post_only, reject = fields.take_truth("post_only"), fields.take_truth("reject_post_only")
    if reject and not post_only:
        _refuse(
            dialect.UNSUPPORTED,
            "reject_post_only",
            "expected post_only with it, found none",
            [False],
        )
    if post_only and (order_type != OrderType.LIMIT or in_force not in _RESTING):
        reason = "expected a limit order that may rest, found another"
        _refuse(dialect.POST_ONLY_NOT_ALLOWED, "post_only", reason, [False])
    flags = (Flag.POST_ONLY if reject else Flag.POST_SLIDE) if post_only else 0
    for name, flag in (("reduce_only", Flag.REDUCE_ONLY), ("mmp", Flag.PROTECTED)):
        flags |= flag if fields.take_truth(name) else 0
    if order_type in dialect.WAITING:
        words = dict(dialect.SOURCES)
        if order_type == OrderType.TRAILING:
            del words[dialect.SOURCE_WORDS[Source.LAST]]
        source = fields.needed(fields.take_word("trigger", words), "trigger")
        flags |= source << ask.SOURCE_SHIFT
    return flags


def _shown_lots(
    fields: Fields, listed: Instrument, lots: int, in_force: TimeInForce
) -> tuple[OrderType, int]:
    """Take how much of a limit order shows: an ICEBERG and its lots, or a LIMIT and 0."""
    for name in ("display_amount", "max_show"):
        text = fields.take_number(name)
        if text is None:
            continue
        display_lots = dialect.lots_of(text, listed, name)
        if display_lots > lots:
            reason = f"expected at most the amount {dialect.amount(lots)}, found {text}"
            _refuse(dialect.INVALID_MAX_SHOW, name, reason, [dialect.amount(lots)])
        if display_lots < lots:
            if in_force not in _RESTING:
                reason = "expected an order that may rest, found another"
                _refuse(dialect.UNSUPPORTED, name, reason, [dialect.amount(lots)])
            return OrderType.ICEBERG, display_lots
    return OrderType.LIMIT, 0


def _force_word(order: Order) -> str:
    """Say how long an order lives: at the market and waiting it is said to be until cancelled."""
    waits = order.type_now in dialect.AT_MARKET and order.time_in_force == TimeInForce.IOC
    return dialect.FORCE_WORDS[TimeInForce.GTC if waits else TimeInForce(order.time_in_force)]


def _more(order: Order, listed: Instrument) -> dict[str, object]:
    """Say what only some orders have: a trigger, hidden lots, a reason why they ended."""
    more: dict[str, object] = {}
    if order.order_type in dialect.WAITING:
        source = Source(order.flags >> ask.SOURCE_SHIFT & _SOURCE_BITS)
        more["trigger"] = dialect.SOURCE_WORDS[source]
        more[_trigger_word(OrderType(order.order_type))] = dialect.price(
            order.trigger_ticks, listed
        )
        more["triggered"] = order.is_triggered
        if order.is_triggered:
            more["original_order_type"] = dialect.TYPE_WORDS[OrderType(order.order_type)]
    if order.display_lots:
        shown_lots = min(order.display_lots, order.lots - order.filled_lots)
        more["display_amount"] = more["max_show"] = dialect.amount(shown_lots)
        more["refresh_amount"] = dialect.amount(order.display_lots)
    if order.state == dialect.CANCELLED:
        more["cancel_reason"] = dialect.CODES[order.reason].cancel_reason
    if order.state == dialect.REJECTED:
        more["reject_reason"] = dialect.CODES[order.reason].message
    if order.reason:
        more["reason"] = order.reason.name
    return more


def _refuse(
    code: tuple[int, str], param: str, text: str, nearest: Sequence[object] = ()
) -> NoReturn:
    data = {"reason": code[1].upper(), "param": param, "text": text}
    raise RpcRefused(*code, data | ({"nearest": [*nearest]} if nearest else {}))
