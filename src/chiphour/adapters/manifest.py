"""MANIFEST: what a folder of recordings says of its files, and on which day one was made.

Takes   a folder with a MANIFEST.csv in it or beside it; the path of a file below the folder.
Gives   for each file its hash, its length and when it was captured, in the words of the list; the
        time that a path or such words state.
Keeps   a day that is known apart from one that is not: an undated recording was seen by the end of
        the day on which it lay somewhere, and is never taken for a price of that day.
Source  Decision 0015; NOTICE for the recordings that are shipped.

    MarketError
    └── RecordingRefused    a folder or file that cannot be read as a recording
"""

import csv
import re
from datetime import date
from pathlib import Path
from pathlib import PurePosixPath
from typing import NamedTuple

from chiphour.adapters.refusal import CODES
from chiphour.observe.observation import MarketError
from chiphour.units import EPOCH
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from chiphour.units import ns_from_iso

MANIFEST = "MANIFEST.csv"
COLUMNS = ("path", "sha256", "bytes")  # What every manifest has; `captured` may be missing.

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DAYS_IN_SHORT = re.compile(r"(\d{4}-\d{2}-)\d{2}\.\.(\d{2})")  # 2026-03-05..06
_UNDATED = re.compile(r"\bundated\b", re.IGNORECASE)


class RecordingRefused(MarketError):
    """A folder or file that cannot be read as a recording. `code` is a word of CODES."""

    def __init__(self, detail: str, code: str = "NOT_A_RECORDING") -> None:
        """Refuse, and say what was expected and what was found."""
        assert code in CODES
        super().__init__(detail)
        self.code = code


class Listed(NamedTuple):
    """What a manifest says of a file. `captured` is "" where it does not say."""

    sha256: str
    bytes: int
    captured: str


class Moment(NamedTuple):
    """When a recording was made, or the end of the day by which it was."""

    time_ns: int
    dated: bool


def manifest_of(folder: Path) -> dict[str, Listed] | None:
    """Give what the manifest in the folder or its parent says, by path below the folder.

    None where there is no manifest; raises RecordingRefused where it cannot be read.
    """
    if (folder / MANIFEST).is_file():
        file, prefix = folder / MANIFEST, "open/"
    elif (folder.parent / MANIFEST).is_file():
        file, prefix = folder.parent / MANIFEST, f"{folder.name}/"
    else:
        return None
    try:
        with file.open(newline="", encoding="utf-8") as stream:
            rows = [
                (row["path"], Listed(row["sha256"], int(row["bytes"]), row.get("captured") or ""))
                for row in csv.DictReader(stream)
            ]
    except (KeyError, TypeError, ValueError, OSError, csv.Error) as fault:
        raise RecordingRefused(
            f"{file}: expected the columns {', '.join(COLUMNS)} in each row, found {fault!r}"
        ) from None
    inside = file.parent == folder
    return {
        path.removeprefix(prefix): listed
        for path, listed in rows
        if inside or path.startswith(prefix)
    }


def moment_of_path(place: str) -> Moment | None:
    """Give the end of the day that a folder of the path is named for, or None for no such one."""
    days = [day for part in PurePosixPath(place).parts[:-1] if (day := _day_named(part))]
    return Moment(_end_ns(days[-1]), True) if days else None


def moment_captured(words: str) -> Moment | None:
    """Give the time that the words of a manifest state, or None where they name no day.

    A time with its zone is that time. Otherwise the last day that stands in them ends it: a file of
    many days was there by then. Words that say "undated" name a day on which it lay somewhere.
    """
    try:
        return Moment(ns_from_iso(words), True)
    except ValueError:
        pass
    whole = _DAYS_IN_SHORT.sub(r"\g<1>\g<2>", words)
    days = [day for text in _DAY.findall(whole) if (day := _day_named(text))]
    return Moment(_end_ns(max(days)), not _UNDATED.search(words)) if days else None


def _day_named(text: str) -> date | None:
    if not _DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _end_ns(day: date) -> int:
    """Give the last second of a day, UTC."""
    return ((day - EPOCH.date()).days + 1) * NS_PER_DAY - NS_PER_SECOND
