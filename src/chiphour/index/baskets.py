"""BASKETS: one number for several chips, by a throughput that is named, or by a fixed basket.

Takes   the published fixes of many series and strikes; the dated table of throughputs.
Gives   the price of arithmetic, bandwidth and tokens of a fixed fleet; a quarterly Laspeyres index.
Keeps   a basket that misses a price without a value: leaving a chip out would move it. A new
        quarter's basket is joined on a day on which both were priced, never on the day it begins.
Source  docs/methodology/companions.md, "Baskets"; decision 0021.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from chiphour.hardware.throughput import throughput_of
from chiphour.index.companion import Companion
from chiphour.index.companion import Given
from chiphour.index.companion import fixed
from chiphour.index.companion import suppressed
from chiphour.index.fixing import Fixing
from chiphour.index.series import SERIES
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NS_PER_DAY
from chiphour.units import PPM
from chiphour.units import day_from_ns
from chiphour.units import div_floor
from chiphour.units import div_half_even
from chiphour.units import round_half_even

GFLOPS_PER_PFLOPS = 1_000_000
GB_PER_TB = 1_000

# The fleet of the broad baskets: one chip of each, by (chip, form). A change is a new date.
FLEET_DATED = "2026-11-27"
FLEET = (("A100", "SXM"), ("B200", "SXM"), ("H100", "SXM"), ("H200", "SXM"), ("L40S", ""))
TENORS = ("OD", "SPOT")

BASKET_MIN = 3  # Chips, for a Laspeyres basket.
STEADY_DAYS = 28  # A chip enters that had a fix on so many ...
STEADY_MIN = 20  # ... of these strikes, the one on which it enters included.

# The published fix in ticks by ticker; by strike.
Prices = Mapping[str, int]
History = Mapping[int, Prices]


class Broad(NamedTuple):
    """The price of a unit of throughput of the fleet, or the chips whose price is missing."""

    bf16_nanousd: int | None  # For a dense BF16 PFLOP-hour.
    bandwidth_nanousd: int | None  # For a TB/s-hour.
    missing: tuple[str, ...]


class Basket(NamedTuple):
    """Chips at the prices of the strike on which they entered: each with an equal share of value.

    `level` is that of the index on that strike.
    """

    linked_ns: int
    level: Fraction
    prices: tuple[tuple[str, int], ...]

    def level_at(self, prices: Prices) -> Fraction | None:
        """Give the index level at some prices, or None while one is missing."""
        if any(ticker not in prices for ticker, _ in self.prices):
            return None
        relatives = [Fraction(prices[ticker], before) for ticker, before in self.prices]
        return Fraction(self.level * sum(relatives, Fraction(0)), len(relatives))


class Level(NamedTuple):
    """The Laspeyres index at a strike: parts per million of the base, or None with a reason."""

    reason: str
    level_ppm: int | None
    linked_ns: int | None
    chips: int


def nanousd_per_unit(fix_ticks: int, throughput: int, per_unit: int) -> int:
    """Give the price of one unit, when a chip has `throughput` and a unit is `per_unit` of it."""
    return div_half_even(fix_ticks * NANOUSD_PER_TICK * per_unit, throughput)


def per_unit(
    given: Given, variant: str, unit: str, fact: str, throughputs_per_unit: int
) -> Companion:
    """Give the headline for each unit of a cited throughput, or suppress it without fix or fact.

    `fact` names a field of `Throughput`, of which `throughputs_per_unit` make one unit.
    """
    known = throughput_of(given.series.chip, given.series.form)
    if given.fixing.fix_ticks is None:
        return suppressed(given, variant, "HEADLINE_SUPPRESSED", unit)
    if known is None:
        return suppressed(given, variant, "NO_FACT", unit)
    throughput: int = getattr(known, fact)
    value = nanousd_per_unit(given.fixing.fix_ticks, throughput, throughputs_per_unit)
    return fixed(given, variant, value, unit, {fact: throughput})


def broad_of(prices: Prices, tenor: str) -> Broad:
    """Price the fleet: what it costs for an hour over what it can do in one."""
    tickers = {_ticker(chip, form, tenor): (chip, form) for chip, form in FLEET}
    missing = tuple(sorted(ticker for ticker in tickers if ticker not in prices))
    if missing:
        return Broad(None, None, missing)
    known = [throughput_of(chip, form) for chip, form in FLEET]
    cost_ticks = sum(prices[ticker] for ticker in tickers)
    gflops = sum(each.dense_bf16_gflops for each in known if each is not None)
    gb_per_s = sum(each.memory_gb_per_s for each in known if each is not None)
    return Broad(
        nanousd_per_unit(cost_ticks, gflops, GFLOPS_PER_PFLOPS),
        nanousd_per_unit(cost_ticks, gb_per_s, GB_PER_TB),
        (),
    )


def laspeyres_of(history: History, strike_ns: int, tenor: str) -> Level:
    """Give the quarterly index of a tenor at a strike, from the whole history up to it.

    The first basket forms on the first strike with enough steady chips, at one. Each later
    quarter's basket forms on the last strike of the quarter before on which the old basket could
    be priced: there the new one takes over the level that the old one has. No earlier price is
    looked at again, and no later one can change a level.
    """
    basket: Basket | None = None
    last: tuple[int, Fraction] | None = None  # The last strike of the quarter with a level.
    for strike in sorted(strike for strike in history if strike <= strike_ns):
        if basket is not None and last is not None and _quarter(strike) != _quarter(last[0]):
            basket, last = _relinked(basket, history, *last, tenor), None
        if basket is None:
            chips = _steady(history, strike, tenor)
            if len(chips) >= BASKET_MIN:
                basket = Basket(strike, Fraction(1), chips)
        if basket is not None:
            level = basket.level_at(history[strike])
            last = last if level is None else (strike, level)
    if basket is None:
        return Level("NO_BASE", None, None, 0)
    level = basket.level_at(history.get(strike_ns, {}))
    if level is None:
        return Level("CONSTITUENT_MISSING", None, basket.linked_ns, len(basket.prices))
    return Level("", round_half_even(level * PPM), basket.linked_ns, len(basket.prices))


def _relinked(basket: Basket, history: History, strike: int, level: Fraction, tenor: str) -> Basket:
    """Form the next quarter's basket at the level that the old one has; too few chips keep it."""
    chips = _steady(history, strike, tenor)
    return Basket(strike, level, chips) if len(chips) >= BASKET_MIN else basket


