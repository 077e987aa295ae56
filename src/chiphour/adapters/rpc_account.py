"""RPC ACCOUNT: the private methods that read an account: its money, positions, orders and past.

Takes   requests: (gateway, asker, fields); the account is the asker's, whatever the request says.
Gives   METHODS by name; results as the dialect has them.
Keeps   params first, then `Fields.end`, then the answer: what is not known is refused by its name
        before anything is looked up. Nothing of another account is in any answer: all are made of
        the asker's own history, blotter and row in the engine.
Source  Deribit's API v2.

    MarketError
    └── RpcRefused      -32602; 10004 no such order; 13020 no such instrument or account; and what
                        `get_margins` finds of an order
"""

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import NoReturn
from typing import Protocol
from typing import TypeVar

from chiphour.adapters import rpc_params as take
from chiphour.adapters.rpc_params import Window
from chiphour.contracts import names
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.engine import Engine
from chiphour.exchange.engine import Preview
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.wire import dialect
from chiphour.wire import dialect_account
from chiphour.wire import dialect_log
from chiphour.wire.blotter import Blotter
from chiphour.wire.blotter import order_object
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import Order
from chiphour.wire.dialect_account import Seen
from chiphour.wire.dialect_orders import LABEL_LENGTH_MAX
from chiphour.wire.dialect_orders import order_id
from chiphour.wire.history import Done
from chiphour.wire.history import Histories
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import shown

LOG_COUNT = 100
LOG_COUNT_MAX = 1000

Object = dict[str, Any]
T = TypeVar("T")


class Gateway(Protocol):
    """What these methods need of the gateway."""

    limits: Limits
    time_ns: int
    histories: Histories

    @property
    def instruments(self) -> Mapping[int, Instrument]:
        """Give the contracts by number."""

    @property
    def by_name(self) -> Mapping[str, Instrument]:
        """Give the contracts by name."""

    def desk(self, account: int) -> Desk:
        """Give what an account's objects are written with."""

    def blotter(self, account: int) -> Blotter:
        """Give an account's orders."""

    def rates(self, account: int) -> Mapping[str, object]:
        """Say how often an account may ask, as `limits` of its summary has it."""

    async def ask(self, question: Callable[[Engine], T]) -> T:
        """Ask the engine; all that it tells is durable."""


class Asker(Protocol):
    """Who asks."""

    account: int


Method = Callable[[Gateway, Asker, Fields], object | Awaitable[object]]


def _seen(engine: Engine, account: int, listed: Mapping[int, Instrument]) -> Seen | None:
    """Look at an account, and at all contracts as they are at that moment."""
    found = engine.account(account)
    if found is None:
        return None
    held = [each.contract for each in found.positions if each.lots]
    return Seen(
        found,
        {
            number: each._replace(row=engine.contract(number).tolist())
            for number, each in listed.items()
        },
        {number: engine.liquidation_price_microusd(account, number) for number in held},
    )


async def _look(gateway: Gateway, account: int) -> Seen:
    """Ask for an account; raises RpcRefused where there is none."""
    listed = dict(gateway.instruments)
    seen = await gateway.ask(lambda engine: _seen(engine, account, listed))
    if seen is None:
        raise dialect.refused_by(Reason.ACCOUNT_UNKNOWN)
    return seen


