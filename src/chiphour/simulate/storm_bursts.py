"""STORM BURSTS: weather of many orders at once, and of what then happens to all of them at once.

Takes   a scene (`storm_scene.py`).
Gives   wishes: walls of orders that one order, one instant, one kill or one call must work off.
Keeps   the bounds on work in reach: 256 fills, cancels and pairs, 64 steps of the queue.
Source  Rulebook 2.3, 2.8, 9.2, 9.6, 9.12, 9.15 and 10.3.
"""

from collections.abc import Iterator

from chiphour.contracts.table import Type
from chiphour.exchange import commands as c
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.limits import FILLS_MAX
from chiphour.exchange.limits import Limits
from chiphour.simulate.storm import Wish
from chiphour.simulate.storm import World
from chiphour.simulate.storm_scene import NEXT_STRIKE
from chiphour.simulate.storm_scene import NOW
from chiphour.simulate.storm_scene import Scene
from chiphour.simulate.storm_scene import acted
from chiphour.simulate.storm_scene import after
from chiphour.simulate.storm_scene import listed
from chiphour.simulate.storm_scene import mark
from chiphour.simulate.storm_scene import moment
from chiphour.simulate.storm_scene import opened
from chiphour.simulate.storm_scene import order
from chiphour.simulate.storm_scene import priced
from chiphour.units import NS_PER_SECOND

BURSTS = World(
    name="bursts",
    limits=Limits(16, 2, 3, 600, 30, 3, 64, triggers=200, ids=100),
    members=(8, 9, 10, 11, 12, 13),
    fix_microusd=3_000_000,
    deposits_microusd=(10**11, 10**9, 10**8),
    lots=(1, 5, 100, 400),
    tick_microusd=10_000,
    gaps_ppm=(0, 10_000, -10_000, 30_000, -30_000, 300_000),
)
WALL = FILLS_MAX + 4  # Orders of a wall that no single order can work off.
CALL_S = 600
LIMITED = {"time_in_force": TimeInForce.GTD, "expire_ns": 100 * NS_PER_SECOND}


def bursts(scene: Scene, count: int) -> Iterator[Wish]:
    """Give two contracts, one of which may stop or be in a call, and `count` wishes.

    Before them stands a wall, and what happens to it, unless so few are wanted.
    """
    pick = scene.pick
    yield from opened(scene, (0, 0, 1), (0, 10**8))
    yield from priced(scene, (1,))
    end = pick((*_ENDS, _wall_is_taken, _call_ends, None))
    for contract in (0, 1):
        terms = {
            "type": (Type.FUTURE, Type.PERPETUAL)[contract],
            "expiry_ns": (1 if end is _contract_stops else 8, 0)[contract],
            "index": 1,
            "tick_microusd": scene.world.tick_microusd,
            "price_ticks_min": 270,
            "opening_call_s": CALL_S if end is _call_ends and contract == 0 else 0,
            "call_s": pick((0, 20)),
            "static_band_ppm": 500_000,
            "dynamic_band_ppm": pick((0, 50_000)),
            "index_ticks": pick((1, 1, 3)),
            "impact_lots": 5,
        }
        yield from listed(contract, **terms)
    if end is not None and count >= WALL:
        yield from _wall(scene, {} if end is not _wall_ends else LIMITED)
        yield from end(scene)
    yield from acted(scene, _ACTIONS, count)


