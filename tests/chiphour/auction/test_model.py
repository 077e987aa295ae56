"""MODEL: columns and rows come out as the formulation says, bounded and named.

Takes   small runs.
Gives   arrays; amounts in whole hundredths.
Keeps   snapping apart from cutting.
Source  docs/formulation/auction.md, equations 1 to 6.
"""

import numpy as np
import pytest

from chiphour.auction.instance import from_fields
from chiphour.auction.model import NO_OWNER
from chiphour.auction.model import amounts
from chiphour.auction.model import build


def test_balance_rows_come_first_and_every_trade_enters_one(e2):
    model = build(from_fields(e2))
    program = model.program
    assert model.row_names[: model.slots] == (
        ("balance", "A100/node8/us 0"),
        ("balance", "H100/node8/us 0"),
    )
    for column in np.flatnonzero(model.owner != NO_OWNER):
        rows = program.rows[program.starts[column] : program.starts[column + 1]]
        assert [row for row in rows if row < model.slots] == [model.slot[column]]


def test_every_column_is_bounded_and_named(two_zones):
    model = build(from_fields(two_zones))
    assert np.isfinite(model.program.lower).all() and np.isfinite(model.program.upper).all()
    assert len(model.column_names) == model.program.value.size
    assert len(model.row_names) == model.program.row_lower.size
    assert model.arcs == 1
    assert model.column_names[0] == ("arc", "H100/node8/us H100/node8/far 0")


def test_an_arc_leaves_one_balance_and_enters_another(two_zones):
    program = build(from_fields(two_zones)).program
    assert dict(zip(program.rows[:2].tolist(), program.entries[:2].tolist(), strict=True)) == {
        0: -1,  # far: it arrives
        1: 1,  # us: it leaves
    }


def test_the_same_run_in_any_order_gives_the_same_arrays(e2):
    first = build(from_fields(e2))
    e2["bids"].reverse()
    e2["products"].reverse()
    second = build(from_fields(e2))
    assert first.column_names == second.column_names
    for one, other in zip(first.program, second.program, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("chips", "expected"),
    [
        (12.34, (1234, 1234)),
        (12.34 + 1e-9, (1234, 1234)),
        (12.34 - 1e-9, (1234, 1234)),
        (12.344, (1234, 1235)),
        (0.001, (0, 1)),
        (-1e-12, None),
    ],
)
def test_amounts_snap_to_the_hundredth_when_near_and_else_are_cut(e1, chips, expected):
    model = build(from_fields(e1))
    primal = np.zeros(model.program.value.size)
    column = int(np.flatnonzero(model.owner == 0)[0])
    primal[column] = chips
    assert amounts(model, 1, primal).traded.get((0, 0)) == expected


@pytest.mark.parametrize(("flow", "expected"), [(3.456, 345), (-3.456, -345), (2.0, 200)])
def test_flows_are_cut_toward_zero(two_zones, flow, expected):
    model = build(from_fields(two_zones))
    primal = np.zeros(model.program.value.size)
    primal[0] = flow
    assert amounts(model, 1, primal).flows == {(0, 0): expected}
