"""TEST WAITING: who may wait, and how many.

Takes   orders of each type that waits.
Gives   the reason to refuse one, or HELD.
Keeps   the bounds of a contract and of an account in it.
Source  Rulebook 9.5, 9.12.
"""

import pytest

from chiphour.contracts import table
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.limits import WAITING_MAX
from waiters import Desk


@pytest.fixture
def desk(market):
    """Give a desk in an open contract."""
    return Desk(market)


def test_waiting_order_reserves_nothing(desk):
    """It is no open lot, has no margin and no position (rulebook 6.1, 9.5)."""
    before = desk.market.engine.account(9)
    own = desk.last + 1
    assert desk.order(9, "buy", 310, 1 << 23, OrderType.STOP_LIMIT, trigger_ticks=305) == [
        f"ACCEPTED {own} 310 {1 << 23}",
        f"HELD {own} 310 {1 << 23} 305",
    ]
    assert desk.market.engine.account(9) == before
    row = desk.market.engine.sections().waiting.tolist()
    assert [line[:6] for line in row] == [[own, 9, desk.contract, 1, 310, 1 << 23]]
    assert desk.market.contract(desk.contract)[table.WAITING] == 1
    assert desk.do(Kind.CANCEL, account=9, order=own) == [
        f"CANCELLED {own} CANCEL_REQUESTED {1 << 23}"
    ]
    assert desk.market.contract(desk.contract)[table.WAITING] == 0


def test_an_account_has_so_many_waiting_orders_in_a_contract(desk):
    """TRIGGERS_FULL from the thirty-third on, until one goes."""
    for _ in range(WAITING_MAX):
        assert desk.stop(9, "buy", 305, 1)[-1].startswith("HELD")
    assert desk.stop(9, "buy", 305, 1) == ["REFUSED TRIGGERS_FULL"]
    assert desk.stop(10, "buy", 305, 1)[-1].startswith("HELD")
    desk.do(Kind.CANCEL, account=9, order=desk.last - 5)
    assert desk.stop(9, "buy", 305, 1)[-1].startswith("HELD")


def test_waiting_orders_stand_by_id(desk):
    """The section of those that wait is by id, whoever left in between (rulebook 13.1)."""
    ids = []
    for account in (9, 10, 9, 10):
        desk.stop(account, "buy", 305, 1)
        ids.append(desk.last)
    desk.do(Kind.CANCEL, account=10, order=ids[1])
    waiting = desk.market.engine.sections().waiting
    assert waiting[:, 0].tolist() == [ids[0], ids[2], ids[3]]


def test_price_and_trigger_lie_within_bounds(desk):
    """The window for the price, the bound of 1.2 for the trigger."""
    wide = (1 << 30) // 10_000 + 1
    limit = OrderType.STOP_LIMIT
    assert desk.order(9, "buy", 269, 1, limit, trigger_ticks=305) == ["REFUSED PRICE_OUT_OF_RANGE"]
    assert desk.stop(9, "buy", wide, 1) == ["REFUSED PRICE_OUT_OF_RANGE"]
