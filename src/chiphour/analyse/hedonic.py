"""HEDONIC: what the quality of a machine is worth, from sellers of several qualities at once.

Takes   rows of order books of twenty-eight days.
Gives   a coefficient for each characteristic that same-machine or same-host variation identifies,
        with its standard error; the multipliers that the index applies on the next day; the report.
Keeps   what hosts do apart from what machines are: every comparison is within one machine, or else
        within one host, on one day. Across hosts "eight GPUs cost 17 % more" only says who owns
        large machines.
Source  docs/methodology/companions.md, "QA"; decision 0021. Ridge regression: A. E. Hoerl and R. W.
        Kennard, Technometrics 12 (1970), 55-67; errors that allow for repeated machines: K.-Y.
        Liang and S. L. Zeger, Biometrika 73 (1986), 13-22; R. M. Bell and D. F. McCaffrey, Survey
        Methodology 28 (2002), 169-181.

First what one machine sells in several bands (its sizes), from rows less the mean of their machine
and day. Then the rest, from each machine's mean price once the first is taken out, less the mean of
its host and day. In either, with x the band numbers and y the logarithms of rates, so centred, and
A = x'x + RIDGE I, the coefficients are b = inv(A) (x'y + RIDGE b0): b0 is 0 for all venues of a
series together, and for one venue what all of them gave. The variance is
inv(A) (sum over machines of s s') inv(A) with a machine's s = inv(I - x'x inv(A)) x'e, its own rows
only: the jackknife, which allows for a machine that decides a coefficient. Where the mean of a host
was taken from its machines' e, the variance of one with the share w of the host's rows was made
smaller by 1 - 2 w + (sum of w^2 over the host's machines): e is divided by the root of that.
"""

import math
from collections import Counter
from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chiphour.index.panel import ineligible
from chiphour.index.parameters import V2026_1
from chiphour.index.quality import CHARACTERISTICS
from chiphour.index.quality import CLIP_PPM
from chiphour.index.quality import Multipliers
from chiphour.index.quality import bands_of
from chiphour.index.series import BY_KEY
from chiphour.observe.observation import Observation
from chiphour.units import NS_PER_DAY
from chiphour.units import PPM
from chiphour.units import day_from_ns

Floats = NDArray[np.float64]

TRAILING_NS = 28 * NS_PER_DAY
RIDGE = 1.0  # As much as one row that says b0, for each characteristic.
HOSTS_MIN = 5  # So many hosts must sell several bands of a characteristic on one day.
ROWS_MIN = 30
STATED_MIN = 0.95  # A characteristic that fewer rows state is not estimated.
ALL_VENUES = ""


class Sample(NamedTuple):
    """One offer: the logarithm of its rate, and in which band of each characteristic it is."""

    series: str
    venue: str
    host: str
    machine: str
    day: str
    log_rate: float
    bands: Mapping[str, int]


class Coefficient(NamedTuple):
    """What one band more adds to the logarithm of a price. `venue` is "" for all of a series.

    It is identified `within` one "machine" or one "host": `varying_hosts` have a machine, or are
    hosts, that sell several bands of it on one day.
    """

    series: str
    venue: str
    name: str
    within: str
    value: float
    standard_error: float
    rows: int
    machines: int
    varying_hosts: int


class Omitted(NamedTuple):
    """A characteristic that was not estimated, and why."""

    series: str
    venue: str
    name: str
    reason: str
    varying_hosts: int


class Estimate(NamedTuple):
    """What one day's estimation gave; from rows of [from, before)."""

    from_ns: int
    before_ns: int
    rows: int
    coefficients: tuple[Coefficient, ...]
    omitted: tuple[Omitted, ...]


def samples_of(rows: Sequence[Observation], before_ns: int) -> list[Sample]:
    """Give the offers of books in the twenty-eight days before a time, one a day for each size.

    Rows that the floor of quality alone leaves out are in: they say what quality is worth. Of a
    machine's offers of one size on one day the last counts.
    """
    last: dict[tuple[str, str, str, str, int], Observation] = {}
    for row in rows:
        series = BY_KEY.get((row.chip, row.form, row.tenor))
        inside = before_ns - TRAILING_NS <= row.observed_ns < before_ns
        if series is None or not inside or row.feed != "book" or not row.host_key:
            continue
        fault = ineligible(row, V2026_1)
        if fault is not None and fault[0] != "QUALITY":
            continue
        day = day_from_ns(row.observed_ns).isoformat()
        key = (series.ticker, row.venue, row.machine_key, day, row.gpus)
        if key not in last or last[key].observed_ns <= row.observed_ns:
            last[key] = row
    return [
        Sample(
            series=series,
            venue=venue,
            host=row.host_key,
            machine=machine,
            day=day,
            log_rate=math.log(row.price_nanousd) - math.log(gpus),
            bands=bands_of(row),
        )
        for (series, venue, machine, day, gpus), row in sorted(last.items(), key=lambda e: e[0])
    ]


