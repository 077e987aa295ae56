"""REFERENCE WORK: the queue of work, what joins it, and how it is drained.

Takes   items; prices that moved; CANCEL_ALL.
Gives   at most 64 steps of the queue before each command.
Keeps   first in, first out; an order fired at most once.
Source  Rulebook 2.7, 2.8, 9.12, 9.13 and 9.15; `exchange/work.py` names the items.
"""

from chiphour.contracts import table
from chiphour.exchange import events as event_table
from chiphour.exchange import limits as bounds
from chiphour.exchange.commands import Source
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import FIRED
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_checks import first_of
from chiphour.exchange.reference_checks import hold_reasons
from chiphour.exchange.reference_checks import live_reasons
from chiphour.exchange.reference_checks import trading_reasons
from chiphour.exchange.reference_floor import Ask
from chiphour.exchange.reference_orders import OrdersSide
from chiphour.exchange.reference_protection import FLAGS_SHIFT
from chiphour.exchange.reference_taker import is_fired_by
from chiphour.exchange.reference_taker import move_extreme
from chiphour.exchange.reference_taker import source_microusd
from chiphour.exchange.reference_taker import take_price
from chiphour.exchange.reference_taker import turn_live
from chiphour.exchange.work import Item

# The eight columns of an item (`exchange/state.py`, "The queue of work").
KIND, SUBJECT, REASON, SIDE, LABEL, BEFORE, DONE, WHY = range(8)
_WHY_REASON = (1 << FLAGS_SHIFT) - 1
_ID_SHIFT = 24  # DONE: orders cancelled, and above it where CANCEL_ALL goes on.
_CANCELLED = (1 << _ID_SHIFT) - 1
_MANY_STEPS = (Item.CANCEL_ALL, Item.LIQUIDATE)  # They stay first until they are finished.


