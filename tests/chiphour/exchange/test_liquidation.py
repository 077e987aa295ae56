"""LIQUIDATION: step by step, to the micro-dollar.

Takes   an account that a mark leaves short of margin; books of every depth.
Gives   the events of each step, the fund's and the account's cash.
Keeps   the sum of all cash; the fund at nought or more.
Source  Rulebook 7.2 to 7.6.
"""

import pytest

from chiphour.contracts import table as term
from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from positioned import opened
from positioned import rounds
from positioned import tick
from positioned import trade

FUND, USD = 1, 1_000_000
SHORT = 2_120_000  # 8's equity is $120 at this mark, MM $127.20, 5/4 of it $159.


@pytest.fixture
def market(empty):
    """Let 8 hold 1,000 lots, bought at $3.00, with $1,000 of cash; the fund has $500."""
    terms = {"static_band_ppm": 900_000, "dynamic_band_ppm": 0, "call_s": 600}
    market = opened(empty, members=(9, 10, 11), dollars=10_000, fund=500, **terms)
    market.member(8, 1_000, group=5)
    trade(market, 8, 9, 300, 1_000)
    tick(market, 2_170_000)  # The window follows, so that there may be bids below.
    assert rounds(market) == []
    return market


def plain(events):
    """Leave out what marks tell."""
    left_out = ("MARKED", "WINDOW_MOVED", "ACCEPTED", "RESTED")
    return [event for event in events if event["kind"] not in left_out]


def kinds(events):
    return [event["kind"] for event in plain(events)]


def step(market, price):
    """Mark, and do what follows from it."""
    return plain(tick(market, price) + rounds(market))


def test_orders_are_cancelled_first_one_a_step_by_contract_and_id(market):
    """Rulebook 7.2."""
    market.order(8, "sell", 240, 7)
    market.do(
        Kind.ORDER,
        account=8,
        contract=0,
        side=2,
        order_type=OrderType.STOP_MARKET,
        time_in_force=2,
        lots=5,
        trigger_ticks=200,
    )
    market.order(8, "sell", 230, 3)
    events = step(market, SHORT)
    assert [event["kind"] for event in events] == [
        "LIQUIDATION_BEGUN",
        *["CANCELLED"] * 3,
        "LIQUIDATED",
    ]
    assert {event["reason"] for event in events[1:4]} == {"LIQUIDATION"}
    assert [event["lots_left"] for event in events[1:4]] == [7, 5, 3]
    assert market.order(8, "buy", 220, 1)[0]["reason"] == "ACCOUNT_BLOCKED"
    assert market.reason(Kind.WITHDRAW, account=8, amount_microusd=1) == "FUNDS_INSUFFICIENT"


def test_a_step_closes_a_fifth_at_most_two_per_cent_below_the_mark(market):
    """Rulebook 7.3, 7.4: 2 % of $2.12 is 4.24 cents: sold at 208 or better."""
    market.order(10, "buy", 210, 150)
    market.order(11, "buy", 207, 999)
    events = step(market, SHORT)
    assert kinds(events) == ["LIQUIDATION_BEGUN", "LIQUIDATED", "FILL", "FEE_PAID"]
    told, fill, fee = events[1:]
    assert (told["side"], told["price_ticks"], told["lots"]) == ("SELL", 208, 200)
    assert (fill["price_ticks"], fill["lots"], fill["cause"]) == (210, 150, "LIQUIDATION")
    assert (fill["taker_order"], fill["taker_fee_microusd"]) == (0, 0)
    assert fee["amount_microusd"] == -150 * 2_120_000 * 5_000 // USD
    assert fee["cash_microusd"] == market.cash(8)
    assert market.cash(FUND) == 500 * USD + 1_590_000


def test_all_is_closed_when_equity_is_below_two_thirds_of_the_margin(market):
    """Rulebook 7.3: at $2.09, equity $90 is above 2/3 of $125.40; at $2.08, $80 is below $83.20."""
    found = []
    for price in (2_090_000, 2_080_000):
        events = step(market, price)
        found += [event["lots"] for event in events if event["kind"] == "LIQUIDATED"]
    assert found == [200, 1_000]


@pytest.mark.parametrize(
    ("fund", "price_ticks"),
    [
        # Equity is $5 at $2.005; all 1,000 lots go; 2 % of B would be 4.01 cents.
        (35, 197),  # $40 for 1,000 lots: 4 cents below, 196.5 rounded up.
        (5, 200),  # $10: 1 cent below, 199.5.
        (0, 200),  # $5: half a cent below: 200.
    ],
)
def test_no_step_sells_where_equity_and_fund_would_be_used_up(fund, price_ticks, empty):
    market = opened(empty, members=(9, 10), dollars=10_000, fund=fund, static_band_ppm=900_000)
    market.member(8, 1_000)
    trade(market, 8, 9, 300, 1_000)
    (told,) = [event for event in step(market, 2_005_000) if event["kind"] == "LIQUIDATED"]
    assert (told["lots"], told["price_ticks"]) == (1_000, price_ticks)


