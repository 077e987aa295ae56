"""RULES: the parameters of a market come back whole, and each of them is in the hash.

Takes   rules, and the same with one parameter changed.
Gives   JSON and back, refusals.
Keeps   no parameter outside the hash.
Source  docs/formulation/runs.md, section 1.
"""

import json

import pytest

from chiphour.auction.collateral import CollateralRule
from chiphour.auction.collateral import Stress
from chiphour.auction.delivery import Window
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.rules import Rules
from chiphour.auction.rules import from_json
from chiphour.auction.rules import to_json
from chiphour.auction.shortfall import Penalty
from settled import H100
from settled import NEW
from settled import TIERS

RULES = Rules(
    TIERS,
    Penalty(500_000, None),
    CollateralRule(100_000, 500_000, 200_000, 50_000),
    ((H100, Stress(-10_000, 90_000)), (NEW, Stress(0, 90_000))),
    Window(24, 48, 24, 12, 10_000),
)
CHANGED = [
    RULES._replace(tiers=TIERS[:2]),
    RULES._replace(tiers=(*TIERS[:2], TIERS[2]._replace(interruption_ppm=150_001))),
    RULES._replace(penalty=Penalty(500_000, 4)),
    RULES._replace(collateral=RULES.collateral._replace(outage_ppm=0)),
    RULES._replace(stresses=RULES.stresses[:1]),
    RULES._replace(window=RULES.window._replace(dispute_hours=47)),
]


@pytest.mark.parametrize("rules", [RULES, *CHANGED])
def test_rules_come_back_from_json(rules):
    assert from_json(to_json(rules)) == rules
    assert rules.stress_of[H100] == Stress(-10_000, 90_000)


def test_every_parameter_is_in_the_hash():
    assert len({rules.hash for rules in (RULES, *CHANGED)}) == 1 + len(CHANGED)


def altered(part, /, **fields):
    value = json.loads(to_json(RULES))
    (value[part][0] if isinstance(value[part], list) else value[part]).update(fields)
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (altered("tiers", rank=1), "ranks 0, 1, 2"),
        (altered("tiers", name="spot"), "tiers: expected each name once"),
        (altered("tiers", overcommit_ppm=999_999), "overcommit_ppm: expected an integer from"),
        (altered("penalty", rate_ppm=-1), "penalty.rate_ppm: expected an integer"),
        (altered("penalty", target_account=0), "penalty.target_account: expected"),
        (altered("collateral", extra=1), "collateral: expected no other field, found extra"),
        (altered("stresses", low="9.1"), r"stresses\[0\].high: expected a price not below"),
        (altered("stresses", product="Z/z/z"), "products in order, each once"),
        (altered("window", tolerance_ppm=2_000_000), "window.tolerance_ppm: expected"),
    ],
)
def test_rules_that_cannot_be_are_refused(body, says):
    with pytest.raises(RequestMalformed, match=says):
        from_json(body)
