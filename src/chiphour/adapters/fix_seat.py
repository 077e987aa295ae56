"""FIX_SEAT: a FIX session as it outlives its connections: numbers, kept messages, work in hand.

Takes   what a session says to do; messages for its member, connected or not.
Gives   a seat for each key and TargetCompID; bytes to its line, where it has one.
Keeps   a message is stored, with its number, before its bytes are sent. The number that we expect
        next is not stored beyond a command that is not durable yet: after a crash it is asked for
        again, and its ClOrdID, or the mark in the journal, makes it happen once.
Source  FIX 4.4 volume 2; decisions 0028 and 0032.
"""

import asyncio
from collections.abc import Iterable
from typing import Protocol

from chiphour.adapters.fix_store import FixStore
from chiphour.adapters.fix_store import SeatRow
from chiphour.wire.fix_reports import Fields
from chiphour.wire.fix_resend import Resend
from chiphour.wire.fix_resend import Stored
from chiphour.wire.fix_session import Action
from chiphour.wire.fix_session import Close
from chiphour.wire.fix_session import FixSession
from chiphour.wire.fix_session import Keep
from chiphour.wire.fix_session import Numbers
from chiphour.wire.fix_session import Reset
from chiphour.wire.fix_session import Send
from chiphour.wire.fix_session import Terms


class Line(Protocol):
    """A connection as a seat sees it."""

    def write(self, data: bytes) -> None:
        """Write bytes when the connection takes them."""

    def again(self, asked: Resend) -> None:
        """Send again, in portions, after what was written."""

    def finish(self, reason: str) -> None:
        """Close when all is written."""


class Seat:
    """One session of one key, for good."""

    def __init__(self, row: SeatRow, store: FixStore, now_ns: int) -> None:
        """Begin without a connection."""
        self.row = row
        self.line: Line | None = None
        self.in_flight: dict[int, asyncio.Future[None]] = {}
        self.pending: dict[str, asyncio.Future[None]] = {}  # By the ClOrdID that is to be.
        self._store = store
        self._done: set[int] = set()
        self.session = self._detached(row.numbers, now_ns)

    def attach(self, session: FixSession, line: Line) -> None:
        """Go on with a session that is open on a connection."""
        self.session, self.line = session, line

    def detach(self, now_ns: int) -> None:
        """Go on without a connection: what is sent is kept."""
        self.line = None
        self.session = self._detached(self.session.numbers, now_ns)
        self.save()

    def stored(self) -> Stored:
        """Give what gives the messages that were kept."""
        name = self.row.name
        return lambda first, last: self._store.stored(name, first, last)

    def send(self, msg_type: str, fields: Fields, now_ns: int, keeps: bool = True) -> None:
        """Send an application message, or keep it where nobody is connected.

        One that is not kept is filled over where it is asked for again.
        """
        if not keeps and self.line is None:
            return
        actions = self.session.send(msg_type, fields, now_ns)
        self.act(each for each in actions if keeps or not isinstance(each, Keep))

    def act(self, actions: Iterable[Action]) -> list[Action]:
        """Do what a session says, stored before it is sent; give what is left to others."""
        left: list[Action] = []
        changes = False
        with self._store.batch():
            for action in actions:
                changes |= isinstance(action, Send | Keep | Reset | Close)
                if isinstance(action, Keep):
                    self._store.keep(self.row.name, action.sent)
                elif isinstance(action, Reset):
                    self._reset()
                elif not self._write(action):
                    left.append(action)
            if changes:
                self.save()
        return left

    def begin(self, sequence: int, answer: "asyncio.Future[None]", text: str) -> None:
        """Note that the command of a message is on its way."""
        self.in_flight[sequence] = answer
        if text:
            self.pending[text] = answer

    def end(self, sequence: int, answer: "asyncio.Future[None]", text: str) -> None:
        """Note that it has come back."""
        if self.in_flight.get(sequence) is answer:
            del self.in_flight[sequence]
        if self.pending.get(text) is answer:
            del self.pending[text]

    def executed(self, sequence: int) -> None:
        """Note that the journal has the command of a message, whoever sent it when."""
        self.in_flight.pop(sequence, None)
        numbers = self.session.numbers
        if sequence < numbers.next_in:
            return
        self._done.add(sequence)
        if self.line is None and sequence == numbers.next_in:
            while numbers.next_in in self._done:
                self._done.discard(numbers.next_in)
                numbers = numbers._replace(next_in=numbers.next_in + 1)
            self.session.numbers = numbers

    def was_executed(self, sequence: int) -> bool:
        """Tell whether a message that comes now was carried out before a crash."""
        found = sequence in self._done
        self._done.discard(sequence)
        return found

    def save(self) -> None:
        """Store the numbers: that of the peer not beyond what is in hand."""
        numbers = self.session.numbers
        self.row.next_in = min([numbers.next_in, *self.in_flight])
        self.row.next_out = numbers.next_out
        self._store.save(self.row)

    def _write(self, action: Action) -> bool:
        """Give the connection what is for it; False for what is not."""
        if not isinstance(action, Send | Resend | Close):
            return False
        if self.line is not None:
            if isinstance(action, Send):
                self.line.write(action.data)
            elif isinstance(action, Resend):
                self.line.again(action)
            else:
                self.line.finish(action.reason)
        return True

    def _reset(self) -> None:
        """Begin the numbers anew: what is in hand is of the time before."""
        self._store.forget(self.row.name)
        self.row.epoch += 1
        self.in_flight.clear()
        self.pending.clear()
        self._done.clear()

    def _detached(self, numbers: Numbers, now_ns: int) -> FixSession:
        terms = Terms(self.row.target, self.row.peer)
        return FixSession(terms, now_ns, numbers, self.stored())
