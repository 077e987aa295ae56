"""RENTING: owning a GPU beside renting it, from the market's prices and the dated assumptions.

Takes   a question (`RentOrBuyAsked`); an index that also knows what is on offer.
Gives   the answer (`RentOrBuy`): cost line by line, each tenor with its break-even, the rule of
        thumb corrected, what each assumption moves, drawn.
Keeps   each rent with where it is from; a tenor that nobody was seen to offer without a price.
Source  docs/how-to/rent-or-buy.md; decision 0044.
"""

from collections.abc import Iterator
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import NamedTuple
from typing import Protocol

from chiphour.adapters.assumptions import assumptions_for
from chiphour.adapters.assumptions import server_gpus
from chiphour.adapters.price_record import Fixings
from chiphour.adapters.serve import shapes_renting as shapes
from chiphour.analyse.ownership import HOURS_PER_MONTH
from chiphour.analyse.ownership import Assumption
from chiphour.analyse.ownership import AssumptionRefused
from chiphour.analyse.ownership import Breakeven
from chiphour.analyse.ownership import breakeven_committed
from chiphour.analyse.ownership import breakeven_hourly
from chiphour.analyse.ownership import cost_of
from chiphour.analyse.ownership import hours_most
from chiphour.analyse.ownership import moved
from chiphour.analyse.ownership import overridden
from chiphour.analyse.ownership import rent_over_life
from chiphour.analyse.ownership import values_of
from chiphour.hardware.tenors import TENORS
from chiphour.index.parameters import V2026_1
from chiphour.index.series import BY_KEY
from chiphour.observe.observation import Observation
from chiphour.publish.offers import OFFERS_MOST
from chiphour.publish.offers import Offers
from chiphour.publish.offers import Wanted
from chiphour.publish.sensitivity_chart import Bar
from chiphour.publish.sensitivity_chart import sensitivity_chart
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import NS_PER_DAY
from chiphour.units import PPM
from chiphour.units import TICKS_PER_USD
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns
from chiphour.units import round_half_even
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ppm

RULE_HOURS = 500
FRESH_NS = 7 * NS_PER_DAY  # An older fix is not what renting costs now.
PAGES_MOST = 20
RENTABLE = ("ask", "list")  # A floor for bids is no price at which anyone lets.
# What may stand beside a price that somebody can rent at; any other flag leaves the row out.
RENTED_WITH = {*V2026_1.harmless_flags, "FORM_UNKNOWN", "MEMORY_UNKNOWN", "VENUE_UNKNOWN"}
HOURLY = ("stated", "OD", "SPOT", "INT")  # Paid for when used; the others for every hour.


class Prices(Fixings, Protocol):
    """What knows fixings, offers and the time."""

    def offers(self, wanted: Wanted) -> Offers:
        """Give a page of what is on offer."""


class Price(NamedTuple):
    """What an hour costs in one tenor, US dollars, and where that is from; None: not known."""

    tenor: str
    usd: float | None
    source: str


def rent_or_buy_of(source: Prices, asked: shapes.RentOrBuyAsked) -> shapes.RentOrBuy:
    """Hold owning against renting; raises AssumptionRefused."""
    chip, form = asked.chip.upper(), asked.form.upper()
    given = {name: float(Decimal(text)) for name, text in asked.assumptions.items()}
    assumptions = overridden(assumptions_for(chip, form, asked.region), given)
    values = values_of(assumptions)
    most, hours = hours_most(values), float(asked.hours_per_month)
    if hours > most:
        raise AssumptionRefused(
            f"hours_per_month: expected at most {most:.0f}, which failures leave of "
            f"{HOURS_PER_MONTH}, found {asked.hours_per_month}"
        )
    prices = [_stated(asked), *prices_of(source, chip, form)]
    known = [price for price in prices if price is not None]
    by_tenor = {price.tenor: price.usd for price in known if price.usd is not None}
    compared = next((by_tenor[tenor] for tenor in HOURLY if tenor in by_tenor), None)
    sensitivity = _sensitivity(assumptions, hours, compared)
    return shapes.RentOrBuy(
        chip=chip,
        form=form,
        region=asked.region,
        as_of=iso_from_ns(source.time_ns()),
        hours_per_month=asked.hours_per_month,
        own=_own(values, hours, server_gpus(chip, form)),
        rent=[_rent(values, hours, price) for price in known],
        rule=_rule(values, compared, sensitivity, server_gpus(chip, form)),
        sensitivity=sensitivity,
        chart_svg=_chart(asked, values, hours, compared, sensitivity),
        assumptions=[_told(each) for each in assumptions.values()],
    )


