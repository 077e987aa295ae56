"""STORM ORDERS: weather dense in orders: each type, links, triggers, icebergs, blocks, protection.

Takes   a scene (`storm_scene.py`).
Gives   wishes that mostly pass their checks, in two contracts and among few members.
Keeps   prices near the mark, so that nearly every order meets another.
Source  Rulebook 9, 10.3 and 12.2.
"""

from collections.abc import Iterator

from chiphour.contracts.table import Type
from chiphour.exchange import commands as c
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import Stp
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.limits import Limits
from chiphour.simulate.storm import TOTAL_LOTS
from chiphour.simulate.storm import Columns
from chiphour.simulate.storm import Wish
from chiphour.simulate.storm import World
from chiphour.simulate.storm_scene import NEXT_STRIKE
from chiphour.simulate.storm_scene import NOW
from chiphour.simulate.storm_scene import Scene
from chiphour.simulate.storm_scene import acted
from chiphour.simulate.storm_scene import after
from chiphour.simulate.storm_scene import halted
from chiphour.simulate.storm_scene import left_with
from chiphour.simulate.storm_scene import listed
from chiphour.simulate.storm_scene import mark
from chiphour.simulate.storm_scene import moment
from chiphour.simulate.storm_scene import opened
from chiphour.simulate.storm_scene import order
from chiphour.simulate.storm_scene import priced
from chiphour.units import NS_PER_SECOND

ORDERS = World(
    name="orders",
    limits=Limits(40, 2, 4, 120, 60, 4, 256, position_lots_max=4_000, triggers=40, ids=600),
    members=(8, 9, 10, 11, 12, 13),
    fix_microusd=2_500_000,
    deposits_microusd=(10**10, 10**10, 10**9, 10**8, 20_000_000),
    lots=(1, 2, 3, 5, 8, 20, 60),
    tick_microusd=10_000,
    gaps_ppm=(0, 4_000, -4_000, 12_000, -12_000, 20_000, -20_000, 60_000, -60_000),
)
# Tables that are soon full.
NARROW = ORDERS._replace(
    name="narrow",
    limits=Limits(40, 2, 4, 20, 9, 2, 64, position_lots_max=300, triggers=6, ids=12),
)
TRIGGERED = (
    OrderType.STOP_LIMIT,
    OrderType.STOP_MARKET,
    OrderType.TAKE_LIMIT,
    OrderType.TAKE_MARKET,
)
TYPES = (
    *[OrderType.LIMIT] * 10,
    *[OrderType.MARKET] * 2,
    *[OrderType.ICEBERG] * 3,
    *TRIGGERED,
    OrderType.STOP_MARKET,
    OrderType.TRAILING,
)
AWAY = (0, 0, 1, -1, 2, -2, 3, -3, 5, -5, 8, -8, 12, -12)
LASTING = (TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY)
AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)


def orders(scene: Scene, count: int) -> Iterator[Wish]:
    """Give two contracts, and `count` wishes."""
    pick = scene.pick
    yield from opened(scene, (0, 0, 0, 5), (0, 10**8))
    yield from priced(scene, (1, 2))
    for contract in (0, 1):
        terms = {
            "type": (Type.PERPETUAL, Type.FUTURE)[contract],
            "expiry_ns": (0, 3)[contract],
            "index": 1,
            "tick_microusd": scene.world.tick_microusd,
            "price_ticks_min": 250 - scene.world.limits.window_ticks // 2,
            "call_s": pick((0, 30, 120)),
            "opening_call_s": pick((0, 0, 60)),
            "impact_lots": pick((3, 20)),
            "dynamic_band_ppm": pick((0, 20_000, 50_000, 300_000)),
            "static_band_ppm": pick((200_000, 100_000)),
            "maker_rebate_ppm": pick((0, 200)),
            "block_lots_min": pick((1, 5)),
            "index_ticks": pick((1, 3)),
            "open_interest_cap_lots": pick((0, 0, 400)),
        }
        yield from listed(contract, **terms)
    yield from acted(scene, _ACTIONS, count)


def _order(scene: Scene) -> Iterator[Wish]:
    """Send an order; one with an id of its own sometimes twice."""
    pick = scene.pick
    order_type = pick(TYPES)
    more: Columns = {"order_type": order_type, "label": pick((0, 0, 3))}
    if scene.chance(8):
        more["client_order_id"] = pick(range(1, 40))
    more["flags"] = pick((*[Stp.CANCEL_MAKER] * 3, *Stp)) << c.STP_SHIFT
    side = pick((Side.BUY, Side.SELL))
    away = pick(AWAY)
    if order_type == OrderType.LIMIT:
        more["time_in_force"] = pick((*LASTING, *LASTING, *AT_ONCE))
    elif order_type == OrderType.MARKET:
        more["time_in_force"] = TimeInForce.IOC
    elif order_type == OrderType.ICEBERG:
        more |= {"trigger_ticks": pick((1, 2, 5, 7)), "time_in_force": pick(LASTING)}
    else:
        more |= _waiting(scene, order_type, side)
    if more["time_in_force"] == TimeInForce.GTD:
        more["expire_ns"] = pick((1, 5, 60, 300, 3_000)) * NS_PER_SECOND
    _flag(scene, more)
    lots = pick((8, 20, 60)) if order_type == OrderType.ICEBERG else pick(scene.world.lots)
    sent = order(pick(scene.world.members), pick((0, 0, 0, 1)), side, away, lots, **more)
    yield sent
    if "client_order_id" in more and scene.chance(2):
        yield sent  # Its answer got lost.


