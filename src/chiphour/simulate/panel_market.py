"""PANEL_MARKET: a market of three order books and six clouds, to measure the index with.

Takes   a `Market`: days, spreads, outages, a seed.
Gives   its `Paths`, every venue's offers of a day as arrays, and those as observations.
Keeps   a day a function of the market and its number: days are drawn in any order, in any process.
        Gross errors and decoys are laid over the same offers, so that with and without compare.
Source  docs/methodology/statistics.md. The numbers are assumptions, not estimates from any venue.

Rates are whole multiples of four nano-dollars: the median over two polls, of two machines, of two
venues stays whole, and nothing here rounds again.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from datetime import date
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.index.series import BY_TICKER
from chiphour.observe.observation import Observation
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND
from chiphour.units import strike_ns

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SERIES = BY_TICKER["CHR.H100.SXM.SPOT"]
FIRST_DAY = date(2026, 1, 1)
BASE_NANOUSD = 3 * NANOUSD_PER_USD
GRAIN_NANOUSD = 4
POLLS_BEFORE_NS = (7 * NS_PER_MINUTE, 3 * NS_PER_MINUTE)  # Of a book, before the strike.
CARD_BEFORE_NS = 30 * NS_PER_MINUTE
RECEIVED_AFTER_NS = NS_PER_SECOND
SLICES_MAX = 4  # A machine is offered whole, and as its halves, quarters and eighths.


class Venue(NamedTuple):
    """A venue of the market, under the word of a registered one, so that the register admits it.

    `offers` are rows a poll. A cloud has no hosts; in a book the largest has `host_share` of the
    machines and the rest share what is left unevenly.
    """

    name: str
    offers: int
    hosts: int = 0
    host_share: float = 0.0

    @property
    def is_book(self) -> bool:
        """Tell an order book from a rate card."""
        return self.hosts > 0


VENUES = (
    Venue("vast", 1_500, 80, 0.12),
    Venue("hyperbolic", 800, 40, 0.20),
    Venue("tensordock", 380, 16, 0.33),
    Venue("runpod", 60),
    Venue("lambda", 45),
    Venue("nebius", 27),
    Venue("crusoe", 18),
    Venue("scaleway", 12),
    Venue("vultr", 5),
)
BOOKS = tuple(venue.name for venue in VENUES if venue.is_book)


class Market(NamedTuple):
    """What the market is drawn from. Spreads are standard deviations of log prices."""

    seed: int = 7
    days: int = 1_500
    walk: float = 0.006  # Of the common price, a day.
    venue_spread: float = 0.07
    venue_memory: float = 0.97  # Of a venue's distance from the common price, from day to day.
    card_days: float = 10.0  # Between two rate cards of a cloud, on average.
    outage: float = 0.05  # Of a venue, on any day.
    host_spread: float = 0.10
    machine_spread: float = 0.20
    renewed: float = 0.40  # Of a book's machines, every day.
    row_spread: float = 0.03  # Between the sizes and regions of one cloud.
    polled: float = 0.95  # Of a book's machines, in each of two polls.
    repriced: float = 0.02  # Of a book's machines, between two polls.
    gross: float = 0.0  # Of all offers: wrong by a factor of 2 to 10, up or down.
    decoys: float = 0.0  # Of a book's machines: offers that nobody could rent, at DECOY_MULTIPLE.


DECOY_MULTIPLE = 2.7


class Paths(NamedTuple):
    """The market from day to day; `log_price` [day]; the rest [day, venue] as in VENUES."""

    log_price: Floats
    log_rate: Floats
    answered: NDArray[np.bool_]


class Offers(NamedTuple):
    """One venue's machines on one day (of a cloud: its rows, each a machine of one slice).

    `key` and `host` name them, `slices` counts the rows of each; `rate_nanousd` [poll, machine] is
    per GPU-hour, 0 where the poll did not show the machine.
    """

    venue: str
    key: Integers
    host: Integers
    slices: Integers
    rate_nanousd: Integers

    @property
    def is_book(self) -> bool:
        """Tell an order book from a rate card."""
        return self.venue in BOOKS


Day = Mapping[str, Offers]  # By venue; one that is out is missing.


@lru_cache(maxsize=4)
def paths_of(market: Market) -> Paths:
    """Draw the common price, what each venue asks, and who answers."""
    drawn = np.random.default_rng([market.seed, 0])
    shape = (market.days, len(VENUES))
    log_price = np.cumsum(drawn.normal(0, market.walk, market.days))
    shocks = drawn.normal(0, market.venue_spread, shape)
    fresh = np.sqrt(1 - market.venue_memory**2)
    effect = np.empty(shape)
    effect[0] = shocks[0]
    for day in range(1, market.days):
        effect[day] = market.venue_memory * effect[day - 1] + fresh * shocks[day]
    wanted = log_price[:, None] + effect
    posts = drawn.random(shape) < 1 / market.card_days
    posts[:, [venue.is_book for venue in VENUES]] = True
    log_rate = np.take_along_axis(wanted, _last_true(posts), axis=0)
    return Paths(log_price, log_rate, drawn.random(shape) >= market.outage)


def _last_true(marks: NDArray[np.bool_]) -> Integers:
    """Give the latest day, up to each, on which a mark was set; the first day counts as one."""
    days = np.arange(len(marks), dtype=np.int64)[:, None]
    return np.maximum.accumulate(np.where(marks, days, 0), axis=0)


class _Fleet(NamedTuple):
    """A venue's machines over all days: `born` and `effect` are [day, machine]."""

    host: Integers
    slices: Integers
    born: Integers
    effect: Floats


