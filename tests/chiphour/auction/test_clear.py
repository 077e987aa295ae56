"""CLEAR: a whole run comes out checked, or is refused; what a solver says is not believed.

Takes   small runs, random ones; solvers that err; the Italian market where its data lies.
Gives   results, byte for byte the same; refusals; published prices to half a cent.
Keeps   no result that its checker would refuse.
Source  docs/formulation/auction.md, sections 4 to 7 and equation 11.
"""

from copy import deepcopy
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings

import italy
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import gang
from auction_fields import offer
from auction_fields import run
from auction_rich import rich
from auction_runs import runs
from chiphour.auction.check import violations
from chiphour.auction.clear import checked
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.result import to_json
from chiphour.auction.solve import SOLVER
from chiphour.auction.solve import solve
from chiphour.units import NANOUSD_PER_USD

FOLDER = italy.reference("italy-2025-04")
needs_italy = pytest.mark.skipif(FOLDER is None, reason="no Italian reference data")
POOL = offer("pool", 20, H100, 12, 1)
SINGLE = bid("single", 11, {H100: "1"}, (8, 3), (8, 2))
LUMP = buy("lump", 10, [gang(8, 1, {H100: 22})])
FIELDS = run([HOPPER], [POOL, SINGLE, LUMP])


def parts(result):
    return {part.id: part for part in result.award.parts}


def chips(result, name):
    return sum(parts(result)[name].held.traded.values()) if name in parts(result) else 0


def test_a_run_comes_out_with_all_that_a_result_tells():
    """The gang is worth 2.75 a chip: it takes eight, four go to 3, and single chips set 3."""
    instance = from_fields(FIELDS)
    result = clear(instance, solve)
    assert (result.run, result.root, result.pricing) == (1, instance.root, "ip")
    assert (result.status, result.solver, result.hull_exact) == ("optimal", SOLVER, True)
    assert result.welfare_nanousd == (22 + 12 - 12) * NANOUSD_PER_USD
    assert result.bound_nanousd >= result.welfare_nanousd
    assert result.claimed_gap_ppb <= 100_000
    assert (result.reference, result.scaled) == (None, {})
    assert chips(result, "single") == 400
    assert parts(result)["lump"].held.gangs[0].chips == 8
    assert result.transfers == result.award.transfers(1)


@pytest.mark.parametrize("pricing", ["ip", "hull", "eu"])
def test_a_run_of_nothing_clears_to_nothing(pricing):
    result = clear(from_fields(run([HOPPER], [], pricing=pricing)), solve)
    assert result.award.parts == result.transfers == ()
    assert result.welfare_nanousd == result.bound_nanousd == 0
    assert [price.price_ticks for price in result.prices] == [None]


@pytest.mark.parametrize("pricing", ["ip", "hull", "eu"])
def test_everything_that_a_run_can_hold_clears_the_same_in_any_order(pricing):
    fields = rich(pricing)
    if pricing == "eu":  # There a gang that pays more than it is worth has no price.
        fields["bids"] = [one for one in fields["bids"] if "limits" not in one]
    bodies = []
    for _ in range(2):
        instance = from_fields(fields)
        bodies.append(to_json(instance, clear(instance, solve)))
        for name in ("bids", "products", "arcs"):
            fields[name].reverse()
    assert bodies[0] == bodies[1]


@settings(derandomize=True, max_examples=10)
@given(runs(floors=("-5",)))
def test_runs_whose_prices_may_be_negative_clear_and_are_checked(fields):
    instance, _ = read_run(fields)
    result = clear(instance, solve)
    assert violations(instance, result) == ()


def test_a_scale_buys_its_best_steps_first_though_chips_are_paid_for():
    """Chips at -1 and work of 4 units: without an equality no worst step is filled on purpose."""
    mode = divisible({H100: "1"}, (4, 3), chips_max=10)
    mode["perf"][0]["scale"] = [["3", "1"], ["10", "0.5"]]
    fields = run(
        [HOPPER], [offer("pool", 20, H100, 40, -1), buy("w", 10, [mode])],
        price={"floor": "-2", "cap": "50"},
    )  # fmt: skip
    result = clear(from_fields(fields), solve)
    assert chips(result, "w") == 1_000  # It is paid to take what it may.
    fields["bids"][0] = offer("pool", 20, H100, 40, 1)
    assert chips(clear(from_fields(fields), solve), "w") == 500  # 3 + 2 at half.


