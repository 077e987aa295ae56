"""DAYS: the rows and fixings of a bundle, day after day, held to the log and recomputed.

Takes   a bundle whose log is proved; days in rising order; one series, or all.
Gives   how many fixings were recomputed, how many came out as published, the first difference,
        which leaves of the log were found to say what the folder says.
Keeps   a batch in memory for the seven days for which strikes look back on it, read once. A row
        counts only under a root that the log had before the fix.
Source  Decision 0019; docs/methodology/v2026_1.md, "Window", "Vintages".
"""

import gc
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from datetime import date
from datetime import timedelta
from hashlib import sha256
from itertools import groupby
from itertools import pairwise
from typing import NamedTuple

from chiphour.audit.folder import BATCHES
from chiphour.audit.folder import FIXINGS
from chiphour.audit.folder import Bundle
from chiphour.audit.folder import Differs
from chiphour.audit.folder import Document
from chiphour.audit.folder import blocks_of
from chiphour.audit.folder import lines_in
from chiphour.audit.groups import Group
from chiphour.audit.groups import chosen
from chiphour.audit.groups import joined
from chiphour.audit.rows import Batch
from chiphour.audit.rows import batch_from
from chiphour.audit.rows import window_of
from chiphour.audit.rules import audit_fixing

IN_FORCE = "v2026_1"  # Whose close decides into which batch a row enters.
DAY_NS = 86_400_000_000_000
STRIKE_NS = 1_800_000_000_000  # Of the day: 00:30 UTC.
DAYS_BACK = 7  # Batches that a strike looks back on, its own included.
VINTAGE_FIELDS = ("vintage", "known_ns", "revision")
BEGINNING = date(1970, 1, 1)

Name = tuple[str, str]  # Series and parameter set.


class Part(NamedTuple):
    """What was found in some days; `proved` are leaves of the log."""

    checked: int
    matched: int
    first_difference: str | None
    proved: set[int]


class Published(NamedTuple):
    """A document of a fixing: where it stands, and at which leaf the log has it."""

    where: str
    leaf: int
    document: Document


