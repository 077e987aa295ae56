"""TEST ARCHIVE: what was kept is given back, nothing is changed, damage is noticed.

Takes   small archives in fresh folders; each test runs in SQLite, and as an extra in PostgreSQL.
Gives   claims on polls, refusals, fixings, rates and what the collector must find again.
Keeps   adding twice the same as adding once; a poll whole or not there.
Source  Decisions 0003 and 0015.
"""

import sqlite3
import threading
import time
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st
from sqlalchemy import update

from archives import STORES
from archives import answer
from archives import url_of
from chiphour.adapters import archive as module
from chiphour.adapters.archive import DATABASE
from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Commitment
from chiphour.adapters.archive_rows import Recording
from chiphour.adapters.archive_rows import Reveal
from chiphour.adapters.archive_rows import Task
from chiphour.adapters.archive_rows import rows_root
from chiphour.adapters.archive_tables import FIXINGS
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.offers import Filter
from chiphour.adapters.refusal import Refusal
from chiphour.observe.observation import NEVER_FIXED
from chiphour.observe.observation import PRICES
from chiphour.observe.observation import UnexpectedData
from chiphour.observe.observation import can_be_fixed
from chiphour.observe.observation import canonical_json
from chiphour.observe.observation import observation_id
from chiphour.observe.venue import Rate
from records import fixing

END_NS = 1 << 62
DAY = date(2026, 11, 27)
EURO = Rate("EUR", 900, 1_100_000_000)
REFUSAL = Refusal("acme", "list", "", 10, 20, "UNREADABLE", "expected a, found b", "")


def fixed(series="CHR.H100.SXM.OD", strike_ns=10, known_ns=20, source="", fix_ticks=32_000):
    return fixing(
        series=series, strike_ns=strike_ns, known_ns=known_ns, source=source, fix_ticks=fix_ticks
    )


@pytest.fixture(params=STORES)
def archive(request, tmp_path):
    opened = Archive(tmp_path / "state", url_of(request.param))
    yield opened
    opened.close()


@pytest.fixture
def sqlite(tmp_path):
    opened = Archive(tmp_path / "state")
    yield opened
    opened.close()


def keep(archive, *answers):
    return archive.keep_poll("acme", "acme-1", answers)


def everything(archive):
    return archive.observations(0, END_NS)


def test_what_was_kept_is_given_back(archive):
    flags = ("CARRIED", "FX_UPSTREAM")
    whole = answer(
        b"body",
        [{"flags": flags, "venue": "é", "spec": '{"chip_name":"\\u00e9"}'}, {"gpus": 8}],
        rates=(EURO,),
        dated=False,
        path="a.json.gz",
        file_sha256="f" * 64,
    )
    assert keep(archive, whole) == 2
    assert sorted(everything(archive)) == sorted(whole.observations)
    (reading,) = archive.readings()
    assert archive.body_of(reading) == whole.body
    assert reading[1:7] == (whole.body.sha256, "acme", "list", "a.json.gz", "f" * 64, 4)
    assert reading[7:11] == (1_000, 1_005, False, "acme-1")
    ids = [observation_id(row) for row in whole.observations]
    assert (reading.rates, reading.rows, reading.rows_root) == ((EURO,), 2, rows_root(ids))
    stored = archive.rows_of(reading.id)
    assert [(row.id, row.reading, row.observation) for row in stored] == [
        (identifier, reading.id, row)
        for identifier, row in zip(ids, whole.observations, strict=True)
    ]
    assert archive.recordings() == [Recording("a.json.gz", "f" * 64, reading.id)]
    assert archive.rows_named(ids) == stored
    assert archive.rows_named(["0" * 64]) == []
    assert archive.sources() == ["acme"]


def test_keeping_twice_keeps_once(archive):
    assert keep(archive, answer(rows=2), answer(b"[]", rows=3)) == 5
    before = archive.count()
    assert keep(archive, answer(b"[]", rows=3), answer(rows=2)) == 0
    assert archive.count() == before


