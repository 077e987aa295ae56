"""ANCHOR: a search that was done proves its integers again for other values, without a search.

Takes   a programme with integers, what a search found of it; then the same with other values.
Gives   the old integers, or better ones that were met, with their best amounts and a proven bound
        within the gap; or nothing, and then a search must tell.
Keeps   the gap that a search is held to. What it keeps between programmes are rows and bases: no
        claim about other values is carried over.
Source  docs/formulation/auction.md, section 4; decision 0049.

Every bound is the optimum of a linear programme which every solution in integers keeps, at the new
values. Where the first is too far, an integer is set to 0 and to 1 and the greater of the two
optima is the bound; the half that is farthest is halved next, so often and no more.
"""

import heapq
from typing import NamedTuple

import numpy as np

from chiphour.auction.implied import implied
from chiphour.auction.implied import possible
from chiphour.auction.model import Program
from chiphour.auction.solve import INTEGRAL
from chiphour.auction.solve import Floats
from chiphour.auction.solve import Linear
from chiphour.auction.solve import Solution
from chiphour.auction.solve import fix
from chiphour.auction.solve import incumbent
from chiphour.auction.solve import relax
from chiphour.auction.warm import same_solutions

HALVED_MAX = 6  # On the family of 1,000 bids one is enough; each costs two linear programmes.
ROUNDS_MAX = 4  # Of rows that are added, for one linear programme.
WHOLE = -1


Held = tuple[tuple[int, int], ...]  # Integers, and where they are held.


class Half(NamedTuple):
    """A part of all solutions. `below`: minus its bound, so that a heap gives the greatest first.

    `split`: the integer by which it is halved next, or WHOLE where its best is in integers.
    """

    below: float
    held: Held
    split: int


class Anchor:
    """A search that was done: its integers, for programmes that differ in values."""

    def __init__(self, program: Program, found: Solution, before: "Anchor | None" = None) -> None:
        """Begin from a search's solution and bound; solves its linear programmes once.

        An anchor from `before` that fits lends its relaxation.
        """
        self._program, self._bound = program, found.bound
        self._fixed = Linear(fix(program, found.primal))
        self._fixed.best(program.value)
        shared = before is not None and before.fits(program)
        lent: Tight | None = before._tight if before is not None and shared else None
        self._tight: Tight = lent or Tight(program)

    def fits(self, program: Program) -> bool:
        """Tell whether a programme has the same rows, bounds and integers: the same solutions."""
        return same_solutions(self._program, program)

    def proved(self, program: Program, gap: float, seconds_max: float) -> Solution | None:
        """Give integers with their best amounts, if they are proved to be within the gap.

        None otherwise, or where the time is used up, once for the amounts and once for the proof:
        then a search must tell.
        """
        assert self.fits(program)
        self._fixed.within(seconds_max)
        self._tight.within(seconds_max)
        value = self._fixed.best(program.value)
        if value is None or not np.isfinite(value):
            return None
        primal, bound = self._fixed.primal, max(self._bound, value)
        same = np.array_equal(self._program.value, program.value)
        if not same or bound - value > gap * abs(value):
            proof = self._tight.proof(program.value, primal, gap)
            if proof is None:
                return None
            primal, bound = proof
        return incumbent(program, primal, bound, "optimal")


class Tight:
    """A programme's relaxation with what the rows imply, and halves of it where that is too far."""

    def __init__(self, program: Program) -> None:
        """Find what is possible and implied, and solve it once with the programme's values."""
        self._program = possible(program)
        self._rows = implied(self._program)
        self._added = np.zeros(self._rows.starts.size - 1, dtype=np.bool_)
        self._linear = Linear(relax(self._program))
        self._weight = np.bincount(
            np.repeat(np.arange(program.value.size), np.diff(program.starts)),
            np.abs(program.entries),
            program.value.size,
        )
        self._solved(program.value, (), -np.inf)

    def within(self, seconds_max: float) -> None:
        """Let all proofs from now on take so long together."""
        self._linear.within(seconds_max)

    def proof(
        self, value: Floats, primal: Floats, gap: float, halved_max: int = HALVED_MAX
    ) -> tuple[Floats, float] | None:
        """Give the best solution and a bound within the gap of it, beginning with a solution.

        None where that takes too long, or too many halves.
        """
        best: float = np.dot(value, primal)
        halves: list[Half] = []
        parts: list[Held] = [()]
        for _ in range(1 + halved_max):
            for held in parts:
                solved = self._solved(value, held, best + gap * abs(best))
                if solved is None:
                    return None
                bound, found = solved
                split = self._split(found) if np.isfinite(bound) else WHOLE
                if split == WHOLE and bound > best:
                    best, primal = bound, found
                heapq.heappush(halves, Half(-bound, held, split))
            farthest = heapq.heappop(halves)
            if -farthest.below <= best + gap * abs(best):
                return primal, max(best, -farthest.below)
            parts = [(*farthest.held, (farthest.split, at)) for at in (0, 1)]
        return None

    def _solved(self, value: Floats, held: Held, enough: float) -> tuple[float, Floats] | None:
        """Give a part's optimum and where it is, rows added until it is enough or all hold.

        Minus infinity where the part has no solution; None where the time is used up.
        """
        lower, upper = self._program.lower.copy(), self._program.upper.copy()
        for column, at in held:
            lower[column] = upper[column] = at
        self._linear.hold(lower, upper)
        self._linear.back()
        rounds = ROUNDS_MAX
        while True:
            bound = self._linear.best(value)
            if bound is None:
                return None
            found, rounds = self._linear.primal, rounds - 1
            if not held:
                self._linear.mark()
            if bound <= enough or not rounds or not self._add_broken(found):
                return bound, found

    def _add_broken(self, found: Floats) -> bool:
        """Add the implied rows that are not kept; tell whether there were any."""
        broken = np.flatnonzero((self._rows.sums(found) > INTEGRAL) & ~self._added)
        if broken.size:
            self._linear.add(*self._rows.chosen(broken))
            self._added[broken] = True
        return bool(broken.size)

    def _split(self, found: Floats) -> int:
        """Give the integer that is farthest from one, by what it moves; WHOLE where all are."""
        off = np.abs(found - np.rint(found)) * self._program.integer
        if not (off > INTEGRAL).any():
            return WHOLE
        return int(np.argmax(off * self._weight))
