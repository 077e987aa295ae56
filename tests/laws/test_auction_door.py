"""AUCTION DOOR: two members over HTTP bid, clear, deliver and settle; killed at every step.

Takes   a real server as a process over a data folder, its clock a file; a supplier and a buyer who
        sign what they ask; meters that sign what they read.
Gives   what each sees and has after every step; the server killed with SIGKILL between all of them.
Keeps   all accounts at a sum of zero, no bid seen by another before it is disclosed.
Source  Issue 7, "Shows", 5; docs/formulation/runs.md, section 12; decision 0039.
"""

import json
import time
from decimal import Decimal

import pytest

from auctioned import terms_of
from chiphour.adapters.auction_delivery import verify
from chiphour.auction.delivery import from_json as case_from_json
from chiphour.auction.disclosure import check_disclosure
from chiphour.auction.instance import canonical
from chiphour.auction.meter import Count
from chiphour.auction.meter import Reading
from chiphour.auction.meter import Signed
from chiphour.auction.meter import to_json as reading_to_json
from chiphour.auction.receipt import check_receipt
from chiphour.auction.receipt import terms
from chiphour.auction.rules import from_json as rules_from_json
from chiphour.auction.term import from_json as term_from_json
from chiphour.units import NS_PER_HOUR
from chiphour.units import ns_from_iso
from gated import FROM_NS
from gated import HOURS
from gated import OPENS_NS
from gated import SHUT_NS
from gated import buy
from gated import pool
from gated import settings_of
from metered import key_of
from officed import CLOCK
from officed import Trading
from officed import authorization

PAID = Decimal(1000)
RUN = "/api/auction/runs/7"


