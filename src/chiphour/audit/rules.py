"""RULES: recompute a published fixing from its rows, by another road.

Takes   published fixings as plain JSON, the rows of the seven days before their strike, the last
        fixed fixing before each, the tables of series, venues and parameters.
Gives   None when every field comes out the same, else the first difference in one line.
Keeps   its own arithmetic: whole numbers over one common denominator and order by rank, where
        the methodology uses fractions. What went in is compared before what came out.
Source  docs/methodology/v2026_1.md, read again from its text; decision 0012.
"""

import json
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from typing import NamedTuple

from chiphour.audit.books import Tally
from chiphour.audit.books import Word
from chiphour.audit.books import tally_of
from chiphour.audit.figures import band_notes
from chiphour.audit.figures import figures_of
from chiphour.audit.figures import measure_of
from chiphour.audit.figures import movement_of
from chiphour.audit.figures import reason_of
from chiphour.audit.figures import screened
from chiphour.audit.figures import unit_errors
from chiphour.audit.groups import Row
from chiphour.audit.numbers import common_divisor
from chiphour.audit.numbers import time_text
from chiphour.audit.rows import Window
from chiphour.audit.rows import batch_of
from chiphour.audit.rows import batches_at
from chiphour.audit.rows import seen_of
from chiphour.audit.rows import window_of
from chiphour.audit.specs import Parameters

FIELDS = (
    *("series", "strike_ns", "methodology", "parameter_set", "parameters_sha256"),
    *("register_sha256", "source", "state", "reason", "fix_ticks", "grade", "panel", "kept"),
    *("interval_low_ticks", "interval_high_ticks", "level_ppm", "fit", "previous_strike_ns"),
    *("change_ticks", "matched_ticks", "screen_ticks", "composition_ticks", "vintage"),
    *("known_ns", "revision", "inputs_root", "members", "rejections", "notes"),
)
# Where a difference is sought first.
CAUSES = (
    *("methodology", "parameter_set", "parameters_sha256", "register_sha256", "inputs_root"),
    *("rejections", "notes", "members"),
)
WORD_FIELDS = ("what", "rule", "statistic", "threshold")  # Of a rejection or a note.
VINTAGES = ("provisional", "final", "revised")

# The parameters that decide a panel before any fix of another day is looked at: sets that agree
# in these share the work.
PANEL_PARAMETERS = (
    *("close_ns", "book_window_ns", "posted_limit_ns", "memory_ns", "book_polls_min"),
    *("book_hosts_min", "book_machines_min", "host_share_max_ppm", "capped_hosts_min"),
    *("carry_ns", "carry_stretch_ns", "carry_span_min_ns", "carry_presence_min_ppm", "roles"),
    *("kinds", "harmless_flags", "verifications", "reliability_min_ppm"),
)

# The numbers of the methodology as its text states them, in nanoseconds and parts per million.
TEXT: dict[str, Any] = {
    "parameter_set": "v2026_1",
    "methodology": "v2026_1",
    "close_ns": 300_000_000_000,  # 5 minutes.
    "final_ns": 86_400_000_000_000,  # 24 hours.
    "book_window_ns": 600_000_000_000,  # 10 minutes.
    "posted_limit_ns": 86_400_000_000_000,
    "memory_ns": 604_800_000_000_000,  # 7 days.
    "book_polls_min": 2,
    "book_hosts_min": 3,
    "book_machines_min": 5,
    "host_share_max_ppm": 200_000,
    "capped_hosts_min": 5,
    "carry_ns": 86_400_000_000_000,
    "carry_stretch_ns": 86_400_000_000_000,
    "carry_span_min_ns": 21_600_000_000_000,  # 6 hours.
    "carry_presence_min_ppm": 500_000,
    "roles": ["eligible"],
    "kinds": ["ask", "list"],
    "harmless_flags": ["CARRIED", "FX_UPSTREAM", "REGION_UNKNOWN"],
    "verifications": ["verified"],
    "reliability_min_ppm": 950_000,
    "unit_multiple": 6,
    "unit_members_min": 3,
    "unit_fix_age_max_ns": 604_800_000_000_000,
    "band_multiple": 5,
    "members_min": 3,
    "screened": True,
    "screen_members_min": 4,
    "screen_multiple": 3,
    "screen_scale_ppm": 1_000_000,
    "screen_floor_ppm": 5_000,
    "grade_members_min": [["A", 7], ["B", 5], ["C", 3]],
    "settlement_grades": ["A", "B"],
    "settlement_move_max_ppm": 50_000,
    "interval_level_ppm": 900_000,
}
# The sets that are published each day, by what they change.
TEXT_SETS: dict[str, dict[str, Any]] = {
    "v2026_1": {},
    "robust": {"parameter_set": "robust", "screen_scale_ppm": 1_482_600},
    "plain": {"parameter_set": "plain", "screened": False},
}


