"""TEST DIALECT ACCOUNT: an account is told as the exchange has it, and as clients read it.

Takes   storms on the plain exchange; a market with two members who speak.
Gives   failures.
Keeps   balance, equity and margins those of the exchange, to the micro-dollar.
Source  Deribit's API v2; rulebook 3, 6, 11.
"""

from decimal import Decimal

import ccxt
import pytest

from chiphour.contracts import settings
from chiphour.contracts import table
from chiphour.contracts.settings import SETTINGS
from chiphour.exchange import reference_margin as margin
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Side
from chiphour.exchange.engine import Preview
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.exchange.reasons import Reason
from chiphour.simulate.storm_hand import seeded
from chiphour.wire import dialect_account
from chiphour.wire.dialect_account import Seen
from chiphour.wire.history import NEVER_NS
from chiphour.wire.history import Protection
from historied import Market
from historied import spoken
from historied import written
from told import LIMITS
from told import order

# What ccxt and nautilus read.
POSITION_FIELDS = (
    "instrument_name kind size size_currency direction average_price mark_price index_price "
    "settlement_price initial_margin maintenance_margin open_orders_margin floating_profit_loss "
    "realized_profit_loss total_profit_loss realized_funding leverage estimated_liquidation_price "
    "delta interest_value"
).split()
SUMMARY_FIELDS = (
    "currency equity balance margin_balance available_funds available_withdrawal_funds "
    "initial_margin maintenance_margin projected_initial_margin projected_maintenance_margin "
    "session_upl session_rpl total_pl futures_pl delta_total portfolio_margining_enabled "
    "cross_collateral_enabled margin_model limits"
).split()
FEES = [each.default for each in SETTINGS]


def seen_of(market, account):
    return Seen(market.account(account), market.listed(), {})


def summary(market, account, is_extended=False):
    history = market.histories.of(account)
    seen = seen_of(market, account)
    return dialect_account.account_summary(seen, history, FEES, {"rate": 1}, is_extended)


def microusd(amount):
    return int(amount * 1_000_000)


@pytest.mark.parametrize("seed", range(8))
def test_a_summary_is_the_exchanges_own_account(seed):
    """At every tenth command of a storm, for every member."""
    limits, rows = seeded(seed, 250)
    market = Market(limits, first=ACCOUNTS_RESERVED)
    state = market.reference.state
    for number, _ in enumerate(market.play(rows)):
        for account in [*state.accounts] if number % 10 == 0 else ():
            if account < ACCOUNTS_RESERVED:
                continue
            found = summary(market, account)
            equity = margin.equity_microusd(state, account)
            initial = margin.initial_margin_microusd(state, account)
            assert microusd(found["balance"]) == state.accounts[account].cash_microusd
            assert microusd(found["equity"]) == equity
            assert microusd(found["initial_margin"]) == initial
            assert microusd(found["available_funds"]) == max(0, equity - initial)
            withdrawable = margin.withdrawable_microusd(state, account)
            assert microusd(found["available_withdrawal_funds"]) == withdrawable
            maintenance = margin.maintenance_margin_microusd(state, account)
            assert microusd(found["maintenance_margin"]) == maintenance


@pytest.mark.parametrize("seed", range(8))
def test_positions_add_up_to_the_summary(seed):
    limits, rows = seeded(seed, 250)
    market = Market(limits, first=ACCOUNTS_RESERVED)
    for _ in market.play(rows):
        pass
    for account in market.cash_of():
        if account < ACCOUNTS_RESERVED:
            continue
        history, found = market.histories.of(account), summary(market, account)
        each = dialect_account.positions(seen_of(market, account), history)
        assert found["session_upl"] == sum(one["floating_profit_loss"] for one in each)
        assert found["total_pl"] == sum(one["total_profit_loss"] for one in each)
        assert found["delta_total"] == sum(one["size"] for one in each)
        assert sum(found["delta_total_map"].values()) == found["delta_total"]
        for one in each:
            assert one["direction"] == ("buy" if one["size"] > 0 else "sell") and one["size"]
            assert set(POSITION_FIELDS) <= set(one)


def traded():
    """Give a market in which 8 has bought 10 at $2.40, marked at $2.60, settled at $2.50."""
    told = spoken()
    told.tell(order(9, "sell", 240, 10), order(8, "buy", 245, 10))
    told.mark(260)
    return told


def test_a_position_floats_from_its_price_as_clients_expect():
    told = traded()
    market = told.market
    (found,) = dialect_account.positions(seen_of(market, 8), market.histories.of(8))
    assert (found["size"], found["average_price"]) == (10, Decimal("2.4"))
    assert (found["mark_price"], found["settlement_price"]) == (Decimal("2.6"), Decimal("2.5"))
    assert found["floating_profit_loss"] == found["total_profit_loss"] == 2
    assert found["size_currency"] == 26 and found["realized_profit_loss"] == 0
    told.tell(order(9, "buy", 260, 4), order(8, "sell", 260, 4))
    (found,) = dialect_account.positions(seen_of(market, 8), market.histories.of(8))
    assert found["realized_profit_loss"] == Decimal("0.8")
    assert found["floating_profit_loss"] == Decimal("1.2")


