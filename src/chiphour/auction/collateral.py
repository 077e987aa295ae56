"""COLLATERAL: what open positions may come to cost, and how large a virtual one may be.

Takes   positions, the prices of a stressed delivery, the collateral of an account, who is who.
Gives   the collateral that an account needs; the violation for which trades are refused.
Keeps   what a sale brought with its seller's collateral until it is delivered; a virtual position
        paid for in the worst case that the parameters name; whoever can move the real-time price
        out of bets on it.
Source  docs/formulation/runs.md, section 6, equations 11 to 13 and 30.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Violation
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import div_floor
from chiphour.units import iso_from_ns
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ppm


class Stress(NamedTuple):
    """The lowest and highest real-time price that collateral must withstand, of one product."""

    low_ticks: int
    high_ticks: int


class CollateralRule(NamedTuple):
    """The parameters of the market, in parts per million.

    `outage_ppm` of what an account sold may fail at once, and costs `penalty_ppm` on top of the
    buy-back. From a share of `mover_ppm` of a product's hour on a party can move its real-time
    price; its virtual position may then be `virtual_ppm` of the physical volume.
    """

    outage_ppm: int
    penalty_ppm: int
    mover_ppm: int
    virtual_ppm: int


def stress_from(
    price_ticks: Sequence[int], multiple_ppm: int, floor_ticks: int, cap_ticks: int
) -> Stress:
    """Give the stress of a product from its past real-time prices (equation 11).

    The highest price times the multiple, up to the cap; the lowest less as much as that adds to
    the highest, down to the floor. Without a past the stress is floor and cap themselves.
    """
    assert multiple_ppm >= PPM and floor_ticks <= cap_ticks
    if not price_ticks:
        return Stress(floor_ticks, cap_ticks)
    high, low = max(price_ticks), min(price_ticks)
    step = div_ceil(abs(high) * (multiple_ppm - PPM), PPM)
    return Stress(max(floor_ticks, low - step), min(cap_ticks, high + step))


def required_microusd(
    account: int,
    positions: Iterable[Position],
    stresses: Mapping[str, Stress],
    rule: CollateralRule,
) -> int:
    """Give the collateral for the open positions of an account (equation 12).

    A virtual position costs what closing it may cost; physical sales cost buying back a part of
    them, and the penalty, at the high price; physical purchases were paid for. Each slot counts
    alone: a gain in one hour pays for no loss in another. Raises RequestMalformed for a product
    without stress.
    """
    total = 0
    for held in positions:
        if held.account != account:
            continue
        stress, quantity = _stress(stresses, held.product), held.quantity_hundredths
        if held.kind == VIRTUAL:
            total += max(0, -min(stress.low_ticks * quantity, stress.high_ticks * quantity))
        elif quantity < 0:
            parts = rule.outage_ppm * (PPM + rule.penalty_ppm)
            total += div_ceil(max(0, stress.high_ticks) * -quantity * parts, PPM * PPM)
    return total


def paid_ahead_microusd(positions: Iterable[Position], trades: Iterable[Trade]) -> dict[int, int]:
    """Give what each account was paid for physical sales that are open (equation 30).

    Of every slot what all its trades there brought, less what buying back cost, none below zero.
    """
    sold = {
        (held.account, held.slot)
        for held in positions
        if held.kind == PHYSICAL and held.quantity_hundredths < 0
    }
    paid: dict[tuple[int, Slot], int] = defaultdict(int)
    for trade in trades:
        where = trade.account, Slot(trade.product, trade.tier, trade.hour_ns)
        if trade.kind == PHYSICAL and where in sold:
            paid[where] -= trade.price_ticks * trade.quantity_hundredths
    total: dict[int, int] = defaultdict(int)
    for (account, _), amount in paid.items():
        total[account] += max(0, amount)
    return dict(total)


def collateral_refusal(
    account: int,
    positions: Iterable[Position],
    proposed: Iterable[Trade],
    stresses: Mapping[str, Stress],
    rule: CollateralRule,
    available_microusd: int,
) -> Violation | None:
    """Give why an account may not make these trades, or None (equation 12).

    `available_microusd` is what it has after the trades themselves are paid for. Trades that
    lower what it needs are never refused: they lead out of trouble.
    """
    before = [held for held in positions if held.account == account]
    after = _with_trades(before, (trade for trade in proposed if trade.account == account))
    had = required_microusd(account, before, stresses, rule)
    needed = required_microusd(account, after, stresses, rule)
    if needed <= available_microusd or needed <= had:
        return None
    return Violation(
        "collateral",
        f"account {account}",
        f"{text_from_microusd(needed)} dollars of collateral for its open positions",
        text_from_microusd(available_microusd),
    )


def virtual_refusals(
    positions: Sequence[Position],
    proposed: Iterable[Trade],
    party_of: Mapping[int, str],
    rule: CollateralRule,
) -> tuple[Violation, ...]:
    """Give each party whose virtual position is too large for one that moves the price (eq. 13).

    Shares are of what is sold, and of what is bought, of a product in an hour, over all tiers;
    the greater counts. An account without a party is a party of its own. Only parties that trade
    virtually among `proposed` are looked at; one whose position does not grow is let through.
    """
    proposed = tuple(proposed)
    trading = {
        (_party(party_of, trade.account), trade.product, trade.hour_ns)
        for trade in proposed
        if trade.kind == VIRTUAL
    }
    before = _virtual_sizes(positions, party_of)
    after = _with_trades(positions, proposed)
    sizes, sides = _virtual_sizes(after, party_of), _sides(after, party_of)
    found = []
    for party, product, hour_ns in sorted(trading):
        size = sizes.get((party, product, hour_ns), 0)
        both = [sides[product, hour_ns, side] for side in (BUY, SELL)]
        share = max(_share_ppm(side, party) for side in both)
        most = div_floor(max(sum(side.values()) for side in both) * rule.virtual_ppm, PPM)
        if share < rule.mover_ppm or size <= max(most, before.get((party, product, hour_ns), 0)):
            continue
        where = f"{party} {product} {iso_from_ns(hour_ns)}"
        expected = (
            f"at most {hundredths_text(most)} virtual chip-hours of a party with a share of "
            f"{text_from_ppm(share)}"
        )
        found.append(Violation("virtual share", where, expected, hundredths_text(size)))
    return tuple(found)


def _virtual_sizes(
    positions: Iterable[Position], party_of: Mapping[int, str]
) -> dict[tuple[str, str, int], int]:
    """Give the size of each party's virtual position by product and hour."""
    sums: dict[tuple[str, str, int], int] = defaultdict(int)
    for held in positions:
        if held.kind == VIRTUAL:
            key = _party(party_of, held.account), held.product, held.hour_ns
            sums[key] += held.quantity_hundredths
    return {key: abs(quantity) for key, quantity in sums.items()}


