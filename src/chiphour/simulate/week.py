"""WEEK: the same hours sold in a month's, a week's and a day's run and in real time, and delivered.

Takes   a market, a function that solves a programme, whether traders take part, an outage.
Gives   `Week`: every run with its prices, trades and payments; deliveries, defaults, the ledger.
Keeps   every settlement through the auction's own code, from bids to transfers: nothing is set.
Source  docs/formulation/runs.md, section 11.
"""

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.clear import clear
from chiphour.auction.collateral import CollateralRule
from chiphour.auction.collateral import required_microusd
from chiphour.auction.collateral import stress_from
from chiphour.auction.instance import Instance
from chiphour.auction.instance import from_fields
from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import Trade
from chiphour.auction.prices import Solve
from chiphour.auction.record import root_of
from chiphour.auction.result import Result
from chiphour.auction.settle import Default
from chiphour.auction.settle import Payment
from chiphour.auction.settle import cover_defaults
from chiphour.auction.settle import settle_run
from chiphour.auction.settle import totals_microusd
from chiphour.auction.settle import transfers
from chiphour.auction.slots import GANG
from chiphour.auction.standing import self_schedules
from chiphour.auction.term import REAL_TIME
from chiphour.auction.term import RunPrice
from chiphour.auction.trades import other_payments
from chiphour.auction.trades import slot_prices
from chiphour.auction.trades import trades
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.simulate.week_market import HOURS
from chiphour.simulate.week_market import OPENS_NS
from chiphour.simulate.week_market import Floats
from chiphour.simulate.week_market import Frame
from chiphour.simulate.week_market import Market
from chiphour.simulate.week_market import bets
from chiphour.simulate.week_market import demands
from chiphour.simulate.week_market import fields_of
from chiphour.simulate.week_market import gang_chips
from chiphour.simulate.week_market import guesses
from chiphour.simulate.week_market import offers
from chiphour.simulate.week_market import trainings
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import TICKS_PER_USD

LOOK_AHEAD = 4  # Hours that a run of real time clears; those until the next one bind.
# How long before its first hour each kind of run is published, in hours.
PUBLISHED_BEFORE = {"month": 20 * HOURS, "week": 3 * HOURS, "day-ahead": 12, REAL_TIME: 1}
STEP = {"month": HOURS, "week": 4, "day-ahead": 1, REAL_TIME: 1}
COLLATERAL = CollateralRule(outage_ppm=50_000, penalty_ppm=200_000, mover_ppm=PPM, virtual_ppm=0)
STRESS_MULTIPLE_PPM = 1_500_000
FUND_MICROUSD = 500 * 1_000_000


class Outage(NamedTuple):
    """A supplier loses half of its chips after the day-ahead run, from an hour to before another.

    Its owner draws out what it is paid, so that beyond its collateral nobody pays for it.
    """

    account: int
    first: int
    end: int


class Run(NamedTuple):
    """One run, settled. `payments` hold other payments and defaults too; they sum to zero."""

    number: int
    kind: str
    published_ns: int
    prices: tuple[RunPrice, ...]
    trades: tuple[Trade, ...]
    payments: tuple[Payment, ...]
    defaults: tuple[Default, ...]
    root: str


class Week(NamedTuple):
    """A whole week. `ledger`: what each account has received in all, by account.

    `collateral`: what the supplier of the outage had to put up, in micro-dollars, by day.
    """

    market: Market
    outage: Outage | None
    runs: tuple[Run, ...]
    positions: tuple[Position, ...]
    ledger: Mapping[int, int]
    collateral: tuple[int, ...]

    @property
    def prices(self) -> tuple[RunPrice, ...]:
        """Give the published prices of all runs."""
        return tuple(price for run in self.runs for price in run.prices)

    @property
    def trades(self) -> tuple[Trade, ...]:
        """Give the trades of all runs."""
        return tuple(trade for run in self.runs for trade in run.trades)

    @property
    def award(self) -> str:
        """Give one hash for the runs of real time: what obligations follow from."""
        return root_of([run.root for run in self.runs if run.kind == REAL_TIME])

    def real_time_ticks(self) -> dict[Slot, int]:
        """Give the price at which each slot is delivered; a gang's chips at the on-demand one."""
        found = {p.slot: p.price_ticks for p in self.prices if p.kind == REAL_TIME}
        gangs = {
            slot._replace(tier=GANG): ticks
            for slot, ticks in found.items()
            if slot.tier == ON_DEMAND.name
        }
        return found | gangs


