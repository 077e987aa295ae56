"""AUCTION REAL TIME: two members over HTTP trade hours a day ahead, then quarters of an hour.

Takes   a real server over a data folder, its clock a file; a supplier and a buyer; a day-ahead run
        of two hours that settles by 15 minutes, a real-time run of their eight quarters.
Gives   what each has in the end: what both runs paid, less what single quarters lacked.
Keeps   money to the micro-dollar: an hour is its four quarters; each is metered, disputed, bought
        back and fined by itself.
Source  Issue 7, "Shows", 5; docs/formulation/runs.md, sections 2 to 4, 8 and 9; decision 0050.
"""

import json
import time
from decimal import Decimal

import pytest

from auctioned import terms_of
from chiphour.adapters.auction_delivery import verify
from chiphour.adapters.transacted import runs_trades
from chiphour.auction.delivery import from_json as case_from_json
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
from chiphour.units import NS_PER_MINUTE
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso
from doored_auction import Served
from gated import FROM_NS
from gated import PRODUCT
from gated import SHUT_NS
from gated import buy
from gated import pool
from gated import settings_of
from metered import key_of

PAID = Decimal(1000)
AHEAD, REALTIME = "/api/auction/runs/7", "/api/auction/runs/8"
QUARTER_NS = 15 * NS_PER_MINUTE
QUARTER_S = 900
TERM = f"/api/auction/term/{PRODUCT}"


@pytest.fixture
def served(tmp_path):
    served = Served(tmp_path, settings_of(settle=15), delivers=False)
    yield served
    served.end()


@pytest.mark.long
def test_an_hour_ahead_and_its_quarters_settle_to_the_microdollar(served):
    for name in ("supplier", "buyer"):
        public = key_of(served.accounts[name]).public_key().public_bytes_raw().hex()
        served.asks(name, "PUT", "/api/auction/meter", {"ed25519": public})
    quarters = settings_of(run=8, kind="real-time", step=15, hours=8)
    late = {"closes_ns": FROM_NS, "delivers": True}
    refused = settings_of(run=8, kind="real-time", step=5, hours=8)
    fault = served.operates("POST", "/api/auction/runs", terms_of(refused, **late), 409)
    assert "settle_minutes: expected 15 beside run 7" in fault["error"]
    served.operates("POST", "/api/auction/runs", terms_of(quarters, **late), 201)

    served.asks("supplier", "POST", f"{AHEAD}/bids", pool("fleet", "6", "1"), 201)
    served.asks("buyer", "POST", f"{AHEAD}/bids", buy("hours", "12", "2"), 201)
    served.at(SHUT_NS)
    cleared(served, AHEAD)
    bought = 12 * price_at(served, 0)
    assert len({price_at(served, quarter) for quarter in range(8)}) == 1
    assert cash(served, "buyer") == PAID - bought

    served.asks("supplier", "POST", f"{REALTIME}/bids", pool("more", "4", "0.5", 8), 201)
    third = buy("third", "0.5", "3", FROM_NS + 2 * QUARTER_NS, 1, step=15)
    served.asks("buyer", "POST", f"{REALTIME}/bids", third, 201)
    served.at(FROM_NS)
    summary = cleared(served, REALTIME)["summary"]
    assert summary["certificate"]["valid"]
    bought += price_at(served, 2) / 2
    assert price_at(served, 2) != price_at(served, 1)
    assert cash(served, "buyer") == PAID - bought
    owed = served.asks("supplier", "GET", REALTIME)["own"]["obligations"]
    (row,) = owed  # Two hours and two chips more in one quarter: one obligation of eight quarters.
    assert row["obligation"]["awarded"] == ["1.5", "1.5", "2", *["1.5"] * 5]
    assert row["obligation"]["minutes"] == 15

    reads(
        served, "supplier", row, (6, QUARTER_S), (3, QUARTER_S), (8, QUARTER_S), (6, 5 * QUARTER_S)
    )
    served.at(FROM_NS + 2 * NS_PER_HOUR + NS_PER_MINUTE)
    reads(served, "buyer", row, (6, QUARTER_S), (3, QUARTER_S), (4, QUARTER_S), role="disputes")
    served.at(FROM_NS + 7 * NS_PER_HOUR)
    served.operates("POST", f"{REALTIME}/settle", {})
    # The second quarter had 3 chips of 6, in the third each second counts (8 + 4) / 2 of 8.
    lacking = price_at(served, 1) * Decimal("0.75") + price_at(served, 2) * Decimal("0.5")
    fined = floor(price_at(served, 1) * Decimal("0.075")) + floor(price_at(served, 2) / 20)
    assert cash(served, "buyer") == PAID - bought + lacking + fined
    assert cash(served, "supplier") == PAID + bought - lacking - fined
    receipts(served)
    handed_on(served)


