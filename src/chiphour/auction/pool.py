"""POOL: one supplier's chips of one product: cost by blocks, tiers, reserve, switching on and off.

Takes   its JSON fields, of kind "sell" or "leaseback".
Gives   `Pool`, a bid: its columns and rows, its cost, its check, its best profit at any prices.
Keeps   cost convex: blocks that fall in price are refused, never sorted; money and amounts exact.
Source  docs/formulation/auction.md, equations 4, 5, 8, 9, 10 and 12. The turn-on inequalities:
        Rajan and Takriti, "Minimum up/down polytopes of the unit commitment problem with start-up
        costs", IBM RC23628, 2005.

Amounts are counted in *parts*: millionths of a hundredth of a chip, in which a share of an
inventory is whole. What is sold of a tier is y / β of the pool's own chips, which need not be whole
in parts: there all amounts are multiplied by the least common multiple of the tiers' β. Only what
is handed to the model is in floats.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import hundredths_texts
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Violation
from chiphour.auction.held import Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.held import Offered
from chiphour.auction.schedule import best_output
from chiphour.auction.schedule import best_schedule
from chiphour.auction.schedule import starts
from chiphour.auction.schedule import too_short
from chiphour.auction.snap import snapped
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import PPM
from chiphour.units import TICKS_PER_USD
from chiphour.units import div_ceil
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ticks

if TYPE_CHECKING:
    from chiphour.auction.model import Columns
    from chiphour.auction.model import Floats

PARTS = HUNDREDTHS * PPM  # Of one chip.
BLOCK_PARTS_MIN = PARTS // 100_000  # Ten times what the solver takes for nothing.
NANOUSD_PER_MICROUSD = NANOUSD_PER_USD // MICROUSD_PER_USD
NONE = -1  # A row or column that is not there.


class Block(NamedTuple):
    """Chips at one price: `quantity_hundredths` of them, or, where that is None, a share."""

    share_ppm: int
    quantity_hundredths: int | None
    price_ticks: int  # a chip-hour


class Layout(NamedTuple):
    """Where a pool stands: its first column of each tier, of its reserve and of being on."""

    sells: Mapping[str, int]
    reserve: int
    on: int


@dataclass(frozen=True)
class Pool:
    """An offer. Where `startable` is false it is always on, and what follows it is zero.

    `tiers`: (name, chips sold for each of its own, in ppm), by name. `side_stock`: (resource, whole
    units in each interval), by name. `run_min`, `rest_min`: intervals, at least 1. `position`: the
    reserved position that is leased back, or "".
    """

    kind: str
    id: str
    account: int
    product: str
    inventory_hundredths: tuple[int, ...]  # by interval
    blocks: tuple[Block, ...]  # rising in price
    tiers: tuple[tuple[str, int], ...]
    reserve: bool = False
    side_stock: tuple[tuple[str, tuple[int, ...]], ...] = ()
    position: str = ""
    startable: bool = False
    startup_microusd: int = 0
    no_load_ticks: int = 0  # an hour
    output_min_ppm: int = 0  # of the inventory
    run_min: int = 1
    rest_min: int = 1

    @property
    def side(self) -> int:
        """Give SELL."""
        return SELL

    @cached_property
    def offered(self) -> Offered:
        """Give what it can be asked for."""
        tiers = frozenset(name for name, _ in self.tiers)
        resources = frozenset(name for name, _ in self.side_stock)
        return Offered(self.product, tiers, resources, max(self.inventory_hundredths))

    def fields(self, grid: Grid) -> dict[str, Any]:
        """Write the offer as JSON fields, canonically, its `kind` included."""
        fields: dict[str, Any] = {
            "kind": self.kind,
            "id": self.id,
            "account": self.account,
            "product": self.product,
            "inventory": hundredths_texts(self.inventory_hundredths),
            "blocks": [_block_fields(block) for block in self.blocks],
            "tiers": [
                {"tier": name, "beta": decimal_text(beta_ppm, PPM)} for name, beta_ppm in self.tiers
            ],
            "reserve": self.reserve,
            "side_stock": {name: list(units) for name, units in self.side_stock},
        }
        if self.position:
            fields["position"] = self.position
        if self.startable:
            fields |= {
                "startup": text_from_microusd(self.startup_microusd),
                "no_load": text_from_ticks(self.no_load_ticks),
                "output_min": decimal_text(self.output_min_ppm, PPM),
                "run_min": self.run_min,
                "rest_min": self.rest_min,
            }
        return fields

    @cached_property
    def sizes(self) -> NDArray[np.int64]:
        """Give what each block holds in each interval, in parts: int64[blocks, intervals].

        It is a share of the inventory or a quantity, and never more than what the blocks before it
        leave.
        """
        inventory = np.array(self.inventory_hundredths, dtype=np.int64)
        left, found = inventory * PPM, []
        for share_ppm, quantity, _ in self.blocks:
            wanted = share_ppm * inventory if quantity is None else np.int64(quantity * PPM)
            found.append(np.minimum(left, wanted))
            left = left - found[-1]
        sizes = np.array(found)
        sizes.flags.writeable = False  # It is handed out again and again.
        return sizes

    @cached_property
    def sizes_by_interval(self) -> list[list[int]]:
        """Give `sizes` by interval and block."""
        found: list[list[int]] = self.sizes.T.tolist()
        return found

    @cached_property
    def prices(self) -> list[int]:
        """Give the price of each block, nano-dollars an hour x ppm."""
        return [block.price_ticks * NANOUSD_PER_TICK * PPM for block in self.blocks]

    @cached_property
    def scale(self) -> int:
        """Give the least multiple of what a chip of its own is sold as on each tier, in ppm."""
        return lcm(*(beta_ppm for _, beta_ppm in self.tiers))

    @cached_property
    def own_ppm_max(self) -> int:
        """Give how much of a chip of its own one that is sold takes at most, in ppm."""
        return PPM * PPM // min(PPM, *(beta_ppm for _, beta_ppm in self.tiers))

    def lower(self, columns: "Columns") -> Layout:
        """Add the pool's columns and rows (eq. 4, 5, 8, 9, 10) and tell the model where they are.

        A tier's column may hold one chip more than the pool can: its bound never binds, so that
        λ = μ / β wherever something is sold.
        """
        every, name = columns.every, self.id
        inventory = np.array(self.inventory_hundredths) / HUNDREDTHS
        balance = columns.rows(("pool", name), every.size, 0, 0)
        on = self._lower_commitment(columns) if self.startable else NONE
        sides = {
            resource: _limit(columns, ("side", name, resource), np.array(units), on)
            for resource, units in self.side_stock
        }
        sells = {}
        for tier, beta_ppm in self.tiers:
            most = np.where(inventory > 0, (inventory + 1) * (beta_ppm / PPM), 0)
            first = columns.columns(("sell", name, tier), 0, most, (), traded=True)
            columns.join(columns.first_slots[self.product, tier], every, first, -1)
            columns.join(balance, every, first, PPM / beta_ppm)
            sells[tier] = first
        capacity = reserve = NONE
        if self.reserve:
            capacity = _limit(columns, ("capacity", name), inventory, on)
            region = columns.grid.products[columns.grid.product_numbers[self.product]].region
            reserve = columns.columns(("kept", name), 0, inventory, (), traded=True)
            columns.join(columns.reserve(region), every, reserve, -1)
            columns.join(capacity, every, reserve, 1)
        self._lower_blocks(columns, balance, capacity, on)
        columns.pool(name, self.product, balance, sells, sides)
        return Layout(sells, reserve, on)

    def _lower_blocks(self, columns: "Columns", balance: int, capacity: int, on: int) -> None:
        """Add the chips used of each block: with on and off, each in a row of its own."""
        every, least = columns.every, NONE
        if self.output_min_ppm:
            amounts = np.array(self.inventory_hundredths) * (self.output_min_ppm / PARTS)
            least = columns.rows(("least", self.id), every.size, 0, np.inf)
            columns.put(least + every, on + every, -amounts)
        for number, (sizes, block) in enumerate(zip(self.sizes, self.blocks, strict=True)):
            label, chips = (self.id, str(number)), sizes / PARTS
            own = _limit(columns, ("block", *label), chips, on) if self.startable else NONE
            used = np.flatnonzero(sizes)
            cost = -block.price_ticks / TICKS_PER_USD * columns.hours
            first = columns.columns(("use", *label), cost, chips[used], ())
            for row, sign in ((balance, -1), (capacity, 1), (least, 1), (own, 1)):
                if row != NONE:
                    columns.join(row, used, first, sign)

    def _lower_commitment(self, columns: "Columns") -> int:
        """Add being on and starting, and eq. 8; gives the first column of being on."""
        every, count = columns.every, columns.every.size
        no_load = -self.no_load_ticks / TICKS_PER_USD * columns.hours
        startup = -self.startup_microusd / MICROUSD_PER_USD
        ones = np.ones(count)
        on = columns.columns(("on", self.id), no_load, ones, [], integer=True)
        start = columns.columns(("start", self.id), startup, ones, [], integer=True)
        begins = columns.rows(("begins", self.id), count, 0, np.inf)
        columns.put(begins + every, start + every, 1)
        columns.put(begins + every, on + every, -1)
        columns.put(begins + every[1:], on + every[:-1], 1)
        runs = columns.rows(("runs", self.id), count, -np.inf, 0)
        columns.put(runs + every, on + every, -1)
        rests = columns.rows(("rests", self.id), count, -np.inf, 1)
        rest = min(self.rest_min, count)
        columns.put(rests + every[rest:], on + every[: count - rest], 1)
        for first, span in ((runs, self.run_min), (rests, self.rest_min)):
            for lag in range(min(span, count)):
                columns.put(first + every[lag:], start + every[: count - lag], 1)
        return on

    def read(self, grid: Grid, layout: Layout, primal: "Floats") -> Held:
        """Give what the solution holds: tiers sold, reserve, on. What gangs took is not known here.

        `gang_hundredths` is zero in each interval: whoever places the gangs fills it in.
        """
        traded, unit = {}, grid.unit_hundredths
        for tier, first in layout.sells.items():
            sold = snapped(primal[first : first + grid.intervals], unit)
            for interval, quantity in enumerate(sold):
                if quantity:
                    traded[Key("", self.product, tier, interval)] = quantity
        none = (0,) * grid.intervals
        kept, on = none, (1,) * grid.intervals
        if layout.reserve != NONE:
            kept = snapped(primal[layout.reserve : layout.reserve + grid.intervals], unit)
        if layout.on != NONE:
            found = primal[layout.on : layout.on + grid.intervals]
            on = tuple(np.rint(found).astype(np.int64).tolist())
        return Held(traded, (), none, kept, on)

    def needs(self, mode: str, product: str) -> Mapping[str, int]:
        """Give nothing: a seller needs no side resources."""
        return {}

    def is_on(self, held: Held, interval: int) -> bool:
        """Tell whether it is on in an interval: always, unless it can be switched off."""
        return not self.startable or (0 <= interval < len(held.on) and held.on[interval] > 0)

    def stock(self, resource: str, interval: int, held: Held) -> int:
        """Give the units of a side resource that it has: none while off, none that it lacks."""
        units = dict(self.side_stock).get(resource, ())
        is_there = 0 <= interval < len(units) and self.is_on(held, interval)
        return units[interval] if is_there else 0

    def used(self, held: Held) -> tuple[list[int], int]:
        """Give the pool's own chips in use, by interval (eq. 4): parts times a scale; the scale."""
        betas, scale = dict(self.tiers), self.scale
        found = [0] * len(self.inventory_hundredths)
        for key, quantity in held.traded.items():
            if key.tier in betas and 0 <= key.interval < len(found):
                found[key.interval] += quantity * PPM * PPM * (scale // betas[key.tier])
        for interval, quantity in enumerate(held.gang_hundredths[: len(found)]):
            found[interval] += quantity * PPM * scale
        return found, scale

    def chips_used(self, held: Held) -> list[int]:
        """Give the pool's own chips in use by interval, in hundredths, rounded up."""
        used, scale = self.used(held)
        return [div_ceil(parts, scale * PPM) for parts in used]

    def missing_max(self, unit_hundredths: int) -> int:
        """Give what may be missing of the least output: a unit of each tier, in parts x scale.

        Between a ceiling of buyers and the least output there need be no whole number of units.
        """
        part = unit_hundredths * PPM * PPM
        return sum(part * (self.scale // beta_ppm) for _, beta_ppm in self.tiers)

    def worth(self, context: Context, held: Held) -> Fraction:
        """Give the cost in dollars, negative: cheapest blocks first, no load, start-ups."""
        used, scale = self.used(held)
        cost = 0  # Parts x scale x ticks.
        for left, sizes in zip(used, self.sizes_by_interval, strict=True):
            for size, block in zip(sizes, self.blocks, strict=True):
                if left <= 0:
                    break
                cost += min(size * scale, left) * block.price_ticks
                left -= size * scale
        whole = PARTS * scale  # A tick, or a chip.
        if self.startable:
            cost += sum(held.on) * self.no_load_ticks * whole
        cost *= context.grid.step_minutes * (MICROUSD_PER_USD // TICKS_PER_USD)
        if self.startable:
            cost += starts(held.on) * self.startup_microusd * whole * MINUTES_PER_HOUR
        return Fraction(-cost, MICROUSD_PER_USD * whole * MINUTES_PER_HOUR)

    def violations(self, context: Context, held: Held) -> Iterator[Violation]:
        """Yield what it does not sell, more than it holds, output or run or rest too short."""
        count, unit = len(self.inventory_hundredths), context.grid.unit_hundredths
        names = dict(self.tiers)
        for key, quantity in held.traded.items():
            mode, product, tier, interval, pool = key
            if product != self.product or mode or pool:
                found = " ".join(map(str, key)).strip()
                yield Violation("product", self._where(key), self.product, found)
            if tier not in names:
                yield Violation("tier", self._where(key), " or ".join(names), tier)
            if not 0 <= interval < count:
                yield Violation("interval", self._where(key), f"0 to {count - 1}", str(interval))
            if quantity <= 0 or quantity % unit:
                expected = f"a multiple of {hundredths_text(unit)} chips, above zero"
                yield Violation("unit", self._where(key), expected, hundredths_text(quantity))
        if held.gangs:
            yield Violation("gangs", self.id, "no gang of its own", str(len(held.gangs)))
        lists = (held.gang_hundredths, held.reserve_hundredths, held.on)
        if any(len(found) not in (0, count) for found in lists):
            found = " ".join(str(len(one)) for one in lists)
            yield Violation("intervals", self.id, f"{count} intervals in each list", found)
            return
        yield from self._use_violations(context, held)
        yield from self._commitment_violations(held)

    def _where(self, key: Key) -> str:
        return f"{self.id} {key.tier} interval {key.interval}"

    def _use_violations(self, context: Context, held: Held) -> Iterator[Violation]:
        """Yield intervals in which eq. 5 is broken, amounts in parts times a scale."""
        used, scale = self.used(held)
        tops = list(map(sum, self.sizes_by_interval))
        unit, none = context.grid.unit_hundredths, (0,) * len(used)
        kept_each, missing = held.reserve_hundredths or none, self.missing_max(unit)
        for interval, gangs in enumerate(held.gang_hundredths or none):
            where, chips = f"{self.id} interval {interval}", used[interval]
            kept = kept_each[interval]
            if gangs < 0 or kept < 0 or kept % unit:
                expected = f"a multiple of {hundredths_text(unit)} chips, not below zero"
                yield Violation("unit", where, expected, f"{hundredths_text(min(gangs, kept))}")
            if kept and not self.reserve:
                yield Violation("reserve", where, "no reserve", hundredths_text(kept))
            is_on = self.is_on(held, interval)
            if not is_on and (chips or kept):
                found = _chips_text(chips + kept * PPM * scale, scale)
                yield Violation("off", where, "nothing while off", found)
                continue
            inventory = self.inventory_hundredths[interval] * PPM
            least = self.output_min_ppm * self.inventory_hundredths[interval] if is_on else 0
            for rule, word, limit, amount in (
                ("blocks", "most", tops[interval] * scale, chips),
                ("inventory", "most", inventory * scale, chips + kept * PPM * scale),
                ("output_min", "least", missing - least * scale, -max(chips, 0)),
            ):
                if amount > limit:
                    expected = f"at {word} {_chips_text(abs(limit), scale)} chips"
                    yield Violation(rule, where, expected, _chips_text(abs(amount), scale))

    def _commitment_violations(self, held: Held) -> Iterator[Violation]:
        """Yield runs and rests that are too short; a run that the horizon cuts is none (eq. 8)."""
        if any(on not in ((0, 1) if self.startable else (1,)) for on in held.on):
            yield Violation("on", self.id, "0 or 1, 1 where it cannot be off", str(held.on))
            return
        if self.startable:
            for begin, is_on, length in too_short(held.on, self.run_min, self.rest_min):
                rule, least = ("run_min", self.run_min) if is_on else ("rest_min", self.rest_min)
                where = f"{self.id} interval {begin}"
                yield Violation(rule, where, f"{least} intervals or more", str(length))

    def profit_max(self, context: Context, duals: Duals, fixed: Held | None) -> Fraction:
        """Give the most that the pool could gain alone at these prices, in dollars (eq. 12).

        One of its own chips earns the most of μ (a gang's) and β (λ + κ) over its tiers: eq. 4
        stays in the pool's own problem, and no bound on what a tier sells is needed. That bounds
        the welfare, for gangs pay μ, buyers λ, and κ with Σ x_s <= y. At exact duals there is no
        gap, since there μ >= β (λ + κ) for every tier: no column of a tier is at its bound.
        """
        gains = self._gains(context.grid, duals)
        scale = NANOUSD_PER_USD * PPM * PARTS * MINUTES_PER_HOUR
        startup = self.startup_microusd * (scale // MICROUSD_PER_USD)
        if not self.startable:
            return Fraction(sum(gains), scale)
        if fixed is None:
            return Fraction(best_schedule(gains, startup, self.run_min, self.rest_min), scale)
        held = sum(gain for gain, on in zip(gains, fixed.on, strict=False) if on)
        return Fraction(held - starts(fixed.on) * startup, scale)

    def _gains(self, grid: Grid, duals: Duals) -> list[int]:
        """Give the profit of being on in each interval: nano-dollars x ppm x parts x minutes."""
        number = grid.product_numbers[self.product]
        region = grid.products[number].region
        tiers = [
            (name, beta_ppm, grid.slot(number, grid.tier_numbers[name], 0))
            for name, beta_ppm in self.tiers
        ]
        no_load = self.no_load_ticks * NANOUSD_PER_TICK * PPM * PARTS
        premiums, reserve = duals.premiums, duals.reserve if self.reserve else {}
        gains = []
        for interval, sizes in enumerate(self.sizes_by_interval):
            earned = duals.pools.get((self.id, interval), 0) * PPM
            for name, beta_ppm, slot in tiers:
                price = duals.slots[slot + interval]
                if premiums:
                    price += premiums.get((self.id, name, interval), 0)
                earned = max(earned, beta_ppm * price)
            kept = reserve.get((region, interval), 0) * PPM if reserve else 0
            margins = [earned - price for price in self.prices]
            inventory = self.inventory_hundredths[interval]
            least = self.output_min_ppm * inventory
            gain = best_output(margins, sizes, least, inventory * PPM, kept) - no_load
            for resource, units in self.side_stock:
                price = duals.sides.get((self.id, resource, interval), 0)
                gain += price * units[interval] * PPM * PARTS
            gains.append(gain * grid.step_minutes)
        return gains

    def tops_picousd(self, grid: Grid) -> dict[str, int]:
        """Give the size of its dearest block's price, by the tier that takes most of a chip."""
        most = max(abs(block.price_ticks) for block in self.blocks)
        beta_ppm = min(PPM, *(beta_ppm for _, beta_ppm in self.tiers))
        return {self.product: div_ceil(most * (PICOS // TICKS_PER_USD) * PPM, beta_ppm)}


def _limit(columns: "Columns", name: tuple[str, ...], amounts: "Floats", on: int) -> int:
    """Add rows that hold something to these amounts, or to these amounts while on."""
    if on == NONE:
        return columns.rows(name, amounts.size, -np.inf, amounts)
    first = columns.rows(name, amounts.size, -np.inf, 0)
    columns.put(first + columns.every, on + columns.every, -amounts)
    return first


def _block_fields(block: Block) -> dict[str, str]:
    price = text_from_ticks(block.price_ticks)
    if block.quantity_hundredths is None:
        return {"share": decimal_text(block.share_ppm, PPM), "price": price}
    return {"quantity": hundredths_text(block.quantity_hundredths), "price": price}


def _chips_text(parts: int, scale: int) -> str:
    """Write parts times a scale as chips, cut after eight decimals."""
    return decimal_text(parts // scale, PARTS)
