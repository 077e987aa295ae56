"""HISTORIED: a plain exchange whose frames a history hears, as the gateway tells them.

Takes   limits; rows of commands, stamped already or not.
Gives   the exchange; one blotter for each account; the histories; what its contracts are called.
Keeps   one frame for each command, and the orders' changes as blotters tell them.
Source  `adapters/gateway.py`; what tests of the dialect's readings share.
"""

import json

import numpy as np

from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange import reference_margin as margin
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import commands
from chiphour.exchange.engine import Account
from chiphour.exchange.engine import Position
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.reference import Reference
from chiphour.wire.blotter import Blotter
from chiphour.wire.dialect import Desk
from chiphour.wire.history import Histories
from chiphour.wire.jsonrpc import answer
from told import LIMITS
from told import NOW
from told import PLAIN
from told import Told


def ticker_of(index):
    """Name an index by its number."""
    return f"CHR.INDEX{index}"


class Market:
    """A plain exchange, heard."""

    def __init__(self, limits, first=0, bounds=None):
        self.limits = limits
        self.reference = Reference(limits)
        self.histories = Histories(ticker_of, bounds, first)
        self.blotters = {}
        self.trades = {}
        self.time_ns = 0

    def blotter(self, account):
        return self.blotters.setdefault(account, Blotter(account))

    def play(self, rows):
        """Send commands that are stamped, one by one; give (command, events) of each."""
        for row in rows:
            events = self.reference.apply(row[None])
            self.hear(row, events)
            yield row, events

    def tell(self, *rows):
        """Send commands, stamped here; give all their events."""
        found = []
        for row in rows:
            stamped = row.copy()
            stamped[c.SEQUENCE], stamped[c.TIME_NS] = self.reference.sequence + 1, self.time_ns
            found += [events for _, events in self.play(commands([stamped]))]
        return np.concatenate(found)

    def hear(self, row, events):
        changes = []
        if row[c.KIND] == Kind.ORDER:
            self.blotter(int(row[c.ACCOUNT])).ask(row)
        for place, event in enumerate(events.tolist()):
            number, told = 0, [event[e.ACCOUNT]]
            if event[e.KIND] == e.Kind.LISTED:
                self.trades.pop(event[e.CONTRACT], None)
            if event[e.KIND] == e.Kind.FILL:
                number = self.trades[event[e.CONTRACT]] = self.trades.get(event[e.CONTRACT], 0) + 1
                told = [event[e.MAKER_ACCOUNT], event[e.TAKER_ACCOUNT]]
            for account in told:
                change = self.blotter(account).tell(event, number)
                if change.order is not None or change.trade is not None:
                    changes.append((account, change, place))
        self.histories.hear(row[None], events, changes)

    def cash_of(self):
        """Give the exchange's own cash of each account."""
        return {row[0]: row[2] for row in self.reference.sections().accounts.tolist()}

    def account(self, number):
        """Give an account as the engine would give it."""
        state = self.reference.state
        found = state.accounts[number]
        held = {n: p for n, p in sorted(found.positions.items()) if not p.is_empty()}
        positions = tuple(
            Position(
                contract,
                p.lots,
                p.buy_lots,
                p.sell_lots,
                p.reserve_microusd,
                rules.tier_margin_microusd(
                    state.row(contract), rules.worst_lots(p.lots, p.buy_lots, p.sell_lots)
                ),
                p.entry_microusd,
            )
            for contract, p in held.items()
        )
        return Account(
            number,
            found.cash_microusd,
            margin.equity_microusd(state, number),
            margin.initial_margin_microusd(state, number),
            margin.reserves_microusd(state, number),
            positions,
            margin.maintenance_margin_microusd(state, number),
            found.mode,
            found.liquidation,
            found.tier,
        )

    def listed(self):
        """Give the contracts that have been opened, each with its row as it is now."""
        return {
            number: life.listed._replace(row=list(self.reference.state.row(number)))
            for number, life in self.histories.lives.items()
            if life.listed is not None
        }

    def desk(self, account):
        """Give an account's desk; a label's word is its number."""
        listed = self.listed()
        by_name = {each.name: each for each in listed.values()}
        return Desk(account, by_name, listed, int, str, int, self.limits)


class Spoken(Told):
    """The usual small exchange of tests, heard by a history."""

    def __init__(self):
        super().__init__(LIMITS)
        self.market = Market(LIMITS, first=ACCOUNTS_RESERVED)
        self.reference = self.market.reference
        self.state = self.reference.state

    def tell(self, *rows):
        self.market.time_ns = self.time_ns
        return self.market.tell(*rows)

    @property
    def history(self):
        return self.market.histories.of(8)


def spoken(kind=Spoken, **terms):
    """Give a market with members 8 and 9, $1,000 each, and an open perpetual at $2.50."""
    told = kind()
    for account in (8, 9):
        told.do(Kind.OPEN_ACCOUNT, account=account)
        told.do(Kind.DEPOSIT, account=account, amount_microusd=1_000_000_000)
    fix = {"strike_ns": NOW - 1, "vintage": 1, "fit": 1, "value_microusd": 2_500_000}
    told.do(Kind.FIXING, index=1, **fix)
    values = PLAIN | {"taker_fee_ppm": 500, "maker_rebate_ppm": 100} | terms
    told.list(0, **values)
    return told


def written(said):
    """Give what a client reads of it."""
    return json.loads(answer(1, said, 0, 0))["result"]
