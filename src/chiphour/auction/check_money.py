"""CHECK_MONEY: whether prices, payments, make-whole, charges and transfers are the rules' own.

Takes   a run and a result whose quantities are right.
Gives   `MONEY`: the rules of money, each yielding what it finds broken.
Keeps   its own sums: every amount is computed anew from the duals and what is held.
Source  docs/formulation/auction.md, sections 5 and 6 (equations 11, 13 and 14) and 7.

A charge per chip-hour is found here as the rule says it: everyone pays the same an hour, who
cannot pays what he can, and the rest goes round again.
"""

from collections import defaultdict
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from math import ceil
from math import floor
from typing import NamedTuple

from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.award import Line
from chiphour.auction.award import Part
from chiphour.auction.bids.virtual import Virtual
from chiphour.auction.bound import gains_usd
from chiphour.auction.check_form import Case
from chiphour.auction.exact import exact_sum
from chiphour.auction.fields import HUNDREDTHS
from chiphour.auction.grid import BUY
from chiphour.auction.grid import MINUTES_PER_HOUR
from chiphour.auction.grid import SELL
from chiphour.auction.grid import Violation
from chiphour.auction.lost import Needs
from chiphour.auction.result import PPB
from chiphour.auction.workload import Workload
from chiphour.units import MICROUSD_PER_USD
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import div_floor
from chiphour.units import div_half_even


class Books(NamedTuple):
    """What every rule of money asks for, found once.

    By bid: `gains_usd`, the most that it could gain alone at the duals of the programme with its
    integers as awarded, its own as held; `owed_microusd`, what it pays before uplift;
    `tops_picousd`, the greatest size of its price for a chip-hour of each product that it trades,
    in 10^-12 dollars, rounded up.
    `welfare_usd`: the declared value of all that is held, less the cost.
    """

    case: Case
    gains_usd: Mapping[str, Fraction]
    owed_microusd: Mapping[str, int]
    stakes: tuple["Stake", ...]
    welfare_usd: Fraction
    tops_picousd: Mapping[str, Mapping[str, int]]


MoneyRule = Callable[[Books], Iterator[Violation]]


def books(case: Case) -> Books:
    """Find by the rules what everyone holds is worth, owes and has at stake."""
    worth, owed = worths_usd(case), dues(case)
    stakes = tuple(
        _stake(case, part, worth[part.id], owed[part.id]) for part in case.result.award.parts
    )
    tops = {bid.id: bid.tops_picousd(case.grid) for bid in case.bids.values()}
    gains = gains_usd(case.instance, case.result.fixed, case.held)
    return Books(case, gains, owed, stakes, exact_sum(worth.values()), tops)


def worths_usd(case: Case) -> dict[str, Fraction]:
    """Give the declared value, or less the cost, of what each bid holds."""
    return {bid: case.bids[bid].worth(case.context, held) for bid, held in case.held.items()}


def prices(books: Books) -> Iterator[Violation]:
    """Yield duals that are not the programme's, and ticks that are not theirs, half-even.

    A price is the tick nearest to its dual between floor and cap; that of reserve lies below the
    cap by itself.
    """
    case = books.case
    grid, money = case.grid, case.result.money
    for slot, (price, dual) in enumerate(zip(case.result.prices, money.slots, strict=True)):
        if price.dual_nanousd != dual:
            yield Violation("price", f"slot {slot}", f"a dual of {dual}", str(price.dual_nanousd))
        if price.price_ticks is None:
            continue
        expected = div_half_even(dual, NANOUSD_PER_TICK)
        expected = min(max(expected, grid.floor_ticks), grid.cap_ticks)
        if price.price_ticks != expected:
            words = f"{expected} ticks, from floor to cap"
            yield Violation("price", f"slot {slot}", words, str(price.price_ticks))
    for (region, interval), dual in sorted(money.reserve.items()):
        ticks = div_half_even(dual, NANOUSD_PER_TICK)
        if ticks > grid.cap_ticks:
            where = f"reserve {region} interval {interval}"
            yield Violation("price", where, f"at most {grid.cap_ticks} ticks", str(ticks))
    for part in case.result.award.parts:
        for line in part.lines:
            if _slot_ticks(case, line) is None:
                where = f"{line.product} {line.tier} interval {line.interval}"
                yield Violation("price", where, "a price, as it trades", "none")


