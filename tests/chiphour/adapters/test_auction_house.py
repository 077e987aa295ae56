"""AUCTION_HOUSE: what is due of the runs is done when it is asked, and what a stop left first.

Takes   a house with a run whose gate has closed; an auctioneer that fails.
Gives   a run cleared by `tend`; deliveries tended all the same; a stop made good at the start.
Keeps   doing it again without effect.
Source  Decisions 0033, 0039 and 0046.
"""

import pytest

from auctioned import PAID_MICROUSD
from auctioned import House
from chiphour.adapters.auction_house import AuctionHouse
from gated import BUYER
from gated import SELLER
from gated import SHUT_NS
from gated import buy
from gated import pool


@pytest.fixture
def house(tmp_path):
    with House(tmp_path) as house:
        house.announce()
        house.bid(SELLER, pool("p", "10", "1"))
        house.bid(BUYER, buy("b", "12", "2"))
        yield house
        assert sum(house.market.cash_microusd().values()) == 0


def opened(house):
    return AuctionHouse(house.auctions, house.market, house.members)


def test_a_run_is_cleared_once_its_gate_has_closed(house):
    own, run = opened(house), house.auctions.runs[7]
    own.tend()
    assert run.stage == "open"
    house.time_ns = SHUT_NS
    own.tend()
    assert run.stage == "cleared"
    before = house.market.cash_microusd()
    own.tend()
    assert house.market.cash_microusd() == before


def test_a_fault_in_clearing_holds_up_no_delivery(house, monkeypatch):
    own, tended = opened(house), []

    def fails():
        raise RuntimeError("planted")

    monkeypatch.setattr(own.auctioneer, "tend", fails)
    monkeypatch.setattr(own.deliverer, "tend", lambda: tended.append(1))
    with pytest.raises(RuntimeError, match="planted"):
        own.tend()
    assert tended == [1]


def test_a_start_gives_back_what_no_bid_needs(house):
    path = house.auctions.runs[7].folder / "lines.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    house._stack.close()
    path.write_bytes(b"".join(lines[:-1]))  # The buyer's bid was not written; its money had moved.
    house._open()
    assert house.cash(BUYER) == PAID_MICROUSD - 24_000_000
    opened(house)
    assert house.cash(BUYER) == PAID_MICROUSD
