"""AUCTION GUARDED: over HTTP, a run with guard rails is guarded, says so, and can be proved.

Takes   a real server as a process over a data folder; runs with guard rails; members who sign.
Gives   what is refused at the door, what a needed supplier is paid, what is told at once and what
        at disclosure.
Keeps   guard rails that were announced in force, and nobody's bid told before it is disclosed.
Source  docs/formulation/guards.md, sections 7 and 10; decision 0046.
"""

import json

import pytest

from auctioned import terms_of
from chiphour.auction.disclosure import check_disclosure
from chiphour.auction.fields import RequestMalformed
from chiphour.units import NS_PER_HOUR
from doored_auction import Served
from gated import FROM_NS
from gated import HOURS
from gated import SHUT_NS
from gated import buy
from gated import guards_of
from gated import pool
from gated import settings_of
from gated import virtual

RUN = "/api/auction/runs/7"
EXPOSURE = {"stressed_price": "10", "hedged_ppm": 0}


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Give a market with a guarded run 7, cleared: one needed supplier that asks $5."""
    served = Served(tmp_path_factory.mktemp("guarded"), guards=guards_of(exposure=EXPOSURE))
    served.refused = door_refuses(served)
    served.asks("supplier", "POST", f"{RUN}/bids", pool("fleet", "6", "5"), 201)
    bet = virtual("v", "sell", "2", "1")
    served.virtual = served.asks("supplier", "POST", f"{RUN}/bids", bet, 409)
    served.asks("buyer", "POST", f"{RUN}/bids", buy("train", "8", "8"), 201)
    served.at(SHUT_NS)
    served.summary = served.operates("POST", f"{RUN}/clear", {})["summary"]
    yield served
    served.end()


def door_refuses(served):
    """Give what the door answers to 101 chip-hours that $1,000 cannot pay at $10 each."""
    before = served.asks("buyer", "GET", "/api/account")["cash_usd"]
    found = served.asks("buyer", "POST", f"{RUN}/bids", buy("b", "101", "1"), 409)
    assert served.asks("buyer", "GET", "/api/account")["cash_usd"] == before
    return found["error"]


def test_too_much_exposure_is_refused_in_one_sentence(served):
    assert "exposure: expected collateral of 1010.000000, found 1000.000000" in served.refused


def test_a_bet_on_ones_own_price_is_refused(served):
    assert "virtual share at member" in served.virtual["error"]


def test_a_needed_supplier_is_paid_its_reference(served):
    """The buyer pays $1 a chip-hour, the reference, where $5 were asked."""
    told = served.summary["guards"]
    assert told["offers_replaced"] == 1 and told["cap_usd"] == "12.0000"
    assert {row["price_usd"] for row in served.summary["prices"]} == {"1.0000"}
    assert {(row["suppliers"], row["failing"]) for row in told["failing"]} == {(1, 1)}
    assert "fleet" not in json.dumps(served.summary)
    (award,) = served.asks("buyer", "GET", RUN)["own"]["awards"]
    assert award["payment"] == "8.000000"
    assert served.summary["certificate"]["valid"]


def test_guard_rails_are_told_with_the_run(served):
    view = served.trading.anybody.get(RUN).json()
    assert view["guards"]["pivotal"] == guards_of()["pivotal"]
    assert view["row"]["final"] is not None
    assert served.trading.anybody.get(f"{RUN}/files/guarded.json").status_code == 409


def test_a_run_after_a_scarce_one_has_the_low_cap(served):
    """Run 21's two hours earn $14 above cost, $10 are allowed: run 22, of the next, is at $3."""
    scarce_ns = FROM_NS + 10 * NS_PER_HOUR
    guards = guards_of(pivotal=None)
    for number, from_ns, price in ((21, scarce_ns, "8"), (22, scarce_ns + 2 * NS_PER_HOUR, "8")):
        closes_ns = SHUT_NS + number * 10**9
        terms = terms_of(
            settings_of(run=number, from_ns=from_ns), closes_ns=closes_ns, guards=guards
        )
        served.operates("POST", "/api/auction/runs", terms, 201)
        where = f"/api/auction/runs/{number}"
        served.asks("supplier", "POST", f"{where}/bids", pool(f"p{number}", "1", "1"), 201)
        served.asks("buyer", "POST", f"{where}/bids", buy("b", "20", price, from_ns=from_ns), 201)
        served.at(closes_ns)
        summary = served.operates("POST", f"{where}/clear", {})["summary"]
        assert len(summary["prices"]) == HOURS
    assert summary["guards"]["cap_is_lowered"] is True
    assert summary["guards"]["earned"][0]["earned_usd"] == "14.0000"
    assert {row["price_usd"] for row in summary["prices"]} == {"3.0000"}


def test_what_guard_rails_did_is_proved_at_disclosure(served):
    served.at(SHUT_NS + 4 * NS_PER_HOUR)
    names = ("sealed.json", "run.json", "result.json", "guarded.json")
    files = [served.trading.anybody.get(f"{RUN}/files/{name}").content for name in names]
    commitment = served.trading.anybody.get(RUN).json()["row"]["commitment"]
    assert check_disclosure(commitment, *files) == ()
    with pytest.raises(RequestMalformed, match="bids that were sealed"):
        check_disclosure(commitment, *files[:3])
    found = json.loads(files[3])
    assert found["replaced"] == [f"{served.accounts['supplier']}.fleet"]
    assert found["findings"]["scores"][0]["suppliers"][0]["passes"] is False
    proof = served.trading.anybody.get(f"{RUN}/proof").json()
    assert proof["commitment"] == commitment and proof["left_out"] == []


@pytest.mark.parametrize("fault", [{"start_hours": -1}, {"products": "all"}, {"hope": 1}])
def test_guard_rails_out_of_bounds_are_no_run(served, fault):
    settings = settings_of(run=30, from_ns=FROM_NS + 90 * NS_PER_HOUR)
    closes_ns = SHUT_NS + 80 * NS_PER_HOUR
    terms = terms_of(settings, closes_ns=closes_ns, guards=guards_of(**fault))
    assert "terms.guards" in served.operates("POST", "/api/auction/runs", terms, 400)["error"]
