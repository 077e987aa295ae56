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
from chiphour.index.fixing import Note
from chiphour.index.fixing import Rejection
from chiphour.index.hosts import host_weights
from chiphour.index.panel import EMPTY
from chiphour.index.panel import Considered
from chiphour.index.panel import Panel
from chiphour.index.panel import Panelist
from chiphour.index.panel import book_of
from chiphour.index.panel import considered
from chiphour.index.panel import ineligible
from chiphour.index.panel import panel_of
from chiphour.index.panel import thin_book
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.parameters import parameters_sha256
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import Series
from chiphour.index.statistics import interval
from chiphour.index.statistics import median
from chiphour.index.statistics import median_absolute_deviation
from chiphour.index.statistics import weighted_median
from chiphour.observe.observation import Observation
from chiphour.observe.register import REGISTER
from chiphour.observe.register import REGISTER_SHA256
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import PPM
from chiphour.units import div_half_even
from chiphour.units import iso_from_ns
from chiphour.units import round_half_even
from chiphour.units import text_from_nanousd

PARAMETERS = V2026_1
PARAMETERS_SHA256 = parameters_sha256(PARAMETERS)

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
    "QUALITY": "the venue states that the machine is unverified or less reliable than the floor",
    "DISPLACED": "the venue's own reader, or its order book, stands in the row's place",
    "THIN_BOOK": "the order book had too few polls, hosts or machines in the window",
    "UNIT": "the member's rate is so far from the others' that its unit must be wrong",
    "SCREEN": "the member's rate lies too far from the median of the panel",
}

# What a reader of a fix should know, and that left nothing out.
NOTES = {
    "BAND": "the member's rate is far from the last fix",
    "CAPPED": "one host had so many of the book's machines that they weigh less each",
    "NO_HOST": "the book names no host, so that no host could be capped",
    "OUTAGE": "the venue had a price in the last seven days, but none that counts at this strike",
    "VANISHED": "machines that vanished from the book lately still count",
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
    parameters: Parameters = PARAMETERS,
) -> list[Fixing]:
    """Fix every series at a strike. `previous` maps a ticker to its last fixed Fixing.

    The observations must reach back seven days from the strike (`memory_ns`); what lies outside
    is ignored. `source` limits them to one source; "" takes all.
    """
    sets = {parameters.parameter_set: parameters}
    found = fix_sets(observations, strike_ns, {parameters.parameter_set: previous}, source, sets)
    return found[parameters.parameter_set]


def fix_sets(
    observations: Sequence[Observation],
    strike_ns: int,
    previous: Mapping[str, Mapping[str, Fixing]],
    source: str = "",
    sets: Mapping[str, Parameters] = SETS,
) -> dict[str, list[Fixing]]:
    """Fix every series at a strike by several parameter sets: by set, as `fix_all` gives them.

    `previous` maps a set to the last fixed Fixing of each ticker. Sets that differ only in what
    comes after the panel share it.
    """
    strikes: dict[Parameters, Strike] = {}
    found = {}
    for name, parameters in sets.items():
        until_panel = _until_panel(parameters)
        if until_panel not in strikes:
            strikes[until_panel] = Strike(observations, strike_ns, source, parameters)
        strike, before = strikes[until_panel], previous.get(name, {})
        found[name] = [
            _fix(series, strike, before.get(series.ticker), parameters) for series in ALL_SERIES
        ]
    return found


def fix_one(
    series: Series,
    observations: Sequence[Observation],
    strike_ns: int,
    previous: Fixing | None,
    source: str = "",
    parameters: Parameters = PARAMETERS,
) -> Fixing:
    """Fix one series at a strike; the same as its row of `fix_all`."""
    return _fix(series, Strike(observations, strike_ns, source, parameters), previous, parameters)


