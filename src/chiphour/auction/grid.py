"""GRID: what one run of the auction trades: products, tiers, intervals, and arcs between products.

Takes   the fields of a run that all bids share.
Gives   `Product`, `Tier`, `Arc`, `Grid`, `Violation`; a slot is the number of a product, a tier and
        an interval.
Keeps   products sorted by id, so that a slot does not depend on the order in which they came;
        money exact: the unit of a quantity is the least that costs whole micro-dollars.
Source  docs/formulation/auction.md, section 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from functools import lru_cache
from itertools import pairwise
from itertools import product as pairs_of
from math import gcd
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import Fields
from chiphour.auction.fields import decimal_text
from chiphour.auction.fields import hundredths_texts
from chiphour.units import NS_PER_MINUTE
from chiphour.units import PPM
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso
from chiphour.units import text_from_ticks

INTERVALS_MAX = 24 * 31
MINUTES_PER_HOUR = 60
# At 5, 10 and 20 minutes the unit is no part of a whole chip: there a gang whose chips are not a
# multiple of three is refused (bids/gang.py).
STEP_MINUTES = (5, 10, 15, 20, 30, 60, 240, 1440)
SETTLE_MINUTES = tuple(step for step in STEP_MINUTES if step <= MINUTES_PER_HOUR)
DOMAIN_CHIPS_MAX = 1 << 16
BETA_PPM_MAX = 4 * PPM
BETA_PPM_MIN = PPM // 10
ON_DEMAND = "od"  # The tier of virtual bids and, unless they say otherwise, of arcs.
BUY = 1  # The sides of the auction.
SELL = -1
assert all(MINUTES_PER_HOUR % minutes == 0 for minutes in SETTLE_MINUTES)


class Tier(NamedTuple):
    """A level of service. `pi_ppm`: the published probability that a chip is taken back in an hour.

    `beta_ppm`: how many chips of this tier a pool may sell for each of its own, in millionths.
    """

    name: str
    pi_ppm: int
    beta_ppm: int


class Product(NamedTuple):
    """Anything that a buyer may treat as identical.

    `domain_chips` is the size of one scale-up domain. `gang_chips` are the sizes below it that a
    gang may have: each divides the next and the last divides the domain (section 5).
    """

    chip: str
    domain: str
    region: str
    domain_chips: int = 1
    gang_chips: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """Give the name by which bids, prices and arcs know the product."""
        return f"{self.chip}/{self.domain}/{self.region}"


class Arc(NamedTuple):
    """A way from one product to another on a tier: what leaves `source` arrives at `target`.

    The flow of each interval lies between its `min_hundredths` and `max_hundredths` of a chip;
    below zero it runs from target to source.
    """

    source: str
    target: str
    tier: str
    min_hundredths: tuple[int, ...]
    max_hundredths: tuple[int, ...]


class Violation(NamedTuple):
    """One rule that a published result breaks: which, where, what was expected and found."""

    rule: str
    where: str
    expected: str
    found: str


@dataclass(frozen=True)
class Grid:
    """Products x tiers x intervals. Prices go from floor to cap; interval 0 is at `opens_ns`.

    `settle_minutes`: the length of the slots in which what is traded is held, traded again and
    delivered; None: that of an interval, an hour at most.
    """

    opens_ns: int
    step_minutes: int
    intervals: int
    floor_ticks: int
    cap_ticks: int
    tiers: tuple[Tier, ...]
    products: tuple[Product, ...]
    arcs: tuple[Arc, ...]
    settle_minutes: int | None = None

    @cached_property
    def _hash(self) -> int:
        return hash((self.opens_ns, self.step_minutes, self.tiers, self.products))

    def __hash__(self) -> int:
        """Give what it is looked up by, found once: every bid of a run asks by its grid."""
        return self._hash

    @property
    def slots(self) -> int:
        """Count the products x tiers x intervals."""
        return len(self.products) * len(self.tiers) * self.intervals

    @cached_property
    def unit_hundredths(self) -> int:
        """Give the least quantity of which each slot holds whole hundredths of a chip-hour.

        So it costs whole micro-dollars in each of them, at any price.
        """
        return MINUTES_PER_HOUR // gcd(MINUTES_PER_HOUR, self.slot_minutes)

    @cached_property
    def slot_minutes(self) -> int:
        """Give the minutes of the slots in which what is traded is held and delivered."""
        return self.settle_minutes or min(self.step_minutes, MINUTES_PER_HOUR)

    @property
    def ends_ns(self) -> int:
        """Give the end of the last interval."""
        return self.opens_ns + self.intervals * self.step_minutes * NS_PER_MINUTE

    @property
    def disposal_is_free(self) -> bool:
        """Tell whether chips may be bought and left idle: so unless prices may be negative."""
        return self.floor_ticks >= 0

    @cached_property
    def product_numbers(self) -> dict[str, int]:
        """Give the number of each product by its id."""
        return {product.id: number for number, product in enumerate(self.products)}

    @cached_property
    def tier_numbers(self) -> dict[str, int]:
        """Give the number of each tier by its name."""
        return {tier.name: number for number, tier in enumerate(self.tiers)}

    @cached_property
    def first_slots(self) -> Mapping[tuple[str, str], int]:
        """Give the slot of each product and tier, by id and name, in interval 0."""
        places = enumerate(pairs_of(self.products, self.tiers))
        return {(one.id, tier.name): place * self.intervals for place, (one, tier) in places}

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """Give the regions of the products, sorted: the zones of reserve."""
        return tuple(sorted({product.region for product in self.products}))

    def slot(self, product_number: int, tier_number: int, interval: int) -> int:
        """Give the slot of a product and a tier in an interval."""
        return (product_number * len(self.tiers) + tier_number) * self.intervals + interval

    def iso(self, interval: int) -> str:
        """Give the time at which an interval begins."""
        return _iso(self.opens_ns + interval * self.step_minutes * NS_PER_MINUTE)

    def money_microusd(self, quantity_hundredths: int, price_ticks: int) -> int:
        """Give what chips cost over one interval at a price an hour; exact for whole units."""
        amount, rest = divmod(
            quantity_hundredths * price_ticks * self.step_minutes, MINUTES_PER_HOUR
        )
        assert not rest, "a quantity that is not a multiple of the unit"
        return amount


_iso = lru_cache(maxsize=2 * INTERVALS_MAX)(iso_from_ns)


def read_grid(fields: Fields) -> Grid:
    """Read the shared part of a run: `delivery`, `price`, `tiers`, `products` and `arcs`."""
    opens_ns, step_minutes, intervals, settle_minutes = _read_delivery(fields)
    price = Fields(fields.raw("price"), f"{fields.path}.price")
    floor_ticks, cap_ticks = price.ticks("floor"), price.ticks("cap")
    if floor_ticks >= cap_ticks:
        raise price.refuse("cap", "a price above the floor", text_from_ticks(cap_ticks))
    price.exhausted()
    tiers = fields.each("tiers", _read_tier)
    if len({tier.name for tier in tiers}) < len(tiers) or not tiers:
        raise fields.refuse("tiers", "one or more tiers, each once", len(tiers))
    products = tuple(sorted(fields.each("products", _read_product)))
    if len({product.id for product in products}) < len(products) or not products:
        raise fields.refuse("products", "one or more products, each once", len(products))
    arcs = fields.each("arcs", lambda arc: _read_arc(arc, intervals, tiers, products))
    if len({arc[:3] for arc in arcs}) < len(arcs):
        raise fields.refuse("arcs", "each pair of products once on a tier", len(arcs))
    arcs = tuple(sorted(arcs))
    return Grid(
        opens_ns, step_minutes, intervals, floor_ticks, cap_ticks, tiers, products, arcs,
        settle_minutes,
    )  # fmt: skip


def grid_fields(grid: Grid) -> dict[str, Any]:
    """Write the shared part of a run as JSON fields."""
    return {
        "delivery": {
            "from": grid.iso(0),
            "step_minutes": grid.step_minutes,
            "intervals": grid.intervals,
            **({} if grid.settle_minutes is None else {"settle_minutes": grid.settle_minutes}),
        },
        "price": {
            "floor": text_from_ticks(grid.floor_ticks),
            "cap": text_from_ticks(grid.cap_ticks),
        },
        "tiers": [
            {
                "tier": tier.name,
                "pi": decimal_text(tier.pi_ppm, PPM),
                "beta": decimal_text(tier.beta_ppm, PPM),
            }
            for tier in grid.tiers
        ],
        "products": [
            product._asdict() | {"gang_chips": list(product.gang_chips)}
            for product in grid.products
        ],
        "arcs": [
            {
                "from": arc.source,
                "to": arc.target,
                "tier": arc.tier,
                "min": hundredths_texts(arc.min_hundredths),
                "max": hundredths_texts(arc.max_hundredths),
            }
            for arc in grid.arcs
        ],
    }


def _read_delivery(fields: Fields) -> tuple[int, int, int, int | None]:
    delivery = Fields(fields.raw("delivery"), f"{fields.path}.delivery")
    text = delivery.text("from")
    try:
        opens_ns = ns_from_iso(text)
    except ValueError:
        raise delivery.refuse("from", "an ISO 8601 time with its zone", text) from None
    step_minutes = delivery.integer("step_minutes", STEP_MINUTES[0], STEP_MINUTES[-1])
    if step_minutes not in STEP_MINUTES:
        words = ", ".join(str(step) for step in STEP_MINUTES)
        raise delivery.refuse("step_minutes", f"one of {words}", step_minutes)
    if opens_ns % (min(step_minutes, MINUTES_PER_HOUR) * NS_PER_MINUTE):
        raise delivery.refuse("from", "the beginning of an hour or shorter interval", text)
    intervals = delivery.integer("intervals", 1, INTERVALS_MAX)
    settle_minutes = (
        _read_settle(delivery, step_minutes) if delivery.has("settle_minutes") else None
    )
    delivery.exhausted()
    return opens_ns, step_minutes, intervals, settle_minutes


def _read_settle(delivery: Fields, step_minutes: int) -> int | None:
    """Pop the length of the slots; None where it says what an interval's own length says."""
    minutes = delivery.integer("settle_minutes", SETTLE_MINUTES[0], SETTLE_MINUTES[-1])
    if minutes not in SETTLE_MINUTES or step_minutes % minutes:
        words = ", ".join(str(each) for each in SETTLE_MINUTES if step_minutes % each == 0)
        raise delivery.refuse("settle_minutes", f"one of {words}", minutes)
    return None if minutes == min(step_minutes, MINUTES_PER_HOUR) else minutes


