"""HELD: what must hold of a command: from the state before it, by what is said, to that after.

Takes   the sections before and after a command, the command, its events; in their order.
Gives   what was wrong, in words; nothing when all is well.
Keeps   its own arithmetic: cash, lots and fees are computed here from the events alone.
Source  Rulebook 1.3, 2.8, 3.2, 3.3, 7.7, 11.1.
"""

from collections import Counter

import numpy as np

from chiphour.contracts import settings
from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import commands as c
from chiphour.exchange import events as said
from chiphour.exchange.commands import Side
from chiphour.exchange.events import Cause
from chiphour.exchange.invariants import event_violations
from chiphour.exchange.invariants import front_violations
from chiphour.exchange.invariants import violations
from chiphour.exchange.limits import FEES
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.exchange.limits import OUTSIDE
from chiphour.units import PPM

FREE = (Cause.LIQUIDATION, Cause.DELEVERAGING)  # Fills without fees (rulebook 11.2).
SWEEPING, SCAN_LEFT = 3, 5  # Columns of the market's section.
TIER = 9  # A column of the accounts' section.


class Witness:
    """Sees a market command by command; `faults` tells what does not hold."""

    def __init__(self, limits):
        self.limits = limits
        self.owed = Counter()  # Contract -> what a lot receives in the sweep that is to come.
        self.paid = Counter()  # Contract -> what that sweep has paid so far; 0 in the end.

    def faults(self, before, row, events, after):
        told = events.tolist()
        found = violations(after, self.limits) + event_violations(events)
        found += front_violations(before, events)
        for law in (cash_faults, lots_faults, fee_faults):
            found += law(before, told, after)
        found += refusal_faults(before, row, told, after)
        return found + self.payment_faults(told, after)

    def payment_faults(self, told, after):
        """Each payment is what FUNDED and SETTLED said of a lot; a contract's sum to 0."""
        found = []
        for event in told:
            contract, amount = event[said.CONTRACT], event[said.AMOUNT_MICROUSD]
            if event[said.KIND] in (said.Kind.FUNDED, said.Kind.SETTLED):
                self.owed[contract] += amount  # PER_LOT_MICROUSD has its place.
            elif event[said.KIND] == said.Kind.PAYMENT:
                if amount != event[said.LOTS] * self.owed[contract]:
                    found.append(f"expected {self.owed[contract]} for each lot: {event}")
                self.paid[contract] += amount
        if not after.market[0, SWEEPING]:
            found += [
                f"expected payments of contract {contract} to sum to 0, found {amount}"
                for contract, amount in self.paid.items()
                if amount != 0
            ]
            self.owed.clear()
            self.paid.clear()
        return found


def worked(before):
    """Tell whether work waited before a command, which then was done first (rulebook 2.8)."""
    return bool(before.work.size or before.market[0, SCAN_LEFT])


def moves(event, contracts):
    """Give what an event moves: (account, micro-dollars) each (rulebook 3.2, 3.6, 7.4, 11.1)."""
    kind, account, amount = (event[at] for at in (said.KIND, said.ACCOUNT, said.AMOUNT_MICROUSD))
    if kind in (said.Kind.DEPOSITED, said.Kind.WITHDRAWN):
        return [(account, amount), (OUTSIDE, -amount)]
    if kind == said.Kind.TRANSFERRED:
        return [(account, -amount), (event[said.TARGET], amount)]
    if kind in (said.Kind.FEE_PAID, said.Kind.FUND_PAID):
        return [(account, amount), (INSURANCE_FUND, -amount)]
    if kind == said.Kind.PAYMENT:
        return [(account, amount)]
    if kind != said.Kind.FILL:
        return []
    row = contracts[event[said.CONTRACT]]
    price = event[said.PRICE_TICKS]
    if event[said.CAUSE] != Cause.DELEVERAGING:
        price *= row[table.TICK_MICROUSD]
    gain = bought(event) * (row[table.SETTLEMENT_MICROUSD] - price)
    fee, rebate = event[said.TAKER_FEE_MICROUSD], event[said.MAKER_REBATE_MICROUSD]
    taker, maker = event[said.TAKER_ACCOUNT], event[said.MAKER_ACCOUNT]
    return [(taker, gain - fee), (maker, rebate - gain), (FEES, fee - rebate)]


def bought(event):
    """Give the lots that the taker of a FILL receives; negative when it sells."""
    return event[said.LOTS] if event[said.SIDE] == Side.BUY else -event[said.LOTS]


