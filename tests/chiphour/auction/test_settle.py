"""SETTLE: the reference case to the micro-dollar; sums of zero, whatever happens.

Takes   E7; random runs, meters, prices, collateral.
Gives   payments, defaults, transfers.
Keeps   every settlement at zero, in each run and in total.
Source  docs/formulation/runs.md, section 3; its case E7.
"""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chiphour.auction.fields import RequestMalformed
from chiphour.auction.positions import PHYSICAL
from chiphour.auction.positions import VIRTUAL
from chiphour.auction.positions import Position
from chiphour.auction.positions import Slot
from chiphour.auction.positions import positions_after
from chiphour.auction.positions import trades_between
from chiphour.auction.settle import Metered
from chiphour.auction.settle import Payment
from chiphour.auction.settle import cover_defaults
from chiphour.auction.settle import payments_from_json
from chiphour.auction.settle import payments_to_json
from chiphour.auction.settle import settle_delivery
from chiphour.auction.settle import settle_run
from chiphour.auction.settle import share_out
from chiphour.auction.settle import total_microusd
from chiphour.auction.settle import totals_microusd
from chiphour.auction.settle import transfers
from settled import H100
from settled import HOUR_NS
from settled import prices
from settled import runs

SLOT = Slot(H100, "on-demand", HOUR_NS)
S1, S2, B1, B2, V = 8, 9, 10, 11, 12
FUND = 5


def held(by_account):
    """Positions from chip-hours sold, as E7 writes them."""
    return [
        Position(account, VIRTUAL if account == V else PHYSICAL, *SLOT, -100 * sold)
        for account, sold in by_account.items()
    ]


def test_e7_comes_out_to_the_micro_dollar():
    first = held({S1: 60, B1: -80, V: 20})
    second = held({S1: 90, B1: -85, V: -5})
    trades = trades_between(1, [], first, {SLOT: 24_000})
    trades += trades_between(2, first, second, {SLOT: 21_000})
    metered = [
        Metered(account, *SLOT, -100 * sold)
        for account, sold in {S1: 88, B1: -82, S2: 4, B2: -10}.items()
    ]
    delivered = settle_delivery(3, positions_after(trades), metered, {SLOT: 29_000})
    parts = [settle_run(1, trades), settle_run(2, trades), delivered]
    assert [total_microusd(part) for part in parts] == [0, 0, 0]
    assert totals_microusd([payment for part in parts for payment in part]) == {
        S1: 201_200_000,
        S2: 11_600_000,
        B1: -193_800_000,
        B2: -29_000_000,
        V: 10_000_000,
    }


@given(runs(), prices(), st.data())
def test_every_run_and_the_delivery_sum_to_zero(trades, real_time, data):
    """Whatever was metered, as long as what one took another delivered."""
    metered = []
    for slot in data.draw(st.lists(st.sampled_from(sorted(real_time)), max_size=6)):
        size = data.draw(st.integers(-1_000, 1_000))
        metered += [Metered(8, *slot, size), Metered(13, *slot, -size)]
    payments = []
    for run in range(1, 5):
        payments += settle_run(run, trades)
    last = positions_after(trades)
    payments += settle_delivery(5, last, metered, real_time)
    by_run = Counter()
    for payment in payments:
        by_run[payment.run] += payment.amount_microusd
    assert not any(by_run.values())


@given(runs(), prices())
def test_settlement_telescopes(trades, real_time):
    """At one price throughout, runs and delivery together cost what was metered: here nothing."""
    flat = [trade._replace(price_ticks=real_time[trade.slot]) for trade in trades]
    payments = [payment for run in range(1, 5) for payment in settle_run(run, flat)]
    payments += settle_delivery(5, positions_after(flat), [], real_time)
    assert not any(totals_microusd(payments).values())


@given(runs(), prices())
def test_a_position_delivered_in_full_settles_nothing_more(trades, real_time):
    physical = [trade._replace(kind=PHYSICAL) for trade in trades]
    last = positions_after(physical)
    metered = [Metered(p.account, *p.slot, p.quantity_hundredths) for p in last]
    assert settle_delivery(5, last, metered, real_time) == ()


def test_a_virtual_position_earns_the_difference_of_two_prices():
    """Sold at 2.4, closed at 2.9: half a dollar lost for each of 20 chip-hours."""
    trades = trades_between(1, [], held({V: 20, B1: -20}), {SLOT: 24_000})
    metered = [Metered(B1, *SLOT, 2_000), Metered(S2, *SLOT, -2_000)]
    payments = settle_run(1, trades) + settle_delivery(
        2, positions_after(trades), metered, {SLOT: 29_000}
    )
    assert totals_microusd(payments)[V] == -10_000_000


