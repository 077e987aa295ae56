"""TEST DAY: the spine, run over a real market in a temporary folder.

Takes   shipped recordings.
Gives   claims on one market day.
Keeps   the same day the same digest; nothing done twice.
Source  Decision 0011.
"""

from datetime import date
from datetime import timedelta

import numpy as np
import pytest

from chiphour import day
from chiphour.adapters.audits import audit_all
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.journal import journal_path
from chiphour.adapters.market import Market
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.adapters.recovery import replay
from chiphour.adapters.revisions import revise
from chiphour.adapters.revisions import rows_of_venue
from chiphour.auction.clear import clear
from chiphour.day import KNOWN_AFTER_NS
from chiphour.day import UNDERLYING
from chiphour.day import CommandRefused
from chiphour.day import fix
from chiphour.day import fixing_commands
from chiphour.day import run_day
from chiphour.day import submit
from chiphour.day import tell_fix
from chiphour.day import transfer_commands
from chiphour.exchange import commands as c
from chiphour.exchange import events as e
from chiphour.exchange.engine import Engine
from chiphour.index import v2026_1
from chiphour.index.leaves import leaf_from
from chiphour.index.parameters import SETS
from chiphour.index.series import ALL_SERIES
from chiphour.index.series import SERIES
from chiphour.ledger.transfer import Transfer
from chiphour.units import NS_PER_DAY
from chiphour.units import strike_ns

DAY = date(2026, 7, 11)


def prepared(folder):
    """Open a market in a folder, with the recordings read and fixed up to the day."""
    market = Market(folder, history_ns=None)
    ingest(market.archive, embedded_folder(), only="gpurentalprices")
    market.fix_days(DAY, lambda done, total: None)
    for earlier in market.waiting_days(DAY):
        tell_fix(earlier, market)
    return market


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Give a market after one day, and what the day gave."""
    folder = tmp_path_factory.mktemp("market")
    with prepared(folder) as market:
        yield market, run_day(DAY, market)


def test_six_steps_leave_fixings_trades_a_clearing_settlements_and_files(ran):
    market, found = ran
    kinds = set(found.events[:, e.KIND].tolist())
    assert {fixing.state for fixing in found.fixings} == {"fixed", "suppressed"}
    assert {e.Kind.FIXED, e.Kind.FILL, e.Kind.TRANSFERRED, e.Kind.SETTLED, e.Kind.FUNDED} <= kinds
    assert found.clearing is not None
    names = {path.name for path in market.place(DAY).iterdir()}
    assert {"release.html", "fixings.csv", "trades.csv", "auction-result.json"} <= names
    assert sum(market.cash_microusd().values()) == 0
    assert not (found.events[:, e.KIND] == e.Kind.REFUSED).any()


def test_the_day_ends_with_the_settlement_at_the_next_strike(ran):
    market, found = ran
    settled = found.events[found.events[:, e.KIND] == e.Kind.SETTLED]
    assert set(settled[:, e.TIME_NS].tolist()) == {strike_ns(DAY) + NS_PER_DAY}
    assert market.time_ns == strike_ns(DAY) + NS_PER_DAY


def test_running_the_day_again_adds_no_command_and_no_fixing(ran):
    market, found = ran
    before = market.sequence, market.digest(), market.archive.count()
    again = run_day(DAY, market)
    after = market.sequence, market.digest(), market.archive.count()
    assert after == before
    assert (again.events == found.events).all()
    assert again.files == found.files


def test_replay_of_the_journal_gives_the_digest_of_the_live_market(ran):
    market, _ = ran
    engine = replay(journal_path(market.folder), Engine, pytest.fail)
    assert engine.digest() == market.digest()


@pytest.mark.long
def test_the_same_day_in_another_folder_gives_the_same_digest(ran, tmp_path):
    _, found = ran
    with prepared(tmp_path) as market:
        again = run_day(DAY, market)
        assert (again.events == found.events).all()


def test_a_day_broken_off_in_the_middle_goes_on_to_the_same_end(ran, tmp_path):
    _, found = ran
    with prepared(tmp_path) as market:
        market.trade(strike_ns(DAY) + KNOWN_AFTER_NS)
        tell_fix(DAY, market)
    with Market(tmp_path, history_ns=None) as market:
        again = run_day(DAY, market)
        assert len(again.events) == len(found.events)
        assert (again.events == found.events).all()


@pytest.mark.long
def test_a_stop_between_settlement_and_files_loses_no_file(ran, tmp_path, monkeypatch):
    """Stop as the day's files are to be written: the next start runs the day again for them."""
    _, found = ran

    class Told(Exception):
        pass

    def stop(records):
        raise Told

    with prepared(tmp_path) as market:
        with monkeypatch.context() as patched:
            patched.setattr(day, "day_files", stop)
            with pytest.raises(Told):
                run_day(DAY, market)
        ended = market.sequence, market.digest()
    with Market(tmp_path, history_ns=None) as market:
        assert market.waiting_days(DAY + timedelta(days=1)) == [DAY]
        again = run_day(DAY, market)
        assert (market.sequence, market.digest()) == ended
        assert again.files == found.files
        for name, content in found.files.items():
            assert (market.place(DAY) / name).read_bytes() == content


