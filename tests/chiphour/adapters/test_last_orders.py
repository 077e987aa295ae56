"""LAST ORDERS: who is gone leaves what it chose to leave.

Takes   a real market with its doors open; connections that end without a word.
Gives   failures.
Keeps   the orders of other connections and other members where they are.
Source  Decision 0035.
"""

import pytest

from chiphour.adapters import last_orders
from chiphour.adapters.gateway import GatewayBusy
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.wire.dialect import OPEN
from raw_socket import Raw
from raw_socket import request
from raw_socket import waited
from trading import NAME
from trading import trading

ORDER = {"instrument_name": NAME, "type": "limit", "amount": 1}


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market")) as opened:
        yield opened


@pytest.fixture(autouse=True)
def emptied(floor):
    yield
    for member in floor.members:
        with Raw(floor.socket_url, member) as client:
            client.result("private/disable_cancel_on_disconnect", scope="account")
            client.result("private/cancel_all_after", timeout=0)
            client.result("private/cancel_all")


def standing(floor, member=0):
    """Give the ids of a member's orders that stand, as the gateway knows them."""
    orders = dict(floor.gateway.blotter(floor.members[member].account).orders)
    return {str(id) for id, order in orders.items() if order.state == OPEN}


def placed(client, price=2.9):
    return client.result("private/buy", price=price, **ORDER)["order"]["order_id"]


def test_a_connection_takes_its_own_orders_along_and_no_other(floor):
    first, second = (Raw(floor.socket_url, floor.members[0]) for _ in range(2))
    with second, Raw(floor.socket_url, floor.members[1]) as other:
        with first:
            kept = {placed(first), placed(second), placed(first, 2.91)}
            assert first.result("private/enable_cancel_on_disconnect") == "ok"
            shown = first.result("private/get_cancel_on_disconnect")
            assert shown == {"scope": "connection", "enabled": True}
            for price in (2.92, 2.93):
                placed(first, price)
            theirs = placed(other)
            assert len(standing(floor)) == 5
        waited(lambda: standing(floor) == kept)
        assert standing(floor, 1) == {theirs}


def test_an_order_that_was_under_way_goes_too(floor):
    """Send orders and end the connection before any answer: none of them stays."""
    with Raw(floor.socket_url, floor.members[0]) as client:
        client.result("private/enable_cancel_on_disconnect")
        before = floor.gateway.sequence
        client.send(b"".join(request("private/buy", n, price=2.9, **ORDER) for n in range(200)))
    waited(lambda: floor.gateway.sequence > before and not floor.trading.hub.connections)
    waited(lambda: not floor.gateway._pending)
    waited(lambda: standing(floor) == set())


def test_what_is_held_no_more_stays(floor):
    with Raw(floor.socket_url, floor.members[0]) as client:
        client.result("private/enable_cancel_on_disconnect")
        kept = placed(client)
        client.result("private/disable_cancel_on_disconnect")
        assert not client.result("private/get_cancel_on_disconnect")["enabled"]
    waited(lambda: not floor.trading.hub.connections)
    assert standing(floor) == {kept}


def test_an_account_takes_all_its_orders_along_with_any_connection(floor):
    with Raw(floor.socket_url, floor.members[0]) as first:
        with Raw(floor.socket_url, floor.members[0]) as second:
            first.result("private/enable_cancel_on_disconnect", scope="account")
            shown = second.result("private/get_cancel_on_disconnect", scope="account")
            assert shown == {"scope": "account", "enabled": True}
            for client in (first, second):
                placed(client)
            second.send(request("private/buy", 1, price=2.9, **ORDER))
        waited(lambda: standing(floor) == set())


def test_who_never_signed_in_takes_nothing_along(floor):
    with Raw(floor.socket_url, floor.members[0]) as client:
        client.result("private/enable_cancel_on_disconnect", scope="account")
        kept = placed(client)
        with Raw(floor.socket_url) as stranger:
            stranger.result("public/test")
        waited(lambda: len(floor.trading.hub.connections) == 1)
        assert standing(floor) == {kept}


def test_a_timer_that_runs_out_cancels_all_and_one_renewed_does_not(floor):
    with Raw(floor.socket_url, floor.members[0]) as client:
        placed(client)
        assert client.result("private/cancel_all_after", timeout=1) == {"timeout": 1}
        assert client.result("private/cancel_all_after", timeout=0) == {"timeout": 0}
        assert not floor.trading.last._timers
        assert client.result("private/cancel_all_after", timeout=1) == {"timeout": 1}
        waited(lambda: standing(floor) == set())
        assert client.result("public/test")
        assert client.code("private/cancel_all_after", timeout=-1) == -32602


def test_a_connection_remembers_no_more_than_what_stands(floor):
    """Place and cancel many: the list of what a connection would take along stays short."""
    with Raw(floor.socket_url, floor.members[0]) as client:
        client.result("private/enable_cancel_on_disconnect")
        kept = {placed(client)}
        for _ in range(20):
            client.send(b"".join(request("private/buy", n, price=2.9, **ORDER) for n in range(100)))
            ids = [client.answer(n)["result"]["order"]["order_id"] for n in range(100)]
            client.send(
                b"".join(request("private/cancel", n, order_id=id) for n, id in enumerate(ids))
            )
            for n in range(100):
                assert "result" in client.answer(n)
        assert standing(floor) == kept
        (held,) = (each.asker.orders for each in floor.trading.hub.connections)
        assert int(*kept) in held
        assert len(held) < 1_000


def test_a_cancel_that_was_not_taken_is_sent_again(floor, monkeypatch):
    """Refuse the first two: the third is taken."""
    monkeypatch.setattr(last_orders, "RETRY_S", 0.01)
    place, refused = floor.gateway.place, []

    def busy(row, done, labels=()):
        if row[2] == Kind.CANCEL and len(refused) < 2:
            refused.append(row)
            raise GatewayBusy("full")
        place(row, done, labels)

    assert command(Kind.CANCEL)[2] == Kind.CANCEL
    with Raw(floor.socket_url, floor.members[0]) as client:
        client.result("private/enable_cancel_on_disconnect")
        placed(client)
        monkeypatch.setattr(floor.gateway, "place", busy)
    waited(lambda: standing(floor) == set())
    assert len(refused) == 2
