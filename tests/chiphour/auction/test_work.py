"""WORK: what a mode may buy, by product, tier, pool and step, delivers exactly what eq. 1 says.

Takes   modes in JSON and as records; tiers, pools.
Gives   choices; refusals with the field at fault.
Keeps   rates to the twelfth decimal, cut down, never up.
Source  docs/formulation/auction.md, section 3, equations 1, 2 and 10.
"""

from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction_fields import divisible
from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Context
from chiphour.auction.held import Offered
from chiphour.auction.work import PPB
from chiphour.auction.work import SCHEMA
from chiphour.auction.work import Perf
from chiphour.auction.work import Work
from chiphour.auction.work import choices
from chiphour.auction.work import read_work
from chiphour.auction.work import work_fields
from chiphour.units import PPM
from chiphour.units import ns_from_iso

A, B = "A/d/r", "B/d/r"
OD, SPOT = Tier("od", 0, PPM), Tier("spot", 150_000, 1_250_000)
GRID = Grid(
    ns_from_iso("2026-12-01T00:00:00Z"), 60, 3, -20_000, 100_000, (OD, SPOT),
    (Product("A", "d", "r", 8, (1, 2, 4, 8)), Product("B", "d", "r")), (),
)  # fmt: skip
POOLS = {
    "both": Offered(A, frozenset({"od", "spot"}), frozenset({"cpu", "ram"}), 1_000),
    "few": Offered(A, frozenset({"od"}), frozenset({"cpu"}), 1_000),
    "bare": Offered(A, frozenset({"od", "spot"}), frozenset(), 1_000),
    "other": Offered(B, frozenset({"od"}), frozenset({"cpu"}), 1_000),
}
CONTEXT = Context(GRID, POOLS)
ONE = (PICOS,)
PLAIN = Work(
    "m", ("work",), (Perf(A, (2 * PICOS,), (), ()), Perf(B, ONE, (), ())), (("od", None),),
    0, 0, 0, ((6 * PICOS, 3 * PICOS), (4 * PICOS, PICOS)), 300, 0, 2,
)  # fmt: skip
BOTH = replace(PLAIN, tiers=(("od", None), ("spot", None)))
FIELDS = divisible({A: "2", B: "1"}, (6, 3), (4, 1), hours=(0, 2), chips_max=3)
FIELDS.pop("type")


def read(fields, context=CONTEXT):
    asked = Fields(deepcopy(fields), "m")
    work = read_work(asked, context)
    asked.exhausted()
    return work


def where(work, pools=POOLS):
    return [(c.product, c.tier, c.pool, c.step) for c in choices(work, GRID, pools)]


def of(work, *, tier="od", product=A, step=0, pools=POOLS):
    """Give the one choice of a product, tier and step."""
    (found,) = [
        c
        for c in choices(work, GRID, pools)
        if (c.product, c.tier, c.step) == (product, tier, step)
    ]
    return found


