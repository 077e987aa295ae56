"""JSONRPC: a request of a stranger as a record, and answers as bytes: JSON-RPC as Deribit has it.

Takes   the bytes of a request, or the query of a GET; a result or a refusal, and two times.
Gives   `Request`; `Fields`, which takes its params one by one; answers as bytes.
Keeps   whatever the bytes are: a request or one `RpcRefused`, at once. A number stays the text
        that it was; no float is ever made of it. A slip for `params` is no request without any.
Source  The JSON-RPC 2.0 specification; Deribit's API v2. A batch, a name said twice, NaN and
        what nobody asked for are refused, not repaired.

    bound           of
    65,536 bytes    a request, or a query
    8 levels        objects and arrays inside one another, the request itself counted
    64 characters   a method, an id, the name of a param
    64 params       a request

    MarketError
    └── RpcRefused  what is answered with `error`: code, message, data with our reason
"""

import json
import re
from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any
from typing import NamedTuple
from typing import NoReturn
from typing import TypeVar

import msgspec

from chiphour.observe.observation import MarketError

REQUEST_BYTES_MAX = 1 << 16
NESTING_MAX = 8
WORD_LENGTH_MAX = 64
PARAMS_MAX = 64
NUMBER_LENGTH_MAX = 64
ID_MAX = (1 << 63) - 1
SHOWN_MAX = 40  # Characters of a stranger's text that a refusal repeats.
NEAREST_MAX = 3  # Names that a refusal offers in place of an unknown one.

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
MESSAGES = {
    PARSE_ERROR: "Parse error",
    INVALID_REQUEST: "Invalid request",
    METHOD_NOT_FOUND: "Method not found",
    INVALID_PARAMS: "Invalid params",
}
MEMBERS = ("jsonrpc", "id", "method", "params")

