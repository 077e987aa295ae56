"""POOL: its rows, its cost, its check and its best profit agree, on pools of every sort.

Takes   random pools of up to five intervals, random prices of everything.
Gives   profits by trying every way to be on and off, by HiGHS on the pool's own rows, by hand.
Keeps   `lower` and `profit_max` to each other, and both to the formulation.
Source  docs/formulation/auction.md, equations 4, 5, 8, 9, 10 and 12.
"""

import operator
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from itertools import product

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.held import Placed
from chiphour.auction.model import Columns
from chiphour.auction.pool import BLOCK_PARTS_MIN
from chiphour.auction.pool import Block
from chiphour.auction.pool import Layout
from chiphour.auction.pool import Pool
from chiphour.auction.snap import snapped
from chiphour.auction.solve import solve
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import PPM
from chiphour.units import TICKS_PER_USD

SOLVER_USD = 1e-5  # What may lie within the tolerance of the solver, 1e-7 a row.
A = "A/d/r"
TIERS = (Tier("od", 0, PPM), Tier("spot", 150_000, 1_250_000))
BOTH = (("od", PPM), ("spot", 1_250_000))
EMPTY = Duals((), {}, {}, {}, {}, {}, {})


def grid_of(intervals, step_minutes=60):
    products = (Product("A", "d", "r", 8, (1, 2, 4, 8)), Product("B", "d", "r"))
    return Grid(0, step_minutes, intervals, -100_000, 100_000, TIERS, products, ())


