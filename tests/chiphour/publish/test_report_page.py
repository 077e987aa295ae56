"""REPORT_PAGE: what a report says is on its page as text; its sources are led to.

Takes   a report as it is shown, with texts that try to be markup.
Gives   a failure where a text becomes an element, or a source is lost.
Keeps   the page a whole XML document.
Source  Decision 0043.
"""

from datetime import date
from xml.etree import ElementTree

from chiphour.publish.page import Frame
from chiphour.publish.report_page import ReportShown
from chiphour.publish.report_page import Source
from chiphour.publish.report_page import report_news
from chiphour.publish.report_page import report_page

HOSTILE = "<script>alert(1)</script> & \u202ex"
SHOWN = ReportShown(
    day=date(2026, 7, 20),
    made_ns=1_784_530_801_000_000_000,
    time="2026-07-20T07:00:00Z",
    writer="template",
    title=HOSTILE,
    lead="Lead.",
    summary="Summary.",
    sections=(("Market snapshot", "One.\nTwo."),),
    verdicts=(("H100 SXM", "spread", "stated", "green", HOSTILE),),
    sources=(
        Source("c1", HOSTILE, "https://news.example/a?b=1&c=2", "2026-07-20T07:00:01Z", "a" * 64),
        Source("c2", "Plain", "http://127.0.0.1:8080/a", "2026-07-20T07:00:01Z", "b" * 64),
        Source("c3", "Odd", "https:///x", "2026-07-20T07:00:01Z", "c" * 64),
    ),
    notes=("A note.",),
    earlier=date(2026, 7, 19),
    later=None,
)


def test_the_page_says_all_of_it_as_text():
    root = ElementTree.fromstring(report_page(SHOWN, Frame()))
    text = "".join(root.itertext())
    assert not [each for each in root.iter() if each.tag == "script"]
    for words in ("<script>alert(1)</script> & \ufffdx", "Lead.", "Summary.", "A note.", "Two."):
        assert words in text
    assert [each.text for each in root.iter("p") if each.text in ("One.", "Two.")] == [
        *("One.", "Two.")
    ]


def test_sources_lead_to_their_pages_and_nowhere_else():
    root = ElementTree.fromstring(report_page(SHOWN, Frame()))
    links = [each.attrib for each in root.iter("a") if "nofollow" in each.attrib.get("rel", "")]
    assert [each["href"] for each in links] == ["https://news.example/a?b=1&c=2"]
    assert "http://127.0.0.1:8080/a" in "".join(root.itertext())
    assert "a" * 64 in [each.attrib.get("title") for each in root.iter("abbr")]


def test_the_day_before_is_led_to():
    root = ElementTree.fromstring(report_page(SHOWN, Frame()))
    links = [each.attrib["href"] for each in root.iter("a")]
    assert "/report/2026-07-19" in links
    assert "/api/report/2026-07-20" in links


def test_an_entry_of_the_feed_has_its_name_for_good():
    item = report_news(SHOWN)
    assert item.id == "tag:chiphour,2026:report/2026-07-20"
    assert (item.address, item.time_ns) == ("/report/2026-07-20", SHOWN.made_ns)
