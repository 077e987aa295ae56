"""PROGRAMMES: what is solved, in what order, and what is refused on the way.

Takes   runs with and without lumps; solvers that err, give up or are cut.
Gives   amounts, duals, gaps; refusals that say where the run cannot balance.
Keeps   a programme's integers at 0 or 1, and keyed costs out of values and prices.
Source  docs/formulation/auction.md, sections 4 and 5.
"""

import numpy as np
import pytest

from auction_fields import A100
from auction_fields import AMPERE
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import gang
from auction_fields import offer
from auction_fields import run
from chiphour.auction.instance import from_fields
from chiphour.auction.model import build
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.programmes import relaxed_duals
from chiphour.auction.programmes import solved
from chiphour.auction.solve import SolverUnsound
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from chiphour.units import NANOUSD_PER_USD

ARC = {"from": H100, "to": A100, "tier": "od", "min": ["0", "0"], "max": ["9", "9"]}
# Twelve chips at 1: eight singly at 3 and four at 2 gain 20; a gang of eight for 18, and four at 3
# beside it, gain 18.
LUMPY = [
    offer("pool", 20, H100, 12, 1),
    buy("gang", 10, [gang(8, 1, {H100: 18})]),
    bid("single", 11, {H100: "1"}, (8, 3), (8, 2)),
]


def noted(seen):
    """Give a solver that notes each programme that it was asked to solve."""

    def asked(program, basis=None):
        seen.append(program)
        return solve(program, basis)

    return asked


def solved_of(fields, solver=solve):
    instance = from_fields(fields)
    return solved(instance, solver, instance.root)


def failure(fields, solver=solve):
    with pytest.raises(ClearingFailed) as caught:
        solved_of(fields, solver)
    return str(caught.value)


def test_integers_come_first_then_amounts_and_then_the_relaxation():
    """All but the first programme are linear; the second has each integer where the first was."""
    seen = []
    found = solved_of(run([HOPPER], LUMPY), noted(seen))
    whole = found.model.program.integer
    assert [bool(program.integer.any()) for program in seen] == [True] + [False] * (len(seen) - 1)
    assert (seen[1].lower[whole] == seen[1].upper[whole]).all()
    assert (seen[-1].upper[whole] == 1).all() and (seen[-1].lower[whole] == 0).all()
    assert found.status == "optimal" and 0 <= found.claimed_gap <= 1e-4


def test_a_run_without_lumps_is_one_linear_programme_and_has_no_gap():
    seen = []
    found = solved_of(run([HOPPER], [LUMPY[0], LUMPY[2]]), noted(seen))
    assert not any(program.integer.any() for program in seen)
    assert (found.status, found.claimed_gap) == ("optimal", 0)
    assert found.relaxed is found.fixed


def test_values_and_prices_hold_none_of_the_keyed_costs():
    """The keys choose among equals only: the value and every dual are those of the bids."""
    seen = []
    found = solved_of(run([HOPPER], LUMPY), noted(seen))
    program = found.model.program
    assert (seen[0].value != program.value).any()
    assert program.value @ found.primal == pytest.approx(20, abs=1e-9)
    assert found.fixed.row_dual[0] == pytest.approx(2, abs=1e-9)


