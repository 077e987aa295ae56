"""BUCKETS: how the offers behind a fix lie, as counts between round prices.

Takes   a fixing, the rows that it considered in its window.
Gives   `Buckets`: every offer once, by its rate per GPU-hour.
Keeps   an offer that was seen in several polls as one, at its last sighting; what a rule left out
        apart from what counted; the buckets side by side, none missing between.
Source  Methodology v2026_1, "Eligibility" and "Members"; decision 0041.
"""

from collections import Counter
from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from chiphour.index.companion import rate_of as rate_of_member
from chiphour.index.fixing import Fixing
from chiphour.index.panel import ineligible
from chiphour.index.panel import rate_of
from chiphour.index.parameters import SETS
from chiphour.index.statistics import median
from chiphour.observe.observation import Observation
from chiphour.observe.register import REGISTER
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import div_floor
from chiphour.units import round_half_even

BUCKETS_MOST = 60
BUCKETS_LEAST = 12  # So many are allowed however few offers there are; then one for each offer.
STEP_TICKS_MIN = 100  # A cent.


class Bucket(NamedTuple):
    """Offers from `from_ticks` on, below `to_ticks`; `members` are owners whose one rate is here.

    `left_out` counts offers of the same rates that a rule left out of the fix.
    """

    from_ticks: int
    to_ticks: int
    offers: int
    gpus: int
    left_out: int
    owners: tuple[str, ...]
    members: int


class Buckets(NamedTuple):
    """The offers of a fix. `outside` counts left-out ones beyond the first and last bucket."""

    fixing: Fixing
    offers: int
    low_ticks: int | None
    median_ticks: int | None
    high_ticks: int | None
    step_ticks: int
    outside: int
    buckets: tuple[Bucket, ...]


def buckets_of(fixing: Fixing, window: Sequence[Observation]) -> Buckets:
    """Sort the rows of a fix's window, eligible or not, into buckets of one round width."""
    parameters = SETS[fixing.parameter_set]
    priced = [row for row in _last_sightings(window) if row.price_nanousd > 0 and row.gpus > 0]
    sound = [row for row in priced if ineligible(row, parameters) is None]
    left_out = [row for row in priced if ineligible(row, parameters) is not None]
    if not sound:
        return Buckets(fixing, 0, None, None, None, STEP_TICKS_MIN, len(left_out), ())
    rates = [rate_of(row) for row in sound]
    members = [rate_of_member(member) for member in fixing.members]
    low, high = _ticks(min(rates)), _ticks(max(rates))
    ends = [_floor(rate) for rate in (*rates, *members)]
    most = min(BUCKETS_MOST, max(BUCKETS_LEAST, len(sound)))
    step = step_of(max(ends) - min(ends), most)
    first, last = div_floor(min(ends), step), div_floor(max(ends), step)
    apart = Counter(div_floor(_floor(rate_of(row)), step) for row in left_out)
    inside = _sorted_in(sound, step)
    standing = Counter(div_floor(_floor(rate), step) for rate in members)
    found = tuple(
        _bucket(number, step, inside[number], apart[number], standing[number])
        for number in range(first, last + 1)
    )
    outside = len(left_out) - sum(bucket.left_out for bucket in found)
    return Buckets(fixing, len(sound), low, _ticks(median(rates)), high, step, outside, found)


def step_of(span_ticks: int, most: int) -> int:
    """Give the least round width that needs at most so many: 1, 2 or 5 cents, or tenfold."""
    step = STEP_TICKS_MIN
    while True:
        for factor in (1, 2, 5):
            if div_floor(span_ticks, step * factor) + 2 <= most:
                return step * factor
        step *= 10


def _last_sightings(rows: Iterable[Observation]) -> list[Observation]:
    """Give each machine of a book once, as it was seen last; each row of a rate card."""
    found: dict[tuple[str, ...], Observation] = {}
    for row in sorted(rows, key=lambda row: (row.observed_ns, row.raw_sha256, row.row)):
        machine = row.machine_key or f"row {row.raw_sha256} {row.row}"
        found[row.source, row.venue, machine] = row
    return list(found.values())


def _sorted_in(rows: Iterable[Observation], step: int) -> dict[int, list[Observation]]:
    found: dict[int, list[Observation]] = defaultdict(list)
    for row in rows:
        found[div_floor(_floor(rate_of(row)), step)].append(row)
    return found


def _bucket(
    number: int, step: int, rows: Sequence[Observation], left_out: int, members: int
) -> Bucket:
    owners = tuple(sorted({REGISTER[row.venue].owner for row in rows}))
    gpus = sum(row.gpus for row in rows)
    ends = (number * step, (number + 1) * step)
    return Bucket(*ends, len(rows), gpus, left_out, owners, members)


def _floor(nanousd: Fraction) -> int:
    """Give the tick at or below a rate: a bucket begins with its lower end."""
    return div_floor(nanousd.numerator, nanousd.denominator * NANOUSD_PER_TICK)


def _ticks(nanousd: Fraction) -> int:
    return round_half_even(Fraction(nanousd, NANOUSD_PER_TICK))
