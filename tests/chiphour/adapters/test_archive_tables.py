"""TEST ARCHIVE_TABLES: rows stay as they are, in both databases; another's database stays his.

Takes   fresh databases of SQLite, and as an extra of PostgreSQL; some that are not ours.
Gives   claims on what is refused, and that nothing is changed by refusing.
Keeps   the two databases alike in all that a caller can see.
Source  Decisions 0003 and 0015.
"""

import sqlite3
from datetime import date

import pytest
from sqlalchemy import delete
from sqlalchemy import insert
from sqlalchemy import text
from sqlalchemy import update

from archives import STORES
from archives import answer
from archives import url_of
from chiphour.adapters.archive import DATABASE
from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_tables import METADATA
from chiphour.adapters.archive_tables import MUTABLE
from chiphour.adapters.archive_tables import READINGS
from chiphour.adapters.archive_tables import TASKS
from chiphour.adapters.archive_tables import add
from chiphour.adapters.archive_tables import connected
from chiphour.adapters.archive_tables import transaction
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.closings import Closed
from chiphour.adapters.refusal import Refusal
from chiphour.index.revision import Revision
from records import fixing

KEPT = [table for table in METADATA.tables.values() if table not in MUTABLE]


@pytest.fixture(params=STORES)
def url(request, tmp_path):
    return url_of(request.param) or f"sqlite:///{tmp_path / 'one.db'}"


@pytest.fixture
def archive(url, tmp_path):
    opened = Archive(tmp_path / "state", url)
    opened.keep_poll("acme", "1", [answer(path="a.json")])
    opened.keep_fixings([fixing()], Revision("REV-2026-001", "x", 1, (1,), ("a",), ()))
    opened.refuse(Refusal("acme", "", "", 1, 1, "TIMEOUT", "x", ""))
    opened.commit("acme", date(2026, 11, 27), "c" * 64, 1)
    opened.reveal("acme", date(2026, 11, 27), "{}", 1)
    opened.close_batches([Closed(1, 1, 1, "a" * 64)])
    opened.keep_task("acme", "{}", 1)
    yield opened
    opened.close()


def add_and_fail(connection):
    add(connection, METADATA.tables["shown"], [("a", "b")])
    raise ValueError("too few")


def run(url, *statements):
    engine = connected(url)
    with engine.begin() as connection:
        found = [connection.execute(text(statement)) for statement in statements]
        rows = found[-1].all() if found[-1].returns_rows else []
    engine.dispose()
    return rows


@pytest.mark.parametrize("table", KEPT, ids=str)
def test_no_table_but_that_of_tasks_takes_an_update_or_a_delete(archive, table):
    before = archive.count()
    assert before[table.name] == 1
    column = table.columns.values()[-1]
    words = [update(table).values({column.name: column}), delete(table)]
    if archive._engine.dialect.name == "postgresql":
        words.append(text(f"TRUNCATE {table.name}"))
    for statement in words:
        with (
            pytest.raises(ArchiveDamaged, match="append only"),
            archive._begin(writes=True) as connection,
        ):
            connection.execute(statement)
    assert archive.count() == before


def test_only_the_state_of_tasks_may_change():
    assert MUTABLE == (TASKS,)


def test_a_failed_transaction_leaves_nothing(archive):
    """Add a reading twice in one transaction: the second fails, and the first is gone with it."""
    row = archive.readings()[0]._asdict() | {"id": "1", "rates": "[]"}
    with pytest.raises(ArchiveDamaged), archive._begin(writes=True) as connection:
        connection.execute(insert(READINGS), [row, row])
    assert len(archive.readings()) == 1


def test_adding_counts_what_is_new(archive):
    rows = [("a", "b"), ("c", "d"), ("a", "b"), ("acme", "lambda")]
    with archive._begin(writes=True) as connection:
        assert add(connection, METADATA.tables["shown"], []) == 0
        assert add(connection, METADATA.tables["shown"], rows) == 2
    assert archive.count()["shown"] == 3


