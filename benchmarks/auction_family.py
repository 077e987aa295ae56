"""AUCTION_FAMILY: the whole market of the family as one programme of arrays, by size and seed.

Takes   the numbers of bids, pools and hours, the shares of gangs and of pools that start and stop,
        and a seed.
Gives   `Family`: a `Program` with tiers, gangs, reserve and on/off pools, and whose a column is.
Keeps   the rows of the market first (balance, pool, reserve, capacity), then each bid's own.
Source  docs/formulation/auction.md; the sizes of the goals in goals.toml.

It is built here and not by the auction itself, so that solving can be measured alone, and so that
two builders can be held against each other.
"""

from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from chiphour.auction.model import Program

CHIPS = 6
REGIONS = 4
INTERRUPTED = np.array([0.0, 0.02, 0.20])  # Reserved, on demand, spot: the share interrupted.
OVERCOMMIT = np.array([1.0, 1.0, 1.15])
BLOCK_SHARES = np.array([0.5, 0.3, 0.2])  # Of a pool's chips; its price rises by block.
BLOCK_RISES = np.array([1.0, 1.15, 1.5])
WORK_SHARES = np.array([0.5, 0.3, 0.2])  # Of a bid's work; its value falls by block.
VALUE_SHARES = np.array([1.0, 0.8, 0.6])
RESERVE_SHARES = np.array([0.02, 0.02, 0.02, 0.02, 0.02, 0.02])  # Of a region's chips.
RESERVE_USD = np.array([8.0, 4.0, 2.0, 1.0, 0.5, 0.25])
LEAST_OUTPUT = 0.25
WINDOWS = (1, 2, 4, 8, 12, 24)
WINDOW_SHARES = (0.15, 0.15, 0.2, 0.2, 0.15, 0.15)
GANG_CHIPS = (8, 16, 32, 64, 72)
GANG_SHARES = (0.35, 0.25, 0.2, 0.15, 0.05)
PLACES_MAX = 5  # Pools that a gang can use.
INFINITE = np.inf
NO_OWNER = -1

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class Pools(NamedTuple):
    """Arrays by pool, and the chips `room` there is: float64[pools, hours]."""

    chip: Integers
    region: Integers
    size: Floats
    room: Floats
    price: Floats
    committed: NDArray[np.bool_]
    startup: Floats


class Family(NamedTuple):
    """A programme; `owner` int64[columns], the bid whose column it is, or NO_OWNER; rows below
    `markets` are the market's, shared by many.
    """

    program: Program
    owner: Integers
    markets: int


class Parts:
    """A programme under construction, as lists of arrays."""

    def __init__(self) -> None:
        """Begin without rows and columns."""
        self.columns = self.rows = 0
        self._columns: list[tuple[Any, ...]] = []
        self._rows: list[tuple[Floats, Floats]] = []
        self._entries: list[tuple[Integers, Integers, Floats]] = []

    def row(self, count: int, lower: float, upper: Any) -> Integers:
        """Add rows and give their numbers."""
        self._rows.append((np.full(count, lower), np.broadcast_to(upper, count).astype(np.float64)))
        self.rows += count
        return np.arange(self.rows - count, self.rows)

    def column(
        self, value: Floats, upper: Any, integer: bool = False, owner: int = NO_OWNER
    ) -> Integers:
        """Add columns from zero up, as many as values, and give their numbers."""
        count = value.size
        tops = np.broadcast_to(upper, count).astype(np.float64)
        self._columns.append((value, tops, np.full(count, integer), np.full(count, owner)))
        self.columns += count
        return np.arange(self.columns - count, self.columns)

    def put(self, rows: Any, columns: Any, entries: Any) -> None:
        """Put entries, all three broadcast against one another."""
        where, which, what = np.broadcast_arrays(rows, columns, entries)
        self._entries.append((where.ravel(), which.ravel(), what.ravel().astype(np.float64)))

    def program(self) -> tuple[Program, Integers]:
        """Give the arrays by columns, rows ascending in each."""
        value, upper, integer, owner = (
            np.concatenate(part) for part in zip(*self._columns, strict=True)
        )
        lower_rows, upper_rows = (np.concatenate(part) for part in zip(*self._rows, strict=True))
        rows, columns, entries = (np.concatenate(part) for part in zip(*self._entries, strict=True))
        ranked = np.lexsort((rows, columns))
        starts = np.searchsorted(columns[ranked], np.arange(self.columns + 1)).astype(np.int32)
        program = Program(
            value,
            np.zeros(self.columns),
            upper,
            lower_rows,
            upper_rows,
            starts,
            rows[ranked].astype(np.int32),
            entries[ranked],
            integer,
        )
        return program, owner


