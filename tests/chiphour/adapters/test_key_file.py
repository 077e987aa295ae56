"""KEY_FILE: a file of keys is its owner's alone, and loses nothing that was said.

Takes   key rings in real files, other processes, a machine that starts again.
Gives   the claims of `adapters/key_file.py`, each a test.
Keeps   keys.db unopened by the test itself while a ring has it, but by SQLite.
Source  Decision 0029.
"""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest

from chiphour.adapters import key_file
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.keys import KeyRingRefused
from keyed import NOW
from keyed import SECOND
from keyed import WINDOW
from keyed import at
from keyed import signed
from keyed import why


@pytest.fixture
def open_ring(tmp_path):
    """Give a function that opens the ring of the folder; all are closed at the end."""
    opened = []

    def opening(**more) -> KeyRing:
        opened.append(KeyRing(tmp_path, lambda: NOW, **more))
        return opened[-1]

    yield opening
    for ring in opened:
        ring.close()


@pytest.fixture
def ring(open_ring):
    return open_ring()


def test_a_process_that_was_killed_forgets_no_nonce(tmp_path, open_ring):
    """Admit in a child that ends at once, without closing anything."""
    words = (
        "import os, sys; from pathlib import Path; from chiphour.adapters.keys import *; "
        "from chiphour.wire.signature import *; "
        f"ring = KeyRing(Path(sys.argv[1]), lambda: {NOW}); key, secret = ring.create('bot', 9); "
        f"text = b'{NOW // 1_000_000}\\nn\\n'; "
        "sig = secret_signature(Form.SESSION, text, secret.encode()).hex(); "
        f"claim = session_claim(key.id, '{NOW // 1_000_000}', 'n', '', sig); "
        f"ring.admit(claim, Use({NOW}, '', 'x')); print(key.id, secret, flush=True); os._exit(9)"
    )
    done = subprocess.run(
        [sys.executable, "-c", words, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 9, done.stderr
    secret = done.stdout.split()[1]
    ring = open_ring()
    assert why(ring.admit, signed(ring.keys()[0], secret), at()) == "replay"


def test_rings_of_one_process_keep_each_others_lock(ring, open_ring, tmp_path):
    """Were the lock dropped, the next process to end would delete the journal under the server."""
    key, secret = ring.create("bot", 9)
    other, its_secret = ring.create("other", 9)
    open_ring()
    words = (
        "import sys; from pathlib import Path; from chiphour.adapters.keys import KeyRing; "
        "ring = KeyRing(Path(sys.argv[1])); "
        "[ring.revoke(each) for each in sys.argv[2:]]; ring.keys(); ring.close()"
    )
    child = [sys.executable, "-c", words, str(tmp_path)]
    subprocess.run(child, check=True)
    claim = signed(key, secret)
    ring.admit(claim, at())
    subprocess.run([*child, other.id], check=True)
    assert why(ring.admit, signed(other, its_secret), at()) == "revoked"
    ring.close()
    again = open_ring()
    assert why(again.admit, claim, at()) == "replay"
    kept = again.keys()
    assert [each.revoked_ns is None for each in kept] == [True, False]


def start_again(monkeypatch, tmp_path):
    boot = tmp_path / "boot"
    boot.write_text("another\n")
    monkeypatch.setattr(key_file, "BOOT", boot)


def test_after_the_machine_started_again_stamps_of_before_are_refused(
    ring, open_ring, tmp_path, monkeypatch
):
    """A loss of power may lose nonces: whatever it lost had a stamp before the floor."""
    key, secret = ring.create("bot", 9)
    ring.admit(signed(key, secret, "first"), at())
    ring.close()
    start_again(monkeypatch, tmp_path)
    for _ in range(2):  # The floor stays with the next opening.
        again = open_ring()
        for stamp_ns in (NOW, NOW + 2 * WINDOW):
            claim = signed(key, secret, stamp_ns=stamp_ns)
            assert why(again.admit, claim, at(NOW + WINDOW)) == "clock"
    after = NOW + 2 * WINDOW + 1_000_000
    again.admit(signed(key, secret, stamp_ns=after), at(after))


def test_a_file_that_others_can_read_is_refused(ring, tmp_path):
    ring.path.chmod(0o640)
    with pytest.raises(KeyRingRefused, match=r"mode 0600\), found mode 0640"):
        KeyRing(tmp_path)


def test_a_file_that_is_no_key_ring_is_refused(tmp_path):
    path = tmp_path / "keys.db"
    path.write_bytes(b"x" * 4_096)
    path.chmod(0o600)
    with pytest.raises(KeyRingRefused, match="expected a file of keys, found"):
        KeyRing(tmp_path)


def test_a_file_of_another_version_is_refused(ring, tmp_path):
    database = sqlite3.connect(ring.path)
    database.execute("pragma user_version = 1")
    database.close()
    with pytest.raises(KeyRingRefused, match="expected keys of version 2, found 1"):
        KeyRing(tmp_path)


def test_two_that_start_at_once_make_one_file(tmp_path):
    found = []

    def start():
        ring = KeyRing(tmp_path, lambda: NOW)
        found.append(ring.create("bot", 9))
        ring.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    ring = KeyRing(tmp_path, lambda: NOW)
    assert len(ring.keys()) == len(found) == 4
    ring.close()


def test_after_a_start_with_the_clock_behind_what_was_lost_is_refused(
    ring, open_ring, tmp_path, monkeypatch
):
    """The floor is not made from the clock: a machine may start before its time is set."""
    key, secret = ring.create("bot", 9)
    claim = signed(key, secret)
    ring.admit(claim, at())
    ring.close()
    with closing(sqlite3.connect(ring.path)) as database, database:
        database.execute("delete from nonces")
    start_again(monkeypatch, tmp_path)
    KeyRing(tmp_path, lambda: NOW - 3_600 * SECOND).close()
    assert why(open_ring().admit, claim, at()) == "clock"


def test_no_later_use_lowers_the_floor_of_a_start(ring, open_ring, tmp_path, monkeypatch):
    """Forget an old nonce after the start: what was lost stays refused."""
    key, secret = ring.create("bot", 9)
    ring.admit(signed(key, secret, "old"), at())
    lost = signed(key, secret, "lost", NOW + WINDOW)
    ring.admit(lost, at())
    ring.close()
    with closing(sqlite3.connect(ring.path)) as database, database:
        database.execute("delete from nonces where nonce = 'lost'")
        database.execute("update keys set nonces = 1")
    start_again(monkeypatch, tmp_path)
    again, now_ns = open_ring(), NOW + WINDOW + 10 * SECOND
    later = signed(key, secret, "new", NOW + 2 * WINDOW + SECOND)
    again.admit(later, at(now_ns))
    assert why(again.admit, lost, at(now_ns)) == "clock"


def test_the_bound_is_durable_before_a_stamp_is_admitted_and_moves_once_a_window(ring):
    key, secret = ring.create("bot", 9)
    said = []
    ring._file._database.set_trace_callback(said.append)
    ring.admit(signed(key, secret), at())
    moved = next(at for at, words in enumerate(said) if "'bound_ns'" in words)
    spent = next(at for at, words in enumerate(said) if "into nonces" in words)
    pragmas = [words for words in said[:moved] if "synchronous" in words]
    assert pragmas[-1].endswith("full")
    assert "commit" in [words.lower() for words in said[moved:spent]]
    said.clear()
    ring.admit(signed(key, secret, "m", NOW + WINDOW), at(NOW + WINDOW))
    why(ring.admit, signed(key, "guess", "m", NOW + 2 * WINDOW), at(NOW + WINDOW))
    assert not any("full" in words for words in said)


@pytest.mark.parametrize("end", ["-wal", "-shm"])
def test_what_lies_beside_the_file_is_ours_alone_too(ring, tmp_path, end):
    beside = ring.path.with_name(f"keys.db{end}")
    beside.chmod(0o644)
    with pytest.raises(KeyRingRefused, match=f"{end}: expected keys .* found mode 0644"):
        KeyRing(tmp_path)


@pytest.mark.parametrize("end", ["", "-wal", "-shm", "-journal"])
def test_a_link_is_no_file_of_keys(ring, tmp_path, end):
    ring.close()
    other = tmp_path / "elsewhere"
    ring.path.rename(other)
    ring.path.with_name(f"keys.db{end}").symlink_to(other)
    with pytest.raises(KeyRingRefused, match="expected a regular file"):
        KeyRing(tmp_path)


def test_a_file_of_another_user_is_refused(ring, tmp_path, monkeypatch):
    mine = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: mine + 1)
    with pytest.raises(KeyRingRefused, match=f"of user {mine + 1}, found one of user {mine}"):
        KeyRing(tmp_path)


def test_the_journal_is_written_ahead(ring):
    with closing(sqlite3.connect(ring.path)) as database:
        assert database.execute("pragma journal_mode").fetchone() == ("wal",)


def test_a_process_that_makes_the_file_is_waited_for(tmp_path, open_ring):
    """SQLite itself waits for no writer where it changes the kind of journal."""
    path = tmp_path / "keys.db"
    path.touch(0o600)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    done = threading.Timer(0.3, other.execute, ["commit"])
    done.start()
    assert open_ring().keys() == ()
    done.join()
    other.close()


def test_who_reads_waits_for_nobody_and_who_writes_says_so(ring, open_ring, monkeypatch):
    made, _ = ring.create("bot", 9)
    monkeypatch.setattr(key_file, "WAIT_S", 0)
    with closing(sqlite3.connect(ring.path, isolation_level=None)) as other:
        other.execute("begin immediate")
        again = open_ring()
        assert again.keys() == (made,)
        assert [line.what for line in again.trail()] == ["create"]
        with pytest.raises(KeyRingRefused, match="expected a turn within 0 s, found another"):
            again.revoke(made.id)


def test_a_file_that_is_not_there_is_not_made_for_who_reads(tmp_path):
    folder = tmp_path / "typo"
    with pytest.raises(KeyRingRefused, match=r"keys\.db: expected a file of keys, found none"):
        KeyRing(folder, makes=False)
    assert not folder.exists()
    KeyRing(folder).close()
    KeyRing(folder, makes=False).close()
