"""LEASEBACK: a position that is offered back sells like a pool that is always on.

Takes   an offer of kind "leaseback".
Gives   its pool, its fields.
Keeps   the position named, nothing to switch.
Source  docs/formulation/auction.md, section 2.
"""

import pytest

from chiphour.auction.bids.leaseback import OPTIONAL
from chiphour.auction.bids.leaseback import SCHEMA
from chiphour.auction.bids.leaseback import read
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Context

GRID = Grid(0, 60, 1, 0, 100_000, (Tier("od", 0, 10**6),), (Product("A", "d", "r"),), ())
OFFER = {
    "id": "back",
    "account": 20,
    "product": "A/d/r",
    "inventory": ["10"],
    "blocks": [{"quantity": "4", "price": "2"}, {"quantity": "6", "price": "3"}],
    "tiers": [{"tier": "od"}],
    "position": "p-12",
}


def read_back(fields):
    return read_whole(fields, "offer", lambda found: read(found, Context(GRID, {})))


def test_an_offer_is_written_as_it_was_read():
    pool = read_back(OFFER)
    written = pool.fields(GRID)
    assert written.pop("kind") == "leaseback"
    assert written["position"] == pool.position == "p-12"
    assert read_back(written) == pool
    assert set(written) == set(SCHEMA) | {"id", "account"}
    assert set(OPTIONAL) < set(SCHEMA)
    assert not pool.startable


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"position": "p 12"}, "position: expected a name"),
        ({"startup": "1"}, "expected no other field, found startup"),
    ],
)
def test_a_malformed_offer_is_refused(change, message):
    with pytest.raises(RequestMalformed, match=message):
        read_back(OFFER | change)


def test_an_offer_without_its_position_is_refused():
    with pytest.raises(RequestMalformed, match="position: expected this field"):
        read_back({name: value for name, value in OFFER.items() if name != "position"})
