"""TEST MARKET: a market on disk.

Takes   a temporary folder.
Gives   claims on opening, trading and asking.
Keeps   the journal as the only truth.
Source  Decision 0011.
"""

from datetime import date

import numpy as np
import pytest

from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.journal import JournalLocked
from chiphour.adapters.market import MARK_EVERY_NS
from chiphour.adapters.market import MEMBERS_EVERY_NS
from chiphour.adapters.market import Market
from chiphour.adapters.market import ReleaseUnwritten
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.contracts import table
from chiphour.contracts.perpetual import Perpetual
from chiphour.exchange import events as e
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import listing
from chiphour.index.series import BY_TICKER
from chiphour.simulate.members import DEMONSTRATION
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns

DAY = date(2026, 7, 20)
INDEX = BY_TICKER["CHR.H100.SXM.OD"].number
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


def test_at_wall_speed_each_moment_is_waited_for(tmp_path):
    waited = []
    with opened(tmp_path) as market:
        market.at_wall_speed(waited.append)
        market.trade(strike_ns(DAY) + 3 * MARK_EVERY_NS)
    assert waited == [strike_ns(DAY) + step * MARK_EVERY_NS for step in (1, 2, 3)]


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
