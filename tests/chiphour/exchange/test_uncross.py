"""UNCROSS: a call ends at one price: the one of the rulebook, and no other.

Takes   books of every shape, random ones too; icebergs, reduce-only orders, one group's pairs.
Gives   the price, the fills in order, the state after it.
Keeps   a plain search over all prices as the judge.
Source  Rulebook 9.6, 9.12.
"""

import random

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.limits import PAIRS_MAX
from chiphour.units import NS_PER_SECOND

CALL_S = 60


@pytest.fixture
def calling(empty):
    """Give a way to make a market with a contract in an opening call; 8 to 15 are members."""

    def make(dollars=100_000, **terms):
        market = empty(orders=1200)
        for account in range(8, 16):
            market.member(account, dollars=dollars, group=77 if account > 13 else 0)
        market.fix()
        market.list(0, **{"opening_call_s": CALL_S} | terms)
        assert market.contract()[table.STATE] == State.CALL
        return market

    return make


def uncross(market):
    return market.until(market.contract()[table.CALL_END_NS])


def fills(events):
    return [
        (event["maker_account"], event["taker_account"], event["lots"])
        for event in events
        if event["kind"] == "FILL"
    ]


def iceberg(market, account, side, price, lots, shows):
    return market.do(
        Kind.ORDER,
        account=account,
        contract=0,
        side=Side[side.upper()],
        order_type=OrderType.ICEBERG,
        time_in_force=TimeInForce.GTC,
        price_ticks=price,
        lots=lots,
        trigger_ticks=shows,
    )


def test_orders_gather_without_matching(calling):
    market = calling()
    assert [event["kind"] for event in market.order(8, "buy", 310, 5)] == ["ACCEPTED", "RESTED"]
    assert [event["kind"] for event in market.order(9, "sell", 290, 5)] == ["ACCEPTED", "RESTED"]
    assert market.order(9, "sell", 290, 5, immediate=True)[0]["reason"] == "CONTRACT_NOT_OPEN"
    assert market.order(9, "sell", None, 5)[0]["reason"] == "CONTRACT_NOT_OPEN"
    assert market.order(9, "sell", 290, 5, flags=Flag.POST_ONLY)[0]["reason"] == "CONTRACT_NOT_OPEN"


def test_without_a_cross_it_opens_without_a_print(calling):
    market = calling()
    market.order(8, "buy", 299, 5)
    market.order(9, "sell", 301, 5)
    assert uncross(market) == []
    row = market.contract()
    assert (row[table.STATE], row[table.CALL_END_NS], row[table.HAS_LAST]) == (State.OPEN, 0, 0)


@pytest.mark.parametrize(
    ("bids", "asks", "found"),
    [
        ({305: 5}, {295: 5}, (295, 5, 0)),  # As far from $3.00 on both sides: the lower.
        ({305: 5}, {295: 4}, (305, 4, 1)),  # All with a surplus of bids: the highest.
        ({305: 4}, {295: 5}, (295, 4, -1)),  # All with one of asks: the lowest.
        ({306: 5}, {299: 5}, (299, 5, 0)),  # The nearest to the mark.
        ({305: 5, 302: 5}, {295: 8}, (302, 8, 2)),  # The most lots.
        ({305: 9, 301: 3}, {298: 9, 303: 3}, (301, 9, 3)),
    ],
)
def test_the_price_is_the_one_of_the_rulebook(bids, asks, found, calling):
    market = calling()
    for price, lots in bids.items():
        market.order(8, "buy", price, lots)
    for price, lots in asks.items():
        market.order(9, "sell", price, lots)
    assert judged(list(bids.items()), list(asks.items()), 300) == found
    event = uncross(market)[0]
    assert event["kind"] == "UNCROSSED"
    assert (event["price_ticks"], event["lots"], event["surplus_lots"]) == found
    row = market.contract()
    assert (row[table.LAST_TICKS], row[table.HAS_LAST]) == (found[0], 1)


