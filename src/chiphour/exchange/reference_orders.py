"""REFERENCE ORDERS: what orders do: come in, match, rest, change, go.

Takes   an order that passed its checks (`reference_checks.py`), or one that rests or waits.
Gives   its events; the positions, fees and open lots that follow; items for the queue of work.
Keeps   a position's open lots equal to its resting orders'; reduce-only orders within it.
Source  Rulebook 9.1 to 9.4, 9.9, 9.11, 9.14 and 9.17.
"""

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Stp
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.events import CallReason
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_book import other_side
from chiphour.exchange.reference_floor import Ask
from chiphour.exchange.reference_protection import ProtectionSide
from chiphour.exchange.reference_state import MarketState
from chiphour.exchange.reference_taker import amended
from chiphour.exchange.reference_taker import closes
from chiphour.exchange.reference_taker import must_wait
from chiphour.exchange.reference_taker import order_of
from chiphour.exchange.reference_taker import reducing_orders
from chiphour.exchange.reference_taker import source_microusd
from chiphour.exchange.reference_taker import stays_in_place
from chiphour.units import div_ceil

# Fills of these causes are prices of the market; others move no last price (rulebook 9.16).
_CAUSES_WITH_PRICE = (Cause.ORDER, Cause.LIQUIDATION, Cause.CALL)


