"""RPC MARKET: the public methods that read the market.

Takes   requests: (gateway, asker, fields); the gateway's contracts, books, trades and prices.
Gives   METHODS by name; results as the dialect has them.
Keeps   params first, then `Fields.end`, then the answer: what is not known is refused by its name
        before anything is looked up. All answers are of durable frames.
Source  Deribit's API v2.

    MarketError
    └── RpcRefused      -32602; 13020
"""

import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from typing import Protocol

from chiphour.adapters import rpc_params as take
from chiphour.adapters.rpc_params import Window
from chiphour.contracts import names
from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import Side
from chiphour.exchange.limits import Limits
from chiphour.units import NS_PER_DAY
from chiphour.wire import dialect
from chiphour.wire import dialect_market
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect_market import Call
from chiphour.wire.dialect_market import Paid
from chiphour.wire.dialect_market import Quote
from chiphour.wire.dialect_market import Traded
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import RpcRefused

VERSION = "2.1.1"  # Of the dialect.
BOOK_DEPTH = 20
BOOK_DEPTH_MAX = 10_000

Object = dict[str, Any]


class Book(Protocol):
    """A contract's book; `levels_sequence` numbers its last change."""

    levels_sequence: int

    def best(self, side: int) -> tuple[int, int] | None:
        """Give (price in ticks, lots) of the best price of a side."""

    def depth(self, side: int, depth: int | None = None) -> list[tuple[int, int, int]]:
        """Give (price in ticks, lots, orders) of the best prices of a side."""


class Board(Protocol):
    """What anybody may see, folded: the part of the gateway that these methods read.

    Objects are those of the dialect; times are in milliseconds, and inclusive.
    """

    def book(self, contract: int) -> Book:
        """Give a contract's book."""

    def indicative(self, contract: int) -> Call | None:
        """Give what a call would give if it ended now; None outside one."""

    def traded(self, contract: int, since_ns: int) -> Traded:
        """Sum up what traded since a time."""

    def paid(self, contract: int) -> Paid:
        """Sum up what funding was paid."""

    def trades(self, contracts: Collection[int], window: Window) -> Object:
        """Give `trades` and `has_more`; `first` and `last` are numbers within a contract."""

    def candles(self, contract: int, resolution: str, start_ms: int, end_ms: int) -> Object | None:
        """Give columns for `get_tradingview_chart_data`; None where there is no such resolution."""

    def funding(self, contract: int, start_ms: int, end_ms: int) -> list[Object]:
        """Give the objects of `get_funding_rate_history`, the oldest first."""

    def funding_value(self, contract: int, start_ms: int, end_ms: int) -> Decimal:
        """Give what a long position paid between two times, as a share of its worth."""

    def settlements(
        self,
        contracts: Collection[int],
        kind: str | None,
        count: int,
        latest_ms: int,
        continuation: int | None,
    ) -> Object:
        """Give `settlements`, the newest first, and `continuation`."""

    def deliveries(self, index: str) -> list[Object]:
        """Give `date` and `delivery_price` of an index, the newest first."""


class Gateway(Protocol):
    """What these methods need of the gateway."""

    limits: Limits
    time_ns: int

    @property
    def instruments(self) -> Mapping[int, Instrument]:
        """Give the contracts by number."""

    @property
    def by_name(self) -> Mapping[str, Instrument]:
        """Give the contracts by name."""

    @property
    def board(self) -> Board:
        """Give what anybody may see."""


Method = Callable[[Gateway, object, Fields], object]


def quote_of(gateway: Gateway, listed: Instrument) -> Quote:
    """Gather what is told of a contract beside its row."""
    board, number = gateway.board, listed.number
    book = board.book(number)
    is_call = listed.row[table.STATE] == State.CALL
    return Quote(
        listed,
        book.best(Side.BUY),
        book.best(Side.SELL),
        board.traded(number, gateway.time_ns - NS_PER_DAY),
        board.paid(number) if listed.row[table.FUNDING_PERIOD_S] else Paid(),
        board.indicative(number) if is_call else None,
    )


