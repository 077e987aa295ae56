"""FIX: messages of FIX 4.4 as bytes and back, whatever the pieces they arrive in.

Takes   messages as a type and fields in order; or a stream of bytes; texts of numbers and times.
Gives   bytes with BodyLength and CheckSum; from a stream `Message` and `FixGarbled`, in the order
        in which they stand there; integers of ticks, lots and nanoseconds.
Keeps   a message that is read is the one that was written: one changed byte never makes another.
        No message, tag, number or count is longer than its bound. No number is ever a float.
Source  FIX 4.4 volume 1 (data types, components) and volume 2 ("Garbled message received").

    frame   8=FIX.4.4 | 9=count of bytes from 35 up to 10 | 35=type | fields | 10=sum
    sum     all bytes before 10=, modulo 256, in three digits
    field   tag=value, ended by SOH (byte 1), which no text holds
    data    a length and then that many bytes, SOH among them: 95 and 96, and the pairs of DATA

What is no frame is ignored and not counted, as FIX says: the next good frame then shows the gap.
A frame that is whole but says what no FIX 4.4 message may say would come again when it is asked
for, so it ends the session. `FixGarbled.ends_session` tells the two apart. After a lost frame the
reader goes from field to field, over data in one step, to the next beginning: a message inside the
data of a lost one is not taken for a message.

    MarketError
    ├── FixGarbled       bytes that are no message of FIX 4.4
    └── FixFieldWrong    a field whose text is not of its type: the session answers it by a Reject
"""

import re
from collections.abc import Callable
from datetime import UTC
from datetime import datetime
from datetime import timedelta
from typing import NamedTuple

from chiphour.observe.observation import MarketError
from chiphour.units import EPOCH
from chiphour.units import NS_PER_SECOND

BEGIN_STRING = "FIX.4.4"
MESSAGE_BYTES_MAX = 1 << 14
FIELDS_MAX = 1_000  # Of one message, without 8, 9, 35 and 10.
TEXT_CHARACTERS_MAX = 1_000  # Of a field that is no data: an answer may repeat several of them.
DIGITS_MAX = 18  # Of a number: it fits an int64.
assert 10**DIGITS_MAX < 1 << 63

# The fields that may hold SOH, by the field before them that says how long they are.
DATA = {
    **{90: 91, 93: 89, 95: 96, 212: 213, 348: 349, 350: 351, 352: 353, 354: 355, 356: 357},
    **{358: 359, 360: 361, 362: 363, 364: 365, 445: 446, 618: 619, 621: 622},
}
LENGTHS = {data: length for length, data in DATA.items()}
# SessionRejectReason (373).
TAG_MISSING, VALUE_EMPTY, VALUE_INCORRECT, FORMAT_INCORRECT = 1, 4, 5, 6
COMP_ID_PROBLEM, TIME_PROBLEM, TAG_TWICE, COUNT_INCORRECT = 9, 10, 13, 16

FRAMING = (8, 9, 10, 35)  # No field of a message: the frame holds them.

SOH = b"\x01"
HEADER = re.compile(rb"8=([^\x01]{1,16})\x019=([0-9]{1,6})\x01")
HEADER_BEGUN = re.compile(rb"8?|8=[^\x01]{0,16}|8=[^\x01]{1,16}\x01(9(=[0-9]{0,6})?)?")
TRAILER = re.compile(rb"\x0110=([0-9]{3})\x01")
TRAILER_BYTES = 7  # Without the SOH before it, which ends the body.
TYPE = re.compile(rb"35=([0-9A-Za-z]{1,8})\x01")
TAG = re.compile(rb"([1-9][0-9]{0,4})=")
LENGTH = re.compile(rb"([1-9][0-9]{0,4})=([0-9]{1,5})")
MARK = b"8=FIX"  # Where a reader that is lost looks again.

NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
DECIMAL = re.compile(r"(-?)([0-9]*)\.?([0-9]*)", re.ASCII)
TIME = re.compile(r"(\d{4})(\d\d)(\d\d)-(\d\d):(\d\d):(\d\d)(?:\.(\d{3}|\d{6}|\d{9}))?", re.ASCII)

Value = str | bytes
Field = tuple[int, Value]


class FixGarbled(MarketError):
    """Bytes that are no message; `ends_session` when they may not simply be ignored."""

    def __init__(self, message: str, ends_session: bool = False) -> None:
        """Remember whether the session can go on."""
        super().__init__(message)
        self.ends_session = ends_session


class FixFieldWrong(MarketError):
    """A field that a Reject answers: `reason` is its SessionRejectReason, `tag` whose field."""

    def __init__(self, message: str, tag: int = 0, reason: int = FORMAT_INCORRECT) -> None:
        """Remember what the Reject must say; a text by itself has no tag."""
        super().__init__(message)
        self.tag = tag
        self.reason = reason


