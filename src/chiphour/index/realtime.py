"""REALTIME: the fifteen-second index: the rule of the fix over each feed's newest poll.

Takes   the state, the polls that came since the last tick, the time of this one.
Gives   the next state and one `Tick` for each series; the hash of the parameters.
Keeps   a published tick within two per cent of the one before; no price longer than its feed's
        age limit; the same polls at the same times at the same ticks. A poll is summed up once,
        however many ticks it lasts. Never used for a final settlement.
Source  docs/methodology/real-time.md; decision 0022.

    MarketError
    └── TickRefused    the clock went back, or a poll is of the future

    halted ── 20 raw ticks in a row ──▶ live ── no raw tick ──▶ stale(1) ... stale(20) ──▶ halted
                                        live ◀── a raw tick ── stale(n)

Ticks that were never made count as ticks without a raw one.
"""

import hashlib
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Literal
from typing import NamedTuple

from chiphour.index.hosts import host_weights
from chiphour.index.panel import Machine
from chiphour.index.panel import Panelist
from chiphour.index.panel import ineligible
from chiphour.index.panel import machine_of
from chiphour.index.panel import rate_of
from chiphour.index.panel import series_of
from chiphour.index.panel import thin_book
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import Series
from chiphour.index.statistics import median
from chiphour.index.v2026_1 import grade_of
from chiphour.index.v2026_1 import screen
from chiphour.index.v2026_1 import unit_errors
from chiphour.observe.observation import MarketError
from chiphour.observe.observation import Observation
from chiphour.observe.observation import can_be_fixed
from chiphour.observe.observation import canonical_json
from chiphour.observe.register import standing
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import div_floor
from chiphour.units import div_half_even
from chiphour.units import iso_from_ns

State = Literal["live", "stale", "halted"]


class TickRefused(MarketError):
    """The clock went back, or a poll is of the future."""


class RealTimeParameters(NamedTuple):
    """All that the real-time index may turn; counts are of ticks.

    `rule` is the rule of the fix: its `book_window_ns` and `posted_limit_ns` are the age limits.
    """

    rule: Parameters
    interval_ns: int
    move_max_ppm: int  # Of the last published tick.
    stale_max: int  # Repeated so often in a row; then halted.
    reopening: int  # Raw ticks in a row.
    mark: int  # Published ticks that the mark is the median of.


REAL_TIME = RealTimeParameters(
    rule=V2026_1._replace(
        parameter_set="real_time",
        close_ns=0,  # What has not come when the tick is made is not in it.
        book_window_ns=90 * NS_PER_SECOND,
        posted_limit_ns=15 * NS_PER_MINUTE,
        book_polls_min=1,
        carry_ns=0,  # A machine that is gone is gone.
    ),
    interval_ns=15 * NS_PER_SECOND,
    move_max_ppm=20_000,
    stale_max=20,
    reopening=20,
    mark=20,
)


class Feed(NamedTuple):
    """One venue's prices of one kind, as one source gives them."""

    source: str
    venue: str
    feed: str


class FeedPoll(NamedTuple):
    """All rows of one feed with one `observed_ns`, and when the last of them came."""

    feed: Feed
    observed_ns: int
    received_ns: int
    rows: tuple[Observation, ...]


class Age(NamedTuple):
    """How old the newest poll of a feed is, and whether it still counts."""

    source: str
    venue: str
    feed: str
    age_ns: int
    fresh: bool


class Tick(NamedTuple):
    """A series at one time. Prices in ticks of $0.0001 per GPU-hour.

    state             "live", "stale" (repeated) or "halted" (nothing is published)
    stale_count       ticks repeated in a row, with those that were never made; 0 unless stale
    raw_ticks         the rule over the fresh feeds, unclamped; None under three members
    published_ticks   None while halted
    clamped           whether the clamp, and not the raw tick, gave what is published
    grade             of the raw tick, "" where there is none
    members, kept     before and after the screen
    feeds             every feed that ever showed the series, by name
    mark_input_ticks  median of the last published ticks; None while halted
    """

    series: str
    time_ns: int
    state: State
    stale_count: int
    raw_ticks: int | None
    published_ticks: int | None
    clamped: bool
    grade: str
    members: int
    kept: int
    feeds: tuple[Age, ...]
    mark_input_ticks: int | None


class Held(NamedTuple):
    """The newest poll of a feed, as far as it shows a series: the rows that pass the tests."""

    observed_ns: int
    rows: tuple[Observation, ...]


