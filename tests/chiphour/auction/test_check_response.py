"""CHECK_RESPONSE: at the duals everyone holds what it would choose; at others somebody does not.

Takes   a run in which everything is awarded; small runs of a hundred chips; duals moved by cents.
Gives   violations of "response", by whom.
Keeps   the tolerance in units: what a stranger bids loosens nothing.
Source  docs/formulation/auction.md, section 7.
"""

from dataclasses import replace

import pytest

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_fields import virtual
from auction_rich import RICH
from chiphour.auction.check import tolerance_usd
from chiphour.auction.check_form import case
from chiphour.auction.check_money import books
from chiphour.auction.check_response import RESPONSES
from chiphour.auction.check_response import market
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.solve import solve

CENT = 10_000_000  # Nano-dollars.
PLAIN = [
    offer("p", 20, H100, 100, (60, 1), (40, 2), reserve=True),
    bid("b", 10, {H100: "1"}, (50, 5), (50, "1.5")),
    bid("c", 11, {H100: "2"}, (30, 4), chips_max=15),
]


def asked(fields):
    instance = from_fields(fields)
    return books(case(instance, clear(instance, solve)))


def told(given, **changes):
    """Give who is told of at other duals."""
    result = given.case.result
    duals = replace(result.fixed, **changes)
    return told_of(given.case, result._replace(fixed=duals))


def told_of(given, result):
    """Give who is told of when the result is another."""
    changed = books(case(given.given, result))
    return {found.where for rule in RESPONSES for found in rule(changed)}


def with_lines(given, who, *lines):
    """Give the result in which somebody holds other lines, or nothing."""
    award = given.case.result.award
    parts = [part._replace(lines=lines) if part.id == who else part for part in award.parts]
    parts = tuple(part for part in parts if part.lines or part.id != who)
    return given.case.result._replace(award=award._replace(parts=parts))


@pytest.mark.parametrize("fields", [RICH, run([HOPPER], PLAIN)], ids=["rich", "plain"])
def test_at_its_own_duals_everyone_holds_what_it_would_choose(fields):
    assert told(asked(fields)) == set()


def test_a_price_moved_by_a_cent_leaves_somebody_with_chips_it_would_not_hold():
    """p sells 5 of the 40 chips of its second block: at another price it would sell all or none."""
    given = asked(run([HOPPER], PLAIN))
    (price,) = given.case.result.fixed.slots
    assert price == 2_000_000_000
    for moved in (price + CENT, price - CENT):
        assert told(given, slots=(moved,), pools={("p", 0): moved}) >= {"p interval 0"}


def test_a_bid_at_the_cap_loosens_the_sum_and_not_this():
    stranger = bid("s", 12, {H100: "1"}, ("0.01", 26_843), chips_max="0.01")
    given, alone = asked(run([HOPPER], [*PLAIN, stranger], cap=26_843)), asked(run([HOPPER], PLAIN))
    assert tolerance_usd(given) > 100 * tolerance_usd(alone)
    (price,) = given.case.result.fixed.slots
    assert told(given) == set()
    assert told(given, slots=(price + CENT,), pools={("p", 0): price + CENT})
    more = market(given).apart[H100][0] - market(alone).apart[H100][0]
    assert 0 <= more <= 3 * given.case.grid.unit_hundredths


def test_views_and_reserve_are_asked_too():
    others = [
        reserve("us", (10, "0.5"), (50, "0.1")),
        virtual("hope", 30, "buy", H100, (5, 4), hours=1),
        virtual("doubt", 31, "sell", H100, (5, "0.5"), hours=1),
    ]
    given = asked(run([HOPPER], [*PLAIN, *others], sponsor_account=3))
    assert told(given) == set()
    (price,) = given.case.result.fixed.slots
    assert "hope interval 0" in told(given, slots=(5 * 10**9,), pools={})
    assert "doubt interval 0" in told(given, slots=(10**8,), pools={})
    kept = given.case.result.fixed.reserve.get(("us", 0), 0)
    assert {"reserve-us interval 0"} <= told(given, reserve={("us", 0): kept + 6 * 10**8})
    assert price


