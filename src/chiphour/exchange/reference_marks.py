"""REFERENCE MARKS: what an index is worth, how good it is, and what a mark does to contracts.

Takes   MARK commands; the state of indexes and contracts.
Gives   I and B of a contract, its quality, its mark; the window that follows the mark.
Keeps   B from the index alone, never from a traded price; a contract's quality the worst of its
        indexes'.
Source  Rulebook 4, 9.18 and 10.1; kept apart because OPEN and FIXING ask for the same.
"""

from chiphour.contracts import table
from chiphour.contracts.table import Type
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_floor import OPEN_STATES
from chiphour.exchange.reference_floor import Ask
from chiphour.exchange.reference_floor import Floor
from chiphour.exchange.reference_margin import first_index
from chiphour.exchange.reference_state import TICKS_REMEMBERED
from chiphour.exchange.reference_state import Index
from chiphour.exchange.reference_state import MarketState
from chiphour.units import div_ceil
from chiphour.units import div_floor
from chiphour.units import div_half_even


def median_microusd(values: list[int]) -> int:
    """Give the middle value; of an even count the mean of the middle two, `down` (4.1)."""
    ordered, middle = sorted(values), len(values) // 2
    if len(values) % 2 == 1:
        return ordered[middle]
    return div_floor(ordered[middle - 1] + ordered[middle], 2)


def series_microusd(state: MarketState, number: int, ticks: int) -> int | None:
    """Give what one index is worth by its last ticks or its last fit fix (rulebook 4.1)."""
    index = state.indexes.get(number, Index())
    if ticks > 0 and index.ticks_microusd:
        return median_microusd(index.ticks_microusd[-ticks:])
    return index.fixes_microusd[0] if index.fixes_microusd else None


def index_microusd(state: MarketState, row: rules.Row) -> int | None:
    """Give I of a contract, None when it is not known (rulebook 4.1)."""
    if row[table.TYPE] == Type.CALENDAR:
        far, near = state.row(row[table.LEG_FAR]), state.row(row[table.LEG_NEAR])
        return far[table.MARK_MICROUSD] - near[table.MARK_MICROUSD]
    first = series_microusd(state, row[table.INDEX], row[table.INDEX_TICKS])
    if first is None:
        return None
    if row[table.INDEX_B] > 0:
        second = series_microusd(state, row[table.INDEX_B], row[table.INDEX_TICKS])
        return None if second is None else first - second
    if row[table.AVERAGE_DAYS] > 0:
        rest = (row[table.AVERAGE_DAYS] - row[table.PROVISIONAL_FIXES]) * first
        return div_half_even(row[table.PROVISIONAL_SUM_MICROUSD] + rest, row[table.AVERAGE_DAYS])
    return first


def take_base(state: MarketState, row: rules.Row) -> None:
    """Take I, B and the worth of the legs from what is known now (rulebook 4.1, 4.2, 6.4)."""
    known = index_microusd(state, row)
    assert known is not None  # A contract opens only with one, and it stays known.
    row[table.INDEX_MICROUSD] = known
    legs = None
    if row[table.TYPE] == Type.CALENDAR:
        numbers = (row[table.LEG_FAR], row[table.LEG_NEAR])
        legs = [state.row(number)[table.MARK_MICROUSD] for number in numbers]
    elif row[table.INDEX_B] > 0:
        ticks = row[table.INDEX_TICKS]
        both = (row[table.INDEX], row[table.INDEX_B])
        legs = [series_microusd(state, number, ticks) or 0 for number in both]
    if legs is None:
        row[table.BASE_MICROUSD] = max(1, known)
        row[table.LEG_A_MICROUSD], row[table.LEG_B_MICROUSD] = row[table.BASE_MICROUSD], 0
        return
    row[table.BASE_MICROUSD] = max(1, div_ceil(legs[0] + legs[1], 2))
    row[table.LEG_A_MICROUSD] = max(1, legs[0])
    row[table.LEG_B_MICROUSD] = max(1, legs[1])


def quality_of(state: MarketState, row: rules.Row, now_ns: int) -> int:
    """Give the quality that a contract has now: the worst of its indexes' (rulebook 10.1)."""
    if row[table.TYPE] == Type.CALENDAR:
        legs = (row[table.LEG_FAR], row[table.LEG_NEAR])
        return max(state.row(number)[table.QUALITY] for number in legs)
    numbers = [row[table.INDEX]] + [row[table.INDEX_B]] * (row[table.INDEX_B] > 0)
    return max(_series_quality(state, n, row[table.INDEX_TICKS], now_ns) for n in numbers)


def _series_quality(state: MarketState, number: int, ticks: int, now_ns: int) -> int:
    """Give how good one index is to a contract on its ticks, or on its fix (rulebook 10.1)."""
    index = state.indexes.get(number, Index())
    if ticks > 0:
        return index.quality
    unfit = index.provisional_strike_ns > 0 and not index.fit
    fix_ns = index.provisional_fix_strike_ns
    old = fix_ns > 0 and fix_ns + rules.FIX_OLD_NS < now_ns
    if unfit or old or index.quality == Quality.HALTED:
        return int(Quality.HALTED)
    return int(Quality.LIVE)


