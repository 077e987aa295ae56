"""MARKET: contracts and books as they are, in exact prices.

Takes   a perpetual and a future.
Gives   failures.
Keeps   the label of a demonstration beside its trades.
Source  Decision 0010.
"""

from datetime import date

import pytest

from chiphour.contracts.table import State
from chiphour.publish.market import LEVELS_SHOWN
from chiphour.publish.market import Book
from chiphour.publish.market import Contract
from chiphour.publish.market import Listing
from chiphour.publish.market import auction_section
from chiphour.publish.market import contract_object
from chiphour.publish.market import listing_book_object
from chiphour.publish.market import market_page
from chiphour.publish.page import Frame
from chiphour.units import strike_ns


@pytest.fixture
def market(shown):
    return shown.Shown([])


def text_of(element) -> str:
    return " ".join("".join(element.itertext()).split())


def listing_of(market, depth=20) -> Listing:
    contract = market.contracts()[0]
    trades = tuple(market.trades(contract.name, 5))
    return Listing(contract, market.book(contract.name, depth), trades)


def test_a_contract_as_an_object(market):
    assert contract_object(market.contracts()[0]) == {
        "contract": "H100SXMOD_USDC-PERPETUAL",
        "number": 0,
        "type": "perpetual",
        "state": "open",
        "series": "CHR.H100.SXM.OD",
        "tick_usd": "0.000100",
        "expiry": None,
        "funding_period_seconds": 0,
        "mark_usd": "3.184213",
        "index_usd": "3.174000",
        "settlement_usd": "0.000001",
        "open_interest_lots": 18_400,
    }


def test_a_future_ends(shown, parsed):
    expiry_ns = strike_ns(date(2026, 8, 31))
    row = shown.row(TYPE=2, INDEX=2, STATE=State.STOPPED, EXPIRY_NS=expiry_ns, TICK_MICROUSD=250)
    contract = Contract(1, "H100SXMOD_USDC-31AUG26", row)
    assert contract_object(contract)["expiry"] == "2026-08-31T00:30:00Z"
    assert contract_object(contract)["type"] == "future"
    listing = Listing(contract, Book(bids=((12_001, 4),)))
    assert listing_book_object(listing)["bids"] == [{"price_usd": "3.000250", "lots": 4}]
    words = text_of(parsed(market_page([listing], Frame())))
    assert "31 August 2026 (stopped)" in words
    assert "3.000250" in words
    assert "No recent trade." in words


def test_the_page_shows_book_and_trades(market, parsed):
    root = parsed(market_page([listing_of(market)], Frame(("Demonstration.",))))
    words = text_of(root)
    assert "3.1820 12 400 demonstration" in words
    assert "2026-07-10 00:30:00 buy" in words
    book = next(t for t in root.iter("table") if "Book after" in t.find("caption").text)
    rows = [text_of(row).split() for body in book.findall("tbody") for row in body]
    prices = [row[1] for row in rows]
    assert len(rows) == 2 * LEVELS_SHOWN
    assert prices == sorted(prices, reverse=True)
    assert rows[LEVELS_SHOWN - 1] == ["ask", "3.1850", "400"]
    assert rows[LEVELS_SHOWN] == ["bid", "3.1800", "500"]


def test_an_empty_market_is_a_page(parsed, market):
    assert "No contract is listed." in text_of(parsed(market_page([], Frame())))
    empty = Listing(market.contracts()[0])
    words = text_of(parsed(market_page([empty], Frame())))
    assert "No order rests and there is no recent trade: H100SXMOD_USDC-PERPETUAL." in words
    traded = listing_of(market)._replace(book=Book())
    assert "The book is empty." in text_of(parsed(market_page([traded], Frame())))


def test_contracts_stand_by_their_end_and_what_is_over_stands_last(shown, parsed):
    ends = {"OVER": 5, "LATE": 9, "NEAR": 7, "PERPETUAL": 0}
    listings = [
        Listing(Contract(number, name, shown.row(STATE=state, EXPIRY_NS=expiry_ns)))
        for number, (name, expiry_ns) in enumerate(ends.items())
        for state in [State.EXPIRED if name == "OVER" else State.OPEN]
    ]
    table = next(parsed(market_page(listings, Frame())).iter("table"))
    names = [name.text for name in table.iter("span") if name.get("class") == "ticker"]
    assert names == ["PERPETUAL", "NEAR", "LATE", "OVER"]


def test_an_unknown_index_is_a_dash(shown, parsed):
    contract = Contract(0, "X", shown.row(INDEX=999, STATE=State.OPEN))
    assert contract_object(contract)["series"] == ""
    assert "\u2013" in text_of(parsed(market_page([Listing(contract)], Frame())))


def test_an_auction_that_failed_its_check_says_so(shown):
    market = shown.Shown(shown.fixings())
    auction = market.auction(max(market.days()))
    assert "640 GPU-hours" in auction_section(auction).text
    failed = auction_section(auction._replace(checked=False, lines=())).text
    assert "did not pass the check" in failed
    assert "<table" not in failed
