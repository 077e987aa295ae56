"""ATTACK: what it would cost to move a fix, and how far it could be moved: published beside it.

Takes   a series, the observations of a strike, the last fixed Fixing, a parameter set: what a fix
        is made from.
Gives   `AttackCost` and its canonical JSON.
Keeps   every figure a whole number, rounded against us: a shift up, a safe notional down. Nothing
        of what a fix says depends on it.
Source  docs/methodology/attack-cost.md; decision 0022.
"""

from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

from chiphour.index.attack_books import Wanted
from chiphour.index.attack_capture import Members
from chiphour.index.attack_capture import Shift
from chiphour.index.attack_capture import Silence
from chiphour.index.attack_capture import breakdown
from chiphour.index.attack_capture import captured
from chiphour.index.attack_capture import concentration
from chiphour.index.attack_capture import shift_ppm
from chiphour.index.attack_capture import silenced
from chiphour.index.attack_listings import Listings
from chiphour.index.attack_listings import fewest_listings
from chiphour.index.attack_purchase import Search
from chiphour.index.attack_purchase import cheapest_purchase
from chiphour.index.attack_purchase import fix_doubled_of
from chiphour.index.attack_purchase import priced
from chiphour.index.attack_venues import Target
from chiphour.index.attack_venues import target_of
from chiphour.index.fixing import Fixing
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.parameters import parameters_sha256
from chiphour.index.series import Series
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import PPM
from chiphour.units import div_floor
from chiphour.units import div_half_even

MOVE_PPM = 10_000  # The shift that is priced: one per cent.
AVERAGED = 30  # Fixes in a contract on a monthly average.
CAPTURED_MAX = 3

# Why no purchase moves the fix.
NO_PURCHASE = {
    "NO_BOOK": "no member's rate comes from an order book: there is nothing to rent away",
    "NOT_FOUND": "no purchase moves the fix so far: rate cards decide, or the books run out",
    "OPEN": "no purchase that moves the fix so far was found, and none was ruled out",
}


class Rent(NamedTuple):
    """The least purchase that was found to move the fix by so much.

    `shift_ppm` is by how much it really moves then. `least` tells that none is cheaper: all others
    were ruled out. Else a cheaper one may exist, but none below `at_least` of the move.
    """

    cost_nanousd: int
    machines: int
    gpus: int
    venues: tuple[str, ...]
    shift_ppm: int
    least: bool


class Move(NamedTuple):
    """What it takes to move the fix by one per cent, up or down.

    hour      every machine rented for one hour, as if none that vanished were carried
    carried   each rented for as long as the rule would carry it, and one hour
    at_least  no purchase costs less than that; None where none moves the fix so far
    reason    a word of NO_PURCHASE where no purchase does it, else ""
    listings  false listings, None where none suffice
    """

    hour: Rent | None
    hour_at_least_nanousd: int | None
    carried: Rent | None
    carried_at_least_nanousd: int | None
    reason: str
    listings: Listings | None


class Capture(NamedTuple):
    """What so many members can do to the fix: at whatever rates they like, or silent."""

    members: int
    up: Shift
    down: Shift
    silence: Silence


class Notional(NamedTuple):
    """Open positions up to which an attack costs more than it brings, in nano-dollars.

    What the cheaper of the two directions costs, divided by its shift; where a cheaper purchase was
    not ruled out, what it costs at least, divided by how far it could move the fix. On one fix, and
    on an average of 30; None where no purchase moves the fix.
    """

    hour_one_nanousd: int | None
    hour_average_nanousd: int | None
    carried_one_nanousd: int | None
    carried_average_nanousd: int | None


class AttackCost(NamedTuple):
    """What is published of a series at a strike. All but the first row is None without a fix.

    breakdown      members that, captured, move the fix without bound
    most_heard     the member whose rate moves the fix most, "" for none; and its share of all
    """

    series: str
    strike_ns: int
    parameter_set: str
    parameters_sha256: str
    source: str
    fix_ticks: int | None
    members: int
    move_ppm: int
    up: Move | None
    down: Move | None
    captured: tuple[Capture, ...]
    breakdown: int | None
    most_heard: str
    most_heard_ppm: int | None
    notional: Notional | None


