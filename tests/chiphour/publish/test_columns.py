"""COLUMNS: one table gives object, CSV and description.

Takes   a made-up record.
Gives   failures.
Keeps   the columns in their order.
Source  Decisions 0010 and 0023.
"""

from typing import NamedTuple

import pytest

from chiphour.publish import columns


class Inner(NamedTuple):
    name: str


class Outer(NamedTuple):
    name: str
    ticks: int | None
    ppm: int | None
    nanousd: int | None
    time_ns: int
    known_ns: int | None
    words: tuple[str, ...]
    inner: Inner | None
    several: tuple[Inner, ...]


INNER = columns.Shape("Inner", "Inside.", (columns.text("name", "Name.", "x", lambda i: i.name),))
OUTER = columns.Shape(
    "Outer",
    "Outside.",
    (
        columns.word("name", "Name.", "x", lambda o: o.name, ("x", 'a "b", c')),
        columns.usd("fix_usd", "Fix.", "3.1700", lambda o: o.ticks),
        columns.share("share", "Share.", "0.900000", lambda o: o.ppm),
        columns.rate("rate_usd", "Rate.", "3.170000000", lambda o: o.nanousd),
        columns.moment("time", "Time.", "1970-01-01T00:00:00Z", lambda o: o.time_ns),
        columns.moment_or_null("known", "Known.", "1970-01-01T00:00:00Z", lambda o: o.known_ns),
        columns.texts("words", "Words.", ["a"], lambda o: o.words),
        columns.count("count", "Count.", 2, lambda o: len(o.words)),
        columns.truth("alone", "Alone.", True, lambda o: not o.several),
    ),
    (
        columns.one("inner", INNER, "One.", lambda o: o.inner),
        columns.many("several", INNER, "Many.", lambda o: o.several),
    ),
)
FULL = Outer(
    'a "b", c', 31_700, 875_000, 1, 0, 1_000_000_000, ("a", "b"), Inner("i"), (Inner("j"),)
)
BARE = Outer("x", None, None, None, 0, None, (), None, ())


def test_a_record_as_an_object():
    assert columns.object_of(OUTER, FULL) == {
        "name": 'a "b", c',
        "fix_usd": "3.1700",
        "share": "0.875000",
        "rate_usd": "0.000000001",
        "time": "1970-01-01T00:00:00Z",
        "known": "1970-01-01T00:00:01Z",
        "words": ["a", "b"],
        "count": 2,
        "alone": False,
        "inner": {"name": "i"},
        "several": [{"name": "j"}],
    }
    bare = columns.object_of(OUTER, BARE)
    nothing = [name for name, value in bare.items() if value is None]
    assert nothing == ["fix_usd", "share", "rate_usd", "known", "inner"]
    assert (bare["words"], bare["several"], bare["alone"]) == ([], [], True)


def test_records_as_csv_follow_rfc_4180():
    assert columns.csv_bytes(OUTER.columns, [FULL, BARE]).decode() == (
        "name,fix_usd,share,rate_usd,time,known,words,count,alone\r\n"
        '"a ""b"", c",3.1700,0.875000,0.000000001,1970-01-01T00:00:00Z,1970-01-01T00:00:01Z,'
        "a b,2,false\r\n"
        "x,,,,1970-01-01T00:00:00Z,,,0,true\r\n"
    )
    assert columns.csv_bytes(INNER.columns, []) == b"name\r\n"


@pytest.mark.parametrize("column", columns.lifted(INNER.columns, lambda outer: outer.inner))
def test_columns_of_an_inner_record_read_through_the_outer(column):
    assert column.read(FULL) == "i"
    assert column[:5] == INNER.columns[0][:5]
