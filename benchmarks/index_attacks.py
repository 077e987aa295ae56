"""INDEX_ATTACKS: what somebody who wants to move the fix can do to one panel, and by how much.

Takes   the rates of a panel, or the offers of a day of the synthetic market.
Gives   shifts of the fix in percent, by attack: capture, silence, flood, a wrong unit, one host's
        price, rented machines; the same for the peers where it makes sense.
Keeps   the worst of what was tried: a price is searched on a grid for every panel anew, as if the
        attacker knew all other rates. Every reported shift is between two fixes of `fix_one`.
Source  docs/methodology/statistics.md; Methodology v2026_1.
"""

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from itertools import combinations

import numpy as np

from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import Parameters
from chiphour.index.v2026_1 import fix_one
from chiphour.observe.observation import Observation
from chiphour.simulate.panel_market import BOOKS
from chiphour.simulate.panel_market import SERIES
from chiphour.simulate.panel_market import Day
from chiphour.simulate.panel_market import Floats
from chiphour.simulate.panel_market import Market
from chiphour.simulate.panel_market import Offers
from chiphour.simulate.panel_market import day_of
from chiphour.simulate.panel_market import observations_of
from chiphour.simulate.panel_market import poll_of
from chiphour.simulate.panel_market import rounded
from chiphour.simulate.panel_market import strike_of
from chiphour.units import NS_PER_HOUR
from index_panels import PEERS
from index_panels import UNCAPPED
from index_panels import UNCARRIED
from index_panels import Rates
from index_panels import fix_of
from index_panels import fix_rates
from index_panels import fix_rows
from index_panels import level
from index_panels import machine_rates
from index_panels import rates_of
from index_panels import searched
from index_panels import venue_rate

WAYS = {"up": 1, "down": -1}
REACH = 2.5  # How far a captured venue goes where nothing stops it.
# What a captured venue may say, in multiples of the panel's median, upwards.
GRID = np.concatenate([np.linspace(1, 1.5, 101), np.linspace(1.6, REACH, 10)])
LISTINGS = (1_000, 5_000)
FLOOD_HOSTS = {"one host": 1, "many hosts": 200}
FLOOD_GRID = np.append(np.linspace(1, 1.3, 13), REACH)
HOST_MOVES = {"up": 1.2, "down": 1 / 1.2}
RENTED = (100, 300)
POLL_HOURS = range(2, 49, 4)  # Before the strike: the polls by which machines are carried.


def percent(after: float, before: float) -> float:
    """Give a change in percent."""
    return 100 * (after / before - 1)


def captured(rates: Floats, count: int, way: int, parameters: Parameters) -> float:
    """Give the shift when the `count` venues farthest behind all say the one best price.

    Upwards these are the cheapest venues, downwards the dearest.
    """
    ordered = np.sort(rates)
    honest = ordered[count:] if way > 0 else ordered[:-count]
    return _best(rates, honest[None, :], count, way, parameters)


def captured_any(rates: Floats, count: int, way: int, parameters: Parameters) -> float:
    """Give the shift when any `count` venues are captured, the worst choice of them all."""
    chosen = combinations(range(len(rates)), count)
    honest = np.array([np.delete(rates, places) for places in chosen])
    return _best(rates, honest, count, way, parameters)


def _best(rates: Floats, honest: Floats, count: int, way: int, parameters: Parameters) -> float:
    said = np.median(rates) * GRID**way
    panels = np.concatenate(
        [
            np.repeat(honest, len(said), axis=0),
            np.tile(np.repeat(said[:, None], count, axis=1), (len(honest), 1)),
        ],
        axis=1,
    )
    best = panels[np.argmax(way * searched(panels, parameters))]
    return way * percent(fix_of(best, parameters), fix_of(rates, parameters))


