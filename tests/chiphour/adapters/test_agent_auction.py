"""AGENT_AUCTION: an agent's own run is cleared and explained, within bounds.

Takes   an example run of this repository.
Gives   a failure where an answer breaks its schema or a bad run is not named.
Keeps   the solver real, in its own process.
Source  Decisions 0037 and 0043.
"""

import asyncio
import json
from pathlib import Path

import jsonschema
import pytest

from chiphour.adapters.agent_auction import CLEAR
from chiphour.adapters.agent_auction import EXPLAIN
from chiphour.adapters.agent_auction import RUN_BYTES_MAX
from chiphour.adapters.agent_auction import auction_cleared
from chiphour.adapters.agent_auction import auction_explained
from chiphour.auction.fields import RequestMalformed

RUN = json.loads((Path(__file__).parents[3] / "examples/pool/run.json").read_text())


def test_a_run_is_cleared_and_a_bid_explained():
    jsonschema.validate({"run": RUN}, CLEAR[1])
    cleared = asyncio.run(auction_cleared({"run": RUN, "seconds": 60}))
    jsonschema.validate(cleared, CLEAR[2])
    assert cleared["status"] == "optimal"
    assert cleared["result"]["run"] == RUN["run"]
    bid = RUN["bids"][0]["id"]
    given = {"run": RUN, "result": cleared["result"], "bid": bid}
    explained = asyncio.run(auction_explained(given))
    jsonschema.validate(explained, EXPLAIN[2])
    assert explained["bid"] == bid
    assert explained["sentences"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"run": {}}, "run"),
        ({"run": RUN, "pricing": "free"}, "pricing: expected one of ip, hull, eu, found 'free'"),
        ({"run": RUN, "seconds": 0}, "seconds: expected 1 to 120, found 0"),
        ({"run": RUN, "seconds": 1e9}, "seconds: expected 1 to 120"),
        ({"run": {"x": "y" * RUN_BYTES_MAX}}, "run: expected at most 1048576 bytes"),
    ],
)
def test_a_bad_run_is_named(given, named):
    with pytest.raises(RequestMalformed) as refused:
        asyncio.run(auction_cleared(given))
    assert named in str(refused.value)
