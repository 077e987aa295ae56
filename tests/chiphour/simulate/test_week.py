"""WEEK: a market in a month's, a week's and a day's run and in real time, through real clearings.

Takes   small markets of two days with traders and without; the whole week for those who have time.
Gives   their runs.
Keeps   money zero in each run; positions what the last run cleared; prices nearer to real time
        run by run, in the mean of seeds.
Source  docs/formulation/runs.md, section 11.
"""

from functools import cache

import pytest

from chiphour.auction.positions import ON_DEMAND
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import check_trades
from chiphour.auction.positions import positions_after
from chiphour.auction.settle import DEFAULT
from chiphour.auction.settle import total_microusd
from chiphour.auction.settle import totals_microusd
from chiphour.auction.solve import solve
from chiphour.auction.term import convergence
from chiphour.simulate.week import Outage
from chiphour.simulate.week import simulate
from chiphour.simulate.week_market import HOURS
from chiphour.simulate.week_market import Size
from chiphour.simulate.week_market import market

SMALL = Size(days=2, products=2, pools_each=2, buyers=4, gangs=2, traders=1, reach=4)
OUTAGE = Outage(100, HOURS + 6, 2 * HOURS)
SEEDS, MORE_SEEDS = range(2), range(8)


@cache
def small(seed, has_traders=True, outage=None):
    return simulate(market(seed, SMALL), solve, has_traders=has_traders, outage=outage)


@cache
def whole():
    """Give a week of seven days, real time in every hour, an outage on the fourth."""
    hit = Outage(101, 3 * HOURS + 6, 4 * HOURS)
    return simulate(market(1, Size()), solve, outage=hit)


def money_is_conserved(week):
    ledger = {}
    for run in week.runs:
        assert total_microusd(run.payments) == 0
        check_trades(run.trades)
        for account, total in totals_microusd(run.payments).items():
            ledger[account] = ledger.get(account, 0) + total
    assert sum(ledger.values()) == 0
    assert {a: m for a, m in week.ledger.items() if m} == {a: m for a, m in ledger.items() if m}


def positions_telescope(week):
    """Positions are the sum of all trades: physical, and in each slot as much bought as sold."""
    assert week.positions == positions_after(week.trades)
    assert {held.kind for held in week.positions} == {PHYSICAL}
    sums = {}
    for held in week.positions:
        sums[held.slot] = sums.get(held.slot, 0) + held.quantity_hundredths
    assert set(sums.values()) == {0}
    assert any(trade.kind == VIRTUAL for trade in week.trades)


def convergence_of(weeks):
    """Give the mean over weeks of the signed and of the absolute distance, by kind, in dollars."""
    found = {}
    for week in weeks:
        for part in convergence(p for p in week.prices if p.tier == ON_DEMAND.name):
            found.setdefault(part.kind, []).append((part.mean_nanousd, part.absolute_nanousd))
    return {
        kind: tuple(sum(column) / len(column) / 1e9 for column in zip(*rows, strict=True))
        for kind, rows in found.items()
    }


def converges(seeds):
    """In the mean of the seeds, with traders and without, each run is nearer than the one before.

    Traders take a part of what buyers pay for certainty.
    """
    with_traders, without = (
        convergence_of(small(seed, has_traders) for seed in seeds) for has_traders in (True, False)
    )
    for found in (with_traders, without):
        absolute = [found[kind][1] for kind in ("month", "week", "day-ahead")]
        assert absolute[0] > absolute[1] > absolute[2] > 0
    premium = [sum(found[k][0] for k in ("month", "week")) for found in (with_traders, without)]
    assert premium[0] < premium[1]


def outage_is_paid_for(week):
    """The supplier owes more than it put up: it pays that, the fund and the others the rest."""
    account, day = week.outage.account, week.outage.first // HOURS
    defaults = [default for run in week.runs for default in run.defaults]
    assert defaults
    assert {default.account for default in defaults} == {account}
    assert sum(default.own_microusd for default in defaults) <= week.collateral[day]
    assert sum(default.fund_microusd for default in defaults) > 0
    covered = [p for run in week.runs for p in run.payments if p.purpose == DEFAULT]
    missing = sum(d.owed_microusd - d.own_microusd for d in defaults)
    assert sum(p.amount_microusd for p in covered if p.account == account) == missing


def test_money_is_conserved_in_every_run_and_in_all():
    money_is_conserved(small(0, outage=OUTAGE))


def test_positions_telescope_and_virtual_ones_are_flat_in_the_end():
    positions_telescope(small(0, outage=OUTAGE))


@pytest.mark.long
def test_a_supplier_without_its_chips_buys_back_and_defaults():
    outage_is_paid_for(small(0, outage=OUTAGE))
    sold = {
        hit: -sum(
            held.quantity_hundredths
            for held in small(0, outage=hit).positions
            if held.account == OUTAGE.account and held.hour_ns >= _hour_ns(OUTAGE.first)
        )
        for hit in (OUTAGE, None)
    }
    assert 0 < sold[OUTAGE] < sold[None]


def _hour_ns(hour):
    return min(price.hour_ns for price in small(0).prices) + hour * 3_600 * 10**9


@pytest.mark.long
def test_prices_come_nearer_to_real_time_and_traders_narrow_the_premium():
    converges(SEEDS)


@pytest.mark.long
def test_a_trader_that_does_not_bid_again_keeps_its_position():
    """The second trader bids in the week's run; day-ahead runs change nothing for it."""
    week = simulate(market(3, SMALL._replace(days=1, traders=2)), solve)
    trades = [trade for trade in week.trades if trade.account == 301]
    kinds = {run.number: run.kind for run in week.runs}
    by_kind = {kinds[trade.run] for trade in trades}
    assert "week" in by_kind
    assert "day-ahead" not in by_kind


@pytest.mark.long
def test_the_whole_week():
    week = whole()
    money_is_conserved(week)
    positions_telescope(week)
    outage_is_paid_for(week)
    assert len(week.runs) == 2 + 7 + 7 * HOURS


@pytest.mark.long
def test_prices_come_nearer_over_more_seeds():
    converges(MORE_SEEDS)
