"""EUROPEAN: of all awards that one price a slot supports, the best; nobody is accepted at a loss.

Takes   S4; random small runs of blocks that buy and blocks that sell.
Gives   the best award by trying every selection of blocks, its prices by a programme of our own.
Keeps   that programme apart from the model's: it is written from the bids.
Source  docs/formulation/auction.md, section 5, "Pricing".
"""

from fractions import Fraction
from itertools import product
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import gang
from auction_fields import offer
from auction_fields import run
from auction_lumps import S4
from auction_lumps import S4_EUROPEAN
from auction_runs import runs
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.european import european
from chiphour.auction.european import falling
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.model import Program
from chiphour.auction.model import build
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.solve import solve
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_USD

HOURS = 2
MUCH = 1e4
CLOSE = 1e-5


class Gang(NamedTuple):
    """A block that buys: chips of one pool for some hours from one on, or nothing."""

    chips: int
    count: int
    first: int
    last: int
    usd: int


class Plant(NamedTuple):
    """A pool of one price: chips by hour; with a start-up it has chips in the first hour only."""

    chips: tuple[int, ...]
    usd: int
    startup: int | None


class Wish(NamedTuple):
    """Single chips wanted in one hour, at one price."""

    hour: int
    chips: int
    usd: int


class Market(NamedTuple):
    """Everybody."""

    gangs: tuple[Gang, ...]
    plants: tuple[Plant, ...]
    wishes: tuple[Wish, ...]


@st.composite
def markets(draw):
    few = st.integers(1, 9)
    gangs = []
    for _ in range(draw(st.integers(0, 3))):
        count = draw(st.integers(1, HOURS))
        first = draw(st.integers(0, HOURS - count))
        chips = draw(st.sampled_from((2, 4, 8)))
        usd = draw(st.integers(1, 5 * chips * count))
        gangs.append(Gang(chips, count, first, draw(st.integers(first, HOURS - count)), usd))
    plants = [Plant((draw(few),) * HOURS, draw(st.integers(0, 4)), None)]
    for _ in range(draw(st.integers(0, 2))):
        hours = tuple(draw(few) if t == 0 else 0 for t in range(HOURS))
        plants.append(Plant(hours, draw(st.integers(0, 4)), draw(st.integers(1, 12))))
    wish = st.builds(Wish, st.integers(0, HOURS - 1), few, st.integers(1, 6))
    return Market(tuple(gangs), tuple(plants), tuple(draw(st.lists(wish, max_size=4))))


def fields_of(market):
    """Write a market as a run."""
    bids = [
        buy(f"gang-{n}", 10 + n,
            [gang(g.chips, g.count, {H100: g.usd}, starts=(g.first, g.last), migratable=True)])
        for n, g in enumerate(market.gangs)
    ]  # fmt: skip
    for n, plant in enumerate(market.plants):
        more = {} if plant.startup is None else {"startup": str(plant.startup)}
        bids.append(offer(f"plant-{n}", 50 + n, H100, plant.chips, plant.usd, **more))
    for n, wish in enumerate(market.wishes):
        hours = (wish.hour, wish.hour + 1)
        bids.append(bid(f"wish-{n}", 30 + n, {H100: "1"}, (wish.chips, wish.usd), hours=hours))
    return run([HOPPER], bids, hours=HOURS, cap=20, pricing="eu")


def selections(market):
    """Yield every choice: for each gang a plant and a first hour or None, for each plant on."""
    places = [
        [None, *((p, t) for p in range(len(market.plants)) for t in range(g.first, g.last + 1))]
        for g in market.gangs
    ]
    on = [(True,) if plant.startup is None else (False, True) for plant in market.plants]
    for chosen in product(*places, *on):
        yield chosen[: len(places)], chosen[len(places) :]


