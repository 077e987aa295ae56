"""TEST REGIONS: a region of any venue is a country, an area, or None; never a guess.

Takes   the codes of every venue, the names of every country, the words of the recorded sources.
Gives   laws of `place_of`, and examples.
Keeps   California apart from Canada, and Stockholm from Finland.
Source  `regions`.
"""

import re

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import strategies as st

from chiphour.hardware import AREAS
from chiphour.hardware import Place
from chiphour.hardware import place_of
from chiphour.hardware.countries import COUNTRY_LINES
from chiphour.hardware.countries import PARTS_LINES
from chiphour.hardware.region_codes import AREA_WORDS
from chiphour.hardware.region_codes import CODES

COUNTRIES = {
    line.split(maxsplit=1)[0]: (area, line.split(maxsplit=1)[1].split(" | "))
    for area, lines in COUNTRY_LINES.items()
    for line in lines.strip().splitlines()
}
VENUE_CODES = [
    (venue, code, country)
    for venue, table in CODES.items()
    for country, codes in table.items()
    for code in codes.split()
]
STATES = [line.split(maxsplit=1) for line in re.split(r"[|\n]", PARTS_LINES["US"]) if line.strip()]


def country_of(word, venue=""):
    place = place_of(word, venue)
    return place.country or None if place else None


def area_of(word):
    place = place_of(word)
    return place.area if place else None


@given(st.sampled_from(VENUE_CODES), st.booleans(), st.booleans())
def test_a_code_is_read_at_its_venue_in_any_case(row, upper, underscored):
    venue, code, country = row
    word = code.replace("-", "_") if underscored else code
    assert country_of(word.upper() if upper else word, venue) == country


def test_a_code_without_its_venue_is_what_all_venues_mean_by_it_or_none():
    for _venue, code, _country in VENUE_CODES:
        meant = {country for _, other, country in VENUE_CODES if other == code}
        assert country_of(code) == (min(meant) if len(meant) == 1 else None), code


@given(st.sampled_from(VENUE_CODES), st.text("ghijklmnopqrstuvwxyz", min_size=1, max_size=5))
def test_added_letters_never_make_a_known_code(row, letters):
    """Letters from g on: up to f they may be a zone's."""
    word = row[1] + letters
    assume(word not in {code for _, code, _ in VENUE_CODES})
    assert place_of(word) is None


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_names_of_a_country_are_read(code):
    area, names = COUNTRIES[code]
    place = Place(code, area)
    for name in names:
        assert place_of(name) == place_of(name.upper()) == place_of(f"Somewhere, {name}") == place
        assert place_of(f"{name}, {code}") == place
    assert code in ("NA", "AS") or place_of(code.lower()) == place
    assert place_of(f", {code}") == place
    assert place_of(f"Somewhere, {code}", venue="vast") == place


def test_two_codes_are_left_to_who_knows():
    """Namibia or North America or not available; American Samoa or Asia."""
    assert place_of("NA") is None
    assert place_of("AS") is None


@given(st.sampled_from(STATES))
def test_a_state_is_in_the_usa_when_it_is_said(state):
    code, name = state
    assert country_of(f"{name.strip()}, US") == "US"
    assert country_of(f"US-{code}-1") == country_of(f"US-{code}") == "US"


@pytest.mark.parametrize(
    ("word", "country"),
    [
        ("Montana, US", "US"),
        ("Chubbuck, Idaho, United States", "US"),
        ("Dallas, Texas", "US"),
        ("Quebec, CA", "CA"),
        ("Los Angeles, CA", None),
        ("Atlanta, GA", None),
        ("Georgia, US", "US"),
        ("Georgia, GE", "GE"),
        ("Georgia", None),
        ("France, FR", "FR"),
        ("India, IN", "IN"),
        ("Delhi, IN", None),
        (", CN", "CN"),
        ("Frankfurt, Germany", "DE"),
        ("us-east-1", "US"),
        ("us-east-1a", "US"),
        ("US East (N. Virginia)", "US"),
        ("Europe (Frankfurt)", "DE"),
        ("eu-north-1", "SE"),
        ("eu-north1", "FI"),
        ("eu-west-1", "IE"),
        ("europe-west4-b", "NL"),
        ("us-central1-a", "US"),
        ("eastus2", "US"),
        ("US West 2", "US"),
        ("uk-london-1", "GB"),
        ("us-ashburn-1", "US"),
        ("tor1", "CA"),
        ("ewr", "US"),
        ("ewr,ord,atl", None),
        ("FIN-01", "FI"),
        ("ICE-01", "IS"),
        ("NORWAY-1", "NO"),
        ("US-KS-2", "US"),
        ("US-MO-1", "US"),
        ("EU-RO-1", "RO"),
        ("EUR-IS-2", "IS"),
        ("OC-AU-1", "AU"),
        ("CA-MTL-1", "CA"),
        ("EU-US-1", None),
        ("fr-par-2", "FR"),
        ("US-EAST-04A", "US"),
        ("IN1", "IN"),
        ("it-fr2", "IT"),
        ("united_states", "US"),
        ("US-OTHER", "US"),
        ("us-newyork", "US"),
        ("fr-france", "FR"),
        ("ru-france", None),
        ("OTHER", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_a_source_s_word_is_read(word, country):
    assert country_of(word) == country


@pytest.mark.parametrize(
    ("word", "area"),
    [
        ("global", "GLOBAL"),
        ("EU", "EU"),
        ("eu_west", "EU"),
        ("asia_northeast", "AS"),
        ("ap-southeast", "AS"),
        ("South America", "SA"),
        ("middle_east", "ME"),
    ],
)
def test_an_area_has_no_country(word, area):
    assert place_of(word) == Place("", area)
    assert area_of(word) == area
    assert country_of(word) is None


def test_the_area_of_a_country_s_code_is_that_of_the_country():
    assert area_of("eu-north-1") == "EU"
    assert area_of("JP") == "AS"
    assert area_of("OTHER") is None
    assert set(AREA_WORDS) <= set(AREAS)


@given(st.text(max_size=30), st.sampled_from(("", "vast", "nebius")))
def test_any_text_is_a_known_place_or_none(word, venue):
    place = place_of(word, venue)
    assert place is None or place.area in AREAS
    assert place is None or place.country in {"", *COUNTRIES}
