"""WARM: an earlier solution shortens the way to the next one, and changes no optimum.

Takes   small random markets, and the same with values changed, bids gone and bids new.
Gives   the optimum of a cold solution, in fewer steps.
Keeps   what was carried over apart from what was found.
Source  docs/formulation/auction.md, section 4.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.solve import AT_LOWER
from chiphour.auction.solve import BASIC
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from chiphour.auction.warm import Kept
from chiphour.auction.warm import Keys
from chiphour.auction.warm import carried
from chiphour.auction.warm import keys
from chiphour.auction.warm import same_solutions
from marketed import market
from marketed import without

SEEDS = st.integers(0, 1_000_000)


def numbered(program):
    return Keys(
        np.arange(program.value.size, dtype=np.uint64),
        np.arange(program.row_lower.size, dtype=np.uint64),
    )


@given(SEEDS)
def test_after_changed_values_the_basis_leads_to_the_same_optimum(seed):
    program = relax(market(seed))
    first = solve(program)
    changed = program._replace(value=program.value * np.linspace(0.9, 1.1, program.value.size))
    basis, _ = carried([Kept(program, None, first.basis, first.primal)], changed, None)
    assert basis is first.basis
    assert solve(changed, basis).objective == pytest.approx(solve(changed).objective, abs=1e-6)
    primal = solve(changed, basis, values_alone=True)
    assert primal.objective == pytest.approx(solve(changed).objective, abs=1e-6)


def test_the_same_solutions_are_those_of_the_same_rows_and_bounds():
    program = market(2)
    assert same_solutions(program, program._replace(value=-program.value))
    for name in ("lower", "upper", "row_lower", "row_upper", "entries", "integer"):
        other = program._replace(**{name: 1 - getattr(program, name).astype(np.float64)})
        assert not same_solutions(program, other)


@given(SEEDS, st.integers(0, 5))
def test_bids_that_went_and_came_keep_the_rest_of_the_basis(seed, bid):
    """Solve without a bid, then with it, and the other way: the optimum is that of a cold start."""
    program = relax(market(seed))
    fewer, columns, rows = without(program, bid)
    every = numbered(program)
    some = Keys(every.columns[columns], every.rows[rows])
    for old, old_keys, new, new_keys in (
        (fewer, some, program, every),
        (program, every, fewer, some),
    ):
        first = solve(old)
        basis, start = carried([Kept(old, old_keys, first.basis, first.primal)], new, new_keys)
        assert basis.columns.size == start.size == new.value.size
        assert basis.rows.size == new.row_lower.size
        assert solve(new, basis).objective == pytest.approx(solve(new).objective, abs=1e-6)


def test_a_new_column_begins_at_its_lower_bound_and_a_new_row_without_force():
    program = relax(market(0))
    fewer, columns, rows = without(program, 0)
    every, first = numbered(program), solve(fewer)
    some = Keys(every.columns[columns], every.rows[rows])
    basis, start = carried([Kept(fewer, some, first.basis, first.primal)], program, every)
    new_columns = np.setdiff1d(np.arange(program.value.size), columns)
    new_rows = np.setdiff1d(np.arange(program.row_lower.size), rows)
    assert new_columns.size and new_rows.size
    assert (basis.columns[new_columns] == AT_LOWER).all()
    assert (basis.rows[new_rows] == BASIC).all()
    assert (start[new_columns] == program.lower[new_columns]).all()
    assert np.array_equal(start[columns], first.primal)


def test_with_integers_a_solution_is_carried_and_no_basis():
    program = market(3)
    first = solve(program)
    basis, start = carried([Kept(program, None, first.basis, first.primal)], program, None)
    assert basis is None
    assert np.array_equal(start, first.primal)
    assert carried([Kept(program, None, first.basis, first.primal)], relax(program), None) == (
        None,
        None,
    )


def test_what_has_another_shape_and_no_keys_is_not_near():
    program = relax(market(0))
    fewer, _, _ = without(program, 0)
    first = solve(fewer)
    assert carried([Kept(fewer, None, first.basis, first.primal)], program, None) == (None, None)
    assert carried([], program, None) == (None, None)


def test_keys_tell_blocks_and_their_members_apart():
    found = keys([(("work", "a"), 2), (("work", "b"), 2), (("worka", ""), 1)])
    assert found.dtype == np.uint64
    assert np.unique(found).size == 5
    assert np.array_equal(found[2:4], keys([(("work", "b"), 2)]))
    assert keys([]).size == 0
