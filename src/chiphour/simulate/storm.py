"""STORM: random members, operators and indices, wild enough to reach every rule of the rulebook.

Takes   a way to pick one of several values: a seeded generator, or Hypothesis (which can shrink).
Gives   `Wish`es: commands that a hand (`storm_hand.py`) gives a time and fits to the market.
Keeps   one description of a flow for the laws and for `chiphour storm`: what is picked from, and
        how often. Prices are meant relative to the mark, orders and strikes to what there is.
Source  Rulebook 1 to 12.
"""

from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.settings import SETTINGS
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import Type
from chiphour.exchange import commands as c
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import Stp
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import Limits
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import PPM

Rows = NDArray[np.int64]
Pick = Callable[[Sequence[Any]], Any]
Columns = dict[str, int]

EXTREMES = (-1, 1, 0, 7, 1 << 31, (1 << 62) + 1, (1 << 63) - 1, -(1 << 63), -(1 << 62))
# Time before the next command: ("on", ns from the last), ("due", ns from what is due next) or
# ("strike", ns from the next 00:30:00).
STEPS = (
    *[("on", 0)] * 12,
    *[("on", NS_PER_SECOND)] * 4,
    ("on", 61 * NS_PER_SECOND + 5),
    ("on", 20 * NS_PER_MINUTE),
)
JUMPS = (
    ("on", -1),
    ("due", 0),
    ("due", -1),
    ("due", 1),
    ("due", NS_PER_MINUTE),
    ("on", NS_PER_HOUR),
    ("on", 9 * NS_PER_HOUR),
    ("on", 30 * NS_PER_HOUR),
)
ALL, ALL_AND_ONE = -1_000, -999  # Relative amounts of money that leaves an account.
TOTAL_LOTS = 1 << 40  # Lots near it: as many as an order has in all, and the difference more.
GAPS_PPM = (0, 0, 1_000, -1_000, 5_000, -5_000, 30_000, -30_000, 200_000, -200_000)
WILD_GAPS_PPM = (600_000, -600_000, 1_500_000, -990_000)
POOR_GAPS_PPM = (30_000, -30_000, 50_000, -50_000, 80_000, -80_000, 120_000, -120_000)
FUND_MICROUSD = (1, 1_000_000, 10**9)


class World(NamedTuple):
    """What a flow picks from."""

    name: str
    limits: Limits
    members: tuple[int, ...]
    fix_microusd: int  # The first, of index 1; index 2 stands a tenth below.
    deposits_microusd: tuple[int, ...]
    lots: tuple[int, ...]
    tick_microusd: int
    gaps_ppm: tuple[int, ...] = GAPS_PPM


