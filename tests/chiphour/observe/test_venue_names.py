"""TEST VENUE NAMES: a venue is known by its names, whole, and by nothing like them.

Takes   names that recorded tables use, and the register.
Gives   claims on `venue_named` and `hourly_tenor`.
Keeps   an unknown name unknown.
Source  Decision 0015.
"""

import pytest

from chiphour.observe.register import REGISTER
from chiphour.observe.register import registered
from chiphour.observe.venue_names import hourly_tenor
from chiphour.observe.venue_names import venue_named


@pytest.mark.parametrize(
    ("name", "venue"),
    [
        ("Vast.ai", "vast"),
        ("vast-ai", "vast"),
        ("vastai", "vast"),
        ("Lambda Labs", "lambda"),
        ("Latitude.sh", "latitude"),
        ("massed compute", "massedcompute"),
        ("thunder", "thundercompute"),
        ("Oracle Cloud", "oci"),
        ("AWS EC2", "aws"),
        ("Datacrunch", "datacrunch"),
    ],
)
def test_a_name_is_read_whatever_its_case_and_punctuation(name, venue):
    assert venue_named(name) == venue


@pytest.mark.parametrize("name", ["H100 SXM9", "vast ai cloud", "", "lambda2", "AWS Ohio"])
def test_a_name_that_is_only_like_one_is_not_guessed(name):
    assert venue_named(name) == name
    assert registered(venue_named(name)) is None


def test_every_venue_is_known_by_its_own_word():
    for venue in REGISTER:
        assert venue_named(venue) == venue_named(venue.upper()) == venue


def test_an_hour_is_spot_where_hosts_set_the_price_and_nowhere_else():
    for venue, row in REGISTER.items():
        assert hourly_tenor(venue) == ("SPOT" if row.marketplace else "OD")
    assert hourly_tenor("nobody") == "OD"
