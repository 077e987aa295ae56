"""BALANCE: cut amounts come into exact balance, the unit of least margin first.

Takes   runs of known outcome; amounts cut on purpose.
Gives   what everyone holds in balance.
Keeps   least output, chips chosen by name and limits of arcs.
Source  docs/formulation/auction.md, section 6, rule 2.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import OD
from auction_fields import OD_ONLY
from auction_fields import bid
from auction_fields import offer
from auction_fields import run
from award_books import book_of
from award_books import bought
from award_books import lines
from award_books import sold
from chiphour.auction.balance import balance
from chiphour.auction.balance import give_up
from chiphour.auction.grid import BUY
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.prices import ClearingFailed

FAR = "H100/node8/far"


def e1():
    """Give 100 chips at 1; A does 2 units a chip at 3, then 1.5; B one unit a chip at 4, then 2."""
    bids = [
        bid("A", 10, {H100: "2"}, (80, 3), (80, "1.5")),
        bid("B", 11, {H100: "1"}, (30, 4), (60, 2)),
    ]
    return run([HOPPER], [*bids, offer("pool", 20, H100, 100, 1)])


def two_zones(least="0", most="20"):
    """Give E1's pool in one region, its workload B in another, and a way between."""
    fields = e1()
    fields["products"].append(HOPPER | {"region": "far"})
    fields["bids"][1]["modes"][0]["perf"][0]["product"] = FAR
    ends = {"from": H100, "to": FAR, "tier": OD, "min": [least], "max": [most]}
    return fields | {"arcs": [ends]}


def balanced(fields, given, **others):
    book = book_of(fields, given, **others)
    balance(book)
    return lines(book), book


def test_the_longer_side_gives_up_its_unit_of_least_margin():
    """100 chips for 100.02: A's last units are worth 3 a chip-hour, B's 4."""
    given = {"A": bought(H100, 7001), "B": bought(H100, 3001), "pool": sold(H100, 10_000)}
    found, book = balanced(e1(), given)
    assert found == {"A": bought(H100, 7000), "B": bought(H100, 3000), "pool": sold(H100, 10_000)}
    assert sum(book.given_up.values()) == 2


def test_the_seller_who_costs_most_gives_up_first():
    fields = e1()
    fields["bids"].append(offer("dear", 21, H100, 100, 2))
    given = {"A": bought(H100, 5), "pool": sold(H100, 4), "dear": sold(H100, 4)}
    found, _ = balanced(fields, given)
    assert (found["pool"], found["dear"]) == (sold(H100, 4), sold(H100, 1))


def test_a_difference_travels_along_arcs_to_where_it_can_end():
    """Far has no seller: what B lacks there is taken off the flow, and off the pool."""
    given = {"A": bought(H100, 7000), "B": bought(FAR, 1999), "pool": sold(H100, 9000)}
    found, book = balanced(two_zones(), given, flows={(0, 0): 2000})
    assert found == given | {"pool": sold(H100, 8999)}
    assert book.flows == {(0, 0): 1999}


def test_each_slot_settles_its_own_difference_before_an_arc_is_asked():
    given = {"A": bought(H100, 7000), "B": bought(FAR, 2000), "pool": sold(H100, 9000)}
    found, book = balanced(two_zones(most="21"), given, flows={(0, 0): 1999})
    assert found == {"A": bought(H100, 7000), "B": bought(FAR, 1999), "pool": sold(H100, 8999)}
    assert book.flows == {(0, 0): 1999}


def test_two_differences_that_no_one_can_settle_meet_along_an_arc():
    """Near may not sell less, and what leaves the zone between is more than what arrives."""
    fields = two_zones()
    fields["products"].append(HOPPER | {"region": "mid"})
    mid = "H100/node8/mid"
    fields["arcs"] = [
        {"from": source, "to": target, "tier": OD, "min": ["0"], "max": ["20"]}
        for source, target in ((H100, mid), (mid, FAR))
    ]
    fields["bids"][2] |= {"startup": "1", "output_min": "0.2"}
    given = {"B": bought(FAR, 2000), "pool": sold(H100, 2000)}
    book = book_of(fields, given)
    flows = {(n, 0): 1999 if arc.source == H100 else 2000 for n, arc in enumerate(book.grid.arcs)}
    found, book = balanced(fields, given, flows=flows)
    assert found == given
    assert set(book.flows.values()) == {2000}


def test_a_flow_runs_backwards_where_its_limits_allow():
    fields = two_zones(least="-1")
    fields["bids"].append(offer("far", 21, FAR, 5, 1))
    given = {"A": bought(H100, 10), "far": sold(FAR, 12)}
    found, book = balanced(fields, given, flows={(0, 0): -10})
    assert found == {"A": bought(H100, 10), "far": sold(FAR, 10)}
    assert book.flows == {(0, 0): -10}


def test_a_difference_that_no_arc_can_carry_is_told():
    """The arc must carry 20 chips; far can use none, near sells 20."""
    fields = two_zones(least="20")
    fields["bids"][1]["modes"][0]["chips_max"] = "0.01"
    with pytest.raises(ClearingFailed, match=r"expected arcs that can carry 0\.01 from H100"):
        balanced(fields, {"pool": sold(H100, 2000)}, flows={(0, 0): 2000})


def test_a_flow_cut_below_its_least_is_brought_back():
    """The arc carries 1.5 chips at least: the pool sells them, and B takes what it did not have."""
    given = {"pool": sold(H100, 149), "B": bought(FAR, 149)}
    found, book = balanced(two_zones(least="1.5"), given, flows={(0, 0): 149})
    assert book.flows == {(0, 0): 150}
    assert found == {"pool": sold(H100, 150), "B": bought(FAR, 150)}


