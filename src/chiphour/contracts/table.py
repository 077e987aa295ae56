"""TABLE: what a contract is to the kernel: one row of integers.

Takes   nothing: this file is a language, not a program.
Gives   the columns of the contracts table, the bounds and defaults of those that SET may give.
Keeps   terms (below STATE) apart from what trading changes (STATE and above).
Source  Rulebook 3, 4, 5, 6 and 8; decision 0006. A contract type lowers itself to a `Terms`.
"""

from enum import IntEnum
from typing import NamedTuple

from chiphour.units import MICROUSD_PER_TICK

CONTRACT_COLUMNS = 48

# Terms: given by SET between LIST and OPEN.
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
TERMS_COLUMNS = 19

# State: changed by trading, marks, fixings and time.
STATE = 24
SETTLEMENT_MICROUSD = 25  # S
MARK_MICROUSD = 26  # M
INDEX_MICROUSD = 27  # I
BASIS_NANOUSD = 28  # e
VALUE_PER_LOT_MICROUSD = 29  # V
OPEN_INTEREST_LOTS = 30
MARKED_NS = 31  # The last live MARK, or the time of OPEN.
PREMIUM_SUM_MICROUSD = 32
PREMIUM_COUNT = 33
FUNDING_REST = 34  # In micro-dollar seconds: x - 28800 g.
NEXT_FUNDING_NS = 35
NEXT_SETTLEMENT_NS = 36
SETTLED_STRIKE_NS = 37  # FROZEN: the strike whose provisional fix was taken.


class Type(IntEnum):
    """How a contract ends, or that it does not."""

    PERPETUAL = 1
    FUTURE = 2


class State(IntEnum):
    """The life of a contract."""

    ABSENT = 0
    LISTED = 1
    OPEN = 2
    STOPPED = 3  # Trading ended; its fix is awaited.
    FROZEN = 4  # Settled on the provisional fix; the final one is awaited.
    EXPIRED = 5


class Term(NamedTuple):
    """The name, bounds (inclusive) and default of one column that SET may give."""

    column: int
    name: str
    least: int
    most: int
    default: int


_PPM_MAX = 2_000_000
TERMS: tuple[Term, ...] = (
    Term(TYPE, "type", 1, 2, 1),
    Term(INDEX, "index", 1, 1 << 20, 0),  # 0 is outside its bounds: it must be given.
    Term(TICK_MICROUSD, "tick_microusd", 1, 1_000_000, MICROUSD_PER_TICK),
    Term(PRICE_TICKS_MIN, "price_ticks_min", -(1 << 24), 1 << 24, 1),
    Term(EXPIRY_NS, "expiry_ns", 0, 1 << 62, 0),
    Term(FUNDING_PERIOD_S, "funding_period_s", 0, 604_800, 0),
    Term(FUNDING_SAMPLES_EXPECTED, "funding_samples_expected", 0, 1 << 24, 0),
    Term(FUNDING_DEAD_BAND_PPM, "funding_dead_band_ppm", 0, _PPM_MAX, 500),
    Term(FUNDING_CAP_PPM, "funding_cap_ppm", 0, _PPM_MAX, 20_000),
    Term(PREMIUM_CLAMP_PPM, "premium_clamp_ppm", 0, _PPM_MAX, 20_000),
    Term(IMPACT_LOTS, "impact_lots", 1, 1 << 20, 500),
    Term(MARKET_BAND_PPM, "market_band_ppm", 0, _PPM_MAX, 200_000),
    Term(TIER_1_LOTS, "tier_1_lots", 1, 1 << 26, 50_000),
    Term(TIER_2_LOTS, "tier_2_lots", 1, 1 << 26, 200_000),
    Term(TIER_3_LOTS, "tier_3_lots", 1, 1 << 26, 1_000_000),
    Term(TIER_1_PPM, "tier_1_ppm", 0, _PPM_MAX, 100_000),
    Term(TIER_2_PPM, "tier_2_ppm", 0, _PPM_MAX, 200_000),
    Term(TIER_3_PPM, "tier_3_ppm", 0, _PPM_MAX, 400_000),
    Term(TIER_4_PPM, "tier_4_ppm", 0, _PPM_MAX, 1_000_000),
)
assert len(TERMS) == TERMS_COLUMNS and all(i == term.column for i, term in enumerate(TERMS))
