"""TEST REVISIONS: a named event makes final fixings again, and takes nothing back.

Takes   a small archive of rate cards, fixed and final.
Gives   a failure where a refusal changes something, an event forgets an earlier one, or what was
        published before is not given as it was.
Keeps   each change against what a fresh archive without the struck rows would have fixed.
Source  Methodology v2026_1, "Vintages"; decision 0017.
"""

from dataclasses import dataclass

import pytest

from carded import DAYS
from carded import H100
from carded import SILENT
from carded import card
from carded import cards
from carded import filled
from carded import keep
from chiphour.adapters.archive import Archive
from chiphour.adapters.audits import audit_all
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.log import open_log
from chiphour.adapters.revisions import RevisionRefused
from chiphour.adapters.revisions import revise
from chiphour.adapters.revisions import rows_of_venue
from chiphour.index.leaves import leaf_from
from chiphour.index.parameters import SETS
from chiphour.observe.observation import observation_id
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_HOUR
from chiphour.units import strike_ns

DAY = DAYS[2]
STRIKE = strike_ns(DAY)
AT_NS = strike_ns(DAYS[-1]) + NS_PER_DAY


@dataclass
class Published:
    """An archive whose days are fixed and logged."""

    archive: Archive
    log: object

    def ids(self, venue, day=DAY):
        return rows_of_venue(self.archive, venue, [day])

    def revise(self, struck=(), added=(), at_ns=AT_NS, days=(DAY,), cause="wrong", **of):
        of = (self.archive, self.log, cause, days, list(struck), list(added), at_ns), of
        return revise(*of[0], **of[1])

    def state(self):
        return self.archive.count(), self.log.size


@pytest.fixture
def published(tmp_path):
    archive, log = filled(tmp_path / "one"), open_log(tmp_path / "one")
    fix_range(archive, DAYS[0], DAYS[-1], log=log)
    yield Published(archive, log)
    log.close()
    archive.close()


def without(folder, *venues):
    """Fix the day from an archive that never had some venues' cards of it."""
    archive = Archive(folder)
    for day in DAYS[: DAYS.index(DAY) + 1]:
        rows = [row for row in cards(day) if day != DAY or row.venue not in venues]
        keep(archive, day, rows, f"{day}")
    found = {f.series: f for f in fix_range(archive, DAY, DAY)}
    archive.close()
    return found


def test_a_struck_venue_is_as_if_it_had_not_been_there(published, tmp_path):
    """All but the note of its absence: the archive without it has its price of the day before."""
    old = published.archive.fixing_as_of(H100, STRIKE)
    latest = [i for i in published.ids("coreweave") if published_on(published, i) == DAY]
    found = published.revise(latest)
    new = published.archive.fixing_as_of(H100, STRIKE)
    expected = without(tmp_path / "two", "coreweave")[H100]
    ours = ("vintage", "known_ns", "revision")
    assert new == expected._replace(**{name: getattr(new, name) for name in ours})
    assert (new.vintage, new.known_ns, new.revision) == ("revised", AT_NS, "REV-2026-001")
    assert (old.fix_ticks, new.fix_ticks) == (30_400, 30_450)
    assert {change.old.parameter_set for change in found.affected} == set(SETS)
    assert all(change.material for change in found.affected)
    assert audit_all(published.archive).first_difference is None


def published_on(published, identifier):
    """Give the day before whose strike a row was seen."""
    rows = published.archive.observations(0, 1 << 62)
    at_ns = next(row.observed_ns for row in rows if observation_id(row) == identifier)
    return next(day for day in DAYS if strike_ns(day) - NS_PER_HOUR == at_ns)


def test_the_log_has_the_event_before_the_vintages(published):
    size = published.log.size
    found = published.revise(published.ids("coreweave"))
    leaves = [leaf_from(leaf) for leaf in published.log.leaves(size, published.log.size)]
    assert leaves[0].event["revision"] == found.id
    assert [leaf.revision for leaf in leaves[1:]] == [found.id] * len(SETS)
    assert {leaf.time_ns for leaf in leaves} == {AT_NS}


def test_what_was_published_before_stays(published):
    before = published.archive.vintages(H100, STRIKE)
    published.revise(published.ids("coreweave"))
    after = published.archive.vintages(H100, STRIKE)
    assert after[:-1] == before
    assert published.archive.fixing_as_of(H100, STRIKE, AT_NS - 1) == before[-1]
    later = published.archive.fixing_as_of(H100, strike_ns(DAYS[3]))
    assert later.vintage == "final", "a later strike keeps its published split"


