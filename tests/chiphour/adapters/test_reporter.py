"""REPORTER: a morning is gathered, worded, checked and kept; what fails of it is named.

Takes   tests/indexed.py's archive; servers on loopback for news and for a model.
Gives   a failure where a report is not made, made twice, or says more than it may.
Keeps   everything real but the model's mind.
Source  Decision 0043; the article of decision 0042, "The Daily Analysis Agent".
"""

import asyncio
import logging
from datetime import date
from datetime import timedelta

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.questions import Questions
from chiphour.adapters.report_model import KEY
from chiphour.adapters.report_model import model_from
from chiphour.adapters.reporter import MorningUnknown
from chiphour.adapters.reporter import Reporter
from chiphour.adapters.reporter import morning_ns
from chiphour.analyse.report import ReportRefused
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_HOUR
from chiphour.units import iso_from_ns
from indexed import FIRST
from indexed import LAST
from indexed import keep_observations
from model_server import ModelServer
from news_pages import PAGE
from news_pages import feed
from served import Served
from served import answer

DAY = LAST - timedelta(days=1)
NOW_NS = morning_ns(LAST) + NS_PER_HOUR


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Give a folder with an archive of six days of list prices."""
    folder = tmp_path_factory.mktemp("reporter")
    archive = Archive(folder)
    keep_observations(archive)
    archive.close()
    return folder


@pytest.fixture
def archive(folder):
    """Open that archive, without any report."""
    for path in (folder / "reports").glob("*"):
        path.unlink()
    (folder / "report-sources.toml").unlink(missing_ok=True)
    archive = Archive(folder)
    yield archive
    archive.close()


def reporter(archive, **more):
    return Reporter(archive, lambda: NOW_NS, **more)


def test_a_morning_is_at_seven():
    assert iso_from_ns(morning_ns(date(2026, 7, 20))) == "2026-07-20T07:00:00Z"


def test_a_report_is_made_and_kept_once(archive):
    maker = reporter(archive)
    maker.keep(DAY)
    kept = maker.reports.get(DAY)
    assert kept.writer == "template"
    assert "H100 SXM: from $3.0" in kept.sections[0].text
    assert kept.notes == ("News was not looked for: this is not the present.",)
    Reporter(archive, lambda: NOW_NS + NS_PER_HOUR).keep(DAY)
    assert maker.reports.get(DAY) == kept


def test_the_same_morning_gives_the_same_report(archive):
    assert reporter(archive).make(DAY) == reporter(archive).make(DAY)


def test_the_first_day_has_baselines_and_later_ones_movers(archive):
    first = reporter(archive).make(FIRST + timedelta(days=1))
    assert [section.kind for section in first.sections][1] == "baselines"
    assert [section.kind for section in reporter(archive).make(DAY).sections][1] == "movers"


@pytest.mark.parametrize("day", [FIRST - timedelta(days=400), LAST + timedelta(days=1)])
def test_a_day_without_prices_or_to_come_is_refused(archive, day, caplog):
    with pytest.raises(MorningUnknown, match="expected"):
        reporter(archive).make(day)
    reporter(archive).keep(day)  # The task passes over it.
    assert "not made: " in caplog.text
    assert reporter(archive).reports.days() == []


def test_a_tool_that_fails_is_named_and_the_rest_stands(archive, monkeypatch):
    """The database gives way under one query: its section says so, the others are whole."""

    def get_volatility(self, at_ns, good=None):
        raise MarketError("expected a database, found it damaged")

    monkeypatch.setattr(Questions, "get_volatility", get_volatility)
    made = reporter(archive).make(DAY)
    assert made.notes[0] == "get_volatility: expected a database, found it damaged"
    assert "H100 SXM: from" in made.sections[0].text
    assert all(s.verdict == "not_enough_data" for s in made.signals if s.type == "variation")


def sources(archive, url: str) -> None:
    text = f'words = ["H100"]\n[[feed]]\nname = "acme"\nurl = "{url}/feed"\n'
    (archive.folder / "report-sources.toml").write_text(text)


def with_news(archive, day, page=PAGE, **more):
    """Make the report of a day while a source of news serves a page."""

    async def run():
        async with Served({"/a": answer(page, kind="text/html")}) as served:
            served.deeds["/feed"] = feed(f"<link>{served.url}/a</link>")
            sources(archive, served.url)
            maker = reporter(archive, wall_ns=lambda: morning_ns(day), **more)
            await asyncio.to_thread(maker.keep, day)
            return maker.reports.get(day)

    return asyncio.run(run())


def test_news_of_this_morning_is_quoted_with_its_source(archive):
    pytest.importorskip("feedparser")
    made = with_news(archive, DAY)
    (claim,) = made.claims
    assert made.sections[-1].text == (
        "News 0: \u201cOn 18 July 2026 a maker cut the H100's price by 12 %.\u201d [c1]"
    )
    assert claim.url.endswith("/a")
    assert (made.context_of, made.notes) == (None, ())


def test_without_network_yesterdays_context_stands_and_is_marked(archive):
    pytest.importorskip("feedparser")
    before = with_news(archive, DAY - timedelta(days=1))
    sources(archive, "http://127.0.0.1:1")
    maker = reporter(archive, wall_ns=lambda: morning_ns(DAY))
    maker.keep(DAY)
    made = maker.reports.get(DAY)
    assert made.claims == before.claims
    assert made.context_of == (DAY - timedelta(days=1)).isoformat()
    assert made.notes[0].startswith("No source of news could be reached: acme: UNREACHABLE")
    assert "What follows is of the report of" in made.sections[-1].text
    later = maker.make(LAST)
    assert later.context_of == made.context_of  # The day that it is of, not that it was shown.


def test_no_source_is_said(archive):
    made = reporter(archive, wall_ns=lambda: morning_ns(DAY)).make(DAY)
    assert made.notes == ("News was not looked for: no source is named.",)
    assert made.claims == ()


def test_a_model_that_lies_is_not_published(archive, caplog):
    pytest.importorskip("pydantic_ai")
    caplog.set_level(logging.INFO)
    lie = {"lead_signal": "It costs $9.99.", "title": "t", "summary": "s", "sections": []}
    key = "sk-ant-" + "not-a-key-" * 3
    with ModelServer(lambda request: [("final_result", lie)]) as server:
        maker = reporter(archive, write=model_from({KEY: key}, "a-model", server.url))
        with pytest.raises(ReportRefused, match=r"found '\$9.99'"):
            maker.make(DAY)
        assert maker.reports.days() == []
        maker.keep(DAY)
    made = maker.reports.get(DAY)
    assert made.writer == "template"
    assert made.notes[-1].startswith(f"A model's words were refused: report of {DAY}")
    assert "It costs" not in made.lead_signal
    assert key not in caplog.text
