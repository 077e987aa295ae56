"""TABLE: what a contract is to the kernel: one row of integers.

Takes   nothing: this file is a language, not a program.
Gives   the columns of the contracts table, the bounds and defaults of those that SET may give.
Keeps   terms (below STATE) apart from what trading changes (STATE and above).
Source  Rulebook 3 to 11; decision 0006. A contract type lowers itself to a row of terms.
"""

from enum import IntEnum
from typing import NamedTuple

from chiphour.units import MICROUSD_PER_TICK

CONTRACT_COLUMNS = 96

# What several contract types share.
FUTURE_CLAMP_PPM = 300_000  # A later day may well cost otherwise than today ...
PERPETUAL_CLAMP_PPM = 20_000  # ... a perpetual follows its index.
WINDOW_BELOW_TICKS = 1 << 17  # A difference: its window reaches as far below nought as above it.

# Terms: given by SET between LIST and OPEN; those that are live also later.
TYPE = 0
INDEX = 1  # The number of the series that it settles on.
TICK_MICROUSD = 2
PRICE_TICKS_MIN = 3  # The lowest price of the window; the window's size is a limit of the market.
EXPIRY_NS = 4  # The strike whose fix it settles on; 0 for a perpetual.
FUNDING_PERIOD_S = 5  # 0 for a contract without funding.
FUNDING_SAMPLES_EXPECTED = 6
FUNDING_DEAD_BAND_PPM = 7
FUNDING_CAP_PPM = 8
PREMIUM_CLAMP_PPM = 9
IMPACT_LOTS = 10
MARKET_BAND_PPM = 11
TIER_1_LOTS = 12  # Margin tiers: up to these lots, at these rates; above TIER_3 at rate 4.
TIER_2_LOTS = 13
TIER_3_LOTS = 14
TIER_1_PPM = 15
TIER_2_PPM = 16
TIER_3_PPM = 17
TIER_4_PPM = 18
INDEX_B = 19  # The second index of a basis; 0 for none.
INDEX_TICKS = 20  # Of the median that is I; 0: the last fit fix is.
FALLBACK_INDEX = 21  # Whose fix settles it when its own does not come; 0 for none.
AVERAGE_DAYS = 22  # Settles on the average of so many fixes, the last at its expiry; 0 for one.
AVERAGE_FIRST_NS = 23  # The first strike of them.
AVERAGE_FIXES_MIN = 24
LEG_FAR = 25  # A calendar: the contracts that it is the difference of.
LEG_NEAR = 26
OPEN_INTEREST_LOWER_LOTS = 27  # Between these the margin rates rise to the whole.
OPEN_INTEREST_UPPER_LOTS = 28
OPEN_INTEREST_CAP_LOTS = 29  # No new risk above; 0 for none.
STATIC_BAND_PPM = 30
DYNAMIC_BAND_PPM = 31
CALL_S = 32
OPENING_CALL_S = 33
TAKER_FEE_PPM = 34
MAKER_REBATE_PPM = 35
BLOCK_LOTS_MIN = 36
FIXED_WINDOW = 37
TERMS_COLUMNS = 38

# State: changed by trading, marks, fixings and time.
STATE = 48
SETTLEMENT_MICROUSD = 49  # S
MARK_MICROUSD = 50  # M
INDEX_MICROUSD = 51  # I
BASE_MICROUSD = 52  # B
BASIS_NANOUSD = 53  # e
VALUE_PER_LOT_MICROUSD = 54  # V
OPEN_INTEREST_LOTS = 55
MARKED_NS = 56  # The last live MARK, or the time of OPEN.
PREMIUM_SUM_MICROUSD = 57
PREMIUM_COUNT = 58
FUNDING_REST = 59  # In micro-dollar seconds: x - 28800 g.
NEXT_FUNDING_NS = 60
NEXT_SETTLEMENT_NS = 61
SETTLED_STRIKE_NS = 62  # FROZEN: the strike whose provisional fix was taken.
QUALITY = 63
MODE = 64
CALL_END_NS = 65  # 0 outside a call.
CALL_EXTENDED = 66
RATE_1_PPM = 67  # The tiers' rates now (rulebook 6.2), and the three after it.
RATE_2_PPM = 68
RATE_3_PPM = 69
RATE_4_PPM = 70
LEG_A_MICROUSD = 71  # max(1, I_A) of a basis, max(1, M_far) of a calendar; else B. Taken with B.
LEG_B_MICROUSD = 72  # max(1, I_B), max(1, M_near); else 0.
LAST_TICKS = 73  # The price of the last fill ...
HAS_LAST = 74  # ... if there was one.
PROVISIONAL_SUM_MICROUSD = 75  # An average: of the fit fixes counted, and how many.
PROVISIONAL_FIXES = 76
FINAL_SUM_MICROUSD = 77
FINAL_FIXES = 78
FALLBACK_PASSED = 79
UNCROSS_TICKS = 80  # A call that is being uncrossed: its price ...
UNCROSS_LOTS = 81  # ... and the lots still to match; 0 when none is in work.
WAITING = 82  # How many of its orders wait.


class Type(IntEnum):
    """How a contract ends, or that it does not."""

    PERPETUAL = 1
    FUTURE = 2
    CALENDAR = 3


