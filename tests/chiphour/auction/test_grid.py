"""GRID: products, intervals and arcs are read, numbered and written the same way every time.

Takes   the shared part of a run.
Gives   a grid, or a refusal.
Keeps   slots independent of the order in which products came; money whole at every step.
Source  docs/formulation/auction.md, section 1.
"""

from fractions import Fraction
from itertools import pairwise
from itertools import permutations
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction_fields import A100
from auction_fields import AMPERE
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import run
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import SETTLE_MINUTES
from chiphour.auction.grid import STEP_MINUTES
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.grid import gang_chain
from chiphour.auction.grid import grid_fields
from chiphour.auction.grid import read_grid
from chiphour.auction.grid import read_product_id
from chiphour.auction.grid import read_tier_name
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NS_PER_MINUTE
from chiphour.units import TICKS_PER_USD

SHARED = ("delivery", "price", "tiers", "products", "arcs")
FROM = "2026-12-01T00:00:00Z"
TIER = {"tier": "od", "pi": "0", "beta": "1"}
SPOT = {"tier": "spot", "pi": "0.15", "beta": "1.25"}
ARC = {"from": H100, "to": A100, "tier": "od", "min": ["-1", "0"], "max": ["0", "2"]}
TWO = run([HOPPER, AMPERE], [], hours=2, tiers=[TIER, SPOT], arcs=[ARC])


def read(fields):
    return read_grid(Fields({name: fields[name] for name in SHARED}, "run"))


def grid_of(step_minutes, intervals=3):
    tiers = (Tier("od", 0, 1), Tier("spot", 0, 1))
    return Grid(0, step_minutes, intervals, 0, 10, tiers, (Product("A", "d", "r"),) * 4, ())


def test_a_grid_is_written_as_it_was_read():
    grid = read(TWO)
    assert read(grid_fields(grid)) == grid
    assert grid_fields(read(grid_fields(grid))) == grid_fields(grid)
    assert grid.slots == 8
    assert grid.iso(2) == "2026-12-01T02:00:00Z"
    assert grid.tiers == (Tier("od", 0, 1_000_000), Tier("spot", 150_000, 1_250_000))
    assert grid.regions == ("us",)


def test_products_are_numbered_by_name_not_by_order():
    assert read(TWO | {"products": [AMPERE, HOPPER]}) == read(TWO)
    assert read(TWO).product_numbers == {A100: 0, H100: 1}
    assert read(TWO).tier_numbers == {"od": 0, "spot": 1}


def test_arcs_are_sorted_too():
    arcs = [ARC, ARC | {"tier": "spot"}, ARC | {"from": A100, "to": H100}]
    assert len({read(TWO | {"arcs": list(order)}) for order in permutations(arcs)}) == 1


def test_every_product_tier_and_interval_has_a_slot_of_its_own():
    grid = grid_of(60)
    slots = [grid.slot(*where) for where in product(range(4), range(2), range(3))]
    assert sorted(slots) == list(range(grid.slots))
    assert slots == sorted(slots)  # Intervals lie together, tiers of a product next.


@given(st.sampled_from(STEP_MINUTES), st.integers(0, 1 << 32), st.integers(-(1 << 28), 1 << 28))
def test_the_unit_costs_whole_microdollars_at_every_step(step_minutes, units, ticks):
    grid = grid_of(step_minutes)
    quantity = units * grid.unit_hundredths
    usd = Fraction(quantity, HUNDREDTHS) * Fraction(ticks, TICKS_PER_USD)
    usd *= Fraction(step_minutes, 60)
    assert grid.money_microusd(quantity, ticks) == usd * MICROUSD_PER_USD


@pytest.mark.parametrize("step_minutes", STEP_MINUTES)
def test_no_smaller_unit_would_do_and_chips_are_multiples_of_it(step_minutes):
    """At 5 minutes the unit is 0.12 chip: three chips are a multiple of it, one is none."""
    grid = grid_of(step_minutes)
    least = 3 if step_minutes in (5, 10, 20) else 1
    assert next(c for c in (1, 2, 3) if c * HUNDREDTHS % grid.unit_hundredths == 0) == least
    for smaller in range(1, grid.unit_hundredths):
        with pytest.raises(AssertionError, match="multiple of the unit"):
            grid.money_microusd(smaller, 1)


@pytest.mark.parametrize("settle_minutes", SETTLE_MINUTES)
def test_what_settles_by_less_than_its_interval_has_the_unit_of_that(settle_minutes):
    """The unit is that of the slots, so that each of them costs whole micro-dollars too."""
    delivery = TWO["delivery"] | {"step_minutes": 60, "settle_minutes": settle_minutes}
    grid = read(TWO | {"delivery": delivery})
    assert grid.slot_minutes == settle_minutes
    assert grid.unit_hundredths == grid_of(settle_minutes).unit_hundredths
    assert grid.ends_ns - grid.opens_ns == grid.intervals * 60 * NS_PER_MINUTE
    told = grid_fields(grid)["delivery"]
    assert told.get("settle_minutes", 60) == settle_minutes
    assert read(TWO | {"delivery": told}) == grid


@pytest.mark.parametrize(("step", "settle"), [(30, 20), (15, 60), (60, 45), (10, 4), (5, 10)])
def test_an_interval_is_whole_slots(step, settle):
    delivery = {"from": FROM, "step_minutes": step, "intervals": 1, "settle_minutes": settle}
    with pytest.raises(RequestMalformed, match=r"run\.delivery\.settle_minutes: expected"):
        read(TWO | {"delivery": delivery, "arcs": []})


