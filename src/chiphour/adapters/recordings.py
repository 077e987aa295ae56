"""RECORDINGS: folders of recorded bodies, read into the archive and checked against it.

Takes   a folder laid out as the published recordings are, with or without a MANIFEST.csv. Which
        files are whose, and in which shape, each reader says itself (`Venue.recordings`).
Gives   a report: what was read, what is new, what no table knows, what was refused and why.
Keeps   a file that is torn, is not what the manifest says, or cannot be dated wholly out; the
        others go on. Reading a folder twice adds nothing. A refusal is kept once.
Source  Decisions 0003 and 0015; NOTICE for the recordings that are shipped.
"""

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from collections.abc import Set
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Answer
from chiphour.adapters.archive_rows import Reading
from chiphour.adapters.archive_rows import Recording
from chiphour.adapters.archive_rows import identified
from chiphour.adapters.archive_rows import reading_id
from chiphour.adapters.archive_rows import rows_root
from chiphour.adapters.bodies import BODY_BYTES_MAX
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.bodies import TooLarge
from chiphour.adapters.bodies import unpacked
from chiphour.adapters.manifest import MANIFEST
from chiphour.adapters.manifest import Listed
from chiphour.adapters.manifest import Moment
from chiphour.adapters.manifest import RecordingRefused
from chiphour.adapters.manifest import manifest_of
from chiphour.adapters.manifest import moment_captured
from chiphour.adapters.manifest import moment_of_path
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.refusal import bounded_detail
from chiphour.adapters.report import Report
from chiphour.adapters.report import Tally
from chiphour.adapters.report import with_ages
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import RateMissing
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import observation_id
from chiphour.observe.venue import Body
from chiphour.observe.venue import Reader
from chiphour.observe.venue import body_of
from chiphour.observe.venues import venues
from chiphour.units import iso_from_ns

