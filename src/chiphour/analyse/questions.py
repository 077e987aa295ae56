"""QUESTIONS: the answers to the seven questions about prices, as records.

Takes   nothing: this file is a language.
Gives   a record for each answer; `Lacking`, which is the answer where there is not enough data.
Keeps   money in integer nano-dollars for one GPU and hour; ratios in parts per million, or floats
        where they are statistics. What is not known is None, and `lacking` says what would be
        needed: nothing is guessed.
Source  "Can You Build a Futures Market for GPU Compute?", gpu-spot.com; decision 0042.

A venue here is an owner: two names of one company are one. A price counts that lets a chip by the
hour without commitment (SPOT, OD), is not preemptible, is asked or listed, and comes from a venue
of the register's role "eligible". A sample is one hour of one venue under one tenor.
"""

from typing import NamedTuple

from chiphour.analyse.goods import Good

ALL = ""  # In place of a venue or a tenor: all of them together.


class Lacking(NamedTuple):
    """Not enough data: what was counted, how much was found, how much is needed."""

    what: str
    found: int
    needed: int

    def words(self) -> str:
        """Give it as half a sentence."""
        return f"expected at least {self.needed} {self.what}, found {self.found}"


class CurrentPrice(NamedTuple):
    """What a venue asks now: its last poll, at most CURRENT_NS old.

    `mean_nanousd` is over offers, rounded half-even; `spread_nanousd` is ceiling minus floor;
    `hosts` is None where the venue names none.
    """

    good: Good
    tenor: str
    venue: str
    feed: str
    observed_ns: int
    floor_nanousd: int
    mean_nanousd: int
    ceiling_nanousd: int
    spread_nanousd: int
    offers: int
    hosts: int | None


class PriceChange(NamedTuple):
    """A venue's mean price now against its mean over the 24 hours and the 7 days before.

    The means before are over samples. Of all venues (`venue` ALL) only those count that have both,
    each once, so that none coming or going moves it; samples are then venues.
    """

    good: Good
    tenor: str
    venue: str
    now_nanousd: int
    day_before_nanousd: int | None
    day_change_nanousd: int | None
    day_change_ppm: int | None
    day_samples: int
    week_before_nanousd: int | None
    week_change_nanousd: int | None
    week_change_ppm: int | None
    week_samples: int
    lacking: tuple[Lacking, ...]


class CrossDelta(NamedTuple):
    """Two venues' least prices now: the same tenor, or ALL: the cheapest hourly one of each.

    `delta_ppm` is of the mean of the two; `fee_nanousd` is that of both sides, rounded up;
    `after_fees_nanousd` may be below zero.
    """

    good: Good
    tenor: str
    cheap_venue: str
    dear_venue: str
    cheap_nanousd: int
    dear_nanousd: int
    delta_nanousd: int
    delta_ppm: int
    fee_nanousd: int
    after_fees_nanousd: int


class SupplyMetric(NamedTuple):
    """What is free now, and was 24 hours before: of a venue that states it, or of ALL such.

    Of a book: each machine once, at the most GPUs that it offers. `largest_host_gpus` is None
    where no host is named. A list of prices without stock states nothing: it is not here.
    """

    good: Good
    venue: str
    observed_ns: int
    hosts: int | None
    gpus: int | None
    largest_host_gpus: int | None
    gpus_day_before: int | None
    gpus_change: int | None
    lacking: tuple[Lacking, ...]


class Volatility(NamedTuple):
    """How much prices moved over the window.

    `samples` are hours of the market, `days` those in which they lie; `cv` is the stated rule's:
    the standard deviation (n - 1) of the market's hourly mean over its mean. `log_variation` is of
    each venue about its own trend, pooled, with its 90 % interval by leaving out a day at a time.
    """

    good: Good
    samples: int
    days: int
    mean_nanousd: int | None
    sd_usd: float | None
    cv: float | None
    log_variation: float | None
    low: float | None
    high: float | None
    lacking: tuple[Lacking, ...]


class HourOfDay(NamedTuple):
    """The mean of the market's hourly mean prices at one hour of the day, UTC."""

    hour_utc: int
    mean_nanousd: int
    samples: int


class TodPattern(NamedTuple):
    """How prices go with the hour of the day over the window.

    `swing_ppm` is the stated rule's: dearest hour minus cheapest over the mean of the hours. The
    matched one measures each hour against its own venue's day, on days that are nearly whole, with
    its 90 % interval by leaving out a day at a time.
    """

    good: Good
    hours: tuple[HourOfDay, ...]
    days: int
    swing_ppm: int | None
    whole_days: int
    matched_swing_ppm: int | None
    low_ppm: int | None
    high_ppm: int | None
    lacking: tuple[Lacking, ...]


class FloorPoint(NamedTuple):
    """The least price of an hour that begins at `observed_ns`, and whose it was."""

    observed_ns: int
    floor_nanousd: int
    venue: str


class FloorSeries(NamedTuple):
    """The least price of each hour of the window that has one, and the trend of its logarithm."""

    good: Good
    points: tuple[FloorPoint, ...]
    trend_ppm_per_day: int | None
    lacking: tuple[Lacking, ...]


class Answers(NamedTuple):
    """The answers to the seven questions at one time."""

    at_ns: int
    prices: tuple[CurrentPrice, ...]
    changes: tuple[PriceChange, ...]
    deltas: tuple[CrossDelta, ...]
    supply: tuple[SupplyMetric, ...]
    volatility: tuple[Volatility, ...]
    tod: tuple[TodPattern, ...]
    floors: tuple[FloorSeries, ...]
