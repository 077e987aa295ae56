"""GENERATE: writes docs/api from the program: methods, channels, errors, limits, OpenRPC.

Takes   the words of `wire/openrpc.py`, the codes and bounds where they are defined, and examples
        that a real market answers (tests/clients/examples.py).
Gives   methods.md, channels.md, errors.md, limits.md and openrpc.json; `--check` writes nothing and
        exits 1 if one differs.
Keeps   the documents equal to what the server answers: tests/clients/test_api.py runs the same.
Source  Decision 0036. Run: `.venv/bin/python docs/api/generate.py`, which takes some seconds.
"""

import importlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import ccxt

from chiphour import __version__
from chiphour.adapters import feed
from chiphour.adapters import gateway
from chiphour.adapters import keys
from chiphour.adapters import rpc
from chiphour.adapters import rpc_params
from chiphour.adapters import rpc_session
from chiphour.adapters.budget import Rate
from chiphour.adapters.serve import rpc_http
from chiphour.adapters.serve import rpc_socket
from chiphour.adapters.serve import trading
from chiphour.exchange import reasons
from chiphour.wire import dialect
from chiphour.wire import jsonrpc
from chiphour.wire import openrpc
from chiphour.wire.dialect import Code
from chiphour.wire.openrpc import Example
from chiphour.wire.openrpc import Served

FOLDER = Path(__file__).resolve().parent
TESTS = FOLDER.parent.parent / "tests"
NOTE = "<!-- Written by docs/api/generate.py. Change the program, then run that. -->"

CHANNELS = (
    ("book.X.raw|100ms|agg2", "Prices of a book: a snapshot, then changes.", 1),
    ("book.X.GROUP.DEPTH.100ms|agg2", "At most DEPTH prices of either side, always whole.", 0),
    ("quote.X", "The best bid and ask.", 0),
    ("orders.X.raw", "Single orders of a book, without their owners. Ours.", 1),
    ("ticker.X.raw|100ms|agg2", "Prices, interest, funding, bands, quality.", 0),
    ("trades.X.raw|100ms|agg2", "Trades, as a list; X may be `future.USDC` or `any.any`.", 0),
    ("chart.trades.X.RESOLUTION", "The last candle, when a trade changes it.", 0),
    ("auction.X", "A call as it stands, and what it printed. Ours.", 0),
    ("user.orders.X.raw|100ms", "Each change of an order; by 100 ms as a list.", 0),
    ("user.trades.X.raw|100ms", "The account's trades, as a list.", 0),
    ("user.changes.X.raw|100ms", "Orders and trades of a contract in one message.", 0),
    ("user.portfolio.USDC", "The account's money, when it has changed; once a second.", 0),
)
GROUPS = {
    "Signing in, and the connection": "auth hello test time status heartbeat subscribe logout"
    " disconnect cancel_all_after",
    "Orders": "buy sell edit cancel close_position preview_order",
    "Market-maker protection": "mmp",
    "The account": "private/",
    "The market": "public/",
}


def page(title: str, *parts: str) -> str:
    """Join the parts of a page."""
    return "\n\n".join((f"# {title}", NOTE, *parts)) + "\n"


def rows(header: Iterable[str], lines: Iterable[Iterable[object]]) -> str:
    """Write a table in Markdown."""
    head = list(header)
    body = [head, ["---"] * len(head), *([str(cell) for cell in line] for line in lines)]
    return "\n".join("| " + " | ".join(cell or " " for cell in line) + " |" for line in body)


def shown(value: object) -> str:
    """Write an example as a block."""
    return f"```json\n{json.dumps(value)}\n```"


def group_of(name: str) -> str:
    """Give the heading under which a method stands."""
    return next(
        group for group, words in GROUPS.items() if any(word in name for word in words.split())
    )


def method_part(name: str, served: Served, examples: Iterable[Example]) -> str:
    """Write one method."""
    asked = openrpc.METHODS[name]
    needed = asked.needed.split()
    scope = f"a key with the scope `{served.scope}`" if served.scope else "anybody"
    parts = [f"### {name}", f"{asked.summary} For {scope}; credits: {served.cost}."]
    if asked.params:
        lines = (
            (f"`{param}`", openrpc.PARAMS[param][0], "yes" if param in needed else "", words)
            for param in asked.params
            for words in (openrpc.PARAMS[param][1],)
        )
        parts.append(rows(("param", "type", "needed", ""), lines))
    for each in examples:
        parts += [shown({"method": name, "params": each.params}), shown({"result": each.result})]
    return "\n\n".join(parts)


