"""TEST ARCHIVE_ROWS: a record and its row are the same thing said twice.

Takes   observations and bodies of any text and number.
Gives   claims on the way into a row and back, and on the name of a reading.
Keeps   what no database can hold out of every row.
Source  Decision 0015.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archives import answer
from chiphour.adapters.archive_rows import Reading
from chiphour.adapters.archive_rows import fixing_from
from chiphour.adapters.archive_rows import fixing_row
from chiphour.adapters.archive_rows import identified
from chiphour.adapters.archive_rows import observation_from
from chiphour.adapters.archive_rows import observation_row
from chiphour.adapters.archive_rows import reading_from
from chiphour.adapters.archive_rows import reading_id
from chiphour.adapters.archive_rows import reading_of
from chiphour.adapters.archive_rows import reading_row
from chiphour.adapters.archive_rows import revision_row
from chiphour.adapters.archive_rows import stored_from
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.index.revision import Revision
from chiphour.index.revision import from_json
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import observation_id
from chiphour.observe.venue import Rate
from records import fixing
from records import observation

TEXT = st.text()
FLAGS = st.lists(st.text("AZ_", min_size=1), unique=True).map(lambda of: tuple(sorted(of)))


@given(
    venue=st.text(max_size=500),
    row=TEXT,
    flags=FLAGS,
    price_nanousd=st.integers(-(1 << 64), 1 << 64),
)
def test_an_observation_comes_back_from_its_row_or_is_refused(venue, row, flags, price_nanousd):
    seen = observation(venue=venue, row=row, flags=flags, price_nanousd=price_nanousd)
    fits = -(1 << 63) <= price_nanousd < 1 << 63
    if fits and "\0" not in venue + row:
        made = observation_row("i", "r", seen)
        assert made[:2] == ("i", "r")
        assert observation_from(made[2:]) == seen
        assert stored_from((7, *made)) == (7, "i", "r", seen)
    else:
        with pytest.raises(UnexpectedData, match=r"expected (text|numbers of 64 bits)"):
            observation_row("i", "r", seen)


def test_half_a_character_is_refused():
    with pytest.raises(UnexpectedData, match=r"expected text, found .* surrogates"):
        observation_row("i", "r", observation(chip="\ud83d"))


def test_a_venue_that_no_index_holds_is_refused():
    observation_row("i", "r", observation(venue="x" * 500))
    with pytest.raises(UnexpectedData, match=r"expected a venue's word, found x{80}\.\.\."):
        observation_row("i", "r", observation(venue="x" * 501))


def test_a_reading_is_named_by_bytes_source_shape_and_times_alone():
    one = answer(b"a").body
    same = one._replace(rates=(Rate("EUR", 1, 2),), dated=False)
    assert reading_id(one, "acme") == reading_id(same, "acme")
    others = [
        reading_id(answer(b"b").body, "acme"),
        reading_id(one, "other"),
        reading_id(one._replace(shape="other"), "acme"),
        reading_id(one._replace(observed_ns=1), "acme"),
        reading_id(one._replace(received_ns=1), "acme"),
    ]
    assert len({reading_id(one, "acme"), *others}) == 6


def test_a_reading_comes_back_from_its_row():
    one = answer(rows=2, rates=(Rate("EUR", 1, 2), Rate("GBP", 3, 4)), dated=False)
    reading = reading_of(one, "acme", "1", ["a", "b"], 2)
    assert reading_from(reading_row(reading)) == reading
    assert len(reading_row(reading)) == len(Reading._fields)
    with pytest.raises(ArchiveDamaged, match="expected rates"):
        reading_from(reading._replace(rates='[["EUR"]]'))


def test_observations_are_identified_once_each():
    first, second = observation(row="1"), observation(row="2")
    found = identified([first, second, first])
    assert list(found.items()) == [(observation_id(first), first), (observation_id(second), second)]


def test_a_fixing_comes_back_from_its_row_or_is_told_to_be_changed():
    row = fixing_row(fixing())
    assert fixing_from(row[0], row[-1]) == fixing()
    with pytest.raises(ArchiveDamaged, match="expected the document"):
        fixing_from(row[0], row[-1] + " ")


def test_the_row_of_an_event_has_its_document():
    event = Revision("REV-2026-001", "wrong", 7, (1, 2), ("a",), ())
    name, known_ns, document = revision_row(event)
    assert (name, known_ns) == ("REV-2026-001", 7)
    assert from_json(json.loads(document)) == event