@lru_cache(maxsize=2 * len(VENUES))
def _fleet(market: Market, number: int) -> _Fleet:
    """Draw the machines of a venue; the middle of the first day's lies at the venue's own rate."""
    venue = VENUES[number]
    drawn = np.random.default_rng([market.seed, 1, number])
    if not venue.is_book:
        effect = _odd(drawn, market.row_spread, venue.offers)[None, :]
        ones = np.ones(venue.offers, np.int64)
        born = np.zeros((market.days, venue.offers), np.int64)
        return _Fleet(-ones, ones, born, np.repeat(effect, market.days, axis=0))
    slices = _slices(drawn, venue.offers)
    host = _hosts(venue, len(slices))
    shape = (market.days, len(slices))
    born = _last_true(drawn.random(shape) < market.renewed)
    own = drawn.normal(0, market.machine_spread, shape)
    effect = np.take_along_axis(own, born, axis=0)
    effect += _odd(drawn, market.host_spread, venue.hosts)[host]
    return _Fleet(host, slices, born, effect - np.median(effect))


def _odd(drawn: np.random.Generator, spread: float, count: int) -> Floats:
    """Draw effects whose median is none."""
    found = drawn.normal(0, spread, count)
    return found - np.median(found)


def _slices(drawn: np.random.Generator, offers: int) -> Integers:
    """Cut offers into machines: most are offered whole only, some in two to four sizes."""
    sizes = drawn.choice(np.arange(1, SLICES_MAX + 1), offers, p=(0.6, 0.2, 0.1, 0.1))
    ends = np.cumsum(sizes)
    count = int(np.searchsorted(ends, offers)) + 1
    sizes = sizes[:count]
    sizes[-1] -= ends[count - 1] - offers
    return sizes.astype(np.int64)


def _hosts(venue: Venue, machines: int) -> Integers:
    """Give each machine its host: number 0 has its share, the others ever fewer."""
    first = round(venue.host_share * machines)
    weight = 1 / np.arange(4, 3 + venue.hosts)
    ends = first + np.round(np.cumsum(weight) / weight.sum() * (machines - first))
    return np.searchsorted(np.append(first, ends), np.arange(machines), side="right")


