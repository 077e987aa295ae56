"""AUCTION_DELIVERY: what was delivered is settled once; what was not is bought back and fined.

Takes   a real market; a run of two hours, delivered in full, in part, not at all; disputes.
Gives   what each account has at the end; receipts that anyone can work out again.
Keeps   the sum of all accounts at zero; collateral back when nothing is open.
Source  docs/formulation/runs.md, sections 3, 4, 8 and 9.
"""

import json

import pytest

from auctioned import PAID_MICROUSD
from auctioned import House
from chiphour.adapters.auction_delivery import verify
from chiphour.adapters.auction_run import BUYER as DISPUTE
from chiphour.adapters.auction_run import MARKET
from chiphour.adapters.auction_run import SUPPLIER
from chiphour.auction.award import GUARANTEE_ACCOUNT
from chiphour.auction.delivery import from_json as case_from_json
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.gate import GateRefused
from chiphour.auction.meter import Count
from chiphour.auction.meter import Reading
from chiphour.auction.meter import Signed
from chiphour.auction.meter import to_json as reading_to_json
from chiphour.auction.receipt import check_receipt
from chiphour.auction.receipt import terms
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.units import NS_PER_HOUR
from gated import BUYER
from gated import FROM_NS
from gated import HOURS
from gated import PRODUCT
from gated import SELLER
from gated import SHUT_NS
from gated import buy
from gated import pool
from gated import virtual
from metered import key_of

CHIPS = 6


@pytest.fixture
def house(tmp_path):
    """Give a house whose run is cleared: 6 chips in each of two hours at one price."""
    with House(tmp_path) as house:
        house.announce()
        house.meters()
        house.bid(SELLER, pool("p", "6", "1"))
        house.bid(BUYER, buy("b", "12", "2"))
        house.clear()
        yield house
        assert sum(house.market.cash_microusd().values()) == 0
        assert house.cash(2) == 0


def case_of(house):
    (case,) = house.auctions.runs[7].cases.values()
    return case


def price_of(house):
    (price,) = {trade.price_ticks for trade in house.auctions.runs[7].trades}
    return price


def read(house, account, chips, role, hours=(0, HOURS)):
    body = house.reading(account, case_of(house), chips, hours)
    return house.deliverer.read(account, 7, body, role)


def test_what_is_delivered_is_paid_and_collateral_comes_back(house):
    assert case_of(house).obligation.awarded_hundredths == (600, 600)
    house.time_ns = FROM_NS + NS_PER_HOUR
    read(house, SELLER, CHIPS, SUPPLIER)
    with pytest.raises(GateRefused, match="all final"):
        house.deliverer.settle(7)
    house.reopened()
    house.time_ns = house.final_ns()
    house.deliverer.tend()
    assert house.auctions.runs[7].stage == "settled"
    paid = 1_200 * price_of(house)
    assert house.cash(SELLER) == PAID_MICROUSD + paid
    assert house.cash(BUYER) == PAID_MICROUSD - paid
    assert house.collateral() == 0
    before = house.market.cash_microusd()
    house.reopened()
    house.deliverer.settle(7)
    assert house.market.cash_microusd() == before


def test_a_receipt_can_be_worked_out_again(house):
    assert house.deliverer.receipts(7, None) == []
    read(house, SELLER, CHIPS, SUPPLIER, (0, 1))
    house.time_ns = house.final_ns()
    house.deliverer.settle(7)
    (settled,) = house.deliverer.receipts(7, BUYER)
    assert house.deliverer.receipts(7, 102) == []
    case = case_from_json(settled.case)
    rules, prices = house.auctions.runs[7].rules, house.auctions.last_prices(7)
    by = terms(rules.tiers, case, prices, rules.penalty)
    keys = {account: bytes.fromhex(key) for account, key in settled.keys.items()}
    check_receipt(settled.receipt, case, by, keys, verify)
    hours = json.loads(settled.receipt)["hours"]
    assert [hour["metered"] for hour in hours] == ["6", "0"]


def test_what_is_not_delivered_is_bought_back_and_fined(house):
    """An hour of two is not read: 6 chip-hours at the price, and a tenth of it on top."""
    read(house, SELLER, CHIPS, SUPPLIER, (0, 1))
    house.time_ns = house.final_ns()
    house.deliverer.settle(7)
    paid = 1_200 * price_of(house)
    back = 600 * price_of(house)
    assert house.cash(SELLER) == PAID_MICROUSD + paid - back - back // 10
    assert house.cash(BUYER) == PAID_MICROUSD - paid + back + back // 10
    assert house.collateral() == 0


