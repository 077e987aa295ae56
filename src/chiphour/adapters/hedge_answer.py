"""HEDGE_ANSWER: a hedge as it is told: money as text, what remains in sentences, orders.

Takes   a `Plan`, or a question to make one of.
Gives   the answer (`Hedge`), for programs and for the command line alike.
Keeps   every amount exact to the micro-dollar; gains of lots with the fees taken off. Orders are
        written, never sent.
Source  docs/how-to/hedge.md; decision 0044.
"""

from collections.abc import Iterator
from fractions import Fraction
from math import isnan
from typing import TYPE_CHECKING
from typing import Literal

from chiphour.adapters.hedging import Plan
from chiphour.adapters.hedging import Priced
from chiphour.adapters.hedging import plan_of
from chiphour.adapters.price_record import Fixings
from chiphour.adapters.serve import shapes_hedge as shapes
from chiphour.analyse.hedge import LATER
from chiphour.analyse.hedge import MONTH_END
from chiphour.analyse.hedge_cost import Spread
from chiphour.analyse.hedge_cost import Uncosted
from chiphour.exchange.reasons import Reason
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import PPM
from chiphour.units import TICKS_PER_USD
from chiphour.units import day_from_ns
from chiphour.units import div_ceil
from chiphour.units import div_half_even
from chiphour.units import iso_from_ns
from chiphour.units import round_half_even
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ppm

if TYPE_CHECKING:
    from chiphour.adapters.serve.market_view import MarketView

FRESH_DAYS = 2  # A fix that is older is told to be.
CENT_MICROUSD = MICROUSD_PER_USD // 100


def hedge_of(
    source: Fixings, asked: shapes.HedgeAsked, market: "MarketView | None" = None
) -> shapes.Hedge:
    """Hedge an exposure; raises HedgeRefused and PriceUnknown.

    Without a market prices are indicative, and the contracts those that the rule lists.
    """
    return answer_of(plan_of(source, asked, market))


def answer_of(plan: Plan) -> shapes.Hedge:
    """Write a plan as it is told."""
    hours = sum(leg.choice.month.hours for leg in plan.legs)
    uncosted = plan.costed if isinstance(plan.costed, Uncosted) else None
    return shapes.Hedge(
        series=plan.series.ticker,
        as_of=iso_from_ns(plan.now_ns),
        venues=list(plan.venues),
        price_usd=text_from_microusd(plan.index_microusd),
        price_source="given" if plan.price_is_given else f"the fix of {plan.record.last}",
        venue_price_usd=text_from_microusd(plan.venue_microusd),
        hours=hours,
        cost_usd=text_from_microusd(hours * plan.venue_microusd),
        ratio=_ratio(plan),
        legs=[_leg(leg, plan.venue_microusd) for leg in plan.legs],
        locked=_locked(plan),
        margin=_margin(plan),
        scenarios=list(_scenarios(plan, hours)),
        distribution=_distribution(plan),
        distribution_reason="" if uncosted is None else uncosted.reason,
        risks=list(_risks(plan)),
        orders=[_order(leg) for leg in plan.legs if leg.choice.contract is not None and leg.lots],
    )


def _ratio(plan: Plan) -> shapes.HedgeRatio:
    found = plan.ratio
    estimate = None if found is None else found.estimate
    source: Literal["estimated", "given", "assumed"] = "assumed"
    reason = "the index itself is what is paid: an hour for an hour"
    if plan.ratio_is_given:
        source, reason = "given", ""
    elif estimate is not None:
        source, reason = "estimated", ""
    elif found is not None:
        reason = f"{found.reason}. An hour for an hour is taken"
    return shapes.HedgeRatio(
        value=text_from_ppm(plan.ratio_ppm),
        low=None if estimate is None else _share(estimate.low),
        high=None if estimate is None else _share(estimate.high),
        source=source,
        days=0 if found is None else found.changes,
        moved=0 if found is None else found.moves,
        reason=reason,
    )


def _share(value: float) -> str | None:
    return None if isnan(value) else text_from_ppm(round_half_even(Fraction(value) * PPM))


