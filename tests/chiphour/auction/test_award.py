"""AWARD: cut amounts come into exact balance, and every micro-dollar has an owner.

Takes   runs of known outcome; amounts cut on purpose.
Gives   awards and transfers.
Keeps   the unit of least margin the first to go.
Source  docs/formulation/auction.md, section 6.
"""

import pytest

from auction_cases import H100
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.award import Award
from chiphour.auction.award import Part
from chiphour.auction.award import award
from chiphour.auction.instance import from_fields
from chiphour.auction.model import Amounts
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Price
from chiphour.exchange.limits import AUCTION

PRICE = Price(3_000_000_000, 30_000)
FAR = "H100/node8/far"


def rounded(fields, bought, sold, flows=None, prices=(PRICE,)):
    """Award given (low, most) hundredths by name, in slot 0 unless told otherwise."""
    instance = from_fields(fields)
    numbers = {bid.name: number for number, (_, bid) in enumerate(instance.participants)}
    traded = {(numbers[name], slot): amount for (name, slot), amount in {**bought, **sold}.items()}
    found = award(instance, Amounts(traded, flows or {}), prices)
    held = {part.name: {line[0]: line[2] for line in part.lines} for part in found.parts}
    return held, found


def test_the_auctions_account_is_that_of_the_rulebook():
    assert AUCTION_ACCOUNT == AUCTION


def test_the_longer_side_gives_up_its_unit_of_least_margin(e1):
    """100 chips for 100.01: A's last unit is worth 3.0 a chip-hour, B's 4.0."""
    held, _ = rounded(
        e1, {("A", 0): (7001, 7001), ("B", 0): (3000, 3000)}, {("pool", 0): (10000, 10000)}
    )
    assert held == {"A": {H100: 7000}, "B": {H100: 3000}, "pool": {H100: 10000}}


def test_units_cut_on_both_sides_come_back(e1):
    bought = {("A", 0): (6999, 7000), ("B", 0): (3000, 3000)}
    held, _ = rounded(e1, bought, {("pool", 0): (9999, 10000)})
    assert held["A"] == {H100: 7000}
    assert held["pool"] == {H100: 10000}


def test_a_unit_does_not_come_back_to_a_buyer_who_would_lose_by_it(e1):
    """B's next hundredth above 30 chips is worth 2 a chip-hour to him and costs 3."""
    held, _ = rounded(e1, {("B", 0): (3000, 3001)}, {("pool", 0): (3000, 3001)})
    assert held == {"B": {H100: 3000}, "pool": {H100: 3000}}


def test_a_difference_travels_along_arcs_to_where_it_can_end(two_zones):
    """Far has no seller: what B lacks there is taken off the flow, and off the pool."""
    prices = (PRICE, PRICE)
    held, found = rounded(
        two_zones,
        {("A", 1): (7000, 7000), ("B", 0): (1999, 1999)},
        {("pool", 1): (9000, 9000)},
        {(0, 0): 2000},
        prices,
    )
    assert held == {"A": {H100: 7000}, "B": {FAR: 1999}, "pool": {H100: 8999}}
    assert [flow.quantity_hundredths for flow in found.flows] == [1999]


def test_a_difference_that_no_arc_can_carry_is_told(two_zones):
    two_zones["arcs"][0]["min"] = ["20"]
    with pytest.raises(ClearingFailed, match=r"rounding: expected arcs that can carry 0\.01"):
        rounded(
            two_zones,
            {("B", 0): (0, 1)},
            {("pool", 1): (2000, 2000)},
            {(0, 0): 2000},
            (PRICE, PRICE),
        )


def test_what_trades_without_a_price_is_told(e1):
    with pytest.raises(ClearingFailed, match="expected a price, found none"):
        rounded(e1, {("A", 0): (5, 5)}, {("pool", 0): (5, 5)}, prices=(Price(0, None),))


def test_transfers_go_in_before_they_go_out_and_leave_nothing(cleared, two_zones):
    instance, result = cleared(two_zones)
    transfers = result.award.transfers(instance.run)
    held = 0
    for transfer in transfers:
        assert transfer.amount_microusd > 0
        held += transfer.amount_microusd * (1 if transfer.target == AUCTION_ACCOUNT else -1)
        assert held >= 0
    assert held == 0
    assert [transfer.item for transfer in transfers] == list(range(1, len(transfers) + 1))
    assert {transfer.run for transfer in transfers} == {instance.run}


def test_congestion_rent_goes_to_the_account_that_the_run_names(cleared, two_zones):
    """Twenty chips reach B, worth 4 there; the other 80 go to A at between 1 and 3, so at 2."""
    two_zones["rent_account"] = 7
    _, result = cleared(two_zones)
    assert result.award.rent_account == 7
    assert [price.price_ticks for price in result.prices] == [40_000, 20_000]
    assert result.award.rent_microusd == 2_000 * (40_000 - 20_000)
    assert [t.amount_microusd for t in result.transfers if t.target == 7] == [
        result.award.rent_microusd
    ]


def test_a_rent_below_zero_is_paid_by_its_account():
    found = Award((Part("s", 20, -1, (), -5),), (), 7, -5)
    assert [(t.source, t.target, t.amount_microusd) for t in found.transfers(1)] == [
        (7, AUCTION_ACCOUNT, 5),
        (AUCTION_ACCOUNT, 20, 5),
    ]
