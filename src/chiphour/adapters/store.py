"""STORE: the archive as the collector writes it.

Takes   polls, refusals, the states of tasks, commitments to the times of polls.
Gives   what the collector must find again after it was stopped, or killed.
Keeps   each call one transaction: a poll is there whole, or not at all with its refusal.
Source  Decision 0015.
"""

import json
from collections.abc import Callable
from collections.abc import Mapping

from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Answer
from chiphour.adapters.poll import Poll
from chiphour.adapters.refusal import Refusal
from chiphour.adapters.schedule import Commitment
from chiphour.adapters.schedule import Revealed
from chiphour.adapters.task import TaskState
from chiphour.observe.observation import canonical_json
from chiphour.observe.venue import Rate
from chiphour.observe.venues import venues


class ArchiveStore:
    """An archive behind the collector's protocol `Store`."""

    def __init__(self, archive: Archive, now_ns: Callable[[], int]) -> None:
        """Write to an archive; the clock stamps what carries no time of its own."""
        self._archive = archive
        self._now_ns = now_ns

    def keep_poll(self, poll: Poll) -> int:
        """Keep a poll that is whole; of a refused one its bodies and the refusal."""
        if poll.refusal is not None:
            for answer in poll.answers:
                self._archive.bodies.keep(answer.body.content)
            self.refuse(poll.refusal)
            return 0
        version = venues()[poll.source].VENUE.reader_version
        answers = [Answer(answer.body, answer.observations) for answer in poll.answers]
        return self._archive.keep_poll(poll.source, version, answers)

    def refuse(self, refusal: Refusal) -> None:
        """Keep a line of the log of refusals."""
        self._archive.refuse(refusal)

    def keep_task(self, state: TaskState) -> None:
        """Keep the state of a task in place of the last one of its source."""
        self._archive.keep_task(state.source, canonical_json(state._asdict()), self._now_ns())

    def tasks(self) -> tuple[TaskState, ...]:
        """Give the states kept last, by source."""
        return tuple(TaskState(**json.loads(task.document)) for task in self._archive.tasks())

    def last_polls(self) -> Mapping[str, int]:
        """Give the time of the last poll of all that each source offers, of those kept."""
        return self._archive.last_polls(whole=True)

    def rates(self, before_ns: int) -> tuple[Rate, ...]:
        """Give for each currency the last rate published before a time."""
        return self._archive.rates(before_ns)

    def commit(self, commitment: Commitment) -> None:
        """Keep a commitment; the first one for a venue and day stays."""
        self._archive.commit(
            commitment.venue, commitment.day, commitment.sha256, commitment.committed_ns
        )

    def reveal(self, revealed: Revealed) -> None:
        """Keep what a commitment hid."""
        document = canonical_json(
            {"nonce": revealed.nonce, "offsets_ns": list(revealed.offsets_ns)}
        )
        self._archive.reveal(revealed.venue, revealed.day, document, self._now_ns())

    def unrevealed(self) -> tuple[Commitment, ...]:
        """Give the commitments that are not revealed."""
        known = {(one.venue, one.day) for one in self._archive.reveals()}
        return tuple(
            Commitment(one.venue, one.day, one.commitment, one.committed_ns)
            for one in self._archive.commitments()
            if (one.venue, one.day) not in known
        )
