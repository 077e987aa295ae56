"""TRADES: what a run changed adds up to what its award pays, to the micro-dollar.

Takes   random runs with everything that a run can hold; small ones in several runs.
Gives   trades and other payments, beside the award's own transfers.
Keeps   equations 1, 26 and 27.
Source  docs/formulation/runs.md, section 2.
"""

import pytest
from hypothesis import HealthCheck
from hypothesis import assume
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from auction_runs import runs
from auction_small import OPENS
from auction_small import PRODUCT
from auction_small import buyer
from auction_small import pool
from auction_small import run_of
from chiphour.auction.award import AUCTION_ACCOUNT
from chiphour.auction.clear import clear
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.grid import SETTLE_MINUTES
from chiphour.auction.instance import from_fields
from chiphour.auction.instance import read_run
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import positions_after
from chiphour.auction.settle import payments_from_json
from chiphour.auction.settle import payments_to_json
from chiphour.auction.settle import settle_run
from chiphour.auction.settle import total_microusd
from chiphour.auction.settle import totals_microusd
from chiphour.auction.slots import GANG
from chiphour.auction.solve import solve
from chiphour.auction.standing import self_schedules
from chiphour.auction.trades import other_payments
from chiphour.auction.trades import slot_prices
from chiphour.auction.trades import trades
from chiphour.units import NS_PER_HOUR
from chiphour.units import NS_PER_MINUTE
from chiphour.units import iso_from_ns
from chiphour.units import ns_from_iso

FIRST = "2026-12-01T00:00:00Z"
# Of an interval and of its slots, in minutes.
LENGTHS = ((60, 60), (240, 60), (1440, 60), (5, 5), (10, 10), (15, 15), (15, 5), (20, 20), (30, 10))
LENGTHS += ((60, 15), (60, 5), (240, 30))
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


def cleared(fields):
    instance = from_fields(fields)
    return instance, clear(instance, solve)


def received(payments):
    """Give what each account receives, without the zeros."""
    return {account: total for account, total in totals_microusd(payments).items() if total}


def transferred(result):
    """Give what each account receives by the award's own transfers."""
    totals = {}
    for transfer in result.transfers:
        for account, sign in ((transfer.source, -1), (transfer.target, 1)):
            totals[account] = totals.get(account, 0) + sign * transfer.amount_microusd
    totals.pop(AUCTION_ACCOUNT, None)
    return {account: total for account, total in totals.items() if total}


@settings(derandomize=True, max_examples=40, suppress_health_check=SLOW)
@given(runs(budget=True), st.sampled_from(LENGTHS))
def test_trades_and_other_payments_are_the_award_to_the_microdollar(fields, lengths):
    """Intervals from five minutes to a day, in slots as long as they, or shorter."""
    step, settle = lengths
    fields["delivery"] |= {"step_minutes": step, "settle_minutes": settle}
    for bid in fields["bids"]:
        _stretch(bid, step)
    instance, _ = read_run(fields)
    assume(instance.context.pools)
    result = clear(instance, solve)
    found = trades(instance, result)  # It checks equation 1 itself, price by price.
    assert all(trade.hour_ns % (settle * NS_PER_MINUTE) == 0 for trade in found)
    settled = settle_run(instance.run, found)
    rest = other_payments(instance, result)
    assert total_microusd(settled) == 0
    assert total_microusd(rest) == 0
    assert received((*settled, *rest)) == transferred(result)
    together = (*settled, *rest)
    assert payments_from_json(payments_to_json(together)) == together


@settings(derandomize=True, max_examples=30, suppress_health_check=SLOW)
@given(runs(), st.data())
def test_positions_are_what_the_last_run_cleared_whoever_bids_in_it(fields, data):
    """Some bid again in a second run of the same hours; positions of the others stand."""
    instance, _ = read_run(fields)
    first = trades(instance, clear(instance, solve))
    before = positions_after(first)
    again = [bid for bid in fields["bids"] if data.draw(st.booleans())]
    fields = fields | {"run": 10, "bids": again}
    standing = self_schedules(read_run(fields)[0], before)
    instance, _ = read_run(fields | {"bids": [*again, *standing]})
    result = clear(instance, solve)
    second = trades(instance, result, before)  # It checks equation 1 itself.
    assert total_microusd(other_payments(instance, result)) == 0
    cleared_now = positions_after(trades(instance, result))
    gangs = [held for held in before if held.tier == GANG]
    after = positions_after((*first, *second))
    assert summed(after) == summed((*cleared_now, *gangs))


def summed(positions):
    sums = {}
    for held in positions:
        key = held.account, held.kind, held.slot
        sums[key] = sums.get(key, 0) + held.quantity_hundredths
    return {key: quantity for key, quantity in sums.items() if quantity}


def test_every_hour_of_a_slot_has_its_price():
    bids = [pool(20, "10", "2"), buyer(10, "4", "3", units="32", to="2026-12-07T08:00:00Z")]
    instance, result = cleared(run_of(bids, kind="week", step=240))
    changed = trades(instance, result)
    found = slot_prices(instance, result, 7, changed)
    assert [price.hour_ns for price in found] == [
        ns_from_iso(OPENS) + hour * NS_PER_HOUR for hour in range(8)
    ]
    assert {price.price_ticks for price in found} == {result.prices[0].price_ticks}
    assert {price.quantity_hundredths for price in found} == {400}
    assert slot_prices(instance, result, 7, changed, 1) == found[:4]


