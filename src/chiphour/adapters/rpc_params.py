"""RPC PARAMS: the params that many methods of reading share, taken one way.

Takes   the `Fields` of a request; the contracts that there are.
Gives   instruments, currencies, windows of time, counts, continuations.
Keeps   to what the dialect names them and how it bounds them; what is not among them is left to
        `Fields.end`, which refuses it.
Source  Deribit's API v2, and the requests that ccxt and nautilus send.

A currency is USDC, in which all is settled, "any", or the first word of instruments, which
clients take for their base. Others that Deribit knows are known here too: nothing is traded in
them.

    MarketError
    └── RpcRefused      -32602; 13020 an instrument that there is not
"""

from collections.abc import Iterable
from collections.abc import Mapping
from difflib import get_close_matches
from typing import NamedTuple

from chiphour.contracts import names
from chiphour.wire import dialect
from chiphour.wire.dialect import Instrument
from chiphour.wire.jsonrpc import ID_MAX
from chiphour.wire.jsonrpc import NEAREST_MAX
from chiphour.wire.jsonrpc import Fields
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import shown

COUNT_MAX = 1000
TRADES_COUNT = 10  # How many trades are given when nobody says.
COUNT = 20  # How many of anything else.
MS_MAX = 1 << 50  # Far beyond the year 3000, in which clients take perpetuals to end.
FOREIGN = ("BTC", "ETH", "USDT", "EURR", "SOL", "XRP")
KINDS = {
    **dict.fromkeys(("any", dialect.KIND), True),
    **dict.fromkeys(("option", "spot", "future_combo", "option_combo", "combo"), False),
}
SETTLEMENTS = {word: word for word in ("settlement", "delivery", "bankruptcy")}


class Window(NamedTuple):
    """What is looked for among things that have a time and a number, and how many at most.

    Times and numbers are inclusive.
    """

    most: int
    start_ms: int = 0
    end_ms: int = MS_MAX
    first: int = 0
    last: int = ID_MAX
    is_ascending: bool = False


def instrument(fields: Fields, by_name: Mapping[str, Instrument]) -> Instrument:
    """Take `instrument_name`."""
    name = fields.needed(fields.take_text("instrument_name"), "instrument_name")
    return named(name, by_name)


def named(name: str, by_name: Mapping[str, Instrument]) -> Instrument:
    """Give the instrument of a name; raises RpcRefused with those that are called alike."""
    if name not in by_name:
        nearest = get_close_matches(name, list(by_name), NEAREST_MAX)
        code = dialect.NOT_FOUND
        data = {
            "reason": code.message.upper(),
            "param": "instrument_name",
            "text": f"no instrument {shown(name)}",
        }
        raise RpcRefused(code.code, code.message, data | ({"nearest": nearest} if nearest else {}))
    return by_name[name]


def of_currency(
    fields: Fields, listed: Iterable[Instrument], is_needed: bool = False
) -> list[Instrument]:
    """Take `currency` and `kind`; give the instruments of them, by number."""
    listed = sorted(listed, key=lambda each: each.number)
    bases = {names.parse_name(each.name).base for each in listed}
    words = dict.fromkeys((*bases, *FOREIGN, names.QUOTE, "any"), 0) | {names.QUOTE: 1, "any": 1}
    currency = fields.take_text("currency")
    if is_needed:
        currency = fields.needed(currency, "currency")
    if currency is not None and currency not in words:
        nearest = get_close_matches(currency, words, NEAREST_MAX) or [names.QUOTE]
        fields.refuse("currency", f"no currency {shown(currency)}", nearest=nearest)
    kind = fields.take_word("kind", KINDS)
    if kind is False:
        return []
    if currency is None or words[currency]:
        return listed
    return [each for each in listed if names.parse_name(each.name).base == currency]


def count(fields: Fields, default: int = COUNT, most: int = COUNT_MAX) -> int:
    """Take `count`, 1 to `most`."""
    found = fields.take_whole("count", 1, most)
    return default if found is None else found


def window(fields: Fields, numbers: tuple[str, str] | None = None) -> Window:
    """Take times, numbers by the names given, a count and a sorting.

    Where nobody says it, what has a beginning is told from there on, all else the newest first: so
    a client finds the next page either way.
    """
    start_ms = fields.take_whole("start_timestamp", 0, MS_MAX)
    end_ms = fields.take_whole("end_timestamp", 0, MS_MAX)
    first = last = None
    if numbers is not None:
        first, last = fields.take_whole(numbers[0]), fields.take_whole(numbers[1])
    sorting = fields.take_word("sorting", {"asc": True, "desc": False, "default": None})
    one_store(fields)
    is_ascending = sorting if sorting is not None else (start_ms or first) is not None
    return Window(
        count(fields, TRADES_COUNT),
        start_ms or 0,
        MS_MAX if end_ms is None else end_ms,
        first or 0,
        ID_MAX if last is None else last,
        is_ascending,
    )


def span(fields: Fields, is_needed: bool = True) -> tuple[int, int]:
    """Take `start_timestamp` and `end_timestamp`, in milliseconds."""
    start_ms = fields.take_whole("start_timestamp", 0, MS_MAX)
    end_ms = fields.take_whole("end_timestamp", 0, MS_MAX)
    if is_needed:
        start_ms = fields.needed(start_ms, "start_timestamp")
        end_ms = fields.needed(end_ms, "end_timestamp")
    return start_ms or 0, MS_MAX if end_ms is None else end_ms


def continuation(fields: Fields) -> int | None:
    """Take `continuation`: null, "none" and "" begin anew, as clients say it."""
    value = fields.take("continuation")
    if value in (None, "", "none"):
        return None
    if not isinstance(value, str) or not value.isascii() or not value.isdigit():
        fields.refuse("continuation", f"expected what was given with a page, found {shown(value)}")
    if int(value[:20]) > ID_MAX:
        fields.refuse("continuation", f"expected what was given with a page, found {shown(value)}")
    return int(value)


def own_account(fields: Fields, account: int) -> None:
    """Take `subaccount_id`: it may name the account of the key alone."""
    found = fields.take_whole("subaccount_id")
    if found not in (None, account):
        fields.refuse("subaccount_id", "expected the key's own account", nearest=[account])


def one_store(fields: Fields) -> None:
    """Take what decides at Deribit which of two stores answers: here there is one."""
    for name in ("include_old", "historical"):
        fields.take_truth(name)
