"""CHECK: a published result, checked in integers and fractions, without the model or a solver.

Takes   an instance and a result, whoever made it.
Gives   the rules that it breaks, as values; none for a valid result. How far its award may be from
        the best.
Keeps   its own sums: it shares the records and the bids' own meaning with the rest, no arithmetic
        of rounding, paying or solving.
Source  docs/formulation/auction.md, section 7, equation 12; decision 0014.

For any prices at all, the profits that everyone could make at them, each alone, add up to at
least the welfare of any award. So prices whose sum of profits meets the award's welfare prove
that the award is best and that they clear it.
"""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction

from chiphour.auction.bound import above_nanousd
from chiphour.auction.bound import bound_usd
from chiphour.auction.bound import together_usd
from chiphour.auction.check_form import FORM
from chiphour.auction.check_form import case
from chiphour.auction.check_money import MONEY
from chiphour.auction.check_money import Books
from chiphour.auction.check_money import MoneyRule
from chiphour.auction.check_money import books
from chiphour.auction.check_money import worths_usd
from chiphour.auction.check_quantities import QUANTITIES
from chiphour.auction.check_response import RESPONSES
from chiphour.auction.exact import exact_sum
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import PICOS
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import Violation
from chiphour.auction.instance import Instance
from chiphour.auction.lost import lost_usd
from chiphour.auction.result import PPB
from chiphour.auction.result import Result
from chiphour.auction.workload import Workload
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import div_ceil
from chiphour.units import round_half_even

GAP_PER_WELFARE = Fraction(1, 1_000_000)


def violations(instance: Instance, result: Result) -> tuple[Violation, ...]:
    """Give every rule that the result breaks.

    Money is asked for only where quantities are right, and these only where the form is.
    """
    asked = case(instance, result)
    for rules in (FORM, QUANTITIES):
        found = tuple(violation for rule in rules for violation in rule(asked))
        if found:
            return found
    kept = books(asked)
    return tuple(violation for rule in (*MONEY, *PROOFS) for violation in rule(kept))


def certified_gap_ppb(instance: Instance, result: Result) -> int:
    """Give (D - W) / D: how far the award may be from the best at most, in 10^-9, rounded up.

    D is that of the relaxation's duals (eq. 12). Where D is zero W takes its place below the line.
    """
    asked = case(instance, result)
    welfare_usd = exact_sum(worths_usd(asked).values())
    bound = bound_usd(asked.instance, result.relaxed)
    gap = (bound - welfare_usd) * PPB
    below = abs(bound) or abs(welfare_usd)
    return div_ceil(*(gap / below).as_integer_ratio()) if below else 0


def welfare(books: Books) -> Iterator[Violation]:
    """Yield a welfare other than the bids' own."""
    expected = round_half_even(books.welfare_usd * NANOUSD_PER_USD)
    found = books.case.result.welfare_nanousd
    if found != expected:
        yield Violation("welfare", "all", f"{expected} nano-dollars", str(found))


def certificate(books: Books) -> Iterator[Violation]:
    """Yield a D_fix or a D that proves too little, and a bound or hull prices that are not so.

    A D_fix further from the welfare than cutting can have cost does not prove the duals of the
    programme with the integers as awarded, nor the prices. The bound is D at the relaxation's.
    """
    case, result, most = books.case, books.case.result, tolerance_usd(books)
    gap_usd = together_usd(case.grid, result.fixed, books.gains_usd) - books.welfare_usd
    if not -most <= gap_usd <= most:
        expected = f"a bound within {_microusd(most)} micro-dollars of the welfare"
        yield Violation("certificate", "integers fixed", expected, f"{_microusd(gap_usd)} above")
    above_usd = bound_usd(case.instance, result.relaxed)
    expected_nanousd = above_nanousd(above_usd)
    if result.bound_nanousd != expected_nanousd:
        found = str(result.bound_nanousd)
        yield Violation("bound", "all", f"{expected_nanousd} nano-dollars", found)
    if above_usd + most < books.welfare_usd:
        found = str(_microusd(books.welfare_usd))
        yield Violation("bound", "welfare", f"at most {_microusd(above_usd)}", found)
    yield from _hull(books, above_usd - books.welfare_usd, most)


def _hull(books: Books, gap_usd: Fraction, most: Fraction) -> Iterator[Violation]:
    """Yield a claim of exact hull prices that the bids do not bear, or that prices belie (4).

    At hull prices all lost opportunity together is D - W, and nobody's is below zero by more than
    cutting to the unit can have made it.
    """
    case, result = books.case, books.case.result
    exact = all(bid.hull_is_exact for bid in case.bids.values() if isinstance(bid, Workload))
    if result.hull_exact != exact:
        yield Violation("hull", "claim", str(exact), str(result.hull_exact))
    if not (result.hull_exact and result.pricing == "hull"):
        return
    lost = lost_usd(case.instance, result.relaxed, case.held, result.award.flows)
    if abs(lost.total - gap_usd) > most:
        expected = f"{_microusd(gap_usd)} micro-dollars lost by all together"
        yield Violation("hull", "all", expected, str(_microusd(lost.total)))
    for bid, usd in (*lost.bids.items(), ("shared", lost.shared)):
        if usd < -most:
            yield Violation("hull", bid, "nothing better than the best", str(_microusd(usd)))


PROOFS: tuple[MoneyRule, ...] = (welfare, certificate, *RESPONSES)


def tolerance_usd(books: Books) -> Fraction:
    """Give a millionth of the welfare and what cutting amounts to the unit can have cost.

    A vertex has no more amounts between their bounds than rows: one for each slot, one for each
    pool and interval, one for each participant, one for each ceiling. A ceiling that binds leaves a
    line in the award, so twice the lines cover those that were kept and those that a ceiling split
    off (decision 0014). Each is cut by less than a unit, worth at most the product's top value.
    """
    case = books.case
    grid, tops = case.grid, _tops_picousd(books)
    many = Counter(line.product for part in case.result.award.parts for line in part.lines)
    amounts = {product: 2 * many[product] + len(grid.tiers) * grid.intervals for product in tops}
    for pool in case.context.pools.values():
        amounts[pool.product] += grid.intervals
    cut = sum(tops[product] * number for product, number in amounts.items())
    cut += max(tops.values()) * len(case.bids)
    scale = PICOS * HUNDREDTHS * MINUTES_PER_HOUR
    cut_usd = Fraction(cut * grid.unit_hundredths * grid.step_minutes, scale)
    return abs(books.welfare_usd) * GAP_PER_WELFARE + cut_usd


def _tops_picousd(books: Books) -> dict[str, int]:
    """Give the most that anyone says of a chip-hour of each product."""
    tops = dict.fromkeys(books.case.grid.product_numbers, 0)
    for own in books.tops_picousd.values():
        for product, picousd in own.items():
            if picousd > tops[product]:
                tops[product] = picousd
    return tops


def _microusd(usd: Fraction) -> int:
    return round_half_even(usd * MICROUSD_PER_USD)
