"""BUNDLED TREE: many hashes side by side give the root that hashes one by one give.

Takes   ids drawn at random, in every number around that of the lanes.
Gives   a failure where the root differs from the audit's.
Keeps   the audit's own tree as what is right, and the constants as the standard prints them.
Source  FIPS 180-4 section 4.2.2 and 5.3.3; RFC 6962 section 2.1.
"""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.bundled_tree import CONSTANTS
from chiphour.adapters.bundled_tree import FIRST
from chiphour.adapters.bundled_tree import LANES
from chiphour.adapters.bundled_tree import root_of
from chiphour.audit.tree import root_of_ids


@pytest.mark.parametrize(
    "count", [*range(9), *(LANES * n + more for n in (1, 2, 5) for more in (-1, 0, 1))]
)
def test_the_root_is_the_audits_for_every_number_of_ids(count):
    ids = Random(count).randbytes(32 * count)
    assert root_of(ids) == root_of_ids(ids)


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=300))
def test_the_root_is_the_audits_for_any_ids(ids):
    assert root_of(b"".join(ids)) == root_of_ids(b"".join(ids))


def test_the_constants_are_those_of_the_standard():
    assert [hex(each) for each in CONSTANTS[[0, 1, 63]].tolist()] == [
        "0x428a2f98",
        "0x71374491",
        "0xc67178f2",
    ]
    assert [hex(each) for each in FIRST[[0, 7]].tolist()] == ["0x6a09e667", "0x5be0cd19"]
