"""BUNDLED COMPILED: compiled code reads and refuses what a reader of JSON reads and refuses.

Takes   observations through their canonical JSON; lines with any byte changed.
Gives   a failure where a group differs from that of the audit's own reader.
Keeps   words right when their table grows, and when it begins anew.
Source  Decision 0019.
"""

import json

import pytest
from hypothesis import example
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from bundled_rows import block_of
from bundled_rows import ids_in
from bundled_rows import mixed
from bundled_rows import read_by
from chiphour.adapters import bundled_compiled
from chiphour.adapters.bundled import QuickReading
from chiphour.adapters.bundled_compiled import CompiledReading
from chiphour.adapters.bundled_compiled import Words
from chiphour.audit.rows import Reading
from chiphour.audit.tree import root_of_ids
from records import observation

BLOCK = block_of(mixed())
PLAIN = block_of([row for row in mixed() if "\\u" not in row.spec])


def test_the_groups_are_those_of_the_audit():
    assert read_by(CompiledReading, BLOCK) == read_by(Reading, BLOCK)
    assert read_by(CompiledReading) == read_by(CompiledReading, b"") == {}


def test_compiled_code_reads_what_is_in_the_one_form():
    reading = CompiledReading()
    reading.add(PLAIN)
    assert not reading._others


def test_blocks_in_another_form_are_read_beside_those_in_it():
    lines = BLOCK.splitlines(keepends=True)
    other = json.dumps(json.loads(lines[0]) | {"row": "elsewhere"}).encode() + b"\n"
    blocks = [b"".join(lines[:9]), other, b"".join(lines[9:])]
    assert read_by(CompiledReading, *blocks) == read_by(Reading, *blocks)


def test_the_root_is_the_audits():
    ids = b"".join(ids_in(BLOCK))
    assert CompiledReading().root(ids) == root_of_ids(ids)


def said_by(reads, block):
    """Give what a reader makes of a block, or that it refuses it."""
    try:
        return read_by(reads, block)
    except (ValueError, KeyError, TypeError, AttributeError):
        return "refused"


ONE = block_of(mixed()[16:18])


@settings(max_examples=300)
@given(
    st.integers(0, len(ONE) - 2), st.one_of(st.integers(0, 255), st.sampled_from(b'"\\{}[],:0-e'))
)
@example(ONE.index(b'"gpus":') + 7, ord("0"))
def test_a_line_with_a_byte_changed_is_read_as_a_reader_of_json_reads_it(at, byte):
    changed = bytearray(ONE)
    changed[at] = byte
    assert said_by(CompiledReading, bytes(changed)) == said_by(QuickReading, bytes(changed))


@settings(max_examples=200)
@given(st.integers(0, len(ONE)), st.integers(0, 40), st.binary(max_size=3))
def test_a_block_cut_or_filled_is_read_as_a_reader_of_json_reads_it(at, size, more):
    changed = ONE[:at] + more + ONE[at + size :].removesuffix(b"\n") + b"\n"
    assert said_by(CompiledReading, changed) == said_by(QuickReading, changed)


@pytest.mark.parametrize("number", [0, 10**18, 9 * 10**18 - 1, 9 * 10**18, 2**63 - 1, -1])
def test_numbers_are_exact(number):
    block = block_of([observation(price_nanousd=number)])
    ((row,),) = read_by(CompiledReading, block).values()
    assert row[1] == number


def test_words_are_right_when_their_table_grows(monkeypatch):
    monkeypatch.setattr(bundled_compiled, "WORDS_FIRST", 4)
    monkeypatch.setattr(bundled_compiled, "BYTES_FIRST", 16)
    kept = [Words()]
    monkeypatch.setattr(bundled_compiled, "_kept", lambda: kept)
    rows = [observation(machine_key=f"m{at}", host_key=f"h{at % 7}") for at in range(500)]
    blocks = [block_of(rows[first : first + 20]) for first in range(0, 500, 20)]
    expected = read_by(Reading, *blocks)
    assert read_by(CompiledReading, *blocks) == read_by(CompiledReading, *blocks) == expected


def test_too_many_words_are_forgotten_but_not_by_who_reads(monkeypatch):
    monkeypatch.setattr(bundled_compiled, "WORDS_KEPT", 0)
    kept = [Words()]
    monkeypatch.setattr(bundled_compiled, "_kept", lambda: kept)
    first = CompiledReading()
    first.add(PLAIN)
    assert read_by(CompiledReading, PLAIN) == read_by(Reading, PLAIN)
    names = {group.venue for group in first.groups(b"".join(ids_in(PLAIN)))}
    assert names == {"vast", "lambda", "nebius"}
