"""REPORT_API: reports are served as they are kept, in every form, and what there is not is said.

Takes   the served index, which has two reports.
Gives   a failure where a form lacks something or a bad day is not named.
Keeps   what is served read back strictly by its own type.
Source  Decision 0043.
"""

from datetime import timedelta

import httpx
import msgspec
import pytest

from chiphour.analyse.report import Report

REPORTED = "2026-07-14"


def test_the_last_report_is_served(index_address, indexed):
    answer = httpx.get(f"{index_address}/api/report")
    assert answer.status_code == 200
    report = msgspec.json.decode(answer.content, type=Report)
    assert report.date == REPORTED == (indexed.LAST - timedelta(days=1)).isoformat()
    assert list(answer.json())[:5] == ["lead_signal", "title", "summary", "sections", "signals"]


def test_a_report_of_a_day_may_be_kept_for_good(index_address):
    answer = httpx.get(f"{index_address}/api/report/2026-07-13")
    assert answer.json()["date"] == "2026-07-13"
    assert "immutable" in answer.headers["cache-control"]


def test_the_page_shows_the_report(index_address):
    report = httpx.get(f"{index_address}/api/report").json()
    for path in ("/report", f"/report/{REPORTED}"):
        page = httpx.get(index_address + path)
        assert page.status_code == 200
        assert report["title"] in page.text
        assert report["sections"][0]["text"].splitlines()[0] in page.text


def test_the_feed_tells_of_each_report(index_address):
    feedparser = pytest.importorskip("feedparser")
    feed = feedparser.parse(httpx.get(f"{index_address}/feeds/report.atom").content)
    assert not feed.bozo
    assert [entry.id for entry in feed.entries] == [
        *("tag:chiphour,2026:report/2026-07-14", "tag:chiphour,2026:report/2026-07-13")
    ]
    assert feed.entries[0].link.endswith(f"/report/{REPORTED}")


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/api/report/2026-07-10", 404, "a day with a report from 2026-07-13 to 2026-07-14"),
        ("/api/report/yesterday", 400, "expected a day such as 2026-07-20, found 'yesterday'"),
        ("/report/2026-07-10", 404, "expected a day with a report"),
        ("/api/report?day=1", 400, "expected none here, found 'day'"),
    ],
)
def test_what_there_is_not_is_said(index_address, path, status, named):
    answer = httpx.get(index_address + path)
    assert answer.status_code == status
    assert named in answer.text.replace("&#x27;", "'")


def test_before_the_first_report_that_is_said(address):
    """The market of these tests has none."""
    assert httpx.get(f"{address}/api/report").status_code == 404
    page = httpx.get(f"{address}/report")
    assert page.status_code == 200
    assert "The first report is made at 07:00 UTC." in page.text
    assert "<entry>" not in httpx.get(f"{address}/feeds/report.atom").text