class OrdersSide(ProtectionSide):
    """The orders of the plain exchange."""

    # A new order.

    def _order(self, ask: Ask) -> None:
        """Take an order in: it waits, or acts at once (rulebook 9.4)."""
        order = order_of(self.state, ask)
        account = self.state.accounts[order.account]
        account.last_order, account.order_before = order.order, account.last_order
        self.tell(Event.ACCEPTED, order, lots=order.lots)
        self.tie(order)
        if must_wait(order):
            self.hold(order)
        else:
            self.act(order)

    def hold(self, order: Order) -> None:
        """Let an order wait; a trailing one begins to look at its source (rulebook 9.12)."""
        order.waits = True
        self.state.orders[order.order] = order
        if order.has_trigger and order.parent == 0:
            order.extreme_microusd = _first_extreme_microusd(self.state, order)
        trigger = order.trigger_ticks if order.has_trigger else 0
        self.tell(Event.HELD, order, lots=order.lots, trigger_ticks=trigger)

    def act(self, taker: Order) -> None:
        """Match an order, then let it rest or cancel what is left (rulebook 9.2 to 9.4, 9.11).

        While it acts it stands among the orders, so that its partner and its children find it.
        """
        self.state.orders[taker.order] = taker
        taker.filled_lots = 0
        self._cut_taker(taker)
        if taker.time_in_force == TimeInForce.FOK and not self._can_fill(taker):
            self._cancel_rest(taker, Reason.FILL_OR_KILL)
        ended_by = self.match(taker)
        if taker.lots > 0:
            self._rest_or_cancel(taker, ended_by)
        self.trim(taker.account, taker.contract)
        if taker.filled_lots > 0:
            self.look_at_last(taker.contract, taker.low_ticks, taker.high_ticks)
            self.filled(taker)
        gone = not taker.rests
        if gone and taker.order in self.state.orders:  # Else the trim has taken it out.
            self._forget(taker)

    def _rest_or_cancel(self, taker: Order, ended_by: Reason) -> None:
        """Let what is left of a taker join the book if it may (rulebook 9.4, 9.8)."""
        if taker.may_rest and ended_by in (Reason.NONE, Reason.CALL_BEGUN):
            self._rest(taker)
        else:
            self._cancel_rest(taker, ended_by or Reason.IMMEDIATE_OR_CANCEL)

    def _cancel_rest(self, taker: Order, reason: Reason) -> None:
        """Cancel what is left of a taker."""
        if taker.lots > 0:
            self.tell(Event.CANCELLED, taker, reason=reason, lots_left=taker.lots)
            taker.lots = 0

    def _rest(self, order: Order) -> None:
        """Let an order join the book, behind those of its price (rulebook 9.1, 9.11)."""
        order.show_part()
        order.rests = True
        self._queue_up(order)
        self.state.add_open_lots(order, order.open_lots)
        self.tell(Event.RESTED, order, lots_left=order.open_lots)

    def _queue_up(self, order: Order) -> None:
        """Give an order the next priority and put it last at its price (rulebook 13.1)."""
        self.state.priority += 1
        order.priority = self.state.priority
        self.state.contracts[order.contract].book.add(order)

    # Matching.

    def match(self, taker: Order) -> Reason:
        """Trade with the book; give what ended it, or NONE (rulebook 9.1 to 9.3, 9.8)."""
        contract = self.state.contracts[taker.contract]
        if contract.row[table.STATE] == State.CALL:  # Orders only gather (rulebook 9.6).
            return Reason.NONE
        steps = 0
        while taker.lots > 0 and (maker := contract.book.crossed_by(taker)):
            own = self.state.same_group(taker.account, maker.account)
            if not own and not self._in_dynamic_band(taker, maker.price_ticks):
                self.begin_call(taker.contract, CallReason.BAND, contract.row[table.CALL_S])
                return Reason.CALL_BEGUN
            if steps == bounds.FILLS_MAX:  # Rulebook 9.2.
                return Reason.WORK_LIMIT
            steps += 1
            if not own:
                lots = min(taker.lots, maker.lots)
                self.trade(taker, maker, lots, maker.price_ticks, taker.cause)
            elif self._meet_own(taker, maker):
                return Reason.SELF_TRADE
        return Reason.NONE

    def _in_dynamic_band(self, taker: Order, price_ticks: int) -> bool:
        """Tell whether a fill may happen at a price; a liquidation's may (rulebook 7.3, 9.8)."""
        band = rules.dynamic_ticks(self.state.contracts[taker.contract].row)
        if band is None or taker.cause == Cause.LIQUIDATION:
            return True
        lowest, highest = band
        return lowest <= price_ticks <= highest

    def _meet_own(self, taker: Order, maker: Order) -> bool:
        """Meet an order of the same group; tell whether the taker ends by it (rulebook 9.3)."""
        mode = taker.self_trade_mode
        if mode in (Stp.CANCEL_MAKER, Stp.CANCEL_BOTH):
            self.cancel(maker, Reason.SELF_TRADE)
        if mode in (Stp.CANCEL_TAKER, Stp.CANCEL_BOTH):
            return True
        if mode == Stp.DECREMENT:
            lots = min(taker.lots, maker.lots)
            maker.lose_shown(lots)
            self._tell_less(maker, lots, Reason.SELF_TRADE)
            self._refresh(maker)
            if lots == taker.lots:
                self._cancel_rest(taker, Reason.SELF_TRADE)
            else:
                taker.lots -= lots
                less = {"lots": lots, "lots_left": taker.lots}
                self.tell(Event.REDUCED, taker, reason=Reason.SELF_TRADE, **less)
        return False

    def trade(self, taker: Order, maker: Order, lots: int, price_ticks: int, cause: Cause) -> None:
        """Do one fill between two orders, and what follows for those that rest (rulebook 9.1).

        In a call and in a block both rest or neither does; else the maker alone.
        """
        row = self.state.contracts[maker.contract].row
        for order in (maker, taker):
            self._fill(order, lots, price_ticks, cause)
        fees = self.charge(taker.account, maker.account, maker.contract, lots, cause)
        self._tell_fill(taker, maker, lots, price_ticks, cause, fees)
        if cause in _CAUSES_WITH_PRICE:
            row[table.LAST_TICKS], row[table.HAS_LAST] = price_ticks, 1
        resting = [order for order in (maker, taker) if order.rests]
        for order in resting:
            self.filled(order)
        for order in resting:
            if order.open_lots == 0:
                self._forget(order)
            else:
                self._refresh(order)
        if resting:
            self.count(maker, lots)
        for order in resting:
            self.trim(order.account, order.contract)

    def _fill(self, order: Order, lots: int, price_ticks: int, cause: Cause) -> None:
        """Turn lots of an order into a position (rulebook 3.2)."""
        tick_microusd = self.state.contracts[order.contract].row[table.TICK_MICROUSD]
        bought = lots if order.side == Side.BUY else -lots
        price_microusd = price_ticks * tick_microusd
        self.state.change_position(order.account, order.contract, bought, price_microusd)
        order.traded_lots += lots
        if not order.rests:
            order.lots -= lots
            if order.filled_lots == 0:
                order.low_ticks = order.high_ticks = price_ticks
            order.low_ticks = min(order.low_ticks, price_ticks)
            order.high_ticks = max(order.high_ticks, price_ticks)
            order.filled_lots += lots
            return
        if cause == Cause.CALL:
            order.lose_merged(lots)
        else:
            order.lose_shown(lots)
        self.state.add_open_lots(order, -lots)

    def _tell_fill(
        self,
        taker: Order,
        maker: Order,
        lots: int,
        price_ticks: int,
        cause: Cause,
        fees: tuple[int, int],
    ) -> None:
        fee_microusd, rebate_microusd = fees
        self._emit(
            Event.FILL,
            contract=maker.contract,
            side=taker.side,
            price_ticks=price_ticks,
            lots=lots,
            maker_account=maker.account,
            maker_order=maker.order,
            maker_lots_left=maker.open_lots,
            maker_rebate_microusd=rebate_microusd,
            taker_account=taker.account,
            taker_order=taker.order,
            taker_lots_left=taker.open_lots,
            taker_fee_microusd=fee_microusd,
            cause=cause,
        )

    def _refresh(self, order: Order) -> None:
        """Let an iceberg whose display is gone show its next lots, last at its price (9.11)."""
        if order.lots > 0 or order.hidden_lots == 0:
            return
        self.state.contracts[order.contract].book.remove(order)
        order.show_part()
        self._queue_up(order)
        self.tell(Event.REFRESHED, order, lots=order.lots, lots_left=order.open_lots)

    def _can_fill(self, taker: Order) -> bool:
        """Tell whether the book holds all that a fill-or-kill order wants (rulebook 9.11)."""
        found_lots, fills = 0, 0
        for maker in self.state.contracts[taker.contract].book.orders(other_side(taker.side)):
            own = self.state.same_group(taker.account, maker.account)
            if not taker.reaches(maker.price_ticks):
                break
            if own and taker.self_trade_mode != Stp.CANCEL_MAKER:
                break
            if not own and not self._in_dynamic_band(taker, maker.price_ticks):
                break
            fills += 1
            if not own and maker.hidden_lots > 0:
                fills += div_ceil(maker.hidden_lots, maker.display_lots)
            if fills > bounds.FILLS_MAX:
                break
            found_lots += 0 if own else maker.open_lots
            if found_lots >= taker.lots:
                return True
        return False

    # Leaving, shrinking.

    def _cancel(self, ask: Ask) -> None:
        """Do a CANCEL (rulebook 9.9)."""
        self.cancel(self.state.orders[ask["order"]], Reason.CANCEL_REQUESTED)

    def cancel(self, order: Order, reason: Reason) -> None:
        """Take out an order that rests or waits, whoever wants it."""
        if order.rests:
            self.state.add_open_lots(order, -order.open_lots)
        self.tell(Event.CANCELLED, order, reason=reason, lots_left=order.open_lots)
        self._forget(order)

    def _forget(self, order: Order) -> None:
        """Let an order go that holds no open lots any more, and tell its links (9.13)."""
        if order.rests:
            self.state.contracts[order.contract].book.remove(order)
        order.rests = order.waits = False
        del self.state.orders[order.order]
        self.left(order)

    def reduce(self, order: Order, lots: int, reason: Reason) -> None:
        """Take lots out of a resting order in a call, displays merged (rulebook 9.3, 9.6)."""
        order.lose_merged(lots)
        self._tell_less(order, lots, reason)

    def _tell_less(self, order: Order, lots: int, reason: Reason) -> None:
        """Release lots that a resting order has lost and tell it; with none left it goes (9.3)."""
        self.state.add_open_lots(order, -lots)
        if order.open_lots > 0:
            less = {"lots": lots, "lots_left": order.open_lots}
            self.tell(Event.REDUCED, order, reason=reason, **less)
        else:
            self.tell(Event.CANCELLED, order, reason=reason, lots_left=lots)
            self._forget(order)

    # Reduce-only: rulebook 9.17.

    def _cut_taker(self, taker: Order) -> None:
        """Cut a reduce-only taker to what orders of equal or better price leave it to close."""
        if not taker.reduces_only or taker.lots == 0:
            return
        room = abs(self.state.position(taker.account, taker.contract).lots)
        for other in reducing_orders(self.state, taker.account, taker.contract):
            if other.is_at_least_as_aggressive_as(taker):
                room -= other.open_lots
        room = max(0, room) if closes(self.state, taker) else 0
        if room == 0:
            self._cancel_rest(taker, Reason.REDUCE_ONLY_CUT)
        elif taker.lots > room:
            less = {"lots": taker.lots - room, "lots_left": room}
            taker.lots = room
            self.tell(Event.REDUCED, taker, reason=Reason.REDUCE_ONLY_CUT, **less)

    def trim(self, account: int, contract: int) -> None:
        """Cut resting reduce-only orders to the position: the least aggressive, then newest."""
        orders = reducing_orders(self.state, account, contract)
        if not orders:
            return
        held = abs(self.state.position(account, contract).lots)
        room = held if closes(self.state, orders[0]) else 0
        excess = sum(order.open_lots for order in orders) - room
        for order in sorted(orders, key=_least_aggressive_first):
            lots = min(excess, order.open_lots)
            if lots > 0:
                order.lose_hidden_first(lots)
                self._tell_less(order, lots, Reason.REDUCE_ONLY_CUT)
                excess -= lots

    # Amend: rulebook 9.14.

    def _amend(self, ask: Ask) -> None:
        """Change an order: in its place, or as a taker that comes again."""
        order = self.state.orders[ask["order"]]
        left_lots = ask["lots"] - order.traded_lots
        if left_lots <= 0:
            self.cancel(order, Reason.CANCEL_REQUESTED)
        elif order.waits:
            order.price_ticks, order.lots = ask["price_ticks"], left_lots
            if order.has_trigger:
                order.trigger_ticks = ask["trigger_ticks"]
            self._tell_amended(order, left_lots)
        elif stays_in_place(order, ask):
            lots = order.open_lots - left_lots
            order.lose_hidden_first(lots)
            self.state.add_open_lots(order, -lots)
            self._tell_amended(order, left_lots)
        else:
            self.state.contracts[order.contract].book.remove(order)
            self.state.add_open_lots(order, -order.open_lots)
            taker = amended(self.state, order, ask)
            self._tell_amended(taker, left_lots)
            self.act(taker)

    def _tell_amended(self, order: Order, lots: int) -> None:
        trigger = order.trigger_ticks if order.has_trigger else 0
        self.tell(Event.AMENDED, order, lots=lots, trigger_ticks=trigger)


def _first_extreme_microusd(state: MarketState, order: Order) -> int:
    """Give the source at entry, of which a trailing order remembers the extreme; else 0."""
    source = source_microusd(state, order)
    trails = order.order_type == OrderType.TRAILING
    return source if trails and source is not None else 0


def _least_aggressive_first(order: Order) -> tuple[int, int]:
    best_last = order.price_ticks if order.side == Side.BUY else -order.price_ticks
    return best_last, -order.priority
