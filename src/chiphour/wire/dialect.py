"""DIALECT: contracts, prices, amounts and times as Deribit's clients write them, and back.

Takes   a contract's row and number; the tickers of indexes; decimal texts; reasons.
Gives   `Instrument`, and what `public/get_instruments` says of one; ticks and lots from texts;
        Decimals, which are written as numbers by their text; the words and codes of orders.
Keeps   every conversion exact: what is off the tick or the lot is refused with the two nearest
        legal values. Milliseconds there, nanoseconds in ours.
Source  Deribit's API v2; rulebook 1.1, 1.2, 9.5, 9.7. A lot is one unit of the contract, so an
        amount is its lots and `contract_size` is 1; quote and settlement are in dollars.

A reason of the exchange is said by the code that its kin has there, its own name in `data`.

    MarketError
    └── RpcRefused      10043 and 10044 off the tick; 10021 off the lot; 10002, 10005, 10007 beyond
                        what an order may have
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from typing import NamedTuple
from typing import NoReturn

from chiphour.contracts import names
from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import Rows
from chiphour.exchange.events import Cause
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import PPM
from chiphour.units import day_from_ns
from chiphour.units import div_ceil
from chiphour.units import div_floor
from chiphour.wire.jsonrpc import Number
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import shown

NS_PER_MS = 1_000_000
NEVER_MS = 32_503_680_000_000  # The first moment of the year 3000: a perpetual's expiry.
CONTRACT_SIZE = 1  # Units in a lot.
KIND = "future"  # All our contracts, spreads too: each has a book of its own.
FRIDAY = 4


class Code(NamedTuple):
    """How the dialect says a `Reason`: as an error, and as why an order was cancelled."""

    code: int
    message: str
    cancel_reason: str = "other"


# How many orders there may be is not said by 10047 or 11035: clients take those for a limit on
# requests and try again.
ORDER_NOT_FOUND = Code(10004, "order_not_found")
QTY_TOO_LOW = Code(10002, "qty_too_low")
PRICE_TOO_LOW = Code(10005, "price_too_low")
PRICE_TOO_HIGH = Code(10007, "price_too_high")
INVALID_AMOUNT = Code(10021, "invalid_amount")
PRICE_WRONG_TICK = Code(10043, "price_wrong_tick")
TRIGGER_WRONG_TICK = Code(10044, "trigger_price_wrong_tick")
NOT_FOUND = Code(13020, "not_found")
INVALID_MAX_SHOW = Code(10036, "invalid_max_show_amount")
INVALID_TRIGGER = Code(11036, "invalid_trigger_price")
UNSUPPORTED = Code(11047, "unsupported_arg_combination")
TOO_MANY_ORDERS = Code(10014, "pme_max_future_open_orders")
TOO_MANY_IN_ALL = Code(10013, "pme_max_total_open_orders")
TIMED_OUT = Code(13888, "timed_out")
OPEN, UNTRIGGERED = "open", "untriggered"  # States of an order that lives ...
FILLED, CANCELLED, REJECTED = "filled", "cancelled", "rejected"  # ... and of one that has ended.

TYPES = {
    "limit": OrderType.LIMIT,
    "market": OrderType.MARKET,
    "stop_limit": OrderType.STOP_LIMIT,
    "stop_market": OrderType.STOP_MARKET,
    "take_limit": OrderType.TAKE_LIMIT,
    "take_market": OrderType.TAKE_MARKET,
    "trailing_stop": OrderType.TRAILING,
}
FORCES = {
    "good_til_cancelled": TimeInForce.GTC,
    "good_til_day": TimeInForce.DAY,
    "fill_or_kill": TimeInForce.FOK,
    "immediate_or_cancel": TimeInForce.IOC,
}
SOURCES = {
    "mark_price": Source.MARK,
    "index_price": Source.INDEX,
    "last_price": Source.LAST,
}
SIDES = {Side.BUY: "buy", Side.SELL: "sell"}
LINKS = {"one_cancels_other": Flag.OCO, "one_triggers_other": Flag.CHILD}

TYPE_WORDS = {number: word for word, number in TYPES.items()} | {
    OrderType.ICEBERG: "limit",
    OrderType.BLOCK: "limit",
}
FORCE_WORDS = {number: word for word, number in FORCES.items()} | {
    TimeInForce.GTD: "good_til_cancelled",  # Which other doors than this one may give.
}
SOURCE_WORDS = {number: word for word, number in SOURCES.items()}
LIMITED = (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_LIMIT)
PRICED = (*LIMITED, OrderType.ICEBERG, OrderType.BLOCK)
TRIGGERED_AT = (
    *(OrderType.STOP_LIMIT, OrderType.STOP_MARKET, OrderType.TAKE_LIMIT, OrderType.TAKE_MARKET),
)
WAITING = (*TRIGGERED_AT, OrderType.TRAILING)
AT_MARKET = (OrderType.STOP_MARKET, OrderType.TAKE_MARKET, OrderType.TRAILING)

_STATES = {
    State.LISTED: "created",
    State.OPEN: "open",
    State.CALL: "open",
    State.STOPPED: "settlement",
    State.FROZEN: "settlement",
    State.EXPIRED: "delivered",
}


_OTHER = Code(11030, "other_reject")
_BLOCKED = Code(13002, "account_blocked", "account_locked")
_NO_FUNDS = Code(10009, "not_enough_funds", "not_enough_funds")
_TOO_LARGE = Code(10018, "non_pme_max_future_position_size", "risk_mitigation")
_CLOSED = Code(10012, "book_closed", "book_closed")

# Every reason. Those from 100 on end orders; as an error they say that the order is not open.
CODES: dict[Reason, Code] = {
    Reason.MALFORMED: Code(11029, "invalid_arguments"),
    Reason.TIME_DECREASES: Code(10040, "retry"),
    Reason.ADVANCE_DUE: Code(10041, "settlement_in_progress"),
    Reason.ACCOUNT_UNKNOWN: NOT_FOUND,
    Reason.ACCOUNT_EXISTS: _OTHER,
    Reason.ACCOUNT_RESERVED: Code(13021, "forbidden"),
    Reason.ID_REUSED: _OTHER,
    Reason.IDS_FULL: TOO_MANY_IN_ALL,
    Reason.CONTRACT_UNKNOWN: NOT_FOUND,
    Reason.CONTRACT_EXISTS: _OTHER,
    Reason.CONTRACT_ALREADY_OPEN: _OTHER,
    Reason.CONTRACT_NOT_OPEN: _CLOSED,
    Reason.ACCOUNT_BLOCKED: _BLOCKED,
    Reason.CONTRACT_HALTED: Code(10019, "locked_by_admin", "locked_by_admin"),
    Reason.PARAMETER_OUT_OF_RANGE: Code(11043, "bad_argument"),
    Reason.INDEX_UNKNOWN: _OTHER,
    Reason.FIXING_OUT_OF_ORDER: _OTHER,
    Reason.AMOUNT_NOT_POSITIVE: INVALID_AMOUNT,
    Reason.AMOUNT_ABOVE_MAX: INVALID_AMOUNT,
    Reason.MONEY_ABOVE_MAX: _OTHER,
    Reason.FUNDS_INSUFFICIENT: _NO_FUNDS,
    Reason.ORDER_UNKNOWN: ORDER_NOT_FOUND,
    Reason.LINK_UNKNOWN: ORDER_NOT_FOUND,
    Reason.LOTS_NOT_POSITIVE: QTY_TOO_LOW,
    Reason.LOTS_ABOVE_MAX: INVALID_AMOUNT,
    Reason.LOTS_BELOW_MIN: QTY_TOO_LOW,
    Reason.PRICE_OUT_OF_RANGE: PRICE_TOO_HIGH,  # Below it: see _TOO_LOW.
    Reason.TRIGGER_PASSED: INVALID_TRIGGER,
    Reason.POST_ONLY_CROSSES: Code(11054, "post_only_reject", "post_only_reject"),
    Reason.PRICE_OUT_OF_BAND: Code(10008, "price_too_high4idx"),
    Reason.REDUCE_ONLY: INVALID_AMOUNT,
    Reason.REDUCE_ONLY_FULL: TOO_MANY_ORDERS,
    Reason.PROTECTION_FROZEN: Code(11030, "other_reject", "mmp_trigger"),
    Reason.POSITION_ABOVE_MAX: _TOO_LARGE,
    Reason.POSITIONS_FULL: _OTHER,
    Reason.ORDERS_FULL: TOO_MANY_ORDERS,
    Reason.TRIGGERS_FULL: TOO_MANY_IN_ALL,
    Reason.OPEN_INTEREST_ABOVE_MAX: _TOO_LARGE,
    Reason.MARGIN_INSUFFICIENT: _NO_FUNDS,
} | {
    reason: Code(11044, "not_open_order", word)
    for reason, word in (
        (Reason.CANCEL_REQUESTED, "user_request"),
        (Reason.IMMEDIATE_OR_CANCEL, "immediate_or_cancel"),
        (Reason.SELF_TRADE, "self_trading"),
        (Reason.WORK_LIMIT, "risk_mitigation"),
        (Reason.CONTRACT_STOPPED, "settlement"),
        (Reason.FILL_OR_KILL, "fill_or_kill"),
        (Reason.GOOD_TILL_PASSED, "expired"),
        (Reason.ONE_CANCELS_OTHER, "oco_other_closed"),
        (Reason.PARENT_ENDED, "oto_primary_closed"),
        (Reason.MASS_CANCELLED, "user_request"),
        (Reason.PROTECTION, "mmp_trigger"),
        (Reason.LIQUIDATION, "autoliquidation"),
        (Reason.REDUCE_ONLY_CUT, "reduce_only"),
        (Reason.OUT_OF_RANGE, "price_out_of_range"),
        (Reason.CALL_BEGUN, "auction"),
        (Reason.HALTED, "locked_by_admin"),
    )
}
_TOO_LOW = {
    Reason.PRICE_OUT_OF_RANGE: PRICE_TOO_LOW,
    Reason.PRICE_OUT_OF_BAND: Code(10006, "price_too_low4idx"),
}


class Instrument(NamedTuple):
    """A contract by its number, its name and its row, int64[96] of `contracts/table.py`.

    The row may be the market's own, which changes: prices and states are read from it when asked.
    """

    number: int
    name: str
    row: Sequence[int]
    price_index: str  # The ticker of its index, or of its two with a dash between.
    created_ns: int

    @property
    def tick_microusd(self) -> int:
        """Give the size of its tick."""
        return int(self.row[table.TICK_MICROUSD])


class Desk(NamedTuple):
    """Who asks, what there is to trade, and how labels are numbered.

    `number_of` gives a label's number, 1 to 2^63 - 1 and the same for the same label of this
    account; `label_of` gives it back; `known_number_of` gives 0 for a label that never had one.
    `limits` are the market's.
    """

    account: int
    by_name: Mapping[str, Instrument]
    by_number: Mapping[int, Instrument]
    number_of: Callable[[str], int]
    label_of: Callable[[int], str]
    known_number_of: Callable[[str], int]
    limits: Limits


class Order(NamedTuple):
    """An order as its owner sees it; words and numbers are those of its command."""

    order: int
    contract: int
    side: int
    order_type: int
    time_in_force: int
    flags: int
    label: int
    price_ticks: int
    trigger_ticks: int  # A price, or an offset; 0 for none.
    display_lots: int  # What an iceberg shows anew; 0 for any other order.
    lots: int  # All of it: what was filled and what is left, or was left when it was cancelled.
    created_ns: int
    updated_ns: int
    state: str = OPEN
    filled_lots: int = 0
    cost_ticks: int = 0  # The sum of price times lots.
    fee_microusd: int = 0  # Paid; negative where more was received.
    reason: Reason = Reason.NONE  # Why it was cancelled or rejected.
    is_triggered: bool = False
    is_replaced: bool = False
    refusal: str = ""  # The word of the error that the exchange's refusal was answered with.
    shown_lots: int = 0  # What shows of an iceberg in the book now.
    link: int = 0  # The order that it was tied to, by id; 0 for none (rulebook 9.13).

    @property
    def is_standing(self) -> bool:
        """Tell whether it rests or waits."""
        return self.state in (OPEN, UNTRIGGERED)

    @property
    def type_now(self) -> int:
        """Give its type: what has fired is LIMIT or MARKET for good (rulebook 9.12)."""
        if not self.is_triggered:
            return self.order_type
        return OrderType.LIMIT if self.order_type in LIMITED else OrderType.MARKET


class Trade(NamedTuple):
    """One side of a fill. `of` is the order after it; None for a closing order or a CONFIRM."""

    number: int  # Of the contract's trades, as the caller counts them.
    contract: int
    order: int
    side: int
    price: int  # In ticks; of DELEVERAGING in micro-dollars, on no tick (rulebook 7.7).
    lots: int
    fee_microusd: int
    time_ns: int
    cause: Cause
    is_maker: bool
    of: Order | None


def instrument_of(
    number: int,
    row: Sequence[int],
    ticker_of: Callable[[int], str],
    expiry_ns_of: Callable[[int], int] = lambda contract: 0,
    created_ns: int = 0,
) -> Instrument:
    """Name a contract; `ticker_of` and `expiry_ns_of` are as in `contracts.names.name_of`."""
    tickers = [ticker_of(int(row[table.INDEX]))]
    if row[table.INDEX_B]:
        tickers.append(ticker_of(int(row[table.INDEX_B])))
    name = names.name_of(row, ticker_of, expiry_ns_of)
    return Instrument(number, name, row, "-".join(tickers), created_ns)


def instrument(listed: Instrument) -> dict[str, object]:
    """Say what `public/get_instruments` says of a contract."""
    row = listed.row
    state = State(int(row[table.STATE]))
    return {
        "instrument_name": listed.name,
        "instrument_id": listed.number,
        "kind": KIND,
        "instrument_type": "linear",
        "future_type": "linear",
        "base_currency": names.parse_name(listed.name).base,
        "quote_currency": names.QUOTE,
        "counter_currency": names.QUOTE,
        "settlement_currency": names.QUOTE,
        "settlement_period": _settlement_period(int(row[table.EXPIRY_NS])),
        "price_index": listed.price_index,
        "creation_timestamp": ms_of_ns(listed.created_ns),
        "expiration_timestamp": expiration_ms(int(row[table.EXPIRY_NS])),
        "is_active": state in (State.OPEN, State.CALL),
        "state": _STATES.get(state, "inactive"),
        "tick_size": from_millionths(listed.tick_microusd),
        "tick_size_steps": [],
        "min_trade_amount": CONTRACT_SIZE,
        "contract_size": CONTRACT_SIZE,
        "block_trade_min_trade_amount": int(row[table.BLOCK_LOTS_MIN]),
        "block_trade_tick_size": from_millionths(listed.tick_microusd),
        "block_trade_commission": from_millionths(int(row[table.TAKER_FEE_PPM])),
        "taker_commission": from_millionths(int(row[table.TAKER_FEE_PPM])),
        "maker_commission": from_millionths(-int(row[table.MAKER_REBATE_PPM])),
        "max_leverage": max_leverage(row),
        "rfq": False,
    }


def max_leverage(row: Sequence[int]) -> int:
    """Give the most that a position of the first tier may be worth, in times of its margin."""
    return max(1, div_floor(PPM, max(1, int(row[table.TIER_1_PPM]))))


@lru_cache(1 << 12)
def from_millionths(value: int) -> Decimal:
    """Give micro-dollars as dollars, or ppm as a share of one: exactly, 3200000 is 3.2."""
    whole, part = divmod(abs(value), PPM)
    text = f"{'-' if value < 0 else ''}{whole}.{part:06d}"
    return Decimal(text.rstrip("0").removesuffix("."))


def price(price_ticks: int, listed: Instrument) -> Decimal:
    """Give a price of a contract in dollars: its ticks times its tick."""
    return from_millionths(int(price_ticks) * listed.tick_microusd)


def amount(lots: int) -> int:
    """Give lots as the dialect's amount: units of the contract."""
    return int(lots) * CONTRACT_SIZE


