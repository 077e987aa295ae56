"""ROUNDING: the divisions of the rulebook, for the kernel.

Takes   int64 values.
Gives   quotients and parts per million, rounded the way the name says.
Keeps   the same answers as `units` and the reference; no product beyond an int64.
Source  Rulebook, "Words": up, down, zero, even and ppm.
"""

import numpy as np

from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel
from chiphour.units import PPM

_SMALL = 1 << 36  # Its product with any rate fits: one division of numbers without a sign will do.
_PPM = np.uint64(PPM)


@kernel
def divide_up(numerator, denominator):
    """Divide toward plus infinity; the denominator is positive."""
    return -((-numerator) // denominator)


@kernel
def divide_zero(numerator, denominator):
    """Divide toward nought; the denominator is positive."""
    if numerator >= 0:
        return numerator // denominator
    return -((-numerator) // denominator)


@kernel
def divide_even(numerator, denominator):
    """Divide to the nearest, a tie to the even neighbour; the denominator is positive."""
    quotient = numerator // denominator
    rest = numerator - quotient * denominator
    if rest > denominator - rest or (rest == denominator - rest and quotient & 1 == 1):
        quotient += 1
    return quotient


@hot
def ppm_down(amount, rate_ppm):
    """Take a rate (0 to 2^26) of an amount >= 0, rounded down."""
    if amount < _SMALL:
        return np.int64(np.uint64(amount * rate_ppm) // _PPM)
    return amount // PPM * rate_ppm + amount % PPM * rate_ppm // PPM


@hot
def ppm_up(amount, rate_ppm):
    """Take a rate (0 to 2^26) of an amount >= 0, rounded up."""
    if amount < _SMALL:
        return np.int64(np.uint64(amount * rate_ppm + PPM - 1) // _PPM)
    return amount // PPM * rate_ppm + (amount % PPM * rate_ppm + PPM - 1) // PPM


@kernel
def clamp(value, bound):
    """Move a value inside [-bound, bound]."""
    return max(-bound, min(bound, value))
