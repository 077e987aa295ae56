"""COARSE: where gangs have too many starts, some of them give an award, and its distance is told.

Takes   gangs of every length with every number of starts; a run of gangs beside pools that switch.
Gives   the starts that stay; awards of the coarse run, of the whole, and without time for it.
Keeps   an award that the checker accepts; no bound below the best; never a silent nothing.
Source  docs/formulation/auction.md, section 4; decision 0050.
"""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction_small import PRODUCT
from auction_small import buyer
from auction_small import pool
from auction_small import run_of
from chiphour.auction import coarse
from chiphour.auction.bids.gang import Gang
from chiphour.auction.check import certified_gap_ppb
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.coarse import kept_starts
from chiphour.auction.coarse import thinned
from chiphour.auction.instance import from_fields
from chiphour.auction.model import build
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.result import from_json
from chiphour.auction.result import to_json
from chiphour.auction.solve import OutOfTime
from chiphour.auction.solve import incumbent
from chiphour.auction.solve import solve
from chiphour.units import NS_PER_HOUR
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso

HOURS, FEW = 24, 6
OPENS_NS = ns_from_iso("2026-12-07T00:00:00Z")
SWITCHED = {"startup": "5", "no_load": "0.5", "output_min": "0.25", "run_min": 3, "rest_min": 2}


@given(st.integers(0, 400), st.integers(0, 800), st.integers(1, 400))
def test_starts_that_stay_are_some_of_many_and_all_of_few(first, reach, length):
    gang = Gang("g", 8, length, first, first + reach, True, (), ((PRODUCT, 1),))
    kept = sorted(kept_starts(gang))
    assert set(kept) <= set(range(first, first + reach + 1))
    assert (kept[0], kept[-1]) == (first, first + reach)
    if reach < FEW:
        assert len(kept) == reach + 1
    else:
        assert len(kept) <= FEW + 2
        strides = {b - a for a, b in pairwise(kept[:-1])}
        assert len(strides) <= 1
        for stride in strides:  # Gangs fit behind one another, or nearly so.
            cut = any(0 <= stride * parts - length < parts for parts in range(1, length + 1))
            assert stride % length == 0 or cut


def month(gangs=3, hours=HOURS, length=4):
    """Give a run with gangs of many starts beside pools that switch, and one that is always on."""
    bids = [pool(20 + n, "8", f"{1 + n / 4}", intervals=hours) | SWITCHED for n in range(2)]
    bids.append(pool(30, "4", "3", intervals=hours))
    to = iso_from_ns(OPENS_NS + hours * NS_PER_HOUR)
    bids.append(buyer(10, "2", "4", to=to))
    last = iso_from_ns(OPENS_NS + (hours - length) * NS_PER_HOUR)
    for n in range(gangs):
        mode = {
            "type": "gang",
            "id": "g",
            "chips": 8,
            "intervals": length,
            "start": {"from": "2026-12-07T00:00:00Z", "to": last},
            "migratable": True,
            "products": [{"product": PRODUCT, "value_usd": f"{200 + 10 * n}"}],
        }
        bids.append(buyer(40 + n, "1", "1") | {"modes": [mode]})
    return from_fields(run_of(bids, intervals=hours))


@pytest.fixture(scope="module", autouse=True)
def few():
    """Let a gang with more than a few starts be one with many: a small run does as a large."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coarse, "STARTS_MAX", FEW)
        yield


@pytest.fixture(scope="module")
def run():
    return month()


@pytest.fixture(scope="module")
def whole(run):
    return clear(run, solve)


def within(columns_max, seen=None):
    """Give the real solver for programmes of no more integers that are free; no time for others."""

    def solve_within(program, basis=None):
        free = int((program.integer & (program.lower < program.upper)).sum())
        if seen is not None:
            seen.append(free)
        if free > columns_max:
            raise OutOfTime("solver: expected an answer in time, found none")
        return solve(program, basis)

    return solve_within


def free_columns(run):
    program = build(run).program
    few = thinned(run, build(run), program)
    return [int((each.integer & (each.lower < each.upper)).sum()) for each in (program, few)]


def test_a_run_of_few_starts_is_solved_as_it_is(run, whole):
    small = month(hours=FEW + 3)
    model = build(small)
    assert thinned(small, model, model.program) is None
    assert whole.status == "optimal"


def test_what_is_out_of_time_is_awarded_with_fewer_starts(run, whole):
    """The search among all starts finds nothing in its time; the one among some is the answer."""
    every, some = free_columns(run)
    assert some < every
    seen = []
    found = clear(run, within(some, seen))
    assert seen[:2] == [every, some]
    assert (found.status, found.claimed_gap_ppb) == ("coarse", None)
    assert violations(run, found) == ()
    assert from_json(run, to_json(run, found)) == found
    assert sum(len(part.gangs) for part in found.award.parts) == 3
    assert 0 < found.welfare_nanousd <= whole.bound_nanousd <= found.bound_nanousd * 1.000001
    assert found.welfare_nanousd >= whole.welfare_nanousd * 0.98
    assert certified_gap_ppb(run, found) >= 0


def test_a_large_run_is_solved_with_fewer_starts_alone(run, monkeypatch):
    monkeypatch.setattr(coarse, "ENTRIES_MAX", 10)
    seen = []
    found = clear(run, within(10**9, seen))
    assert found.status == "coarse" and seen[0] == free_columns(run)[1]
    assert to_json(run, found) == to_json(run, clear(run, solve))


def test_out_of_time_for_a_bound_the_prices_that_are_paid_are_one(run, whole):
    """No time for the relaxation: any duals bound every award, those of the fixed run do."""

    def no_relaxation(program, basis=None):
        if basis is not None and not program.integer.any() and not _is_fixed(run, program):
            raise OutOfTime("solver: expected an answer in time, found none")
        return solve(program, basis)

    found = clear(run, no_relaxation)
    assert found.relaxed.slots == found.fixed.slots != whole.relaxed.slots
    assert violations(run, found) == ()
    assert found.award == whole.award
    assert found.bound_nanousd >= whole.bound_nanousd * 0.999999


def _is_fixed(run, program):
    """Tell whether a programme holds all integers of its run."""
    if program.value.size != build(run).program.value.size:
        return True
    integer = build(run).program.integer
    return bool((program.lower == program.upper)[integer].all())


def test_nothing_in_time_is_a_failure_and_no_award(run):
    """A search that is cut while it has nothing does not clear the run with nothing."""

    def zero(program, basis=None):
        if program.integer.any():
            return incumbent(program, np.zeros(program.value.size), np.inf, "clock")
        return solve(program, basis)

    with pytest.raises(ClearingFailed, match="an award in the time there is, found none"):
        clear(run, zero)