class Message(NamedTuple):
    """A message without its frame: the type (35) and the fields after it, repeats and all.

    A value is text; or bytes, when it is data or when a text is not ASCII, which a session refuses.
    """

    msg_type: str
    fields: tuple[Field, ...]

    def value(self, tag: int) -> Value | None:
        """Give the first value of a tag; None without one."""
        for found, value in self.fields:  # A plain loop: it is asked for each tag of each message.
            if found == tag:
                return value
        return None

    def text(self, tag: int) -> str:
        """Give the first value of a tag as text; "" when there is none, or it is bytes."""
        value = self.value(tag)
        return value if isinstance(value, str) else ""

    def read(self, tag: int, reader: Callable[[str], int]) -> int:
        """Read the first value of a tag by `integer_of` or its like; raises FixFieldWrong."""
        text = self.text(tag)
        if not text:
            raise FixFieldWrong(f"expected tag {tag}, found none", tag, TAG_MISSING)
        try:
            return reader(text)
        except FixFieldWrong as wrong:
            raise FixFieldWrong(f"{wrong}, in tag {tag}", tag) from None

    def check(self, once: tuple[int, ...] = ()) -> None:
        """Raise FixFieldWrong for an empty value, a text that is too long or not ASCII, or a repeat
        of `once`.
        """
        seen = set()
        for tag, value in self.fields:
            if not value:
                raise FixFieldWrong(f"expected a value of tag {tag}, found none", tag, VALUE_EMPTY)
            if isinstance(value, bytes) and tag not in LENGTHS:
                raise FixFieldWrong(f"expected ASCII in tag {tag}, found other bytes", tag)
            if tag not in LENGTHS and len(value) > TEXT_CHARACTERS_MAX:
                words = f"expected at most {TEXT_CHARACTERS_MAX} characters, found {len(value)}"
                raise FixFieldWrong(f"{words}, in tag {tag}", tag, VALUE_INCORRECT)
            if tag in once and tag in seen:
                raise FixFieldWrong(f"expected tag {tag} once, found it again", tag, TAG_TWICE)
            seen.add(tag)

    def groups(self, count_tag: int, members: frozenset[int]) -> list[tuple[Field, ...]]:
        """Give the repeating groups that a count begins, which hold no other tags than `members`.

        The tag after the count begins each group. Without the count there are none. Raises
        FixFieldWrong unless there are as many groups as it says.
        """
        tags = [tag for tag, _ in self.fields]
        if count_tag not in tags:
            return []
        first = tags.index(count_tag) + 1
        last = first
        while last < len(tags) and tags[last] in members:
            last += 1
        starts = [i for i in range(first, last) if tags[i] == tags[first]]
        if self.text(count_tag) != str(len(starts)):
            raise FixFieldWrong(
                f"expected {self.text(count_tag)!r} groups, found {len(starts)}, in {count_tag}",
                *(count_tag, COUNT_INCORRECT),
            )
        ends = [*starts[1:], last]
        return [self.fields[a:b] for a, b in zip(starts, ends, strict=False)]  # None: no start.


class FixReader:
    """Messages from a stream of bytes. It holds at most one message that is not whole yet."""

    def __init__(self) -> None:
        """Stand at the beginning of a stream."""
        self._buffer = bytearray()
        self._offset = 0  # Of the buffer's first byte in the stream.
        self._lost = False
        self._ended = False

    def feed(self, chunk: bytes) -> list[Message | FixGarbled]:
        """Take the next bytes; give what they make whole, in order, and raise nothing.

        The faults stand among the messages, so that none before them is lost. After one that ends
        the session nothing more is given. A run of bytes that belongs to no frame is one fault.
        """
        found: list[Message | FixGarbled] = []
        if not self._ended:
            self._buffer += chunk
        while not self._ended and (not self._lost or self._skip()):
            try:
                message = self._message()
            except FixGarbled as fault:
                found.append(fault)
                self._ended = fault.ends_session
                continue
            if message is None:
                break
            found.append(message)
        return found

    def _message(self) -> Message | None:
        """Take one message from the buffer; None when it is not whole."""
        offset = self._offset
        try:
            size = _frame_size(self._buffer, offset)
            if size is None or len(self._buffer) < size:
                return None
            _check_trailer(self._buffer, size, offset)
        except FixGarbled:
            self._lost = True
            self._drop(1)  # So that the search goes on after this beginning.
            raise
        frame = bytes(self._buffer[:size])
        self._drop(size)
        return decode_message(frame, offset)

    def _skip(self) -> bool:
        """Drop fields up to the next beginning; False when more bytes are needed to find it."""
        buffer = self._buffer
        while True:
            end = buffer.find(SOH, 0, MESSAGE_BYTES_MAX)
            begin = buffer.find(MARK, 0, MESSAGE_BYTES_MAX if end < 0 else end)
            if begin >= 0:
                break
            if end < 0 and len(buffer) < MESSAGE_BYTES_MAX:
                return False
            begin = self._after(end) if end >= 0 else MESSAGE_BYTES_MAX
            if begin < 0:
                return False
            self._drop(begin)
        self._lost = False
        self._drop(begin)
        return True

    def _after(self, end: int) -> int:
        """Give where the field after the one that ends at `end` begins, data counted with its
        length; negative when more bytes are needed to say.
        """
        buffer = self._buffer
        length = LENGTH.fullmatch(buffer, 0, end)
        if not length or int(length[1]) not in DATA or int(length[2]) > MESSAGE_BYTES_MAX:
            return end + 1
        name = f"{DATA[int(length[1])]}=".encode()
        after = end + 1 + len(name) + int(length[2])
        if not name.startswith(buffer[end + 1 : end + 1 + len(name)]):
            return end + 1
        if len(buffer) <= after:
            return -1
        return after + 1 if buffer[after] == SOH[0] else after  # The SOH may be what was changed.

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._offset += count


