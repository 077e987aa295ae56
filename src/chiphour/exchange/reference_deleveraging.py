"""REFERENCE DELEVERAGING: the last resort: counterparties take over a position that nobody bought.

Takes   an account D in liquidation and the position that was chosen.
Gives   the ranked list as events before anything moves, then fills at one price.
Keeps   nobody below 0 by it; a member without an opposite position untouched.
Source  Rulebook 7.7 and 7.8.
"""

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.events import Cause
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reference_floor import Floor
from chiphour.exchange.reference_floor import side_of
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import div_floor

RANKED_MAX = 64
SCORE_MAX = 1_000_000_000  # Of profit and of leverage, each.
MARGIN_UNIT = 1 << 20  # In which shares are measured.


class DeleveragingSide(Floor):
    """Auto-deleveraging."""

    def deleverage(self, account: int, contract: int) -> None:
        """Close D's position against the members ranked first (rulebook 7.7)."""
        self.fund_pays(account)
        price_microusd = self._price_microusd(account, contract)
        ranked = self._ranked(account, contract)
        for rank, (score, other) in enumerate(ranked, start=1):
            lots = abs(self.state.position(other, contract).lots)
            told = {"lots": lots, "score": score, "rank": rank}
            self._emit(Event.RANKED, account=other, contract=contract, **told)
        for _, other in ranked:
            self._take_over(account, other, contract, price_microusd)

    def _price_microusd(self, account: int, number: int) -> int:
        """Give M moved against the others by D's share of what is lacking (7.7)."""
        held = self.state.position(account, number).lots
        per_lot = div_ceil(self._share_microusd(account, number), abs(held))
        mark = self.state.row(number)[table.MARK_MICROUSD]
        moved = mark + per_lot if held > 0 else mark - per_lot
        return rules.clamp(moved, self.state.limits.price_microusd_max)

    def _share_microusd(self, account: int, number: int) -> int:
        """Give the position's share, by margin, of the equity that is lacking (7.7)."""
        lacking = max(0, -self.state.equity_microusd(account))
        held = {n: p for n, p in self.state.accounts[account].positions.items() if p.lots != 0}
        if len(held) == 1:
            return lacking
        margins = {
            n: rules.tier_margin_microusd(self.state.row(n), abs(p.lots))
            for n, p in held.items()
            if self.state.row(n)[table.STATE] in rules.SCENARIO_STATES
        }
        whole = max(1, sum(margins.values()) // MARGIN_UNIT)
        part = margins[number] // MARGIN_UNIT
        return rules.ppm_up(lacking, min(PPM, part * PPM // whole))

    def _ranked(self, account: int, number: int) -> list[tuple[int, int]]:
        """Give (score, account) of the opposite positions, the 64 first in rank (7.8)."""
        held = self.state.position(account, number).lots
        found = []
        for other in self.state.accounts:
            lots = self.state.position(other, number).lots
            if lots * held < 0:
                found.append((self._score(other, number), other))
        return sorted(found, key=lambda each: (-each[0], each[1]))[:RANKED_MAX]

    def _score(self, account: int, number: int) -> int:
        """Give profit times leverage (rulebook 7.8)."""
        row, position = self.state.row(number), self.state.position(account, number)
        base = row[table.BASE_MICROUSD]
        gain = row[table.MARK_MICROUSD] - position.entry_microusd
        gain = gain if position.lots > 0 else -gain
        profit = max(0, min(SCORE_MAX, rules.div_zero(gain * PPM, base)))
        equity = max(1, self.state.equity_microusd(account) // PPM)
        leverage = min(SCORE_MAX, div_floor(abs(position.lots) * base, equity))
        return profit * leverage

    def _take_over(self, account: int, other: int, number: int, price_microusd: int) -> None:
        """Let a counterparty take what is left, if it can bear it (rulebook 7.7)."""
        held = self.state.position(account, number).lots
        lots = min(abs(held), abs(self.state.position(other, number).lots))
        taken = lots if held > 0 else -lots  # What the counterparty buys.
        gain = taken * (self.state.row(number)[table.MARK_MICROUSD] - price_microusd)
        if lots == 0 or self.state.equity_microusd(other) + gain < 0:
            return
        assert self.state.row(number)[table.STATE] == State.OPEN
        self.state.change_position(account, number, -taken, price_microusd)
        self.state.change_position(other, number, taken, price_microusd)
        fee, rebate = self.charge(account, other, number, lots, Cause.DELEVERAGING)
        self._emit(
            Event.FILL,
            maker_account=other,
            taker_account=account,
            contract=number,
            maker_order=0,
            taker_order=0,
            side=side_of(-taken),
            price_ticks=price_microusd,  # No tick: the price is in micro-dollars.
            lots=lots,
            maker_lots_left=0,
            taker_lots_left=0,
            taker_fee_microusd=fee,
            maker_rebate_microusd=rebate,
            cause=Cause.DELEVERAGING,
        )
        self.trim(other, number)
        self.trim(account, number)
