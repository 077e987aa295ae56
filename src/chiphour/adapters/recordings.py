"""RECORDINGS: folders of recorded bodies, read into the archive and checked against it.

Takes   a folder laid out `<venue's folder>/<any>/<body>.json[.gz]`, with or without a MANIFEST.csv.
Gives   a report: what was read, what is new, what no table knows, what was refused and why.
Keeps   a file that is torn or is not what the manifest says wholly out; the others go on.
        Reading a folder twice adds nothing.
Source  Decision 0005; NOTICE for the recordings that are shipped.

    MarketError
    └── RecordingRefused    a folder or file that cannot be read as a recording
"""

import csv
import gzip
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters.archive import Archive
from chiphour.adapters.archive import ArchiveDamaged
from chiphour.adapters.archive import BodyRow
from chiphour.adapters.archive import rows_root
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import observation_id
from chiphour.observe.venue import Reader
from chiphour.observe.venues import venues

MANIFEST = "MANIFEST.csv"
BODY_BYTES_MAX = 64 << 20  # A body larger than this, packed or not, is not one of ours.
EMBEDDED = "embedded:"  # Begins the path of a shipped recording, wherever the package lies.

Progress = Callable[[int, int], None]  # Files done, files in all.


class RecordingRefused(MarketError):
    """A folder or file that cannot be read as a recording."""


class Listed(NamedTuple):
    """What a manifest says of a file."""

    sha256: str
    bytes: int


class Summary(NamedTuple):
    """What was read for one venue. `gpus` sums the largest offer seen of each machine."""

    venue: str
    files: int
    rows: int
    machines: int
    gpus: int
    new: int
    flagged: int  # Rows with any flag.
    flags: dict[str, int]  # Flag: rows.
    unmapped: dict[tuple[str, str], int]  # (chip | tenor | venue, the source's name): rows.
    refused: tuple[str, ...]


class Report(NamedTuple):
    """What became of a folder. `unread` counts the files of folders without a reader."""

    folder: Path
    venues: tuple[Summary, ...]
    unread: dict[str, int]
    warnings: tuple[str, ...]

    @property
    def refused(self) -> tuple[str, ...]:
        """Give one line for each file that was refused."""
        return tuple(line for summary in self.venues for line in summary.refused)


def embedded_folder() -> Path:
    """Give the folder of the recordings that the package ships."""
    return Path(__file__).resolve().parent.parent / "recordings" / "open"


def shipped_paths() -> list[str]:
    """Give the paths under which the archive knows the shipped recordings that have a reader."""
    folders = [embedded_folder() / reader.VENUE.recordings for reader in venues().values()]
    return [_path_of(file) for folder in folders for file in _files(folder)]


def ingest(
    archive: Archive, folder: Path, progress: Progress | None = None, only: str | None = None
) -> Report:
    """Read every recording of a folder into the archive; `only` names one venue's reader.

    Raises RecordingRefused where the folder or its manifest cannot be read, or holds nothing for
    any reader; a fault of one file becomes a line of the report.
    """
    folder = folder.resolve()
    readers = {name: reader for name, reader in venues().items() if only in (None, name)}
    if not readers:
        raise RecordingRefused(f"expected a venue of {', '.join(venues())}, found {only!r}")
    listed = _manifest(folder)
    work = {name: _files(folder / reader.VENUE.recordings) for name, reader in readers.items()}
    if not any(work.values()):
        wanted = ", ".join(reader.VENUE.recordings for reader in readers.values())
        raise RecordingRefused(f"{folder}: expected recordings in {wanted}, found none")
    known = {place.path: place.file_sha256 for place in archive.recordings()}
    total = sum(map(len, work.values()))
    done = 0
    summaries = []
    for name, reader in readers.items():
        tally = _Tally(name)
        for file in work[name]:
            place = file.relative_to(folder).as_posix()
            try:
                expected = listed.get(place) if listed is not None else None
                tally.add(*_ingest_file(archive, reader, file, expected, known))
            except (RecordingRefused, UnexpectedData) as fault:
                tally.refuse(fault, place)
            done += 1
            if progress is not None:
                progress(done, total)
        summaries.append(tally.summary())
    warnings = tuple(_warnings(folder, work, listed)) if listed is not None else ()
    return Report(folder, tuple(summaries), _unread(folder), warnings)


