"""TEST TAPE: public trades against the fills that they are of, and the pages of them.

Takes   flows of storms; events written by hand.
Gives   a failure that shows a trade, or the page that is wrong.
Keeps   every fill on the tape once; pages that, asked one after the other, leave nothing out.
Source  Deribit's API v2; rulebook 7.7, 9.12, 9.16.
"""

from collections import defaultdict
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.contracts import table
from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import event
from chiphour.exchange.compose import events as stacked
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind
from chiphour.wire.tape import CAUSES_WITH_PRICE
from chiphour.wire.tape import MINUS
from chiphour.wire.tape import PLUS
from chiphour.wire.tape import ZERO_MINUS
from chiphour.wire.tape import ZERO_PLUS
from chiphour.wire.tape import Tape
from chiphour.wire.tape import trade_object
from heard import BY_NUMBER
from heard import fill
from heard import frames
from heard import numbers_of
from heard import ordered

FIELDS = (
    "trade_id trade_seq instrument_name timestamp direction price amount tick_direction "
    "mark_price index_price"
).split()


def taped(rows, kept=100):
    """Give a tape that has heard these events, one frame."""
    tape, events = Tape(kept), stacked(rows)
    return tape, tape.hear(events, numbers_of(events, {}))


@pytest.mark.parametrize("seed", [1, 2, 3, 6, 13])
def test_every_fill_is_a_trade_with_the_marks_of_its_time(seed):
    tape, counts, heard, last = Tape(), {}, defaultdict(list), {}
    for batch, events, reference in frames(*ordered(seed)):
        marked = set(events[events[:, e.KIND] == Kind.MARKED][:, e.CONTRACT].tolist())
        before = {n: list(each.row) for n, each in reference.state.contracts.items()}
        for trade in tape.hear(events, numbers_of(events, counts)):
            row = before[trade.contract]
            if trade.contract not in marked:
                now = (row[table.MARK_MICROUSD], row[table.INDEX_MICROUSD])
                assert (trade.mark_microusd, trade.index_microusd) == now
            heard[trade.contract].append(trade)
            if trade.cause in CAUSES_WITH_PRICE:
                last[trade.contract] = trade.price
        assert batch is not None
        for number, price in last.items():
            row = reference.state.row(number)
            assert tape.last[number][0] == price == row[table.LAST_TICKS]
    assert sum(map(len, heard.values())) > 1
    for number, trades in heard.items():
        assert list(tape.trades(number)) == trades
        assert [trade.number for trade in trades] == list(range(1, counts[number] + 1))


def test_trade_says_what_the_dialect_says():
    mark = {"contract": 1, "mark_microusd": 2_510_000, "index_microusd": 2_500_001}
    rows = [event(Kind.MARKED, **mark), fill(1, 250, 7, 3, side=Side.SELL)]
    _, (trade,) = taped(rows)
    found = trade_object(trade, BY_NUMBER[1])
    assert set(FIELDS) <= set(found) and not {"liquidation", "block_trade_id"} & set(found)
    assert (found["trade_id"], found["trade_seq"], found["direction"]) == ("1-1", 1, "sell")
    assert (found["price"], found["amount"], found["timestamp"]) == (Decimal("2.5"), 3, 7)
    assert (found["mark_price"], found["index_price"]) == (Decimal("2.51"), Decimal("2.500001"))


def test_blocks_and_deleveraging_are_marked_and_move_no_last_price():
    rows = [
        fill(0, 250, 1),
        fill(0, 249, 2, cause=Cause.LIQUIDATION),
        fill(0, 300, 3, cause=Cause.BLOCK),
        fill(0, 2_500_001, 4, cause=Cause.DELEVERAGING),
        fill(0, 249, 5),
    ]
    tape, trades = taped(rows)
    found = [trade_object(trade, BY_NUMBER[0]) for trade in trades]
    assert [each.get("liquidation") for each in found] == [None, "T", None, "T", None]
    assert [each.get("block_trade_id") for each in found] == [None, None, "0-3", None, None]
    assert found[3]["deleveraging"] and found[3]["price"] == Decimal("2.500001")
    directions = [each["tick_direction"] for each in found]
    assert directions == [PLUS, MINUS, ZERO_MINUS, ZERO_MINUS, ZERO_MINUS]
    assert tape.last[0] == (249, ZERO_MINUS)


@given(st.lists(st.integers(-2, 2), max_size=30))
def test_tick_direction_is_that_of_the_last_change(moves):
    prices = np.cumsum(moves).tolist()
    _, trades = taped([fill(0, price, 1) for price in prices])
    up = True
    for trade, move in zip(trades, moves, strict=True):
        first = trade.number == 1
        up = up if first or move == 0 else move > 0
        if first or move != 0:
            assert trade.tick_direction == (PLUS if up else MINUS)
        else:
            assert trade.tick_direction == (ZERO_PLUS if up else ZERO_MINUS)


TIMES = st.lists(st.integers(0, 40), min_size=1, max_size=40).map(sorted)
BOUND = st.none() | st.integers(0, 45)


@given(TIMES, BOUND, BOUND, BOUND, BOUND, st.integers(1, 12))
def test_pages_hold_the_ends_of_what_is_asked_for(times, start_seq, end_seq, start, end, count):
    """Compare with a plain filter over all trades; both ways of sorting, and the default."""
    tape, trades = taped([fill(0, 250, time) for time in times])
    matching = [
        trade.number
        for trade in trades
        if (start_seq or 0) <= trade.number <= (99 if end_seq is None else end_seq)
        and (start or 0) <= trade.time_ms <= (99 if end is None else end)
    ]
    bounds = (start_seq, end_seq, start, end, count)
    pages = {}
    for sorting in ("asc", "desc", "default"):
        found = tape.by_instrument(BY_NUMBER[0], *bounds, sorting)
        pages[sorting] = [trade["trade_seq"] for trade in found["trades"]]
        assert found["has_more"] == (len(matching) > count)
    assert pages["asc"] == matching[:count] and pages["desc"] == matching[::-1][:count]
    rises = start_seq is not None or start is not None
    assert pages["default"] == pages["asc" if rises else "desc"]


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40), st.integers(1, 7))
def test_pages_of_all_contracts_one_after_the_other_leave_nothing_out(contracts, count):
    """Ask from the last id of each page, which comes again as the first of the next."""
    tape, trades = taped([fill(number, 250, 1) for number in contracts])
    whole = [f"{trade.contract}-{trade.number}" for trade in trades]
    found, start = [], None
    while True:
        page = tape.by_currency(BY_NUMBER, start, None, None, None, count + 1, "asc")
        found += [trade["trade_id"] for trade in page["trades"] if trade["trade_id"] != start]
        start = found[-1]
        if not page["has_more"]:
            break
    assert found == whole
    back = tape.by_currency(BY_NUMBER, None, whole[-1], 1, 1, 40)
    assert [trade["trade_id"] for trade in back["trades"]] == whole
    assert tape.by_currency(BY_NUMBER, "9-9", None, 2)["trades"] == []


def test_tape_is_bounded_and_forgets_a_contract_that_is_listed_anew():
    tape, _ = taped([fill(0, 250, time) for time in range(1000)], kept=10)
    assert 10 <= len(tape.trades(0)) < 20
    assert tape.trades(0)[-1].number == 1000
    assert len(tape.by_currency(BY_NUMBER, count=30)["trades"]) < 20
    tape.hear(stacked([event(Kind.LISTED, contract=0)]), [])
    assert tape.trades(0) == [] and 0 not in tape.last
    assert tape.by_currency(BY_NUMBER)["trades"] == []
