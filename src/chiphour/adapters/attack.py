"""ATTACK: what it costs to move a kept fix, from the archive that it was made from.

Takes   an archive, a series, a day.
Gives   `attack_of`; `rows_of_fix`.
Keeps   to the observations that the fix itself saw.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from datetime import date

from chiphour.adapters.archive import Archive
from chiphour.adapters.companions import rows_as_revised
from chiphour.index.attack import AttackCost
from chiphour.index.attack import attack_cost
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.series import Series
from chiphour.observe.observation import Observation
from chiphour.units import strike_ns as strike_of


def attack_of(
    archive: Archive,
    series: Series,
    day: date,
    source: str = "",
    parameters: Parameters = V2026_1,
) -> AttackCost:
    """Price attacks on the fix of a series and day, from what an archive holds."""
    strike = strike_of(day)
    kept = archive.fixing_as_of(series.ticker, strike, None, source, parameters.parameter_set)
    event = "" if kept is None else kept.revision
    observations = rows_of_fix(archive, strike, event, parameters, source)
    last = archive.last_fixed(strike, None, source, parameters.parameter_set, series.ticker)
    return attack_cost(series, observations, strike, last.get(series.ticker), source, parameters)


def rows_of_fix(
    archive: Archive,
    strike_ns: int,
    event: str,
    parameters: Parameters = V2026_1,
    source: str = "",
) -> list[Observation]:
    """Give the rows that a fix looked at; `event` is the one that revised it, "" for none."""
    from_ns = strike_ns - parameters.memory_ns
    rows = archive.observations(from_ns, strike_ns, source or None, for_fixing=True)
    for each in archive.revisions() if event else ():
        if each.id == event:
            return rows_as_revised(rows, each)
    return rows