def test_other_steps_are_refused():
    delivery = {"from": FROM, "step_minutes": 20, "intervals": 1}
    for minutes in (1, 4, 45, 120):
        with pytest.raises(RequestMalformed, match=r"run\.delivery\.step_minutes: expected"):
            read(TWO | {"delivery": delivery | {"step_minutes": minutes}, "arcs": []})


def test_idle_chips_cost_nothing_only_where_prices_cannot_be_negative():
    assert read(TWO).disposal_is_free
    assert not read(TWO | {"price": {"floor": "-0.0001", "cap": "2"}}).disposal_is_free


def test_a_domain_takes_gangs_of_one_two_four_and_eight_where_they_fill_it():
    assert gang_chain(8) == [1, 2, 4, 8]
    assert gang_chain(12) == [1, 2, 4, 12]
    assert gang_chain(72) == [1, 2, 4, 8, 72]
    assert gang_chain(1) == [1]
    assert gang_chain(3) == [1, 3]
    for chips in range(1, 200):
        shape = HOPPER | {"domain_chips": chips}
        assert read(TWO | {"products": [shape | {"gang_chips": gang_chain(chips)}, AMPERE]})


@given(st.lists(st.integers(0, 12), max_size=4), st.integers(1, 24))
def test_sizes_of_gangs_are_a_chain_of_divisors(sizes, domain):
    """Accepted exactly if each is below the next, divides it, and the last divides the domain."""
    good = bool(sizes) and all(size >= 1 for size in sizes)
    good = good and all(b > a and b % a == 0 for a, b in pairwise(sizes))
    good = good and domain % sizes[-1] == 0
    fields = TWO | {"products": [HOPPER | {"domain_chips": domain, "gang_chips": sizes}, AMPERE]}
    if good:
        assert read(fields).products[1].gang_chips == tuple(sizes)
    else:
        with pytest.raises(RequestMalformed, match=r"run\.products\[0\]\.gang_chips: expected"):
            read(fields)


DELIVERY = {"from": FROM, "step_minutes": 60, "intervals": 2}
REFUSED = [
    ({"price": {"floor": "2", "cap": "2"}}, "price.cap: expected a price above the floor, found"),
    ({"price": {"floor": "0", "cap": "2", "x": 1}}, "price: expected no other field, found x"),
    ({"delivery": DELIVERY | {"from": "2026-12-01T00:30:00Z"}}, "delivery.from: expected the"),
    ({"delivery": DELIVERY | {"from": "today"}}, "delivery.from: expected an ISO 8601 time"),
    ({"delivery": DELIVERY | {"intervals": 0}}, "delivery.intervals: expected an integer from 1"),
    ({"delivery": DELIVERY | {"intervals": 745}}, "delivery.intervals: expected an integer from 1"),
    ({"delivery": DELIVERY | {"hours": 1}}, "delivery: expected no other field, found hours"),
    ({"tiers": []}, "tiers: expected one or more tiers, each once, found 0"),
    ({"tiers": [TIER, TIER]}, "tiers: expected one or more tiers, each once, found 2"),
    ({"tiers": [TIER | {"pi": "1"}]}, "tiers[0].pi: expected"),
    ({"tiers": [TIER | {"beta": "0"}]}, "tiers[0].beta: expected"),
    ({"tiers": [TIER | {"beta": "4.000001"}]}, "tiers[0].beta: expected"),
    ({"products": []}, "products: expected one or more products, each once, found 0"),
    ({"products": [HOPPER, HOPPER]}, "products: expected one or more products, each once, found 2"),
    ({"products": [HOPPER | {"domain_chips": 0}]}, "products[0].domain_chips: expected an integer"),
    ({"products": [HOPPER | {"gang_chips": [True]}]}, "products[0].gang_chips: expected rising"),
    ({"products": [HOPPER | {"gang_chips": "8"}]}, "products[0].gang_chips: expected rising"),
    ({"products": [HOPPER | {"chip": "H 100"}]}, "products[0].chip: expected a name"),
    ({"arcs": [ARC | {"from": "a"}]}, "arcs[0].from: expected a product of this run, found 'a'"),
    ({"arcs": [ARC | {"tier": "gold"}]}, "arcs[0].tier: expected a tier of this run, found 'gold'"),
    ({"arcs": [ARC | {"to": H100}]}, "arcs[0].to: expected another product than `from`"),
    ({"arcs": [ARC | {"min": ["0", "3"]}]}, "arcs[0].min[1]: expected a flow not above its max"),
    ({"arcs": [ARC | {"max": ["0"]}]}, "arcs[0].max: expected a list of 2 quantities"),
    ({"arcs": [ARC, ARC | {"max": ["5", "5"]}]}, "arcs: expected each pair of products once on a"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), REFUSED)
def test_a_malformed_grid_is_refused_with_its_place(change, said):
    with pytest.raises(RequestMalformed) as caught:
        read(TWO | change)
    assert str(caught.value).startswith(f"run.{said}")


def test_only_products_and_tiers_of_the_run_are_known():
    grid = read(TWO)
    asked = {"good": H100, "bad": "B200/node8/us", "tier": "spot", "other": "Spot"}
    assert read_product_id(Fields(asked, "bid"), "good", grid.products) == H100
    assert read_tier_name(Fields(asked, "bid"), "tier", grid.tiers) == "spot"
    with pytest.raises(RequestMalformed, match=r"bid\.bad: expected a product of this run"):
        read_product_id(Fields(asked, "bid"), "bad", grid.products)
    with pytest.raises(RequestMalformed, match=r"bid\.other: expected a tier of this run"):
        read_tier_name(Fields(asked, "bid"), "other", grid.tiers)