def _stated(asked: shapes.RentOrBuyAsked) -> Price | None:
    if asked.rent_usd is None:
        return None
    usd = float(Decimal(asked.rent_usd))
    if not 0 < usd <= 1_000:
        raise AssumptionRefused(
            f"rent_usd: expected a price above 0 and up to 1000, found {asked.rent_usd}"
        )
    return Price("stated", usd, "stated by you")


def prices_of(source: Prices, chip: str, form: str) -> Iterator[Price]:
    """Yield what an hour costs in each tenor: a fresh fix, else the median of what is on offer."""
    offers = list(offers_of(source, chip))
    for tenor in TENORS:
        if tenor == "OTHER":
            continue
        series = BY_KEY.get((chip, form, tenor))
        fixed = [] if series is None else source.fixings(series.ticker)
        last = max(
            (f for f in fixed if f.fix_ticks), key=lambda fixing: fixing.strike_ns, default=None
        )
        if last is not None and last.fix_ticks and source.time_ns() - last.strike_ns <= FRESH_NS:
            day = day_from_ns(last.strike_ns)
            yield Price(tenor, last.fix_ticks / TICKS_PER_USD, f"fix of {day}")
            continue
        rates = [rate_of(o) for o in offers if o.form == form and o.tenor == tenor]
        if not rates:
            yield Price(tenor, None, "nobody was seen to offer it")
            continue
        usd = float(median(rates)) / NANOUSD_PER_USD
        many = "offer" if len(rates) == 1 else "offers, their median"
        yield Price(tenor, usd, f"{len(rates)} {many}")


def offers_of(source: Prices, chip: str | None = None) -> Iterator[Observation]:
    """Yield what is on offer now of a chip, all pages of it; no row that may never count."""
    after = 0
    for _ in range(PAGES_MOST):
        page = source.offers(Wanted(chip=chip, after=after, limit=OFFERS_MOST))
        for seen in page.offers:
            is_priced = seen.kind in RENTABLE and seen.gpus > 0 and seen.price_nanousd > 0
            if is_priced and set(seen.flags) <= RENTED_WITH:
                yield seen
        if page.after is None:
            return
        after = page.after


def rate_of(seen: Observation) -> Fraction:
    """Give what one GPU of an offer costs an hour, in nano-dollars."""
    return Fraction(seen.price_nanousd, seen.gpus)


def _own(values: Mapping[str, float], hours: float, together: int) -> shapes.OwnCost:
    costs = cost_of(values, hours)
    return shapes.OwnCost(
        usd_per_month=_usd(costs.month),
        usd_per_hour=_usd(costs.month / hours),
        hours_most=int(hours_most(values)),
        server_gpus=together,
        lines=[
            shapes.OwnCostLine(name=name, usd_per_month=_usd(usd), usd_per_hour=_usd(usd / hours))
            for name, usd in costs._asdict().items()
        ],
    )


def _rent(values: Mapping[str, float], hours: float, price: Price) -> shapes.RentCost:
    words = TENORS.get(price.tenor, "by the hour, at the price that you state")
    if price.usd is None:
        return shapes.RentCost(
            tenor=price.tenor,
            words=words,
            price_usd=None,
            source=price.source,
            mean_usd=None,
            usd_per_month=None,
            usd_per_hour=None,
            cheaper=None,
            breakeven_hours=None,
            breakeven_utilisation=None,
            reason=price.source,
        )
    hourly = price.tenor in HOURLY
    mean = rent_over_life(values, price.usd)
    month = mean * (hours if hourly else HOURS_PER_MONTH)
    found = (breakeven_hourly if hourly else breakeven_committed)(values, price.usd)
    share = None if found.hours is None else Fraction(found.hours) / HOURS_PER_MONTH
    return shapes.RentCost(
        tenor=price.tenor,
        words=words,
        price_usd=_usd(price.usd),
        source=price.source,
        mean_usd=_usd(mean),
        usd_per_month=_usd(month),
        usd_per_hour=_usd(month / hours),
        cheaper="rent" if month <= cost_of(values, hours).month else "own",
        breakeven_hours=_hours(found),
        breakeven_utilisation=None
        if share is None
        else text_from_ppm(round_half_even(share * PPM)),
        reason=found.reason,
    )


def _hours(found: Breakeven) -> int | None:
    return None if found.hours is None else round(found.hours)


