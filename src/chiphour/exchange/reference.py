"""REFERENCE: the exchange as the rulebook says it, in plain slow Python. Read this first.

Takes   commands, int64[n, 16] (`exchange/commands.py`), in their sequence.
Gives   events, int64[m, 16] (`exchange/events.py`), the next due time, the sections of the digest.
Keeps   exactly what the kernel keeps, with dictionaries and Python integers that cannot overflow;
        a law holds the two equal. They share no code but the tables of words. Integers are the
        units of rulebook 1.1: micro-dollars, ticks, lots, nanoseconds.
Source  Rulebook 1 to 13; decision 0005.

Here is how a command passes. What it changes stands beside, each file a chapter of the rulebook:

    reference_form         1.4, 9.10     is a command well formed?
    reference_reasons      1.3           why is a command refused? In the order of `reasons.py`
    reference_checks       9, 10         ... of orders
    reference_state        3             what there is: accounts, positions, contracts, indexes
    reference_sections     13            ... as the digest counts it
    reference_book         9.1           an order; a book
    reference_taker        6.7, 9.10     how an order comes to act: its price, whom it names
    reference_orders       9             match, rest, change, go
    reference_links        9.13          orders that cancel each other, children
    reference_protection   9.16, 9.19    market makers' protection, blocks
    reference_work         2.7, 2.8      the queue of work; triggers; many cancels at once
    reference_ids          12.2          members' own order ids
    reference_rules        4 to 6, 9     formulas over one contract's row
    reference_margin       6             what an account must hold
    reference_market       3, 8.2        money; LIST, SET, OPEN
    reference_marks        4, 10         marks, qualities, halts, the window
    reference_calls        9.6           calls and how they end
    reference_settlement   8             fixings, settlement, expiry
    reference_fees         11            fees and tiers
    reference_risk         7             the scan and liquidation
    reference_deleveraging 7.7           what is left when the fund is empty
    reference_time         2             ADVANCE: what is due
"""

from collections.abc import Callable

from chiphour.exchange import commands
from chiphour.exchange import reference_ids as ids
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import named_command
from chiphour.exchange.digest import Sections
from chiphour.exchange.digest import digest
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_calls import CallSide
from chiphour.exchange.reference_deleveraging import DeleveragingSide
from chiphour.exchange.reference_fees import FeeSide
from chiphour.exchange.reference_floor import Ask
from chiphour.exchange.reference_market import MarketSide
from chiphour.exchange.reference_marks import MarkSide
from chiphour.exchange.reference_reasons import first_reason
from chiphour.exchange.reference_risk import RiskSide
from chiphour.exchange.reference_rules import NEVER_NS
from chiphour.exchange.reference_sections import table_of
from chiphour.exchange.reference_settlement import SettlementSide
from chiphour.exchange.reference_state import BookDepth
from chiphour.exchange.reference_state import Rows
from chiphour.exchange.reference_time import TimeSide
from chiphour.exchange.reference_work import WorkSide


class Reference(
    WorkSide,
    MarketSide,
    MarkSide,
    CallSide,
    SettlementSide,
    FeeSide,
    RiskSide,
    DeleveragingSide,
    TimeSide,
):
    """The executable rulebook. `apply` is its only way to change."""

    @property
    def sequence(self) -> int:
        """Give the sequence of the last command."""
        return self.state.sequence

    @property
    def time_ns(self) -> int:
        """Give the latest market time of any command."""
        return self.state.time_ns

    @property
    def next_due_ns(self) -> int:
        """Give the earliest time at which something is due (rulebook 2.2)."""
        return self.state.next_due_ns

    @property
    def work_waits(self) -> bool:
        """Tell whether an ADVANCE would find work although nothing is due (rulebook 2.8)."""
        return bool(self.state.work) or self.state.scan_left > 0

    def sections(self) -> Sections:
        """Give the state as rulebook 13 writes it."""
        return self.state.sections()

    def digest(self) -> str:
        """Give the digest of the state in hexadecimal (rulebook 13.1)."""
        return digest(self.sections())

    def book(self, contract: int, depth: int) -> BookDepth:
        """Give the best `depth` bids and asks, each as (price in ticks, lots, orders)."""
        return self.state.book(contract, depth)

    def apply(self, rows: Rows) -> Rows:
        """Take commands, int64[n, 16], in sequence; give their events, int64[m, 16].

        An assertion fails when a SEQUENCE is not the next one (rulebook 1.5).
        """
        self._events = []
        for row in rows.tolist():
            self._apply(row)
        return table_of(self._events, EVENT_COLUMNS)

    def _apply(self, row: list[int]) -> None:
        """Drain the queue of work, then refuse the command or do it (rulebook 1.3, 2.8)."""
        assert row[commands.SEQUENCE] == self.state.sequence + 1  # Rulebook 1.5.
        assert row[commands.TIME_NS] < NEVER_NS
        time_ns = row[commands.TIME_NS]
        decreases = time_ns < self.state.time_ns  # Rulebook 2.1: reported by `first_reason`.
        self.state.sequence += 1
        self.now_ns = time_ns
        if not decreases and time_ns < self.state.next_due_ns:
            self.state.time_ns = time_ns
            self.drain()
        ask = named_command(row)
        reason = first_reason(self.state, row, ask)
        self.state.time_ns = max(self.state.time_ns, time_ns)
        if ids.has_id(ask, reason):
            self._do_once(row, ask, reason)
        else:
            self._answer(ask, reason)

    def _do_once(self, row: list[int], ask: Ask, reason: Reason) -> None:
        """Do an ORDER with an id of its member's own, unless it was done before (12.2)."""
        kept = self.state.ids.get((ask["account"], ask["client_order_id"]))
        refusal = ids.reason_of_id(self.state, row, ask)
        if refusal != Reason.NONE:
            self._refuse(ask, refusal)
        elif kept is not None:
            self._repeat(ask, kept)
        else:
            ids.remember(self.state, row, ask, reason)
            self._answer(ask, reason)

    def _answer(self, ask: Ask, reason: Reason) -> None:
        """Refuse a command, or do it in the file of its chapter (rulebook 1.3)."""
        if reason != Reason.NONE:
            self._refuse(ask, reason)
            return
        change: Callable[[Ask], None] = getattr(self, f"_{Kind(ask['kind']).name.lower()}")
        change(ask)

    def _refuse(self, ask: Ask, reason: Reason) -> None:
        """Tell a refusal; it changes nothing else (rulebook 1.3)."""
        order = ask["sequence"] if ask["kind"] == Kind.ORDER else ask.get("order", 0)
        self._emit(Event.REFUSED, order=order, reason=reason, **_echo(ask))

    def _repeat(self, ask: Ask, kept: ids.Remembered) -> None:
        """Tell what was answered to the same order before (rulebook 12.2)."""
        self._emit(Event.REPEATED, order=kept.sequence, reason=kept.answer, **_echo(ask))

    def forget_ids(self) -> None:
        """Let the ids of members age by one 00:30 sweep (rulebook 12.2)."""
        ids.forget(self.state)


def _echo(ask: Ask) -> dict[str, int]:
    """Give what a refusal repeats of its command, 0 where it has none (rulebook 1.3)."""
    return {name: ask.get(name, 0) for name in ("account", "contract", "client_order_id", "label")}
