"""FIX_REPORTS: what happened, as FIX 4.4's execution reports and their kin.

Takes   orders and trades as a blotter has them; events; requests that are answered without one.
Gives   messages as a type and fields.
Keeps   every message legal in FIX 4.4, by the words of its own dictionary. An ExecID is the
        SEQUENCE and the place of an event: the same again, whoever computes it. Sums hold: OrderQty
        is CumQty and LeavesQty while an order stands; the LastQty of its reports are its CumQty.
Source  FIX 4.4 volume 4, appendix D; decision 0032.

    what happened                            ExecType       OrdStatus
    accepted                                 0 New          0; WorkingIndicator N where it waits
    filled                                   F Trade        1, 2
    cancelled                                4 Canceled     4
    good no longer, its contract stopped     C Expired      C
    replaced as asked by FIX                 5 Replaced     0, 1
    fired; cut; changed by another door      D Restated     0, 1
    refused                                  8 Rejected     8
    asked for by H or AF                     I OrderStatus

FIX 4.4 has no word for a trigger that fired (L came with 5.0): it is Restated with Text TRIGGERED.
A fill of no order (liquidation, deleveraging, the confirming side of a block) is an order of its
own, filled at once, with the ExecID as its OrderID and the cause in Text.

It raises nothing.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from chiphour.contracts import names
from chiphour.exchange import events as said
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Cause
from chiphour.exchange.reasons import Reason
from chiphour.wire import dialect
from chiphour.wire import fix_tags as tag
from chiphour.wire.blotter import average_price
from chiphour.wire.blotter import force_of
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import Order
from chiphour.wire.dialect import Trade
from chiphour.wire.fix import MESSAGE_BYTES_MAX
from chiphour.wire.fix import TEXT_CHARACTERS_MAX
from chiphour.wire.fix import Field
from chiphour.wire.fix import Message
from chiphour.wire.fix import text_of_time
from chiphour.wire.fix_orders import ORDER_UNKNOWN
from chiphour.wire.fix_orders import FixRefused

Fields = tuple[Field, ...]
SYMBOL_NONE = "[N/A]"  # As FIX writes it where a symbol is wanted and there is none.
SIDE_NONE = "7"  # Undisclosed.
COMMISSION_ABSOLUTE = "3"
RESTATED_OTHER, RESTATED_PARTLY = "99", "5"
REFUSAL_CHARACTERS_MAX = 500
assert REFUSAL_CHARACTERS_MAX <= TEXT_CHARACTERS_MAX < MESSAGE_BYTES_MAX

EXPIRES = (Reason.GOOD_TILL_PASSED, Reason.CONTRACT_STOPPED)
_REJECTED_BY: dict[str, str] = {
    **dict.fromkeys(("CONTRACT_UNKNOWN", "NOT_FOUND"), "1"),
    **dict.fromkeys(("CONTRACT_NOT_OPEN", "CONTRACT_HALTED", "ADVANCE_DUE"), "2"),
    **dict.fromkeys(
        (
            *("POSITION_ABOVE_MAX", "POSITIONS_FULL", "ORDERS_FULL", "TRIGGERS_FULL", "IDS_FULL"),
            *("OPEN_INTEREST_ABOVE_MAX", "MARGIN_INSUFFICIENT", "FUNDS_INSUFFICIENT"),
            *("LOTS_ABOVE_MAX", "REDUCE_ONLY_FULL"),
        ),
        "3",
    ),
    ORDER_UNKNOWN: "5",
    "ID_REUSED": "6",
    "TIMED_OUT": "8",
    "UNSUPPORTED_ARG_COMBINATION": "11",
    **dict.fromkeys(("LOTS_NOT_POSITIVE", "LOTS_BELOW_MIN", "AMOUNT_OFF_LOT"), "13"),
    "ACCOUNT_UNKNOWN": "15",
}
OTHER = "99"


class Ids(NamedTuple):
    """What a report calls its order: the ClOrdID now, and the one before where that changed."""

    cl_ord_id: str = ""
    orig: str = ""


def report(
    order: Order,
    listed: Instrument,
    account: int,
    exec_id: str,
    exec_type: str,
    time_ns: int,
    ids: Ids = Ids(),  # noqa: B008  It cannot change.
    more: Fields = (),
) -> Fields:
    """Write an ExecutionReport of an order as it stands."""
    return (
        (tag.ORDER_ID, str(order.order)),
        *_said((tag.CL_ORD_ID, ids.cl_ord_id), (tag.ORIG_CL_ORD_ID, ids.orig)),
        (tag.EXEC_ID, exec_id),
        (tag.EXEC_TYPE, exec_type),
        (tag.ORD_STATUS, status_of(order)),
        *_described(order, listed, account),
        (tag.LEAVES_QTY, str(leaves_of(order))),
        (tag.CUM_QTY, str(order.filled_lots)),
        (tag.AVG_PX, plain(average_price(order, listed))),
        (tag.TRANSACT_TIME, text_of_time(time_ns)),
        *more,
    )


def status_of(order: Order) -> str:
    """Give the OrdStatus of an order."""
    if order.state == dialect.CANCELLED:
        return tag.EXPIRED if order.reason in EXPIRES else tag.CANCELED
    if order.state in (dialect.FILLED, dialect.REJECTED):
        return tag.FILLED if order.state == dialect.FILLED else tag.REJECTED
    return tag.PARTLY if order.filled_lots else tag.NEW


def leaves_of(order: Order) -> int:
    """Give the lots that are open: those of an order that has ended are none."""
    return order.lots - order.filled_lots if order.is_standing else 0


def ended_type(order: Order) -> str:
    """Give the ExecType of what ended an order without a fill."""
    return tag.EXPIRED if order.reason in EXPIRES else tag.CANCELED


def trade_report(trade: Trade, listed: Instrument, account: int, exec_id: str, ids: Ids) -> Fields:
    """Write an ExecutionReport of a fill."""
    unit_microusd = 1 if trade.cause == Cause.DELEVERAGING else listed.tick_microusd
    last = dialect.from_millionths(trade.price * unit_microusd)
    filled: Fields = (
        (tag.SECONDARY_EXEC_ID, f"{trade.contract}-{trade.number}"),
        (tag.LAST_QTY, str(trade.lots)),
        (tag.LAST_PX, plain(last)),
        (tag.COMMISSION, plain(dialect.from_millionths(trade.fee_microusd))),
        (tag.COMM_TYPE, COMMISSION_ABSOLUTE),
        (tag.COMM_CURRENCY, names.QUOTE),
        (tag.LIQUIDITY, "1" if trade.is_maker else "2"),
        *(((tag.TEXT, trade.cause.name),) if trade.cause != Cause.ORDER else ()),
    )
    if trade.of is not None:
        return report(trade.of, listed, account, exec_id, tag.TRADED, trade.time_ns, ids, filled)
    lots = str(trade.lots)
    return (
        (tag.ORDER_ID, exec_id),
        (tag.EXEC_ID, exec_id),
        (tag.EXEC_TYPE, tag.TRADED),
        (tag.ORD_STATUS, tag.FILLED),
        (tag.ACCOUNT, str(account)),
        (tag.SYMBOL, listed.name),
        (tag.SIDE, tag.SIDE_WORDS[Side(trade.side)]),
        (tag.ORDER_QTY, lots),
        (tag.LEAVES_QTY, "0"),
        (tag.CUM_QTY, lots),
        (tag.AVG_PX, plain(last)),
        (tag.TRANSACT_TIME, text_of_time(trade.time_ns)),
        *filled,
    )


def restated(text: str, reason: str = RESTATED_OTHER) -> Fields:
    """Give what a report adds that changes an order which nobody asked to change."""
    return ((tag.RESTATEMENT_REASON, reason), (tag.TEXT, text))


def rejected_by(refused: FixRefused) -> Fields:
    """Give what a report of a refused order adds."""
    reason = _REJECTED_BY.get(refused.reason, OTHER)
    return ((tag.ORD_REJ_REASON, reason), (tag.TEXT, _cut(str(refused))))


def refused_order(message: Message, refused: FixRefused, exec_id: str, time_ns: int) -> Fields:
    """Write the ExecutionReport of a D that never was an order; of an H, what it asked is none."""
    is_status = message.msg_type == tag.STATUS
    lots = message.text(tag.ORDER_QTY)
    return (
        (tag.ORDER_ID, message.text(tag.ORDER_ID) or tag.NONE),
        *_said((tag.CL_ORD_ID, message.text(tag.CL_ORD_ID))),
        *_said((tag.STATUS_ID, message.text(tag.STATUS_ID))),
        (tag.EXEC_ID, exec_id),
        (tag.EXEC_TYPE, tag.STATUS_ONLY if is_status else tag.REJECTED),
        (tag.ORD_STATUS, tag.REJECTED),
        (tag.SYMBOL, message.text(tag.SYMBOL) or SYMBOL_NONE),
        (tag.SIDE, side if (side := message.text(tag.SIDE)) in tag.SIDES else SIDE_NONE),
        *(((tag.ORDER_QTY, lots),) if lots.isdigit() else ()),
        (tag.LEAVES_QTY, "0"),
        (tag.CUM_QTY, "0"),
        (tag.AVG_PX, "0"),
        (tag.TRANSACT_TIME, text_of_time(time_ns)),
        *rejected_by(refused),
    )


def cancel_reject(
    mark: tuple[str, str, str], order: Order | None, id: int, account: int, refused: FixRefused
) -> Fields:
    """Write an OrderCancelReject; `mark` is type, ClOrdID and OrigClOrdID of what is refused."""
    msg_type, cl_ord_id, orig = mark
    reason = OTHER
    if refused.reason == ORDER_UNKNOWN:
        reason = "1" if order is None else "0"  # Too late, where it was one.
    elif refused.reason == "ID_REUSED":
        reason = "6"
    return (
        (tag.ORDER_ID, str(id) if id > 0 and order else tag.NONE),
        (tag.CL_ORD_ID, cl_ord_id),
        (tag.ORIG_CL_ORD_ID, orig or tag.NONE),
        (tag.ORD_STATUS, status_of(order) if order else tag.REJECTED),
        (tag.ACCOUNT, str(account)),
        (tag.RESPONSE_TO, "1" if msg_type == tag.CANCEL else "2"),
        (tag.CXL_REJ_REASON, reason),
        (tag.TEXT, _cut(str(refused))),
    )


def mass_cancel_report(
    id: str,
    of_one: bool,
    listed: Instrument | None,
    side: int,
    time_ns: int,
    cl_ord_id: str = "",
    refused: FixRefused | None = None,
    affected: int | None = None,
) -> Fields:
    """Write an OrderMassCancelReport: it begins, or is refused; or is done, and says how many."""
    kind = "1" if of_one else "7"
    reason = ""
    if refused:
        # FIX 4.4 calls it a character and gives "other" two of them: then Text says it alone.
        reason = "1" if refused.reason in ("CONTRACT_UNKNOWN", "NOT_FOUND") else ""
        if refused.tag == tag.MASS_TYPE:
            reason = "0"
    return (
        *_said((tag.CL_ORD_ID, cl_ord_id)),
        (tag.ORDER_ID, id),
        (tag.MASS_TYPE, kind),
        (tag.MASS_RESPONSE, "0" if refused else kind),
        *_said((tag.MASS_REJECT_REASON, reason)),
        *_said((tag.MASS_AFFECTED, "" if affected is None else str(affected))),
        *_said((tag.SYMBOL, listed.name if listed else "")),
        *(((tag.SIDE, tag.SIDE_WORDS[Side(side)]),) if side else ()),
        (tag.TRANSACT_TIME, text_of_time(time_ns)),
        *(((tag.TEXT, _cut(str(refused))),) if refused else ()),
    )


def business_reject(message: Message, reason: str, text: str) -> Fields:
    """Write a BusinessMessageReject; `reason` is its BusinessRejectReason."""
    reference = next((found for field in _REFERENCES if (found := message.text(field))), "")
    return (
        (tag.REF_SEQ_NUM, message.text(34)),
        (tag.REF_MSG_TYPE, message.msg_type),
        *_said((tag.BUSINESS_REF, reference[:64])),
        (tag.BUSINESS_REASON, reason),
        (tag.TEXT, _cut(text)),
    )


def statuses(
    orders: Sequence[tuple[Order, Ids]],
    listed: Mapping[int, Instrument],
    account: int,
    asked: Message,
) -> list[Fields]:
    """Answer H with one report, AF with one for each order and one where there is none."""
    found = []
    for place, (order, ids) in enumerate(orders, 1):
        last = "Y" if place == len(orders) else "N"
        more: Fields = _said((tag.STATUS_ID, asked.text(tag.STATUS_ID)))
        if asked.msg_type == tag.MASS_STATUS:
            more = (
                (tag.MASS_STATUS_ID, asked.text(tag.MASS_STATUS_ID)),
                (tag.REPORTS, str(len(orders))),
                (tag.LAST_REPORT, last),
            )
        time_ns = order.updated_ns
        of = listed[order.contract]
        found.append(report(order, of, account, "0", tag.STATUS_ONLY, time_ns, ids, more))
    return found


def no_statuses(asked: Message, account: int, time_ns: int) -> Fields:
    """Answer an AF where no order stands."""
    return (
        (tag.ORDER_ID, tag.NONE),
        (tag.MASS_STATUS_ID, asked.text(tag.MASS_STATUS_ID)),
        (tag.REPORTS, "0"),
        (tag.LAST_REPORT, "Y"),
        (tag.EXEC_ID, "0"),
        (tag.EXEC_TYPE, tag.STATUS_ONLY),
        (tag.ORD_STATUS, tag.REJECTED),
        (tag.ORD_REJ_REASON, "5"),
        (tag.ACCOUNT, str(account)),
        (tag.SYMBOL, asked.text(tag.SYMBOL) or SYMBOL_NONE),
        (tag.SIDE, side if (side := asked.text(tag.SIDE)) in tag.SIDES else SIDE_NONE),
        (tag.LEAVES_QTY, "0"),
        (tag.CUM_QTY, "0"),
        (tag.AVG_PX, "0"),
        (tag.TRANSACT_TIME, text_of_time(time_ns)),
        (tag.TEXT, "no order stands"),
    )


def news(kind: said.Kind, event: Sequence[int], listed: Instrument | None) -> Fields:
    """Write a News of what befell an account: the kind as Headline, its numbers as lines."""
    lines = [f"account {event[said.ACCOUNT]}"]
    if listed is not None:
        lines.append(f"symbol {listed.name}")
    for word, column, is_money in _LINES[kind]:
        value = int(event[column])
        if word == "price" and listed is not None:
            lines.append(f"price {plain(dialect.price(value, listed))}")
        elif word == "side":
            lines.append(f"side {dialect.SIDES[Side(value)]}")
        else:
            lines.append(f"{word} {plain(dialect.from_millionths(value)) if is_money else value}")
    return (
        (tag.HEADLINE, kind.name),
        (tag.LINES, str(len(lines))),
        *((tag.TEXT, line) for line in lines),
    )


_EQUITY = (
    ("equity", said.EQUITY_MICROUSD, True),
    ("maintenance", said.MAINTENANCE_MICROUSD, True),
)
_CASH = (("cash", said.CASH_MICROUSD, True), ("amount", said.AMOUNT_MICROUSD, True))
_LINES: dict[said.Kind, tuple[tuple[str, int, bool], ...]] = {
    said.Kind.MARGIN_CALLED: _EQUITY,
    said.Kind.LIQUIDATION_BEGUN: _EQUITY,
    said.Kind.LIQUIDATION_ENDED: _EQUITY,
    said.Kind.LIQUIDATED: (
        *(("side", said.SIDE, False), ("price", said.PRICE_TICKS, False)),
        ("lots", said.LOTS, False),
    ),
    said.Kind.RANKED: (
        *(("lots", said.LOTS, False), ("score", said.SCORE, False), ("rank", said.RANK, False)),
    ),
    said.Kind.PROTECTED: (("lots", said.LOTS, False),),
    said.Kind.FEE_PAID: _CASH,
    said.Kind.FUND_PAID: _CASH,
}
NOTED = frozenset(_LINES)
OF_CONTRACT = (said.Kind.LIQUIDATED, said.Kind.RANKED, said.Kind.PROTECTED)
# Which id of a message a BusinessMessageReject repeats.
_REFERENCES = (
    *(tag.CL_ORD_ID, tag.REQUEST_ID, tag.SECURITY_REQ_ID, tag.STATE_REQ_ID, tag.POS_REQ_ID),
    tag.MASS_STATUS_ID,
)


def plain(value: Decimal) -> str:
    """Write a decimal without an exponent."""
    return format(value, "f")


def _described(order: Order, listed: Instrument, account: int) -> Fields:
    """Say what an order is: what was asked, and what of it holds now."""
    kind = OrderType(order.order_type)
    waits = order.state == dialect.UNTRIGGERED
    if kind in dialect.WAITING and order.state == dialect.OPEN:
        waits = not order.is_triggered
    trailing = kind == OrderType.TRAILING
    offset = -order.trigger_ticks if order.side == Side.SELL else order.trigger_ticks
    trigger = plain(dialect.price(offset if trailing else order.trigger_ticks, listed))
    return (
        (tag.ACCOUNT, str(account)),
        (tag.SYMBOL, listed.name),
        (tag.SIDE, tag.SIDE_WORDS[Side(order.side)]),
        (tag.ORDER_QTY, str(order.lots)),
        *_said((tag.ORD_TYPE, tag.TYPE_WORDS.get(kind, ""))),
        *_said((tag.PRICE, _price(order, listed))),
        *(((tag.STOP_PX, trigger),) if kind in dialect.TRIGGERED_AT else ()),
        *(((tag.PEG_OFFSET, trigger),) if trailing else ()),
        (tag.TIME_IN_FORCE, tag.FORCE_WORDS[force_of(order)]),
        *_said((tag.EXEC_INST, _instructions(order))),
        *(((tag.MAX_FLOOR, str(order.display_lots)),) if order.display_lots else ()),
        *(((tag.WORKING, "N" if waits else "Y"),) if kind in dialect.WAITING else ()),
    )


def _price(order: Order, listed: Instrument) -> str:
    if OrderType(order.type_now) not in dialect.PRICED:
        return ""
    return plain(dialect.price(order.price_ticks, listed))


def _instructions(order: Order) -> str:
    post = order.flags & (Flag.POST_ONLY | Flag.POST_SLIDE)
    words = (
        *((tag.POST,) if post else ()),
        *((tag.REJECTS,) if order.flags & Flag.POST_ONLY else ()),
        *((tag.REDUCE,) if order.flags & Flag.REDUCE_ONLY else ()),
        *((tag.TRAILS,) if order.order_type == OrderType.TRAILING else ()),
    )
    return " ".join(words)


def _said(*fields: tuple[int, str]) -> Fields:
    """Leave out what is empty: FIX has no empty fields."""
    return tuple((field, value) for field, value in fields if value)


def _cut(text: str) -> str:
    found = "".join(each if " " <= each <= "~" else "?" for each in text)
    return found[:REFUSAL_CHARACTERS_MAX] or tag.NONE
