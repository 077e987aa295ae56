"""FIX_SESSION: tables of what each message is answered, and two sessions over a broken link.

Takes   messages as a peer would write them, right and wrong; links that lose, change and cut.
Gives   the laws: each application message comes once and in order; every close has its reason.
Keeps   the whole way: bytes of one session, through a reader, into the other.
Source  FIX 4.4 volume 2 and its appendix of test cases.
"""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.units import NS_PER_SECOND
from chiphour.wire.fix import FixGarbled
from chiphour.wire.fix import FixReader
from chiphour.wire.fix import Message
from chiphour.wire.fix import decode_message
from chiphour.wire.fix import text_of_time
from chiphour.wire.fix_session import Close
from chiphour.wire.fix_session import Deliver
from chiphour.wire.fix_session import FixSession
from chiphour.wire.fix_session import Keep
from chiphour.wire.fix_session import LogonAsked
from chiphour.wire.fix_session import Numbers
from chiphour.wire.fix_session import Reset
from chiphour.wire.fix_session import Send
from chiphour.wire.fix_session import Sent
from chiphour.wire.fix_session import Stage
from chiphour.wire.fix_session import Terms

NOW_NS = 1_794_659_696_789_000_000
SECOND = NS_PER_SECOND
LOGON = ((98, "0"), (108, "30"))
US = Terms("HOUSE")
TYPES = {"0", "1", "2", "3", "4", "5", "A"}


def said(sequence, msg_type, *fields, now_ns=NOW_NS, sender="MEMBER", target="HOUSE", dup=False):
    """Write a message of the peer."""
    more = ((43, "Y"), (122, text_of_time(now_ns - SECOND))) if dup else ()
    header = ((34, str(sequence)), (49, sender), (56, target), (52, text_of_time(now_ns)))
    return Message(msg_type, (*header, *more, *fields))


def opened(numbers=Numbers(), stored=(), sequence=None) -> FixSession:  # noqa: B008
    """Give an acceptor's session that the peer has logged on to."""
    session = FixSession(US, NOW_NS)
    asked = session.heard(said(sequence or numbers.next_in, "A", *LOGON), NOW_NS)
    assert [type(action) for action in asked] == [LogonAsked]
    session.accept(NOW_NS, numbers, lambda a, b: [s for s in stored if a <= s.sequence <= b])
    assert session.stage is Stage.OPEN
    return session


def brief(actions) -> list[tuple]:
    """Give each action in short: what is sent as its type, number and fields without times."""
    found = []
    for action in actions:
        if isinstance(action, Send):
            message = decode_message(action.data)
            body = [f for f in message.fields if f[0] not in (34, 49, 52, 56, 122)]
            found.append((message.msg_type, int(message.text(34)), dict(body)))
        elif isinstance(action, Deliver):
            found.append(("deliver", action.message.msg_type, action.message.text(34)))
        elif isinstance(action, Close):
            found.append(("close", action.reason))
        else:
            found.append((type(action).__name__,))
    return found


def test_logon_is_asked_accepted_and_answered():
    session = FixSession(US, NOW_NS)
    logon = said(1, "A", *LOGON, (553, "member"), (554, "secret"))
    assert session.heard(logon, NOW_NS) == [LogonAsked(logon)]
    assert session.peer == "MEMBER"
    answer = session.accept(NOW_NS, fields=((9001, "Y"),))
    assert brief(answer) == [("A", 1, {98: "0", 108: "30", 9001: "Y"})]
    message = decode_message(answer[0].data)
    assert [message.text(tag) for tag in (49, 56, 52)] == [
        *("HOUSE", "MEMBER", "20261114-12:34:56.789"),
    ]
    assert session.numbers == Numbers(2, 2)


