"""INSTANCE: a run file is one instance, whatever the order and spelling of its numbers.

Takes   run files.
Gives   instances, canonical JSON, roots, refused bids.
Keeps   a malformed bid out, with its place and field named, while the others go on.
Source  docs/formulation/auction.md, section 2.
"""

import json
import time
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import offer
from auction_fields import run
from auction_fields import virtual
from auction_rich import rich
from auction_runs import runs
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.held import Duals
from chiphour.auction.instance import BIDS_MAX
from chiphour.auction.instance import Refused
from chiphour.auction.instance import bid_hash
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import from_json
from chiphour.auction.instance import read_run
from chiphour.auction.instance import read_run_json
from chiphour.auction.instance import to_json

SECONDS_MAX = 5.0  # To refuse what is far too large, on a machine that is busy.


def refusal(fields):
    with pytest.raises(RequestMalformed) as caught:
        from_fields(fields)
    return str(caught.value)


def put(fields, path, value):
    """Change the field at a path of names and places; `...` takes it out."""
    place = fields
    for step in path[:-1]:
        place = place[step]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value


@settings(max_examples=30)
@given(runs(budget=True), st.randoms(use_true_random=False))
def test_a_run_is_written_as_it_was_read_in_whatever_order_it_came(fields, random):
    instance, refused = read_run(fields)
    body = to_json(instance)
    assert from_json(body) == instance
    assert to_json(from_json(body)) == body
    shuffled = deepcopy(fields)
    for name in ("bids", "products", "arcs"):
        random.shuffle(shuffled[name])
    for one in shuffled["bids"]:
        random.shuffle(one.get("modes", []))
    again, refused_again = read_run(shuffled)
    assert again.root == instance.root
    assert {one.id for one in refused_again} == {one.id for one in refused}


def test_everything_that_a_run_can_hold_is_written_as_it_was_read():
    instance = from_fields(rich())
    assert len(instance.bids) == len(rich()["bids"])
    assert from_json(to_json(instance)) == instance


def test_spelling_does_not_change_the_root():
    fields = rich()
    before = from_fields(fields).root
    chat = next(one for one in fields["bids"] if one["id"] == "chat")["modes"][0]
    chat["chips_max"], chat["curve"][0] = "10.00", ["24.000", "4.0"]
    chat["interruption"] = {"loss_units": "0"}  # What it is unless told.
    chat["window"]["to"] = "2026-12-01T04:00:00+01:00"
    assert from_fields(fields).root == before


CHANGES = [
    (("run",), 2),
    (("kind",), "week"),
    (("pricing",), "hull"),
    (("rent_account",), 2),
    (("sponsor_account",), ...),
    (("price", "cap"), "50.0001"),
    (("price", "floor"), "-0.0001"),
    (("delivery", "step_minutes"), 30),
    (("tiers", 1, "pi"), "0.150001"),
    (("tiers", 1, "beta"), "1.250001"),
    (("products", 0, "domain_chips"), 16),
    (("arcs", 0, "max", 2), "4.01"),
    (("bids", 0, "inventory", 0), "32.01"),
    (("bids", 0, "account"), 99),
    (("bids", 5, "modes", 0, "curve", 0, 1), "4.000000000001"),
    (("bids", 5, "workload", "class"), "other"),
]


@pytest.mark.parametrize(("path", "value"), CHANGES)
def test_any_change_changes_the_root(path, value):
    fields = rich()
    if path[0] == "delivery":  # Windows of bids are times: at another step they would not fit.
        fields["bids"] = []
    before = from_fields(fields).root
    put(fields, path, value)
    assert from_fields(fields).root != before


def test_a_change_of_one_bid_changes_its_hash_alone():
    before, fields = from_fields(rich()), rich()
    put(fields, ("bids", 5, "modes", 0, "curve", 0, 1), "4.000000000001")
    after = from_fields(fields)
    hashes = [{bid_hash(one, made.grid) for one in made.bids} for made in (before, after)]
    assert len(hashes[0] - hashes[1]) == len(hashes[1] - hashes[0]) == 1


