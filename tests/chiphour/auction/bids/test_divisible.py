"""DIVISIBLE: work is valued by its curve, bounded by its limits, and never worth more than that.

Takes   small divisible bids.
Gives   worths, violations, profits, worked out by hand or by trying every choice.
Keeps   exact numbers.
Source  docs/formulation/auction.md, equations 1, 3, 4 and 9.
"""

from fractions import Fraction
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.bids.divisible import Divisible
from chiphour.auction.fields import PICOS
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.model import Columns

A, B = "A/d/r", "B/d/r"
GRID = Grid(0, 2, 0, 100_000, (Product("A", "d", "r"), Product("B", "d", "r")), ())
BID = Divisible(
    "bid", 10, ((A, 2 * PICOS), (B, PICOS)), ((6 * PICOS, 3 * PICOS), (4 * PICOS, PICOS)), 300, 0, 2
)


def test_the_best_blocks_of_work_are_paid_first():
    assert BID.worth(GRID, {}) == 0
    assert BID.worth(GRID, {(A, 0): 150}) == 9  # 3 units at 3
    assert BID.worth(GRID, {(A, 0): 300, (B, 1): 100}) == 19  # 6 at 3, 1 at 1
    assert BID.worth(GRID, {(A, 0): 300, (A, 1): 300}) == 22  # 10 units at most


def test_worth_is_cut_to_the_cap():
    low = GRID._replace(cap_ticks=30_000)  # $3 a chip-hour: 1.5 a unit on the product of rate 2
    assert BID.cut_curve(GRID) == BID.curve
    assert BID.worth(low, {(A, 0): 100}) == 3
    assert BID.tops_usd(GRID) == {A: 6, B: 3}
    assert BID.tops_usd(low) == {A: 3, B: Fraction(3, 2)}


def test_its_own_limits_are_told_when_broken():
    def rules(grid, quantities):
        return [violation.rule for violation in BID.violations(grid, quantities)]

    assert rules(GRID, {(A, 0): 200, (B, 0): 100, (A, 1): 300}) == []
    assert rules(GRID, {(A, 0): 200, (B, 0): 101}) == ["ceiling"]
    assert rules(GRID, {(A, 2): 1}) == ["window"]
    assert rules(GRID, {("C/d/r", 0): 1}) == ["product"]
    negative = GRID._replace(floor_ticks=-1)
    assert rules(negative, {(A, 0): 300, (A, 1): 201}) == ["work"]


def test_it_lowers_to_blocks_chips_ceilings_and_one_row_of_work():
    columns = Columns(GRID)
    columns.participant = 0
    BID.lower(columns)
    model = columns.model()
    assert [name for _, name in model.column_names] == [
        "block 0", "block 1", f"{A} 0", f"{B} 0", f"{A} 1", f"{B} 1",
    ]  # fmt: skip
    assert [name for _, name in model.row_names[4:]] == ["work", "ceiling", "ceiling"]
    assert list(model.program.upper) == [6, 4, 3, 3, 3, 3]


@given(
    st.tuples(st.integers(0, 40_000), st.integers(0, 40_000)),
    st.tuples(st.integers(0, 40_000), st.integers(0, 40_000)),
)
def test_no_choice_of_chips_gains_more_than_the_bound(price_a, price_b):
    """Try every choice in steps of half a chip; the bound holds, and is met by one of them.

    With these rates and limits a best choice lies on that lattice.
    """
    ticks = {(A, 0): price_a[0], (A, 1): price_a[1], (B, 0): price_b[0], (B, 1): price_b[1]}
    nanousd = {line: price * 100_000 for line, price in ticks.items()}
    bound = BID.profit_max(GRID, nanousd)
    best = Fraction(0)
    for chips in product(range(0, 301, 50), repeat=4):
        held = dict(zip(ticks, chips, strict=True))
        if not any(True for _ in BID.violations(GRID, held)):
            cost = Fraction(sum(ticks[line] * held[line] for line in ticks), 1_000_000)
            best = max(best, BID.worth(GRID, held) - cost)
    assert best == bound
