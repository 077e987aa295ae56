"""TEST VENUES: every reader reads its samples exactly, and notices every change to them.

Takes   the registry: the folders of `observe/venues`, each with its `sample/`.
Gives   claims that hold for any reader; a new folder is tested without a line here.
Keeps   the unknown loud: a changed body is refused, or flagged, or says the same; never guessed.
Source  Decision 0003.
"""

import copy
import hashlib
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.hardware import CHIPS
from chiphour.hardware import FORMS
from chiphour.hardware import TENORS
from chiphour.observe.checks import FLAGS
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import canonical_json
from chiphour.observe.venues import venues

EXPECTED = ".expected.json"
UNKNOWN_FLAGS = {"CHIP_UNKNOWN", "TENOR_UNKNOWN", "VENUE_UNKNOWN"}


def samples():
    """List (reader's name, body file) for every sample of every reader."""
    return [
        (name, file)
        for name, reader in venues().items()
        for file in sorted((Path(reader.__file__).parent / "sample").glob("*.json"))
        if not file.name.endswith(EXPECTED)
    ]


SAMPLES = samples()
EACH = pytest.mark.parametrize(("name", "file"), SAMPLES, ids=[name for name, _ in SAMPLES])


def read(name, body):
    reader = venues()[name]
    return list(reader.read(body, reader.fetched_ns(body), hashlib.sha256(body).hexdigest()))


def facts(seen):
    """Give what a methodology would act on."""
    chip = (seen.chip, seen.form, seen.memory_gb)
    return (seen.venue, seen.kind, seen.tenor, seen.price_nanousd, seen.gpus, *chip)


def facts_or_refusal(name, body):
    """Give the facts that a body yields, or None where its reader refuses it."""
    try:
        return [facts(seen) for seen in read(name, body)]
    except UnexpectedData:
        return None