def check_raw(archive: Archive) -> str | None:
    """Check every row against the bytes it came from; give the first difference, or None.

    Every shipped recording must be what its manifest lists. One that is still where it was found
    must be what was read; an archived body must have its hash; reading the body again must give
    the stored observations, id by id.
    """
    for file, expected, how in _expected_files(archive):
        if file.is_file() and (found := _sha256_of(file)) != expected:
            return f"{file}: expected SHA-256 {expected} {how}, found {found}"
    for row in archive.bodies():
        difference = _difference(archive, row)
        if difference is not None:
            return difference
    return None


def _ingest_file(
    archive: Archive,
    reader: Reader,
    file: Path,
    expected: Listed | None,
    known: dict[str, str],
) -> tuple[Sequence[Observation], int]:
    """Give the observations of a file and how many are new; raises where it is not as expected."""
    packed = _read_bounded(file)
    file_sha256 = hashlib.sha256(packed).hexdigest()
    if expected is not None and expected != Listed(file_sha256, len(packed)):
        raise RecordingRefused(
            f"{file}: expected SHA-256 {expected.sha256} ({expected.bytes} bytes) as {MANIFEST} "
            f"lists it, found {file_sha256} ({len(packed)} bytes)"
        )
    path = _path_of(file)
    if known.get(path, file_sha256) != file_sha256:
        raise RecordingRefused(
            f"{file}: expected SHA-256 {known[path]} as it was read before, found {file_sha256}"
        )
    body = _unpacked(file, packed)
    sha256 = hashlib.sha256(body).hexdigest()
    if path in known:
        return [observation for _, observation in archive.rows_of_body(sha256)], 0
    received_ns = reader.fetched_ns(body)
    observations = list(reader.read(body, received_ns, sha256))
    new = archive.keep(
        body,
        reader.VENUE.name,
        path,
        received_ns,
        observations,
        reader_version=reader.VENUE.reader_version,
        file_sha256=file_sha256,
    )
    return observations, new


