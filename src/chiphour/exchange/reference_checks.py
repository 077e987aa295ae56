"""REFERENCE CHECKS: what is refused of orders, and why, in the order of `reasons.py`.

Takes   the state, and a command's columns or an order that goes live.
Gives   the reasons that hold, lowest first; the caller stops at the first.
Keeps   the state as it is: nothing here changes anything (rulebook 1.3).
Source  Rulebook 1.2, 6.6, 7.2, 9 and 10; the changes stand in `reference_orders.py`.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Mode
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference_book import ACTIVATING
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_book import other_side
from chiphour.exchange.reference_state import MarketState
from chiphour.exchange.reference_taker import amended
from chiphour.exchange.reference_taker import closes
from chiphour.exchange.reference_taker import is_fired_by
from chiphour.exchange.reference_taker import link_of
from chiphour.exchange.reference_taker import must_wait
from chiphour.exchange.reference_taker import order_of
from chiphour.exchange.reference_taker import reducing_orders
from chiphour.exchange.reference_taker import source_microusd
from chiphour.exchange.reference_taker import stays_in_place
from chiphour.units import NS_PER_HOUR

Ask = dict[str, int]  # A command by the names of its columns.
Reasons = Iterator[Reason]

BLOCK_NS_MAX = NS_PER_HOUR  # How far ahead a block may end (rulebook 9.16).


def first_of(*checks: Reasons) -> Reason:
    """Give the first reason of some checks in their order, or NONE."""
    return next(chain(*checks), Reason.NONE)


# The commands.


def order_reasons(state: MarketState, ask: Ask) -> Reasons:
    """Tell why an ORDER is refused (rulebook 9.5, 9.10 to 9.17)."""
    yield from account_reasons(state, ask)
    if ask["contract"] not in state.contracts:
        yield Reason.CONTRACT_UNKNOWN
    order = order_of(state, ask)
    waits = must_wait(order)
    yield from (trading_reasons if waits else acting_reasons)(state, order)
    if ask["time_in_force"] == TimeInForce.GTD and ask["expire_ns"] <= ask["time_ns"]:
        yield Reason.PARAMETER_OUT_OF_RANGE
    if order.order_type == OrderType.BLOCK and not _block_makes_sense(state, ask):
        yield Reason.PARAMETER_OUT_OF_RANGE
    if link_of(state, ask) is None:
        yield Reason.LINK_UNKNOWN
    if ask["lots"] <= 0:
        yield Reason.LOTS_NOT_POSITIVE
    if ask["lots"] > bounds.ORDER_LOTS_MAX:
        yield Reason.LOTS_ABOVE_MAX
    least_lots = state.contracts[ask["contract"]].row[table.BLOCK_LOTS_MIN]
    if order.order_type == OrderType.BLOCK and ask["lots"] < least_lots:
        yield Reason.LOTS_BELOW_MIN
    yield from (hold_reasons if waits else live_reasons)(state, order)


def _block_makes_sense(state: MarketState, ask: Ask) -> bool:
    """Tell whether a BLOCK ends soon and names a member of another group (rulebook 9.16)."""
    other = ask["trigger_ticks"]
    if not state.is_member(other) or state.same_group(ask["account"], other):
        return False
    return ask["expire_ns"] <= ask["time_ns"] + BLOCK_NS_MAX


def account_reasons(state: MarketState, ask: Ask) -> Reasons:
    """Tell why an account may not give orders at all (rulebook 3.1)."""
    if ask["account"] not in state.accounts:
        yield Reason.ACCOUNT_UNKNOWN
    if ask["account"] < bounds.ACCOUNTS_RESERVED:
        yield Reason.ACCOUNT_RESERVED


def cancel_reasons(state: MarketState, ask: Ask) -> Reasons:
    """Tell why a CANCEL is refused (rulebook 9.9)."""
    yield from account_reasons(state, ask)
    order = state.orders.get(ask["order"])
    if order is None or order.account != ask["account"]:
        yield Reason.ORDER_UNKNOWN


def amend_reasons(state: MarketState, ask: Ask) -> Reasons:
    """Tell why an AMEND is refused (rulebook 9.14)."""
    yield from cancel_reasons(state, ask)
    order = state.orders[ask["order"]]
    if ask["lots"] <= order.traded_lots:  # It is a cancel.
        return
    comes_again = not order.waits and not stays_in_place(order, ask)
    yield from (acting_reasons if comes_again else trading_reasons)(state, order)
    if not order.has_price and ask["price_ticks"] != 0:
        yield Reason.PARAMETER_OUT_OF_RANGE
    if not order.has_trigger and ask["trigger_ticks"] != 0:
        yield Reason.PARAMETER_OUT_OF_RANGE
    if order.order_type == OrderType.TRAILING and ask["trigger_ticks"] <= 0:
        yield Reason.PARAMETER_OUT_OF_RANGE
    is_child = order.parent != 0 or order.fired == ACTIVATING
    if is_child or order.order_type == OrderType.BLOCK:
        yield Reason.ORDER_UNKNOWN
    if ask["lots"] > bounds.ORDER_LOTS_MAX:
        yield Reason.LOTS_ABOVE_MAX
    if order.waits:
        price_ticks, trigger_ticks = ask["price_ticks"], ask["trigger_ticks"]
        changed = replace(order, price_ticks=price_ticks, trigger_ticks=trigger_ticks)
        yield from hold_reasons(state, changed, less=order)
    elif comes_again:
        yield from live_reasons(state, amended(state, order, ask), less=order)


def cancel_all_reasons(state: MarketState, ask: Ask) -> Reasons:
    """Tell why a CANCEL_ALL is refused (rulebook 9.15)."""
    yield from account_reasons(state, ask)
    if ask["contract"] != -1 and ask["contract"] not in state.contracts:
        yield Reason.CONTRACT_UNKNOWN


def protect_reasons(state: MarketState, ask: Ask) -> Reasons:
    """Tell why a PROTECT is refused (rulebook 9.19)."""
    yield from account_reasons(state, ask)
    if ask["contract"] not in state.contracts:
        yield Reason.CONTRACT_UNKNOWN


def confirm_reasons(state: MarketState, ask: Ask) -> Reasons:
    """Tell why a CONFIRM is refused: the confirming side's reason first (rulebook 9.16)."""
    yield from account_reasons(state, ask)
    block = state.orders.get(ask["order"])
    if (
        block is None
        or block.order_type != OrderType.BLOCK
        or block.trigger_ticks != ask["account"]
    ):
        yield Reason.ORDER_UNKNOWN
        return
    if state.contracts[block.contract].row[table.STATE] != State.OPEN:
        yield Reason.CONTRACT_NOT_OPEN
    confirming, first = sides_of_block(state, block, ask["account"])
    yield from live_reasons(state, confirming)
    yield from live_reasons(state, first)
    new = [side for side in (confirming, first) if not _has_position(state, side)]
    everywhere = sum(len(account.positions) for account in state.accounts.values())
    if len(new) == 2 and everywhere + 2 > state.limits.positions:
        yield Reason.POSITIONS_FULL  # Each alone would have had room.


