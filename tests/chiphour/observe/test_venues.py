"""TEST VENUES: every reader reads its samples exactly, and notices every change to them.

Takes   the registry: the folders of `observe/venues`, each with its `sample/`.
Gives   claims that hold for any reader; a new folder is tested without a line here.
Keeps   the unknown loud: a changed body is refused, or flagged, or says the same; never guessed.
Source  Decisions 0003 and 0015.
"""

import csv
import gzip
import io
import json
import re
from collections import Counter
from functools import cache
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

import chiphour
from chiphour.hardware import CHIPS
from chiphour.hardware import FORMS
from chiphour.hardware import TENORS
from chiphour.observe.checks import FLAGS
from chiphour.observe.observation import KINDS
from chiphour.observe.observation import PRICES
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import can_be_fixed
from chiphour.observe.observation import canonical_json
from chiphour.observe.reading import Number
from chiphour.observe.reading import parse
from chiphour.observe.venue import Request
from chiphour.observe.venues import venues
from chiphour.simulate.venue_bodies import MARKUP
from chiphour.simulate.venue_bodies import content_of
from chiphour.simulate.venue_bodies import page_of
from chiphour.simulate.venue_bodies import places
from chiphour.units import DECIMAL_TEXT
from samples import all_samples
from samples import folder_of
from samples import observations
from samples import read
from samples import sample_body
from samples import samples
from samples import wire_of
from samples import written

UNKNOWN_FLAGS = {"CHIP_UNKNOWN", "REGION_UNKNOWN", "TENOR_UNKNOWN", "VENUE_UNKNOWN"}
ODD_FLAGS = {"OUT_OF_BOUNDS", "MEMORY_MISMATCH", "PARTIAL_PRICE"}
RECORDED_MIN = 8
LIVE_MIN = 18
NAMES = list(venues())
SAMPLES = all_samples()
EACH = pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name for sample in SAMPLES])
JSON = [sample for sample in SAMPLES if sample.file.suffix in (".json", ".jsonl")]
WITH_FIELDS = pytest.mark.parametrize(
    "sample",
    [sample for sample in SAMPLES if sample.file.suffix[1:] not in MARKUP],
    ids=lambda sample: sample.name,
)
EACH_VENUE = pytest.mark.parametrize("name", NAMES)


def facts(seen):
    """Give what a methodology would act on."""
    chip = (seen.chip, seen.form, seen.memory_gb)
    return (seen.venue, seen.kind, seen.tenor, seen.price_nanousd, seen.gpus, *chip)


def observations_or_none(sample, content):
    """Give what a body yields, or None where its reader refuses it, naming itself."""
    try:
        return observations(sample, content)
    except UnexpectedData as fault:
        named = sample.venue in str(fault)
    assert named
    return None


def paths(value, path=()):
    """Yield the path of every field of every object, however deep."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for key, child in children:
        if isinstance(value, dict):
            yield (*path, key)
        if isinstance(child, dict | list):
            yield from paths(child, (*path, key))


BY_NAME = {sample.name: sample for sample in SAMPLES}  # A sample itself cannot be a key.


@cache
def paths_of(name):
    """Give the path of every field of a sample."""
    return tuple(paths(page_of(BY_NAME[name].content, BY_NAME[name].wire).value))


def holder_of(value, path):
    for key in path[:-1]:
        value = value[key]
    return value


@cache
def value_paths(name, is_number):
    """Give the path of every number, or of every text; a decimal in quotes is both."""
    value = page_of(BY_NAME[name].content, BY_NAME[name].wire).value

    def fits(found):
        is_text = isinstance(found, str) and not isinstance(found, Number)
        is_decimal = isinstance(found, str) and DECIMAL_TEXT.fullmatch(found) is not None
        return is_decimal if is_number else is_text

    return tuple(path for path in paths_of(name) if fits(holder_of(value, path)[path[-1]]))


def with_values(is_number):
    """Mark a test to run for every sample that has a number, or a text, in it."""
    found = [sample for sample in SAMPLES if value_paths(sample.name, is_number)]
    return pytest.mark.parametrize("sample", found, ids=lambda sample: sample.name)


def changed(sample, path, change):
    """Give the body with one field changed by `change(holder, key)`."""
    page = page_of(sample.content, sample.wire)
    change(holder_of(page.value, path), path[-1])
    return content_of(page)


def changed_to(sample, path, value):
    return changed(sample, path, partial(put, value))


@cache
def given_by(name):
    return tuple(observations(BY_NAME[name]))


def before(sample):
    return given_by(sample.name)


def unexplained(sample, after, flags=frozenset()):
    """Give the rows with facts that were not there before, and with none of the flags."""
    came = Counter(map(facts, after)) - Counter(map(facts, before(sample)))
    return [seen for seen in after if facts(seen) in came and not flags & set(seen.flags)]


def is_skipped(sample, path):
    """Tell whether an object, or one that it lies in, is known to the reader and not read."""
    whole = list(map(facts, before(sample)))
    for end in range(1, len(path)):
        for other in ("green", {"colour": "green"}):
            content = changed(sample, path[:end], partial(put, other))
            after = observations_or_none(sample, content)
            if after is not None and list(map(facts, after)) == whole:
                return True
    return False


def put(value, holder, key):
    holder[key] = value


def names_chip(sample, path):
    """Tell whether a path is one of a chip's names, by the pointers of wire.json."""
    inside = "/".join("*" if isinstance(part, int) else part for part in path)
    pointers = [pointer.partition("*/")[2] or pointer for pointer in sample.wire["chip"]]
    return any(inside.endswith(f"/{pointer}") for pointer in pointers)