def test_a_revision_of_a_revision_builds_on_the_one_before(published):
    first = published.revise(published.ids("coreweave"))
    second = published.revise(published.ids("ovh"), at_ns=AT_NS + 1)
    assert second.id == "REV-2026-002"
    assert set(second.revision.struck) == set(published.ids("coreweave") + published.ids("ovh"))
    kept = published.archive.fixing_as_of(H100, STRIKE)
    assert [member.name for member in kept.members] == ["crusoe", "lambda", "nebius"]
    third = published.revise([], first.revision.struck, at_ns=AT_NS + 2)
    assert third.id == "REV-2026-003"
    assert set(third.revision.struck) == set(published.ids("ovh"))
    kept = published.archive.fixing_as_of(H100, STRIKE)
    assert [member.name for member in kept.members] == ["coreweave", "crusoe", "lambda", "nebius"]
    vintages = [f.vintage for f in published.archive.vintages(H100, STRIKE)]
    assert vintages == ["provisional", "final", "revised", "revised", "revised"]
    assert audit_all(published.archive).first_difference is None


def test_several_days_are_revised_one_after_the_other(published):
    """The second day is split against the first as the same event revised it."""
    days = DAYS[2:4]
    struck = rows_of_venue(published.archive, "coreweave", days)
    found = published.revise(struck, days=days)
    assert found.revision.strikes_ns == tuple(strike_ns(day) for day in days)
    ours = [c.new for c in found.affected if c.new.parameter_set == "v2026_1"]
    assert [f.series for f in ours] == [H100, H100]
    assert ours[1].previous_strike_ns == ours[0].strike_ns
    assert ours[1].change_ticks == ours[1].fix_ticks - ours[0].fix_ticks
    assert audit_all(published.archive).first_difference is None


def test_a_day_that_a_revision_empties_is_suppressed_and_passed_over(published):
    """Strike all but two venues of two days: the day after is split against the day before."""
    days = DAYS[1:3]
    struck = [
        i for v in ("coreweave", "crusoe", "ovh") for i in rows_of_venue(published.archive, v, days)
    ]
    found = published.revise(struck, days=days)
    assert {c.new.reason for c in found.affected if c.material} == {"FEW_MEMBERS"}
    again = published.revise([], struck, at_ns=AT_NS + 1, days=[DAYS[2]])
    ours = next(c.new for c in again.affected if c.new.parameter_set == "v2026_1")
    assert ours.previous_strike_ns == strike_ns(DAYS[0])
    assert audit_all(published.archive).first_difference is None


def test_a_small_change_is_an_erratum_and_the_vintage_stays(tmp_path):
    """A venue in the middle leaves: the median moves by less than half a cent."""
    archive, log = filled(tmp_path), open_log(tmp_path)
    keep(archive, DAY, [card(DAY, "together", 3_040_010_000, "other")])
    fix_range(archive, DAYS[0], DAYS[-1], log=log)
    before = archive.vintages(H100, STRIKE)
    found = revise(archive, log, "x", [DAY], rows_of_venue(archive, "together", [DAY]), [], AT_NS)
    assert found.affected
    assert not found.revises
    assert archive.vintages(H100, STRIKE) == before
    assert archive.revisions() == [found.revision]
    assert leaf_from(log.leaf(log.size - 1)).event["kind"] == "erratum"
    assert audit_all(archive).first_difference is None
    archive.close()


def test_a_row_that_came_late_is_let_in(tmp_path):
    archive, log = filled(tmp_path), open_log(tmp_path)
    late = card(DAY, "together", 3_070_000_000, "other", received_ns=STRIKE + NS_PER_HOUR)
    early = card(DAY, "vultr", 3_080_000_000, "other", received_ns=STRIKE + NS_PER_HOUR)
    keep(archive, DAY, [late])
    keep(archive, DAY, [early._replace(received_ns=late.received_ns + 1)])
    fix_range(archive, DAYS[0], DAYS[-1], log=log)
    rows = archive.observations(0, 1 << 62)
    added = [observation_id(row) for row in rows if row.source == "other"]
    found = revise(archive, log, "late", [DAY], [], added, AT_NS)
    new = archive.fixing_as_of(H100, STRIKE)
    assert [member.name for member in new.members][-2:] == ["together", "vultr"]
    assert new.panel == 7
    assert found.revision.added == tuple(sorted(added))
    assert audit_all(archive).first_difference is None
    archive.close()


def test_a_row_that_came_in_after_its_batch_was_closed_is_not_let_in(published):
    """It stands under no root of the log; neither is it struck, and its venue is not seen."""
    late = card(DAY, "together", 3_070_000_000, "other", received_ns=STRIKE + NS_PER_HOUR)
    keep(published.archive, DAY, [late])
    rows = published.archive.observations(0, 1 << 62)
    (identifier,) = (observation_id(row) for row in rows if row.source == "other")
    before = published.state()
    for of in ({"added": [identifier]}, {"struck": [identifier]}):
        with pytest.raises(RevisionRefused) as told:
            published.revise(**of)
        assert str(told.value) == (
            f"expected a row of a batch in the log, found {identifier}, which came in after the "
            "batch of 2026-07-04 was closed: nobody could prove a fixing that rests on it"
        )
    with pytest.raises(RevisionRefused, match="found 'together'"):
        published.ids("together")
    assert published.state() == before
    assert audit_all(published.archive).first_difference is None


