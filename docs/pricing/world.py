"""WORLD: everything that the paper speaks of, computed once.

Takes   the shipped recordings, fixed in a folder that is thrown away, or that is named; seeds.
Gives   `World`: fixings, calibrations, values, forecasts, declines, scenarios.
Keeps   every draw seeded: the same program gives the same paper.
Source  docs/pricing/README.md.
"""

import tempfile
import time
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from desks import Lab
from desks import Loan
from desks import Maker
from desks import Neocloud
from desks import lab
from desks import loan
from desks import maker
from desks import neocloud
from recorded import book_histories
from recorded import cloud_medians
from recorded import cloud_samples

from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.pricing import Outlook
from chiphour.adapters.pricing import basis_of
from chiphour.adapters.pricing import outlook_of
from chiphour.analyse.pricing.fixed import Priced
from chiphour.analyse.pricing.fixed import fixed_histories
from chiphour.analyse.pricing.fixed import kin_of
from chiphour.analyse.pricing.fixed import last_day
from chiphour.analyse.pricing.fixed import number_of
from chiphour.analyse.pricing.generations import Decline
from chiphour.analyse.pricing.generations import declines
from chiphour.analyse.pricing.history import Floats
from chiphour.analyse.pricing.history import History
from chiphour.analyse.pricing.outlook import draw
from chiphour.analyse.pricing.outlook import future_value
from chiphour.analyse.pricing.reversion import fit
from chiphour.analyse.pricing.reversion import parameters_of
from chiphour.analyse.pricing.skill import Outcome
from chiphour.analyse.pricing.skill import Skill
from chiphour.analyse.pricing.skill import foretell
from chiphour.analyse.pricing.skill import skills
from chiphour.index.fixing import Fixing
from chiphour.simulate.price_paths import Truth
from chiphour.simulate.price_paths import gappy_days
from chiphour.simulate.price_paths import path
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NS_PER_DAY

H100, H200 = "CHR.H100.SXM.OD", "CHR.H200.SXM.OD"
PLANTINGS = ((90, 10), (180, 10), (365, 15), (730, 15), (365, 60))  # Days; half-life.
PLANTED = 200
AHEAD = 30  # Days; of the band that is tried beside the parameters.
MONTH = [date(2026, 9, day) for day in range(1, 31)]
PATHS = 20_000
HOURS = 50_000  # What the lab of the example buys.
NOISES = (0.0, 0.02, 0.05, 0.10)  # Of a venue against the index: standard deviation over a month.
CHIPS, DEBT, SOLD = 1_000, 0.7, 0.8
DECLINES = (0.0, 0.2, 0.4, 0.6)  # What a rent loses in a year, as a share.
JUMP = 0.02  # A step of a fix that no maker's spread pays for.
HOLD_DAYS = 5
CUT = 0.73  # A rent that is cut at once by as much as the largest recorded step.


class Planting(NamedTuple):
    """How often what was planted was found: shares within two errors, and in the band."""

    days: int
    half_life: int
    found: Sequence[float]
    band: float


class Venues(NamedTuple):
    """How members of the panels moved against their fix.

    `apart` float64[member]: what the log of its rate over the fix changed by in AHEAD days.
    """

    apart: Floats
    steps: int
    moves: int
    together: int


class World(NamedTuple):
    """What the paper speaks of."""

    fixings: Sequence[Fixing]
    histories: dict[str, list[History]]
    kin: dict[str, list[History]]
    outlook: Outlook
    basis: Sequence[Priced]
    venues: Venues
    books: dict[str, list[History]]
    spot: dict[str, list[History]]
    listed: dict[str, list[History]]
    declines: dict[str, list[Decline]]
    plantings: Sequence[Planting]
    outcomes: dict[str, list[Outcome]]
    skills: dict[str, list[Skill]]
    month: Floats
    labs: Sequence[Lab]
    spike: Lab
    neoclouds: dict[str, Neocloud]
    maker: Maker
    loans: dict[float, Loan]
    cut_loan: Loan


def fixed(folder: Path) -> list[Fixing]:
    """Fix every recorded day in this folder, and give the final word on each."""
    archive = Archive(folder)
    try:
        ingest_shipped(archive)
        days = span(recorded(archive))
        fix_range(archive, days.first, days.last, now_ns=time.time_ns())
        return archive.fixings()
    finally:
        archive.close()


def plant(days: int, half_life: int, seed: int) -> Planting:
    """Plant parameters in PLANTED histories, and count what is found."""
    truth, rng = Truth(float(half_life)), np.random.default_rng(seed)
    planted = np.array([np.log(truth.kappa), np.log(truth.sigma), truth.trend, truth.level])
    inside, held = [], 0
    for _ in range(PLANTED):
        whole = np.append(gappy_days(rng, days), days - 1 + AHEAD)
        logs = path(rng, whole, truth)
        shift = truth.trend * AHEAD / 365.25
        found = fit([History("S", whole[:-1], logs[:-1])], no_trend_years=0)
        truths = planted - [0, 0, 0, shift]
        scores = [
            abs(each.value - value) <= 2 * each.error
            for each, value in zip(parameters_of(found), truths, strict=True)
        ]
        value = future_value(found, int(whole[-1]))
        held += bool(value.low <= np.exp(logs[-1]) <= value.high)
        inside.append(scores)
    return Planting(days, half_life, np.mean(inside, axis=0).tolist(), held / PLANTED)


