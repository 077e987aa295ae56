"""QUESTION_FILE: a question as a file: what is to be bought, by month; a job; all as JSON.

Takes   JSON with the fields of a question; or for an exposure a CSV with `month,hours`.
Gives   the question, read by the same description as over HTTP.
Keeps   every fault one line: the file, what was expected, what was found.
Source  docs/how-to/hedge.md; decision 0044.

    MarketError
    └── QuestionRefused    a file or a word that is not such a question
"""

import csv
import io
from pathlib import Path
from typing import Any
from typing import TypeVar

import msgspec

from chiphour.adapters.serve.shapes_hedge import Question
from chiphour.observe.observation import MarketError

FILE_BYTES_MAX = 1 << 20
COLUMNS = ["month", "hours"]
Q = TypeVar("Q", bound=Question)


class QuestionRefused(MarketError):
    """A file or a word that is not such a question."""


def read_file(path: Path) -> bytes:
    """Read a file that is not large; raises QuestionRefused."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise QuestionRefused(f"{path}: expected a file, found {fault.strerror}") from None
    if len(content) > FILE_BYTES_MAX:
        raise QuestionRefused(f"{path}: expected at most {FILE_BYTES_MAX} bytes, found more")
    return content


def question(fields: dict[str, Any], kind: type[Q], where: str) -> Q:
    """Read a question's fields; raises QuestionRefused."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as fault:
        said = str(fault)
        raise QuestionRefused(f"{where}: {said[:1].lower()}{said[1:]}") from None


def fields_in(path: Path) -> dict[str, Any]:
    """Read the fields of a question from JSON, or an exposure from CSV; raises QuestionRefused."""
    content = read_file(path)
    if content.lstrip()[:1] != b"{":
        return {"months": _months(content, path)}
    try:
        found = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError) as fault:
        raise QuestionRefused(f"{path}: expected JSON, found {fault}") from None
    assert isinstance(found, dict)
    return found


def _months(content: bytes, path: Path) -> list[dict[str, Any]]:
    """Read `month,hours`; raises QuestionRefused with the number of the line."""
    try:
        rows = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as fault:
        raise QuestionRefused(f"{path}: expected CSV in UTF-8, found {fault}") from None
    if not rows or rows[0] != COLUMNS:
        found = ",".join(rows[0]) if rows else "nothing"
        raise QuestionRefused(f"{path}: expected a line `month,hours` first, found {found[:60]!r}")
    months = []
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(COLUMNS) or not row[1].isascii() or not row[1].isdigit():
            raise QuestionRefused(
                f"{path}, line {number}: expected a month and whole hours such as 2026-09,50000, "
                f"found {','.join(row)[:60]!r}"
            )
        months.append({"month": row[0], "hours": int(row[1][:12])})
    return months
