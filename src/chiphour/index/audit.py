"""AUDIT: recompute a published fixing from its rows, by another road.

Takes   a published Fixing, the observations of the seven days before its strike, and the last
        fixed Fixing before it.
Gives   None when every field comes out the same, else the first difference in one line.
Keeps   its own arithmetic: whole numbers over one common denominator and order by rank, where
        the methodology uses fractions. It imports nothing that the methodology computes with.
Source  docs/methodology/v2026_1.md, read again from its text; decision 0012.

Every rate of a panel is held as a whole number of 1/D nano-dollars, D being the least common
multiple of the GPU counts times 64. No value is halved more than six times on its way (slices,
polls, machines, venues of an owner, panel, deviation), so every median is a whole number too.
"""

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.fixing import Rejection
from chiphour.index.series import BY_TICKER
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.observe.observation import observation_id
from chiphour.observe.register import REGISTER
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import PPM
from chiphour.units import iso_from_ns

# The parameters as the text publishes them; their hash must be the published one.
TEXT: dict[str, Any] = {
    "methodology": "v2026_1",
    "close_ns": 5 * NS_PER_MINUTE,
    "final_ns": NS_PER_DAY,
    "book_window_ns": 10 * NS_PER_MINUTE,
    "posted_limit_ns": NS_PER_DAY,
    "memory_ns": 7 * NS_PER_DAY,
    "book_polls_min": 2,
    "book_hosts_min": 3,
    "book_machines_min": 5,
    "roles": ["eligible"],
    "kinds": ["ask", "list"],
    "harmless_flags": ["CARRIED", "FX_UPSTREAM", "REGION_UNKNOWN"],
    "members_min": 3,
    "screen_members_min": 4,
    "screen_multiple": 3,
    "screen_floor_ppm": 5_000,
    "grade_members_min": [["A", 7], ["B", 5], ["C", 3]],
    "settlement_grades": ["A", "B"],
    "settlement_move_max_ppm": 50_000,
    "interval_level_ppm": 900_000,
}
HALVINGS = 64
# Rows that no fix considers, as the text says it.
PRICE_KINDS = ("ask", "bid_floor", "list")
UNSEEN_FLAGS = ("COMPARISON", "SCHEMA_ONLY", "UNDATED")

# Where a difference is sought: what went in before what came out.
CAUSES = ("methodology", "parameters_sha256", "inputs_root", "rejections", "members")

Rows = dict[str, Observation]  # By id.
Key = tuple[str, str, str]  # Chip, form, tenor.
Sighting = dict[Key, list[Observation]]  # The rows that count; none where all are too old.


class Tally(NamedTuple):
    """The members of a panel: name -> (venues, rate in 1/D nano-dollars, has a book, ids)."""

    denominator: int
    members: dict[str, tuple[list[str], int, bool, list[str]]]
    rejections: list[Rejection]


def audit(
    published: Fixing, observations: Iterable[Observation], previous: Fixing | None
) -> str | None:
    """Give None when the fixing can be recomputed, else the first difference in one line."""
    before = {} if previous is None else {published.series: previous}
    return audit_strike([published], observations, before)[0]


def audit_strike(
    published: Sequence[Fixing],
    observations: Iterable[Observation],
    previous: Mapping[str, Fixing],
) -> list[str | None]:
    """Audit fixings of one strike and one source together: the answers, in their order."""
    assert len({(fixing.strike_ns, fixing.source) for fixing in published}) == 1
    sighting = _sighting(published[0], observations)
    return [_difference(one, sighting, previous.get(one.series)) for one in published]


def _difference(published: Fixing, sighting: Sighting, previous: Fixing | None) -> str | None:
    where = f"{published.series} {iso_from_ns(published.strike_ns)}"
    if published.series not in BY_TICKER:
        return f"{where}: series: published {published.series}, recomputed nothing of that name"
    if published.vintage not in ("provisional", "final"):
        return f"{where}: vintage: published {published.vintage}, recomputed provisional or final"
    expected = _recomputed(published, sighting, previous)
    for field in (*CAUSES, *Fixing._fields):
        ours, theirs = getattr(expected, field), getattr(published, field)
        if ours != theirs:
            place, said, found = _narrowed(field, theirs, ours)
            return f"{where}: {place}: published {said}, recomputed {found}"
    return None


