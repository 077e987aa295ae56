"""VENUE_BODIES: the bodies of a venue's samples made larger, or wrong on purpose.

Takes   sample bytes and what `wire.json` says of their shape: where the rows are, where in a row
        the prices, the chip's name and the identity (see `tests/samples.py`).
Gives   the same body with more offers; the faults by name, each with its outcome; a faulty body.
Keeps   every number the text it was, of the same type: nothing passes through a float. All but the
        row concerned stays as it was.
Source  Decision 0015.

A pointer is names with slashes between: "data/gpuTypes". "*" is each of a list or map; "@", of a
row in a map, is its key; "" is the whole.
"""

import copy
import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from decimal import Context
from decimal import Decimal
from typing import Any
from typing import NamedTuple

from chiphour.observe.reading import Number
from chiphour.observe.reading import parse
from chiphour.units import DECIMAL_TEXT
from chiphour.units import PPM

Wire = Mapping[str, Any]  # The entry of one shape.
Place = tuple[Any, Any]  # A list or map, and the index or key in it.

EXACT = Context(prec=80)
ZERO = Decimal(0)
IDENTITY_STEP = 10_000_000
NUDGE_PPM_MAX = 50
DECIMALS = 6  # To which a nudged price is written, or to as many as it had.
MARKUP = ("html", "xml")  # Served as they are; what goes wrong with them, `edits` says.
CHIP_OF_NOBODY = "Zeta 9000 Quux"
PRICE_ABSURD = Decimal(100_000_000)
ADDED = ("colour", "green")
FLOOD_BYTES = 50 << 20


class Page(NamedTuple):
    """A body taken apart. `form` is "json", "jsonl" or "csv"; `columns` are those of a CSV.

    Markup is not taken apart: it has no rows here.
    """

    form: str
    columns: list[str]
    value: Any


# Taking apart and writing.


def page_of(content: bytes, wire: Wire) -> Page:
    """Take a body apart by the ending of its file; raises UnexpectedData where it cannot be."""
    form = str(wire["file"]).rpartition(".")[2]
    if form == "csv":
        lines = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
        rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
        return Page(form, lines[0], rows)
    if form == "jsonl":
        return Page(form, [], [parse(line, form) for line in content.splitlines()])
    if form in MARKUP:
        return Page(form, [], [])
    assert form == "json", wire["file"]
    return Page(form, [], parse(content, form))


def content_of(page: Page) -> bytes:
    """Write a page; columns that rows gained come last, columns that all rows lost are gone."""
    if page.form == "json":
        return _json(page.value).encode() + b"\n"
    if page.form == "jsonl":
        return b"".join(_json(line).encode() + b"\n" for line in page.value)
    columns = page.columns
    if page.value:
        found = {name: None for row in page.value for name in row}
        columns = [*(n for n in columns if n in found), *(n for n in found if n not in columns)]
    text = io.StringIO(newline="")
    lines = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    lines.writeheader()
    lines.writerows(page.value)
    return text.getvalue().encode()


def _json(value: Any) -> str:
    """Write JSON whose numbers are the texts they were."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{_json(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value)


# Finding.


def places(value: Any, pointer: str) -> Iterator[Place]:
    """Yield (holder, key) for each place that a pointer names; a part that is not there ends it."""
    head, _, rest = pointer.partition("/")
    if isinstance(value, dict):
        keys: list[Any] = list(value) if head == "*" else [head] if head in value else []
    elif isinstance(value, list):
        index = int(head) if head.isdecimal() else len(value)
        keys = list(range(len(value))) if head == "*" else [index] if index < len(value) else []
    else:
        keys = []
    for key in keys:
        if rest:
            yield from places(value[key], rest)
        else:
            yield value, key


def holders(page: Page, wire: Wire) -> list[Any]:
    """Give the lists, or maps, of rows: one, or several where the pointer has a "*"."""
    if wire["rows"] == "":
        return [page.value]
    return [holder[key] for holder, key in places(page.value, wire["rows"])]


def rows(page: Page, wire: Wire) -> list[Place]:
    """Give the place of each row."""
    return [
        (holder, key)
        for holder in holders(page, wire)
        for key in (list(holder) if isinstance(holder, dict) else range(len(holder)))
    ]


def prices(row: Any, wire: Wire) -> list[Place]:
    """Give the places of a row's prices that are decimals above zero."""
    found = [place for pointer in wire["price"] for place in places(row, pointer)]
    return [(holder, key) for holder, key in found if _decimal(holder[key]) > ZERO]


