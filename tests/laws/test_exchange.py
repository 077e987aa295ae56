"""TEST EXCHANGE: what no change to the exchange may break, for the reference and for the kernel.

Takes   flows of commands (`laws/flows.py`), drawn by Hypothesis and made from seeds.
Gives   a failure with the first command that breaks a law, shrunk where Hypothesis drew it.
Keeps   CHIPHOUR_EXAMPLES, when set, as the number of examples of each law.
Source  Rulebook 1 to 13; STYLE.md, "Laws".
"""

import os
import subprocess
import sys
from collections import Counter

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
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import named_command
from chiphour.exchange.compose import named_event
from chiphour.exchange.engine import Engine
from chiphour.exchange.invariants import event_violations
from chiphour.exchange.invariants import front_violations
from chiphour.exchange.invariants import violations
from chiphour.exchange.limits import CANCELS_MAX
from chiphour.exchange.limits import FILLS_MAX
from chiphour.exchange.limits import OPEN_INTEREST_LOTS_MAX
from chiphour.exchange.limits import PAYMENTS_MAX
from chiphour.exchange.reasons import Reason
from chiphour.exchange.reference import Reference
from laws.flows import START_NS
from laws.flows import TINY
from laws.flows import crowd
from laws.flows import flows
from laws.flows import full_interest
from laws.flows import seeded

EXCHANGES = [Reference, Engine]
UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT") == "1"
if UNCOMPILED:
    np.seterr(over="raise")  # Uncompiled, an int64 that overflows is told rather than wrapped.

