"""AUCTION GUARDS: what holds of every clearing with guard rails, on random runs.

Takes   `auction_runs`: pools that switch, gangs, virtuals, reserve, arcs; guard rails for each of
        their products; the cap, or the low cap.
Gives   clearings; the run worked out again from its bids and what was applied.
Keeps   every price within the cap; no offer made dearer; nobody selling below what it asked unless
        its offer was replaced; nobody owing more than its bid has behind it.
Source  docs/formulation/guards.md, sections 1, 5, 7 and 10; decision 0046.
"""

from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_runs import runs
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.gate import reserved_microusd
from chiphour.auction.guard_rules import SCHEMA_NAME
from chiphour.auction.guard_rules import read_guards
from chiphour.auction.guarding import from_json
from chiphour.auction.guarding import guarded
from chiphour.auction.guarding import to_json
from chiphour.auction.instance import read_run
from chiphour.auction.mitigation import cleared_with_guards
from chiphour.auction.pool import Pool
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.solve import solve
from chiphour.units import NANOUSD_PER_TICK

SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
MARKETS = settings(max_examples=20, suppress_health_check=SLOW, derandomize=True)
LOW_TICKS = 20_000


def rules_of(grid, others):
    """Give guard rails: a chip of each product costs $1, its low cap is $2, nothing is spared."""
    row = {"reference_cost": "1", "low_cap": "2", "entry_cost": "1000000"}
    row |= {"multiple_ppm": 1_000_000, "window_hours": 24}
    fields = {
        "schema": SCHEMA_NAME,
        "products": [{"product": product.id} | row for product in grid.products],
        "pivotal": {"others": others, "conduct_ppm": 100_000, "impact_ppm": 10_000},
        "start_hours": 1,
        "exposure": None,
        "correction_hours": 48,
    }
    return read_guards(fields, "guards", grid)


@MARKETS
@given(runs(), st.booleans(), st.integers(0, 2))
def test_a_guarded_clearing_keeps_its_rules(fields, is_low, others):
    instance, _ = read_run(fields)
    rules = rules_of(instance.grid, others)
    cap = LOW_TICKS if is_low else instance.grid.cap_ticks
    try:
        found = cleared_with_guards(instance, rules, cap, {}, lambda run: clear(run, solve))
    except ClearingFailed:  # A must-run that nobody takes.
        return
    assert violations(found.instance, found.result) == ()
    again, refused = guarded(instance, rules, from_json(to_json(found.applied, {})))
    assert (again, refused) == (found.instance, found.refused)
    assert all((price.price_ticks or 0) <= cap for price in found.result.prices)
    paid = found.result.money.reserve.values()
    assert all(price <= cap * NANOUSD_PER_TICK for price in paid)
    for bid in found.instance.bids:
        own = instance.bid_by_id[bid.id]
        if isinstance(bid, Pool):
            asked = [block for block in own.blocks if block.price_ticks <= cap]
            dearest = dict(zip(bid.blocks, own.blocks, strict=False))
            assert all(one.price_ticks <= other.price_ticks for one, other in dearest.items())
            if bid.id not in found.applied.replaced:
                assert list(bid.blocks) == asked
                assert bid.startup_microusd == own.startup_microusd


@MARKETS
@given(runs(budget=True))
def test_nobody_owes_more_than_its_bid_has_behind_it(fields):
    """So a buyer's exposure is never more than what was reserved, whatever the price."""
    instance, _ = read_run(fields)
    try:
        result = clear(instance, solve)
    except ClearingFailed:
        return
    for part in result.award.parts:
        bid = instance.bid_by_id[part.id]
        if part.id.startswith("reserve"):
            continue
        assert part.owed_microusd <= reserved_microusd(bid, instance), part.id
