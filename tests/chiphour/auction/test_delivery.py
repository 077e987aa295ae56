"""DELIVERY: a case ends the same way, in whatever order its readings came, and then stands.

Takes   readings of supplier, buyer and market, in time and late.
Gives   states, what counts of each hour.
Keeps   a disputed figure between what the two sides say.
Source  docs/formulation/runs.md, section 9.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.delivery import State
from chiphour.auction.delivery import Window
from chiphour.auction.delivery import advanced
from chiphour.auction.delivery import deliveries
from chiphour.auction.delivery import disputed
from chiphour.auction.delivery import from_json
from chiphour.auction.delivery import metered_hundredths
from chiphour.auction.delivery import opened
from chiphour.auction.delivery import probed
from chiphour.auction.delivery import submitted
from chiphour.auction.delivery import to_json
from chiphour.auction.fields import RequestMalformed
from chiphour.units import NS_PER_HOUR
from metered import BUYER
from metered import MARKET
from metered import OWED
from metered import SUPPLIER
from metered import reading
from metered import readings
from metered import seconds_of

WINDOW = Window(24, 48, 24, 12, 10_000)
END_NS = OWED.end_ns
HOUR = 3_600
FULL = reading((8, HOUR), (2, 900), (3, 2_400), (0, 300))


def after(hours):
    return END_NS + hours * NS_PER_HOUR


def case_of(*rows, counters=(), probes=()):
    case = opened(OWED, WINDOW, MARKET)
    for row in rows:
        case = submitted(case, row, END_NS)
    for row in counters:
        case = disputed(case, row, END_NS)
    for row in probes:
        case = probed(case, row, END_NS)
    return case


def counter(*counts, second=0):
    return reading(*counts, second=second, account=BUYER)


def probe(*counts, second=0):
    return reading(*counts, second=second, account=MARKET)


def outcome(*rows, **others):
    return metered_hundredths(advanced(case_of(*rows, **others), after(1_000)))


def test_an_undisputed_case_becomes_final_when_the_window_closes():
    case = case_of(FULL)
    assert case.state is State.SUBMITTED
    assert advanced(case, after(72) - 1).state is State.SUBMITTED
    assert advanced(case, after(72)).state is State.FINAL
    assert outcome(FULL) == (800, 250)


def test_a_disputed_case_is_resolved_and_then_final():
    case = case_of(FULL, counters=[counter((0, HOUR))])
    states = [advanced(case, after(hours)).state for hours in (95, 96, 107, 108)]
    assert states == [State.DISPUTED, State.RESOLVED, State.RESOLVED, State.FINAL]


def test_what_has_not_ended_counts_nothing_yet():
    for case in (case_of(FULL), case_of(FULL, counters=[counter((0, HOUR))])):
        with pytest.raises(RequestMalformed, match="expected one resolved or final"):
            metered_hundredths(case)


def test_a_small_difference_is_no_dispute():
    """1 % of 8 chip-hours: 288 chip-seconds; one more, and the middle counts."""
    assert outcome(FULL, counters=[counter((0, 36), (8, HOUR - 36))])[0] == 800
    assert outcome(FULL, counters=[counter((0, 37), (8, HOUR - 37))])[0] == 795


def test_without_a_probe_a_disputed_second_counts_half_way():
    assert outcome(FULL, counters=[counter((0, HOUR))]) == (400, 250)
    assert outcome(FULL, counters=[counter((4, HOUR))]) == (600, 250)


def test_what_the_buyer_does_not_read_stays_the_suppliers():
    assert outcome(FULL, counters=[counter((0, 1_800))]) == (600, 250)


def test_the_markets_meter_decides_between_the_two():
    """The median of three, second by second; outside what both say it moves nothing further."""
    no = counter((0, HOUR))
    assert outcome(FULL, counters=[no], probes=[probe((8, HOUR))])[0] == 800
    assert outcome(FULL, counters=[no], probes=[probe((0, HOUR))])[0] == 0
    assert outcome(FULL, counters=[no], probes=[probe((6, 1_800), (2, 1_800))])[0] == 400
    low = reading((2, HOUR))
    assert outcome(low, counters=[counter((1, HOUR))], probes=[probe((7, HOUR))])[0] == 200


def test_what_counts_is_never_more_than_was_awarded():
    """Each side's chips stand in the half hour that the other did not read."""
    small = OWED._replace(awarded_hundredths=(50,))
    case = opened(small, WINDOW, MARKET)
    case = submitted(case, reading((1, 1_800), second=1_800, owed=small), END_NS)
    case = disputed(case, reading((1, 1_800), account=BUYER, owed=small), END_NS)
    assert metered_hundredths(advanced(case, after(1_000))) == (50,)


