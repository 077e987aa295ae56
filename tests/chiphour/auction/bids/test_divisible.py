"""DIVISIBLE: its columns, its value, its check and its best profit agree, on modes of every sort.

Takes   random modes of up to three intervals, random prices of everything.
Gives   worths and profits by HiGHS on the mode's own columns, and by hand.
Keeps   `lower`, `worth` and `profit_max` to each other, and all to the formulation.
Source  docs/formulation/auction.md, equations 1, 2, 10, 11, 12 and 15.
"""

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.auction.bids.divisible import Divisible
from chiphour.auction.fields import PICOS
from chiphour.auction.grid import STEP_MINUTES
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.held import Offered
from chiphour.auction.model import Budget
from chiphour.auction.model import Columns
from chiphour.auction.model import duals
from chiphour.auction.solve import solve
from chiphour.auction.work import Perf
from chiphour.auction.work import Work
from chiphour.auction.work import buyable
from chiphour.auction.work import choices
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import PPM

A, B = "A/d/r", "B/d/r"
TIERS = (Tier("od", 0, PPM), Tier("spot", 150_000, 1_250_000))
PRODUCTS = (Product("A", "d", "r"), Product("B", "d", "r"))
GRID = Grid(0, 60, 2, 0, 100_000, TIERS, PRODUCTS, ())
STOCKED = {
    "one": Offered(A, frozenset({"od", "spot"}), frozenset({"cpu"}), 10**6),
    "two": Offered(A, frozenset({"od"}), frozenset({"cpu"}), 10**6),
}
CONTEXT = Context(GRID, STOCKED)
EMPTY = Duals((0,) * GRID.slots, {}, {}, {}, {}, {}, {})
ONE = (PICOS,)
WORK = Work(
    "m", ("work",), (Perf(A, (2 * PICOS,), (), ()), Perf(B, ONE, (), ())), (("od", None),),
    0, 0, 0, ((6 * PICOS, 3 * PICOS), (4 * PICOS, PICOS)), 300, 0, 2,
)  # fmt: skip
MODE = Divisible(WORK)
CPUS = Divisible(replace(WORK, perf=(Perf(A, ONE, (), (("cpu", 2),)),)))
STEPS = Divisible(
    replace(
        WORK,
        perf=(Perf(A, ONE, ((100, PPM), (250, PPM // 2)), ()),),
        tiers=(("od", None), ("spot", None)),
    )
)
LEONTIEF = Divisible(
    replace(
        WORK,
        factors=("c", "m"),
        perf=(Perf(A, (2 * PICOS, 0), (), ()), Perf(B, (0, PICOS), (), ())),
    )
)


def held(*lines, mode="m"):
    """Give what is held: (product, interval, hundredths), or with a tier and a pool."""
    return Held(
        {
            Key(mode, product, rest[0] if rest else "od", interval, *rest[1:]): quantity
            for product, interval, quantity, *rest in lines
        }
    )


def worth(mode, *lines, context=CONTEXT):
    return mode.worth(context, held(*lines))


def test_the_best_blocks_of_work_are_paid_first():
    assert worth(MODE) == 0
    assert worth(MODE, (A, 0, 150)) == 9  # 3 units at 3
    assert worth(MODE, (A, 0, 300), (B, 1, 100)) == 19  # 6 at 3, 1 at 1
    assert worth(MODE, (A, 0, 300), (A, 1, 300)) == 22  # 10 units at most
    assert MODE.delivered_units(CONTEXT, held((A, 0, 300), (A, 1, 300))) == 12


def test_an_interval_does_work_by_its_length():
    quarter = Context(replace(GRID, step_minutes=15), STOCKED)
    day = Context(replace(GRID, step_minutes=1440), STOCKED)
    assert worth(MODE, (A, 0, 150), context=quarter) == Fraction(9, 4)
    assert worth(MODE, (B, 0, 25), context=day) == 18  # 6 units


def test_chips_of_another_mode_or_of_nothing_it_can_use_are_worth_nothing():
    assert MODE.worth(CONTEXT, held((A, 0, 100), mode="other")) == 0
    assert worth(MODE, ("C/d/r", 0, 100), (A, 0, 100, "spot"), (A, 0, 100, "od", "one")) == 0


def test_work_that_needs_several_factors_is_worth_what_its_scarcest_allows():
    """A does 2 of c an hour, B one of m: 2 chips of B and one of A do 2 units."""
    assert worth(LEONTIEF, (A, 0, 100)) == 0
    assert worth(LEONTIEF, (A, 0, 100), (B, 0, 100)) == 3
    assert worth(LEONTIEF, (A, 0, 100), (B, 0, 200)) == 6
    assert worth(LEONTIEF, (A, 0, 200), (B, 1, 200)) == 6
    assert LEONTIEF.delivered_units(CONTEXT, held((A, 0, 100), (B, 0, 150))) == Fraction(3, 2)


def test_chips_fill_the_steps_of_a_scale_the_best_tier_first():
    """One chip at full rate, 1.5 at half: of 1 od and 1 spot, od is whole and spot half of .85."""
    assert worth(STEPS, (A, 0, 100)) == 3
    assert worth(STEPS, (A, 0, 250)) == Fraction(21, 4)
    both = (A, 0, 100), (A, 0, 100, "spot")
    assert STEPS.delivered_units(CONTEXT, held(*both)) == 1 + Fraction(425, 1_000)
    assert worth(STEPS, (A, 0, 100), (A, 1, 100)) == 6  # Each interval has its own steps.


def test_what_is_lost_by_interruption_is_taken_off():
    lossy = Divisible(replace(STEPS.work, loss_picousd=4 * PICOS))
    assert worth(lossy, (A, 0, 100, "spot")) == 3 * Fraction(85, 100) - 4 * Fraction(15, 100)
    assert worth(lossy, (A, 0, 100)) == 3


def test_values_are_cut_to_the_cap():
    low = replace(GRID, cap_ticks=30_000)  # $3 a chip-hour: 1.5 a unit on the product of rate 2
    assert worth(MODE, (A, 0, 100), context=Context(low, {})) == 3
    assert MODE.tops_picousd(GRID) == {A: 6 * PICOS, B: 3 * PICOS}
    assert MODE.tops_picousd(low) == {A: 3 * PICOS, B: 3 * PICOS // 2}
    assert (MODE.declared_usd(GRID), MODE.declared_usd(low)) == (22, 13)
    lossy = Divisible(replace(WORK, loss_picousd=PICOS // 2))
    pi = Fraction(max(tier.pi_ppm for tier in GRID.tiers), PPM)
    assert lossy.tops_picousd(GRID) == {A: (6 + pi / 2) * PICOS, B: (3 + pi / 2) * PICOS}


def test_work_that_one_would_be_paid_to_take_is_not_declared():
    below = Divisible(replace(WORK, curve=((PICOS, PICOS), (5 * PICOS, -PICOS))))
    assert below.declared_usd(GRID) == 1
    assert below.tops_picousd(GRID)[A] == 2 * PICOS


def test_scaled_values_scale_all_that_is_declared():
    assert MODE.scaled(500_000_000).declared_usd(GRID) == 11
    assert MODE.scaled(10**9) == MODE


def test_needs_are_those_of_the_product():
    assert CPUS.needs(A) == {"cpu": 2}
    assert CPUS.needs(B) == MODE.needs(A) == {}
    assert not MODE.is_whole and MODE.id == "m"


def rules(mode, *lines, grid=GRID):
    found = mode.violations(Context(grid, STOCKED), "bid", held(*lines))
    return [(one.rule, one.where, one.expected, one.found) for one in found]


def test_its_own_limits_are_told_when_broken():
    assert rules(MODE, (A, 0, 200), (B, 0, 100), (A, 1, 300)) == []
    assert rules(MODE, (A, 0, 200), (B, 0, 101)) == [
        ("ceiling", "bid m interval 0", "at most 3 chips", "3.01")
    ]
    assert rules(MODE, (A, 2, 1)) == [
        ("window", "bid m interval 2", "an interval from 0 to before 2", "2")
    ]
    assert rules(Divisible(replace(WORK, first=1)), (A, 0, 1))[0][0] == "window"
    for product, tier, pool in (("C/d/r", "od", ""), (A, "spot", ""), (A, "od", "one")):
        assert rules(MODE, (product, 0, 1, tier, pool)) == [
            ("product", "bid m interval 0", "a product, tier and pool of the mode",
             f"{product} {tier} {pool}".rstrip())
        ]  # fmt: skip
    assert rules(CPUS, (A, 0, 1, "od", "two")) == []
    assert rules(CPUS, (A, 0, 1, "od"))[0][0] == "product"


def test_quantities_are_whole_units_above_zero():
    quarter = replace(GRID, step_minutes=15)
    assert rules(MODE, (A, 0, 104), grid=quarter) == []
    assert rules(MODE, (A, 0, 102), grid=quarter) == [
        ("unit", "bid m interval 0", "a multiple of 0.04 chips", "1.02")
    ]
    assert [rule for rule, *_ in rules(MODE, (A, 0, 0))] == ["unit"]
    assert [rule for rule, *_ in rules(MODE, (A, 0, -4))] == ["unit"]


def test_chips_beyond_the_last_step_of_a_scale_are_told():
    assert rules(STEPS, (A, 0, 125), (A, 0, 125, "spot")) == []
    assert rules(STEPS, (A, 0, 125), (A, 0, 126, "spot")) == [
        ("ceiling", "bid m interval 0", "at most 2.5 chips", "2.51")
    ]


def test_idle_chips_are_told_where_they_could_be_paid_for():
    """Ten units of work are asked for; with a floor below zero no chip may be bought for more."""
    negative = replace(GRID, floor_ticks=-1)
    assert rules(MODE, (A, 0, 300), (A, 1, 201)) == []
    assert rules(MODE, (A, 0, 300), (A, 1, 200), grid=negative) == []
    assert rules(MODE, (A, 0, 300), (A, 1, 201), grid=negative) == [
        ("work", "bid m", "at most 10 units", "10.02")
    ]
    assert rules(LEONTIEF, (A, 0, 300), (A, 1, 300), grid=negative) == []
    many = Divisible(replace(STEPS.work, curve=((PICOS, PICOS),)))
    assert rules(many, (A, 0, 250), (A, 1, 250), grid=negative) == []


def test_what_snapping_added_is_not_idle():
    """Of 3.9999999 units at 2 a chip-hour 1.99999995 chips are bought: 2 of them."""
    negative, nearly = replace(GRID, floor_ticks=-1), 3_999_999_900_000
    for units, told in ((nearly, []), (nearly - 4_000_000, ["work"])):
        mode = Divisible(replace(WORK, curve=((units, PICOS),)))
        assert [rule for rule, *_ in rules(mode, (A, 0, 200), grid=negative)] == told


def lowered(mode, grid=GRID, chosen=False):
    columns = Columns(grid, STOCKED)
    column = columns.columns(("chosen",), 0.0, np.ones(1), (), integer=True) if chosen else None
    return columns.model([mode.lower(columns, "bid", None, column)])


def test_it_lowers_to_blocks_chips_a_row_of_work_and_ceilings():
    model = lowered(MODE)
    names = [(*block.name, block.size) for block in model.columns]
    assert names == [
        ("bid", "m", "work", 2), ("bid", "m", "chips", 4),
    ]  # fmt: skip
    rows = [(*block.name, block.size) for block in model.rows[1:]]
    assert rows == [("work", "bid", "m", "work", 1), ("own", "bid", "m", "ceiling", 2)]
    assert list(model.program.upper) == [6, 4, 3, 3, 3, 3]
    assert list(model.traded) == [False] * 2 + [True] * 4


def test_the_work_row_is_an_equality_where_idle_chips_could_be_paid_for():
    """Not with several factors, which cannot all be met, nor with a scale."""
    negative = replace(GRID, floor_ticks=-1)

    def least(mode, grid):
        model = lowered(mode, grid)
        return {model.program.row_lower[b.first] for b in model.rows if b.name[0] == "work"}

    assert least(MODE, GRID) == {-np.inf}
    assert least(MODE, negative) == {0}
    assert least(LEONTIEF, negative) == least(STEPS, negative) == {-np.inf}


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        (1234.0, 1234), (1234 + 9e-4, 1234), (1234 - 9e-4, 1234), (1234 + 2e-3, 1234),
        (1234 - 2e-3, 1233), (0.5, None), (0.9999995, 1), (-1e-9, None), (-0.4, None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("step_minutes", [15, 60])
def test_amounts_snap_to_the_unit_when_near_and_else_are_cut(units, expected, step_minutes):
    grid = replace(GRID, step_minutes=step_minutes)
    model = lowered(MODE, grid)
    primal = np.zeros(model.program.value.size)
    primal[model.layouts[0].firsts[1] + 1] = units * grid.unit_hundredths / 100
    found = MODE.read(grid, model.layouts[0], primal)
    assert found == (Held() if expected is None else held((B, 1, expected * grid.unit_hundredths)))


def test_the_steps_of_a_scale_are_read_as_one_amount():
    model = lowered(STEPS)
    primal = np.zeros(model.program.value.size)
    for first in model.layouts[0].firsts[:2]:  # Both steps on od: 0.505 chips each.
        primal[first] = 0.505
    assert STEPS.read(GRID, model.layouts[0], primal) == held((A, 0, 101))


def test_its_best_profit_is_its_best_blocks_and_its_best_chips():
    """At ω = 2: (3 - 2) x 6 for the blocks; A gains 4 - 1 a chip, B 2 - 0.25, three at most.

    So three of A in each of two hours: 6 + 18, to the last digit; and one picodollar more or less.
    """
    price = {A: 10**9, B: 250_000_000}
    slots = [0] * GRID.slots
    for product, nano in price.items():
        first = GRID.slot(GRID.product_numbers[product], 0, 0)
        slots[first : first + 2] = [nano, nano]
    for omega, usd in ((2 * PICOS, 24), (2 * PICOS + 1, 24 + Fraction(6, PICOS))):
        at = replace(EMPTY, slots=tuple(slots), work={("bid", "m", "work"): omega})
        assert MODE.profit_max(CONTEXT, "bid", at, None) == usd
        assert MODE.profit_max(CONTEXT, "bid", at, Held()) == usd
    assert MODE.profit_max(CONTEXT, "bid", replace(EMPTY, slots=tuple(slots)), None) == 22


def picos(least, most):
    return st.integers(least, most).map(lambda tenths: tenths * PICOS // 10)


@st.composite
def works(draw, grid):
    """Draw a mode of any sort; its rates, values and ceilings on a coarse lattice."""
    factors = draw(st.sampled_from((("work",), ("c", "m"))))
    rows = []
    for product in draw(st.sampled_from(((A,), (B,), (A, B)))):
        rate = picos(5, 30) if len(factors) == 1 else st.one_of(picos(5, 30), st.just(0))
        rates = tuple(draw(rate) for _ in factors)
        steps = ((150, PPM), (400, draw(st.sampled_from((PPM // 2, 333_333)))))
        scale = draw(st.sampled_from(((), steps)))
        needs = draw(st.sampled_from(((), (("cpu", 2),)))) if product == A else ()
        rows.append(Perf(product, rates if any(rates) else (PICOS,) * len(factors), scale, needs))
    low = -10 if grid.floor_ticks < 0 else 0
    values = sorted(draw(st.lists(st.integers(low, 60), min_size=1, max_size=3)), reverse=True)
    first = draw(st.integers(0, grid.intervals - 1))
    return Work(
        "m",
        factors,
        tuple(rows),
        draw(st.sampled_from(((("od", None),), (("od", None), ("spot", None))))),
        draw(st.sampled_from((0, PICOS // 2))),
        draw(st.sampled_from((0, PICOS // 10))),
        draw(st.sampled_from((0, PICOS // 5))),
        tuple((draw(picos(1, 200)), value * PICOS // 10) for value in values),
        draw(st.sampled_from((5, 200, 333, 1_000))),
        first,
        draw(st.integers(first + 1, grid.intervals)),
    )


class Given(NamedTuple):
    """A mode and prices of everything; `spend` in dollars, or None."""

    mode: Divisible
    context: Context
    duals: Duals
    chosen: bool
    spend: float | None


@st.composite
def given_all(draw, floors=(0, -20_000)):
    floor = draw(st.sampled_from(floors))
    intervals = draw(st.integers(1, 3))
    grid = Grid(
        0, draw(st.sampled_from(STEP_MINUTES)), intervals, floor, 100_000, TIERS, PRODUCTS, ()
    )
    mode = Divisible(draw(works(grid)))
    every = range(intervals)

    def price(low, high):
        return draw(st.integers(low, high)) * 10**8 + draw(st.integers(0, 9)) * 10**5

    slots = tuple(price(floor // 1_000, 60) for _ in range(grid.slots))
    premiums = {(p, k, t): price(0, 20) for p in STOCKED for k in ("od", "spot") for t in every}
    sides = {(p, "cpu", t): price(0, 10) for p in STOCKED for t in every}
    spend = draw(st.one_of(st.none(), st.integers(1, 100).map(lambda tenths: tenths / 10)))
    known = tuple(price(0, 60) for _ in range(grid.slots))
    reference = None if spend is None else Duals(known, {}, {}, {}, {}, {}, {})
    prices = Duals(slots, {}, premiums, sides, {}, {}, {})
    return Given(mode, Context(grid, STOCKED, reference), prices, draw(st.booleans()), spend)


def alone(given, chips=None):
    """Give the mode's own columns, with sellers of everything at the prices, as a model.

    With `chips`, by product, tier, pool and interval, it must hold just these, in any steps.
    """
    grid, mode = given.context.grid, given.mode
    columns = Columns(grid, given.context.pools, given.context.reference)
    every, hours, much = columns.every, grid.step_minutes / 60, np.full(grid.intervals, 1e3)

    def seller(nano, rows):
        value = -np.array(nano, dtype=float) / NANOUSD_PER_USD * hours
        return columns.columns(("seller",), value, much, [(rows, -1.0)])

    for slot in range(0, grid.slots, grid.intervals):
        seller(given.duals.slots[slot : slot + grid.intervals], slot + every)
    for pool, has in given.context.pools.items():
        sides = {"cpu": columns.rows(("side", pool, "cpu"), grid.intervals, -np.inf, 0.0)}
        seller([given.duals.sides[pool, "cpu", t] for t in every.tolist()], sides["cpu"] + every)
        sells = {tier: columns.columns(("none",), 0.0, 0 * much, ()) for tier in sorted(has.tiers)}
        columns.pool(pool, has.product, -1, sells, sides)
        for tier in sells:
            nano = [given.duals.premiums[pool, tier, t] for t in every.tolist()]
            seller(nano, columns.premium(pool, tier) + every)
    budget = None
    if given.spend is not None:
        row = columns.rows(("budget", "bid"), 1, -np.inf, given.spend)
        budget = Budget(row, given.spend)
    chosen = None
    if given.chosen:
        chosen = columns.columns(("bid", "m", "chosen"), 0.0, np.ones(1), (), integer=True)
    layout = mode.lower(columns, "bid", budget, chosen)
    if chips is not None:
        rows = {}
        for choice, first in zip(layout.choices, layout.firsts, strict=True):
            for t in range(mode.work.first, mode.work.end):
                where = choice.product, choice.tier, choice.pool, t
                if where not in rows:
                    rows[where] = columns.rows(("held",), 1, *[chips.get(where, 0) / 100] * 2)
                place = np.array([first + t - mode.work.first])
                columns.put(np.array([rows[where]]), place, 1.0)
    return columns.model([layout])


@settings(max_examples=100)
@given(given_all())
def test_its_columns_and_its_best_profit_say_the_same_at_the_values_of_work_found(given):
    """Solve the mode's own columns at the prices: the optimum is `profit_max` at its own ω and θ.

    With a chosen column as integers and relaxed, with a budget where the relaxation is exact.
    """
    model = alone(given)
    relaxed = model.program._replace(integer=np.zeros_like(model.program.integer))
    solution = solve(relaxed)
    found = duals(model, solution.dual)
    priced = replace(given.duals, work=found.work, budgets=found.budgets)
    profit = given.mode.profit_max(given.context, "bid", priced, None)
    theta = found.budgets.get("bid", 0) / PICOS
    bound = float(profit) + theta * (given.spend or 0)
    assert bound == pytest.approx(solution.objective, rel=1e-7, abs=1e-6)
    assert solve(model.program, gap=0).objective == pytest.approx(solution.objective, abs=1e-6)
    assert given.mode.profit_max(given.context, "bid", priced, Held()) == profit


@settings(max_examples=80)
@given(given_all(), st.lists(st.integers(0, 60), min_size=2, max_size=2), st.integers(0, 20))
def test_at_any_values_of_work_the_best_profit_bounds_the_optimum(given, omegas, theta):
    given = given._replace(chosen=False)
    factors = given.mode.work.factors
    work = {("bid", "m", f): w * PICOS // 10 for f, w in zip(factors, omegas, strict=False)}
    budgets = {"bid": theta * PICOS // 10}
    priced = replace(given.duals, work=work, budgets=budgets)
    profit = float(given.mode.profit_max(given.context, "bid", priced, None))
    bound = profit + (theta / 10 * given.spend if given.spend is not None else 0)
    assert bound >= solve(alone(given).program).objective - 1e-6


def gain(given, duals, choice, interval):
    """Give what a chip-hour of a choice gains by eq. 12, in dollars."""
    factors, reference = given.mode.work.factors, given.context.reference
    each = zip(factors, choice.rates, strict=True)
    worth = sum(Fraction(duals.work["bid", "m", f] * rate, PICOS**2) for f, rate in each)
    slot = given.context.grid.first_slots[choice.product, choice.tier] + interval
    nano = duals.slots[slot]
    if choice.pool:
        nano += duals.premiums[choice.pool, choice.tier, interval]
        nano += sum(many * duals.sides[choice.pool, name, interval] for name, many in choice.needs)
    if reference is not None:
        nano += duals.budgets["bid"] * reference.slots[slot] // PICOS
    return worth - Fraction(choice.loss_picousd, PICOS) - Fraction(nano, NANOUSD_PER_USD)


@settings(max_examples=300)
@given(given_all(), st.tuples(st.integers(0, 30), st.integers(0, 30)), st.integers(0, 2), st.data())
def test_a_choice_is_passed_over_only_where_it_gains_nowhere(given, omegas, theta, data):
    """And what is told of a choice is what a chip-hour gains, interval by interval."""
    work, (first, end) = given.mode.work, (given.mode.work.first, given.mode.work.end)
    named = {("bid", "m", f): w * PICOS // 10 for f, w in zip(work.factors, omegas, strict=False)}
    budgets = {} if given.context.reference is None else {"bid": theta * PICOS // 10}
    duals = replace(given.duals, work=named, budgets=budgets)
    can = buyable(work, given.context.grid, given.context.pools)
    held = data.draw(st.sets(st.integers(0, len(can.choices) - 1))) if can.choices else set()
    told = given.mode.profits(given.context, "bid", duals, can, held)
    assert held <= set(told)
    for number, choice in enumerate(can.choices):
        gains = [gain(given, duals, choice, interval) for interval in range(first, end)]
        if number in told:
            assert [Fraction(each, PICOS**2) for each in told[number]] == gains
        else:
            assert max(gains) <= 0


@settings(max_examples=80)
@given(given_all(floors=(0,)), st.data())
def test_what_is_held_is_worth_what_its_columns_say_of_the_same_chips(given, data):
    """Draw chips within its limits: the best use of them by HiGHS is their worth.

    With several factors the order in which tiers fill the steps need not be the best: never more.
    """
    free = {
        name: dict.fromkeys(prices, 0)
        for name, prices in (("premiums", given.duals.premiums), ("sides", given.duals.sides))
    }
    given = given._replace(
        chosen=False, spend=None, context=given.context._replace(reference=None),
        duals=replace(EMPTY, slots=(0,) * given.context.grid.slots, **free),
    )  # fmt: skip
    mode, work, grid = given.mode, given.mode.work, given.context.grid
    left = dict.fromkeys(range(grid.intervals), work.chips_max_hundredths)
    tops = {row.product: row.scale[-1][0] if row.scale else 10**6 for row in work.perf}
    room = {(p, t): top for p, top in tops.items() for t in left}
    lines = {}
    usable = {(c.product, c.tier, c.pool) for c in choices(work, grid, given.context.pools)}
    for product, tier, pool in sorted(usable):
        for t in range(work.first, work.end):
            most = min(left[t], room[product, t]) // grid.unit_hundredths
            many = data.draw(st.integers(0, most)) * grid.unit_hundredths
            left[t], room[product, t] = left[t] - many, room[product, t] - many
            if many:
                lines[Key("m", product, tier, t, pool)] = many
    has = Held(lines)
    assert not list(mode.violations(given.context, "bid", has))
    chips = {(key.product, key.tier, key.pool, key.interval): q for key, q in lines.items()}
    best = solve(alone(given, chips).program).objective
    found = float(mode.worth(given.context, has))
    assert found <= best + 1e-6
    if len(work.factors) == 1:
        assert found == pytest.approx(best, abs=1e-6)


@settings(max_examples=80)
@given(given_all())
def test_what_is_read_from_a_solution_holds_its_limits_and_loses_only_the_cut(given):
    given = given._replace(spend=None, context=given.context._replace(reference=None))
    grid = given.context.grid
    model = alone(given)
    solution = solve(model.program, gap=0)
    has = given.mode.read(grid, model.layouts[0], solution.primal)
    assert not list(given.mode.violations(given.context, "bid", has))
    if grid.disposal_is_free:
        prices = given.duals
        paid = Fraction(0)
        for key, quantity in has.traded.items():
            slot = grid.slot(
                grid.product_numbers[key.product], grid.tier_numbers[key.tier], key.interval
            )
            nano = prices.slots[slot]
            if key.pool:
                nano += prices.premiums[key.pool, key.tier, key.interval]
                nano += 2 * prices.sides[key.pool, "cpu", key.interval]
            paid += Fraction(quantity * nano * grid.step_minutes, 100 * NANOUSD_PER_USD * 60)
        gain = float(given.mode.worth(given.context, has) - paid)
        assert gain <= solution.objective + 1e-6
        unit_hours = grid.unit_hundredths / 100 * grid.step_minutes / 60
        lines = len(model.layouts[0].choices) * grid.intervals
        top = max(given.mode.tops_picousd(grid).values()) / PICOS
        assert gain >= solution.objective - 2 * top * unit_hours * lines - 1e-6