def _has_position(state: MarketState, order: Order) -> bool:
    return order.contract in state.accounts[order.account].positions


def sides_of_block(state: MarketState, block: Order, account: int) -> tuple[Order, Order]:
    """Give both sides of a block as plain limit orders: confirming, first (rulebook 9.16)."""
    row = state.contracts[block.contract].row
    confirming, first = (
        Order(
            order=number,
            account=who,
            contract=block.contract,
            side=side,
            order_type=OrderType.LIMIT,
            time_in_force=TimeInForce.IOC,
            price_ticks=block.price_ticks,
            lots=block.lots,
            reserve_microusd=rules.reserve_microusd(row, side, block.price_ticks),
        )
        for number, who, side in (
            (state.sequence, account, other_side(block.side)),
            (block.order, block.account, block.side),
        )
    )
    return confirming, first


# What every order passes that is taken in, or changes.


def trading_reasons(state: MarketState, order: Order) -> Reasons:
    """Tell why nobody may trade, or this account may not, here now (rulebook 7.2, 10.3)."""
    row, account = state.contracts[order.contract].row, state.accounts[order.account]
    if row[table.STATE] not in (State.OPEN, State.CALL):
        yield Reason.CONTRACT_NOT_OPEN
    in_liquidation = account.liquidation != 0 and not order.reduces_only
    if account.mode == Mode.HALTED or in_liquidation:
        yield Reason.ACCOUNT_BLOCKED
    if row[table.MODE] == Mode.HALTED:
        yield Reason.CONTRACT_HALTED


def acting_reasons(state: MarketState, order: Order) -> Reasons:
    """Tell the same of an order that would act at once: in a call some may not (9.6)."""
    posts = order.flags & (Flag.POST_ONLY | Flag.POST_SLIDE)
    in_call = state.contracts[order.contract].row[table.STATE] == State.CALL
    if in_call and (posts or not order.may_rest):
        yield Reason.CONTRACT_NOT_OPEN
    yield from trading_reasons(state, order)


