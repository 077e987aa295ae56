"""TEST DAILY: what anybody may have of a fill, of funding and of a book.

Takes   events.
Gives   claims on records and columns.
Keeps   accounts out.
Source  Rulebook 7.7; decision 0034.
"""

from hypothesis import given
from hypothesis import strategies as st

from chiphour.exchange import events as e
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import event
from chiphour.exchange.events import Cause
from chiphour.publish.daily import BOOK
from chiphour.publish.daily import TABLES
from chiphour.publish.daily import TRADES
from chiphour.publish.daily import Named
from chiphour.publish.daily import fill_of
from chiphour.publish.daily import funding_of
from chiphour.publish.daily import levels_of

NAMED = Named("H100SXMOD_USDC-PERPETUAL", 100)


def fill(**more):
    columns = {"side": Side.SELL, "price_ticks": -3, "lots": 5, "cause": Cause.ORDER}
    return event(e.Kind.FILL, **(columns | more)).tolist()


def test_a_price_is_in_micro_dollars_also_on_no_tick():
    assert fill_of(fill(), NAMED).price_microusd == -300
    assert fill_of(fill(cause=Cause.DELEVERAGING, price_ticks=317), NAMED).price_microusd == 317


@given(*[st.integers(0, 1 << 16)] * 4)
def test_a_fill_says_nothing_of_whose_it_was(maker, taker, one, other):
    """Let anybody trade by any order: what is published is the same."""
    whose = {"maker_account": maker, "taker_account": taker}
    which = {"maker_order": one, "taker_order": other}
    left = {"maker_lots_left": one, "taker_lots_left": taker}
    fees = {"taker_fee_microusd": maker, "maker_rebate_microusd": other}
    assert fill_of(fill(**whose, **which, **left, **fees), NAMED) == fill_of(fill(), NAMED)


def test_funding_is_told_with_what_it_was_made_of():
    values = {"rate_ppm": 12, "period_s": 3_600, "mark_microusd": 5, "index_microusd": 6}
    row = event(e.Kind.FUNDED, per_lot_microusd=-7, sequence=3, time_ns=4, **values)
    assert funding_of(row.tolist(), NAMED)._asdict() == {
        **{"sequence": 3, "time_ns": 4, "contract": NAMED.name, "per_lot_microusd": -7},
        **values,
    }


def test_levels_count_from_the_best_and_an_empty_side_is_one_row():
    found = levels_of(9, NAMED, Side.BUY, [(32, 5), (31, 7)])
    assert [(row.level, row.price_microusd, row.lots) for row in found] == [
        (1, 3200, 5),
        (2, 3100, 7),
    ]
    (empty,) = levels_of(9, NAMED, Side.SELL, [])
    assert (empty.side, empty.level, empty.price_microusd, empty.lots) == ("sell", 0, None, 0)


def test_columns_read_their_records():
    trade = {column.name: column.read(fill_of(fill(), NAMED)) for column in TRADES}
    assert (trade["side"], trade["price_microusd"], trade["cause"]) == ("sell", -300, "order")
    level = levels_of(9, NAMED, Side.BUY, [(32, 5)])[0]
    assert [column.read(level) for column in BOOK] == [9, NAMED.name, "buy", 1, 3200, 5]
    assert set(TABLES) == {"trades", "book", "funding"}