def check_days(bundle: Bundle, days: Sequence[str], only: str | None, as_of_ns: int | None) -> Part:
    """Check days in rising order; what they rest on before the first is proved as well.

    Rows are many and form no cycles, so nothing looks for cycles meanwhile.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return _checked(bundle, days, only, as_of_ns)
    finally:
        if collects:
            gc.enable()


def _checked(bundle: Bundle, days: Sequence[str], only: str | None, as_of_ns: int | None) -> Part:
    part = Part(0, 0, None, set())
    differences: list[str] = []
    rows = Rows(bundle, part.proved)
    try:
        before = _before(bundle, days[0], only, part.proved)
    except Differs as fault:
        return part._replace(first_difference=str(fault))
    for day in days:
        try:
            rows.look_back_from(day)
            published = fixings_of(bundle, day, only)
            answers = _answers(bundle, rows, day, published, before, as_of_ns)
        except Differs as fault:
            differences.append(str(fault))
            continue
        part.proved.update(each.leaf for each in published)
        differences += [answer for answer in answers if answer is not None]
        checked, matched = len(answers), answers.count(None)
        part = part._replace(checked=part.checked + checked, matched=part.matched + matched)
    return part._replace(first_difference=differences[0] if differences else None)


class Rows:
    """The batches on which strikes look back, day after day."""

    def __init__(self, bundle: Bundle, proved: set[int]) -> None:
        """Begin without any; the leaves of those that are read are added to `proved`."""
        self._bundle = bundle
        self._proved = proved
        self._batches: dict[str, Batch | Differs] = {}
        self._late: dict[str, Group] = {}  # Of one row each.

    def look_back_from(self, day: str) -> None:
        """Read and prove the batches that a strike looks back on; raises Differs."""
        days = [_moved(day, back) for back in range(1 - DAYS_BACK, 1)]
        self._batches = {each: self._batches.get(each) or self._proven(each) for each in days}
        for found in self._batches.values():
            if isinstance(found, Differs):
                raise found

    def batches(self) -> list[Batch]:
        """Give the batches that were looked back on."""
        return [found for found in self._batches.values() if isinstance(found, Batch)]

    def late(self, day: str, ids: Sequence[str], until_ns: int) -> Batch:
        """Give the rows of these ids that came in after a strike, by a time; raises Differs."""
        wanted = set(ids) - self._late.keys()
        if wanted:
            wanted.difference_update(
                *(group.ids for batch in self.batches() for group in batch.groups)
            )
        while wanted and strike_of(day) < until_ns:
            day = _moved(day, 1)
            for group in batch_rows(self._bundle, day):
                for row in wanted.intersection(group.ids):
                    self._late[row] = chosen(group, map(row.__eq__, group.ids))
            wanted -= self._late.keys()
        return batch_from(joined(self._late[each] for each in ids if each in self._late))

    def _proven(self, day: str) -> Batch | Differs:
        try:
            batch = batch_from(batch_rows(self._bundle, day))
        except Differs as fault:
            return fault
        if day in self._bundle.logged.batches:
            self._proved.add(self._bundle.logged.batches[day].leaf)
        return batch


def batch_rows(bundle: Bundle, day: str) -> Sequence[Group]:
    """Read the rows that came in with a strike, and prove them; raises Differs."""
    path = f"{BATCHES}/{day}.jsonl"
    logged = bundle.logged.batches.get(day)
    if path not in bundle.files:
        if logged is not None:
            raise Differs(f"{path}: expected a batch of {logged.rows} rows, found no file")
        return []
    found: list[bytes] = []
    reader = bundle.reads()
    for block in blocks_of(bundle.folder, bundle.files, path):
        found += [sha256(line).digest() for line in lines_in(block)]
        reader.add(block)
    if any(map(bytes.__ge__, found, found[1:])):
        raise Differs(f"{path}: expected rows in rising order of their ids, each once")
    ids = b"".join(found)
    root = reader.root(ids).hex()
    if logged is None or (logged.root, logged.rows) != (root, len(found)):
        said = "a root in the log" if logged is None else f"the root {logged.root} of the log"
        raise Differs(f"{path}: expected {said}, found {root} over {len(found)} rows")
    try:
        groups = reader.groups(ids)
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Differs(f"{path}: expected an observation a line, found {fault!r}") from None
    _refuse_strangers(bundle, path, day, groups)
    return groups


def _refuse_strangers(bundle: Bundle, path: str, day: str, groups: Sequence[Group]) -> None:
    """Raise Differs for a row that came in with another strike."""
    strike_ns = strike_of(day)
    closed_ns = strike_ns + int(bundle.tables.parameters[IN_FORCE]["close_ns"])
    opened_ns, reopened_ns = strike_ns - DAY_NS, closed_ns - DAY_NS
    for group in groups:
        if (
            group.observed_ns[-1] < strike_ns
            and max(group.received_ns) < closed_ns
            and group.observed_ns[0] >= opened_ns
        ):
            continue  # As almost always; else the row is sought.
        times = zip(group.observed_ns, group.received_ns, group.ids, strict=True)
        for observed_ns, received_ns, row in times:
            if (
                observed_ns >= strike_ns
                or received_ns >= closed_ns
                or (observed_ns < opened_ns and received_ns < reopened_ns)
            ):
                raise Differs(f"{path}: row {row}: expected one that came in on {day}")


def fixings_of(bundle: Bundle, day: str, only: str | None = None) -> list[Published]:
    """Read the fixings of a strike and find each in the log; raises Differs."""
    path, logged = f"{FIXINGS}/{day}.jsonl", bundle.logged.fixes.get(day, {})
    found = [
        _published(bundle, day, f"{path}: line {number}", line)
        for number, line in _fixing_lines(bundle, day, only)
    ]
    places = [_place(bundle, each.document) for each in found]
    if any(first > second for first, second in pairwise(places)):
        raise Differs(f"{path}: expected fixings by series, parameter set and time known")
    if only is None and len({each.leaf for each in found}) != len(logged):
        raise Differs(f"{path}: expected the {len(logged)} fixings of the log, found {len(found)}")
    return found


def _fixing_lines(bundle: Bundle, day: str, only: str | None) -> Iterator[tuple[int, bytes]]:
    """Give the numbered lines of a day's fixings, of one series or all; raises Differs."""
    path, logged = f"{FIXINGS}/{day}.jsonl", bundle.logged.fixes.get(day, {})
    if path not in bundle.files:
        if logged:
            raise Differs(f"{path}: expected {len(logged)} fixings of the log, found no file")
        return
    marked = b"" if only is None else b'"series":"%s"' % only.encode()
    blocks = blocks_of(bundle.folder, bundle.files, path)
    lines = [line for block in blocks for line in lines_in(block)]
    yield from (found for found in enumerate(lines, 1) if marked in found[1])


