"""CONFTEST: a small market to send commands to, and a way to call the kernel's inner functions.

Takes   commands by name.
Gives   events by name; sequences and times are stamped here.
Keeps   what is due done first, as the sequencer does (rulebook 2.2), unless a test says otherwise.
Source  Rulebook 2; `exchange/compose.py`.
"""

import numba
import numpy as np
import pytest

from chiphour.contracts import table
from chiphour.contracts.settings import SETTINGS
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.compose import named_event
from chiphour.exchange.engine import Engine
from chiphour.exchange.limits import Limits
from chiphour.exchange.state import INDEX_TICK_NS
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS

SMALL = Limits(
    accounts=16,
    contracts=3,
    indexes=4,
    orders=300,
    positions=20,
    positions_per_account=2,
    window_ticks=64,
)
STRIKE_NS = 20_000 * NS_PER_DAY + STRIKE_OFFSET_NS
USD = 1_000_000
CENT_TICK = 10_000  # Micro-dollars: prices of the small market are cents, from 270 on.
PRICE_MIN = 270
# What a contract is unless a test says otherwise: no calls, bands, fees; I is the last tick.
PLAIN = {
    "index": 1,
    "tick_microusd": CENT_TICK,
    "price_ticks_min": PRICE_MIN,
    "index_ticks": 1,
    "opening_call_s": 0,
    "static_band_ppm": 2_000_000,
    "dynamic_band_ppm": 0,
    "taker_fee_ppm": 0,
    "fixed_window": 1,
}


class Market:
    """An engine with a hand that stamps. Prices are in cents, the index stands at $3.00."""

    def __init__(self, limits=SMALL):
        self.limits = limits
        self.engine = Engine(limits)
        self.time_ns = STRIKE_NS

    def send(self, row):
        """Send one row as it is, stamped; gives its events by name."""
        row = np.array(row)
        row[ask.SEQUENCE] = self.engine.sequence + 1
        row[ask.TIME_NS] = self.time_ns
        return [named_event(event) for event in self.engine.apply(row[None])]

    def do(self, kind, **columns):
        """Send one command; gives its events by name."""
        return self.send(command(kind, **columns))

    def reason(self, kind, **columns):
        """Send one command that must be refused; gives the reason."""
        (event,) = self.do(kind, **columns)
        assert event["kind"] == "REFUSED", event
        return event["reason"]

    def advance(self):
        """Send one ADVANCE."""
        return self.do(Kind.ADVANCE)

    def until(self, time_ns):
        """Let time pass, with every ADVANCE that is due on the way; gives their events."""
        events = []
        while self.engine.next_due_ns <= time_ns:
            self.time_ns = max(self.time_ns, self.engine.next_due_ns)
            events += self.advance()
        self.time_ns = time_ns
        return events

    def member(self, account, dollars=1_000, group=0):
        """Open an account with money."""
        self.do(Kind.OPEN_ACCOUNT, account=account, group=group)
        if dollars:
            self.do(Kind.DEPOSIT, account=account, amount_microusd=dollars * USD)

    def fix(
        self, value_microusd=3 * USD, strike_ns=STRIKE_NS, vintage=Vintage.PROVISIONAL, index=1
    ):
        """Bring a fixing; a value of 0 is an unfit one."""
        return self.do(
            Kind.FIXING,
            index=index,
            strike_ns=strike_ns,
            vintage=vintage,
            fit=int(value_microusd > 0),
            value_microusd=value_microusd,
        )

    def list(self, contract, **terms):
        """List and open a contract; terms by their lower-case names."""
        values = [term.default for term in table.TERMS]
        given = PLAIN | terms
        for term in table.TERMS:
            values[term.column] = given.pop(term.name, values[term.column])
        assert not given
        return [event for row in listing(contract, values) for event in self.send(row)]

    def order(self, account, side, price, lots, contract=0, **columns):
        """Send an order: "buy" or "sell", a price in cents, or None at the market."""
        immediate = price is None or columns.pop("immediate", False)
        return self.do(
            Kind.ORDER,
            account=account,
            contract=contract,
            side=Side[side.upper()],
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            time_in_force=TimeInForce.IOC if immediate else TimeInForce.GTC,
            price_ticks=price or 0,
            lots=lots,
            **columns,
        )

    def mark(self, value_microusd=0, index=1, quality=Quality.LIVE):
        """Send a mark; its tick counts even when the last one was of this very time."""
        row = self.engine.sections().indexes
        last_ns = {int(each[0]): int(each[1 + INDEX_TICK_NS]) for each in row}.get(index, 0)
        if value_microusd and self.time_ns <= last_ns:
            self.time_ns = last_ns + 1
        return self.do(Kind.MARK, index=index, fit=quality, value_microusd=value_microusd)

    def set(self, contract=0, **terms):
        """Give live terms of a contract, or settings of the market when it is -1."""
        names = {term.name: term.column for term in (SETTINGS if contract == -1 else table.TERMS)}
        for name, value in terms.items():
            self.do(Kind.SET, contract=contract, parameter=names[name], value=value)

    def cash(self, account):
        """Give an account's cash."""
        return self.engine.account(account).cash_microusd

    def contract(self, contract=0):
        """Give a contract's row."""
        return dict(self.engine.contracts())[contract]

    def check(self):
        """Hold what is always true: money and positions sum to zero once all is paid."""
        sections = self.engine.sections()
        assert sections.accounts[:, 2].sum() == 0
        assert sections.positions[:, 2].sum() == 0


@pytest.fixture
def market():
    """Give a market with members 8 to 11 of $1,000 each and an open perpetual, without funding."""
    market = Market()
    for account in range(8, 12):
        market.member(account)
    market.fix()
    market.list(0)
    return market


@pytest.fixture
def empty():
    """Give a way to make an empty market: `empty(**limits)`."""
    return lambda **limits: Market(SMALL._replace(**limits))


@pytest.fixture
def callable_from_python():
    """Give a way to call one inner function of the kernel, compiled or not, from Python."""

    def door(function):
        if numba.config.DISABLE_JIT:
            return function
        return numba.njit(lambda *arguments: function(*arguments))

    return door