def test_a_dispute_is_decided_by_the_markets_meter(house):
    """The supplier says 6, the buyer 0, the market 2: each second counts as 2."""
    read(house, SELLER, CHIPS, SUPPLIER)
    assert read(house, BUYER, 0, DISPUTE).state == "disputed"
    read(house, 2, 2, MARKET)
    house.reopened()
    house.time_ns = house.final_ns()
    house.deliverer.settle(7)
    back = 800 * price_of(house)
    paid = 1_200 * price_of(house)
    assert house.cash(BUYER) == PAID_MICROUSD - paid + back + 2 * (400 * price_of(house) // 10)


def withdrawn(house, account):
    """Take out all that an account may; give how much that was."""
    took = house.cash(account)
    house.market.submit(command(Kind.WITHDRAW, account=account, amount_microusd=took)[None])
    return took


def funded(house, amount_microusd):
    fund = command(Kind.DEPOSIT, account=GUARANTEE_ACCOUNT, amount_microusd=amount_microusd)
    house.market.submit(fund[None])


def test_a_defaulter_pays_what_it_has_and_the_fund_the_rest(tmp_path):
    """In real time a chip-hour costs more than the day before; the seller delivers nothing.

    It pays all that it has for the buy-back, the fund what is missing of that, nobody the penalty.
    """
    with House(tmp_path) as house:
        house.announce(run=1, hours=1, delivers=False)
        house.announce(run=2, hours=1, kind="real-time", closes_ns=FROM_NS)
        house.meters()
        house.bid(SELLER, pool("p", "6", "1", 1), run=1)
        house.bid(BUYER, buy("b", "6", "2", hours=1), run=1)
        house.clear(1)
        house.bid(102, pool("q", "1", "4", 1), run=2)
        house.bid(BUYER, buy("c", "1", "5", hours=1), run=2)
        house.clear(2, FROM_NS)
        withdrawn(house, SELLER)
        kept = house.auctions.collateral_microusd(SELLER)
        funded(house, PAID_MICROUSD)
        house.time_ns = house.final_ns()
        run = house.deliverer.settle(2)
        (real,) = {trade.price_ticks for trade in run.trades}
        back = 600 * real
        assert back > kept
        assert house.cash(SELLER) == 0 == house.collateral()
        assert house.cash(GUARANTEE_ACCOUNT) == PAID_MICROUSD - (back - kept)
        assert [row[:3] for row in run.settlement["defaults"]] == [[SELLER, back, kept]]


def test_nobody_is_paid_for_what_it_will_not_deliver(house):
    """Seller and buyer are one: it takes out all that it can, delivers nothing, is paid back.

    Together they gain nothing: of the penalty what the seller's reserve has, the fund none of it.
    """
    paid = 1_200 * price_of(house)
    assert house.auctions.collateral_microusd(SELLER) == 1_200_000 + paid
    assert house.cash(SELLER) == PAID_MICROUSD - 1_200_000
    took = withdrawn(house, SELLER)
    funded(house, PAID_MICROUSD)
    house.time_ns = house.final_ns()
    house.deliverer.settle(7)
    assert took + house.cash(SELLER) + house.cash(BUYER) == 2 * PAID_MICROUSD
    assert house.cash(BUYER) == PAID_MICROUSD + min(paid // 10, 1_200_000)
    assert house.cash(GUARANTEE_ACCOUNT) == PAID_MICROUSD
    assert house.collateral() == 0


def test_virtual_positions_are_closed_at_the_price_of_real_time(tmp_path):
    """Day-ahead, a virtual offer sells 2; in real time nobody bids for it: it buys back there."""
    with House(tmp_path) as house:
        house.announce(run=1, delivers=False)
        house.announce(run=2, kind="real-time", closes_ns=FROM_NS)
        house.meters()
        house.bid(102, virtual("v", "sell", "2", "1"), run=1)
        house.bid(BUYER, buy("b", "4", "2"), run=1)
        house.clear(1)
        house.bid(SELLER, pool("p", "6", "0.5"), run=2)
        house.bid(BUYER, buy("more", "4", "3"), run=2)
        house.clear(2, FROM_NS)
        run = house.auctions.runs[2]
        for case in run.cases.values():
            most = case.obligation.awarded_hundredths[0] // 100
            body = house.reading(SELLER, case, most, (0, len(case.obligation.awarded_hundredths)))
            house.deliverer.read(SELLER, 2, body, SUPPLIER)
        house.time_ns = house.final_ns()
        house.deliverer.settle(2)
        cash = house.market.cash_microusd()
        assert sum(cash.values()) == 0 and cash[2] == cash[4] == 0
        first = {t.price_ticks for t in house.auctions.runs[1].trades}
        last = house.auctions.last_prices(2)
        sold = [t for t in house.auctions.runs[1].trades if t.account == 102]
        gain = sum(-t.quantity_hundredths * (t.price_ticks - last[t.slot]) for t in sold)
        assert sold and first and cash[102] == PAID_MICROUSD + gain
        assert {price.product for price in house.auctions.prices()} == {PRODUCT}


def test_readings_that_are_refused_change_nothing(house):
    case = case_of(house)
    lines = (house.auctions.runs[7].folder / "lines.jsonl").read_bytes()
    late = house.reading(BUYER, case, 1)
    forged = house.reading(SELLER, case, CHIPS).replace(b'"chips":6', b'"chips":5')
    planted = {
        "signature of account 100": (SELLER, forged, SUPPLIER),
        "expected 102, found 100|one of your obligations": (
            102,
            house.reading(SELLER, case, 1),
            SUPPLIER,
        ),
        "expected 100, found 101": (SELLER, late, SUPPLIER),
        "one of the supplier": (BUYER, late, SUPPLIER),
        "at most 6 chips": (SELLER, house.reading(SELLER, case, 7), SUPPLIER),
        "expected JSON": (SELLER, b"{", SUPPLIER),
        "a case in dispute": (2, house.reading(2, case, 1), MARKET),
    }
    for words, asked in planted.items():
        with pytest.raises(RequestMalformed, match=words):
            house.deliverer.read(asked[0], 7, *asked[1:])
    house.time_ns = SHUT_NS + 24 * NS_PER_HOUR
    with pytest.raises(RequestMalformed, match="expected before"):
        read(house, SELLER, CHIPS, SUPPLIER)
    assert (house.auctions.runs[7].folder / "lines.jsonl").read_bytes() == lines


def test_a_meters_key_stays_while_its_readings_are_open(house):
    read(house, SELLER, CHIPS, SUPPLIER)
    with pytest.raises(GateRefused, match="cases that are not settled"):
        house.deliverer.set_meter(SELLER, "ab" * 32)
    with pytest.raises(RequestMalformed, match="64 hexadecimal"):
        house.deliverer.set_meter(SELLER, "AB" * 32)
    house.time_ns = house.final_ns()
    house.deliverer.settle(7)
    house.deliverer.set_meter(SELLER, "ab" * 32)
    house.reopened()
    assert house.auctions.meter_keys()[SELLER].hex() == "ab" * 32


def test_what_another_run_is_about_to_take_is_not_given_back(house):
    """Run 8 is cleared and its payments are not in the journal yet, when run 7 is settled.

    The buyer owes all that it reserved in run 8: nobody else's collateral may pay for it.
    """
    later = FROM_NS + 8 * NS_PER_HOUR
    house.announce(run=8, from_ns=later, closes_ns=later)
    house.bid(102, pool("p", "6", "2"), run=8)
    house.bid(BUYER, buy("b", "12", "2", from_ns=later), run=8)
    house.deliverer.read(SELLER, 7, house.reading(SELLER, case_of(house), CHIPS), SUPPLIER)
    house.time_ns = max(later, house.final_ns())
    house.auctioneer._close(house.auctions.runs[8], house.time_ns)
    house.auctioneer._clear(house.auctions.runs[8])
    house.deliverer.settle(7)
    house.auctioneer.post(house.auctions.runs[8])
    assert not house.auctions.runs[8].due
    for account in (BUYER, SELLER, 102):
        assert house.auctions.collateral_microusd(account) >= 0
    assert house.auctions.collateral_microusd(BUYER) == 0 or house.auctions.open_positions()


def test_five_minutes_of_real_time_follow_a_day_ahead_hour(tmp_path):
    """The hour is twelve parts of half a chip-hour; in one of them 3 chips of 9 are missing."""
    step_ns = NS_PER_HOUR // 12
    with House(tmp_path) as house:
        house.announce(run=1, hours=1, settle=5, delivers=False)
        house.announce(run=2, hours=12, step=5, kind="real-time", closes_ns=FROM_NS)
        house.meters()
        house.bid(SELLER, pool("p", "6", "1", 1), run=1)
        house.bid(BUYER, buy("b", "6", "2", hours=1), run=1)
        house.clear(1)
        house.bid(SELLER, pool("q", "3", "0.5", 12), run=2)
        house.bid(BUYER, buy("c", "0.25", "3", FROM_NS + 11 * step_ns, 1, step=5), run=2)
        house.reopened()
        run = house.clear(2, FROM_NS)
        (case,) = run.cases.values()
        assert case.obligation.awarded_hundredths == (*[50] * 11, 75)
        counts = (Count(6, 12 * 300),)
        read = Reading(SELLER, case.obligation.hash, FROM_NS, counts, None)
        body = reading_to_json(Signed(read, key_of(SELLER).sign(read.message)))
        house.deliverer.read(SELLER, 2, body, SUPPLIER)
        house.time_ns = house.final_ns()
        house.deliverer.settle(2)
        first, last = (house.auctions.last_prices(n).values() for n in (1, 2))
        (ahead,) = set(first)
        (real,) = set(last) - {ahead}
        paid = 600 * ahead + 25 * real - 25 * real - 25 * real // 10
        assert house.cash(SELLER) == PAID_MICROUSD + paid
        assert house.cash(BUYER) == PAID_MICROUSD - paid
        assert house.collateral() == 0 == sum(house.market.cash_microusd().values())
