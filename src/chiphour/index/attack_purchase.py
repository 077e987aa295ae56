"""ATTACK_PURCHASE: the least that must be spent on renting offers away for a fix to move.

Takes   a target: venues with rates, the machines of their books, the rule.
Gives   `Search`: the cheapest purchase found that makes the fix as wanted, and an amount for which
        none does.
Keeps   every purchase one that was put through the rule: it does move the fix. The amount stays a
        bound whenever the work is cut off; where it is what the purchase costs, that is the least.
Source  docs/methodology/attack-cost.md; decision 0022.

Each book is in one of some parts: it stays, its rate moves within a range, it is too thin or empty.
For ranges the rule says where the fix can be. The cheapest parts come first; where the fix cannot
be as wanted they are left out, else the widest range is cut in two.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from heapq import heappop
from heapq import heappush
from itertools import product
from typing import NamedTuple

from chiphour.index.attack_books import Book
from chiphour.index.attack_books import Choice
from chiphour.index.attack_books import Cost
from chiphour.index.attack_books import Part
from chiphour.index.attack_books import Wanted
from chiphour.index.attack_books import cost_of
from chiphour.index.attack_rule import Span
from chiphour.index.attack_rule import outcome_of
from chiphour.index.attack_rule import span_of
from chiphour.index.attack_venues import Target
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import div_floor

CASES_MAX = 700


class Purchase(NamedTuple):
    """Machines to rent, by venue and key, what they cost in all, and twice the fix without them."""

    cost_nanousd: int
    machines: tuple[tuple[str, str], ...]
    gpus: int
    fix_doubled: int


class Open(NamedTuple):
    """A case that the search did not settle: what it costs at least, how far the fix may go."""

    at_least_nanousd: int
    fix_doubled: int


class Search(NamedTuple):
    """The cheapest purchase found, and what could still be cheaper."""

    purchase: Purchase | None
    open: tuple[Open, ...]

    def at_least_nanousd(self) -> int | None:
        """Give an amount that no purchase undercuts; None where none makes the fix as wanted."""
        amounts = [case.at_least_nanousd for case in self.open]
        if self.purchase is not None:
            amounts.append(self.purchase.cost_nanousd)
        return min(amounts, default=None)


_Case = tuple[int, int, tuple[Part, ...]]  # What it costs at least, its number, each book's part.


def cheapest_purchase(
    target: Target, wanted: Wanted, cost: Cost, known: Purchase | None = None
) -> Search:
    """Give the least that must be spent for the fix to be as wanted, `known` being one way."""
    venues = [venue for venue in target.venues if venue.rate is not None and venue.machines]
    books = [Book(venue, cost, target.parameters) for venue in venues]
    return _Cases(target, books, wanted, known).run()


def priced(target: Target, purchase: Purchase, cost: Cost) -> Purchase:
    """Give a purchase with what it costs for an hour, or for as long as it is carried."""
    named = set(purchase.machines)
    rented = [m for v in target.venues for m in v.machines if (v.name, m.key) in named]
    return purchase._replace(cost_nanousd=sum(cost_of(machine, cost) for machine in rented))


def fix_doubled_of(target: Target, rates: Mapping[str, int | None]) -> int | None:
    """Give twice the fix with some venues' rates other than they are."""
    members = target.members(rates)
    return outcome_of(list(members.values()), target.measure, target.parameters).fix_doubled