def test_the_same_bytes_polled_again_are_another_reading_whose_rows_are_new(archive):
    assert keep(archive, answer(rows=2)) == 2
    assert keep(archive, answer(rows=2, observed_ns=2_000)) == 2
    assert [row.observed_ns for row in archive.readings()] == [1_000, 2_000]
    assert len({row.sha256 for row in archive.readings()}) == 1
    assert len(everything(archive)) == 4


def test_rows_with_times_of_their_own_are_kept_once_for_all_readings_of_a_body(archive):
    """A digest of past days says the same whenever it is read."""
    own = {"observed_ns": 7, "received_ns": 8}
    first = answer(rows=[own], path="a")
    again = answer(rows=[own, {"row": "1"}], observed_ns=2_000, path="b")
    assert keep(archive, first) == 1
    assert keep(archive, again) == 1
    assert [row.rows for row in archive.readings()] == [1, 2]


def test_a_row_that_a_body_gives_twice_is_kept_once(archive):
    twice = answer(rows=[{"row": "x"}, {"row": "x"}])
    assert keep(archive, twice) == 1
    (reading,) = archive.readings()
    assert reading.rows == 1


def test_one_answer_in_two_places_has_its_rows_once(archive):
    keep(archive, answer(path="a.json", file_sha256="a" * 64))
    assert keep(archive, answer(path="b.json.gz", file_sha256="f" * 64)) == 0
    places = [(place.path, place.file_sha256) for place in archive.recordings()]
    assert places == [("a.json", "a" * 64), ("b.json.gz", "f" * 64)]
    assert archive.count()["observations"] == 1


def test_a_page_that_a_poll_got_twice_is_one_reading(archive):
    assert keep(archive, answer(rows=2), answer(rows=2)) == 2
    assert len(archive.readings()) == 1


def test_a_poll_is_whole_or_not_there(archive):
    """The second answer holds what no database can: nothing of the first is there."""
    for field, value in (("venue", "a\0b"), ("venue", "\ud800"), ("price_nanousd", 1 << 63)):
        with pytest.raises(UnexpectedData, match=r"acme row '0': expected"):
            keep(archive, answer(rows=2), answer(b"[]", rows=[{field: value}]))
    assert set(archive.count().values()) == {0}


def test_the_longest_venue_is_kept_and_found(archive):
    name = "\U0001f5a5" * 500
    keep(archive, answer(venue=name))
    assert [row.venue for row in everything(archive)] == [name]
    assert len(archive.offers(1_000, 0, Filter(venue=name)).offers) == 1


def test_a_poll_that_breaks_off_in_the_database_leaves_nothing(archive, monkeypatch):
    def broken(connection, table, rows):
        if table.name == "observations":
            raise ArchiveDamaged("broken off")
        return honest(connection, table, rows)

    honest = module.add
    monkeypatch.setattr(module, "add", broken)
    with pytest.raises(ArchiveDamaged, match="broken off"):
        keep(archive, answer(path="a"))
    assert set(archive.count().values()) == {0}
    assert list(archive.bodies.hashes()) == [answer().body.sha256]  # It was there before the rows.


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    times=st.lists(st.integers(0, END_NS), max_size=12),
    window=st.tuples(st.integers(0, END_NS), st.integers(0, END_NS)),
)
def test_a_window_holds_its_start_and_not_its_end(tmp_path_factory, times, window):
    archive = Archive(tmp_path_factory.mktemp("state"))
    kinds = ("ask", "list", "stock", "rate")
    one = answer(
        rows=[
            {"observed_ns": at, "source": f"s{row % 2}", "kind": kinds[row % 4]}
            for row, at in enumerate(times)
        ]
    )
    keep(archive, one)
    inside = [row for row in one.observations if window[0] <= row.observed_ns < window[1]]
    found = archive.observations(*window)
    assert sorted(found) == sorted(inside)
    assert [row.observed_ns for row in found] == sorted(row.observed_ns for row in inside)
    assert [row.observation for row in archive.stored(*window)] == found
    assert archive.observations(*window, "s1") == [row for row in found if row.source == "s1"]
    asks = [row for row in found if row.kind in ("ask", "rate")]
    assert archive.observations(*window, kinds=("rate", "ask")) == asks
    span = archive.span()
    assert span == ((min(times), max(times)) if times else None)
    archive.close()