def estimate(rows: Sequence[Observation], before_ns: int) -> Estimate:
    """Estimate from the rows of the twenty-eight days before a time."""
    samples = samples_of(rows, before_ns)
    of_series: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        of_series[sample.series].append(sample)
    coefficients: list[Coefficient] = []
    omitted: list[Omitted] = []
    for series in sorted(of_series):
        found, left = fit_series(of_series[series])
        coefficients += found
        omitted += left
    return Estimate(
        before_ns - TRAILING_NS, before_ns, len(samples), tuple(coefficients), tuple(omitted)
    )


def fit_series(samples: Sequence[Sample]) -> tuple[list[Coefficient], list[Omitted]]:
    """Fit one series: all venues together, then each venue drawn towards that."""
    whole, omitted = fit(samples, ALL_VENUES, {})
    toward = {each.name: each.value for each in whole}
    coefficients = list(whole)
    for venue in sorted({sample.venue for sample in samples}):
        ours = [sample for sample in samples if sample.venue == venue]
        found, left = fit(ours, venue, toward)
        coefficients += found
        omitted += left
    return coefficients, omitted


def fit(
    samples: Sequence[Sample], venue: str, toward: Mapping[str, float]
) -> tuple[list[Coefficient], list[Omitted]]:
    """Fit samples of one series; give coefficients, and what could not be told and why."""
    series = samples[0].series
    names = [each.name for each in CHARACTERISTICS]
    omitted = []
    stated = [
        name
        for name in names
        if sum(name in sample.bands for sample in samples) >= STATED_MIN * len(samples)
    ]
    omitted += [
        Omitted(series, venue, name, "too few rows state it", 0)
        for name in names
        if name not in stated
    ]
    whole = [sample for sample in samples if all(name in sample.bands for name in stated)]
    own = {name: varying_hosts(whole, name, by_machine=True) for name in stated}
    first = [name for name in stated if own[name] >= HOSTS_MIN and len(whole) >= ROWS_MIN]
    coefficients = _stage(
        whole, series, venue, "machine", {name: own[name] for name in first}, toward
    )
    left = machines_of(whole, {each.name: each.value for each in coefficients})
    shared = {name: varying_hosts(left, name) for name in stated if name not in first}
    second = [name for name in shared if shared[name] >= HOSTS_MIN and len(left) >= ROWS_MIN]
    coefficients += _stage(
        left, series, venue, "host", {name: shared[name] for name in second}, toward
    )
    omitted += [
        Omitted(series, venue, name, "too few hosts sell several bands of it", shared[name])
        for name in shared
        if name not in second
    ]
    return coefficients, omitted


def machines_of(samples: Sequence[Sample], known: Mapping[str, float]) -> list[Sample]:
    """Give one sample for each machine and day: its mean price, less what is known of its sizes.

    The bands are those of its largest offer.
    """
    found: dict[tuple[str, str], list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.machine, sample.day].append(sample)
    together = []
    for offers in found.values():
        rates = [
            offer.log_rate - sum(value * offer.bands[name] for name, value in known.items())
            for offer in offers
        ]
        largest = max(offers, key=lambda offer: offer.bands.get("gpus", 0))
        together.append(largest._replace(log_rate=sum(rates) / len(rates)))
    return together


def _stage(
    samples: Sequence[Sample],
    series: str,
    venue: str,
    within: str,
    varying: Mapping[str, int],
    toward: Mapping[str, float],
) -> list[Coefficient]:
    """Fit the characteristics that vary within machines, or within hosts."""
    if not varying:
        return []
    names = sorted(varying)
    values, errors = _ridge(
        samples, names, np.array([toward.get(name, 0.0) for name in names]), within
    )
    machines = len({sample.machine for sample in samples})
    return [
        Coefficient(
            *(series, venue, name, within, float(value), float(error)),
            *(len(samples), machines, varying[name]),
        )
        for name, value, error in zip(names, values, errors, strict=True)
    ]