def _test(gateway: Gateway, asker: object, fields: Fields) -> Object:
    wanted = fields.take_text("expected_result")
    fields.end()
    if wanted == "exception":
        raise RpcRefused(11029, "invalid_arguments", {"reason": "asked for"})
    return {"version": VERSION}


def _time(gateway: Gateway, asker: object, fields: Fields) -> int:
    """Give this machine's time: what clients sign with must be near it."""
    fields.end()
    return dialect.ms_of_ns(time.time_ns())


def _status(gateway: Gateway, asker: object, fields: Fields) -> Object:
    """Say which indexes' contracts the operator has halted."""
    fields.end()
    trading = [each for each in gateway.instruments.values() if each.row[table.STATE] in _OPEN]
    halted = {each.price_index for each in trading if each.row[table.MODE] == Mode.HALTED}
    all_are = bool(halted) and all(each.row[table.MODE] == Mode.HALTED for each in trading)
    return {
        "locked": "true" if all_are else "partial" if halted else "false",
        "locked_currencies": [names.QUOTE] if all_are else [],
        "locked_indices": sorted(halted),
    }


def _currencies(gateway: Gateway, asker: object, fields: Fields) -> list[Object]:
    fields.end()
    return dialect_market.currencies([*gateway.instruments.values()])


def _instruments(gateway: Gateway, asker: object, fields: Fields) -> list[Object]:
    listed = take.of_currency(fields, gateway.instruments.values())
    expired = bool(fields.take_truth("expired"))
    fields.end()
    return [dialect.instrument(each) for each in listed if _is_expired(each) == expired]


def _instrument(gateway: Gateway, asker: object, fields: Fields) -> Object:
    listed = take.instrument(fields, gateway.by_name)
    fields.end()
    return dialect.instrument(listed)


def _ticker(gateway: Gateway, asker: object, fields: Fields) -> Object:
    listed = take.instrument(fields, gateway.by_name)
    fields.end()
    return dialect_market.ticker(quote_of(gateway, listed), gateway.limits, gateway.time_ns)


def _order_book(gateway: Gateway, asker: object, fields: Fields) -> Object:
    return _book_of(gateway, take.instrument(fields, gateway.by_name), fields)


def _order_book_by_id(gateway: Gateway, asker: object, fields: Fields) -> Object:
    number = fields.needed(fields.take_whole("instrument_id"), "instrument_id")
    if number not in gateway.instruments:
        numbers = sorted(gateway.instruments, key=lambda each: abs(each - number))
        fields.refuse("instrument_id", f"no instrument {number}", nearest=numbers[:1])
    return _book_of(gateway, gateway.instruments[number], fields)


def _book_of(gateway: Gateway, listed: Instrument, fields: Fields) -> Object:
    depth = fields.take_whole("depth", 1, BOOK_DEPTH_MAX) or BOOK_DEPTH
    fields.end()
    book = gateway.board.book(listed.number)
    return dialect_market.order_book(
        quote_of(gateway, listed),
        book.depth(Side.BUY, depth),
        book.depth(Side.SELL, depth),
        book.levels_sequence,
        gateway.limits,
        gateway.time_ns,
    )


def _summaries(gateway: Gateway, asker: object, fields: Fields) -> list[Object]:
    listed = take.of_currency(fields, gateway.instruments.values(), is_needed=True)
    fields.end()
    return [_summary_of(gateway, each) for each in listed if not _is_expired(each)]


def _summary(gateway: Gateway, asker: object, fields: Fields) -> list[Object]:
    listed = take.instrument(fields, gateway.by_name)
    fields.end()
    return [_summary_of(gateway, listed)]


def _summary_of(gateway: Gateway, listed: Instrument) -> Object:
    return dialect_market.book_summary(quote_of(gateway, listed), gateway.time_ns)


def _index(gateway: Gateway, asker: object, fields: Fields) -> Object:
    """Give the index by the first words of the contracts on it; of one of them `edp` too."""
    listed = take.of_currency(fields, gateway.instruments.values(), is_needed=True)
    fields.end()
    prices = dialect_market.index_prices(listed)
    found: Object = {
        names.parse_name(each.name).base: prices[each.price_index]
        for each in listed
        if each.price_index in prices
    }
    return found | ({"edp": next(iter(found.values()))} if len(found) == 1 else {})


