"""HEDGING: a hedge for whoever asks: prices, contracts, books, margin, what remains.

Takes   a question (`HedgeAsked`); an index as its readers see it; a market that trades, or none.
Gives   a `Plan`: legs with their contracts and lots, margin, what the hours may cost both ways.
Keeps   the market untouched: nothing is ever sent from here. What is indicative says so.
Source  docs/how-to/hedge.md; decision 0044.
"""

from collections.abc import Iterator
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import NamedTuple

import numpy as np

from chiphour.adapters.price_record import Fixings
from chiphour.adapters.price_record import PriceRecord
from chiphour.adapters.price_record import record_of
from chiphour.adapters.price_record import series_of_name
from chiphour.adapters.price_record import share_ppm
from chiphour.adapters.price_record import venues_in
from chiphour.adapters.serve.shapes_hedge import HedgeAsked
from chiphour.analyse import hedge_cost
from chiphour.analyse.hedge import RATIO_PPM_MAX
from chiphour.analyse.hedge import Bought
from chiphour.analyse.hedge import Choice
from chiphour.analyse.hedge import HedgeRefused
from chiphour.analyse.hedge import Month
from chiphour.analyse.hedge import buy
from chiphour.analyse.hedge import choose
from chiphour.analyse.hedge import exposure_of
from chiphour.analyse.hedge import lots_of
from chiphour.analyse.hedge import month_from
from chiphour.analyse.hedge import price_of
from chiphour.analyse.hedge_cost import Costed
from chiphour.analyse.hedge_cost import Held
from chiphour.analyse.hedge_cost import Uncosted
from chiphour.analyse.hedge_margin import Leg as MarginLeg
from chiphour.analyse.hedge_margin import Margined
from chiphour.analyse.hedge_margin import margined
from chiphour.analyse.hedge_ratio import Ratio
from chiphour.analyse.hedge_ratio import ratio_of
from chiphour.contracts import table
from chiphour.contracts.cycle import listed_on
from chiphour.index.series import Series
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import PPM
from chiphour.units import day_from_ns
from chiphour.units import div_ceil
from chiphour.units import div_floor
from chiphour.units import exact_from_text
from chiphour.units import microusd_from_text
from chiphour.units import round_half_even
from chiphour.units import strike_ns

if TYPE_CHECKING:
    from chiphour.adapters.serve.market_view import MarketView

DEPTH = 1_000  # Levels of a book that are read.
SEED = 2026
NANOUSD_PER_MICROUSD = NANOUSD_PER_USD // MICROUSD_PER_USD
TRADING = (table.State.OPEN, table.State.CALL)
PRICE_MICROUSD_MAX = (1 << 29) - 1  # Doubled it is still a price (rulebook 1.2).


class Priced(NamedTuple):
    """A month, its contract, its lots, and what they cost now; prices in micro-dollars a lot."""

    choice: Choice
    terms: tuple[int, ...]
    lots: int
    bought: Bought
    price_microusd: int
    limit_ticks: int
    tick_microusd: int
    mid_microusd: int | None
    offered_lots: int


class Plan(NamedTuple):
    """All that an answer is written from; prices in micro-dollars a GPU-hour."""

    series: Series
    record: PriceRecord
    now_ns: int
    venues: tuple[str, ...]
    index_microusd: int
    price_is_given: bool
    venue_microusd: int
    ratio_ppm: int
    ratio_is_given: bool
    ratio: Ratio | None
    legs: tuple[Priced, ...]
    names: tuple[str, ...]  # Of the scenarios.
    margin: Margined | None
    costed: Costed | Uncosted
    labels: tuple[str, ...]  # What the market says of itself: a replay, demonstration members.


