"""KEYS: a nonce once, a key for what it says, tokens that end, and a trail of all of it.

Takes   key rings in real files, claims signed here with `hmac` alone.
Gives   the claims of `adapters/keys.py`, each a test.
Keeps   the clock in the hand of the test: it is an argument of every use.
Source  Decision 0029.
"""

import secrets
import sqlite3
import stat
import subprocess
import tempfile
import threading
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.adapters import key_file
from chiphour.adapters import keys as rings
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.keys import KeyRingRefused
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import http_claim
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
        (("   ", 9), {}, "expected a name"),
        ((" a", 9), {}, "without spaces around it, found ' a'"),
        (("a", 7), {}, "member's account, from 8 on, found 7"),
        (("a", 1 << 63), {}, "member's account"),
        (("a", 9, ()), {}, "expected scopes"),
        (("a", 9, ["read", "write"]), {}, "found read write"),
        (("a", 9), {"contracts": ["h100"]}, "expected a contract such as"),
        (("a", 9), {"contracts": ["A B"]}, "expected a contract such as"),
        (("a", 9), {"networks": ["192.0.2.1/24"]}, "expected a network"),
        (("a", 9, ["read"]), {"contracts": ["A100"]}, "expected the scope trade"),
        (("a", 9), {"networks": ["host"]}, "expected a network"),
        (("a", 9), {"networks": ["::ffff:192.0.2.0/120"]}, "expected IPv4 as in"),
        (("a", 9), {"public": ""}, "expected 64 hexadecimal digits"),
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
        ["withdraw", "trade"],
        contracts=["A100", "H100SXMOD_USDC-31AUG26"],
        networks=["192.0.2.0/24", "::1"],
        expires_ns=NOW + 1,
        idempotent_labels=True,
    )
    assert open_ring().keys() == (made,)


@pytest.mark.parametrize("apart_ms", [-60_000, 60_000, 0])
def test_a_clock_within_the_window_is_admitted(ring, apart_ms):
    key, secret = ring.create("bot", 9)
    claim = signed(key, secret, stamp_ns=NOW + apart_ms * 1_000_000)
    assert ring.admit(claim, at()) == key


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
    assert why(ring.sign_in, claim, at(), ["trade"]) == "scope"
    ring.admit(claim, at())


STEPS = st.lists(
    st.tuples(
        st.integers(-130, 130),  # Seconds that the clock moves, also back.
        st.integers(-70, 70),  # Seconds that the stamp is away from it.
        st.sampled_from("abc"),
        st.sampled_from(["", "open", "boot"]),  # What happens to the ring before.
    ),
    max_size=25,
)


def lose_power(ring, patch):
    """Lose all that no durable commit holds, and start the machine again."""
    with closing(sqlite3.connect(ring.path)) as database, database:
        database.execute("delete from nonces")
        database.execute("update keys set nonces = 0, floor_ns = 0")
    boot = ring.path.with_name("boot")
    boot.write_text(secrets.token_hex())
    patch.setattr(key_file, "BOOT", boot)