def least(rows, cost):
    """Minimise cost x over A x >= b, 0 <= x <= much; or None."""
    count = len(cost)
    a = np.array([row for row, _ in rows], dtype=float).reshape(len(rows), count)
    columns, where = np.nonzero(a.T)
    program = Program(
        -np.array(cost, dtype=float), np.zeros(count), np.full(count, MUCH),
        np.array([b for _, b in rows], dtype=float), np.full(len(rows), np.inf),
        np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=count))]).astype(np.int32),
        where.astype(np.int32), a.T[columns, where], np.zeros(count, dtype=bool),
    )  # fmt: skip
    found = solve(program)
    return -found.objective if found.status == "optimal" else None


def profits(market, places, on, at_a_loss):
    """Minimise the profits of all over prices λ of each hour and μ >= λ of each plant that is on.

    Without more that is the welfare of the selection (duality). Unless `at_a_loss`, no block that
    was accepted may have a profit below zero.
    """
    plants, gangs, wishes = market.plants, market.gangs, market.wishes
    lam = list(range(HOURS))
    mu = {(p, t): HOURS + p * HOURS + t for p in range(len(plants)) for t in range(HOURS)}
    gain = HOURS + len(mu)  # Of each plant and hour, then of each wish.
    count = gain + len(mu) + len(wishes)

    def row(*entries):
        found = [0.0] * count
        for place, value in entries:
            found[place] += value
        return found

    rows, cost, constant = [], [0.0] * count, 0.0
    for (p, t), price in mu.items():
        plant, profit = plants[p], price + len(mu)
        if on[p]:
            rows.append((row((price, 1), (lam[t], -1)), 0))
            rows.append((row((profit, 1), (price, -1)), -plant.usd))
            cost[profit] += plant.chips[t]
    for n, wish in enumerate(wishes):
        profit = gain + len(mu) + n
        rows.append((row((profit, 1), (lam[wish.hour], 1)), wish.usd))
        cost[profit] += wish.chips
    for p, plant in enumerate(plants):
        if on[p] and plant.startup is not None:
            constant -= plant.startup
            earned = [(mu[p, t] + len(mu), plant.chips[t]) for t in range(HOURS)]
            rows += [] if at_a_loss else [(row(*earned), plant.startup)]
    for one, place in zip(gangs, places, strict=True):
        if place is not None:
            p, first = place
            paid = row(*((mu[p, t], -one.chips) for t in range(first, first + one.count)))
            cost = [old + new for old, new in zip(cost, paid, strict=True)]
            constant += one.usd
            rows += [] if at_a_loss else [(paid, -one.usd)]
    found = least(rows, cost)
    return None if found is None else found + constant


def fits(market, places, on):
    used = {}
    for one, place in zip(market.gangs, places, strict=True):
        if place is not None:
            for t in range(place[1], place[1] + one.count):
                used[place[0], t] = used.get((place[0], t), 0) + one.chips
    return all(on[p] and many <= market.plants[p].chips[t] for (p, t), many in used.items())


def best_by_trying(market):
    """Give the welfare of the best selection that some prices support."""
    best = 0.0
    for places, on in selections(market):
        if fits(market, places, on):
            welfare = profits(market, places, on, at_a_loss=True)
            if welfare is None or welfare < best + CLOSE:
                continue
            supported = profits(market, places, on, at_a_loss=False)
            if supported is not None and supported < welfare + CLOSE:
                best = welfare
    return best


@settings(derandomize=True, max_examples=40)
@given(markets())
def test_the_award_is_the_best_that_prices_support(market):
    instance, _ = read_run(fields_of(market))  # A gang larger than every pool is refused.
    result = clear(instance, solve)
    best = best_by_trying(market)
    assert result.welfare_nanousd / NANOUSD_PER_USD == pytest.approx(best, rel=2e-4, abs=1e-3)
    assert nobody_loses(instance, result)


def nobody_loses(instance, result):
    """Tell whether nobody pays more than it declares or earns less, half a tick aside."""
    bids, context = instance.bid_by_id, instance.context
    for part in result.award.parts:
        if part.make_whole_microusd:
            return False
        chips = sum(line.quantity_hundredths for line in part.lines) + sum(part.gang_hundredths)
        chips += sum(100 * one.chips * one.intervals for one in part.held.gangs)
        gain = bids[part.id].worth(context, part.held) * MICROUSD_PER_USD - part.payment_microusd
        if gain < -Fraction(chips, 2) - 1:
            return False
    return True


