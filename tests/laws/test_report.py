"""REPORT: on every recorded morning that is tried, our own report is grounded, and a lie is not.

Takes   the shipped recordings.
Gives   a failure where a true sentence of ours is refused, or an invented figure passes.
Keeps   real days: 38 chips, some hundred verdicts, thousands of facts.
Source  Decision 0043.
"""

from datetime import date
from decimal import Decimal

import pytest

from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import ingest_shipped
from chiphour.adapters.reporter import Reporter
from chiphour.adapters.reporter import morning_ns
from chiphour.analyse.facts import known_of
from chiphour.analyse.report_words import draft_of
from chiphour.analyse.reporting import morning_faults

pytestmark = pytest.mark.suite
HALF = Decimal("0.005")
DAYS = (date(2026, 7, 14), date(2026, 7, 20), date(2026, 8, 5), date(2026, 8, 11))


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    archive = Archive(tmp_path_factory.mktemp("report"))
    ingest_shipped(archive, lambda done, total: None)
    yield archive
    archive.close()


@pytest.mark.parametrize(
    "day", [DAYS[0], *(pytest.param(day, marks=pytest.mark.long) for day in DAYS[1:])]
)
def test_a_recorded_morning_is_reported_and_a_lie_about_it_is_named(archive, day):
    """Make the report of a morning; then put one dollar figure into it that no fact rounds to."""
    reporter = Reporter(archive, lambda: morning_ns(day))
    report = reporter.make(day)
    assert len(report.signals) > 100
    assert [section.kind for section in report.sections][1] == "movers"
    morning = reporter.morning(day)
    draft = draft_of(morning.answers, morning.verdicts, ())
    assert morning_faults(morning, draft) == []
    known = known_of(morning.answers, morning.verdicts)
    usd = [abs(fact.value) for fact in known.facts if fact.unit == "usd"]
    cents = (Decimal(number) / 100 for number in range(1, 100_000))
    figure = next(each for each in cents if all(abs(each - true) > HALF for true in usd))
    faults = morning_faults(morning, draft._replace(summary=f"It costs ${figure:.2f}."))
    assert faults == [f"summary: expected a number that a tool gave, found '${figure:.2f}'"]
