"""FIX_ORDERS: what FIX 4.4 clients ask of their orders, as commands.

Takes   D, F, G and q as messages; the desk and blotter of who asks, and what its ClOrdIDs name.
Gives   command rows, or `FixRefused`; the mark that goes with a command into the journal.
Keeps   the command that the dialect makes of the same wish, with a CLIENT_ORDER_ID: both read by
        one program. Prices and quantities are exact from their text.
Source  FIX 4.4 volume 4; rulebook 9, 12.2; decision 0032.

    FIX 4.4                                 ours
    OrdType 1, 2, 3, 4                      MARKET, LIMIT, STOP_MARKET, STOP_LIMIT
    J with StopPx                           TAKE_MARKET; a take at a limit has no word in 4.4
    P with ExecInst a                       TRAILING, PegOffsetValue without its sign the offset
    TimeInForce 0, 1, 3, 4, 6               DAY, GTC, IOC, FOK, GTD until ExpireTime; none is DAY
    ExecInst 6; 6 and A; E                  POST_SLIDE; POST_ONLY; REDUCE_ONLY
    MaxFloor, or MaxShow, DisplayQty        what shows of an ICEBERG
    ConditionTriggerMethod 1, 2, 3          mark, last, index; none is mark
    ClOrdID                                 CLIENT_ORDER_ID, by a hash of who asks and the text

A field that would change what is asked, and that we do not know, is refused by its tag; what only
describes is passed over.

    MarketError
    └── FixRefused      the reason's name, the tag, what was expected, the nearest legal values
"""

import json
import re
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple
from typing import NoReturn
from typing import TypeVar

from chiphour.contracts import names
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import Rows
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.wire import dialect
from chiphour.wire import fix_tags as tag
from chiphour.wire.blotter import Blotter
from chiphour.wire.blotter import force_of
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Order
from chiphour.wire.dialect_orders import command_of as dialect_command_of
from chiphour.wire.fix import DECIMAL
from chiphour.wire.fix import FixFieldWrong
from chiphour.wire.fix import Message
from chiphour.wire.fix import integer_of
from chiphour.wire.fix import time_of
from chiphour.wire.jsonrpc import Json
from chiphour.wire.jsonrpc import Number
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import shown

CL_ORD_ID_CHARACTERS_MAX = 64
PLACES_MAX = 18  # Digits on either side of a decimal point.
DAY_ENDS_NS = 30 * NS_PER_MINUTE  # After midnight UTC: the sweep that ends what is good for a day.

# What would change an order and is not offered.
NOT_OFFERED = {
    tag.MIN_QTY: "MinQty",
    tag.CASH_ORDER_QTY: "CashOrderQty",
    tag.EFFECTIVE_TIME: "EffectiveTime",
    tag.TRADING_SESSIONS: "NoTradingSessions",
    tag.DISCRETION: "DiscretionInst",
    tag.PRICE_TYPE: "PriceType",
    tag.ORDER_PERCENT: "OrderPercent",
    tag.TARGET_STRATEGY: "TargetStrategy",
}
# Where a param of the dialect stands in FIX.
TAGS = {
    "instrument_name": tag.SYMBOL,
    "amount": tag.ORDER_QTY,
    "price": tag.PRICE,
    "trigger_price": tag.STOP_PX,
    "trigger_offset": tag.PEG_OFFSET,
    "trigger": tag.TRIGGER_METHOD,
    "type": tag.ORD_TYPE,
    "time_in_force": tag.TIME_IN_FORCE,
    "display_amount": tag.MAX_FLOOR,
    "post_only": tag.EXEC_INST,
    "reject_post_only": tag.EXEC_INST,
    "reduce_only": tag.EXEC_INST,
    "order_id": tag.ORDER_ID,
    "valid_until": tag.VALID_UNTIL,
}
SHOWN = (tag.MAX_FLOOR, tag.MAX_SHOW, tag.DISPLAY_QTY)
MONEY = (names.QUOTE, "USD")
ORDER_UNKNOWN = "ORDER_UNKNOWN"
Word = TypeVar("Word")
_DATE = re.compile(r"\d{8}", re.ASCII)
_INSTRUCTIONS = {tag.POST, tag.REJECTS, tag.REDUCE, tag.TRAILS}


