"""METERS: what the parts of a server count, written for Prometheus.

Takes   from each part, by name: what is counted, and a function that reads it.
Gives   `Meters.text`, in Prometheus's text format.
Keeps   a reading without a cost while nobody reads. One name is one metric: a second is our fault.
Source  Prometheus, "Exposition formats", text format 0.0.4; decision 0034.
"""

import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

Number = int | float
Read = Callable[[], Number | Mapping[str, Number]]


class _Meter(NamedTuple):
    kind: type[CounterMetricFamily] | type[GaugeMetricFamily]
    text: str
    read: Read
    label: str


class Meters:
    """The meters of a server. Threads may add and read."""

    def __init__(self) -> None:
        """Begin with none."""
        self._turn = threading.Lock()
        self._meters: dict[str, _Meter] = {}

    def counter(self, name: str, text: str, read: Read, label: str = "") -> None:
        """Add a count that only grows. With a label `read` gives a count for each of its values.

        `name` ends without `_total`, which is added when it is written.
        """
        self._add(name, _Meter(CounterMetricFamily, text, read, label))

    def gauge(self, name: str, text: str, read: Read, label: str = "") -> None:
        """Add a number that goes up and down."""
        self._add(name, _Meter(GaugeMetricFamily, text, read, label))

    def text(self) -> bytes:
        """Write all of them, by name."""
        with self._turn:
            meters = dict(sorted(self._meters.items()))
        registry = CollectorRegistry()
        registry.register(_Readings(meters))
        return generate_latest(registry)

    def _add(self, name: str, meter: _Meter) -> None:
        with self._turn:
            assert name not in self._meters, f"two meters are called {name}"
            self._meters[name] = meter


class _Readings(Collector):
    """Reads the meters as they are written."""

    def __init__(self, meters: dict[str, _Meter]) -> None:
        self._meters = meters

    def collect(self) -> Iterator[Metric]:
        for name, meter in self._meters.items():
            found = meter.read()
            family = meter.kind(name, meter.text, labels=[meter.label] if meter.label else None)
            if isinstance(found, Mapping):
                for value, number in sorted(found.items()):
                    family.add_metric([value], number)
            else:
                family.add_metric([], found)
            yield family
