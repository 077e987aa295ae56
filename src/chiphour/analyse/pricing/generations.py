"""GENERATIONS: how fast chips of one kind lose value, each with an error, and all together.

Takes   log prices of chips by region over years; the year in which a chip was first sold.
Gives   a decline a year for each chip, and a test whether it is steady.
Keeps   age and calendar apart where that is possible, and says so where it is not: for one chip the
        two are one.
Source  Hedonic prices of computers: E. R. Berndt, Z. Griliches and N. J. Rappaport, Journal of
        Econometrics 68 (1995), 243-268; age, date and vintage cannot all be told: R. E. Hall,
        in Griliches (ed.), Price Indexes and Quality Change (1971). Errors that allow for repeated
        regions: K.-Y. Liang and S. L. Zeger, Biometrika 73 (1986), 13-22. docs/pricing/README.md,
        section 8; decision 0045.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chiphour.analyse.pricing.history import Floats

CLUSTERS_MIN = 5  # Fewer regions give no error.
YEARS_MIN = 1.0


class Sample(NamedTuple):
    """The price of a chip in one place: years from any day, log dollars a GPU-hour."""

    chip: str
    place: str
    year: float
    log_price: float


class Decline(NamedTuple):
    """A chip's loss of log price a year, with its error by region; of `years` of record.

    `worst_share` is the share of the whole move that the median region made in its largest step: 1
    says that the decline was one decision. `falls` counts places that ended below where they began.
    """

    chip: str
    decline: float
    error: float
    places: int
    falls: int
    years: float
    worst_share: float


def declines(samples: Sequence[Sample]) -> list[Decline]:
    """Give a decline for each chip that at least CLUSTERS_MIN places show over YEARS_MIN years."""
    found = []
    for chip in sorted({each.chip for each in samples}):
        places: dict[str, list[tuple[float, float]]] = {}
        for each in samples:
            if each.chip == chip:
                places.setdefault(each.place, []).append((each.year, each.log_price))
        rows = [np.array(sorted(part)) for part in places.values() if len(part) > 1]
        span = max((float(np.ptp(part[:, 0])) for part in rows), default=0.0)
        if len(rows) >= CLUSTERS_MIN and span >= YEARS_MIN:
            found.append(_decline(chip, rows, span))
    return found


def _decline(chip: str, rows: Sequence[Floats], span: float) -> Decline:
    """Regress on time within places; errors by place, small-sample factor n / (n - 1)."""
    centred = [part - part.mean(axis=0) for part in rows]
    squares = sum(float(part[:, 0] @ part[:, 0]) for part in centred)
    slope = sum(float(part[:, 0] @ part[:, 1]) for part in centred) / squares
    scores = np.array([part[:, 0] @ (part[:, 1] - slope * part[:, 0]) for part in centred])
    error = float(np.sqrt(scores @ scores * len(rows) / (len(rows) - 1))) / squares
    shares = []
    for part in rows:
        steps = np.abs(np.diff(part[:, 1]))
        shares.append(float(steps.max() / steps.sum()) if steps.any() else 0.0)
    return Decline(
        chip=chip,
        decline=-slope,
        error=error,
        places=len(rows),
        falls=sum(bool(part[-1, 1] < part[0, 1]) for part in rows),
        years=span,
        worst_share=float(np.median(shares)),
    )