def ticks_of(
    text: Number, listed: Instrument, param: str = "price", limits: Limits | None = None
) -> int:
    """Read a price in dollars as ticks; raises RpcRefused with the nearest legal prices.

    `limits` are the market's.
    """
    value, unit = Decimal(text).as_integer_ratio()
    ticks, tick_size = value * MICROUSD_PER_USD, unit * listed.tick_microusd
    most = div_floor((limits or Limits()).price_microusd_max, listed.tick_microusd)
    below, above = div_floor(ticks, tick_size), div_ceil(ticks, tick_size)
    if below < -most or above > most:
        code = PRICE_TOO_LOW if below < -most else PRICE_TOO_HIGH
        bound = price(-most if below < -most else most, listed)
        _refuse(code, "PRICE_OUT_OF_RANGE", param, text, f"prices up to {bound}", [bound])
    if below != above:
        code = PRICE_WRONG_TICK if param == "price" else TRIGGER_WRONG_TICK
        nearest = [price(below, listed), price(above, listed)]
        expected = f"a multiple of {from_millionths(listed.tick_microusd)}"
        _refuse(code, "PRICE_OFF_TICK", param, text, expected, nearest)
    return below


def lots_of(text: Number, param: str = "amount") -> int:
    """Read an amount as lots; raises RpcRefused with the nearest legal amounts."""
    units, parts = Decimal(text).as_integer_ratio()
    below = div_floor(units, parts * CONTRACT_SIZE)
    above = div_ceil(units, parts * CONTRACT_SIZE)
    if below < 1:
        _refuse(QTY_TOO_LOW, "LOTS_NOT_POSITIVE", param, text, "at least 1", [amount(1)])
    if above > ORDER_LOTS_MAX:
        most = amount(ORDER_LOTS_MAX)
        _refuse(INVALID_AMOUNT, "LOTS_ABOVE_MAX", param, text, f"at most {most}", [most])
    if below != above:
        nearest = [amount(below), amount(above)]
        expected = f"a multiple of {CONTRACT_SIZE}"
        _refuse(INVALID_AMOUNT, "AMOUNT_OFF_LOT", param, text, expected, nearest)
    return below


