"""REFERENCE RULES: the formulas of the rulebook over one contract's row, and the form of commands.

Takes   Python integers and a contract's row of `contracts/table.py`.
Gives   margin, band prices, the steps of mark and funding, due times; whether a row is malformed.
Keeps   no state of its own: a function changes at most the row that it is given.
Source  Rulebook 1, 2.6, 4, 5, 6 and 8.2; kept apart from `reference.py` so that it reads as rules.
"""

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import commands
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import COMMAND_PLACES
from chiphour.exchange.compose import named_command
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference_book import Order
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
FUNDING_RATE_S = 28_800  # A funding rate is per 8 h.
BASIS_MEMORY_S = 150

_ORDER_COLUMNS = ("account", "contract", "side", "lots", "client_order_id", "label")

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


def malformed(row: Row) -> bool:
    """Tell whether a command is out of form, whatever the state (rulebook 1.4, 3.6)."""
    if row[commands.KIND] not in COMMAND_PLACES:
        return True
    kind = Kind(row[commands.KIND])
    read = {commands.KIND, *COMMAND_PLACES[kind].values()}
    if any(value != 0 for place, value in enumerate(row) if place not in read):
        return True
    ask = named_command(row)
    if kind == Kind.OPEN_ACCOUNT:
        return ask["group"] < 0
    if kind == Kind.TRANSFER:
        return ask["run"] < 0 or ask["item"] < 0 or ask["account"] == ask["target"]
    if kind == Kind.SET:
        return not 0 <= ask["parameter"] < len(TERMS)
    if kind == Kind.FIXING:
        unknown = ask["vintage"] not in set(Vintage) or ask["fit"] not in (0, 1)
        return unknown or ask["strike_ns"] <= 0
    if kind == Kind.MARK:
        return ask["fit"] not in set(Quality)
    if kind == Kind.ORDER:
        return _order_malformed(ask)
    return False


def _order_malformed(ask: dict[str, int]) -> bool:
    if ask["side"] not in set(Side) or ask["order_type"] not in set(OrderType):
        return True
    if ask["time_in_force"] not in set(TimeInForce) or ask["flags"] != 0:
        return True
    if ask["client_order_id"] < 0 or ask["label"] < 0:
        return True
    immediate = ask["time_in_force"] == TimeInForce.IOC
    return ask["order_type"] == OrderType.MARKET and (ask["price_ticks"] != 0 or not immediate)


def new_row() -> Row:
    """Give a contract as LIST makes it: every term at its default (rulebook 8.2)."""
    row = [0] * table.CONTRACT_COLUMNS
    for term in TERMS:
        row[term.column] = term.default
    row[table.STATE] = State.LISTED
    return row


def terms_make_sense(row: Row, time_ns: int, limits: Limits) -> bool:
    """Tell whether a contract may open on its terms now (rulebook 8.2)."""
    expiry_ns = row[table.EXPIRY_NS]
    if row[table.TYPE] == Type.FUTURE:
        strike = expiry_ns % NS_PER_DAY == STRIKE_OFFSET_NS
        ending = expiry_ns > time_ns + STOP_NS and strike and row[table.FUNDING_PERIOD_S] == 0
    else:
        ending = expiry_ns == 0
    lowest = row[table.PRICE_TICKS_MIN] * row[table.TICK_MICROUSD]
    highest = price_ticks_max(row, limits) * row[table.TICK_MICROUSD]
    return (
        ending
        and 1 <= row[table.INDEX] < limits.indexes
        and row[table.TIER_1_LOTS] < row[table.TIER_2_LOTS] < row[table.TIER_3_LOTS]
        and -limits.price_microusd_max <= lowest
        and highest <= limits.price_microusd_max
    )


def price_ticks_max(row: Row, limits: Limits) -> int:
    """Give the highest price of the contract's window (rulebook 9.5)."""
    return row[table.PRICE_TICKS_MIN] + limits.window_ticks - 1


def next_after(time_ns: int, period_ns: int) -> int:
    """Give the first time after `time_ns` that is 00:30:00 of 1 January 1970 plus whole periods."""
    return time_ns - (time_ns - STRIKE_OFFSET_NS) % period_ns + period_ns


def open_row(row: Row, fix_microusd: int, time_ns: int) -> None:
    """Open a listed contract at the last fit fix of its index (rulebook 8.2)."""
    row[table.STATE] = State.OPEN
    row[table.SETTLEMENT_MICROUSD] = fix_microusd
    row[table.MARK_MICROUSD] = fix_microusd
    row[table.INDEX_MICROUSD] = fix_microusd
    row[table.MARKED_NS] = time_ns
    row[table.NEXT_SETTLEMENT_NS] = next_after(time_ns, NS_PER_DAY)
    if row[table.FUNDING_PERIOD_S] > 0:
        period_ns = row[table.FUNDING_PERIOD_S] * NS_PER_SECOND
        row[table.NEXT_FUNDING_NS] = next_after(time_ns, period_ns)


def due_ns(row: Row, has_orders: bool, fallback_passed: bool) -> int:
    """Give the earliest time at which something is due for a contract (rulebook 2.6)."""
    if row[table.STATE] == State.OPEN:
        due = row[table.NEXT_SETTLEMENT_NS]
        if row[table.FUNDING_PERIOD_S] > 0:
            due = min(due, row[table.NEXT_FUNDING_NS])
        if row[table.EXPIRY_NS] > 0:
            due = min(due, row[table.EXPIRY_NS] - STOP_NS)
        return due
    if row[table.STATE] == State.STOPPED and has_orders:
        return row[table.EXPIRY_NS] - STOP_NS  # The instant in work: its cancels go on.
    if row[table.STATE] == State.STOPPED and not fallback_passed:
        return row[table.EXPIRY_NS] + FALLBACK_NS
    return NEVER_NS