class _Books:
    """What changes from run to run: positions by hour, money by account, the fund, collateral."""

    def __init__(self) -> None:
        self.held: dict[int, dict[tuple[int, str, Slot], int]] = defaultdict(dict)
        self.ledger: dict[int, int] = defaultdict(int)
        self.collateral_left = 0
        self.collateral: list[int] = []
        self.real_time_ticks: dict[str, list[int]] = defaultdict(list)

    def positions(self, frame: Frame) -> tuple[Position, ...]:
        """Give the positions in the hours of a frame."""
        hours = frame.step * frame.intervals
        found = []
        for hour in range(hours):
            here = self.held[frame.opens_ns + hour * NS_PER_HOUR]
            for (account, kind, slot), quantity in sorted(here.items()):
                if quantity:
                    found.append(Position(account, kind, *slot, quantity))
        return tuple(found)

    def trade(self, changed: Sequence[Trade]) -> None:
        """Take trades into the positions."""
        for trade in changed:
            here, key = self.held[trade.hour_ns], (trade.account, trade.kind, trade.slot)
            here[key] = here.get(key, 0) + trade.quantity_hundredths

    def post(self, payments: Sequence[Payment], run: int) -> None:
        """Take the transfers of a settlement into the ledger."""
        for transfer in transfers(payments, run, AUCTION_ACCOUNT):
            self.ledger[transfer.source] -= transfer.amount_microusd
            self.ledger[transfer.target] += transfer.amount_microusd

    def fund_microusd(self) -> int:
        """Give what the guarantee fund has left."""
        return max(0, FUND_MICROUSD + self.ledger[INSURANCE_FUND])


def simulate(
    market: Market, solve: Solve, *, has_traders: bool = True, outage: Outage | None = None
) -> Week:
    """Run a week of runs to the end of real time, in the order in which they are published."""
    books, runs = _Books(), []
    for number, (published_ns, frame) in enumerate(_frames(market), 1):
        instance = _instance(market, frame, number, books, solve, has_traders, outage)
        result = clear(instance, solve)
        binding = _binding(market, frame)
        changed = trades(instance, result, books.positions(frame), binding)
        payments = settle_run(number, changed)
        if binding is None:
            payments += other_payments(instance, result)
        covering, defaults = _defaults(books, payments, number, frame, outage)
        payments += covering
        books.trade(changed)
        books.post(payments, number)
        prices = slot_prices(instance, result, published_ns, changed, binding)
        _put_up(books, market, frame, prices, outage)
        runs.append(
            Run(number, frame.kind, published_ns, prices, changed, payments, defaults, result.root)
        )
    whole = Frame(REAL_TIME, 0, 1, market.hours)
    left = tuple(sorted(books.positions(whole)))
    return Week(market, outage, tuple(runs), left, dict(books.ledger), tuple(books.collateral))


