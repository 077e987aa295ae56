"""JOURNALS: markets of the small exchange on disk, for the tests of journal and recovery.

Takes   a data folder.
Gives   `traded`, `followed`, `started`, `refused`, `replayed`: what the tests do with it.
Keeps   the files as they were where a start is refused: `refused` compares them.
Source  Decisions 0007 and 0026.
"""

import random

import numpy as np
import pytest

from chiphour.adapters.follower import Follower
from chiphour.adapters.journal import FOLDER_NAME
from chiphour.adapters.recovery import recover
from chiphour.adapters.recovery import replay
from chiphour.adapters.sequencer import Sequencer
from chiphour.adapters.snapshot import snapshot_paths
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.units import NS_PER_HOUR
from toy import LIMITS
from toy import Toy
from toy import deposit

START_NS = 500_000 * NS_PER_HOUR
SEGMENT_BYTES = 20_000
EVERY = 60  # Commands between two snapshots.


def traded(folder, runs: int = 1, turns: int = 6, started=Toy, **more) -> str:
    """Trade over some hours, in several runs of the sequencer; give the live digest at the end."""
    digest = ""
    for run in range(runs):
        engine, journal, _ = recover(folder, LIMITS, started, segment_bytes=SEGMENT_BYTES, **more)
        hours = iter(range(1 + run * turns, 1000))
        with Sequencer(
            engine, journal, lambda hours=hours: START_NS + next(hours) * NS_PER_HOUR
        ) as sequencer:
            if run == 0:
                sequencer.submit(command(Kind.MARK)[np.newaxis])
            draw = random.Random(run)
            for turn in range(turns):
                rows = [deposit(draw.randrange(8, 16), draw.randrange(99)) for _ in range(20)]
                sequencer.submit(np.concatenate(rows), b"name %d" % turn)
                sequencer.submit(command(Kind.ORDER, lots=draw.randrange(4))[np.newaxis])
            digest = sequencer.ask(lambda exchange: exchange.digest())
    return digest


def followed(folder, **more) -> list[int]:
    """Write snapshots of a journal; give the sequences of those that are kept, newest first."""
    follower = Follower(folder / FOLDER_NAME, Toy, Toy.from_sections, EVERY, **more)
    while follower.step():
        pass
    return [int(path.name[9:24]) for path in snapshot_paths(folder / FOLDER_NAME)]


def contents(folder):
    return {path.name: path.read_bytes() for path in (folder / FOLDER_NAME).iterdir()}


def refused(folder, kind, **more) -> str:
    """Start, and be refused: one line, every file as it was."""
    before = contents(folder)
    with pytest.raises(kind) as told:
        recover(folder, LIMITS, Toy, **more)
    assert contents(folder) == before
    assert "\n" not in str(told.value)
    return str(told.value)


def started(folder, **more):
    """Start and close again; give engine and report."""
    engine, journal, report = recover(folder, LIMITS, Toy, **more)
    journal.close()
    return engine, report


def replayed(folder, make=Toy, told=None):
    told = [] if told is None else told
    return replay(folder / FOLDER_NAME, make, told.append, Toy.from_sections, told.append)
