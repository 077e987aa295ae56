"""POOL_FIELDS: what no pool can be is refused, with the field.

Takes   an offer with one fault.
Gives   the message.
Keeps   a good offer as it was written.
Source  docs/formulation/auction.md, section 2 and equation 5.
"""

import pytest

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.pool import BLOCK_PARTS_MIN
from chiphour.auction.pool import Block
from chiphour.auction.pool_fields import OPTIONAL
from chiphour.auction.pool_fields import SCHEMA
from chiphour.auction.pool_fields import STARTUP_MICROUSD_MAX
from chiphour.auction.pool_fields import SWITCH_FIELDS
from chiphour.auction.pool_fields import read_pool
from chiphour.auction.pool_fields import read_switch
from chiphour.units import PPM

TIERS = (Tier("od", 0, PPM), Tier("spot", 150_000, 1_250_000))
GRID = Grid(0, 60, 2, 0, 100_000, TIERS, (Product("A", "d", "r"),), ())
OFFER = {
    "id": "pool",
    "account": 20,
    "product": "A/d/r",
    "inventory": ["10", "5.5"],
    "blocks": [{"share": "0.5", "price": "1"}, {"quantity": "4", "price": "2"}],
    "tiers": [{"tier": "spot"}, {"tier": "od", "beta": "0.9"}],
}


def read(**changes):
    given = {name: value for name, value in (OFFER | changes).items() if value is not None}
    return read_whole(
        given, "offer", lambda fields: read_switch(fields, read_pool(fields, GRID, "sell"))
    )


def test_an_offer_is_read_with_what_it_leaves_out():
    pool = read()
    assert pool.inventory_hundredths == (1_000, 550)
    assert pool.blocks == (Block(500_000, None, 10_000), Block(0, 400, 20_000))
    assert pool.tiers == (("od", 900_000), ("spot", 1_250_000))  # By name; the run's beta.
    assert not pool.reserve and not pool.side_stock and not pool.startable


def test_one_word_of_switching_makes_a_pool_startable():
    for name, value in zip(SWITCH_FIELDS, ("0", "0", "0", 1, 1), strict=True):
        assert read(**{name: value}).startable
    pool = read(startup="12.5", no_load="3", output_min="0.9", run_min=2, rest_min=3)
    assert pool.startup_microusd == 12_500_000 and pool.no_load_ticks == 30_000
    assert (pool.output_min_ppm, pool.run_min, pool.rest_min) == (900_000, 2, 3)


def test_a_block_may_hold_a_hundred_thousandth_of_a_chip_or_nothing():
    pool = read(inventory=["0", "0.01"], blocks=[{"share": "0.001", "price": "1"}])
    assert pool.sizes_by_interval == [[0], [BLOCK_PARTS_MIN]]


def test_the_fields_that_it_describes_are_those_that_it_reads():
    optional = {"reserve": True, "side_stock": {"cpu": [3, 0], "memory": [1, 1]}}
    pool = read(**optional)
    assert pool.reserve and pool.side_stock == (("cpu", (3, 0)), ("memory", (1, 1)))
    assert set(pool.fields(GRID)) == set(SCHEMA) | {"kind", "id", "account"}
    assert set(OPTIONAL) == set(optional)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"product": "B/d/r"}, "product: expected a product of this run, found 'B/d/r'"),
        ({"inventory": ["1"]}, "inventory: expected a list of 2"),
        ({"inventory": ["-1", "1"]}, r"inventory\[0\]: expected a quantity that is not negative"),
        ({"inventory": ["0", "0"]}, "inventory: expected chips in one interval or more"),
        ({"blocks": []}, "blocks: expected 1 to 1000 blocks, found 0"),
        ({"blocks": [{}] * 10**6}, "blocks: expected 1 to 1000 blocks, found 1000000"),
        ({"blocks": "all"}, "blocks: expected a list"),
        ({"blocks": [{"share": "0.6", "price": "1"}] * 2}, "shares that sum to at most 1"),
        ({"blocks": [{"share": "1.01", "price": "1"}]}, "1 to 1000000 millionths, found '1.01'"),
        (
            {"inventory": ["0", "0.01"], "blocks": [{"share": "0.000999", "price": "1"}]},
            "blocks: expected 0.00001 chips or more in a block, or none, "
            "found '0.00000999 in block 0 in interval 1'",
        ),
        (  # What a quantity finds left after a share.
            {
                "inventory": ["3", "0.01"],
                "blocks": [{"share": "0.999999", "price": "1"}, {"quantity": "3", "price": "1"}],
            },
            "found '0.000003 in block 1 in interval 0'",
        ),
        ({"blocks": [{"share": "0", "price": "1"}]}, r"blocks\[0\].share: expected"),
        ({"blocks": [{"quantity": "0", "price": "1"}]}, "quantity: expected chips above zero"),
        (
            {"blocks": [{"share": "0.5", "price": "2"}, {"share": "0.5", "price": "1"}]},
            "prices that never fall, found '20000 before 10000 ticks'",
        ),
        ({"blocks": [{"share": "0.5", "quantity": "1", "price": "2"}]}, "no other field"),
        ({"blocks": [{"price": "2"}]}, "quantity: expected this field"),
        ({"blocks": [{"share": "1", "price": "11"}]}, "a price from floor to cap"),
        ({"tiers": []}, "tiers: expected one or more tiers, each once, found 0"),
        ({"tiers": [{"tier": "od"}] * 2}, "tiers: expected one or more tiers, each once"),
        ({"tiers": [{"tier": "gold"}]}, r"tiers\[0\].tier: expected a tier of this run"),
        ({"tiers": [{"tier": "od", "beta": "0"}]}, r"tiers\[0\].beta: expected"),
        ({"reserve": 1}, "reserve: expected true or false, found 1"),
        ({"side_stock": {"cpu": [1]}}, "side_stock.cpu: expected a list of 2 whole numbers"),
        ({"side_stock": {"cpu": [1, -1]}}, r"side_stock.cpu\[1\]: expected a whole number"),
        ({"side_stock": {"cpu": [1, True]}}, r"side_stock.cpu\[1\]: expected a whole number"),
        ({"side_stock": {"a b": [1, 1]}}, "side_stock.a b: expected a name"),
        ({"startup": "-1"}, "startup: expected dollars"),
        ({"startup": str(STARTUP_MICROUSD_MAX)}, "startup: expected dollars"),
        ({"startup": "0.0000001"}, "startup: expected dollars of at most six decimals"),
        ({"no_load": "-1"}, "no_load: expected dollars not below zero"),
        ({"output_min": "1.1"}, "output_min: expected decimal text"),
        ({"output_min": "0.95"}, "output_min: expected no more than the blocks hold in interval 0"),
        ({"run_min": 0}, "run_min: expected an integer from 1"),
        ({"rest_min": "1"}, "rest_min: expected an integer from 1"),
        ({"account": 7}, "account: expected an integer from 8"),
        ({"id": "a b"}, "id: expected a name"),
        ({"position": "p-1"}, "expected no other field, found position"),
        ({"tiers": None}, "tiers: expected this field, found none"),
    ],
)
def test_a_malformed_offer_is_refused(change, message):
    with pytest.raises(RequestMalformed, match=message):
        read(**change)