# What stands in a folder.


def test_every_reader_has_a_sample_and_no_file_is_forgotten():
    for name in NAMES:
        found = {file.name for file in folder_of(name).iterdir()}
        listed = {sample.file.name for sample in samples(name)}
        listed |= {sample.expected.name for sample in samples(name)} | {"wire.json"}
        assert found == listed, name
        assert samples(name), name


def test_there_are_as_many_venues_as_the_market_needs():
    recorded = [name for name in NAMES if venues()[name].VENUE.evidence == "recorded"]
    live = [name for name in NAMES if any(True for _ in venues()[name].requests())]
    assert len(recorded) >= RECORDED_MIN, recorded
    assert len(live) >= LIVE_MIN, live


@EACH_VENUE
def test_the_facts_of_a_venue_are_whole(name):
    venue = venues()[name].VENUE
    assert venue.name == name
    assert venue.feed in ("book", "posted")
    assert 0 < venue.price_nanousd_min < venue.price_nanousd_max
    assert re.fullmatch(rf"{name}-\d+", venue.reader_version)
    said = (venue.publisher, venue.terms, venue.description, venue.site, venue.cadence)
    assert all(said)
    assert venue.evidence in ("recorded", "schema")
    bounds = (venue.requests_per_minute, venue.pages_max, venue.body_bytes_max, venue.deadline_s)
    assert all(bound >= 1 for bound in bounds)
    assert venue.content_types


@EACH_VENUE
def test_what_a_venue_is_asked_for_can_be_asked(name):
    reader = venues()[name]
    asked = list(reader.requests())
    assert asked == list(reader.requests())
    assert len(set(asked)) == len(asked) <= reader.VENUE.pages_max
    assert bool(asked) == bool(reader.VENUE.base_url)
    assert not asked or re.fullmatch(r"https://[\w.-]+(/[\w.-]+)*", reader.VENUE.base_url)
    for request in asked:
        assert request.shape in wire_of(name)["shapes"]
        assert request.path.startswith("/")
        assert not request.body or canonical_json(json.loads(request.body)) == request.body
        assert re.fullmatch(r"([A-Z][A-Z0-9_]+)?", request.secret)
        assert re.fullmatch(r"bearer|(header|query) [\w-]+", request.secret_as)


def test_no_two_readers_read_one_recording():
    globs = [found.glob for name in NAMES for found in venues()[name].VENUE.recordings]
    assert len(set(globs)) == len(globs)


@EACH_VENUE
def test_evidence_is_what_the_samples_prove(name):
    origins = [wire.get("origin", "") for wire in wire_of(name)["shapes"].values()]
    assert (venues()[name].VENUE.evidence == "recorded") == any(origins)


@EACH
def test_a_shape_of_which_no_bytes_were_recorded_moves_no_fix(sample):
    assert sample.wire.get("origin") or not any(map(can_be_fixed, before(sample)))


def recording(origin):
    file = Path(chiphour.__file__).parent / "recordings" / "open" / origin
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()


