"""KEYS: who may sign in, from where, for what and until when; and a trail of every use.

Takes   the data folder; claims as `wire/signature.py` reads them, tokens, the time, an address.
Gives   `Key` records; a key for a claim or token that is admitted, else `SignInRefused`.
Keeps   a nonce admitted once, whatever the threads, processes and restarts; a line in the trail
        for each answer, with no secret or token in it. An end is as good as the clock: where that
        is put back, a key past its end is in force again.
Source  Decision 0029; Deribit's API v2, `public/auth`.

A revocation holds from its commit on: every use reads the key anew. Where all of it lies, and why
nothing else may open that file, says `key_file.py`; what tokens are, `sessions.py`.

    secret    32 random bytes as 43 characters, shown once. HMAC needs the secret itself, so it is
              stored as it is: who can read the file can sign. A key with an Ed25519 public key
              leaves nothing here that signs.
    nonces    kept for each key while the clock would admit their stamp, at most 16,384; when full
              the next is refused. A key's floor is the time before which nonces are forgotten: a
              stamp at or before it is refused, also when the clock was put back, or lost power.
    trail     only added to, which triggers enforce; the newest 65,536 admitted uses and as many
              refusals of each key, once it was proved. What is not proved goes into a ring of the
              strangers, what the operator does to keys into one of its own, all else that the
              operator does into another: no stranger's noise pushes out what a key did, and no key
              what another did.

    MarketError
    ├── KeyRingRefused      a key that cannot be, or a file that holds none or is open to others
    └── SignInRefused       (wire/signature.py) a use that is not admitted
"""

import ipaddress
import re
import secrets
import sqlite3
import time
from collections.abc import Callable
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from typing import TypeVar

from chiphour.adapters.key_file import COLUMNS
from chiphour.adapters.key_file import KeyFile
from chiphour.adapters.key_file import KeyRingRefused
from chiphour.adapters.key_file import columns_of
from chiphour.adapters.key_file import count
from chiphour.adapters.key_file import key_from
from chiphour.adapters.key_file import key_of
from chiphour.adapters.key_file import move_bound
from chiphour.adapters.key_file import verifier_of
from chiphour.adapters.sessions import Tokens
from chiphour.adapters.sessions import begin_session
from chiphour.adapters.sessions import end_session
from chiphour.adapters.sessions import end_sessions
from chiphour.adapters.sessions import key_of_access
from chiphour.adapters.sessions import refresh_session
from chiphour.contracts.names import parse_name
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.units import NS_PER_SECOND
from chiphour.units import iso_from_ns
from chiphour.wire.key import READ
from chiphour.wire.key import SCOPES
from chiphour.wire.key import TRADE
from chiphour.wire.key import Key
from chiphour.wire.key import Network
from chiphour.wire.key import Use
from chiphour.wire.key import check_use
from chiphour.wire.key import words_of
from chiphour.wire.signature import ED25519
from chiphour.wire.signature import HMAC
from chiphour.wire.signature import KEY_ID
from chiphour.wire.signature import Claim
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import Why
from chiphour.wire.signature import check_signature
from chiphour.wire.signature import public_verifier
from chiphour.wire.signature import refuse

FILE = "keys.db"
ADMITTED = "admitted"
STRANGERS, OPERATOR = "", "operator"  # Rings of the trail; the others are named for their keys.
OFFICE = "office"  # What the operator did otherwise than with keys: else it could push those out.
WINDOW_NS = 60 * NS_PER_SECOND
SECRET_BYTES = 32
KEYS_MAX = 1_024  # In force, or expired and not revoked.
KEYS_EVER_MAX = 1 << 15
NAME_LENGTH_MAX = 64
WORDS_MAX = 64  # Contracts or networks of a key.
NONCES_MAX = 1 << 14
TRAIL_MAX = 1 << 16
WHAT_LENGTH_MAX = 64
NS_PER_MS = 1_000_000
assert 2 * KEYS_EVER_MAX <= TRAIL_MAX, "each key is made and revoked once: no such line is lost"

