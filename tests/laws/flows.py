"""FLOWS: random command sequences, rich enough to reach every rule of the rulebook.

Takes   a way to pick one of several values: a seeded generator, or Hypothesis (which can shrink).
Gives   `Wish`es, and `stamped`: the commands as a sequencer would send them, ADVANCE inserted.
Keeps   one description of a flow for both: what is picked from, and how often.
Source  Rulebook 1 to 9; the laws in this folder stand on it.
"""

import random
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import Type
from chiphour.exchange import commands as c
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import listing
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import ns_from_iso

Rows = NDArray[np.int64]
Pick = Callable[[Sequence[Any]], Any]

START_NS = ns_from_iso("2026-07-06T09:00:00+00:00")
EXTREMES = (-1, 1, 0, 7, 1 << 31, (1 << 62) + 1, (1 << 63) - 1, -(1 << 63), -(1 << 62))
# Time before the next command: ("on", ns from the last) or ("due", ns from what is due next).
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


class World(NamedTuple):
    """What a flow picks from."""

    name: str
    limits: Limits
    members: tuple[int, ...]
    fixes_microusd: tuple[int, ...]  # Of index 1; index 2 is thousandth of it, 5 at least.
    deposits_microusd: tuple[int, ...]
    lots: tuple[int, ...]
    window_below_ticks: int  # The window of a contract begins so far below the first fix.
    tick_microusd: int


