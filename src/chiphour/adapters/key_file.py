"""KEY_FILE: keys.db: who may read it, what lies in it, how threads and processes take turns.

Takes   the path of the file; the time, where a bound on stamps moves on.
Gives   `KeyFile`: transactions, for reading and for writing; rows as `Key` and `Verifier`.
Keeps   the file and what SQLite puts beside it its owner's alone. A durable transaction outlives a
        loss of power; a line of the trail is never changed.
Source  Decision 0029; sqlite.org, "How To Corrupt An SQLite Database File" 2.2, and "Write-Ahead
        Logging".

One SQLite file, mode 0600, in WAL mode: the server admits while `chiphour key` adds or revokes in
another process, and each use writes three rows; a JSON file replaced whole allows neither.

Nothing else in the process may open keys.db, not even to read it: POSIX drops all locks that a
process has on a file when it closes any descriptor of it. The next command to end would then take
itself for the last user, and delete the journal under the server. So a file that exists is never
opened here but by SQLite, which knows of this.

The bound. A commit outlives the process, not a loss of power. `bound_ns` in `settings` does: no
stamp beyond it is admitted, and a durable commit moves it on. At the first start after the
machine's, every key's floor goes to the bound, so whatever was admitted and lost is refused, also
where the clock is behind (on systems that name their starts, as Linux does).

    MarketError
    └── KeyRingRefused      a file that holds no keys, is open to others, or is taken
"""

import ipaddress
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chiphour.adapters.bodies import sync_folder
from chiphour.observe.observation import MarketError
from chiphour.wire.key import Key
from chiphour.wire.key import words_of
from chiphour.wire.signature import Verifier

VERSION = 2
WAIT_S = 10  # For another process, which writes.
PAUSE_S = 0.01
BESIDE = ("", "-wal", "-shm", "-journal")  # The file, and what SQLite puts beside it.
BOOT = Path("/proc/sys/kernel/random/boot_id")

_OPENING = threading.Lock()  # Between a file's making and its opening, no other may open it.

TABLES = """
create table settings (name text primary key, value) without rowid;
create table keys (
    number integer primary key, id text unique, account integer, name text, scopes text,
    contracts text, networks text, expires_ns integer, idempotent_labels integer, algorithm text,
    created_ns integer, revoked_ns integer, material blob, floor_ns integer, nonces integer
);
create table nonces (
    key_id text, nonce text, stamp_ns integer, primary key (key_id, nonce)
) without rowid;
create index nonces_by_stamp on nonces (key_id, stamp_ns);
create table sessions (
    number integer primary key, key_id text, scopes text, name blob unique, refresh blob,
    refresh_until_ns integer, access blob unique, access_until_ns integer
);
create index sessions_by_key on sessions (key_id);
create table trail (
    ring text, admitted integer, number integer, time_ns integer, key_id text, address text,
    what text, verdict text, primary key (ring, admitted, number)
) without rowid;
create trigger trail_goes_on before insert on trail when new.number is not 1 + coalesce((
    select max(number) from trail where ring = new.ring and admitted = new.admitted
), 0) begin
    select raise(abort, 'the trail is only added to');
end;
create trigger trail_stays before update on trail begin
    select raise(abort, 'the trail is only added to');
end;
create trigger trail_is_kept before delete on trail when old.number > (
    select max(number) from trail where ring = old.ring and admitted = old.admitted
) - (select value from settings where name = 'trail_max') begin
    select raise(abort, 'the trail is only added to');
end;
"""
COLUMNS = (
    "id, account, name, scopes, contracts, networks, expires_ns, idempotent_labels, algorithm, "
    "created_ns, revoked_ns"
)


class KeyRingRefused(MarketError):
    """A key that cannot be, or a file that holds none, is open to others or is taken."""


class KeyFile:
    """The file of keys of a data folder. Threads and processes take turns."""

    def __init__(self, path: Path, trail_max: int, *, makes: bool = True) -> None:
        """Open the file, or make it where `makes`; raises KeyRingRefused.

        `trail_max` is that of the file once it is made.
        """
        self.path = path
        self._turn = threading.Lock()
        with self._told():
            with _OPENING:
                if makes:
                    _make_private(path)
                _check_there(path)
                _check_private(path)
                self._database = sqlite3.connect(
                    path, isolation_level=None, timeout=WAIT_S, check_same_thread=False
                )
            try:
                self._prepare(trail_max)
            except BaseException:
                self._database.close()
                raise

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._database.close()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give the database for one look at it, which waits for nobody who writes."""
        return self._transaction("begin", "normal")

    def writing(self, *, durable: bool = False) -> AbstractContextManager[sqlite3.Connection]:
        """Give the database for one transaction; a durable one outlives a loss of power."""
        return self._transaction("begin immediate", "full" if durable else "normal")

    @contextmanager
    def _transaction(self, begin: str, synchronous: str) -> Iterator[sqlite3.Connection]:
        with self._turn, self._told():
            database = self._database
            database.execute(f"pragma synchronous = {synchronous}")
            database.execute(begin)
            try:
                yield database
                database.execute("commit")
            finally:
                if database.in_transaction:
                    database.execute("rollback")

    def _prepare(self, trail_max: int) -> None:
        """Bring the file to what is expected of it; one that is so already is not written."""
        self._begin_journal()
        with self.reading() as database:
            if (
                count(database, "pragma user_version") == VERSION
                and _known_boot(database) == boot()
            ):
                return
        with self.writing(durable=True) as database:
            _make_tables(database, self.path, trail_max)
            _note_boot(database)

    def _begin_journal(self) -> None:
        """Go to WAL mode. SQLite does not wait for a process that does so too: we do."""
        until_s = time.monotonic() + WAIT_S
        while True:
            try:
                self._database.execute("pragma journal_mode = wal")
                return
            except sqlite3.OperationalError as fault:
                if not _is_taken(fault) or time.monotonic() >= until_s:
                    raise
            time.sleep(PAUSE_S)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say in one sentence what the file system or SQLite refuses."""
        try:
            yield
        except (OSError, sqlite3.Error) as fault:
            words = f"expected a file of keys, found {fault}"
            if _is_taken(fault):
                words = f"expected a turn within {WAIT_S} s, found another process that writes"
            raise KeyRingRefused(f"{self.path}: {words}") from fault