def test_the_relaxation_bounds_and_has_its_own_prices():
    """Half a gang would be taken, at 2.25 a chip, after the eight at 3: it sets the price."""
    instance = from_fields(run([HOPPER], LUMPY))
    found = solved(instance, solve, instance.root)
    model = build(instance)
    bound = solve(relax(model.program)).objective
    assert bound == pytest.approx(21)
    hull = relaxed_duals(model, solve, instance.root)
    assert hull.slots == (9 * NANOUSD_PER_USD // 4,)
    assert found.relaxed.row_dual[0] == pytest.approx(2.25)


@pytest.mark.parametrize("pricing", ["ip", "hull", "eu"])
def test_integers_off_nought_and_one_are_refused(pricing):
    def off(program, basis=None):
        solution = solve(program, basis)
        if program.integer.any():
            shifted = np.where(program.integer, 0.5, solution.primal)
            return solution._replace(primal=shifted)
        return solution

    fields = run([HOPPER], LUMPY, pricing="ip" if pricing == "eu" else pricing)
    with pytest.raises(SolverUnsound, match=r"expected 0 or 1, found .*0\.5"):
        solved_of(fields, off)


def test_integers_within_a_millionth_are_whole():
    def nearly(program, basis=None):
        solution = solve(program, basis)
        near = solution.primal + np.where(program.integer, 9e-7, 0)
        return solution._replace(primal=near) if program.integer.any() else solution

    exact, near = solved_of(run([HOPPER], LUMPY)), solved_of(run([HOPPER], LUMPY), nearly)
    assert (exact.primal == near.primal).all()
    assert (exact.fixed.row_dual == near.fixed.row_dual).all()


@pytest.mark.parametrize("status", ["clock", "gap"])
def test_a_search_that_was_cut_gives_the_best_it_had_and_says_so(status):
    def cut(program, basis=None):
        solution = solve(program, basis)
        if program.integer.any():
            return solution._replace(status=status, bound=solution.objective * 1.5)
        return solution

    found = solved_of(run([HOPPER], LUMPY), cut)
    assert found.status == status
    assert found.claimed_gap == pytest.approx(0.5)
    assert found.model.program.value @ found.primal == pytest.approx(20)


@pytest.mark.parametrize("status", ["time_limit", "unbounded", "Unknown"])
@pytest.mark.parametrize("when", ["integers", "amounts"])
def test_a_search_that_found_nothing_is_told_with_its_word(status, when):
    def none(program, basis=None):
        solution = solve(program, basis)
        hit = program.integer.any() == (when == "integers")
        return solution._replace(status=status) if hit else solution

    word = "clearing" if when == "integers" else "amounts"
    assert failure(run([HOPPER], LUMPY), none) == f"{word}: expected an optimum, found {status}"


@pytest.mark.parametrize("pricing", ["ip", "eu"])
@pytest.mark.parametrize("lumps", [(), (LUMPY[1],)])
def test_a_run_that_cannot_balance_says_where_and_who_is_missing(pricing, lumps):
    """A way must carry five chips in the second interval; the pool has three, or nobody wants."""
    must = ARC | {"min": ["0", "5"]}
    wants = bid("wants", 12, {A100: "1"}, (20, 3), hours=(0, 2))
    few = offer("pool", 20, H100, [8, 3], 1, hours=2)
    fields = run([HOPPER, AMPERE], [few, wants, *lumps], hours=2, arcs=[must], pricing=pricing)
    assert failure(fields) == (
        "clearing: expected a seller for what must flow at H100/node8/us od interval 1, found none"
    )
    enough = offer("pool", 20, H100, [8, 9], 1, hours=2)
    fields["bids"] = [enough, *lumps]
    assert failure(fields) == (
        "clearing: expected a buyer for what must flow at A100/node8/us od interval 1, found none"
    )
    fields["bids"] = [enough, wants, *lumps]
    assert solved_of(fields).status == "optimal"


@pytest.mark.parametrize("pricing", ["ip", "eu"])
def test_a_run_that_only_lumps_keep_from_balancing_says_so(pricing):
    """Two chips must flow, the pool gives eight or nothing: half on it could, but not whole."""
    must = ARC | {"min": ["2"], "max": ["2"]}
    pool = offer("pool", 20, H100, 8, 1, startup="1", output_min="1")
    wants = bid("wants", 12, {A100: "1"}, (2, 3))
    fields = run([HOPPER, AMPERE], [pool, wants], arcs=[must], pricing=pricing)
    assert failure(fields) == ("clearing: expected limits that can all hold, found none that can")


TIE = [
    offer("pool", 20, H100, 8, 1),
    buy("g", 10, [gang(8, 1, {H100: 24})]),
    bid("d", 11, {H100: "1"}, (4, 3)),
]


def test_at_a_tie_european_prices_still_award_whole_blocks():
    """The gang of eight at 3 a chip ties with four at 3: half a gang would gain the same.

    The programme in which blocks may fall gives the prices, never the award: here the solver takes
    of all its optima the one with half a gang.
    """
    program = build(from_fields(run([HOPPER], TIE, pricing="eu"))).program

    def falls(asked, basis=None):
        free = not asked.integer.any() and asked.value.size == program.value.size
        if free and (asked.lower < asked.upper)[program.integer].all():
            asked = asked._replace(value=asked.value - np.where(program.integer, 1e-5, 0))
        return solve(asked, basis)

    for number in range(1, 21):
        for solver in (solve, falls):
            found = solved_of(run([HOPPER], TIE, pricing="eu", run=number), solver)
            whole = found.primal[program.integer]
            assert np.abs(whole - np.rint(whole)).max() < 1e-9
            assert program.value @ found.primal == pytest.approx(16)


def test_a_block_that_was_taken_bounds_the_european_price():
    """Twelve chips at 1: eight go to a gang at 2.2 a chip, four to others at 4.

    With the gang fixed any price from 1 to 4 clears: their middle, 2.5. The gang bears up to 2.2.
    """
    lump = buy("gang", 10, [gang(8, 1, {H100: "17.6"})])
    bids = [LUMPY[0], lump, bid("single", 11, {H100: "1"}, (4, 4))]
    for pricing, usd in (("ip", 2.5), ("eu", 1.6)):
        found = solved_of(run([HOPPER], bids, pricing=pricing))
        assert found.fixed.row_dual[0] == pytest.approx(usd)


def test_hull_prices_too_are_the_middle_of_their_face():
    """A gang takes all at 4 a chip, others bid 1.5: any price from 1.5 to 4 proves the bound."""
    bids = [offer("pool", 20, H100, 8, 1), buy("gang", 10, [gang(8, 1, {H100: 32})])]
    bids.append(bid("single", 11, {H100: "1"}, (8, "1.5")))
    found = solved_of(run([HOPPER], bids, pricing="hull"))
    assert found.relaxed.row_dual[0] == pytest.approx(2.75)
