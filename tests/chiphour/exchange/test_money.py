"""MONEY: what enters, leaves and moves, up to its bounds.

Takes   a small market, each bound and one beyond it.
Gives   the event or the reason.
Keeps   a refusal without effect, and all cash at a sum of zero.
Source  Rulebook 3.1, 3.6.
"""

import pytest

from chiphour.exchange.commands import Kind
from chiphour.exchange.limits import MONEY_MICROUSD_MAX

USD = 1_000_000


def test_accounts_are_opened_once_and_never_among_the_reserved(market):
    assert market.do(Kind.OPEN_ACCOUNT, account=15)[0]["kind"] == "ACCOUNT_OPENED"
    assert market.reason(Kind.OPEN_ACCOUNT, account=15) == "ACCOUNT_EXISTS"
    assert market.reason(Kind.OPEN_ACCOUNT, account=16) == "ACCOUNT_UNKNOWN"
    assert market.reason(Kind.OPEN_ACCOUNT, account=-1) == "ACCOUNT_UNKNOWN"
    for account in range(8):
        assert market.reason(Kind.OPEN_ACCOUNT, account=account) == "ACCOUNT_RESERVED"


def test_a_deposit_comes_from_outside(market):
    before = market.cash(0)
    (event,) = market.do(Kind.DEPOSIT, account=8, amount_microusd=5)
    assert (event["cash_microusd"], event["amount_microusd"]) == (1_000 * USD + 5, 5)
    assert market.cash(0) == before - 5
    market.check()


@pytest.mark.parametrize(
    ("account", "amount", "reason"),
    [
        (12, 1, "ACCOUNT_UNKNOWN"),
        (16, 1, "ACCOUNT_UNKNOWN"),
        (-1, 1, "ACCOUNT_UNKNOWN"),
        (0, 1, "ACCOUNT_RESERVED"),
        (8, 0, "AMOUNT_NOT_POSITIVE"),
        (8, -(1 << 63), "AMOUNT_NOT_POSITIVE"),
        (8, MONEY_MICROUSD_MAX + 1, "AMOUNT_ABOVE_MAX"),
        (8, MONEY_MICROUSD_MAX, "MONEY_ABOVE_MAX"),
    ],
)
def test_a_deposit_is_refused(account, amount, reason, market):
    before = market.engine.sections().accounts.tolist()
    assert market.reason(Kind.DEPOSIT, account=account, amount_microusd=amount) == reason
    assert market.engine.sections().accounts.tolist() == before


def test_all_the_money_that_there_may_be_fits(empty):
    market = empty()
    market.member(8, dollars=0)
    market.do(Kind.DEPOSIT, account=1, amount_microusd=1)
    left = MONEY_MICROUSD_MAX - 1
    assert market.do(Kind.DEPOSIT, account=8, amount_microusd=left)[0]["kind"] == "DEPOSITED"
    assert market.reason(Kind.DEPOSIT, account=8, amount_microusd=1) == "MONEY_ABOVE_MAX"
    (event,) = market.do(Kind.WITHDRAW, account=8, amount_microusd=left)
    assert (event["cash_microusd"], event["amount_microusd"]) == (0, -left)
    market.check()


def test_a_member_may_take_what_no_margin_needs(market):
    market.order(8, "buy", 300, 100)  # 100 lots of $3 at 10 %: $30; no reserve at the mark.
    assert market.reason(Kind.WITHDRAW, account=8, amount_microusd=970 * USD + 1) == (
        "FUNDS_INSUFFICIENT"
    )
    assert market.do(Kind.WITHDRAW, account=8, amount_microusd=970 * USD)[0]["kind"] == "WITHDRAWN"
    assert market.reason(Kind.WITHDRAW, account=8, amount_microusd=1) == "FUNDS_INSUFFICIENT"


def test_unrealised_profit_cannot_be_taken_but_a_loss_is_held_back(market):
    market.order(8, "buy", 300, 100)
    market.order(9, "sell", 300, 100)
    market.mark(3_100_000)  # The buyer gains $10, the seller loses it; 10 % of $310 is needed.
    gained, lost = market.engine.account(8), market.engine.account(9)
    assert (gained.equity_microusd, lost.equity_microusd) == (1_010 * USD, 990 * USD)
    for account, free in ((8, 1_000 * USD - 31 * USD), (9, 990 * USD - 31 * USD)):
        above = market.reason(Kind.WITHDRAW, account=account, amount_microusd=free + 1)
        assert above == "FUNDS_INSUFFICIENT"
        assert market.do(Kind.WITHDRAW, account=account, amount_microusd=free)


def test_a_transfer_carries_its_run_and_item(market):
    (event,) = market.do(Kind.TRANSFER, account=8, target=2, amount_microusd=7 * USD, run=3, item=4)
    assert (event["target"], event["run"], event["item"]) == (2, 3, 4)
    assert (event["cash_microusd"], event["amount_microusd"]) == (993 * USD, 7 * USD)
    assert market.cash(2) == 7 * USD
    above = market.reason(Kind.TRANSFER, account=2, target=9, amount_microusd=7 * USD + 1)
    assert above == "FUNDS_INSUFFICIENT"
    assert market.do(Kind.TRANSFER, account=2, target=9, amount_microusd=7 * USD)
    market.check()


@pytest.mark.parametrize(
    ("account", "target", "amount", "reason"),
    [
        (12, 8, 1, "ACCOUNT_UNKNOWN"),
        (8, 12, 1, "ACCOUNT_UNKNOWN"),
        (0, 12, 1, "ACCOUNT_UNKNOWN"),
        (0, 8, 1, "ACCOUNT_RESERVED"),
        (8, 0, 1, "ACCOUNT_RESERVED"),
        (8, 9, 0, "AMOUNT_NOT_POSITIVE"),
        (8, 9, MONEY_MICROUSD_MAX + 1, "AMOUNT_ABOVE_MAX"),
        (8, 9, MONEY_MICROUSD_MAX, "FUNDS_INSUFFICIENT"),
    ],
)
def test_a_transfer_is_refused(account, target, amount, reason, market):
    found = market.reason(Kind.TRANSFER, account=account, target=target, amount_microusd=amount)
    assert found == reason
