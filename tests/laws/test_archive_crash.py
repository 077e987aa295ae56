"""ARCHIVE CRASH: SIGKILL at any moment leaves an archive that is whole, and the next run goes on.

Takes   a child process that keeps polls, recordings, refusals and task states as fast as it can,
        and prints what was acknowledged; fifty kills, one after another, in one folder.
Gives   after each kill: no half poll, no row without its body and reading, everything that was
        acknowledged; at the end no gap, and every row what its bytes say.
Keeps   the moments of the kills to a seed; what the child was doing then is up to the machine.
Source  Decision 0015.
"""

import json
import random
import sys
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
from killed import Breeder
from killed import breed
from killed import say

SEED = 20261127
KILLS = 50
LIFE_S = (0.02, 0.35)  # How long a child may live.
BATCHES, FILES = 60, 6  # Recordings: folders, files in each.
REFUSED_EVERY = 3
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


def check(archive: Archive, said: Counter[str], checked: set[str], unsaid: int) -> int:
    """Find the archive whole; give the last poll that is there. `checked` grows by its readings.

    So many polls may be there that nobody said: one for each child killed since the last word.
    """
    polls: Counter[int] = Counter()
    places = set(archive.recordings())
    for reading in archive.readings():
        if reading.source == "acme":
            polls[reading.observed_ns] += 1
        if reading.id not in checked:
            assert recordings._difference(archive, reading, places) is None
            assert len(archive.rows_of(reading.id)) == reading.rows
            checked.add(reading.id)
    last = max(polls, default=0)
    assert polls == {number: pages_of(number) for number in range(1, last + 1)}, "a half poll"
    assert last - unsaid <= said["P"] <= last
    assert archive.row_without_reading() is None
    refused = archive.refusals(last=1000)
    assert len(refused) >= said["F"] // REFUSED_EVERY
    assert all(archive.bodies.body(row.sha256) for row in refused)
    assert archive.count()["recordings"] >= said["R"] * FILES
    assert [json.loads(task.document) >= said["T"] for task in archive.tasks()] in ([], [True])
    return last


@pytest.mark.long
@pytest.mark.suite
def test_a_killed_collector_leaves_a_whole_archive_and_the_next_run_fills_the_gap(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(recordings, "venues", lambda: READERS)
    write_recordings(tmp_path / "recordings")
    draw, checked, last, unsaid = random.Random(SEED), set(), 0, 0
    breeder = Breeder("laws.test_archive_crash", tmp_path)
    for _ in range(KILLS):
        before = breeder.said["P"]
        breeder.live_and_die(draw.uniform(*LIFE_S))
        unsaid = 1 if breeder.said["P"] > before else unsaid + 1
        archive = Archive(tmp_path / "state")
        found = check(archive, breeder.said, checked, unsaid)
        archive.close()
        assert found >= last
        last = found
    assert last > KILLS, "the children did too little for the kills to mean anything"
    breeder.end()

    archive = Archive(tmp_path / "state")
    for number in range(1, last + 2):
        archive.keep_poll("acme", "acme-1", answers_of(number))
    for batch in range(BATCHES):
        assert ingest(archive, tmp_path / "recordings" / str(batch)).refused == ()
    breeder.said.clear()
    breeder.said["P"] = last + 1
    assert check(archive, breeder.said, checked, 0) == last + 1
    assert archive.count()["recordings"] == BATCHES * FILES
    assert check_raw(archive) is None
    archive.close()


if __name__ == "__main__":
    recordings.venues = lambda: READERS
    breed(lambda: work(Path(sys.argv[1])))