def cash_faults(before, told, after):
    """Nobody's cash moves but as the events say, to the micro-dollar."""
    contracts = {row[0]: row[1:] for row in before.contracts.tolist()}
    cash = Counter({row[0]: row[2] for row in before.accounts.tolist()})
    found = []
    for event in told:
        moved = moves(event, contracts)
        for account, amount in moved:
            cash[account] += amount
        if moved and event[said.KIND] != said.Kind.FILL:
            account = event[said.ACCOUNT]
            if cash[account] != event[said.CASH_MICROUSD]:
                found.append(f"expected cash {cash[account]} in {event}")
    for account, _, held, *_ in after.accounts.tolist():
        if held != cash[account]:
            found.append(f"expected cash {cash[account]} of account {account}, found {held}")
    return found


def lots_faults(before, told, after):
    """Positions move as the fills say; whoever has no opposite one shares no loss (7.7)."""
    lots = Counter({(row[0], row[1]): row[2] for row in before.positions.tolist()})
    found = []
    for event in told:
        if event[said.KIND] != said.Kind.FILL:
            continue
        maker = event[said.MAKER_ACCOUNT], event[said.CONTRACT]
        taker = event[said.TAKER_ACCOUNT], event[said.CONTRACT]
        change = bought(event)
        if event[said.CAUSE] == Cause.DELEVERAGING:
            opposite = lots[maker] * lots[taker] < 0
            if not opposite or min(abs(lots[maker]), abs(lots[taker])) < abs(change):
                found.append(f"expected opposite positions, found {lots[maker]}: {event}")
        lots[taker] += change
        lots[maker] -= change
    states = {row[0]: row[1 + table.STATE] for row in after.contracts.tolist()}
    held = Counter({(row[0], row[1]): row[2] for row in after.positions.tolist()})
    for place in lots.keys() | held.keys():
        gone = states[place[1]] == State.EXPIRED and held[place] == 0
        if held[place] != lots[place] and not gone:
            found.append(f"expected {lots[place]} lots, found {held[place]}: {place}")
    return found


def fee_faults(before, told, after):
    """A fee is rounded up, by less than two micro-dollars; a rebate down, and out of the fee."""
    contracts = {row[0]: row[1:] for row in before.contracts.tolist()}
    tiers = {row[0]: row[TIER] for row in before.accounts.tolist()}
    shares = before.settings[0].tolist()[settings.FEE_SHARE_PPM :]
    found = []
    for event in told:
        if event[said.KIND] != said.Kind.FILL:
            continue
        fee, rebate = event[said.TAKER_FEE_MICROUSD], event[said.MAKER_REBATE_MICROUSD]
        row = contracts[event[said.CONTRACT]]
        worth = row[table.BASE_MICROUSD] * event[said.LOTS]
        if event[said.CAUSE] in FREE:
            worth = 0
        exact = worth * row[table.TAKER_FEE_PPM] * shares[tiers[event[said.TAKER_ACCOUNT]]]
        if not 0 <= fee * PPM * PPM - exact < 2 * PPM * PPM:
            found.append(f"expected a fee of {exact} / 10^12, rounded up: {event}")
        if event[said.CAUSE] == Cause.BLOCK:
            exact = worth * row[table.TAKER_FEE_PPM] * shares[tiers[event[said.MAKER_ACCOUNT]]]
            if not 0 <= -rebate * PPM * PPM - exact < 2 * PPM * PPM:
                found.append(f"expected a fee of {exact} / 10^12 of the first side: {event}")
        elif rebate != min(fee, worth * row[table.MAKER_REBATE_PPM] // PPM):
            found.append(f"expected a rebate rounded down, within the fee: {event}")
    return found


def refusal_faults(before, row, told, after):
    """A refused command changes sequence, time and the record of ids, and says one thing.

    Where work waited, it was done first: then nothing is said of the rest.
    """
    if worked(before) or not any(event[said.KIND] == said.Kind.REFUSED for event in told):
        return []
    found = [] if len(told) == 1 else [f"expected one event of a refusal, found {len(told)}"]
    market = before.market[0].tolist()
    market[:2] = int(row[c.SEQUENCE]), max(market[1], int(row[c.TIME_NS]))
    if after.market[0].tolist() != market:
        found.append(f"expected {market}, found {after.market[0].tolist()}")
    names = [name for name in before._fields if name not in ("market", "ids")]
    found += [
        f"expected {name} as before a refusal"
        for name in names
        if not np.array_equal(getattr(before, name), getattr(after, name))
    ]
    mine = (int(row[c.ACCOUNT]), int(row[c.CLIENT_ORDER_ID]))
    known = {tuple(kept[:2]): kept for kept in before.ids.tolist()}
    for kept in after.ids.tolist():
        if known.pop(tuple(kept[:2]), kept if tuple(kept[:2]) == mine else None) != kept:
            found.append(f"expected no such id after a refusal: {kept}")
    return found + [f"expected the id after a refusal: {kept}" for kept in known.values()]
