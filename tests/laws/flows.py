"""FLOWS: command sequences for the laws: drawn by Hypothesis, and some that reach a bound.

Takes   what Hypothesis draws; seeds.
Gives   a market's limits and its commands, stamped.
Keeps   one description of a flow, `chiphour.simulate.storm`, for these laws and for storms.
Source  Rulebook 1 to 12; the laws in this folder stand on it.
"""

import random
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import STEPS_MAX
from chiphour.exchange.limits import Limits
from chiphour.simulate.storm import FUTURE
from chiphour.simulate.storm import PERPETUAL
from chiphour.simulate.storm import PLAIN
from chiphour.simulate.storm import WORLDS
from chiphour.simulate.storm import Pick
from chiphour.simulate.storm import Wish
from chiphour.simulate.storm import prologue
from chiphour.simulate.storm import terms
from chiphour.simulate.storm import wishes
from chiphour.simulate.storm_hand import stamped
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_SECOND

Rows = NDArray[np.int64]


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


def crowd(seed: int, members: int = 560) -> tuple[Limits, Rows]:
    """Make a market that reaches every limit on work.

    256 fills of an order, 256 cancels and 256 pairs and 1,024 payments of an ADVANCE, 64 steps of
    a draining, 1,024 rows of a scan. Each member holds a perpetual and a future, both of which
    have long queues of single lots.
    """
    pick = random.Random(seed).choice
    limits = Limits(1_100, 4, 3, 4096, 2048, 4, 256)
    accounts = range(10, 10 + members)
    world = PLAIN._replace(limits=limits, members=tuple(accounts), tick_microusd=100)
    wished = [Wish(command(Kind.OPEN_ACCOUNT, account=a, group=a % 7)) for a in accounts]
    pay = [command(Kind.DEPOSIT, account=a, amount_microusd=10**10) for a in accounts]
    fix = {"vintage": Vintage.PROVISIONAL, "fit": 1, "value_microusd": 2_500_000}
    rows = [*pay, command(Kind.FIXING, index=1, strike_ns=0, **fix)]
    for contract in (0, 1):
        value = terms(pick, world, (PERPETUAL, FUTURE)[contract], contract)
        value[table.EXPIRY_NS] = 2 * contract  # The future sees one settlement.
        value[table.FIXED_WINDOW], value[table.CALL_S] = 1, 120
        value[table.STATIC_BAND_PPM], value[table.INDEX_TICKS] = 200_000, 1
        for term in (table.OPENING_CALL_S, table.DYNAMIC_BAND_PPM, table.OPEN_INTEREST_CAP_LOTS):
            value[term] = 0
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
    return limits, stamped([*wished, *_call(accounts), *_days(pick, accounts)], limits)


def _crowd_order(a: int, contract: int, side: Side, lots: int, away: int) -> Rows:
    """Write a limit order `away` ticks from the mark on its own side."""
    price = away if side == Side.SELL else -away
    limit = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC, "lots": lots}
    return command(Kind.ORDER, account=a, contract=contract, side=side, price_ticks=price, **limit)


def _call(accounts: Sequence[int]) -> Iterator[Wish]:
    """Halt the perpetual and cancel its orders; resume it with a call in which all cross."""
    yield Wish(command(Kind.HALT, contract=0, mode=Mode.HALTED, flags=1))
    for _ in range(2 * len(accounts) // STEPS_MAX):
        yield Wish(command(Kind.ADVANCE))
    yield Wish(command(Kind.HALT, contract=0, mode=Mode.NORMAL))
    for a in accounts:
        yield Wish(_crowd_order(a, 0, Side(1 + a % 2), 1, -3))
    yield Wish(command(Kind.ADVANCE), ("on", 121 * NS_PER_SECOND))


def _days(pick: Pick, accounts: Sequence[int]) -> Iterator[Wish]:
    """Let three days pass: marks, settlements, an expiry with its fixings, trades between."""
    for _ in range(3):
        for value in (2_511_100, 2_488_800):
            step = ("on", 7 * NS_PER_HOUR)
            yield Wish(command(Kind.MARK, index=1, fit=1, value_microusd=value), step)
            for a in accounts[::9]:
                side = pick((Side.BUY, Side.SELL))
                yield Wish(_crowd_order(a, pick((0, 1)), side, pick((1, 3)), pick((0, 5, -5))))
        for vintage in Vintage:
            fix = {"fit": 1, "value_microusd": pick((2_511_100, 2_488_800))}
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
    value[table.OPENING_CALL_S], value[table.DYNAMIC_BAND_PPM] = 0, 0
    rows.extend(listing(0, value))
    for buyer, seller in zip(accounts[::2], accounts[1::2], strict=True):
        for lots in (*[ORDER_LOTS_MAX] * 4, 3, 1):
            for account, side in ((buyer, Side.BUY), (seller, Side.SELL)):
                rows.append(_crowd_order(account, 0, side, lots, 0))
    for lots in (28, 27, 1):  # 27 were left.
        for account, side in ((accounts[-2], Side.BUY), (accounts[-1], Side.SELL)):
            rows.append(_crowd_order(account, 0, side, lots, 0))
    return limits, stamped([Wish(row) for row in rows], limits)
