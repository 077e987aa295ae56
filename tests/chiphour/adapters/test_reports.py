"""REPORTS: a report is kept whole, once, and read back as it was.

Takes   tests/reported.py; a folder.
Gives   a failure where a report is written over, or a bad file passes for one.
Keeps   files real.
Source  Decision 0043.
"""

from datetime import date

import msgspec
import pytest

from chiphour.adapters.reports import Reports
from chiphour.adapters.reports import ReportUnreadable
from chiphour.analyse.report_words import draft_of
from chiphour.analyse.reporting import Morning
from chiphour.analyse.reporting import report_of
from reported import ANSWERS
from reported import AT_NS
from reported import CLAIMS
from reported import DAY
from reported import VERDICTS

MORNING = Morning(DAY, ANSWERS, VERDICTS, CLAIMS)
REPORT = report_of(MORNING, draft_of(ANSWERS, VERDICTS, CLAIMS), "template", AT_NS)


def test_a_report_is_read_back(tmp_path):
    reports = Reports(tmp_path)
    assert (reports.days(), reports.get(DAY)) == ([], None)
    assert reports.keep(REPORT)
    assert reports.days() == [DAY]
    assert reports.get(DAY) == REPORT


def test_a_report_is_never_written_over(tmp_path):
    reports = Reports(tmp_path)
    reports.keep(REPORT)
    assert not reports.keep(msgspec.structs.replace(REPORT, title="Another"))
    assert reports.get(DAY) == REPORT
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["2026-07-20.json"]


def test_the_last_one_before_a_day_is_found(tmp_path):
    reports = Reports(tmp_path)
    reports.keep(REPORT)
    reports.keep(msgspec.structs.replace(REPORT, date="2026-07-18"))
    assert reports.last_before(DAY).date == "2026-07-18"
    assert reports.last_before(date(2026, 7, 25)).date == "2026-07-20"
    assert reports.last_before(date(2026, 7, 18)) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"\xff", msgspec.json.encode(REPORT)[:-5]])
def test_a_file_that_holds_no_report_is_refused(tmp_path, content):
    reports = Reports(tmp_path)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "2026-07-20.json").write_bytes(content)
    with pytest.raises(ReportUnreadable, match="expected a report, found"):
        reports.get(DAY)


def test_other_files_are_no_days(tmp_path):
    (tmp_path / "reports").mkdir()
    for name in ("2026-99-20.json", "notes.json", "2026-07-20.txt"):
        (tmp_path / "reports" / name).write_bytes(b"")
    assert Reports(tmp_path).days() == []
