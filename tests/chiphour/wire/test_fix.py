"""FIX: round trips, any split of a stream, every changed byte noticed, every bound held.

Takes   any messages and bytes that hypothesis finds, and small streams changed at each byte.
Gives   the laws of the codec, and tables of texts.
Keeps   a fault that is ignored apart from one that ends the session.
Source  FIX 4.4 volumes 1 and 2. The frames of `KNOWN` were written by another program.
"""

from itertools import pairwise
from itertools import product

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.wire import fix
from chiphour.wire.fix import FixFieldWrong
from chiphour.wire.fix import FixGarbled
from chiphour.wire.fix import FixReader
from chiphour.wire.fix import Message
from chiphour.wire.fix import decode_message
from chiphour.wire.fix import encode_message

# Written by simplefix 1.0.17: the second holds SOH and a whole trailer in its data.
KNOWN = {
    b"8=FIX.4.4\x019=62\x0135=0\x0149=BANZAI\x0156=EXEC\x0134=7\x01"
    b"52=20261114-12:00:00.123\x01112=TEST\x0110=176\x01": Message(
        "0",
        (
            *((49, "BANZAI"), (56, "EXEC"), (34, "7"), (52, "20261114-12:00:00.123")),
            (112, "TEST"),
        ),
    ),
    b"8=FIX.4.4\x019=34\x0135=A\x0195=12\x0196=a\x0110=123\x01b=c\x01108=30\x0110=117\x01": Message(
        "A", ((95, "12"), (96, b"a\x0110=123\x01b=c"), (108, "30"))
    ),
}

TEXT_TAGS = sorted(set(range(1, 130)) - set(fix.FRAMING) - set(fix.DATA) - set(fix.LENGTHS))
ASCII = st.text(st.characters(min_codepoint=2, max_codepoint=126), min_size=1, max_size=12)
TEXT_FIELD = st.tuples(st.sampled_from([*TEXT_TAGS, 9001, 99_999]), ASCII).map(lambda f: (f,))
INSIDE = st.lists(
    st.sampled_from([b"\x01", b"8=FIX.4.4\x019=5\x0135=0\x01", b"10=123\x01", b"95=9\x01", b"x"]),
    min_size=1,
    max_size=6,
).map(b"".join)
DATA_FIELD = st.tuples(
    st.sampled_from(sorted(fix.DATA)), st.binary(min_size=1, max_size=20) | INSIDE
).map(lambda f: ((f[0], str(len(f[1]))), (fix.DATA[f[0]], f[1])))
FIELDS = st.lists(TEXT_FIELD | DATA_FIELD, max_size=8).map(lambda parts: sum(parts, ()))
MESSAGE = st.builds(Message, st.sampled_from(["0", "A", "D", "8", "AF", "x"]), FIELDS)
SIMPLE = Message("D", ((34, "2"), (11, "abc"), (44, "3.2")))
NOISE = st.lists(
    st.sampled_from([b"8=", b"8=FIX.4.4\x01", b"9=12\x01", b"35=0\x01", b"\x0110=000\x01", b"="])
    | st.sampled_from([b"95=3\x01", b"96=", b"x", b"\x01", encode_message(SIMPLE)])
    | st.binary(max_size=6),
    max_size=14,
).map(b"".join)


def read(content: bytes, cuts: list[int] = ()) -> tuple[list[Message], list[FixGarbled]]:
    """Feed a stream cut at these bytes; give its messages and its faults."""
    reader, found = FixReader(), []
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    for start, end in pairwise(places):
        found += reader.feed(content[start:end])
    return (
        [item for item in found if isinstance(item, Message)],
        [item for item in found if isinstance(item, FixGarbled)],
    )


def framed(body: bytes, begin: bytes = b"FIX.4.4") -> bytes:
    """Frame any body rightly."""
    frame = b"8=%b\x019=%d\x01%b" % (begin, len(body), body)
    return frame + b"10=%03d\x01" % (sum(frame) % 256)


