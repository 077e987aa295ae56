"""REFERENCE RULES: the formulas of the rulebook over one contract's row.

Takes   Python integers and a contract's row of `contracts/table.py`.
Gives   divisions, rates, tiers, reserves, bands, the steps of mark and funding, due times.
Keeps   no state of its own: a function changes at most the row that it is given.
Source  Rulebook 2.6, 4 to 6, 8 and 9.5 to 9.8; kept apart so that it reads as rules.
"""

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.limits import Limits
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND
from chiphour.units import PPM
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import div_ceil
from chiphour.units import div_floor

NEVER_NS = 1 << 62
STOP_NS = 600 * NS_PER_SECOND  # Before its expiry a contract stops trading.
FALLBACK_NS = 72 * NS_PER_HOUR  # After its expiry a contract stops waiting for a fix.
FIX_OLD_NS = 36 * NS_PER_HOUR  # After its strike a fix is no longer good (rulebook 10.1).
FUNDING_RATE_S = 28_800  # A funding rate is per 8 h.
BASIS_MEMORY_S = 150
SCENARIO_STATES = (State.OPEN, State.CALL, State.STOPPED)  # In which a position counts (6.4).

Row = list[int]  # A contract: the columns of `contracts/table.py`.


def div_zero(numerator: int, denominator: int) -> int:
    """Divide integers toward nought; the denominator is positive."""
    return div_floor(numerator, denominator) if numerator >= 0 else div_ceil(numerator, denominator)


def ppm_down(amount: int, rate_ppm: int) -> int:
    """Give `rate_ppm` millionths of an amount >= 0, rounded down."""
    assert amount >= 0
    return amount // PPM * rate_ppm + div_floor(amount % PPM * rate_ppm, PPM)


def ppm_up(amount: int, rate_ppm: int) -> int:
    """Give `rate_ppm` millionths of an amount >= 0, rounded up."""
    assert amount >= 0
    return amount // PPM * rate_ppm + div_ceil(amount % PPM * rate_ppm, PPM)


def clamp(value: int, bound: int) -> int:
    """Move a value inside [-bound, bound]."""
    return max(-bound, min(bound, value))


# A contract's life: rulebook 2.6 and 8.2.


def new_row() -> Row:
    """Give a contract as LIST makes it: every term at its default (rulebook 8.2)."""
    row = [0] * table.CONTRACT_COLUMNS
    for term in TERMS:
        row[term.column] = term.default
    row[table.STATE] = State.LISTED
    return row


def next_after(time_ns: int, period_ns: int) -> int:
    """Give the first time after `time_ns` that is 00:30:00 of 1 January 1970 plus whole periods."""
    return time_ns - (time_ns - STRIKE_OFFSET_NS) % period_ns + period_ns


def is_strike(time_ns: int) -> bool:
    """Tell whether a time is a 00:30:00 UTC."""
    return time_ns % NS_PER_DAY == STRIKE_OFFSET_NS


def open_row(row: Row, index_microusd: int, time_ns: int) -> None:
    """Open a listed contract at its I: the prices and the times that are due (rulebook 8.2)."""
    row[table.STATE] = State.OPEN
    row[table.SETTLEMENT_MICROUSD] = index_microusd
    row[table.MARK_MICROUSD] = index_microusd
    row[table.MARKED_NS] = time_ns
    row[table.NEXT_SETTLEMENT_NS] = next_after(time_ns, NS_PER_DAY)
    if row[table.FUNDING_PERIOD_S] > 0:
        period_ns = row[table.FUNDING_PERIOD_S] * NS_PER_SECOND
        row[table.NEXT_FUNDING_NS] = next_after(time_ns, period_ns)


def due_ns(row: Row, has_orders: bool) -> int:
    """Give the earliest time at which something is due for a contract (rulebook 2.6)."""
    if row[table.STATE] in (State.OPEN, State.CALL):
        due = row[table.NEXT_SETTLEMENT_NS]
        if row[table.FUNDING_PERIOD_S] > 0:
            due = min(due, row[table.NEXT_FUNDING_NS])
        if row[table.EXPIRY_NS] > 0:
            due = min(due, row[table.EXPIRY_NS] - STOP_NS)
        if row[table.STATE] == State.CALL:
            due = min(due, row[table.CALL_END_NS])
        return due
    if row[table.STATE] == State.STOPPED and has_orders:
        return row[table.EXPIRY_NS] - STOP_NS  # The instant in work: its cancels go on (2.3).
    if row[table.STATE] == State.STOPPED and not row[table.FALLBACK_PASSED]:
        return row[table.EXPIRY_NS] + FALLBACK_NS
    return NEVER_NS


