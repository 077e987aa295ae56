"""RELEASE_DATA: the release as an object says what the page and the data files say.

Takes   six days of fixings.
Gives   failures.
Keeps   a change that cannot be told untold.
Source  Decision 0041.
"""

from datetime import date
from datetime import timedelta

import pytest

from chiphour.publish.columns import object_of
from chiphour.publish.datasets import fixing_object
from chiphour.publish.datasets import strike_day
from chiphour.publish.news import news_of
from chiphour.publish.page import Frame
from chiphour.publish.panel_tables import split_words
from chiphour.publish.release_data import RELEASE_DATA
from chiphour.publish.release_data import ReleaseData
from chiphour.publish.release_data import Row
from chiphour.publish.release_data import change_ppm
from chiphour.publish.release_data import change_ticks
from chiphour.publish.release_data import joined_owners
from chiphour.publish.release_data import left_owners
from chiphour.publish.release_data import news_of_release
from chiphour.publish.release_data import tier_of
from chiphour.units import NS_PER_DAY
from published import released
from records import FIXED

DAY = date(2026, 7, 12)
SILENT = date(2026, 7, 13)


def told(fixings, day, **more):
    release = released(fixings, day, **more)
    data = ReleaseData(release, news_of_release(release, news_of(release.history)))
    return object_of(RELEASE_DATA, data)


def test_each_series_of_the_day_stands_once_with_all_columns_of_the_data_files(fixings):
    found = told(fixings, DAY)
    own = {f.series: f for f in fixings if strike_day(f) == DAY}
    assert [row["series"] for row in found["series"]] == list(own)
    for row in found["series"]:
        columns = fixing_object(own[row["series"]])
        assert {name: row[name] for name in columns} == columns
    assert found["fixed"] == 3 and found["suppressed"] == len(own) - 3
    assert found["date"] == "2026-07-12" and found["strike"] == "2026-07-12T00:30:00Z"


def test_changes_count_from_the_fix_of_that_very_day(fixings):
    by_slug = {row["slug"]: row for row in told(fixings, DAY)["series"]}
    h100 = by_slug["h100-sxm-od"]
    assert (h100["fix_usd"], h100["change_1d_usd"]) == ("3.1720", "0.0010")
    assert h100["change_1d"] == "0.000315"  # 10 of 31,710 ticks.
    assert h100["change_7d_usd"] is h100["change_7d"] is h100["change_30d"] is None
    assert h100["moved"].startswith("The change of +0.0010 is +0.0010 price")
    assert by_slug["gb200-r1y"]["change_1d"] is None
    after = {row["slug"]: row for row in told(fixings, SILENT + timedelta(days=1))["series"]}
    assert after["h100-sxm-od"]["change_usd"] == "0.0020"  # Since the last fix, two days before.
    assert after["h100-sxm-od"]["change_1d_usd"] is None


def test_a_series_without_a_fix_says_why_and_when_it_had_one(fixings):
    found = told(fixings, SILENT)
    assert found["fixed"] == 0
    h100 = next(row for row in found["series"] if row["slug"] == "h100-sxm-od")
    assert (h100["state"], h100["moved"]) == ("suppressed", "")
    assert h100["reason_text"].endswith(".")
    assert (h100["last_fix_usd"], h100["last_fix_date"]) == ("3.1720", "2026-07-12")
    assert h100["sparkline"][-2:] == [
        {"date": "2026-07-12", "fix_usd": "3.1720"},
        {"date": "2026-07-13", "fix_usd": None},
    ]
    assert [item["kind"] for item in found["news"]].count("fix") == 3  # Those that went out.


def test_news_are_of_that_strike_and_leave_out_that_a_fix_was_fixed(fixings):
    release = released(fixings, DAY)
    kinds = {item.kind for item in news_of_release(release, news_of(fixings))}
    assert "fix" not in kinds
    assert all(
        DAY.isoformat() in item.address for item in news_of_release(release, news_of(fixings))
    )


def test_who_came_and_went_is_told_against_the_last_fix():
    then_ns = FIXED.strike_ns - NS_PER_DAY
    one, *others = FIXED.members
    before = FIXED._replace(strike_ns=then_ns, members=(one._replace(name="gone"), *others))
    now = FIXED._replace(previous_strike_ns=then_ns)
    row = Row(now, (before, now))
    assert (joined_owners(row), left_owners(row)) == ([one.name], ["gone"])
    assert (change_ticks(row, 1), change_ppm(row, 1), change_ticks(row, 7)) == (0, 0, None)
    alone = Row(now, (now,))
    assert (joined_owners(alone), left_owners(alone)) == ([], [])


@pytest.mark.parametrize(
    ("now", "before", "ppm"), [(3, 2, 500_000), (2, 3, -333_333), (5, 0, None)]
)
def test_a_change_is_a_share_of_the_fix_before(now, before, ppm):
    then = FIXED._replace(strike_ns=FIXED.strike_ns - NS_PER_DAY, fix_ticks=before)
    fixing = FIXED._replace(fix_ticks=now)
    assert change_ppm(Row(fixing, (then, fixing)), 1) == ppm


def test_labels_and_turns_are_told(fixings):
    frame = Frame(("Replay.",), ("By us.",))
    found = told(fixings, DAY, earlier=date(2026, 7, 11), frame=frame)
    assert (found["labels"], found["attributions"]) == (["Replay."], ["By us."])
    assert (found["earlier"], found["later"]) == ("2026-07-11", None)


def test_what_moved_is_one_sentence():
    assert split_words(FIXED._replace(change_ticks=-30)).startswith("The change of \u22120.0030 is")


def test_chips_have_a_tier():
    assert (tier_of("H100"), tier_of("L4")) == ("training", "inference")
