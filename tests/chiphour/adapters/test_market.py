"""TEST MARKET: a market on disk.

Takes   a temporary folder.
Gives   claims on opening, trading and asking.
Keeps   the journal as the only truth.
Source  Decision 0011.
"""

from datetime import date
from datetime import timedelta

import numpy as np
import pytest

from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.journal import JournalLocked
from chiphour.adapters.logged import Logged
from chiphour.adapters.market import MARK_EVERY_NS
from chiphour.adapters.market import MEMBERS_EVERY_NS
from chiphour.adapters.market import Market
from chiphour.adapters.market import ReleaseUnwritten
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.contracts import table
from chiphour.contracts.perpetual import Perpetual
from chiphour.day import fix
from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Quality
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.index.leaves import leaf_from
from chiphour.index.parameters import SETS
from chiphour.index.realtime import Tick
from chiphour.index.series import BY_TICKER
from chiphour.publish.files import RESULT_FILE
from chiphour.publish.files import run_file
from chiphour.simulate.members import DEMONSTRATION
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns

DAY = date(2026, 7, 20)
INDEX = BY_TICKER["CHR.H100.SXM.OD"].number
H200 = BY_TICKER["CHR.H200.SXM.OD"].number
PERPETUAL = Perpetual("CHR.H100.SXM.OD", INDEX)


def opened(folder, **options):
    """Open a market with one perpetual that can trade."""
    market = Market(folder, **options)
    fix = command(
        Kind.FIXING,
        index=INDEX,
        strike_ns=strike_ns(DAY),
        vintage=1,
        fit=1,
        value_microusd=3_200_000,
    )
    fix[1] = strike_ns(DAY)
    market.submit(fix[None])
    market.submit(listing(0, PERPETUAL.lower()))
    return market


def test_a_new_market_enrols_the_members_once(tmp_path):
    with Market(tmp_path) as market:
        cash = market.cash_microusd()
        first = market.sequence
    assert {member.account for member in DEMONSTRATION} <= set(cash)
    assert sum(cash.values()) == 0
    with Market(tmp_path) as market:
        assert market.sequence == first
        assert market.cash_microusd() == cash


def test_without_demonstration_nobody_is_enrolled_and_nobody_bids(tmp_path):
    with Market(tmp_path, demonstration=False) as market:
        assert market.sequence == 0
        assert market.gather(DAY) is None
        assert market.names() == {}


def test_a_market_that_began_without_members_enrols_them_later(tmp_path):
    with opened(tmp_path, demonstration=False):
        pass
    with Market(tmp_path) as market:
        assert set(market.names()) == {member.account for member in DEMONSTRATION}
        market.trade(strike_ns(DAY) + NS_PER_HOUR)
        kinds = market.events_since(0)[:, e.KIND]
    assert (kinds == e.Kind.ACCEPTED).any()
    assert not (kinds == e.Kind.REFUSED).any()


def test_members_act_each_half_hour_and_a_mark_goes_out_each_minute(tmp_path):
    with opened(tmp_path, history_ns=None) as market:
        market.trade(strike_ns(DAY) + 2 * NS_PER_HOUR)
        events = market.events_since(0)
    marked = events[events[:, e.KIND] == e.Kind.MARKED][:, e.TIME_NS]
    assert (np.diff(marked) == MARK_EVERY_NS).all()
    assert len(marked) == 119  # 00:31 to 02:29: the end is not included.
    acted = np.unique(events[events[:, e.KIND] == e.Kind.ACCEPTED][:, e.TIME_NS])
    assert (acted % MEMBERS_EVERY_NS == 0).all()
    assert len(acted) == 3


def test_a_moment_is_marked_once_however_often_it_is_asked_for(tmp_path):
    with opened(tmp_path) as market:
        moment = strike_ns(DAY) + 7 * MARK_EVERY_NS
        market.mark(moment)
        sequence = market.sequence
        market.mark(moment)
        market.mark(moment - MARK_EVERY_NS)
        assert market.sequence == sequence
        assert market.time_ns == moment
    with Market(tmp_path) as market:
        market.mark(moment)
        assert market.sequence == sequence, "a restart knows it from the journal"


