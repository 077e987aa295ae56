"""CURVE: the forward curve of a series from a market that trades, without its demonstration.

Takes   a market, a series and its last fix.
Gives   the points of `analyse.curve`.
Keeps   the market's writer undisturbed: one question, rows copied.
Source  Decision 0025.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chiphour.analyse.curve import Model
from chiphour.analyse.curve import Order
from chiphour.analyse.curve import Point
from chiphour.analyse.curve import Quoted
from chiphour.analyse.curve import Trade
from chiphour.analyse.curve import forward_curve
from chiphour.contracts import table
from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Cause
from chiphour.index.fixing import Fixing
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import NS_PER_DAY
from chiphour.units import day_from_ns

if TYPE_CHECKING:
    from chiphour.adapters.market import Market

TRADING = (table.State.OPEN, table.State.CALL)
PRICED = (Cause.ORDER, Cause.CALL, Cause.BLOCK)


def curve_of(
    market: "Market",
    fix: Fixing | None,
    index: int,
    model: Model | None,
    ahead: Sequence[Point] = (),
) -> list[Point]:
    """Give the curve of the series with this number, from its last fix on.

    `ahead` are the points that auctions have made.
    """
    names = {number: name for name, number in market.contracts().items()}
    rows = [
        (number, row)
        for number, row in market.listed()
        if row[table.INDEX] == index and row[table.STATE] in TRADING and is_plain_future(row)
    ]
    resting = market.ask(lambda engine: engine.sections().orders)
    fills = market.fills_since(market.time_ns - NS_PER_DAY)
    quoted = []
    for number, row in rows:
        tick = row[table.TICK_MICROUSD]
        orders = [
            Order(account, side == Side.BUY, price * tick)
            for _, account, contract, side, price, *_ in resting.tolist()
            if contract == number
        ]
        trades = [
            Trade(
                fill[e.MAKER_ACCOUNT],
                fill[e.TAKER_ACCOUNT],
                fill[e.PRICE_TICKS] * tick,
                fill[e.LOTS],
            )
            for fill in fills[fills[:, e.CONTRACT] == number].tolist()
            if fill[e.CAUSE] in PRICED
        ]
        expiry = day_from_ns(row[table.EXPIRY_NS])
        quoted.append(Quoted(names[number], expiry, orders, trades))
    return forward_curve(fix_point(fix), quoted, ahead, market.names(), model)


def is_plain_future(row: list[int]) -> bool:
    """Tell whether a contract prices the index of one later day."""
    return (
        row[table.TYPE] == table.Type.FUTURE
        and row[table.INDEX_B] == 0
        and row[table.AVERAGE_DAYS] == 0
    )


def fix_point(fix: Fixing | None) -> Point | None:
    """Give the point that a fixing is, or None where it was suppressed."""
    if fix is None or fix.fix_ticks is None:
        return None
    price, low, high = (
        ticks * MICROUSD_PER_TICK
        for ticks in (
            fix.fix_ticks,
            fix.fix_ticks if fix.interval_low_ticks is None else fix.interval_low_ticks,
            fix.fix_ticks if fix.interval_high_ticks is None else fix.interval_high_ticks,
        )
    )
    return Point(day_from_ns(fix.strike_ns), "fix", fix.series, price, low, high, "")