def test_a_day_that_the_log_has_not_got_is_not_revised(tmp_path):
    """Kept without a log: what the event would revise is published nowhere."""
    archive, log = filled(tmp_path), open_log(tmp_path)
    fix_range(archive, DAYS[0], DAYS[-1])
    published = Published(archive, log)
    before = published.state()
    struck = published.ids("coreweave")
    with pytest.raises(RevisionRefused, match="expected a day that the log has, found 2026-07-03"):
        published.revise(struck)
    assert published.state() == before
    fix_range(archive, DAYS[0], DAYS[-1], log=log)
    assert published.revise(struck).id == "REV-2026-001"
    archive.close()


def test_a_dry_run_says_the_same_and_keeps_nothing(published):
    before = published.state()
    said = published.revise(published.ids("coreweave"), dry_run=True)
    assert published.state() == before
    assert published.revise(published.ids("coreweave")) == said


@pytest.mark.parametrize(
    ("of", "told"),
    [
        ({"struck": ["0" * 64]}, "expected the id of a row that the fixes of 2026-07-03 look at"),
        ({}, "expected rows to strike out or to let in, found none"),
        ({"cause": " "}, "expected a cause in one line, found ' '"),
        ({"cause": "two\nlines"}, "expected a cause in one line"),
        ({"days": ()}, "expected a day, found none"),
        ({"days": (DAYS[-1],)}, "found 2026-07-10 provisional: wait until 24 hours"),
        ({"days": (DAYS[-1].replace(day=20),)}, "expected a day that was fixed, found 2026-07-20"),
        ({"at_ns": strike_ns(DAYS[-1])}, "expected a time after 2026-07-10T00:35:00Z, when"),
    ],
)
def test_what_cannot_be_revised_is_refused_and_changes_nothing(published, of, told):
    before = published.state()
    if "days" in of:
        of = {"struck": ["0" * 64]} | of
    elif "struck" not in of and of:
        of = {"struck": published.ids("coreweave")} | of
    with pytest.raises(RevisionRefused, match=told):
        published.revise(**of)
    assert published.state() == before


def test_a_row_that_was_in_time_is_not_let_in(published):
    with pytest.raises(RevisionRefused, match="expected a row to let in that came after the close"):
        published.revise([], published.ids("coreweave"))


def test_an_event_that_changes_nothing_is_refused(published):
    """Rows of an earlier poll than the one that counts are looked at, and decide nothing."""
    old = [i for i in published.ids("coreweave") if published_on(published, i) != DAY]
    before = published.state()
    with pytest.raises(RevisionRefused, match="found nothing changed"):
        published.revise(old)
    assert published.state() == before


def test_the_clock_goes_forward_from_event_to_event(published):
    published.revise(published.ids("coreweave"))
    with pytest.raises(RevisionRefused, match="expected a time after 2026-07-11T00:30:00Z"):
        published.revise(published.ids("ovh"))


def test_a_stop_between_keeping_and_logging_is_caught_up(published, monkeypatch):
    class Stopped(Exception):
        pass

    def stop(*of):
        raise Stopped

    with monkeypatch.context() as patched:
        patched.setattr(type(published.log), "append", stop)
        with pytest.raises(Stopped):
            published.revise(published.ids("coreweave"))
    size = published.log.size
    fix_range(published.archive, DAYS[0], DAYS[-1], log=published.log)
    leaves = [leaf_from(leaf) for leaf in published.log.leaves(size, published.log.size)]
    assert [getattr(leaf, "revision", "event") for leaf in leaves] == [
        "event",
        *["REV-2026-001"] * len(SETS),
    ]


def test_a_venue_that_was_not_seen_is_told_with_those_that_were(published):
    with pytest.raises(RevisionRefused, match=r"\(coreweave, crusoe, lambda, nebius, ovh\), found"):
        published.ids("nobody")


def test_rows_of_a_day_between_are_none_of_the_days(published):
    """Days need not follow one another: what only a day between looks at is not struck."""
    apart = (DAYS[0], DAYS[8])
    ids = rows_of_venue(published.archive, "coreweave", apart)
    seen = {DAYS[0], *DAYS[2:9]} - {SILENT}
    assert {published_on(published, each) for each in ids} == seen
    rows = published.ids("coreweave", DAYS[1])
    between = [each for each in rows if published_on(published, each) == DAYS[1]]
    before = published.state()
    with pytest.raises(RevisionRefused, match="expected the id of a row that the fixes of"):
        published.revise(between, days=apart)
    assert published.state() == before


def test_what_was_struck_of_one_day_is_not_struck_of_another(published):
    """The rows that a day looks at are those of earlier days too."""
    published.revise(published.ids("coreweave", DAYS[3]), days=[DAYS[3]])
    days, before = (DAY, DAYS[3]), published.state()
    struck = rows_of_venue(published.archive, "ovh", days)
    with pytest.raises(RevisionRefused, match="revise each by an event of its own"):
        published.revise(struck, days=days, at_ns=AT_NS + 1)
    assert published.state() == before
    published.revise(published.ids("ovh"), at_ns=AT_NS + 1)
    kept = published.archive.fixing_as_of(H100, STRIKE)
    assert [member.name for member in kept.members] == ["coreweave", "crusoe", "lambda", "nebius"]
