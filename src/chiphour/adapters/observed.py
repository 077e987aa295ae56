"""OBSERVED: the archive as those see it who ask what is on offer and how venues answer.

Takes   the archive, a clock: the market's, or the wall's where collection is live.
Gives   pages of offers, the sources with their standing, the log of refusals, the commitments to
        the times of polls, the metrics.
Keeps   a price that is older than its venue's limit out of what is on offer now.
Source  Decision 0015.
"""

import json
from collections.abc import Callable
from collections.abc import Sequence

from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Commitment
from chiphour.adapters.archive_rows import Reveal
from chiphour.adapters.metrics import metrics_text
from chiphour.adapters.offers import Filter
from chiphour.adapters.schedule import WINDOW_NS
from chiphour.adapters.signals import Signals
from chiphour.adapters.task import TaskState
from chiphour.observe.observation import Observation
from chiphour.observe.register import REGISTER
from chiphour.observe.register import standing
from chiphour.observe.venues import venues
from chiphour.publish.commitments import Committed
from chiphour.publish.commitments import Uncovered
from chiphour.publish.offers import Collected
from chiphour.publish.offers import Offers
from chiphour.publish.offers import Refused
from chiphour.publish.offers import Wanted
from chiphour.publish.page import Frame
from chiphour.units import strike_ns

AGE_NS_MAX = max(row.stale_ns for row in REGISTER.values() if row.role != "publisher")


class Observed:
    """Answers from what the archive holds at that moment."""

    def __init__(self, archive: Archive, now_ns: Callable[[], int]) -> None:
        """Look at an archive by a clock."""
        self._archive = archive
        self._now_ns = now_ns
        self._signals = Signals(archive, self.time_ns)

    def offers(self, wanted: Wanted) -> Offers:
        """Give a page of current offers; a page may be shorter than asked before the last one."""
        now_ns = self._now_ns()
        only = Filter(
            source=wanted.source,
            venue=wanted.venue,
            kind=wanted.kind,
            chip=wanted.chip,
            form=wanted.form,
            tenor=wanted.tenor,
            country=wanted.country,
        )
        page = self._archive.offers(now_ns, AGE_NS_MAX, only, wanted.after, wanted.limit)
        current = tuple(
            stored.observation for stored in page.offers if _is_current(stored.observation, now_ns)
        )
        return Offers(now_ns, current, page.next)

    def sources(self) -> Sequence[Collected]:
        """Give every source that has a reader, by name."""
        tasks = {task.source: json.loads(task.document) for task in self._archive.tasks()}
        seen_ns = self._archive.last_polls()
        return [
            Collected(
                reader.VENUE,
                standing(name),
                bool(reader.VENUE.base_url),
                seen_ns.get(name),
                tasks.get(name, {}),
            )
            for name, reader in venues().items()
        ]

    def refusals(self, source: str | None, last: int) -> Sequence[Refused]:
        """Give the last lines of the log of refusals, the latest first."""
        return [
            Refused(
                one.source, one.shape, one.path, one.observed_ns, one.code, one.detail, one.sha256
            )
            for one in self._archive.refusals(source, last=last)
        ]

    def commitments(self, venue: str | None, last: int) -> Sequence[Committed]:
        """Give the last commitments to the times of polls, the latest day first."""
        revealed = {(one.venue, one.day): one for one in self._archive.reveals()}
        made = [one for one in self._archive.commitments() if venue in (None, one.venue)]
        made.sort(key=lambda one: (-one.day.toordinal(), one.venue))
        return [self._committed(one, revealed.get((one.venue, one.day))) for one in made[:last]]

    def _committed(self, made: Commitment, reveal: Reveal | None) -> Committed:
        at_ns = strike_ns(made.day)
        uncovered = None
        if reveal is not None:
            said = json.loads(reveal.revealed)
            uncovered = Uncovered(said["nonce"], tuple(said["offsets_ns"]), reveal.revealed_ns)
        return Committed(
            made.venue,
            made.day,
            made.commitment,
            made.committed_ns,
            at_ns - WINDOW_NS,
            at_ns,
            uncovered,
            tuple(self._archive.polls(made.venue, at_ns - WINDOW_NS, at_ns)),
        )

    def metrics(self) -> bytes:
        """Give the states of collection in Prometheus's text form."""
        states = [TaskState(**json.loads(task.document)) for task in self._archive.tasks()]
        return metrics_text(states, self._now_ns())

    def signals(self) -> Signals:
        """Give what prices say, as it was at the end of the last whole hour."""
        return self._signals

    def frame(self) -> Frame:
        """Give what surrounds a page that says why there is none."""
        return Frame()

    def time_ns(self) -> int:
        """Give the time that ages are counted from."""
        return self._now_ns()


def _is_current(seen: Observation, now_ns: int) -> bool:
    return now_ns - seen.observed_ns <= standing(seen.venue).stale_ns
