"""KEYS: who may sign in, from where, for what and until when; and a trail of every use.

Takes   the data folder; claims as `wire/signature.py` reads them, tokens, the time, an address.
Gives   `Key` records; a key for a claim or token that is admitted, else `SignInRefused`.
Keeps   a nonce admitted once, whatever the threads, processes and restarts; no more rights for a
        token than its key has; a line in the trail for each answer, with no secret or token in it.
Source  Decision 0029; Deribit's API v2, `public/auth`; RFC 6749 10.4.

One SQLite file, mode 0600, in WAL mode: the server admits while `chiphour key` adds or revokes in
another process, and each use writes three rows; a JSON file replaced whole allows neither. A
revocation holds from its commit on: every use reads the key anew.

    secret    32 random bytes as 43 characters, shown once. HMAC needs the secret itself, so it is
              stored as it is: who can read the file can sign. A key with an Ed25519 public key
              leaves nothing here that signs.
    nonces    kept for each key while the clock would admit their stamp, at most 16,384; when full
              the next is refused. A key's floor is the time before which nonces are forgotten: a
              stamp at or before it is refused, also when the clock was put back. A commit outlives
              the process, not a loss of power: at the first start after the machine's, every floor
              goes to the end of the window, which refuses stamps for one window (on systems that
              name their starts, as Linux does).
    tokens    kept as SHA-256. An access token lives 900 seconds. A refresh token is its session's
              name and 32 random bytes; only the newest is admitted, and then replaced. An older one
              was copied by somebody, and ends the session. At most 64 sessions of a key; one more
              ends the oldest.
    trail     only added to, which triggers enforce; of each key the newest 65,536 uses and as many
              refusals, so that no stranger's noise pushes out what was admitted, and no key
              another's.

    MarketError
    ├── KeyRingRefused      a key that cannot be, or a file that holds none or is open to others
    └── SignInRefused       (wire/signature.py) a use that is not admitted
"""

import ipaddress
import os
import re
import secrets
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Any
from typing import NamedTuple
from typing import TypeVar

from chiphour.adapters.bodies import sync_folder
from chiphour.contracts.names import parse_name
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.units import iso_from_ns
from chiphour.wire.signature import ED25519
from chiphour.wire.signature import HMAC
from chiphour.wire.signature import READ
from chiphour.wire.signature import SCOPES
from chiphour.wire.signature import Claim
from chiphour.wire.signature import Key
from chiphour.wire.signature import Network
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import Use
from chiphour.wire.signature import Verifier
from chiphour.wire.signature import Why
from chiphour.wire.signature import check_signature
from chiphour.wire.signature import check_use
from chiphour.wire.signature import public_verifier
from chiphour.wire.signature import refuse
from chiphour.wire.signature import words_of

FILE = "keys.db"
VERSION = 1
ADMITTED = "admitted"
WINDOW_NS = 60 * NS_PER_SECOND
ACCESS_NS = 900 * NS_PER_SECOND
REFRESH_NS = 7 * NS_PER_DAY
SECRET_BYTES = 32
KEYS_MAX = 1_024
NAME_LENGTH_MAX = 64
WORDS_MAX = 64  # Contracts or networks of a key.
NONCES_MAX = 1 << 14
SESSIONS_MAX = 64
TRAIL_MAX = 1 << 16
WHAT_LENGTH_MAX = 64
NS_PER_MS = 1_000_000
BOOT = Path("/proc/sys/kernel/random/boot_id")

_BASE = re.compile(r"[A-Z0-9]{1,32}")
_ACCESS = re.compile(r"[A-Za-z0-9_-]{43}")  # 32 random bytes.
_REFRESH = re.compile(r"([A-Za-z0-9_-]{24})[A-Za-z0-9_-]{43}")  # The session's 18, then 32.

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

Granted = TypeVar("Granted")
Judge = Callable[[sqlite3.Connection], tuple[Granted, str]]  # With the id of the key.


class KeyRingRefused(MarketError):
    """A key that cannot be, or a file that holds none or is open to others."""


class Tokens(NamedTuple):
    """A session's tokens, shown once; `key` has the scopes of the session."""

    access: str
    refresh: str
    expires_s: int
    key: Key

    def __repr__(self) -> str:
        """Show no token."""
        return f"Tokens(key={self.key!r})"


class Line(NamedTuple):
    """One line of the trail. `key_id` is as it was said, also where nobody has that key."""

    time_ns: int
    key_id: str
    address: str
    what: str
    verdict: str