def _stretch(value, step):
    """Move the hours of a bid's windows to the same intervals of a run with another step."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, str) and inner.startswith("2026-12-01T"):
                minutes = int(inner[11:13]) * step
                value[name] = iso_from_ns(ns_from_iso(FIRST) + minutes * NS_PER_MINUTE)
            else:
                _stretch(inner, step)
    elif isinstance(value, list):
        for inner in value:
            _stretch(inner, step)


def test_a_block_is_the_same_in_each_of_its_hours():
    bids = [pool(20, "10", "2"), buyer(10, "4", "3", units="192", to="2026-12-08T00:00:00Z")]
    instance, result = cleared(run_of(bids, kind="month", step=1440))
    found = trades(instance, result)
    bought = [trade for trade in found if trade.account == 10]
    opens_ns = ns_from_iso(OPENS)
    assert [trade.hour_ns for trade in bought] == [opens_ns + h * NS_PER_HOUR for h in range(24)]
    assert {trade.quantity_hundredths for trade in bought} == {400}


def test_a_second_run_settles_what_it_changed():
    instance, result = cleared(run_of([pool(20, "10", "2"), buyer(10, "4", "3")]))
    first = trades(instance, result)
    bids = [pool(20, "10", "2.5"), buyer(10, "7", "3")]
    instance, result = cleared(run_of(bids, number=2))
    before = positions_after(first)
    second = trades(instance, result, before)
    price = result.prices[0].price_ticks
    assert {(t.account, t.quantity_hundredths, t.price_ticks) for t in second} == {
        (10, 300, price),
        (20, -300, price),
    }
    # Equation 2: positions are what the last run cleared, whatever was held before.
    assert positions_after((*first, *second)) == positions_after(trades(instance, result))


def test_only_the_binding_intervals_are_traded():
    instance, result = cleared(run_of([pool(20, "10", "2"), buyer(10, "4", "3")]))
    found = trades(instance, result, binding_intervals=1)
    assert {trade.hour_ns for trade in found} == {ns_from_iso(OPENS)}


def test_real_time_closes_virtual_positions():
    virtual = {
        "kind": "virtual",
        "id": "v",
        "account": 30,
        "direction": "sell",
        "product": PRODUCT,
        "window": {"from": OPENS, "to": "2026-12-07T02:00:00Z"},
        "curve": [["3", "1"]],
    }
    bids = [pool(20, "10", "2"), buyer(10, "4", "3"), virtual]
    instance, result = cleared(run_of(bids))
    first = trades(instance, result)
    assert any(held.kind == VIRTUAL for held in positions_after(first))
    instance, result = cleared(
        run_of([pool(20, "10", "2"), buyer(10, "4", "3")], number=2, kind="real-time")
    )
    second = trades(instance, result, positions_after(first))
    assert all(held.kind == PHYSICAL for held in positions_after((*first, *second)))


def test_a_gang_pays_its_own_pool_and_stands_on_a_tier_of_its_own():
    gang = buyer(10, "4", "3") | {
        "modes": [
            {
                "type": "gang",
                "id": "g",
                "chips": 8,
                "intervals": 2,
                "start": {"from": OPENS, "to": OPENS},
                "migratable": False,
                "products": [{"product": PRODUCT, "value_usd": "100"}],
            }
        ]
    }
    instance, result = cleared(run_of([pool(20, "16", "2"), gang]))
    found = trades(instance, result)
    assert {(t.account, t.tier, t.quantity_hundredths) for t in found} == {
        (10, GANG, 800),
        (20, GANG, -800),
    }
    # It is out of what a later run of the same hours trades.
    instance, result = cleared(run_of([pool(20, "8", "2"), buyer(11, "4", "3")], number=2))
    second = trades(instance, result, positions_after(found))
    assert {trade.tier for trade in second} == {"on-demand"}


def test_a_position_for_which_nobody_bids_is_refused():
    instance, result = cleared(run_of([pool(20, "10", "2"), buyer(10, "4", "3")]))
    hour_ns = ns_from_iso(OPENS)
    before = [
        Position(account, PHYSICAL, PRODUCT, "on-demand", hour_ns, quantity)
        for account, quantity in ((11, 100), (20, -100))
    ]
    with pytest.raises(RequestMalformed, match="expected a bid of account 11 for its physical"):
        trades(instance, result, before)


@pytest.mark.parametrize("minutes", SETTLE_MINUTES)
def test_an_hour_is_its_quarters_at_the_same_chips_and_price(minutes):
    """What was bought by the hour is held in equal parts; they add up to it exactly."""
    instance, result = cleared(run_of([pool(20, "10.03", "2"), buyer(10, "9.99", "3")]))
    delivery = run_of([])["delivery"] | {"settle_minutes": minutes}
    bids = [pool(20, "10.03", "2"), buyer(10, "9.99", "3")]
    parted, cut = cleared(run_of(bids, delivery=delivery))
    whole, parts = trades(instance, result), trades(parted, cut)
    assert {t.price_ticks for t in parts} == {t.price_ticks for t in whole}
    each = {t.quantity_hundredths for t in parts if t.account == 10}
    assert len(each) == 1 and 60 // minutes * 2 == sum(t.account == 10 for t in parts)
    bought = sum(t.quantity_hundredths for t in parts if t.account == 10)
    (line,) = {line.quantity_hundredths for part in cut.award.parts for line in part.lines}
    assert bought == 2 * line <= 2 * 999
    assert 2 * 999 - bought < 2 * parted.grid.unit_hundredths


def test_a_tier_may_not_bear_the_name_of_another():
    tiers = [{"tier": "gang", "pi": "0", "beta": "1"}]
    offer = pool(20, "10", "2") | {"tiers": [{"tier": "gang"}]}
    wanted = buyer(10, "4", "3")
    wanted["modes"][0]["tiers"] = [{"tier": "gang"}]
    instance, result = cleared(run_of([offer, wanted], tiers=tiers))
    with pytest.raises(RequestMalformed, match="another name than gang"):
        trades(instance, result)
