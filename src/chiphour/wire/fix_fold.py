"""FIX_FOLD: what became durable, as messages for the sessions that it concerns.

Takes   each frame in order, folded into its members' orders: rows, events, private bytes, changes.
Gives   messages, with whom they are for; which of FIX's commands were carried out.
Keeps   a message is a function of the frames alone: a program that starts again and hears them
        from the beginning makes the same messages. One report for each thing that happened to an
        order; to whom it belongs, the session that the order came by, and to drop copies.
Source  FIX 4.4 volume 4; rulebook 9, 12.2; decision 0032.

It raises nothing: a frame that nobody could have written is our mistake, and asserted.
"""

from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.exchange import commands as ask
from chiphour.exchange import events as said
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import Rows
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.wire import dialect
from chiphour.wire import fix_reports as reports
from chiphour.wire import fix_tags as tag
from chiphour.wire.blotter import Blotter
from chiphour.wire.blotter import Change
from chiphour.wire.dialect import Instrument
from chiphour.wire.dialect import Order
from chiphour.wire.fix_market import position_report
from chiphour.wire.fix_orders import Mark
from chiphour.wire.fix_orders import marks_of
from chiphour.wire.fix_orders import refused_of
from chiphour.wire.fix_reports import Fields
from chiphour.wire.fix_reports import Ids
from chiphour.wire.jsonrpc import RpcRefused

TEXTS_MAX = 1 << 16  # ClOrdIDs that a session is remembered by; those of standing orders besides.


class Outgoing(NamedTuple):
    """A message: for `seat`, a session or "", and for drop copies if `is_copied`."""

    account: int
    seat: str
    is_copied: bool
    msg_type: str
    fields: Fields
    sequence: int


class Frame(NamedTuple):
    """A durable frame. `changes` are (account, change, place of its event among `events`)."""

    rows: Rows
    events: Rows
    private: Sequence[tuple[int, bytes]]
    changes: Sequence[tuple[int, Change, int]]


class World(NamedTuple):
    """What a report needs of the market."""

    instruments: Mapping[int, Instrument]
    blotter: Callable[[int], Blotter]
    refusal: Callable[[Reason, Sequence[int]], RpcRefused]


class _Ticket(NamedTuple):
    """An order that came by FIX: its session, its ClOrdIDs now and at first, its first answer."""

    seat: str
    cl_ord_id: str
    first: str
    price_ticks: int
    time_ns: int


class _Step(NamedTuple):
    """One event with the command that it is of, where that came by FIX, and its ExecID."""

    event: list[int]
    row: list[int] | None
    mark: Mark | None
    exec_id: str


