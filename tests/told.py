"""TOLD: a small plain exchange that stamps what it is told, and answers in words.

Takes   commands by name.
Gives   events by name, or the reason of a refusal.
Keeps   members 8 to 11 with $1,000 each, a perpetual at $2.50 in ticks of a cent, no bands or fees.
Source  Rulebook 1 and 2; what tests of the reference share.
"""

from chiphour.contracts.table import TERMS
from chiphour.exchange import commands as c
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.compose import named_event
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.units import ns_from_iso

NOW = ns_from_iso("2026-07-06T01:00:00+00:00")
LIMITS = Limits(32, 4, 4, 600, 64, 4, 1024, triggers=40, ids=8)
NAMES = {term.name: term.column for term in TERMS}
PLAIN = {
    "index": 1,
    "tick_microusd": 10_000,
    "index_ticks": 1,
    "opening_call_s": 0,
    "static_band_ppm": 2_000_000,
    "dynamic_band_ppm": 0,
    "taker_fee_ppm": 0,
    "fixed_window": 1,
}


class Told:
    """A reference that stamps what it is told, and answers in words."""

    def __init__(self, limits=LIMITS):
        self.reference = Reference(limits)
        self.state = self.reference.state
        self.time_ns = NOW

    def tell(self, *rows):
        """Send rows, stamped; give their events by name."""
        events = []
        for row in rows:
            stamped = row.copy()
            stamped[c.SEQUENCE] = self.reference.sequence + 1
            stamped[c.TIME_NS] = self.time_ns
            events += [named_event(event) for event in self.reference.apply(stamped[None])]
        return events

    def do(self, kind, **columns):
        """Send one command; give its events by name."""
        return self.tell(command(kind, **columns))

    def reason(self, kind, **columns):
        """Send one command that must be refused; give the reason."""
        (event,) = self.do(kind, **columns)
        assert event["kind"] == "REFUSED", event
        return event["reason"]

    def list(self, contract, **terms):
        """List and open a contract; terms by their lower-case names."""
        values = [term.default for term in TERMS]
        for name, value in (PLAIN | terms).items():
            values[NAMES[name]] = value
        return self.tell(*listing(contract, values))

    def set(self, contract=0, **terms):
        """Give live terms of a contract."""
        for name, value in terms.items():
            self.do(Kind.SET, contract=contract, parameter=NAMES[name], value=value)

    def mark(self, cents, quality=1):
        """Bring a tick and let the contracts be marked at it."""
        self.time_ns += 1
        return self.do(Kind.MARK, index=1, fit=quality, value_microusd=cents * 10_000)

    def row(self, contract=0):
        """Give a contract's row."""
        return self.state.row(contract)

    def lots(self, account, contract=0):
        """Give the lots of a position."""
        return self.state.position(account, contract).lots

    def standing(self):
        """Give the ids of the orders that rest or wait."""
        return sorted(self.state.orders)


def order(account, side, cents, lots, kind=OrderType.LIMIT, **more):
    """Write an ORDER in contract 0: "buy" or "sell", a price in cents (None: at the market)."""
    if cents is None and kind == OrderType.LIMIT:
        kind = OrderType.MARKET
    unpriced = cents is None
    columns = {
        "account": account,
        "contract": 0,
        "side": Side[side.upper()],
        "order_type": kind,
        "time_in_force": TimeInForce.IOC if unpriced else TimeInForce.GTC,
        "price_ticks": cents or 0,
        "lots": lots,
    }
    return command(Kind.ORDER, **(columns | more))


def told_market(**terms):
    """Give a plain exchange with four members and an open perpetual at $2.50."""
    told = Told()
    fix = {"strike_ns": NOW - 1, "vintage": 1, "fit": 1, "value_microusd": 2_500_000}
    for account in range(8, 12):
        told.do(Kind.OPEN_ACCOUNT, account=account)
        told.do(Kind.DEPOSIT, account=account, amount_microusd=1_000_000_000)
    told.do(Kind.FIXING, index=1, **fix)
    told.list(0, **terms)
    return told


def kinds(events):
    """Give the kinds of events, in order."""
    return [event["kind"] for event in events]
