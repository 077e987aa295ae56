"""BUNDLED: lines that are read at once are read as one by one.

Takes   observations through their canonical JSON; lines spoiled in one place.
Gives   a failure where a group differs from that of the audit's own reader.
Keeps   what no row is refused, however many lines it stands among.
Source  Decision 0019.
"""

import pytest

from bundled_rows import block_of
from bundled_rows import ids_in
from bundled_rows import mixed
from bundled_rows import read_by
from chiphour.adapters.bundled import QuickReading
from chiphour.adapters.bundled import groups_from
from chiphour.audit.rows import Reading


def test_the_groups_are_those_of_the_audit():
    block = block_of(mixed())
    assert read_by(QuickReading, block) == read_by(Reading, block)
    assert read_by(QuickReading, b"") == {}


def test_an_unknown_word_is_read_as_any_other():
    block = block_of([row._replace(venue="nobody", chip="X1") for row in mixed()])
    assert read_by(QuickReading, block) == read_by(Reading, block)


@pytest.mark.parametrize("line", [b"{}", b"[]", b"", b"no row", b"{}{}", b'{"gpus":1.0}'])
def test_a_line_that_is_no_row_is_refused(line):
    block = block_of(mixed()) + line + b"\n"
    with pytest.raises(ValueError, match=r"."):
        list(groups_from(block.split(b"\n")[:-1], ["0" * 64] * len(ids_in(block))))