def test_members_act_once_at_a_moment_however_often_they_are_asked(tmp_path):
    with opened(tmp_path) as market:
        moment = strike_ns(DAY) + MEMBERS_EVERY_NS
        market.pass_time(moment)  # The opening call ends.
        market.let_members_act(moment)
        sequence = market.sequence
        market.let_members_act(moment)
        assert market.sequence == sequence
        events = market.events_since(moment)
    assert (events[:, e.KIND] == e.Kind.ACCEPTED).sum() > 0
    with Market(tmp_path) as market:
        market.let_members_act(moment)
        assert market.sequence == sequence


def test_without_members_nobody_acts(tmp_path):
    with opened(tmp_path, demonstration=False) as market:
        sequence = market.sequence
        market.let_members_act(strike_ns(DAY) + MEMBERS_EVERY_NS)
        assert (market.sequence, market.has_members) == (sequence, False)


def test_a_mark_carries_the_tick_where_a_contract_takes_its_index_from_ticks(tmp_path):
    """Of two traded series one is ticked: its mark has value, time and quality of the tick."""
    with opened(tmp_path) as market:
        ticked = Perpetual("CHR.H200.SXM.OD", H200, index_ticks=20)
        fix = command(
            Kind.FIXING,
            index=H200,
            strike_ns=strike_ns(DAY),
            vintage=1,
            fit=1,
            value_microusd=4_000_000,
        )
        market.submit(fix[None])
        market.submit(listing(1, ticked.lower()))
        rows = []
        market._sequencer.subscribe(lambda told: rows.extend(told.rows.tolist()))
        moment = strike_ns(DAY) + 10 * MARK_EVERY_NS
        for number, state in enumerate(("live", "stale", "halted")):
            rows.clear()
            market.mark(moment + number * MARK_EVERY_NS, [tick_of(moment, state)])
            told = {row[c.INDEX]: row for row in rows if row[c.KIND] == Kind.MARK}
            assert (told[INDEX][c.VALUE_MICROUSD], told[INDEX][c.FIT]) == (0, Quality.LIVE)
            value = 0 if state == "halted" else 4_012_300
            assert told[H200][c.VALUE_MICROUSD] == value
            assert told[H200][c.STRIKE_NS] == (moment if value else 0)
            assert told[H200][c.FIT] == Quality[state.upper()]
        rows.clear()
        market.mark(moment + 4 * MARK_EVERY_NS)
        told = {row[c.INDEX]: row for row in rows if row[c.KIND] == Kind.MARK}
        assert told[H200][c.FIT] == Quality.HALTED, "no tick is no price"
        assert not (market.events_since(0)[:, e.KIND] == e.Kind.REFUSED).any()


def tick_of(time_ns, state):
    """Make a tick of the H200."""
    price = None if state == "halted" else 40_123
    return Tick("CHR.H200.SXM.OD", time_ns, state, 0, price, price, False, "B", 6, 5, (), price)


def test_time_passes_to_where_it_is_told_and_what_is_due_is_done(tmp_path):
    with opened(tmp_path) as market:
        market.pass_time(strike_ns(DAY) + NS_PER_DAY)
        settled = market.events_since(0)
        sequence = market.sequence
        market.pass_time(strike_ns(DAY) + NS_PER_DAY)
        assert market.sequence == sequence
    assert (settled[:, e.KIND] == e.Kind.SETTLED).sum() == 1
    assert (settled[:, e.KIND] == e.Kind.FUNDED).sum() == 1


def test_what_comes_without_a_time_is_stamped_by_the_clock(tmp_path):
    with opened(tmp_path, demonstration=False) as market:
        at_ns = strike_ns(DAY) + 12_345
        market.runs_by(lambda: at_ns)
        market.submit(command(Kind.OPEN_ACCOUNT, account=100)[None])
        assert market.time_ns == at_ns


