"""TEST SHOWN: what pages and API are told of a market.

Takes   a market with a day of trading.
Gives   claims on each answer.
Keeps   demonstration and replay in sight.
Source  Decisions 0010 and 0011.
"""

from datetime import date

import pytest

from chiphour.adapters.market import Market
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.adapters.shown import Shown
from chiphour.day import run_day
from chiphour.index.series import ALL_SERIES

DAY = date(2026, 7, 8)
PERPETUAL = "H100SXMOD_USDC-PERPETUAL"


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    with Market(tmp_path_factory.mktemp("shown")) as market:
        ingest(market.archive, embedded_folder(), only="gpurentalprices")
        market.fix_days(DAY, lambda done, total: None)
        for day in [*market.waiting_days(DAY), DAY]:
            run_day(day, market)
        yield Shown(market)


def test_days_and_fixings(shown):
    assert shown.days() == [date(2026, 7, 6), date(2026, 7, 7), DAY]
    assert len(shown.fixings()) == 3 * len(ALL_SERIES)
    assert {fixing.series for fixing in shown.fixings("CHR.L4.OD")} == {"CHR.L4.OD"}


def test_contracts_books_and_trades(shown):
    names = [contract.name for contract in shown.contracts()]
    assert names[0] == PERPETUAL
    for name in ("H100SXMOD_USDC-10JUL26", "H100SXMOD_USDC-31JUL26", "H100SXMODAVG_USDC-31AUG26"):
        assert name in names
    assert len(names) == len(set(names)) >= 11
    book = shown.book(PERPETUAL, 2)
    assert len(book.bids) == len(book.asks) == 2
    assert book.bids[0][0] < book.asks[0][0]
    trades = shown.trades(PERPETUAL, 5)
    assert [trade.label for trade in trades] == ["demonstration"] * 5
    assert trades[0].time_ns >= trades[-1].time_ns


def test_an_auction_is_read_back_from_its_files_and_checked_again(shown):
    summary = shown.auction(DAY)
    assert summary.checked
    assert summary.bids_awarded > 0
    assert summary.paid_microusd > 0
    assert shown.auction(date(2026, 7, 6)) is None


def test_every_page_is_labelled(shown):
    labels = shown.frame().labels
    assert labels[0].startswith("Replay of recorded prices: market time 2026-07-09T00:30:00Z")
    assert "Demonstration members" in labels[1]


def test_a_curve_of_a_demonstration_has_its_fix_and_no_other_price(shown):
    points = shown.curve("CHR.H100.SXM.OD")
    assert points[0].source == "fix" and points[0].price_microusd > 0
    reasons = {point.reason for point in points if point.source == "future"}
    assert reasons == {"ONLY_DEMONSTRATION", "NO_TRADES"}
    assert all(point.price_microusd is None for point in points if point.source == "future")
    modelled = [point for point in points if point.source == "model"]
    assert len(modelled) == len([point for point in points if point.source == "future"])
    assert {point.reason for point in modelled} == {"FEW_FIXINGS"}
