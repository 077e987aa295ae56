"""ROWS: published observations, a batch of them, and which of them count at a strike.

Takes   canonical JSON lines, one observation each.
Gives   `Row`, `Batch` (what entered before one strike), `Window` (the batches up to a strike); the
        recent rows of a series, those in its window and those of its book before the window.
Keeps   a row's id: the SHA-256 of its line. A batch is sorted out once, however many strikes,
        series and parameter sets look at it.
Source  docs/methodology/v2026_1.md, "Window", "Series"; decision 0012.
"""

import json
from bisect import bisect_left
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import groupby
from operator import attrgetter
from operator import itemgetter
from typing import Any
from typing import NamedTuple

from chiphour.audit.numbers import fraction_from

# Rows that no fix considers, as the text says it.
PRICE_KINDS = ("ask", "bid_floor", "list")
UNSEEN_FLAGS = ("COMPARISON", "SCHEMA_ONLY", "UNDATED")
SPECS_KEPT = 1 << 16  # So many descriptions of machines are remembered as read.

Parameters = Mapping[str, Any]
Good = tuple[str, str, str]  # Chip, form, tenor: what a row is a price of.


class Row(NamedTuple):
    """What the audit reads of an observation; `id` is the SHA-256 of its line."""

    id: str
    source: str
    venue: str
    feed: str
    kind: str
    chip: str
    form: str
    tenor: str
    price_nanousd: int
    gpus: int
    machine_key: str
    host_key: str
    spec: str
    flags: tuple[str, ...]
    observed_ns: int
    received_ns: int


class Shelf(NamedTuple):
    """The rows of one series in a batch, by time; `latest_ns` tells each venue's last one."""

    cards: list[Row]
    offers: list[Row]
    latest_ns: dict[str, int]


class Batch(NamedTuple):
    """Rows that entered together, sorted out: once each, none that no fix considers.

    `polls` has the last poll of each posted feed, by (source, venue), over all series. `narrowed`
    fills with the shelves of narrower series when they are asked for.
    """

    rows: list[Row]
    shelves: dict[Good, Shelf]
    polls: dict[tuple[str, str], int]
    observed_ns_max: int
    received_ns_max: int
    narrowed: dict[str, Shelf]


class Window(NamedTuple):
    """The batches that a strike looks back on; `found` remembers what was computed from them."""

    batches: tuple[Batch, ...]
    strike_ns: int
    found: dict[Any, Any]


class Seen(NamedTuple):
    """What counts of a series at a strike: venues' last rows, rows in the window, the book."""

    latest_ns: dict[str, int]
    rows: dict[str, Row]
    shelves: list[Shelf]


class Said(NamedTuple):
    """What a row says of its machine that a narrower series asks for; None where it does not."""

    place: tuple[str | None, str | None]
    interconnect: str | None
    vcpus: tuple[str | None, str | None]
    memory: tuple[str | None, str | None]


# What many rows share, and what decides by itself where a row stands in a batch.
_STANDING = attrgetter("chip", "form", "tenor", "feed", "source", "venue", "kind", "flags")
ROW_ID, OBSERVED_NS, RECEIVED_NS = map(attrgetter, ("id", "observed_ns", "received_ns"))
_SHARED = itemgetter(*Row._fields[1:8])
_OWN = itemgetter(*Row._fields[8:])
_NEW = tuple.__new__
KINDS = [*[str] * 7, int, int, *[str] * 3, list, int, int]  # Of its fields, without the id.


def read_row(line: bytes, loads: Callable[[bytes], Any] = json.loads) -> Row:
    """Read one canonical JSON line; raises KeyError where it lacks a field."""
    return read_rows((line,), loads)[0]


def read_rows(lines: Iterable[bytes], loads: Callable[[bytes], Any] = json.loads) -> list[Row]:
    """Read canonical JSON lines, one observation each, with or without what ends them."""
    plain = (line.rstrip(b"\n") for line in lines)
    return read_named(((sha256(line).hexdigest(), line) for line in plain), loads)


def read_block(
    block: bytes, ids: Sequence[str], loads: Callable[[bytes], Any] = json.loads
) -> list[Row]:
    """Read canonical JSON lines that stand one below the other, with their ids."""
    return read_named(zip(ids, block.split(b"\n"), strict=True), loads)