def plan_of(source: Fixings, asked: HedgeAsked, market: "MarketView | None" = None) -> Plan:
    """Choose contracts and lots for an exposure, and find out what they ask and leave.

    Without a market prices are indicative, and the contracts those that the rule lists. Raises
    HedgeRefused and PriceUnknown.
    """
    series, now_ns = series_of_name(asked.series), source.time_ns()
    months = exposure_of(
        (month_from(each.month, each.hours) for each in asked.months), day_from_ns(now_ns)
    )
    record = record_of(source, series, needed=asked.price_usd is None)
    if asked.price_usd is None:
        index_microusd = record.fix_ticks[record.last] * MICROUSD_PER_TICK
    else:
        index_microusd = _price("price_usd", asked.price_usd)
    venues = venues_in(record, asked.venues)
    ratio_ppm, ratio = _ratio(record, asked)
    priced = _legs(months, series, now_ns, ratio_ppm, index_microusd, market)
    legs = tuple(priced)
    moved = {
        "price unchanged": index_microusd,
        "price halves": div_ceil(index_microusd, 2),
        "price doubles": 2 * index_microusd,
    }
    if asked.spike_usd is not None:
        moved[f"price {asked.spike_usd}"] = _price("spike_usd", asked.spike_usd)
    margin = _margin(legs, series, index_microusd, now_ns, tuple(moved.values()))
    fees = 0 if margin is None else margin.fees_microusd
    venue_microusd = _paid(record, venues, index_microusd)
    prices = index_microusd / MICROUSD_PER_USD, venue_microusd / MICROUSD_PER_USD
    return Plan(
        series=series,
        record=record,
        now_ns=now_ns,
        venues=venues,
        index_microusd=index_microusd,
        price_is_given=asked.price_usd is not None,
        venue_microusd=venue_microusd,
        ratio_ppm=ratio_ppm,
        ratio_is_given=asked.ratio is not None,
        ratio=ratio,
        legs=legs,
        names=tuple(moved),
        margin=margin,
        costed=_costed(legs, record, now_ns, prices, fees / MICROUSD_PER_USD, asked),
        labels=() if market is None else tuple(market.frame().labels),
    )


def _paid(record: PriceRecord, venues: Sequence[str], index_microusd: int) -> int:
    """Give what the venues ask for an hour; their distance to the index as it was seen last."""
    if not venues:
        return index_microusd
    rates = record.mean_rate(venues)
    both = max((day for day in rates if day in record.fix_ticks), default=None)
    if both is None:
        return round_half_even(rates[max(rates)] / NANOUSD_PER_MICROUSD)
    return round_half_even(
        rates[both] * index_microusd / (record.fix_ticks[both] * NANOUSD_PER_TICK)
    )


def _price(name: str, text: str) -> int:
    """Read a price; nought is refused: nothing that is sold costs nothing."""
    try:
        price = microusd_from_text(text)
    except ValueError as fault:
        raise HedgeRefused(f"{name}: {fault}") from None
    if not 0 < price <= PRICE_MICROUSD_MAX:
        most = PRICE_MICROUSD_MAX // MICROUSD_PER_USD
        raise HedgeRefused(f"{name}: expected a price above 0 and up to {most}, found {text}")
    return price


def share_from(name: str, text: str, most: int) -> int:
    """Read a share from 0 to `most` as parts per million; raises HedgeRefused."""
    try:
        found = exact_from_text(text, PPM, "millionth")
    except ValueError as fault:
        raise HedgeRefused(f"{name}: {fault}") from None
    if not 0 <= found <= most * PPM:
        raise HedgeRefused(f"{name}: expected 0 to {most}, found {text}")
    return found