def baskets_of(fixings: Sequence[Fixing], history: History) -> list[Companion]:
    """Give the broad baskets of a strike as companions of CHR.BROAD.OD and CHR.BROAD.SPOT.

    `fixings` are those of the strike, at least one; `history` the published fixes by strike, up to
    and including it.
    """
    strike_ns = fixings[0].strike_ns
    prices = prices_of(fixings)
    found = []
    for tenor in TENORS:
        broad = broad_of(prices, tenor)
        level = laspeyres_of(history, strike_ns, tenor)
        why = "CONSTITUENT_MISSING" if broad.missing else ""
        counted = (("chips", len(FLEET)), ("missing_chips", len(broad.missing)))
        chained: tuple[tuple[str, int], ...] = (("chips", level.chips),)
        if level.linked_ns is not None:
            chained += (("linked_ns", level.linked_ns),)
        rows: tuple[tuple[str, str, int | None, str, tuple[tuple[str, int], ...]], ...] = (
            ("BANDWIDTH", why, broad.bandwidth_nanousd, "nanousd per TB/s-hour", counted),
            ("BF16", why, broad.bf16_nanousd, "nanousd per dense BF16 PFLOP-hour", counted),
            ("LASPEYRES", level.reason, level.level_ppm, "ppm", chained),
        )
        found += [
            Companion(
                series=f"CHR.BROAD.{tenor}",
                variant=variant,
                strike_ns=strike_ns,
                known_ns=max(fixing.known_ns for fixing in fixings),
                state="suppressed" if reason else "fixed",
                reason=reason,
                value=value,
                unit=unit,
                figures=figures,
                methodology=fixings[0].methodology,
            )
            for variant, reason, value, unit, figures in rows
        ]
    return found


def prices_of(fixings: Sequence[Fixing]) -> dict[str, int]:
    """Give the published fixes of one strike by ticker."""
    return {each.series: each.fix_ticks for each in fixings if each.fix_ticks is not None}


def _steady(history: History, strike: int, tenor: str) -> tuple[tuple[str, int], ...]:
    """Give the chips of a tenor that have a fix here and on enough of the strikes before."""
    prices = history[strike]
    days = [history.get(strike - days * NS_PER_DAY, {}) for days in range(STEADY_DAYS)]
    return tuple(
        (series.ticker, prices[series.ticker])
        for series in SERIES
        if series.tenor == tenor
        and series.ticker in prices
        and sum(series.ticker in day for day in days) >= STEADY_MIN
    )


def _quarter(time_ns: int) -> tuple[int, int]:
    day = day_from_ns(time_ns)
    return day.year, div_floor(day.month - 1, 3)


def _ticker(chip: str, form: str, tenor: str) -> str:
    return ".".join(word for word in ("CHR", chip, form, tenor) if word)


assert all(throughput_of(chip, form) is not None for chip, form in FLEET)
