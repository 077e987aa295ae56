"""FEES: who pays what, by hand; and whose fees become lower.

Takes   fills of contracts with fees and rebates, and the end of market days.
Gives   the amounts in FILL, in cash, and TIER_SET events.
Keeps   the rebate within the fee; the sum of all cash at nought.
Source  Rulebook 11.
"""

import pytest

from chiphour.contracts import settings
from chiphour.contracts import table as term
from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from chiphour.exchange.events import Cause
from chiphour.exchange.fees import charge
from chiphour.units import NS_PER_DAY
from positioned import LIMITS
from positioned import opened
from positioned import trade

FEES = 3
CONTRACT_BASE, LOTS = 3_000_001, 7  # 21,000,007 µ$: 500 ppm are 10,500.0035, 100 are 2,100.0007.


@pytest.fixture
def state():
    """Give a state with a contract of fees, and four tiers."""
    made = col.allocate(LIMITS)
    made.contracts[2, term.BASE_MICROUSD] = CONTRACT_BASE
    made.contracts[2, term.TAKER_FEE_PPM] = 500
    made.contracts[2, term.MAKER_REBATE_PPM] = 100
    return made


@pytest.mark.parametrize(
    ("cause", "tiers", "expected"),
    [
        (Cause.ORDER, (0, 0), (10_501, 2_100)),
        (Cause.CALL, (0, 0), (10_501, 2_100)),
        (Cause.ORDER, (1, 3), (9_451, 2_100)),  # 9,450.9.
        (Cause.ORDER, (3, 0), (7_351, 2_100)),  # 7,350.7.
        (Cause.BLOCK, (0, 1), (10_501, -9_451)),
        (Cause.LIQUIDATION, (0, 0), (0, 0)),
        (Cause.DELEVERAGING, (0, 0), (0, 0)),
    ],
)
def test_fees_and_rebates(cause, tiers, expected, state, callable_from_python):
    """Rulebook 11.1, 11.2, 9.16."""
    state.accounts[[8, 9], col.ACCOUNT_TIER] = tiers
    assert callable_from_python(charge)(state, 8, 9, 2, LOTS, int(cause)) == expected
    fee, rebate = expected
    assert state.accounts[[8, 9, FEES], col.ACCOUNT_CASH].tolist() == [-fee, rebate, fee - rebate]
    assert state.accounts[[8, 9], col.ACCOUNT_LOTS_TODAY].tolist() == [LOTS, LOTS]


def test_a_rebate_is_at_most_the_fee(state, callable_from_python):
    state.contracts[2, term.MAKER_REBATE_PPM] = 490
    state.accounts[8, col.ACCOUNT_TIER] = 3
    assert callable_from_python(charge)(state, 8, 9, 2, LOTS, 0) == (7_351, 7_351)


def test_a_fill_tells_its_fees(empty):
    market = opened(empty, taker_fee_ppm=500, maker_rebate_ppm=200)
    market.order(8, "buy", 300, 10)
    fill = market.order(9, "sell", 300, 10)[1]
    assert (fill["taker_fee_microusd"], fill["maker_rebate_microusd"]) == (15_000, 6_000)
    found = [market.cash(account) for account in (8, 9, FEES)]
    assert found == [1_000_006_000, 999_985_000, 9_000]


def test_a_tier_is_found_at_each_sweep_from_thirty_days(empty):
    """Rulebook 11.3: 20 lots are the second tier's least; they count for thirty days."""
    market = opened(empty)
    for tier, lots in ((1, 20), (2, 90)):
        market.do(Kind.SET, contract=-1, parameter=settings.VOLUME_LOTS + tier, value=lots)
    trade(market, 8, 9, 300, 12)
    trade(market, 8, 10, 300, 8)
    told = []
    for _ in range(32):
        events = market.until(market.time_ns + NS_PER_DAY)
        told.append([(e["account"], e["value"]) for e in events if e["kind"] == "TIER_SET"])
    assert told == [[(8, 1)], *[[]] * 29, [(8, 0)], []]
