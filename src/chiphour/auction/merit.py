"""MERIT: reserve takes what capacity is left, and units that were cut come back in order of merit.

Takes   a book in balance.
Gives   the same book: reserve served from its highest step; units back where both sides gain.
Keeps   every slot in balance, and every row of the programme.
Source  docs/formulation/auction.md, section 6, rules 3 and 4, and equation 9.
"""

from collections.abc import Sequence
from fractions import Fraction

from chiphour.auction.bids.reserve import Reserve
from chiphour.auction.book import Book
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.held import Key
from chiphour.auction.steps import cut
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import PPM

Ranked = list[tuple[Fraction, int, Key]]  # What one more unit gains, whom, on which line.
GAIN_USD_MIN = Fraction(1, MICROUSD_PER_USD)  # Nobody's award is searched for less.


def reserve(book: Book) -> None:
    """Keep what capacity is left, no more than curves ask for; serve their best steps first."""
    grid = book.grid
    region = {product.id: product.region for product in grid.products}
    for name in grid.regions:
        curves = {
            number: bid
            for number, bid in enumerate(book.bids)
            if isinstance(bid, Reserve) and bid.region == name
        }
        steps = sorted(
            (-ticks, number, chips)
            for number, bid in curves.items()
            for ticks, chips in _whole_steps(book, bid)
        )
        pools = [
            n for n, pool in book.pools.items() if pool.reserve and region[pool.product] == name
        ]
        totals = _keep(book, pools, sum(chips for _, _, chips in steps))
        _serve(book, list(curves), steps, totals)


def _whole_steps(book: Book, curve: Reserve) -> list[tuple[int, int]]:
    """Give (ticks, hundredths) of a curve's steps above zero, each ending at a whole unit."""
    found, asked = [], 0
    for chips, ticks in cut(curve.steps, book.grid.cap_ticks):
        more = (asked + chips) // book.unit - asked // book.unit
        asked += chips
        if ticks > 0:
            found.append((ticks, more * book.unit))
    return found


def _keep(book: Book, pools: Sequence[int], asked: int) -> list[int]:
    """Keep what the solver kept as far as it fits, then what is left; give the sum by interval."""
    left = {number: _left(book, number) for number in pools}
    wanted = {number: book.rest[number].reserve_hundredths for number in pools}
    kept = {number: [0] * book.grid.intervals for number in pools}
    totals = []
    for interval in range(book.grid.intervals):
        rest = asked
        for limits in (wanted, left):
            for number in pools:
                room = min(limits[number][interval], left[number][interval])
                more = max(min(room - kept[number][interval], rest), 0)
                kept[number][interval] += more
                rest -= more
        totals.append(asked - rest)
    for number, amounts in kept.items():
        book.rest[number] = book.rest[number]._replace(reserve_hundredths=tuple(amounts))
    return totals


