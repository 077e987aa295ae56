"""FIX MEMBER: a FIX client made of our own session, where no foreign one is needed.

Takes   a floor of `fix_floor.py` and a member with its key.
Gives   messages sent and heard over a real socket, each held to FIX's dictionary.
Keeps   numbers and sent messages beyond a connection, as a member's engine does.
Source  Decision 0028.
"""

import socket
import time

from chiphour.wire.fix import FixReader
from chiphour.wire.fix import text_of_time
from chiphour.wire.fix_resend import Resend
from chiphour.wire.fix_session import Close
from chiphour.wire.fix_session import Deliver
from chiphour.wire.fix_session import FixSession
from chiphour.wire.fix_session import Keep
from chiphour.wire.fix_session import Numbers
from chiphour.wire.fix_session import Reset
from chiphour.wire.fix_session import Send
from chiphour.wire.fix_session import Stage
from chiphour.wire.fix_session import Terms
from fix_floor import signed_logon
from fix_legal import legal
from trading import NAME

WAIT_S = 10
HEADER = (34, 43, 49, 52, 56, 122)


class FixMember:
    """A member's FIX engine."""

    def __init__(self, floor, member, target="CHIPHOUR", sender="MEMBER"):
        self.floor, self.member, self.terms = floor, member, Terms(sender, target)
        self.numbers, self.kept, self.heard = Numbers(), {}, []
        self.closed = ""

    def connect(self, *more, reset=False):
        self.socket = socket.create_connection(("127.0.0.1", self.floor.port), WAIT_S)
        self.reader, self.closed = FixReader(), ""
        now_ns = time.time_ns()
        self.session = FixSession(self.terms, now_ns, self.numbers, self._stored)
        fields = [
            (tag, value.encode() if tag == 96 else value)
            for tag, value in (*signed_logon(self.member), *more)
        ]
        self._do(self.session.begin(30, tuple(fields), now_ns, reset))
        while self.session.stage is Stage.LOGGING_ON and self._hear():
            pass
        return self

    def send(self, msg_type, *fields):
        written = tuple((tag, str(value)) for tag, value in fields)
        self._do(self.session.send(msg_type, written, time.time_ns()))

    def order(self, text, side=1, lots=2, price="2.99", **more):
        fields = {11: text, 55: NAME, 54: side, 60: now(), 38: lots, 40: 2, 44: price, 59: 1}
        self.send("D", *(fields | {int(tag[1:]): value for tag, value in more.items()}).items())

    def cancel(self, text, orig, side=1):
        self.send("F", (41, orig), (11, text), (55, NAME), (54, side), (60, now()), (38, 1))

    def take(self, msg_type, **wanted):
        """Hear until a message of this type comes with these fields."""
        at = 0
        while True:
            while at < len(self.heard):
                found = self.heard[at]
                at += 1
                if found.msg_type == msg_type and all(
                    found.text(int(tag[1:])) == str(value) for tag, value in wanted.items()
                ):
                    del self.heard[:at]
                    return found
            assert self._hear(), f"expected {msg_type} {wanted}, found the end: {self.closed}"

    def ended(self):
        """Hear to the end; give why."""
        while self._hear():
            pass
        return self.closed

    def break_off(self):
        self.socket.close()

    def _hear(self):
        try:
            chunk = self.socket.recv(65_536)
        except ConnectionError:
            chunk = b""
        for item in self.reader.feed(chunk):
            self._do(self.session.heard(item, time.time_ns()))
        return bool(chunk)

    def _do(self, actions):
        for action in actions:
            if isinstance(action, Send):
                self.socket.sendall(action.data)
            elif isinstance(action, Resend):
                self._do(self.session.resend(action, time.time_ns()))
            elif isinstance(action, Keep):
                self.kept[action.sent.sequence] = action.sent
            elif isinstance(action, Deliver):
                message = action.message
                if message.msg_type != "3":
                    own = tuple(each for each in message.fields if each[0] not in HEADER)
                    legal(message.msg_type, own)
                self.heard.append(message)
            elif isinstance(action, Reset):
                self.kept.clear()
            elif isinstance(action, Close):
                self.closed = action.reason
        self.numbers = self.session.numbers

    def _stored(self, first, last):
        return [self.kept[n] for n in sorted(self.kept) if first <= n <= last]


def now():
    return text_of_time(time.time_ns())
