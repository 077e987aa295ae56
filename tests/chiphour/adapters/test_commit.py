"""COMMIT: groups become durable in order; who waits hears of it after the sync, or why not.

Takes   a journal on disk, and a disk that is held or refuses.
Gives   the claims of `adapters/commit.py`, each a test; `test_sequencer.py` has them whole.
Keeps   the order of sync, answer and telling.
Source  Decisions 0007 and 0026.
"""

import os
import threading
from concurrent.futures import Future

import numpy as np
import pytest

from chiphour.adapters.commit import Committer
from chiphour.adapters.commit import Group
from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.recovery import recover
from chiphour.adapters.segments import read_frames
from chiphour.wire.journal import unpack_private
from toy import LIMITS
from toy import Toy


@pytest.fixture
def journal(tmp_path):
    _, journal, _ = recover(tmp_path, LIMITS, Toy)
    yield journal
    journal.close()


def group(first: int, count: int, private: bytes = b"") -> Group:
    """Make a group of commands with one event each, and someone who waits."""
    rows, events = np.zeros((count, 16), np.int64), np.zeros((count, 16), np.int64)
    rows[:, 0] = events[:, 0] = np.arange(first, first + count)
    kept = [(0, private)] if private else []
    return Group([rows], count, kept, len(private), [events], [(Future(), [events])])


def test_joined_groups_keep_rows_events_and_the_places_of_private_bytes():
    one, two = group(1, 2, b"one"), group(3, 3, b"two")
    one.join(two)
    assert one.count == 5
    assert np.concatenate(one.rows)[:, 0].tolist() == [1, 2, 3, 4, 5]
    assert one.private == [(0, b"one"), (2, b"two")]
    assert (one.private_bytes, len(one.done)) == (6, 2)


def test_sync_then_telling_then_answer(journal, monkeypatch):
    order, sync = [], os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (sync(file), order.append("sync")))
    committer = Committer(journal, lambda events: order.append("tell"), pytest.fail)
    made = group(1, 2)
    made.done[0][0].add_done_callback(lambda future: order.append("answer"))
    committer.hand(made)
    committer.drain()
    committer.close()
    committer.close()
    assert order == ["sync", "tell", "answer"]


def test_what_gathers_while_the_disk_is_busy_is_one_frame(journal, tmp_path, monkeypatch):
    begun, release, sync = threading.Event(), threading.Event(), os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (begun.set(), release.wait(10), sync(file)))
    committer = Committer(journal, lambda events: None, pytest.fail)
    committer.hand(group(1, 1))
    assert begun.wait(10)
    for first in (2, 4, 6):
        committer.hand(group(first, 2, b"name"))
    release.set()
    committer.close()
    frames = list(read_frames(tmp_path / FOLDER_NAME))
    assert [len(frame.rows) for frame in frames] == [1, 6]
    assert [row for row, _ in unpack_private(frames[1].private)] == [0, 2, 4]


def test_disk_that_refuses_is_told_to_all_who_wait_and_to_all_who_come(journal, monkeypatch):
    def refuse(file: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", refuse)
    stopped = []
    committer = Committer(journal, pytest.fail, stopped.append)
    first, later = group(1, 1), group(2, 1)
    committer.hand(first)
    with pytest.raises(SequencerStopped, match="Input/output error"):
        first.done[0][0].result(10)
    for refused in (lambda: committer.hand(later), committer.drain):
        with pytest.raises(SequencerStopped, match="Input/output error"):
            refused()
    with pytest.raises(SequencerStopped, match="Input/output error"):
        later.done[0][0].result(10)
    committer.close()
    assert len(stopped) == 1