def _slot_ticks(case: Case, line: Line) -> int | None:
    slot = case.first_slots[line.product, line.tier] + line.interval
    return case.result.prices[slot].price_ticks


def dues(case: Case) -> dict[str, int]:
    """Give what everyone owes by the rules; a trade without a price counts as nothing.

    What a buyer pays for chips of a named pool, and what a gang pays, goes to that pool; all other
    chips are paid for at the slot's price.
    """
    owed: dict[str, int] = defaultdict(int)
    for part in case.result.award.parts:
        own = 0
        needs = Needs(case.bids[part.id])
        for line in part.lines:
            plain = _money(case, line.quantity_hundredths, _slot_ticks(case, line) or 0)
            due = plain
            if line.pool:
                due = _money(case, line.quantity_hundredths, _named_ticks(case, needs, line))
                owed[line.pool] -= due - plain
            own += due
        owed[part.id] += part.side * own
        for pool, amount in _gang_dues(case, part, needs):
            owed[part.id] += amount
            owed[pool] -= amount
        if part.side == SELL:
            for interval, quantity in enumerate(part.reserve_hundredths):
                if quantity:
                    owed[part.id] -= _money(case, quantity, _reserve_ticks(case, part, interval))
    return owed


def _money(case: Case, quantity_hundredths: int, price_ticks: int) -> int:
    """Give what a quantity costs over one interval, in micro-dollars, half-even.

    It is whole for whole units; what is kept in reserve need not be of them.
    """
    product = quantity_hundredths * price_ticks * case.grid.step_minutes
    return div_half_even(product, MINUTES_PER_HOUR)


def _named_ticks(case: Case, needs: Needs, line: Line) -> int:
    """Give what a chip of a named pool costs an hour: λ + κ + all η it needs, rounded once."""
    money = case.result.money
    nanousd = money.slots[case.first_slots[line.product, line.tier] + line.interval]
    nanousd += money.premiums.get((line.pool, line.tier, line.interval), 0)
    needed = needs.of(line.mode, line.product)
    nanousd += _sides_nanousd(case, line.pool, line.interval, needed)
    return div_half_even(nanousd, NANOUSD_PER_TICK)


def _sides_nanousd(case: Case, pool: str, interval: int, needed: Sequence[tuple[str, int]]) -> int:
    sides = case.result.money.sides
    return sum(units * sides.get((pool, name, interval), 0) for name, units in needed)


def _gang_dues(case: Case, part: Part, needs: Needs) -> Iterator[tuple[str, int]]:
    """Yield what each gang pays its pool in each interval: μ and all η it needs, rounded once."""
    for gang in part.gangs:
        needed = needs.of(gang.mode, gang.product)
        for interval in range(gang.first, gang.first + gang.intervals):
            nanousd = case.result.money.pools.get((gang.pool, interval), 0)
            nanousd += _sides_nanousd(case, gang.pool, interval, needed)
            ticks = div_half_even(nanousd, NANOUSD_PER_TICK)
            yield gang.pool, _money(case, gang.chips * HUNDREDTHS, ticks)


def _reserve_ticks(case: Case, part: Part, interval: int) -> int:
    grid, offered = case.grid, case.context.pools[part.id]
    region = grid.products[grid.product_numbers[offered.product]].region
    dual = case.result.money.reserve.get((region, interval), 0)
    return div_half_even(dual, NANOUSD_PER_TICK)


def payments(books: Books) -> Iterator[Violation]:
    """Yield payments that are not price times quantity."""
    for part in books.case.result.award.parts:
        owed = books.owed_microusd[part.id]
        if part.payment_microusd != owed:
            found = str(part.payment_microusd)
            yield Violation("payment", part.id, f"{owed} micro-dollars", found)


class Stake(NamedTuple):
    """What a participant has at stake before uplift: its surplus and the most it can be charged.

    `is_first`: a buyer or a virtual, charged before all others.
    """

    id: str
    surplus_microusd: Fraction
    hundredth_minutes: int
    is_first: bool
    charge_microusd_max: int