def test_what_does_not_close_is_refused():
    with pytest.raises(RequestMalformed, match="metered, H100/node8/us on-demand: expected a sum"):
        settle_delivery(1, [], [Metered(8, *SLOT, 1)], {SLOT: 1})
    with pytest.raises(RequestMalformed, match="positions"):
        settle_delivery(1, held({S1: 1}), [], {SLOT: 1})
    with pytest.raises(RequestMalformed, match="expected a price"):
        settle_delivery(1, held({S1: 1, B1: -1}), [], {})


def line(account, amount):
    return Payment(4, account, "delivery", *SLOT, amount)


def test_a_default_beyond_collateral_falls_on_the_fund():
    """S1 owes 100 and has 30: the fund pays 70, and everyone else is paid in full."""
    payments = [line(S1, -100), line(B1, 60), line(B2, 40)]
    covering, defaults = cover_defaults(4, payments, {S1: 30}, FUND, 1_000)
    totals = totals_microusd([*payments, *covering])
    assert totals == {FUND: -70, S1: -30, B1: 60, B2: 40}
    assert defaults == ((S1, 100, 30, 70, 0),)


def test_what_the_fund_cannot_pay_is_shared_by_those_who_receive():
    payments = [line(S1, -100), line(B1, 60), line(B2, 40)]
    covering, defaults = cover_defaults(4, payments, {S1: 30}, FUND, 15)
    totals = totals_microusd([*payments, *covering])
    assert totals == {FUND: -15, S1: -30, B1: 27, B2: 18}
    assert defaults == ((S1, 100, 30, 15, 55),)


AMOUNTS = st.lists(st.tuples(st.integers(5, 14), st.integers(5, 14), st.integers(1, 10**12)))


@given(AMOUNTS, st.dictionaries(st.integers(8, 14), st.integers(0, 10**11)), st.integers(0, 10**11))
def test_covering_defaults_keeps_the_sum_and_robs_nobody(pairs, collateral, fund):
    """Nobody pays beyond its collateral, the fund beyond what it has, no receiver into debt."""
    payments = [line(a, sign * x) for p, r, x in pairs for a, sign in ((p, -1), (r, 1))]
    covering, defaults = cover_defaults(4, payments, collateral, FUND, fund)
    assert total_microusd(covering) == 0
    before, after = totals_microusd(payments), totals_microusd([*payments, *covering])
    for account in before:
        if account in collateral:
            assert after[account] >= -collateral[account]
        if account != FUND and before[account] > 0:
            assert 0 <= after[account] <= before[account]
    assert after.get(FUND, 0) >= min(before.get(FUND, 0), -fund)
    for default in defaults:
        parts = default.own_microusd + default.fund_microusd + default.shared_microusd
        assert default.owed_microusd == parts > default.own_microusd


@given(st.dictionaries(st.integers(), st.integers(0, 10**9), min_size=1), st.integers(0, 10**9))
def test_shares_sum_to_the_whole_and_are_off_by_less_than_one(weights, whole):
    total = sum(weights.values())
    whole = whole if total else 0
    parts = share_out(whole, weights)
    assert sum(parts.values()) == whole
    assert all(abs(parts[key] * total - whole * w) < max(total, 1) for key, w in weights.items())


@given(runs())
def test_transfers_move_what_was_settled_and_leave_the_middle_empty(trades):
    payments = [payment for run in range(1, 5) for payment in settle_run(run, trades)]
    totals = totals_microusd(payments)
    balances, lowest = Counter(), 0
    for transfer in transfers(payments, 9, 2):
        assert transfer.amount_microusd > 0 and transfer.run == 9
        balances[transfer.source] -= transfer.amount_microusd
        balances[transfer.target] += transfer.amount_microusd
        lowest = min(lowest, balances[2])
    assert balances[2] == lowest == 0
    assert {a: x for a, x in totals.items() if x} == {a: x for a, x in balances.items() if x}


def test_transfers_of_a_settlement_with_a_remainder_are_refused():
    with pytest.raises(RequestMalformed, match=r"settlement 9: .* found 0.000001"):
        transfers([line(S1, 1)], 9, 2)


@given(runs())
def test_payments_come_back_from_json(trades):
    payments = settle_run(1, trades)
    covering, _ = cover_defaults(1, payments, dict.fromkeys(range(8, 14), 0), FUND, 10**9)
    assert payments_from_json(payments_to_json(payments + covering)) == payments + covering


def test_payments_that_leave_a_remainder_are_refused():
    with pytest.raises(RequestMalformed, match=r"sum of zero in run 4, found -0.000005"):
        payments_from_json(payments_to_json([line(S1, -5)]))
