"""PAIRS: every hundredth bought has a seller, and the index's record has the same fields.

Takes   small runs, and random ones.
Gives   sales.
Keeps   what was bought back, or from oneself, from counting as a gain.
Source  docs/formulation/runs.md, section 7.
"""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.pairs import TENORS
from chiphour.auction.pairs import Party
from chiphour.auction.pairs import Sale
from chiphour.auction.pairs import cut
from chiphour.auction.pairs import sales
from chiphour.auction.pairs import sales_from_json
from chiphour.auction.pairs import sales_to_json
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.hardware.tenors import TENORS as WORDS
from chiphour.index import transacted
from settled import H100
from settled import HOUR_NS
from settled import runs

SLOT = Slot(H100, "on-demand", HOUR_NS)
A, B, C, D, RENT = 8, 9, 10, 11, 3
PARTIES = {account: Party(f"m{account}", f"g{account}", False) for account in (A, B, C, D)}


def trade(account, quantity, kind=PHYSICAL, slot=SLOT, price=24_000):
    return Trade(7, account, kind, *slot, quantity, price)


def pairs(*trades, before=(), parties=PARTIES):
    found = sales(trades, "day-ahead", before, parties, RENT)
    return {
        (sale.buyer, sale.seller): (sale.quantity_hundredths, sale.increase_hundredths)
        for sale in found
    }


def test_the_record_is_that_of_the_index():
    assert Sale._fields == transacted.Trade._fields
    (sale,) = sales([trade(A, 5), trade(B, -5)], "day-ahead", [], PARTIES)
    assert transacted.rejection_of(transacted.Trade(*sale), HOUR_NS + 2 * 3_600 * 10**9) is None
    assert set(TENORS.values()) <= set(WORDS)


def test_a_buyer_takes_from_all_sellers_in_proportion():
    found = pairs(trade(A, 100), trade(B, 200), trade(C, -225), trade(D, -75))
    assert found == {
        ("m8", "m10"): (75, 75),
        ("m8", "m11"): (25, 25),
        ("m9", "m10"): (150, 150),
        ("m9", "m11"): (50, 50),
    }


def test_chips_over_an_arc_were_sold_by_nobody_and_bought_by_nobody():
    far = SLOT._replace(product="H100/node8/far")
    here = [trade(B, -100), trade(RENT, 60), trade(A, 40)]
    there = [trade(RENT, -60, slot=far), trade(C, 60, slot=far)]
    assert pairs(*here, *there) == {("m8", "m9"): (40, 40), ("m10", ""): (60, 60)}


def test_a_virtual_side_makes_a_sale_that_is_not_physical():
    found = sales([trade(A, 100), trade(B, -100, VIRTUAL)], "day-ahead", [], PARTIES)
    assert [sale.physical for sale in found] == [False]
    found = sales([trade(A, 100, VIRTUAL), trade(B, -100)], "day-ahead", [], PARTIES)
    assert [(sale.physical, sale.increase_hundredths) for sale in found] == [(False, 0)]


def test_what_a_group_sells_again_is_no_gain():
    parties = {**PARTIES, B: PARTIES[A]._replace(name="m9")}
    found = pairs(trade(A, 100), trade(B, -70), trade(C, -30), parties=parties)
    assert sum(increase for _, increase in found.values()) == 30


def test_buying_back_what_was_sold_before_is_no_gain():
    before = [Position(A, PHYSICAL, *SLOT, -60)]
    assert pairs(trade(A, 100), trade(B, -100), before=before) == {("m8", "m9"): (100, 40)}
    before = [Position(A, PHYSICAL, *SLOT, 60)]
    assert pairs(trade(A, 100), trade(B, -100), before=before) == {("m8", "m9"): (100, 100)}


def test_a_gangs_own_price_has_its_own_sellers():
    found = pairs(
        trade(A, 100, price=30_000), trade(C, -100, price=30_000), trade(B, 50), trade(D, -50)
    )
    assert found == {("m8", "m10"): (100, 100), ("m9", "m11"): (50, 50)}


@given(runs(most=1))
def test_every_hundredth_bought_is_in_one_sale(trades):
    bought = Counter()
    for each in trades:
        bought[f"account {each.account}", each.slot] += max(each.quantity_hundredths, 0)
    sold = Counter()
    for sale in sales(trades, "day-ahead", [], {}):
        tier = next(tier for tier, tenor in TENORS.items() if tenor == sale.tenor)
        sold[sale.buyer, Slot(sale.product, tier, sale.delivered_from_ns)] += (
            sale.quantity_hundredths
        )
        assert 0 <= sale.increase_hundredths <= sale.quantity_hundredths
    assert +bought == sold


@given(st.lists(st.integers(0, 10**9), min_size=1).filter(any), st.data())
def test_a_cut_is_exact_in_sum_and_never_more_than_its_share(shares, data):
    total = data.draw(st.integers(0, sum(shares)))
    parts = cut(total, shares)
    assert sum(parts) == total
    assert all(0 <= part <= share for part, share in zip(parts, shares, strict=True))


@given(runs(most=1))
def test_sales_come_back_from_json(trades):
    found = sales(trades, "day-ahead", [], {})
    assert sales_from_json(sales_to_json(found)) == found


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'"increase":"0.05"', b'"increase":"0.06"', "increase: expected no more"),
        (b'"physical":true', b'"physical":1', "physical: expected true or false, found 1"),
        (b'"tenor":"OD"', b'"tenor":"on demand"', "tenor: expected SPOT or"),
        (b":00:00Z", b":00:01Z", "delivered_from: expected whole five minutes"),
    ],
)
def test_a_sale_that_cannot_be_is_refused(old, new, says):
    body = sales_to_json(sales([trade(A, 5), trade(B, -5)], "day-ahead", [], PARTIES))
    assert old in body
    with pytest.raises(RequestMalformed, match=says):
        sales_from_json(body.replace(old, new))
