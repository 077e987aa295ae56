"""METERED: obligations, and readings that were really signed.

Takes   chips and seconds.
Gives   readings with Ed25519 signatures; the keys that fit them; random readings of an obligation.
Keeps   keys made from account numbers, so that a failing example can be run again.
Source  RFC 8032; docs/formulation/runs.md, section 8.
"""

from itertools import pairwise

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import strategies as st

from chiphour.auction.meter import Count
from chiphour.auction.meter import Reading
from chiphour.auction.meter import Signed
from chiphour.auction.obligations import Obligation
from chiphour.units import NS_PER_SECOND
from settled import H100
from settled import HOUR_NS

SUPPLIER, BUYER, MARKET = 8, 11, 5
ACCOUNTS = (SUPPLIER, BUYER, MARKET)
OWED = Obligation("a" * 64, SUPPLIER, "pool-1", BUYER, H100, "on-demand", HOUR_NS, (800, 250))


def key_of(account):
    return Ed25519PrivateKey.from_private_bytes(account.to_bytes(32, "big"))


KEYS = {account: key_of(account).public_key().public_bytes_raw() for account in ACCOUNTS}


def verify(key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def signed(reading):
    return Signed(reading, key_of(reading.account).sign(reading.message))


def reading(*counts, second=0, account=SUPPLIER, owed=OWED, units_picos=None):
    """Sign what an account saw from a second of an obligation on, as (chips, seconds)."""
    from_ns = owed.from_ns + second * NS_PER_SECOND
    pairs = tuple(Count(*count) for count in counts)
    return signed(Reading(account, owed.hash, from_ns, pairs, units_picos))


def seconds_of(rows, owed=OWED):
    """Give the chips of each second as a list, None where there is no reading."""
    found = [None] * ((owed.end_ns - owed.from_ns) // NS_PER_SECOND)
    for row in rows:
        second = (row.reading.from_ns - owed.from_ns) // NS_PER_SECOND
        for chips, seconds in row.reading.counts:
            found[second : second + seconds] = [chips] * seconds
            second += seconds
    return found


@st.composite
def readings(draw, account=SUPPLIER, owed=OWED):
    """Draw readings of whole chips that stay within what was awarded, with gaps between some."""
    most = min(owed.awarded_hundredths) // 100
    end = (owed.end_ns - owed.from_ns) // NS_PER_SECOND
    edges = sorted({0, end, *draw(st.lists(st.integers(1, end - 1), max_size=6))})
    found, counts, begins = [], [], 0
    for first, until in pairwise(edges):
        chips = draw(st.sampled_from((None, *range(most + 1))))
        if counts and (chips is None or chips == counts[-1][0] or draw(st.booleans())):
            found.append(reading(*counts, second=begins, account=account, owed=owed))
            counts = []
        if chips is not None:
            begins = begins if counts else first
            counts.append((chips, until - first))
    if counts:
        found.append(reading(*counts, second=begins, account=account, owed=owed))
    return found
