"""AUCTION_GUARDS: what guard rails did is told at once without a name, and in full at disclosure.

Takes   a run whose only supplier was mitigated; one with reserve.
Gives   what is public at once, what is disclosed, the chips kept in reserve and their price.
Keeps   before disclosure no id, no account and no supplier's chips.
Source  docs/formulation/guards.md, section 10.
"""

import json

from chiphour.auction.clear import clear
from chiphour.auction.guard_rules import ProductEarned
from chiphour.auction.guard_rules import read_guards
from chiphour.auction.instance import from_fields
from chiphour.auction.mitigation import cleared_with_guards
from chiphour.auction.solve import solve
from chiphour.publish.auction_guards import guard_findings
from chiphour.publish.auction_guards import guard_summary
from chiphour.publish.auction_guards import scarcity_rows
from gated import HOURS
from gated import PRODUCT
from gated import buy
from gated import guards_of
from gated import pool
from gated import settings_of

RESERVE = {
    "kind": "reserve",
    "id": "r",
    "account": 1,
    "region": "us",
    "steps": [["2", "9"], ["3", "0.5"]],
}


def cleared(*bids, cap=120_000):
    run = from_fields(settings_of(bids=[{"account": 100 + n} | bid for n, bid in enumerate(bids)]))
    rules = read_guards(guards_of(), "guards", run.grid)
    return cleared_with_guards(run, rules, cap, {}, lambda given: clear(given, solve))


def test_at_once_prices_are_told_and_nobody_is_named():
    found = cleared(pool("secret", "10", "5"), buy("private", "12", "8"))
    earned = ProductEarned(PRODUCT, 5_000, 100_000, 120_000)
    told = guard_summary(found, 120_000, [earned])
    assert told["cap_usd"] == "12.0000" and told["cap_is_lowered"] is False
    assert told["offers_replaced"] == 1
    assert [each["offered_usd"] for each in told["mitigated"]] == ["5.0000"] * len(
        told["mitigated"]
    )
    assert {each["reference_usd"] for each in told["mitigated"]} == {"1.0000"}
    assert {(each["suppliers"], each["failing"]) for each in told["failing"]} == {(1, 1)}
    assert told["earned"][0]["limit_usd"] == "10.0000"
    words = json.dumps(told)
    assert not any(word in words for word in ("secret", "private", "account", "100."))


def test_at_disclosure_all_scores_are_told():
    found = cleared(pool("p", "10", "5"), buy("b", "12", "8"))
    disclosed = guard_findings(found)
    (one, *_) = disclosed["scores"]
    assert one["suppliers"] == [{"supplier": "account 100", "score": "0", "passes": False}]
    assert disclosed["prices"] and json.dumps(disclosed)


def test_a_lowered_cap_is_said():
    told = guard_summary(
        cleared(pool("p", "10", "1"), buy("b", "12", "8"), cap=30_000), 120_000, []
    )
    assert (told["cap_usd"], told["cap_is_lowered"]) == ("3.0000", True)


def test_reserve_is_told_with_its_price():
    """Ten chips, two wanted in reserve at any price below $9, three more at fifty cents."""
    body = pool("p", "10", "1") | {"reserve": True}
    found = cleared(body, buy("b", "4", "8"), RESERVE)
    (row,) = scarcity_rows(found.instance, found.result)[:1]
    assert row["region"] == "us" and row["reserve_chips"] == "5"
    assert row["price_usd"] == "0.0000"
    tight = cleared(pool("p", "3", "1") | {"reserve": True}, buy("b", "100", "8"), RESERVE)
    rows = scarcity_rows(tight.instance, tight.result)
    assert all(float(row["price_usd"]) > 0 for row in rows) and HOURS == 2
    assert scarcity_rows(*(lambda f: (f.instance, f.result))(cleared(pool("p", "3", "1")))) == []
