"""AWARD: everyone's part and payment, uplift, and transfers that leave nothing behind.

Takes   runs of known outcome; what is held in them by hand or by the solver.
Gives   awards and transfers.
Keeps   every micro-dollar with an owner; identical bids alike.
Source  docs/formulation/auction.md, sections 5 and 6.
"""

from copy import deepcopy
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction_cases import E5
from auction_cases import E6
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import OD
from auction_fields import bid
from auction_fields import buy
from auction_fields import gang
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_fields import virtual
from award_books import awarded
from award_books import bought
from award_books import held_of
from award_books import sold
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.award import Award
from chiphour.auction.award import Flow
from chiphour.auction.award import Line
from chiphour.auction.award import Part
from chiphour.auction.award import share_equals
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.held import Placed
from chiphour.auction.instance import from_fields
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.uplift import UpliftUncovered
from chiphour.exchange.limits import AUCTION
from chiphour.units import NANOUSD_PER_TICK as TICK

FAR = "H100/node8/far"
USD = 1_000_000


def e1(*others):
    bids = [
        bid("A", 10, {H100: "2"}, (80, 3), (80, "1.5")),
        bid("B", 11, {H100: "1"}, (30, 4), (60, 2)),
    ]
    return run([HOPPER], [*bids, offer("pool", 20, H100, 100, 1), *others])


def parts(award):
    return {part.id: part for part in award.parts}


def test_the_auctions_account_is_that_of_the_rulebook():
    assert AUCTION_ACCOUNT == AUCTION


def test_everyone_pays_the_price_of_what_he_holds():
    given = {"A": bought(H100, 7000), "B": bought(H100, 3000), "pool": sold(H100, 10_000)}
    found = awarded(e1(), given)
    assert {part.id: part.payment_microusd for part in found.parts} == {
        "A": 210 * USD,
        "B": 90 * USD,
        "pool": -300 * USD,
    }
    assert parts(found)["A"].lines == (Line("m", H100, OD, 0, "", 7000),)
    assert parts(found)["pool"].held == Held(sold(H100, 10_000), (), (0,), (0,), (1,))
    assert (found.rent_microusd, found.sponsor_microusd) == (0, 0)


def test_who_holds_nothing_has_no_part():
    found = awarded(e1(), {"A": bought(H100, 10), "pool": sold(H100, 10)})
    assert sorted(parts(found)) == ["A", "pool"]


def test_what_trades_without_a_price_is_told():
    with pytest.raises(ClearingFailed, match="expected a price, found none"):
        awarded(e1(), {"A": bought(H100, 5), "pool": sold(H100, 5)}, ticks=[None])


def two_zones(price_far=40_000):
    """Twenty chips reach B in far, where they cost 4; near sells at 2."""
    fields = e1() | {"rent_account": 7}
    fields["products"].append(HOPPER | {"region": "far"})
    fields["bids"][2]["inventory"] = ["90"]
    fields["bids"][1]["modes"][0]["perf"][0]["product"] = FAR
    fields["arcs"] = [{"from": H100, "to": FAR, "tier": OD, "min": ["0"], "max": ["20"]}]
    given = {"A": bought(H100, 7000), "B": bought(FAR, 2000), "pool": sold(H100, 9000)}
    return awarded(fields, given, [price_far, 20_000], {(0, 0): 2000})


def test_congestion_rent_goes_to_the_account_that_the_run_names():
    found = two_zones()
    assert found.flows == (Flow(H100, FAR, OD, 0, 2000),)
    assert (found.rent_account, found.rent_microusd) == (7, 40 * USD)
    assert [t.amount_microusd for t in found.transfers(1) if t.target == 7] == [40 * USD]


def test_what_an_arc_loses_is_charged_to_who_gains():
    """Far at 1, near at 2: the arc loses 20, which the buyers bear by the chip-hour, 70 and 20."""
    found = two_zones(price_far=10_000)
    charged = {part.id: part.charge_microusd for part in found.parts}
    assert charged == {"A": 15_555_556, "B": 4_444_444, "pool": 0}
    assert found.rent_microusd == 0


def test_chips_of_a_named_pool_pay_their_premium_to_it():
    """A pays 3 and a premium of 1, with two cpus at half a dollar: a dollar more; B pays 3."""
    fields = e1(offer("other", 21, H100, 5, 1))
    fields["bids"][0]["modes"][0]["perf"][0]["needs"] = {"cpu": 2}
    fields["bids"][2] |= {"inventory": ["10"], "side_stock": {"cpu": [40]}}
    given = {
        "A": bought(H100, 1000, pool="pool"), "B": bought(H100, 500),
        "pool": sold(H100, 1000), "other": sold(H100, 500),
    }  # fmt: skip
    found = awarded(
        fields,
        given,
        premiums={("pool", OD, 0): 10_000 * TICK},
        sides={("pool", "cpu", 0): 5_000 * TICK},
    )
    assert {part.id: part.payment_microusd for part in found.parts} == {
        "A": 50 * USD, "B": 15 * USD, "pool": -50 * USD, "other": -15 * USD,
    }  # fmt: skip


