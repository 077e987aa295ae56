"""REFERENCE BOOK: one contract's orders, in price-time order, the plain way.

Takes   orders to rest, to shrink and to take out.
Gives   the best order of a side, all orders in the order of the digest, impact prices.
Keeps   within a price the older priority first; no empty price.
Source  Rulebook 9, 4.3 and 13; kept apart from `reference.py` because it knows no money.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field

from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import STP_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.events import Cause
from chiphour.units import div_ceil
from chiphour.units import div_floor

# Types that wait for a price (rulebook 9.12), and what each becomes when it has fired.
WAITING_TYPES = {
    OrderType.STOP_LIMIT: OrderType.LIMIT,
    OrderType.STOP_MARKET: OrderType.MARKET,
    OrderType.TAKE_LIMIT: OrderType.LIMIT,
    OrderType.TAKE_MARKET: OrderType.MARKET,
    OrderType.TRAILING: OrderType.MARKET,
}
FIRED, ACTIVATING = 1, 2  # See Order.fired.
# Types that read PRICE_TICKS (rulebook 9.10).
PRICED_TYPES = (
    OrderType.LIMIT,
    OrderType.STOP_LIMIT,
    OrderType.TAKE_LIMIT,
    OrderType.ICEBERG,
    OrderType.BLOCK,
)


@dataclass(eq=False)
class Order:
    """An order: in the book, waiting, or acting now as the taker."""

    order: int  # The sequence of the command that placed it; 0 of a liquidation.
    account: int
    contract: int
    side: int
    order_type: int
    time_in_force: int
    price_ticks: int
    lots: int  # Those that show; of a taker and of a waiting order all that are left.
    flags: int = 0
    client_order_id: int = 0
    label: int = 0
    trigger_ticks: int = 0  # As the command gave it: a price, an offset or a counterparty.
    expire_ns: int = 0  # Its end, that of DAY too; 0 for none (rulebook 9.10).
    hidden_lots: int = 0  # Of an iceberg that rests.
    display_lots: int = 0  # How many lots of an iceberg show at a time; 0 for other types.
    traded_lots: int = 0
    reserve_microusd: int = 0  # Per open lot, fixed at entry (rulebook 6.3).
    priority: int = 0
    partner: int = 0  # The other order of a pair of which one cancels the other, or 0.
    parent: int = 0  # The order that it waits for, or 0.
    extreme_microusd: int = 0  # TRAILING: the highest or lowest source since entry.
    fired: int = 0  # 1: its TRIGGERED item waits in the queue of work; 2: its parent has gone.
    rests: bool = False
    waits: bool = False
    cause: Cause = Cause.ORDER
    # Of its present run as a taker.
    filled_lots: int = 0
    low_ticks: int = 0
    high_ticks: int = 0

    @property
    def open_lots(self) -> int:
        """Give all lots that are left, shown or hidden."""
        return self.lots + self.hidden_lots

    @property
    def self_trade_mode(self) -> int:
        """Give what happens when it meets an order of its group (rulebook 9.3)."""
        return self.flags >> STP_SHIFT & 3

    @property
    def source(self) -> int:
        """Give the price that fires it (rulebook 9.12)."""
        return self.flags >> SOURCE_SHIFT & 3

    @property
    def reduces_only(self) -> bool:
        """Tell whether it may only reduce a position (rulebook 9.17)."""
        return bool(self.flags & Flag.REDUCE_ONLY)

    @property
    def has_trigger(self) -> bool:
        """Tell whether it is of a type that waits for a price (rulebook 9.12)."""
        return self.order_type in WAITING_TYPES

    @property
    def has_price(self) -> bool:
        """Tell whether it is of a type that reads PRICE_TICKS (rulebook 9.10)."""
        return self.order_type in PRICED_TYPES

    @property
    def may_rest(self) -> bool:
        """Tell whether what is left of it joins the book (rulebook 9.4)."""
        return self.time_in_force not in (TimeInForce.IOC, TimeInForce.FOK)

    def reaches(self, price_ticks: int) -> bool:
        """Tell whether a price of the other side is within its limit."""
        if self.side == Side.BUY:
            return price_ticks <= self.price_ticks
        return price_ticks >= self.price_ticks

    def is_at_least_as_aggressive_as(self, other: "Order") -> bool:
        """Tell whether its price is equal to or better than another's of its side."""
        if self.side == Side.BUY:
            return self.price_ticks >= other.price_ticks
        return self.price_ticks <= other.price_ticks

    # Three ways to lose lots.

    def lose_shown(self, lots: int) -> None:
        """Lose lots that show: by a fill or a self-trade step (rulebook 9.3, 9.11)."""
        assert 0 < lots <= self.lots
        self.lots -= lots

    def lose_hidden_first(self, lots: int) -> None:
        """Lose lots, hidden ones first: by a cut or an amendment (rulebook 9.14, 9.17)."""
        assert 0 <= lots <= self.open_lots
        hidden = min(lots, self.hidden_lots)
        self.hidden_lots -= hidden
        self.lots -= lots - hidden

    def lose_merged(self, lots: int) -> None:
        """Lose lots in a call, where displays merge and show anew (rulebook 9.6)."""
        assert 0 < lots <= self.open_lots
        self.lots, self.hidden_lots = self.open_lots - lots, 0
        self.show_part()

    def show_part(self) -> None:
        """Let the display of an iceberg show and hide the rest (rulebook 9.11)."""
        if self.display_lots > 0:
            every = self.open_lots
            self.lots = min(self.display_lots, every)
            self.hidden_lots = every - self.lots


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
        resting = self.best(other_side(taker.side))
        return resting if resting is not None and taker.reaches(resting.price_ticks) else None

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
        """Give (price in ticks, displayed lots, orders) of the best `depth` prices of a side."""
        levels = self.levels[side]
        return [
            (price, sum(order.lots for order in levels[price]), len(levels[price]))
            for price in self.prices(side)[:depth]
        ]

    def impact_microusd(self, side: int, lots: int, tick_microusd: int) -> int | None:
        """Average the price of the first displayed `lots` of a side: bids down, asks up (4.3).

        None when the side shows fewer (rulebook 4.3).
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


def other_side(side: int) -> Side:
    """Give the side that an order of this side trades with."""
    return Side.SELL if side == Side.BUY else Side.BUY