def limited(name, account, units, usd, spend, **mode):
    fields = bid(name, account, {H100: "1"}, (units, usd), **mode)
    return fields | {"limits": {"spend_usd": str(spend)}}


def test_a_budget_buys_what_it_can_at_the_price():
    instance = from_fields(
        run([HOPPER], [offer("pool", 20, H100, 100, 2), limited("w", 10, 30, 5, 9)])
    )
    result = clear(instance, solve)
    assert chips(result, "w") == 450
    assert parts(result)["w"].payment_microusd == 9_000_000
    assert result.scaled == {} and result.reference is not None
    assert result.reference.slots == (2 * NANOUSD_PER_USD,)


def test_a_gang_dearer_than_its_budget_is_left_out():
    lump = LUMP | {"limits": {"spend_usd": "7.99"}}
    result = clear(from_fields(run([HOPPER], [POOL, lump])), solve)
    assert "lump" not in parts(result)
    lump = LUMP | {"limits": {"spend_usd": "8"}}
    result = clear(from_fields(run([HOPPER], [POOL, lump])), solve)
    assert parts(result)["lump"].payment_microusd == 8_000_000


def stocked():
    return offer("pool", 20, H100, 10, 1, side_stock={"cpu": [6]})


def test_whoever_overspends_by_what_no_price_counted_is_scaled_to_its_budget():
    """Three chips with two CPUs each at 5: λ is 1, what CPUs cost is not in the budget's row.

    Three rounds at higher prices of chips change nothing; then 9 of 15 dollars are declared.
    """
    instance = from_fields(run([HOPPER], [stocked(), limited("w", 10, 12, 5, 9, needs={"cpu": 2})]))
    result = clear(instance, solve)
    assert result.scaled == {"w": 150_000_000}  # 9 of 60.
    assert "w" not in parts(result)  # At 0.75 a unit it pays for no chip.
    few = from_fields(run([HOPPER], [stocked(), limited("w", 10, 3, 5, 9, needs={"cpu": 2})]))
    result = clear(few, solve)
    part = parts(result)["w"]
    assert part.payment_microusd + part.charge_microusd <= 9_000_000
    assert chips(result, "w") == 300


def test_whoever_overspends_once_others_are_scaled_is_scaled_too():
    """B wins only when A, worth more, is scaled below it; then it would pay beyond its own 6."""
    bids = [
        limited("a", 10, 12, 5, 9, needs={"cpu": 2}), limited("b", 11, 12, 4, 6, needs={"cpu": 2}),
    ]  # fmt: skip
    instance = from_fields(run([HOPPER], [stocked(), *bids]))
    result = clear(instance, solve)
    assert set(result.scaled) == {"a", "b"}
    for name, most in (("a", 9), ("b", 6)):
        assert result.scaled[name] == most * 10**9 // (12 * (5 if name == "a" else 4))
    assert violations(instance, result) == ()


@settings(derandomize=True, max_examples=10)
@given(runs(budget=True))
def test_nobody_pays_more_than_its_budget_uplift_included(fields):
    instance, _ = read_run(fields)
    result = clear(instance, solve)
    for part in result.award.parts:
        spend = getattr(instance.bid_by_id[part.id], "spend_microusd", None)
        if spend is not None:
            assert part.payment_microusd + part.charge_microusd <= spend
    assert set(result.scaled) <= {b.id for b in instance.bids if hasattr(b, "spend_microusd")}
    assert all(0 < share < 10**9 for share in result.scaled.values())


def changed(**changes):
    """Give a solver whose linear programmes come back changed."""

    def erring(program, basis=None):
        solution = solve(program, basis)
        if program.integer.any():
            return solution
        made = {name: change(getattr(solution, name)) for name, change in changes.items()}
        return solution._replace(**made)

    return erring