def is_excerpt(part, whole):
    """Tell whether a value is another one without some elements of its lists."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return part.keys() == whole.keys() and all(is_excerpt(part[k], whole[k]) for k in part)
    if isinstance(part, list) and isinstance(whole, list):
        left = iter(whole)
        return all(any(is_excerpt(one, other) for other in left) for one in part)
    return part == whole and type(part) is type(whole)


def lists_in(value):
    """Yield every list of objects, however deep."""
    if isinstance(value, list):
        yield value
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, dict | list):
            yield from lists_in(child)


@pytest.mark.parametrize(
    "sample", [s for s in SAMPLES if s.wire.get("origin")], ids=lambda sample: sample.name
)
def test_a_sample_with_an_origin_is_an_excerpt_of_that_recording(sample):
    """Of a CSV each line; of JSON the whole, or, in another envelope, each row."""
    content = recording(sample.wire["origin"])
    if sample.file.suffix in (".csv", ".jsonl"):
        read_lines = [list(csv.reader(io.StringIO(b.decode()))) for b in (sample.content, content)]
        found, whole = (
            read_lines
            if sample.file.suffix == ".csv"
            else (
                sample.content.splitlines(),
                content.splitlines(),
            )
        )
        assert not Counter(map(str, found)) - Counter(map(str, whole))
        return
    part, whole = parse(sample.content, ""), parse(content, "")
    if is_excerpt(part, whole):
        return
    rows = [row for holder, key in places(part, sample.wire["rows"]) for row in holder[key]]
    known = {canonical_json(row) for found in lists_in(whole) for row in found}
    assert rows
    assert all(canonical_json(row) in known for row in rows)


# What a sample gives.


@EACH
def test_a_sample_gives_exactly_what_was_written_down(sample):
    assert written(read(sample)) == json.loads(sample.expected.read_text())


@EACH
def test_observations_speak_the_common_words(sample):
    venue = venues()[sample.venue].VENUE
    for seen in before(sample):
        assert seen.source == sample.venue
        assert seen.kind in KINDS
        assert seen.kind == "rate" or seen.chip in CHIPS or "CHIP_UNKNOWN" in seen.flags
        assert seen.form in FORMS
        assert seen.tenor in TENORS or seen.kind == "rate"
        assert list(seen.flags) == sorted(set(seen.flags) & FLAGS.keys())
        assert venue.evidence == "recorded" or "SCHEMA_ONLY" in seen.flags
        assert seen.observed_ns <= seen.received_ns
        assert seen.price_nanousd > 0 or seen.kind == "stock"
        assert seen.reader_version == venue.reader_version
        for text in (seen.terms, seen.spec):
            assert canonical_json(json.loads(text)) == text


@EACH
def test_rows_are_named_apart(sample):
    rows = [(seen.row, seen.kind, seen.tenor) for seen in before(sample)]
    assert len(set(rows)) == len(rows)


def unmapped(seen):
    """Yield the source's words that no table knows."""
    spec, terms = json.loads(seen.spec), json.loads(seen.terms)
    if "CHIP_UNKNOWN" in seen.flags:
        yield spec["chip_name"]
    if "REGION_UNKNOWN" in seen.flags:
        yield spec["region"]
    if "TENOR_UNKNOWN" in seen.flags:
        yield terms["kind"]
    if "VENUE_UNKNOWN" in seen.flags:
        yield seen.venue


@EACH_VENUE
def test_samples_hold_no_word_that_no_table_knows_but_those_declared(name):
    found = {word for s in samples(name) for seen in before(s) for word in unmapped(seen)}
    assert found == set(wire_of(name).get("unmapped", ()))


@EACH
def test_reading_twice_gives_the_same_and_leaves_the_body_as_it_was(sample):
    body = sample_body(sample)
    reader = venues()[sample.venue]
    assert list(reader.read(body)) == list(reader.read(body))
    assert body == sample_body(sample)


@EACH
def test_what_is_read_is_observations_and_pages_of_shapes_that_are_known(sample):
    for item in read(sample):
        assert type(item) in (Observation, Request)
        assert not isinstance(item, Request) or item.path.startswith("/")


# What a change to it gives.


@WITH_FIELDS
@settings(max_examples=30)
@given(data=st.data())
def test_an_added_field_is_refused_wherever_it_is_read(sample, data):
    """An object that the reader knows and does not keep may be as it likes."""
    path = data.draw(st.sampled_from(paths_of(sample.name)))
    content = changed(sample, path, lambda holder, key: holder.update(colour="green"))
    assert observations_or_none(sample, content) is None or is_skipped(sample, path)


