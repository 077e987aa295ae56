"""INDEX_QUALITY: how noisy the index is when nobody attacks, and how true what it says of itself.

Takes   the synthetic market: clean, with gross errors, with decoys; honest panels of any size.
Gives   the noise of the one-day change, the coverage of the interval, false rejections.
Keeps   every fix exact, by `fix_one`; the interval's and the screen's own functions otherwise.
Source  docs/methodology/statistics.md; Methodology v2026_1, "Interval" and "Screen".
"""

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from chiphour.index.panel import Panelist
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.statistics import interval
from chiphour.index.v2026_1 import screen
from chiphour.simulate.panel_market import BASE_NANOUSD
from chiphour.simulate.panel_market import Floats
from chiphour.simulate.panel_market import Market
from chiphour.simulate.panel_market import day_of
from chiphour.simulate.panel_market import paths_of
from chiphour.units import NANOUSD_PER_TICK
from index_panels import NAMES
from index_panels import PEERS
from index_panels import SETS
from index_panels import fix_rates
from index_panels import level
from index_panels import rates_of
from index_panels import smooth_of

CLEAN = Market()
MARKETS = {
    "clean": CLEAN,
    "10 % gross errors": CLEAN._replace(gross=0.10),
    "25 % decoys": CLEAN._replace(decoys=0.25),
}
SPREAD = 0.07  # Of honest venues, as in the market.
DRAWS = 200_000
SCREENED_DRAWS = 4_000
DEAR = 1.3
SMOOTH = "smooth companion"


def levels(market: Market, days: range) -> dict[str, list[float]]:
    """Give the log level of every estimator on some days, apart from the true price."""
    true = paths_of(market).log_price
    found: dict[str, list[float]] = {}
    for number in days:
        day = day_of(market, number)
        rates = rates_of(day)
        said = {each.parameter_set: level(fix_rates(rates, number, each)) for each in SETS}
        said[SMOOTH] = smooth_of(rates, number)
        said |= {peer: fix(day) for peer, fix in PEERS.items()}
        for name, value in said.items():
            found.setdefault(name, []).append(np.log(value / BASE_NANOUSD) - true[number])
    return found


def noise(log_levels: Floats) -> Mapping[str, float]:
    """Give the spread of the one-day change, of the level, and the bias, in percent.

    A day without a value (not a number) is left out, and so are the changes from and to it.
    """
    return {
        "change": 100 * float(np.nanstd(np.diff(log_levels))),
        "level": 100 * float(np.nanstd(log_levels)),
        "bias": 100 * float(np.nanmean(log_levels)),
    }


def interval_holds(market: Market, number: int) -> float:
    """Give 100 for a day whose interval holds the true price, else 0."""
    true = BASE_NANOUSD * np.exp(paths_of(market).log_price[number])
    fixing = fix_rates(rates_of(day_of(market, number)), number)
    low, high = fixing.interval_low_ticks, fixing.interval_high_ticks
    assert low is not None and high is not None
    return 100.0 * (low * NANOUSD_PER_TICK <= true <= high * NANOUSD_PER_TICK)


def end_weights(members: int, level_ppm: int) -> Floats:
    """Give what each sorted value weighs in the interval's lower end.

    The interval is linear in the sorted values: steps from 0 to 1 at each place tell the weights.
    """
    steps = [
        interval([Fraction(int(place >= at)) for place in range(members)], level_ppm).low
        for at in range(members + 1)
    ]
    return np.array([float(steps[at] - steps[at + 1]) for at in range(members)])


def coverage(members: int, seed: int) -> float:
    """Give the percentage of honest panels whose interval holds the true price."""
    drawn = np.random.default_rng([seed, members])
    panels = np.sort(np.exp(drawn.normal(0, SPREAD, (DRAWS, members))), axis=1)
    weights = end_weights(members, V2026_1.interval_level_ppm)
    held = (panels @ weights <= 1) & (panels @ weights[::-1] >= 1)
    return 100 * float(held.mean())


def rejections(members: int, seed: int, parameters: Parameters) -> tuple[float, float]:
    """Give the percentage of honest panels that lose a member, and of dear ones caught.

    A dear venue asks DEAR times the true price, and is caught when the screen rejects it.
    """
    drawn = np.random.default_rng([seed, members])
    panels = np.rint(BASE_NANOUSD * np.exp(drawn.normal(0, SPREAD, (SCREENED_DRAWS, members))))
    dear = Fraction(round(BASE_NANOUSD * DEAR))
    lost = caught = 0
    for panel in panels.astype(np.int64).tolist():
        rates = [Fraction(rate) for rate in panel]
        lost += len(_rejected(rates, parameters)) > 0
        caught += NAMES[0] in _rejected([dear, *rates[1:]], parameters)
    return 100 * lost / SCREENED_DRAWS, 100 * caught / SCREENED_DRAWS


def _rejected(rates: list[Fraction], parameters: Parameters) -> set[str]:
    members = [
        Panelist(name, (name,), rate, False, ()) for name, rate in zip(NAMES, rates, strict=False)
    ]
    return {rejection.what for rejection in screen(members, parameters)[1]}