def test_what_no_fix_may_consider_is_left_out_exactly(archive):
    """Also where one flag is part of another, and where LIKE would read a mark as any letter."""
    flags = ["COMPARISON", "SCHEMA_ONLY", "UNDATED", "COMPARISONS", "SCHEMAXONLY", "NOT_UNDATED"]
    sets = [(), *((flag,) for flag in flags), ("A", "UNDATED", "Z"), ("A", "NOT_UNDATED", "Z")]
    kinds = (*PRICES, "stock", "rate", "level")
    rows = [{"kind": kind, "flags": of} for kind in kinds for of in sets]
    one = answer(rows=rows)
    keep(archive, one)
    found = archive.observations(0, END_NS, for_fixing=True)
    assert sorted(found) == sorted(row for row in one.observations if can_be_fixed(row))
    assert {flag for row in found for flag in row.flags}.isdisjoint(NEVER_FIXED)


def test_the_last_rate_of_each_currency_published_before_a_time(archive):
    def rate(currency, published_ns, nanousd, **more):
        spec = canonical_json({"currency": currency} | more)
        return {
            "kind": "rate",
            "spec": spec,
            "observed_ns": published_ns,
            "price_nanousd": nanousd,
            "venue": "ecb",
            "source": "ecb",
        }

    days = [rate("EUR", 100, 11), rate("EUR", 200, 12), rate("GBP", 50, 13, chip_name="")]
    keep(archive, answer(b"one", days))
    keep(archive, answer(b"two", [rate("EUR", 200, 15), rate("GBP", 300, 14, day="x")]))
    assert archive.rates(50) == ()
    assert archive.rates(51) == (Rate("GBP", 50, 13),)
    assert archive.rates(200) == (Rate("EUR", 100, 11), Rate("GBP", 50, 13))
    assert archive.rates(300) == (Rate("EUR", 200, 15), Rate("GBP", 50, 13)), "the later kept"
    assert archive.rates(END_NS) == (Rate("EUR", 200, 15), Rate("GBP", 300, 14))


def test_the_last_polls_are_those_of_each_source(archive):
    assert archive.last_polls() == {}
    keep(archive, answer(observed_ns=2_000), answer(b"[]", observed_ns=3_000))
    archive.keep_poll("other", "1", [answer(rows=0, observed_ns=7)])
    assert archive.last_polls() == {"acme": 3_000, "other": 7}


def test_refusals_are_kept_with_their_body_newest_first(archive):
    assert archive.refuse(REFUSAL, b"{")
    assert archive.refuse(REFUSAL._replace(source="other", received_ns=30, code="TIMEOUT"))
    newest, oldest = archive.refusals()
    assert (newest.source, newest.code, newest.sha256) == ("other", "TIMEOUT", "")
    assert oldest == REFUSAL._replace(sha256=oldest.sha256)
    assert archive.bodies.body(oldest.sha256) == b"{"
    assert archive.refusals("acme") == [oldest]
    assert archive.refusals(since_ns=21) == [newest]
    assert archive.refusals(last=1) == [newest]


def test_a_detail_is_one_bounded_line_that_any_database_holds(archive):
    archive.refuse(REFUSAL._replace(detail="found \0 \ud800\n" + "x" * 1_000))
    (found,) = archive.refusals()
    assert len(found.detail) == 500
    assert found.detail.startswith("found \\x00 \\ud800\\nxxx")
    assert found.detail.endswith("x...")


