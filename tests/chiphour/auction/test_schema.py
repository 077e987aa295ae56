"""SCHEMA: the published schemas say what the reader reads, judged by a tool that is not ours.

Takes   canonical runs, drawn and by hand; the schemas; the jsonschema package.
Gives   what the tool says of each.
Keeps   the schemas from falling behind the reader: what it writes fits, what it refuses for its
        fields does not.
Source  docs/formulation/auction.md, section 2; json-schema.org, draft 2020-12.
"""

import json
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import settings
from jsonschema import Draft202012Validator

from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import gang
from auction_fields import offer
from auction_fields import reserve
from auction_fields import run
from auction_fields import virtual
from auction_runs import runs
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.instance import KINDS
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.instance import to_json
from chiphour.auction.schema import bid_schema
from chiphour.auction.schema import run_schema

RUN = Draft202012Validator(run_schema())
BID = Draft202012Validator(bid_schema())
EVERYTHING = run(
    [HOPPER],
    [
        offer("pool", 20, H100, 16, 1, hours=2, reserve=True, side_stock={"cpu": [9, 9]}),
        offer("switch", 21, H100, 16, (8, 1), hours=2, startup="3", no_load="0.1", run_min=2),
        offer("lent", 22, H100, 8, 1, hours=2) | {"kind": "leaseback", "position": "p-1"},
        buy(
            "A",
            10,
            [
                divisible({H100: "2"}, (80, 3), mode="m", needs={"cpu": 1}),
                divisible({H100: {"compute": "2", "memory": "1"}}, (8, 3), mode="n"),
                gang(8, 1, {H100: 24}),
            ],
            logic={"xor": [["g", "m"]], "requires": []},
            limits={"spend_usd": "100"},
        ),
        reserve("us", (10, 8)),
        virtual("view", 30, "sell", H100, (5, 1), hours=2),
    ],
    hours=2,
    sponsor_account=3,
)


def test_both_are_schemas():
    for validator in (RUN, BID):
        Draft202012Validator.check_schema(validator.schema)


def test_a_run_of_every_kind_fits_as_it_came_and_as_it_is_written():
    assert {fields["kind"] for fields in EVERYTHING["bids"]} == set(KINDS)
    RUN.validate(EVERYTHING)
    written = json.loads(to_json(from_fields(EVERYTHING)))
    RUN.validate(written)
    for fields in written["bids"]:
        BID.validate(fields)


@given(runs(budget=True))
@settings(max_examples=25)
def test_whatever_is_read_fits(fields):
    instance, _ = read_run(fields)
    RUN.validate(json.loads(to_json(instance)))


FAULTS = {
    "an unknown field of the run": lambda f: f.update(hours=24),
    "an unknown field of a bid": lambda f: f["bids"][0].update(name="pool"),
    "an unknown field of a mode": lambda f: f["bids"][3]["modes"][0].update(note=""),
    "an unknown kind": lambda f: f["bids"][0].update(kind="loan"),
    "an unknown mode": lambda f: f["bids"][3]["modes"][0].update(type="option"),
    "no modes": lambda f: f["bids"][3].update(modes=[]),
    "no bids": lambda f: f.pop("bids"),
    "a gang without chips": lambda f: f["bids"][3]["modes"][2].pop("chips"),
    "a pool without blocks": lambda f: f["bids"][0].update(blocks=[]),
    "a number that is no text": lambda f: f["price"].update(cap=1000),
    "an odd interval": lambda f: f["delivery"].update(step_minutes=7),
    "another schema": lambda f: f.update(schema="chiphour.auction.run/1"),
    "another pricing": lambda f: f.update(pricing="vcg"),
    "a market's own account": lambda f: f["bids"][0].update(account=2),
    "a direction that is none": lambda f: f["bids"][5].update(direction="hold"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_reader_refuses_for_its_fields_does_not_fit(fault):
    fields = deepcopy(EVERYTHING)
    FAULTS[fault](fields)
    assert not RUN.is_valid(fields)
    with pytest.raises(RequestMalformed):
        from_fields(fields)


def test_a_bid_alone_is_judged_like_a_bid_of_a_run():
    assert BID.is_valid(bid("B", 11, {H100: "1"}, (30, 4)))
    assert not BID.is_valid(bid("B", 11, {H100: "1"}, (30, 4)) | {"side": "buy"})
    assert not BID.is_valid(EVERYTHING)