_BASE = re.compile(r"[A-Z0-9]{1,32}")
_MAPPED = ipaddress.IPv6Network("::ffff:0:0/96")

Granted = TypeVar("Granted")
Judge = Callable[[sqlite3.Connection], tuple[Granted, str]]  # With the id of the key.


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
        makes: bool = True,
        test_mode: bool = False,
    ) -> None:
        """Open the file, or make it where `makes`; raises KeyRingRefused.

        In test mode a refusal explains which part of a signature differs. `trail_max` is that of
        the file once it is made.
        """
        self.path = folder / FILE
        self._now_ns, self._window_ns = now_ns, window_ns
        self._nonces_max, self._test_mode = nonces_max, test_mode
        self._bound_ns = 0  # Stamps up to here are admissible for certain; the file may say later.
        self._file = KeyFile(self.path, trail_max, makes=makes)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def create(
        self,
        name: str,
        account: int,
        scopes: Iterable[str] = (READ,),
        *,
        contracts: Iterable[str] = (),
        networks: Iterable[str] = (),
        expires_ns: int | None = None,
        public: str | None = None,
        idempotent_labels: bool = False,
    ) -> tuple[Key, str]:
        """Make a key; give it and its secret, which is not shown again. Raises KeyRingRefused.

        With `public`, an Ed25519 public key in hexadecimal, there is no secret: it is "".
        """
        terms = (account, scopes, contracts, networks, expires_ns, public, idempotent_labels)
        key, material, secret = self._made(name, *terms)
        self._add(key, material)
        return key, secret

    def check(
        self,
        name: str,
        account: int,
        scopes: Iterable[str] = (READ,),
        *,
        contracts: Iterable[str] = (),
        networks: Iterable[str] = (),
        expires_ns: int | None = None,
        public: str | None = None,
    ) -> None:
        """Raise KeyRingRefused where `create` would, for what is told of the key."""
        self._made(name, account, scopes, contracts, networks, expires_ns, public, False)

    def keys(self) -> tuple[Key, ...]:
        """Give all keys, also those that were revoked, in the order in which they were made."""
        with self._file.reading() as database:
            rows = database.execute(f"select {COLUMNS} from keys order by number").fetchall()
        return tuple(key_from(row) for row in rows)

    def in_force(self, key_id: str) -> Key | None:
        """Give a key as it is now, or None where it is revoked, has ended, or never was."""
        with self._file.reading() as database:
            key = key_of(database, key_id)
        if key is None or key.revoked_ns is not None:
            return None
        ended = key.expires_ns is not None and self._now_ns() >= key.expires_ns
        return None if ended else key

    def revoke(self, key_id: str) -> Key:
        """Admit a key no more, nor its tokens; raises KeyRingRefused for one that is not there.

        Revoking twice keeps the first time.
        """
        now_ns = self._now_ns()
        with self._file.writing(durable=True) as database:
            key = key_of(database, key_id) if KEY_ID.fullmatch(key_id) else None
            if key is None:
                raise KeyRingRefused(f"{self.path}: expected the id of a key, found {key_id!r}")
            if key.revoked_ns is None:
                key = key._replace(revoked_ns=now_ns)
                database.execute("update keys set revoked_ns = ? where id = ?", (now_ns, key_id))
                end_sessions(database, key_id)
                _add_line(database, OPERATOR, Use(now_ns, "", "revoke"), key_id, ADMITTED)
        return key

    def admit(self, claim: Claim, use: Use) -> Key:
        """Give the key of a signed claim; raises SignInRefused. Its nonce is then spent."""

        def judge(database: sqlite3.Connection) -> tuple[Key, str]:
            return self._signed(database, claim, use, SCOPES), claim.key_id

        self._reach(claim, use.now_ns)
        return self._judged(use, claim.key_id, judge)

    def sign_in(self, claim: Claim, use: Use, asked: Iterable[str] = SCOPES) -> Tokens:
        """Begin a session with a signed claim; raises SignInRefused.

        The session has those scopes of the key that are asked for.
        """
        wanted = frozenset(asked)

        def judge(database: sqlite3.Connection) -> tuple[Tokens, str]:
            key = self._signed(database, claim, use, wanted)
            key = key._replace(scopes=key.scopes & wanted)
            return begin_session(database, key, use.now_ns), key.id

        self._reach(claim, use.now_ns)
        return self._judged(use, claim.key_id, judge)

    def refresh(self, token: str, use: Use) -> Tokens:
        """Replace both tokens of a session; raises SignInRefused.

        A refresh token that was replaced before ends its session.
        """

        def judge(database: sqlite3.Connection) -> tuple[Tokens, str]:
            tokens = refresh_session(database, token, use)
            return tokens, tokens.key.id

        return self._judged(use, "", judge)

    def admit_token(self, token: str, use: Use) -> Key:
        """Give the key of an access token, with the session's scopes; raises SignInRefused."""

        def judge(database: sqlite3.Connection) -> tuple[Key, str]:
            key = key_of_access(database, token, use)
            return key, key.id

        return self._judged(use, "", judge)

    def sign_out(self, token: str, use: Use) -> None:
        """End the session of an access token; raises SignInRefused."""

        def judge(database: sqlite3.Connection) -> tuple[None, str]:
            key = key_of_access(database, token, use)
            end_session(database, token)
            return None, key.id

        self._judged(use, "", judge)

    def note(self, use: Use, verdict: str, key_id: str = "") -> None:
        """Add a line to the strangers' ring for what was refused elsewhere, as a malformed claim.

        `key_id` is as it was said.
        """
        assert verdict != ADMITTED
        with self._file.writing() as database:
            _add_line(database, STRANGERS, use, key_id, verdict)

    def note_operator(self, use: Use, key_id: str = "") -> None:
        """Add a line to the operator's ring for what the operator did, once proved."""
        with self._file.writing() as database:
            _add_line(database, OFFICE, use, key_id, ADMITTED)

    def trail(self, lines_max: int = 1_000, key_id: str = "") -> tuple[Line, ...]:
        """Give the newest lines of the trail, of one key or of all, oldest first.

        Of lines with one time, those on the operator's keys come first. Raises KeyRingRefused.
        """
        if key_id and not KEY_ID.fullmatch(key_id):
            raise KeyRingRefused(f"{self.path}: expected the id of a key, found {key_id!r}")
        query = (
            "select time_ns, key_id, address, what, verdict from trail where ?1 in ('', key_id) "
            "order by time_ns desc, ring = ?2, number desc limit ?3"
        )
        with self._file.reading() as database:
            rows = database.execute(query, (key_id, OPERATOR, lines_max)).fetchall()
        return tuple(Line(*row) for row in reversed(rows))

    def _made(
        self,
        name: str,
        account: int,
        scopes: Iterable[str],
        contracts: Iterable[str],
        networks: Iterable[str],
        expires_ns: int | None,
        public: str | None,
        idempotent_labels: bool,
    ) -> tuple[Key, bytes, str]:
        """Give a key that can be, what checks its signatures, and its secret or ""."""
        secret = secrets.token_urlsafe(SECRET_BYTES) if public is None else ""
        key = Key(
            id=secrets.token_hex(8),
            account=account,
            name=name,
            scopes=frozenset(scopes),
            contracts=frozenset(contracts),
            networks=_networks(networks),
            expires_ns=expires_ns,
            idempotent_labels=idempotent_labels,
            algorithm=HMAC if public is None else ED25519,
            created_ns=self._now_ns(),
            revoked_ns=None,
        )
        _check_key(key)
        return key, secret.encode() if public is None else _public(public), secret

    def _add(self, key: Key, material: bytes) -> None:
        with self._file.writing(durable=True) as database:
            if count(database, "select count(*) from keys where revoked_ns is null") >= KEYS_MAX:
                raise KeyRingRefused(
                    f"{self.path}: expected at most {KEYS_MAX} keys that are not revoked, "
                    "found more: revoke one"
                )
            if count(database, "select count(*) from keys") >= KEYS_EVER_MAX:
                raise KeyRingRefused(
                    f"{self.path}: expected at most {KEYS_EVER_MAX} keys with those that were "
                    "revoked, found more"
                )
            row = (*columns_of(key), material, 0, 0)
            added = f"{COLUMNS}, material, floor_ns, nonces"
            marks = ", ".join("?" * len(row))
            database.execute(f"insert into keys ({added}) values ({marks})", row)
            _add_line(database, OPERATOR, Use(key.created_ns, "", "create"), key.id, ADMITTED)

    def _judged(self, use: Use, key_id: str, judge: Judge[Granted]) -> Granted:
        """Decide on a use and add the line to the trail, in one transaction."""
        assert not use.scope or use.scope in SCOPES
        with self._file.writing() as database:
            try:
                granted, proved = judge(database)
                _add_line(database, proved, use, proved, ADMITTED)
                return granted
            except SignInRefused as fault:
                refused = fault
                _add_line(database, fault.key_id, use, key_id or fault.key_id, fault.why)
        raise refused

    def _signed(
        self, database: sqlite3.Connection, claim: Claim, use: Use, wanted: frozenset[str]
    ) -> Key:
        """Give the key of a claim; what is not signed by it learns nothing of it."""
        check_signature(claim, verifier_of(database, claim.key_id), self._test_mode)
        key = key_of(database, claim.key_id)
        assert key is not None
        check_use(key, use)
        if not key.scopes & wanted:
            asked = f"a key with {_plain(words_of(wanted))}"
            refuse(Why.SCOPE, asked, words_of(key.scopes), key.id)
        self._spend(database, claim, use.now_ns)
        return key

    def _reach(self, claim: Claim, now_ns: int) -> None:
        """Move the bound of stamps on, durably, before a stamp beyond it can be admitted.

        It moves a window at a time, whoever asks: at most one durable commit a window.
        """
        stamp_ns = claim.time_ms * NS_PER_MS
        if stamp_ns <= self._bound_ns or abs(stamp_ns - now_ns) > self._window_ns:
            return
        with self._file.writing(durable=True) as database:
            reached_ns = move_bound(database, now_ns + 2 * self._window_ns)
        self._bound_ns = reached_ns

    def _spend(self, database: sqlite3.Connection, claim: Claim, now_ns: int) -> None:
        """Remember the nonce of a claim, and forget those that the clock refuses by now."""
        key_id, nonce, stamp_ns = claim.key_id, claim.nonce, claim.time_ms * NS_PER_MS
        apart_ns = stamp_ns - now_ns
        if abs(apart_ns) > self._window_ns:
            within = f"a stamp within {self._window_ns // NS_PER_MS} ms of the server's clock"
            refuse(Why.CLOCK, within, f"one {apart_ns // NS_PER_MS} ms from it", key_id)
        assert stamp_ns <= self._bound_ns, "the bound moves on before a stamp is admitted"
        floor_ns = count(database, "select floor_ns from keys where id = ?", key_id)
        if stamp_ns <= floor_ns:
            refuse(Why.CLOCK, f"a stamp after {iso_from_ns(floor_ns)}", "an earlier one", key_id)
        _forget(database, key_id, now_ns - self._window_ns - 1)
        spent = "select count(*) from nonces where key_id = ? and nonce = ?"
        if count(database, spent, key_id, nonce):
            refuse(Why.REPLAY, "a nonce that this key has not used", "one that it has", key_id)
        if count(database, "select nonces from keys where id = ?", key_id) >= self._nonces_max:
            refuse(Why.FULL, f"at most {self._nonces_max} uses in a window", "more", key_id)
        database.execute("insert into nonces values (?, ?, ?)", (key_id, nonce, stamp_ns))
        database.execute("update keys set nonces = nonces + 1 where id = ?", (key_id,))


