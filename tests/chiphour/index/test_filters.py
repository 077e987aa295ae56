"""FILTERS: a narrower series takes what states its conditions, and nothing else.

Takes   rows that state this or that.
Gives   a failure where an unstated or malformed word passes.
Keeps   every condition tested at its edge.
Source  Methodology v2026_1, "Narrower series".
"""

import json
from fractions import Fraction

import pytest

from chiphour.index.filters import MEMORY_GB
from chiphour.index.filters import VCPUS
from chiphour.index.filters import offered
from chiphour.index.filters import passes
from chiphour.index.filters import reliability_of
from chiphour.index.filters import spec_of
from chiphour.index.filters import stated
from chiphour.index.series import EVERYTHING
from chiphour.index.series import Filter
from records import observation


def row(gpus=1, **spec):
    return observation(gpus=gpus, spec=json.dumps(spec))


@pytest.mark.parametrize(
    ("only", "found", "passing"),
    [
        (EVERYTHING, row(), True),
        (Filter(places=("US",)), row(country="US"), True),
        (Filter(places=("US",)), row(area="EU"), False),
        (Filter(places=("EU", "FI")), row(area="EU"), True),
        (Filter(places=("EU", "FI")), row(country="FI"), True),
        (Filter(places=("US",)), row(), False),
        (Filter(interconnects=("INFINIBAND",)), row(interconnect="INFINIBAND"), True),
        (Filter(interconnects=("INFINIBAND",)), row(), False),
        (Filter(gpus_min=8), row(gpus=8), True),
        (Filter(gpus_min=8), row(gpus=7), False),
        (Filter(vcpus_min=16), row(gpus=2, vcpus="32"), True),
        (Filter(vcpus_min=16), row(gpus=2, vcpus="31.9"), False),
        (Filter(vcpus_min=16), row(cpu_cores_effective="16.0"), True),
        (Filter(vcpus_min=16), row(vcpus="8", cpu_cores_effective="16.0"), False),
        (Filter(vcpus_min=16), row(vcpus="many"), False),
        (Filter(vcpus_min=16), row(vcpus="many", cpu_cores_effective="16"), True),
        (Filter(vcpus_min=16), row(), False),
        (Filter(memory_gb_min=128), row(memory_gb_host="128"), True),
        (Filter(memory_gb_min=128), row(cpu_ram="131072"), True),
        (Filter(memory_gb_min=128), row(cpu_ram="131071"), False),
        (Filter(places=("US",), gpus_min=8), row(country="US"), False),
    ],
)
def test_a_row_passes_by_what_it_states(only, found, passing):
    assert passes(found, only) is passing


def test_only_plain_decimals_are_stated():
    assert [stated(text) for text in ("1.5", "1e3", " 1", "-1", "", None, 3)] == [
        stated("1.5"),
        *(None,) * 6,
    ]
    assert spec_of('{"a":"1"}') == {"a": "1"}


def test_the_first_number_speaks_for_the_whole_offer():
    assert offered({"memory_gb_host": "much", "cpu_ram": "1536"}, MEMORY_GB) == Fraction(3, 2)
    assert offered({"vcpus": "8", "cpu_cores_effective": "16"}, VCPUS) == 8
    assert offered({}, VCPUS) is None


def test_a_null_states_no_reliability():
    assert reliability_of({"reliability": "0.5", "reliability2": None}) == "0.5"
    assert reliability_of({"reliability": "0.5", "reliability2": "0.9"}) == "0.9"
    assert reliability_of({}) is None