def _waiting(scene: Scene, order_type: OrderType, side: Side) -> Columns:
    """Give a stop, take or trailing order its trigger, near and not yet passed."""
    pick = scene.pick
    if order_type == OrderType.TRAILING:
        offset = {"trigger_ticks": pick((1, 2, 3)), "flags": pick((0, 1)) << c.SOURCE_SHIFT}
        return offset | {"time_in_force": pick((TimeInForce.IOC, TimeInForce.DAY))}
    is_stop = order_type in (OrderType.STOP_LIMIT, OrderType.STOP_MARKET)
    up = is_stop == (side == Side.BUY)
    source = pick((Source.MARK, Source.INDEX, *[Source.LAST] * 3))
    limited = order_type in (OrderType.STOP_LIMIT, OrderType.TAKE_LIMIT)
    return {
        "trigger_ticks": pick((1, 1, 2, 3, 5)) * (1 if up else -1),
        "flags": source << c.SOURCE_SHIFT,
        "time_in_force": pick((*LASTING, *AT_ONCE) if limited else (TimeInForce.IOC, *LASTING[2:])),
    }


def _flag(scene: Scene, columns: Columns) -> None:
    """Give an order the flags that its type and time may have."""
    pick = scene.pick
    plain = columns["order_type"] in (OrderType.LIMIT, OrderType.ICEBERG)
    stays = columns["time_in_force"] not in AT_ONCE
    waits = not plain and columns["order_type"] != OrderType.MARKET
    if scene.chance(6):
        columns["flags"] |= Flag.REDUCE_ONLY
    if plain and stays and scene.chance(6):
        columns["flags"] |= pick((Flag.POST_ONLY, Flag.POST_SLIDE))
    if scene.chance(3):
        columns["flags"] |= Flag.PROTECTED
    if (stays or waits) and scene.chance(3):
        columns["flags"] |= pick((Flag.OCO, Flag.CHILD))
        columns["link"] = pick((-1, -1, -2, 1, 2, 3, 4, 5))


def _bracket(scene: Scene) -> Iterator[Wish]:
    """Send an order with a take and a stop as its children, each other's partners; then fill it."""
    pick = scene.pick
    member, other = scene.two()
    contract, side, lots = pick((0, 0, 1)), pick((Side.BUY, Side.SELL)), pick((3, 8, 20))
    away = Side.SELL if side == Side.BUY else Side.BUY
    yield order(member, contract, side, 0, lots)
    child = {"time_in_force": TimeInForce.GTC, "flags": Flag.CHILD | pick((0, Flag.REDUCE_ONLY))}
    yield order(member, contract, away, 3, lots, link=-1, **child)
    stop = {"order_type": OrderType.STOP_MARKET, "time_in_force": TimeInForce.DAY}
    last, crowded = Source.LAST << c.SOURCE_SHIFT, scene.chance(3)
    link, flags = (-2, last | Flag.CHILD) if crowded else (-1, last | Flag.OCO)
    yield order(member, contract, away, 0, lots, link=link, trigger_ticks=-3, flags=flags, **stop)
    if crowded:  # The partner of a child would be a third one: that is one too many.
        yield order(member, contract, away, 3, lots, link=-1, flags=Flag.OCO)
    if scene.chance(4):
        yield Wish(command(Kind.CANCEL, account=member, order=-3))
    else:
        yield order(other, contract, away, 0, pick((1, lots)))
    yield moment()


def _block(scene: Scene) -> Iterator[Wish]:
    first, second = scene.two()
    lots, side = scene.pick((1, 5, 20)), scene.pick((Side.BUY, Side.SELL))
    agreed: Columns = {"order_type": OrderType.BLOCK, "time_in_force": TimeInForce.GTD}
    until_s = scene.pick((60, 60, 3_600, 3_601))
    agreed |= {"expire_ns": until_s * NS_PER_SECOND, "trigger_ticks": second}
    yield order(first, scene.pick((0, 1)), side, scene.pick((0, 2, -2, 60)), lots, **agreed)
    if not scene.chance(4):
        yield Wish(command(Kind.CONFIRM, account=second, order=scene.pick((-1, -1, -2))))


