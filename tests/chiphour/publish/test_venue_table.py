"""TEST VENUE TABLE: the rows of the table of venues.

Takes   facts of venues, some registered, some not.
Gives   claims on the rows and their text.
Keeps   the columns in one order everywhere.
Source  Decision 0015.
"""

from chiphour.observe.register import registered
from chiphour.observe.venues import venues
from chiphour.publish.venue_table import COLUMNS
from chiphour.publish.venue_table import VenueFacts
from chiphour.publish.venue_table import row_text
from chiphour.publish.venue_table import venue_rows

VAST = venues()["vast"].VENUE
FACTS = VenueFacts(VAST, ("bundles",), ("capture",), ("INT", "SPOT"), ("ask",), 2, 31)


def renamed(name, **changes):
    return FACTS._replace(venue=VAST._replace(name=name, **changes))


def test_a_row_has_every_column_in_its_order():
    (row,) = venue_rows([FACTS])
    assert list(row) == list(COLUMNS)
    assert row["venue"] == "vast"
    assert row["role"] == registered("vast").role
    assert row["owner"] == registered("vast").owner
    assert (row["tenors"], row["kinds"]) == ("INT SPOT", "ask")
    assert (row["samples"], row["fault_cases"]) == (2, 31)


def test_rows_are_in_the_order_of_their_names():
    rows = venue_rows([renamed("zeta"), FACTS, renamed("acme")])
    assert [row["venue"] for row in rows] == ["acme", "vast", "zeta"]


def test_a_venue_without_a_row_in_the_register_is_a_candidate():
    (row,) = venue_rows([renamed("acme")])
    assert (row["role"], row["owner"]) == ("candidate", "acme")


def test_text_is_written_for_people():
    changed = renamed("vast", body_bytes_max=64 << 20, requests_per_minute=1_200)
    text = dict(zip(COLUMNS, row_text(venue_rows([changed])[0]), strict=True))
    assert text["body_bytes_max"] == "64 MB"
    assert text["requests_per_minute"] == "1,200"
    odd = renamed("vast", body_bytes_max=1_000_000)
    assert "1,000,000" in row_text(venue_rows([odd])[0])
