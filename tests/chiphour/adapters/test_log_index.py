"""LOG INDEX: the leaves of a fix are found, whatever became of the index's file.

Takes   a log of some strikes with several vintages; index files that lag, lie or are rubbish.
Gives   the claims of `adapters/log_index.py`, each a test.
Keeps   a scan of the whole log as the judge.
Source  Decision 0018.
"""

import shutil
import sqlite3

import pytest

from chiphour.adapters import log_index
from chiphour.adapters.log import LogReader
from chiphour.adapters.log_index import FILE_NAME
from chiphour.adapters.log_index import fix_leaves
from chiphour.index.leaves import Fix
from chiphour.index.leaves import leaf_from
from chiphour.units import NS_PER_DAY
from logs import FIRST_NS
from logs import GROUP
from logs import leaf
from logs import leaves
from logs import log

SERIES = "CHR.H100.SXM.OD"
FINAL = b"final"


def scanned(reader, series, strike_ns):
    """Read every leaf."""
    found = enumerate(map(leaf_from, reader.leaves(0, reader.size)))
    return [
        (number, each)
        for number, each in found
        if isinstance(each, Fix) and (each.series, each.strike_ns) == (series, strike_ns)
    ]


@pytest.fixture
def one(tmp_path):
    """Make a log of five strikes, each logged a second time as final."""
    one = log(tmp_path)
    for day in range(5):
        numbers = range(day * GROUP, (day + 1) * GROUP)
        one.append(leaves(numbers))
        one.append([leaf(number).replace(b"provisional", FINAL) for number in numbers])
    return one


def test_leaves_of_a_fix_are_found_in_order(one):
    for day in range(5):
        strike = FIRST_NS + day * NS_PER_DAY
        found = fix_leaves(one, SERIES, strike)
        assert found == scanned(one, SERIES, strike)
        assert [leaf.vintage for _, leaf in found] == ["provisional", "final"]
    assert fix_leaves(one, SERIES, FIRST_NS - NS_PER_DAY) == []
    assert fix_leaves(one, "CHR.NONE", FIRST_NS) == []


def test_index_that_lags_goes_on_where_it_stopped(one, monkeypatch):
    monkeypatch.setattr(log_index, "STEP", 100)
    assert len(fix_leaves(one, SERIES, FIRST_NS)) == 2
    one.append(leaves(range(5 * GROUP, 6 * GROUP)))
    read = []
    monkeypatch.setattr(log_index, "leaf_from", lambda each: read.append(each) or leaf_from(each))
    found = fix_leaves(one, SERIES, FIRST_NS + 5 * NS_PER_DAY)
    assert [number for number, _ in found] == [10 * GROUP + 2]
    assert len(read) == GROUP + 1  # What was new, and what was found.


@pytest.mark.parametrize(
    "harm", ["missing", "rubbish", "another log", "longer log", "changed", "read-only"]
)
def test_index_that_is_not_of_this_log_is_made_anew(one, tmp_path, harm, monkeypatch):
    path = tmp_path / "log" / FILE_NAME
    wanted = scanned(one, SERIES, FIRST_NS)
    if harm == "rubbish":
        path.write_bytes(b"rubbish" * 1_000)
    elif harm in ("another log", "longer log"):
        other = log(tmp_path / "other")
        other.append(leaves(range((3 if harm == "another log" else 20) * GROUP)))
        fix_leaves(other, SERIES, FIRST_NS)
        shutil.copy(tmp_path / "other/log" / FILE_NAME, path)
    elif harm == "changed":
        fix_leaves(one, SERIES, FIRST_NS)
        with sqlite3.connect(path) as database:
            database.execute("update fixes set leaf = leaf + 1")
            database.execute("update known set root = ?, size = size - 1", (b"x" * 32,))
    elif harm == "read-only":
        path.mkdir()
    assert fix_leaves(LogReader(tmp_path / "log"), SERIES, FIRST_NS) == wanted


def test_index_that_came_with_a_copy_is_not_believed(one, tmp_path):
    wanted = fix_leaves(one, SERIES, FIRST_NS)
    with sqlite3.connect(tmp_path / "log" / FILE_NAME) as database:
        database.execute("update fixes set leaf = 'x' || leaf")
    before = (tmp_path / "log" / FILE_NAME).read_bytes()
    copy = LogReader(tmp_path / "log")
    assert fix_leaves(copy, SERIES, FIRST_NS, is_ours=False) == wanted
    assert (tmp_path / "log" / FILE_NAME).read_bytes() == before


def test_older_reader_sees_no_later_leaf(one, tmp_path):
    reader = LogReader(tmp_path / "log")
    one.append([leaf(5 * GROUP), leaf(5 * GROUP + 2)])
    assert len(fix_leaves(one, SERIES, FIRST_NS + 5 * NS_PER_DAY)) == 1
    assert fix_leaves(reader, SERIES, FIRST_NS + 5 * NS_PER_DAY) == []
