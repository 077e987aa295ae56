"""MERIT: reserve is what is left, best steps first; cut units come back where both sides gain.

Takes   runs of known outcome; books in balance, cut on purpose.
Gives   what is kept, served and given back.
Keeps   every slot in balance and every limit.
Source  docs/formulation/auction.md, section 6, rules 3 and 4, and equation 9.
"""

from hypothesis import given
from hypothesis import strategies as st

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import OD
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import offer
from auction_fields import reserve as curve
from auction_fields import run
from award_books import book_of
from award_books import bought
from award_books import lines
from award_books import sold
from chiphour.auction.held import Held
from chiphour.auction.merit import reserve
from chiphour.auction.merit import restore


def kept(book):
    return {bid.id: book.rest[n].reserve_hundredths for n, bid in enumerate(book.bids)}


def reserved(pools, curves, given, **others):
    """Give what is kept and served where A may buy from these pools."""
    fields = run([HOPPER], [bid("A", 10, {H100: "1"}, (80, 3)), *pools, *curves], **others)
    book = book_of(fields, given)
    reserve(book)
    return kept(book)


def test_what_capacity_is_left_is_kept_as_far_as_it_is_asked_for():
    found = reserved(
        [offer("pool", 20, H100, 100, 1, reserve=True)],
        [curve("us", (10, 8), (20, 1))],
        {"pool": sold(H100, 8000), "A": bought(H100, 8000)},
    )
    assert found["pool"] == found["reserve-us"] == (2000,)


def test_never_more_is_kept_than_is_asked_for():
    found = reserved(
        [offer("pool", 20, H100, 100, 1, reserve=True)], [curve("us", (10, 8), (20, 1))], {}
    )
    assert found["pool"] == found["reserve-us"] == (3000,)


def test_steps_worth_nothing_are_not_served():
    found = reserved(
        [offer("pool", 20, H100, 100, 1, reserve=True)], [curve("us", (10, 8), (20, 0))], {}
    )
    assert found["pool"] == found["reserve-us"] == (1000,)


def test_only_pools_that_offer_it_and_are_on_keep_reserve():
    found = reserved(
        [
            offer("sells", 20, H100, 100, 1),
            offer("off", 21, H100, 100, 1, reserve=True, startup="1"),
            offer("pool", 22, H100, 5, 1, reserve=True),
        ],
        [curve("us", (10, 8))],
        {"off": Held(on=(0,))},
    )
    assert [found[name] for name in ("sells", "off", "pool")] == [(0,), (0,), (500,)]
    assert found["reserve-us"] == (500,)


def test_the_pools_that_the_solver_chose_keep_it_first():
    pools = [offer(name, 20, H100, 100, 1, reserve=True) for name in ("one", "two")]
    for name, other in (("one", "two"), ("two", "one")):
        given = {name: Held(reserve_hundredths=(990,))}
        found = reserved(pools, [curve("us", (10, 8))], given)
        assert sum(found[one][0] for one in ("one", "two")) == 1000
        assert found[name][0] >= 990
        assert found[other][0] <= 10


def test_two_curves_of_a_region_are_served_by_price():
    curves = [
        curve("us", (10, 8), (20, 1)) | {"id": "low"},
        curve("us", (3, 9), (9, 2)) | {"id": "high"},
    ]
    found = reserved([offer("pool", 20, H100, "14.5", 1, reserve=True)], curves, {})
    assert (found["low"], found["high"]) == ((1000,), (450,))


def test_over_a_quarter_of_an_hour_reserve_is_kept_in_multiples_of_four():
    fields = run(
        [HOPPER],
        [
            offer("pool", 20, H100, 100, 1, reserve=True),
            curve("us", ("0.30", 8), ("0.20", 7)) | {"id": "one"},
            curve("us", ("0.50", 6)) | {"id": "two"},
        ],
    )
    fields["delivery"]["step_minutes"] = 15
    book = book_of(fields, {})
    reserve(book)
    assert kept(book) == {"pool": (96,), "one": (48,), "two": (48,)}


def e1(*others, **mode):
    bids = [
        bid("A", 10, {H100: "2"}, (80, 3), (80, "1.5")),
        bid("B", 11, {H100: "1"}, (30, 4), (60, 2), **mode),
    ]
    return run([HOPPER], [*bids, offer("pool", 20, H100, 100, 1), *others])


def restored(fields, given, **others):
    book = book_of(fields, given, **others)
    restore(book)
    return lines(book)


def test_units_cut_on_both_sides_come_back():
    given = {"A": bought(H100, 3999), "B": bought(H100, 3000), "pool": sold(H100, 6999)}
    found = restored(e1(), given)
    assert found == given | {"A": bought(H100, 4000), "pool": sold(H100, 7000)}


def test_a_unit_does_not_come_back_to_a_buyer_who_would_lose_by_it():
    """B's next hundredth above 30 chips is worth 2 a chip-hour to him and costs 3."""
    given = {"B": bought(H100, 3000), "pool": sold(H100, 3000)}
    assert restored(e1(), given) == given