def _wall(scene: Scene, more: dict[str, int]) -> Iterator[Wish]:
    """Let one rich member offer single lots, more than any bound on work."""
    for place in range(WALL):
        yield order(scene.world.members[0], 0, Side.SELL, 1 + place // 100, 1, **more)


def _wall_is_taken(scene: Scene) -> Iterator[Wish]:
    """Let one order meet all of the wall (rulebook 9.2), a FOK among those that try."""
    yield Wish(command(Kind.DEPOSIT, account=scene.world.members[1], amount_microusd=10**11))
    for force in (TimeInForce.FOK, scene.pick((TimeInForce.IOC, TimeInForce.GTC))):
        yield order(scene.world.members[1], 0, Side.BUY, 5, WALL, time_in_force=force)
    yield moment()


def _wall_ends(scene: Scene) -> Iterator[Wish]:
    """Let all orders of the wall end at one instant (rulebook 2.3)."""
    yield moment(after(101))


def _call_ends(scene: Scene) -> Iterator[Wish]:
    """Let one bid meet the wall in a call (rulebook 9.6): more pairs than one ADVANCE makes."""
    yield Wish(command(Kind.DEPOSIT, account=scene.world.members[1], amount_microusd=10**11))
    yield order(scene.world.members[1], 0, Side.BUY, 5, WALL)
    yield order(scene.world.members[2], 0, Side.BUY, 5, 2)
    yield moment(("due", -1))
    yield moment(after(CALL_S))


def _contract_stops(scene: Scene) -> Iterator[Wish]:
    """Let the contract stop while the wall stands; the future ends in this night."""
    member = scene.world.members[0]
    for _ in range(WALL - 10):
        yield order(member, 0, Side.BUY, -2, 1)
    yield moment(NEXT_STRIKE)


def _window_goes(scene: Scene) -> Iterator[Wish]:
    """Move the mark so far that all of the wall is outside (rulebook 9.18), once, and again."""
    for gap in (-300_000, 0, 1_000):
        yield mark(1, scene.moved_microusd(1, gap), after(1))


def _wall_is_killed(scene: Scene) -> Iterator[Wish]:
    """Kill all orders, 64 a command, while others come and go."""
    account = scene.pick((0, scene.world.members[0]))
    contract = 0 if account else scene.pick((0, -1))
    kill = {"account": account, "contract": contract, "mode": Mode.NORMAL, "flags": 1}
    yield Wish(command(Kind.HALT, **kill))
    for _ in range(3):
        yield from _sweep(scene)


_ENDS = (
    _wall_is_taken,
    _wall_ends,
    _call_ends,
    _contract_stops,
    _window_goes,
    _wall_is_killed,
)


def _quotes(scene: Scene) -> Iterator[Wish]:
    """Rest many orders of one member on one side, some linked, some protected."""
    pick = scene.pick
    member, contract, side = pick(scene.world.members), pick((0, 1)), pick((Side.BUY, Side.SELL))
    for _ in range(pick((3, 10, 30))):
        away = pick((1, 3, 4, 5)) * (-1 if side == Side.BUY else 1)
        more = pick(({}, {"flags": Flag.PROTECTED}, {"flags": Flag.OCO, "link": -1}))
        yield order(member, contract, side, away, 1, label=pick((0, 1)), **more)


def _stops(scene: Scene) -> Iterator[Wish]:
    """Let many orders wait: one print may fire them all, and each may fire the next."""
    pick = scene.pick
    member = pick(scene.world.members)
    stop = {"order_type": OrderType.STOP_MARKET, "time_in_force": TimeInForce.IOC}
    for _ in range(pick((3, 32))):
        side = pick((Side.BUY, Side.SELL))
        trigger = pick((1, 3, 4)) * (1 if side == Side.BUY else -1)
        source = pick((Source.LAST, Source.LAST, Source.MARK)) << c.SOURCE_SHIFT
        more = stop | {"trigger_ticks": trigger, "flags": source, "label": pick((0, 1))}
        yield order(member, pick((0, 1)), side, 0, pick((1, 40)), **more)


def _sweep(scene: Scene) -> Iterator[Wish]:
    """Take what stands."""
    side = scene.pick((Side.BUY, Side.SELL))
    far = 6 if side == Side.BUY else -6
    member, lots = scene.pick(scene.world.members), scene.pick(scene.world.lots)
    contract = scene.pick((0, 1))
    yield order(member, contract, side, far, lots, time_in_force=TimeInForce.IOC)


def _cancel(scene: Scene) -> Iterator[Wish]:
    """Cancel all of several members, also what is being cancelled already."""
    pick = scene.pick
    for _ in range(pick((1, 2, 4))):
        named = {"contract": pick((-1, 0, 1)), "side": pick((0, 1, 2)), "label": pick((0, 1))}
        yield Wish(command(Kind.CANCEL_ALL, account=pick(scene.world.members), **named))
    if scene.chance(3):
        yield Wish(command(Kind.CANCEL, account=8, order=pick(range(60))))


def _protect(scene: Scene) -> Iterator[Wish]:
    pick = scene.pick
    limits = {"interval_s": 60, "frozen_s": 1, "lots": pick((0, 2, 5))}
    account, contract = pick(scene.world.members), pick((0, 1))
    yield Wish(command(Kind.PROTECT, account=account, contract=contract, **limits))


def _kill(scene: Scene) -> Iterator[Wish]:
    account = scene.pick((0, 0, scene.pick(scene.world.members)))
    contract = 0 if account else scene.pick((0, -1))
    yield Wish(command(Kind.HALT, account=account, contract=contract, mode=Mode.NORMAL, flags=1))


def _wander(scene: Scene) -> Iterator[Wish]:
    value = scene.moved_microusd(1, scene.pick(scene.world.gaps_ppm))
    yield mark(1, value, scene.pick((NOW, after(1))))


_ACTIONS = (
    *[_quotes] * 5,
    *[_stops] * 4,
    *[_sweep] * 6,
    *[_cancel] * 3,
    *[_wander] * 3,
    _protect,
    _kill,
    lambda scene: iter((moment(),)),
    lambda scene: iter((moment(("due", 0)),)),
)
