"""CHECK: a published result, checked in integers and fractions, without the model or a solver.

Takes   an instance and a result, whoever made it.
Gives   the rules that it breaks, as values; none for a valid result.
Keeps   its own sums: it shares the records and the bids' own meaning with the rest, no arithmetic
        of rounding, paying or solving.
Source  docs/formulation/auction.md, section 7, equation 9.

For any prices at all, the profits that everyone could make at them, each alone, add up to at
least the welfare of any award. So prices whose sum of profits meets the award's welfare prove
that the award is best and that they clear it.
"""

from collections.abc import Callable
from collections.abc import Iterator
from fractions import Fraction

from chiphour.auction.bids import Bid
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.fields import hundredths_text
from chiphour.auction.grid import Violation
from chiphour.auction.instance import Instance
from chiphour.auction.result import Result
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import div_half_even
from chiphour.units import round_half_even

GAP_PER_WELFARE = Fraction(1, 1_000_000)

Rule = Callable[[Instance, Result], Iterator[Violation]]


def violations(instance: Instance, result: Result) -> tuple[Violation, ...]:
    """Give every rule that the result breaks; later rules are asked only if it is well formed."""
    malformed = tuple(_form(instance, result))
    if malformed:
        return malformed
    return tuple(found for rule in RULES for found in rule(instance, result))


def certified_gap_usd(instance: Instance, result: Result) -> Fraction:
    """Give the bound at the published duals less the welfare: at most how far from best (eq. 9)."""
    return _profits_max(instance, result) - _welfare(instance, result)


def _form(instance: Instance, result: Result) -> Iterator[Violation]:
    """Yield what makes a result unreadable for this run: the wrong run, names, slots, arcs."""
    grid = instance.grid
    if (result.run, result.root) != (instance.run, instance.root):
        yield Violation("run", "root", instance.root, result.root)
    if len(result.prices) != grid.slots:
        yield Violation("prices", "all", f"{grid.slots} prices", str(len(result.prices)))
    known = {bid.name: (bid.account, side) for side, bid in instance.participants}
    seen: set[str] = set()
    for part in result.award.parts:
        if known.get(part.name) != (part.account, part.side):
            expected = f"account and side {known.get(part.name)}"
            yield Violation("participant", part.name, expected, f"{part.account, part.side}")
        if part.name in seen:
            yield Violation("participant", part.name, "one part", "two")
        seen.add(part.name)
        yield from _lines(instance, part.name, [line[:2] for line in part.lines])
        for line in part.lines:
            if line.quantity_hundredths <= 0:
                found = hundredths_text(line.quantity_hundredths)
                yield Violation("quantity", part.name, "a quantity above zero", found)
    arcs = {(arc.source, arc.target) for arc in grid.arcs}
    ways = [(flow.source, flow.target, flow.hour) for flow in result.award.flows]
    for source, target, hour in ways:
        if (source, target) not in arcs or not 0 <= hour < grid.hours:
            yield Violation("arc", f"{source} {target}", "an arc and hour of this run", str(hour))
    if len(set(ways)) < len(ways):
        yield Violation("arc", "all", "each arc once an hour", "one given twice")


def _lines(instance: Instance, name: str, lines: list[tuple[str, int]]) -> Iterator[Violation]:
    numbers = instance.grid.product_numbers
    for product, hour in lines:
        if product not in numbers or not 0 <= hour < instance.grid.hours:
            yield Violation("line", name, "a product and hour of this run", f"{product} {hour}")
    if len(set(lines)) < len(lines):
        yield Violation("line", name, "each product once an hour", "one given twice")


def _balance(instance: Instance, result: Result) -> Iterator[Violation]:
    """Yield the product-hours in which what is bought and leaves is not what is sold and comes."""
    net: dict[tuple[str, int], int] = {}
    for part in result.award.parts:
        for product, hour, quantity in part.lines:
            net[product, hour] = net.get((product, hour), 0) - part.side * quantity
    for source, target, hour, quantity in result.award.flows:
        net[source, hour] = net.get((source, hour), 0) - quantity
        net[target, hour] = net.get((target, hour), 0) + quantity
    for (product, hour), excess in sorted(net.items()):
        if excess:
            where = f"{product} hour {hour}"
            yield Violation("balance", where, "0 chip-hours left over", hundredths_text(excess))