def _index_price(gateway: Gateway, asker: object, fields: Fields) -> Object:
    prices = dialect_market.index_prices([*gateway.instruments.values()])
    price = fields.needed(fields.take_word("index_name", prices), "index_name")
    fields.end()
    return {"index_price": price, "estimated_delivery_price": price}


def _index_names(gateway: Gateway, asker: object, fields: Fields) -> list[object]:
    extended = fields.take_truth("extended")
    fields.take_word("type", dict.fromkeys(("all", "spot", "derivative"), True))
    fields.end()
    found = sorted(dialect_market.index_prices([*gateway.instruments.values()]))
    combos = {"future_combo_creation_enabled": False, "option_combo_creation_enabled": False}
    return [{"name": name} | combos if extended else name for name in found]


def _contract_size(gateway: Gateway, asker: object, fields: Fields) -> Object:
    take.instrument(fields, gateway.by_name)
    fields.end()
    return {"contract_size": dialect.CONTRACT_SIZE}


def _trades_by_instrument(gateway: Gateway, asker: object, fields: Fields) -> Object:
    listed = take.instrument(fields, gateway.by_name)
    window = take.window(fields, ("start_seq", "end_seq"))
    fields.end()
    return gateway.board.trades([listed.number], window)


def _trades_by_currency(gateway: Gateway, asker: object, fields: Fields) -> Object:
    listed = take.of_currency(fields, gateway.instruments.values(), is_needed=True)
    window = take.window(fields)
    fields.end()
    return gateway.board.trades([each.number for each in listed], window)


def _chart(gateway: Gateway, asker: object, fields: Fields) -> Object:
    listed = take.instrument(fields, gateway.by_name)
    start_ms, end_ms = take.span(fields)
    resolution = fields.needed(fields.take_id("resolution"), "resolution")
    fields.end()
    found = gateway.board.candles(listed.number, resolution, start_ms, end_ms)
    if found is None:
        fields.refuse("resolution", f"no resolution {resolution[: take.COUNT]!a}", nearest=["1"])
    return found


def _funding_history(gateway: Gateway, asker: object, fields: Fields) -> list[Object]:
    listed = take.instrument(fields, gateway.by_name)
    start_ms, end_ms = take.span(fields)
    fields.end()
    return gateway.board.funding(listed.number, start_ms, end_ms)


def _funding_value(gateway: Gateway, asker: object, fields: Fields) -> Decimal:
    listed = take.instrument(fields, gateway.by_name)
    start_ms, end_ms = take.span(fields)
    fields.end()
    return gateway.board.funding_value(listed.number, start_ms, end_ms)


def _funding_chart(gateway: Gateway, asker: object, fields: Fields) -> Object:
    listed = take.instrument(fields, gateway.by_name)
    length_ms = fields.needed(fields.take_word("length", _LENGTHS_MS), "length")
    fields.end()
    now_ms = dialect.ms_of_ns(gateway.time_ns)
    history = gateway.board.funding(listed.number, max(0, now_ms - length_ms), now_ms)
    kept = ("timestamp", "index_price", "interest_8h")
    return {
        "interest_8h": dialect.from_millionths(gateway.board.paid(listed.number).rate_8h_ppm),
        "current_interest": dialect.from_millionths(dialect_market.current_rate_ppm(listed.row)),
        "data": [{name: each[name] for name in kept} for each in history],
    }


def _settlements_by_instrument(gateway: Gateway, asker: object, fields: Fields) -> Object:
    listed = take.instrument(fields, gateway.by_name)
    return _settlements(gateway, [listed], fields)


def _settlements_by_currency(gateway: Gateway, asker: object, fields: Fields) -> Object:
    listed = take.of_currency(fields, gateway.instruments.values(), is_needed=True)
    return _settlements(gateway, listed, fields)