def methods_page(served: dict[str, Served], examples: dict[str, list[Example]]) -> str:
    """Write all methods by group."""
    parts: list[str] = [
        "Every method, with requests and the results that a real market gave them. The answer has"
        " `jsonrpc`, `id`, `result` or `error`, `usIn`, `usOut`, `usDiff` and `credits` beside"
        " them. The same as an OpenRPC document: [openrpc.json](openrpc.json), and of a server"
        " `/schema/openrpc.json`."
    ]
    for group in GROUPS:
        parts.append(f"## {group}")
        names = [name for name in openrpc.METHODS if group_of(name) == group]
        parts += [method_part(name, served[name], examples[name]) for name in names]
    return page("Methods", *parts)


def channels_page(messages: dict[str, list[object]]) -> str:
    """Write every channel with a message of it."""
    parts = [
        "Subscribe by `public/subscribe` or `private/subscribe`; each message is a notification:"
        ' `{"jsonrpc": "2.0", "method": "subscription", "params": {"channel": ..., "data": ...}}`.'
        " X is an instrument, or in channels of the account also `future.USDC` or `any.any`; what"
        " stands below is `data`. A `raw` channel tells every change at once; `100ms` and `agg2`"
        " (a second) what has gathered. Who reads too slowly gets no book, ticker or quote until it"
        " has caught up, and then a snapshot: a client replaces its book by every snapshot. How to"
        " know that nothing was lost: [checksum.md](checksum.md)."
    ]
    for name, words, place in CHANNELS:
        first = name.split("X")[0].rstrip(".")
        depth = ".none." if "GROUP" in name else ""
        channel = next(each for each in messages if each.startswith(first) and depth in each)
        parts += [f"## {name}", words, f"`{channel}`", shown(messages[channel][place])]
    return page("Channels", *parts)


def errors_page() -> str:
    """Write every code with its reasons, and what ccxt makes of it."""
    known = ccxt.deribit().exceptions

    def of_ccxt(code: int) -> str:
        found = known.get(str(code)) or known.get("exact", {}).get(str(code))
        return "ExchangeError" if found is None else found.__name__

    by_code: dict[tuple[int, str], list[str]] = defaultdict(list)
    for reason, code in dialect.CODES.items():
        if reason < reasons.Reason.CANCEL_REQUESTED:
            by_code[code.code, code.message].append(f"`{reason.name}`")
    for value in vars(dialect).values():
        if isinstance(value, Code):
            by_code.setdefault((value.code, value.message), [])
    ours = (rpc.TOO_MANY_REQUESTS, rpc.QUEUE_FULL, rpc.MAINTENANCE, rpc.UNAUTHORIZED)
    for pair in (*ours, rpc.INTERNAL_ERROR, (13004, "invalid_credentials"), *GIVEN):
        by_code.setdefault(pair, [])
    for number, message in jsonrpc.MESSAGES.items():
        by_code.setdefault((number, message), [])
    lines = (
        (number, f"`{message}`", ", ".join(names), of_ccxt(number), rpc.status_of(number))
        for (number, message), names in sorted(by_code.items())
    )
    ended = (
        (f"`{code.cancel_reason}`", f"`{reason.name}`")
        for reason, code in dialect.CODES.items()
        if reason >= reasons.Reason.CANCEL_REQUESTED
    )
    return page(
        "Errors",
        "An error has `code` and `message`, which clients of the dialect know, and `data`:"
        " `reason` says what was expected and what was found, or is the exchange's own word;"
        " `param` the param; `nearest` legal values; `wait_ms` how long to wait. The exchange's"
        " words are those of [reasons.md](../reference/reasons.md). Nothing was done where an"
        " error is answered. What has no answer at all may have been done: ask by its label.",
        rows(("code", "message", "reason of the exchange", "in ccxt", "HTTP"), lines),
        "## Why an order was cancelled",
        rows(("`cancel_reason`", "reason of the exchange"), ended),
    )


