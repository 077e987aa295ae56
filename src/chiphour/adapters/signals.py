"""SIGNALS: the seven answers, the verdicts and the viability report, asked once and held.

Takes   an archive that may be filling meanwhile, a clock.
Gives   `answers_at`, all seven at one time; `verdict_days`, the verdicts at the end of each of some
        days; `Signals`, which holds both until the hour has moved on.
Keeps   requests cheap: none computes what another has. At first 60 days of the archive are read,
        which is what the history needs and as far as a server's viability report reaches;
        afterwards what is new, with two days again, since rows may come late.
Source  Decision 0042.
"""

import threading
from collections.abc import Callable
from collections.abc import Sequence
from typing import NamedTuple

from chiphour.adapters.archive import Archive
from chiphour.adapters.questions import Questions
from chiphour.analyse.goods import Good
from chiphour.analyse.prices import cross_deltas
from chiphour.analyse.questions import Answers
from chiphour.analyse.thresholds import SAMPLE_NS
from chiphour.analyse.thresholds import WINDOW_NS
from chiphour.analyse.verdicts import Verdict
from chiphour.analyse.verdicts import verdicts
from chiphour.analyse.viability import Viability
from chiphour.analyse.viability import viabilities
from chiphour.units import NS_PER_DAY

HISTORY_DAYS = 30
AGAIN_NS = 2 * NS_PER_DAY  # Of what was read before: rows of a slow venue may have come since.
REACH_NS = 400 * NS_PER_DAY  # Of the viability report.


class Judged(NamedTuple):
    """The answers at a time, and the verdicts on them."""

    answers: Answers
    verdicts: tuple[Verdict, ...]


def answers_at(questions: Questions, at_ns: int, good: Good | None = None) -> Answers:
    """Ask all seven questions; raises TimeUnknown, GoodUnknown."""
    prices = questions.get_current_prices(at_ns, good)
    return Answers(
        at_ns,
        prices,
        questions.get_price_changes(at_ns, good),
        cross_deltas(prices),
        questions.get_supply_metrics(at_ns, good),
        questions.get_volatility(at_ns, good),
        questions.get_tod_patterns(at_ns, good),
        questions.get_price_floor_series(at_ns, good),
    )


def judged_at(questions: Questions, at_ns: int, good: Good | None = None) -> Judged:
    """Ask and judge; raises TimeUnknown, GoodUnknown."""
    answers = answers_at(questions, at_ns, good)
    return Judged(answers, verdicts(answers))


def verdict_days(questions: Questions, at_ns: int, days: int) -> tuple[Judged, ...]:
    """Give answers and verdicts at a time and at that time of the days before, the latest first.

    Days before the first price are left out.
    """
    return tuple(judged_at(questions, moment) for moment in _moments(questions, at_ns, days))


def _moments(questions: Questions, at_ns: int, days: int) -> list[int]:
    """Give a time and that time of the days before it, as far back as there are prices."""
    first_ns = (questions.span() or (at_ns + 1, 0))[0]
    moments = [at_ns - back * NS_PER_DAY for back in range(days)]
    return [moment for moment in moments if moment >= first_ns]


def viability_at(
    questions: Questions, at_ns: int, good: Good | None = None
) -> tuple[Viability, ...]:
    """Answer for each good whether it can carry a futures market; raises as `answers_at`."""
    return viabilities(questions.samples(at_ns, REACH_NS, good))


class Signals:
    """The signals of a server. Safe from many threads; the first to ask in an hour computes."""

    def __init__(self, archive: Archive, now_ns: Callable[[], int]) -> None:
        """Look at an archive by a clock; nothing is read yet."""
        self._archive = archive
        self._now_ns = now_ns
        self._turn = threading.Lock()
        self._questions: Questions | None = None
        self._hour = -1
        self._days: dict[int, Judged] = {}
        self._viability: tuple[int, tuple[Viability, ...]] | None = None

    def close(self) -> None:
        """Let the database go."""
        with self._turn:
            if self._questions is not None:
                self._questions.close()
                self._questions = None

    def judged(self) -> Judged:
        """Give the answers and verdicts of this hour; raises TimeUnknown."""
        with self._turn:
            questions, at_ns = self._fresh()
            return self._judged(questions, at_ns)

    def history(self) -> Sequence[Judged]:
        """Give those of this hour and of that hour of the days before, the latest first."""
        with self._turn:
            questions, at_ns = self._fresh()
            moments = _moments(questions, at_ns, HISTORY_DAYS)
            return [self._judged(questions, each) for each in moments]

    def viability(self) -> tuple[Viability, ...]:
        """Give the report of this day; raises TimeUnknown."""
        with self._turn:
            questions, at_ns = self._fresh()
            day = at_ns // NS_PER_DAY
            if self._viability is None or self._viability[0] != day:
                self._viability = (day, viability_at(questions, at_ns))
            return self._viability[1]

    def _judged(self, questions: Questions, at_ns: int) -> Judged:
        if at_ns not in self._days:
            self._days[at_ns] = judged_at(questions, at_ns)
        return self._days[at_ns]

    def _fresh(self) -> tuple[Questions, int]:
        """Give the questions with all rows up to the end of the last whole hour, and that end."""
        hour = self._now_ns() // SAMPLE_NS
        at_ns = hour * SAMPLE_NS
        if self._questions is None:
            from_ns = at_ns - WINDOW_NS - HISTORY_DAYS * NS_PER_DAY
            self._questions = Questions.of_archive(self._archive, max(from_ns, 0), at_ns)
        elif hour != self._hour:
            again_ns = min(self._hour, hour) * SAMPLE_NS - AGAIN_NS
            self._questions.refresh(self._archive, max(again_ns, 0), at_ns)
            oldest_ns = at_ns - HISTORY_DAYS * NS_PER_DAY
            kept = {ns: of for ns, of in self._days.items() if oldest_ns <= ns < again_ns}
            self._days = kept
        self._hour = hour
        return self._questions, at_ns