@settings(max_examples=40)
@given(steps=STEPS)
def test_no_claim_is_admitted_twice(steps):
    """Move the clock, restart, lose power, repeat: one text is admitted at most once, ever."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        ring = KeyRing(Path(folder), lambda: NOW)
        key, secret = ring.create("bot", 9)
        now_ns, admitted = NOW, []
        for moved, apart, nonce, again in steps:
            if again:
                ring.close()
                if again == "boot":
                    lose_power(ring, patch)
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
    files = map(str, ring.path.parent.iterdir())  # Read by another process: see `key_file.py`.
    kept = subprocess.run(["cat", *files], capture_output=True, check=True).stdout
    for token in (tokens.access, tokens.refresh, newer.access, newer.refresh):
        assert token.encode() not in kept
        assert token[24:].encode() not in kept
    assert secret not in repr(trail)


def test_the_trail_is_bounded_and_noise_pushes_out_no_use(open_ring):
    ring = open_ring(trail_max=4)
    key, secret = ring.create("bot", 9)
    other, its_secret = ring.create("other", 9)
    ring.admit(signed(key, secret), at(NOW + 1, what="first"))
    why(ring.admit, signed(key, secret, "m"), at(NOW + 1, what="proved", scope="trade"))
    for each in range(20):
        why(ring.admit, signed(key, "guess", f"g{each}"), at(NOW + 2))
        why(ring.admit_token, "x", at(NOW + 3))
        ring.admit(signed(other, its_secret, f"n{each}"), at(NOW + 4))
    trail = ring.trail()
    assert [line.what for line in trail if line.verdict == "admitted"][:3] == [
        "create",
        "create",
        "first",
    ]
    assert [line.what for line in trail if line.verdict == "scope"] == ["proved"]
    assert len(trail) == 2 + 1 + 1 + 4 + 4


@pytest.mark.parametrize(
    "change",
    [
        "update trail set verdict = 'x'",
        "delete from trail",
        "delete from trail where number = 1",
        "insert or replace into trail select ring, admitted, number, 0, '', '', '', '' from trail",
        "insert into trail select ring, admitted, number + 2, 0, '', '', '', '' from trail",
        "insert into trail select ring, admitted, null, 0, '', '', '', '' from trail",
    ],
)
def test_the_trail_is_only_added_to(ring, change):
    ring.create("bot", 9)
    database = sqlite3.connect(ring.path)
    with pytest.raises(sqlite3.Error):
        database.execute(change)
    database.close()
    assert [line.what for line in ring.trail()] == ["create"]


def test_a_ring_that_is_closed_refuses(ring):
    ring.close()
    with pytest.raises(KeyRingRefused, match="closed"):
        ring.keys()


def test_a_key_that_was_never_proved_is_not_even_read(ring):
    """Else a refusal would take longer the more networks a key has."""
    key, secret = ring.create("bot", 9)
    with closing(sqlite3.connect(ring.path)) as database, database:
        database.execute("update keys set networks = 'none'")
    claim = signed(key, secret)
    assert why(ring.admit, claim._replace(signature=bytes(32)), at()) == "signature"
    with pytest.raises(KeyRingRefused, match="expected networks, found 'none'"):
        ring.admit(claim, at())


def test_a_reason_repeats_little_of_what_was_asked(ring):
    key, secret = ring.create("bot", 9)
    with pytest.raises(SignInRefused, match=r"a key with \?x+, found read") as caught:
        ring.sign_in(signed(key, secret), at(), ["\n" + "x" * 100_000])
    assert len(str(caught.value)) < 200
    assert caught.value.key_id == key.id


def test_what_is_noted_is_bounded_and_of_strangers(open_ring):
    ring = open_ring(trail_max=2)
    key, secret = ring.create("bot", 9)
    why(ring.admit, signed(key, secret), at(NOW + 1, scope="trade"))
    for _ in range(3):
        ring.note(at(NOW + 2), "malformed", key.id)
    ring.note(at(NOW + 3), "malformed", "k" * 99)
    assert [line.verdict for line in ring.trail()] == ["admitted", "scope", *["malformed"] * 2]
    assert ring.trail()[-1].key_id == "k" * 64


def test_a_use_pushes_out_nothing_that_the_operator_did(open_ring):
    ring = open_ring(trail_max=2)
    key, secret = ring.create("bot", 9)
    for each in range(5):
        ring.admit(signed(key, secret, f"n{each}"), at(NOW + 1))
    assert [line.what for line in ring.trail()] == ["create", "buy", "buy"]


@pytest.mark.parametrize("key_id", ["\udcff", "a b", "x" * 33])
def test_what_is_no_id_of_a_key_is_refused(ring, key_id):
    for act in (ring.revoke, lambda key_id: ring.trail(1, key_id)):
        with pytest.raises(KeyRingRefused, match="expected the id of a key, found"):
            act(key_id)


def test_keys_are_bounded_and_revoked_ones_take_no_place(ring, monkeypatch):
    monkeypatch.setattr(rings, "KEYS_MAX", 2)
    monkeypatch.setattr(rings, "KEYS_EVER_MAX", 4)
    first, second = (ring.create("bot", 9)[0] for _ in range(2))
    with pytest.raises(KeyRingRefused, match="at most 2 keys that are not revoked"):
        ring.create("bot", 9)
    for each in (first, second):
        ring.revoke(each.id)
        ring.create("bot", 9)
    ring.revoke(ring.keys()[2].id)
    with pytest.raises(KeyRingRefused, match="at most 4 keys with those that were revoked"):
        ring.create("bot", 9)
    assert len(ring.keys()) == 4
