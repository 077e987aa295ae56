"""FIXING: what the index says about one series at one strike, with what it was made from.

Takes   the figures that a methodology computed.
Gives   the records `Fixing`, `Member`, `Rejection` and `Note`; their canonical JSON.
Keeps   a day without a fix as a row with a reason: never a hole, never a carried value.
Source  Methodology, "Publication"; decision 0004.
"""

import hashlib
from typing import Any
from typing import NamedTuple

from chiphour.observe.observation import canonical_json


class Member(NamedTuple):
    """One owner's rate in the panel: an exact fraction of nano-dollars per GPU-hour.

    `rows` counts the observations it was made from; `rows_root` is the SHA-256 over their sorted
    ids, one a line.
    """

    name: str
    venues: tuple[str, ...]
    rate_numerator: int
    rate_denominator: int
    kept: bool
    rows: int
    rows_root: str


class Rejection(NamedTuple):
    """One row or member left out: the rule, its statistic and its threshold, as text."""

    what: str  # an observation id or a member's name
    rule: str
    statistic: str
    threshold: str


class Note(NamedTuple):
    """Something that a reader of the fix should know and that left nothing out.

    BAND, CAPPED, NO_HOST, OUTAGE, VANISHED: their words stand in `v2026_1.NOTES`.
    """

    what: str  # a venue or a member's name
    rule: str
    statistic: str
    threshold: str


class Fixing(NamedTuple):
    """A row of the daily release. Prices in ticks of $0.0001 per GPU-hour, None when suppressed.

    state       "fixed" or "suppressed"
    reason      "" or the code of the guard: NO_DATA, STALE, FEW_MEMBERS, FEW_AFTER_SCREEN, ...
    grade       "A", "B", "C" or ""
    panel,kept  members before and after the screen
    level_ppm   the level of the interval: 900000, or what 3 and 4 members can state
    fit         fit for settlement: grade A or B and a move that is mostly price
    change      the split against the last fixed strike, in ticks; sums to the change
    vintage     "provisional", "final" or "revised"; `known_ns` is when it was known
    revision    the event that revised it, such as REV-2026-001; else ""
    inputs_root SHA-256 over the sorted ids, one a line, of every observation that was considered
    """

    series: str
    strike_ns: int
    methodology: str
    parameter_set: str
    parameters_sha256: str
    register_sha256: str  # of the venue register
    source: str  # "" when all sources were used
    state: str
    reason: str
    fix_ticks: int | None
    grade: str
    panel: int
    kept: int
    interval_low_ticks: int | None
    interval_high_ticks: int | None
    level_ppm: int | None
    fit: bool
    previous_strike_ns: int | None
    change_ticks: int | None
    matched_ticks: int | None
    screen_ticks: int | None
    composition_ticks: int | None
    vintage: str
    known_ns: int
    revision: str
    inputs_root: str
    members: tuple[Member, ...]
    rejections: tuple[Rejection, ...]
    notes: tuple[Note, ...]


def to_json(fixing: Fixing) -> dict[str, Any]:
    """Give the record as plain JSON values; its canonical JSON is what is stored and hashed."""
    record = fixing._asdict()
    record["members"] = [
        member._asdict() | {"venues": list(member.venues)} for member in fixing.members
    ]
    record["rejections"] = [rejection._asdict() for rejection in fixing.rejections]
    record["notes"] = [note._asdict() for note in fixing.notes]
    return record


def from_json(record: dict[str, Any]) -> Fixing:
    """Read what `to_json` gave; raises TypeError or KeyError on a missing or unknown field."""
    members = tuple(
        Member(**member | {"venues": tuple(member["venues"])}) for member in record["members"]
    )
    rejections = tuple(Rejection(**rejection) for rejection in record["rejections"])
    notes = tuple(Note(**note) for note in record["notes"])
    return Fixing(**record | {"members": members, "rejections": rejections, "notes": notes})


def document_of(fixing: Fixing) -> bytes:
    """Give the bytes that stand for the fixing: its canonical JSON."""
    return canonical_json(to_json(fixing)).encode()


def fixing_sha256(fixing: Fixing) -> str:
    """Give the SHA-256 of the document, in hexadecimal: what the transparency log holds."""
    return hashlib.sha256(document_of(fixing)).hexdigest()
