"""SERIES_PAGE: a series with its whole history and what its latest fix was made from.

Takes   six days of fixings.
Gives   failures.
Keeps   names from outside as text.
Source  Decision 0010.
"""

from chiphour.index.fixing import Member
from chiphour.index.fixing import Rejection
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import BY_TICKER
from chiphour.publish.page import Frame
from chiphour.publish.panel_tables import REJECTIONS_SHOWN
from chiphour.publish.series_page import series_page
from chiphour.publish.series_page import since_first_fix
from chiphour.publish.words import measures
from chiphour.units import text_from_ticks
from published import CW
from records import FIXED

H100 = BY_TICKER["CHR.H100.SXM.OD"]
HOSTILE = "<script>fetch('//x')</script>\u202e"


def own(fixings, series=H100):
    return [fixing for fixing in fixings if fixing.series == series.ticker]


def text_of(element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_every_series_has_a_page(fixings, parsed):
    for series in ALL_SERIES:
        root = parsed(series_page(series, own(fixings, series), Frame()))
        assert measures(series) in text_of(root.find("body/main"))


def test_every_strike_is_in_the_table_the_latest_first(fixings, parsed):
    root = parsed(series_page(H100, own(fixings), Frame()))
    rows = [text_of(row) for row in list(root.iter("table"))[-1].find("tbody")]
    assert [row[:7] for row in rows] == [f"{day} July"[:7] for day in range(15, 9, -1)]
    assert "STALE" in rows[2]
    for row, fixing in zip(rows, reversed(own(fixings)), strict=True):
        if fixing.fix_ticks is not None:
            assert text_from_ticks(fixing.fix_ticks) in row


def test_the_panel_of_the_latest_fix_stands_there(fixings, parsed):
    root = parsed(series_page(H100, own(fixings), Frame()))
    panel = next(t for t in root.iter("table") if "The panel" in t.find("caption").text)
    rows = [text_of(row) for row in panel.find("tbody")]
    assert len(rows) == 7
    assert rows[0] == "lambda lambda 3.025000000 1 yes"
    rates = [row.split()[-3] for row in rows]
    assert rates == sorted(rates)
    words = text_of(root)
    assert "The change of +0.0010 is +0.0010 price" in words
    assert "nexgen hyperstack" in words  # The owner and its venue are two things.


def test_names_from_outside_stay_text(fixings, parsed):
    latest = own(fixings)[-1]
    member = Member(HOSTILE, (HOSTILE,), 3, 1, False, 0, "")
    rejections = tuple(
        Rejection(HOSTILE, "SCREEN", "0.5", str(n)) for n in range(REJECTIONS_SHOWN + 5)
    )
    hostile = latest._replace(members=(member,), rejections=rejections)
    root = parsed(series_page(H100, [hostile], Frame()))
    shown = HOSTILE.replace("\u202e", "\ufffd")
    names = [name.text for name in root.iter("bdi")]
    assert names.count(shown) == 2 + REJECTIONS_SHOWN
    assert "And 5 more." in text_of(root)


def test_a_suppressed_latest_strike_says_why(fixings, parsed):
    history = own(fixings)[:4]  # The fourth day is the silent one.
    root = parsed(series_page(H100, history, Frame()))
    words = text_of(root)
    assert "No fix: Prices of this series are known, but none is recent enough" in words
    assert "No owner was in the panel." in words


def test_a_series_without_a_strike_has_a_page(parsed):
    assert "no strike yet" in text_of(parsed(series_page(H100, [], Frame())))


def test_a_chart_begins_a_week_before_the_first_fix(fixings):
    history = [f for f in fixings if f.series == "CHR.H100.SXM.OD"]
    silent = history[0]._replace(state="suppressed", reason="NO_DATA", fix_ticks=None)
    assert list(since_first_fix([silent] * 30 + history)) == [silent] * 7 + history
    assert list(since_first_fix(history)) == history
    assert list(since_first_fix([silent] * 30)) == [silent] * 30


def links_of(root) -> set[str]:
    return {link.attrib["href"] for link in root.iter("a")}


def test_a_series_and_its_narrower_ones_lead_to_one_another(fixings, parsed):
    whole = links_of(parsed(series_page(H100, own(fixings), Frame())))
    ends = ("us", "eu", "ib", "x8", "full")
    assert {f"/series/h100-sxm-od-{end}" for end in ends} <= whole
    part = BY_TICKER["CHR.H100.SXM.OD.US"]
    assert "/series/h100-sxm-od" in links_of(parsed(series_page(part, own(fixings, part), Frame())))


def test_every_strike_leads_to_its_own_page(fixings, parsed):
    links = links_of(parsed(series_page(H100, own(fixings), Frame())))
    assert {f"/series/h100-sxm-od/2026-07-{day}" for day in range(10, 16)} <= links
    assert {f"/data/series/h100-sxm-od.{end}" for end in ("csv", "json", "parquet")} <= links


def test_companions_sets_and_notes_of_the_latest_stand_there(fixings, parsed):
    latest = own(fixings)[-1]._replace(notes=FIXED.notes)
    robust = latest._replace(parameter_set="robust")
    root = parsed(series_page(H100, [latest], Frame(), [CW], [robust]))
    captions = [table.find("caption").text for table in root.iter("table")]
    assert "Figures made from the same rows. No contract settles on them." in captions
    assert "The same rows by other numbers. Only v2026_1 settles." in captions
    assert "1 note. They left nothing out." in captions
    assert "/series/h100-sxm-od/2026-07-15?set=robust" in links_of(root)
