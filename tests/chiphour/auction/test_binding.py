"""BINDING: what held a run back is told with the figures of the duals, and nothing else is.

Takes   small cleared runs of which it is known what binds.
Gives   bindings; their prices from the duals again, and from the market with one unit more.
Keeps   sentences and numbers in step.
Source  docs/formulation/auction.md, section 3.
"""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import settings

from auction_fields import A100
from auction_fields import AMPERE
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_rich import rich
from auction_runs import runs
from chiphour.auction.binding import Binding
from chiphour.auction.binding import bindings
from chiphour.auction.binding import reserve_text
from chiphour.auction.binding import stretch_text
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.solve import solve
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import text_from_ticks

ARC = {"from": H100, "to": A100, "tier": "od", "min": ["0"] * 2, "max": ["20", "20"]}


def wants(name, units, usd, hours=(0, 2), product=H100, **mode):
    return bid(name, 10, {product: "1"}, (units, usd), hours=hours, **mode)


def told(cleared, *bids, products=(HOPPER,), hours=2, **others):
    return bindings(*cleared(run(products, bids, hours=hours, **others)))


def test_nothing_binds_where_nobody_is_short(cleared):
    assert told(cleared, offer("pool", 20, H100, 100, 1, hours=2), wants("w", 50, 3)) == ()


def test_a_product_that_is_sold_out_is_told_with_what_a_chip_more_is_worth(cleared):
    """Ten an hour at 1 for a bid of 40 at 3: a chip more is worth 2 beyond its cost."""
    found = told(cleared, offer("pool", 20, H100, 10, 1, hours=2), wants("w", 40, 3))
    assert found == (
        Binding(
            "product", H100, 0, 2, 20_000,
            f"Every chip of {H100} is taken from 00:00 to 02:00: one more would be worth $2.0000 "
            "an hour beyond what the dearest block asks.",
        ),
    )  # fmt: skip


def test_of_several_pools_the_one_with_least_to_gain_counts(cleared):
    pools = [
        offer("cheap", 20, H100, 10, 1, hours=2),
        offer("dear", 21, H100, [10, 10], "2.5", hours=2),
    ]
    found = told(cleared, *pools, wants("w", 80, 3))
    assert [(one.kind, one.price_ticks) for one in found] == [("product", 5_000)]
    assert told(cleared, *pools, wants("w", 30, 3)) == ()


def test_hours_of_one_price_stand_together_and_the_dearest_come_first(cleared):
    pool = offer("pool", 20, H100, [10] * 4, 1, hours=4)
    bids = [wants("a", 20, 3, (0, 1)), wants("b", 40, 3, (1, 3)), wants("c", 20, 3, (3, 4))]
    found = told(cleared, pool, *bids, hours=4)
    assert [(one.first, one.end, one.price_ticks) for one in found] == [(0, 4, 20_000)]
    found = told(cleared, pool, bids[0], wants("b", 40, 5, (1, 3)), bids[2], hours=4)
    assert [(one.first, one.end, one.price_ticks) for one in found] == [
        (1, 3, 40_000), (0, 1, 20_000), (3, 4, 20_000),
    ]  # fmt: skip


def test_reserve_that_is_short_is_told_with_its_price(cleared):
    """Ten chips, ten wanted at 3 and five kept at 4: a chip more kept is worth 2 to a buyer."""
    pool = offer("pool", 20, H100, 10, 1, hours=1, reserve=True)
    bids = [pool, wants("w", 10, 3, (0, 1)), reserve("us", (5, 4))]
    found = {one.kind: one for one in told(cleared, *bids, hours=1)}
    assert found["reserve"].price_ticks == 20_000
    assert found["reserve"].text == (
        "Reserve in us is short from 00:00 to 01:00: one chip more kept free there is worth "
        "$2.0000 an hour, and that is in the price of all chips whose pools keep reserve."
    )
    instance, result = cleared(run([HOPPER], bids))
    assert reserve_text(instance, result) == "at least 5 chips kept in reserve"
    instance, result = cleared(run([HOPPER], bids[:2]))
    assert reserve_text(instance, result) == "at least 0 chips kept in reserve"


def test_a_side_resource_that_is_sold_out_is_told(cleared):
    """Six CPUs and two a chip: three chips at 5, so that a CPU is worth (5 - 1) / 2."""
    pool = offer("pool", 20, H100, 10, 1, hours=2, side_stock={"cpu": [6, 6]})
    found = told(cleared, pool, wants("w", 40, 5, needs={"cpu": 2}))
    assert [(one.kind, one.name, one.price_ticks) for one in found] == [
        ("side", "pool cpu", 20_000)
    ]
    assert found[0].text == (
        "pool has no more cpu from 00:00 to 02:00: a unit of it is worth $2.0000 an hour."
    )


