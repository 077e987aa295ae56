"""TEST REGISTER: who owns a venue, and what its prices may do.

Takes   the register; the shipped samples.
Gives   claims on owners and roles.
Keeps   aggregators and other products out of every panel.
Source  Methodology, "Venues".
"""

import re
from typing import get_args

import pytest

from chiphour.observe.register import REGISTER
from chiphour.observe.register import REGISTER_SHA256
from chiphour.observe.register import VERSION
from chiphour.observe.register import Role
from chiphour.observe.register import registered
from chiphour.observe.register import standing


def test_a_venue_and_its_former_name_have_one_owner():
    assert registered("datacrunch").owner == registered("verda").owner


def test_apart_from_them_no_two_eligible_venues_share_an_owner():
    owners = [row.owner for row in REGISTER.values() if row.role == "eligible"]
    assert [owner for owner in set(owners) if owners.count(owner) > 1] == ["verda"]


@pytest.mark.parametrize("venue", ["aws", "azure", "gcp", "oci"])
def test_hyperscalers_are_a_reference(venue):
    assert REGISTER[venue].role == "reference"


@pytest.mark.parametrize("venue", ["primeintellect", "shadeform"])
def test_who_resells_others_is_an_aggregator(venue):
    assert REGISTER[venue].role == "aggregator"


@pytest.mark.parametrize(
    "venue", ["modal", "cerebrium", "koyeb", "baseten", "fal", "replicate", "fireworks"]
)
def test_serverless_is_another_product(venue):
    assert REGISTER[venue].role == "excluded"


def test_marketplaces_are_those_whose_hosts_set_the_price():
    marketplaces = {row.venue for row in REGISTER.values() if row.marketplace}
    assert marketplaces == {
        "vast",
        "spheron",
        "tensordock",
        "salad",
        "sfcompute",
        "thundercompute",
        "hyperbolic",
        "akash",
    }


def test_every_row_is_complete_and_found_by_its_word():
    for venue, row in REGISTER.items():
        assert row.venue == venue
        assert registered(venue) is row
        assert row.role in get_args(Role)
        assert row.role != "candidate"
        assert row.note
        assert row.feed in ("book", "posted")
        assert bool(row.tier) == bool(row.citation)
        assert 0 < row.poll_ns <= row.stale_ns
        assert re.fullmatch(r"[a-z0-9]+", venue)
        assert re.fullmatch(r"[a-z0-9]+", row.owner)


def test_a_venue_that_is_not_registered_is_not_guessed():
    assert registered("runpod ") is None
    assert registered("RunPod") is None
    assert registered("runpod-eu") is None


def test_a_reader_without_a_row_is_a_candidate():
    assert standing("acme").role == "candidate"
    assert standing("acme").owner == "acme"
    assert standing("vast") is REGISTER["vast"]


def test_a_changed_row_needs_a_new_version():
    """Whoever changes the register changes its version, then writes the new pair here."""
    assert (VERSION, REGISTER_SHA256[:16]) == ("2026-11-27.2", "9746c1774f0ac6c3")
