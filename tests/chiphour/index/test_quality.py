"""TEST QUALITY: the bands of a row, and its price at the reference bundle.

Takes   rows with and without words on their quality.
Gives   claims on bands, multipliers, adjusted prices.
Keeps   what a row does not state as it is.
Source  Decision 0021.
"""

import json

import pytest

from chiphour.index.quality import CHARACTERISTICS
from chiphour.index.quality import Multipliers
from chiphour.index.quality import adjusted
from chiphour.index.quality import bands_of
from chiphour.index.quality import multiplier_ppm
from records import observation

BEST = {
    "bw_nvlink": "600",
    "cpu_cores_effective": "128",
    "cpu_ram": "1048576",
    "reliability2": "0.99",
    "verification": "verified",
}


def row(gpus=8, **spec):
    return observation(gpus=gpus, price_nanousd=10**9, spec=json.dumps(spec))


def test_the_reference_bundle_is_the_last_band_of_everything():
    assert bands_of(row(**BEST)) == {each.name: len(each.floors) - 1 for each in CHARACTERISTICS}


@pytest.mark.parametrize(
    ("gpus", "spec", "name", "band"),
    [
        (1, {}, "gpus", 0),
        (3, {}, "gpus", 1),
        (16, {}, "gpus", 3),
        (1, {"bw_nvlink": "0"}, "link", 0),
        (2, {"cpu_cores_effective": "15.9"}, "vcpus", 1),
        (2, {"vcpus": "32", "cpu_cores_effective": "1"}, "vcpus", 3),
        (2, {"cpu_ram": "131071"}, "memory_gb", 1),
        (2, {"cpu_ram": "131072"}, "memory_gb", 2),
        (1, {"memory_gb_host": "128"}, "memory_gb", 3),
        (1, {"vcpus": "many", "cpu_cores_effective": "16"}, "vcpus", 3),
        (1, {"reliability": "0.98999"}, "reliability", 2),
        (1, {"verification": "unverified"}, "verified", 0),
    ],
)
def test_a_row_falls_into_the_last_band_that_it_reaches(gpus, spec, name, band):
    assert bands_of(row(gpus, **spec))[name] == band


def test_what_is_not_stated_or_no_number_has_no_band():
    assert bands_of(row(4)) == {"gpus": 2}
    assert bands_of(row(4, reliability2="high", cpu_ram="much")) == {"gpus": 2}


def test_an_offer_of_no_gpu_has_nothing_for_each():
    """No fix takes such a row, but the adjustment is asked of every row that was seen."""
    assert bands_of(row(0, **BEST)).keys() == {"link", "reliability", "verified"}


def test_factors_multiply_and_are_clipped_once():
    factors = {("gpus", 0): 1_100_000, ("verified", 0): 900_000}
    unverified = row(1, verification="unverified")
    assert multiplier_ppm(unverified, factors) == 990_000
    assert multiplier_ppm(row(1), factors) == 1_100_000
    assert multiplier_ppm(row(2), factors) == 1_000_000
    high = {("gpus", 0): 1_200_000, ("verified", 0): 1_200_000}
    low = {("gpus", 0): 800_000, ("verified", 0): 800_000}
    assert multiplier_ppm(unverified, high) == 1_250_000
    assert multiplier_ppm(unverified, low) == 750_000


def test_only_rows_of_the_series_and_venue_are_adjusted():
    factors = ((("CHR.H100.SXM.OD", "lambda", "gpus", 0), 1_100_000),)
    multipliers = Multipliers(0, factors)
    rows = [row(1), row(1)._replace(venue="ovh"), row(1)._replace(tenor="SPOT"), row(2)]
    found = adjusted(rows, multipliers)
    assert [each.price_nanousd for each in found] == [1_100_000_000, *[10**9] * 3]
    assert found[0]._replace(price_nanousd=10**9) == rows[0]


def test_an_adjusted_price_is_rounded_half_to_even():
    factors = ((("CHR.H100.SXM.OD", "lambda", "gpus", 0), 1_000_001),)
    prices = [500_000, 1_500_000]
    rows = [row(1)._replace(price_nanousd=price) for price in prices]
    found = [each.price_nanousd for each in adjusted(rows, Multipliers(0, factors))]
    assert found == [500_000, 1_500_002]
