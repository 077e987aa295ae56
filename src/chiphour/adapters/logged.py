"""LOGGED: batches, fixings and events go into the transparency log, in the order of their time.

Takes   an archive, its log, the observations that fixes may consider.
Gives   the leaf of each batch before a fix is made from it; the leaf of each vintage and event
        after it was kept; that of rules, numbers and code before the first fix computed so.
Keeps   a batch closed for good, in the archive, before its leaf is appended; one document of each
        vintage. What a stop left kept but not logged is appended at the next start, and what
        stands is not repeated. A leaf's time never goes back: it is the time at which its vintage
        is known, so that a replay of the same recordings gives the same log.
Source  Decisions 0017 and 0018.

Only fixings of all sources are logged: one of a single source is a study, and is not published.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from chiphour import __version__
from chiphour.adapters.archive import Archive
from chiphour.adapters.closings import CLOSE_NS
from chiphour.adapters.closings import BatchClosed
from chiphour.adapters.closings import Closed
from chiphour.adapters.closings import Fixable
from chiphour.adapters.closings import refuse_other_rows
from chiphour.adapters.lock import calculation
from chiphour.adapters.log import Log
from chiphour.index.batch import batch_root
from chiphour.index.batch import batch_strike_ns
from chiphour.index.fixing import Fixing
from chiphour.index.fixing import fixing_sha256
from chiphour.index.leaves import Batch
from chiphour.index.leaves import Event
from chiphour.index.leaves import batch_leaf
from chiphour.index.leaves import event_leaf
from chiphour.index.leaves import fix_leaf
from chiphour.index.leaves import leaf_from
from chiphour.index.revision import Revision
from chiphour.index.revision import to_json
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.observe.observation import observation_id
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso

Name = tuple[str, str, str, str]  # Parameter set, event, series, vintage.


class Logged:
    """The writer of the log of one archive. Leaves wait until the next batch or `flush`."""

    def __init__(self, archive: Archive, log: Log, read: Fixable) -> None:
        """Read what the log says, and append what is kept and missing there.

        Raises BatchClosed where the log has other rows of a strike than the archive.
        """
        self._archive = archive
        self._log = log
        self._closed = {each.strike_ns: each for each in archive.closed_batches()}
        self._closing: list[Closed] = []
        self._batches: dict[int, Batch] = {}
        self._fixes: dict[int, dict[Name, str]] = {}  # SHA-256 of each vintage, by strike.
        self._names: dict[Name, Name] = {}  # Each once: many strikes share them.
        self._strikes: dict[str, int] = {}
        self._events: set[str] = set()
        self.postponed = False  # Whether an event waits for strikes that the log has nothing of.
        self._methodology: Mapping[str, Any] | None = None
        self._last_ns = 0
        self._waiting: list[bytes] = []
        self._read_to = 0
        self.see(read)
        self._read()
        for strike in sorted(self._batches.keys() - self._closed.keys()):
            self._close(self._found(strike))  # The archive was made again from its recordings.
        self.catch_up()

    def see(self, read: Fixable) -> None:
        """Take the observations that are there now in place of those seen before."""
        self._rows = batches_of(read.rows)
        self._sequence = read.sequence

    def publishes(self, strike_ns: int) -> bool:
        """Tell whether the log has fixings of a strike: they stand, whatever came in since."""
        return strike_ns in self._fixes

    def batch(self, strike_ns: int) -> None:
        """Close the batch that a strike brings in, and add its leaf unless it stands already.

        Raises BatchClosed where it was closed with other rows.
        """
        self._read()
        found = self._found(strike_ns)
        self._close(found)
        if strike_ns not in self._batches:
            time_ns = self._time(strike_ns + CLOSE_NS)
            self._announce(time_ns)
            self._wait(batch_leaf(strike_ns, time_ns, found.rows, found.root))

    def fixings(self, fixings: Iterable[Fixing]) -> None:
        """Add the leaf of each vintage that the log has not got; they must be kept already."""
        for fixing in fixings:
            self.fixing(fixing, fixing_sha256(fixing))

    def fixing(self, fixing: Fixing, sha256: str) -> None:
        """Add the leaf of a vintage unless the log has it; `sha256` is that of its document.

        It must be kept before the next `flush`. Raises BatchClosed where the log has another
        document of that vintage.
        """
        strike_ns = fixing.strike_ns
        name = (fixing.parameter_set, fixing.revision, fixing.series, fixing.vintage)
        said = self._fixes.get(strike_ns, {}).get(name)
        if said == sha256:
            return
        if said is not None:
            raise BatchClosed(
                f"{fixing.series} {day_from_ns(strike_ns)} {fixing.vintage}: expected the document "
                f"{said} of the log, found {sha256}"
            )
        if strike_ns not in self._batches:
            self.batch(strike_ns)
        time_ns = self._time(fixing.known_ns)
        self._announce(time_ns)
        root = self._batches[strike_ns].root
        self._waiting.append(fix_leaf(fixing, time_ns, root, sha256))
        self._fixes.setdefault(strike_ns, {})[self._names.setdefault(name, name)] = sha256
        self._last_ns = time_ns

    def revision(self, revision: Revision, revises: bool) -> None:
        """Add the leaf of an event that is kept: one that revises, or an erratum."""
        if revision.id not in self._events:
            time_ns = self._time(revision.known_ns)
            self._wait(event_leaf(event_of(revision, revises), time_ns))

    def close(self) -> None:
        """Close for good, in the archive, the batches whose leaves wait: before what they made."""
        if self._closing:
            self._archive.close_batches(self._closing)
            self._closing = []

    def flush(self) -> None:
        """Close the batches and append what waits; it is durable when this returns."""
        self.close()
        if self._waiting:
            first = self._log.append(self._waiting)
            if first == self._read_to:
                self._read_to += len(self._waiting)
            self._waiting = []

    def catch_up(self) -> None:
        """Append what is kept of published strikes and not logged, in the order of its time.

        What was kept of a strike that the log has nothing of may rest on other rows: it is for
        `fix_range` to make it again, and events of such a strike wait until it has.
        """
        vintages = self._missing()
        for event in self._archive.revisions():
            if event.id in self._events:
                continue
            self.postponed = not all(map(self.publishes, event.strikes_ns))
            if self.postponed:
                break
            before = [fixing for fixing in vintages if fixing.known_ns < event.known_ns]
            self.fixings(before)
            vintages = vintages[len(before) :]
            self.revision(event, any(fixing.revision == event.id for fixing in vintages))
        self.fixings(f for f in vintages if not f.revision or f.revision in self._events)
        self.flush()

    def _missing(self) -> list[Fixing]:
        """Give what stands of published strikes and is not logged, by the time it was known."""
        logged = {sha256 for said in self._fixes.values() for sha256 in said.values()}
        kept = self._archive.fixing_hashes()
        missing = [sequence for _, sequence, sha256 in kept if sha256 not in logged]
        standing = self._archive.standing(missing)
        numbers = [sequence for sequence, strike in standing if self.publishes(strike)]
        found = dict(zip(numbers, self._archive.fixings_numbered(numbers), strict=True))
        return [found[sequence] for sequence in missing if sequence in found]

    def _found(self, strike_ns: int) -> Closed:
        """Give the batch of a strike as its rows are here."""
        ids = [observation_id(row) for row in self._rows.get(strike_ns, ())]
        return Closed(strike_ns, self._sequence, len(ids), batch_root(ids))

    def _close(self, found: Closed) -> None:
        """Hold a batch against what stands of it, or let it be closed before the next leaf."""
        strike_ns = found.strike_ns
        if strike_ns in self._batches:
            said = self._batches[strike_ns]
            refuse_other_rows(found, Closed(strike_ns, 0, said.rows, said.root), "log")
        if strike_ns in self._closed:
            refuse_other_rows(found, self._closed[strike_ns], "archive")
        else:
            self._closed[strike_ns] = found
            self._closing.append(found)

    def _read(self) -> None:
        """Read what the log says that was not read yet: another writer may have been at work."""
        self._log.refresh()
        said = list(self._log.leaves(self._read_to, self._log.size))
        for leaf in said:
            self._note(leaf)
        if said:
            self._last_ns = max(self._last_ns, leaf_from(said[-1]).time_ns)
        self._read_to += len(said)

    def _announce(self, time_ns: int) -> None:
        """Say what fixes are computed with, before the first that is computed so."""
        if self._methodology != METHODOLOGY:
            self._wait(event_leaf(METHODOLOGY, time_ns))

    def _time(self, known_ns: int) -> int:
        return max(known_ns, self._last_ns)

    def _wait(self, leaf: bytes) -> None:
        self._waiting.append(leaf)
        self._note(leaf)

    def _note(self, leaf: bytes) -> None:
        """Remember what a leaf says, so that it is not said twice."""
        if b'"type":"fix"' in leaf:
            self._note_fix(leaf.decode().split('"'))
            return
        said = leaf_from(leaf)
        self._last_ns = max(self._last_ns, said.time_ns)
        if isinstance(said, Batch):
            self._batches[said.strike_ns] = said
        elif isinstance(said, Event) and said.event["kind"] in ("revision", "erratum"):
            self._events.add(str(said.event.get("revision")))
        elif isinstance(said, Event) and said.event["kind"] == "methodology":
            self._methodology = said.event

    def _note_fix(self, words: Sequence[str]) -> None:
        """Remember the leaf of a fixing, cut at its quotes: quick, for there are many."""
        said = dict(zip(words[1:-3:4], words[3:-1:4], strict=True))
        name = (said["parameter_set"], said["revision"], said["series"], said["vintage"])
        strike_ns = self._strikes.get(said["strike"])
        if strike_ns is None:
            strike_ns = self._strikes[said["strike"]] = ns_from_iso(said["strike"])
        of_strike = self._fixes.setdefault(strike_ns, {})
        of_strike[self._names.setdefault(name, name)] = said["sha256"]


def batches_of(rows: Iterable[Observation]) -> Mapping[int, Sequence[Observation]]:
    """Group rows by the strike that they come in with."""
    found: dict[int, list[Observation]] = defaultdict(list)
    for row in rows:
        found[batch_strike_ns(row, CLOSE_NS)].append(row)
    return found


def methodology_event() -> dict[str, Any]:
    """Give the event that says what fixes are computed with: rules, numbers, register, code."""
    now = calculation()
    return {
        "kind": "methodology",
        "methodology": now["methodology"],
        "parameters": now["parameters"],
        "register_sha256": now["register"]["sha256"],
        "code_sha256": now["code_sha256"],
        "package": __version__,
    }


METHODOLOGY = methodology_event()


def event_of(revision: Revision, revises: bool) -> dict[str, Any]:
    """Give what the log says of an event. Its rows may be many: their number, and one hash."""
    document = canonical_json(to_json(revision)).encode()
    return {
        "kind": "revision" if revises else "erratum",
        "revision": revision.id,
        "cause": revision.cause,
        "strikes": [iso_from_ns(strike) for strike in revision.strikes_ns],
        "struck": len(revision.struck),
        "added": len(revision.added),
        "sha256": hashlib.sha256(document).hexdigest(),
    }
