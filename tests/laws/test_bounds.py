"""TEST BOUNDS: at each bound of the exchange, one below it and one above: nothing overflows.

Takes   small markets built up to a bound; both exchanges, command by command.
Gives   a failure when a command within a bound is refused, or one beyond it is not.
Keeps   uncompiled, an overflow told rather than wrapped: `./chiphour test` runs these so, too.
Source  Rulebook 1.2, 1.6, 9.5, 9.12, 9.17; `exchange/limits.py`.
"""

import os

import numpy as np
import pytest

from chiphour.contracts.table import row_of
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.compose import named_event
from chiphour.exchange.engine import Engine
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import REDUCING_MAX
from chiphour.exchange.limits import WAITING_MAX
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_SECOND
from laws.held import Witness

if os.environ.get("NUMBA_DISABLE_JIT") == "1":
    np.seterr(over="raise")

NOW = 1_783_299_600 * NS_PER_SECOND  # Half past noon, so that nothing is due for hours.
LIMITS = Limits(accounts=16, contracts=18, indexes=4, orders=64, positions=64, window_ticks=4096)
PRICE_MAX = LIMITS.price_microusd_max
TICK = 64  # The least tick with which a window reaches the highest price.
TICKS_MAX = PRICE_MAX // TICK
LOTS_MAX = LIMITS.position_lots_max
USD = 1_000_000
# Terms of a contract that nothing but the bounds holds back.
WIDE = {
    "index": 1,
    "index_ticks": 1,
    "tick_microusd": 1,
    "opening_call_s": 0,
    "dynamic_band_ppm": 0,
    "static_band_ppm": 2_000_000,
    "market_band_ppm": 0,
    "funding_period_s": 0,
}


class Market:
    """Both exchanges and the laws; gives the word of what a command came to."""

    def __init__(self, limits=LIMITS):
        self.twins, self.witness = (Reference(limits), Engine(limits)), Witness(limits)
        self.time_ns = NOW

    def send(self, row):
        reference, engine = self.twins
        row = row.copy()
        row[:2] = reference.sequence + 1, self.time_ns
        before = engine.sections()
        told, found = reference.apply(row[None]), engine.apply(row[None])
        assert told.tolist() == found.tolist()
        assert reference.digest() == engine.digest()
        assert self.witness.faults(before, row, found, engine.sections()) == []
        return [named_event(event) for event in told]

    def do(self, kind, **columns):
        """Send a command; give the reason of its refusal, or "" when it was done."""
        events = self.send(command(kind, **columns))
        return "".join(event["reason"] for event in events if event["kind"] == "REFUSED")

    def order(self, account, side, price, lots, contract=0, **columns):
        limit = {"order_type": OrderType.LIMIT, "time_in_force": TimeInForce.GTC}
        place = {"account": account, "contract": contract, "side": side, "lots": lots}
        return self.do(Kind.ORDER, **(limit | place | {"price_ticks": price} | columns))

    def open(self, members=3, microusd=1 << 58, value_microusd=1):
        for account in range(8, 8 + members):
            assert self.do(Kind.OPEN_ACCOUNT, account=account) == ""
            assert self.do(Kind.DEPOSIT, account=account, amount_microusd=microusd) == ""
        self.fix(1, value_microusd)
        return self

    def fix(self, index, value_microusd):
        fixed = {"index": index, "strike_ns": NOW - NS_PER_DAY, "vintage": 1, "fit": 1}
        return self.do(Kind.FIXING, value_microusd=value_microusd, **fixed)

    def list(self, contract=0, **terms):
        rows = listing(contract, row_of(**(WIDE | terms)))
        told = [event for row in rows for event in self.send(row)]
        return " ".join(event["reason"] for event in told if event["kind"] == "REFUSED")

    def mark(self, value_microusd):
        self.time_ns += NS_PER_SECOND
        live = {"index": 1, "fit": Quality.LIVE, "value_microusd": value_microusd}
        return self.do(Kind.MARK, **live)

    def rest(self):
        """Let all work be done that waits."""
        while self.twins[0].work_waits:
            self.time_ns += NS_PER_SECOND
            self.do(Kind.ADVANCE)

    def until(self, time_ns):
        while self.twins[0].next_due_ns <= time_ns:
            self.time_ns = max(self.time_ns, self.twins[0].next_due_ns)
            self.do(Kind.ADVANCE)
        self.time_ns = time_ns