def test_margins_of_a_position_and_of_its_orders_are_told_apart():
    told = traded()
    alone = dialect_account.position(seen_of(told.market, 8), told.history, 0)
    row = told.row()
    held = rules.tier_margin_microusd(row, 10)
    assert microusd(alone["initial_margin"]) == held and alone["open_orders_margin"] == 0
    assert microusd(alone["maintenance_margin"]) == -(-3 * held // 5)
    told.tell(order(8, "buy", 230, 7))
    both = dialect_account.position(seen_of(told.market, 8), told.history, 0)
    more = rules.tier_margin_microusd(row, 17) - held
    reserve = 7 * rules.reserve_microusd(row, Side.BUY, 230)
    assert microusd(both["open_orders_margin"]) == more + reserve
    assert both["initial_margin"] == alone["initial_margin"]


def test_where_nothing_is_held_the_position_is_nought():
    told = spoken()
    found = dialect_account.position(seen_of(told.market, 8), told.history, 0)
    assert (found["size"], found["direction"]) == (0, "zero") and set(POSITION_FIELDS) <= set(found)
    assert found["estimated_liquidation_price"] is None
    assert dialect_account.positions(seen_of(told.market, 8), told.history) == []


def test_a_history_that_is_not_of_that_moment_does_not_count():
    """Its lots are others: what floats is then told from the settlement price."""
    told = traded()
    seen = seen_of(told.market, 8)
    told.tell(order(9, "buy", 260, 4), order(8, "sell", 260, 4))
    (found,) = dialect_account.positions(seen, told.history)
    assert (found["size"], found["floating_profit_loss"]) == (10, Decimal("1"))


def test_a_summary_has_what_clients_read_and_says_whose_it_is_when_asked():
    told = traded()
    brief, whole = summary(told.market, 8), summary(told.market, 8, True)
    assert set(SUMMARY_FIELDS) <= set(brief) and "username" not in brief
    assert (whole["id"], whole["type"], whole["email"]) == (8, "main", "")
    assert whole["limits"] == {"rate": 1} and brief.items() <= whole.items()


def test_fees_are_those_of_the_tier_and_of_what_trades():
    told = spoken(taker_fee_ppm=500, maker_rebate_ppm=100)
    listed = told.market.listed().values()
    (first,) = dialect_account.fees(0, listed, FEES)
    assert (first["instrument_type"], first["taker_fee"]) == ("perpetual", Decimal("0.0005"))
    assert first["maker_fee"] == Decimal("-0.0001")
    (third,) = dialect_account.fees(2, listed, FEES)
    share = FEES[settings.FEE_SHARE_PPM + 2]
    assert third["taker_fee"] == Decimal(500 * share // 1_000_000) / 1_000_000
    told.row()[table.STATE] = table.State.EXPIRED
    assert dialect_account.fees(0, told.market.listed().values(), FEES) == []


def test_margins_of_an_order_are_what_it_would_add_on_either_side():
    told = spoken()
    listed, account = told.market.listed()[0], told.market.account(8)
    free, poor = Preview(Reason.NONE, 10, 7), Preview(Reason.MARGIN_INSUFFICIENT, 10, 50)
    found = dialect_account.margins(listed, account, {Side.BUY: free, Side.SELL: poor}, LIMITS)
    assert (microusd(found["buy"]), microusd(found["sell"])) == (7, 50)
    assert found["sell_reason"] == "MARGIN_INSUFFICIENT" and "buy_reason" not in found
    blocked = Preview(Reason.REDUCE_ONLY, 0, 0)
    found = dialect_account.margins(listed, account, {Side.BUY: blocked}, LIMITS)
    assert found["buy"] is None and found["buy_reason"] == "REDUCE_ONLY"


def test_a_protection_says_until_when_it_has_struck():
    listed = spoken().market.listed()[0]
    for until_ns, word in ((0, 0), (5_000_000, 5), (NEVER_NS, -1)):
        found = dialect_account.protection_object(Protection(3, 2, 9, until_ns), listed)
        assert (found["interval"], found["frozen_time"], found["quantity_limit"]) == (3, 2, 9)
        assert found["frozen_until"] == word


def test_ccxt_reads_positions_and_balances():
    told, client = traded(), ccxt.deribit()
    market = told.market
    seen = seen_of(market, 8)._replace(liquidation_microusd={0: -97_500_000})
    (found,) = written(dialect_account.positions(seen, market.histories.of(8)))
    parsed = client.parse_position(found)
    assert (parsed["side"], parsed["contracts"], parsed["entryPrice"]) == ("long", 10, 2.4)
    assert (parsed["unrealizedPnl"], parsed["realizedPnl"]) == (2, 0)
    assert (parsed["notional"], parsed["markPrice"]) == (26, 2.6)
    assert parsed["liquidationPrice"] == -97.5 and parsed["leverage"] == 10
    rate = 100 * parsed["initialMargin"] / parsed["notional"]
    assert parsed["initialMarginPercentage"] == pytest.approx(rate)
    said = written(summary(market, 8))
    for balance in (said, {"summaries": [said]}):
        parsed = client.parse_balance(balance)["USDC"]
        assert parsed["total"] == said["equity"] and parsed["free"] == said["available_funds"]
