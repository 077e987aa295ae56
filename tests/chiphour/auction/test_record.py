"""RECORD: a record is read strictly, and its hash does not depend on how it was spelled.

Takes   bytes, good and bad.
Gives   values, refusals.
Keeps   nothing read by guess.
Source  docs/formulation/runs.md, section 1.
"""

import pytest

from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.record import SLOT_NS_LEAST
from chiphour.auction.record import hash_of
from chiphour.auction.record import json_value
from chiphour.auction.record import microusd
from chiphour.auction.record import read_record
from chiphour.auction.record import root_of
from chiphour.auction.record import slot_ns
from chiphour.auction.record import time_ns
from chiphour.auction.record import word
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND


def read(fields):
    return fields.text("a")


def test_a_record_is_read_whole():
    assert read_record(b'{"schema":"s/1","a":"x"}', "it", "s/1", read) == "x"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "expected JSON"),
        (b'{"schema":"s/1","a":"x","a":"y"}', "twice"),
        (b'{"schema":"s/1","a":NaN}', "NaN"),
        (b'{"schema":"s/2","a":"x"}', "expected s/1, found 's/2'"),
        (b'{"schema":"s/1","a":"x","b":"y"}', "no other field, found b"),
        (b'{"schema":"s/1"}', "it.a: expected this field"),
        (b"[]", "expected an object"),
        (b"\xff", "expected JSON"),
        (b"[" * 100_000, "expected JSON"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(body, says):
    with pytest.raises(RequestMalformed, match=says):
        read_record(body, "it", "s/1", read)


def test_a_hash_does_not_depend_on_order_and_spaces():
    first = hash_of(json_value(b'{"b":1,"a":[2]}', "it"))
    assert first == hash_of(json_value(b' { "a" : [ 2 ], "b" : 1 } ', "it"))
    assert first != hash_of({"a": [2], "b": 2})
    assert root_of(["a", "b"]) != root_of(["b", "a"])


def test_times_are_whole_five_minutes_or_seconds():
    fields = {"t": "2026-12-01T01:00:00+01:00"}
    assert slot_ns(Fields(dict(fields), "it"), "t") % NS_PER_HOUR == 0
    assert slot_ns(Fields({"t": "2026-12-01T00:05:00Z"}, "it"), "t") % NS_PER_HOUR == SLOT_NS_LEAST
    assert time_ns(Fields({"t": "2026-12-01T00:00:01Z"}, "it"), "t") % NS_PER_HOUR == NS_PER_SECOND
    for text in (
        "2026-12-01T00:00:01Z",
        "2026-12-01T00:04:00Z",
        "2026-12-01T00:00:00",
        "1969-01-01T00:00:00Z",
        "never",
    ):
        with pytest.raises(RequestMalformed, match=r"it\.t: expected"):
            slot_ns(Fields({"t": text}, "it"), "t")
    with pytest.raises(RequestMalformed, match="whole second"):
        time_ns(Fields({"t": "2026-12-01T00:00:00.5Z"}, "it"), "t")


def test_money_and_words_are_read_exactly():
    assert microusd(Fields({"m": "-1.000001"}, "it"), "m") == -1_000_001
    with pytest.raises(RequestMalformed, match="six decimals"):
        microusd(Fields({"m": "0.0000001"}, "it"), "m")
    assert word(Fields({"w": "b"}, "it"), "w", ("a", "b")) == "b"
    with pytest.raises(RequestMalformed, match="expected a or b, found 'c'"):
        word(Fields({"w": "c"}, "it"), "w", ("a", "b"))
