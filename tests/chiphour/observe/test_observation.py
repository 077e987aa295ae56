"""TEST OBSERVATION: a record is its canonical JSON: same id, same bytes, everywhere.

Takes   observations with any fields.
Gives   claims on canonical form, identity and leftovers.
Keeps   the id of one known record, written down.
Source  Decision 0003.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import canonical_bytes
from chiphour.observe.observation import canonical_json
from chiphour.observe.observation import exhausted
from chiphour.observe.observation import observation_id

SEEN = Observation(
    source="vast",
    venue="vast",
    feed="book",
    kind="ask",
    chip="H100",
    form="SXM",
    memory_gb=80,
    tenor="SPOT",
    price_nanousd=1_466_666_667,
    gpus=1,
    machine_key="m",
    host_key="h",
    terms="{}",
    spec="{}",
    flags=("FORM_UNKNOWN",),
    observed_ns=1_772_739_044_230_319_000,
    received_ns=1_772_739_044_230_319_000,
    raw_sha256="00",
    row="H100 SXM/0",
    reader_version="vast-1",
)
TEXTS = st.text(max_size=8)
COUNTS = st.integers(0, (1 << 63) - 1)
OBSERVATIONS = st.builds(
    Observation,
    *([TEXTS] * 6),
    COUNTS,
    TEXTS,
    COUNTS,
    COUNTS,
    *([TEXTS] * 4),
    st.lists(TEXTS, max_size=3).map(tuple),
    COUNTS,
    COUNTS,
    *([TEXTS] * 3),
)


def test_the_id_of_a_known_record_never_changes():
    assert observation_id(SEEN) == (
        "9d66c12ec94df5e460cbeb6f37d311a5b047459ab67199247e23b1d50d031e7f"
    )


@given(OBSERVATIONS)
def test_canonical_bytes_give_the_record_back(seen):
    fields = json.loads(canonical_bytes(seen))
    assert Observation(**fields | {"flags": tuple(fields["flags"])}) == seen


@given(OBSERVATIONS, OBSERVATIONS)
def test_ids_are_equal_for_equal_records_only(one, other):
    assert (observation_id(one) == observation_id(other)) == (one == other)


@pytest.mark.parametrize("field", Observation._fields)
def test_every_field_is_part_of_the_id(field):
    value = getattr(SEEN, field)
    other = (*value, "X") if isinstance(value, tuple) else value + type(value)(1)
    assert observation_id(SEEN._replace(**{field: other})) != observation_id(SEEN)


def test_canonical_json_is_sorted_narrow_and_ascii():
    assert canonical_json({"b": [1, "é"], "a": None}) == '{"a":null,"b":[1,"\\u00e9"]}'


def test_canonical_json_refuses_what_json_cannot_say():
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json(float("nan"))


def test_a_field_left_unread_is_named_with_its_place():
    exhausted({}, "row 1")
    with pytest.raises(UnexpectedData, match=r"row 1: .*\['colour', 'size'\]"):
        exhausted({"size": 1, "colour": 2}, "row 1")
    assert issubclass(UnexpectedData, MarketError)
