"""TEST RECORDINGS: a recording is read whole, or left out with one clear line.

Takes   the shipped recordings; copies of a few, torn and edited.
Gives   claims on reading, refusing, reading again and checking against the bytes.
Keeps   the shipped recordings free of refusals.
Source  Decision 0005; NOTICE.
"""

import csv
import gzip
import hashlib
import json
import os
import shutil

import pytest
from sqlalchemy import update

from chiphour.adapters import recordings
from chiphour.adapters.archive import OBSERVATIONS
from chiphour.adapters.archive import Archive
from chiphour.adapters.recordings import MANIFEST
from chiphour.adapters.recordings import RecordingRefused
from chiphour.adapters.recordings import check_raw
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.observe.venues import venues

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


def test_the_shipped_recordings_are_read_without_a_refusal(archive):
    report = ingest(archive, embedded_folder())
    assert report.refused == ()
    assert {summary.venue for summary in report.venues} == set(venues())
    for summary in report.venues:
        assert summary.files > 0
        assert summary.new == summary.rows > 0
        assert summary.unmapped == {}
    (vast,) = (summary for summary in report.venues if summary.venue == "vast")
    assert (vast.files, vast.rows, vast.machines) == (12, 5794, 538)
    assert vast.flags["BID_FLOOR"] == 2897
    assert archive.count()["observations"] == sum(summary.rows for summary in report.venues)
    assert check_raw(archive) is None

    again = ingest(archive, embedded_folder())
    assert [summary.new for summary in again.venues] == [0] * len(venues())
    assert [summary._replace(new=0) for summary in report.venues] == list(again.venues)


def test_folders_without_a_reader_are_counted(archive):
    report = ingest(archive, embedded_folder(), only="vast")
    assert report.unread["gcp"] == 1
    assert "vast" not in report.unread


def test_progress_counts_every_file(archive, folder):
    shown = []
    ingest(archive, folder, lambda done, total: shown.append((done, total)))
    assert shown == [(1, 2), (2, 2)]


def test_the_same_bytes_elsewhere_add_nothing_and_are_checked_there_too(archive, folder):
    ingest(archive, embedded_folder(), only="vast")
    before = archive.count()
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
    assert [body.path for body in archive.bodies()] == [str(folder / OTHER)]


def test_a_cleanly_repacked_edit_is_refused_by_the_manifest(archive, folder):
    rewrite(folder, CAPTURE, lambda page: page["offers_by_model"]["H200"].pop())
    assert MANIFEST in refused(ingest(archive, folder))


@pytest.mark.parametrize("left", [0, 5, 20, 30_000, 65_860])
def test_a_torn_file_is_refused_without_a_manifest(archive, folder, left):
    os.truncate(without_manifest(folder) / CAPTURE, left)
    line = refused(ingest(archive, folder))
    assert CAPTURE in line
    assert "expected" in line
    assert len(archive.bodies()) == 1


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
    assert f"{CAPTURE}: vast row H200/3: expected no further field, found ['new_field']" in line


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


def test_a_file_of_another_kind_is_refused(archive, folder):
    (without_manifest(folder) / "vast" / "notes.txt").write_text("x")
    (folder / "vast" / ".hidden").write_text("x")
    assert "notes.txt: expected a name ending .json" in refused(ingest(archive, folder))


def test_a_plain_json_file_is_read(archive, folder):
    packed = (without_manifest(folder) / CAPTURE).read_bytes()
    (folder / CAPTURE).unlink()
    (folder / CAPTURE.removesuffix(".gz")).write_bytes(gzip.decompress(packed))
    assert ingest(archive, folder).refused == ()
    assert check_raw(archive) is None


def test_missing_and_unlisted_files_are_warned_of(archive, folder):
    shutil.move(folder / CAPTURE, folder / "vast" / "moved.json.gz")
    report = ingest(archive, folder)
    assert report.refused == ()
    missing, unlisted = report.warnings
    assert missing == f"vast: 1 files of {MANIFEST} are missing, the first is {CAPTURE}"
    assert unlisted.startswith(f"{folder / 'vast' / 'moved.json.gz'}: not listed")


def test_a_manifest_inside_the_folder_is_used(archive, folder):
    shutil.move(folder.parent / MANIFEST, folder / MANIFEST)
    (folder / CAPTURE).write_bytes(b"")
    assert f"as {MANIFEST} lists it" in refused(ingest(archive, folder))


@pytest.mark.parametrize("words", ["", "path,sha256\na,b\n", "path,sha256,bytes\na,b,many\n"])
def test_a_manifest_that_cannot_be_read_stops_everything(archive, folder, words):
    (folder.parent / MANIFEST).write_text(words)
    if words:
        with pytest.raises(RecordingRefused, match="expected the columns path, sha256, bytes"):
            ingest(archive, folder)
        assert archive.bodies() == []
    else:
        assert len(ingest(archive, folder).warnings) == 2


def test_a_folder_without_recordings_is_told(archive, tmp_path):
    with pytest.raises(RecordingRefused, match=r"expected recordings in .*vast.*, found none"):
        ingest(archive, tmp_path)
    with pytest.raises(RecordingRefused, match="expected recordings"):
        ingest(archive, tmp_path / "absent")


def test_an_unknown_venue_is_told_with_those_there_are(archive, folder):
    with pytest.raises(RecordingRefused, match=r"expected a venue of .*vast.*, found 'acme'"):
        ingest(archive, folder, only="acme")


def test_the_check_finds_a_changed_body(archive, folder, tmp_path):
    ingest(archive, folder)
    sha256 = archive.bodies()[0].sha256
    file = tmp_path / "state" / "raw" / sha256[:2] / sha256
    body = bytearray(file.read_bytes())
    body[500] ^= 1
    file.write_bytes(body)
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
    assert "observations, found" in check_raw(archive)


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