def test_what_the_exchange_heard_of_a_strike_is_known_after_a_restart_too(tmp_path):
    with opened(tmp_path) as market:
        assert market.told(DAY) == {(INDEX, 1)}
        assert market.told(DAY + timedelta(days=1)) == frozenset()
        assert market.last_told_day() == DAY
    with Market(tmp_path) as market:
        assert market.told(DAY) == {(INDEX, 1)}
        assert market.last_told_day() == DAY
    with Market(tmp_path / "new") as market:
        assert market.last_told_day() is None


def test_a_run_that_was_written_is_gathered_again_as_it_was(tmp_path):
    with Market(tmp_path) as market:
        ingest(market.archive, embedded_folder(), only="gpurentalprices")
        market.fix_days(DAY, lambda done, total: None)
        instance = market.gather(DAY)
        assert not market.auction_begun(DAY)
        market.write(DAY, run_file(instance))
        assert market.auction_begun(DAY)
        market.previous = lambda day: {}  # Another gathering would find no prices.
        assert market.gather(DAY) == instance
        market.write(DAY, {RESULT_FILE: b"{}"})
        assert not market.auction_begun(DAY)
        assert not market.is_published(DAY)


def test_a_broken_off_writing_of_the_log_is_made_good(tmp_path, monkeypatch):
    """Break off between archive and log: the next writer finds what is missing."""
    with Market(tmp_path) as market:
        ingest(market.archive, embedded_folder(), only="gpurentalprices")
        day = date(2026, 7, 8)
        market.log_kept(day)
        with monkeypatch.context() as patched:
            patched.setattr(Logged, "fixings", broken)
            with pytest.raises(RuntimeError, match="broken off"):
                fix(day, market)
        assert market.fixings(day, strike_ns(day) + NS_PER_HOUR), "kept"
        size = market.log.size
        found = fix(day, market)
        market.log_kept(day)
        leaves = [leaf_from(leaf) for leaf in market.log.leaves(size, market.log.size)]
        assert sum(getattr(leaf, "vintage", "") == "provisional" for leaf in leaves) == (
            len(found) * len(SETS)
        )
        size = market.log.size
        market.log_kept(day)
        assert market.log.size == size


def broken(self, fixings):
    raise RuntimeError("broken off")


def test_contracts_are_known_by_name_and_fills_by_contract(tmp_path):
    with opened(tmp_path) as market:
        market.trade(strike_ns(DAY) + 3 * NS_PER_HOUR)
        assert market.contracts() == {"H100SXMOD_USDC-PERPETUAL": 0}
        assert market.listed()[0][1][table.STATE] == table.State.OPEN
        fills = market.events_since(0)
        fills = fills[fills[:, e.KIND] == e.Kind.FILL]
        assert len(fills) > 2
        assert (market.last_fills(0, 2) == fills[-2:]).all()
        assert len(market.last_fills(1, 2)) == 0


def test_two_processes_never_write_one_market(tmp_path):
    with Market(tmp_path), pytest.raises(JournalLocked):
        Market(tmp_path)


def test_files_that_cannot_be_written_are_one_fault_and_leave_no_draft(tmp_path):
    with Market(tmp_path, demonstration=False) as market:
        market.write(DAY, {"a.csv": b"1", "b.csv": b"2"})
        assert sorted(path.name for path in market.place(DAY).iterdir()) == ["a.csv", "b.csv"]
        (tmp_path / "publish" / "2026-07-21").write_text("a file where a folder must be")
        with pytest.raises(ReleaseUnwritten, match="2026-07-21: expected to write a day's files"):
            market.write(date(2026, 7, 21), {"a.csv": b"1"})


def test_a_day_outside_the_recordings_is_refused(tmp_path):
    with Market(tmp_path) as market:
        ingest(market.archive, embedded_folder(), only="gpurentalprices")
        with pytest.raises(NothingRecorded, match="expected a day from 2026-07-06 to 2026-08-13"):
            market.fix_days(date(2026, 9, 1), lambda done, total: None)
        assert market.fix_days(date(2026, 7, 8), lambda done, total: None) == date(2026, 7, 8)
        assert [day.day for day in market.waiting_days(date(2026, 7, 8))] == [7]