def _settlements(gateway: Gateway, listed: list[Instrument], fields: Fields) -> Object:
    kind = fields.take_word("type", take.SETTLEMENTS)
    count, continuation = take.count(fields), take.continuation(fields)
    latest_ms = fields.take_whole("search_start_timestamp", 0, take.MS_MAX)
    fields.end()
    numbers = [each.number for each in listed]
    latest_ms = take.MS_MAX if latest_ms is None else latest_ms
    return gateway.board.settlements(numbers, kind, count, latest_ms, continuation)


def _delivery_prices(gateway: Gateway, asker: object, fields: Fields) -> Object:
    known = {each.price_index: True for each in gateway.instruments.values()}
    name = fields.needed(fields.take_text("index_name"), "index_name")
    count, offset = take.count(fields, take.TRADES_COUNT), fields.take_whole("offset") or 0
    if name not in known:
        fields.refuse("index_name", "expected one of its words", nearest=sorted(known))
    fields.end()
    found = gateway.board.deliveries(name)
    return {"data": found[offset : offset + count], "records_total": len(found)}


def _announcements(gateway: Gateway, asker: object, fields: Fields) -> list[Object]:
    fields.take_whole("start_timestamp", 0, take.MS_MAX)
    take.count(fields, 5, 50)
    fields.end()
    return []


def _volumes(gateway: Gateway, asker: object, fields: Fields) -> list[Object]:
    """Give the lots of the last 24 hours, of 7 and 30 days where asked."""
    extended = fields.take_truth("extended")
    fields.end()
    said: Object = {"currency": names.QUOTE, "currency_pair": "usdc_usd"}
    for days, tail in _VOLUME_DAYS.items() if extended else [(1, "")]:
        since_ns = max(0, gateway.time_ns - days * NS_PER_DAY)
        lots = [gateway.board.traded(number, since_ns).lots for number in gateway.instruments]
        said |= {
            f"futures_volume{tail}": dialect.amount(sum(lots)),
            **{f"{word}_volume{tail}": 0 for word in ("calls", "puts", "spot")},
        }
    return [said]


_OPEN = (State.OPEN, State.CALL)
_HOUR_MS = 3_600_000
_LENGTHS_MS = {"8h": 8 * _HOUR_MS, "12h": 12 * _HOUR_MS, "24h": 24 * _HOUR_MS, "1m": 720 * _HOUR_MS}
_VOLUME_DAYS = {1: "", 7: "_7d", 30: "_30d"}


def _is_expired(listed: Instrument) -> bool:
    return bool(listed.row[table.STATE] == State.EXPIRED)


METHODS: dict[str, Method] = {
    "public/test": _test,
    "public/get_time": _time,
    "public/status": _status,
    "public/get_currencies": _currencies,
    "public/get_instruments": _instruments,
    "public/get_instrument": _instrument,
    "public/ticker": _ticker,
    "public/get_order_book": _order_book,
    "public/get_order_book_by_instrument_id": _order_book_by_id,
    "public/get_book_summary_by_currency": _summaries,
    "public/get_book_summary_by_instrument": _summary,
    "public/get_index": _index,
    "public/get_index_price": _index_price,
    "public/get_index_price_names": _index_names,
    "public/get_supported_index_names": _index_names,
    "public/get_contract_size": _contract_size,
    "public/get_last_trades_by_instrument": _trades_by_instrument,
    "public/get_last_trades_by_instrument_and_time": _trades_by_instrument,
    "public/get_last_trades_by_currency": _trades_by_currency,
    "public/get_last_trades_by_currency_and_time": _trades_by_currency,
    "public/get_tradingview_chart_data": _chart,
    "public/get_funding_rate_history": _funding_history,
    "public/get_funding_rate_value": _funding_value,
    "public/get_funding_chart_data": _funding_chart,
    "public/get_last_settlements_by_instrument": _settlements_by_instrument,
    "public/get_last_settlements_by_currency": _settlements_by_currency,
    "public/get_delivery_prices": _delivery_prices,
    "public/get_announcements": _announcements,
    "public/get_trade_volumes": _volumes,
}