class WorkSide(OrdersSide):
    """The queue of work and the orders that wait."""

    def put(
        self,
        item: Item,
        subject: int,
        reason: int = 0,
        side: int = 0,
        label: int = 0,
        before: int = 0,
        why: int = 0,
    ) -> None:
        """Let an item join the queue of work (rulebook 2.7)."""
        columns = (item, subject, reason, side, label, before, 0, why)
        self.state.work.append([int(column) for column in columns])

    def drain(self) -> None:
        """Do at most 64 steps, none after 256 fills; an empty queue lets the scan go on (2.8)."""
        steps, fills = 0, 0
        while self.state.work and steps < bounds.STEPS_MAX and fills < bounds.FILLS_MAX:
            told = len(self._events)
            self._step(self.state.work[0])
            steps += 1
            fills += sum(row[event_table.KIND] == Event.FILL for row in self._events[told:])
        if not self.state.work:
            self.scan()

    def _step(self, item: list[int]) -> None:
        """Do one step of the first item (rulebook 2.8)."""
        if item[KIND] not in _MANY_STEPS:
            self.state.work.popleft()
            order = self.state.orders.get(item[SUBJECT])
            if order is not None:  # Else its order is gone: it is done at once (rulebook 2.7).
                self._do(item, order)
            return
        if item[KIND] == Item.CANCEL_ALL:
            finished = self._cancel_next(item)
        else:
            finished = self.liquidate(item[SUBJECT])
        if finished:
            self.state.work.popleft()

    def _do(self, item: list[int], order: Order) -> None:
        """Do an item of one order (rulebook 2.7)."""
        if item[KIND] == Item.CANCEL:
            self.cancel(order, Reason(item[REASON]))
        elif item[KIND] == Item.TRIGGERED:
            self._trigger(order)
        else:
            assert item[KIND] == Item.ACTIVATE
            self._activate(order, item[REASON])

    # Orders that waited.

    def _trigger(self, order: Order) -> None:
        """Let an order that has fired go live (rulebook 9.12)."""
        self._stop_waiting(order)
        self.tell(Event.TRIGGERED, order, lots=order.lots)
        turn_live(order)
        take_price(self.state, order)
        self._cut_taker(order)
        self._go_live(order)

    def _activate(self, order: Order, traded_lots: int) -> None:
        """Let a child whose parent has traded go live, as a new order would (rulebook 9.13)."""
        self._stop_waiting(order)
        order.lots = min(order.lots, traded_lots)
        if not order.has_trigger:
            take_price(self.state, order)
            self._go_live(order)
            return
        reason = first_of(trading_reasons(self.state, order), hold_reasons(self.state, order))
        if reason == Reason.NONE:
            self.hold(order)
        else:
            self._refuse_late(order, reason)

    def _stop_waiting(self, order: Order) -> None:
        """Take an order out of those that wait: its place in the tables is free (9.12)."""
        del self.state.orders[order.order]
        order.waits = False
        order.fired = order.extreme_microusd = 0

    def _go_live(self, order: Order) -> None:
        """Check an order as a new one is checked; it acts or is cancelled (rulebook 9.12)."""
        if order.lots == 0:  # All was cut: it can reduce nothing (rulebook 9.17).
            self.left(order)
            return
        reason = first_of(live_reasons(self.state, order))
        if reason == Reason.NONE:
            self.act(order)
        else:
            self._refuse_late(order, reason)

    def _refuse_late(self, order: Order, reason: Reason) -> None:
        """Cancel an order that was accepted, but may not go live (rulebook 9.12)."""
        self.tell(Event.CANCELLED, order, reason=reason, lots_left=order.lots)
        self.left(order)

    # What fires: rulebook 9.12.

    def look_at_marks(self, contract: int) -> None:
        """Fire what waits for the mark or the index, by id."""
        for order in self._watching(contract):
            if order.source == Source.LAST:
                continue
            source = source_microusd(self.state, order)
            assert source is not None
            move_extreme(order, source)
            if is_fired_by(self.state, order, source, source):
                self._fire(order)

    def look_at_last(self, contract: int, low_ticks: int, high_ticks: int) -> None:
        """Fire what waits for the price of fills, by id: from the lowest to the highest of them."""
        tick_microusd = self.state.contracts[contract].row[table.TICK_MICROUSD]
        low_microusd, high_microusd = low_ticks * tick_microusd, high_ticks * tick_microusd
        for order in self._watching(contract):
            fired = is_fired_by(self.state, order, low_microusd, high_microusd)
            if order.source == Source.LAST and fired:
                self._fire(order)

    def _watching(self, contract: int) -> list[Order]:
        """Give the orders that triggers see: children do not, nor those that have fired."""
        return [
            order
            for order in self.state.waiting(contract)
            if order.has_trigger and order.parent == 0 and not order.fired
        ]

    def _fire(self, order: Order) -> None:
        order.fired = FIRED
        self.put(Item.TRIGGERED, order.order)

    # Many orders: rulebook 9.15, 9.19 and 10.3.

    def _cancel_all(self, ask: Ask) -> None:
        """Let a CANCEL_ALL join the queue; orders accepted after it are not its (9.15)."""
        self.put(
            Item.CANCEL_ALL,
            ask["account"],
            reason=ask["contract"],
            side=ask["side"],
            label=ask["label"],
            before=ask["sequence"],
            why=Reason.MASS_CANCELLED,
        )

    def _cancel_next(self, item: list[int]) -> bool:
        """Cancel or pass over the next order of a CANCEL_ALL; tell whether it is finished.

        SUBJECT and REASON name one account and one contract, or, as -1 - number, where all of
        them were meant, the one at which it goes on.
        """
        order = self._next_of(item)
        if order is None:
            self._tell_cancelled_all(item)
            return True
        if item[SUBJECT] < 0:
            item[SUBJECT] = -1 - order.account
        if item[REASON] < 0:
            item[REASON] = -1 - order.contract
        cancelled = item[DONE] & _CANCELLED
        if _is_meant(order, item):
            self.cancel(order, Reason(item[WHY] & _WHY_REASON))
            cancelled += 1
        item[DONE] = cancelled + (order.order + 1 << _ID_SHIFT)
        return False

    def _next_of(self, item: list[int]) -> Order | None:
        """Give the next order that a CANCEL_ALL looks at: by account, contract, id (9.15)."""
        account, contract = item[SUBJECT], item[REASON]
        goes_on = (
            account if account >= 0 else -1 - account,
            contract if contract >= 0 else -1 - contract,
            item[DONE] >> _ID_SHIFT,
        )
        found = [
            (order.account, order.contract, number)
            for number, order in self.state.orders.items()
            if number < item[BEFORE]
            and (account < 0 or order.account == account)
            and (contract < 0 or order.contract == contract)
        ]
        following = [place for place in found if place >= goes_on]
        return self.state.orders[min(following)[2]] if following else None

    def _tell_cancelled_all(self, item: list[int]) -> None:
        """Tell the end of a member's CANCEL_ALL; other causes told it before (9.15)."""
        if item[WHY] == Reason.MASS_CANCELLED:
            self._emit(
                Event.CANCELLED_ALL,
                account=item[SUBJECT],
                contract=item[REASON] if item[REASON] >= 0 else -1,
                orders=item[DONE] & _CANCELLED,
            )


def _is_meant(order: Order, item: list[int]) -> bool:
    """Tell whether a CANCEL_ALL cancels an order, or passes over it (rulebook 9.15, 9.19)."""
    flags = item[WHY] >> FLAGS_SHIFT
    return (
        item[SIDE] in (0, order.side)
        and item[LABEL] in (0, order.label)
        and order.flags & flags == flags
    )
