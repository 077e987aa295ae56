"""OPENRPC: what is served describes each method with its scope and cost, and only to be read.

Takes   a real market with its doors open.
Gives   a failure where scope or cost is another than the server's own, or a POST is taken.
Keeps   the words themselves to tests/chiphour/wire/test_openrpc.py.
Source  Decision 0036.
"""

import httpx

from chiphour.adapters.rpc_orders import COSTS
from chiphour.adapters.rpc_orders import METHODS as ORDERS
from chiphour.adapters.serve.openrpc import PATH
from chiphour.adapters.serve.openrpc import served_by
from trading import trading


def test_each_method_is_described_with_its_scope_and_cost(tmp_path):
    with trading(tmp_path) as floor:
        answer = httpx.get(floor.url + PATH)
        found = {each["name"]: each for each in answer.json()["methods"]}
        rpc = floor.trading.rpc
        assert {*found} == {*rpc.methods, *ORDERS} == {*served_by(rpc)}
        for name, method in rpc.methods.items():
            assert found[name]["x-credits"] == method.cost
            assert found[name]["x-scope"] == ("trade" if method.scope == "" else method.scope)
            assert (found[name]["x-scope"] is None) == name.startswith("public/")
        for name in ORDERS:
            assert (found[name]["x-scope"], found[name]["x-credits"]) == (
                "trade",
                COSTS.get(name, 0),
            )
        assert httpx.head(floor.url + PATH).headers["content-length"] == str(len(answer.content))
        assert httpx.put(floor.url + PATH).status_code == 405
