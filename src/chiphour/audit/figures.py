"""FIGURES: from a panel of rates to what is published: fix, grade, interval, split.

Takes   rates by owner as whole numbers of 1/D nano-dollars; the fixing before, as plain JSON.
Gives   who leaves for a unit error or the screen, who is noted; the figures in ticks.
Keeps   one rounding, at the end.
Source  docs/methodology/v2026_1.md, "Guards" to "Fit for settlement"; decision 0012.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from chiphour.audit.books import Tally
from chiphour.audit.books import Word
from chiphour.audit.numbers import ONE_PPM
from chiphour.audit.numbers import TICK_NANOUSD
from chiphour.audit.numbers import common_multiple
from chiphour.audit.numbers import middle
from chiphour.audit.numbers import nearest
from chiphour.audit.numbers import usd_text
from chiphour.audit.specs import Parameters

Fixing = Mapping[str, Any]


def measure_of(
    previous: Fixing | None, strike_ns: int, denominator: int, parameters: Parameters
) -> int | None:
    """Give the fix before in 1/D, where it is final and young enough to measure a rate by."""
    if previous is None:
        return None
    age_ns = strike_ns - previous["strike_ns"]
    if not parameters["final_ns"] <= age_ns <= parameters["unit_fix_age_max_ns"]:
        return None
    fix_ticks: int = previous["fix_ticks"]
    return fix_ticks * TICK_NANOUSD * denominator


def unit_errors(
    rates: Mapping[str, int], measure: int | None, denominator: int, parameters: Parameters
) -> list[Word]:
    """Reject members that are some whole multiple off: by the others, where these are enough."""
    found, times = [], parameters["unit_multiple"]
    for name, rate in rates.items():
        others = [other for of, other in rates.items() if of != name]
        reference = middle(others) if len(others) >= parameters["unit_members_min"] else measure
        if reference is None:
            continue
        if rate >= times * reference or rate * times <= reference:
            about = f"1/{times} to {times} times {usd_text(reference, denominator)}"
            found.append((name, "UNIT", usd_text(rate, denominator), about))
    return found


def band_notes(
    rates: Mapping[str, int], measure: int | None, denominator: int, parameters: Parameters
) -> list[Word]:
    """Note members that lie far from the fix before."""
    if measure is None:
        return []
    times = parameters["band_multiple"]
    about = f"1/{times} to {times} times {usd_text(measure, denominator)}"
    return [
        (name, "BAND", usd_text(rate, denominator), about)
        for name, rate in rates.items()
        if rate > times * measure or rate * times < measure
    ]


def screened(
    rates: Mapping[str, int], denominator: int, parameters: Parameters
) -> tuple[set[str], list[Word]]:
    """Give the names that stay, and the rejections of those that go."""
    if not parameters["screened"] or len(rates) < parameters["screen_members_min"]:
        return set(rates), []
    centre = middle(rates.values())
    distances = {name: abs(rate - centre) for name, rate in rates.items()}
    # In millionths, so that no share needs a division.
    width = max(
        parameters["screen_scale_ppm"] * middle(distances.values()),
        parameters["screen_floor_ppm"] * centre,
    )
    reach = parameters["screen_multiple"] * width
    about = usd_text(reach, denominator * ONE_PPM)
    far = [name for name, distance in distances.items() if ONE_PPM * distance > reach]
    words = [(name, "SCREEN", usd_text(distances[name], denominator), about) for name in far]
    return set(rates).difference(far), words


def reason_of(known: bool, counted: bool, panel: int, kept: int, parameters: Parameters) -> str:
    """Give the first reason for which there is no fix, or an empty text."""
    if not known:
        return "NO_DATA"
    if not counted:
        return "STALE"
    if panel < parameters["members_min"]:
        return "FEW_MEMBERS"
    return "FEW_AFTER_SCREEN" if kept < parameters["members_min"] else ""


def figures_of(
    tenor: str, tally: Tally, rates: Mapping[str, int], kept: set[str], parameters: Parameters
) -> dict[str, Any]:
    """Give fix, grade and interval of a series that is fixed."""
    scale = tally.denominator * TICK_NANOUSD
    low, high, weight, level_ppm = interval_of(
        sorted(rates.values()), parameters["interval_level_ppm"]
    )
    sure = tenor != "SPOT" or any(tally.owners[name].has_book for name in kept)
    return {
        "fix_ticks": nearest(middle(rates[name] for name in kept), scale),
        "grade": grade_of(len(rates), len(kept), sure, parameters["grade_members_min"]),
        "interval_low_ticks": nearest(low, weight * scale),
        "interval_high_ticks": nearest(high, weight * scale),
        "level_ppm": level_ppm,
    }


def grade_of(panel: int, kept: int, sure: bool, letters: Iterable[tuple[str, int]]) -> str:
    """Grade by members before the screen; one lower when most of them left, never under the last.

    Where a book should stand behind the fix and none does, it is not sure: the last grade.
    """
    table = list(letters)
    worst = len(table) - 1
    place = sum(panel < least for _, least in table)
    if kept + kept < panel:
        place = min(place + 1, worst)
    return table[place if sure else worst][0]


def interval_of(rates: list[int], level_ppm: int) -> tuple[int, int, int, int]:
    """Give both ends times a weight, the weight, and the level in parts per million."""
    count = len(rates)
    if count < 5:
        return rates[0], rates[-1], 1, ONE_PPM - 2 * ONE_PPM // 2**count
    row = [1]  # Of Pascal's triangle: how many of the 2^n outcomes have d below the median.
    for _ in range(count):
        row = [left + right for left, right in zip([0, *row], [*row, 0], strict=True)]
    within = [max(0, 2**count - 2 * sum(row[:depth])) for depth in range(count // 2 + 2)]
    level = level_ppm * 2**count  # Times one million, as `within` below.
    depth = max(d for d in range(1, len(within) - 1) if ONE_PPM * within[d] >= level)
    above = ONE_PPM * within[depth] - level
    span = ONE_PPM * (within[depth] - within[depth + 1])
    inner = (count - depth) * above
    weight = depth * span + (count - 2 * depth) * above
    outer = weight - inner
    low = outer * rates[depth - 1] + inner * rates[depth]
    high = outer * rates[-depth] + inner * rates[-depth - 1]
    return low, high, weight, level_ppm


def movement_of(fixed: Fixing, previous: Fixing, parameters: Parameters) -> dict[str, Any]:
    """Give the split against the fixing before, and whether the fix may settle a contract."""
    scale = 2
    for member in (*fixed["members"], *previous["members"]):
        scale = common_multiple(scale, 2 * member["rate_denominator"])
    now, then = _rates_in(fixed, scale), _rates_in(previous, scale)
    stayed = [name for name in now if name in then]
    matched = 0
    if stayed:
        matched = middle(now[name] for name in stayed) - middle(then[name] for name in stayed)
    screen = _moved_by_screen(fixed, now) - _moved_by_screen(previous, then)
    change = fixed["fix_ticks"] - previous["fix_ticks"]
    by_price = nearest(matched, scale * TICK_NANOUSD)
    by_screen = nearest(screen, scale * TICK_NANOUSD)
    other = abs(change - by_price)
    small = other * ONE_PPM <= parameters["settlement_move_max_ppm"] * previous["fix_ticks"]
    return {
        "fit": small and fixed["grade"] in parameters["settlement_grades"],
        "previous_strike_ns": previous["strike_ns"],
        "change_ticks": change,
        "matched_ticks": by_price,
        "screen_ticks": by_screen,
        "composition_ticks": change - by_price - by_screen,
    }


def _rates_in(fixing: Fixing, scale: int) -> dict[str, int]:
    return {
        member["name"]: member["rate_numerator"] * (scale // member["rate_denominator"])
        for member in fixing["members"]
    }


def _moved_by_screen(fixing: Fixing, rates: Mapping[str, int]) -> int:
    """Give how far the middle of those who stayed lies from the middle of all."""
    kept = (rates[member["name"]] for member in fixing["members"] if member["kept"])
    return middle(kept) - middle(rates.values())
