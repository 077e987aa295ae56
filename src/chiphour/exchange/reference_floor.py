"""REFERENCE FLOOR: what the sides of the plain exchange stand on and call of each other.

Takes   nothing of its own: `reference.py` puts the sides together.
Gives   `Floor`: the state, the time of the command, the events so far; the name of each deed that
        one file does for another.
Keeps   an event with exactly the columns that its kind fills; its SEQUENCE and TIME_NS the
        command's (rulebook 1.3).
Source  Rulebook 1; kept apart so that no side must import another.
"""

from typing import NoReturn

from chiphour.contracts.table import State
from chiphour.exchange import commands
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import EVENT_PLACES
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.exchange.events import CallReason
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.limits import Limits
from chiphour.exchange.limits import check_limits
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_state import MarketState
from chiphour.exchange.work import Item

Ask = dict[str, int]  # A command by the names of its columns.
OPEN_STATES = (State.OPEN, State.CALL)  # In which a contract is marked, funded and settled.


class Floor:
    """The ground of the plain exchange; a deed that stands here is done in the file named."""

    def __init__(self, limits: Limits | None = None) -> None:
        """Start an empty market of these capacities."""
        self.state = MarketState(Limits() if limits is None else limits)
        check_limits(self.state.limits)
        self.now_ns = 0  # TIME_NS of the command.
        self._events: list[list[int]] = []

    def _emit(self, kind: Event, **columns: int) -> None:
        """Add an event: the columns named are exactly those that the kind fills."""
        places = EVENT_PLACES[kind]
        columns |= {"sequence": self.state.sequence, "time_ns": self.now_ns}
        assert columns.keys() == places.keys(), (kind.name, columns.keys() ^ places.keys())
        row = [0] * EVENT_COLUMNS
        row[commands.KIND] = int(kind)
        for name, value in columns.items():
            row[places[name]] = int(value)
        self._events.append(row)

    # The orders' side.

    def cancel(self, order: Order, reason: Reason) -> None:
        """Take out an order that rests or waits (`reference_orders.py`)."""
        _elsewhere()

    def match(self, taker: Order) -> Reason:
        """Let a taker meet the book; give what ended it, or NONE (`reference_orders.py`)."""
        _elsewhere()

    def trade(self, taker: Order, maker: Order, lots: int, price_ticks: int, cause: Cause) -> None:
        """Do one fill between two orders, and what it cuts (`reference_orders.py`)."""
        _elsewhere()

    def reduce(self, order: Order, lots: int, reason: Reason) -> None:
        """Take lots out of a resting order (`reference_orders.py`)."""
        _elsewhere()

    def trim(self, account: int, contract: int) -> None:
        """Cut reduce-only orders to the position (rulebook 9.17; `reference_orders.py`)."""
        _elsewhere()

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
        """Let an item join the queue of work (rulebook 2.7; `reference_work.py`)."""
        _elsewhere()

    def look_at_marks(self, contract: int) -> None:
        """Fire what waits for the mark or the index (rulebook 9.12; `reference_work.py`)."""
        _elsewhere()

    def look_at_last(self, contract: int, low_ticks: int, high_ticks: int) -> None:
        """Fire what waits for the price of fills (rulebook 9.12; `reference_work.py`)."""
        _elsewhere()

    def forget_ids(self) -> None:
        """Let the ids of members age (rulebook 12.2; `reference_ids.py`)."""
        _elsewhere()

    # The side of risk, time and contracts.

    def charge(
        self, taker: int, maker: int, contract: int, lots: int, cause: Cause
    ) -> tuple[int, int]:
        """Take the fees of a fill, give fee and rebate (rulebook 11; `reference_fees.py`)."""
        _elsewhere()

    def begin_call(self, contract: int, reason: CallReason, seconds: int) -> None:
        """Let a contract go to CALL (rulebook 9.8; `reference_calls.py`)."""
        _elsewhere()

    def end_calls(self, instant_ns: int) -> bool:
        """End the calls that are due; tell whether all is done (9.6; `reference_calls.py`)."""
        _elsewhere()

    def renew_quality(self, contract: int) -> None:
        """Take a contract's quality anew (rulebook 10.1; `reference_marks.py`)."""
        _elsewhere()

    def begin_scan(self) -> None:
        """Let a round of the scan begin (rulebook 7.1; `reference_risk.py`)."""
        _elsewhere()

    def scan(self) -> None:
        """Go on with the scan (rulebook 2.8, 7.1; `reference_risk.py`)."""
        _elsewhere()

    def liquidate(self, account: int) -> bool:
        """Do one step of a LIQUIDATE item; tell whether it is finished (`reference_risk.py`)."""
        _elsewhere()

    def deleverage(self, account: int, contract: int) -> None:
        """Close a position against its counterparties (7.7; `reference_deleveraging.py`)."""
        _elsewhere()

    def fund_pays(self, account: int) -> None:
        """Let the fund pay what equity lacks to 0 (rulebook 7.5; `reference_risk.py`)."""
        _elsewhere()

    def settle_at(self, contract: int, price_microusd: int, value_microusd: int) -> None:
        """Carry a contract at a new price (rulebook 8.1, 8.3; `reference_settlement.py`)."""
        _elsewhere()

    def fall_back(self, contract: int) -> None:
        """Settle a contract whose fix did not come (rulebook 8.4; `reference_settlement.py`)."""
        _elsewhere()

    def begin_sweep(self) -> None:
        """Make the sweep due at once (rulebook 2.5; `reference_time.py`)."""
        _elsewhere()

    def roll_volumes(self, account: int) -> bool:
        """Close an account's day of volume; tell whether its tier changed (`reference_fees.py`)."""
        _elsewhere()


def _elsewhere() -> NoReturn:
    raise NotImplementedError("this deed is done by a side of the plain exchange")


def side_of(lots: int) -> Side:
    """Give the side that a signed number of lots is on."""
    return Side.BUY if lots > 0 else Side.SELL
