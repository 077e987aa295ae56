"""REPORT: what became of a folder of recordings, counted for each source.

Takes   the observations of each file as it is read; what was refused.
Gives   a summary for each source: what was read, what is new, what no table knows, how old it is.
Keeps   every name that no table knows by what it names and how often it came; logged, each once.
Source  Decision 0015; methodology, "Observations".
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from chiphour.adapters.refusal import Refusal
from chiphour.observe.observation import Observation

log = logging.getLogger(__name__)


class Summary(NamedTuple):
    """What was read of one source.

    `gpus` counts the GPUs offered: the largest offer of each machine, or where no machine is told
    from another, what the newest row of each stock says. `stock` counts rows of stock, `flagged`
    rows with any flag, `flags` rows by flag; `unmapped` counts rows by what no table knew ("chip",
    "tenor", "venue" or "region") and the source's own name for it. `newest_ns` is when the newest
    row was observed, None for no row; `age_ns` is how much newer the newest row of the report is.
    """

    venue: str
    files: int
    rows: int
    machines: int
    gpus: int
    stock: int
    new: int
    flagged: int
    flags: dict[str, int]
    unmapped: dict[tuple[str, str], int]
    refused: tuple[Refusal, ...]
    newest_ns: int | None
    age_ns: int | None


class Report(NamedTuple):
    """What became of a folder. `unread` counts files without a reader, by their first folder."""

    folder: Path
    venues: tuple[Summary, ...]
    unread: dict[str, int]
    warnings: tuple[str, ...]

    @property
    def refused(self) -> tuple[str, ...]:
        """Give one line for each file that was refused."""
        return tuple(refusal.detail for summary in self.venues for refusal in summary.refused)


class Tally:
    """Counts the rows of one source as its files are read."""

    def __init__(self, venue: str) -> None:
        """Begin with nothing."""
        self._venue = venue
        self._files = self._rows = self._new = self._flagged = 0
        self._gpus: dict[str, int] = {}
        self._stock: dict[tuple[str, ...], tuple[int, int]] = {}
        self._stock_rows = 0
        self._unmapped: Counter[tuple[str, str]] = Counter()
        self._flags: Counter[str] = Counter()
        self._refused: list[Refusal] = []
        self._newest_ns: int | None = None

    def add(self, observations: Sequence[Observation], new: int) -> None:
        """Count what one file gave, of which so many rows are new."""
        self._files += 1
        self._rows += len(observations)
        self._new += new
        for seen in observations:
            if seen.flags:
                self._flagged += 1
                self._flags.update(seen.flags)
                self._unmapped.update(_unmapped(seen))
            if seen.machine_key:
                most = max(seen.gpus, self._gpus.get(seen.machine_key, 0))
                self._gpus[seen.machine_key] = most
            if seen.kind == "stock":
                self._add_stock(seen)
        times = [seen.observed_ns for seen in observations]
        if times:
            self._newest_ns = max(max(times), self._newest_ns or 0)

    def refuse(self, refusal: Refusal) -> None:
        """Count a file that was refused."""
        self._refused.append(refusal)

    def summary(self) -> Summary:
        """Sum up, without an age; log each name that no table knew."""
        unmapped = dict(sorted(self._unmapped.items()))
        for (what, name), rows in unmapped.items():
            log.warning("%s: unknown %s %r, %d rows", self._venue, what, name, rows)
        in_stock = sum(gpus for _, gpus in self._stock.values())
        return Summary(
            venue=self._venue,
            files=self._files,
            rows=self._rows,
            machines=len(self._gpus),
            gpus=sum(self._gpus.values()) if self._gpus else in_stock,
            stock=self._stock_rows,
            new=self._new,
            flagged=self._flagged,
            flags=dict(sorted(self._flags.items())),
            unmapped=unmapped,
            refused=tuple(self._refused),
            newest_ns=self._newest_ns,
            age_ns=None,
        )

    def _add_stock(self, seen: Observation) -> None:
        self._stock_rows += 1
        region = str(json.loads(seen.spec).get("region", ""))
        place = (seen.venue, seen.chip, seen.form, str(seen.memory_gb), seen.tenor, region)
        self._stock[place] = max((seen.observed_ns, seen.gpus), self._stock.get(place, (0, 0)))


def with_ages(summaries: Sequence[Summary]) -> tuple[Summary, ...]:
    """Give the summaries by name, each with its age beside the newest of all."""
    newest_ns = max((each.newest_ns or 0 for each in summaries), default=0)
    aged = [
        each if each.newest_ns is None else each._replace(age_ns=newest_ns - each.newest_ns)
        for each in summaries
    ]
    return tuple(sorted(aged, key=lambda each: each.venue))


def _unmapped(seen: Observation) -> Iterator[tuple[str, str]]:
    """Yield what no table knew, by the source's own name."""
    if "CHIP_UNKNOWN" in seen.flags:
        yield "chip", str(json.loads(seen.spec).get("chip_name", ""))
    if "TENOR_UNKNOWN" in seen.flags:
        yield "tenor", str(json.loads(seen.terms).get("kind", ""))
    if "VENUE_UNKNOWN" in seen.flags:
        yield "venue", seen.venue
    if "REGION_UNKNOWN" in seen.flags:
        yield "region", str(json.loads(seen.spec).get("region", ""))