def _limits(instance: Instance, result: Result) -> Iterator[Violation]:
    """Yield what breaks a bid's own limits, or an arc's; an arc not named carries zero."""
    bids = _bids(instance)
    for part in result.award.parts:
        yield from bids[part.name].violations(instance.grid, _quantities(part.lines))
    flows = {flow[:3]: flow.quantity_hundredths for flow in result.award.flows}
    for source, target, least, most in instance.grid.arcs:
        for hour in range(instance.grid.hours):
            carried = flows.get((source, target, hour), 0)
            if not least[hour] <= carried <= most[hour]:
                where = f"{source} {target} hour {hour}"
                expected = f"{hundredths_text(least[hour])} to {hundredths_text(most[hour])}"
                yield Violation("arc", where, expected, hundredths_text(carried))


def _prices(instance: Instance, result: Result) -> Iterator[Violation]:
    """Yield ticks that are not the dual's, or lie outside floor and cap."""
    grid = instance.grid
    for slot, (dual_nanousd, price_ticks) in enumerate(result.prices):
        if price_ticks is None:
            continue
        expected = div_half_even(dual_nanousd, NANOUSD_PER_TICK)
        if price_ticks != expected or not grid.floor_ticks <= expected <= grid.cap_ticks:
            where = f"slot {slot}"
            yield Violation("price", where, f"{expected} ticks, floor to cap", str(price_ticks))


def _payments(instance: Instance, result: Result) -> Iterator[Violation]:
    """Yield payments that are not price times quantity, and money that does not add up."""
    numbers, grid = instance.grid.product_numbers, instance.grid
    for part in result.award.parts:
        due_microusd = 0
        for product, hour, quantity in part.lines:
            price_ticks = result.prices[grid.slot(numbers[product], hour)].price_ticks
            if price_ticks is None:
                yield Violation("price", f"{product} hour {hour}", "a price, as it trades", "none")
            else:
                due_microusd += part.side * quantity * price_ticks
        if part.payment_microusd != due_microusd:
            found = str(part.payment_microusd)
            yield Violation("payment", part.name, f"{due_microusd} micro-dollars", found)
    left_microusd = sum(part.payment_microusd for part in result.award.parts)
    if result.award.rent_microusd != left_microusd:
        found = str(result.award.rent_microusd)
        yield Violation("rent", "all", f"{left_microusd} micro-dollars", found)
    if result.award.rent_account != instance.rent_account:
        expected, found = str(instance.rent_account), str(result.award.rent_account)
        yield Violation("rent", "account", expected, found)


def _transfers(instance: Instance, result: Result) -> Iterator[Violation]:
    """Yield published transfers that do not pay exactly what each account owes or is owed."""
    owed: dict[int, int] = {}
    for part in result.award.parts:
        owed[part.account] = owed.get(part.account, 0) + part.payment_microusd
    rent_account = result.award.rent_account
    owed[rent_account] = owed.get(rent_account, 0) - result.award.rent_microusd
    for source, target, amount, run, _ in result.transfers:
        owed[source] = owed.get(source, 0) - amount
        owed[target] = owed.get(target, 0) + amount
        if amount <= 0 or run != instance.run:
            yield Violation(
                "transfer", f"{source} to {target}", "an amount above zero", str(amount)
            )
    for account, left in sorted(owed.items()):
        if left:
            yield Violation("transfer", f"account {account}", "0 micro-dollars left", str(left))


