"""TEST EXPORT: what is exported is what is kept, and a question reads nothing else.

Takes   small archives of a few days, venues and texts that are hard to write down.
Gives   claims on parts, on exporting again, and on what a question may do.
Keeps   every figure of the export equal to that of the archive.
Source  Decision 0015.
"""

import statistics
from datetime import date

import duckdb
import pytest

from archives import STORES
from archives import answer
from archives import url_of
from chiphour.adapters import export as module
from chiphour.adapters.archive import Archive
from chiphour.adapters.export import COLUMNS
from chiphour.adapters.export import PARTS
from chiphour.adapters.export import Export
from chiphour.adapters.export import ExportRefused
from chiphour.adapters.export import QuestionRefused
from chiphour.adapters.export import export_parquet
from chiphour.adapters.export import fixings_parquet
from chiphour.adapters.export import query
from chiphour.observe.observation import Observation
from chiphour.publish.datasets import FIXING_COLUMNS
from chiphour.publish.datasets import fixing_object
from chiphour.units import NS_PER_DAY
from chiphour.units import ns_from_iso
from records import FIXED

FIRST_NS = ns_from_iso("2026-07-01T00:00:00+00:00")
END_NS = FIRST_NS + 10 * NS_PER_DAY
VENUES = ("lambda", "a/b c", "50%", "é\n\"'\\", ".", "nebius")


@pytest.fixture(params=STORES)
def archive(request, tmp_path):
    opened = Archive(tmp_path / "state", url_of(request.param))
    for day in (0, 1, 5):
        rows = [
            {"venue": venue, "price_nanousd": (1 << 62) - row - day, "flags": ("A", "B")}
            for row, venue in enumerate(VENUES * 3)
        ]
        content = f"day {day}".encode()
        opened.keep_poll("acme", "1", [answer(content, rows, FIRST_NS + day * NS_PER_DAY + 7)])
    yield opened
    opened.close()


@pytest.fixture
def folder(archive, tmp_path):
    export_parquet(archive, tmp_path / "export", FIRST_NS, END_NS)
    return tmp_path / "export"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """An export of one row, which questions may try to harm."""
    place = tmp_path_factory.mktemp("small")
    opened = Archive(place / "state")
    opened.keep_poll("acme", "1", [answer(b"one", 1, FIRST_NS)])
    export_parquet(opened, place / "export", FIRST_NS, END_NS)
    opened.close()
    return place / "export"


def parts(folder):
    return {file: (file.read_bytes(), file.stat().st_ino) for file in sorted(folder.glob(PARTS))}


def asked(folder, sql):
    return list(query(folder, sql).rows)


def test_every_observation_is_in_the_export_with_its_id_and_reading(archive, folder):
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    found = asked(folder, f"SELECT {columns} FROM observations ORDER BY observed_ns, id")
    kept = archive.stored(0, 1 << 62)
    flags = Observation._fields.index("flags")
    assert found == [
        (row.id, row.reading, *seen[:flags], " ".join(seen.flags), *seen[flags + 1 :])
        for row in kept
        for seen in [row.observation]
    ]
    assert len(found) == 3 * 3 * len(VENUES)


def test_parts_lie_by_day_and_venue(folder):
    names = {file.relative_to(folder).as_posix() for file in folder.glob(PARTS)}
    assert len(names) == 3 * len(VENUES)
    assert "day=2026-07-06/venue=lambda/part-0.parquet" in names
    assert "day=2026-07-01/venue=a%2Fb%20c/part-0.parquet" in names
    assert not any(path.name.startswith(".") for path in folder.iterdir())
    days = asked(folder, "SELECT DISTINCT day FROM observations ORDER BY day")
    assert days == [(date(2026, 7, day),) for day in (1, 2, 6)]