def family(
    bids: int,
    pools: int,
    hours: int,
    gangs: float = 0.2,
    commits: float = 0.1,
    seed: int = 0,
) -> Family:
    """Give the market of one seed."""
    random = np.random.default_rng(seed)
    speed = np.sort(random.uniform(0.4, 3.0, CHIPS))
    supply = _pools(random, pools, hours, commits, speed)
    parts = Parts()
    balance = _balance_rows(parts, supply, hours)
    pool_rows = parts.row(pools * hours, 0.0, 0.0).reshape(pools, hours)
    reserve_rows = parts.row(REGIONS * hours, 0.0, INFINITE).reshape(REGIONS, hours)
    _supply(parts, supply, balance, pool_rows, reserve_rows)
    _reserve(parts, supply, reserve_rows)
    markets = parts.rows
    _bids(parts, random, bids, gangs, supply, balance, pool_rows, speed)
    program, owner = parts.program()
    return Family(program, owner, markets)


def changed(market: Family, share: float, seed: int = 0) -> Program:
    """Give the programme after a share of the bids changed their values, by up to 10 %."""
    random = np.random.default_rng(seed)
    bids = int(market.owner.max()) + 1
    chosen = random.choice(bids, max(1, round(bids * share)), replace=False)
    factor = np.ones(bids + 1)
    factor[chosen] = random.uniform(0.9, 1.1, chosen.size)
    value = market.program.value
    positive = (value > 0) & (market.owner != NO_OWNER)
    return market.program._replace(value=np.where(positive, value * factor[market.owner], value))


def _pools(random: Generator, pools: int, hours: int, commits: float, speed: Floats) -> Pools:
    cost = 0.8 * speed * random.uniform(0.85, 1.15, CHIPS)
    chip, region = random.integers(0, CHIPS, pools), random.integers(0, REGIONS, pools)
    size = np.exp(random.normal(5.5, 1.0, pools)).round() // 8 * 8 + 8
    available = np.clip(random.normal(0.85, 0.08, (pools, hours)), 0.5, 1.0)
    price = cost[chip] * random.uniform(0.8, 1.25, pools)
    committed = random.random(pools) < commits
    startup = np.where(committed, price * size * random.uniform(1, 4, pools), 0.0)
    room = np.floor(size[:, None] * available / 8) * 8
    return Pools(chip, region, size, room, price, committed, startup)


def _balance_rows(parts: Parts, supply: Pools, hours: int) -> Integers:
    """Add a row for each product that has a pool, tier and hour; -1 where there is none."""
    product = supply.chip * REGIONS + supply.region
    balance = np.full((CHIPS * REGIONS, INTERRUPTED.size, hours), -1)
    for one in np.unique(product):
        balance[one] = parts.row(INTERRUPTED.size * hours, 0.0, 0.0).reshape(-1, hours)
    return balance.reshape(CHIPS, REGIONS, INTERRUPTED.size, hours)


def _supply(
    parts: Parts, supply: Pools, balance: Integers, pool_rows: Integers, reserve_rows: Integers
) -> None:
    hours = supply.room.shape[1]
    for number, room in enumerate(supply.room):
        chip, region = supply.chip[number], supply.region[number]
        for tier, beta in enumerate(OVERCOMMIT):
            sold = parts.column(np.zeros(hours), room * beta)
            parts.put(balance[chip, region, tier], sold, -1.0)
            parts.put(pool_rows[number], sold, -1.0 / beta)
        kept = parts.column(np.zeros(hours), room)
        parts.put(reserve_rows[region], kept, 1.0)
        price, blocks = supply.price[number] * BLOCK_RISES, []
        for share, cost in zip(BLOCK_SHARES, price, strict=True):
            blocks.append(parts.column(np.full(hours, -cost), share * room))
            parts.put(pool_rows[number], blocks[-1], 1.0)
        whole = parts.row(hours, -INFINITE, 0.0 if supply.committed[number] else room)
        for column in (*blocks, kept):
            parts.put(whole, column, 1.0)
        if supply.committed[number]:
            _commitment(parts, supply.startup[number], room, blocks, whole)


def _commitment(
    parts: Parts, startup: float, room: Floats, blocks: list[Integers], whole: Integers
) -> None:
    """Let a pool be on or off: a start costs, and what is on gives its least output."""
    hours = room.size
    on = parts.column(np.zeros(hours), 1.0, integer=True)
    started = parts.column(np.full(hours, -startup), 1.0, integer=True)
    parts.put(whole, on, -room)
    for share, block in zip(BLOCK_SHARES, blocks, strict=True):
        within = parts.row(hours, -INFINITE, 0.0)
        parts.put(within, block, 1.0)
        parts.put(within, on, -share * room)
    least = parts.row(hours, 0.0, INFINITE)
    for block in blocks:
        parts.put(least, block, 1.0)
    parts.put(least, on, -LEAST_OUTPUT * room)
    turned = parts.row(hours, 0.0, INFINITE)  # Started at least as often as on after off.
    parts.put(turned, started, 1.0)
    parts.put(turned, on, -1.0)
    parts.put(turned[1:], on[:-1], 1.0)


