"""SUPPLY: a pool file says one thing, and offers it to any run.

Takes   pools with inventories that change; runs of any step.
Gives   the chips that are there through a whole interval: the least within it.
Keeps   the file its own reading's inverse.
Source  Decision 0039.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.supply import PoolRefused
from chiphour.adapters.supply import Supply
from chiphour.adapters.supply import next_run
from chiphour.adapters.supply import offer_of
from chiphour.adapters.supply import read_supply
from chiphour.adapters.supply import write_supply
from chiphour.auction.fields import RequestMalformed
from chiphour.units import NS_PER_HOUR
from chiphour.units import iso_from_ns
from gated import FROM_NS
from gated import PRODUCT

ROW = {
    "run": 7,
    "state": "open",
    "closes": "2026-09-11T08:00:00Z",
    "products": [PRODUCT],
    "delivery_from": iso_from_ns(FROM_NS),
    "step_minutes": 60,
    "intervals": 3,
}


def supply(*rows):
    inventory = tuple((FROM_NS + hour * NS_PER_HOUR // 2, chips) for hour, chips in rows)
    return Supply("fleet", PRODUCT, ("od",), 12_500, inventory)


def test_an_interval_has_the_least_that_is_there_in_it():
    """Half hours: 8 from the start, 4 in the second half of the first hour, then 6."""
    offer = offer_of(supply((0, 800), (1, 400), (2, 600)), ROW)
    assert offer["inventory"] == ["4", "6", "6"]
    assert offer["blocks"] == [{"share": "1", "price": "1.2500"}]
    assert offer_of(supply((3, 800)), ROW)["inventory"] == ["0", "0", "8"]


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 10**6)), min_size=1))
def test_a_file_says_what_was_registered(rows):
    pool = supply(*sorted(dict(rows).items()))
    assert read_supply(write_supply(pool).encode()) == pool


def test_the_next_run_is_the_one_that_closes_first():
    later = ROW | {"run": 8, "closes": "2026-09-11T09:00:00Z"}
    shut = ROW | {"run": 6, "state": "closed", "closes": "2026-09-11T07:00:00Z"}
    assert next_run([later, ROW, shut], PRODUCT)["run"] == 7
    with pytest.raises(PoolRefused, match="expected an open run"):
        next_run([shut], PRODUCT)
    with pytest.raises(PoolRefused, match="expected chips of fleet in its hours"):
        offer_of(supply((0, 0)), ROW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"tiers": [', '"tiers": [1, '), "tiers"),
        (("chiphour.supply.pool/1", "x"), "schema"),
        (('"chips": "8"', '"chips": "-8"'), "chips"),
        (('"price": "1.2500"', '"price": 1'), "price"),
        (('"inventory": [', '"inventory": [], "more": ['), "inventory|other field"),
    ],
)
def test_a_file_that_says_something_else_is_refused(change, words):
    body = write_supply(supply((0, 800))).replace(*change)
    with pytest.raises(RequestMalformed, match=words):
        read_supply(body.encode())
