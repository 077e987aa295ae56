"""COLLATERAL: the worst case is paid for beforehand; who moves the price does not bet on it.

Takes   positions, stressed prices, parties.
Gives   collateral, refusals.
Keeps   the way out of a position open.
Source  docs/formulation/runs.md, section 6.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.collateral import CollateralRule
from chiphour.auction.collateral import Stress
from chiphour.auction.collateral import collateral_refusal
from chiphour.auction.collateral import paid_ahead_microusd
from chiphour.auction.collateral import required_microusd
from chiphour.auction.collateral import stress_from
from chiphour.auction.collateral import virtual_refusals
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.positions import positions_after
from chiphour.auction.settle import Metered
from chiphour.auction.settle import settle_delivery
from chiphour.auction.settle import totals_microusd
from chiphour.auction.shortfall import Penalty
from chiphour.auction.shortfall import penalty_microusd
from settled import H100
from settled import HOUR_NS

RULE = CollateralRule(
    outage_ppm=100_000, penalty_ppm=500_000, mover_ppm=200_000, virtual_ppm=50_000
)
STRESSES = {H100: Stress(-10_000, 90_000)}
V, S1, S2, B1 = 12, 8, 9, 10
SLOT = Slot(H100, "on-demand", HOUR_NS)


def held(account, quantity, kind=VIRTUAL, hour=0):
    return Position(account, kind, H100, "on-demand", HOUR_NS + hour, quantity)


def trade(account, quantity, kind=VIRTUAL):
    return Trade(2, account, kind, *SLOT, quantity, 24_000)


def required(*positions, account=V):
    return required_microusd(account, positions, STRESSES, RULE)


def test_a_virtual_position_needs_what_closing_it_may_cost():
    """Sold: bought back at 9. Bought: sold at -1, which costs."""
    assert required(held(V, -2_000)) == 180_000_000
    assert required(held(V, 2_000)) == 20_000_000
    assert required(held(V, -2_000), held(V, 2_000, hour=1)) == 200_000_000
    assert required(held(S1, -2_000)) == 0


def test_a_sale_needs_the_buy_back_of_a_part_and_the_penalty():
    """10 % of 20 chip-hours at 9, and half of that on top; what was bought is paid."""
    assert required(held(V, -2_000, PHYSICAL)) == 27_000_000
    assert required(held(V, 2_000, PHYSICAL)) == 0


def test_what_was_paid_ahead_is_what_open_sales_brought():
    """20 chip-hours sold at 2.4, 5 bought back at 3; what was bought, or bet, or is over: none."""
    sold = [trade(S1, -2_000, PHYSICAL), trade(S1, 500, PHYSICAL)._replace(price_ticks=30_000)]
    others = [trade(B1, 1_500, PHYSICAL), trade(V, -900), trade(S2, -700, PHYSICAL)]
    below = [trade(S2, -100, PHYSICAL)._replace(price_ticks=-5_000, hour_ns=2 * HOUR_NS)]
    open_ = positions_after([*sold, *others, *below])
    assert paid_ahead_microusd(open_, [*sold, *others, *below]) == {
        S1: 48_000_000 - 15_000_000,
        S2: 700 * 24_000,
    }
    assert paid_ahead_microusd([], [*sold, *others]) == {}


@given(st.integers(-10_000, 90_000), st.integers(-5_000, 5_000))
def test_collateral_suffices_at_every_price_within_the_stress(price, quantity):
    """Whatever the real-time price turns out, a virtual position owes no more than was asked."""
    if quantity:
        positions = [held(V, quantity), held(S1, -quantity)]
        owed = -totals_microusd(settle_delivery(3, positions, [], {SLOT: price})).get(V, 0)
        assert owed <= required(*positions)


@given(st.integers(0, 90_000), st.integers(1, 5_000))
def test_collateral_suffices_for_an_outage_of_the_size_that_was_foreseen(price, sold):
    failed = sold * RULE.outage_ppm // 1_000_000
    positions = [held(S1, -sold, PHYSICAL), held(B1, sold, PHYSICAL)]
    metered = [Metered(S1, *SLOT, failed - sold), Metered(B1, *SLOT, sold - failed)]
    owed = -totals_microusd(settle_delivery(3, positions, metered, {SLOT: price})).get(S1, 0)
    owed += penalty_microusd(failed, price, Penalty(RULE.penalty_ppm, None))
    assert owed <= required(*positions, account=S1)


def refusal(available, *trades, before=()):
    return collateral_refusal(V, before, trades, STRESSES, RULE, available)


def test_an_account_is_refused_with_what_it_needs_and_has():
    assert refusal(180_000_000, trade(V, -2_000)) is None
    found = refusal(179_999_999, trade(V, -2_000))
    assert found.rule == "collateral" and found.where == "account 12"
    assert found.expected.startswith("180.000000") and found.found == "179.999999"
    assert refusal(0, trade(S1, -2_000)) is None


def test_trades_that_lower_the_need_are_never_refused():
    assert refusal(0, trade(V, 1_000), before=[held(V, -2_000)]) is None
    assert refusal(0, trade(V, -1), before=[held(V, -2_000)]) is not None


def test_stress_comes_from_the_past_and_stays_within_floor_and_cap():
    assert stress_from([20_000, 30_000], 2_000_000, -50_000, 90_000) == Stress(-10_000, 60_000)
    assert stress_from([20_000, 80_000], 2_000_000, -50_000, 90_000) == Stress(-50_000, 90_000)
    assert stress_from([], 2_000_000, -50_000, 90_000) == Stress(-50_000, 90_000)


def test_a_product_without_stress_is_refused():
    with pytest.raises(RequestMalformed, match="H100/node8/us: expected stressed prices"):
        required_microusd(V, [held(V, 1)], {}, RULE)


PHYSICALS = [
    held(S1, -3_000, PHYSICAL),
    held(S2, -7_000, PHYSICAL),
    held(B1, 10_000, PHYSICAL),
]
PARTIES = {S1: "acme", V: "acme"}


def shares(*trades, before=PHYSICALS, parties=PARTIES):
    return virtual_refusals(list(before), trades, parties, RULE)


def test_a_party_that_moves_the_price_is_held_to_a_small_virtual_position():
    """Acme sells 30 % of the hour; its other account may hold 5 % of 100 chip-hours."""
    assert shares(trade(V, 500), trade(S2, -500, PHYSICAL)) == ()
    (found,) = shares(trade(V, 501))
    assert found.rule == "virtual share" and found.where.startswith("acme H100/node8/us")
    assert "at most 5 virtual" in found.expected and "0.300000" in found.expected
    assert found.found == "5.01"


def test_a_party_without_physical_share_is_not_held():
    assert shares(trade(V, 9_000), parties={}) == ()


def test_a_virtual_position_may_always_shrink():
    before = [*PHYSICALS, held(V, 2_000)]
    assert shares(trade(V, -500), before=before) == ()
    assert shares(trade(V, 1), before=before) != ()


def test_positions_are_netted_before_shares_are_taken():
    """S2 sold 70 and bought 70 back: it no longer sells anything, and acme all."""
    trades = [trade(S2, 7_000, PHYSICAL), trade(B1, -7_000, PHYSICAL), trade(V, 151)]
    (found,) = shares(*trades)
    assert "1.000000" in found.expected and positions_after(trades)
