"""TEST SCENARIOS: worked examples of the rulebook, as text, for the reference and for the kernel.

Takes   the files `*.txt` beside this one.
Gives   a failure that names file and line, what was expected and what was found.
Keeps   the format below; every event is compared in all its columns.
Source  Rulebook, sections 2 to 12.

A line is one of
  # a comment
  limits NAME=VALUE ...      capacities of the market, before anything else
  at TIME                    the time of what follows
  + KIND NAME=VALUE ...      a command of the setting: not refused, its events not listed
  + LISTING contract=N TERM=VALUE ...     LIST, a SET for each term, OPEN; see QUIET
  > KIND NAME=VALUE ...      a command; the events that follow are all that it gives, in order
  < KIND NAME=VALUE ...      an event expected; a column not named is zero, `*` is any value
  ? WORD NAME=VALUE ...      what must hold: account, position, contract or book
`x256` before a kind repeats the line. An order is LIMIT and GTC when it does not say otherwise;
`as=NAME` names it for the `order`s and `link`s of later lines; flags are joined by `|`.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.exchange import commands as c
from chiphour.exchange import events as said
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.compose import named_event
from chiphour.exchange.engine import Engine
from chiphour.exchange.invariants import event_violations
from chiphour.exchange.invariants import violations
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso

FILES = sorted(Path(__file__).parent.glob("*.txt"))
SMALL = Limits(64, 4, 4, 1024, 128, 4, 4096)
WORDS = {word.name: int(word) for enum in (c.Side, c.OrderType, c.TimeInForce) for word in enum}
WORDS |= {word.name: int(word) for enum in (c.Vintage, c.Quality, table.State) for word in enum}
MODES = {mode.name: int(mode) for mode in c.Mode}
FLAGS = {flag.name: int(flag) for flag in c.Flag}
FLAGS |= {stp.name: stp << c.STP_SHIFT for stp in c.Stp}
FLAGS |= {source.name: source << c.SOURCE_SHIFT for source in c.Source}
POSITION = (
    *("lots", "seen_microusd", "open_buy_lots", "open_sell_lots", "reserve_microusd"),
    "entry_microusd",
)
ACCOUNT = ("group", "cash_microusd", "order", "order_before", "mode", "liquidation", "called")
TEXTS = ("kind", "side", "reason", "cause")  # Columns that `named_event` gives as words.
STAMP = ("sequence", "time_ns")
PLAIN = (0, "NONE", said.Cause.ORDER.name)  # What a column holds when nothing is said of it.
# Of a LISTING: no call, band or fee that it does not ask for, and the index is the last tick.
QUIET = {
    "opening_call_s": 0,
    "dynamic_band_ppm": 0,
    "static_band_ppm": 2_000_000,
    "taker_fee_ppm": 0,
    "fixed_window": 1,
    "index_ticks": 1,
}


class Line(NamedTuple):
    """One line that says something: its mark, how often, its word, its columns."""

    where: str
    mark: str
    times: int
    word: str
    columns: dict[str, str]


def lines_of(path):
    """Read a scenario; comments and empty lines are left out."""
    lines = []
    for number, text in enumerate(path.read_text().splitlines(), 1):
        parts = text.partition("#")[0].split()
        if not parts:
            continue
        mark, *parts = parts
        repeated = mark in "+><" and parts[0].startswith("x") and parts[0][1:].isdigit()
        times = int(parts.pop(0)[1:]) if repeated else 1
        word = "" if mark == "limits" else parts.pop(0)
        columns = dict(part.split("=") for part in parts)
        lines.append(Line(f"{path.name}:{number}", mark, times, word, columns))
    return lines


def value_of(text, name=""):
    """Read a number, a word of an enum, several flags, or a time."""
    if name == "flags" and not text.isdigit():
        return sum(FLAGS[word] for word in text.split("|"))
    if name == "mode" and text in MODES:
        return MODES[text]
    if text in WORDS:
        return WORDS[text]
    return ns_from_iso(text) if "T" in text else int(text)


def is_word(name, text):
    """Tell whether an expected column is compared as text: a word, or any value."""
    return text == "*" or (name in TEXTS and not text.isdigit())


def text_of(name, value):
    """Write a column as scenarios do: times in ISO, numbers with underscores."""
    return iso_from_ns(value) if name.endswith("_ns") and value else f"{value:_}"


class Player:
    """Plays a scenario on one exchange."""

    def __init__(self, exchange, limits):
        self.market = exchange(limits)
        self.limits = limits
        self.time_ns = 0
        self.orders = {}  # Name -> order, as `as` gave it.
        self.expected = []  # The events that the last command still owes.

    def play(self, line):
        if line.mark != "<":
            assert self.expected == [], f"{line.where}: expected no more, found {self.expected}"
        getattr(self, self.MARKS[line.mark])(line)

    MARKS = {"at": "_at", "+": "_set", ">": "_send", "<": "_expect", "?": "_hold"}  # noqa: RUF012

    def _at(self, line):
        self.time_ns = ns_from_iso(line.word)

    def _set(self, line):
        for row in self._rows(line):
            for event in self._apply(row):
                assert event["kind"] != "REFUSED", f"{line.where}: {event}"

    def _send(self, line):
        self.expected = [event for row in self._rows(line) for event in self._apply(row)]

    def _expect(self, line):
        for _ in range(line.times):
            assert self.expected, f"{line.where}: expected {line.word}, found no more events"
            found = self.expected.pop(0)
            owed = {"kind": line.word} | {
                name: text if is_word(name, text) else self._value(text)
                for name, text in line.columns.items()
            }
            kept = {k: v for k, v in found.items() if v not in PLAIN and k not in STAMP}
            any_value = {name: kept.get(name, 0) for name, text in owed.items() if text == "*"}
            owed = {name: value for name, value in (owed | any_value).items() if value != 0}
            assert kept == owed, f"{line.where}: expected {owed}, found {kept}"

    def _value(self, text, name=""):
        return self.orders[text] if text in self.orders else value_of(text, name)

    def _rows(self, line):
        texts = dict(line.columns)
        if "as" in texts:
            self.orders[texts.pop("as")] = self.market.sequence + 1
        columns = {name: self._value(text, name) for name, text in texts.items()}
        if line.word == "LISTING":
            contract, columns = columns.pop("contract"), QUIET | columns
            terms = [columns.pop(term.name, term.default) for term in TERMS]
            assert not columns, f"{line.where}: no such terms: {columns}"
            return list(listing(contract, terms))
        if line.word == "ORDER":
            columns = {"order_type": 1, "time_in_force": 1} | columns
        return [command(Kind[line.word], **columns) for _ in range(line.times)]

    def _apply(self, row):
        row[c.SEQUENCE], row[c.TIME_NS] = self.market.sequence + 1, self.time_ns
        events = self.market.apply(row[None])
        assert event_violations(events) == []
        return [named_event(event) for event in events]

    def _hold(self, line):
        found = getattr(self, f"_{line.word}")(line.columns)
        owed = {name: text for name, text in line.columns.items() if name in found}
        assert owed == {name: found[name] for name in owed}, f"{line.where}: found {found}"
        assert len(owed) == len(line.columns), f"{line.where}: only {list(found)} can be asked"

    def _account(self, columns):
        rows = {row[0]: row for row in self.market.sections().accounts.tolist()}
        row = rows[int(columns["account"])]
        named = {n: f"{value:_}" for n, value in zip(ACCOUNT, row[1:], strict=False)}
        return named | {"account": str(row[0])}

    def _position(self, columns):
        place = [int(columns["account"]), int(columns["contract"])]
        rows = [row for row in self.market.sections().positions.tolist() if row[:2] == place]
        values = rows[0][2:] if rows else [0] * len(POSITION)
        named = {n: f"{value:_}" for n, value in zip(POSITION, values, strict=True)}
        return columns | named | {"exists": str(len(rows))}

    def _contract(self, columns):
        rows = {row[0]: row[1:] for row in self.market.sections().contracts.tolist()}
        row = rows[int(columns["contract"])]
        named = {
            name.lower(): text_of(name.lower(), row[place])
            for name, place in vars(table).items()
            if name.isupper() and isinstance(place, int) and place < len(row)
        }
        return named | {
            "contract": columns["contract"],
            "state": table.State(row[table.STATE]).name,
        }

    def _book(self, columns):
        sides = self.market.book(int(columns["contract"]), 9)
        bids, asks = (
            ",".join(f"{price}x{lots}" for price, lots, _ in side) or "none" for side in sides
        )
        return {"contract": columns["contract"], "bids": bids, "asks": asks}


def limits_of(lines):
    given = {n: int(v) for line in lines if line.mark == "limits" for n, v in line.columns.items()}
    return SMALL._replace(**given)


@pytest.mark.parametrize("exchange", [Reference, Engine])
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_scenario(path, exchange):
    lines = lines_of(path)
    player = Player(exchange, limits_of(lines))
    for line in lines:
        if line.mark != "limits":
            player.play(line)
    assert player.expected == [], f"{path.name}: events that nobody expected: {player.expected}"
    assert violations(player.market.sections(), player.limits) == []


def test_every_scenario_says_what_it_shows():
    assert len(FILES) >= 12
    for path in FILES:
        first = path.read_text().splitlines()[0]
        assert first.startswith("# ") and "ulebook" in first, f"{path.name}: {first}"