class _Cases:
    """What the books can become together: the cheapest first, until nothing cheaper is left."""

    def __init__(
        self, target: Target, books: Sequence[Book], wanted: Wanted, known: Purchase | None
    ) -> None:
        self._target = target
        self._books = books
        self._wanted = wanted
        self._names = [book.venue.name for book in books]
        self._heap: list[_Case] = []
        self._made = 0
        self._best = known
        self._failed: set[tuple[int | None, ...]] = set()  # Rates of books that do not do.
        self._open: list[Open] = []

    def run(self) -> Search:
        """Give the cheapest purchase found, and what no other undercuts."""
        for parts in product(*[book.parts() for book in self._books]):
            self._add(parts)
        for taken in product(*[book.ladder() for book in self._books]):
            self._try(taken)
        while self._heap and self._is_cheaper(self._heap[0][0]):
            if self._made > CASES_MAX:
                break
            self._cut(heappop(self._heap)[2])
        for _, _, parts in self._heap:
            self._leave(parts)
        return Search(
            self._best, tuple(one for one in self._open if self._is_cheaper(one.at_least_nanousd))
        )

    def _is_cheaper(self, cost_nanousd: int) -> bool:
        return self._best is None or cost_nanousd < self._best.cost_nanousd

    def _leave(self, parts: Sequence[Part]) -> None:
        """Leave a case open; the fix may go to the end of where it can be."""
        span = self._span(parts)
        assert span is not None
        far = span.high if self._wanted(span.high) else span.low
        self._open.append(Open(sum(part.at_least for part in parts), far))

    def _add(self, parts: tuple[Part, ...]) -> None:
        """Add a case unless it is too dear or the fix cannot be as wanted; try its choices."""
        at_least = sum(part.at_least for part in parts)
        if not self._is_cheaper(at_least):
            return
        span = self._span(parts)
        if span is None or not (self._wanted(span.low) or self._wanted(span.high)):
            return
        self._made += 1
        heappush(self._heap, (at_least, self._made, parts))
        for taken in product(*[part.choices for part in parts]):
            self._try(taken)

    def _span(self, parts: Sequence[Part]) -> Span | None:
        """Give where twice the fix can be."""
        ranges = dict(zip(self._names, parts, strict=True))
        lows: dict[str, list[int]] = {}
        highs: dict[str, list[int]] = {}
        for venue in self._target.venues:
            part = ranges.get(venue.name)
            low = venue.rate if part is None else part.low
            high = venue.rate if part is None else part.high
            if low is not None and high is not None:
                lows.setdefault(venue.owner, []).append(low)
                highs.setdefault(venue.owner, []).append(high)
        rates = [
            Span(
                div_floor(_doubled_middle(lows[owner]), 2),
                div_ceil(_doubled_middle(highs[owner]), 2),
            )
            for owner in sorted(lows)
        ]
        return span_of(rates, self._target.measure, self._target.parameters)

    def _try(self, taken: Sequence[Choice]) -> None:
        """Put a purchase through the rule and keep it if it is the cheapest that works."""
        cost_nanousd = sum(choice.cost_nanousd for choice in taken)
        if not self._is_cheaper(cost_nanousd):
            return
        rates = {name: choice.rate for name, choice in zip(self._names, taken, strict=True)}
        known = tuple(rates.values())
        if known in self._failed:
            return
        fix_doubled = fix_doubled_of(self._target, rates)
        if fix_doubled is None or not self._wanted(fix_doubled):
            self._failed.add(known)
            return
        rented = [
            (name, machine)
            for name, choice in zip(self._names, taken, strict=True)
            for machine in choice.rented
        ]
        machines = tuple(sorted((name, machine.key) for name, machine in rented))
        gpus = sum(machine.gpus for _, machine in rented)
        self._best = Purchase(cost_nanousd, machines, gpus, fix_doubled)

    def _cut(self, parts: tuple[Part, ...]) -> None:
        """Cut the widest range of a case in two; a case without one stays open."""
        widths = [
            div_ceil((part.high - part.low) * PPM, part.low)
            if part.low is not None and part.high is not None
            else 0
            for part in parts
        ]
        at = widths.index(max(widths))
        if widths[at] == 0:
            self._leave(parts)
            return
        for half in self._books[at].halves(parts[at]):
            self._add((*parts[:at], half, *parts[at + 1 :]))


def _doubled_middle(rates: Sequence[int]) -> int:
    ordered = sorted(rates)
    return ordered[div_floor(len(rates) - 1, 2)] + ordered[div_floor(len(rates), 2)]