def _left(book: Book, number: int) -> list[int]:
    """Give what a pool does not use while on, in whole units, by interval."""
    pool, held = book.pools[number], book.held(number)
    used, scale = pool.used(held)
    found = []
    for interval, chips in enumerate(used):
        parts = pool.inventory_hundredths[interval] * PPM * scale - chips
        left = max(parts // (PPM * scale), 0) if pool.is_on(held, interval) else 0
        found.append(left - left % book.unit)
    return found


def _serve(
    book: Book, curves: Sequence[int], steps: Sequence[tuple[int, int, int]], totals: Sequence[int]
) -> None:
    """Serve the curves of a region, their steps ranked, with what is kept in each interval."""
    served = {number: [0] * book.grid.intervals for number in curves}
    for interval, left in enumerate(totals):
        for _, number, chips in steps:
            more = min(chips, left)
            served[number][interval] += more
            left -= more
    for number, amounts in served.items():
        book.rest[number] = book.rest[number]._replace(reserve_hundredths=tuple(amounts))


def restore(book: Book) -> None:
    """Give back cut units, best first, where neither side loses at the price and one gains.

    A line gets back at most what it gave up and the one unit by which it may have been cut.
    """
    rooms = {number: _rooms(book, number) for number in book.pools}
    may_gain: dict[int, bool] = {}
    for slot in sorted(book.holders):
        if not book.tariff.has_price(*slot):
            continue
        sellers = _ranked(book, [
            (number, key) for number, key in book.trading(slot, SELL)
            if number not in rooms or _is_in_merit(book, rooms[number], number, key)
        ])  # fmt: skip
        if not sellers:
            continue
        buyers = list(book.trading(slot, BUY))
        if sellers[0][0] < GAIN_USD_MIN:  # Then the buyer must gain.
            buyers = [(n, key) for n, key in buyers if _may_gain(book, n, may_gain)]
        _match(book, _ranked(book, buyers), sellers)


def _rooms(book: Book, number: int) -> list[tuple[int, int]]:
    """Give (price in ticks, parts of a chip) of the next block of a pool, by interval."""
    pool, held = book.pools[number], book.held(number)
    used, scale = pool.used(held)
    found = []
    for interval, sizes in enumerate(pool.sizes_by_interval):
        below, place = 0, (0, 0)
        kept = held.reserve_hundredths[interval] * PPM if held.reserve_hundredths else 0
        top = pool.inventory_hundredths[interval] * PPM - kept
        for size, block in zip(sizes, pool.blocks, strict=True):
            below += size
            if used[interval] < min(below, top) * scale:
                place = block.price_ticks, min(sum(sizes), top) - used[interval] // scale
                break
        found.append(place if pool.is_on(held, interval) else (0, 0))
    return found


def _is_in_merit(book: Book, rooms: list[tuple[int, int]], number: int, key: Key) -> bool:
    """Tell whether a pool has room for a unit at a cost that the price may cover."""
    ticks, parts = rooms[key.interval]
    beta = dict(book.pools[number].tiers)[key.tier]
    fits = parts * beta >= book.unit * PPM * PPM
    return fits and ticks * PPM <= book.tariff.slot_ticks(key) * beta


def _may_gain(book: Book, number: int, known: dict[int, bool]) -> bool:
    """Tell whether a buyer, choosing alone at these prices, could gain by more than it holds."""
    if number not in known:
        bid, held = book.bids[number], book.held(number)
        best_usd = bid.profit_max(book.context, book.tariff.paid, held)
        spent_usd = Fraction(book.spent_microusd(number), MICROUSD_PER_USD)
        known[number] = best_usd - bid.worth(book.context, held) + spent_usd >= GAIN_USD_MIN
    return known[number]


def _ranked(book: Book, lines: Sequence[tuple[int, Key]]) -> Ranked:
    """Give (gain by one more unit, who, line) of those who do not lose by it, best first."""
    found = [(book.gain(number, key, book.unit), number, key) for number, key in lines]
    return sorted((one for one in found if one[0] >= 0), key=_best_first)


def _match(book: Book, buyers: Ranked, sellers: Ranked) -> None:
    """Give units to the best buyer and the best seller while they gain together."""
    had: dict[tuple[int, Key], int] = {}
    while buyers and sellers and buyers[0][0] + sellers[0][0] >= GAIN_USD_MIN:
        (_, buyer, bought), (_, seller, sold) = buyers[0], sellers[0]
        if not _may_return(book, seller, sold, had):
            sellers = sellers[1:]
            continue
        book.add(seller, sold, book.unit)  # First: it may be the chip that is chosen by name.
        if not _may_return(book, buyer, bought, had):
            book.add(seller, sold, -book.unit)
            buyers = buyers[1:]
            continue
        book.add(buyer, bought, book.unit)
        for number, key in ((seller, sold), (buyer, bought)):
            had[number, key] = had.get((number, key), 0) + book.unit
        buyers, sellers = _again(book, buyers, buyer), _again(book, sellers, seller)


def _again(book: Book, ranked: Ranked, number: int) -> Ranked:
    """Rank again after one of them has one unit more."""
    own = _ranked(book, [one[1:] for one in ranked if one[1] == number])
    return sorted([*own, *(one for one in ranked if one[1] != number)], key=_best_first)


def _best_first(one: tuple[Fraction, int, Key]) -> tuple[Fraction, int, Key]:
    return (-one[0], *one[1:])


def _may_return(book: Book, number: int, key: Key, had: dict[tuple[int, Key], int]) -> bool:
    """Tell whether a line may have one more unit back."""
    most = book.given_up.get((number, key), 0) + book.unit
    return had.get((number, key), 0) < most and book.may_take(number, key)
