"""UPLIFT: who is made whole, and who pays for it, never more than he gains.

Takes   each participant's surplus, chip-hours and what its budget leaves; reserve payments and arc
        rent.
Gives   `Uplift`: what each receives and is charged, what the sponsor pays, what rent is left.
Keeps   every sum exact to the micro-dollar; nobody charged above its surplus or its budget.
Source  docs/formulation/auction.md, section 6, "Make-whole and reserve (14)".

A charge per chip-hour, capped at each one's surplus, whose remainder goes round again, ends at
one rate for all who are below their caps. So caps are met in order of surplus per chip-hour, and
what is left then is split in one division.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from math import floor
from typing import NamedTuple

from chiphour.auction.grid import BUY
from chiphour.observe.observation import MarketError
from chiphour.units import text_from_microusd


class UpliftUncovered(MarketError):
    """Uplift above all surplus, in a run without a sponsor."""


class Stake(NamedTuple):
    """What one participant has at stake, before uplift.

    `surplus_microusd`: declared value less payment, or revenue less cost. `traded_hundredths`: of a
    chip-hour, bought and sold. `left_microusd`: what its budget leaves, or None.
    """

    id: str
    side: int
    is_virtual: bool
    surplus_microusd: Fraction
    traded_hundredths: Fraction
    left_microusd: int | None = None

    @property
    def make_whole_microusd(self) -> int:
        """Give the loss, rounded up, if it is beyond half a tick a chip-hour; else 0.

        A tick for a hundredth of a chip-hour is a micro-dollar.
        """
        loss = -self.surplus_microusd
        return ceil(loss) if 2 * loss > self.traded_hundredths else 0

    @property
    def charge_microusd_max(self) -> int:
        """Give the most that it may be charged: its surplus, and what its budget leaves."""
        most = floor(self.surplus_microusd) if self.traded_hundredths else 0
        return max(most if self.left_microusd is None else min(most, self.left_microusd), 0)


class Uplift(NamedTuple):
    """What each of the stakes receives and is charged, in their order, and who has the rest.

    `sponsor_microusd` is what no surplus covers, `rent_microusd` what arcs earned above the rest.
    """

    make_whole_microusd: tuple[int, ...]
    charge_microusd: tuple[int, ...]
    sponsor_microusd: int
    rent_microusd: int


def uplift(
    stakes: Sequence[Stake], reserve_microusd: int, arc_rent_microusd: int, *, has_sponsor: bool
) -> Uplift:
    """Charge make-whole and reserve less arc rent: buyers and virtuals first, then sellers.

    Raises UpliftUncovered when all surplus is too little and no sponsor pays the rest.
    """
    made_whole = tuple(stake.make_whole_microusd for stake in stakes)
    pot = sum(made_whole) + reserve_microusd - arc_rent_microusd
    charged = [0] * len(stakes)
    left = max(pot, 0)
    for is_first in (True, False):
        chosen = [
            number
            for number, stake in enumerate(stakes)
            if (stake.side == BUY or stake.is_virtual) == is_first and stake.charge_microusd_max
        ]
        for number, amount in zip(chosen, _split([stakes[n] for n in chosen], left), strict=True):
            charged[number] = amount
            left -= amount
    if left and not has_sponsor:
        found = f"{text_from_microusd(left)} more of {text_from_microusd(pot)}, and no sponsor"
        raise UpliftUncovered(f"uplift: expected surplus that covers it, found {found}")
    return Uplift(made_whole, tuple(charged), left, max(-pot, 0))


def _split(stakes: Sequence[Stake], pot: int) -> list[int]:
    """Split a pot per chip-hour, none above its cap; caps alone when the pot is larger.

    The micro-dollars that division leaves go to the largest remainders, among equals by id.
    """
    amounts = [0] * len(stakes)
    hours = sum((stake.traded_hundredths for stake in stakes), Fraction(0))
    ranked = sorted(
        range(len(stakes)),
        key=lambda n: (stakes[n].charge_microusd_max / stakes[n].traded_hundredths, stakes[n].id),
    )
    for place, number in enumerate(ranked):
        stake = stakes[number]
        most = stake.charge_microusd_max
        if pot * stake.traded_hundredths < most * hours:
            rate = pot / hours
            _round(stakes, ranked[place:], rate, pot, amounts)
            break
        amounts[number] = most
        pot, hours = pot - most, hours - stake.traded_hundredths
    return amounts


def _round(
    stakes: Sequence[Stake], numbers: Sequence[int], rate: Fraction, pot: int, amounts: list[int]
) -> None:
    """Charge everyone the same rate in whole micro-dollars; below their caps, so one more fits."""
    exact = {number: rate * stakes[number].traded_hundredths for number in numbers}
    for number in numbers:
        amounts[number] = floor(exact[number])
    more = pot - sum(amounts[number] for number in numbers)
    largest = sorted(numbers, key=lambda n: (amounts[n] - exact[n], stakes[n].id))
    for number in largest[:more]:
        amounts[number] += 1
