"""REFERENCE TIME: what is due, and in which order an ADVANCE does it.

Takes   ADVANCE, and the instant that is due.
Gives   contracts that stop, orders that end, calls, fallbacks, funding, settlement, the sweep.
Keeps   an instant whole: the next command finds it done, or is another ADVANCE that goes on.
Source  Rulebook 2.3 to 2.5, 3.3, 5.2, 8.1 and 8.5.
"""

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_floor import OPEN_STATES
from chiphour.exchange.reference_floor import Ask
from chiphour.exchange.reference_floor import Floor
from chiphour.exchange.reference_marks import index_and_mark
from chiphour.units import NS_PER_DAY


class TimeSide(Floor):
    """ADVANCE."""

    def _advance(self, ask: Ask) -> None:
        """Do the earliest due instant, or go on with the one in work (rulebook 2.3, 2.4)."""
        instant_ns = self.state.next_due_ns
        if ask["time_ns"] < instant_ns:
            return
        if self.state.sweep_ns is None:
            cancels = self._stop_due(instant_ns)
            if cancels is None or not self._end_orders(instant_ns, cancels):
                return
            if not self.end_calls(instant_ns):
                return
            self._fall_back_due(instant_ns)
            self._fund_due(instant_ns)
            self._settle_due(instant_ns)
            self._begin_scheduled_sweep(instant_ns)
        self._sweep()

    # Steps 1 to 6.

    def _stop_due(self, instant_ns: int) -> int | None:
        """Stop contracts and cancel their orders (2.3.1).

        Give how many were cancelled, None when more are left than one ADVANCE may cancel.
        """
        cancels = 0
        for number, contract in sorted(self.state.contracts.items()):
            row = contract.row
            if row[table.EXPIRY_NS] - rules.STOP_NS != instant_ns:
                continue
            if row[table.STATE] in OPEN_STATES:
                row[table.STATE] = State.STOPPED
                row[table.CALL_END_NS] = row[table.CALL_EXTENDED] = 0
                self._emit(Event.EXPIRED, contract=number, reason=0)
            while order := self._first_order(number):
                if cancels == bounds.CANCELS_MAX:
                    return None
                self.cancel(order, Reason.CONTRACT_STOPPED)
                cancels += 1
        return cancels

    def _first_order(self, number: int) -> Order | None:
        """Give the next order of a contract that stops: bids, asks, those that wait (2.3.1)."""
        waiting = self.state.waiting(number)
        return self.state.contracts[number].book.first() or (waiting[0] if waiting else None)

    def _end_orders(self, instant_ns: int, cancels: int) -> bool:
        """Cancel orders whose time is over; tell whether all is done (2.3.2)."""
        ending = [o for o in self.state.orders.values() if 0 < o.expire_ns <= instant_ns]
        for order in sorted(ending, key=lambda o: (o.expire_ns, o.order)):
            if cancels == bounds.CANCELS_MAX:
                return False
            self.cancel(order, Reason.GOOD_TILL_PASSED)
            cancels += 1
        return True

    def _fall_back_due(self, instant_ns: int) -> None:
        """Settle what has waited 72 h for its fix (2.3.4, 8.4)."""
        for number, contract in sorted(self.state.contracts.items()):
            row = contract.row
            waits = row[table.STATE] == State.STOPPED and not row[table.FALLBACK_PASSED]
            if waits and row[table.EXPIRY_NS] + rules.FALLBACK_NS == instant_ns:
                self.fall_back(number)

    def _fund_due(self, instant_ns: int) -> None:
        """Let funding move V (2.3.5, 5.2)."""
        for number, contract in self.state.in_states(*OPEN_STATES):
            row = contract.row
            if row[table.FUNDING_PERIOD_S] > 0 and row[table.NEXT_FUNDING_NS] == instant_ns:
                paid, rate_ppm = rules.fund_row(row)
                terms = {"per_lot_microusd": -paid, "rate_ppm": rate_ppm} | index_and_mark(row)
                period_s = row[table.FUNDING_PERIOD_S]
                self._emit(Event.FUNDED, contract=number, period_s=period_s, **terms)

    def _settle_due(self, instant_ns: int) -> None:
        """Let the day's gain move V (2.3.6, 8.1)."""
        for number, contract in self.state.in_states(*OPEN_STATES):
            row = contract.row
            if row[table.NEXT_SETTLEMENT_NS] == instant_ns:
                row[table.NEXT_SETTLEMENT_NS] += NS_PER_DAY
                self.settle_at(number, row[table.MARK_MICROUSD], 0)

    # Step 7.

    def _begin_scheduled_sweep(self, instant_ns: int) -> None:
        """Begin the sweep of an instant; that of a 00:30:00 closes a day (2.3.6, 11.3, 12.2)."""
        self.state.sweep_ns = instant_ns
        self.state.sweep_closes_day = rules.is_strike(instant_ns)
        if self.state.sweep_closes_day:
            self.forget_ids()

    def begin_sweep(self) -> None:
        """Make the command's time an instant at which only the sweep is due (rulebook 2.5)."""
        self.state.sweep_ns = self.now_ns
        self.state.sweep_closes_day = False

    def _sweep(self) -> None:
        """Touch every position; stop before the 1,025th payment (2.3.7).

        It stops also before the next member when 1,024 tiers were told.
        """
        payments, tiers = 0, 0
        for account in sorted(a for a in self.state.accounts if a >= self.state.sweep_account):
            closes = self.state.sweep_closes_day and self.state.is_member(account)
            if closes and tiers == bounds.PAYMENTS_MAX:
                self.state.sweep_account = account
                return
            for number in sorted(self.state.accounts[account].positions):
                if self.state.owed_microusd(account, number) != 0:
                    if payments == bounds.PAYMENTS_MAX:
                        self.state.sweep_account = account
                        return
                    payments += 1
                self._touch(account, number)
            if closes:
                tiers += int(self.roll_volumes(account))
        self.state.sweep_ns, self.state.sweep_account = None, 0

    def _touch(self, account: int, number: int) -> None:
        """Pay a position what V has moved; in an expired contract it ends (3.3, 8.5)."""
        position = self.state.accounts[account].positions[number]
        row = self.state.row(number)
        owed = self.state.owed_microusd(account, number)
        position.value_seen_microusd = row[table.VALUE_PER_LOT_MICROUSD]
        if owed != 0:
            money = {"cash_microusd": self.state.post(account, owed), "amount_microusd": owed}
            place = {"account": account, "contract": number}
            self._emit(Event.PAYMENT, lots=position.lots, **place, **money)
        if row[table.STATE] == State.EXPIRED:
            position.lots = 0
            self.state.drop_if_empty(account, number)
