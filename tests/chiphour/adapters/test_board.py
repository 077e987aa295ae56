"""BOARD: what anybody may see, by the questions that the public methods ask.

Takes   a real market with two contracts; members who trade both, hours that pass.
Gives   books, sums, pages, fundings, settlements.
Keeps   pages of several contracts whole and in order; each sum that of what it sums.
Source  Decision 0030.
"""

import pytest

from chiphour.adapters.rpc_params import MS_MAX
from chiphour.adapters.rpc_params import Window
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.index.series import BY_TICKER
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from rpc_client import Caller
from trading import NAME
from trading import STRIKE_NS
from trading import TICKER
from trading import trading

HOURS = 26


@pytest.fixture(scope="module")
def floor(tmp_path_factory):
    """Trade one lot each hour, at prices that rise and fall, with a mark each half hour."""
    with trading(tmp_path_factory.mktemp("market")) as opened:
        one, two = (Caller(opened.url, member) for member in opened.members)
        number = BY_TICKER[TICKER].number
        for turn in range(2 * HOURS):
            now_ns = STRIKE_NS + (turn + 1) * 30 * NS_PER_MINUTE
            mark = command(Kind.MARK, index=number, fit=Quality.LIVE, time_ns=now_ns)
            opened.market.submit(commands([mark]))
            price = 2.95 + 0.01 * (turn % 7)
            order = {"instrument_name": NAME, "type": "limit", "price": round(price, 2)}
            one("private/buy", amount=2, **order)
            two("private/sell", amount=1, **order)
            one("private/cancel_all")
        yield opened


def test_pages_of_trades_are_whole_and_in_order(floor):
    """Walk back through all trades by pages of seven: each comes once, the newest first."""
    board, seen, end_ms = floor.gateway.board, [], MS_MAX
    while True:
        page = board.trades([0], Window(7, 0, end_ms))
        seen += [trade["trade_seq"] for trade in page["trades"]]
        if not page["has_more"]:
            break
        end_ms = page["trades"][-1]["timestamp"] - 1
    assert seen == list(range(2 * HOURS, 0, -1))


def test_sums_are_those_of_the_trades(floor):
    board = floor.gateway.board
    now_ns = board.depth.time_ns
    trades = board.tape.trades(0)
    found = board.traded(0, now_ns - NS_PER_DAY)
    day = [each for each in trades if each.time_ns >= now_ns - NS_PER_DAY]
    assert found.lots == sum(each.lots for each in day)
    assert found.worth_ticks == sum(each.lots * each.price for each in day)
    assert (found.high_ticks, found.low_ticks) == (
        max(each.price for each in day),
        min(each.price for each in day),
    )
    assert board.traded(0, now_ns - 7 * NS_PER_DAY).lots == sum(each.lots for each in trades)
    assert board.traded(0, now_ns + 1).lots == 0


def test_fundings_and_settlements_are_those_of_the_day(floor):
    board = floor.gateway.board
    funded = board.funding(0, 0, MS_MAX)
    assert [each["timestamp"] for each in funded] == [(STRIKE_NS + NS_PER_DAY) // 10**6]
    assert board.funding_value(0, 0, MS_MAX) == sum(each["interest_period"] for each in funded)
    whole = board.settlements([0], None, 20, MS_MAX, None)
    assert len(whole["settlements"]) == 1 and whole["continuation"] == "none"
    assert board.settlements([0], "delivery", 20, MS_MAX, None)["settlements"] == []
    paid = board.paid(0)
    assert abs(paid.rate_8h_ppm) <= 20_000


def test_a_page_of_settlements_goes_on_where_the_one_before_ended(floor):
    board = floor.gateway.board
    first = board.settlements([0, 0], None, 1, MS_MAX, None)
    again = board.settlements([0, 0], None, 1, MS_MAX, int(first["continuation"]))
    assert (len(first["settlements"]), again["continuation"]) == (1, "none")
    assert first["settlements"] == again["settlements"]


def test_a_chart_without_its_resolution_is_none(floor):
    board = floor.gateway.board
    assert board.candles(0, "7", 0, MS_MAX) is None
    chart = board.candles(0, "60", STRIKE_NS // 10**6, MS_MAX)
    assert sum(chart["volume"]) == 2 * HOURS
    assert board.indicative(0) is None
    assert board.deliveries("CHR.H100.SXM.OD") == []
