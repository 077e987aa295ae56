"""TEST REPORT: counts say what was read, and every unknown name is shown and logged.

Takes   observations that a test makes up.
Gives   claims on every count of a summary.
Keeps   GPUs of one machine, and of one stock, from being counted twice.
Source  Decision 0015.
"""

import logging
from pathlib import Path

from chiphour.adapters.refusal import Refusal
from chiphour.adapters.report import Report
from chiphour.adapters.report import Tally
from chiphour.adapters.report import with_ages
from chiphour.observe.observation import canonical_json
from records import observation

REFUSED = Refusal("acme", "list", "a.json", 0, 0, "UNREADABLE", "a.json: no JSON", "")


def stock(observed_ns, gpus, region="r1", **fields):
    spec = canonical_json({"region": region, "stock": str(gpus)})
    return observation(observed_ns, kind="stock", price_nanousd=0, gpus=gpus, spec=spec, **fields)


def summed(*rows, new=0):
    tally = Tally("acme")
    tally.add(rows, new)
    return tally.summary()


def test_the_largest_offer_of_each_machine_counts():
    rows = [
        observation(machine_key=key, gpus=gpus)
        for key, gpus in (("a", 1), ("a", 8), ("a", 4), ("b", 2))
    ]
    found = summed(*rows, stock(1, 100), new=3)
    assert (found.files, found.rows, found.new) == (1, 5, 3)
    assert (found.machines, found.gpus, found.stock) == (2, 10, 1)


def test_without_machines_the_newest_row_of_each_stock_counts():
    rows = [stock(1, 9), stock(3, 0), stock(2, 5), stock(1, 4, "r2"), stock(1, 2, chip="L4")]
    found = summed(*rows)
    assert (found.machines, found.gpus, found.stock) == (0, 6, 5)


def test_flags_are_counted_by_row_and_by_word():
    rows = [observation(flags=("A", "B")), observation(flags=("B",)), observation()]
    found = summed(*rows)
    assert (found.flagged, found.flags) == (2, {"A": 1, "B": 2})


def test_every_name_that_no_table_knows_is_counted_and_logged_once(caplog):
    spec = canonical_json({"chip_name": "H900", "region": "mars"})
    rows = [
        observation(flags=("CHIP_UNKNOWN", "REGION_UNKNOWN"), spec=spec),
        observation(flags=("CHIP_UNKNOWN",), spec=spec),
        observation(flags=("TENOR_UNKNOWN",), terms=canonical_json({"kind": "forever"})),
        observation(flags=("VENUE_UNKNOWN",), venue="nobody"),
    ]
    with caplog.at_level(logging.WARNING):
        found = summed(*rows)
    assert found.unmapped == {
        ("chip", "H900"): 2,
        ("region", "mars"): 1,
        ("tenor", "forever"): 1,
        ("venue", "nobody"): 1,
    }
    assert [record.getMessage() for record in caplog.records] == [
        "acme: unknown chip 'H900', 2 rows",
        "acme: unknown region 'mars', 1 rows",
        "acme: unknown tenor 'forever', 1 rows",
        "acme: unknown venue 'nobody', 1 rows",
    ]


def test_an_age_is_told_beside_the_newest_row_of_the_report():
    tallies = [Tally(name) for name in ("old", "new", "none")]
    tallies[0].add([observation(5), observation(7)], 0)
    tallies[1].add([observation(30)], 0)
    ages = {each.venue: each.age_ns for each in with_ages([each.summary() for each in tallies])}
    assert ages == {"new": 0, "none": None, "old": 23}
    assert with_ages([]) == ()


def test_a_refusal_is_one_line_of_the_report():
    tally = Tally("acme")
    tally.refuse(REFUSED)
    report = Report(Path("x"), with_ages([tally.summary()]), {}, ())
    assert report.refused == ("a.json: no JSON",)
    assert report.venues[0].refused == (REFUSED,)
    assert report.venues[0].files == 0
