"""AUCTION: what holds of every clearing, on random runs.

Takes   runs of up to three products, three hours, six bids, five offers, three arcs.
Gives   clearings, and their own sums made again here.
Keeps   bids and offers on a coarse lattice, so that ties and degenerate duals are common.
Source  docs/formulation/auction.md, sections 5 to 7.
"""

from fractions import Fraction

from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_fields
from chiphour.auction.result import to_json
from chiphour.auction.solve import solve

HOURS = 3
PRODUCTS = ("A", "B", "C")
INVENTORIES = st.sampled_from(["0", "0.03", "10", "12.5", "40"])


def time(hour):
    return f"2026-12-01T{hour:02d}:00:00Z"


def tenths(least, most):
    return st.integers(least, most).map(lambda number: f"{number // 10}.{number % 10}")


@st.composite
def bids(draw, number):
    rates = draw(st.dictionaries(st.sampled_from(PRODUCTS), tenths(1, 30), min_size=1))
    prices = sorted(draw(st.lists(st.integers(0, 40), min_size=1, max_size=3)), reverse=True)
    first = draw(st.integers(0, HOURS - 1))
    return {
        "kind": "divisible",
        "name": f"bid-{number}",
        "account": 10 + number,
        "perf": [
            {"product": f"{chip}/d/r", "units_per_chip_hour": rate} for chip, rate in rates.items()
        ],
        "curve": [
            {"units": draw(tenths(1, 400)), "usd_per_unit": f"{price / 10}"} for price in prices
        ],
        "chips_max": draw(st.sampled_from(["0", "0.01", "7", "33.33", "1000"])),
        "window": {"from": time(first), "to": time(draw(st.integers(first + 1, HOURS)))},
    }


@st.composite
def offers(draw, number):
    prices = sorted(draw(st.lists(st.integers(0, 30), min_size=2, max_size=2)))
    return {
        "kind": "supply",
        "name": f"offer-{number}",
        "account": 100 + number,
        "product": f"{draw(st.sampled_from(PRODUCTS))}/d/r",
        "inventory": [
            draw(st.sampled_from(["0", "0.03", "10", "12.5", "40"])) for _ in range(HOURS)
        ],
        "blocks": [
            {"share": "0.333", "price": f"{prices[0] / 10}"},
            {"share": "0.6", "price": f"{prices[1] / 10}"},
        ],
    }


@st.composite
def runs(draw):
    ways = draw(st.sets(st.sampled_from([("A", "B"), ("B", "C"), ("A", "C")])))
    limits = st.lists(st.sampled_from(["0", "0.5", "5"]), min_size=HOURS, max_size=HOURS)
    return {
        "schema": "chiphour.auction.run/1",
        "run": draw(st.integers(1, 9)),
        "rent_account": 1,
        "delivery": {"from": time(0), "hours": HOURS},
        "price": {"floor": draw(st.sampled_from(["0", "-5"])), "cap": "50"},
        "products": [{"chip": chip, "domain": "d", "region": "r"} for chip in PRODUCTS],
        "arcs": [
            {
                "from": f"{source}/d/r",
                "to": f"{target}/d/r",
                "min": [f"-{limit}" for limit in draw(limits)],
                "max": draw(limits),
            }
            for source, target in sorted(ways)
        ],
        "bids": [draw(bids(number)) for number in range(draw(st.integers(0, 6)))],
        "offers": [draw(offers(number)) for number in range(draw(st.integers(0, 5)))],
    }


def cleared(fields):
    instance = from_fields(fields)
    return instance, clear(instance, solve)


@settings(deadline=None, max_examples=100)
@given(runs())
def test_every_clearing_passes_its_check(fields):
    """Feasible in integers, paid to the micro-dollar, nobody worse off, proven best by prices."""
    assert violations(*cleared(fields)) == ()


@settings(deadline=None, max_examples=30)
@given(runs())
def test_money_is_conserved(fields):
    """Pay every transfer from accounts of zero: all sum to zero, the auction's is zero itself."""
    instance, result = cleared(fields)
    balance_microusd = {AUCTION_ACCOUNT: 0}
    for transfer in result.award.transfers(instance.run):
        assert transfer.amount_microusd > 0
        for account, sign in ((transfer.source, -1), (transfer.target, 1)):
            change = sign * transfer.amount_microusd
            balance_microusd[account] = balance_microusd.get(account, 0) + change
        assert balance_microusd[AUCTION_ACCOUNT] >= 0
    assert balance_microusd[AUCTION_ACCOUNT] == 0
    assert sum(balance_microusd.values()) == 0


@settings(deadline=None, max_examples=30)
@given(runs(), st.randoms(use_true_random=False))
def test_the_order_in_which_a_run_is_written_changes_nothing(fields, random):
    """Shuffle bids, offers, products, arcs and tables: the same bytes come out."""
    instance, result = cleared(fields)
    for name in ("bids", "offers", "products", "arcs"):
        random.shuffle(fields[name])
    for bid in fields["bids"]:
        random.shuffle(bid["perf"])
    shuffled, again = cleared(fields)
    assert to_json(shuffled, again) == to_json(instance, result)


@settings(deadline=None, max_examples=30)
@given(runs())
def test_prices_lie_between_what_is_accepted_and_what_is_refused(fields):
    """No offer sold above the price, none left cheaper than it; only whole blocks are compared.

    A hundredth may be cut from a block by rounding, so a block counts as sold, or as left, from
    two hundredths on; the price is compared to within a tick.
    """
    instance, result = cleared(fields)
    parts = {part.name: part for part in result.award.parts}
    for offer in instance.offers:
        lines = parts[offer.name].lines if offer.name in parts else ()
        sold = {line.hour: Fraction(line.quantity_hundredths) for line in lines}
        for hour in range(HOURS):
            slot = instance.grid.slot(instance.grid.product_numbers[offer.product], hour)
            price_ticks, left = result.prices[slot].price_ticks, sold.get(hour, Fraction(0))
            for size_picos, cost_ticks in offer.sizes(hour):
                size = Fraction(size_picos, 10**12)
                used = min(size, left)
                left -= used
                if used >= 2:
                    assert price_ticks >= cost_ticks - 1
                if size - used >= 2:
                    assert price_ticks <= cost_ticks + 1


@settings(deadline=None, max_examples=30)
@given(runs(), offers(99))
def test_more_supply_never_lowers_welfare(fields, offer):
    """Add an offer: welfare does not fall, beyond what cutting to hundredths may cost."""
    _, before = cleared(fields)
    fields["offers"].append(offer)
    _, after = cleared(fields)
    lines = sum(len(part.lines) for part in after.award.parts)
    assert after.welfare_nanousd >= before.welfare_nanousd - lines * 120 * 10**9 // 100
