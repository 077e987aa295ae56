"""REFERENCE TAKER: how a command, a trigger or an amendment becomes an order that acts.

Takes   the state, a command's columns, or an order that waited or rested.
Gives   an `Order` with its price, its end and its reserve; whom it names; whether it waits.
Keeps   the state as it is: nothing here changes anything but the order that it is given.
Source  Rulebook 6.3, 6.7, 9.10, 9.11 and 9.13.
"""

from dataclasses import replace

from chiphour.contracts import table
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import OrderType
from chiphour.exchange.commands import Side
from chiphour.exchange.commands import Source
from chiphour.exchange.commands import TimeInForce
from chiphour.exchange.reference_book import WAITING_TYPES
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_book import other_side
from chiphour.exchange.reference_state import MarketState
from chiphour.units import NS_PER_DAY

Ask = dict[str, int]  # A command by the names of its columns.

CHILDREN_MAX = 2  # Of one parent (rulebook 9.13).
_LAST_ORDER = -1  # LINK: the last order accepted from the account, and the one before it.
_ORDER_BEFORE = -2


def order_of(state: MarketState, ask: Ask) -> Order:
    """Make the order that a command asks for; one that acts at once has its price (9.10)."""
    order = Order(
        order=ask["sequence"],
        account=ask["account"],
        contract=ask["contract"],
        side=ask["side"],
        order_type=ask["order_type"],
        time_in_force=ask["time_in_force"],
        price_ticks=ask["price_ticks"],
        lots=ask["lots"],
        flags=ask["flags"],
        client_order_id=ask["client_order_id"],
        label=ask["label"],
        trigger_ticks=ask["trigger_ticks"],
        expire_ns=ask["expire_ns"],
    )
    if ask["time_in_force"] == TimeInForce.DAY:  # Until the next 00:30:00 UTC (rulebook 9.10).
        order.expire_ns = rules.next_after(ask["time_ns"], NS_PER_DAY)
    if order.order_type == OrderType.ICEBERG:
        order.display_lots = ask["trigger_ticks"]
    order.partner, order.parent = link_of(state, ask) or (0, 0)
    if not must_wait(order):
        take_price(state, order)
    return order


def must_wait(order: Order) -> bool:
    """Tell whether an order waits: for a price, a parent or a counterparty (9.12, 9.13, 9.16)."""
    return order.has_trigger or order.parent != 0 or order.order_type == OrderType.BLOCK


def take_price(state: MarketState, order: Order) -> None:
    """Give an order that goes live its price and its reserve (rulebook 6.3, 6.7, 9.11)."""
    contract = state.contracts[order.contract]
    if order.order_type == OrderType.MARKET:
        order.price_ticks = rules.market_price_ticks(contract.row, order.side, state.limits)
    if order.flags & Flag.POST_SLIDE and contract.book.crossed_by(order):
        opposite = contract.book.best(other_side(order.side))
        assert opposite is not None
        behind = -1 if order.side == Side.BUY else 1
        order.price_ticks = opposite.price_ticks + behind
    order.reserve_microusd = rules.reserve_microusd(contract.row, order.side, order.price_ticks)


def turn_live(order: Order) -> None:
    """Let an order that has fired become what it waited to be (rulebook 9.12)."""
    turned = WAITING_TYPES[OrderType(order.order_type)]
    order.order_type, order.trigger_ticks = turned, 0
    if turned == OrderType.MARKET:
        order.time_in_force = TimeInForce.IOC


# Amended orders: rulebook 9.14.


def stays_in_place(order: Order, ask: Ask) -> bool:
    """Tell whether an amended order keeps its place in the book (rulebook 9.14)."""
    more = ask["lots"] - order.traded_lots > order.open_lots
    return ask["price_ticks"] == order.price_ticks and not more


def amended(state: MarketState, order: Order, ask: Ask) -> Order:
    """Give the taker that an amended order comes again as (rulebook 9.14)."""
    lots = ask["lots"] - order.traded_lots
    taker = replace(order, price_ticks=ask["price_ticks"], lots=lots, hidden_lots=0, rests=False)
    take_price(state, taker)
    return taker


# Links: rulebook 9.13.


def link_of(state: MarketState, ask: Ask) -> tuple[int, int] | None:
    """Give the ids of an order's partner and parent, 0 for none; None when LINK is unknown."""
    if not ask["flags"] & (Flag.OCO | Flag.CHILD):
        return 0, 0
    named = _named(state, ask)
    if named is None or (named.account, named.contract) != (ask["account"], ask["contract"]):
        return None
    if ask["flags"] & Flag.CHILD:
        return (0, named.order) if len(children(state, named.order)) < CHILDREN_MAX else None
    if named.partner != 0:  # An order may have one partner.
        return None
    if named.parent != 0 and len(children(state, named.parent)) >= CHILDREN_MAX:
        return None
    return named.order, named.parent


def _named(state: MarketState, ask: Ask) -> Order | None:
    """Give the order that LINK names, if it rests or waits."""
    account = state.accounts[ask["account"]]
    lasts = {_LAST_ORDER: account.last_order, _ORDER_BEFORE: account.order_before}
    return state.orders.get(lasts.get(ask["link"], ask["link"]))


def children(state: MarketState, parent: int) -> list[Order]:
    """Give the orders that wait for a parent, by id."""
    return [order for _, order in sorted(state.orders.items()) if order.parent == parent]


# Triggers: rulebook 9.12.


def source_microusd(state: MarketState, order: Order) -> int | None:
    """Give the price that an order looks at now, in µ$; None when there is none."""
    row = state.contracts[order.contract].row
    if order.source == Source.MARK:
        return row[table.MARK_MICROUSD]
    if order.source == Source.INDEX:
        return row[table.INDEX_MICROUSD]
    return row[table.LAST_TICKS] * row[table.TICK_MICROUSD] if row[table.HAS_LAST] else None


def is_fired_by(state: MarketState, order: Order, low_microusd: int, high_microusd: int) -> bool:
    """Tell whether an order's condition holds for prices from low to high (rulebook 9.12)."""
    trigger = order.trigger_ticks * state.contracts[order.contract].row[table.TICK_MICROUSD]
    buys = order.side == Side.BUY
    if order.order_type == OrderType.TRAILING:
        if buys:
            return high_microusd >= order.extreme_microusd + trigger
        return low_microusd <= order.extreme_microusd - trigger
    stops = order.order_type in (OrderType.STOP_LIMIT, OrderType.STOP_MARKET)
    if stops == buys:  # A stop buy and a take sell fire as the price rises.
        return high_microusd >= trigger
    return low_microusd <= trigger


def move_extreme(order: Order, source: int) -> None:
    """Let a trailing order remember the highest (a sell) or lowest source since entry (9.12)."""
    if order.order_type == OrderType.TRAILING:
        further = min if order.side == Side.BUY else max
        order.extreme_microusd = further(order.extreme_microusd, source)


def reducing_orders(state: MarketState, account: int, contract: int) -> list[Order]:
    """Give the account's resting reduce-only orders in a contract (rulebook 9.17)."""
    return [
        order
        for order in state.orders.values()
        if (order.account, order.contract) == (account, contract)
        and order.rests
        and order.reduces_only
    ]


def closes(state: MarketState, order: Order) -> bool:
    """Tell whether an order is of the side that closes the account's position (9.17)."""
    lots = state.position(order.account, order.contract).lots
    return lots > 0 if order.side == Side.SELL else lots < 0
