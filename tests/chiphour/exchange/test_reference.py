"""TEST REFERENCE: what the plain exchange promises beside the laws of `tests/laws`.

Takes   a few commands.
Gives   its questions' answers, its assertions, its fallback's memory.
Keeps   the rulebook's worked examples elsewhere: `tests/scenarios`.
Source  Rulebook 1.5, 2, 3.4, 8.4 and 13.
"""

import pytest

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.exchange import commands as c
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Side
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.compose import named_event
from chiphour.exchange.digest import digest
from chiphour.exchange.limits import CASH_MICROUSD_MAX
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.units import ns_from_iso

NOW = ns_from_iso("2026-07-06T01:00:00+00:00")
LIMITS = Limits(32, 4, 4, 64, 32, 4, 4096)


class Told:
    """A reference that stamps what it is told, and answers in words."""

    def __init__(self):
        self.reference = Reference(LIMITS)
        self.time_ns = NOW

    def tell(self, *rows):
        events = []
        for row in rows:
            stamped = row.copy()
            stamped[c.SEQUENCE] = self.reference.sequence + 1
            stamped[c.TIME_NS] = self.time_ns
            events += [named_event(event) for event in self.reference.apply(stamped[None])]
        return events


@pytest.fixture
def told():
    """Give a perpetual at $2.50 and the members 8 and 9, with $1,000 each."""
    told = Told()
    fix = {"strike_ns": NOW - 1, "vintage": 1, "fit": 1, "value_microusd": 2_500_000}
    terms = [term.default for term in TERMS]
    terms[table.INDEX], terms[table.PRICE_TICKS_MIN] = 1, 23_000
    for account in (8, 9):
        told.tell(command(Kind.OPEN_ACCOUNT, account=account))
        told.tell(command(Kind.DEPOSIT, account=account, amount_microusd=1_000_000_000))
    told.tell(command(Kind.FIXING, index=1, **fix), *listing(0, terms))
    return told


def limit(account, side, price_ticks, lots):
    terms = {"order_type": 1, "time_in_force": 1, "price_ticks": price_ticks, "lots": lots}
    return command(Kind.ORDER, account=account, contract=0, side=side, **terms)


def test_empty_market_holds_the_reserved_accounts_and_nothing_is_due():
    reference = Reference(LIMITS)
    assert (reference.sequence, reference.time_ns, reference.next_due_ns) == (0, 0, 1 << 62)
    sections = reference.sections()
    assert sections.accounts.tolist() == [[number, 0, 0] for number in range(8)]
    assert [len(rows) for rows in sections[2:]] == [0, 0, 0, 0]
    assert reference.book(0, 5) == ([], [])


def test_digest_is_that_of_the_sections(told):
    before = told.reference.digest()
    assert before == digest(told.reference.sections())
    told.tell(limit(8, Side.BUY, 25_000, 1))
    assert told.reference.digest() != before


def test_book_gives_prices_lots_and_orders_best_first(told):
    told.tell(limit(8, Side.BUY, 25_000, 1), limit(9, Side.BUY, 25_000, 4))
    told.tell(limit(8, Side.BUY, 24_000, 2), limit(9, Side.SELL, 26_000, 3))
    assert told.reference.book(0, 9) == ([(25_000, 5, 2), (24_000, 2, 1)], [(26_000, 3, 1)])
    assert told.reference.book(0, 1) == ([(25_000, 5, 2)], [(26_000, 3, 1)])


def test_equity_follows_the_mark_and_margin_the_index(told):
    told.tell(limit(8, Side.BUY, 25_000, 10), limit(9, Side.SELL, 25_000, 10))
    told.tell(command(Kind.MARK, index=1, fit=1, value_microusd=2_600_000))
    state = told.reference.state
    assert state.equity_microusd(8) == 1_001_000_000
    assert state.equity_microusd(9) == 999_000_000
    assert state.margin_microusd(8) == state.margin_microusd(9) == 2_600_000
    assert state.withdrawable_microusd(8) == 1_000_000_000 - 2_600_000  # Cash bounds it.
    assert state.withdrawable_microusd(9) == 999_000_000 - 2_600_000


@pytest.mark.parametrize("sequence", [0, 1, 99])
def test_sequence_that_is_not_the_next_is_our_fault(told, sequence):
    with pytest.raises(AssertionError):
        told.reference.apply(command(Kind.ADVANCE, sequence=sequence, time_ns=NOW)[None])


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
    terms = [term.default for term in TERMS]
    terms[table.TYPE], terms[table.INDEX], terms[table.PRICE_TICKS_MIN] = 2, 2, 8_000
    expiry_ns = ns_from_iso("2026-07-07T00:30:00+00:00")
    terms[table.EXPIRY_NS] = expiry_ns
    alone = Told()
    fix = {"strike_ns": NOW - 1, "vintage": 1, "fit": 1, "value_microusd": 1_000_000}
    alone.tell(command(Kind.FIXING, index=2, **fix), *listing(1, terms))
    dues = []
    while alone.reference.next_due_ns < 1 << 62:
        alone.time_ns = alone.reference.next_due_ns
        dues.append((alone.time_ns - expiry_ns) // 1_000_000_000)
        alone.tell(command(Kind.ADVANCE))
    assert dues == [-600, 72 * 3_600]
    assert alone.reference.state.contracts[1].row[table.STATE] == table.State.STOPPED