def silenced(rates: Floats, count: int, parameters: Parameters) -> float:
    """Give the largest shift, either way, when `count` venues do not answer."""
    chosen = combinations(range(len(rates)), count)
    panels = np.array([np.delete(rates, places) for places in chosen])
    before = searched(rates[None, :], parameters)
    worst = panels[np.argmax(np.abs(searched(panels, parameters) / before - 1))]
    return abs(percent(fix_of(worst, parameters), fix_of(rates, parameters)))


def flooded(offers: Offers, listings: int, hosts: int, multiple: float) -> Offers:
    """Add false machines to a book at a multiple of its middle, spread over new hosts."""
    first = int(offers.key.max()) + 1
    rate = rounded(np.full((2, listings), np.median(machine_rates(offers)) * multiple))
    return Offers(
        offers.venue,
        np.append(offers.key, np.arange(first, first + listings)),
        np.append(offers.host, 10_000 + np.arange(listings) % hosts),
        np.append(offers.slices, np.ones(listings, np.int64)),
        np.append(offers.rate_nanousd, rate, axis=1),
    )


def flood(
    day: Day, number: int, venue: str, listings: int, hosts: int, way: int
) -> tuple[float, Day]:
    """Give the shift by the best price of false listings in one book, and that day."""
    rates = rates_of(day)
    others = [float(rate) for name, rate in rates.items() if name != venue]
    days = [
        {**day, venue: flooded(day[venue], listings, hosts, multiple)}
        for multiple in FLOOD_GRID**way
    ]
    said = [venue_rate(each[venue]) for each in days]
    panels = np.array([[*others, float(rate)] for rate in said])
    best = int(np.argmax(way * searched(panels, V2026_1)))
    after = level(fix_rates({**rates, venue: said[best]}, number))
    return way * percent(after, level(fix_rates(rates, number))), days[best]


def floods(day: Day, number: int) -> Iterator[tuple[tuple[object, ...], float]]:
    """Yield (listings, hosts, way, venue) and the shift, for every flood of one day."""
    for venue in (venue for venue in BOOKS if venue in day):
        for listings in LISTINGS:
            for words, hosts in FLOOD_HOSTS.items():
                for name, way in WAYS.items():
                    shift, _ = flood(day, number, venue, listings, hosts, way)
                    yield (listings, words, name, venue), shift
            dear = {**day, venue: flooded(day[venue], listings, 200, REACH)}
            for peer, fix in PEERS.items():
                yield (listings, peer, "up", venue), percent(fix(dear), fix(day))


def flood_by_rows(market: Market, number: int) -> bool:
    """Tell whether a flood gives one fix by the rates of venues and by every row."""
    day = day_of(market, number)
    venue = next(venue for venue in BOOKS if venue in day)
    _, after = flood(day, number, venue, LISTINGS[-1], FLOOD_HOSTS["many hosts"], 1)
    by_rows, by_rates = fix_rows(after, number), fix_rates(rates_of(after), number)
    return by_rows.fix_ticks == by_rates.fix_ticks


def peers_captured(day: Day, count: int) -> dict[str, float]:
    """Give each peer's worst shift upwards when any `count` venues ask REACH times as much."""
    found: dict[str, float] = defaultdict(float)
    for venues in combinations(sorted(day), count):
        after = {**day, **{venue: _times(day[venue], REACH) for venue in venues}}
        for peer, fix in PEERS.items():
            found[peer] = max(found[peer], percent(fix(after), fix(day)))
    return found


def peers_silenced(day: Day, count: int) -> dict[str, float]:
    """Give each peer's largest shift when any `count` venues do not answer."""
    found: dict[str, float] = defaultdict(float)
    for venues in combinations(sorted(day), count):
        after = {venue: offers for venue, offers in day.items() if venue not in venues}
        for peer, fix in PEERS.items():
            found[peer] = max(found[peer], abs(percent(fix(after), fix(day))))
    return found


def _times(offers: Offers, multiple: float) -> Offers:
    rates = np.where(offers.rate_nanousd, rounded(offers.rate_nanousd * multiple), 0)
    return offers._replace(rate_nanousd=rates)


