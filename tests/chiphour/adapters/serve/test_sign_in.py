"""TEST SIGN_IN: whoever is not proved is not let in, and the trail knows of it.

Takes   an office on a plain exchange, asked in this process from any address.
Gives   claims on passwords, tokens, signatures, bodies and limits.
Keeps   no secret in an answer.
Source  RFC 7617; decision 0034.
"""

import asyncio
import base64
import json
from types import SimpleNamespace

import httpx
import pytest

from chiphour.adapters.cash_events import CashEvents
from chiphour.adapters.keys import KeyRing
from chiphour.adapters.operator import Operator
from chiphour.adapters.serve.index_app import BODY_BYTES_MAX
from chiphour.adapters.serve.index_app import application
from chiphour.adapters.serve.member_api import MEMBER_API
from chiphour.adapters.serve.office import PASSWORDS_EACH
from chiphour.adapters.serve.office import PASSWORDS_TOGETHER
from chiphour.adapters.serve.office import SIGNATURES_EACH
from chiphour.adapters.serve.office import opens_office
from chiphour.adapters.serve.operator_api import OPERATOR_API
from doored import PlainDoor
from officed import authorization

PASSWORD = "correct horse battery"
TOKEN = "the token of this run"
FAR = "192.0.2.7"


def basic(password=PASSWORD, user="operator"):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def office(tmp_path):
    """Give `ask(method, target, ...)` from an address, and the folder."""
    door, cash_events = PlainDoor(), CashEvents(tmp_path)
    Operator(tmp_path).set_password(PASSWORD)
    app = application((), [*OPERATOR_API, *MEMBER_API], SimpleNamespace())
    opened = opens_office(tmp_path, TOKEN, lambda app: door, door.members, cash_events)(app)

    async def each(wishes):
        async with opened:
            return [await one(*wish) for wish in wishes]

    async def one(method, target, proof, address=FAR, scheme="https", **more):
        transport = httpx.ASGITransport(app=app, client=(address, 9))
        headers = {"authorization": proof} if proof else {}
        headers |= more.pop("headers", {})
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://m") as client:
            return await client.request(method, target, headers=headers, **more)

    def ask(*wishes):
        found = [
            one(*each[:-1], **each[-1]) if isinstance(each[-1], dict) else one(*each)
            for each in wishes
        ]

        async def all_of():
            return [await each for each in found]

        return loop.run_until_complete(all_of())

    loop = asyncio.new_event_loop()
    loop.run_until_complete(opened.__aenter__())
    yield SimpleNamespace(ask=ask, folder=tmp_path, door=door)
    loop.run_until_complete(opened.__aexit__(None, None, None))
    loop.close()
    cash_events.close()


def statuses(answers):
    return [answer.status_code for answer in answers]


def trail(folder):
    ring = KeyRing(folder)
    lines = [(line.address, line.what, line.verdict) for line in ring.trail()]
    ring.close()
    return lines


def test_the_operator_is_let_in_by_password_and_each_use_is_in_the_trail(office):
    said = ("GET", "/api/members", basic())
    (answer,) = office.ask(said)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers
    assert trail(office.folder) == [(FAR, "GET /api/members", "admitted")]


@pytest.mark.parametrize(
    "proof",
    [
        *("", "Basic", "Basic !!!", "Bearer x", "Digest x", "Basic " + "A" * 5_000),
        *(
            basic("wrong password"),
            basic(user="root"),
            "Basic " + base64.b64encode(b"\xff").decode(),
        ),
    ],
)
def test_whoever_is_not_the_operator_is_not_let_in(office, proof):
    (answer,) = office.ask(("GET", "/api/members", proof, "127.0.0.1"))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")
    assert answer.json()["error"].startswith("expected the operator's password or this run's token")
    assert all(verdict.startswith("operator ") for _, _, verdict in trail(office.folder))


def test_a_password_travels_in_the_clear_inside_this_machine_only(office):
    answers = office.ask(
        ("GET", "/api/members", basic(), FAR, "http"),
        ("GET", "/api/members", basic(), FAR, "https"),
        ("GET", "/api/members", basic(), "127.0.0.1", "http"),
        ("GET", "/api/members", basic(), "::1", "http"),
    )
    assert statuses(answers) == [403, 200, 200, 200]
    assert "over TLS" in answers[0].json()["error"]


def test_a_runs_token_is_for_this_machine_only(office):
    bearer = f"Bearer {TOKEN}"
    answers = office.ask(
        ("GET", "/api/members", bearer, FAR, "https"),
        ("GET", "/api/members", bearer, "127.0.0.1", "http"),
        ("GET", "/api/members", f"{bearer}!", "127.0.0.1", "http"),
    )
    assert statuses(answers) == [403, 200, 401]


