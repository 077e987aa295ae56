"""SCHEDULE: when to be on: the best hours of a pool that may be switched, and the rules it keeps.

Takes   gains by interval, the price of a start, the least run and rest, all integers.
Gives   the best profit; the output of one interval; starts; runs and rests that are too short.
Keeps   integers, exact: what eq. 8 allows and nothing else.
Source  docs/formulation/auction.md, equations 5, 8 and 12.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from itertools import groupby


def best_schedule(gains: Sequence[int], startup: int, run_min: int, rest_min: int) -> int:
    """Give the best sum of gains over all ways to be on and off, each start paid; O(intervals).

    `free[t]`: the best of the first t intervals when it may start in the next one; `on[t]`: the
    best when it is on and may stop. It is off and free at first, and the end may cut a run short.
    """
    end = len(gains)
    sums = [0]
    for gain in gains:
        sums.append(sums[-1] + gain)
    worst = -sum(map(abs, gains)) - startup * (end + 1) - 1  # Below what any schedule reaches.
    free, on = [worst] * (end + 1), [worst] * (end + 1)
    free[0] = 0
    for begin in range(end):
        free[begin + 1] = max(free[begin + 1], free[begin])
        on[begin + 1] = max(on[begin + 1], on[begin] + gains[begin])
        stop, rested = min(begin + run_min, end), min(begin + rest_min, end)
        on[stop] = max(on[stop], free[begin] - startup + sums[stop] - sums[begin])
        free[rested] = max(free[rested], on[begin])
    return max(free[end], on[end])


def best_output(
    margins: Sequence[int], sizes: Sequence[int], least: int, inventory: int, kept: int
) -> int:
    """Give the best profit of an interval: `least` is sold at any margin, then what gains.

    `margins`: of each block, falling, and `sizes`, at least `least` together; `kept`: what a chip
    in reserve earns. A chip of the inventory is sold or kept, not both.
    """
    if least <= 0 and kept <= 0:
        return sum(
            [margin * size for margin, size in zip(margins, sizes, strict=True) if margin > 0]
        )
    kept = max(kept, 0)
    profit, free = 0, inventory
    for margin, size in zip(margins, sizes, strict=True):
        forced = min(size, least)
        chosen = size - forced if margin > kept else 0
        profit += margin * (forced + chosen)
        least, free = least - forced, free - forced - chosen
    return profit + kept * free


def starts(on: Sequence[int]) -> int:
    """Count the intervals in which it is on and was not before; it is off before the first."""
    return sum(now > before for before, now in zip((0, *on), on, strict=False))


def too_short(on: Sequence[int], run_min: int, rest_min: int) -> Iterator[tuple[int, int, int]]:
    """Yield (first interval, 1 or 0, length) of each run or rest that is too short (eq. 8).

    What the end of the horizon cuts is none, nor is the rest before the first run.
    """
    end = 0
    for state, group in groupby(on):
        begin, length = end, len(list(group))
        end = begin + length
        least = run_min if state else rest_min
        if length < least and end < len(on) and (state or begin):
            yield begin, state, length