def _read_tier(fields: Fields) -> Tier:
    name = fields.name("tier")
    pi_ppm, beta_ppm = fields.ppm("pi", 0, PPM - 1), fields.ppm("beta", BETA_PPM_MIN, BETA_PPM_MAX)
    return Tier(name, pi_ppm, beta_ppm)


def _read_product(fields: Fields) -> Product:
    chip, domain, region = fields.name("chip"), fields.name("domain"), fields.name("region")
    chips = fields.integer("domain_chips", 1, DOMAIN_CHIPS_MAX)
    sizes = fields.raw("gang_chips") if fields.has("gang_chips") else gang_chain(chips)
    if not isinstance(sizes, list) or not _is_chain(sizes, chips):
        expected = f"rising sizes, each dividing the next and the last dividing {chips}"
        raise fields.refuse("gang_chips", expected, sizes)
    return Product(chip, domain, region, chips, tuple(sizes))


def gang_chain(domain_chips: int) -> list[int]:
    """Give the sizes of gang that a domain takes unless the run says otherwise: 1, 2, 4, 8."""
    sizes = [size for size in (1, 2, 4, 8) if domain_chips % size == 0]
    return sizes if domain_chips in sizes else [*sizes, domain_chips]


def _is_chain(sizes: list[Any], domain_chips: int) -> bool:
    """Tell whether sizes are whole, rising, and each divides the next and the last the domain."""
    if not sizes or any(type(size) is not int or size < 1 for size in sizes):
        return False
    chain = [*sizes, domain_chips]
    rising = all(low < high for low, high in pairwise(sizes))
    return rising and all(high % low == 0 for low, high in pairwise(chain))