def read_named(
    named: Iterable[tuple[str, bytes]], loads: Callable[[bytes], Any] = json.loads
) -> list[Row]:
    """Read canonical JSON lines with their ids.

    Words that many rows share are kept once: rows are many, and memory is what they cost most.
    """
    rows = []
    shared: dict[tuple[str, ...], tuple[str, ...]] = {}
    words: dict[str, str] = {}
    once, word = shared.setdefault, words.setdefault
    for identifier, line in named:
        fields = loads(line)
        what, own = _SHARED(fields), _OWN(fields)
        if [*map(type, what), *map(type, own)] != KINDS:
            raise TypeError("a field of another kind")
        price, gpus, machine, host, spec, flags, observed, received = own
        values = (
            *(identifier, *once(what, what), price, gpus, word(machine, machine)),
            *(word(host, host), spec, tuple(flags), observed, received),
        )
        rows.append(_NEW(Row, values))
    return rows


def batch_of(rows: Iterable[Row]) -> Batch:
    """Sort out the rows that entered together."""
    every: list[Row] = []
    shelves: dict[Good, Shelf] = {}
    polls: dict[tuple[str, str], int] = {}
    for key, given in _by_standing(rows).items():
        chip, form, tenor, feed, source, venue, kind, flags = key
        if kind not in PRICE_KINDS or any(flag in UNSEEN_FLAGS for flag in flags):
            continue
        once = list(dict(zip(map(ROW_ID, given), given, strict=True)).values())
        every += once
        latest_ns = max(map(OBSERVED_NS, once))
        shelf = shelves.setdefault((chip, form, tenor), Shelf([], [], {}))
        shelf.latest_ns[venue] = max(latest_ns, shelf.latest_ns.get(venue, latest_ns))
        if feed == "book":
            shelf.offers.extend(once)
        else:
            shelf.cards.extend(once)
            polls[source, venue] = max(latest_ns, polls.get((source, venue), latest_ns))
    for shelf in shelves.values():
        shelf.cards.sort(key=OBSERVED_NS)
        shelf.offers.sort(key=OBSERVED_NS)
    observed_ns = max(map(OBSERVED_NS, every), default=0)
    received_ns = max(map(RECEIVED_NS, every), default=0)
    return Batch(every, shelves, polls, observed_ns, received_ns, {})


def _by_standing(rows: Iterable[Row]) -> dict[Any, list[Row]]:
    """Put rows together that stand in the same place; most often they come together."""
    found: dict[Any, list[Row]] = {}
    for key, some in groupby(rows, _STANDING):
        found.setdefault(key, []).extend(some)
    return found


def window_of(batches: Sequence[Batch], strike_ns: int) -> Window:
    """Look back from a strike on the batches of the seven days before it.

    Batches may hold what came too late for the strike: it is left out, unless a revision lets it
    in. Older batches may be given too and change nothing.
    """
    return Window(tuple(batches), strike_ns, {})


def batches_at(
    window: Window, source: str, close_ns: int, revision: Mapping[str, Any] | None
) -> list[Batch]:
    """Give the batches as they stood at the close, of one source or all, with a revision applied.

    What a revision strikes is not there; what it adds is, if it was observed before the strike.
    """
    key = "batches", source, close_ns, None if revision is None else revision["id"]
    if key not in window.found:
        change = revision or {"struck": (), "added": ()}
        struck, added = set(change["struck"]), set(change["added"])
        closed_ns = window.strike_ns + close_ns
        window.found[key] = [
            batch
            if batch.observed_ns_max < window.strike_ns
            and batch.received_ns_max < closed_ns
            and not (source or struck)
            else batch_of(
                row
                for row in batch.rows
                if row.observed_ns < window.strike_ns
                and (row.received_ns < closed_ns or row.id in added)
                and source in ("", row.source)
                and row.id not in struck
            )
            for batch in window.batches
        ]
    found: list[Batch] = window.found[key]
    return found


def seen_of(
    series: Mapping[str, Any], batches: Sequence[Batch], strike_ns: int, parameters: Parameters
) -> Seen:
    """Find what counts of a series, from the batches that stood at the close."""
    memory_ns = strike_ns - parameters["memory_ns"]
    card_ns = max(memory_ns, strike_ns - parameters["posted_limit_ns"])
    book_ns = max(memory_ns, strike_ns - parameters["book_window_ns"])
    polls: dict[tuple[str, str], int] = {}
    for batch in batches:
        for feed, poll_ns in batch.polls.items():
            polls[feed] = max(poll_ns, polls.get(feed, poll_ns))
    seen = Seen({}, {}, [])
    for batch in batches:
        shelf = _shelf_of(series, batch)
        if shelf is None:
            continue
        seen.shelves.append(shelf)
        for venue, latest_ns in shelf.latest_ns.items():
            if latest_ns >= memory_ns:
                seen.latest_ns[venue] = max(latest_ns, seen.latest_ns.get(venue, latest_ns))
        for row in from_time(shelf.cards, card_ns):
            if row.observed_ns == polls[row.source, row.venue]:
                seen.rows[row.id] = row
        offers = from_time(shelf.offers, book_ns)
        seen.rows.update(zip(map(ROW_ID, offers), offers, strict=True))
    return seen


