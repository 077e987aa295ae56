"""TEST VINTAGES: a fixing as it was known at any time, in SQLite and in PostgreSQL.

Takes   small archives with several vintages of several strikes, kept in any order.
Gives   a failure where an answer about the past is not what was known then.
Keeps   every question against the plain one: the last row known by then, of all rows.
Source  Decision 0017.
"""

import random

import pytest
from sqlalchemy import event

from archives import STORES
from archives import url_of
from chiphour.adapters.archive import Archive
from chiphour.adapters.bodies import ArchiveDamaged
from chiphour.adapters.vintages import LATEST_NS
from chiphour.index.revision import Revision
from records import fixing

H100, L4 = "CHR.H100.SXM.OD", "CHR.L4.OD"
EVENT = Revision("REV-2026-001", "wrong", 50, (10,), ("a",), ("b",))


def fixed(strike_ns=10, known_ns=20, fix_ticks=1, series=H100, **fields):
    state = "suppressed" if fix_ticks is None else "fixed"
    of = {"series": series, "strike_ns": strike_ns, "known_ns": known_ns, "fix_ticks": fix_ticks}
    return fixing(**of | {"state": state} | fields)


@pytest.fixture(params=STORES)
def archive(request, tmp_path):
    opened = Archive(tmp_path / "state", url_of(request.param))
    yield opened
    opened.close()


def test_the_last_vintage_known_at_a_time_is_given(archive):
    provisional, final, revised = fixed(), fixed(known_ns=30), fixed(known_ns=40, fix_ticks=2)
    archive.keep_fixings([revised, provisional, final])
    expected = {19: None, 20: provisional, 29: provisional, 30: final, 39: final, 40: revised}
    for as_of_ns, found in {**expected, LATEST_NS: revised, None: revised}.items():
        assert archive.fixing_as_of(H100, 10, as_of_ns) == found
        assert archive.fixings(as_of_ns=as_of_ns) == ([] if found is None else [found])
    assert archive.vintages(H100, 10) == [provisional, final, revised]


def test_sets_and_sources_are_kept_apart(archive):
    rows = [
        fixed(parameter_set=name, source=source, fix_ticks=ticks)
        for ticks, (name, source) in enumerate(
            [("v2026_1", ""), ("robust", ""), ("v2026_1", "acme"), ("robust", "acme")], 1
        )
    ]
    assert archive.keep_fixings(rows) == 4
    for row in rows:
        of = {"source": row.source, "parameter_set": row.parameter_set}
        assert archive.fixing_as_of(H100, 10, None, **of) == row
        assert archive.fixings(**of) == archive.vintages(H100, 10, **of) == [row]
        assert archive.last_fixed(11, None, **of) == {H100: row}
    assert archive.vintages(None, 10, "", None) == rows[:2]
    assert archive.fixed_strikes() == [("", 10), ("acme", 10)]
    assert archive.fixed_strikes("acme") == [("acme", 10)]
    assert archive.fixed_strikes("none") == []


def test_the_last_fix_before_a_strike_is_the_one_that_stood_at_that_time(archive):
    """Strike 20 is fixed, later revised to nothing, later fixed again."""
    first = fixed(10, 11)
    second, gone, back = (
        fixed(20, known_ns, ticks) for known_ns, ticks in ((21, 2), (40, None), (50, 3))
    )
    archive.keep_fixings([first, second, gone, back, fixed(30, 31, None), fixed(20, 21, 9, L4)])
    other = archive.fixing_as_of(L4, 20)
    expected = {20: {H100: first}, 21: {H100: second, L4: other}, 45: {H100: first, L4: other}}
    for as_of_ns, found in expected.items():
        assert archive.last_fixed(40, as_of_ns) == found
    assert archive.last_fixed(40) == {H100: back, L4: other}
    assert archive.last_fixed(20) == {H100: first}
    assert archive.last_fixed(40, None, series=L4) == {L4: other}
    assert archive.last_fixed(10) == {}


