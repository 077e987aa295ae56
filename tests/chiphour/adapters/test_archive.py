"""TEST ARCHIVE: what was kept is given back, nothing is changed, damage is noticed.

Takes   small archives in fresh folders.
Gives   claims on adding, asking, refusing and damage.
Keeps   adding twice the same as adding once.
Source  Decision 0005.
"""

import hashlib
import sqlite3
import threading

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import update

from chiphour.adapters.archive import BODIES
from chiphour.adapters.archive import DATABASE
from chiphour.adapters.archive import FIXINGS
from chiphour.adapters.archive import METADATA
from chiphour.adapters.archive import Archive
from chiphour.adapters.archive import ArchiveDamaged
from chiphour.adapters.archive import rows_root
from chiphour.observe.observation import observation_id
from records import fixing
from records import observation

BODY = b'{"offers": []}'
SHA256 = hashlib.sha256(BODY).hexdigest()


def seen(row, observed_ns=1_000, source="acme", raw_sha256=SHA256, flags=()):
    return observation(
        source=source,
        price_nanousd=3_990_000_001,
        gpus=8,
        spec='{"chip_name":"é"}',
        flags=flags,
        observed_ns=observed_ns,
        received_ns=observed_ns + 5,
        raw_sha256=raw_sha256,
        row=str(row),
        reader_version="acme-1",
    )


def fixed(series="CHR.H100.SXM.OD", strike_ns=10, known_ns=20, source="", fix_ticks=32_000):
    return fixing(
        series=series, strike_ns=strike_ns, known_ns=known_ns, source=source, fix_ticks=fix_ticks
    )


@pytest.fixture
def archive(tmp_path):
    opened = Archive(tmp_path / "state")
    yield opened
    opened.close()


def test_what_was_kept_is_given_back(archive):
    rows = [seen(0, flags=("CARRIED", "FX_UPSTREAM")), seen(1)]
    assert archive.keep(BODY, "acme", "a.json", 1_005, rows) == 2
    assert archive.body(SHA256) == BODY
    assert sorted(archive.observations(0, 2_000)) == sorted(rows)
    assert archive.rows_of_body(SHA256) == [(observation_id(row), row) for row in rows]
    (body,) = archive.bodies()
    assert (body.sha256, body.source, body.path) == (SHA256, "acme", "a.json")
    assert (body.bytes, body.received_ns, body.rows) == (len(BODY), 1_005, 2)
    assert body.reader_version == "acme-1"
    assert body.rows_root == rows_root(observation_id(row) for row in rows)


def test_keeping_twice_keeps_once(archive):
    rows = [seen(0), seen(1)]
    assert archive.keep(BODY, "acme", "a.json", 1_005, rows) == 2
    before = archive.count()
    assert archive.keep(BODY, "acme", "a.json", 1_005, rows) == 0
    assert archive.count() == before


def test_one_body_in_two_places_has_its_rows_once(archive):
    archive.keep(BODY, "acme", "a.json", 1_005, [seen(0)])
    assert archive.keep(BODY, "acme", "b.json.gz", 1_005, [seen(0)], file_sha256="f" * 64) == 0
    places = [(place.path, place.file_sha256) for place in archive.recordings()]
    assert places == [("a.json", SHA256), ("b.json.gz", "f" * 64)]
    assert archive.count()["observations"] == 1


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    times=st.lists(st.integers(0, 1 << 62), max_size=12),
    window=st.tuples(st.integers(0, 1 << 62), st.integers(0, 1 << 62)),
)
def test_a_window_holds_its_start_and_not_its_end(tmp_path_factory, times, window):
    archive = Archive(tmp_path_factory.mktemp("state"))
    rows = [seen(row, observed_ns, f"s{row % 2}") for row, observed_ns in enumerate(times)]
    archive.keep(BODY, "acme", "a", 0, rows)
    inside = [row for row in rows if window[0] <= row.observed_ns < window[1]]
    found = archive.observations(*window)
    assert sorted(found) == sorted(inside)
    assert [row.observed_ns for row in found] == sorted(row.observed_ns for row in inside)
    only = archive.observations(*window, source="s1")
    assert sorted(only) == sorted(row for row in inside if row.source == "s1")
    archive.close()


@pytest.mark.parametrize("table", METADATA.tables.values(), ids=str)
def test_no_table_takes_an_update_or_a_delete(archive, table):
    archive.keep(BODY, "acme", "a.json", 1_005, [seen(0)])
    archive.keep_fixings([fixed()])
    column = table.columns.values()[-1]
    for statement in (update(table).values({column.name: "x"}), delete(table)):
        with (
            pytest.raises(ArchiveDamaged, match="append only"),
            archive._begin(writes=True) as connection,
        ):
            connection.execute(statement)
    assert archive.rows_of_body(SHA256) == [(observation_id(seen(0)), seen(0))]


def test_a_failed_transaction_leaves_nothing(archive):
    """Add a body twice in one transaction: the second fails, and the first is gone with it."""
    archive.keep(BODY, "acme", "a.json", 0, [seen(0)])
    row = {"sha256": "1", "source": "s", "path": "p", "file_sha256": "1", "bytes": 1}
    rest = {"received_ns": 0, "reader_version": "", "rows": 0, "rows_root": ""}
    with pytest.raises(ArchiveDamaged), archive._begin(writes=True) as connection:
        connection.execute(insert(BODIES), [row | rest, row | rest])
    assert len(archive.bodies()) == 1


