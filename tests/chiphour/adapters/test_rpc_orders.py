"""RPC ORDERS: an order through the door does what it says, for whom it may, and once.

Takes   a real market with its doors open; two members; keys that may do less.
Gives   failures.
Keeps   what one member asks out of the other's orders and answers.
Source  Decisions 0028, 0029 and 0035; rulebook 12.
"""

import pytest

from chiphour.adapters import gateway
from chiphour.wire.dialect import OPEN
from chiphour.wire.key import READ
from chiphour.wire.key import SCOPES
from chiphour.wire.key import TRADE
from raw_socket import Raw
from raw_socket import request
from raw_socket import waited
from trading import NAME
from trading import trading

ORDER = {"instrument_name": NAME, "type": "limit", "amount": 1}
NOT_FOUND, UNAUTHORIZED, FORBIDDEN, FULL = 10004, 13009, 13021, 10047


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market")) as opened:
        yield opened


@pytest.fixture
def both(floor):
    one, two = (Raw(floor.socket_url, member) for member in floor.members)
    with one, two:
        yield one, two
        for each in (one, two):
            each.result("private/cancel_all")
    waited(lambda: not floor.gateway._pending)
    assert not floor.gateway._outcomes
    assert not floor.gateway._late
    assert not floor.gateway._mass_ended


def with_key(floor, scopes=SCOPES, **more):
    """Give the first member with another key, that may do less."""
    key, secret = floor.keys.create("less", floor.members[0].account, scopes, **more)
    return floor.members[0]._replace(key=key.id, secret=secret)


def placed(client, **params):
    return client.result("private/buy", **(ORDER | {"price": 2.9} | params))["order"]


def test_an_order_is_its_result_and_its_trades(both):
    one, two = both
    rested = placed(one, amount=3, label="mine")
    assert (rested["order_state"], rested["filled_amount"], rested["label"]) == ("open", 0, "mine")
    found = two.result("private/sell", price=2.9, **ORDER)
    assert found["order"]["order_state"] == "filled"
    (trade,) = found["trades"]
    assert (trade["price"], trade["amount"], trade["liquidity"]) == (2.9, 1, "T")
    assert trade["order_id"] == found["order"]["order_id"]
    edited = one.result("private/edit", order_id=rested["order_id"], amount=2, price=2.91)
    assert edited["order"]["order_id"] == rested["order_id"]
    assert one.result("private/cancel", order_id=rested["order_id"])["order_state"] == "cancelled"


def test_a_stranger_sends_no_order(floor):
    with Raw(floor.socket_url) as stranger:
        assert stranger.code("private/buy", price=2.9, **ORDER) == UNAUTHORIZED
        assert stranger.code("private/cancel_all") == UNAUTHORIZED


def test_another_members_order_is_as_if_it_were_not(both):
    """Whatever is asked of it, the answer is the one that an id has that never was."""
    one, two = both
    theirs = placed(one)["order_id"]
    for method, more in (("cancel", {}), ("edit", {"amount": 2, "price": 2.9})):
        asked = two.call(f"private/{method}", order_id=theirs, **more)["error"]
        never = two.call(f"private/{method}", order_id="999999999", **more)["error"]
        assert asked["code"] == never["code"] == NOT_FOUND
        assert str(asked["data"]).replace(theirs, "999999999") == str(never["data"])
    assert one.result("private/cancel", order_id=theirs)["order_state"] == "cancelled"


def test_a_key_does_no_more_than_its_scope(floor, both):
    theirs = placed(both[0])["order_id"]
    with Raw(floor.socket_url, with_key(floor, (READ,))) as client:
        assert client.code("private/buy", price=2.9, **ORDER) == FORBIDDEN
        assert client.code("private/cancel", order_id=theirs) == FORBIDDEN
        assert client.code("private/cancel_all") == FORBIDDEN
        assert client.code("private/cancel_all_after", timeout=1) == FORBIDDEN


def test_a_key_does_nothing_beyond_its_contracts(floor, both):
    """Also by the id of an order, and for all of them at once."""
    theirs = placed(both[0])["order_id"]
    less = with_key(floor, (READ, TRADE), contracts=("B200SXMOD",))
    with Raw(floor.socket_url, less) as client:
        assert client.code("private/buy", price=2.9, **ORDER) == FORBIDDEN
        assert client.code("private/cancel", order_id=theirs) == FORBIDDEN
        assert client.code("private/edit", order_id=theirs, amount=2, price=2.9) == FORBIDDEN
        assert client.code("private/cancel_all") == FORBIDDEN
        assert client.code("private/cancel_all_by_instrument", instrument_name=NAME) == FORBIDDEN
    with Raw(floor.socket_url, with_key(floor, contracts=(NAME.partition("_")[0],))) as client:
        assert client.result("private/cancel", order_id=theirs)["order_state"] == "cancelled"