class KeyRing:
    """The keys of a data folder. Threads and processes take turns."""

    def __init__(
        self,
        folder: Path,
        now_ns: Callable[[], int] = time.time_ns,
        *,
        window_ns: int = WINDOW_NS,
        nonces_max: int = NONCES_MAX,
        trail_max: int = TRAIL_MAX,
        test_mode: bool = False,
    ) -> None:
        """Open or make the file; raises KeyRingRefused.

        In test mode a refusal explains which part of a signature differs. `trail_max` is that of
        the file once it is made.
        """
        self.path = folder / FILE
        self._now_ns, self._window_ns = now_ns, window_ns
        self._nonces_max, self._test_mode = nonces_max, test_mode
        self._turn = threading.Lock()
        try:
            _make_private(self.path)
            self._database = sqlite3.connect(
                self.path, isolation_level=None, timeout=10, check_same_thread=False
            )
            self._database.execute("pragma journal_mode = wal")
        except (OSError, sqlite3.Error) as fault:
            raise KeyRingRefused(f"{self.path}: expected a file of keys, found {fault}") from fault
        with self._transaction(durable=True) as database:
            _make_tables(database, self.path, trail_max)
            _note_boot(database, now_ns() + window_ns)

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            self._database.close()

    def create(
        self,
        name: str,
        account: int,
        scopes: Iterable[str] = (READ,),
        *,
        contracts: Iterable[str] = (),
        networks: Iterable[str] = (),
        expires_ns: int | None = None,
        public: str = "",
        idempotent_labels: bool = False,
    ) -> tuple[Key, str]:
        """Make a key; give it and its secret, which is not shown again. Raises KeyRingRefused.

        With `public`, an Ed25519 public key in hexadecimal, there is no secret: it is "".
        """
        secret = "" if public else secrets.token_urlsafe(SECRET_BYTES)
        key = Key(
            id=secrets.token_hex(8),
            account=account,
            name=name,
            scopes=frozenset(scopes),
            contracts=frozenset(contracts),
            networks=_networks(networks),
            expires_ns=expires_ns,
            idempotent_labels=idempotent_labels,
            algorithm=ED25519 if public else HMAC,
            created_ns=self._now_ns(),
            revoked_ns=None,
        )
        _check_key(key)
        material = _public(public) if public else secret.encode()
        with self._transaction(durable=True) as database:
            if _count(database, "select count(*) from keys") >= KEYS_MAX:
                raise KeyRingRefused(f"{self.path}: expected at most {KEYS_MAX} keys, found more")
            row = (*_columns_of(key), material, 0, 0)
            added = f"{COLUMNS}, material, floor_ns, nonces"
            marks = ", ".join("?" * len(row))
            database.execute(f"insert into keys ({added}) values ({marks})", row)
            self._note(database, Use(key.created_ns, "", "create"), key.id, ADMITTED)
        return key, secret

    def keys(self) -> tuple[Key, ...]:
        """Give all keys, also those that were revoked, in the order in which they were made."""
        with self._transaction() as database:
            rows = database.execute(f"select {COLUMNS} from keys order by number").fetchall()
        return tuple(_key_from(row) for row in rows)

    def revoke(self, key_id: str) -> Key:
        """Admit a key no more, nor its tokens; raises KeyRingRefused for one that is not there.

        Revoking twice keeps the first time.
        """
        now_ns = self._now_ns()
        with self._transaction(durable=True) as database:
            found = _found(database, key_id)
            if found is None:
                raise KeyRingRefused(f"{self.path}: expected the id of a key, found {key_id!r}")
            key = found[0]
            if key.revoked_ns is None:
                key = key._replace(revoked_ns=now_ns)
                database.execute("update keys set revoked_ns = ? where id = ?", (now_ns, key_id))
                database.execute("delete from sessions where key_id = ?", (key_id,))
                self._note(database, Use(now_ns, "", "revoke"), key_id, ADMITTED)
        return key

    def admit(self, claim: Claim, use: Use) -> Key:
        """Give the key of a signed claim; raises SignInRefused. Its nonce is then spent."""
        return self._judged(use, claim.key_id, lambda db: (self._signed(db, claim, use), ""))

    def sign_in(self, claim: Claim, use: Use, asked: Iterable[str] = SCOPES) -> Tokens:
        """Begin a session with a signed claim; raises SignInRefused.

        The session has those scopes of the key that are asked for.
        """
        wanted = frozenset(asked)

        def begin(database: sqlite3.Connection) -> tuple[Tokens, str]:
            key = self._signed(database, claim, use)
            scopes = key.scopes & wanted
            if not scopes:
                refuse(Why.SCOPE, f"a key with {words_of(wanted)}", words_of(key.scopes))
            return _begun(database, key._replace(scopes=scopes), use.now_ns), key.id

        return self._judged(use, claim.key_id, begin)

    def refresh(self, token: str, use: Use) -> Tokens:
        """Replace both tokens of a session; raises SignInRefused.

        A refresh token that was replaced before ends its session.
        """
        return self._judged(use, "", lambda db: _refreshed(db, token, use))

    def admit_token(self, token: str, use: Use) -> Key:
        """Give the key of an access token, with the session's scopes; raises SignInRefused."""
        return self._judged(use, "", lambda db: _by_access(db, token, use))

    def sign_out(self, token: str, use: Use) -> None:
        """End the session of an access token; raises SignInRefused."""

        def end(database: sqlite3.Connection) -> tuple[None, str]:
            key_id = _by_access(database, token, use)[1]
            database.execute("delete from sessions where access = ?", (_hash(token),))
            return None, key_id

        self._judged(use, "", end)

    def note(self, use: Use, verdict: str, key_id: str = "") -> None:
        """Add a line to the trail for what was decided elsewhere, such as a malformed claim."""
        with self._transaction() as database:
            self._note(database, use, key_id, verdict)

    def trail(self, lines_max: int = 1_000, key_id: str = "") -> tuple[Line, ...]:
        """Give the newest lines of the trail, of one key or of all, oldest first."""
        query = (
            "select time_ns, key_id, address, what, verdict from trail where ?1 in ('', key_id) "
            "order by time_ns desc, number desc limit ?2"
        )
        with self._transaction() as database:
            rows = database.execute(query, (key_id, lines_max)).fetchall()
        return tuple(Line(*row) for row in reversed(rows))

    def _judged(self, use: Use, key_id: str, judge: Judge[Granted]) -> Granted:
        """Decide on a use and add the line to the trail, in one transaction."""
        assert not use.scope or use.scope in SCOPES
        with self._transaction() as database:
            try:
                granted, found = judge(database)
                self._note(database, use, key_id or found, ADMITTED)
                return granted
            except SignInRefused as fault:
                refused = fault
                self._note(database, use, key_id or fault.key_id, fault.why)
        raise refused

    def _signed(self, database: sqlite3.Connection, claim: Claim, use: Use) -> Key:
        """Give the key of a claim; what is not signed by it learns nothing of it."""
        found = _found(database, claim.key_id)
        check_signature(claim, found[1] if found else None, self._test_mode)
        assert found is not None
        key = found[0]
        check_use(key, use)
        self._spend(database, claim, use.now_ns)
        return key

    def _spend(self, database: sqlite3.Connection, claim: Claim, now_ns: int) -> None:
        """Remember the nonce of a claim, and forget those that the clock refuses by now."""
        stamp_ns = claim.time_ms * NS_PER_MS
        apart_ns = stamp_ns - now_ns
        if abs(apart_ns) > self._window_ns:
            within = f"a stamp within {self._window_ns // NS_PER_MS} ms of the server's clock"
            refuse(Why.CLOCK, within, f"one {apart_ns // NS_PER_MS} ms from it")
        key_id, nonce = claim.key_id, claim.nonce
        floor_ns = _count(database, "select floor_ns from keys where id = ?", key_id)
        if stamp_ns <= floor_ns:
            refuse(Why.CLOCK, f"a stamp after {iso_from_ns(floor_ns)}", "an earlier one")
        past_ns = now_ns - self._window_ns - 1  # The newest stamp that the clock refuses.
        past = "delete from nonces where key_id = ? and stamp_ns <= ?"
        if forgotten := database.execute(past, (key_id, past_ns)).rowcount:
            fewer = "update keys set floor_ns = max(floor_ns, ?), nonces = nonces - ? where id = ?"
            database.execute(fewer, (past_ns, forgotten, key_id))
        spent = "select count(*) from nonces where key_id = ? and nonce = ?"
        if _count(database, spent, key_id, nonce):
            refuse(Why.REPLAY, "a nonce that this key has not used", "one that it has")
        if _count(database, "select nonces from keys where id = ?", key_id) >= self._nonces_max:
            refuse(Why.FULL, f"at most {self._nonces_max} uses in a window", "more")
        database.execute("insert into nonces values (?, ?, ?)", (key_id, nonce, stamp_ns))
        database.execute("update keys set nonces = nonces + 1 where id = ?", (key_id,))

    def _note(self, database: sqlite3.Connection, use: Use, key_id: str, verdict: str) -> None:
        known = database.execute("select 1 from keys where id = ?", (key_id,)).fetchone()
        ring = key_id if known else ""
        admitted = verdict == ADMITTED
        last = "select coalesce(max(number), 0) from trail where ring = ? and admitted = ?"
        number = 1 + _count(database, last, ring, admitted)
        line = (use.now_ns, key_id, _plain(use.address), _plain(use.what), _plain(verdict))
        row = (ring, admitted, number, *line)
        database.execute("insert into trail values (?, ?, ?, ?, ?, ?, ?, ?)", row)
        old = (
            "delete from trail where ring = ? and admitted = ? and number <= "
            "? - (select value from settings where name = 'trail_max')"
        )
        database.execute(old, (ring, admitted, number))

    @contextmanager
    def _transaction(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Give the database for one transaction; a durable one outlives a loss of power."""
        with self._turn:
            database = self._database
            try:
                database.execute(f"pragma synchronous = {'full' if durable else 'normal'}")
                database.execute("begin immediate")
                try:
                    yield database
                    database.execute("commit")
                finally:
                    if database.in_transaction:
                        database.execute("rollback")
            except sqlite3.Error as fault:
                raise KeyRingRefused(
                    f"{self.path}: expected a file of keys, found {fault}"
                ) from fault


def _make_private(path: Path) -> None:
    """Make the file where there is none; refuse one that others can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        mode = stat.S_IMODE(os.fstat(file).st_mode)
    finally:
        os.close(file)
    if mode & 0o077:
        raise KeyRingRefused(
            f"{path}: expected keys that their owner alone can read (mode 0600), "
            f"found mode {mode:04o}"
        )
    if is_new:
        sync_folder(path.parent)


def _make_tables(database: sqlite3.Connection, path: Path, trail_max: int) -> None:
    version = _count(database, "pragma user_version")
    if version == VERSION:
        return
    if version or _count(database, "select count(*) from sqlite_master"):
        raise KeyRingRefused(f"{path}: expected keys of version {VERSION}, found {version}")
    statement = ""
    for line in TABLES.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):  # A script would end the transaction.
            database.execute(statement)
            statement = ""
    database.execute("insert into settings values ('trail_max', ?)", (trail_max,))
    database.execute("insert into settings values ('boot', ?)", (_boot(),))
    database.execute(f"pragma user_version = {VERSION}")