def test_bids_stand_in_order_of_hash():
    instance = from_fields(rich())
    hashes = [bid_hash(one, instance.grid) for one in instance.bids]
    assert hashes == sorted(hashes)
    assert set(instance.bid_by_id) == {one["id"] for one in rich()["bids"]}
    assert set(instance.context.pools) == {"base", "lease", "far", "lent", "ten"}


MALFORMED = [
    (("schema",), "run/9", "run.schema: expected chiphour.auction.run/2, found 'run/9'"),
    (("run",), 0, "run.run: expected an integer from 1 to"),
    (("rent_account",), "1", "run.rent_account: expected an integer from 1"),
    (("sponsor_account",), 0, "run.sponsor_account: expected an integer from 1"),
    (("kind",), "hourly", "run.kind: expected month or week or day-ahead or real-time"),
    (("pricing",), "uniform", "run.pricing: expected ip or hull or eu, found 'uniform'"),
    (("tier",), "spot", "run: expected no other field, found tier"),
    (("bids",), {}, "run.bids: expected a list of at most 100000 bids, found {}"),
    (("bids", 5, "kind"), "gang", "run.bids[5] 'chat'.kind: expected "),
    (("bids", 5, "id"), ..., "run.bids[5] None.id: expected this field, found none"),
    (("bids", 5, "account"), 7, "run.bids[5] 'chat'.account: expected an integer from 8"),
    (("bids", 6, "id"), "chat", "run.bids[5].id: expected each id once, found 'chat' again"),
    (("bids", 5, "colour"), "red", "run.bids[5] 'chat': expected no other field, found colour"),
    (("bids", 5, "modes", 0, "type"), "sell", "run.bids[5] 'chat'.modes[0].type: expected "),
    (("bids", 5, "modes", 0, "curve", 1, 1), "4.5", "run.bids[5] 'chat'.modes[0].curve: expected "),
    (("bids", 5, "modes", 0, "window", "to"), "2026-12-02T00:00:00Z",
     "run.bids[5] 'chat'.modes[0].window.to: expected the beginning of an interval of the run"),
    (("bids", 0, "inventory", 1), "-1", "run.bids[0] 'base'.inventory[1]: expected a quantity"),
    (("bids", 0, "blocks", 1, "price"), "60", "run.bids[0] 'base'.blocks[1].price: expected"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "said"), MALFORMED)
def test_a_malformed_run_is_refused_with_bid_and_field(path, value, said):
    fields = rich()
    put(fields, path, value)
    with pytest.raises(RequestMalformed) as caught:
        from_json(json.dumps(fields).encode())
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"run":1,"run":2}', b"[" * 100_000])
def test_what_is_not_a_json_object_is_refused(body):
    for read in (from_json, read_run_json):
        with pytest.raises(RequestMalformed, match="run: expected"):
            read(body)


def test_refused_bids_are_left_out_and_told_and_the_others_go_on(cleared):
    """Of four bids two are at fault: what is left is the run of the other two."""
    good = [bid("good", 10, {H100: "1"}, (5, 3)), offer("pool", 20, H100, 10, 1)]
    wrong = bid("steep", 11, {H100: "1"}, (5, 3), (5, 4))
    nameless = bid("x", 12, {H100: "1"}, (5, 3)) | {"id": 7}
    instance, refused = read_run(run([HOPPER], [wrong, good[0], "what?", nameless, good[1]]))
    assert [one.id for one in refused] == ["steep", "#2", "#3"]
    assert refused[0].reason == (
        "run.bids[0] 'steep'.modes[0].curve: expected dollars per unit that never rise, "
        "found '3 before 4'"
    )
    assert refused[1].reason == "run.bids[2]: expected an object, found 'what?'"
    assert refused[2].reason == "run.bids[3] 7.id: expected text, found 7"
    assert instance == from_fields(run([HOPPER], good))
    _, result = cleared(run([HOPPER], good))
    assert {part.id for part in result.award.parts} == {"good", "pool"}