def test_least_output_is_restored_and_another_seller_gives_up_for_it():
    """The lease must run at 8 chips; cut to 7.99 it is brought back, and the other gives 0.01."""
    fields = e1()
    fields["bids"].append(offer("lease", 21, H100, 32, 2, startup="1", output_min="0.25"))
    given = {"A": bought(H100, 1000), "pool": sold(H100, 201), "lease": sold(H100, 799)}
    found, _ = balanced(fields, given)
    assert found == {"A": bought(H100, 1000), "pool": sold(H100, 200), "lease": sold(H100, 800)}


def test_least_output_that_no_seller_makes_room_for_is_bought_by_whom_it_suits_best():
    """A's next chip-hour is worth 6, B's 4."""
    fields = e1()
    fields["bids"][2] = offer("lease", 21, H100, 32, 2, startup="1", output_min="0.25")
    found, _ = balanced(fields, {"A": bought(H100, 799), "lease": sold(H100, 799)})
    assert found == {"A": bought(H100, 800), "lease": sold(H100, 800)}


def test_least_output_that_no_whole_unit_meets_is_left_missing():
    """A unit is a hundredth of a chip; the block holds less than one and must run at a quarter."""
    fields = e1()
    lease = offer("lease", 21, H100, "0.01", 2, startup="1", output_min="0.25")
    fields["bids"].append(lease | {"blocks": [{"share": "0.93", "price": "2"}]})
    given = {"A": bought(H100, 200), "pool": sold(H100, 200), "lease": Held(on=(1,))}
    found, book = balanced(fields, given)
    assert found == {"A": bought(H100, 200), "pool": sold(H100, 200)}
    assert not list(book.pools[book.numbers["lease"]].violations(book.context, Held(on=(1,))))


def test_a_pool_that_is_off_is_left_alone():
    fields = e1()
    fields["bids"].append(offer("lease", 21, H100, 32, 2, startup="1", output_min="0.25"))
    given = {"A": bought(H100, 100), "pool": sold(H100, 100), "lease": Held(on=(0,))}
    found, _ = balanced(fields, given)
    assert found == {"A": bought(H100, 100), "pool": sold(H100, 100)}


def test_what_overfills_a_pool_by_the_solvers_error_is_given_up():
    given = {"A": bought(H100, 7001), "B": bought(H100, 3000), "pool": sold(H100, 10_001)}
    found, _ = balanced(e1(), given)
    assert found["pool"] == sold(H100, 10_000)
    assert found["A"] == bought(H100, 7000)


def test_chips_chosen_by_name_beyond_what_the_pool_sells_are_given_up():
    fields = e1()
    for number in (0, 1):
        fields["bids"][number]["modes"][0]["perf"][0]["needs"] = {"cpu": 1}
    fields["bids"][2]["side_stock"] = {"cpu": [500]}
    fields["bids"].append(offer("other", 21, H100, 100, 1))
    given = {
        "A": bought(H100, 100, pool="pool"),
        "B": bought(H100, 100, pool="pool"),
        "pool": sold(H100, 199),
    }
    found, book = balanced(fields, given)
    assert book.named == {("pool", OD, 0): 199}
    assert found["pool"] == sold(H100, 199)


def test_a_slot_without_need_asks_nobody():
    book = book_of(e1(), {"A": bought(H100, 10)})
    assert give_up(book, (H100, OD, 0), BUY, 0) == 0
    assert give_up(book, (H100, OD, 0), BUY, 99) == 10


@given(
    st.lists(st.integers(0, 40), min_size=2, max_size=2),
    st.lists(st.integers(0, 40), min_size=2, max_size=2),
    st.integers(0, 20),
    st.sampled_from((15, 60)),
)
def test_every_slot_ends_in_balance_in_whole_units(buys, sells, flow, minutes):
    """Draw any amounts, over an hour or a quarter: what is bought is what is sold and comes."""
    fields = two_zones()
    fields["bids"].append(offer("dear", 21, FAR, 50, 2))
    fields["delivery"]["step_minutes"] = minutes
    for number in (0, 1):
        window = fields["bids"][number]["modes"][0]["window"]
        window["to"] = window["from"].replace("00:00Z", "15:00Z") if minutes == 15 else window["to"]
    unit = 4 if minutes == 15 else 1
    given = {
        "A": bought(H100, buys[0] * unit),
        "B": bought(FAR, buys[1] * unit),
        "pool": sold(H100, sells[0] * unit),
        "dear": sold(FAR, sells[1] * unit),
    }
    found, book = balanced(fields, given, flows={(0, 0): flow * unit})
    carried = book.flows.get((0, 0), 0)
    amounts = {name: sum(found.get(name, {}).values()) for name in given}
    assert amounts["A"] + carried == amounts["pool"]
    assert amounts["B"] == carried + amounts["dear"]
    assert all(amount % unit == 0 for amount in (*amounts.values(), carried))
    assert all(amounts[name] <= sum(given[name].values()) for name in given)


def test_tiers_are_balanced_each_by_itself():
    fields = run(
        [HOPPER],
        [
            bid("A", 10, {H100: "2"}, (80, 3), tiers=(OD, "spot")),
            offer("pool", 20, H100, 100, 1, tiers=(OD, "spot")),
        ],
        tiers=(*OD_ONLY, {"tier": "spot", "pi": "0", "beta": "1.25"}),
    )
    given = {
        "A": bought(H100, 10) | bought(H100, 20, tier="spot"),
        "pool": sold(H100, 11) | sold(H100, 19, tier="spot"),
    }
    found, _ = balanced(fields, given)
    assert found["A"] == {Key("m", H100, OD, 0): 10, Key("m", H100, "spot", 0): 19}
    assert found["pool"] == {Key("", H100, OD, 0): 10, Key("", H100, "spot", 0): 19}
