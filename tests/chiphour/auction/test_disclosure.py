"""DISCLOSURE: the disclosed files are those of the commitment, or they are refused.

Takes   a sealed run, cleared; the same with one part changed.
Gives   which bids were left out; a refusal for each planted change.
Keeps   the commitment as the only thing that is believed.
Source  docs/formulation/runs.md, section 12.
"""

import hashlib
import json

import pytest

from chiphour.auction.clear import clear
from chiphour.auction.disclosure import check_disclosure
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import SUBMIT
from chiphour.auction.gate import Gate
from chiphour.auction.gate import Request
from chiphour.auction.gate import Terms
from chiphour.auction.gate import sealed_json
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.instance import to_json
from chiphour.auction.result import to_json as result_to_json
from chiphour.auction.solve import solve
from gated import BUYER
from gated import OPENS_NS
from gated import SELLER
from gated import SHUT_NS
from gated import buy
from gated import pool
from gated import settings_of


@pytest.fixture
def disclosed():
    """Give commitment, sealed file, run and result of a run of two bids."""
    terms = Terms(settings_of(), OPENS_NS, SHUT_NS, SHUT_NS, "5a17")
    gate = Gate(terms, from_fields(terms.settings))
    for account, body in ((SELLER, pool("p", "10", "1.5")), (BUYER, buy("b", "12", "2"))):
        gate.add(gate.judge(Request(OPENS_NS, SUBMIT, account, body["id"], body)))
    instance, _ = read_run(gate.sealed())
    result = result_to_json(instance, clear(instance, solve))
    return gate.commitment(), gate.sealed_json(), to_json(instance), result


def test_what_was_disclosed_is_what_was_sealed(disclosed):
    assert check_disclosure(*disclosed) == ()


def test_a_bid_that_was_left_out_is_told(disclosed):
    _, sealed, run, result = disclosed
    fields = json.loads(sealed)["run"]
    more = dict(fields["bids"][0], id="100.more", product="X/node8/us")
    sealed = sealed_json(fields | {"bids": [*fields["bids"], more]}, "5a17")
    commitment = hashlib.sha256(sealed).hexdigest()
    assert check_disclosure(commitment, sealed, run, result) == ("100.more",)


def test_every_change_is_refused(disclosed):
    commitment, sealed, run, result = disclosed
    dearer = run.replace(b'"1.5"', b'"1.6"').replace(b'"1.5000"', b'"1.6000"')
    assert dearer != run
    capped = run.replace(b'"cap":"12', b'"cap":"13')
    paid = json.loads(result)
    paid["welfare"] = "999"
    spaced = json.dumps(json.loads(sealed)).encode()
    planted = {
        "hash": ("0" * 64, sealed, run, result),
        "spelling of the sealed": (hashlib.sha256(spaced).hexdigest(), spaced, run, result),
        "spelling of the run": (commitment, sealed, run + b" ", result),
        "found '100.p'": (commitment, sealed, dearer, result),
        "terms": (commitment, sealed, capped, result),
        "welfare": (commitment, sealed, run, json.dumps(paid).encode()),
        "another salt": (commitment, sealed.replace(b"5a17", b"5a18"), run, result),
    }
    for name, files in planted.items():
        with pytest.raises(RequestMalformed) as refused:
            check_disclosure(*files)
        assert str(refused.value), name
