"""KEYS: a nonce once, a key for what it says, tokens that end, and a trail of all of it.

Takes   key rings in real files, claims signed here with `hmac` alone.
Gives   the claims of `adapters/keys.py`, each a test.
Keeps   the clock in the hand of the test: it is an argument of every use.
Source  Decision 0029.
"""

import hashlib
import hmac
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.adapters import keys as rings
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.keys import KeyRingRefused
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import Use
from chiphour.wire.signature import http_claim
from chiphour.wire.signature import session_claim

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND
WINDOW = 60 * SECOND


def at(time_ns: int = NOW, **more) -> Use:
    return Use(time_ns, more.pop("address", "192.0.2.7"), more.pop("what", "buy"), **more)


def signed(key, secret: str, nonce: str = "n", stamp_ns: int = NOW):
    ts = str(stamp_ns // 1_000_000)
    sig = hmac.new(secret.encode(), f"{ts}\n{nonce}\n".encode(), hashlib.sha256).hexdigest()
    return session_claim(key.id, ts, nonce, "", sig)


def why(act, *words, **more) -> str:
    with pytest.raises(SignInRefused) as caught:
        act(*words, **more)
    return str(caught.value.why)


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


def test_a_key_is_admitted_and_its_secret_kept_from_others(ring):
    key, secret = ring.create("bot", 9, ["read", "trade"])
    assert len(secret) == 43
    assert ring.admit(signed(key, secret), at(scope="trade")) == key
    assert ring.keys() == (key,)
    for file in ring.path.parent.iterdir():  # The journal of the database too.
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert secret not in repr(ring.keys()) + repr(ring.trail())


def test_a_request_and_a_public_key_are_admitted(ring):
    private = Ed25519PrivateKey.generate()
    key, secret = ring.create("bot", 9, public=private.public_key().public_bytes_raw().hex())
    assert secret == ""
    sig = private.sign(b"1700000000000\na\nGET\n/x\n\n").hex()
    line = f"chiphour-ed25519 id={key.id},ts=1700000000000,sig={sig},nonce=a"
    assert ring.admit(http_claim(line, "GET", b"/x", b""), at()) == key


def test_no_two_keys_are_alike(ring):
    made = [ring.create("bot", 9) for _ in range(20)]
    assert len({key.id for key, _ in made}) == len({secret for _, secret in made}) == 20


@pytest.mark.parametrize(
    ("words", "more", "message"),
    [
        (("", 9), {}, "expected a name"),
        (("a\nb", 9), {}, "expected a name"),
        (("a", 7), {}, "member's account, from 8 on, found 7"),
        (("a", 1 << 63), {}, "member's account"),
        (("a", 9, ()), {}, "expected scopes"),
        (("a", 9, ["read", "write"]), {}, "found read write"),
        (("a", 9), {"contracts": ["h100"]}, "expected a contract such as"),
        (("a", 9), {"contracts": ["A B"]}, "expected a contract such as"),
        (("a", 9), {"networks": ["192.0.2.1/24"]}, "expected a network"),
        (("a", 9), {"networks": ["host"]}, "expected a network"),
        (("a", 9), {"networks": ["::1"] * 65}, "at most 64"),
        (("a", 9), {"expires_ns": NOW}, "expected an expiry after"),
        (("a", 9), {"public": "00" * 32}, "large order"),
    ],
)
def test_a_key_that_cannot_be_is_refused_and_nothing_kept(ring, words, more, message):
    with pytest.raises(KeyRingRefused, match=message):
        ring.create(*words, **more)
    assert ring.keys() == ()


def test_what_a_key_may_do_outlives_a_restart(ring, open_ring):
    made, _ = ring.create(
        "bot",
        9,
        ["withdraw", "read"],
        contracts=["A100", "H100SXMOD_USDC-31AUG26"],
        networks=["192.0.2.0/24", "::1"],
        expires_ns=NOW + 1,
        idempotent_labels=True,
    )
    assert open_ring().keys() == (made,)


@pytest.mark.parametrize("apart_ms", [-60_000, 60_000, 0])
def test_a_clock_within_the_window_is_admitted(ring, apart_ms):
    key, secret = ring.create("bot", 9)
    ring.admit(signed(key, secret, stamp_ns=NOW + apart_ms * 1_000_000), at())


@pytest.mark.parametrize("apart_ms", [-60_001, 60_001, -(10**12), 8 * 10**12])
def test_a_clock_beyond_the_window_is_refused_on_both_sides(ring, apart_ms):
    key, secret = ring.create("bot", 9)
    stamp_ns = NOW + apart_ms * 1_000_000
    assert why(ring.admit, signed(key, secret, stamp_ns=stamp_ns), at()) == "clock"


def test_a_nonce_is_admitted_once_and_per_key(ring):
    key, secret = ring.create("bot", 9)
    other, its_secret = ring.create("bot", 9)
    claim = signed(key, secret)
    ring.admit(claim, at())
    assert why(ring.admit, claim, at()) == "replay"
    assert why(ring.sign_in, claim, at()) == "replay"
    assert why(ring.admit, signed(key, secret, stamp_ns=NOW + SECOND), at()) == "replay"
    ring.admit(signed(other, its_secret), at())


def test_a_refused_use_spends_no_nonce(ring):
    key, secret = ring.create("bot", 9)
    claim = signed(key, secret)
    assert why(ring.admit, claim._replace(signature=bytes(32)), at()) == "signature"
    assert why(ring.admit, claim, at(scope="trade")) == "scope"
    ring.admit(claim, at())


STEPS = st.lists(
    st.tuples(
        st.integers(-130, 130),  # Seconds that the clock moves, also back.
        st.integers(-70, 70),  # Seconds that the stamp is away from it.
        st.sampled_from("abc"),
        st.booleans(),  # Whether the ring is opened again before.
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_no_claim_is_admitted_twice(steps):
    """Move the clock, restart, repeat: the same signed text is admitted at most once, ever."""
    with tempfile.TemporaryDirectory() as folder:
        ring = KeyRing(Path(folder), lambda: NOW)
        key, secret = ring.create("bot", 9)
        now_ns, admitted = NOW, []
        for moved, apart, nonce, again in steps:
            if again:
                ring.close()
                ring = KeyRing(Path(folder), lambda: NOW)
            now_ns += moved * SECOND
            claim = signed(key, secret, nonce, now_ns + apart * SECOND)
            for _ in range(2):
                try:
                    ring.admit(claim, at(now_ns))
                    admitted.append(claim)
                except SignInRefused:
                    continue
        for claim in list(admitted):
            for time_ns in (NOW, now_ns, claim.time_ms * 1_000_000):
                with pytest.raises(SignInRefused):
                    ring.admit(claim, at(time_ns))
        assert len(admitted) == len({(c.time_ms, c.nonce) for c in admitted})
        ring.close()


def test_of_many_threads_on_two_rings_one_is_admitted(open_ring):
    """Two rings are what two processes have: a connection each, one file."""
    both = (open_ring(), open_ring())
    key, secret = both[0].create("bot", 9)
    found = []
    for turn in range(10):
        claim = signed(key, secret, f"n{turn}")
        start = threading.Barrier(8)

        def use(ring, claim=claim, start=start):
            start.wait()
            try:
                ring.admit(claim, at())
                found.append("admitted")
            except SignInRefused as fault:
                found.append(fault.why)

        threads = [threading.Thread(target=use, args=(both[each % 2],)) for each in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert (found.count("admitted"), found.count("replay")) == (10, 70)


def test_a_nonce_used_before_a_restart_is_refused_after_it(ring, open_ring):
    key, secret = ring.create("bot", 9)
    claim = signed(key, secret, stamp_ns=NOW + WINDOW)
    ring.admit(claim, at())
    ring.close()
    again = open_ring()
    assert why(again.admit, claim, at(NOW + WINDOW)) == "replay"
    again.admit(signed(key, secret, "other"), at())


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


def test_after_the_machine_started_again_stamps_of_before_are_refused(
    ring, open_ring, tmp_path, monkeypatch
):
    """A loss of power may lose nonces: whatever it lost had a stamp before the floor."""
    key, secret = ring.create("bot", 9)
    ring.close()
    boot = tmp_path / "boot"
    boot.write_text("another\n")
    monkeypatch.setattr(rings, "BOOT", boot)
    for _ in range(2):  # The floor stays with the next opening.
        again = open_ring()
        claim = signed(key, secret, stamp_ns=NOW + WINDOW)
        assert why(again.admit, claim, at(NOW + SECOND)) == "clock"
    after = NOW + WINDOW + 1_000_000
    again.admit(signed(key, secret, stamp_ns=after), at(after))


def test_full_memory_refuses_and_forgets_nothing(open_ring):
    ring = open_ring(nonces_max=3)
    key, secret = ring.create("bot", 9)
    claims = [signed(key, secret, f"n{each}", NOW + each * SECOND) for each in range(4)]
    for claim in claims[:3]:
        ring.admit(claim, at())
    assert why(ring.admit, claims[3], at()) == "full"
    assert why(ring.admit, claims[0], at()) == "replay"
    later = NOW + WINDOW + SECOND  # By now the first stamp is refused by the clock.
    ring.admit(signed(key, secret, "n9", later), at(later))
    assert why(ring.admit, signed(key, secret, "n8", later), at(later)) == "full"
    assert why(ring.admit, claims[1], at(later)) == "replay"


def test_a_revoked_key_is_refused_at_once_in_every_process(ring, open_ring):
    key, secret = ring.create("bot", 9)
    tokens = ring.sign_in(signed(key, secret), at())
    other = open_ring()
    assert other.revoke(key.id).revoked_ns == NOW
    assert why(ring.admit, signed(key, secret, "m"), at()) == "revoked"
    assert why(ring.admit_token, tokens.access, at()) == "token"
    assert why(ring.refresh, tokens.refresh, at()) == "token"
    assert why(open_ring().admit, signed(key, secret, "m"), at()) == "revoked"
    assert other.revoke(key.id).revoked_ns == NOW
    with pytest.raises(KeyRingRefused, match="expected the id of a key, found 'nobody'"):
        ring.revoke("nobody")


def test_who_does_not_sign_learns_nothing_of_a_key(ring):
    """Expired, revoked, unknown: without the secret all are told the same."""
    key, secret = ring.create("bot", 9, expires_ns=NOW + 1, networks=["10.0.0.0/8"])
    claim = signed(key, secret)
    said = set()
    for each in (claim._replace(signature=bytes(32)), claim._replace(key_id="nobody")):
        with pytest.raises(SignInRefused) as caught:
            ring.admit(each, at(NOW + 1))
        said.add(str(caught.value))
    assert len(said) == 1
    assert why(ring.admit, claim, at(NOW + 1)) == "expired"
    assert why(ring.admit, claim, at()) == "address"
    ring.admit(claim, at(address="10.1.2.3"))


def test_test_mode_explains(open_ring):
    ring = open_ring(test_mode=True)
    key, secret = ring.create("bot", 9)
    with pytest.raises(SignInRefused) as caught:
        ring.admit(signed(key, secret)._replace(parts=(b"data",)), at())
    assert caught.value.explanation.part == "data"
    assert secret not in str(caught.value.data)


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


def test_every_use_is_in_the_trail_and_no_secret(ring):
    key, secret = ring.create("bot", 9)
    tokens = ring.sign_in(signed(key, secret), at(what="public/auth"))
    ring.admit_token(tokens.access, at(NOW + 1, what="private/buy"))
    why(ring.admit_token, tokens.access, at(NOW + 2, scope="trade"))
    why(ring.admit, signed(key, secret), at(NOW + 3))
    why(ring.admit, signed(key, "guess"), at(NOW + 4, address="a\nb" + "c" * 99))
    ring.note(at(NOW + 5), "malformed")
    newer = ring.refresh(tokens.refresh, at(NOW + 6))
    why(ring.refresh, tokens.refresh, at(NOW + 7))
    trail = ring.trail()
    assert [(line.key_id == key.id, line.what, line.verdict) for line in trail] == [
        (True, "create", "admitted"),
        (True, "public/auth", "admitted"),
        (True, "private/buy", "admitted"),
        (True, "buy", "scope"),
        (True, "buy", "replay"),
        (True, "buy", "signature"),
        (False, "buy", "malformed"),
        (True, "buy", "admitted"),
        (True, "buy", "reused"),
    ]
    assert trail[5].address == "a?b" + "c" * 61
    assert trail[2].time_ns == NOW + 1
    assert ring.trail(2, key.id) == (trail[7], trail[8])
    kept = b"".join(file.read_bytes() for file in ring.path.parent.iterdir())
    for token in (tokens.access, tokens.refresh, newer.access, newer.refresh):
        assert token.encode() not in kept
        assert token[24:].encode() not in kept
    assert secret not in repr(trail)


def test_the_trail_is_bounded_and_noise_pushes_out_no_use(open_ring):
    ring = open_ring(trail_max=4)
    key, secret = ring.create("bot", 9)
    other, its_secret = ring.create("other", 9)
    ring.admit(signed(key, secret), at(NOW + 1, what="first"))
    for each in range(20):
        why(ring.admit, signed(key, "guess", f"g{each}"), at(NOW + 2))
        why(ring.admit_token, "x", at(NOW + 3))
        ring.admit(signed(other, its_secret, f"n{each}"), at(NOW + 4))
    trail = ring.trail()
    assert [line.what for line in trail if line.verdict == "admitted"][:2] == ["create", "first"]
    assert len(trail) == 2 + 4 + 4 + 4


@pytest.mark.parametrize(
    "change",
    ["update trail set verdict = 'x'", "delete from trail", "delete from trail where number = 1"],
)
def test_the_trail_is_only_added_to(ring, change):
    ring.create("bot", 9)
    database = sqlite3.connect(ring.path)
    with pytest.raises(sqlite3.Error):
        database.execute(change)
    database.close()
    assert len(ring.trail()) == 1


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
    database.execute("pragma user_version = 2")
    database.close()
    with pytest.raises(KeyRingRefused, match="expected keys of version 1, found 2"):
        KeyRing(tmp_path)


def test_a_ring_that_is_closed_refuses(ring):
    ring.close()
    with pytest.raises(KeyRingRefused, match="closed"):
        ring.keys()


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
