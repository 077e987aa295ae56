"""REPORTER: the daily report from the archive: ask the tools, scout, write, check, keep.

Takes   an archive; the clock; sources of news; a model's settings, or none.
Gives   `Reporter`: `make` gives a report; `keep` makes and keeps that of a morning.
Keeps   three phases: claims first, then the tools' answers, then words about both, which are
        checked. A model whose words are refused is not published: the morning's report is then our
        own, and says so. A tool that fails is named, and the rest stands.
Source  Decision 0043; the article of decision 0042, "The Daily Analysis Agent".

    MarketError
    └── MorningUnknown    a day before the first price, or that has not come yet
"""

import logging
from collections.abc import Callable
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

from chiphour.adapters.archive import Archive
from chiphour.adapters.questions import Questions
from chiphour.adapters.refusal import bounded_detail
from chiphour.adapters.report_sources import FILE
from chiphour.adapters.report_sources import Sources
from chiphour.adapters.report_sources import sources_in
from chiphour.adapters.reports import Reports
from chiphour.adapters.scout import scout
from chiphour.analyse.prices import cross_deltas
from chiphour.analyse.questions import Answers
from chiphour.analyse.report import REPORT_OFFSET_NS
from chiphour.analyse.report import TEMPLATE
from chiphour.analyse.report import Draft
from chiphour.analyse.report import Report
from chiphour.analyse.report import ReportRefused
from chiphour.analyse.report_words import draft_of
from chiphour.analyse.reporting import Morning
from chiphour.analyse.reporting import report_of
from chiphour.analyse.thresholds import WINDOW_NS
from chiphour.analyse.verdicts import verdicts
from chiphour.observe.observation import MarketError
from chiphour.units import NS_PER_DAY
from chiphour.units import STRIKE_OFFSET_NS
from chiphour.units import iso_from_ns
from chiphour.units import strike_ns

T = TypeVar("T")
Write = Callable[[Morning], tuple[Draft, str]]  # A draft, and who wrote it.
CONTEXT_DAYS_MAX = 7  # Older claims say nothing of a morning any more.
SCOUTED_WITHIN_NS = NS_PER_DAY  # What is written elsewhere now is no news of an older morning.
NOTES_MAX = 20
log = logging.getLogger(__name__)


class MorningUnknown(MarketError):
    """A day before the first price, or that has not come yet."""


def morning_ns(day: date) -> int:
    """Give the time of a day's report: 07:00 UTC."""
    return strike_ns(day) - STRIKE_OFFSET_NS + REPORT_OFFSET_NS


class Reporter:
    """Makes the reports of one data folder."""

    def __init__(
        self,
        archive: Archive,
        now_ns: Callable[[], int],
        *,
        write: Write | None = None,
        secrets: Mapping[str, str] | None = None,
        wall_ns: Callable[[], int] | None = None,
        sources: Path | None = None,
    ) -> None:
        """Look at an archive by a clock. `write` words a morning; without it the template does.

        `wall_ns` is the time outside, where news is made: without it nobody is asked for news.
        `sources` is the file that names whom to ask, else that of the data folder.
        """
        self.reports = Reports(archive.folder)
        self._archive = archive
        self._now_ns = now_ns
        self._write = write
        self._secrets = secrets or {}
        self._wall_ns = wall_ns
        self._sources = sources or archive.folder / FILE

    def keep(self, day: date) -> None:
        """Make and keep the report of a morning, unless there is one: the calendar's task.

        Words of a model that are refused are told in the log, and ours are kept.
        """
        if day in self.reports.days():
            return
        try:
            morning = self.morning(day)
        except MorningUnknown as fault:  # Nothing to say is no fault: another morning will have it.
            log.warning("report of %s: not made: %s", day, fault)
            return
        try:
            report = self._worded(morning)
        except ReportRefused as fault:
            log.warning("%s", fault)
            note = bounded_detail(f"A model's words were refused: {fault}")
            morning = morning._replace(notes=(*morning.notes, note)[:NOTES_MAX])
            report = self._ours(morning)
        if self.reports.keep(report):
            log.info("report of %s: kept, by %s", day, report.writer)

    def make(self, day: date) -> Report:
        """Make the report of a morning, and keep nothing; raises ReportRefused, MorningUnknown."""
        return self._worded(self.morning(day))

    def morning(self, day: date) -> Morning:
        """Gather all that the report of a day is written from; raises MorningUnknown."""
        at_ns = morning_ns(day)
        if at_ns > self._now_ns():
            raise MorningUnknown(
                f"report: expected a day up to {iso_from_ns(self._now_ns())}, found {day}"
            )
        answers, failed = asked(self._archive, at_ns)
        morning = Morning(day, answers, verdicts(answers), notes=tuple(failed))
        return self._with_context(morning, at_ns)

    def _worded(self, morning: Morning) -> Report:
        if self._write is None:
            return self._ours(morning)
        draft, writer = self._write(morning)
        return report_of(morning, draft, writer, self._now_ns())

    def _ours(self, morning: Morning) -> Report:
        draft = draft_of(morning.answers, morning.verdicts, morning.claims)
        return report_of(morning, draft, TEMPLATE, self._now_ns())

    def _with_context(self, morning: Morning, at_ns: int) -> Morning:
        """Scout, where the morning is today's; else, or for nothing, take the last claims."""
        notes = list(morning.notes)
        if self._wall_ns is None or abs(self._wall_ns() - at_ns) > SCOUTED_WITHIN_NS:
            notes.append("News was not looked for: this is not the present.")
        else:
            sources = sources_in(self._sources)
            found = scout(sources, self._secrets)
            if found.claims:
                return morning._replace(claims=found.claims)
            notes.append(_scouted_words(sources, found.reached, found.refusals))
        last = self.reports.last_before(morning.day)
        kept = morning._replace(notes=tuple(notes)[:NOTES_MAX])
        if last is None or not last.claims:
            return kept
        of = date.fromisoformat(last.context_of or last.date)
        if (morning.day - of).days > CONTEXT_DAYS_MAX:
            return kept
        return kept._replace(claims=last.claims, context_of=of)


def _scouted_words(sources: Sources, reached: int, refusals: tuple[str, ...]) -> str:
    """Say why the scout brought nothing."""
    if not sources.sources:
        return "News was not looked for: no source is named."
    if not reached:
        return bounded_detail(f"No source of news could be reached: {refusals[0]}")
    why = f" {refusals[0]}" if refusals else ""
    return bounded_detail(f"No news was found that bears on prices.{why}")


def asked(archive: Archive, at_ns: int) -> tuple[Answers, list[str]]:
    """Ask the seven questions; give the answers, and a sentence for each that failed.

    Raises MorningUnknown where no price is that old.
    """
    questions = Questions.of_archive(archive, max(at_ns - 2 * WINDOW_NS, 0), at_ns)
    failed: list[str] = []

    def answer(ask: Callable[[int], tuple[T, ...]]) -> tuple[T, ...]:
        try:
            return ask(at_ns)
        except MarketError as fault:
            failed.append(bounded_detail(f"{ask.__name__}: {fault}"))
            return ()

    try:
        prices = answer(questions.get_current_prices)
        answers = Answers(
            at_ns,
            prices,
            answer(questions.get_price_changes),
            cross_deltas(prices),
            answer(questions.get_supply_metrics),
            answer(questions.get_volatility),
            answer(questions.get_tod_patterns),
            answer(questions.get_price_floor_series),
        )
    finally:
        questions.close()
    if len(failed) == 6:  # Every tool but the one that only compares.
        raise MorningUnknown(failed[0].partition(": ")[2])
    return answers, failed
