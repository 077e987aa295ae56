"""PROCURING: the cheapest mix for a job, from what is on offer now.

Takes   a job (`ProcureAsked`); what knows offers and the time; a market with its auction, or none.
Gives   the answer (`Procured`): what to take where, what was passed over and why.
Keeps   each price as its source showed it; stock only where somebody counted it.
Source  docs/how-to/rent-or-buy.md, "A job"; decision 0044.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from chiphour.adapters.hedging import share_from
from chiphour.adapters.renting import Prices
from chiphour.adapters.renting import offers_of
from chiphour.adapters.renting import rate_of
from chiphour.adapters.serve import shapes_procure as shapes
from chiphour.analyse.hedge import HedgeRefused
from chiphour.analyse.procure import INTERRUPTIBLE
from chiphour.analyse.procure import Costed
from chiphour.analyse.procure import Job
from chiphour.analyse.procure import JobRefused
from chiphour.analyse.procure import Mix
from chiphour.analyse.procure import Way
from chiphour.analyse.procure import cheapest
from chiphour.analyse.procure import checked
from chiphour.analyse.procure import costed
from chiphour.analyse.procure import useful_share
from chiphour.analyse.procure import useful_ways
from chiphour.hardware.chips import CHIPS
from chiphour.hardware.chips import memory_sizes_gb
from chiphour.observe.observation import Observation
from chiphour.publish.offers import OFFERS_MOST
from chiphour.publish.offers import Wanted
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import NS_PER_MINUTE
from chiphour.units import PPM
from chiphour.units import div_half_even
from chiphour.units import iso_from_ns
from chiphour.units import microusd_from_text
from chiphour.units import ns_from_iso
from chiphour.units import round_half_even
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ppm

if TYPE_CHECKING:
    from chiphour.adapters.serve.market_view import MarketView

PASSED_MOST = 50
WAYS_MOST = 2_000  # That are weighed against one another; the answer says so where there are more.
SPEED_MOST = 100
AUCTIONS_MOST = 7  # Days that are looked back for a run.
NANOUSD_PER_MICROUSD = NANOUSD_PER_USD // MICROUSD_PER_USD


def procure_of(
    source: Prices, asked: shapes.ProcureAsked, market: "MarketView | None" = None
) -> shapes.Procured:
    """Find the cheapest mix for a job; raises JobRefused."""
    job = job_of(asked, source.time_ns())
    limit = None if asked.limit_usd is None else _price(asked.limit_usd)
    ways = [costed(job, way) for way in ways_of(source, job, asked.forms)]
    fit = useful_ways(ways)
    mix = cheapest(job, fit[:WAYS_MOST])
    useful = div_half_even(mix.cost_microusd, job.gpus * job.hours) if mix.chosen else None
    passed = _passed(ways, mix)
    return shapes.Procured(
        as_of=iso_from_ns(source.time_ns()),
        gpu_hours=job.gpus * job.hours,
        feasible=bool(mix.chosen),
        reason=mix.reason if ways else f"nobody offers {', '.join(job.chips)} now",
        cost_usd=text_from_microusd(mix.cost_microusd) if mix.chosen else None,
        usd_per_useful_hour=None if useful is None else text_from_microusd(useful),
        limit_usd=None if limit is None else text_from_microusd(limit),
        above_limit=limit is not None and (useful is None or useful > limit),
        chosen=[_taken(way, count, paid) for way, count, paid in mix.chosen],
        passed=passed[:PASSED_MOST],
        passed_in_all=len(passed),
        auction=_auctioned(market, job.chips),
        assumptions=list(_assumptions(job, ways, len(fit))),
    )


def job_of(asked: shapes.ProcureAsked, now_ns: int) -> Job:
    """Read a job; raises JobRefused."""
    chips = tuple(chip.upper() for chip in asked.chips)
    for chip in chips:
        if chip not in CHIPS:
            raise JobRefused(f"chips: expected words such as H100, found {chip!r}")
    speeds = {
        name.upper(): _share("speeds", text, SPEED_MOST) for name, text in asked.speeds.items()
    }
    for name, speed in speeds.items():
        if name not in chips or speed == 0:
            raise JobRefused(f"speeds: expected one above 0 of {', '.join(chips)}, found {name}")
    return checked(
        Job(
            gpus=asked.gpus,
            hours=asked.hours,
            chips=chips,
            left_ns=None if asked.deadline is None else _time(asked.deadline) - now_ns,
            memory_gb_min=asked.memory_gb_min,
            countries=tuple(country.upper() for country in asked.countries),
            interruptible=asked.interruptible,
            checkpoint_ns=asked.checkpoint_minutes * NS_PER_MINUTE,
            restart_ns=asked.restart_minutes * NS_PER_MINUTE,
            pi_ppm=_share("interrupted_share", asked.interrupted_share, 1),
            together=asked.together,
            speed_ppm=tuple(speeds.items()),
        )
    )


def _share(name: str, text: str, most: int) -> int:
    try:
        return share_from(name, text, most)
    except HedgeRefused as fault:
        raise JobRefused(str(fault)) from None


def _price(text: str) -> int:
    try:
        return microusd_from_text(text)
    except ValueError as fault:
        raise JobRefused(f"limit_usd: {fault}") from None


def _time(text: str) -> int:
    try:
        return ns_from_iso(text)
    except (ValueError, OverflowError):
        raise JobRefused(
            f"deadline: expected a time such as 2026-08-30T00:00:00Z, found {text[:40]!r}"
        ) from None


def ways_of(source: Prices, job: Job, forms: Sequence[str] = ()) -> Iterator[Way]:
    """Yield every way to rent one of the chips that is on offer now, in one of the forms."""
    wanted = {form.upper() for form in forms}
    for chip in dict.fromkeys(job.chips):
        free = _stock(source, chip)
        for seen in offers_of(source, chip):
            if seen.tenor != "OTHER" and (not wanted or seen.form in wanted):
                yield _way(seen, free.get((seen.venue, seen.form)))


def _stock(source: Prices, chip: str) -> dict[tuple[str, str], int]:
    """Count what was free of a chip by venue and form, where somebody counted."""
    free: dict[tuple[str, str], int] = defaultdict(int)
    page = source.offers(Wanted(chip=chip, kind="stock", limit=OFFERS_MOST))
    for seen in page.offers:
        if seen.kind == "stock":
            free[seen.venue, seen.form] += seen.gpus
    return free


def _way(seen: Observation, free: int | None) -> Way:
    """Read an offer: one of a host is let whole, a rate card from its least number on."""
    spec, terms = json.loads(seen.spec), json.loads(seen.terms)
    is_host = seen.kind == "ask"
    least = str(terms.get("min_gpus", "1"))
    sizes = memory_sizes_gb(seen.chip, seen.form)
    known = sizes[0] if len(sizes) == 1 else None
    return Way(
        venue=seen.venue,
        source=seen.source,
        chip=seen.chip,
        form=seen.form,
        tenor=seen.tenor,
        price_microusd=round_half_even(rate_of(seen) / NANOUSD_PER_MICROUSD),
        gpus_least=seen.gpus if is_host else int(least) if least.isdigit() else 1,
        gpus_most=seen.gpus if is_host else free,
        memory_gb=seen.memory_gb or known,
        country=spec.get("country"),
        link=str(spec.get("source_url", "")),
    )


def _taken(way: Costed, count: int, paid: int) -> shapes.WayTaken:
    of = way.way
    reason = "the cheapest useful hour that can do it"
    if of.tenor == INTERRUPTIBLE:
        reason += ", interruptions counted"
    if paid > count:
        reason += f", though no fewer than {paid} GPUs are let"
    return shapes.WayTaken(
        venue=of.venue,
        source=of.source,
        chip=of.chip,
        form=of.form,
        tenor=of.tenor,
        gpus=count,
        gpus_paid=paid,
        paid_hours=text_from_ppm(round_half_even(way.paid_hours * PPM)),
        price_usd=text_from_microusd(of.price_microusd),
        usd_per_useful_hour=text_from_microusd(div_half_even(way.useful_microusd * paid, count)),
        cost_usd=text_from_microusd(way.cost_microusd * paid),
        reason=reason,
        link=of.link,
    )


def _passed(ways: Sequence[Costed], mix: Mix) -> list[shapes.WayPassed]:
    """Give what the mix does not take, the cheapest first."""
    taken = {id(way) for way, _, _ in mix.chosen}
    dearest = max((way.useful_microusd for way, _, _ in mix.chosen), default=None)
    found = []
    for way in sorted(ways, key=lambda way: (way.useful_microusd, way.way.venue)):
        if id(way) in taken:
            continue
        reason = way.reason
        if not reason:
            reason = "it could do it, but not at the least cost"
            if dearest is not None and way.useful_microusd > dearest:
                more = text_from_microusd(way.useful_microusd - dearest)[:-2]
                reason = f"a useful hour costs ${more} more"
        of = way.way
        useful = way.useful_microusd if way.paid_hours else None
        found.append(
            shapes.WayPassed(
                venue=of.venue,
                source=of.source,
                chip=of.chip,
                form=of.form,
                tenor=of.tenor,
                price_usd=text_from_microusd(of.price_microusd),
                usd_per_useful_hour=None if useful is None else text_from_microusd(useful),
                reason=reason,
            )
        )
    return found


def _auctioned(market: "MarketView | None", chips: Sequence[str]) -> shapes.AuctionPrice:
    """Give the mean price of the last auction run in which these chips were awarded."""
    if market is None:
        return shapes.AuctionPrice(price_usd=None, hours=0, reason="ask a market that runs: --url")
    for day in sorted(market.days(), reverse=True)[:AUCTIONS_MOST]:
        found = market.auction(day)
        lines = [] if found is None else found.lines
        own = [line for line in lines if line.chip.split()[0] in chips]
        hours = sum(line.gpu_hours for line in own)
        if hours:
            worth = sum(line.price_microusd * line.gpu_hours for line in own)
            words = f"the mean of the run of {day}: bid near it to win, a lower bid may lose"
            price = text_from_microusd(div_half_even(worth, hours))
            return shapes.AuctionPrice(price_usd=price, hours=hours, reason=words)
    words = f"no run of the last {AUCTIONS_MOST} days awarded any of them"
    return shapes.AuctionPrice(price_usd=None, hours=0, reason=words)


def _assumptions(job: Job, ways: Sequence[Costed], fit: int) -> Iterator[str]:
    """Yield what the answer takes as given."""
    if fit > WAYS_MOST:
        yield f"the cheapest {WAYS_MOST} of {fit} offers are weighed against one another"
    if job.interruptible:
        share = float(useful_share(job)) * 100
        yield (
            f"{Fraction(job.pi_ppm, PPM) * 100} % of interruptible hours are interrupted, as "
            f"stated: {share:.1f} % of their work is useful; nobody publishes how often it happens"
        )
    if any(way.way.gpus_most is None for way in ways):
        yield "a venue whose stock nobody counted has enough"
    if not job.speed_ppm and len(job.chips) > 1:
        yield "an hour of each chip does the same work: state speeds if it does not"
