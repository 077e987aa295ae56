"""TEST RECORDINGS: a recording is read whole, or left out with one clear line.

Takes   the shipped recordings; copies of a few, torn and edited; recordings of made-up sources.
Gives   claims on reading, dating, refusing, reading again and checking against the bytes.
Keeps   the shipped recordings free of refusals, each with one reader.
Source  Decisions 0003 and 0015; NOTICE.
"""

import csv
import gzip
import hashlib
import json
import os
import shutil

import pytest
from sqlalchemy import update

from archives import Reader
from archives import answer
from archives import url_of
from chiphour.adapters import recordings
from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_tables import OBSERVATIONS
from chiphour.adapters.archive_tables import READINGS
from chiphour.adapters.archive_tables import SHOWN
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.manifest import MANIFEST
from chiphour.adapters.manifest import RecordingRefused
from chiphour.adapters.recordings import check_raw
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.adapters.recordings import owners_of
from chiphour.adapters.recordings import shipped_paths
from chiphour.adapters.refusal import Refusal
from chiphour.observe.observation import canonical_json
from chiphour.observe.venues import venues
from chiphour.units import ns_from_iso

CAPTURE = "vast/2026-02-27/offers_133632Z.json.gz"
OTHER = "vast/2026-02-27/offers_152246Z.json.gz"


@pytest.fixture
def archive(tmp_path):
    opened = Archive(tmp_path / "state")
    yield opened
    opened.close()


@pytest.fixture
def folder(tmp_path):
    """Two captures and their manifest beside the folder, as they are laid out when published."""
    for place in (CAPTURE, OTHER):
        (tmp_path / "open" / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(embedded_folder() / place, tmp_path / "open" / place)
    with (tmp_path / MANIFEST).open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["path", "sha256", "bytes", "note"])
        for place in (CAPTURE, OTHER):
            packed = (tmp_path / "open" / place).read_bytes()
            digest = hashlib.sha256(packed).hexdigest()
            rows.writerow([f"open/{place}", digest, len(packed), ""])
    return tmp_path / "open"


def without_manifest(folder):
    (folder.parent / MANIFEST).unlink()
    return folder


def rewrite(folder, place, change):
    """Unpack a capture, change its JSON and pack it again."""
    file = folder / place
    page = json.loads(gzip.decompress(file.read_bytes()))
    change(page)
    file.write_bytes(gzip.compress(json.dumps(page).encode(), mtime=0))


def refused(report):
    (line,) = report.refused
    assert "\n" not in line
    return line


def test_the_shipped_recordings_are_what_their_manifest_says():
    with (embedded_folder().parent / MANIFEST).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    listed = {row["path"] for row in rows}
    found = {
        file.relative_to(embedded_folder().parent).as_posix()
        for file in embedded_folder().rglob("*")
        if file.is_file()
    }
    assert found <= listed
    for row in rows:
        file = embedded_folder().parent / row["path"]
        if file.is_file():
            packed = file.read_bytes()
            assert (row["sha256"], row["bytes"]) == (
                hashlib.sha256(packed).hexdigest(),
                str(len(packed)),
            )
        assert row["licence"]
        assert row["origin_repo"]


def test_every_shipped_recording_is_attributed():
    notice = (embedded_folder().parents[3] / "NOTICE").read_text()
    for name in (path.name for path in embedded_folder().iterdir()):
        assert name in notice


def test_every_shipped_recording_has_one_reader_and_one_shape():
    for file in sorted(embedded_folder().rglob("*")):
        place = file.relative_to(embedded_folder()).as_posix()
        assert not file.is_file() or len(owners_of(place)) == 1, (place, owners_of(place))


@pytest.mark.long
@pytest.mark.suite
def test_the_shipped_recordings_are_read_without_a_refusal(archive):
    report = ingest(archive, embedded_folder())
    assert report.refused == ()
    assert report.unread == {}
    assert {summary.venue for summary in report.venues} == set(venues())
    for summary in report.venues:
        assert (summary.files > 0) == (summary.rows > 0)
        assert summary.new == summary.rows
    (vast,) = (summary for summary in report.venues if summary.venue == "vast")
    assert (vast.files, vast.rows, vast.machines) == (12, 5794, 538)
    assert vast.flags["BID_FLOOR"] == 2897
    assert archive.count()["observations"] == sum(summary.rows for summary in report.venues)
    assert {place.path for place in archive.recordings()} > set(shipped_paths())
    assert check_raw(archive) is None

    before = archive.count()
    again = ingest(archive, embedded_folder())
    assert archive.count() == before
    assert [summary._replace(new=0) for summary in report.venues] == list(again.venues)


