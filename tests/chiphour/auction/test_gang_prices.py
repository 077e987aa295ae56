"""GANG_PRICES: a gang that takes all of a pool pays what the pool's chips cost, and no more.

Takes   a pool of eight chips and a gang of eight; random runs with everything in them.
Gives   what the gang pays; D_fix before and after.
Keeps   the proof: a least price proves the award as well as the solver's.
Source  docs/formulation/auction.md, section 5, equation 13.
"""

from fractions import Fraction

import pytest
from hypothesis import HealthCheck
from hypothesis import assume
from hypothesis import given
from hypothesis import settings

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import gang
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_runs import runs
from chiphour.auction.bound import bound_usd
from chiphour.auction.clear import clear
from chiphour.auction.gang_prices import least
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.model import duals
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.programmes import solved
from chiphour.auction.solve import solve
from chiphour.units import MICROUSD_PER_USD


def paid(*bids, **others):
    """Clear a run of a gang worth $80 and these bids; give what the gang pays."""
    fields = run([HOPPER], [buy("gang", 10, [gang(8, 1, {H100: 80})]), *bids], **others)
    result = clear(from_fields(fields), solve)
    part = next(part for part in result.award.parts if part.id == "gang")
    assert part.make_whole_microusd == 0
    return Fraction(part.payment_microusd, MICROUSD_PER_USD)


@pytest.mark.parametrize(
    ("blocks", "expected"), [(((8, 1),), 8), (((4, 1), (4, 3)), 24), (((2, 1), (6, 2)), 16)]
)
def test_a_gang_alone_pays_the_cost_of_the_dearest_block_in_use(blocks, expected):
    assert paid(offer("pool", 20, H100, 8, *blocks)) == expected


def test_it_pays_no_less_than_the_next_chips_would_cost_anyone():
    """Eight idle chips at $3 bound the price of all: who buys one more pays 3, so the gang does."""
    assert paid(offer("pool", 20, H100, 16, (8, 1), (8, 3))) == 24


def test_it_pays_no_less_than_others_would_for_the_same_chips():
    """A buyer at $2 is left out: it would take any chip that cost less."""
    found = paid(bid("left-out", 11, {H100: "1"}, (8, 2)), offer("pool", 20, H100, 8, 1))
    assert found == 16


def test_it_pays_what_its_chips_would_be_worth_in_reserve():
    """Twelve chips: eight for the gang, four kept of the eight that are wanted at $3."""
    pool = offer("pool", 20, H100, 12, 1, reserve=True)
    assert paid(pool, reserve("us", (8, 3))) == 8 * (1 + 3)


@settings(derandomize=True, max_examples=40, suppress_health_check=list(HealthCheck))
@given(runs())
def test_the_least_price_proves_what_the_solvers_own_proves(fields):
    """D_fix may move by what nano-dollars and hundredths can make, never more."""
    instance, _ = read_run(fields)
    try:
        found = solved(instance, solve, instance.root)
    except ClearingFailed:
        assume(False)
    held = [
        bid.read(instance.grid, layout, found.primal)
        for bid, layout in zip(instance.bids, found.model.layouts, strict=True)
    ]
    before = duals(found.model, found.fixed.row_dual)
    after = least(instance, held, before)
    assert all(after.pools[key] <= before.pools[key] for key in after.pools)
    fixed = {bid.id: part for bid, part in zip(instance.bids, held, strict=True)}
    gap = bound_usd(instance, after, fixed) - bound_usd(instance, before, fixed)
    assert abs(gap) <= Fraction(1, 10**6) * max(1, abs(bound_usd(instance, before, fixed)))
