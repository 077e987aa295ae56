"""SHORTFALL: interruptions are paid for up to the published share, and no further.

Takes   deliveries, whole and cut; tiers; prices.
Gives   counted quantities, penalties.
Keeps   supplier and buyer at the same count.
Source  docs/formulation/runs.md, section 4.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.positions import positions_after
from chiphour.auction.settle import DELIVERY
from chiphour.auction.settle import PENALTY
from chiphour.auction.settle import Payment
from chiphour.auction.settle import settle_delivery
from chiphour.auction.settle import total_microusd
from chiphour.auction.settle import totals_microusd
from chiphour.auction.shortfall import NO_PENALTY
from chiphour.auction.shortfall import Delivery
from chiphour.auction.shortfall import Penalty
from chiphour.auction.shortfall import Split
from chiphour.auction.shortfall import cut_penalties
from chiphour.auction.shortfall import deliveries_from_json
from chiphour.auction.shortfall import deliveries_to_json
from chiphour.auction.shortfall import metered_of
from chiphour.auction.shortfall import penalties
from chiphour.auction.shortfall import penalty_microusd
from chiphour.auction.shortfall import split_of
from chiphour.auction.shortfall import sure_totals_microusd
from settled import H100
from settled import HOUR_NS
from settled import RATES
from settled import SPOT
from settled import TIERS
from settled import deliveries
from settled import prices

SUPPLIER, BUYER, POOL = 8, 11, 4
SLOT = Slot(H100, "spot", HOUR_NS)


def delivery(metered, awarded=10_000):
    return Delivery("o-1", SUPPLIER, BUYER, *SLOT, awarded, metered)


@pytest.mark.parametrize(
    ("metered", "counted", "excess"),
    [(10_000, 10_000, 0), (9_000, 10_000, 0), (8_500, 10_000, 0), (8_400, 9_900, 100)],
)
def test_interruptions_within_the_published_share_count_as_delivered(metered, counted, excess):
    """15 % of 100 chip-hours may be taken back; the 16th is bought back."""
    assert split_of(delivery(metered), SPOT.interruption_ppm) == Split(counted, excess)


def test_the_share_is_rounded_for_the_buyer():
    assert split_of(delivery(0, awarded=99), SPOT.interruption_ppm) == Split(14, 85)


def settled(metered, penalty=NO_PENALTY):
    """What the slot's owners receive at delivery, at 2.9: 100 chip-hours sold, some metered."""
    trades = [
        Trade(1, BUYER, PHYSICAL, *SLOT, 10_000, 12_000),
        Trade(1, SUPPLIER, PHYSICAL, *SLOT, -10_000, 12_000),
    ]
    rows, price = [delivery(metered)], {SLOT: 29_000}
    payments = settle_delivery(2, positions_after(trades), metered_of(rows, TIERS), price)
    return totals_microusd(payments + penalties(2, rows, TIERS, price, penalty))


def test_the_supplier_buys_the_excess_back_at_the_real_time_price():
    assert settled(8_500) == {}
    assert settled(8_400) == {SUPPLIER: -2_900_000, BUYER: 2_900_000}
    assert settled(0) == {SUPPLIER: -85 * 2_900_000, BUYER: 85 * 2_900_000}


def test_the_penalty_goes_to_who_was_hit_or_to_the_pool():
    assert settled(8_400, Penalty(500_000, None)) == {SUPPLIER: -4_350_000, BUYER: 4_350_000}
    assert settled(8_400, Penalty(500_000, POOL)) == {
        POOL: 1_450_000,
        SUPPLIER: -4_350_000,
        BUYER: 2_900_000,
    }


def test_a_penalty_is_rounded_for_who_pays_and_needs_a_price_above_zero():
    assert penalty_microusd(1, 3, Penalty(500_000, None)) == 1
    assert penalty_microusd(100, -3, Penalty(500_000, None)) == 0


@given(deliveries())
def test_what_counts_sums_to_zero_in_every_slot(rows):
    sums = {}
    for reading in metered_of(rows, TIERS):
        sums[reading.slot] = sums.get(reading.slot, 0) + reading.quantity_hundredths
    assert not any(sums.values())
    for row in rows:
        tier = next(tier for tier in TIERS if tier.name == row.tier)
        counted, excess = split_of(row, tier.interruption_ppm)
        assert counted + excess == row.awarded_hundredths
        assert row.metered_hundredths <= counted


