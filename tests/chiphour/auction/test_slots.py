"""SLOTS: an interval is its slots, each with the same chips, and nothing is lost between them.

Takes   every length of an interval with every length of slots that fits into it.
Gives   slots, chip-hours, chips.
Keeps   chips that were awarded whole hundredths of a chip-hour in each slot, and back the same.
Source  docs/formulation/runs.md, section 2.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auction_small import PRODUCT
from auction_small import run_of
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import SETTLE_MINUTES
from chiphour.auction.grid import STEP_MINUTES
from chiphour.auction.grid import read_grid
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Position
from chiphour.auction.slots import chip_hours_of
from chiphour.auction.slots import chips_of
from chiphour.auction.slots import in_run
from chiphour.auction.slots import interval_of
from chiphour.auction.slots import position_tier
from chiphour.auction.slots import slot_ns
from chiphour.auction.slots import slots_each
from chiphour.auction.slots import slots_of
from chiphour.auction.slots import times_of
from chiphour.units import NS_PER_MINUTE

LENGTHS = [
    (step, settle) for step in STEP_MINUTES for settle in SETTLE_MINUTES if step % settle == 0
]


def grid_of(step, settle, intervals=3):
    fields = run_of([])
    fields["delivery"] |= {"step_minutes": step, "settle_minutes": settle, "intervals": intervals}
    shared = ("delivery", "price", "tiers", "products", "arcs")
    return read_grid(Fields({name: fields[name] for name in shared}, "run"))


@pytest.mark.parametrize(("step", "settle"), LENGTHS)
def test_the_slots_of_all_intervals_are_the_run_without_gaps(step, settle):
    grid = grid_of(step, settle)
    slots = [slot for i in range(3) for slot in slots_of(grid, PRODUCT, "on-demand", i)]
    assert [slot.hour_ns for slot in slots] == list(times_of(grid))
    assert slots[0].hour_ns == grid.opens_ns
    assert slots[-1].hour_ns + slot_ns(grid) == grid.ends_ns
    assert slots_each(grid) * settle == step
    assert [interval_of(grid, slot) for slot in slots] == [
        i for i in range(3) for _ in range(slots_each(grid))
    ]


@given(st.sampled_from(LENGTHS), st.integers(0, 10**6))
def test_what_may_be_awarded_is_whole_in_every_slot(lengths, units):
    """Chips in units: their chip-hours in all slots of an interval are those of the interval."""
    grid = grid_of(*lengths)
    chips = units * grid.unit_hundredths
    each = chip_hours_of(grid, chips)
    assert each * slots_each(grid) * 60 == chips * grid.step_minutes
    assert chips_of(grid, each) == chips
    assert grid.money_microusd(chips, 7) == slots_each(grid) * each * 7


def test_a_position_is_in_the_first_intervals_of_a_run_or_not():
    grid = grid_of(15, 5)
    for minutes, inside in ((-5, False), (0, True), (25, True), (30, False)):
        at_ns = grid.opens_ns + minutes * NS_PER_MINUTE
        held = Position(10, PHYSICAL, PRODUCT, "on-demand", at_ns, 7)
        assert in_run(grid, held, 2) is inside
        assert not in_run(grid, held._replace(tier="spot"), 2)
        assert not in_run(grid, held._replace(product="A/b/c"), 2)


def test_a_tier_keeps_its_name_unless_it_is_anothers():
    assert [position_tier(name) for name in ("od", "spot")] == ["on-demand", "spot"]
    for name in ("gang", "on-demand"):
        with pytest.raises(RequestMalformed, match=f"another name than {name}"):
            position_tier(name)