def test_frames_of_another_program_are_read_and_written_alike():
    for frame, message in KNOWN.items():
        assert decode_message(frame) == message
        assert encode_message(message) == frame


@given(st.lists(MESSAGE, max_size=4), st.lists(st.integers(0, 1 << 12), max_size=8))
def test_any_split_gives_back_what_was_encoded(messages, cuts):
    """Write any messages, cut the stream anywhere, read it: the same messages, no fault."""
    content = b"".join(map(encode_message, messages))
    assert read(content, cuts) == (messages, [])
    assert read(content, list(range(len(content)))) == (messages, [])


@settings(max_examples=300)
@given(NOISE)
def test_a_split_changes_nothing_even_in_garbage(content):
    """Feed garbage at once and byte by byte: the same messages, the same faults, raised nothing."""
    whole, pieces = read(content), read(content, list(range(len(content))))
    assert whole[0] == pieces[0]
    places = [
        [str(fault).rsplit("at byte", 1)[1] for fault in found[1]] for found in (whole, pieces)
    ]
    assert places[0] == places[1]
    assert [f.ends_session for f in whole[1]] == [f.ends_session for f in pieces[1]]


@given(st.binary(max_size=80) | NOISE)
def test_garbage_raises_nothing_but_garbled(content):
    try:
        decode_message(content)
    except FixGarbled as fault:
        words = str(fault)
    else:
        words = "expected at byte"  # It was a frame.
    assert "expected" in words and "at byte" in words


@settings(max_examples=60)
@given(st.lists(MESSAGE, min_size=1, max_size=2), st.data())
def test_a_changed_byte_never_makes_another_message(messages, data):
    """Change one byte of a stream in any way: what is read was written, and in that order."""
    content = b"".join(map(encode_message, messages))
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.integers(0, 255) | st.sampled_from(list(b"\x01=890135")))
    if content[place] == byte:
        byte ^= 1
    changed = content[:place] + bytes([byte]) + content[place + 1 :]
    found, _ = read(changed + encode_message(SIMPLE) * 2)
    written = iter([*messages, SIMPLE, SIMPLE])
    assert all(message in written for message in found)
    assert len(found) <= len(messages) + 1


def test_every_flipped_bit_of_a_known_stream_is_noticed():
    """Flip each bit: no other message appears, not even one that lies whole in the data."""
    inner = encode_message(SIMPLE)
    data = ((95, str(len(inner) + 1)), (96, b"\x01" + inner))
    for fields in ((*data, (34, "1")), ((34, "1"), *data)):
        outer = Message("A", fields)
        content = encode_message(outer)
        for place, bit in product(range(len(content)), range(8)):
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            assert read(bytes(changed) + content)[0] in ([outer], [])


def test_garbage_before_a_message_is_one_fault_and_the_message_is_read():
    for garbage in (b"garbage", b"x=1\x01y\x01", b"\0" * 40, b"8=\x01", b"9=5\x01", b"FIX8=8=8="):
        messages, faults = read(garbage + encode_message(SIMPLE))
        assert messages == [SIMPLE], garbage
        assert [fault.ends_session for fault in faults] == [False], garbage


def test_a_run_of_bytes_without_end_is_dropped():
    reader = FixReader()
    faults = [fault for _ in range(100) for fault in reader.feed(b"z" * 1000)]
    assert len(faults) == 1
    assert len(reader._buffer) <= fix.MESSAGE_BYTES_MAX
    assert reader.feed(b"\x01" + encode_message(SIMPLE)) == [SIMPLE]


