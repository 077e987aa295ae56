"""LOGS: leaves and signers that a test of the log needs and does not care about.

Takes   the number of a leaf; a folder.
Gives   `leaf` and `leaves`: batches and the fixes after them, in order of time; `signer`, `log`.
Keeps   the same bytes for the same number.
Source  Decision 0018.
"""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from chiphour.adapters.log import Log
from chiphour.adapters.signing import Signer
from chiphour.index.leaves import batch_leaf
from chiphour.index.series import ALL_SERIES
from chiphour.observe.observation import canonical_json
from chiphour.units import NS_PER_DAY
from chiphour.units import NS_PER_MINUTE
from chiphour.units import iso_from_ns

FIRST_NS = 1_784_507_400_000_000_000  # A strike.
GROUP = 1 + len(ALL_SERIES)  # The leaves of a strike: its batch, and a fix of each series.
ORIGIN = "log.example/chiphour"


def leaf(number: int) -> bytes:
    """Give the leaf of a number: of each strike first the batch, then the fixes."""
    day, place = divmod(number, GROUP)
    strike_ns = FIRST_NS + day * NS_PER_DAY
    time_ns = strike_ns + 5 * NS_PER_MINUTE
    root = sha256(f"batch {day}".encode()).hexdigest()
    if place == 0:
        return batch_leaf(strike_ns, time_ns, 1_000 + day, root)
    fields = {
        "type": "fix",
        "time": iso_from_ns(time_ns),
        "series": ALL_SERIES[place - 1].ticker,
        "strike": iso_from_ns(strike_ns),
        "parameter_set": "v2026_1",
        "vintage": "provisional",
        "revision": "",
        "sha256": sha256(f"fix {number}".encode()).hexdigest(),
        "batch": root,
    }
    return canonical_json(fields).encode()


def leaves(numbers: Iterable[int]) -> list[bytes]:
    """Give the leaves of numbers."""
    return [leaf(number) for number in numbers]


def signer(folder: Path) -> Signer:
    """Give the signer of the logs of tests, its key in a folder."""
    return Signer(folder / "log.key", ORIGIN)


def log(folder: Path, *witnesses) -> Log:
    """Open the log of a folder, or make it there."""
    return Log(folder / "log", ORIGIN, signer(folder), witnesses)
