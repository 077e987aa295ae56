"""SUPPLY: an offer of kind "sell" is a pool, written as it was read.

Takes   two offers.
Gives   their pools, their fields.
Keeps   the canonical form one.
Source  docs/formulation/auction.md, section 2.
"""

from chiphour.auction.bids.supply import KIND
from chiphour.auction.bids.supply import OPTIONAL
from chiphour.auction.bids.supply import SCHEMA
from chiphour.auction.bids.supply import read
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Context

GRID = Grid(0, 60, 1, 0, 100_000, (Tier("od", 0, 10**6),), (Product("A", "d", "r"),), ())
PLAIN = {
    "id": "pool",
    "account": 20,
    "product": "A/d/r",
    "inventory": ["10"],
    "blocks": [{"share": "0.5", "price": "1"}, {"quantity": "4", "price": "2"}],
    "tiers": [{"tier": "od"}],
}
SWITCHED = PLAIN | {"startup": "60", "run_min": 3, "reserve": True, "side_stock": {"cpu": [4]}}


def read_back(fields):
    return read_whole(fields, "offer", lambda found: read(found, Context(GRID, {})))


def test_an_offer_is_written_as_it_was_read():
    for offer in (PLAIN, SWITCHED):
        pool = read_back(offer)
        written = pool.fields(GRID)
        assert written.pop("kind") == KIND
        assert read_back(written) == pool
        assert set(written) <= set(SCHEMA) | {"id", "account"}
        assert set(SCHEMA) <= set(written) | set(OPTIONAL)


def test_only_an_offer_that_speaks_of_it_can_be_switched():
    assert not read_back(PLAIN).startable
    pool = read_back(SWITCHED)
    assert pool.startable and pool.startup_microusd == 60_000_000
    assert (pool.run_min, pool.rest_min, pool.output_min_ppm) == (3, 1, 0)
    assert pool.side == SELL and pool.position == ""
