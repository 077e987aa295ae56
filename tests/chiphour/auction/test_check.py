"""CHECK: a valid result passes; every planted fault is found, by the rule that it breaks.

Takes   a run in which everything is awarded, cleared; copies of its result with one fault each.
Gives   violations.
Keeps   each fault to one change, so that no rule hides behind another; where a fault would show in
        the money, also the same fault with all money put right.
Source  docs/formulation/auction.md, section 7.
"""

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_fields import H100
from auction_rich import FAR
from auction_rich import rich
from auction_runs import runs
from chiphour.auction.bound import bound_nanousd
from chiphour.auction.bound import bound_usd
from chiphour.auction.check import certified_gap_ppb
from chiphour.auction.check import tolerance_usd
from chiphour.auction.check import violations
from chiphour.auction.check_form import case
from chiphour.auction.check_money import books
from chiphour.auction.check_money import made_whole_microusd
from chiphour.auction.check_money import split
from chiphour.auction.clear import clear
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.prices import ClearingFailed
from chiphour.auction.prices import Price
from chiphour.auction.result import from_json
from chiphour.auction.result import to_json
from chiphour.auction.solve import solve
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import NANOUSD_PER_USD
from chiphour.units import div_half_even
from chiphour.units import round_half_even

_CLEARED = {}


def cleared(pricing="ip"):
    """Give the run and its result, solved once."""
    if pricing not in _CLEARED:
        instance = from_fields(rich(pricing))
        _CLEARED[pricing] = instance, clear(instance, solve)
    return _CLEARED[pricing]


def rules(result, pricing="ip"):
    return {violation.rule for violation in violations(cleared(pricing)[0], result)}


# Changes of one thing.


def with_award(result, **changes):
    """Change fields of the award, and make the transfers anew from it."""
    award = result.award._replace(**changes)
    return result._replace(award=award, transfers=award.transfers(result.run))


def part(result, name):
    return next(found for found in result.award.parts if found.id == name)


def with_part(result, name, **changes):
    """Change fields of one participant's part."""
    assert part(result, name)._replace(**changes) != part(result, name), "no change at all"
    parts = tuple(
        found._replace(**changes) if found.id == name else found for found in result.award.parts
    )
    return with_award(result, parts=parts)


def with_line(result, name, place, **changes):
    """Change fields of one line of a participant."""
    lines = list(part(result, name).lines)
    lines[place] = lines[place]._replace(**changes)
    return with_part(result, name, lines=tuple(lines))


def with_more(result, name, interval, change, tier="od"):
    """Change what a participant holds in an interval, adding the line if there is none."""
    found = part(result, name)
    lines = {line[:5]: line.quantity_hundredths for line in found.lines}
    key = next((key for key in lines if key[2:4] == (tier, interval)), None)
    if key is None:
        key = (*found.lines[0][:2], tier, interval, found.lines[0].pool)
    lines[key] = lines.get(key, 0) + change
    line = type(found.lines[0])
    kept = tuple(line(*key, quantity) for key, quantity in lines.items() if quantity)
    return with_part(result, name, lines=kept)


def with_gang(result, name, **changes):
    gang, *others = part(result, name).gangs
    return with_part(result, name, gangs=(gang._replace(**changes), *others))


def with_hours(result, name, field, interval, change):
    """Change what a pool sells to gangs, keeps or is in one interval."""
    amounts = list(getattr(part(result, name), field))
    amounts[interval] += change
    return with_part(result, name, **{field: tuple(amounts)})


def with_transfer(result, place, **changes):
    transfers = list(result.transfers)
    transfers[place] = transfers[place]._replace(**changes)
    return result._replace(transfers=tuple(transfers))


def with_dual(result, which, slot, change_nanousd):
    """Change the price of a slot in one set of duals."""
    duals = getattr(result, which)
    slots = list(duals.slots)
    slots[slot] += change_nanousd
    return result._replace(**{which: replace(duals, slots=tuple(slots))})


def slot(product, tier, interval):
    grid = cleared()[0].grid
    return grid.slot(grid.product_numbers[product], grid.tier_numbers[tier], interval)


# Changes with all sums put right.


