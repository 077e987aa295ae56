"""INDEX_PANELS: panels as the benchmark of the index makes, fixes and compares them.

Takes   a day of the synthetic market, or the rates of venues.
Gives   the rate of a venue, by the methodology's own weights; the fix by `fix_one`; the same screen
        and median over many panels at once, to search with; the peers.
Keeps   what is searched with floats apart from what is reported: a search only proposes, and the
        figure is the exact fix of what it proposed.
Source  docs/methodology/statistics.md; tests/chiphour/simulate/test_panel_market.py holds the two
        roads, rows and rates, to one fix.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm

import numpy as np

from chiphour.index.companion import Given
from chiphour.index.companions.sm import companion
from chiphour.index.fixing import Fixing
from chiphour.index.hosts import host_weights
from chiphour.index.parameters import PLAIN
from chiphour.index.parameters import ROBUST
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.parameters import changed
from chiphour.index.statistics import weighted_median
from chiphour.index.v2026_1 import fix_one
from chiphour.simulate.panel_market import BOOKS
from chiphour.simulate.panel_market import CARD_BEFORE_NS
from chiphour.simulate.panel_market import SERIES
from chiphour.simulate.panel_market import Day
from chiphour.simulate.panel_market import Floats
from chiphour.simulate.panel_market import Integers
from chiphour.simulate.panel_market import Offers
from chiphour.simulate.panel_market import observations_of
from chiphour.simulate.panel_market import row
from chiphour.simulate.panel_market import strike_of
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import PPM

SETS = (V2026_1, ROBUST, PLAIN)
UNCAPPED = changed({"host_share_max_ppm": PPM, "capped_hosts_min": 1})
UNCARRIED = changed({"carry_ns": 0})

Rates = Mapping[str, Fraction]  # By venue, nano-dollars per GPU-hour.


def machine_rates(offers: Offers) -> Floats:
    """Give each machine's rate: the mean of the polls that saw it, which of two is the median."""
    return offers.rate_nanousd.sum(axis=0) / (offers.rate_nanousd > 0).sum(axis=0)


def venue_rate(offers: Offers, parameters: Parameters = V2026_1) -> Fraction:
    """Give a venue's rate as the methodology takes it from its rows, in whole numbers."""
    rates = machine_rates(offers)
    if not offers.is_book:
        return Fraction(float(np.median(rates)))
    order = np.argsort(rates, kind="stable")
    passed = np.cumsum(whole_weights(offers.host.tobytes(), parameters)[order])
    place = int(np.searchsorted(2 * passed, passed[-1]))
    middle = rates[order[place : place + (2 if 2 * passed[place] == passed[-1] else 1)]]
    return Fraction(float(middle.mean()))


@lru_cache(maxsize=64)
def whole_weights(hosts: bytes, parameters: Parameters) -> Integers:
    """Give the weights of a book's machines as whole numbers over one denominator."""
    weights = host_weights(np.frombuffer(hosts, np.int64).tolist(), parameters).weights
    distinct = {id(weight): weight for weight in weights}
    scale = lcm(*(weight.denominator for weight in distinct.values()))
    whole = {key: int(weight * scale) for key, weight in distinct.items()}
    return np.array([whole[id(weight)] for weight in weights], np.int64)


def rates_of(day: Day, parameters: Parameters = V2026_1) -> dict[str, Fraction]:
    """Give the rates of all venues of a day."""
    return {venue: venue_rate(offers, parameters) for venue, offers in day.items()}


def fix_rates(rates: Rates, day: int, parameters: Parameters = V2026_1) -> Fixing:
    """Fix a day from its venues' rates: each is given as the one row of a rate card."""
    strike = strike_of(day)
    rows = [
        row(venue, rate.numerator, 1, strike - CARD_BEFORE_NS)._replace(gpus=rate.denominator)
        for venue, rate in rates.items()
    ]
    return fix_one(SERIES, rows, strike, None, parameters=parameters)


def fix_rows(offers: Day, day: int, parameters: Parameters = V2026_1) -> Fixing:
    """Fix a day from every row of every venue."""
    strike = strike_of(day)
    rows = [row for each in offers.values() for row in observations_of(each, strike)]
    return fix_one(SERIES, rows, strike, None, parameters=parameters)


def level(fixing: Fixing) -> float:
    """Give the fix in nano-dollars."""
    assert fixing.fix_ticks is not None, fixing.reason
    return float(fixing.fix_ticks * NANOUSD_PER_TICK)


def fix_of(rates: Floats, parameters: Parameters = V2026_1) -> float:
    """Fix unnamed rates, in nano-dollars; each is rounded to a whole one first."""
    named = zip(NAMES, (Fraction(round(rate)) for rate in rates), strict=False)
    return level(fix_rates(dict(named), 0, parameters))


def smooth_of(rates: Rates, day: int) -> float:
    """Give the smooth companion of a day, in nano-dollars; not a number where it has no value."""
    found = companion(Given(SERIES, fix_rates(rates, day)))
    return float("nan") if found.value is None else float(found.value * NANOUSD_PER_TICK)


NAMES = (*BOOKS, *"runpod lambda nebius crusoe scaleway vultr coreweave ovh together".split())


def searched(panels: Floats, parameters: Parameters = V2026_1) -> Floats:
    """Screen and take the median of each row of `panels` [panel, member], in floats."""
    centre = np.median(panels, axis=1)
    if not parameters.screened or panels.shape[1] < parameters.screen_members_min:
        return centre
    distance = np.abs(panels - centre[:, None])
    deviation = np.median(distance, axis=1) * parameters.screen_scale_ppm / PPM
    deviation = np.maximum(deviation, centre * parameters.screen_floor_ppm / PPM)
    kept = distance <= (parameters.screen_multiple * deviation)[:, None]
    ordered = np.sort(np.where(kept, panels, np.inf), axis=1)
    count = kept.sum(axis=1)[:, None]
    low = np.take_along_axis(ordered, (count - 1) // 2, axis=1)
    high = np.take_along_axis(ordered, count // 2, axis=1)
    return ((low + high) / 2)[:, 0]


def pooled_median(day: Day) -> float:
    """A peer: the median of all offers of all venues."""
    pool = [np.repeat(machine_rates(each), each.slices) for each in day.values()]
    return float(np.median(np.concatenate(pool)))


def weighted_venue_median(day: Day) -> float:
    """A peer: the median of venue medians, each weighted by its number of offers."""
    pairs = [
        (
            Fraction(float(np.median(np.repeat(machine_rates(each), each.slices)))),
            Fraction(int(each.slices.sum())),
        )
        for each in day.values()
    ]
    return float(weighted_median(pairs))


def trimmed_mean(rates: Sequence[float]) -> float:
    """A peer: the mean of venue rates without a fifth of them at either end, unscreened."""
    cut = len(rates) // 5
    return float(np.mean(np.sort(rates)[cut : len(rates) - cut]))


def trimmed_venue_mean(day: Day) -> float:
    """A peer: `trimmed_mean` of the venues' plain medians."""
    return trimmed_mean([float(np.median(machine_rates(each))) for each in day.values()])


PEERS = {
    "pooled median": pooled_median,
    "venue median weighted by offers": weighted_venue_median,
    "trimmed mean of venues": trimmed_venue_mean,
}