def cleared(served, run):
    """Wait until the market has cleared a run by itself, and until all of it is paid."""
    until = time.monotonic() + 120
    while (found := served.trading.anybody.get(run).json())["row"]["state"] != "cleared":
        assert time.monotonic() < until
        time.sleep(0.2)
    served.operates("POST", f"{run}/clear", {})  # Of a cleared run: it pays what is not paid yet.
    return found


def price_at(served, quarter):
    """Give the last price of a quarter in dollars, as the term structure tells it."""
    when = iso_from_ns(FROM_NS + quarter * QUARTER_NS)
    paths = served.trading.anybody.get(TERM).json()["paths"]
    (path,) = (path for path in paths if path["hour"] == when)
    assert path["minutes"] == 15
    return Decimal(path["prices"][-1]["price"])


def cash(served, name):
    return Decimal(served.asks(name, "GET", "/api/account")["cash_usd"])


def floor(dollars):
    return dollars // Decimal("0.000001") * Decimal("0.000001")


def reads(served, name, row, *counts, role="readings"):
    """Sign what a member saw from the first second on, as (chips, seconds), and send it."""
    account = served.accounts[name]
    from_ns = ns_from_iso(row["obligation"]["hour"])
    read = Reading(account, row["hash"], from_ns, tuple(Count(*each) for each in counts), None)
    body = reading_to_json(Signed(read, key_of(account).sign(read.message)))
    served.asks(name, "POST", f"{REALTIME}/{role}", json.loads(body))


def receipts(served):
    """The receipt tells each quarter, and can be worked out again from what is given with it."""
    (row,) = served.asks("buyer", "GET", f"{REALTIME}/receipts")["receipts"]
    told = row["receipt"]["hours"]
    assert [each["metered"] for each in told] == ["1.5", "0.75", "1.5", *["1.5"] * 5]
    assert [each["hour"] for each in told] == [
        iso_from_ns(FROM_NS + quarter * QUARTER_NS) for quarter in range(8)
    ]
    case = case_from_json(canonical(row["case"]))
    rules = rules_from_json(canonical(served.asks("buyer", "GET", REALTIME)["rules"]))
    known = term_from_json(served.trading.anybody.get(TERM).content)
    prices = {price.slot: price.price_ticks for price in known}
    keys = {int(account): bytes.fromhex(key) for account, key in row["keys"].items()}
    by = terms(rules.tiers, case, prices, rules.penalty)
    check_receipt(canonical(row["receipt"]), case, by, keys, verify)


def handed_on(served):
    """The index hears of all that was sold, as facts of whole hours."""
    found = runs_trades(served.folder)
    assert sum(trade.quantity_hundredths for trade in found) == 1_200 + 50
    assert {trade.delivered_from_ns for trade in found} == {FROM_NS, FROM_NS + NS_PER_HOUR}
    (last,) = (trade for trade in found if trade.run == 8)
    assert (last.kind, last.quantity_hundredths, last.increase_hundredths) == ("real-time", 50, 50)
