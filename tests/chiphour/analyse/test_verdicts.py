"""TEST VERDICTS: the stated thresholds to the last digit, the repaired ones beside them.

Takes   small archives, and values at the thresholds.
Gives   claims on colours, figures and sentences.
Keeps   a verdict without data without a colour.
Source  "Can You Build a Futures Market for GPU Compute?", gpu-spot.com; decision 0042.
"""

import pytest

from asking import ask
from asking import asking
from asking import hour
from asking import price
from chiphour.adapters.signals import judged_at
from chiphour.analyse.thresholds import BY_SIGNAL
from chiphour.analyse.thresholds import THRESHOLDS
from chiphour.analyse.verdicts import colour_of
from chiphour.analyse.verdicts import in_words


def test_the_stated_table_is_as_it_stands_in_the_article():
    found = {
        one.signal: (one.green_above, one.red_below) for one in THRESHOLDS if one.rule == "stated"
    }
    assert found == {
        "spread": (0.30, 0.15),
        "variation": (0.15, 0.05),
        "tod_swing": (0.10, None),
        "supply": (20, 5),
    }


@pytest.mark.parametrize(
    ("signal", "value", "colour"),
    [
        ("spread", 0.3000001, "green"),
        ("spread", 0.30, "amber"),
        ("spread", 0.15, "amber"),
        ("spread", 0.1499999, "red"),
        ("tod_swing", 0.0, "amber"),
        ("supply", 21, "green"),
        ("supply", 20, "amber"),
        ("supply", 5, "amber"),
        ("supply", 4, "red"),
    ],
)
def test_a_bound_itself_is_amber(signal, value, colour):
    assert colour_of(value, BY_SIGNAL[signal, "stated"]) == colour


def verdicts_of(folder, rows, at_ns):
    judged = judged_at(asking(folder, rows), at_ns)
    return {(each.signal, each.rule): each for each in judged.verdicts}


def test_one_venue_has_no_spread_by_either_rule(tmp_path):
    found = verdicts_of(tmp_path, [price("lambda", hour(0), 2)], hour(0))
    assert len(found) == 8
    for rule in ("stated", "repaired"):
        verdict = found["spread", rule]
        assert (verdict.colour, verdict.value) == ("not_enough_data", None)
        assert (verdict.lacking.found, verdict.lacking.needed) == (1, 2)
        assert "not enough data, expected at least 2 venues" in verdict.reason


def test_the_stated_spread_is_blind_to_terms_and_to_the_price_level(tmp_path):
    """Across terms it is green; under the same terms 40 cents of $8 are 5 %: red."""
    rows = [
        price("lambda", hour(0), 8.0),
        price("nebius", hour(0), 8.4),
        price("vast", hour(0), 4.0, tenor="SPOT"),
    ]
    found = verdicts_of(tmp_path, rows, hour(0))
    stated, repaired = found["spread", "stated"], found["spread", "repaired"]
    assert (stated.colour, stated.value) == ("green", 4.4)
    assert dict(stated.figures)["cheap_venue"] == "vast"
    assert repaired.colour == "red"
    assert repaired.value == round(0.4 / 8.2 - 0.001, 6)
    assert dict(repaired.figures)["pairs"] == 1


def test_one_large_host_is_no_supply(tmp_path):
    rows = [
        ask("vast", hour(0), 2, "m1", "h1", gpus=32),
        ask("vast", hour(0), 2, "m2", "h2", gpus=4, row="1"),
    ]
    found = verdicts_of(tmp_path, rows, hour(0))
    assert (found["supply", "stated"].colour, found["supply", "stated"].value) == ("green", 36)
    assert (found["supply", "repaired"].colour, found["supply", "repaired"].value) == ("red", 4)


def test_two_snapshots_are_volatile_to_the_stated_rule_and_nothing_to_the_repair(tmp_path):
    rows = [price("lambda", hour(0), 2), price("lambda", hour(1), 4)]
    found = verdicts_of(tmp_path, rows, hour(1))
    assert found["variation", "stated"].colour == "green"
    assert found["variation", "repaired"].colour == "not_enough_data"
    assert found["tod_swing", "stated"].colour == "green"
    assert found["tod_swing", "repaired"].lacking.words() == (
        "expected at least 7 days with a price in nearly every hour, found 0"
    )


def test_a_gap_of_a_week_leaves_no_current_price(tmp_path):
    rows = [price("lambda", hour(0), 2), price("runpod", hour(0), 3)]
    found = verdicts_of(tmp_path, rows, hour(7 * 24))
    assert found["spread", "stated"].lacking.found == 0
    assert found["variation", "stated"].lacking.found == 1


def test_a_sentence_has_the_value_its_colour_and_the_bounds(tmp_path):
    rows = [price("lambda", hour(0), 2), price("runpod", hour(0), 2.2)]
    found = verdicts_of(tmp_path, rows, hour(0))
    assert found["spread", "stated"].reason == (
        "H100 SXM: spread between venues, stated rule: $0.2000 an hour, amber: green above "
        "$0.3000 an hour, red below $0.1500 an hour."
    )


def test_units_in_words():
    assert in_words(0.1234, "ratio") == "12.34 %"
    assert in_words(7, "gpus") == "7 GPUs"
