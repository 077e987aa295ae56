"""TEST HISTORY: what a history holds is what happened, to the micro-dollar.

Takes   storms on the plain exchange, command by command; markets made by hand.
Gives   failures.
Keeps   cash, equity and lots those of the exchange; all cash flows at a sum of zero.
Source  Rulebook 3 to 8.
"""

import numpy as np
import pytest

from chiphour.contracts import table
from chiphour.exchange import events as e
from chiphour.exchange import reference_margin as margin
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import event
from chiphour.exchange.limits import ACCOUNTS_RESERVED
from chiphour.simulate.storm_hand import seeded
from chiphour.wire.history import Bounds
from chiphour.wire.history import Histories
from historied import Market
from historied import ticker_of

SEEDS = range(10)
NONE = np.zeros((0, 16), np.int64)


def stormed(seed, count=250, **given):
    """Play a storm; give its market."""
    limits, rows = seeded(seed, count)
    market = Market(limits, **given)
    for _ in market.play(rows):
        pass
    return market


@pytest.mark.parametrize("seed", SEEDS)
def test_balances_and_equity_are_the_exchanges_after_every_command(seed):
    """All accounts are followed, the market's own too: together they hold nothing."""
    limits, rows = seeded(seed, 250)
    market = Market(limits)
    for _ in market.play(rows):
        cash = market.cash_of()
        for account, cash_microusd in cash.items():
            history = market.histories.of(account)
            assert history.balance_microusd == cash_microusd, account
            equity = margin.equity_microusd(market.reference.state, account)
            assert history.equity_microusd == equity, account
        if market.reference.state.sweep_ns is None:
            assert sum(cash.values()) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_entries_lead_from_balance_to_balance_and_their_flows_sum_to_nothing(seed):
    market = stormed(seed)
    total = 0
    for account in market.cash_of():
        balance, ids = 0, []
        for entry in market.histories.of(account).entries:
            balance += entry.line.amount_microusd - entry.fee_microusd
            assert entry.balance_microusd == balance
            ids.append(entry.id)
        assert ids == sorted(set(ids))
        total += balance
    assert total == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_positions_are_the_exchanges_and_their_sessions_explain_all_cash(seed):
    """What a session has brought, less what still floats, moves as cash does; so does its end."""
    limits, rows = seeded(seed, 250)
    market = Market(limits, first=ACCOUNTS_RESERVED)
    known = {}
    for row, _ in market.play(rows):
        for number, account in market.reference.state.accounts.items():
            history = market.histories.of(number)
            for contract, position in account.positions.items():
                held = history.held(contract)
                assert position.lots == (held.lots if held else 0)
                if held is None or held is not history.position(held.life, contract):
                    continue  # Its session has ended, and is not paid yet.
                before, session = known.get((number, contract), (0, held.session))
                known[number, contract] = _brought(held), held.session
                new = _entries_of(history, int(row[0]), contract)
                moved = sum(entry.line.amount_microusd for entry in new)
                ends = [entry.brought for entry in new if entry.brought]
                if session == held.session:
                    assert before + moved == _brought(held)
                elif ends:
                    assert before + moved == sum(ends[0])


def _brought(held):
    """Give all that a session has brought, less what is not cash yet."""
    floats = held.lots * (held.life.mark_microusd - held.life.settled_microusd)
    return held.floating_microusd + held.realised_microusd + held.funding_microusd - floats


def _entries_of(history, sequence, contract):
    """Give the entries that a command made in a contract."""
    found = []
    for entry in reversed(history.entries):
        if entry.line.sequence != sequence:
            break
        if entry.position_lots is not None and entry.line.contract == contract:
            found.append(entry)
    return found


def test_bounds_drop_the_oldest_and_change_nothing_of_what_is_kept():
    bounds = Bounds(entries=5, trades=3, orders=4, triggers=2)
    whole, cut = stormed(0), stormed(0, bounds=bounds)
    full = 0
    for account in whole.cash_of():
        one, other = whole.histories.of(account), cut.histories.of(account)
        assert [*other.entries] == [*one.entries][-5:]
        assert [*other.trades] == [*one.trades][-3:]
        assert [*other.orders.values()] == [*one.orders.values()][-4:]
        assert [*other.waited] == [*one.waited][-2:]
        assert other.balance_microusd == one.balance_microusd
        full += len(one.entries) > 5 and len(one.trades) > 3 and len(one.orders) > 4
    assert full


@pytest.mark.parametrize("seed", SEEDS)
def test_a_history_holds_trades_and_orders_of_its_own_account_alone(seed):
    market = stormed(seed)
    owners = {}
    for account, blotter in market.blotters.items():
        owners |= dict.fromkeys(blotter.orders, account)
    for account in market.cash_of():
        history = market.histories.of(account)
        for done in history.trades:
            assert owners.get(done.trade.order, account) == account
        assert all(owners.get(id, account) == account for id in history.orders)
        assert all(owners.get(each.order.order, account) == account for each in history.waited)


def test_an_account_that_nothing_happened_to_is_not_kept():
    histories = Histories(ticker_of)
    assert not histories.of(77).entries and histories.of(77) is not histories.of(77)


