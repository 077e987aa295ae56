"""SCAN: who is short of margin is found, told once, and queued once.

Takes   marks that bring accounts to the bounds, to the micro-dollar.
Gives   MARGIN_CALLED and LIQUIDATION_BEGUN events; where the round stands.
Keeps   the same events when nobody is ever passed over as safe.
Source  Rulebook 2.8, 7.1.
"""

import numpy as np
import pytest

from chiphour.exchange import limits
from chiphour.exchange import safety
from chiphour.exchange import state as col
from chiphour.exchange.commands import Kind
from positioned import opened
from positioned import rounds
from positioned import tick
from positioned import trade


def told(events):
    return [
        (event["kind"], event["account"])
        for event in events
        if event["kind"] in ("MARGIN_CALLED", "LIQUIDATION_BEGUN", "LIQUIDATION_ENDED")
    ]


@pytest.fixture
def market(empty):
    """Let 8 hold 1,000 lots with $1,000 of cash: P is a tenth of their worth."""
    market = opened(empty, members=(9, 10, 11), dollars=10_000)
    market.member(8, 1_000)
    trade(market, 8, 9, 300, 1_000)
    return market


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        # Equity is 1,000 - (3,000 - w), MM 0.06 w; 5/4 of it 0.075 w: w = 2,000 / 0.925.
        (2_162_163, []),
        (2_162_162, [("MARGIN_CALLED", 8)]),
        (2_127_660, [("MARGIN_CALLED", 8)]),  # w = 2,000 / 0.94 = 2,127.6595...
        (2_127_659, [("LIQUIDATION_BEGUN", 8)]),
    ],
)
def test_the_bounds_are_exact(price, expected, market):
    tick(market, price)
    events = market.advance()
    assert told(events) == expected
    for event in events:
        assert event["equity_microusd"] == 1_000 * price - 2_000_000_000
        assert event["maintenance_microusd"] == 60 * price


def test_a_call_is_told_once_until_it_is_met(market):
    found = []
    for price in (2_150_000, 2_140_000, 2_170_000, 2_170_000, 2_160_000):
        tick(market, price)
        found.append(told(rounds(market)))
    assert found == [[("MARGIN_CALLED", 8)], [], [], [], [("MARGIN_CALLED", 8)]]


def test_who_was_called_closes_and_trades_again_is_called_no_longer(empty):
    """Found by storm 8456: without lots it was passed over, and then its trade left it so."""
    wide = {"static_band_ppm": 900_000, "dynamic_band_ppm": 900_000}
    market = opened(empty, members=(9, 10, 11), dollars=10_000, **wide)
    market.member(8, 1_000)
    trade(market, 8, 9, 300, 1_000)
    tick(market, 2_150_000)
    assert told(market.advance()) == [("MARGIN_CALLED", 8)]
    trade(market, 9, 8, 215, 1_000)
    assert not market.engine.account(8).positions
    tick(market, 2_150_000)
    rounds(market)
    state = market.engine._state
    assert state.accounts[8, col.ACCOUNT_SAFE] == safety.SAFE_FOR_EVER
    assert state.accounts[8, col.ACCOUNT_CALLED] == 1
    trade(market, 8, 9, 215, 1)
    tick(market, 2_150_000)
    rounds(market)
    assert state.accounts[8, col.ACCOUNT_CALLED] == 0


def test_only_a_mark_begins_a_round_and_it_ends(market):
    state = market.engine._state.market[0]
    assert state[col.SCAN_LEFT] == 0
    tick(market, 3_000_000)
    assert state[col.SCAN_LEFT] == 16
    market.advance()
    assert state[col.SCAN_LEFT] == 0


def test_a_round_takes_so_many_rows_of_a_command_and_a_mark_begins_it_anew(empty):
    market = opened(empty, limits={"accounts": 2_000})
    state = market.engine._state.market[0]
    found = []
    for command in ("mark", "", "mark", "", "", ""):
        if command:
            tick(market, 3_000_000)
        else:
            market.advance()
        found.append((int(state[col.SCAN_LEFT]), int(state[col.SCAN_ACCOUNT])))
    rows = limits.SCAN_ROWS
    assert found == [
        (2_000, 0),
        (2_000 - rows, rows),
        (2_000, 0),  # The mark's own draining did the rest of the round first.
        (2_000 - rows, rows),
        (0, 0),
        (0, 0),
    ]


def test_an_account_joins_the_queue_once(market):
    state = market.engine._state
    tick(market, 2_100_000)
    market.advance()
    assert state.market[0, col.WORK_COUNT] == 1
    for _ in range(100):  # Each tick drains the queue before it: only the scan may put it back.
        tick(market, 2_100_000)
        assert state.market[0, col.WORK_COUNT] <= 1
    assert state.accounts[8, col.ACCOUNT_QUEUED] == state.market[0, col.WORK_COUNT]


def forget(market):
    """Let nobody be safe, and nobody's sums be known."""
    state = market.engine._state
    state.accounts[:, col.ACCOUNT_SAFE] = 0
    state.safety[:] = 0
    state.accounts[:, col.ACCOUNT_MOVE] = -safety.LEAP


@pytest.mark.parametrize("seed", range(3))
def test_events_do_not_depend_on_who_is_passed_over(seed, empty):
    """Two markets are told the same; in one every account is looked at in full."""
    random = np.random.default_rng(seed)
    pair = [opened(empty, fund=50) for _ in range(2)]
    price = 3_000_000
    for _ in range(250):
        price = max(2_200_000, price + int(random.integers(-30_000, 30_001)))
        action, accounts = random.random(), [int(a) for a in random.permutation(range(8, 12))]
        lots, cents = int(random.integers(1, 900)), price // 10_000
        found = []
        for market, forgets in zip(pair, (False, True), strict=True):
            if forgets:
                forget(market)
            if action < 0.4:
                events = tick(market, price)
            elif action < 0.45:
                events = market.do(Kind.WITHDRAW, account=accounts[0], amount_microusd=lots << 20)
            else:
                events = market.order(accounts[0], "buy", cents, lots)
                events += market.order(accounts[1], "sell", cents, lots)
            if forgets:
                forget(market)
            found.append(events + market.advance())
        assert found[0] == found[1]
    assert pair[0].engine.digest() == pair[1].engine.digest()
