"""TEST AUCTION_DAY: the demonstration's run with all kinds of bids.

Takes   fixings, members, a date.
Gives   claims on the bids and on what clearing makes of them.
Keeps   the run a function of day, fix and seed.
Source  Decision 0011.
"""

from datetime import date
from types import SimpleNamespace

import pytest

from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.gate import reserved_microusd
from chiphour.auction.instance import from_fields
from chiphour.auction.solve import solve
from chiphour.simulate.auction_day import auction_day
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.members import DEPOSIT_MICROUSD

DAY = date(2026, 7, 20)
FIXINGS = {
    "CHR.H100.SXM.OD": SimpleNamespace(fix_ticks=29_900),
    "CHR.A100.SXM.OD": SimpleNamespace(fix_ticks=15_100),
}


def book(day=DAY, fixings=FIXINGS):
    return auction_day(day, fixings, DEMONSTRATION, 1)


@pytest.fixture(scope="module")
def instance():
    fields = book()
    curves = fields.pop("curves")
    return from_fields({**fields, "bids": [*fields["bids"], *curves]})


@pytest.fixture(scope="module")
def result(instance):
    return clear(instance, solve)


def test_the_run_is_a_function_of_the_day_and_the_fixes():
    assert book() == book()
    assert book() != book(date(2026, 7, 21))
    dearer = FIXINGS | {"CHR.A100.SXM.OD": SimpleNamespace(fix_ticks=17_000)}
    assert book() != book(fixings=dearer)


def test_without_a_fix_of_both_chips_nobody_bids():
    assert book(fixings={}) is None
    assert book(fixings=FIXINGS | {"CHR.A100.SXM.OD": SimpleNamespace(fix_ticks=None)}) is None


def test_members_can_back_what_they_bid(instance):
    owed = {member.account: 0 for member in DEMONSTRATION}
    for bid in instance.bids:
        if bid.account in owed:
            owed[bid.account] += reserved_microusd(bid, instance)
    assert max(owed.values()) * 100 < DEPOSIT_MICROUSD  # A hundred such days are not their ruin.
    assert sum(bool(each) for each in owed.values()) == len(DEMONSTRATION)


def test_it_clears_and_passes_the_check(instance, result):
    assert list(violations(instance, result)) == []
    parts = {part.id: part for part in result.award.parts}
    assert parts["fine-tune"].gangs
    assert any(parts[f"demonstration-{pool}-pool-H100"].lines for pool in ("university",))


def test_hours_differ_in_price_and_reserve_is_worth_something(instance, result):
    grid = instance.grid
    for product in range(len(grid.products)):
        first = grid.slot(product, 0, 0)
        prices = {result.prices[first + hour].price_ticks for hour in range(grid.intervals)}
        assert len(prices) >= 4
    kept = [part.held.reserve_hundredths for part in result.award.parts]
    assert any(sum(each) for each in kept)