_METHOD = re.compile(r"(?:public|private)/[a-z0-9_]+")
# A string, also one without an end, or a bracket. It never fails once begun: no way back, no delay.
_BRACKETS = re.compile(r'"(?:[^"\\]+|\\.?)*"?|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_NUMBER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?")
_WHOLE = re.compile(r"-?[0-9]{1,19}")
_HEX = re.compile(rb"[0-9A-Fa-f]{2}")

Id = int | str | None
Word = TypeVar("Word")


class Number(str):
    """A number of a JSON text, as it was written."""

    __slots__ = ()


class Written(str):
    """A value of a query: whoever takes it says whether it is a number, a word or a truth."""

    __slots__ = ()


Json = None | bool | str | list[Any] | dict[str, Any]  # A str may be a Number or Written.
Params = dict[str, Json]


class Request(NamedTuple):
    """What is asked: `params` still as they were said, each number as its text."""

    id: Id
    method: str
    params: Params


class RpcRefused(MarketError):
    """A request that is answered with an error. `id` is that of the request, once it is known."""

    def __init__(self, code: int, message: str, data: Mapping[str, Any], id: Id = None) -> None:
        """Keep what the answer says; `data` holds at least `reason`."""
        super().__init__(f"{code} {message}: {data.get('reason', '')}")
        self.code = code
        self.message = message
        self.data = dict(data)
        self.id = id


def refuse(code: int, reason: str, id: Id = None, **data: Any) -> NoReturn:
    """Raise RpcRefused with one of the codes of JSON-RPC itself."""
    raise RpcRefused(code, MESSAGES[code], {"reason": reason, **data}, id)


def shown(value: object) -> str:
    """Show the beginning of what a stranger said, in plain characters."""
    text = value[: SHOWN_MAX + 1] if isinstance(value, str) else json.dumps(value)
    return f"{text[:SHOWN_MAX]!a}{'...' if len(text) > SHOWN_MAX else ''}"


def parse_request(content: bytes) -> Request:
    """Read one request; raises RpcRefused with -32700, -32600, -32601 or -32602."""
    found = _parsed(_text_of(content))
    if isinstance(found, list):
        refuse(INVALID_REQUEST, "expected one request, found a batch")
    if not isinstance(found, dict):
        refuse(INVALID_REQUEST, f"expected an object, found {shown(found)}")
    id = _id_of(found.get("id"))
    version = found.get("jsonrpc", "2.0")
    if version != "2.0" or isinstance(version, Number):
        refuse(INVALID_REQUEST, f'expected jsonrpc "2.0", found {shown(version)}', id)
    for name in found:
        # Beside params ccxt.pro writes options of its own. Without them it may be a slip of theirs.
        if name not in MEMBERS and "params" not in found:
            refuse(INVALID_REQUEST, f"expected {', '.join(MEMBERS)}, found {shown(name)}", id)
    return Request(id, _method_of(found.get("method"), id), _params_of(found.get("params", {}), id))


def from_query(method: str, query: str) -> Request:
    """Read a GET: the method is the path's, the params the query's; raises RpcRefused.

    The query is as it stood in the request line, without its question mark.
    """
    if len(query) > REQUEST_BYTES_MAX:
        refuse(PARSE_ERROR, f"expected at most {REQUEST_BYTES_MAX} bytes, found {len(query)}")
    params: Params = {}
    for pair in query.split("&", PARAMS_MAX) if query else ():
        name, equals, value = pair.partition("=")
        name = _decoded(name)
        if not equals:
            refuse(PARSE_ERROR, f"expected name=value, found {shown(pair)}")
        if name in params:
            refuse(PARSE_ERROR, f"expected {shown(name)} once, found it again")
        params[name] = Written(_decoded(value))
    return Request(None, _method_of(method, None), _params_of(params, None))


def unknown_method(method: str, known: Collection[str], id: Id = None) -> RpcRefused:
    """Give the refusal of a method that nobody serves, with the nearest ones."""
    data = {"reason": f"no method {shown(method)}", "nearest": _nearest(method, known)}
    return RpcRefused(METHOD_NOT_FOUND, MESSAGES[METHOD_NOT_FOUND], data, id)


def answer(id: Id, result: object, us_in: int, us_out: int, left: int | None = None) -> bytes:
    """Write the answer to a request. A Decimal is written as a number, by its text.

    `us_in` and `us_out` are the times of arrival and leaving, in microseconds UTC; `left` the
    credits that whoever asked has left.
    """
    return _ENCODER.encode(_envelope(id, "result", result, (us_in, us_out, left)))


def refusal(id: Id, error: RpcRefused, us_in: int, us_out: int, left: int | None = None) -> bytes:
    """Write the answer to a request that was refused; its own id, where `error` knows it."""
    said = {"code": error.code, "message": error.message, "data": error.data}
    id = error.id if id is None else id
    return _ENCODER.encode(_envelope(id, "error", said, (us_in, us_out, left)))


def notification(method: str, params: object) -> bytes:
    """Write a message that nobody asked for: of a subscription, or a heartbeat."""
    return _ENCODER.encode({"jsonrpc": "2.0", "method": method, "params": params})


class Fields:
    """The params of a request, taken one by one; `end` refuses what is left over.

    A param that is null was not said. Each `take` gives None where the param was not said;
    `needed` turns that into a refusal.
    """

    def __init__(self, params: Mapping[str, Json]) -> None:
        """Begin with all of them left."""
        self._left = {name: value for name, value in params.items() if value is not None}
        self._known: list[str] = []

    def take(self, name: str) -> Json:
        """Take what was said, whatever it is."""
        self._known.append(name)
        return self._left.pop(name, None)

    def take_text(self, name: str, most: int = WORD_LENGTH_MAX) -> str | None:
        """Take a text of 1 to `most` characters; a number is none, but in a query all is text."""
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, str) or isinstance(value, Number):
            self.refuse(name, f"expected a text, found {shown(value)}")
        if not 0 < len(value) <= most:
            self.refuse(name, f"expected 1 to {most} characters, found {len(value)}")
        return str(value)

    def take_id(self, name: str) -> str | None:
        """Take a text, or a number as its text."""
        value = self.take(name)
        if value is not None and not isinstance(value, str):
            self.refuse(name, f"expected a text, found {shown(value)}")
        return value if value is None else str(value)

    def take_number(self, name: str) -> Number | None:
        """Take a decimal number as its text, quoted or not: at most 18 digits on either side."""
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _NUMBER.fullmatch(value):
            self.refuse(name, f"expected a decimal number, found {shown(value)}")
        return Number(value)

    def take_whole(self, name: str, least: int = 0, most: int = ID_MAX) -> int | None:
        """Take an integer, quoted or not, within inclusive bounds."""
        value = self.take(name)
        if value is None:
            return None
        if not isinstance(value, str) or not _WHOLE.fullmatch(value):
            self.refuse(name, f"expected an integer, found {shown(value)}")
        if not least <= int(value) <= most:
            nearest = [max(least, min(most, int(value)))]
            self.refuse(name, f"expected {least} to {most}, found {value}", nearest=nearest)
        return int(value)

    def take_truth(self, name: str) -> bool | None:
        """Take true or false; in a query they are words."""
        value = self.take(name)
        if isinstance(value, Written):
            value = {"true": True, "false": False}.get(value, value)
        if value is not None and not isinstance(value, bool):
            self.refuse(name, f"expected true or false, found {shown(value)}")
        return value

    def take_word(self, name: str, words: Mapping[str, Word]) -> Word | None:
        """Take one of these words; gives what stands beside it."""
        value = self.take_text(name, REQUEST_BYTES_MAX)
        if value is None:
            return None
        if value not in words:
            self.refuse(name, f"expected one of its words, found {shown(value)}", nearest=[*words])
        return words[value]

    def needed(self, value: Word | None, name: str) -> Word:
        """Give what was taken, or refuse that it is missing."""
        if value is None:
            self.refuse(name, f"expected {name}, found none")
        return value

    def refuse(self, name: str, reason: str, **data: Any) -> NoReturn:
        """Raise RpcRefused for one param."""
        refuse(INVALID_PARAMS, reason, param=name, **data)

    def end(self) -> None:
        """Refuse the first param that nobody took, by its name."""
        for name in self._left:
            reason = f"no param {shown(name)} here"
            self.refuse(name[:WORD_LENGTH_MAX], reason, nearest=_nearest(name, self._known))


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def _envelope(
    id: Id, name: str, said: object, more: tuple[int, int, int | None]
) -> dict[str, object]:
    us_in, us_out, left = more
    found: dict[str, object] = {"jsonrpc": "2.0", "id": id, "testnet": False, name: said}
    found |= {"usIn": us_in, "usOut": us_out, "usDiff": us_out - us_in}
    return found if left is None else found | {"credits": left}


