"""RELEASE_DATA: the statistical release of a day for programs: what its page shows, as one object.

Takes   a `Release`, with the news of its strike.
Gives   RELEASE_DATA, its published shape.
Keeps   each series of the day exactly once, in the order of the table; a change that cannot be told
        as null; every figure equal to the text in the data files.
Source  Methodology, "Publication" and "Split"; decision 0041.
"""

from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.publish.addresses import day_path
from chiphour.publish.addresses import release_path
from chiphour.publish.columns import DAY
from chiphour.publish.columns import HASH
from chiphour.publish.columns import Column
from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import lifted
from chiphour.publish.columns import many
from chiphour.publish.columns import moment
from chiphour.publish.columns import share
from chiphour.publish.columns import text
from chiphour.publish.columns import texts
from chiphour.publish.columns import usd
from chiphour.publish.columns import word
from chiphour.publish.datasets import FIXING_COLUMNS
from chiphour.publish.datasets import base_of
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import series_of
from chiphour.publish.datasets import strike_day
from chiphour.publish.news import NEWS
from chiphour.publish.news import News
from chiphour.publish.panel_tables import split_words
from chiphour.publish.release import SPARK_STRIKES
from chiphour.publish.release import Release
from chiphour.publish.release import by_series
from chiphour.publish.release import release_digest
from chiphour.publish.words import chip_words
from chiphour.publish.words import filter_words
from chiphour.publish.words import measures
from chiphour.publish.words import reason_words
from chiphour.publish.words import series_words
from chiphour.publish.words import tenor_words
from chiphour.units import PPM
from chiphour.units import div_half_even
from chiphour.units import strike_ns

NEWS_SHOWN = 60
TELLING = ("methodology", "revision", "outage", "fix", "rejection")  # The most telling kind first.
SPANS_DAYS = (1, 7, 30)
TIERS = ("training", "inference")
# Chips without the memory and links for training at scale: what runs models, not what makes them.
INFERENCE = frozenset({"L40S", "L4", "T4", "RTX4090", "RTX5090", "RTXPRO6000"})


class Row(NamedTuple):
    """One series on the day: its fixing, those of it up to the day, the earliest first."""

    fixing: Fixing
    history: tuple[Fixing, ...]


class ReleaseData(NamedTuple):
    """A release with the news of its strike."""

    release: Release
    news: tuple[News, ...] = ()


def _fixing(row: Row) -> Fixing:
    return row.fixing


def _before(row: Row, days: int) -> Fixing | None:
    """Give the fixing of exactly so many days before, if there was a fix."""
    day = strike_day(row.fixing) - timedelta(days=days)
    for fixing in reversed(row.history):
        if strike_day(fixing) <= day:
            return fixing if strike_day(fixing) == day and fixing.fix_ticks is not None else None
    return None


def change_ticks(row: Row, days: int) -> int | None:
    """Give how a fix moved in so many days, in ticks; None where either fix is missing."""
    before = _before(row, days)
    if before is None or before.fix_ticks is None or row.fixing.fix_ticks is None:
        return None
    return row.fixing.fix_ticks - before.fix_ticks


def change_ppm(row: Row, days: int) -> int | None:
    """Give the same as a share of the fix before, in millionths, a tie to the even one."""
    moved, before = change_ticks(row, days), _before(row, days)
    if moved is None or before is None or not before.fix_ticks:
        return None
    return div_half_even(moved * PPM, before.fix_ticks)


def _changes(days: int) -> tuple[Column[Row], Column[Row]]:
    since = f"the fix of {days} day{'s' if days > 1 else ''} before"
    return (
        usd(
            *(f"change_{days}d_usd", f"Change since {since}; null: one is missing.", "-0.0300"),
            lambda row: change_ticks(row, days),
        ),
        share(
            *(f"change_{days}d", f"The same, as a share of {since}.", "-0.009375"),
            lambda row: change_ppm(row, days),
        ),
    )


def _last(row: Row) -> Fixing | None:
    """Give the latest fixing with a fix, that of the day included."""
    return next((f for f in reversed(row.history) if f.fix_ticks is not None), None)


def _owners(fixing: Fixing | None) -> set[str]:
    return set() if fixing is None else {member.name for member in fixing.members}


def _previous(row: Row) -> Fixing | None:
    """Give the fixing that the change of the day counts from."""
    at_ns = row.fixing.previous_strike_ns
    return next((f for f in reversed(row.history) if f.strike_ns == at_ns), None)


def joined_owners(row: Row) -> list[str]:
    """Give the owners of the panel that the last fix did not have; none where there was no fix."""
    before = _previous(row)
    return [] if before is None else sorted(_owners(row.fixing) - _owners(before))


def left_owners(row: Row) -> list[str]:
    """Give the owners that the last fix had and the panel has no more."""
    return sorted(_owners(_previous(row)) - _owners(row.fixing))


def tier_of(chip: str) -> str:
    """Tell what a chip is mostly rented for: `training` or `inference`."""
    return TIERS[chip in INFERENCE]


def _last_day(row: Row) -> str | None:
    last = _last(row)
    return None if last is None else strike_day(last).isoformat()


def _last_ticks(row: Row) -> int | None:
    last = _last(row)
    return None if last is None else last.fix_ticks


def _moved(row: Row) -> str:
    return "" if row.fixing.change_ticks is None else split_words(row.fixing)


def _reason(row: Row) -> str:
    return reason_words(row.fixing.reason) if row.fixing.reason else ""