def window_ticks(listed: Instrument, limits: Limits) -> tuple[int, int]:
    """Give the lowest and the highest price of a contract's window (rulebook 9.5)."""
    most = div_floor(limits.price_microusd_max, listed.tick_microusd)
    lowest = int(listed.row[table.PRICE_TICKS_MIN])
    return max(-most, lowest), min(most, lowest + limits.window_ticks - 1)


def band_ticks(listed: Instrument) -> tuple[int, int]:
    """Give the lowest and the highest price that an order may have now (rulebook 9.7)."""
    row, tick_microusd = listed.row, listed.tick_microusd
    band = div_floor(int(row[table.BASE_MICROUSD]) * int(row[table.STATIC_BAND_PPM]), PPM)
    if row[table.QUALITY] != Quality.LIVE:
        band *= 2
    middle = int(row[table.SETTLEMENT_MICROUSD])
    return div_ceil(middle - band, tick_microusd), div_floor(middle + band, tick_microusd)


def legal_ticks(listed: Instrument, limits: Limits) -> tuple[int, int]:
    """Give the lowest and the highest price that is in the window and in the band."""
    window, band = window_ticks(listed, limits), band_ticks(listed)
    return max(window[0], band[0]), min(window[1], band[1])


def refused_by(
    reason: Reason,
    row: Sequence[int] | Rows | None = None,
    listed: Instrument | None = None,
    limits: Limits | None = None,
    opposite_ticks: int | None = None,
    side: Side | None = None,
) -> RpcRefused:
    """Give the refusal that says a reason, with the nearest legal values where they are known.

    `row` is the command, `listed` its contract, `limits` the market's, `opposite_ticks` the best
    price of the other side of the book, `side` that of the order: an AMEND does not say it.
    """
    code, message, _ = CODES[reason]
    data: dict[str, Any] = {"reason": reason.name}
    if reason == Reason.LOTS_ABOVE_MAX:
        data["nearest"] = [amount(ORDER_LOTS_MAX)]
    if row is None or listed is None:
        return RpcRefused(code, message, data)
    price_ticks = int(row[ask.PRICE_TICKS])
    if reason == Reason.POST_ONLY_CROSSES and opposite_ticks is not None and side is not None:
        behind = opposite_ticks + (-1 if side == Side.BUY else 1)
        data["nearest"] = [price(behind, listed)]
    if reason in _TOO_LOW:
        legal = legal_ticks if reason == Reason.PRICE_OUT_OF_BAND else window_ticks
        lowest, highest = legal(listed, limits or Limits())
        if price_ticks < lowest:
            code, message, _ = _TOO_LOW[reason]
        nearest = max(lowest, min(highest, price_ticks))
        data["nearest"] = [price(nearest, listed)]
    return RpcRefused(code, message, data)


