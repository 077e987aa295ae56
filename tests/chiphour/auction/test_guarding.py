"""GUARDING: a sealed run under its guard rails is the same run for whoever works it out.

Takes   pools dear in one part of their offer or another; runs whose cap fell.
Gives   the offers at their references; what a lower cap leaves out.
Keeps   nobody made to sell below its price by a cap; no offer made dearer; others left alone.
Source  docs/formulation/guards.md, section 10, equations 16 to 18.
"""

import pytest

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.guard_rules import read_guards
from chiphour.auction.guarding import Applied
from chiphour.auction.guarding import at_reference
from chiphour.auction.guarding import dear_pools
from chiphour.auction.guarding import from_json
from chiphour.auction.guarding import guarded
from chiphour.auction.guarding import is_dear
from chiphour.auction.guarding import to_json
from chiphour.auction.guarding import under_cap
from chiphour.auction.instance import from_fields
from gated import buy
from gated import guards_of
from gated import pool
from gated import settings_of
from gated import virtual


def run_of(*bids):
    return from_fields(settings_of(bids=[bid | {"account": 100 + n} for n, bid in enumerate(bids)]))


RULES = read_guards(guards_of(), "guards", run_of().grid)
SWITCH = {"startup": "1", "no_load": "1", "output_min": "0", "run_min": 1, "rest_min": 1}
STEP = {"blocks": [{"share": "0.5", "price": "1"}, {"share": "0.5", "price": "1.6"}]}
OFFERS = {  # Ten chips at a reference of $1, half above it allowed: $15 a start and an hour.
    "at one and a half": (pool("p", "10", "1.5"), False),
    "above it": (pool("p", "10", "1.5001"), True),
    "one block": (pool("p", "10", "1") | STEP, True),
    "start": (pool("p", "10", "1") | SWITCH | {"startup": "15"}, False),
    "a dear start": (pool("p", "10", "1") | SWITCH | {"startup": "15.000001"}, True),
    "no load": (pool("p", "10", "1") | SWITCH | {"no_load": "15"}, False),
    "a dear no load": (pool("p", "10", "1") | SWITCH | {"no_load": "15.0001"}, True),
}


@pytest.mark.parametrize("case", OFFERS)
def test_every_part_of_an_offer_is_held_against_its_reference(case):
    body, dear = OFFERS[case]
    run = run_of(body)
    (own,) = run.bids
    assert is_dear(own, RULES) is dear
    assert [each.id for each in dear_pools(run.bids, RULES)] == (["p"] if dear else [])
    referred = at_reference(own, RULES)
    assert not is_dear(referred, RULES) and at_reference(referred, RULES) == referred
    parts = zip(referred.blocks, own.blocks, strict=True)
    assert all(one.price_ticks <= other.price_ticks for one, other in parts)


def test_without_a_reference_or_the_test_nothing_is_dear():
    (own,) = run_of(pool("p", "10", "9")).bids
    for fields in (guards_of(products=[]), guards_of(pivotal=None)):
        assert not is_dear(own, read_guards(fields, "guards", run_of().grid))


def test_a_lower_cap_leaves_out_what_is_offered_above_it():
    steep = pool("steep", "10", "1") | {
        "blocks": [{"share": "0.5", "price": "2"}, {"share": "0.5", "price": "4"}]
    }
    run = run_of(
        steep, pool("dear", "10", "4"), virtual("v", "sell", "2", "5"), buy("b", "10", "8")
    )
    found, refused = guarded(run, RULES, Applied(30_000))
    assert found.grid.cap_ticks == 30_000
    assert sorted(each.id for each in refused) == ["dear", "v"]
    assert all("at most the cap, 3.0000" in each.reason for each in refused)
    kept = found.bid_by_id
    assert sorted(kept) == ["b", "steep"] and kept["b"] == run.bid_by_id["b"]
    assert [block.price_ticks for block in kept["steep"].blocks] == [20_000]
    (sold,) = run_of(virtual("v", "buy", "2", "5")).bids
    assert under_cap(sold, 30_000) == sold


def test_what_was_not_applied_changes_nothing():
    run = run_of(pool("p", "10", "4"), buy("b", "10", "8"))
    assert guarded(run, RULES, Applied(120_000)) == (run, ())
    assert guarded(run, None, Applied(120_000)) == (run, ())


@pytest.mark.parametrize(
    ("applied", "rules", "words"),
    [
        (Applied(40_000), RULES, "guarded.cap: expected 3.0000 or 12.0000, found 4.0000"),
        (Applied(30_000), None, "guarded.cap: expected 12.0000"),
        (Applied(120_000, ("cheap",)), RULES, "above their references, found 'cheap'"),
        (Applied(120_000, ("b",)), RULES, "found 'b'"),
        (Applied(120_000, ("nobody",)), RULES, "found 'nobody'"),
        (Applied(120_000, ("dear",)), None, "found 'dear'"),
    ],
)
def test_what_rules_could_not_have_done_is_refused(applied, rules, words):
    run = run_of(pool("dear", "10", "4"), pool("cheap", "10", "1"), buy("b", "10", "8"))
    with pytest.raises(RequestMalformed, match=words):
        guarded(run, rules, applied)


def test_what_was_applied_is_read_as_it_was_written():
    applied = Applied(30_000, ("100.p", "101.q"))
    assert from_json(to_json(applied, {"scores": []})) == applied
    for names in (["b", "a"], ["a", "a"], [1], "a", ["\x1b"]):
        body = to_json(applied, {}).replace(
            b'["100.p","101.q"]', str(names).replace("'", '"').encode()
        )
        with pytest.raises(RequestMalformed):
            from_json(body)