def test_a_recording_is_refused_once_for_each_reason_and_content(archive):
    one = REFUSAL._replace(path="a.json")
    assert archive.refuse(one, file_sha256="a" * 64)
    assert not archive.refuse(one._replace(detail="in other words"), file_sha256="a" * 64)
    assert archive.refuse(one, file_sha256="b" * 64)
    assert archive.refuse(one._replace(code="RATE_MISSING"), file_sha256="a" * 64)
    assert archive.refuse(REFUSAL)
    assert archive.refuse(REFUSAL), "a poll may fail again in the same way"
    assert len(archive.refusals()) == 5


def test_the_state_of_a_task_is_replaced(archive):
    archive.keep_task("b", "{}", 1)
    archive.keep_task("a", '{"failures":1}', 2)
    archive.keep_task("a", '{"failures":2}', 3)
    assert archive.tasks() == [Task("a", '{"failures":2}', 3), Task("b", "{}", 1)]


def test_the_first_commitment_and_the_first_reveal_stand(archive):
    assert archive.commit("vast", DAY, "c" * 64, 1)
    assert not archive.commit("vast", DAY, "d" * 64, 2)
    assert archive.commit("runpod", DAY, "e" * 64, 3)
    vast = Commitment("vast", DAY, "c" * 64, 1)
    assert archive.commitments(DAY) == [Commitment("runpod", DAY, "e" * 64, 3), vast]
    assert archive.commitments(date(2026, 11, 28)) == []
    assert archive.reveal("vast", DAY, '{"offsets_ns":[1]}', 5)
    assert not archive.reveal("vast", DAY, "{}", 6)
    assert archive.reveals() == [Reveal("vast", DAY, '{"offsets_ns":[1]}', 5)]


def test_offers_are_asked_through_the_archive(archive):
    keep(archive, answer(rows=[{"chip": "H100"}, {"chip": "L4"}]))
    page = archive.offers(1_000, 0, Filter(chip="L4"))
    assert [row.observation.chip for row in page.offers] == ["L4"]


def test_a_second_opening_finds_everything(sqlite, tmp_path):
    keep(sqlite, answer(path="a"))
    sqlite.keep_fixings([fixed()])
    sqlite.close()
    again = Archive(tmp_path / "state")
    assert everything(again) == list(answer().observations)
    assert again.fixings() == [fixed()]
    again.close()


def test_sqlite_is_durable_and_lets_readers_read(sqlite, tmp_path):
    with sqlite3.connect(tmp_path / "state" / DATABASE) as other:
        assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    with sqlite._begin() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2
        keep(sqlite, answer())  # Beside an open reader.
    assert sqlite.count()["observations"] == 1


def test_writers_wait_for_one_another(archive):
    """Keep the same and different polls from four threads: each row is there once."""

    def write(thread):
        for number in range(8):
            one = answer(str(number).encode(), 2, 7, path=f"{thread}/{number}")
            keep(archive, one, answer(b"page", 2, 7))
            archive.keep_task("acme", str(thread), number)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = archive.count()
    assert (found["readings"], found["recordings"], found["observations"]) == (9, 32, 18)
    assert found["tasks"] == 1


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


def test_a_fixing_whose_document_was_changed_is_noticed(sqlite):
    sqlite.keep_fixings([fixed()])
    with sqlite._begin(writes=True) as connection:
        connection.exec_driver_sql("DROP TRIGGER fixings_refuse_update")
        connection.execute(update(FIXINGS).values(document="{}"))
    with pytest.raises(ArchiveDamaged, match="expected the document"):
        sqlite.fixings()


@pytest.mark.suite
def test_a_poll_of_twenty_thousand_offers_does_not_wait(sqlite):
    """The aim is well under a second; the bound allows for a machine that is busy."""
    spec = canonical_json({f"key_{number}": "0.123456" for number in range(25)})
    one = answer(rows=[{"spec": spec, "price_nanousd": row} for row in range(20_000)])
    began = time.perf_counter()
    assert keep(sqlite, one) == 20_000
    assert time.perf_counter() - began < 4
    ranked = [row.sequence for row in sqlite.rows_of(sqlite.readings()[0].id)]
    assert all(first < second for first, second in pairwise(ranked))