def test_an_id_given_twice_counts_for_nobody():
    """Whoever sends a bid under another's name does not put his own in its place."""
    twin = bid("one", 11, {H100: "1"}, (5, 9))
    bids = [bid("one", 10, {H100: "1"}, (5, 3)), offer("pool", 20, H100, 10, 1), twin]
    instance, refused = read_run(run([HOPPER], bids))
    assert list(instance.bid_by_id) == ["pool"]
    assert [one.id for one in refused] == ["one", "one"]
    assert refused[0].reason == "run.bids[0].id: expected each id once, found 'one' again"
    pools = [offer("one", 20, H100, 10, 1), bid("one", 10, {H100: "1"}, (5, 3))]
    instance, refused = read_run(run([HOPPER], pools))
    assert instance.bids == () and len(refused) == 2
    assert instance.context.pools == {}


def test_a_bid_that_needs_a_refused_pool_is_refused_with_it():
    wants = bid("wants", 10, {H100: "1"}, (5, 3), needs={"cpu": 1})
    pool = offer("pool", 20, H100, 10, 1, side_stock={"cpu": [5]})
    fields = run([HOPPER], [wants, pool])
    assert read_run(fields)[1] == ()
    put(fields, ("bids", 1, "inventory"), ["-1"])
    _, refused = read_run(fields)
    assert {one.id for one in refused} == {"wants", "pool"}


def test_a_virtual_bid_in_a_real_time_run_is_refused():
    """There is no later run in which it could be closed."""
    hope = virtual("hope", 30, "buy", H100, (2, 3), hours=1)
    for kind in ("month", "week", "day-ahead"):
        assert from_fields(run([HOPPER], [hope], kind=kind)).bid_by_id["hope"].side == 1
    instance, refused = read_run(run([HOPPER], [hope], kind="real-time"))
    assert instance.bids == ()
    assert len(refused) == 1 and refused[0].id == "hope"
    assert refused[0].reason.startswith("run.bids[0] 'hope'.kind: expected ")


def test_far_too_many_blocks_or_bids_are_refused_at_once():
    """A million blocks are refused by their number, without reading one; so are the bids."""
    one = bid("one", 10, {H100: "1"}, (5, 3))
    one["modes"][0]["curve"] = [["1", "1"]] * 1_000_000
    began = time.monotonic()
    _, refused = read_run(run([HOPPER], [one]))
    assert refused == (
        Refused(
            "one",
            "run.bids[0] 'one'.modes[0].curve: expected a list of at most 1000 pairs, "
            "found 1000000",
        ),
    )
    many = run([HOPPER], [one] * (BIDS_MAX + 1))
    assert refusal(many) == "run.bids: expected a list of at most 100000 bids, found 100001"
    assert time.monotonic() - began < SECONDS_MAX


def test_a_run_at_other_prices_keeps_its_root():
    """Budgets are counted at prices and bids scaled to them; ties stay those of the run given."""
    given = from_fields(rich())
    counted = given.at_prices(None, {"thrifty": 500_000_000})
    assert counted.root == given.root
    assert counted.bid_by_id["chat"] == given.bid_by_id["chat"]
    work = [made.bid_by_id["thrifty"].modes[0][1].work for made in (given, counted)]
    assert [curve[0][1] for curve in (work[0].curve, work[1].curve)] == [8 * 10**12, 4 * 10**12]
    again = counted.at_prices(None, {})
    assert again.root == given.root
    assert from_json(to_json(counted)).root != given.root  # Read from a file it is another run.


def test_what_bids_are_judged_in_tells_the_prices_of_budgets():
    given = from_fields(rich())
    prices = Duals((1,) * given.grid.slots, {}, {}, {}, {}, {}, {})
    assert given.context.reference is None
    assert given.at_prices(prices, {}).context.reference is prices
    assert given.context.pools["base"].resources == frozenset({"cpu"})