class Strike:
    """The panels of one strike, each made once however many parameter sets ask for it."""

    def __init__(
        self,
        observations: Sequence[Observation],
        strike_ns: int,
        source: str,
        parameters: Parameters,
    ) -> None:
        """Pick the rows of the strike."""
        self.strike_ns = strike_ns
        self.source = source
        self.window = considered(observations, strike_ns, source, parameters)
        self._parameters = parameters
        self._panels: dict[Series, Panel] = {}

    def panel(self, series: Series) -> Panel:
        """Give the panel of a series."""
        if series not in self._panels:
            rows, evidence = self.window.rows.get(series, ()), self.window.evidence.get(series, ())
            self._panels[series] = (
                panel_of(rows, evidence, self.strike_ns, self._parameters) if rows else EMPTY
            )
        return self._panels[series]


def _until_panel(parameters: Parameters) -> Parameters:
    """Give the parameters with all that only matters after the panel as in the set in force."""
    later = ("parameter_set", "screened", "screen_members_min", "screen_multiple")
    scales = ("screen_scale_ppm", "screen_floor_ppm")
    return parameters._replace(**{name: getattr(PARAMETERS, name) for name in (*later, *scales)})


def inputs_unchanged(
    fixings: Sequence[Fixing],
    observations: Sequence[Observation],
    parameters: Parameters = PARAMETERS,
) -> bool:
    """Tell whether fixings of one strike and source were made from these very inputs.

    True promises that `fix_all` would give them again, as long as the last fixed Fixing before
    them is the same too.
    """
    strike = Strike(observations, fixings[0].strike_ns, fixings[0].source, parameters)
    if [fixing.series for fixing in fixings] != [series.ticker for series in ALL_SERIES]:
        return False
    hashes = (parameters_sha256(parameters), REGISTER_SHA256)
    return all(
        (fixing.parameters_sha256, fixing.register_sha256) == hashes
        and fixing.inputs_root == ids_root(strike.panel(series).inputs)
        and (fixing.reason == "NO_DATA") == (series not in strike.window.seen)
        and _outages(series, strike, parameters)
        == [note for note in fixing.notes if note.rule == "OUTAGE"]
        for fixing, series in zip(fixings, ALL_SERIES, strict=True)
    )


def as_final(fixing: Fixing) -> Fixing:
    """Give the final row: equal to the provisional one, known a day after the strike."""
    known_ns = fixing.strike_ns + PARAMETERS.final_ns
    return fixing._replace(vintage="final", known_ns=known_ns)


def as_revised(fixing: Fixing, revision: str, known_ns: int) -> Fixing:
    """Give the row as a named event revised it, known at the time of that event."""
    return fixing._replace(vintage="revised", revision=revision, known_ns=known_ns)


def book_statistics(
    observations: Sequence[Observation], at_ns: int, source: str = ""
) -> list[BookStatistics]:
    """Describe every order book in the ten minutes before a time, by series and venue."""
    window = considered(observations, at_ns, source, PARAMETERS)
    found: list[BookStatistics] = []
    for series in ALL_SERIES:
        by_venue: dict[str, list[Observation]] = {}
        for row in window.rows.get(series, ()):
            if row.feed == "book" and ineligible(row, PARAMETERS) is None:
                by_venue.setdefault(row.venue, []).append(row)
        found += [_book(series, venue, by_venue[venue]) for venue in sorted(by_venue)]
    return found


def _book(series: Series, venue: str, rows: Sequence[Observation]) -> BookStatistics:
    book = book_of(rows)
    rates = [machine.rate for machine in book.machines.values()]
    weights = host_weights([m.host for m in book.machines.values()], PARAMETERS).weights
    return BookStatistics(
        series=series.ticker,
        venue=venue,
        polls=book.polls,
        hosts=book.hosts,
        machines=len(rates),
        low_ticks=_ticks(min(rates)),
        median_ticks=_ticks(weighted_median(zip(rates, weights, strict=True))),
        high_ticks=_ticks(max(rates)),
        thin=thin_book(venue, rows, PARAMETERS) is not None,
    )


