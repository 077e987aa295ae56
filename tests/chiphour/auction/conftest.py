"""CONFTEST: the auction's tests share the reference cases of benchmarks/.

Takes   the checkout.
Gives   `auction_cases` and `italy` as importable names; small cleared runs.
Keeps   one home for each case: what the benchmark times is what the tests prove.
Source  docs/formulation/auction.md; the cases name their own.
"""

import sys
from copy import deepcopy
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))

from auction_cases import E1
from auction_cases import E2
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.solve import solve


@pytest.fixture
def e1():
    """Give the fields of E1, to be changed at will."""
    return deepcopy(E1.fields)


@pytest.fixture
def e2():
    """Give the fields of E2, to be changed at will."""
    return deepcopy(E2.fields)


@pytest.fixture
def two_zones(e1):
    """Give E1's pool in one region and its workload B in another, 20 chips of way between."""
    far = {"chip": "H100", "domain": "node8", "region": "far", "domain_chips": 8}
    e1["products"].append(far)
    e1["bids"][1]["modes"][0]["perf"][0]["product"] = "H100/node8/far"
    ends = {"from": "H100/node8/us", "to": "H100/node8/far", "tier": "od"}
    e1["arcs"] = [ends | {"min": ["0"], "max": ["20"]}]
    return e1


@pytest.fixture
def cleared():
    """Give a function from fields to the instance and its result, solved in this process."""

    def run(fields):
        instance = from_fields(fields)
        return instance, clear(instance, solve)

    return run
