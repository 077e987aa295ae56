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
from chiphour.auction.warm import Keys
from marketed import market
from marketed import without
from solved import feasible
from solved import same

SMALL = Program(
    np.array([3.0, 2.0]),
    np.zeros(2),
    np.full(2, 10.0),
    np.array([-np.inf]),
    np.array([12.0]),
    np.array([0, 1, 2], dtype=np.int32),
    np.zeros(2, dtype=np.int32),
    np.ones(2),
    np.zeros(2, dtype=np.bool_),
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
        np.zeros(size, dtype=np.bool_),
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
    assert same(there, here)


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
        adapter._send(requests, adapter.Request(SMALL, None, 5.0, 1e-4, 100, False, None))
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


def search(size, rows=60):
    """Give a programme with integers whose proof takes far longer than these tests allow."""
    random = np.random.default_rng(2)
    weights = random.integers(5, 60, (size, rows)).astype(np.float64)
    return dense(size)._replace(
        value=weights.sum(axis=1) + random.integers(0, 20, size),
        row_lower=np.full(rows, -np.inf),
        row_upper=weights.sum(axis=0) // 3,
        starts=np.arange(0, size * rows + 1, rows, dtype=np.int32),
        rows=np.tile(np.arange(rows, dtype=np.int32), size),
        entries=weights.ravel(),
        integer=np.ones(size, dtype=np.bool_),
    )


def test_a_search_that_its_clock_ends_gives_the_best_so_far_and_says_so(process):
    """Kill a real search at its limit: its last solution holds, and its bound is one."""
    program = search(300)
    process.solve(SMALL)
    pid = process.pid
    found = process.within(4.0)(program)
    assert found.status == "clock"
    assert feasible(program, found.primal)
    assert found.objective < found.bound < np.inf
    assert found.claimed_gap > 1e-4
    assert process.solve(SMALL).status == "optimal"
    assert process.pid == pid or not alive(pid)


def test_a_search_that_stands_still_is_killed_and_its_best_kept(process):
    """Stop the child in the middle of a search: what it had told by then is the answer."""
    program = search(300)
    process.solve(SMALL)
    pid = process.pid
    threading.Timer(2.0, os.kill, (pid, signal.SIGSTOP)).start()
    found = process.within(4.0)(program)
    assert not alive(pid)
    assert found.status == "clock"
    assert feasible(program, found.primal)
    assert found.objective < found.bound


def test_a_search_without_a_solution_at_its_limit_is_late(process):
    """A search that has found nothing has nothing to give: no award is made of it."""
    nothing = search(400)
    nothing = nothing._replace(row_lower=nothing.row_upper - 0.5)  # Nothing is easily found.
    with pytest.raises(SolverTimedOut):
        process.within(0.5)(nothing)


def test_a_limit_of_rounds_ends_a_search_with_its_gap():
    program = search(60)
    with SolverProcess(30, rounds_max=2) as process:
        there = process.solve(program)
    assert there.status == "gap"
    assert same(there, solve(program, rounds_max=2))


def test_solving_again_begins_where_it_ended_and_solving_does_not(process):
    """Change values: the same optimum from the kept basis; `solve` stays as a new child is."""
    program = market(1)._replace(integer=np.zeros(market(1).value.size, dtype=np.bool_))
    process.again(program)
    changed = program._replace(value=program.value * 1.01)
    assert process.again(changed).objective == pytest.approx(solve(changed).objective)
    assert same(process.solve(changed), solve(changed))


def test_solving_again_knows_the_bids_that_stayed_by_their_keys(process):
    program = market(1)._replace(integer=np.zeros(market(1).value.size, dtype=np.bool_))
    every = Keys(
        np.arange(program.value.size, dtype=np.uint64),
        np.arange(program.row_lower.size, dtype=np.uint64),
    )
    fewer, columns, rows = without(program, 1, seed=1)
    process.again(program, every)
    found = process.again(fewer, Keys(every.columns[columns], every.rows[rows]))
    assert found.objective == pytest.approx(solve(fewer).objective)


def test_solving_integers_again_proves_what_it_found_before(process):
    """After small changes of value the answer's gap is that of a search, and it is no search."""
    program = market(7)
    first = process.again(program)
    changed = program._replace(value=program.value * 1.0001)
    found = process.again(changed)
    assert found.status == "optimal" and found.claimed_gap <= process.gap
    assert found.objective >= solve(changed, gap=0.0).objective * (1 - process.gap)
    integers = program.integer
    assert np.array_equal(np.rint(found.primal[integers]), np.rint(first.primal[integers]))
    other = program._replace(value=-program.value)  # Nothing of it is left: it is searched.
    assert process.again(other).objective == pytest.approx(solve(other).objective, abs=1e-6)
