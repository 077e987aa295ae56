"""RECEIPT: whoever holds the readings gets the same receipt, and no other one passes.

Takes   cases with outages and disputes; receipts with any one byte changed.
Gives   receipts, refusals.
Keeps   a receipt's money equal to what is settled.
Source  docs/formulation/runs.md, section 9, equation 22.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.delivery import Window
from chiphour.auction.delivery import advanced
from chiphour.auction.delivery import deliveries
from chiphour.auction.delivery import disputed
from chiphour.auction.delivery import opened
from chiphour.auction.delivery import submitted
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Position
from chiphour.auction.receipt import check_receipt
from chiphour.auction.receipt import receipt
from chiphour.auction.receipt import terms
from chiphour.auction.settle import settle_delivery
from chiphour.auction.settle import totals_microusd
from chiphour.auction.shortfall import Penalty
from chiphour.auction.shortfall import metered_of
from chiphour.auction.shortfall import penalties
from chiphour.units import NS_PER_HOUR
from chiphour.units import microusd_from_text
from metered import BUYER
from metered import KEYS
from metered import MARKET
from metered import OWED
from metered import SUPPLIER
from metered import reading
from metered import readings
from metered import verify
from settled import TIERS

WINDOW = Window(24, 48, 24, 12, 10_000)
SPOT = OWED._replace(tier="spot")
PRICES = {SPOT.slot(0): 29_000, SPOT.slot(1): 31_000}
FINE = Penalty(500_000, None)


def final(rows, counters=()):
    case = opened(SPOT, WINDOW, MARKET)
    for row in rows:
        case = submitted(case, row, SPOT.end_ns)
    for row in counters:
        case = disputed(case, row, SPOT.end_ns)
    return advanced(case, SPOT.end_ns + 1_000 * NS_PER_HOUR)


def half():
    """Four of eight chips in the first hour; the second hour in full."""
    return final([reading((4, 3_600), (3, 3_000), (0, 600), owed=SPOT)])


def by(case, prices=PRICES):
    return terms(TIERS, case, prices, FINE)


def test_a_receipt_says_what_was_delivered_and_what_it_costs():
    """15 % of 8 may be taken back: 1.2; of the 4 missing 2.8 are bought back at 2.9."""
    found = json.loads(receipt(half(), by(half())))
    assert found["hours"] == [
        {
            "hour": "2026-09-12T08:00:00Z",
            "awarded": "8",
            "metered": "4",
            "counted": "5.2",
            "excess": "2.8",
            "price": "2.9000",
            "payment": "8.120000",
            "penalty": "4.060000",
        },
        {
            "hour": "2026-09-12T09:00:00Z",
            "awarded": "2.5",
            "metered": "2.5",
            "counted": "2.5",
            "excess": "0",
            "price": "3.1000",
            "payment": "0.000000",
            "penalty": "0.000000",
        },
    ]
    assert found["obligation"] == SPOT.hash and found["award"] == SPOT.award
    assert (found["disputed"], found["unread_seconds"]) == (False, 0)


@given(readings(owed=SPOT), st.booleans())
def test_a_receipt_is_verified_and_its_money_is_what_is_settled(rows, quarrel):
    counters = [reading((0, 3_600), owed=SPOT, account=BUYER)] if quarrel else []
    case = final(rows, counters)
    body = receipt(case, by(case))
    check_receipt(body, case, by(case), KEYS, verify)
    held = [
        Position(account, PHYSICAL, *SPOT.slot(hour), sign * awarded)
        for hour, awarded in enumerate(SPOT.awarded_hundredths)
        for account, sign in ((SUPPLIER, -1), (BUYER, 1))
    ]
    owed = deliveries(case)
    payments = settle_delivery(3, held, metered_of(owed, TIERS), PRICES)
    payments += penalties(3, owed, TIERS, PRICES, FINE)
    said = sum(
        microusd_from_text(hour[name])
        for hour in json.loads(body)["hours"]
        for name in ("payment", "penalty")
    )
    assert totals_microusd(payments).get(SUPPLIER, 0) == -said
    assert totals_microusd(payments).get(BUYER, 0) == said


def test_any_changed_byte_is_refused():
    case = half()
    body = receipt(case, by(case))
    for place in range(len(body)):
        changed = bytearray(body)
        changed[place] ^= 1
        with pytest.raises(RequestMalformed):
            check_receipt(bytes(changed), case, by(case), KEYS, verify)
    for other in (b"", body + b" ", body[:-1], body + body):
        with pytest.raises(RequestMalformed):
            check_receipt(other, case, by(case), KEYS, verify)


def refused(body, case, of=None):
    with pytest.raises(RequestMalformed) as caught:
        check_receipt(body, case, of or by(case), KEYS, verify)
    return str(caught.value)


def test_the_first_field_that_differs_is_named():
    case = half()
    body = receipt(case, by(case))
    assert "receipt.hours[0].metered: expected '4', found '5'" in refused(
        body.replace(b'"metered":"4"', b'"metered":"5"'), case
    )
    assert "receipt.buyer: expected this field, found none" in refused(
        body.replace(b'"buyer":11,', b""), case
    )
    assert "another spelling" in refused(body.replace(b",", b", "), case)
    assert "receipt: expected JSON" in refused(b"{", case)
    dearer = by(case, {**PRICES, SPOT.slot(0): 30_000})
    assert "receipt.hours[0].payment: expected '8.400000'" in refused(body, case, dearer)


def test_other_readings_make_another_receipt():
    """Not the sum alone: the seconds themselves are held by the root."""
    case = half()
    other = final([reading((3, 1_800), (5, 1_800), (3, 3_000), (0, 600), owed=SPOT)])
    assert [d.metered_hundredths for d in deliveries(case)] == [
        d.metered_hundredths for d in deliveries(other)
    ]
    assert "receipt.readings: expected" in refused(receipt(case, by(case)), other)


def test_a_reading_that_its_account_did_not_sign_is_refused():
    case = half()
    body = receipt(case, by(case))
    forged = case.readings[0]._replace(signature=bytes(64))
    assert "does not fit" in refused(body, case._replace(readings=(forged,)))


def test_a_case_that_is_not_final_has_no_receipt():
    case = final([], [reading((0, 10), owed=SPOT, account=BUYER)])
    early = case._replace(state="resolved")
    with pytest.raises(RequestMalformed, match="expected a final case, found one resolved"):
        receipt(early, by(case))


def test_terms_of_a_tier_that_is_not_listed_are_refused():
    with pytest.raises(RequestMalformed, match="expected a tier among"):
        terms(TIERS[:2], half(), PRICES, FINE)
