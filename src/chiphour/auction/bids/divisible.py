"""DIVISIBLE: a mode that takes any amount of work, from any product and tier that can do it.

Takes   units of work per chip-hour on each product, for one factor or for several that work needs
        at once; what interruption costs; a falling curve of dollars per unit; a ceiling of chips.
Gives   columns for the chips bought and the work paid for; the value and the check of an award.
Keeps   willingness to pay and scale concave: a curve that rises is refused, never sorted.
Source  docs/formulation/auction.md, equations 1, 2, 10, 11 and 12.
"""

from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from operator import mul
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np

from chiphour.auction.bids import MODE
from chiphour.auction.bids import OWN
from chiphour.auction.bids import Context
from chiphour.auction.exact import NOTHING
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Violation
from chiphour.auction.held import YOCTOUSD_PER_NANOUSD
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.work import SCHEMA
from chiphour.auction.work import Buyable
from chiphour.auction.work import Choice
from chiphour.auction.work import Work
from chiphour.auction.work import buyable
from chiphour.auction.work import choices
from chiphour.auction.work import read_work
from chiphour.auction.work import tops_picousd
from chiphour.auction.work import work_fields
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import div_ceil
from chiphour.units import div_floor

if TYPE_CHECKING:
    from chiphour.auction.model import Budget
    from chiphour.auction.model import Columns
    from chiphour.auction.model import Floats

__all__ = ["KIND", "OPTIONAL", "ROLE", "SCHEMA", "Divisible", "read"]

KIND = "divisible"
ROLE = MODE
OPTIONAL = ("interruption",)
SNAP_PARTS = 1_000_000  # Nearer to a unit than one part of this many is that unit.


class Layout(NamedTuple):
    """Where its chips stand: first column of each choice, one for each interval of the window."""

    choices: tuple[Choice, ...]
    firsts: tuple[int, ...]


class _Rows(NamedTuple):
    """The rows that chips enter: of each factor, of the ceiling (-1: none), of steps, of budget."""

    factors: list[int]
    ceiling: int
    steps: dict[tuple[str, int], int]
    budget: "Budget | None"


