"""AUCTION_TERMS: what an operator announces is read strictly, and has rules for all that it trades.

Takes   terms, good and bad.
Gives   the first line of a run; default rules.
Keeps   every tier of positions in the rules, that of gangs too.
Source  docs/formulation/runs.md, section 1; tests/chiphour/adapters/test_auctioneer.py has runs
        beside one another.
"""

import pytest

from auctioned import House
from auctioned import rules_of
from auctioned import terms_of
from chiphour.adapters.auction_terms import created_line
from chiphour.adapters.auction_terms import default_rules
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import GateRefused
from chiphour.auction.grid import SETTLE_MINUTES
from chiphour.auction.instance import canonical
from chiphour.auction.instance import from_fields
from chiphour.auction.rules import from_json as rules_from_json
from chiphour.units import NS_PER_HOUR
from gated import FROM_NS
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


@pytest.mark.parametrize("step", SETTLE_MINUTES)
def test_a_run_may_clear_by_any_part_of_an_hour(step):
    settings = settings_of()
    settings["delivery"] |= {"step_minutes": step}
    line = created_line(terms_of(settings), OPENS_NS, "5a17")
    assert from_fields(line["settings"]).grid.slot_minutes == step


def test_runs_of_the_same_hours_settle_by_the_same(tmp_path):
    """What a day-ahead hour and a quarter of real time trade is added up: both say 15 minutes."""
    with House(tmp_path) as house:
        house.announce(run=1, delivers=False)
        with pytest.raises(GateRefused, match="settle_minutes: expected 60 beside run 1"):
            house.announce(run=2, step=15, hours=4, kind="real-time")
        house.announce(run=3, from_ns=FROM_NS + 2 * NS_PER_HOUR, settle=15, delivers=False)
        house.announce(run=4, from_ns=FROM_NS + 2 * NS_PER_HOUR, step=15, kind="real-time")
        quarter = FROM_NS + 2 * NS_PER_HOUR + 2 * NS_PER_HOUR // 4
        house.announce(run=5, from_ns=quarter, step=15, kind="real-time")
        assert house.auctions.runs[4].to_ns == house.auctions.runs[5].from_ns
        assert not house.auctions.runs[4].overlaps(house.auctions.runs[5])
