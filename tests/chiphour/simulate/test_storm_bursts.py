"""TEST STORM BURSTS: the bounds on work are reached by members alone.

Takes   seeds of the weather.
Gives   claims on the most that one command did.
Keeps   256 fills, cancels and pairs, 64 steps in reach (rulebook 2.3, 2.8, 9.2).
Source  Rulebook 2.3, 2.8, 9.2 and 9.6.
"""

from collections import Counter

import pytest

from chiphour.exchange import events as said
from chiphour.exchange.events import Cause
from chiphour.exchange.limits import CANCELS_MAX
from chiphour.exchange.limits import FILLS_MAX
from chiphour.exchange.limits import PAIRS_MAX
from chiphour.exchange.limits import STEPS_MAX
from chiphour.exchange.reasons import Reason
from stormed import events_of

SEEDS = 20
KIND, REASON = said.KIND, said.REASON


@pytest.mark.long
@pytest.mark.suite
def test_one_command_works_off_as_much_as_it_may():
    flows = events_of("bursts", SEEDS)
    fills = [e[e[:, KIND] == said.Kind.FILL] for e in flows]
    cancels = [e[e[:, KIND] == said.Kind.CANCELLED] for e in flows]
    ended = (Reason.GOOD_TILL_PASSED, Reason.CONTRACT_STOPPED)
    assert most(f[f[:, said.CAUSE] == Cause.ORDER] for f in fills) == FILLS_MAX
    assert most(f[f[:, said.CAUSE] == Cause.CALL] for f in fills) == PAIRS_MAX
    for reason in ended:
        assert most(x[x[:, REASON] == reason] for x in cancels) == CANCELS_MAX
    assert most(x[x[:, REASON] == Reason.OUT_OF_RANGE] for x in cancels) == CANCELS_MAX
    assert most(x[x[:, REASON] == Reason.HALTED] for x in cancels) == STEPS_MAX
    assert any((x[:, REASON] == Reason.WORK_LIMIT).any() for x in cancels)


def most(flows):
    """Give the most of these events that one command caused."""
    counts = [Counter(events[:, said.SEQUENCE].tolist()) for events in flows]
    return max(max(count.values(), default=0) for count in counts)
