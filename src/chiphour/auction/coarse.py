"""COARSE: the same run with fewer starts for its gangs, which is solved where the whole is not.

Takes   a run, its model, a programme of it.
Gives   the programme in which each gang that has many starts has some of them alone; or None where
        no gang has so many.
Keeps   every solution of it one of the whole: columns are held at zero, nothing else changes. What
        it finds is an award like any other; only that it is the best is not known.
Source  docs/formulation/auction.md, section 4; decision 0050.

The starts that stay lie a length of the gang apart, or a part or a multiple of it, so that gangs
fit behind one another without gaps.
"""

import numpy as np
from numpy.typing import NDArray

from chiphour.auction.bids.gang import Gang
from chiphour.auction.bids.gang import Layout
from chiphour.auction.instance import Instance
from chiphour.auction.model import Model
from chiphour.auction.model import Program
from chiphour.auction.workload import Workload
from chiphour.units import div_ceil

STARTS_MAX = 48  # Of a gang: with more of them it has about so many left.
# Of the starts that would be left out, in the programme: with more only the coarse one is solved.
# A limit of size and not of time: a run has one answer, wherever it is cleared.
ENTRIES_MAX = 50_000


def thinned(instance: Instance, model: Model, program: Program) -> Program | None:
    """Give the programme with fewer starts for gangs that have many, or None where none has."""
    held = np.zeros(program.value.size, dtype=np.bool_)
    for bid, layout in zip(instance.bids, model.layouts, strict=True):
        if isinstance(bid, Workload) and isinstance(layout, tuple):
            for (_, mode), place in zip(bid.modes, layout, strict=True):
                if isinstance(mode, Gang) and isinstance(place, Layout):
                    _hold(held, mode, place)
    if not held.any():
        return None
    return program._replace(upper=np.where(held, 0, program.upper))


def is_large(program: Program, few: Program) -> bool:
    """Tell whether a programme has too many starts, beside those of `few`, to search them all."""
    held = few.upper < program.upper
    return int(np.diff(program.starts)[held].sum()) > ENTRIES_MAX


def kept_starts(gang: Gang) -> frozenset[int]:
    """Give the starts that a gang keeps: the first, the last, and those a stride apart between."""
    first, last = gang.start_first, gang.start_last
    if last - first < STARTS_MAX:
        return frozenset(range(first, last + 1))
    stride, length = div_ceil(last - first + 1, STARTS_MAX), gang.intervals
    if length > stride:
        stride = div_ceil(length, length // stride)
    else:
        stride = length * div_ceil(stride, length)
    return frozenset((*range(first, last + 1, stride), last))


def _hold(held: NDArray[np.bool_], gang: Gang, layout: Layout) -> None:
    """Mark the columns of the starts that a gang does not keep."""
    kept = kept_starts(gang)
    for place, (_, _, start) in enumerate(layout.options):
        if start not in kept:
            held[layout.first + place] = True
