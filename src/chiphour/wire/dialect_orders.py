"""DIALECT ORDERS: what Deribit's clients ask of their orders, as commands.

Takes   params of `private/buy`, `sell`, `edit`, `cancel` and their kin; the blotter of who asks.
Gives   command rows. (The words, the codes and the records stand in `dialect.py`; what is read
        back in `blotter.py`.)
Keeps   whatever is composed here is well formed (rulebook 1.4, 9.10); a param that means nothing
        for its order is refused by its name.
Source  Deribit's API v2; rulebook 9.

    the dialect                                 ours
    limit, with less shown than its amount      ICEBERG
    post_only                                   POST_SLIDE; with reject_post_only POST_ONLY
    market, good_til_cancelled                  IOC, as every market order
    stop, take, trailing at the market          IOC that waits; good_til_day is DAY
    mmp                                         PROTECTED
    label                                       LABEL, by a number that the caller gives it
    order_id                                    the SEQUENCE of its command, for all its life
    edit to what is filled, or less             cancels it
    linked_order_type, linked_order_id          OCO or CHILD, and LINK: the order that it names
    trailing_stop                               by mark_price or index_price, not last_price

    MarketError
    └── RpcRefused      -32601, -32602 and the codes of `dialect.py`
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from difflib import get_close_matches
from typing import NoReturn

from chiphour.contracts import names
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import Rows
from chiphour.exchange.compose import command
from chiphour.exchange.limits import Limits
from chiphour.wire import dialect
from chiphour.wire.blotter import Blotter
from chiphour.wire.dialect import Code
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Instrument
from chiphour.wire.jsonrpc import ID_MAX
from chiphour.wire.jsonrpc import NEAREST_MAX
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import Json
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import shown
from chiphour.wire.jsonrpc import unknown_method

LABEL_LENGTH_MAX = 64
ID_DIGITS = 19

_RESTING = (TimeInForce.GTC, TimeInForce.DAY)
# What an edit may say again, but not change.
_KEPT = {
    "post_only": Flag.POST_ONLY | Flag.POST_SLIDE,
    "reject_post_only": Flag.POST_ONLY,
    "reduce_only": Flag.REDUCE_ONLY,
    "mmp": Flag.PROTECTED,
}


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
    if valid_until_ms is not None and dialect.ns_of_ms(valid_until_ms) < now_ns:
        now_ms = dialect.ms_of_ns(now_ns)
        _refuse(
            dialect.TIMED_OUT, "valid_until", f"expected {now_ms} or later, found {valid_until_ms}"
        )
    row = METHODS[method](fields, desk, blotter)
    fields.end()
    return row


def _place(side: Side) -> Callable[[Fields, Desk, Blotter], Rows]:
    """Give the function that reads `private/buy` or `private/sell`."""

    def placed(fields: Fields, desk: Desk, blotter: Blotter) -> Rows:
        listed = _instrument(fields, desk)
        order_type = fields.take_word("type", dialect.TYPES) or OrderType.LIMIT
        in_force = _in_force(fields, order_type)
        lots = fields.needed(_lots(fields), "amount")
        price_ticks, trigger_ticks = _prices(fields, listed, order_type, desk.limits)
        price_ticks = fields.needed(price_ticks, "price")
        trigger_ticks = fields.needed(trigger_ticks, dialect.trigger_word(order_type))
        flags = _flags(fields, order_type, in_force)
        tie, link = _link(fields, order_type, in_force)
        if order_type == OrderType.LIMIT:
            order_type, trigger_ticks = _shown_lots(fields, lots, in_force)
        label = fields.take_text("label", LABEL_LENGTH_MAX)
        fields.end()  # Before the label gets its number: no refused request shall take one.
        return command(
            Kind.ORDER,
            account=desk.account,
            contract=listed.number,
            link=link,
            side=side,
            order_type=order_type,
            time_in_force=in_force,
            price_ticks=price_ticks,
            lots=lots,
            flags=flags | tie,
            label=0 if label is None else _label(desk, label),
            trigger_ticks=trigger_ticks,
        )

    return placed


def _edit(fields: Fields, desk: Desk, blotter: Blotter) -> Rows:
    """Read `private/edit`: what is not said stays; the order keeps its id, type and flags."""
    id = order_id(fields)
    order = blotter.orders.get(id)
    if order is None or not order.is_standing:
        _refuse(dialect.ORDER_NOT_FOUND, "order_id", f"no order {id} rests or waits")
    listed, kind = desk.by_number[order.contract], OrderType(order.type_now)
    lots = _lots(fields)
    price_ticks, trigger_ticks = _prices(fields, listed, kind, desk.limits)
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
    return command(Kind.CANCEL, account=desk.account, order=order_id(fields))


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
    number = desk.known_number_of(label)
    if not number:  # It must not be 0, which would mean all orders.
        _refuse(dialect.ORDER_NOT_FOUND, "label", f"no order ever had {shown(label)}")
    return command(Kind.CANCEL_ALL, account=desk.account, contract=-1, label=number)


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


def order_id(fields: Fields, name: str = "order_id") -> int:
    """Take `order_id`, or another id of an order; raises RpcRefused where it can be no order's."""
    text = fields.needed(fields.take_id(name), name)
    if not text.isascii() or not text.isdigit() or len(text) > ID_DIGITS or int(text) > ID_MAX:
        _refuse(dialect.ORDER_NOT_FOUND, name, f"no order {shown(text)}")
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