def test_folders_without_a_reader_are_counted(archive, folder):
    (without_manifest(folder) / "songs").mkdir()
    for name in ("a.json", "b.json", ".hidden"):
        (folder / "songs" / name).write_text("{}")
    (folder / "vast" / "notes.txt").write_text("x")
    assert ingest(archive, folder, only="vast").unread == {"songs": 2, "vast": 1}


def test_progress_counts_every_file(archive, folder):
    shown = []
    ingest(archive, folder, lambda done, total: shown.append((done, total)))
    assert shown == [(1, 2), (2, 2)]


def test_the_same_bytes_elsewhere_add_nothing_and_are_checked_there_too(archive, folder):
    ingest(archive, embedded_folder(), only="vast")
    before = archive.count()
    assert before["readings"] == before["recordings"] == 12
    report = ingest(archive, folder)
    assert [summary.new for summary in report.venues if summary.venue == "vast"] == [0]
    assert archive.count() == before | {"recordings": before["recordings"] + 2}
    with (folder / OTHER).open("r+b") as stream:
        stream.write(b"X")
    assert str(folder / OTHER) in check_raw(archive)


def test_an_edited_byte_is_refused_by_the_manifest_and_the_rest_is_read(archive, folder):
    packed = bytearray((folder / CAPTURE).read_bytes())
    expected = hashlib.sha256(packed).hexdigest()
    packed[1000] ^= 1
    (folder / CAPTURE).write_bytes(packed)
    report = ingest(archive, folder)
    line = refused(report)
    assert str(folder / CAPTURE) in line
    assert f"expected SHA-256 {expected}" in line
    assert f"found {hashlib.sha256(packed).hexdigest()}" in line
    assert [reading.path for reading in archive.readings()] == [str(folder / OTHER)]


def test_a_cleanly_repacked_edit_is_refused_by_the_manifest(archive, folder):
    rewrite(folder, CAPTURE, lambda page: page["offers_by_model"]["H200"].pop())
    assert MANIFEST in refused(ingest(archive, folder))


@pytest.mark.parametrize("left", [0, 5, 20, 30_000, 65_860])
def test_a_torn_file_is_refused_without_a_manifest(archive, folder, left):
    os.truncate(without_manifest(folder) / CAPTURE, left)
    line = refused(ingest(archive, folder))
    assert CAPTURE in line
    assert "expected" in line
    assert len(archive.readings()) == 1


def test_an_edited_byte_breaks_the_packing_without_a_manifest(archive, folder):
    packed = bytearray((without_manifest(folder) / CAPTURE).read_bytes())
    packed[40_000] ^= 255
    (folder / CAPTURE).write_bytes(packed)
    assert "expected a whole gzip file" in refused(ingest(archive, folder))


def test_a_file_edited_after_it_was_read_is_refused_and_told_by_the_check(archive, folder):
    ingest(archive, without_manifest(folder))
    rewrite(folder, CAPTURE, lambda page: page["offers_by_model"]["H200"].pop())
    assert "as it was read before" in refused(ingest(archive, folder))
    assert f"{folder / CAPTURE}: expected SHA-256" in check_raw(archive)


def test_a_field_that_no_reader_knows_refuses_its_file_by_name(archive, folder):
    rewrite(
        without_manifest(folder),
        CAPTURE,
        lambda page: page["offers_by_model"]["H200"][3].update(new_field=1),
    )
    line = refused(ingest(archive, folder))
    assert f"{CAPTURE}: vast offers_by_model H200/3: " in line
    assert "expected no further field, found ['new_field']" in line


