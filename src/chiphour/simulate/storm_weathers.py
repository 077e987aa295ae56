"""STORM WEATHERS: the kinds of storm, by seed: each is dense in one part of the rulebook.

Takes   a seed.
Gives   its weather and its world; a weather makes a flow of wishes from what is picked.
Keeps   the order of `WEATHERS`: it says what a seed is.
Source  Rulebook 1 to 12; docs/how-to/storm.md.

The mixed weather holds what no market would see: commands out of form, late, of nobody.
"""

from collections.abc import Callable
from collections.abc import Iterator
from typing import NamedTuple

from chiphour.simulate.storm import WORLDS
from chiphour.simulate.storm import Pick
from chiphour.simulate.storm import Wish
from chiphour.simulate.storm import World
from chiphour.simulate.storm import prologue
from chiphour.simulate.storm import wishes
from chiphour.simulate.storm_bursts import BURSTS
from chiphour.simulate.storm_bursts import bursts
from chiphour.simulate.storm_life import LIFE
from chiphour.simulate.storm_life import life
from chiphour.simulate.storm_orders import NARROW
from chiphour.simulate.storm_orders import ORDERS
from chiphour.simulate.storm_orders import orders
from chiphour.simulate.storm_risk import RISK
from chiphour.simulate.storm_risk import risk
from chiphour.simulate.storm_scene import Scene


class Weather(NamedTuple):
    """A kind of storm: its worlds, and its wishes, the opening of the market before `count`."""

    name: str
    worlds: tuple[World, ...]
    wishes: Callable[[Scene, int], Iterator[Wish]]

    def flow(self, pick: Pick, world: World, count: int) -> Iterator[Wish]:
        """Make a flow of wishes: those that open the market, then about `count`."""
        return self.wishes(Scene(pick, world, {}), count)


def _mixed(scene: Scene, count: int) -> Iterator[Wish]:
    yield from prologue(scene.pick, scene.world)
    yield from wishes(scene.pick, scene.world, count)


WEATHERS = (
    Weather("mixed", WORLDS, _mixed),
    Weather("risk", (RISK,), risk),
    Weather("life", (LIFE,), life),
    Weather("orders", (ORDERS, ORDERS, NARROW), orders),
    Weather("bursts", (BURSTS,), bursts),
)


def weather_of(seed: int) -> tuple[Weather, World]:
    """Give the weather of a seed, and its world there."""
    weather = WEATHERS[seed % len(WEATHERS)]
    return weather, weather.worlds[seed // len(WEATHERS) % len(weather.worlds)]
