"""SESSIONS: tokens that end with their time, their key, their session and their second use.

Takes   key rings in real files, sessions begun there.
Gives   the claims of `adapters/sessions.py`, each a test.
Keeps   the clock in the hand of the test: it is an argument of every use.
Source  Decision 0029.
"""

import sqlite3
import threading
from contextlib import closing

import pytest

from chiphour.adapters.keys import KeyRing
from chiphour.wire.signature import SignInRefused
from keyed import NOW
from keyed import SECOND
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


def test_a_session_has_what_was_asked_of_what_the_key_has(ring):
    key, secret = ring.create("bot", 9, ["read", "trade"])
    tokens = ring.sign_in(signed(key, secret), at(), ["read", "withdraw"])
    assert (tokens.expires_s, tokens.key.scopes) == (900, {"read"})
    assert ring.admit_token(tokens.access, at(scope="read")).scopes == {"read"}
    assert why(ring.admit_token, tokens.access, at(scope="trade")) == "scope"
    assert why(ring.admit_token, tokens.access, at(scope="withdraw")) == "scope"
    assert ring.refresh(tokens.refresh, at()).key.scopes == {"read"}
    assert why(ring.sign_in, signed(key, secret, "m"), at(), ["withdraw"]) == "scope"


def test_a_token_ends_with_its_time_and_with_its_key(ring):
    key, secret = ring.create("bot", 9, expires_ns=NOW + 100 * SECOND)
    tokens = ring.sign_in(signed(key, secret), at())
    assert tokens.expires_s == 100
    assert why(ring.admit_token, tokens.access, at(NOW + 100 * SECOND)) == "expired"
    key, secret = ring.create("bot", 9)
    tokens = ring.sign_in(signed(key, secret), at())
    ring.admit_token(tokens.access, at(NOW + 900 * SECOND - 1))
    assert why(ring.admit_token, tokens.access, at(NOW + 900 * SECOND)) == "token"
    late = at(NOW + 7 * 86_400 * SECOND)
    assert why(ring.refresh, tokens.refresh, late) == "token"


def test_an_address_off_the_list_cannot_use_a_token(ring):
    key, secret = ring.create("bot", 9, networks=["192.0.2.0/24"])
    tokens = ring.sign_in(signed(key, secret), at())
    assert why(ring.admit_token, tokens.access, at(address="10.0.0.1")) == "address"
    assert why(ring.refresh, tokens.refresh, at(address="10.0.0.1")) == "address"
    ring.refresh(tokens.refresh, at())


def test_a_refresh_token_is_used_once_and_a_second_use_ends_the_session(ring, open_ring):
    key, secret = ring.create("bot", 9)
    first = ring.sign_in(signed(key, secret), at())
    second = ring.refresh(first.refresh, at())
    assert why(ring.admit_token, first.access, at()) == "token"
    ring.admit_token(second.access, at())
    assert why(open_ring().refresh, first.refresh, at()) == "reused"
    assert why(ring.admit_token, second.access, at()) == "token"
    assert why(ring.refresh, second.refresh, at()) == "token"


def test_of_two_threads_with_one_refresh_token_one_is_served(ring):
    key, secret = ring.create("bot", 9)
    tokens = ring.sign_in(signed(key, secret), at())
    found = []
    start = threading.Barrier(2)

    def use():
        start.wait()
        try:
            found.append(ring.refresh(tokens.refresh, at()).access)
        except SignInRefused as fault:
            found.append(fault.why)

    threads = [threading.Thread(target=use) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert found.count("reused") == 1
    access = next(each for each in found if each != "reused")
    assert why(ring.admit_token, access, at()) == "token"


def test_signing_out_ends_the_session(ring):
    key, secret = ring.create("bot", 9)
    tokens = ring.sign_in(signed(key, secret), at())
    ring.sign_out(tokens.access, at())
    assert why(ring.admit_token, tokens.access, at()) == "token"
    assert why(ring.refresh, tokens.refresh, at()) == "token"


def test_one_session_too_many_ends_the_oldest(ring):
    other, its_secret = ring.create("other", 9)
    its_tokens = ring.sign_in(signed(other, its_secret), at())
    key, secret = ring.create("bot", 9)
    sessions = [ring.sign_in(signed(key, secret, f"n{each}"), at()) for each in range(66)]
    assert why(ring.admit_token, sessions[0].access, at()) == "token"
    assert why(ring.admit_token, sessions[1].access, at()) == "token"
    ring.admit_token(sessions[2].access, at())
    ring.admit_token(its_tokens.access, at())


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "a" * 67, "\udc80" * 43, "é" * 67])
def test_what_is_no_token_is_refused(ring, token):
    for act in (ring.admit_token, ring.refresh, ring.sign_out):
        assert why(act, token, at()) == "token"


def test_sessions_of_other_keys_do_not_count(ring):
    made = [ring.create("bot", 9) for _ in range(2)]
    sessions = [
        ring.sign_in(signed(key, secret, f"n{turn}"), at())
        for turn in range(40)
        for key, secret in made
    ]
    for each in sessions:
        ring.admit_token(each.access, at())


def test_sessions_that_have_run_out_are_not_kept(ring):
    key, secret = ring.create("bot", 9)
    ring.sign_in(signed(key, secret), at())
    late = NOW + 7 * 86_400 * SECOND
    for number, now_ns in ((2, late - 1), (2, late)):
        ring.sign_in(signed(key, secret, f"n{now_ns}", now_ns), at(now_ns))
        with closing(sqlite3.connect(ring.path)) as database:
            assert database.execute("select count(*) from sessions").fetchone() == (number,)