class State(IntEnum):
    """The life of a contract."""

    ABSENT = 0
    LISTED = 1
    OPEN = 2
    STOPPED = 3  # Trading ended; its fix is awaited.
    FROZEN = 4  # Settled on the provisional fix; the final one is awaited.
    EXPIRED = 5
    CALL = 6  # Open, but orders only gather, to be matched at one price.


class Term(NamedTuple):
    """Name, bounds (inclusive) and default of a column that SET may give; live: at any time."""

    column: int
    name: str
    least: int
    most: int
    default: int
    live: bool = False


_PPM_MAX = 2_000_000
_LOTS_MAX = (1 << 31) - 1
TERMS: tuple[Term, ...] = (
    Term(TYPE, "type", 1, 3, 1),
    Term(INDEX, "index", 1, 1 << 20, 0),  # 0 is outside its bounds: it must be given.
    Term(TICK_MICROUSD, "tick_microusd", 1, 1_000_000, MICROUSD_PER_TICK),
    Term(PRICE_TICKS_MIN, "price_ticks_min", -(1 << 24), 1 << 24, 1),
    Term(EXPIRY_NS, "expiry_ns", 0, 1 << 62, 0),
    Term(FUNDING_PERIOD_S, "funding_period_s", 0, 604_800, 0),
    Term(FUNDING_SAMPLES_EXPECTED, "funding_samples_expected", 0, 1 << 24, 0),
    Term(FUNDING_DEAD_BAND_PPM, "funding_dead_band_ppm", 0, _PPM_MAX, 500, True),
    Term(FUNDING_CAP_PPM, "funding_cap_ppm", 0, _PPM_MAX, 20_000, True),
    Term(PREMIUM_CLAMP_PPM, "premium_clamp_ppm", 0, _PPM_MAX, 20_000, True),
    Term(IMPACT_LOTS, "impact_lots", 1, 1 << 20, 500, True),
    Term(MARKET_BAND_PPM, "market_band_ppm", 0, _PPM_MAX, 200_000, True),
    Term(TIER_1_LOTS, "tier_1_lots", 1, 1 << 26, 50_000),
    Term(TIER_2_LOTS, "tier_2_lots", 1, 1 << 26, 200_000),
    Term(TIER_3_LOTS, "tier_3_lots", 1, 1 << 26, 1_000_000),
    Term(TIER_1_PPM, "tier_1_ppm", 0, _PPM_MAX, 100_000, True),
    Term(TIER_2_PPM, "tier_2_ppm", 0, _PPM_MAX, 200_000, True),
    Term(TIER_3_PPM, "tier_3_ppm", 0, _PPM_MAX, 400_000, True),
    Term(TIER_4_PPM, "tier_4_ppm", 0, _PPM_MAX, 1_000_000, True),
    Term(INDEX_B, "index_b", 0, 1 << 20, 0),
    Term(INDEX_TICKS, "index_ticks", 0, 20, 20),
    Term(FALLBACK_INDEX, "fallback_index", 0, 1 << 20, 0),
    Term(AVERAGE_DAYS, "average_days", 0, 366, 0),
    Term(AVERAGE_FIRST_NS, "average_first_ns", 0, 1 << 62, 0),
    Term(AVERAGE_FIXES_MIN, "average_fixes_min", 1, 366, 10),
    Term(LEG_FAR, "leg_far", -1, 1 << 20, -1),
    Term(LEG_NEAR, "leg_near", -1, 1 << 20, -1),
    Term(OPEN_INTEREST_LOWER_LOTS, "open_interest_lower_lots", 0, _LOTS_MAX, 0, True),
    Term(OPEN_INTEREST_UPPER_LOTS, "open_interest_upper_lots", 0, _LOTS_MAX, 0, True),
    Term(OPEN_INTEREST_CAP_LOTS, "open_interest_cap_lots", 0, _LOTS_MAX, 0, True),
    Term(STATIC_BAND_PPM, "static_band_ppm", 0, _PPM_MAX, 200_000, True),
    Term(DYNAMIC_BAND_PPM, "dynamic_band_ppm", 0, _PPM_MAX, 50_000, True),
    Term(CALL_S, "call_s", 0, 86_400, 120, True),
    Term(OPENING_CALL_S, "opening_call_s", 0, 86_400, 120),
    Term(TAKER_FEE_PPM, "taker_fee_ppm", 0, 100_000, 500, True),
    Term(MAKER_REBATE_PPM, "maker_rebate_ppm", 0, 100_000, 0, True),
    Term(BLOCK_LOTS_MIN, "block_lots_min", 1, 1 << 24, 1_000, True),
    Term(FIXED_WINDOW, "fixed_window", 0, 1, 0),
)
assert len(TERMS) == TERMS_COLUMNS and all(i == term.column for i, term in enumerate(TERMS))
assert TERMS_COLUMNS <= STATE


def row_of(**terms: int) -> tuple[int, ...]:
    """Write a terms row: the terms named, all others at their defaults; TypeError on another name.

    One value for each of `TERMS`, in order: what a contract type lowers itself to.
    """
    row = [term.default for term in TERMS]
    places = {term.name: term.column for term in TERMS}
    for name, value in terms.items():
        if name not in places:
            raise TypeError(f"expected a term such as {TERMS[0].name}, found {name}")
        row[places[name]] = int(value)
    return tuple(row)