def _fix(series: Series, strike: Strike, previous: Fixing | None, parameters: Parameters) -> Fixing:
    panel = strike.panel(series)
    members, units = unit_errors(panel.members, strike.strike_ns, previous, parameters)
    kept, screened = screen(members, parameters)
    bands = _bands(members, strike.strike_ns, previous, parameters)
    blank = Fixing(
        series=series.ticker,
        strike_ns=strike.strike_ns,
        methodology=parameters.methodology,
        parameter_set=parameters.parameter_set,
        parameters_sha256=parameters_sha256(parameters),
        register_sha256=REGISTER_SHA256,
        source=strike.source,
        state="suppressed",
        reason=_reason(series, strike.window, len(members), len(kept), parameters),
        fix_ticks=None,
        grade="",
        panel=len(members),
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
        known_ns=strike.strike_ns + parameters.close_ns,
        revision="",
        inputs_root=ids_root(panel.inputs),
        members=tuple(_member(panelist, panelist in kept) for panelist in members),
        rejections=tuple(sorted((*panel.rejections, *units, *screened))),
        notes=tuple(sorted((*panel.notes, *_outages(series, strike, parameters), *bands))),
    )
    return blank if blank.reason else _fixed(blank, series, members, kept, previous, parameters)


def _reason(
    series: Series, window: Considered, members: int, kept: int, parameters: Parameters
) -> str:
    """Give the first reason against a fix, or ""."""
    if series not in window.seen:
        return "NO_DATA"
    if series not in window.rows:
        return "STALE"
    if members < parameters.members_min:
        return "FEW_MEMBERS"
    return "FEW_AFTER_SCREEN" if kept < parameters.members_min else ""


def _outages(series: Series, strike: Strike, parameters: Parameters) -> list[Note]:
    """Name the venues that had a price of the series lately, but none that counts now."""
    present = {row.venue for row in strike.window.rows.get(series, ())}
    return [
        Note(venue, "OUTAGE", iso_from_ns(last_ns), "a price in the window")
        for venue, last_ns in sorted(strike.window.seen.get(series, {}).items())
        if venue not in present and venue in REGISTER and REGISTER[venue].role in parameters.roles
    ]


def _measure(strike_ns: int, previous: Fixing | None, parameters: Parameters) -> Fraction | None:
    """Give the last fix as a rate, where it is final and young enough to measure others by."""
    if previous is None or previous.fix_ticks is None:
        return None
    age_ns = strike_ns - previous.strike_ns
    if not parameters.final_ns <= age_ns <= parameters.unit_fix_age_max_ns:
        return None
    return Fraction(previous.fix_ticks * NANOUSD_PER_TICK)


def unit_errors(
    members: Sequence[Panelist],
    strike_ns: int,
    previous: Fixing | None,
    parameters: Parameters,
) -> tuple[list[Panelist], list[Rejection]]:
    """Leave out members whose rate can only be in another unit.

    Each is held against the median of all others; where these are too few, against the last fix;
    where there is none, nobody is tested.
    """
    times = parameters.unit_multiple
    kept, rejections = [], []
    for member in members:
        others = [other.rate for other in members if other is not member]
        enough = len(others) >= parameters.unit_members_min
        measure = median(others) if enough else _measure(strike_ns, previous, parameters)
        if measure is not None and (
            member.rate >= times * measure or member.rate * times <= measure
        ):
            reach = f"1/{times} to {times} times {_dollars(measure)}"
            rejections.append(Rejection(member.name, "UNIT", _dollars(member.rate), reach))
        else:
            kept.append(member)
    return kept, rejections


def _bands(
    members: Sequence[Panelist],
    strike_ns: int,
    previous: Fixing | None,
    parameters: Parameters,
) -> list[Note]:
    """Note the members far from the last fix."""
    measure = _measure(strike_ns, previous, parameters)
    if measure is None:
        return []
    times = parameters.band_multiple
    reach = f"1/{times} to {times} times {_dollars(measure)}"
    return [
        Note(member.name, "BAND", _dollars(member.rate), reach)
        for member in members
        if member.rate > times * measure or member.rate * times < measure
    ]