class FixRefused(MarketError):
    """What is asked cannot be: `reason` is a name, `tag` the field that is at fault or 0."""

    def __init__(
        self, reason: str, text: str, tag: int = 0, nearest: Sequence[object] = ()
    ) -> None:
        """Keep what the answer says."""
        said = f"{reason}: {text}" if text else reason
        at = f", in tag {tag}" if tag else ""
        near = f"; nearest {', '.join(map(str, nearest))}" if nearest else ""
        super().__init__(f"{said}{at}{near}")
        self.reason = reason
        self.tag = tag


class Asker(NamedTuple):
    """Who asks: its desk and orders, and what its ClOrdIDs stand for.

    `seat` names the session for good; `order_of` gives the order of a ClOrdID or 0, `first_of` the
    ClOrdID with which an order came or "".
    """

    seat: str
    desk: Desk
    blotter: Blotter
    order_of: Callable[[str], int]
    first_of: Callable[[int], str]


class Mark(NamedTuple):
    """What the journal's private bytes say of a command that came by FIX.

    `seat` names its session, `epoch` counts that session's resets, `sequence` is its MsgSeqNum.
    """

    seat: str
    epoch: int
    sequence: int
    msg_type: str
    cl_ord_id: str
    orig: str = ""


def command_of(message: Message, asker: Asker, now_ns: int = 0) -> Rows:
    """Write the command that D, F, G or q asks for, int64[16]; raises FixRefused.

    `now_ns` is the market's time.
    """
    cl_ord_id_in(message)
    _check_account(message, asker.desk)
    try:
        return _COMMANDS[message.msg_type](message, asker, now_ns)
    except RpcRefused as refused:
        raise refused_of(refused) from None
    except FixFieldWrong as wrong:
        raise FixRefused("MALFORMED", str(wrong), wrong.tag) from None


def cancels(account: int, orders: Sequence[int]) -> Rows:
    """Write commands that cancel orders one by one: what a connection leaves, int64[n, 16]."""
    return commands(command(Kind.CANCEL, account=account, order=id) for id in orders)


def private_of(marks: Iterable[Mark]) -> bytes:
    """Write the marks of commands that are handed in together, as private bytes of the first."""
    return canonical_json({"fix": [list(mark) for mark in marks]}).encode()


def marks_of(private: bytes) -> list[Mark]:
    """Read marks from private bytes; none from those of any other door."""
    if not private.startswith(b'{"fix":'):
        return []
    return [Mark(*mark) for mark in json.loads(private)["fix"]]


def client_order_id(account: int, seat: str, text: str) -> int:
    """Give the number, 1 to 2^63 - 1, that stands for a ClOrdID in the journal's public columns.

    The text itself stands in private bytes. That two texts of one session have one number takes
    some 2^31 of them, and then the second is refused or taken for the first.
    """
    digest = sha256(f"chiphour fix\n{account}\n{seat}\n{text}".encode()).digest()
    return max(1, int.from_bytes(digest[:8], "big") >> 1)


def cl_ord_id_in(message: Message) -> str:
    """Take the ClOrdID; raises FixRefused."""
    text = message.text(tag.CL_ORD_ID)
    if not 0 < len(text) <= CL_ORD_ID_CHARACTERS_MAX or not text.isprintable():
        most = f"1 to {CL_ORD_ID_CHARACTERS_MAX} printable characters"
        raise FixRefused("MALFORMED", f"expected {most}, found {shown(text)}", tag.CL_ORD_ID)
    return text


def refused_of(refused: RpcRefused) -> FixRefused:
    """Say a refusal of the dialect in FIX: our reason, the tag in place of the param."""
    data = refused.data
    reason, param, text = data["reason"], data.get("param", ""), data.get("text", "")
    if not reason.isupper():  # It is a sentence, of a param that is missing or malformed.
        reason, text = "MALFORMED", reason
    if reason == "ORDER_NOT_FOUND":
        reason = ORDER_UNKNOWN
    return FixRefused(reason, _plain(text), TAGS.get(param, 0), data.get("nearest", ()))


def text_of(refused: RpcRefused) -> str:
    """Write a refusal as Text (58): the name of our reason, and the nearest legal values."""
    return str(refused_of(refused))