def encode_message(message: Message) -> bytes:
    """Write a message as a frame.

    Raises nothing: a field that FIX cannot hold is our mistake, and asserted. Data are bytes and
    stand after their length.
    """
    assert TYPE.fullmatch(b"35=%b\x01" % message.msg_type.encode())
    assert len(message.fields) <= FIELDS_MAX
    parts = [f"35={message.msg_type}".encode()]
    before: Field = (0, "")
    for tag, value in message.fields:
        assert 0 < tag <= 99_999 and tag not in FRAMING
        assert isinstance(value, bytes) == (tag in LENGTHS) == (before[0] in DATA)
        assert value
        if isinstance(value, bytes):
            assert before == (LENGTHS[tag], str(len(value)))
        else:
            assert value.isascii() and "\x01" not in value
            value = value.encode()
        parts.append(b"%d=%b" % (tag, value))
        before = (tag, value.decode()) if tag in DATA else (tag, "")
    assert before[0] not in DATA
    body = SOH.join(parts) + SOH
    frame = b"8=%b\x019=%d\x01%b" % (BEGIN_STRING.encode(), len(body), body)
    assert len(frame) + TRAILER_BYTES <= MESSAGE_BYTES_MAX
    return frame + b"10=%03d\x01" % (sum(frame) % 256)


def decode_message(frame: bytes, offset: int = 0) -> Message:
    """Read one whole frame, which begins at byte `offset` of its stream. Raises FixGarbled."""
    size = _frame_size(frame, offset)
    if size != len(frame):
        raise FixGarbled(f"expected a frame of {size} bytes, found {len(frame)}, at byte {offset}")
    _check_trailer(frame, size, offset)
    header = HEADER.match(frame)
    assert header
    expected = sum(frame[:-TRAILER_BYTES]) % 256
    if int(frame[-4:-1]) != expected:
        found = frame[-4:-1].decode()
        raise FixGarbled(
            f"expected CheckSum {expected:03d}, found {found}, at byte {offset + size - 4}"
        )
    if header[1] != BEGIN_STRING.encode():
        raise FixGarbled(
            f"expected BeginString {BEGIN_STRING}, found {header[1]!r}, at byte {offset}", True
        )
    kind = TYPE.match(frame, header.end())
    if not kind:
        found = repr(frame[header.end() :][:12])
        raise FixGarbled(f"expected MsgType, found {found}, at byte {offset + header.end()}")
    fields = _fields(frame[:-TRAILER_BYTES], kind.end(), offset)
    return Message(kind[1].decode(), fields)


def _frame_size(buffer: bytes | bytearray, offset: int) -> int | None:
    """Give the size of the frame that begins here; None when too few bytes are there to say."""
    header = HEADER.match(buffer)
    if not header:
        if HEADER_BEGUN.fullmatch(buffer):
            return None
        raise FixGarbled(
            f"expected BeginString and BodyLength, found {bytes(buffer[:28])!r}, at byte {offset}"
        )
    size = header.end() + int(header[2]) + TRAILER_BYTES
    if size > MESSAGE_BYTES_MAX:
        raise FixGarbled(
            f"expected a message of at most {MESSAGE_BYTES_MAX} bytes, found {size}, "
            f"at byte {offset}",
            True,
        )
    return size


def _check_trailer(buffer: bytes | bytearray, size: int, offset: int) -> None:
    """Raise FixGarbled unless a trailer ends the frame where BodyLength says."""
    start = size - TRAILER_BYTES - 1
    if not TRAILER.fullmatch(buffer, start, size):
        raise FixGarbled(
            f"expected CheckSum where BodyLength says, found {bytes(buffer[start:size])!r}, "
            f"at byte {offset + start}"
        )


