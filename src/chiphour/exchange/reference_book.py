"""REFERENCE BOOK: one contract's orders, in price-time order, the plain way.

Takes   orders to rest, to shrink and to take out.
Gives   the best order of a side, all orders in the order of the digest, impact prices.
Keeps   within a price the older order first; no empty price.
Source  Rulebook 9, 4.3 and 13; kept apart from `reference.py` because it knows no money.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field

from chiphour.exchange.commands import Side
from chiphour.units import div_ceil
from chiphour.units import div_floor


@dataclass(eq=False)
class Order:
    """An order with lots left: in the book, or on its way through it."""

    order: int  # The sequence of the command that placed it.
    account: int
    contract: int
    side: int
    price_ticks: int
    lots: int
    reserve_microusd: int  # Per open lot, fixed at entry (rulebook 6.2).
    client_order_id: int
    label: int


@dataclass
class Book:
    """For each side: price in ticks -> orders, the oldest first."""

    levels: dict[int, dict[int, deque[Order]]] = field(
        default_factory=lambda: {Side.BUY: {}, Side.SELL: {}}
    )

    def prices(self, side: int) -> list[int]:
        """Give the prices of a side, best first: bids fall, asks rise."""
        return sorted(self.levels[side], reverse=side == Side.BUY)

    def orders(self, side: int) -> Iterator[Order]:
        """Walk a side from best to worst, each price in time order (rulebook 9.1, 13)."""
        for price in self.prices(side):
            yield from self.levels[side][price]

    def best(self, side: int) -> Order | None:
        """Give the order that trades first on a side, or None when the side is empty."""
        levels = self.levels[side]
        if not levels:
            return None
        return levels[max(levels) if side == Side.BUY else min(levels)][0]

    def first(self) -> Order | None:
        """Give the first order of the book: bids before asks (rulebook 2.3, step 1)."""
        return self.best(Side.BUY) or self.best(Side.SELL)

    def crossed_by(self, taker: Order) -> Order | None:
        """Give the resting order that a taker meets next, or None when it meets none."""
        if taker.side == Side.BUY:
            resting = self.best(Side.SELL)
            meets = resting is not None and resting.price_ticks <= taker.price_ticks
        else:
            resting = self.best(Side.BUY)
            meets = resting is not None and resting.price_ticks >= taker.price_ticks
        return resting if meets else None

    def add(self, order: Order) -> None:
        """Let an order rest behind those of its price."""
        assert order.lots > 0
        self.levels[order.side].setdefault(order.price_ticks, deque()).append(order)

    def remove(self, order: Order) -> None:
        """Take an order out; a price without orders vanishes."""
        queue = self.levels[order.side][order.price_ticks]
        queue.remove(order)
        if not queue:
            del self.levels[order.side][order.price_ticks]

    def depth(self, side: int, depth: int) -> list[tuple[int, int, int]]:
        """Give (price in ticks, lots, orders) of the best `depth` prices of a side."""
        levels = self.levels[side]
        return [
            (price, sum(order.lots for order in levels[price]), len(levels[price]))
            for price in self.prices(side)[:depth]
        ]

    def impact_microusd(self, side: int, lots: int, tick_microusd: int) -> int | None:
        """Average the price of the first `lots` of a side: bids down, asks up (rulebook 4.3).

        None when the side holds fewer.
        """
        left = lots
        worth_microusd = 0
        for order in self.orders(side):
            taken = min(left, order.lots)
            worth_microusd += taken * order.price_ticks * tick_microusd
            left -= taken
            if left == 0:
                divide = div_floor if side == Side.BUY else div_ceil
                return divide(worth_microusd, lots)
        return None