@settings(derandomize=True, max_examples=15)
@given(runs(pricing="eu"))
def test_of_everything_that_a_run_can_hold_nobody_is_accepted_at_a_loss(fields):
    instance, _ = read_run(fields)
    result = clear(instance, solve)
    assert not list(violations(instance, result))
    assert nobody_loses(instance, result)


def test_the_block_paradox_is_solved_without_the_block():
    """S4: the block would be the cheapest supply and yet lose at every price that clears."""
    instance = from_fields(S4_EUROPEAN.fields)
    result = clear(instance, solve)
    assert result.welfare_nanousd == 2_000 * NANOUSD_PER_USD
    assert [price.price_ticks for price in result.prices] == [1_000_000]
    assert {part.id for part in result.award.parts if part.lines} == {"first", "plain"}
    assert not any(part.make_whole_microusd for part in result.award.parts)
    free = clear(from_fields(S4.fields), solve)
    assert free.welfare_nanousd == 2_570 * NANOUSD_PER_USD
    assert {part.id for part in free.award.parts if part.make_whole_microusd} == {"block-0"}


def program_of(fields):
    return build(from_fields(fields)).program


def test_the_bound_is_that_of_every_award_and_the_gap_is_told():
    """What no prices need support is worth 2,570 at most: the search has looked at that."""
    found = european(program_of(S4_EUROPEAN.fields), solve)
    assert found.objective == pytest.approx(2_000)
    assert 2_000 - CLOSE <= found.bound <= 2_570 + CLOSE
    assert found.claimed_gap == pytest.approx(max(found.bound - 2_000, 0) / 2_000)
    short = european(program_of(S4_EUROPEAN.fields), solve, rounds_max=1)
    assert short.objective == pytest.approx(2_000)
    assert short.bound == pytest.approx(2_570)


def test_rejected_integers_are_at_nought_and_accepted_ones_may_fall():
    program = program_of(fields_of(Market((Gang(2, 1, 0, 0, 9),), (Plant((4, 4), 1, None),), ())))
    for chosen in (0.0, 1.0):
        selected = np.where(program.integer, chosen, 0.25)
        loose = falling(program, selected)
        assert not loose.integer.any()
        assert (loose.upper[program.integer] == chosen).all()
        assert (loose.lower == program.lower).all()
        assert (loose.upper[~program.integer] == program.upper[~program.integer]).all()


def test_a_selection_that_failed_is_not_tried_again():
    """Every search is of a programme with one row more, which the last selection breaks."""
    asked = []

    def noted(program, basis=None):
        solution = solve(program, basis)
        if program.integer.any():
            asked.append((program, np.rint(solution.primal) * program.integer))
        return solution

    program = program_of(S4_EUROPEAN.fields)
    european(program, noted)
    cuts = [(one, chosen) for one, chosen in asked if one.upper is program.upper]
    assert len(cuts) > 1
    rows = [one.row_lower.size for one, _ in cuts]
    assert rows == list(range(rows[0], rows[0] + len(rows)))
    assert len({tuple(chosen) for _, chosen in cuts if chosen.size}) == len(
        [1 for _, chosen in cuts if chosen.size]
    )


def test_limits_that_cannot_hold_give_no_award():
    arc = {"from": H100, "to": H100.replace("us", "eu"), "tier": "od", "min": ["2"], "max": ["2"]}
    products = [HOPPER, HOPPER | {"region": "eu"}]
    bids = [buy("g", 10, [gang(8, 1, {H100: 9})]), offer("pool", 20, H100, 8, 1)]
    program = program_of(run(products, bids, arcs=[arc], pricing="eu"))
    assert european(program, solve) is None


def test_a_solver_that_finds_nothing_is_told():
    def none(program, basis=None):
        return solve(program, basis)._replace(status="time_limit")

    with pytest.raises(ClearingFailed, match="an award that they support, found none"):
        european(program_of(S4_EUROPEAN.fields), none)