def trigger_word(order_type: OrderType) -> str:
    """Name the param that says what an order waits for."""
    return "trigger_offset" if order_type == OrderType.TRAILING else "trigger_price"


def ms_of_ns(time_ns: int) -> int:
    """Give nanoseconds as milliseconds, the rest of one cut off."""
    return div_floor(int(time_ns), NS_PER_MS)


def ns_of_ms(time_ms: int) -> int:
    """Give milliseconds as nanoseconds, exactly."""
    return time_ms * NS_PER_MS


def expiration_ms(expiry_ns: int) -> int:
    """Give a contract's expiry in milliseconds; that of a perpetual lies in the year 3000."""
    return ms_of_ns(expiry_ns) if expiry_ns else NEVER_MS


def _settlement_period(expiry_ns: int) -> str:
    """Say how often contracts that end like this one end: by month, week or day."""
    if not expiry_ns:
        return "perpetual"
    day = day_from_ns(expiry_ns)
    if (day + timedelta(days=1)).day == 1:
        return "month"
    return "week" if day.weekday() == FRIDAY else "day"


def _refuse(
    code: Code,
    reason: str,
    param: str,
    text: str,
    expected: str,
    nearest: Sequence[object],
) -> NoReturn:
    found = f"expected {expected}, found {shown(text)}"
    data = {"reason": reason, "param": param, "text": found, "nearest": [*nearest]}
    raise RpcRefused(code.code, code.message, data)
