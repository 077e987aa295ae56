"""TEST SIGNAL OBJECTS: what is written reads back as its shape, and says what the records say.

Takes   answers and reports over small archives.
Gives   claims on the JSON.
Keeps   the shapes strict: an unknown field is a fault.
Source  Decision 0042.
"""

import json

import msgspec

from asking import ask
from asking import asking
from asking import hour
from asking import price
from chiphour.adapters.serve import shapes_signals as shapes
from chiphour.adapters.serve.signal_objects import history_object
from chiphour.adapters.serve.signal_objects import signal_object
from chiphour.adapters.serve.signal_objects import signals_object
from chiphour.adapters.serve.signal_objects import viability_object
from chiphour.adapters.signals import judged_at
from chiphour.adapters.signals import verdict_days
from chiphour.adapters.signals import viability_at
from chiphour.analyse.goods import Good

H100 = Good("H100", "SXM")
ROWS = (
    *(price("lambda", hour(24 * day), 2 + day) for day in range(3)),
    price("runpod", hour(48), "2.123456789"),
    price("runpod", hour(48), 1, form="PCIE", row="1"),
    ask("vast", hour(48), "1.5", "m1", "h1", gpus=3),
)


def strictly(found, shape):
    return msgspec.json.decode(msgspec.json.encode(found), type=shape, strict=True)


def test_a_signal_reads_back_and_prices_are_exact(tmp_path):
    judged = judged_at(asking(tmp_path, ROWS), hour(48))
    found = strictly(signal_object(judged, H100), shapes.Signal)
    assert (found.chip, found.name, found.time) == ("h100-sxm", "H100 SXM", "2026-05-06T00:00:00Z")
    floors = {each.venue: each.floor_usd for each in found.prices}
    assert floors == {"lambda": "4.000000000", "runpod": "2.123456789", "vast": "0.500000000"}
    assert len(found.verdicts) == 8
    (own,) = [each for each in found.changes if each.venue == "lambda"]
    assert (own.day_change_usd, own.day_change_ratio) == ("1.000000000", 0.333333)
    assert {each.venue for each in found.supply} == {"vast", ""}
    assert len(found.floors.points) == 3


def test_verdicts_of_all_chips_are_apart(tmp_path):
    judged = judged_at(asking(tmp_path, ROWS), hour(48))
    found = strictly(signals_object(judged), shapes.Signals)
    assert [each.chip for each in found.chips] == ["h100-pcie", "h100-sxm"]
    assert all(len(each.verdicts) == 8 for each in found.chips)
    spread = found.chips[0].verdicts[0]
    assert (spread.verdict, spread.value) == ("not_enough_data", None)
    assert (spread.lacking.found, spread.lacking.needed) == (1, 2)


def test_history_leaves_out_days_without_a_verdict(tmp_path):
    days = verdict_days(asking(tmp_path, ROWS), hour(48), 5)
    assert len(strictly(history_object(days, H100), shapes.History).days) == 3
    assert len(history_object(days, Good("H100", "PCIE")).days) == 1


def test_what_never_ends_is_null(tmp_path):
    report = viability_at(asking(tmp_path, ROWS), hour(48))
    endless = report[0]._replace(half_life=type("E", (tuple,), {})((float("inf"),) * 3))
    found = json.loads(msgspec.json.encode(viability_object([endless])))
    assert found["chips"][0]["half_life_hours"] == {"value": None, "low": None, "high": None}
    assert strictly(viability_object(report), shapes.Viability).chips[0].answer == "not yet"
