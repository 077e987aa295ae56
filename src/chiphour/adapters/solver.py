"""SOLVER: a child process that solves, so that no solver can hold up or bring down the market.

Takes   linear programmes, and a limit of seconds by the wall clock.
Gives   solutions; `SolverTimedOut` or `SolverCrashed`, after which the next one finds a new child.
Keeps   the limit hard: a child that does not answer in time is killed, by its own process.
Source  Decision 0008. HiGHS is asked to stop at its limit too, but overruns it on large models.

One child serves many programmes: frames of a length and a pickle, over its standard input and
output. It ends when its input ends, so it never outlives this process for long.
"""

import pickle
import struct
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import IO

from chiphour.auction.model import Program
from chiphour.auction.prices import Solve
from chiphour.auction.solve import Solution
from chiphour.auction.solve import solve
from chiphour.observe.observation import MarketError

SECONDS_MAX = 600.0
CLOSING_SECONDS_MAX = 5.0
_LENGTH = struct.Struct("<Q")


class SolverTimedOut(MarketError):
    """The solver did not answer within its limit and was killed."""


class SolverCrashed(MarketError):
    """The solver's process ended without an answer."""


class SolverProcess:
    """A child that solves one programme at a time. Use as a context manager."""

    def __init__(self, seconds_max: float = SECONDS_MAX) -> None:
        """Prepare; the child starts with the first programme. The limit is for each one."""
        self.seconds_max = seconds_max
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "SolverProcess":
        """Give itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the child."""
        self.close()

    @property
    def pid(self) -> int | None:
        """Give the child's process id, or None while there is none."""
        return self._child.pid if self._child else None

    def solve(self, program: Program) -> Solution:
        """Solve within the limit of this process."""
        return self._ask(program, self.seconds_max)

    def within(self, seconds_max: float) -> Solve:
        """Give a solving function whose programmes share one limit, counted from now."""
        ends = time.monotonic() + seconds_max
        return lambda program: self._ask(program, ends - time.monotonic())

    def close(self) -> None:
        """End the child: its input closes, it leaves; one that does not is killed."""
        child, self._child = self._child, None
        if child is None:
            return
        assert child.stdin and child.stdout
        try:
            child.stdin.close()
            child.wait(CLOSING_SECONDS_MAX)
        except (subprocess.TimeoutExpired, BrokenPipeError):
            child.kill()
            child.wait()
        child.stdout.close()

    def _ask(self, program: Program, seconds_max: float) -> Solution:
        if seconds_max <= 0:
            raise SolverTimedOut("solver: expected an answer within the limit, found no time left")
        child = self._child = self._child or _start()
        assert child.stdin and child.stdout
        timed_out = threading.Event()

        def stop() -> None:
            timed_out.set()
            child.kill()

        timer = threading.Timer(min(seconds_max, threading.TIMEOUT_MAX), stop)
        timer.daemon = True  # An interrupt before `cancel` must not hold the process up.
        answer: object = None
        try:
            timer.start()
            _send(child.stdin, (program, seconds_max))
            answer = _receive(child.stdout)
        except (BrokenPipeError, EOFError):
            pass  # Killed by the timer, or dead by itself: told apart below.
        finally:
            timer.cancel()
            if timer.is_alive():
                timer.join()
            if answer is None or timed_out.is_set():
                self.close()  # Interrupted, late or dead: its pipes hold half a frame, or none.
        if isinstance(answer, Solution) and answer.status != "time_limit":
            return answer
        if timed_out.is_set() or answer is not None:
            raise SolverTimedOut(
                f"solver: expected an answer within {seconds_max:.3g} s, found none: ended"
            )
        raise SolverCrashed(f"solver: expected an answer, found its end, code {child.returncode}")


def _start() -> subprocess.Popen[bytes]:
    """Start a child in a session of its own: Ctrl-C on a terminal is for the parent to answer."""
    command = [sys.executable, "-m", "chiphour.adapters.solver"]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )


def _send(stream: IO[bytes], value: object) -> None:
    body = pickle.dumps(value, protocol=5)
    stream.write(_LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def _receive(stream: IO[bytes]) -> object:
    """Read one frame, only ever from our own child or parent; raises EOFError at the end."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return pickle.loads(body)


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer programmes until the requests end: the child's whole life."""
    while True:
        try:
            request = _receive(requests)
        except EOFError:
            return
        assert isinstance(request, tuple)
        program, seconds_max = request
        _send(answers, solve(program, seconds_max))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
