"""TEST TRIGGERS: which waiting orders fire, and what they then do.

Takes   stops, takes and trailing orders of each source; marks and fills.
Gives   who fires, by id, and the events of those that go live.
Keeps   an order fired once.
Source  Rulebook 9.12.
"""

import pytest

from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Source
from waiters import Desk
from waiters import told

CENT = 10_000
LAST = Source.LAST << SOURCE_SHIFT
INDEX = Source.INDEX << SOURCE_SHIFT


@pytest.fixture
def desk(market):
    """Give a desk in an open contract with orders to trade against."""
    desk = Desk(market)
    desk.order(11, "buy", 290, 50)
    desk.order(11, "sell", 310, 50)
    return desk


def mark(desk, cents):
    """Let the index and, with no impact prices, the mark be so many cents; give what followed.

    The index is a median of twenty ticks.
    """
    followed = []
    for _ in range(21):
        desk.market.time_ns += 10**9
        followed += told(desk.market.mark(cents * CENT))
    return followed + desk.drain()


@pytest.mark.parametrize(
    ("order_type", "side", "trigger", "calm", "firing"),
    [
        (OrderType.STOP_MARKET, "buy", 305, 304, 305),
        (OrderType.STOP_MARKET, "sell", 295, 296, 295),
        (OrderType.TAKE_MARKET, "buy", 295, 296, 295),
        (OrderType.TAKE_MARKET, "sell", 305, 304, 305),
    ],
)
@pytest.mark.parametrize("flags", [0, INDEX])
def test_stop_and_take_fire_at_their_trigger(desk, order_type, side, trigger, calm, firing, flags):
    """A stop buy fires at or above, a stop sell at or below; take orders the other way round."""
    desk.order(9, side, None, 3, order_type, trigger_ticks=trigger, flags=flags)
    own = desk.last
    assert mark(desk, calm) == []
    price = 310 if side == "buy" else 290
    fired = mark(desk, firing)
    assert fired[0] == f"TRIGGERED {own} 0 3"
    assert fired[1].split()[2:] == [str(own), str(price), "3"]
    assert desk.drain() == []


def test_trailing_follows_and_fires(desk):
    """A trailing sell fires the offset below the highest mark since its entry."""
    desk.order(9, "sell", None, 3, OrderType.TRAILING, trigger_ticks=5)
    own = desk.last
    for cents in (304, 300):
        assert mark(desk, cents) == []
    assert mark(desk, 299)[0] == f"TRIGGERED {own} 0 3"


def test_condition_that_holds_already_is_refused(desk):
    """TRIGGER_PASSED; of the last price only once there is one."""
    assert desk.stop(9, "buy", 300, 1) == ["REFUSED TRIGGER_PASSED"]
    assert desk.stop(9, "sell", 300, 1) == ["REFUSED TRIGGER_PASSED"]
    assert desk.stop(9, "buy", 301, 1)[1][:4] == "HELD"
    assert desk.stop(9, "buy", 299, 1, flags=LAST)[1][:4] == "HELD"
    desk.order(10, "buy", 310, 1)
    assert desk.stop(9, "buy", 310, 1, flags=LAST)[-1] == "REFUSED TRIGGER_PASSED"


def test_last_sees_the_lowest_and_highest_fill_and_queues_by_id(desk):
    """All that one taker's fills reach fire, by id, with the priority of now."""
    desk.order(10, "sell", 305, 1)
    ids = []
    for trigger in (309, 312, 304):
        desk.stop(9, "buy", trigger, 1, flags=LAST)
        ids.append(desk.last)
    desk.order(8, "buy", 310, 2)
    fired = [line for line in desk.drain() if line.startswith("TRIGGERED")]
    assert fired == [f"TRIGGERED {ids[0]} 0 1", f"TRIGGERED {ids[2]} 0 1"]
    assert desk.drain() == []


def test_fired_order_is_checked_as_new(desk):
    """Refused means CANCELLED with the reason; reduce-only is applied first."""
    desk.order(9, "buy", 330, 4, OrderType.STOP_LIMIT, trigger_ticks=305)
    desk.order(9, "sell", 280, 4, OrderType.STOP_LIMIT, trigger_ticks=295, flags=Flag.REDUCE_ONLY)
    own = desk.last
    desk.market.do(Kind.WITHDRAW, account=9, amount_microusd=1_000 * 10**6)
    assert mark(desk, 305) == [
        f"TRIGGERED {own - 1} 330 4",
        f"CANCELLED {own - 1} MARGIN_INSUFFICIENT 4",
    ]
    assert mark(desk, 295) == [f"TRIGGERED {own} 280 4", f"CANCELLED {own} REDUCE_ONLY_CUT 4"]


def test_what_is_amended_or_cancelled_no_longer_fires(desk):
    """A waiting order keeps its place under a new trigger, and is gone when cancelled."""
    desk.stop(9, "buy", 305, 1, flags=LAST)
    own = desk.last
    desk.do(Kind.AMEND, account=9, order=own, lots=1, trigger_ticks=311)
    desk.order(8, "buy", 310, 1)
    assert desk.drain() == []
    desk.do(Kind.AMEND, account=9, order=own, lots=1, trigger_ticks=311 - 1)
    desk.do(Kind.CANCEL, account=9, order=own)
    desk.order(8, "buy", 310, 1)
    assert desk.drain() == []