def _leg(leg: Priced, venue_microusd: int) -> shapes.HedgeLeg:
    month, contract = leg.choice.month, leg.choice.contract
    is_there = contract is not None
    has_book = leg.bought.filled_lots > 0
    return shapes.HedgeLeg(
        month=month.word,
        hours=month.hours,
        cost_usd=text_from_microusd(month.hours * venue_microusd),
        contract=contract.name if contract is not None else None,
        match=leg.choice.match,  # type: ignore[arg-type]  # One of the four words of `hedge.py`.
        lots=leg.lots,
        price_usd=text_from_microusd(leg.price_microusd) if is_there else None,
        limit_usd=text_from_microusd(leg.limit_ticks * leg.tick_microusd) if is_there else None,
        price_source="none" if not is_there else "book" if has_book else "fix",
        mid_usd=None if leg.mid_microusd is None else text_from_microusd(leg.mid_microusd),
        lots_offered=leg.offered_lots,
        slippage_usd=text_from_microusd(_slippage(leg)),
        reason=leg.choice.reason,
    )


def _slippage(leg: Priced) -> int:
    return 0 if leg.mid_microusd is None else leg.lots * (leg.price_microusd - leg.mid_microusd)


def _locked(plan: Plan) -> shapes.HedgeLocked:
    """Add up what the legs with a contract fix: the venue's price now, and what the lots add."""
    legs = [leg for leg in plan.legs if leg.choice.contract is not None]
    hours = sum(leg.choice.month.hours for leg in legs)
    lots = sum(leg.lots for leg in legs)
    open_hours = sum(max(0, leg.choice.month.hours - leg.lots) for leg in plan.legs)
    above = sum(leg.lots * (leg.price_microusd - plan.index_microusd) for leg in legs)
    fees = 0 if plan.margin is None else plan.margin.fees_microusd
    cost = hours * plan.venue_microusd + above + fees
    return shapes.HedgeLocked(
        lots=lots,
        hours=hours,
        unhedged_hours=open_hours,
        cost_usd=text_from_microusd(cost),
        usd_per_hour=text_from_microusd(div_half_even(cost, hours)) if hours else None,
        fees_usd=text_from_microusd(fees),
        slippage_usd=text_from_microusd(sum(map(_slippage, legs))),
    )


def _margin(plan: Plan) -> shapes.HedgeMargin:
    found, reason = plan.margin, ""
    if found is None:
        reason = "nothing is bought"
    elif found.refusal != Reason.NONE:
        reason = f"the exchange would refuse: {found.refusal.name}"
    return shapes.HedgeMargin(
        initial_usd=text_from_microusd(found.initial_microusd if found else 0),
        maintenance_usd=text_from_microusd(found.maintenance_microusd if found else 0),
        reason=reason,
    )


def _scenarios(plan: Plan, hours: int) -> Iterator[shapes.HedgeScenario]:
    """Yield what all hours cost at each price, the venue moving as the index does."""
    if plan.margin is None:
        return
    lots = sum(leg.lots for leg in plan.legs)
    paid = sum(leg.lots * leg.price_microusd for leg in plan.legs)
    for name, moved in zip(plan.names, plan.margin.moved, strict=False):
        venue = div_half_even(plan.venue_microusd * moved.index_microusd, plan.index_microusd)
        gained = lots * moved.index_microusd - paid - plan.margin.fees_microusd
        yield shapes.HedgeScenario(
            name=name,
            price_usd=text_from_microusd(moved.index_microusd),
            unhedged_usd=text_from_microusd(hours * venue),
            futures_usd=text_from_microusd(gained),
            hedged_usd=text_from_microusd(hours * venue - gained),
            variation_usd=text_from_microusd(moved.variation_microusd),
            initial_usd=text_from_microusd(moved.initial_microusd),
            cash_usd=text_from_microusd(moved.cash_microusd),
        )


def _distribution(plan: Plan) -> shapes.CostDistribution | None:
    found = plan.costed
    if isinstance(found, Uncosted):
        return None
    return shapes.CostDistribution(
        without=_spread(found.without),
        hedged=_spread(found.hedged),
        paths=found.paths,
        days=found.changes,
        source=found.source,  # type: ignore[arg-type]  # One of two words of `hedge_cost.py`.
    )


def _spread(found: Spread) -> shapes.CostSpread:
    return shapes.CostSpread(**{f"{name}_usd": _dollars(value) for name, value in _named(found)})


