"""TEST REFERENCE DELEVERAGING: who takes over, in which order, at which price.

Takes   a member in liquidation whom nobody bought out.
Gives   the list, the fills, the equity after.
Keeps   nobody below 0 by it.
Source  Rulebook 7.7 and 7.8.
"""

import pytest

from chiphour.contracts import table
from chiphour.exchange import limits as bounds
from chiphour.exchange.commands import Kind
from told import kinds
from told import order
from told import told_market


@pytest.fixture
def told():
    """Give 8 long 100 lots from $2.50 with $10, against 9 (60 lots) and 10 (40 lots)."""
    told = told_market(price_ticks_min=1)
    told.tell(order(9, "sell", 250, 60), order(10, "sell", 250, 40), order(8, "buy", 250, 100))
    told.state.post(11, told.state.accounts[8].cash_microusd - 10_000_000)
    told.state.post(8, 10_000_000 - told.state.accounts[8].cash_microusd)
    return told


def deleverage(told, cents):
    """Mark, let the scan pass, and drain the step that follows."""
    told.mark(cents)
    told.do(Kind.ADVANCE)
    return told.do(Kind.ADVANCE)


def test_others_take_over_by_rank_and_bear_what_is_lacking(told):
    events = deleverage(told, 239)  # Equity is 10 - 11 dollars; the fund is empty.
    assert kinds(events) == ["RANKED", "RANKED", "FILL", "FILL"]
    # 7.8: profit 110,000 / 2.39 = 46,025 ppm for both; |lots| B over whole dollars of equity.
    nine = 46_025 * (60 * 2_390_000 // 1_006)
    ten = 46_025 * (40 * 2_390_000 // 1_004)
    assert [(e["account"], e["score"], e["rank"], e["lots"]) for e in events[:2]] == [
        (9, nine, 1, 60),
        (10, ten, 2, 40),
    ]
    fills = [(e["maker_account"], e["lots"], e["price_ticks"], e["side"]) for e in events[2:]]
    # 1 dollar over 100 lots: the price is M plus one cent, told in micro-dollars.
    assert fills == [(9, 60, 2_400_000, "SELL"), (10, 40, 2_400_000, "SELL")]
    assert told.state.equity_microusd(8) == 0 and told.lots(8) == 0
    assert told.row()[table.OPEN_INTEREST_LOTS] == 0 and told.row()[table.LAST_TICKS] == 250


def test_fund_pays_before_others_share(told):
    told.do(Kind.TRANSFER, account=11, target=bounds.INSURANCE_FUND, amount_microusd=400_000)
    events = deleverage(told, 239)
    assert kinds(events)[0] == "FUND_PAID" and events[0]["amount_microusd"] == 400_000
    assert events[-1]["price_ticks"] == 2_396_000  # 60 cents over 100 lots.


def test_who_would_fall_below_zero_is_passed_over(told):
    told.state.post(11, told.state.accounts[9].cash_microusd + 6_100_000)
    told.state.post(9, -6_100_000 - told.state.accounts[9].cash_microusd)
    told.mark(239)
    assert told.state.equity_microusd(9) == 500_000  # Each lot taken costs one cent.
    told.reference.deleverage(8, 0)
    assert (told.lots(9), told.lots(10), told.lots(8)) == (-60, 0, 60)


def test_share_goes_by_margin_where_there_are_several_positions(told):
    told.list(1)
    told.tell(order(9, "sell", 250, 300, contract=1))
    told.state.post(8, 10**9)
    told.tell(order(8, "buy", 250, 300, contract=1))
    told.state.post(8, -(10**9) - 20_000_000)
    share = told.reference._share_microusd(8, 0)
    # im is 25 and 75 dollars: 23 of 95 parts of 2^20, 242,105 ppm of 10 dollars, up.
    assert share == 2_421_050


def test_at_most_64_are_ranked(told):
    assert len(told.reference._ranked(8, 0)) == 2
    for account in range(12, 32):
        told.do(Kind.OPEN_ACCOUNT, account=account)
    assert [account for _, account in told.reference._ranked(9, 0)] == [8]
