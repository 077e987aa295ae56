"""TASKS: how the supervised tasks of a market fare, as programs read it.

Takes   one record of each task.
Gives   `TaskRow`, the record; its published shape.
Keeps   a fault in sight for as long as nothing has gone well since; times on the market's clock.
Source  Decisions 0023 and 0033.
"""

from collections.abc import Sequence
from typing import NamedTuple

from chiphour.publish.columns import Shape
from chiphour.publish.columns import count
from chiphour.publish.columns import many
from chiphour.publish.columns import moment
from chiphour.publish.columns import moment_or_null
from chiphour.publish.columns import text
from chiphour.publish.columns import word

# waiting        its next moment has not come
# running        it is at work
# backing off    it failed, and tries again at `next`
# failed         the market itself stands still: no task goes on, and the process ends
# stopped        it was asked to end, or has ended
# not there yet  this market has nobody who does it
STATES = ("waiting", "running", "backing off", "failed", "stopped", "not there yet")


class TaskRow(NamedTuple):
    """How one task fares. Counts are since the start; a time is 0 where there was none.

    `next_ns` is its next moment, or when it tries again. `runs` are all its attempts, `failures`
    those that failed; `missed` are moments that it passed over.
    """

    task: str
    state: str
    since_ns: int
    last_run_ns: int
    last_success_ns: int
    next_ns: int
    runs: int
    failures: int
    missed: int
    last_error: str
    catch_up: str


TASK = Shape[TaskRow](
    "Task",
    "One task of the market's clock. Times are market time.",
    (
        text("task", "Its name.", "fix", lambda t: t.task),
        word("state", "What it does now.", "waiting", lambda t: t.state, STATES),
        moment("since", "In this state since, UTC.", "2026-07-20T00:35:00Z", lambda t: t.since_ns),
        moment_or_null(
            "last_run",
            "When it last began to work, UTC; null: never.",
            "2026-07-20T00:35:00Z",
            lambda t: t.last_run_ns or None,
        ),
        moment_or_null(
            "last_success",
            "The same of work that went well.",
            "2026-07-20T00:35:00Z",
            lambda t: t.last_success_ns or None,
        ),
        moment_or_null(
            "next",
            "Its next moment, or when it tries again, UTC; null: none.",
            "2026-07-21T00:35:00Z",
            lambda t: t.next_ns or None,
        ),
        count("runs", "How often it worked since the start.", 31, lambda t: t.runs),
        count("failures", "How often it failed since the start.", 0, lambda t: t.failures),
        count("missed", "How many of its moments were passed over.", 0, lambda t: t.missed),
        text("last_error", "Why it failed; empty since it went well.", "", lambda t: t.last_error),
        text("catch_up", "What becomes of moments it missed.", "each", lambda t: t.catch_up),
    ),
)
TASK_LIST = Shape[Sequence[TaskRow]](
    "Tasks",
    "The tasks of the market's clock.",
    (),
    (many("tasks", TASK, "Each of them, as the calendar lists them.", lambda rows: rows),),
)
