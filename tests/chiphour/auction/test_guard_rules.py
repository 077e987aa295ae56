"""GUARD_RULES: guard rails are read strictly, written as they were, and lower a cap by past prices.

Takes   guard rails written out, and the same with one field changed; prices by hour.
Gives   the record and back; a refusal for each change; the cap of a run.
Keeps   the low cap in force for no longer than its window, whatever is bid.
Source  docs/formulation/guards.md, sections 4 and 10, equations 10 and 16.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.guard_rules import earned_before
from chiphour.auction.guard_rules import guard_fields
from chiphour.auction.guard_rules import hourly_reference_ticks
from chiphour.auction.guard_rules import read_guards
from chiphour.auction.guard_rules import run_cap_ticks
from chiphour.auction.guard_rules import start_reference_microusd
from chiphour.auction.instance import from_fields
from gated import PRODUCT
from gated import guards_of
from gated import settings_of

GRID = from_fields(settings_of()).grid
ROW = guards_of()["products"][0]
RULES = read_guards(guards_of(), "guards", GRID)


def test_guard_rails_are_written_as_they_were_read():
    for given_fields in (
        guards_of(),
        guards_of(pivotal=None, exposure={"stressed_price": "5", "hedged_ppm": 250_000}),
        guards_of(products=[]),
    ):
        rules = read_guards(given_fields, "guards", GRID)
        written = guard_fields(rules)
        assert read_guards(written, "guards", GRID) == rules
    dear = guards_of(products=[ROW | {"entry_cost": "250000.5"}])
    ((_, rule),) = read_guards(dear, "guards", GRID).caps
    assert rule.entry_cost_ticks == 2_500_005_000
    assert RULES.references_ticks == {PRODUCT: 10_000}


REFUSED = {
    "another form": (guards_of(schema="x"), "guards.schema"),
    "an unknown field": (guards_of(hope=1), "no other field, found hope"),
    "an unknown product": (guards_of(products=[ROW | {"product": "X/y/z"}]), "a product of this"),
    "twice": (guards_of(products=[ROW, ROW]), "products in order, each once"),
    "a low cap at the floor": (guards_of(products=[ROW | {"low_cap": "0"}]), "above floor"),
    "a low cap above the cap": (guards_of(products=[ROW | {"low_cap": "13"}]), "the run's cap"),
    "a low cap without end": (
        guards_of(products=[ROW | {"low_cap": "12"}]),
        "expected a cap that earns at most",
    ),
    "a cap tied to a price": (guards_of(products=[ROW | {"low_cap": "gas"}]), "dollars in"),
    "a cost below zero": (guards_of(products=[ROW | {"reference_cost": "-1"}]), "below zero"),
    "no entry cost": (guards_of(products=[ROW | {"entry_cost": "0"}]), "above zero"),
    "an entry cost finer than a price": (
        guards_of(products=[ROW | {"entry_cost": "1.00001"}]),
        "multiples of 0.0001",
    ),
    "a share as text": (guards_of(products=[ROW | {"multiple_ppm": "1"}]), "multiple_ppm"),
    "a test of more": (guards_of(pivotal={"others": 2}), "conduct_ppm"),
    "no stress": (guards_of(exposure={"stressed_price": "0", "hedged_ppm": 0}), "stressed_price"),
    "no correction": (guards_of(correction_hours=0), "correction_hours"),
    "no object": ([], "expected an object"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_guard_rails_out_of_bounds_are_refused(fault):
    fields, words = REFUSED[fault]
    with pytest.raises(RequestMalformed, match=words):
        read_guards(fields, "guards", GRID)


def test_what_hours_before_a_run_earned_lowers_its_cap():
    """Cost 1, limit 10: four hours at 3.5 earn 10, which is not above it; at 3.6 they do."""

    def cap(*prices, from_hour=10):
        rows = [(PRODUCT, from_hour - 1 - back, price) for back, price in enumerate(prices)]
        (found,) = earned_before(RULES, rows, from_hour)
        return found.earned_ticks, found.cap_ticks

    assert cap(35_000, 35_000, 35_000, 35_000) == (100_000, 120_000)
    assert cap(35_000, 35_000, 35_000, 36_000) == (101_000, 30_000)
    assert cap(5_000) == (0, 120_000)  # Below its cost it loses nothing that it had earned.
    assert cap(0, 0, 0, 0, 120_000)[0] == 0  # The fifth hour before is outside of the window.
    assert cap(120_000, from_hour=10)[1] == 30_000
    (later,) = earned_before(RULES, [(PRODUCT, 10, 120_000), ("X/y/z", 9, 120_000)], 10)
    assert later.earned_ticks == 0  # Neither the run's own hours nor others' products count.


def test_a_run_has_the_lowest_of_its_caps():
    assert run_cap_ticks(120_000, earned_before(RULES, [], 0)) == 120_000
    assert run_cap_ticks(120_000, earned_before(RULES, [(PRODUCT, -1, 120_000)], 0)) == 30_000
    assert run_cap_ticks(120_000, ()) == 120_000


@given(st.lists(st.integers(0, 120_000), min_size=1, max_size=24))
def test_the_low_cap_ends_within_its_window_whatever_is_bid(bids):
    """Every hour clears at what is bid, or at its cap; after 4 hours below it the cap is whole."""
    rows = []
    for hour, bid in enumerate(bids):
        cap = run_cap_ticks(120_000, earned_before(RULES, rows, hour))
        rows.append((PRODUCT, hour, min(bid, cap)))
    for hour in range(len(bids), len(bids) + 4):
        cap = run_cap_ticks(120_000, earned_before(RULES, rows, hour))
        rows.append((PRODUCT, hour, min(30_000, cap)))
    assert run_cap_ticks(120_000, earned_before(RULES, rows, len(bids) + 4)) == 120_000


def test_references_of_a_whole_pool():
    """16 chips at $1: $16 an hour; a start as much as one hour."""
    assert hourly_reference_ticks(1_600, 10_000) == 160_000
    assert start_reference_microusd(RULES, 1_600, 10_000) == 16_000_000
