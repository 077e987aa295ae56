"""TAPE: the last public trades of each contract, and what the dialect says of them.

Takes   events in order, with the number of each FILL within its contract.
Gives   `PublicTrade`s and their objects: `trades.X.raw` and `100ms`, and the answers of
        `public/get_last_trades_by_instrument`, `_by_currency` and their kin `_and_time`.
Keeps   the last `kept` trades of each contract and of all together, at times up to twice as many.
        Of whoever traded nothing is known here but the side that took. Mark and index are those
        of the trade.
Source  Deribit's API v2; rulebook 9.6, 9.12, 9.16, 7.7; decision 0030.

    cause           on the tape                             price
    ORDER, CALL     a trade                                 in ticks
    LIQUIDATION     `liquidation` T: the taker's            in ticks
    DELEVERAGING    so too, and `deleveraging`              in micro-dollars, on no tick
    BLOCK           `block_trade_id`                        in ticks

The last two move no last price: their `tick_direction` is that of the last price, unmoved.
It raises nothing.
"""

from bisect import bisect_left
from bisect import bisect_right
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.exchange import events as said
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import Rows
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.wire import dialect
from chiphour.wire.dialect import Instrument
from chiphour.wire.picked import kinds
from chiphour.wire.picked import picked

KEPT = 10_000
COUNT_DEFAULT, COUNT_MAX = 10, 1000
SORTINGS = ("asc", "desc", "default")
CAUSES_WITH_PRICE = (Cause.ORDER, Cause.LIQUIDATION, Cause.CALL)  # Rulebook 9.12.
PLUS, ZERO_PLUS, MINUS, ZERO_MINUS = 0, 1, 2, 3  # Of `tick_direction`.

_ENDLESS = 1 << 63
_MARKS = (Event.MARKED, Event.OPENED, Event.SETTLED)
_WANTED = kinds(Event.FILL, Event.LISTED, *_MARKS)


class PublicTrade(NamedTuple):
    """A trade as everyone may see it. `place` counts the trades of all contracts together."""

    place: int
    contract: int
    number: int
    side: int  # The taker's.
    price: int  # In ticks; of DELEVERAGING in micro-dollars.
    lots: int
    time_ns: int
    cause: Cause
    tick_direction: int
    mark_microusd: int
    index_microusd: int

    @property
    def time_ms(self) -> int:
        """Give its time as the dialect has it."""
        return dialect.ms_of_ns(self.time_ns)


class Tape:
    """The last trades, folded from all events in order."""

    def __init__(self, kept: int = KEPT) -> None:
        """Begin without trades."""
        self.last: dict[int, tuple[int, int]] = {}  # Last price in ticks, and its direction.
        self._kept = kept
        self._place = 0
        self._trades: dict[int, list[PublicTrade]] = {}
        self._all: list[PublicTrade] = []
        self._marks: dict[int, tuple[int, int]] = {}

    def adopt(self, contract: int, index_microusd: int, mark_microusd: int) -> None:
        """Take index and mark of a contract that stood before this tape began."""
        self._marks[contract] = (index_microusd, mark_microusd)

    def hear(self, events: Rows, numbers: Sequence[int]) -> list[PublicTrade]:
        """Fold events; give the trades. `numbers` holds one for each FILL, in order."""
        found, left = [], iter(numbers)
        for event in picked(events, _WANTED):
            kind, contract = event[said.KIND], event[said.CONTRACT]
            if kind == Event.FILL:
                found.append(self._trade(event, next(left)))
            elif kind == Event.LISTED:  # Another contract takes the number of one that expired.
                self._trades.pop(contract, None)
                self.last.pop(contract, None)
                self._all = [each for each in self._all if each.contract != contract]
            else:
                mark = (event[said.INDEX_MICROUSD], event[said.MARK_MICROUSD])
                self._marks[contract] = mark
        assert next(left, None) is None
        return found

    def trades(self, contract: int) -> Sequence[PublicTrade]:
        """Give the trades of a contract that are kept, the oldest first."""
        return self._trades.get(contract, [])

    def by_instrument(
        self,
        listed: Instrument,
        start_seq: int | None = None,
        end_seq: int | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        count: int = COUNT_DEFAULT,
        sorting: str = "default",
    ) -> dict[str, object]:
        """Give the last trades of a contract within these bounds, which count too.

        See `_page` for which of them, where there are more than `count`.
        """
        kept = self._trades.get(listed.number, [])
        first = bisect_left(kept, start_seq or 0, key=_number_of)
        end = bisect_right(kept, _ENDLESS if end_seq is None else end_seq, key=_number_of)
        first, end = _within_time(kept, first, end, start_ms, end_ms)
        from_start = start_seq is not None or start_ms is not None
        page, has_more = _page(kept, first, end, count, sorting, from_start)
        return {"trades": [trade_object(each, listed) for each in page], "has_more": has_more}

    def by_currency(
        self,
        by_number: Mapping[int, Instrument],
        start_id: str | None = None,
        end_id: str | None = None,
        start_ms: int | None = None,
        end_ms: int | None = None,
        count: int = COUNT_DEFAULT,
        sorting: str = "default",
    ) -> dict[str, object]:
        """Give the last trades of all contracts within these bounds, which count too.

        An id of no trade that is kept bounds nothing.
        """
        start, end_place = self._place_of(start_id), self._place_of(end_id)
        first = bisect_left(self._all, start or 0, key=_place_of)
        end = bisect_right(self._all, end_place or _ENDLESS, key=_place_of)
        first, end = _within_time(self._all, first, end, start_ms, end_ms)
        from_start = start is not None or start_ms is not None
        page, has_more = _page(self._all, first, end, count, sorting, from_start)
        trades = [trade_object(each, by_number[each.contract]) for each in page]
        return {"trades": trades, "has_more": has_more}

    def _trade(self, event: list[int], number: int) -> PublicTrade:
        """Write one trade down."""
        contract, cause = event[said.CONTRACT], Cause(event[said.CAUSE])
        index_microusd, mark_microusd = self._marks.get(contract, (0, 0))
        self._place += 1
        trade = PublicTrade(
            place=self._place,
            contract=contract,
            number=number,
            side=event[said.SIDE],
            price=event[said.PRICE_TICKS],
            lots=event[said.LOTS],
            time_ns=event[said.TIME_NS],
            cause=cause,
            tick_direction=self._direction(contract, event[said.PRICE_TICKS], cause),
            mark_microusd=mark_microusd,
            index_microusd=index_microusd,
        )
        for kept in (self._trades.setdefault(contract, []), self._all):
            kept.append(trade)
            if len(kept) >= 2 * self._kept:  # Seldom, so that it costs nothing.
                del kept[: -self._kept]
        return trade

    def _direction(self, contract: int, price_ticks: int, cause: Cause) -> int:
        """Say whether the last price rose or fell, or which of the two it did before."""
        last_ticks, direction = self.last.get(contract, (None, PLUS))
        unmoved = ZERO_PLUS if direction in (PLUS, ZERO_PLUS) else ZERO_MINUS
        if cause not in CAUSES_WITH_PRICE:
            return unmoved
        if last_ticks is None or price_ticks > last_ticks:
            direction = PLUS
        else:
            direction = MINUS if price_ticks < last_ticks else unmoved
        self.last[contract] = (price_ticks, direction)
        return direction

    def _place_of(self, id: str | None) -> int | None:
        """Give the place of a trade that is kept, by its id."""
        contract, _, number = (id or "").partition("-")
        if not (contract.isdecimal() and number.isdecimal()):
            return None
        kept = self._trades.get(int(contract), [])
        at = bisect_left(kept, int(number), key=_number_of)
        found = at < len(kept) and kept[at].number == int(number)
        return kept[at].place if found else None


