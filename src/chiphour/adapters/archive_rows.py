"""ARCHIVE_ROWS: what the archive is given and gives back, as records and as rows of its tables.

Takes   answers with what was read from them; rows of the tables.
Gives   the rows to add; the records again.
Keeps   a record equal to what its row gives back. A reading is named by what tells it from every
        other: its bytes, source, shape and times. Text and numbers that a database cannot hold
        are refused before anything is added.
Source  Decisions 0003 and 0015.
"""

import hashlib
import json
from collections.abc import Iterable
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any
from typing import NamedTuple

from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.index.fixing import Fixing
from chiphour.index.fixing import document_of
from chiphour.index.fixing import from_json
from chiphour.index.revision import Revision
from chiphour.index.revision import to_json as revision_to_json
from chiphour.observe.observation import Observation
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import canonical_json
from chiphour.observe.observation import observation_id
from chiphour.observe.venue import Body
from chiphour.observe.venue import Rate

FIXINGS_HELD = 1 << 15  # A year of 85 series.
INTEGER_END = 1 << 63  # A column holds 64 bits.
VENUE_CHARACTERS_MAX = 500  # An index holds no longer one.
_FLAGS = Observation._fields.index("flags")
_TYPES = list(Observation.__annotations__.values())
_TEXTS = itemgetter(*(place for place, of in enumerate(_TYPES) if of is str))
_NUMBERS = itemgetter(*(place for place, of in enumerate(_TYPES) if of is int))

assert len(_TYPES) == len(_TEXTS(_TYPES)) + len(_NUMBERS(_TYPES)) + 1


class Answer(NamedTuple):
    """A body and what was read from it; of a recording, where it lay and the hash of its file."""

    body: Body
    observations: tuple[Observation, ...]
    path: str = ""
    file_sha256: str = ""


class Reading(NamedTuple):
    """A body, read at one time.

    `path` is where it was first found, "" for an answer of a venue. `rates` are those that its
    reader was given. `rows` counts the observations, `rows_root` is the hash over their ids.
    """

    id: str
    sha256: str
    source: str
    shape: str
    path: str
    file_sha256: str
    bytes: int
    observed_ns: int
    received_ns: int
    dated: bool
    reader_version: str
    rates: tuple[Rate, ...]
    rows: int
    rows_root: str


class Recording(NamedTuple):
    """A place where a body was found: the file there had this hash, and gave this reading."""

    path: str
    file_sha256: str
    reading: str


class Stored(NamedTuple):
    """An observation as it lies in the archive. A later one has a larger `sequence`."""

    sequence: int
    id: str
    reading: str
    observation: Observation


class Commitment(NamedTuple):
    """The published hash of the times at which a venue is polled before the strike of `day`."""

    venue: str
    day: date
    commitment: str
    committed_ns: int


class Reveal(NamedTuple):
    """What a commitment hid, as JSON text: its nonce and the times."""

    venue: str
    day: date
    revealed: str
    revealed_ns: int


class Task(NamedTuple):
    """How the task of a source fared last, as JSON text."""

    source: str
    document: str
    written_ns: int


def rows_root(ids: Iterable[str]) -> str:
    """Give the SHA-256 over the ids of a reading's observations, in the order of the body."""
    return hashlib.sha256("".join(f"{identifier}\n" for identifier in ids).encode()).hexdigest()


def reading_id(body: Body, source: str) -> str:
    """Give the name of the reading of a body by the reader of a source."""
    said = [body.sha256, source, body.shape, body.observed_ns, body.received_ns]
    return hashlib.sha256(canonical_json(said).encode()).hexdigest()


def identified(observations: Sequence[Observation]) -> dict[str, Observation]:
    """Give observations by id, in their order. One that is given twice is there once."""
    return {observation_id(seen): seen for seen in observations}


def reading_of(
    answer: Answer, source: str, reader_version: str, ids: Iterable[str], count: int
) -> Reading:
    """Give the reading that an answer is."""
    body = answer.body
    return Reading(
        id=reading_id(body, source),
        sha256=body.sha256,
        source=source,
        shape=body.shape,
        path=answer.path,
        file_sha256=answer.file_sha256 or body.sha256,
        bytes=len(body.content),
        observed_ns=body.observed_ns,
        received_ns=body.received_ns,
        dated=body.dated,
        reader_version=reader_version,
        rates=body.rates,
        rows=count,
        rows_root=rows_root(ids),
    )