def test_a_way_at_its_limit_is_told_with_the_difference_of_prices(cleared):
    bids = [
        offer("here", 20, H100, 100, 1, hours=2), offer("there", 21, A100, 10, 2, hours=2),
        wants("w", 200, 5, product=A100),
    ]  # fmt: skip
    found = told(cleared, *bids, products=(HOPPER, AMPERE), arcs=[ARC])
    way = next(one for one in found if one.kind == "arc")
    assert way.price_ticks == 40_000
    assert way.text == (
        f"The way from {H100} to {A100} is full from 00:00 to 02:00: one chip more is worth "
        "$4.0000 an hour."
    )
    wide = ARC | {"max": ["90", "90"]}
    found = told(
        cleared, *bids[:2], wants("w", 60, 5, product=A100), products=(HOPPER, AMPERE), arcs=[wide]
    )
    assert not [one for one in found if one.kind == "arc"]


def test_a_way_to_where_nothing_has_a_price_is_not_told(cleared):
    """Nobody bids or offers there: the dual of that end is no price, so the way has none."""
    shut = ARC | {"max": ["0", "0"]}
    pool = offer("pool", 20, H100, 100, 1, hours=2)
    fields = run([HOPPER, AMPERE], [pool, wants("w", 5, 3)], hours=2, arcs=[shut])
    instance, result = cleared(fields)
    assert [price.price_ticks is None for price in result.prices] == [True, True, False, False]
    assert bindings(instance, result) == ()


def test_a_budget_that_is_spent_is_told_with_what_a_dollar_more_would_bring(cleared):
    limited = wants("w", 40, 3) | {"limits": {"spend_usd": "9"}}
    instance, result = cleared(
        run([HOPPER], [offer("pool", 20, H100, 100, 1, hours=2), limited], hours=2)
    )
    (found,) = bindings(instance, result)
    assert (found.kind, found.name, found.first, found.end) == ("budget", "w", 0, 2)
    assert found.price_ticks == 20_000
    assert found.text == "w spends its whole budget: a dollar more would bring it $2.0000."


def test_one_unit_more_adds_what_is_told(cleared):
    """Of everything that binds in a rich run without budgets: give a unit more, clear again."""
    fields = rich()
    fields["bids"] = [
        {name: value for name, value in one.items() if name != "limits"} for one in fields["bids"]
    ]
    instance, result = cleared(fields)
    found = {(one.kind, one.name): one for one in bindings(instance, result)}
    side = found["side", "base cpu"]
    more = deepcopy(fields)
    base = next(one for one in more["bids"] if one["id"] == "base")
    base["side_stock"]["cpu"][0] += 2
    gain = clear(from_fields(more), solve).welfare_nanousd - result.welfare_nanousd
    per_unit = gain / 2 / NANOUSD_PER_USD
    assert per_unit == pytest.approx(side.price_ticks / 10_000, abs=0.02)


@settings(derandomize=True, max_examples=12)
@given(runs(budget=True))
def test_every_figure_is_a_dual_and_stands_in_its_sentence(fields):
    instance, _ = read_run(fields)
    result = clear(instance, solve)
    money, grid = result.money, instance.grid
    found = bindings(instance, result)
    assert list(found) == sorted(found, key=lambda one: -one.price_ticks)
    for one in found:
        assert one.price_ticks > 0 and 0 <= one.first < one.end <= grid.intervals
        assert f"${text_from_ticks(one.price_ticks)}" in one.text
        duals = {
            "reserve": {(one.name, t): t for t in range(one.first, one.end)},
            "side": {(*one.name.split(), t): t for t in range(one.first, one.end)},
        }.get(one.kind, {})
        given = money.reserve if one.kind == "reserve" else money.sides
        for key in duals:
            assert abs(given[key] - one.price_ticks * NANOUSD_PER_TICK) <= NANOUSD_PER_TICK // 2
        if one.kind == "budget":
            picos = money.budgets[one.name]
            assert abs(picos - one.price_ticks * 10**8) <= 10**8 // 2
    for kind, names in (("reserve", {n for n, _ in money.reserve}), ("budget", set(money.budgets))):
        assert {one.name for one in found if one.kind == kind} <= names


def test_a_stretch_is_told_in_hours_or_with_its_days():
    day = from_fields(run([HOPPER], [], hours=24)).grid
    assert stretch_text(day, 14, 17) == "from 14:00 to 17:00"
    assert stretch_text(day, 20, 24) == "from 20:00 to 24:00"
    days = from_fields(run([HOPPER], [], hours=25)).grid
    assert stretch_text(days, 22, 25) == "from 2026-12-01 22:00 to 2026-12-02 01:00"
