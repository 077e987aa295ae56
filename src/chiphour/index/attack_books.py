"""ATTACK_BOOKS: what becomes of one book when some of its machines are rented.

Takes   a target, one of its books, what a machine costs, which fixes are wanted.
Gives   `Book`: what it costs at least to bring its rate into a range, and sets of machines that do
        it or come near; the rates of one owner at which the fix is as wanted.
Keeps   each rate one that the rule of the book gave, each amount one that no set undercuts. Of
        small books every set of machines is tried; for others see `attack_removal`.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from bisect import bisect_left
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from itertools import product
from math import lcm
from typing import Literal
from typing import NamedTuple

from chiphour.index.attack_removal import Question
from chiphour.index.attack_removal import Removal
from chiphour.index.attack_removal import least_removal
from chiphour.index.attack_rule import stretches
from chiphour.index.attack_venues import Rentable
from chiphour.index.attack_venues import Target
from chiphour.index.attack_venues import Venue
from chiphour.index.attack_venues import book_rate
from chiphour.index.attack_venues import weights_of
from chiphour.index.parameters import Parameters
from chiphour.units import div_floor

EVERY_SET_UP_TO = 12  # Machines to rent: every set of them is tried.
EVERY_MEAN_UP_TO = 48  # Machines: every mean of two rates is told apart.
LADDER = (2, 16, 64, 160, 400)  # Rates away from where it is.

Wanted = Callable[[int], bool]  # Of twice the fix.
Cost = Literal["hour", "carried"]


class Choice(NamedTuple):
    """One book after some of its machines were rented; no rate where it is too thin then."""

    cost_nanousd: int
    rate: int | None
    rented: tuple[Rentable, ...]


class Part(NamedTuple):
    """A range for the rate of a book, both ends included; None where it has none.

    Nothing brings it there for less than `at_least`; the choices are some that may.
    """

    low: int | None
    high: int | None
    at_least: int
    choices: tuple[Choice, ...]


class _Found(NamedTuple):
    """What it costs at least, None where it cannot be; a choice that does it."""

    at_least: int | None
    choice: Choice | None


class Book:
    """A book and what it costs to change it; what was once found is kept."""

    def __init__(self, venue: Venue, cost: Cost, parameters: Parameters) -> None:
        """Start from a book with a rate."""
        assert venue.rate is not None
        self.venue = venue
        self._rate = venue.rate
        self._cost: Cost = cost
        self._parameters = parameters
        self._every = _every_choice(venue, cost, parameters) if is_small(venue) else None
        self._offered = sorted({machine.rate for machine in venue.machines})
        self._means: dict[int, list[tuple[int, int]]] = {}  # Of which two rates each is one.
        if self._every is None and len(venue.machines) <= EVERY_MEAN_UP_TO:
            for pair in combinations(self._offered, 2):
                self._means.setdefault(div_floor(sum(pair), 2), []).append(pair)
        rates = {choice.rate for choice in self._every or () if choice.rate is not None}
        self._rates = sorted(rates or {*self._offered, *self._means})
        self._kept: dict[tuple[int, bool, bool], _Found] = {}

    def parts(self) -> list[Part]:
        """Give all that can become of it: it stays, goes up or down, or is too thin or empty."""
        low, high = min(self._rates[0], self._rate), max(self._rates[-1], self._rate)
        ranges = [(self._rate + 1, high), (low, self._rate - 1)]
        parts = [self.part(*each) for each in ranges if each[0] <= each[1]]
        return [
            Part(self._rate, self._rate, 0, (Choice(0, self._rate, ()),)),
            *(part for part in parts if part is not None),
            *self._closed(),
        ]

    def ladder(self) -> list[Choice]:
        """Give choices that bring it some way up or down: a first look at what may do."""
        found = [Choice(0, self._rate, ())]
        below = bisect_left(self._rates, self._rate)
        above = bisect_right(self._rates, self._rate)
        for step in LADDER:
            for at in (below - step, above + step - 1):
                if 0 <= at < len(self._rates) and (at < below or at >= above):
                    up = at >= above
                    low = self._rates[at] if up else self._rates[0]
                    part = self.part(low, self._rates[-1] if up else self._rates[at])
                    found += part.choices if part is not None else ()
        return found

    def halves(self, part: Part) -> list[Part]:
        """Cut a range in two between rates that machines have; what cannot be is left out."""
        low, high = part.low, part.high
        assert low is not None and high is not None and low < high
        first, last = bisect_right(self._rates, low), bisect_right(self._rates, high)
        if first < last:
            middle = self._rates[div_floor(first + last, 2)]
        elif self._rates[first - 1] == low:
            middle = low + 1
        else:
            middle = div_floor(low + high, 2) + 1
        parts = self.part(low, middle - 1), self.part(middle, high)
        # What is known of the whole holds for its halves.
        return [
            each._replace(at_least=max(each.at_least, part.at_least))
            for each in parts
            if each is not None
        ]

    def part(self, low: int, high: int) -> Part | None:
        """Give a range with what it costs at least; None where no set brings the rate there."""
        if self._every is not None:
            inside = [c for c in self._every if c.rate is not None and low <= c.rate <= high]
            return _part_of_small(inside)
        first, last = bisect_left(self._rates, low), bisect_right(self._rates, high)
        if self._means and first == last:
            return None
        upward = low > self._rate
        goal = low if upward else high
        if self._means and last - first == 1:
            low = high = self._rates[first]
            found = [self._found(each) for each in self._pinned(low, upward)]
        else:
            found = [self._at_half(goal, upward)]
            if bisect_left(self._offered, low) < bisect_right(self._offered, high):
                found.append(self._past(goal, upward))
        bounds = [each.at_least for each in found if each.at_least is not None]
        if not bounds:
            return None
        choices = tuple(each.choice for each in found if each.choice is not None)
        return Part(low, high, min(bounds), choices)

    def _found(self, removal: Removal) -> _Found:
        if removal.cost is None:
            return _Found(removal.at_least, None)
        rate = rate_without(self.venue, removal.rented, self._parameters)
        return _Found(removal.at_least, Choice(removal.cost, rate, removal.rented))

    def _past(self, goal: int, upward: bool) -> _Found:
        """Give the least for which more than half of the weight lies at the goal or past it."""
        at = bisect_left(self._offered, goal) if upward else bisect_right(self._offered, goal) - 1
        goal = self._offered[at]
        if (goal, upward, True) not in self._kept:
            question = self._question(goal, upward)
            question = question._replace(known=self._ranked(question))
            found = least_removal(self.venue.machines, question, self._parameters)
            self._kept[goal, upward, True] = self._found(found)
        return self._kept[goal, upward, True]

    def _has_past(self, goal: int, upward: bool) -> bool:
        return goal <= self._offered[-1] if upward else goal >= self._offered[0]

    def _at_half(self, goal: int, upward: bool) -> _Found:
        """Give the least for which half of the weight lies past the goal, and the mean does too.

        The mean is of a rate short of the goal and one past it, so whatever lies past it by less
        than the nearest short one is short of it must go.
        """
        if (goal, upward, False) not in self._kept:
            question = self._question(goal, upward)._replace(strict=False)
            if self._has_past(goal, upward):  # What does more is not worth more.
                past = self._past(goal, upward).choice
                question = question._replace(known=None if past is None else past.rented)
            short = [m.rate for m in self.venue.machines if question.is_short(m)]
            nearest = max(short) if upward else min(short)
            beyond = 2 * goal - nearest
            question = question._replace(
                gone=tuple(
                    machine
                    for machine in self.venue.machines
                    if not question.is_short(machine)
                    and (machine.rate < beyond if upward else machine.rate > beyond)
                )
            )
            self._kept[goal, upward, False] = self._found(self._balanced(question))
        return self._kept[goal, upward, False]

    def _balanced(self, question: Question) -> Removal:
        """Give the least for which half of the weight lies short.

        Either machines that lie short go alone, or too many of them and another one too.
        """
        over = least_removal(self.venue.machines, question, self._parameters)
        if over.at_least is None or over.at_least == over.cost:
            return over
        others = [
            question.price(machine)
            for machine in self.venue.machines
            if machine.hours and machine not in question.gone and not question.is_short(machine)
        ]
        exact = question._replace(is_beyond=lambda machine: not question.is_short(machine))
        found = least_removal(self.venue.machines, exact, self._parameters)
        bounds = [] if found.at_least is None else [found.at_least]
        bounds += [over.at_least + min(others)] if others else []
        return found._replace(at_least=min(bounds, default=None))

    def _pinned(self, rate: int, upward: bool) -> Iterator[Removal]:
        """Give the least for each way in which the rate is just so: a machine's, or a mean."""
        machines = self.venue.machines
        question = self._question(rate, upward)._replace(
            is_beyond=lambda machine: machine.rate > rate if upward else machine.rate < rate,
            accepts=lambda rented: rate_without(self.venue, rented, self._parameters) == rate,
            both=True,
        )
        if any(machine.rate == rate for machine in machines):
            yield least_removal(machines, question, self._parameters)
        for below, above in self._means.get(rate, ()):
            between = tuple(machine for machine in machines if below < machine.rate < above)
            ends = [
                [machine for machine in machines if machine.rate == end] for end in (below, above)
            ]
            for kept in product(*ends):
                question = question._replace(strict=False, gone=between, kept=kept)
                yield least_removal(machines, question, self._parameters)

    def _question(self, goal: int, upward: bool) -> Question:
        def accepts(rented: Sequence[Rentable]) -> bool:
            rate = rate_without(self.venue, rented, self._parameters)
            return rate is not None and (rate >= goal if upward else rate <= goal)

        return Question(
            price=lambda machine: cost_of(machine, self._cost),
            is_short=lambda machine: machine.rate < goal if upward else machine.rate > goal,
            strict=True,
            accepts=accepts,
        )

    def _ranked(self, question: Question) -> Sequence[Rentable] | None:
        """Rent machines that lie short of the goal, the cheapest for their weight first.

        How many are needed is found by halving.
        """
        machines = self.venue.machines
        short = [machine for machine in machines if machine.hours and question.is_short(machine)]
        short.sort(key=lambda machine: (question.price(machine), machine.key))
        # Did all weigh the same, so many would be enough.
        alike = short[: max(0, 2 * sum(map(question.is_short, machines)) - len(machines) + 1)]
        if alike and question.accepts(alike):
            return alike
        weight_of, _ = weights_of(machines, self._parameters)
        unit = lcm(*set(weight_of.values()))
        short.sort(key=lambda m: (question.price(m) * (unit // weight_of[m.host]), m.key))
        present = sum(machine.hours > 0 for machine in self.venue.machines)
        room = present - self._parameters.book_machines_min
        low, high = 0, min(len(short), room)
        if not question.accepts(short[:high]):
            return None
        while high - low > 1:
            middle = div_floor(low + high, 2)
            if question.accepts(short[:middle]):
                high = middle
            else:
                low = middle
        return short[:high]

    def _closed(self) -> list[Part]:
        """Give what it costs to leave too little of it, and to leave nothing."""
        sets = _closed(self.venue, self._cost, self._parameters)
        found = [_choice(self.venue, each, self._cost, self._parameters) for each in sets]
        every = found if self._every is None else list(self._every)
        parts = []
        thin = tuple(choice for choice in every if choice.rate is None)
        at_least = min(choice.cost_nanousd for choice in found)
        if self._every is None or thin:
            if self._every is not None:
                thin = (min(thin, key=lambda choice: choice.cost_nanousd),)
                at_least = thin[0].cost_nanousd
            parts.append(Part(None, None, at_least, thin))
        if self.venue.else_rate is not None and self._every is None:
            rate = self.venue.else_rate
            parts.append(Part(rate, rate, found[0].cost_nanousd, (found[0],)))
        return parts


def _part_of_small(inside: Sequence[Choice]) -> Part | None:
    """Give the range that some choices span; of one rate the cheapest alone counts."""
    if not inside:
        return None
    rates = [choice.rate for choice in inside if choice.rate is not None]
    least = min(inside, key=lambda choice: choice.cost_nanousd)
    return Part(min(rates), max(rates), least.cost_nanousd, (least,))


def cost_of(machine: Rentable, cost: Cost) -> int:
    """Give what a machine costs: for an hour, or for as long as the rule would carry it."""
    return machine.hour_nanousd * (1 if cost == "hour" else machine.hours)


def is_small(venue: Venue) -> bool:
    """Tell whether every set of a book's machines is tried."""
    return sum(machine.hours > 0 for machine in venue.machines) <= EVERY_SET_UP_TO


def rate_without(venue: Venue, rented: Iterable[Rentable], parameters: Parameters) -> int | None:
    """Give the rate of a book from which machines were rented; None where it is too thin then."""
    gone = {machine.key for machine in rented}
    left = [machine for machine in venue.machines if machine.key not in gone]
    if not any(machine.hours for machine in left):
        return venue.else_rate
    return book_rate(left, parameters)


def good_rates(target: Target, venue: Venue, wanted: Wanted) -> list[tuple[int, int]]:
    """Give the stretches of the owner's rate along which the fix is as wanted."""
    members = target.members()
    others = [rate for owner, rate in members.items() if owner != venue.owner]
    times = 2 * target.parameters.unit_multiple
    top = times * max(*members.values(), target.measure or 0)
    good = []
    for low, high, fix_low, fix_high in stretches(
        others, 1, 1, top, target.measure, target.parameters
    ):
        if fix_low is None or fix_high is None:
            continue
        ends = wanted(fix_low), wanted(fix_high)
        if all(ends):
            good.append((low, high))
        elif any(ends):
            good.append(_good_part((low, fix_low), (high, fix_high), wanted))
    return good


def _good_part(one: tuple[int, int], other: tuple[int, int], wanted: Wanted) -> tuple[int, int]:
    """Cut a straight line of which one end is wanted to the part that is."""
    (low, fix_low), (high, fix_high) = one, other
    run, rise = high - low, fix_high - fix_low
    inside, outside = (low, high) if wanted(fix_low) else (high, low)
    while abs(inside - outside) > 1:
        middle = div_floor(inside + outside, 2)
        if wanted(fix_low + div_floor(rise * (middle - low), run)):
            inside = middle
        else:
            outside = middle
    return (low, inside) if inside < outside else (inside, high)


@lru_cache(maxsize=16)
def _every_choice(venue: Venue, cost: Cost, parameters: Parameters) -> tuple[Choice, ...]:
    """Give, of what every set of a small book's machines makes of it, the cheapest of each rate."""
    rentable = [machine for machine in venue.machines if machine.hours]
    sets = (
        [machine for at, machine in enumerate(rentable) if chosen >> at & 1]
        for chosen in range(1, 1 << len(rentable))
    )
    best: dict[int | None, Choice] = {}
    for rented in sets:
        choice = _choice(venue, rented, cost, parameters)
        if choice.rate not in best or choice.cost_nanousd < best[choice.rate].cost_nanousd:
            best[choice.rate] = choice
    return tuple(best.values())


def _choice(venue: Venue, rented: Sequence[Rentable], cost: Cost, parameters: Parameters) -> Choice:
    price = sum([cost_of(machine, cost) for machine in rented])
    return Choice(price, rate_without(venue, rented, parameters), tuple(rented))


def _closed(venue: Venue, cost: Cost, parameters: Parameters) -> list[Sequence[Rentable]]:
    """Give the cheapest sets that leave nothing, too few machines, polls or hosts."""
    rentable = [machine for machine in venue.machines if machine.hours]
    ranked = sorted(rentable, key=lambda machine: (cost_of(machine, cost), machine.key))
    sets: list[Sequence[Rentable]] = [ranked]
    sets.append(ranked[: len(ranked) - parameters.book_machines_min + 1])
    for kept in _few_hosts(rentable, cost, parameters.book_hosts_min - 1):
        sets.append([machine for machine in rentable if not machine.hosts <= {"", *kept}])
    polls = sorted({poll for machine in rentable for poll in machine.polls})
    for few in combinations(polls, min(parameters.book_polls_min - 1, len(polls))):
        sets.append([machine for machine in rentable if not machine.polls <= set(few)])
    return sets


def _few_hosts(rentable: Sequence[Rentable], cost: Cost, most: int) -> Iterator[frozenset[str]]:
    """Give so many named hosts at most that can be kept: the dearest, or those of one machine."""
    worth: Counter[frozenset[str]] = Counter()
    for machine in rentable:
        worth[machine.hosts - {""}] += cost_of(machine, cost)
    single = [named for named in worth if len(named) == 1]
    single.sort(key=lambda named: (-worth[named], *named))
    several = [named for named in worth if 1 < len(named) <= most]
    for named in (frozenset[str](), *several):
        others = [each for each in single if not each <= named]
        yield named.union(*others[: most - len(named)])
