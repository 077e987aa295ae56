"""TEST VENUE: keys tell machines apart without telling which they are.

Takes   venues, kinds and identifiers.
Gives   claims on `salted_key`.
Keeps   one known key, written down: keys are part of every observation's id.
Source  Decision 0003.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.observe.observation import UnexpectedData
from chiphour.observe.venue import Request
from chiphour.observe.venue import body_of
from chiphour.observe.venue import next_page
from chiphour.observe.venue import salted_key
from chiphour.observe.venues import venues

VAST = venues()["vast"].VENUE._replace(base_url="https://acme.example")
FIRST = Request("sizes", "/v1/sizes?per_page=2", secret="ACME_KEY")


def test_a_known_key_never_changes():
    assert salted_key("vast", "host", "317686") == "4bebc3f6bcda8a11ea6481c4bd7213ff"


@given(st.tuples(st.text(), st.integers()), st.tuples(st.text(), st.integers()))
def test_keys_are_equal_for_equal_identifiers_only(one, other):
    keys = [salted_key("vast", kind, str(number)) for kind, number in (one, other)]
    assert (keys[0] == keys[1]) == (one == other)
    assert all(len(key) == 32 for key in keys)


def test_a_host_and_a_machine_of_one_number_have_two_keys():
    assert salted_key("vast", "host", "7") != salted_key("vast", "machine", "7")


def test_a_body_carries_the_hash_of_its_bytes():
    body = body_of(b"[]", "sizes", 5, 7)
    assert body.sha256 == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
    assert (body.observed_ns, body.received_ns, body.rates, body.dated) == (5, 7, (), True)


@pytest.mark.parametrize("port", ["", ":443"])
def test_the_next_page_is_asked_for_as_the_first_was(port):
    after = next_page(FIRST, f"https://acme.example{port}/v1/sizes?page=2&per_page=2", VAST)
    assert after == FIRST._replace(path="/v1/sizes?page=2&per_page=2")


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://acme.example/v1/sizes?page=2",
        "https://acme.example.evil/v1/sizes?page=2",
        "https://acme.example@evil/v1/sizes?page=2",
        "https://acme.example/v1/secrets?page=2",
        "https://acme.example/v1/sizes",
        "https://acme.example/v1/sizes?page=" + "2" * 2_000,
    ],
)
def test_a_link_that_leads_elsewhere_is_refused(link):
    with pytest.raises(UnexpectedData, match=r"expected a page of https://acme\.example/v1/sizes"):
        next_page(FIRST, link, VAST)