def attack_cost(
    series: Series,
    observations: Sequence[Observation],
    strike_ns: int,
    previous: Fixing | None,
    source: str = "",
    parameters: Parameters = V2026_1,
) -> AttackCost:
    """Price attacks on a fix; the arguments are those of the methodology's `fix_one`."""
    target = target_of(series, observations, strike_ns, previous, source, parameters)
    rates = target.members()
    fix_doubled = fix_doubled_of(target, {})
    blank = AttackCost(
        series=series.ticker,
        strike_ns=strike_ns,
        parameter_set=parameters.parameter_set,
        parameters_sha256=parameters_sha256(parameters),
        source=source,
        fix_ticks=None,
        members=len(rates),
        move_ppm=MOVE_PPM,
        up=None,
        down=None,
        captured=(),
        breakdown=None,
        most_heard="",
        most_heard_ppm=None,
        notional=None,
    )
    if fix_doubled is None:
        return blank
    found = [_searches(target, fix_doubled, direction) for direction in (1, -1)]
    moves = [_move(target, fix_doubled, *each) for each in zip((1, -1), found, strict=True)]
    books = {v.owner for v in target.venues if v.rate is not None and v.machines}
    spot = series.tenor == "SPOT"
    members = Members(rates, frozenset(books), spot, target.measure, parameters, target.unit)
    most_heard, most_heard_ppm = concentration(members)
    return blank._replace(
        fix_ticks=div_half_even(fix_doubled, 2 * target.unit * NANOUSD_PER_TICK),
        up=moves[0],
        down=moves[1],
        captured=tuple(_capture(members, count) for count in range(1, CAPTURED_MAX + 1)),
        breakdown=breakdown(members),
        most_heard=most_heard,
        most_heard_ppm=most_heard_ppm,
        notional=_notional(found, fix_doubled),
    )


def _capture(members: Members, count: int) -> Capture:
    up, down = captured(members, count)
    return Capture(count, up, down, silenced(members, count))


def _searches(target: Target, fix_doubled: int, direction: int) -> tuple[Search, Search]:
    """Search for purchases for an hour, and for as long as machines are carried."""
    wanted = _wanted(fix_doubled, direction)
    hour = cheapest_purchase(target, wanted, "hour")
    hours = {m.hours for v in target.venues if v.rate is not None for m in v.machines if m.hours}
    if len(hours) == 1:  # Then it is the same purchase, for longer.
        return hour, _times(hour, max(hours))
    known = None if hour.purchase is None else priced(target, hour.purchase, "carried")
    carried = cheapest_purchase(target, wanted, "carried", known)
    if hour.purchase is None and carried.purchase is not None:
        known = priced(target, carried.purchase, "hour")
        hour = cheapest_purchase(target, wanted, "hour", known)
    return hour, carried


def _times(search: Search, hours: int) -> Search:
    purchase = search.purchase
    if purchase is not None:
        purchase = purchase._replace(cost_nanousd=purchase.cost_nanousd * hours)
    longer = (one._replace(at_least_nanousd=one.at_least_nanousd * hours) for one in search.open)
    return Search(purchase, tuple(longer))


def _move(
    target: Target, fix_doubled: int, direction: int, searches: tuple[Search, Search]
) -> Move:
    if not any(venue.rate is not None and venue.machines for venue in target.venues):
        return Move(None, None, None, None, "NO_BOOK", None)
    reason = ""
    if searches[0].purchase is None:
        reason = "OPEN" if searches[0].open or searches[1].open else "NOT_FOUND"
    hour, carried = (_rent(target, search, fix_doubled) for search in searches)
    bounds = [search.at_least_nanousd() for search in searches]
    listings = fewest_listings(target, _wanted(fix_doubled, direction))
    return Move(hour, bounds[0], carried, bounds[1], reason, listings)


def _wanted(fix_doubled: int, direction: int) -> Wanted:
    least = fix_doubled * (PPM + direction * MOVE_PPM)
    if direction > 0:
        return lambda moved: moved * PPM >= least
    return lambda moved: moved * PPM <= least


def _rent(target: Target, search: Search, fix_doubled: int) -> Rent | None:
    purchase = search.purchase
    if purchase is None:
        return None
    return Rent(
        cost_nanousd=purchase.cost_nanousd,
        machines=len(purchase.machines),
        gpus=purchase.gpus,
        venues=tuple(sorted({venue for venue, _ in purchase.machines})),
        shift_ppm=shift_ppm(purchase.fix_doubled, fix_doubled),
        least=not search.open,
    )


def _notional(searches: Sequence[tuple[Search, Search]], fix_doubled: int) -> Notional:
    hour, carried = (_safe(each, fix_doubled) for each in zip(*searches, strict=True))
    return Notional(
        hour,
        None if hour is None else AVERAGED * hour,
        carried,
        None if carried is None else AVERAGED * carried,
    )


def _safe(searches: Sequence[Search], fix_doubled: int) -> int | None:
    """Give what the cheaper attack costs for its shift, rounded down; None where there is none.

    One that was not ruled out counts like one that was found.
    """
    attacks = [
        (case.at_least_nanousd, case.fix_doubled) for search in searches for case in search.open
    ]
    found = [search.purchase for search in searches if search.purchase is not None]
    attacks += [(purchase.cost_nanousd, purchase.fix_doubled) for purchase in found]
    return min(
        (div_floor(cost * PPM, abs(shift_ppm(fix, fix_doubled))) for cost, fix in attacks),
        default=None,
    )


def to_json(attack: AttackCost) -> dict[str, Any]:
    """Give the record as plain JSON values; its canonical JSON is what is published."""
    found: dict[str, Any] = _plain(attack)
    return found


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(each) for name, each in value._asdict().items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value


def document_of(attack: AttackCost) -> bytes:
    """Give the bytes that stand for the record: its canonical JSON."""
    return canonical_json(to_json(attack)).encode()
