"""STORM LIFE: weather of many days: calls, expiries, averages, calendars, fallbacks, windows.

Takes   a scene (`storm_scene.py`).
Gives   wishes: contracts of every type that stop within days, fixes that come, fail, or come late.
Keeps   days going by as fast as orders come: some 300 commands see two weeks.
Source  Rulebook 2.3, 4, 8, 9.6, 9.18 and 10.1.
"""

from collections.abc import Iterator

from chiphour.contracts.table import Type
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.limits import Limits
from chiphour.simulate.storm import Wish
from chiphour.simulate.storm import World
from chiphour.simulate.storm_scene import NEXT_STRIKE
from chiphour.simulate.storm_scene import NOW
from chiphour.simulate.storm_scene import Scene
from chiphour.simulate.storm_scene import acted
from chiphour.simulate.storm_scene import after
from chiphour.simulate.storm_scene import fixing
from chiphour.simulate.storm_scene import halted
from chiphour.simulate.storm_scene import left_with
from chiphour.simulate.storm_scene import listed
from chiphour.simulate.storm_scene import mark
from chiphour.simulate.storm_scene import moment
from chiphour.simulate.storm_scene import opened
from chiphour.simulate.storm_scene import order
from chiphour.simulate.storm_scene import priced
from chiphour.simulate.storm_scene import traded
from chiphour.units import NS_PER_HOUR

LIFE = World(
    name="life",
    limits=Limits(24, 8, 5, 200, 80, 8, 256, triggers=20, ids=40),
    members=(8, 9, 10, 11, 12, 13),
    fix_microusd=3_000_000,
    deposits_microusd=(10_000_000, 30_000_000, 100_000_000, 10**9),
    lots=(1, 2, 3, 5, 8, 20),
    tick_microusd=10_000,
    gaps_ppm=(0, 3_000, -3_000, 20_000, -20_000, 50_000, -50_000, 150_000, -150_000),
)
WINDOW_GAPS_PPM = (300_000, -300_000, 600_000, -600_000)
FAR, NEAR, CALENDAR, BASIS, AVERAGE, OTHER, AVERAGE_CALENDAR, PERPETUAL = range(8)
CONTRACTS = (FAR, NEAR, NEAR, CALENDAR, BASIS, AVERAGE, OTHER, AVERAGE_CALENDAR, PERPETUAL)


def life(scene: Scene, count: int) -> Iterator[Wish]:
    """Give a market of contracts that soon end, and `count` wishes."""
    pick = scene.pick
    yield from opened(scene, (0, 0, 0, 5), (1_000_000, 50_000_000))
    yield from priced(scene, (1, 2, 3), days=pick((1, 2, 3, 4)))
    near_days = pick((2, 2, 3))
    for contract in range(LIFE.limits.contracts):
        yield from _listed(scene, contract, near_days)
    yield from acted(scene, _ACTIONS, count)


def _listed(scene: Scene, contract: int, near_days: int) -> Iterator[Wish]:
    """List one of the eight; calendars have the legs before them."""
    pick = scene.pick
    middle = 0 if contract in (CALENDAR, BASIS, AVERAGE_CALENDAR) else 300
    terms = {
        "type": Type.FUTURE,
        "index": {OTHER: 3, BASIS: 2}.get(contract, 1),
        "tick_microusd": scene.world.tick_microusd,
        "price_ticks_min": middle - scene.world.limits.window_ticks // 2,
        "expiry_ns": near_days,
        "index_ticks": pick((0, 1, 3, 20)),
        "opening_call_s": pick((0, 0, 30, 4_000)),
        "call_s": pick((0, 60, 120, 3_000)),
        "dynamic_band_ppm": pick((0, 5_000, 20_000)),
        "static_band_ppm": pick((100_000, 400_000)),
        "impact_lots": 5,
        "taker_fee_ppm": 500,
        "maker_rebate_ppm": pick((0, 0, 400)),
        "fallback_index": pick((0, 0, 2, 4)),
        "block_lots_min": 3,
        "fixed_window": pick((0, 0, 0, 1)),
    }
    yield from listed(contract, **(terms | _own_terms(scene, contract, near_days)))


def _own_terms(scene: Scene, contract: int, near_days: int) -> dict[str, int]:
    """Give what only one type has."""
    pick = scene.pick
    if contract == FAR:
        return {"expiry_ns": 8}
    if contract in (CALENDAR, AVERAGE_CALENDAR):
        near = NEAR if contract == CALENDAR else AVERAGE
        return {"type": Type.CALENDAR, "leg_far": FAR, "leg_near": near}
    if contract == BASIS:
        return {"index_b": 1}
    if contract == AVERAGE:
        return {
            "average_days": pick((1, 2, 2, 3)),
            "average_first_ns": 1,  # Its place is found with the expiry.
            "average_fixes_min": pick((1, 1, 2)),
        }
    if contract == PERPETUAL:
        funding = {"funding_period_s": pick((0, 3_600, 28_800))}
        own = {"type": Type.PERPETUAL, "expiry_ns": 0, "index": pick((1, 2))}
        return own | funding | {"funding_samples_expected": pick((0, 1, 4))}
    return {}


