"""CARD_WORDS: what a card says is what its page says.

Takes   six days of fixings.
Gives   failures.
Keeps   a suppressed series without a figure.
Source  Decision 0041.
"""

from datetime import date

from chiphour.index.series import BY_TICKER
from chiphour.publish.card_words import NEVER
from chiphour.publish.card_words import day_card_of
from chiphour.publish.card_words import fix_card_of
from chiphour.publish.card_words import label_of
from chiphour.publish.card_words import report_card_of
from chiphour.publish.datasets import in_order
from chiphour.publish.datasets import strike_day
from chiphour.publish.page import Frame
from published import released

H100 = BY_TICKER["CHR.H100.SXM.OD"]
REPLAY = "Replay of recorded prices: market time 2026-07-20T08:10:00Z."


def until(fixings, day):
    return [f for f in in_order(fixings) if f.series == H100.ticker and strike_day(f) <= day]


def test_a_fix_is_told_with_its_facts(fixings):
    card = fix_card_of(H100, until(fixings, date(2026, 7, 12)), (REPLAY,))
    assert (card.name, card.figure) == ("H100 SXM, on demand", "$3.1720")
    assert card.date == "12 July 2026, 00:30 UTC"
    assert card.facts[0] == "+0.0010 from 11 Jul"
    assert card.facts[-1] == "grade A, 7 of 7 owners kept"
    assert [point.fix_ticks for point in card.points] == [31_700, 31_710, 31_720]
    assert card.label == "Replay of recorded prices."


def test_a_series_without_a_fix_says_why(fixings):
    card = fix_card_of(H100, until(fixings, date(2026, 7, 13)), ())
    assert card.figure == "no fix"
    assert " ".join(card.facts).endswith(".")
    assert " ".join(fix_card_of(H100, [], ()).facts) == NEVER


def test_a_day_is_told_by_its_headline_series(fixings):
    card = day_card_of("Prices", released(fixings, date(2026, 7, 12), frame=Frame((REPLAY,))))
    assert card.rows[0].name == "H100 SXM, on demand"
    assert (card.rows[0].figure, card.rows[0].change) == ("$3.1720", "+0.0010")
    assert card.rows[2].figure == "\u2013" and card.rows[2].change == "no fix"
    assert card.summary.startswith("US dollars per GPU-hour. 3 of ")


def test_a_report_is_told_by_its_own_title_over_the_figures_before_it(fixings):
    release = released(fixings, date(2026, 7, 12), frame=Frame((REPLAY,)))
    card = report_card_of(date(2026, 7, 13), "H100 rose", release, (REPLAY,))
    assert (card.date, card.summary) == ("13 July 2026, 07:00 UTC", "H100 rose")
    assert card.rows == day_card_of("", release).rows
    assert card.label == "Replay of recorded prices."
    assert report_card_of(date(2026, 7, 13), "H100 rose", None, ()).rows == ()


def test_a_label_is_kept_without_the_time_of_the_market():
    assert label_of((REPLAY, "Demonstration members trade and bid here.")) == (
        "Replay of recorded prices. Demonstration members trade and bid here."
    )
    assert label_of(("Market time 2026-07-20T08:10:00Z.",)) == ""
    assert label_of(()) == ""