SPARK = Shape[Fixing](
    "SparkPoint",
    "One strike of a small chart.",
    (
        text("date", "Day of the strike.", "2026-07-20", lambda f: f"{strike_day(f)}", DAY),
        usd("fix_usd", "The fix; null: none.", "3.1700", lambda f: f.fix_ticks),
    ),
)
RELEASE_ROW = Shape[Row](
    "ReleaseRow",
    "One series in a release: a row of the fixings, and what its page says beside it.",
    (
        *lifted(FIXING_COLUMNS, _fixing),
        text("reason_text", "The reason in words; else empty.", "", _reason),
        text(
            *("name", "What the series is called.", "H100 SXM, on demand"),
            lambda row: series_words(series_of(row.fixing)),
        ),
        text("chip", "The chip.", "H100", lambda row: series_of(row.fixing).chip),
        text(
            *("chip_name", "Chip and form in words.", "H100 SXM"),
            lambda row: chip_words(series_of(row.fixing)),
        ),
        text("form", "Form factor, or empty.", "SXM", lambda row: series_of(row.fixing).form),
        text("tenor", "How it is rented.", "OD", lambda row: series_of(row.fixing).tenor),
        text(
            *("tenor_name", "The same in words.", "on demand"),
            lambda row: tenor_words(series_of(row.fixing).tenor),
        ),
        word(
            *("tier", "What the chip is mostly rented for.", "training"),
            lambda row: tier_of(series_of(row.fixing).chip),
            TIERS,
        ),
        text(
            *("base", "The series that it narrows; else empty.", ""),
            lambda row: base_of(series_of(row.fixing)),
        ),
        text(
            *("filter", "What it keeps to, in words; else empty.", ""),
            lambda row: filter_words(series_of(row.fixing).filter),
        ),
        text(
            *("measures", "What it measures, a sentence.", ""),
            lambda row: measures(series_of(row.fixing)),
        ),
        *(column for days in SPANS_DAYS for column in _changes(days)),
        text("moved", "What the change is made of; empty without one.", "", _moved),
        texts("joined", "Owners that came since the last fix.", ["nebius"], joined_owners),
        texts("left", "Owners that went since then.", ["lambda"], left_owners),
        texts(
            *("screened", "Owners that the screen left out.", ["lambda"]),
            lambda row: [member.name for member in row.fixing.members if not member.kept],
        ),
        usd("last_fix_usd", "The latest fix up to the day; null: never.", "3.1700", _last_ticks),
        Column("last_fix_date", str, True, "Its day.", "2026-07-20", _last_day, DAY),
    ),
    (
        many(
            "sparkline",
            SPARK,
            f"The last {SPARK_STRIKES} strikes up to the day, the earliest first.",
            lambda row: row.history[-SPARK_STRIKES:],
        ),
    ),
)


def _day_or_null(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def rows_of(release: Release) -> list[Row]:
    """Give each series of the day with its past, in the order of the table."""
    history = by_series(release.history)
    return [Row(fixing, tuple(history[fixing.series])) for fixing in in_order(release.fixings)]


def _count(data: ReleaseData, state: str) -> int:
    return sum(fixing.state == state for fixing in data.release.fixings)


RELEASE_DATA = Shape[ReleaseData](
    "Release",
    "The statistical release of a day.",
    (
        text("date", "Its day.", "2026-07-20", lambda d: d.release.day.isoformat(), DAY),
        moment(
            *("strike", "Its strike, UTC.", "2026-07-20T00:30:00Z"),
            lambda d: strike_ns(d.release.day),
        ),
        Column(
            *("earlier", str, True, "The release before; null: none.", "2026-07-19"),
            lambda d: _day_or_null(d.release.earlier),
            DAY,
        ),
        Column(
            *("later", str, True, "The release after; null: none yet.", "2026-07-21"),
            lambda d: _day_or_null(d.release.later),
            DAY,
        ),
        texts(
            *("vintages", "Of its fixings.", ["provisional"]),
            lambda d: sorted({fixing.vintage for fixing in d.release.fixings}),
        ),
        texts(
            *("methodologies", "Of its fixings.", ["v2026_1"]),
            lambda d: sorted({fixing.methodology for fixing in d.release.fixings}),
        ),
        text(
            *("rows_sha256", "Of the day's rows as CSV.", "0" * 64),
            lambda d: release_digest(d.release.fixings),
            HASH,
        ),
        count("fixed", "Series with a fix.", 9, lambda d: _count(d, "fixed")),
        count("suppressed", "Series without one.", 31, lambda d: _count(d, "suppressed")),
        texts(
            *("labels", "What must be seen beside the figures.", ["Replay of recorded prices."]),
            lambda d: d.release.frame.labels,
        ),
        texts(
            *("attributions", "Whose prices were recorded.", ["CC BY 4.0"]),
            lambda d: d.release.frame.attributions,
        ),
    ),
    (
        many("series", RELEASE_ROW, "In the order of the table.", lambda d: rows_of(d.release)),
        many("news", NEWS, "Of its strike, the most telling first.", lambda d: d.news),
    ),
)


def news_of_release(release: Release, news: Sequence[News]) -> tuple[News, ...]:
    """Choose what else became known of a strike: not that a series with a fix was fixed."""
    fixed = {fixing.series for fixing in release.fixings if fixing.state == "fixed"}
    places = {day_path(series_of(fixing), release.day) for fixing in release.fixings}
    places.add(release_path(release.day))
    told = [
        item
        for item in news
        if item.address in places and not (item.kind == "fix" and item.series in fixed)
    ]
    told.sort(key=lambda item: (TELLING.index(item.kind), item.id))
    return tuple(told[:NEWS_SHOWN])