def test_a_mode_is_read_from_its_fields_and_written_back():
    assert read(FIELDS) == PLAIN
    assert set(work_fields(PLAIN, GRID)) == {"id", *SCHEMA}
    full = FIELDS | {
        "perf": [
            {"product": A, "units_per_chip_hour": {"b": "2", "a": "0.5"}, "needs": {"cpu": 2},
             "scale": [["1", "1"], ["2.5", "0.75"]]},
            {"product": B, "units_per_chip_hour": {"a": "1", "b": "0"}},
        ],
        "tiers": [{"tier": "spot", "max_pi": "0.15"}, {"tier": "od"}],
        "interruption": {"loss_units": "0.1", "restart_hours": "0.5", "loss_usd": "0.2"},
    }  # fmt: skip
    work = read(full)
    assert work.factors == ("a", "b")
    assert work.perf[0].rates == (PICOS // 2, 2 * PICOS)
    assert work.tiers == (("od", None), ("spot", 150_000))
    assert read(work_fields(work, GRID)) == work
    assert work_fields(read(work_fields(work, GRID)), GRID) == work_fields(work, GRID)


@given(
    st.lists(st.integers(1, 2_000), min_size=1, max_size=5, unique=True).map(sorted),
    st.lists(st.integers(1, PPM), min_size=5, max_size=5).map(lambda s: sorted(s, reverse=True)),
    st.integers(1, 2_000),
)
def test_a_scale_is_written_as_it_was_read_wherever_the_ceiling_lies(chips, shares, chips_max):
    """Steps beyond the ceiling are never used: they are left out, and what is left is a scale."""
    fields = deepcopy(FIELDS) | {"chips_max": f"{chips_max / 100:.2f}"}
    steps = [[f"{c / 100:.2f}", f"{s / PPM:.6f}"] for c, s in zip(chips, shares, strict=False)]
    fields["perf"] = [fields["perf"][0] | {"scale": steps}]
    work = read(fields)
    assert read(work_fields(work, GRID)) == work
    sizes = [choice.chips_hundredths for choice in choices(work, GRID, {})]
    assert sum(sizes) == min(chips[-1], chips_max) and min(sizes) > 0


def test_what_can_be_bought_is_every_product_on_every_tier_named():
    assert where(PLAIN) == [(A, "od", "", 0), (B, "od", "", 0)]
    assert where(BOTH) == [
        (A, "od", "", 0), (A, "spot", "", 0), (B, "od", "", 0), (B, "spot", "", 0),
    ]  # fmt: skip
    assert [c.chips_hundredths for c in choices(BOTH, GRID, {})] == [300] * 4


def test_a_tier_delivers_what_is_left_after_interruptions():
    """At pi 0.15: 0.85 of 2, less 0.15 x (0.4 lost + 0.5 hours to restart at 2) = 1.49."""
    hurt = replace(BOTH, loss_picounits=4 * PICOS // 10, restart_picohours=PICOS // 2)
    assert of(hurt).rates == (2 * PICOS,)
    assert of(hurt, tier="spot").rates == (1_490_000_000_000,)
    assert of(BOTH, tier="spot").rates == (1_700_000_000_000,)


@given(
    st.integers(1, 10**15), st.integers(0, PPM - 1), st.integers(0, 10**13),
    st.integers(0, 10**13), st.integers(0, 10**13), st.integers(1, PPM),
)  # fmt: skip
def test_rates_are_those_of_equation_1_cut_down_once(rate, pi, loss, restart, usd, share):
    tiers = (Tier("od", pi, PPM),)
    work = replace(PLAIN, perf=(Perf(A, (rate,), ((300, share),), ()),), loss_picounits=loss,
        restart_picohours=restart, loss_picousd=usd,
    )  # fmt: skip
    f, p = Fraction(rate, PICOS), Fraction(pi, PPM)
    exact = (1 - p) * f - p * (Fraction(loss, PICOS) + Fraction(restart, PICOS) * f)
    exact *= Fraction(share, PPM)
    expected = floor(exact * PICOS)
    found = [(c.rates, c.loss_picousd) for c in choices(work, replace(GRID, tiers=tiers), {})]
    assert found == ([((expected,), floor(p * usd))] if expected > 0 else [])


def test_a_tier_that_delivers_nothing_is_no_choice():
    """Losing 12 units at pi 0.15 takes all that 0.85 x 2 does; at 11 a little is left."""
    for units, tiers in ((12, ["od"]), (11, ["od", "spot"])):
        lost = replace(BOTH, loss_picounits=units * PICOS, perf=PLAIN.perf[:1])
        assert [tier for _, tier, _, _ in where(lost)] == tiers
    hardly = replace(BOTH, loss_picounits=34 * PICOS // 3, perf=PLAIN.perf[:1])
    assert [tier for _, tier, _, _ in where(hardly)] == ["od"]  # What is left is cut to nothing.


def test_a_tier_that_interrupts_more_often_than_accepted_is_no_choice():
    for most, accepted in ((149_999, False), (150_000, True), (0, False), (None, True)):
        work = replace(PLAIN, tiers=(("spot", most),))
        assert bool(choices(work, GRID, {})) is accepted


def test_steps_of_a_scale_divide_the_chips_among_them():
    """Of 3 chips one works at its full rate, one and a half at 0.75; the rest not at all."""
    steps = ((100, PPM), (250, 750_000))
    work = replace(BOTH, perf=(Perf(A, (2 * PICOS,), steps, ()),))
    found = [(c.tier, c.step, c.chips_hundredths, c.rates[0]) for c in choices(work, GRID, {})]
    assert found == [
        ("od", 0, 100, 2 * PICOS),
        ("od", 1, 150, 3 * PICOS // 2),
        ("spot", 0, 100, 17 * PICOS // 10),
        ("spot", 1, 150, 1_275_000_000_000),
    ]


def test_needs_are_bought_only_from_pools_that_stock_them_and_sell_the_tier():
    wants = replace(BOTH, perf=(Perf(A, ONE, (), (("cpu", 2),)),))
    assert where(wants) == [
        (A, "od", "both", 0), (A, "od", "few", 0), (A, "spot", "both", 0),
    ]  # fmt: skip
    wants = replace(BOTH, perf=(Perf(A, ONE, (), (("cpu", 2), ("ram", 1))), PLAIN.perf[1]))
    assert where(wants) == [
        (A, "od", "both", 0), (A, "spot", "both", 0), (B, "od", "", 0), (B, "spot", "", 0),
    ]  # fmt: skip
    assert where(wants, {}) == [(B, "od", "", 0), (B, "spot", "", 0)]


def test_a_product_may_do_nothing_of_a_factor_but_not_lose_one_to_a_tier():
    """Where f = 0 nothing is expected; where interruption eats one factor the tier is no choice."""
    two = replace(PLAIN, factors=("a", "b"), perf=(Perf(A, (PICOS, 0), (), ()),), tiers=BOTH.tiers)
    assert of(two, tier="spot").rates == (850_000_000_000, 0)
    eaten = replace(two, perf=(Perf(A, (PICOS, 10 * PICOS), (), ()),), loss_picounits=6 * PICOS)
    assert [tier for _, tier, _, _ in where(eaten)] == ["od"]


def test_values_are_cut_to_the_cap_of_a_chip_hour_on_the_best_product():
    """Cap $10: 2 units a chip-hour are worth at most $5 each, and $3.33.. where 3 are done."""
    assert PLAIN.cut_curve(GRID) is PLAIN.curve
    dear = replace(PLAIN, curve=((PICOS, 7 * PICOS), (PICOS, 5 * PICOS), (PICOS, PICOS)))
    assert [usd for _, usd in dear.cut_curve(GRID)] == [5 * PICOS, 5 * PICOS, PICOS]
    fast = replace(dear, perf=(Perf(A, (3 * PICOS,), (), ()),))
    assert fast.cut_curve(GRID)[0][1] == 3_333_333_333_333
    several = replace(dear, factors=("a", "b"), perf=(Perf(A, (PICOS, 4 * PICOS), (), ()),))
    assert several.cut_curve(GRID)[0][1] == 2_500_000_000_000


@given(st.integers(0, PPB))
def test_scaled_values_are_cut_down_and_still_fall(share):
    scaled = PLAIN.scaled(share).curve
    for (units, usd), (size, before) in zip(scaled, PLAIN.curve, strict=True):
        assert units == size
        assert usd == before * share // PPB
    assert scaled[0][1] >= scaled[1][1]
    assert PLAIN.scaled(PPB) == PLAIN


PERF = FIELDS["perf"][0]
REFUSED = [
    ({"chips_max": "0"}, "m.chips_max: expected chips above zero, found '0'"),
    ({"chips_max": "-1"}, "m.chips_max: expected a quantity that is not negative"),
    ({"perf": []}, "m.perf: expected one or more products, each once, found 0"),
    ({"perf": [PERF, PERF]}, "m.perf: expected one or more products, each once, found 2"),
    ({"perf": [PERF | {"product": "C/d/r"}]}, "m.perf[0].product: expected a product of this run"),
    ({"perf": [PERF, {"product": B, "units_per_chip_hour": {"a": "1"}}]},
     "m.perf: expected the same factors for every product, found ['work']"),
    ({"perf": [PERF | {"units_per_chip_hour": "0"}]},
     "m.perf[0].units_per_chip_hour: expected a number above zero, found '0'"),
    ({"perf": [PERF | {"units_per_chip_hour": {}}]},
     "m.perf[0].units_per_chip_hour: expected a rate, or one of each factor, found 'none'"),
    ({"perf": [PERF | {"units_per_chip_hour": {"a": "0", "b": "0"}}]},
     "m.perf[0].units_per_chip_hour: expected rates not below zero, one above, found ['0', '0']"),
    ({"perf": [PERF | {"units_per_chip_hour": {"a": "1", "b": "-1"}}]},
     "m.perf[0].units_per_chip_hour: expected rates not below zero, one above, found ['1', '-1']"),
    ({"perf": [PERF | {"units_per_chip_hour": ["1"]}]},
     "m.perf[0].units_per_chip_hour: expected an object, found ['1']"),
    ({"perf": [PERF | {"units_per_chip_hour": {"a": "1", "b": "0"}}]},
     "m.perf: expected a product and tier that deliver work, and a pool that stocks what it needs, "
     "found 'none for b'"),
    ({"perf": [PERF | {"needs": {"gpu": 1}}]},
     "m.perf: expected a product and tier that deliver work, and a pool that stocks what it needs, "
     "found 'none for work'"),
    ({"perf": [PERF | {"colour": "red"}]}, "m.perf[0]: expected no other field, found colour"),
    ({"perf": [PERF | {"scale": []}]}, "m.perf[0].scale: expected one or more steps of chips"),
    ({"perf": [PERF | {"scale": [["0", "1"]]}]}, "m.perf[0].scale: expected one or more steps of"),
    ({"perf": [PERF | {"scale": [["2", "1"], ["2", "0.5"]]}]},
     "m.perf[0].scale: expected chips that rise and shares that never rise: else give two modes"),
    ({"perf": [PERF | {"scale": [["1", "0.5"], ["2", "0.6"]]}]},
     "m.perf[0].scale: expected chips that rise and shares that never rise: else give two modes"),
    ({"perf": [PERF | {"scale": [["1", "1.000001"]]}]}, "m.perf[0].scale[0].1: expected decimal"),
    ({"perf": [PERF | {"scale": [["1", "0"]]}]}, "m.perf[0].scale[0].1: expected decimal text"),
    ({"curve": []}, "m.curve: expected one or more blocks, none below the floor, found 0"),
    ({"curve": [["1", "2"], ["1", "2.000000000001"]]},
     "m.curve: expected dollars per unit that never rise, found '2 before 2.000000000001'"),
    ({"curve": [["0", "2"]]}, "m.curve[0].0: expected a number above zero, found '0'"),
    ({"curve": [["1", "2", "3"]]}, "m.curve[0]: expected a pair, found ['1', '2', '3']"),
    ({"curve": [["1", "-1.000000000001"]]}, "m.curve: expected one or more blocks, none below"),
    ({"tiers": []}, "m.tiers: expected one or more tiers, each once, found 0"),
    ({"tiers": [{"tier": "od"}, {"tier": "od", "max_pi": "0"}]},
     "m.tiers: expected one or more tiers, each once, found 2"),
    ({"tiers": [{"tier": "gold"}]}, "m.tiers[0].tier: expected a tier of this run, found 'gold'"),
    ({"tiers": [{"tier": "od", "max_pi": "2"}]}, "m.tiers[0].max_pi: expected decimal text"),
    ({"tiers": [{"tier": "spot", "max_pi": "0.149999"}]},
     "m.perf: expected a product and tier that deliver work, and a pool that stocks what it needs"),
    ({"window": {"from": "2026-12-01T01:00:00Z", "to": "2026-12-01T01:00:00Z"}},
     "m.window.to: expected a time after `from`, found '2026-12-01T01:00:00Z'"),
    ({"window": FIELDS["window"] | {"until": 1}}, "m.window: expected no other field, found until"),
    ({"interruption": {"loss_units": "-1"}},
     "m.interruption.loss_units: expected a number not below zero, found '-1'"),
    ({"interruption": {"loss": "1"}}, "m.interruption: expected no other field, found loss"),
    ({"id": "a b"}, "m.id: expected a name"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), REFUSED)
def test_a_malformed_mode_is_refused_with_its_field(change, said):
    with pytest.raises(RequestMalformed) as caught:
        read(FIELDS | change)
    assert str(caught.value).startswith(said)


def test_a_value_at_the_floor_is_accepted_and_without_a_floor_below_zero_none_is():
    """Floor -2: work at -1 on a product that does 2 units an hour pays -2 a chip-hour."""
    assert read(FIELDS | {"curve": [["1", "-1"]]}).curve == ((PICOS, -PICOS),)
    free = Context(replace(GRID, floor_ticks=0), POOLS)
    assert read(FIELDS | {"curve": [["1", "0"]]}, free).curve == ((PICOS, 0),)
    with pytest.raises(RequestMalformed, match="none below the floor"):
        read(FIELDS | {"curve": [["1", "-0.000000000001"]]}, free)
