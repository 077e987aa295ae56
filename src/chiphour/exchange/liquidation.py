"""LIQUIDATION: an account short of margin is closed, a fifth at a time, while it still has some.

Takes   the account of a LIQUIDATE item, again and again until the item is done.
Gives   CANCELLED of its orders; then LIQUIDATED and FILL, or LIQUIDATION_ENDED, fees and payments.
Keeps   the fund without positions and its cash never below 0; a step of it to each round.
Source  Rulebook 7.2 to 7.6. When the book does not take enough: deleveraging.py.
"""

from chiphour.contracts import table as term
from chiphour.contracts.table import State
from chiphour.exchange import state as col
from chiphour.exchange.book import match
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.deleveraging import deleverage
from chiphour.exchange.deleveraging import pay_deficit
from chiphour.exchange.emit import emit_fee_paid
from chiphour.exchange.emit import emit_liquidated
from chiphour.exchange.emit import emit_risk
from chiphour.exchange.events import Cause
from chiphour.exchange.events import FeeReason
from chiphour.exchange.events import Kind
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.exchange.margin import equity
from chiphour.exchange.margin import maintenance_margin
from chiphour.exchange.margin import refresh
from chiphour.exchange.positions import holds_lots
from chiphour.exchange.reasons import Reason
from chiphour.exchange.resting import cancel_row
from chiphour.exchange.rounding import divide_up
from chiphour.exchange.rounding import ppm_down
from chiphour.exchange.rounding import ppm_up
from chiphour.exchange.safety import margin_of_safety
from chiphour.exchange.state import NONE
from chiphour.exchange.state import TAKER
from chiphour.exchange.tiers import tier_margin
from chiphour.exchange.triggers import look_at_last
from chiphour.ledger.kernel import kernel
from chiphour.ledger.post import post

PARTS = 5  # A step closes a fifth of the position.
STEPS_WITHOUT_FILL_MAX = 60
PRICE_BAND_PPM = 20_000  # How far from the mark a step sells or buys ...
FEE_PPM = 5_000  # ... and what it costs, both of B.
BEGUN = 1  # ACCOUNT_LIQUIDATION: before the first step, and after it.
UNDER_WAY = 2


@kernel
def step(state, account, events, written):
    """Do one step of a LIQUIDATE item; gives (row, whether the item is finished)."""
    row = _first_order(state, account)
    if row != NONE:
        return cancel_row(state, row, Reason.LIQUIDATION, events, written), False
    state.accounts[account, col.ACCOUNT_QUEUED] = 0
    return _last_step(state, account, events, written), True


@kernel
def _first_order(state, account):
    """Give the row of the account's first order, contracts by number, then ids (rulebook 7.2)."""
    for contract in range(state.contracts.shape[0]):
        place = contract * state.accounts.shape[0] + account
        row = state.positions[place, col.POSITION_ORDER_FIRST]
        if row != NONE:
            return row
    return NONE


@kernel
def _last_step(state, account, events, written):
    """End the liquidation, or close a part of its largest position (rulebook 7.3)."""
    accounts = state.accounts
    needed = maintenance_margin(state, account)
    held = equity(accounts, account)
    if not holds_lots(state, account) or _is_well(accounts, account, held, needed):
        return _end(state, account, events, written)
    contract, largest = _largest(state, account)
    if contract < 0:
        return written  # It waits for a later round.
    accounts[account, col.ACCOUNT_LIQUIDATION] = UNDER_WAY
    fund = accounts[INSURANCE_FUND, col.ACCOUNT_CASH]
    if held + fund <= 0 or accounts[account, col.ACCOUNT_STEPS] >= STEPS_WITHOUT_FILL_MAX:
        accounts[account, col.ACCOUNT_STEPS] = 0
        return deleverage(state, account, contract, largest, events, written)
    place = contract * accounts.shape[0] + account
    net = state.positions[place, col.POSITION_LOTS]
    lots = divide_up(abs(net), PARTS)
    if held < divide_up(2 * needed, 3):
        lots = abs(net)
    return _close(state, account, contract, net > 0, lots, held + fund, events, written)


@kernel
def _is_well(accounts, account, held, needed):
    """Tell whether the account has margin enough; before the first step MM will do."""
    if accounts[account, col.ACCOUNT_LIQUIDATION] == BEGUN:
        return held >= needed
    return margin_of_safety(held, needed) >= 0


