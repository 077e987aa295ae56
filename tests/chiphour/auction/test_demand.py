"""DEMAND: what is told of demand adds up to what was bought, and of few bidders nothing is told.

Takes   small cleared runs.
Gives   cells and prices of work, counted again by hand.
Keeps   the quantities and prices of fewer than three accounts out.
Source  docs/formulation/auction.md, section 8.
"""

from collections import Counter
from collections import defaultdict
from fractions import Fraction

from hypothesis import given
from hypothesis import settings

from auction_fields import A100
from auction_fields import AMPERE
from auction_fields import H100
from auction_fields import HOPPER
from auction_fields import bid
from auction_fields import buy
from auction_fields import divisible
from auction_fields import gang
from auction_fields import offer
from auction_fields import run
from auction_rich import rich
from auction_runs import runs
from chiphour.auction.clear import clear
from chiphour.auction.demand import BIDDERS_MIN
from chiphour.auction.demand import DemandCell
from chiphour.auction.demand import WorkPrice
from chiphour.auction.demand import _median
from chiphour.auction.demand import cheapest_picousd
from chiphour.auction.demand import demand
from chiphour.auction.demand import unit_picousd
from chiphour.auction.demand import work_prices
from chiphour.auction.fields import PICOS
from chiphour.auction.instance import read_run
from chiphour.auction.solve import solve
from chiphour.auction.work import choices

POOL = offer("pool", 20, H100, 100, 1)


def wants(name, account, rate, units, usd, **mode):
    return bid(name, account, {H100: rate}, (units, usd), **mode)


@settings(derandomize=True, max_examples=12)
@given(runs())
def test_cells_are_what_buyers_hold_counted_again(fields):
    """Sum every part's chips by class, domain and region; three accounts show, two do not."""
    instance, _ = read_run(fields)
    result = clear(instance, solve)
    chips, accounts = Counter(), defaultdict(set)
    for part in result.award.parts:
        one = instance.bid_by_id[part.id]
        if hasattr(one, "modes"):
            held = [(key.product, many) for key, many in part.held.traded.items()]
            for gang_ in part.held.gangs:
                held += [(gang_.product, 100 * gang_.chips)] * gang_.intervals
            for product, many in held:
                cell = one.facts.work_class, *product.split("/")[1:]
                chips[cell] += many
                accounts[cell].add(one.account)
    found = demand(instance, result)
    assert [cell[:3] for cell in found] == sorted(chips)
    for cell in found:
        assert cell.bidders == len(accounts[cell[:3]])
        shown = chips[cell[:3]] if cell.bidders >= BIDDERS_MIN else None
        assert cell.chip_hours_hundredths == shown


def test_of_fewer_than_three_accounts_nothing_is_shown(cleared):
    """A second bid of the same account makes no third bidder; another account does."""
    bids = [wants(f"b{n}", account, "1", 10, 3) for n, account in enumerate((10, 11, 11))]
    for more, shown in (([], None), ([wants("third", 12, "1", 5, 3)], 3_500)):
        instance, result = cleared(run([HOPPER], [POOL, *bids, *more]))
        assert demand(instance, result) == (
            DemandCell("inference", "node8", "us", 2 + len(more), shown),
        )
        (price,) = work_prices(instance, result)
        assert price.bidders == 2 + len(more)
        assert (price.median_picousd is None) == (shown is None)


def test_cells_are_by_class_domain_and_region(cleared):
    """Gangs count the chips they pay for; virtual bids and sellers do not count."""
    far = HOPPER | {"region": "eu"}
    bids = [
        POOL,
        offer("far", 21, "H100/node8/eu", 50, 1),
        *(buy(f"g{n}", 10 + n, [gang(4, 1, {H100: 60})], work=("training", "step"))
          for n in range(3)),
        *(bid(f"e{n}", 10 + n, {"H100/node8/eu": "2"}, (4, 3)) for n in range(3)),
    ]  # fmt: skip
    instance, result = cleared(run([HOPPER, far], bids))
    assert demand(instance, result) == (
        DemandCell("inference", "node8", "eu", 3, 600),
        DemandCell("training", "node8", "us", 3, 2_400),
    )


