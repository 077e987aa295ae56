"""BOUND: what everyone could gain alone, and all of it together, against sums done by hand.

Takes   case E5: a gang of 8 worth 24, crumbs of 4 at 4 and 6 at 2, a pool of 10 chips at 1; an arc.
Gives   gains by bid, D, D_fix.
Keeps   D above the award's welfare of 22 at any price, and exact at the two prices that prove it.
Source  docs/formulation/auction.md, section 7, equation 12; case E5 of the design.
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from auction_cases import E5
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import offer
from auction_fields import run
from chiphour.auction.bound import above_nanousd
from chiphour.auction.bound import bound_nanousd
from chiphour.auction.bound import bound_usd
from chiphour.auction.bound import gains_usd
from chiphour.auction.bound import together_usd
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.held import Placed
from chiphour.auction.instance import from_fields
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import TICKS_PER_USD

INSTANCE = from_fields(E5.fields)
FAR = "H100/node8/eu"
MODES = {bid.id: bid.modes[0][1].id for bid in INSTANCE.bids if bid.id != "pool"}


def at(usd, work=None):
    """Give E5's duals where a chip costs so much, a gang's too; `work`: what its unit is worth."""
    nano, pico = int(usd * NANOUSD_PER_USD), int((usd if work is None else work) * 10**12)
    return Duals((nano,), {("pool", 0): nano}, {}, {}, {}, {("D", MODES["D"], "work"): pico}, {})


def served():
    """Give what E5's gang holds."""
    return {"gang": Held(gangs=(Placed(MODES["gang"], H100, "pool", 0, 1, 8),))}


def test_at_the_price_of_the_relaxation_the_gains_are_the_bound():
    """At 3 the gang is indifferent, the pool gains 2 a chip, the crumbs 1 on each of their four."""
    assert gains_usd(INSTANCE, at(3)) == {"pool": 20, "gang": 0, "D": 4}
    assert bound_usd(INSTANCE, at(3)) == 24
    assert bound_nanousd(INSTANCE, at(3)) == 24 * NANOUSD_PER_USD


def test_with_its_gang_held_the_price_of_the_award_proves_the_award():
    """At 4 the gang loses 8, which it may not avoid; left free it would rather have nothing."""
    assert gains_usd(INSTANCE, at(4), served()) == {"pool": 30, "gang": -8, "D": 0}
    assert bound_usd(INSTANCE, at(4), served()) == 22
    assert gains_usd(INSTANCE, at(4), {})["gang"] == gains_usd(INSTANCE, at(4))["gang"] == 0


@given(
    st.fractions(0, 50, max_denominator=TICKS_PER_USD),
    st.fractions(0, 50, max_denominator=TICKS_PER_USD),
)
def test_no_price_and_no_worth_of_work_bound_the_best_by_less_than_it_is(price, work):
    """22 is the best award there is; at 24 the relaxation's prices are the lowest bound."""
    duals = at(price, work)
    assert bound_usd(INSTANCE, duals) >= 24 - Fraction(1, 10**6)
    assert bound_usd(INSTANCE, duals, served()) >= 22 - Fraction(1, 10**6)


def test_an_arc_earns_the_rise_of_the_price_in_the_way_that_it_may_carry():
    """From -2 to 5 chips: at a rise of 3 they earn 15, at a fall of 3 they earn 6."""
    far = HOPPER | {"region": "eu"}
    arc = {"from": H100, "to": FAR, "tier": "od", "min": ["-2"], "max": ["5"]}
    instance = from_fields(run([HOPPER, far], [offer("pool", 20, H100, 10, 9)], arcs=[arc]))
    here = instance.grid.first_slots[H100, "od"]
    for near_usd, far_usd, earned in ((1, 4, 15), (4, 1, 6), (2, 2, 0)):
        slots = [far_usd * NANOUSD_PER_USD] * 2
        slots[here] = near_usd * NANOUSD_PER_USD
        duals = Duals(tuple(slots), {}, {}, {}, {}, {}, {})
        assert together_usd(instance.grid, duals, {"pool": Fraction(7)}) == 7 + earned
        assert bound_usd(instance, duals) == earned


def test_a_published_bound_is_rounded_up():
    assert above_nanousd(Fraction(1, 3)) == 333_333_334
    assert above_nanousd(Fraction(-1, 3)) == -333_333_333
    assert above_nanousd(Fraction(2)) == 2 * NANOUSD_PER_USD
