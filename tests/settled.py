"""SETTLED: random weeks of runs, and what was metered against them.

Takes   a draw of Hypothesis.
Gives   closed trades of several runs; deliveries with outages and interruptions; prices.
Keeps   every run closed by construction: each amount has a buyer and a seller.
Source  docs/formulation/runs.md, section 2.
"""

from hypothesis import strategies as st

from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import RESERVED
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Tier
from chiphour.auction.positions import Trade
from chiphour.auction.shortfall import Delivery
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM

SPOT = Tier("spot", 2, 150_000, 1_250_000)
TIERS = (RESERVED, ON_DEMAND, SPOT)
HOUR_NS = 497_000 * NS_PER_HOUR
H100, NEW = "H100/node8/us", "X9000/node8/eu"
SLOTS = [
    Slot(product, tier.name, HOUR_NS + hour * NS_PER_HOUR)
    for product in (H100, NEW)
    for tier in TIERS
    for hour in range(2)
]
ACCOUNTS = st.integers(8, 13)
SIZES = st.integers(1, 1_000_000)
TICKS = st.integers(-50_000, 500_000)


@st.composite
def runs(draw, most=4):
    """Draw the trades of up to `most` runs, numbered from 1."""
    trades = []
    for run in range(1, draw(st.integers(1, most)) + 1):
        prices = {slot: draw(TICKS) for slot in SLOTS}
        pairs = draw(st.lists(st.tuples(ACCOUNTS, ACCOUNTS, st.sampled_from(SLOTS), SIZES)))
        for buyer, seller, slot, size in pairs:
            kinds = (PHYSICAL, VIRTUAL) if slot.tier == ON_DEMAND.name else (PHYSICAL,)
            for account, quantity in ((buyer, size), (seller, -size)):
                kind = draw(st.sampled_from(kinds))
                trades.append(Trade(run, account, kind, *slot, quantity, prices[slot]))
    return trades


@st.composite
def deliveries(draw):
    """Draw what suppliers 8 to 10 owed buyers 11 to 13, and how much of it was metered."""
    found = []
    for number in range(draw(st.integers(0, 12))):
        awarded = draw(SIZES)
        metered = draw(st.one_of(st.just(awarded), st.just(0), st.integers(0, awarded)))
        slot = draw(st.sampled_from(SLOTS))
        supplier, buyer = draw(st.integers(8, 10)), draw(st.integers(11, 13))
        found.append(Delivery(f"o-{number}", supplier, buyer, *slot, awarded, metered))
    return found


@st.composite
def prices(draw):
    """Draw a real-time price for every slot."""
    return {slot: draw(TICKS) for slot in SLOTS}


RATES = st.integers(0, PPM)
