"""REFERENCE RISK: who is watched, who is called, and how an account is wound down.

Takes   the rounds of the scan; LIQUIDATE items of the queue.
Gives   MARGIN_CALLED, LIQUIDATION_BEGUN and _ENDED, closing orders, what the fund receives and
        pays.
Keeps   one LIQUIDATE item of an account in the queue; the fund's cash from falling below 0.
Source  Rulebook 7.1 to 7.6; what follows when closing orders do not help is in
        `reference_deleveraging.py`.
"""

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_margin as margin
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.events import Cause
from chiphour.exchange.events import FeeReason
from chiphour.exchange.events import Kind as Event
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_floor import Floor
from chiphour.exchange.reference_floor import side_of
from chiphour.exchange.work import Item
from chiphour.units import div_ceil
from chiphour.units import div_floor

BEGUN, STEPPED = 1, 2  # Of an account's liquidation: begun; after its first step.
STEPS_MAX = 60  # Closing orders without a fill, before others must take the position.
CLOSING_PARTS = 5  # A closing order is a fifth of the position.
CLOSING_DISTANCE_PPM = 20_000  # Of B, from the mark.
LIQUIDATION_FEE_PPM = 5_000


class RiskSide(Floor):
    """The scan, and liquidation."""

    # The scan: rulebook 7.1.

    def begin_scan(self) -> None:
        """Let a whole round begin where the last one stopped."""
        self.state.scan_left = self.state.limits.accounts

    def scan(self) -> None:
        """Look at the next rows of the accounts table, at most 1,024 (rulebook 2.8)."""
        for _ in range(min(self.state.scan_left, bounds.SCAN_ROWS)):
            if self.state.is_member(self.state.scan_account):
                self._look_at(self.state.scan_account)
            self.state.scan_account = (self.state.scan_account + 1) % self.state.limits.accounts
            self.state.scan_left -= 1

    def _look_at(self, account: int) -> None:
        """Queue, call or leave alone one member (rulebook 7.1)."""
        holder = self.state.accounts[account]
        if holder.liquidation:
            self._queue(account)
            return
        if not has_lots(self, account):
            return
        equity, maintenance = self._sums(account)
        if equity < maintenance:
            holder.liquidation = BEGUN
            self._tell(Event.LIQUIDATION_BEGUN, account)
            self._queue(account)
        elif 4 * equity < 5 * maintenance:
            if not holder.called:
                self._tell(Event.MARGIN_CALLED, account)
            holder.called = 1
        else:
            holder.called = 0

    def _queue(self, account: int) -> None:
        if not any(item[0] == Item.LIQUIDATE and item[1] == account for item in self.state.work):
            self.put(Item.LIQUIDATE, account)

    def _sums(self, account: int) -> tuple[int, int]:
        """Give equity and MM."""
        maintenance = margin.maintenance_margin_microusd(self.state, account)
        return self.state.equity_microusd(account), maintenance

    def _tell(self, kind: Event, account: int) -> None:
        equity, maintenance = self._sums(account)
        self._emit(kind, account=account, equity_microusd=equity, maintenance_microusd=maintenance)

    # One LIQUIDATE item: rulebook 7.2 to 7.6.

    def liquidate(self, account: int) -> bool:
        """Do one step of a LIQUIDATE item; tell whether it is finished (rulebook 7.2)."""
        held = [order for order in self.state.orders.values() if order.account == account]
        if held:
            first = min(held, key=lambda order: (order.contract, order.order))
            self.cancel(first, Reason.LIQUIDATION)
            return False
        if self._is_over(account):
            self._end(account)
        else:
            self._close(account)
        return True

    def _is_over(self, account: int) -> bool:
        """Tell whether nothing is left to wind down, or equity suffices again (7.3)."""
        equity, maintenance = self._sums(account)
        if not has_lots(self, account):
            return True
        if self.state.accounts[account].liquidation == BEGUN:
            return equity >= maintenance
        return 4 * equity >= 5 * maintenance

    def _end(self, account: int) -> None:
        """End a liquidation (rulebook 7.6)."""
        holder = self.state.accounts[account]
        if not has_lots(self, account) and holder.cash_microusd < 0:
            self.fund_pays(account)
        holder.liquidation, holder.steps = 0, 0
        self._tell(Event.LIQUIDATION_ENDED, account)

    def _close(self, account: int) -> None:
        """Send a closing order, or let others take the position (rulebook 7.3)."""
        number = self._chosen(account)
        if number is None:
            return  # It waits for a later round.
        holder = self.state.accounts[account]
        holder.liquidation = STEPPED
        backed = self.state.equity_microusd(account) + self._fund_microusd()
        if backed <= 0 or holder.steps >= STEPS_MAX:
            holder.steps = 0
            self.deleverage(account, number)
            return
        filled = self._send_closing_order(account, number, backed)
        if filled > 0:
            holder.steps = 0
            self._pay_liquidation_fee(account, number, filled)
        else:
            holder.steps += 1
        self.fund_pays(account)

    def _chosen(self, account: int) -> int | None:
        """Give the position to close: the one of those that trade with the largest margin (7.3)."""
        best, best_margin = None, -1
        for number, position in sorted(self.state.accounts[account].positions.items()):
            row = self.state.row(number)
            trades = row[table.STATE] == State.OPEN and row[table.MODE] != Mode.HALTED
            if position.lots == 0 or not trades or row[table.QUALITY] != Quality.LIVE:
                continue
            needed = rules.tier_margin_microusd(row, abs(position.lots))
            if needed > best_margin:
                best, best_margin = number, needed
        return best

    def _send_closing_order(self, account: int, number: int, backed_microusd: int) -> int:
        """Let a closing order meet the book; give how many lots it filled (rulebook 7.3)."""
        held = self.state.position(account, number).lots
        equity, maintenance = self._sums(account)
        everything = 3 * equity < 2 * maintenance
        lots = abs(held) if everything else div_ceil(abs(held), CLOSING_PARTS)
        row = self.state.row(number)
        price_ticks = self._closing_price_ticks(row, held, backed_microusd // lots)
        taker = closing_order(account, number, side_of(-held), price_ticks, lots)
        told = {"side": taker.side, "price_ticks": price_ticks, "lots": lots}
        self._emit(Event.LIQUIDATED, account=account, contract=number, **told)
        self.match(taker)
        self.trim(account, number)
        if taker.filled_lots > 0:
            self.look_at_last(number, taker.low_ticks, taker.high_ticks)
        return taker.filled_lots

    def _closing_price_ticks(self, row: rules.Row, held: int, per_lot_microusd: int) -> int:
        """Give the limit of a closing order: never beyond what equity and fund can bear (7.3)."""
        far = rules.ppm_down(row[table.BASE_MICROUSD], CLOSING_DISTANCE_PPM)
        distance = min(far, per_lot_microusd)
        if held > 0:
            ticks = div_ceil(row[table.MARK_MICROUSD] - distance, row[table.TICK_MICROUSD])
        else:
            ticks = div_floor(row[table.MARK_MICROUSD] + distance, row[table.TICK_MICROUSD])
        return rules.into_window(row, ticks, self.state.limits)

    # The fund: rulebook 7.4 and 7.5.

    def _fund_microusd(self) -> int:
        return self.state.accounts[bounds.INSURANCE_FUND].cash_microusd

    def _pay_liquidation_fee(self, account: int, number: int, filled_lots: int) -> None:
        """Let the account pay the fund for the lots closed, as far as it can (7.4)."""
        worth = self.state.row(number)[table.BASE_MICROUSD] * filled_lots
        whole = rules.ppm_up(worth, LIQUIDATION_FEE_PPM)
        fee = min(max(0, self.state.equity_microusd(account)), whole)
        if fee == 0:
            return
        cash = self.state.post(account, -fee)
        self.state.post(bounds.INSURANCE_FUND, fee)
        told = {"cash_microusd": cash, "amount_microusd": -fee}
        self._emit(Event.FEE_PAID, account=account, reason=FeeReason.LIQUIDATION_FEE, **told)

    def fund_pays(self, account: int) -> None:
        """Let the fund pay what equity lacks to 0, as far as it can (7.5)."""
        amount = min(self._fund_microusd(), -self.state.equity_microusd(account))
        if amount <= 0:
            return
        self.state.post(bounds.INSURANCE_FUND, -amount)
        cash = self.state.post(account, amount)
        told = {"cash_microusd": cash, "amount_microusd": amount}
        self._emit(Event.FUND_PAID, account=account, **told)


def has_lots(floor: Floor, account: int) -> bool:
    """Tell whether an account holds lots in any contract."""
    positions = floor.state.accounts[account].positions.values()
    return any(position.lots != 0 for position in positions)


def closing_order(account: int, number: int, side: Side, price_ticks: int, lots: int) -> Order:
    """Make an order of liquidation: IOC, without an id, without margin or fee (rulebook 7.3)."""
    return Order(
        order=0,
        account=account,
        contract=number,
        side=side,
        order_type=OrderType.LIMIT,
        time_in_force=TimeInForce.IOC,
        price_ticks=price_ticks,
        lots=lots,
        cause=Cause.LIQUIDATION,
    )
