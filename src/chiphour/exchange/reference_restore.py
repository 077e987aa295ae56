"""REFERENCE RESTORE: the plain exchange from the twelve sections of a state.

Takes   limits and sections, of whichever implementation.
Gives   a `Reference` that goes on as the one that they are of.
Keeps   the columns of rulebook 13.1; it shares no code with the kernel's `restore.py`.
Source  Rulebook 13.1; decision 0026.
"""

from collections import deque

from chiphour.exchange.commands import OrderType
from chiphour.exchange.digest import Sections
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.exchange.reference_book import Order
from chiphour.exchange.reference_ids import Remembered
from chiphour.exchange.reference_state import FIXES_REMEMBERED
from chiphour.exchange.reference_state import Account
from chiphour.exchange.reference_state import Contract
from chiphour.exchange.reference_state import Index
from chiphour.exchange.reference_state import MarketState
from chiphour.exchange.reference_state import Position
from chiphour.exchange.reference_state import Protection


def restored(limits: Limits, sections: Sections) -> Reference:
    """Make a plain exchange with the state of sections.

    No sweep may be in work: what made its instant stands in no section (rulebook 2.5).
    """
    made = Reference(limits)
    state = made.state
    sequence, time_ns, _, sweeping, _, left, account, priority = sections.market[0].tolist()
    assert not sweeping
    state.sequence, state.time_ns, state.priority = sequence, time_ns, priority
    state.scan_left, state.scan_account = left, account
    state.settings = sections.settings[0].tolist()
    _accounts(state, sections)
    for number, *row in sections.contracts.tolist():
        state.contracts[number] = Contract(row)
    for number, *row in sections.indexes.tolist():
        state.indexes[number] = _index(row)
    _orders(state, sections)
    state.work = deque(sections.work.tolist())
    for account, number, order, body, answer, age in sections.ids.tolist():
        state.ids[account, number] = Remembered(order, body, answer, state.age - age)
    return made


def _accounts(state: MarketState, sections: Sections) -> None:
    for number, group, cash, *rest in sections.accounts.tolist():
        last, before, mode, liquidation, called, steps, tier, lots_today = rest
        state.accounts[number] = Account(
            group,
            cash,
            last_order=last,
            order_before=before,
            mode=mode,
            liquidation=liquidation,
            called=called,
            steps=steps,
            tier=tier,
            lots_today=lots_today,
        )
    for number, *days in sections.volumes.tolist():
        found = {day: lots for day, lots in enumerate(days) if lots}
        state.accounts[number].volumes = found
    for number, contract, lots, seen, *opened in sections.positions.tolist():
        state.accounts[number].positions[contract] = Position(seen, lots, *opened)
    for number, contract, *terms in sections.protections.tolist():
        state.accounts[number].protections[contract] = Protection(*terms)


def _index(row: list[int]) -> Index:
    fixes, ticks = row[2 : 2 + FIXES_REMEMBERED], row[12:]
    return Index(
        provisional_strike_ns=row[0],
        final_strike_ns=row[1],
        fixes_microusd=[fix for fix in fixes if fix > 0],
        provisional_fix_strike_ns=row[5],
        final_fix_microusd=row[6],
        final_fix_strike_ns=row[7],
        fit=row[8],
        quality=row[9],
        tick_ns=row[10],
        ticks_microusd=ticks[: row[11]],
    )


def _orders(state: MarketState, sections: Sections) -> None:
    """Rest orders in the order of the section, which is time at each price; let others wait."""
    found = []
    for row in sections.orders.tolist():
        order, account, contract, side, price, lots, reserve, *words = row
        client, label, kind, force, flags, end, hidden, display, traded, priority, *tied = words
        made = Order(
            *(order, account, contract, side, kind, force, price, lots, flags, client, label),
            expire_ns=end,
            hidden_lots=hidden,
            display_lots=display,
            traded_lots=traded,
            reserve_microusd=reserve,
            priority=priority,
            partner=tied[0],
            parent=tied[1],
            rests=True,
        )
        state.contracts[contract].book.levels[side].setdefault(price, deque()).append(made)
        found.append(made)
    for row in sections.waiting.tolist():
        order, account, contract, side, price, lots, client, label, kind, force, flags, *more = row
        end, trigger, extreme, fired, partner, parent = more
        made = Order(
            *(order, account, contract, side, kind, force, price, lots, flags, client, label),
            trigger_ticks=trigger,
            expire_ns=end,
            display_lots=trigger if kind == OrderType.ICEBERG else 0,
            partner=partner,
            parent=parent,
            extreme_microusd=extreme,
            fired=fired,
            waits=True,
        )
        found.append(made)
    state.orders = {made.order: made for made in sorted(found, key=lambda made: made.order)}
