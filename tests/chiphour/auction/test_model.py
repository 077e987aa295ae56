"""MODEL: columns and rows come out as they were asked for, bounded, named and in one order.

Takes   random runs; one that holds everything.
Gives   arrays beside a slow dictionary of the same calls; published duals beside their own sums.
Keeps   the same run, however it was written, the same programme bit for bit.
Source  docs/formulation/auction.md, section 3.
"""

from copy import deepcopy
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_fields import A100
from auction_fields import AMPERE
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import offer
from auction_fields import run
from auction_rich import rich
from auction_runs import runs
from chiphour.auction.fields import PICOS
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.model import Block
from chiphour.auction.model import Columns
from chiphour.auction.model import build
from chiphour.auction.model import duals
from chiphour.units import NANOUSD_PER_USD

ARC = {"from": H100, "to": A100, "tier": "od", "min": ["-1", "0"], "max": ["0", "2.5"]}


class Noted(Columns):
    """A model under construction that also notes every call, one number at a time."""

    def __init__(self, *asked):
        self.cells, self.bounds, self.limits = {}, [], []
        super().__init__(*asked)

    def rows(self, name, count, lower, upper):
        first = super().rows(name, count, lower, upper)
        assert first == len(self.limits)
        self.limits += [(at(lower, n), at(upper, n)) for n in range(count)]
        return first

    def columns(self, name, value, upper, entries, *, lower=0.0, integer=False, traded=False):
        more = {"lower": lower, "integer": integer, "traded": traded}
        self.bounds += [
            (at(value, n), at(lower, n), float(upper[n]), integer, traded)
            for n in range(upper.size)
        ]
        return super().columns(name, value, upper, entries, **more)

    def stretches(self, name, values, uppers, count, *, integer=False, traded=False):
        for value, upper in zip(values, uppers, strict=True):
            self.bounds += [(float(value), 0.0, float(upper), integer, traded)] * count
        return super().stretches(name, values, uppers, count, integer=integer, traded=traded)

    def runs(self, rows, row_step, columns, column_step, count, coefficients):
        for row, column, each in zip(rows, columns, coefficients, strict=True):
            for n in range(count):
                self.note(row + n * row_step, column + n * column_step, float(each))
        super().runs(rows, row_step, columns, column_step, count, coefficients)

    def put(self, rows, columns, coefficients):
        for n, (row, column) in enumerate(zip(rows.tolist(), columns.tolist(), strict=True)):
            self.note(row, column, at(coefficients, n))
        super().put(rows, columns, coefficients)

    def note(self, row, column, coefficient):
        if row >= 0 and coefficient != 0:
            assert (row, column) not in self.cells, "an entry given twice"
            self.cells[row, column] = coefficient


def at(amount, place):
    return float(amount[place]) if np.ndim(amount) else float(amount)


def noted(instance):
    """Lower a run as `build` does, into a model that notes it too."""
    columns = Noted(instance.grid, instance.context.pools, instance.reference)
    columns.flows()
    layouts = {}
    for one in sorted(instance.bids, key=lambda one: one.offered is None):
        layouts[one.id] = one.lower(columns)
    return columns, columns.model([layouts[one.id] for one in instance.bids])


def cells(program):
    return {
        (int(program.rows[n]), column): float(program.entries[n])
        for column in range(program.value.size)
        for n in range(program.starts[column], program.starts[column + 1])
    }


def same(one, other):
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def with_prices(instance):
    """Count budgets at a price of 1, so that their rows are there too."""
    found = duals(build(instance), np.ones(build(instance).program.row_lower.size))
    return instance.at_prices(found, {})


@settings(max_examples=25)
@given(runs(budget=True, floors=("0", "-5")))
def test_the_arrays_hold_what_was_asked_for_number_by_number(fields):
    instance = with_prices(read_run(fields)[0])
    columns, model = noted(instance)
    program = model.program
    assert same(program, build(instance).program)
    assert cells(program) == columns.cells
    assert list(zip(program.row_lower, program.row_upper, strict=True)) == columns.limits
    assert [
        (*numbers, bool(integer), bool(traded))
        for *numbers, integer, traded in zip(
            program.value, program.lower, program.upper, program.integer, model.traded, strict=True
        )
    ] == columns.bounds
    assert np.isfinite(program.lower).all() and np.isfinite(program.upper).all()
    assert (program.lower <= program.upper).all()
    for first, end in pairwise(program.starts):
        assert (np.diff(program.rows[first:end]) > 0).all()