def _narrowed(place: str, published: Any, ours: Any) -> tuple[str, Any, Any]:
    """Follow two unequal records down to the first element in which they differ."""
    if not (isinstance(published, tuple) and isinstance(ours, tuple)):
        return place, published, ours
    if len(published) != len(ours):
        return f"number of {place}", len(published), len(ours)
    names: Sequence[Any] = getattr(ours, "_fields", range(len(ours)))
    at = next(at for at in range(len(ours)) if published[at] != ours[at])
    return _narrowed(f"{place}.{names[at]}", published[at], ours[at])


def _recomputed(published: Fixing, sighting: Sighting, previous: Fixing | None) -> Fixing:
    """Fix the series, strike and source of a published fixing again; keep its vintage."""
    series = BY_TICKER[published.series]
    key = (series.chip, series.form, series.tenor)
    known = key in sighting
    rows = {observation_id(row): row for row in sighting.get(key, ())}
    tally = _tally(rows)
    kept, screened = _screened(tally)
    reason = _reason(known, rows, tally, kept)
    wait_ns = TEXT["close_ns"] if published.vintage == "provisional" else TEXT["final_ns"]
    nothing: dict[str, Any] = dict.fromkeys(Fixing._fields)
    common = nothing | {
        "series": published.series,
        "strike_ns": published.strike_ns,
        "methodology": TEXT["methodology"],
        "parameters_sha256": hashlib.sha256(canonical_json(TEXT).encode()).hexdigest(),
        "source": published.source,
        "state": "suppressed" if reason else "fixed",
        "reason": reason,
        "grade": "",
        "panel": len(tally.members),
        "kept": len(kept),
        "fit": False,
        "vintage": published.vintage,
        "known_ns": published.strike_ns + wait_ns,
        "inputs_root": hashlib.sha256(
            b"".join(f"{i}\n".encode() for i in sorted(rows))
        ).hexdigest(),
        "members": _members(tally, kept),
        "rejections": tuple(sorted(tally.rejections + screened)),
    }
    if not reason:
        common |= _figures(BY_TICKER[published.series].tenor, tally, kept)
        if previous is not None:
            common |= _movement(common, previous)
    return Fixing(**common)


def _sighting(published: Fixing, observations: Iterable[Observation]) -> Sighting:
    """Find the rows that count at the strike, by what they are a price of."""
    strike, source = published.strike_ns, published.source
    seen = [
        row
        for row in observations
        if 0 < strike - row.observed_ns <= TEXT["memory_ns"]
        and row.received_ns - strike < TEXT["close_ns"]
        and (source == "" or source == row.source)
        and row.kind in PRICE_KINDS
        and not any(flag in UNSEEN_FLAGS for flag in row.flags)
    ]
    youngest: dict[tuple[str, str], int] = {}
    for row in sorted(seen, key=lambda row: row.observed_ns):
        if row.feed != "book":
            youngest[row.source, row.venue] = strike - row.observed_ns
    sighting: Sighting = {}
    for row in seen:
        age = strike - row.observed_ns
        rows = sighting.setdefault((row.chip, row.form, row.tenor), [])
        if row.feed == "book":
            good = age <= TEXT["book_window_ns"]
        else:
            good = age == youngest[row.source, row.venue] and age <= TEXT["posted_limit_ns"]
        if good:
            rows.append(row)
    return sighting


def _fault(row: Observation) -> tuple[str, str, str] | None:
    """Give rule, statistic and threshold of the first rule against a row."""
    role = REGISTER[row.venue].role if row.venue in REGISTER else "unknown"
    if role not in TEXT["roles"]:
        return "ROLE", role, " or ".join(TEXT["roles"])
    if row.kind not in TEXT["kinds"]:
        return "KIND", row.kind, " or ".join(TEXT["kinds"])
    doubts = set(row.flags).difference(TEXT["harmless_flags"])
    if doubts:
        return "FLAG", " ".join(sorted(doubts)), "none"
    if min(row.price_nanousd, row.gpus) < 1:
        return "VALUE", f"{row.price_nanousd}/{row.gpus}", "above 0"
    if (row.feed, row.machine_key) == ("book", ""):
        return "MACHINE", "none", "given"
    return None


def _tally(rows: Rows) -> Tally:
    """Sort rows into owners; hold every rate over one denominator."""
    rejections: list[Rejection] = []
    good: dict[str, Rows] = {}
    for key, row in rows.items():
        fault = _fault(row)
        if fault is None:
            good.setdefault(row.venue, {})[key] = row
        else:
            rejections.append(Rejection(key, *fault))
    denominator = HALVINGS
    for venue_rows in good.values():
        for row in venue_rows.values():
            denominator = _common_multiple(denominator, HALVINGS * row.gpus)
    owners: dict[str, dict[str, Rows]] = {}
    for venue, venue_rows in good.items():
        standing = _undisplaced(venue_rows, rejections)
        if not _is_thin(venue, standing, rejections):
            owners.setdefault(REGISTER[venue].owner, {})[venue] = standing
    members = {}
    for owner, venues in owners.items():
        rates = [_venue_rate(list(found.values()), denominator) for found in venues.values()]
        ids = [key for found in venues.values() for key in found]
        book = any(row.feed == "book" for found in venues.values() for row in found.values())
        members[owner] = (sorted(venues), _middle(rates), book, sorted(ids))
    return Tally(denominator, members, rejections)