def _account_summary(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[Object]:
    _currency(fields)
    take.own_account(fields, asker.account)
    extended = bool(fields.take_truth("extended"))
    fields.end()
    return summary_of(gateway, asker.account, extended)


def _account_summaries(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[Object]:
    take.own_account(fields, asker.account)
    fields.take_truth("extended")
    fields.end()

    async def answer() -> Object:
        summary = await summary_of(gateway, asker.account, False)
        whose = dialect_account.whose(asker.account, gateway.histories.of(asker.account))
        return whose | {"summaries": [summary]}

    return answer()


async def summary_of(gateway: Gateway, account: int, extended: bool) -> Object:
    """Say what `private/get_account_summary` says of an account; raises RpcRefused."""
    seen = await _look(gateway, account)
    histories = gateway.histories
    return dialect_account.account_summary(
        seen, histories.of(account), histories.settings, gateway.rates(account), extended
    )


def _positions(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[list[Object]]:
    wanted = {each.name for each in take.of_currency(fields, gateway.instruments.values())}
    take.own_account(fields, asker.account)
    fields.end()

    async def answer() -> list[Object]:
        seen = await _look(gateway, asker.account)
        found = dialect_account.positions(seen, gateway.histories.of(asker.account))
        return [each for each in found if each["instrument_name"] in wanted]

    return answer()


def _position(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[Object]:
    listed = take.instrument(fields, gateway.by_name)
    fields.end()

    async def answer() -> Object:
        seen = await _look(gateway, asker.account)
        history = gateway.histories.of(asker.account)
        return dialect_account.position(seen, history, listed.number)

    return answer()


def _margins(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[Object]:
    """Say what a limit order of an amount and a price would need, on either side."""
    listed = take.instrument(fields, gateway.by_name)
    lots = dialect.lots_of(fields.needed(fields.take_number("amount"), "amount"))
    text = fields.needed(fields.take_number("price"), "price")
    price_ticks = dialect.ticks_of(text, listed, "price", gateway.limits)
    fields.end()
    rows = {
        side: command(
            Kind.ORDER,
            account=asker.account,
            contract=listed.number,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.GTC,
            price_ticks=price_ticks,
            lots=lots,
        )
        for side in (Side.BUY, Side.SELL)
    }

    def preview(engine: Engine) -> tuple[Seen | None, dict[Side, Preview]]:
        seen = _seen(engine, asker.account, {listed.number: listed})
        return seen, {side: engine.preview(row) for side, row in rows.items()}

    async def answer() -> Object:
        seen, previews = await gateway.ask(preview)
        reasons = {found.reason for found in previews.values()}
        if len(reasons) == 1 and not reasons & {Reason.NONE, Reason.MARGIN_INSUFFICIENT}:
            raise dialect.refused_by(reasons.pop(), rows[Side.BUY], listed, gateway.limits)
        assert seen is not None  # Or both would be refused.
        now = seen.listed[listed.number]
        return dialect_account.margins(now, seen.account, previews, gateway.limits)

    return answer()


def _open_orders(gateway: Gateway, asker: Asker, fields: Fields) -> list[Object]:
    listed = take.of_currency(fields, gateway.instruments.values())
    return _standing(gateway, asker, fields, listed)


def _open_orders_by_instrument(gateway: Gateway, asker: Asker, fields: Fields) -> list[Object]:
    return _standing(gateway, asker, fields, [take.instrument(fields, gateway.by_name)])


def _open_orders_by_label(gateway: Gateway, asker: Asker, fields: Fields) -> list[Object]:
    listed = take.of_currency(fields, gateway.instruments.values())
    number = _label(gateway, asker, fields)
    return _standing(gateway, asker, fields, listed, number)


def _standing(
    gateway: Gateway,
    asker: Asker,
    fields: Fields,
    listed: Iterable[Instrument],
    label: int | None = None,
) -> list[Object]:
    """Give the orders that rest or wait, of a type where it is said, the oldest first."""
    types = fields.take_word("type", _TYPES) or _TYPES["all"]
    fields.end()
    numbers = {each.number for each in listed}
    desk = gateway.desk(asker.account)
    return [
        order_object(order, desk)
        for order in gateway.blotter(asker.account).orders.values()
        if order.is_standing
        and order.contract in numbers
        and order.type_now in types
        and label in (None, order.label)
    ]


def _order_state(gateway: Gateway, asker: Asker, fields: Fields) -> Object:
    id = order_id(fields)
    fields.end()
    found = _order_of(gateway, asker.account, id)
    if found is None:
        _refuse_order("order_id", f"no order {id}")
    return found


def _order_of(gateway: Gateway, account: int, id: int) -> Object | None:
    """Give an order that stands or is remembered; of an ended one what its contract was then."""
    desk = gateway.desk(account)
    ended = gateway.histories.of(account).orders.get(id)
    if ended is not None:
        return dialect_log.ended_object(ended, desk)
    order = gateway.blotter(account).orders.get(id)
    return (
        None if order is None or order.contract not in desk.by_number else order_object(order, desk)
    )


def _order_state_by_label(gateway: Gateway, asker: Asker, fields: Fields) -> list[Object]:
    """Give all orders of a label: those that stand and those that are remembered."""
    wanted = {each.name for each in take.of_currency(fields, gateway.instruments.values())}
    number = _label(gateway, asker, fields)
    fields.end()
    kept: dict[int, Order] = {
        id: ended.order for id, ended in gateway.histories.of(asker.account).orders.items()
    }
    kept |= gateway.blotter(asker.account).orders
    found = [
        _order_of(gateway, asker.account, id) for id in sorted(kept) if kept[id].label == number
    ]
    return [each for each in found if each is not None and each["instrument_name"] in wanted]


def _order_history(gateway: Gateway, asker: Asker, fields: Fields) -> object:
    take.of_currency(fields, gateway.instruments.values(), is_needed=True)
    return _ended(gateway, asker, fields, None)


def _order_history_by_instrument(gateway: Gateway, asker: Asker, fields: Fields) -> object:
    return _ended(gateway, asker, fields, _past_name(gateway, asker, fields))


def _ended(gateway: Gateway, asker: Asker, fields: Fields, name: str | None) -> object:
    """Give orders that have ended: a list, or with `with_continuation` a page."""
    count, offset = take.count(fields), fields.take_whole("offset") or 0
    continuation = take.continuation(fields)
    with_unfilled = bool(fields.take_truth("include_unfilled"))
    is_page = fields.take_truth("with_continuation") or continuation is not None
    take.one_store(fields)
    fields.end()
    history, desk = gateway.histories.of(asker.account), gateway.desk(asker.account)
    page = dialect_log.orders(history, desk, count, name, offset, with_unfilled, continuation)
    if not is_page:
        return page.found
    following = None if page.following is None else str(page.following)
    return {"orders": page.found, "continuation": following}


def _trigger_history(gateway: Gateway, asker: Asker, fields: Fields) -> Object:
    take.of_currency(fields, gateway.instruments.values(), is_needed=True)
    name = fields.take_text("instrument_name")
    count, continuation = take.count(fields), take.continuation(fields)
    fields.end()
    history, desk = gateway.histories.of(asker.account), gateway.desk(asker.account)
    return dialect_log.waits(history, desk, count, name, continuation)


def _trades_by_instrument(gateway: Gateway, asker: Asker, fields: Fields) -> Object:
    name = _past_name(gateway, asker, fields)
    window = take.window(fields, ("start_seq", "end_seq"))
    return _trades(gateway, asker, fields, window, lambda done: done.listed.name == name)


def _trades_by_currency(gateway: Gateway, asker: Asker, fields: Fields) -> Object:
    base, window = _base(fields), take.window(fields)

    def is_of(done: Done) -> bool:
        return base in (None, names.parse_name(done.listed.name).base)

    return _trades(gateway, asker, fields, window, is_of)


def _trades(
    gateway: Gateway,
    asker: Asker,
    fields: Fields,
    window: Window,
    is_of: Callable[[Done], bool],
) -> Object:
    take.own_account(fields, asker.account)
    fields.end()

    def is_wanted(done: Done) -> bool:
        time_ms, number = dialect.ms_of_ns(done.trade.time_ns), done.trade.number
        in_time = window.start_ms <= time_ms <= window.end_ms
        return in_time and window.first <= number <= window.last and is_of(done)

    history, desk = gateway.histories.of(asker.account), gateway.desk(asker.account)
    return dialect_log.trades(history, desk, window.most, is_wanted, window.is_ascending)


def _trades_by_order(gateway: Gateway, asker: Asker, fields: Fields) -> list[Object]:
    id = order_id(fields)
    is_ascending = fields.take_word("sorting", {"asc": True, "desc": False, "default": False})
    take.one_store(fields)
    fields.end()
    history, desk = gateway.histories.of(asker.account), gateway.desk(asker.account)
    return dialect_log.trades_of(history, desk, id, bool(is_ascending))


def _transaction_log(gateway: Gateway, asker: Asker, fields: Fields) -> Object:
    _currency(fields)
    start_ms, end_ms = take.span(fields)
    count = take.count(fields, LOG_COUNT, LOG_COUNT_MAX)
    query = fields.take_word("query", {word: word for word in dialect_log.QUERIES})
    continuation = take.continuation(fields)
    take.own_account(fields, asker.account)
    fields.end()
    history = gateway.histories.of(asker.account)
    return dialect_log.transaction_log(history, count, start_ms, end_ms, query, continuation)


def _settlements(gateway: Gateway, asker: Asker, fields: Fields) -> Object:
    _currency(fields)
    return _settled(gateway, asker, fields, None)


def _settlements_by_instrument(gateway: Gateway, asker: Asker, fields: Fields) -> Object:
    return _settled(gateway, asker, fields, _past_name(gateway, asker, fields))


def _settled(gateway: Gateway, asker: Asker, fields: Fields, name: str | None) -> Object:
    kind = fields.take_word("type", take.SETTLEMENTS)
    count, continuation = take.count(fields), take.continuation(fields)
    latest_ms = fields.take_whole("search_start_timestamp", 0, take.MS_MAX)
    fields.end()
    history = gateway.histories.of(asker.account)
    return dialect_log.settlements(history, count, name, kind, latest_ms, continuation)


def _money(what: str) -> Method:
    """Give the method that lists one sort of payments."""

    def listed(gateway: Gateway, asker: Asker, fields: Fields) -> Object:
        _currency(fields)
        count, offset = take.count(fields, take.TRADES_COUNT), fields.take_whole("offset") or 0
        fields.end()
        return dialect_log.money(gateway.histories.of(asker.account), what, count, offset)

    return listed


def _subaccounts(gateway: Gateway, asker: Asker, fields: Fields) -> Awaitable[list[Object]]:
    """Give the account of the key alone: it has no others."""
    with_portfolio = bool(fields.take_truth("with_portfolio"))
    fields.end()

    async def answer() -> list[Object]:
        history = gateway.histories.of(asker.account)
        said = dialect_account.subaccount(asker.account, history)
        if with_portfolio:
            summary = await summary_of(gateway, asker.account, False)
            kept = {name: summary[name] for name in _OF_PORTFOLIO}
            said["portfolio"] = {names.QUOTE.lower(): kept}
        return [said]

    return answer()


def _protections(gateway: Gateway, asker: Asker, fields: Fields) -> list[Object]:
    """Give the market-maker protections that an account has set, by the index of the contract."""
    indexes = {each.price_index: True for each in gateway.instruments.values()}
    name = fields.take_text("index_name")
    if name is not None and name not in indexes:
        fields.refuse("index_name", "expected one of its words", nearest=sorted(indexes))
    fields.end()
    history = gateway.histories.of(asker.account)
    return [
        dialect_account.protection_object(protection, gateway.instruments[number])
        for number, protection in sorted(history.protections.items())
        if number in gateway.instruments and name in (None, gateway.instruments[number].price_index)
    ]


def _currency(fields: Fields) -> None:
    """Take `currency`: there is one."""
    fields.take_word("currency", {names.QUOTE: True, "any": True})


def _base(fields: Fields) -> str | None:
    """Take `currency` and `kind` of things past: a first word of instruments, or None for all."""
    currency = fields.take_text("currency")
    fields.take_word("kind", take.KINDS)
    return None if currency in (names.QUOTE, "any") else currency


def _past_name(gateway: Gateway, asker: Asker, fields: Fields) -> str:
    """Take `instrument_name`: of a contract that there is, or that the account once traded."""
    name = fields.needed(fields.take_text("instrument_name"), "instrument_name")
    history = gateway.histories.of(asker.account)
    if name in gateway.by_name or any(done.listed.name == name for done in history.trades):
        return name
    return take.named(name, gateway.by_name).name


def _label(gateway: Gateway, asker: Asker, fields: Fields) -> int:
    """Take `label` as its number; raises RpcRefused where no order ever had it."""
    label = fields.needed(fields.take_text("label", LABEL_LENGTH_MAX), "label")
    number = gateway.desk(asker.account).known_number_of(label)
    if not number:
        _refuse_order("label", f"no order ever had {shown(label)}")
    return number


def _refuse_order(param: str, text: str) -> NoReturn:
    code = dialect.ORDER_NOT_FOUND
    data = {"reason": code.message.upper(), "param": param, "text": text}
    raise RpcRefused(code.code, code.message, data)


_STOPS = (OrderType.STOP_LIMIT, OrderType.STOP_MARKET)
_TAKES = (OrderType.TAKE_LIMIT, OrderType.TAKE_MARKET)
_TYPES: dict[str, tuple[OrderType, ...]] = {
    "all": tuple(OrderType),
    "limit": (OrderType.LIMIT, OrderType.ICEBERG, OrderType.BLOCK),
    "trigger_all": dialect.WAITING,
    "stop_all": _STOPS,
    "take_all": _TAKES,
    "trailing_all": (OrderType.TRAILING,),
    **{word: (order_type,) for word, order_type in dialect.TYPES.items() if word != "limit"},
}
_OF_PORTFOLIO = (
    *("currency", "equity", "balance", "margin_balance", "available_funds", "initial_margin"),
    *("maintenance_margin", "available_withdrawal_funds"),
)

METHODS: dict[str, Method] = {
    "private/get_account_summary": _account_summary,
    "private/get_account_summaries": _account_summaries,
    "private/get_positions": _positions,
    "private/get_position": _position,
    "private/get_margins": _margins,
    "private/get_open_orders": _open_orders,
    "private/get_open_orders_by_currency": _open_orders,
    "private/get_open_orders_by_instrument": _open_orders_by_instrument,
    "private/get_open_orders_by_label": _open_orders_by_label,
    "private/get_order_state": _order_state,
    "private/get_order_state_by_label": _order_state_by_label,
    "private/get_order_history_by_currency": _order_history,
    "private/get_order_history_by_instrument": _order_history_by_instrument,
    "private/get_trigger_order_history": _trigger_history,
    "private/get_user_trades_by_instrument": _trades_by_instrument,
    "private/get_user_trades_by_instrument_and_time": _trades_by_instrument,
    "private/get_user_trades_by_currency": _trades_by_currency,
    "private/get_user_trades_by_currency_and_time": _trades_by_currency,
    "private/get_user_trades_by_order": _trades_by_order,
    "private/get_transaction_log": _transaction_log,
    "private/get_settlement_history_by_currency": _settlements,
    "private/get_settlement_history_by_instrument": _settlements_by_instrument,
    "private/get_deposits": _money("deposit"),
    "private/get_withdrawals": _money("withdrawal"),
    "private/get_transfers": _money("transfer"),
    "private/get_subaccounts": _subaccounts,
    "private/get_mmp_config": _protections,
}