class Divisible(NamedTuple):
    """A mode for work from interval `work.first` to before `work.end`."""

    work: Work

    @property
    def id(self) -> str:
        """Give the id, unique in its bid."""
        return self.work.id

    @property
    def is_whole(self) -> bool:
        """Give False: any amount of work, none included, serves it."""
        return False

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the mode as JSON fields, canonically, without its `type`."""
        return work_fields(self.work, grid)

    def declared_usd(self, grid: Grid) -> Fraction:
        """Give the most that it could ever pay for: its whole curve."""
        total = sum(units * usd for units, usd in self.work.cut_curve(grid) if usd > 0)
        return Fraction(total, PICOS * PICOS)

    def open_hundredths(self, context: Context) -> int:
        """Give the most chip-hours that it could ever buy: by its ceiling, and by its curve."""
        work, grid = self.work, context.grid
        minutes = (work.end - work.first) * grid.step_minutes
        by_ceiling = div_ceil(work.chips_max_hundredths * minutes, MINUTES_PER_HOUR)
        found = choices(work, grid, context.pools)
        slowest = min((min(choice.rates) for choice in found), default=0)
        if not slowest:
            return by_ceiling if found else 0
        units = sum(units for units, _ in work.curve)
        return min(by_ceiling, div_ceil(units * HUNDREDTHS, slowest))

    def scaled(self, share_ppb: int) -> "Divisible":
        """Give the same mode at a share of its values, in 10^-9."""
        return Divisible(self.work.scaled(share_ppb))

    def needs(self, product: str) -> Mapping[str, int]:
        """Give the units of each side resource that a chip needs beyond the product's bundle."""
        if not self.work.has_needs:
            return {}
        return next((dict(row.needs) for row in self.work.perf if row.product == product), {})

    def lower(
        self, columns: "Columns", bid: str, budget: "Budget | None", chosen: int | None
    ) -> Layout:
        """Add work blocks and rows (eq. 1), ceilings and steps (eq. 2), chips (eq. 3, 10).

        No block is longer than twice what all its chips can do: a bound that never binds.
        """
        work = self.work
        least = 0 if work.uses_all(columns.grid) else -np.inf
        name = (bid, work.id)
        factors = [columns.rows(("work", *name, factor), 1, least, 0) for factor in work.factors]
        measure = work.measure_picounits
        for row in factors:
            columns.measure(row, measure)
        can = buyable(work, columns.grid, columns.offered)
        blocks = [min(units, can.units_max) / measure for units, _ in can.curve]
        values = [usd * measure / PICOS**2 for _, usd in can.curve]
        first = columns.stretches((*name, "work"), values, blocks, 1)[0]
        for row in factors:
            columns.run(row, 0, first, 1, len(blocks), 1)
        if chosen is not None:
            row = columns.rows((OWN, *name, "blocks"), len(blocks), -np.inf, 0)
            columns.run(row, 1, first, 1, len(blocks), 1)
            for place, units in enumerate(blocks):
                columns.run(row + place, 0, chosen, 0, 1, -units)
        ceiling = self._ceilings(columns, name, can.choices, chosen)
        steps = {} if can.is_whole else self._steps(columns, name, can.choices, chosen)
        rows = _Rows(factors, ceiling, steps, budget)
        return Layout(can.choices, self._chips(columns, name, can, rows))

    def _chips(
        self, columns: "Columns", name: tuple[str, str], can: Buyable, rows: "_Rows"
    ) -> tuple[int, ...]:
        """Add the chips of every choice in every interval of the window; give the first of each."""
        work, hours, measure = self.work, columns.hours, self.work.measure_picounits
        found, slots = can.choices, can.firsts
        count, ceiling = work.end - work.first, work.chips_max_hundredths
        values = [-one.loss_picousd / PICOS * hours for one in found]
        uppers = [min(one.chips_hundredths, ceiling) / HUNDREDTHS for one in found]
        firsts = columns.stretches((*name, "chips"), values, uppers, count, traded=True)
        ones = (1,) * len(found)
        columns.runs(slots, 1, firsts, 1, count, ones)
        for number, row in enumerate(rows.factors):
            work_done = [-one.rates[number] / measure * hours for one in found]
            columns.runs((row,) * len(found), 0, firsts, 1, count, work_done)
        if rows.ceiling >= 0:
            columns.runs((rows.ceiling,) * len(found), 1, firsts, 1, count, ones)
        if work.has_scale or work.has_needs or rows.budget is not None:
            self._more(columns, can, rows, firsts)
        return tuple(firsts)

    def _more(self, columns: "Columns", can: Buyable, rows: "_Rows", firsts: Sequence[int]) -> None:
        """Enter chips into the rows that few modes have: of steps, named pools and budget."""
        hours, begins, count = columns.hours, self.work.first, self.work.end - self.work.first
        for one, slot, first in zip(can.choices, can.firsts, firsts, strict=True):
            if (step := (one.product, one.step)) in rows.steps:
                columns.run(rows.steps[step], 1, first, 1, count, 1)
            if one.pool:
                _enter_pool(columns, one, begins, first, count)
            if rows.budget is not None and columns.reference is not None:
                prices = np.array(columns.reference.slots[slot : slot + count]) / NANOUSD_PER_USD
                spent = np.full(count, rows.budget.row)
                columns.put(spent, first + np.arange(count), prices * hours)

    def _ceilings(
        self, columns: "Columns", name: tuple[str, str], found: Sequence[Choice], chosen: int | None
    ) -> int:
        """Add the rows of the ceiling, one an interval; -1 when one column's bound says it."""
        if len(found) <= 1 and chosen is None:
            return -1
        most = self.work.chips_max_hundredths / HUNDREDTHS
        return _limits(columns, (*name, "ceiling"), self.work, most, chosen)

    def _steps(
        self, columns: "Columns", name: tuple[str, str], found: Sequence[Choice], chosen: int | None
    ) -> dict[tuple[str, int], int]:
        """Add the rows of each scale step that several columns share, or that may be off."""
        many: dict[tuple[str, int], int] = {}
        size: dict[tuple[str, int], int] = {}
        for choice in found:
            step = choice.product, choice.step
            many[step] = many.get(step, 0) + 1
            size[step] = choice.chips_hundredths
        ceiling = self.work.chips_max_hundredths
        return {
            step: _limits(columns, (*name, "step", *map(str, step)), self.work, most / 100, chosen)
            for step, most in size.items()
            if most < ceiling and (many[step] > 1 or chosen is not None)
        }

    def read(self, grid: Grid, layout: Layout, primal: "Floats") -> Held:
        """Give what the solution holds: steps added up, snapped to the unit, else cut down."""
        size = self.work.end - self.work.first
        found: dict[tuple[str, str, str], Floats] = {}
        for choice, first in zip(layout.choices, layout.firsts, strict=True):
            where = choice.product, choice.tier, choice.pool
            amounts = primal[first : first + size]
            found[where] = found[where] + amounts if where in found else amounts
        traded = {}
        for (product, tier, pool), chips in found.items():
            units = chips * (HUNDREDTHS / grid.unit_hundredths)
            whole = np.rint(units)
            cut = np.where(
                np.abs(units - whole) * SNAP_PARTS <= np.maximum(1, whole), whole, units // 1
            )
            for place in np.flatnonzero(cut > 0):
                key = Key(self.id, product, tier, self.work.first + int(place), pool)
                traded[key] = int(cut[place]) * grid.unit_hundredths
        return Held(traded)

    def worth(self, context: Context, held: Held) -> Fraction:
        """Give the dollars declared for the work that these chips do, less what is lost by them."""
        grid, scale = context.grid, HUNDREDTHS * MINUTES_PER_HOUR
        delivered, lost = self.delivered(context, held)
        left, total = min(delivered) * grid.step_minutes, 0
        for units, usd in buyable(self.work, grid, context.pools).curve:
            if left <= 0:
                break
            total += usd * min(units * scale, left)
            left -= units * scale
        return Fraction(total - lost * grid.step_minutes * PICOS, PICOS * PICOS * scale)

    def delivered_units(self, context: Context, held: Held) -> Fraction:
        """Give the work that is done with what is held, in units: that of its scarcest factor."""
        done = min(self.delivered(context, held)[0]) * context.grid.step_minutes
        return Fraction(done, PICOS * HUNDREDTHS * MINUTES_PER_HOUR)

    def delivered(self, context: Context, held: Held) -> tuple[list[int], int]:
        """Give the work of each factor, hundredths of picounits x hours, and the loss likewise.

        The chips of a product in an interval fill its scale steps in order, the best tier first.
        """
        delivered, lost = [0] * len(self.work.factors), 0
        if not held.traded:
            return delivered, lost
        by_where = buyable(self.work, context.grid, context.pools).steps
        stacks: dict[tuple[str, int], list[tuple[Sequence[Choice], int]]] = {}
        for (mode, product, tier, interval, pool), quantity in held.traded.items():
            own = by_where.get((product, tier, pool)) if mode == self.work.id else None
            if own:
                stacks.setdefault((product, interval), []).append((own, quantity))
        for stack in stacks.values():
            if len(stack) > 1:
                stack.sort(key=lambda one: (-max(one[0][0].rates), one[0][0].tier, one[0][0].pool))
            below = 0
            for steps, quantity in stack:
                lost += quantity * steps[0].loss_picousd
                _fill(delivered, steps, below, below + quantity)
                below += quantity
        return delivered, lost

    def violations(self, context: Context, bid: str, held: Held) -> Iterator[Violation]:
        """Yield products, tiers and pools it cannot use, intervals outside, more than a ceiling."""
        grid, work, unit = context.grid, self.work, context.grid.unit_hundredths
        usable = buyable(work, grid, context.pools).steps
        by_interval: dict[int, int] = {}
        by_product: dict[tuple[str, int], int] = {}
        for (mode, product, tier, interval, pool), quantity in held.traded.items():
            if mode != self.id:
                continue
            where = bid, interval
            if (product, tier, pool) not in usable:
                found = f"{product} {tier} {pool}".rstrip()
                yield self._told("product", where, "a product, tier and pool of the mode", found)
            if not work.first <= interval < work.end:
                expected = f"an interval from {work.first} to before {work.end}"
                yield self._told("window", where, expected, str(interval))
            if quantity <= 0 or quantity % unit:
                expected = f"a multiple of {hundredths_text(unit)} chips"
                yield self._told("unit", where, expected, hundredths_text(quantity))
            by_interval[interval] = by_interval.get(interval, 0) + quantity
            place = product, interval
            by_product[place] = by_product.get(place, 0) + quantity
        tops = {row.product: row.scale[-1][0] for row in work.perf if row.scale}
        limits = [(i, many, work.chips_max_hundredths) for i, many in by_interval.items()]
        limits += [(i, many, tops[p]) for (p, i), many in by_product.items() if p in tops]
        for interval, many, most in limits:
            if many > most:
                expected = f"at most {hundredths_text(most)} chips"
                yield self._told("ceiling", (bid, interval), expected, hundredths_text(many))
        if work.uses_all(grid):
            yield from self._idle(context, bid, held)

    def _told(self, rule: str, where: tuple[str, int], expected: str, found: str) -> Violation:
        bid, interval = where
        return Violation(rule, f"{bid} {self.id} interval {interval}", expected, found)

    def _idle(self, context: Context, bid: str, held: Held) -> Iterator[Violation]:
        """Yield work beyond the curve, where idle chips could be paid for being bought.

        What snapping to the unit added is none (section 6, rule 1).
        """
        grid, scale = context.grid, HUNDREDTHS * MINUTES_PER_HOUR
        most = sum(units for units, _ in self.work.curve) * scale
        work = self.delivered(context, held)[0][0] * grid.step_minutes
        unit = self.work.rate_max * grid.unit_hundredths * grid.step_minutes
        if (work - most) * SNAP_PARTS > work + len(held.traded) * unit:
            expected, found = (decimal_text(div_floor(n, scale), PICOS) for n in (most, work))
            yield Violation("work", f"{bid} {self.id}", f"at most {expected} units", found)

    def profit_max(self, context: Context, bid: str, duals: Duals, fixed: Held | None) -> Fraction:
        """Give eq. 12's h at the published values of work: best blocks, best chips.

        All sums are integers of 10^-24 dollars x hundredths x minutes.
        """
        can = buyable(self.work, context.grid, context.pools)
        unit = sum([duals.work.get((bid, self.id, factor), 0) for factor in self.work.factors])
        blocks = 0
        for units, usd in can.curve:
            if usd <= unit:  # So are all that follow: willingness to pay never rises.
                break
            blocks += (usd - unit) * min(units, can.units_max)
        chips = self._best_chips(can, self.profits(context, bid, duals, can))
        if not (blocks or chips):
            return NOTHING
        scale = HUNDREDTHS * MINUTES_PER_HOUR
        total = blocks * scale + chips * context.grid.step_minutes
        return Fraction(total, PICOS * PICOS * scale)

    def _best_chips(self, can: Buyable, profits: Mapping[int, Sequence[int]]) -> int:
        """Give the greatest profit of all chips of the window, 10^-24 dollars x hundredths."""
        if can.is_whole:  # One choice may take all chips of an interval.
            best: int = sum([max(0, *each) for each in zip(*profits.values(), strict=True)])
            return best * self.work.chips_max_hundredths
        found = [can.choices[place] for place in profits]
        return _best_chips(found, tuple(profits.values()), self.work.chips_max_hundredths)

    def profits(
        self, context: Context, bid: str, duals: Duals, can: Buyable, held: Collection[int] = ()
    ) -> dict[int, list[int]]:
        """Give what a chip-hour of each choice gains in each interval, in 10^-24 dollars.

        By the choice's number among those of `can`. One that gains nowhere may be left out: it is
        nobody's choice; unless it is among `held`.
        """
        work, theta = self.work, duals.budgets.get(bid, 0)
        omega = [duals.work.get((bid, work.id, factor), 0) for factor in work.factors]
        if work.has_needs or theta or len(omega) > 1:
            return self._profits(context, omega, duals, can, theta)
        (value,), slots, count = omega, duals.slots, work.end - work.first
        lows = duals.lows_yoctousd(context.grid.intervals)
        kept = {at for at, rate, loss, row in can.terms if value * rate - loss > lows[row]}
        profits = {}
        for at in kept.union(held):
            _, rate, loss, _ = can.terms[at]
            gain, first = value * rate - loss, can.firsts[at]
            profits[at] = [
                gain - price * YOCTOUSD_PER_NANOUSD for price in slots[first : first + count]
            ]
        return profits

    def _profits(
        self, context: Context, omega: Sequence[int], duals: Duals, can: Buyable, theta: int
    ) -> dict[int, list[int]]:
        """Give the same of every choice, with all that a chip may cost and bring."""
        first, end = self.work.first, self.work.end
        profits = {}
        for at, (choice, slot) in enumerate(zip(can.choices, can.firsts, strict=True)):
            gain = sum(map(mul, omega, choice.rates)) - choice.loss_picousd * PICOS
            begins = slot - first
            profits[at] = [
                gain - (duals.slots[begins + interval] + extra) * YOCTOUSD_PER_NANOUSD
                for interval in range(first, end)
                for extra in (_extra(choice, interval, begins, duals, theta, context),)
            ]
        return profits

    def tops_picousd(self, grid: Grid) -> Mapping[str, int]:
        """Give the size of what its dearest block pays for a chip-hour of each product."""
        return tops_picousd(self.work, grid)


