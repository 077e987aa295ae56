"""REFERENCE SETTLEMENT: fixings, and the prices at which contracts end.

Takes   FIXING and SETTLE, already checked; the instant of the fallback.
Gives   FIXED, SETTLED and EXPIRED; V, S and M of the contracts that they settle.
Keeps   a contract that has its final price EXPIRED; the sweep due that pays its positions (2.5).
Source  Rulebook 8.3 to 8.7.
"""

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Vintage
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reference_floor import OPEN_STATES
from chiphour.exchange.reference_floor import Ask
from chiphour.exchange.reference_floor import Floor
from chiphour.exchange.reference_margin import first_index
from chiphour.exchange.reference_marks import index_and_mark
from chiphour.exchange.reference_state import FIXES_REMEMBERED
from chiphour.exchange.reference_state import Index
from chiphour.exchange.reference_state import MarketState
from chiphour.units import div_half_even

_WAITING_STATES = (State.STOPPED, State.FROZEN)  # In which a contract waits for a fix.


class SettlementSide(Floor):
    """FIXING, SETTLE, and the fallback."""

    def _fixing(self, ask: Ask) -> None:
        """Take in a published fix; settle the contracts that wait for it (rulebook 8.3)."""
        echo = {name: ask[name] for name in ("index", "strike_ns", "value_microusd")}
        self._emit(Event.FIXED, reason=ask["vintage"], **echo)
        self._remember_fix(ask)
        for _, contract in sorted(self.state.contracts.items()):
            self._count_in_average(contract.row, ask)
        for number, contract in self.state.in_states(*OPEN_STATES, *_WAITING_STATES):
            on_it = first_index(self.state, contract.row), contract.row[table.INDEX_B]
            if ask["index"] not in on_it:
                continue
            if contract.row[table.STATE] in OPEN_STATES:
                self.renew_quality(number)
            price = settling_price(self.state, contract.row, ask)
            if price is not None:
                self.settle_finally(number, price, ask)
                self.begin_sweep()  # Rulebook 2.5.

    def _remember_fix(self, ask: Ask) -> None:
        index = self.state.indexes.setdefault(ask["index"], Index())
        if ask["vintage"] == Vintage.FINAL:
            index.final_strike_ns = max(index.final_strike_ns, ask["strike_ns"])
            if ask["fit"]:
                index.final_fix_microusd = ask["value_microusd"]
                index.final_fix_strike_ns = ask["strike_ns"]
            return
        index.provisional_strike_ns = ask["strike_ns"]
        index.fit = ask["fit"]
        if ask["fit"]:
            fixes = [ask["value_microusd"], *index.fixes_microusd]
            index.fixes_microusd = fixes[:FIXES_REMEMBERED]
            index.provisional_fix_strike_ns = ask["strike_ns"]

    def _count_in_average(self, row: rules.Row, ask: Ask) -> None:
        """Count a fit fix of an average's days, each vintage in a sum of its own (8.3)."""
        if row[table.AVERAGE_DAYS] == 0 or row[table.INDEX] != ask["index"] or not ask["fit"]:
            return
        if not row[table.AVERAGE_FIRST_NS] <= ask["strike_ns"] <= row[table.EXPIRY_NS]:
            return
        final = ask["vintage"] == Vintage.FINAL
        state = row[table.STATE]
        if state in (*OPEN_STATES, State.STOPPED) or (final and state == State.FROZEN):
            row[table.FINAL_FIXES if final else table.PROVISIONAL_FIXES] += 1
            total = table.FINAL_SUM_MICROUSD if final else table.PROVISIONAL_SUM_MICROUSD
            row[total] += ask["value_microusd"]

    # The end of a contract.

    def settle_at(self, contract: int, price_microusd: int, value_microusd: int) -> None:
        """Carry a contract at a new price; VALUE of the event is the fix, or 0 (8.1, 8.3)."""
        row = self.state.row(contract)
        per_lot = rules.settle_row(row, price_microusd)
        told = {"value_microusd": value_microusd} | index_and_mark(row)
        self._emit(Event.SETTLED, contract=contract, per_lot_microusd=per_lot, **told)

    def settle_finally(self, contract: int, price_microusd: int, ask: Ask | None) -> None:
        """Settle a contract on the fix of its end, then the calendars that it is the near leg of.

        A PROVISIONAL fixing (`ask`) freezes it; a FINAL one, and None, ends it (8.3 to 8.7).
        """
        self._settle_one(contract, price_microusd, ask)
        for number, calendar in self.state.in_states(*_WAITING_STATES):
            row = calendar.row
            if row[table.TYPE] == Type.CALENDAR and row[table.LEG_NEAR] == contract:
                far_microusd = self.state.row(row[table.LEG_FAR])[table.MARK_MICROUSD]
                most = self.state.limits.price_microusd_max
                price = rules.clamp(far_microusd - price_microusd, most)
                self._settle_one(number, price, ask)

    def _settle_one(self, number: int, price_microusd: int, ask: Ask | None) -> None:
        row = self.state.row(number)
        self.settle_at(number, price_microusd, price_microusd)
        if ask is not None and ask["vintage"] == Vintage.PROVISIONAL:
            row[table.STATE] = State.FROZEN
            row[table.SETTLED_STRIKE_NS] = ask["strike_ns"]
            return
        row[table.STATE] = State.EXPIRED  # Rulebook 8.5.
        row[table.OPEN_INTEREST_LOTS] = 0
        self._emit(Event.EXPIRED, contract=number, reason=1)

    def _settle(self, ask: Ask) -> None:
        """Give a contract the operator's final price (rulebook 8.7)."""
        self.settle_finally(ask["contract"], ask["value_microusd"], None)
        self.begin_sweep()

    def fall_back(self, contract: int) -> None:
        """Settle a contract whose fix did not come, or let it wait on (rulebook 8.4)."""
        row = self.state.row(contract)
        price = fallback_price(self.state, row)
        if price is None:
            row[table.FALLBACK_PASSED] = 1
        else:
            self.settle_finally(contract, price, None)


