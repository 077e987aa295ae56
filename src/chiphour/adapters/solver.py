"""SOLVER: a child process that solves, so that no solver can hold up or bring down the market.

Takes   programmes, and a limit of seconds by the wall clock.
Gives   solutions; `SolverTimedOut` or `SolverCrashed`, after which the next one finds a new child.
Keeps   the limit hard: a child that does not answer in time is killed, by its own process. The
        best solution that it had told by then is the answer, marked "clock", with its bound.
Source  Decision 0008. HiGHS is asked to stop before its limit too, but overruns it on large models.

One child serves many programmes: frames of a length and a pickle, over its standard input and
output. It ends when its input ends, so it never outlives this process for long. It remembers
nothing between programmes, but what `again` asks it to: the same programme, the same solution.
"""

import pickle
import struct
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import IO
from typing import NamedTuple

from chiphour.auction.anchor import Anchor
from chiphour.auction.model import Program
from chiphour.auction.prices import Solve
from chiphour.auction.solve import GAP
from chiphour.auction.solve import ROUNDS_MAX
from chiphour.auction.solve import Basis
from chiphour.auction.solve import Floats
from chiphour.auction.solve import OutOfTime
from chiphour.auction.solve import Solution
from chiphour.auction.solve import incumbent
from chiphour.auction.solve import solve
from chiphour.auction.warm import Kept
from chiphour.auction.warm import Keys
from chiphour.auction.warm import carried
from chiphour.auction.warm import same_solutions
from chiphour.observe.observation import MarketError

SECONDS_MAX = 600.0
CLOSING_SECONDS_MAX = 5.0
ASKED_SHARE = 0.9  # Of its limit: then HiGHS is asked to stop by itself.
SEARCH_SHARE = 0.75  # Of a shared limit, for integers: the prices follow them.
PROVING_SHARE = 0.1  # Of its limit: for an old solution's amounts, and for what may prove it.
KEPT_MAX = 4  # Solutions that a child keeps for programmes near them.
CHILD = "from chiphour.adapters.solver import main; main()"  # Not as a script: frames name classes.
_LENGTH = struct.Struct("<Q")


class SolverTimedOut(OutOfTime):
    """The solver did not answer within its limit and was killed."""


class SolverCrashed(MarketError):
    """The solver's process ended without an answer."""


class Request(NamedTuple):
    """What a child is asked. `again`: it may begin at what it kept, and keeps what it finds."""

    program: Program
    basis: Basis | None
    seconds_max: float
    gap: float
    rounds_max: int
    again: bool
    keys: Keys | None


class Told(NamedTuple):
    """What a child tells while it searches: a better bound, and a better solution or None."""

    bound: float
    primal: Floats | None


class SolverProcess:
    """A child that solves one programme at a time. Use as a context manager."""

    def __init__(
        self, seconds_max: float = SECONDS_MAX, gap: float = GAP, rounds_max: int = ROUNDS_MAX
    ) -> None:
        """Prepare; the child starts with the first programme. The limits are for each one."""
        self.seconds_max = seconds_max
        self.gap = gap
        self.rounds_max = rounds_max
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

    def solve(self, program: Program, basis: Basis | None = None) -> Solution:
        """Solve within the limit of this process."""
        return self._ask(self._request(program, basis, self.seconds_max))

    def again(self, program: Program, keys: Keys | None = None) -> Solution:
        """Solve from the last solution of `again` for a programme near to this one.

        Near is the same shape; or, where both came with `keys`, rows and columns in common. Ten
        times as fast or more where few bids changed, but among equal optima it may find another
        than `solve`: for what is shown, not for what binds. With integers, where values alone have
        changed, those found before, or better ones that were met, are the answer if they are proved
        to be within the gap.
        """
        request = self._request(program, None, self.seconds_max)
        return self._ask(request._replace(again=True, keys=keys))

    def within(self, seconds_max: float) -> Solve:
        """Give a solving function whose programmes share one limit, counted from now."""
        ends = time.monotonic() + seconds_max

        def solve_within(program: Program, basis: Basis | None = None) -> Solution:
            left = ends - time.monotonic()
            share = SEARCH_SHARE if program.integer.any() else 1.0
            return self._ask(self._request(program, basis, left * share))

        return solve_within

    def _request(self, program: Program, basis: Basis | None, seconds_max: float) -> Request:
        return Request(program, basis, seconds_max, self.gap, self.rounds_max, False, None)

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

    def _ask(self, request: Request) -> Solution:
        seconds_max = request.seconds_max
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
        best = Told(float("inf"), None)
        try:
            timer.start()
            _send(child.stdin, request)
            while isinstance(answer := _receive(child.stdout), Told):
                best = Told(answer.bound, best.primal if answer.primal is None else answer.primal)
        except (BrokenPipeError, EOFError):
            answer = None  # Killed by the timer, or dead by itself: told apart below.
        finally:
            timer.cancel()
            if timer.is_alive():
                timer.join()
            if not isinstance(answer, Solution) or timed_out.is_set():
                self.close()  # Interrupted, late or dead: its pipes hold half a frame, or none.
        if isinstance(answer, Solution) and answer.status != "time_limit":
            return answer
        if timed_out.is_set() and best.primal is not None:
            return incumbent(request.program, best.primal, best.bound, "clock")
        if timed_out.is_set() or answer is not None:
            raise SolverTimedOut(
                f"solver: expected an answer within {seconds_max:.3g} s, found none: ended"
            )
        raise SolverCrashed(f"solver: expected an answer, found its end, code {child.returncode}")


def _start() -> subprocess.Popen[bytes]:
    """Start a child in a session of its own: Ctrl-C on a terminal is for the parent to answer."""
    command = [sys.executable, "-c", CHILD]
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
    kept: list[Kept] = []  # The newest last.
    anchor: Anchor | None = None
    while True:
        try:
            request = _receive(requests)
        except EOFError:
            return
        assert isinstance(request, Request)
        program, keys = request.program, request.keys
        basis, start = request.basis, None
        searches = request.again and bool(program.integer.any())
        if searches and anchor is not None and anchor.fits(program):
            share = request.seconds_max * PROVING_SHARE
            proved = anchor.proved(program, request.gap, share)
            if proved is not None:
                _send(answers, proved)
                continue
        if request.again:
            basis, start = carried(kept, program, keys)
        found = solve(
            program,
            basis,
            request.seconds_max * ASKED_SHARE,
            request.gap,
            start=start,
            rounds_max=request.rounds_max,
            told=lambda bound, primal: _send(answers, Told(bound, primal)),
            values_alone=any(
                one.basis is basis and same_solutions(one.program, program) for one in kept
            ),
        )
        if request.again and found.primal.size:
            kept = [*kept[1 - KEPT_MAX :], Kept(program, keys, found.basis, found.primal)]
        _send(answers, found)
        if searches and found.primal.size:  # After the answer: nobody waits for it.
            anchor = Anchor(program, found, anchor)


def main() -> None:
    """Be the child."""
    serve(sys.stdin.buffer, sys.stdout.buffer)