def judged(bids, asks, mark):
    """Search all prices at which orders stand; None when nothing crosses."""
    prices = sorted({price for price, _ in bids + asks})
    best_bid, best_ask = max(p for p, _ in bids), min(p for p, _ in asks)
    chosen = []
    for price in (price for price in prices if best_ask <= price <= best_bid):
        bought = sum(lots for each, lots in bids if each >= price)
        sold = sum(lots for each, lots in asks if each <= price)
        chosen.append((min(bought, sold), bought - sold, price))
    if not chosen:
        return None
    most = max(lots for lots, _, _ in chosen)
    chosen = [each for each in chosen if each[0] == most]
    least = min(abs(surplus) for _, surplus, _ in chosen)
    chosen = [each for each in chosen if abs(each[1]) == least]
    if all(surplus > 0 for _, surplus, _ in chosen):
        lots, surplus, price = chosen[-1]
    elif all(surplus < 0 for _, surplus, _ in chosen):
        lots, surplus, price = chosen[0]
    else:
        lots, surplus, price = min(chosen, key=lambda each: (abs(each[2] - mark), each[2]))
    return price, lots, surplus


@pytest.mark.parametrize("seed", range(12))
def test_a_random_book_is_uncrossed_as_a_plain_search_says(seed, calling):
    market = calling()
    dice = random.Random(seed)
    bids, asks = [], []
    for _ in range(dice.randrange(2, 24)):
        side, account = dice.choice((("buy", 8), ("sell", 9)))
        price, lots = dice.randrange(294, 307), dice.randrange(1, 9)
        (bids if side == "buy" else asks).append((price, lots))
        if lots > 2 and dice.random() < 0.5:
            iceberg(market, account, side, price, lots, 2)
        else:
            market.order(account, side, price, lots)
    expected = judged(bids, asks, 300) if bids and asks else None
    events = uncross(market)
    if expected is None:
        assert events == []
        return
    found = events[0]
    assert (found["price_ticks"], found["lots"], found["surplus_lots"]) == expected
    assert sum(lots for _, _, lots in fills(events)) == expected[1]
    assert {e["price_ticks"] for e in events if e["kind"] == "FILL"} == {expected[0]}
    assert {e["cause"] for e in events if e["kind"] == "FILL"} == {"CALL"}
    levels = market.engine.book(0, 99)
    assert not levels[0] or not levels[1] or levels[0][0][0] < levels[1][0][0]
    market.check()


def test_pairs_go_by_price_then_time_and_the_later_one_takes(calling):
    market = calling()
    market.order(8, "buy", 300, 3)
    market.order(9, "sell", 299, 4)
    market.order(10, "buy", 301, 2)
    market.order(11, "sell", 299, 4)
    events = uncross(market)
    assert fills(events) == [(9, 10, 2), (8, 9, 2), (8, 11, 1)]
    sides = [event["side"] for event in events if event["kind"] == "FILL"]
    assert sides == ["BUY", "SELL", "SELL"]
    last = [event for event in events if event["kind"] == "FILL"][-1]
    assert (last["maker_lots_left"], last["taker_lots_left"]) == (0, 3)


def test_a_call_pays_fees_as_others_do(calling):
    market = calling(taker_fee_ppm=1_000, maker_rebate_ppm=500)
    market.order(8, "buy", 300, 100)
    market.order(9, "sell", 300, 100)
    (fill,) = [event for event in uncross(market) if event["kind"] == "FILL"]
    assert (fill["taker_fee_microusd"], fill["maker_rebate_microusd"]) == (300_000, 150_000)
    assert market.cash(9) == 100_000 * 10**6 - 300_000
    assert market.cash(8) == 100_000 * 10**6 + 150_000
    market.check()


def test_an_iceberg_trades_whole_and_then_shows_its_next_lots(calling):
    """Displays merge: 7 of 12 trade, 5 are left, of which 4 show; its place in time stays."""
    market = calling()
    iceberg(market, 8, "buy", 300, 12, 4)
    market.order(10, "buy", 300, 1)
    market.order(9, "sell", 300, 7)
    events = uncross(market)
    assert [event["kind"] for event in events] == ["UNCROSSED", "FILL"]
    assert fills(events) == [(8, 9, 7)]
    rows = market.engine.sections().orders
    assert rows[:, [1, 5, 13]].tolist() == [[8, 4, 1], [10, 1, 0]]
    assert rows[0, 15] == 7