def world(folder: Path | None = None) -> World:
    """Compute everything; the fixings in `folder`, or in one that is thrown away."""
    with tempfile.TemporaryDirectory() as thrown:
        fixings = fixed(folder or Path(thrown))
    by_series: dict[str, list[Fixing]] = {}
    for fixing in fixings:
        by_series.setdefault(fixing.series, []).append(fixing)

    def of(series: str) -> list[Fixing]:
        return by_series.get(series, [])

    histories = {name: parts for name, parts in fixed_histories(fixings).items() if parts}
    kin = {name: histories[name] for name in kin_of(H100) if name in histories}
    outlook = outlook_of(of, H100)
    books = {chip: parts for chip, parts in book_histories().items() if len(parts[0].days) >= 20}
    spot = cloud_medians("hour_spot")
    outcomes = {
        "fixings": foretell(kin, (1, 3, 7, 14)),
        "books": foretell(books, (1, 3, 7, 14)),
        "spot": foretell(spot, (28, 84, 168)),
    }
    rng = np.random.default_rng(45)
    assert outlook.calibration.fit is not None
    month = draw(outlook.calibration.fit, [number_of(day) for day in MONTH], rng, PATHS)
    return World(
        fixings=fixings,
        histories=histories,
        kin=kin,
        outlook=outlook,
        basis=basis_of(of, outlook, H200),
        venues=venues_of([fixing for name in kin for fixing in of(name)]),
        books=books,
        spot=spot,
        listed=cloud_medians("hour"),
        declines={name: declines(cloud_samples(name)) for name in ("hour", "hour_spot")},
        plantings=[plant(*each, seed=9) for each in PLANTINGS],
        outcomes=outcomes,
        skills={name: skills(each, np.random.default_rng(46)) for name, each in outcomes.items()},
        month=month,
        **played(outlook, month, kin),
    )


def played(outlook: Outlook, month: Floats, kin: dict[str, list[History]]) -> dict[str, object]:
    """Play the four scenarios of section 10."""
    found = outlook.calibration.fit
    assert found is not None
    rng = np.random.default_rng(47)
    average = price_of(outlook.averages, MONTH[-1])
    future = price_of(outlook.futures, MONTH[-1])
    venue = rng.standard_normal((PATHS, 1)) + np.zeros_like(month)
    labs = [lab(month, HOURS, average, future, sd * venue) for sd in NOISES]
    spike = lab(month * 1.5, HOURS, average, future, NOISES[1] * venue)
    used = np.clip(rng.normal(0.7, 0.05, PATHS), 0, 1)
    low = month * (book_price() / np.exp(found.histories[-1].logs[-1]))
    last = number_of(last_day(outlook.calibration))
    near = draw(found, range(last + 1, last + 11), rng, PATHS)
    price = float(np.exp(found.histories[-1].logs[-1]))
    return {
        "labs": labs,
        "spike": spike,
        "neoclouds": {
            "listed": neocloud(month, average, CHIPS, used, SOLD, DEBT),
            "book": neocloud(low, average * book_price() / price, CHIPS, used, SOLD, DEBT),
        },
        "maker": maker(near, *jumps_of(kin), HOLD_DAYS),
        "loans": {fall: loan(price, continuous(fall), DEBT, 3) for fall in DECLINES},
        "cut_loan": loan(price, 0.0, DEBT, 3, first=continuous(CUT)),
    }


def continuous(share: float) -> float:
    """Give the continuous rate of what loses this share in a year, or at once."""
    return -float(np.log1p(-share))


def jumps_of(kin: dict[str, list[History]]) -> tuple[float, float]:
    """Give the largest step of any series, in logs, and how often a year one is JUMP or more."""
    parts = [each for series in kin.values() for each in series]
    steps = np.concatenate([np.abs(np.diff(each.logs)) for each in parts])
    years = sum(int(each.days[-1] - each.days[0]) for each in parts) / 365.25
    return float(steps.max()), float(np.count_nonzero(steps >= JUMP)) / years


def venues_of(fixings: Sequence[Fixing]) -> Venues:
    """Compare each member's rate with its fix, day by day."""
    rates: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
    for fixing in fixings:
        if fixing.fix_ticks is None:
            continue
        for member in fixing.members:
            rate = member.rate_numerator / member.rate_denominator / NANOUSD_PER_TICK
            days = rates.setdefault((fixing.series, member.name), {})
            days[fixing.strike_ns // NS_PER_DAY] = (rate, float(fixing.fix_ticks))
    apart, moved = [], []
    for days in rates.values():
        known = sorted(days)
        for before, after in pairwise(known):
            rows = zip(days[before], days[after], strict=True)
            moved.append([one != other for one, other in rows])
        first = next((day for day in known if day + AHEAD in days), None)
        if first is not None:
            logs = [np.log(rate / fix) for rate, fix in (days[first], days[first + AHEAD])]
            apart.append(logs[1] - logs[0])
    table = np.array(moved)
    own = int(table[:, 0].sum())
    return Venues(np.array(apart), len(table), own, int((table[:, 0] & table[:, 1]).sum()))


def book_price() -> float:
    """Give the last daily median of Vast.ai's H100 book, dollars."""
    return float(np.exp(book_histories()["H100"][0].logs[-1]))


def price_of(contracts: Sequence[Priced], expiry: date) -> float:
    """Give the value of the contract that ends on a day."""
    (found,) = [each.value for each in contracts if each.expiry == expiry]
    assert found is not None
    return found.price
