"""SHAPES_SIGNALS: the JSON of signals, verdicts and the viability report.

Takes   nothing.
Gives   msgspec structs, one for each shape: what OpenAPI describes and what is written are one.
Keeps   amounts as decimal text in dollars for one GPU and hour; statistics as numbers.
Source  Decision 0042.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

Struct = msgspec.Struct
Usd = Annotated[str, Meta(description="USD, one GPU, one hour.", examples=["2.190000000"])]
Time = Annotated[str, Meta(description="UTC.", examples=["2026-08-12T07:00:00Z"])]
Chip = Annotated[str, Meta(description="A chip in one form.", examples=["h100-sxm"])]
Venue = Annotated[str, Meta(description="Whose price; empty: all.", examples=["runpod"])]
Tenor = Annotated[str, Meta(description="SPOT, OD; empty: both.", examples=["OD"])]


class Lack(Struct, forbid_unknown_fields=True):
    """What there is too little of."""

    what: Annotated[str, Meta(description="What was counted.", examples=["days with a price"])]
    found: Annotated[int, Meta(description="How much of it there is.")]
    needed: Annotated[int, Meta(description="How much there must be.")]


class Price(Struct, forbid_unknown_fields=True):
    """What a venue asks now."""

    tenor: Tenor
    venue: Venue
    feed: Annotated[str, Meta(description="`book` or `posted`.", examples=["posted"])]
    observed: Time
    floor_usd: Usd
    mean_usd: Usd
    ceiling_usd: Usd
    spread_usd: Usd
    offers: Annotated[int, Meta(description="Offers of its last poll.")]
    hosts: Annotated[int | None, Meta(description="Null: it names none.")]


class Change(Struct, forbid_unknown_fields=True):
    """A mean price now against the means of the day and the week before."""

    tenor: Tenor
    venue: Venue
    now_usd: Usd
    day_before_usd: Annotated[str | None, Meta(description="The mean of the 24 hours before.")]
    day_change_usd: Annotated[str | None, Meta(description="Since then.")]
    day_change_ratio: Annotated[float | None, Meta(description="Of the price before.")]
    day_samples: Annotated[int, Meta(description="Hours in the 24 before; of all venues: venues.")]
    week_before_usd: Annotated[str | None, Meta(description="The mean of the 7 days before.")]
    week_change_usd: Annotated[str | None, Meta(description="Since then.")]
    week_change_ratio: Annotated[float | None, Meta(description="Of the price before.")]
    week_samples: Annotated[
        int, Meta(description="Hours in the 7 days before; of all venues: venues.")
    ]
    lacking: Annotated[list[Lack], Meta(description="What there is too little of.")]


class Delta(Struct, forbid_unknown_fields=True):
    """Two venues' least prices now."""

    tenor: Tenor
    cheap_venue: Venue
    dear_venue: Venue
    cheap_usd: Usd
    dear_usd: Usd
    delta_usd: Usd
    delta_ratio: Annotated[float, Meta(description="Of the mean of the two.")]
    fee_usd: Usd
    after_fees_usd: Annotated[str, Meta(description="May be below zero.", examples=["0.310000000"])]


class Supply(Struct, forbid_unknown_fields=True):
    """What is free now, and was a day before."""

    venue: Venue
    observed: Time
    hosts: Annotated[
        int | None, Meta(description="Hosts with something free; null: none is named.")
    ]
    gpus: Annotated[int | None, Meta(description="GPUs free.")]
    largest_host_gpus: Annotated[
        int | None, Meta(description="Of the largest host; null: none is named.")
    ]
    gpus_day_before: Annotated[int | None, Meta(description="GPUs free 24 hours before.")]
    gpus_change: Annotated[
        int | None, Meta(description="Since then, of venues seen at both times.")
    ]
    lacking: Annotated[list[Lack], Meta(description="What there is too little of.")]