EMBEDDED = "embedded:"  # Begins the path of a shipped recording, wherever the package lies.
ENDINGS = (".json", ".json.gz", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz")
PACKED = ".gz"
FIRST = ("ecb",)  # Sources of rates: what is priced in other currencies is read after them.
LEVELS = "index_reference/"  # Where recordings of other publishers' indices lie.

Progress = Callable[[int, int], None]  # Files done, files in all.


class Owner(NamedTuple):
    """Whose reader reads a file, and in which shape."""

    venue: str
    shape: str


class _Attempt:
    """A file being read: what is known of it when it is refused."""

    def __init__(self, file: Path, place: str, owner: Owner) -> None:
        self.file, self.place, self.owner = file, place, owner
        self.path = _path_of(file)
        self.file_sha256 = ""
        self.content: bytes | None = None
        self.time_ns = 0


class _Known:
    """What the archive holds already: where recordings lay, and what was read of any."""

    def __init__(self, archive: Archive) -> None:
        self.places = {place.path: place for place in archive.recordings()}
        self.readings = {reading.id for reading in archive.readings()}


def embedded_folder() -> Path:
    """Give the folder of the recordings that the package ships."""
    return Path(__file__).resolve().parent.parent / "recordings" / "open"


def shipped_paths() -> list[str]:
    """Give the paths under which the archive knows what is shipped and read at every start."""
    folder = embedded_folder()
    return [_path_of(file) for file in _files(folder) if _is_shown(_place(folder, file))]


def owners_of(place: str) -> list[Owner]:
    """Give the readers of a file by its path below the folder: one, unless somebody erred."""
    return [
        Owner(name, recorded.shape)
        for name, reader in venues().items()
        for recorded in reader.VENUE.recordings
        if fnmatchcase(place, recorded.glob)
    ]


def ingest(
    archive: Archive,
    folder: Path,
    progress: Progress | None = None,
    only: str | None = None,
    compared: bool = True,
) -> Report:
    """Read every recording of a folder into the archive; `only` names one venue's reader.

    `compared` False leaves out the sources that serve comparison alone: most rows, and no fix.
    Other publishers' levels are few, and stay: they are shown beside ours.
    Raises RecordingRefused where the folder or its manifest cannot be read, or holds nothing for
    any reader; a fault of one file becomes a refusal of the report, and is kept.
    """
    folder = folder.resolve()
    if only is not None and only not in venues():
        raise RecordingRefused(f"expected a venue of {', '.join(venues())}, found {only!r}")
    names = [name for name in venues() if only in (None, name)]
    listed = manifest_of(folder)
    files = _files(folder)
    owners = {file: owners_of(_place(folder, file)) for file in files}
    wanted = [file for file in files if compared or _is_shown(_place(folder, file))]
    work = {
        name: [file for file in wanted if name in {owner.venue for owner in owners[file][:1]}]
        for name in names
    }
    total = sum(map(len, work.values()))
    if total == 0:
        raise RecordingRefused(f"{folder}: expected recordings in {_folders(names)}, found none")
    known = _Known(archive)
    done = 0
    summaries = []
    for name in sorted(names, key=lambda name: (name not in FIRST, name)):
        tally = Tally(name)
        for file in work[name]:
            _count_file(archive, folder, file, owners[file], listed, known, tally)
            done += 1
            if progress is not None:
                progress(done, total)
        summaries.append(tally.summary())
    read = [file for of in work.values() for file in of]
    warnings = tuple(_warnings(folder, read, listed)) if listed is not None else ()
    unread = Counter(_place(folder, file).split("/")[0] for file in files if not owners[file])
    return Report(folder, with_ages(summaries), dict(sorted(unread.items())), warnings)


def _is_shown(place: str) -> bool:
    """Tell whether a file can move a fix, or holds another's index that stands beside it."""
    return place.startswith(LEVELS) or any(
        venues()[owner.venue].VENUE.evidence == "recorded"
        and not venues()[owner.venue].VENUE.compared
        for owner in owners_of(place)
    )


def check_raw(archive: Archive) -> str | None:
    """Check every row against the bytes it came from; give the first difference, or None.

    Every shipped recording must be what its manifest lists. One that is still where it was found
    must be what was read. Every archived body must have its hash; reading it again, with the times
    and rates of its reading, must give the stored observations, id by id; and every observation
    must belong to a reading. That a reader is another now is told last: it hides no damage.
    """
    for file, expected, how in _expected_files(archive):
        if file.is_file() and (found := _sha256_of(file)) != expected:
            return f"{file}: expected SHA-256 {expected} {how}, found {found}"
    readings = archive.readings()
    places = {*archive.recordings()}
    for reading in readings:
        difference = _difference(archive, reading, places)
        if difference is not None:
            return difference
    lost = archive.row_without_reading()
    if lost is not None:
        return f"observation {lost.id}: expected the reading {lost.reading}, found none"
    unshown = archive.venue_not_shown()
    if unshown is not None:
        return f"shown: expected the venue {unshown[1]!r} of {unshown[0]}, found none"
    checked = {reading.sha256 for reading in readings}
    for sha256 in archive.bodies.hashes():
        try:
            if sha256 not in checked:
                archive.bodies.body(sha256)
        except ArchiveDamaged as fault:
            return str(fault)
    return next(filter(None, map(_other_reader, readings)), None)


def _count_file(
    archive: Archive,
    folder: Path,
    file: Path,
    owners: list[Owner],
    listed: dict[str, Listed] | None,
    known: _Known,
    tally: Tally,
) -> None:
    """Read a file, or keep why not; count what became of it."""
    attempt = _Attempt(file, _place(folder, file), owners[0])
    try:
        if len(owners) > 1:
            both = " and ".join(f"{owner.venue} {owner.shape}" for owner in owners)
            raise RecordingRefused(f"{file}: expected one reader, found {both}")
        expected = listed.get(attempt.place) if listed is not None else None
        tally.add(*_ingest_file(archive, attempt, expected, known))
    except (RecordingRefused, UnexpectedData) as fault:
        refusal = _refusal(attempt, fault)
        archive.refuse(refusal, attempt.content, file_sha256=attempt.file_sha256)
        tally.refuse(refusal)


def _ingest_file(
    archive: Archive, attempt: _Attempt, expected: Listed | None, known: _Known
) -> tuple[Sequence[Observation], int]:
    """Give the observations of a file and how many are new; raises where it is not as expected."""
    file = attempt.file
    packed = _read_bounded(file)
    attempt.file_sha256 = hashlib.sha256(packed).hexdigest()
    if expected is not None and expected[:2] != (attempt.file_sha256, len(packed)):
        raise RecordingRefused(
            f"{file}: expected SHA-256 {expected.sha256} ({expected.bytes} bytes) as {MANIFEST} "
            f"lists it, found {attempt.file_sha256} ({len(packed)} bytes)",
            "NOT_AS_LISTED",
        )
    before = known.places.get(attempt.path)
    if before is not None and before.file_sha256 != attempt.file_sha256:
        raise RecordingRefused(
            f"{file}: expected SHA-256 {before.file_sha256} as it was read before, "
            f"found {attempt.file_sha256}",
            "CHANGED",
        )
    if before is not None:
        return [row.observation for row in archive.rows_of(before.reading)], 0
    attempt.content = _content(file, packed)
    reader = venues()[attempt.owner.venue]
    body = _body(archive, reader, attempt, expected)
    name, version = reader.VENUE.name, reader.VENUE.reader_version
    reading = reading_id(body, name)
    elsewhere = reading in known.readings
    observations = () if elsewhere else _read(reader, body)
    answer = Answer(body, observations, attempt.path, attempt.file_sha256)
    new = archive.keep_poll(name, version, [answer])
    known.readings.add(reading)
    return [row.observation for row in archive.rows_of(reading)] if elsewhere else observations, new


def _body(archive: Archive, reader: Reader, attempt: _Attempt, listed: Listed | None) -> Body:
    """Give what the reader is given; raises RecordingRefused where nothing tells the day.

    A recording was received when it was made, as far as anyone knows.
    """
    assert attempt.content is not None
    stated_ns = reader.stated_ns(attempt.content, attempt.owner.shape)
    moment = moment_of_path(attempt.place) if stated_ns is None else Moment(stated_ns, True)
    if moment is None and listed is not None:
        moment = moment_captured(listed.captured)
    if moment is None:
        raise RecordingRefused(
            f"{attempt.file}: expected a day in the body, in the path or in {MANIFEST}, found none",
            "DATE_MISSING",
        )
    attempt.time_ns = moment.time_ns
    rates = archive.rates(moment.time_ns)
    shape = attempt.owner.shape
    return body_of(attempt.content, shape, moment.time_ns, moment.time_ns, rates, moment.dated)


def _read(reader: Reader, body: Body) -> tuple[Observation, ...]:
    """Read a body; the pages that would follow are recordings of their own, if anything."""
    return tuple(item for item in reader.read(body) if isinstance(item, Observation))


def _refusal(attempt: _Attempt, fault: MarketError) -> Refusal:
    line = str(fault)
    if isinstance(fault, RecordingRefused):
        code = fault.code
    else:
        code = "RATE_MISSING" if isinstance(fault, RateMissing) else "UNREADABLE"
    return Refusal(
        source=attempt.owner.venue,
        shape=attempt.owner.shape,
        path=attempt.path,
        observed_ns=attempt.time_ns,
        received_ns=attempt.time_ns,
        code=code,
        detail=bounded_detail(line if attempt.place in line else f"{attempt.place}: {line}"),
        sha256="",
    )


def _read_bounded(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            packed = stream.read(BODY_BYTES_MAX + 1)
    except OSError as fault:
        raise RecordingRefused(f"{file}: expected a recording, found {fault.strerror}") from None
    if len(packed) > BODY_BYTES_MAX:
        detail = f"{file}: expected at most {BODY_BYTES_MAX} bytes, found more"
        raise RecordingRefused(detail, "TOO_LARGE")
    return packed


def _content(file: Path, packed: bytes) -> bytes:
    """Give the body: a file as it is, or unpacked within the bound where its name ends in .gz."""
    if not file.name.endswith(ENDINGS):
        raise RecordingRefused(f"{file}: expected a name ending {', '.join(ENDINGS)}")
    if not file.name.endswith(PACKED):
        return packed
    try:
        return unpacked(packed, BODY_BYTES_MAX)
    except (EOFError, zlib.error) as fault:
        raise RecordingRefused(f"{file}: expected a whole gzip file, found: {fault}") from None
    except TooLarge:
        detail = f"{file}: expected at most {BODY_BYTES_MAX} bytes unpacked, found more"
        raise RecordingRefused(detail, "TOO_LARGE") from None


def _files(folder: Path) -> list[Path]:
    """Give the files below a folder, by name; hidden ones and the manifest are left out."""
    if not folder.is_dir():
        return []
    return sorted(
        file
        for file in folder.rglob("*")
        if file.is_file() and not file.name.startswith(".") and file != folder / MANIFEST
    )


def _folders(names: Sequence[str]) -> str:
    """Name the folders in which these readers look."""
    found = {
        recorded.glob.split("/")[0]
        for name in names
        for recorded in venues()[name].VENUE.recordings
    }
    return ", ".join(sorted(found)) or "no folder"


def _warnings(folder: Path, read: list[Path], listed: dict[str, Listed]) -> Iterator[str]:
    """Yield a line for each folder with listed files that are missing, and each unlisted file."""
    missing: dict[str, list[str]] = {}
    for place in listed:
        if not (folder / place).is_file():
            missing.setdefault(place.split("/")[0], []).append(place)
    for name, places in sorted(missing.items()):
        yield f"{name}: {len(places)} files of {MANIFEST} are missing, the first is {places[0]}"
    for file in read:
        if _place(folder, file) not in listed:
            yield f"{file}: not listed in {MANIFEST}, so read without a check"


def _place(folder: Path, file: Path) -> str:
    return file.relative_to(folder).as_posix()


def _path_of(file: Path) -> str:
    """Give the path under which a recording is known: shipped ones without where they lie."""
    if file.is_relative_to(embedded_folder()):
        return EMBEDDED + file.relative_to(embedded_folder()).as_posix()
    return str(file)


def _file_at(path: str) -> Path:
    if path.startswith(EMBEDDED):
        return embedded_folder() / path.removeprefix(EMBEDDED)
    return Path(path)


def _expected_files(archive: Archive) -> Iterator[tuple[Path, str, str]]:
    """Yield each file whose hash is known, that hash, and from where it is known."""
    for name, listed in (manifest_of(embedded_folder()) or {}).items():
        yield embedded_folder() / name, listed.sha256, f"as {MANIFEST} lists it"
    for place in archive.recordings():
        yield _file_at(place.path), place.file_sha256, "as it was read"


def _sha256_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _other_reader(reading: Reading) -> str | None:
    """Say that a body cannot be read again: its reader is another now. None where it can."""
    reader = venues().get(reading.source)
    found = reader.VENUE.reader_version if reader else "none"
    if found == reading.reader_version:
        return None
    return f"{_where(reading)}: expected the reader {reading.reader_version}, found {found}"


def _difference(archive: Archive, reading: Reading, places: Set[Recording]) -> str | None:
    """Check a body, and what was read of it: the first difference to what is stored, or None."""
    try:
        body = archive.body_of(reading)
    except ArchiveDamaged as fault:
        return f"{_where(reading)}: {fault}"
    named = reading_id(body, reading.source)
    if named != reading.id:
        return f"{_where(reading)}: expected the reading {named}, found {reading.id}"
    if len(body.content) != reading.bytes:
        return f"{_where(reading)}: expected {len(body.content)} bytes, found {reading.bytes}"
    place = Recording(reading.path, reading.file_sha256, reading.id)
    if place not in places and place != Recording("", reading.sha256, reading.id):
        return f"{_where(reading)}: expected a recording that was read there, found none"
    if _other_reader(reading):
        return _changed_row(archive, reading)
    return _difference_of_rows(archive, reading, body)


def _difference_of_rows(archive: Archive, reading: Reading, body: Body) -> str | None:
    """Read a body again: the first way in which it does not give what is stored, or None."""
    where = _where(reading)
    try:
        again = identified(_read(venues()[reading.source], body))
    except UnexpectedData as fault:
        return f"{where}: {fault}"
    stored = {row.id: row.observation for row in archive.rows_of(reading.id)}
    # A row with times of its own may have come with another reading of the same bytes.
    elsewhere = archive.rows_named(again.keys() - stored.keys())
    kept = stored | {row.id: row.observation for row in elsewhere}
    for identifier, seen in again.items():
        if kept.get(identifier) != seen:
            found = _named(kept[identifier]) if identifier in kept else "none"
            return f"{where} row {seen.row}: expected {identifier}, found {found}"
    for identifier in stored.keys() - again.keys():
        return f"{where} row {stored[identifier].row}: expected none, found {identifier}"
    if (len(again), rows_root(again)) != (reading.rows, reading.rows_root):
        return f"{where}: expected {reading.rows} observations, found {len(again)}, or others"
    return None


def _changed_row(archive: Archive, reading: Reading) -> str | None:
    """Give the first row that is not what its id says, of a body that cannot be read again."""
    for row in archive.rows_of(reading.id):
        found = observation_id(row.observation)
        if found != row.id:
            return f"{_where(reading)} row {row.observation.row}: expected {row.id}, found {found}"
    return None


def _where(reading: Reading) -> str:
    return reading.path or f"{reading.source} at {iso_from_ns(reading.observed_ns)}"


def _named(kept: Observation) -> str:
    return f"{kept.venue} {kept.chip} {kept.price_nanousd} nanousd"
