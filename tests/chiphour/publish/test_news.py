"""NEWS: one item to an event, under a name that stays.

Takes   six days of fixings; fixings with notes, rejections, other rules.
Gives   failures.
Keeps   a series that never had a fix out of the news.
Source  Decision 0023.
"""

from datetime import date

from chiphour.index import v2026_1
from chiphour.index.fixing import Note
from chiphour.index.fixing import Rejection
from chiphour.index.revision import Revision
from chiphour.publish.columns import object_of
from chiphour.publish.news import KINDS
from chiphour.publish.news import NEWS
from chiphour.publish.news import chosen
from chiphour.publish.news import news_of
from chiphour.publish.news import rejection_words
from chiphour.units import NS_PER_DAY
from chiphour.units import strike_ns
from records import FIXED

SILENT = "2026-07-13"


def of_kind(news, kind):
    return [item for item in news if item.kind == kind]


def test_a_fix_is_news_and_so_is_one_that_fails_the_day_after_one(fixings):
    fixes = of_kind(news_of(fixings), "fix")
    by_day = [item.id.rpartition("/")[2] for item in fixes]
    assert by_day == sorted(by_day, reverse=True)
    for day in sorted({*by_day}):
        assert by_day.count(day) == 3, day  # Three chips have fixes; on the silent day, none.
    assert {item.series for item in fixes} == {"CHR.H100.SXM.OD", "CHR.H200.SXM.OD", "CHR.L4.OD"}
    (silent,) = [i for i in fixes if i.id.endswith(SILENT) and i.series == "CHR.L4.OD"]
    assert silent.title == "L4, on demand: no fix on 13 July 2026"
    assert silent.text.startswith("Prices of this series are known")


def test_a_fix_says_all_that_matters_and_where_it_stands(fixings):
    (item,) = [
        i for i in news_of(fixings) if i.id == "tag:chiphour,2026:fix/h100-sxm-od/2026-07-12"
    ]
    assert object_of(NEWS, item) == {
        "id": "tag:chiphour,2026:fix/h100-sxm-od/2026-07-12",
        "kind": "fix",
        "time": "2026-07-12T00:35:00Z",
        "series": "CHR.H100.SXM.OD",
        "title": "H100 SXM, on demand: $3.1720 on 12 July 2026",
        "text": ("$3.1720 per GPU-hour, +0.0010; grade A, 7 of 7 owners kept, provisional."),
        "address": "/series/h100-sxm-od/2026-07-12",
    }


def test_a_fix_that_becomes_final_is_the_same_item_later(fixings):
    first = news_of(fixings)
    final = news_of([v2026_1.as_final(fixing) for fixing in fixings])
    assert {item.id for item in first} == {item.id for item in final}
    (was,) = (i for i in first if i.id.endswith("fix/l4-od/2026-07-12"))
    (now,) = (i for i in final if i.id == was.id)
    assert now.time_ns - was.time_ns == NS_PER_DAY - v2026_1.PARAMETERS.close_ns
    assert now.text.endswith("final.")


def test_what_was_left_out_is_counted_by_rule_and_owners_are_named():
    row = "0" * 64
    rejections = (
        Rejection(row, "ROLE", "reference", "eligible"),
        Rejection(row[:-1] + "1", "ROLE", "reference", "eligible"),
        Rejection("lambda", "SCREEN", "0.74", "0.33"),
    )
    assert rejection_words(rejections) == (
        "2 by ROLE: The venue's role in the register keeps it out of the panel. "
        "1 by SCREEN (lambda): The member's rate lies too far from the median of the panel."
    )
    (item,) = of_kind(news_of([FIXED._replace(rejections=rejections)]), "rejection")
    assert item.title == "H100 SXM, on demand: 3 rows and owners left out on 20 July 2026"


def test_a_revision_is_the_event_and_each_fix_that_it_changed():
    event = Revision("REV-2026-001", "a price was misread.", 5, (FIXED.strike_ns,), ("a",), ())
    revised = v2026_1.as_revised(FIXED, event.id, FIXED.known_ns + 1)
    items = of_kind(news_of([revised], [event]), "revision")
    assert [item.title for item in items] == [
        "H100 SXM, on demand: revised for 20 July 2026 by REV-2026-001",
        "REV-2026-001: 1 strike made again",
    ]
    assert items[1].text == (
        "a price was misread. 1 row struck, 0 rows let in; strikes of 2026-07-20 to 2026-07-20."
    )
    assert items[1].id == "tag:chiphour,2026:revision/REV-2026-001"


def test_a_silent_venue_is_one_item_whatever_series_it_had():
    note = Note("vast", "OUTAGE", "2026-07-19T12:00:00Z", "a price in the window")
    first = FIXED._replace(notes=(note,))
    second = first._replace(series="CHR.L4.OD", known_ns=first.known_ns + 9)
    (item,) = of_kind(news_of([first, second]), "outage")
    assert item.title == "vast: no price at the strike of 20 July 2026"
    assert item.text == "It had one in the days before, for CHR.H100.SXM.OD, CHR.L4.OD."
    assert (item.time_ns, item.address) == (FIXED.known_ns, "/release/2026-07-20")


def test_other_rules_are_news_once_and_the_first_strike_tells_no_change():
    days = [FIXED._replace(strike_ns=strike_ns(date(2026, 7, day))) for day in (18, 19, 20)]
    assert of_kind(news_of(days), "methodology") == []
    days[1:] = [each._replace(parameters_sha256="new") for each in days[1:]]
    (item,) = of_kind(news_of(days), "methodology")
    assert item.title == "Other rules from the strike of 19 July 2026 on"
    assert item.text == "Parameters new in place of ab."


def test_news_are_chosen_by_kind_series_and_time(fixings):
    news = news_of(fixings)
    assert chosen(news, "", "", 0, 4) == news[:4]
    only = chosen(news, "fix", "CHR.L4.OD", news[0].time_ns - NS_PER_DAY, 9)
    assert [item.id[-10:] for item in only] == ["2026-07-15", "2026-07-14"]
    assert {item.kind for item in news} <= set(KINDS)


def test_no_fixings_no_news():
    assert news_of([]) == []