def base_microusd(row: Row) -> int:
    """Give B, which scales margin, bands and caps (rulebook 4.2)."""
    return max(row[table.INDEX_MICROUSD], 1)


def mark_row(
    row: Row,
    index_microusd: int,
    impact: tuple[int | None, int | None],
    now: int,
    price_microusd_max: int,
) -> None:
    """Take a live index value: funding sample, basis e, mark M (rulebook 4.4, 5.1).

    `impact` is the impact bid and ask in micro-dollars, None where missing; `now` in nanoseconds.
    """
    row[table.INDEX_MICROUSD] = index_microusd
    bound = ppm_down(base_microusd(row), row[table.PREMIUM_CLAMP_PPM])
    bid, ask = impact
    sample = 0
    if bid is not None and ask is not None:
        sample = clamp(max(0, bid - index_microusd) - max(0, index_microusd - ask), bound)
        basis = clamp(div_zero(bid + ask, 2) - index_microusd, bound)
        seconds = min((now - row[table.MARKED_NS]) // NS_PER_SECOND, BASIS_MEMORY_S)
        gap_nanousd = 1000 * basis - row[table.BASIS_NANOUSD]
        row[table.BASIS_NANOUSD] += div_zero(gap_nanousd * seconds, BASIS_MEMORY_S)
    if row[table.FUNDING_PERIOD_S] > 0:
        row[table.PREMIUM_SUM_MICROUSD] += sample
        row[table.PREMIUM_COUNT] += 1
    basis_microusd = clamp(div_zero(row[table.BASIS_NANOUSD], 1000), bound)
    row[table.MARK_MICROUSD] = clamp(index_microusd + basis_microusd, price_microusd_max)
    row[table.MARKED_NS] = now


def fund_row(row: Row) -> tuple[int, int]:
    """Do one funding: give (g in micro-dollars per lot, rate in ppm of B) (rulebook 5.2)."""
    samples = row[table.PREMIUM_COUNT]
    paid_microusd, rate_ppm = 0, 0
    if samples > 0 and 2 * samples >= row[table.FUNDING_SAMPLES_EXPECTED]:
        base = base_microusd(row)
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


def worst_lots(lots: int, buy_lots: int, sell_lots: int) -> int:
    """Give W, the largest net that the open orders may lead to (rulebook 6.1)."""
    return max(abs(lots + buy_lots), abs(lots - sell_lots))


def tier_margin_microusd(row: Row, lots: int) -> int:
    """Give im(W): each tier's lots at its rate, each rounded up (rulebook 6.1)."""
    ends = (row[table.TIER_1_LOTS], row[table.TIER_2_LOTS], row[table.TIER_3_LOTS], lots)
    total, below = 0, 0
    for number, end in enumerate(ends):
        in_tier = max(0, min(lots, end) - below)
        total += ppm_up(base_microusd(row) * in_tier, row[table.TIER_1_PPM + number])
        below = end
    return total


def margin_microusd(row: Row, lots: int, buy_lots: int, sell_lots: int) -> int:
    """Give a position's initial margin without its reserves (rulebook 6.3, 8.5)."""
    if row[table.STATE] == State.FROZEN:
        return div_ceil(3 * tier_margin_microusd(row, abs(lots)), 5)
    if row[table.STATE] == State.EXPIRED:
        return 0
    return tier_margin_microusd(row, worst_lots(lots, buy_lots, sell_lots))


def reserve_microusd(row: Row, side: int, price_microusd: int) -> int:
    """Give what an open lot reserves, fixed at its entry (rulebook 6.2)."""
    beyond = price_microusd - row[table.MARK_MICROUSD]
    return max(0, beyond if side == Side.BUY else -beyond)


def market_price_ticks(row: Row, side: int, limits: Limits) -> int:
    """Give the band limit at which a market order enters, inside the window (rulebook 6.5)."""
    settlement = row[table.SETTLEMENT_MICROUSD]
    band = ppm_down(max(settlement, 1), row[table.MARKET_BAND_PPM])
    if side == Side.BUY:
        price_ticks = div_floor(settlement + band, row[table.TICK_MICROUSD])
    else:
        price_ticks = div_ceil(settlement - band, row[table.TICK_MICROUSD])
    return max(row[table.PRICE_TICKS_MIN], min(price_ticks_max(row, limits), price_ticks))


def order_of(ask: dict[str, int], row: Row, limits: Limits) -> Order:
    """Make the order that a command asks for, its price and reserve fixed (rulebook 6.2, 6.5)."""
    price_ticks = ask["price_ticks"]
    if ask["order_type"] == OrderType.MARKET:
        price_ticks = market_price_ticks(row, ask["side"], limits)
    price_microusd = price_ticks * row[table.TICK_MICROUSD]
    return Order(
        order=ask["sequence"],
        price_ticks=price_ticks,
        reserve_microusd=reserve_microusd(row, ask["side"], price_microusd),
        **{name: ask[name] for name in _ORDER_COLUMNS},
    )
