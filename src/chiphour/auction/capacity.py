"""CAPACITY: the curve by which a market pays for capacity years ahead, cleared against offers.

Takes   what reliability requires, what new capacity costs and earns; offers of capacity at a price.
Gives   the curve's points; the quantity, the price, and who set it: the curve or an offer.
Keeps   everything in exact fractions; the curve falls, and no offer sells above its top.
Source  docs/formulation/guards.md, section 3. PJM, Reliability Pricing Model: the variable resource
        requirement curve and the rule that the price is the curve's at the total below it.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from itertools import pairwise
from typing import NamedTuple

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.parameters import exact_within

CURVE = "curve"  # Who sets the price when no offer does.
MOST = 10**12  # A bound on quantities and prices: nobody offers so much.


class Point(NamedTuple):
    """A corner of the curve: at this quantity the next unit is worth this price."""

    quantity: Fraction
    price: Fraction


class Shape(NamedTuple):
    """Three corners: quantities as shares of the requirement, prices as shares of net cost.

    The first corner's price is at least the gross cost of new capacity.
    """

    quantities: tuple[Fraction, Fraction, Fraction]
    prices: tuple[Fraction, Fraction, Fraction]


class CapacityOffer(NamedTuple):
    """Capacity, of which any part may be taken, at a price."""

    name: str
    quantity: Fraction
    price: Fraction


class CapacityClearing(NamedTuple):
    """What a capacity auction found. `set_by` is CURVE, or the names of the marginal offers."""

    quantity: Fraction
    price: Fraction
    set_by: tuple[str, ...]
    awards: tuple[tuple[str, Fraction], ...]  # Each offer once, in order of price and name.


def shape_of_margin(
    margin: Fraction,
    offsets: tuple[Fraction, Fraction, Fraction] = (
        Fraction(-2, 1000),
        Fraction(29, 1000),
        Fraction(88, 1000),
    ),
    prices: tuple[Fraction, Fraction, Fraction] = (Fraction(3, 2), Fraction(3, 4), Fraction(0)),
) -> Shape:
    """Give the shape whose corners lie at offsets from the installed reserve margin (eq. 8).

    The defaults are those of PJM's auctions for 2018 to 2021.
    """
    exact_within("capacity.margin", margin, 0, 10)
    first, second, third = ((1 + margin + offset) / (1 + margin) for offset in offsets)
    return Shape((first, second, third), prices)


# The requirement itself holds the margin: PJM's auctions from 2026/27.
SHAPE_2026 = Shape(
    (Fraction(990, 1000), Fraction(1015, 1000), Fraction(1045, 1000)),
    (Fraction(7, 4), Fraction(3, 4), Fraction(0)),
)


def curve_points(
    requirement: Fraction, gross_cost: Fraction, net_cost: Fraction, shape: Shape
) -> tuple[Point, ...]:
    """Give the corners of the curve (eq. 8).

    `gross_cost` is what new capacity costs a year or a day, `net_cost` the part that it does not
    earn by selling; both in money per unit of capacity.
    """
    exact_within("capacity.requirement", requirement, 0, MOST)
    exact_within("capacity.gross_cost", gross_cost, 0, MOST)
    exact_within("capacity.net_cost", net_cost, 0, MOST)
    prices = [share * net_cost for share in shape.prices]
    prices[0] = max(prices[0], gross_cost)
    quantities = [share * requirement for share in shape.quantities]
    return checked_points([Point(*each) for each in zip(quantities, prices, strict=True)])


def checked_points(points: Sequence[Point]) -> tuple[Point, ...]:
    """Give the corners back; raises RequestMalformed unless quantities rise and prices fall.

    A stretch of one price is allowed.
    """
    if not points:
        raise RequestMalformed("capacity.points: expected one or more points, found none")
    for number, point in enumerate(points):
        exact_within(f"capacity.points[{number}].quantity", point.quantity, 0, MOST)
        exact_within(f"capacity.points[{number}].price", point.price, 0, MOST)
    for number, (left, right) in enumerate(pairwise(points), 1):
        if right.quantity <= left.quantity or right.price > left.price:
            raise RequestMalformed(
                f"capacity.points[{number}]: expected more at no higher price than "
                f"{left.quantity} at {left.price}, found {right.quantity} at {right.price}"
            )
    return tuple(points)


def price_at(points: Sequence[Point], quantity: Fraction) -> Fraction:
    """Give the curve's price at a quantity: its top before the first corner, 0 after the last."""
    if quantity <= points[0].quantity:
        return points[0].price
    for left, right in pairwise(points):
        if quantity <= right.quantity:
            part = (quantity - left.quantity) / (right.quantity - left.quantity)
            return left.price + part * (right.price - left.price)
    return Fraction(0)


def wanted_at(points: Sequence[Point], price: Fraction) -> Fraction:
    """Give the most that the curve wants at a price: nothing above its top."""
    if price > points[0].price:
        return Fraction(0)
    wanted = points[0].quantity
    for left, right in pairwise(points):
        if right.price >= price:
            wanted = right.quantity
        elif left.price >= price:
            part = (left.price - price) / (left.price - right.price)
            wanted = left.quantity + part * (right.quantity - left.quantity)
    return wanted


def clear_capacity(points: Sequence[Point], offers: Sequence[CapacityOffer]) -> CapacityClearing:
    """Clear offers against the curve (eq. 9): cheapest first, those of one price pro rata.

    Where the curve passes through an offer, that offer sets the price; where it passes between
    two, the price is the curve's own at the quantity below it. Raises RequestMalformed on a name
    that comes twice, nothing offered, or a negative price.
    """
    checked_points(points)
    ranked = sorted(_checked_offers(offers), key=lambda offer: (offer.price, offer.name))
    sold = Fraction(0)
    awards: dict[str, Fraction] = {offer.name: Fraction(0) for offer in ranked}
    for price, group in groupby(ranked, key=lambda offer: offer.price):
        level = list(group)
        offered = sum((offer.quantity for offer in level), Fraction(0))
        taken = min(offered, max(Fraction(0), wanted_at(points, price) - sold))
        awards |= {offer.name: offer.quantity * taken / offered for offer in level}
        sold += taken
        if 0 < taken < offered:
            names = tuple(offer.name for offer in level)
            return CapacityClearing(sold, price, names, tuple(awards.items()))
        if taken < offered:
            break
    return CapacityClearing(sold, price_at(points, sold), (CURVE,), tuple(awards.items()))


def _checked_offers(offers: Sequence[CapacityOffer]) -> Sequence[CapacityOffer]:
    names = [offer.name for offer in offers]
    for offer in offers:
        where = f"capacity.offers[{offer.name}]"
        if names.count(offer.name) > 1 or offer.name == CURVE:
            raise RequestMalformed(f"{where}: expected a name of its own, found {offer.name!r}")
        if not exact_within(f"{where}.quantity", offer.quantity, 0, MOST):
            raise RequestMalformed(f"{where}.quantity: expected more than nothing, found 0")
        exact_within(f"{where}.price", offer.price, 0, MOST)
    return offers
