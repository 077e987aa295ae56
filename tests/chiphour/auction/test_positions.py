"""POSITIONS: what is held after each run is what all runs changed.

Takes   random closed runs; runs with one fault.
Gives   positions, refusals.
Keeps   positions at a sum of zero in every slot.
Source  docs/formulation/runs.md, section 2.
"""

from collections import defaultdict

import pytest
from hypothesis import given

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.positions import block_trades
from chiphour.auction.positions import check_trades
from chiphour.auction.positions import positions_after
from chiphour.auction.positions import positions_from_json
from chiphour.auction.positions import positions_to_json
from chiphour.auction.positions import price_in
from chiphour.auction.positions import trades_between
from chiphour.auction.positions import trades_from_json
from chiphour.auction.positions import trades_to_json
from chiphour.units import NS_PER_HOUR
from settled import H100
from settled import HOUR_NS
from settled import runs

SLOT = Slot(H100, "on-demand", HOUR_NS)
BOUGHT = Trade(1, 9, PHYSICAL, *SLOT, 6_000, 24_000)
SOLD = Trade(1, 10, PHYSICAL, *SLOT, -6_000, 24_000)


@given(runs())
def test_positions_sum_to_zero_in_every_slot_after_every_run(trades):
    check_trades(trades)
    for run in range(1, 5):
        sums = defaultdict(int)
        for held in positions_after(trades, run):
            sums[held.slot] += held.quantity_hundredths
        assert not any(sums.values())


@given(runs())
def test_what_a_run_changed_can_be_read_off_the_positions_around_it(trades):
    """Two totals give trades that lead from the one to the other."""
    before, after = positions_after(trades, 1), positions_after(trades)
    prices = {trade.slot: 7 for trade in trades}
    changed = trades_between(5, before, after, prices)
    old = tuple(trade for trade in trades if trade.run == 1)
    assert positions_after(old + changed) == after


@given(runs())
def test_trades_and_positions_come_back_from_json(trades):
    assert trades_from_json(trades_to_json(trades)) == tuple(trades)
    positions = positions_after(trades)
    assert positions_from_json(positions_to_json(positions)) == positions


def test_a_position_not_bid_again_stands():
    held = positions_after([BOUGHT, SOLD])
    assert trades_between(2, held, held, {}) == ()
    assert positions_after([BOUGHT, SOLD], 2) == held


def test_a_block_gives_the_same_position_in_each_of_its_hours():
    trades = block_trades(BOUGHT, 4) + block_trades(SOLD, 4)
    check_trades(trades)
    later = (
        trades[1]._replace(run=2, quantity_hundredths=-6_000),
        trades[5]._replace(run=2, quantity_hundredths=6_000),
    )
    held = [p for p in positions_after(trades + later) if p.account == 9]
    assert [(p.hour_ns - HOUR_NS) // NS_PER_HOUR for p in held] == [0, 2, 3]
    assert {p.quantity_hundredths for p in held} == {6_000}


FAULTS = {
    "run 1, .*: expected as much bought as sold, found 60": [BOUGHT],
    "found -60 more bought": [SOLD],
    "at 2.4000: expected": [BOUGHT, SOLD._replace(price_ticks=25_000)],
    r"trades\[0\].kind": [BOUGHT._replace(kind="future")],
    r"trades\[0\].tier: expected on-demand for a virtual": [
        BOUGHT._replace(kind=VIRTUAL, tier="spot")
    ],
    r"trades\[1\].hour": [BOUGHT, SOLD._replace(hour_ns=HOUR_NS + 1)],
    r"trades\[0\].quantity": [BOUGHT._replace(quantity_hundredths=0)],
    r"trades\[0\].account": [BOUGHT._replace(account=0)],
    r"trades\[0\].run": [BOUGHT._replace(run=0)],
    r"trades\[0\].price": [BOUGHT._replace(price_ticks=1 << 40)],
}


@pytest.mark.parametrize("says", FAULTS)
def test_trades_that_no_run_can_have_made_are_refused(says):
    with pytest.raises(RequestMalformed, match=says):
        check_trades(FAULTS[says])


def test_a_slot_without_a_price_is_named():
    held = [Position(9, PHYSICAL, *SLOT, 1)]
    with pytest.raises(RequestMalformed, match=r"H100/node8/us on-demand .*: expected a price"):
        trades_between(1, [], held, {})
    assert price_in({SLOT: 5}, SLOT) == 5


def test_a_position_of_nothing_is_refused():
    body = positions_to_json([Position(9, PHYSICAL, *SLOT, 0)])
    with pytest.raises(RequestMalformed, match="not zero"):
        positions_from_json(body)
