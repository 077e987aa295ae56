"""TOKENS: the headline for each million tokens of one model in one published benchmark.

Takes   the headline fix; a cited result of MLPerf Inference.
Gives   nano-dollars for a million tokens of Llama 2 70B, offline, were every hour so well used.
Keeps   one workload by its name: what a chip does there says little of another model.
Source  docs/methodology/companions.md, "Baskets"; decision 0021.
"""

from fractions import Fraction

from chiphour.hardware.throughput import tokens_of
from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import suppressed
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import round_half_even

VARIANT = "TOKENS"
MEASURES = (
    "What a million tokens of Llama 2 70B cost at the throughput of MLPerf Inference 4.1, offline: "
    "the chip alone, always busy. No contract settles on it."
)

UNIT = "nanousd per million tokens"
TOKENS = 1_000_000
SECONDS_PER_HOUR = 3_600


def companion(given: Given) -> Companion:
    """Give the price of tokens, or suppress it without a fix or a cited result."""
    known = tokens_of(given.series.chip, given.series.form)
    if given.fixing.fix_ticks is None:
        return suppressed(given, VARIANT, "HEADLINE_SUPPRESSED", UNIT)
    if known is None:
        return suppressed(given, VARIANT, "NO_FACT", UNIT)
    tokens_per_hour = Fraction(known.millitokens_per_s, 1_000 * known.gpus) * SECONDS_PER_HOUR
    value = Fraction(given.fixing.fix_ticks * NANOUSD_PER_TICK * TOKENS, tokens_per_hour)
    figures = {"system_millitokens_per_s": known.millitokens_per_s, "system_gpus": known.gpus}
    return fixed(given, VARIANT, round_half_even(value), UNIT, figures)