def _trade(scene: Scene) -> Iterator[Wish]:
    pick = scene.pick
    return traded(scene, pick(CONTRACTS), pick((0, 0, 1, -1)), pick(scene.world.lots))


def _gather(scene: Scene) -> Iterator[Wish]:
    """Send orders that cross far from the mark: a call begins or is fed; later it ends."""
    pick = scene.pick
    contract = pick(CONTRACTS)
    yield from traded(scene, contract, pick((5, -5, 9, -9, 15, -15, 25)), pick((1, 5)))
    for _ in range(pick((2, 5, 9))):
        side = pick((Side.BUY, Side.SELL))
        far = pick((0, 0, 1, 2, 3, 9, 25)) * (1 if side == Side.BUY else -1)
        member = pick(scene.world.members)
        iceberg = {"order_type": OrderType.ICEBERG, "trigger_ticks": 2}
        more = pick(({}, {}, {"flags": Flag.REDUCE_ONLY}, {"flags": Flag.OCO, "link": -1}, iceberg))
        yield order(member, contract, side, far, pick((3, 5, 8, 20)), **more)
    yield moment(pick((NOW, after(31), after(121), after(3_001))))
    yield moment(pick((NOW, after(61))))


def _rest(scene: Scene) -> Iterator[Wish]:
    """Let orders wait for days: in the book, for a trigger, until a time."""
    pick = scene.pick
    contract, side = pick(CONTRACTS), pick((Side.BUY, Side.SELL))
    away = pick((2, 5, 15, 25)) * (-1 if side == Side.BUY else 1)
    kinds = pick((TimeInForce.GTC, TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD))
    more = {"time_in_force": kinds}
    if kinds == TimeInForce.GTD:
        more["expire_ns"] = pick((1, 5, 20)) * NS_PER_HOUR
    if scene.chance(4):
        more |= {"order_type": OrderType.STOP_LIMIT, "trigger_ticks": -away}
    yield order(pick(scene.world.members), contract, side, away, pick(scene.world.lots), **more)


def _wander(scene: Scene) -> Iterator[Wish]:
    """Move an index, seldom by so much that its windows must follow."""
    pick = scene.pick
    index = pick((1, 1, 2, 3))
    gaps = WINDOW_GAPS_PPM if scene.chance(12) else scene.world.gaps_ppm
    value = scene.moved_microusd(index, pick(gaps))
    quality = pick((*[Quality.LIVE] * 9, Quality.STALE, Quality.HALTED))
    yield mark(index, pick((value, value, value, 0)), after(pick((0, 1, 30))), quality)


def _night(scene: Scene) -> Iterator[Wish]:
    """Let a day end; of each index a fix may come, fail, or be missing."""
    pick = scene.pick
    late = ("strike", pick((1, 38)) * NS_PER_HOUR)
    yield moment(pick((NEXT_STRIKE, NEXT_STRIKE, late, ("due", 0), after(7_200))))
    yield mark(pick((1, 1, 2, 3)), 0, NOW)  # By now the last fix may be old (rulebook 10.1).
    for index in (1, 2, 3):
        fix = scene.moved_microusd(index, pick((0, 4_000, -10_000)))
        if not scene.chance(4):
            yield fixing(index, pick((fix, fix, 0)))
        if scene.chance(4):
            yield from _final(scene)
    yield mark(1, scene.moved_microusd(1, 0), NOW)  # What was stale lives again.


def _final(scene: Scene) -> Iterator[Wish]:
    """Bring a final fix, of today or of days ago: somebody may wait for it."""
    pick = scene.pick
    index = pick((1, 1, 1, 2, 3))
    value = scene.moved_microusd(index, 0) + pick((0, 100, -10_001))
    yield fixing(index, pick((value, value, value, 0)), pick((0, 0, -1, -1, -2, -3)), Vintage.FINAL)


def _settle(scene: Scene) -> Iterator[Wish]:
    """Give a price where none came; then list what has ended anew."""
    pick = scene.pick
    contract = pick(range(scene.world.limits.contracts))
    value = pick((3_000_000, 2_000_000, -10_000, 0, 1 << 30))
    yield Wish(command(Kind.SETTLE, contract=contract, value_microusd=value))
    yield moment()
    if scene.chance(2):
        yield from _listed(scene, contract, pick((1, 2)))


_ACTIONS = (
    *[_trade] * 10,
    *[_gather] * 3,
    *[_rest] * 6,
    *[_wander] * 8,
    *[_night] * 5,
    *[_final] * 3,
    *[_settle] * 2,
    *[left_with] * 3,
    lambda scene: halted(scene, (-1, 0, 1, PERPETUAL)),
)
