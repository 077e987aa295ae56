"""CARD_WORDS: what stands on a card, of the records that its page is made from.

Takes   a series with its fixings up to a day; a release; the words of a report.
Gives   `FixCard`, `DayCard`.
Keeps   every figure that of the page; the label of a replay, without the time of the market, which
        a picture that is kept for half an hour would tell wrongly.
Source  Decision 0041.
"""

import re
from collections.abc import Sequence
from datetime import date
from textwrap import wrap

from chiphour.index.fixing import Fixing
from chiphour.index.series import Series
from chiphour.publish.card import DayCard
from chiphour.publish.card import DayRow
from chiphour.publish.card import FixCard
from chiphour.publish.datasets import series_of
from chiphour.publish.datasets import strike_day
from chiphour.publish.release import HEADLINES
from chiphour.publish.release import Release
from chiphour.publish.release import by_series
from chiphour.publish.release import change_words
from chiphour.publish.release import points
from chiphour.publish.release_data import Row
from chiphour.publish.release_data import change_ticks
from chiphour.publish.words import DASH
from chiphour.publish.words import day_words
from chiphour.publish.words import percent_words
from chiphour.publish.words import reason_words
from chiphour.publish.words import series_words
from chiphour.publish.words import signed_ticks
from chiphour.units import text_from_ticks

STRIKES = 60  # On the chart of a fix.
DAY_STRIKES = 30
LINE_CHARACTERS = 42
MARKET_TIME = re.compile(r":? ?[Mm]arket time \S+")
REPORT = "The daily report"
NEVER = "Nothing has been observed of this series yet."


def fix_card_of(series: Series, history: Sequence[Fixing], labels: Sequence[str]) -> FixCard:
    """Say what stands on the card of a series at the last of these strikes, the earliest first."""
    name, label = series_words(series), label_of(labels)
    if not history:
        return FixCard(name, "", "no fix", "", tuple(wrap(NEVER, LINE_CHARACTERS)), (), label)
    fixing = history[-1]
    strike = f"{day_words(strike_day(fixing))}, 00:30 UTC"
    drawn = tuple(points(history[-STRIKES:]))
    if fixing.fix_ticks is None:
        lines = wrap(reason_words(fixing.reason), LINE_CHARACTERS)
        return FixCard(name, strike, "no fix", "", tuple(lines), drawn, label)
    figure = f"${text_from_ticks(fixing.fix_ticks)}"
    return FixCard(name, strike, figure, "per GPU-hour", _facts(fixing, history), drawn, label)


def _facts(fixing: Fixing, history: Sequence[Fixing]) -> tuple[str, ...]:
    facts = [change_words(fixing)]
    month = change_ticks(Row(fixing, tuple(history)), 30)
    if month is not None:
        facts.append(f"{signed_ticks(month)} in 30 days")
    if fixing.interval_low_ticks is not None and fixing.interval_high_ticks is not None:
        ends = (fixing.interval_low_ticks, fixing.interval_high_ticks)
        level = "" if fixing.level_ppm is None else f"{percent_words(fixing.level_ppm)} "
        facts.append(f"{level}interval {DASH.join(text_from_ticks(end) for end in ends)}")
    facts.append(f"grade {fixing.grade}, {fixing.kept} of {fixing.panel} owners kept")
    return tuple(facts)


def day_card_of(title: str, release: Release) -> DayCard:
    """Say what stands on the card of a day: its headline series, first those with a fix."""
    own = {fixing.series: fixing for fixing in release.fixings}
    history = by_series(release.history)
    rows = tuple(_row(own[each], history[each]) for each in HEADLINES if each in own)
    fixed = sum(fixing.fix_ticks is not None for fixing in release.fixings)
    summary = f"US dollars per GPU-hour. {fixed} of {len(release.fixings)} series have a fix."
    strike = f"{day_words(release.day)}, 00:30 UTC"
    return DayCard(title, strike, summary, rows, label_of(release.frame.labels))


def report_card_of(
    day: date, title: str, release: Release | None, labels: Sequence[str]
) -> DayCard:
    """Say what stands on the card of a report: its own title, over the fixes that it had before it.

    `release` is the last one up to its morning, None where there was none.
    """
    rows = () if release is None else day_card_of("", release).rows
    return DayCard(REPORT, f"{day_words(day)}, 07:00 UTC", title, rows, label_of(labels))


def _row(fixing: Fixing, history: Sequence[Fixing]) -> DayRow:
    figure = DASH if fixing.fix_ticks is None else f"${text_from_ticks(fixing.fix_ticks)}"
    drawn = tuple(points(history[-DAY_STRIKES:]))
    change = change_words(fixing).partition(" from ")[0]  # From the strike before, mostly.
    return DayRow(series_words(series_of(fixing)), figure, change, drawn)


def label_of(labels: Sequence[str]) -> str:
    """Give what must be seen on a picture of figures: the labels, but for the market's time."""
    kept = (MARKET_TIME.sub("", label).strip() for label in labels)
    return " ".join(f"{label.rstrip('.')}." for label in kept if label)
