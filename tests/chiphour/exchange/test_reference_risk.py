"""TEST REFERENCE RISK: who is called, who is wound down, and what that costs.

Takes   members with little money, and a mark that turns against them.
Gives   calls, closing orders, fees, what the fund pays.
Keeps   the fund's cash from falling below 0.
Source  Rulebook 7.1 to 7.6.
"""

import pytest

from chiphour.contracts import table
from chiphour.exchange import limits as bounds
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import Quality
from told import kinds
from told import order
from told import told_market

LOTS = 100  # Of account 8, long from $2.50: IM $25, MM $15.


@pytest.fixture
def told():
    """Give 8 long 100 lots against 9, with $25 left; the fund has $10."""
    told = told_market(price_ticks_min=1)
    told.tell(order(9, "sell", 250, LOTS), order(8, "buy", 250, LOTS))
    told.do(Kind.TRANSFER, account=11, target=bounds.INSURANCE_FUND, amount_microusd=10_000_000)
    set_cash(told, 25_000_000)
    return told


def set_cash(told, cash):
    told.state.post(10, told.state.accounts[8].cash_microusd - cash)
    told.state.post(8, cash - told.state.accounts[8].cash_microusd)


def mark(told, cents):
    """Mark, then let the scan pass; give the events of both."""
    return told.mark(cents) + told.do(Kind.ADVANCE)


def holder(told):
    return told.state.accounts[8]


def test_call_is_told_once_until_a_scan_finds_enough(told):
    set_cash(told, 18_749_999)  # Rulebook 7.1: 5/4 of MM is 18.75 dollars.
    events = mark(told, 250)
    assert kinds(events) == ["MARKED", "MARGIN_CALLED"]
    assert events[1]["equity_microusd"] == 18_749_999
    assert events[1]["maintenance_microusd"] == 15_000_000
    assert kinds(mark(told, 250)) == ["MARKED"] and holder(told).called == 1
    set_cash(told, 18_750_000)
    assert kinds(mark(told, 250)) == ["MARKED"] and holder(told).called == 0


def test_liquidation_begins_below_maintenance_and_cancels_orders_one_a_step(told):
    told.tell(order(8, "sell", 300, 1), order(8, "sell", 301, 1))
    set_cash(told, 15_000_000)
    assert "LIQUIDATION_BEGUN" not in kinds(mark(told, 250))
    set_cash(told, 14_999_999)
    assert kinds(mark(told, 250)) == ["MARKED", "LIQUIDATION_BEGUN"]
    assert told.tell(order(8, "buy", 249, 1))[-1]["reason"] == "ACCOUNT_BLOCKED"
    assert told.standing() == []  # The command drained: both orders went first.


def test_closing_order_is_a_fifth_two_per_cent_from_the_mark(told):
    set_cash(told, 14_000_000)
    told.tell(order(10, "buy", 246, 7), order(10, "buy", 245, 50), order(10, "buy", 244, 50))
    mark(told, 250)
    events = told.do(Kind.ADVANCE)
    assert kinds(events) == ["LIQUIDATED", "FILL", "FILL", "FEE_PAID"]
    told_order = {key: events[0][key] for key in ("side", "price_ticks", "lots")}
    assert told_order == {"side": "SELL", "price_ticks": 245, "lots": 20}  # Rulebook 7.3.
    assert [(e["price_ticks"], e["lots"], e["taker_order"]) for e in events[1:3]] == [
        (246, 7, 0),
        (245, 13, 0),
    ]
    assert events[3]["amount_microusd"] == -250_000  # 0.5 % of 50 dollars (7.4).
    assert (told.lots(8), holder(told).liquidation, holder(told).steps) == (80, 2, 0)


def test_all_is_closed_when_equity_is_below_two_thirds_of_maintenance(told):
    set_cash(told, 9_999_999)
    mark(told, 250)
    (event,) = told.do(Kind.ADVANCE)
    assert (event["kind"], event["lots"]) == ("LIQUIDATED", 100)
    assert holder(told).steps == 1  # Nobody bought.


def test_price_stays_where_equity_and_fund_can_bear_it(told):
    set_cash(told, 2_000_000)
    told.do(Kind.TRANSFER, account=1, target=11, amount_microusd=9_000_000)
    mark(told, 250)
    (event,) = told.do(Kind.ADVANCE)
    assert event["price_ticks"] == 247  # 3 dollars for 100 lots: 3 cents.


def test_liquidation_ends_at_five_quarters_after_its_first_step(told):
    set_cash(told, 14_000_000)
    mark(told, 250)
    told.do(Kind.ADVANCE)
    set_cash(told, 18_749_999)
    mark(told, 250)
    assert kinds(told.do(Kind.ADVANCE)) == ["LIQUIDATED"]
    set_cash(told, 18_750_000)
    mark(told, 250)
    assert kinds(told.do(Kind.ADVANCE)) == ["LIQUIDATION_ENDED"]  # Rulebook 7.6.
    assert (holder(told).liquidation, holder(told).steps) == (0, 0)


def test_before_its_first_step_maintenance_is_enough(told):
    set_cash(told, 14_000_000)
    mark(told, 250)
    set_cash(told, 15_000_000)
    assert kinds(told.do(Kind.ADVANCE)) == ["LIQUIDATION_ENDED"]


def test_fund_pays_what_is_lacking_and_no_more_than_it_has(told):
    set_cash(told, 1_000_000)
    told.tell(order(10, "buy", 240, 100))
    mark(told, 241)  # Equity is 1 - 9 dollars, the fund has 10: 2 cents a lot.
    events = told.do(Kind.ADVANCE)
    assert kinds(events) == ["LIQUIDATED", "FILL", "FUND_PAID"]
    assert (events[0]["price_ticks"], events[2]["amount_microusd"]) == (239, 9_000_000)
    assert told.state.accounts[bounds.INSURANCE_FUND].cash_microusd == 1_000_000  # Rulebook 7.5.
    assert told.state.equity_microusd(8) == 0
    mark(told, 241)
    assert kinds(told.do(Kind.ADVANCE)) == ["LIQUIDATION_ENDED"]


@pytest.mark.parametrize("wait", ["halted", "stale"])
def test_step_waits_where_nothing_can_be_closed(told, wait):
    set_cash(told, 14_000_000)
    mark(told, 250)
    if wait == "halted":
        told.row()[table.MODE] = Mode.HALTED
    else:
        told.row()[table.QUALITY] = Quality.STALE
    assert told.do(Kind.ADVANCE) == []
    assert (holder(told).liquidation, holder(told).steps) == (1, 0)


def test_reduce_only_orders_pass_in_liquidation(told):
    set_cash(told, 14_000_000)
    mark(told, 250)
    events = told.tell(order(8, "sell", 250, 5, flags=Flag.REDUCE_ONLY))
    assert kinds(events)[-2:] == ["ACCEPTED", "RESTED"]  # Rulebook 7.2.


def test_one_command_scans_at_most_1024_rows(told):
    told.state.limits = told.state.limits._replace(accounts=3_000)
    told.reference.begin_scan()
    told.state.scan_account = 2_500
    told.do(Kind.ADVANCE)
    assert (told.state.scan_left, told.state.scan_account) == (1_976, 524)  # Rulebook 2.8.
    told.reference.begin_scan()
    assert told.state.scan_left == 3_000