def hold_reasons(state: MarketState, order: Order, less: Order | None = None) -> Reasons:
    """Tell why an order may not wait; the rest is checked when it goes live (1.6, 9.5, 9.12).

    `less` is the waiting order that an amendment changes: its own row counts as free.
    """
    row = state.contracts[order.contract].row
    trigger_bound = state.limits.price_microusd_max // row[table.TICK_MICROUSD]
    if order.has_price and not rules.in_window(row, order.price_ticks, state.limits):
        yield Reason.PRICE_OUT_OF_RANGE
    if order.has_trigger and abs(order.trigger_ticks) > trigger_bound:
        yield Reason.PRICE_OUT_OF_RANGE
    if order.has_trigger and order.parent == 0 and _is_fired_now(state, order):
        yield Reason.TRIGGER_PASSED
    block = order.order_type == OrderType.BLOCK
    if block and not rules.in_static_band(row, order.price_ticks):  # Rulebook 9.16.
        yield Reason.PRICE_OUT_OF_BAND
    if less is not None:
        return
    if len(state.orders) >= state.limits.orders:
        yield Reason.ORDERS_FULL
    waiting = state.waiting(order.contract)
    own = sum(other.account == order.account for other in waiting)
    if len(waiting) >= state.limits.triggers or own >= bounds.WAITING_MAX:
        yield Reason.TRIGGERS_FULL


def _is_fired_now(state: MarketState, order: Order) -> bool:
    """Tell whether a condition holds at entry; a trailing order only begins to look (9.12)."""
    source = source_microusd(state, order)
    if source is None or order.order_type == OrderType.TRAILING:
        return False
    return is_fired_by(state, order, source, source)


def live_reasons(state: MarketState, order: Order, less: Order | None = None) -> Reasons:
    """Tell why an order may not go live: all checks of a LIMIT or MARKET order (rulebook 9.5).

    `less` is the resting order that an amendment takes out: it is left out of account (9.14).
    """
    contract = state.contracts[order.contract]
    row, account = contract.row, state.accounts[order.account]
    yield from acting_reasons(state, order)
    if not rules.in_window(row, order.price_ticks, state.limits):
        yield Reason.PRICE_OUT_OF_RANGE
    if order.flags & Flag.POST_ONLY and contract.book.crossed_by(order):  # Rulebook 9.11.
        yield Reason.POST_ONLY_CROSSES
    if not rules.in_static_band(row, order.price_ticks):  # Rulebook 9.7.
        yield Reason.PRICE_OUT_OF_BAND
    yield from _reducing_reasons(state, order, less)
    protection = account.protections.get(order.contract)
    if order.flags & Flag.PROTECTED and protection and state.time_ns < protection.until_ns:
        yield Reason.PROTECTION_FROZEN  # Rulebook 9.19.
    yield from _capacity_reasons(state, order, less)
    if not state.order_is_covered(order, less):  # Rulebook 6.6.
        yield Reason.MARGIN_INSUFFICIENT


def _reducing_reasons(state: MarketState, order: Order, less: Order | None) -> Reasons:
    """Tell why an order would not reduce where it must (rulebook 9.17, 10.2, 10.3)."""
    row, account = state.contracts[order.contract].row, state.accounts[order.account]
    if order.reduces_only:
        if not closes(state, order):
            yield Reason.REDUCE_ONLY
        others = [o for o in reducing_orders(state, order.account, order.contract) if o is not less]
        if order.may_rest and len(others) >= bounds.REDUCING_MAX:
            yield Reason.REDUCE_ONLY_FULL
        return
    may_only_reduce = (
        row[table.MODE] == Mode.REDUCE_ONLY
        or account.mode == Mode.REDUCE_ONLY
        or row[table.QUALITY] == Quality.HALTED
    )
    if may_only_reduce and state.raises_worst(order, less):
        yield Reason.REDUCE_ONLY


def _capacity_reasons(state: MarketState, order: Order, less: Order | None) -> Reasons:
    """Tell which table or bound is full (rulebook 1.2, 1.6, 9.5)."""
    row, positions = state.contracts[order.contract].row, state.accounts[order.account].positions
    position = state.position(order.account, order.contract)
    open_lots = position.buy_lots + position.sell_lots + order.lots
    if less is not None:
        open_lots -= less.open_lots
    if abs(position.lots) + open_lots > state.limits.position_lots_max:
        yield Reason.POSITION_ABOVE_MAX
    if order.contract not in positions:
        everywhere = sum(len(account.positions) for account in state.accounts.values())
        full = len(positions) >= state.limits.positions_per_account
        if full or everywhere >= state.limits.positions:
            yield Reason.POSITIONS_FULL
    if order.may_rest and less is None and len(state.orders) >= state.limits.orders:
        yield Reason.ORDERS_FULL
    interest = row[table.OPEN_INTEREST_LOTS] + order.lots
    cap = row[table.OPEN_INTEREST_CAP_LOTS]
    above_cap = cap != 0 and interest > cap and state.raises_worst(order, less)
    if interest > bounds.OPEN_INTEREST_LOTS_MAX or above_cap:
        yield Reason.OPEN_INTEREST_ABOVE_MAX