def test_what_comes_late_is_refused_and_what_is_repeated_is_not():
    case = case_of(FULL, counters=[counter((0, 10))])
    with pytest.raises(RequestMalformed, match="reading: expected before 2026-"):
        submitted(case_of(), FULL, after(24))
    with pytest.raises(RequestMalformed, match="counter-reading: expected before"):
        disputed(case_of(FULL), counter((0, 10)), after(72))
    assert submitted(case, FULL, after(30)) == case
    assert disputed(case, counter((0, 10)), after(80)) == case
    assert submitted(case_of(), FULL, after(24) - 1).readings == (FULL,)


def test_a_probe_is_heard_in_a_dispute_until_it_is_final():
    late = probe((8, HOUR))
    case = case_of(FULL, counters=[counter((0, HOUR))])
    corrected = probed(case, late, after(108) - 1)
    assert corrected.state is State.RESOLVED and metered_hundredths(corrected) == (800, 250)
    for quiet, at_ns in ((case_of(FULL), END_NS), (case, after(108))):
        with pytest.raises(RequestMalformed, match="expected a case in dispute"):
            probed(quiet, late, at_ns)
    assert probed(corrected, late, after(200)) == corrected._replace(state=State.FINAL)


def test_nobody_reads_for_another():
    for step, row in ((submitted, counter((1, 1))), (disputed, FULL)):
        with pytest.raises(RequestMalformed, match=r"reading.account: expected"):
            step(case_of(), row, END_NS)
    with pytest.raises(RequestMalformed, match=r"reading.account: expected 5, found 8"):
        probed(case_of(FULL, counters=[counter((0, 1))]), FULL, END_NS)


def test_deliveries_name_the_obligation_and_its_slots():
    found = deliveries(advanced(case_of(FULL), after(72)))
    assert [(d.obligation, d.supplier, d.buyer) for d in found] == [
        (OWED.hash, SUPPLIER, BUYER)
    ] * 2
    assert [(d.slot, d.awarded_hundredths, d.metered_hundredths) for d in found] == [
        (OWED.slot(0), 800, 800),
        (OWED.slot(1), 250, 250),
    ]


SIDES = st.tuples(readings(), readings(account=BUYER), readings(account=MARKET))


@given(SIDES, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(sides, random):
    own, theirs, probes = sides
    case, steps = opened(OWED, WINDOW, MARKET), [(submitted, row) for row in own]
    steps += [(disputed, row) for row in theirs]
    random.shuffle(steps)
    for step, row in steps:
        case = step(case, row, END_NS)
    if theirs:
        for row in probes:
            case = probed(case, row, END_NS)
    straight = case_of(*own, counters=theirs, probes=probes if theirs else ())
    assert case == straight
    assert from_json(to_json(case)) == case


@given(SIDES)
def test_what_counts_lies_between_what_the_two_sides_say(sides):
    own, theirs, probes = sides
    mine = [chips or 0 for chips in seconds_of(own)]
    other = [b if b is not None else s for s, b in zip(mine, seconds_of(theirs), strict=True)]
    pairs = list(zip(mine, other, strict=True))
    for heard in ((), probes if theirs else ()):
        case = advanced(case_of(*own, counters=theirs, probes=heard), after(1_000))
        for hour, found in enumerate(metered_hundredths(case)):
            here = pairs[hour * HOUR : (hour + 1) * HOUR]
            least, most = sum(map(min, here)), sum(map(max, here))
            assert least // 36 <= found <= most // 36


@pytest.mark.parametrize(
    ("case", "says"),
    [
        (case_of(FULL)._replace(state=State.DISPUTED), "one that its readings lead to"),
        (case_of(FULL)._replace(probes=(probe((1, 1)),)), "one that its readings lead to"),
        (case_of(FULL, counters=[counter((1, 1))])._replace(state=State.SUBMITTED), "lead to"),
        (case_of(FULL)._replace(counters=(FULL,)), r"reading.account: expected 11, found 8"),
    ],
)
def test_a_case_that_cannot_be_is_refused(case, says):
    with pytest.raises(RequestMalformed, match=says):
        from_json(to_json(case))
