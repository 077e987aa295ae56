"""TEST OFFERS: an offer and a venue as plain objects: rates exact, ages told, nothing invented.

Takes   observations, venues, states of tasks.
Gives   claims on the objects that the API answers with.
Keeps   "not known" as null, apart from zero.
Source  Decision 0015.
"""

import json

import pytest

from chiphour.observe.register import standing
from chiphour.observe.venues import venues
from chiphour.publish.offers import Collected
from chiphour.publish.offers import Offers
from chiphour.publish.offers import Refused
from chiphour.publish.offers import offer_object
from chiphour.publish.offers import offers_object
from chiphour.publish.offers import refusals_object
from chiphour.publish.offers import venue_object
from chiphour.publish.offers import venues_object
from records import observation

SECOND_NS = 1_000_000_000
VAST = venues()["vast"].VENUE
SITES = {"snapshot": "https://snapshot.example/"}


def offered(now_ns=0, **fields):
    return offer_object(observation(**fields), now_ns, SITES)


@pytest.mark.parametrize(
    ("price_nanousd", "gpus", "text"),
    [(8 * 3 * 10**9, 8, "3.000000000"), (10, 4, "0.000000002"), (2, 3, "0.000000001")],
)
def test_the_rate_is_of_one_gpu_rounded_once_to_the_even(price_nanousd, gpus, text):
    found = offered(price_nanousd=price_nanousd, gpus=gpus)
    assert (found["price_usd"], found["gpus"]) == (text, gpus)


def test_stock_has_no_price_and_may_be_nothing():
    found = offered(kind="stock", price_nanousd=0, gpus=0)
    assert (found["price_usd"], found["gpus"]) == (None, 0)


def test_what_the_source_does_not_say_is_null():
    found = offered(chip="", memory_gb=0)
    for name in ("chip", "memory_gb", "region", "country", "interconnect"):
        assert found[name] is None, name


def test_the_link_is_the_offer_s_own_else_its_source_s_page():
    assert offered()["link"] == "https://snapshot.example/"
    spec = json.dumps({"source_url": "https://lambda.example/h100"})
    assert offered(spec=spec)["link"] == "https://lambda.example/h100"
    assert offered(source="nobody")["link"] == ""


def test_an_age_is_in_whole_seconds_and_never_negative():
    assert offered(now_ns=5 * SECOND_NS - 1)["age_seconds"] == 4
    assert offered(now_ns=-SECOND_NS)["age_seconds"] == 0


def test_a_page_says_its_time_and_where_it_goes_on():
    page = offers_object(Offers(SECOND_NS, (observation(),), 7), SITES)
    assert (page["time"], page["after"], len(page["offers"])) == ("1970-01-01T00:00:01Z", 7, 1)


def test_a_venue_that_was_never_collected_says_so():
    acme = VAST._replace(name="acme")
    found = venue_object(Collected(acme, standing("acme"), False, None, {}), SECOND_NS)
    assert (found["state"], found["role"], found["live"]) == ("not collected", "candidate", False)
    assert (found["last_seen"], found["age_seconds"], found["last_error"]) == (None, None, None)


def test_a_task_s_times_are_told_and_none_is_null():
    task = {"state": "open", "last_success_ns": 0, "next_ns": SECOND_NS, "last_error": "TIMEOUT: x"}
    found = venue_object(Collected(VAST, standing("vast"), True, SECOND_NS, task), 3 * SECOND_NS)
    assert (found["last_success"], found["next"]) == (None, "1970-01-01T00:00:01Z")
    assert (found["age_seconds"], found["last_error"]) == (2, "TIMEOUT: x")


def test_venues_name_the_register_that_places_them():
    found = venues_object([], "2026-11-27", "ab", 0)
    assert found == {"register": {"version": "2026-11-27", "sha256": "ab"}, "venues": []}


def test_a_refusal_says_what_why_and_when():
    line = Refused("vast", "bundles", "", SECOND_NS, "TIMEOUT", "no answer", "")
    (found,) = refusals_object([line])["refusals"]
    assert found == {
        "source": "vast",
        "shape": "bundles",
        "path": "",
        "code": "TIMEOUT",
        "detail": "no answer",
        "body_sha256": "",
        "observed": "1970-01-01T00:00:01Z",
    }
