"""ATTACK_CAPTURE: how far a fix goes when some members' rates are whatever an attacker likes.

Takes   the members' rates, the rule.
Gives   the largest shift for so many members captured, or silenced; how many must be captured to
        move the fix without bound; which member the fix listens to most.
Keeps   every figure one that the rule itself gave for rates that are written down with it: it can
        be done. Silencing is tried on every set of members.
Source  docs/methodology/attack-cost.md; decision 0022.

Captured members share one rate, which is followed from end to end; or some of them go so far away
that they count as a unit error, and the others share one. Members at two rates of their own gain
nothing on any panel that was tried: the decision record says how that was looked for.
"""

from collections.abc import Collection
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import NamedTuple

from chiphour.index.attack_rule import Outcome
from chiphour.index.attack_rule import outcome_of
from chiphour.index.attack_rule import stretches
from chiphour.index.parameters import Parameters
from chiphour.index.v2026_1 import grade_of
from chiphour.units import PPM
from chiphour.units import div_floor
from chiphour.units import div_half_even

FAR = 1_000  # Times the highest honest rate: out of any bound.
SETS_MAX = 240  # Of members, for all of them to be tried; else those that grow from the best.
GROWN_FROM = 12
BUMP_PPM = 10_000  # For the share that one member holds of all sensitivity.


class Shift(NamedTuple):
    """A largest shift of the fix, in parts per million rounded away from zero.

    `by` names the members, at `rates_nanousd`, rounded half to even (none where they are silent).
    `unbounded` tells that the fix follows them anywhere: the shift then is only one of them.
    """

    shift_ppm: int
    unbounded: bool
    by: tuple[str, ...]
    rates_nanousd: tuple[int, ...]


class Silence(NamedTuple):
    """What is left when members fall silent: the largest shifts, and the lowest grade of a fix.

    `suppressed` counts the sets of members without which there is no fix. Where no set leaves a
    fix, the shifts are None and the grade is "".
    """

    up: Shift | None
    down: Shift | None
    grade: str
    suppressed: int


class Members(NamedTuple):
    """The members of a panel and the rule. Rates in 1/`unit` nano-dollars."""

    rates: Mapping[str, int]
    from_book: frozenset[str]
    spot: bool
    measure: int | None
    parameters: Parameters
    unit: int

    def outcome(self, rates: Sequence[int]) -> Outcome:
        """Apply the rule to some rates."""
        return outcome_of(rates, self.measure, self.parameters)


class _Found(NamedTuple):
    """Where some members move the fix, doubled: `gone` of them are gone, the others share a rate.

    At a rate of 0 all keep their own.
    """

    fix_doubled: int
    by: tuple[str, ...]
    gone: int
    rate: int


class _Best(NamedTuple):
    """The most that a set of members can do in either direction."""

    up: _Found
    down: _Found


def shift_ppm(fix_doubled: int, from_doubled: int) -> int:
    """Give the change in parts per million of the fix, rounded away from zero."""
    change = (fix_doubled - from_doubled) * PPM
    return -div_floor(-change, from_doubled) if change > 0 else div_floor(change, from_doubled)


def captured(members: Members, count: int) -> tuple[Shift, Shift]:
    """Give the largest shifts up and down that so many captured members can make."""
    best: dict[tuple[str, ...], _Best] = {}
    for size in range(1, count + 1):
        best = {one: _best(members, one) for one in _sets(members, size, best)}
    up = max((each.up for each in best.values()), key=lambda found: found.fix_doubled)
    down = min((each.down for each in best.values()), key=lambda found: found.fix_doubled)
    return _shift(members, up, best, 1), _shift(members, down, best, -1)


def _shift(
    members: Members, found: _Found, sets: Iterable[tuple[str, ...]], direction: int
) -> Shift:
    rates = [members.rates[name] for name in found.by]
    if found.rate:
        shared = [found.rate] * (len(found.by) - found.gone)
        rates = [*shared, *[_gone(members)] * found.gone]
    return Shift(
        shift_ppm(found.fix_doubled, _fix(members)),
        any(_is_unbounded(members, one, direction) for one in sets),
        found.by,
        tuple(div_half_even(rate, members.unit) for rate in rates),
    )


def breakdown(members: Members) -> int:
    """Give the fewest members that, captured, move the fix without bound."""
    for count in range(1, len(members.rates)):
        for one in combinations(members.rates, count):
            if _is_unbounded(members, one, 1) or _is_unbounded(members, one, -1):
                return count
    return len(members.rates)