def test_money_paid_in_is_bounded():
    market = Market().open(1, microusd=1)
    pay = lambda amount: market.do(Kind.DEPOSIT, account=8, amount_microusd=amount)  # noqa: E731
    assert pay(MONEY_MICROUSD_MAX + 1) == "AMOUNT_ABOVE_MAX"
    assert pay(MONEY_MICROUSD_MAX) == "MONEY_ABOVE_MAX"
    assert pay(MONEY_MICROUSD_MAX - 2) == ""
    assert pay(2) == "MONEY_ABOVE_MAX"
    assert pay(1) == ""
    assert pay(1) == "MONEY_ABOVE_MAX"
    assert market.do(Kind.WITHDRAW, account=8, amount_microusd=MONEY_MICROUSD_MAX) == ""


@pytest.mark.parametrize("away", [-1, 0, 1])
def test_an_index_is_bounded(away):
    word = "PARAMETER_OUT_OF_RANGE" if away > 0 else ""
    market = Market().open()
    assert market.fix(2, PRICE_MAX + away) == word
    assert market.mark(PRICE_MAX + away) == word


@pytest.mark.parametrize("away", [-1, 0, 1])
@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_price_is_bounded(side, away):
    """The window ends where prices end; an order there may be margined, one beyond is refused."""
    market = Market().open(value_microusd=PRICE_MAX)
    least = TICKS_MAX - LIMITS.window_ticks + 1
    coarse = {"tick_microusd": TICK}
    assert market.list(1, price_ticks_min=least + 1, **coarse) == "PARAMETER_OUT_OF_RANGE"
    assert market.list(0, price_ticks_min=least, **coarse) == ""
    word = "PRICE_OUT_OF_RANGE" if away > 0 else ""
    assert market.order(8, side, TICKS_MAX + away, 1) == word
    assert market.order(8, Side.BUY, -(1 << 63), 1) == "PRICE_OUT_OF_RANGE"
    assert market.order(8, Side.SELL, (1 << 63) - 1, 1) == "PRICE_OUT_OF_RANGE"


@pytest.mark.parametrize("away", [-1, 0, 1])
def test_the_lowest_price_is_bounded(away):
    """A basis may fall as far below nought as a price may rise above it."""
    market = Market().open(value_microusd=1)
    assert market.fix(2, PRICE_MAX) == ""
    terms = {"index_b": 2, "index_ticks": 0, "tick_microusd": TICK}
    assert market.list(1, price_ticks_min=-TICKS_MAX - 1, **terms) == "PARAMETER_OUT_OF_RANGE"
    assert market.list(0, price_ticks_min=-TICKS_MAX, **terms) == ""
    word = "PRICE_OUT_OF_RANGE" if away < 0 else ""
    assert market.order(8, Side.BUY, -TICKS_MAX + away, 5) == word
    assert market.order(9, Side.SELL, -TICKS_MAX + away, 5) == word


def test_the_lots_of_an_order_and_of_a_position_are_bounded():
    market = Market().open()
    market.list(0)
    assert market.order(8, Side.BUY, 1, ORDER_LOTS_MAX + 1) == "LOTS_ABOVE_MAX"
    assert market.order(8, Side.BUY, 1, 1 << 62) == "LOTS_ABOVE_MAX"
    assert market.order(8, Side.BUY, 1, 0) == "LOTS_NOT_POSITIVE"
    for _ in range(4):
        assert market.order(8, Side.BUY, 1, ORDER_LOTS_MAX) == ""
    left = LOTS_MAX - 4 * ORDER_LOTS_MAX
    assert market.order(8, Side.SELL, 2, left + 1) == "POSITION_ABOVE_MAX"
    assert market.order(8, Side.SELL, 2, left - 1) == ""
    assert market.order(8, Side.BUY, 1, 1) == ""
    assert market.order(8, Side.BUY, 1, 1) == "POSITION_ABOVE_MAX"


def test_the_positions_of_an_account_are_bounded():
    market = Market().open()
    for contract in range(LIMITS.positions_per_account + 1):
        market.list(contract)
        full = contract == LIMITS.positions_per_account
        assert market.order(8, Side.BUY, 1, 1, contract) == ("POSITIONS_FULL" if full else "")
    assert market.order(8, Side.BUY, 1, 1, 0) == ""


