"""SERIES_API: how offers lie, over a real connection.

Takes   the served index.
Gives   failures.
Keeps   the counts equal to what the fix was made from.
Source  Decision 0041.
"""

import httpx
import pytest


def test_the_offers_of_a_fix_are_counted_once(index_address):
    fix = httpx.get(index_address + "/api/series/h100-sxm-od/2026-07-12").json()
    found = httpx.get(index_address + "/api/series/h100-sxm-od/distribution?day=2026-07-12").json()
    assert (found["fix_usd"], found["date"]) == (fix["fix_usd"], "2026-07-12")
    assert found["offers"] == sum(member["rows"] for member in fix["members"]) == 7
    assert sum(bucket["offers"] for bucket in found["buckets"]) == 7
    assert sum(bucket["members"] for bucket in found["buckets"]) == len(fix["members"])
    owners = {owner for bucket in found["buckets"] for owner in bucket["owners"]}
    assert owners == {member["name"] for member in fix["members"]}


def test_a_narrower_series_has_the_offers_that_say_so(index_address):
    whole = httpx.get(index_address + "/api/series/h100-sxm-od/distribution").json()
    found = httpx.get(index_address + "/api/series/h100-sxm-od-us/distribution").json()
    assert (whole["offers"], found["offers"]) == (7, 4)


def test_the_day_has_an_hour_in_which_everything_was_seen(index_address):
    found = httpx.get(index_address + "/api/series/h100-sxm-od/hours").json()
    assert [hour["hour"] for hour in found["hours"]] == list(range(24))
    seen = [hour for hour in found["hours"] if hour["offers"]]
    assert [(hour["hour"], hour["days"], hour["relative"]) for hour in seen] == [
        (23, 5, "1.000000")
    ]
    assert (found["from"], found["to"], found["days"]) == ("2026-07-09", "2026-07-14", 5)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/series/nothing/distribution", 404),
        ("/api/series/h100-sxm-od/distribution?day=2020-01-01", 404),
        ("/api/series/h100-sxm-od/distribution?day=soon", 400),
        ("/api/series/h100-sxm-od/distribution?date=2026-07-12", 400),
        ("/api/series/h100-sxm-od/hours?days=91", 400),
        ("/api/series/nothing/hours", 404),
    ],
)
def test_what_is_not_there_is_refused(index_address, path, status):
    assert httpx.get(index_address + path).status_code == status