def test_a_name_that_no_table_knows_is_kept_and_counted(archive, folder):
    def rename(page):
        page["offers_by_model"]["H200"][0]["gpu_name"] = "H200 SXM9"

    rewrite(without_manifest(folder), CAPTURE, rename)
    (vast,) = ingest(archive, folder, only="vast").venues
    assert vast.refused == ()
    assert vast.unmapped == {("chip", "H200 SXM9"): 2}
    kept = [seen for seen in archive.observations(0, 1 << 62) if seen.chip == ""]
    assert [json.loads(seen.spec)["chip_name"] for seen in kept] == ["H200 SXM9"] * 2


def test_a_bomb_is_refused_within_the_bound(archive, folder, monkeypatch):
    monkeypatch.setattr(recordings, "BODY_BYTES_MAX", 1 << 20)
    (without_manifest(folder) / CAPTURE).write_bytes(gzip.compress(b" " * (2 << 20)))
    (folder / OTHER).write_bytes(b"x" * (2 << 20))
    lines = ingest(archive, folder).refused
    assert "at most 1048576 bytes unpacked" in lines[0]
    assert "at most 1048576 bytes, found more" in lines[1]
    assert {refusal.code for refusal in archive.refusals()} == {"TOO_LARGE"}


def test_missing_and_unlisted_files_are_warned_of(archive, folder):
    moved = CAPTURE.replace("133632Z", "moved")
    shutil.move(folder / CAPTURE, folder / moved)
    report = ingest(archive, folder)
    assert report.refused == ()
    missing, unlisted = report.warnings
    assert missing == f"vast: 1 files of {MANIFEST} are missing, the first is {CAPTURE}"
    assert unlisted.startswith(f"{folder / moved}: not listed")


def test_a_manifest_inside_the_folder_is_used(archive, folder):
    shutil.move(folder.parent / MANIFEST, folder / MANIFEST)
    (folder / CAPTURE).write_bytes(b"")
    assert f"as {MANIFEST} lists it" in refused(ingest(archive, folder))


def test_a_manifest_that_cannot_be_read_stops_everything(archive, folder):
    (folder.parent / MANIFEST).write_text("path,sha256,bytes\na,b,many\n")
    with pytest.raises(RecordingRefused, match="expected the columns path, sha256, bytes"):
        ingest(archive, folder)
    assert archive.readings() == []


def test_an_empty_manifest_lists_nothing(archive, folder):
    (folder.parent / MANIFEST).write_text("")
    assert len(ingest(archive, folder).warnings) == 2


def test_a_folder_without_recordings_is_told(archive, tmp_path):
    with pytest.raises(RecordingRefused, match=r"expected recordings in .*vast.*, found none"):
        ingest(archive, tmp_path)
    with pytest.raises(RecordingRefused, match="expected recordings"):
        ingest(archive, tmp_path / "absent")


def test_an_unknown_venue_is_told_with_those_there_are(archive, folder):
    with pytest.raises(RecordingRefused, match=r"expected a venue of .*vast.*, found 'acme'"):
        ingest(archive, folder, only="acme")


def test_the_check_finds_a_changed_body(archive, folder):
    ingest(archive, folder)
    sha256 = archive.readings()[0].sha256
    file = archive.bodies.file(sha256)
    packed = bytearray(file.read_bytes())
    packed[500] ^= 1
    file.write_bytes(packed)
    assert f"expected the body {sha256}" in check_raw(archive)


