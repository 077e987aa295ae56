"""ROUNDING: the divisions of the rulebook, for the kernel.

Takes   int64 values.
Gives   quotients and parts per million, rounded the way the name says.
Keeps   the same answers as `units` and the reference; no product beyond an int64.
Source  Rulebook, "Words": up, down, zero, even and ppm.
"""

from chiphour.ledger.kernel import kernel
from chiphour.units import PPM


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


@kernel
def ppm_down(amount, rate_ppm):
    """Take a rate of an amount >= 0, rounded down."""
    return amount // PPM * rate_ppm + amount % PPM * rate_ppm // PPM


@kernel
def ppm_up(amount, rate_ppm):
    """Take a rate of an amount >= 0, rounded up."""
    return amount // PPM * rate_ppm + (amount % PPM * rate_ppm + PPM - 1) // PPM


@kernel
def clamp(value, bound):
    """Move a value inside [-bound, bound]."""
    return max(-bound, min(bound, value))
