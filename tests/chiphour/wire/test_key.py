"""KEY: a key is for what it says, and for nothing else.

Takes   keys and uses made here.
Gives   the claims of `wire/key.py`, each a test.
Keeps   the reason of each refusal exact.
Source  Decision 0029.
"""

import ipaddress

import pytest

from chiphour.wire.key import Key
from chiphour.wire.key import Use
from chiphour.wire.key import check_use
from chiphour.wire.key import words_of
from chiphour.wire.signature import ED25519
from chiphour.wire.signature import SignInRefused
from chiphour.wire.signature import Why


def key(**changes) -> Key:
    plain = Key(
        *("k1", 9, "bot", frozenset({"read", "trade"}), frozenset(), (), None),
        *(False, ED25519, 0, None),
    )
    return plain._replace(**changes)


PERPETUAL = "H100SXMOD_USDC-PERPETUAL"
HOME = (ipaddress.ip_network("192.0.2.0/24"), ipaddress.ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("changes", "use", "why"),
    [
        ({}, Use(5, "", "buy", "trade", PERPETUAL), None),
        ({}, Use(5, "", "buy", "withdraw"), Why.SCOPE),
        ({"revoked_ns": 4}, Use(5, "", "x"), Why.REVOKED),
        ({"expires_ns": 5}, Use(5, "", "x"), Why.EXPIRED),
        ({"expires_ns": 6}, Use(5, "", "x"), None),
        ({"networks": HOME}, Use(5, "192.0.2.7", "x"), None),
        ({"networks": HOME}, Use(5, "::ffff:192.0.2.7", "x"), None),
        ({"networks": HOME}, Use(5, "2001:db8::1", "x"), None),
        ({"networks": HOME}, Use(5, "192.0.3.7", "x"), Why.ADDRESS),
        ({"networks": HOME}, Use(5, "", "x"), Why.ADDRESS),
        ({"networks": HOME}, Use(5, "192.0.2.7, 10.0.0.1", "x"), Why.ADDRESS),
        ({"contracts": frozenset({PERPETUAL})}, Use(5, "", "x", "trade", PERPETUAL), None),
        ({"contracts": frozenset({"H100SXMOD"})}, Use(5, "", "x", "trade", PERPETUAL), None),
        ({"contracts": frozenset({"A100"})}, Use(5, "", "x", "trade", PERPETUAL), Why.CONTRACT),
        ({"contracts": frozenset({"A100"})}, Use(5, "", "x", "trade"), Why.CONTRACT),
        ({"contracts": frozenset({"A100"})}, Use(5, "", "x", "read", PERPETUAL), None),
    ],
)
def test_a_key_is_for_what_it_says(changes, use, why):
    if why is None:
        check_use(key(**changes), use)
        return
    with pytest.raises(SignInRefused) as caught:
        check_use(key(**changes), use)
    assert (caught.value.why, caught.value.key_id) == (why, "k1")


def test_words_are_written_in_one_order():
    assert words_of({"trade", "read"}) == "read trade"
