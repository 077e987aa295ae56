"""FIXING: what the index says about one series at one strike, with what it was made from.

Takes   the figures that a methodology computed.
Gives   the records `Fixing`, `Member` and `Rejection`; their canonical JSON.
Keeps   a day without a fix as a row with a reason: never a hole, never a carried value.
Source  Methodology, "Publication"; decision 0004.
"""

from typing import Any
from typing import NamedTuple


class Member(NamedTuple):
    """One owner's rate in the panel: an exact fraction of nano-dollars per GPU-hour."""

    name: str
    venues: tuple[str, ...]
    rate_numerator: int
    rate_denominator: int
    kept: bool
    observations: tuple[str, ...]  # ids, sorted


class Rejection(NamedTuple):
    """One row or member left out: the rule, its statistic and its threshold, as text."""

    what: str  # an observation id or a member's name
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
    inputs_root SHA-256 over the sorted ids of every observation that was considered
    """

    series: str
    strike_ns: int
    methodology: str
    parameters_sha256: str
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
    inputs_root: str
    members: tuple[Member, ...]
    rejections: tuple[Rejection, ...]


def to_json(fixing: Fixing) -> dict[str, Any]:
    """Give the record as plain JSON values; its canonical JSON is what is stored and hashed."""
    record = fixing._asdict()
    record["members"] = [
        member._asdict()
        | {"venues": list(member.venues), "observations": list(member.observations)}
        for member in fixing.members
    ]
    record["rejections"] = [rejection._asdict() for rejection in fixing.rejections]
    return record


def from_json(record: dict[str, Any]) -> Fixing:
    """Read what `to_json` gave; raises TypeError or KeyError on a missing or unknown field."""
    members = tuple(
        Member(
            **member
            | {
                "venues": tuple(member["venues"]),
                "observations": tuple(member["observations"]),
            }
        )
        for member in record["members"]
    )
    rejections = tuple(Rejection(**rejection) for rejection in record["rejections"])
    return Fixing(**record | {"members": members, "rejections": rejections})