def settled(instance, result):
    """Give a result with prices of its duals, and welfare, bound and all money right for them."""
    prices = tuple(
        Price(dual, None if old.price_ticks is None else div_half_even(dual, NANOUSD_PER_TICK))
        for dual, old in zip(result.money.slots, result.prices, strict=True)
    )
    result = result._replace(prices=prices)
    kept = books(case(instance, result))
    owed = kept.owed_microusd
    whole = {stake.id: made_whole_microusd(stake) for stake in kept.stakes}
    pot = sum(whole.values()) - sum(owed.values())
    charged, left = split(kept.stakes, max(pot, 0))
    parts = tuple(
        found._replace(
            payment_microusd=owed[found.id],
            make_whole_microusd=whole[found.id],
            charge_microusd=charged[found.id],
        )
        for found in result.award.parts
    )
    money = {"sponsor_microusd": left, "rent_microusd": max(-pot, 0)}
    return with_award(result, parts=parts, **money)._replace(
        welfare_nanousd=round_half_even(kept.welfare_usd * NANOUSD_PER_USD),
        bound_nanousd=bound_nanousd(kept.case.instance, result.relaxed),
    )


def test_the_run_has_everything_in_which_a_fault_can_be_planted():
    instance, result = cleared()
    parts = result.award.parts
    assert violations(instance, result) == ()
    assert settled(instance, result) == result
    assert any(line.pool for found in parts for line in found.lines)
    assert {line.tier for found in parts for line in found.lines} == {"od", "spot"}
    assert sum(len(found.gangs) for found in parts) >= 2
    assert any(any(found.reserve_hundredths) for found in parts)
    assert any(found.make_whole_microusd for found in parts)
    assert any(found.charge_microusd for found in parts)
    assert result.award.flows and result.fixed.sides and result.fixed.budgets


@pytest.mark.parametrize("pricing", ["ip", "hull", "eu"])
def test_a_cleared_run_passes_and_is_near_the_best(pricing):
    instance, result = cleared(pricing)
    assert violations(instance, result) == ()
    assert 0 <= certified_gap_ppb(instance, result) < 300_000_000
    assert from_json(instance, to_json(instance, result)) == result


# A fault: the rule that must find it, and how it is planted in the result.
FORM = {
    "another run's root": ("run", lambda r: r._replace(root="0" * 64)),
    "another run's number": ("run", lambda r: r._replace(run=2)),
    "another rule of pricing": ("run", lambda r: r._replace(pricing="hull")),
    "a status that is none": ("run", lambda r: r._replace(status="fine")),
    "a gap below zero": ("run", lambda r: r._replace(claimed_gap_ppb=-1)),
    "a price left out": ("prices", lambda r: r._replace(prices=r.prices[1:])),
    "duals of another size": (
        "duals",
        lambda r: r._replace(relaxed=replace(r.relaxed, slots=r.relaxed.slots[1:])),
    ),
    "a premium below zero": (
        "duals",
        lambda r: r._replace(fixed=replace(r.fixed, premiums={("base", "od", 0): -1})),
    ),
    "a value of work below zero": (
        "duals",
        lambda r: r._replace(fixed=replace(r.fixed, work={("chat", "m", "work"): -1})),
    ),
    "a pool that is not there": (
        "duals",
        lambda r: r._replace(fixed=replace(r.fixed, pools={("nowhere", 0): 1})),
    ),
    "a scale above one": ("scaled", lambda r: r._replace(scaled={"thrifty": 2 * 10**9})),
    "a bid of another run": ("participant", lambda r: with_part(r, "chat", id="nobody")),
    "another's account": ("participant", lambda r: with_part(r, "chat", account=99)),
    "a seller who buys": ("participant", lambda r: with_part(r, "base", side=1)),
    "a part given twice": (
        "participant",
        lambda r: with_award(r, parts=(*r.award.parts, r.award.parts[0])),
    ),
    "a product not traded": ("line", lambda r: with_line(r, "chat", 0, product="B200/d/us")),
    "a tier not traded": ("line", lambda r: with_line(r, "chat", 0, tier="gold")),
    "an interval outside": ("line", lambda r: with_line(r, "chat", 0, interval=3)),
    "a pool of another product": ("line", lambda r: with_line(r, "cpus", 0, pool="far")),
    "a seller of a mode": ("line", lambda r: with_line(r, "base", 0, mode="m")),
    "a line given twice": (
        "line",
        lambda r: with_part(r, "chat", lines=part(r, "chat").lines * 2),
    ),
    "a quantity of zero": ("quantity", lambda r: with_line(r, "chat", 0, quantity_hundredths=0)),
    "a quantity below zero": (
        "quantity",
        lambda r: with_line(r, "chat", 0, quantity_hundredths=-100),
    ),
    "a gang of a seller": (
        "gang",
        lambda r: with_part(r, "base", gangs=part(r, "whole").gangs),
    ),
    "a gang beyond the run": ("gang", lambda r: with_gang(r, "whole", first=2)),
    "a gang in no pool": ("gang", lambda r: with_gang(r, "whole", pool="nowhere")),
    "reserve of a buyer": (
        "pool",
        lambda r: with_part(r, "chat", reserve_hundredths=(0, 0, 100)),
    ),
    "too few intervals of a pool": ("pool", lambda r: with_part(r, "base", on=(1, 1))),
    "make-whole below zero": ("uplift", lambda r: with_part(r, "chat", make_whole_microusd=-1)),
    "an arc from nowhere": (
        "arc",
        lambda r: with_award(r, flows=(r.award.flows[0]._replace(source=FAR, target=H100),)),
    ),
    "a flow given twice": ("arc", lambda r: with_award(r, flows=r.award.flows * 2)),
}


