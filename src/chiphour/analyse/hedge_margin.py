"""HEDGE_MARGIN: what the exchange asks of an account that buys a hedge, today and after a move.

Takes   the contracts bought, as rows of terms, with lots and prices; the index; how far it moves.
Gives   fees, initial and maintenance margin at once; for each move what is paid or received, and
        the cash with which the account lives through it.
Keeps   no formula of margin here: a market of its own is opened for each question, on the plain
        exchange that the rulebook is executed by, and its answers are what is told.
Source  Rulebook 3 to 6, 8 and 11; decision 0044.
"""

from collections.abc import Iterable
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chiphour.contracts import table
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.commands import Vintage
from chiphour.exchange.compose import Rows
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import listing
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference import Reference
from chiphour.exchange.reference_margin import equity_microusd
from chiphour.exchange.reference_margin import initial_margin_microusd
from chiphour.exchange.reference_margin import maintenance_margin_microusd
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NS_PER_DAY

HEDGER, SELLER = 8, 9
PLENTY_MICROUSD = 100_000_000_000 * MICROUSD_PER_USD
POSITIONS_MAX = 16  # Of one account (rulebook 1.2).
BAND_PPM = table.TERMS[table.STATIC_BAND_PPM].most


class Leg(NamedTuple):
    """Lots of one contract, bought at a price in its ticks; `terms` is its row of TERMS."""

    terms: tuple[int, ...]
    lots: int
    price_ticks: int


class Moved(NamedTuple):
    """The account after the index moved and the day was settled, in micro-dollars.

    `variation` is what it received (below nought: paid); `cash` what must have been in the account
    from the start so that it covers its first margin, its fees, and this move without liquidation.
    """

    index_microusd: int
    variation_microusd: int
    initial_microusd: int
    maintenance_microusd: int
    cash_microusd: int


class Margined(NamedTuple):
    """What buying the legs asks at once, and after each move; or the reason why it is refused."""

    fees_microusd: int
    initial_microusd: int
    maintenance_microusd: int
    moved: tuple[Moved, ...]
    refusal: Reason = Reason.NONE


class Standing(NamedTuple):
    """An account in few words."""

    equity: int
    initial: int
    maintenance: int


def margined(
    legs: Sequence[Leg], index: int, index_microusd: int, at_ns: int, prices: Iterable[int]
) -> Margined:
    """Buy the legs on a market of their own, then let the index move to each of some prices.

    Prices are in micro-dollars, above nought.

    `at_ns` is the strike at which the index stands at `index_microusd`; every contract ends after
    the next one. A refusal of the exchange is given as its reason.
    """
    assert 0 < len(legs) <= POSITIONS_MAX
    floor = Floor(legs, index, index_microusd, at_ns)
    refusal = floor.buy(legs)
    if refusal != Reason.NONE:
        return Margined(0, 0, 0, (), refusal)
    first = floor.standing()
    spent = PLENTY_MICROUSD - first.equity  # Fees, and what was paid above the mark.
    moved = []
    for price in prices:
        other = Floor(legs, index, index_microusd, at_ns)
        other.buy(legs)
        other.move(price)
        after = other.standing()
        variation = after.equity - first.equity
        least = max(first.initial, after.maintenance - variation)
        moved.append(
            Moved(price, variation, after.initial, after.maintenance, max(0, spent + least))
        )
    return Margined(floor.fees_microusd, first.initial, first.maintenance, tuple(moved))


class Floor:
    """A market with the legs' contracts, a hedger, and a seller who has all that is wanted."""

    def __init__(self, legs: Sequence[Leg], index: int, index_microusd: int, at_ns: int) -> None:
        """Fix the index, list the contracts, pay both members in, mark."""
        self.exchange = Reference()
        self.index, self.at_ns = index, at_ns
        self.fees_microusd = 0
        rows = [self._fixing(at_ns, index_microusd)]
        for number, leg in enumerate(legs):
            terms = list(leg.terms)
            terms[table.OPENING_CALL_S] = 0  # Nobody else is here to meet in a call, and without
            terms[table.STATIC_BAND_PPM] = BAND_PPM  # a book the mark is the index, from which
            terms[table.DYNAMIC_BAND_PPM] = BAND_PPM  # a later day may well trade far.
            rows += list(listing(number, terms))
        for account in (HEDGER, SELLER):
            rows.append(command(Kind.OPEN_ACCOUNT, account=account))
            rows.append(command(Kind.DEPOSIT, account=account, amount_microusd=PLENTY_MICROUSD))
        self._do([*rows, self._mark()])

    def buy(self, legs: Sequence[Leg]) -> Reason:
        """Let the hedger buy each leg of the seller; give why the exchange refused one, or NONE."""
        for number, leg in enumerate(legs):
            for account, side in ((SELLER, Side.SELL), (HEDGER, Side.BUY)):
                order = command(
                    Kind.ORDER,
                    account=account,
                    contract=number,
                    side=side,
                    order_type=OrderType.LIMIT,
                    time_in_force=TimeInForce.GTC,
                    price_ticks=leg.price_ticks,
                    lots=leg.lots,
                )
                told = self._do([order])
                refused = told[told[:, e.KIND] == e.Kind.REFUSED]
                if len(refused):
                    return Reason(int(refused[0, e.REASON]))
                fills = told[told[:, e.KIND] == e.Kind.FILL]
                self.fees_microusd += int(fills[:, e.TAKER_FEE_MICROUSD].sum())
        held = self.exchange.state.accounts[HEDGER].positions
        for number, leg in enumerate(legs):
            if number not in held or held[number].lots != leg.lots:
                return Reason.PRICE_OUT_OF_BAND  # It waits in a call that a price too far began.
        return Reason.NONE

    def move(self, index_microusd: int) -> None:
        """Let the index move at the next strike, and what comes of it be settled."""
        next_ns = self.at_ns + NS_PER_DAY
        self._do([self._fixing(next_ns, index_microusd), self._mark()])

    def standing(self) -> Standing:
        """Give how the hedger stands."""
        state = self.exchange.state
        return Standing(
            equity_microusd(state, HEDGER),
            initial_margin_microusd(state, HEDGER),
            maintenance_margin_microusd(state, HEDGER),
        )

    def _fixing(self, strike_ns: int, index_microusd: int) -> Rows:
        return command(
            Kind.FIXING,
            time_ns=strike_ns,
            index=self.index,
            strike_ns=strike_ns,
            vintage=Vintage.PROVISIONAL,
            fit=1,
            value_microusd=index_microusd,
        )

    def _mark(self) -> Rows:
        return command(Kind.MARK, index=self.index, fit=Quality.LIVE)

    def _do(self, rows: Sequence[Rows]) -> Rows:
        """Stamp and do commands, whatever is due before each first; give their events."""
        told = []
        for row in rows:
            time_ns = max(int(row[1]), self.exchange.time_ns)
            while self.exchange.next_due_ns <= time_ns or self.exchange.work_waits:
                due_ns = max(self.exchange.next_due_ns, self.exchange.time_ns)
                told.append(self._apply(command(Kind.ADVANCE), min(due_ns, time_ns)))
            told.append(self._apply(row, time_ns))
        return np.concatenate(told)

    def _apply(self, row: Rows, time_ns: int) -> Rows:
        row = row.copy()
        row[0], row[1] = self.exchange.sequence + 1, time_ns
        return self.exchange.apply(commands([row]))