class Volatility(Struct, forbid_unknown_fields=True):
    """How much prices moved in the last 30 days."""

    samples: Annotated[int, Meta(description="Hours with a price.")]
    days: Annotated[int, Meta(description="Days with a price.")]
    mean_usd: Annotated[str | None, Meta(description="The mean of the market's hourly mean.")]
    sd_usd: Annotated[float | None, Meta(description="Its standard deviation, in dollars.")]
    cv: Annotated[float | None, Meta(description="Standard deviation over the mean.")]
    log_variation: Annotated[float | None, Meta(description="About each venue's own trend.")]
    low: Annotated[float | None, Meta(description="Of its 90 % interval.")]
    high: Annotated[float | None, Meta(description="Of its 90 % interval.")]
    lacking: Annotated[list[Lack], Meta(description="What there is too little of.")]


class Hour(Struct, forbid_unknown_fields=True):
    """The mean price at one hour of the day."""

    hour_utc: Annotated[int, Meta(description="0 to 23.")]
    mean_usd: Usd
    samples: Annotated[int, Meta(description="Hours behind it.")]


class TimeOfDay(Struct, forbid_unknown_fields=True):
    """How prices went with the hour of the day in the last 30 days."""

    hours: Annotated[list[Hour], Meta(description="Each hour of the day with a price.")]
    days: Annotated[int, Meta(description="Days with a price.")]
    swing: Annotated[float | None, Meta(description="Dearest minus cheapest over the mean.")]
    whole_days: Annotated[int, Meta(description="Days with a price in nearly every hour.")]
    matched_swing: Annotated[float | None, Meta(description="About each venue's own day.")]
    low: Annotated[float | None, Meta(description="Of its 90 % interval.")]
    high: Annotated[float | None, Meta(description="Of its 90 % interval.")]
    lacking: Annotated[list[Lack], Meta(description="What there is too little of.")]


class Floor(Struct, forbid_unknown_fields=True):
    """The least price of an hour."""

    observed: Time
    floor_usd: Usd
    venue: Venue


class Floors(Struct, forbid_unknown_fields=True):
    """The least price of each hour of the last 30 days that has one."""

    points: Annotated[list[Floor], Meta(description="By time.")]
    trend_per_day: Annotated[float | None, Meta(description="Of the price.")]
    lacking: Annotated[list[Lack], Meta(description="What there is too little of.")]


class Verdict(Struct, forbid_unknown_fields=True):
    """What one rule says of one signal."""

    signal: Annotated[str, Meta(examples=["spread"])]
    rule: Annotated[str, Meta(description="`stated` or `repaired`.", examples=["repaired"])]
    verdict: Annotated[
        str, Meta(description="green, amber, red or not_enough_data.", examples=["green"])
    ]
    value: Annotated[float | None, Meta(description="The figure; null: not enough data.")]
    low: Annotated[float | None, Meta(description="Of a 90 % interval, where there is one.")]
    high: Annotated[float | None, Meta(description="Of its 90 % interval.")]
    unit: Annotated[str, Meta(description="usd_per_hour, ratio or gpus.", examples=["ratio"])]
    green_above: Annotated[float, Meta(description="In `unit`.")]
    red_below: Annotated[float | None, Meta(description="Null: never red.")]
    figures: Annotated[
        dict[str, int | float | str], Meta(description="What the value was made from.")
    ]
    lacking: Annotated[Lack | None, Meta(description="What there is too little of.")]
    reason: Annotated[str, Meta(description="One sentence.")]


class Judged(Struct, forbid_unknown_fields=True):
    """The verdicts on one chip."""

    chip: Chip
    name: Annotated[str, Meta(examples=["H100 SXM"])]
    verdicts: Annotated[
        list[Verdict], Meta(description="By signal, the stated rule before the repaired.")
    ]


class Signals(Struct, forbid_unknown_fields=True):
    """The verdicts on every chip at a time."""

    time: Time
    chips: Annotated[list[Judged], Meta(description="By chip.")]


