"""REPORTING: a report is made of checked words and computed signals, or it is refused.

Takes   tests/reported.py.
Gives   a failure where a draft passes unchecked or changes a signal.
Keeps   the context written out by hand.
Source  Decision 0043.
"""

from datetime import date

import pytest

from chiphour.analyse.report import FORMAT
from chiphour.analyse.report import ReportRefused
from chiphour.analyse.report_words import draft_of
from chiphour.analyse.reporting import NOTHING_FOUND
from chiphour.analyse.reporting import Morning
from chiphour.analyse.reporting import report_of
from chiphour.analyse.reporting import signals_of
from reported import ANSWERS
from reported import AT_NS
from reported import CLAIMS
from reported import DAY
from reported import VERDICTS
from reported import answers

MORNING = Morning(DAY, ANSWERS, VERDICTS, CLAIMS)
DRAFT = draft_of(ANSWERS, VERDICTS, CLAIMS)


def test_a_report_is_whole():
    report = report_of(MORNING, DRAFT, "template", AT_NS + 1_000_000_000)
    assert (report.format, report.date, report.writer) == (FORMAT, "2026-07-20", "template")
    assert (report.time, report.made) == ("2026-07-20T07:00:00Z", "2026-07-20T07:00:01Z")
    assert [section.kind for section in report.sections] == list(MORNING.expected)
    assert report.claims == CLAIMS
    assert report.context_of is None


def test_signals_are_the_verdicts():
    signals = signals_of(VERDICTS)
    assert len(signals) == len(VERDICTS)
    first = signals[0]
    assert (first.gpu, first.type, first.value, first.actionable) == (
        *("H100 SXM", "spread", 0.87, True),
    )
    assert first.reason == VERDICTS[0].reason
    lacking = next(each for each in signals if each.verdict == "not_enough_data")
    assert (lacking.value, lacking.actionable) == (None, False)


def test_the_context_cites_its_claims():
    section = report_of(MORNING, DRAFT, "template", AT_NS).sections[-1]
    assert section.text.endswith("to $9,900.\u201d [c1]")
    assert section.claims == ("c1",)


def test_nothing_found_is_said():
    report = report_of(MORNING._replace(claims=()), DRAFT._replace(context=()), "template", AT_NS)
    assert report.sections[-1].text == NOTHING_FOUND


def test_older_context_is_marked():
    old = MORNING._replace(context_of=date(2026, 7, 19))
    report = report_of(old, DRAFT, "template", AT_NS)
    assert report.context_of == "2026-07-19"
    assert report.sections[-1].text.startswith(
        f"{NOTHING_FOUND} What follows is of the report of 2026-07-19.\n"
    )


def test_a_draft_with_a_fault_is_refused():
    with pytest.raises(ReportRefused, match=r"2026-07-20: title: .* found '\$9.99'"):
        report_of(MORNING, DRAFT._replace(title="H100 SXM at $9.99"), "m", AT_NS)


def test_a_young_market_needs_baselines():
    assert Morning(DAY, answers(1), VERDICTS).expected[1] == "baselines"
    assert MORNING.expected[1] == "movers"
