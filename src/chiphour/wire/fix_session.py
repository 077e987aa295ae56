"""FIX_SESSION: one connection's FIX 4.4 session, as a function of what is heard and of the time.

Takes   what a `FixReader` gives, the caller's messages and verdicts, and `now_ns` with each.
Gives   actions in order: bytes to send, messages to keep, to deliver, or to judge, what to send
        again, and the end.
Keeps   each message of the peer is delivered once and in sequence; each of ours has one number,
        which is never lowered but by a Logon that asks for it; nothing is closed without a reason.
Source  FIX 4.4 volume 2: "Session Protocol", "Message Recovery", "Logon", "Logout", "Reject".

    WAITING ──Logon──▶ ASKED ──accept──▶ OPEN ──end──▶ ENDING ──Logout, or 10 s──▶ CLOSED
    LOGGING_ON ──Logon──▶ OPEN               \\__ Logout of the peer, or a fault __▶ CLOSED

A session is made for each connection. What outlives it is `numbers` and the messages of `Keep`:
store both with the effects of the same actions, and give them to `accept`. The numbers of an
acceptor that has not called `accept` are a stranger's: they must not be stored. A message sent
while nobody is connected takes a number, of a session made with the stored ones, and is only kept:
the next Logon shows the peer the gap. So it is while a Logon is judged: `send` is not for then.
A Logon with ResetSeqNumFlag forgets what was kept and not yet sent, as the peer asks.

What comes too early is not held: the session asks once for all from the first that is missing
(EndSeqNo 0) and drops what follows until it comes again, as FIX allows. It asks again when a resent
message shows a second hole, and when nothing comes for a heartbeat, three times in all. Admin
messages are not resent but filled over (`fix_resend.py`). A session-level Reject is delivered like
a message.

`Send` and `Resend` are written in the order in which they come. A `Resend` is a range: when the
connection takes more bytes, `resend` gives its next portion and, last, what is left of it.
"""

from enum import Enum
from typing import NamedTuple

from chiphour.units import NS_PER_SECOND
from chiphour.wire.fix import COMP_ID_PROBLEM
from chiphour.wire.fix import MESSAGE_BYTES_MAX
from chiphour.wire.fix import TIME_PROBLEM
from chiphour.wire.fix import VALUE_INCORRECT
from chiphour.wire.fix import FixFieldWrong
from chiphour.wire.fix import FixGarbled
from chiphour.wire.fix import Message
from chiphour.wire.fix import encode_message
from chiphour.wire.fix import flag_of
from chiphour.wire.fix import integer_of
from chiphour.wire.fix import text_of_time
from chiphour.wire.fix import time_of
from chiphour.wire.fix_resend import GAP_FILL_FLAG
from chiphour.wire.fix_resend import NEW_SEQ_NO
from chiphour.wire.fix_resend import SEQUENCE_RESET
from chiphour.wire.fix_resend import Fields
from chiphour.wire.fix_resend import Requests
from chiphour.wire.fix_resend import Resend
from chiphour.wire.fix_resend import Sent
from chiphour.wire.fix_resend import Stored
from chiphour.wire.fix_resend import nothing_stored
from chiphour.wire.fix_resend import portion

HEARTBEAT, TEST_REQUEST, RESEND_REQUEST, REJECT = "0", "1", "2", "3"
LOGOUT, LOGON = "5", "A"
ADMIN = (HEARTBEAT, TEST_REQUEST, RESEND_REQUEST, REJECT, SEQUENCE_RESET, LOGOUT, LOGON)

