"""SOLVER: a child solves; one that is late, dead or gone is told, and the next one works.

Takes   E1's programme, and programmes that take long or break the child.
Gives   solutions; `SolverTimedOut`, `SolverCrashed`.
Keeps   real processes: nothing here is simulated.
Source  Decision 0008.
"""

import io
import os
import signal
import threading
import time

import numpy as np
import pytest

from chiphour.adapters import solver as adapter
from chiphour.adapters.solver import SolverCrashed
from chiphour.adapters.solver import SolverProcess
from chiphour.adapters.solver import SolverTimedOut
from chiphour.auction.model import Program
from chiphour.auction.solve import solve

SMALL = Program(
    np.array([3.0, 2.0]),
    np.zeros(2),
    np.full(2, 10.0),
    np.array([-np.inf]),
    np.array([12.0]),
    np.array([0, 1, 2], dtype=np.int32),
    np.zeros(2, dtype=np.int32),
    np.ones(2),
)


def dense(size):
    """Give a programme that takes HiGHS far longer than these tests allow."""
    random = np.random.default_rng(0)
    return Program(
        random.random(size),
        np.zeros(size),
        np.ones(size),
        np.full(size, -np.inf),
        np.ones(size),
        np.arange(0, size * size + 1, size, dtype=np.int32),
        np.tile(np.arange(size, dtype=np.int32), size),
        random.random(size * size),
    )


@pytest.fixture
def process():
    with SolverProcess(30) as child:
        yield child


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_child_gives_the_solution_that_this_process_would(process):
    assert process.pid is None
    there, here = process.solve(SMALL), solve(SMALL)
    assert there.objective == 34
    assert all(np.array_equal(one, other) for one, other in zip(there, here, strict=True))


def test_one_child_serves_many_programmes_and_ends_with_its_block():
    with SolverProcess(30) as process:
        process.solve(SMALL)
        pid = process.pid
        for _ in range(20):
            process.solve(SMALL)
        assert process.pid == pid
    assert not alive(pid)


def test_a_child_that_is_late_is_ended_and_the_next_one_works(process):
    process.solve(SMALL)
    pid, late = process.pid, dense(1_000)
    began = time.monotonic()
    with pytest.raises(SolverTimedOut, match=r"expected an answer within 0\.\d+ s, found none"):
        process.within(0.2)(late)
    assert time.monotonic() - began < 5
    assert process.solve(SMALL).status == "optimal"
    assert alive(process.pid)
    assert process.pid == pid or not alive(pid)


def test_a_child_that_stands_still_is_killed_too(process):
    """The limit is the wall clock's, not the child's own: a stopped process cannot ask itself."""
    process.solve(SMALL)
    pid = process.pid
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(SolverTimedOut):
        process.within(0.3)(SMALL)
    assert not alive(pid)
    assert process.solve(SMALL).status == "optimal"


def test_a_limit_shared_by_several_programmes_runs_out(process):
    solve_within = process.within(0.2)
    time.sleep(0.25)
    with pytest.raises(SolverTimedOut, match="no time left"):
        solve_within(SMALL)


@pytest.mark.parametrize("seconds", [1e300, float("inf")])
def test_a_limit_beyond_all_clocks_is_no_limit(process, seconds):
    assert process.within(seconds)(SMALL).status == "optimal"


def test_an_interrupt_as_the_clock_starts_leaves_nothing_that_waits(process, monkeypatch):
    """Interrupt where a signal may strike: no thread is left to hold the process up."""

    start = threading.Timer.start

    def interrupted(timer):
        start(timer)
        raise KeyboardInterrupt

    before = threading.enumerate()
    with monkeypatch.context() as patched:
        patched.setattr(threading.Timer, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            process.solve(SMALL)
    assert threading.enumerate() == before
    assert process.solve(SMALL).status == "optimal"


def test_a_child_that_dies_is_told_and_the_next_one_works(process):
    process.solve(SMALL)
    os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(SolverCrashed, match="code -9"):
        process.solve(SMALL)
    assert process.solve(SMALL).status == "optimal"


def test_the_child_answers_until_its_requests_end():
    requests, answers = io.BytesIO(), io.BytesIO()
    for _ in range(2):
        adapter._send(requests, (SMALL, 5.0))
    requests.seek(0)
    adapter.serve(requests, answers)
    answers.seek(0)
    assert adapter._receive(answers).objective == 34
    assert adapter._receive(answers).objective == 34
    with pytest.raises(EOFError):
        adapter._receive(answers)


def test_a_torn_frame_is_an_end():
    torn = io.BytesIO()
    adapter._send(torn, SMALL)
    with pytest.raises(EOFError):
        adapter._receive(io.BytesIO(torn.getvalue()[:-1]))