def offers_before(seen: Seen, strike_ns: int, parameters: Parameters) -> list[Row]:
    """Give the book rows before the window that can tell which machines just vanished."""
    back_ns = parameters["carry_ns"] + parameters["carry_stretch_ns"]
    first_ns = strike_ns - min(back_ns, parameters["memory_ns"])
    end_ns = strike_ns - parameters["book_window_ns"]
    once = {
        row.id: row
        for shelf in seen.shelves
        for row in from_time(shelf.offers, first_ns)
        if row.observed_ns < end_ns
    }
    return list(once.values())


def has_offers_between(seen: Seen, first_ns: int, end_ns: int) -> bool:
    """Tell whether a book has rows from one time on and before another."""
    return any(
        found and found[0].observed_ns < end_ns
        for found in (from_time(shelf.offers, first_ns) for shelf in seen.shelves)
    )


def from_time(rows: list[Row], first_ns: int) -> list[Row]:
    """Give the rows observed at a time or later, of rows that are sorted by it."""
    if not rows or rows[0].observed_ns >= first_ns:
        return rows
    return rows[bisect_left(rows, first_ns, key=attrgetter("observed_ns")) :]


def _shelf_of(series: Mapping[str, Any], batch: Batch) -> Shelf | None:
    """Give the rows of a series in a batch: of a narrower one, those that state all it asks."""
    whole = batch.shelves.get((series["chip"], series["form"], series["tenor"]))
    asked = series["filter"]
    if whole is None or not any(asked.values()):
        return whole
    found = batch.narrowed.get(series["ticker"])
    if found is None:
        cards = [row for row in whole.cards if _is_narrow(row, asked)]
        offers = [row for row in whole.offers if _is_narrow(row, asked)]
        latest: dict[str, int] = {}
        for row in (*cards, *offers):
            latest[row.venue] = max(row.observed_ns, latest.get(row.venue, row.observed_ns))
        found = batch.narrowed[series["ticker"]] = Shelf(cards, offers, latest)
    return found


def _is_narrow(row: Row, asked: Mapping[str, Any]) -> bool:
    """Tell whether a row states and meets every condition of a narrower series."""
    if row.gpus < asked["gpus_min"]:
        return False
    said = said_by(row.spec)
    if asked["places"] and not any(place in asked["places"] for place in said.place):
        return False
    if asked["interconnects"] and said.interconnect not in asked["interconnects"]:
        return False
    if asked["vcpus_min"] and not _has_each(row, said.vcpus, asked["vcpus_min"], (1, 1)):
        return False
    memory_min = asked["memory_gb_min"]
    return not memory_min or _has_each(row, said.memory, memory_min, (1, 1_024))


def _has_each(row: Row, texts: Sequence[str | None], least: int, units: Sequence[int]) -> bool:
    """Tell whether each GPU has its least: by the first text that is a number, in 1/unit."""
    for text, unit in zip(texts, units, strict=True):
        number = None if text is None else fraction_from(text)
        if number is not None:
            above, below = number
            return above >= least * row.gpus * unit * below
    return False


@lru_cache(SPECS_KEPT)
def said_by(spec: str) -> Said:
    """Read what a description of a machine says of what narrower series ask for."""
    fields = json.loads(spec)
    return Said(
        (fields.get("country"), fields.get("area")),
        fields.get("interconnect"),
        (fields.get("vcpus"), fields.get("cpu_cores_effective")),
        (fields.get("memory_gb_host"), fields.get("cpu_ram")),
    )


def text_in(spec: str, name: str) -> str | None:
    """Give the text that a description states under a name, or None.

    In canonical JSON of texts alone, without a mark of escape, the name in quotes and a colon can
    only be that key, and its text ends with the next quote. All else is read in full. What is
    asked for stands near the end, so it is sought from there.
    """
    mark = f'"{name}":"'
    at = spec.rfind(mark)
    if at < 0 and f'"{name}"' not in spec:
        return None
    if at > 0 and "\\" not in spec and spec.rfind("{") == 0:
        first = at + len(mark)
        return spec[first : spec.index('"', first)]
    found: str | None = json.loads(spec).get(name)
    return found
