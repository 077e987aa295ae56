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

from chiphour.adapters.log import ClockWentBack
from chiphour.adapters.log import Log
from chiphour.index.challenge import Challenge
from chiphour.index.challenge import ChallengeRefused
from chiphour.index.challenge import answered
from chiphour.index.challenge import opened
from chiphour.index.leaves import Event
from chiphour.index.leaves import event_leaf
from chiphour.index.leaves import leaf_from

FILE = "challenges.jsonl"


class Challenges:
    """The challenges of a data folder."""

    def __init__(self, folder: Path) -> None:
        """Read them; raises ChallengeRefused where the file holds something else."""
        self._file = folder / FILE
        self._known = self._read()

    def _read(self) -> dict[str, Challenge]:
        """Read the lines that are whole: of one that a kill cut off nobody was ever told."""
        self.lines: list[Challenge] = []
        text = self._file.read_text() if self._file.exists() else ""
        for number, line in enumerate(text[: text.rfind("\n") + 1].splitlines(), 1):
            try:
                challenge = Challenge(**json.loads(line))
            except (ValueError, TypeError) as fault:
                raise ChallengeRefused(
                    f"{self._file}:{number}: expected a challenge, found {fault}"
                ) from None
            self.lines.append(challenge)
        return {challenge.id: challenge for challenge in self.lines}

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
            file.truncate(_whole_bytes(self._file))
            file.write(json.dumps(challenge._asdict()) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._known[challenge.id] = challenge
        self.lines.append(challenge)
        return challenge


def log_missing(challenges: Challenges, log: Log) -> int:
    """Append the event of each line that the log has not got; give how many.

    So what a kill left kept and not logged is logged with the next one. A log runs on its own
    clock, which may be a replay's: a leaf has the time of the one before it, and the challenge
    within has its own.
    """
    while True:
        log.refresh()
        said, last_ns = set(), 0
        for leaf in log.leaves(0, log.size):
            if b'"kind":"challenge"' in leaf:
                event = _event_in(leaf)
                said.add(event["challenge"]["id"] + event["state"])
        if log.size:
            last_ns = leaf_from(log.leaf(log.size - 1)).time_ns
        missing = [each for each in challenges.lines if each.id + each.state not in said]
        try:
            log.append([event_leaf(event_of(each), last_ns) for each in missing])
        except ClockWentBack:  # Another process was faster: its leaf is the last one now.
            continue
        return len(missing)


def _event_in(leaf: bytes) -> Mapping[str, Any]:
    found = leaf_from(leaf)
    assert isinstance(found, Event)
    return found.event


def _whole_bytes(file: Path) -> int:
    """Count the bytes up to the end of the last whole line."""
    return file.read_bytes().rfind(b"\n") + 1


def event_of(challenge: Challenge) -> Mapping[str, Any]:
    """Give the event of a challenge or of its answer, as the log takes it."""
    return {"kind": "challenge", "challenge": challenge._asdict(), "state": challenge.state}
