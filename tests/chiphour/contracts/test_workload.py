"""TEST WORKLOAD: futures in units of work.

Takes   a class of work.
Gives   its name and its terms row.
Keeps   every term within the bounds that SET allows.
Source  Rulebook 8.4; decision 0025.
"""

from datetime import date

import pytest

from chiphour.contracts import table
from chiphour.contracts.workload import BY_WORD
from chiphour.contracts.workload import CLASSES
from chiphour.contracts.workload import Workload
from chiphour.index.series import ALL_SERIES

AUGUST = date(2026, 8, 31)


def test_a_class_is_an_index_with_a_named_fallback():
    future = Workload("INFERENCE", AUGUST, 300)
    row = future.lower()
    assert (row[table.INDEX], row[table.FALLBACK_INDEX]) == (BY_WORD["INFERENCE"].number, 300)
    assert future.name == "INFERENCE_USDC-31AUG26"
    assert "the last fit fix of index 300" in future.waterfall


def test_numbers_of_classes_are_no_series():
    numbers = {work.number for work in CLASSES}
    assert len(numbers) == len(CLASSES) == len(BY_WORD)
    assert not numbers & {series.number for series in ALL_SERIES}


@pytest.mark.parametrize("fallback", [0, 201])
def test_without_another_index_to_fall_back_on_it_is_refused(fallback):
    with pytest.raises(ValueError, match="expected another index to fall back on"):
        Workload("INFERENCE", AUGUST, fallback)


def test_an_unknown_class_is_refused():
    with pytest.raises(ValueError, match="expected a class of INFERENCE"):
        Workload("POETRY", AUGUST, 300)