def _change(scene: Scene) -> Iterator[Wish]:
    """Amend or cancel one of the orders that rest or wait."""
    pick = scene.pick
    member, place = pick(scene.world.members), pick(range(60))
    if scene.chance(3):
        yield Wish(command(Kind.CANCEL, account=member, order=place))
        return
    lots = TOTAL_LOTS + pick((0, 0, -1, -3, 5, -100, 30))
    changed = {"price_ticks": pick((0, 0, *AWAY)), "trigger_ticks": pick((2, -2, 4, -4))}
    yield Wish(command(Kind.AMEND, account=member, order=place, lots=lots, **changed))


def _protect(scene: Scene) -> Iterator[Wish]:
    """Protect a maker, let it quote and be hit; often its next quote is refused."""
    pick = scene.pick
    maker, taker = scene.two()
    contract, lots = pick((0, 0, 1)), pick((3, 5, 20))
    limits = {"interval_s": pick((0, 1, 30)), "frozen_s": pick((0, 1, 20)), "lots": lots}
    yield Wish(command(Kind.PROTECT, account=maker, contract=contract, **limits))
    for away in (1, 1, 2):
        yield order(maker, contract, Side.SELL, away, lots, flags=Flag.PROTECTED)
    yield order(taker, contract, Side.BUY, 2, pick((2, lots, lots + 2)))
    yield order(maker, contract, Side.BUY, -2, lots, flags=Flag.PROTECTED)


def _call(scene: Scene) -> Iterator[Wish]:
    """Trade beyond the dynamic band: a call begins, gathers orders that cross, and ends."""
    pick = scene.pick
    contract = pick((0, 0, 1))
    first, second = scene.two()
    far = pick((9, 14, -9, -14))
    yield order(first, contract, Side.SELL if far > 0 else Side.BUY, far, 1)
    yield order(second, contract, Side.BUY if far > 0 else Side.SELL, far, pick((1, 400)))
    for _ in range(pick((2, 6))):
        yield from _order(scene)
        side = pick((Side.BUY, Side.SELL))
        more = pick(({}, {}, {"flags": Stp.DECREMENT << c.STP_SHIFT}, {"flags": Flag.REDUCE_ONLY}))
        cross = pick((0, 1, 2, far, far)) * (1 if side == Side.BUY else -1)
        yield order(pick(scene.world.members), contract, side, cross, pick((3, 20, 60)), **more)
    yield moment(pick((after(31), after(121), NOW)))
    yield moment(pick((after(61), NOW)))


def _reduce(scene: Scene) -> Iterator[Wish]:
    """Rest many orders that only reduce, more than a position may have; then let it shrink."""
    pick = scene.pick
    member, other = scene.two()
    contract = pick((0, 1))
    yield order(member, contract, Side.BUY, 0, 60)
    yield order(other, contract, Side.SELL, 0, 60)
    for place in range(pick((4, 18))):
        flags = Flag.REDUCE_ONLY | pick((0, Flag.PROTECTED))
        yield order(member, contract, Side.SELL, 1 + place // 2, 2, flags=flags)
    yield order(other, contract, Side.BUY, 1, pick((1, 3, 400)))
    yield order(member, contract, Side.SELL, 0, pick((20, 59)), time_in_force=TimeInForce.IOC)


def _crowd(scene: Scene) -> Iterator[Wish]:
    """Let one member have more orders waiting than it may."""
    member, contract = scene.pick(scene.world.members), scene.pick((0, 1))
    stop = {"order_type": OrderType.STOP_MARKET, "time_in_force": TimeInForce.DAY}
    for _ in range(scene.pick((5, 34))):
        yield order(member, contract, Side.BUY, 0, 1, trigger_ticks=9, **stop)
    yield Wish(command(Kind.CANCEL_ALL, account=member, contract=-1))


def _cancel_all(scene: Scene) -> Iterator[Wish]:
    pick = scene.pick
    named = {"contract": pick((-1, 0, 1)), "side": pick((0, 0, 1, 2)), "label": pick((0, 0, 3))}
    yield Wish(command(Kind.CANCEL_ALL, account=pick(scene.world.members), **named))


def _wander(scene: Scene) -> Iterator[Wish]:
    pick = scene.pick
    quality = pick((*[Quality.LIVE] * 12, Quality.STALE, Quality.HALTED))
    value = scene.moved_microusd(1, pick(scene.world.gaps_ppm))
    yield mark(1, value, pick((NOW, after(1), after(20))), quality)
    if quality != Quality.LIVE:
        yield from _order(scene)
        yield mark(1, value, after(1))


def _wait(scene: Scene) -> Iterator[Wish]:
    yield moment(scene.pick((("due", 0), after(60), after(600), after(9_000), NEXT_STRIKE)))


_ACTIONS = (
    *[_order] * 60,
    *[_change] * 14,
    *[_wander] * 12,
    *[_bracket] * 4,
    *[_block] * 4,
    *[_call] * 3,
    *[_protect] * 2,
    *[_cancel_all] * 2,
    *[_wait] * 2,
    *[_reduce] * 2,
    _crowd,
    left_with,
    lambda scene: halted(scene, (0, 1, -1)),
    lambda scene: iter((moment(),)),
)
