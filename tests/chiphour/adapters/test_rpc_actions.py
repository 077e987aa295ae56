"""RPC ACTIONS: a position is closed, and no more; protection strikes, and is reset.

Takes   a real market with its doors open; two members.
Gives   what each was answered.
Keeps   the second member's orders out of the first one's reach.
Source  Rulebook 9.17 and 9.19; decision 0035.
"""

import pytest

from rpc_client import Caller
from rpc_client import Refused
from trading import NAME
from trading import trading

ORDER = {"instrument_name": NAME, "type": "limit"}


@pytest.fixture
def callers(tmp_path):
    with trading(tmp_path) as floor:
        yield [Caller(floor.url, member) for member in floor.members]


def test_a_position_is_closed_by_an_order_that_can_do_no_more(callers):
    one, two = callers
    with pytest.raises(Refused, match="no position"):
        one("private/close_position", instrument_name=NAME, type="market")
    one("private/buy", amount=3, price=3, **ORDER)
    two("private/sell", amount=3, price=3, **ORDER)
    two("private/buy", amount=10, price=2.99, **ORDER)
    found = one("private/close_position", instrument_name=NAME, type="limit", price=2.99)
    assert (found["order"]["order_state"], found["order"]["filled_amount"]) == ("filled", 3)
    assert found["order"]["reduce_only"]
    assert one("private/get_position", instrument_name=NAME)["size"] == 0
    with pytest.raises(Refused, match="no position"):
        one("private/close_position", instrument_name=NAME, type="market")


def test_protection_strikes_and_is_reset(callers):
    """Fill what the limit allows: quotes end, new ones are refused until the reset."""
    maker, taker = callers
    setting = {"interval": 10, "frozen_time": 0, "quantity_limit": 2}
    assert maker("private/set_mmp_config", instrument_name=NAME, **setting) == "ok"
    (told,) = maker("private/get_mmp_config")
    assert (told["interval"], told["quantity_limit"]) == (10, 2)
    for price in (2.9, 2.91):
        maker("private/buy", amount=2, price=price, mmp="true", **ORDER)
    taker("private/sell", amount=2, price=2.91, **ORDER)
    assert maker("private/get_open_orders") == []
    with pytest.raises(Refused, match="PROTECTION_FROZEN"):
        maker("private/buy", amount=1, price=2.9, mmp="true", **ORDER)
    assert maker("private/reset_mmp", instrument_name=NAME) == "ok"
    maker("private/buy", amount=1, price=2.9, mmp="true", **ORDER)
    assert maker("private/set_mmp_config", index_name=told["index_name"], interval=0, frozen_time=0)
    assert maker("private/get_mmp_config") == []


def test_what_protection_cannot_do_is_refused(callers):
    with pytest.raises(Refused, match="quantity_limit"):
        callers[0]("private/set_mmp_config", instrument_name=NAME, interval=1, frozen_time=1)
    with pytest.raises(Refused, match="delta_limit"):
        callers[0](
            "private/set_mmp_config",
            **{"instrument_name": NAME, "interval": 1, "frozen_time": 1, "delta_limit": 1},
        )
    with pytest.raises(Refused, match="no contract on"):
        callers[0]("private/set_mmp_config", index_name="x", interval=0, frozen_time=0)
