"""GANG: a mode that needs all of its chips for all of its hours, in one pool, or nothing.

Takes   chips, hours, a window of starts, a value on each product that can serve it, side needs.
Gives   a 0/1 column for each option (pool and start); the value and the check of its place.
Keeps   a place exact: a gang that may not move and is smaller than a domain buys the whole domain,
        so that what fits in aggregate can be placed.
Source  docs/formulation/auction.md, section 3, "Domains", and equations 4, 10, 11, 12 and 15.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np

from chiphour.auction.bids import MODE
from chiphour.auction.bids import OWN
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import closed_object
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import read_needs
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Violation
from chiphour.auction.grid import read_product_id
from chiphour.auction.held import Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Offered
from chiphour.auction.held import Placed
from chiphour.observe.observation import MarketError
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import TICKS_PER_USD
from chiphour.units import div_ceil
from chiphour.units import div_floor

if TYPE_CHECKING:
    from chiphour.auction.model import Budget
    from chiphour.auction.model import Columns
    from chiphour.auction.model import Floats

KIND = "gang"
ROLE = MODE
CHIPS_MAX = 1 << 20  # Of a gang: more, and the solver's 10^-6 of it would be a chip.
DOMAINS_MAX = 1 << 16  # Of a gang.
ENTRIES_MAX = 1 << 20  # Pools x starts x intervals of a gang.
WHOLE_PARTS = 1_000_000  # A choice must be within one part of so many of 0 or 1 (section 6).
PPB = 10**9

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 1}
SCHEMA: dict[str, Any] = {
    "chips": _COUNT | {"description": "A size of gang of each product, or whole domains of it."},
    "hours": _TEXT | {"description": "How long it runs, or `intervals`: one of the two."},
    "intervals": _COUNT,
    "start": closed_object({"from": _TEXT, "to": _TEXT})
    | {"description": "The first and the last interval in which it may start."},
    "migratable": {
        "type": "boolean",
        "description": "May change domain between intervals; else it buys whole domains.",
    },
    "needs": {"type": "object", "additionalProperties": _COUNT},
    "products": {
        "type": "array",
        "minItems": 1,
        "items": closed_object({"product": _TEXT, "value_usd": _TEXT}),
    },
}
OPTIONAL = ("hours", "intervals", "needs")


class ChoiceNotWhole(MarketError):
    """A solution in which a gang is neither served nor left out."""


class Layout(NamedTuple):
    """What each column stands for: (product, pool, start), from column `first` on."""

    first: int
    options: tuple[tuple[str, str, int], ...]


class Gang(NamedTuple):
    """A gang of `chips` for `intervals`; it may start from `start_first` to `start_last`.

    `values`: (product id, picodollars), by product. `resources`: (resource, units a chip) beyond
    the product's bundle.
    """

    id: str
    chips: int
    intervals: int
    start_first: int
    start_last: int
    is_migratable: bool
    resources: tuple[tuple[str, int], ...]
    values: tuple[tuple[str, int], ...]

    @property
    def is_whole(self) -> bool:
        """Give True: all chips for all hours, or nothing."""
        return True

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the mode as JSON fields, canonically, without its `type`."""
        return {
            "id": self.id,
            "chips": self.chips,
            "intervals": self.intervals,
            "start": {"from": grid.iso(self.start_first), "to": grid.iso(self.start_last)},
            "migratable": self.is_migratable,
            **({"needs": dict(self.resources)} if self.resources else {}),
            "products": [
                {"product": product, "value_usd": decimal_text(value, PICOS)}
                for product, value in self.values
            ],
        }

    def chips_paid(self, grid: Grid, product: str) -> int:
        """Give the chips that it takes and pays for: its own, or its domain's ("Domains")."""
        if self.is_migratable:
            return self.chips
        return max(self.chips, grid.products[grid.product_numbers[product]].domain_chips)

    def value_picousd(self, grid: Grid, product: str) -> int:
        """Give its value on a product, cut to the cap for each chip-hour that it pays for."""
        chip_minutes = self.chips_paid(grid, product) * self.intervals * grid.step_minutes
        cap = grid.cap_ticks * (PICOS // TICKS_PER_USD) * chip_minutes
        return min(dict(self.values)[product], div_floor(cap, MINUTES_PER_HOUR))

    def pools(self, context: Context) -> Iterator[tuple[str, str]]:
        """Yield (product, pool) wherever a pool is ever large enough and stocks what it needs."""
        needed = {resource for resource, _ in self.resources}
        least = {
            product: self.chips_paid(context.grid, product) * HUNDREDTHS
            for product, _ in self.values
        }
        found: dict[str, list[str]] = {product: [] for product in least}
        for pool, has in context.pools.items():
            if has.product in found and _is_enough(has, needed, least[has.product]):
                found[has.product].append(pool)
        for product, pools in found.items():
            for pool in pools:
                yield product, pool

    def declared_usd(self, grid: Grid) -> Fraction:
        """Give the most that it could ever be worth to its bidder."""
        most = max(self.value_picousd(grid, product) for product, _ in self.values)
        return Fraction(most, PICOS)

    def open_hundredths(self, context: Context) -> int:
        """Give the most chip-hours that it could ever buy: on the product of most chips."""
        grid = context.grid
        chips = max(self.chips_paid(grid, product) for product, _ in self.values)
        minutes = self.intervals * grid.step_minutes
        return div_ceil(chips * HUNDREDTHS * minutes, MINUTES_PER_HOUR)

    def scaled(self, share_ppb: int) -> "Gang":
        """Give the same gang at a share of its values, in 10^-9, cut down."""
        values = tuple((product, value * share_ppb // PPB) for product, value in self.values)
        return self._replace(values=values)

    def needs(self, product: str) -> Mapping[str, int]:
        """Give the units of each side resource that a chip needs beyond the product's bundle."""
        return dict(self.resources)

    def lower(
        self, columns: "Columns", bid: str, budget: "Budget | None", chosen: int | None
    ) -> Layout:
        """Add a column for each option and the row that takes one at most (eq. 4, 10, 11, 15)."""
        grid, reference = columns.grid, columns.reference
        context = Context(grid, columns.offered, reference)
        starts = range(self.start_first, self.start_last + 1)
        least, most = (-np.inf, 1) if chosen is None else (0, 0)
        row = columns.rows((OWN, bid, self.id, "options"), 1, least, most)
        if chosen is not None:  # Then it is served: one that another requires cannot stay out.
            columns.run(row, 0, chosen, 0, 1, -1)
        options: list[tuple[str, str, int]] = []
        first = -1
        for product, pool in self.pools(context):
            spent: dict[int, Any] = dict.fromkeys(starts, 0)
            if budget is not None and reference is not None:
                usd = self._spent(grid, product, pool, reference).tolist()
                each = zip(starts, usd, strict=True)
                spent = {start: cost for start, cost in each if cost <= budget.usd}
            value = self.value_picousd(grid, product) / PICOS
            name = (bid, self.id, product, pool)
            (begins,) = columns.stretches(
                name, (value,), (1,), len(spent), integer=True, traded=True
            )
            columns.run(row, 0, begins, 1, len(spent), 1)
            if budget is not None:
                for column, cost in enumerate(spent.values(), start=begins):
                    columns.run(budget.row, 0, column, 0, 1, cost)
            first = begins if first < 0 else first
            self._take(columns, product, pool, list(spent), begins)
            options += [(product, pool, start) for start in spent]
        return Layout(first, tuple(options))

    def _spent(self, grid: Grid, product: str, pool: str, reference: Duals) -> "Floats":
        """Give what each start would cost at reference prices of the pool, in dollars (eq. 11)."""
        prices = [reference.pools.get((pool, interval), 0) for interval in self._reach()]
        sums = np.array(self._windows(prices), dtype=np.float64)
        chip_hours = self.chips_paid(grid, product) * grid.step_minutes / MINUTES_PER_HOUR
        return sums * (chip_hours / NANOUSD_PER_USD)

    def _reach(self) -> range:
        """Give the intervals in which it may run."""
        return range(self.start_first, self.start_last + self.intervals)

    def _windows(self, prices: list[int]) -> list[int]:
        """Give the sum of prices, one for each interval of its reach, that each start would pay."""
        sums = [0, *accumulate(prices)]
        return [sums[n + self.intervals] - sums[n] for n in range(len(prices) - self.intervals + 1)]

    def _take(
        self, columns: "Columns", product: str, pool: str, starts: Sequence[int], first: int
    ) -> None:
        """Enter the chips, and what each needs beside them, into the pool's rows."""
        chips, rows = self.chips_paid(columns.grid, product), columns.pools[pool]
        for column, start in enumerate(starts, start=first):
            columns.run(rows.balance + start, 1, column, 0, self.intervals, chips)
            for resource, units in self.resources:
                limit = rows.sides[resource] + start
                columns.run(limit, 1, column, 0, self.intervals, chips * units)

    def read(self, grid: Grid, layout: Layout, primal: "Floats") -> Held:
        """Give the place chosen, if any; raises ChoiceNotWhole."""
        if not layout.options:
            return Held()
        found = primal[layout.first : layout.first + len(layout.options)]
        whole = np.rint(found)
        off = np.abs(found - whole).max() * WHOLE_PARTS > 1
        if off or whole.sum() > 1 or whole.min() < 0:
            shown = ", ".join(f"{share:.6f}" for share in found if share * WHOLE_PARTS > 1)
            raise ChoiceNotWhole(f"gang {self.id}: expected one option or none, found {shown}")
        return Held(
            gangs=tuple(
                Placed(
                    self.id, product, pool, start, self.intervals, self.chips_paid(grid, product)
                )
                for product, pool, start in (layout.options[n] for n in np.flatnonzero(whole))
            )
        )

    def worth(self, context: Context, held: Held) -> Fraction:
        """Give the value of the place held, cut to the cap."""
        known = dict(self.values)
        products = [gang.product for gang in self._own(held) if gang.product in known]
        total = sum(self.value_picousd(context.grid, product) for product in products)
        return Fraction(total, PICOS)

    def _own(self, held: Held) -> list[Placed]:
        return [gang for gang in held.gangs if gang.mode == self.id]

    def violations(self, context: Context, bid: str, held: Held) -> Iterator[Violation]:
        """Yield more than one place, chips bought singly, and a place that is no option."""
        where = f"{bid} {self.id}"
        own = self._own(held)
        if len(own) > 1:
            yield Violation("gang", where, "one place at most", f"{len(own)} places")
        if any(key.mode == self.id for key in held.traded):
            yield Violation("gang", where, "all of its chips or none", "chips bought singly")
        options = set(self.pools(context)) if own else set()
        for gang in own:
            if (gang.product, gang.pool) not in options:
                found = f"{gang.product} {gang.pool}"
                yield Violation("product", where, "a pool that can hold and serve it", found)
            elif gang.chips != (most := self.chips_paid(context.grid, gang.product)):
                yield Violation("gang", where, f"{most} chips paid for", str(gang.chips))
            if gang.intervals != self.intervals:
                yield Violation("gang", where, f"{self.intervals} intervals", str(gang.intervals))
            if not self.start_first <= gang.first <= self.start_last:
                expected = f"a start from interval {self.start_first} to {self.start_last}"
                yield Violation("window", where, expected, str(gang.first))

    def profit_max(self, context: Context, bid: str, duals: Duals, fixed: Held | None) -> Fraction:
        """Give the best option's value less its price, with `fixed` that of its place, or 0 there.

        Below zero where no option pays: it may be required. All sums are integers of 10^-21 dollars
        x minutes.
        """
        grid, found = context.grid, []
        if fixed is not None:
            for gang in self._own(fixed):
                reach = range(gang.first, gang.first + gang.intervals)
                cost = sum(self._prices(context, bid, duals, gang.pool, reach))
                known = gang.product in dict(self.values)
                worth = self._worth_at_scale(grid, gang.product) if known else 0
                found.append(worth - gang.chips * grid.step_minutes * cost)
        else:
            value = {product: self._worth_at_scale(grid, product) for product, _ in self.values}
            for product, pool in self.pools(context):
                costs = self._windows(self._prices(context, bid, duals, pool, self._reach()))
                chip_minutes = self.chips_paid(grid, product) * grid.step_minutes
                found.append(value[product] - chip_minutes * min(costs))
        return Fraction(max(found, default=0), PICOS * NANOUSD_PER_USD * MINUTES_PER_HOUR)

    def _worth_at_scale(self, grid: Grid, product: str) -> int:
        return self.value_picousd(grid, product) * NANOUSD_PER_USD * MINUTES_PER_HOUR

    def _prices(
        self, context: Context, bid: str, duals: Duals, pool: str, intervals: range
    ) -> list[int]:
        """Give what a chip-hour of a pool costs it in each interval, in 10^-21 dollars (eq. 12)."""
        theta, reference, prices = duals.budgets.get(bid, 0), context.reference, []
        if not (self.resources or theta):
            return [duals.pools.get((pool, interval), 0) * PICOS for interval in intervals]
        for interval in intervals:
            price = duals.pools.get((pool, interval), 0)
            for resource, units in self.resources:
                price += units * duals.sides.get((pool, resource, interval), 0)
            price *= PICOS
            if theta and reference is not None:
                price += theta * reference.pools.get((pool, interval), 0)
            prices.append(price)
        return prices

    def tops_picousd(self, grid: Grid) -> dict[str, int]:
        """Give what its value pays for a chip-hour of each product."""
        found = {}
        for product, _ in self.values:
            chip_minutes = self.chips_paid(grid, product) * self.intervals * grid.step_minutes
            value = self.value_picousd(grid, product) * MINUTES_PER_HOUR
            found[product] = div_ceil(value, chip_minutes)
        return found


def _is_enough(has: Offered, needed: set[str], least_hundredths: int) -> bool:
    """Tell whether a pool has the stock and, at some time, the chips."""
    return has.chips_hundredths_max >= least_hundredths and needed <= has.resources


def read(fields: Fields, context: Context) -> Gang:
    """Read a gang; raises RequestMalformed with the field at fault."""
    grid = context.grid
    chips = fields.integer("chips", 1, CHIPS_MAX)
    intervals = _read_intervals(fields, grid)
    window = fields.object("start")
    first = window.interval("from", grid.opens_ns, grid.step_minutes, grid.intervals)
    last = window.interval("to", grid.opens_ns, grid.step_minutes, grid.intervals)
    if first > last:
        raise window.refuse("to", "a last start not before `from`", grid.iso(last))
    if last + intervals > grid.intervals:
        expected = f"a last start from which {intervals} intervals end within the run"
        raise window.refuse("to", expected, grid.iso(last))
    window.exhausted()
    is_migratable = fields.raw("migratable")
    if not isinstance(is_migratable, bool):
        raise fields.refuse("migratable", "true or false", is_migratable)
    needs = read_needs(fields) if fields.has("needs") else ()
    values = fields.each("products", lambda row: _read_value(row, chips, grid))
    if not values or len({product for product, _ in values}) < len(values):
        raise fields.refuse("products", "one or more products, each once", len(values))
    name = fields.name("id")
    gang = Gang(name, chips, intervals, first, last, is_migratable, needs, tuple(sorted(values)))
    _refuse_parts(fields, gang, grid)
    _refuse_unserved(fields, gang, context)
    return gang


def _refuse_parts(fields: Fields, gang: Gang, grid: Grid) -> None:
    """Raise RequestMalformed for chips that no slot holds in whole hundredths of a chip-hour."""
    for product, _ in gang.values:
        chips = gang.chips_paid(grid, product)
        if chips * HUNDREDTHS % grid.unit_hundredths:
            expected = (
                f"chips that are whole hundredths of a chip-hour in {grid.slot_minutes} minutes, "
                "a multiple of 3"
            )
            raise fields.refuse("chips", expected, chips)


def _read_intervals(fields: Fields, grid: Grid) -> int:
    if fields.has("intervals"):
        return fields.integer("intervals", 1, grid.intervals)
    picohours = fields.positive_picos("hours")
    intervals, rest = divmod(picohours * MINUTES_PER_HOUR, grid.step_minutes * PICOS)
    if rest or intervals > grid.intervals:
        expected = f"whole intervals of {grid.step_minutes} minutes, {grid.intervals} at most"
        raise fields.refuse("hours", expected, decimal_text(picohours, PICOS))
    return intervals


def _read_value(fields: Fields, chips: int, grid: Grid) -> tuple[str, int]:
    product_id = read_product_id(fields, "product", grid.products)
    product = grid.products[grid.product_numbers[product_id]]
    if chips > DOMAINS_MAX * product.domain_chips:
        expected = f"a product of which it takes at most {DOMAINS_MAX} domains"
        raise fields.refuse("product", expected, product_id)
    if not _is_size(product, chips):
        sizes = ", ".join(str(size) for size in product.gang_chips)
        expected = f"a product that takes gangs of {chips}: this one takes {sizes}"
        raise fields.refuse("product", f"{expected} or times {product.domain_chips}", product_id)
    return product_id, fields.positive_picos("value_usd")


def _is_size(product: Product, chips: int) -> bool:
    """Tell whether a product takes a gang of this size ("Domains")."""
    return chips in product.gang_chips or chips % product.domain_chips == 0


def _refuse_unserved(fields: Fields, gang: Gang, context: Context) -> None:
    """Refuse a product that no pool sells, or none with the chips and the stock that it needs."""
    pools = list(gang.pools(context))
    served = {product for product, _ in pools}
    entries = len(pools) * (gang.start_last - gang.start_first + 1) * gang.intervals
    if entries > ENTRIES_MAX:
        expected = f"pools, starts and intervals: at most {ENTRIES_MAX} together"
        raise fields.refuse("start", expected, entries)
    for product, _ in gang.values:
        offers = [pool for pool in context.pools.values() if pool.product == product]
        if not offers:
            raise fields.refuse(
                "products", "a product that is for sale", f"no pool sells {product}"
            )
        if product not in served:
            most = max(pool.chips_hundredths_max for pool in offers) // HUNDREDTHS
            words = "".join(f" and {resource}" for resource, _ in gang.resources)
            expected = f"{gang.chips_paid(context.grid, product)} chips{words} in one pool"
            raise fields.refuse("products", expected, f"{most} chips at most of {product}")
