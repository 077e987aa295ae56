"""ATTACK_REMOVAL: the least that must be spent for half the weight of a book to lie past a rate.

Takes   the machines of one book, which of them lie short of the rate, what each costs.
Gives   `Removal`: an amount that no set of machines undercuts, and the cheapest set that was found.
Keeps   the amount a bound whenever the work is cut off; where it is the cost of the set, that is
        the least there is.
Source  docs/methodology/attack-cost.md, "Renting offers away"; decision 0022.

Two facts make this small. Under the host cap, putting a machine back that lies past the rate never
takes half of the weight from there, and taking one more away that lies short never does either: so
only short machines go, of each host the cheapest first. And machines of hosts that stay under the
cap all weigh the same: they are one pool. What is left to choose is a number of machines for each
host that the cap may reach. A box of such numbers costs at least what its low corner costs and does
at most what its high corner does; boxes are halved, the cheapest first. With fewer hosts than the
rule caps, each weighs the same: those that are kept are chosen, and within them it is the same.
"""

from bisect import bisect_right
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from heapq import heappop
from heapq import heappush
from itertools import accumulate
from math import prod
from typing import NamedTuple

from chiphour.index.attack_venues import Rentable
from chiphour.index.parameters import Parameters
from chiphour.units import PPM
from chiphour.units import div_floor

COUNTS_MAX = 6_000  # Numbers of machines, over the corners of all boxes.
COUNTS_MAX_OF_LARGE = 300  # In books of over a hundred machines: one more or less matters little.
TOUCHED_MAX = 10_000  # Machines, over all sets of hosts to keep.
APART_UP_TO = 8  # Hosts that are chosen for themselves: all, or those that the cap may reach.


class Removal(NamedTuple):
    """An amount that nobody undercuts, None where it cannot be done; the cheapest set found."""

    at_least: int | None
    cost: int | None
    rented: tuple[Rentable, ...]


class _Kind(NamedTuple):
    """Machines of one host, or of the pool, that may go: what the cheapest of them cost."""

    host: int  # Its place among the hosts of a case.
    is_short: bool
    costs: tuple[int, ...]  # Of the 0, 1, 2 ... cheapest.
    cheapest: tuple[Rentable, ...]


_Left = tuple[int, int, int]  # Machines of a host; how many of them lie short, and beyond.


class _Case(NamedTuple):
    """Hosts and what of them may go, a pool, what is gone before; and whether the cap applies."""

    hosts: tuple[_Left, ...]
    kinds: tuple[_Kind, ...]
    pool: _Kind
    pooled: _Left
    gone: tuple[Rentable, ...]
    spent: int
    capped: bool
    hosts_min: int  # Hosts that must be left; 0 where the pool has enough of them.
    loose: bool  # The last host is the pool, of which so many of each kind go.


class _Box(NamedTuple):
    """So many machines of each kind go, from `low` to `high`. The cheapest comes first."""

    at_least: int
    number: int
    case: _Case
    low: tuple[int, ...]
    high: tuple[int, ...]


class Question(NamedTuple):
    """What is asked of a book: prices, and what may hold no more than half of the weight.

    That is what lies short, and with `is_beyond` also what lies beyond: then the rate is pinned.
    With `strict` each must hold less than half. Where `both` is set machines beyond may go too.
    `accepts` tells whether a set of rented machines makes of the book what was wanted of it;
    `known` is a set that does, if one is at hand. What is in `gone` goes, in `kept` stays.
    """

    price: Callable[[Rentable], int]
    is_short: Callable[[Rentable], bool]
    strict: bool
    accepts: Callable[[Sequence[Rentable]], bool]
    known: Sequence[Rentable] | None = None
    is_beyond: Callable[[Rentable], bool] | None = None
    both: bool = False
    gone: tuple[Rentable, ...] = ()
    kept: tuple[Rentable, ...] = ()