def _new(message: Message, asker: Asker, now_ns: int) -> Rows:
    """Read a NewOrderSingle."""
    _check_known(message)
    text = cl_ord_id_in(message)
    if (used := asker.order_of(text)) and asker.first_of(used) != text:
        raise FixRefused("ID_REUSED", f"a replacement of {used} had it", tag.CL_ORD_ID)
    kind = _word(message, tag.ORD_TYPE, tag.TYPES)
    side = _word(message, tag.SIDE, tag.SIDES)
    given = _word(message, tag.TIME_IN_FORCE, tag.FORCES, TimeInForce.DAY)
    params = _params(message, kind, asker.desk)
    force = given
    if kind == OrderType.MARKET and force in (TimeInForce.DAY, TimeInForce.GTC):
        force = TimeInForce.IOC  # At the market nothing waits.
    if force == TimeInForce.GTD:
        force = TimeInForce.GTC
    params["type"] = dialect.TYPE_WORDS[kind]
    params["time_in_force"] = dialect.FORCE_WORDS[force]
    params |= _instructions(message, kind)
    if (shown_lots := _number(message, *SHOWN)) is not None and Number("0") != shown_lots:
        params["display_amount"] = shown_lots
    if message.text(tag.VALID_UNTIL):
        until_ns = message.read(tag.VALID_UNTIL, time_of)
        params["valid_until"] = Number(dialect.ms_of_ns(until_ns))
    method = "private/buy" if side == Side.BUY else "private/sell"
    row = dialect_command_of(method, params, asker.desk, asker.blotter, now_ns)
    if given == TimeInForce.GTD:
        row[ask.TIME_IN_FORCE], row[ask.EXPIRE_NS] = TimeInForce.GTD, _expire_ns(message, kind)
    row[ask.CLIENT_ORDER_ID] = client_order_id(asker.desk.account, asker.seat, text)
    return row


def _replace(message: Message, asker: Asker, now_ns: int) -> Rows:
    """Read an OrderCancelReplaceRequest: a total, a price and a trigger; all else stays."""
    _check_known(message)
    id = order_in(message, asker)
    order = asker.blotter.orders.get(id)
    if order is None or not order.is_standing:
        raise FixRefused(ORDER_UNKNOWN, f"no order {id} rests or waits", tag.ORIG_CL_ORD_ID)
    if asker.order_of(cl_ord_id_in(message)):
        raise FixRefused("ID_REUSED", "expected a ClOrdID of its own, found one", tag.CL_ORD_ID)
    _check_kept(message, order)
    params = _params(message, OrderType(order.type_now), asker.desk)
    for name in ("instrument_name", "trigger"):
        params.pop(name, None)
    params["order_id"] = str(id)
    return dialect_command_of("private/edit", params, asker.desk, asker.blotter, now_ns)


def _cancel(message: Message, asker: Asker, now_ns: int) -> Rows:
    """Read an OrderCancelRequest."""
    params: dict[str, Json] = {"order_id": str(order_in(message, asker))}
    return dialect_command_of("private/cancel", params, asker.desk, asker.blotter, now_ns)


def _mass_cancel(message: Message, asker: Asker, now_ns: int) -> Rows:
    """Read an OrderMassCancelRequest: of one contract or of all, of one side or both."""
    kind = message.text(tag.MASS_TYPE)
    if kind not in ("1", "7"):
        found = f"expected 1 (a security) or 7 (all), found {shown(kind)}"
        raise FixRefused("UNSUPPORTED_ARG_COMBINATION", found, tag.MASS_TYPE, ["1", "7"])
    params: dict[str, Json] = {}
    if kind == "1":
        params["instrument_name"] = message.text(tag.SYMBOL) or None
    method = "private/cancel_all_by_instrument" if kind == "1" else "private/cancel_all"
    row = dialect_command_of(method, params, asker.desk, asker.blotter, now_ns)
    if message.text(tag.SIDE):
        row[ask.SIDE] = _word(message, tag.SIDE, tag.SIDES)
    return row


_COMMANDS: dict[str, Callable[[Message, Asker, int], Rows]] = {
    tag.NEW_ORDER: _new,
    tag.CANCEL: _cancel,
    tag.REPLACE: _replace,
    tag.MASS_CANCEL: _mass_cancel,
}