GIVEN = ((11029, "invalid_arguments"), (13021, "forbidden"))


def limits_page() -> str:
    """Write every bound that a client may meet."""
    rate = Rate()
    lines = (
        ("credits of an account, a connection, a stranger's address", f"{rate.most:,}", "10028"),
        ("credits that come back in a second", f"{rate.per_second:,}", ""),
        ("credits of a stranger's signature, by HTTP", rpc_http.SIGN_IN_COST, "10028"),
        ("commands that wait for their answer, of all", f"{gateway.PENDING_MAX:,}", "10047"),
        (
            "requests of a connection without an answer",
            f"{rpc_socket.UNDER_WAY_MAX:,}",
            "it is not read meanwhile",
        ),
        ("connections", f"{trading.CONNECTIONS_MAX:,}", "503"),
        ("channels of a connection", feed.CHANNELS_MAX, "-32602"),
        ("channels of a request", rpc_session.CHANNELS_MAX, "-32602"),
        (
            "unsent bytes of a connection",
            f"{rpc_socket.SLOW_BYTES:,}",
            "no book, ticker, quote until it has caught up",
        ),
        ("unsent bytes of a connection", f"{rpc_socket.LOST_BYTES:,}", "closed, 1008"),
        ("bytes of a request", f"{jsonrpc.REQUEST_BYTES_MAX:,}", "413, -32700, or closed"),
        ("levels of objects and arrays", jsonrpc.NESTING_MAX, "-32700"),
        ("params of a request", jsonrpc.PARAMS_MAX, "-32602"),
        ("characters of a name, a label, an id", jsonrpc.WORD_LENGTH_MAX, "-32602"),
        ("things of a page", f"{rpc_params.COUNT_MAX:,}", "-32602"),
        ("seconds in which a body comes", f"{rpc_http.READ_S_MAX:g}", "408"),
        ("seconds in which a WebSocket opens", f"{rpc_socket.HANDSHAKE_S:g}", "closed"),
        (
            "seconds of silence before a ping, then before the end",
            f"{rpc_socket.PING_S:g}",
            "closed",
        ),
        (
            "seconds between heartbeats",
            f"{rpc_session.HEARTBEAT_S_MIN} to {rpc_session.HEARTBEAT_S_MAX:,}",
            "-32602",
        ),
        ("keys in force", f"{keys.KEYS_MAX:,}", "no key is made"),
        ("nonces of a key in a minute", f"{keys.NONCES_MAX:,}", "13004"),
    )
    return page(
        "Limits",
        "A request costs credits ([methods.md](methods.md)), and one more for each"
        f" {rpc.THINGS_EACH} things that it asks for (`count`, `depth`) or that stand (open"
        " orders); cancelling costs none and is never limited. Each answer says what is left:"
        " `credits`, and by HTTP `X-Credits-Left`. An"
        " operator may set other credits; `limits` of `private/get_account_summary` says which"
        " hold.",
        rows(("what", "at most", "beyond it"), lines),
        "How many orders, lots and positions there may be is the exchange's: rulebook 1 and 9.",
    )


@cache
def recorded() -> Any:
    """Ask everything once, on a market of its own."""
    if str(TESTS) not in sys.path:
        sys.path.insert(0, str(TESTS))
    return importlib.import_module("clients.examples").record()


def pages() -> dict[str, str]:
    """Give every document by its name."""
    found, examples = recorded(), defaultdict(list)
    for each in found.examples:
        examples[each.method].append(Example(each.params, each.result))
    described = openrpc.document(found.served, __version__, examples)
    return {
        "methods.md": methods_page(found.served, examples),
        "channels.md": channels_page(found.messages),
        "errors.md": errors_page(),
        "limits.md": limits_page(),
        "openrpc.json": json.dumps(described, indent=1) + "\n",
    }


def main() -> int:
    """Write what differs, or say that something does."""
    written = pages()
    stale = [
        name
        for name, text in written.items()
        if not (FOLDER / name).is_file() or (FOLDER / name).read_text() != text
    ]
    if "--check" in sys.argv:
        print("\n".join(stale))
        return 1 if stale else 0
    for name in stale:
        (FOLDER / name).write_text(written[name])
        print(f"wrote docs/api/{name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
