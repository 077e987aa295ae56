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
    return panel_of(in_window(*rows), PARAMETERS)


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
    assert H100 in window.known


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
    ],
)
def test_an_ineligible_row_is_left_out_with_its_rule(fields, rule, statistic):
    row = posted(**fields)
    left = panel(row)
    assert left.members == ()
    assert [(r.what, r.rule, r.statistic) for r in left.rejections] == [
        (observation_id(row), rule, statistic)
    ]


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
