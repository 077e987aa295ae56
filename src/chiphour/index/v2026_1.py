"""V2026_1: the methodology in force: one reference price for each series at each strike.

Takes   observations, the strike, and the last fixed Fixing of each series.
Gives   one Fixing for every row of SERIES, in order; a series without a fix is a row with a
        reason.
Keeps   every figure exact until it is published: integers and fractions, one rounding, no
        floating point. The same rows in any order give the same bytes.
Source  docs/methodology/v2026_1.md, which names each parameter below; decision 0004.
"""

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.fixing import Rejection
from chiphour.index.panel import Considered
from chiphour.index.panel import Panel
from chiphour.index.panel import Panelist
from chiphour.index.panel import Parameters
from chiphour.index.panel import book_of
from chiphour.index.panel import considered
from chiphour.index.panel import ineligible
from chiphour.index.panel import panel_of
from chiphour.index.panel import thin_book
from chiphour.index.series import SERIES
from chiphour.index.series import Series
from chiphour.index.statistics import interval
from chiphour.index.statistics import median
from chiphour.index.statistics import median_absolute_deviation
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.observe.observation import observation_id
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import PPM
from chiphour.units import div_half_even
from chiphour.units import round_half_even
from chiphour.units import text_from_nanousd

PARAMETERS = Parameters(
    methodology="v2026_1",
    close_ns=5 * NS_PER_MINUTE,
    final_ns=NS_PER_DAY,
    book_window_ns=10 * NS_PER_MINUTE,
    posted_limit_ns=NS_PER_DAY,
    memory_ns=7 * NS_PER_DAY,
    book_polls_min=2,
    book_hosts_min=3,
    book_machines_min=5,
    roles=("eligible",),
    kinds=("ask", "list"),
    harmless_flags=("CARRIED", "FX_UPSTREAM", "REGION_UNKNOWN"),
    members_min=3,
    screen_members_min=4,
    screen_multiple=3,
    screen_floor_ppm=5_000,
    grade_members_min=(("A", 7), ("B", 5), ("C", 3)),
    settlement_grades=("A", "B"),
    settlement_move_max_ppm=50_000,
    interval_level_ppm=900_000,
)
PARAMETERS_SHA256 = hashlib.sha256(canonical_json(PARAMETERS._asdict()).encode()).hexdigest()

# Why a series has no fix, first reason first.
REASONS = {
    "NO_DATA": "no price of this series was seen in the last seven days",
    "STALE": "prices of this series are known, but none is recent enough for this strike",
    "FEW_MEMBERS": "fewer than three independent members had a usable price",
    "FEW_AFTER_SCREEN": "fewer than three members were left after the outlier screen",
}

# Why a row, a venue or a member was left out, in the order of the tests.
RULES = {
    "ROLE": "the venue's role in the register keeps it out of the panel",
    "KIND": "the price is not an ask or a list price",
    "FLAG": "the reader or a check flagged the row with a doubt that excludes it",
    "VALUE": "the price or the number of GPUs is not above zero",
    "MACHINE": "a row of an order book does not say which machine it offers",
    "DISPLACED": "the venue's own reader, or its order book, stands in the row's place",
    "THIN_BOOK": "the order book had too few polls, hosts or machines in the window",
    "SCREEN": "the member's rate lies too far from the median of the panel",
}


class BookStatistics(NamedTuple):
    """One order book at one time: shown off-strike, never a fix. Rates in ticks."""

    series: str
    venue: str
    polls: int
    hosts: int
    machines: int
    low_ticks: int
    median_ticks: int
    high_ticks: int
    thin: bool


class Split(NamedTuple):
    """What a change of the fix was made of, in ticks. The three parts sum to the change."""

    change_ticks: int
    matched_ticks: int
    screen_ticks: int
    composition_ticks: int


def fix_all(
    observations: Sequence[Observation],
    strike_ns: int,
    previous: Mapping[str, Fixing],
    source: str = "",
) -> list[Fixing]:
    """Fix every series at a strike. `previous` maps a ticker to its last fixed Fixing.

    The observations must reach back seven days from the strike (`PARAMETERS.memory_ns`); what
    lies outside is ignored. `source` limits them to one source; "" takes all.
    """
    window = considered(observations, strike_ns, source, PARAMETERS)
    return [
        _fix(series, window, strike_ns, previous.get(series.ticker), source) for series in SERIES
    ]


def fix_one(
    series: Series,
    observations: Sequence[Observation],
    strike_ns: int,
    previous: Fixing | None,
    source: str = "",
) -> Fixing:
    """Fix one series at a strike; the same as its row of `fix_all`."""
    window = considered(observations, strike_ns, source, PARAMETERS)
    return _fix(series, window, strike_ns, previous, source)


