"""ROWS: published observations, a batch of them, and which of them count at a strike.

Takes   canonical JSON lines, one observation each.
Gives   `Batch` (what entered before one strike), `Window` (the batches up to a strike); the recent
        rows of a series, those in its window and those of its book before the window.
Keeps   a row's id: the SHA-256 of its line. A batch is sorted out once, however many strikes,
        series and parameter sets look at it.
Source  docs/methodology/v2026_1.md, "Window", "Series"; decision 0012.
"""

import json
from bisect import bisect_left
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from hashlib import sha256
from itertools import repeat
from operator import itemgetter
from typing import Any
from typing import NamedTuple

from chiphour.audit.groups import COLUMNS
from chiphour.audit.groups import Group
from chiphour.audit.groups import Row
from chiphour.audit.groups import before_time
from chiphour.audit.groups import chosen
from chiphour.audit.groups import from_time
from chiphour.audit.groups import groups_of
from chiphour.audit.groups import in_time
from chiphour.audit.groups import once
from chiphour.audit.specs import Parameters
from chiphour.audit.specs import meets
from chiphour.audit.specs import quality_end
from chiphour.audit.tree import root_of_ids

# Rows that no fix considers, as the text says it.
PRICE_KINDS = ("ask", "bid_floor", "list")
UNSEEN_FLAGS = {"COMPARISON", "SCHEMA_ONLY", "UNDATED"}

Good = tuple[str, str, str]  # Chip, form, tenor: what a row is a price of.


class Shelf(NamedTuple):
    """The rows of one series in a batch; `latest_ns` tells each venue's last one."""

    cards: list[Group]
    offers: list[Group]
    latest_ns: dict[str, int]


class Batch(NamedTuple):
    """Rows that entered together, sorted out: none that no fix considers.

    `polls` has the last poll of each posted feed, by (source, venue), over all series. `narrowed`
    fills with the shelves of narrower series when they are asked for.
    """

    groups: list[Group]
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
    """What counts of a series at a strike: venues' last rows, rows in the window, all of them."""

    latest_ns: dict[str, int]
    groups: list[Group]
    shelves: list[Shelf]


_SHARED = itemgetter(*Row._fields[1:8])
_OWN = itemgetter(*Row._fields[8:])
_NEW = tuple.__new__
ID_DIGITS = 64
KINDS = [*[str] * 7, int, int, *[str] * 3, list, int, int]  # Of its fields, without the id.


def read_row(line: bytes, loads: Callable[[bytes], Any] = json.loads) -> Row:
    """Read one canonical JSON line; raises KeyError where it lacks a field."""
    return read_rows((line,), loads)[0]


def read_rows(lines: Iterable[bytes], loads: Callable[[bytes], Any] = json.loads) -> list[Row]:
    """Read canonical JSON lines, one observation each, with or without what ends them."""
    plain = (line.rstrip(b"\n") for line in lines)
    return read_named(((sha256(line).hexdigest(), line) for line in plain), loads)


class Reading:
    """Canonical JSON lines of one batch, read when they were proved."""

    def __init__(self, loads: Callable[[bytes], Any] = json.loads) -> None:
        """Begin without any."""
        self._blocks: list[bytes] = []
        self._loads = loads

    def add(self, block: bytes) -> None:
        """Take some whole lines; nothing is said of them yet."""
        self._blocks.append(block)

    def root(self, ids: bytes) -> bytes:
        """Give the root over ids of 32 bytes, one behind another."""
        return root_of_ids(ids)

    def groups(self, ids: bytes) -> list[Group]:
        """Give the rows, with their ids; raises ValueError, KeyError, TypeError or the like."""
        return read_groups(zip(names_of(ids), self.lines(), strict=True), self._loads)

    def lines(self) -> Iterator[bytes]:
        """Give the lines that were taken, without what ends them."""
        for block in self._blocks:
            yield from block.split(b"\n")[:-1]


def names_of(ids: bytes) -> list[str]:
    """Write ids, one behind another, as rows are named: 64 hexadecimal digits each."""
    text = ids.hex()
    return [text[at : at + ID_DIGITS] for at in range(0, len(text), ID_DIGITS)]


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
        what, own = _fields_of(line, loads)
        price, gpus, machine, host, spec, flags, observed, received = own
        values = (
            *(identifier, *once(what, what), price, gpus, word(machine, machine)),
            *(word(host, host), spec, tuple(flags), observed, received),
        )
        rows.append(_NEW(Row, values))
    return rows


def read_groups(
    named: Iterable[tuple[str, bytes]], loads: Callable[[bytes], Any] = json.loads
) -> list[Group]:
    """Read canonical JSON lines with their ids into columns, without a row for each."""
    found: dict[Any, tuple[list[Any], ...]] = {}
    words: dict[str, str] = {}
    word = words.setdefault
    for identifier, line in named:
        what, own = _fields_of(line, loads)
        price, gpus, machine, host, spec, flags, observed, received = own
        key = what, tuple(flags)
        if key not in found:
            found[key] = tuple([] for _ in range(COLUMNS))
        ids, prices, sizes, machines, hosts, specs, ends, times, receipts = found[key]
        end = quality_end(spec)
        ids.append(identifier)
        prices.append(price)
        sizes.append(gpus)
        machines.append(word(machine, machine))
        hosts.append(word(host, host))
        specs.append(spec)
        ends.append(word(end, end))
        times.append(observed)
        receipts.append(received)
    return [
        in_time(Group._make([chip, form, tenor, feed, source, venue, kind, flags, *columns, str]))
        for ((source, venue, feed, kind, chip, form, tenor), flags), columns in found.items()
    ]


