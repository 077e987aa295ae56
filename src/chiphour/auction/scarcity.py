"""SCARCITY: what one more chip held in reserve is worth, and the curve that a run bids with.

Takes   the reserve that is measured, in hundredths of a chip; how far reserve has fallen short of
        its forecast in the past; the value of work that is cut off.
Gives   the probability that work is cut off, the price of reserve for one product or two, and the
        curve as steps of size and price that fall and never pass the cap.
Keeps   the price a function of measured reserve alone: no argument lets anybody set it by hand.
Source  docs/formulation/guards.md, section 2. ERCOT, OBDRR011 and NPRR1268; Hogan, Electricity
        Scarcity Pricing through Operating Reserves, 2013.
"""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from chiphour.auction.fields import PRICE_TICKS_MAX
from chiphour.auction.fields import QUANTITY_HUNDREDTHS_MAX
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import hundredths_text
from chiphour.auction.normal import decimal_of
from chiphour.auction.normal import root_of
from chiphour.auction.normal import share_above
from chiphour.auction.normal import sixty_digits
from chiphour.auction.parameters import integer_within
from chiphour.units import PPM
from chiphour.units import TICKS_PER_USD
from chiphour.units import div_ceil
from chiphour.units import round_half_even
from chiphour.units import text_from_ticks

STEPS_MAX = 1_000  # A curve of more steps than this is no curve, but a load on every run.


class ReserveRule(NamedTuple):
    """What the operator publishes of reserve. Quantities in hundredths of a chip.

    `mean_hundredths` and `sd_hundredths` are of the shortfall within the hour: forecast reserve
    less what came. Below `least_hundredths` work is cut off, which costs `cutoff_ticks` an hour.
    """

    mean_hundredths: int
    sd_hundredths: int
    least_hundredths: int
    cutoff_ticks: int


class Step(NamedTuple):
    """Reserve that a run wants at one price."""

    size_hundredths: int
    price_ticks: int

    def texts(self) -> tuple[str, str]:
        """Give size in chips and price in dollars as decimal text, as a reserve bid holds them."""
        return hundredths_text(self.size_hundredths), text_from_ticks(self.price_ticks)


def checked(rule: ReserveRule) -> ReserveRule:
    """Give the rule back; raises RequestMalformed where a number is out of bounds."""
    most = QUANTITY_HUNDREDTHS_MAX
    integer_within("reserve.mean_hundredths", rule.mean_hundredths, -most, most)
    integer_within("reserve.sd_hundredths", rule.sd_hundredths, 1, most)
    integer_within("reserve.least_hundredths", rule.least_hundredths, 0, most)
    integer_within("reserve.cutoff_ticks", rule.cutoff_ticks, 1, PRICE_TICKS_MAX)
    return rule


def rule_from_shortfalls(
    shortfalls_hundredths: Sequence[int],
    least_hundredths: int,
    cutoff_ticks: int,
    shift_ppm: int = 0,
) -> ReserveRule:
    """Estimate a rule from measured shortfalls: forecast less realised reserve by hour (eq. 2).

    `shift_ppm` moves the mean by this share of the standard deviation: the operator's caution
    (ERCOT's 2019 and 2020 shifts are 250,000 and 500,000). Mean and s.d. are rounded half-even to
    the hundredth of a chip. Raises RequestMalformed on fewer than 24 hours, or if all are equal.
    """
    integer_within("reserve.shift_ppm", shift_ppm, -4 * PPM, 4 * PPM)
    many = len(shortfalls_hundredths)
    if many < 24:
        raise RequestMalformed(f"reserve.shortfalls: expected 24 hours or more, found {many}")
    for hour, each in enumerate(shortfalls_hundredths):
        where = f"reserve.shortfalls[{hour}]"
        integer_within(where, each, -QUANTITY_HUNDREDTHS_MAX, QUANTITY_HUNDREDTHS_MAX)
    mean = Fraction(sum(shortfalls_hundredths), many)
    squares = sum(each * each for each in shortfalls_hundredths) - many * mean * mean
    sd = Fraction(root_of(squares / (many - 1)))
    if not round_half_even(sd):
        raise RequestMalformed("reserve.shortfalls: expected hours that differ, found all equal")
    shifted = mean + sd * Fraction(shift_ppm, PPM)
    return checked(
        ReserveRule(round_half_even(shifted), round_half_even(sd), least_hundredths, cutoff_ticks)
    )


def cutoff_probability(rule: ReserveRule, reserve_hundredths: int, hour_part: Fraction) -> Decimal:
    """Give the probability that work is cut off within a part of the hour, from 0 to 1 (eq. 4).

    Mean and variance of the shortfall grow with time, so that half an hour has half of each.
    """
    above = reserve_hundredths - rule.least_hundredths
    if above <= 0:
        return Decimal(1)
    with sixty_digits():
        distance = decimal_of(above - rule.mean_hundredths * hour_part)
        spread = rule.sd_hundredths * root_of(hour_part)
        return share_above(distance / spread)