class MarkSide(Floor):
    """MARK, and what follows a mark."""

    def _mark(self, ask: Ask) -> None:
        """Take a tick and a quality; mark the contracts whose first index it is (4.4)."""
        self._take_tick(ask)
        self.state.indexes[ask["index"]].quality = ask["fit"]
        marked = []
        for number, contract in self.state.in_states(*OPEN_STATES):
            first = first_index(self.state, contract.row) == ask["index"]
            if not first and contract.row[table.INDEX_B] != ask["index"]:
                continue
            self.renew_quality(number)
            if first and contract.row[table.QUALITY] == Quality.LIVE:
                self._mark_contract(number)
                marked.append(number)
        for number in marked:
            self.look_at_marks(number)  # Rulebook 9.12.
        if marked:
            self.begin_scan()  # Rulebook 7.1.

    def _take_tick(self, ask: Ask) -> None:
        """Let a tick of a later time join the index's last 20 (rulebook 4.4)."""
        tick_ns = ask["strike_ns"] or ask["time_ns"]
        index = self.state.indexes.setdefault(ask["index"], Index())
        if ask["value_microusd"] == 0 or (index.ticks_microusd and tick_ns == index.tick_ns):
            return
        index.tick_ns = tick_ns
        ticks = [*index.ticks_microusd, ask["value_microusd"]]
        index.ticks_microusd = ticks[-TICKS_REMEMBERED:]

    def renew_quality(self, contract: int) -> None:
        """Take a contract's quality anew; a change is told (rulebook 10.1)."""
        row = self.state.row(contract)
        quality = quality_of(self.state, row, self.now_ns)
        if quality != row[table.QUALITY]:
            row[table.QUALITY] = quality
            self._emit(Event.QUALITY, contract=contract, reason=quality)

    def _mark_contract(self, number: int) -> None:
        """Mark one contract, then let its window follow (rulebook 4.4, 9.18)."""
        contract = self.state.contracts[number]
        take_base(self.state, contract.row)
        lots, tick = contract.row[table.IMPACT_LOTS], contract.row[table.TICK_MICROUSD]
        bid = contract.book.impact_microusd(Side.BUY, lots, tick)
        ask = contract.book.impact_microusd(Side.SELL, lots, tick)
        most = self.state.limits.price_microusd_max
        rules.mark_row(contract.row, (bid, ask), self.now_ns, most)
        self._emit(Event.MARKED, contract=number, **index_and_mark(contract.row))
        self._move_window(number)

    def _move_window(self, number: int) -> None:
        """Move the window when the mark has left its middle half (rulebook 9.18)."""
        row = self.state.row(number)
        lowest = self._window_around_mark(row)
        if lowest == row[table.PRICE_TICKS_MIN]:
            return
        outside = self._outside(number, lowest, lowest + self.state.limits.window_ticks - 1)
        for order in outside[: bounds.CANCELS_MAX]:
            self.cancel(order, Reason.OUT_OF_RANGE)
        if len(outside) <= bounds.CANCELS_MAX:  # Else it moves at a later mark.
            row[table.PRICE_TICKS_MIN] = lowest
            self._emit(Event.WINDOW_MOVED, contract=number, value=lowest)

    def _window_around_mark(self, row: rules.Row) -> int:
        """Give the lowest price of the window that the mark asks for (rulebook 9.18)."""
        window = self.state.limits.window_ticks
        mark_ticks = div_floor(row[table.MARK_MICROUSD], row[table.TICK_MICROUSD])
        off_ticks = abs(mark_ticks - (row[table.PRICE_TICKS_MIN] + window // 2))
        if row[table.FIXED_WINDOW] or off_ticks <= window // 4:
            return row[table.PRICE_TICKS_MIN]
        most = self.state.limits.price_microusd_max // row[table.TICK_MICROUSD]
        return max(-most, min(most - window + 1, mark_ticks - window // 2))

    def _outside(self, number: int, lowest: int, highest: int) -> list[Order]:
        """Give the orders outside a window: bids, asks, then those that wait (9.18, 2.3)."""
        book = self.state.contracts[number].book
        resting = [*book.orders(Side.BUY), *book.orders(Side.SELL)]
        waiting = [o for o in self.state.waiting(number) if o.has_price]
        return [o for o in (*resting, *waiting) if not lowest <= o.price_ticks <= highest]


def index_and_mark(row: rules.Row) -> dict[str, int]:
    """Give the columns by which events tell I and M."""
    return {
        "index_microusd": row[table.INDEX_MICROUSD],
        "mark_microusd": row[table.MARK_MICROUSD],
    }