@kernel
def _end(state, account, events, written):
    """End a liquidation (rulebook 7.6)."""
    accounts = state.accounts
    accounts[account, col.ACCOUNT_LIQUIDATION] = 0
    accounts[account, col.ACCOUNT_STEPS] = 0
    if not holds_lots(state, account) and accounts[account, col.ACCOUNT_CASH] < 0:
        written = pay_deficit(state, account, events, written)
    needed = maintenance_margin(state, account)
    held = equity(accounts, account)
    kind = Kind.LIQUIDATION_ENDED
    return emit_risk(events, written, state.market, kind, account, held, needed)


@kernel
def _largest(state, account):
    """Give the contract to close, and its im(|n|); -1 when none can be (rulebook 7.3)."""
    contracts = state.contracts
    found = -1
    largest = -1
    for contract in range(contracts.shape[0]):
        place = contract * state.accounts.shape[0] + account
        net = state.positions[place, col.POSITION_LOTS]
        if net != 0 and _can_close(contracts, contract):
            margin = tier_margin(contracts, contract, abs(net))
            if margin > largest:
                found = contract
                largest = margin
    return found, largest


@kernel
def _can_close(contracts, contract):
    return (
        contracts[contract, term.STATE] == State.OPEN
        and contracts[contract, term.MODE] != Mode.HALTED
        and contracts[contract, term.QUALITY] == Quality.LIVE
    )


@kernel
def _close(state, account, contract, sells, lots, reach, events, written):
    """Send a closing order; then the fee, and the fund's part (rulebook 7.3 to 7.5).

    `reach` is equity and fund together: the price is never one at which it would be used up.
    """
    accounts, market = state.accounts, state.market
    price_ticks = _price_ticks(state, contract, sells, lots, reach)
    side = Side.SELL if sells else Side.BUY
    written = emit_liquidated(events, written, market, account, contract, side, price_ticks, lots)
    _take(market, account, contract, side, price_ticks, lots)
    written, left, _ = match(state, events, written)
    filled = lots - left
    if market[TAKER, col.TAKER_FILLED] > 0:
        low, high = market[TAKER, col.TAKER_LOW_TICKS], market[TAKER, col.TAKER_HIGH_TICKS]
        look_at_last(state, contract, low, high)
    if filled > 0:
        accounts[account, col.ACCOUNT_STEPS] = 0
        written = _pay_fee(state, account, contract, filled, events, written)
    else:
        accounts[account, col.ACCOUNT_STEPS] += 1
    return pay_deficit(state, account, events, written)


@kernel
def _price_ticks(state, contract, sells, lots, reach):
    """Give the limit price of a closing order, inside the window (rulebook 7.3)."""
    contracts = state.contracts
    mark = contracts[contract, term.MARK_MICROUSD]
    tick = contracts[contract, term.TICK_MICROUSD]
    band = min(ppm_down(contracts[contract, term.BASE_MICROUSD], PRICE_BAND_PPM), reach // lots)
    price_ticks = divide_up(mark - band, tick) if sells else (mark + band) // tick
    least = contracts[contract, term.PRICE_TICKS_MIN]
    return max(least, min(least + state.market[0, col.WINDOW_TICKS] - 1, price_ticks))


@kernel
def _take(market, account, contract, side, price_ticks, lots):
    """Let a closing order act: a plain IOC limit order without an id."""
    for column in range(col.TAKER_ROW + 1):
        market[TAKER, column] = 0
    market[TAKER, col.TAKER_ACCOUNT] = account
    market[TAKER, col.TAKER_CONTRACT] = contract
    market[TAKER, col.TAKER_SIDE] = side
    market[TAKER, col.TAKER_TYPE] = OrderType.LIMIT
    market[TAKER, col.TAKER_TIME_IN_FORCE] = TimeInForce.IOC
    market[TAKER, col.TAKER_PRICE_TICKS] = price_ticks
    market[TAKER, col.TAKER_LOTS] = lots
    market[TAKER, col.TAKER_CAUSE] = Cause.LIQUIDATION


@kernel
def _pay_fee(state, account, contract, lots, events, written):
    """Let the account pay the fund for lots that a step filled (rulebook 7.4)."""
    accounts = state.accounts
    refresh(state, account)
    worth = state.contracts[contract, term.BASE_MICROUSD] * lots
    fee = min(max(0, equity(accounts, account)), ppm_up(worth, FEE_PPM))
    if fee == 0:
        return written
    post(accounts, account, INSURANCE_FUND, fee)
    cash = accounts[account, col.ACCOUNT_CASH]
    reason = FeeReason.LIQUIDATION_FEE
    return emit_fee_paid(events, written, state.market, account, reason, cash, -fee)