class VenueRate(NamedTuple):
    """What a venue's fresh polls come to, and which they are; no rate where its book is thin."""

    polls: tuple[tuple[Feed, int], ...]
    rate: Fraction | None
    from_book: bool


class Raw(NamedTuple):
    """The rule over the fresh feeds."""

    ticks: int | None
    grade: str
    members: int
    kept: int


class Line(NamedTuple):
    """What a series published lately, oldest first; empty while halted. `raws` count to reopen."""

    published: tuple[int, ...]
    stale_count: int
    raws: tuple[int, ...]


class OneSeries(NamedTuple):
    """All that is remembered of a series. `venues` and `raw` are what `held` comes to."""

    held: Mapping[Feed, Held]
    venues: Mapping[str, VenueRate]
    raw: Raw
    line: Line


class RealTime(NamedTuple):
    """The state between two ticks. `time_ns` is the last tick's, None before the first."""

    parameters: RealTimeParameters
    time_ns: int | None
    latest_ns: Mapping[Feed, int]
    series: Mapping[Series, OneSeries]


NO_RAW = Raw(None, "", 0, 0)
HALTED = Line((), 0, ())


def parameters_sha256(parameters: RealTimeParameters) -> str:
    """Give the SHA-256 of the canonical JSON of the parameters, in hexadecimal."""
    plain = parameters._asdict() | {"rule": parameters.rule._asdict()}
    return hashlib.sha256(canonical_json(plain).encode()).hexdigest()


def start(
    series: Sequence[Series] = ALL_SERIES, parameters: RealTimeParameters = REAL_TIME
) -> RealTime:
    """Give the state before the first tick: every series is halted, and opens like any other."""
    blank = OneSeries({}, {}, NO_RAW, HALTED)
    return RealTime(parameters, None, {}, dict.fromkeys(series, blank))


def polls_of(rows: Iterable[Observation]) -> list[FeedPoll]:
    """Group rows into polls, by time and then by name. What no fix may consider is left out."""
    found: dict[tuple[int, Feed], list[Observation]] = {}
    for row in rows:
        if can_be_fixed(row):
            key = (row.observed_ns, Feed(row.source, row.venue, row.feed))
            found.setdefault(key, []).append(row)
    return [
        FeedPoll(feed, observed_ns, max(row.received_ns for row in found[key]), tuple(found[key]))
        for key in sorted(found)
        for observed_ns, feed in [key]
    ]


def step(state: RealTime, polls: Iterable[FeedPoll], time_ns: int) -> tuple[RealTime, list[Tick]]:
    """Take in the polls that came since the last tick and make one tick of every series.

    Of a feed's polls the newest counts, in whatever order they come. Refused, with TickRefused: a
    time that is not after the last tick, a poll that was seen at or after this one or that came
    after it; then nothing has changed.
    """
    polls = list(polls)
    if state.time_ns is not None and time_ns <= state.time_ns:
        raise TickRefused(
            f"expected a tick after {iso_from_ns(state.time_ns)}, found {iso_from_ns(time_ns)}"
        )
    for poll in polls:
        if poll.observed_ns >= time_ns or poll.received_ns > time_ns:
            raise TickRefused(
                f"{poll.feed.source}: expected a poll from before the tick of "
                f"{iso_from_ns(time_ns)}, found one of {iso_from_ns(poll.observed_ns)} that came "
                f"at {iso_from_ns(poll.received_ns)}"
            )
    state = _taken_in(state, polls)
    missed = _missed(state, time_ns)
    known: dict[Series, OneSeries] = {}
    ticks = []
    for series, one in state.series.items():
        known[series], tick = _tick(series, one, missed, time_ns, state.parameters)
        ticks.append(tick)
    return state._replace(time_ns=time_ns, series=known), ticks


def _missed(state: RealTime, time_ns: int) -> int:
    """Count the ticks that should have been made since the last one and were not."""
    if state.time_ns is None:
        return 0
    interval_ns = state.parameters.interval_ns
    places = div_floor(time_ns, interval_ns) - div_floor(state.time_ns, interval_ns)
    return max(places - 1, 0)


def is_followed(feed: Feed, parameters: RealTimeParameters) -> bool:
    """Tell whether a feed may enter: a rate card polled more rarely than it lasts is absent.

    It would come and go between two polls, and the panel would move without any price moving.
    """
    if feed.feed == "book":
        return True
    return standing(feed.venue).poll_ns <= parameters.rule.posted_limit_ns


