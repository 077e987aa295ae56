"""FIXINGS: ranges are computed once, independently of what is asked for, and audited.

Takes   an archive with rate cards of a few venues over ten days, one of them without a card.
Gives   a failure where a range changes a fix, work is done twice, or a change goes unseen.
Keeps   kept fixings equal to what a fresh archive would give.
Source  docs/methodology/v2026_1.md; decision 0004.
"""

import shutil
from datetime import date
from datetime import timedelta

import pytest

from chiphour.adapters import fixings as adapter
from chiphour.adapters import recordings
from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Answer
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import audit_all
from chiphour.adapters.fixings import audit_one
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.fixings import is_kept
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.manifest import RecordingRefused
from chiphour.adapters.recordings import shipped_paths
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.report import Report
from chiphour.adapters.report import Tally
from chiphour.index import v2026_1
from chiphour.index.series import SERIES
from chiphour.observe.venue import body_of
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns
from records import observation

FIRST = date(2026, 7, 1)
DAYS = [FIRST + timedelta(days=day) for day in range(10)]
SILENT = DAYS[4]
VENUES = ("coreweave", "crusoe", "lambda", "nebius", "ovh")
H100 = "CHR.H100.SXM.OD"


def card(day, venue, price_nanousd, source="snapshot", **fields):
    return observation(
        source=source,
        venue=venue,
        price_nanousd=price_nanousd,
        observed_ns=strike_ns(day) - NS_PER_HOUR,
        row=venue,
        **fields,
    )


def keep(archive, day, rows):
    at_ns, source = rows[0].observed_ns, rows[0].source
    body = body_of(f"{source} {day} {len(rows)}".encode(), "list", at_ns, at_ns)
    seen = tuple(row._replace(raw_sha256=body.sha256) for row in rows)
    path = f"{source} {day} {len(rows)}"
    archive.keep_poll(source, "1", [Answer(body, seen, path, body.sha256)])


def cards(day, source="snapshot"):
    step = DAYS.index(day)
    return [
        card(day, venue, 3 * 10**9 + 10**7 * (place + step % 3), source)
        for place, venue in enumerate(VENUES)
    ]


@pytest.fixture
def archive(tmp_path):
    opened = Archive(tmp_path / "one")
    for day in DAYS:
        if day != SILENT:
            keep(opened, day, cards(day))
    yield opened
    opened.close()


@pytest.fixture
def fixed_days(monkeypatch):
    """Count the strikes that are really computed."""
    computed = []
    honest = v2026_1.fix_all

    def counting(observations, strike, previous, source=""):
        computed.append(strike)
        return honest(observations, strike, previous, source)

    monkeypatch.setattr(adapter.v2026_1, "fix_all", counting)
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
    assert (found.checked, found.first_difference) == (len(before), None)
    assert audit_one(archive, H100, DAYS[2]).matched == 1
    with pytest.raises(NothingRecorded, match="a source of snapshot, found 'digest'"):
        recorded(archive, "digest")


def test_a_range_has_every_series_of_every_day_and_a_reason_where_there_is_no_fix(archive):
    found = fix_range(archive, DAYS[0], DAYS[-1])
    assert len(found) == len(DAYS) * len(SERIES)
    reasons = {f.strike_ns: f.reason for f in found if f.series == H100}
    assert reasons == {strike_ns(day): "STALE" if day == SILENT else "" for day in DAYS}
    after = [f for f in found if f.series == H100 and f.strike_ns == strike_ns(DAYS[5])]
    assert after[0].previous_strike_ns == strike_ns(DAYS[3])


def test_a_fix_does_not_depend_on_the_range_asked_for(archive, tmp_path):
    last_alone = fix_range(archive, DAYS[-1], DAYS[-1])
    other = Archive(tmp_path / "two")
    for day in DAYS:
        if day != SILENT:
            keep(other, day, cards(day))
    assert fix_range(other, DAYS[0], DAYS[-1])[-len(SERIES) :] == last_alone
    other.close()


def test_what_is_kept_is_not_computed_again(archive, fixed_days):
    once = fix_range(archive, DAYS[0], DAYS[7])
    assert len(fixed_days) == 8
    again = fix_range(archive, DAYS[0], DAYS[9])
    assert fixed_days[8:] == [strike_ns(DAYS[8]), strike_ns(DAYS[9])]
    assert again[: len(once)] == once
    assert archive.count()["fixings"] == len(again)


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
    found = fix_range(archive, DAYS[0], DAYS[2])
    archive.keep_fixings([v2026_1.as_final(fixing) for fixing in found])
    assert fix_range(archive, DAYS[0], DAYS[2])[0].vintage == "final"
    keep(archive, DAYS[1], [card(DAYS[1], "together", 4 * 10**9, "other")])
    fix_range(archive, DAYS[0], DAYS[2])
    kept = [f for f in archive.fixings(H100) if f.strike_ns == strike_ns(DAYS[1])]
    assert (kept[0].panel, kept[0].vintage) == (6, "final")
    assert audit_all(archive).first_difference is None


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


def test_sources_are_fixed_and_audited_apart(archive):
    keep(archive, DAYS[0], cards(DAYS[0], "other")[:3])
    together = fix_range(archive, DAYS[0], DAYS[0])
    alone = fix_range(archive, DAYS[0], DAYS[0], "other")
    assert {f.source for f in alone} == {"other"}
    found = audit_all(archive)
    assert found.checked == found.matched == len(together) + len(alone)
    assert found.of_series["", H100] == found.of_series["other", H100] == (1, 1)


def test_one_fixing_is_audited_against_the_one_before_it(archive):
    fix_range(archive, DAYS[0], DAYS[5])
    assert is_kept(archive, H100, DAYS[5])
    assert not is_kept(archive, H100, DAYS[6])
    assert audit_one(archive, H100, DAYS[5]) == ({("", H100): (1, 1)}, None)
    with pytest.raises(NothingRecorded, match="kept fixing"):
        audit_one(archive, H100, DAYS[6])


def test_a_wrong_kept_fixing_is_found(archive):
    found = fix_range(archive, DAYS[0], DAYS[3])
    wrong = next(f for f in found if f.series == H100 and f.strike_ns == strike_ns(DAYS[1]))
    archive.keep_fixings([wrong._replace(fix_ticks=1)])
    result = audit_all(archive)
    assert result.first_difference == (
        "CHR.H100.SXM.OD 2026-07-02T00:30:00Z: fix_ticks: published 1, recomputed 30300"
    )
    assert result.matched < result.checked
    assert audit_one(archive, H100, DAYS[1]).matched == 0


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
