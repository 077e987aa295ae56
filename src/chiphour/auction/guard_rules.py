"""GUARD_RULES: the guard rails of one run, as its operator announces them, in one record.

Takes   what an operator says: reference costs and low caps by product, the thresholds of the test
        of pivotal suppliers, the exposure that a buyer may have, the hours of correction.
Gives   `GuardRules` as canonical JSON and back; the cap of a run from what its products earned.
Keeps   every number within its bounds, and the cap a number: what ends the low cap is the formula
        that begins it. The record is sealed with the bids of its run: it cannot change afterwards.
Source  docs/formulation/guards.md, sections 1, 4 to 7 and 10; decision 0046.
"""

from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PRICE_TICKS_MAX
from chiphour.auction.fields import Fields
from chiphour.auction.fields import read_whole
from chiphour.auction.grid import Grid
from chiphour.auction.grid import read_product_id
from chiphour.auction.guards import CORRECTION_HOURS_MAX
from chiphour.auction.guards import ENTRY_TICKS_MAX
from chiphour.auction.guards import WINDOW_HOURS_MAX
from chiphour.auction.guards import CapRule
from chiphour.auction.guards import CorrectionRule
from chiphour.auction.guards import Earned
from chiphour.auction.guards import ExposureRule
from chiphour.auction.guards import checked_cap
from chiphour.auction.guards import coming_cap_ticks
from chiphour.auction.instance import canonical
from chiphour.auction.pivotal import PivotalRule
from chiphour.auction.record import microusd
from chiphour.units import MICROUSD_PER_TICK
from chiphour.units import PPM
from chiphour.units import div_floor
from chiphour.units import text_from_microusd
from chiphour.units import text_from_ticks

SCHEMA_NAME = "chiphour.auction.guards/1"
MULTIPLE_PPM_MAX = 100 * PPM
SHARE_PPM_MAX = 1_000 * PPM
OTHERS_MAX = 100
START_HOURS_MAX = 24 * 31


class GuardRules(NamedTuple):
    """The guard rails of one run.

    `caps`: by product, sorted; the reference cost of each is also what its offers are compared
    with. `pivotal` and `exposure` are None where the operator tests neither. `start_hours`: a start
    counts as dear when it costs more than the whole pool does in so many hours at the reference.
    """

    caps: tuple[tuple[str, CapRule], ...]
    pivotal: PivotalRule | None
    start_hours: int
    exposure: ExposureRule | None
    correction: CorrectionRule

    @property
    def references_ticks(self) -> Mapping[str, int]:
        """Give the reference cost of a chip-hour of each product that has one, in ticks."""
        return {product: rule.reference_cost_ticks for product, rule in self.caps}


class ProductEarned(NamedTuple):
    """What a chip of a product earned above its cost before a run, and what that makes its cap.

    In ticks per chip, over `window_hours`; `cap_ticks` per chip-hour.
    """

    product: str
    earned_ticks: int
    limit_ticks: int
    cap_ticks: int


def earned_before(
    rules: GuardRules, prices_ticks: Iterable[tuple[str, int, int]], from_hour: int
) -> tuple[ProductEarned, ...]:
    """Give for each product what its hours before `from_hour` earned, and its cap (eq. 10, 16).

    `prices_ticks`: (product, number of the hour, price), one price for each. An hour without a
    price earned nothing. The cap of a run is that of the hour in which its delivery begins.
    """
    earned = dict.fromkeys((product for product, _ in rules.caps), 0)
    of = dict(rules.caps)
    for product, hour, price_ticks in prices_ticks:
        rule = of.get(product)
        if rule is not None and from_hour - rule.window_hours <= hour < from_hour:
            earned[product] += max(0, price_ticks - rule.reference_cost_ticks)
    return tuple(
        ProductEarned(
            product,
            earned[product],
            rule.limit_ticks,
            coming_cap_ticks(rule, Earned((), earned[product])),
        )
        for product, rule in rules.caps
    )


def run_cap_ticks(cap_ticks: int, earned: Iterable[ProductEarned]) -> int:
    """Give the one cap of a run: the lowest of its products', and never above its own (eq. 16)."""
    return min([cap_ticks, *(each.cap_ticks for each in earned)])


def start_reference_microusd(rules: GuardRules, chips_hundredths: int, reference_ticks: int) -> int:
    """Give what a start may cost: so many hours of the whole pool at the reference (eq. 18).

    A hundredth of a chip-hour at a tick is a micro-dollar.
    """
    return rules.start_hours * chips_hundredths * max(reference_ticks, 0)


