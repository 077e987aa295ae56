"""TEST METERS: what is counted is written as Prometheus reads it.

Takes   meters that a test adds.
Gives   claims on names, kinds and values.
Keeps   Prometheus's own reader as the judge.
Source  Decision 0034.
"""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chiphour.adapters.meters import Meters


def read(meters):
    """Give each sample by its name and labels."""
    families = text_string_to_metric_families(meters.text().decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_each_meter_is_read_when_it_is_written():
    meters, now = Meters(), {"orders": 3}
    meters.counter("chiphour_orders", "Orders.", lambda: now["orders"])
    meters.gauge("chiphour_open", "Open.", lambda: {"a": 1, "b": 2.5}, "of")
    found = read(meters)
    assert found == {
        ("chiphour_orders_total",): 3,
        ("chiphour_open", "a"): 1,
        ("chiphour_open", "b"): 2.5,
    }
    now["orders"] = 4
    assert read(meters)[("chiphour_orders_total",)] == 4


def test_two_of_one_name_are_a_fault_of_ours():
    meters = Meters()
    meters.gauge("chiphour_open", "Open.", lambda: 1)
    with pytest.raises(AssertionError, match="chiphour_open"):
        meters.counter("chiphour_open", "Open.", lambda: 1)
