"""FIX_DESK: what members ask over FIX, done: orders, statuses, markets, contracts, positions.

Takes   application messages of seats, in order; keys as they are now.
Gives   commands to the gateway; answers that need no command at once.
Keeps   the order of a member's messages: a command is on its way before the next message is looked
        at, and what names an order that is on its way waits for it. What became of a command is
        told by the journal (`wire/fix_fold.py`), not here.
Source  FIX 4.4 volumes 3 to 5; decision 0032.

    MarketError
    ├── FixRefused      (wire/fix_orders.py) what is answered with 8, 9 or r
    ├── MarketRefused   (wire/fix_market.py) ... with Y
    └── SignInRefused   (wire/signature.py) ... with j: the key does not allow it
"""

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from chiphour.adapters.commit import SequencerStopped
from chiphour.adapters.fix_seat import Seat
from chiphour.adapters.gateway import Gateway
from chiphour.adapters.serve.fix_feed import FixFeed
from chiphour.adapters.serve.fix_feed import Subscriber
from chiphour.exchange.compose import Rows
from chiphour.observe.observation import MarketError
from chiphour.wire import fix_market as market
from chiphour.wire import fix_reports as reports
from chiphour.wire import fix_tags as tag
from chiphour.wire.fix import Message
from chiphour.wire.fix import integer_of
from chiphour.wire.fix_fold import FixFold
from chiphour.wire.fix_market import MarketRefused
from chiphour.wire.fix_orders import CL_ORD_ID_CHARACTERS_MAX
from chiphour.wire.fix_orders import Asker
from chiphour.wire.fix_orders import FixRefused
from chiphour.wire.fix_orders import Mark
from chiphour.wire.fix_orders import cancels
from chiphour.wire.fix_orders import command_of
from chiphour.wire.fix_orders import order_in
from chiphour.wire.fix_orders import private_of
from chiphour.wire.fix_reports import Fields
from chiphour.wire.fix_session import MSG_SEQ_NUM
from chiphour.wire.key import READ
from chiphour.wire.key import TRADE
from chiphour.wire.key import Key
from chiphour.wire.key import Use
from chiphour.wire.key import check_use
from chiphour.wire.signature import SignInRefused

IN_FLIGHT_MAX = 256  # Commands of one seat that are not durable yet; then its messages wait.
ROWS_EACH = 256  # Commands of one submission, at most.
CANCELS_EACH = 512
COMMANDS = (tag.NEW_ORDER, tag.CANCEL, tag.REPLACE, tag.MASS_CANCEL)
OTHER, NO_ACCESS, UNSUPPORTED, NOT_AVAILABLE, FIELD_MISSING, UNKNOWN = "063452"

# Says whether an account may send a message of a type now: "" or why not. Cancels are free.
Allow = Callable[[int, str], str]


class Member:
    """Who asks on one connection: its seat, its key, and what it listens to."""

    def __init__(self, seat: Seat, key: Key, address: str, subscriber: Subscriber) -> None:
        """Begin with the key as it was at the logon; whoever renews it sets it anew."""
        self.seat = seat
        self.key = key
        self.address = address
        self.subscriber = subscriber


class _Placed(NamedTuple):
    seat: Seat
    message: Message
    row: Rows
    mark: Mark
    answer: "asyncio.Future[None]"