def moved_gang(result):
    """Move a gang to another pool, and what both pools sell to gangs with it."""
    gang = part(result, "whole").gangs[0]
    moved = with_gang(result, "whole", pool="far", product=FAR)
    for interval in range(gang.first, gang.first + gang.intervals):
        moved = with_hours(moved, gang.pool, "gang_hundredths", interval, -800)
        moved = with_hours(moved, "far", "gang_hundredths", interval, 800)
    return moved


def both_modes(result):
    """Serve the mode that the gang of the same bid excludes, from a seller that has chips."""
    line = part(result, "chat").lines[0]._replace(mode="m", interval=2, quantity_hundredths=100)
    served = with_part(result, "either", lines=(line,))
    return with_more(served, "base", 2, 100)


def orphan(result):
    """Leave the gang out that the chips of the same bid require."""
    gang = part(result, "child").gangs[0]
    less = with_part(result, "child", gangs=())
    return with_hours(less, gang.pool, "gang_hundredths", gang.first, -gang.chips * 100)


QUANTITIES = {
    "one unit more on one side": ("balance", lambda r: with_more(r, "chat", 0, 1)),
    "a unit sold to nobody": ("balance", lambda r: with_more(r, "base", 0, 1)),
    "chips on another tier": ("balance", lambda r: with_line(r, "chat", 0, tier="spot")),
    "above the ceiling": ("ceiling", lambda r: with_more(r, "chat", 0, 100_000)),
    "outside the window": ("window", lambda r: with_line(r, "away", 0, interval=2)),
    "a product that the work cannot use": (
        "product",
        lambda r: with_line(r, "chat", 0, product=FAR),
    ),
    "a pool that lacks the side resource": (
        "product",
        lambda r: with_line(r, "cpus", 0, pool="lease"),
    ),
    "a mode that is none": ("mode", lambda r: with_line(r, "chat", 0, mode="x")),
    "another mode's chips": ("mode", lambda r: with_gang(r, "whole", mode="m")),
    "exclusive modes both served": ("exclusive", both_modes),
    "a child without its parent": ("requires", orphan),
    "more than the inventory": ("blocks", lambda r: with_more(r, "base", 0, 2_000)),
    "more spot than beta allows": (
        "blocks",
        lambda r: with_more(r, "base", 0, 2_000, tier="spot"),
    ),
    "a tier that the pool does not sell": (
        "tier",
        lambda r: with_line(r, "lease", 0, tier="spot"),
    ),
    "less than the least output": ("output_min", lambda r: with_more(r, "lease", 1, -1_000)),
    "a run too short": ("run_min", lambda r: with_part(r, "lease", on=(0, 1, 0))),
    "chips of a pool that is off": ("off", lambda r: with_part(r, "lease", on=(1, 1, 0))),
    "a pool off that cannot be": ("on", lambda r: with_part(r, "base", on=(1, 1, 0))),
    "reserve that is in use": (
        "inventory",
        lambda r: with_hours(r, "base", "reserve_hundredths", 0, 1_600),
    ),
    "reserve of a pool that keeps none": (
        "reserve",
        lambda r: with_hours(r, "lease", "reserve_hundredths", 0, 100),
    ),
    "more reserve served than kept": (
        "reserve",
        lambda r: with_hours(r, "reserve-us", "reserve_hundredths", 0, -1),
    ),
    "more reserve than the curve": (
        "steps",
        lambda r: with_hours(r, "reserve-us", "reserve_hundredths", 0, 10_000),
    ),
    "a flow above its arc": (
        "arc",
        lambda r: with_award(
            r,
            flows=tuple(
                flow._replace(quantity_hundredths=flow.quantity_hundredths + 1)
                for flow in r.award.flows
            ),
        ),
    ),
    "a flow that nobody takes": ("balance", lambda r: with_award(r, flows=r.award.flows[1:])),
    "a gang moved, its pools not": ("gangs", lambda r: with_gang(r, "whole", pool="lease")),
    "a gang moved to a pool of another product": ("product", moved_gang),
    "a gang cut short": ("gang", lambda r: with_gang(r, "whole", intervals=1)),
    "a gang of fewer chips": ("gang", lambda r: with_gang(r, "half", chips=2)),
    "a gang served twice": (
        "gang",
        lambda r: with_part(r, "half", gangs=part(r, "half").gangs * 2),
    ),
    "a gang that starts too late": ("window", lambda r: with_gang(r, "half", first=1)),
    "a gang on a domain that is taken": (
        "placement",
        lambda r: with_gang(r, "half", domains=part(r, "whole").gangs[0].domains),
    ),
    "a gang on two domains": ("placement", lambda r: with_gang(r, "half", domains=((0, 1),) * 2)),
    "a gang on more domains than there are": (
        "placement",
        lambda r: with_gang(with_gang(r, "half", domains=((7,),) * 2), "whole", domains=()),
    ),
    "a whole gang that changes domains": (
        "placement",
        lambda r: with_gang(r, "whole", domains=((2,), (3,))),
    ),
    "a pool that sells to no gang": (
        "gangs",
        lambda r: with_hours(r, "base", "gang_hundredths", 2, -100),
    ),
    "more side resources than there are": ("side stock", lambda r: with_more(r, "cpus", 1, 100)),
    "more chips chosen than the pool sells": (
        "premium",
        lambda r: with_more(r, "base", 0, -part(r, "base").lines[0].quantity_hundredths + 100),
    ),
}