def _worth(instance: Instance, result: Result) -> Iterator[Violation]:
    """Yield a welfare other than the bids', and participants worse off than they declared.

    The price is rounded to the tick, so a marginal participant may lose half a tick an hour.
    """
    welfare = _welfare(instance, result)
    if result.welfare_nanousd != round_half_even(welfare * NANOUSD_PER_USD):
        expected = str(round_half_even(welfare * NANOUSD_PER_USD))
        yield Violation("welfare", "all", expected, str(result.welfare_nanousd))
    bids = _bids(instance)
    for part in result.award.parts:
        declared = bids[part.name].worth(instance.grid, _quantities(part.lines))
        surplus_microusd = declared * MICROUSD_PER_USD - part.payment_microusd
        most_lost = Fraction(sum(line.quantity_hundredths for line in part.lines), 2)
        if surplus_microusd < -most_lost:
            expected = f"to pay at most {round_half_even(declared * MICROUSD_PER_USD)}"
            yield Violation("worse off", part.name, expected, str(part.payment_microusd))


def _certificate(instance: Instance, result: Result) -> Iterator[Violation]:
    """Yield a gap above a millionth of welfare and what cutting to 0.01 chip-hour can cost."""
    gap_usd = certified_gap_usd(instance, result)
    welfare_usd = abs(_welfare(instance, result))
    most = welfare_usd * GAP_PER_WELFARE + _cut_usd_max(instance, result) / HUNDREDTHS
    if gap_usd > most:
        expected = f"a bound within {round_half_even(most * MICROUSD_PER_USD)} micro-dollars"
        found = str(round_half_even(gap_usd * MICROUSD_PER_USD))
        yield Violation("certificate", "all", expected, found)


def _cut_usd_max(instance: Instance, result: Result) -> Fraction:
    """Give what one chip-hour is worth at most, added over all amounts that may have been cut.

    A vertex has no more amounts between their bounds than rows: one for each product-hour, one
    for each participant, one for each ceiling. A ceiling that binds leaves a line in the award,
    so twice the lines cover those that were kept and those that a ceiling split off.
    """
    top_usd = dict.fromkeys(instance.grid.product_numbers, Fraction(0))
    for _, bid in instance.participants:
        for product, usd in bid.tops_usd(instance.grid).items():
            top_usd[product] = max(top_usd[product], usd)
    lines = sum(
        (top_usd[line.product] for part in result.award.parts for line in part.lines), Fraction(0)
    )
    slots = sum(top_usd.values(), Fraction(0)) * instance.grid.hours
    return 2 * lines + slots + max(top_usd.values()) * len(instance.participants)


RULES: tuple[Rule, ...] = (
    _balance,
    _limits,
    _prices,
    _payments,
    _transfers,
    _worth,
    _certificate,
)


def _bids(instance: Instance) -> dict[str, Bid]:
    return {bid.name: bid for _, bid in instance.participants}


def _quantities(lines: tuple[tuple[str, int, int], ...]) -> dict[tuple[str, int], int]:
    return {(product, hour): quantity for product, hour, quantity in lines}


def _welfare(instance: Instance, result: Result) -> Fraction:
    bids = _bids(instance)
    return sum(
        (
            bids[part.name].worth(instance.grid, _quantities(part.lines))
            for part in result.award.parts
        ),
        Fraction(0),
    )


def _profits_max(instance: Instance, result: Result) -> Fraction:
    """Give what everyone could gain alone at the published duals, arcs included, in dollars."""
    grid = instance.grid
    prices = {
        (product.id, hour): result.prices[grid.slot(number, hour)].dual_nanousd
        for number, product in enumerate(grid.products)
        for hour in range(grid.hours)
    }
    total = sum((bid.profit_max(grid, prices) for _, bid in instance.participants), Fraction(0))
    for source, target, least, most in grid.arcs:
        for hour in range(grid.hours):
            rise_nanousd = prices[target, hour] - prices[source, hour]
            gain = max(rise_nanousd * least[hour], rise_nanousd * most[hour])
            total += Fraction(gain, HUNDREDTHS * NANOUSD_PER_USD)
    return total