class Door:
    """The server of a folder, and two members of it; `kills` ends it hard and starts it again."""

    def __init__(self, folder):
        self.folder = folder
        self.at(OPENS_NS)
        self.trading = Trading(folder)
        joined = [
            self.trading.join(name, deposit_usd="1000", scopes=["read", "bid"])
            for name in ("supplier", "buyer")
        ]
        self.keys = {each["member"]["name"]: each for each in joined}
        self.accounts = {name: each["member"]["account"] for name, each in self.keys.items()}

    def at(self, time_ns):
        (self.folder / CLOCK).write_text(str(time_ns))

    def kills(self):
        self.trading.end(kill=True)
        self.trading = Trading(self.folder)

    def asks(self, name, method, target, body=None, status=200):
        answer = self.trading.signed(self.keys[name], method, target, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def operates(self, method, target, body=None, status=200):
        answer = self.trading.operator.request(method, target, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def cash(self, name):
        return Decimal(self.asks(name, "GET", "/api/account")["cash_usd"])

    def meter(self, name):
        return key_of(self.accounts[name])


@pytest.fixture
def door(tmp_path):
    door = Door(tmp_path)
    yield door
    assert door.trading.end() == 0


@pytest.mark.long
def test_two_members_bid_clear_deliver_and_settle(door):
    door.operates("POST", "/api/auction/runs", terms_of(settings_of()), 201)
    bids(door)
    door.kills()
    sealed(door)
    door.at(SHUT_NS)
    summary = door.operates("POST", f"{RUN}/clear", {})["summary"]
    assert summary["certificate"]["valid"]
    door.kills()
    price = Decimal(summary["prices"][0]["price_usd"])
    owed = awarded(door, price)
    delivers(door, owed)
    door.kills()
    disclosed(door)
    door.at(FROM_NS + (HOURS + 5) * NS_PER_HOUR)
    door.operates("POST", f"{RUN}/settle", {})
    door.kills()
    settled(door, price)


def bids(door):
    """Both bid, the buyer changes its mind; what is reserved has left the accounts."""
    door.asks("supplier", "PUT", "/api/auction/meter", {"ed25519": public(door, "supplier")})
    taken = door.asks("supplier", "POST", f"{RUN}/bids", pool("fleet", "6", "1"), 201)
    assert taken["reserved_usd"] == "1.200000"
    door.asks("buyer", "POST", f"{RUN}/bids", buy("train", "12", "3"), 201)
    assert door.cash("buyer") == PAID - 36
    door.asks("buyer", "PUT", f"{RUN}/bids/train", buy("train", "12", "2"))
    door.asks("buyer", "POST", f"{RUN}/bids", buy("second", "5", "1"), 201)
    door.asks("buyer", "DELETE", f"{RUN}/bids/second")
    assert door.cash("buyer") == PAID - 24 and door.cash("supplier") == PAID - Decimal("1.2")
    valid = door.asks(
        "buyer", "POST", "/api/auction/validate", {"run": 7, "bid": buy("x", "1", "1")}
    )
    assert valid["reserved_usd"] == "1.000000" and door.cash("buyer") == PAID - 24


def sealed(door):
    """After the kill all is there; nobody sees another's bid, nor how many there are."""
    shown = door.trading.anybody.get(RUN).json()
    assert shown["row"]["state"] == "open" and shown["own"] is shown["summary"] is None
    for name, bid in (("supplier", "fleet"), ("buyer", "train")):
        own = door.asks(name, "GET", RUN)["own"]
        assert [each["bid"] for each in own["bids"]] == [bid]
    assert door.cash("buyer") == PAID - 24
    body = buy("greedy", "1000", "9")
    fault = door.asks("buyer", "POST", f"{RUN}/bids", body, 409)
    assert "FUNDS_INSUFFICIENT" in fault["error"]
    assert door.trading.anybody.get(f"{RUN}/files/sealed.json").status_code == 404


def awarded(door, price):
    """The buyer has paid and has its reserve back; the supplier has its money, less collateral."""
    own = door.asks("buyer", "GET", RUN)["own"]
    (award,) = own["awards"]
    assert Decimal(award["payment"]) == 12 * price and own["collateral_usd"] == "0.000000"
    assert door.cash("buyer") == PAID - 12 * price
    said = door.asks("buyer", "GET", f"{RUN}/explain/train")["sentences"]
    assert any("buys 12 chip-hours" in line for line in said)
    door.asks("supplier", "GET", f"{RUN}/explain/train", status=404)
    fault = door.asks("buyer", "POST", f"{RUN}/bids", buy("late", "1", "1"), 409)
    assert "expected one open" in fault["error"]
    (owed,) = door.asks("supplier", "GET", RUN)["own"]["obligations"]
    assert owed["obligation"]["awarded"] == ["6", "6"]
    return owed


def delivers(door, owed):
    """The supplier signs one hour of two; an unsigned reading and another's are refused."""
    account = door.accounts["supplier"]
    from_ns = ns_from_iso(owed["obligation"]["hour"])
    read = Reading(account, owed["hash"], from_ns, (Count(6, 3_600),), None)
    body = json.loads(reading_to_json(Signed(read, door.meter("supplier").sign(read.message))))
    door.asks("supplier", "POST", f"{RUN}/readings", body | {"signature": "00" * 64}, 400)
    door.asks("buyer", "POST", f"{RUN}/readings", body, 400)
    case = door.asks("supplier", "POST", f"{RUN}/readings", body)
    assert (case["state"], case["readings"]) == ("submitted", 1)
    assert door.asks("supplier", "POST", f"{RUN}/readings", body) == case


def disclosed(door):
    """At the time that was announced all is public, and holds against the commitment."""
    assert door.trading.anybody.get(f"{RUN}/proof").status_code == 409
    door.at(SHUT_NS + 3 * NS_PER_HOUR)
    assert door.trading.anybody.get(f"{RUN}/proof").json()["left_out"] == []
    commitment = door.trading.anybody.get(RUN).json()["row"]["commitment"]
    names = ("sealed.json", "run.json", "result.json")
    files = [door.trading.anybody.get(f"{RUN}/files/{name}").content for name in names]
    assert check_disclosure(commitment, *files) == ()


def settled(door, price):
    """An hour was not delivered: bought back, and a tenth on top. All collateral is back."""
    back = 6 * price + 6 * price / 10
    assert door.cash("buyer") == PAID - 12 * price + back
    assert door.cash("supplier") == PAID + 12 * price - back
    (row,) = door.asks("buyer", "GET", f"{RUN}/receipts")["receipts"]
    run = door.asks("supplier", "GET", RUN)
    assert run["row"]["state"] == "settled" and run["own"]["collateral_usd"] == "0.000000"
    case = case_from_json(canonical(row["case"]))
    rules = rules_from_json(canonical(run["rules"]))
    chip, domain, region = case.obligation.product.split("/")
    prices = term_from_json(
        door.trading.anybody.get(f"/api/auction/term/{chip}/{domain}/{region}").content
    )
    by = terms(rules.tiers, case, {each.slot: each.price_ticks for each in prices}, rules.penalty)
    keys = {int(account): bytes.fromhex(key) for account, key in row["keys"].items()}
    check_receipt(canonical(row["receipt"]), case, by, keys, verify)
    total = sum(Decimal(line["amount_usd"]) for name in door.keys for line in lines(door, name))
    assert total == door.cash("buyer") + door.cash("supplier") == 2 * PAID


def lines(door, name):
    return door.asks(name, "GET", "/api/statement.json")["lines"]


def public(door, name):
    return door.meter(name).public_key().public_bytes_raw().hex()


@pytest.mark.long
def test_what_nobody_may_do_is_refused(door):
    """A key without the scope, a member as operator, bodies of another shape, runs that are not."""
    door.operates("POST", "/api/auction/runs", terms_of(settings_of()), 201)
    reads = door.trading.key_of("buyer", "read")
    asked = door.trading.signed
    assert asked(reads, "POST", f"{RUN}/bids", buy("b", "1", "1")).status_code == 403
    assert asked(reads, "POST", f"{RUN}/clear", {}).status_code == 401
    assert door.trading.anybody.post(f"{RUN}/bids", json={}).status_code == 401
    refusals = [
        ("POST", f"{RUN}/bids", {}, 400, "bid.kind"),
        ("POST", f"{RUN}/bids", buy("b", "1", "1") | {"account": 8}, 400, "bid.account"),
        ("POST", f"{RUN}/bids", buy("b", "1", "x"), 400, "decimal text"),
        ("PUT", f"{RUN}/bids/none", buy("none", "1", "1"), 404, "of your own"),
        ("DELETE", f"{RUN}/bids/none", None, 404, "of your own"),
        ("POST", "/api/auction/runs/8/bids", buy("b", "1", "1"), 404, "/api/auction/runs"),
        ("GET", "/api/auction/runs/8", None, 404, "/api/auction/runs"),
        ("GET", f"{RUN}/explain/b", None, 409, "cleared or settled"),
        ("POST", "/api/auction/validate", {"run": 7}, 400, "bid"),
        ("PUT", "/api/auction/meter", {"ed25519": "00"}, 400, "body"),
    ]
    for method, target, body, status, words in refusals:
        assert words in door.asks("buyer", method, target, body, status)["error"]
    assert "gate closed" in door.operates("POST", f"{RUN}/clear", {}, 409)["error"]
    assert "cleared or settled" in door.operates("POST", f"{RUN}/settle", {}, 409)["error"]
    assert door.cash("buyer") == PAID
    twice = json.dumps(buy("b", "1", "1"))[:-1] + ', "id": "c"}'
    headers = {"content-type": "application/json"}
    headers["authorization"] = authorization(
        door.keys["buyer"], "POST", f"{RUN}/bids", twice.encode()
    )
    answer = door.trading.anybody.post(f"{RUN}/bids", content=twice.encode(), headers=headers)
    assert answer.status_code == 400 and "given twice" in answer.json()["error"]


def test_runs_are_cleared_by_themselves(door):
    """The gate closes on the clock, and the run is cleared without anybody's asking."""
    door.operates("POST", "/api/auction/runs", terms_of(settings_of()), 201)
    door.asks("supplier", "POST", f"{RUN}/bids", pool("fleet", "6", "1"), 201)
    door.at(SHUT_NS)
    until = time.monotonic() + 60
    while door.trading.anybody.get(RUN).json()["row"]["state"] != "cleared":
        assert time.monotonic() < until
        time.sleep(0.2)
    assert door.cash("supplier") == PAID
    rows = door.trading.anybody.get("/api/auction/runs").json()
    assert [row["run"] for row in rows["runs"]] == [7] and rows["before"] is None