def day_of(market: Market, day: int) -> Day:
    """Draw the offers of every venue that answers on a day."""
    answered = paths_of(market).answered[day]
    return {
        venue.name: offers_of(market, number, day)
        for number, venue in enumerate(VENUES)
        if answered[number]
    }


def offers_of(market: Market, number: int, day: int) -> Offers:
    """Draw the offers of one venue on a day, whether it answers or not."""
    fleet = _fleet(market, number)
    drawn = np.random.default_rng([market.seed, 2, number, day])
    machines = len(fleet.host)
    polls = len(POLLS_BEFORE_NS) if VENUES[number].is_book else 1
    log_rate = np.tile(paths_of(market).log_rate[day, number] + fleet.effect[day], (polls, 1))
    seen = np.ones((polls, machines), bool)
    if VENUES[number].is_book:
        moves = drawn.random(machines) < market.repriced
        log_rate[1] += moves * drawn.normal(0, market.machine_spread / 4, machines)
        seen = drawn.random((polls, machines)) < market.polled
        seen[0] |= ~seen.any(axis=0)
        log_rate += np.log(DECOY_MULTIPLE) * (drawn.random(machines) < market.decoys)
    wrong = drawn.random(machines) < market.gross
    factor = drawn.uniform(np.log(2), np.log(10), machines) * drawn.choice((-1, 1), machines)
    rates = rounded(BASE_NANOUSD * np.exp(log_rate + wrong * factor))
    key = fleet.born[day] * machines + np.arange(machines)
    return Offers(VENUES[number].name, key, fleet.host, fleet.slices, np.where(seen, rates, 0))


def rounded(nanousd: Floats) -> Integers:
    """Round rates to the grain of the market; none is nothing."""
    return np.maximum(np.rint(nanousd / GRAIN_NANOUSD).astype(np.int64), 1) * GRAIN_NANOUSD


def strike_of(day: int) -> int:
    """Give the strike of a day of the market."""
    return strike_ns(FIRST_DAY + timedelta(days=day))


def observations_of(offers: Offers, strike: int) -> Iterator[Observation]:
    """Give a venue's offers as they would be observed before a strike, one row for each slice."""
    before = POLLS_BEFORE_NS if offers.is_book else (CARD_BEFORE_NS,)
    for poll, before_ns in enumerate(before):
        yield from poll_of(offers, poll, strike - before_ns)


def poll_of(offers: Offers, poll: int, observed_ns: int) -> Iterator[Observation]:
    """Give the rows of one poll at a time of its own."""
    names = offers.key.tolist(), offers.host.tolist(), offers.slices.tolist()
    for key, host, slices, rate in zip(*names, offers.rate_nanousd[poll].tolist(), strict=True):
        for place in range(slices if rate else 0):
            machine = f"{offers.venue}-{key}" if offers.is_book else ""
            owner = f"{offers.venue}-host-{host}" if offers.is_book else ""
            yield row(offers.venue, rate, 1 << place, observed_ns, machine, owner, f"{key}/{place}")


def row(
    venue: str,
    rate_nanousd: int,
    gpus: int,
    observed_ns: int,
    machine: str = "",
    host: str = "",
    place: str = "",
) -> Observation:
    """Give one offer as an observation: of a book when it names a machine, else of a rate card."""
    return Observation(
        source=venue,
        venue=venue,
        feed="book" if machine else "posted",
        kind="ask" if machine else "list",
        chip=SERIES.chip,
        form=SERIES.form,
        memory_gb=80,
        tenor=SERIES.tenor,
        price_nanousd=rate_nanousd * gpus,
        gpus=gpus,
        machine_key=machine,
        host_key=host,
        terms="{}",
        spec="{}",
        flags=(),
        observed_ns=observed_ns,
        received_ns=observed_ns + RECEIVED_AFTER_NS,
        raw_sha256="",
        row=place,
        reader_version="1",
    )