def unit_error(rates: Rates, number: int) -> tuple[float, float]:
    """Give the largest shift when one venue's unit is off eight times, and the share logged."""
    before = level(fix_rates(rates, number))
    shifts, logged = [], []
    for venue, rate in rates.items():
        fixing = fix_rates({**rates, venue: 8 * rate}, number)
        shifts.append(abs(percent(level(fixing), before)))
        named = {(each.what, each.rule) for each in fixing.rejections}
        logged.append((venue, "UNIT") in named)
    return max(shifts), sum(logged) / len(logged)


def host_moves(day: Day, number: int) -> Iterator[tuple[tuple[object, ...], float]]:
    """Yield (cap, way, of what) and the shift when the largest host re-prices by a fifth."""
    venue = BOOKS[-1]
    if venue not in day:
        return
    offers = day[venue]
    for words, parameters in (("capped", V2026_1), ("uncapped", UNCAPPED)):
        rates = rates_of(day, parameters)
        before = level(fix_rates(rates, number))
        for name, multiple in HOST_MOVES.items():
            moved = np.where(offers.host == 0, multiple, 1.0)
            moved_rates = np.where(offers.rate_nanousd, rounded(offers.rate_nanousd * moved), 0)
            rate = venue_rate(offers._replace(rate_nanousd=moved_rates), parameters)
            after = level(fix_rates({**rates, venue: rate}, number))
            yield (words, name, "book"), abs(percent(float(rate), float(rates[venue])))
            yield (words, name, "fix"), abs(percent(after, before))


def rented(market: Market, number: int) -> Iterator[tuple[tuple[object, ...], float]]:
    """Yield (carry, machines) and the shift when the cheapest machines are rented before a strike.

    They stood in the books for two days, are taken in the last hour and are missing in the window.
    """
    day, before = day_of(market, number), day_of(market, number - 1)
    earlier = list(_evidence(day, before, number))
    bound = {count: _cheapest(day, count) for count in RENTED}
    for words, parameters in (("carried", V2026_1), ("not carried", UNCARRIED)):
        honest = _fixed(day, earlier, number, parameters)
        for count, keys in bound.items():
            left = {venue: _without(offers, keys) for venue, offers in day.items()}
            after = _fixed(left, earlier, number, parameters)
            yield (words, count), percent(after, honest)


def _fixed(day: Day, earlier: list[Observation], number: int, parameters: Parameters) -> float:
    strike = strike_of(number)
    rows = [row for offers in day.values() for row in observations_of(offers, strike)]
    return level(fix_one(SERIES, rows + earlier, strike, None, parameters=parameters))


def _evidence(day: Day, before: Day, number: int) -> Iterator[Observation]:
    """Yield the polls of two days: half a day of today's machines, before that yesterday's."""
    for hours in POLL_HOURS:
        shown = day if hours <= 12 else before
        for venue in (venue for venue in BOOKS if venue in shown):
            yield from poll_of(shown[venue], 0, strike_of(number) - hours * NS_PER_HOUR)


def _cheapest(day: Day, count: int) -> set[tuple[str, int]]:
    offered = [
        (float(rate), venue, int(key))
        for venue in BOOKS
        if venue in day
        for rate, key in zip(machine_rates(day[venue]), day[venue].key, strict=True)
    ]
    return {(venue, key) for _, venue, key in sorted(offered)[:count]}


def _without(offers: Offers, keys: set[tuple[str, int]]) -> Offers:
    gone = np.array([(offers.venue, int(key)) in keys for key in offers.key])
    return offers._replace(rate_nanousd=np.where(gone, 0, offers.rate_nanousd))


def rates_array(rates: Rates) -> Floats:
    """Give the rates of a panel as an array."""
    return np.array([float(rate) for rate in rates.values()])


Attack = Callable[[Floats, int, int, Parameters], float]
CAPTURES: dict[str, Attack] = {"farthest behind": captured, "any": captured_any}
