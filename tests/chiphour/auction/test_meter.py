"""METER: seconds add up exactly, and nothing is counted twice, outside or above what was awarded.

Takes   signed readings, whole and cut up, in any order; readings with one fault.
Gives   chip-seconds, hundredths, refusals.
Keeps   an altered reading from passing for a signed one.
Source  docs/formulation/runs.md, section 8.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.meter import Gap
from chiphour.auction.meter import accepted
from chiphour.auction.meter import check_signature
from chiphour.auction.meter import chip_seconds
from chiphour.auction.meter import from_json
from chiphour.auction.meter import gaps
from chiphour.auction.meter import hundredths
from chiphour.auction.meter import is_known
from chiphour.auction.meter import per_hour
from chiphour.auction.meter import readings_root
from chiphour.auction.meter import segments_of
from chiphour.auction.meter import to_json
from chiphour.auction.meter import units_picos
from chiphour.units import NS_PER_SECOND
from metered import BUYER
from metered import KEYS
from metered import OWED
from metered import SUPPLIER
from metered import reading
from metered import readings
from metered import seconds_of
from metered import signed
from metered import verify

HOUR = 3_600


def all_of(rows, owed=OWED, account=SUPPLIER):
    taken = ()
    for row in rows:
        taken = accepted(owed, taken, row, account)
    return taken


def test_an_hour_is_counted_by_the_second():
    """8 chips but for one second of 5 in the first hour; 2.5 chip-hours in the second."""
    taken = all_of([reading((8, 100), (5, 1), (8, 3_499)), reading((3, 3_000), second=HOUR)])
    assert chip_seconds(OWED, taken) == (8 * HOUR - 3, 9_000)
    assert hundredths(chip_seconds(OWED, taken)) == (799, 250)
    assert segments_of(OWED, taken)[-1] == (HOUR, HOUR + 3_000, 3)


def test_a_reading_may_cross_the_hour():
    taken = all_of([reading((2, 4_000), second=1_000)])
    assert chip_seconds(OWED, taken) == (2 * 2_600, 2 * 1_400)
    assert per_hour(OWED, [(3_599, 3_601, 7)]) == (7, 7)


def test_quarters_of_an_hour_are_metered_each_by_itself():
    """Six chips of a quarter are 1.5 chip-hours: no more chips, and no more of them, than that."""
    owed = OWED._replace(minutes=15, awarded_hundredths=(150, 100))
    assert owed.end_ns - owed.from_ns == 2 * HOUR // 4 * NS_PER_SECOND
    taken = all_of([reading((6, 600), (4, 600), owed=owed)], owed)
    assert chip_seconds(owed, taken) == (6 * 600 + 4 * 300, 4 * 300)
    assert hundredths(chip_seconds(owed, taken)) == (133, 33)
    for counts, words in (
        (((7, 1),), "at most 6 chips in hour 0, found 7"),
        (((6, 901),), "at most 4 chips in hour 1, found 6"),
        (((4, 1_801),), "seconds that end by"),
    ):
        with pytest.raises(RequestMalformed, match=words):
            all_of([reading(*counts, owed=owed)], owed)


def test_gaps_count_as_nothing_and_are_told():
    taken = all_of([reading((8, 600), second=600), reading((2, 600), second=HOUR)])
    at = [OWED.from_ns + second * NS_PER_SECOND for second in (0, 600, 1_200, 3_600, 4_200, 7_200)]
    assert gaps(OWED, taken) == (Gap(*at[0:2]), Gap(*at[2:4]), Gap(*at[4:6]))
    assert gaps(OWED, ()) == (Gap(OWED.from_ns, OWED.end_ns),)
    assert chip_seconds(OWED, ()) == (0, 0)


@given(readings(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(rows, random):
    taken = all_of(rows)
    mixed = [*rows, *rows]
    random.shuffle(mixed)
    assert all_of(mixed) == taken
    assert readings_root(all_of(mixed)) == readings_root(taken)


@given(readings())
def test_every_second_is_counted_once(rows):
    """Beside it, one second at a time."""
    seconds = seconds_of(rows)
    sums = [sum(chips or 0 for chips in seconds[at : at + HOUR]) for at in (0, HOUR)]
    assert chip_seconds(OWED, all_of(rows)) == tuple(sums)
    missing = sum((gap.to_ns - gap.from_ns) // NS_PER_SECOND for gap in gaps(OWED, all_of(rows)))
    assert missing == seconds.count(None)


OTHER = OWED._replace(pool="pool-2")
FAULTS = {
    r"reading.account: expected 8, found 11": [reading((1, 1), account=BUYER)],
    r"reading.obligation: expected": [reading((1, 1), owed=OTHER)],
    r"reading.from: expected 2026-.* or later": [reading((1, 2), second=-1)],
    r"reading.counts: expected seconds that end by": [reading((1, 2), second=2 * HOUR - 1)],
    r"at most 8 chips in hour 0, found 9": [reading((9, 1))],
    r"at most 3 chips in hour 1, found 8": [reading((8, HOUR + 1))],
    r"at most 9000 chip-seconds in hour 1, found 9003": [reading((3, 3_001), second=HOUR)],
    r"expected seconds not yet read": [reading((8, 10)), reading((8, 10), second=9)],
    r"not yet read, found": [reading((8, 10)), reading((7, 10))],
}


@pytest.mark.parametrize("says", FAULTS)
def test_readings_that_cannot_be_are_refused(says):
    *before, last = FAULTS[says]
    taken = all_of(before)
    with pytest.raises(RequestMalformed, match=says):
        accepted(OWED, taken, last, SUPPLIER)


def test_two_readings_may_touch():
    assert len(all_of([reading((8, 10)), reading((8, 10), second=10)])) == 2


@given(readings(), st.data())
def test_a_signature_holds_for_its_own_bytes_alone(rows, data):
    """Any other count, time, account or obligation, and the key no longer fits."""
    if not rows:
        return
    row = data.draw(st.sampled_from(rows))
    check_signature(row, KEYS, verify)
    counts = row.reading.counts
    more = counts[0]._replace(chips=counts[0].chips + 1)
    for changed in (
        row.reading._replace(counts=(more, *counts[1:])),
        row.reading._replace(from_ns=row.reading.from_ns + NS_PER_SECOND),
        row.reading._replace(account=BUYER),
        row.reading._replace(obligation=OTHER.hash),
        row.reading._replace(units_picos=0),
    ):
        with pytest.raises(RequestMalformed, match="a signature that does not fit"):
            check_signature(row._replace(reading=changed), KEYS, verify)


def test_an_unknown_account_has_no_key():
    with pytest.raises(RequestMalformed, match="account 99, no key of it"):
        check_signature(reading((1, 1), account=99), KEYS, verify)


@given(readings())
def test_readings_come_back_from_json(rows):
    assert [from_json(to_json(row)) for row in rows] == rows


def changed(**fields):
    return json.dumps(json.loads(to_json(reading((8, 10), units_picos=5))) | fields).encode()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"counts": []}, "counts: expected one or more"),
        ({"counts": [{"chips": 1, "seconds": 1}] * 2}, "neighbours of different chips"),
        ({"counts": [{"chips": -1, "seconds": 1}]}, "chips: expected an integer from 0"),
        ({"counts": [{"chips": 1, "seconds": 0}]}, "seconds: expected an integer from 1"),
        ({"counts": [{"chips": True, "seconds": 1}]}, "chips: expected an integer"),
        ({"units": "-1"}, "units: expected work that is not negative"),
        ({"signature": "00"}, "signature: expected 128 hexadecimal digits"),
        ({"signature": "AB" * 64}, "signature: expected"),
        ({"from": "2026-09-12T08:00:00.5Z"}, "from: expected a whole second"),
        ({"speed": "1"}, "expected no other field, found speed"),
    ],
)
def test_a_malformed_reading_is_refused_with_the_field(fields, says):
    with pytest.raises(RequestMalformed, match=says):
        from_json(changed(**fields))


def test_work_is_summed_only_where_every_reading_says_it():
    some = [reading((8, 10), units_picos=5), reading((8, 10), second=10, units_picos=7)]
    assert units_picos(some) == 12
    assert units_picos([*some, reading((8, 10), second=20)]) is None
    assert units_picos([]) is None
    assert signed(some[0].reading) == some[0]


def test_what_was_awarded_holds_across_readings_of_one_hour():
    """Three parts of the second hour, the middle one last: 9,000 chip-seconds, and no more."""
    parts = [reading((3, 1_000), second=HOUR), reading((3, 1_000), second=HOUR + 2_000)]
    taken = all_of([reading((8, 100)), *parts])
    full = accepted(OWED, taken, reading((3, 1_000), second=HOUR + 1_000), SUPPLIER)
    assert chip_seconds(OWED, full)[1] == 9_000
    for more in (reading((1, 1), second=HOUR + 3_000), reading((1, 1), second=2 * HOUR - 1)):
        with pytest.raises(
            RequestMalformed, match="at most 9000 chip-seconds in hour 1, found 9001"
        ):
            accepted(OWED, full, more, SUPPLIER)
    assert is_known(full, parts[0].reading) and not is_known(full, reading((3, 1)).reading)