def _frames(market: Market) -> list[tuple[int, Frame]]:
    """Give all runs and when they are published, in that order."""
    reach, hours = market.size.reach, market.hours
    frames = [Frame("month", 0, HOURS, market.size.days), Frame("week", 0, 4, hours // 4)]
    frames += [Frame("day-ahead", day * HOURS, 1, HOURS) for day in range(market.size.days)]
    frames += [
        Frame(REAL_TIME, first, 1, min(LOOK_AHEAD, hours - first))
        for first in range(0, hours, reach)
    ]
    timed = [(f.opens_ns - PUBLISHED_BEFORE[f.kind] * NS_PER_HOUR, f) for f in frames]
    return sorted(timed, key=lambda one: one[0])


def _binding(market: Market, frame: Frame) -> int | None:
    """Give the intervals that bind: all, except where real time looks further than its reach."""
    if frame.kind == REAL_TIME and frame.intervals > market.size.reach:
        return market.size.reach
    return None


def _instance(
    market: Market,
    frame: Frame,
    number: int,
    books: _Books,
    solve: Solve,
    has_traders: bool,
    outage: Outage | None,
) -> Instance:
    """Give a run with the bids of all who bid and the self-schedules of all others."""
    before = books.positions(frame)
    chips = _chips(market, frame, before, outage)
    bids = [
        *offers(market, chips),
        *demands(market, frame, frame.kind),
        *trainings(market, frame),
    ]
    if has_traders and frame.kind != REAL_TIME:
        bids += bets(market, frame, _forecast(market, frame, solve))
    instance = from_fields(fields_of(market, frame, number, bids))
    standing = self_schedules(instance, before)
    if not standing:
        return instance
    return from_fields(fields_of(market, frame, number, [*bids, *standing]))


def _chips(
    market: Market, frame: Frame, before: Sequence[Position], outage: Outage | None
) -> dict[int, list[int]]:
    """Give what each supplier has to offer in each interval: its chips, less what gangs hold.

    Only real time knows of the outage.
    """
    gangs: dict[tuple[int, int], int] = defaultdict(int)
    for held in before:
        if held.tier == GANG and held.quantity_hundredths < 0:
            hour = (held.hour_ns - OPENS_NS) // NS_PER_HOUR
            gangs[held.account, hour] += -held.quantity_hundredths // 100
    found = {}
    for supplier in market.suppliers:
        hourly = [
            available(supplier.account, supplier.chips, hour, outage)
            if frame.kind == REAL_TIME
            else supplier.chips
            for hour in range(frame.first, frame.first + frame.step * frame.intervals)
        ]
        left = [
            max(0, chips - gangs[supplier.account, frame.first + place])
            for place, chips in enumerate(hourly)
        ]
        found[supplier.account] = [
            min(left[first : first + frame.step]) for first in range(0, len(left), frame.step)
        ]
    return found


def available(account: int, chips: int, hour: int, outage: Outage | None) -> int:
    """Give the chips that a supplier has in an hour."""
    is_hit = outage is not None and outage.account == account and outage.first <= hour < outage.end
    return chips // 2 if is_hit else chips


def _forecast(market: Market, frame: Frame, solve: Solve) -> Floats:
    """Give what real time would cost by what this run knows: float64[products, hours], dollars.

    A trader clears the auction for itself, day by day, with the bids that it expects: with more
    demand and with less, for it knows how far its guess may be off.
    """
    hours = frame.step * frame.intervals
    found = np.zeros((len(market.products), hours))
    for first in range(0, hours, HOURS):
        day = Frame(REAL_TIME, frame.first + first, 1, HOURS)
        supply = list(offers(market, _left_by_gangs(market, day)))
        factors = guesses(frame.kind)
        for factor in factors:
            bids = [*supply, *demands(market, day, frame.kind, guess=factor)]
            guess = from_fields(fields_of(market, day, 1, bids))
            prices = _prices_usd(guess, clear(guess, solve))
            found[:, first : first + HOURS] += prices / len(factors)
    return found


def _left_by_gangs(market: Market, day: Frame) -> dict[int, list[int]]:
    """Give what suppliers have in each hour of a day once all gangs run, on a product's first."""
    wanted = {
        product: gang_chips(market, product, day.first // HOURS) for product in market.products
    }
    found = {}
    for supplier in market.suppliers:
        taken = min(supplier.chips, wanted[supplier.product])
        wanted[supplier.product] -= taken
        found[supplier.account] = [supplier.chips - taken] * day.intervals
    return found


def _prices_usd(instance: Instance, result: Result) -> Floats:
    """Give the on-demand prices of a run: float64[products, intervals], dollars."""
    grid = instance.grid
    ticks = [price.price_ticks or 0 for price in result.prices]
    shape = len(grid.products), len(grid.tiers), grid.intervals
    return np.array(ticks, dtype=np.float64).reshape(shape)[:, 0, :] / TICKS_PER_USD


def _defaults(
    books: _Books, payments: Sequence[Payment], number: int, frame: Frame, outage: Outage | None
) -> tuple[tuple[Payment, ...], tuple[Default, ...]]:
    """Give what the supplier of the outage cannot pay in real time, and who pays it instead."""
    if outage is None or frame.kind != REAL_TIME:
        return (), ()
    left = {outage.account: books.collateral_left}
    covering, defaults = cover_defaults(
        number, payments, left, INSURANCE_FUND, books.fund_microusd()
    )
    owed = -totals_microusd([*payments, *covering]).get(outage.account, 0)
    books.collateral_left -= max(0, owed)
    return covering, defaults


def _put_up(
    books: _Books,
    market: Market,
    frame: Frame,
    prices: Sequence[RunPrice],
    outage: Outage | None,
) -> None:
    """After a day-ahead run the supplier of the outage puts up what its sales of the day need."""
    if frame.kind == REAL_TIME:
        for price in prices:
            books.real_time_ticks[price.product].append(price.price_ticks)
    if outage is None or frame.kind != "day-ahead":
        return
    cap = max(price.price_ticks for price in prices) * 2
    stresses = {
        product: stress_from(books.real_time_ticks[product], STRESS_MULTIPLE_PPM, 0, cap)
        for product in market.products
    }
    needed = required_microusd(outage.account, books.positions(frame), stresses, COLLATERAL)
    books.collateral_left = needed
    books.collateral.append(needed)
