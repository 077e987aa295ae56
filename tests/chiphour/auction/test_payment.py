"""PAYMENT: every price is rounded once, and what one pays another is paid.

Takes   prices and duals by hand.
Gives   ticks of lines, money of gangs and reserve.
Keeps   half-even ticks; money in whole micro-dollars on every length of interval.
Source  docs/formulation/auction.md, section 5.
"""

from dataclasses import replace

import pytest

from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Duals
from chiphour.auction.held import Key
from chiphour.auction.held import Placed
from chiphour.auction.payment import tariff
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Price
from chiphour.units import PPM

A, B = "A/d/r", "B/d/r"
TICK = 100_000  # Nano-dollars.
TIERS = (Tier("od", 0, PPM), Tier("spot", 0, PPM))
GRID = Grid(0, 60, 2, 0, 100_000, TIERS, (Product("A", "d", "r", 8), Product("B", "d", "r", 8)), ())
DUALS = Duals(
    tuple(slot * 10 * TICK for slot in range(GRID.slots)),
    {("pool", 0): 25 * TICK // 2, ("pool", 1): 7 * TICK // 2},
    {("pool", "spot", 1): TICK // 4},
    {("pool", "cpu", 1): TICK // 8},
    {("r", 1): 5 * TICK // 2},
    {},
    {},
)
PRICES = [Price(dual, dual // TICK) for dual in DUALS.slots]
PRICES[4] = Price(DUALS.slots[4], None)
COSTS = tariff(GRID, PRICES, DUALS)


def test_any_chip_of_a_slot_costs_its_price():
    assert COSTS.line_ticks(Key("m", A, "spot", 1), {}) == 30
    assert COSTS.line_microusd(Key("", B, "od", 1), {}, 250) == 250 * 50


def test_a_chip_of_a_named_pool_costs_premium_and_side_resources_rounded_once():
    """A quarter of a tick more, and two units of an eighth: half a tick, to the even neighbour."""
    key = Key("m", A, "spot", 1, "pool")
    assert COSTS.line_ticks(key, {}) == 30
    assert COSTS.line_ticks(key, {"cpu": 2}) == 30  # 30.5
    assert COSTS.line_ticks(key, {"cpu": 3}) == 31  # 30.625
    assert COSTS.line_ticks(key, {"cpu": 10}) == 32  # 31.5
    assert COSTS.line_ticks(key._replace(pool="other"), {"cpu": 9}) == 30


def test_a_gang_pays_its_pools_own_price_rounded_in_each_interval():
    """12.5 ticks are 12; 3.5 + 4 eighths are 4."""
    gang = Placed("g", A, "pool", 0, 2, 8)
    assert COSTS.gang_microusd(gang, {}) == 800 * (12 + 4)
    assert COSTS.gang_microusd(gang._replace(first=1, intervals=1), {"cpu": 4}) == 800 * 4


def test_reserve_is_paid_the_price_of_its_region():
    assert COSTS.reserve_microusd("r", (500, 300)) == 300 * 2
    assert COSTS.reserve_microusd("elsewhere", (500, 300)) == 0


def test_chips_over_five_minutes_cost_whole_micro_dollars():
    """Eight chips at 12 ticks for a twelfth of an hour: 800; at 13 ticks 866 and two thirds."""
    short = replace(GRID, step_minutes=5)
    gang = Placed("g", A, "pool", 0, 1, 8)
    assert tariff(short, PRICES, DUALS).gang_microusd(gang, {}) == 800
    dear = replace(DUALS, pools={("pool", 0): 13 * TICK})
    assert tariff(short, PRICES, dear).gang_microusd(gang, {}) == 867


def test_what_trades_without_a_price_is_told():
    assert not COSTS.has_price(B, "od", 0)
    with pytest.raises(ClearingFailed, match="B/d/r od interval 0: expected a price, found none"):
        COSTS.line_ticks(Key("m", B, "od", 0), {})