@settings(max_examples=25)
@given(runs(budget=True), st.randoms(use_true_random=False))
def test_the_same_run_in_any_order_is_the_same_programme_bit_for_bit(fields, random):
    shuffled = deepcopy(fields)
    for name in ("bids", "products", "arcs"):
        random.shuffle(shuffled[name])
    first, second = (build(with_prices(read_run(one)[0])) for one in (fields, shuffled))
    assert same(first.program, second.program)
    assert np.array_equal(first.traded, second.traded)
    assert (first.columns, first.rows) == (second.columns, second.rows)


def covers(blocks, size):
    """Tell whether blocks stand one after another without a gap, each name once."""
    firsts = [0, *np.cumsum([block.size for block in blocks]).tolist()]
    names = [block.name for block in blocks]
    return (
        [b.first for b in blocks] == firsts[:-1]
        and firsts[-1] == size
        and len(set(names)) == len(names)
    )


def test_every_column_and_row_has_a_name_and_the_slots_come_first():
    instance = from_fields(rich())
    model = build(instance)
    assert covers(model.columns, model.program.value.size)
    assert covers(model.rows, model.program.row_lower.size)
    assert model.rows[0] == Block(("slots",), 0, instance.grid.slots)
    assert (model.program.row_lower[: instance.grid.slots] == 0).all()
    assert (model.program.row_upper[: instance.grid.slots] == 0).all()
    kinds = {block.name[0]: block.size for block in model.rows}
    assert {"slots", "pool", "premium", "side", "reserve", "work"} <= set(kinds)
    assert {kinds[kind] for kind in ("pool", "premium", "side", "reserve")} == {3}
    assert kinds["work"] == 1


def test_sellers_are_lowered_first_and_then_all_others_by_hash():
    instance = from_fields(rich())
    model = build(instance)
    pools = {one.id for one in instance.bids if one.offered}
    owners = [
        next((word for word in block.name if word in instance.bid_by_id), None)
        for block in model.columns
    ]
    order = [name for n, name in enumerate(owners) if name and name not in owners[:n]]
    hashes = [one.id for one in instance.bids]
    assert order == [*(n for n in hashes if n in pools), *(n for n in hashes if n not in pools)]


def test_an_arc_leaves_one_balance_and_enters_another():
    program = build(from_fields(run([HOPPER, AMPERE], [], hours=2, arcs=[ARC]))).program
    assert cells(program) == {(2, 0): 1, (3, 1): 1, (0, 0): -1, (1, 1): -1}
    assert list(program.lower) == [-1, 0] and list(program.upper) == [0, 2.5]


def test_chips_of_a_named_pool_are_no_more_than_it_sells():
    """Two bids want what one pool stocks: a row an interval holds both to its sale (eq. 10)."""
    wants = [bid(n, 10, {H100: "1"}, (9, 3), hours=(0, 2), needs={"cpu": 2}) for n in ("a", "b")]
    pool = offer("pool", 20, H100, 8, 1, hours=2, side_stock={"cpu": [7, 7]})
    model = build(from_fields(run([HOPPER], [*wants, pool], hours=2)))
    blocks = {block.name: block for block in model.rows}
    premium, side = blocks["premium", "pool", "od"], blocks["side", "pool", "cpu"]
    found = cells(model.program)
    for interval in range(2):
        row = [value for (r, _), value in found.items() if r == premium.first + interval]
        assert sorted(row) == [-1, 1, 1]
        stock = [value for (r, _), value in found.items() if r == side.first + interval]
        assert sorted(stock) in ([2, 2], [-7, 2, 2])
    assert (model.program.row_upper[premium.first : premium.first + 2] == 0).all()
    plain = build(from_fields(run([HOPPER], [pool], hours=2)))
    assert all(block.name[0] != "premium" for block in plain.rows)  # Nobody asks: no row.