def least_removal(
    machines: Sequence[Rentable], question: Question, parameters: Parameters
) -> Removal:
    """Find what must be rented for half of a book's weight not to lie short."""
    if any(machine.hours == 0 for machine in question.gone):
        return Removal(None, None, ())
    gone = {machine.key for machine in question.gone}
    left = [machine for machine in machines if machine.key not in gone]
    room = sum(machine.hours > 0 for machine in left) - parameters.book_machines_min
    if room < 0:
        return Removal(None, None, ())
    return _Search(left, question, room, parameters).run()


class _Search:
    """Halves boxes, the cheapest first, until none could hold anything cheaper."""

    def __init__(
        self,
        left: Sequence[Rentable],
        question: Question,
        room: int,
        parameters: Parameters,
    ) -> None:
        self._question = question
        self._parameters = parameters
        self._room = room
        self._heap: list[_Box] = []
        self._made = 0
        self._counts = 0
        self._most = COUNTS_MAX if len(left) <= 100 else COUNTS_MAX_OF_LARGE
        self._open: int | None = None  # The cheapest that is neither done nor ruled out.
        self._best: tuple[int, tuple[Rentable, ...]] | None = None
        if question.known is not None:
            self._best = self._priced(question.known), tuple(question.known)
        of_host: dict[str, list[Rentable]] = {}
        for machine in left:
            of_host.setdefault(machine.host, []).append(machine)
        self._of_host = [of_host[host] for host in sorted(of_host)]

    def run(self) -> Removal:
        """Give the cheapest set found, and what no other undercuts."""
        for case in self._cases():
            spare = 0 if case.capped else 1  # Of a host that is kept one machine stays.
            high = tuple(
                min(len(kind.cheapest), case.hosts[kind.host][0] - spare) for kind in case.kinds
            )
            self._add(case, (0,) * len(high), high)
        while self._heap and self._is_of_use(self._heap[0].at_least):
            if self._counts > self._most:
                self._leave(self._heap[0].at_least)
                break
            self._halve(heappop(self._heap))
        if self._best is None:
            return Removal(self._open, None, ())
        cost, rented = self._best
        return Removal(cost if self._open is None else min(cost, self._open), cost, rented)

    def _is_of_use(self, at_least: int) -> bool:
        """Tell whether a box could hold a cheaper set, or bring the bound up."""
        if self._best is not None:
            return at_least < self._best[0]
        return self._open is None or at_least < self._open

    def _priced(self, rented: Iterable[Rentable]) -> int:
        return sum(self._question.price(machine) for machine in rented)

    def _leave(self, at_least: int) -> None:
        self._open = at_least if self._open is None else min(self._open, at_least)

    def _cases(self) -> Iterator[_Case]:
        """Give the case in which the cap applies, and each in which too few hosts are kept."""
        gone = self._question.gone
        spent = self._priced(gone)
        least = self._parameters.capped_hosts_min
        if len(self._of_host) >= least:
            apart, pooled = self._apart()
            flat = [machine for machines in pooled for machine in machines]
            hosts_min = 0 if pooled else least
            yield self._case(apart, flat, gone, spent, True, hosts_min)
        most = div_floor(TOUCHED_MAX, sum(map(len, self._of_host)))
        for tried, (kept, price) in enumerate(self._kept(least - 1)):
            if self._counts > self._most or tried > most:
                self._leave(spent + price)
                return
            if self._is_too_few(kept):
                continue
            names = {machines[0].host for machines in kept}
            rest = [m for each in self._of_host if each[0].host not in names for m in each]
            yield self._case(kept, [], (*gone, *rest), spent + price, False, len(kept))

    def _case(
        self,
        hosts: Sequence[Sequence[Rentable]],
        pooled: Sequence[Rentable],
        gone: tuple[Rentable, ...],
        spent: int,
        capped: bool,
        hosts_min: int,
    ) -> _Case:
        sides = (True, False) if self._question.both else (True,)
        loose = self._question.both and bool(pooled)
        if loose:
            hosts, pooled = [*hosts, pooled], []
        return _Case(
            hosts=tuple(self._left(machines) for machines in hosts),
            kinds=tuple(
                self._kind(machines, at, side)
                for at, machines in enumerate(hosts)
                for side in sides
            ),
            pool=self._kind(pooled, 0, True),
            pooled=self._left(pooled),
            gone=gone,
            spent=spent,
            capped=capped,
            hosts_min=hosts_min,
            loose=loose,
        )

    def _left(self, machines: Sequence[Rentable]) -> _Left:
        is_beyond = self._question.is_beyond
        return (
            len(machines),
            sum(self._question.is_short(machine) for machine in machines),
            0 if is_beyond is None else sum(is_beyond(machine) for machine in machines),
        )

    def _kind(self, machines: Sequence[Rentable], host: int, is_short: bool) -> _Kind:
        price, kept = self._question.price, self._question.kept
        side = self._question.is_short if is_short else self._question.is_beyond
        assert side is not None
        may_go = [m for m in machines if m.hours and side(m) and m not in kept]
        ranked = sorted(may_go, key=lambda machine: (price(machine), machine.key))
        costs = tuple(accumulate((price(machine) for machine in ranked), initial=0))
        return _Kind(host, is_short, costs, tuple(ranked))

    def _kept(self, most: int) -> Iterator[tuple[list[list[Rentable]], int]]:
        """Give the sets of at most so many hosts that can be kept, the cheapest first.

        With what renting all others costs. It ends where that alone is too much.
        """
        fixed = [one for one in self._of_host if any(machine.hours == 0 for machine in one)]
        free = [one for one in self._of_host if all(machine.hours for machine in one)]
        if len(fixed) > most:
            return
        worth = {one[0].host: self._priced(one) for one in free}
        free.sort(key=lambda one: (-worth[one[0].host], one[0].host))
        ranked = [worth[one[0].host] for one in free]
        whole = sum(ranked)
        # Places kept, growing; the next set either takes one more or moves its last one on.
        first = tuple(range(min(most - len(fixed), len(free))))
        heap = [(whole - sum(ranked[at] for at in first), first)]
        seen = {first}
        while heap:
            price, places = heappop(heap)
            if self._best is not None and price >= self._best[0]:
                return
            if places or fixed:
                yield [*fixed, *(free[at] for at in places)], price
            for further in _worse(places, len(free)):
                if further not in seen:
                    seen.add(further)
                    heappush(heap, (whole - sum(ranked[at] for at in further), further))

    def _is_too_few(self, kept: Sequence[Sequence[Rentable]]) -> bool:
        """Tell whether a book with machines of these hosts alone is too thin in any case."""
        present = [machine for machines in kept for machine in machines if machine.hours]
        named = {host for machine in present for host in machine.hosts} - {""}
        return len(named) < self._parameters.book_hosts_min and any(
            machines[0].host and all(machine.hours for machine in machines) for machines in kept
        )

    def _apart(self) -> tuple[list[list[Rentable]], list[list[Rentable]]]:
        """Part the hosts that the cap may reach from those that it cannot.

        No more machines go than the cheapest that cost as much as the best set known; so far can
        the cap come down. Where it would reach too many hosts, sets of more machines stay open:
        they cost at least as much as so many of the cheapest.
        """
        if len(self._of_host) <= APART_UP_TO:
            return self._of_host, []
        everything = [machine for machines in self._of_host for machine in machines]
        costs = self._kind(everything, 0, True).costs
        if self._question.both:
            kinds = self._kind(everything, 0, True), self._kind(everything, 0, False)
            prices = sorted(self._question.price(m) for kind in kinds for m in kind.cheapest)
            costs = tuple(accumulate(prices, initial=0))
        most = min(len(costs) - 1, self._room)
        spent = self._priced(self._question.gone)
        if self._best is not None:
            within = bisect_right(costs, self._best[0] - spent) - 1
            most = min(most, max(0, within))
        sizes = sorted(map(len, self._of_host), reverse=True)
        low, high = 0, most + 1
        while high - low > 1:
            middle = div_floor(low + high, 2)
            if self._reached(sizes, middle) <= APART_UP_TO:
                low = middle
            else:
                high = middle
        if low < most:
            self._leave(spent + costs[low + 1])
        ranked = sorted(self._of_host, key=lambda machines: -len(machines))
        count = self._reached(sizes, low)
        return ranked[:count], ranked[count:]

    def _reached(self, sizes: Sequence[int], gone: int) -> int:
        """Count the hosts, the largest first, that the cap can reach when so many machines go."""
        share = self._parameters.host_share_max_ppm
        rest, above = sum(sizes) - gone, 0
        while (
            above < len(sizes)
            and share * above < PPM
            and sizes[above] * (PPM - share * above) > share * rest
        ):
            rest -= sizes[above]
            above += 1
        under = PPM - share * above  # The cap is share * rest / under, or comes to nothing.
        if under <= 0 or rest <= 0:
            return len(sizes)
        return sum(size * under > share * rest for size in sizes)

    def _add(self, case: _Case, low: tuple[int, ...], high: tuple[int, ...]) -> None:
        """Add a box unless nothing in it will do; note what its low corner does."""
        if _hosts_left(case, low) < case.hosts_min:
            return
        price = case.spent + _price_of(case, low)
        most, least = _corner(case, high, low), _corner(case, low, high)
        pooled = 0
        if _hosts_left(case, most) >= case.hosts_min:
            needed = self._needed(case, most)
            if needed is None:
                return
            pooled = needed
        if _hosts_left(case, least) >= case.hosts_min and self._is_beyond(case, least, 0):
            return
        price += case.pool.costs[pooled]
        going = sum(low) + pooled + len(case.gone) - len(self._question.gone)
        if going > self._room or (self._best is not None and price >= self._best[0]):
            return
        self._made += 1
        self._counts += len(low)
        heappush(self._heap, _Box(price, self._made, case, low, high))
        self._note(case, low)

    def _note(self, case: _Case, chosen: tuple[int, ...]) -> None:
        """Keep what a corner does if it is the cheapest yet and does what is wanted."""
        pooled = self._needed(case, chosen)
        if pooled is None:
            return
        price = case.spent + _price_of(case, chosen) + case.pool.costs[pooled]
        if self._best is not None and price >= self._best[0]:
            return
        taken = [kind.cheapest[:count] for kind, count in zip(case.kinds, chosen, strict=True)]
        rented = (*case.gone, *case.pool.cheapest[:pooled], *(m for each in taken for m in each))
        if self._question.accepts(rented):
            self._best = price, rented

    def _halve(self, box: _Box) -> None:
        """Halve a box across the kind whose machines differ most in cost."""
        if self._is_missed(box):
            return
        spread = [
            kind.costs[high] - kind.costs[low]
            for kind, low, high in zip(box.case.kinds, box.low, box.high, strict=True)
        ]
        if not any(spread):  # One choice, which was noted; another set may do as much for it.
            self._leave(box.at_least)
            return
        at = spread.index(max(spread))
        middle = div_floor(box.low[at] + box.high[at], 2)
        self._add(box.case, box.low, (*box.high[:at], middle, *box.high[at + 1 :]))
        self._add(box.case, (*box.low[:at], middle + 1, *box.low[at + 1 :]), box.high)

    def _is_missed(self, box: _Box) -> bool:
        """Tell whether a box of one choice brings too much beyond."""
        if box.low != box.high:
            return False
        pooled = self._needed(box.case, box.low)
        return pooled is None or self._is_beyond(box.case, box.low, pooled)

    def _is_beyond(self, case: _Case, gone: Sequence[int], pooled: int) -> bool:
        """Tell whether too much of the weight lies beyond, where that matters."""
        if self._question.is_beyond is None:
            return False
        return self._excess(case, gone, pooled, 2) >= (0 if self._question.strict else 1)

    def _needed(self, case: _Case, gone: Sequence[int]) -> int | None:
        """Give how few machines of the pool must go too; None where all are not enough."""
        most = 0 if self._question.strict else 1
        low, high = -1, len(case.pool.cheapest)
        if self._excess(case, gone, high) >= most:
            return None
        while high - low > 1:
            middle = div_floor(low + high, 2)
            if self._excess(case, gone, middle) < most:
                high = middle
            else:
                low = middle
        return high

    def _excess(self, case: _Case, gone: Sequence[int], pooled: int, side: int = 1) -> int:
        """Give, times something above zero, by how much the weight of a side exceeds the other."""
        left = [(one[0], one[side]) for one in _left_of(case, gone)]
        if not case.capped:
            return _excess_alike(left)
        pool = case.pooled[0] - pooled, case.pooled[side] - (pooled if side == 1 else 0)
        if case.loose:
            pool = left.pop()
        return _excess_capped(left, pool, self._parameters.host_share_max_ppm)


