"""TEST METRICS: Prometheus reads what the tasks say of themselves.

Takes   states of tasks.
Gives   claims on the text, read again by the client library's own parser.
Keeps   names from outside, whatever is in them, within their quotes.
Source  Prometheus text exposition format 0.0.4.
"""

from prometheus_client.parser import text_string_to_metric_families

from chiphour.adapters.metrics import CONTENT_TYPE
from chiphour.adapters.metrics import metrics_text
from chiphour.adapters.metrics import tasks_text
from chiphour.adapters.task import STATES
from chiphour.adapters.task import TaskState
from chiphour.publish.tasks import STATES as TASK_STATES
from chiphour.publish.tasks import TaskRow
from chiphour.units import NS_PER_SECOND

NOW = 1_785_000_000 * NS_PER_SECOND

GOOD = TaskState(
    source="vast",
    state="closed",
    since_ns=NOW,
    last_try_ns=NOW - 2 * NS_PER_SECOND,
    last_success_ns=NOW - 3 * NS_PER_SECOND // 2,
    next_ns=NOW + 15 * NS_PER_SECOND,
    failures=0,
    successes=7,
    refusals={},
    rows=520,
    unmapped=3,
    last_error="",
    queue=1,
)
BAD = GOOD._replace(
    source="acme",
    state="open",
    last_try_ns=NOW,
    last_success_ns=0,
    failures=4,
    successes=0,
    refusals={"TIMEOUT": 3, "STATUS": 1},
    rows=0,
    unmapped=0,
    last_error="TIMEOUT: late",
    queue=5,
)

FIX = TaskRow(
    task="fix",
    state="waiting",
    since_ns=NOW,
    last_run_ns=NOW - 2 * NS_PER_SECOND,
    last_success_ns=NOW - 3 * NS_PER_SECOND // 2,
    next_ns=NOW + 15 * NS_PER_SECOND,
    runs=31,
    failures=2,
    missed=1,
    last_error="",
    catch_up="each",
)


def samples(*states):
    """Give each value by the name of its sample, the venue, then what else labels it."""
    text = metrics_text(states, NOW).decode()
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = dict(sample.labels)
            venue = [labels.pop("venue")] if labels else []
            found[(sample.name, *venue, *labels.values())] = sample.value
    return found


def test_every_figure_of_a_task_is_there():
    found = samples(GOOD, BAD)
    expected = {
        ("chiphour_venue_last_success_timestamp_seconds", "vast"): 1_784_999_998.5,
        ("chiphour_venue_last_try_timestamp_seconds", "vast"): 1_784_999_998,
        ("chiphour_venue_next_try_timestamp_seconds", "vast"): 1_785_000_015,
        ("chiphour_venue_age_seconds", "vast"): 1.5,
        ("chiphour_venue_rows", "vast"): 520,
        ("chiphour_venue_unmapped", "vast"): 3,
        ("chiphour_venue_failures", "acme"): 4,
        ("chiphour_venue_polls_total", "vast", "kept"): 7,
        ("chiphour_venue_polls_total", "vast", "refused"): 0,
        ("chiphour_venue_polls_total", "acme", "refused"): 4,
        ("chiphour_venue_refusals_total", "acme", "TIMEOUT"): 3,
        ("chiphour_venue_refusals_total", "acme", "STATUS"): 1,
        ("chiphour_collector_queue_length",): 5,
    }
    assert expected.items() <= found.items()


def market_samples(*rows):
    text = tasks_text(rows).decode()
    return {
        (sample.name, *sorted(sample.labels.values(), key=TASK_STATES.__contains__)): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_figure_of_a_markets_task_is_there():
    found = market_samples(FIX, FIX._replace(task="tick", state="backing off", last_success_ns=0))
    expected = {
        ("chiphour_task_state", "fix", "waiting"): 1,
        ("chiphour_task_state", "fix", "running"): 0,
        ("chiphour_task_state", "tick", "backing off"): 1,
        ("chiphour_task_last_run_timestamp_seconds", "fix"): 1_784_999_998,
        ("chiphour_task_last_success_timestamp_seconds", "fix"): 1_784_999_998.5,
        ("chiphour_task_next_timestamp_seconds", "fix"): 1_785_000_015,
        ("chiphour_task_runs_total", "fix"): 31,
        ("chiphour_task_failures_total", "fix"): 2,
        ("chiphour_task_missed_total", "tick"): 1,
    }
    assert expected.items() <= found.items()
    assert ("chiphour_task_last_success_timestamp_seconds", "tick") not in found
    for task in ("fix", "tick"):
        assert sum(found["chiphour_task_state", task, word] for word in TASK_STATES) == 1
    assert tasks_text([]) == b""


def test_both_kinds_of_tasks_stand_in_one_answer():
    text = (metrics_text([GOOD], NOW) + tasks_text([FIX])).decode()
    names = [family.name for family in text_string_to_metric_families(text)]
    assert len(names) == len(set(names))
    assert {"chiphour_venue_state", "chiphour_task_state"} <= set(names)


def test_a_task_is_in_one_state():
    found = samples(GOOD, BAD)
    for state in (GOOD, BAD):
        values = {word: found["chiphour_venue_state", state.source, word] for word in STATES}
        assert values == {word: float(word == state.state) for word in STATES}


def test_what_never_was_has_no_sample():
    found = samples(BAD)
    assert ("chiphour_venue_last_success_timestamp_seconds", "acme") not in found
    assert ("chiphour_venue_age_seconds", "acme") not in found


def test_nothing_is_a_whole_answer_too():
    assert samples() == {("chiphour_collector_queue_length",): 0}
    assert "version=0.0.4" in CONTENT_TYPE


def test_a_name_stays_within_its_quotes():
    name = 'a"} 1\nchiphour_venue_rows{venue="b'
    assert samples(GOOD._replace(source=name))["chiphour_venue_rows", name] == 520
