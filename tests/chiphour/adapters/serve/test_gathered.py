"""GATHERED: what pages and answers show, as it was known at a time.

Takes   the index of records.
Gives   failures.
Keeps   what became known later out.
Source  Decision 0023.
"""

from datetime import date

import pytest
from litestar.exceptions import NotFoundException

from chiphour.adapters.closings import CLOSE_NS
from chiphour.adapters.serve.answer import REVALIDATED
from chiphour.adapters.serve.asked import When
from chiphour.adapters.serve.gathered import dated_of
from chiphour.adapters.serve.gathered import release_of
from chiphour.index.series import BY_TICKER
from chiphour.publish.page import Frame
from chiphour.units import NS_PER_DAY
from chiphour.units import strike_ns

L4 = BY_TICKER["CHR.L4.OD"]


@pytest.fixture(scope="module")
def view(indexed, tmp_path_factory):
    return indexed.made(tmp_path_factory.mktemp("gathered"))


def test_a_release_has_its_neighbours_and_nothing_after_it(view, indexed):
    release = release_of(view, indexed.REVISED)
    assert (release.earlier, release.later) == (indexed.FIRST, date(2026, 7, 12))
    assert len(release.fixings) == 58
    assert {f.strike_ns for f in release.history} == {
        strike_ns(indexed.FIRST),
        strike_ns(indexed.REVISED),
    }
    assert release_of(view, indexed.LAST).later is None
    assert release_of(view, indexed.FIRST).earlier is None


def test_a_fix_is_gathered_as_it_was_known(view, indexed):
    strike = strike_ns(indexed.REVISED)
    times = {
        strike + NS_PER_DAY - 1: ("provisional", 1),
        strike + NS_PER_DAY: ("final", 2),
        indexed.REVISION.known_ns: ("revised", 3),
        None: ("revised", 3),
    }
    for as_of_ns, (vintage, count) in times.items():
        asked = When("v2026_1", as_of_ns, REVALIDATED)
        dated = dated_of(view, L4, indexed.REVISED, asked, Frame())
        assert (dated.fixing.vintage, len(dated.vintages)) == (vintage, count)
        assert dated.vintages[-1] == dated.fixing
        assert dated.logged is not None
        assert len(dated.logged.root) == 64
    before = When("v2026_1", strike, REVALIDATED)
    with pytest.raises(NotFoundException, match="known by 2026-07-11T00:30:00Z, found none"):
        dated_of(view, L4, indexed.REVISED, before, Frame())


def test_a_later_day_is_named_once_it_was_known(view, indexed):
    """An answer about the past is the same before the next day is fixed and after it."""
    known_ns = strike_ns(date(2026, 7, 12)) + CLOSE_NS
    for as_of_ns, later in ((known_ns - 1, None), (known_ns, date(2026, 7, 12))):
        asked = When("v2026_1", as_of_ns, REVALIDATED)
        assert dated_of(view, L4, indexed.REVISED, asked, Frame()).later == later
