"""RECEIPT: what became of one obligation, so that anyone can work it out again.

Takes   a final case, the tiers, real-time prices and penalty by which it was settled.
Gives   one canonical JSON text; its verification from the readings it was made from.
Keeps   every figure recomputable and every byte fixed: a receipt that differs in one is refused.
Source  docs/formulation/runs.md, section 9, equation 22.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from chiphour.auction.delivery import Case
from chiphour.auction.delivery import State
from chiphour.auction.delivery import deliveries
from chiphour.auction.delivery import window_fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.instance import canonical
from chiphour.auction.meter import Verify
from chiphour.auction.meter import check_signature
from chiphour.auction.meter import gaps
from chiphour.auction.meter import readings_root
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Tier
from chiphour.auction.positions import price_in
from chiphour.auction.record import json_value
from chiphour.auction.shortfall import Delivery
from chiphour.auction.shortfall import Penalty
from chiphour.auction.shortfall import penalty_microusd
from chiphour.auction.shortfall import split_of
from chiphour.auction.shortfall import tier_of
from chiphour.auction.shortfall import tiers_by_name
from chiphour.units import NS_PER_SECOND
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ticks

SCHEMA_NAME = "chiphour.auction.receipt/1"


class Terms(NamedTuple):
    """By what a case is settled: the tier's promise, real-time prices by slot, the penalty."""

    tier: Tier
    price_ticks: Mapping[Slot, int]
    penalty: Penalty


def terms(
    tiers: Iterable[Tier], case: Case, price_ticks: Mapping[Slot, int], penalty: Penalty
) -> Terms:
    """Pick the terms of a case; raises RequestMalformed for a tier that is not listed."""
    first = deliveries(case)[0]
    return Terms(tier_of(tiers_by_name(tiers), first), price_ticks, penalty)


def receipt(case: Case, by: Terms) -> bytes:
    """Write the receipt of a final case (equation 22); raises RequestMalformed on another.

    `payment` is what the supplier pays back for what it did not deliver, `penalty` what it pays
    on top. What the runs paid for the chips stands in their own payments.
    """
    if case.state is not State.FINAL:
        raise RequestMalformed(f"receipt: expected a final case, found one {case.state}")
    owed = case.obligation
    hours = [_hour_fields(delivery, by) for delivery in deliveries(case)]
    return canonical(
        {
            "schema": SCHEMA_NAME,
            "obligation": owed.hash,
            "award": owed.award,
            "supplier": owed.supplier,
            "pool": owed.pool,
            "buyer": owed.buyer,
            "product": owed.product,
            "tier": owed.tier,
            "meter": case.meter_account,
            "readings": readings_root(case.readings),
            "counters": readings_root(case.counters),
            "probes": readings_root(case.probes),
            "disputed": bool(case.counters),
            "unread_seconds": sum(
                (gap.to_ns - gap.from_ns) // NS_PER_SECOND for gap in gaps(owed, case.readings)
            ),
            "rules": {
                "interruption_ppm": by.tier.interruption_ppm,
                "penalty_ppm": by.penalty.rate_ppm,
                "penalty_to": by.penalty.target_account or owed.buyer,
                "window": window_fields(case.window),
            },
            "hours": hours,
        }
    )


def check_receipt(
    body: bytes, case: Case, by: Terms, keys: Mapping[int, bytes], verify: Verify
) -> None:
    """Work a receipt out again from its case; raises RequestMalformed where they differ.

    All readings must be signed by their accounts' keys. The bytes must be the very ones: the
    message names the first field that is not, where the text can be read at all.
    """
    for signed in (*case.readings, *case.counters, *case.probes):
        check_signature(signed, keys, verify)
    expected = receipt(case, by)
    if body == expected:
        return
    found = json_value(body, "receipt")
    where = _difference(json_value(expected, "receipt"), found, "receipt")
    raise RequestMalformed(where or "receipt: expected its canonical form, found another spelling")


def _hour_fields(delivery: Delivery, by: Terms) -> dict[str, Any]:
    counted, excess = split_of(delivery, by.tier.interruption_ppm)
    price = price_in(by.price_ticks, delivery.slot)
    return {
        "hour": iso_from_ns(delivery.hour_ns),
        "awarded": hundredths_text(delivery.awarded_hundredths),
        "metered": hundredths_text(delivery.metered_hundredths),
        "counted": hundredths_text(counted),
        "excess": hundredths_text(excess),
        "price": text_from_ticks(price),
        "payment": text_from_microusd(price * excess),
        "penalty": text_from_microusd(penalty_microusd(excess, price, by.penalty)),
    }


def _difference(expected: Any, found: Any, path: str) -> str:
    """Say where two JSON values first differ, in order of field names; "" when they do not."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for name in sorted(expected.keys() | found.keys()):
            if name not in expected or name not in found:
                word = "this field, found none" if name in expected else "no such field"
                return f"{path}.{name}: expected {word}"
            if where := _difference(expected[name], found[name], f"{path}.{name}"):
                return where
        return ""
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        rows = zip(expected, found, strict=True)
        parts = (_difference(*row, f"{path}[{i}]") for i, row in enumerate(rows))
        return next((where for where in parts if where), "")
    if type(expected) is type(found) and expected == found:
        return ""
    return f"{path}: expected {expected!r}, found {found!r}"[:200]
