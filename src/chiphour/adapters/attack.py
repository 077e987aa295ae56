"""ATTACK: what it costs to move a kept fix, from the archive that it was made from.

Takes   an archive, a series, a day.
Gives   `attack_of`.
Keeps   to the observations that the fix itself saw.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from datetime import date

from chiphour.adapters.archive import Archive
from chiphour.index.attack import AttackCost
from chiphour.index.attack import attack_cost
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.series import Series
from chiphour.units import strike_ns


def attack_of(
    archive: Archive,
    series: Series,
    day: date,
    source: str = "",
    parameters: Parameters = V2026_1,
) -> AttackCost:
    """Price attacks on the fix of a series and day, from what an archive holds."""
    strike = strike_ns(day)
    observations = archive.observations(
        strike - parameters.memory_ns, strike, source or None, for_fixing=True
    )
    last = archive.last_fixed(strike, None, source, parameters.parameter_set, series.ticker)
    return attack_cost(series, observations, strike, last.get(series.ticker), source, parameters)
