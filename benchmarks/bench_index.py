"""INDEX: what the index withstands, how noisy it is, how true what it says of itself.

Takes   the synthetic market of `simulate/panel_market.py` and the shipped recordings; the
        methodology as it runs every day.
Gives   shifts of the fix in percent under flood, capture, silence, wrong units, one host's price
        and rented machines; noise; coverage; false rejections; beside them those of the peers.
Keeps   an attack's figure at the mean over days of the worst that was tried on each day, as the
        goals have it; the worst single day stands beside it.
Source  docs/methodology/statistics.md, whose tables are written from the output of this.
"""

import tempfile
from collections import Counter
from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from typing import TypeVar

import numpy as np

from chiphour.index.parameters import ROBUST
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import changed
from chiphour.simulate.panel_market import VENUES
from chiphour.simulate.panel_market import Day
from chiphour.simulate.panel_market import day_of
from chiphour.units import PPM
from index_attacks import CAPTURES
from index_attacks import FLOOD_HOSTS
from index_attacks import LISTINGS
from index_attacks import WAYS
from index_attacks import flood_by_rows
from index_attacks import floods
from index_attacks import host_moves
from index_attacks import peers_captured
from index_attacks import peers_silenced
from index_attacks import rates_array
from index_attacks import rented
from index_attacks import silenced
from index_attacks import unit_error
from index_panels import PEERS
from index_panels import SETS
from index_panels import fix_rates
from index_panels import fix_rows
from index_panels import rates_of
from index_quality import CLEAN
from index_quality import MARKETS
from index_quality import SMOOTH
from index_quality import coverage
from index_quality import interval_holds
from index_quality import levels
from index_quality import noise
from index_quality import rejections
from index_recorded import Panel
from index_recorded import recorded_panels
from index_recorded import shifts

Figure = dict[str, Any]
Keyed = Iterable[tuple[tuple[object, ...], float]]
Given = TypeVar("Given")

PROCESSES = 2
STATED = {3: 75.0, 4: 87.5}  # The level of an interval of so few, in percent; else 90.
COUNTS = (1, 2, 3, 4)
# Attacks are tried on ten days, a month apart, of each of forty markets: one market alone has
# too few independent panels, because venues keep their place in it for weeks.
MARKETS_TRIED = range(100, 140)
DAYS_TRIED = range(15, 300, 30)
SHORT = CLEAN._replace(days=DAYS_TRIED.stop)
PEER_MARKETS = MARKETS_TRIED[::4]
PEER_DAYS = DAYS_TRIED[::5]
FLOOD_DAYS = DAYS_TRIED[::2]
RENTED_DAYS = range(1, CLEAN.days, 190)
DAYS_NOISE = 125  # Of the long market, in one piece of work.
ROW_DAYS = range(1, CLEAN.days, 300)  # Fixed from every row as well.
SCREENED_AT_THREE = changed({"screen_members_min": 3})
RECORDED_GOALS = {
    ("capture", 1): 2.5,
    ("capture", 2): 5.0,
    ("capture", 3): 8.0,
    ("silence", 1): 2.5,
}


def figures() -> Iterator[Figure]:
    """Yield every figure with its name, parameters, value and unit."""
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for part in (of_floods, of_captures, of_silence, of_units, of_hosts, of_rented):
            yield from part(pool)
        for part in (of_noise, of_intervals, of_rejections, of_both_roads):
            yield from part(pool)
        with tempfile.TemporaryDirectory(prefix="bench-index-") as folder:
            panels = recorded_panels(Path(folder))
        yield from of_recorded(pool, panels)


def gathered(
    pool: ProcessPoolExecutor, work: Callable[[Given], Keyed], given: Iterable[Given]
) -> dict[tuple[object, ...], list[float]]:
    """Do a piece of work for each of what is given; gather the values by their keys, in order."""
    found: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for pairs in pool.map(work, given, chunksize=len(FLOOD_DAYS)):
        for key, value in pairs:
            found[key].append(value)
    return found


def nine(seed: int, number: int) -> Day:
    """Give a day on which all nine venues answer."""
    return day_of(SHORT._replace(seed=seed, outage=0.0), number)


def some(seed: int, number: int) -> Day:
    """Give the same day with its outages."""
    return day_of(SHORT._replace(seed=seed), number)


def flood_day(given: tuple[int, int]) -> Keyed:
    return list(floods(some(*given), given[1]))


