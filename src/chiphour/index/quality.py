"""QUALITY: what a machine offers beside its chip, in bands, and what each band is worth.

Takes   an observation; the multipliers that `analyse` published the day before.
Gives   the band of each characteristic that a row states; the row at the price of the reference
        bundle.
Keeps   the index in integers: a multiplier is parts per million, a product of a few of them is
        clipped and applied once. What a row does not state is not adjusted for.
Source  docs/methodology/companions.md, "QA"; decision 0021.

The reference bundle is the last band of every characteristic: 8 GPUs, a link between them,
verified, 99 % reliable, 16 vCPUs and 128 GB for each GPU. Disk is no part of a price that we read.
"""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from typing import NamedTuple

from chiphour.index.filters import MEMORY_GB
from chiphour.index.filters import VCPUS
from chiphour.index.filters import offered
from chiphour.index.filters import reliability_of
from chiphour.index.filters import spec_of
from chiphour.index.filters import stated
from chiphour.index.series import BY_KEY
from chiphour.observe.observation import Observation
from chiphour.units import PPM
from chiphour.units import div_half_even

CLIP_PPM = 250_000  # No row is adjusted by more than a quarter of its price.


class Characteristic(NamedTuple):
    """One property of an offer. A row falls into the last band whose floor it reaches.

    `floors` are rising; the first is where the property begins, the last the reference. Where
    `doubling` each band is twice the one before, so that its number counts doublings.
    """

    name: str
    floors: tuple[Fraction, ...]
    doubling: bool
    value: Callable[[Observation, Mapping[str, Any]], Fraction | None]


class Multipliers(NamedTuple):
    """What was published for one strike: parts per million by (series, venue, name, band).

    Keys are in canonical order. `known_ns` is when it was published: before the strike.
    """

    known_ns: int
    factors: tuple[tuple[tuple[str, str, str, int], int], ...]


def _per_gpu(words: tuple[tuple[str, int], ...]) -> Callable[..., Fraction | None]:
    def value(row: Observation, spec: Mapping[str, Any]) -> Fraction | None:
        has = offered(spec, words)
        return None if has is None or row.gpus < 1 else Fraction(has, row.gpus)

    return value


def _gpus(row: Observation, spec: Mapping[str, Any]) -> Fraction | None:
    return Fraction(row.gpus)


def _link(row: Observation, spec: Mapping[str, Any]) -> Fraction | None:
    found = stated(spec.get("bw_nvlink"))
    return None if found is None else Fraction(found > 0)


def _verified(row: Observation, spec: Mapping[str, Any]) -> Fraction | None:
    word = spec.get("verification")
    return None if word is None else Fraction(word == "verified")


def _reliability(row: Observation, spec: Mapping[str, Any]) -> Fraction | None:
    return stated(reliability_of(spec))


def _floors(*texts: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(text) for text in texts)


CHARACTERISTICS = (
    Characteristic("gpus", _floors("1", "2", "4", "8"), True, _gpus),
    Characteristic("link", _floors("0", "1"), False, _link),
    Characteristic("memory_gb", _floors("0", "32", "64", "128"), True, _per_gpu(MEMORY_GB)),
    Characteristic("reliability", _floors("0", "0.95", "0.98", "0.99"), False, _reliability),
    Characteristic("vcpus", _floors("0", "4", "8", "16"), True, _per_gpu(VCPUS)),
    Characteristic("verified", _floors("0", "1"), False, _verified),
)
assert [each.name for each in CHARACTERISTICS] == sorted(each.name for each in CHARACTERISTICS)


def bands_of(row: Observation) -> dict[str, int]:
    """Give the band of each characteristic that a row states, counted from 0."""
    spec = spec_of(row.spec)
    found = {}
    for each in CHARACTERISTICS:
        value = each.value(row, spec)
        if value is not None and value >= each.floors[0]:
            found[each.name] = sum(value >= floor for floor in each.floors) - 1
    return found


def multiplier_ppm(row: Observation, factors: Mapping[tuple[str, int], int]) -> int:
    """Give what a row's price is multiplied with to be that of the reference bundle.

    The product of the factors of its bands, rounded once, at most CLIP_PPM from one. A band
    without a factor changes nothing.
    """
    product, scale = PPM, 1
    for name, band in bands_of(row).items():
        if (name, band) in factors:
            product *= factors[name, band]
            scale *= PPM
    return min(max(div_half_even(product, scale), PPM - CLIP_PPM), PPM + CLIP_PPM)


def adjusted(rows: Sequence[Observation], multipliers: Multipliers) -> list[Observation]:
    """Give the rows, each at the price of the reference bundle, in whole nano-dollars.

    A row's series is that of its chip, form and tenor; the factors of that series and the row's
    venue apply to it. All else of the row stays as it is.
    """
    of: dict[tuple[str, str], dict[tuple[str, int], int]] = {}
    for (ticker, venue, name, band), ppm in multipliers.factors:
        of.setdefault((ticker, venue), {})[name, band] = ppm
    found = []
    for row in rows:
        series = BY_KEY.get((row.chip, row.form, row.tenor))
        factors = of.get((series.ticker, row.venue)) if series is not None else None
        if factors:
            price = div_half_even(row.price_nanousd * multiplier_ppm(row, factors), PPM)
            row = row._replace(price_nanousd=price)
        found.append(row)
    return found
