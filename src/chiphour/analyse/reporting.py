"""REPORTING: a draft becomes the report of a morning, or is refused.

Takes   a morning: the answers, the verdicts, the claims; a draft by a template or a model.
Gives   `report_of`: the report. Signals are the verdicts, whatever the draft says.
Keeps   a report whose every word was checked: there is no other way to make one.
Source  Decision 0043.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from chiphour.analyse.facts import days_of_data
from chiphour.analyse.facts import known_of
from chiphour.analyse.grounding import faults_of
from chiphour.analyse.questions import Answers
from chiphour.analyse.report import FORMAT
from chiphour.analyse.report import HEADINGS
from chiphour.analyse.report import Claim
from chiphour.analyse.report import Draft
from chiphour.analyse.report import Report
from chiphour.analyse.report import ReportRefused
from chiphour.analyse.report import Section
from chiphour.analyse.report import Signal
from chiphour.analyse.report import sections_expected
from chiphour.analyse.verdicts import Verdict
from chiphour.units import iso_from_ns

NOTHING_FOUND = "Nothing relevant was found this morning."


class Morning(NamedTuple):
    """All that a report is written from. `context_of` is the day of older claims, else None.

    `notes` say what was missing: a tool that failed, a source that did not answer.
    """

    day: date
    answers: Answers
    verdicts: tuple[Verdict, ...]
    claims: tuple[Claim, ...] = ()
    context_of: date | None = None
    notes: tuple[str, ...] = ()

    @property
    def expected(self) -> tuple[str, ...]:
        """Give the kinds of the sections that it needs."""
        return sections_expected(days_of_data(self.answers))


def morning_faults(morning: Morning, draft: Draft) -> list[str]:
    """Give what is wrong with a draft for a morning, none for a sound one."""
    known = known_of(morning.answers, morning.verdicts)
    return faults_of(draft, known, morning.claims, morning.expected)


def report_of(morning: Morning, draft: Draft, writer: str, made_ns: int) -> Report:
    """Make the report; raises ReportRefused, which names what nobody gave."""
    faults = morning_faults(morning, draft)
    if faults:
        raise ReportRefused(morning.day, faults)
    written = [Section(kind, HEADINGS[kind], text) for kind, text in draft.sections]
    return Report(
        lead_signal=draft.lead_signal,
        title=draft.title,
        summary=draft.summary,
        sections=(*written, _context(morning, draft)),
        signals=signals_of(morning.verdicts),
        format=FORMAT,
        date=morning.day.isoformat(),
        time=iso_from_ns(morning.answers.at_ns),
        made=iso_from_ns(made_ns),
        writer=writer,
        claims=morning.claims,
        context_of=None if morning.context_of is None else morning.context_of.isoformat(),
        notes=morning.notes,
    )


def signals_of(verdicts: Sequence[Verdict]) -> tuple[Signal, ...]:
    """Give the verdicts as the signals of the article."""
    return tuple(
        Signal(
            gpu=verdict.good.name,
            type=verdict.signal,
            value=verdict.value,
            actionable=verdict.colour == "green",
            reason=verdict.reason,
            verdict=verdict.colour,
            unit=verdict.unit,
            rule=verdict.rule,
        )
        for verdict in verdicts
    )


def _context(morning: Morning, draft: Draft) -> Section:
    """Put the statements together, each with the ids of its claims."""
    lines = [f"{each.text} [{', '.join(each.claims)}]" for each in draft.context]
    if morning.context_of is not None:
        day = morning.context_of.isoformat()
        lines.insert(0, f"{NOTHING_FOUND} What follows is of the report of {day}.")
    cited = dict.fromkeys(name for each in draft.context for name in each.claims)
    text = "\n".join(lines) or NOTHING_FOUND
    return Section("context", HEADINGS["context"], text, tuple(cited))
