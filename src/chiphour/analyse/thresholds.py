"""THRESHOLDS: every number that a signal, a verdict or the viability report depends on.

Takes   nothing.
Gives   windows, least samples, fees; the thresholds as the article states them, and repaired ones.
Keeps   all of them here, with the reason: no other file states one.
Source  "Can You Build a Futures Market for GPU Compute?", gpu-spot.com, for `stated`; decision
        0042 for `repaired`.
"""

from typing import Literal
from typing import NamedTuple

from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR

Signal = Literal["spread", "variation", "tod_swing", "supply"]
Rule = Literal["stated", "repaired"]
Unit = Literal["usd_per_hour", "ratio", "gpus"]


class Threshold(NamedTuple):
    """Green above one number, red below the other, amber between; None is no red at all."""

    signal: Signal
    rule: Rule
    unit: Unit
    green_above: float
    red_below: float | None
    measures: str


THRESHOLDS: tuple[Threshold, ...] = (
    Threshold(
        *("spread", "stated", "usd_per_hour", 0.30, 0.15),
        "least price at the dearest venue minus that at the cheapest, any hourly terms",
    ),
    Threshold(
        *("spread", "repaired", "ratio", 0.15, 0.07),
        "median over pairs of venues of the gap between their least prices under the same terms, "
        "after fees, as a part of the mean of the two",
    ),
    Threshold(
        *("variation", "stated", "ratio", 0.15, 0.05),
        "standard deviation of the market's hourly mean price over its mean",
    ),
    Threshold(
        *("variation", "repaired", "ratio", 0.15, 0.05),
        "standard deviation of the logarithm of each venue's hourly mean price about its own trend",
    ),
    Threshold(
        *("tod_swing", "stated", "ratio", 0.10, None),
        "dearest hour of the day minus the cheapest, over the mean of all hours",
    ),
    Threshold(
        *("tod_swing", "repaired", "ratio", 0.10, None),
        "the same, each hour measured against its own venue and day; days that are nearly whole",
    ),
    Threshold(
        *("supply", "stated", "gpus", 20, 5),
        "GPUs free at venues that state it",
    ),
    Threshold(
        *("supply", "repaired", "gpus", 20, 5),
        "the same without the largest host of those that are named",
    ),
)
BY_SIGNAL = {(one.signal, one.rule): one for one in THRESHOLDS}

# Windows, back from the time asked about. A sample is one hour of one venue.
SAMPLE_NS = NS_PER_HOUR
CURRENT_NS = NS_PER_DAY  # No price that is older says anything of now.
POLL_NS = NS_PER_HOUR  # A venue's last poll takes no longer.
DAY_HOURS = 24
WEEK_HOURS = 7 * DAY_HOURS
WINDOW_NS = 30 * NS_PER_DAY  # Of variation, of the times of day, of the series of floors.

# The least of each; under it the answer is "not enough data".
VENUES_MIN = 2  # To compare them.
WEEK_DAYS_MIN = 2  # Different days in the week before, for its mean.
STATED_SAMPLES_MIN = 2  # A standard deviation needs no more: what the stated rule asks.
STATED_HOURS_MIN = 2  # Different hours of the day.
VARIATION_SAMPLES_MIN = 28
VARIATION_DAYS_MIN = 14  # "Volatility signals need 2+ weeks to mature."
PANEL_SAMPLES_MIN = 10  # Of one venue under one tenor, to tell its trend from its noise.
WHOLE_DAY_HOURS_MIN = 20  # Hours of a day with a price, for the day to be whole.
WHOLE_DAYS_MIN = 7
FLOOR_SAMPLES_MIN = 14
FLOOR_DAYS_MIN = 7

# A round trip buys an hour at one venue's price and sells it at another's: the taker's fee, twice.
FEE_PPM = 500  # Of each side; a test holds it to the contracts that the market lists.
INTERVAL_Z = 1.6448536269514722  # Two-sided 90 %.

# Viability: what must be there to answer yes or no.
VIABLE_DAYS_MIN = 30
VIABLE_VENUES_MIN = 3
VIABLE_STEPS_MIN = 30  # From one sample of a pair of venues to the next.
PAIR_STEPS_MIN = 14  # Of one pair, to count at all.
HOURLY_STEPS_MIN = (
    48  # With so many steps of an hour a pair is judged by the hour, else by the day.
)
SKILL_DAYS_MIN = 10  # Of the later half, on which some gap moved: else one move decides.
SHARE_ABOVE_FEES_MIN = 0.5
