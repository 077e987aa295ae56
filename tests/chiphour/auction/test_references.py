"""REFERENCES: the reference cases come out as their sources print them; the examples are in step.

Takes   benchmarks/auction_cases.py and the files beside it; examples/.
Gives   every figure of S1 to S6 and E1 to E6 through a whole clearing, to 1e-6.
Keeps   the answers in one place: what the benchmark reports is what the tests prove.
Source  docs/formulation/auction.md; each case names its own.
"""

import importlib.util
import json
from copy import deepcopy
from fractions import Fraction
from pathlib import Path

import pytest

from auction_cases import CASES
from auction_cases import E1
from auction_cases import E6
from auction_cases import reference_figures
from auction_expected import duals_at
from auction_expected import faults
from auction_expected import proof_gap_usd
from auction_fields import H100
from auction_fields import OD
from auction_lumps import approximation_figures
from auction_packages import Package
from auction_packages import core_payments
from auction_packages import package_figures
from auction_packages import vcg_payments
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run_json
from chiphour.auction.solve import solve

EXAMPLES = Path(__file__).resolve().parents[3] / "examples"
NAMES = ("pool", "neoclouds", "scarcity")
# Rows of S1 and S2 between the ends: one of each kind is enough for every day.
MORE = ("S1 58", "S1 60", "S1 62", "S1 66", "S1 68", "S2 40", "S2 100", "S2 130", "S2 160")


def maker():
    """Import examples/make.py, which is no package."""
    spec = importlib.util.spec_from_file_location("make", EXAMPLES / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(case, id=case.name, marks=[pytest.mark.suite] if case.name in MORE else [])
        for case in CASES
    ],
)
def test_a_reference_case_comes_out_as_printed(case):
    assert faults(case, solve) == []


def test_a_figure_that_is_not_as_printed_is_told():
    """Change one expected figure of each kind by a millionth and a half: it must be told."""
    for name, text in E1.expected.items():
        other = str(float(text) + 1.5e-6)
        told = faults(E1._replace(expected={name: other}), solve)
        assert len(told) == 1 and other in told[0]


@pytest.mark.parametrize(("first", "proves"), [("1", True), ("2", True), ("0.9", False)])
def test_only_prices_between_cost_and_value_prove_the_first_hour_of_e6(first, proves):
    """In E6 base and `flat` are both at their limit in the first hour: 1 to 2 clears it."""
    instance = from_fields(E6.fields)
    result = clear(instance, solve)
    prices = {(H100, OD, 0): first, (H100, OD, 1): "2", (H100, OD, 2): "1"}
    gap = proof_gap_usd(instance, duals_at(instance, result, prices), result)
    assert (abs(gap) < Fraction(1, 10**6)) is proves


def test_approximate_prices_and_start_payments_are_those_printed():
    assert [told for told in approximation_figures() if not told[1]] == []


def test_packages_are_paid_for_as_printed():
    assert [told for told in package_figures() if not told[1]] == []


def test_a_winner_never_pays_more_than_its_package_is_worth():
    """A wins with little above VCG: what it cannot bear of the core's shortfall falls on B."""
    packages = (Package("A", 20), Package("B", 100), Package("AB", 110))
    vcg = vcg_payments(packages, (0, 1))
    assert vcg == (10, 90)
    assert core_payments(packages, (0, 1), vcg) == (15, 95)
    assert core_payments((Package("A", 12), *packages[1:]), (0, 1), (10, 90)) == (12, 98)


@pytest.mark.suite
def test_every_case_is_a_figure():
    """The benchmark reports each case, and says why where it cannot measure."""
    figures = {figure["params"]["case"]: figure for figure in reference_figures(solve)}
    assert {case.name for case in CASES} | {"S7", "S8", "E7", "E8"} <= set(figures)
    for figure in figures.values():
        assert figure["value"] is True or figure["reason"]
        assert figure["value"] is not False


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_what_its_maker_makes_and_is_read_whole(name):
    make = maker()
    body = (EXAMPLES / name / "run.json").read_bytes()
    assert make.text(make.MAKERS[name]()).encode() == body
    instance, refused = read_run_json(body)
    assert refused == ()
    assert len(instance.bids) == len(json.loads(body)["bids"])


def example(name):
    """Read and clear an example; give its bids, its prices by slot, and who got nothing."""
    instance = from_fields(json.loads((EXAMPLES / name / "run.json").read_bytes()))
    result = clear(instance, solve)
    left_out = {bid.id for bid in instance.bids} - {part.id for part in result.award.parts}
    return instance, [price.price_ticks for price in result.prices], left_out


def test_in_the_scarcity_example_the_price_is_the_reserve_curve_and_returns_at_once():
    instance, prices, left_out = example("scarcity")
    calm, cap = 22_000, instance.grid.cap_ticks
    assert prices[13:19] == [calm, 40_000, 70_000, 165_000, cap, calm]
    assert set(prices[:13] + prices[18:]) == {calm}
    assert left_out == set()


def test_the_pool_example_comes_out_as_its_page_says():
    _, prices, left_out = example("pool")
    night, evening, day = 9_000, 10_005, 19_200
    assert prices[:24] == [night] * 8 + [evening] + [day] * 10 + [evening] * 3 + [night] * 2
    assert left_out == {"fjord-second-run", "heath-tuning", "larch-training"}


@pytest.mark.suite
def test_the_neoclouds_example_comes_out_as_its_page_says():
    _, prices, left_out = example("neoclouds")
    assert left_out == {"training-09", "training-10", "batch-02", "batch-07", "supplier-22"}
    assert None not in prices


def test_in_the_pool_example_the_baseload_runs_whatever_else_is_bid():
    """Give another member a workload that pays nearly the cap: baseloads keep all their chips."""
    fields = json.loads((EXAMPLES / "pool" / "run.json").read_bytes())
    greedy = deepcopy(next(bid for bid in fields["bids"] if bid["id"] == "aster-chat"))
    greedy["id"] = "greedy"
    greedy["modes"][0] |= {"curve": [["40000", "3.9"]], "chips_max": "512"}
    for bids in (fields["bids"], [*fields["bids"], greedy]):
        instance = from_fields(fields | {"bids": bids})
        parts = {part.id: part for part in clear(instance, solve).award.parts}
        for bid in bids:
            if bid["id"].endswith("-baseload"):
                chips = int(bid["modes"][0]["chips_max"])
                lines = parts[bid["id"]].lines
                assert [line.quantity_hundredths for line in lines] == [100 * chips] * 24