def _fields_of(
    line: bytes, loads: Callable[[bytes], Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Read what rows share and what each has alone; raises ValueError, KeyError or TypeError."""
    if not (line.startswith(b"{") and line.endswith(b"}")):
        raise ValueError("a line that is no object alone")
    fields = loads(line)
    what, own = _SHARED(fields), _OWN(fields)
    if [*map(type, what), *map(type, own)] != KINDS:
        raise TypeError("a field of another kind")
    return what, own


def batch_of(rows: Iterable[Row]) -> Batch:
    """Sort out rows that entered together; one that is given twice counts once."""
    return batch_from(groups_of({row.id: row for row in rows}.values()))


def batch_from(groups: Iterable[Group]) -> Batch:
    """Sort out groups of rows that entered together, no two of which stand in the same place."""
    every: list[Group] = []
    shelves: dict[Good, Shelf] = {}
    polls: dict[tuple[str, str], int] = {}
    for group in groups:
        if not group.ids or group.kind not in PRICE_KINDS or set(group.flags) & UNSEEN_FLAGS:
            continue
        every.append(group)
        feed = group.source, group.venue
        latest_ns = group.observed_ns[-1]
        shelf = shelves.setdefault((group.chip, group.form, group.tenor), Shelf([], [], {}))
        shelf.latest_ns[group.venue] = max(latest_ns, shelf.latest_ns.get(group.venue, latest_ns))
        if group.feed == "book":
            shelf.offers.append(group)
        else:
            shelf.cards.append(group)
            polls[feed] = max(latest_ns, polls.get(feed, latest_ns))
    observed_ns = max((group.observed_ns[-1] for group in every), default=0)
    received_ns = max((max(group.received_ns) for group in every), default=0)
    return Batch(every, shelves, polls, observed_ns, received_ns, {})


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

        def stands(observed_ns: int, received_ns: int, row: str) -> bool:
            return (
                observed_ns < window.strike_ns
                and (received_ns < closed_ns or row in added)
                and row not in struck
            )

        window.found[key] = [
            batch
            if batch.observed_ns_max < window.strike_ns
            and batch.received_ns_max < closed_ns
            and not (source or struck)
            else batch_from(
                chosen(group, map(stands, group.observed_ns, group.received_ns, group.ids))
                for group in batch.groups
                if source in ("", group.source)
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
    seen, from_batches = Seen({}, [], []), 0
    for batch in batches:
        shelf = _shelf_of(series, batch)
        if shelf is None:
            continue
        before = len(seen.groups)
        seen.shelves.append(shelf)
        for venue, latest_ns in shelf.latest_ns.items():
            if latest_ns >= memory_ns:
                seen.latest_ns[venue] = max(latest_ns, seen.latest_ns.get(venue, latest_ns))
        for card in shelf.cards:
            # No row of the feed is later than its poll.
            _add(from_time(card, max(card_ns, polls[card.source, card.venue])), seen.groups)
        for offer in shelf.offers:
            _add(from_time(offer, book_ns), seen.groups)
        from_batches += len(seen.groups) > before
    # A batch has each row once.
    return seen if from_batches < 2 else seen._replace(groups=once(seen.groups))


def _add(group: Group, groups: list[Group]) -> None:
    """Keep a group that has any rows."""
    if group.ids:
        groups.append(group)


def offers_before(seen: Seen, strike_ns: int, parameters: Parameters) -> list[Group]:
    """Give the book rows before the window that can tell which machines just vanished."""
    back_ns = parameters["carry_ns"] + parameters["carry_stretch_ns"]
    first_ns = strike_ns - min(back_ns, parameters["memory_ns"])
    end_ns = strike_ns - parameters["book_window_ns"]
    return once(
        from_time(before_time(offer, end_ns), first_ns)
        for shelf in seen.shelves
        for offer in shelf.offers
    )


def has_offers_between(seen: Seen, first_ns: int, end_ns: int) -> bool:
    """Tell whether a book has rows from one time on and before another."""
    return any(
        bisect_left(offer.observed_ns, first_ns) < bisect_left(offer.observed_ns, end_ns)
        for shelf in seen.shelves
        for offer in shelf.offers
    )


def _narrower(group: Group, asked: Mapping[str, Any]) -> Group:
    specs = map(group.spec_of, group.specs)
    return chosen(group, map(meets, group.gpus, specs, repeat(asked)))


def _shelf_of(series: Mapping[str, Any], batch: Batch) -> Shelf | None:
    """Give the rows of a series in a batch: of a narrower one, those that state all it asks."""
    whole = batch.shelves.get((series["chip"], series["form"], series["tenor"]))
    asked = series["filter"]
    if whole is None or not any(asked.values()):
        return whole
    found = batch.narrowed.get(series["ticker"])
    if found is None:
        cards, offers = (
            [narrow for narrow in map(_narrower, groups, repeat(asked)) if narrow.ids]
            for groups in (whole.cards, whole.offers)
        )
        latest: dict[str, int] = {}
        for group in (*cards, *offers):
            latest_ns = group.observed_ns[-1]
            latest[group.venue] = max(latest_ns, latest.get(group.venue, latest_ns))
        found = batch.narrowed[series["ticker"]] = Shelf(cards, offers, latest)
    return found
