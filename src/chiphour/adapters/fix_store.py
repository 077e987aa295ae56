"""FIX_STORE: what FIX sessions must not forget: their numbers, and what may be sent again.

Takes   the data folder.
Gives   the seats that ever logged on; messages of a seat by number; how far the journal was heard.
Keeps   numbers, messages and how far was heard change together or not at all. A crash of the
        process loses nothing. After a loss of power the newest changes may be missing, together:
        what was heard since is heard again, and makes the same messages with the same numbers.
        At most KEPT_MAX messages a seat; older ones are filled over.
Source  Decision 0032.

    MarketError
    └── FixStoreDamaged     the file cannot be read or written, or is open to others
"""

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chiphour.observe.observation import MarketError
from chiphour.wire.fix_resend import Sent
from chiphour.wire.fix_session import Numbers

FILE = "fix.db"
VERSION = 1
KEPT_MAX = 1 << 17
_PRUNE_EACH = 1 << 10

_TABLES = """
create table heard (sequence integer);
create table seats (
    name text primary key, key_id text, target text, account integer, peer text, epoch integer,
    next_in integer, next_out integer, cancels integer
) without rowid;
create table messages (
    seat text, sequence integer, time_ns integer, msg_type text, fields text,
    primary key (seat, sequence)
) without rowid;
"""


class FixStoreDamaged(MarketError):
    """The file of FIX sessions does not hold, or is not ours alone."""


@dataclass(slots=True)
class SeatRow:
    """A seat: one session of one key, for good. `epoch` counts its resets.

    `cancels` says that its orders go when its connection does.
    """

    name: str
    key_id: str
    target: str
    account: int
    peer: str
    epoch: int = 0
    next_in: int = 1
    next_out: int = 1
    cancels: bool = False

    @property
    def numbers(self) -> Numbers:
        """Give the numbers as a session has them."""
        return Numbers(self.next_in, self.next_out)


class FixStore:
    """The file of FIX sessions of a data folder. One thread at a time uses it."""

    def __init__(self, folder: Path) -> None:
        """Open the file, or make it; raises FixStoreDamaged."""
        self.path = folder / FILE
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            _make_private(self.path)
            self._database = sqlite3.connect(
                self.path, isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare()
            except BaseException:
                self._database.close()
                raise

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Let what is done inside be done together; a batch inside a batch is part of it."""
        if self._database.in_transaction:
            yield
            return
        with self._told():
            self._database.execute("begin immediate")
            try:
                yield
                self._database.execute("commit")
            finally:
                if self._database.in_transaction:
                    self._database.execute("rollback")

    def seats(self) -> list[SeatRow]:
        """Give all seats."""
        with self._told():
            rows = self._database.execute("select * from seats order by name").fetchall()
        return [_seat_of(row) for row in rows]

    def save(self, seat: SeatRow) -> None:
        """Write a seat as it is."""
        row = (
            *(seat.name, seat.key_id, seat.target, seat.account, seat.peer, seat.epoch),
            *(seat.next_in, seat.next_out, seat.cancels),
        )
        self._do("insert or replace into seats values (?, ?, ?, ?, ?, ?, ?, ?, ?)", *row)

    def keep(self, seat: str, sent: Sent) -> None:
        """Store a message, and forget what is too old to be sent again."""
        row = (seat, sent.sequence, sent.time_ns, sent.msg_type, json.dumps(sent.fields))
        self._do("insert or replace into messages values (?, ?, ?, ?, ?)", *row)
        if sent.sequence % _PRUNE_EACH == 0:
            oldest = sent.sequence - KEPT_MAX
            self._do("delete from messages where seat = ? and sequence <= ?", seat, oldest)

    def forget(self, seat: str) -> None:
        """Forget all messages of a seat: its numbers begin again."""
        self._do("delete from messages where seat = ?", seat)

    def stored(self, seat: str, first: int, last: int) -> Iterator[Sent]:
        """Give the messages of a seat from one number to another, both included, in order."""
        query = (
            "select sequence, time_ns, msg_type, fields from messages "
            "where seat = ? and sequence between ? and ? order by sequence"
        )
        for sequence, time_ns, msg_type, fields in self._database.execute(
            query, (seat, first, last)
        ):
            found = tuple((tag, value) for tag, value in json.loads(fields))
            yield Sent(sequence, time_ns, msg_type, found)

    @property
    def heard(self) -> int:
        """Give the sequence up to which all was made into messages."""
        with self._told():
            return int(self._database.execute("select sequence from heard").fetchone()[0])

    def note_heard(self, sequence: int) -> None:
        """Note the sequence up to which all is."""
        self._do("update heard set sequence = ?", sequence)

    def _do(self, statement: str, *values: object) -> None:
        with self._told():
            self._database.execute(statement, values)

    def _prepare(self) -> None:
        database = self._database
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = normal")
        version = int(database.execute("pragma user_version").fetchone()[0])
        if version == VERSION:
            return
        if version or database.execute("select count(*) from sqlite_master").fetchone()[0]:
            raise FixStoreDamaged(f"{self.path}: expected version {VERSION}, found {version}")
        with self.batch():
            for statement in _TABLES.strip().split(";\n"):
                database.execute(statement)
            database.execute("insert into heard values (0)")
            database.execute(f"pragma user_version = {VERSION}")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in one sentence what the file system or SQLite refuses."""
        try:
            yield
        except (OSError, sqlite3.Error) as fault:
            raise FixStoreDamaged(
                f"{self.path}: expected a file of FIX sessions, found {fault}"
            ) from fault


def _seat_of(row: tuple[Any, ...]) -> SeatRow:
    found = SeatRow(*row)
    found.cancels = bool(found.cancels)
    return found


def _make_private(path: Path) -> None:
    """Make the file readable by its owner alone; refuse one that others can read."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        mode = path.lstat().st_mode & 0o777
        if mode & 0o077:
            raise FixStoreDamaged(f"{path}: expected mode 0600, found {mode:04o}") from None
