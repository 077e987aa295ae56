"""DIALECT MARKET: what anybody may read of a contract now: ticker, summary, book, index.

Takes   an `Instrument` whose row is the market's now; its best prices or its levels; what traded
        in the last day; what a call would give, where somebody knows it.
Gives   objects of Deribit's API. (What `public/get_instruments` says stands in `dialect.py`.)
Keeps   a price or amount that there is none of null, as clients expect it, or 0 for amounts;
        every number exact, a share cut to ppm.
Source  Deribit's API v2; rulebook 4, 5, 8, 9.6, 9.7, 10.1.

    min_price, max_price    what an order may have now: band and window
    funding_8h              the mean of the rates paid in the last eight hours, each for eight hours
    current_funding         the rate that would be paid if funding came now (rulebook 5.2)
    interest_value          what a long lot has paid in funding since its contract was opened
    volume_usd              the sum of price times lots, of which prices may be below nought
    price_change            of the last price against the first of the day, in per cent
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from typing import NamedTuple

from chiphour.contracts import names
from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import Quality
from chiphour.exchange.limits import Limits
from chiphour.units import PPM
from chiphour.wire import dialect
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import from_millionths

Object = dict[str, Any]
Best = tuple[int, int] | None  # (price in ticks, lots) of the best price of a side.


class Traded(NamedTuple):
    """What traded in the last 24 hours; prices in ticks."""

    lots: int = 0
    worth_ticks: int = 0  # The sum of price times lots.
    first_ticks: int | None = None
    high_ticks: int | None = None
    low_ticks: int | None = None


class Paid(NamedTuple):
    """What funding was paid: the mean rate of the last eight hours, and all of it by a long lot."""

    rate_8h_ppm: int = 0
    interest_microusd: int = 0


class Call(NamedTuple):
    """What a call would give if it ended now: None where nothing would cross."""

    price_ticks: int | None
    lots: int
    surplus_lots: int  # Bids less asks at the price.


class Quote(NamedTuple):
    """What is told of a contract beside its row."""

    listed: Instrument
    bid: Best = None
    ask: Best = None
    traded: Traded = Traded()
    paid: Paid = Paid()
    call: Call | None = None


def ticker(quote: Quote, limits: Limits, time_ns: int) -> Object:
    """Say what `public/ticker` says."""
    listed = quote.listed
    row = listed.row
    lowest, highest = dialect.legal_ticks(listed, limits)
    said: Object = {
        "instrument_name": listed.name,
        "timestamp": dialect.ms_of_ns(time_ns),
        "state": "open" if is_trading(row) else "closed",
        "best_bid_price": _price(quote.bid and quote.bid[0], listed),
        "best_bid_amount": dialect.amount(quote.bid[1]) if quote.bid else 0,
        "best_ask_price": _price(quote.ask and quote.ask[0], listed),
        "best_ask_amount": dialect.amount(quote.ask[1]) if quote.ask else 0,
        "last_price": last_price(listed),
        "mark_price": from_millionths(int(row[table.MARK_MICROUSD])),
        "index_price": from_millionths(int(row[table.INDEX_MICROUSD])),
        "index_quality": _QUALITIES[int(row[table.QUALITY])],
        "settlement_price": from_millionths(int(row[table.SETTLEMENT_MICROUSD])),
        "estimated_delivery_price": estimated_delivery_price(listed),
        "min_price": dialect.price(lowest, listed),
        "max_price": dialect.price(highest, listed),
        "open_interest": dialect.amount(int(row[table.OPEN_INTEREST_LOTS])),
        "stats": stats(quote),
    }
    if row[table.STATE] == State.EXPIRED:
        said["delivery_price"] = said["settlement_price"]
    if row[table.STATE] == State.CALL:
        said["call"] = _call(quote)
    return said | _funding(quote)


def book_summary(quote: Quote, time_ns: int) -> Object:
    """Say what `public/get_book_summary_by_instrument` and `_by_currency` say."""
    listed = quote.listed
    row = listed.row
    daily = stats(quote)
    bid, ask = (
        _price(quote.bid and quote.bid[0], listed),
        _price(quote.ask and quote.ask[0], listed),
    )
    return {
        "instrument_name": listed.name,
        "creation_timestamp": dialect.ms_of_ns(time_ns),
        "base_currency": names.parse_name(listed.name).base,
        "quote_currency": names.QUOTE,
        "bid_price": bid,
        "ask_price": ask,
        "mid_price": None if bid is None or ask is None else (bid + ask) / 2,
        "mark_price": from_millionths(int(row[table.MARK_MICROUSD])),
        "last": last_price(listed),
        "high": daily["high"],
        "low": daily["low"],
        "volume": daily["volume"],
        "volume_usd": daily["volume_usd"],
        "volume_notional": daily["volume_notional"],
        "price_change": daily["price_change"],
        "open_interest": dialect.amount(int(row[table.OPEN_INTEREST_LOTS])),
        "estimated_delivery_price": estimated_delivery_price(listed),
    } | _funding(quote)


def order_book(
    quote: Quote,
    bids: Sequence[tuple[int, ...]],
    asks: Sequence[tuple[int, ...]],
    change: int,
    limits: Limits,
    time_ns: int,
) -> Object:
    """Say what `public/get_order_book` says.

    `bids` and `asks` are (price in ticks, lots, ...), the best first; `change` is the number of
    the book's last change, as `book` channels have it.
    """
    listed = quote.listed
    return ticker(quote, limits, time_ns) | {
        "change_id": change,
        "bids": [[dialect.price(each[0], listed), dialect.amount(each[1])] for each in bids],
        "asks": [[dialect.price(each[0], listed), dialect.amount(each[1])] for each in asks],
    }


def stats(quote: Quote) -> Object:
    """Say what traded in the last 24 hours."""
    listed, traded = quote.listed, quote.traded
    worth = from_millionths(traded.worth_ticks * listed.tick_microusd)
    return {
        "volume": dialect.amount(traded.lots),
        "volume_usd": worth,
        "volume_notional": worth,
        "high": _price(traded.high_ticks, listed),
        "low": _price(traded.low_ticks, listed),
        "price_change": _change(traded.first_ticks, listed),
    }


def is_trading(row: Sequence[int]) -> bool:
    """Tell whether orders are taken, be it in a call."""
    return row[table.STATE] in (State.OPEN, State.CALL) and row[table.MODE] != Mode.HALTED


def last_price(listed: Instrument) -> Decimal | None:
    """Give the price of the last trade in the book."""
    row = listed.row
    return _price(int(row[table.LAST_TICKS]) if row[table.HAS_LAST] else None, listed)


def estimated_delivery_price(listed: Instrument) -> Decimal:
    """Give what the contract would settle at if it ended now: its index; or what it did settle at.

    Of an average that is the mean of its fixes and the index (rulebook 4.1).
    """
    row = listed.row
    is_settled = row[table.STATE] in (State.FROZEN, State.EXPIRED)
    column = table.SETTLEMENT_MICROUSD if is_settled else table.INDEX_MICROUSD
    return from_millionths(int(row[column]))


def current_rate_ppm(row: Sequence[int]) -> int:
    """Give the funding rate per 8 h that would be paid if it came now (rulebook 5.2)."""
    if not row[table.FUNDING_PERIOD_S]:
        return 0
    copied = [int(value) for value in row]  # The rule that is asked changes its row.
    return rules.fund_row(copied)[1]


def currencies(listed: Sequence[Instrument] = ()) -> list[Object]:
    """Say what `public/get_currencies` says: all money here is dollars.

    After it come the first words of the contracts: ccxt asks for tickers by them, as currencies.
    """
    bases = sorted({names.parse_name(each.name).base for each in listed})
    return [_currency(names.QUOTE, "USD Coin"), *(_currency(base, base) for base in bases)]


def index_prices(listed: Sequence[Instrument]) -> dict[str, Decimal]:
    """Give the price of each index, or pair of them, by name, as its contracts see it now.

    Of several contracts one that follows the index alone tells it, the first by number: averages
    mix it with fixes, a calendar is a difference (rulebook 4.1).
    """
    found: dict[str, Decimal] = {}
    for each in sorted(listed, key=lambda one: one.number):
        row = each.row
        is_plain = row[table.TYPE] != table.Type.CALENDAR and not row[table.AVERAGE_DAYS]
        if is_plain and row[table.STATE] in _FOLLOWING:
            found.setdefault(each.price_index, from_millionths(int(row[table.INDEX_MICROUSD])))
    return found


def _currency(name: str, words: str) -> Object:
    return {
        "currency": name,
        "currency_long": words,
        "coin_type": name,
        "decimals": 6,
        "fee_precision": 6,
        "min_confirmations": 0,
        "min_withdrawal_fee": Decimal(0),
        "withdrawal_fee": Decimal(0),
        "withdrawal_priorities": [],
        "network_fee": Decimal(0),
        "network_currency": name,
        "in_cross_collateral_pool": False,
        "apr": Decimal(0),
    }


def _price(price_ticks: int | None, listed: Instrument) -> Decimal | None:
    return None if price_ticks is None else dialect.price(price_ticks, listed)


def _change(first_ticks: int | None, listed: Instrument) -> Decimal | None:
    """Give by how many per cent the last price differs from the day's first, cut to 0.0001."""
    if not first_ticks or not listed.row[table.HAS_LAST]:
        return None
    gained_ticks = int(listed.row[table.LAST_TICKS]) - first_ticks
    return from_millionths(rules.div_zero(gained_ticks * PPM, abs(first_ticks)) * 100)


def _funding(quote: Quote) -> Object:
    """Say what only a contract with funding has."""
    row = quote.listed.row
    if not row[table.FUNDING_PERIOD_S]:
        return {}
    return {
        "funding_8h": from_millionths(quote.paid.rate_8h_ppm),
        "current_funding": from_millionths(current_rate_ppm(row)),
        "interest_value": from_millionths(quote.paid.interest_microusd),
    }


def _call(quote: Quote) -> Object:
    """Say when a call ends, and what it would give now."""
    said: Object = {
        "end_timestamp": dialect.ms_of_ns(int(quote.listed.row[table.CALL_END_NS])),
        "extended": bool(quote.listed.row[table.CALL_EXTENDED]),
    }
    if quote.call is not None:
        said["indicative_price"] = _price(quote.call.price_ticks, quote.listed)
        said["indicative_amount"] = dialect.amount(quote.call.lots)
        said["surplus_amount"] = dialect.amount(quote.call.surplus_lots)
    return said


_QUALITIES = {int(quality): quality.name.lower() for quality in Quality} | {0: "halted"}
_FOLLOWING = (State.OPEN, State.CALL, State.STOPPED)
