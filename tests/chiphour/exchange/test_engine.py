"""ENGINE: one market as an object, whatever the size of the batches it is given.

Takes   the same commands one by one, all at once, and in an unusual memory layout.
Gives   the same events and the same digest; the views that members see.
Keeps   questions without effect.
Source  Rulebook 13; decision 0005.
"""

import numpy as np
import pytest

from chiphour.contracts import table
from chiphour.exchange import commands as ask
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.compose import listing
from chiphour.exchange.engine import Engine
from chiphour.exchange.engine import Position
from chiphour.exchange.engine import kernel_hash
from chiphour.exchange.limits import Limits
from chiphour.exchange.reasons import Reason

LIMITS = Limits(accounts=64, contracts=1, indexes=2, orders=4000, positions=60, window_ticks=64)


@pytest.fixture
def trading():
    """Give some thousand commands whose events fill the buffer several times."""
    terms = [term.default for term in table.TERMS]
    terms[table.INDEX], terms[table.TICK_MICROUSD], terms[table.PRICE_TICKS_MIN] = 1, 10_000, 270
    rows = [command(Kind.OPEN_ACCOUNT, account=account) for account in range(8, 40)]
    rows += [
        command(Kind.DEPOSIT, account=account, amount_microusd=10**12) for account in range(8, 40)
    ]
    fixing = {"index": 1, "strike_ns": 1, "vintage": 1, "fit": 1, "value_microusd": 3_000_000}
    rows += [command(Kind.FIXING, **fixing), *listing(0, terms)]
    random = np.random.default_rng(9)
    for _ in range(4000):
        order = {"account": int(random.integers(8, 40)), "side": int(random.integers(1, 3))}
        order |= {"price_ticks": int(random.integers(295, 306)), "lots": int(random.integers(1, 9))}
        rows.append(command(Kind.ORDER, order_type=1, time_in_force=1, **order))
    stacked = commands(rows)
    stacked[:, ask.SEQUENCE] = np.arange(1, len(stacked) + 1)
    stacked[:, ask.TIME_NS] = 10
    return stacked


def test_the_size_of_a_batch_does_not_matter(trading):
    whole, single, strided = Engine(LIMITS), Engine(LIMITS), Engine(LIMITS)
    events = whole.apply(trading)
    assert len(events) > 6000
    one_by_one = [single.apply(row[None]) for row in trading]
    assert np.array_equal(np.concatenate(one_by_one), events)
    assert np.array_equal(strided.apply(np.asfortranarray(trading)), events)
    assert whole.digest() == single.digest() == strided.digest()
    assert whole.sequence == len(trading)
    assert whole.apply(trading[:0]).shape == (0, 16)


def test_events_are_the_callers_to_keep(trading):
    engine = Engine(LIMITS)
    first = engine.apply(trading[:100])
    kept = first.copy()
    engine.apply(trading[100:])
    assert np.array_equal(first, kept)


def test_a_fault_of_ours_is_raised_through_all_layers(trading):
    engine = Engine(LIMITS)
    with pytest.raises(AssertionError):
        engine.apply(trading[1:])


def test_views_show_what_stands(market):
    market.order(8, "buy", 305, 10)
    market.order(9, "sell", 305, 4)
    market.mark(3_100_000)
    before = market.engine.digest()
    seen = market.engine.account(8)
    assert (seen.cash_microusd, seen.equity_microusd) == (999_800_000, 1_000_200_000)
    assert seen.reserves_microusd == 6 * 50_000
    assert seen.initial_margin_microusd == 10 * 310_000 + 6 * 50_000
    assert seen.positions == (Position(0, 4, 6, 0, 300_000, 3_100_000, 3_050_000),)
    assert seen.maintenance_margin_microusd == 744_000  # Three fifths of 10 % of 4 lots at $3.10.
    assert all(type(value) is int for value in (*seen[:5], *seen[6:], *seen.positions[0]))
    assert market.engine.account(12) is None
    assert market.engine.account(16) is None
    assert market.engine.account(-1) is None
    assert market.engine.book(0, 1) == ([(305, 6, 1)], [])
    assert market.engine.contract(0)[table.MARK_MICROUSD] == 3_100_000
    assert market.engine.contracts() == [(0, market.engine.contract(0).tolist())]
    assert market.engine.digest() == before


def test_a_liquidation_price_is_where_equity_meets_maintenance(market):
    market.order(8, "buy", 300, 1_000)
    market.order(9, "sell", 300, 1_000)
    # $1,000 of equity, $180 of maintenance: $820 over 1,000 lots.
    assert market.engine.liquidation_price_microusd(8, 0) == 3_000_000 - 820_000
    assert market.engine.liquidation_price_microusd(9, 0) == 3_000_000 + 820_000
    assert market.engine.liquidation_price_microusd(10, 0) is None
    assert market.engine.liquidation_price_microusd(12, 0) is None


def test_a_preview_tells_the_answer_and_changes_nothing(market):
    order = {"account": 8, "contract": 0, "side": 1, "order_type": 1, "time_in_force": 1}
    order |= {"price_ticks": 305, "lots": 100}
    before = market.engine.digest()
    fits = market.engine.preview(command(Kind.ORDER, **order))
    assert fits == (Reason.NONE, 1_000_000_000, 30_000_000 + 100 * 50_000)
    big = market.engine.preview(command(Kind.ORDER, **order | {"lots": 5_000}))
    assert big.reason == Reason.MARGIN_INSUFFICIENT
    unknown = market.engine.preview(command(Kind.ORDER, **order | {"account": 15}))
    assert unknown == (Reason.ACCOUNT_UNKNOWN, 0, 0)
    malformed = market.engine.preview(command(Kind.ORDER, **order | {"side": 3}))
    assert malformed.reason == Reason.MALFORMED
    assert market.engine.digest() == before
    market.do(Kind.ORDER, **order)
    assert market.engine.account(8).initial_margin_microusd == fits.initial_margin_microusd
    market.time_ns = market.engine.next_due_ns
    market.reason(Kind.DEPOSIT, account=8, amount_microusd=1)
    late = market.engine.preview(command(Kind.ORDER, **order))
    assert late.reason == Reason.ADVANCE_DUE


def test_work_waits_until_it_is_drained(market):
    """Rulebook 2.8: a mark begins a round of the scan; the next command goes through it."""
    assert not market.engine.work_waits
    market.mark(3_000_000)
    assert market.engine.work_waits
    market.advance()
    assert not market.engine.work_waits


def test_the_kernel_has_a_name():
    assert kernel_hash() == kernel_hash()
    assert len(bytes.fromhex(kernel_hash())) == 32
