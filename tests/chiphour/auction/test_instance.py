"""INSTANCE: a run file is one instance, whatever the order and spelling of its numbers.

Takes   run files.
Gives   instances, canonical JSON, roots.
Keeps   a malformed run out, with the bid and field named.
Source  docs/formulation/auction.md, section 2.
"""

import json

import pytest

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.instance import bid_hash
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import from_json
from chiphour.auction.instance import to_json


def test_a_run_is_written_as_it_was_read(two_zones):
    instance = from_fields(two_zones)
    assert from_json(to_json(instance)) == instance
    assert to_json(from_json(to_json(instance))) == to_json(instance)


def test_order_and_spelling_do_not_change_the_root(e2):
    root = from_fields(e2).root
    e2["bids"].reverse()
    e2["offers"].reverse()
    e2["bids"][0]["perf"].reverse()
    e2["bids"][0]["chips_max"] = "1000.00"
    assert from_fields(e2).root == root


def test_any_change_of_a_bid_changes_its_hash_and_the_root(e1):
    before = from_fields(e1)
    e1["bids"][0]["curve"][0]["usd_per_unit"] = "3.000000000001"
    after = from_fields(e1)
    assert after.root != before.root
    hashes = [{bid_hash(bid, run.grid) for bid in run.bids} for run in (before, after)]
    assert len(hashes[0] & hashes[1]) == 1


def test_bids_stand_before_offers_each_in_order_of_hash(e2):
    instance = from_fields(e2)
    sides = [side for side, _ in instance.participants]
    assert sides == [1, 1, -1, -1]
    for group in (instance.bids, instance.offers):
        hashes = [bid_hash(bid, instance.grid) for bid in group]
        assert hashes == sorted(hashes)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("schema",), "run/9", r"run\.schema: expected chiphour\.auction\.run/1"),
        (("run",), 0, r"run\.run"),
        (("rent_account",), "1", r"run\.rent_account"),
        (("tier",), "spot", "expected no other field, found tier"),
        (("bids", 0, "kind"), "gang", r"bids\[0\] 'A'\.kind: expected divisible, found 'gang'"),
        (("bids", 0, "kind"), "supply", r"bids\[0\] 'A'\.kind: expected divisible"),
        (("bids", 1, "name"), "A", "each name once"),
        (("bids", 0, "curve", 1, "usd_per_unit"), "3.5", r"'A'\.curve: .*never rise"),
        (("bids", 0, "curve", 0, "usd_per_unit"), "-1", r"'A'\.curve: .*below the floor"),
        (("bids", 0, "chips_max"), "-1", r"'A'\.chips_max"),
        (("bids", 0, "colour"), "red", r"'A': expected no other field, found colour"),
        (("offers", 0, "blocks", 0, "price"), "-1", r"'pool'\.blocks\[0\]\.price"),
        (("offers", 0, "inventory"), ["1", "1"], r"'pool'\.inventory"),
    ],
)
def test_a_malformed_run_is_refused_with_bid_and_field(e1, path, value, message):
    place = e1
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(RequestMalformed, match=message):
        from_json(json.dumps(e1).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"run":1,"run":2}'])
def test_what_is_not_a_json_object_is_refused(body):
    with pytest.raises(RequestMalformed, match="run: expected"):
        from_json(body)