def _fill(delivered: list[int], steps: Sequence[Choice], low: int, high: int) -> None:
    """Add the work of the chips from `low` to `high` of a product's scale, in hundredths."""
    begins = 0
    for step in steps:
        ends = begins + step.chips_hundredths
        chips = min(high, ends) - max(low, begins)
        if chips > 0:
            for factor, rate in enumerate(step.rates):
                delivered[factor] += rate * chips
        begins = ends


def _extra(
    choice: Choice, interval: int, slot: int, duals: Duals, theta: int, context: Context
) -> int:
    """Give what a chip costs beyond λ: premium, side resources and budget, nano-dollars."""
    extra = 0
    if choice.pool:
        extra += duals.premiums.get((choice.pool, choice.tier, interval), 0)
        for resource, many in choice.needs:
            extra += many * duals.sides.get((choice.pool, resource, interval), 0)
    if theta and context.reference is not None:
        extra += theta * context.reference.slots[slot + interval] // PICOS
    return extra


def _best_chips(found: Sequence[Choice], profits: Sequence[Sequence[int]], most: int) -> int:
    """Give the greatest profit of at most so many hundredths in each interval, all together.

    `profits`: of a chip of each choice, by interval. A product's step goes to its best tier.
    """
    total = 0
    for each in zip(*profits, strict=True):
        best: dict[tuple[str, int], tuple[int, int]] = {}
        for choice, profit in zip(found, each, strict=True):
            step = choice.product, choice.step
            if profit > 0 and (step not in best or best[step][0] < profit):
                best[step] = profit, choice.chips_hundredths
        total += _knapsack(list(best.values()), most)
    return total