def test_a_pair_of_one_group_decrements_the_ask_first(calling):
    market = calling()
    market.order(14, "buy", 301, 5)
    market.order(15, "sell", 299, 3)
    market.order(9, "sell", 300, 2)
    events = uncross(market)
    told = [(event["kind"], event.get("account"), event.get("reason")) for event in events]
    assert told == [
        ("UNCROSSED", None, None),
        ("CANCELLED", 15, "SELF_TRADE"),
        ("REDUCED", 14, "SELF_TRADE"),
        ("FILL", None, None),
    ]
    assert (events[2]["lots"], events[2]["lots_left"]) == (3, 2)


def test_a_price_beyond_the_band_extends_the_call_once(calling):
    market = calling(dynamic_band_ppm=10_000, call_s=CALL_S)
    market.order(8, "buy", 310, 5)
    market.order(9, "sell", 310, 5)
    (event,) = uncross(market)
    assert (event["kind"], event["reason"]) == ("CALL_BEGUN", "EXTENDED")
    assert event["end_ns"] == market.time_ns + 60 * NS_PER_SECOND
    assert market.contract()[table.CALL_EXTENDED] == 1
    assert uncross(market)[0]["price_ticks"] == 310
    assert market.contract()[table.STATE] == State.OPEN
    assert market.contract()[table.CALL_EXTENDED] == 0


@pytest.mark.parametrize("more", [0, 1])
def test_one_advance_makes_so_many_pairs(more, calling):
    market = calling()
    for _ in range(PAIRS_MAX + more):
        market.order(8, "buy", 300, 1)
        market.order(9, "sell", 300, 1)
    market.time_ns = due = market.contract()[table.CALL_END_NS]
    assert len(fills(market.advance())) == PAIRS_MAX
    assert (market.contract()[table.STATE] == State.CALL) == (more == 1)
    if more:
        assert market.engine.next_due_ns == due
        assert market.contract()[table.UNCROSS_LOTS] == 1
        assert market.order(8, "buy", 300, 1)[0]["reason"] == "ADVANCE_DUE"
        assert [event["kind"] for event in market.advance()] == ["FILL"]
        assert market.contract()[table.UNCROSS_TICKS] == 0
    assert market.contract()[table.STATE] == State.OPEN


def test_reduce_only_cuts_may_end_it_early(calling):
    """The seller's other order turns its position, which cuts what was to be matched."""
    market = calling()
    market.order(8, "buy", 300, 4)
    market.order(9, "sell", 300, 4)
    uncross(market)
    market.set(call_s=CALL_S)
    for mode in (2, 0):
        market.do(Kind.HALT, contract=0, mode=mode)
    market.order(8, "sell", 299, 4)
    market.order(8, "sell", 300, 4, flags=Flag.REDUCE_ONLY)
    market.order(10, "buy", 300, 8)
    events = uncross(market)
    told = [(event["kind"], event.get("reason")) for event in events]
    assert told == [("UNCROSSED", None), ("FILL", None), ("CANCELLED", "REDUCE_ONLY_CUT")]
    assert market.contract()[table.UNCROSS_LOTS] == 0
    assert market.contract()[table.STATE] == State.OPEN


def test_triggers_of_last_see_its_price(calling):
    market = calling()
    market.do(
        Kind.ORDER,
        account=10,
        contract=0,
        side=Side.BUY,
        order_type=OrderType.STOP_MARKET,
        time_in_force=TimeInForce.IOC,
        lots=1,
        trigger_ticks=300,
        flags=Source.LAST << SOURCE_SHIFT,
    )
    market.order(8, "buy", 300, 1)
    market.order(9, "sell", 300, 1)
    uncross(market)
    assert [event["kind"] for event in market.advance()] == ["TRIGGERED", "CANCELLED"]


def test_a_filled_order_cancels_its_partner(calling):
    market = calling()
    market.order(8, "buy", 300, 1)
    market.order(8, "buy", 290, 1, flags=Flag.OCO, link=-1)
    market.order(9, "sell", 300, 1)
    uncross(market)
    (event,) = market.advance()
    assert (event["reason"], event["price_ticks"]) == ("ONE_CANCELS_OTHER", 290)