def _fixed(
    blank: Fixing,
    series: Series,
    members: Sequence[Panelist],
    kept: Sequence[Panelist],
    previous: Fixing | None,
    parameters: Parameters,
) -> Fixing:
    """Fill in what a series with enough members publishes."""
    value = median(member.rate for member in kept)
    from_book = any(member.from_book for member in kept)
    bookless = series.tenor == "SPOT" and not from_book
    grade = grade_of(len(members), len(kept), bookless, parameters)
    stated = interval((member.rate for member in members), parameters.interval_level_ppm)
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
        fit=fit_for_settlement(grade, split, previous.fix_ticks, parameters),
        previous_strike_ns=previous.strike_ns,
        **split._asdict(),
    )


def screen(
    members: Sequence[Panelist], parameters: Parameters = PARAMETERS
) -> tuple[list[Panelist], list[Rejection]]:
    """Keep the members within three median absolute deviations of the median, once.

    The deviation is raw or scaled, as the set says, and at least half a percent of the median, so
    that equal rate cards do not reject everyone else. Under four members everyone stays.
    """
    if not parameters.screened or len(members) < parameters.screen_members_min:
        return list(members), []
    rates = [member.rate for member in members]
    centre = median(rates)
    floor = centre * Fraction(parameters.screen_floor_ppm, PPM)
    scale = Fraction(parameters.screen_scale_ppm, PPM)
    deviation = max(median_absolute_deviation(rates, centre) * scale, floor)
    reach = parameters.screen_multiple * deviation
    kept, rejections = [], []
    for member in members:
        distance = abs(member.rate - centre)
        if distance <= reach:
            kept.append(member)
        else:
            rejections.append(Rejection(member.name, "SCREEN", _dollars(distance), _dollars(reach)))
    return kept, rejections


def grade_of(
    panel: int, kept: int, marketplace_without_book: bool, parameters: Parameters = PARAMETERS
) -> str:
    """Grade a fix by its panel; one lower when under half is kept; without a book at most C."""
    grades = [grade for grade, least in parameters.grade_members_min if panel >= least]
    lowest = parameters.grade_members_min[-1][0]
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


def fit_for_settlement(
    grade: str, split: Split, previous_fix_ticks: int, parameters: Parameters = PARAMETERS
) -> bool:
    """Tell whether a contract may settle on the fix: grade, and a move that is mostly price."""
    if grade not in parameters.settlement_grades:
        return False
    moved_ticks = abs(split.screen_ticks + split.composition_ticks)
    return moved_ticks * PPM <= parameters.settlement_move_max_ppm * previous_fix_ticks


def ids_root(ids: Iterable[str]) -> str:
    """Hash ids, sorted by who gives them, one a line, with SHA-256."""
    return hashlib.sha256("".join(f"{key}\n" for key in ids).encode()).hexdigest()


def _member(panelist: Panelist, kept: bool) -> Member:
    return Member(
        name=panelist.name,
        venues=panelist.venues,
        rate_numerator=panelist.rate.numerator,
        rate_denominator=panelist.rate.denominator,
        kept=kept,
        rows=len(panelist.observations),
        rows_root=ids_root(panelist.observations),
    )


def _rate(member: Member) -> Fraction:
    return Fraction(member.rate_numerator, member.rate_denominator)


def _ticks(nanousd: Fraction) -> int:
    """Round exact nano-dollars to ticks, once, half to even."""
    return div_half_even(nanousd.numerator, nanousd.denominator * NANOUSD_PER_TICK)


def _dollars(nanousd: Fraction) -> str:
    """Write exact nano-dollars as dollars with nine decimals, half to even."""
    return text_from_nanousd(round_half_even(nanousd))
