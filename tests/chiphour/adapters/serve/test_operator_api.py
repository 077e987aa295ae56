"""TEST OPERATOR_API: what the operator does over HTTP is done once, and known after a crash.

Takes   a market that trades, served as a process.
Gives   claims on members, money, keys, halts, the trail.
Keeps   every answer readable by its published shape, strictly.
Source  Rulebook 3.6 and 10.3; decision 0034.
"""

from urllib.parse import quote

import msgspec
import pytest

from chiphour.adapters.members import MEMBER
from chiphour.adapters.serve import shapes_members as shapes
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from officed import BUYER
from officed import PAID_USD
from officed import PERPETUAL
from officed import Trading


def read(answer, shape, status=200):
    """Read an answer by its shape, strictly."""
    assert answer.status_code == status, answer.text
    return msgspec.json.decode(answer.content, type=shape, strict=True)


def test_a_member_joins_and_is_listed(trading):
    made = trading.join("Zoë & Co.", deposit_usd="1250.50", scopes=["read", "trade"], days=3)
    joined = msgspec.convert(made, shapes.Joined, strict=True)
    assert joined.cash_usd == "1250.500000"
    assert joined.member.account >= ACCOUNTS_RESERVED
    assert joined.key.account == joined.member.account
    assert joined.key.scopes == ["read", "trade"]
    path = f"/api/members/{quote('Zoë & Co.')}"
    account = read(trading.operator.get(path), shapes.Account)
    assert (account.member, account.free_usd) == (joined.member, "1250.500000")
    assert joined.member in read(trading.operator.get("/api/members"), shapes.MemberList).members
    answer = trading.operator.post("/api/members", json={"name": "zoë & co."})
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        "expected a name that nobody has, found 'zoë & co.'",
    )


def test_members_come_in_pages(trading):
    names = {trading.join()["member"]["name"] for _ in range(3)} | {"buyer", "seller"}
    after, seen = 0, []
    while after is not None:
        path = f"/api/members?limit=2&after={after}"
        page = read(trading.operator.get(path), shapes.MemberList)
        seen += [each.name for each in page.members]
        after = page.after
    assert names <= set(seen)
    assert seen == sorted(set(seen))