PLAIN = World(
    name="plain",
    limits=Limits(64, 8, 4, 96, 40, 4, 256, position_lots_max=5_000),
    members=(9, 8, 11, 12, 13, 30, 63),
    fixes_microusd=(2_500_000, 2_501_003, 2_498_051, 2_504_999, 2_490_007, 2_700_000),
    deposits_microusd=(10**10, 10**9, 10**9, 400_000_000, 30_000_000, 1_000_000, 1),
    lots=(3, 1, 2, 5, 10, 40, 400, 0, -1),
    window_below_ticks=128,
    tick_microusd=100,
)
TINY = PLAIN._replace(
    name="tiny",
    limits=Limits(12, 3, 3, 5, 4, 2, 64, position_lots_max=40),
    members=(9, 8, 10, 11),
    lots=(3, 1, 2, 5, 10, 38, 41),
    window_below_ticks=32,
)
# Everything as large as the bounds allow; fixes stay near, or cash would pass its bound.
VAST = PLAIN._replace(
    name="vast",
    members=(9, 8, 10, 11, 12, 15),
    limits=Limits(16, 4, 4, 64, 32, 4, 1024),
    fixes_microusd=(1_000_000_000, 1_010_000_000, 990_000_000, 1_060_000_000, 940_000_001),
    deposits_microusd=(1 << 57, 1 << 57, 1 << 56, MONEY_MICROUSD_MAX // 4, 1 << 61, 10**15),
    lots=(1_000_000, 50_000, 200_001, ORDER_LOTS_MAX, ORDER_LOTS_MAX + 1, 1, 1 << 40),
    window_below_ticks=512,
    tick_microusd=100_000,
)
WORLDS = (PLAIN, TINY, VAST)


class Wish(NamedTuple):
    """A command before it has a time; `is_late` ones are sent though something is due first.

    Where `is_relative`, a CANCEL names the nth resting order, a strike or an expiry counts days,
    and ALL is all that may leave the account.
    """

    row: Rows
    step: tuple[str, int] = ("on", 0)
    is_late: bool = False
    is_relative: bool = True


def prologue(pick: Pick, world: World) -> list[Wish]:
    """Open accounts, pay money in, fix both indexes, list a perpetual and one or two futures."""
    rows: list[Rows] = []
    for member in world.members:
        rows.append(command(Kind.OPEN_ACCOUNT, account=member, group=pick((0, 0, 0, 5, 11))))
        amount = pick(world.deposits_microusd)
        rows.append(command(Kind.DEPOSIT, account=member, amount_microusd=amount))
    for index in (1, 2):
        value = _index_value(index, world.fixes_microusd[0])
        fixed = {"vintage": Vintage.PROVISIONAL, "fit": 1, "value_microusd": value}
        rows.append(command(Kind.FIXING, index=index, strike_ns=0, **fixed))
    for contract in range(min(3, world.limits.contracts)):
        rows.extend(listing(contract, terms(pick, world, (1, 1, 2)[contract], contract != 0)))
    return [Wish(row) for row in rows]


def terms(pick: Pick, world: World, index: int, is_future: bool) -> list[int]:
    """Pick the terms of a contract; an expiry counts days from the last strike."""
    value = [term.default for term in TERMS]
    tick = world.tick_microusd if index == 1 else 1
    first_ticks = _index_value(index, world.fixes_microusd[0]) // tick
    value[table.TYPE] = Type.FUTURE if is_future else Type.PERPETUAL
    value[table.INDEX] = index
    value[table.TICK_MICROUSD] = tick
    value[table.PRICE_TICKS_MIN] = first_ticks - world.window_below_ticks
    value[table.IMPACT_LOTS] = pick((1, 7, 3))
    value[table.MARKET_BAND_PPM] = pick((199_999, 1_003, 0))
    value[table.PREMIUM_CLAMP_PPM] = pick((20_000, 777, 2_000_000))
    value[table.TIER_1_LOTS] = pick((50_000, 3))
    value[table.TIER_1_PPM] = pick((100_000, 99_999, 33_333))
    if is_future:
        value[table.EXPIRY_NS] = pick((2, 1, 3, 5))
    else:
        value[table.FUNDING_PERIOD_S] = pick((3_600, 86_400, 28_800, 0, 1_801))
        value[table.FUNDING_DEAD_BAND_PPM] = pick((0, 500, 41))
        value[table.FUNDING_CAP_PPM] = pick((20_000, 101))
        value[table.FUNDING_SAMPLES_EXPECTED] = pick((0, 1, 3))
    return value


def wishes(pick: Pick, world: World, count: int) -> Iterator[Wish]:
    """Pick `count` wishes, the jumps of time and the listings among them as they come."""
    for _ in range(count):
        if pick(range(120)) == 119:
            contract = pick(range(world.limits.contracts + 1))
            is_future = pick((True, False))
            yield from (Wish(r) for r in listing(contract, terms(pick, world, 1, is_future)))
            continue
        kind = pick(_KINDS)
        row = command(kind, **_COLUMNS[kind](pick, world))
        is_relative = pick(range(20)) != 19
        if pick(range(30)) == 29:
            row[pick(range(2, c.COMMAND_COLUMNS))] = pick(EXTREMES)
        step = pick(JUMPS) if pick(range(50)) == 49 else pick(STEPS)
        yield Wish(row, step, pick(range(30)) == 29, is_relative)


_KINDS = (
    *[Kind.ORDER] * 90,
    *[Kind.CANCEL] * 8,
    *[Kind.MARK] * 8,
    *[Kind.FIXING] * 6,
    *[Kind.DEPOSIT] * 5,
    *[Kind.WITHDRAW] * 8,
    *[Kind.TRANSFER, Kind.ADVANCE] * 3,
    *[Kind.OPEN_ACCOUNT, Kind.LIST, Kind.SET, Kind.OPEN],
)


def _index_value(index: int, fix_microusd: int) -> int:
    return fix_microusd if index == 1 else max(5, fix_microusd // 100_000)


def _account(pick: Pick, world: World) -> int:
    """Pick a member; sometimes a reserved row, one not opened, one beyond the table."""
    strange = (0, 1, 2, 7, 14, world.limits.accounts - 1, world.limits.accounts, -1)
    return pick(strange) if pick(range(25)) == 24 else pick(world.members)


def _contract(pick: Pick, world: World) -> int:
    """Pick one of the first three; sometimes a later one, the last, one beyond the table."""
    most = world.limits.contracts
    return pick((3, most - 1, most, -1)) if pick(range(20)) == 19 else pick((0, 0, 0, 0, 1, 1, 2))


def _order(pick: Pick, world: World) -> dict[str, int]:
    contract = _contract(pick, world)
    is_market = pick(range(6)) == 5
    price = 0 if is_market else _price_ticks(pick, world, contract)
    gtc, ioc = TimeInForce.GTC, TimeInForce.IOC
    return {
        "account": _account(pick, world),
        "contract": contract,
        "side": pick((Side.BUY, Side.SELL)),
        "order_type": OrderType.MARKET if is_market else OrderType.LIMIT,
        "time_in_force": ioc if is_market else pick((gtc, gtc, gtc, ioc)),
        "price_ticks": price,
        "lots": pick(world.lots),
        "client_order_id": pick((0, 77)),
        "label": pick((0, 3)),
    }


def _price_ticks(pick: Pick, world: World, contract: int) -> int:
    """Pick a price near the first fix; sometimes at the window's ends, or one beyond."""
    index = 2 if contract == 2 else 1
    tick = world.tick_microusd if index == 1 else 1
    middle = _index_value(index, world.fixes_microusd[0]) // tick
    if pick(range(20)) == 19:
        low, size = middle - world.window_below_ticks, world.limits.window_ticks
        return pick((low, low - 1, low + size - 1, low + size))
    return middle + pick((0, 0, 1, -1, 1, -1, 2, -2, 3, -3, 10, -10, 25, -25, 60, -60))


def _amount(pick: Pick, world: World, **columns: int) -> dict[str, int]:
    """Pick an amount; half of them just what may leave the account, or one more."""
    near = (MONEY_MICROUSD_MAX, MONEY_MICROUSD_MAX + 1, 0, -5)
    amount = pick(near) if pick(range(8)) == 7 else pick(world.deposits_microusd)
    amount = pick((ALL, ALL_AND_ONE, amount, amount))
    return {"account": _account(pick, world), "amount_microusd": amount} | columns


def _fixing(pick: Pick, world: World) -> dict[str, int]:
    index = pick((1, 1, 1, 2, 2, 3, world.limits.indexes - 1, world.limits.indexes, 0))
    fit = pick((1, 1, 1, 1, 0))
    value = _index_value(index, pick(world.fixes_microusd)) if fit else 0
    if pick(range(20)) == 19:
        most = world.limits.price_microusd_max
        value = pick((0, 5, -5, most + 1) if world.name == "vast" else (0, -5, most, most + 1))
    vintage = pick((Vintage.PROVISIONAL, Vintage.FINAL))
    strike = pick((0, 0, 0, 0, -1, -1, -2, 1))
    return {"index": index, "strike_ns": strike, "vintage": vintage, "fit": fit} | {
        "value_microusd": value
    }


def _mark(pick: Pick, world: World) -> dict[str, int]:
    index = pick((1, 1, 1, 2, 2, 3, world.limits.indexes))
    value = pick((0, _index_value(index, pick(world.fixes_microusd))))
    return {"index": index, "fit": pick((1, 1, 1, 1, 2, 3)), "value_microusd": value}


def _set(pick: Pick, world: World) -> dict[str, int]:
    term = pick(TERMS)
    value = pick((term.least, term.most, term.default, term.least - 1, term.most + 1))
    return {"contract": _contract(pick, world), "parameter": term.column, "value": value}


_COLUMNS: dict[Kind, Callable[[Pick, World], dict[str, int]]] = {
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
    Kind.CANCEL: lambda pick, world: {
        "account": _account(pick, world),
        "order": pick(range(60)),
    },
}


class Sequencer:
    """Stamps wishes as a sequencer would; a reference tells it what is due."""

    def __init__(self, limits: Limits) -> None:
        self.reference = Reference(limits)
        self.sent: list[Rows] = []

    def send(self, wish: Wish) -> None:
        """Stamp one wish and, unless it is late, each ADVANCE that is due before it."""
        state = self.reference.state
        mode, step_ns = wish.step
        time_ns = max(state.time_ns, START_NS)
        if mode == "due" and state.next_due_ns < time_ns + 5 * NS_PER_DAY:
            time_ns = state.next_due_ns
        time_ns = max(time_ns + step_ns, START_NS)
        if not wish.is_late:
            while state.next_due_ns <= time_ns:
                due_ns = max(state.next_due_ns, state.time_ns)
                self._apply(command(Kind.ADVANCE), due_ns)
        row = wish.row.copy()
        if wish.is_relative:
            self._resolve(row, time_ns)
        self._apply(row, time_ns)

    def _resolve(self, row: Rows, time_ns: int) -> None:
        """Give a relative command its true order, strike or expiry."""
        last_ns = time_ns - (time_ns - STRIKE_OFFSET_NS) % NS_PER_DAY
        is_expiry = row[c.KIND] == Kind.SET and row[c.PARAMETER] == table.EXPIRY_NS
        pays = row[c.KIND] in (Kind.WITHDRAW, Kind.TRANSFER)
        known = int(row[c.ACCOUNT]) in self.reference.state.accounts
        resting = list(self.reference.state.orders.values())
        if row[c.KIND] == Kind.CANCEL and resting:
            order = resting[int(row[c.ORDER]) % len(resting)]
            row[c.ORDER], row[c.ACCOUNT] = order.order, order.account
        elif row[c.KIND] == Kind.FIXING and -9 < row[c.STRIKE_NS] < 9:
            row[c.STRIKE_NS] = last_ns + int(row[c.STRIKE_NS]) * NS_PER_DAY
        elif pays and known and row[c.AMOUNT_MICROUSD] in (ALL, ALL_AND_ONE):
            more = int(row[c.AMOUNT_MICROUSD]) - ALL
            within = self.reference.state.withdrawable_microusd(int(row[c.ACCOUNT]))
            row[c.AMOUNT_MICROUSD] = within + more
        elif is_expiry and 0 < row[c.VALUE] < 9:
            row[c.VALUE] = last_ns + int(row[c.VALUE]) * NS_PER_DAY

    def _apply(self, row: Rows, time_ns: int) -> None:
        row[c.SEQUENCE], row[c.TIME_NS] = self.reference.sequence + 1, time_ns
        self.reference.apply(row[None])
        self.sent.append(row)


def stamped(wished: Iterator[Wish] | list[Wish], limits: Limits) -> Rows:
    """Give the commands that a sequencer would send for these wishes: int64[n, 16]."""
    sequencer = Sequencer(limits)
    for wish in wished:
        sequencer.send(wish)
    return commands(sequencer.sent)


@st.composite
def flows(draw: st.DrawFn, count_max: int = 150) -> tuple[Limits, Rows]:
    """Draw a market and its commands."""

    def pick(values: Sequence[Any]) -> Any:
        return draw(st.sampled_from(values))

    world = pick(WORLDS)
    count = draw(st.integers(0, count_max))
    return world.limits, stamped(
        [*prologue(pick, world), *wishes(pick, world, count)], world.limits
    )


def seeded(seed: int, count: int) -> tuple[Limits, Rows]:
    """Make a market and about `count` commands from a seed, without Hypothesis: fast."""
    pick = random.Random(seed).choice
    world = WORLDS[seed % len(WORLDS)]
    return world.limits, stamped(
        [*prologue(pick, world), *wishes(pick, world, count)], world.limits
    )


def crowd(seed: int, members: int = 700) -> tuple[Limits, Rows]:
    """Make a market that reaches every limit on work: 256 fills, 256 cancels, 1,024 payments.

    Each member holds a perpetual and a future, both of which have long queues of single lots.
    """
    pick = random.Random(seed).choice
    limits = Limits(members + 20, 4, 3, 4096, 2048, 4, 256)
    accounts = range(10, 10 + members)
    world = PLAIN._replace(limits=limits, members=tuple(accounts))
    wished = [Wish(command(Kind.OPEN_ACCOUNT, account=a, group=a % 7)) for a in accounts]
    pay = [command(Kind.DEPOSIT, account=a, amount_microusd=10**10) for a in accounts]
    fix = {"vintage": Vintage.PROVISIONAL, "fit": 1, "value_microusd": 2_500_000}
    rows = [*pay, command(Kind.FIXING, index=1, strike_ns=0, **fix)]
    for contract in (0, 1):
        value = terms(pick, world, 1, contract == 1)
        value[table.EXPIRY_NS] = 2 * contract  # The future sees one settlement.
        rows.extend(listing(contract, value))
    for contract in (0, 1):
        rows += [_crowd_order(a, contract, Side(1 + a % 2), 1, 0) for a in accounts]
        rows += [_crowd_order(a, contract, Side(1 + a % 2), 1, 30) for a in accounts]
        takers = [pick(accounts) for _ in range(3)]
        rows += [_crowd_order(a, contract, Side(1 + a % 2), 400, -40) for a in takers]
        rows += [_crowd_order(a, contract, Side(1 + a % 2), 2, 35) for a in accounts]
    wished += [Wish(row) for row in rows]
    marks = [command(Kind.MARK, index=1, fit=1, value_microusd=v) for v in (2_503_300, 2_499_900)]
    wished += [Wish(row, ("on", 61 * NS_PER_SECOND)) for row in marks]
    return limits, stamped([*wished, *_days(pick, world, accounts)], limits)


def _crowd_order(
    a: int, contract: int, side: Side, lots: int, away: int, middle: int = 25_000
) -> Rows:
    """Write a limit order `away` ticks from the middle on its own side."""
    price = middle + (away if side == Side.SELL else -away)
    limit = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "lots": lots}
    return command(Kind.ORDER, account=a, contract=contract, side=side, price_ticks=price, **limit)


def _days(pick: Pick, world: World, accounts: Sequence[int]) -> Iterator[Wish]:
    """Let three days pass: marks, settlements, an expiry with its fixings, trades between."""
    for _ in range(3):
        for value in (2_511_100, 2_488_800):
            step = ("on", 7 * NS_PER_HOUR)
            yield Wish(command(Kind.MARK, index=1, fit=1, value_microusd=value), step)
            for a in accounts[::9]:
                side = pick((Side.BUY, Side.SELL))
                yield Wish(_crowd_order(a, pick((0, 1)), side, pick((1, 3)), pick((0, 5, -5))))
        for vintage in Vintage:
            fix = {"fit": 1, "value_microusd": pick(world.fixes_microusd)}
            row = command(Kind.FIXING, index=1, strike_ns=0, vintage=vintage, **fix)
            yield Wish(row, ("on", 11 * NS_PER_HOUR))


def full_interest() -> tuple[Limits, Rows]:
    """Make a market that fills one contract's open interest to its bound, to the lot, and beyond.

    The bound needs 33 accounts on either side, each at its own bound but for the last pair.
    """
    limits = Limits(80, 2, 2, 64, 128, 2, 64)
    accounts = range(10, 76)
    rows = [command(Kind.OPEN_ACCOUNT, account=a) for a in accounts]
    rows += [command(Kind.DEPOSIT, account=a, amount_microusd=1 << 40) for a in accounts]
    fix = {"vintage": Vintage.PROVISIONAL, "fit": 1, "value_microusd": 10}
    rows.append(command(Kind.FIXING, index=1, strike_ns=0, **fix))
    value = [term.default for term in TERMS]
    value[table.INDEX], value[table.TICK_MICROUSD] = 1, 1
    rows.extend(listing(0, value))
    for buyer, seller in zip(accounts[::2], accounts[1::2], strict=True):
        for lots in (*[ORDER_LOTS_MAX] * 4, 3, 1):
            for account, side in ((buyer, Side.BUY), (seller, Side.SELL)):
                rows.append(_crowd_order(account, 0, side, lots, 0, middle=10))
    for lots in (28, 27, 1):  # 27 were left.
        for account, side in ((accounts[-2], Side.BUY), (accounts[-1], Side.SELL)):
            rows.append(_crowd_order(account, 0, side, lots, 0, middle=10))
    return limits, stamped([Wish(row) for row in rows], limits)
