"""PARAMETERS: an operator's number is within its bounds, or the rule that holds it is refused.

Takes   a number, where it stands, the bounds that it must keep, both included.
Gives   the number itself, or RequestMalformed with all three.
Keeps   a truth value or a text from passing as a number: `1` is not `True`, and a cap is not the
        name of something to which it could be tied.
Source  docs/formulation/guards.md, section 1.
"""

from fractions import Fraction
from typing import Any

from chiphour.auction.fields import RequestMalformed


def integer_within(where: str, value: Any, least: int, most: int) -> int:
    """Give an integer from least to most; raises RequestMalformed on anything else."""
    if type(value) is not int or not least <= value <= most:
        raise RequestMalformed(
            f"{where}: expected an integer from {least} to {most}, found {value!r}"
        )
    return value


def exact_within(where: str, value: Any, least: int, most: int) -> Fraction:
    """Give an integer or fraction from least to most; raises RequestMalformed on anything else."""
    is_exact = isinstance(value, int | Fraction) and not isinstance(value, bool)
    if not is_exact or not least <= value <= most:
        raise RequestMalformed(
            f"{where}: expected an exact number from {least} to {most}, found {value!r}"
        )
    return Fraction(value)