def _sides(
    positions: Iterable[Position], party_of: Mapping[int, str]
) -> Mapping[tuple[str, int, int], Mapping[str, int]]:
    """Give what each party bought and sold for delivery, by product, hour and side."""
    sides: dict[tuple[str, int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for held in positions:
        if held.kind == PHYSICAL:
            side = BUY if held.quantity_hundredths > 0 else SELL
            party = _party(party_of, held.account)
            sides[held.product, held.hour_ns, side][party] += abs(held.quantity_hundredths)
    return sides


def _with_trades(positions: Iterable[Position], trades: Iterable[Trade]) -> tuple[Position, ...]:
    """Give positions as they are after further trades."""
    sums: dict[tuple[int, str, Slot], int] = defaultdict(int)
    changes: Iterable[Position | Trade] = (*positions, *trades)
    for held in changes:
        sums[held.account, held.kind, held.slot] += held.quantity_hundredths
    return tuple(
        Position(account, kind, *slot, quantity)
        for (account, kind, slot), quantity in sums.items()
        if quantity
    )


def _stress(stresses: Mapping[str, Stress], product: str) -> Stress:
    if product not in stresses:
        raise RequestMalformed(f"{product}: expected stressed prices, found none")
    return stresses[product]


def _party(party_of: Mapping[int, str], account: int) -> str:
    return party_of.get(account, f"account {account}")


def _share_ppm(side: Mapping[str, int], party: str) -> int:
    """Give a party's share of one side, rounded down; of an empty side, nothing."""
    total = sum(side.values())
    return div_floor(side.get(party, 0) * PPM, total) if total else 0
