"""STEPS: a curve of chips and dollars a chip-hour, best first, the same in several intervals.

Takes   the JSON pairs of a curve; the cap.
Gives   reading and writing, columns, exact value, best profit, for whoever bids with such a curve.
Keeps   what is bought falling in price, what is sold rising: others are refused, never sorted.
Source  docs/formulation/auction.md, sections 2 and 3, equation 12.
"""

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any

import numpy as np

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.snap import snapped
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import TICKS_PER_USD
from chiphour.units import text_from_ticks

if TYPE_CHECKING:
    from chiphour.auction.model import Columns
    from chiphour.auction.model import Floats
    from chiphour.auction.model import Integers

STEPS_MAX = 1_000
Steps = tuple[tuple[int, int], ...]  # (hundredths of a chip, ticks a chip-hour), best first

_PAIR = {"type": "array", "prefixItems": [{"type": "string"}] * 2, "minItems": 2, "maxItems": 2}
SCHEMA: dict[str, Any] = {
    "type": "array",
    "minItems": 1,
    "maxItems": STEPS_MAX,
    "description": "[chips, dollars a chip-hour]: never rising to buy, never falling to sell.",
    "items": _PAIR,
}


def read_steps(fields: Fields, name: str, side: int, floor_ticks: int, cap_ticks: int) -> Steps:
    """Pop a curve; raises RequestMalformed with the step at fault.

    To buy, a price above the cap is allowed, and counts as the cap (`cut`).
    """
    steps = []
    for pair in fields.pairs(name, STEPS_MAX):
        chips, price_ticks = pair.hundredths("0"), pair.ticks("1")
        if not chips:
            raise pair.refuse("0", "chips above zero", "0")
        if price_ticks < floor_ticks or (side != BUY and price_ticks > cap_ticks):
            low, high = text_from_ticks(floor_ticks), text_from_ticks(cap_ticks)
            expected = f"at least {low}" if side == BUY else f"from {low} to {high}"
            raise pair.refuse("1", f"dollars a chip-hour {expected}", text_from_ticks(price_ticks))
        steps.append((chips, price_ticks))
    if not steps:
        raise fields.refuse(name, "one or more steps", 0)
    for (_, better), (_, worse) in pairwise(steps):
        if (worse - better) * side > 0:
            expected = "dollars that never rise" if side == BUY else "dollars that never fall"
            raise fields.refuse(name, expected, f"{better} before {worse} ticks")
    return tuple(steps)


def steps_fields(steps: Steps) -> list[list[str]]:
    """Write a curve as JSON pairs."""
    return [[hundredths_text(chips), text_from_ticks(price)] for chips, price in steps]


def cut(steps: Steps, cap_ticks: int) -> Steps:
    """Give the curve with no step above the cap."""
    return tuple((chips, min(price_ticks, cap_ticks)) for chips, price_ticks in steps)


def chips_max(steps: Steps) -> int:
    """Give all chips of a curve, in hundredths."""
    return sum(chips for chips, _ in steps)


def lower_steps(
    columns: "Columns", name: tuple[str, ...], side: int, steps: Steps, rows: "Integers"
) -> int:
    """Add a column for each step in each of these rows, bought (1) or sold (-1) in it.

    Gives the first one's number; a step's columns stand together, in the order of the rows.
    """
    chips = np.repeat(np.array([size for size, _ in steps]) / HUNDREDTHS, rows.size)
    price = np.repeat(np.array([ticks for _, ticks in steps]) / TICKS_PER_USD, rows.size)
    entries = [(np.tile(rows, len(steps)), side)]
    return columns.columns(name, price * (side * columns.hours), chips, entries, traded=True)


def amounts(grid: Grid, primal: "Floats", first: int, steps: Steps, count: int) -> tuple[int, ...]:
    """Give what a solution holds of all steps in each of `count` rows, in hundredths."""
    chips = primal[first : first + len(steps) * count].reshape(len(steps), count).sum(axis=0)
    return snapped(chips, grid.unit_hundredths)


def worth_usd(grid: Grid, steps: Steps, quantities_hundredths: list[int]) -> Fraction:
    """Give the dollars of these amounts, each of one interval, by the curve, best steps first."""
    total = 0  # Hundredths x ticks.
    for quantity in quantities_hundredths:
        left = quantity
        for chips, price_ticks in steps:
            if left <= 0:
                break
            total += min(chips, left) * price_ticks
            left -= chips
    return Fraction(total * grid.step_minutes, HUNDREDTHS * TICKS_PER_USD * MINUTES_PER_HOUR)


def profit_usd(grid: Grid, steps: Steps, side: int, prices_nanousd: list[int]) -> Fraction:
    """Give the most that the curve could gain at these prices, each of one interval (eq. 12)."""
    gain = sum(
        max(side * (price_ticks * NANOUSD_PER_TICK - price), 0) * chips
        for price in prices_nanousd
        for chips, price_ticks in steps
    )
    return Fraction(gain * grid.step_minutes, HUNDREDTHS * NANOUSD_PER_USD * MINUTES_PER_HOUR)