class Tables(NamedTuple):
    """What a fixing is computed with: tables of series by ticker, of venues, of parameter sets."""

    series: Mapping[str, Mapping[str, Any]]
    register: Mapping[str, Mapping[str, Any]]
    register_sha256: str
    parameters: Mapping[str, Mapping[str, Any]]


def canonical_text(value: Any) -> str:
    """Write JSON in the one form that is hashed: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def sha256_text(text: str) -> str:
    """Give the SHA-256 of a text, in hexadecimal."""
    return sha256(text.encode()).hexdigest()


def text_difference(parameters: Parameters) -> str | None:
    """Tell the first number of a set that is not as the published text states it; None if none."""
    name = parameters.get("parameter_set")
    if name not in TEXT_SETS:
        return f"parameter set {name}: the text of the methodology has none of that name"
    stated = TEXT | TEXT_SETS[name]
    for field in (*stated, *parameters):
        ours, theirs = stated.get(field), parameters.get(field)
        if canonical_text(ours) != canonical_text(theirs):
            return f"parameter set {name}: {field}: published {theirs}, the text states {ours}"
    return None


def audit_strike(
    published: Sequence[Mapping[str, Any]],
    rows: Iterable[Row],
    previous: Mapping[tuple[str, str], Mapping[str, Any]],
    tables: Tables,
    revisions: Mapping[str, Mapping[str, Any]] = {},
) -> list[str | None]:
    """Audit fixings of one strike together, from all rows of the seven days before it.

    `previous` has the last fixed fixing before the strike by (series, parameter set), `revisions`
    the revisions that fixings name. Gives the answers in the order of the fixings.
    """
    assert len({fixing["strike_ns"] for fixing in published}) <= 1
    if not published:
        return []
    window = window_of([batch_of(rows)], published[0]["strike_ns"])
    return [
        audit_fixing(
            one,
            window,
            previous.get((one["series"], one["parameter_set"])),
            tables,
            revisions.get(one["revision"]),
        )
        for one in published
    ]


def audit_fixing(
    published: Mapping[str, Any],
    window: Window,
    previous: Mapping[str, Any] | None,
    tables: Tables,
    revision: Mapping[str, Any] | None = None,
) -> str | None:
    """Give None when the fixing can be recomputed, else the first difference in one line.

    `previous` is the last fixed fixing of the series and set before the strike. A revised fixing
    needs its `revision`: {"id", "known_ns", "struck": ids left out, "added": ids let in}, and, if
    it says so, "strikes_ns": those that it concerns.
    """
    for field in FIELDS:
        if field not in published:
            return f"a fixing: {field}: published nothing, recomputed some"
    where = f"{published['series']} {time_text(published['strike_ns'])}"
    named = _unnamed(published, window, tables, revision)
    if named is not None:
        return f"{where}: {named}"
    expected = _recomputed(published, window, previous, tables, revision)
    for field in dict.fromkeys((*CAUSES, *FIELDS, *published)):
        ours, theirs = expected.get(field), published[field]
        if ours != theirs or not _alike(ours, theirs):
            place, said, found = _narrowed(field, theirs, ours)
            return f"{where}: {place}: published {said}, recomputed {found}"
    return None


def _unnamed(
    published: Mapping[str, Any],
    window: Window,
    tables: Tables,
    revision: Mapping[str, Any] | None,
) -> str | None:
    """Tell what a fixing names that does not exist, so that nothing can be recomputed from it."""
    if published["series"] not in tables.series:
        return f"series: published {published['series']}, recomputed nothing of that name"
    if published["parameter_set"] not in tables.parameters:
        name = published["parameter_set"]
        return f"parameter_set: published {name}, recomputed nothing of that name"
    if published["strike_ns"] != window.strike_ns:
        return f"strike_ns: published {published['strike_ns']}, recomputed {window.strike_ns}"
    if published["vintage"] not in VINTAGES:
        return f"vintage: published {published['vintage']}, recomputed {' or '.join(VINTAGES)}"
    if published["vintage"] == "revised" and (
        revision is None
        or revision["id"] != published["revision"]
        or window.strike_ns not in revision.get("strikes_ns", (window.strike_ns,))
    ):
        return f"revision: published {published['revision']}, recomputed nothing of that name"
    return None


def _alike(one: Any, other: Any) -> bool:
    """Tell whether equal values are of equal kind: true is not 1, nor 3.0 the same as 3."""
    if isinstance(one, list):
        return isinstance(other, list) and all(map(_alike, one, other))
    if isinstance(one, dict):
        return all(_alike(value, other[key]) for key, value in one.items())
    return type(one) is type(other)


def _narrowed(place: str, published: Any, ours: Any) -> tuple[str, Any, Any]:
    """Follow two unequal records down to the first element in which they differ."""
    if isinstance(published, list) and isinstance(ours, list):
        if len(published) != len(ours):
            return f"number of {place}", len(published), len(ours)
        pairs = {str(at): pair for at, pair in enumerate(zip(published, ours, strict=True))}
    elif isinstance(published, dict) and isinstance(ours, dict):
        pairs = {key: (published.get(key), ours.get(key)) for key in (*ours, *published)}
    else:
        return place, published, ours
    for key, (theirs, found) in pairs.items():
        if theirs != found or not _alike(found, theirs):
            return _narrowed(f"{place}.{key}", theirs, found)
    return place, published, ours


def _recomputed(
    published: Mapping[str, Any],
    window: Window,
    previous: Mapping[str, Any] | None,
    tables: Tables,
    revision: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Fix the series, strike, source and set of a published fixing again; keep its vintage."""
    parameters = tables.parameters[published["parameter_set"]]
    series = tables.series[published["series"]]
    known, tally = _tally(published, window, series, tables, revision)
    strike_ns, denominator = window.strike_ns, tally.denominator
    everyone = {name: owner.rate for name, owner in tally.owners.items()}
    measure = measure_of(previous, strike_ns, denominator, parameters)
    mistaken = unit_errors(everyone, measure, denominator, parameters)
    gone = {word[0] for word in mistaken}
    rates = {name: rate for name, rate in everyone.items() if name not in gone}
    kept, far = screened(rates, denominator, parameters)
    notes = tally.notes + band_notes(rates, measure, denominator, parameters)
    reason = reason_of(known, tally.inputs > 0, len(rates), len(kept), parameters)
    found: dict[str, Any] = dict.fromkeys(FIELDS)
    found |= {
        "series": series["ticker"],
        "strike_ns": strike_ns,
        "methodology": parameters["methodology"],
        "parameter_set": parameters["parameter_set"],
        "parameters_sha256": sha256_text(canonical_text(parameters)),
        "register_sha256": tables.register_sha256,
        "source": published["source"],
        "state": "suppressed" if reason else "fixed",
        "reason": reason,
        "grade": "",
        "panel": len(rates),
        "kept": len(kept),
        "fit": False,
        "vintage": published["vintage"],
        "inputs_root": tally.inputs_root,
        "members": _members(tally, rates, kept),
        "rejections": _words(tally.rejections + mistaken + far),
        "notes": _words(notes),
    }
    found |= _knowledge(published["vintage"], strike_ns, parameters, revision)
    if not reason:
        found |= figures_of(series["tenor"], tally, rates, kept, parameters)
        if previous is not None:
            found |= movement_of(found, previous, parameters)
    return found