def test_a_gang_pays_its_pool_and_carries_its_domains():
    fields = run(
        [HOPPER],
        [
            buy("whole", 10, [gang(16, 2, {H100: 900})]),
            buy("small", 11, [gang(4, 1, {H100: 900}, starts=(1, 1), migratable=True)]),
            offer("pool", 20, H100, 24, 1, hours=2),
        ],
        hours=2,
    )
    given = {
        "whole": Held(gangs=(Placed("g", H100, "pool", 0, 2, 16),)),
        "small": Held(gangs=(Placed("g", H100, "pool", 1, 1, 4),)),
    }
    found = parts(
        awarded(fields, given, pools={("pool", 0): 10_000 * TICK, ("pool", 1): 20_000 * TICK})
    )
    assert [site.domains for site in found["whole"].gangs] == [((0, 1), (0, 1))]
    assert [site.domains for site in found["small"].gangs] == [((2,),)]
    assert found["whole"].held == given["whole"]
    assert found["pool"].gang_hundredths == (1600, 2000)
    assert [found[name].payment_microusd for name in ("whole", "small", "pool")] == [
        48 * USD, 8 * USD, -56 * USD,
    ]  # fmt: skip


def test_reserve_is_paid_out_of_the_pot():
    """Twenty chips at 3.5 are 70, charged to the buyer who gains."""
    fields = e1(reserve("us", (20, 4)))
    fields["bids"][2]["reserve"] = True
    given = {"A": bought(H100, 8000), "pool": sold(H100, 8000)}
    found = parts(awarded(fields, given, reserve={("us", 0): 35_000 * TICK}))
    assert found["pool"].payment_microusd == -(240 + 70) * USD
    assert found["A"].charge_microusd == 70 * USD
    assert found["reserve-us"].payment_microusd == found["reserve-us"].charge_microusd == 0
    assert found["reserve-us"].reserve_hundredths == (2000,)


def test_e5_the_gang_is_made_whole_by_the_seller(cleared):
    _, result = cleared(deepcopy(E5.fields))
    found = parts(result.award)
    assert found["gang"].owed_microusd == 24 * USD
    assert (found["gang"].make_whole_microusd, found["pool"].charge_microusd) == (8 * USD, 8 * USD)


def test_e6_the_lease_is_made_whole_by_the_buyers(cleared):
    _, result = cleared(deepcopy(E6.fields))
    found = parts(result.award)
    assert found["lease"].make_whole_microusd == 48 * USD
    assert (found["flat"].charge_microusd, found["peak"].charge_microusd) == (
        27_789_474,
        20_210_526,
    )


def test_a_sponsor_pays_what_no_surplus_covers_and_without_one_the_run_is_refused():
    """The pool is paid 1 a chip-hour for what costs it 2; A pays 1 for what it values at 1."""
    fields = run([HOPPER], [bid("A", 10, {H100: "1"}, (80, 1)), offer("pool", 20, H100, 100, 2)])
    given = {"A": bought(H100, 1000), "pool": sold(H100, 1000)}
    with pytest.raises(UpliftUncovered, match="no sponsor"):
        awarded(fields, given, ticks=10_000)
    found = awarded(fields | {"sponsor_account": 3}, given, ticks=10_000)
    assert (found.sponsor_account, found.sponsor_microusd) == (3, 10 * USD)
    assert [(t.source, t.target, t.amount_microusd) for t in found.transfers(1)] == [
        (10, AUCTION_ACCOUNT, 10 * USD),
        (3, AUCTION_ACCOUNT, 10 * USD),
        (AUCTION_ACCOUNT, 20, 20 * USD),
    ]


def test_a_charge_stays_within_what_a_budget_leaves():
    fields = e1(reserve("us", (20, 4)))
    fields["bids"][0]["limits"] = {"spend_usd": "240.5"}
    fields["bids"][2]["reserve"] = True
    given = {"A": bought(H100, 8000), "pool": sold(H100, 8000)}
    found = parts(awarded(fields, given, reserve={("us", 0): 35_000 * TICK}))
    assert found["A"].owed_microusd == 240_500_000
    assert found["pool"].charge_microusd == 69_500_000


def test_transfers_go_in_before_they_go_out_and_leave_nothing(cleared):
    for case in (E5, E6):
        instance, result = cleared(deepcopy(case.fields))
        transfers = result.award.transfers(instance.run)
        held = 0
        for transfer in transfers:
            assert transfer.amount_microusd > 0
            held += transfer.amount_microusd * (1 if transfer.target == AUCTION_ACCOUNT else -1)
            assert held >= 0
        assert held == 0
        assert [transfer.item for transfer in transfers] == list(range(1, len(transfers) + 1))
        assert {transfer.run for transfer in transfers} == {instance.run}