class FixDesk:
    """What is done with the messages of all members."""

    def __init__(
        self,
        gateway: Gateway,
        fold: FixFold,
        feed: FixFeed,
        now_ns: Callable[[], int],
        allow: Allow,
    ) -> None:
        """Serve a gateway; `allow` limits rates."""
        self._gateway, self._fold, self._feed = gateway, fold, feed
        self._now_ns, self._allow = now_ns, allow
        self._batch: list[_Placed] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def deliver(self, member: Member, message: Message) -> None:
        """Do what a message asks for; returns when the next may be looked at."""
        seat = member.seat
        sequence = integer_of(message.text(MSG_SEQ_NUM))
        if seat.was_executed(sequence):
            return
        ask = self._asks.get(message.msg_type)
        if message.msg_type == "3":
            return  # A Reject of ours: there is nobody to tell.
        if ask is None and message.msg_type not in COMMANDS:
            self._business(seat, message, UNSUPPORTED, "no such message is served here")
            return
        try:
            if message.msg_type in COMMANDS:
                await self._trade(member, message, sequence)
            elif ask is not None:
                check_use(member.key, self._use(member, message, READ))
                if why := self._allow(seat.row.account, message.msg_type):
                    self._business(seat, message, OTHER, f"RATE_LIMITED: {why}")
                    return
                await ask(self, member, message)
        except SignInRefused as refused:
            self._business(seat, message, NO_ACCESS, refused.reason)
        except SequencerStopped:
            self._business(seat, message, NOT_AVAILABLE, "the market takes nothing more")

    async def cancel_orders(self, seat: Seat) -> None:
        """Cancel what a seat has standing, with what was on its way when its connection ended."""
        if seat.in_flight:
            await asyncio.wait([*seat.in_flight.values()])
        blotter = self._gateway.blotter(seat.row.account)
        orders = self._fold.orders_of(seat.row.name, blotter.orders)
        for start in range(0, len(orders), CANCELS_EACH):
            part = orders[start : start + CANCELS_EACH]
            await self._gateway.submit(cancels(seat.row.account, part))

    # Commands.

    async def _trade(self, member: Member, message: Message, sequence: int) -> None:
        seat, msg_type = member.seat, message.msg_type
        text = message.text(tag.CL_ORD_ID)
        orig = message.text(tag.ORIG_CL_ORD_ID)[:CL_ORD_ID_CHARACTERS_MAX]
        if not text:
            self._business(seat, message, FIELD_MISSING, "expected ClOrdID (11), found none")
            return
        if msg_type in (tag.CANCEL, tag.REPLACE) and (named := seat.pending.get(orig)):
            await asyncio.wait({named})
        try:
            check_use(member.key, self._use(member, message, TRADE))
            is_free = msg_type in (tag.CANCEL, tag.MASS_CANCEL)
            if not is_free and (why := self._allow(seat.row.account, msg_type)):
                raise FixRefused("RATE_LIMITED", why)
            row = command_of(message, self._asker(seat), self._gateway.time_ns)
        except FixRefused as refused:
            self._refuse(seat, message, refused)
            return
        while len(seat.in_flight) >= IN_FLIGHT_MAX:
            await asyncio.wait([*seat.in_flight.values()], return_when=asyncio.FIRST_COMPLETED)
        mark = Mark(seat.row.name, seat.row.epoch, sequence, msg_type, text, orig)
        named_by = text if msg_type in (tag.NEW_ORDER, tag.REPLACE) else ""
        seat.begin(sequence, self._hand_in(seat, message, row, mark), named_by)

    def _hand_in(
        self, seat: Seat, message: Message, row: Rows, mark: Mark
    ) -> "asyncio.Future[None]":
        """Hand a command in with all others of this turn of the loop; give what tells its end."""
        loop = asyncio.get_running_loop()
        if not self._batch:
            loop.call_soon(self._flush)
        placed = _Placed(seat, message, row, mark, loop.create_future())
        self._batch.append(placed)
        return placed.answer

    def _flush(self) -> None:
        batch, self._batch = self._batch, []
        for start in range(0, len(batch), ROWS_EACH):
            task = asyncio.create_task(self._submit(batch[start : start + ROWS_EACH]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _submit(self, batch: list[_Placed]) -> None:
        """Hand commands in; what becomes of them is heard, but not that they were never taken."""
        why = ""
        try:
            rows = np.stack([each.row for each in batch])
            await self._gateway.submit(rows, private_of(each.mark for each in batch))
        except MarketError as fault:
            why = str(fault)
        for each in batch:
            if why and each.mark.epoch == each.seat.row.epoch:
                self._refuse(each.seat, each.message, FixRefused("BUSY", why))
            each.seat.end(each.mark.sequence, each.answer, each.mark.cl_ord_id)
            each.answer.set_result(None)

    def _refuse(self, seat: Seat, message: Message, refused: FixRefused) -> None:
        """Answer what never became a command."""
        account, time_ns = seat.row.account, self._gateway.time_ns
        if message.msg_type == tag.NEW_ORDER:
            exec_id = f"R{self._now_ns()}-{message.text(MSG_SEQ_NUM)}"
            fields = reports.refused_order(message, refused, exec_id, time_ns)
            self._say(seat, tag.REPORT, fields)
        elif message.msg_type == tag.MASS_CANCEL:
            id = f"R{self._now_ns()}-{message.text(MSG_SEQ_NUM)}"
            listed = self._gateway.by_name.get(message.text(tag.SYMBOL))
            of_one = message.text(tag.MASS_TYPE) == "1"
            text = message.text(tag.CL_ORD_ID)
            fields = reports.mass_cancel_report(id, of_one, listed, 0, time_ns, text, refused)
            self._say(seat, tag.MASS_CANCEL_REPORT, fields)
        else:
            orig = message.text(tag.ORIG_CL_ORD_ID)
            id_named = self._fold.order_of(seat.row.name, orig)
            order = self._gateway.blotter(account).orders.get(id_named)
            words = (message.msg_type, message.text(tag.CL_ORD_ID), orig)
            fields = reports.cancel_reject(words, order, id_named, account, refused)
            self._say(seat, tag.CANCEL_REJECT, fields)

    # Questions.

    async def _status(self, member: Member, message: Message) -> None:
        """Answer an H."""
        seat = member.seat
        asker = self._asker(seat)
        named = seat.pending.get(message.text(tag.CL_ORD_ID))
        if named:
            await asyncio.wait({named})
        try:
            id = order_in(message, asker, tag.CL_ORD_ID)
            order = asker.blotter.orders.get(id)
            if order is None:
                raise FixRefused("ORDER_UNKNOWN", f"no order {id}", tag.ORDER_ID)
        except FixRefused as refused:
            time_ns = self._gateway.time_ns
            self._say(seat, tag.REPORT, reports.refused_order(message, refused, "0", time_ns))
            return
        ids = self._fold.ids_of(id, seat.row.name)
        instruments, account = self._gateway.instruments, seat.row.account
        for fields in reports.statuses([(order, ids)], instruments, account, message):
            self._say(seat, tag.REPORT, fields)

    async def _mass_status(self, member: Member, message: Message) -> None:
        """Answer an AF: all orders of the account that stand, whatever door they came by."""
        seat, gateway = member.seat, self._gateway
        kind, name = message.text(tag.MASS_STATUS_TYPE), message.text(tag.SYMBOL)
        if not message.text(tag.MASS_STATUS_ID) or kind not in ("1", "7"):
            self._business(seat, message, NOT_AVAILABLE, "expected 584, and 1 or 7 in 585")
            return
        if kind == "1" and name not in gateway.by_name:
            self._business(seat, message, UNKNOWN, "no such contract")
            return
        account = seat.row.account
        orders = [
            (order, self._fold.ids_of(order.order, seat.row.name))
            for order in gateway.blotter(account).orders.values()
            if order.is_standing and (kind == "7" or order.contract == gateway.by_name[name].number)
        ]
        for fields in reports.statuses(orders, gateway.instruments, account, message):
            self._say(seat, tag.REPORT, fields)
        if not orders:
            fields = reports.no_statuses(message, account, gateway.time_ns)
            self._say(seat, tag.REPORT, fields)

    async def _market(self, member: Member, message: Message) -> None:
        """Answer a V."""
        try:
            self._feed.ask(member.subscriber, message)
        except MarketRefused as refused:
            self._say(member.seat, tag.MARKET_REJECT, market.market_reject(message, refused))

    async def _securities(self, member: Member, message: Message) -> None:
        """Answer an x."""
        listed = [self._gateway.instruments[each] for each in sorted(self._gateway.instruments)]
        for fields in market.security_lists(message, listed):
            self._say(member.seat, tag.LIST, fields)

    async def _definition(self, member: Member, message: Message) -> None:
        """Answer a c."""
        fields = market.security_definition(message, self._gateway.by_name)
        self._say(member.seat, tag.DEFINITION, fields)

    async def _state(self, member: Member, message: Message) -> None:
        """Answer an e."""
        if message.text(tag.SYMBOL) not in self._gateway.by_name:
            self._business(member.seat, message, UNKNOWN, "no such contract")
            return
        self._feed.ask_state(member.subscriber, message)

    async def _positions(self, member: Member, message: Message) -> None:
        """Answer an AN."""
        seat, account = member.seat, member.seat.row.account
        if message.text(tag.POS_REQ_TYPE) != "0":
            self._say(seat, tag.POSITIONS_ACK, market.positions_ack(message, account, "4"))
            return
        if message.text(tag.ACCOUNT) not in ("", str(account)):
            self._say(seat, tag.POSITIONS_ACK, market.positions_ack(message, account, "3"))
            return
        held = await self._gateway.ask(lambda engine: engine.account(account))
        found = [each for each in held.positions if each.lots] if held else []
        if not found:
            self._say(seat, tag.POSITIONS_ACK, market.positions_ack(message, account, "2"))
        id = message.text(tag.POS_REQ_ID)[:64] or tag.NONE
        for each in found:
            listed = self._gateway.instruments[each.contract]
            words = (f"{id}-{each.contract}", listed, account, each.lots, id, len(found))
            fields = market.position_report(*words, time_ns=self._gateway.time_ns)
            self._say(seat, tag.POSITION, fields)

    _asks: dict[str, Callable[["FixDesk", Member, Message], Awaitable[None]]] = {  # noqa: RUF012
        tag.STATUS: _status,
        tag.MASS_STATUS: _mass_status,
        tag.MARKET_REQUEST: _market,
        tag.LIST_REQUEST: _securities,
        tag.DEFINITION_REQUEST: _definition,
        tag.STATE_REQUEST: _state,
        tag.POSITIONS_REQUEST: _positions,
    }

    # What all of them need.

    def _asker(self, seat: Seat) -> Asker:
        name, account = seat.row.name, seat.row.account
        return Asker(
            name,
            self._gateway.desk(account),
            self._gateway.blotter(account),
            lambda text: self._fold.order_of(name, text),
            self._fold.first_of,
        )

    def _use(self, member: Member, message: Message, scope: str) -> Use:
        """Give what a message is, as a key judges it: what names an order trades its contract."""
        contract = message.text(tag.SYMBOL)
        if message.msg_type in (tag.CANCEL, tag.REPLACE):
            seat = member.seat
            orig, id = message.text(tag.ORIG_CL_ORD_ID), message.text(tag.ORDER_ID)
            named = self._fold.order_of(seat.row.name, orig)
            named = named or (int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0)
            order = self._gateway.blotter(seat.row.account).orders.get(named)
            if order is not None:
                contract = self._gateway.instruments[order.contract].name
        if message.msg_type == tag.MASS_CANCEL and message.text(tag.MASS_TYPE) == "7":
            contract = ""
        what = f"fix {message.msg_type}"
        return Use(self._now_ns(), member.address, what, scope, contract)

    def _business(self, seat: Seat, message: Message, reason: str, text: str) -> None:
        self._say(seat, tag.BUSINESS_REJECT, reports.business_reject(message, reason, text))

    def _say(self, seat: Seat, msg_type: str, fields: Fields) -> None:
        seat.send(msg_type, fields, self._now_ns())
