"""LEASEBACK: what an account offers is backed by chips that it has, each of them once.

Takes   positions, offers, inventories of chips, tiers.
Gives   a violation for each account, product and hour in which more is promised than is backed.
Keeps   nothing sold twice, across runs and tiers: a position bought on one tier backs sales on
        that tier and on weaker ones, never on a firmer one.
Source  docs/formulation/runs.md, section 5, equation 10.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import Violation
from chiphour.auction.instance import canonical
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Tier
from chiphour.auction.positions import read_slot
from chiphour.auction.positions import slot_fields
from chiphour.auction.record import read_record
from chiphour.units import PPM
from chiphour.units import iso_from_ns

OFFERS_SCHEMA = "chiphour.auction.offers/1"

Place = tuple[int, str, int]  # An account, a product, an hour.


class Offer(NamedTuple):
    """What an account would sell of a slot in the run to come, at most: above zero."""

    name: str
    account: int
    product: str
    tier: str
    hour_ns: int
    quantity_hundredths: int


class Inventory(NamedTuple):
    """The chips of a product that an account has of its own in one hour, across all its pools."""

    account: int
    product: str
    hour_ns: int
    quantity_hundredths: int


def sold_twice(
    positions: Iterable[Position],
    offers: Iterable[Offer],
    inventories: Iterable[Inventory],
    tiers: Iterable[Tier],
) -> tuple[Violation, ...]:
    """Give each place and tier where sales and offers exceed what backs them (equation 10).

    Sales and offers on a tier and on all firmer ones need as many chips: own ones, or bought on
    one of these tiers. An account with an inventory may promise `overcommit_ppm` for each chip;
    one that leases back may promise what it bought, no more. Raises RequestMalformed for a tier
    that is not listed.
    """
    ranked = sorted(tiers, key=lambda tier: tier.rank)
    names = [tier.name for tier in ranked]
    owned: dict[Place, int] = defaultdict(int)
    bought: dict[tuple[Place, str], int] = defaultdict(int)
    promised: dict[tuple[Place, str], int] = defaultdict(int)
    for chips in inventories:
        owned[chips.account, chips.product, chips.hour_ns] += chips.quantity_hundredths
    for held in positions:
        if held.kind == PHYSICAL:
            side = bought if held.quantity_hundredths > 0 else promised
            key = (held.account, held.product, held.hour_ns), _known(held.tier, names)
            side[key] += abs(held.quantity_hundredths)
    for offer in offers:
        key = (offer.account, offer.product, offer.hour_ns), _known(offer.tier, names)
        promised[key] += offer.quantity_hundredths
    places = sorted({place for place, _ in promised})
    found = (_unbacked(place, ranked, owned.get(place, 0), bought, promised) for place in places)
    return tuple(violation for violation in found if violation is not None)


def offers_to_json(offers: Iterable[Offer]) -> bytes:
    """Write offers as canonical JSON."""
    rows = [
        {
            "name": offer.name,
            "account": offer.account,
            **slot_fields(Slot(offer.product, offer.tier, offer.hour_ns)),
            "quantity": hundredths_text(offer.quantity_hundredths),
        }
        for offer in offers
    ]
    return canonical({"schema": OFFERS_SCHEMA, "offers": rows})


def offers_from_json(body: bytes) -> tuple[Offer, ...]:
    """Read offers; raises RequestMalformed with the row at fault."""
    return read_record(
        body, "offers", OFFERS_SCHEMA, lambda fields: fields.each("offers", _read_offer)
    )


def _read_offer(fields: Fields) -> Offer:
    name, account = fields.name("name"), fields.integer("account", 1, ACCOUNT_MAX)
    slot, quantity = read_slot(fields), fields.hundredths("quantity")
    if quantity == 0:
        raise fields.refuse("quantity", "a quantity above zero", "0")
    return Offer(name, account, *slot, quantity)


def _known(tier: str, names: list[str]) -> str:
    if tier not in names:
        raise RequestMalformed(f"tier: expected {' or '.join(names)}, found {tier}")
    return tier


def _unbacked(
    place: Place,
    ranked: list[Tier],
    owned: int,
    bought: Mapping[tuple[Place, str], int],
    promised: Mapping[tuple[Place, str], int],
) -> Violation | None:
    """Give the firmest tier down to which more is promised than is backed, or None."""
    backed, needed = Fraction(owned), Fraction(0)
    for tier in ranked:
        overcommit = Fraction(tier.overcommit_ppm if owned else PPM, PPM)
        backed += bought.get((place, tier.name), 0)
        needed += promised.get((place, tier.name), 0) / overcommit
        if needed > backed:
            account, product, hour = place
            where = f"account {account} {product} {tier.name} {iso_from_ns(hour)}"
            expected = f"at most {_chips(backed)} chip-hours promised down to this tier"
            return Violation("sold twice", where, expected, _chips(needed))
    return None


def _chips(quantity: Fraction) -> str:
    """Write hundredths; a share of one, which overcommitment makes, as the next whole one."""
    return hundredths_text(-(-quantity.numerator // quantity.denominator))