def inputs_unchanged(fixings: Sequence[Fixing], observations: Sequence[Observation]) -> bool:
    """Tell whether fixings of one strike and source were made from these very inputs.

    True promises that `fix_all` would give them again, as long as the last fixed Fixing before
    them is the same too.
    """
    strike_ns, source = fixings[0].strike_ns, fixings[0].source
    window = considered(observations, strike_ns, source, PARAMETERS)
    return [fixing.series for fixing in fixings] == [series.ticker for series in SERIES] and all(
        fixing.parameters_sha256 == PARAMETERS_SHA256
        and fixing.inputs_root == _inputs_root(window.rows.get(series, ()))
        and (fixing.reason == "NO_DATA") == (series not in window.known)
        for fixing, series in zip(fixings, SERIES, strict=True)
    )


def as_final(fixing: Fixing) -> Fixing:
    """Give the final row: equal to the provisional one, known a day after the strike."""
    known_ns = fixing.strike_ns + PARAMETERS.final_ns
    return fixing._replace(vintage="final", known_ns=known_ns)


def book_statistics(
    observations: Sequence[Observation], at_ns: int, source: str = ""
) -> list[BookStatistics]:
    """Describe every order book in the ten minutes before a time, by series and venue."""
    window = considered(observations, at_ns, source, PARAMETERS)
    found: list[BookStatistics] = []
    for series in SERIES:
        by_venue: dict[str, list[Observation]] = {}
        for row in window.rows.get(series, ()):
            if row.feed == "book" and ineligible(row, PARAMETERS) is None:
                by_venue.setdefault(row.venue, []).append(row)
        found += [_book(series, venue, by_venue[venue]) for venue in sorted(by_venue)]
    return found


def _book(series: Series, venue: str, rows: Sequence[Observation]) -> BookStatistics:
    book = book_of(rows)
    return BookStatistics(
        series=series.ticker,
        venue=venue,
        polls=book.polls,
        hosts=book.hosts,
        machines=len(book.machine_rates),
        low_ticks=_ticks(min(book.machine_rates)),
        median_ticks=_ticks(median(book.machine_rates)),
        high_ticks=_ticks(max(book.machine_rates)),
        thin=thin_book(venue, rows, PARAMETERS) is not None,
    )


def _fix(
    series: Series, window: Considered, strike_ns: int, previous: Fixing | None, source: str
) -> Fixing:
    rows = window.rows.get(series, ())
    panel = panel_of(rows, PARAMETERS)
    kept, screened = screen(panel.members)
    blank = Fixing(
        series=series.ticker,
        strike_ns=strike_ns,
        methodology=PARAMETERS.methodology,
        parameters_sha256=PARAMETERS_SHA256,
        source=source,
        state="suppressed",
        reason=_reason(series, window, panel, kept),
        fix_ticks=None,
        grade="",
        panel=len(panel.members),
        kept=len(kept),
        interval_low_ticks=None,
        interval_high_ticks=None,
        level_ppm=None,
        fit=False,
        previous_strike_ns=None,
        change_ticks=None,
        matched_ticks=None,
        screen_ticks=None,
        composition_ticks=None,
        vintage="provisional",
        known_ns=strike_ns + PARAMETERS.close_ns,
        inputs_root=_inputs_root(rows),
        members=tuple(_member(panelist, panelist in kept) for panelist in panel.members),
        rejections=tuple(sorted((*panel.rejections, *screened))),
    )
    return blank if blank.reason else _fixed(blank, series, panel.members, kept, previous)


def _reason(series: Series, window: Considered, panel: Panel, kept: Sequence[Panelist]) -> str:
    """Give the first reason against a fix, or ""."""
    if series not in window.known:
        return "NO_DATA"
    if series not in window.rows:
        return "STALE"
    if len(panel.members) < PARAMETERS.members_min:
        return "FEW_MEMBERS"
    if len(kept) < PARAMETERS.members_min:
        return "FEW_AFTER_SCREEN"
    return ""


def _fixed(
    blank: Fixing,
    series: Series,
    members: Sequence[Panelist],
    kept: Sequence[Panelist],
    previous: Fixing | None,
) -> Fixing:
    """Fill in what a series with enough members publishes."""
    value = median(member.rate for member in kept)
    from_book = any(member.from_book for member in kept)
    grade = grade_of(len(members), len(kept), series.tenor == "SPOT" and not from_book)
    stated = interval((member.rate for member in members), PARAMETERS.interval_level_ppm)
    fixed = blank._replace(
        state="fixed",
        fix_ticks=_ticks(value),
        grade=grade,
        interval_low_ticks=_ticks(stated.low),
        interval_high_ticks=_ticks(stated.high),
        level_ppm=stated.level_ppm,
    )
    if previous is None:
        return fixed  # Not fit: there is nothing to judge its move against.
    assert previous.fix_ticks is not None
    assert previous.strike_ns < blank.strike_ns
    split = split_of(fixed.members, _ticks(value), previous.members, previous.fix_ticks)
    return fixed._replace(
        fit=fit_for_settlement(grade, split, previous.fix_ticks),
        previous_strike_ns=previous.strike_ns,
        **split._asdict(),
    )


