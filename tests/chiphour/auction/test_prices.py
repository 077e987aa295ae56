"""PRICES: one price where duals are unique, one by rule where they are not, none where unbounded.

Takes   runs of one or two hours with a known dual face.
Gives   prices in nano-dollars and ticks.
Keeps   ties open to nobody's choice: the key comes from the whole run.
Source  docs/formulation/auction.md, section 5.
"""

import numpy as np
import pytest

from auction_cases import H100
from auction_cases import bid
from auction_cases import offer
from chiphour.auction.instance import from_fields
from chiphour.auction.model import build
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Price
from chiphour.auction.prices import choose
from chiphour.auction.prices import key
from chiphour.auction.prices import optimal
from chiphour.auction.prices import prices
from chiphour.auction.solve import solve


def priced(fields):
    instance = from_fields(fields)
    model = build(instance)
    solution = optimal(solve(model.program), "test")
    return prices(model, instance.grid, solution, solve, instance.root)


def test_a_unique_dual_is_the_price(e1):
    assert priced(e1) == (Price(3_000_000_000, 30_000),)


def test_between_value_and_cost_the_price_is_the_middle(e1):
    """All is sold, all is bought: any price from cost 1 to value 4 clears."""
    e1["bids"] = [bid("only", 10, {H100: "1"}, ("100", "4"))]
    assert priced(e1) == (Price(2_500_000_000, 25_000),)


def test_a_workload_over_two_sold_out_hours_shares_its_value(e1):
    """Twenty units of work at 10 fill both hours of a pool that costs nothing.

    The face is the square from 0 to 10 in both hours; its corners' mean is 5 in each.
    """
    e1["delivery"]["hours"] = 2
    e1["offers"] = [offer("pool", 20, H100, "10", "0") | {"inventory": ["10", "10"]}]
    wanted = bid("only", 10, {H100: "1"}, ("20", "10"))
    wanted["window"]["to"] = "2026-12-01T02:00:00Z"
    e1["bids"] = [wanted | {"chips_max": "10"}]
    found = priced(e1)
    assert [price.price_ticks for price in found] == [50_000, 50_000]


def test_an_idle_offer_is_priced_at_its_cost_and_an_unmet_bid_at_its_value(e1):
    e1["bids"] = []
    assert priced(e1) == (Price(1_000_000_000, 10_000),)
    e1["bids"], e1["offers"] = [bid("only", 10, {H100: "2"}, ("100", "4"))], []
    assert priced(e1) == (Price(8_000_000_000, 80_000),)


def test_what_nobody_bids_for_or_offers_has_no_price(e1):
    e1["bids"], e1["offers"] = [], []
    assert priced(e1)[0].price_ticks is None


def test_an_idle_way_to_a_region_without_bids_leaves_the_duals_consistent(two_zones):
    """Far, without bids or offers, has no price; us is priced at its idle offer's cost.

    The way could bring chips back from far, so far's dual may not lie below that of us.
    """
    two_zones["bids"] = []
    two_zones["arcs"][0] |= {"min": ["-5"], "max": ["0"]}
    far, here = priced(two_zones)
    assert here == Price(1_000_000_000, 10_000)
    assert far.price_ticks is None
    assert far.dual_nanousd >= here.dual_nanousd


def test_ticks_are_rounded_half_even(e1):
    e1["bids"] = [bid("only", 10, {H100: "1"}, ("200", "2.00005"))]
    assert priced(e1) == (Price(2_000_050_000, 20_000),)
    e1["bids"] = [bid("only", 10, {H100: "1"}, ("200", "2.00015"))]
    assert priced(e1) == (Price(2_000_150_000, 20_002),)


def test_among_equals_the_key_decides_and_the_run_makes_the_key(e1):
    """Two equal bids for one pool: one gets all; some other run gives it to the other."""
    winners = set()
    for run in range(1, 9):
        e1["run"] = run
        e1["bids"] = [bid(name, 10, {H100: "1"}, ("100", "4")) for name in ("one", "two")]
        instance = from_fields(e1)
        model = build(instance)
        solution = optimal(solve(model.program), "test")
        primal = choose(model, solution, solve, instance.root)
        bought = {
            instance.participants[model.owner[column]][1].name
            for column in np.flatnonzero(primal > 1e-6)
            if model.owner[column] in (0, 1)
        }
        assert len(bought) == 1
        assert model.program.value @ primal == pytest.approx(solution.objective)
        winners |= bought
    assert winners == {"one", "two"}


def test_keys_are_spread_and_repeatable():
    keys = [key("root", str(number)) for number in range(200)]
    assert keys == [key("root", str(number)) for number in range(200)]
    assert len(set(keys)) == 200
    assert min(keys) >= 0 and max(keys) < 1
    assert key("root", "a", "bc") != key("root", "ab", "c")


def test_anything_but_an_optimum_is_told(two_zones):
    """An arc that must carry 20 chips from an empty region cannot be satisfied."""
    two_zones["offers"] = []
    two_zones["arcs"][0]["min"] = ["20"]
    with pytest.raises(ClearingFailed, match="test: expected an optimum, found infeasible"):
        priced(two_zones)