BEGIN_SEQ_NO, END_SEQ_NO, MSG_SEQ_NUM, REF_SEQ_NUM = 7, 16, 34, 45
POSS_DUP_FLAG, SENDER, SENDING_TIME, TARGET, TEXT = 43, 49, 52, 56, 58
ENCRYPT_METHOD, HEART_BT_INT, TEST_REQ_ID, ORIG_SENDING_TIME = 98, 108, 112, 122
RESET_SEQ_NUM_FLAG, REF_TAG_ID, REF_MSG_TYPE, REJECT_REASON = 141, 371, 372, 373
FLAGS = (POSS_DUP_FLAG, GAP_FILL_FLAG, RESET_SEQ_NUM_FLAG)
ONCE = (
    *(MSG_SEQ_NUM, POSS_DUP_FLAG, SENDER, SENDING_TIME, TARGET, ORIG_SENDING_TIME),
    *(BEGIN_SEQ_NO, END_SEQ_NO, NEW_SEQ_NO),
)

HEARTBEAT_S_MIN = 5
HEARTBEAT_S_MAX = 300
ACCURACY_NS = 120 * NS_PER_SECOND  # How far SendingTime may be from our time.
LOGON_WAIT_NS = 10 * NS_PER_SECOND
LOGOUT_WAIT_NS = 10 * NS_PER_SECOND
ASKED_MAX = 3  # ResendRequests for one hole.
GARBLED_MAX = 10  # In a row.
COMP_ID_CHARACTERS_MAX = 64  # Each of our messages repeats the peer's.
RESENT_BYTES = 64  # What PossDupFlag and OrigSendingTime add at most.
REASON_CHARACTERS_MAX = 200


class Stage(Enum):
    """How far a session is; see the header."""

    WAITING = "waiting for a Logon"
    ASKED = "waiting for the verdict on a Logon"
    LOGGING_ON = "waiting for the answer to our Logon"
    OPEN = "open"
    ENDING = "waiting for the answer to our Logout"
    CLOSED = "closed"


class Numbers(NamedTuple):
    """The MsgSeqNum that comes next, from the peer and from us: what survives a connection."""

    next_in: int = 1
    next_out: int = 1


class Send(NamedTuple):
    """Write these bytes to the connection."""

    data: bytes


class Keep(NamedTuple):
    """Store this message, before its bytes are sent, until the numbers are reset."""

    sent: Sent


class Deliver(NamedTuple):
    """Act on this application message, or note this Reject; it comes once."""

    message: Message


class LogonAsked(NamedTuple):
    """Judge this Logon, whose form is right: then call `accept` or `refuse`."""

    message: Message


class Reset(NamedTuple):
    """Forget all stored messages: the numbers begin again at 1."""


class Close(NamedTuple):
    """Close the connection when all is written; nothing more will come."""

    reason: str


Action = Send | Resend | Keep | Deliver | LogonAsked | Reset | Close


class Terms(NamedTuple):
    """What one side stands for: our CompID, the peer's or "" for anyone's, the digits of times."""

    sender: str
    target: str = ""
    time_digits: int = 3


class _Gap(NamedTuple):
    """Messages that were asked for: from `asked_from`, and all up to `until` are missing."""

    until: int
    asked_from: int
    asked_ns: int
    asked: int