def _read_arc(
    fields: Fields, intervals: int, tiers: tuple[Tier, ...], products: tuple[Product, ...]
) -> Arc:
    source = read_product_id(fields, "from", products)
    target = read_product_id(fields, "to", products)
    if source == target:
        raise fields.refuse("to", "another product than `from`", target)
    tier = read_tier_name(fields, "tier", tiers)
    least = fields.hundredths_each("min", intervals, signed=True)
    most = fields.hundredths_each("max", intervals, signed=True)
    for interval in range(intervals):
        if least[interval] > most[interval]:
            raise fields.refuse(f"min[{interval}]", "a flow not above its max", least[interval])
    return Arc(source, target, tier, least, most)


def read_product_id(fields: Fields, name: str, products: tuple[Product, ...]) -> str:
    """Pop the id of a product that the run trades; raises RequestMalformed on any other."""
    product_id = fields.text(name)
    if all(product.id != product_id for product in products):
        raise fields.refuse(name, "a product of this run", product_id)
    return product_id


def read_tier_name(fields: Fields, name: str, tiers: tuple[Tier, ...]) -> str:
    """Pop the name of a tier of the run; raises RequestMalformed on any other."""
    tier = fields.text(name)
    if all(found.name != tier for found in tiers):
        raise fields.refuse(name, "a tier of this run", tier)
    return tier
