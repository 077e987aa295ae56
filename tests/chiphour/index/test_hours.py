"""HOURS: what an hour costs against its own day.

Takes   rows at chosen hours.
Gives   failures.
Keeps   an hour seen too seldom unsaid.
Source  Decision 0041.
"""

from datetime import date

from chiphour.index.hours import DAYS_MIN
from chiphour.index.hours import hours_of
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns
from records import observation

START_NS = strike_ns(date(2026, 7, 1)) // NS_PER_DAY * NS_PER_DAY


def row(day: int, hour: int, price_microusd: int, **more):
    at_ns = START_NS + day * NS_PER_DAY + hour * NS_PER_HOUR
    given = {"venue": "verda", "price_nanousd": price_microusd * 1_000, "gpus": 1} | more
    return observation(observed_ns=at_ns, **given)


def test_days_of_another_level_do_not_look_like_hours():
    """Noon is a tenth dearer on every day; the days themselves double."""
    rows = []
    for day in range(4):
        level = 1_000_000 << day
        rows += [row(day, hour, level) for hour in (3, 6, 9)] + [row(day, 12, level * 11 // 10)]
    found = hours_of("X", rows)
    by_hour = {hour.hour: hour for hour in found.hours}
    assert by_hour[12].relative_ppm == 1_100_000
    assert by_hour[3].relative_ppm == 1_000_000
    assert (found.days, found.polls, found.first, found.last) == (
        *(4, 16, date(2026, 7, 1), date(2026, 7, 4)),
    )
    assert by_hour[0] == (0, 0, 0, 0, None, None)


def test_few_days_say_nothing_relative():
    found = hours_of("X", [row(day, 5, 1_000_000) for day in range(DAYS_MIN - 1)])
    assert found.hours[5].relative_ppm is None
    assert found.hours[5].median_ticks == 10_000


def test_what_no_fix_considers_does_not_count():
    rows = [row(0, 5, 1_000_000, venue="aws"), row(0, 5, 1_000_000, flags=("COMPARISON",))]
    found = hours_of("X", rows)
    assert (found.days, found.first) == (0, None)