def test_refused_logon_is_answered_by_a_logout_with_the_reason():
    session = FixSession(US, NOW_NS)
    session.heard(said(1, "A", *LOGON), NOW_NS)
    reason = "expected a signature of the secret, found anothér"
    assert brief(session.refuse(reason, NOW_NS)) == [
        ("5", 1, {58: reason.replace("é", "?")}),
        ("close", reason),
    ]
    assert session.stage is Stage.CLOSED
    assert session.heard(said(2, "0"), NOW_NS) == []
    assert session.due_ns() is None


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (said(1, "0"), "expected a Logon first, found type 0"),
        (said(1, "A", (98, "0"), (108, "4")), "expected HeartBtInt 5 to 300, found 4"),
        (said(1, "A", (98, "0"), (108, "301")), "expected HeartBtInt 5 to 300, found 301"),
        (said(1, "A", (98, "0"), (108, "x")), "expected a whole number"),
        (said(1, "A", (98, "0")), "expected tag 108, found none"),
        (said(1, "A", (98, "1"), (108, "30")), "expected EncryptMethod 0, found 1"),
        (said(1, "A", (108, "30")), "expected tag 98, found none"),
        (said(1, "A", *LOGON, target="OTHER"), "expected TargetCompID HOUSE, found 'OTHER'"),
        (said(1, "A", *LOGON, sender=""), "expected a value of tag 49, found none"),
        (said(1, "A", *LOGON, (141, "X")), "expected Y or N, found 'X', in tag 141"),
        (said(2, "A", *LOGON, (141, "Y")), "expected MsgSeqNum 1 with ResetSeqNumFlag, found 2"),
        (said("", "A", *LOGON), "expected MsgSeqNum (34), found none"),
        (said(0, "A", *LOGON), "expected MsgSeqNum (34), found none"),
        (said(1, "A", *LOGON, now_ns=NOW_NS + 121 * SECOND), "expected SendingTime near"),
        (said(1, "A", *LOGON, (58, b"\xff")), "expected ASCII in tag 58"),
        (FixGarbled("expected BeginString, found b'GET /'"), "expected BeginString"),
    ],
)
def test_a_wrong_first_message_closes_with_a_reason(message, reason):
    session = FixSession(US, NOW_NS)
    actions = brief(session.heard(message, NOW_NS))
    assert actions[-1][0] == "close" and reason in actions[-1][1]
    assert all(action[0] == "5" and reason in action[2][58] for action in actions[:-1])
    assert session.stage is Stage.CLOSED


def test_another_peer_than_ours_is_refused():
    session = FixSession(Terms("HOUSE", "MEMBER"), NOW_NS)
    actions = brief(session.heard(said(1, "A", *LOGON, sender="OTHER"), NOW_NS))
    assert actions[-1] == ("close", "expected SenderCompID MEMBER, found 'OTHER'")


def test_nothing_may_come_before_the_answer_to_a_logon():
    session = FixSession(US, NOW_NS)
    session.heard(said(1, "A", *LOGON), NOW_NS)
    assert brief(session.heard(said(2, "D"), NOW_NS))[-1][0] == "close"


def test_logon_with_a_number_too_low_is_closed_and_too_high_is_asked_about():
    low, high = FixSession(US, NOW_NS), FixSession(US, NOW_NS)
    low.heard(said(4, "A", *LOGON), NOW_NS)
    reason = "MsgSeqNum too low, expecting 5 but received 4"
    assert brief(low.accept(NOW_NS, Numbers(5, 9))) == [("5", 9, {58: reason}), ("close", reason)]
    high.heard(said(7, "A", *LOGON), NOW_NS)
    assert brief(high.accept(NOW_NS, Numbers(5, 9))) == [
        ("A", 9, {98: "0", 108: "30"}),
        ("2", 10, {7: "5", 16: "0"}),
    ]
    assert high.numbers == Numbers(5, 11)


def test_logon_with_reset_begins_both_numbers_again_and_forgets():
    session = FixSession(US, NOW_NS)
    session.heard(said(1, "A", *LOGON, (141, "Y")), NOW_NS)
    assert brief(session.accept(NOW_NS, Numbers(5, 9))) == [
        ("Reset",),
        ("A", 1, {98: "0", 108: "30", 141: "Y"}),
    ]
    assert session.numbers == Numbers(2, 2)


def reject(sequence, tag, of_type, reason, ref=2):
    """Give the beginning of a Reject in short."""
    return ("3", sequence, {45: str(ref), 371: str(tag), 372: of_type, 373: str(reason)})