def test_sums_and_medians_are_those_of_the_archive(archive, folder):
    kept = archive.observations(0, 1 << 62)
    assert asked(folder, "SELECT count(*), sum(price_nanousd) FROM observations") == [
        (len(kept), sum(row.price_nanousd for row in kept))
    ]
    median = "SELECT venue, quantile_disc(price_nanousd, 0.5) FROM observations GROUP BY venue"
    found = dict(asked(folder, median))
    ours = {
        venue: statistics.median_low(row.price_nanousd for row in kept if row.venue == venue)
        for venue in VENUES
    }
    assert found == ours


def test_exporting_again_touches_only_what_changed(archive, folder):
    before = parts(folder)
    assert export_parquet(archive, folder, FIRST_NS, END_NS) == Export(54, 18, 0)
    assert parts(folder) == before
    archive.keep_poll("late", "1", [answer(b"late", 1, FIRST_NS + 8, source="late")])
    assert export_parquet(archive, folder, FIRST_NS, END_NS) == Export(55, 18, 1)
    changed = {file for file, part in parts(folder).items() if part != before[file]}
    assert {file.parent.name for file in changed} == {"venue=lambda"}


def test_the_same_rows_kept_in_another_order_are_the_same_bytes(archive, folder, tmp_path):
    other = Archive(tmp_path / "other")
    for reading in reversed(archive.readings()):
        body = archive.body_of(reading)
        seen = tuple(row.observation for row in archive.rows_of(reading.id))
        one = answer()._replace(body=body, observations=seen)
        other.keep_poll("acme", "1", [one])
    export_parquet(other, tmp_path / "again", FIRST_NS, END_NS)
    found = {
        file.relative_to(tmp_path / "again"): of[0]
        for file, of in parts(tmp_path / "again").items()
    }
    assert found == {file.relative_to(folder): of[0] for file, of in parts(folder).items()}
    other.close()


def test_a_range_is_exported_without_its_end(archive, tmp_path):
    found = export_parquet(
        archive, tmp_path / "some", FIRST_NS + NS_PER_DAY, FIRST_NS + 5 * NS_PER_DAY
    )
    assert (found.parts, found.written) == (len(VENUES), len(VENUES))
    assert export_parquet(archive, tmp_path / "none", END_NS, END_NS) == Export(0, 0, 0)


def test_a_range_that_cuts_a_day_is_refused(archive, tmp_path):
    for range_ns in ((FIRST_NS, FIRST_NS + NS_PER_DAY + 8), (FIRST_NS + 8, END_NS)):
        with pytest.raises(ExportRefused, match="expected whole days"):
            export_parquet(archive, tmp_path / "some", *range_ns)
    assert export_parquet(archive, tmp_path / "all", 1, (1 << 62) + 1).rows == 54


def test_an_empty_archive_gives_an_empty_export(tmp_path):
    empty = Archive(tmp_path / "empty")
    assert export_parquet(empty, tmp_path / "export", FIRST_NS, END_NS) == Export(0, 0, 0)
    empty.close()


def test_an_export_that_breaks_off_leaves_the_parts_before_whole(archive, folder, monkeypatch):
    before = parts(folder)
    archive.keep_poll("late", "1", [answer(b"late", [{"venue": "lambda"}], FIRST_NS + 8)])
    monkeypatch.setattr(
        module, "write_durably", lambda file, content: (_ for _ in ()).throw(OSError)
    )
    with pytest.raises(ExportRefused, match="expected to write an export"):
        export_parquet(archive, folder, FIRST_NS, END_NS)
    assert parts(folder) == before
    assert not any(path.name.startswith(".") for path in folder.iterdir())


def test_a_folder_without_an_export_is_told(tmp_path):
    with pytest.raises(QuestionRefused, match="expected an export, found no day="):
        query(tmp_path, "SELECT 1")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "",
        "COPY (SELECT 1) TO '{folder}/made.csv'",
        "CREATE TABLE made (a INT)",
        "ATTACH '{folder}/made.db'",
        "SET enable_external_access = true",
        "PRAGMA version",
        "INSTALL httpfs",
        "SELECT * FROM read_text('{folder}/../secret')",
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM '{secret}'",
        "SELECT * FROM glob('/*')",
        "SELECT nothing FROM observations",
        "SELEKT",
    ],
)
def test_a_question_that_does_more_than_ask_the_export_is_refused(small, sql):
    folder = small
    secret = folder.parent / "secret"
    secret.write_text("secret")
    before = sorted(folder.rglob("*"))
    with pytest.raises(QuestionRefused) as told:
        query(folder, sql.format(folder=folder, secret=secret))
    assert "\n" not in str(told.value)
    assert sorted(folder.rglob("*")) == before


