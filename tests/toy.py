"""TOY: a small exchange for tests of what stands around the exchange.

Takes   the same commands as the real one; it knows a few kinds and refuses the others.
Gives   the same shapes: events, sections, a digest; things that come due and work that waits.
Keeps   all that it knows in its sections, so that a snapshot restores it.
Source  `adapters/recovery.py`, `Exchange`.

    DEPOSIT     credits an account and says so: one event
    ORDER       puts LOTS items of work in the queue; each command after it does one, with an event
    MARK        something is due an hour later, and every hour from then on: ADVANCE says FUNDED
    FIXING      makes its own time due: ADVANCE says SETTLED
"""

from typing import Self

import numpy as np

from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.compose import command
from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.digest import Sections
from chiphour.exchange.digest import digest
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason
from chiphour.units import NS_PER_HOUR

NEVER_NS = 1 << 62
LIMITS = Limits(accounts=64, contracts=4, indexes=4, orders=4096, positions=256)


class Toy:
    """A market of deposits, with hours and chores."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.sequence = 0
        self.time_ns = 0
        self.next_due_ns = NEVER_NS
        self.chores = 0
        self.hourly = False
        self.cash: dict[int, int] = {}

    @property
    def work_waits(self) -> bool:
        return self.chores > 0

    def apply(self, rows):
        told = []
        for row in rows:
            assert row[c.SEQUENCE] == self.sequence + 1
            assert row[c.TIME_NS] >= self.time_ns
            self.sequence += 1
            self.time_ns = int(row[c.TIME_NS])
            for event in self._events(row):
                event[:2] = row[:2]
                told.append(event)
        return np.array(told, np.int64).reshape(len(told), e.EVENT_COLUMNS)

    def _events(self, row):
        kind, due = int(row[c.KIND]), self.next_due_ns <= self.time_ns
        if due and kind != c.Kind.ADVANCE:
            yield _event(e.Kind.REFUSED, reason=Reason.ADVANCE_DUE)
            return
        if self.chores and not due:
            self.chores -= 1
            yield _event(e.Kind.TIER_SET, value=self.chores)
        if kind == c.Kind.ADVANCE:
            if due:
                settled = self.next_due_ns % NS_PER_HOUR
                self.next_due_ns = (self.time_ns // NS_PER_HOUR + 1) * NS_PER_HOUR
                self.next_due_ns = self.next_due_ns if self.hourly else NEVER_NS
                yield _event(e.Kind.SETTLED if settled else e.Kind.FUNDED)
        elif kind == c.Kind.DEPOSIT:
            account = int(row[c.ACCOUNT])
            self.cash[account] = self.cash.get(account, 0) + int(row[c.AMOUNT_MICROUSD])
            yield _event(e.Kind.DEPOSITED, account=account, cash_microusd=self.cash[account])
        elif kind == c.Kind.ORDER:
            self.chores += int(row[c.LOTS])
            if row[c.TIME_IN_FORCE] == c.TimeInForce.GTD:
                self.next_due_ns = min(self.next_due_ns, int(row[c.EXPIRE_NS]))
        elif kind == c.Kind.MARK:
            self.hourly = True
            self.next_due_ns = (self.time_ns // NS_PER_HOUR + 1) * NS_PER_HOUR
        elif kind == c.Kind.FIXING:
            self.next_due_ns = self.time_ns
        else:
            yield _event(e.Kind.REFUSED, reason=Reason.MALFORMED)

    def sections(self) -> Sections:
        rows = [np.zeros((0, width), np.int64) for width in WIDTHS]
        market = [self.sequence, self.time_ns, self.next_due_ns, self.hourly, self.chores, 0, 0, 0]
        accounts = [[a, 0, cash, *[0] * 8] for a, cash in sorted(self.cash.items())]
        made = Sections(*rows)
        return made._replace(
            market=np.array([market], np.int64),
            accounts=np.array(accounts, np.int64).reshape(len(accounts), WIDTHS.accounts),
        )

    @classmethod
    def from_sections(cls, limits: Limits, sections: Sections) -> Self:
        made = cls(limits)
        market = [int(word) for word in sections.market[0]]
        made.sequence, made.time_ns, made.next_due_ns = market[:3]
        made.hourly, made.chores = bool(market[3]), market[4]
        made.cash = {int(row[0]): int(row[2]) for row in sections.accounts}
        return made

    def digest(self) -> str:
        return digest(self.sections())


def _event(kind, **columns):
    row = np.zeros(e.EVENT_COLUMNS, np.int64)
    row[e.KIND] = kind
    for name, value in columns.items():
        row[getattr(e, name.upper())] = value
    return row


def deposit(account: int = 8, amount: int = 1, count: int = 1):
    """Give deposits: int64[count, 16]."""
    row = command(c.Kind.DEPOSIT, account=account, amount_microusd=amount)
    return np.repeat(row[np.newaxis], count, axis=0)