@pytest.mark.parametrize(
    ("message", "answers", "next_in"),
    [
        (said(2, "D", (11, "a")), [("deliver", "D", "2")], 3),
        (said(2, "ZZ"), [("deliver", "ZZ", "2")], 3),
        (said(2, "3", (45, "1")), [("deliver", "3", "2")], 3),
        (said(2, "0"), [], 3),
        (said(2, "1", (112, "hello")), [("0", 2, {112: "hello"})], 3),
        (said(2, "1"), [reject(2, 112, "1", 1)], 3),
        (said(2, "D", (11, "")), [reject(2, 11, "D", 4)], 3),
        (said(2, "D", (58, b"\xff")), [reject(2, 58, "D", 6)], 3),
        (said(2, "D", (49, "MEMBER")), [reject(2, 49, "D", 13)], 3),
        (said(2, "D", (43, "X")), [reject(2, 43, "D", 6)], 3),
        (said(2, "D", (43, "Y")), [reject(2, 122, "D", 1)], 3),
        (Message("D", ((34, "2"), (49, "MEMBER"), (56, "HOUSE"))), [reject(2, 52, "D", 1)], 3),
        (said(2, "D", dup=True), [("deliver", "D", "2")], 3),
        (said(1, "D", dup=True), [], 2),
        (said(1, "D", (43, "Y")), [reject(2, 122, "D", 1, 1)], 2),
        (said(2, "2", (7, "2"), (16, "0")), [reject(2, 7, "2", 5)], 3),
        (said(2, "2", (7, "0"), (16, "0")), [reject(2, 7, "2", 5)], 3),
        (said(2, "2", (7, "1")), [reject(2, 16, "2", 1)], 3),
        (said(2, "2", (7, "a"), (16, "0")), [reject(2, 7, "2", 6)], 3),
        (said(2, "2", (7, "1"), (16, "9")), [("4", 1, {43: "Y", 123: "Y", 36: "2"})], 3),
        (said(2, "4", (123, "Y"), (36, "9")), [], 9),
        (said(2, "4", (123, "Y"), (36, "2")), [reject(2, 36, "4", 5)], 3),
        (said(2, "4", (123, "Y")), [reject(2, 36, "4", 1)], 3),
        (said(2, "4", (123, "X"), (36, "9")), [reject(2, 123, "4", 6)], 3),
        (said(1, "4", (123, "Y"), (36, "9"), dup=True), [], 2),
        (said(7, "4", (36, "9")), [], 9),
        (said(1, "4", (123, "N"), (36, "2")), [], 2),
        (said(2, "4", (123, "N"), (36, "1")), [reject(2, 36, "4", 5)], 2),
        (said(2, "4", (36, "x")), [reject(2, 36, "4", 6)], 2),
        (said(4, "D"), [("2", 2, {7: "2", 16: "0"})], 2),
        (said(4, "1", (112, "t")), [("0", 2, {112: "t"}), ("2", 3, {7: "2", 16: "0"})], 2),
        (
            said(4, "2", (7, "1"), (16, "0")),
            [("4", 1, {43: "Y", 123: "Y", 36: "2"}), ("2", 2, {7: "2", 16: "0"})],
            2,
        ),
        (said(4, "4", (123, "Y"), (36, "9")), [("2", 2, {7: "2", 16: "0"})], 2),
        (FixGarbled("expected CheckSum"), [], 2),
    ],
)
def test_what_each_message_is_answered(message, answers, next_in):
    """In an open session that expects 2: the answers, and the number expected then."""
    session = opened()
    found = brief(session.heard(message, NOW_NS))
    for action in found:
        if action[0] == "3":
            assert action[2].pop(58).startswith("expected")
    assert found == answers
    assert session.numbers.next_in == next_in
    assert session.stage is Stage.OPEN


@pytest.mark.parametrize(
    ("message", "types", "reason", "next_in"),
    [
        (said(1, "D"), "5", "MsgSeqNum too low, expecting 2 but received 1", 2),
        (said("x", "D"), "5", "expected MsgSeqNum (34), found none", 2),
        (Message("D", said(2, "D").fields[1:]), "5", "expected MsgSeqNum (34), found none", 2),
        (said(2, "D", sender="OTHER"), "35", "expected SenderCompID MEMBER, found 'OTHER'", 3),
        (said(2, "D", target="OTHER"), "35", "expected TargetCompID HOUSE, found 'OTHER'", 3),
        (said(9, "D", target="OTHER"), "35", "expected TargetCompID HOUSE, found 'OTHER'", 2),
        (said(2, "D", now_ns=NOW_NS - 121 * SECOND), "35", "expected SendingTime near", 3),
        (said(2, "D", (43, "Y"), (122, text_of_time(NOW_NS + SECOND))), "35", "OrigSending", 3),
        (said(2, "A", *LOGON), "5", "expected one Logon, found another", 3),
        (said(2, "5", (58, "bye")), "5", "the peer logged out: bye", 3),
        (said(4, "5"), "5", "the peer logged out: ", 2),
        (FixGarbled("expected BeginString FIX.4.4", True), "5", "expected BeginString", 2),
    ],
)
def test_what_ends_a_session_says_why(message, types, reason, next_in):
    """Rejects and the Logout go out before the close; a fatal Reject has its reason."""
    session = opened()
    actions = brief(session.heard(message, NOW_NS))
    assert "".join(action[0] for action in actions[:-1]) == types
    assert actions[-1][0] == "close" and reason in actions[-1][1]
    if types == "35":
        assert actions[0][2][373] == ("10" if "Sending" in reason else "9")[:2]
    assert session.numbers.next_in == next_in
    assert session.stage is Stage.CLOSED