def order_in(message: Message, asker: Asker, given: int = tag.ORIG_CL_ORD_ID) -> int:
    """Give the order that OrderID or a ClOrdID names; where both do, they name one."""
    text, id = message.text(given), message.text(tag.ORDER_ID)
    found = asker.order_of(text) if text else 0
    if id and id != tag.NONE:
        named = integer_of(id) if id.isdigit() and len(id) <= PLACES_MAX else 0
        if found and named != found:
            raise FixRefused(ORDER_UNKNOWN, f"expected {found}, found {shown(id)}", tag.ORDER_ID)
        found = named
    if found <= 0:
        raise FixRefused(ORDER_UNKNOWN, f"no order {shown(id or text)}", given)
    order = asker.blotter.orders.get(found)
    if order is not None:
        _check_same(message, order, asker.desk)
    return found


def _check_same(message: Message, order: Order, desk: Desk) -> None:
    """Refuse another symbol or side than the order's."""
    name, side = desk.by_number[order.contract].name, tag.SIDE_WORDS[Side(order.side)]
    for field, expected in ((tag.SYMBOL, name), (tag.SIDE, side)):
        found = message.text(field)
        if found and found != expected:
            raise FixRefused(ORDER_UNKNOWN, f"expected {expected}, found {shown(found)}", field)


def _check_kept(message: Message, order: Order) -> None:
    """Refuse a replacement that changes what only a new order may: type, force, instructions."""
    kinds = {tag.TYPE_WORDS.get(OrderType(kind)) for kind in (order.order_type, order.type_now)}
    _check_one_of(message, tag.ORD_TYPE, kinds)
    forces = {force_of(order), TimeInForce(order.time_in_force)}
    _check_one_of(message, tag.TIME_IN_FORCE, {tag.FORCE_WORDS[force] for force in forces})
    given = _instructions_in(message)
    post = Flag.POST_ONLY | Flag.POST_SLIDE
    has = {
        *([tag.POST] if order.flags & post else []),
        *([tag.REJECTS] if order.flags & Flag.POST_ONLY else []),
        *([tag.REDUCE] if order.flags & Flag.REDUCE_ONLY else []),
        *([tag.TRAILS] if order.order_type == OrderType.TRAILING else []),
    }
    if given and given != has:
        expected = " ".join(sorted(has)) or "none"
        _unsupported(tag.EXEC_INST, f"{expected} as the order has it", message)
    lots = _number(message, *SHOWN)
    if lots is not None and dialect.lots_of(lots, "display_amount") != order.display_lots:
        _unsupported(tag.MAX_FLOOR, f"{order.display_lots} as the order has it", message)


def _check_one_of(message: Message, field: int, words: set[str | None]) -> None:
    found = message.text(field)
    if found and found not in words:
        expected = " or ".join(sorted(word for word in words if word))
        _unsupported(field, f"{expected} as the order has it", message)


def _check_account(message: Message, desk: Desk) -> None:
    found = message.text(tag.ACCOUNT)
    if found and found != str(desk.account):
        text = f"expected the account of the key or none, found {shown(found)}"
        raise FixRefused("ACCOUNT_UNKNOWN", text, tag.ACCOUNT)


def _check_known(message: Message) -> None:
    """Refuse what would change the order and is not offered."""
    for field, _ in message.fields:
        if field in NOT_OFFERED:
            _unsupported(field, f"no {NOT_OFFERED[field]}", message)
    money = message.text(tag.CURRENCY)
    if money and money not in MONEY:
        _unsupported(tag.CURRENCY, " or ".join(MONEY), message)