def test_a_day_that_was_not_fixed_before_is_fixed_when_it_runs(tmp_path):
    """The day before becomes final at the strike; then come the batch, the fix, and its leaves."""
    day_before = DAY - timedelta(days=1)
    strike = strike_ns(DAY)
    with Market(tmp_path, history_ns=None) as market:
        ingest(market.archive, embedded_folder(), only="gpurentalprices")
        fix_range(market.archive, day_before, day_before, log=market.log, now_ns=strike - 1)
        assert market.fixings(DAY, strike + KNOWN_AFTER_NS) == []
        size = market.log.size
        found = fix(DAY, market)
        assert [f.series for f in found] == [series.ticker for series in ALL_SERIES]
        assert {f.vintage for f in market.fixings(day_before, strike)} == {"final"}
        assert {f.vintage for f in market.fixings(day_before, strike - 1)} == {"provisional"}
        assert list(found) == market.fixings(DAY, strike + KNOWN_AFTER_NS)
        assert market.fixings(DAY, strike + KNOWN_AFTER_NS - 1) == []
        leaves = [leaf_from(leaf) for leaf in market.log.leaves(size, market.log.size)]
        each = len(SETS) * len(ALL_SERIES)
        said = [getattr(leaf, "vintage", "batch") for leaf in leaves]
        assert said == ["final"] * each + ["batch"] + ["provisional"] * each
        count = market.archive.count()
        assert list(fix(DAY, market)) == list(found)
        assert (market.archive.count(), market.log.size) == (count, size + len(leaves))
        assert audit_all(market.archive).first_difference is None


def test_the_exchange_hears_what_was_known_at_its_time(tmp_path):
    """Revise the day before, later: neither the settlement nor the split of the day moves."""
    day_before = DAY - timedelta(days=1)
    with prepared(tmp_path) as market:
        struck = rows_of_venue(market.archive, "nebius", [day_before])
        at_ns = market.archive.last_known_ns() + 1
        event = revise(market.archive, market.log, "x", [day_before], struck, [], at_ns)
        assert event.revises
        tell_fix(DAY, market)
        told = market.events_since(0)
        previous = {name: market.previous(DAY, name) for name in SETS}
    with prepared(tmp_path.with_name("other")) as market:
        tell_fix(DAY, market)
        assert (told == market.events_since(0)).all()
        assert previous == {name: market.previous(DAY, name) for name in SETS}


def test_a_final_fixing_is_told_as_the_provisional_one_was(tmp_path):
    with prepared(tmp_path) as market:
        day_before = DAY - timedelta(days=1)
        provisional = market.fixings(day_before, strike_ns(day_before) + KNOWN_AFTER_NS)
        final = market.fixings(day_before, strike_ns(DAY))
        assert {fixing.vintage for fixing in provisional} == {"provisional"}
        assert [v2026_1.as_final(fixing) for fixing in provisional] == list(final)


@pytest.mark.long
def test_transfers_that_the_journal_lacks_are_posted_and_no_other(ran, tmp_path):
    with prepared(tmp_path) as market:
        market.trade(strike_ns(DAY) + KNOWN_AFTER_NS)
        tell_fix(DAY, market)
        result = clear(market.gather(DAY), market.solve)
        market.submit(transfer_commands(result.transfers[:1]))  # Killed between two frames.
        run_day(DAY, market)
        events = market.events_since(0)
        posted = events[events[:, e.KIND] == e.Kind.TRANSFERRED][:, e.ITEM].tolist()
        assert sorted(posted) == [transfer.item for transfer in result.transfers]


def test_a_command_of_ours_that_is_refused_stops_the_day_with_its_reason(ran):
    market, _ = ran
    unpaid = transfer_commands([Transfer(2, 9, 5, 1, 1)])
    with pytest.raises(CommandRefused, match=r"auction run 1: .* ACCOUNT_UNKNOWN at sequence"):
        submit("auction run 1", unpaid, market)


def test_only_a_fit_fix_has_a_value_for_the_exchange(ran):
    _, found = ran
    rows = fixing_commands(found.fixings, found.fixings)
    assert len(rows) == 2 * len(SERIES) < 2 * len(found.fixings), "narrower ones are not traded"
    for fixing, row in zip(found.fixings, rows[len(SERIES) :], strict=False):
        assert bool(row[c.FIT]) == fixing.fit
        assert row[c.VALUE_MICROUSD] == (fixing.fix_ticks * 100 if fixing.fit else 0)
    assert any(f.series == UNDERLYING and f.fit for f in found.fixings)


def test_transfers_become_commands_line_by_line():
    rows = transfer_commands([Transfer(9, 2, 5, 1, 1), Transfer(2, 10, 5, 1, 2)])
    assert rows[:, c.ACCOUNT].tolist() == [9, 2]
    assert rows[:, c.TARGET].tolist() == [2, 10]
    assert np.unique(rows[:, c.AMOUNT_MICROUSD]).tolist() == [5]