def places(value, path=()):
    """Yield the path of every field of every object, however deep."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        if isinstance(value, dict):
            yield (*path, key)
        if isinstance(child, dict | list):
            yield from places(child, (*path, key))


def holder_of(page, path):
    for key in path[:-1]:
        page = page[key]
    return page


def changed(page, path, change):
    """Give the body with one field changed by `change(holder, key)`."""
    copied = copy.deepcopy(page)
    change(holder_of(copied, path), path[-1])
    return json.dumps(copied).encode()


def test_every_reader_has_a_sample():
    assert {name for name, _ in SAMPLES} == set(venues())
    assert len(venues()) >= 1


@pytest.mark.parametrize("name", venues())
def test_the_facts_of_a_venue_are_whole(name):
    venue = venues()[name].VENUE
    assert venue.name == name
    assert venue.feed in ("book", "posted")
    assert 0 < venue.price_nanousd_min < venue.price_nanousd_max
    assert venue.staleness_ns > 0
    assert re.fullmatch(rf"{name}-\d+", venue.reader_version)
    assert all((venue.publisher, venue.terms, venue.recordings, venue.cadence))


def test_no_two_readers_read_one_folder():
    folders = [reader.VENUE.recordings for reader in venues().values()]
    assert len(set(folders)) == len(folders)


@EACH
def test_a_sample_gives_exactly_what_was_written_down(name, file):
    expected = json.loads(file.with_name(file.stem + EXPECTED).read_text())
    written = [Observation(**row | {"flags": tuple(row["flags"])}) for row in expected]
    assert read(name, file.read_bytes()) == written


@EACH
def test_observations_speak_the_common_words(name, file):
    for seen in read(name, file.read_bytes()):
        assert seen.source == name
        assert seen.chip in CHIPS or (seen.chip == "" and "CHIP_UNKNOWN" in seen.flags)
        assert seen.form in FORMS
        assert seen.tenor in TENORS
        assert list(seen.flags) == sorted(set(seen.flags) & FLAGS.keys())
        assert seen.observed_ns <= seen.received_ns
        for text in (seen.terms, seen.spec):
            assert canonical_json(json.loads(text)) == text


@EACH
def test_rows_are_named_apart(name, file):
    rows = [(seen.row, seen.kind) for seen in read(name, file.read_bytes())]
    assert len(set(rows)) == len(rows)


@EACH
@settings(deadline=None)
@given(data=st.data())
def test_an_added_field_is_refused_wherever_it_is(name, file, data):
    page = json.loads(file.read_bytes())
    path = data.draw(st.sampled_from(list(places(page))))
    body = changed(page, path, lambda holder, key: holder.update(colour="green"))
    with pytest.raises(UnexpectedData, match=name):
        read(name, body)


@EACH
@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_removed_field_is_refused_or_changes_no_fact(name, file, data):
    """Take any field away: the reader says so, unless the field is one it can do without."""
    page = json.loads(file.read_bytes())
    before = [facts(seen) for seen in read(name, file.read_bytes())]
    path = data.draw(st.sampled_from(list(places(page))))
    body = changed(page, path, lambda holder, key: holder.pop(key))
    after = facts_or_refusal(name, body)
    assert after in (None, before)


@EACH
@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_renamed_word_is_refused_or_flagged_never_guessed(name, file, data):
    """Write another word into any text: no row may come out as a different known thing."""
    page = json.loads(file.read_bytes())
    before = read(name, file.read_bytes())
    texts = [path for path in places(page) if isinstance(holder_of(page, path)[path[-1]], str)]
    path = data.draw(st.sampled_from(texts))
    body = changed(page, path, lambda holder, key: holder.update({key: "H100 SXM9"}))
    try:
        after = read(name, body)
    except UnexpectedData:
        return
    for old, new in zip(before, after, strict=True):
        gained = set(new.flags) - set(old.flags)
        assert facts(new) == facts(old) or gained & UNKNOWN_FLAGS


@EACH
@settings(deadline=None, max_examples=300)
@given(data=st.data(), value=st.sampled_from([-0.01, -7, None, "1.5", True, [], {}, 10**40]))
def test_a_number_turned_into_another_thing_is_refused_or_changes_no_fact(name, file, data, value):
    """Write a thing that cannot be a price or a count into any number: no fact comes of it."""
    page = json.loads(file.read_bytes())
    before = [facts(seen) for seen in read(name, file.read_bytes())]
    numbers = [
        path for path in places(page) if type(holder_of(page, path)[path[-1]]) in (int, float)
    ]
    path = data.draw(st.sampled_from(numbers))
    body = changed(page, path, lambda holder, key: holder.update({key: value}))
    after = facts_or_refusal(name, body)
    assert after in (None, before)


@EACH
@settings(deadline=None, max_examples=200)
@given(data=st.data(), value=st.sampled_from([0, 1e-40, 10**6]))
def test_an_implausible_number_is_refused_or_flagged(name, file, data, value):
    """Write nothing, or a million, into any number: a row that changes says that it is odd."""
    page = json.loads(file.read_bytes())
    before = read(name, file.read_bytes())
    numbers = [
        path for path in places(page) if type(holder_of(page, path)[path[-1]]) in (int, float)
    ]
    path = data.draw(st.sampled_from(numbers))
    body = changed(page, path, lambda holder, key: holder.update({key: value}))
    try:
        after = read(name, body)
    except UnexpectedData:
        return
    for old, new in zip(before, after, strict=True):
        odd = {"OUT_OF_BOUNDS", "MEMORY_MISMATCH"} & set(new.flags)
        assert facts(new) == facts(old) or odd or new.memory_gb == 0


@EACH
@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_not_a_number_is_refused_wherever_it_is(name, file, data):
    page = json.loads(file.read_bytes())
    path = data.draw(st.sampled_from(list(places(page))))
    word = data.draw(st.sampled_from([float("nan"), float("inf"), float("-inf")]))
    body = changed(page, path, lambda holder, key: holder.update({key: word}))
    with pytest.raises(UnexpectedData):
        read(name, body)


@EACH
@given(data=st.data())
@settings(deadline=None, max_examples=50)
def test_a_torn_body_is_refused(name, file, data):
    body = file.read_bytes().rstrip()
    cut = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(UnexpectedData):
        read(name, body[:cut])


@EACH
def test_reading_twice_gives_the_same(name, file):
    assert read(name, file.read_bytes()) == read(name, file.read_bytes())
