"""PANEL_TABLES: what a fix was made from.

Takes   a fixing with two owners, a rejection and a note.
Gives   failures.
Keeps   the cheapest owner first; owners before rows.
Source  Decisions 0010 and 0023.
"""

from xml.etree import ElementTree

from chiphour.index.fixing import Rejection
from chiphour.publish import panel_tables
from records import FIXED

ROW = "ab" * 32


def rows_of(table) -> list[str]:
    root = ElementTree.fromstring(table.text)
    return [" ".join("".join(row.itertext()).split()) for row in root.find(".//tbody")]


def test_owners_the_cheapest_first():
    assert rows_of(panel_tables.members_table(FIXED.members)) == [
        "lambda lambda 3.000000000 1 no",
        "verda datacrunch, verda 333.333333334 2 yes",
    ]


def test_owners_before_rows_and_a_row_by_the_beginning_of_its_id():
    rejections = (Rejection(ROW, "ROLE", "reference", "eligible"), *FIXED.rejections)
    table = panel_tables.rejections_table(FIXED._replace(rejections=rejections))
    assert rows_of(table) == ["lambda SCREEN 2.0 1.0", "abababababab\u2026 ROLE reference eligible"]
    assert f'title="{ROW}"' in table.text


def test_notes_say_what_they_mean():
    table = panel_tables.notes_table(FIXED.notes)
    assert rows_of(table) == ["ovh OUTAGE 2026-07-19T12:00:00Z a price in the window"]
    assert "1 note. They left nothing out." in table.text


def test_sets_link_to_their_own_page():
    robust = FIXED._replace(parameter_set="robust", fix_ticks=None, grade="")
    table = panel_tables.sets_table([robust])
    assert rows_of(table) == ["robust \u2013 1 of 2 \u2013 show"]
    assert 'href="/series/h100-sxm-od/2026-07-20?set=robust"' in table.text


def test_the_split_sums_up_in_words():
    fixing = FIXED._replace(
        change_ticks=-300, matched_ticks=-200, screen_ticks=0, composition_ticks=-100
    )
    words = panel_tables.split_sentence(fixing).text
    assert "\u22120.0300 is \u22120.0200 price" in words
    assert "0.0000 screen and \u22120.0100 composition" in words
