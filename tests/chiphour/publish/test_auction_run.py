"""AUCTION_RUN: what everybody may know of a cleared run names nobody.

Takes   runs of few and of many bidders.
Gives   prices, cells of demand, prices of work, the certificate.
Keeps   a cell of fewer than three bidders without a figure; no id of a bid anywhere.
Source  docs/formulation/runs.md, section 12.
"""

import json

import pytest

from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.solve import solve
from chiphour.publish.auction_run import run_summary
from gated import HOURS
from gated import PRODUCT
from gated import SELLER
from gated import buy
from gated import pool
from gated import settings_of


def summary(bidders):
    bids = [pool("secret-pool", "16", "1") | {"account": SELLER}]
    bids += [buy(f"secret-{n}", "4", "2") | {"account": 200 + n} for n in range(bidders)]
    instance = from_fields(settings_of(bids=bids))
    return run_summary(instance, clear(instance, solve), 1)


@pytest.mark.parametrize(("bidders", "chip_hours"), [(2, None), (3, "12")])
def test_demand_is_told_from_three_bidders_on(bidders, chip_hours):
    found = summary(bidders)
    (cell,) = found["demand"]
    assert cell["chip_hours"] == chip_hours
    assert cell["bidders"] == (bidders if chip_hours else None)
    (work,) = found["work"]
    assert (work["price_usd"] is None) == (chip_hours is None)


def test_prices_and_certificate_are_told_and_nobody_is_named():
    found = summary(3)
    assert found["certificate"]["valid"] and float(found["certificate"]["certified_gap"]) < 1e-6
    assert [row["product"] for row in found["prices"]] == [PRODUCT] * HOURS
    assert found["left_out"] == 1 and found["bids"] == 4
    assert "secret" not in json.dumps(found)
