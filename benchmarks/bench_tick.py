"""TICK: the fifteen-second index over twenty series and five thousand cached rows.

Takes   books of five venues and rate cards of ten, made here: 5,000 rows in all.
Gives   milliseconds of one tick of all series: with every feed polled again since the last tick,
        with one feed, with none; how many series were live.
Keeps   the rows of each poll new, so that nothing of an earlier poll can be used again. The cards'
        age limit is half an hour, as often as the register has them polled.
Source  docs/methodology/real-time.md; decision 0022.
"""

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from chiphour.index.realtime import REAL_TIME
from chiphour.index.realtime import polls_of
from chiphour.index.realtime import start
from chiphour.index.realtime import step
from chiphour.index.series import SERIES
from chiphour.index.series import Series
from chiphour.observe.observation import Observation
from chiphour.observe.observation import canonical_json
from chiphour.units import NS_PER_MINUTE
from chiphour.units import NS_PER_SECOND

SPOT = tuple(series for series in SERIES if series.tenor == "SPOT")[:10]
OD = tuple(series for series in SERIES if series.tenor == "OD")[:10]
BOOKS = ("vast", "hyperbolic", "spheron", "tensordock", "salad")
CARDS = (
    "lambda",
    "runpod",
    "verda",
    "nebius",
    "ovh",
    "vultr",
    "crusoe",
    "seeweb",
    "together",
    "hotaisle",
)
MACHINES = 90  # Of each book and series.
SIZES = 5  # Of each card and series.
ROWS = len(SPOT) * len(BOOKS) * MACHINES + len(OD) * len(CARDS) * SIZES
RUNS = 15
SECOND = NS_PER_SECOND
START_NS = 1_784_507_400_000_000_000
PARAMETERS = REAL_TIME._replace(rule=REAL_TIME.rule._replace(posted_limit_ns=30 * NS_PER_MINUTE))


def figures() -> Iterator[dict[str, Any]]:
    """Yield how long a tick takes; the worst is the one whose goal is set."""
    state, at_ns = start((*SPOT, *OD), PARAMETERS), START_NS
    for _ in range(PARAMETERS.reopening):
        at_ns += 15 * SECOND
        state, ticks = step(state, polls_of(_rows(at_ns - SECOND)), at_ns)
    assert ROWS == len(_rows(at_ns)) == 5_000
    params: dict[str, Any] = {"series": len(ticks), "rows": ROWS}
    for refreshed, venues in (
        ("every feed", (*BOOKS, *CARDS)),
        ("one feed", ("vast",)),
        ("none", ()),
    ):
        taken_ms = []
        for _ in range(RUNS):
            at_ns += 15 * SECOND
            state, _ = step(state, polls_of(_rows(at_ns - SECOND)), at_ns)
            at_ns += 15 * SECOND
            rows = [row for row in _rows(at_ns - SECOND) if row.venue in venues]
            began_ns = time.perf_counter_ns()
            state, ticks = step(state, polls_of(rows), at_ns)
            taken_ms.append((time.perf_counter_ns() - began_ns) / 1e6)
        value = round(median(taken_ms), 2)
        yield {
            "name": "tick",
            "params": params | {"refreshed": refreshed},
            "value": value,
            "unit": "ms",
        }
    live = sum(tick.state == "live" for tick in ticks)
    yield {"name": "series live", "params": params, "value": live, "unit": "series"}


def _rows(seen_ns: int) -> list[Observation]:
    """Give the rows of one poll of every feed; prices move a little with time."""
    offers = [
        _row(venue, series, at, seen_ns)
        for venue in BOOKS
        for series in SPOT
        for at in range(MACHINES)
    ]
    cards = [
        _row(venue, series, at, seen_ns) for venue in CARDS for series in OD for at in range(SIZES)
    ]
    return offers + cards


def _row(venue: str, series: Series, at: int, seen_ns: int) -> Observation:
    book = venue in BOOKS
    spec = {"reliability2": f"0.99{at:02d}", "verification": "verified", "vcpus": str(16 + at)}
    drift = 1_000 * (seen_ns // SECOND % 97)
    return Observation(
        source=venue,
        venue=venue,
        feed="book" if book else "posted",
        kind="ask" if book else "list",
        chip=series.chip,
        form=series.form,
        memory_gb=80,
        tenor=series.tenor,
        price_nanousd=(2_000_000_000 + 7_919_000 * (at + len(venue)) + drift) * (1 + at % 8),
        gpus=1 + at % 8,
        machine_key=f"{venue}{at}" if book else "",
        host_key=f"{venue}{at // 3 if at < 60 else 0}" if book else "",
        terms="{}",
        spec=canonical_json(spec) if book else "{}",
        flags=(),
        observed_ns=seen_ns,
        received_ns=seen_ns,
        raw_sha256="",
        row=str(at),
        reader_version="1",
    )