def test_garbled_messages_without_end_close():
    session = opened()
    for _ in range(9):
        assert session.heard(FixGarbled("expected CheckSum"), NOW_NS) == []
    assert brief(session.heard(FixGarbled("expected CheckSum"), NOW_NS))[-1][0] == "close"


def test_a_resend_holds_what_was_kept_and_fills_over_the_rest():
    kept = [Sent(n, NOW_NS - n * SECOND, "8", ((37, f"order {n}"),)) for n in (3, 4, 7)]
    session = opened(Numbers(1, 9), kept)
    request = said(2, "2", (7, "1"), (16, "0"))
    actions = session.heard(request, NOW_NS)
    assert brief(actions) == [
        ("4", 1, {43: "Y", 123: "Y", 36: "3"}),
        ("8", 3, {43: "Y", 37: "order 3"}),
        ("8", 4, {43: "Y", 37: "order 4"}),
        ("4", 5, {43: "Y", 123: "Y", 36: "7"}),
        ("8", 7, {43: "Y", 37: "order 7"}),
        ("4", 8, {43: "Y", 123: "Y", 36: "10"}),
    ]
    assert decode_message(actions[1].data).text(122) == text_of_time(NOW_NS - 3 * SECOND)
    assert session.numbers == Numbers(3, 10)
    part = brief(session.heard(said(3, "2", (7, "4"), (16, "6")), NOW_NS))
    assert part == [
        ("8", 4, {43: "Y", 37: "order 4"}),
        ("4", 5, {43: "Y", 123: "Y", 36: "7"}),
    ]


def test_a_gap_is_asked_about_once_and_filled_in_order():
    session = opened()
    assert brief(session.heard(said(4, "D"), NOW_NS)) == [("2", 2, {7: "2", 16: "0"})]
    assert session.heard(said(5, "D"), NOW_NS) == []
    for n in (2, 3, 4, 5):
        actions = session.heard(said(n, "D", dup=True), NOW_NS)
        assert brief(actions) == [("deliver", "D", str(n))]
    assert session.heard(said(4, "D", dup=True), NOW_NS) == []
    assert session.due_ns() == NOW_NS + 30 * SECOND
    assert brief(session.due(NOW_NS + 30 * SECOND)) == [("0", 3, {})]
    assert brief(session.heard(said(6, "D"), NOW_NS)) == [("deliver", "D", "6")]
    assert brief(session.heard(said(9, "D"), NOW_NS)) == [("2", 4, {7: "7", 16: "0"})]


def test_a_hole_in_the_resend_is_asked_about_again():
    session = opened()
    session.heard(said(6, "D"), NOW_NS)
    session.heard(said(2, "D", dup=True), NOW_NS)
    assert brief(session.heard(said(4, "D", dup=True), NOW_NS)) == [("2", 3, {7: "3", 16: "0"})]
    assert session.heard(said(5, "D", dup=True), NOW_NS) == []


def test_a_request_that_nobody_answers_is_made_three_times():
    session = opened()
    session.heard(said(4, "D"), NOW_NS)
    found, now_ns, sequence = [], NOW_NS, 5
    while session.stage is Stage.OPEN:
        now_ns += 30 * SECOND
        session.heard(said(sequence, "0", now_ns=now_ns), now_ns)
        found += brief(session.due(now_ns))
        sequence += 1
    assert [action[0] for action in found if action[0] != "0"] == ["2", "2", "5", "close"]
    assert "expected message 2 again" in found[-1][1]


def test_silence_is_answered_by_heartbeat_test_and_close():
    session = opened()
    assert session.due(NOW_NS + 30 * SECOND - 1) == []
    assert session.due_ns() == NOW_NS + 30 * SECOND
    assert brief(session.due(NOW_NS + 30 * SECOND)) == [("0", 2, {})]
    assert session.due_ns() == NOW_NS + 36 * SECOND
    assert brief(session.due(NOW_NS + 36 * SECOND)) == [("1", 3, {112: "3"})]
    assert brief(session.due(NOW_NS + 66 * SECOND)) == [("0", 4, {})]
    actions = brief(session.due(NOW_NS + 72 * SECOND))
    assert [action[0] for action in actions] == ["5", "close"]
    assert "expected a Heartbeat" in actions[-1][1]


