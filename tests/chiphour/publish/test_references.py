"""REFERENCES: others' numbers beside ours, and none that is not ours to show.

Takes   levels of an open and of a restricted publisher.
Gives   failures.
Keeps   what would give a restricted level away out of page and data.
Source  Decision 0023.
"""

from chiphour.publish.columns import object_of
from chiphour.publish.page import Frame
from chiphour.publish.references import REFERENCE
from chiphour.publish.references import references_page
from published import OPEN
from published import RESTRICTED


def text_of(element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_an_open_level_stands_beside_our_fix():
    assert object_of(REFERENCE, OPEN) == {
        "publisher": "ccir",
        "name": "H100 SXM",
        "series": "CHR.H100.SXM.SPOT",
        "date": "2026-03-06",
        "level": "2.31",
        "unit": "USD per GPU-hour",
        "licence": "open",
        "flags": ["PARTIAL_PRICE"],
        "known": "2026-03-06T11:00:00Z",
        "fix_usd": "2.2900",
        "difference": "0.008734",
    }


def test_a_restricted_level_is_nowhere_nor_what_gives_it_away(parsed):
    shown = object_of(REFERENCE, RESTRICTED)
    assert (shown["level"], shown["difference"], shown["licence"]) == (None, None, "restricted")
    page = references_page([OPEN, RESTRICTED], Frame())
    rows = [text_of(row) for row in parsed(page).find(".//tbody")]
    assert rows == [
        "2026-03-06 other H100 SXM not shown 2.2900 \u2013 H100 SXM, marketplace restricted",
        "2026-03-06 ccir H100 SXM 2.31 2.2900 +0.8734 % H100 SXM, marketplace open",
    ]
    assert "2.777" not in page.decode()


def test_a_level_without_a_series_or_fix_of_ours_is_shown(parsed):
    row = OPEN._replace(series="", fix_ticks=None, difference_ppm=None, level="3.000000000")
    assert text_of(parsed(references_page([row], Frame())).find(".//tbody")) == (
        "2026-03-06 ccir H100 SXM 3.00 \u2013 \u2013 \u2013 open"
    )
    lower = OPEN._replace(difference_ppm=-250_000)
    assert "\u221225" in text_of(parsed(references_page([lower], Frame())).find(".//tbody"))


def test_no_level_is_a_page_too(parsed):
    assert "No level of another publisher" in text_of(parsed(references_page([], Frame())))


def test_names_from_outside_stay_text(parsed):
    row = OPEN._replace(name="<script>x</script>")
    assert "<script>x</script>" in text_of(parsed(references_page([row], Frame())))
