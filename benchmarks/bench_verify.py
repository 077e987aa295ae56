"""VERIFY: a year of fixings recomputed from a bundle, by the package and by one file of Python.

Takes   a bundle that is generated first (`bundle_days.py`): 365 days of 13 series, 2,847 rows each;
        CHIPHOUR_BENCH_DAYS for fewer days. A year is 11 GB of rows, and some minutes on two cores.
Gives   seconds from starting the command to its answer: for all of it, by `chiphour verify --all`
        and by `python verify.py`; for one fixing of the last day. Whether everything matched.
Keeps   each measurement a fresh process that reads the files, as a reader would; the bundle was
        just written, so the system may still hold some of them in memory.
Source  Decision 0019.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bundle_days
from chiphour.units import NS_PER_DAY
from chiphour.units import day_from_ns

DAYS = int(os.environ.get("CHIPHOUR_BENCH_DAYS", "365"))
PROCESSES = 2
DAY_BYTES = 32_000_000
RUNS = 3  # Of one fixing.
COMMAND = [sys.executable, "-c", "from chiphour.cli import main; main()", "verify"]


def figures() -> Iterator[dict[str, Any]]:
    """Yield every figure with its name, parameters, value and unit."""
    rows = DAYS * len(bundle_days.FIXED) * bundle_days.ROWS
    params = {"days": DAYS, "series": len(bundle_days.FIXED), "rows": rows}
    whole = f"verify {DAYS} days x {len(bundle_days.FIXED)} series"
    free = shutil.disk_usage(Path.cwd()).free
    if free < 2 * DAYS * DAY_BYTES:
        reason = f"expected {2 * DAYS * DAY_BYTES:,} bytes free, found {free:,}"
        yield _figure(whole, params, None, "s") | {"reason": reason}
        return
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        bundle, began = Path(place) / "bundle", time.perf_counter()
        fixings = bundle_days.make(bundle, DAYS, PROCESSES)
        yield _figure("bundle generated", params, round(time.perf_counter() - began, 1), "s")
        last = day_from_ns(bundle_days.FIRST_NS + (DAYS - 1) * NS_PER_DAY).isoformat()
        asked = (*COMMAND, bundle_days.FIXED[0].ticker, last, "--bundle", str(bundle), "--json")
        ones = [_run(*asked) for _ in range(RUNS)]
        yield _figure("verify one fix cold", params, min(seconds for seconds, _ in ones), "s")
        seconds, said = _run(*COMMAND, "--all", "--bundle", str(bundle), "--json")
        yield _figure(whole, params | {"by": "package"}, seconds, "s")
        yield _figure("rows verified", params, round(rows / seconds), "rows/s")
        alone, same = _run(sys.executable, str(bundle / "verify.py"), "--json")
        yield _figure(f"{whole}, one file", params, alone, "s")
        matched = said == same and said["matched"] == said["checked"] == fixings
        yield _figure("every fixing matched", params | {"fixings": fixings}, matched, "")


def _run(*words: str) -> tuple[float, dict[str, Any]]:
    """Run a command; give how long it took and the object that it printed."""
    began = time.perf_counter()
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["first_difference"] is None, found
    return seconds, found


def _figure(name: str, params: dict[str, Any], value: Any, unit: str) -> dict[str, Any]:
    return {"name": name, "params": params, "value": value, "unit": unit}