def test_money_is_paid_in_and_out_exactly(trading):
    path = f"/api/members/{trading.join()['member']['name']}"
    post = trading.operator.post
    paid = read(post(f"{path}/deposits", json={"amount_usd": "0.000003"}), shapes.Moved)
    assert (paid.what, paid.amount_usd, paid.cash_usd) == ("deposit", "0.000003", "0.000003")
    left = read(post(f"{path}/withdrawals", json={"amount_usd": "0.000001"}), shapes.Moved)
    assert (left.what, left.cash_usd) == ("withdrawal", "0.000002")
    answer = post(f"{path}/withdrawals", json={"amount_usd": "1"})
    assert (answer.status_code, answer.json()["error"]) == (
        409,
        "withdrawal: expected 1.000000 dollars that may move, found FUNDS_INSUFFICIENT",
    )


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/api/members", {"name": "a/b"}, 400, "expected a name of 1 to 64"),
        ("/api/members", {"name": "x", "sub_of": "nobody"}, 404, "found 'nobody'"),
        ("/api/members", {"name": "x", "networks": ["here"]}, 400, "expected a network"),
        ("/api/members", {"name": "x", "deposit_usd": "1e3"}, 400, "deposit_usd"),
        ("/api/members", {"name": "x", "scopes": []}, 400, "scopes"),
        ("/api/members", {"name": "x", "days": 0}, 400, "days"),
        ("/api/members/nobody/deposits", {"amount_usd": "1"}, 404, "found 'nobody'"),
        ("/api/members/buyer/deposits", {"amount_usd": "0"}, 400, "amount: expected 0.000001"),
        ("/api/members/buyer/deposits", {"amount_usd": "9" * 13}, 400, "found 9999999999999"),
        ("/api/members/buyer/keys", {"name": " x"}, 400, "expected a name"),
        ("/api/members/nobody/halt", {"mode": "normal"}, 404, "found 'nobody'"),
        ("/api/contracts/NOTHING/halt", {"mode": "normal"}, 404, "see /api/contracts"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(trading, path, body, status, words):
    answer = trading.operator.post(path, json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["error"]


@pytest.mark.long
@pytest.mark.suite
def test_a_wish_said_again_after_a_crash_is_answered_as_before(tmp_path):
    """Pay in with a word, kill the server, start it, say it again: one deposit, one answer."""
    words = {"Idempotency-Key": "pay-0001"}
    said = []
    for _ in range(2):
        trading = Trading(tmp_path)
        path = "/api/members/buyer/deposits"
        for _ in range(2):
            answer = trading.operator.post(path, json={"amount_usd": "7"}, headers=words)
            said.append(read(answer, shapes.Moved))
        account = read(trading.operator.get("/api/members/buyer"), shapes.Account)
        other = trading.operator.post(path, json={"amount_usd": "8"}, headers=words)
        trading.end(kill=True)
    assert said == [said[0]] * 4
    assert said[0].cash_usd == account.cash_usd
    assert (other.status_code, "Idempotency-Key" in other.json()["error"]) == (409, True)


def test_a_key_is_made_shown_once_and_revoked(trading):
    made = trading.key_of("buyer", "read", networks=["127.0.0.0/8"])
    key = msgspec.convert(made, shapes.KeyMade).key
    listed = trading.operator.get("/api/keys")
    assert key in read(listed, shapes.KeyList).keys
    assert made["secret"] not in listed.text
    assert trading.signed(made, "GET", "/api/account").status_code == 200
    gone = read(trading.operator.delete(f"/api/keys/{key.id}"), shapes.KeyRow)
    assert gone.revoked is not None
    assert trading.signed(made, "GET", "/api/account").status_code == 401
    for nobody in ("0" * 16, "what%20is%20this"):
        assert trading.operator.delete(f"/api/keys/{nobody}").status_code == 404


def test_an_ed25519_key_has_no_secret_here(trading):
    made = trading.key_of(
        "buyer", ed25519="d75a980182b10ab7d54bfed3c964073a" + "0ee172f3daa62325af021a68f707511a"
    )
    assert made["secret"] is None
    assert made["key"]["algorithm"] == "ed25519"


def test_a_sub_account_says_whose_it_is(trading):
    parent = trading.join()["member"]["name"]
    sub = trading.join(sub_of=parent)["member"]
    assert sub["sub_of"] == parent
    account = read(trading.operator.get(f"/api/members/{parent}"), shapes.Account)
    assert [each.name for each in account.accounts] == [parent, sub["name"]]


def test_each_use_is_in_the_trail(trading):
    trading.operator.get("/api/members/seller")
    lines = read(trading.operator.get("/api/audit?last=2"), shapes.Audit).lines
    assert [(line.what, line.verdict) for line in lines] == [
        ("GET /api/members/seller", "admitted"),
        ("GET /api/audit", "admitted"),
    ]
    made = trading.key_of("seller")
    trading.signed(made, "GET", "/api/account")
    path = f"/api/audit?key={made['key']['id']}"
    own = read(trading.operator.get(path), shapes.Audit).lines
    assert [line.what for line in own] == ["create", "GET /api/account"]


def test_nobody_says_where_he_comes_from(trading):
    said = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=9.9.9.9",
    }
    trading.operator.get("/api/members/seller", headers=said)
    lines = read(trading.operator.get("/api/audit?last=2"), shapes.Audit).lines
    assert [line.address for line in lines] == ["127.0.0.1"] * 2


@pytest.fixture
def halting(tmp_path):
    """Serve a market of its own: after a halt a contract reopens with a call."""
    market = Trading(tmp_path)
    yield market
    assert market.end() == 0


def test_the_kill_switch_stops_a_contract_a_member_or_all(halting):
    trading, post = halting, halting.operator.post

    def mode_of(of):
        path = {"all": "/api/halt", PERPETUAL: f"/api/contracts/{PERPETUAL}/halt"}
        return path.get(of, f"/api/members/{of}/halt")

    for of in ("all", PERPETUAL, "seller"):
        body = {"mode": "halted", "cancel_orders": True}
        halted = read(post(mode_of(of), json=body), shapes.Halted)
        assert (halted.of, halted.mode, halted.cancel_orders) == (of, "halted", True)
    account = read(trading.operator.get("/api/members/seller"), shapes.Account)
    assert account.mode == "halted"
    for of in ("all", PERPETUAL, "seller"):
        read(post(mode_of(of), json={"mode": "normal"}), shapes.Halted)
    account = read(trading.operator.get("/api/members/seller"), shapes.Account)
    assert account.mode == "normal"


def test_the_members_of_the_journal_have_their_names(trading):
    account = read(trading.operator.get("/api/members/buyer"), shapes.Account)
    assert (account.member.account, account.member.label) == (BUYER, MEMBER)
    assert account.positions[0].contract == PERPETUAL
    assert PAID_USD.startswith("10000")
