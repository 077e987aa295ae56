"""FIX TRADER: members of a plain exchange who speak FIX, without a network.

Takes   messages by type and tags.
Gives   what is said to whom; every message is held to QuickFIX's dictionary where that is there.
Keeps   the whole way: message, command, plain exchange, blotter, fold, message.
Source  Decision 0032; what tests of FIX's application layer share.
"""

import numpy as np

from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.reasons import Reason
from chiphour.units import NS_PER_SECOND
from chiphour.wire import fix_tags as tag
from chiphour.wire.blotter import Blotter
from chiphour.wire.dialect import Desk
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import refused_by
from chiphour.wire.fix import Message
from chiphour.wire.fix import text_of_time
from chiphour.wire.fix_fold import FixFold
from chiphour.wire.fix_fold import Frame
from chiphour.wire.fix_fold import World
from chiphour.wire.fix_orders import Asker
from chiphour.wire.fix_orders import Mark
from chiphour.wire.fix_orders import command_of
from chiphour.wire.fix_orders import private_of
from fix_legal import legal
from told import LIMITS
from told import NOW

NAME = "H100SXMOD_USDC-PERPETUAL"
TIME = text_of_time(NOW)


def message(msg_type, *fields, **named):
    """Write a message: pairs in order, or tags by their names of `fix_tags`."""
    pairs = [(getattr(tag, name.upper()), str(value)) for name, value in named.items()]
    return Message(msg_type, ((34, "2"), *fields, *pairs))


def new_order(text="one", side="1", lots="2", price="2.4", **more):
    """Write a NewOrderSingle: a limit order, good till cancelled, unless said otherwise."""
    fields = {
        "cl_ord_id": text,
        "symbol": NAME,
        "side": side,
        "transact_time": TIME,
        "order_qty": lots,
        "ord_type": "2",
        "price": price,
        "time_in_force": "1",
    } | more
    return message("D", **{name: value for name, value in fields.items() if value is not None})


class FixFloor:
    """A plain exchange with the fold of FIX over it."""

    def __init__(self, told, frames=None):
        self.told = told
        self.blotters = {}
        self.instruments = {}
        self.refresh()
        self.fold = FixFold(World(self.instruments, self.blotter, self.refusal))
        self.frames = [] if frames is None else frames
        self.said = []
        self._trades = 0

    def blotter(self, account):
        return self.blotters.setdefault(account, Blotter(account))

    def refusal(self, reason, row):
        listed = self.instruments.get(row[c.CONTRACT])
        return refused_by(reason, row, listed, LIMITS)

    def refresh(self):
        self.instruments[0] = Instrument(0, NAME, self.told.row(), "CHR.H100.SXM.OD", 0)

    def asker(self, account, seat):
        desk = Desk(
            account,
            {NAME: self.instruments[0]},
            self.instruments,
            lambda label: 1,
            lambda number: "",
            lambda label: 0,
            LIMITS,
        )
        return Asker(
            seat,
            desk,
            self.blotter(account),
            lambda text: self.fold.order_of(seat, text),
            self.fold.first_of,
        )

    def ask(self, account, asked, seat=None):
        """Send a message of a session; give what is said. A refusal is raised."""
        seat = seat or f"{account}/CHIPHOUR"
        row = command_of(asked, self.asker(account, seat), self.told.time_ns)
        sequence = int(asked.text(34))
        mark = Mark(
            *(seat, 0, sequence, asked.msg_type),
            *(asked.text(tag.CL_ORD_ID), asked.text(tag.ORIG_CL_ORD_ID)),
        )
        return self.send(row, private_of([mark]))

    def send(self, row, private=b""):
        """Do one command; give what is said of it."""
        row = row.copy()
        row[c.SEQUENCE], row[c.TIME_NS] = self.told.reference.sequence + 1, self.told.time_ns
        if row[c.KIND] == Kind.ORDER:
            self.blotter(int(row[c.ACCOUNT])).ask(row)
        events = np.array(self.told.reference.apply(row[None]), np.int64).reshape(-1, 16)
        self.refresh()
        changes = []
        for place, event in enumerate(events.tolist()):
            if event[e.KIND] == e.Kind.FILL:
                self._trades += 1
            refusal = ""
            if event[e.KIND] == e.Kind.REFUSED:
                refusal = self.refusal(Reason(event[e.REASON]), row.tolist()).message
            for account, blotter in list(self.blotters.items()):
                change = blotter.tell(event, self._trades, refusal)
                if change.order is not None or change.trade is not None:
                    changes.append((account, change, place))
        frame = Frame(row[None], events, [(0, private)] if private else [], changes)
        self.frames.append(frame)
        said, _ = self.fold.hear(frame)
        self.said += said
        for each in said:
            legal(each.msg_type, each.fields)
        return said

    def work(self, seconds=0):
        """Let time pass and do what waits."""
        self.told.time_ns += seconds * NS_PER_SECOND
        said = []
        for _ in range(20):
            said += self.send(command(Kind.ADVANCE))
        return said


def field(said, wanted):
    """Give the value of a tag in what is said; "" without it."""
    return Message(said.msg_type, said.fields).text(wanted)


def words(said, *names):
    """Give fields of a message by their names of `fix_tags`."""
    return tuple(field(said, getattr(tag, name.upper())) for name in names)
