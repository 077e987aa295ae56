"""TEST KNOWN FIXINGS: the index of a data folder as of a day.

Takes   `adapters/known_fixings.py`, an archive with kept fixings.
Gives   failures.
Keeps   what was fixed after the day unseen.
Source  Decision 0044.
"""

from datetime import date

from chiphour.adapters.archive import Archive
from chiphour.adapters.known_fixings import FixedUntil
from chiphour.adapters.known_fixings import NoFixings
from chiphour.adapters.known_fixings import fixed_index
from chiphour.units import day_from_ns
from chiphour.units import strike_ns
from priced import LAST
from priced import TICKER
from priced import fixings_of


def test_a_day_hides_what_came_after_it(tmp_path):
    archive = Archive(tmp_path)
    archive.keep_fixings(fixings_of(20))
    day = date(2026, 8, 5)
    index = fixed_index(archive, tmp_path, day)
    assert isinstance(index, FixedUntil)
    days = {day_from_ns(each.strike_ns) for each in index.fixings(TICKER)}
    assert max(days) == day and len(days) == 12
    assert index.time_ns() == strike_ns(day)
    archive.close()


def test_without_a_day_the_last_recorded_moment_is_now(tmp_path):
    archive = Archive(tmp_path)
    archive.keep_fixings(fixings_of(20))
    index = fixed_index(archive, tmp_path, None)
    assert day_from_ns(index.time_ns()) == LAST
    assert len(index.fixings(TICKER)) == 20
    archive.close()


def test_an_index_that_knows_nothing_stands_at_its_day():
    none = NoFixings(LAST)
    assert none.fixings(TICKER) == ()
    assert none.time_ns() == strike_ns(LAST)
