"""BUNDLED KERNEL: a line in the one form gives its numbers; any other gives nothing.

Takes   canonical lines, and lines that say the same in another form.
Gives   a failure where a number differs, or another form is taken for it.
Keeps   the table of words full of what it was given, in the order in which it came.
Source  Decisions 0003 and 0019.
"""

import numpy as np
import pytest

from bundled_rows import block_of
from chiphour.adapters.bundled_kernel import COLUMNS
from chiphour.adapters.bundled_kernel import END
from chiphour.adapters.bundled_kernel import GPUS
from chiphour.adapters.bundled_kernel import HOST
from chiphour.adapters.bundled_kernel import MACHINE
from chiphour.adapters.bundled_kernel import OBSERVED
from chiphour.adapters.bundled_kernel import PRICE
from chiphour.adapters.bundled_kernel import RECEIVED
from chiphour.adapters.bundled_kernel import SPEC
from chiphour.adapters.bundled_kernel import STANDING
from chiphour.adapters.bundled_kernel import STANDING_BYTES
from chiphour.adapters.bundled_kernel import UNTOLD
from chiphour.adapters.bundled_kernel import place_words
from chiphour.adapters.bundled_kernel import read_lines
from records import observation

OFFER = {"machine_key": "m", "host_key": "h", "gpus": 8, "price_nanousd": 17}
LINE = block_of([observation(**OFFER, spec='{"a":"1","reliability2":"0.99"}')])


def read(block):
    """Read a block with an empty table; give whether it could be, its numbers and the words."""
    numbers = np.zeros((block.count(b"\n"), COLUMNS), np.int64)
    slots, words = np.zeros(64, np.int64), np.zeros((32, 3), np.int64)
    arena, used = np.zeros(4_096, np.uint8), np.zeros(2, np.int64)
    scratch = np.zeros(STANDING_BYTES, np.uint8)
    table = slots, words, arena, used
    is_read = read_lines(np.frombuffer(block, np.uint8), numbers, *table, scratch)
    texts = [arena[first:end].tobytes() for _, first, end in words[: used[0]].tolist()]
    again = np.zeros_like(slots)
    place_words(again, words, used[0])
    assert sorted(again.tolist()) == sorted(slots.tolist())
    return is_read, numbers.tolist(), texts


def test_a_line_gives_its_numbers_and_words():
    seen = observation(**OFFER)
    is_read, (row, other), texts = read(LINE + block_of([seen]))
    assert is_read
    assert [row[at] for at in (GPUS, PRICE)] == [8, 17]
    assert [row[at] for at in (OBSERVED, RECEIVED)] == [seen.observed_ns, seen.received_ns]
    assert [texts[row[at]] for at in (MACHINE, HOST)] == [b"m", b"h"]
    assert texts[row[END]] == b',\\"reliability2\\":\\"0.99\\"}'
    assert texts[other[END]] == b""
    assert LINE[row[SPEC] :].startswith(b'{\\"a\\"')
    assert [row[at] for at in (STANDING, MACHINE)] == [other[at] for at in (STANDING, MACHINE)]
    standing = [seen.chip, seen.form, seen.tenor, seen.feed, seen.source, seen.venue, seen.kind]
    assert texts[row[STANDING]].decode().split("\0") == [*standing, "[]", ""]


@pytest.mark.parametrize(
    "spec", ['{"reliability2":"1"}', '{"verification":"x"}', '{"x":"\\\\u0065"}']
)
def test_what_the_end_does_not_tell_is_left_to_others(spec):
    _, (row,), _ = read(block_of([observation(spec=spec)]))
    assert row[END] == UNTOLD


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"\n",
        b"{}\n",
        LINE[:-1],
        LINE[:-2] + b"\n",
        LINE[:-1] + b" \n",
        b" " + LINE,
        LINE + b"\n",
        LINE.replace(b":8,", b":08,"),
        LINE.replace(b":8,", b":8.0,"),
        LINE.replace(b":8,", b":-8,"),
        LINE.replace(b":8,", b": 8,"),
        LINE.replace(b":8,", b":9000000000000000000,"),
        LINE.replace(b":8,", b":,"),
        LINE.replace(b'"m"', b'"\\u006d"'),
        LINE.replace(b'"m"', '"ü"'.encode()),
        LINE.replace(b'"m"', b'"\x00"'),
        LINE.replace(b'"m"', b'"\x7f"'),
        LINE.replace(b'"m"', b'"%s"' % (b"\xff")),
        LINE.replace(b'"flags":[]', b'"flags":[1]'),
        LINE.replace(b'"flags":[]', b'"flags":["A",]'),
        LINE.replace(b'"flags":[]', b'"flags":["A"'),
        LINE.replace(b'"flags":[]', b'"flags":["%s"]' % (b"A" * STANDING_BYTES)),
        LINE.replace(b'"chip"', b'"Chip"'),
        LINE.replace(b'\\"a\\"', b'\\n\\"a\\"'),
        LINE.replace(b'\\"a\\"', b'"a"'),
    ],
)
def test_another_form_is_left_to_a_reader_of_json(block):
    is_read, _, _ = read(block)
    assert is_read == (block == b"")


def test_flags_are_part_of_what_rows_share():
    row = observation(flags=("A", "B"))
    is_read, ((standing, *_),), texts = read(block_of([row]))
    assert is_read
    assert texts[standing].endswith(b'\0["A","B"]\0')