def _stake(case: Case, part: Part, worth_usd: Fraction, owed_microusd: int) -> Stake:
    """Give a participant's stake: declared value less payment, or revenue less cost."""
    bid, minutes = case.bids[part.id], _hundredth_minutes(case, part)
    worth, parts = worth_usd.as_integer_ratio()
    surplus = Fraction(worth * MICROUSD_PER_USD - owed_microusd * parts, parts)
    most = max(floor(surplus), 0) if minutes else 0
    if isinstance(bid, Workload) and bid.spend_microusd is not None:
        most = max(min(most, bid.spend_microusd - owed_microusd), 0)
    is_first = part.side == BUY or isinstance(bid, Virtual)
    return Stake(part.id, surplus, minutes, is_first, most)


def _hundredth_minutes(case: Case, part: Part) -> int:
    """Give the hundredths of a chip x minutes that a part buys or sells, to gangs included."""
    lines = sum([line.quantity_hundredths for line in part.lines])
    gangs = sum([gang.chips * gang.intervals * HUNDREDTHS for gang in part.gangs])
    sold = sum(part.gang_hundredths)
    return (lines + gangs + sold) * case.grid.step_minutes


def made_whole_microusd(stake: Stake) -> int:
    """Give a loss beyond half a tick a chip-hour, rounded up to its bearer; else 0.

    A tick for a hundredth of a chip-hour is a micro-dollar.
    """
    is_lost = _is_loss(stake.surplus_microusd, stake.hundredth_minutes)
    return ceil(-stake.surplus_microusd) if is_lost else 0


def _is_loss(surplus_microusd: Fraction, hundredth_minutes: int) -> bool:
    """Tell whether more is lost than half a tick a chip-hour."""
    if surplus_microusd.numerator >= 0:
        return False
    return surplus_microusd * 2 * MINUTES_PER_HOUR < -hundredth_minutes


def make_whole(books: Books) -> Iterator[Violation]:
    """Yield make-whole other than each one's loss; under `eu` nobody may have one."""
    result = books.case.result
    for part, stake in zip(result.award.parts, books.stakes, strict=True):
        expected, found = made_whole_microusd(stake), part.make_whole_microusd
        if found != expected:
            yield Violation("make-whole", stake.id, f"{expected} micro-dollars", str(found))
        if expected and result.pricing == "eu":
            yield Violation("paradox", stake.id, "no loss at European prices", str(expected))


def charges(books: Books) -> Iterator[Violation]:
    """Yield charges, sponsor's share and rent other than what the pot makes them (eq. 14).

    Reserve is paid for in the pools' payments, so the pot is make-whole less all payments.
    """
    award, given = books.case.result.award, books.case.given
    pot = sum(map(made_whole_microusd, books.stakes)) - sum(books.owed_microusd.values())
    expected, left = split(books.stakes, max(pot, 0))
    for part in award.parts:
        if part.charge_microusd != expected[part.id]:
            words = f"{expected[part.id]} micro-dollars"
            yield Violation("charge", part.id, words, str(part.charge_microusd))
    for rule, wanted, found in (
        ("rent", max(-pot, 0), award.rent_microusd),
        ("sponsor", left, award.sponsor_microusd),
    ):
        if found != wanted:
            yield Violation(rule, "all", f"{wanted} micro-dollars", str(found))
    for rule, account, named in (
        ("rent", given.rent_account, award.rent_account),
        ("sponsor", given.sponsor_account, award.sponsor_account),
    ):
        if named != account:
            yield Violation(rule, "account", str(account), str(named))
    if left and given.sponsor_account is None:
        yield Violation("sponsor", "all", "uplift that surplus covers", f"{left} more")


def split(asked: Sequence[Stake], pot: int) -> tuple[dict[str, int], int]:
    """Charge a pot to buyers and virtuals, then to sellers; give each charge and what is left."""
    charged = {stake.id: 0 for stake in asked}
    for is_first in (True, False):
        open_stakes = [s for s in asked if s.is_first == is_first and s.charge_microusd_max]
        while open_stakes and pot:
            minutes = sum(stake.hundredth_minutes for stake in open_stakes)
            shares = [pot * stake.hundredth_minutes for stake in open_stakes]  # x `minutes`.
            full = {
                stake.id: stake.charge_microusd_max
                for stake, share in zip(open_stakes, shares, strict=True)
                if stake.charge_microusd_max * minutes <= share
            }
            if not full:
                names = (stake.id for stake in open_stakes)
                amounts = _whole(dict(zip(names, shares, strict=True)), minutes, pot)
                charged |= amounts
                pot -= sum(amounts.values())
                break
            charged |= full
            pot -= sum(full.values())
            open_stakes = [stake for stake in open_stakes if stake.id not in full]
    return charged, pot


