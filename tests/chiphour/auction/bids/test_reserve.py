"""RESERVE: reserve is served from the curve's best step, and by nobody's hand.

Takes   a curve of two steps.
Gives   rows, values, violations, profits by hand; E4 of auction.md solved.
Keeps   exact numbers.
Source  docs/formulation/auction.md, section 2 and equations 9 and 12.
"""

from dataclasses import replace

import numpy as np
import pytest

from chiphour.auction.bids.reserve import SCHEMA
from chiphour.auction.bids.reserve import Reserve
from chiphour.auction.bids.reserve import read
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import BUY
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.model import Columns
from chiphour.auction.model import duals
from chiphour.auction.pool import Block
from chiphour.auction.pool import Pool
from chiphour.auction.solve import solve

A = "A/d/r"
GRID = Grid(0, 60, 2, 0, 100_000, (Tier("od", 0, 10**6),), (Product("A", "d", "r"),), ())
CONTEXT = Context(GRID, {})
CURVE = {"id": "orc", "account": 1, "region": "r", "steps": [["3", "4"], ["2", "1"]]}


def read_back(fields):
    return read_whole(fields, "bid", lambda found: read(found, CONTEXT))


BID = read_back(CURVE)


def test_a_curve_is_written_as_it_was_read():
    written = BID.fields(GRID)
    assert written.pop("kind") == "reserve"
    assert set(written) == set(SCHEMA) | {"id", "account"}
    assert read_back(written) == BID
    assert BID.side == BUY and BID.offered is None and BID.needs("", A) == {}
    assert BID.tops_picousd(GRID) == {}


def test_what_is_served_is_worth_its_best_steps():
    assert BID.worth(CONTEXT, Held(reserve_hundredths=(400, 100))) == 13 + 4
    assert BID.worth(CONTEXT, Held()) == 0
    low = Context(replace(GRID, cap_ticks=30_000), {})
    assert BID.worth(low, Held(reserve_hundredths=(400, 0))) == 10


def test_it_gains_by_each_step_above_the_price_of_reserve():
    prices = Duals((0, 0), {}, {}, {}, {("r", 1): 2 * 10**9}, {}, {})
    assert BID.profit_max(CONTEXT, prices, None) == (12 + 2) + 3 * 2


def test_what_it_may_not_hold_is_told():
    def rules(**held):
        return [violation.rule for violation in BID.violations(CONTEXT, Held(**held))]

    assert rules() == rules(reserve_hundredths=(500, 0)) == []
    assert rules(reserve_hundredths=(501, 0)) == ["steps"]
    assert rules(reserve_hundredths=(0, -1)) == ["unit"]
    assert rules(reserve_hundredths=(1,)) == ["intervals"]
    assert rules(traded={Key("", A, "od", 0): 1}) == ["reserve"]
    assert rules(on=(1, 1)) == ["reserve"]


def test_when_reserve_runs_short_its_price_enters_every_price():
    """E4: 100 chips at 1, buyers 60 at 6, 25 at 4.5, 40 at 3, reserve 10 at 8, 10 at 4, 20 at 1.

    80 are sold and 20 kept, the price is 4.5 = 1 + 3.5, the surplus 490.
    """
    grid = replace(GRID, intervals=1)
    pool = Pool(
        "sell", "pool", 20, A, (10_000,), (Block(10**6, None, 10_000),), (("od", 10**6),),
        reserve=True,
    )  # fmt: skip
    curve = Reserve("orc", 1, "r", ((1_000, 80_000), (1_000, 40_000), (2_000, 10_000)))
    buyer = Virtual(
        "buyers", 9, "buy", A, ((0, 1),), ((6_000, 60_000), (2_500, 45_000), (4_000, 30_000))
    )
    bids, columns = (pool, curve, buyer), Columns(grid, {"pool": pool.offered})
    model = columns.model([bid.lower(columns) for bid in bids])
    solution = solve(model.program)
    held = [
        bid.read(grid, layout, solution.primal)
        for bid, layout in zip(bids, model.layouts, strict=True)
    ]
    assert held[0].traded == held[2].traded == {Key("", A, "od", 0): 8_000}
    assert held[0].reserve_hundredths == held[1].reserve_hundredths == (2_000,)
    found = duals(model, solution.dual)
    assert found.slots == (4_500_000_000,)
    assert found.reserve == {("r", 0): 3_500_000_000}
    assert found.pools == {("pool", 0): 4_500_000_000}
    context = Context(grid, {})
    welfare = sum(bid.worth(context, one) for bid, one in zip(bids, held, strict=True))
    assert welfare == sum(bid.profit_max(context, found, None) for bid in bids) == 490


def test_its_columns_serve_the_region_in_every_interval():
    columns = Columns(GRID, {})
    layout = BID.lower(columns)
    model = columns.model([layout])
    assert [block.name for block in model.rows] == [("slots",), ("reserve", "r")]
    assert model.program.rows.tolist() == [2, 3, 2, 3]
    assert set(model.program.entries) == {1}
    assert BID.read(GRID, layout, np.array([3, 1, 1, 0])).reserve_hundredths == (400, 100)


def test_no_step_counts_above_the_cap():
    low = replace(GRID, cap_ticks=30_000)
    columns = Columns(low, {})
    assert columns.model([BID.lower(columns)]).program.value.tolist() == [3, 3, 1, 1]
    free = Duals((0, 0), {}, {}, {}, {}, {}, {})
    assert BID.profit_max(Context(low, {}), free, None) == 2 * (3 * 3 + 2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"region": "s"}, "region: expected r, found 's'"),
        ({"steps": [["2", "1"], ["3", "4"]]}, "steps: expected dollars that never rise"),
        ({"steps": [["2", "-1"]]}, "at least 0.0000"),
        ({"steps": []}, "steps: expected one or more steps"),
        ({"account": 0}, "account: expected an integer from 1"),
        ({"price": "1"}, "expected no other field, found price"),
    ],
)
def test_a_malformed_curve_is_refused(change, message):
    with pytest.raises(RequestMalformed, match=message):
        read_back(CURVE | change)