def _named(found: Spread) -> Iterator[tuple[str, float]]:
    yield from found._asdict().items()


def _dollars(amount_usd: float) -> str:
    """Write a drawn amount, to the cent: its further digits are chance."""
    cents = round_half_even(Fraction(amount_usd) * 100)
    return text_from_microusd(cents * CENT_MICROUSD)


def _risks(plan: Plan) -> Iterator[shapes.HedgeRisk]:
    """Yield what the hedge leaves open, each with its figure."""
    if not plan.venues:
        words = "the index is hedged, and what you pay may move away from it: name your venues"
        yield _risk("basis", words)
    else:
        yield _risk("basis", _basis_words(plan))
    legs = [leg for leg in plan.legs if leg.choice.contract is not None]
    wanted = sum(leg.lots for leg in legs)
    filled = sum(leg.bought.filled_lots for leg in legs)
    if filled < wanted:
        yield _risk(
            "liquidity",
            f"{filled:,} of {wanted:,} lots are offered now: the others wait for a seller, and "
            f"stand here at {'the last price of these' if filled else 'the price of the index'}",
        )
    for match, words in ((MONTH_END, "settle on one day of the month"), (LATER, "end later")):
        named = ", ".join(leg.choice.month.word for leg in legs if leg.choice.match == match)
        if named:
            yield _risk("contracts", f"the lots for {named} {words}: the rest of the month is open")
    missing = ", ".join(leg.choice.month.word for leg in plan.legs if not leg.choice.contract)
    if missing:
        yield _risk("contracts", f"nothing is listed for {missing}: these hours stay unhedged")
    if plan.margin is not None and len(plan.margin.moved) > 1:
        cash = _whole(plan.margin.moved[1].cash_microusd)
        yield _risk(
            "cash",
            f"a fall is paid for each day, long before the cheaper hours are bought: to live "
            f"through a halved price the account needs ${cash:,} from the start",
        )
    for words in plan.labels:
        yield _risk("data", words.removesuffix("."))
    if not plan.price_is_given:
        age_days = (day_from_ns(plan.now_ns) - plan.record.last).days
        if age_days > FRESH_DAYS:
            yield _risk("data", f"the last fix is {age_days} days old")


def _risk(
    name: Literal["basis", "liquidity", "contracts", "cash", "data"], words: str
) -> shapes.HedgeRisk:
    return shapes.HedgeRisk(name=name, words=f"{words}.")


def _basis_words(plan: Plan) -> str:
    """Say how far the venues' price stood from the index on the days that have both."""
    rates, fixes = plan.record.mean_rate(plan.venues), plan.record.fix_ticks
    named = " and ".join(plan.venues)
    apart = [rates[day] - fixes[day] * NANOUSD_PER_TICK for day in sorted(rates) if day in fixes]
    if not apart:
        return f"{named} and the index have no day in common"
    mean, least, most = (
        _ticks(each) for each in (sum(apart, Fraction(0)) / len(apart), min(apart), max(apart))
    )
    return (
        f"{named} less the index was {mean} USD an hour on the mean of {len(apart)} days, from "
        f"{least} to {most}; nothing here hedges that difference"
    )


def _ticks(amount_nanousd: Fraction) -> str:
    ticks = round_half_even(amount_nanousd / NANOUSD_PER_TICK)
    whole, part = divmod(abs(ticks), TICKS_PER_USD)
    return f"{'-' if ticks < 0 else '+'}{whole}.{part:04d}"


def _whole(amount_microusd: int) -> int:
    return div_ceil(amount_microusd, MICROUSD_PER_USD)


def _order(leg: Priced) -> shapes.HedgeOrder:
    """Write the order that buys a leg: at most the worst price that its lots need."""
    assert leg.choice.contract is not None
    return shapes.HedgeOrder(
        method="private/buy",
        params=shapes.HedgeOrderParams(
            instrument_name=leg.choice.contract.name,
            amount=leg.lots,
            type="limit",
            price=leg.limit_ticks * leg.tick_microusd / MICROUSD_PER_USD,
            time_in_force="good_til_cancelled",
            label=f"hedge-{leg.choice.month.word}",
        ),
    )