def test_where_nobody_gains_nothing_moves():
    """At A's own value of 3 and the pool's own cost of 3 a unit more is worth nothing to either."""
    fields = run([HOPPER], [bid("A", 10, {H100: "1"}, (80, 3)), offer("pool", 20, H100, 100, 3)])
    given = {"A": bought(H100, 3999), "pool": sold(H100, 3999)}
    assert restored(fields, given) == given


def test_a_line_gets_back_what_it_gave_up_and_one_unit_more_at_most():
    given = {"B": bought(H100, 2000), "pool": sold(H100, 2000)}
    fields = e1()
    fields["bids"] = fields["bids"][1:]
    assert restored(fields, given)["B"] == bought(H100, 2001)
    book = book_of(fields, given)
    key = next(iter(given["B"]))
    book.given_up[book.numbers["B"], key] = 3
    book.given_up[book.numbers["pool"], next(iter(given["pool"]))] = 5
    restore(book)
    assert lines(book) == {"B": bought(H100, 2004), "pool": sold(H100, 2004)}


def test_the_best_come_first_where_capacity_is_short():
    """One unit is left of the pool: B's is worth 4 a chip-hour, A's 6, C's 5."""
    fields = e1(bid("C", 12, {H100: "1"}, (30, 5)))
    given = {
        "A": bought(H100, 3999), "B": bought(H100, 2999), "C": bought(H100, 2999),
        "pool": sold(H100, 9997),
    }  # fmt: skip
    fields["bids"][2]["inventory"] = ["99.98"]
    assert restored(fields, given)["A"] == bought(H100, 4000)
    assert restored(fields, given) == given | {"A": bought(H100, 4000), "pool": sold(H100, 9998)}


def test_chips_kept_in_reserve_do_not_come_back():
    fields = e1(curve("us", (100, 2)))
    fields["bids"][2]["reserve"] = True
    given = {"A": bought(H100, 3999), "pool": sold(H100, 3999)}
    book = book_of(fields, given)
    reserve(book)
    restore(book)
    assert lines(book) == given
    assert kept(book)["pool"] == (6001,)


def test_a_budget_is_not_overspent_by_what_comes_back():
    modes = [divisible({H100: "1"}, (80, 5))]
    rich = buy("rich", 10, modes, limits={"spend_usd": "3"})
    fields = run([HOPPER], [rich, offer("pool", 20, H100, 4, 1)])
    given = {"rich": bought(H100, 100), "pool": sold(H100, 100)}
    assert restored(fields, given) == given
    given = {"rich": bought(H100, 99), "pool": sold(H100, 99)}
    assert restored(fields, given) == {"rich": bought(H100, 100), "pool": sold(H100, 100)}


def test_a_chip_of_a_named_pool_comes_back_with_the_pools_own():
    fields = run(
        [HOPPER],
        [
            bid("A", 10, {H100: "1"}, (80, 5), needs={"cpu": 3}),
            offer("pool", 20, H100, 40, 1, side_stock={"cpu": [21]}),
        ],
    )
    given = {"A": bought(H100, 699, pool="pool"), "pool": sold(H100, 699)}
    found = restored(fields, given)
    assert found == {"A": bought(H100, 700, pool="pool"), "pool": sold(H100, 700)}
    assert restored(fields, found) == found  # The stock of 21 cpus carries 7 chips.


@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.integers(10_000, 60_000))
def test_what_comes_back_raises_welfare_and_keeps_every_limit(cuts, ticks):
    """Cut E1 with a dearer pool beside it at random, in balance: nobody loses by the return."""
    fields = e1(offer("dear", 21, H100, 50, 2))
    buys, sells = [4000 - cuts[0], 3000 - cuts[1]], [5000 - cuts[2], 0]
    sells[1] = sum(buys) - sells[0]
    given = {
        "A": bought(H100, buys[0]), "B": bought(H100, buys[1]),
        "pool": sold(H100, sells[0]), "dear": sold(H100, sells[1]),
    }  # fmt: skip
    book = book_of(fields, given, ticks=ticks)

    def surplus(number):
        bid = book.bids[number]
        chips = sum(book.traded[number].values())
        return bid.worth(book.context, book.held(number)) * 10**6 - bid.side * chips * ticks

    before = [surplus(number) for number in range(4)]
    restore(book)
    after = [surplus(number) for number in range(4)]
    assert all(now >= was for now, was in zip(after, before, strict=True))
    amounts = {bid.id: sum(book.traded[n].values()) for n, bid in enumerate(book.bids)}
    assert amounts["A"] + amounts["B"] == amounts["pool"] + amounts["dear"]
    for number, one in enumerate(book.bids):
        assert not list(one.violations(book.context, book.held(number)))
    assert all(key[2] == OD for n in range(4) for key in book.traded[n])
