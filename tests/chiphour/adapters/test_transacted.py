"""TRANSACTED: which trades an auction gives, and which of them make a price.

Takes   a real demonstration run; runs written by hand.
Gives   claims on who traded with whom, how much of it is new demand, and what is out.
Keeps   every hundredth of an award in one trade.
Source  Decision 0021.
"""

from collections import Counter
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.adapters.transacted import trades_before
from chiphour.adapters.transacted import trades_of
from chiphour.auction.award import Award
from chiphour.auction.award import Line
from chiphour.auction.award import Part
from chiphour.auction.clear import clear
from chiphour.auction.grid import Grid
from chiphour.auction.grid import Product
from chiphour.auction.grid import Tier
from chiphour.auction.held import Duals
from chiphour.auction.instance import Instance
from chiphour.auction.pairs import Party
from chiphour.auction.prices import Price
from chiphour.auction.result import Result
from chiphour.auction.solve import solve
from chiphour.index.companion import Given
from chiphour.index.companions import companions_of
from chiphour.index.fixing import Member
from chiphour.index.series import BY_TICKER
from chiphour.index.transacted import transacted
from chiphour.publish.files import auction_files
from chiphour.simulate.members import DEMONSTRATION
from chiphour.simulate.workloads import demonstration_run
from chiphour.units import NS_PER_HOUR
from chiphour.units import PPM
from chiphour.units import ns_from_iso
from chiphour.units import strike_ns
from records import fixing

STRIKE_NS = fixing().strike_ns
TICKER = "CHR.H100.SXM.OD"
H100 = Product("H100", "node8", "demonstration")


def members(*rates):
    return tuple(
        Member(f"m{n}", (f"m{n}",), rate * 10**8, 1, True, 1, "aa") for n, rate in enumerate(rates)
    )


def kept(strike, *rates, **fields):
    made = fixing(strike_ns=strike, known_ns=strike + 1, members=members(*rates))
    return made._replace(panel=len(rates), kept=len(rates), **fields)


@pytest.fixture(scope="module")
def demonstration():
    fixings = {
        "CHR.H100.SXM.OD": SimpleNamespace(fix_ticks=32_000),
        "CHR.A100.SXM.OD": SimpleNamespace(fix_ticks=16_000),
    }
    instance = demonstration_run(date(2026, 7, 20), fixings, DEMONSTRATION, 1)
    return instance, clear(instance, solve)


def test_the_demonstration_market_has_no_transacted_price(demonstration, tmp_path):
    """Its run of 20 July delivers on the 21st; every trade is out, and published as out."""
    place = tmp_path / "publish" / "2026-07-20"
    place.mkdir(parents=True)
    for name, content in auction_files(*demonstration).items():
        (place / name).write_bytes(content)
    strike = strike_ns(date(2026, 7, 22))
    trades = trades_before(tmp_path, strike)
    assert {trade.product for trade in trades} == {TICKER, "CHR.A100.SXM.OD"}
    given = Given(BY_TICKER[TICKER], kept(strike, 30, 31, 33), trades=trades)
    found = {each.variant: each for each in companions_of(given)}
    assert found["TX"].reason == "NO_TRADES"
    assert found["BASIS"].reason == "TX_SUPPRESSED"
    rules = Counter(rejection.rule for rejection in found["TX"].rejections)
    assert set(rules) == {"DEMONSTRATION"} and rules["DEMONSTRATION"] > 20


def test_the_trades_of_a_run_sum_to_its_awards(demonstration):
    instance, result = demonstration
    bought = Counter()
    for trade in trades_of(instance, result, "day-ahead"):
        bought[trade.product, trade.delivered_from_ns, trade.buyer] += trade.quantity_hundredths
    awarded = Counter()
    for part in result.award.parts:
        for line in part.lines if part.side == 1 else ():
            ticker = f"CHR.{line.product.split('/')[0]}.SXM.OD"
            at_ns = instance.grid.opens_ns + line.interval * NS_PER_HOUR
            awarded[ticker, at_ns, f"account {part.account}"] += line.quantity_hundredths
    assert bought == awarded


def run(buyers, sellers, price_ticks=30_000, hours=1, step_minutes=60, tier="od"):
    """Give a run by hand: hundredths by account on either side, the same in each interval."""
    opens_ns = ns_from_iso("2026-07-19T00:00Z")
    grid = Grid(opens_ns, step_minutes, hours, 0, 10**6, (Tier(tier, 0, PPM),), (H100,), ())
    sides = [(1, a, q) for a, q in buyers.items()] + [(-1, a, q) for a, q in sellers.items()]
    parts = tuple(
        Part(
            f"p{number}", account, side,
            tuple(Line("", H100.id, tier, h, "", q) for h in range(hours)), (), (), (), (), 0,
        )
        for number, (side, account, q) in enumerate(sides)
    )  # fmt: skip
    prices = tuple(Price(0, price_ticks) for _ in range(hours))
    free = Duals((0,) * hours, {}, {}, {}, {}, {}, {})
    award = Award(parts, (), 1, 0)
    result = Result(
        7, "", "ip", "optimal", 0, True, prices, free, free, None, {}, award, 0, 0, "by hand", ()
    )
    return Instance(7, "day-ahead", "ip", grid, 1, None, ()), result


