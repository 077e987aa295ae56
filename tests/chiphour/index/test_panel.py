"""PANEL: which rows count at a strike, what a venue's rate is, who is a member.

Takes   rows made by hand around one strike.
Gives   a failure where a row enters or leaves a panel against the rules.
Keeps   the edges of every window and limit where the methodology puts them.
Source  Methodology v2026_1, "Window", "Eligibility", "Venue rate" and "Members".
"""

from fractions import Fraction

import pytest

from chiphour.index.panel import considered
from chiphour.index.panel import panel_of
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import PARAMETERS
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from records import observation

STRIKE_NS = 1_784_507_400_000_000_000
H100 = BY_TICKER["CHR.H100.SXM.OD"]
MINUTE = NS_PER_MINUTE


def posted(venue="lambda", usd=3, age_ns=NS_PER_HOUR, **fields):
    seen = {"venue": venue, "price_nanousd": usd * 10**9, "observed_ns": STRIKE_NS - age_ns}
    return observation(**seen | fields)


def offer(machine, usd, age_ns=MINUTE, **fields):
    keys = {"machine_key": f"m{machine}", "host_key": f"h{machine}", "source": "vast"}
    return posted("vast", usd, age_ns, feed="book", kind="ask", **keys | fields)


def in_window(*rows, source=""):
    return considered(rows, STRIKE_NS, source, PARAMETERS).rows.get(H100, ())


def panel(*rows):
    seen = considered(rows, STRIKE_NS, "", PARAMETERS)
    evidence = seen.evidence.get(H100, ())
    return panel_of(seen.rows.get(H100, ()), evidence, STRIKE_NS, PARAMETERS)


def test_the_latest_poll_of_a_rate_card_counts_alone():
    old = posted(usd=3, age_ns=5 * NS_PER_HOUR)
    new = posted(usd=4, age_ns=2 * NS_PER_HOUR)
    assert in_window(old, new) == (new,)


def test_a_chip_gone_from_the_latest_card_is_gone():
    """The poll is the venue's, not the series': a card without the chip offers none."""
    old = posted(age_ns=5 * NS_PER_HOUR)
    card_without = posted(age_ns=2 * NS_PER_HOUR, chip="H200")
    window = considered([old, card_without], STRIKE_NS, "", PARAMETERS)
    assert H100 not in window.rows
    assert window.seen[H100] == {"lambda": old.observed_ns}


@pytest.mark.parametrize(
    ("age_ns", "counts"), [(1, True), (NS_PER_DAY, True), (NS_PER_DAY + 1, False), (0, False)]
)
def test_a_rate_card_holds_for_a_day_before_the_strike(age_ns, counts):
    assert bool(in_window(posted(age_ns=age_ns))) is counts


@pytest.mark.parametrize(
    ("age_ns", "counts"), [(1, True), (10 * MINUTE, True), (10 * MINUTE + 1, False), (0, False)]
)
def test_a_book_counts_in_the_ten_minutes_before_the_strike(age_ns, counts):
    assert bool(in_window(offer(1, 2, age_ns=age_ns))) is counts


def test_what_is_received_after_the_close_never_enters():
    close_ns = STRIKE_NS + 5 * MINUTE
    assert in_window(posted(received_ns=close_ns - 1))
    assert not in_window(posted(received_ns=close_ns))


def test_one_source_can_be_asked_for_alone():
    ours, theirs = posted(), posted("nebius", source="other")
    assert in_window(ours, theirs, source="other") == (theirs,)


