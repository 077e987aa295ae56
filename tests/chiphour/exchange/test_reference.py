"""TEST REFERENCE: what the plain exchange promises beside the laws of `tests/laws`.

Takes   a few commands.
Gives   its questions' answers, its assertions, its fallback's memory.
Keeps   the rulebook's worked examples elsewhere: `tests/scenarios`.
Source  Rulebook 1.3, 1.5, 2.2, 2.6, 2.8, 8.4 and 13.1.
"""

import pytest

from chiphour.contracts import table
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.digest import digest
from chiphour.exchange.limits import CASH_MICROUSD_MAX
from chiphour.exchange.reference import Reference
from chiphour.units import ns_from_iso
from told import LIMITS
from told import Told
from told import order
from told import told_market


@pytest.fixture
def told():
    """Give a plain exchange with four members and an open perpetual at $2.50."""
    return told_market()


def test_empty_market_holds_the_reserved_accounts_and_nothing_is_due():
    reference = Reference(LIMITS)
    assert (reference.sequence, reference.time_ns, reference.next_due_ns) == (0, 0, 1 << 62)
    sections = reference.sections()
    assert sections.accounts.tolist() == [[number] + [0] * 10 for number in range(8)]
    assert [len(rows) for rows in sections[3:]] == [0] * 9
    assert reference.book(0, 5) == ([], []) and not reference.work_waits


def test_digest_is_that_of_the_sections(told):
    before = told.reference.digest()
    assert before == digest(told.reference.sections())
    told.tell(order(8, "buy", 250, 1))
    assert told.reference.digest() != before


def test_book_gives_prices_lots_and_orders_best_first(told):
    told.tell(order(8, "buy", 250, 1), order(9, "buy", 250, 4))
    told.tell(order(8, "buy", 240, 2), order(9, "sell", 260, 3))
    assert told.reference.book(0, 9) == ([(250, 5, 2), (240, 2, 1)], [(260, 3, 1)])
    assert told.reference.book(0, 1) == ([(250, 5, 2)], [(260, 3, 1)])


def test_refusal_echoes_its_command_and_changes_only_sequence_and_time(told):
    before = told.reference.sections()
    told.time_ns += 1
    (event,) = told.tell(order(8, "buy", 250, 0, label=7))
    assert (event["account"], event["order"], event["label"]) == (8, told.reference.sequence, 7)
    after = told.reference.sections()
    assert all((x == y).all() for x, y in zip(before[1:], after[1:], strict=True))
    assert (before.market[0, 2:] == after.market[0, 2:]).all()  # Rulebook 1.3.


def test_command_before_what_is_due_is_refused_and_drains_nothing(told):
    told.tell(order(8, "buy", None, 1, 4, trigger_ticks=252))
    told.mark(252)
    told.time_ns = told.reference.next_due_ns
    assert told.reason(Kind.DEPOSIT, account=8, amount_microusd=1) == "ADVANCE_DUE"
    assert told.reference.work_waits  # Rulebook 2.2, 2.8.


@pytest.mark.parametrize("sequence", [0, 1, 99])
def test_sequence_that_is_not_the_next_is_our_fault(told, sequence):
    with pytest.raises(AssertionError):
        told.reference.apply(command(Kind.ADVANCE, sequence=sequence, time_ns=told.time_ns)[None])


def test_time_beyond_its_bound_is_our_fault():
    with pytest.raises(AssertionError):
        Reference(LIMITS).apply(command(Kind.ADVANCE, sequence=1, time_ns=1 << 62)[None])


def test_cash_beyond_its_bound_is_our_fault(told):
    with pytest.raises(AssertionError):
        told.reference.state.post(8, CASH_MICROUSD_MAX)


def test_limits_that_could_overflow_are_our_fault():
    with pytest.raises(AssertionError):
        Reference(LIMITS._replace(position_lots_max=1 << 40))


def test_nothing_is_due_after_a_fallback_that_found_too_few_fixes():
    expiry_ns = ns_from_iso("2026-07-07T00:30:00+00:00")
    alone = Told()
    fix = {"strike_ns": alone.time_ns - 1, "vintage": 1, "fit": 1, "value_microusd": 1_000_000}
    alone.do(Kind.FIXING, index=2, **fix)
    alone.list(1, type=2, index=2, expiry_ns=expiry_ns)
    dues = []
    while alone.reference.next_due_ns < 1 << 62:
        alone.time_ns = alone.reference.next_due_ns
        dues.append((alone.time_ns - expiry_ns) // 1_000_000_000)
        alone.do(Kind.ADVANCE)
    assert dues == [-600, 72 * 3_600]
    assert alone.reference.state.contracts[1].row[table.STATE] == table.State.STOPPED
