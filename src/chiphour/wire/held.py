"""HELD: contracts as long as they live, and positions in them since the last settlement.

Takes   a contract's terms, marks and settlements; fills and payments of a position.
Gives   `Life`: what a contract's number is called, and its prices; `Held`: what a position's lots
        cost, and what they brought: floating, realised, funding.
Keeps   floating and realised at a sum of what the lots are worth less what was paid for them,
        exactly, however a position turns.
Source  Rulebook 3.2, 3.7, 8.1; Deribit's API v2, whose profits begin anew with each settlement.
"""

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.units import div_half_even
from chiphour.wire.dialect import Instrument

# How the price of a trade compares with the last one's.
UP, UP_BEFORE, DOWN, DOWN_BEFORE = 0, 1, 2, 3


class Life:
    """A contract's number from LISTED on: what it is called, and its prices now.

    `session` counts its settlements; `interest_microusd` is what a long lot has paid in funding
    since it was opened. `listed` is None until it is opened; its row holds terms alone.
    """

    __slots__ = (
        *("created_ns", "direction", "ended", "index_microusd", "interest_microusd"),
        *("last_microusd", "listed", "mark_microusd", "row", "session", "settled_before_microusd"),
        *("settled_microusd", "stopped"),
    )

    def __init__(self, created_ns: int) -> None:
        """Begin with a row of defaults."""
        self.created_ns = created_ns
        self.row = [0] * table.CONTRACT_COLUMNS
        self.row[: len(TERMS)] = [term.default for term in TERMS]
        self.listed: Instrument | None = None
        self.session = self.interest_microusd = 0
        self.mark_microusd = self.index_microusd = 0
        self.settled_microusd = self.settled_before_microusd = 0
        self.last_microusd: int | None = None
        self.direction = UP
        self.stopped = self.ended = False

    def trade(self, price_microusd: int) -> None:
        """Take in a trade's price, and how it compares with the one before."""
        last_microusd, self.last_microusd = self.last_microusd, price_microusd
        if last_microusd is None or price_microusd > last_microusd:
            self.direction = UP
        elif price_microusd < last_microusd:
            self.direction = DOWN
        elif self.direction in (UP, DOWN):
            self.direction += 1


class Held:
    """An account's position in one life, as its fills made it.

    `cost_microusd` is what its lots cost at their prices, those from before the last settlement at
    the price of it; realised and funding are what it has brought since then.
    """

    __slots__ = (
        *("cost_microusd", "funding_microusd", "life", "lots", "realised_microusd", "session"),
    )

    def __init__(self, life: Life) -> None:
        """Begin without lots."""
        self.life, self.session = life, life.session
        self.lots = self.cost_microusd = self.realised_microusd = self.funding_microusd = 0

    @property
    def floating_microusd(self) -> int:
        """Give what its lots have gained since they were bought, or since the last settlement."""
        return self.lots * self.life.mark_microusd - self.cost_microusd

    def fill(self, lots: int, price_microusd: int) -> None:
        """Take lots in, or out where negative; what closes is realised, its cost half-even."""
        closing = 0
        if self.lots * lots < 0:
            closing = min(abs(lots), abs(self.lots))
            cost = self.cost_microusd * closing
            part_microusd = div_half_even(cost, abs(self.lots))
            closed = closing if self.lots > 0 else -closing
            self.realised_microusd += closed * price_microusd - part_microusd
            self.cost_microusd -= part_microusd
        opened = lots - closing if lots > 0 else lots + closing
        self.cost_microusd += opened * price_microusd
        self.lots += lots

    def now(self) -> "Held":
        """Give it as of the present session; where its end is not paid yet, another object."""
        if self.session == self.life.session:
            return self
        found = Held(self.life)
        found.lots, found.cost_microusd = self.lots, self.lots * self.life.settled_microusd
        return found

    def settle(self, session: int) -> tuple[int, int, int]:
        """Go on to a session, the present one or the one before; give what came until then.

        That is what floated, was realised and was funding.
        """
        life = self.life
        assert session in (life.session, life.session - 1)
        is_last = session == life.session
        price_microusd = life.settled_microusd if is_last else life.settled_before_microusd
        cost_microusd = self.lots * price_microusd
        floating = cost_microusd - self.cost_microusd
        brought = floating, self.realised_microusd, self.funding_microusd
        self.cost_microusd, self.session = cost_microusd, session
        self.realised_microusd = self.funding_microusd = 0
        return brought