def test_wrong_passwords_are_limited_by_address_and_right_ones_are_not(office):
    right = ("GET", "/api/members", basic())
    wrong = ("GET", "/api/members", "Basic " + base64.b64encode(b"operator").decode())
    answers = office.ask(*[right] * (PASSWORDS_EACH + 3), *[wrong] * (PASSWORDS_EACH + 1))
    found = statuses(answers)
    assert found[: PASSWORDS_EACH + 3] == [200] * (PASSWORDS_EACH + 3)
    assert found[PASSWORDS_EACH + 3 :] == [401] * PASSWORDS_EACH + [429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert statuses(office.ask(right, (*right[:3], "192.0.2.8"))) == [429, 200]


def test_wrong_passwords_of_all_together_are_limited_but_for_this_machine(office):
    wrong = "Basic " + base64.b64encode(b"nobody:x").decode()
    office.ask(*[("GET", "/api/members", "Basic !", f"198.51.100.{n}") for n in range(99)])
    assert statuses(office.ask(("GET", "/api/members", wrong))) == [429]
    assert statuses(office.ask(("GET", "/api/members", basic(), "127.0.0.1"))) == [200]
    refused = [line for line in trail(office.folder) if line[2] != "admitted"]
    assert len(refused) == PASSWORDS_TOGETHER  # What waits costs neither a hash nor a line.


def join(office, *scopes, **more):
    body = {"name": "acme", "scopes": scopes, "deposit_usd": "50"} | more
    (answer,) = office.ask(("POST", "/api/members", basic(), {"json": body}))
    return answer.json()


def test_a_member_is_let_in_by_signature_within_the_keys_scopes(office):
    made = join(office, "read")
    target = "/api/keys"
    answers = office.ask(
        ("GET", target, authorization(made, "GET", target)),
        ("GET", target, authorization(made, "GET", "/api/account")),
        ("GET", f"{target}?x=%41", authorization(made, "GET", f"{target}?x=%41")),
        ("GET", target, authorization(made | {"secret": "no"}, "GET", target)),
        ("GET", "/api/members", authorization(made, "GET", "/api/members")),
    )
    assert statuses(answers) == [200, 401, 400, 401, 401]
    assert [each["id"] for each in answers[0].json()["keys"]] == [made["key"]["id"]]
    body = json.dumps({"amount_usd": "1"}).encode()
    proof = authorization(made, "POST", "/api/withdrawals", body)
    more = {"content": body, "headers": {"content-type": "application/json"}}
    (answer,) = office.ask(("POST", "/api/withdrawals", proof, more))
    assert (answer.status_code, answer.json()["error"]) == (
        403,
        "expected a key with withdraw, found read",
    )


def test_a_request_is_admitted_once(office):
    made = join(office, "read")
    said = ("GET", "/api/keys", authorization(made, "GET", "/api/keys"))
    assert statuses(office.ask(said, said)) == [200, 401]
    assert trail(office.folder)[-1][2] == "replay"


def test_a_key_is_bound_to_its_networks(office):
    made = join(office, "read", networks=["192.0.2.0/24"])
    there, elsewhere = (
        ("GET", "/api/keys", authorization(made, "GET", "/api/keys"), address)
        for address in (FAR, "198.51.100.1")
    )
    assert statuses(office.ask(there, elsewhere)) == [200, 403]


def test_wrong_signatures_of_one_address_cost_a_write_each_up_to_a_bound(office):
    made = join(office, "read")
    wrong = ("GET", "/api/keys", authorization(made, "GET", "/"), "198.51.100.1")
    malformed = ("GET", "/api/keys", "deri-hmac-sha256 id=1", "198.51.100.1")
    found = statuses(office.ask(*[wrong, malformed] * (SIGNATURES_EACH // 2 + 1)))
    assert found == [401] * SIGNATURES_EACH + [429] * 2
    right = ("GET", "/api/keys", authorization(made, "GET", "/api/keys"))
    assert statuses(office.ask(right)) == [200]
    words = [line[2] for line in trail(office.folder)]
    assert (words.count("signature"), words.count("malformed")) == (30, 30)


@pytest.mark.parametrize(
    ("content", "kind", "status", "words"),
    [
        (b"", "application/json", 400, "body: expected JSON"),
        (b"{", "application/json", 400, "body: expected JSON"),
        (b"\xff", "application/json", 400, "body: expected JSON"),
        (b"[" * 5_000, "application/json", 400, "body: expected JSON"),
        (b"[]", "application/json", 400, "Expected `object`"),
        (b'{"mode":"halted","x":1}', "application/json", 400, "unknown field `x`"),
        (b'{"mode":"off"}', "application/json", 400, "$.mode"),
        (
            b'{"mode":"halted","cancel_orders":1}',
            "application/json",
            400,
            "`$.cancel_orders`",
        ),
        (b'{"mode":"halted"}', "text/plain", 415, "expected application/json"),
        (b'{"mode":"halted"}', "", 415, "expected application/json"),
        (b"x" * (BODY_BYTES_MAX + 1), "application/json", 413, "expected at most 65536 bytes"),
    ],
)
def test_a_body_that_is_not_what_is_expected_is_refused_in_one_sentence(
    office, content, kind, status, words
):
    more = {"content": content, "headers": {"content-type": kind} if kind else {}}
    (answer,) = office.ask(("POST", "/api/halt", basic(), more))
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]
    assert "\n" not in answer.json()["error"]
    assert not office.door.frames


def test_a_get_with_a_body_is_refused(office):
    (answer,) = office.ask(("GET", "/api/members", basic(), {"content": b"{}"}))
    assert (answer.status_code, answer.json()["error"]) == (400, "body: expected none, found one")
