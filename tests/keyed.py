"""KEYED: claims signed with `hmac` alone, and uses of them.

Takes   a key with its secret; times, which are arguments of every use.
Gives   signed claims, uses, and the word for which one is refused.
Keeps   the signature made without what is tested.
Source  Decision 0029.
"""

import hashlib
import hmac

import pytest

from chiphour.wire.key import Use
from chiphour.wire.signature import SignInRefused
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
