"""SESSIONS: tokens in place of signatures: begun with one, replaced, and at an end.

Takes   the database of `key_file.py` in a transaction; a key that was proved, or a token.
Gives   `Tokens`; the key of a token that is admitted, with the session's scopes, else
        `SignInRefused`.
Keeps   no more rights for a token than its key has; no token in the file, but its SHA-256.
Source  Decision 0029; Deribit's API v2, `public/auth`; RFC 6749 10.4.

An access token lives 900 seconds. A refresh token is its session's name and 32 random bytes; only
the newest is admitted, and then replaced. An older one was copied by somebody, and ends the
session. At most 64 sessions of a key; one more ends the oldest.
"""

import re
import secrets
import sqlite3
from hashlib import sha256
from hmac import compare_digest
from typing import NamedTuple

from chiphour.adapters.key_file import key_of
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.wire.key import Key
from chiphour.wire.key import Use
from chiphour.wire.key import check_use
from chiphour.wire.key import words_of
from chiphour.wire.signature import Why
from chiphour.wire.signature import refuse

ACCESS_NS = 900 * NS_PER_SECOND
REFRESH_NS = 7 * NS_PER_DAY
TOKEN_BYTES = 32
NAME_BYTES = 18
SESSIONS_MAX = 64

_ACCESS = re.compile(r"[A-Za-z0-9_-]{43}")
_REFRESH = re.compile(r"([A-Za-z0-9_-]{24})[A-Za-z0-9_-]{43}")  # The session's name, then 32.


class Tokens(NamedTuple):
    """A session's tokens, shown once; `key` has the scopes of the session."""

    access: str
    refresh: str
    expires_s: int
    key: Key

    def __repr__(self) -> str:
        """Show no token."""
        return f"Tokens(key={self.key!r})"


def begin_session(database: sqlite3.Connection, key: Key, now_ns: int) -> Tokens:
    """Begin a session; end those that have run out, and the oldest where there are too many."""
    run_out = "delete from sessions where key_id = ? and refresh_until_ns <= ?"
    database.execute(run_out, (key.id, now_ns))
    oldest = (
        "delete from sessions where key_id = :id and number <= (select number from sessions "
        "where key_id = :id order by number desc limit 1 offset :kept)"
    )
    database.execute(oldest, {"id": key.id, "kept": SESSIONS_MAX - 1})
    name = secrets.token_urlsafe(NAME_BYTES)
    tokens = _tokens(key, name, now_ns)
    row = (key.id, words_of(key.scopes), _hash(name), *_kept(tokens, now_ns))
    database.execute("insert into sessions values (null, ?, ?, ?, ?, ?, ?, ?)", row)
    return tokens


def refresh_session(database: sqlite3.Connection, token: str, use: Use) -> Tokens:
    """Replace both tokens of a session; raises SignInRefused."""
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
    return tokens


def key_of_access(database: sqlite3.Connection, token: str, use: Use) -> Key:
    """Give the key of an access token, with the session's scopes; raises SignInRefused."""
    digest = _hash(token) if _ACCESS.fullmatch(token) else b""
    query = "select key_id, scopes, access_until_ns from sessions where access = ?"
    row = database.execute(query, (digest,)).fetchone()
    if row is None or use.now_ns >= row[2]:
        refuse(Why.TOKEN, "an access token of a session", "none, or one that has run out")
    key = _narrowed(database, row[0], row[1])
    check_use(key, use)
    return key


def end_session(database: sqlite3.Connection, token: str) -> None:
    """End the session of an access token."""
    database.execute("delete from sessions where access = ?", (_hash(token),))


def end_sessions(database: sqlite3.Connection, key_id: str) -> None:
    """End all sessions of a key."""
    database.execute("delete from sessions where key_id = ?", (key_id,))


def _narrowed(database: sqlite3.Connection, key_id: str, scopes: str) -> Key:
    key = key_of(database, key_id)
    assert key is not None, "a key is never deleted"
    return key._replace(scopes=key.scopes & frozenset(scopes.split()))


def _tokens(key: Key, name: str, now_ns: int) -> Tokens:
    life_ns = ACCESS_NS if key.expires_ns is None else min(ACCESS_NS, key.expires_ns - now_ns)
    refresh = name + secrets.token_urlsafe(TOKEN_BYTES)
    access = secrets.token_urlsafe(TOKEN_BYTES)
    return Tokens(access, refresh, life_ns // NS_PER_SECOND, key)


def _kept(tokens: Tokens, now_ns: int) -> tuple[bytes, int, bytes, int]:
    """Give what is kept of tokens: hashes, and until when each is admitted."""
    until = (now_ns + REFRESH_NS, now_ns + ACCESS_NS)
    return _hash(tokens.refresh), until[0], _hash(tokens.access), until[1]


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()
