"""CHECK_QUANTITIES: whether what is awarded can be: balances, limits, pools, gangs, side resources.

Takes   a run and a result that is well formed.
Gives   `QUANTITIES`: the rules of quantity, each yielding what it finds broken.
Keeps   integers only; its own sums, from the bids and the award alone.
Source  docs/formulation/auction.md, section 3 (equations 2 to 6, 8 to 11, 15, "Domains") and 7.
"""

from collections import defaultdict
from collections.abc import Iterator
from operator import itemgetter

from chiphour.auction.bids.reserve import Reserve
from chiphour.auction.check_form import Case
from chiphour.auction.check_form import Rule
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import BUY
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Violation
from chiphour.auction.held import EMPTY
from chiphour.auction.lost import Needs
from chiphour.auction.placement import Site
from chiphour.auction.pool import Pool


def balance(case: Case) -> Iterator[Violation]:
    """Yield the slots in which what is bought and leaves is not what is sold and comes (eq. 3)."""
    net: dict[tuple[str, str, int], int] = defaultdict(int)
    for part in case.result.award.parts:
        side = part.side
        for _, product, tier, interval, _, quantity in part.lines:
            net[product, tier, interval] -= side * quantity
    for source, target, tier, interval, quantity in case.result.award.flows:
        net[source, tier, interval] -= quantity
        net[target, tier, interval] += quantity
    for (product, tier, interval), excess in sorted(filter(itemgetter(1), net.items())):
        where = f"{product} {tier} interval {interval}"
        yield Violation("balance", where, "0 chips left over", hundredths_text(excess))


def limits(case: Case) -> Iterator[Violation]:
    """Yield what breaks a bid's own limits, held or not; a bid that is not named holds nothing."""
    for bid in case.instance.bids:
        yield from bid.violations(case.context, case.held.get(bid.id, EMPTY))


def arcs(case: Case) -> Iterator[Violation]:
    """Yield flows outside their arc's limits; a flow that is not named is zero (eq. 6)."""
    flows = {flow[:4]: flow.quantity_hundredths for flow in case.result.award.flows}
    for source, target, tier, least, most in case.grid.arcs:
        for interval in range(case.grid.intervals):
            carried = flows.get((source, target, tier, interval), 0)
            if not least[interval] <= carried <= most[interval]:
                where = f"{source} {target} {tier} interval {interval}"
                expected = (
                    f"{hundredths_text(least[interval])} to {hundredths_text(most[interval])}"
                )
                yield Violation("arc", where, expected, hundredths_text(carried))


def gangs_of_pools(case: Case) -> Iterator[Violation]:
    """Yield pools that sell to gangs other chips than those that run there (eq. 4)."""
    net: dict[tuple[str, int], int] = defaultdict(int)
    for part in case.result.award.parts:
        for gang in part.gangs:
            for interval in range(gang.first, gang.first + gang.intervals):
                net[gang.pool, interval] += gang.chips * HUNDREDTHS
        for interval, sold in enumerate(part.gang_hundredths):
            net[part.id, interval] -= sold
    for (pool, interval), excess in sorted(filter(itemgetter(1), net.items())):
        where, found = f"{pool} interval {interval}", hundredths_text(excess)
        yield Violation("gangs", where, "as many chips sold to gangs as they hold", found)


def premiums(case: Case) -> Iterator[Violation]:
    """Yield pools of which more chips of a tier are chosen than they sell of it (eq. 10)."""
    left: dict[tuple[str, str, int], int] = defaultdict(int)
    for part in case.result.award.parts:
        for _, _, tier, interval, pool, quantity in part.lines:
            if part.side == SELL:
                left[part.id, tier, interval] += quantity
            elif pool:
                left[pool, tier, interval] -= quantity
    for (pool, tier, interval), rest in sorted(one for one in left.items() if one[1] < 0):
        where = f"{pool} {tier} interval {interval}"
        found = f"{hundredths_text(-rest)} more"
        yield Violation("premium", where, "no more chosen than the pool sells", found)