def _decimal(value: Any) -> Decimal:
    """Give a price, a number or its text; zero for anything else."""
    is_decimal = isinstance(value, str) and DECIMAL_TEXT.fullmatch(value)
    return Decimal(value) if is_decimal else ZERO


# Making more of it.


def scaled(content: bytes, wire: Wire, count: int, seed: str, first: int = 1) -> bytes:
    """Give the body with `count` rows: its own, then copies with identities and prices of theirs.

    `first` is the number of the first copy of each row, for bodies that must not share identities.
    A body that cannot be multiplied (no identity), or that has as many rows, is given as it is.
    """
    page = page_of(content, wire)
    originals = _distinct(page, wire)
    missing = count - len(rows(page, wire))
    if not wire["identity"] or not originals or missing <= 0:
        return content
    for number in range(missing):
        turn, which = divmod(number, len(originals))
        holder, key = originals[which]
        _add(holder, key, _twin(holder[key], wire, f"{seed}:{number}", first + turn), first + turn)
    return content_of(page)


def _distinct(page: Page, wire: Wire) -> list[Place]:
    """Give the rows without those that have the identity of one before."""
    found: dict[tuple[Any, ...], Place] = {}
    for holder, key in rows(page, wire):
        row = holder[key]
        identity = tuple(h[k] for pointer in wire["identity"] for h, k in places(row, pointer))
        name = key if "@" in wire["identity"] else ""
        found.setdefault((name, *map(str, identity)), (holder, key))
    return list(found.values())


def _twin(row: Any, wire: Wire, seed: str, number: int) -> Any:
    """Give a copy of a row with the identity of its `number` and prices some ppm away."""
    twin = _copied(row)
    for pointer in wire["identity"]:
        for holder, key in places(twin, pointer):
            holder[key] = _renumbered(holder[key], number)
    drawn = int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4])
    nudge_ppm = drawn % (2 * NUDGE_PPM_MAX + 1) - NUDGE_PPM_MAX
    for holder, key in prices(twin, wire):
        holder[key] = _nudged(holder[key], nudge_ppm)
    return twin


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(child) for key, child in value.items()}
    return [_copied(child) for child in value] if isinstance(value, list) else value


def _renumbered(value: Any, number: int) -> Any:
    if isinstance(value, Number):
        return Number(int(value) + number * IDENTITY_STEP)
    return f"{value}-{number}" if isinstance(value, str) else value


