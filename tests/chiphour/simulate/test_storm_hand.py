"""TEST STORM HAND: wishes get the time, price and order that a sequencer and members would give.

Takes   wishes; seeds.
Gives   claims on the commands that they become.
Keeps   the commands of a seed the same, whoever asks.
Source  Rulebook 2.2, 2.8.
"""

import numpy as np
import pytest

from chiphour.exchange import commands as c
from chiphour.exchange import events as said
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.reference import Reference
from chiphour.simulate.storm import PLAIN
from chiphour.simulate.storm import TOTAL_LOTS
from chiphour.simulate.storm import Wish
from chiphour.simulate.storm_hand import START_NS
from chiphour.simulate.storm_hand import Draw
from chiphour.simulate.storm_hand import Hand
from chiphour.simulate.storm_hand import played
from chiphour.simulate.storm_hand import seeded
from chiphour.simulate.storm_weathers import WEATHERS
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS

ONE_OF_EACH = range(len(WEATHERS))


@pytest.mark.parametrize("seed", ONE_OF_EACH)
def test_same_seed_gives_the_same_commands(seed):
    assert np.array_equal(seeded(seed, 60)[1], seeded(seed, 60)[1])
    assert not np.array_equal(seeded(seed, 60)[1], seeded(seed + 2 * len(WEATHERS), 60)[1])


@pytest.mark.parametrize("seed", ONE_OF_EACH)
def test_played_flow_is_told_as_the_reference_tells_it_and_comes_to_rest(seed):
    flow = played(seed, 60)
    reference = Reference(flow.limits)
    assert np.array_equal(reference.apply(flow.rows), np.concatenate(flow.events))
    assert reference.digest() == flow.digest
    assert not reference.work_waits
    assert flow.faults == []
    assert (np.diff(flow.rows[:, c.TIME_NS]) >= 0).all()
    assert len(flow.rows) >= 60


def test_strike_is_the_next_one():
    hand = Hand(PLAIN.limits)
    hand.send(Wish(command(Kind.ADVANCE), ("strike", 5)))
    assert START_NS < hand.reference.time_ns <= START_NS + NS_PER_DAY + 5
    assert (hand.reference.time_ns - 5 - STRIKE_OFFSET_NS) % NS_PER_DAY == 0


def test_amendment_may_count_from_what_an_order_has_in_all():
    weather = WEATHERS[3]
    world = weather.worlds[0]
    hand = Hand(world.limits)
    for wish in weather.flow(Draw(3), world, 0):
        hand.send(wish)
    member = world.members[0]
    order = {"side": 1, "order_type": 1, "time_in_force": 1, "price_ticks": -5, "lots": 7}
    hand.send(Wish(command(Kind.ORDER, account=member, contract=1, **order)))
    hand.send(Wish(command(Kind.AMEND, account=member, order=0, lots=TOTAL_LOTS - 2)))
    amended = hand.told[-1][0]
    assert (amended[said.KIND], amended[said.LOTS]) == (said.Kind.AMENDED, 5)
