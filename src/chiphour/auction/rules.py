"""RULES: the parameters by which runs are settled, as one record with one hash.

Takes   tiers, penalty, collateral, stressed prices, the times of a dispute.
Gives   `Rules` as canonical JSON and back.
Keeps   every parameter of settlement in it, so that its hash names them all.
Source  docs/formulation/runs.md, section 1.
"""

from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from chiphour.auction.collateral import CollateralRule
from chiphour.auction.collateral import Stress
from chiphour.auction.delivery import Window
from chiphour.auction.delivery import read_window
from chiphour.auction.delivery import window_fields
from chiphour.auction.fields import ACCOUNT_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import read_whole
from chiphour.auction.instance import canonical
from chiphour.auction.positions import Tier
from chiphour.auction.record import hash_of
from chiphour.auction.record import read_record
from chiphour.auction.shortfall import Penalty
from chiphour.units import PPM
from chiphour.units import text_from_ticks

SCHEMA_NAME = "chiphour.auction.rules/1"
OVERCOMMIT_PPM_MAX = 100 * PPM
PENALTY_PPM_MAX = 100 * PPM


class Rules(NamedTuple):
    """All parameters of settlement. Tiers from the firmest, stresses by product, sorted."""

    tiers: tuple[Tier, ...]
    penalty: Penalty
    collateral: CollateralRule
    stresses: tuple[tuple[str, Stress], ...]
    window: Window

    @property
    def hash(self) -> str:
        """Give the SHA-256 of its canonical JSON."""
        return hash_of(_fields(self))

    @property
    def stress_of(self) -> Mapping[str, Stress]:
        """Give the stressed prices by product."""
        return dict(self.stresses)


def to_json(rules: Rules) -> bytes:
    """Write rules as canonical JSON."""
    return canonical(_fields(rules))


def from_json(body: bytes) -> Rules:
    """Read rules; raises RequestMalformed with the field at fault."""
    return read_record(body, "rules", SCHEMA_NAME, _read)


def _fields(rules: Rules) -> dict[str, Any]:
    return {
        "schema": SCHEMA_NAME,
        "tiers": [tier._asdict() for tier in rules.tiers],
        "penalty": rules.penalty._asdict(),
        "collateral": rules.collateral._asdict(),
        "stresses": [
            {
                "product": product,
                "low": text_from_ticks(stress.low_ticks),
                "high": text_from_ticks(stress.high_ticks),
            }
            for product, stress in rules.stresses
        ],
        "window": window_fields(rules.window),
    }


def _read(fields: Fields) -> Rules:
    tiers = fields.each("tiers", _read_tier)
    if not tiers or any(tier.rank != rank for rank, tier in enumerate(tiers)):
        raise fields.refuse("tiers", "one or more, of ranks 0, 1, 2 and so on", len(tiers))
    if len({tier.name for tier in tiers}) < len(tiers):
        raise fields.refuse("tiers", "each name once", [tier.name for tier in tiers])
    stresses = fields.each("stresses", _read_stress)
    products = [product for product, _ in stresses]
    if products != sorted(set(products)):
        raise fields.refuse("stresses", "products in order, each once", products)
    return Rules(
        tiers,
        read_whole(fields.raw("penalty"), f"{fields.path}.penalty", _read_penalty),
        read_whole(fields.raw("collateral"), f"{fields.path}.collateral", _read_collateral),
        stresses,
        read_whole(fields.raw("window"), f"{fields.path}.window", read_window),
    )


def _read_tier(fields: Fields) -> Tier:
    return Tier(
        fields.name("name"),
        fields.integer("rank", 0, 15),
        fields.integer("interruption_ppm", 0, PPM),
        fields.integer("overcommit_ppm", PPM, OVERCOMMIT_PPM_MAX),
    )


def _read_penalty(fields: Fields) -> Penalty:
    rate_ppm = fields.integer("rate_ppm", 0, PENALTY_PPM_MAX)
    if fields.null("target_account"):
        return Penalty(rate_ppm, None)
    return Penalty(rate_ppm, fields.integer("target_account", 1, ACCOUNT_MAX))


def _read_collateral(fields: Fields) -> CollateralRule:
    return CollateralRule(
        fields.integer("outage_ppm", 0, PPM),
        fields.integer("penalty_ppm", 0, PENALTY_PPM_MAX),
        fields.integer("mover_ppm", 0, PPM),
        fields.integer("virtual_ppm", 0, PPM),
    )


def _read_stress(fields: Fields) -> tuple[str, Stress]:
    product, low, high = fields.text("product"), fields.ticks("low"), fields.ticks("high")
    if low > high:
        raise fields.refuse("high", "a price not below `low`", text_from_ticks(high))
    return product, Stress(low, high)
