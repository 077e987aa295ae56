"""AUCTION_FILE: what was appended is there after any stop; what was torn never was.

Takes   a file, lines; the file cut at every byte.
Gives   the whole lines before the cut.
Keeps   damage told apart from a stop.
Source  Decision 0039.
"""

import os
import stat

import pytest

from chiphour.adapters.auction_file import AuctionDamaged
from chiphour.adapters.auction_file import AuctionFile
from chiphour.adapters.auction_file import write_file

LINES = [{"what": "created", "n": 1}, {"what": "entry", "bid": {"id": "a"}}, {"what": "closed"}]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "7" / "lines.jsonl"


def reread(path):
    file = AuctionFile(path)
    file.close()
    return file.lines


def test_lines_are_there_after_a_stop_at_any_byte(path):
    file = AuctionFile(path)
    for line in LINES:
        assert file.append(line) == line
    file.close()
    whole = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for cut in range(len(whole) + 1):
        path.write_bytes(whole[:cut])
        assert reread(path) == LINES[: sum(end <= cut for end in ends)]
        assert path.read_bytes() == whole[: max([end for end in ends if end <= cut], default=0)]


def test_appending_goes_on_where_a_torn_line_was(path):
    file = AuctionFile(path)
    file.append(LINES[0])
    file.close()
    with path.open("ab") as stream:
        stream.write(b'{"what":"ent')
    file = AuctionFile(path)
    file.append(LINES[2])
    file.close()
    assert reread(path) == [LINES[0], LINES[2]]


@pytest.mark.parametrize("row", [b"{", b"[]", b'{"what":1}', b'{"n":1}', b""])
def test_damage_is_refused(path, row):
    path.parent.mkdir()
    path.write_bytes(row + b"\n" + b'{"what":"closed"}\n')
    with pytest.raises(AuctionDamaged, match=r"lines.jsonl:1: expected a line of JSON"):
        AuctionFile(path)


def test_nobody_else_can_read_what_is_sealed(path):
    AuctionFile(path).close()
    write_file(path.with_name("run.json"), b"{}")
    for each in path.parent.iterdir():
        assert stat.S_IMODE(each.stat().st_mode) & 0o077 == 0


def test_a_line_that_could_not_be_written_is_not_there(path, monkeypatch):
    """Let the disk refuse to sync: the line is cut off, and the next one goes on."""
    file = AuctionFile(path)
    file.append(LINES[0])
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuses)
        with pytest.raises(OSError, match="no room"):
            file.append(LINES[1])
    file.append(LINES[2])
    file.close()
    assert reread(path) == [LINES[0], LINES[2]]


def refuses(file):
    raise OSError("no room")
