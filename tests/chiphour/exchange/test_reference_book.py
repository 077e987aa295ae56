"""TEST REFERENCE BOOK: price, then time; impact prices.

Takes   orders at random prices.
Gives   a failure when the book ranks or averages them otherwise than a sorted list does.
Keeps   the list as the judge.
Source  Rulebook 4.3, 9.1, 9.6, 9.14.
"""

from fractions import Fraction
from math import ceil
from math import floor

from hypothesis import given
from hypothesis import strategies as st

from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.reference_book import Book
from chiphour.exchange.reference_book import Order

SIDES = st.sampled_from(Side)
PLACED = st.lists(st.tuples(SIDES, st.integers(-5, 5), st.integers(1, 9)), max_size=30)


def order(number, side, price_ticks, lots):
    return Order(
        order=number,
        account=8,
        contract=0,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.GTC,
        price_ticks=price_ticks,
        lots=lots,
    )


def filled(placed):
    """Let all rest, whether they cross or not: the book itself does not match."""
    book = Book()
    orders = [order(number, *terms) for number, terms in enumerate(placed)]
    for each in orders:
        book.add(each)
    return book, orders


def ranked(orders, side):
    sign = -1 if side == Side.BUY else 1
    return sorted(
        (o for o in orders if o.side == side), key=lambda o: (sign * o.price_ticks, o.order)
    )


@given(PLACED, st.data())
def test_orders_rank_by_price_then_time_whoever_leaves(placed, data):
    book, orders = filled(placed)
    while orders:
        leaver = data.draw(st.sampled_from(orders))
        orders.remove(leaver)
        book.remove(leaver)
        for side in Side:
            expected = ranked(orders, side)
            assert list(book.orders(side)) == expected
            assert book.best(side) == (expected[0] if expected else None)
    assert book.first() is None


@given(PLACED, SIDES, st.integers(-6, 6))
def test_taker_meets_the_best_opposite_order_that_its_price_allows(placed, side, price):
    book, orders = filled(placed)
    other = Side.SELL if side == Side.BUY else Side.BUY
    allowed = [
        o
        for o in ranked(orders, other)
        if (o.price_ticks <= price if side == Side.BUY else o.price_ticks >= price)
    ]
    assert book.crossed_by(order(99, side, price, 1)) == (allowed[0] if allowed else None)


@given(PLACED, SIDES, st.integers(1, 40), st.integers(1, 1000))
def test_impact_price_is_the_average_of_the_first_lots(placed, side, lots, tick):
    book, orders = filled(placed)
    prices = [o.price_ticks * tick for o in ranked(orders, side) for _ in range(o.lots)]
    found = book.impact_microusd(side, lots, tick)
    if len(prices) < lots:
        assert found is None
    else:
        average = Fraction(sum(prices[:lots]), lots)
        assert found == (floor(average) if side == Side.BUY else ceil(average))


@given(PLACED, SIDES, st.integers(0, 4))
def test_depth_sums_each_price(placed, side, depth):
    book, orders = filled(placed)
    expected = {}
    for each in ranked(orders, side):
        lots, count = expected.get(each.price_ticks, (0, 0))
        expected[each.price_ticks] = (lots + each.lots, count + 1)
    assert book.depth(side, depth) == [(p, *v) for p, v in expected.items()][:depth]


def test_iceberg_loses_shown_hidden_or_merged_lots():
    """A fill takes what shows, a cut what is hidden, a call both (rulebook 9.3, 9.6, 9.14)."""
    each = order(1, Side.SELL, 5, 10)
    each.display_lots = 4
    each.show_part()
    assert (each.lots, each.hidden_lots) == (4, 6)
    each.lose_shown(3)
    assert (each.lots, each.hidden_lots) == (1, 6)
    each.lose_merged(1)
    assert (each.lots, each.hidden_lots) == (4, 2)
    each.lose_hidden_first(3)
    assert (each.lots, each.hidden_lots) == (3, 0)
