"""REFERENCE RESTORE: the plain exchange from sections: the same state, and the same from then on.

Takes   a plain market after a random flow.
Gives   its twin from its own sections, equal in all that it holds.
Keeps   the law of it in `tests/laws/test_restore.py`.
Source  Rulebook 13.1; decision 0026.
"""

import pytest

from chiphour.exchange.reference import Reference
from chiphour.exchange.reference_restore import restored
from chiphour.simulate.storm_hand import seeded


@pytest.mark.parametrize("seed", range(4))
def test_restored_reference_is_the_original(seed):
    """What it holds at once; then event by event, and by digest."""
    limits, rows = seeded(seed, 150)
    market, twin = Reference(limits), None
    for row in rows:
        if twin is not None:
            assert twin.apply(row[None]).tolist() == market.apply(row[None]).tolist()
            assert twin.digest() == market.digest()
            continue
        market.apply(row[None])
        if market.sequence > len(rows) // 2 and market.next_due_ns > market.time_ns:
            twin = restored(limits, market.sections())
            assert twin.state.indexes == market.state.indexes
            assert twin.state.work == market.state.work
            assert list(twin.state.orders) == sorted(market.state.orders)
    assert twin is not None


def test_half_done_instant_is_not_restored():
    limits, _ = seeded(0, 1)
    sections = Reference(limits).sections()
    sections.market[0, 3] = 1
    with pytest.raises(AssertionError):
        restored(limits, sections)