def _forget(database: sqlite3.Connection, key_id: str, past_ns: int) -> None:
    """Forget a key's nonces with stamps up to a time, and admit none of those any more."""
    past = "delete from nonces where key_id = ? and stamp_ns <= ?"
    if forgotten := database.execute(past, (key_id, past_ns)).rowcount:
        fewer = "update keys set floor_ns = max(floor_ns, ?), nonces = nonces - ? where id = ?"
        database.execute(fewer, (past_ns, forgotten, key_id))


def _add_line(database: sqlite3.Connection, ring: str, use: Use, key_id: str, verdict: str) -> None:
    """Add a line to a ring of the trail, and let go of the oldest where it is full."""
    admitted = verdict == ADMITTED
    last = "select coalesce(max(number), 0) from trail where ring = ? and admitted = ?"
    number = 1 + count(database, last, ring, admitted)
    words = (_plain(key_id), _plain(use.address), _plain(use.what), _plain(verdict))
    row = (ring, admitted, number, use.now_ns, *words)
    database.execute("insert into trail values (?, ?, ?, ?, ?, ?, ?, ?)", row)
    old = (
        "delete from trail where ring = ? and admitted = ? and number <= "
        "? - (select value from settings where name = 'trail_max')"
    )
    database.execute(old, (ring, admitted, number))