def _undisplaced(rows: Rows, rejections: list[Rejection]) -> Rows:
    """Strike out other sources beside a venue's own reader, then rate cards beside its book."""
    own = {key for key, row in rows.items() if row.source == row.venue} or set(rows)
    book = {key for key in own if rows[key].feed == "book"} or own
    for key, row in rows.items():
        if key not in book:
            better = "own reader" if key not in own else "book"
            rejections.append(Rejection(key, "DISPLACED", f"{row.source} {row.feed}", better))
    return {key: rows[key] for key in book}


def _is_thin(venue: str, rows: Rows, rejections: list[Rejection]) -> bool:
    """Tell whether the rows are a book with too little in it; if so, note it."""
    if not any(row.feed == "book" for row in rows.values()):
        return False
    seen = {
        "polls": len({row.observed_ns for row in rows.values()}),
        "hosts": len({row.host_key for row in rows.values() if row.host_key}),
        "machines": len({row.machine_key for row in rows.values()}),
    }
    least = {what: TEXT[f"book_{what}_min"] for what in seen}
    if not any(seen[what] < least[what] for what in seen):
        return False
    found, needed = (" ".join(f"{n} {what}" for what, n in d.items()) for d in (seen, least))
    rejections.append(Rejection(venue, "THIN_BOOK", found, needed))
    return True


def _venue_rate(rows: list[Observation], denominator: int) -> int:
    """Give a venue's rate in 1/D: the middle of machines, or of the rows of its card."""
    if rows[0].feed != "book":
        return _middle(_scaled(row, denominator) for row in rows)
    quotes: dict[tuple[str, int], list[int]] = {}
    for row in rows:
        quotes.setdefault((row.machine_key, row.observed_ns), []).append(_scaled(row, denominator))
    sightings: dict[str, list[int]] = {}
    for (machine, _), slices in quotes.items():
        sightings.setdefault(machine, []).append(_middle(slices))
    return _middle(_middle(rates) for rates in sightings.values())


def _screened(tally: Tally) -> tuple[set[str], list[Rejection]]:
    """Give the names that stay, and the rejections of those that go."""
    rates = {name: rate for name, (_, rate, _, _) in tally.members.items()}
    if len(rates) < TEXT["screen_members_min"]:
        return set(rates), []
    centre = _middle(rates.values())
    distances = {name: abs(rate - centre) for name, rate in rates.items()}
    # In millionths, so that the floor's share needs no division.
    width = max(PPM * _middle(distances.values()), TEXT["screen_floor_ppm"] * centre)
    reach = TEXT["screen_multiple"] * width
    far = sorted(name for name, distance in distances.items() if PPM * distance > reach)
    scale = tally.denominator
    notes = [
        Rejection(name, "SCREEN", _usd_text(distances[name], scale), _usd_text(reach, scale * PPM))
        for name in far
    ]
    return set(rates).difference(far), notes


def _reason(known: bool, rows: Rows, tally: Tally, kept: set[str]) -> str:
    if not known:
        return "NO_DATA"
    if not rows:
        return "STALE"
    if len(tally.members) < TEXT["members_min"]:
        return "FEW_MEMBERS"
    return "FEW_AFTER_SCREEN" if len(kept) < TEXT["members_min"] else ""


def _members(tally: Tally, kept: set[str]) -> tuple[Member, ...]:
    found = []
    for name in sorted(tally.members):
        venues, rate, _, ids = tally.members[name]
        shared = _common_divisor(rate, tally.denominator)
        lowest = rate // shared, tally.denominator // shared
        found.append(Member(name, tuple(venues), *lowest, name in kept, tuple(ids)))
    return tuple(found)


def _figures(tenor: str, tally: Tally, kept: set[str]) -> dict[str, Any]:
    """Give fix, grade and interval of a series that is fixed."""
    scale = tally.denominator * NANOUSD_PER_TICK
    rates = sorted(rate for _, rate, _, _ in tally.members.values())
    low, high, weight, level_ppm = _interval(rates)
    books = [name for name in kept if tally.members[name][2]]
    sure = tenor != "SPOT" or bool(books)
    return {
        "fix_ticks": _nearest(_middle(tally.members[name][1] for name in kept), scale),
        "grade": _grade(len(rates), len(kept), sure),
        "interval_low_ticks": _nearest(low, weight * scale),
        "interval_high_ticks": _nearest(high, weight * scale),
        "level_ppm": level_ppm,
    }