ERRORS = [
    changed(dual=lambda dual: dual * 2),
    changed(dual=lambda dual: dual + 0.01),
    changed(dual=np.zeros_like),
    changed(primal=lambda primal: primal * 0.5),
    changed(primal=np.zeros_like),
]


@pytest.mark.parametrize("number", range(len(ERRORS)))
def test_a_solver_that_errs_is_caught_by_the_check(number):
    """Wrong prices, or too little: none of these may be published."""
    fields = run([HOPPER], [POOL, SINGLE])
    with pytest.raises(ClearingFailed, match="expected"):
        clear(from_fields(fields), ERRORS[number])


def test_a_worse_award_that_claims_to_be_the_best_is_told_by_its_bound():
    """The gang is left out and `optimal` claimed: its prices hold, but the bound lies above."""

    def lazy(program, basis=None):
        if program.integer.any():
            program = program._replace(upper=np.where(program.integer, 0, program.upper))
        return solve(program, basis)

    result = clear(from_fields(FIELDS), lazy)
    assert result.status == "optimal" and result.claimed_gap_ppb == 0
    assert "lump" not in parts(result)
    assert result.bound_nanousd - result.welfare_nanousd > NANOUSD_PER_USD


@pytest.mark.parametrize("status", ["clock", "gap"])
def test_a_search_that_was_cut_gives_its_best_and_the_result_says_so(status):
    def cut(program, basis=None):
        solution = solve(program, basis)
        if program.integer.any():
            return solution._replace(status=status, bound=solution.objective * 1.25)
        return solution

    result = clear(from_fields(FIELDS), cut)
    assert result.status == status
    assert result.claimed_gap_ppb == 250_000_000
    assert result.welfare_nanousd == 22 * NANOUSD_PER_USD


def test_a_result_that_was_changed_is_refused_with_its_first_fault():
    instance = from_fields(FIELDS)
    result = clear(instance, solve)
    assert checked(instance, result) is result
    wrong = result._replace(welfare_nanousd=result.welfare_nanousd + 1)
    with pytest.raises(ClearingFailed, match="welfare at all: expected 22000000000 nano-dollars"):
        checked(instance, wrong)


def test_a_hull_is_exact_unless_a_budget_spans_several_modes():
    modes = [divisible({H100: "1"}, (4, 3)), gang(8, 1, {H100: 20})]
    for more, exact in (({}, True), ({"limits": {"spend_usd": "30"}}, False)):
        instance = from_fields(run([HOPPER], [POOL, buy("both", 10, modes, **more)]))
        assert clear(instance, solve).hull_exact is exact


@settings(derandomize=True, max_examples=10)
@given(runs())
def test_a_run_is_not_changed_by_being_cleared(fields):
    before = deepcopy(fields)
    instance, _ = read_run(fields)
    root = instance.root
    clear(instance, solve)
    assert fields == before and instance.root == root


def errors(days):
    """Give |our price - published| of every zone and hour of these days, in EUR/MWh."""
    assert FOLDER is not None
    found = []
    for hour in italy.italian_hours(FOLDER, days):
        instance = from_fields(hour.fields)
        result, numbers = clear(instance, solve), instance.grid.product_numbers
        for zone, published in hour.published.items():
            slot = instance.grid.slot(numbers[italy.product_id(zone)], 0, 0)
            dual = result.prices[slot].dual_nanousd
            found.append(abs(Decimal(dual) / NANOUSD_PER_USD - published))
    return found


@needs_italy
@pytest.mark.suite
def test_one_italian_day_is_reproduced():
    found = errors(italy.DAYS[:1])
    assert len(found) == 7 * 24
    assert max(found) <= italy.ERROR_USD_MAX


@needs_italy
@pytest.mark.long
def test_twenty_italian_days_are_reproduced():
    found = errors(italy.DAYS)
    assert len(found) == 3_360
    assert max(found) <= italy.ERROR_USD_MAX
