"""VENUE_TABLE: the table of venues, for the command line, the documentation and the pages.

Takes   of each venue its own facts, its row in the register, and what its samples hold.
Gives   rows under the names of COLUMNS, and their text.
Keeps   one table: every place that shows venues shows these columns.
Source  Decision 0015.
"""

from collections.abc import Iterable
from typing import NamedTuple

from chiphour.observe.register import standing
from chiphour.observe.venue import Venue


class VenueFacts(NamedTuple):
    """What is known of a venue. `live` are the shapes it is asked for, `recorded` all others.

    `tenors` and `kinds` are those that its samples hold; `fault_cases` counts the ways in which
    the tests make it wrong.
    """

    venue: Venue
    live: tuple[str, ...]
    recorded: tuple[str, ...]
    tenors: tuple[str, ...]
    kinds: tuple[str, ...]
    samples: int
    fault_cases: int


# Each column and what it says.
COLUMNS = {
    "venue": "the source's word",
    "role": "what its prices may do in the index; a publisher's are those of other venues",
    "owner": "venues of one owner count once",
    "feed": "a book of many hosts' offers, or posted prices",
    "evidence": "whether its reader has read recorded bytes, or only a published description",
    "live": "shapes of the answers that it is asked for; none: only recorded",
    "recorded": "shapes of recordings",
    "kinds": "what its samples hold",
    "tenors": "on which terms",
    "requests_per_minute": "pace",
    "pages_max": "pages of a poll",
    "body_bytes_max": "bytes of an answer",
    "deadline_s": "seconds for a whole poll",
    "samples": "files",
    "fault_cases": "ways in which the tests make it wrong",
}


def venue_row(facts: VenueFacts) -> dict[str, str | int]:
    """Give the row of one venue; a list is its words with spaces between."""
    venue = facts.venue
    row = standing(venue.name)
    return {
        "venue": venue.name,
        "role": row.role,
        "owner": row.owner,
        "feed": venue.feed,
        "evidence": venue.evidence,
        "live": " ".join(facts.live),
        "recorded": " ".join(facts.recorded),
        "kinds": " ".join(facts.kinds),
        "tenors": " ".join(facts.tenors),
        "requests_per_minute": venue.requests_per_minute,
        "pages_max": venue.pages_max,
        "body_bytes_max": venue.body_bytes_max,
        "deadline_s": venue.deadline_s,
        "samples": facts.samples,
        "fault_cases": facts.fault_cases,
    }


def venue_rows(facts: Iterable[VenueFacts]) -> list[dict[str, str | int]]:
    """Give the rows of the table, by name."""
    rows = [venue_row(found) for found in sorted(facts, key=lambda found: found.venue.name)]
    assert all(list(row) == list(COLUMNS) for row in rows)
    return rows


def row_text(row: dict[str, str | int]) -> list[str]:
    """Give the cells of a row as text: thousands apart, bytes in MB where that is exact."""
    return [_text(name, row[name]) for name in COLUMNS]


def _text(name: str, value: str | int) -> str:
    if isinstance(value, str):
        return value
    megabytes, rest = divmod(value, 1 << 20)
    return f"{megabytes} MB" if name == "body_bytes_max" and not rest else f"{value:,}"
