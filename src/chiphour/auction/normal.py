"""NORMAL: the normal distribution in decimals: the same digits on every machine.

Takes   a number of standard deviations, as a decimal.
Gives   the share of the distribution above it, to thirty decimals.
Keeps   no float, and no library's `erf`: a reserve curve is part of a run, and a run has a hash.
Source  docs/formulation/guards.md, equation 3; the series of Marsaglia, Evaluating the Normal
        Distribution, Journal of Statistical Software 11(4), 2004.
"""

from contextlib import AbstractContextManager
from decimal import ROUND_HALF_EVEN
from decimal import Context
from decimal import Decimal
from decimal import localcontext
from fractions import Fraction

DIGITS = 60  # Of every step: thirty remain after the subtraction from one half.
DECIMALS = Decimal(1).scaleb(-30)
FAR = 11  # Beyond so many standard deviations less than 2e-28 is left: thirty decimals end there.
TWO_PI = Decimal("6.283185307179586476925286766559005768394338798750211641949889184615632812572")


def sixty_digits() -> AbstractContextManager[Context]:
    """Open a block whose decimals have sixty digits, whatever the caller's own context says."""
    return localcontext(Context(prec=DIGITS, rounding=ROUND_HALF_EVEN))


def share_above(deviations: Decimal) -> Decimal:
    """Give 1 - Phi(x), half-even at the thirtieth decimal (eq. 3)."""
    if abs(deviations) > FAR:
        return Decimal(deviations < 0)
    with sixty_digits():
        square = deviations * deviations
        term = total = deviations
        odd = 1
        while abs(term) > DECIMALS * DECIMALS:
            odd += 2
            term = term * square / odd
            total += term
        density = (-square / 2).exp() / TWO_PI.sqrt()
        return (Decimal("0.5") - density * total).quantize(DECIMALS)


def decimal_of(value: Fraction) -> Decimal:
    """Write an exact fraction with sixty significant digits."""
    with sixty_digits():
        return Decimal(value.numerator) / Decimal(value.denominator)


def root_of(value: Fraction) -> Decimal:
    """Give the square root of a fraction, not negative, with sixty significant digits."""
    with sixty_digits():
        return (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()
