"""RPC: who may ask what, and how often; each request has its own answer.

Takes   a real market with its doors open and few credits.
Gives   failures.
Keeps   cancelling free, whatever was spent.
Source  Deribit's API v2; decisions 0028 and 0035.
"""

import logging

import pytest

from chiphour.adapters.budget import Rate
from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.gateway import GatewayBusy
from chiphour.adapters.rpc import THINGS_EACH
from chiphour.adapters.rpc import Method
from chiphour.adapters.rpc import refused
from chiphour.adapters.rpc import status_of
from chiphour.observe.observation import MarketError
from chiphour.wire.jsonrpc import RpcRefused
from raw_socket import Raw
from raw_socket import frame
from raw_socket import request
from trading import NAME
from trading import trading

ORDER = {"instrument_name": NAME, "amount": 1, "type": "limit", "price": 2.9}
TOO_MANY, UNAUTHORIZED = 10028, 13009


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market"), rate=Rate(60, 1)) as opened:
        yield opened


def test_who_asks_too_much_is_told_how_long_to_wait_and_may_cancel_all_the_same(floor):
    with Raw(floor.socket_url, floor.members[0]) as client:
        client.send(b"".join(request("private/buy", n, **ORDER) for n in range(80)))
        answers = client.answers(80)
        errors = [each["error"] for each in answers if "error" in each]
        assert {each["code"] for each in errors} == {TOO_MANY}
        assert 10 < len(errors) < 70
        assert all(0 < each["data"]["wait_ms"] <= 1_000 for each in errors)
        assert answers[-1]["credits"] == 0
        ids = [each["result"]["order"]["order_id"] for each in answers if "result" in each]
        assert client.result("private/cancel", order_id=ids[0])["order_state"] == "cancelled"
        for _ in range(100):
            client.result("private/cancel_all")
        with Raw(floor.socket_url) as other:
            other.sign_in(floor.members[1])
            assert other.result("private/buy", **ORDER)["order"]["order_state"] == "open"


def test_an_account_has_one_budget_however_many_connections(floor):
    one, two = (Raw(floor.socket_url, floor.members[0]) for _ in range(2))
    with one, two:
        while "result" in one.call("private/get_open_orders"):
            pass
        errors = [two.call("private/get_open_orders").get("error") for _ in range(5)]
        assert any(each and each["code"] == TOO_MANY for each in errors)


def test_an_unknown_method_is_answered_with_the_nearest(floor):
    with Raw(floor.socket_url) as client:
        error = client.call("public/get_instrumens")["error"]
        assert error["code"] == -32601
        assert "public/get_instruments" in error["data"]["nearest"]


def test_a_fault_of_ours_is_logged_and_told_as_no_more_than_that(floor, caplog):
    def faulty(gateway, asker, fields):
        raise ValueError("the secret of it")

    async def late(gateway, asker, fields):
        raise ValueError("the secret of it")

    for name, call in (("public/faulty", faulty), ("public/late", late)):
        floor.trading.rpc.methods[name] = Method(call)
        with Raw(floor.socket_url) as client, caplog.at_level(logging.ERROR):
            error = client.call(name)["error"]
            assert error["code"] == -32603
            assert "secret" not in str(error)
            assert client.result("public/test")
        del floor.trading.rpc.methods[name]
    assert caplog.text.count("ValueError: the secret of it") == 2


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        (RpcRefused(10004, "x", {}), 10004, 400),
        (GatewayBusy("x"), 10047, 503),
        (SequencerStopped("x"), 11051, 503),
        (MarketError("x"), -32603, 500),
        (RpcRefused(TOO_MANY, "x", {}), TOO_MANY, 429),
        (RpcRefused(UNAUTHORIZED, "x", {}), UNAUTHORIZED, 401),
        (RpcRefused(13021, "x", {}), 13021, 403),
    ],
)
def test_each_fault_has_its_code_and_its_status(fault, code, status):
    found = refused(fault)
    assert (found.code, status_of(found.code)) == (code, status)


@pytest.mark.parametrize(
    ("method", "name"),
    [("public/get_last_trades_by_instrument", "count"), ("public/get_order_book", "depth")],
)
def test_a_long_answer_costs_by_its_length(tmp_path, method, name):
    """Ask for one thing, then for a thousand: the credits that are left tell what each cost."""
    with trading(tmp_path, rate=Rate(1_000, 1)) as floor, Raw(floor.socket_url) as stranger:
        left = [stranger.call("public/test")["credits"]]
        for most in (1, 1_000):
            asked = {"instrument_name": NAME, name: most}
            left.append(stranger.call(method, **asked)["credits"])
    short, long = left[0] - left[1], left[1] - left[2]
    assert abs(long - short - 1_000 // THINGS_EACH) <= 1  # A second may bring one back.


def test_what_cannot_be_read_costs_too_and_without_end_is_ended(tmp_path):
    """Send what is no request, and methods that there are not, until the credits are spent."""
    few = Rate(50, 1)
    with trading(tmp_path, rate=few) as floor, Raw(floor.socket_url, floor.members[0]) as member:
        with Raw(floor.socket_url) as stranger:
            assert stranger.code("public/nothing") == -32601
            assert stranger.call("public/test")["credits"] < 50
            stranger.send(frame(b"{") * 60)
            assert stranger.end()[1] == "malformed requests without end"
        assert member.result("private/buy", **ORDER)["order"]["order_state"] == "open"
