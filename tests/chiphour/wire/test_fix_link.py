"""FIX_LINK: two sessions over a broken link.

Takes   links that lose, change and cut.
Gives   the law: each application message comes once and in order.
Keeps   the whole way: bytes of one session, through a reader, into the other.
Source  FIX 4.4 volume 2 and its appendix of test cases.
"""

from typing import NamedTuple

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.units import NS_PER_SECOND
from chiphour.wire.fix import FixReader
from chiphour.wire.fix_resend import Resend
from chiphour.wire.fix_session import Close
from chiphour.wire.fix_session import Deliver
from chiphour.wire.fix_session import FixSession
from chiphour.wire.fix_session import Keep
from chiphour.wire.fix_session import LogonAsked
from chiphour.wire.fix_session import Numbers
from chiphour.wire.fix_session import Reset
from chiphour.wire.fix_session import Send
from chiphour.wire.fix_session import Terms

NOW_NS = 1_794_659_696_789_000_000
SECOND = NS_PER_SECOND


class Side:
    """A program with a session: what it keeps outlives its connections."""

    def __init__(self, name, other, first):
        self.terms, self.first = Terms(name, other), first
        self.numbers, self.kept, self.delivered, self.closed = Numbers(), {}, [], []

    def connect(self, now_ns):
        self.session = FixSession(self.terms, now_ns, self.numbers, self.stored)
        self.reader, self.out = FixReader(), []
        self.alive = True
        if self.first:
            self.done(self.session.begin(5, (), now_ns), now_ns)

    def stored(self, first, last):
        return [self.kept[n] for n in sorted(self.kept) if first <= n <= last]

    def send(self, text, now_ns):
        self.done(self.session.send("B", ((58, text),), now_ns), now_ns)

    def hear(self, chunk, now_ns):
        for item in self.reader.feed(chunk):
            self.done(self.session.heard(item, now_ns), now_ns)

    def done(self, actions, now_ns):
        """Act on what the session said, and keep its numbers with it."""
        for action in actions:
            if isinstance(action, Send):
                self.out.append(action.data)
            elif isinstance(action, Resend):
                self.done(self.session.resend(action, now_ns), now_ns)
            elif isinstance(action, Keep):
                self.kept[action.sent.sequence] = action.sent
            elif isinstance(action, Deliver):
                if action.message.msg_type == "B":
                    self.delivered.append(action.message.text(58))
            elif isinstance(action, Close):
                self.closed.append(action.reason)
                self.alive = False
            elif isinstance(action, Reset):
                self.kept.clear()
            elif isinstance(action, LogonAsked):
                self.done(self.session.accept(now_ns), now_ns)
        self.numbers = self.session.numbers


class Step(NamedTuple):
    """What happens next: a side sends, or the link carries, loses, changes a byte, or is cut."""

    kind: str
    side: int
    size: int


def run(steps: list[Step]) -> tuple[list[Side], list[list[str]]]:
    """Let two sides talk over a link that does this, then over a good one until all is quiet."""
    sides = [Side("MEMBER", "HOUSE", True), Side("HOUSE", "MEMBER", False)]
    sent: list[list[str]] = [[], []]
    now_ns = NOW_NS
    connect(sides, now_ns)
    for step in steps:
        now_ns += SECOND // 4
        side, other = sides[step.side], sides[1 - step.side]
        if step.kind == "send":
            sent[step.side].append(str(len(sent[step.side])))
            side.send(sent[step.side][-1], now_ns)
        elif step.kind == "cut" or not (side.alive and other.alive):
            connect(sides, now_ns)
        elif step.kind == "wait":
            now_ns += step.size * SECOND // 4
            tick(sides, now_ns)
        else:
            carry(side, other, step, now_ns)
    quiet(sides, now_ns)
    return sides, sent


def connect(sides, now_ns):
    for side in reversed(sides):
        side.connect(now_ns)


def tick(sides, now_ns):
    for side in sides:
        side.done(side.session.due(now_ns), now_ns)


def carry(side, other, step, now_ns):
    """Carry what was written, in two pieces; or lose a message; or change a byte of one."""
    pieces, side.out = side.out, []
    place = step.size % len(pieces) if pieces else 0
    if step.kind == "lose":
        pieces = pieces[:place] + pieces[place + 1 :]
    if step.kind == "change" and pieces:
        spoilt = bytearray(pieces[place])
        spoilt[step.size % len(spoilt)] ^= 1 << step.size % 7
        pieces[place] = bytes(spoilt)
    content = b"".join(pieces)
    other.hear(content[: step.size], now_ns)
    other.hear(content[step.size :], now_ns)


def quiet(sides, now_ns):
    """Connect anew where needed and let a good link run for a while."""
    for _ in range(400):
        now_ns += SECOND // 4
        if not all(side.alive for side in sides):
            connect(sides, now_ns)
        tick(sides, now_ns)
        for side, other in (sides, sides[::-1]):
            carry(side, other, Step("carry", 0, 7), now_ns)


STEP = st.builds(
    Step,
    st.sampled_from(["send"] * 4 + ["carry"] * 6 + ["lose", "change", "cut", "wait"]),
    st.integers(0, 1),
    st.integers(0, 60),
)


@settings(max_examples=60)
@given(st.lists(STEP, max_size=60))
def test_over_a_broken_link_each_message_comes_once_and_in_order(steps):
    """Lose, change and cut as hypothesis likes, then repair: both sides have all, in order."""
    sides, sent = run(steps)
    assert sides[1].delivered == sent[0]
    assert sides[0].delivered == sent[1]
    assert sides[0].numbers.next_in == sides[1].numbers.next_out
    assert sides[1].numbers.next_in == sides[0].numbers.next_out


def test_a_good_link_never_closes():
    steps = [Step("send", n % 2, 0) if n % 3 else Step("carry", n % 2, n % 50) for n in range(90)]
    sides, _ = run(steps)
    assert [side.closed for side in sides] == [[], []]
