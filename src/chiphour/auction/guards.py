"""GUARDS: limits that hold when the market is short, and end when the shortage does.

Takes   hourly prices, open buys, times; the operator's parameters, each a record with its units.
Gives   the cap of each coming hour; the prices above it; what breaks an exposure limit; until
        when a run may be corrected.
Keeps   one cap for work and for reserve, a number and no index; every limit's end in the same
        formula as its beginning. All in integers.
Source  docs/formulation/guards.md, sections 1 and 4 to 6; AEMO, the cumulative price threshold of
        the National Electricity Rules 3.14; Potomac Economics on Texas, February 2021.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from chiphour.auction.fields import PRICE_TICKS_MAX
from chiphour.auction.fields import QUANTITY_HUNDREDTHS_MAX
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import Violation
from chiphour.auction.parameters import integer_within
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import div_ceil
from chiphour.units import div_floor
from chiphour.units import iso_from_ns
from chiphour.units import percent_from_ppm
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ticks

WINDOW_HOURS_MAX = 24 * 31
ENTRY_TICKS_MAX = 1 << 44  # A billion dollars for one chip.
CORRECTION_HOURS_MAX = 24 * 31
MONEY_MICROUSD_MAX = 1 << 60


class CapRule(NamedTuple):
    """The cap of one product and when it falls. Prices in ticks per chip-hour.

    When what a chip earned above `reference_cost_ticks` within `window_hours` exceeds
    `multiple_ppm` of `entry_cost_ticks`, the fixed cost of a new chip for a year, the cap is
    `low_cap_ticks` until it no longer does. The defaults: $100, then $10 once a chip has earned
    a fifth of $10,000 in a week.
    """

    reference_cost_ticks: int
    cap_ticks: int = 1_000_000
    low_cap_ticks: int = 100_000
    entry_cost_ticks: int = 100_000_000
    multiple_ppm: int = 200_000
    window_hours: int = 168

    @property
    def limit_ticks(self) -> int:
        """Give the most that a chip may earn above its cost within the window, rounded down."""
        return div_floor(self.entry_cost_ticks * self.multiple_ppm, PPM)


class Earned(NamedTuple):
    """What a chip earned above its cost in each hour of the window, oldest first, and the sum."""

    hours_ticks: tuple[int, ...] = ()
    sum_ticks: int = 0


NOTHING_EARNED = Earned()


def checked_cap(rule: CapRule) -> CapRule:
    """Give the rule back; raises RequestMalformed.

    Also where the low cap is above the cap, or a window at the low cap would earn more than the
    limit: then the low cap could keep itself in force without end (eq. 10).
    """
    integer_within("cap.reference_cost_ticks", rule.reference_cost_ticks, 0, PRICE_TICKS_MAX)
    integer_within("cap.cap_ticks", rule.cap_ticks, 1, PRICE_TICKS_MAX)
    integer_within("cap.low_cap_ticks", rule.low_cap_ticks, 1, rule.cap_ticks)
    integer_within("cap.entry_cost_ticks", rule.entry_cost_ticks, 1, ENTRY_TICKS_MAX)
    integer_within("cap.multiple_ppm", rule.multiple_ppm, 1, 100 * PPM)
    integer_within("cap.window_hours", rule.window_hours, 1, WINDOW_HOURS_MAX)
    kept = (rule.low_cap_ticks - rule.reference_cost_ticks) * rule.window_hours
    if kept > rule.limit_ticks:
        raise RequestMalformed(
            f"cap.low_cap_ticks: expected a cap that earns at most {rule.limit_ticks} in "
            f"{rule.window_hours} hours, found one that earns {kept}"
        )
    return rule


def coming_cap_ticks(rule: CapRule, earned: Earned) -> int:
    """Give the cap of the hour that comes after these (eq. 10)."""
    return rule.low_cap_ticks if earned.sum_ticks > rule.limit_ticks else rule.cap_ticks


def after_hour(rule: CapRule, earned: Earned, price_ticks: int) -> Earned:
    """Add an hour and let the oldest leave the window; raises RequestMalformed above the cap."""
    cap_ticks = coming_cap_ticks(rule, earned)
    integer_within("cap.price_ticks", price_ticks, -PRICE_TICKS_MAX, cap_ticks)
    newest = max(0, price_ticks - rule.reference_cost_ticks)
    is_full = len(earned.hours_ticks) == rule.window_hours
    left = earned.hours_ticks[1:] if is_full else earned.hours_ticks
    oldest = earned.hours_ticks[0] if is_full else 0
    return Earned((*left, newest), earned.sum_ticks + newest - oldest)


def caps_ticks(rule: CapRule, prices_ticks: Iterable[int]) -> tuple[int, ...]:
    """Give the cap of each hour and of the one that comes next: one more than there are prices."""
    checked_cap(rule)
    earned = NOTHING_EARNED
    caps = [coming_cap_ticks(rule, earned)]
    for price_ticks in prices_ticks:
        earned = after_hour(rule, earned, price_ticks)
        caps.append(coming_cap_ticks(rule, earned))
    return tuple(caps)


def above_cap(prices_ticks: Mapping[str, int], cap_ticks: int) -> Iterator[Violation]:
    """Yield each price above the cap. Prices of work and of reserve are named alike (eq. 1).

    The cap holds for each of them alone: the price of work contains that of reserve already.
    """
    integer_within("cap.cap_ticks", cap_ticks, 1, PRICE_TICKS_MAX)
    for name, price_ticks in prices_ticks.items():
        if price_ticks > cap_ticks:
            expected = f"at most {text_from_ticks(cap_ticks)}"
            yield Violation("cap", name, expected, text_from_ticks(price_ticks))


class ExposureRule(NamedTuple):
    """How much a buyer may leave open to the coming price.

    Open buys are held against `stressed_price_ticks` per chip-hour; at least `hedged_ppm` of them
    must be bought ahead or be covered otherwise. The defaults: the default cap, and a half.
    """

    stressed_price_ticks: int = 1_000_000
    hedged_ppm: int = 500_000


class Buyer(NamedTuple):
    """What a buyer has open: chip-hours of which `hedged_hundredths` have their price already."""

    name: str
    open_hundredths: int
    hedged_hundredths: int
    collateral_microusd: int


def exposure_microusd(rule: ExposureRule, buyer: Buyer) -> int:
    """Give what the unhedged chip-hours cost at the stressed price (eq. 11), exactly."""
    _check_exposure(rule, buyer)
    return (buyer.open_hundredths - buyer.hedged_hundredths) * rule.stressed_price_ticks


def exposure_violations(rule: ExposureRule, buyer: Buyer) -> Iterator[Violation]:
    """Yield the limits that a buyer breaks: too little collateral, too little hedged (eq. 11)."""
    exposure = exposure_microusd(rule, buyer)
    if exposure > buyer.collateral_microusd:
        expected = f"collateral of {text_from_microusd(exposure)}"
        found = text_from_microusd(buyer.collateral_microusd)
        yield Violation("exposure", buyer.name, expected, found)
    least = div_ceil(buyer.open_hundredths * rule.hedged_ppm, PPM)
    if buyer.hedged_hundredths < least:
        share = percent_from_ppm(rule.hedged_ppm)
        expected = f"{hundredths_text(least)} chip-hours hedged, {share} % of those open"
        found = hundredths_text(buyer.hedged_hundredths)
        yield Violation("hedge", buyer.name, expected, found)


def open_most_hundredths(rule: ExposureRule, buyer: Buyer) -> int:
    """Give the most that this buyer may have open with its hedges and collateral, rounded down."""
    _check_exposure(rule, buyer)
    by_collateral = div_floor(buyer.collateral_microusd, rule.stressed_price_ticks)
    most = buyer.hedged_hundredths + by_collateral
    if rule.hedged_ppm:
        most = min(most, div_floor(buyer.hedged_hundredths * PPM, rule.hedged_ppm))
    return most


def _check_exposure(rule: ExposureRule, buyer: Buyer) -> None:
    most = QUANTITY_HUNDREDTHS_MAX
    integer_within("exposure.stressed_price_ticks", rule.stressed_price_ticks, 1, PRICE_TICKS_MAX)
    integer_within("exposure.hedged_ppm", rule.hedged_ppm, 0, PPM)
    where = f"exposure[{buyer.name}]"
    integer_within(f"{where}.open_hundredths", buyer.open_hundredths, 0, most)
    hedged = buyer.hedged_hundredths
    integer_within(f"{where}.hedged_hundredths", hedged, 0, buyer.open_hundredths)
    integer_within(f"{where}.collateral", buyer.collateral_microusd, 0, MONEY_MICROUSD_MAX)


class CorrectionRule(NamedTuple):
    """For how many hours after its publication a run may be corrected."""

    hours: int = 48


def final_ns(rule: CorrectionRule, published_ns: int) -> int:
    """Give the time from which a run is final (eq. 12).

    It counts from the first publication: a correction does not open the window anew.
    """
    integer_within("correction.hours", rule.hours, 1, CORRECTION_HOURS_MAX)
    return published_ns + rule.hours * NS_PER_HOUR


def correction_violation(
    rule: CorrectionRule, run: str, published_ns: int, corrected_ns: int
) -> Violation | None:
    """Say why a run may not be corrected at this time, or None; raises on a time before it."""
    final = final_ns(rule, published_ns)
    if corrected_ns < published_ns:
        raise RequestMalformed(
            f"correction[{run}]: expected a time from {iso_from_ns(published_ns)}, "
            f"found {iso_from_ns(corrected_ns)}"
        )
    if corrected_ns < final:
        return None
    expected = f"a correction before {iso_from_ns(final)}"
    return Violation("correction", run, expected, iso_from_ns(corrected_ns))