def _check_key(key: Key) -> None:
    """Raise KeyRingRefused for a key that cannot be."""
    name = key.name
    if not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isprintable() or name != name.strip():
        raise KeyRingRefused(
            f"expected a name of 1 to {NAME_LENGTH_MAX} printable characters, without spaces "
            f"around it, found {name!r}"
        )
    if not ACCOUNTS_RESERVED <= key.account < 1 << 63:
        raise KeyRingRefused(
            f"expected a member's account, from {ACCOUNTS_RESERVED} on, found {key.account}"
        )
    if not key.scopes or not key.scopes <= SCOPES:
        raise KeyRingRefused(f"expected scopes of {words_of(SCOPES)}, found {words_of(key.scopes)}")
    if max(len(key.contracts), len(key.networks)) > WORDS_MAX:
        raise KeyRingRefused(f"expected at most {WORDS_MAX} contracts or networks, found more")
    _check_contracts(key)
    if key.expires_ns is not None and not key.created_ns < key.expires_ns < 1 << 63:
        raise KeyRingRefused(
            f"expected an expiry after {iso_from_ns(key.created_ns)}, found {key.expires_ns} ns"
        )


def _check_contracts(key: Key) -> None:
    for name in key.contracts - {each for each in key.contracts if _BASE.fullmatch(each)}:
        try:
            parse_name(name)
        except ValueError as fault:
            raise KeyRingRefused(str(fault)) from None
    if key.contracts and TRADE not in key.scopes:
        raise KeyRingRefused(
            f"expected the scope {TRADE} for a key with contracts, found {words_of(key.scopes)}"
        )


def _public(written: str) -> bytes:
    try:
        return public_verifier(written).material
    except SignInRefused as fault:
        raise KeyRingRefused(fault.reason) from None


def _networks(written: Iterable[str]) -> tuple[Network, ...]:
    try:
        found = tuple(ipaddress.ip_network(each) for each in written)
    except ValueError as fault:
        raise KeyRingRefused(f"expected a network such as 192.0.2.0/24, found {fault}") from None
    for each in found:
        if isinstance(each, ipaddress.IPv6Network) and each.subnet_of(_MAPPED):
            raise KeyRingRefused(f"expected IPv4 as in 192.0.2.0/24, found {each}")
    return found


def _plain(text: str) -> str:
    """Show at most 64 plain characters of what came from outside."""
    return "".join(each if " " <= each <= "~" else "?" for each in text[:WHAT_LENGTH_MAX])
