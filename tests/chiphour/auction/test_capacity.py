"""CAPACITY: the curve has the published corners, and clears as the tariff says.

Takes   case S8: the rule of 2018 to 2021, three clearings, the corners of 2026/27; random offers.
Gives   quantity, price and who set it.
Keeps   no offer sold below its price, nobody passed over who asked less than the price.
Source  docs/formulation/guards.md, section 3 and section 9, S8.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.capacity import CURVE
from chiphour.auction.capacity import SHAPE_2026
from chiphour.auction.capacity import CapacityOffer
from chiphour.auction.capacity import Point
from chiphour.auction.capacity import Shape
from chiphour.auction.capacity import clear_capacity
from chiphour.auction.capacity import curve_points
from chiphour.auction.capacity import price_at
from chiphour.auction.capacity import shape_of_margin
from chiphour.auction.capacity import wanted_at
from chiphour.auction.fields import RequestMalformed

S8 = curve_points(
    Fraction("153160.7"), Fraction(300), Fraction("321.57"), shape_of_margin(Fraction("0.158"))
)
OFFERS = st.lists(st.tuples(st.integers(1, 90_000), st.integers(0, 600)), max_size=6).map(
    lambda pairs: [
        CapacityOffer(f"o{number}", Fraction(quantity), Fraction(price))
        for number, (quantity, price) in enumerate(pairs)
    ]
)


def offers(*pairs):
    return [
        CapacityOffer(f"o{n}", Fraction(quantity), Fraction(price))
        for n, (quantity, price) in enumerate(pairs)
    ]


def test_s8_the_corners_are_those_published():
    expected = [(152896.1737, 482.355), (156996.3307, 241.1775), (164799.8551, 0)]
    for point, (quantity, price) in zip(S8, expected, strict=True):
        assert float(point.quantity) == pytest.approx(quantity, abs=1e-4)
        assert float(point.price) == pytest.approx(price, abs=1e-6)


@pytest.mark.parametrize(
    ("offered", "quantity", "price", "set_by"),
    [
        (((150_000, 0), (3_000, 100), (5_000, 180), (9_000, 400)), 158_000, 210.1579, (CURVE,)),
        (((150_000, 0), (5_000, 100), (9_000, 320)), 155_656.3026, 320, ("o2",)),
        (((149_000, 0), (2_000, 50)), 151_000, 482.355, (CURVE,)),
    ],
)
def test_s8_three_clearings(offered, quantity, price, set_by):
    found = clear_capacity(S8, offers(*offered))
    assert float(found.quantity) == pytest.approx(quantity, abs=1e-4)
    assert float(found.price) == pytest.approx(price, abs=1e-4)
    assert found.set_by == set_by


def test_s8_the_curve_of_2026_meets_both_of_its_published_corners():
    """From the first corner (145,774 MW at $696) alone: zero from 149,455, as published.

    Net cost was nothing in that auction, so the second corner lies on the axis already.
    """
    requirement = Fraction(145_774) / SHAPE_2026.quantities[0]
    points = curve_points(requirement, Fraction(696), Fraction(0), SHAPE_2026)
    assert points[0] == Point(Fraction(145_774), Fraction(696))
    assert points[1].price == 0
    assert abs(points[1].quantity - 149_455) < 1
    assert price_at(points, Fraction(149_456)) == 0 < price_at(points, Fraction(149_455))


def test_the_gross_cost_holds_the_top_up():
    shape = shape_of_margin(Fraction("0.158"))
    assert curve_points(Fraction(100), Fraction(500), Fraction(300), shape)[0].price == 500


@given(OFFERS)
def test_a_clearing_is_an_equilibrium(offered):
    """Any offers: sold ones ask at most the price, unsold ones at least the curve's price there."""
    found = clear_capacity(S8, offered)
    sold = dict(found.awards)
    assert found.quantity == sum(sold.values())
    assert found.quantity <= S8[-1].quantity
    assert found.price <= S8[0].price
    for offer in offered:
        assert 0 <= sold[offer.name] <= offer.quantity
        assert not sold[offer.name] or offer.price <= found.price
        assert sold[offer.name] == offer.quantity or offer.price >= found.price
    assert found.price == price_at(S8, found.quantity)


@given(OFFERS, st.randoms(use_true_random=False))
def test_the_order_of_offers_does_not_matter(offered, drawn):
    shuffled = list(offered)
    drawn.shuffle(shuffled)
    assert clear_capacity(S8, shuffled) == clear_capacity(S8, offered)


@given(st.fractions(0, 200_000))
def test_what_is_wanted_at_a_price_is_priced_there(quantity):
    """The two directions of the curve agree, where it falls."""
    price = price_at(S8, quantity)
    if S8[0].quantity < quantity < S8[-1].quantity:
        assert wanted_at(S8, price) == quantity
    assert wanted_at(S8, S8[0].price + 1) == 0


def test_offers_of_one_price_share_pro_rata():
    found = clear_capacity(S8, offers((100_000, 0), (200_000, 0)))
    assert found.quantity == S8[-1].quantity
    assert dict(found.awards)["o1"] == 2 * dict(found.awards)["o0"]
    assert found.set_by == ("o0", "o1")


def test_a_flat_stretch_sells_to_its_end():
    flat = [Point(Fraction(10), Fraction(5)), Point(Fraction(20), Fraction(5))]
    found = clear_capacity(flat, offers((30, 5)))
    assert (found.quantity, found.price, found.set_by) == (20, 5, ("o0",))


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        (lambda: clear_capacity([], []), "capacity.points"),
        (lambda: clear_capacity([S8[1], S8[0]], []), r"capacity.points\[1\]"),
        (lambda: clear_capacity(S8, offers((0, 1))), r"offers\[o0\].quantity"),
        (lambda: clear_capacity(S8, offers((1, -1))), r"offers\[o0\].price"),
        (lambda: clear_capacity(S8, 2 * offers((1, 1))), "a name of its own"),
        (lambda: curve_points(Fraction(-1), Fraction(0), Fraction(0), SHAPE_2026), "requirement"),
        (lambda: curve_points(Fraction(1), Fraction(1), 0.5, SHAPE_2026), "net_cost"),
        (
            lambda: curve_points(
                Fraction(1), Fraction(1), Fraction(1), Shape((Fraction(1),) * 3, S8[0] + (0,))
            ),
            r"capacity.points\[1\]",
        ),
    ],
)
def test_a_curve_or_offer_out_of_bounds_is_refused(fault, where):
    with pytest.raises(RequestMalformed, match=where):
        fault()