def contract_events(index, expiry_ns, tick_microusd):
    """Write how a contract begins, trades its number's first life, and ends."""
    terms = {table.INDEX: index, table.TICK_MICROUSD: tick_microusd, table.TYPE: table.Type.FUTURE}
    terms |= {table.EXPIRY_NS: expiry_ns, table.FUNDING_PERIOD_S: 0}
    sets = [
        event(e.Kind.PARAMETER_SET, contract=0, parameter=column, value=value)
        for column, value in terms.items()
    ]
    prices = {"index_microusd": 2_000_000, "mark_microusd": 2_000_000}
    opened = event(e.Kind.OPENED, contract=0, **prices)
    return [event(e.Kind.LISTED, contract=0), *sets, opened]


def fill_event(sequence, price_ticks):
    sides = {"maker_account": 8, "taker_account": 9, "maker_order": 1, "taker_order": sequence}
    row = event(e.Kind.FILL, contract=0, side=1, price_ticks=price_ticks, lots=3, **sides)
    row[e.SEQUENCE] = sequence
    return row


def test_a_number_listed_anew_leaves_the_past_its_name_and_its_tick():
    """The first contract of the number ends with lots held: they are gone in the second."""
    day = 20_700 * 86_400 * 10**9 + 1_800 * 10**9
    first, second = contract_events(1, day, 100), contract_events(2, day, 1_000)
    ends = [event(e.Kind.EXPIRED, contract=0, reason=reason) for reason in (0, 1)]
    rows = [*first, fill_event(5, 21_000), *ends, *second, fill_event(9, 1_900)]
    histories = Histories(ticker_of)
    histories.hear(NONE, np.array(rows), [])
    old, new = histories.of(9).entries
    assert (old.listed.name[:6], new.listed.name[:6]) == ("INDEX1", "INDEX2")
    assert (old.line.amount_microusd, new.line.amount_microusd) == (-300_000, 300_000)
    assert new.position_lots == 3  # Not 6.


def test_protections_are_kept_as_they_were_set_and_until_when_they_struck():
    market = Market(seeded(0, 1)[0])
    market.time_ns = 5
    market.tell(command(Kind.OPEN_ACCOUNT, account=9), command(Kind.LIST, contract=0))
    how = {"account": 9, "contract": 0, "interval_s": 7, "frozen_s": 2}
    market.tell(command(Kind.PROTECT, lots=10, **how))
    protections = market.histories.of(9).protections
    assert protections[0][:3] == (7, 2, 10)
    struck = event(e.Kind.PROTECTED, account=9, contract=0, lots=11)
    struck[e.TIME_NS] = 5
    market.histories.hear(NONE, struck[None], [])
    assert protections[0].until_ns == 2_000_000_005
    market.tell(command(Kind.PROTECT, lots=0, **how))
    assert not protections


def moved_event(kind, sequence, mark_microusd, per_lot_microusd):
    """Write a SETTLED or FUNDED of contract 0."""
    prices = {"index_microusd": mark_microusd, "mark_microusd": mark_microusd}
    row = event(kind, contract=0, per_lot_microusd=per_lot_microusd, **prices)
    row[e.SEQUENCE] = sequence
    return row


def paid_event(sequence, lots, cash_microusd, amount_microusd):
    """Write what a position in contract 0 is paid by the last command that moved V."""
    cash = {"cash_microusd": cash_microusd, "amount_microusd": amount_microusd}
    row = event(e.Kind.PAYMENT, account=9, contract=0, lots=lots, **cash)
    row[e.SEQUENCE] = sequence
    return row


def bought():
    """Give a market in which 9 holds 3 lots bought at $2.10, carried at $2.00."""
    histories = Histories(ticker_of)
    rows = [*contract_events(1, 20_700 * 86_400 * 10**9, 100), fill_event(5, 21_000)]
    histories.hear(NONE, np.array(rows), [])
    return histories


def test_a_settlement_that_moves_nothing_ends_a_session_and_no_line_says_so():
    """What was realised before it is gone from the session; funding after it is of the new one."""
    histories = bought()
    settled = moved_event(e.Kind.SETTLED, 6, 2_000_000, 0)
    funded = moved_event(e.Kind.FUNDED, 7, 2_000_000, -50)
    payment = paid_event(7, 3, -300_150, -150)
    histories.hear(NONE, np.array([settled, funded, payment]), [])
    held = histories.of(9).held(0)
    assert (held.floating_microusd, held.funding_microusd) == (0, -150)
    again = moved_event(e.Kind.SETTLED, 8, 2_000_010, 10)
    histories.hear(NONE, np.array([again, paid_event(8, 3, -300_120, 30)]), [])
    *_, last = histories.of(9).entries
    assert last.brought == (30, 0, -150)


def test_a_session_is_read_as_ended_before_its_end_is_paid():
    histories = bought()
    settled = moved_event(e.Kind.SETTLED, 6, 2_300_000, 300_000)
    histories.hear(NONE, settled[None], [])
    assert histories.of(9).held(0).floating_microusd == 0
    histories.hear(NONE, paid_event(6, 3, 600_000, 900_000)[None], [])
    assert histories.of(9).entries[-1].brought == (600_000, 0, 0)  # 3 times (2.30 - 2.10).


def test_a_delivery_is_paid_and_leaves_nothing():
    histories = bought()
    stops, ends = (event(e.Kind.EXPIRED, contract=0, reason=reason) for reason in (0, 1))
    settled = moved_event(e.Kind.SETTLED, 6, 2_300_000, 300_000)
    rows = [stops, settled, ends, paid_event(6, 3, 600_000, 900_000)]
    histories.hear(NONE, np.array(rows), [])
    last = histories.of(9).entries[-1]
    assert last.is_delivery and last.position_lots == 0 and histories.of(9).held(0) is None
    assert histories.of(9).equity_microusd == 600_000
