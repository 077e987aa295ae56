"""DOORED: a door to a plain exchange, with members who hear of all that goes through.

Takes   rows of commands with what is private of them.
Gives   `PlainDoor`: their events; `frames`, all that was told, to be told again to others.
Keeps   the same rules as the kernel, without a disk. Whoever else waits gets a turn before and
        after each submission.
Source  Decision 0034.
"""

import asyncio

import numpy as np

from chiphour.adapters.commit import Told
from chiphour.adapters.door import Said
from chiphour.adapters.members import Members
from chiphour.exchange import commands as c
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.reference import Reference
from told import LIMITS
from told import NOW


class PlainDoor:
    """A door to a plain exchange."""

    def __init__(self, limits=LIMITS):
        self.reference = Reference(limits)
        self.members = Members()
        self.frames = []

    async def submit(self, rows, private=b""):
        await asyncio.sleep(0)
        events = self.tell(rows, private)
        await asyncio.sleep(0)
        return Said(events)

    async def ask(self, question):
        return question(self.reference.state)

    def tell(self, rows, private=b""):
        """Stamp and apply rows, and let the members hear of them."""
        rows = np.array(rows, np.int64).reshape(-1, c.COMMAND_COLUMNS)
        rows[:, c.SEQUENCE] = np.arange(len(rows)) + self.reference.sequence + 1
        rows[:, c.TIME_NS] = NOW
        events = self.reference.apply(rows).reshape(-1, EVENT_COLUMNS)
        told = Told(rows, events, [(0, private)] if private else [])
        self.frames.append(told)
        self.members.hear(told)
        return events

    def cash(self, account):
        """Give the cash of an account."""
        return self.reference.state.accounts[account].cash_microusd