def screen(members: Sequence[Panelist]) -> tuple[list[Panelist], list[Rejection]]:
    """Keep the members within three raw median absolute deviations of the median, once.

    The deviation is at least half a percent of the median, so that equal rate cards do not
    reject everyone else. Under four members everyone stays.
    """
    if len(members) < PARAMETERS.screen_members_min:
        return list(members), []
    rates = [member.rate for member in members]
    centre = median(rates)
    floor = centre * Fraction(PARAMETERS.screen_floor_ppm, PPM)
    deviation = max(median_absolute_deviation(rates, centre), floor)
    reach = PARAMETERS.screen_multiple * deviation
    kept, rejections = [], []
    for member in members:
        distance = abs(member.rate - centre)
        if distance <= reach:
            kept.append(member)
        else:
            rejections.append(Rejection(member.name, "SCREEN", _dollars(distance), _dollars(reach)))
    return kept, rejections


def grade_of(panel: int, kept: int, marketplace_without_book: bool) -> str:
    """Grade a fix by its panel; one lower when under half is kept; without a book at most C."""
    grades = [grade for grade, least in PARAMETERS.grade_members_min if panel >= least]
    lowest = PARAMETERS.grade_members_min[-1][0]
    if marketplace_without_book:
        return lowest
    if 2 * kept >= panel:
        return grades[0]
    return grades[1] if len(grades) > 1 else lowest


def split_of(
    members: Sequence[Member],
    fix_ticks: int,
    previous_members: Sequence[Member],
    previous_fix_ticks: int,
) -> Split:
    """Split the change since the last fixed strike into price, screen and composition.

    With P the plain median of the panel and B the members on both days: matched is the change
    of the median of B (0 when B is empty), screen the change of fix - P, and composition the
    change of P less matched. Composition takes what rounding leaves over.
    """
    now = {member.name: _rate(member) for member in members}
    before = {member.name: _rate(member) for member in previous_members}
    both = now.keys() & before.keys()
    matched = Fraction(0)
    if both:
        matched = median(now[name] for name in both) - median(before[name] for name in both)
    change_ticks = fix_ticks - previous_fix_ticks
    matched_ticks = _ticks(matched)
    screen_ticks = _ticks(_screen_effect(members) - _screen_effect(previous_members))
    return Split(
        change_ticks=change_ticks,
        matched_ticks=matched_ticks,
        screen_ticks=screen_ticks,
        composition_ticks=change_ticks - matched_ticks - screen_ticks,
    )


def _screen_effect(members: Sequence[Member]) -> Fraction:
    """Give the exact fix less the plain median of the panel."""
    fix = median(_rate(member) for member in members if member.kept)
    return fix - median(_rate(member) for member in members)


def fit_for_settlement(grade: str, split: Split, previous_fix_ticks: int) -> bool:
    """Tell whether a contract may settle on the fix: grade, and a move that is mostly price."""
    if grade not in PARAMETERS.settlement_grades:
        return False
    moved_ticks = abs(split.screen_ticks + split.composition_ticks)
    return moved_ticks * PPM <= PARAMETERS.settlement_move_max_ppm * previous_fix_ticks


def _inputs_root(rows: Iterable[Observation]) -> str:
    """Hash the sorted ids of the considered observations, one a line, with SHA-256."""
    ids = sorted(observation_id(row) for row in rows)
    return hashlib.sha256("".join(f"{key}\n" for key in ids).encode()).hexdigest()


def _member(panelist: Panelist, kept: bool) -> Member:
    return Member(
        name=panelist.name,
        venues=panelist.venues,
        rate_numerator=panelist.rate.numerator,
        rate_denominator=panelist.rate.denominator,
        kept=kept,
        observations=panelist.observations,
    )


def _rate(member: Member) -> Fraction:
    return Fraction(member.rate_numerator, member.rate_denominator)


def _ticks(nanousd: Fraction) -> int:
    """Round exact nano-dollars to ticks, once, half to even."""
    return div_half_even(nanousd.numerator, nanousd.denominator * NANOUSD_PER_TICK)


def _dollars(nanousd: Fraction) -> str:
    """Write exact nano-dollars as dollars with nine decimals, half to even."""
    return text_from_nanousd(round_half_even(nanousd))