def _worse(places: tuple[int, ...], count: int) -> Iterator[tuple[int, ...]]:
    """Give the sets of places that are one step less worth: one moved on, or the last left out."""
    for at, place in enumerate(places):
        end = places[at + 1] if at + 1 < len(places) else count
        if place + 1 < end:
            yield (*places[:at], place + 1, *places[at + 1 :])
    if places:
        yield places[:-1]


def _price_of(case: _Case, gone: Sequence[int]) -> int:
    return sum(kind.costs[count] for kind, count in zip(case.kinds, gone, strict=True))


def _corner(case: _Case, short: Sequence[int], other: Sequence[int]) -> tuple[int, ...]:
    """Give so many of the short ones and so many of the others."""
    each = zip(case.kinds, short, other, strict=True)
    return tuple(one if kind.is_short else another for kind, one, another in each)


def _hosts_left(case: _Case, gone: Sequence[int]) -> int:
    return sum(left[0] > 0 for left in _left_of(case, gone))


def _left_of(case: _Case, gone: Sequence[int]) -> list[_Left]:
    """Give what is left of the hosts when so many of each kind are gone."""
    left = list(case.hosts)
    for kind, count in zip(case.kinds, gone, strict=True):
        size, short, beyond = left[kind.host]
        if kind.is_short:
            left[kind.host] = size - count, short - count, beyond
        else:
            left[kind.host] = size - count, short, beyond - count
    return left


def _excess_capped(left: Sequence[tuple[int, int]], pool: tuple[int, int], share_ppm: int) -> int:
    """Give the excess under the host cap."""
    ordered = sorted(left, reverse=True)
    rest = pool[0] + sum(size for size, _ in ordered)
    under, above = PPM, 0
    while above < len(ordered) and ordered[above][0] * under > share_ppm * rest and under > 0:
        rest -= ordered[above][0]
        under -= share_ppm
        above += 1
    excess = 2 * pool[1] - pool[0] + sum(2 * short - size for size, short in ordered[above:])
    if above == 0:
        return excess
    if rest <= 0:
        return -1  # Nothing is left under the cap: no bound is known.
    sizes = prod(size for size, _ in ordered[:above])
    at_cap = sum((2 * short - size) * (sizes // size) for size, short in ordered[:above])
    return excess * under * sizes + share_ppm * rest * at_cap


def _excess_alike(left: Sequence[tuple[int, int]]) -> int:
    """Give the excess where each host weighs the same."""
    sizes = prod(size for size, _ in left if size)
    return sum((2 * short - size) * (sizes // size) for size, short in left if size)
