"""PATTERNS: the published forms of how offers lie.

Takes   buckets and hours of a few rows.
Gives   failures.
Keeps   amounts decimal text.
Source  Decision 0041.
"""

from chiphour.index.buckets import buckets_of
from chiphour.index.hours import hours_of
from chiphour.publish.columns import object_of
from chiphour.publish.patterns import DISTRIBUTION
from chiphour.publish.patterns import HOURS
from records import FIXED
from records import observation

ROW = observation(venue="verda", price_nanousd=2_345_000_000, gpus=1)


def test_buckets_are_written_in_dollars():
    found = object_of(DISTRIBUTION, buckets_of(FIXED._replace(members=()), [ROW]))
    assert found["median_usd"] == found["low_usd"] == "2.3450"
    assert found["step_usd"] == "0.0100"
    (bucket,) = found["buckets"]
    assert (bucket["from_usd"], bucket["to_usd"]) == ("2.3400", "2.3500")
    assert (bucket["offers"], bucket["owners"], bucket["members"]) == (1, ["verda"], 0)


def test_hours_without_rows_are_null():
    found = object_of(HOURS, hours_of("CHR.H100.SXM.OD", []))
    assert (found["from"], found["to"], found["days"]) == (None, None, 0)
    assert len(found["hours"]) == 24
    assert found["hours"][0]["median_usd"] is found["hours"][0]["relative"] is None