def _fields(frame: bytes, start: int, offset: int) -> tuple[Field, ...]:
    """Read the fields from `start` to the end; raise a FixGarbled that ends the session."""
    fields: list[Field] = []
    before: Field = (0, "")
    while start < len(frame):
        where = f"at byte {offset + start}"
        name = TAG.match(frame, start)
        if not name or int(name[1]) in FRAMING:
            found = repr(frame[start : start + 12])
            raise FixGarbled(f"expected a tag and a value, found {found}, {where}", True)
        tag = int(name[1])
        if DATA.get(before[0], tag) != tag or (tag in LENGTHS and before[0] != LENGTHS[tag]):
            raise FixGarbled(
                f"expected data after its length, found {tag} after {before[0]}, {where}", True
            )
        if len(fields) == FIELDS_MAX:
            raise FixGarbled(f"expected at most {FIELDS_MAX} fields, found more, {where}", True)
        end = frame.index(SOH, start) if tag not in LENGTHS else _data_end(frame, name, before[1])
        if end >= len(frame) or frame[end] != SOH[0]:
            raise FixGarbled(f"expected {before[1]!r} bytes of data, found others, {where}", True)
        value = frame[name.end() : end]
        is_text = tag not in LENGTHS and value.isascii()
        before = (tag, value.decode() if is_text else value)
        fields.append(before)
        start = end + 1
    if before[0] in DATA:
        raise FixGarbled(
            f"expected data after its length, found the end, at byte {offset + start}", True
        )
    return tuple(fields)


def _data_end(frame: bytes, name: re.Match[bytes], length: Value) -> int:
    """Give where data end that begin after their name; the frame's end for a bad length."""
    if isinstance(length, bytes) or not re.fullmatch("[0-9]{1,5}", length):
        return len(frame)
    return name.end() + int(length)


def integer_of(text: str) -> int:
    """Read a whole number of at most 18 digits; raises FixFieldWrong."""
    if not NUMBER.fullmatch(text):
        raise FixFieldWrong(f"expected a whole number of at most 18 digits, found {text[:40]!r}")
    return int(text)


def flag_of(text: str) -> bool:
    """Read Y or N; raises FixFieldWrong."""
    if text not in ("Y", "N"):
        raise FixFieldWrong(f"expected Y or N, found {text[:40]!r}")
    return text == "Y"


def decimal_of(text: str, places: int) -> int:
    """Read a decimal as an integer of its last place: "3.2" with four places is 32000.

    Zeros may lead and trail, as FIX allows. Raises FixFieldWrong on what is no plain decimal (NaN,
    an exponent, a sign other than "-", a space), is finer than its places, or has, so scaled, more
    than 18 digits.
    """
    parts = DECIMAL.fullmatch(text) if len(text) <= 2 * DIGITS_MAX else None
    if not parts or not parts[2] + parts[3]:
        raise FixFieldWrong(f"expected a plain decimal number, found {text[:40]!r}")
    sign, whole, fraction = parts[1], parts[2], parts[3].rstrip("0")
    if len(fraction) > places:
        raise FixFieldWrong(f"expected at most {places} decimal places, found {text!r}")
    digits = (whole + fraction.ljust(places, "0")).lstrip("0") or "0"
    if len(digits) > DIGITS_MAX:
        raise FixFieldWrong(
            f"expected at most {DIGITS_MAX} digits with {places} places, found {text!r}"
        )
    return int(sign + digits)


def text_of_decimal(value: int, places: int) -> str:
    """Write an integer of the last place as a decimal with so many places."""
    digits = str(abs(value)).rjust(places + 1, "0")
    sign = "-" if value < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def time_of(text: str) -> int:
    """Read a UTCTimestamp to seconds, ms, us or ns as nanoseconds; raises FixFieldWrong.

    A leap second is refused: our time has none.
    """
    parts = TIME.fullmatch(text)
    try:
        if not parts:
            raise ValueError
        moment = datetime(*map(int, parts.groups()[:6]), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        raise FixFieldWrong(f"expected YYYYMMDD-HH:MM:SS.sss, found {text[:40]!r}") from None
    seconds = (moment - EPOCH) // timedelta(seconds=1)
    return seconds * NS_PER_SECOND + int((parts[7] or "").ljust(9, "0"))


def text_of_time(time_ns: int, digits: int = 3) -> str:
    """Write nanoseconds as a UTCTimestamp with 3, 6 or 9 digits of the second, the rest cut off."""
    assert digits in (3, 6, 9)
    seconds, rest_ns = divmod(time_ns, NS_PER_SECOND)
    moment = EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y%m%d-%H:%M:%S}.{f'{rest_ns:09d}'[:digits]}"