def _nearest(word: str, known: Iterable[str]) -> list[str]:
    return get_close_matches(word[:WORD_LENGTH_MAX], list(known), NEAREST_MAX)


def _text_of(content: bytes) -> str:
    """Decode a request and bound its size and nesting; raises RpcRefused."""
    if len(content) > REQUEST_BYTES_MAX:
        refuse(PARSE_ERROR, f"expected at most {REQUEST_BYTES_MAX} bytes, found {len(content)}")
    try:
        text = content.decode()
    except UnicodeDecodeError as fault:
        refuse(PARSE_ERROR, f"expected UTF-8, found another byte, at byte {fault.start}")
    if text.count("[") + text.count("{") > NESTING_MAX:
        depth = 0
        for found in _BRACKETS.finditer(text):
            depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(found[0], 0)
            if depth > NESTING_MAX:
                reason = f"expected at most {NESTING_MAX} levels, found more"
                refuse(PARSE_ERROR, f"{reason}, at character {found.start()}")
    return text


def _parsed(text: str) -> object:
    try:
        found = _DECODER.decode(text)
    except json.JSONDecodeError as fault:
        refuse(PARSE_ERROR, f"expected JSON: {fault.msg}, at character {fault.pos}")
    if "\\u" in text:
        _check_characters(found)
    return found


def _check_characters(value: object) -> None:
    """Refuse half a character: it could never be written again."""
    if isinstance(value, str) and _SURROGATE.search(value):
        refuse(PARSE_ERROR, f"expected whole characters, found {shown(value)}")
    if isinstance(value, dict):
        _check_characters("".join(value))
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            _check_characters(each)


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            refuse(PARSE_ERROR, f"expected {shown(name)} once, found it again")
        found[name] = value
    return found


def _number(text: str) -> Number:
    if len(text) > NUMBER_LENGTH_MAX:
        refuse(PARSE_ERROR, f"expected a number of at most {NUMBER_LENGTH_MAX} characters")
    return Number(text)


def _no_number(word: str) -> NoReturn:
    refuse(PARSE_ERROR, f"expected a number, found {word}")


_DECODER = json.JSONDecoder(
    parse_float=_number,
    parse_int=_number,
    parse_constant=_no_number,
    object_pairs_hook=_once,
)


def _id_of(value: object) -> Id:
    if isinstance(value, Number):
        if _WHOLE.fullmatch(value) and abs(int(value)) <= ID_MAX:
            return int(value)
    elif value is None or (isinstance(value, str) and len(value) <= WORD_LENGTH_MAX):
        return value
    refuse(
        INVALID_REQUEST,
        f"expected an id that is null, a 64-bit integer or a text of at most {WORD_LENGTH_MAX} "
        f"characters, found {shown(value)}",
    )


def _method_of(value: object, id: Id) -> str:
    if not isinstance(value, str) or isinstance(value, Number):
        refuse(INVALID_REQUEST, f"expected a method, found {shown(value)}", id)
    if len(value) > WORD_LENGTH_MAX or not _METHOD.fullmatch(value):
        reason = f"expected public/... or private/..., found {shown(value)}"
        refuse(METHOD_NOT_FOUND, reason, id)
    return value


def _params_of(value: object, id: Id) -> Params:
    if not isinstance(value, dict):
        refuse(INVALID_PARAMS, f"expected params by name, found {shown(value)}", id)
    if len(value) > PARAMS_MAX:
        refuse(INVALID_PARAMS, f"expected at most {PARAMS_MAX} params, found more", id)
    for name in value:
        if len(name) > WORD_LENGTH_MAX:
            refuse(INVALID_PARAMS, f"no param {shown(name)}", id, param=name[:WORD_LENGTH_MAX])
    return value


def _decoded(text: str) -> str:
    """Undo the percent signs of a query; raises RpcRefused."""
    first, *rest = text.replace("+", " ").encode("utf-8", "surrogatepass").split(b"%")
    if not all(_HEX.match(part) for part in rest):
        refuse(PARSE_ERROR, f"expected two hexadecimal digits after %, found {shown(text)}")
    try:
        return (first + b"".join(bytes.fromhex(p[:2].decode()) + p[2:] for p in rest)).decode()
    except UnicodeDecodeError:
        refuse(PARSE_ERROR, f"expected UTF-8, found {shown(text)}")
