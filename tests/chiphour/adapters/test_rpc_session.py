"""RPC SESSION: who signs in is who the key says, with what it asked for, until it is no more.

Takes   a real market with its doors open; members' keys.
Gives   failures.
Keeps   no secret in an answer or in the log.
Source  Deribit's API v2; decisions 0029 and 0035.
"""

import logging
import time

import httpx
import pytest

from raw_socket import Raw
from trading import NAME
from trading import trading

INVALID, UNSUPPORTED, NOT_PROVED = -32602, 11047, 13009


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    with trading(tmp_path_factory.mktemp("market")) as opened:
        yield opened


def test_a_token_says_what_it_is_good_for(floor, caplog):
    caplog.set_level(logging.DEBUG)
    with Raw(floor.socket_url) as client:
        found = client.sign_in(floor.members[0])
        assert found["token_type"] == "bearer"
        assert "trade:read_write" in found["scope"]
        assert found["expires_in"] > 0
        again = client.result(
            "public/auth", grant_type="refresh_token", refresh_token=found["refresh_token"]
        )
        assert again["access_token"] != found["access_token"]
        assert client.result("private/get_open_orders") == []
    for secret in (floor.members[0].secret, found["access_token"], again["refresh_token"]):
        assert secret not in caplog.text


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({}, INVALID),
        ({"grant_type": "password"}, INVALID),
        ({"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"}, UNSUPPORTED),
        ({"grant_type": "client_signature", "client_id": "a"}, INVALID),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, NOT_PROVED),
        ({"grant_type": "refresh_token"}, INVALID),
        (
            {
                "grant_type": "client_signature",
                **{"client_id": "a", "timestamp": time.time_ns() // 10**6, "signature": "00"},
            },
            13004,
        ),
    ],
)
def test_what_is_no_proof_signs_nobody_in(floor, params, code):
    with Raw(floor.socket_url) as client:
        assert client.code("public/auth", **params) == code
        assert client.code("private/get_open_orders") == 13009


def test_a_connection_stays_one_accounts(floor):
    """Sign in as another: refused, and the connection is still the first one's."""
    with Raw(floor.socket_url, floor.members[0]) as client:
        client.result("private/subscribe", channels=["user.orders.any.any.raw"])
        with pytest.raises(AssertionError, match="another account"):
            client.sign_in(floor.members[1])
        client.sign_in(floor.members[0])
        order = {"instrument_name": NAME, "amount": 1, "type": "limit", "price": 2.9}
        client.result("private/buy", **order)
        client.result("private/cancel_all")
        client.result("public/test")
        states = [each["params"]["data"]["order_state"] for each in client.told]
        assert states == ["open", "open", "cancelled"]


def test_what_needs_a_connection_is_refused_without_one(floor):
    for method, query in (
        ("public/subscribe", f"?channels=quote.{NAME}"),
        ("public/set_heartbeat", "?interval=10"),
    ):
        found = httpx.get(f"{floor.url}/api/v2/{method}{query}").json()
        assert found["error"]["code"] == UNSUPPORTED


def test_channels_are_answered_as_they_were_asked(floor):
    channels = [f"quote.{NAME}", f"book.{NAME}.raw"]
    with Raw(floor.socket_url) as client:
        assert client.result("public/subscribe", channels=channels) == channels
        assert client.result("public/unsubscribe", channels=["quote.x", channels[0]]) == [
            channels[0]
        ]
        assert client.code("public/subscribe", channels=[]) == INVALID
        assert client.code("private/subscribe", channels=channels) == 13009