@pytest.mark.parametrize(
    ("frame", "ends", "words"),
    [
        (framed(b"35=0\x0134=1\x01")[:-4] + b"999\x01", False, "expected CheckSum 1"),
        (framed(b"35=0\x0134=1\x01").replace(b"9=10", b"9=11"), False, "where BodyLength says"),
        (framed(b"34=1\x0135=0\x01"), False, "expected MsgType"),
        (framed(b""), False, "expected MsgType"),
        (framed(b"35=0\x0134=1\x01", b"FIX.4.2"), True, "expected BeginString FIX.4.4"),
        (framed(b"35=0\x01034=1\x01"), True, "expected a tag and a value"),
        (framed(b"35=0\x01123456=1\x01"), True, "expected a tag and a value"),
        (framed(b"35=0\x01-4=1\x01"), True, "expected a tag and a value"),
        (framed(b"35=0\x01\x01"), True, "expected a tag and a value"),
        (framed(b"35=0\x0135=1\x01"), True, "expected a tag and a value"),
        (framed(b"35=0\x0110=000\x0158=x\x01"), True, "expected a tag and a value"),
        (framed(b"35=0\x0195=3\x0158=x\x01"), True, "expected data after its length"),
        (framed(b"35=0\x0196=abc\x01"), True, "expected data after its length"),
        (framed(b"35=0\x0195=3\x01"), True, "expected data after its length"),
        (framed(b"35=0\x0195=4\x0196=abc\x01"), True, "expected '4' bytes of data"),
        (framed(b"35=0\x0195=99999\x0196=abc\x01"), True, "expected '99999' bytes of data"),
        (framed(b"35=0\x0195=-3\x0196=abc\x01"), True, "expected '-3' bytes of data"),
        (framed(b"35=0\x01" + b"1=a\x01" * 1001), True, "expected at most 1000 fields"),
        (framed(b"35=0\x0158=" + b"a" * 16384 + b"\x01"), True, "at most 16384 bytes"),
    ],
)
def test_a_fault_says_what_was_expected_and_whether_the_session_ends(frame, ends, words):
    """Each fault alone; after one that is ignored the next message is read, after others none."""
    messages, faults = read(frame + encode_message(SIMPLE))
    assert words in str(faults[0])
    assert "at byte" in str(faults[0])
    assert faults[0].ends_session is ends
    assert messages == ([] if ends else [SIMPLE])
    with pytest.raises(FixGarbled, match="expected"):
        decode_message(frame)


def test_messages_before_a_fatal_fault_are_not_lost():
    content = encode_message(SIMPLE) + framed(b"35=0\x01", b"FIX.5.0") + encode_message(SIMPLE)
    first, second = FixReader().feed(content)
    assert first == SIMPLE
    assert isinstance(second, FixGarbled)
    assert f"at byte {len(encode_message(SIMPLE))}" in str(second)


def test_the_largest_message_is_read_and_a_larger_one_is_ours_to_refuse():
    fields = ((58, "a" * (fix.MESSAGE_BYTES_MAX - 34)),)
    frame = encode_message(Message("0", fields))
    assert len(frame) == fix.MESSAGE_BYTES_MAX
    assert read(frame)[0] == [Message("0", fields)]
    (fault,) = FixReader().feed(framed(b"35=0\x01" + b"58=%b\x01" % (fields[0][1] + "a").encode()))
    assert isinstance(fault, FixGarbled) and fault.ends_session
    for wrong in (
        *(((58, "a" * fix.MESSAGE_BYTES_MAX),), ((58, ""),), ((58, "a\x01"),), ((58, "é"),)),
        *(
            ((95, "3"),),
            ((96, b"abc"),),
            ((95, "4"), (96, b"abc")),
            ((95, "0"), (96, b"")),
            ((10, "000"),),
            ((0, "1"),),
        ),
    ):
        with pytest.raises(AssertionError):
            encode_message(Message("0", wrong))


def test_empty_and_foreign_texts_are_read_for_the_session_to_refuse():
    message = decode_message(framed(b"35=D\x0111=\x0158=caf\xc3\xa9\x01"))
    assert message.fields == ((11, ""), (58, b"caf\xc3\xa9"))
    assert message.text(58) == "" and message.value(58) == b"caf\xc3\xa9"
    assert message.value(44) is None and message.text(44) == ""