def _params(message: Message, kind: OrderType, desk: Desk) -> dict[str, Json]:
    """Give the dialect's params of symbol, quantity, price and trigger: those that are there."""
    params: dict[str, Json] = {
        "instrument_name": message.text(tag.SYMBOL) or None,
        "amount": _number(message, tag.ORDER_QTY),
        "price": _number(message, tag.PRICE),
        "trigger_price": _number(message, tag.STOP_PX),
    }
    if kind not in dialect.PRICED:  # Engines send a price of nought with them, which means none.
        if params["price"] not in (None, "0"):
            _unsupported(tag.PRICE, "no price at the market", message)
        params["price"] = None
    if kind not in dialect.TRIGGERED_AT and params["trigger_price"] == "0":
        params["trigger_price"] = None
    if kind == OrderType.TRAILING:
        offset = _number(message, tag.PEG_OFFSET)
        params["trigger_offset"] = None if offset is None else Number(offset.lstrip("-"))
        if message.text(tag.PEG_OFFSET_TYPE) not in ("", "0"):
            _unsupported(tag.PEG_OFFSET_TYPE, "0, a price", message)
    if kind in dialect.WAITING:
        default = tag.TRIGGERS["1"]
        source = _word(message, tag.TRIGGER_METHOD, tag.TRIGGERS, default)
        params["trigger"] = dialect.SOURCE_WORDS[source]
    return params


def _instructions(message: Message, kind: OrderType) -> dict[str, Json]:
    """Give the dialect's truths of ExecInst."""
    found = _instructions_in(message)
    if (tag.TRAILS in found) != (kind == OrderType.TRAILING):
        _unsupported(tag.EXEC_INST, "a with OrdType P, and with no other", message)
    params: dict[str, Json] = {}
    for word, name in (
        (tag.POST, "post_only"),
        (tag.REJECTS, "reject_post_only"),
        (tag.REDUCE, "reduce_only"),
    ):
        if word in found:
            params[name] = True
    return params


def _instructions_in(message: Message) -> set[str]:
    """Take ExecInst: characters, with a space between two or without."""
    text = message.text(tag.EXEC_INST)
    found = set(text) - {" "}
    if found - _INSTRUCTIONS:
        _unsupported(tag.EXEC_INST, " ".join(sorted(_INSTRUCTIONS)), message)
    return found


def _expire_ns(message: Message, kind: OrderType) -> int:
    """Take when an order ends: at ExpireTime, or with the day of ExpireDate, at 00:30 after it."""
    if kind == OrderType.MARKET:
        _unsupported(tag.TIME_IN_FORCE, "1 or 3 at the market", message)
    if message.text(tag.EXPIRE_TIME):
        return message.read(tag.EXPIRE_TIME, time_of)
    date = message.text(tag.EXPIRE_DATE)
    if not _DATE.fullmatch(date):
        text = f"expected ExpireTime, or ExpireDate as YYYYMMDD, found {shown(date)}"
        raise FixRefused("MALFORMED", text, tag.EXPIRE_TIME)
    return time_of(f"{date}-00:00:00") + NS_PER_DAY + DAY_ENDS_NS


def _word(
    message: Message, field: int, words: dict[str, Word], default: Word | None = None
) -> Word:
    """Take one of these words; gives what stands beside it."""
    found = message.text(field)
    if not found and default is not None:
        return default
    if found not in words:
        text = f"expected one of its words, found {shown(found)}"
        raise FixRefused("UNSUPPORTED_ARG_COMBINATION", text, field, [*words])
    return words[found]


def _number(message: Message, *fields: int) -> Number | None:
    """Take a decimal by the first of these tags that is there, in its shortest form."""
    for field in fields:
        text = message.text(field)
        parts = DECIMAL.fullmatch(text)
        if not text:
            continue
        if not parts or not parts[2] + parts[3]:
            raise FixRefused("MALFORMED", f"expected a number, found {shown(text)}", field)
        whole, part = parts[2].lstrip("0") or "0", parts[3].rstrip("0")
        if max(len(whole), len(part)) > PLACES_MAX:
            most = f"expected at most {PLACES_MAX} digits on either side"
            raise FixRefused("MALFORMED", f"{most}, found {shown(text)}", field)
        sign = parts[1] if whole != "0" or part else ""
        return Number(f"{sign}{whole}.{part}" if part else f"{sign}{whole}")
    return None


def _unsupported(field: int, expected: str, message: Message) -> NoReturn:
    found = shown(message.text(field))
    raise FixRefused("UNSUPPORTED_ARG_COMBINATION", f"expected {expected}, found {found}", field)


def _plain(text: str) -> str:
    return "".join(each if " " <= each <= "~" else "?" for each in text)
