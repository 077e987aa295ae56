"""HEARD: flows of commands as the frames that a subscriber hears, and the exchange beside them.

Takes   storms by their seeds, the scenario files, flows made by hand.
Gives   frames of one command or several, each with the plain exchange as it stands after it.
Keeps   to commands and events: what is heard is what a durable frame tells.
Source  `adapters/commit.py`; what tests of public market data share.
"""

from functools import cache
from pathlib import Path
from random import Random

import numpy as np

from chiphour.contracts import table
from chiphour.exchange.commands import STP_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Stp
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import event
from chiphour.exchange.events import KIND
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reference import Reference
from chiphour.simulate.storm_hand import played
from chiphour.simulate.storm_hand import seeded
from chiphour.units import NS_PER_SECOND
from chiphour.wire.dialect import Instrument
from scenarios.test_scenarios import FILES
from scenarios.test_scenarios import Player
from scenarios.test_scenarios import limits_of
from scenarios.test_scenarios import lines_of
from told import LIMITS
from told import NOW
from told import Told
from told import order

SCENARIOS = {path.stem: path for path in FILES}


class Recorder(Reference):
    """A plain exchange that remembers what it was told."""

    def __init__(self, limits):
        super().__init__(limits)
        self.told = []

    def apply(self, rows):
        self.told.append(rows.copy())
        return super().apply(rows)


@cache
def stormed(seed, count=300):
    """Give the limits and commands of a seed's weather."""
    return seeded(seed, count)


@cache
def scenario(name):
    """Give the limits and commands of a scenario file."""
    lines = lines_of(Path(SCENARIOS[name]))
    player = Player(Recorder, limits_of(lines))
    for line in lines:
        if line.mark not in ("limits", "?", "<"):
            player.expected = []
            player.play(line)
    return player.limits, commands([row for rows in player.market.told for row in rows])


@cache
def ordered(seed, count=300):
    """Give a flow whose time never decreases, as a journal's."""
    flow = played(seed, count)
    return flow.limits, flow.rows


def frames(limits, rows, size=1):
    """Give (commands, events, the exchange after them) of frames of so many commands."""
    reference = Reference(limits)
    for start in range(0, len(rows), size):
        batch = rows[start : start + size]
        told = [reference.apply(row[None]) for row in batch]
        yield batch, np.concatenate(told), reference


def numbers_of(events, counts):
    """Give the number of each FILL within its contract; `counts` remembers the last ones."""
    found = []
    for row in events[events[:, KIND] == Event.FILL].tolist():
        counts[row[4]] = counts.get(row[4], 0) + 1
        found.append(counts[row[4]])
    return found


def standing(reference):
    """Give what the exchange's books hold, for the public: priority, price and lots that show."""
    rows = reference.sections().orders.tolist()
    found = {}
    for row in rows:
        found.setdefault((row[2], row[3]), []).append((row[16], row[4], row[5]))
    return found


@cache
def crowded(seed, count=400):
    """Give a flow of few prices and three members, two of one group: calls, icebergs, self-trades.

    Storms seldom let an iceberg meet its own group in a call, or slide back to where it stood.
    """
    pick = Random(seed).choice
    told = Told()
    told.reference = market = Recorder(LIMITS)
    told.state = market.state
    fix = {"strike_ns": NOW - 1, "vintage": 1, "fit": 1, "value_microusd": 2_500_000}
    for account in (8, 9, 10):
        told.do(Kind.OPEN_ACCOUNT, account=account, group=8 if account < 10 else 0)
        told.do(Kind.DEPOSIT, account=account, amount_microusd=1 << 40)
    told.do(Kind.FIXING, index=1, **fix)
    told.list(0, call_s=60, price_ticks_min=100)
    for _ in range(count):
        told.tell(_wish(pick, market, told))
    return LIMITS, commands([row for rows in market.told for row in rows])


def _wish(pick, market, told):
    """Give one command: mostly orders near the mark."""
    kind = pick(("order",) * 10 + ("amend",) * 4 + ("cancel", "cancel", "halt", "end"))
    standing = list(market.state.orders.values())
    if kind == "halt":
        for mode in (Mode.HALTED, Mode.NORMAL):
            told.do(Kind.HALT, contract=0, mode=mode)
    if kind == "end":
        told.time_ns += 61 * NS_PER_SECOND
    if kind in ("halt", "end") or (kind != "order" and not standing):
        return command(Kind.ADVANCE)
    if kind != "order":
        found = pick(standing)
        if kind == "cancel":
            return command(Kind.CANCEL, account=found.account, order=found.order)
        lots = found.traded_lots + max(1, found.open_lots + pick((-3, -1, 0, 2)))
        price = {"price_ticks": found.price_ticks + pick((0, 0, 1, -1, 3, -3)), "lots": lots}
        return command(Kind.AMEND, account=found.account, order=found.order, **price)
    lots, order_type = pick((1, 2, 5, 9)), OrderType.LIMIT
    shown = {}
    if lots > 2 and pick((True, False)):
        order_type, shown = OrderType.ICEBERG, {"trigger_ticks": pick((1, 2, 4))}
    flags = pick((0, 0, 0, Flag.POST_SLIDE, Flag.REDUCE_ONLY)) | pick(tuple(Stp)) << STP_SHIFT
    side, cents = pick(("buy", "sell")), 250 + pick((-2, -1, 0, 0, 1, 2))
    return order(pick((8, 9, 10)), side, cents, lots, order_type, flags=flags, **shown)


def listed_of(number):
    """Give a contract in ticks of a cent."""
    row = [0] * table.CONTRACT_COLUMNS
    row[table.TICK_MICROUSD] = 10_000
    return Instrument(number, f"H{number}_USDC-PERPETUAL", row, "", 0)


def fill(contract, cents, time_ms, lots=1, cause=Cause.ORDER, side=Side.BUY):
    """Write a FILL."""
    places = {"contract": contract, "price_ticks": cents, "lots": lots, "cause": cause}
    return event(Event.FILL, time_ns=time_ms * 1_000_000, side=side, **places)


SIDES = (Side.BUY, Side.SELL)
BY_NUMBER = {number: listed_of(number) for number in range(16)}
