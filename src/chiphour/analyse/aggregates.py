"""AGGREGATES: the rows that a database gives for each question, before any figure is made.

Takes   nothing: this file is a language.
Gives   a record for the rows of each query of `adapters.question_sql`.
Keeps   sums and counts apart, so that who makes a figure chooses the rounding. `hour` is counted
        from 1970, `day` is `hour // 24`; prices are nano-dollars for one GPU and hour.
Source  Decision 0042.
"""

from typing import NamedTuple


class QuotedRow(NamedTuple):
    """A venue's last poll of a good under one tenor."""

    chip: str
    form: str
    tenor: str
    venue: str
    feed: str
    observed_ns: int
    floor_nanousd: int
    total_nanousd: int
    ceiling_nanousd: int
    offers: int
    hosts: int


class ChangedRow(NamedTuple):
    """A venue's last poll, and sums over its samples of the day and of the week before it."""

    chip: str
    form: str
    tenor: str
    venue: str
    total_nanousd: int
    offers: int
    day_total_nanousd: int
    day_samples: int
    week_total_nanousd: int
    week_samples: int
    week_days: int


class FreeRow(NamedTuple):
    """What a venue had free: `moment` 0 is now, 1 a day before. No host named: 0 and 0."""

    chip: str
    form: str
    venue: str
    moment: int
    observed_ns: int
    hosts: int
    gpus: int
    largest_host_gpus: int


class MovedRow(NamedTuple):
    """Sums over one day: of the market's hourly mean (venue ""), or of one venue's logarithm.

    `t` is in days before the time asked about, `y` the logarithm about the panel's own mean.
    """

    chip: str
    form: str
    tenor: str
    venue: str
    day: int
    samples: int
    x_nanousd: int
    xx_nanousd2: int
    t: float
    y: float
    tt: float
    ty: float
    yy: float


class OfDayRow(NamedTuple):
    """Sums over one hour of one day: the market's mean; or `whole`, logarithms about their day."""

    chip: str
    form: str
    whole: bool
    day: int
    hour_utc: int
    samples: int
    x_nanousd: int
    y: float


class FloorRow(NamedTuple):
    """The least price of an hour, and whose."""

    chip: str
    form: str
    hour: int
    floor_nanousd: int
    venue: str


class SampleRow(NamedTuple):
    """A sample: a venue's hour. `rank` 0 is its own reader, 1 another's, 2 one only compared."""

    chip: str
    form: str
    tenor: str
    venue: str
    hour: int
    floor_nanousd: int
    mean_nanousd: int
    rank: int
