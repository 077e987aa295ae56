"""BANDWIDTH: the headline for each unit of memory bandwidth: a TB/s for an hour.

Takes   the headline fix; the dated table of throughputs.
Gives   nano-dollars for an hour at 10^12 bytes a second of the chip's memory.
Keeps   the published fix as its only price. It stands beside BF16 because the two can disagree in
        sign: from H100 to H200 a PFLOP-hour got dearer while a TB/s-hour got cheaper.
Source  docs/methodology/companions.md, "Baskets"; decision 0021.
"""

from chiphour.index.baskets import GB_PER_TB
from chiphour.index.baskets import per_unit
from chiphour.index.companion import Companion
from chiphour.index.companion import Given

VARIANT = "BANDWIDTH"
MEASURES = (
    "What an hour of one TB/s of memory bandwidth costs, by the maker's peak and not by any "
    "workload. No contract settles on it."
)

UNIT = "nanousd per TB/s-hour"


def companion(given: Given) -> Companion:
    """Give the price of bandwidth, or suppress it without a fix or a cited throughput."""
    return per_unit(given, VARIANT, UNIT, "memory_gb_per_s", GB_PER_TB)
