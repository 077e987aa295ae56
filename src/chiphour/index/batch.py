"""BATCH: the rows that come in with a strike, and the root that stands for them all.

Takes   observations, or their ids.
Gives   the strike that a row enters first; the root of a batch of rows.
Keeps   each row in one batch, so that all batches together are all rows, and a root that cannot
        be kept while a row is added, taken out or changed.
Source  Methodology v2026_1, "Window"; RFC 6962 section 2.1; decision 0018.
"""

from collections.abc import Iterable

from chiphour.index.merkle import leaf_hash
from chiphour.index.merkle import root_of
from chiphour.observe.observation import Observation
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS


def batch_strike_ns(row: Observation, close_ns: int) -> int:
    """Give the first strike that a row can enter: seen before it, received before its close."""
    seen = row.observed_ns - STRIKE_OFFSET_NS
    received = row.received_ns - close_ns - STRIKE_OFFSET_NS
    days = max(seen, received) // NS_PER_DAY + 1
    return days * NS_PER_DAY + STRIKE_OFFSET_NS


def batch_root(ids: Iterable[str]) -> str:
    """Give the hash of the tree whose leaves are the sorted ids, as 32 bytes each; hexadecimal."""
    return root_of([leaf_hash(bytes.fromhex(each)) for each in sorted(ids)]).hex()