def settling_price(state: MarketState, row: rules.Row, ask: Ask) -> int | None:
    """Give the price at which a fixing settles a contract, None when it does not (8.3)."""
    final = ask["vintage"] == Vintage.FINAL
    strike_ns, expiry_ns = ask["strike_ns"], row[table.EXPIRY_NS]
    corrected = row[table.STATE] == State.FROZEN and strike_ns == row[table.SETTLED_STRIKE_NS]
    # A FINAL of that strike is taken however late it comes (rulebook 8.6).
    if row[table.TYPE] == Type.CALENDAR:
        return None  # It settles with its near leg.
    if row[table.AVERAGE_DAYS] > 0:
        stopped = row[table.STATE] == State.STOPPED and strike_ns == expiry_ns
        return _average_price(row, corrected) if (corrected if final else stopped) else None
    in_time = expiry_ns <= strike_ns < expiry_ns + rules.FALLBACK_NS
    stopped = row[table.STATE] == State.STOPPED and in_time
    if not ask["fit"] or not (stopped or (corrected and final)):
        return None
    if row[table.INDEX_B] == 0:
        return ask["value_microusd"]
    return _difference_price(state, row, ask)


def _average_price(row: rules.Row, final: bool) -> int | None:
    """Give the mean of the fixes counted; too few of them: None, or S where it is FROZEN (8.3)."""
    total = row[table.FINAL_SUM_MICROUSD if final else table.PROVISIONAL_SUM_MICROUSD]
    fixes = row[table.FINAL_FIXES if final else table.PROVISIONAL_FIXES]
    if fixes >= row[table.AVERAGE_FIXES_MIN]:
        return div_half_even(total, fixes)
    return row[table.SETTLEMENT_MICROUSD] if final else None


def _difference_price(state: MarketState, row: rules.Row, ask: Ask) -> int | None:
    """Give fix_A - fix_B once both indexes have this strike in this vintage (8.3)."""
    fixes = []
    for number in (row[table.INDEX], row[table.INDEX_B]):
        index = state.indexes.get(number, Index())
        if ask["vintage"] == Vintage.FINAL:
            strike_ns, known = index.final_fix_strike_ns, [index.final_fix_microusd]
        else:
            strike_ns, known = index.provisional_fix_strike_ns, index.fixes_microusd
        if strike_ns != ask["strike_ns"]:
            return None
        fixes.append(known[0])
    return fixes[0] - fixes[1]


def fallback_price(state: MarketState, row: rules.Row) -> int | None:
    """Give the price of a contract 72 h after its expiry, None when it must wait (8.4)."""
    if row[table.TYPE] == Type.CALENDAR:
        return None  # It waits for its near leg alone.
    fallback = state.indexes.get(row[table.FALLBACK_INDEX], Index()).fixes_microusd
    if row[table.INDEX_B] == 0 and row[table.FALLBACK_INDEX] > 0 and fallback:
        return fallback[0]
    numbers = [row[table.INDEX]] + [row[table.INDEX_B]] * (row[table.INDEX_B] > 0)
    known = [state.indexes.get(number, Index()).fixes_microusd for number in numbers]
    if any(len(fixes) < FIXES_REMEMBERED for fixes in known):
        return None
    medians = [sorted(fixes)[1] for fixes in known]
    return medians[0] - medians[1] if len(medians) == 2 else medians[0]