def hourly_reference_ticks(chips_hundredths: int, reference_ticks: int) -> int:
    """Give what the whole pool costs an hour at the reference, in ticks, rounded down (eq. 18)."""
    return div_floor(chips_hundredths * max(reference_ticks, 0), HUNDREDTHS)


def guard_fields(rules: GuardRules) -> dict[str, Any]:
    """Write guard rails as JSON fields."""
    return {
        "schema": SCHEMA_NAME,
        "products": [
            {
                "product": product,
                "reference_cost": text_from_ticks(rule.reference_cost_ticks),
                "low_cap": text_from_ticks(rule.low_cap_ticks),
                "entry_cost": text_from_ticks(rule.entry_cost_ticks),
                "multiple_ppm": rule.multiple_ppm,
                "window_hours": rule.window_hours,
            }
            for product, rule in rules.caps
        ],
        "pivotal": None if rules.pivotal is None else rules.pivotal._asdict(),
        "start_hours": rules.start_hours,
        "exposure": rules.exposure
        and {
            "stressed_price": text_from_ticks(rules.exposure.stressed_price_ticks),
            "hedged_ppm": rules.exposure.hedged_ppm,
        },
        "correction_hours": rules.correction.hours,
    }


def to_json(rules: GuardRules) -> bytes:
    """Write guard rails as canonical JSON."""
    return canonical(guard_fields(rules))


def read_guards(value: Any, path: str, grid: Grid) -> GuardRules:
    """Read the guard rails of a run on this grid; raises RequestMalformed with the field at fault.

    Also where a low cap could keep itself in force without end, or lies at the floor or below.
    """
    return read_whole(value, path, lambda fields: _read(fields, grid))


def _read(fields: Fields, grid: Grid) -> GuardRules:
    if (schema := fields.text("schema")) != SCHEMA_NAME:
        raise fields.refuse("schema", SCHEMA_NAME, schema)
    caps = fields.each("products", lambda row: _read_cap(row, grid))
    named = [product for product, _ in caps]
    if named != sorted(set(named)):
        raise fields.refuse("products", "products in order, each once", named)
    return GuardRules(
        caps,
        _read_pivotal(fields),
        fields.integer("start_hours", 0, START_HOURS_MAX),
        _read_exposure(fields),
        CorrectionRule(fields.integer("correction_hours", 1, CORRECTION_HOURS_MAX)),
    )


def _read_cap(fields: Fields, grid: Grid) -> tuple[str, CapRule]:
    product = read_product_id(fields, "product", grid.products)
    cost, low_ticks = fields.ticks("reference_cost"), fields.ticks("low_cap")
    if not 0 <= cost <= PRICE_TICKS_MAX:
        raise fields.refuse("reference_cost", "dollars not below zero", text_from_ticks(cost))
    if not max(grid.floor_ticks, 0) < low_ticks <= grid.cap_ticks:
        raise fields.refuse("low_cap", "a price above floor and zero, at most the run's cap",
                            text_from_ticks(low_ticks))  # fmt: skip
    amount_microusd = microusd(fields, "entry_cost")
    entry_ticks, rest = divmod(amount_microusd, MICROUSD_PER_TICK)
    if rest or not 1 <= entry_ticks <= ENTRY_TICKS_MAX:
        found = text_from_microusd(amount_microusd)
        raise fields.refuse("entry_cost", "dollars above zero, in multiples of 0.0001", found)
    multiple = fields.integer("multiple_ppm", 1, MULTIPLE_PPM_MAX)
    window_hours = fields.integer("window_hours", 1, WINDOW_HOURS_MAX)
    rule = CapRule(cost, grid.cap_ticks, low_ticks, entry_ticks, multiple, window_hours)
    return product, checked_cap(rule)


def _read_pivotal(fields: Fields) -> PivotalRule | None:
    if fields.null("pivotal"):
        return None
    given = fields.object("pivotal")
    rule = PivotalRule(
        given.integer("others", 0, OTHERS_MAX),
        given.integer("conduct_ppm", 0, SHARE_PPM_MAX),
        given.integer("impact_ppm", 0, SHARE_PPM_MAX),
    )
    given.exhausted()
    return rule


def _read_exposure(fields: Fields) -> ExposureRule | None:
    if fields.null("exposure"):
        return None
    given = fields.object("exposure")
    price_ticks = given.ticks("stressed_price")
    if not 1 <= price_ticks <= PRICE_TICKS_MAX:
        raise given.refuse("stressed_price", "dollars above zero", text_from_ticks(price_ticks))
    rule = ExposureRule(price_ticks, given.integer("hedged_ppm", 0, PPM))
    given.exhausted()
    return rule