@pytest.mark.parametrize(
    ("fields", "rule", "statistic"),
    [
        ({"venue": "aws"}, "ROLE", "reference"),
        ({"venue": "primeintellect"}, "ROLE", "aggregator"),
        ({"venue": "nobody"}, "ROLE", "unknown"),
        ({"kind": "bid_floor"}, "KIND", "bid_floor"),
        ({"flags": ("CARRIED", "FROZEN_FILE")}, "FLAG", "FROZEN_FILE"),
        ({"flags": ("NEVER_HEARD_OF",)}, "FLAG", "NEVER_HEARD_OF"),
        ({"price_nanousd": 0}, "VALUE", "0/1"),
        ({"gpus": 0}, "VALUE", "3000000000/0"),
        ({"feed": "book", "age_ns": MINUTE}, "MACHINE", "none"),
        ({"spec": '{"verification":"deverified"}'}, "QUALITY", "verification deverified"),
        ({"spec": '{"reliability2":"0.9499999"}'}, "QUALITY", "reliability 0.9499999"),
        ({"spec": '{"reliability":"high"}'}, "QUALITY", "reliability high"),
        ({"spec": '{"reliability":"0.5","reliability2":null}'}, "QUALITY", "reliability 0.5"),
    ],
)
def test_an_ineligible_row_is_left_out_with_its_rule(fields, rule, statistic):
    row = posted(**fields)
    left = panel(row)
    assert left.members == ()
    assert [(r.what, r.rule, r.statistic) for r in left.rejections] == [
        (observation_id(row), rule, statistic)
    ]


def test_quality_is_held_to_the_floor_only_where_it_is_stated():
    for spec in ("{}", '{"reliability":"0.95","verification":"verified"}'):
        assert len(panel(posted(spec=spec)).members) == 1


def test_flags_that_only_inform_leave_a_row_in():
    assert len(panel(posted(flags=("CARRIED", "FX_UPSTREAM"))).members) == 1


def test_a_venue_counts_once_at_the_median_of_its_rows():
    rows = [posted(usd=usd, row=str(n)) for n, usd in enumerate((2, 3, 3, 9))]
    (member,) = panel(*rows, posted(usd=16, gpus=8, row="x8")).members
    assert member.rate == 3 * 10**9
    assert len(member.observations) == 5


def test_two_venues_of_one_owner_are_one_member_at_their_median():
    (member,) = panel(posted("datacrunch", 2), posted("verda", 3)).members
    assert (member.name, member.venues) == ("verda", ("datacrunch", "verda"))
    assert member.rate == Fraction(5 * 10**9, 2)


def test_a_venues_own_reader_displaces_other_sources():
    own, other = posted(usd=3, source="lambda"), posted(usd=9)
    left = panel(own, other)
    assert left.members[0].rate == 3 * 10**9
    assert [(r.what, r.rule) for r in left.rejections] == [(observation_id(other), "DISPLACED")]


def test_a_book_displaces_posted_rates_of_its_venue():
    book = [offer(n, 2, age) for n in range(5) for age in (MINUTE, 2 * MINUTE)]
    left = panel(*book, posted("vast", 9, source="vast"))
    assert left.members[0].rate == 2 * 10**9
    assert [r.rule for r in left.rejections] == ["DISPLACED"]


def test_a_machine_counts_once_at_the_median_over_polls_of_its_slices():
    """Machine 0 shows 1 and 3 (median 2), then 8: its rate is 5. The others stand at 2."""
    rows = [
        offer(0, 1, 3 * MINUTE, row="a"),
        offer(0, 3, 3 * MINUTE, row="b"),
        offer(0, 8, MINUTE),
    ]
    rows += [offer(n, 2, age) for n in (1, 2) for age in (MINUTE, 3 * MINUTE)]
    rows += [offer(n, 9, MINUTE) for n in (3, 4)]
    (member,) = panel(*rows).members
    assert member.rate == 5 * 10**9
    assert member.from_book


def book(polls=2, hosts=3, machines=5):
    return [
        offer(machine, 2, (poll + 1) * MINUTE, host_key=f"h{machine % hosts}")
        for machine in range(machines)
        for poll in range(polls)
    ]


@pytest.mark.parametrize("short", [{"polls": 1}, {"hosts": 2}, {"machines": 4}])
def test_a_thin_book_is_left_out(short):
    assert len(panel(*book()).members) == 1
    left = panel(*book(**short))
    assert left.members == ()
    assert [(r.what, r.rule) for r in left.rejections] == [("vast", "THIN_BOOK")]


def test_an_unnamed_host_is_not_a_host():
    rows = [row._replace(host_key="" if row.host_key == "h2" else row.host_key) for row in book()]
    assert [r.statistic for r in panel(*rows).rejections] == ["2 polls 2 hosts 5 machines"]