def test_states_hashes_and_numbers_tell_what_is_kept_without_reading_it(archive):
    rows = [fixed(10, 20), fixed(10, 30, vintage="final"), fixed(20, 25), fixed(10, 20, 7, L4)]
    archive.keep_fixings(rows)
    assert archive.fixing_states() == [
        (10, H100, "final", 30),
        (10, L4, "provisional", 20),
        (20, H100, "provisional", 25),
    ]
    assert archive.fixing_states(from_ns=20) == [(20, H100, "provisional", 25)]
    hashes = archive.fixing_hashes()
    assert [known_ns for known_ns, _, _ in hashes] == [20, 20, 25, 30]
    numbers = [sequence for _, sequence, _ in hashes]
    assert archive.fixings_numbered(reversed(numbers)) == rows
    assert archive.fixing_hashes("acme") == []
    assert archive.first_fixed_ns() == 10
    assert archive.first_fixed_ns("acme") is None


def test_an_event_comes_with_its_vintages_or_not_at_all(archive):
    assert archive.last_known_ns() is None
    archive.keep_fixings([fixed(known_ns=45)])
    archive.keep_fixings([fixed(known_ns=50, fix_ticks=2)], EVENT)
    assert archive.revisions() == archive.revisions(50) == [EVENT]
    assert archive.revisions(49) == []
    assert archive.last_known_ns() == 50
    with pytest.raises(ArchiveDamaged, match="expected a new event, found REV-2026-001"):
        archive.keep_fixings([fixed(known_ns=60, fix_ticks=3)], EVENT._replace(cause="other"))
    assert archive.revisions() == [EVENT]
    assert archive.fixing_as_of(H100, 10).fix_ticks == 2


def test_any_question_is_answered_as_reading_everything_would(archive):
    """Keep many vintages in a random order; ask for random times, in every form."""
    pick = random.Random(2026)
    rows = [
        fixed(strike, strike + pick.randrange(1, 60), pick.choice((None, number)), series)
        for number, (strike, series) in enumerate(
            (strike, series) for _ in range(12) for strike in (10, 20, 30) for series in (H100, L4)
        )
    ]
    pick.shuffle(rows)
    for part in (rows[:30], rows[30:]):
        archive.keep_fixings(part)

    def known(series, strike, as_of_ns):
        then = [r for r in rows if (r.series, r.strike_ns) == (series, strike)]
        then = [r for r in then if r.known_ns <= as_of_ns]
        return max(enumerate(then), key=lambda e: (e[1].known_ns, e[0]), default=(0, None))[1]

    for as_of_ns in range(10, 95, 3):
        strikes = [(strike, series) for strike in (10, 20, 30) for series in (H100, L4)]
        expected = [known(series, strike, as_of_ns) for strike, series in strikes]
        assert archive.fixings(as_of_ns=as_of_ns) == [row for row in expected if row]
        for (strike, series), row in zip(strikes, expected, strict=True):
            assert archive.fixing_as_of(series, strike, as_of_ns) == row
        last = {row.series: row for row in expected if row and row.state == "fixed"}
        assert archive.last_fixed(31, as_of_ns) == last


def test_a_point_question_is_one_probe_of_one_index(tmp_path):
    """Ask SQLite how it finds the answer: by the index, in its order, without sorting."""
    archive = Archive(tmp_path)
    asked = []
    event.listen(archive._engine, "before_cursor_execute", lambda *of: asked.append((of[2], of[3])))
    archive.fixing_as_of(H100, 10, 20)
    archive.fixings(H100, 10, 20, as_of_ns=20)
    questions = [each for each in asked if each[0].startswith("SELECT")]
    with archive._engine.connect() as connection:
        plans = [
            [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)]
            for words, values in questions
        ]
    archive.close()
    assert len(plans) == 2
    assert plans[0] == [
        "SEARCH fixings USING INDEX fixings_by_vintage "
        "(source=? AND parameter_set=? AND series=? AND strike_ns=? AND known_ns<?)"
    ]
    assert not [line for line in plans[1] if "SCAN" in line or "TEMP B-TREE" in line]
