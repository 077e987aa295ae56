"""DIALECT TRADER: a member of a plain exchange who speaks the dialect.

Takes   requests by method and params.
Gives   the last order that changed, as the dialect has it; a refusal is raised.
Keeps   one blotter for each account, each told every event.
Source  Deribit's API v2; what tests of the dialect share.
"""

import json

import pytest

from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.reasons import Reason
from chiphour.wire import dialect
from chiphour.wire.blotter import Blotter
from chiphour.wire.blotter import order_object
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect_orders import command_of
from chiphour.wire.jsonrpc import RpcRefused
from chiphour.wire.jsonrpc import parse_request
from told import LIMITS

NAME = "H100SXMOD_USDC-PERPETUAL"
LABELS = ["", "mine", "yours"]  # A label's number is its place.


def known_number_of(label):
    """Give a label's number, 0 where it has none."""
    return LABELS.index(label) if label in LABELS else 0


class Trader:
    """A member of a plain exchange that speaks the dialect."""

    def __init__(self, told, account, blotters):
        self.told, self.account = told, account
        self.blotters = blotters
        self.blotter = blotters.setdefault(account, Blotter(account))

    @property
    def desk(self):
        listed = Instrument(0, NAME, self.told.row(), "CHR.H100.SXM.OD", 0)
        return Desk(
            self.account,
            {NAME: listed},
            {0: listed},
            LABELS.index,
            LABELS.__getitem__,
            known_number_of,
            LIMITS,
        )

    def say(self, method, **params):
        """Send a request; give the last order of this account that changed, as the dialect has it.

        A refusal by the exchange is raised.
        """
        request = parse_request(
            json.dumps({"method": f"private/{method}", "params": params}).encode()
        )
        row = command_of(request.method, request.params, self.desk, self.blotter)
        return self.send(row)

    def send(self, row):
        found = None
        row = row.copy()
        row[c.SEQUENCE], row[c.TIME_NS] = self.told.reference.sequence + 1, self.told.time_ns
        if row[c.KIND] == Kind.ORDER:
            self.blotter.ask(row)
        for number, event_row in enumerate(self.told.reference.apply(row[None]), 1):
            error = None
            if event_row[e.KIND] == e.Kind.REFUSED:
                reason, listed = Reason(event_row[e.REASON]), self.desk.by_number[0]
                error = dialect.refused_by(reason, row, listed, LIMITS)
            word = error.message if error else ""
            changes = {a: b.tell(event_row, number, word) for a, b in self.blotters.items()}
            if error:
                raise error
            found = changes[self.account].order or found
        return order_object(found, self.desk) if found else None

    def place(self, side="buy", **params):
        return self.say(side, **({"instrument_name": NAME, "amount": 2, "price": 2.4} | params))


def refused(call, *given, **params):
    with pytest.raises(RpcRefused) as caught:
        call(*given, **params)
    return caught.value


def read(method, params):
    """Give params as they come from JSON."""
    content = json.dumps({"method": method, "params": params}).encode()
    return parse_request(content).params