def of_floods(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield the shift by false listings in one book: that of the book where it is largest."""
    found = gathered(pool, flood_day, product(MARKETS_TRIED, FLOOD_DAYS))
    for listings, by, way in sorted({key[:3] for key in found}, key=str):
        books = {key[3]: found[key] for key in found if key[:3] == (listings, by, way)}
        book = max(books, key=lambda name: float(np.mean(books[name])))
        params = {"listings": listings, "way": way, "book": book, "days": len(books[book])}
        if by in PEERS:
            yield of_mean("peer flood shift", {"peer": by, **params}, books[book])
        else:
            yield of_mean("flood shift", {"by": by, **params}, books[book])
            worst = {"by": by, **params}
            yield figure("flood shift, worst day", worst, np.max(books[book]))
    for listings, peer in product(LISTINGS, PEERS):
        ratio = _largest(found, listings, (peer,)) / _largest(found, listings, FLOOD_HOSTS)
        params = {"peer": peer, "listings": listings}
        yield figure("flood shift of a peer to the index", params, round(ratio, 1), "ratio")


def _largest(
    found: Mapping[tuple[object, ...], list[float]], listings: int, by: Iterable[str]
) -> float:
    """Give the largest mean shift of floods of one size, whatever their book and way."""
    means = [np.mean(found[key]) for key in found if key[0] == listings and key[1] in by]
    return float(max(means))


def capture_day(given: tuple[int, int]) -> Keyed:
    rates = rates_array(rates_of(nine(*given)))
    return [
        ((chosen, each.parameter_set, count, name), attack(rates, count, way, each))
        for chosen, attack in CAPTURES.items()
        for each in (SETS if chosen == "farthest behind" else SETS[:2])
        for count in COUNTS
        for name, way in WAYS.items()
    ]


def of_captures(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield the shift by venues that say what an attacker wants."""
    found = gathered(pool, capture_day, product(MARKETS_TRIED, DAYS_TRIED))
    names = {"farthest behind": "capture shift", "any": "capture shift, any venues"}
    for (chosen, words, count, way), values in found.items():
        params = {"set": words, "captured": count, "of": len(VENUES), "way": way}
        params["days"] = len(values)
        yield of_mean(names[str(chosen)], params, values)
        if words == V2026_1.parameter_set:
            yield figure(f"{names[str(chosen)]}, worst day", params, np.max(values))
    peers = gathered(pool, peer_capture_day, product(PEER_MARKETS, PEER_DAYS, COUNTS))
    for (peer, count), values in peers.items():
        params = {"peer": peer, "captured": count, "of": len(VENUES), "way": "up"}
        yield of_mean("peer capture shift", {**params, "days": len(values)}, values)


def peer_capture_day(given: tuple[int, int, int]) -> Keyed:
    seed, number, count = given
    return [((peer, count), v) for peer, v in peers_captured(nine(seed, number), count).items()]


def silence_day(given: tuple[int, int]) -> Keyed:
    rates = rates_array(rates_of(some(*given)))
    return [
        ((each.parameter_set, count), silenced(rates, count, each))
        for each in SETS
        for count in COUNTS[:3]
    ]


def peer_silence_day(given: tuple[int, int, int]) -> Keyed:
    seed, number, count = given
    return [((peer, count), v) for peer, v in peers_silenced(some(seed, number), count).items()]


def of_silence(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield the shift by venues that are kept from answering."""
    found = gathered(pool, silence_day, product(MARKETS_TRIED, DAYS_TRIED))
    for (words, count), values in found.items():
        params = {"set": words, "silenced": count, "days": len(values)}
        yield of_mean("silence shift", params, values)
        if words == V2026_1.parameter_set:
            yield figure("silence shift, worst day", params, np.max(values))
    peers = gathered(pool, peer_silence_day, product(PEER_MARKETS, PEER_DAYS, COUNTS[:3]))
    for (peer, count), values in peers.items():
        params = {"peer": peer, "silenced": count, "days": len(values)}
        yield of_mean("peer silence shift", params, values)


def unit_day(given: tuple[int, int]) -> Keyed:
    shift, logged = unit_error(rates_of(some(*given)), given[1])
    return [(("shift",), shift), (("logged",), logged)]


def of_units(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield what one venue does whose prices are eight times too high."""
    found = gathered(pool, unit_day, product(MARKETS_TRIED, DAYS_TRIED))
    params = {"multiple": 8, "days": len(found["shift",])}
    yield of_mean("unit error shift", params, found["shift",])
    yield figure("unit error shift, worst day", params, np.max(found["shift",]))
    yield figure("unit errors logged", params, np.mean(found["logged",]), "share")


def host_day(given: tuple[int, int]) -> Keyed:
    return list(host_moves(some(*given), given[1]))


def of_hosts(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield what one host with a third of a book does by its price, with the cap and without."""
    found = gathered(pool, host_day, product(MARKETS_TRIED, DAYS_TRIED))
    for (cap, way, what), values in found.items():
        params = {"of": what, "cap": cap, "way": way, "days": len(values)}
        yield of_mean("host shift", params, values)


def rented_day(number: int) -> Keyed:
    return list(rented(CLEAN, number))


def of_rented(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield what renting the cheapest machines before the strike does, with carry and without."""
    for (carry, count), values in gathered(pool, rented_day, RENTED_DAYS).items():
        params = {"machines": count, "carry": carry, "days": len(values)}
        yield of_mean("rent-out shift", params, values)
        yield figure("rent-out shift, worst day", params, np.max(values))


def noise_piece(given: tuple[str, int]) -> Keyed:
    words, first = given
    found = levels(MARKETS[words], range(first, first + DAYS_NOISE))
    return [((words, name), value) for name, values in found.items() for value in values]


def of_noise(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield the spread of the one-day change around the true one, of the level, and the bias."""
    pieces = product(MARKETS, range(0, CLEAN.days, DAYS_NOISE))
    names = {"change": "noise of a day", "level": "spread of the level", "bias": "bias"}
    for (words, name), values in gathered(pool, noise_piece, pieces).items():
        params = {"estimator": name, "market": words, "days": len(values)}
        for what, value in noise(np.array(values)).items():
            yield figure(names[what], params, value)
        if name == SMOOTH:
            missing = int(np.isnan(values).sum())
            yield figure("days without a smooth companion", params, missing, "days")


def coverage_of(members: int) -> Keyed:
    return [((members,), coverage(members, CLEAN.seed))]


def held_day(given: tuple[int, int]) -> Keyed:
    return [((), interval_holds(SHORT._replace(seed=given[0]), given[1]))]


def of_intervals(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield how often the interval holds the true price, and how far that is from what it says."""
    for (members,), values in gathered(pool, coverage_of, range(3, 13)).items():
        stated = STATED.get(int(str(members)), V2026_1.interval_level_ppm * 100 / PPM)
        params = {"members": members, "stated": stated}
        yield figure("interval coverage", params, values[0])
        yield figure("interval coverage, distance", params, abs(values[0] - stated))
    held = gathered(pool, held_day, product(MARKETS_TRIED, DAYS_TRIED))[()]
    yield of_mean("interval coverage in the market", {"days": len(held)}, held)


def rejections_of(members: int) -> Keyed:
    sets = {"raw": V2026_1, "scaled": ROBUST}
    if members < V2026_1.screen_members_min:
        sets["raw, were three screened"] = SCREENED_AT_THREE
    return [
        ((words, members, what), value)
        for words, each in sets.items()
        for what, value in zip(
            ("lost", "caught"), rejections(members, CLEAN.seed, each), strict=True
        )
    ]


def of_rejections(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield how often an honest panel loses a member, and a venue at 1.3 times is caught."""
    names = {"lost": "honest days with a rejection", "caught": "dear venues caught"}
    found = gathered(pool, rejections_of, (3, 5, 7, 9, 12))
    for (screen, members, what), values in found.items():
        yield figure(names[str(what)], {"screen": screen, "members": members}, values[0])


def roads_day(number: int) -> Keyed:
    day = day_of(CLEAN, number)
    rates = rates_of(day)
    same = all(
        fix_rows(day, number, each).fix_ticks == fix_rates(rates, number, each).fix_ticks
        for each in SETS
    )
    return [((), same and flood_by_rows(CLEAN, number))]


def of_both_roads(pool: ProcessPoolExecutor) -> Iterator[Figure]:
    """Yield whether every row and the rates of venues give one fix, flooded or not."""
    found = gathered(pool, roads_day, ROW_DAYS)[()]
    yield figure("rows and rates agree", {"days": len(found)}, all(found), "")


def recorded_shifts(panel: Panel) -> Keyed:
    return [((panel.series, *attack), value) for attack, value in shifts(panel).items()]


def of_recorded(pool: ProcessPoolExecutor, panels: list[Panel]) -> Iterator[Figure]:
    """Yield the same on every recorded panel, and how many do not reach the goals."""
    found = gathered(pool, recorded_shifts, panels)
    for series, count in sorted(Counter(panel.series for panel in panels).items()):
        here = [panel for panel in panels if panel.series == series]
        params = {"series": series}
        members = [len(panel.rates) for panel in here]
        few, most = min(members), max(members)
        spread = {**params, "members": str(few) if few == most else f"{few} to {most}"}
        yield figure("recorded panels", spread, count, "panels")
        yield figure("recorded interval width", params, np.mean([panel.width for panel in here]))
        for (attack, size), goal in RECORDED_GOALS.items():
            values = found.get((series, attack, size), [])
            named = {**params, "attack": attack, "members": size}
            if values:
                yield figure("recorded shift", {**named, "panels": len(values)}, np.mean(values))
                yield figure("recorded shift, worst panel", named, np.max(values))
            failing = sum(value > goal for value in values) + (count - len(values))
            named |= {"of": count, "unbounded": count - len(values), "goal_percent": goal}
            yield figure("recorded panels failing", named, failing, "panels")
    books = sum(panel.books for panel in panels)
    yield {
        **figure("recorded flood shift", {"panels with a book": books}, 0.0),
        "value": None,
        "reason": "no recorded panel has a book in its window",
    }


def figure(name: str, params: dict[str, Any], value: Any, unit: str = "%") -> Figure:
    """Give one figure; percentages have three decimals."""
    shown = round(float(value), 3) if unit in ("%", "share") else value
    return {"name": name, "params": params, "value": shown, "unit": unit}


def of_mean(name: str, params: dict[str, Any], values: list[float]) -> Figure:
    """Give the mean over days and how sure it is.

    The error is that of independent days, which days of one market a month apart nearly are.
    """
    error = float(np.std(values) / np.sqrt(len(values)))
    return {**figure(name, params, np.mean(values)), "standard_error": round(error, 3)}
