"""MARKETED: small random markets as programmes, with the optimum by enumeration.

Takes   a seed.
Gives   `market`: tiers, gangs with starts, a pool that is on or off, reserve; `without`, the same
        with one bid less; `with_rows`, a programme that has rows more; `enumerated`, the best over
        every choice of the integers.
Keeps   markets so small that every choice of their integers can be tried.
Source  benchmarks/auction_family.py, whose shape this is; docs/formulation/auction.md.
"""

import itertools

import numpy as np

from chiphour.auction.model import Program
from chiphour.auction.solve import fix
from chiphour.auction.solve import solve

HOURS = 2
POOLS = 2
BIDS = 6
MARKET = -1
TIERS = ((0.0, 1.0), (0.1, 1.0), (0.3, 1.2))  # Interrupted, overcommitted.


class Listed:
    """Columns and rows in lists."""

    def __init__(self):
        self.columns, self.rows, self.column_bid, self.row_bid = [], [], [], []

    def row(self, lower, upper, bid=MARKET):
        self.rows.append((lower, upper))
        self.row_bid.append(bid)
        return len(self.rows) - 1

    def column(self, value, upper, entries, bid=MARKET, integer=False):
        self.columns.append((value, upper, dict(entries), integer))
        self.column_bid.append(bid)

    def program(self):
        entries = [sorted(column[2].items()) for column in self.columns]
        return Program(
            np.array([column[0] for column in self.columns], dtype=np.float64),
            np.zeros(len(self.columns)),
            np.array([column[1] for column in self.columns], dtype=np.float64),
            np.array([row[0] for row in self.rows], dtype=np.float64),
            np.array([row[1] for row in self.rows], dtype=np.float64),
            np.cumsum([0, *map(len, entries)]).astype(np.int32),
            np.array([row for each in entries for row, _ in each], dtype=np.int32),
            np.array([entry for each in entries for _, entry in each], dtype=np.float64),
            np.array([column[3] for column in self.columns], dtype=np.bool_),
        )


