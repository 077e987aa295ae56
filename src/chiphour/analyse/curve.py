"""CURVE: the forward curve of a series: what an hour costs at a later day, and who says so.

Takes   the last fix; the listed futures with their books and trades; ahead auctions; a model.
Gives   a point for each day and source that has one: price, interval, source; and for each that
        has none the reason. What a traded future pays above the model.
Keeps   demonstration members out: neither their orders nor trades with one of them make a price.
        Sources stand side by side, the one that counts first: future, ahead auction, model.
Source  Rulebook 8; decision 0025. The interval of a future is its real bid and ask, or the range of
        its real trades of the last day; that of others is what they state.
"""

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chiphour.units import PPM
from chiphour.units import div_floor
from chiphour.units import div_half_even

SOURCES = ("fix", "future", "ahead auction", "model")
NO_TRADES = "NO_TRADES"  # Neither a bid and an ask, nor a trade of the last day.
ONLY_DEMONSTRATION = "ONLY_DEMONSTRATION"  # There are some, all of demonstration members.


class Order(NamedTuple):
    """A resting order of a future. `price_microusd` a GPU-hour; `is_bid` tells the side."""

    account: int
    is_bid: bool
    price_microusd: int


class Trade(NamedTuple):
    """A trade of the last day: both accounts, the price in micro-dollars, the lots."""

    maker: int
    taker: int
    price_microusd: int
    lots: int


class Quoted(NamedTuple):
    """A listed future: its name, the day that it settles on, its orders, its last day's trades."""

    name: str
    expiry: date
    orders: Sequence[Order]
    trades: Sequence[Trade]


class Point(NamedTuple):
    """A price for a day, micro-dollars a GPU-hour, within an interval; None where there is none.

    `source` is one of SOURCES, `name` what there is behind it, `reason` why there is no price.
    """

    day: date
    source: str
    name: str
    price_microusd: int | None
    low_microusd: int | None
    high_microusd: int | None
    reason: str


Model = Callable[[date], Point | None]


def forward_curve(
    fix: Point | None,
    futures: Iterable[Quoted],
    ahead: Iterable[Point],
    demonstration: Collection[int],
    model: Model | None = None,
) -> list[Point]:
    """Give the curve by day, sources in their order. The model is asked for each future's day.

    `fix` and `ahead` carry the sources "fix" and "ahead auction". Raises ValueError where a point
    has a source that is none of SOURCES.
    """
    points = [] if fix is None else [fix]
    for future in futures:
        points.append(_future_point(future, demonstration))
        modelled = None if model is None else model(future.expiry)
        if modelled is not None:
            points.append(modelled)
    points += ahead
    for point in points:
        if point.source not in SOURCES:
            raise ValueError(f"expected a source of {', '.join(SOURCES)}, found {point.source!r}")
    return sorted(points, key=lambda point: (point.day, SOURCES.index(point.source), point.name))


def premium_ppm(point: Point, points: Iterable[Point]) -> int | None:
    """Give what a future's price pays above the model's of its day; None without either.

    In parts per million of the model's price, half to even.
    """
    modelled = [
        other.price_microusd
        for other in points
        if other.source == "model" and other.day == point.day and other.price_microusd
    ]
    if point.source != "future" or point.price_microusd is None or not modelled:
        return None
    return div_half_even((point.price_microusd - modelled[0]) * PPM, modelled[0])


def _future_point(future: Quoted, demonstration: Collection[int]) -> Point:
    """Give the price between the real bid and ask; else of the real trades; else the reason."""
    real = [order for order in future.orders if order.account not in demonstration]
    bids = [order.price_microusd for order in real if order.is_bid]
    asks = [order.price_microusd for order in real if not order.is_bid]
    trades = [
        trade
        for trade in future.trades
        if trade.maker not in demonstration and trade.taker not in demonstration
    ]
    place = (future.expiry, "future", future.name)
    if bids and asks:
        bid, ask = max(bids), min(asks)
        return Point(*place, div_floor(bid + ask, 2), min(bid, ask), max(bid, ask), "")
    if trades:
        lots = sum(trade.lots for trade in trades)
        worth = sum(trade.price_microusd * trade.lots for trade in trades)
        prices = [trade.price_microusd for trade in trades]
        return Point(*place, div_half_even(worth, lots), min(prices), max(prices), "")
    any_at_all = future.orders or future.trades
    reason = ONLY_DEMONSTRATION if any_at_all and not real else NO_TRADES
    return Point(*place, None, None, None, reason)
