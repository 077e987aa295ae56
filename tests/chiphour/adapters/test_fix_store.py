"""TEST FIX STORE: what FIX sessions must not forget is there after whatever happens.

Takes   files that are new, used before, open to others, damaged, of another version.
Gives   seats, messages and numbers as they were written.
Keeps   a batch is done together or not at all.
Source  Decision 0032.
"""

import os
import sqlite3

import pytest

from chiphour.adapters import fix_store
from chiphour.adapters.fix_store import FixStore
from chiphour.adapters.fix_store import FixStoreDamaged
from chiphour.adapters.fix_store import SeatRow
from chiphour.wire.fix_resend import Sent
from chiphour.wire.fix_session import Numbers

SEAT = SeatRow("k/CHIPHOUR", "k", "CHIPHOUR", 1000, "CLIENT", 2, 5, 7, True)


def sent(sequence, text="a"):
    return Sent(sequence, 10 * sequence, "8", ((58, text), (37, "1")))


def test_what_was_written_is_there_when_the_file_is_opened_again(tmp_path):
    store = FixStore(tmp_path)
    with store.batch():
        store.save(SEAT)
        store.keep(SEAT.name, sent(1))
        with store.batch():
            store.keep(SEAT.name, sent(3))
        store.note_heard(9)
    store.close()
    store = FixStore(tmp_path)
    assert store.seats() == [SEAT] and store.seats()[0].numbers == Numbers(5, 7)
    assert [*store.stored(SEAT.name, 1, 2)] == [sent(1)]
    assert [*store.stored(SEAT.name, 2, 9)] == [sent(3)] and store.heard == 9
    store.forget(SEAT.name)
    assert not [*store.stored(SEAT.name, 1, 9)]
    store.close()


def test_batch_that_fails_changes_nothing(tmp_path):
    store = FixStore(tmp_path)

    def fail():
        with store.batch():
            store.save(SEAT)
            store.note_heard(9)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not store.seats() and store.heard == 0
    store.close()


def test_what_is_too_old_is_forgotten(tmp_path, monkeypatch):
    monkeypatch.setattr(fix_store, "KEPT_MAX", 10)
    monkeypatch.setattr(fix_store, "_PRUNE_EACH", 8)
    store = FixStore(tmp_path)
    for sequence in range(1, 33):
        store.keep("a", sent(sequence))
        store.keep("b", sent(sequence)) if sequence < 4 else None
    assert [each.sequence for each in store.stored("a", 1, 99)] == [*range(23, 33)]
    assert len([*store.stored("b", 1, 99)]) == 3
    store.close()


def test_file_is_its_owners_alone_and_of_this_version(tmp_path):
    FixStore(tmp_path).close()
    path = tmp_path / fix_store.FILE
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(FixStoreDamaged, match="0640"):
        FixStore(tmp_path)
    path.chmod(0o600)
    with sqlite3.connect(path) as database:
        database.execute("pragma user_version = 9")
    with pytest.raises(FixStoreDamaged, match="version 1, found 9"):
        FixStore(tmp_path)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.write_bytes(b"no database" * 1000)
    os.chmod(path, 0o600)
    with pytest.raises(FixStoreDamaged):
        FixStore(tmp_path)