law = settings(
    max_examples=int(os.environ.get("CHIPHOUR_EXAMPLES", "30")),
    deadline=None,  # The first call compiles the kernel.
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
both = pytest.mark.parametrize("exchange", EXCHANGES)


def assert_twins_agree(limits, rows, batch):
    """Send the same batches to both; events, digest, due time and books must be the same."""
    reference, engine = Reference(limits), Engine(limits)
    for start in range(0, len(rows), batch):
        part = rows[start : start + batch]
        expected, found = reference.apply(part), engine.apply(part)
        if expected.shape != found.shape or (expected != found).any():
            pytest.fail(first_difference(limits, rows[: start + batch]))
        assert reference.digest() == engine.digest(), first_difference(
            limits, rows[: start + batch]
        )
        assert reference.next_due_ns == engine.next_due_ns
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


@pytest.mark.parametrize("seed", range(30))
def test_kernel_and_reference_agree_on_seeded_flows(seed):
    assert_twins_agree(*seeded(seed, 300), batch=37)


def test_kernel_and_reference_agree_where_every_limit_on_work_is_reached():
    """A crowd: 256 fills of an order, 256 cancels and 1,024 payments of an ADVANCE."""
    limits, rows = crowd(1, members=700)
    assert_twins_agree(limits, rows, batch=11)
    events = Engine(limits).apply(rows)
    taken = (events[:, said.KIND] == said.Kind.FILL) | cancelled_for(events, Reason.SELF_TRADE)
    assert most_of_one_command(events[taken]) == FILLS_MAX
    stopped = cancelled_for(events, Reason.CONTRACT_STOPPED)
    assert most_of_one_command(events[stopped]) == CANCELS_MAX
    assert most_of_one_command(events[events[:, said.KIND] == said.Kind.PAYMENT]) == PAYMENTS_MAX


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
@pytest.mark.parametrize("block", range(8))
def test_kernel_and_reference_agree_for_long(block):
    """A quarter of a million commands over many seeds, and two crowds."""
    for seed in range(1_000 + 60 * block, 1_060 + 60 * block):
        assert_twins_agree(*seeded(seed, 500), batch=101)
    assert_twins_agree(*crowd(block, members=650), batch=97)


@pytest.mark.suite
def test_flows_reach_every_kind_of_command_and_event_and_every_reason():
    """The laws are worth what their flows reach: everything but three bounds tested above."""
    kinds, events, reasons, states = set(), set(), set(), set()
    for seed in range(90):
        limits, rows = seeded(seed, 300)
        reference = Reference(limits)
        found = reference.apply(rows)
        kinds |= set(rows[:, c.KIND].tolist())
        events |= set(found[:, said.KIND].tolist())
        refused = np.isin(found[:, said.KIND], (said.Kind.REFUSED, said.Kind.CANCELLED))
        reasons |= set(found[refused][:, said.REASON].tolist())
        states |= {row[1 + table.STATE] for row in reference.sections().contracts.tolist()}
    assert set(Kind) <= kinds
    assert set(said.Kind) == events
    elsewhere = {Reason.NONE, Reason.WORK_LIMIT, Reason.OPEN_INTEREST_ABOVE_MAX}
    assert set(Reason) - elsewhere == reasons
    assert set(State) - {State.ABSENT} == states


@both
@law
@given(flow=flows())
def test_everything_that_is_always_true_is_true_after_every_command(exchange, flow):
    """Money and positions sum to zero, no book is crossed, time priority holds, lots add up."""
    limits, rows = flow
    market = exchange(limits)
    for row in rows:
        before = market.sections()
        events = market.apply(row[None])
        found = violations(market.sections(), limits) + event_violations(events)
        found += front_violations(before, events)
        assert found == [], (named_command(row), [named_event(event) for event in events])


def test_invariants_hold_in_a_crowd():
    """Also in the midst of an instant: between the cancels, between the payments."""
    limits, rows = crowd(2, members=600)
    engine = Engine(limits)
    working = 0
    for row in rows:
        before = engine.next_due_ns
        events = engine.apply(row[None])
        if row[c.KIND] == Kind.ADVANCE or len(events) > 100:
            assert violations(engine.sections(), limits) == [], named_command(row)
            assert event_violations(events) == []
            working += before == engine.next_due_ns
    assert working > 0  # Some instants took several ADVANCEs.


@both
@law
@given(flow=flows())
def test_refused_command_changes_nothing_but_sequence_and_time(exchange, flow):
    limits, rows = flow
    market = exchange(limits)
    for row in rows:
        before = market.sections()
        events = market.apply(row[None])
        if len(events) and events[0, said.KIND] == said.Kind.REFUSED:
            after = market.sections()
            assert len(events) == 1
            assert after.market[0, :2].tolist() == [
                before.market[0, 0] + 1,
                max(before.market[0, 1], row[c.TIME_NS]),
            ]
            assert after.market[0, 2:].tolist() == before.market[0, 2:].tolist()
            pairs = zip(before[1:], after[1:], strict=True)
            assert all(np.array_equal(*pair) for pair in pairs), named_command(row)


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
@law
@given(flow=flows())
def test_order_that_rests_and_is_cancelled_leaves_no_trace(exchange, flow):
    """Margin gives back just what it took: after order and cancel all is as before."""
    limits, rows = flow
    market = exchange(limits)
    for row in rows:
        before = market.sections()
        events = market.apply(row[None])
    kinds = events[:, said.KIND].tolist()
    if kinds != [said.Kind.ACCEPTED, said.Kind.RESTED]:
        return
    account, order = int(events[0, said.ACCOUNT]), int(events[0, said.ORDER])
    stamp = {"sequence": int(row[c.SEQUENCE]) + 1, "time_ns": int(row[c.TIME_NS])}
    market.apply(command(Kind.CANCEL, account=account, order=order, **stamp)[None])
    pairs = zip(before[1:], market.sections()[1:], strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)


@both
@law
@given(flow=flows(), early_ns=st.integers(1, 10**15))
def test_advance_before_anything_is_due_does_nothing(exchange, flow, early_ns):
    limits, rows = flow
    market = exchange(limits)
    market.apply(rows)
    before = market.sections()
    time_ns = market.next_due_ns - early_ns
    if time_ns < market.time_ns:
        return
    stamp = {"sequence": market.sequence + 1, "time_ns": time_ns}
    assert len(market.apply(command(Kind.ADVANCE, **stamp)[None])) == 0
    pairs = zip(before[1:], market.sections()[1:], strict=True)
    assert all(np.array_equal(*pair) for pair in pairs)
    assert market.next_due_ns == before.market[0, 2]


@both
def test_a_gap_in_the_sequence_is_our_fault(exchange):
    market = exchange(TINY.limits)
    with pytest.raises(AssertionError):
        market.apply(command(Kind.ADVANCE, sequence=2, time_ns=START_NS)[None])


@pytest.mark.suite
@pytest.mark.skipif(UNCOMPILED, reason="this is the uncompiled run")
def test_laws_hold_uncompiled_where_overflow_is_told():
    """The same kernel as plain Python: an overflow raises there, compiled it would wrap."""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "CHIPHOUR_EXAMPLES": "4"}
    names = "same or always_true or no_trace or seeded"
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", names, __file__]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "[100%]" in done.stdout
