"""TEST RECORD: an observation says what the source said, in our words, and doubts what it must.

Takes   a body, a venue, what a row said.
Gives   claims on `record`, `Repeats`, `currency_of` and `in_nanousd`.
Keeps   money exact until its one rounding.
Source  Decision 0015; index rules, "FX" and "Numbers".
"""

import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.hardware.names import Card
from chiphour.observe.observation import RateMissing
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import can_be_fixed
from chiphour.observe.reading import Fields
from chiphour.observe.record import RATE_AGE_NS_MAX
from chiphour.observe.record import Repeats
from chiphour.observe.record import committed
from chiphour.observe.record import currency_of
from chiphour.observe.record import in_nanousd
from chiphour.observe.record import record
from chiphour.observe.venue import Rate
from chiphour.observe.venue import body_of
from chiphour.units import NS_PER_DAY
from records import venue

NOW_NS = 30 * NS_PER_DAY
VENUE = venue(name="lambda", reader_version="lambda-1")
EURO = Rate("EUR", NOW_NS - NS_PER_DAY, 1_143_500_000)
BODY = body_of(b"{}", "card", NOW_NS, NOW_NS + 3, (EURO,))
H100 = Card("H100", "SXM", 80)


def sound(body=BODY, **fields):
    given = {"card": H100, "chip_name": "H100 SXM", "tenor": "OD", "price_nanousd": 3 * 10**9}
    return record(body, VENUE, "0", **given | fields)


def test_a_row_carries_the_times_and_the_hash_of_its_body():
    seen = sound()
    assert (seen.observed_ns, seen.received_ns) == (BODY.observed_ns, BODY.received_ns)
    assert seen.raw_sha256 == BODY.sha256
    assert seen.flags == ()
    assert can_be_fixed(seen)


def test_a_row_may_have_times_of_its_own():
    seen = sound(BODY.at(5))
    assert (seen.observed_ns, seen.received_ns) == (5, 5)
    assert seen == sound()._replace(observed_ns=5, received_ns=5)


def test_the_words_of_the_source_stay_beside_ours():
    spec = json.loads(sound(region="Germany", spec={"sku": "g8", "none": ""}).spec)
    assert spec == {"chip_name": "H100 SXM", "country": "DE", "region": "Germany", "sku": "g8"}


def test_an_unknown_chip_and_place_are_flagged_not_guessed():
    seen = sound(card=None, chip_name="Zeta 9", region="Atlantis")
    assert (seen.chip, seen.form, seen.memory_gb) == ("", "UNKNOWN", 0)
    assert seen.flags == ("CHIP_UNKNOWN", "REGION_UNKNOWN")
    assert json.loads(seen.spec) == {"chip_name": "Zeta 9", "region": "Atlantis"}


def test_unknown_terms_are_flagged_and_another_product_is_not():
    unknown = sound(tenor=None, terms={"kind": "flex"})
    assert (unknown.tenor, unknown.flags) == ("OTHER", ("TENOR_UNKNOWN",))
    assert json.loads(unknown.terms) == {"kind": "flex"}
    assert sound(tenor="OTHER").flags == ()


def test_a_venue_that_is_not_named_is_unknown_and_not_the_source():
    assert (sound().venue, sound(of="vast").venue) == ("lambda", "vast")
    assert sound(of="").flags == ("VENUE_UNKNOWN",)


def test_identifiers_of_machines_and_hosts_are_not_kept():
    seen = sound(machine="4711", host="host-of-jane")
    assert "4711" not in str(seen)
    assert "jane" not in str(seen)
    assert seen.machine_key != seen.host_key