def _whole(shares: Mapping[str, int], parts: int, pot: int) -> dict[str, int]:
    """Round shares, in so many parts of a micro-dollar, down; give what is left over.

    Its micro-dollars go to the largest remainders, then by id.
    """
    amounts = {name: share // parts for name, share in shares.items()}
    ranked = sorted(shares, key=lambda name: (amounts[name] * parts - shares[name], name))
    for name in ranked[: pot - sum(amounts.values())]:
        amounts[name] += 1
    return amounts


def budgets(books: Books) -> Iterator[Violation]:
    """Yield bids that pay more than their limit, and scales that no budget asks for (eq. 11)."""
    case = books.case
    parts = {part.id: part for part in case.result.award.parts}
    for given in case.given.bids:
        share = case.result.scaled.get(given.id)
        limit = given.spend_microusd if isinstance(given, Workload) else None
        if limit is None:
            if share is not None:
                yield Violation("budget", given.id, "values as declared", f"{share} of 10^9")
            continue
        assert isinstance(given, Workload)
        declared = given.declared_usd(case.grid) * MICROUSD_PER_USD
        least = div_floor(*(limit * PPB / declared).as_integer_ratio()) if declared else PPB
        if share is not None and share != min(least, PPB):
            yield Violation("budget", given.id, f"{least} of 10^9", str(share))
        if given.id in parts:
            part = parts[given.id]
            spent = part.payment_microusd + part.charge_microusd
            if spent > limit:
                expected = f"at most {limit} micro-dollars"
                yield Violation("budget", given.id, expected, str(spent))


def worse_off(books: Books) -> Iterator[Violation]:
    """Yield participants who lose by the award, uplift included, beyond half a tick a chip-hour."""
    for part, stake in zip(books.case.result.award.parts, books.stakes, strict=True):
        uplift = part.make_whole_microusd - part.charge_microusd
        left = stake.surplus_microusd + uplift if uplift else stake.surplus_microusd
        if _is_loss(left, stake.hundredth_minutes):
            expected = "to lose at most half a tick a chip-hour"
            yield Violation("worse off", stake.id, expected, f"{floor(left)} micro-dollars")


def transfers(books: Books) -> Iterator[Violation]:
    """Yield transfers that do not pay exactly what each account owes or is owed, all in before out.

    Each is between the auction's account and another, and they are numbered from 1.
    """
    case = books.case
    award, owed = case.result.award, defaultdict[int, int](int)
    for part in award.parts:
        owed[part.account] += part.payment_microusd + part.charge_microusd
        owed[part.account] -= part.make_whole_microusd
    owed[award.rent_account] -= award.rent_microusd
    if award.sponsor_account is not None:
        owed[award.sponsor_account] += award.sponsor_microusd
    is_out = False
    for number, (source, target, amount, run, item) in enumerate(case.result.transfers, start=1):
        where = f"{number}: {source} to {target}"
        owed[source] -= amount
        owed[target] += amount
        if amount <= 0 or run != case.given.run or item != number:
            found = f"{amount} of run {run}, item {item}"
            yield Violation("transfer", where, f"an amount of run {case.given.run}", found)
        if (source == AUCTION_ACCOUNT) == (target == AUCTION_ACCOUNT):
            yield Violation("transfer", where, "one of them the auction's account", "not so")
        if is_out and target == AUCTION_ACCOUNT:
            yield Violation("transfer", where, "all payments in before those out", "one later")
        is_out = is_out or source == AUCTION_ACCOUNT
    for account, left in sorted(owed.items()):
        if left:
            yield Violation("transfer", f"account {account}", "0 micro-dollars left", str(left))


MONEY: tuple[MoneyRule, ...] = (
    prices,
    payments,
    make_whole,
    charges,
    budgets,
    worse_off,
    transfers,
)