class FixFold:
    """The orders that came by FIX, and what is to be said of all orders."""

    def __init__(self, world: World) -> None:
        """Begin before the first frame."""
        self._world = world
        self._tickets: dict[int, _Ticket] = {}
        self._texts: dict[str, OrderedDict[str, int]] = {}
        self._said: dict[int, tuple[int, int]] = {}  # Lots and price that were last reported.
        self._out: list[Outgoing] = []
        self._is_old = False

    def order_of(self, seat: str, text: str) -> int:
        """Give the order that a ClOrdID of a session stands for, or 0."""
        texts = self._texts.get(seat)
        return texts.get(text, 0) if texts else 0

    def first_of(self, order: int) -> str:
        """Give the ClOrdID that an order came with, or ""."""
        ticket = self._tickets.get(order)
        return ticket.first if ticket else ""

    def ids_of(self, order: int, seat: str) -> Ids:
        """Give what a session calls an order: nothing, where it is another's."""
        ticket = self._tickets.get(order)
        return Ids(ticket.cl_ord_id) if ticket and ticket.seat == seat else Ids()

    def orders_of(self, seat: str, orders: Mapping[int, Order]) -> list[int]:
        """Give those of an account's orders that stand and came by a session."""
        standing = (order.order for order in orders.values() if order.is_standing)
        return [id for id in standing if id in self._tickets and self._tickets[id].seat == seat]

    def hear(self, frame: Frame, is_old: bool = False) -> tuple[list[Outgoing], list[Mark]]:
        """Take a frame; give what is to be said, and the commands of FIX that it holds.

        Of an old frame all is remembered and nothing said: contracts need not be known yet.
        """
        self._is_old = is_old
        rows = {row[ask.SEQUENCE]: row for row in frame.rows.tolist()}
        marks = _marked(frame, list(rows.values()))
        changes: dict[int, list[tuple[int, Change]]] = {}
        for account, change, place in frame.changes:
            changes.setdefault(place, []).append((account, change))
        self._out = []
        begun, sequence, events = 0, 0, frame.events.tolist()
        masses = [each for each in marks if rows[each][ask.KIND] == Kind.CANCEL_ALL]
        for place, event in enumerate(events):
            if event[said.SEQUENCE] != sequence:
                begun, sequence = place, event[said.SEQUENCE]
                while masses and masses[0] <= sequence:  # Before what comes of them.
                    self._answer_mass(rows[masses[0]], marks[masses.pop(0)], events[place:])
            exec_id = f"{sequence}-{place - begun + 1}"
            step = _Step(event, rows.get(sequence), marks.get(sequence), exec_id)
            self._hear_event(step, changes.get(place, ()))
        for each in masses:
            self._answer_mass(rows[each], marks[each], ())
        return self._out, [*marks.values()]

    # What happened, by event.

    def _hear_event(self, step: _Step, changes: Sequence[tuple[int, Change]]) -> None:
        kind = Event(step.event[said.KIND])
        account = step.event[said.ACCOUNT]
        if kind == Event.FILL:
            for member, change in changes:
                self._filled(step, member, change)
        elif changes and kind != Event.REPEATED:
            for member, change in changes:
                if change.order is not None:
                    self._changed(step, kind, member, change.order)
        elif self._is_old:
            return
        elif kind == Event.REPEATED:
            self._repeated(step)
        elif kind == Event.REFUSED:
            self._refused(step)
        elif kind == Event.CANCELLED_ALL:
            fields = self._mass_done(step)
            self._say(step, account, "", tag.MASS_CANCEL_REPORT, fields)
        elif kind == Event.PAYMENT:
            listed = self._world.instruments[step.event[said.CONTRACT]]
            fields = position_report(
                *(step.exec_id, listed, account, step.event[said.LOTS]),
                time_ns=step.event[said.TIME_NS],
                paid_microusd=step.event[said.AMOUNT_MICROUSD],
            )
            self._say(step, account, "", tag.POSITION, fields)
        elif kind in reports.NOTED:
            number = step.event[said.CONTRACT]
            of = self._world.instruments.get(number) if kind in reports.OF_CONTRACT else None
            self._say(step, account, "", tag.NEWS, reports.news(kind, step.event, of))

    def _filled(self, step: _Step, account: int, change: Change) -> None:
        trade = change.trade
        assert trade is not None
        if trade.of is not None:
            self._note(trade.of)
        if self._is_old:
            return
        listed = self._world.instruments[trade.contract]
        ticket = self._tickets.get(trade.order) if trade.of is not None else None
        exec_id = f"{step.exec_id}{'M' if trade.is_maker else 'T'}"
        ids = Ids(ticket.cl_ord_id) if ticket else Ids()
        fields = reports.trade_report(trade, listed, account, exec_id, ids)
        self._say(step, account, ticket.seat if ticket else "", tag.REPORT, fields)

    def _changed(self, step: _Step, kind: Event, account: int, order: Order) -> None:
        """Report what an event that is no fill did to an order."""
        if kind == Event.ACCEPTED:
            self._accepted(step, account, order)
        elif kind == Event.REFUSED:
            self._rejected(step, account, order)
        elif kind == Event.CANCELLED:
            more: Fields = ((tag.TEXT, order.reason.name),)
            self._asked(step, account, order, reports.ended_type(order), more)
        elif kind == Event.AMENDED and step.mark is not None:
            self._asked(step, account, order, tag.REPLACED, ())
        elif kind in (Event.AMENDED, Event.TRIGGERED):
            self._restated(step, account, order, kind.name)
        elif kind == Event.REDUCED:
            name = Reason(step.event[said.REASON]).name
            self._restated(step, account, order, name, reports.RESTATED_PARTLY)
        elif self._said.get(order.order) != (order.lots, order.price_ticks):
            self._restated(step, account, order, kind.name)  # A child, with what its parent traded.

    def _accepted(self, step: _Step, account: int, order: Order) -> None:
        mark = step.mark
        if mark is not None:
            self._tickets[order.order] = _Ticket(
                *(mark.seat, mark.cl_ord_id, mark.cl_ord_id),
                *(order.price_ticks, order.created_ns),
            )
            self._name(mark.seat, mark.cl_ord_id, order.order)
        self._report(step, account, order, tag.NEW, exec_id=f"{order.order}-0")

    def _rejected(self, step: _Step, account: int, order: Order) -> None:
        assert step.row is not None
        if self._is_old:
            return
        refused = refused_of(self._world.refusal(order.reason, step.row))
        fields = reports.report(
            *(order, self._world.instruments[order.contract], account, f"{order.order}-0"),
            *(tag.REJECTED, order.updated_ns),
            Ids(step.mark.cl_ord_id) if step.mark else Ids(),
            reports.rejected_by(refused),
        )
        self._say(step, account, step.mark.seat if step.mark else "", tag.REPORT, fields)

    def _repeated(self, step: _Step) -> None:
        """Say again, to whom asks again, what an order was answered first."""
        row, mark = step.row, step.mark
        if row is None or mark is None:
            return
        id, reason = step.event[said.ORDER], Reason(step.event[said.REASON])
        account, ticket = row[ask.ACCOUNT], self._tickets.get(id)
        order = _first(row, id, reason, ticket, step.event[said.TIME_NS])
        more: Fields = ()
        if reason:
            more = reports.rejected_by(refused_of(self._world.refusal(reason, row)))
        fields = reports.report(
            *(order, self._world.instruments[order.contract], account, f"{id}-0"),
            *(tag.REJECTED if reason else tag.NEW, order.created_ns),
            *(Ids(mark.cl_ord_id), more),
        )
        self._say(step, account, mark.seat, tag.REPORT, fields, is_copied=False)

    def _refused(self, step: _Step) -> None:
        """Answer a CANCEL or AMEND of FIX that is refused; or an ORDER that named no contract."""
        row, mark, reason = step.row, step.mark, Reason(step.event[said.REASON])
        if row is None or mark is None or mark.msg_type == tag.MASS_CANCEL:
            return
        account, id = row[ask.ACCOUNT], row[ask.ORDER]
        refused = refused_of(self._world.refusal(reason, row))
        order = self._world.blotter(account).orders.get(id)
        words = (mark.msg_type, mark.cl_ord_id, mark.orig)
        fields = reports.cancel_reject(words, order, id, account, refused)
        self._say(step, account, mark.seat, tag.CANCEL_REJECT, fields, is_copied=False)

    # What is said of an order.

    def _asked(self, step: _Step, account: int, order: Order, exec_type: str, more: Fields) -> None:
        """Report what ended or replaced an order: to who asked for it by its ClOrdID."""
        mark, ticket = step.mark, self._tickets.get(order.order)
        if mark is None or step.row is None or step.row[ask.ORDER] != order.order:
            self._report(step, account, order, exec_type, more)
            return
        if mark.msg_type not in (tag.CANCEL, tag.REPLACE):
            self._report(step, account, order, exec_type, more)  # What an IOC left.
            return
        ids = Ids(mark.cl_ord_id, mark.orig or (ticket.cl_ord_id if ticket else ""))
        fields = self._fields(step, account, order, exec_type, ids, more)
        if ticket is None or ticket.seat != mark.seat:  # Its owner did not ask for it.
            is_new = exec_type == tag.REPLACED
            unasked = reports.restated("AMENDED") if is_new else more
            self._report(step, account, order, tag.RESTATED if is_new else exec_type, unasked)
            self._say(step, account, mark.seat, tag.REPORT, fields, is_copied=False)
            return
        self._name(mark.seat, mark.cl_ord_id, order.order)
        self._tickets[order.order] = ticket._replace(cl_ord_id=mark.cl_ord_id)
        self._say(step, account, mark.seat, tag.REPORT, fields)
        self._note(order)

    def _restated(
        self,
        step: _Step,
        account: int,
        order: Order,
        text: str,
        reason: str = reports.RESTATED_OTHER,
    ) -> None:
        self._report(step, account, order, tag.RESTATED, reports.restated(text, reason))

    def _report(
        self,
        step: _Step,
        account: int,
        order: Order,
        exec_type: str,
        more: Fields = (),
        exec_id: str = "",
    ) -> None:
        """Report to whom an order belongs, by its ClOrdID now."""
        ticket = self._tickets.get(order.order)
        ids = Ids(ticket.cl_ord_id) if ticket else Ids()
        fields = self._fields(step, account, order, exec_type, ids, more, exec_id)
        self._say(step, account, ticket.seat if ticket else "", tag.REPORT, fields)
        self._note(order)

    def _fields(
        self,
        step: _Step,
        account: int,
        order: Order,
        exec_type: str,
        ids: Ids,
        more: Fields = (),
        exec_id: str = "",
    ) -> Fields:
        if self._is_old:
            return ()
        listed = self._world.instruments[order.contract]
        time_ns = step.event[said.TIME_NS]
        exec_id = exec_id or step.exec_id
        return reports.report(order, listed, account, exec_id, exec_type, time_ns, ids, more)

    def _say(
        self,
        step: _Step,
        account: int,
        seat: str,
        msg_type: str,
        fields: Fields,
        is_copied: bool = True,
    ) -> None:
        if not self._is_old:
            sequence = step.event[said.SEQUENCE]
            self._out.append(Outgoing(account, seat, is_copied, msg_type, fields, sequence))

    # Mass cancels.

    def _answer_mass(self, row: list[int], mark: Mark, events: Sequence[list[int]]) -> None:
        """Say that a CANCEL_ALL of FIX begins, or is refused; `events` begin not before its own."""
        if self._is_old:
            return
        sequence, refused = row[ask.SEQUENCE], None
        for event in events:
            if event[said.SEQUENCE] != sequence:
                break
            if event[said.KIND] == Event.REFUSED:
                reason = Reason(event[said.REASON])
                refused = refused_of(self._world.refusal(reason, row))
        of_one = row[ask.CONTRACT] >= 0
        fields = reports.mass_cancel_report(
            str(sequence),
            of_one,
            self._world.instruments.get(row[ask.CONTRACT]),
            row[ask.SIDE],
            row[ask.TIME_NS],
            cl_ord_id=mark.cl_ord_id,
            refused=refused,
        )
        account = row[ask.ACCOUNT]
        out = Outgoing(account, mark.seat, False, tag.MASS_CANCEL_REPORT, fields, sequence)
        self._out.append(out)

    def _mass_done(self, step: _Step) -> Fields:
        number = step.event[said.CONTRACT]
        listed = self._world.instruments.get(number)
        time_ns, count = step.event[said.TIME_NS], step.event[said.ORDERS]
        return reports.mass_cancel_report(
            step.exec_id, number >= 0, listed, 0, time_ns, affected=count
        )

    # What is remembered.

    def _note(self, order: Order) -> None:
        """Remember what was last said of an order that stands."""
        if order.is_standing:
            self._said[order.order] = (order.lots, order.price_ticks)
        else:
            self._said.pop(order.order, None)

    def _name(self, seat: str, text: str, order: int) -> None:
        """Remember a ClOrdID; forget the oldest ones of orders that have ended."""
        texts = self._texts.setdefault(seat, OrderedDict())
        texts.pop(text, None)
        texts[text] = order
        if len(texts) <= TEXTS_MAX:
            return
        oldest, id = texts.popitem(last=False)
        if id in self._said:
            texts[oldest] = id  # It stands: the next one goes.
        elif id in self._tickets and self._tickets[id].cl_ord_id == oldest:
            del self._tickets[id]


