"""WORK: what a divisible mode says: performance, interruption, willingness to pay, ceilings.

Takes   its JSON fields.
Gives   `Work`, its canonical JSON; `choices`: every product, tier, pool and scale step that it may
        buy, with what a chip-hour of it delivers.
Keeps   rates exact to 10^-12; a tier that delivers nothing, or interrupts too often, is no choice.
Source  docs/formulation/auction.md, section 3, equations 1, 2 and 10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import replace
from functools import cached_property
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import QUANTITY_HUNDREDTHS_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import closed_object
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_text
from chiphour.auction.fields import read_names
from chiphour.auction.fields import read_needs
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Tier
from chiphour.auction.grid import read_product_id
from chiphour.auction.grid import read_tier_name
from chiphour.auction.held import Context
from chiphour.auction.held import Offered
from chiphour.units import PPM
from chiphour.units import TICKS_PER_USD
from chiphour.units import div_ceil
from chiphour.units import div_floor

ONE_FACTOR = "work"
CURVE_BLOCKS_MAX = 1_000
SCALE_STEPS_MAX = 64
RATE_PICOS_MIN = PICOS // 1_000_000  # Finer, and what tiers deliver would be cut too coarsely;
RATE_PICOS_MAX = PICOS * 1_000_000  # greater, and so would be the value of a unit.
RATES_RATIO_MAX = 1_000_000  # Between the rates of a mode: a solver forgets what does less.
CHOICES_MAX = 1 << 17  # Products x tiers x pools x steps of scale x intervals of a mode.
KEPT = 1 << 14  # Modes of which what they may buy, and pay, is remembered.
PPB = 10**9

_DECIMAL = {"type": "string"}
_PERF = closed_object(
    {
        "product": _DECIMAL,
        "units_per_chip_hour": {
            "description": "Units that one chip does in an hour; or of each factor that it needs.",
            "oneOf": [_DECIMAL, {"type": "object", "additionalProperties": _DECIMAL}],
        },
        "scale": {
            "type": "array",
            "description": "[chips, share]: up to so many chips work at this share of the rate.",
            "items": {"type": "array", "prefixItems": [_DECIMAL, _DECIMAL], "minItems": 2},
        },
        "needs": {"type": "object", "additionalProperties": {"type": "integer"}},
    }
) | {"required": ["product", "units_per_chip_hour"]}
SCHEMA: dict[str, Any] = {
    "perf": {"type": "array", "minItems": 1, "items": _PERF},
    "tiers": {
        "type": "array",
        "minItems": 1,
        "items": closed_object({"tier": _DECIMAL, "max_pi": _DECIMAL}) | {"required": ["tier"]},
    },
    "interruption": closed_object(
        {"loss_units": _DECIMAL, "restart_hours": _DECIMAL, "loss_usd": _DECIMAL}
    )
    | {"required": []},
    "curve": {
        "type": "array",
        "minItems": 1,
        "maxItems": CURVE_BLOCKS_MAX,
        "description": "[units, dollars per unit], never rising.",
        "items": {"type": "array", "prefixItems": [_DECIMAL, _DECIMAL], "minItems": 2},
    },
    "chips_max": {"type": "string", "description": "Chips in any interval, all products together."},
    "window": closed_object({"from": {"type": "string"}, "to": {"type": "string"}}),
}


class Perf(NamedTuple):
    """How one product works. `rates`: picounits per chip-hour by factor, one or more above zero.

    `scale`: (chips in hundredths, share in ppm), the chips rising, the share falling; empty where
    every chip works alike. `needs`: (resource, units a chip) beyond the product's bundle.
    """

    product: str
    rates: tuple[int, ...]
    scale: tuple[tuple[int, int], ...]
    needs: tuple[tuple[str, int], ...]


_NEEDS, _SCALE = attrgetter("needs"), attrgetter("scale")


@dataclass(frozen=True)
class Work:
    """A divisible mode. Units and dollars are in picos; intervals from first to before end.

    `tiers`: (tier, greatest π in ppm that it accepts, or None).
    """

    id: str
    factors: tuple[str, ...]
    perf: tuple[Perf, ...]
    tiers: tuple[tuple[str, int | None], ...]
    loss_picounits: int
    restart_picohours: int
    loss_picousd: int
    curve: tuple[tuple[int, int], ...]
    chips_max_hundredths: int
    first: int
    end: int

    @cached_property
    def _hash(self) -> int:
        return hash((self.id, self.factors, self.perf, self.tiers, self.curve, self.first))

    def __hash__(self) -> int:
        """Give what it is looked up by, found once: a mode is looked up again and again."""
        return self._hash

    def cut_curve(self, grid: Grid) -> tuple[tuple[int, int], ...]:
        """Give the curve with no chip-hour worth more than the cap on its best product."""
        cap = div_floor(grid.cap_ticks * (PICOS // TICKS_PER_USD) * PICOS, self.rate_max)
        if self.curve[0][1] <= cap:
            return self.curve
        return tuple((units, min(usd, cap)) for units, usd in self.curve)

    @cached_property
    def rate_max(self) -> int:
        """Give its best rate: picounits per chip-hour of any factor on any product."""
        return max(self.best_rates.values())

    @cached_property
    def best_rates(self) -> Mapping[str, int]:
        """Give the best rate on each product: picounits per chip-hour of any factor."""
        return {row.product: max(row.rates) for row in self.perf}

    @cached_property
    def has_scale(self) -> bool:
        """Tell whether more chips of a product do less each."""
        return any(map(_SCALE, self.perf))

    @cached_property
    def has_needs(self) -> bool:
        """Tell whether a chip of any product needs more than its bundle."""
        return any(map(_NEEDS, self.perf))

    @cached_property
    def measure_picounits(self) -> int:
        """Give what the model counts its work in: the power of ten next below its best rate.

        So the solver sees the same numbers whatever unit the bidder counts in.
        """
        return int(10 ** (len(str(self.rate_max)) - 1))

    def units_max(self, grid: Grid) -> int:
        """Give the picounits that its ceiling of chips could do at its best rate, rounded up."""
        chip_minutes = self.chips_max_hundredths * (self.end - self.first) * grid.step_minutes
        return div_ceil(self.rate_max * chip_minutes, HUNDREDTHS * MINUTES_PER_HOUR)

    def uses_all(self, grid: Grid) -> bool:
        """Tell whether every chip bought must do work that is paid for (eq. 1 as an equality).

        So where idle chips could be paid for, but not with several factors, which cannot all be
        met, nor with a scale, whose worst steps would be bought first.
        """
        return not grid.disposal_is_free and len(self.factors) == 1 and not self.has_scale

    def scaled(self, share_ppb: int) -> "Work":
        """Give the same work at a share of its dollars per unit, in 10^-9, cut down."""
        curve = tuple((units, usd * share_ppb // PPB) for units, usd in self.curve)
        return replace(self, curve=curve)


class Choice(NamedTuple):
    """Chips that a mode may buy: `chips_hundredths` of them at most, in a step of the scale.

    `rates`: picounits delivered per chip-hour by factor (φ of eq. 1). `loss_picousd`: π times the
    loss, dollars per chip-hour. `pool` is "" where the mode needs nothing beyond the bundle.
    """

    product: str
    tier: str
    pool: str
    step: int
    chips_hundredths: int
    rates: tuple[int, ...]
    loss_picousd: int
    needs: tuple[tuple[str, int], ...]


class Buyable(NamedTuple):
    """All that a mode may buy in a run: `choices` by product, tier, pool and step.

    `steps`: those of each product, tier and pool, in order; `places`: the number of each of these.
    `products`: all of theirs. `rate_max`: the best rate of any. `is_whole`: each may be all of the
    mode's chips. Of each choice: `firsts`, its slot in the first interval of the window; `terms`,
    its number, its rate of the first factor, its loss in 10^-24 dollars, and the number of its
    product and tier. `curve`: the mode's, cut to the cap; `units_max`: the picounits that no block
    is longer than, twice what all its chips can do.
    """

    choices: tuple[Choice, ...]
    steps: Mapping[tuple[str, str, str], tuple[Choice, ...]]
    places: Mapping[tuple[str, str, str], int]
    products: frozenset[str]
    rate_max: int
    is_whole: bool
    firsts: tuple[int, ...]
    terms: tuple[tuple[int, int, int, int], ...]
    curve: tuple[tuple[int, int], ...]
    units_max: int


def choices(work: Work, grid: Grid, pools: Mapping[str, Offered]) -> tuple[Choice, ...]:
    """Give all that a mode may buy, by product, tier, pool and step."""
    return buyable(work, grid, pools).choices


def buyable(work: Work, grid: Grid, pools: Mapping[str, Offered]) -> Buyable:
    """Give all that a mode may buy.

    A tier whose interruptions cost more an hour than lies between floor and cap is none.
    """
    return _buyable(work, grid, pools) if work.has_needs else _anywhere(work, grid)


@lru_cache(maxsize=KEPT)
def _anywhere(work: Work, grid: Grid) -> Buyable:
    """Give what a mode may buy that asks for no pool: it is asked for again and again."""
    return _buyable(work, grid, {})


def _buyable(work: Work, grid: Grid, pools: Mapping[str, Offered]) -> Buyable:
    found = _choices(work, grid, pools)
    steps: dict[tuple[str, str, str], tuple[Choice, ...]] = {}
    for one in found:
        place = one.product, one.tier, one.pool
        steps[place] = (*steps.get(place, ()), one)
    slots = [grid.first_slots[one.product, one.tier] for one in found]
    return Buyable(
        found,
        steps,
        places={place: number for number, place in enumerate(steps)},
        products=frozenset(one.product for one in found),
        rate_max=max((max(one.rates) for one in found), default=0),
        is_whole=all(one.chips_hundredths >= work.chips_max_hundredths for one in found),
        firsts=tuple(slot + work.first for slot in slots),
        terms=tuple(
            (number, one.rates[0], one.loss_picousd * PICOS, slot // grid.intervals)
            for number, (one, slot) in enumerate(zip(found, slots, strict=True))
        ),
        curve=work.cut_curve(grid),
        units_max=2 * work.units_max(grid),
    )


@lru_cache(maxsize=KEPT)
def tops_picousd(work: Work, grid: Grid) -> Mapping[str, int]:
    """Give the size of what its dearest block pays for a chip-hour of each product."""
    usd = max(abs(usd) for _, usd in work.cut_curve(grid))
    lost = work.loss_picousd * max(tier.pi_ppm for tier in grid.tiers)
    most = (grid.cap_ticks - grid.floor_ticks) * (PICOS // TICKS_PER_USD) * PPM
    lost = min(lost, most) * (PICOS // PPM)
    best = work.best_rates.items()
    return {product: div_ceil(rate * usd + lost, PICOS) for product, rate in best}


def _choices(work: Work, grid: Grid, pools: Mapping[str, Offered]) -> tuple[Choice, ...]:
    loss_max = (grid.cap_ticks - grid.floor_ticks) * (PICOS // TICKS_PER_USD)
    accepted = [
        tier
        for name, pi_max in work.tiers
        for tier in grid.tiers
        if tier.name == name
        and (pi_max is None or tier.pi_ppm <= pi_max)
        and tier.pi_ppm * work.loss_picousd <= loss_max * PPM
    ]
    return tuple(
        choice
        for row in work.perf
        for tier in accepted
        for pool in _places(row, tier, pools)
        for choice in _steps(work, row, tier, pool)
    )


def _places(row: Perf, tier: Tier, pools: Mapping[str, Offered]) -> list[str]:
    """Give the pools that stock what a chip needs; "" alone where it needs nothing."""
    if not row.needs:
        return [""]
    resources = {resource for resource, _ in row.needs}
    return [
        pool
        for pool, has in pools.items()
        if has.product == row.product and tier.name in has.tiers and resources <= has.resources
    ]


def _steps(work: Work, row: Perf, tier: Tier, pool: str) -> list[Choice]:
    scale = row.scale or ((work.chips_max_hundredths, PPM),)
    found, below = [], 0
    for step, (chips_hundredths, share_ppm) in enumerate(scale):
        rates = tuple(
            _delivered(work, rate, tier.pi_ppm, share_ppm) if rate else 0 for rate in row.rates
        )
        size = chips_hundredths - below
        delivers = all(got > 0 for got, rate in zip(rates, row.rates, strict=True) if rate)
        if delivers and size > 0:
            loss_picousd = tier.pi_ppm * work.loss_picousd // PPM
            where = row.product, tier.name, pool, step
            found.append(Choice(*where, size, rates, loss_picousd, row.needs))
        below = chips_hundredths
    return found


def _delivered(work: Work, rate: int, pi_ppm: int, share_ppm: int) -> int:
    """Give ε [(1 - π) f - π (loss + restart f)], picounits per chip-hour, cut down once."""
    lost = work.loss_picounits * PICOS + work.restart_picohours * rate
    left = (PPM - pi_ppm) * rate * PICOS - pi_ppm * lost
    return share_ppm * left // (PPM * PPM * PICOS)


def work_fields(work: Work, grid: Grid) -> dict[str, Any]:
    """Write a divisible mode as JSON fields, canonically."""
    loss = {
        "loss_units": work.loss_picounits,
        "restart_hours": work.restart_picohours,
        "loss_usd": work.loss_picousd,
    }
    return {
        "id": work.id,
        "perf": _perf_fields(work),
        "tiers": [
            {"tier": name} | ({} if pi is None else {"max_pi": decimal_text(pi, PPM)})
            for name, pi in work.tiers
        ],
        "interruption": {name: decimal_text(value, PICOS) for name, value in loss.items()},
        "curve": [
            [decimal_text(units, PICOS), decimal_text(usd, PICOS)] for units, usd in work.curve
        ],
        "chips_max": hundredths_text(work.chips_max_hundredths),
        "window": {"from": grid.iso(work.first), "to": grid.iso(work.end)},
    }


def _perf_fields(work: Work) -> list[dict[str, Any]]:
    one, told = work.factors == (ONE_FACTOR,), []
    texts = {rate: decimal_text(rate, PICOS) for row in work.perf for rate in row.rates}
    for row in work.perf:
        rates = {f: texts[rate] for f, rate in zip(work.factors, row.rates, strict=True)}
        fields: dict[str, Any] = {
            "product": row.product,
            "units_per_chip_hour": rates[ONE_FACTOR] if one else rates,
        }
        if row.scale:
            fields["scale"] = [
                [hundredths_text(chips), decimal_text(share, PPM)] for chips, share in row.scale
            ]
        if row.needs:
            fields["needs"] = dict(row.needs)
        told.append(fields)
    return told


def read_work(fields: Fields, context: Context) -> Work:
    """Read a divisible mode; raises RequestMalformed with the field at fault."""
    grid = context.grid
    chips_max = fields.hundredths("chips_max")
    if not chips_max:
        raise fields.refuse("chips_max", "chips above zero", "0")
    rows = fields.each("perf", lambda row: _read_perf(row, context, chips_max))
    products = [row.product for _, row in rows]
    if not rows or len(set(products)) < len(products):
        raise fields.refuse("perf", "one or more products, each once", len(products))
    factors = rows[0][0]
    if any(named != factors for named, _ in rows):
        raise fields.refuse("perf", "the same factors for every product", list(factors))
    perf = tuple(sorted(row for _, row in rows))
    _refuse_measures(fields, [rate for row in perf for rate in row.rates if rate])
    curve = _read_curve(fields, grid, max(max(row.rates) for row in perf))
    tiers = fields.each("tiers", lambda tier: _read_tier(tier, grid))
    if not tiers or len({name for name, _ in tiers}) < len(tiers):
        raise fields.refuse("tiers", "one or more tiers, each once", len(tiers))
    window = Fields(fields.raw("window"), f"{fields.path}.window")
    first = window.interval("from", grid.opens_ns, grid.step_minutes, grid.intervals)
    end = window.interval("to", grid.opens_ns, grid.step_minutes, grid.intervals)
    if first >= end:
        raise window.refuse("to", "a time after `from`", grid.iso(end))
    window.exhausted()
    interruption = _read_interruption(fields)
    work = Work(
        fields.name("id"), factors, perf, tuple(sorted(tiers)), *interruption, curve, chips_max,
        first, end,
    )  # fmt: skip
    found = choices(work, grid, context.pools)
    for place, factor in enumerate(factors):
        if not any(choice.rates[place] for choice in found):
            expected = "a product and tier that deliver work, and a pool that stocks what it needs"
            raise fields.refuse("perf", expected, f"none for {factor}")
    if len(found) * (end - first) > CHOICES_MAX:
        expected = f"products, tiers, pools, steps of scale and intervals: {CHOICES_MAX} together"
        raise fields.refuse("perf", expected, len(found) * (end - first))
    return work


def _read_perf(fields: Fields, context: Context, chips_max: int) -> tuple[tuple[str, ...], Perf]:
    product = read_product_id(fields, "product", context.grid.products)
    if isinstance(fields.peek("units_per_chip_hour"), str):
        factors: tuple[str, ...] = (ONE_FACTOR,)
        rates: tuple[int, ...] = (fields.positive_picos("units_per_chip_hour"),)
    else:
        given = fields.object("units_per_chip_hour")
        factors = read_names(fields, "units_per_chip_hour", given.names())
        if not factors:
            raise fields.refuse("units_per_chip_hour", "a rate, or one of each factor", "none")
        rates = tuple(given.picos(factor) for factor in factors)
        if min(rates) < 0 or not any(rates):
            found = [decimal_text(rate, PICOS) for rate in rates]
            raise fields.refuse("units_per_chip_hour", "rates not below zero, one above", found)
    scale = _read_scale(fields, chips_max) if fields.has("scale") else ()
    needs = read_needs(fields) if fields.has("needs") else ()
    return factors, Perf(product, rates, scale, needs)


def _refuse_measures(fields: Fields, rates: list[int]) -> None:
    """Refuse rates that no number with twelve decimals, or no solver, can hold side by side."""
    least, most = min(rates), max(rates)
    if least < RATE_PICOS_MIN or most > RATE_PICOS_MAX:
        low, high = (decimal_text(rate, PICOS) for rate in (RATE_PICOS_MIN, RATE_PICOS_MAX))
        found = decimal_text(least if least < RATE_PICOS_MIN else most, PICOS)
        expected = f"rates from {low} to {high} an hour: else count in another unit"
        raise fields.refuse("perf", expected, found)
    if most > least * RATES_RATIO_MAX:
        found = f"{decimal_text(least, PICOS)} beside {decimal_text(most, PICOS)}"
        expected = f"no rate more than {RATES_RATIO_MAX} times another: else give two modes"
        raise fields.refuse("perf", expected, found)


def _read_scale(fields: Fields, chips_max: int) -> tuple[tuple[int, int], ...]:
    steps = fields.pairs("scale", SCALE_STEPS_MAX)
    scale = tuple((step.hundredths("0"), step.ppm("1", 1, PPM)) for step in steps)
    for (chips, share), (more, less) in pairwise(scale):
        if more <= chips or less > share:
            expected = "chips that rise and shares that never rise: else give two modes"
            raise fields.refuse("scale", expected, [hundredths_text(more), less])
    if not scale or scale[0][0] <= 0:
        raise fields.refuse("scale", "one or more steps of chips above zero", len(scale))
    reached = sum(chips < chips_max for chips, _ in scale)  # Later steps are never used.
    return tuple((min(chips, chips_max), share) for chips, share in scale[: reached + 1])


def _read_curve(fields: Fields, grid: Grid, rate_max: int) -> tuple[tuple[int, int], ...]:
    floor = grid.floor_ticks * (PICOS // TICKS_PER_USD) * PICOS
    blocks = fields.pairs("curve", CURVE_BLOCKS_MAX)
    curve = tuple((block.positive_picos("0"), block.picos("1")) for block in blocks)
    if not curve or any(usd < 0 and usd * rate_max < floor for _, usd in curve):
        raise fields.refuse("curve", "one or more blocks, none below the floor", len(curve))
    for (_, better), (_, worse) in pairwise(curve):
        if worse > better:
            found = f"{decimal_text(better, PICOS)} before {decimal_text(worse, PICOS)}"
            raise fields.refuse("curve", "dollars per unit that never rise", found)
    return curve


def _read_tier(fields: Fields, grid: Grid) -> tuple[str, int | None]:
    name = read_tier_name(fields, "tier", grid.tiers)
    return name, fields.ppm("max_pi", 0, PPM) if fields.has("max_pi") else None


def _read_interruption(fields: Fields) -> tuple[int, int, int]:
    if not fields.has("interruption"):
        return 0, 0, 0
    loss = fields.object("interruption")
    found = []
    for name in ("loss_units", "restart_hours", "loss_usd"):
        value = loss.picos(name) if loss.has(name) else 0
        if value < 0:
            raise loss.refuse(name, "a number not below zero", decimal_text(value, PICOS))
        found.append(value)
    loss.exhausted()
    return found[0], found[1], found[2]


assert QUANTITY_HUNDREDTHS_MAX * HUNDREDTHS < 1 << 63
