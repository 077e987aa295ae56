"""LEASEBACK: no chip is sold twice.

Takes   positions, offers, inventories.
Gives   violations.
Keeps   a weaker promise from backing a firmer one.
Source  docs/formulation/runs.md, section 5.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.leaseback import Inventory
from chiphour.auction.leaseback import Offer
from chiphour.auction.leaseback import offers_from_json
from chiphour.auction.leaseback import offers_to_json
from chiphour.auction.leaseback import sold_twice
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from settled import H100
from settled import HOUR_NS
from settled import TIERS

HOLDER = 9
NAMES = [tier.name for tier in TIERS]


def held(tier, quantity, kind=PHYSICAL):
    return Position(HOLDER, kind, H100, tier, HOUR_NS, quantity)


def offer(tier, quantity):
    return Offer("o", HOLDER, H100, tier, HOUR_NS, quantity)


def own(quantity):
    return [Inventory(HOLDER, H100, HOUR_NS, quantity)]


def test_a_position_can_be_offered_once():
    positions = [held("reserved", 100)]
    assert sold_twice(positions, [offer("reserved", 60), offer("spot", 40)], [], TIERS) == ()
    (found,) = sold_twice(positions, [offer("reserved", 60), offer("spot", 41)], [], TIERS)
    assert (found.rule, found.expected, found.found) == (
        "sold twice",
        "at most 1 chip-hours promised down to this tier",
        "1.01",
    )
    assert "account 9 H100/node8/us spot" in found.where


def test_a_position_that_was_sold_on_backs_nothing_more():
    """Bought reserved, sold on as spot in an earlier run: both positions stand."""
    positions = [held("reserved", 100), held("spot", -70)]
    assert not sold_twice(positions, [offer("on-demand", 30)], [], TIERS)
    assert sold_twice(positions, [offer("on-demand", 31)], [], TIERS)


def test_a_weaker_promise_does_not_back_a_firmer_one():
    assert not sold_twice([held("on-demand", 100)], [offer("spot", 100)], [], TIERS)
    assert sold_twice([held("spot", 100)], [offer("on-demand", 1)], [], TIERS)


def test_what_is_sold_and_offered_stays_within_the_inventory():
    sold = [held("reserved", -50)]
    assert not sold_twice(sold, [offer("on-demand", 50)], own(100), TIERS)
    assert sold_twice(sold, [offer("on-demand", 51)], own(100), TIERS)
    assert sold_twice([held("reserved", -101)], [], own(100), TIERS)


def test_only_an_inventory_may_be_overcommitted():
    """1.25 spot chips for each chip: 125 of an inventory of 100, 100 of a position of 100."""
    assert not sold_twice([], [offer("spot", 125)], own(100), TIERS)
    assert sold_twice([], [offer("spot", 126)], own(100), TIERS)
    assert sold_twice([held("reserved", 100)], [offer("spot", 101)], [], TIERS)


def test_a_virtual_position_backs_nothing_and_needs_nothing():
    assert sold_twice([held("on-demand", 100, VIRTUAL)], [offer("on-demand", 1)], [], TIERS)
    assert not sold_twice([held("on-demand", -100, VIRTUAL)], [], [], TIERS)


QUANTITIES = st.dictionaries(st.sampled_from(NAMES), st.integers(1, 6))


@given(QUANTITIES, QUANTITIES)
def test_the_rule_is_that_a_chip_can_be_found_for_every_promise(bought, wanted):
    """Beside it, another way: give each promise, firmest first, the weakest chip that will do."""
    chips = sorted(NAMES.index(tier) for tier, many in bought.items() for _ in range(many))
    fits = True
    for rank in sorted(NAMES.index(tier) for tier, many in wanted.items() for _ in range(many)):
        firm = [chip for chip in chips if chip <= rank]
        fits = fits and bool(firm)
        if firm:
            chips.remove(firm[-1])
    positions = [held(tier, many) for tier, many in bought.items()]
    offers = [offer(tier, many) for tier, many in wanted.items()]
    assert (sold_twice(positions, offers, [], TIERS) == ()) is fits


def test_a_tier_that_is_not_listed_is_refused():
    with pytest.raises(RequestMalformed, match="expected reserved or on-demand or spot, found x"):
        sold_twice([], [offer("x", 1)], [], TIERS)


def test_offers_come_back_from_json():
    offers = (offer("spot", 125), offer("reserved", 1))
    assert offers_from_json(offers_to_json(offers)) == offers
    with pytest.raises(RequestMalformed, match="above zero"):
        offers_from_json(offers_to_json([offer("spot", 0)]))