def test_a_quarter_of_an_hour_is_a_quarter_of_a_chip_hour(cleared):
    delivery = {"from": "2026-12-01T00:00:00Z", "step_minutes": 15, "intervals": 1}
    bids = [wants(f"b{n}", 10 + n, "1", 1, 3) for n in range(3)]
    for one in bids:
        one["modes"][0]["window"]["to"] = "2026-12-01T00:15:00Z"
    instance, result = cleared(run([HOPPER], [POOL, *bids], delivery=delivery))
    assert [cell.chip_hours_hundredths for cell in demand(instance, result)] == [300]


def test_a_unit_of_work_costs_its_chips_over_what_they_do(cleared):
    """Price 1.5 a chip-hour: rates of 1, 2 and 4 pay 1.5, 0.75 and 0.375; the middle is 0.75.

    Weighed by work: 20 units by rate 1, 30 by rate 2 and 100 by rate 4.
    """
    rival = wants("rival", 13, "1", 1000, "1.5")
    bids = [
        wants("slow", 10, "1", 20, 3), wants("middle", 11, "2", 30, 3),
        wants("fast", 12, "4", 100, 3), rival,
    ]  # fmt: skip
    fields = run([HOPPER], [POOL | {"inventory": ["70"]}, *bids])
    instance, result = cleared(fields)
    assert [price.price_ticks for price in result.prices] == [15_000]
    (price,) = work_prices(instance, result)
    assert price == WorkPrice("inference", "unit", 4, 375 * 10**9)
    fast = instance.bid_by_id["fast"].modes[0][1]
    assert cheapest_picousd(instance, result, fast) == 375 * 10**9


def test_side_resources_premiums_and_losses_are_in_the_price_of_a_unit(cleared):
    """What a chip of a named pool costs beyond λ: κ and two units of η; and what is lost by it."""
    instance, result = cleared(rich())
    mode = instance.bid_by_id["cpus"].modes[0][1]
    money, grid = result.money, instance.grid
    for choice in choices(mode.work, grid, instance.context.pools):
        slot = grid.slot(grid.product_numbers[choice.product], grid.tier_numbers[choice.tier], 1)
        nano = money.slots[slot] + money.premiums.get((choice.pool, choice.tier, 1), 0)
        nano += 2 * money.sides[choice.pool, "cpu", 1]
        expected = Fraction(nano * 1_000 * PICOS, choice.rates[0])
        assert unit_picousd(instance, result, choice, 1) == expected
        lossy = choice._replace(loss_picousd=7)
        assert unit_picousd(instance, result, lossy, 1) == expected + Fraction(
            7 * PICOS, choice.rates[0]
        )


def test_without_a_price_or_with_a_factor_not_done_there_is_no_cost(cleared):
    """H does one factor, A the other: neither alone does a unit of work."""
    rates = {H100: {"one": "1", "two": "0"}, A100: {"one": "0", "two": "1"}}
    mode = divisible(rates, (8, 10), chips_max=16)
    bids = [POOL, offer("two", 21, A100, 50, 1), buy("both", 10, [mode])]
    instance, result = cleared(run([HOPPER, AMPERE], bids))
    mode = instance.bid_by_id["both"].modes[0][1]
    assert cheapest_picousd(instance, result, mode) is None
    assert work_prices(instance, result) == ()
    lost = run([HOPPER, AMPERE], [POOL, wants("w", 10, "1", 5, 3)])
    instance, result = cleared(lost)
    (choice,) = choices(instance.bid_by_id["w"].modes[0][1].work, instance.grid, {})
    assert result.prices[0].price_ticks is None
    assert unit_picousd(instance, result, choice, 0) == PICOS
    assert unit_picousd(instance, result, choice._replace(product=A100), 0) is None


def test_the_median_is_the_lower_one_by_weight():
    one, half = Fraction(1), Fraction(1, 2)
    assert _median([(Fraction(3), one), (Fraction(1), one), (Fraction(2), one)]) == 2
    assert _median([(Fraction(1), one), (Fraction(2), one)]) == 1
    assert _median([(Fraction(1), half), (Fraction(2), one)]) == 2
    assert _median([(Fraction(5), one)]) == 5