class FixSession:
    """The session of one connection. It reads no clock and touches no socket."""

    def __init__(
        self,
        terms: Terms,
        now_ns: int,
        numbers: Numbers = Numbers(),  # noqa: B008  It cannot change.
        stored: Stored = nothing_stored,
    ) -> None:
        """Wait for a Logon from now on; `accept` may give other numbers when the peer is known."""
        assert max(len(terms.sender), len(terms.target)) <= COMP_ID_CHARACTERS_MAX
        self.stage = Stage.WAITING
        self.numbers = numbers
        self.peer = terms.target
        self._terms = terms
        self._stored = stored
        self._actions: list[Action] = []
        self._since_ns = self._heard_ns = self._sent_ns = now_ns
        self._tested_ns: int | None = None
        self._heartbeat_ns = HEARTBEAT_S_MAX * NS_PER_SECOND
        self._gap: _Gap | None = None
        self._requests = Requests()
        self._garbled = 0
        self._logon = Message(LOGON, ())
        self._resets = False

    def begin(
        self, heartbeat_s: int, fields: Fields, now_ns: int, reset: bool = False
    ) -> list[Action]:
        """Log on to the peer, as the side that connected."""
        assert self.stage is Stage.WAITING and self.peer
        assert HEARTBEAT_S_MIN <= heartbeat_s <= HEARTBEAT_S_MAX
        self.stage = Stage.LOGGING_ON
        self._heartbeat_ns = heartbeat_s * NS_PER_SECOND
        self._write_logon(reset, fields, now_ns)
        return self._taken()

    def accept(
        self,
        now_ns: int,
        numbers: Numbers | None = None,
        stored: Stored | None = None,
        fields: Fields = (),
    ) -> list[Action]:
        """Answer the Logon that was asked about; `fields` are added to the answer."""
        assert self.stage is Stage.ASKED
        self.numbers = self.numbers if numbers is None else numbers
        self._stored = self._stored if stored is None else stored
        self._heartbeat_ns = integer_of(self._logon.text(HEART_BT_INT)) * NS_PER_SECOND
        sequence = integer_of(self._logon.text(MSG_SEQ_NUM))
        resets = self._logon.text(RESET_SEQ_NUM_FLAG) == "Y"
        if sequence < self.numbers.next_in and not resets:
            self._close(self._too_low(sequence), now_ns)
            return self._taken()
        self._write_logon(resets, fields, now_ns)
        self._open(sequence, now_ns)
        return self._taken()

    def refuse(self, reason: str, now_ns: int) -> list[Action]:
        """Refuse the Logon that was asked about, and close."""
        assert self.stage is Stage.ASKED
        self._close(reason, now_ns)
        return self._taken()

    def send(self, msg_type: str, fields: Fields, now_ns: int) -> list[Action]:
        """Send an application message; when the session is not open it is kept for a resend."""
        assert msg_type not in ADMIN and self.stage is not Stage.ASKED
        sent = Sent(self.numbers.next_out, now_ns, msg_type, tuple(fields))
        data = self._framed(sent, now_ns)
        assert len(data) + RESENT_BYTES <= MESSAGE_BYTES_MAX
        self._actions.append(Keep(sent))
        if self.stage is Stage.OPEN:
            self._actions.append(Send(data))
            self._sent_ns = now_ns
        self.numbers = self.numbers._replace(next_out=sent.sequence + 1)
        return self._taken()

    def resend(self, asked: Resend, now_ns: int) -> list[Action]:
        """Give the next portion of what is to be sent again and, last, the range that is left."""
        found, left = portion(asked, self._stored, now_ns)
        for sent in found:
            self._write(sent, now_ns, again=True)
        return [*self._taken(), *([left] if left else [])]

    def end(self, reason: str, now_ns: int) -> list[Action]:
        """Log out: the session closes when the peer answers, or after 10 seconds."""
        if self.stage is Stage.OPEN:
            self._admin(LOGOUT, ((TEXT, _plain(reason)),), now_ns)
            self.stage = Stage.ENDING
            self._since_ns = now_ns
        elif self.stage not in (Stage.ENDING, Stage.CLOSED):
            self._close(reason, now_ns)
        return self._taken()

    def heard(self, item: Message | FixGarbled, now_ns: int) -> list[Action]:
        """Take what the reader gave."""
        if self.stage is Stage.CLOSED:
            return []
        if isinstance(item, FixGarbled):
            self._hear_garbled(item, now_ns)
        elif self.stage is Stage.WAITING:
            self._hear_first(item, now_ns)
        elif self.stage is Stage.ASKED:
            self._close("expected no message before the answer to a Logon", now_ns)
        elif self.stage is Stage.LOGGING_ON:
            self._hear_answer(item, now_ns)
        else:
            self._hear_next(item, now_ns)
        return self._taken()

    def due_ns(self) -> int | None:
        """Give the time at which `due` must be called next; None when closed."""
        if self.stage is Stage.CLOSED:
            return None
        if self.stage is Stage.ENDING:
            return self._since_ns + LOGOUT_WAIT_NS
        if self.stage is not Stage.OPEN:
            return self._since_ns + LOGON_WAIT_NS
        times = [self._sent_ns + self._heartbeat_ns, self._silent_ns()]
        if self._gap:
            times.append(self._gap.asked_ns + self._heartbeat_ns)
        return min(times)

    def due(self, now_ns: int) -> list[Action]:
        """Do what time asks for: heartbeats, tests of silence, a second request, the end."""
        due_ns = self.due_ns()
        if due_ns is None or now_ns < due_ns:
            return []
        if self.stage is not Stage.OPEN:
            self._close(f"expected an end of {self.stage.value} in time, found none", now_ns)
            return self._taken()
        if self._gap and now_ns >= self._gap.asked_ns + self._heartbeat_ns:
            if self._gap.asked == ASKED_MAX:
                self._close(f"expected message {self.numbers.next_in} again, found none", now_ns)
            else:
                self._ask(self._gap.until, self._gap.asked + 1, now_ns)
        if self.stage is Stage.OPEN and now_ns >= self._silent_ns():
            self._test(now_ns)
        if self.stage is Stage.OPEN and now_ns >= self._sent_ns + self._heartbeat_ns:
            self._admin(HEARTBEAT, (), now_ns)
        return self._taken()

    # What is heard, by stage.

    def _hear_garbled(self, fault: FixGarbled, now_ns: int) -> None:
        """Ignore what FIX says to ignore, but neither before the Logon nor without end."""
        self._garbled += 1
        if fault.ends_session or self.stage not in (Stage.OPEN, Stage.ENDING):
            self._close(str(fault), now_ns)
        elif self._garbled == GARBLED_MAX:
            self._close(f"expected a message, found {GARBLED_MAX} garbled ones: {fault}", now_ns)

    def _hear_first(self, message: Message, now_ns: int) -> None:
        sender = message.text(SENDER)
        if message.msg_type == LOGON and len(sender) <= COMP_ID_CHARACTERS_MAX:
            self.peer = self.peer or sender
        try:
            self._check_logon(message, now_ns)
        except FixFieldWrong as wrong:
            self._close(str(wrong), now_ns)
            return
        self._logon = message
        self.stage = Stage.ASKED
        self._actions.append(LogonAsked(message))

    def _hear_answer(self, message: Message, now_ns: int) -> None:
        """Take the peer's answer to our Logon."""
        sequence = _sequence(message)
        if message.msg_type == LOGOUT:
            if sequence == self.numbers.next_in:
                self._advance(sequence + 1, now_ns)
            self._close(f"the peer refused the Logon: {message.text(TEXT)}", now_ns, logout=False)
            return
        try:
            self._check_logon(message, now_ns)
        except FixFieldWrong as wrong:
            self._close(str(wrong), now_ns)
            return
        if self._resets != (message.text(RESET_SEQ_NUM_FLAG) == "Y"):
            self._close("expected ResetSeqNumFlag as in our Logon, found another", now_ns)
        elif sequence < self.numbers.next_in:
            self._close(self._too_low(sequence), now_ns)
        else:
            self._open(sequence, now_ns)

    def _hear_next(self, message: Message, now_ns: int) -> None:
        """Take a message of an open session; reject what is wrong, and close where that is due."""
        sequence = _sequence(message)
        if not sequence:
            self._close("expected MsgSeqNum (34), found none", now_ns)
            return
        self._heard_ns, self._tested_ns, self._garbled = now_ns, None, 0
        try:
            self._check_peer(message, now_ns)
            self._hear_in_place(message, sequence, now_ns)
        except FixFieldWrong as wrong:
            if sequence == self.numbers.next_in and not _is_reset(message):
                self._advance(sequence + 1, now_ns)
            if message.msg_type != REJECT:
                self._reject(message, wrong, now_ns)
            if wrong.reason in (COMP_ID_PROBLEM, TIME_PROBLEM):
                self._close(str(wrong), now_ns)

    def _hear_in_place(self, message: Message, sequence: int, now_ns: int) -> None:
        """Take a message by its place in the sequence; raises FixFieldWrong."""
        if _is_reset(message):
            _check(message)
            self._go_to(message, self.numbers.next_in, now_ns)
        elif sequence < self.numbers.next_in:
            self._hear_low(message, sequence, now_ns)
        elif sequence > self.numbers.next_in:
            self._hear_high(message, sequence, now_ns)
        elif message.msg_type == SEQUENCE_RESET:
            _check(message)
            self._go_to(message, sequence + 1, now_ns)
        else:
            self._advance(sequence + 1, now_ns)
            self._answer(message, now_ns)

    def _hear_low(self, message: Message, sequence: int, now_ns: int) -> None:
        """Ignore what we have, when the peer says that it may be a duplicate; else close."""
        if message.text(POSS_DUP_FLAG) != "Y":
            self._close(self._too_low(sequence), now_ns)
        else:
            _check(message)

    def _hear_high(self, message: Message, sequence: int, now_ns: int) -> None:
        """Ask for what is missing before it. What cannot wait is answered: it is not resent."""
        if message.msg_type in (RESEND_REQUEST, TEST_REQUEST, LOGOUT, LOGON):
            self._answer(message, now_ns)
        if self.stage is Stage.CLOSED:
            return
        resent = message.text(POSS_DUP_FLAG) == "Y"
        if self._gap is None:
            self._ask(sequence, 1, now_ns)
        elif resent and self._gap.asked_from != self.numbers.next_in:
            self._ask(self._gap.until, 1, now_ns)

    def _go_to(self, message: Message, least: int, now_ns: int) -> None:
        """Expect NewSeqNo next, unless it is less than `least`: a number is never lowered."""
        number = message.read(NEW_SEQ_NO, integer_of)
        if number < least:
            words = f"expected NewSeqNo of at least {least}, found {number}"
            raise FixFieldWrong(words, NEW_SEQ_NO, VALUE_INCORRECT)
        self._advance(number, now_ns)

    # What is answered.

    def _answer(self, message: Message, now_ns: int) -> None:
        """Answer an admin message, deliver any other; raises FixFieldWrong for a wrong form."""
        _check(message)
        match message.msg_type:
            case "0":
                pass  # That the peer is there was noted when it was heard.
            case "1":
                message.read(TEST_REQ_ID, len)  # It may be any text, but must be there.
                self._admin(HEARTBEAT, ((TEST_REQ_ID, message.text(TEST_REQ_ID)),), now_ns)
            case "2":
                self._hear_request(message, now_ns)
            case "5":
                reason = f"the peer logged out: {message.text(TEXT)}"
                self._close(reason, now_ns, logout=self.stage is not Stage.ENDING)
            case "A":
                self._close("expected one Logon, found another", now_ns)
            case _:
                self._actions.append(Deliver(message))

    def _hear_request(self, message: Message, now_ns: int) -> None:
        """Give what is asked for as a range, unless it was asked for too often."""
        first = message.read(BEGIN_SEQ_NO, integer_of)
        last = message.read(END_SEQ_NO, integer_of)
        newest = self.numbers.next_out - 1
        if not 1 <= first <= newest or not (last == 0 or last >= first):
            words = f"expected sequences from 1 to {newest}, found {first} to {last}"
            raise FixFieldWrong(words, BEGIN_SEQ_NO, VALUE_INCORRECT)
        asked = Resend(first, min(last or newest, newest))
        if self._requests.are_too_many(asked):
            self._close(f"expected requests for what was not resent, found {first} again", now_ns)
        else:
            self._actions.append(asked)

    # What is sent.

    def _open(self, sequence: int, now_ns: int) -> None:
        """Begin, after a Logon of the peer with this number."""
        self.stage = Stage.OPEN
        self._heard_ns = self._sent_ns = now_ns
        if sequence > self.numbers.next_in:
            self._ask(sequence, 1, now_ns)
        else:
            self._advance(sequence + 1, now_ns)

    def _ask(self, until: int, asked: int, now_ns: int) -> None:
        """Ask for all from the next number on, of which those to `until` are known to exist."""
        self._gap = _Gap(until, self.numbers.next_in, now_ns, asked)
        fields = ((BEGIN_SEQ_NO, str(self.numbers.next_in)), (END_SEQ_NO, "0"))
        self._admin(RESEND_REQUEST, fields, now_ns)

    def _advance(self, next_in: int, now_ns: int) -> None:
        """Expect this number next; a gap that is filled is forgotten, one that shrinks waits on."""
        assert next_in >= self.numbers.next_in
        self.numbers = self.numbers._replace(next_in=next_in)
        if self._gap:
            left = self._gap._replace(asked_ns=now_ns, asked=1)
            self._gap = left if next_in <= left.until else None

    def _silent_ns(self) -> int:
        """Give the time at which the peer has been silent for too long, or let a test pass."""
        since_ns = self._heard_ns if self._tested_ns is None else self._tested_ns
        return since_ns + self._heartbeat_ns * 6 // 5  # A fifth for the way.

    def _test(self, now_ns: int) -> None:
        if self._tested_ns is not None:
            self._close("expected a Heartbeat for our TestRequest, found none", now_ns)
            return
        self._tested_ns = now_ns
        self._admin(TEST_REQUEST, ((TEST_REQ_ID, str(self.numbers.next_out)),), now_ns)

    def _reject(self, message: Message, wrong: FixFieldWrong, now_ns: int) -> None:
        tag = ((REF_TAG_ID, str(wrong.tag)),) if wrong.tag else ()
        fields = (
            *((REF_SEQ_NUM, message.text(MSG_SEQ_NUM)), *tag, (REF_MSG_TYPE, message.msg_type)),
            *((REJECT_REASON, str(wrong.reason)), (TEXT, _plain(str(wrong)))),
        )
        self._admin(REJECT, fields, now_ns)

    def _close(self, reason: str, now_ns: int, logout: bool = True) -> None:
        """Say why, to a peer that we know, and close."""
        if logout and self.peer:
            self._admin(LOGOUT, ((TEXT, _plain(reason)),), now_ns)
        self._actions.append(Close(reason))
        self.stage = Stage.CLOSED

    def _write_logon(self, resets: bool, fields: Fields, now_ns: int) -> None:
        if resets:
            self.numbers = Numbers()
            self._resets = True
            self._actions.append(Reset())
        interval = str(self._heartbeat_ns // NS_PER_SECOND)
        flag = ((RESET_SEQ_NUM_FLAG, "Y"),) if resets else ()
        known = ((ENCRYPT_METHOD, "0"), (HEART_BT_INT, interval), *flag)
        self._admin(LOGON, (*known, *fields), now_ns)

    def _admin(self, msg_type: str, fields: Fields, now_ns: int) -> None:
        """Send a message that is never sent again."""
        self._write(Sent(self.numbers.next_out, now_ns, msg_type, fields), now_ns)
        self.numbers = self.numbers._replace(next_out=self.numbers.next_out + 1)

    def _write(self, sent: Sent, now_ns: int, again: bool = False) -> None:
        """Send a message, as a resent one when `again`."""
        self._actions.append(Send(self._framed(sent, now_ns, again)))
        self._sent_ns = now_ns

    def _framed(self, sent: Sent, now_ns: int, again: bool = False) -> bytes:
        digits = self._terms.time_digits
        header: Fields = (
            *((MSG_SEQ_NUM, str(sent.sequence)), (SENDER, self._terms.sender)),
            *((TARGET, self.peer), (SENDING_TIME, text_of_time(now_ns, digits))),
        )
        if again:
            first_sent = text_of_time(sent.time_ns, digits)
            header += ((POSS_DUP_FLAG, "Y"), (ORIG_SENDING_TIME, first_sent))
        return encode_message(Message(sent.msg_type, header + sent.fields))

    def _taken(self) -> list[Action]:
        actions, self._actions = self._actions, []
        return actions

    # What is wrong with a message.

    def _too_low(self, sequence: int) -> str:
        return f"MsgSeqNum too low, expecting {self.numbers.next_in} but received {sequence}"

    def _check_logon(self, message: Message, now_ns: int) -> None:
        """Raise FixFieldWrong unless this message can open the session."""
        if message.msg_type != LOGON:
            raise FixFieldWrong(f"expected a Logon first, found type {message.msg_type}")
        if not _sequence(message):
            raise FixFieldWrong("expected MsgSeqNum (34), found none")
        _check(message)
        self._check_peer(message, now_ns)
        if message.read(ENCRYPT_METHOD, integer_of) != 0:
            raise FixFieldWrong(f"expected EncryptMethod 0, found {message.text(ENCRYPT_METHOD)}")
        seconds = message.read(HEART_BT_INT, integer_of)
        if not HEARTBEAT_S_MIN <= seconds <= HEARTBEAT_S_MAX:
            bounds = f"{HEARTBEAT_S_MIN} to {HEARTBEAT_S_MAX}"
            raise FixFieldWrong(f"expected HeartBtInt {bounds}, found {seconds}")
        if message.text(RESET_SEQ_NUM_FLAG) == "Y" and _sequence(message) != 1:
            found = _sequence(message)
            raise FixFieldWrong(f"expected MsgSeqNum 1 with ResetSeqNumFlag, found {found}")

    def _check_peer(self, message: Message, now_ns: int) -> None:
        """Raise FixFieldWrong for what ends a session: another's CompID, a time that is far off."""
        sender, target = message.text(SENDER), message.text(TARGET)
        if target != self._terms.sender:
            words = f"expected TargetCompID {self._terms.sender}, found {target[:40]!r}"
            raise FixFieldWrong(words, TARGET, COMP_ID_PROBLEM)
        if not 0 < len(sender) <= COMP_ID_CHARACTERS_MAX or sender != (self.peer or sender):
            expected = self.peer or f"of 1 to {COMP_ID_CHARACTERS_MAX} characters"
            words = f"expected SenderCompID {expected}, found {sender[:40]!r}"
            raise FixFieldWrong(words, SENDER, COMP_ID_PROBLEM)
        sent_ns = message.read(SENDING_TIME, time_of)
        if abs(sent_ns - now_ns) > ACCURACY_NS:
            found, near = message.text(SENDING_TIME), text_of_time(now_ns)
            words = f"expected SendingTime near {near}, found {found}"
            raise FixFieldWrong(words, SENDING_TIME, TIME_PROBLEM)
        is_duplicate = message.text(POSS_DUP_FLAG) == "Y"
        if is_duplicate and message.read(ORIG_SENDING_TIME, time_of) > sent_ns:
            words = "expected OrigSendingTime not after SendingTime, found it after"
            raise FixFieldWrong(words, ORIG_SENDING_TIME, TIME_PROBLEM)


def _check(message: Message) -> None:
    """Raise FixFieldWrong for what no message may hold, whatever its type."""
    message.check(ONCE)
    for tag in FLAGS:
        if message.value(tag) is not None:
            message.read(tag, flag_of)


def _is_reset(message: Message) -> bool:
    """Tell whether this is a SequenceReset whose own number does not count."""
    return message.msg_type == SEQUENCE_RESET and message.text(GAP_FILL_FLAG) in ("", "N")


def _sequence(message: Message) -> int:
    """Give the MsgSeqNum; 0 when there is none that counts."""
    try:
        return max(0, message.read(MSG_SEQ_NUM, integer_of))
    except FixFieldWrong:
        return 0


def _plain(reason: str) -> str:
    """Give a reason as a text that FIX can hold."""
    known = "".join(c if " " <= c <= "~" else "?" for c in reason[:REASON_CHARACTERS_MAX])
    return known or "no reason given"