def trade_object(trade: PublicTrade, listed: Instrument) -> dict[str, object]:
    """Say what the dialect says of a public trade."""
    unit_microusd = 1 if trade.cause == Cause.DELEVERAGING else listed.tick_microusd
    id = f"{trade.contract}-{trade.number}"
    found: dict[str, object] = {
        "trade_id": id,
        "trade_seq": trade.number,
        "instrument_name": listed.name,
        "timestamp": trade.time_ms,
        "direction": dialect.SIDES[Side(trade.side)],
        "price": dialect.from_millionths(trade.price * unit_microusd),
        "amount": dialect.amount(trade.lots),
        "contracts": trade.lots,
        "tick_direction": trade.tick_direction,
        "mark_price": dialect.from_millionths(trade.mark_microusd),
        "index_price": dialect.from_millionths(trade.index_microusd),
    }
    if trade.cause in (Cause.LIQUIDATION, Cause.DELEVERAGING):
        found["liquidation"] = "T"  # The account in liquidation is always the taker.
    if trade.cause == Cause.DELEVERAGING:
        found["deleveraging"] = True
    if trade.cause == Cause.BLOCK:
        found["block_trade_id"] = id
    return found


def _within_time(
    kept: Sequence[PublicTrade], first: int, end: int, start_ms: int | None, end_ms: int | None
) -> tuple[int, int]:
    """Narrow the places of trades to a span of time."""
    if start_ms is not None:
        first = max(first, bisect_left(kept, start_ms, key=_time_of))
    if end_ms is not None:
        end = min(end, bisect_right(kept, end_ms, key=_time_of))
    return first, max(first, end)


def _page(
    kept: Sequence[PublicTrade], first: int, end: int, count: int, sorting: str, from_start: bool
) -> tuple[Sequence[PublicTrade], bool]:
    """Give at most `count` of the trades from first to end, and whether there are more.

    "asc" gives the oldest, rising; "desc" the newest, falling. By default it is "asc" where the
    bounds have a start, so that whoever asks on from the last trade misses none; else "desc".
    """
    assert 0 < count <= COUNT_MAX and sorting in SORTINGS
    has_more = end - first > count
    if sorting == "asc" or (sorting == "default" and from_start):
        return kept[first : min(end, first + count)], has_more
    return kept[max(first, end - count) : end][::-1], has_more


def _number_of(trade: PublicTrade) -> int:
    return trade.number


def _place_of(trade: PublicTrade) -> int:
    return trade.place


def _time_of(trade: PublicTrade) -> int:
    return trade.time_ms
