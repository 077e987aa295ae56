"""OPENRPC: one description for each method and param, and a document of what is served.

Takes   the table; sets of methods as a server might know them.
Gives   a failure where words are missing, said twice or of nothing.
Keeps   whether it is true out of here: tests/clients/test_api.py asks the server itself.
Source  Decision 0036; the OpenRPC specification.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.wire.openrpc import METHODS
from chiphour.wire.openrpc import PARAMS
from chiphour.wire.openrpc import Example
from chiphour.wire.openrpc import Served
from chiphour.wire.openrpc import document


def test_every_param_has_words_and_is_taken_by_a_method():
    assert {param for asked in METHODS.values() for param in asked.params} == {*PARAMS}
    assert all(words.endswith(".") for _, words in PARAMS.values())


@pytest.mark.parametrize("name", METHODS)
def test_no_param_is_said_twice(name):
    asked = METHODS[name]
    assert len({*asked.params}) == len(asked.params)
    assert asked.summary.endswith(".")


@given(st.sets(st.sampled_from(sorted(METHODS))))
def test_the_document_has_the_methods_that_are_served(names):
    """Serve any of them: each stands there once, in order, with scope and cost."""
    served = {name: Served("trade", 3) for name in names}
    found = json.loads(json.dumps(document(served, "1")))["methods"]
    assert [each["name"] for each in found] == sorted(names)
    assert all((each["x-scope"], each["x-credits"]) == ("trade", 3) for each in found)
    for each in found:
        needed = [param["name"] for param in each["params"] if param["required"]]
        assert needed == METHODS[each["name"]].needed.split()


def test_examples_stand_with_their_method():
    served = {name: Served(None, 1) for name in ("public/ticker", "public/test")}
    examples = {"public/ticker": [Example({"instrument_name": "X"}, {"last_price": 1})]}
    test, ticker = document(served, "1", examples)["methods"]
    assert "examples" not in test
    assert ticker["examples"][0]["params"] == [{"name": "instrument_name", "value": "X"}]
    assert ticker["examples"][0]["result"]["value"] == {"last_price": 1}


def test_a_method_without_words_is_a_fault():
    with pytest.raises(KeyError):
        document({"public/unheard_of": Served(None, 1)}, "1")
