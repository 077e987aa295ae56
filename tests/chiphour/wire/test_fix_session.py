"""FIX_SESSION: tables of what each message is answered, and whatever a peer may say.

Takes   messages as a peer would write them, right and wrong.
Gives   the laws: a message is answered, delivered or refused; every close has its reason.
Keeps   nothing that a peer says raises anything, however long it is.
Source  FIX 4.4 volume 2 and its appendix of test cases.
"""

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.units import NS_PER_SECOND
from chiphour.wire.fix import MESSAGE_BYTES_MAX
from chiphour.wire.fix import FixGarbled
from chiphour.wire.fix import Message
from chiphour.wire.fix import decode_message
from chiphour.wire.fix import encode_message
from chiphour.wire.fix import text_of_time
from chiphour.wire.fix_resend import AGAIN_MAX
from chiphour.wire.fix_resend import PORTION_MAX
from chiphour.wire.fix_resend import Resend
from chiphour.wire.fix_resend import Sent
from chiphour.wire.fix_session import Close
from chiphour.wire.fix_session import Deliver
from chiphour.wire.fix_session import FixSession
from chiphour.wire.fix_session import Keep
from chiphour.wire.fix_session import LogonAsked
from chiphour.wire.fix_session import Numbers
from chiphour.wire.fix_session import Send
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
        elif isinstance(action, Resend):
            found.append(("resend", *action))
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
        (said(2, "4", (123, "Y"), (36, "9"), (36, "4")), [reject(2, 36, "4", 13)], 3),
        (said(2, "2", (7, "1"), (16, "0"), (7, "1")), [reject(2, 7, "2", 13)], 3),
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
        (said(2, "2", (7, "1"), (16, "9")), [("resend", 1, 1)], 3),
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
            [("resend", 1, 1), ("2", 2, {7: "2", 16: "0"})],
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
        assert actions[0][2][373] == ("10" if "Sending" in reason else "9")
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
    assert session.heard(request, NOW_NS) == [Resend(1, 9)]
    actions = session.resend(Resend(1, 9), NOW_NS)
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
    assert session.heard(said(3, "2", (7, "4"), (16, "6")), NOW_NS) == [Resend(4, 6)]
    assert brief(session.resend(Resend(4, 6), NOW_NS)) == [
        ("8", 4, {43: "Y", 37: "order 4"}),
        ("4", 5, {43: "Y", 123: "Y", 36: "7"}),
    ]


def test_a_request_for_all_of_a_long_day_is_served_in_portions():
    """Read no more than a portion at once, whatever 85 bytes ask for; all of it comes in order."""
    read = []

    def stored(first, last):
        for n in range(first, last + 1):
            read.append(n)
            yield Sent(n, NOW_NS, "8", ((37, str(n)),))

    session = FixSession(US, NOW_NS)
    session.heard(said(1, "A", *LOGON), NOW_NS)
    session.accept(NOW_NS, Numbers(1, 20_000), stored)
    actions = session.heard(said(2, "2", (7, "1"), (16, "0")), NOW_NS)
    assert actions == [Resend(1, 20_000)] and not read
    sent = []
    while actions:
        before = len(read)
        now = session.resend(actions[-1], NOW_NS)
        assert len(read) - before <= PORTION_MAX and len(now) <= PORTION_MAX + 1
        sent += [int(decode_message(a.data).text(34)) for a in now if isinstance(a, Send)]
        actions = [a for a in now if isinstance(a, Resend)]
    assert sent == [*range(1, 20_001)]


@pytest.mark.parametrize("sequences", [(2, 3, 4, 5), (9, 9, 9, 9)])
def test_who_asks_for_the_same_again_and_again_is_closed(sequences):
    """Also where its own numbers are too high, so that they never advance."""
    session = opened(Numbers(1, 50))
    assert len(sequences) == AGAIN_MAX + 1
    for n in sequences:
        actions = session.heard(said(n, "2", (7, "1"), (16, "0")), NOW_NS)
        assert any(isinstance(action, Resend) for action in actions)
    last = brief(session.heard(said(sequences[-1] + 1, "2", (7, "7"), (16, "0")), NOW_NS))
    reason = "expected requests for what was not resent, found 7 again"
    assert [action[0] for action in last] == ["5", "close"] and last[-1][1] == reason


def frame_of(message) -> int:
    return len(encode_message(message))


def filled(tag, message, size=MESSAGE_BYTES_MAX):
    """Give a message with one more field, as long as the frame allows."""
    one = Message(message.msg_type, (*message.fields, (tag, "x")))
    longest = "x" * (size - frame_of(one) - 4)
    found = Message(message.msg_type, (*message.fields, (tag, longest)))
    assert size - 8 <= frame_of(found) <= size
    return decode_message(encode_message(found))