def listed(seed, bids=BIDS, products=POOLS, gangs=2, twins=False):
    """Give a market in lists, its own rows first; the last bids are gangs.

    Pools of one product sell into the same balances. Twins: each two bids are the same.
    """
    random, found = np.random.default_rng(seed), Listed()
    balance = {
        key: found.row(0.0, 0.0)
        for key in itertools.product(range(products), range(len(TIERS)), range(HOURS))
    }
    pool = {key: found.row(0.0, 0.0) for key in itertools.product(range(POOLS), range(HOURS))}
    reserve = [found.row(0.0, np.inf) for _ in range(HOURS)]
    for number in range(POOLS):
        pool_columns(found, random, number, number % products, balance, pool, reserve)
    for hour in range(HOURS):
        for value in (3.0, 0.5):
            found.column(value, 2.0, [(reserve[hour], -1.0)])
    for bid in range(bids):
        if bid < bids - gangs:
            drawn = np.random.default_rng((seed, bid // 2)) if twins else random
            divisible_columns(found, drawn, bid, balance, products)
        else:
            one = found.row(-np.inf, 1.0, bid)
            size, value = float(random.integers(2, 8)), random.uniform(1, 4)
            for number, hour in pool:
                entries = [(one, 1.0), (pool[number, hour], -size)]
                found.column(size * value, 1.0, entries, bid, integer=True)
    return found


def pool_columns(found, random, number, product, balance, pool, reserve):
    room, price = float(random.integers(4, 12)), random.uniform(0.5, 1.5)
    for hour in range(HOURS):
        for tier, (_, beta) in enumerate(TIERS):
            entries = [(balance[product, tier, hour], -1.0), (pool[number, hour], -1.0 / beta)]
            found.column(0.0, room * beta, entries)
        whole = found.row(-np.inf, room if number else 0.0)
        for share, rise in ((0.5, 1.0), (0.5, 1.4)):
            found.column(-price * rise, share * room, [(pool[number, hour], 1.0), (whole, 1.0)])
        found.column(0.0, room, [(reserve[hour], 1.0), (whole, 1.0)])
        if not number:  # On or off, and what being on costs.
            found.column(-price * random.uniform(0, room), 1.0, [(whole, -room)], integer=True)


def divisible_columns(found, random, bid, balance, products):
    work = found.row(-np.inf, 0.0, bid)
    tiers = random.choice(len(TIERS), 2, replace=False)
    rates, loss, most = random.uniform(0.5, 2.0, POOLS), random.uniform(0, 1), random.uniform(1, 6)
    for part, value in ((3.0, random.uniform(1, 3)), (3.0, random.uniform(0.2, 1))):
        found.column(value, part, [(work, 1.0)], bid)
    for hour in range(HOURS):
        within = found.row(-np.inf, most, bid)
        for number, tier in itertools.product(range(products), sorted(tiers)):
            interrupted = TIERS[tier][0]
            entries = [(work, -(1 - interrupted) * rates[number]), (within, 1.0)]
            entries.append((balance[number, tier, hour], 1.0))
            found.column(-interrupted * loss, most, entries, bid)


def market(seed, bids=BIDS):
    """Give the programme of one seed."""
    return listed(seed, bids).program()


def market_rows(seed, bids=BIDS):
    """Give how many rows are the market's."""
    return listed(seed, bids).row_bid.count(MARKET)


def without(program, bid, seed=0):
    """Give the programme without a bid, and the columns and rows that are left of it."""
    found = listed(seed)
    columns = np.flatnonzero(np.array(found.column_bid) != bid)
    rows = np.flatnonzero(np.array(found.row_bid) != bid)
    number = np.cumsum(np.array(found.row_bid) != bid) - 1
    taken = np.concatenate([np.arange(*program.starts[one : one + 2]) for one in columns])
    lengths = np.diff(program.starts)[columns]
    return (
        Program(
            program.value[columns],
            program.lower[columns],
            program.upper[columns],
            program.row_lower[rows],
            program.row_upper[rows],
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
            number[program.rows[taken]].astype(np.int32),
            program.entries[taken],
            program.integer[columns],
        ),
        columns,
        rows,
    )


def with_rows(program, rows):
    """Give the programme with these rows behind its own."""
    count, size = rows.starts.size - 1, program.row_lower.size
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    columns = np.concatenate([columns, rows.columns])
    numbers = size + np.repeat(np.arange(count), np.diff(rows.starts))
    numbers = np.concatenate([program.rows, numbers])
    entries = np.concatenate([program.entries, rows.entries])
    ranked = np.lexsort((numbers, columns))
    starts = np.searchsorted(columns[ranked], np.arange(program.value.size + 1))
    return program._replace(
        row_lower=np.append(program.row_lower, np.full(count, -np.inf)),
        row_upper=np.append(program.row_upper, np.zeros(count)),
        starts=starts.astype(np.int32),
        rows=numbers[ranked].astype(np.int32),
        entries=entries[ranked],
    )


def enumerated(program):
    """Give the greatest value over every choice of the integers that has a solution."""
    places, best = np.flatnonzero(program.integer), -np.inf
    matrix = np.zeros((program.row_lower.size, program.value.size))
    columns = np.repeat(np.arange(program.value.size), np.diff(program.starts))
    matrix[program.rows, columns] = program.entries
    alone = ~(matrix[:, ~program.integer] != 0).any(axis=1)  # Rows of integers only.
    for choice in itertools.product((0.0, 1.0), repeat=places.size):
        primal = np.zeros(program.value.size)
        primal[places] = choice
        if (matrix[alone] @ primal > program.row_upper[alone] + 1e-9).any():
            continue
        found = solve(fix(program, primal))
        if found.status == "optimal":
            best = max(best, found.objective)
    return best