def reading_row(reading: Reading) -> tuple[Any, ...]:
    """Give the row of a reading."""
    return reading._replace(rates=canonical_json(reading.rates))  # type: ignore[arg-type]


def reading_from(row: Sequence[Any]) -> Reading:
    """Give the reading of a row; raises ArchiveDamaged where it is none, or without its rates.

    SQLite keeps what it is given in a column, of whatever type.
    """
    reading = Reading(*row)
    for name, value in reading._asdict().items():
        expected = str if name == "rates" else Reading.__annotations__[name]
        if not isinstance(value, int if expected is bool else expected):
            raise ArchiveDamaged(f"readings: expected {name} in {reading.id!r}, found {value!r}")
    try:
        rates = tuple(Rate(*rate) for rate in json.loads(str(reading.rates)))
    except (ValueError, TypeError) as fault:
        raise ArchiveDamaged(f"readings: expected rates in {reading.id}, found {fault}") from None
    return reading._replace(dated=bool(reading.dated), rates=rates)


def observation_row(identifier: str, reading: str, seen: Observation) -> tuple[Any, ...]:
    """Give the row of an observation; raises UnexpectedData for what no database can hold."""
    flags = " ".join(seen.flags)
    text = flags + "".join(_TEXTS(seen))
    if not text.isascii() or "\0" in text:
        _refuse_text(text, seen)
    if len(seen.venue) > VENUE_CHARACTERS_MAX:
        raise UnexpectedData(f"{_where(seen)}: expected a venue's word, found {seen.venue[:80]}...")
    numbers = _NUMBERS(seen)
    if min(numbers) < -INTEGER_END or max(numbers) >= INTEGER_END:
        raise UnexpectedData(f"{_where(seen)}: expected numbers of 64 bits, found {numbers}")
    return (identifier, reading, *seen[:_FLAGS], flags, *seen[_FLAGS + 1 :])


def observation_from(row: Sequence[Any]) -> Observation:
    """Give the observation of the columns that are its fields."""
    return Observation._make((*row[:_FLAGS], tuple(row[_FLAGS].split()), *row[_FLAGS + 1 :]))


def stored_from(row: Sequence[Any]) -> Stored:
    """Give a stored observation of a whole row of its table."""
    return Stored(row[0], row[1], row[2], observation_from(row[3:]))


def fixing_row(fixing: Fixing) -> tuple[Any, ...]:
    """Give the row of a fixing: its document, the hash of that, and what it is looked up by."""
    document = document_of(fixing)
    return (
        hashlib.sha256(document).hexdigest(),
        fixing.source,
        fixing.parameter_set,
        fixing.series,
        fixing.strike_ns,
        fixing.known_ns,
        fixing.methodology,
        fixing.vintage,
        fixing.state,
        document.decode(),
    )


@lru_cache(FIXINGS_HELD)  # A history is asked for again and again, each time a day longer.
def fixing_from(sha256: str, document: str) -> Fixing:
    """Give the fixing of a row; raises ArchiveDamaged where its document was changed."""
    found = hashlib.sha256(document.encode()).hexdigest()
    if found != sha256:
        raise ArchiveDamaged(f"fixings: expected the document {sha256}, found {found}")
    return from_json(json.loads(document))


def revision_row(revision: Revision) -> tuple[Any, ...]:
    """Give the row of a named event."""
    return (revision.id, revision.known_ns, canonical_json(revision_to_json(revision)))


def _refuse_text(text: str, seen: Observation) -> None:
    """Raise UnexpectedData for a NUL, and for half of a pair of surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError as fault:
        raise UnexpectedData(f"{_where(seen)}: expected text, found {fault}") from None
    if "\0" in text:
        raise UnexpectedData(f"{_where(seen)}: expected text, found the character NUL")


def _where(seen: Observation) -> str:
    return f"{seen.source} row {seen.row!r}"