def test_who_is_left_out_altogether_is_told_what_it_lacks():
    """c, whose work is worth 8 a chip, holds nothing at a price of 2: fifteen chips would gain."""
    given = asked(run([HOPPER], PLAIN))
    left = with_lines(given, "c")
    assert left.fixed.work["c", "m", "work"] == 4 * 10**12  # So its chips gain, its work does not.
    assert told_of(given.case, left) == {"c m interval 0"}
    fixed = replace(left.fixed, work={**left.fixed.work, ("c", "m", "work"): 10**12})
    assert told_of(given.case, left._replace(fixed=fixed)) == {"c m block 0"}


def test_work_beyond_what_is_worth_its_price_is_told_in_each_block():
    """A unit costs 2: b's first fifty are worth it, the ten and the thirty that follow are not."""
    tail = bid("b", 10, {H100: "1"}, (50, 5), (10, "1.5"), (50, 1))
    given = asked(run([HOPPER], [PLAIN[0], tail, PLAIN[2]]))
    (line,) = next(part.lines for part in given.case.result.award.parts if part.id == "b")
    more = with_lines(given, "b", line._replace(quantity_hundredths=9_000))
    assert {who for who in told_of(given.case, more) if "block" in who} == {
        "b m block 1",
        "b m block 2",
    }


def test_what_cutting_can_have_moved_adds_up_over_a_window():
    far = HOPPER | {"region": "eu"}
    products = (H100, "H100/node8/eu")
    bids = [
        offer("p", 20, H100, 100, 1, hours=3),
        offer("q", 21, products[1], 100, 1, hours=3),
        bid("b", 10, dict.fromkeys(products, "1"), (50, 5), hours=(0, 3)),
    ]
    arc = {"from": H100, "to": products[1], "tier": "od", "min": ["0"] * 3, "max": ["5"] * 3}
    for arcs in ([], [arc]):
        found = market(asked(run([HOPPER, far], bids, hours=3, arcs=arcs)))
        for first, end in ((0, 3), (1, 2), (2, 2)):
            for some in (products, products[:1]):
                each = sum(found.moved(interval, *some) for interval in range(first, end))
                assert found.moved_within(first, end, some) == each
        assert found.moved_within(0, 3, products) > 0


def test_what_has_a_premium_or_is_scarce_must_be_used_up():
    given = asked(RICH)
    duals = given.case.result.fixed
    premiums = {**duals.premiums, ("base", "spot", 0): CENT}
    assert "base spot interval 0" in told(given, premiums=premiums)
    needy = bid("b", 10, {H100: "1"}, (10, 5), needs={"cpu": 2})
    given = asked(run([HOPPER], [offer("p", 20, H100, 30, 1, side_stock={"cpu": [60]}), needy]))
    assert told(given) == set()
    assert "p cpu interval 0" in told(given, sides={("p", "cpu", 0): CENT})


def test_chips_sold_below_their_own_price_are_told():
    given = asked(run([HOPPER], PLAIN))
    (price,) = given.case.result.fixed.slots
    assert "p od interval 0" in told(given, pools={("p", 0): price + CENT})


def test_a_run_without_the_pools_that_a_mode_needs_is_cleared_without_the_mode():
    """What nobody stocks any more has no best rate: the check once ended with an exception."""
    needy = bid("n", 10, {H100: "1"}, (10, 5), needs={"cpu": 2})
    stocked = offer("p", 20, H100, 30, 1, side_stock={"cpu": [60]})
    others = [offer("q", 21, H100, 30, 1), bid("b", 11, {H100: "1"}, (10, 5))]
    instance = from_fields(run([HOPPER], [stocked, needy, *others]))
    left = replace(instance, bids=tuple(one for one in instance.bids if one.id != "p"))
    result = clear(left, solve)
    assert {part.id for part in result.award.parts} == {"b", "q"}
    assert not told(books(case(left, result)))