def test_transfers_count_make_whole_and_charges():
    whole = Part("g", 20, 1, (), (), (), (), (), 32, make_whole_microusd=40)
    paid = Part("s", 21, -1, (), (), (), (), (), -32, charge_microusd=45)
    found = Award((whole, paid), (), 7, 5)
    assert [(t.source, t.target, t.amount_microusd) for t in found.transfers(1)] == [
        (21, AUCTION_ACCOUNT, 13),
        (AUCTION_ACCOUNT, 20, 8),
        (AUCTION_ACCOUNT, 7, 5),
    ]


def shared(fields, given):
    instance = from_fields(fields)
    found = share_equals(instance, held_of(instance, given))
    return {bid.id: found[n].traded for n, bid in enumerate(instance.bids) if found[n].traded}


def twins(names, *curve, **others):
    return [
        bid(name, 10 + n, {H100: "1", FAR: "1"}, *curve, **others) for n, name in enumerate(names)
    ]


def zones(*bids):
    return run([HOPPER, HOPPER | {"region": "far"}], list(bids))


def test_identical_bids_share_and_others_keep_what_they_hold():
    """Three alike hold 10.01 chips in all; one that bids a cent less is not their equal."""
    alone = bid("alone", 30, {H100: "1", FAR: "1"}, (80, "2.99"))
    fields = zones(*twins("ABC", (80, 3)), alone)
    found = shared(fields, {"A": bought(H100, 1001), "alone": bought(H100, 7)})
    assert sorted(sum(found[name].values()) for name in "ABC") == [333, 334, 334]
    assert found["alone"] == bought(H100, 7)


def test_identical_virtuals_share():
    pair = [virtual(name, 10, "sell", H100, (10, 2), hours=1) for name in "VW"]
    assert shared(zones(*pair), {"V": sold(H100, 500)}) == {
        "V": sold(H100, 250),
        "W": sold(H100, 250),
    }


@pytest.mark.parametrize(
    "change",
    [
        {"limits": {"spend_usd": "100"}},
        {"logic": {"xor": [["m", "n"]], "requires": []}},
    ],
)
def test_bids_with_a_budget_or_with_logic_do_not_share(change):
    pair = twins("AB", (80, 3))
    for one in pair:
        one["modes"].append(one["modes"][0] | {"id": "n"})
        one |= change
    given = {"A": bought(H100, 500), "B": bought(H100, 1, mode="n")}
    assert shared(zones(*pair), given) == given


def test_a_share_that_would_break_a_limit_is_not_made():
    """The floor is below zero: no one may hold more work than its curve, and 0.01 would be more."""
    pair = twins("AB", ("1.005", 3))
    fields = zones(*pair) | {"price": {"floor": "-1", "cap": "9"}}
    given = {"A": bought(H100, 100), "B": bought(H100, 101)}
    assert shared(fields, given) == given


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=2, max_size=5),
)
def test_what_equals_hold_together_is_kept_and_no_ceiling_is_passed(amounts):
    """Draw what each of up to five holds of two products, three chips at most: the shares too."""
    held = {
        name: bought(H100, near) | bought(FAR, min(far, 300 - near))
        for name, (near, far) in zip("ABCDE", amounts, strict=False)
    }
    found = shared(zones(*twins(held, (80, 3), chips_max=3)), held)
    for product in (H100, FAR):
        key = Key("m", product, OD, 0)
        each = [found.get(name, {}).get(key, 0) for name in held]
        assert sum(each) == sum(lines.get(key, 0) for lines in held.values())
        assert max(each) - min(each) <= 1
    totals = [sum(found.get(name, {}).values()) for name in held]
    assert max(totals) - min(totals) <= 1
    assert max(totals) <= 300


@given(
    st.lists(st.integers(0, 3), min_size=3, max_size=3),
    st.lists(st.integers(0, 3), min_size=2, max_size=2),
    st.integers(10_000, 60_000),
)
def test_money_in_is_money_out_whatever_was_cut(buys, sells, ticks):
    """Cut E1 at random and award it at any price: all payments and uplift sum to zero."""
    fields = e1(offer("dear", 21, H100, 50, 2)) | {"sponsor_account": 3}
    given = {
        "A": bought(H100, 4000 - buys[0]), "B": bought(H100, 3000 - buys[1]),
        "pool": sold(H100, 6000 - sells[0]), "dear": sold(H100, 1000 - sells[1]),
    }  # fmt: skip
    found = awarded(fields, given, ticks)
    owed = sum(part.owed_microusd for part in found.parts)
    assert owed + found.sponsor_microusd == found.rent_microusd
    instance = from_fields(fields)
    for part in found.parts:
        worth = instance.bid_by_id[part.id].worth(instance.context, part.held)
        hours = Fraction(sum(line.quantity_hundredths for line in part.lines))
        assert worth * USD - part.owed_microusd >= -hours / 2
