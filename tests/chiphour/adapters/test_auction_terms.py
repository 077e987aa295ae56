"""AUCTION_TERMS: what an operator announces is read strictly, and has rules for all that it trades.

Takes   terms, good and bad.
Gives   the first line of a run; default rules.
Keeps   every tier of positions in the rules, that of gangs too.
Source  docs/formulation/runs.md, section 1; tests/chiphour/adapters/test_auctioneer.py has runs
        beside one another.
"""

import pytest

from auctioned import rules_of
from auctioned import terms_of
from chiphour.adapters.auction_terms import created_line
from chiphour.adapters.auction_terms import default_rules
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import GateRefused
from chiphour.auction.instance import canonical
from chiphour.auction.instance import from_fields
from chiphour.auction.rules import from_json as rules_from_json
from gated import OPENS_NS
from gated import SHUT_NS
from gated import settings_of


def test_a_first_line_says_all_of_a_run():
    line = created_line(terms_of(settings_of()), OPENS_NS, "5a17")
    assert (line["what"], line["opens_ns"], line["closes_ns"]) == ("created", OPENS_NS, SHUT_NS)
    assert line["salt"] == "5a17" and line["delivers"] is True
    assert rules_from_json(canonical(line["rules"])) == rules_from_json(canonical(rules_of()))


def test_rules_that_nobody_names_hold_every_tier_and_product():
    grid = from_fields(settings_of()).grid
    rules = default_rules(grid)
    assert [tier.name for tier in rules.tiers] == ["gang", "on-demand", "spot"]
    assert rules.stress_of.keys() == grid.product_numbers.keys()
    terms = terms_of(settings_of()) | {"rules": None}
    line = created_line(terms, OPENS_NS, "5a17")
    assert rules_from_json(canonical(line["rules"])) == rules


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"delivers": "yes"}, "delivers: expected true or false"),
        ({"opens": "soon"}, "opens: expected an ISO 8601 time"),
        ({"closes": 7}, "closes: expected text"),
        ({"opens": "2026-12-01T00:00:00Z"}, "closes: expected a time after `opens`"),
        ({"discloses": "2026-01-01T00:00:00Z"}, "discloses: expected no time before"),
        ({"settings": []}, "run: expected an object"),
        ({"rules": rules_of() | {"stresses": []}}, "found none of .'H100/node8/us'"),
        ({"rules": rules_of() | {"tiers": rules_of()["tiers"][:1]}}, "found none of"),
    ],
)
def test_terms_that_cannot_be_are_refused(change, words):
    with pytest.raises((GateRefused, RequestMalformed), match=words):
        created_line(terms_of(settings_of()) | change, OPENS_NS, "5a17")
    short = settings_of()
    short["delivery"] |= {"step_minutes": 30}
    with pytest.raises(RequestMalformed, match="intervals of whole hours"):
        created_line(terms_of(short), OPENS_NS, "5a17")