@pytest.mark.parametrize(
    ("table", "word"), [("orders", "ORDERS_FULL"), ("positions", "POSITIONS_FULL")]
)
def test_a_table_is_filled_to_its_last_row(table, word):
    market = Market(LIMITS._replace(**{table: 2})).open(4)
    market.list(0)
    for account, expected in ((8, ""), (9, ""), (10, word)):
        assert market.order(account, Side.BUY, 1, 1) == expected


def test_the_record_of_ids_is_filled_to_its_last_row():
    market = Market(LIMITS._replace(ids=2)).open()
    market.list(0)
    for number, expected in ((1, ""), (2, ""), (3, "IDS_FULL"), ((1 << 63) - 1, "IDS_FULL")):
        assert market.order(8, Side.BUY, 1, 1, client_order_id=number) == expected


def stop(market, account, trigger=50):
    stopped = {"order_type": OrderType.STOP_LIMIT, "trigger_ticks": trigger}
    return market.order(account, Side.BUY, 50, 1, **stopped)


@pytest.mark.parametrize(("triggers", "most"), [(4096, WAITING_MAX), (5, 5)])
def test_waiting_orders_are_bounded(triggers, most):
    """Of an account in a contract, and of all in it; only the second holds another account."""
    market = Market(LIMITS._replace(triggers=triggers)).open(value_microusd=10)
    market.list(0)
    for _ in range(most):
        assert stop(market, 8) == ""
    assert stop(market, 8) == "TRIGGERS_FULL"
    assert stop(market, 9) == ("TRIGGERS_FULL" if most == triggers else "")


@pytest.mark.parametrize("away", [0, 1])
def test_a_trigger_is_bounded(away):
    market = Market().open(value_microusd=10)
    market.list(0)
    assert stop(market, 8, PRICE_MAX + away) == ("PRICE_OUT_OF_RANGE" if away else "")
    assert stop(market, 8, (1 << 63) - 1) == "PRICE_OUT_OF_RANGE"
    assert stop(market, 8, -(1 << 63)) == "PRICE_OUT_OF_RANGE"
    stopped = {"order_type": OrderType.STOP_LIMIT, "trigger_ticks": 50}
    for price in (-(1 << 63), (1 << 63) - 1):
        assert market.order(8, Side.BUY, price, 1, **stopped) == "PRICE_OUT_OF_RANGE"


def test_reduce_only_orders_of_a_position_are_bounded():
    """The seventeenth is refused; one that cannot rest is not (rulebook 9.17)."""
    market = Market().open(value_microusd=10)
    market.list(0)
    market.order(8, Side.BUY, 10, 40)
    market.order(9, Side.SELL, 10, 40)
    closing = {"flags": Flag.REDUCE_ONLY}
    for _ in range(REDUCING_MAX):
        assert market.order(8, Side.SELL, 12, 1, **closing) == ""
    assert market.order(8, Side.SELL, 12, 1, **closing) == "REDUCE_ONLY_FULL"
    at_once = {"time_in_force": TimeInForce.IOC}
    assert market.order(8, Side.SELL, 11, 1, **closing, **at_once) == ""


@pytest.mark.parametrize("basis", [False, True])
def test_the_largest_account_moves_as_far_as_prices_go(basis):
    """Sixteen positions of 2^26 - 1 lots; the index goes from 1 to 2^30 - 1, and back.

    Marks, margins, scans, liquidation, deleveraging and two settlements at the largest amounts
    that there can be; cash stays within its bound. A basis falls where its first index does.
    """
    market = Market().open(3, microusd=MONEY_MICROUSD_MAX // 4)
    contracts = range(LIMITS.positions_per_account)
    if basis:
        market.fix(2, 1)
    for contract in contracts:
        terms = {"index_b": 2, "index_ticks": 1} if basis and contract % 2 else {}
        assert market.list(contract, **terms) == ""
        for lots in (*[ORDER_LOTS_MAX] * 4, LOTS_MAX - 4 * ORDER_LOTS_MAX):
            assert market.order(8, Side.BUY, 1, lots, contract) == ""
            assert market.order(9, Side.SELL, 1, lots, contract) == ""
    held = market.twins[1].account(8).positions
    assert [position.lots for position in held] == [LOTS_MAX] * len(contracts)
    assert market.mark(PRICE_MAX) == ""
    market.rest()
    market.until(NOW + NS_PER_DAY)
    assert market.mark(1) == ""
    market.rest()
    market.until(NOW + 2 * NS_PER_DAY)
    assert market.mark(PRICE_MAX) == ""
    market.rest()
