"""TEST ATTACK: what is published of an attack on a fix adds up.

Takes   panels of a book and rate cards, rate cards alone, and too few.
Gives   a failure where a published figure does not follow from the others.
Keeps   the record's bytes the same for the same rows in any order.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

import json
from unittest.mock import patch

import pytest

from chiphour.index import attack_purchase
from chiphour.index.attack import AVERAGED
from chiphour.index.attack import NO_PURCHASE
from chiphour.index.attack import attack_cost
from chiphour.index.attack import document_of
from chiphour.index.series import BY_TICKER
from chiphour.index.v2026_1 import fix_one
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import PPM
from records import observation

STRIKE_NS = 1_784_507_400_000_000_000
SPOT = BY_TICKER["CHR.H100.SXM.SPOT"]
USD = 10**9


def offer(at, cents, age_ns):
    return observation(
        STRIKE_NS - age_ns,
        source="vast",
        venue="vast",
        feed="book",
        kind="ask",
        tenor="SPOT",
        machine_key=f"m{at}",
        host_key=f"h{at}",
        price_nanousd=cents * USD // 100,
    )


def book(*cents):
    ages = (NS_PER_MINUTE, 5 * NS_PER_MINUTE)
    return [offer(at, each, age_ns) for at, each in enumerate(cents) for age_ns in ages]


def card(venue, cents):
    words = {"source": venue, "venue": venue, "tenor": "SPOT"}
    return observation(STRIKE_NS - NS_PER_HOUR, price_nanousd=cents * USD // 100, **words)


# The book's middle machine of seven, at 2.00, is the middle member of three.
ROWS = [*book(190, 195, 199, 200, 201, 205, 215), card("salad", 180), card("spheron", 240)]


def test_a_move_is_priced_by_the_machines_that_must_go():
    """The book holds seven and must keep five, so two can go.

    Without the cheapest two of 1.90 to 2.15 the middle one is 2.01: too little. Where the fifth
    asks 2.03 instead, that is the middle one.
    """
    found = attack_cost(SPOT, ROWS, STRIKE_NS, None)
    assert (found.fix_ticks, found.members) == (20_000, 3)
    assert (found.up.hour, found.up.reason) == (None, "NOT_FOUND")
    more = [*book(190, 195, 199, 200, 203, 205, 215), *ROWS[14:]]
    found = attack_cost(SPOT, more, STRIKE_NS, None)
    rent = found.up.hour
    assert (rent.cost_nanousd, rent.machines, rent.gpus) == (385 * USD // 100, 2, 2)
    assert (rent.venues, rent.shift_ppm, rent.least) == (("vast",), 15_000, True)
    assert found.notional.hour_one_nanousd == rent.cost_nanousd * PPM // 15_000
    assert found.notional.hour_average_nanousd == AVERAGED * found.notional.hour_one_nanousd


@pytest.mark.long
def test_a_search_that_was_cut_off_never_overstates_what_is_safe():
    rows = [*book(*range(170, 230, 3)), card("salad", 190), card("spheron", 210)]
    whole = attack_cost(SPOT, rows, STRIKE_NS, None)
    assert whole.up.hour.least
    assert whole.up.hour_at_least_nanousd == whole.up.hour.cost_nanousd
    bounds = set()
    for most in range(0, 40, 3):
        with patch.object(attack_purchase, "CASES_MAX", most):
            found = attack_cost(SPOT, rows, STRIKE_NS, None)
        for side in (found.up, found.down):
            assert side.hour is None or side.hour.least == (
                side.hour.cost_nanousd == side.hour_at_least_nanousd
            )
        assert found.up.hour_at_least_nanousd <= whole.up.hour.cost_nanousd
        assert found.notional.hour_one_nanousd <= whole.notional.hour_one_nanousd
        bounds.add(found.up.hour_at_least_nanousd)
    assert len(bounds) > 1


def test_machines_that_are_carried_must_be_held_for_a_day_and_an_hour():
    more = [*book(190, 195, 199, 200, 203, 205, 215), *ROWS[14:]]
    before = [offer(at, 190, hours * NS_PER_HOUR) for at in range(7) for hours in (2, 5, 8, 11)]
    found = attack_cost(SPOT, [*more, *before], STRIKE_NS, None)
    assert found.up.carried.cost_nanousd == 25 * found.up.hour.cost_nanousd
    assert found.notional.carried_one_nanousd >= 25 * found.notional.hour_one_nanousd
    some = [row for row in before if row.machine_key not in ("m0", "m2")]
    found = attack_cost(SPOT, [*more, *some], STRIKE_NS, None)
    assert found.up.hour.cost_nanousd == 385 * USD // 100
    assert found.up.carried.cost_nanousd == 389 * USD // 100  # Those that nobody would carry.


def test_rate_cards_alone_leave_nothing_to_rent():
    rows = [card(venue, 200 + at) for at, venue in enumerate(("salad", "spheron", "sfcompute"))]
    found = attack_cost(SPOT, rows, STRIKE_NS, None)
    assert (found.up.hour, found.up.listings, found.up.reason) == (None, None, "NO_BOOK")
    assert found.up.reason in NO_PURCHASE
    assert not any(found.notional)
    assert found.breakdown == 2


def test_without_a_fix_there_is_nothing_to_attack():
    found = attack_cost(SPOT, ROWS[14:], STRIKE_NS, None)
    assert (found.fix_ticks, found.members, found.up, found.captured) == (None, 2, None, ())
    assert json.loads(document_of(found))["notional"] is None


def test_the_fix_attacked_is_the_fix_published():
    found = attack_cost(SPOT, ROWS, STRIKE_NS, None)
    fixing = fix_one(SPOT, ROWS, STRIKE_NS, None)
    assert (found.fix_ticks, found.members) == (fixing.fix_ticks, fixing.panel)
    assert found.parameters_sha256 == fixing.parameters_sha256
    assert [capture.members for capture in found.captured] == [1, 2, 3]


def test_the_order_of_rows_changes_no_byte():
    assert document_of(attack_cost(SPOT, ROWS, STRIKE_NS, None)) == document_of(
        attack_cost(SPOT, [*reversed(ROWS)], STRIKE_NS, None)
    )
