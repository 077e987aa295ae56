"""BATCH: each row in the batch of one strike; one root for the rows of a batch.

Takes   rows seen and received around strikes.
Gives   a failure where a row could enter a strike before its batch.
Keeps   the root of nothing, of one and of two as RFC 6962 has them.
Source  Methodology v2026_1, "Window"; RFC 6962 section 2.1.
"""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from chiphour.index.batch import batch_root
from chiphour.index.batch import batch_strike_ns
from chiphour.index.v2026_1 import PARAMETERS
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from records import observation

STRIKE_NS = 1_784_507_400_000_000_000
CLOSE_NS = PARAMETERS.close_ns


def enters(row, strike):
    return row.observed_ns < strike and row.received_ns < strike + CLOSE_NS


@given(st.integers(-2 * NS_PER_DAY, 2 * NS_PER_DAY), st.integers(0, 2 * NS_PER_DAY))
def test_a_row_is_in_the_batch_of_the_first_strike_it_can_enter(offset_ns, late_ns):
    seen = STRIKE_NS + offset_ns
    row = observation(seen, received_ns=seen + late_ns)
    strike = batch_strike_ns(row, CLOSE_NS)
    assert (strike - STRIKE_NS) % NS_PER_DAY == 0
    assert enters(row, strike)
    assert not enters(row, strike - NS_PER_DAY)


def test_the_edges_of_a_batch():
    at_strike = observation(STRIKE_NS)
    assert batch_strike_ns(at_strike, CLOSE_NS) == STRIKE_NS + NS_PER_DAY
    before = observation(STRIKE_NS - 1, received_ns=STRIKE_NS + 5 * NS_PER_MINUTE - 1)
    assert batch_strike_ns(before, CLOSE_NS) == STRIKE_NS
    late = before._replace(received_ns=before.received_ns + 1)
    assert batch_strike_ns(late, CLOSE_NS) == STRIKE_NS + NS_PER_DAY


def test_the_root_is_of_the_sorted_ids():
    one, two = ("00" * 32, "ff" * 32)
    leaves = [hashlib.sha256(b"\0" + bytes.fromhex(each)).digest() for each in (one, two)]
    assert batch_root([]) == hashlib.sha256(b"").hexdigest()
    assert batch_root([one]) == leaves[0].hex()
    both = hashlib.sha256(b"\1" + leaves[0] + leaves[1]).hexdigest()
    assert batch_root([two, one]) == batch_root([one, two]) == both
