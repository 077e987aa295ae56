"""SKILL: whether the model foretold prices better than "as it is today", out of sample.

Takes   histories; the horizons in days.
Gives   for each horizon the errors of both, the skill, its interval, and a verdict.
Keeps   the future out: each forecast is fitted on what was fixed up to its day, all series alike.
        A skill whose interval holds zero is no skill; too few moves give no interval at all.
Source  Skill against persistence: A. H. Murphy, Monthly Weather Review 116 (1988), 2417-2424;
        blocks: H. R. Kunsch, Annals of Statistics 17 (1989), 1217-1241. docs/pricing/README.md,
        section 9; decision 0045.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chiphour.analyse.pricing.borrowing import calibrate
from chiphour.analyse.pricing.history import DAY_MIN
from chiphour.analyse.pricing.history import Floats
from chiphour.analyse.pricing.history import History
from chiphour.analyse.pricing.history import within
from chiphour.analyse.pricing.outlook import LEVEL
from chiphour.analyse.pricing.outlook import future_value
from chiphour.analyse.pricing.outlook import tails

DRAWS = 2_000
BLOCKS_MIN = 8  # Fewer blocks of origins say nothing of the spread.
MOVED_MIN = 10  # So many outcomes must differ from the last price.
UNKNOWN = "the data cannot say"


class Outcome(NamedTuple):
    """One forecast: made on a day for a later one; all in dollars."""

    series: str
    origin: int
    horizon: int
    last: float
    forecast: float
    low: float
    high: float
    actual: float


class Skill(NamedTuple):
    """One horizon: 1 - squared log error of the model / of the last price; its 90 % interval.

    `inside` is the share of outcomes in the model's band. The interval is None where `verdict` is
    UNKNOWN: fewer than BLOCKS_MIN blocks of days, or MOVED_MIN outcomes that moved.
    """

    horizon: int
    forecasts: int
    moved: int
    skill: float | None
    low: float | None
    high: float | None
    inside: float
    verdict: str


def foretell(
    histories: Mapping[str, Sequence[History]], horizons: Sequence[int], every_days: int = 1
) -> list[Outcome]:
    """Forecast from every so many days on, for each series that can be calibrated then."""
    days = sorted({int(d) for parts in histories.values() for each in parts for d in each.days})
    found = []
    for origin in days[::every_days]:
        seen = {name: within(parts, DAY_MIN, origin) for name, parts in histories.items()}
        for name, parts in seen.items():
            if not parts or int(parts[-1].days[-1]) != origin:
                continue
            fitted = calibrate(seen, name).fit
            if fitted is None:
                continue
            actual = _prices(histories[name], origin)
            for horizon in horizons:
                if origin + horizon in actual:
                    value = future_value(fitted, origin + horizon)
                    last = float(np.exp(parts[-1].logs[-1]))
                    outcome = (value.price, value.low, value.high, actual[origin + horizon])
                    found.append(Outcome(name, origin, horizon, last, *outcome))
    return found


def _prices(histories: Sequence[History], origin: int) -> dict[int, float]:
    """Give by day the prices of the history that a forecast was made in."""
    for each in histories:
        if int(each.days[0]) <= origin <= int(each.days[-1]):
            return dict(zip(each.days.tolist(), np.exp(each.logs).tolist(), strict=True))
    return {}


def skills(outcomes: Sequence[Outcome], rng: np.random.Generator) -> list[Skill]:
    """Give the skill at each horizon, blocks of origin days as long as the horizon drawn anew."""
    return [
        _skill(horizon, [each for each in outcomes if each.horizon == horizon], rng)
        for horizon in sorted({each.horizon for each in outcomes})
    ]


def _skill(horizon: int, outcomes: Sequence[Outcome], rng: np.random.Generator) -> Skill:
    model = np.array([np.log(each.forecast / each.actual) ** 2 for each in outcomes])
    last = np.array([np.log(each.last / each.actual) ** 2 for each in outcomes])
    first = min(each.origin for each in outcomes)
    blocks = np.array([(each.origin - first) // max(horizon, 1) for each in outcomes])
    sums = np.array(
        [[values[blocks == b].sum() for values in (model, last)] for b in np.unique(blocks)]
    )
    moved = int(np.count_nonzero(last))
    inside = float(np.mean([each.low <= each.actual <= each.high for each in outcomes]))
    skill = 1 - float(model.sum() / last.sum()) if moved else None
    counts = (horizon, len(outcomes), moved, skill)
    if len(sums) < BLOCKS_MIN or moved < MOVED_MIN or skill is None:
        return Skill(*counts, None, None, inside, UNKNOWN)
    low, high = _interval(sums, rng)
    verdict = "better" if low > 0 else "worse" if high < 0 else "no difference seen"
    return Skill(*counts, low, high, inside, verdict)


def _interval(sums: Floats, rng: np.random.Generator) -> tuple[float, float]:
    """Draw blocks with replacement; give the ends that leave a twentieth outside each."""
    drawn = sums[rng.integers(0, len(sums), size=(DRAWS, len(sums)))].sum(axis=1)
    ratio = 1 - drawn[:, 0] / np.maximum(drawn[:, 1], np.finfo(np.float64).tiny)
    low, high = np.quantile(ratio, tails(LEVEL))
    return float(low), float(high)


def mean_errors(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """Give the mean absolute log error of the model and of the last price."""
    model = np.mean([abs(np.log(each.forecast / each.actual)) for each in outcomes])
    last = np.mean([abs(np.log(each.last / each.actual)) for each in outcomes])
    return float(model), float(last)
