"""REFERENCE MARGIN: what an account is worth, what it must have, and what it may do.

Takes   the state, an account, an order that asks.
Gives   equity, the scenario, IM, MM, reserves; whether an order is covered; what may be withdrawn.
Keeps   the state as it is: every figure is worked out anew from the positions.
Source  Rulebook 3.4, 3.6 and 6; kept apart so that risk can be read in one place.
"""

from typing import TYPE_CHECKING

from chiphour.contracts import settings
from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.contracts.table import Type
from chiphour.exchange import limits as bounds
from chiphour.exchange import reference_rules as rules
from chiphour.exchange.commands import Quality
from chiphour.exchange.commands import Side
from chiphour.exchange.reference_book import Order
from chiphour.units import div_ceil

if TYPE_CHECKING:
    from chiphour.exchange.reference_state import MarketState
    from chiphour.exchange.reference_state import Position


def equity_microusd(state: "MarketState", account: int) -> int:
    """Give cash and what the positions are worth at the mark (rulebook 3.4)."""
    total = state.accounts[account].cash_microusd
    for row, position in _counted(state, account):
        gain = row[table.MARK_MICROUSD] - row[table.SETTLEMENT_MICROUSD]
        total += position.lots * gain
    return total


def _counted(state: "MarketState", account: int) -> list[tuple[rules.Row, "Position"]]:
    """Give the positions in OPEN, CALL and STOPPED contracts, with the contract's row."""
    held = [(state.row(n), p) for n, p in sorted(state.accounts[account].positions.items())]
    return [(row, p) for row, p in held if row[table.STATE] in rules.SCENARIO_STATES]


def scenario_microusd(state: "MarketState", account: int) -> int:
    """Give what the account would lose in the scenario (rulebook 6.4)."""
    longs, shorts = _legs(state, account)
    rate_ppm = state.settings[settings.RATE_PPM]
    spread_ppm = state.settings[settings.SPREAD_RATE_PPM]
    total = 0
    for index in longs:
        total += rules.ppm_up(abs(longs[index] - shorts[index]), rate_ppm)
        total += rules.ppm_up(min(longs[index], shorts[index]), spread_ppm)
    net = {index: longs[index] - shorts[index] for index in longs}
    return total - _pair_credit_microusd(state.settings, net)


def _legs(state: "MarketState", account: int) -> tuple[dict[int, int], dict[int, int]]:
    """Give L and S of each index: what the positions are worth on it (rulebook 6.4)."""
    longs: dict[int, int] = {}
    shorts: dict[int, int] = {}
    for row, position in _counted(state, account):
        legs = [(first_index(state, row), position.lots * row[table.LEG_A_MICROUSD])]
        if row[table.TYPE] == Type.CALENDAR:
            legs += [(legs[0][0], -position.lots * row[table.LEG_B_MICROUSD])]
        elif row[table.INDEX_B] > 0:
            legs += [(row[table.INDEX_B], -position.lots * row[table.LEG_B_MICROUSD])]
        for index, worth in legs:
            longs[index] = longs.get(index, 0) + max(worth, 0)
            shorts[index] = shorts.get(index, 0) + max(-worth, 0)
    return longs, shorts


def first_index(state: "MarketState", row: rules.Row) -> int:
    """Give an opened contract's first index; of a CALENDAR its LEG_FAR's (rulebook 4.4, 6.4)."""
    if row[table.TYPE] == Type.CALENDAR:
        return state.row(row[table.LEG_FAR])[table.INDEX]
    return row[table.INDEX]


def _pair_credit_microusd(row: list[int], net: dict[int, int]) -> int:
    """Give what indexes that offset each other take off; each µ$ is matched once (6.4)."""
    credit = 0
    for pair in range(settings.PAIRS):
        first, second = row[settings.PAIR_A + pair], row[settings.PAIR_B + pair]
        if first == 0 or net.get(first, 0) * net.get(second, 0) >= 0:
            continue
        matched = min(abs(net[first]), abs(net[second]))
        credit += rules.ppm_down(matched, row[settings.PAIR_CREDIT_PPM + pair])
        net[first] -= matched if net[first] > 0 else -matched
        net[second] -= matched if net[second] > 0 else -matched
    return credit


