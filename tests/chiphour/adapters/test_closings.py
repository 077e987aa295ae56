"""TEST CLOSINGS: a batch is closed once, and what comes in afterwards is told apart.

Takes   small archives in fresh folders; each test runs in SQLite, and as an extra in PostgreSQL.
Gives   claims on which rows are late, on a second closing, and on the words of the warning.
Keeps   a row in time by its place in the archive, not by its times alone.
Source  Decision 0017.
"""

import threading
from datetime import timedelta

import pytest

from archives import STORES
from archives import url_of
from carded import DAYS
from carded import FIRST
from carded import card
from carded import cards
from carded import keep
from chiphour.adapters.archive import Archive
from chiphour.adapters.audits import audit_all
from chiphour.adapters.closings import BatchClosed
from chiphour.adapters.closings import Closed
from chiphour.adapters.closings import Closings
from chiphour.adapters.closings import late_words
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.log import open_log
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns

END_NS = 1 << 62
ROOTS = ("a" * 64, "b" * 64)


@pytest.fixture(params=STORES)
def archive(request, tmp_path):
    opened = Archive(tmp_path, url_of(request.param))
    yield opened
    opened.close()


def test_a_row_is_late_by_its_number_and_the_strike_it_comes_in_with():
    closed = [Closed(strike_ns(day), 10 + 10 * at, 1, "") for at, day in enumerate(DAYS[2:4])]
    known = Closings(closed)
    row = card(DAYS[2], "ovh", 1)
    assert [known.is_late(number, row) for number in (10, 11)] == [False, True]
    came_later = row._replace(received_ns=strike_ns(DAYS[2]) + NS_PER_HOUR)  # With the next strike.
    assert [known.is_late(number, came_later) for number in (20, 21)] == [False, True]
    before_all = card(DAYS[0], "ovh", 1)
    assert [known.is_late(number, before_all) for number in (10, 11)] == [False, True]
    assert not known.is_late(99, card(DAYS[4], "ovh", 1))
    assert not Closings([]).is_late(99, row)


def test_rows_are_given_with_those_that_came_too_late_apart(archive):
    keep(archive, FIRST, cards(FIRST))
    read = archive.fixable(0, END_NS)
    assert (len(read.rows), read.late, read.sequence) == (5, [], archive.count()["observations"])
    archive.close_batches([Closed(strike_ns(FIRST), read.sequence, 5, ROOTS[0])])
    assert archive.fixable(0, END_NS) == read
    keep(archive, FIRST, cards(FIRST))
    assert archive.fixable(0, END_NS).rows == read.rows, "the same again is not new"
    keep(archive, FIRST, [card(FIRST, "together", 1, "other")])
    keep(archive, DAYS[1], [card(DAYS[1], "together", 1, "other")])
    now = archive.fixable(0, END_NS)
    assert [row.venue for row in now.late] == ["together"]
    assert [row.observed_ns for row in now.rows[5:]] == [strike_ns(DAYS[1]) - NS_PER_HOUR]
    assert archive.observations(0, END_NS, for_fixing=True) == now.rows
    assert len(archive.observations(0, END_NS)) == 7, "what was observed is there all the same"
    assert archive.observations(0, END_NS, "other", for_fixing=True) == now.rows[5:]
    assert archive.observations(0, strike_ns(FIRST), kinds=("ask",), for_fixing=True) == []


def test_a_batch_is_closed_once(archive):
    first = [Closed(strike_ns(day), 7, 5, ROOTS[0]) for day in DAYS[:2]]
    archive.close_batches(first)
    archive.close_batches([first[0]._replace(sequence=9)])
    assert archive.closed_batches() == first, "the same rows again change nothing"
    new = Closed(strike_ns(DAYS[2]), 9, 5, ROOTS[0])
    for other in (first[1]._replace(root=ROOTS[1]), first[1]._replace(rows=6)):
        with pytest.raises(BatchClosed) as told:
            archive.close_batches([new, other])
        assert str(told.value) == (
            f"batch of {DAYS[1]}: expected the 5 rows of the archive, root {ROOTS[0]}, found "
            f"{other.rows}, root {other.root}: read the recordings into a fresh data folder"
        )
    assert archive.closed_batches() == first, "what comes with a refused one is not closed either"


def test_published_fixings_stand_in_either_database(archive, tmp_path):
    log = open_log(tmp_path)
    for day in DAYS[:3]:
        keep(archive, day, cards(day))
    fixed = fix_range(archive, DAYS[0], DAYS[2], log=log)
    leaves, count = log.leaves(0, log.size), archive.count()
    keep(archive, DAYS[1], [card(DAYS[1], "together", 4 * 10**9, "other")])
    assert fix_range(archive, DAYS[0], DAYS[2], log=log) == fixed
    assert log.leaves(0, log.size) == leaves
    assert archive.count()["fixings"] == count["fixings"]
    assert audit_all(archive).first_difference is None
    log.close()


def test_what_is_kept_while_rows_are_read_is_numbered_behind_them(archive):
    """Read and keep at once: each reading has all rows up to its number, and none behind it."""
    seen, done = [], threading.Event()

    def read():
        while not done.is_set():
            seen.append(archive.fixable(0, END_NS))

    reader = threading.Thread(target=read)
    reader.start()
    for day in DAYS:
        keep(archive, day, cards(day))
    done.set()
    reader.join()
    rows = archive.stored(0, END_NS)
    for each in seen:
        inside = [row.observation for row in rows if row.sequence <= each.sequence]
        assert each.rows == inside


def test_the_warning_names_the_strikes():
    rows = [card(day, "ovh", 1) for day in DAYS]
    assert late_words([]) == ""
    assert late_words(rows[:1]) == (
        "1 row came in after the batch was closed, of 2026-07-01: no fix considers it; a fresh "
        "data folder fixes with it"
    )
    assert late_words([*rows[:3], rows[2]]) == (
        "4 rows came in after the batch was closed, of 2026-07-01, 2026-07-02, 2026-07-03: no fix "
        "considers them; a fresh data folder fixes with them"
    )
    assert ", of 10 strikes from 2026-07-01 to 2026-07-10: no fix" in late_words(rows)
    late = rows[0]._replace(received_ns=strike_ns(FIRST) + NS_PER_DAY)
    assert f"of {FIRST + timedelta(days=1)}:" in late_words([late])