def _taken_in(state: RealTime, polls: Sequence[FeedPoll]) -> RealTime:
    """Put each feed's newest poll in the place of the one before."""
    latest_ns = dict(state.latest_ns)
    changed: dict[Series, dict[Feed, Held]] = {}
    for poll in sorted(polls, key=lambda poll: (poll.observed_ns, poll.feed)):
        is_new = poll.observed_ns > latest_ns.get(poll.feed, -1)
        if not is_new or not is_followed(poll.feed, state.parameters):
            continue
        latest_ns[poll.feed] = poll.observed_ns
        found = _by_series(poll, state)
        if poll.feed.feed != "book":
            # A card speaks for all its venue sells: what it no longer lists is gone. A poll of a
            # book may have asked for a part of it, and says nothing of the rest.
            listed = (series for series, one in state.series.items() if poll.feed in one.held)
            found = {series: found.get(series, ()) for series in (*listed, *found)}
        for series, rows in found.items():
            held = changed.setdefault(series, dict(state.series[series].held))
            held[poll.feed] = Held(poll.observed_ns, tuple(rows))
    known = {
        series: one._replace(held=dict(sorted(changed[series].items())))
        if series in changed
        else one
        for series, one in state.series.items()
    }
    return state._replace(latest_ns=latest_ns, series=known)


def _by_series(poll: FeedPoll, state: RealTime) -> dict[Series, Sequence[Observation]]:
    """Sort the rows of a poll by series; each is tested once, and only sound ones are kept."""
    found: dict[Series, list[Observation]] = {}
    for row in poll.rows:
        wanted = [series for series in series_of(row) if series in state.series]
        if wanted:
            sound = [row] if ineligible(row, state.parameters.rule) is None else []
            for series in wanted:
                found.setdefault(series, []).extend(sound)
    return dict(found)


def _tick(
    series: Series, one: OneSeries, missed: int, time_ns: int, parameters: RealTimeParameters
) -> tuple[OneSeries, Tick]:
    ages = _ages(one.held, time_ns, parameters.rule)
    fresh = [feed for feed, age in zip(one.held, ages, strict=True) if age.fresh]
    venues = _venue_rates(fresh, one, parameters.rule)
    raw = one.raw if venues == one.venues else _raw(series, venues, time_ns, parameters.rule)
    line, clamped = _advanced(one.line, raw.ticks, missed, parameters)
    state: State = "live" if line.published else "halted"
    tick = Tick(
        series=series.ticker,
        time_ns=time_ns,
        state="stale" if line.stale_count else state,
        stale_count=line.stale_count,
        raw_ticks=raw.ticks,
        published_ticks=line.published[-1] if line.published else None,
        clamped=clamped,
        grade=raw.grade,
        members=raw.members,
        kept=raw.kept,
        feeds=ages,
        mark_input_ticks=_median_ticks(line.published) if line.published else None,
    )
    return OneSeries(one.held, venues, raw, line), tick


def _ages(held: Mapping[Feed, Held], time_ns: int, rule: Parameters) -> tuple[Age, ...]:
    found = []
    for feed, poll in held.items():
        age_ns = time_ns - poll.observed_ns
        limit_ns = rule.book_window_ns if feed.feed == "book" else rule.posted_limit_ns
        found.append(Age(*feed, age_ns, age_ns <= limit_ns))
    return tuple(found)


def _venue_rates(
    fresh: Iterable[Feed], one: OneSeries, rule: Parameters
) -> Mapping[str, VenueRate]:
    """Give what each venue's fresh polls come to; what has not changed is not made again."""
    feeds: dict[str, list[Feed]] = {}
    for feed in fresh:
        if one.held[feed].rows:
            feeds.setdefault(feed.venue, []).append(feed)
    found = {}
    for venue in sorted(feeds):
        # As the rule has it: the venue's own reader before others, its book before rate cards.
        of_venue = feeds[venue]
        of_venue = [feed for feed in of_venue if feed.source == venue] or of_venue
        of_venue = [feed for feed in of_venue if feed.feed == "book"] or of_venue
        polls = tuple((feed, one.held[feed].observed_ns) for feed in of_venue)
        last = one.venues.get(venue)
        if last is None or last.polls != polls:
            rows = [row for feed in of_venue for row in one.held[feed].rows]
            last = VenueRate(polls, _rate(venue, rows, rule), of_venue[0].feed == "book")
        found[venue] = last
    return found


