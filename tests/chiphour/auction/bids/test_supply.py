"""SUPPLY: chips are sold from the cheapest block up, and never more than there are.

Takes   small offers.
Gives   costs, violations, profits worked out by hand.
Keeps   exact numbers.
Source  docs/formulation/auction.md, equations 2, 5 and 9.
"""

from fractions import Fraction

import pytest

from chiphour.auction.bids.supply import Block
from chiphour.auction.bids.supply import Supply
from chiphour.auction.bids.supply import read
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.model import Columns

A = "A/d/r"
GRID = Grid(0, 2, 0, 100_000, (Product("A", "d", "r"),), ())
SHARES = Supply(
    "pool", 20, A, (1_000, 500), (Block(PICOS // 2, None, 10_000), Block(PICOS // 2, None, 20_000))
)
QUANTITIES = SHARES._replace(blocks=(Block(0, 600, 10_000), Block(0, 600, 20_000)))


def test_blocks_are_shares_of_the_hour_or_fixed_quantities_up_to_the_inventory():
    assert [size for size, _ in SHARES.sizes(1)] == [250 * PICOS, 250 * PICOS]
    assert [size for size, _ in QUANTITIES.sizes(0)] == [600 * PICOS, 400 * PICOS]
    assert [size for size, _ in QUANTITIES.sizes(1)] == [500 * PICOS, 0]


def test_cost_is_negative_worth_cheapest_first():
    assert SHARES.worth(GRID, {}) == 0
    assert SHARES.worth(GRID, {(A, 0): 600}) == -7
    assert SHARES.worth(GRID, {(A, 0): 600, (A, 1): 100}) == -8
    assert QUANTITIES.worth(GRID, {(A, 0): 601}) == Fraction(-602, 100)


def test_selling_more_than_the_blocks_hold_or_another_product_is_told():
    assert not list(SHARES.violations(GRID, {(A, 0): 1_000, (A, 1): 500}))
    assert [v.rule for v in SHARES.violations(GRID, {(A, 1): 501})] == ["inventory"]
    assert [v.rule for v in SHARES.violations(GRID, {("B/d/r", 0): 1})] == ["product"]


def test_its_best_profit_sells_every_block_below_the_price():
    prices = {(A, 0): 1_500_000_000, (A, 1): 3_000_000_000}
    assert SHARES.profit_max(GRID, prices) == Fraction(5, 2) + 5 + Fraction(5, 2)
    assert SHARES.tops_usd(GRID) == {A: 2}


def test_empty_blocks_make_no_columns():
    columns = Columns(GRID)
    columns.participant = 0
    QUANTITIES.lower(columns)
    model = columns.model()
    assert list(model.program.upper) == [6, 4, 5]
    assert list(model.program.value) == [-1, -2, -1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blocks": []}, "one or more blocks"),
        ({"blocks": [{"share": "0.6", "price": "1"}] * 2}, "shares that sum to at most 1"),
        (
            {"blocks": [{"share": "0.5", "price": "2"}, {"share": "0.5", "price": "1"}]},
            "prices that never fall",
        ),
        ({"blocks": [{"share": "0.5", "quantity": "1", "price": "2"}]}, "no other field"),
        ({"blocks": [{"price": "2"}]}, "quantity: expected this field"),
        ({"blocks": [{"share": "1", "price": "11"}]}, "from floor to cap"),
        ({"inventory": ["1"]}, "a list of 2"),
    ],
)
def test_a_malformed_offer_is_refused(change, message):
    fields = SHARES.fields(GRID) | change
    del fields["kind"]
    with pytest.raises(RequestMalformed, match=message):
        read_whole(fields, "offer", lambda found: read(found, GRID))


def test_an_offer_is_written_as_it_was_read():
    for offer in (SHARES, QUANTITIES):
        fields = offer.fields(GRID)
        del fields["kind"]
        assert read(Fields(fields, "offer"), GRID) == offer