def test_an_answer_to_the_test_keeps_the_session():
    session = opened()
    session.due(NOW_NS + 36 * SECOND)
    then_ns = NOW_NS + 40 * SECOND
    session.heard(said(2, "0", (112, "3"), now_ns=then_ns), then_ns)
    session.due(NOW_NS + 72 * SECOND)
    assert session.stage is Stage.OPEN


def test_we_log_out_and_wait_for_the_answer():
    session = opened()
    assert brief(session.end("the day is over", NOW_NS)) == [("5", 2, {58: "the day is over"})]
    assert session.end("twice", NOW_NS) == []
    assert brief(session.heard(said(2, "D"), NOW_NS)) == [("deliver", "D", "2")]
    assert brief(session.heard(said(3, "5"), NOW_NS)) == [("close", "the peer logged out: ")]


@pytest.mark.parametrize("stage", ["waiting", "asked", "logging on", "ending"])
def test_no_stage_waits_for_ever(stage):
    session = FixSession(Terms("HOUSE", "MEMBER"), NOW_NS)
    if stage == "asked":
        session.heard(said(1, "A", *LOGON), NOW_NS)
    elif stage == "logging on":
        session.begin(30, (), NOW_NS)
    elif stage == "ending":
        session = opened()
        session.end("over", NOW_NS)
    assert session.due(NOW_NS + 10 * SECOND - 1) == []
    assert brief(session.due(NOW_NS + 10 * SECOND))[-1][0] == "close"


def test_what_is_sent_while_nobody_is_there_is_kept_with_its_number():
    session = FixSession(Terms("HOUSE", "MEMBER"), NOW_NS, Numbers(3, 7))
    assert session.send("8", ((37, "x"),), NOW_NS) == [Keep(Sent(7, NOW_NS, "8", ((37, "x"),)))]
    assert session.numbers == Numbers(3, 8)
    live = opened()
    assert brief(live.send("8", ((37, "x"),), NOW_NS)) == [("Keep",), ("8", 2, {37: "x"})]
    with pytest.raises(AssertionError):
        live.send("5", (), NOW_NS)


def test_an_initiator_is_refused_or_answered_strangely():
    for answer, reason in (
        (said(1, "5", (58, "go away")), "the peer refused the Logon: go away"),
        (said(1, "A", *LOGON, (141, "Y")), "expected ResetSeqNumFlag as in our Logon"),
        (said(0, "A", *LOGON), "expected MsgSeqNum (34), found none"),
        (said(1, "D"), "expected a Logon first, found type D"),
    ):
        session = FixSession(Terms("HOUSE", "MEMBER"), NOW_NS)
        session.begin(30, (), NOW_NS)
        actions = brief(session.heard(answer, NOW_NS))
        assert actions[-1][0] == "close" and reason in actions[-1][1]


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


@settings(deadline=None, max_examples=60)
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
    sides, _ = run([step for step in steps for _ in range(1)])
    assert [side.closed for side in sides] == [[], []]


VALUE = st.sampled_from(["", "0", "1", "2", "3", "9", "Y", "N", "-1", "x", "9" * 18, b"\xff"])
TAG = st.sampled_from([7, 16, 34, 36, 43, 45, 49, 52, 56, 58, 98, 108, 112, 122, 123, 141])
WILD = st.lists(st.tuples(TAG, VALUE), max_size=4).map(tuple)
HEARD = st.builds(
    lambda kind, number, fields, dup: said(number, kind, *fields, dup=dup),
    *(st.sampled_from([*sorted(TYPES), "D"]), st.sampled_from([1, 2, 3, 4, 9, "x"])),
    *(WILD, st.booleans()),
) | st.builds(Message, st.sampled_from(sorted(TYPES)), WILD)


@settings(deadline=None, max_examples=200)
@given(st.lists(HEARD, max_size=12), st.booleans())
def test_nothing_that_a_peer_says_breaks_a_session(messages, waits):
    """Say anything: it raises nothing, numbers never fall, and a close is last, with a reason."""
    session = FixSession(US, NOW_NS) if waits else opened(Numbers(1, 4))
    for message in messages:
        before = session.numbers
        actions = session.heard(message, NOW_NS)
        assert session.numbers >= before and session.numbers.next_in >= before.next_in
        assert all(action.reason for action in actions if isinstance(action, Close))
        assert not any(isinstance(action, Close) for action in actions[:-1])
        assert (session.stage is Stage.CLOSED) == (
            bool(actions) and isinstance(actions[-1], Close)
        ) or not actions
        for action in actions:
            if isinstance(action, LogonAsked):
                session.accept(NOW_NS)
