"""GRID: products, hours and arcs are read, numbered and written the same way every time.

Takes   the shared part of a run.
Gives   a grid, or a refusal.
Keeps   slots independent of the order in which products came.
Source  docs/formulation/auction.md, section 1.
"""

import pytest

from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import grid_fields
from chiphour.auction.grid import read_grid
from chiphour.auction.grid import read_product_id

SHARED = ("delivery", "price", "products", "arcs")


def read(fields):
    return read_grid(Fields({name: fields[name] for name in SHARED}, "run"))


def test_a_grid_is_written_as_it_was_read(two_zones):
    grid = read(two_zones)
    assert read(grid_fields(grid)) == grid
    assert grid.slots == 2
    assert grid.slot(1, 0) == 1
    assert grid.iso(1) == "2026-12-01T01:00:00Z"


def test_products_are_numbered_by_name_not_by_order(e2):
    forward = read(e2)
    e2["products"].reverse()
    assert read(e2) == forward
    assert forward.product_numbers == {"A100/node8/us": 0, "H100/node8/us": 1}


def test_idle_chips_cost_nothing_only_where_prices_cannot_be_negative(e1):
    assert read(e1).disposal_is_free
    e1["price"]["floor"] = "-1"
    assert not read(e1).disposal_is_free


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"price": {"floor": "2", "cap": "2"}}, "price.cap"),
        ({"delivery": {"from": "2026-12-01T00:30:00Z", "hours": 1}}, "delivery.from"),
        ({"delivery": {"from": "today", "hours": 1}}, "delivery.from"),
        ({"delivery": {"from": "2026-12-01T00:00:00Z", "hours": 0}}, "delivery.hours"),
        ({"products": []}, "products"),
        ({"arcs": [{"from": "a", "to": "b", "min": ["0"], "max": ["0"]}]}, "arcs.0..from"),
    ],
)
def test_a_malformed_grid_is_refused(e1, change, where):
    with pytest.raises(RequestMalformed, match=where):
        read(e1 | change)


def test_an_arc_is_refused_when_its_limits_cross_or_its_ends_meet(two_zones):
    arc = two_zones["arcs"][0]
    with pytest.raises(RequestMalformed, match=r"min\[0\]"):
        read(two_zones | {"arcs": [arc | {"min": ["21"]}]})
    with pytest.raises(RequestMalformed, match="another product"):
        read(two_zones | {"arcs": [arc | {"to": arc["from"]}]})
    with pytest.raises(RequestMalformed, match="each pair of products once"):
        read(two_zones | {"arcs": [arc, arc]})


def test_only_products_of_the_run_are_known(e1):
    grid = read(e1)
    asked = {"good": "H100/node8/us", "bad": "B200/node8/us"}
    assert read_product_id(Fields(asked, "bid"), "good", grid.products) == "H100/node8/us"
    with pytest.raises(RequestMalformed, match="a product of this run"):
        read_product_id(Fields(asked, "bid"), "bad", grid.products)
