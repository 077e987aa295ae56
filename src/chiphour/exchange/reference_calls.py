"""REFERENCE CALLS: a contract in a call: how it begins, at which price it ends, who trades.

Takes   a contract and a reason; later the instant at which the call is due.
Gives   CALL_BEGUN, UNCROSSED and the fills of the one price.
Keeps   the price the one with the most lots matched; at most 256 pairs in one ADVANCE, to go on
        with the next.
Source  Rulebook 9.6 and 9.8.
"""

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Side
from chiphour.exchange.events import CallReason
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import Book
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_floor import Floor
from chiphour.units import NS_PER_SECOND

EXTENSION_NS = 60 * NS_PER_SECOND


def uncross(book: Book, mark_microusd: int, tick_microusd: int) -> tuple[int, int, int] | None:
    """Find the price of a call: (price in ticks, lots, surplus), None without a cross (9.6)."""
    bids, asks = list(book.orders(Side.BUY)), list(book.orders(Side.SELL))
    if not bids or not asks or bids[0].price_ticks < asks[0].price_ticks:
        return None
    prices = {order.price_ticks for order in (*bids, *asks)}
    found = []
    for price in sorted(prices):
        if asks[0].price_ticks <= price <= bids[0].price_ticks:
            bought = sum(bid.open_lots for bid in bids if bid.price_ticks >= price)
            sold = sum(ask.open_lots for ask in asks if ask.price_ticks <= price)
            found.append((price, min(bought, sold), bought - sold))
    most = max(lots for _, lots, _ in found)
    found = [each for each in found if each[1] == most]
    least = min(abs(surplus) for _, _, surplus in found)
    found = [each for each in found if abs(each[2]) == least]
    if all(surplus > 0 for _, _, surplus in found):
        return found[-1]
    if all(surplus < 0 for _, _, surplus in found):
        return found[0]
    return min(found, key=lambda each: (abs(each[0] * tick_microusd - mark_microusd), each[0]))


class CallSide(Floor):
    """The calls of all contracts."""

    def begin_call(self, contract: int, reason: CallReason, seconds: int) -> None:
        """Let a contract go to CALL (rulebook 8.2, 9.8, 10.3)."""
        row = self.state.row(contract)
        row[table.STATE] = State.CALL
        row[table.CALL_END_NS] = self.now_ns + seconds * NS_PER_SECOND
        row[table.CALL_EXTENDED] = 0
        self._tell_call(contract, reason)

    def _tell_call(self, number: int, reason: CallReason) -> None:
        end_ns = self.state.row(number)[table.CALL_END_NS]
        self._emit(Event.CALL_BEGUN, contract=number, reason=reason, end_ns=end_ns)

    def end_calls(self, instant_ns: int) -> bool:
        """End the calls that are due, contracts by number; tell whether all is done (2.3.3)."""
        pairs = 0
        for number, contract in self.state.in_states(State.CALL):
            row = contract.row
            if row[table.CALL_END_NS] > instant_ns:
                continue
            if row[table.UNCROSS_LOTS] == 0 and not self._find_price(number):
                continue
            pairs, done = self._pair(number, pairs)
            if not done:
                return False
            self._open_after_call(row)
        return True

    def _find_price(self, number: int) -> bool:
        """Find the price of a call; tell whether there are pairs to make (rulebook 9.6)."""
        contract = self.state.contracts[number]
        row = contract.row
        found = uncross(contract.book, row[table.MARK_MICROUSD], row[table.TICK_MICROUSD])
        if found is None:
            self._open_after_call(row)  # Without a print.
            return False
        price_ticks, lots, surplus_lots = found
        band = rules.dynamic_ticks(row)
        outside = band is not None and not band[0] <= price_ticks <= band[1]
        if outside and not row[table.CALL_EXTENDED]:
            row[table.CALL_END_NS] += EXTENSION_NS
            row[table.CALL_EXTENDED] = 1
            self._tell_call(number, CallReason.EXTENDED)
            return False
        row[table.UNCROSS_TICKS], row[table.UNCROSS_LOTS] = price_ticks, lots
        told = {"price_ticks": price_ticks, "lots": lots, "surplus_lots": surplus_lots}
        self._emit(Event.UNCROSSED, contract=number, **told)
        return True

    def _open_after_call(self, row: rules.Row) -> None:
        row[table.STATE] = State.OPEN
        row[table.CALL_END_NS] = row[table.CALL_EXTENDED] = 0
        row[table.UNCROSS_TICKS] = row[table.UNCROSS_LOTS] = 0

    def _pair(self, number: int, pairs: int) -> tuple[int, bool]:
        """Pair bids with asks at the call's price until its lots are used (rulebook 9.6).

        `pairs` were made before in this ADVANCE; give how many were made then, and whether this
        call is done.
        """
        row = self.state.row(number)
        price_ticks, filled, done = row[table.UNCROSS_TICKS], False, True
        while pair := self._next_pair(number):
            if pairs == bounds.PAIRS_MAX:
                done = False
                break
            pairs += 1
            bid, ask = pair
            lots = min(bid.open_lots, ask.open_lots, row[table.UNCROSS_LOTS])
            row[table.UNCROSS_LOTS] -= lots
            if self.state.same_group(bid.account, ask.account):
                self.reduce(ask, lots, Reason.SELF_TRADE)
                self.reduce(bid, lots, Reason.SELF_TRADE)
                continue
            maker, taker = sorted(pair, key=lambda order: order.priority)
            self.trade(taker, maker, lots, price_ticks, Cause.CALL)
            filled = True
        if filled:
            self.look_at_last(number, price_ticks, price_ticks)
        return pairs, done

    def _next_pair(self, number: int) -> tuple[Order, Order] | None:
        """Give the first bid and ask while lots are left and both reach the price."""
        contract = self.state.contracts[number]
        price_ticks = contract.row[table.UNCROSS_TICKS]
        bid, ask = contract.book.best(Side.BUY), contract.book.best(Side.SELL)
        if contract.row[table.UNCROSS_LOTS] == 0 or bid is None or ask is None:
            return None
        if bid.price_ticks < price_ticks or ask.price_ticks > price_ticks:
            return None
        return bid, ask