def _is_taken(fault: Exception) -> bool:
    code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _check_there(path: Path) -> None:
    if not os.path.lexists(path):
        raise KeyRingRefused(f"{path}: expected a file of keys, found none")


def _make_private(path: Path) -> None:
    """Make the file where there is none; one that is there is not opened."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    sync_folder(path.parent)


def _check_private(path: Path) -> None:
    """Refuse files that are not ours alone."""
    for each in (path.with_name(path.name + end) for end in BESIDE):
        try:
            found = each.lstat()
        except FileNotFoundError:
            continue
        if not stat.S_ISREG(found.st_mode):
            raise KeyRingRefused(f"{each}: expected a regular file, found a link or the like")
        if found.st_uid != os.geteuid():
            raise KeyRingRefused(
                f"{each}: expected a file of user {os.geteuid()}, found one of user {found.st_uid}"
            )
        if (mode := stat.S_IMODE(found.st_mode)) & 0o077:
            raise KeyRingRefused(
                f"{each}: expected keys that their owner alone can read (mode 0600), "
                f"found mode {mode:04o}"
            )


def _make_tables(database: sqlite3.Connection, path: Path, trail_max: int) -> None:
    version = count(database, "pragma user_version")
    if version == VERSION:
        return
    if version or count(database, "select count(*) from sqlite_master"):
        raise KeyRingRefused(f"{path}: expected keys of version {VERSION}, found {version}")
    statement = ""
    for line in TABLES.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):  # A script would end the transaction.
            database.execute(statement)
            statement = ""
    settings = [("trail_max", trail_max), ("bound_ns", 0), ("boot", boot())]
    database.executemany("insert into settings values (?, ?)", settings)
    database.execute(f"pragma user_version = {VERSION}")


def _note_boot(database: sqlite3.Connection) -> None:
    """Refuse what may have been admitted before the machine started, and was lost.

    No floor is beyond the bound: a floor is older than a stamp that was admitted.
    """
    if _known_boot(database) == boot():
        return
    database.execute("update keys set floor_ns = ?", (bound_ns(database),))
    database.execute("update settings set value = ? where name = 'boot'", (boot(),))


def _known_boot(database: sqlite3.Connection) -> str:
    return str(database.execute("select value from settings where name = 'boot'").fetchone()[0])


def boot() -> str:
    """Give the name of this start of the machine; "" where it has none."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""


def bound_ns(database: sqlite3.Connection) -> int:
    """Give the newest stamp that may be admitted, or was."""
    return count(database, "select value from settings where name = 'bound_ns'")


def move_bound(database: sqlite3.Connection, to_ns: int) -> int:
    """Move the bound on, never back, and give it; the transaction must be durable."""
    query = "update settings set value = max(value, ?) where name = 'bound_ns'"
    database.execute(query, (to_ns,))
    return bound_ns(database)


def columns_of(key: Key) -> tuple[Any, ...]:
    """Give a key as `COLUMNS` has it."""
    words = (words_of(key.scopes), words_of(key.contracts), " ".join(map(str, key.networks)))
    return (*key[:3], *words, *key[6:])


def key_from(row: tuple[Any, ...]) -> Key:
    """Read a key from a row of `COLUMNS`; raises KeyRingRefused."""
    scopes, contracts, networks = (each.split() for each in row[3:6])
    try:
        places = tuple(map(ipaddress.ip_network, networks))
    except ValueError as fault:
        raise KeyRingRefused(f"key {row[0]}: expected networks, found {fault}") from None
    words = (frozenset(scopes), frozenset(contracts), places)
    return Key._make((*row[:3], *words, row[6], bool(row[7]), *row[8:]))


def key_of(database: sqlite3.Connection, key_id: str) -> Key | None:
    """Give the key with an id, or None."""
    query = f"select {COLUMNS} from keys where id = ?"
    row = database.execute(query, (key_id,)).fetchone()
    return None if row is None else key_from(row)


def verifier_of(database: sqlite3.Connection, key_id: str) -> Verifier | None:
    """Give what checks the signatures of an id; of an unknown one None, after nearly the same."""
    query = "select algorithm, material from keys where id = ?"
    row = database.execute(query, (key_id,)).fetchone()
    return None if row is None else Verifier(*row)


def count(database: sqlite3.Connection, query: str, *values: object) -> int:
    """Give the one number that a query asks for."""
    return int(database.execute(query, values).fetchone()[0])
