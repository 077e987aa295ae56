"""PARAMETERS: all that a methodology may turn, with what each number is allowed to be.

Takes   a parameter set by name; or a JSON object that changes some of its numbers.
Gives   `Parameters`, the hash that each fix publishes, the three sets that run every day.
Keeps   a set as a value: changing a number gives another hash, and every fix names its own.
Source  docs/methodology/v2026_1.md, whose numbers are written from here; decision 0016.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from typing import NamedTuple

from chiphour.observe.observation import MarketError
from chiphour.observe.observation import canonical_json
from chiphour.observe.register import ROLES
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import PPM


class ParametersRefused(MarketError):
    """A parameter that no methodology has, or a value that it cannot take."""


class Parameters(NamedTuple):
    """A parameter set. Times in nanoseconds, shares in parts per million, else counts or words."""

    parameter_set: str
    methodology: str
    close_ns: int  # After the strike: rows received later never enter.
    final_ns: int  # After the strike: a provisional fix becomes final.
    book_window_ns: int
    posted_limit_ns: int  # How long a rate card holds.
    memory_ns: int  # How far back a series counts as known.
    book_polls_min: int
    book_hosts_min: int
    book_machines_min: int
    host_share_max_ppm: int  # Of a book's weight, for any one host.
    capped_hosts_min: int  # Under so many hosts, each weighs the same.
    carry_ns: int  # How long a machine that vanished still counts.
    carry_stretch_ns: int  # How far before its last sighting it is judged.
    carry_span_min_ns: int  # From its first sighting of the stretch to its last.
    carry_presence_min_ppm: int  # Of the polls between the two.
    roles: tuple[str, ...]
    kinds: tuple[str, ...]
    harmless_flags: tuple[str, ...]  # Any other flag leaves the row out.
    verifications: tuple[str, ...]  # Where a venue states one: these pass.
    reliability_min_ppm: int  # Where a venue states one.
    unit_multiple: int  # A member so many times the others, or less than that part of them.
    unit_members_min: int  # Others, for their median to be the measure.
    unit_fix_age_max_ns: int  # Of the fix that is the measure where they are fewer.
    band_multiple: int  # A member so far from the last fix is noted.
    members_min: int
    screened: bool
    screen_members_min: int
    screen_multiple: int
    screen_scale_ppm: int  # Of the median absolute deviation; 1,000,000 is raw.
    screen_floor_ppm: int  # Of the median: the least deviation.
    grade_members_min: tuple[tuple[str, int], ...]  # Best first.
    settlement_grades: tuple[str, ...]
    settlement_move_max_ppm: int
    interval_level_ppm: int


V2026_1 = Parameters(
    parameter_set="v2026_1",
    methodology="v2026_1",
    close_ns=5 * NS_PER_MINUTE,
    final_ns=NS_PER_DAY,
    book_window_ns=10 * NS_PER_MINUTE,
    posted_limit_ns=NS_PER_DAY,
    memory_ns=7 * NS_PER_DAY,
    book_polls_min=2,
    book_hosts_min=3,
    book_machines_min=5,
    host_share_max_ppm=200_000,
    capped_hosts_min=5,
    carry_ns=NS_PER_DAY,
    carry_stretch_ns=NS_PER_DAY,
    carry_span_min_ns=6 * NS_PER_HOUR,
    carry_presence_min_ppm=500_000,
    roles=("eligible",),
    kinds=("ask", "list"),
    harmless_flags=("CARRIED", "FX_UPSTREAM", "REGION_UNKNOWN"),
    verifications=("verified",),
    reliability_min_ppm=950_000,
    unit_multiple=6,
    unit_members_min=3,
    unit_fix_age_max_ns=7 * NS_PER_DAY,
    band_multiple=5,
    members_min=3,
    screened=True,
    screen_members_min=4,
    screen_multiple=3,
    screen_scale_ppm=PPM,
    screen_floor_ppm=5_000,
    grade_members_min=(("A", 7), ("B", 5), ("C", 3)),
    settlement_grades=("A", "B"),
    settlement_move_max_ppm=50_000,
    interval_level_ppm=900_000,
)
# The deviation scaled to a normal distribution (1.4826); no screen at all: the venue median.
ROBUST = V2026_1._replace(parameter_set="robust", screen_scale_ppm=1_482_600)
PLAIN = V2026_1._replace(parameter_set="plain", screened=False)

# In force first: it alone settles. The others are published beside it, every day.
SETS: Mapping[str, Parameters] = {p.parameter_set: p for p in (V2026_1, ROBUST, PLAIN)}

# The least and the most of each number; a share lies between none and all of it.
_SHARES = {name for name in Parameters._fields if name.endswith("_ppm")}
_BOUNDS: Mapping[str, tuple[int, int]] = {
    "close_ns": (0, NS_PER_HOUR),
    "final_ns": (NS_PER_HOUR, 7 * NS_PER_DAY),
    "book_window_ns": (NS_PER_MINUTE, NS_PER_DAY),
    "posted_limit_ns": (NS_PER_HOUR, 7 * NS_PER_DAY),
    "memory_ns": (2 * NS_PER_DAY, 7 * NS_PER_DAY),
    "carry_ns": (0, 2 * NS_PER_DAY),
    "carry_stretch_ns": (NS_PER_HOUR, 2 * NS_PER_DAY),
    "carry_span_min_ns": (0, 2 * NS_PER_DAY),
    "unit_fix_age_max_ns": (NS_PER_DAY, 31 * NS_PER_DAY),
    "screen_scale_ppm": (1, 10 * PPM),
    "members_min": (3, 100),  # The interval needs three.
    "interval_level_ppm": (500_000, 900_000),  # Five values can state no more than 93.75 %.
}
_COUNTS = (1, 1_000)
_FIXED = ("parameter_set", "methodology")  # Not a matter of taste.


@lru_cache(maxsize=64)  # Every fixing asks.
def parameters_sha256(parameters: Parameters) -> str:
    """Give the SHA-256 of the canonical JSON of a parameter set, in hexadecimal."""
    return hashlib.sha256(canonical_json(parameters._asdict()).encode()).hexdigest()


def changed(changes: Mapping[str, Any], of: Parameters = V2026_1) -> Parameters:
    """Give a set with some numbers changed, named "custom".

    `changes` is a JSON object by the names of `Parameters`. Refused, with ParametersRefused: an
    unknown name, another type, a value out of its bounds, a set that contradicts itself.
    """
    for name, value in changes.items():
        if name not in Parameters._fields or name in _FIXED:
            known = ", ".join(field for field in Parameters._fields if field not in _FIXED)
            raise ParametersRefused(f"parameters: expected some of {known}, found {name!r}")
        _refuse_value(name, value, getattr(of, name))
    plain = {name: _as_tuple(value) for name, value in changes.items()}
    found = of._replace(**plain | {"parameter_set": "custom"})
    _refuse_contradiction(found)
    unheard = [role for role in found.roles if role not in ROLES]
    if unheard:  # Such as "unknown": nobody knows the owner of a venue without a row.
        raise ParametersRefused(
            f"parameters: roles: expected some of {', '.join(ROLES)}, found {unheard}"
        )
    return found


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(each) for each in value) if isinstance(value, list | tuple) else value


def _refuse_value(name: str, value: Any, like: Any) -> None:
    if isinstance(like, bool) or not isinstance(like, int):
        if isinstance(like, tuple):
            _refuse_words(name, value, like)
        elif not isinstance(value, bool):
            raise ParametersRefused(f"parameters: {name}: expected true or false, found {value!r}")
        return
    least, most = _BOUNDS.get(name, (0, PPM) if name in _SHARES else _COUNTS)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ParametersRefused(
            f"parameters: {name}: expected a whole number from {least} to {most}, found {value!r}"
        )


def _refuse_words(name: str, value: Any, like: tuple[Any, ...]) -> None:
    pairs = name == "grade_members_min"
    if pairs:
        sound = (
            isinstance(value, list | tuple)
            and [each[0] for each in value if _is_pair(each)] == [each[0] for each in like]
            and len(value) == len(like)
        )
    else:
        sound = isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
    if not sound:
        wanted = 'pairs such as ["A", 7], best first' if pairs else "a list of words"
        raise ParametersRefused(f"parameters: {name}: expected {wanted}, found {value!r}")


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 2
        and isinstance(value[1], int)
        and not isinstance(value[1], bool)
        and 1 <= value[1] <= _COUNTS[1]
    )


def _refuse_contradiction(found: Parameters) -> None:
    counts = [least for _, least in found.grade_members_min]
    claims = (
        (counts == sorted(counts, reverse=True), "grade_members_min: expected the best first"),
        (counts[-1] <= found.members_min, "grade_members_min: expected a grade for every fix"),
        (
            found.carry_ns + found.carry_stretch_ns <= found.memory_ns,
            "carry_ns and carry_stretch_ns: expected them to lie within memory_ns together",
        ),
        (
            found.host_share_max_ppm * found.capped_hosts_min >= PPM,
            "capped_hosts_min: expected so many hosts at their most to make up the whole",
        ),
        (found.screen_members_min >= 3, "screen_members_min: expected at least three"),
    )
    for holds, words in claims:
        if not holds:
            raise ParametersRefused(f"parameters: {words}, found {found}")
