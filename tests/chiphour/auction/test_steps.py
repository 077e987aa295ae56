"""STEPS: a curve is filled from its best step, and gains by every step better than the price.

Takes   small curves to buy and to sell; random prices.
Gives   values, profits and columns by hand or by trying every amount.
Keeps   exact numbers.
Source  docs/formulation/auction.md, sections 2 and 3, equation 12.
"""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.model import Columns
from chiphour.auction.steps import amounts
from chiphour.auction.steps import chips_max
from chiphour.auction.steps import cut
from chiphour.auction.steps import lower_steps
from chiphour.auction.steps import profit_usd
from chiphour.auction.steps import read_steps
from chiphour.auction.steps import steps_fields
from chiphour.auction.steps import worth_usd

GRID = Grid(0, 30, 2, 0, 100_000, (Tier("od", 0, 10**6),), (Product("A", "d", "r"),), ())
FALLING = ((300, 40_000), (200, 10_000))
RISING = ((300, 10_000), (200, 40_000))


def read(pairs, side=BUY):
    return read_steps(Fields({"curve": pairs}, "bid"), "curve", side, 0, 100_000)


def test_a_curve_is_written_as_it_was_read():
    assert read([["3", "4"], ["2", "1"]]) == FALLING
    assert read(steps_fields(FALLING)) == FALLING
    assert read(steps_fields(RISING), SELL) == RISING


def test_to_buy_above_the_cap_counts_as_the_cap():
    steps = read([["3", "11"], ["2", "1"]])
    assert steps == ((300, 110_000), (200, 10_000))
    assert cut(steps, 100_000) == ((300, 100_000), (200, 10_000))
    assert chips_max(steps) == 500


@pytest.mark.parametrize(
    ("pairs", "side", "message"),
    [
        ([], BUY, "curve: expected one or more steps, found 0"),
        ([["3", "1"], ["2", "4"]], BUY, "dollars that never rise, found '10000 before 40000 ticks"),
        ([["3", "4"], ["2", "1"]], SELL, "dollars that never fall, found '40000 before 10000 tick"),
        ([["0", "1"]], BUY, r"curve\[0\].0: expected chips above zero"),
        ([["-1", "1"]], BUY, "not negative"),
        ([["1", "-0.0001"]], BUY, r"curve\[0\].1: expected dollars a chip-hour at least 0.0000"),
        ([["1", "10.0001"]], SELL, "from 0.0000 to 10.0000, found '10.0001'"),
        ([["1", "1.00001"]], BUY, "multiples of 0.0001"),
        ([["1", "1"]] * 1_001, BUY, "at most 1000 pairs, found 1001"),
    ],
)
def test_a_curve_that_is_no_curve_is_refused(pairs, side, message):
    with pytest.raises(RequestMalformed, match=message):
        read(pairs, side)


def test_the_best_steps_are_filled_first():
    assert worth_usd(GRID, FALLING, [400, 100]) == Fraction(3 * 4 + 1 + 4, 2)
    assert worth_usd(GRID, FALLING, [600]) == Fraction(14, 2)  # No more than the curve.
    assert worth_usd(GRID, RISING, [400]) == Fraction(3 + 4, 2)


@given(st.lists(st.integers(-(10**9), 6 * 10**9), max_size=2))
def test_no_amount_gains_more_and_one_gains_as_much(prices):
    for side, steps in ((BUY, FALLING), (SELL, RISING)):
        best = Fraction(0)
        for price in prices:
            gains = [
                side * (worth_usd(GRID, steps, [chips]) - Fraction(price * chips, 2 * 10**11))
                for chips in range(0, 501, 50)
            ]
            best += max(gains)
        assert profit_usd(GRID, steps, side, prices) == best


def test_its_columns_are_a_step_in_every_row_and_read_as_their_sum():
    for side, steps in ((BUY, FALLING), (SELL, RISING)):
        columns = Columns(GRID, {})
        first = lower_steps(columns, ("bid",), side, steps, np.array([0, 1]))
        program = columns.model([first]).program
        best, worse = (side * price / 20_000 for _, price in steps)
        assert list(program.value) == [best, best, worse, worse]
        assert list(program.upper) == [3, 3, 2, 2]
        assert list(program.rows) == [0, 1, 0, 1]
        assert set(program.entries) == {side}
        assert amounts(GRID, np.array([3, 0.5, 1.999, 0]), first, steps, 2) == (498, 50)