def _marked(frame: Frame, rows: Sequence[list[int]]) -> dict[int, Mark]:
    """Give the marks by the SEQUENCE of their commands.

    Commands that were handed in together stay so, but that an ADVANCE may come in between.
    """
    found: dict[int, Mark] = {}
    for place, content in frame.private:
        if marks := marks_of(content):
            members = (row for row in rows[place:] if row[ask.KIND] != Kind.ADVANCE)
            found |= {row[ask.SEQUENCE]: mark for row, mark in zip(members, marks, strict=False)}
    return found


def _first(row: list[int], id: int, reason: Reason, ticket: _Ticket | None, time_ns: int) -> Order:
    """Give an order as it was when it was answered first: its body is that of the row."""
    accepted_ns = ticket.time_ns if ticket else time_ns
    order_type, trigger = row[ask.ORDER_TYPE], row[ask.TRIGGER_TICKS]
    return Order(
        order=id,
        contract=row[ask.CONTRACT],
        side=row[ask.SIDE],
        order_type=order_type,
        time_in_force=row[ask.TIME_IN_FORCE],
        flags=row[ask.FLAGS],
        label=row[ask.LABEL],
        price_ticks=ticket.price_ticks if ticket else row[ask.PRICE_TICKS],
        trigger_ticks=trigger if order_type in dialect.WAITING else 0,
        display_lots=trigger if order_type == ask.OrderType.ICEBERG else 0,
        lots=row[ask.LOTS],
        created_ns=accepted_ns,
        updated_ns=accepted_ns,
        state=dialect.REJECTED if reason else dialect.OPEN,
        reason=reason,
    )
