"""ORDER FLOW: messages to measure matching engines on, with the right answer beside them.

Takes   a number of messages and of contracts, and a seed.
Gives   1,000,000 messages as a rule: 55 % limit orders about a walking mid (they may cross when it
        walked), 35 % cancels of live orders, 10 % limit orders that cross; all good till
        cancelled, prices in ticks, sizes in lots; and fills, lots, notional and a hash.
Keeps   the answer true: a plain book in price-time priority runs while the messages are made, so
        cancels name orders that are alive under the right rules.
Source  Decision 0005. An engine counts only if its fills are these.
"""

from collections.abc import Callable
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sortedcontainers import SortedDict

SEED = 7
MID_START = 8192
MID_MIN = 4000
MID_MAX = 12000
CROSSING_TICKS = 30
CANCEL_SHARE = 0.35
CROSSING_SHARE = 0.10

ADD, CANCEL, CROSS = 0, 1, 2
BUY, SELL = 0, 1
# A message: kind, contract, side, lots, price in ticks, and the message that it cancels.
MESSAGE = np.dtype(
    [
        ("kind", "<i4"),
        ("sym", "<i4"),
        ("side", "<i4"),
        ("qty", "<i4"),
        ("price", "<i8"),
        ("ref", "<i8"),
    ]
)
Messages = NDArray[np.void]
OnFill = Callable[[int, int, int, int, bool], None]

_FNV_START = 1469598103934665603
_FNV_PRIME = 1099511628211
_WORD = (1 << 64) - 1


class Answer(NamedTuple):
    """What an engine must find: its fills are told by message numbers, in order."""

    fills: int
    lots: int
    notional_ticks: int
    fill_hash: int
    resting: int
    levels: int


def fill_hash(fills: Iterable[tuple[int, int, int, int]]) -> int:
    """Hash fills in order, each (maker message, taker message, price in ticks, lots)."""
    total = _FNV_START
    for fill in fills:
        for word in fill:
            total = ((total ^ word) * _FNV_PRIME) & _WORD
    return total


class PlainBook:
    """Price-time priority with a sorted dictionary for each side: the reference."""

    def __init__(self) -> None:
        self.bids: SortedDict = SortedDict()
        self.asks: SortedDict = SortedDict()
        self.where: dict[int, tuple[int, int]] = {}

    def add(self, number: int, side: int, price: int, lots: int, on_fill: OnFill) -> int:
        """Match an order, then let it rest; give the lots that rest."""
        others = self.asks if side == BUY else self.bids
        while lots and others:
            best = others.keys()[0] if side == BUY else others.keys()[-1]
            if (price < best) if side == BUY else (price > best):
                break
            level = others[best]
            while lots and level:
                maker = next(iter(level))
                held = level[maker]
                traded = min(held, lots)
                lots -= traded
                if traded == held:
                    del level[maker]
                    del self.where[maker]
                else:
                    level[maker] = held - traded
                on_fill(maker, number, best, traded, traded == held)
            if not level:
                del others[best]
        if lots:
            own = self.bids if side == BUY else self.asks
            if price not in own:
                own[price] = {}
            own[price][number] = lots
            self.where[number] = (side, price)
        return lots

    def cancel(self, number: int) -> None:
        """Take an order out; one that is no longer there is passed over."""
        found = self.where.pop(number, None)
        if found is None:
            return
        side, price = found
        own = self.bids if side == BUY else self.asks
        del own[price][number]
        if not own[price]:
            del own[price]


class Living:
    """The orders alive in each contract, so that a cancel can pick one at random."""

    def __init__(self, contracts: int) -> None:
        self.numbers: list[list[int]] = [[] for _ in range(contracts)]
        self._slot: dict[int, tuple[int, int]] = {}

    def add(self, contract: int, number: int) -> None:
        """Note that an order rests."""
        self.numbers[contract].append(number)
        self._slot[number] = (contract, len(self.numbers[contract]) - 1)

    def remove(self, number: int) -> None:
        """Note that an order rests no more: the last one takes its slot."""
        contract, slot = self._slot.pop(number)
        last = self.numbers[contract].pop()
        if last != number:
            self.numbers[contract][slot] = last
            self._slot[last] = (contract, slot)


class _Draws:
    """All random numbers of a flow, drawn at once: the order of the draws is part of the flow."""

    def __init__(self, messages: int, contracts: int, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.kind = random.random(messages)
        weights = 1.0 / np.arange(1, contracts + 1)  # Zipf.
        self.contract = random.choice(contracts, messages, p=weights / weights.sum())
        self.side = random.integers(0, 2, messages)
        self.distance = random.geometric(0.10, messages)
        self.lots = random.integers(1, 20, messages)
        self.lots_crossing = random.integers(5, 30, messages)
        self.step = random.choice([-1, 0, 1], messages, p=[0.01, 0.98, 0.01])
        self.pick = random.random(messages)


def generate(messages: int, contracts: int, seed: int = SEED) -> tuple[Messages, Answer]:
    """Make a flow: messages[MESSAGE] and its answer. A million take some seconds."""
    draws = _Draws(messages, contracts, seed)
    flow = np.zeros(messages, MESSAGE)
    books = [PlainBook() for _ in range(contracts)]
    mids = [MID_START] * contracts
    living = Living(contracts)
    fills: list[tuple[int, int, int, int]] = []

    def on_fill(maker: int, taker: int, price: int, lots: int, filled: bool) -> None:
        fills.append((maker, taker, price, lots))
        if filled:
            living.remove(maker)

    for number in range(messages):
        contract = int(draws.contract[number])
        mid = min(MID_MAX, max(MID_MIN, mids[contract] + int(draws.step[number])))
        mids[contract] = mid
        alive = living.numbers[contract]
        if draws.kind[number] < CANCEL_SHARE and alive:
            named = alive[int(draws.pick[number] * len(alive))]
            living.remove(named)
            books[contract].cancel(named)
            flow[number] = (CANCEL, contract, 0, 0, 0, named)
            continue
        side = int(draws.side[number])
        crosses = CANCEL_SHARE <= draws.kind[number] < CANCEL_SHARE + CROSSING_SHARE
        away = -CROSSING_TICKS if crosses else int(draws.distance[number])
        price = mid - away if side == BUY else mid + away
        lots = int((draws.lots_crossing if crosses else draws.lots)[number])
        flow[number] = (CROSS if crosses else ADD, contract, side, lots, price, number)
        if books[contract].add(number, side, price, lots, on_fill):
            living.add(contract, number)
    return flow, _answer(fills, books)


def _answer(fills: list[tuple[int, int, int, int]], books: list[PlainBook]) -> Answer:
    return Answer(
        fills=len(fills),
        lots=sum(lots for _, _, _, lots in fills),
        notional_ticks=sum(price * lots for _, _, price, lots in fills),
        fill_hash=fill_hash(fills),
        resting=sum(len(book.where) for book in books),
        levels=sum(len(book.bids) + len(book.asks) for book in books),
    )
