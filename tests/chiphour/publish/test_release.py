"""RELEASE: the page of a day says what the data files say, of every series.

Takes   six days of fixings.
Gives   failures.
Keeps   each series in exactly one table.
Source  Decision 0010.
"""

import hashlib
from datetime import date

import pytest

from chiphour.index.v2026_1 import REASONS
from chiphour.publish.datasets import fixing_object
from chiphour.publish.datasets import fixings_csv
from chiphour.publish.market import Listing
from chiphour.publish.market import MarketRelease
from chiphour.publish.market import market_release_page
from chiphour.publish.page import Frame
from chiphour.publish.release import Release
from chiphour.publish.release import by_series
from chiphour.publish.release import change_words
from chiphour.publish.release import release_digest
from chiphour.publish.release import release_page
from chiphour.publish.words import reason_words
from published import released

DAY = date(2026, 7, 12)
SILENT = date(2026, 7, 13)


def text_of(element) -> str:
    return " ".join("".join(element.itertext()).split())


def rows_by_ticker(root) -> dict[str, str]:
    """Give the text of the row of each series, by ticker; a series has one row on a page."""
    found = {}
    for row in root.iter("tr"):
        for mark in row.iter("span"):
            if mark.attrib.get("class") == "ticker":
                assert mark.text not in found
                found[mark.text] = text_of(row)
    return found


def test_every_series_of_the_day_has_its_row(fixings, parsed):
    """Each fixing's figures stand in its row as the data files write them."""
    release = released(fixings, DAY)
    rows = rows_by_ticker(parsed(release_page(release)))
    assert set(rows) == {fixing.series for fixing in release.fixings}
    fixed = [fixing for fixing in release.fixings if fixing.state == "fixed"]
    assert len(fixed) == 3
    for fixing in fixed:
        figures, row = fixing_object(fixing), rows[fixing.series]
        assert figures["fix_usd"] in row
        assert f"{figures['interval_low_usd']}\u2013{figures['interval_high_usd']}" in row
        assert figures["change_usd"].replace("-", "\u2212") in row
        assert f"{fixing.kept} of {fixing.panel}" in row
        assert f" {fixing.grade} " in row
        assert row.endswith("yes" if fixing.fit else "no")


def test_suppressed_series_stand_under_their_reason_in_words(fixings, parsed):
    release = released(fixings, SILENT)
    page = parsed(release_page(release))
    tables = list(page.iter("table"))
    assert len(tables) == 2  # Nothing was fixed on this day. The second has narrower series.
    words = text_of(tables[0])
    for reason in {fixing.reason for fixing in release.fixings}:
        assert reason in REASONS
        assert words.count(reason_words(reason)) == 1
    assert "3.1720 on 12 Jul" in rows_by_ticker(page)["CHR.H100.SXM.OD"]
    assert "never" in rows_by_ticker(page)["CHR.T4.OD"]
    assert "0 of 58 series have a fix" in text_of(page)


def test_the_head_of_the_page(fixings, parsed):
    root = parsed(release_page(released(fixings, DAY, earlier=date(2026, 7, 11), later=SILENT)))
    assert root.find("head/title").text == "GPU reference prices, 12 July 2026 - chiphour"
    words = text_of(root)
    assert "12 July 2026, 00:30 UTC" in words
    assert "provisional" in words
    assert "methodology v2026_1" in words
    assert "+0.0010 from 11 Jul" in words
    links = [link.attrib["href"] for link in root.iter("a")]
    assert {"/release/2026-07-11", "/release/2026-07-13"} <= set(links)
    assert {"/data/fixings.csv?date=2026-07-12", "/api/series", "/series/l4-od"} <= set(links)
    assert "chiphour verify CHR.H100.SXM.OD 2026-07-12" in words


def test_the_digest_is_that_of_the_days_file(fixings):
    release = released(fixings, DAY)
    digest = hashlib.sha256(fixings_csv(release.fixings)).hexdigest()
    assert release_digest(release.fixings) == digest
    assert digest.encode() in release_page(release)
    assert release_digest(release.fixings[1:]) != digest


def test_sketches_leave_a_gap_where_there_was_no_fix(fixings, parsed):
    root = parsed(release_page(released(fixings, date(2026, 7, 15))))
    titles = [title.text for title in root.iter("title")]
    assert any(title.startswith("H100 SXM, on demand: 5 fixes on 6 strikes") for title in titles)
    assert any(line.attrib.get("class") == "gap" for line in root.iter("line"))


def test_the_market_and_the_auction_stand_on_the_page(fixings, shown, parsed):
    market = shown.Shown(fixings)
    listing = Listing(market.contracts()[0], market.book(shown.PERPETUAL, 5))
    auction = market.auction(max(market.days()))
    frame = Frame(("Replay <of> recorded prices.",))
    release = MarketRelease(released(fixings, DAY, frame=frame), (listing,), auction)
    words = text_of(parsed(market_release_page(release)))
    assert "Replay <of> recorded prices." in words
    assert "3.184213" in words
    assert "9 of 12 bids and 4 of 6 offers were awarded; $1284.000000 changed hands" in words


def test_nothing_known_is_a_page_too(parsed):
    assert "0 series" in text_of(parsed(release_page(Release(DAY, (), ()))))


def test_an_unknown_reason_and_a_strange_interval_are_shown(fixings, parsed):
    release = released(fixings, DAY)
    odd = [fixing for fixing in release.fixings if fixing.series == "CHR.L4.OD"]
    other = [fixing for fixing in release.fixings if fixing.series == "CHR.T4.OD"]
    changed = (odd[0]._replace(level_ppm=875_000), other[0]._replace(reason="<NEW>"))
    words = text_of(parsed(release_page(release._replace(fixings=changed))))
    assert "(87.5 %)" in words
    assert "<NEW>" in words


@pytest.mark.parametrize(
    ("change", "words"), [(0, "unchanged from 11 Jul"), (-7, "\u22120.0007 from 11 Jul")]
)
def test_a_change_is_said(fixings, change, words):
    fixing = by_series(released(fixings, DAY).fixings)["CHR.H100.SXM.OD"][0]
    assert change_words(fixing._replace(change_ticks=change)) == words
    assert change_words(fixing._replace(change_ticks=None)) == "first fix"
    assert change_words(fixing._replace(fix_ticks=None)) == "no fix"