@pytest.mark.parametrize("change", [{"price_nanousd": 1}, {"id": "0" * 64}, {"flags": "CARRIED"}])
def test_the_check_finds_a_changed_row(archive, folder, change):
    ingest(archive, folder)
    with archive._begin(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER observations_refuse_update")
        connection.execute(
            update(OBSERVATIONS).where(OBSERVATIONS.c.sequence == 7).values(**change)
        )
    line = check_raw(archive)
    assert " row " in line
    assert "expected" in line


def test_the_check_finds_a_missing_row(archive, folder):
    ingest(archive, folder)
    with archive._begin(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER observations_refuse_delete")
        connection.execute(OBSERVATIONS.delete().where(OBSERVATIONS.c.sequence == 498))
    line = check_raw(archive)
    assert " row " in line
    assert line.endswith(", found none")


def test_the_check_does_not_need_the_files_to_be_there_still(archive, folder):
    ingest(archive, folder)
    shutil.rmtree(folder)
    assert check_raw(archive) is None


def test_the_check_finds_an_edited_shipped_recording_even_if_no_reader_read_it(
    archive, folder, monkeypatch
):
    monkeypatch.setattr(recordings, "embedded_folder", lambda: folder)
    assert check_raw(archive) is None
    with (folder / CAPTURE).open("ab") as stream:
        stream.write(b"\n")
    assert f"{folder / CAPTURE}: expected SHA-256" in check_raw(archive)


# -- recordings of made-up sources ------------------------------------------------------------


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Give a function that writes a recording; the only sources are acme and ecb."""
    readers = {
        "acme": Reader("acme", "acme/*", "both/*"),
        "ecb": Reader("ecb", "fx/*.json", "both/*"),
    }
    monkeypatch.setattr(recordings, "venues", lambda: readers)
    monkeypatch.setattr(recordings, "embedded_folder", lambda: tmp_path / "shipped")
    folder = tmp_path / "open"

    def write(place, rows=({},), at="2026-07-01T12:00:00+00:00", **more):
        file = folder / place
        file.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"at": at, "rows": list(rows)} | more).encode()
        file.write_bytes(gzip.compress(content, mtime=0) if place.endswith(".gz") else content)
        return folder

    return write


def listing(folder, captured):
    """Write the manifest beside the folder; give its words for each file."""
    with (folder.parent / MANIFEST).open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["path", "sha256", "bytes", "captured"])
        for place, words in captured.items():
            packed = (folder / place).read_bytes()
            digest = hashlib.sha256(packed).hexdigest()
            rows.writerow([f"{folder.name}/{place}", digest, len(packed), words])


def ns(text):
    return ns_from_iso(f"{text}+00:00")


def test_a_recording_is_dated_by_its_bytes_its_path_and_its_listing_in_that_order(archive, made_up):
    stated = made_up("acme/2026-07-18/a.json")
    made_up("acme/2026-07-18/b.json", at=None)
    made_up("acme/c.json", at=None)
    made_up("acme/d.json", at=None)
    made_up("acme/e.json", at=None)
    undated = "undated (in repository at 2026-08-19)"
    places = [f"acme/{place}" for place in ("2026-07-18/a.json", "2026-07-18/b.json")]
    captured = dict.fromkeys(places, "2026-06-01") | {
        "acme/c.json": "2026-06-02T01:02:03Z",
        "acme/d.json": "2026-06-03",
        "acme/e.json": undated,
    }
    listing(stated, captured)
    assert ingest(archive, stated).refused == ()
    found = {reading.path.rsplit("/", 1)[1]: reading for reading in archive.readings()}
    times = {name: (reading.observed_ns, reading.dated) for name, reading in found.items()}
    assert times == {
        "a.json": (ns("2026-07-01T12:00:00"), True),
        "b.json": (ns("2026-07-18T23:59:59"), True),
        "c.json": (ns("2026-06-02T01:02:03"), True),
        "d.json": (ns("2026-06-03T23:59:59"), True),
        "e.json": (ns("2026-08-19T23:59:59"), False),
    }
    assert all(reading.received_ns == reading.observed_ns for reading in found.values())
    (flagged,) = archive.rows_of(found["e.json"].id)
    assert flagged.observation.flags == ("UNDATED",)
    assert check_raw(archive) is None


def test_a_recording_that_nothing_dates_is_refused(archive, made_up):
    folder = made_up("acme/a.json", at=None)
    assert "acme/a.json: expected a day" in refused(ingest(archive, folder))
    (kept,) = archive.refusals()
    assert (kept.source, kept.shape, kept.code) == ("acme", "list", "DATE_MISSING")
    assert archive.bodies.body(kept.sha256) == (folder / "acme/a.json").read_bytes()
    assert archive.readings() == []
    listing(folder, {"acme/a.json": "somewhen"})
    assert "expected a day" in refused(ingest(archive, folder))
    assert len(archive.refusals()) == 1, "the same file is refused once for a reason"


@pytest.mark.parametrize("ending", [".json", ".json.gz", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz"])
def test_every_kind_of_file_is_unpacked_by_its_name(archive, made_up, ending):
    (summary, _) = ingest(archive, made_up(f"acme/a{ending}")).venues
    assert (summary.venue, summary.new, summary.refused) == ("acme", 1, ())
    assert archive.bodies.body(archive.readings()[0].sha256).startswith(b'{"at"')


def test_a_file_of_another_kind_is_refused(archive, made_up):
    folder = made_up("acme/notes.txt")
    assert "notes.txt: expected a name ending .json" in refused(ingest(archive, folder))
    assert [refusal.code for refusal in archive.refusals()] == ["NOT_A_RECORDING"]


def test_a_file_with_two_readers_is_refused_and_counted_once(archive, made_up):
    folder = made_up("both/a.json")
    line = refused(ingest(archive, folder))
    assert line.endswith("both/a.json: expected one reader, found acme list and ecb list")
    assert archive.readings() == []


def test_rates_are_read_first_and_given_with_what_was_published_before(archive, made_up):
    def rate(day, nanousd):
        spec = canonical_json({"currency": "EUR"})
        return {"kind": "rate", "spec": spec, "observed_ns": ns(day), "price_nanousd": nanousd}

    folder = made_up(
        "fx/ecb.json", [rate("2026-06-30T00:00:00", 11), rate("2026-07-02T00:00:00", 12)]
    )
    for hour in ("2026-06-29", "2026-07-01", "2026-07-03"):
        made_up(f"acme/{hour}.json", at=f"{hour}T00:00:00+00:00", **{"in": "EUR"})
    report = ingest(archive, folder)
    assert "acme/2026-06-29.json: expected a rate of EUR" in refused(report)
    assert [refusal.code for refusal in archive.refusals()] == ["RATE_MISSING"]
    given = {reading.path[-15:-5]: reading.rates for reading in archive.readings()}
    assert [rate.nanousd for rate in given["2026-07-01"]] == [11]
    assert [rate.nanousd for rate in given["2026-07-03"]] == [12]
    assert check_raw(archive) is None, "a price converted once is converted again in the same way"


def test_a_page_that_goes_on_is_no_row_of_a_recording(archive, made_up):
    report = ingest(archive, made_up("acme/a.json", [{}, {}], next="/2"))
    assert report.venues[0].rows == 2
    assert check_raw(archive) is None


def test_one_body_at_two_times_is_two_readings(archive, made_up):
    folder = made_up("acme/2026-07-01/a.json", at=None)
    made_up("acme/2026-07-02/a.json", at=None)
    assert ingest(archive, folder).venues[0].new == 2
    assert len(list(archive.bodies.hashes())) == 1


def test_a_digest_that_says_the_same_twice_is_checked_by_its_own_times(archive, made_up):
    """Its rows carry times of their own, so those of the second file are there already."""
    own = {"observed_ns": 7, "received_ns": 8}
    folder = made_up("acme/2026-07-01/a.json", [own], at=None)
    made_up("acme/2026-07-02/a.json", [own], at=None)
    assert ingest(archive, folder).venues[0].new == 1
    assert check_raw(archive) is None


def test_a_refusal_is_kept_once_with_what_was_refused(archive, made_up):
    folder = made_up("acme/a.json")
    (folder / "acme/a.json").write_text("no JSON")
    for _ in range(2):
        assert "acme/a.json: acme: expected JSON" in refused(ingest(archive, folder))
    (kept,) = archive.refusals()
    assert kept == Refusal(
        source="acme",
        shape="list",
        path=str(folder / "acme/a.json"),
        observed_ns=0,
        received_ns=0,
        code="UNREADABLE",
        detail=kept.detail,
        sha256=hashlib.sha256(b"no JSON").hexdigest(),
    )
    assert check_raw(archive) is None
    archive.bodies.file(kept.sha256).write_bytes(b"")
    assert "expected the body" in check_raw(archive)


@pytest.mark.extra
def test_recordings_are_read_and_checked_in_postgresql_too(made_up, tmp_path):
    opened = Archive(tmp_path / "state", url_of("postgresql"))
    folder = made_up("acme/a.json", [{}, {}])
    made_up("acme/2026-07-18/b.json.gz", at=None)
    made_up("acme/c.json", at=None)
    for new in (3, 0):
        report = ingest(opened, folder)
        assert "acme/c.json: expected a day" in refused(report)
        assert report.venues[0].new == new
    assert len(opened.refusals()) == 1
    assert check_raw(opened) is None
    opened.close()


def test_the_check_finds_a_reader_that_changed_without_a_new_version(archive, made_up, monkeypatch):
    ingest(archive, made_up("acme/a.json"))
    (changed := Reader("acme")).read = lambda body: iter(())
    monkeypatch.setattr(recordings, "venues", lambda: {"acme": changed})
    assert "row 0: expected none, found" in check_raw(archive)
    monkeypatch.setattr(recordings, "venues", lambda: {"acme": Reader("acme", version="2")})
    assert "expected the reader acme-1, found acme-2" in check_raw(archive)
    monkeypatch.setattr(recordings, "venues", dict)
    assert "expected the reader acme-1, found none" in check_raw(archive)


def test_the_check_reads_live_polls_too(archive, made_up):
    content = canonical_json({"at": None, "rows": [{}]}).encode()
    poll = answer(content, [{"price_nanousd": 3 * 10**9, "received_ns": 1_005}])
    archive.keep_poll("acme", "acme-1", [poll])
    assert check_raw(archive) is None
    archive.keep_poll("acme", "acme-1", [answer(content, 1, 2_000, price_nanousd=1)])
    assert check_raw(archive).startswith("acme at 1970-01-01T00:00:00.000002Z row 0: expected")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"observed_ns": 7}, "expected the reading"),
        ({"rates": '[["EUR",1,2]]'}, "row 0: expected"),
        ({"rows": 2}, "expected 2 observations, found 1"),
        ({"rows_root": "0" * 64}, "expected 1 observations, found 1, or others"),
        ({"sha256": "0" * 64}, "expected the body 0000"),
        ({"shape": "another"}, "expected the reading"),
        ({"bytes": 1}, "bytes, found 1"),
        ({"path": "/elsewhere"}, "expected a recording that was read there, found none"),
        ({"file_sha256": "0" * 64}, "expected a recording that was read there, found none"),
    ],
)
def test_the_check_finds_a_changed_reading(archive, made_up, change, told):
    own = {"observed_ns": 7, "received_ns": 8}
    ingest(archive, made_up("acme/a.json", [own]))
    with archive._begin(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER readings_refuse_update")
        connection.execute(update(READINGS).values(**change))
    assert told in check_raw(archive)


def test_the_check_finds_a_row_without_a_reading(archive, made_up):
    ingest(archive, made_up("acme/a.json"))
    with archive._begin(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER readings_refuse_delete")
        connection.execute(READINGS.delete())
    assert ": expected the reading" in check_raw(archive)


@pytest.mark.parametrize("column", ["observed_ns", "bytes", "sha256", "rates"])
def test_a_reading_whose_fields_are_of_another_type_is_told(archive, made_up, column):
    """SQLite would keep them: nothing of ours may stumble over them without a word."""
    ingest(archive, made_up("acme/a.json"))
    with archive._begin(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER readings_refuse_update")
        connection.exec_driver_sql(f"UPDATE readings SET {column} = x'ff00'")
    with pytest.raises(ArchiveDamaged, match=f"readings: expected {column} in "):
        check_raw(archive)


def test_the_check_finds_a_venue_that_the_offers_would_not_show(archive, made_up):
    ingest(archive, made_up("acme/a.json"))
    with archive._begin(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER shown_refuse_delete")
        connection.execute(SHOWN.delete())
    assert check_raw(archive) == "shown: expected the venue 'lambda' of acme, found none"


def test_a_reader_that_is_another_now_hides_no_damage(archive, made_up, monkeypatch):
    made_up("acme/a.json")
    ingest(archive, made_up("acme/b.json", [{"price_nanousd": 2}]))
    monkeypatch.setattr(recordings, "venues", lambda: {"acme": Reader("acme", version="2")})
    assert "expected the reader acme-1, found acme-2" in check_raw(archive)
    last = archive.readings()[-1]
    with archive._begin(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER observations_refuse_update")
        changed = update(OBSERVATIONS).where(OBSERVATIONS.c.reading == last.id)
        connection.execute(changed.values(price_nanousd=7))
    assert f"{last.path} row 0: expected " in check_raw(archive)
    archive.bodies.file(last.sha256).unlink()
    assert f"{last.path}: expected the body {last.sha256}" in check_raw(archive)
