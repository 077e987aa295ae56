"""DIVISIBLE: a workload that takes any amount of work, from any product that can do it.

Takes   units of work per chip-hour on each product, a falling curve of dollars per unit, a
        ceiling of chips, a window of hours.
Gives   columns for the chips bought and the work paid for; the value and the check of an award.
Keeps   willingness to pay concave: a curve that rises is refused, never sorted.
Source  docs/formulation/auction.md, equations 1, 3, 4 and 9.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import closed_object
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Quantities
from chiphour.auction.grid import Violation
from chiphour.auction.grid import read_product_id
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import TICKS_PER_USD
from chiphour.units import div_floor
from chiphour.units import div_half_even

if TYPE_CHECKING:
    from chiphour.auction.model import Columns

KIND = "divisible"
SIDE = BUY

_DECIMAL = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "perf": {
        "type": "array",
        "minItems": 1,
        "description": "Units of work that one chip does in one hour, on each product it can use.",
        "items": closed_object({"product": _DECIMAL, "units_per_chip_hour": _DECIMAL}),
    },
    "curve": {
        "type": "array",
        "minItems": 1,
        "description": "Blocks of work and dollars per unit, never rising.",
        "items": closed_object({"units": _DECIMAL, "usd_per_unit": _DECIMAL}),
    },
    "chips_max": {"type": "string", "description": "Chips in any hour, all products together."},
    "window": closed_object({"from": {"type": "string"}, "to": {"type": "string"}}),
}


class Divisible(NamedTuple):
    """A bid for work. Rates, units and dollars are in picos; hours from first to before end."""

    name: str
    account: int
    rates: tuple[tuple[str, int], ...]  # (product id, picounits per chip-hour), by product
    curve: tuple[tuple[int, int], ...]  # (picounits, picodollars per unit), falling
    chips_max_hundredths: int
    first_hour: int
    end_hour: int

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the bid as JSON fields, canonically."""
        return {
            "kind": KIND,
            "name": self.name,
            "account": self.account,
            "perf": [
                {"product": product, "units_per_chip_hour": decimal_text(rate, PICOS)}
                for product, rate in self.rates
            ],
            "curve": [
                {"units": decimal_text(units, PICOS), "usd_per_unit": decimal_text(usd, PICOS)}
                for units, usd in self.curve
            ],
            "chips_max": hundredths_text(self.chips_max_hundredths),
            "window": {"from": grid.iso(self.first_hour), "to": grid.iso(self.end_hour)},
        }

    def cut_curve(self, grid: Grid) -> tuple[tuple[int, int], ...]:
        """Give the curve with no chip-hour worth more than the cap on its best product."""
        rate_max = max(rate for _, rate in self.rates)
        cap = div_floor(grid.cap_ticks * (PICOS // TICKS_PER_USD) * PICOS, rate_max)
        if self.curve[0][1] <= cap:
            return self.curve
        return tuple((units, min(usd, cap)) for units, usd in self.curve)

    def lower(self, columns: "Columns") -> None:
        """Add work blocks (eq. 1), chips by product and hour (eq. 3) and the ceiling (eq. 4)."""
        work = columns.row("work", None if columns.grid.disposal_is_free else 0, 0)
        for block, (units, usd) in enumerate(self.cut_curve(columns.grid)):
            value, most = Fraction(usd, PICOS), Fraction(units, PICOS)
            columns.column(f"block {block}", value, 0, most, [(work, 1)])
        units_max = sum(units for units, _ in self.curve)
        chips_max = Fraction(self.chips_max_hundredths, HUNDREDTHS)
        useful = [
            (product, min(chips_max, Fraction(units_max, rate)), Fraction(-rate, PICOS))
            for product, rate in self.rates
        ]
        for hour in range(self.first_hour, self.end_hour):
            ceiling = [(columns.row("ceiling", None, chips_max), 1)] if len(useful) > 1 else []
            for product, most, rate in useful:
                columns.trade(product, hour, SIDE, 0, most, [(work, rate), *ceiling])

    def worth(self, grid: Grid, quantities: Quantities) -> Fraction:
        """Give the dollars declared for the work that these chips do, best blocks first."""
        left = self._work(quantities)
        total = 0
        for units, usd in self.cut_curve(grid):
            if left <= 0:
                break
            total += usd * min(units * HUNDREDTHS, left)
            left -= units * HUNDREDTHS
        return Fraction(total, PICOS * PICOS * HUNDREDTHS)

    def _work(self, quantities: Quantities) -> int:
        """Give the work that these chips do, in hundredths of a picounit."""
        rates = dict(self.rates)
        return sum(rates.get(product, 0) * many for (product, _), many in quantities.items())

    def violations(self, grid: Grid, quantities: Quantities) -> Iterator[Violation]:
        """Yield products it cannot use, hours outside its window, hours above its ceiling."""
        products = [product for product, _ in self.rates]
        by_hour: dict[int, int] = {}
        for (product, hour), quantity in quantities.items():
            if product not in products:
                yield Violation("product", self.name, " or ".join(products), product)
            if not self.first_hour <= hour < self.end_hour:
                window = f"an hour from {self.first_hour} to before {self.end_hour}"
                yield Violation("window", self.name, window, str(hour))
            by_hour[hour] = by_hour.get(hour, 0) + quantity
        most = sum(units for units, _ in self.curve) * HUNDREDTHS
        work = self._work(quantities)
        if work > most and not grid.disposal_is_free:
            found, expected = (decimal_text(part, PICOS * HUNDREDTHS) for part in (work, most))
            yield Violation("work", self.name, f"at most {expected} units", found)
        for hour, quantity in by_hour.items():
            if quantity > self.chips_max_hundredths:
                ceiling = f"at most {hundredths_text(self.chips_max_hundredths)} chips"
                where = f"{self.name} hour {hour}"
                yield Violation("ceiling", where, ceiling, hundredths_text(quantity))

    def tops_usd(self, grid: Grid) -> dict[str, Fraction]:
        """Give the size of what its dearest block pays for a chip-hour of each product."""
        usd = max(abs(usd) for _, usd in self.cut_curve(grid))
        return {product: Fraction(rate * usd, PICOS * PICOS) for product, rate in self.rates}

    def profit_max(self, grid: Grid, prices: Mapping[tuple[str, int], int]) -> Fraction:
        """Give the least of the bound (eq. 9) over the value of a unit of work.

        The bound is convex and piecewise linear in that value, so its least lies at a kink. Any
        value gives a bound: a kink between two picodollars may be rounded.
        """
        scale = PICOS * (PICOS // NANOUSD_PER_USD)
        hours = [
            [(rate, prices[product, hour] * scale) for product, rate in self.rates]
            for hour in range(self.first_hour, self.end_hour)
        ]
        curve = self.cut_curve(grid)
        kinks = {usd for _, usd in curve}
        for lines in hours:
            for rate, price in lines:
                kinks.add(div_half_even(price, rate))
                kinks.update(div_half_even(price - p, rate - r) for r, p in lines if r < rate)
        if grid.disposal_is_free:  # A unit of work is then worth zero or more.
            kinks = {kink for kink in kinks if kink > 0} | {0}
        chips_max_hundredths = self.chips_max_hundredths

        def bound(value: int) -> int:
            work = sum((usd - value) * units for units, usd in curve if usd > value)
            gains = (max(rate * value - price for rate, price in lines) for lines in hours)
            chips = sum(gain for gain in gains if gain > 0)
            return work * HUNDREDTHS + chips_max_hundredths * chips

        return Fraction(_least(sorted(kinks), bound), PICOS * PICOS * HUNDREDTHS)


def _least(points: list[int], convex: Callable[[int], int]) -> int:
    """Give the least value of a convex function on sorted points, by bisection."""
    low, high = 0, len(points) - 1
    while low < high:
        middle = (low + high) // 2
        if convex(points[middle]) <= convex(points[middle + 1]):
            high = middle
        else:
            low = middle + 1
    return convex(points[low])


def read(fields: Fields, grid: Grid) -> Divisible:
    """Read a divisible bid; raises RequestMalformed with the field at fault."""
    rates = fields.each("perf", lambda row: _read_rate(row, grid))
    if not rates or len({product for product, _ in rates}) < len(rates):
        raise fields.refuse("perf", "one or more products, each once", len(rates))
    curve = fields.each("curve", _read_block)
    floor = grid.floor_ticks * (PICOS // TICKS_PER_USD) * PICOS
    rate_max = max(rate for _, rate in rates)
    if not curve or any(usd < 0 and usd * rate_max < floor for _, usd in curve):
        raise fields.refuse("curve", "one or more blocks, none below the floor", len(curve))
    for (_, better), (_, worse) in pairwise(curve):
        if worse > better:
            found = f"{decimal_text(better, PICOS)} before {decimal_text(worse, PICOS)}"
            raise fields.refuse("curve", "dollars per unit that never rise", found)
    chips_max = fields.hundredths("chips_max")
    window = Fields(fields.raw("window"), f"{fields.path}.window")
    first_hour = window.hour("from", grid.opens_ns, grid.hours)
    end_hour = window.hour("to", grid.opens_ns, grid.hours)
    if first_hour >= end_hour:
        raise window.refuse("to", "a time after `from`", grid.iso(end_hour))
    window.exhausted()
    name, account = fields.name("name"), fields.account("account")
    return Divisible(name, account, tuple(sorted(rates)), curve, chips_max, first_hour, end_hour)


def _read_rate(fields: Fields, grid: Grid) -> tuple[str, int]:
    product = read_product_id(fields, "product", grid.products)
    return product, fields.positive_picos("units_per_chip_hour")


def _read_block(fields: Fields) -> tuple[int, int]:
    return fields.positive_picos("units"), fields.picos("usd_per_unit")