def _reserve(parts: Parts, supply: Pools, reserve_rows: Integers) -> None:
    for region, rows in enumerate(reserve_rows):
        room = supply.room[supply.region == region].sum(axis=0)
        for share, value in zip(RESERVE_SHARES, RESERVE_USD, strict=True):
            served = parts.column(np.full(rows.size, value), share * room)
            parts.put(rows, served, -1.0)


def _bids(
    parts: Parts,
    random: Generator,
    bids: int,
    gangs: float,
    supply: Pools,
    balance: Integers,
    pool_rows: Integers,
    speed: Floats,
) -> None:
    hours = supply.room.shape[1]
    is_gang = random.random(bids) < gangs
    wanted = np.exp(random.normal(0, 1.2, bids))
    wanted *= 1.2 * supply.room.sum() / wanted.sum()
    shape = 1 + 0.35 * np.sin(2 * np.pi * (np.arange(hours) % 24 - 9) / 24)
    for number in range(bids):
        window = int(min(hours, random.choice(WINDOWS, p=WINDOW_SHARES)))
        weights = shape[: hours - window + 1]
        first = int(random.choice(weights.size, p=weights / weights.sum()))
        tiers = [2] if random.random() < 0.25 else ([1, 2] if random.random() < 0.5 else [0, 1])
        rates = speed * random.uniform(0.6, 1.1, CHIPS)
        chips = np.sort(random.choice(CHIPS, int(random.integers(2, 5)), replace=False))
        regions = np.sort(random.choice(REGIONS, int(random.integers(1, REGIONS)), replace=False))
        value = random.lognormal(0.15, 0.35)
        loss = float(random.choice([0.05, 0.5, 2.0]))
        within = np.arange(first, first + window)
        if is_gang[number]:
            size = int(random.choice(GANG_CHIPS, p=GANG_SHARES))
            length = int(min(window, random.choice([1, 2, 4, 8])))
            fits = np.isin(supply.chip, chips) & np.isin(supply.region, regions)
            found = random.permutation(np.flatnonzero(fits & (supply.size >= size)))[:PLACES_MAX]
            worth = 1.1 * value * size * length * rates[supply.chip[found]]
            _gang(parts, number, within, size, length, worth, pool_rows[found])
        else:
            rows = balance[np.ix_(chips, regions, tiers, within)]
            _divisible(parts, number, rows, rates[chips], tiers, value, loss, wanted[number])


def _gang(
    parts: Parts,
    number: int,
    within: Integers,
    size: int,
    length: int,
    worth: Floats,
    pool_rows: Integers,
) -> None:
    """Add an option for each pool and start: all of its chips in all of its hours, or none."""
    if not worth.size:
        return
    one = parts.row(1, -INFINITE, 1.0)
    starts = within[: within.size - length + 1]
    for value, rows in zip(worth, pool_rows, strict=True):
        chosen = parts.column(np.full(starts.size, value), 1.0, integer=True, owner=number)
        parts.put(one, chosen, 1.0)
        parts.put(rows[starts[:, None] + np.arange(length)], chosen[:, None], -float(size))


def _divisible(
    parts: Parts,
    number: int,
    rows: Integers,
    rates: Floats,
    tiers: list[int],
    value: float,
    loss: float,
    wanted: float,
) -> None:
    """Add chips by product, tier and hour, the work they do, and what the work is worth."""
    most = max(8.0, 2.0 * wanted / rows.shape[3])
    work = parts.row(1, -INFINITE, 0.0)
    whole = parts.row(rows.shape[3], -INFINITE, most)
    units = wanted * rates.mean() * WORK_SHARES
    parts.put(work, parts.column(value * VALUE_SHARES, units, owner=number), 1.0)
    chip, _, tier, hour = (place.ravel() for place in np.indices(rows.shape))
    there = rows.ravel() >= 0
    chip, tier, hour = chip[there], np.asarray(tiers)[tier[there]], hour[there]
    bought = parts.column(-INTERRUPTED[tier] * loss, most, owner=number)
    parts.put(work, bought, -(1 - INTERRUPTED[tier]) * rates[chip])
    parts.put(whole[hour], bought, 1.0)
    parts.put(rows.ravel()[there], bought, 1.0)
