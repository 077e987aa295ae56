"""TEST JSONRPC: whatever the bytes are, they are a request or refused with a reason, at once.

Takes   any bytes; requests that hypothesis draws; some that are meant to hurt.
Gives   requests, refusals, answers.
Keeps   a number the text that it was.
Source  The JSON-RPC 2.0 specification; Deribit's API v2.
"""

import json
import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.wire import jsonrpc
from chiphour.wire.jsonrpc import INVALID_PARAMS
from chiphour.wire.jsonrpc import INVALID_REQUEST
from chiphour.wire.jsonrpc import MESSAGES
from chiphour.wire.jsonrpc import METHOD_NOT_FOUND
from chiphour.wire.jsonrpc import NESTING_MAX
from chiphour.wire.jsonrpc import PARSE_ERROR
from chiphour.wire.jsonrpc import REQUEST_BYTES_MAX
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import Number
from chiphour.wire.jsonrpc import Request
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import Written
from chiphour.wire.jsonrpc import answer
from chiphour.wire.jsonrpc import from_query
from chiphour.wire.jsonrpc import notification
from chiphour.wire.jsonrpc import parse_request
from chiphour.wire.jsonrpc import refusal
from chiphour.wire.jsonrpc import unknown_method

BUY = b'{"jsonrpc":"2.0","id":7,"method":"private/buy","params":{"price":-3.0125,"amount":"2"}}'
SECONDS_MAX = 2  # On a busy machine; an attack that works takes minutes.

# Bytes made of what JSON is made of, so that much of it nearly is JSON.
PIECES = (
    *(b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\ud800", b"1", b"-", b"e9"),
    *(b"NaN", b"Infinity", b"null", b"true", b" ", b"\x00", b"\xff", b"\xef\xbb\xbf", b"0.1"),
    *(b'"id"', b'"method"', b'"params"', b'"jsonrpc"', b'"2.0"', b'"private/buy"', b"{}"),
)
NEARLY = st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)
NAMES = st.sampled_from(("jsonrpc", "id", "method", "params", "more"))
SHAPED = st.dictionaries(NAMES, VALUES | st.sampled_from(("2.0", "public/test", "private/buy")))


def code_of(content):
    """Give the code of a refusal; fail when there is none, or it says nothing."""
    with pytest.raises(RpcRefused) as caught:
        parse_request(content)
    assert caught.value.data["reason"]
    return caught.value.code


def read(reader, *given):
    """Give the request, or the refusal, which must have one of our codes, a reason and bytes."""
    try:
        found = reader(*given)
    except RpcRefused as fault:
        found = fault
    if isinstance(found, RpcRefused):
        assert found.code in MESSAGES and found.data["reason"]
        json.loads(refusal(None, found, 1, 2))
    return found


def said(params):
    """Write a request with these params, whatever they are."""
    return b'{"method":"public/test","params":' + params + b"}"


@given(st.binary() | NEARLY | SHAPED.map(lambda each: json.dumps(each).encode()))
def test_any_bytes_are_a_request_or_refused_with_a_reason(content):
    found = read(parse_request, content)
    if isinstance(found, Request):
        assert isinstance(found.params, dict)


HURTFUL = {
    "10 MB": b"[" * 10_000_000,
    "deep lists": b"[" * REQUEST_BYTES_MAX,
    "deep objects": b'{"a":' * 13_000,
    "a string without an end": b'"' + b'\\"' * 32_000,
    "many strings without an end": b"[" * 9 + b'"\\' * 32_000,
    "a lone backslash at the end": b"[[[[[[[[[" + b'"' + b"\\" * 65_001,
    "a long number": b"1" * REQUEST_BYTES_MAX,
    "a long exponent": said(b'{"price":1e' + b"9" * 60_000 + b"}"),
    "many names": said(b"{" + b",".join(b'"%d":1' % each for each in range(6_000)) + b"}"),
    "one name many times": said(b"{" + b",".join([b'"a":1'] * 9_000) + b"}"),
    "a long name": said(b'{"' + b"a" * 60_000 + b'":1}'),
    "a long method": b'{"method":"private/' + b"a" * 60_000 + b'"}',
    "a long id": b'{"id":' + b"9" * 60_000 + b',"method":"public/test"}',
    "escapes": said(b'{"a":"' + b"\\ud800" * 10_000 + b'"}'),
    "blanks": b" " * REQUEST_BYTES_MAX,
}


@pytest.mark.parametrize("content", HURTFUL.values(), ids=HURTFUL.keys())
def test_what_is_meant_to_hurt_is_refused_at_once(content):
    begun = time.perf_counter()
    code_of(content)
    assert time.perf_counter() - begun < SECONDS_MAX


