"""MITIGATION: dear offers of those who are needed are replaced; all others stand as they came.

Takes   small runs with one, three and five suppliers, some of them dear; random ones.
Gives   what was replaced, the prices before and after, how often was cleared.
Keeps   a run without a dear offer cleared once; no price raised by the test.
Source  docs/formulation/guards.md, sections 7 and 10, equations 13, 14, 17 and 19.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.guard_rules import read_guards
from chiphour.auction.instance import from_fields
from chiphour.auction.mitigation import cleared_with_guards
from chiphour.auction.solve import solve
from gated import PRODUCT
from gated import buy
from gated import guards_of
from gated import pool
from gated import settings_of

CAP = 120_000


def run_of(*bids):
    return from_fields(settings_of(bids=[bid | {"account": 100 + n} for n, bid in enumerate(bids)]))


def cleared(*bids, party_of=None, cap=CAP, **more):
    """Clear with guard rails; give what was found and how many clearings that took."""
    run, count = run_of(*bids), 0

    def counting(instance):
        nonlocal count
        count += 1
        return clear(instance, solve)

    rules = read_guards(guards_of(**more), "guards", run.grid)
    found = cleared_with_guards(run, rules, cap, party_of or {}, counting)
    assert violations(found.instance, found.result) == ()
    return found, count


def wants(chips, price="8"):
    """Bid for so many chips in each of the two hours."""
    body = buy("b", str(2 * chips), price)
    body["modes"][0]["chips_max"] = str(chips)
    return body


def prices(found):
    return [price.price_ticks for price in found.result.prices[:2]]


def test_the_only_supplier_gets_its_reference():
    found, count = cleared(pool("p", "10", "5"), wants(6))
    assert found.applied.replaced == ("p",) and count == 2
    assert [(each.offered_ticks, each.reference_ticks) for each in found.impacts] == [
        (50_000, 10_000)
    ] * 2
    assert prices(found) == [10_000, 10_000]
    (first, _) = found.scores
    assert (first.product, first.demand_hundredths) == (PRODUCT, 600)
    assert first.failing == {"account 100"} and first.scores[0].score == Fraction(0)


def test_without_a_dear_offer_it_is_cleared_once_and_scored():
    found, count = cleared(pool("p", "10", "1.5"), buy("b", "12", "8"))
    assert count == 1 and found.applied.replaced == () and not found.impacts
    assert found.scores[0].failing == {"account 100"}


def test_who_is_not_needed_may_ask_what_it_likes():
    """Five suppliers of 10 chips for 15 chip-hours an hour: any three may leave."""
    others = [pool(f"q{n}", "10", "1") for n in range(4)]
    found, count = cleared(pool("p", "10", "5"), *others, wants(15))
    assert found.applied.replaced == () and count == 2
    assert all(not each.failing for each in found.scores)
    assert found.instance.bid_by_id["p"].blocks[0].price_ticks == 50_000


def test_accounts_of_one_owner_are_one_supplier():
    """The five are one member's: then nothing is left without it."""
    pools = [pool("p", "10", "5"), *(pool(f"q{n}", "10", "5") for n in range(4))]
    apart, _ = cleared(*pools, wants(15))
    owned = {100 + n: "member 100" for n in range(5)}
    together, _ = cleared(*pools, wants(15), party_of=owned)
    assert apart.applied.replaced == ()
    assert together.applied.replaced == ("p", "q0", "q1", "q2", "q3")
    assert prices(together) == [10_000, 10_000] and prices(apart) == [50_000, 50_000]


def test_a_dear_offer_without_effect_stands():
    """It fails the test, but its block is never needed: the price is the same without it."""
    found, count = cleared(pool("p", "2", "9"), pool("q", "100", "1"), wants(10))
    assert found.applied.replaced == () and count == 2
    assert found.instance.bid_by_id["p"].blocks[0].price_ticks == 90_000


def test_only_those_who_fail_and_matter_are_replaced():
    """Both are needed; the one that asks little above its reference keeps its own price."""
    found, _ = cleared(pool("p", "10", "5"), pool("q", "4", "1.2"), wants(12))
    assert found.applied.replaced == ("p",)
    kept = found.instance.bid_by_id
    assert kept["q"].blocks[0].price_ticks == 12_000
    assert kept["p"].blocks[0].price_ticks == 10_000


def test_a_dear_start_is_seen_where_the_price_does_not_show_it():
    """$60 for a start that costs $10 by its reference: made whole by buyers, until replaced."""
    body = pool("p", "10", "1") | {"startup": "60"}
    found, _ = cleared(body, wants(6))
    assert found.applied.replaced == ("p",)
    assert found.instance.bid_by_id["p"].startup_microusd == 10_000_000


def test_a_lower_cap_holds_beside_the_test():
    found, _ = cleared(pool("p", "10", "2"), pool("q", "10", "5"), buy("b", "36", "8"), cap=30_000)
    assert found.applied.cap_ticks == 30_000
    assert max(prices(found)) <= 30_000


@pytest.mark.parametrize("more", [{"pivotal": None}, {"products": []}])
def test_an_operator_may_test_nobody(more):
    found, count = cleared(pool("p", "10", "5"), buy("b", "20", "8"), **more)
    assert count == 1 and found.applied.replaced == ()


@settings(max_examples=10)
@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(5, 60)), min_size=1, max_size=5),
    st.integers(1, 40),
)
def test_the_test_raises_no_offer_and_no_price(offers, units):
    pools = [pool(f"p{n}", str(c), f"{t / 10}") for n, (c, t) in enumerate(offers)]
    came, _ = cleared(*pools, buy("b", str(units), "8"), pivotal=None)
    found, _ = cleared(*pools, buy("b", str(units), "8"))
    for name, bid in came.instance.bid_by_id.items():
        if name != "b":
            other = found.instance.bid_by_id[name]
            assert other.blocks[0].price_ticks <= bid.blocks[0].price_ticks
    if found.applied.replaced:
        assert found.result.welfare_nanousd >= came.result.welfare_nanousd