# Mark, funding, settlement: rulebook 4, 5 and 8.


def mark_row(
    row: Row, impact: tuple[int | None, int | None], now_ns: int, price_microusd_max: int
) -> None:
    """Mark a contract whose I and B are new: sample, basis e, mark M, rates (rulebook 4.4, 5.1).

    `impact` is the impact bid and ask in micro-dollars, None where missing.
    """
    index_microusd = row[table.INDEX_MICROUSD]
    bound = ppm_down(row[table.BASE_MICROUSD], row[table.PREMIUM_CLAMP_PPM])
    bid, ask = impact
    sample = 0
    if bid is not None and ask is not None and row[table.STATE] == State.OPEN:
        sample = clamp(max(0, bid - index_microusd) - max(0, index_microusd - ask), bound)
        basis = clamp(div_zero(bid + ask, 2) - index_microusd, bound)
        seconds = min((now_ns - row[table.MARKED_NS]) // NS_PER_SECOND, BASIS_MEMORY_S)
        gap_nanousd = 1000 * basis - row[table.BASIS_NANOUSD]
        row[table.BASIS_NANOUSD] += div_zero(gap_nanousd * seconds, BASIS_MEMORY_S)
    if row[table.FUNDING_PERIOD_S] > 0:
        row[table.PREMIUM_SUM_MICROUSD] += sample
        row[table.PREMIUM_COUNT] += 1
    basis_microusd = clamp(div_zero(row[table.BASIS_NANOUSD], 1000), bound)
    row[table.MARK_MICROUSD] = clamp(index_microusd + basis_microusd, price_microusd_max)
    row[table.MARKED_NS] = now_ns
    take_rates(row)


def fund_row(row: Row) -> tuple[int, int]:
    """Do one funding: give (g in micro-dollars per lot, rate in ppm of B) (rulebook 5.2)."""
    samples = row[table.PREMIUM_COUNT]
    paid_microusd, rate_ppm = 0, 0
    if samples > 0 and 2 * samples >= row[table.FUNDING_SAMPLES_EXPECTED]:
        base = row[table.BASE_MICROUSD]
        average = div_zero(row[table.PREMIUM_SUM_MICROUSD], samples)
        rate = average - clamp(average, ppm_down(base, row[table.FUNDING_DEAD_BAND_PPM]))
        rate = clamp(rate, ppm_down(base, row[table.FUNDING_CAP_PPM]))
        owed = rate * row[table.FUNDING_PERIOD_S] + row[table.FUNDING_REST]
        paid_microusd = div_zero(owed, FUNDING_RATE_S)
        row[table.FUNDING_REST] = owed - FUNDING_RATE_S * paid_microusd
        rate_ppm = div_zero(rate * PPM, base)
    row[table.VALUE_PER_LOT_MICROUSD] -= paid_microusd
    row[table.PREMIUM_SUM_MICROUSD] = 0
    row[table.PREMIUM_COUNT] = 0
    row[table.NEXT_FUNDING_NS] += row[table.FUNDING_PERIOD_S] * NS_PER_SECOND
    return paid_microusd, rate_ppm


def settle_row(row: Row, price_microusd: int) -> int:
    """Carry all positions at a new price; give what a long lot receives (rulebook 8.1, 8.3)."""
    per_lot_microusd = price_microusd - row[table.SETTLEMENT_MICROUSD]
    row[table.VALUE_PER_LOT_MICROUSD] += per_lot_microusd
    row[table.SETTLEMENT_MICROUSD] = price_microusd
    row[table.MARK_MICROUSD] = price_microusd
    return per_lot_microusd


# Margin: rulebook 6.


def take_rates(row: Row) -> None:
    """Take the tiers' rates now: they rise with the open interest (rulebook 6.2)."""
    lower, upper = row[table.OPEN_INTEREST_LOWER_LOTS], row[table.OPEN_INTEREST_UPPER_LOTS]
    above = row[table.OPEN_INTEREST_LOTS] - lower
    for number in range(4):
        rate_ppm = row[table.TIER_1_PPM + number]
        if rate_ppm < PPM and above > 0 and upper > 0:
            share_ppm = min(PPM, above * PPM // (upper - lower)) if upper > lower else PPM
            rate_ppm += ppm_down(PPM - rate_ppm, share_ppm)
        row[table.RATE_1_PPM + number] = rate_ppm


def worst_lots(lots: int, buy_lots: int, sell_lots: int) -> int:
    """Give W, the largest net that the open orders may lead to (rulebook 6.1)."""
    return max(abs(lots + buy_lots), abs(lots - sell_lots))


def tier_margin_microusd(row: Row, lots: int) -> int:
    """Give im(W): each tier's lots at its rate now, each rounded up (rulebook 6.1)."""
    ends = (row[table.TIER_1_LOTS], row[table.TIER_2_LOTS], row[table.TIER_3_LOTS], lots)
    total, below = 0, 0
    for number, end in enumerate(ends):
        in_tier = max(0, min(lots, end) - below)
        total += ppm_up(row[table.BASE_MICROUSD] * in_tier, row[table.RATE_1_PPM + number])
        below = end
    return total


def reserve_microusd(row: Row, side: int, price_ticks: int) -> int:
    """Give what an open lot reserves, fixed at its entry, in micro-dollars (rulebook 1.1, 6.3)."""
    price_microusd = price_ticks * row[table.TICK_MICROUSD]
    beyond = price_microusd - row[table.MARK_MICROUSD]
    worth = max(abs(price_microusd), row[table.BASE_MICROUSD])
    fee = ppm_up(worth, row[table.TAKER_FEE_PPM])
    return max(0, beyond if side == Side.BUY else -beyond) + fee


# Prices that an order may have: rulebook 6.7 and 9.5 to 9.8.


def price_ticks_max(row: Row, limits: Limits) -> int:
    """Give the highest price of the contract's window (rulebook 9.5)."""
    return row[table.PRICE_TICKS_MIN] + limits.window_ticks - 1


def in_window(row: Row, price_ticks: int, limits: Limits) -> bool:
    """Tell whether a price lies within the window and the bounds (rulebook 1.2, 9.5)."""
    inside = row[table.PRICE_TICKS_MIN] <= price_ticks <= price_ticks_max(row, limits)
    return inside and abs(price_ticks * row[table.TICK_MICROUSD]) <= limits.price_microusd_max


def into_window(row: Row, price_ticks: int, limits: Limits) -> int:
    """Move a price inside the window."""
    return max(row[table.PRICE_TICKS_MIN], min(price_ticks_max(row, limits), price_ticks))


def band_microusd(row: Row, rate_ppm: int) -> int:
    """Give the width of a band: of B, twice that when the index is not good (9.7, 9.8, 10.2)."""
    width = ppm_down(row[table.BASE_MICROUSD], rate_ppm)
    return width if row[table.QUALITY] == Quality.LIVE else 2 * width


def in_static_band(row: Row, price_ticks: int) -> bool:
    """Tell whether an order may have this price (rulebook 9.7)."""
    beyond = abs(price_ticks * row[table.TICK_MICROUSD] - row[table.SETTLEMENT_MICROUSD])
    return beyond <= band_microusd(row, row[table.STATIC_BAND_PPM])


def dynamic_ticks(row: Row) -> tuple[int, int] | None:
    """Give the lowest and highest price of a fill, None when there is no such band (9.8)."""
    if row[table.DYNAMIC_BAND_PPM] == 0 or row[table.CALL_S] == 0:
        return None
    return _ticks_around(row, row[table.MARK_MICROUSD], row[table.DYNAMIC_BAND_PPM])


def _ticks_around(row: Row, middle_microusd: int, rate_ppm: int) -> tuple[int, int]:
    """Give the lowest and the highest tick within a band of a price."""
    band, tick = band_microusd(row, rate_ppm), row[table.TICK_MICROUSD]
    return div_ceil(middle_microusd - band, tick), div_floor(middle_microusd + band, tick)


def market_price_ticks(row: Row, side: int, limits: Limits) -> int:
    """Give the limit at which a market order enters (rulebook 6.7)."""
    settlement = row[table.SETTLEMENT_MICROUSD]
    spread = row[table.INDEX_B] > 0 or row[table.TYPE] == Type.CALENDAR
    worth = row[table.BASE_MICROUSD] if spread else max(settlement, 1)
    band = ppm_down(worth, row[table.MARKET_BAND_PPM])
    if side == Side.BUY:
        price_ticks = div_floor(settlement + band, row[table.TICK_MICROUSD])
    else:
        price_ticks = div_ceil(settlement - band, row[table.TICK_MICROUSD])
    lowest, highest = _ticks_around(row, settlement, row[table.STATIC_BAND_PPM])
    return into_window(row, max(lowest, min(highest, price_ticks)), limits)
