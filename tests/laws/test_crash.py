"""CRASH: SIGKILL at any moment under load loses no acknowledged command.

Takes   a child process that runs the sequencer on a real disk, four threads trading, a follower
        beside it, and prints what was acknowledged and the digest at it; five kills, one after
        another, in one folder. `CHIPHOUR_KILLS=200` kills as often.
Gives   after each kill: all that was acknowledged is in the journal; it recovers from a snapshot
        and from the beginning to one digest, and replays to what the child printed. The kernel
        runs in the children, the plain exchange judges. The follower is killed at times too.
Keeps   the moments of the kills to a seed; what the child was doing then is up to the machine.
Source  Decisions 0007 and 0026.
"""

import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from chiphour.adapters.follower import Follower
from chiphour.adapters.follower import follow
from chiphour.adapters.journal import journal_path
from chiphour.adapters.journal import read_frames
from chiphour.adapters.recovery import recover
from chiphour.adapters.segments import read_segments
from chiphour.adapters.sequencer import Sequencer
from chiphour.adapters.snapshot import load_snapshot
from chiphour.adapters.snapshot import snapshot_paths
from chiphour.exchange.commands import SOURCE_SHIFT
from chiphour.exchange.commands import Kind
from chiphour.exchange.commands import Source
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.engine import Engine
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.units import NS_PER_SECOND
from opened import STRIKE_NS
from opened import opening

SEED = 20260706
KILLS = int(os.environ.get("CHIPHOUR_KILLS", "5"))
SEGMENT_BYTES = 50_000  # Small: segments roll all the time.
EVERY = 500  # Commands between two snapshots.
TESTS = Path(__file__).resolve().parent.parent
LIMITS = Limits(accounts=64, contracts=2, indexes=4, orders=1024, positions=64)


def orders(draw: random.Random, count: int):
    """Give orders that rest, wait, trade, or are immediate, around the fix; and some marks."""
    rows = []
    for _ in range(count):
        given = {"account": draw.randrange(8, 16), "contract": 0, "side": draw.choice((1, 2))}
        given |= {"price_ticks": draw.randrange(24_990, 25_011), "lots": draw.randrange(1, 100)}
        if draw.random() < 0.1:
            given |= {"order_type": 3, "time_in_force": 1, "flags": Source.LAST << SOURCE_SHIFT}
            given |= {"trigger_ticks": 25_000 + (10 if given["side"] == 1 else -10)}
        else:
            given |= {"order_type": 1, "time_in_force": draw.choice((1, 2))}
        rows.append(command(Kind.ORDER, **given))
    if draw.random() < 0.1:
        rows.append(
            command(Kind.MARK, index=1, fit=1, value_microusd=draw.randrange(2_490_000, 2_510_000))
        )
    return commands(rows)


def trade(folder: Path, seed: int) -> None:
    """Be the child: trade until killed; print `A sequence` and `D sequence digest`."""
    restore = Engine.from_sections
    engine, journal, _ = recover(
        folder, LIMITS, Engine, restore=restore, segment_bytes=SEGMENT_BYTES
    )
    start_ns, began = engine.time_ns or STRIKE_NS + NS_PER_SECOND, time.monotonic_ns()
    # Market time runs a hundred times as fast as the wall: funding comes due again and again.
    clock = lambda: start_ns + 100 * (time.monotonic_ns() - began)  # noqa: E731
    sequencer = Sequencer(engine, journal, clock)
    if engine.sequence == 0:
        say("A", sequencer.submit(opening(funding_period_s=60, opening_call_s=0))[-1, 0])

    def submit(number: int) -> None:
        draw = random.Random(seed + number)
        made = [orders(draw, draw.randrange(1, 80)) for _ in range(50)]
        while True:
            say("A", sequencer.submit(draw.choice(made), b"a name that is private")[-1, 0])

    for number in range(4):
        threading.Thread(target=submit, args=(number,), daemon=True).start()
    while True:
        say("D", *sequencer.ask(lambda exchange: (exchange.sequence, exchange.digest())))


def watch(folder: Path) -> None:
    """Be the follower: write snapshots until killed; print `S sequence digest` of each."""
    follower = Follower(
        journal_path(folder),
        Engine,
        Engine.from_sections,
        EVERY,
        lambda head, path: say("S", head.sequence, head.digest),
    )
    follow(follower, lambda: False)


