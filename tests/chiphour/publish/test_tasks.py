"""TASKS: how a task fares, as it is published.

Takes   a task.
Gives   failures.
Keeps   what never was apart from what was long ago.
Source  Decisions 0023 and 0033.
"""

from chiphour.publish.columns import object_of
from chiphour.publish.tasks import STATES
from chiphour.publish.tasks import TASK
from chiphour.publish.tasks import TASK_LIST
from chiphour.publish.tasks import TaskRow
from chiphour.units import ns_from_iso

AT = ns_from_iso("2026-07-20T00:35:00Z")
FIX = TaskRow("fix", "waiting", AT, AT, AT, AT + 1_000, 31, 2, 1, "", "each")


def test_a_task_says_what_it_does_and_when_it_is_due():
    assert object_of(TASK, FIX) == {
        "task": "fix",
        "state": "waiting",
        "since": "2026-07-20T00:35:00Z",
        "last_run": "2026-07-20T00:35:00Z",
        "last_success": "2026-07-20T00:35:00Z",
        "next": "2026-07-20T00:35:00.000001Z",
        "runs": 31,
        "failures": 2,
        "missed": 1,
        "last_error": "",
        "catch_up": "each",
    }


def test_a_time_that_never_was_is_null():
    never = object_of(TASK, FIX._replace(last_run_ns=0, last_success_ns=0, next_ns=0))
    assert [never[name] for name in ("last_run", "last_success", "next")] == [None] * 3


def test_every_state_has_its_word_and_the_list_its_order():
    (state,) = (column for column in TASK.columns if column.name == "state")
    assert state.words == STATES
    rows = [FIX, FIX._replace(task="auction")]
    assert [row["task"] for row in object_of(TASK_LIST, rows)["tasks"]] == ["fix", "auction"]