@pytest.mark.parametrize("length", [65, 1_000, 16_240, 16_283])
@pytest.mark.parametrize("interval", ["30", "1"])
def test_a_long_name_is_refused_and_never_repeated(length, interval):
    """What a stranger may say before credentials: nobody knows him, so nothing is sent."""
    logon = said(1, "A", (98, "0"), (108, interval), sender="M" * length)
    assert frame_of(logon) <= MESSAGE_BYTES_MAX
    session = FixSession(US, NOW_NS)
    actions = session.heard(logon, NOW_NS)
    assert [type(action) for action in actions] == [Close] and session.peer == ""


def test_a_name_of_64_characters_is_one():
    session = FixSession(US, NOW_NS)
    session.heard(said(1, "A", *LOGON, sender="M" * 64), NOW_NS)
    assert session.stage is Stage.ASKED and len(brief(session.accept(NOW_NS))) == 1


@pytest.mark.parametrize("sequence", [2, 7])
@pytest.mark.parametrize(("msg_type", "tag"), [("1", 112), ("D", 11), ("5", 58), ("2", 7)])
def test_a_text_that_fills_the_frame_is_rejected(sequence, msg_type, tag):
    """Nothing that fills its frame is repeated: no answer would fit."""
    session = opened()
    message = filled(tag, said(sequence, msg_type))
    actions = brief(session.heard(message, NOW_NS))
    if (sequence, msg_type) == (7, "D"):
        assert [action[0] for action in actions] == ["2"]  # It is asked for again.
    else:
        assert actions[0][0] == "3" and actions[0][2][373] == "5"
        assert actions[0][2][371] == str(tag)


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


def test_no_number_is_given_twice_while_a_logon_is_judged():
    """What is said then takes its number elsewhere, before `accept` is given the numbers."""
    session, away = FixSession(US, NOW_NS), FixSession(Terms("HOUSE", "MEMBER"), NOW_NS)
    session.heard(said(1, "A", *LOGON), NOW_NS)
    with pytest.raises(AssertionError):
        session.send("8", ((37, "x"),), NOW_NS)
    (keep,) = away.send("8", ((37, "x"),), NOW_NS)
    assert keep.sent.sequence == 1
    actions = session.accept(NOW_NS, away.numbers, lambda a, b: [keep.sent])
    assert [action[:2] for action in brief(actions)] == [("A", 2)]


def test_reset_forgets_what_was_kept_and_never_sent():
    session, away = FixSession(US, NOW_NS), FixSession(Terms("HOUSE", "MEMBER"), NOW_NS)
    away.send("8", ((37, "x"),), NOW_NS)
    session.heard(said(1, "A", *LOGON, (141, "Y")), NOW_NS)
    actions = session.accept(NOW_NS, away.numbers)
    assert [action[:2] for action in brief(actions)] == [("Reset",), ("A", 1)]


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


VALUE = st.sampled_from(["", "0", "1", "2", "3", "9", "Y", "N", "-1", "x", "9" * 18, b"\xff"])
TAG = st.sampled_from([7, 16, 34, 36, 43, 45, 49, 52, 56, 58, 98, 108, 112, 122, 123, 141])
WILD = st.lists(st.tuples(TAG, VALUE), max_size=4).map(tuple)
HEARD = st.builds(
    lambda kind, number, fields, dup: said(number, kind, *fields, dup=dup),
    *(st.sampled_from([*sorted(TYPES), "D"]), st.sampled_from([1, 2, 3, 4, 9, "x"])),
    *(WILD, st.booleans()),
) | st.builds(Message, st.sampled_from(sorted(TYPES)), WILD)


@settings(max_examples=200)
@given(st.lists(HEARD, max_size=12), st.booleans())
def test_nothing_that_a_peer_says_breaks_a_session(messages, waits):
    """Say anything: it raises nothing, numbers never fall, and a close is last, with a reason."""
    session = FixSession(US, NOW_NS) if waits else opened(Numbers(1, 4))
    for message in messages:
        before = session.numbers
        actions = session.heard(message, NOW_NS)
        for action in actions:
            if isinstance(action, Resend):
                assert session.resend(action, NOW_NS)
        assert session.numbers >= before and session.numbers.next_in >= before.next_in
        assert all(action.reason for action in actions if isinstance(action, Close))
        assert not any(isinstance(action, Close) for action in actions[:-1])
        assert (session.stage is Stage.CLOSED) == (
            bool(actions) and isinstance(actions[-1], Close)
        ) or not actions
        for action in actions:
            if isinstance(action, LogonAsked):
                session.accept(NOW_NS)
