"""BF16: the headline for each unit of arithmetic: a dense BF16 PFLOP/s for an hour.

Takes   the headline fix; the dated table of throughputs.
Gives   nano-dollars for an hour at 10^15 dense BF16 operations a second, as the maker states them.
Keeps   the published fix as its only price: whoever has the table and the fix has this too.
Source  docs/methodology/companions.md, "Baskets"; decision 0021.
"""

from chiphour.index.baskets import GFLOPS_PER_PFLOPS
from chiphour.index.baskets import per_unit
from chiphour.index.companion import Companion
from chiphour.index.companion import Given

VARIANT = "BF16"
MEASURES = (
    "What an hour of one dense BF16 PFLOP/s costs, by the maker's peak and not by any workload. No "
    "contract settles on it."
)

UNIT = "nanousd per dense BF16 PFLOP-hour"


def companion(given: Given) -> Companion:
    """Give the price of arithmetic, or suppress it without a fix or a cited throughput."""
    return per_unit(given, VARIANT, UNIT, "dense_bf16_gflops", GFLOPS_PER_PFLOPS)