def repriced(result, where, change_nanousd):
    """Change a dual of the programme with integers fixed, all money right for it."""
    return settled(cleared()[0], with_dual(result, "fixed", slot(*where), change_nanousd))


MONEY = {
    "a tick off the dual": (
        "price",
        lambda r: r._replace(
            prices=(
                r.prices[0]._replace(price_ticks=r.prices[0].price_ticks + 1),
                *r.prices[1:],
            )
        ),
    ),
    "a dual that is not the programme's": (
        "price",
        lambda r: r._replace(
            prices=(
                r.prices[0]._replace(dual_nanousd=r.prices[0].dual_nanousd + 1),
                *r.prices[1:],
            )
        ),
    ),
    "a price above the cap": (
        "price",
        lambda r: repriced(r, (H100, "od", 0), 60 * NANOUSD_PER_USD),
    ),
    "a trade without a price": (
        "price",
        lambda r: r._replace(prices=(Price(r.prices[0].dual_nanousd, None), *r.prices[1:])),
    ),
    "a price of reserve above the cap": (
        "price",
        lambda r: settled(
            cleared()[0],
            r._replace(fixed=replace(r.fixed, reserve={("us", 0): 51 * NANOUSD_PER_USD})),
        ),
    ),
    "a payment one micro-dollar short": (
        "payment",
        lambda r: with_part(r, "chat", payment_microusd=part(r, "chat").payment_microusd - 1),
    ),
    "a seller paid too much": (
        "payment",
        lambda r: with_part(r, "base", payment_microusd=part(r, "base").payment_microusd - 1),
    ),
    "make-whole left out": (
        "make-whole",
        lambda r: with_part(r, whole_bid(r), make_whole_microusd=0),
    ),
    "make-whole too high": (
        "make-whole",
        lambda r: with_part(
            r, whole_bid(r), make_whole_microusd=part(r, whole_bid(r)).make_whole_microusd + 1
        ),
    ),
    "make-whole of one who gains": (
        "make-whole",
        lambda r: with_part(r, "chat", make_whole_microusd=1),
    ),
    "a charge above the surplus": (
        "charge",
        lambda r: with_part(r, "chat", charge_microusd=100_000_000),
    ),
    "a charge moved to another": (
        "charge",
        lambda r: with_part(
            with_part(r, "chat", charge_microusd=part(r, "chat").charge_microusd - 1),
            "whole",
            charge_microusd=part(r, "whole").charge_microusd + 1,
        ),
    ),
    "rent from nowhere": ("rent", lambda r: with_award(r, rent_microusd=1)),
    "rent to another account": ("rent", lambda r: with_award(r, rent_account=99)),
    "another sponsor": ("sponsor", lambda r: with_award(r, sponsor_account=4)),
    "a sponsor who pays for others": ("sponsor", lambda r: with_award(r, sponsor_microusd=1)),
    "a budget overspent": (
        "budget",
        lambda r: more_than_it_has(r),
    ),
    "values scaled without need": (
        "budget",
        lambda r: settled(cleared()[0], r._replace(scaled={"chat": 500_000_000})),
    ),
    "a transfer left out": ("transfer", lambda r: r._replace(transfers=r.transfers[1:])),
    "a transfer doubled": (
        "transfer",
        lambda r: r._replace(
            transfers=(*r.transfers, r.transfers[-1]._replace(item=len(r.transfers) + 1))
        ),
    ),
    "a transfer to another": ("transfer", lambda r: with_transfer(r, -1, target=99)),
    "a transfer of another run": ("transfer", lambda r: with_transfer(r, 0, run=2)),
    "a transfer of another number": ("transfer", lambda r: with_transfer(r, 0, item=2)),
    "money out before money in": (
        "transfer",
        lambda r: r._replace(
            transfers=tuple(
                transfer._replace(item=item)
                for item, transfer in enumerate(r.transfers[::-1], start=1)
            )
        ),
    ),
    "welfare inflated": (
        "welfare",
        lambda r: r._replace(welfare_nanousd=r.welfare_nanousd + 1),
    ),
    "a bound lowered": ("bound", lambda r: r._replace(bound_nanousd=r.bound_nanousd - 1)),
    "another set of duals behind the bound": (
        "bound",
        lambda r: with_dual(r, "relaxed", slot(H100, "od", 0), NANOUSD_PER_USD),
    ),
    "a hull that is not exact": ("hull", lambda r: r._replace(hull_exact=not r.hull_exact)),
}


