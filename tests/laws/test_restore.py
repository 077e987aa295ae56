"""RESTORE: a market made from the sections of another goes on as that one does.

Takes   random commands (`simulate/storm.py`), and moments at which the state is taken apart.
Gives   the law: kernel and plain exchange, restored from the kernel's sections, give the same
        digest at once, and the same events and digests after every later command.
Keeps   the moments to those at which no instant is in work, as a snapshot's are.
Source  Rulebook 13.1; decision 0026.
"""

import random

import pytest

from chiphour.exchange.engine import Engine
from chiphour.exchange.reference_restore import restored
from chiphour.simulate.storm_hand import seeded

MOMENTS = 4  # Of each flow.
COMMANDS = 60


def check(seed: int, count: int, restores) -> int:
    """Run a flow with twins of it that are born on the way; give how many there were."""
    limits, rows = seeded(seed, count)
    draw = random.Random(seed)
    moments = set(draw.sample(range(len(rows)), MOMENTS))
    original, twins = Engine(limits), []
    for number, row in enumerate(rows):
        events = original.apply(row[None])
        digest = original.digest() if twins or number in moments else ""
        for twin in twins:
            assert twin.apply(row[None]).tolist() == events.tolist()
            assert twin.digest() == digest
        if number in moments and original.next_due_ns > original.time_ns:
            for restore in restores:
                twin = restore(limits, original.sections())
                assert twin.digest() == digest
                assert (twin.sequence, twin.time_ns) == (original.sequence, original.time_ns)
                assert twin.next_due_ns == original.next_due_ns
                assert twin.work_waits == original.work_waits
                twins.append(twin)
    return len(twins)


@pytest.mark.parametrize("seed", range(4))
def test_restored_market_goes_on_as_the_original(seed):
    assert check(seed, COMMANDS, (Engine.from_sections, restored)) > 0


@pytest.mark.long
@pytest.mark.suite
@pytest.mark.parametrize("seed", range(100, 130))
def test_restored_market_goes_on_for_long(seed):
    assert check(seed, 600, (Engine.from_sections,)) > 0


def test_empty_market_is_restored():
    limits, _ = seeded(0, 1)
    empty = Engine(limits)
    for restore in (Engine.from_sections, restored):
        assert restore(limits, empty.sections()).digest() == empty.digest()
