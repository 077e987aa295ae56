"""SOLVE: HiGHS maximises, says what it found, and finds the same again.

Takes   small programmes.
Gives   solutions by status.
Keeps   the sign of duals: the gain from one more unit.
Source  docs/formulation/auction.md, section 4.
"""

import numpy as np
import pytest

from chiphour.auction.instance import from_fields
from chiphour.auction.model import build
from chiphour.auction.solve import solve


@pytest.fixture
def program(e1):
    return build(from_fields(e1)).program


def test_the_optimum_of_e1_and_its_duals(program):
    found = solve(program)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(350, abs=1e-9)
    assert found.dual[0] == pytest.approx(3, abs=1e-9)
    assert found.primal.size == found.reduced.size == program.value.size
    assert found.column_basic.sum() + found.row_basic.sum() == program.row_lower.size


def test_the_same_programme_gives_the_same_bits(program):
    first, second = solve(program), solve(program)
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_what_cannot_be_met_is_infeasible(program):
    row_lower = program.row_lower.copy()
    row_upper = program.row_upper.copy()
    row_lower[0] = row_upper[0] = -1e6
    found = solve(program._replace(row_lower=row_lower, row_upper=row_upper))
    assert found.status == "infeasible"
    assert found.primal.size == 0


def test_what_has_no_end_is_unbounded(program):
    upper = np.full(program.upper.size, np.inf)
    assert solve(program._replace(upper=upper, value=np.ones(upper.size))).status == "unbounded"


def test_a_programme_without_columns_holds_at_zero_or_not_at_all(program):
    empty = program._replace(value=np.zeros(0), row_lower=np.zeros(1), row_upper=np.zeros(1))
    assert solve(empty).status == "optimal"
    assert solve(empty._replace(row_lower=np.ones(1))).status == "infeasible"