def test_an_entry_in_no_row_is_none_and_a_zero_is_none():
    columns = Columns(from_fields(run([HOPPER], [])).grid, {})
    columns.columns(("x",), 0.0, np.ones(3), [(-1, 5.0), (np.array([0, -1, 0]), [1.0, 1.0, 0.0])])
    program = columns.model([]).program
    assert cells(program) == {(0, 0): 1}
    assert list(program.starts) == [0, 1, 1, 1]


def nano(dual, hours):
    """Give a row's dual in nano-dollars an hour, as a float rounds it."""
    return int(np.rint(dual * (NANOUSD_PER_USD / hours)))


@pytest.mark.parametrize("floor", ["0", "-5"])
@settings(max_examples=20)
@given(seed=st.integers(0, 10**6))
def test_duals_are_published_as_integers_clipped_to_their_sign(floor, seed):
    """Any vector: each number is its row's; those of one-sided rows are never below zero.

    λ and μ of either sign are kept, zeros are left out, reserve costs the cap at most. Work may be
    worth less than nothing where chips that stand idle could be paid for: of an equality only.
    """
    fields = rich() | {"price": {"floor": floor, "cap": "50"}}
    instance = with_prices(from_fields(fields))
    model = build(instance)
    row_dual = np.random.default_rng(seed).normal(0, 40, model.program.row_lower.size)
    found = duals(model, row_dual)
    assert list(found.slots) == [nano(dual, 1) for dual in row_dual[: model.grid.slots]]
    for block in model.rows[1:]:
        kind, *name = block.name
        for n in range(block.size):
            dual = row_dual[block.first + n]
            if kind == "pool":
                assert found.pools.get((*name, n), 0) == nano(dual, 1)
            elif kind in ("premium", "side", "reserve"):
                given = {"premium": found.premiums, "side": found.sides}.get(kind, found.reserve)
                most = 50 * NANOUSD_PER_USD if kind == "reserve" else 10**18
                assert given.get((*name, n), 0) == min(max(nano(dual, 1), 0), most)
            elif kind == "work":
                expected = round(float(dual) * PICOS)
                equal = floor != "0"  # Every mode of this run has one factor and no scale.
                assert found.work.get(tuple(name), 0) == (expected if equal else max(expected, 0))
            elif kind == "budget":
                assert found.budgets.get(name[0], 0) == max(round(float(dual) * PICOS), 0)
    every = [found.pools, found.premiums, found.sides, found.reserve, found.work, found.budgets]
    assert all(value for given in every for value in given.values())


def test_prices_are_per_hour_and_values_per_interval():
    """A chip over a quarter of an hour: what its row says for it is a quarter of the price."""
    quarter = run(
        [HOPPER], [], delivery={"from": "2026-12-01T00:00:00Z", "step_minutes": 15, "intervals": 2}
    )
    model = build(from_fields(quarter))
    assert duals(model, np.array([0.25, -0.5])).slots == (NANOUSD_PER_USD, -2 * NANOUSD_PER_USD)
    quarter["bids"] = [offer("pool", 20, H100, 8, "1.5", hours=2)]
    program = build(from_fields(quarter)).program
    assert set(program.value.tolist()) <= {0, -0.375}
    assert -0.375 in program.value.tolist()


def test_work_of_several_factors_or_a_scale_never_has_a_negative_value():
    """Their rows hold from one side only, whatever the floor."""
    two = bid("two", 10, {H100: {"a": "1", "b": "2"}}, (9, 3))
    steps = bid("steps", 11, {H100: "1"}, (9, 3))
    steps["modes"][0]["perf"][0]["scale"] = [["1", "1"], ["5", "0.5"]]
    one = bid("one", 12, {H100: "1"}, (9, 3))
    price = {"floor": "-5", "cap": "50"}
    model = build(from_fields(run([HOPPER], [two, steps, one], price=price)))
    found = duals(model, np.full(model.program.row_lower.size, -2.0))
    assert found.work == {("one", "m", "work"): -2 * PICOS}


@given(st.integers(-(10**12), 10**12))
def test_a_dual_of_whole_nano_dollars_is_published_to_the_digit(nanousd):
    model = build(from_fields(run([HOPPER], [])))
    assert duals(model, np.array([nanousd / NANOUSD_PER_USD])).slots == (nanousd,)