def test_a_short_position_is_bought_back_above_the_mark(empty):
    market = opened(empty, members=(9, 10), dollars=10_000, fund=500, static_band_ppm=900_000)
    market.member(8, 1_000)
    trade(market, 9, 8, 300, 1_000)
    (told,) = [event for event in step(market, 3_800_000) if event["kind"] == "LIQUIDATED"]
    assert (told["side"], told["lots"], told["price_ticks"]) == ("BUY", 200, 387)  # 387.6.


@pytest.mark.parametrize(("back", "ends"), [(2_127_660, True), (2_127_659, False)])
def test_before_the_first_step_reaching_the_margin_ends_it(back, ends, market):
    """Rulebook 7.3, 7.6: the mark that came before the step decides."""
    tick(market, SHORT)
    market.time_ns += 1_000_000_000
    found = market.mark(back)  # Its draining finds 8; the step comes after it.
    assert kinds(found) == ["LIQUIDATION_BEGUN"]
    assert kinds(rounds(market))[0] == ("LIQUIDATION_ENDED" if ends else "LIQUIDATED")


def test_after_a_step_only_five_quarters_of_the_margin_end_it(market):
    assert kinds(step(market, SHORT)) == ["LIQUIDATION_BEGUN", "LIQUIDATED"]
    assert kinds(step(market, 2_150_000)) == ["LIQUIDATED"]  # Equity $150, MM $129, 5/4 $161.25.
    assert kinds(step(market, 2_162_162)) == ["LIQUIDATED"]
    (event,) = step(market, 2_162_163)
    assert (event["kind"], event["equity_microusd"]) == ("LIQUIDATION_ENDED", 162_163_000)
    assert market.order(8, "sell", 240, 1)[0]["kind"] == "ACCEPTED"


def test_with_no_lots_left_it_ends_at_the_next_round(market):
    market.order(10, "buy", 208, 5_000)
    assert kinds(step(market, 2_080_000))[1:] == ["LIQUIDATED", "FILL", "FEE_PAID"]
    assert kinds(step(market, 2_080_000)) == ["LIQUIDATION_ENDED"]
    assert market.cash(8) == 80 * USD - 10_400_000


def test_the_fund_pays_what_is_missing_after_a_step(market):
    """Rulebook 7.5: all is sold 3 cents below the mark; no fee of what is not there."""
    market.order(10, "buy", 198, 5_000)
    events = step(market, 2_010_000)
    assert kinds(events) == ["LIQUIDATION_BEGUN", "LIQUIDATED", "FILL", "FUND_PAID"]
    assert (events[3]["amount_microusd"], events[3]["cash_microusd"]) == (20 * USD, 0)
    assert market.cash(FUND) == 480 * USD
    (event,) = step(market, 2_010_000)
    assert (event["kind"], event["equity_microusd"]) == ("LIQUIDATION_ENDED", 0)


@pytest.mark.parametrize("why", ["quality", "mode", "call"])
def test_a_step_waits_while_nothing_can_be_closed(why, market):
    """Rulebook 7.3, 10.2: no step is counted."""
    market.fix(3_000_000, index=2)
    market.list(1, index=2, index_ticks=1, opening_call_s=0)
    state = market.engine._state
    tick(market, SHORT)
    if why == "quality":
        market.do(Kind.MARK, index=1, fit=Quality.STALE)
    elif why == "mode":
        market.do(Kind.HALT, contract=0, mode=Mode.HALTED)
    else:
        for mode in (Mode.HALTED, Mode.NORMAL):  # A call begins.
            market.do(Kind.HALT, contract=0, mode=mode)
    rounds(market)
    for _ in range(3):
        events = tick(market, 3_000_000, index=2) + rounds(market)
        assert "LIQUIDATED" not in kinds(events)
    assert state.accounts[8, col.ACCOUNT_LIQUIDATION] in (1, 2)
    assert state.accounts[8, col.ACCOUNT_STEPS] <= 1


def test_the_largest_margin_goes_first_of_equals_the_lowest_contract(empty):
    market = opened(empty, 10_000, fund=9, limits={"positions_per_account": 3})
    for contract in (1, 2):
        market.list(contract, opening_call_s=0)
    market.member(12, 1_000)
    trade(market, 9, 12, 300, 700, contract=0)
    trade(market, 9, 12, 300, 1_000, contract=1)
    trade(market, 9, 12, 300, 1_000, contract=2)
    events = step(market, 3_330_000)
    assert [e["contract"] for e in events if e["kind"] == "LIQUIDATED"] == [1]


def test_a_closing_order_meets_the_book_as_others_do(market):
    """Rulebook 7.3: it cancels makers of its own group, moves the last price, fires triggers."""
    market.member(12, 1_000, group=5)
    market.order(12, "buy", 211, 10)
    market.order(10, "buy", 210, 10)
    market.do(
        Kind.ORDER,
        account=9,
        contract=0,
        side=1,
        order_type=OrderType.TAKE_MARKET,
        time_in_force=2,
        lots=1,
        trigger_ticks=210,
        flags=2 << 8,  # The last price.
    )
    events = step(market, SHORT)
    assert kinds(events) == [
        "LIQUIDATION_BEGUN",
        "LIQUIDATED",
        "CANCELLED",
        "FILL",
        "FEE_PAID",
        "TRIGGERED",
        "CANCELLED",
    ]
    assert (events[2]["account"], events[2]["reason"]) == (12, "SELF_TRADE")
    assert market.contract()[term.LAST_TICKS] == 210