def _tally(
    published: Mapping[str, Any],
    window: Window,
    series: Mapping[str, Any],
    tables: Tables,
    revision: Mapping[str, Any] | None,
) -> tuple[bool, Tally]:
    """Tell whether the series is known, and its panel; once for all sets that agree in it."""
    parameters = tables.parameters[published["parameter_set"]]
    change = revision if published["vintage"] == "revised" else None
    key = (
        *("panel", series["ticker"], published["source"], None if change is None else change["id"]),
        repr([parameters[name] for name in PANEL_PARAMETERS]),
    )
    if key not in window.found:
        batches = batches_at(window, published["source"], parameters["close_ns"], change)
        seen = seen_of(series, batches, window.strike_ns, parameters)
        tally = tally_of(seen, window.strike_ns, tables.register, parameters)
        window.found[key] = bool(seen.latest_ns), tally
    found: tuple[bool, Tally] = window.found[key]
    return found


def _knowledge(
    vintage: str, strike_ns: int, parameters: Parameters, revision: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Give when a vintage was known, and the revision that made it, if one did."""
    if vintage == "revised":
        assert revision is not None
        return {"known_ns": revision["known_ns"], "revision": revision["id"]}
    wait_ns = parameters["close_ns"] if vintage == "provisional" else parameters["final_ns"]
    return {"known_ns": strike_ns + wait_ns, "revision": ""}


def _words(words: Iterable[Word]) -> list[dict[str, str]]:
    return [dict(zip(WORD_FIELDS, word, strict=True)) for word in sorted(words)]


def _members(tally: Tally, rates: Mapping[str, int], kept: set[str]) -> list[dict[str, Any]]:
    found = []
    for name in sorted(rates):
        owner = tally.owners[name]
        shared = common_divisor(owner.rate, tally.denominator)
        found.append(
            {
                "name": name,
                "venues": owner.venues,
                "rate_numerator": owner.rate // shared,
                "rate_denominator": tally.denominator // shared,
                "kept": name in kept,
                "rows": owner.rows,
                "rows_root": owner.rows_root,
            }
        )
    return found