def test_a_damaged_body_is_noticed(archive, tmp_path):
    archive.keep(BODY, "acme", "a.json", 0, [])
    file = tmp_path / "state" / "raw" / SHA256[:2] / SHA256
    file.write_bytes(BODY.replace(b"[", b"("))
    with pytest.raises(ArchiveDamaged, match=f"expected the body {SHA256}, found [0-9a-f]"):
        archive.body(SHA256)
    file.unlink()
    with pytest.raises(ArchiveDamaged, match="No such file"):
        archive.body(SHA256)


def test_a_body_that_was_lost_is_mended_by_keeping_it_again(archive, tmp_path):
    archive.keep(BODY, "acme", "a.json", 0, [])
    file = tmp_path / "state" / "raw" / SHA256[:2] / SHA256
    file.unlink()
    archive.keep(BODY, "acme", "a.json", 0, [])
    assert archive.body(SHA256) == BODY
    assert [path.name for path in file.parent.iterdir()] == [SHA256]


def test_a_second_opening_finds_everything(archive, tmp_path):
    archive.keep(BODY, "acme", "a.json", 0, [seen(0)])
    archive.keep_fixings([fixed()])
    archive.close()
    again = Archive(tmp_path / "state")
    assert again.observations(0, 2_000) == [seen(0)]
    assert again.fixings() == [fixed()]
    again.close()


def test_sqlite_is_durable_and_lets_readers_read(archive, tmp_path):
    with sqlite3.connect(tmp_path / "state" / DATABASE) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with archive._begin() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        archive.keep(BODY, "acme", "a.json", 0, [seen(0)])  # Beside an open reader.
    assert archive.count()["observations"] == 1


def test_writers_wait_for_one_another(archive):
    """Keep the same and different bodies from four threads: each row is there once."""

    def keep(thread):
        for number in range(8):
            body = str(number).encode()
            sha256 = hashlib.sha256(body).hexdigest()
            archive.keep(body, "acme", f"{thread}/{number}", 0, [seen(number, 7, "acme", sha256)])

    threads = [threading.Thread(target=keep, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert archive.count() == {"bodies": 8, "recordings": 32, "observations": 8, "fixings": 0}


def test_a_file_that_is_no_archive_is_told(tmp_path):
    (tmp_path / DATABASE).write_bytes(b"not a database, but long enough to be taken for one" * 9)
    with pytest.raises(ArchiveDamaged, match="expected an archive, found file is not a database"):
        Archive(tmp_path)


def test_a_database_of_someone_else_is_refused_and_left_as_it_was(tmp_path):
    file = tmp_path / DATABASE
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE songs (title)")
    other.close()
    with pytest.raises(ArchiveDamaged, match="expected an archive, found the table 'songs'"):
        Archive(tmp_path)
    with sqlite3.connect(file) as other:
        found = other.execute("SELECT name FROM sqlite_master").fetchall()
    other.close()
    assert found == [("songs",)]


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveDamaged, match="expected a folder for state"):
        Archive(tmp_path / "file" / "state")


def test_fixings_come_back_whole_and_once(archive):
    assert archive.keep_fixings([fixed(), fixed(strike_ns=11)]) == 2
    assert archive.keep_fixings([fixed(), fixed()]) == 0
    assert archive.fixings() == [fixed(), fixed(strike_ns=11)]


def test_the_fixing_known_last_is_given(archive):
    archive.keep_fixings([fixed(known_ns=30, fix_ticks=2), fixed(known_ns=20, fix_ticks=1)])
    assert [found.fix_ticks for found in archive.fixings()] == [2]
    archive.keep_fixings([fixed(known_ns=40, fix_ticks=3)])
    assert [found.fix_ticks for found in archive.fixings()] == [3]


def test_of_two_fixings_known_at_once_the_later_kept_is_given(archive):
    archive.keep_fixings([fixed(fix_ticks=1)])
    archive.keep_fixings([fixed(fix_ticks=2)])
    assert [found.fix_ticks for found in archive.fixings()] == [2]


def test_fixings_are_asked_by_series_strike_and_source(archive):
    rows = [
        fixed("CHR.L4.OD", 10),
        fixed("CHR.L4.OD", 20),
        fixed("CHR.L40S.OD", 10),
        fixed("CHR.L4.OD", 10, source="acme"),
    ]
    archive.keep_fixings(rows)
    assert archive.fixings() == [rows[0], rows[2], rows[1]]
    assert archive.fixings("CHR.L4.OD") == rows[:2]
    assert archive.fixings("CHR.L4.OD", from_ns=11) == [rows[1]]
    assert archive.fixings("CHR.L4.OD", before_ns=20) == [rows[0]]
    assert archive.fixings(source="acme") == [rows[3]]


def test_a_fixing_whose_document_was_changed_is_noticed(archive):
    archive.keep_fixings([fixed()])
    with archive._begin(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER fixings_refuse_update")
        connection.execute(update(FIXINGS).values(document="{}"))
    with pytest.raises(ArchiveDamaged, match="expected the document"):
        archive.fixings()