def test_mass_cancels_of_two_members_in_one_turn_count_their_own(both):
    one, two = both
    for client, count in ((one, 5), (two, 3)):
        for _ in range(count):
            placed(client)
        client.send(b"".join(request("private/cancel_all", n) for n in range(3)))
    assert [one.answer(n)["result"] for n in range(3)] == [5, 0, 0]
    assert [two.answer(n)["result"] for n in range(3)] == [3, 0, 0]


def test_an_idempotent_label_answers_the_first_order_again(floor):
    """Send one body twice, in one turn and later: one order; another body is refused."""
    member = with_key(floor, idempotent_labels=True)
    with Raw(floor.socket_url, member) as client:
        body = ORDER | {"price": 2.9, "label": "once"}
        client.send(request("private/buy", 1, **body) + request("private/buy", 2, **body))
        first, second = (client.answer(n)["result"]["order"] for n in (1, 2))
        assert first["order_id"] == second["order_id"]
        assert client.result("private/buy", **body)["order"]["order_id"] == first["order_id"]
        other = client.call("private/buy", **(body | {"amount": 2}))
        assert "ID_REUSED" in str(other["error"])
        client.result("private/cancel_all")
        again = client.result("private/buy", **body)["order"]
        assert (again["order_id"], again["order_state"]) == (first["order_id"], "cancelled")


def test_two_orders_with_one_new_label_in_one_turn_share_it(both):
    one, _ = both
    body = ORDER | {"price": 2.9, "label": "both of them"}
    one.send(
        request("private/buy", 1, **body) + request("private/sell", 2, **(body | {"price": 3}))
    )
    orders = [one.answer(n)["result"]["order"] for n in (1, 2)]
    assert [each["label"] for each in orders] == ["both of them"] * 2
    assert len({each["order_id"] for each in orders}) == 2
    assert one.result("private/cancel_by_label", label="both of them") == 2


def test_a_label_of_one_member_is_nothing_to_another(both):
    one, two = both
    placed(one, label="shared word")
    placed(two, label="shared word")
    assert one.result("private/cancel_by_label", label="shared word") == 1
    assert two.code("private/cancel_by_label", label="never said") == NOT_FOUND
    assert two.result("private/cancel_by_label", label="shared word") == 1


def test_what_is_too_much_at_once_is_refused_at_once_and_the_rest_is_done(floor, both, monkeypatch):
    """Each of 200 requests has one answer: an order, or that the market is busy; none is lost."""
    monkeypatch.setattr(gateway, "PENDING_MAX", 8)
    one, two = both
    one.send(b"".join(request("private/buy", n, price=2.9, **ORDER) for n in range(200)))
    answers = one.answers(200)
    done = {each["result"]["order"]["order_id"] for each in answers if "result" in each}
    busy = [each["error"]["code"] for each in answers if "error" in each]
    assert set(busy) == {FULL}
    assert len(done) + len(busy) == 200
    orders = floor.gateway.blotter(floor.members[0].account).orders
    assert {str(id) for id, each in orders.items() if each.state == OPEN} == done
    assert placed(two)["order_state"] == "open"


def test_a_refusal_of_the_exchange_says_what_would_do(both):
    one, _ = both
    found = one.call("private/buy", **(ORDER | {"price": 2.90005}))["error"]
    assert (found["message"], found["data"]["nearest"]) == ("price_wrong_tick", [2.9, 2.9001])
    found = one.call("private/buy", **(ORDER | {"price": 9}))["error"]
    assert found["data"]["reason"] == "PRICE_OUT_OF_BAND"
    assert found["data"]["nearest"]


def test_a_word_that_was_forgotten_makes_no_second_order(tmp_path):
    """Remember one word only; say two, then the first again: there is one order of it."""
    with trading(tmp_path, key={"idempotent_labels": True}) as floor:
        floor.gateway.labels._words_max = 1
        with Raw(floor.socket_url, floor.members[0]) as client:
            for label in ("first", "second"):
                client.result("private/buy", label=label, price=2.9, **ORDER)
            assert client.code("private/buy", label="first", price=2.9, **ORDER) == 11030
            assert len(client.result("private/get_open_orders")) == 2
