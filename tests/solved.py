"""SOLVED: what tests ask of a solution.

Takes   programmes, primal values, solutions.
Gives   whether they hold; whether two are the same, bit for bit.
Keeps   a tolerance of 1e-6 in rows and bounds, relative to their size.
Source  docs/formulation/auction.md, section 4.
"""

import numpy as np


def feasible(program, primal):
    """Tell whether the values hold every bound, every row, and are integers where they must."""
    weights = program.entries * np.repeat(primal, np.diff(program.starts))
    rows = np.bincount(program.rows, weights, program.row_lower.size)
    scale = 1e-6 * np.maximum(
        1.0, np.bincount(program.rows, np.abs(weights), program.row_lower.size)
    )
    return bool(
        (primal >= program.lower - 1e-6).all()
        and (primal <= program.upper + 1e-6).all()
        and (rows >= program.row_lower - scale).all()
        and (rows <= program.row_upper + scale).all()
        and (np.abs(primal - np.rint(primal))[program.integer] <= 1e-6).all()
    )


def same(one, other):
    """Tell whether two solutions are the same to the last bit, their bases included."""
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return np.array_equal(one, other)