def reserve_value_usd(rule: ReserveRule, reserve_hundredths: int) -> Decimal:
    """Give the value of one more chip of reserve in dollars an hour: the one-step form (eq. 5)."""
    probability = cutoff_probability(checked(rule), reserve_hundredths, Fraction(1))
    with sixty_digits():
        return probability * rule.cutoff_ticks / TICKS_PER_USD


def two_reserve_values_usd(
    rule: ReserveRule, running_hundredths: int, total_hundredths: int, price_ticks: int
) -> tuple[Decimal, Decimal]:
    """Give the values of running reserve and of reserve that must first be started (eq. 6).

    Running reserve answers in the first half of the hour too. `total_hundredths` holds both.
    `price_ticks` is the price of a chip-hour already paid: a value is of what is lost beyond it.
    """
    checked(rule)
    if total_hundredths < running_hundredths:
        raise RequestMalformed(
            f"reserve.total: expected at least the running {running_hundredths}, "
            f"found {total_hundredths}"
        )
    first = cutoff_probability(rule, running_hundredths, Fraction(1, 2))
    whole = cutoff_probability(rule, total_hundredths, Fraction(1))
    with sixty_digits():
        lost = Decimal(max(0, rule.cutoff_ticks - price_ticks)) / TICKS_PER_USD
        return lost * (first + whole) / 2, lost * whole / 2


def reserve_steps(
    rule: ReserveRule, width_hundredths: int, reach_hundredths: int, cap_ticks: int
) -> tuple[Step, ...]:
    """Give the curve as steps from no reserve to `reach_hundredths`, falling (eq. 7).

    The first step ends at the least reserve and has the value of work cut off; the others are
    `width_hundredths` wide, each priced at its middle, half-even to the tick. All are cut to the
    cap; steps of one price are joined, and those that are worth nothing left out.
    """
    checked(rule)
    integer_within("reserve.cap_ticks", cap_ticks, 1, PRICE_TICKS_MAX)
    reach = integer_within("reserve.reach", reach_hundredths, 1, QUANTITY_HUNDREDTHS_MAX)
    least = rule.least_hundredths
    width = integer_within("reserve.width", width_hundredths, 1, QUANTITY_HUNDREDTHS_MAX)
    if div_ceil(max(0, reach - least), width) > STEPS_MAX:
        raise RequestMalformed(
            f"reserve.width: expected a width of at most {STEPS_MAX} steps, found {width}"
        )
    ends = [min(least, reach), *(min(end + width, reach) for end in range(least, reach, width))]
    steps: list[Step] = []
    begin = 0
    for end in ends:
        if end > begin:
            _append(steps, Step(end - begin, _price_ticks(rule, begin, end, cap_ticks)))
        begin = end
    return tuple(steps)


def _price_ticks(rule: ReserveRule, begin: int, end: int, cap_ticks: int) -> int:
    """Price the step at its middle, which may lie at half a hundredth: exact in halves."""
    doubled = ReserveRule(
        2 * rule.mean_hundredths,
        2 * rule.sd_hundredths,
        2 * rule.least_hundredths,
        rule.cutoff_ticks,
    )
    probability = cutoff_probability(doubled, begin + end, Fraction(1))
    return min(cap_ticks, round_half_even(Fraction(probability) * rule.cutoff_ticks))


def _append(steps: list[Step], step: Step) -> None:
    if steps and steps[-1].price_ticks == step.price_ticks:
        steps[-1] = Step(steps[-1].size_hundredths + step.size_hundredths, step.price_ticks)
    elif step.price_ticks:
        assert not steps or step.price_ticks < steps[-1].price_ticks
        steps.append(step)


def cut_to_cap(steps: Sequence[Step], cap_ticks: int) -> tuple[Step, ...]:
    """Cut a curve that somebody else wrote to the cap, its steps of one price joined."""
    integer_within("reserve.cap_ticks", cap_ticks, 1, PRICE_TICKS_MAX)
    joined: list[Step] = []
    for number, step in enumerate(steps):
        where = f"reserve.steps[{number}]"
        integer_within(f"{where}.size", step.size_hundredths, 1, QUANTITY_HUNDREDTHS_MAX)
        most = steps[number - 1].price_ticks if number else PRICE_TICKS_MAX
        integer_within(
            f"{where}.price", step.price_ticks, 0, most
        )  # A curve that rises is refused.
        _append(joined, Step(step.size_hundredths, min(step.price_ticks, cap_ticks)))
    return tuple(joined)