def test_a_row_is_numbered_after_all_that_are_visible(archive):
    """A reader that goes on after the last number it saw must miss nothing."""
    archive.keep_poll("acme", "1", [answer(b"1", 3)])
    archive.keep_poll("acme", "1", [answer(b"1", 3)])
    archive.keep_poll("acme", "1", [answer(b"2", 3)])
    numbers = [row.sequence for of in archive.readings() for row in archive.rows_of(of.id)]
    assert len(set(numbers)) == 7


def test_a_second_opening_makes_nothing_and_loses_nothing(archive, url, tmp_path):
    again = Archive(tmp_path / "state", url)
    assert again.count() == archive.count()
    assert again.readings() == archive.readings()
    again.close()


def test_a_database_of_someone_else_is_refused_and_left_as_it_was(url, tmp_path):
    run(url, "CREATE TABLE songs (title VARCHAR)")
    with pytest.raises(ArchiveDamaged, match="expected an archive, found the table 'songs'"):
        Archive(tmp_path / "state", url)
    run(url, "DROP TABLE songs")
    Archive(tmp_path / "state", url).close()


def test_an_earlier_layout_is_refused_with_what_to_do(url, tmp_path):
    run(url, "CREATE TABLE bodies (sha256 VARCHAR)")
    with pytest.raises(ArchiveDamaged) as told:
        Archive(tmp_path / "state", url)
    line = str(told.value)
    assert "\n" not in line
    assert "found an earlier 'bodies': remove its tables; it is made again" in line
    with pytest.raises(ArchiveDamaged):
        Archive(tmp_path / "state", url)


def test_the_folder_of_an_earlier_layout_is_named(tmp_path):
    run(f"sqlite:///{tmp_path / DATABASE}", "CREATE TABLE observations (id VARCHAR)")
    with pytest.raises(
        ArchiveDamaged, match=f"earlier 'observations': remove the folder {tmp_path}"
    ):
        Archive(tmp_path)


def test_a_folder_whose_fixings_had_no_sets_says_how_to_remove_it(tmp_path):
    """The layout before parameter sets: the same table, with other columns."""
    names = "sequence, sha256, series, strike_ns, source, methodology, vintage, known_ns, document"
    run(f"sqlite:///{tmp_path / DATABASE}", f"CREATE TABLE fixings ({names})")
    with pytest.raises(ArchiveDamaged) as told:
        Archive(tmp_path)
    assert "\n" not in str(told.value)
    assert f"earlier 'fixings': remove the folder {tmp_path}; it is made again" in str(told.value)


def test_a_file_that_is_no_archive_is_told(tmp_path):
    (tmp_path / DATABASE).write_bytes(b"not a database, but long enough to be taken for one" * 9)
    with pytest.raises(ArchiveDamaged, match="expected an archive, found file is not a database"):
        Archive(tmp_path)


def test_nothing_is_added_to_a_foreign_file(tmp_path):
    file = tmp_path / DATABASE
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE songs (title)")
    other.close()
    with pytest.raises(ArchiveDamaged):
        Archive(tmp_path)
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("songs",)]
    other.close()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("no url", "expected the URL of a database"),
        ("oracle://here", "expected the URL of a database|found oracle"),
        ("mysql+nothing://here", "expected the URL of a database"),
    ],
)
def test_a_url_that_leads_nowhere_is_told(tmp_path, words, told):
    with pytest.raises(ArchiveDamaged, match=told):
        Archive(tmp_path, words)


@pytest.mark.extra
def test_a_server_that_is_not_there_is_told_in_one_line_without_the_password(tmp_path):
    pytest.importorskip("psycopg")
    with pytest.raises(ArchiveDamaged, match="expected an archive, found") as told:
        Archive(tmp_path, f"postgresql+psycopg://me:hidden@/none?host={tmp_path}")
    assert "\n" not in str(told.value)
    assert "hidden" not in str(told.value)


def test_a_transaction_that_fails_of_itself_is_undone(url, tmp_path):
    Archive(tmp_path / "state", url).close()
    engine = connected(url)
    with (
        pytest.raises(ValueError, match="too few"),
        transaction(engine, writes=True) as connection,
    ):
        add_and_fail(connection)
    with transaction(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM shown")).scalar_one() == 0
    engine.dispose()