def _read_bounded(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            packed = stream.read(BODY_BYTES_MAX + 1)
    except OSError as fault:
        raise RecordingRefused(f"{file}: expected a recording, found {fault.strerror}") from None
    if len(packed) > BODY_BYTES_MAX:
        raise RecordingRefused(f"{file}: expected at most {BODY_BYTES_MAX} bytes, found more")
    return packed


def _unpacked(file: Path, packed: bytes) -> bytes:
    """Give the body: a .json as it is, a .json.gz unpacked within the bound."""
    if file.suffix == ".json":
        return packed
    if not file.name.endswith(".json.gz"):
        raise RecordingRefused(f"{file}: expected a name ending .json or .json.gz")
    try:
        with gzip.open(file, "rb") as stream:
            body = stream.read(BODY_BYTES_MAX + 1)
    except (EOFError, OSError, zlib.error) as fault:
        raise RecordingRefused(f"{file}: expected a whole gzip file, found: {fault}") from None
    if len(body) > BODY_BYTES_MAX:
        raise RecordingRefused(f"{file}: expected at most {BODY_BYTES_MAX} bytes unpacked")
    return body


class _Tally:
    """Counts the rows of one venue as its files are read."""

    def __init__(self, venue: str) -> None:
        self._venue = venue
        self._files = self._rows = self._new = 0
        self._gpus: dict[str, int] = {}
        self._unmapped: Counter[tuple[str, str]] = Counter()
        self._flagged = 0
        self._flags: Counter[str] = Counter()
        self._refused: list[str] = []

    def add(self, observations: Sequence[Observation], new: int) -> None:
        self._files += 1
        self._rows += len(observations)
        self._new += new
        for seen in observations:
            self._flagged += bool(seen.flags)
            self._flags.update(seen.flags)
            self._unmapped.update(_unmapped(seen))
            if seen.machine_key:
                most = max(seen.gpus, self._gpus.get(seen.machine_key, 0))
                self._gpus[seen.machine_key] = most

    def refuse(self, fault: MarketError, place: str) -> None:
        line = str(fault)
        self._refused.append(line if place in line else f"{place}: {line}")

    def summary(self) -> Summary:
        return Summary(
            self._venue,
            self._files,
            self._rows,
            len(self._gpus),
            sum(self._gpus.values()),
            self._new,
            self._flagged,
            dict(sorted(self._flags.items())),
            dict(sorted(self._unmapped.items())),
            tuple(self._refused),
        )


def _unmapped(seen: Observation) -> Iterator[tuple[str, str]]:
    """Yield what no table knew, by the source's own name."""
    if "CHIP_UNKNOWN" in seen.flags:
        yield "chip", str(json.loads(seen.spec)["chip_name"])
    if "TENOR_UNKNOWN" in seen.flags:
        yield "tenor", str(json.loads(seen.terms)["kind"])
    if "VENUE_UNKNOWN" in seen.flags:
        yield "venue", seen.venue


def _manifest(folder: Path) -> dict[str, Listed] | None:
    """Give what the manifest in the folder or its parent says, by path below the folder."""
    if (folder / MANIFEST).is_file():
        file, prefix = folder / MANIFEST, "open/"
    elif (folder.parent / MANIFEST).is_file():
        file, prefix = folder.parent / MANIFEST, f"{folder.name}/"
    else:
        return None
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            rows = [
                (row["path"], Listed(row["sha256"], int(row["bytes"])))
                for row in csv.DictReader(stream)
            ]
    except (KeyError, TypeError, ValueError, OSError) as fault:
        raise RecordingRefused(
            f"{file}: expected the columns path, sha256, bytes in each row, found {fault!r}"
        ) from None
    inside = file.parent == folder
    return {
        path.removeprefix(prefix): listed
        for path, listed in rows
        if inside or path.startswith(prefix)
    }


def _files(folder: Path) -> list[Path]:
    """Give the files below a folder, by name; hidden ones are left out."""
    if not folder.is_dir():
        return []
    return sorted(
        file for file in folder.rglob("*") if file.is_file() and not file.name.startswith(".")
    )


def _unread(folder: Path) -> dict[str, int]:
    """Count the files of folders for which there is no reader yet."""
    read = {reader.VENUE.recordings for reader in venues().values()}
    others = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return {name: len(_files(folder / name)) for name in others if name not in read}


def _warnings(
    folder: Path, work: dict[str, list[Path]], listed: dict[str, Listed]
) -> Iterator[str]:
    """Yield a line for each folder with listed files that are missing, and each unlisted file."""
    missing: dict[str, list[str]] = {}
    for place in listed:
        if not (folder / place).is_file():
            missing.setdefault(place.split("/")[0], []).append(place)
    for name, places in sorted(missing.items()):
        yield f"{name}: {len(places)} files of {MANIFEST} are missing, the first is {places[0]}"
    for file in (file for files in work.values() for file in files):
        if file.relative_to(folder).as_posix() not in listed:
            yield f"{file}: not listed in {MANIFEST}, so read without a check"


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
    for name, listed in (_manifest(embedded_folder()) or {}).items():
        yield embedded_folder() / name, listed.sha256, f"as {MANIFEST} lists it"
    for place in archive.recordings():
        yield _file_at(place.path), place.file_sha256, "as it was read"


def _sha256_of(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _difference(archive: Archive, row: BodyRow) -> str | None:
    """Read a body again: the first way in which it is not what is stored, or None."""
    reader = venues().get(row.source)
    if reader is None or reader.VENUE.reader_version != row.reader_version:
        found = reader.VENUE.reader_version if reader else "none"
        return f"{row.path}: expected the reader {row.reader_version}, found {found}"
    try:
        body = archive.body(row.sha256)
        again = list(reader.read(body, row.received_ns, row.sha256))
    except (ArchiveDamaged, UnexpectedData) as fault:
        return f"{row.path}: {fault}"
    stored = archive.rows_of_body(row.sha256)
    for observation, (identifier, kept) in zip(again, stored, strict=False):
        expected = observation_id(observation)
        if observation != kept or identifier != expected:
            return f"{row.path} row {observation.row}: expected {expected}, found {_named(kept)}"
    found_root = rows_root(observation_id(observation) for observation in again)
    if (len(again), len(again), found_root) != (len(stored), row.rows, row.rows_root):
        return f"{row.path}: expected {len(again)} observations, found {len(stored)} stored"
    return None


def _named(kept: Observation) -> str:
    return f"{observation_id(kept)} ({kept.venue} {kept.chip} {kept.price_nanousd} nanousd)"