def _note_boot(database: sqlite3.Connection, floor_ns: int) -> None:
    """Refuse what may have been admitted before the machine started, and was lost."""
    boot = _boot()
    known = database.execute("select value from settings where name = 'boot'").fetchone()[0]
    if boot == known:
        return
    database.execute("update keys set floor_ns = max(floor_ns, ?)", (floor_ns,))
    database.execute("update settings set value = ? where name = 'boot'", (boot,))


def _boot() -> str:
    """Give the name of this start of the machine; "" where it has none."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""


def _check_key(key: Key) -> None:
    """Raise KeyRingRefused for a key that cannot be."""
    if not 1 <= len(key.name) <= NAME_LENGTH_MAX or not key.name.isprintable():
        raise KeyRingRefused(
            f"expected a name of 1 to {NAME_LENGTH_MAX} printable characters, found {key.name!r}"
        )
    if not ACCOUNTS_RESERVED <= key.account < 1 << 63:
        raise KeyRingRefused(
            f"expected a member's account, from {ACCOUNTS_RESERVED} on, found {key.account}"
        )
    if not key.scopes or not key.scopes <= SCOPES:
        raise KeyRingRefused(f"expected scopes of {words_of(SCOPES)}, found {words_of(key.scopes)}")
    if max(len(key.contracts), len(key.networks)) > WORDS_MAX:
        raise KeyRingRefused(f"expected at most {WORDS_MAX} contracts or networks, found more")
    for name in key.contracts - {each for each in key.contracts if _BASE.fullmatch(each)}:
        try:
            parse_name(name)
        except ValueError as fault:
            raise KeyRingRefused(str(fault)) from None
    if key.expires_ns is not None and not key.created_ns < key.expires_ns < 1 << 63:
        raise KeyRingRefused(
            f"expected an expiry after {iso_from_ns(key.created_ns)}, found {key.expires_ns} ns"
        )


def _public(written: str) -> bytes:
    try:
        return public_verifier(written).material
    except SignInRefused as fault:
        raise KeyRingRefused(fault.reason) from None


def _networks(written: Iterable[str]) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(each) for each in written)
    except ValueError as fault:
        raise KeyRingRefused(f"expected a network such as 192.0.2.0/24, found {fault}") from None


def _columns_of(key: Key) -> tuple[Any, ...]:
    words = (words_of(key.scopes), words_of(key.contracts), " ".join(map(str, key.networks)))
    return (*key[:3], *words, *key[6:])


def _key_from(row: tuple[Any, ...]) -> Key:
    scopes, contracts, networks = (each.split() for each in row[3:6])
    words = (frozenset(scopes), frozenset(contracts), _networks(networks))
    return Key._make((*row[:3], *words, row[6], bool(row[7]), *row[8:]))


def _found(database: sqlite3.Connection, key_id: str) -> tuple[Key, Verifier] | None:
    query = f"select material, {COLUMNS} from keys where id = ?"
    row = database.execute(query, (key_id,)).fetchone()
    if row is None:
        return None
    key = _key_from(row[1:])
    return key, Verifier(key.algorithm, row[0])


def _begun(database: sqlite3.Connection, key: Key, now_ns: int) -> Tokens:
    """Begin a session; end those that have run out, and the oldest where there are too many."""
    run_out = "delete from sessions where key_id = ? and refresh_until_ns <= ?"
    database.execute(run_out, (key.id, now_ns))
    oldest = (
        "delete from sessions where key_id = :id and number <= (select number from sessions "
        "where key_id = :id order by number desc limit 1 offset :kept)"
    )
    database.execute(oldest, {"id": key.id, "kept": SESSIONS_MAX - 1})
    name = secrets.token_urlsafe(18)
    tokens = _tokens(key, name, now_ns)
    row = (key.id, words_of(key.scopes), _hash(name), *_kept(tokens, now_ns))
    database.execute("insert into sessions values (null, ?, ?, ?, ?, ?, ?, ?)", row)
    return tokens


def _refreshed(database: sqlite3.Connection, token: str, use: Use) -> tuple[Tokens, str]:
    found = _REFRESH.fullmatch(token)
    name = _hash(found[1]) if found else b""
    query = "select key_id, scopes, refresh, refresh_until_ns from sessions where name = ?"
    row = database.execute(query, (name,)).fetchone()
    if found is None or row is None or use.now_ns >= row[3]:
        refuse(Why.TOKEN, "a refresh token of a session", "none, or one that has run out")
    if not compare_digest(row[2], _hash(token)):
        database.execute("delete from sessions where name = ?", (name,))
        ended = "one that was replaced: the session is ended, sign in again"
        refuse(Why.REUSED, "the newest refresh token", ended, row[0])
    key = _narrowed(database, row[0], row[1])
    check_use(key, use)
    tokens = _tokens(key, found[1], use.now_ns)
    kept = (
        "update sessions set refresh = ?, refresh_until_ns = ?, access = ?, access_until_ns = ? "
        "where name = ?"
    )
    database.execute(kept, (*_kept(tokens, use.now_ns), name))
    return tokens, key.id


def _by_access(database: sqlite3.Connection, token: str, use: Use) -> tuple[Key, str]:
    digest = _hash(token) if _ACCESS.fullmatch(token) else b""
    query = "select key_id, scopes, access_until_ns from sessions where access = ?"
    row = database.execute(query, (digest,)).fetchone()
    if row is None or use.now_ns >= row[2]:
        refuse(Why.TOKEN, "an access token of a session", "none, or one that has run out")
    key = _narrowed(database, row[0], row[1])
    check_use(key, use)
    return key, key.id


def _narrowed(database: sqlite3.Connection, key_id: str, scopes: str) -> Key:
    found = _found(database, key_id)
    assert found is not None, "a key is never deleted"
    return found[0]._replace(scopes=found[0].scopes & frozenset(scopes.split()))


def _tokens(key: Key, name: str, now_ns: int) -> Tokens:
    life_ns = ACCESS_NS if key.expires_ns is None else min(ACCESS_NS, key.expires_ns - now_ns)
    refresh = name + secrets.token_urlsafe(SECRET_BYTES)
    access = secrets.token_urlsafe(SECRET_BYTES)
    return Tokens(access, refresh, life_ns // NS_PER_SECOND, key)


def _kept(tokens: Tokens, now_ns: int) -> tuple[bytes, int, bytes, int]:
    """Give what is kept of tokens: hashes, and until when each is admitted."""
    until = (now_ns + REFRESH_NS, now_ns + ACCESS_NS)
    return _hash(tokens.refresh), until[0], _hash(tokens.access), until[1]


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()


def _plain(text: str) -> str:
    """Show at most 64 plain characters of what came from outside."""
    return "".join(each if " " <= each <= "~" else "?" for each in text[:WHAT_LENGTH_MAX])


def _count(database: sqlite3.Connection, query: str, *values: object) -> int:
    return int(database.execute(query, values).fetchone()[0])