def side_stock(case: Case) -> Iterator[Violation]:
    """Yield side resources of which more is needed than a pool stocks while it is on (eq. 10)."""
    used: dict[tuple[str, str, int], int] = defaultdict(int)
    for part in case.result.award.parts:
        if part.side != BUY:
            continue
        needs = Needs(case.bids[part.id])
        for mode, product, _, interval, pool, quantity in part.lines:
            for resource, units in needs.of(mode, product):
                used[pool, resource, interval] += units * quantity
        for gang in part.gangs:
            for resource, units in needs.of(gang.mode, gang.product):
                for interval in range(gang.first, gang.first + gang.intervals):
                    used[gang.pool, resource, interval] += units * gang.chips * HUNDREDTHS
    for (pool, resource, interval), needed in sorted(used.items()):
        owner = case.bids.get(pool)
        stock = 0
        if isinstance(owner, Pool):
            stock = owner.stock(resource, interval, case.held.get(pool, EMPTY))
        if needed > stock * HUNDREDTHS:
            where = f"{pool} {resource} interval {interval}"
            yield Violation("side stock", where, f"at most {stock}", hundredths_text(needed))


def reserve(case: Case) -> Iterator[Violation]:
    """Yield regions whose curves are served otherwise than what the pools keep there (eq. 9)."""
    numbers, products = case.grid.product_numbers, case.grid.products
    net: dict[tuple[str, int], int] = defaultdict(int)
    for part in case.result.award.parts:
        bid, offered = case.bids[part.id], case.context.pools.get(part.id)
        if offered is not None:
            region, sign = products[numbers[offered.product]].region, 1
        elif isinstance(bid, Reserve):
            region, sign = bid.region, -1
        else:
            continue
        for interval, kept in enumerate(part.reserve_hundredths):
            net[region, interval] += sign * kept
    for (region, interval), excess in sorted(filter(itemgetter(1), net.items())):
        where, found = f"{region} interval {interval}", hundredths_text(excess)
        yield Violation("reserve", where, "as much served as kept", f"{found} more kept")


def placement(case: Case) -> Iterator[Violation]:
    """Yield gangs on too few or too many domains, or on domains that others fill ("Domains").

    In each interval a domain holds its chips at most, and no more domains are in use than the pool
    has: all that are whole, and one more where gangs on it fit into what is left.
    """
    numbers, products = case.grid.product_numbers, case.grid.products
    load: dict[tuple[str, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for part in case.result.award.parts:
        for gang in part.gangs:
            domain_chips = products[numbers[gang.product]].domain_chips
            where = f"{part.id} {gang.mode} at {gang.pool}"
            yield from _domains(where, gang, domain_chips)
            for place, domains in enumerate(gang.domains):
                for domain in domains:
                    chips = min(gang.chips, domain_chips)
                    load[gang.pool, gang.first + place][domain] += chips
    for (pool, interval), domains_used in sorted(load.items()):
        owner = case.bids[pool]
        if isinstance(owner, Pool):
            domain_chips = products[numbers[owner.product]].domain_chips
            chips = owner.inventory_hundredths[interval] // HUNDREDTHS
            where = f"{pool} interval {interval}"
            yield from _loads(where, domains_used, domain_chips, chips)


def _domains(where: str, gang: Site, domain_chips: int) -> Iterator[Violation]:
    """Yield a gang's own faults: as many domains as it needs, each once, whole ones for good."""
    if len(gang.domains) != gang.intervals:
        expected = f"domains for {gang.intervals} intervals"
        yield Violation("placement", where, expected, str(len(gang.domains)))
    whole = gang.chips >= domain_chips
    count, rest = divmod(gang.chips, domain_chips) if whole else (1, 0)
    if rest:
        yield Violation("placement", where, f"whole domains of {domain_chips}", str(gang.chips))
    for domains in gang.domains:
        if len(domains) != count or len(set(domains)) != count or min(domains) < 0:
            yield Violation("placement", where, f"{count} domains, each once", str(domains))
            return
    if whole and len({frozenset(domains) for domains in gang.domains}) > 1:
        yield Violation("placement", where, "the same domains in all its intervals", "others")


def _loads(where: str, load: dict[int, int], domain_chips: int, chips: int) -> Iterator[Violation]:
    for domain, used in sorted(load.items()):
        if used > domain_chips:
            expected = f"at most {domain_chips} chips on domain {domain}"
            yield Violation("placement", where, expected, str(used))
    full, rest = divmod(chips, domain_chips)
    most = full + (min(load.values()) <= rest)
    if len(load) > most:
        yield Violation("placement", where, f"at most {most} domains in use", str(len(load)))


QUANTITIES: tuple[Rule, ...] = (
    balance,
    limits,
    arcs,
    gangs_of_pools,
    premiums,
    side_stock,
    reserve,
    placement,
)