def _published(bundle: Bundle, day: str, where: str, line: bytes) -> Published:
    """Read a fixing, and find its leaf after that of its batch; raises Differs."""
    digest = sha256(line).hexdigest()
    leaf, root = bundle.logged.fixes.get(day, {}).get(digest, (None, ""))
    if leaf is None:
        raise Differs(f"{where}: expected a leaf of the log with SHA-256 {digest}, found none")
    batch = bundle.logged.batches.get(day)
    if batch is None or batch.root != root or batch.leaf > leaf:
        found = "found none" if batch is None else f"found {batch.root} at leaf {batch.leaf}"
        raise Differs(f"{where}: expected its batch {root} in the log before leaf {leaf}, {found}")
    try:
        document = bundle.loads(line)
        sound = document["strike_ns"] == strike_of(day) and document["source"] == ""
        _place(bundle, document)
    except (ValueError, KeyError, TypeError) as fault:
        raise Differs(f"{where}: expected a fixing, found {fault!r}") from None
    if not sound:
        raise Differs(f"{where}: expected a fixing of {day} from all sources")
    return Published(where, leaf, document)


def _place(bundle: Bundle, document: Document) -> tuple[int, str, int]:
    number = bundle.tables.series[document["series"]]["number"]
    return number, document["parameter_set"], document["known_ns"]


# -- vintages -----------------------------------------------------------------------------


class Before:
    """The fixings of earlier days that a fix may be split against, by series and set."""

    def __init__(self) -> None:
        """Begin without any."""
        self._kept: dict[Name, list[list[Document]]] = {}

    def add(self, vintages: Sequence[Document], first: bool = False) -> None:
        """Keep the vintages of a fixing: of a later day than all kept, or of an earlier one."""
        kept = self._kept.setdefault(_name(vintages[0]), [])
        if first:
            kept.insert(0, list(vintages))
            return
        if all(each["state"] == "fixed" for each in vintages):
            kept.clear()  # Whatever the time asked for, one of these stands.
        kept.append(list(vintages))

    def last_fixed(self, name: Name, known_ns: int) -> Document | None:
        """Give the last fixing that was not suppressed, as it was known at a time."""
        for vintages in reversed(self._kept.get(name, [])):
            known = [each for each in vintages if each["known_ns"] <= known_ns]
            if known and known[-1]["state"] == "fixed":
                return known[-1]
        return None

    def is_settled(self, name: Name) -> bool:
        """Tell whether no earlier day than those kept can matter."""
        kept = self._kept.get(name, [])
        return bool(kept) and all(each["state"] == "fixed" for each in kept[0])


def _before(bundle: Bundle, day: str, only: str | None, proved: set[int]) -> Before:
    """Find the last fixings before a day, however long ago; each is found in the log."""
    before = Before()
    names = {
        (series, parameter_set)
        for series in bundle.tables.series
        for parameter_set in bundle.tables.parameters
        if only in (None, series)
    }
    earlier = [each for each in fixing_days(bundle) if each < day]
    while earlier and names:
        some = earlier.pop()
        found = [
            _published(bundle, some, f"{FIXINGS}/{some}.jsonl: line {number}", line)
            for number, line in _fixing_lines(bundle, some, only)
            if b'"state":"fixed"' in line or b'"revision":""' not in line
        ]
        for name, vintages in _grouped(found):
            if name in names:
                before.add([each.document for each in vintages], first=True)
                proved.update(each.leaf for each in vintages)
        names = {name for name in names if not before.is_settled(name)}
    return before


