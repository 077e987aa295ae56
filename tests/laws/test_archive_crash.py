"""ARCHIVE CRASH: SIGKILL at any moment leaves an archive that is whole, and the next run goes on.

Takes   a child process that keeps polls, recordings, refusals and task states as fast as it can,
        and prints what was acknowledged; fifty kills, one after another, in one folder.
Gives   after each kill: no half poll, no row without its body and reading, everything that was
        acknowledged; at the end no gap, and every row what its bytes say.
Keeps   the moments of the kills to a seed; what the child was doing then is up to the machine.
Source  Decision 0015.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from itertools import count
from pathlib import Path

import pytest

from archives import Reader
from chiphour.adapters import recordings
from chiphour.adapters.archive import Archive
from chiphour.adapters.archive_rows import Answer
from chiphour.adapters.recordings import check_raw
from chiphour.adapters.recordings import ingest
from chiphour.adapters.refusal import Refusal
from chiphour.observe.venue import body_of

SEED = 20261127
KILLS = 50
LIFE_S = (0.02, 0.35)  # How long a child may live.
BATCHES, FILES = 60, 6  # Recordings: folders, files in each.
REFUSED_EVERY = 3
TESTS = Path(__file__).resolve().parent.parent
READERS = {"acme": Reader("acme"), "digest": Reader("digest", "*.json")}


def content_of(*numbers: int) -> bytes:
    """Give a body that is the same whenever it is asked for: a few rows, or many."""
    draw = random.Random(repr(numbers))
    name = "/".join(map(str, numbers))
    rows = [{"row": f"{name}/{row}", "gpus": row + 1} for row in range(draw.randrange(1, 60))]
    return json.dumps({"at": None, "rows": rows}).encode()


def pages_of(number: int) -> int:
    return 1 + number % 3


def answers_of(number: int) -> list[Answer]:
    """Give the poll of a number, the first being 1: one to three pages, seen at that time."""
    bodies = [
        body_of(content_of(number, page), "list", number, number)
        for page in range(pages_of(number))
    ]
    return [Answer(body, tuple(READERS["acme"].read(body))) for body in bodies]


def refusal_of(number: int) -> Refusal:
    return Refusal("acme", "list", f"{number}", number, number, "UNREADABLE", "found rubbish", "")


def write_recordings(folder: Path) -> None:
    for batch in range(BATCHES):
        place = folder / str(batch) / "2026-07-01"
        place.mkdir(parents=True)
        for number in range(FILES):
            (place / f"{number}.json").write_bytes(content_of(-1 - batch, number))


def work(folder: Path) -> None:
    """Be the child: go on where the archive ends, until killed; print what is acknowledged."""
    archive = Archive(folder / "state")
    first = archive.last_polls().get("acme", 0) + 1
    batches = archive.count()["recordings"] // FILES
    for number in count(first):
        if number % REFUSED_EVERY == 0:
            said = f"{number}".encode()
            archive.refuse(refusal_of(number), said, file_sha256=said.hex())
            say("F", number)
        archive.keep_poll("acme", "acme-1", answers_of(number))
        say("P", number)
        if batches < BATCHES:
            ingest(archive, folder / "recordings" / str(batches))
            batches += 1
            say("R", batches)
        archive.keep_task("acme", json.dumps(number), number)
        say("T", number)


def say(kind: str, number: int) -> None:
    os.write(1, f"{kind} {number}\n".encode())


def breed(folder: Path) -> None:
    """Be the parent of children: one for each line that comes in, so that imports are done once."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            work(folder)
        say("C", child)
        os.waitpid(child, 0)
        say("E", child)


class Breeder:
    """The process that makes children, and what they acknowledged."""

    def __init__(self, folder: Path) -> None:
        words = [sys.executable, "-m", "laws.test_archive_crash", str(folder)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, cwd=TESTS, stdin=pipe, stdout=pipe, text=True)
        self.said: Counter[str] = Counter()

    def live_and_die(self, seconds: float) -> None:
        """Let a child work for so long, kill it, and hear the rest of what it said."""
        assert self.process.stdin
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        child = self.hear("C")
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        assert self.hear("E") == child

    def hear(self, until: str) -> int:
        """Note what was acknowledged until this word comes; give its number."""
        assert self.process.stdout
        while True:
            kind, number = self.process.stdout.readline().split()
            if kind == until:
                return int(number)
            self.said[kind] = max(self.said[kind], int(number))


def check(archive: Archive, said: Counter[str], checked: set[str]) -> int:
    """Find the archive whole; give the last poll that is there. `checked` grows by its readings."""
    polls: Counter[int] = Counter()
    for reading in archive.readings():
        if reading.source == "acme":
            polls[reading.observed_ns] += 1
        if reading.id not in checked:
            assert recordings._difference(archive, reading) is None
            assert len(archive.rows_of(reading.id)) == reading.rows
            checked.add(reading.id)
    last = max(polls, default=0)
    assert polls == {number: pages_of(number) for number in range(1, last + 1)}, "a half poll"
    assert last - 1 <= said["P"] <= last
    assert archive.row_without_reading() is None
    refused = archive.refusals(last=1000)
    assert len(refused) >= said["F"] // REFUSED_EVERY
    assert all(archive.bodies.body(row.sha256) for row in refused)
    assert archive.count()["recordings"] >= said["R"] * FILES
    assert [json.loads(task.document) >= said["T"] for task in archive.tasks()] in ([], [True])
    return last


@pytest.mark.suite
def test_a_killed_collector_leaves_a_whole_archive_and_the_next_run_fills_the_gap(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(recordings, "venues", lambda: READERS)
    write_recordings(tmp_path / "recordings")
    draw, checked, last = random.Random(SEED), set(), 0
    breeder = Breeder(tmp_path)
    for _ in range(KILLS):
        breeder.live_and_die(draw.uniform(*LIFE_S))
        archive = Archive(tmp_path / "state")
        found = check(archive, breeder.said, checked)
        archive.close()
        assert found >= last
        last = found
    assert last > KILLS, "the children did too little for the kills to mean anything"
    breeder.process.stdin.close()
    assert breeder.process.wait(10) == 0

    archive = Archive(tmp_path / "state")
    for number in range(1, last + 2):
        archive.keep_poll("acme", "acme-1", answers_of(number))
    for batch in range(BATCHES):
        assert ingest(archive, tmp_path / "recordings" / str(batch)).refused == ()
    breeder.said.clear()
    breeder.said["P"] = last + 1
    assert check(archive, breeder.said, checked) == last + 1
    assert archive.count()["recordings"] == BATCHES * FILES
    assert check_raw(archive) is None
    archive.close()


if __name__ == "__main__":
    recordings.venues = lambda: READERS
    breed(Path(sys.argv[1]))