def _grade(panel: int, kept: int, sure: bool) -> str:
    letters = [letter for letter, _ in TEXT["grade_members_min"]]
    worst = len(letters) - 1
    place = sum(panel < least for _, least in TEXT["grade_members_min"])
    if kept + kept < panel:
        place = min(place + 1, worst)
    return str(letters[place if sure else worst])


def _interval(rates: list[int]) -> tuple[int, int, int, int]:
    """Give both ends times a weight, the weight, and the level in parts per million."""
    count = len(rates)
    if count < 5:
        return rates[0], rates[-1], 1, PPM - 2 * PPM // 2**count
    row = [1]  # Of Pascal's triangle: how many of the 2^n outcomes have d below the median.
    for _ in range(count):
        row = [left + right for left, right in zip([0, *row], [*row, 0], strict=True)]
    within = [2**count - 2 * sum(row[:depth]) for depth in range(count // 2 + 1)]
    level = TEXT["interval_level_ppm"] * 2**count  # Times one million, as `within` below.
    depth = max(d for d in range(1, len(within)) if PPM * within[d] >= level)
    above = PPM * within[depth] - level
    span = PPM * (within[depth] - within[depth + 1])
    inner = (count - depth) * above
    weight = depth * span + (count - 2 * depth) * above
    outer = weight - inner
    low = outer * rates[depth - 1] + inner * rates[depth]
    high = outer * rates[-depth] + inner * rates[-depth - 1]
    return low, high, weight, TEXT["interval_level_ppm"]


def _movement(fixed: dict[str, Any], previous: Fixing) -> dict[str, Any]:
    """Give the split against the previous fixing, and whether the fix may settle a contract."""
    assert previous.fix_ticks is not None
    scale = 2
    for member in (*fixed["members"], *previous.members):
        scale = _common_multiple(scale, 2 * member.rate_denominator)
    now = {m.name: m.rate_numerator * (scale // m.rate_denominator) for m in fixed["members"]}
    then = {m.name: m.rate_numerator * (scale // m.rate_denominator) for m in previous.members}
    stayed = [name for name in now if name in then]
    matched = screen = 0
    if stayed:
        matched = _middle(now[n] for n in stayed) - _middle(then[n] for n in stayed)
    screen += _middle(now[m.name] for m in fixed["members"] if m.kept)
    screen -= _middle(now.values())
    screen -= _middle(then[m.name] for m in previous.members if m.kept)
    screen += _middle(then.values())
    change = fixed["fix_ticks"] - previous.fix_ticks
    by_price = _nearest(matched, scale * NANOUSD_PER_TICK)
    by_screen = _nearest(screen, scale * NANOUSD_PER_TICK)
    other = abs(change - by_price)
    small = other * PPM <= TEXT["settlement_move_max_ppm"] * previous.fix_ticks
    return {
        "fit": small and fixed["grade"] in TEXT["settlement_grades"],
        "previous_strike_ns": previous.strike_ns,
        "change_ticks": change,
        "matched_ticks": by_price,
        "screen_ticks": by_screen,
        "composition_ticks": change - by_price - by_screen,
    }


def _scaled(row: Observation, denominator: int) -> int:
    return row.price_nanousd * (denominator // row.gpus)


def _middle(values: Iterable[int]) -> int:
    """Give the mean of the values of the lower and the upper middle rank; it must be whole."""
    ranked = sorted(values)
    twice = ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]
    assert twice % 2 == 0
    return twice // 2


def _nearest(value: int, unit: int) -> int:
    """Count the units in a value, to the nearest; a tie goes to the even count."""
    count, over = divmod(2 * value + unit, 2 * unit)
    return count - 1 if over == 0 and count % 2 else count


def _usd_text(value: int, scale: int) -> str:
    """Write value/scale nano-dollars, not negative, as dollars with nine decimals."""
    digits = str(_nearest(value, scale)).rjust(len(str(NANOUSD_PER_USD)), "0")
    return f"{digits[:-9]}.{digits[-9:]}"


def _common_divisor(one: int, other: int) -> int:
    while other:
        one, other = other, one % other
    return one


def _common_multiple(one: int, other: int) -> int:
    return one // _common_divisor(one, other) * other