def say(*words) -> None:
    """Print one line in one write, so that a kill leaves no half line and threads do not mix."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def started(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    """Start this file as a child: a writer with a seed, a follower without."""
    line = [sys.executable, "-m", "laws.test_crash", folder, *words]
    return subprocess.Popen(line, cwd=TESTS, stdout=subprocess.PIPE)


class Watched:
    """A folder in which a writer trades until killed, with a follower that lives longer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.follower: subprocess.Popen[bytes] | None = None
        self.words: list[list[str]] = []  # Of the follower, all of them.

    def killed(self, seed: int, after_s: float, early: bool, both: bool) -> list[list[str]]:
        """Run a writer, kill it some time after its first digest; give all that it said.

        `early`: after its start, whatever it has got to. `both`: the follower dies too.
        """
        writer = started(self.folder, str(seed))
        assert writer.stdout is not None
        heard = bytearray()
        end = time.monotonic() + (after_s if early else 300)
        began = early
        while (left := end - time.monotonic()) > 0:
            if select.select([writer.stdout], [], [], left)[0]:
                heard += os.read(writer.stdout.fileno(), 1 << 16)
                assert heard or writer.poll() is None
            if not began and b"D " in heard:
                began, end = True, time.monotonic() + after_s
                self.follower = self.follower or started(self.folder)
        assert began
        heard += _ended(writer)
        if both:
            self.end_follower()
        return _lines(heard)

    def end_follower(self) -> None:
        """Kill the follower too; the next writer gets another one."""
        if self.follower is not None:
            self.words += _lines(_ended(self.follower))
            self.follower = None


def _ended(child: "subprocess.Popen[bytes]") -> bytes:
    """Kill a child; give what it still had to say."""
    assert child.stdout is not None
    child.send_signal(signal.SIGKILL)
    rest = child.stdout.read()
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()
    return rest


def _lines(heard: bytes) -> list[list[str]]:
    return [line.split() for line in heard.decode().splitlines()]


@pytest.mark.long
@pytest.mark.suite
def test_no_acknowledged_command_is_lost_to_sigkill(tmp_path):
    draw = random.Random(SEED)
    judge = Reference(LIMITS)  # It follows the journal from kill to kill.
    place, watched = tmp_path / "journal", Watched(tmp_path)
    compared = 0
    for kill in range(KILLS):
        early = kill > 0 and draw.random() < 0.2
        after_s = draw.uniform(0.0, 3.0 if early else 0.5)
        words = watched.killed(kill, after_s, early, both=draw.random() < 0.2)
        acknowledged = max((int(line[1]) for line in words), default=0)
        stated = {int(line[1]): line[2] for line in words if line[0] == "D"}
        whole, _ = recovered(tmp_path)
        engine, report = recovered(tmp_path, Engine.from_sections)
        assert engine.sequence == report.commands >= acknowledged
        assert engine.digest() == whole.digest()
        rows = np.concatenate([frame.rows for frame in read_frames(place)])
        for sequence, digest in sorted(stated.items())[-3:]:
            judge.apply(rows[judge.sequence : sequence])
            assert judge.digest() == digest
            compared += 1
        judge.apply(rows[judge.sequence :])
        assert judge.digest() == report.digest
    watched.end_follower()
    assert compared >= KILLS // 2
    assert len(read_segments(place)) > 1
    assert judge.sequence > 100
    check_snapshots(tmp_path, judge, watched.words)


def check_snapshots(folder: Path, judge: Reference, told: list[list[str]]) -> None:
    """What the follower said was kept; one more snapshot gives the last state again."""
    place = journal_path(folder)
    follower = Follower(place, Engine, Engine.from_sections, EVERY)
    follower.step()
    follower.snapshot()
    assert follower.sequence == judge.sequence
    engine, report = recovered(folder, Engine.from_sections)
    assert report.snapshot > 0
    assert report.passed_over == ()
    assert engine.digest() == judge.digest()
    newest = [load_snapshot(path).head for path in snapshot_paths(place)]
    for _, sequence, digest in told:
        assert all(head.digest == digest for head in newest if head.sequence == int(sequence))


def recovered(folder: Path, restore=None):
    """Recover and close again; give the engine and the report."""
    engine, journal, report = recover(
        folder, LIMITS, Engine, restore=restore, segment_bytes=SEGMENT_BYTES
    )
    journal.close()
    return engine, report


if __name__ == "__main__":
    if sys.argv[2:]:
        trade(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        watch(Path(sys.argv[1]))
