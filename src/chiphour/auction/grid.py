"""GRID: what one run of the auction trades: products, hours, and the arcs between products.

Takes   the fields of a run that all bids share.
Gives   `Product`, `Arc`, `Grid`, `Violation`; a slot is the number of a product in an hour.
Keeps   products sorted by id, so that a slot does not depend on the order in which they came.
Source  docs/formulation/auction.md, section 1.
"""

from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import Fields
from chiphour.auction.fields import hundredths_texts
from chiphour.units import NS_PER_HOUR
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso
from chiphour.units import text_from_ticks

HOURS_MAX = 24 * 31
BUY = 1  # The sides of the auction.
SELL = -1

# What one bid trades: hundredths of a chip-hour by (product id, hour); never zero or below.
Quantities = Mapping[tuple[str, int], int]


class Product(NamedTuple):
    """Anything that a buyer may treat as identical."""

    chip: str
    domain: str
    region: str

    @property
    def id(self) -> str:
        """Give the name by which bids, prices and arcs know the product."""
        return f"{self.chip}/{self.domain}/{self.region}"


class Arc(NamedTuple):
    """A way from one product to another: what leaves `source` arrives at `target`.

    The flow of each hour lies between its `min_hundredths` and `max_hundredths`; below zero it
    runs from target to source.
    """

    source: str
    target: str
    min_hundredths: tuple[int, ...]
    max_hundredths: tuple[int, ...]


class Violation(NamedTuple):
    """One rule that a published result breaks: which, where, what was expected and found."""

    rule: str
    where: str
    expected: str
    found: str


class Grid(NamedTuple):
    """Products x hours. Prices lie from floor to cap; hour 0 begins at `opens_ns`."""

    opens_ns: int
    hours: int
    floor_ticks: int
    cap_ticks: int
    products: tuple[Product, ...]
    arcs: tuple[Arc, ...]

    @property
    def slots(self) -> int:
        """Count the product-hours."""
        return len(self.products) * self.hours

    @property
    def disposal_is_free(self) -> bool:
        """Tell whether chips may be bought and left idle: so unless prices may be negative."""
        return self.floor_ticks >= 0

    @property
    def product_numbers(self) -> dict[str, int]:
        """Give the number of each product by its id."""
        return {product.id: number for number, product in enumerate(self.products)}

    def slot(self, product_number: int, hour: int) -> int:
        """Give the slot of a product in an hour."""
        return product_number * self.hours + hour

    def iso(self, hour: int) -> str:
        """Give the time at which an hour begins."""
        return iso_from_ns(self.opens_ns + hour * NS_PER_HOUR)


def read_grid(fields: Fields) -> Grid:
    """Read the shared part of a run: `delivery`, `price`, `products` and `arcs`."""
    opens_ns, hours = _read_delivery(fields)
    price = Fields(fields.raw("price"), f"{fields.path}.price")
    floor_ticks, cap_ticks = price.ticks("floor"), price.ticks("cap")
    if floor_ticks >= cap_ticks:
        raise price.refuse("cap", "a price above the floor", text_from_ticks(cap_ticks))
    price.exhausted()
    products = tuple(sorted(fields.each("products", _read_product)))
    if len({product.id for product in products}) < len(products) or not products:
        raise fields.refuse("products", "one or more products, each once", len(products))
    arcs = fields.each("arcs", lambda arc: _read_arc(arc, hours, products))
    if len({(arc.source, arc.target) for arc in arcs}) < len(arcs):
        raise fields.refuse("arcs", "each pair of products once", len(arcs))
    return Grid(opens_ns, hours, floor_ticks, cap_ticks, products, tuple(sorted(arcs)))


def grid_fields(grid: Grid) -> dict[str, Any]:
    """Write the shared part of a run as JSON fields."""
    return {
        "delivery": {"from": grid.iso(0), "hours": grid.hours},
        "price": {
            "floor": text_from_ticks(grid.floor_ticks),
            "cap": text_from_ticks(grid.cap_ticks),
        },
        "products": [product._asdict() for product in grid.products],
        "arcs": [
            {
                "from": arc.source,
                "to": arc.target,
                "min": hundredths_texts(arc.min_hundredths),
                "max": hundredths_texts(arc.max_hundredths),
            }
            for arc in grid.arcs
        ],
    }


def _read_delivery(fields: Fields) -> tuple[int, int]:
    delivery = Fields(fields.raw("delivery"), f"{fields.path}.delivery")
    text = delivery.text("from")
    try:
        opens_ns = ns_from_iso(text)
    except ValueError:
        raise delivery.refuse("from", "an ISO 8601 time with its zone", text) from None
    if opens_ns % NS_PER_HOUR:
        raise delivery.refuse("from", "a whole hour", text)
    hours = delivery.integer("hours", 1, HOURS_MAX)
    delivery.exhausted()
    return opens_ns, hours


def _read_product(fields: Fields) -> Product:
    return Product(fields.name("chip"), fields.name("domain"), fields.name("region"))


def _read_arc(fields: Fields, hours: int, products: tuple[Product, ...]) -> Arc:
    source = read_product_id(fields, "from", products)
    target = read_product_id(fields, "to", products)
    if source == target:
        raise fields.refuse("to", "another product than `from`", target)
    least = fields.hundredths_each("min", hours, signed=True)
    most = fields.hundredths_each("max", hours, signed=True)
    for hour in range(hours):
        if least[hour] > most[hour]:
            raise fields.refuse(f"min[{hour}]", "a flow not above its max", least[hour])
    return Arc(source, target, least, most)


def read_product_id(fields: Fields, name: str, products: tuple[Product, ...]) -> str:
    """Pop the id of a product that the run trades; raises RequestMalformed on any other."""
    product_id = fields.text(name)
    if all(product.id != product_id for product in products):
        raise fields.refuse(name, "a product of this run", product_id)
    return product_id