class Signal(Struct, forbid_unknown_fields=True):
    """All seven answers on one chip, and the verdicts on them."""

    chip: Chip
    name: Annotated[str, Meta(examples=["H100 SXM"])]
    time: Time
    prices: Annotated[list[Price], Meta(description="By tenor and venue.")]
    changes: Annotated[list[Change], Meta(description="By tenor and venue, then of all venues.")]
    deltas: Annotated[
        list[Delta], Meta(description="Every two venues: across terms, then by tenor.")
    ]
    supply: Annotated[list[Supply], Meta(description="By venue, then of all.")]
    volatility: Annotated[
        Volatility | None, Meta(description="Null: no price in the last 30 days.")
    ]
    tod: Annotated[TimeOfDay | None, Meta(description="Null: no price in the last 30 days.")]
    floors: Annotated[Floors | None, Meta(description="Null: no price in the last 30 days.")]
    verdicts: Annotated[
        list[Verdict], Meta(description="By signal, the stated rule before the repaired.")
    ]


class Day(Struct, forbid_unknown_fields=True):
    """The verdicts on a chip at one time."""

    time: Time
    verdicts: Annotated[
        list[Verdict], Meta(description="By signal, the stated rule before the repaired.")
    ]


class History(Struct, forbid_unknown_fields=True):
    """The verdicts on a chip, now and at this hour of the days before, the latest first."""

    chip: Chip
    name: Annotated[str, Meta(examples=["H100 SXM"])]
    days: Annotated[list[Day], Meta(description="The latest first.")]


class Interval(Struct, forbid_unknown_fields=True):
    """A figure and its interval; null in place of a time that does not end."""

    value: Annotated[float | None, Meta(description="The figure; null: endless.")]
    low: Annotated[float | None, Meta(description="Its lower end; null: endless.")]
    high: Annotated[float | None, Meta(description="Its upper end; null: endless.")]


class Viable(Struct, forbid_unknown_fields=True):
    """Whether a chip can carry a futures market, with the figures."""

    chip: Chip
    name: Annotated[str, Meta(examples=["H100 SXM"])]
    answer: Annotated[str, Meta(description="yes, no or not yet.", examples=["not yet"])]
    first: Time
    last: Time
    days: Annotated[int, Meta(description="Days with a price.")]
    venues: Annotated[int, Meta(description="The most under one tenor.")]
    samples: Annotated[int, Meta(description="Hours with a price.")]
    compared_share: Annotated[float, Meta(description="Of samples: a third party's table alone.")]
    pairs: Annotated[int, Meta(description="Of venues under the same terms, seen often enough.")]
    pair_hours: Annotated[int, Meta(description="Common hours of pairs.")]
    hourly_pairs: Annotated[int, Meta(description="Pairs seen hour after hour.")]
    share_above_fees: Annotated[float | None, Meta(description="Of the hours of pairs.")]
    gap: Annotated[float | None, Meta(description="Median gap after fees, of the price.")]
    never_moved_share: Annotated[float | None, Meta(description="Of pairs.")]
    half_life_hours: Annotated[
        Interval | None, Meta(description="Median and middle half of pairs.")
    ]
    skill: Annotated[
        Interval | None, Meta(description="One minus squared error over that of the random walk.")
    ]
    skill_steps: Annotated[int, Meta(description="Later steps, on which it is judged.")]
    variation: Annotated[Interval | None, Meta(description="About each venue's own trend.")]
    lacking: Annotated[list[Lack], Meta(description="What there is too little of.")]
    reasons: Annotated[list[str], Meta(description="Why this answer.")]
    cannot_say: Annotated[list[str], Meta(description="What the data cannot say.")]


class Viability(Struct, forbid_unknown_fields=True):
    """The viability report: an answer for each chip."""

    chips: Annotated[list[Viable], Meta(description="By chip.")]