def _ratio(record: PriceRecord, asked: HedgeAsked) -> tuple[int, Ratio | None]:
    """Give the lots for an hour: as stated, as estimated, or one."""
    if asked.ratio is not None:
        return share_from("ratio", asked.ratio, RATIO_PPM_MAX // PPM), None
    if not asked.venues:
        return PPM, None
    found = ratio_of(record.changes(asked.venues), np.random.default_rng(SEED))
    if found.estimate is None:
        return PPM, found
    return max(0, min(RATIO_PPM_MAX, share_ppm(found.estimate.value))), found


def _legs(
    months: Sequence[Month],
    series: Series,
    now_ns: int,
    ratio_ppm: int,
    index_microusd: int,
    market: "MarketView | None",
) -> Iterator[Priced]:
    """Yield a leg for each month. Months that share a contract share its book, in their order."""
    rule = listed_on(day_from_ns(now_ns), series.ticker, series.number)
    rows = {} if market is None else {each.name: each.row for each in market.contracts()}
    open_now = {name for name, row in rows.items() if row[table.STATE] in TRADING}
    listed = [each for each in rule if market is None or each.name in open_now]
    used: dict[str, int] = {}
    for month in months:
        choice = choose(month, listed)
        if choice.contract is None:
            if market is not None and not listed:
                choice = choice._replace(reason=f"this market lists nothing on {series.ticker}")
            yield Priced(choice, (), 0, Bought(0, 0, 0), 0, 0, MICROUSD_PER_TICK, None, 0)
            continue
        name, lots = choice.contract.name, lots_of(month.hours, ratio_ppm)
        terms = rows[name][: table.TERMS_COLUMNS] if name in rows else choice.contract.lower()
        book = None if market is None else market.book(name, DEPTH)
        tick = terms[table.TICK_MICROUSD]
        asks = [] if book is None else [(price * tick, size) for price, size in book.asks]
        bids = [] if book is None else [price * tick for price, _ in book.bids]
        mid = div_floor(asks[0][0] + bids[0], 2) if asks and bids else None
        left = _without(asks, used.get(name, 0))
        used[name] = used.get(name, 0) + lots
        bought = buy(left, lots)
        priced = price_of(bought, lots) if bought.filled_lots else index_microusd
        worst = bought.last_microusd if bought.filled_lots else index_microusd
        yield Priced(
            choice,
            tuple(terms),
            lots,
            bought,
            priced,
            div_ceil(worst, tick),
            tick,
            mid,
            sum(size for _, size in left),
        )


def _without(asks: Sequence[tuple[int, int]], taken: int) -> list[tuple[int, int]]:
    """Give what is left of asks once the best `taken` lots are gone."""
    left = []
    for price, size in asks:
        gone = min(size, taken)
        taken -= gone
        if size > gone:
            left.append((price, size - gone))
    return left


def _margin(
    legs: Sequence[Priced], series: Series, index_microusd: int, now_ns: int, moves: Sequence[int]
) -> Margined | None:
    """Ask the exchange what the legs need, those of one contract together; None for no lots."""
    together: dict[str, tuple[tuple[int, ...], int, int]] = {}
    for leg in legs:
        if leg.choice.contract is not None and leg.lots:
            name = leg.choice.contract.name
            _, lots, cost = together.get(name, (leg.terms, 0, 0))
            together[name] = leg.terms, lots + leg.lots, cost + leg.lots * leg.price_microusd
    if not together:
        return None
    bought = [
        MarginLeg(terms, lots, div_ceil(cost, lots * terms[table.TICK_MICROUSD]))
        for terms, lots, cost in together.values()
    ]
    at_ns = strike_ns(day_from_ns(now_ns))
    return margined(bought, series.number, index_microusd, at_ns, moves)


def _costed(
    legs: Sequence[Priced],
    record: PriceRecord,
    now_ns: int,
    prices_usd: tuple[float, float],
    fees_usd: float,
    asked: HedgeAsked,
) -> Costed | Uncosted:
    """Draw what the hours may cost, by the stated volatility or the recorded days."""
    today = day_from_ns(now_ns)
    held = [
        Held(
            (leg.choice.month.first - today).days,
            (leg.choice.month.last - today).days,
            leg.choice.month.hours,
            leg.lots,
            leg.price_microusd / MICROUSD_PER_USD,
            leg.choice.match,
        )
        for leg in legs
    ]
    if held[-1].last > hedge_cost.DAYS_MAX:
        return Uncosted(f"expected months within {hedge_cost.DAYS_MAX} days, found later ones")
    drawn = np.random.default_rng(SEED)
    if asked.annual_volatility is None:
        steps = record.changes(asked.venues).steps
        return hedge_cost.from_record(held, *prices_usd, steps, fees_usd, drawn)
    most = int(hedge_cost.VOLATILITY_MOST)
    yearly_ppm = share_from("annual_volatility", asked.annual_volatility, most)
    if yearly_ppm == 0:
        raise HedgeRefused("annual_volatility: expected more than 0, found 0")
    return hedge_cost.from_volatility(held, *prices_usd, yearly_ppm / PPM, fees_usd, drawn)
