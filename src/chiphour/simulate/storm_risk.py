"""STORM RISK: weather in which members are ruined: calls, liquidations, the fund, deleveraging.

Takes   a scene (`storm_scene.py`).
Gives   wishes: small accounts at the end of their margin, and an index that gaps by up to 60 %.
Keeps   one contract apart for sieges: sixty closing orders that nobody meets.
Source  Rulebook 5 to 7, 10 and 11.
"""

from collections.abc import Iterator

from chiphour.contracts.table import Type
from chiphour.exchange import commands as c
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from chiphour.exchange.limits import Limits
from chiphour.simulate.storm import ALL
from chiphour.simulate.storm import ALL_AND_ONE
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
from chiphour.simulate.storm_scene import paired
from chiphour.simulate.storm_scene import priced
from chiphour.simulate.storm_scene import tiered
from chiphour.simulate.storm_scene import traded
from chiphour.units import NS_PER_HOUR

RISK = World(
    name="risk",
    limits=Limits(40, 8, 4, 300, 120, 8, 8192, position_lots_max=5_000, triggers=12, ids=40),
    members=tuple(range(8, 20)),
    fix_microusd=2_000_000,
    deposits_microusd=(3_000_000, 20_000_000, 20_000_000, 100_000_000, 10**10),
    lots=(1, 3, 10, 40, 100),
    tick_microusd=1_000,
    gaps_ppm=(0, 0, 1_000, -1_000, 8_000, -8_000, 25_000, -25_000, 90_000, -90_000),
)
LEVERS_LOTS = (400, 150, 90, 40, 15, 5, 2)  # The largest that the margin bears is taken.
RUINS_PPM = (50_000, 70_000, 90_000, 120_000, 300_000, 600_000)
CONTRACTS = (0, 0, 0, 1, 1, 2, 3, 4, 5)  # The perpetuals of two indexes first.
NEAR, FAR, CALENDAR, BASIS, BESIEGED = 2, 3, 4, 5, 6
SIEGE_STEPS = 68  # More than the 60 of rulebook 7.3.
SIEGE_LOTS = 80
SIEGE_DEPOSIT_MICROUSD = 20_000_000  # 80 lots at 1,800,000 need 14,400,000, and lose 12,960,000.
SIEGE_GAP_PPM = -90_000


def risk(scene: Scene, count: int) -> Iterator[Wish]:
    """Give a market of small accounts, and `count` wishes."""
    pick = scene.pick
    yield from opened(scene, (0, 0, 0, 1, 2), (0, 0, 100_000, 5_000_000, 10**9))
    yield from priced(scene, (1, 2, 3))
    if not scene.chance(4):
        yield from paired(pick((80_000, 150_000)), (1, 2), (2, 1))
    if scene.chance(2):
        yield from tiered(0, 30, 100, 400)
    yield from _contracts(scene)
    left = count
    if scene.chance(3) and count >= SIEGE_STEPS:
        yield from _siege(scene)
        left -= SIEGE_STEPS
    yield from acted(scene, _ACTIONS, left)


def _contracts(scene: Scene) -> Iterator[Wish]:
    """List a contract of every type whose margin may offset another's."""
    pick = scene.pick
    lower = pick((0, 20))
    common = {
        "tick_microusd": scene.world.tick_microusd,
        "index_ticks": pick((0, 1, 1, 4)),
        "static_band_ppm": pick((500_000, 2_000_000)),
        "dynamic_band_ppm": pick((0, 10_000, 50_000, 400_000)),
        "call_s": pick((0, 30)),
        "opening_call_s": 0,
        "tier_1_lots": pick((20, 50_000)),
        "tier_1_ppm": pick((50_000, 100_000)),
        "premium_clamp_ppm": 300_000,
        "impact_lots": pick((1, 30)),
        "maker_rebate_ppm": pick((0, 200, 500)),
        "open_interest_lower_lots": lower,
        "open_interest_upper_lots": pick((0, lower + 400)),
        "open_interest_cap_lots": pick((0, 0, 0, 600)),
    }
    future = common | {"type": Type.FUTURE, "index": 1}
    spread = common | {"index": 1, "price_ticks_min": -4_096}
    funding = {"funding_period_s": pick((3_600, 28_800)), "funding_samples_expected": pick((0, 4))}
    yield from listed(0, **(common | {"index": 1} | funding))
    yield from listed(1, **(common | {"index": 2} | funding))
    yield from listed(NEAR, **(future | {"expiry_ns": 2}))
    yield from listed(FAR, **(future | {"expiry_ns": 8}))
    legs = {"type": Type.CALENDAR, "leg_far": FAR, "leg_near": NEAR, "expiry_ns": 2}
    yield from listed(CALENDAR, **(spread | legs))
    yield from listed(BASIS, **(spread | {"index_b": 2}))
    fine = {"tick_microusd": 20, "price_ticks_min": 86_000, "index_ticks": 1, "index": 3}
    whole = {"tier_1_lots": 50_000, "tier_1_ppm": 100_000, "open_interest_upper_lots": 0}
    yield from listed(BESIEGED, **(common | fine | whole | {"open_interest_cap_lots": 0}))


