"""KILLED: processes that are made to be killed, and what they said before.

Takes   a module of the tests that calls `breed` with the work to do when it is the program.
Gives   `Breeder`: a process that makes one child after another, each killed after a while.
Keeps   imports done once: a child is a fork of a process that has no thread.
Source  Decision 0015.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

TESTS = Path(__file__).resolve().parent


def say(kind: str, number: int) -> None:
    """Acknowledge: one line to the parent, at once."""
    os.write(1, f"{kind} {number}\n".encode())


def breed(work: Callable[[], None]) -> None:
    """Be the parent of children: one for each line that comes in, each doing the work."""
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            work()
            os._exit(0)
        say("C", child)
        os.waitpid(child, 0)
        say("E", child)


class Breeder:
    """The process that makes children, and what they acknowledged: the largest number of a kind."""

    def __init__(self, module: str, *arguments: object) -> None:
        """Start `python -m MODULE ARGUMENTS`, which must come to call `breed`."""
        words = [sys.executable, "-m", module, *map(str, arguments)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(words, cwd=TESTS, stdin=pipe, stdout=pipe, text=True)
        self.said: Counter[str] = Counter()

    def live(self) -> None:
        """Let a child work until it ends, or dies by its own hand; hear what it said."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        child = self._hear("C")
        assert self._hear("E") == child

    def live_and_die(self, seconds: float) -> None:
        """Let a child work for so long, kill it, and hear the rest of what it said."""
        assert self._process.stdin
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        child = self._hear("C")
        time.sleep(seconds)
        with suppress(ProcessLookupError):  # It may have done its work already.
            os.kill(child, signal.SIGKILL)
        assert self._hear("E") == child

    def end(self) -> None:
        """Let the process end."""
        assert self._process.stdin
        self._process.stdin.close()
        assert self._process.wait(10) == 0

    def _hear(self, until: str) -> int:
        """Note what was acknowledged until this word comes; give its number."""
        assert self._process.stdout
        while True:
            kind, number = self._process.stdout.readline().split()
            if kind == until:
                return int(number)
            self.said[kind] = max(self.said[kind], int(number))
