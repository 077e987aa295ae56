"""METRICS: how each venue's task fares, and each of a market's, as Prometheus reads it.

Takes   the states of the tasks, the time.
Gives   the text exposition, UTF-8.
Keeps   one series for each venue or task and state, so that a state that ended is seen to be 0.
Source  Decisions 0015 and 0033; Prometheus text exposition format 0.0.4.
"""

from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Sequence

from prometheus_client import CollectorRegistry
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from chiphour.adapters.task import STATES
from chiphour.adapters.task import TaskState
from chiphour.publish.tasks import STATES as TASK_STATES
from chiphour.publish.tasks import TaskRow
from chiphour.units import NS_PER_SECOND

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# A gauge of each venue: what it is, and how it is found. A time that never was has no sample.
GAUGES: dict[str, tuple[str, Callable[[TaskState], float | None]]] = {
    "chiphour_venue_last_success_timestamp_seconds": (
        "When the last poll that was kept began.",
        lambda state: _seconds(state.last_success_ns),
    ),
    "chiphour_venue_last_try_timestamp_seconds": (
        "When the last poll began.",
        lambda state: _seconds(state.last_try_ns),
    ),
    "chiphour_venue_next_try_timestamp_seconds": (
        "When the next poll is due.",
        lambda state: _seconds(state.next_ns),
    ),
    "chiphour_venue_failures": ("Failures in a row.", lambda state: state.failures),
    "chiphour_venue_rows": ("Observations in the last poll kept.", lambda state: state.rows),
    "chiphour_venue_unmapped": (
        "Observations in the last poll kept with a name that no table knows.",
        lambda state: state.unmapped,
    ),
}

# The same of a market's own tasks, by the market's clock.
TASK_TIMES: dict[str, tuple[str, Callable[[TaskRow], int]]] = {
    "chiphour_task_last_run_timestamp_seconds": (
        "Market time at which it last began to work.",
        lambda row: row.last_run_ns,
    ),
    "chiphour_task_last_success_timestamp_seconds": (
        "Market time at which work that went well last began.",
        lambda row: row.last_success_ns,
    ),
    "chiphour_task_next_timestamp_seconds": (
        "Market time at which it is due, or tries again.",
        lambda row: row.next_ns,
    ),
}
TASK_COUNTS: dict[str, tuple[str, Callable[[TaskRow], int]]] = {
    "chiphour_task_runs": ("How often it worked.", lambda row: row.runs),
    "chiphour_task_failures": ("How often it failed.", lambda row: row.failures),
    "chiphour_task_missed": ("How many moments it passed over.", lambda row: row.missed),
}


def metrics_text(states: Iterable[TaskState], now_ns: int) -> bytes:
    """Write the states in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Tasks(tuple(states), now_ns))
    return generate_latest(registry)


def tasks_text(rows: Sequence[TaskRow]) -> bytes:
    """Write how a market's tasks fare in the same format; nothing where there are none."""
    if not rows:
        return b""
    registry = CollectorRegistry()
    registry.register(_MarketTasks(rows))
    return generate_latest(registry)


class _MarketTasks(Collector):
    """Gives a market's own tasks as metrics. Times are market time."""

    def __init__(self, rows: Sequence[TaskRow]) -> None:
        self._rows = rows

    def collect(self) -> Iterator[Metric]:
        text = "1 for the state in which the task is, 0 for the others."
        states = GaugeMetricFamily("chiphour_task_state", text, labels=["task", "state"])
        for row in self._rows:
            for word in TASK_STATES:
                states.add_metric([row.task, word], int(word == row.state))
        yield states
        for name, (text, time_of) in TASK_TIMES.items():
            gauge = GaugeMetricFamily(name, text, labels=["task"])
            for row in self._rows:
                if (value := _seconds(time_of(row))) is not None:
                    gauge.add_metric([row.task], value)
            yield gauge
        for name, (text, count_of) in TASK_COUNTS.items():
            counter = CounterMetricFamily(name, text, labels=["task"])
            for row in self._rows:
                counter.add_metric([row.task], count_of(row))
            yield counter


class _Tasks(Collector):
    """Gives the states of the tasks as metrics."""

    def __init__(self, states: tuple[TaskState, ...], now_ns: int) -> None:
        self._states = states
        self._now_ns = now_ns

    def collect(self) -> Iterator[Metric]:
        yield _in_state(self._states)
        for name, (text, value_of) in GAUGES.items():
            gauge = GaugeMetricFamily(name, text, labels=["venue"])
            for state in self._states:
                if (value := value_of(state)) is not None:
                    gauge.add_metric([state.source], value)
            yield gauge
        yield _ages(self._states, self._now_ns)
        yield from _counters(self._states)
        queue = max(((state.last_try_ns, state.queue) for state in self._states), default=(0, 0))[1]
        text = "Calls that waited for the store at the last poll of all."
        yield GaugeMetricFamily("chiphour_collector_queue_length", text, value=queue)


def _in_state(states: tuple[TaskState, ...]) -> Metric:
    text = "1 for the state in which the venue's task is, 0 for the others."
    gauge = GaugeMetricFamily("chiphour_venue_state", text, labels=["venue", "state"])
    for state in states:
        for word in STATES:
            gauge.add_metric([state.source, word], int(word == state.state))
    return gauge


def _ages(states: tuple[TaskState, ...], now_ns: int) -> Metric:
    text = "Seconds since the last poll that was kept began."
    gauge = GaugeMetricFamily("chiphour_venue_age_seconds", text, labels=["venue"])
    for state in states:
        if state.last_success_ns:
            age_ns = now_ns - state.last_success_ns
            gauge.add_metric([state.source], age_ns / NS_PER_SECOND)
    return gauge


def _counters(states: tuple[TaskState, ...]) -> Iterator[Metric]:
    polls = CounterMetricFamily(
        "chiphour_venue_polls", "Polls, by what became of them.", labels=["venue", "outcome"]
    )
    refusals = CounterMetricFamily(
        "chiphour_venue_refusals", "Polls that were refused, by code.", labels=["venue", "code"]
    )
    for state in states:
        polls.add_metric([state.source, "kept"], state.successes)
        polls.add_metric([state.source, "refused"], sum(state.refusals.values()))
        for code, count in sorted(state.refusals.items()):
            refusals.add_metric([state.source, code], count)
    yield polls
    yield refusals


def _seconds(time_ns: int) -> float | None:
    return time_ns / NS_PER_SECOND if time_ns else None
