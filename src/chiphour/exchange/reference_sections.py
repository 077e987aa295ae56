"""REFERENCE SECTIONS: the plain state as the digest counts it.

Takes   the state.
Gives   the twelve sections of rulebook 13.1.
Keeps   only what the rulebook names: columns without a name are zero.
Source  Rulebook 13; `exchange/digest.py` has the widths.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from chiphour.contracts import table
from chiphour.exchange.commands import Side
from chiphour.exchange.digest import WIDTHS
from chiphour.exchange.digest import Sections
from chiphour.exchange.reference_book import Order

if TYPE_CHECKING:
    from chiphour.exchange.reference_state import Index
    from chiphour.exchange.reference_state import MarketState

Table = list[list[int]]


def sections(state: "MarketState") -> Sections:
    """Give the state as rulebook 13.1 writes it."""
    listed = (
        _market(state),
        [state.settings],
        _accounts(state),
        _volumes(state),
        _contracts(state),
        _indexes(state),
        _positions(state),
        _protections(state),
        _orders(state),
        _waiting(state),
        [list(item) for item in state.work],
        _ids(state),
    )
    return Sections(*(table_of(r, int(width)) for r, width in zip(listed, WIDTHS, strict=True)))


def table_of(rows: Table, width: int) -> NDArray[np.int64]:
    """Make int64[n, width] of lists; n may be 0."""
    return np.array(rows, np.int64).reshape(len(rows), width)


def _market(state: "MarketState") -> Table:
    sweeping = int(state.sweep_ns is not None)
    times = [state.sequence, state.time_ns, state.next_due_ns, sweeping, state.sweep_account]
    return [[*times, state.scan_left, state.scan_account, state.priority]]


def _accounts(state: "MarketState") -> Table:
    return [
        [
            number,
            a.group,
            a.cash_microusd,
            a.last_order,
            a.order_before,
            a.mode,
            a.liquidation,
            a.called,
            a.steps,
            a.tier,
            a.lots_today,
        ]
        for number, a in sorted(state.accounts.items())
    ]


def _volumes(state: "MarketState") -> Table:
    return [
        [number, *(a.volumes.get(day, 0) for day in range(30))]
        for number, a in sorted(state.accounts.items())
        if any(a.volumes.values())
    ]


def _contracts(state: "MarketState") -> Table:
    rows = []
    for number, contract in sorted(state.contracts.items()):
        row = list(contract.row)
        row[table.WAITING] = len(state.waiting(number))
        rows.append([number, *row])
    return rows


def _indexes(state: "MarketState") -> Table:
    return [[number, *_index(index)] for number, index in sorted(state.indexes.items())]


def _index(index: "Index") -> list[int]:
    return [
        index.provisional_strike_ns,
        index.final_strike_ns,
        *(*index.fixes_microusd, 0, 0, 0)[:3],
        index.provisional_fix_strike_ns,
        index.final_fix_microusd,
        index.final_fix_strike_ns,
        index.fit,
        index.quality,
        index.tick_ns,
        len(index.ticks_microusd),
        *(*index.ticks_microusd, *[0] * 20)[:20],
    ]


def _positions(state: "MarketState") -> Table:
    return [
        [
            number,
            contract,
            p.lots,
            p.value_seen_microusd,
            p.buy_lots,
            p.sell_lots,
            p.reserve_microusd,
            p.entry_microusd,
        ]
        for number, account in sorted(state.accounts.items())
        for contract, p in sorted(account.positions.items())
    ]


def _protections(state: "MarketState") -> Table:
    return [
        [
            number,
            contract,
            p.interval_s,
            p.frozen_s,
            p.limit_lots,
            p.start_ns,
            p.lots,
            p.until_ns,
        ]
        for number, account in sorted(state.accounts.items())
        for contract, p in sorted(account.protections.items())
        if p.limit_lots > 0
    ]


def _orders(state: "MarketState") -> Table:
    return [
        [*_named(o), o.lots, o.reserve_microusd, *_words(o), *_resting(o)]
        for _, contract in sorted(state.contracts.items())
        for side in Side
        for o in contract.book.orders(side)
    ]


def _named(order: Order) -> list[int]:
    return [order.order, order.account, order.contract, order.side, order.price_ticks]


def _words(order: Order) -> list[int]:
    return [
        order.client_order_id,
        order.label,
        order.order_type,
        order.time_in_force,
        order.flags,
        order.expire_ns,
    ]


def _resting(o: Order) -> list[int]:
    return [o.hidden_lots, o.display_lots, o.traded_lots, o.priority, o.partner, o.parent]


def _waiting(state: "MarketState") -> Table:
    return [
        [
            *_named(o),
            o.lots,
            *_words(o),
            o.trigger_ticks,
            o.extreme_microusd,
            o.fired,
            o.partner,
            o.parent,
        ]
        for _, o in sorted(state.orders.items())
        if o.waits
    ]


def _ids(state: "MarketState") -> Table:
    """Give the ids; their age is how many 00:30 sweeps came since (rulebook 12.2)."""
    return [
        [account, number, kept.sequence, kept.body, kept.answer, state.age - kept.age]
        for (account, number), kept in sorted(state.ids.items())
    ]
