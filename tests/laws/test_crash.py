"""CRASH: SIGKILL at any moment under load loses no acknowledged command.

Takes   a child process that runs the sequencer on a real file, five threads trading, and prints
        what was acknowledged and the digest at it; ten kills, one after another, in one folder.
Gives   after each kill: all that was acknowledged is in the journal, and replays to what the
        child printed. The kernel runs in the child, the plain reference judges.
Keeps   the moments of the kills to a seed; what the child was doing then is up to the machine.
Source  Decision 0007.
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

from chiphour.adapters.journal import journal_path
from chiphour.adapters.journal import read_frames
from chiphour.adapters.recovery import recover
from chiphour.adapters.sequencer import Sequencer
from chiphour.exchange.commands import Kind
from chiphour.exchange.compose import command
from chiphour.exchange.compose import commands
from chiphour.exchange.engine import Engine
from chiphour.exchange.limits import Limits
from chiphour.exchange.reference import Reference
from chiphour.units import NS_PER_SECOND
from opened import STRIKE_NS
from opened import opening

SEED = 20260706
KILLS = 10
TESTS = Path(__file__).resolve().parent.parent
LIMITS = Limits(accounts=64, contracts=2, indexes=4, orders=1024, positions=64)


def orders(draw: random.Random, count: int):
    """Give orders that rest, trade, or are immediate, around the fix."""
    return commands(
        command(
            Kind.ORDER,
            account=draw.randrange(8, 16),
            contract=0,
            side=draw.choice((1, 2)),
            order_type=1,
            time_in_force=draw.choice((1, 2)),
            price_ticks=draw.randrange(24_990, 25_011),
            lots=draw.randrange(1, 100),
        )
        for _ in range(count)
    )


def trade(folder: Path, seed: int) -> None:
    """Be the child: trade until killed; print `A sequence` and `D sequence digest`."""
    engine, journal, _ = recover(folder, LIMITS, Engine)
    start_ns, began = engine.time_ns or STRIKE_NS + NS_PER_SECOND, time.monotonic_ns()
    # Market time runs a hundred times as fast as the wall: funding comes due again and again.
    clock = lambda: start_ns + 100 * (time.monotonic_ns() - began)  # noqa: E731
    sequencer = Sequencer(engine, journal, clock)
    if engine.sequence == 0:
        say("A", sequencer.submit(opening(funding_period_s=60))[-1, 0])

    def submit(number: int) -> None:
        draw = random.Random(seed + number)
        made = [orders(draw, draw.randrange(1, 80)) for _ in range(50)]
        while True:
            say("A", sequencer.submit(draw.choice(made), b"a name that is private")[-1, 0])

    for number in range(4):
        threading.Thread(target=submit, args=(number,), daemon=True).start()
    while True:
        say("D", *sequencer.ask(lambda exchange: (exchange.sequence, exchange.digest())))


def say(*words) -> None:
    """Print one line in one write, so that a kill leaves no half line and threads do not mix."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def killed(folder: Path, seed: int, after_s: float) -> list[list[str]]:
    """Run a child, kill it some time after its first words; give all its words."""
    words = [sys.executable, "-m", "laws.test_crash", folder, str(seed)]
    child = subprocess.Popen(words, cwd=TESTS, stdout=subprocess.PIPE)
    assert child.stdout is not None
    try:
        assert select.select([child.stdout], [], [], 120)[0]
        heard = bytearray()
        end = time.monotonic() + after_s
        while (left := end - time.monotonic()) > 0:
            if select.select([child.stdout], [], [], left)[0]:
                heard += os.read(child.stdout.fileno(), 1 << 16)
    finally:
        child.send_signal(signal.SIGKILL)
        heard += child.stdout.read()
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
    return [line.split() for line in heard.decode().splitlines()]


@pytest.mark.suite
def test_no_acknowledged_command_is_lost_to_sigkill(tmp_path):
    draw = random.Random(SEED)
    judge = Reference(LIMITS)  # It follows the journal from kill to kill.
    compared = 0
    for kill in range(KILLS):
        words = killed(tmp_path, kill, draw.uniform(0.02, 0.3))
        acknowledged = max(int(line[1]) for line in words)
        stated = [(int(line[1]), line[2]) for line in words if line[0] == "D"]
        engine, journal, report = recover(tmp_path, LIMITS, Engine)
        journal.close()
        assert engine.sequence == report.commands >= acknowledged
        rows = np.concatenate([frame.rows for frame in read_frames(journal_path(tmp_path))])
        for sequence, digest in stated[-3:]:
            judge.apply(rows[judge.sequence : sequence])
            assert judge.digest() == digest
            compared += 1
        judge.apply(rows[judge.sequence :])
        assert judge.digest() == report.digest
    assert compared >= KILLS
    assert judge.sequence > 1_000


if __name__ == "__main__":
    trade(Path(sys.argv[1]), int(sys.argv[2]))
