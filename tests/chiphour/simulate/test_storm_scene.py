"""TEST STORM SCENE: what the weathers share.

Takes   scenes under a seed.
Gives   claims on values, actions and words.
Keeps   an index within its bounds.
Source  docs/how-to/storm.md.
"""

from chiphour.exchange import commands as c
from chiphour.exchange.commands import Kind
from chiphour.simulate.storm import PLAIN
from chiphour.simulate.storm_hand import Draw
from chiphour.simulate.storm_scene import FACTOR
from chiphour.simulate.storm_scene import Scene
from chiphour.simulate.storm_scene import acted
from chiphour.simulate.storm_scene import fixing
from chiphour.simulate.storm_scene import moment
from chiphour.simulate.storm_scene import traded


def scene(seed=1):
    return Scene(Draw(seed), PLAIN, {})


def test_index_wanders_within_bounds():
    here = scene()
    assert here.moved_microusd(1, 100_000) == PLAIN.fix_microusd * 11 // 10
    for _ in range(99):
        low = here.moved_microusd(1, -600_000)
        high = here.moved_microusd(2, 900_000)
    assert low == PLAIN.fix_microusd // FACTOR
    assert high == PLAIN.fix_microusd * 9 // 10 * FACTOR


def test_actions_follow_each_other_until_there_are_enough_wishes():
    pair = [lambda here: traded(here, 0, 0, 1), lambda here: iter((moment(),))]
    assert len(list(acted(scene(), pair, 7))) == 7
    assert list(acted(scene(), pair, 0)) == []


def test_two_members_that_trade_are_two():
    for seed in range(50):
        first, second = (int(wish.row[c.ACCOUNT]) for wish in traded(scene(seed), 0, 0, 1))
        assert first != second


def test_fixing_without_a_value_is_unfit():
    assert fixing(1, 0).row[[c.KIND, c.FIT]].tolist() == [Kind.FIXING, 0]
    assert fixing(1, 5).row[[c.FIT, c.VALUE_MICROUSD]].tolist() == [1, 5]
