"""FIXINGS: ranges are computed once, by every set, independently of what is asked for.

Takes   an archive with rate cards of a few venues over ten days, one of them without a card.
Gives   a failure where a range changes a fix, work is done twice, or a change goes unseen.
Keeps   kept fixings equal to what a fresh archive would give.
Source  docs/methodology/v2026_1.md; decision 0004.
"""

import shutil
from datetime import date

import pytest

from carded import DAYS
from carded import FIRST
from carded import H100
from carded import SILENT
from carded import VENUES
from carded import card
from carded import cards
from carded import filled
from carded import keep
from chiphour.adapters import fixings as adapter
from chiphour.adapters import recordings
from chiphour.adapters.archive import Archive
from chiphour.adapters.audits import audit_all
from chiphour.adapters.audits import audit_one
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.fixings import is_kept
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.log import open_log
from chiphour.adapters.manifest import RecordingRefused
from chiphour.adapters.recordings import shipped_paths
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.report import Report
from chiphour.adapters.report import Tally
from chiphour.index import v2026_1
from chiphour.index.parameters import SETS
from chiphour.index.series import ALL_SERIES
from chiphour.units import NS_PER_DAY
from chiphour.units import strike_ns

WAITS = (SETS["v2026_1"].close_ns, SETS["v2026_1"].final_ns)


@pytest.fixture
def archive(tmp_path):
    opened = filled(tmp_path / "one")
    yield opened
    opened.close()


@pytest.fixture
def fixed_days(monkeypatch):
    """Count the strikes that are really computed."""
    computed = []
    honest = v2026_1.fix_sets

    def counting(observations, strike, previous, source=""):
        computed.append(strike)
        return honest(observations, strike, previous, source)

    monkeypatch.setattr(adapter.v2026_1, "fix_sets", counting)
    return computed


def test_the_span_is_what_strikes_the_observations_speak_for(archive):
    assert span(recorded(archive)) == (DAYS[0], DAYS[-1])
    late = card(FIRST, "lambda", 1)._replace(observed_ns=strike_ns(FIRST))
    assert span([late]) == (DAYS[1], DAYS[1])


def test_what_is_only_compared_neither_lengthens_the_span_nor_enters_a_fix(archive):
    """A digest that reaches back for years, and shows other prices, changes nothing."""
    before = fix_range(archive, DAYS[0], DAYS[9])
    for day, flag in ((date(2022, 2, 9), "COMPARISON"), (DAYS[2], "UNDATED")):
        rows = [card(day, venue, 10**9, "digest", flags=(flag,)) for venue in VENUES]
        keep(archive, day, [*rows, card(day, "vultr", 0, "digest", kind="stock")])
    assert span(recorded(archive)) == (DAYS[0], DAYS[-1])
    assert fix_range(archive, DAYS[0], DAYS[9]) == before
    found = audit_all(archive)
    assert (found.checked, found.first_difference) == (archive.count()["fixings"], None)
    assert audit_one(archive, H100, DAYS[2]).matched == 1
    with pytest.raises(NothingRecorded, match="a source of snapshot, found 'digest'"):
        recorded(archive, "digest")


def test_a_range_has_every_series_of_every_day_and_a_reason_where_there_is_no_fix(archive):
    found = fix_range(archive, DAYS[0], DAYS[-1])
    assert len(found) == len(DAYS) * len(ALL_SERIES)
    reasons = {f.strike_ns: f.reason for f in found if f.series == H100}
    assert reasons == {strike_ns(day): "STALE" if day == SILENT else "" for day in DAYS}
    after = [f for f in found if f.series == H100 and f.strike_ns == strike_ns(DAYS[5])]
    assert after[0].previous_strike_ns == strike_ns(DAYS[3])


def test_a_fix_does_not_depend_on_the_range_asked_for(archive, tmp_path):
    last_alone = fix_range(archive, DAYS[-1], DAYS[-1])
    other = filled(tmp_path / "two")
    assert fix_range(other, DAYS[0], DAYS[-1])[-len(ALL_SERIES) :] == last_alone
    other.close()


def test_what_is_kept_is_not_computed_again(archive, fixed_days):
    once = fix_range(archive, DAYS[0], DAYS[7])
    assert len(fixed_days) == 8
    again = fix_range(archive, DAYS[0], DAYS[9])
    assert fixed_days[8:] == [strike_ns(DAYS[8]), strike_ns(DAYS[9])]
    assert again[: len(once)] == once
    last_is_provisional = len(ALL_SERIES) * len(SETS)
    assert archive.count()["fixings"] == 2 * len(SETS) * len(again) - last_is_provisional