def _siege(scene: Scene) -> Iterator[Wish]:
    """Bring an account below maintenance in a contract where nobody else trades (rulebook 7.3)."""
    last = scene.world.limits.accounts - 1
    for account, amount in ((last, SIEGE_DEPOSIT_MICROUSD), (last - 1, 10**10)):
        yield Wish(command(Kind.OPEN_ACCOUNT, account=account))
        yield Wish(command(Kind.DEPOSIT, account=account, amount_microusd=amount))
    yield order(last, BESIEGED, Side.BUY, 0, SIEGE_LOTS)
    yield order(last - 1, BESIEGED, Side.SELL, 0, SIEGE_LOTS)
    value = scene.moved_microusd(3, SIEGE_GAP_PPM)
    for _ in range(SIEGE_STEPS):
        yield mark(3, value + scene.pick(range(99)), after(1))


def _trade(scene: Scene) -> Iterator[Wish]:
    pick = scene.pick
    return traded(scene, pick(CONTRACTS), pick((0, 0, 2, -2, 10, -10)), pick(scene.world.lots))


def _quote(scene: Scene) -> Iterator[Wish]:
    """Offer lots that closing orders may meet; some only to reduce, some stops on the last."""
    pick = scene.pick
    side = pick((Side.BUY, Side.SELL))
    away = pick((1, 2, 10, 30, 200)) * (-1 if side == Side.BUY else 1)
    more = {"flags": pick((0, 0, 0, Flag.REDUCE_ONLY))}
    if scene.chance(6):
        away, more = 0, {"order_type": OrderType.STOP_MARKET, "time_in_force": TimeInForce.DAY}
        more |= {"trigger_ticks": pick((15, -15)), "flags": Source.LAST << c.SOURCE_SHIFT}
    yield order(
        pick(scene.world.members), pick(CONTRACTS), side, away, pick(scene.world.lots), **more
    )


def _wander(scene: Scene) -> Iterator[Wish]:
    pick = scene.pick
    index = pick((1, 1, 2))
    value = scene.moved_microusd(index, pick(scene.world.gaps_ppm))
    quality = pick((*[Quality.LIVE] * 12, Quality.STALE, Quality.HALTED))
    yield mark(index, pick((value, value, value, 0)), after(pick((1, 5, 40))), quality)
    if quality != Quality.LIVE:
        yield from _quote(scene)
        yield mark(index, pick((0, value)), after(pick((1, 60))))


def _ruin(scene: Scene) -> Iterator[Wish]:
    """Let a member take all it can, and move the index against it; then let it be wound down."""
    pick = scene.pick
    rich, *others = scene.world.members
    member, contract = pick(others), pick((0, 0, 1, 3))
    side, other = pick(((Side.BUY, Side.SELL), (Side.SELL, Side.BUY)))
    index = 2 if contract == 1 else 1
    yield Wish(command(Kind.HALT, contract=-1, mode=Mode.NORMAL))
    yield mark(index, scene.moved_microusd(index, 0), after(31))
    yield order(rich, contract, other, 0, LEVERS_LOTS[0])
    for lots in LEVERS_LOTS:
        yield order(member, contract, side, 0, lots, time_in_force=TimeInForce.IOC)
    if scene.chance(2):  # A second position shares the loss (rulebook 7.7).
        second = 1 if contract == 0 else 0
        yield order(rich, second, other, 0, 40)
        yield order(member, second, side, 0, 2, time_in_force=TimeInForce.IOC)
    gap = pick(RUINS_PPM) * (-1 if side == Side.BUY else 1)
    yield mark(index, scene.moved_microusd(index, gap), after(1))
    for _ in range(pick((3, 6, 12))):
        yield from pick(_AFTERMATH)(scene, index, contract, side)


