"""TEST EXCHANGE_API: anybody may ask whether the exchange works, and how much it does.

Takes   a market that trades, served as a process; one that only shows.
Gives   claims on health, metrics and the description.
Keeps   nothing of any member in them.
Source  Decision 0034.
"""

import httpx
import msgspec

from chiphour.adapters.serve import shapes_members as shapes


def test_health_tells_how_far_the_exchange_has_come(trading):
    before, after = (
        msgspec.json.decode(trading.anybody.get("/api/health").content, type=shapes.ExchangeHealth)
        for _ in [trading.join(), 1]
    )
    assert before.status == "ok"
    assert before.sequence == after.sequence > 70


def test_a_server_that_shows_says_that_it_does_not_trade(address):
    for path in ("/api/health", "/api/members", "/api/account"):
        answer = httpx.get(address + path)
        assert (answer.status_code, answer.json()["error"]) == (
            503,
            "expected a server that trades, found one that shows",
        )


def test_metrics_tell_of_the_exchange_and_of_no_member(trading):
    name = trading.join()["member"]["name"]
    text = trading.anybody.get("/metrics").text
    assert 'chiphour_exchange_commands_total{kind="open_account"}' in text
    assert "chiphour_http_connections" in text
    assert name not in text


def test_the_description_names_every_address_and_how_it_is_signed(trading):
    found = trading.anybody.get("/schema/openapi.json").json()
    assert set(found["components"]["securitySchemes"]) == {"operator", "token", "signature"}
    paths = found["paths"]
    assert paths["/api/withdrawals"]["post"]["security"] == [{"signature": []}]
    assert {"operator": []} in paths["/api/members"]["post"]["security"]
    assert not paths["/api/health"]["get"].get("security")
    headers = paths["/api/withdrawals"]["post"]["parameters"]
    assert [each["name"] for each in headers] == ["Idempotency-Key"]
