"""BOOK: what everyone holds while an award is brought into balance.

Takes   what each participant holds by the solver, cut down to the unit; flows; the tariff.
Gives   `Book`: what each holds now, what a change would gain, who may give and who may take a unit.
Keeps   gangs, and what is on, as the solver has them: only amounts move, a unit at a time.
Source  docs/formulation/auction.md, section 6.
"""

from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction

from chiphour.auction.bids import Bid
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.held import Held
from chiphour.auction.held import Key
from chiphour.auction.instance import Instance
from chiphour.auction.payment import Tariff
from chiphour.auction.pool import Pool
from chiphour.auction.workload import Workload
from chiphour.units import MICROUSD_PER_USD

Slot = tuple[str, str, int]  # Product, tier, interval.


class Book:
    """The award under construction. Participants go by number, as in `Instance.bids`.

    `holders`: by slot, who ever held which line of it. Hundredths of a chip: `named`, chosen of a
    pool, tier and interval by name; `sides`, times units of a resource, by pool, resource and
    interval. `given_up`: hundredths taken from a line since it was cut.
    """

    def __init__(
        self,
        instance: Instance,
        held: Sequence[Held],
        flows: Mapping[tuple[int, int], int],
        tariff: Tariff,
    ) -> None:
        """Begin with one `Held` for each bid, and hundredths of a chip by arc and interval."""
        self.bids: tuple[Bid, ...] = instance.bids
        self.context, self.grid, self.tariff = instance.context, instance.grid, tariff
        self.unit = self.grid.unit_hundredths
        self.flows = dict(flows)
        self.numbers = {bid.id: number for number, bid in enumerate(self.bids)}
        self.pools = {n: bid for n, bid in enumerate(self.bids) if isinstance(bid, Pool)}
        self.traded = [dict(one.traded) for one in held]
        self.rest = list(held)  # All but what is traded.
        self.holders: dict[Slot, dict[tuple[int, Key], None]] = defaultdict(dict)
        self.named: dict[tuple[str, str, int], int] = defaultdict(int)
        self.sides: dict[tuple[str, str, int], int] = defaultdict(int)
        self.given_up: dict[tuple[int, Key], int] = defaultdict(int)
        self._worth: dict[int, Fraction] = {}
        for number, lines in enumerate(self.traded):
            for key, quantity in lines.items():
                self.holders[key[1:4]][number, key] = None
                self._count(number, key, quantity)
        self._seat_gangs()

    def _seat_gangs(self) -> None:
        """Add the chips of gangs, and what they need beside them, to their pools."""
        sold = {number: [0] * self.grid.intervals for number in self.pools}
        for bid, one in zip(self.bids, self.rest, strict=True):
            for gang in one.gangs:
                needs = bid.needs(gang.mode, gang.product)
                for interval in range(gang.first, gang.first + gang.intervals):
                    sold[self.numbers[gang.pool]][interval] += gang.chips * HUNDREDTHS
                    for resource, units in needs.items():
                        place = gang.pool, resource, interval
                        self.sides[place] += units * gang.chips * HUNDREDTHS
        for number, chips in sold.items():
            self.rest[number] = self.rest[number]._replace(gang_hundredths=tuple(chips))

    def _count(self, number: int, key: Key, change: int) -> None:
        """Count chips of a named pool, and what they need beside them (eq. 10)."""
        if key.pool:
            self.named[key.pool, key.tier, key.interval] += change
            for resource, units in self.bids[number].needs(key.mode, key.product).items():
                self.sides[key.pool, resource, key.interval] += units * change

    def held(self, number: int) -> Held:
        """Give what a participant holds now."""
        return self.rest[number]._replace(traded=self.traded[number])

    def add(self, number: int, key: Key, change: int) -> None:
        """Change a line by hundredths of a chip."""
        lines = self.traded[number]
        lines[key] = lines.get(key, 0) + change
        if not lines[key]:
            del lines[key]
        self.holders[key[1:4]][number, key] = None
        self._count(number, key, change)
        self._worth.pop(number, None)

    def _with(self, number: int, key: Key, change: int) -> Held:
        """Give what a participant would hold after a change."""
        lines = {**self.traded[number], key: self.traded[number].get(key, 0) + change}
        if not lines[key]:
            del lines[key]
        return self.rest[number]._replace(traded=lines)

    def hour(self, number: int, key: Key, change: int) -> Held:
        """Give what a pool would hold in a line's interval alone: its costs add up by interval."""
        pool, lines = self.pools[number], {}
        for tier, _ in pool.tiers:
            other = Key("", pool.product, tier, key.interval)
            quantity = self.traded[number].get(other, 0) + (change if other == key else 0)
            if quantity:
                lines[other] = quantity
        chips = self.rest[number].gang_hundredths[key.interval]
        return Held(lines, (), (0,) * key.interval + (chips,))

    def gain(self, number: int, key: Key, change: int) -> Fraction:
        """Give what a change of one line gains its holder at the line's price, in dollars."""
        bid = self.bids[number]
        if number in self.pools:
            now = bid.worth(self.context, self.hour(number, key, 0))
            then = bid.worth(self.context, self.hour(number, key, change))
        else:
            if number not in self._worth:
                self._worth[number] = bid.worth(self.context, self.held(number))
            now = self._worth[number]
            then = bid.worth(self.context, self._with(number, key, change))
        if not self.tariff.has_price(*key[1:4]):
            return then - now
        return then - now - bid.side * self._price_usd(number, key, change)

    def _price_usd(self, number: int, key: Key, change: int) -> Fraction:
        needs = self.bids[number].needs(key.mode, key.product) if key.pool else {}
        return Fraction(self.tariff.line_microusd(key, needs, change), MICROUSD_PER_USD)

    def holding(self, slot: Slot, side: int) -> Iterator[tuple[int, Key]]:
        """Yield those of one side who hold chips of a slot, and the lines."""
        for number, key in self.holders.get(slot, ()):
            if self.bids[number].side == side and key in self.traded[number]:
                yield number, key

    def trading(self, slot: Slot, side: int) -> Iterator[tuple[int, Key]]:
        """Yield those of one side who hold or held chips of a slot, and all pools that sell it."""
        found = dict(self.holders.get(slot, {}))
        for number, pool in self.pools.items():
            if pool.product == slot[0] and any(tier == slot[1] for tier, _ in pool.tiers):
                found[number, Key("", *slot)] = None
        for number, key in found:
            if self.bids[number].side == side:
                yield number, key

    def strangers(self, slot: Slot, side: int) -> Iterator[tuple[int, Key]]:
        """Yield those of one side who hold nothing of a slot but might, and the line they would.

        Whether they may is for `may_take`. A mode that needs more than the bundle names a pool.
        """
        product, tier, interval = slot
        places = [pool for pool, has in self.context.pools.items() if has.product == product]
        for number, bid in enumerate(self.bids):
            if bid.side != side or number in self.pools:
                continue
            if not isinstance(bid, Workload):
                yield number, Key("", product, tier, interval)
                continue
            for _, mode in bid.modes:
                for pool in places if mode.needs(product) else [""]:
                    yield number, Key(mode.id, product, tier, interval, pool)

    def may_give(self, number: int, key: Key, *, is_last: bool = False) -> bool:
        """Tell whether a unit may go: a pool's least output and chosen chips hold it back.

        As the last way out, a unit of each tier may be missing of the least output.
        """
        pool = self.pools.get(number)
        if pool is None:
            return True
        named = self.named.get((pool.id, key.tier, key.interval), 0)
        if self.traded[number][key] - self.unit < named:
            return False
        used, scale = pool.used(self.hour(number, key, -self.unit))
        missing = pool.missing_max(self.unit) if is_last else 0
        return used[key.interval] >= self.least_parts(number, key.interval) * scale - missing

    def may_take(self, number: int, key: Key) -> bool:
        """Tell whether one more unit keeps every row: its own limits, budget, name and stock."""
        bid = self.bids[number]
        if not self.tariff.has_price(*key[1:4]):
            return False
        after = self._with(number, key, self.unit)
        if next(iter(bid.violations(self.context, after)), None) is not None:
            return False
        if key.pool and not self._is_in_stock(number, key):
            return False
        if isinstance(bid, Workload) and bid.spend_microusd is not None:
            more = self._price_usd(number, key, self.unit) * MICROUSD_PER_USD
            return self.spent_microusd(number) + more <= bid.spend_microusd
        return True

    def _is_in_stock(self, number: int, key: Key) -> bool:
        """Tell whether the pool chosen by name has one more chip of the tier, and its needs."""
        owner = self.numbers[key.pool]
        sold = self.traded[owner].get(Key("", *key[1:4]), 0)
        if self.named[key.pool, key.tier, key.interval] + self.unit > sold:
            return False
        pool, rest = self.pools[owner], self.rest[owner]
        return all(
            self.sides[key.pool, resource, key.interval] + units * self.unit
            <= pool.stock(resource, key.interval, rest) * HUNDREDTHS
            for resource, units in self.bids[number].needs(key.mode, key.product).items()
        )

    def least_parts(self, number: int, interval: int) -> int:
        """Give a pool's least output in millionths of a hundredth of a chip; 0 while off."""
        pool = self.pools[number]
        is_on = pool.is_on(self.rest[number], interval)
        return pool.output_min_ppm * pool.inventory_hundredths[interval] if is_on else 0

    def spent_microusd(self, number: int) -> int:
        """Give what a buyer pays for what it holds now, uplift left out."""
        bid, total = self.bids[number], 0
        for key, quantity in self.traded[number].items():
            needs = bid.needs(key.mode, key.product) if key.pool else {}
            total += self.tariff.line_microusd(key, needs, quantity)
        for gang in self.rest[number].gangs:
            total += self.tariff.gang_microusd(gang, bid.needs(gang.mode, gang.product))
        return total
