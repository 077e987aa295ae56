"""AUCTION PEERS: modelling layers from PyPI, given the same programme, on the same solver.

Takes   a `Program`.
Gives   seconds to build and solve with each; None where the package is not installed.
Keeps   a peer out that finds another optimum; one thread, the same gap; else its own defaults.
Source  docs/formulation/auction.md, section 4. What is measured is what stands between arrays and
        HiGHS: each is given whole blocks of rows, its fastest way in.
"""

import time
from typing import Any

import numpy as np

from chiphour.auction.model import Program
from chiphour.auction.solve import GAP

MISSING: dict[str, str] = {}  # Why a peer is not here.
try:
    import linopy
    import xarray
except ImportError as fault:
    linopy, MISSING["linopy"] = None, str(fault)
try:
    import cvxpy
    import scipy.sparse
except ImportError as fault:
    cvxpy, MISSING["cvxpy"] = None, str(fault)

EXACT = 1e-6


def time_linopy(program: Program, value: float) -> float:
    """Build rows of one length at a time, as labelled arrays, and solve."""
    began = time.perf_counter()
    model = linopy.Model()
    labels = np.zeros(program.value.size, dtype=np.int64)
    for whole in (False, True):
        places = np.flatnonzero(program.integer == whole)
        if places.size:
            ends = [] if whole else [program.lower[places], program.upper[places]]
            bounds = [xarray.DataArray(end, dims="column") for end in ends]
            coords = [("column", np.arange(places.size))]
            labels[places] = model.add_variables(*bounds, coords=coords, binary=whole).labels
    ranked = np.argsort(program.rows, kind="stable")
    owners = np.repeat(labels, np.diff(program.starts))[ranked]
    entries, lengths = program.entries[ranked], np.bincount(program.rows)
    first = np.cumsum(lengths) - lengths
    same = program.row_lower == program.row_upper
    sides = (
        ("=", program.row_upper, same),
        (">=", program.row_lower, np.isfinite(program.row_lower) & ~same),
        ("<=", program.row_upper, np.isfinite(program.row_upper) & ~same),
    )
    for length in np.unique(lengths[lengths > 0]):
        for sign, limit, there in sides:
            rows = np.flatnonzero((lengths == length) & there)
            if rows.size:
                places = first[rows][:, None] + np.arange(length)
                weighed = _weighed(model, entries[places], owners[places])
                model.add_constraints(weighed, sign, xarray.DataArray(limit[rows], dims="row"))
    gain = _weighed(model, program.value[None, :], labels[None, :])
    model.add_objective(gain.sum(), sense="max")
    model.solve("highs", io_api="direct", mip_rel_gap=GAP, threads=1, output_flag=False)
    seconds = time.perf_counter() - began
    _check(program, model.objective.value, value)
    return seconds


def _weighed(model: Any, coefficients: Any, labels: Any) -> Any:
    """Give a linopy expression for each row of two arrays."""
    terms = {"coeffs": (("row", "_term"), coefficients), "vars": (("row", "_term"), labels)}
    rows = {"row": np.arange(labels.shape[0])}
    return linopy.LinearExpression(xarray.Dataset(terms, rows), model)


def time_cvxpy(program: Program, value: float) -> float:
    """Build from sparse arrays, and solve."""
    began = time.perf_counter()
    shape = (program.row_lower.size, program.value.size)
    matrix = scipy.sparse.csc_matrix((program.entries, program.rows, program.starts), shape).tocsr()
    whole = np.flatnonzero(program.integer)
    chosen = cvxpy.Variable(program.value.size, boolean=(whole,) if whole.size else False)
    same = program.row_lower == program.row_upper
    below = np.isfinite(program.row_lower) & ~same
    above = np.isfinite(program.row_upper) & ~same
    rules: list[Any] = [chosen >= program.lower, chosen <= program.upper]
    rules += [
        matrix[same] @ chosen == program.row_lower[same],
        matrix[below] @ chosen >= program.row_lower[below],
        matrix[above] @ chosen <= program.row_upper[above],
    ]
    problem = cvxpy.Problem(cvxpy.Maximize(program.value @ chosen), rules)
    problem.solve(solver=cvxpy.HIGHS, mip_rel_gap=GAP, threads=1)
    seconds = time.perf_counter() - began
    _check(program, problem.value, value)
    return seconds


def _check(program: Program, found: float, value: float) -> None:
    """Hold a peer's optimum against ours."""
    gap = 2 * GAP if program.integer.any() else EXACT
    assert abs(found - value) <= gap * abs(value), (found, value)


PEERS = {"linopy": time_linopy, "cvxpy": time_cvxpy}