def _rule(
    values: Mapping[str, float],
    rent_usd: float | None,
    sensitivity: list[shapes.AssumptionMoved],
    together: int,
) -> shapes.RuleOfThumb:
    """Hold 500 hours a month against the break-even and the span that assumptions give it."""
    if rent_usd is None:
        words = "no rent by the hour is known, so the rule cannot be tested"
        return shapes.RuleOfThumb(
            hours=RULE_HOURS, holds=None, breakeven_low=None, breakeven_high=None, words=words
        )
    found = breakeven_hourly(values, rent_usd)
    ends = [(each.breakeven_at_low, each.breakeven_at_high) for each in sensitivity]
    span = [hours for pair in ends for hours in pair] + [_hours(found)]
    least = min((hours for hours in span if hours is not None), default=None)
    most = None if None in span else max(hours for hours in span if hours is not None)
    holds = least is not None and least <= RULE_HOURS and (most is None or most >= RULE_HOURS)
    return shapes.RuleOfThumb(
        hours=RULE_HOURS,
        holds=holds,
        breakeven_low=least,
        breakeven_high=most,
        words=_rule_words(found, rent_usd, least, most, together),
    )


def _rule_words(
    found: Breakeven, rent_usd: float, least: int | None, most: int | None, together: int
) -> str:
    at = f"At {rent_usd:.4f} USD an hour today"
    if found.hours is None:
        first = f"{at} {found.reason}: the rule of {RULE_HOURS} hours makes owning look too good"
        if least is not None:
            first += f"; a single kinder assumption could bring it to {least} hours"
        return f"{first}."
    hours = round(found.hours)
    until = "never" if most is None else f"{most}"
    words = (
        f"{at} owning is cheaper from {hours} useful hours of each GPU a month on, "
        f"{hours * 100 // HOURS_PER_MONTH} % of the month, where the rule says {RULE_HOURS}; a "
        f"single assumption moves that from {least} to {until}"
    )
    if together > 1:
        words += (
            f". {together} GPUs come in one server: {RULE_HOURS} GPU-hours in all are "
            f"{RULE_HOURS // together} for each, so a first server needs {hours * together} "
            "GPU-hours a month"
        )
    return f"{words}."


def _sensitivity(
    assumptions: Mapping[str, Assumption], hours: float, rent_usd: float | None
) -> list[shapes.AssumptionMoved]:
    """Give what each assumption moves, the most first; what was stated is not moved."""
    found = []
    for name, each in assumptions.items():
        if each.overridden:
            continue
        (low, early), (high, late) = moved(assumptions, name, hours, rent_usd or 0)
        never = HOURS_PER_MONTH
        reach = abs((never if late is None else late) - (never if early is None else early))
        found.append(((reach, abs(high - low)), each, low, high, early, late))
    found.sort(key=lambda row: row[0], reverse=True)
    return [
        shapes.AssumptionMoved(
            name=each.name,
            low=f"{each.low:g}",
            high=f"{each.high:g}",
            at_low_usd_per_hour=_usd(low),
            at_high_usd_per_hour=_usd(high),
            breakeven_at_low=None if early is None else round(early),
            breakeven_at_high=None if late is None else round(late),
        )
        for _, each, low, high, early, late in found
    ]


def _chart(
    asked: shapes.RentOrBuyAsked,
    values: Mapping[str, float],
    hours: float,
    rent_usd: float | None,
    sensitivity: list[shapes.AssumptionMoved],
) -> str:
    bars = [  # What moves the rent alone moves no cost.
        Bar(
            each.name,
            each.low,
            each.high,
            _ticks(float(each.at_low_usd_per_hour)),
            _ticks(float(each.at_high_usd_per_hour)),
        )
        for each in sensitivity
        if each.at_low_usd_per_hour != each.at_high_usd_per_hour
    ]
    chip = " ".join(word for word in (asked.chip.upper(), asked.form.upper()) if word)
    title = f"Owning one {chip}, used {asked.hours_per_month} hours a month, {asked.region}"
    centre = _ticks(cost_of(values, hours).month / hours)
    rent = None if rent_usd is None else _ticks(rent_over_life(values, rent_usd))
    unit = "US dollars a useful hour, one assumption at a time from its low to its high"
    return sensitivity_chart(title, unit, centre, rent, bars).decode()


def _ticks(usd: float) -> int:
    return round_half_even(Fraction(usd) * TICKS_PER_USD)


def _usd(amount: float) -> str:
    return text_from_microusd(round_half_even(Fraction(amount) * MICROUSD_PER_USD))


def _told(each: Assumption) -> shapes.AssumptionStated:
    return shapes.AssumptionStated(
        name=each.name,
        value=f"{each.value:g}",
        low=f"{each.low:g}",
        high=f"{each.high:g}",
        unit=each.unit,
        source=each.source,
        date=each.date,
        overridden=each.overridden,
    )