def test_a_book_that_names_no_host_stands_uncapped_with_a_note():
    left = panel(*(row._replace(host_key="") for row in book()))
    assert [member.name for member in left.members] == ["vast"]
    assert left.notes == (("vast", "NO_HOST", "0 hosts named", "no cap"),)


def test_a_host_of_many_machines_weighs_no_more_than_its_share():
    """Five hosts: one with eight machines at 9, four with one each at 1, 2, 3, 4: each a fifth."""
    rows = [offer(n, 9, age, host_key="big") for n in range(8) for age in (MINUTE, 2 * MINUTE)]
    rows += [offer(10 + n, n, age) for n in range(1, 5) for age in (MINUTE, 2 * MINUTE)]
    left = panel(*rows)
    assert left.members[0].rate == 3 * 10**9
    found = "8 of 12 machines of one host"
    assert left.notes == (("vast", "CAPPED", found, "0.200000 of the weight"),)


HOUR = NS_PER_HOUR


def with_history(*ages_ns, usd=1, **fields):
    """Six machines in the window at 2, and machine 99 that was seen before it."""
    rows = book(machines=6, hosts=6)
    rows += [offer(n, 2, age, host_key=f"h{n}") for n in range(6) for age in range_of_polls()]
    return rows + [offer(99, usd, age, host_key="h99", **fields) for age in ages_ns]


def range_of_polls():
    return [hours * HOUR for hours in range(1, 48)]


def carried_by(*ages_ns, **fields):
    left = panel(*with_history(*ages_ns, **fields))
    return any(note.rule == "VANISHED" for note in left.notes)


def test_a_machine_that_just_vanished_still_counts():
    left = panel(*with_history(*(hours * HOUR for hours in range(2, 9))))
    assert left.notes == (("vast", "VANISHED", "1 machines", "vanished under 24 hours ago"),)
    (member,) = left.members
    assert len(member.observations) == 12 + 7
    assert len(left.inputs) == 12 + 7  # The rows before the window that carry nobody are not in.


@pytest.mark.parametrize(
    ("ages_h", "counts"),
    [
        (range(2, 9), True),  # Six hours, every poll.
        (range(2, 8), False),  # Five hours.
        (range(2, 15, 2), True),  # Half of the polls and one.
        (range(2, 21, 3), False),  # A third of them.
        (range(23, 30), True),
        (range(24, 31), False),  # Gone for a day.
        ((2,), False),  # A decoy.
        ((2, 8), False),
    ],
)
def test_who_is_carried(ages_h, counts):
    assert carried_by(*(hours * HOUR for hours in ages_h)) is counts


def test_a_machine_that_is_back_is_not_carried_too():
    ages = [hours * HOUR for hours in range(2, 9)]
    back = [offer(99, 3, MINUTE, host_key="h99")]
    left = panel(*with_history(*ages), *back)
    assert left.notes == ()


def test_a_machine_that_is_there_but_ineligible_has_not_vanished():
    ages = [hours * HOUR for hours in range(2, 9)]
    unverified = offer(99, 9, MINUTE, host_key="h99", spec='{"verification":"unverified"}')
    left = panel(*with_history(*ages), unverified)
    assert left.notes == ()
    assert [rejection.rule for rejection in left.rejections] == ["QUALITY"]


def test_what_is_ineligible_carries_nobody():
    ages = [hours * HOUR for hours in range(2, 9)]
    assert not carried_by(*ages, flags=("BID_FLOOR",))
    assert not carried_by(*ages, source="elsewhere")


def test_a_narrower_series_takes_the_rows_that_state_what_it_asks():
    here = posted(spec='{"country":"US"}', gpus=8)
    there = posted("nebius", spec='{"country":"FI"}')
    nowhere = posted("ovh")
    rows = considered([here, there, nowhere], STRIKE_NS, "", PARAMETERS).rows
    assert rows[BY_TICKER["CHR.H100.SXM.OD.US"]] == (here,)
    assert rows[BY_TICKER["CHR.H100.SXM.OD.EU"]] == (there,)
    assert rows[BY_TICKER["CHR.H100.SXM.OD.X8"]] == (here,)
    assert BY_TICKER["CHR.H100.SXM.OD.IB"] not in rows
