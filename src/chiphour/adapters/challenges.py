"""CHALLENGES: the file of what was challenged and answered, a line each.

Takes   a data folder; challenges and answers.
Gives   the challenges, as they stand; the event that the transparency log takes for each line.
Keeps   every line: the file only grows, and a line is durable before anyone is told of it.
Source  IOSCO FR07/13, 16; docs/methodology/governance.md.
"""

import fcntl
import json
import os
from collections.abc import Callable
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chiphour.index.challenge import Challenge
from chiphour.index.challenge import ChallengeRefused
from chiphour.index.challenge import answered
from chiphour.index.challenge import opened

FILE = "challenges.jsonl"


class Challenges:
    """The challenges of a data folder."""

    def __init__(self, folder: Path) -> None:
        """Read them; raises ChallengeRefused where the file holds something else."""
        self._file = folder / FILE
        self._known = self._read()

    def _read(self) -> dict[str, Challenge]:
        known: dict[str, Challenge] = {}
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        for number, line in enumerate(lines, 1):
            try:
                challenge = Challenge(**json.loads(line))
            except (ValueError, TypeError) as fault:
                raise ChallengeRefused(
                    f"{self._file}:{number}: expected a challenge, found {fault}"
                ) from None
            known[challenge.id] = challenge
        return known

    def all(self) -> list[Challenge]:
        """Give the challenges as they stand, the earliest first."""
        return list(self._known.values())

    def open(self, time_ns: int, by: str, about: str, text: str) -> Challenge:
        """Keep a new challenge; raises ChallengeRefused, then nothing changes."""
        return self._keep(lambda: opened(self.all(), time_ns, by, about, text))

    def answer(self, name: str, time_ns: int, by: str, answer: str) -> Challenge:
        """Keep the answer to an open challenge; raises ChallengeRefused, then nothing changes."""
        return self._keep(lambda: answered(self.all(), name, time_ns, by, answer))

    def _keep(self, make: Callable[[], Challenge]) -> Challenge:
        self._known = self._read()
        make()  # Refused before there is a file.
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # Two at once must not take one number.
            self._known = self._read()
            challenge = make()
            file.write(json.dumps(challenge._asdict()) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._known[challenge.id] = challenge
        return challenge


def event_of(challenge: Challenge) -> Mapping[str, Any]:
    """Give the event of a challenge or of its answer, as the log takes it."""
    return {"kind": "challenge", "challenge": challenge._asdict(), "state": challenge.state}