def _answers(
    bundle: Bundle,
    rows: Rows,
    day: str,
    published: Sequence[Published],
    before: Before,
    as_of_ns: int | None,
) -> list[str | None]:
    """Recompute the vintages of a strike that are asked for; give what differs, in their order."""
    revisions = {
        each["id"]: each for each in bundle.revisions if strike_of(day) in each["strikes_ns"]
    }
    windows = {"": window_of(rows.batches(), strike_of(day))}
    answers: list[str | None] = []
    for name, vintages in _grouped(published):
        wanted = _wanted(vintages, as_of_ns)
        for at in wanted:
            one, document = vintages[at], vintages[at].document
            answer = _vintage_fault(vintages, at, revisions)
            if answer is None and at == 1 and 0 in wanted and _is_copy(bundle, vintages):
                answers.append(answers[-1])  # It follows if the provisional one does.
                continue
            change = revisions.get(document["revision"])
            if change is not None and change["id"] not in windows:
                late = rows.late(day, change["added"], change["known_ns"])
                windows[change["id"]] = window_of([*rows.batches(), late], strike_of(day))
            previous = before.last_fixed(name, _close_of(bundle, document))
            window = windows.get(document["revision"], windows[""])
            answer = answer or audit_fixing(document, window, previous, bundle.tables, change)
            answers.append(None if answer is None else f"{one.where}: {answer}")
        before.add([each.document for each in vintages])
    return answers


def _is_copy(bundle: Bundle, vintages: Sequence[Published]) -> bool:
    """Tell whether the second vintage is the first one, final at its time."""
    first, second = (each.document for each in vintages[:2])
    final_ns = bundle.tables.parameters[second["parameter_set"]]["final_ns"]
    known = {"vintage": "final", "known_ns": second["strike_ns"] + final_ns}
    return second == first | known


def _close_of(bundle: Bundle, document: Document) -> int:
    """Give the time as of which the fixing before counts: the close, or that of the event."""
    if document["vintage"] == "revised":
        return int(document["known_ns"])
    close_ns = bundle.tables.parameters[document["parameter_set"]]["close_ns"]
    return int(document["strike_ns"] + close_ns)


def _wanted(vintages: Sequence[Published], as_of_ns: int | None) -> Sequence[int]:
    """Give the places of the vintages to recompute: all, or the one that stood at a time."""
    if as_of_ns is None:
        return range(len(vintages))
    return range(sum(each.document["known_ns"] <= as_of_ns for each in vintages))[-1:]


def _vintage_fault(
    vintages: Sequence[Published], at: int, revisions: Mapping[str, Document]
) -> str | None:
    """Tell what a vintage may not be where it stands: provisional, then final, then revised."""
    one, vintage = vintages[at], vintages[at].document["vintage"]
    if (vintage == "provisional") != (at == 0):
        expected = "a provisional fixing first" if at == 0 else "one provisional fixing"
        return f"vintage: expected {expected}, found {vintage}"
    earlier = vintages[at - 1].document
    if vintage == "final" and earlier["vintage"] == "provisional":
        for field, value in one.document.items():
            if field not in VINTAGE_FIELDS and value != earlier.get(field):
                return f"{field}: expected the final fixing as it was before, found another"
    if vintage == "revised":
        change = revisions.get(one.document["revision"])
        if change is None or change["leaf"] > one.leaf:
            return f"revision: expected the event {one.document['revision']} in the log before it"
    return None


def _grouped(published: Sequence[Published]) -> Iterator[tuple[Name, list[Published]]]:
    """Give the vintages of each series and parameter set, which stand together."""
    for name, vintages in groupby(published, lambda each: _name(each.document)):
        yield name, list(vintages)


def _name(document: Document) -> Name:
    return document["series"], document["parameter_set"]


# -- days and lines -----------------------------------------------------------------------


def fixing_days(bundle: Bundle) -> list[str]:
    """List the days that have fixings, here or in the log, in rising order."""
    here = {path.split("/")[1].removesuffix(".jsonl") for path in bundle.files if _is_day(path)}
    return sorted(here | bundle.logged.fixes.keys() | bundle.logged.batches.keys())


def strike_of(day: str) -> int:
    """Give the strike of a day, 00:30 UTC, in nanoseconds; raises ValueError."""
    return (date.fromisoformat(day) - BEGINNING).days * DAY_NS + STRIKE_NS


def _is_day(path: str) -> bool:
    return path.startswith((f"{BATCHES}/", f"{FIXINGS}/"))


def _moved(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()
