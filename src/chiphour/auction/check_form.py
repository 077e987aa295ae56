"""CHECK_FORM: whether a result is one of this run at all: names, places, signs, nothing twice.

Takes   an instance and a result, whoever made it.
Gives   `Case`: both, with what every rule asks of them; `FORM`, the first rules of the check.
Keeps   whatever a result holds, a violation and no exception: later rules may trust every name.
Source  docs/formulation/auction.md, section 7.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from chiphour.auction.award import Line
from chiphour.auction.award import Part
from chiphour.auction.bids import Bid
from chiphour.auction.bids.reserve import Reserve
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Violation
from chiphour.auction.held import Context
from chiphour.auction.held import Duals
from chiphour.auction.held import Held
from chiphour.auction.instance import Instance
from chiphour.auction.result import PPB
from chiphour.auction.result import STATUSES
from chiphour.auction.result import Result

_NONE = ((), (), ())  # What pools alone have.


class Case(NamedTuple):
    """A run and what is claimed of it. `instance` is the run with its budgets as the result says.

    `given` is the run as it was given; `bids` by id; `held` what each of them holds by the award.
    `first_slots`: of each product and tier.
    """

    given: Instance
    instance: Instance
    result: Result
    context: Context
    bids: Mapping[str, Bid]
    held: Mapping[str, Held]
    first_slots: Mapping[tuple[str, str], int]

    @property
    def grid(self) -> Grid:
        """Give the grid of the run."""
        return self.instance.grid


Rule = Callable[[Case], Iterator[Violation]]


def case(given: Instance, result: Result) -> Case:
    """Put a run as it was given and a result side by side."""
    instance = given
    if result.reference is not None or result.scaled:
        instance = given.at_prices(result.reference, result.scaled)
    bids = instance.bid_by_id
    held = {part.id: part.held for part in result.award.parts}
    first_slots = instance.grid.first_slots
    return Case(given, instance, result, instance.context, bids, held, first_slots)


def run(case: Case) -> Iterator[Violation]:
    """Yield another run's number, root or rule of pricing, and words that no result has."""
    result, given = case.result, case.given
    if (result.run, result.root) != (given.run, given.root):
        yield Violation("run", "root", f"{given.run} {given.root}", f"{result.run} {result.root}")
    if result.pricing != given.pricing:
        yield Violation("run", "pricing", given.pricing, result.pricing)
    if result.status not in STATUSES:
        yield Violation("run", "status", " or ".join(STATUSES), result.status)
    gap = result.claimed_gap_ppb
    if gap is not None and gap < 0:
        yield Violation("run", "claimed gap", "a share not below zero", str(gap))
    for bid, share in result.scaled.items():
        if bid not in case.bids or not 0 <= share <= PPB:
            yield Violation("scaled", bid, "a bid of this run and a share of one", str(share))


def duals(case: Case) -> Iterator[Violation]:
    """Yield multipliers that prove nothing: of an unknown place, or of a sign none may have."""
    result, grid = case.result, case.grid
    if len(result.prices) != grid.slots:
        yield Violation("prices", "all", f"{grid.slots} prices", str(len(result.prices)))
    named = {"fixed": result.fixed, "relaxed": result.relaxed, "reference": result.reference}
    for name, found in named.items():
        if found is not None:
            if len(found.slots) != grid.slots:
                yield Violation("duals", name, f"{grid.slots} slots", str(len(found.slots)))
            yield from _unknown(case, name, found)
            yield from _signs(case, name, found)


def _unknown(case: Case, name: str, found: Duals) -> Iterator[Violation]:
    """Yield multipliers of a pool, tier, region, bid or interval that the run does not have."""
    grid, pools = case.grid, case.context.pools
    within = range(grid.intervals)
    tiers, regions = grid.tier_numbers, grid.regions
    strangers = (
        [key for key in found.pools if key[0] not in pools or key[1] not in within],
        [k for k in found.premiums if k[0] not in pools or k[1] not in tiers or k[2] not in within],
        [key for key in found.sides if key[0] not in pools or key[2] not in within],
        [key for key in found.reserve if key[0] not in regions or key[1] not in within],
        [key for key in found.work if key[0] not in case.bids],
        [key for key in found.budgets if key not in case.bids],
    )
    for keys in strangers:
        for key in keys:
            yield Violation("duals", name, "names and intervals of this run", str(key))


def _signs(case: Case, name: str, found: Duals) -> Iterator[Violation]:
    """Yield multipliers below zero of rows that hold from one side only (eq. 12)."""
    one_sided: tuple[Mapping[Any, int], ...] = (
        found.premiums,
        found.sides,
        found.reserve,
        found.budgets,
    )
    for given in one_sided:
        for key, dual in given.items():
            if dual < 0:
                yield Violation("duals", f"{name} {key}", "a multiplier not below zero", str(dual))
    for (bid, mode, factor), dual in found.work.items():
        if dual < 0 and not _may_be_negative(case, bid, mode):
            where = f"{name} {bid} {mode} {factor}"
            yield Violation("duals", where, "a value of work not below zero", str(dual))