def more_than_it_has(result):
    """Raise the price of the chips of the bid with a budget until they cost more than it has."""
    line = part(result, "thrifty").lines[0]
    return repriced(result, line[1:4], 20 * NANOUSD_PER_USD)


def whole_bid(result):
    """Give a bid that is made whole."""
    return next(found.id for found in result.award.parts if found.make_whole_microusd)


@pytest.mark.parametrize("fault", {**FORM, **QUANTITIES, **MONEY})
def test_every_planted_fault_is_found(fault):
    rule, plant = {**FORM, **QUANTITIES, **MONEY}[fault]
    assert rule in rules(plant(cleared()[1]))


def repriced_everywhere(result, share):
    """Give every price of the programme with integers fixed at a share of what it was."""
    slots = tuple(int(dual * share) for dual in result.fixed.slots)
    return settled(cleared()[0], result._replace(fixed=replace(result.fixed, slots=slots)))


def without(result, *names):
    """Leave participants out, all money right for those who are left."""
    parts = tuple(found for found in result.award.parts if found.id not in names)
    return settled(cleared()[0], with_award(result, parts=parts))


def unserved(result):
    """Give an award of nothing at all, which balances and costs nobody anything."""
    return settled(cleared()[0], with_award(result, parts=(), flows=()))


PROOFS = {
    "a price five dollars too high": lambda r: repriced(r, (H100, "od", 0), 5 * NANOUSD_PER_USD),
    "a price that every seller refuses": lambda r: repriced_everywhere(r, Fraction(1, 4)),
    "a price where nobody trades and one would sell": (
        lambda r: repriced(r, (FAR, "od", 2), 10 * NANOUSD_PER_USD)
    ),
    "an award that leaves a product out": lambda r: without(r, "ten", "lump", "crumbs"),
    "an award of nothing": unserved,
}


