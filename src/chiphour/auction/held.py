"""HELD: what a participant holds after a clearing, and the prices at which it is judged.

Takes   the grid.
Gives   `Key`, `Placed`, `Held`: quantities in hundredths of a chip; `Duals`: every published price
        and multiplier as integers; `Offered` and `Context`: what surrounds a bid that is judged.
Keeps   one record for every kind of bid, so that rounding, payment and check know no kinds.
Source  docs/formulation/auction.md, sections 3, 6 and 7.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from chiphour.auction.grid import Grid

YOCTOUSD_PER_NANOUSD = 10**15

# Nano-dollars an hour for prices; 10^-12 dollars for a unit of work; 10^-12 for a budget.
Price = int


class Key(NamedTuple):
    """What is traded: chips of a product on a tier in an interval, for one mode of the bid.

    `mode` is "" for those who have no modes. `pool` is "" except where a buyer needs side resources
    and therefore buys from one pool.
    """

    mode: str
    product: str
    tier: str
    interval: int
    pool: str = ""


class Placed(NamedTuple):
    """A gang's place: `chips` of one pool from interval `first`, for `intervals` of them.

    `chips` are those paid for: a gang smaller than its domain that cannot move pays for all of it.
    """

    mode: str
    product: str
    pool: str
    first: int
    intervals: int
    chips: int


class Held(NamedTuple):
    """What one participant holds. Quantities are hundredths of a chip, above zero.

    `traded`: bought by a buyer, sold by a seller. `gangs`: where its gangs run. For a pool, by
    interval: `gang_hundredths` sold to gangs, `reserve_hundredths` kept in reserve, `on` 1 or 0.
    """

    traded: Mapping[Key, int] = {}
    gangs: tuple[Placed, ...] = ()
    gang_hundredths: tuple[int, ...] = ()
    reserve_hundredths: tuple[int, ...] = ()
    on: tuple[int, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is traded, placed, sold to gangs or kept in reserve."""
        pools = (*self.gang_hundredths, *self.reserve_hundredths)
        return not self.traded and not self.gangs and not any(pools)


EMPTY = Held()


@dataclass(frozen=True)
class Duals:
    """Prices and multipliers of one programme, integers; what is missing in a mapping is zero.

    `slots`: nano-dollars per chip-hour, by slot (λ). By (pool, interval): `pools` per chip-hour of
    the pool's own chips (μ). By (pool, tier, interval): `premiums` for choosing the pool (κ). By
    (pool, resource, interval): `sides` per unit and hour (η). By (region, interval): `reserve` per
    chip-hour (rho). By (bid, mode, factor): `work`, 10^-12 dollars per unit (ω). By bid: `budgets`,
    10^-12 (θ).
    """

    slots: tuple[Price, ...]
    pools: Mapping[tuple[str, int], Price]
    premiums: Mapping[tuple[str, str, int], Price]
    sides: Mapping[tuple[str, str, int], Price]
    reserve: Mapping[tuple[str, int], Price]
    work: Mapping[tuple[str, str, str], int]
    budgets: Mapping[str, int]

    def lows_yoctousd(self, intervals: int) -> Sequence[int]:
        """Give the least price of each product and tier over the run, in 10^-24 dollars."""
        if intervals not in self._lows:
            runs = (self.slots[at : at + intervals] for at in range(0, len(self.slots), intervals))
            self._lows[intervals] = tuple(min(run) * YOCTOUSD_PER_NANOUSD for run in runs)
        return self._lows[intervals]

    @cached_property
    def _lows(self) -> dict[int, tuple[int, ...]]:
        return {}


class Offered(NamedTuple):
    """What a pool can be asked for: its product, the tiers it sells, the side resources it stocks.

    `chips_hundredths_max`: the most chips that it ever has.
    """

    product: str
    tiers: frozenset[str]
    resources: frozenset[str]
    chips_hundredths_max: int


class Context(NamedTuple):
    """What surrounds a bid when it is read or judged.

    `pools`: each pool of the run by its id. `reference`: the prices at which budgets were counted
    (eq. 11), or None.
    """

    grid: Grid
    pools: Mapping[str, Offered]
    reference: Duals | None = None