def _lots(fields: Fields, both: tuple[str, str] = ("amount", "contracts")) -> int | None:
    """Take an amount that has two names; where both are said they are the same."""
    found = [
        dialect.lots_of(text, name)
        for name in both
        if (text := fields.take_number(name)) is not None
    ]
    if len(set(found)) > 1:
        reason = f"expected {found[0]} as {both[0]} says, found {found[1]}"
        _refuse(dialect.UNSUPPORTED, both[1], reason, found)
    return found[0] if found else None


def _prices(
    fields: Fields, listed: Instrument, order_type: OrderType, limits: Limits
) -> tuple[int | None, int | None]:
    """Take price and trigger of a type that has them: None where not said, else 0."""
    price_ticks: int | None = 0
    trigger_ticks: int | None = 0
    if order_type in dialect.PRICED:
        text = fields.take_number("price")
        price_ticks = None if text is None else dialect.ticks_of(text, listed, "price", limits)
    if order_type in dialect.WAITING:
        name = dialect.trigger_word(order_type)
        text = fields.take_number(name)
        trigger_ticks = None if text is None else dialect.ticks_of(text, listed, name, limits)
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
        _refuse(dialect.UNSUPPORTED, "post_only", reason, [False])
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


def _link(fields: Fields, order_type: OrderType, in_force: TimeInForce) -> tuple[int, int]:
    """Take what an order is tied to, and how: a flag and an order's id; 0 and 0 for none."""
    tie = fields.take_word("linked_order_type", dialect.LINKS)
    if tie is None:
        if fields.take_id("linked_order_id") is not None:
            _refuse(
                dialect.UNSUPPORTED,
                "linked_order_id",
                "expected linked_order_type with it, found none",
            )
        return 0, 0
    link = order_id(fields, "linked_order_id")
    if link == 0:  # It would name no order.
        _refuse(dialect.ORDER_NOT_FOUND, "linked_order_id", "no order 0")
    if order_type not in dialect.WAITING and in_force not in _RESTING:
        reason = "expected an order that may rest or wait, found another"
        _refuse(dialect.UNSUPPORTED, "linked_order_type", reason)
    return tie, link


def _shown_lots(fields: Fields, lots: int, in_force: TimeInForce) -> tuple[OrderType, int]:
    """Take how much of a limit order shows: an ICEBERG and its lots, or a LIMIT and 0."""
    name, display_lots = "display_amount", _lots(fields, ("display_amount", "max_show"))
    if display_lots is None or display_lots == lots:
        return OrderType.LIMIT, 0
    if display_lots > lots:
        reason = f"expected at most the amount {dialect.amount(lots)}, found {display_lots}"
        _refuse(dialect.INVALID_MAX_SHOW, name, reason, [dialect.amount(lots)])
    if in_force not in _RESTING:
        reason = "expected an order that may rest, found another"
        _refuse(dialect.UNSUPPORTED, name, reason, [dialect.amount(lots)])
    return OrderType.ICEBERG, display_lots


def _refuse(code: Code, param: str, text: str, nearest: Sequence[object] = ()) -> NoReturn:
    data = {"reason": code.message.upper(), "param": param, "text": text}
    raise RpcRefused(code.code, code.message, data | ({"nearest": [*nearest]} if nearest else {}))
