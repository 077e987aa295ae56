"""BANDS: how far from the settlement price an order, and from the mark a fill, may lie.

Takes   a contract's row, and a price.
Gives   whether it is inside; the lowest and highest tick of a fill; the price of a market order.
Keeps   B the measure of every band, never a traded price; twice as wide while not LIVE.
Source  Rulebook 6.7, 9.7, 9.8, 10.2.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import Type
from chiphour.exchange import state as col
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import ppm_down
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel

NO_BAND_TICKS = 1 << 40  # Beyond every price.


@hot
def _width(contracts, contract, rate_ppm):
    """Give a band's half in micro-dollars: a rate of B, twice that when not LIVE (10.2)."""
    width = ppm_down(contracts[contract, term.BASE_MICROUSD], rate_ppm)
    if contracts[contract, term.QUALITY] != Quality.LIVE:
        width += width
    return width


@hot
def in_static_band(contracts, contract, price_ticks):
    """Tell whether an order may have this price (rulebook 9.7)."""
    price = price_ticks * contracts[contract, term.TICK_MICROUSD]
    away = abs(price - contracts[contract, term.SETTLEMENT_MICROUSD])
    return away <= _width(contracts, contract, contracts[contract, term.STATIC_BAND_PPM])


@hot
def dynamic_ticks(contracts, contract):
    """Give the lowest and the highest price in ticks at which a fill may happen (rulebook 9.8)."""
    rate_ppm = contracts[contract, term.DYNAMIC_BAND_PPM]
    if rate_ppm == 0 or contracts[contract, term.CALL_S] == 0:
        return -NO_BAND_TICKS, NO_BAND_TICKS
    width = _width(contracts, contract, rate_ppm)
    mark = contracts[contract, term.MARK_MICROUSD]
    tick = contracts[contract, term.TICK_MICROUSD]
    return divide_up(mark - width, tick), (mark + width) // tick


@kernel
def market_price_ticks(state, contract, side):
    """Give the limit price of a market order, in ticks (rulebook 6.7)."""
    contracts = state.contracts
    settlement = contracts[contract, term.SETTLEMENT_MICROUSD]
    tick = contracts[contract, term.TICK_MICROUSD]
    scale = max(settlement, 1)
    if contracts[contract, term.INDEX_B] > 0 or contracts[contract, term.TYPE] == Type.CALENDAR:
        scale = contracts[contract, term.BASE_MICROUSD]
    band = ppm_down(scale, contracts[contract, term.MARKET_BAND_PPM])
    if side == Side.BUY:
        price_ticks = (settlement + band) // tick
    else:
        price_ticks = divide_up(settlement - band, tick)
    width = _width(contracts, contract, contracts[contract, term.STATIC_BAND_PPM])
    lowest = divide_up(settlement - width, tick)
    price_ticks = max(lowest, min((settlement + width) // tick, price_ticks))
    least = contracts[contract, term.PRICE_TICKS_MIN]
    return max(least, min(least + state.market[0, col.WINDOW_TICKS] - 1, price_ticks))
