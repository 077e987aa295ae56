"""IMPLIED: what rows say of integers cuts no solution in integers off, and sees what it should.

Takes   small random markets with random values; pools and gangs whose answer is plain.
Gives   the same optimum with and without; the choices and rows that are named.
Keeps   the values out of it: other values, the same rows.
Source  docs/formulation/auction.md, section 4.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.auction.implied import Rows
from chiphour.auction.implied import implied
from chiphour.auction.implied import possible
from chiphour.auction.model import Program
from chiphour.auction.solve import Linear
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from marketed import Listed
from marketed import enumerated
from marketed import market
from marketed import with_rows

SEEDS = st.integers(0, 1_000_000)


def drawn(program, seed):
    """Give the programme with values drawn anew, of both signs."""
    random = np.random.default_rng(seed)
    return program._replace(value=random.normal(0, 2, program.value.size))


def switched(room, size, starts=2):
    """Give a pool that is on or off for two hours, and a gang of one hour that may start in each.

    Its columns: on, what the pool gives in each hour, the gang's starts.
    """
    found = Listed()
    whole = [found.row(-np.inf, 0.0) for _ in range(2)]
    balance = [found.row(0.0, 0.0) for _ in range(2)]
    one = found.row(-np.inf, 1.0)
    found.column(-3.0, 1.0, [(row, -room) for row in whole], integer=True)
    for hour in range(2):
        found.column(-1.0, room, [(whole[hour], 1.0), (balance[hour], 1.0)])
    for hour in range(starts):
        found.column(42.0, 1.0, [(balance[hour], -size), (one, 1.0)], integer=True)
    return found.program()


@settings(max_examples=20)
@given(SEEDS)
def test_no_solution_in_integers_is_cut_off_whatever_the_values(seed):
    """Draw values anew and try every choice of the integers: the best is the same with both."""
    program = drawn(market(seed), seed)
    tighter = with_rows(possible(program), implied(possible(program)))
    assert solve(tighter, gap=0.0).objective == pytest.approx(enumerated(program), abs=1e-6)


@given(SEEDS)
def test_the_bound_is_never_worse_and_values_do_not_matter(seed):
    program = market(seed)
    rows = implied(possible(program))
    tighter = with_rows(possible(program), rows)
    assert solve(relax(tighter)).objective <= solve(relax(program)).objective + 1e-6
    other = implied(possible(drawn(program, seed)))
    assert all(np.array_equal(one, two) for one, two in zip(rows, other, strict=True))


def test_a_gang_larger_than_a_pool_is_not_possible_there():
    """56 chips and a gang of 64: seven eighths of it are no solution."""
    assert possible(switched(56.0, 64.0)).upper.tolist() == [1, 56, 56, 0, 0]
    assert possible(switched(64.0, 64.0)).upper.tolist() == [1, 64, 64, 1, 1]


def test_what_becomes_impossible_by_that_is_found_too():
    """A choice that needs an impossible one is impossible: a second pass sees it."""
    program = switched(56.0, 64.0)
    found = Listed()
    need, short = found.row(-np.inf, 0.0), found.row(-np.inf, 56.0)
    found.column(1.0, 1.0, [(need, -1.0), (short, 64.0)], integer=True)
    found.column(1.0, 1.0, [(need, 1.0)], integer=True)
    assert possible(found.program()).upper.tolist() == [0, 0]
    assert possible(relax(program)).upper.tolist() == program.upper.tolist()  # No integers there.


def test_a_gang_runs_only_in_a_pool_that_is_on():
    """Both starts of the gang together are at most the switch; half a pool is not on."""
    program = switched(80.0, 40.0)
    rows = implied(program)
    assert [tuple(one.tolist()) for one in rows] == [(0, 3), (3, 4, 0), (1.0, 1.0, -1.0)]
    relaxed, tight = solve(relax(program)), solve(relax(with_rows(program, rows)))
    assert relaxed.primal[0] == pytest.approx(0.25)  # Half a start in each hour, a quarter on.
    assert np.array_equal(rows.sums(relaxed.primal), [pytest.approx(0.75)])
    assert tight.objective < relaxed.objective
    assert tight.objective == pytest.approx(0.0) == solve(program, gap=0.0).objective


def test_a_choice_in_no_row_of_choices_has_its_own_row():
    program = switched(80.0, 40.0)
    loose = program._replace(row_upper=np.where(program.row_upper == 1, 2.0, program.row_upper))
    rows = implied(loose)
    assert sorted(rows.columns[rows.starts[k]] for k in range(rows.starts.size - 1)) == [3, 4]


def test_without_integers_nothing_is_implied():
    rows = implied(relax(market(0)))
    assert rows.starts.tolist() == [0]
    assert rows.sums(np.zeros(market(0).value.size)).size == 0
    nothing = Program(*(np.zeros(0) for _ in range(5)), np.zeros(1, "i4"), *[np.zeros(0, "i4")] * 3)
    nothing = nothing._replace(entries=np.zeros(0), integer=np.zeros(0, dtype=np.bool_))
    assert implied(possible(nothing)).starts.tolist() == [0]


def test_rows_that_are_chosen_are_those():
    rows = Rows(
        np.array([0, 2, 5], dtype=np.int32),
        np.array([0, 1, 0, 2, 3], dtype=np.int32),
        np.array([1.0, -1.0, 1.0, 1.0, -1.0]),
    )
    primal = np.array([0.5, 0.25, 1.0, 0.0])
    assert rows.sums(primal).tolist() == [0.25, 1.5]
    second = rows.chosen(np.array([1]))
    assert second.starts.tolist() == [0, 3]
    assert second.sums(primal).tolist() == [1.5]
    assert rows.chosen(np.zeros(0, dtype=np.int64)).starts.tolist() == [0]


@given(SEEDS)
def test_rows_that_a_solver_is_given_later_are_those_of_a_programme_with_them(seed):
    program = relax(market(seed))
    rows = implied(market(seed))
    linear = Linear(program)
    linear.best(program.value)
    linear.add(*rows)
    assert linear.best(program.value) == pytest.approx(solve(with_rows(program, rows)).objective)