def parties(*accounts, groups=()):
    named = dict(groups)
    return {a: Party(f"n{a}", named.get(a, f"g{a}"), False) for a in accounts}


def pairs(instance, result, **fields):
    return {
        (trade.buyer, trade.seller): (trade.quantity_hundredths, trade.increase_hundredths)
        for trade in trades_of(instance, result, "day-ahead", **fields)
    }


def test_a_buyers_chips_come_from_all_sellers_in_proportion():
    """Of 300 sold, two thirds by one: so is each buyer's part."""
    found = pairs(*run({1: 100, 2: 200}, {3: 200, 4: 100}), parties=parties(1, 2, 3, 4))
    assert found == {
        ("n1", "n3"): (66, 66),
        ("n1", "n4"): (34, 34),
        ("n2", "n3"): (133, 133),
        ("n2", "n4"): (67, 67),
    }


def test_what_came_over_an_arc_was_sold_by_nobody():
    found = pairs(*run({1: 100}, {3: 25}), parties=parties(1, 3))
    assert found == {("n1", "n3"): (25, 25), ("n1", ""): (75, 75)}


def test_a_group_that_buys_what_it_sells_has_no_increase():
    """Accounts 1 and 3 are one group: it bought 100 and sold 100. Account 2 bought for itself."""
    one = parties(1, 2, 3, groups=((1, "one"), (3, "one")))
    found = pairs(*run({1: 100, 2: 50}, {3: 100, 4: 50}), parties=one | parties(4))
    assert found["n1", "n4"][1] == 0 and found["n1", "n3"][1] == 0
    assert sum(increase for _, increase in found.values()) == 50


def test_an_account_that_nobody_vouches_for_is_a_demonstration_member():
    instance, result = run({1: 100}, {3: 100})
    trades = trades_of(instance, result, "day-ahead", parties(1))
    assert [trade.demonstration for trade in trades] == [True]


def test_a_product_that_is_no_series_gives_no_trades():
    instance, result = run({1: 100}, {3: 100})
    assert trades_of(instance, result, "day-ahead", series_by_product={}) == []


def test_other_tiers_give_no_trades():
    assert trades_of(*run({1: 100}, {3: 100}, tier="spot"), "day-ahead") == []


def test_quarters_are_facts_of_their_hour_and_four_hours_give_four_trades():
    """A chip of three sellers, 0.08 of it each at least: whole hundredths of a chip-hour."""
    sellers = {3: 36, 4: 32, 5: 32}
    found = trades_of(*run({1: 100}, sellers, step_minutes=15, hours=2), "real-time")
    opens_ns = ns_from_iso("2026-07-19T00:00Z")
    assert {trade.delivered_from_ns for trade in found} == {opens_ns} and len(found) == 6
    assert sum(trade.quantity_hundredths for trade in found) == 2 * 25
    found = trades_of(*run({1: 100}, {3: 100}, step_minutes=240), "real-time")
    assert [(t.delivered_from_ns, t.quantity_hundredths) for t in found] == [
        (opens_ns + hour * NS_PER_HOUR, 100) for hour in range(4)
    ]


def test_a_market_of_members_has_a_transacted_price():
    """Three buyers, three sellers, six hours of 20 chips each: 360 chip-hours at 3.00."""
    instance, result = run({1: 2_000, 2: 2_000, 3: 2_000}, {4: 2_500, 5: 2_500, 6: 1_000}, hours=6)
    trades = trades_of(instance, result, "day-ahead", parties(1, 2, 3, 4, 5, 6))
    found = transacted(trades, TICKER, STRIKE_NS)
    assert (found.reason, found.price_ticks, found.hundredths) == ("", 30_000, 36_000)
    assert (found.buyers, found.sellers, found.rejections) == (3, 3, ())


@given(
    st.dictionaries(st.integers(1, 5), st.integers(1, 1_000), min_size=1),
    st.dictionaries(st.integers(4, 9), st.integers(1, 1_000), min_size=1),
)
def test_every_hundredth_bought_is_in_one_trade_and_no_increase_exceeds_it(buyers, sellers):
    trades = trades_of(*run(buyers, sellers), "day-ahead", parties(*range(1, 10)))
    for account, quantity in buyers.items():
        own = [trade for trade in trades if trade.buyer == f"n{account}"]
        assert sum(trade.quantity_hundredths for trade in own) == quantity
        assert all(0 <= t.increase_hundredths <= t.quantity_hundredths for t in own)