def _nudged(text: str, nudge_ppm: int) -> str:
    """Move a price by some ppm: a whole number stays whole, a number a number, a text a text."""
    if re.fullmatch(r"\d+", text):
        moved = Decimal((2 * int(text) * (PPM + nudge_ppm) + PPM) // (2 * PPM))
        return type(text)(max(moved, Decimal(1)))
    price = Decimal(text)
    step = min(Decimal(1).scaleb(-DECIMALS), Decimal(1).scaleb(int(price.as_tuple().exponent)))
    moved = EXACT.multiply(price, Decimal(PPM + nudge_ppm).scaleb(-6))
    return type(text)(format(max(moved.quantize(step, context=EXACT), step), "f"))


def _add(holder: Any, key: Any, row: Any, number: int) -> None:
    """Add a row to its list, or to its map under a name of its own."""
    if isinstance(holder, dict):
        holder[f"{key}-{number}"] = row
    else:
        holder.append(row)


# Making it wrong.


def concerned(page: Page, wire: Wire) -> Place:
    """Give the row to which a fault is done: that of `wire["fault_row"]`, else the first with a
    price, else the first.
    """
    found = rows(page, wire)
    if "fault_row" in wire:
        return found[wire["fault_row"]]
    return next(((h, k) for h, k in found if prices(h[k], wire)), found[0])


def _on_row(change: Callable[[Any, Any, Wire], None]) -> Callable[[bytes, Wire], bytes]:
    """Make a fault of what is done to the list, or map, and the key of the row concerned."""

    def done(content: bytes, wire: Wire) -> bytes:
        page = page_of(content, wire)
        change(*concerned(page, wire), wire)
        return content_of(page)

    return done


def _on_prices(change: Callable[[Decimal], Decimal | str]) -> Callable[[bytes, Wire], bytes]:
    """Make a fault of what is done to each price of the row concerned."""

    def done(holder: Any, key: Any, wire: Wire) -> None:
        for place, name in prices(holder[key], wire):
            found = change(Decimal(place[name]))
            text = format(found, "f") if isinstance(found, Decimal) else found
            place[name] = type(place[name])(text) if isinstance(found, Decimal) else text

    return _on_row(done)


def _emptied(content: bytes, wire: Wire) -> bytes:
    page = page_of(content, wire)
    for holder in holders(page, wire):
        holder.clear()
    return content_of(page)


def _truncated(content: bytes, wire: Wire) -> bytes:
    return content[: len(content) * 3 // 5]


def _cut_at_the_end(content: bytes, wire: Wire) -> bytes:
    return content.rstrip()[:-1]


def _renamed_chip(holder: Any, key: Any, wire: Wire) -> None:
    for pointer in wire["chip"]:
        if pointer != "@":
            for place, name in places(holder[key], pointer):
                place[name] = CHIP_OF_NOBODY
    if "@" in wire["chip"]:  # In its place, so that the other rows keep theirs.
        named = {CHIP_OF_NOBODY if name == key else name: row for name, row in holder.items()}
        holder.clear()
        holder.update(named)


def _repeated_row(content: bytes, wire: Wire) -> bytes:
    """Give the row once more, at the end; in a map under the name that it has already."""
    page = page_of(content, wire)
    holder, key = concerned(page, wire)
    if isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
        return content_of(page)
    holder[ADDED[0]] = holder[key]
    return content_of(page).replace(f'"{ADDED[0]}":'.encode(), f"{json.dumps(key)}:".encode())


def _new_field(holder: Any, key: Any, wire: Wire) -> None:
    holder[key][ADDED[0]] = ADDED[1]


def _on_needed(change: Callable[[Any, str], None]) -> Callable[[bytes, Wire], bytes]:
    """Make a fault of what is done to the field without which a row must not be read.

    A column is one thing: it is done to every line of a CSV.
    """

    def done(content: bytes, wire: Wire) -> bytes:
        page = page_of(content, wire)
        found = rows(page, wire) if page.form == "csv" else [concerned(page, wire)]
        for holder, key in found:
            for place, name in list(places(holder[key], wire["needed"])):
                change(place, name)
        return content_of(page)

    return done


def _renamed_field(place: Any, name: str) -> None:
    place[f"{name}_2"] = place.pop(name)


def _missing_field(place: Any, name: str) -> None:
    del place[name]


def _short_line(content: bytes, wire: Wire) -> bytes:
    """Take the last cell from the last line."""
    return content.rstrip().rpartition(b",")[0] + b"\n"


def _not_utf8(content: bytes, wire: Wire) -> bytes:
    middle = len(content) // 2
    return content[:middle] + b"\xff\xfe" + content[middle:]


def _another_form(content: bytes, wire: Wire) -> bytes:
    return b"<!doctype html><title>Maintenance</title><p>We will be back soon.\n"


class Fault(NamedTuple):
    """A way in which a venue is wrong. `outcome` is what commonly comes of it: the code of a
    refusal, or a flag on the row concerned. `change` is None for a fault of the transport.
    """

    description: str
    outcome: str
    change: Callable[[bytes, Wire], bytes] | None = None


FAULTS = {
    # Of the transport.
    "hang": Fault("the request is taken, and nothing comes", "TIMEOUT"),
    "slow": Fault("a byte comes now and then, for ever", "TIMEOUT"),
    "reset": Fault("the connection is reset in the middle of the body", "INTERRUPTED"),
    "cut_off": Fault("the connection is closed before the length that was told", "INTERRUPTED"),
    "rate_limited": Fault("429 with Retry-After: 7", "RATE_LIMITED"),
    "rate_limited_silent": Fault("429 without a word of when to come back", "RATE_LIMITED"),
    "server_error": Fault("500", "STATUS"),
    "not_json": Fault("200 with a page of HTML, and called that", "CONTENT_TYPE"),
    "flood": Fault("50 MB, or more where that is allowed, without a length told", "TOO_LARGE"),
    # Of the content.
    "empty": Fault("the list without a row", "EMPTY", _emptied),
    "truncated": Fault("the first three fifths of the body", "UNREADABLE", _truncated),
    "cut_at_end": Fault("the body without its last byte", "UNREADABLE", _cut_at_the_end),
    "not_utf8": Fault("two bytes that are no UTF-8", "UNREADABLE", _not_utf8),
    "another_form": Fault("HTML, called what was asked for", "UNREADABLE", _another_form),
    "short_line": Fault("a line without its last cell", "UNREADABLE", _short_line),
    "new_field": Fault("a field that nobody knows", "UNREADABLE", _on_row(_new_field)),
    "missing_field": Fault(
        "a row without a field that it needs", "UNREADABLE", _on_needed(_missing_field)
    ),
    "renamed_field": Fault(
        "a field that it needs under another name", "UNREADABLE", _on_needed(_renamed_field)
    ),
    "price_is_word": Fault(
        "a word where the price was", "UNREADABLE", _on_prices(lambda price: "on request")
    ),
    "negative_price": Fault("a price below zero", "UNREADABLE", _on_prices(Decimal.copy_negate)),
    "price_x100": Fault(
        "a price in cents", "OUT_OF_BOUNDS", _on_prices(lambda price: EXACT.multiply(price, 100))
    ),
    "absurd_price": Fault(
        "a hundred million an hour", "OUT_OF_BOUNDS", _on_prices(lambda price: PRICE_ABSURD)
    ),
    "renamed_chip": Fault("a chip that no table holds", "CHIP_UNKNOWN", _on_row(_renamed_chip)),
    "repeated_row": Fault("a row given again", "REPEATED", _repeated_row),
}
TRANSPORT = tuple(name for name, fault in FAULTS.items() if fault.change is None)
OF_ANY = ("truncated", "cut_at_end", "not_utf8", "another_form")
OF_PRICE = ("price_is_word", "negative_price", "price_x100", "absurd_price")


def faults_of(wire: Wire) -> list[str]:
    """List the faults of content that can be done to a body of this shape."""
    if "edits" in wire:
        return [name for name in FAULTS if name in OF_ANY or name in wire["edits"]]
    without = set(TRANSPORT)
    without |= set() if str(wire["file"]).endswith(".csv") else {"short_line"}
    without |= set() if wire["price"] else set(OF_PRICE)
    without |= set() if wire["chip"] else {"renamed_chip"}
    without |= set() if wire["needed"] else {"missing_field", "renamed_field"}
    return [name for name in FAULTS if name not in without]


def faulty(content: bytes, wire: Wire, fault: str) -> bytes:
    """Give the body with a fault of content; one of the transport leaves it as it is."""
    change = FAULTS[fault].change
    if change is not None and fault in wire.get("edits", {}):
        return _edited(content, *wire["edits"][fault])
    return content if change is None else change(content, wire)


def _edited(content: bytes, pattern: str, text: str) -> bytes:
    """Put a text in the place of all that fits a pattern; it must fit something."""
    edited, count = re.subn(pattern, text, content.decode(), flags=re.DOTALL)
    assert count, pattern
    return edited.encode()


def outcome(content: bytes, wire: Wire, outcomes: Mapping[str, str], shape: str, fault: str) -> str:
    """Tell what comes of a fault: what the venue says of the shape, or of itself, or commonly.

    `outcomes` has FAULT@SHAPE or FAULT. A map cannot give a name twice: then it is no longer JSON.
    """
    said = outcomes.get(f"{fault}@{shape}", outcomes.get(fault))
    if said is not None:
        return said
    if "edits" in wire:
        return FAULTS[fault].outcome
    if fault == "repeated_row" and isinstance(concerned(page_of(content, wire), wire)[0], dict):
        return "UNREADABLE"
    return FAULTS[fault].outcome