@pytest.mark.parametrize("fault", PROOFS)
def test_a_fault_with_all_money_right_is_found_by_the_proof(fault):
    """Balanced, within every limit and paid to the micro-dollar: only the certificate can tell."""
    found = rules(PROOFS[fault](cleared()[1]))
    assert "certificate" in found
    assert found <= {"certificate", "response", "worse off", "budget"}


def test_a_poorer_choice_of_integers_shows_in_the_certified_gap():
    """The award without the gang that loses has prices that prove it; it is further from the best.

    Nobody can prove the choice of integers without searching: the gap to the bound tells.
    """
    instance, best = cleared()
    poorer = cleared("eu")[1]._replace(root=instance.root, pricing="ip", relaxed=best.relaxed)
    poorer = settled(instance, poorer)
    assert violations(instance, poorer) == ()
    assert poorer.welfare_nanousd < best.welfare_nanousd
    assert certified_gap_ppb(instance, poorer) > certified_gap_ppb(instance, best)


def test_the_bound_is_above_the_welfare_at_any_prices_at_all():
    """Weak duality: however wrong the duals are, D is never below the welfare of the award."""
    instance, result = cleared()
    counted = case(instance, result).instance
    welfare = Fraction(result.welfare_nanousd, NANOUSD_PER_USD)
    for share in (0, Fraction(1, 2), 1, 3):
        slots = tuple(int(dual * share) for dual in result.relaxed.slots)
        duals = replace(result.relaxed, slots=slots)
        assert bound_usd(counted, duals) >= welfare - Fraction(1, NANOUSD_PER_USD)


def test_what_cutting_may_cost_is_small_beside_the_welfare():
    instance, result = cleared()
    kept = books(case(instance, result))
    assert 0 < tolerance_usd(kept) * NANOUSD_PER_USD < result.welfare_nanousd // 50


AMOUNTS = ("payment", "make_whole", "charge", "quantity", "amount", "welfare", "bound", "price")
COUNTS = ("chips", "first", "intervals", "account", "source", "target", "item", "run")


def leaves(value, path=()):
    """Yield the path of every number of a result but its duals and the numbers of domains."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("duals", "domains"):
                yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, place))
    elif value is not None and (path[-1] in (*AMOUNTS, *COUNTS) or isinstance(path[-1], int)):
        yield path


@given(st.data(), st.sampled_from((-1, 1)))
@settings(max_examples=60)
def test_no_number_of_a_result_may_be_another(data, change):
    """Change any number of the file by its least unit: it is refused, when read or when checked."""
    instance, result = cleared()
    fields = json.loads(to_json(instance, result))
    path = data.draw(st.sampled_from(sorted(leaves(fields), key=str)))
    place = fields
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = nudged(place[path[-1]], change)
    try:
        changed = from_json(instance, json.dumps(fields).encode())
    except RequestMalformed:
        return
    assert changed != result
    assert violations(instance, changed)


def nudged(value, change):
    """Give a number plus or minus its last decimal; text stays text."""
    if isinstance(value, int):
        return value + change
    whole, _, decimals = value.partition(".")
    digits = int(whole + decimals) + change
    sign, digits = ("-", -digits) if digits < 0 else ("", digits)
    if not decimals:
        return f"{sign}{digits}"
    text = str(digits).rjust(len(decimals) + 1, "0")
    return f"{sign}{text[: -len(decimals)]}.{text[-len(decimals) :]}"


@given(st.sampled_from(("ip", "hull", "eu")).flatmap(lambda rule: runs(True, rule)))
@settings(max_examples=20, derandomize=True)
def test_whatever_is_cleared_breaks_no_rule(fields):
    """Any run with everything in it, at any rule of pricing: the check accepts its result."""
    instance, _ = read_run(fields)
    try:
        result = clear(instance, solve)
    except ClearingFailed as fault:  # One that rounding cannot balance is another's law.
        assume(not str(fault).startswith("rounding:"))
        raise
    assert violations(instance, result) == ()
    if result.reference is None:
        assert result.bound_nanousd >= result.welfare_nanousd - 1
