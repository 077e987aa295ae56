"""TEST ATTACK_VENUES: what an attacker sees is what the fix was made from.

Takes   books and rate cards around a strike, some machines carried, some venues of one owner.
Gives   a failure where a member's rate differs from the panel's, or a machine costs something else.
Keeps   machines removed from the rows equal to machines rented from the target.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.index.attack_books import rate_without
from chiphour.index.attack_venues import target_of
from chiphour.index.panel import considered
from chiphour.index.panel import panel_of
from chiphour.index.parameters import V2026_1
from chiphour.index.series import BY_TICKER
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from records import fixing
from records import observation

STRIKE_NS = 1_784_507_400_000_000_000
SPOT = BY_TICKER["CHR.H100.SXM.SPOT"]
POLLS = (NS_PER_MINUTE, 5 * NS_PER_MINUTE)
HOURS = (2, 5, 8, 11)


def offer(machine, price, age_ns, venue="vast", host=None, gpus=1, **fields):
    seen = {
        "source": venue,
        "venue": venue,
        "feed": "book",
        "kind": "ask",
        "tenor": "SPOT",
        "machine_key": f"m{machine}",
        "host_key": f"h{machine}" if host is None else host,
        "price_nanousd": price * gpus,
        "gpus": gpus,
    }
    return observation(STRIKE_NS - age_ns, **seen | fields)


def book(prices, venue="vast", **fields):
    return [
        offer(machine, price, age_ns, venue, **fields)
        for machine, price in enumerate(prices)
        for age_ns in POLLS
    ]


def card(venue, price, **fields):
    seen = {"source": venue, "venue": venue, "tenor": "SPOT", "price_nanousd": price}
    return observation(STRIKE_NS - NS_PER_HOUR, **seen | fields)


def target(rows, previous=None):
    return target_of(SPOT, rows, STRIKE_NS, previous, "", V2026_1)


def members(rows):
    window = considered(rows, STRIKE_NS, "", V2026_1)
    evidence = window.evidence.get(SPOT, ())
    found = panel_of(window.rows.get(SPOT, ()), evidence, STRIKE_NS, V2026_1).members
    return {member.name: member.rate for member in found}


def exact(found):
    return {name: Fraction(rate, found.unit) for name, rate in found.members().items()}


MACHINES = st.lists(
    st.tuples(
        st.integers(100, 140),
        st.sampled_from(("h0", "h1", "h2", "h3", "h4", "h5", "")),
        st.sampled_from((1, 2, 3, 8)),
        st.sampled_from(((), HOURS, HOURS[:1])),  # When it was seen before the window.
        st.booleans(),  # Whether it still is.
    ),
    min_size=1,
    max_size=9,
)


def rows_of(machines, venue):
    return [
        offer(at, price, age_ns, venue, host, gpus)
        for at, (price, host, gpus, before, stays) in enumerate(machines)
        for age_ns in (*(POLLS if stays else ()), *(hour * NS_PER_HOUR for hour in before))
    ]


@settings(max_examples=80)
@given(MACHINES, MACHINES, st.lists(st.integers(90, 150), max_size=4))
def test_the_rates_of_a_target_are_those_of_the_panel(one, other, prices):
    rows = [*rows_of(one, "vast"), *rows_of(other, "verda")]
    venues = ("datacrunch", "spheron", "verda", "salad")
    rows += [card(venue, price) for venue, price in zip(venues, prices, strict=False)]
    assert exact(target(rows)) == members(rows)


@settings(max_examples=60)
@given(MACHINES, st.sets(st.integers(0, 8)))
def test_renting_machines_is_taking_their_rows_away(machines, gone):
    """Without what was seen of them before, too: then they are not carried."""
    rows = [*rows_of(machines, "vast"), card("vast", 99, source="mirror"), card("spheron", 100)]
    found = target(rows)
    (venue,) = (venue for venue in found.venues if venue.name == "vast")
    rented = [m for m in venue.machines if m.hours and int(m.key[1:]) in gone]
    keys = {machine.key for machine in rented}
    left = [row for row in rows if row.machine_key not in keys]
    rate = rate_without(venue, rented, V2026_1) if venue.machines else venue.rate
    expected = members(left).get("vast")
    assert expected == (None if rate is None else Fraction(rate, found.unit))


def test_a_machine_costs_its_largest_offer_of_its_last_poll():
    rows = [
        *book([100, 101, 102, 103]),
        offer(9, 200, POLLS[0], gpus=8),
        offer(9, 150, POLLS[0], gpus=2),
        offer(9, 120, POLLS[1], gpus=4),
    ]
    (venue,) = target(rows).venues
    (machine,) = (machine for machine in venue.machines if machine.key == "m9")
    assert (machine.gpus, machine.hour_nanousd) == (8, 1600)


def test_a_machine_must_be_held_for_as_long_as_it_would_be_carried():
    rows = book([100, 101, 102, 103, 104])
    rows += [offer(0, 100, hour * NS_PER_HOUR) for hour in HOURS]
    rows += [offer(8, 130, hour * NS_PER_HOUR) for hour in HOURS]
    (venue,) = target(rows).venues
    hours = {machine.key: machine.hours for machine in venue.machines}
    assert hours == {"m0": 25, "m1": 1, "m2": 1, "m3": 1, "m4": 1, "m8": 0}


def test_the_last_fix_measures_while_it_is_young():
    last = fixing(fix_ticks=20_000, strike_ns=STRIKE_NS - 24 * NS_PER_HOUR)
    found = target(book([100] * 5), last)
    assert found.measure == 20_000 * 100_000 * found.unit
    assert target(book([100] * 5), last._replace(strike_ns=0)).measure is None
