"""DAY_PAGE: all that is known of one figure, as it was known at a time.

Takes   a fixing with its vintages.
Gives   failures.
Keeps   the time that was asked for out of what programs are given.
Source  Decision 0023.
"""

import pytest

from chiphour.index.fixing import fixing_sha256
from chiphour.publish.columns import object_of
from chiphour.publish.datasets import fixing_object
from chiphour.publish.datasets import panel_object
from chiphour.publish.day_page import DATED
from chiphour.publish.day_page import day_page
from chiphour.publish.page import Frame
from published import DATED_ONE
from published import FINAL
from records import FIXED


def text_of(element) -> str:
    return " ".join("".join(element.itertext()).split())


@pytest.fixture
def page(parsed):
    return parsed(day_page(DATED_ONE))


def test_an_object_holds_the_panel_and_everything_beside_it():
    found = object_of(DATED, DATED_ONE)
    assert panel_object(FIXED).items() <= found.items()
    assert found["fixing_sha256"] == fixing_sha256(FIXED)
    assert found["vintages"] == [fixing_object(FIXED), fixing_object(FINAL)]
    assert [each["parameter_set"] for each in found["sets"]] == ["robust"]
    assert [each["ticker"] for each in found["companions"]] == ["CHR.H100.SXM.OD.CW"]
    assert found["logged"]["index"] == 41
    assert object_of(DATED, DATED_ONE._replace(logged=None))["logged"] is None


def test_the_time_asked_for_is_not_in_the_object():
    now = DATED_ONE._replace(asked_ns=None, earlier=None, later=None, frame=Frame())
    assert object_of(DATED, now) == object_of(DATED, DATED_ONE)


def test_the_page_shows_the_figure_and_all_behind_it(page):
    words = text_of(page.find("body/main"))
    for said in (
        "H100 SXM, on demand",
        "20 July 2026, 00:30 UTC · provisional, known 2026-07-20 00:35 UTC · methodology v2026_1",
        "$3.1700",
        "1 of 2 1 left out by rule",
        "datacrunch, verda",
        "As it was known at 2026-07-20 00:35 UTC.",
        "It is leaf 41 of the transparency log",
        fixing_sha256(FIXED),
        "chiphour verify CHR.H100.SXM.OD 2026-07-20",
        "leaf 41 of the log, root to there " + "cd" * 32,
        "https://index.example/series/h100-sxm-od/2026-07-20?as_of=2026-07-20T00:35:00Z",
    ):
        assert said in words, said


def test_every_vintage_is_reached_and_the_one_shown_is_marked(page):
    table = next(t for t in page.iter("table") if "Each word" in t.find("caption").text)
    rows = [text_of(row) for row in table.find("tbody")]
    assert rows == [
        "provisional 2026-07-20 00:35 UTC 3.1700 \u2013 \u25c0 shown",
        "final 2026-07-21 00:30 UTC 3.1700 \u2013 show",
    ]
    links = [link.attrib["href"] for link in table.iter("a")]
    assert links == ["/series/h100-sxm-od/2026-07-20?as_of=2026-07-21T00:30:00Z"]


def test_the_page_leads_on(page):
    links = {link.attrib["href"] for link in page.iter("a")}
    assert {
        "/series/h100-sxm-od/2026-07-19",
        "/series/h100-sxm-od/2026-07-21",
        "/series/h100-sxm-od/2026-07-20?set=robust",
        "/api/signed/h100-sxm-od/2026-07-20?as_of=2026-07-20T00:35:00Z",
        "/api/series/h100-sxm-od/2026-07-20",
        "/cite/h100-sxm-od/2026-07-20?format=bibtex",
        "/data/series/h100-sxm-od.parquet",
        "/feeds/series/h100-sxm-od.atom",
    } <= links


def test_a_suppressed_fix_says_why_and_another_set_that_it_settles_nothing(parsed):
    none = FIXED._replace(
        state="suppressed", reason="STALE", fix_ticks=None, members=(), rejections=(), notes=()
    )
    shown = DATED_ONE._replace(
        fixing=none._replace(parameter_set="plain"), companions=(), sets=(), logged=None
    )
    words = text_of(parsed(day_page(shown)).find("body/main"))
    assert "Why there is no fix No fix: Prices of this series are known" in words
    assert "No owner was in the panel." in words
    assert "parameter set plain, which settles nothing" in words
    assert "This vintage is not in the transparency log." in words