def _may_be_negative(case: Case, bid: str, mode: str) -> bool:
    """Tell whether work may cost: where prices may be negative and all must be used (eq. 1)."""
    if case.grid.disposal_is_free or bid not in case.bids:
        return False
    modes: list[dict[str, Any]] = case.bids[bid].fields(case.grid).get("modes", [])
    rows = [row for m in modes if m["id"] == mode for row in m["perf"]]
    rates = [row["units_per_chip_hour"] for row in rows]
    one_factor = all(isinstance(rate, str) or len(rate) == 1 for rate in rates)
    return one_factor and not any("scale" in row for row in rows)


def parts(case: Case) -> Iterator[Violation]:
    """Yield parts of nobody, of another's account or side, given twice, or of another's shape."""
    for part in case.result.award.parts:
        bid = case.bids.get(part.id)
        if bid is None:
            yield Violation("participant", part.id, "a bid of this run", "none")
            continue
        if (part.account, part.side) != (bid.account, bid.side):
            expected, found = f"{bid.account, bid.side}", f"{part.account, part.side}"
            yield Violation("participant", part.id, f"account and side {expected}", found)
        yield from _lines(case, part)
        yield from _gangs(case, part)
        yield from _hours(case, part, bid)
        if part.make_whole_microusd < 0 or part.charge_microusd < 0:
            found = f"{part.make_whole_microusd} and {part.charge_microusd}"
            yield Violation("uplift", part.id, "make-whole and charge not below zero", found)
    yield from _twice("participant", (part.id for part in case.result.award.parts))


def _lines(case: Case, part: Part) -> Iterator[Violation]:
    grid = case.grid
    unit, intervals = grid.unit_hundredths, grid.intervals
    for line in part.lines:
        mode, product, tier, interval, pool, quantity = line
        if (product, tier) not in case.first_slots or not 0 <= interval < intervals:
            expected = "a product, tier and interval of this run"
            yield Violation("line", _where(part, line), expected, "none")
        if pool and not _is_pool(case, pool, product):
            yield Violation("line", _where(part, line), "a pool of the product", pool)
        if part.side == SELL and (pool or mode):
            expected = "neither mode nor pool, as it sells"
            yield Violation("line", _where(part, line), expected, "one")
        if quantity <= 0 or quantity % unit:
            expected = f"a multiple of {hundredths_text(unit)} above zero"
            yield Violation("quantity", _where(part, line), expected, hundredths_text(quantity))
    if len({line[:5] for line in part.lines}) < len(part.lines):
        yield from _twice("line", (f"{part.id} {line[:5]}" for line in part.lines))


def _where(part: Part, line: Line) -> str:
    return f"{part.id} {line.product} {line.tier} interval {line.interval}"


def _is_pool(case: Case, pool: str, product: str) -> bool:
    offered = case.context.pools.get(pool)
    return offered is not None and offered.product == product


def _gangs(case: Case, part: Part) -> Iterator[Violation]:
    for gang in part.gangs:
        where = f"{part.id} {gang.mode}"
        if part.side != BUY:
            yield Violation("gang", where, "a buyer", "a seller")
        if not _is_pool(case, gang.pool, gang.product):
            yield Violation("gang", where, "a pool of its product", f"{gang.product} {gang.pool}")
        within = 0 <= gang.first < gang.first + gang.intervals <= case.grid.intervals
        if not within or gang.chips <= 0:
            expected = "chips above zero, in intervals of this run"
            found = f"{gang.chips} from {gang.first} for {gang.intervals}"
            yield Violation("gang", where, expected, found)


def _hours(case: Case, part: Part, bid: Bid) -> Iterator[Violation]:
    """Yield what only pools have, and lists that are not one amount an interval."""
    lists = part.gang_hundredths, part.reserve_hundredths, part.on
    if lists == _NONE:
        return
    count = case.grid.intervals
    if any(found and len(found) != count for found in lists):
        found = ", ".join(str(len(amounts)) for amounts in lists)
        yield Violation("pool", part.id, f"none or {count} of each", found)
    if any(amount < 0 for found in lists for amount in found) or any(on > 1 for on in part.on):
        yield Violation("pool", part.id, "amounts not below zero, on 0 or 1", "others")
    is_pool = bid.offered is not None
    keeps = is_pool or isinstance(bid, Reserve)
    own = is_pool or not (any(part.gang_hundredths) or any(part.on))
    if not own or (any(part.reserve_hundredths) and not keeps):
        yield Violation("pool", part.id, "a pool, or a curve of reserve", "a bid that is none")


def flows(case: Case) -> Iterator[Violation]:
    """Yield flows on no arc of the run, outside its intervals, or given twice."""
    arcs = {(arc.source, arc.target, arc.tier) for arc in case.grid.arcs}
    ways = [flow[:4] for flow in case.result.award.flows]
    for *arc, interval in ways:
        if tuple(arc) not in arcs or not 0 <= interval < case.grid.intervals:
            where = " ".join(map(str, arc))
            yield Violation("arc", where, "an arc and interval of this run", str(interval))
    yield from _twice("arc", (str(way) for way in ways))


def _twice(rule: str, names: Iterable[str]) -> Iterator[Violation]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield Violation(rule, name, "once", "twice")
        seen.add(name)


FORM: tuple[Rule, ...] = (run, duals, parts, flows)
