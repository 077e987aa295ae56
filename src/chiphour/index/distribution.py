"""DISTRIBUTION: how the members of a panel lie, and on whom the fix rests.

Takes   a fixing, the rows in its window, the records of the thirty days before.
Gives   figures by name: quartiles, spread, deviation; hosts and rows of books; how much of the fix
        rests on one member; how many members moved their price at all.
Keeps   every figure exact until it is rounded once; a figure that cannot be told is not there.
Source  docs/methodology/companions.md, "DISPERSION"; decision 0021.

Sensitivity: the fix is the median of the kept members. Each member's rate is moved up and down by
one percent, alone, the others held; the distance between the two medians is its sensitivity. The
greatest share of their sum is `supplier_concentration_ppm`; members with any are `pivotal_members`;
`equal_share_ppm` is what each would have, did all count the same.
"""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from chiphour.index.companion import rate_of
from chiphour.index.companion import ticks_of
from chiphour.index.fixing import Fixing
from chiphour.index.panel import ineligible
from chiphour.index.parameters import SETS
from chiphour.index.statistics import median
from chiphour.index.statistics import median_absolute_deviation
from chiphour.observe.observation import Observation
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import div_floor
from chiphour.units import div_half_even
from chiphour.units import round_half_even

HISTORY_NS = 30 * NS_PER_DAY
STALE_NS = 12 * NS_PER_HOUR
NUDGE = Fraction(1, 100)


def distribution_of(
    fixing: Fixing, window: Sequence[Observation], history: Sequence[Fixing] = ()
) -> dict[str, int]:
    """Give the figures of one series at one strike.

    Of the panel before the screen: what asks how far members lie apart. Of the kept members: what
    asks whom the fix rests on. `window` holds the rows in the fix's window, eligible or not;
    `history` the fixings of the series in the thirty days before.
    """
    figures = {"members": len(fixing.members), "carried_machines": _carried(fixing)}
    rates = [rate_of(member) for member in fixing.members]
    if rates:
        figures |= _spread(rates)
    figures |= _pivotal([rate_of(member) for member in fixing.members if member.kept])
    figures |= _rows(fixing, window)
    figures |= _moving(fixing, history)
    return figures


def percentile(values: Sequence[Fraction], percent: int) -> Fraction:
    """Give the percentile of sorted values, between two of them in proportion.

    The least is the 0th, the greatest the 100th; of at least one value.
    """
    ordered = sorted(values)
    place = Fraction((len(ordered) - 1) * percent, 100)
    below = div_floor(place.numerator, place.denominator)
    if below + 1 == len(ordered):
        return ordered[below]
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])


def sensitivities(rates: Sequence[Fraction]) -> list[Fraction]:
    """Give how far the median moves when each rate alone moves from 1 % below to 1 % above."""
    found = []
    for place, rate in enumerate(rates):
        others = [*rates[:place], *rates[place + 1 :]]
        up, down = (median([*others, rate * (1 + way * NUDGE)]) for way in (1, -1))
        found.append(abs(up - down))
    return found


def _spread(rates: Sequence[Fraction]) -> dict[str, int]:
    centre = median(rates)
    return {
        "percentile_25_ticks": ticks_of(percentile(rates, 25)),
        "percentile_75_ticks": ticks_of(percentile(rates, 75)),
        "median_ticks": ticks_of(centre),
        "spread_ticks": ticks_of(max(rates) - min(rates)),
        "deviation_ticks": ticks_of(median_absolute_deviation(rates, centre)),
    }


def _pivotal(rates: Sequence[Fraction]) -> dict[str, int]:
    if not rates:
        return {}
    found = sensitivities(rates)
    total = sum(found, Fraction(0))
    share = Fraction(max(found), total) if total else Fraction(0)
    return {
        "pivotal_members": sum(each > 0 for each in found),
        "supplier_concentration_ppm": round_half_even(share * PPM),
        "equal_share_ppm": div_half_even(PPM, len(rates)),
    }


def _rows(fixing: Fixing, window: Sequence[Observation]) -> dict[str, int]:
    """Describe the sound rows of the window; hosts where a book names any."""
    parameters = SETS[fixing.parameter_set]
    sound = [row for row in window if ineligible(row, parameters) is None]
    if not sound:
        return {"rows": 0}
    old = sum(row.observed_ns < fixing.strike_ns - STALE_NS for row in sound)
    figures = {
        "rows": len(sound),
        "one_gpu_rows_ppm": div_half_even(sum(row.gpus == 1 for row in sound) * PPM, len(sound)),
        "stale_rows_ppm": div_half_even(old * PPM, len(sound)),
    }
    hosts = {row.machine_key: row.host_key for row in sound if row.feed == "book"}
    machines = Counter(hosts.values())
    if any(machines):
        total = len(hosts)
        squares = sum(count * count for count in machines.values())
        figures["hosts"] = len(machines)
        figures["top_host_ppm"] = div_half_even(max(machines.values()) * PPM, total)
        figures["host_hhi_ppm"] = div_half_even(squares * PPM, total * total)
    return figures


def _carried(fixing: Fixing) -> int:
    """Count the machines that notes of the fix say were carried: "12 machines"."""
    return sum(
        int(note.statistic.partition(" ")[0]) for note in fixing.notes if note.rule == "VANISHED"
    )


def _moving(fixing: Fixing, history: Sequence[Fixing]) -> dict[str, int]:
    """Count today's members that were seen in the thirty days, and those with a second rate."""
    from_ns = fixing.strike_ns - HISTORY_NS
    before = [each for each in history if from_ns <= each.strike_ns < fixing.strike_ns]
    seen = moving = 0
    for member in fixing.members:
        rates = {rate_of(past) for each in before for past in each.members if past[0] == member[0]}
        seen += bool(rates)
        moving += bool(rates - {rate_of(member)})
    return {"seen_venues_30d": seen, "moving_venues_30d": moving}
