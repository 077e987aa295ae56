"""PRICES: one price where duals are unique, one by rule where they are not, none where unbounded.

Takes   runs with a known dual face; random runs; a solver that errs.
Gives   prices in nano-dollars and ticks.
Keeps   prices a function of the run alone: not of the order of columns, nor of the vertex found.
Source  docs/formulation/auction.md, section 5, equations 7 and 13.
"""

from collections import Counter
from copy import deepcopy

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
from auction_runs import runs
from chiphour.auction.clear import clear
from chiphour.auction.held import Duals
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.model import build
from chiphour.auction.model import duals
from chiphour.auction.prices import OUTSIDE_USD
from chiphour.auction.prices import TIE_USD
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Price
from chiphour.auction.prices import _proves
from chiphour.auction.prices import caught
from chiphour.auction.prices import keys
from chiphour.auction.prices import optimal
from chiphour.auction.prices import published
from chiphour.auction.prices import tied
from chiphour.auction.prices import trading
from chiphour.auction.prices import unique_duals
from chiphour.auction.prices import with_columns
from chiphour.auction.result import to_json
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from chiphour.units import NANOUSD_PER_USD

POOL = offer("pool", 20, H100, 100, 1)
CLOSE = 1e-6


def wants(name, usd, units, *, account=10, hours=(0, 1), **mode):
    return bid(name, account, {H100: "1"}, (units, usd), hours=hours, **mode)


def found_of(instance, solver=solve):
    """Give the model, its relaxation, the relaxation's solution and the duals by rule."""
    model = build(instance)
    program = relax(model.program)
    solution = optimal(solve(program), "test")
    return model, program, solution, unique_duals(model, program, solution, solver, instance.root)


def priced(*bids, products=(HOPPER,), **others):
    """Give the price of every slot in dollars, or None."""
    instance = from_fields(run(products, bids, **others))
    model, _, _, found = found_of(instance)
    prices = published(duals(model, found.row_dual), found.priced, instance.grid)
    return [None if p.price_ticks is None else p.dual_nanousd / NANOUSD_PER_USD for p in prices]


def test_a_unique_dual_is_the_price():
    assert priced(POOL, wants("a", 4, 30), wants("b", 3, 90)) == [3]


def test_between_value_and_cost_the_price_is_the_middle():
    """All is sold, all is bought: any price from cost 1 to value 4 clears."""
    assert priced(POOL, wants("only", 4, 100)) == [2.5]


def test_a_profile_over_two_sold_out_hours_is_paid_a_quarter_in_each():
    """A unit of work needs a chip of both, worth 10 together: λ1 + λ2 <= 10, neither below 0.

    Two corners are (0, 0); the greatest sum is (10, 0) by the one weight, (0, 10) by its mirror.
    Hours are two products here: work that needs both at once has a factor for each.
    """
    rates = {H100: {"one": "1", "two": "0"}, A100: {"one": "0", "two": "1"}}
    bids = [
        bid("profile", 10, rates, (8, 10), chips_max=16),
        offer("one", 20, H100, 8, 0),
        offer("two", 21, A100, 8, 0),
    ]
    assert priced(*bids, products=(HOPPER, AMPERE)) == [2.5, 2.5]


def test_work_that_may_lie_in_any_hour_makes_the_hours_equal_where_both_are_at_their_limit():
    """Twenty units at 10 fill two hours of ten: the face is the square from 0 to 10."""
    pool = offer("pool", 20, H100, 10, 0, hours=2)
    assert priced(pool, wants("only", 10, 20, hours=(0, 2), chips_max=10), hours=2) == [5, 5]


def test_an_idle_offer_is_priced_at_its_cost_and_an_unmet_bid_at_its_value():
    assert priced(POOL) == [1]
    assert priced(bid("only", 10, {H100: "2"}, (100, 4))) == [8]


def test_what_nobody_bids_for_or_offers_has_no_price():
    assert priced() == [None]
    assert priced(POOL, products=(AMPERE, HOPPER)) == [None, 1]


def test_who_pays_anything_says_no_price():
    """All is sold to one at the cap of 1,000: only the pool's cost bounds the price."""
    assert priced(POOL, wants("any", 1000, 100)) == [1]
    assert priced(POOL, wants("most", 999, 100)) == [500]
    assert priced(wants("any", 1000, 100)) == [1000]  # Nobody else is there: the cap it is.