THREE = Context(grid_of(3), {})
PLAIN = Pool(
    "sell", "pool", 20, A, (1_000, 500, 0),
    (Block(PPM // 2, None, 10_000), Block(PPM // 2, None, 20_000)), BOTH, reserve=True,
    side_stock=(("cpu", (7, 8, 9)),),
)  # fmt: skip
LEASE = Pool(
    "sell", "lease", 20, A, (3_200,) * 3, (Block(PPM, None, 15_000),), BOTH[:1],
    startable=True, startup_microusd=60_000_000, output_min_ppm=250_000, run_min=3, rest_min=2,
)  # fmt: skip


def od(*quantities, tier="od", product=A):
    return {Key("", product, tier, t): many for t, many in enumerate(quantities) if many}


@st.composite
def pools(draw, count):
    """Draw a pool of `count` intervals; most can be switched, at little cost or much."""
    quantities = st.integers(0, 4_000)
    inventory = tuple(draw(st.lists(quantities, min_size=count, max_size=count)))
    ticks = sorted(draw(st.lists(st.integers(-10_000, 60_000), min_size=1, max_size=3)))
    blocks = tuple(
        Block(draw(st.integers(1_000, PPM // 3)), None, price)
        if draw(st.booleans())
        else Block(0, draw(st.integers(1, 2_000)), price)
        for price in ticks
    )
    stock = st.lists(st.integers(0, 50), min_size=count, max_size=count).map(tuple)
    tiers = draw(st.sampled_from((BOTH, BOTH[:1], BOTH[1:])))
    stocks = draw(st.sampled_from(((), (("cpu", draw(stock)),))))
    reserve = draw(st.booleans())
    pool = Pool("sell", "pool", 20, A, inventory, blocks, tiers, reserve, stocks)
    assume(not ((pool.sizes > 0) & (pool.sizes < BLOCK_PARTS_MIN)).any())  # They are refused.
    if draw(st.integers(0, 3)) == 0:
        return pool
    tops = zip(pool.sizes.sum(axis=0).tolist(), inventory, strict=True)
    most = min((top // chips for top, chips in tops if chips), default=PPM)
    return replace(
        pool,
        startable=True,
        startup_microusd=draw(st.sampled_from((0, 1_000_001, 60_000_000))),
        no_load_ticks=draw(st.sampled_from((0, 100_000, 500_000))),
        output_min_ppm=draw(st.sampled_from((0, most // 2, most))),
        run_min=draw(st.integers(1, 4)),
        rest_min=draw(st.integers(1, 4)),
    )


@st.composite
def duals_of(draw, grid):
    """Draw a price of everything that a pool may be paid for."""

    def price(low, high):
        return draw(st.integers(low, high)) * (NANOUSD_PER_USD // 1_000) + draw(st.integers(0, 9))

    every = range(grid.intervals)
    return Duals(
        tuple(price(-1_000, 5_000) for _ in range(grid.slots)),
        {("pool", t): price(-1_000, 5_000) for t in every if draw(st.booleans())},
        {("pool", k.name, t): price(0, 1_000) for k in TIERS for t in every if draw(st.booleans())},
        {("pool", "cpu", t): price(0, 300) for t in every},
        {("r", t): price(0, 4_000) for t in every if draw(st.booleans())},
        {},
        {},
    )


@st.composite
def priced(draw):
    grid = grid_of(draw(st.integers(1, 5)), draw(st.sampled_from((15, 60, 240))))
    return Context(grid, {}), draw(pools(grid.intervals)), draw(duals_of(grid))


def swinging(*gains):
    """Give a pool of ten chips that gains so many dollars in each interval that it is on."""
    grid = grid_of(len(gains))
    pool = Pool(
        "sell", "pool", 20, A, (1_000,) * len(gains), (Block(PPM, None, 0),), BOTH[:1],
        startable=True, startup_microusd=1_000_000, no_load_ticks=90_000, run_min=2, rest_min=2,
    )  # fmt: skip
    dollars = [Fraction(gain + 9, 10) for gain in gains]
    slots = [int(usd * NANOUSD_PER_USD) for usd in dollars] + [0] * (grid.slots - len(gains))
    return Context(grid, {}), pool, replace(EMPTY, slots=tuple(slots))


def usd(nano):
    return Fraction(nano, NANOUSD_PER_USD)


def best_in(context, pool, duals, interval):
    """Give the best profit of an interval while on: some sum of whole blocks is a best output."""
    grid, sizes = context.grid, [Fraction(n, 10**8) for n in pool.sizes[:, interval].tolist()]
    chips = Fraction(pool.inventory_hundredths[interval], HUNDREDTHS)
    earned = [usd(duals.pools.get(("pool", interval), 0))]
    for tier, beta in pool.tiers:
        price = duals.slots[grid.slot(0, grid.tier_numbers[tier], interval)]
        price += duals.premiums.get(("pool", tier, interval), 0)
        earned.append(usd(price) * beta / PPM)
    kept = usd(duals.reserve.get(("r", interval), 0)) if pool.reserve else 0
    least = chips * pool.output_min_ppm / PPM

    def profit(output):
        left, cost = output, Fraction(0)
        for size, block in zip(sizes, pool.blocks, strict=True):
            used = min(size, left)
            cost, left = cost + used * Fraction(block.price_ticks, TICKS_PER_USD), left - used
        return max(earned) * output - cost + kept * (chips - output)

    outputs = [least, *(top for top in accumulate(sizes) if top >= least), *([0] * (not least))]
    best = max(profit(output) for output in outputs)
    for resource, units in pool.side_stock:
        best += units[interval] * usd(duals.sides.get(("pool", resource, interval), 0))
    return (best - Fraction(pool.no_load_ticks, TICKS_PER_USD)) * Fraction(grid.step_minutes, 60)


def is_allowed(on, run_min, rest_min):
    """Tell whether every run and rest is long enough, walking each of them to its end."""
    for t in range(len(on)):
        before = on[t - 1] if t else 0
        if on[t] and not before and not all(on[t : t + run_min]):
            return False
        if before and not on[t] and any(on[t : t + rest_min]):
            return False
    return True


def starts_in(on):
    return sum(now and not before for before, now in zip((0, *on), on, strict=False))


@given(priced())
def test_its_best_profit_is_that_of_the_best_way_to_be_on_and_off(given):
    context, pool, duals = given
    gains = [best_in(context, pool, duals, t) for t in range(context.grid.intervals)]
    startup = Fraction(pool.startup_microusd, 10**6)

    def profit(on):
        return sum(gain for gain, now in zip(gains, on, strict=True) if now) - startup * starts_in(
            on
        )

    if not pool.startable:
        assert pool.profit_max(context, duals, None) == sum(gains)
        return
    ways = [
        on
        for on in product((0, 1), repeat=len(gains))
        if is_allowed(on, pool.run_min, pool.rest_min)
    ]
    assert pool.profit_max(context, duals, None) == max(profit(on) for on in ways)
    for on in ways:
        assert pool.profit_max(context, duals, Held(on=on)) == profit(on)
        assert not list(pool.violations(context, Held(on=on))) or pool.output_min_ppm


def alone(context, pool, duals):
    """Give the pool's own programme, with buyers of everything at these prices, and its layout."""
    grid = context.grid
    columns = Columns(grid, {"pool": pool.offered})
    layout = pool.lower(columns)
    every, hours = columns.every, grid.step_minutes / 60
    chips = np.array(pool.inventory_hundredths) / HUNDREDTHS

    def buyer(name, prices, upper, entries):
        value = np.array(prices) / NANOUSD_PER_USD * hours
        return columns.columns((name,), value, upper * np.ones(every.size), entries)

    for tier, _ in pool.tiers:
        slot = grid.slot(0, grid.tier_numbers[tier], 0)
        prices = [
            duals.slots[slot + t] + duals.premiums.get(("pool", tier, t), 0) for t in every.tolist()
        ]
        rows = [(slot + every, 1.0), (columns.premium("pool", tier) + every, 1.0)]
        buyer("x", prices, 2 * chips + 2, rows)
    balance = columns.pools["pool"].balance + every
    gangs = buyer(
        "gang", [duals.pools.get(("pool", t), 0) for t in every.tolist()], chips, [(balance, 1.0)]
    )
    kept = [duals.reserve.get(("r", t), 0) for t in every.tolist()]
    buyer("kept", kept, chips, [(columns.reserve("r") + every, 1.0)])
    for resource, units in pool.side_stock:
        prices = [duals.sides.get(("pool", resource, t), 0) for t in every.tolist()]
        rows = columns.pools["pool"].sides[resource] + every
        buyer("side", prices, np.array(units), [(rows, 1.0)])
    return columns.model([layout]).program, layout, gangs


def test_a_pool_rests_after_a_run_and_runs_after_a_start():
    for gains, best in (((5, 5, -9, 5), 9), ((5, -9, -9, 5), 4), ((5, 5, -9, -9, 5), 13)):
        context, pool, duals = swinging(*gains)
        assert pool.profit_max(context, duals, None) == best
        program, layout, _ = alone(context, pool, duals)
        solution = solve(program, gap=0)
        assert solution.objective == pytest.approx(best)
        held = pool.read(context.grid, layout, solution.primal)
        assert not list(pool.violations(context, held))


@given(priced())
def test_its_rows_and_its_best_profit_say_the_same_integers_or_not(given):
    """Solve the pool's own rows at the prices, as integers and relaxed: both are `profit_max`.

    That the relaxation gains nothing shows the rows to be the hull.
    """
    context, pool, duals = given
    program, _, _ = alone(context, pool, duals)
    expected = float(pool.profit_max(context, duals, None))
    for integer in (program.integer, np.zeros_like(program.integer)):
        solution = solve(program._replace(integer=integer), gap=0)
        assert solution.status == "optimal"
        assert solution.objective == pytest.approx(expected, rel=1e-7, abs=SOLVER_USD)


def revenue(context, pool, duals, held):
    """Give what the pool is paid for what it holds, in dollars."""
    grid, total = context.grid, 0
    for key, quantity in held.traded.items():
        price = duals.slots[grid.slot(0, grid.tier_numbers[key.tier], key.interval)]
        total += quantity * (price + duals.premiums.get(("pool", key.tier, key.interval), 0))
    for t in range(grid.intervals):
        total += held.gang_hundredths[t] * duals.pools.get(("pool", t), 0)
        total += held.reserve_hundredths[t] * duals.reserve.get(("r", t), 0)
        for resource, _ in pool.side_stock:
            units = pool.stock(resource, t, held) * HUNDREDTHS
            total += units * duals.sides.get(("pool", resource, t), 0)
    return usd(total) * grid.step_minutes / HUNDREDTHS / 60


@given(priced())
def test_what_it_reads_of_its_best_is_allowed_and_gains_no_more(given):
    """Read the optimum of the pool alone: it breaks no rule, and gains the best but for the cut."""
    context, pool, duals = given
    program, layout, gangs = alone(context, pool, duals)
    primal, count = solve(program, gap=0).primal, context.grid.intervals
    held = pool.read(context.grid, layout, primal)
    assert held.gang_hundredths == (0,) * count
    taken = snapped(primal[gangs : gangs + count], context.grid.unit_hundredths)
    held = held._replace(gang_hundredths=taken)
    broken = {violation.rule for violation in pool.violations(context, held)}
    # Cutting may go below the least, snapping a millionth above the blocks: the award mends it.
    assert broken <= {"output_min", "blocks"}
    gain = revenue(context, pool, duals, held) + pool.worth(context, held)
    # Each of at most four amounts an interval lost less than a unit, of less than ten dollars an
    # hour of the pool's own chips.
    cut = Fraction(4 * 10 * count * context.grid.unit_hundredths * context.grid.step_minutes, 6_000)
    if not broken:
        used, scale = pool.used(held)
        least = [pool.output_min_ppm * chips * scale for chips in pool.inventory_hundredths]
        is_short = any(map(operator.lt, used, least))  # By what cutting lost: sold at a loss.
        assert gain <= pool.profit_max(context, duals, held) + (cut if is_short else 0)
        assert pool.profit_max(context, duals, held) <= pool.profit_max(context, duals, None)
    assert gain >= pool.profit_max(context, duals, None) - cut - Fraction(1, 10**5)


def test_a_block_is_a_share_or_a_quantity_and_never_more_than_is_left():
    assert PLAIN.sizes.tolist() == [[500 * PPM, 250 * PPM, 0], [500 * PPM, 250 * PPM, 0]]
    fixed = replace(PLAIN, blocks=(Block(0, 600, 1), Block(0, 600, 2)))
    assert fixed.sizes.tolist() == [[600 * PPM, 500 * PPM, 0], [400 * PPM, 0, 0]]


def test_cost_is_negative_worth_cheapest_first_and_tiers_share_chips():
    def worth(**held):
        return PLAIN.worth(THREE, Held(**held))

    assert worth() == 0
    assert worth(traded=od(600)) == -7
    assert worth(traded=od(600, 100)) == -8
    assert worth(traded=od(500, tier="spot")) == -4  # Four chips of its own.
    assert worth(traded=od(100) | od(500, tier="spot"), gang_hundredths=(200, 0, 0)) == -9
    half = Context(grid_of(3, 30), {})
    assert PLAIN.worth(half, Held(od(600))) == Fraction(-7, 2)


def test_no_load_is_paid_while_on_and_a_start_each_time():
    pool = replace(LEASE, no_load_ticks=40_000)
    assert LEASE.worth(THREE, Held(od(0, 3_200, 800), on=(0, 1, 1))) == -60 - 60  # E6 of auction.md
    assert pool.worth(THREE, Held(on=(1, 0, 1))) == -8 - 120
    assert pool.worth(THREE, Held(on=(1, 1, 1))) == -12 - 60
    assert pool.worth(THREE, Held()) == 0


def test_what_it_may_hold_is_told_from_what_it_may_not():
    def rules(pool, *args, **held):
        return [violation.rule for violation in pool.violations(THREE, Held(*args, **held))]

    assert rules(PLAIN, od(1_000, 500)) == []
    assert rules(PLAIN, od(0, 501)) == ["blocks", "inventory"]
    assert rules(PLAIN, od(500) | od(626, tier="spot")) == ["blocks", "inventory"]
    assert rules(PLAIN, od(500) | od(625, tier="spot")) == []
    assert rules(PLAIN, od(500), gang_hundredths=(300, 0, 0), reserve_hundredths=(200, 0, 0)) == []
    assert rules(PLAIN, od(500), reserve_hundredths=(501, 0, 0)) == ["inventory"]
    assert rules(PLAIN, od(500), gang_hundredths=(501, 0, 0)) == ["blocks", "inventory"]
    assert rules(PLAIN, gang_hundredths=(-1, 0, 0)) == ["unit"]
    assert rules(PLAIN, od(100, product="B/d/r")) == ["product"]
    assert rules(PLAIN, {Key("", A, "reserved", 0): 1}) == ["tier"]
    assert rules(PLAIN, {Key("", A, "od", 3): 1}) == ["interval"]
    assert rules(PLAIN, {Key("", A, "od", 0): -1}) == ["unit"]
    assert rules(PLAIN, {}, (Placed("", A, "pool", 0, 1, 1),)) == ["gangs"]
    assert rules(PLAIN, on=(1, 1)) == ["intervals"]
    assert rules(PLAIN, on=(1, 0, 1)) == ["on"]
    assert rules(LEASE, od(0, 3_200, 800), on=(0, 1, 1)) == []
    assert rules(LEASE, od(0, 3_200, 799), on=(0, 1, 1)) == []  # One unit is lost to cutting.
    assert rules(LEASE, od(0, 3_200, 798), on=(0, 1, 1)) == ["output_min"]
    assert rules(LEASE, od(0, 3_200, 800), on=(0, 1, 0)) == ["off", "run_min"]
    assert rules(LEASE, od(0, 3_200, 800)) == ["off", "off"]
    assert rules(LEASE, reserve_hundredths=(0, 0, 1), on=(0, 0, 0)) == ["reserve", "off"]
    assert rules(LEASE, od(800, 0, 800), on=(1, 0, 1)) == ["run_min", "rest_min"]
    assert rules(LEASE, on=(2, 0, 0)) == ["output_min", "on"]


def test_amounts_are_multiples_of_the_unit():
    quarter = Context(grid_of(3, 15), {})
    assert quarter.grid.unit_hundredths == 4
    held = Held(od(10), reserve_hundredths=(0, 6, 0))
    found = [violation.rule for violation in PLAIN.violations(quarter, held)]
    assert found == ["unit", "unit"]


def test_its_side_stock_is_there_while_it_is_on():
    pool = replace(LEASE, side_stock=(("cpu", (7, 8, 9)),))
    assert PLAIN.stock("cpu", 1, Held()) == 8
    assert PLAIN.stock("memory", 1, Held()) == PLAIN.stock("cpu", 3, Held()) == 0
    assert [pool.stock("cpu", t, Held(on=(0, 1, 1))) for t in range(3)] == [0, 8, 9]
    assert pool.stock("cpu", 1, Held()) == 0


def test_it_tells_what_it_can_be_asked_for_and_at_what_price():
    assert PLAIN.offered == (A, {"od", "spot"}, {"cpu"}, 1_000)
    assert PLAIN.tops_picousd(THREE.grid) == {A: 2 * PICOS}
    assert replace(PLAIN, tiers=(("od", PPM // 2),)).tops_picousd(THREE.grid) == {A: 4 * PICOS}
    assert PLAIN.needs("", A) == {}


def test_a_pool_that_cannot_be_switched_has_no_integers_and_reads_as_on():
    columns = Columns(THREE.grid, {})
    layout = PLAIN.lower(columns)
    program = columns.model([layout]).program
    assert not program.integer.any()
    held = PLAIN.read(THREE.grid, layout, np.zeros(program.value.size))
    assert held == Held({}, (), (0, 0, 0), (0, 0, 0), (1, 1, 1))


def test_it_reads_tiers_reserve_and_on_from_its_own_columns():
    primal = np.array([9, 5, 0.126, 0, 2.5, 2.4999999999, 0, 1e-12, 1, 0.9999999])
    found = PLAIN.read(THREE.grid, Layout({"od": 1, "spot": 4}, 3, 7), primal)
    assert found.traded == od(500, 12) | od(250, 250, tier="spot")
    assert found.reserve_hundredths == (0, 250, 250)
    assert found.on == (0, 1, 1)