PLAIN = World(
    name="plain",
    limits=Limits(64, 8, 5, 96, 40, 4, 256, position_lots_max=5_000, triggers=12, ids=40),
    members=(9, 8, 11, 12, 13, 30, 63),
    fix_microusd=2_500_000,
    deposits_microusd=(10**10, 10**9, 10**9, 10**9, 400_000_000, 30_000_000, 1_000_000),
    lots=(3, 1, 2, 5, 10, 40, 400),
    tick_microusd=10_000,
)
FINE = PLAIN._replace(name="fine", limits=PLAIN.limits._replace(contracts=5), tick_microusd=100)
TINY = PLAIN._replace(
    name="tiny",
    limits=Limits(12, 3, 3, 5, 4, 2, 64, position_lots_max=40, triggers=3, ids=4),
    members=(9, 8, 10, 11),
    lots=(3, 1, 2, 5, 10, 38, 41),
)
# Nobody has much: calls, liquidations and deleveraging are frequent.
POOR = PLAIN._replace(
    name="poor",
    limits=PLAIN.limits._replace(contracts=3),
    deposits_microusd=(200_000_000, 100_000_000, 10**10, 60_000_000, 300_000_000),
    lots=(40, 100, 200, 300, 10, 20),
    gaps_ppm=POOR_GAPS_PPM,
)
# Everything as large as the bounds allow.
VAST = PLAIN._replace(
    name="vast",
    members=(9, 8, 10, 11, 12, 15),
    limits=Limits(16, 4, 4, 64, 32, 4, 1024),
    fix_microusd=400_000_000,
    deposits_microusd=(1 << 57, 1 << 57, 1 << 56, MONEY_MICROUSD_MAX // 4, 1 << 61, 10**15),
    lots=(1_000_000, 50_000, 200_001, ORDER_LOTS_MAX, ORDER_LOTS_MAX + 1, 1, 1 << 40),
    tick_microusd=100_000,
)
WORLDS = (PLAIN, POOR, FINE, TINY, VAST)


class Wish(NamedTuple):
    """A command before it has a time; `is_late` ones are sent though something is due first.

    Where `is_relative`, a price counts ticks from the mark, a CANCEL or AMEND names the nth order
    that rests or waits (below 0 from the last), a LINK the nth of the account there, a reduce-only
    order closes, an amendment may count from TOTAL_LOTS, a strike or an expiry counts days, and ALL
    is all that may leave.
    """

    row: Rows
    step: tuple[str, int] = ("on", 0)
    is_late: bool = False
    is_relative: bool = True


def prologue(pick: Pick, world: World) -> list[Wish]:
    """Open accounts, pay money in, fix two indexes, list contracts of every type."""
    rows: list[Rows] = []
    for member in world.members:
        rows.append(command(Kind.OPEN_ACCOUNT, account=member, group=pick((0, 0, 0, 5, 11))))
        amount = pick(world.deposits_microusd)
        rows.append(command(Kind.DEPOSIT, account=member, amount_microusd=amount))
    rows.append(command(Kind.DEPOSIT, account=1, amount_microusd=pick(FUND_MICROUSD)))
    for index in (1, 2):
        value = index_value(index, world.fix_microusd)
        fixed = {"vintage": Vintage.PROVISIONAL, "fit": 1, "value_microusd": value}
        rows.append(command(Kind.FIXING, index=index, strike_ns=0, **fixed))
    for contract in range(min(len(SHAPES), world.limits.contracts - 1)):
        rows.extend(listing(contract, terms(pick, world, SHAPES[contract], contract)))
    return [Wish(row) for row in rows]


def index_value(index: int, fix_microusd: int) -> int:
    """Give what an index is worth when the first one is worth so much."""
    return fix_microusd if index == 1 else max(5, fix_microusd * 9 // 10)


PERPETUAL, FUTURE, FAR, CALENDAR, BASIS, AVERAGE = range(6)
SHAPES = (PERPETUAL, FUTURE, FAR, CALENDAR, BASIS, AVERAGE)


def terms(pick: Pick, world: World, shape: int, contract: int) -> list[int]:
    """Pick the terms of a contract; an expiry counts days from the last strike."""
    value = [term.default for term in TERMS]
    tick = world.tick_microusd
    middle = 0 if shape in (CALENDAR, BASIS) else world.fix_microusd
    value[table.TYPE] = Type.FUTURE if shape in (FUTURE, FAR, BASIS, AVERAGE) else Type.PERPETUAL
    value[table.INDEX] = 1
    value[table.TICK_MICROUSD] = tick
    value[table.PRICE_TICKS_MIN] = middle // tick - world.limits.window_ticks // 2
    value[table.INDEX_TICKS] = pick((0, 1, 1, 2, 3, 20))
    value[table.IMPACT_LOTS] = pick((1, 7, 3))
    value[table.MARKET_BAND_PPM] = pick((199_999, 1_003, 0))
    value[table.PREMIUM_CLAMP_PPM] = pick((20_000, 777, 300_000, 2_000_000))
    value[table.TIER_1_LOTS] = pick((50_000, 3))
    value[table.TIER_1_PPM] = pick((100_000, 99_999, 33_333))
    value[table.OPENING_CALL_S] = pick((0, 0, 0, 120))
    value[table.CALL_S] = pick((120, 1, 0))
    value[table.DYNAMIC_BAND_PPM] = pick((0, 50_000, 5_000, 300_000))
    value[table.STATIC_BAND_PPM] = pick((200_000, 2_000_000, 50_000))
    value[table.MAKER_REBATE_PPM] = pick((0, 200, 500))
    value[table.TAKER_FEE_PPM] = pick((500, 500, 1_000))
    value[table.OPEN_INTEREST_CAP_LOTS] = pick((0, 0, 0, 60))
    value[table.OPEN_INTEREST_LOWER_LOTS], value[table.OPEN_INTEREST_UPPER_LOTS] = pick(
        ((0, 0), (0, 0), (5, 300))
    )
    value[table.BLOCK_LOTS_MIN] = pick((1, 5))
    if shape == PERPETUAL:
        value[table.FUNDING_PERIOD_S] = pick((3_600, 86_400, 28_800, 0, 1_801))
        value[table.FUNDING_DEAD_BAND_PPM] = pick((0, 500, 41))
        value[table.FUNDING_CAP_PPM] = pick((20_000, 101))
        value[table.FUNDING_SAMPLES_EXPECTED] = pick((0, 1, 3))
    elif shape == FAR:
        value[table.EXPIRY_NS] = 5
    else:
        value[table.EXPIRY_NS] = 2 if shape in (FUTURE, CALENDAR) else pick((2, 1, 3))
    _shape_terms(pick, value, shape, contract)
    return value


def _shape_terms(pick: Pick, value: list[int], shape: int, contract: int) -> None:
    """Give a contract what only its type has; the legs of a calendar lie before it."""
    if shape == CALENDAR:
        value[table.TYPE] = Type.CALENDAR
        value[table.LEG_FAR], value[table.LEG_NEAR] = contract - 1, contract - 2
    elif shape == BASIS:
        value[table.INDEX_B] = 2
    elif shape == AVERAGE:
        value[table.AVERAGE_DAYS] = pick((2, 1, 3))
        value[table.AVERAGE_FIRST_NS] = 1  # Its place is found with the expiry.
        value[table.AVERAGE_FIXES_MIN] = pick((1, 2))
    elif shape == FUTURE:
        value[table.FALLBACK_INDEX] = pick((0, 0, 2))


def wishes(pick: Pick, world: World, count: int) -> Iterator[Wish]:
    """Pick `count` wishes, the jumps of time and the listings among them as they come."""
    again = None
    for _ in range(count):
        if pick(range(120)) == 119:
            contract = pick(range(world.limits.contracts + 1))
            shape = pick((PERPETUAL, FUTURE, BASIS, AVERAGE))
            yield from (Wish(r) for r in listing(contract, terms(pick, world, shape, contract)))
            continue
        if again is not None and pick(range(60)) == 59:
            yield again  # An order whose answer got lost.
            continue
        kind = pick(_KINDS)
        row = command(kind, **_COLUMNS[kind](pick, world))
        is_relative = pick(range(20)) != 19
        if pick(range(40)) == 39:
            row[pick(range(2, c.COMMAND_COLUMNS))] = pick(EXTREMES)
        step = pick(JUMPS) if pick(range(50)) == 49 else pick(STEPS)
        wish = Wish(row, step, pick(range(30)) == 29, is_relative)
        again = wish if kind == Kind.ORDER and row[c.CLIENT_ORDER_ID] > 0 else again
        yield wish


_KINDS = (
    *[Kind.ORDER] * 110,
    *[Kind.MARK] * 16,
    *[Kind.CANCEL] * 8,
    *[Kind.AMEND] * 10,
    *[Kind.FIXING] * 6,
    *[Kind.WITHDRAW, Kind.CONFIRM, Kind.ADVANCE, Kind.PROTECT] * 4,
    *[Kind.DEPOSIT, Kind.TRANSFER, Kind.CANCEL_ALL, Kind.HALT, Kind.SET] * 2,
    *[Kind.OPEN_ACCOUNT, Kind.LIST, Kind.OPEN, Kind.SETTLE],
)


def _account(pick: Pick, world: World) -> int:
    """Pick a member; sometimes a reserved row, one not opened, one beyond the table."""
    strange = (0, 1, 2, 7, 14, world.limits.accounts - 1, world.limits.accounts, -1)
    return pick(strange) if pick(range(30)) == 29 else pick(world.members)  # type: ignore[no-any-return]


_NEAR = (0, 0, 0, 0, 1, 1, 2, 3, 4, 5)


def _contract(pick: Pick, world: World) -> int:
    """Pick one of those of the prologue; sometimes a later one, one beyond the table."""
    most = world.limits.contracts
    near = [contract for contract in _NEAR if contract < most - 1]
    return pick((most - 1, most, -1)) if pick(range(25)) == 24 else pick(near)  # type: ignore[no-any-return]


LIMIT = OrderType.LIMIT
_PRICED = (OrderType.LIMIT, OrderType.STOP_LIMIT, OrderType.TAKE_LIMIT)
_AWAY = (0, 0, 1, -1, 1, -1, 2, -2, 3, -3, 5, -5, 10, -10, 25, -25)


def _order(pick: Pick, world: World) -> Columns:
    """Pick an order; nine in ten are plain in form, the rest mix what may not go together."""
    order_type = pick(_TYPES)
    columns = {
        "account": _account(pick, world),
        "contract": _contract(pick, world),
        "side": pick((Side.BUY, Side.SELL)),
        "order_type": order_type,
        "time_in_force": TimeInForce.IOC,
        "price_ticks": 0,
        "lots": pick((0, -1)) if pick(range(60)) == 59 else pick(world.lots),
        "client_order_id": pick((0, 0, 0, 0, 0, 0, 77, pick(range(100, 1_000)))),
        "label": pick((0, 3)),
        "flags": pick(list(Stp)) << c.STP_SHIFT,
    }
    if order_type in (*_PRICED, OrderType.ICEBERG, OrderType.BLOCK):
        columns["price_ticks"] = pick(_AWAY)
        columns["time_in_force"] = pick(_IN_FORCE)
    if order_type == OrderType.ICEBERG:
        columns["trigger_ticks"] = pick((1, 2, 7))
        columns["time_in_force"] = TimeInForce.GTC
    elif order_type == OrderType.BLOCK:
        columns["trigger_ticks"] = _account(pick, world)
        columns["time_in_force"] = TimeInForce.GTD
    elif order_type not in (OrderType.LIMIT, OrderType.MARKET):
        _wait(pick, columns)
    if columns["time_in_force"] == TimeInForce.GTD:
        columns["expire_ns"] = pick((NS_PER_HOUR, NS_PER_SECOND, 20 * NS_PER_MINUTE, 1, 0))
    if order_type == OrderType.BLOCK and pick(range(20)) != 19:
        columns["flags"] = 0
    else:
        _flag(pick, columns)
    return columns


_TYPES = (
    *[OrderType.LIMIT] * 14,
    *[OrderType.MARKET] * 3,
    *[OrderType.ICEBERG] * 2,
    OrderType.BLOCK,
    OrderType.STOP_LIMIT,
    OrderType.STOP_MARKET,
    OrderType.STOP_MARKET,
    OrderType.TAKE_LIMIT,
    OrderType.TAKE_MARKET,
    OrderType.TRAILING,
    OrderType.BLOCK,
)
_IN_FORCE = (
    *[TimeInForce.GTC] * 5,
    TimeInForce.IOC,
    TimeInForce.IOC,
    TimeInForce.FOK,
    TimeInForce.GTD,
    TimeInForce.DAY,
)


def _wait(pick: Pick, columns: Columns) -> None:
    """Give an order what it waits for."""
    trailing = columns["order_type"] == OrderType.TRAILING
    columns["trigger_ticks"] = pick((1, 3, 10)) if trailing else pick((*_AWAY, 30, -30))
    source = pick((Source.MARK, Source.INDEX) if trailing else list(Source))
    columns["flags"] |= source << c.SOURCE_SHIFT


def _flag(pick: Pick, columns: Columns) -> None:
    """Give an order flags: of each kind sometimes, mostly where they may be."""
    wild = pick(range(40)) == 39
    order_type = columns["order_type"]
    stays = columns["time_in_force"] not in (TimeInForce.IOC, TimeInForce.FOK)
    if pick(range(8)) == 7:
        columns["flags"] |= Flag.REDUCE_ONLY
    if pick(range(6)) == 5 and (wild or (stays and order_type in (LIMIT, OrderType.ICEBERG))):
        columns["flags"] |= pick((Flag.POST_ONLY, Flag.POST_SLIDE))
    if pick(range(3)) == 2:
        columns["flags"] |= Flag.PROTECTED
    if pick(range(6)) == 5 and (wild or stays or order_type not in (LIMIT, OrderType.MARKET)):
        columns["flags"] |= pick((Flag.OCO, Flag.CHILD, Flag.CHILD))
        columns["link"] = pick((-1, -2, 1, 2, 3, 4, 5, 0 if wild else 6))


def _amount(pick: Pick, world: World, **columns: int) -> Columns:
    """Pick an amount; half of them just what may leave the account, or one more."""
    near = (MONEY_MICROUSD_MAX, MONEY_MICROUSD_MAX + 1, 0, -5)
    amount = pick(near) if pick(range(8)) == 7 else pick(world.deposits_microusd)
    amount = pick((ALL, ALL_AND_ONE, amount, amount))
    return {"account": _account(pick, world), "amount_microusd": amount} | columns


def _fixing(pick: Pick, world: World) -> Columns:
    index = pick((1, 1, 1, 2, 2, 3, world.limits.indexes - 1, world.limits.indexes, 0))
    fit = pick((1, 1, 1, 1, 1, 1, 1, 0))
    value = _near(pick, index, world) if fit else 0
    if pick(range(30)) == 29:
        most = world.limits.price_microusd_max
        value = pick((0, -5, most + 1))
    vintage = pick((Vintage.PROVISIONAL, Vintage.FINAL))
    strike = pick((0, 0, 0, 0, -1, -1, -2, 1))
    return {"index": index, "strike_ns": strike, "vintage": vintage, "fit": fit} | {
        "value_microusd": value
    }


def _near(pick: Pick, index: int, world: World) -> int:
    """Pick a value of an index: near the first one, seldom far."""
    is_wild = pick(range(12)) == 11 and world.name != "vast"
    gap: int = pick(WILD_GAPS_PPM if is_wild else world.gaps_ppm)
    return max(1, index_value(index, world.fix_microusd) * (PPM + gap) // PPM)


def _mark(pick: Pick, world: World) -> Columns:
    index = pick((1, 1, 1, 1, 2, 2, 3, world.limits.indexes))
    value = pick((0, _near(pick, index, world), _near(pick, index, world)))
    quality = pick((*[Quality.LIVE] * 18, Quality.STALE, Quality.HALTED))
    strike = pick((0, 0, 0, 1, -1)) if value else 0
    return {"index": index, "fit": quality, "value_microusd": value, "strike_ns": strike}


def _set(pick: Pick, world: World) -> Columns:
    if pick((True, False)):
        term = pick(SETTINGS)
        contract = -1
    else:
        term = pick(TERMS)
        contract = _contract(pick, world)
    usual = [term.default] * 5
    value = pick((*usual, term.least, term.most, term.least - 1, term.most + 1))
    if contract == -1 and term.name.startswith("pair"):
        value = pick((1, 2, 0, 500_000))
    return {"contract": contract, "parameter": term.column, "value": value}


def _halt(pick: Pick, world: World) -> Columns:
    mode = pick((*[Mode.NORMAL] * 5, *Mode))
    account = pick((0, 0, _account(pick, world)))
    contract = 0 if account else pick((0, 1, 2, -1, -1) if mode == Mode.NORMAL else (0, 1, 2, 3))
    return {"account": account, "contract": contract, "mode": mode, "flags": pick((0, 0, 1))}


_COLUMNS: dict[Kind, Callable[[Pick, World], Columns]] = {
    Kind.ADVANCE: lambda pick, world: {},
    Kind.OPEN_ACCOUNT: lambda pick, world: {
        "account": _account(pick, world),
        "group": pick((0, 5, -1)),
    },
    Kind.DEPOSIT: _amount,
    Kind.WITHDRAW: _amount,
    Kind.TRANSFER: lambda pick, world: _amount(
        pick, world, target=_account(pick, world), run=pick((0, 4, -1)), item=pick((0, 2))
    ),
    Kind.LIST: lambda pick, world: {"contract": _contract(pick, world)},
    Kind.SET: _set,
    Kind.OPEN: lambda pick, world: {"contract": _contract(pick, world)},
    Kind.FIXING: _fixing,
    Kind.MARK: _mark,
    Kind.ORDER: _order,
    Kind.CANCEL: lambda pick, world: {"account": _account(pick, world), "order": pick(range(60))},
    Kind.AMEND: lambda pick, world: {
        "account": _account(pick, world),
        "order": pick(range(60)),
        "price_ticks": pick((0, *_AWAY)),
        "lots": pick(world.lots),
        "trigger_ticks": pick(_AWAY),
    },
    Kind.CANCEL_ALL: lambda pick, world: {
        "account": _account(pick, world),
        "contract": pick((-1, -1, 0, 1, world.limits.contracts)),
        "side": pick((0, 0, Side.BUY, Side.SELL)),
        "label": pick((0, 0, 3)),
    },
    Kind.PROTECT: lambda pick, world: {
        "account": _account(pick, world),
        "contract": pick((0, 0, _contract(pick, world))),
        "interval_s": pick((60, 1, 0)),
        "frozen_s": pick((0, 60)),
        "lots": pick((5, 1, 40, 0)),
    },
    Kind.CONFIRM: lambda pick, world: {"account": _account(pick, world), "order": pick(range(60))},
    Kind.HALT: _halt,
    Kind.SETTLE: lambda pick, world: {
        "contract": _contract(pick, world),
        "value_microusd": pick((world.fix_microusd, 5, -3)),
    },
}