def test_request_is_read_with_its_numbers_as_text():
    found = parse_request(BUY)
    assert found == (7, "private/buy", {"price": "-3.0125", "amount": "2"})
    assert isinstance(found.params["price"], Number)
    assert not isinstance(found.params["amount"], Number)


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", fullmatch=True))
def test_number_is_the_text_that_it_was(text):
    fields = Fields(parse_request(said(f'{{"a":{text},"b":"{text}"}}'.encode())).params)
    assert fields.take_number("a") == fields.take_number("b") == text
    written = answer(1, Decimal(text), 1, 1)
    assert json.loads(written, parse_float=Decimal, parse_int=Decimal)["result"] == Decimal(text)
    if "." in text:
        assert b'"result":' + text.encode() + b"," in written


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", PARSE_ERROR),
        (b"{", PARSE_ERROR),
        (b"\xff", PARSE_ERROR),
        (b'{"method":"public/test","method":"public/test"}', PARSE_ERROR),
        (said(b'{"a":{"b":1,"b":2}}'), PARSE_ERROR),
        (said(b'{"a":NaN}'), PARSE_ERROR),
        (said(b'{"a":-Infinity}'), PARSE_ERROR),
        (said(b'{"a":01}'), PARSE_ERROR),
        (said(b'{"\\ud800":1}'), PARSE_ERROR),
        (said(b'{"a":"\\udfff"}'), PARSE_ERROR),
        (BUY + b" x", PARSE_ERROR),
        (b"[]", INVALID_REQUEST),
        (b"[" + BUY + b"]", INVALID_REQUEST),
        (b"7", INVALID_REQUEST),
        (b"{}", INVALID_REQUEST),
        (b'{"method":7}', INVALID_REQUEST),
        (b'{"method":"public/test","jsonrpc":"1.0"}', INVALID_REQUEST),
        (b'{"method":"public/test","jsonrpc":2.0}', INVALID_REQUEST),
        (b'{"method":"public/test","id":1.5}', INVALID_REQUEST),
        (b'{"method":"public/test","id":true}', INVALID_REQUEST),
        (b'{"method":"public/test","id":[]}', INVALID_REQUEST),
        (b'{"method":"public/test","id":9223372036854775808}', INVALID_REQUEST),
        (b'{"method":"public/test","more":1}', INVALID_REQUEST),
        (b'{"method":"test"}', METHOD_NOT_FOUND),
        (b'{"method":"private/../buy"}', METHOD_NOT_FOUND),
        (said(b"[]"), INVALID_PARAMS),
        (said(b"null"), INVALID_PARAMS),
        (said(b"3"), INVALID_PARAMS),
    ],
)
def test_fault_has_its_code(content, code):
    assert code_of(content) == code


def test_what_is_more_is_passed_over_beside_params_and_refused_without_them():
    """ccxt.pro writes options of its own beside params; `param` may be meant for them."""
    content = b'{"method":"public/subscribe","callerMethodName":"x","params":{"channels":[]}}'
    assert parse_request(content).params == {"channels": []}
    assert code_of(b'{"method":"public/subscribe","param":{}}') == INVALID_REQUEST


def test_nesting_is_counted_outside_texts():
    inner = NESTING_MAX - 2  # Inside the request and its params.
    assert parse_request(said(b'{"a":' + b"[" * inner + b"]" * inner + b"}"))
    assert code_of(said(b'{"a":' + b"[" * (inner + 1) + b"]" * (inner + 1) + b"}")) == PARSE_ERROR
    assert parse_request(said(b'{"a":"[[[[[[[[[[\\"[[[[[["}')).params == {"a": '[[[[[[[[[["[[[[[['}


@pytest.mark.parametrize("id", [None, 0, -5, 2**63 - 1, "", "x" * 64])
def test_id_comes_back_also_with_a_refusal(id):
    shape = {"id": id, "method": "public/test"}
    assert parse_request(json.dumps(shape).encode()).id == id
    with pytest.raises(RpcRefused) as caught:
        parse_request(json.dumps(shape | {"params": []}).encode())
    found = json.loads(refusal(None, caught.value, 5, 9))
    assert found["id"] == id
    assert found["error"]["code"] == INVALID_PARAMS
    assert found["error"]["message"] == "Invalid params"
    assert found["error"]["data"] == {"reason": "expected params by name, found '[]'"}


def test_answer_carries_the_fields_of_the_dialect():
    found = json.loads(answer("a", {"price": Decimal("-0.0125"), "label": "é"}, 10, 25))
    assert found == {
        "jsonrpc": "2.0",
        "id": "a",
        "result": {"price": -0.0125, "label": "é"},
        "usIn": 10,
        "usOut": 25,
        "usDiff": 15,
        "testnet": False,
    }
    assert b'"price":-0.0125' in answer("a", {"price": Decimal("-0.0125")}, 10, 25)
    assert json.loads(notification("heartbeat", {"type": "test_request"})) == {
        "jsonrpc": "2.0",
        "method": "heartbeat",
        "params": {"type": "test_request"},
    }


