"""VIRTUAL: it stands in the balance of the on-demand tier, and nowhere else.

Takes   bids to buy and to sell.
Gives   rows, values, violations, profits by hand.
Keeps   exact numbers.
Source  docs/formulation/auction.md, section 2 and equations 3 and 12.
"""

from dataclasses import replace

import numpy as np
import pytest

from chiphour.auction.bids.virtual import SCHEMA
from chiphour.auction.bids.virtual import read
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.held import Placed
from chiphour.auction.model import Columns

A = "A/d/r"
TIERS = (Tier("spot", 0, 10**6), Tier("od", 0, 10**6))
GRID = Grid(0, 60, 4, 0, 100_000, TIERS, (Product("A", "d", "r"), Product("B", "d", "r")), ())
CONTEXT = Context(GRID, {})


def window(first, end):
    return {"from": GRID.iso(first), "to": GRID.iso(end)}


BUYS = {
    "id": "up",
    "account": 20,
    "direction": "buy",
    "product": A,
    "window": window(1, 3),
    "curve": [["3", "4"], ["2", "1"]],
}
SELLS = BUYS | {
    "direction": "sell",
    "window": [window(0, 1), window(2, 4)],
    "curve": [["3", "1"], ["2", "4"]],
}


def read_back(fields, context=CONTEXT):
    return read_whole(fields, "bid", lambda found: read(found, context))


BUYER, SELLER = read_back(BUYS), read_back(SELLS)


def held(*quantities, product=A, tier="od"):
    return Held({Key("", product, tier, t): many for t, many in enumerate(quantities) if many})


def test_a_bid_is_written_as_it_was_read():
    for bid in (BUYER, SELLER):
        written = bid.fields(GRID)
        assert written.pop("kind") == "virtual"
        assert set(written) == set(SCHEMA) | {"id", "account"}
        assert read_back(written) == bid
    assert BUYER.side == BUY and SELLER.side == SELL
    assert BUYER.intervals == [1, 2] and SELLER.intervals == [0, 2, 3]
    assert BUYER.offered is None and BUYER.needs("", A) == {}


def test_it_enters_the_balance_of_its_own_slots_only():
    """The buyer takes from them, the seller gives to them; what was solved is read back."""
    for bid, sign in ((BUYER, 1), (SELLER, -1)):
        columns = Columns(GRID, {})
        layout = bid.lower(columns)
        model = columns.model([layout])
        assert [block.name for block in model.rows] == [("slots",)]
        slots = [GRID.slot(0, 1, interval) for interval in bid.intervals]
        assert model.program.rows.tolist() == slots * 2
        assert set(model.program.entries) == {sign}
        found = bid.read(GRID, layout, model.program.upper)
        assert found.traded == {Key("", A, "od", interval): 500 for interval in bid.intervals}
        assert bid.read(GRID, layout, np.zeros(len(slots) * 2)) == Held()


def test_what_it_buys_is_worth_its_best_steps_and_what_it_sells_costs_its_cheapest():
    assert BUYER.worth(CONTEXT, held(0, 400, 100)) == 13 + 4
    assert SELLER.worth(CONTEXT, held(400, 0, 100)) == -7 - 1
    low = Context(replace(GRID, cap_ticks=30_000), {})
    assert BUYER.worth(low, held(0, 400)) == 10
    assert BUYER.tops_picousd(GRID) == {A: 4 * PICOS}
    assert BUYER.tops_picousd(low.grid) == {A: 3 * PICOS}


def test_no_step_counts_above_the_cap():
    low = replace(GRID, cap_ticks=30_000)
    columns = Columns(low, {})
    assert columns.model([BUYER.lower(columns)]).program.value.tolist() == [3, 3, 1, 1]
    free = Duals((0,) * GRID.slots, {}, {}, {}, {}, {}, {})
    assert BUYER.profit_max(Context(low, {}), free, None) == 2 * (3 * 3 + 2)


def test_it_gains_by_each_step_on_the_right_side_of_the_price():
    slots = [9 * 10**9] * GRID.slots
    for interval, price in enumerate((2, 2, 3, 5)):
        slots[GRID.slot(0, 1, interval)] = price * 10**9
    duals = Duals(tuple(slots), {}, {}, {}, {}, {}, {})
    assert BUYER.profit_max(CONTEXT, duals, None) == 3 * 2 + 3 * 1
    assert SELLER.profit_max(CONTEXT, duals, held()) == 3 * 1 + 3 * 2 + 3 * 4 + 2 * 1


def test_what_it_may_not_hold_is_told():
    def rules(found):
        return [violation.rule for violation in BUYER.violations(CONTEXT, found)]

    assert rules(held(0, 500, 500)) == []
    assert rules(held(0, 501)) == ["curve"]
    assert rules(held(100)) == ["window"]
    assert rules(held(0, 100, product="B/d/r")) == rules(held(0, 100, tier="spot")) == ["product"]
    assert rules(held(0, -100)) == ["unit"]
    assert rules(Held(gangs=(Placed("", A, "pool", 1, 1, 1),))) == ["physical"]
    assert rules(Held(reserve_hundredths=(1, 0, 0, 0))) == ["physical"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"direction": "inc"}, "direction: expected buy or sell, found 'inc'"),
        ({"product": "C/d/r"}, "product: expected a product of this run"),
        ({"window": window(2, 2)}, "window.to: expected a time after `from`"),
        ({"window": []}, "window: expected windows in order, apart from one another"),
        ({"window": [window(2, 3), window(0, 1)]}, "window: expected windows in order"),
        ({"window": [window(0, 2), window(2, 3)]}, "window: expected windows in order"),
        ({"window": window(0, 1) | {"step": 1}}, "window: expected no other field, found step"),
        ({"curve": [["2", "1"], ["3", "4"]]}, "curve: expected dollars that never rise"),
        ({"curve": [["0", "1"]]}, "chips above zero"),
        ({"direction": "sell"}, "curve: expected dollars that never fall"),
        ({"direction": "sell", "curve": [["2", "11"]]}, "from 0.0000 to 10.0000"),
        ({"tier": "od"}, "expected no other field, found tier"),
    ],
)
def test_a_malformed_bid_is_refused(change, message):
    with pytest.raises(RequestMalformed, match=message):
        read_back(BUYS | change)


def test_a_run_without_the_on_demand_tier_has_no_virtual_bids():
    context = Context(replace(GRID, tiers=TIERS[:1]), {})
    with pytest.raises(RequestMalformed, match="product: expected a run with the tier od"):
        read_back(BUYS, context)
