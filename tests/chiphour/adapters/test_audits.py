"""TEST AUDITS: every vintage is held to what was known when it was made.

Takes   a small archive of rate cards, fixed; with events that revise it.
Gives   a failure where a vintage is passed over, or a wrong one goes unseen.
Keeps   a vintage that a newer row of the same time replaced out of the audit.
Source  Decisions 0012 and 0017.
"""

import pytest

from carded import DAYS
from carded import H100
from carded import card
from carded import cards
from carded import filled
from carded import keep
from chiphour.adapters.audits import audit_all
from chiphour.adapters.audits import audit_one
from chiphour.adapters.audits import known_ns_before
from chiphour.adapters.audits import standing
from chiphour.adapters.fixings import NothingRecorded
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.revisions import revise
from chiphour.adapters.revisions import rows_of_venue
from chiphour.index.parameters import SETS
from chiphour.index.series import ALL_SERIES
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import strike_ns
from records import fixing

EACH = len(SETS)
AT_NS = strike_ns(DAYS[-1]) + NS_PER_DAY


@pytest.fixture
def archive(tmp_path):
    opened = filled(tmp_path)
    yield opened
    opened.close()


def revised(archive, day, venue, at_ns=AT_NS):
    return revise(archive, None, "wrong", [day], rows_of_venue(archive, venue, [day]), [], at_ns)


def test_all_sets_sources_and_vintages_are_audited(archive):
    keep(archive, DAYS[0], cards(DAYS[0], "other")[:3])
    fix_range(archive, DAYS[0], DAYS[0])
    fix_range(archive, DAYS[0], DAYS[0], "other")
    found = audit_all(archive)
    assert found.first_difference is None
    assert found.checked == found.matched == archive.count()["fixings"]
    assert found.of_series["", H100] == (2 * EACH, 2 * EACH)  # Provisional and final.
    assert found.of_series["other", H100] == (EACH, EACH)  # Its only day: the next has not come.


def test_revised_vintages_are_audited_with_their_rows_and_their_previous(archive):
    """Revise a day and then the day after it: the second is split against the first as revised."""
    fix_range(archive, DAYS[0], DAYS[-1])
    before = audit_all(archive).checked
    first = revised(archive, DAYS[1], "coreweave")
    second = revised(archive, DAYS[2], "coreweave", AT_NS + 1)
    assert first.revises and second.revises
    later = archive.fixing_as_of(H100, strike_ns(DAYS[2]))
    assert later.fix_ticks - later.change_ticks == first.affected[0].new.fix_ticks
    found = audit_all(archive)
    assert found.first_difference is None
    count = sum(change.material for each in (first, second) for change in each.affected)
    assert found.checked == found.matched == before + count


def test_one_fixing_is_audited_as_it_was_known(archive):
    fix_range(archive, DAYS[0], DAYS[5])
    revised(archive, DAYS[2], "coreweave")
    of = (archive, H100, DAYS[2])
    closed_ns = strike_ns(DAYS[2]) + 5 * NS_PER_MINUTE
    for as_of_ns in (closed_ns, closed_ns + NS_PER_DAY, AT_NS, None):
        assert audit_one(*of, as_of_ns=as_of_ns) == ({("", H100): (1, 1)}, None)
    for parameter_set in SETS:
        assert audit_one(*of, parameter_set=parameter_set).matched == 1
    with pytest.raises(NothingRecorded, match="2026-07-03 as of 2026-07-03T00:34:59"):
        audit_one(*of, as_of_ns=closed_ns - 1)
    with pytest.raises(NothingRecorded, match=r"kept fixing of CHR.H100.SXM.OD on 2026-07-07, fo"):
        audit_one(archive, H100, DAYS[6])


def test_a_wrong_kept_fixing_is_found(archive):
    fix_range(archive, DAYS[0], DAYS[3])
    kept = archive.fixing_as_of(H100, strike_ns(DAYS[1]))
    archive.keep_fixings([kept._replace(fix_ticks=1)])
    result = audit_all(archive)
    assert result.first_difference == (
        "CHR.H100.SXM.OD 2026-07-02T00:30:00Z: fix_ticks: published 1, recomputed 30300"
    )
    assert result.matched < result.checked
    assert audit_one(archive, H100, DAYS[1]).matched == 0
    assert audit_one(archive, H100, DAYS[1], as_of_ns=kept.known_ns - 1).matched == 1


def test_a_final_fixing_that_says_something_else_than_its_provisional_one_is_found(archive):
    """Change only the final row, and only its time: both are compared, neither taken on trust."""
    fix_range(archive, DAYS[0], DAYS[1], source="")
    final = archive.fixing_as_of(H100, strike_ns(DAYS[0]), None, "", "robust")
    archive.keep_fixings([final._replace(known_ns=final.known_ns + 1)])
    assert audit_all(archive).first_difference == (
        "CHR.H100.SXM.OD 2026-07-01T00:30:00Z: known_ns: published 1782952200000000001, "
        "recomputed 1782952200000000000 (set robust)"
    )


def test_a_late_row_is_noticed_until_its_strike_is_fixed_again(archive):
    fix_range(archive, DAYS[0], DAYS[9])
    keep(archive, DAYS[6], [card(DAYS[6], "together", 4 * 10**9, "other")])
    assert "inputs_root" in str(audit_all(archive).first_difference)
    fix_range(archive, DAYS[0], DAYS[6])
    found = audit_all(archive)
    assert found.first_difference is None
    assert found.checked == (2 * len(DAYS) - 1) * len(ALL_SERIES) * EACH, "the replaced are out"


def test_of_two_known_at_once_the_later_kept_stands():
    first, last = fixing(fix_ticks=1), fixing(fix_ticks=2)
    later = fixing(fix_ticks=3, known_ns=first.known_ns + 1)
    found = standing([first, last, later])
    assert [each["fix_ticks"] for each in found["v2026_1", H100]] == [2, 3]


def test_what_came_before_counts_as_of_the_close_or_of_the_event():
    document = {"vintage": "final", "strike_ns": 10, "known_ns": 99}
    assert known_ns_before(document) == 10 + 5 * NS_PER_MINUTE
    assert known_ns_before(document | {"vintage": "revised"}) == 99