def test_query_is_read_as_text():
    found = from_query("private/buy", "price=-1.5&label=12&post_only=true&a%20b=%C3%A9+%2B")
    assert found.id is None and found.method == "private/buy"
    assert found.params == {"price": "-1.5", "label": "12", "post_only": "true", "a b": "é +"}
    fields = Fields(found.params)
    assert fields.take_number("price") == "-1.5"
    assert fields.take_text("label") == "12"
    assert fields.take_truth("post_only") is True
    assert all(isinstance(value, Written) for value in found.params.values())
    assert from_query("public/get_time", "").params == {}


@given(st.text() | st.text("%=&+0aF"))
def test_any_query_is_a_request_or_refused_with_a_reason(query):
    assert isinstance(read(from_query, "public/test", query), Request | RpcRefused)


@pytest.mark.parametrize(
    "query", ["a=1&a=2", "a", "a=%", "a=%4", "a=%zz", "a=%ff", "&", "a=1" * 30_000, "a=" * 70_000]
)
def test_query_out_of_form_is_refused(query):
    with pytest.raises(RpcRefused):
        from_query("public/test", query)


def test_query_has_at_most_so_many_params():
    with pytest.raises(RpcRefused, match="at most 64"):
        from_query("public/test", "&".join(f"a{each}=1" for each in range(65)))
    assert len(from_query("public/test", "&".join(f"a{n}=1" for n in range(64))).params) == 64


def test_unknown_method_names_the_nearest():
    found = unknown_method("private/bye", ("private/buy", "public/get_time"), 3)
    assert found.code == METHOD_NOT_FOUND and found.id == 3
    assert found.data["nearest"] == ["private/buy"]


@pytest.mark.parametrize(
    ("take", "value"),
    [
        (Fields.take_text, Number("1")),
        (Fields.take_text, ""),
        (Fields.take_text, "x" * 65),
        (Fields.take_text, ["x"]),
        (Fields.take_number, "1,5"),
        (Fields.take_number, "NaN"),
        (Fields.take_number, "١"),  # noqa: RUF001  # A digit, but not one of ours.
        (Fields.take_number, "1" * 19),
        (Fields.take_number, "1e999"),
        (Fields.take_number, True),
        (Fields.take_number, "1\n"),
        (Fields.take_whole, Number("1.0")),
        (Fields.take_whole, Number("-1")),
        (Fields.take_truth, "true"),
        (Fields.take_truth, Number("1")),
        (Fields.take_truth, Written("yes")),
    ],
)
def test_wrong_type_is_refused_by_name(take, value):
    with pytest.raises(RpcRefused) as caught:
        take(Fields({"a": value}), "a")
    assert caught.value.code == INVALID_PARAMS and caught.value.data["param"] == "a"


def test_word_is_refused_with_the_legal_ones():
    fields = Fields({"kind": "fu", "direction": "buy"})
    assert fields.take_word("direction", {"buy": 1, "sell": 2}) == 1
    with pytest.raises(RpcRefused) as caught:
        fields.take_word("kind", {"future": 1, "any": 2})
    assert caught.value.data["nearest"] == ["future", "any"]


def test_missing_and_unknown_params_are_refused_by_name():
    fields = Fields({"amonut": Number("1"), "price": None})
    assert fields.take("price") is None
    amount = fields.take_number("amount")
    with pytest.raises(RpcRefused, match="expected amount, found none"):
        fields.needed(amount, "amount")
    with pytest.raises(RpcRefused) as caught:
        fields.end()
    assert caught.value.data == {
        "reason": "no param 'amonut' here",
        "param": "amonut",
        "nearest": ["amount"],
    }


def test_name_said_twice_at_the_end_of_many_is_found_in_one_pass():
    """Count what is compared: a name is looked up, not searched for among those before it."""
    compared = 0

    class Name(str):
        __slots__ = ()
        __hash__ = str.__hash__

        def __eq__(self, other):
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

    names = [Name(f"{n:x}") for n in range(5_000)]
    with pytest.raises(RpcRefused, match="once, found it again"):
        jsonrpc._once([(name, None) for name in (*names, Name(names[-1]))])
    assert compared < 50_000


@pytest.mark.parametrize("query", ["label=caf\udce9", "caf\udce9=1", "label=\ud83d"])
def test_half_a_character_in_a_query_is_refused_and_not_repaired(query):
    with pytest.raises(RpcRefused, match="expected UTF-8"):
        from_query("private/cancel_by_label", query)