def test_groups_are_cut_at_their_first_tag():
    fields = ((262, "r"), (267, "2"), (269, "0"), (269, "1"), (146, "1"), (55, "H100"), (1, "a"))
    message = Message("V", fields)
    assert message.groups(267, frozenset({269})) == [((269, "0"),), ((269, "1"),)]
    assert message.groups(146, frozenset({55, 48})) == [((55, "H100"),)]
    assert message.groups(711, frozenset({55})) == []
    for wrong in ("1", "3", "x", "", "-2"):
        with pytest.raises(FixFieldWrong, match="found 2, in 267"):
            message._replace(fields=((267, wrong), *fields[2:4])).groups(267, frozenset({269}))


@pytest.mark.parametrize(
    ("text", "places", "value"),
    [
        *(("3.2", 4, 32000), ("3.2000", 4, 32000), ("3.20000", 4, 32000), ("-0.0001", 4, -1)),
        *(
            ("0003", 0, 3),
            ("3.", 0, 3),
            (".5", 1, 5),
            ("-0", 4, 0),
            ("999999999999999999", 0, None),
        ),
        *(("0.000000000000000000", 4, 0), ("00000000000000000001", 0, 1)),
    ],
)
def test_decimals_are_exact(text, places, value):
    assert fix.decimal_of(text, places) == (int(text) if value is None else value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", ".", "-.", "NaN", "inf", "1e3", "1E3", "+1", " 1", "1 ", "1_0", "1,5", "0x1"),
        *("1.2.3", "--1", "1.00001", "100000000000000", "9" * 19, "1" * 40, "٣", "1\n"),
    ],
)
def test_other_decimals_are_refused(text):
    with pytest.raises(FixFieldWrong, match="expected"):
        fix.decimal_of(text, 4)


@given(st.integers(-(10**18) + 1, 10**18 - 1), st.integers(0, 17))
def test_decimals_come_back(value, places):
    assert fix.decimal_of(fix.text_of_decimal(value, places), places) == value


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("19700101-00:00:00", 0),
        ("20261114-12:34:56.789", 1_794_659_696_789_000_000),
        ("20261114-12:34:56.789012", 1_794_659_696_789_012_000),
        ("20261114-12:34:56.789012345", 1_794_659_696_789_012_345),
    ],
)
def test_times_are_read_to_the_nanosecond(text, time_ns):
    assert fix.time_of(text) == time_ns


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "20261114", "20261114-12:34", "20261314-12:34:56", "20260230-12:34:56"),
        *("20261114-24:00:00", "20261231-23:59:60", "20261114-12:34:56.1", "00000101-00:00:00"),
        *("20261114-12:34:56.7890", "20261114 12:34:56", "20261114-12:34:56Z", "20261114-12:34:5٦"),
    ],
)
def test_other_times_are_refused(text):
    with pytest.raises(FixFieldWrong, match="expected YYYYMMDD"):
        fix.time_of(text)


@given(st.integers(0, (1 << 63) - 1), st.sampled_from([3, 6, 9]))
def test_times_come_back_cut_to_their_digits(time_ns, digits):
    unit = 10 ** (9 - digits)
    assert fix.time_of(fix.text_of_time(time_ns, digits)) == time_ns // unit * unit


def test_whole_numbers_and_flags():
    assert [fix.integer_of(t) for t in ("0", "-7", "007", "9" * 18)] == [0, -7, 7, 10**18 - 1]
    assert fix.flag_of("Y") and not fix.flag_of("N")
    for wrong in ("", "1.0", "9" * 19, "+1", " 1", "٣"):
        with pytest.raises(FixFieldWrong):
            fix.integer_of(wrong)
    for wrong in ("", "y", "YES"):
        with pytest.raises(FixFieldWrong):
            fix.flag_of(wrong)
