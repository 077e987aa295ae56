"""SIGNALS: the seven questions over fifty million rows of Parquet, on two cores.

Takes   a generated export: ROWS rows over DAYS days, twelve venues, GOODS chips, a poll every half
        hour, in parts of a day and a venue as `export` writes them; in a fresh folder, removed
        afterwards. Numbers come from a hash of the row's number: the same export every
        time. Columns that no question reads are short.
Gives   the seconds of each question, of every chip at once and of one chip, the median of RUNS;
        the size of the export.
Keeps   the time asked about the end of the export, so that every window is full. The first run of
        each is told by the longest of them, beside the median; and beside both the processor time,
        which others' work on the machine does not stretch.
Source  Decision 0042.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import duckdb

from chiphour.adapters.question_sql import ROLE
from chiphour.adapters.questions import Questions
from chiphour.analyse.goods import Good
from chiphour.analyse.goods import good_named
from chiphour.observe.register import REGISTER
from chiphour.units import NS_PER_DAY
from chiphour.units import ns_from_iso

ROWS = 50_000_000
DAYS = 180
POLLS = 48  # Of a day.
RUNS = 3
FIRST_DAY = date(2026, 1, 1)
FIRST_NS = ns_from_iso("2026-01-01T00:00:00Z")
BOOKS = ("vast", "hyperbolic")  # They have 70 % of the rows.
CHIPS = (
    *("h100-sxm", "h100-pcie", "h100-nvl", "h200-sxm", "h200-nvl", "b200-sxm", "b300-sxm"),
    *("a100-sxm", "a100-pcie", "l40s", "l4", "t4", "a10", "rtx4090", "rtx5090", "mi300x"),
)
QUESTIONS = (
    "get_current_prices",
    "get_price_changes",
    "get_cross_deltas",
    "get_supply_metrics",
    "get_volatility",
    "get_tod_patterns",
    "get_price_floor_series",
)
AT_NS = FIRST_NS + DAYS * NS_PER_DAY - 1


def figures() -> Iterator[dict[str, Any]]:
    """Yield the figures of every question."""
    with tempfile.TemporaryDirectory(prefix="chiphour-signals-") as draft:
        folder = Path(draft)
        began = time.perf_counter()
        rows = generate(folder)
        params = {"rows": rows, "days": DAYS, "venues": len(venues()), "chips": len(CHIPS)}
        size = sum(part.stat().st_size for part in folder.rglob("*.parquet"))
        took = f"{time.perf_counter() - began:.0f} s"
        print(f"{rows} rows, {size >> 20} MiB, generated in {took}, in {folder}", file=sys.stderr)
        yield {"name": "signals export", "params": params, "value": size >> 20, "unit": "MiB"}
        questions = Questions.of_parquet(folder)
        for good in (None, good_named("h100-sxm")):
            words = params | {"of": "every chip" if good is None else good.slug}
            slowest = 0.0
            for name in QUESTIONS:
                seconds, worst, processor = timed(questions, name, good)
                slowest = max(slowest, seconds)
                found = words | {"longest": round(worst, 3), "processor": round(processor, 3)}
                yield {"name": name, "params": found, "value": round(seconds, 3), "unit": "s"}
            yield {
                "name": "slowest question",
                "params": words,
                "value": round(slowest, 3),
                "unit": "s",
            }
        questions.close()


def timed(questions: Questions, name: str, good: Good | None) -> tuple[float, float, float]:
    """Give the median and the longest of RUNS, and the median processor time of all threads."""
    taken, worked = [], []
    for _ in range(RUNS):
        began, busy = time.perf_counter(), time.process_time()
        found = getattr(questions, name)(AT_NS, good)
        taken.append(time.perf_counter() - began)
        worked.append(time.process_time() - busy)
        assert found, name  # An empty answer would be quick.
    return median(taken), max(taken), median(worked)


def venues() -> list[str]:
    """Give twelve venues that count, the books first."""
    posted = sorted(name for name, row in REGISTER.items() if row.role == ROLE)
    return [*BOOKS, *(name for name in posted if name not in BOOKS)][:12]


def generate(folder: Path, rows: int = ROWS, days: int = DAYS) -> int:
    """Write an export; give the number of its rows."""
    each, words = -(-rows // days), venues()
    goods = [good_named(chip) for chip in CHIPS]
    with duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "1GB"}) as connection:
        connection.execute("SET enable_progress_bar = false")
        for day in range(days):
            for place, venue in enumerate(words):
                share = 0.35 if venue in BOOKS else 0.3 / (len(words) - len(BOOKS))
                _part(connection, folder, day, place, venue, goods, round(each * share))
        counted = f"SELECT count(*) FROM read_parquet('{folder}/day=*/venue=*/part-0.parquet')"
        found = connection.execute(counted).fetchone()
        assert found is not None
        return int(found[0])


def _part(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    day: int,
    place: int,
    venue: str,
    goods: list[Good],
    rows: int,
) -> None:
    """Write the part of one day and venue: each poll shows the same offers at new prices."""
    at_ns = FIRST_NS + day * NS_PER_DAY
    polled = max(-(-rows // POLLS), len(goods))
    chips = ", ".join(f"'{good.chip}'" for good in goods)
    forms = ", ".join(f"'{good.form}'" for good in goods)
    book = venue in BOOKS
    machine = f"sha256('{venue} m' || slot)" if book else "''"
    host = f"sha256('{venue} h' || slot % 150)" if book else "''"
    # A price: its chip's level, its venue's, the trend, the hour of the day, its own noise.
    file = folder / f"day={FIRST_DAY + timedelta(days=day)}" / f"venue={venue}" / "part-0.parquet"
    file.parent.mkdir(parents=True)
    connection.execute(
        f"""COPY (
        SELECT slot || ' ' || poll AS id, '' AS reading,
            '{venue}' AS source, '{venue}' AS venue, '{"book" if book else "posted"}' AS feed,
            '{"ask" if book else "list"}' AS kind, [{chips}][1 + slot % {len(goods)}] AS chip,
            [{forms}][1 + slot % {len(goods)}] AS form, 80::BIGINT AS memory_gb,
            '{"SPOT" if book else "OD"}' AS tenor,
            (1 << (slot % 4)) * (400000000 + 200000000 * (slot % {len(goods)})
                + {place} * 30000000 + {day} * 100000
                + (20000000 * sin(2 * pi() * poll / {POLLS}))::BIGINT
                + (hash(slot * 1000003 + poll * 10007 + {day * 31 + place}) % 50000000)::BIGINT
            )::BIGINT AS price_nanousd,
            (1 << (slot % 4))::BIGINT AS gpus, {machine} AS machine_key, {host} AS host_key,
            '{{}}' AS terms, '{{}}' AS spec, '' AS flags,
            {at_ns} + poll * {NS_PER_DAY // POLLS} + {place} AS observed_ns,
            {at_ns} + poll * {NS_PER_DAY // POLLS} + {place} + 1 AS received_ns,
            '' AS raw_sha256, slot::VARCHAR AS row, '1' AS reader_version
        FROM range({POLLS}) AS polls(poll), range({polled}) AS slots(slot) ORDER BY poll, slot
        ) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"""
    )
