"""HEDONIC: does the estimate of what quality is worth find what was planted, and what does it find.

Takes   generated markets with known coefficients, RUNS of them; the shipped captures of Vast.ai, in
        a fresh archive.
Gives   how often a planted coefficient lies within two standard errors; on the captures how many
        coefficients are identified, which share of rows they move, and whether the adjusted rate
        follows machines that were seen twice more closely than the raw rate does.
Keeps   the test out of sample: what is used on a day was estimated from the days before it.
Source  docs/methodology/companions.md, "QA"; decision 0021.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from chiphour.adapters.archive import Archive
from chiphour.adapters.quality import MatchedError
from chiphour.adapters.quality import captures_of
from chiphour.adapters.quality import matched_errors
from chiphour.adapters.quality import quality_report
from chiphour.adapters.recordings import embedded_folder
from chiphour.adapters.recordings import ingest
from chiphour.analyse.hedonic import Sample
from chiphour.analyse.hedonic import fit
from chiphour.index.quality import CHARACTERISTICS

RUNS = 200
HOSTS = 40
DAYS = 5
PLANTED = {
    "gpus": 0.0,
    "link": 0.15,
    "memory_gb": -0.05,
    "reliability": 0.02,
    "vcpus": -0.06,
    "verified": 0.30,
}
HOST_SD, MACHINE_SD, ROW_SD = 0.25, 0.06, 0.02


def planted(seed: int) -> list[Sample]:
    """Generate a market: hosts of one to six machines, each offered in sizes, over some days."""
    drawn = np.random.default_rng([2026, seed])
    last = {each.name: len(each.floors) - 1 for each in CHARACTERISTICS}
    samples = []
    for host in range(HOSTS):
        own = drawn.normal(0, HOST_SD)
        for machine in range(int(drawn.integers(1, 7))):
            named = f"{host}/{machine}"
            fixed = {name: int(drawn.integers(0, most + 1)) for name, most in last.items()}
            level = own + drawn.normal(0, MACHINE_SD)
            sizes = range(fixed["gpus"] + 1)
            for day in range(DAYS):
                for size in sizes:
                    bands = fixed | {"gpus": size}
                    worth = sum(PLANTED[name] * band for name, band in bands.items())
                    rate = level + worth + drawn.normal(0, ROW_SD)
                    samples.append(Sample("S", "v", str(host), named, str(day), rate, bands))
    return samples


def coverage() -> tuple[dict[str, int], int, float]:
    """Count the runs in which each coefficient, and all, lie within two errors; the mean error."""
    within = dict.fromkeys(PLANTED, 0)
    whole = 0
    errors = []
    for seed in range(RUNS):
        found, _ = fit(planted(seed), "v", {})
        hits = {
            each.name: abs(each.value - PLANTED[each.name]) <= 2 * each.standard_error
            for each in found
        }
        errors += [each.standard_error for each in found]
        for name in PLANTED:
            within[name] += hits.get(name, False)
        whole += len(hits) == len(PLANTED) and all(hits.values())
    return within, whole, float(np.mean(errors))


def figures() -> Iterator[dict[str, Any]]:
    """Yield every figure with its name, parameters, value and unit."""
    within, whole, error = coverage()
    params = {"runs": RUNS, "hosts": HOSTS, "days": DAYS}
    worst = min(within, key=within.__getitem__)
    yield _figure("planted within 2 errors", params | {"worst": worst}, within[worst] / RUNS)
    yield _figure("all planted within 2 errors", params, whole / RUNS)
    yield _figure("mean standard error", params, error, "log points")
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as place:
        archive = Archive(Path(place))
        ingest(archive, embedded_folder(), only="vast")
        yield from of_captures(archive)
        archive.close()


def of_captures(archive: Archive) -> Iterator[dict[str, Any]]:
    """Yield what the estimate finds in the recorded captures."""
    times = captures_of(archive)
    report = quality_report(archive, times[-1] + 1)
    params = {"captures": len(times)}
    yield _figure("rows estimated from", params, report["estimate"]["rows"], "rows")
    own = [each for each in report["estimate"]["coefficients"] if each["venue"]]
    yield _figure("coefficients identified", params, len(own), "coefficients")
    for each in own:
        named = params | {"series": each["series"], "characteristic": each["name"]}
        named |= {word: each[word] for word in ("within", "standard_error", "rows")}
        yield _figure("coefficient", named, each["value"], "millionths")
    rows = sum(each["rows"] for each in report["rates"])
    moved = sum(each["adjusted_rows"] for each in report["rates"])
    yield _figure("share of rows adjusted", params, moved / rows if rows else 0.0)
    errors = matched_errors(archive)
    yield from of_errors(errors, params)


def of_errors(errors: list[MatchedError], params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the mean error of the raw and the adjusted rate against machines seen twice."""
    if not errors:
        yield _figure("matched error, raw", params, None, "log points")
        return
    pairs = params | {"pairs": len(errors), "series": len({each.series for each in errors})}
    raw = float(np.mean([each.raw for each in errors]))
    adjusted = float(np.mean([each.adjusted for each in errors]))
    yield _figure("matched error, raw", pairs, raw, "log points")
    yield _figure("matched error, adjusted", pairs, adjusted, "log points")
    yield _figure("matched error, adjusted to raw", pairs, adjusted / raw if raw else 1.0)


def _figure(name: str, params: dict[str, Any], value: Any, unit: str = "share") -> dict[str, Any]:
    shown = round(value, 4) if isinstance(value, float) else value
    return {"name": name, "params": params, "value": shown, "unit": unit}
