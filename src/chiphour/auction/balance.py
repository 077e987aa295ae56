"""BALANCE: cut amounts come into exact balance, by units of least margin.

Takes   a book: what everyone holds, cut down to the unit, and the flows.
Gives   the same book with every slot in balance.
Keeps   a pool's least output, and chips of it that were chosen by name: they hold units back.
Source  docs/formulation/auction.md, section 6, rule 2.

Cutting leaves a slot short on one side by a few units. The longer side gives them up, the unit of
least margin first; where it has none there, the difference travels along arcs to where it can end.
"""

import heapq
from collections import defaultdict
from collections import deque
from collections.abc import Callable
from collections.abc import Iterator

from chiphour.auction.book import Book
from chiphour.auction.book import Slot
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.held import Key
from chiphour.auction.prices import ClearingFailed
from chiphour.units import div_ceil

Takers = Callable[[Slot, int], Iterator[tuple[int, Key]]]
Excess = dict[Slot, int]  # What is sold and arrives above what is bought and leaves, hundredths.


def balance(book: Book) -> None:
    """Bring every slot into balance. Raises ClearingFailed where no arc can carry a difference."""
    _fit_flows(book)
    _fit_pools(book)
    _fit_names(book)
    excess = _excess(book)
    for slot, units in sorted(excess.items()):
        side = SELL if units > 0 else BUY
        excess[slot] += side * book.unit * give_up(book, slot, side, abs(units) // book.unit)
    for slot in sorted(slot for slot, units in excess.items() if units):
        while excess[slot]:
            _send(book, excess, slot)


def _fit_flows(book: Book) -> None:
    """Bring each flow back within its limits, where cutting it toward zero left them (eq. 6)."""
    for number, arc in enumerate(book.grid.arcs):
        for interval, (least, most) in enumerate(
            zip(arc.min_hundredths, arc.max_hundredths, strict=True)
        ):
            carried = book.flows.get((number, interval), 0)
            low, high = div_ceil(least, book.unit) * book.unit, most - most % book.unit
            if carried != (fitted := min(max(carried, low), high)):
                book.flows[number, interval] = fitted


def _fit_pools(book: Book) -> None:
    """Bring each pool back to its least output, or within what it has, after cutting (eq. 5)."""
    for number, pool in book.pools.items():
        used, scale = pool.used(book.held(number))
        tops = list(map(sum, pool.sizes_by_interval))
        for interval, chips in enumerate(used):
            least = book.least_parts(number, interval)
            while (is_short := chips < least * scale) or chips > tops[interval] * scale:
                change = book.unit if is_short else -book.unit
                key = _widest(book, number, interval)
                if key is None or book.traded[number].get(key, 0) + change < 0:
                    break  # All of it is gangs', or no tier has a price: the check will tell.
                book.add(number, key, change)
                chips = pool.used(book.hour(number, key, 0))[0][interval]
                if is_short and chips > tops[interval] * scale:
                    book.add(number, key, -change)
                    break  # No whole number of units lies between: less than one is missing.


def _widest(book: Book, number: int, interval: int) -> Key | None:
    """Give the line of the tier of which a pool sells most, among those that have a price."""
    pool = book.pools[number]
    lines = [
        Key("", pool.product, tier, interval)
        for tier, _ in pool.tiers
        if book.tariff.has_price(pool.product, tier, interval)
    ]
    return max(lines, key=lambda key: book.traded[number].get(key, 0), default=None)


def _fit_names(book: Book) -> None:
    """Give up chips chosen by name beyond what the pool sells (eq. 10)."""
    for (pool, tier, interval), chosen in sorted(book.named.items()):
        product = book.context.pools[pool].product
        sold = book.traded[book.numbers[pool]].get(Key("", product, tier, interval), 0)
        if chosen > sold:
            units = (chosen - sold) // book.unit
            give_up(book, (product, tier, interval), BUY, units, pool)


def _excess(book: Book) -> Excess:
    excess: Excess = defaultdict(int)
    for bid, lines in zip(book.bids, book.traded, strict=True):
        for key, quantity in lines.items():
            excess[key[1:4]] -= bid.side * quantity
    for (number, interval), carried in book.flows.items():
        arc = book.grid.arcs[number]
        excess[arc.target, arc.tier, interval] += carried
        excess[arc.source, arc.tier, interval] -= carried
    return excess


def give_up(
    book: Book, slot: Slot, side: int, units: int, pool: str | None = None, *, is_last: bool = False
) -> int:
    """Take up to so many units from one side of a slot, least margin first; gives how many.

    With `pool`, only chips that were chosen of it by name are given up; `is_last`: see `may_give`.
    """
    if not units:
        return 0
    ranked = [
        (-book.gain(number, key, -book.unit), number, key)
        for number, key in book.holding(slot, side)
        if pool in (None, key.pool)
    ]
    heapq.heapify(ranked)
    taken = 0
    while taken < units and ranked:
        _, number, key = heapq.heappop(ranked)
        if not book.may_give(number, key, is_last=is_last):
            continue
        book.add(number, key, -book.unit)
        book.given_up[number, key] += book.unit
        taken += 1
        if key in book.traded[number]:
            heapq.heappush(ranked, (-book.gain(number, key, -book.unit), number, key))
    return taken


def _send(book: Book, excess: Excess, start: Slot) -> None:
    """Move one unit of excess along the fewest arcs to where it can end, or end it here.

    Where no one can give it up, someone on the other side takes it who loses least.
    """
    sign = 1 if excess[start] > 0 else -1
    came: dict[Slot, tuple[Slot, int, int]] = {}  # Slot: (from, arc, change of its flow).
    reached, waiting = [start], deque([start])
    while waiting:
        slot = waiting.popleft()
        for other, arc, change in _ways(book, slot, sign):
            if other != start and other not in came:
                came[other] = slot, arc, change
                waiting.append(other)
                reached.append(other)
    end = _end(book, excess, reached, sign)
    if end is None:
        where, text = f"{start[0]} {start[1]} interval {start[2]}", hundredths_text(book.unit)
        raise ClearingFailed(
            f"rounding: expected arcs that can carry {text} from {where}, found none"
        )
    excess[start] -= sign * book.unit
    while end != start:
        end, arc, change = came[end]
        book.flows[arc, start[2]] = book.flows.get((arc, start[2]), 0) + change


def _end(book: Book, excess: Excess, reached: list[Slot], sign: int) -> Slot | None:
    """End a unit of excess in the nearest slot that can, and give the slot."""
    for slot in reached[1:]:
        if excess.get(slot, 0) * sign < 0:
            excess[slot] += sign * book.unit
            return slot
        if give_up(book, slot, -sign, 1):
            return slot
    for takers in (book.trading, book.strangers):  # Whoever was cut to nothing is a stranger.
        for slot in reached:
            if _take(book, slot, sign, takers):
                return slot
    return next((slot for slot in reached if give_up(book, slot, -sign, 1, is_last=True)), None)


def _take(book: Book, slot: Slot, side: int, takers: Takers) -> bool:
    """Give one unit more to whoever of one side loses least by it and may have it."""
    ranked = sorted(
        (-book.gain(number, key, book.unit), number, key)
        for number, key in takers(slot, side)
        if book.may_take(number, key)
    )
    for _, number, key in ranked[:1]:
        book.add(number, key, book.unit)
    return bool(ranked)


def _ways(book: Book, slot: Slot, sign: int) -> Iterator[tuple[Slot, int, int]]:
    """Yield (other slot, arc, change of its flow) by which a unit of excess can leave."""
    product, tier, interval = slot
    for number, arc in enumerate(book.grid.arcs):
        if arc.tier != tier or product not in (arc.source, arc.target):
            continue
        other, way = (arc.target, sign) if product == arc.source else (arc.source, -sign)
        change = way * book.unit
        moved = book.flows.get((number, interval), 0) + change
        if arc.min_hundredths[interval] <= moved <= arc.max_hundredths[interval]:
            yield (other, tier, interval), number, change