def held_margin_microusd(state: "MarketState", account: int) -> int:
    """Give P without the FROZEN positions' part: what the net positions need (rulebook 6.4)."""
    each = sum(rules.tier_margin_microusd(r, abs(p.lots)) for r, p in _counted(state, account))
    return max(div_ceil(each, 4), min(each, scenario_microusd(state, account)))


def frozen_margin_microusd(state: "MarketState", account: int) -> int:
    """Give the FROZEN positions' part of P (rulebook 6.4)."""
    total = 0
    for number, position in state.accounts[account].positions.items():
        row = state.row(number)
        if row[table.STATE] == State.FROZEN:
            total += div_ceil(3 * rules.tier_margin_microusd(row, abs(position.lots)), 5)
    return total


def reserves_microusd(state: "MarketState", account: int) -> int:
    """Give what the account's open lots reserve (rulebook 6.3)."""
    return sum(p.reserve_microusd for p in state.accounts[account].positions.values())


def initial_margin_microusd(state: "MarketState", account: int) -> int:
    """Give IM (rulebook 6.5)."""
    total = held_margin_microusd(state, account) + frozen_margin_microusd(state, account)
    for row, p in _counted(state, account):
        worst = rules.worst_lots(p.lots, p.buy_lots, p.sell_lots)
        total += _open_margin_microusd(row, p.lots, worst)
    return total + reserves_microusd(state, account)


def _open_margin_microusd(row: rules.Row, lots: int, worst_lots: int) -> int:
    """Give im(W) - im(|n|), what the open lots need beyond the position (rulebook 6.5)."""
    held = rules.tier_margin_microusd(row, abs(lots))
    return rules.tier_margin_microusd(row, worst_lots) - held


def maintenance_margin_microusd(state: "MarketState", account: int) -> int:
    """Give MM; a FROZEN position's part counts in full (rulebook 6.5)."""
    held = div_ceil(3 * held_margin_microusd(state, account), 5)
    return held + frozen_margin_microusd(state, account)


def _worst_lots(
    state: "MarketState", order: Order, less: Order | None, added_lots: int
) -> tuple[int, int]:
    """Give W of the order's position, and W with lots of the order added (rulebook 6.6)."""
    position = state.position(order.account, order.contract)
    buy_lots, sell_lots = position.buy_lots, position.sell_lots
    if less is not None:
        buy_lots -= less.open_lots if less.side == Side.BUY else 0
        sell_lots -= less.open_lots if less.side == Side.SELL else 0
    before = rules.worst_lots(position.lots, buy_lots, sell_lots)
    if order.side == Side.BUY:
        return before, rules.worst_lots(position.lots, buy_lots + added_lots, sell_lots)
    return before, rules.worst_lots(position.lots, buy_lots, sell_lots + added_lots)


def raises_worst(state: "MarketState", order: Order, less: Order | None) -> bool:
    """Tell whether an order raises W of its position (rulebook 6.6).

    `less` is an order whose open lots are left out of account (rulebook 9.14), or None.
    """
    before, after = _worst_lots(state, order, less, order.open_lots)
    return after > before


def order_is_covered(state: "MarketState", order: Order, less: Order | None) -> bool:
    """Tell whether the account can afford an order in full (rulebook 6.6); `less` as above."""
    equity = equity_microusd(state, order.account)
    reserve = order.open_lots * order.reserve_microusd
    if less is not None:
        reserve -= less.open_lots * less.reserve_microusd
    if not raises_worst(state, order, less):
        return equity >= reserves_microusd(state, order.account) + reserve
    row = state.row(order.contract)
    position = state.position(order.account, order.contract)
    now = rules.worst_lots(position.lots, position.buy_lots, position.sell_lots)
    _, after = _worst_lots(state, order, less, order.open_lots)
    more = _open_margin_microusd(row, position.lots, after)
    more -= _open_margin_microusd(row, position.lots, now)
    needed = initial_margin_microusd(state, order.account) + more + reserve
    if row[table.QUALITY] != Quality.LIVE:
        return 2 * equity >= 3 * needed  # Rulebook 10.2.
    return equity >= needed


def withdrawable_microusd(state: "MarketState", account: int) -> int:
    """Give what may leave the account now (rulebook 3.6)."""
    cash = state.accounts[account].cash_microusd
    if account < bounds.ACCOUNTS_RESERVED:
        return cash
    if state.accounts[account].liquidation:
        return 0
    within = min(cash, equity_microusd(state, account))
    return max(0, within - initial_margin_microusd(state, account))