@given(deliveries(), prices(), RATES)
def test_penalties_sum_to_zero_and_are_paid_by_suppliers(rows, real_time, rate_ppm):
    payments = penalties(3, rows, TIERS, real_time, Penalty(rate_ppm, POOL))
    assert total_microusd(payments) == 0
    assert all(amount >= 0 for a, amount in totals_microusd(payments).items() if a == POOL)
    assert all(amount <= 0 for a, amount in totals_microusd(payments).items() if a != POOL)


AMOUNTS = st.lists(st.integers(-(10**9), 10**9), min_size=20, max_size=20)


@given(deliveries(), prices(), AMOUNTS, AMOUNTS)
def test_a_penalty_is_paid_by_who_owes_it_or_not_at_all(rows, real_time, has, other):
    """Whatever suppliers have and owe, no penalty adds to what is missing or is above its due."""
    fines = penalties(3, rows, TIERS, real_time, Penalty(500_000, None))
    paid = [Payment(3, account, DELIVERY, *SLOT, amount) for account, amount in enumerate(other)]
    paid.append(Payment(3, POOL, DELIVERY, *SLOT, -sum(other)))
    collateral = {account: abs(amount) for account, amount in enumerate(has)}
    cut = cut_penalties([*paid, *fines], collateral)
    assert total_microusd(cut) == 0
    before = totals_microusd(paid)
    for account, total in totals_microusd(cut).items():
        assert -total - collateral[account] <= max(0, -before[account] - collateral[account])
    left = [row for row in cut if row.purpose == PENALTY]
    assert sum(abs(row.amount_microusd) for row in left) <= sum(abs(row[-1]) for row in fines)


def test_penalties_are_paid_in_full_where_there_is_money_and_cut_in_proportion_where_not():
    """20 chip-hours short at 2.9 to two buyers, half of it a fine; the seller has a third of it."""
    rows = [delivery(7_500), delivery(7_500)._replace(obligation="o-2", buyer=12)]
    fines = penalties(2, rows, TIERS, {SLOT: 29_000}, Penalty(500_000, None))
    assert cut_penalties(fines, {SUPPLIER: 29_000_000}) == fines
    assert cut_penalties(fines, {}) == fines
    cut = totals_microusd(cut_penalties(fines, {SUPPLIER: 9_000_001}))
    assert cut == {SUPPLIER: -9_000_001, BUYER: 4_500_001, 12: 4_500_000}
    assert cut_penalties(fines, {SUPPLIER: 0}) == ()


def test_a_penalty_that_is_cut_pays_for_no_other():
    """One owes another that owes a third: who has nothing pays none, and owes none from what came.

    So each of both is asked for what it owes, though the second would receive as much.
    """
    first = delivery(7_500)
    second = first._replace(obligation="o-2", supplier=BUYER, buyer=12)
    fines = penalties(2, [first, second], TIERS, {SLOT: 29_000}, Penalty(500_000, None))
    asked = {who for who, total in sure_totals_microusd(fines).items() if total < 0}
    assert asked == {SUPPLIER, BUYER}
    assert totals_microusd(fines)[BUYER] == 0
    assert cut_penalties(fines, dict.fromkeys(asked, 0)) == ()


def test_more_than_was_owed_is_refused():
    with pytest.raises(RequestMalformed, match=r"o-1: expected from 0 to 100 .* found 100.01"):
        metered_of([delivery(10_001)], TIERS)
    with pytest.raises(RequestMalformed, match=r"found -0\.01"):
        metered_of([delivery(-1)], TIERS)


def test_a_tier_that_is_not_listed_is_refused():
    with pytest.raises(RequestMalformed, match="expected a tier among on-demand, reserved, found"):
        metered_of([delivery(0)], TIERS[:2])


@given(deliveries())
def test_deliveries_come_back_from_json(rows):
    assert deliveries_from_json(deliveries_to_json(rows)) == tuple(rows)


def test_a_delivery_of_more_than_was_owed_is_not_read():
    with pytest.raises(RequestMalformed, match=r"found 100\.01"):
        deliveries_from_json(deliveries_to_json([delivery(10_001)]))
