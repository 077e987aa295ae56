"""AUCTION: what holds of every clearing, on random runs with everything that a run can hold.

Takes   `auction_runs`: up to four pools, six buyers, virtuals, reserve, arcs, over three intervals.
Gives   clearings, and their own sums made again here.
Keeps   50 markets for each law, the same ones each time, 1,000 for two of them in `--all`; with
        $CHIPHOUR_MARKETS so many, drawn anew.
Source  docs/formulation/auction.md, sections 3 to 7.
"""

import os
from fractions import Fraction

import pytest
from hypothesis import HealthCheck
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_runs import runs
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.bound import bound_usd
from chiphour.auction.check import violations
from chiphour.auction.clear import clear
from chiphour.auction.instance import read_run
from chiphour.auction.lost import lost_usd
from chiphour.auction.model import build
from chiphour.auction.result import from_json
from chiphour.auction.result import to_json
from chiphour.auction.solve import relax
from chiphour.auction.solve import solve
from chiphour.units import NANOUSD_PER_USD

DRAWN = os.environ.get("CHIPHOUR_MARKETS")
MARKETS = int(DRAWN or "50")
FEWER = max(MARKETS // 2, 1)
LONG = max(1_000, MARKETS)
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def markets(count=MARKETS):
    return settings(max_examples=count, suppress_health_check=SLOW, derandomize=not DRAWN)


def cleared(fields):
    """Clear a run; bids that the reader refuses are left out, as `auction clear` does."""
    instance, _ = read_run(fields)
    return instance, clear(instance, solve)


def gap_allowed(instance, result):
    """Give what cutting may cost: a hundredth at the cap for each amount."""
    lines = sum(len(part.held.traded) for part in result.award.parts) + 4 * len(instance.bids)
    return Fraction(lines * instance.grid.cap_ticks, 100 * 10_000) + Fraction(1, 10**4)


def everything(fields):
    """Check one clearing in all ways that need no second one."""
    instance, result = cleared(fields)
    assert violations(instance, result) == ()
    balance = {AUCTION_ACCOUNT: 0}
    for transfer in result.transfers:
        assert transfer.amount_microusd > 0
        for account, sign in ((transfer.source, -1), (transfer.target, 1)):
            balance[account] = balance.get(account, 0) + sign * transfer.amount_microusd
        assert balance[AUCTION_ACCOUNT] >= 0
    assert balance[AUCTION_ACCOUNT] == 0
    assert sum(balance.values()) == 0
    for price in result.prices:
        if price.price_ticks is not None:
            assert instance.grid.floor_ticks <= price.price_ticks <= instance.grid.cap_ticks
    assert from_json(instance, to_json(instance, result)) == result


@markets()
@given(runs())
def test_every_clearing_passes_its_check_and_conserves_money(fields):
    everything(fields)


@pytest.mark.long
@markets(LONG)
@given(runs())
def test_a_thousand_clearings_pass_their_check_and_conserve_money(fields):
    everything(fields)


def hull_identity(fields):
    """At the relaxation's prices all forgo its bound less the welfare, and nobody below nothing.

    The bound is the relaxation's optimum by HiGHS, and the welfare that of the integers, but for
    the gap that is allowed.
    """
    instance, _ = read_run(fields)
    model = build(instance)
    relaxed = solve(relax(model.program))
    whole = solve(model.program, gap=0.0)
    assume(relaxed.status == "optimal" and whole.status == "optimal")
    result = clear(instance, solve)
    bound = bound_usd(instance, result.relaxed)
    scale = max(1.0, abs(relaxed.objective))
    assert abs(float(bound) - relaxed.objective) <= 1e-6 * scale
    assert whole.objective <= relaxed.objective + 1e-6 * scale
    held = {part.id: part.held for part in result.award.parts}
    bids = instance.bid_by_id
    worth = sum(bids[name].worth(instance.context, own) for name, own in held.items())
    lost = lost_usd(instance, result.relaxed, held, result.award.flows)
    assert lost.total == bound - worth
    assert min(*lost.bids.values(), lost.shared) >= 0
    allowed = gap_allowed(instance, result)
    assert Fraction(result.welfare_nanousd, NANOUSD_PER_USD) >= Fraction(whole.objective) - allowed


@markets()
@given(runs())
def test_hull_prices_lose_no_more_than_the_gap(fields):
    hull_identity(fields)


@pytest.mark.long
@markets(LONG)
@given(runs())
def test_a_thousand_hull_prices_lose_no_more_than_the_gap(fields):
    hull_identity(fields)


@markets(FEWER)
@given(runs(budget=True))
def test_nobody_pays_more_than_its_budget(fields):
    instance, result = cleared(fields)
    bids = instance.bid_by_id
    for part in result.award.parts:
        most = getattr(bids[part.id], "spend_microusd", None)
        if most is not None:
            assert part.payment_microusd + part.charge_microusd <= most


@markets(FEWER)
@given(runs(pricing="hull"))
def test_hull_pricing_passes_its_check(fields):
    everything(fields)


@markets(FEWER)
@given(runs(pricing="eu"))
def test_european_prices_leave_nobody_a_loss(fields):
    instance, result = cleared(fields)
    assert violations(instance, result) == ()
    assert not any(part.make_whole_microusd for part in result.award.parts)


@markets(FEWER)
@given(runs(floors=("-5",)))
def test_prices_may_be_negative(fields):
    everything(fields)


@markets(FEWER)
@given(runs(), st.randoms(use_true_random=False))
def test_the_order_in_which_a_run_is_written_changes_nothing(fields, random):
    """Shuffle bids, products, modes and tables: the same bytes come out."""
    instance, result = cleared(fields)
    for name in ("bids", "products", "arcs"):
        random.shuffle(fields[name])
    for bid in fields["bids"]:
        for name in ("modes", "perf", "products"):
            if isinstance(bid.get(name), list):
                random.shuffle(bid[name])
    shuffled, again = cleared(fields)
    assert to_json(shuffled, again) == to_json(instance, result)


@markets(FEWER)
@given(runs(), st.integers(0, 3))
def test_more_supply_never_lowers_the_optimum(fields, number):
    """Add a pool: the best value does not fall; it is asked of the programme, before rounding."""
    instance, _ = read_run(fields)
    before = solve(build(instance).program, gap=0.0)
    extra = {
        "kind": "sell",
        "id": "pool-more",
        "account": 199,
        "product": "A/d/r" if number % 2 else "B/d/r",
        "inventory": ["16", "16", "16"],
        "blocks": [{"share": "1", "price": f"{number}"}],
        "tiers": fields["tiers"] and [{"tier": "od", "beta": "1"}],
        "reserve": False,
        "side_stock": {},
    }
    fields["bids"].append(extra)
    after = solve(build(read_run(fields)[0]).program, gap=0.0)
    assume(before.status == "optimal" and after.status == "optimal")
    assert after.objective >= before.objective - 1e-6 * max(1.0, abs(before.objective))