def _rate(venue: str, rows: Sequence[Observation], rule: Parameters) -> Fraction | None:
    """Give a venue's rate as the rule of the fix has it, without carried machines."""
    if rows[0].feed != "book":
        return median(rate_of(row) for row in rows)
    if thin_book(venue, rows, rule) is not None:
        return None
    slices: dict[str, list[Observation]] = {}
    for row in rows:
        slices.setdefault(row.machine_key, []).append(row)
    machines = [
        # Most machines have one offer: its rate needs no median.
        machine_of(found) if len(found) > 1 else Machine(rate_of(found[0]), found[0].host_key)
        for found in slices.values()
    ]
    weights = host_weights([machine.host for machine in machines], rule).weights
    return _weighted_median([machine.rate for machine in machines], weights)


def _weighted_median(rates: Sequence[Fraction], weights: Sequence[Fraction]) -> Fraction:
    """Give `statistics.weighted_median`, over whole numbers: a book is summed up every tick."""
    unit = lcm(*{rate.denominator for rate in rates})
    share = lcm(*{weight.denominator for weight in weights})
    ordered = sorted(
        (
            rate.numerator * (unit // rate.denominator),
            weight.numerator * (share // weight.denominator),
        )
        for rate, weight in zip(rates, weights, strict=True)
    )
    whole = sum(weight for _, weight in ordered)
    passed = 0
    for place, (rate, weight) in enumerate(ordered):
        passed += weight
        if 2 * passed == whole:
            return Fraction(rate + ordered[place + 1][0], 2 * unit)
        if 2 * passed > whole:
            return Fraction(rate, unit)
    raise AssertionError("some weight was not above zero")


def _raw(series: Series, venues: Mapping[str, VenueRate], time_ns: int, rule: Parameters) -> Raw:
    """Give the fix over the venues that have a rate; no last fix stands in where they are few."""
    of_owner: dict[str, dict[str, VenueRate]] = {}
    for venue, found in venues.items():
        if found.rate is not None:
            of_owner.setdefault(standing(venue).owner, {})[venue] = found
    members = [_panelist(owner, of_owner[owner]) for owner in sorted(of_owner)]
    members, _ = unit_errors(members, time_ns, None, rule)
    kept, _ = screen(members, rule)
    if min(len(members), len(kept)) < rule.members_min:
        return Raw(None, "", len(members), len(kept))
    value = median(member.rate for member in kept)
    bookless = series.tenor == "SPOT" and not any(member.from_book for member in kept)
    return Raw(
        ticks=div_half_even(value.numerator, value.denominator * NANOUSD_PER_TICK),
        grade=grade_of(len(members), len(kept), bookless, rule),
        members=len(members),
        kept=len(kept),
    )


def _panelist(owner: str, venues: Mapping[str, VenueRate]) -> Panelist:
    rates = [found.rate for found in venues.values() if found.rate is not None]
    from_book = any(found.from_book for found in venues.values())
    return Panelist(owner, tuple(venues), median(rates), from_book, ())


def _advanced(
    line: Line, raw_ticks: int | None, missed: int, parameters: RealTimeParameters
) -> tuple[Line, bool]:
    """Give the line after a tick, and whether the clamp gave what it published."""
    if line.published:
        # Ticks that were never made are no published ones, but the time went by.
        stale_count = line.stale_count + missed + (raw_ticks is None)
        if stale_count > parameters.stale_max:
            line = HALTED
    elif missed:
        line = HALTED
    if not line.published:
        raws = () if raw_ticks is None else (*line.raws, raw_ticks)
        if len(raws) < parameters.reopening:
            return Line((), 0, raws), False
        return Line((_median_ticks(raws),), 0, ()), False
    last = line.published[-1]
    published = last if raw_ticks is None else _clamped(raw_ticks, last, parameters.move_max_ppm)
    recent = (*line.published, published)[-parameters.mark :]
    return Line(recent, 0 if raw_ticks is not None else stale_count, ()), (
        raw_ticks is not None and raw_ticks != published
    )


def _clamped(raw_ticks: int, last_ticks: int, move_max_ppm: int) -> int:
    """Hold a raw tick to so much of the last published one; the reach is rounded inwards."""
    low_ticks = div_ceil(last_ticks * (PPM - move_max_ppm), PPM)
    high_ticks = div_floor(last_ticks * (PPM + move_max_ppm), PPM)
    return min(max(raw_ticks, low_ticks), high_ticks)


def _median_ticks(ticks: Sequence[int]) -> int:
    """Give the median; the mean of the middle two is rounded to a tick, half to even."""
    ordered = sorted(ticks)
    middle, odd = divmod(len(ordered), 2)
    return ordered[middle] if odd else div_half_even(ordered[middle - 1] + ordered[middle], 2)