def test_a_late_row_replaces_the_fixings_that_it_changes(archive, tmp_path, fixed_days):
    before = fix_range(archive, DAYS[0], DAYS[9])
    late = [card(DAYS[6], "together", 4 * 10**9, "other")]
    keep(archive, DAYS[6], late)
    difference = audit_all(archive).first_difference
    assert difference is not None
    assert "inputs_root" in difference
    del fixed_days[:]
    after = fix_range(archive, DAYS[0], DAYS[6])
    assert fixed_days == [strike_ns(day) for day in DAYS[6:]]
    assert after != before[: len(after)]
    assert audit_all(archive).first_difference is None
    assert len(archive.fixings()) == len(before)


def test_a_kept_final_fixing_is_replaced_by_a_final_one(archive):
    assert fix_range(archive, DAYS[0], DAYS[2])[0].vintage == "final"
    keep(archive, DAYS[1], [card(DAYS[1], "together", 4 * 10**9, "other")])
    fix_range(archive, DAYS[0], DAYS[2])
    kept = [f for f in archive.fixings(H100) if f.strike_ns == strike_ns(DAYS[1])]
    assert (kept[0].panel, kept[0].vintage) == (6, "final")
    assert audit_all(archive).first_difference is None


def test_every_set_is_fixed_against_its_own_last_fixing(archive):
    """One venue far off: the screen of the set in force leaves it out, the plain set does not."""
    for day in DAYS[:2]:
        keep(archive, day, [card(day, "together", 9 * 10**9, "other")])
    sets = {name: fix_range(archive, DAYS[1], DAYS[1], parameter_set=name) for name in SETS}
    h100 = {name: next(f for f in found if f.series == H100) for name, found in sets.items()}
    assert {name: f.parameter_set for name, f in h100.items()} == {name: name for name in SETS}
    assert [h100[name].kept for name in ("v2026_1", "robust", "plain")] == [5, 5, 6]
    assert h100["plain"].fix_ticks != h100["v2026_1"].fix_ticks
    for name, fixing in h100.items():
        first = archive.fixing_as_of(H100, strike_ns(DAYS[0]), None, "", name)
        assert fixing.fix_ticks - fixing.change_ticks == first.fix_ticks


def test_a_fixing_is_final_once_the_next_strike_has_come(archive):
    fix_range(archive, DAYS[0], DAYS[-1])
    kept = {f.strike_ns: f for f in archive.fixings(H100)}
    assert kept[strike_ns(DAYS[-1])].vintage == "provisional"
    assert {kept[strike_ns(day)].vintage for day in DAYS[:-1]} == {"final"}
    first = archive.vintages(H100, strike_ns(DAYS[0]))
    assert [f.vintage for f in first] == ["provisional", "final"]
    assert [f.known_ns for f in first] == [
        f.strike_ns + wait for f, wait in zip(first, WAITS, strict=True)
    ]
    assert v2026_1.as_final(first[0]) == first[1]


def test_a_strike_that_has_not_closed_is_shown_and_not_kept(archive):
    closes_ns = strike_ns(DAYS[3]) + WAITS[0]
    found = fix_range(archive, DAYS[2], DAYS[3], now_ns=closes_ns - 1)
    assert [f.strike_ns for f in found[:: len(ALL_SERIES)]] == [strike_ns(d) for d in DAYS[2:4]]
    assert max(f.strike_ns for f in archive.fixings()) == strike_ns(DAYS[2])
    assert {f.vintage for f in archive.fixings(H100)} == {"final"}
    again = fix_range(archive, DAYS[2], DAYS[3], now_ns=closes_ns)
    assert again == found
    assert {f.vintage for f in archive.fixings(H100, strike_ns(DAYS[3]))} == {"provisional"}


def test_one_source_alone_is_never_logged(archive, tmp_path):
    log = open_log(tmp_path)
    fix_range(archive, DAYS[0], DAYS[1], "snapshot", log=log)
    assert log.size == 0
    log.close()


def test_what_is_final_and_logged_is_not_looked_at_again(archive, tmp_path, fixed_days):
    log = open_log(tmp_path)
    found = fix_range(archive, DAYS[0], DAYS[9], log=log)
    size = log.size
    del fixed_days[:]
    assert fix_range(archive, DAYS[0], DAYS[9], log=log) == found
    assert fixed_days == [], "the last day neither, though it is provisional: it is published"
    assert log.size == size


