"""TEST INVARIANTS: each check passes on a sound state and speaks up on a broken one.

Takes   the sections and events of a small market, and one number changed at a time.
Gives   a failure when a planted fault stays unseen.
Keeps   the planted faults as small as they can be: one lot, one micro-dollar.
Source  Rulebook 1 to 9, 13.1.
"""

import numpy as np
import pytest

from chiphour.contracts import table
from chiphour.contracts.table import TERMS
from chiphour.contracts.table import State
from chiphour.exchange import events as e
from chiphour.exchange.commands import Flag
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.exchange.invariants import FLAGS
from chiphour.exchange.invariants import HIDDEN
from chiphour.exchange.invariants import PARTNER
from chiphour.exchange.invariants import PRIORITY
from chiphour.exchange.invariants import event_violations
from chiphour.exchange.invariants import front_violations
from chiphour.exchange.invariants import violations
from chiphour.exchange.limits import FEES
from chiphour.exchange.limits import INSURANCE_FUND
from chiphour.exchange.limits import MONEY_MICROUSD_MAX
from chiphour.exchange.limits import ORDER_LOTS_MAX
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference

NOW = 1_783_299_600 * 10**9
LIMITS = Limits(16, 3, 4, 5, 2, 2, 4096)
STATE, V, OPEN_INTEREST = (
    1 + column for column in (table.STATE, table.VALUE_PER_LOT_MICROUSD, table.OPEN_INTEREST_LOTS)
)


@pytest.fixture
def market():
    """Give the reference, the sections before its last command, and that command's events."""
    reference = Reference(LIMITS)
    terms = [term.default for term in TERMS]
    terms[table.INDEX], terms[table.PRICE_TICKS_MIN] = 1, 23_000
    terms[table.OPENING_CALL_S] = terms[table.TAKER_FEE_PPM] = 0
    fix = {"strike_ns": NOW - 1, "vintage": 1, "fit": 1, "value_microusd": 2_500_000}
    rows = [command(Kind.FIXING, index=1, **fix), *listing(0, terms)]
    for account in (8, 9):
        rows.append(command(Kind.OPEN_ACCOUNT, account=account))
        rows.append(command(Kind.DEPOSIT, account=account, amount_microusd=1_000_000_000))
    orders = [*[(8, 1, 25_100, 5)] * 3, (9, 2, 25_200, 2)]
    for account, side, price, lots in (*orders, (9, 2, 25_000, 6)):
        limit = {"side": side, "order_type": 1, "time_in_force": 1}
        rows.append(command(Kind.ORDER, account=account, price_ticks=price, lots=lots, **limit))
    for number, row in enumerate(rows, 1):
        row[0], row[1] = number, NOW
        before = reference.sections()
        events = reference.apply(row[None])
    return reference, before, events


def test_sound_state_and_events_have_no_violation(market):
    reference, before, events = market
    assert violations(reference.sections(), LIMITS) == []
    assert event_violations(events) == []
    assert front_violations(before, events) == []


@pytest.mark.parametrize(
    ("section", "place", "change", "words"),
    [
        ("accounts", (-1, 2), 1, "money to sum to 0"),
        ("positions", (0, 2), 1, "positions to sum to 0"),
        ("positions", (0, 2), 1, "expected open interest 7"),
        ("contracts", (0, OPEN_INTEREST), 1, "expected open interest 6"),
        ("contracts", (0, V), 1, "to be seen"),
        ("contracts", (0, STATE), State.STOPPED - State.OPEN, "expected no order"),
        ("orders", (-1, 4), -200, "expected bid below ask"),
        ("orders", (1, 4), 201, "expected rank"),
        ("orders", (0, 16), 99, "expected rank"),
        ("orders", (0, 5), 1, "expected open buys"),
        ("orders", (0, 5), -4, "expected an order with lots"),
        ("orders", (0, 6), 1, "expected open buys"),
        ("orders", (0, 1), 2, "behind orders"),
        ("positions", (0, 4), 1, "expected open buys"),
        ("positions", (0, 6), -1, "expected open buys"),
        ("positions", (0, 2), 1 << 26, "expected fewer lots"),
        ("contracts", (0, OPEN_INTEREST), 1 << 31, "expected less open interest"),
        ("accounts", (0, 2), -MONEY_MICROUSD_MAX, "expected less money"),
        ("accounts", (INSURANCE_FUND, 2), -1, "expected account 1 at 0 or above"),
        ("accounts", (FEES, 2), -(10**9), "expected account 3 at 0 or above"),
        ("orders", (0, HIDDEN), 1, "expected open buys"),
        ("orders", (0, HIDDEN), ORDER_LOTS_MAX, "expected an order with lots"),
        ("orders", (0, PRIORITY), 5, "expected rank"),
        ("orders", (0, FLAGS), Flag.REDUCE_ONLY, "expected reduce-only lots within"),
    ],
)
def test_one_number_changed_is_seen(market, section, place, change, words):
    sections = market[0].sections()
    getattr(sections, section)[place] += change
    found = violations(sections, LIMITS)
    assert any(words in text for text in found), found