def _goes_on(scene: Scene, index: int, contract: int, side: Side) -> Iterator[Wish]:
    value = scene.moved_microusd(index, scene.pick((0, 500, -500)))
    yield mark(index, scene.pick((value, 0)), after(scene.pick((1, 5))))


def _is_met(scene: Scene, index: int, contract: int, side: Side) -> Iterator[Wish]:
    """Let somebody take the other side of a closing order."""
    away = scene.pick((1, 5, 15)) * (-1 if side == Side.BUY else 1)
    yield order(scene.world.members[0], contract, side, away, scene.pick((1, 3, 20, 400)))


def _goes_stale(scene: Scene, index: int, contract: int, side: Side) -> Iterator[Wish]:
    yield mark(index, 0, NOW, scene.pick((Quality.STALE, Quality.HALTED)))


def _is_halted(scene: Scene, index: int, contract: int, side: Side) -> Iterator[Wish]:
    return halted(scene, (contract, contract, -1))


def _is_settled(scene: Scene, index: int, contract: int, side: Side) -> Iterator[Wish]:
    """Let a settlement, or what else is due, come in the midst of it."""
    yield moment(scene.pick((NEXT_STRIKE, ("due", 0))))


_AFTERMATH = (
    *[_goes_on] * 6,
    *[_is_met] * 6,
    _goes_stale,
    _is_halted,
    _is_settled,
    lambda scene, index, contract, side: iter((moment(),)),
)


def _offset(scene: Scene) -> Iterator[Wish]:
    """Be long on one index and short on another, and take out what is free (rulebook 6.4)."""
    rich, *others = scene.world.members
    member, lots = scene.pick(others), scene.pick((5, 15, 40))
    for contract, side, other in ((0, Side.BUY, Side.SELL), (1, Side.SELL, Side.BUY)):
        yield order(rich, contract, other, 0, lots)
        yield order(member, contract, side, 0, lots, time_in_force=TimeInForce.IOC)
    for amount in (ALL_AND_ONE, ALL):
        yield Wish(command(Kind.WITHDRAW, account=member, amount_microusd=amount))


def _night(scene: Scene) -> Iterator[Wish]:
    """Let a day end; its fixes come, late or not at all."""
    pick = scene.pick
    yield moment(pick((NEXT_STRIKE, NEXT_STRIKE, ("strike", 40 * NS_PER_HOUR))))
    for index in (1, 2, 3):
        fix = scene.moved_microusd(index, pick((0, 900, -900)))
        yield fixing(index, pick((fix, fix, fix, 0)))
        if scene.chance(2):
            yield fixing(index, fix + pick((0, 100)), pick((0, -1)), Vintage.FINAL)


def _money(scene: Scene) -> Iterator[Wish]:
    pick = scene.pick
    giver, taker = scene.two()
    moved = {"target": pick((taker, 1, 3)), "amount_microusd": pick((1, 1_000_000))}
    amounts = (1_000_000, 30_000_000, MONEY_MICROUSD_MAX)
    paid = command(Kind.DEPOSIT, account=taker, amount_microusd=pick(amounts))
    yield Wish(pick((command(Kind.TRANSFER, account=giver, run=1, item=2, **moved), paid)))


_ACTIONS = (
    *[_trade] * 14,
    *[_quote] * 10,
    *[_wander] * 14,
    *[_ruin] * 4,
    *[left_with] * 3,
    *[_offset] * 2,
    *[_night] * 2,
    _money,
    lambda scene: halted(scene, (0, 1, 2, -1)),
    lambda scene: iter((moment(("due", 0)),)),
)