@WITH_FIELDS
@settings(max_examples=40)
@given(data=st.data())
def test_a_removed_field_is_refused_or_flagged_or_changes_no_fact(sample, data):
    """Take any field away: the reader says so, or does without it, or without the row.

    In a CSV the cell is then empty.
    """
    path = data.draw(st.sampled_from(paths_of(sample.name)))
    content = changed(sample, path, lambda holder, key: holder.pop(key))
    after = observations_or_none(sample, content)
    assert after is None or not unexplained(sample, after, UNKNOWN_FLAGS)


@with_values(is_number=False)
@settings(max_examples=40)
@given(data=st.data())
def test_a_renamed_word_is_refused_or_flagged_never_guessed(sample, data):
    """Write another word into any text: no row may come out as a different known thing.

    What is then no GPU, or another system, may go; what only has another name may not.
    """
    path = data.draw(st.sampled_from(value_paths(sample.name, False)))
    after = observations_or_none(sample, changed_to(sample, path, "H100 SXM9"))
    if after is not None:
        assert not unexplained(sample, after, UNKNOWN_FLAGS)
        assert len(after) >= len(before(sample)) or not names_chip(sample, path)


@with_values(is_number=False)
@settings(max_examples=30)
@given(data=st.data())
def test_a_word_left_empty_is_refused_or_flagged_never_guessed(sample, data):
    """Write nothing into any text: what is then not said is not known, nor somebody else's."""
    path = data.draw(st.sampled_from(value_paths(sample.name, False)))
    after = observations_or_none(sample, changed_to(sample, path, ""))
    if after is not None:
        unsaid = unexplained(sample, after, UNKNOWN_FLAGS | {"FORM_UNKNOWN", "MEMORY_UNKNOWN"})
        assert all(seen.memory_gb == 0 for seen in unsaid)
        assert len(after) >= len(before(sample)) or not names_chip(sample, path)


NOT_A_NUMBER = (-0.01, -7, None, "1.5x", True, [], {}, 10**40)


@with_values(is_number=True)
@settings(max_examples=60)
@given(data=st.data(), value=st.sampled_from(NOT_A_NUMBER))
def test_a_number_turned_into_another_thing_is_refused_or_changes_no_fact(sample, data, value):
    """Write a thing that cannot be a price or a count into any number: no fact comes of it.

    None is a field that says nothing, as one that was removed: the row may be flagged.
    """
    path = data.draw(st.sampled_from(value_paths(sample.name, True)))
    after = observations_or_none(sample, changed_to(sample, path, value))
    if after is not None:
        assert not unexplained(sample, after, UNKNOWN_FLAGS if value is None else frozenset())
        assert len(after) == len(before(sample)) or value is None


@with_values(is_number=True)
@settings(max_examples=40)
@given(data=st.data(), value=st.sampled_from([0, 1e-40, 10**6]))
def test_an_implausible_number_is_refused_or_flagged(sample, data, value):
    """Write nothing, or a million, into any number: a row that changes says that it is odd.

    A price of nothing may take its row away. What is free may be a million. What is for comparison
    alone may be given in parts, of which each is plausible without the others.
    """
    path = data.draw(st.sampled_from(value_paths(sample.name, True)))
    after = observations_or_none(sample, changed_to(sample, path, value))
    flags = ODD_FLAGS | {"COMPARISON"}
    odd = [new for new in unexplained(sample, after or [], flags) if new.kind in PRICES]
    assert all(new.memory_gb == 0 for new in odd)


@pytest.mark.parametrize("sample", JSON, ids=lambda sample: sample.name)
@given(data=st.data())
@settings(max_examples=15)
def test_not_a_number_is_refused_wherever_it_is(sample, data):
    path = data.draw(st.sampled_from(paths_of(sample.name)))
    word = data.draw(st.sampled_from([float("nan"), float("inf"), float("-inf")]))
    with pytest.raises(UnexpectedData):
        observations(sample, changed_to(sample, path, word))


@EACH
@given(data=st.data())
@settings(max_examples=20)
def test_a_torn_body_is_refused(sample, data):
    """Cut between two lines, a list of lines is whole, and has fewer rows."""
    content = sample.content.rstrip()
    torn = content[: data.draw(st.integers(0, len(content) - 1))]
    after = observations_or_none(sample, torn)
    if after is not None:
        assert sample.file.suffix != ".json"
        assert torn.endswith(b"\n") or not torn
        assert not unexplained(sample, after)