def test_rows_time_and_memory_of_a_question_are_bounded(small):
    assert len(query(small, "FROM range(10)", 10).rows) == 10
    with pytest.raises(QuestionRefused, match="expected at most 9 rows, found more"):
        query(small, "FROM range(10)", 9)
    long = "SELECT sum(a.range * b.range) FROM range(9999999) a, range(9999999) b"
    with pytest.raises(QuestionRefused, match="expected an answer in 1 seconds"):
        query(small, long, seconds=1)
    with pytest.raises(QuestionRefused, match="Memory"):
        query(small, "SELECT list(range) FROM range(999999999)")


def test_the_columns_of_an_answer_have_their_names(small):
    found = query(small, "SELECT count(*) AS rows, day FROM observations GROUP BY day LIMIT 0")
    assert found == (("rows", "day"), ())


def test_a_venue_whose_name_no_file_system_takes_is_whole_in_its_part(archive, folder):
    name = "x" * 300
    archive.keep_poll("late", "1", [answer(b"late", [{"venue": name}], FIRST_NS + 8)])
    export_parquet(archive, folder, FIRST_NS, END_NS)
    words = f"FROM read_parquet('{folder}/{PARTS}', hive_partitioning = false)"
    assert asked(folder, f"SELECT venue {words} WHERE starts_with(venue, 'xx')") == [(name,)]


def test_a_folder_with_a_quote_in_its_name_is_asked_all_the_same(archive, tmp_path):
    folder = tmp_path / "it's"
    export_parquet(archive, folder, FIRST_NS, END_NS)
    assert asked(folder, "SELECT count(*) FROM observations") == [(54,)]


@pytest.mark.parametrize("name", ["run[1]", "all*", "what?", "[a-z]"])
def test_a_folder_whose_name_looks_like_a_pattern_is_that_folder(archive, tmp_path, name):
    """A folder that such a pattern would match lies beside it, with another export in it."""
    folder = tmp_path / name
    for beside in ("run1", "all of it", "what!", "b"):
        (tmp_path / beside).mkdir()
    export_parquet(archive, tmp_path / "run1", FIRST_NS, FIRST_NS + NS_PER_DAY)
    assert export_parquet(archive, folder, FIRST_NS, END_NS).written == 18
    assert export_parquet(archive, folder, FIRST_NS, END_NS).written == 0
    assert asked(folder, "SELECT count(*) FROM observations") == [(54,)]


def test_fixings_as_parquet_have_the_columns_typed_and_null_where_empty(tmp_path):
    none = FIXED._replace(series="CHR.L4.OD", state="suppressed", fix_ticks=None, fit=False)
    file = tmp_path / "fixings.parquet"
    file.write_bytes(fixings_parquet([none, FIXED]))
    table = duckdb.sql(f"select * from '{file}'")
    assert table.columns == [column.name for column in FIXING_COLUMNS]
    kinds = {str: "VARCHAR", int: "BIGINT", bool: "BOOLEAN"}
    assert [str(kind) for kind in table.types] == [kinds[column.type] for column in FIXING_COLUMNS]
    assert table.fetchall() == [tuple(fixing_object(one).values()) for one in (FIXED, none)]
    assert fixings_parquet([FIXED, none]) == file.read_bytes()


def test_no_fixing_is_a_file_with_columns_alone(tmp_path):
    file = tmp_path / "none.parquet"
    file.write_bytes(fixings_parquet([]))
    table = duckdb.sql(f"select * from '{file}'")
    assert (table.columns[:2], table.fetchall()) == (["series", "date"], [])
