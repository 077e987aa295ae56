"""EXCHANGE PEERS: other order books from PyPI, and the plain ones, on the same flow.

Takes   a `Load` of `exchange_load.py`.
Gives   CPU-seconds of each; None where the package has no wheel for this Python.
Keeps   an engine out that trades otherwise: fills, lots and notional are the flow's, or it fails.
Source  Decision 0005. None of them has margin, fees or members: they do less for each message.
"""

import time
from collections.abc import Callable
from datetime import datetime
from datetime import timedelta
from typing import Any

import numpy as np

from chiphour.exchange.engine import Engine
from chiphour.exchange.reference import Reference
from exchange_load import Load
from order_flow import BUY
from order_flow import CANCEL
from order_flow import Answer
from order_flow import PlainBook
from order_flow import fill_hash

MISSING: dict[str, str] = {}  # Why a peer is not here.
try:
    import bourse
except ImportError as fault:
    bourse, MISSING["bourse"] = None, str(fault)
try:
    from lightmatchingengine import lightmatchingengine as light
except ImportError as fault:
    light, MISSING["lightmatchingengine"] = None, str(fault)
try:
    import order_matching.matching_engine as matching
    from loguru import logger
    from order_matching.enums import Side as MatchingSide
    from order_matching.order import LimitOrder
    from order_matching.orders import Orders

    logger.disable("order_matching")
except ImportError as fault:
    matching, MISSING["order-matching"] = None, str(fault)

SLOW_MESSAGES = 20_000  # Of the flow's first, for those that take long.
MARKED = datetime(2026, 7, 6)


def check_answer(answer: Answer, fills: list[tuple[Any, ...]]) -> None:
    """Hold fills, each (maker, taker, price in ticks, lots), against the answer."""
    assert len(fills) == answer.fills
    assert sum(lots for _, _, _, lots in fills) == answer.lots
    assert sum(price * lots for _, _, price, lots in fills) == answer.notional_ticks
    assert fill_hash(fills) == answer.fill_hash


def time_plain(work: Load) -> float:
    """Run the flow through the plain book; the fills are checked."""
    rows = work.messages.tolist()
    begin = time.process_time()
    fills = plain_fills(rows, work.contracts)
    spent = time.process_time() - begin
    check_answer(work.answer, fills)
    return spent


def plain_fills(rows: list[Any], contracts: int) -> list[tuple[int, int, int, int]]:
    """Give what a plain book makes of messages: (maker, taker, price in ticks, lots)."""
    books = [PlainBook() for _ in range(contracts)]
    fills: list[tuple[int, int, int, int]] = []

    def on_fill(maker: int, taker: int, price: int, lots: int, _: bool) -> None:
        fills.append((maker, taker, price, lots))

    for number, (kind, contract, side, lots, price, named) in enumerate(rows):
        if kind == CANCEL:
            books[contract].cancel(named)
        else:
            books[contract].add(number, side, price, lots, on_fill)
    return fills


def time_bourse(work: Load) -> float:
    """Run the flow through bourse, a call for each message.

    Its priority is the time that it is told, so each order needs its own; without that it trades
    wrongly. It numbers the orders of each book itself, so fills, lots and notional are checked.
    """
    books = [bourse.core.OrderBook(0, 1, True) for _ in range(work.contracts)]
    place = [book.place_order for book in books]
    cancel = [book.cancel_order for book in books]
    set_time = [book.set_time for book in books]
    ids = [0] * len(work.messages)
    rows = work.messages.tolist()
    begin = time.process_time()
    for number, (kind, contract, side, lots, price, named) in enumerate(rows):
        if kind == CANCEL:
            cancel[contract](ids[named])
        else:
            set_time[contract](number)
            ids[number] = place[contract](side == BUY, lots, 0, price=price)
    spent = time.process_time() - begin
    trades = [trade for book in books for trade in book.get_trades()]
    _check_totals(work.answer, [(trade[2], trade[3]) for trade in trades])
    return spent


def time_light(work: Load) -> float:
    """Run the flow through lightmatchingengine; it tells each fill once for every side."""
    engine = light.LightMatchingEngine()
    ids = [0] * len(work.messages)
    told: list[Any] = []
    rows = work.messages.tolist()
    begin = time.process_time()
    for number, (kind, contract, side, lots, price, named) in enumerate(rows):
        if kind == CANCEL:
            engine.cancel_order(ids[named], contract)
        else:
            order, trades = engine.add_order(contract, price, lots, 1 if side == BUY else 2)
            ids[number] = order.order_id
            told += [trade for trade in trades if trade.order_id != order.order_id]
    spent = time.process_time() - begin
    _check_totals(work.answer, [(trade.trade_price, trade.trade_qty) for trade in told])
    return spent


def time_matching(work: Load) -> float:
    """Run the flow's first messages through order-matching; give CPU-seconds for each."""
    rows = work.messages[:SLOW_MESSAGES].tolist()
    wanted = plain_fills(rows, work.contracts)
    engines = [matching.MatchingEngine(seed=1) for _ in range(work.contracts)]
    told: list[Any] = []
    begin = time.process_time()
    for number, (kind, contract, side, lots, price, named) in enumerate(rows):
        if kind == CANCEL:
            engines[contract].cancel_order(str(named))
            continue
        when = MARKED + timedelta(microseconds=number)
        way = MatchingSide.BUY if side == BUY else MatchingSide.SELL
        named_as = {"order_id": str(number), "trader_id": "a", "timestamp": when}
        order = LimitOrder(side=way, price=float(price), size=float(lots), **named_as)
        engines[contract].place(orders=Orders([order]))
        told += engines[contract].match(timestamp=when).trades
    spent = time.process_time() - begin
    assert len(told) == len(wanted)
    assert sum(trade.size for trade in told) == sum(lots for _, _, _, lots in wanted)
    return spent / len(rows)


def time_reference(work: Load) -> float:
    """Run the flow's first commands through the plain exchange; give CPU-seconds for each.

    Its events must be the kernel's, byte for byte.
    """
    plain, engine = Reference(work.limits), Engine(work.limits)
    rows = work.flow[:SLOW_MESSAGES]
    plain.apply(work.setting)
    engine.apply(work.setting)
    begin = time.process_time()
    events = plain.apply(rows)
    spent = time.process_time() - begin
    assert np.array_equal(events, engine.apply(rows))
    return spent / len(rows)


def _check_totals(answer: Answer, trades: list[tuple[int, int]]) -> None:
    """Hold trades, each (price in ticks, lots), against the totals of the answer."""
    assert len(trades) == answer.fills
    assert sum(lots for _, lots in trades) == answer.lots
    assert sum(price * lots for price, lots in trades) == answer.notional_ticks


# Name, whether it is here, how it is timed, and whether that is for each message already.
PEERS: tuple[tuple[str, bool, Callable[[Load], float], bool], ...] = (
    ("bourse", bourse is not None, time_bourse, False),
    ("plain book", True, time_plain, False),
    ("lightmatchingengine", light is not None, time_light, False),
    ("order-matching", matching is not None, time_matching, True),
    ("plain exchange", True, time_reference, True),
)