def silenced(members: Members, count: int) -> Silence:
    """Give what is left when so many members fall silent; every set of them is tried."""
    fix_doubled = _fix(members)
    found: list[tuple[int, tuple[str, ...]]] = []
    grades = []
    suppressed = 0
    for silent in combinations(members.rates, count):
        left = {name: rate for name, rate in members.rates.items() if name not in silent}
        outcome = members.outcome(list(left.values()))
        if outcome.fix_doubled is None:
            suppressed += 1
        else:
            found.append((outcome.fix_doubled, silent))
            grades.append(grade(members, left, outcome))
    if not found:
        return Silence(None, None, "", suppressed)
    up = max(found, key=lambda each: each[0])
    down = min(found, key=lambda each: each[0])
    shifts = [Shift(shift_ppm(fix, fix_doubled), False, silent, ()) for fix, silent in (up, down)]
    return Silence(shifts[0], shifts[1], max(grades), suppressed)


def grade(members: Members, rates: Mapping[str, int], outcome: Outcome) -> str:
    """Give the grade of a fix of these members."""
    kept = rates
    if outcome.high_doubled:
        low, high = outcome.low_doubled, outcome.high_doubled
        kept = {name: rate for name, rate in rates.items() if low <= 2 * rate <= high}
    bookless = members.spot and not members.from_book & kept.keys()
    return grade_of(outcome.panel, outcome.kept, bookless, members.parameters)


def concentration(members: Members) -> tuple[str, int]:
    """Give the member that the fix listens to most, and its share of all sensitivity in ppm.

    Each rate is moved by one per cent, up and down; its sensitivity is by how much the fix moves in
    all. The share is rounded half to even; ("", 0) where no member alone moves the fix.
    """
    fix_doubled = _fix(members)
    moved: dict[str, int] = {}
    for name, rate in members.rates.items():
        bump = div_half_even(rate * BUMP_PPM, PPM)
        moved[name] = 0
        for bumped in (rate - bump, rate + bump):
            outcome = members.outcome(list((dict(members.rates) | {name: bumped}).values()))
            if outcome.fix_doubled is not None:
                moved[name] += abs(outcome.fix_doubled - fix_doubled)
    whole = sum(moved.values())
    if whole == 0:
        return "", 0
    most = max(sorted(moved), key=moved.__getitem__)
    return most, div_half_even(moved[most] * PPM, whole)


def _fix(members: Members) -> int:
    """Give twice the fix; there is one."""
    fix_doubled = members.outcome(list(members.rates.values())).fix_doubled
    assert fix_doubled is not None
    return fix_doubled


def _sets(
    members: Members, size: int, best: Mapping[tuple[str, ...], _Best]
) -> Iterable[tuple[str, ...]]:
    """Give the sets of members to try: all, or those that grow from the best ones of one fewer."""
    names = tuple(members.rates)
    if comb(len(names), size) <= SETS_MAX:
        return combinations(names, size)
    highest = sorted(best, key=lambda one: (-best[one].up.fix_doubled, one))
    lowest = sorted(best, key=lambda one: (best[one].down.fix_doubled, one))
    grown = {
        tuple(name for name in names if name in one or name == further)
        for one in (*highest[:GROWN_FROM], *lowest[:GROWN_FROM])
        for further in names
        if further not in one
    }
    return sorted(grown)


def _best(members: Members, by: tuple[str, ...]) -> _Best:
    """Follow the rate that a set shares from end to end, with some of the set gone."""
    fix_doubled = _fix(members)
    up = down = _Found(fix_doubled, by, 0, 0)
    others = [rate for name, rate in members.rates.items() if name not in by]
    top = 2 * members.parameters.unit_multiple * max(*members.rates.values(), members.measure or 0)
    for gone in range(len(by)):
        fixed = [*others, *[_gone(members)] * gone]
        for low, high, fix_low, fix_high in stretches(
            fixed, len(by) - gone, 1, top, members.measure, members.parameters
        ):
            if fix_low is None or fix_high is None:
                continue
            if max(fix_low, fix_high) > up.fix_doubled:
                up = max(_Found(fix_low, by, gone, low), _Found(fix_high, by, gone, high))
            if min(fix_low, fix_high) < down.fix_doubled:
                down = min(_Found(fix_low, by, gone, low), _Found(fix_high, by, gone, high))
    return _Best(up, down)


def _gone(members: Members) -> int:
    """Give a rate that no bound holds."""
    return FAR * max(members.rates.values())


def _is_unbounded(members: Members, one: Collection[str], direction: int) -> bool:
    """Tell whether the fix follows members a thousandfold away, up or down."""
    rates = [rate for name, rate in members.rates.items() if name not in one]
    most, least = max(members.rates.values()), min(members.rates.values())
    place = FAR * most if direction > 0 else div_floor(least, FAR)
    fix_doubled = members.outcome([*rates, *[place] * len(one)]).fix_doubled
    if fix_doubled is None:
        return False
    half = div_floor(FAR, 2)
    return fix_doubled > half * most if direction > 0 else fix_doubled * half < 4 * least
