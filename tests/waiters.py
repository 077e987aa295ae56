"""WAITERS: a market in which orders wait: short words for orders, and for what they did.

Takes   a Market (`chiphour/exchange/conftest.py`), prices in cents, the index at $3.00.
Gives   orders of any type; events as short texts such as "FILL 9 8 300 2".
Keeps   the tests of the queue of work readable: one line for a command, one for what followed.
Source  Rulebook 9.10 to 9.19.
"""

from chiphour.contracts.table import STATE
from chiphour.contracts.table import State
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce

QUIET = {"opening_call_s": 0, "call_s": 0, "taker_fee_ppm": 0, "static_band_ppm": 500_000}
TOLD = {
    "REFUSED": ("reason",),
    "ACCEPTED": ("order", "price_ticks", "lots"),
    "HELD": ("order", "price_ticks", "lots", "trigger_ticks"),
    "TRIGGERED": ("order", "price_ticks", "lots"),
    "RESTED": ("order", "price_ticks", "lots_left"),
    "FILL": ("maker_order", "taker_order", "price_ticks", "lots"),
    "CANCELLED": ("order", "reason", "lots_left"),
    "REDUCED": ("order", "reason", "lots", "lots_left"),
    "CANCELLED_ALL": ("account", "contract", "orders"),
    "PROTECTED": ("account", "lots"),
    "PROTECTION_SET": ("account", "lots"),
}


def opened(market, contract=2, **terms):
    """List a contract that is OPEN at once, without fees; give its number."""
    market.list(contract, **(QUIET | terms))
    assert market.contract(contract)[STATE] == State.OPEN
    return contract


def told(events):
    """Give events as short texts, those of marks left out."""
    return [
        " ".join(
            str(part) for part in (event["kind"], *(event[name] for name in TOLD[event["kind"]]))
        )
        for event in events
        if event["kind"] in TOLD
    ]


class Desk:
    """Places orders in one contract of a market."""

    def __init__(self, market, **terms):
        self.market = market
        self.contract = opened(market, **terms)

    def order(self, account, side, price, lots, order_type=OrderType.LIMIT, **columns):
        """Send an order, GTC unless its type has no price; a fourth letter is its type."""
        priced = price is not None
        in_force = TimeInForce.GTC if priced else TimeInForce.IOC
        return told(
            self.market.do(
                Kind.ORDER,
                account=account,
                contract=self.contract,
                side=Side[side.upper()],
                order_type=order_type,
                time_in_force=columns.pop("time_in_force", in_force),
                price_ticks=price or 0,
                lots=lots,
                **columns,
            )
        )

    def stop(self, account, side, trigger, lots, **columns):
        """Send a stop at the market, on the mark unless flags say otherwise."""
        return self.order(
            account, side, None, lots, OrderType.STOP_MARKET, trigger_ticks=trigger, **columns
        )

    def do(self, kind, **columns):
        """Send any command; give its events as short texts."""
        return told(self.market.do(kind, **columns))

    def drain(self):
        """Send an ADVANCE with nothing due: it drains."""
        return told(self.market.advance())

    @property
    def last(self):
        """Give the sequence of the last command: the id of the order that it placed."""
        return self.market.engine.sequence