def test_an_entry_price_without_lots_is_seen(market):
    """Account 9 holds lots and resting ones: without the former it has no entry price."""
    sections = market[0].sections()
    assert (sections.positions[:, 7] > 0).all()
    sections.positions[0, 2] = 0
    assert any("expected no entry price" in text for text in violations(sections))


def test_reduce_only_orders_beyond_their_position_are_seen(market):
    """Account 9 is short: an order of its own that buys may have no more lots than that."""
    sections = market[0].sections()
    row = sections.orders[0]
    short = sections.positions[sections.positions[:, 2] < 0][0]
    row[1], row[FLAGS], row[5] = short[0], Flag.REDUCE_ONLY, -short[2]
    words = "expected reduce-only lots"
    assert not any(words in text for text in violations(sections))
    row[5] += 1
    assert any(words in text for text in violations(sections))


def test_partners_that_do_not_name_each_other_are_seen(market):
    sections = market[0].sections()
    first, second = sections.orders[0], sections.orders[1]
    first[PARTNER], second[PARTNER] = second[0], first[0]
    assert violations(sections) == []
    first[PARTNER] = 9_999  # It has gone.
    assert any("to name" in text for text in violations(sections))
    second[PARTNER] = 9_999
    assert violations(sections) == []


def test_empty_position_and_full_tables_are_seen(market):
    sections = market[0].sections()
    empty = sections.positions[:1].copy()
    empty[0, 2:] = 0
    found = violations(sections._replace(positions=np.concatenate([sections.positions, empty])))
    assert any("no empty position" in text for text in found)
    tight = LIMITS._replace(orders=2, positions=1, positions_per_account=0)
    assert len(violations(sections, tight)) == 3


def test_positions_of_an_expired_contract_may_wait_for_their_payment(market):
    """In the midst of the sweep some are gone and some still hold lots."""
    sections = market[0].sections()
    sections.contracts[0, STATE], sections.contracts[0, OPEN_INTEREST] = State.EXPIRED, 0
    resting = sections._replace(orders=sections.orders[:0])
    resting.positions[:, 4:] = 0
    assert violations(resting) == []
    assert violations(resting._replace(positions=resting.positions[1:])) == []


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        (e.LOTS, 1, "lots left of the taker"),
        (e.TAKER_LOTS_LEFT, 1, "lots left of the taker"),
        (e.REASON, 1, "expected zero in unused columns"),
        (e.KIND, 99, "expected a kind of event"),
    ],
)
def test_event_changed_is_seen(market, column, change, words):
    events = market[2].copy()
    kind = e.Kind.ACCEPTED if column == e.REASON else e.Kind.FILL
    events[int(np.flatnonzero(events[:, e.KIND] == kind)[0]), column] += change
    assert any(words in text for text in event_violations(events))


def test_lots_that_got_lost_are_seen(market):
    fills = market[2][:, e.KIND] == e.Kind.FILL
    last = np.flatnonzero(fills)[-1]
    found = event_violations(np.delete(market[2], last, axis=0))
    assert any("accounted for" in text for text in found)


def test_order_taken_from_behind_another_is_seen(market):
    _, before, events = market
    fills = np.flatnonzero(events[:, e.KIND] == e.Kind.FILL)
    assert len(fills) == 2
    swapped = events.copy()
    swapped[fills] = events[fills[::-1]]
    assert front_violations(before, swapped) != []
    assert front_violations(before, events[fills]) == []  # No order came: nothing can be said.
    scanning = before._replace(market=before.market.copy())
    scanning.market[0, 5] = 1
    assert front_violations(scanning, swapped) == []  # Nor where work was done first.