def varying_hosts(samples: Sequence[Sample], name: str, by_machine: bool = False) -> int:
    """Count the hosts that sell several bands of a characteristic on one day, or on one machine."""
    bands: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for sample in samples:
        machine = sample.machine if by_machine else ""
        bands[sample.host, machine, sample.day].add(sample.bands[name])
    return len({host for (host, _, _), found in bands.items() if len(found) > 1})


def _ridge(
    samples: Sequence[Sample], names: Sequence[str], toward: Floats, within: str
) -> tuple[Floats, Floats]:
    """Give coefficients and their standard errors, float64[name] each."""
    by_host = within == "host"
    groups = _numbers([(s.host if by_host else s.machine, s.day) for s in samples])
    machines = _numbers([sample.machine for sample in samples])
    bands = np.array([[s.bands[name] for name in names] for s in samples], dtype=np.float64)
    x = _within(bands, groups)
    y = _within(np.array([[sample.log_rate] for sample in samples]), groups)[:, 0]
    a = x.T @ x + RIDGE * np.eye(len(names))
    values = np.linalg.solve(a, x.T @ y + RIDGE * toward)
    left = _left(samples) if by_host else np.ones(len(samples))
    residuals = (y - x @ values) / np.sqrt(left)
    clusters = int(machines.max()) + 1
    summed = np.zeros((clusters, len(names)))
    np.add.at(summed, machines, x * residuals[:, None])
    squared = np.zeros((clusters, len(names), len(names)))
    np.add.at(squared, machines, x[:, :, None] * x[:, None, :])
    inverse = np.linalg.inv(a)
    scores = np.linalg.solve(np.eye(len(names)) - squared @ inverse, summed[:, :, None])[:, :, 0]
    variance = inverse @ (scores.T @ scores) @ inverse
    return values.astype(np.float64), np.sqrt(np.diag(variance)).astype(np.float64)


def _left(samples: Sequence[Sample]) -> Floats:
    """Give for each row what is left of its machine's variance within its host, float64[row]."""
    rows = Counter((sample.host, sample.machine) for sample in samples)
    of_host: dict[str, dict[str, int]] = defaultdict(dict)
    for (host, machine), count in rows.items():
        of_host[host][machine] = count
    left: dict[tuple[str, str], float] = {}
    for host, machines in of_host.items():
        total = sum(machines.values())
        squares = sum((count / total) ** 2 for count in machines.values())
        for machine, count in machines.items():
            alone = len(machines) == 1
            left[host, machine] = 1.0 if alone else 1 - 2 * count / total + squares
    return np.array([left[sample.host, sample.machine] for sample in samples])


def _within(values: Floats, groups: NDArray[np.int64]) -> Floats:
    """Take from each row of float64[n, k] the mean of its group."""
    counts = np.bincount(groups).astype(np.float64)
    sums = np.zeros((len(counts), values.shape[1]))
    np.add.at(sums, groups, values)
    return np.asarray(values - (sums / counts[:, None])[groups])


def _numbers(keys: Sequence[Any]) -> NDArray[np.int64]:
    """Number equal keys alike, from 0."""
    numbers = {key: number for number, key in enumerate(sorted(set(keys)))}
    return np.array([numbers[key] for key in keys], dtype=np.int64)


def multipliers_of(found: Estimate, known_ns: int) -> Multipliers:
    """Give what the index multiplies prices with: one band's price at the reference band.

    Rounded to a millionth, each at most CLIP_PPM from one; a venue's own coefficients only.
    """
    reference = {each.name: len(each.floors) - 1 for each in CHARACTERISTICS}
    factors = {}
    for each in found.coefficients:
        if each.venue == ALL_VENUES:
            continue
        for band in range(reference[each.name] + 1):
            ppm = round(PPM * math.exp(each.value * (reference[each.name] - band)))
            clipped = min(max(ppm, PPM - CLIP_PPM), PPM + CLIP_PPM)
            factors[each.series, each.venue, each.name, band] = clipped
    return Multipliers(known_ns, tuple(sorted(factors.items())))


def to_json(found: Estimate, multipliers: Multipliers) -> dict[str, Any]:
    """Give the published record: coefficients and errors in millionths of a logarithm."""
    return {
        "from_ns": found.from_ns,
        "before_ns": found.before_ns,
        "known_ns": multipliers.known_ns,
        "rows": found.rows,
        "coefficients": [
            each._asdict()
            | {"value": round(PPM * each.value), "standard_error": round(PPM * each.standard_error)}
            for each in found.coefficients
        ],
        "omitted": [each._asdict() for each in found.omitted],
        "multipliers": [[*key, ppm] for key, ppm in multipliers.factors],
    }