@pytest.mark.parametrize(
    ("venue", "body", "flag"),
    [
        (VENUE._replace(evidence="schema"), BODY, "SCHEMA_ONLY"),
        (VENUE._replace(compared=True), BODY, "COMPARISON"),
        (VENUE, BODY._replace(dated=False), "UNDATED"),
    ],
)
def test_what_no_fix_may_consider_says_so(venue, body, flag):
    seen = record(body, venue, "0", H100, "H100", "OD", 3 * 10**9)
    assert flag in seen.flags
    assert not can_be_fixed(seen)


def test_stock_is_no_price_and_never_fixed():
    seen = sound(kind="stock", price_nanousd=0, gpus=0, region="DE", spec={"stock": "none"})
    assert (seen.kind, seen.price_nanousd, seen.gpus, seen.flags) == ("stock", 0, 0, ())
    assert not can_be_fixed(seen)
    assert json.loads(seen.spec)["stock"] == "none"


def test_only_the_second_of_two_equal_offers_is_repeated():
    repeats = Repeats()
    assert [repeats.flags("a", "b"), repeats.flags("a"), repeats.flags("a", "b")] == [
        (),
        (),
        ("REPEATED",),
    ]


@given(st.decimals(0, 10**6, places=9), st.integers(1, 10**10))
def test_a_price_is_converted_exactly_and_rounded_once(units, rate_nanousd):
    """Convert any amount at any rate: the error is at most half a nano-dollar."""
    body = BODY._replace(rates=(Rate("EUR", NOW_NS - 1, rate_nanousd),))
    text = format(units, "f")
    found, terms, flags = in_nanousd(text, "EUR", body, "lambda 0")
    assert abs(Fraction(units) * rate_nanousd - found) <= Fraction(1, 2)
    assert terms == {"currency": "EUR", "price": text, "rate_nanousd": str(rate_nanousd)}
    assert flags == ()


def test_dollars_need_no_rate():
    assert in_nanousd("2.49", "USD", BODY, "lambda 0") == (2_490_000_000, {}, ())


def test_a_rate_published_at_or_after_the_price_is_not_used():
    late = BODY._replace(rates=(EURO._replace(published_ns=NOW_NS),))
    with pytest.raises(RateMissing, match="EUR published before"):
        in_nanousd("1", "EUR", late, "lambda 0")


def test_a_currency_without_a_rate_is_refused_by_place_and_name():
    with pytest.raises(RateMissing, match=r"^lambda 0: expected a rate of CHF .* found EUR"):
        in_nanousd("1", "CHF", BODY, "lambda 0")


@pytest.mark.parametrize(("age_ns", "flags"), [(0, ()), (1, ("FX_STALE",))])
def test_a_rate_older_than_seven_days_is_flagged(age_ns, flags):
    old = EURO._replace(published_ns=NOW_NS - RATE_AGE_NS_MAX - age_ns)
    assert in_nanousd("1", "EUR", BODY._replace(rates=(old,)), "lambda 0")[2] == flags


def test_a_price_converted_at_an_unproved_rate_moves_no_fix():
    unproved = BODY._replace(rates=(EURO._replace(proved=False),))
    assert in_nanousd("1", "EUR", unproved, "here")[2] == ("SCHEMA_ONLY",)


@pytest.mark.parametrize("currency", ["USD", "EUR"])
@pytest.mark.parametrize("text", ["-1", "ten", "", "NaN", "1" * 15])
def test_what_is_no_price_is_refused_by_place(text, currency):
    with pytest.raises(UnexpectedData, match=r"^lambda 0: expected "):
        in_nanousd(text, currency, BODY, "lambda 0")


def test_a_currency_is_read_into_its_code_or_refused():
    assert currency_of(Fields({"currency": "eur"}, "lambda 0")) == "EUR"
    with pytest.raises(UnexpectedData, match="lambda 0: currency: expected one that we know"):
        currency_of(Fields({"currency": "shells"}, "lambda 0"))


def test_a_commitment_of_a_length_that_no_series_has_is_none():
    assert [committed(months) for months in (1, 12, 36, 7)] == ["R1M", "R1Y", "R3Y", None]
