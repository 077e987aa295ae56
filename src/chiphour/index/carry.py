"""CARRY: machines that just vanished from a book, and still count.

Takes   the rows of one book before its window; the machines that the window shows.
Gives   the rows of those that count all the same.
Keeps   a machine out that was only ever seen in passing, so that a decoy is never carried; and
        whoever rents the cheap machines away for an hour before the strike without effect.
Source  Methodology v2026_1, "Carry"; decision 0016.
"""

from bisect import bisect_left
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence

from chiphour.index.parameters import Parameters
from chiphour.observe.observation import Observation
from chiphour.units import PPM


def carried(
    evidence: Sequence[Observation],
    present: Collection[str],
    strike_ns: int,
    parameters: Parameters,
) -> Mapping[str, tuple[Observation, ...]]:
    """Give, by machine, the rows that it is carried by: those of its stretch.

    `evidence` are the sound rows of one venue and series before the window, as far back as a
    stretch can reach; `present` are the machines in the window.
    """
    polls = sorted({row.observed_ns for row in evidence})
    of_machine: dict[str, list[Observation]] = defaultdict(list)
    for row in evidence:
        if row.machine_key not in present:
            of_machine[row.machine_key].append(row)
    found = {}
    for machine, rows in of_machine.items():
        stretch = _stretch(rows, polls, strike_ns, parameters)
        if stretch:
            found[machine] = stretch
    return found


def _stretch(
    rows: Sequence[Observation], polls: Sequence[int], strike_ns: int, parameters: Parameters
) -> tuple[Observation, ...]:
    """Give the rows of a machine's stretch when it was steady and vanished lately, else none."""
    last_ns = max(row.observed_ns for row in rows)
    if strike_ns - last_ns >= parameters.carry_ns:
        return ()
    from_ns = last_ns - parameters.carry_stretch_ns
    stretch = tuple(row for row in rows if row.observed_ns >= from_ns)
    sightings = {row.observed_ns for row in stretch}
    first_ns = min(sightings)
    if last_ns - first_ns < parameters.carry_span_min_ns:
        return ()
    asked = bisect_right(polls, last_ns) - bisect_left(polls, first_ns)
    steady = len(sightings) * PPM >= parameters.carry_presence_min_ppm * asked
    return stretch if steady else ()