def _knapsack(items: list[tuple[int, int]], most: int) -> int:
    """Give the greatest profit of at most so many hundredths, each (profit, hundredths)."""
    if len(items) == 1:
        return items[0][0] * min(items[0][1], most)
    total = 0
    for profit, size in sorted(items, reverse=True):
        take = min(size, most)
        total, most = total + profit * take, most - take
        if not most:
            break
    return total


def _enter_pool(columns: "Columns", one: Choice, begins: int, first: int, count: int) -> None:
    """Enter chips of a named pool into its rows: premium and side resources (eq. 10)."""
    columns.run(columns.premium(one.pool, one.tier) + begins, 1, first, 1, count, 1)
    for resource, many in one.needs:
        row = columns.pools[one.pool].sides[resource] + begins
        columns.run(row, 1, first, 1, count, many)


def _limits(
    columns: "Columns", name: tuple[str, ...], work: Work, most: float, chosen: int | None
) -> int:
    """Add rows that hold chips to `most` in each interval, or to most times the choice."""
    count = work.end - work.first
    first = columns.rows((OWN, *name), count, -np.inf, most if chosen is None else 0)
    if chosen is not None:
        columns.run(first, 1, chosen, 0, count, -most)
    return first


def read(fields: Any, context: Context) -> Divisible:
    """Read a divisible mode; raises RequestMalformed with the field at fault."""
    return Divisible(read_work(fields, context))