def test_a_row_that_comes_in_after_the_batch_was_closed_is_told_and_enters_no_fix(
    archive, tmp_path, caplog
):
    log = open_log(tmp_path)
    fix_range(archive, DAYS[0], DAYS[9], log=log)
    assert caplog.messages == []
    keep(archive, DAYS[6], [card(DAYS[6], "together", 4 * 10**9, "other")])
    before = card(FIRST, "ovh", 10**9, "early")
    week = 7 * NS_PER_DAY
    times = {"observed_ns": before.observed_ns - week, "received_ns": before.received_ns - week}
    keep(archive, FIRST, [before._replace(**times)])
    assert span(recorded(archive)) == (DAYS[0], DAYS[-1]), "no strike before the first is fixed"
    fix_range(archive, DAYS[0], DAYS[9], log=log)
    assert caplog.messages == [
        "2 rows came in after the batch was closed, of 2026-06-24, 2026-07-07: no fix considers "
        "them; a fresh data folder fixes with them"
    ]
    assert audit_all(archive).first_difference is None
    with pytest.raises(NothingRecorded, match="a source of snapshot, found 'other'"):
        fix_range(archive, DAYS[6], DAYS[6], "other")
    log.close()


def test_days_and_sources_without_data_are_told_with_what_there_is(archive):
    with pytest.raises(NothingRecorded, match="from 2026-07-01 to 2026-07-10"):
        fix_range(archive, DAYS[0], date(2026, 7, 11))
    with pytest.raises(NothingRecorded, match="found 2026-06-30"):
        fix_range(archive, date(2026, 6, 30), DAYS[0])
    with pytest.raises(NothingRecorded, match="earlier day first"):
        fix_range(archive, DAYS[1], DAYS[0])
    with pytest.raises(NothingRecorded, match="a source of snapshot, found 'none'"):
        fix_range(archive, DAYS[0], DAYS[0], "none")
    assert archive.count()["fixings"] == 0


def test_sources_are_fixed_apart_and_what_is_kept_is_told(archive):
    keep(archive, DAYS[0], cards(DAYS[0], "other")[:3])
    fix_range(archive, DAYS[0], DAYS[0])
    assert is_kept(archive, H100, DAYS[0])
    assert not is_kept(archive, H100, DAYS[1])
    assert not is_kept(archive, None, None, "other")
    alone = fix_range(archive, DAYS[0], DAYS[0], "other")
    assert {f.source for f in alone} == {"other"}
    assert is_kept(archive, None, None, "other")


def test_progress_counts_every_strike(archive):
    seen = []
    fix_range(archive, DAYS[0], DAYS[3], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_an_empty_archive_is_filled_and_a_damaged_recording_stops_it(tmp_path, monkeypatch):
    opened = Archive(tmp_path)
    calls = []

    def damaged(archive, folder, progress=None, compared=True):
        calls.append(folder)
        tally = Tally("vast")
        tally.refuse(Refusal("vast", "", "file", 0, 0, "NOT_A_RECORDING", "file: torn", ""))
        return Report(folder, (tally.summary(),), {}, ())

    monkeypatch.setattr(adapter, "ingest", damaged)
    with pytest.raises(RecordingRefused, match="file: torn"):
        ingest_shipped(opened)
    keep(opened, FIRST, cards(FIRST))
    ingest_shipped(opened)
    assert calls == [adapter.embedded_folder()], "recordings of another folder are left alone"
    opened.close()


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """Ship the captures of Vast.ai alone: whatever else is shipped, they are quickly read."""
    folder = tmp_path / "recordings" / "open"
    shutil.copytree(adapter.embedded_folder() / "vast", folder / "vast")
    for module in (adapter, recordings):
        monkeypatch.setattr(module, "embedded_folder", lambda: folder)
    return folder


def test_a_reading_that_was_broken_off_is_finished_before_anything_else(tmp_path, shipped):
    """Stop after the third file, as a signal would: the next start reads the rest, once."""

    class Told(Exception):
        pass

    def stop(done, total):
        if done == 3:
            raise Told

    opened = Archive(tmp_path)
    with pytest.raises(Told):
        ingest_shipped(opened, stop)
    assert len(opened.recordings()) == 3
    ingest_shipped(opened)
    assert sorted(place.path for place in opened.recordings()) == sorted(shipped_paths())
    calls = []
    ingest_shipped(opened, lambda done, total: calls.append(done))
    assert calls == []
    opened.close()


def test_a_refused_shipped_recording_stops_every_start(tmp_path, shipped):
    """Change a byte in a copy of the recordings: the second start says so as the first did."""
    edited = sorted(shipped.rglob("*.gz"))[1]
    edited.write_bytes(edited.read_bytes()[:-1] + b"?")
    opened = Archive(tmp_path / "state")
    for _ in range(2):
        with pytest.raises(RecordingRefused, match=edited.name):
            ingest_shipped(opened)
    opened.close()


def test_the_reach_is_what_a_strike_looks_at():
    assert adapter.REACH_NS == 7 * NS_PER_DAY