def test_who_gives_anything_says_no_price_where_prices_may_be_negative():
    price = {"floor": "-5", "cap": "10"}
    gives = offer("pool", 20, H100, 100, -5)
    assert priced(gives, wants("only", 4, 100), price=price) == [4]
    assert priced(offer("pool", 20, H100, 100, -4), wants("only", 4, 100), price=price) == [0]
    assert priced(gives, price=price) == [-5]


def test_a_way_to_a_region_without_bids_leaves_the_duals_consistent():
    """A, without bids or offers, has no price; H is priced at its idle offer's cost.

    The way could bring chips back from A, so A's dual may not lie below that of H.
    """
    arc = {"from": H100, "to": A100, "tier": "od", "min": ["-5"], "max": ["0"]}
    instance = from_fields(run([HOPPER, AMPERE], [POOL], arcs=[arc]))
    _, program, solution, found = found_of(instance)
    assert found.priced.tolist() == [False, True]
    assert found.row_dual[1] == pytest.approx(1)
    assert found.row_dual[0] >= 1 - CLOSE
    assert proves(program, solution, found.row_dual)


def test_prices_are_per_hour_whatever_the_interval():
    for step in (15, 60, 240):
        delivery = {"from": "2026-12-01T00:00:00Z", "step_minutes": step, "intervals": 1}
        end = f"2026-12-01T0{step // 60}:{step % 60:02d}:00Z"
        only = wants("only", 4, step * 100 // 60, chips_max=100)
        only["modes"][0]["window"]["to"] = end
        assert priced(POOL, only, delivery=delivery) == [2.5]


def proves(program, solution, dual):
    """Tell, column by column and row by row, whether nobody would move at these duals."""
    for column in range(program.value.size):
        part = slice(program.starts[column], program.starts[column + 1])
        gain = program.value[column] - program.entries[part] @ dual[program.rows[part]]
        if gain > CLOSE and solution.primal[column] < program.upper[column] - CLOSE:
            return False
        if gain < -CLOSE and solution.primal[column] > program.lower[column] + CLOSE:
            return False
    for row in range(program.row_lower.size):
        if dual[row] > CLOSE and solution.row_primal[row] < program.row_upper[row] - CLOSE:
            return False
        if dual[row] < -CLOSE and solution.row_primal[row] > program.row_lower[row] + CLOSE:
            return False
    return True


def shuffled(program, order):
    """Give the same programme with its columns in another order."""
    parts = [slice(program.starts[n], program.starts[n + 1]) for n in order]
    sizes = [0, *(part.stop - part.start for part in parts)]
    return program._replace(
        value=program.value[order], lower=program.lower[order], upper=program.upper[order],
        integer=program.integer[order], starts=np.cumsum(sizes).astype(np.int32),
        rows=np.concatenate([program.rows[part] for part in parts]),
        entries=np.concatenate([program.entries[part] for part in parts]),
    )  # fmt: skip


@settings(derandomize=True, max_examples=40)
@given(runs(floors=("0", "-5")), st.integers(0, 10**6))
def test_prices_prove_the_optimum_and_depend_on_no_order_of_columns(fields, seed):
    """Solve the same programme with its columns shuffled: other vertices, the same prices.

    A dual that its neighbours pull may lie beyond floor or cap; the price that is paid does not.
    """
    instance, _ = read_run(fields)
    model, program, solution, found = found_of(instance)
    assert proves(program, solution, found.row_dual)
    grid = instance.grid
    prices = published(duals(model, found.row_dual), found.priced, grid)
    for price, priced in zip(prices, found.priced, strict=True):
        assert (price.price_ticks is not None) == priced
        assert price.price_ticks is None or (
            grid.floor_ticks <= price.price_ticks <= grid.cap_ticks
        )
    order = np.random.default_rng(seed).permutation(program.value.size)
    other = shuffled(program, order)
    again = optimal(solve(other), "shuffled")
    second = unique_duals(model, other, again, solve, instance.root)
    assert (second.priced == found.priced).all()
    usd = found.row_dual[: grid.slots][found.priced]
    usd_again = second.row_dual[: grid.slots][found.priced]
    assert usd_again == pytest.approx(usd, abs=CLOSE)


def test_among_points_equally_near_the_key_decides():
    """A bid of 1 and an offer of 2: their middle is 1.5. Beside it, a product that nobody bounds.

    A way leads there, so it may cost 2 at most, and no more than here: 1.5 is wanted here, 2 there.
    All from 1.5 to 2 in both is equally near. However its columns stand, the same one is found.
    """
    arc = {"from": H100, "to": A100, "tier": "od", "min": ["0"], "max": ["5"]}
    bids = [wants("low", 1, 5), offer("dear", 20, H100, 10, 2)]
    ends = set()
    for number in range(1, 9):
        instance = from_fields(run([HOPPER, AMPERE], bids, arcs=[arc], run=number))
        model, program, _, found = found_of(instance)
        ends.add(tuple(np.round(found.row_dual[:2], 6)))
        for seed in range(4):
            other = shuffled(program, np.random.default_rng(seed).permutation(program.value.size))
            again = unique_duals(model, other, solve(other), solve, instance.root)
            assert again.row_dual[:2] == pytest.approx(found.row_dual[:2], abs=CLOSE)
    assert ends == {(1.5, 1.5), (2, 2)}


@settings(derandomize=True, max_examples=10)
@given(runs(), st.randoms(use_true_random=False))
def test_the_same_run_in_another_order_has_the_same_prices_byte_for_byte(fields, random):
    again = deepcopy(fields)
    for name in ("bids", "products", "arcs"):
        random.shuffle(again[name])
    bodies = []
    for one in (fields, again):
        instance, _ = read_run(one)
        bodies.append(to_json(instance, clear(instance, solve)))
    assert bodies[0] == bodies[1]


@settings(derandomize=True, max_examples=40)
@given(runs(), st.data())
def test_duals_moved_where_somebody_would_move_prove_nothing(fields, data):
    """Move one price a little or a lot: refused when, column by column, somebody would move."""
    instance, _ = read_run(fields)
    _, program, solution, found = found_of(instance)
    assert _proves(program, solution, found.row_dual)
    row = data.draw(st.integers(0, program.row_lower.size - 1))
    for change in (0.01, -0.01, 1.0):
        wrong = found.row_dual.copy()
        wrong[row] += change
        assert proves(program, solution, wrong) or not _proves(program, solution, wrong)


def test_a_price_between_blocks_in_part_use_cannot_be_moved_at_all():
    instance = from_fields(run([HOPPER], [POOL, wants("a", 4, 30), wants("b", 3, 90)]))
    _, program, solution, found = found_of(instance)
    for change in (1e-5, -1e-5, 0.01, -3.0, 997.0):
        wrong = found.row_dual.copy()
        wrong[0] += change
        assert not _proves(program, solution, wrong)


def test_corners_that_a_solver_gives_wrong_are_left_out():
    """Every answer but the first is a hundred times too dear: none proves anything."""

    def false(program, basis=None):
        solution = solve(program, basis)
        return solution._replace(dual=solution.dual * 100 + 1)

    instance = from_fields(run([HOPPER], [POOL, wants("only", 4, 100)]))
    _, program, solution, found = found_of(instance, false)
    assert (found.row_dual == solution.dual).all()
    assert proves(program, solution, found.row_dual)


def test_a_solver_that_finds_no_corner_leaves_the_duals_as_they_are():
    def none(program, basis=None):
        return solve(program, basis)._replace(status="time_limit")

    instance = from_fields(run([HOPPER], [POOL, wants("only", 4, 100)]))
    _, _, solution, found = found_of(instance, none)
    assert (found.row_dual == solution.dual).all()


def test_ticks_are_rounded_half_even_and_never_beyond_floor_and_cap():
    grid = from_fields(run([HOPPER], [], hours=6, price={"floor": "-1", "cap": "2"})).grid
    dual = (2_000_050_000, 1_000_150_000, -950_000, 3 * 10**9, -2 * 10**9, 10**9)
    prices = published(Duals(dual, {}, {}, {}, {}, {}, {}), np.array([True] * 5 + [False]), grid)
    assert [price.price_ticks for price in prices] == [20_000, 10_002, -10, 20_000, -10_000, None]
    assert prices[5] == Price(10**9, None)
    assert [price.dual_nanousd for price in prices] == list(dual)


def test_a_slot_trades_when_anything_is_bought_sold_or_carried():
    arc = {"from": H100, "to": A100, "tier": "od", "min": ["0"], "max": ["5"]}
    pool = offer("far", 21, A100, 10, 1)
    cheap = run([HOPPER, AMPERE], [wants("only", 4, 10), POOL, pool], arcs=[arc])
    model = build(from_fields(cheap))
    assert trading(model, solve(model.program).primal).tolist() == [False, True]
    cheap["bids"] = [bid("only", 10, {A100: "1"}, (3, 4)), POOL]
    model = build(from_fields(cheap))
    assert trading(model, solve(model.program).primal).tolist() == [True, True]
    assert trading(model, np.zeros(model.program.value.size)).tolist() == [False, False]


def test_equals_share_and_the_key_decides_among_others():
    """Two bids alike hold the same. Two with other ceilings tie: the run's number picks one."""
    winners, shares = set(), set()
    for number in range(1, 9):
        alike = [wants(name, 4, 100, account=a) for a, name in ((10, "one"), (11, "two"))]
        other = deepcopy(alike)
        other[1]["modes"][0]["chips_max"] = "999"
        for bids, found in ((alike, shares), (other, winners)):
            instance = from_fields(run([HOPPER], [*bids, POOL], run=number))
            result = clear(instance, solve)
            bought = Counter(
                {p.id: sum(p.held.traded.values()) for p in result.award.parts if p.side > 0}
            )
            assert result.welfare_nanousd == 300 * NANOUSD_PER_USD
            found.add(tuple(sorted(bought.items())))
    assert shares == {(("one", 5_000), ("two", 5_000))}
    assert {next(n for n, q in w if q == 10_000) for w in winners} == {"one", "two"}


def test_keyed_costs_are_small_and_change_with_the_root():
    model = build(from_fields(run([HOPPER], [POOL, wants("only", 4, 100)])))
    costs = [model.program.value - tied(model, root).value for root in ("a", "b", "a")]
    assert (costs[0] == costs[2]).all() and not (costs[0] == costs[1]).all()
    for cost in costs:
        assert (cost[~model.traded] == 0).all()
        assert (cost >= 0).all() and cost.max() < TIE_USD + 1e-12
    assert len(set(costs[0][model.traded].tolist())) == model.traded.sum()


def test_keys_are_spread_and_repeatable():
    drawn = keys("root", ("slots",), 2_000)
    assert (drawn == keys("root", ("slots",), 2_000)).all()
    assert (drawn[:10] == keys("root", ("slots",), 10)).all()
    assert len(set(drawn.tolist())) == 2_000
    assert drawn.min() >= 0 and drawn.max() < 1
    assert abs(drawn.mean() - 0.5) < 0.03
    assert keys("root", ("a", "bc"), 1) != keys("root", ("ab", "c"), 1)
    assert keys("root", ("a",), 1) != keys("other", ("a",), 1)


def test_a_buyer_below_the_floor_and_a_seller_above_the_cap_stand_in_every_slot():
    fields = run([HOPPER], [POOL], hours=1, price={"floor": "-2", "cap": "50"})
    instance = from_fields(fields)
    model = build(instance)
    held = caught(model.program, instance.grid)
    first = model.program.value.size
    assert held.value[first:].tolist() == [-2 - OUTSIDE_USD, -50 - OUTSIDE_USD]
    assert held.entries[-2:].tolist() == [1, -1] and held.rows[-2:].tolist() == [0, 0]
    assert (held.upper[first:] == 1).all() and not held.integer[first:].any()
    assert solve(held).objective == solve(model.program).objective


def test_columns_are_added_after_those_that_are_there():
    model = build(from_fields(run([HOPPER], [POOL])))
    more = with_columns(model.program, np.array([1.0, 2.0]), 3.0, np.array([0, 1]), -1.0)
    assert more.value[-2:].tolist() == [1, 2] and more.upper[-2:].tolist() == [3, 3]
    assert more.rows[-2:].tolist() == [0, 1] and more.entries[-2:].tolist() == [-1, -1]
    assert np.diff(more.starts)[-2:].tolist() == [1, 1]
    assert more.starts.dtype == more.rows.dtype == np.int32
    assert (
        shuffled(more, np.arange(model.program.value.size)).value.size == model.program.value.size
    )


def test_anything_but_an_optimum_is_told():
    """A way that must carry 20 chips from where nobody sells cannot be satisfied."""
    arc = {"from": H100, "to": A100, "tier": "od", "min": ["20"], "max": ["20"]}
    model = build(from_fields(run([HOPPER, AMPERE], [], arcs=[arc])))
    with pytest.raises(ClearingFailed, match="way: expected an optimum, found infeasible"):
        optimal(solve(model.program), "way")
