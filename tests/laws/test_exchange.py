"""TEST EXCHANGE: what no change to the exchange may break, for the reference and for the kernel.

Takes   flows of commands (`laws/flows.py`), drawn by Hypothesis and made from seeds.
Gives   a failure with the first command that breaks a law, shrunk where Hypothesis drew it.
Keeps   CHIPHOUR_EXAMPLES, when set, as the number of examples of each law.
Source  Rulebook 1 to 13; STYLE.md, "Laws". `laws/held.py` holds what is true of each command.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from chiphour.contracts import table
from chiphour.contracts.table import State
from chiphour.exchange import commands as c
from chiphour.exchange import events as said
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import named_command
from chiphour.exchange.compose import named_event
from chiphour.exchange.engine import Engine
from chiphour.exchange.invariants import event_violations
from chiphour.exchange.invariants import violations
from chiphour.exchange.limits import CANCELS_MAX
from chiphour.exchange.limits import FILLS_MAX
from chiphour.exchange.limits import OPEN_INTEREST_LOTS_MAX
from chiphour.exchange.limits import PAIRS_MAX
from chiphour.exchange.limits import PAYMENTS_MAX
from chiphour.exchange.limits import STEPS_MAX
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference import Reference
from chiphour.exchange.work import Item
from chiphour.simulate.storm import TINY
from chiphour.simulate.storm_hand import START_NS
from chiphour.simulate.storm_hand import played
from chiphour.simulate.storm_hand import seeded
from laws.flows import crowd
from laws.flows import flows
from laws.flows import full_interest
from laws.held import Witness
from laws.held import worked

EXCHANGES = [Reference, Engine]
UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT") == "1"
if UNCOMPILED:
    np.seterr(over="raise")  # Uncompiled, an int64 that overflows is told rather than wrapped.

law = settings(
    max_examples=int(os.environ.get("CHIPHOUR_EXAMPLES", "20")),
    # The first call compiles the kernel.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
both = pytest.mark.parametrize("exchange", EXCHANGES)


def assert_twins_agree(limits, rows, batch):
    """Send the same batches to both; events, digest, due time, work and books must be the same."""
    reference, engine = Reference(limits), Engine(limits)
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        expected, found = reference.apply(part), engine.apply(part)
        if expected.shape != found.shape or (expected != found).any():
            pytest.fail(first_difference(limits, rows[: start + batch]))
        if reference.digest() != engine.digest():
            pytest.fail(first_difference(limits, rows[: start + batch]))
        assert reference.next_due_ns == engine.next_due_ns
        assert reference.work_waits == engine.work_waits
    for contract in range(limits.contracts):
        assert reference.book(contract, 5) == engine.book(contract, 5)
    assert (reference.sequence, reference.time_ns) == (engine.sequence, engine.time_ns)


def first_difference(limits, rows):
    """Say in words where the twins part: the command, what each says and holds."""
    reference, engine = Reference(limits), Engine(limits)
    for row in rows:
        expected, found = reference.apply(row[None]), engine.apply(row[None])
        lines = [f"at {named_command(row)}"]
        if expected.tolist() != found.tolist():
            lines += [f"  reference says {named_event(event)}" for event in expected]
            lines += [f"  kernel says    {named_event(event)}" for event in found]
        sections = zip(reference.sections(), engine.sections(), strict=True)
        for name, (mine, other) in zip(reference.sections()._fields, sections, strict=True):
            if mine.tolist() != other.tolist():
                lines += [f"  {name}: {mine.tolist()}", f"  kernel: {other.tolist()}"]
        if len(lines) > 1:
            return "\n".join(lines)
    return "no difference, command by command: the batch matters"


@law
@given(flows(), st.integers(1, 30))
def test_kernel_and_reference_say_and_hold_the_same(flow, batch):
    assert_twins_agree(*flow, batch)


@pytest.mark.parametrize("seed", range(20))
def test_kernel_and_reference_agree_on_seeded_flows(seed):
    assert_twins_agree(*seeded(seed, 300), batch=37)


@pytest.mark.long
@pytest.mark.suite
def test_kernel_and_reference_agree_where_every_limit_on_work_is_reached():
    """A crowd: the most fills of an order; cancels, pairs and payments of an ADVANCE; steps."""
    limits, rows = crowd(1)
    assert_twins_agree(limits, rows, batch=101)
    events = Reference(limits).apply(rows)
    fills = events[:, said.KIND] == said.Kind.FILL
    called = fills & (events[:, said.CAUSE] == said.Cause.CALL)
    taken = (fills & ~called) | cancelled_for(events, Reason.SELF_TRADE)
    assert most_of_one_command(events[taken]) == FILLS_MAX
    assert most_of_one_command(events[called]) == PAIRS_MAX
    stopped = cancelled_for(events, Reason.CONTRACT_STOPPED)
    assert most_of_one_command(events[stopped]) == CANCELS_MAX
    assert most_of_one_command(events[cancelled_for(events, Reason.HALTED)]) == STEPS_MAX
    assert most_of_one_command(events[events[:, said.KIND] == said.Kind.PAYMENT]) == PAYMENTS_MAX
    assert cancelled_for(events, Reason.WORK_LIMIT).any()


def cancelled_for(events, reason):
    return (events[:, said.KIND] == said.Kind.CANCELLED) & (events[:, said.REASON] == reason)


def most_of_one_command(events):
    return max(Counter(events[:, said.SEQUENCE].tolist()).values())


def test_open_interest_is_filled_to_its_bound_and_no_further():
    limits, rows = full_interest()
    assert_twins_agree(limits, rows, batch=50)
    reference = Reference(limits)
    events = reference.apply(rows)
    assert reference.sections().contracts[0, 1 + table.OPEN_INTEREST_LOTS] == OPEN_INTEREST_LOTS_MAX
    refused = events[events[:, said.KIND] == said.Kind.REFUSED]
    assert set(refused[:, said.REASON].tolist()) == {
        Reason.POSITION_ABOVE_MAX,
        Reason.OPEN_INTEREST_ABOVE_MAX,
    }
    assert violations(reference.sections(), limits) == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(4))
def test_kernel_and_reference_agree_for_long(block):
    """120,000 commands over many seeds, and four crowds; `chiphour storm` runs any number."""
    for seed in range(1_000 + 60 * block, 1_060 + 60 * block):
        assert_twins_agree(*seeded(seed, 500), batch=101)
    assert_twins_agree(*crowd(block + 2), batch=97)


@pytest.mark.long
@pytest.mark.suite
def test_flows_reach_all_that_can_be_said():
    """The laws are worth what their flows reach: all commands, events, reasons, items, states."""
    kinds, told, items, states = set(), set(), set(), set()
    for seed in range(100):
        limits, rows = seeded(seed, 300)
        kinds |= set(rows[:, c.KIND].tolist())
        reference = Reference(limits)
        for row in rows:
            told |= {
                (e[said.KIND], e[said.REASON], e[said.CAUSE])
                for e in reference.apply(row[None]).tolist()
            }
            items |= {item[0] for item in reference.state.work}
            states |= {known.row[table.STATE] for known in reference.state.contracts.values()}
    assert set(Kind) <= kinds
    assert {kind for kind, _, _ in told} == set(said.Kind)
    ended = (said.Kind.REFUSED, said.Kind.CANCELLED, said.Kind.REDUCED)
    reasons = {reason for kind, reason, _ in told if kind in ended}
    assert reasons == set(Reason) - {Reason.NONE}
    assert {cause for kind, _, cause in told if kind == said.Kind.FILL} == set(said.Cause)
    begun = {reason for kind, reason, _ in told if kind == said.Kind.CALL_BEGUN}
    assert begun == set(said.CallReason)
    assert items == set(Item)
    assert states == set(State) - {State.ABSENT}


def watch(market, limits, rows):
    """Send commands one by one under a witness; fail at the first fault."""
    witness, before = Witness(limits), market.sections()
    for row in rows:
        events = market.apply(row[None])
        after = market.sections()
        found = witness.faults(before, row, events, after)
        assert found == [], (named_command(row), [named_event(event) for event in events])
        before = after


@both
@law
@given(flow=flows())
def test_everything_that_is_always_true_is_true_after_every_command(exchange, flow):
    """Money, positions and payments sum to zero, cash moves as events say, no book is crossed.

    Time priority holds, a fee is never rounded in favour of the taker, a refused command changes
    nothing, and whoever holds no opposite position shares no loss: see `laws/held.py`.
    """
    watch(exchange(flow[0]), *flow)


@pytest.mark.parametrize("seed", range(20, 32))
def test_what_is_always_true_is_true_in_seeded_flows(seed):
    limits, rows = seeded(seed, 300)
    watch(Engine(limits), limits, rows)


@pytest.mark.long
@pytest.mark.suite
def test_invariants_hold_in_a_crowd():
    """Also in the midst of an instant: between the cancels, the pairs, the payments."""
    limits, rows = crowd(2, members=530)
    engine = Engine(limits)
    working = 0
    for row in rows:
        before = engine.next_due_ns
        events = engine.apply(row[None])
        if len(events) > 60:
            assert violations(engine.sections(), limits) == [], named_command(row)
            assert event_violations(events) == []
            working += before == engine.next_due_ns
    assert working > 0  # Some instants took several ADVANCEs.


@pytest.mark.parametrize("seed", range(25))
def test_nobody_below_maintenance_is_left_alone_and_all_work_ends(seed):
    assert played(seed, 300).faults == []


@both
@law
@given(flow=flows(), batch=st.integers(1, 40))
def test_replay_in_other_batches_gives_the_same(exchange, flow, batch):
    """Once in one piece, once in pieces: the events and the digest are the same."""
    limits, rows = flow
    whole, pieces = exchange(limits), exchange(limits)
    expected = whole.apply(rows)
    parts = [pieces.apply(rows[start : start + batch]) for start in range(0, len(rows), batch)]
    assert np.array_equal(expected, np.concatenate(parts))
    assert whole.digest() == pieces.digest()


@both
@pytest.mark.parametrize("seed", range(6))
def test_order_that_rests_and_is_cancelled_leaves_no_trace(exchange, seed):
    """Margin gives back just what it took: after order and cancel all is as before.

    What stays: sequence, the counter of priority, the account's last orders, the record of ids.
    Every other order that came to rest is cancelled so; the rest of the flow goes on after it.
    """
    limits, rows = seeded(seed, 300)
    market = exchange(limits)
    cancelled = rested = 0
    for row in rows:
        row[c.SEQUENCE] += cancelled
        before, margin = market.sections(), margin_of(market, int(row[c.ACCOUNT]))
        events = market.apply(row[None])
        if not is_plain_rest(before, row, events):
            continue
        rested += 1
        if rested % 2:
            continue
        taken = margin_of(market, int(row[c.ACCOUNT]))
        assert taken is None or taken.initial_margin_microusd >= margin.initial_margin_microusd
        cancel(market, row)
        cancelled += 1
        assert traces(before) == traces(market.sections()), named_command(row)
        assert margin_of(market, int(row[c.ACCOUNT])) == margin
    assert cancelled > 0


def is_plain_rest(before, row, events):
    """Tell whether a command was an order that rested whole and touched no other."""
    kinds = events[:, said.KIND].tolist()
    linked = row[c.FLAGS] & (Flag.OCO | Flag.CHILD)
    return kinds == [said.Kind.ACCEPTED, said.Kind.RESTED] and not linked and not worked(before)


def cancel(market, row):
    """Cancel the order that a command placed, at its time; nothing else happens."""
    stamp = {"sequence": market.sequence + 1, "time_ns": market.time_ns}
    names = {"account": int(row[c.ACCOUNT]), "order": int(row[c.SEQUENCE])}
    (event,) = market.apply(command(Kind.CANCEL, **names, **stamp)[None]).tolist()
    assert event[said.KIND] == said.Kind.CANCELLED


def margin_of(market, account):
    """Give an account with its margin; None where only the digest can be asked."""
    return market.account(account) if isinstance(market, Engine) else None


def traces(sections):
    """Give a state without what an order that came and went leaves behind."""
    kept = {name: rows.tolist() for name, rows in sections._asdict().items() if name != "ids"}
    kept["market"] = kept["market"][0][2:-1]
    kept["accounts"] = [row[:3] + row[5:] for row in kept["accounts"]]
    return kept


@pytest.mark.long
@both
@law
@given(flow=flows(), early_ns=st.integers(1, 10**15))
def test_advance_before_anything_is_due_does_nothing(exchange, flow, early_ns):
    """Where no work waits; where some does, ADVANCEs do it, and the last does nothing."""
    limits, rows = flow
    market = exchange(limits)
    market.apply(rows)
    time_ns = max(market.next_due_ns - early_ns, market.time_ns)
    while market.next_due_ns > time_ns:
        is_idle, before = not market.work_waits, market.sections()
        stamp = {"sequence": market.sequence + 1, "time_ns": time_ns}
        events = market.apply(command(Kind.ADVANCE, **stamp)[None])
        if is_idle:
            pairs = zip(before[1:], market.sections()[1:], strict=True)
            assert len(events) == 0
            assert all(np.array_equal(*pair) for pair in pairs)
            assert market.sections().market[0, 2:].tolist() == before.market[0, 2:].tolist()
            return


@both
def test_a_gap_in_the_sequence_is_our_fault(exchange):
    market = exchange(TINY.limits)
    with pytest.raises(AssertionError):
        market.apply(command(Kind.ADVANCE, sequence=2, time_ns=START_NS)[None])


@pytest.mark.long
@pytest.mark.skipif(UNCOMPILED, reason="this is the uncompiled run")
def test_laws_hold_uncompiled_where_overflow_is_told():
    """The same kernel as plain Python: an overflow raises there, compiled it would wrap."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "CHIPHOUR_EXAMPLES": "4"}
    names = "same or always_true or no_trace or seeded or test_bounds"
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", names]
    files = [__file__, str(Path(__file__).with_name("test_bounds.py"))]
    done = subprocess.run([*words, *files], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "[100%]" in done.stdout
