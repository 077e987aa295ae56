"""FILTERS: which rows a narrower series takes: by place, link, size, processors and memory.

Takes   an observation; the filter of a series.
Gives   whether the row states and meets every condition that is set.
Keeps   what a row does not state as not met: a machine of unknown place stands nowhere.
Source  Methodology v2026_1, "Narrower series"; decision 0016.
"""

import json
import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any

from chiphour.index.series import EVERYTHING
from chiphour.index.series import Filter
from chiphour.observe.observation import Observation

MIB_PER_GB = 1024  # As hosts count a machine's memory.
_STATED = re.compile(r"[0-9]+(\.[0-9]+)?")

# The words by which a row states what the whole offer has: the first with a number; its unit.
VCPUS = (("vcpus", 1), ("cpu_cores_effective", 1))
MEMORY_GB = (("memory_gb_host", 1), ("cpu_ram", MIB_PER_GB))


def passes(row: Observation, only: Filter) -> bool:
    """Tell whether a row states and meets every condition of a filter."""
    if only == EVERYTHING:
        return True
    spec = spec_of(row.spec)
    return (
        (not only.places or _place_of(spec, only.places))
        and (not only.interconnects or spec.get("interconnect", "") in only.interconnects)
        and row.gpus >= only.gpus_min
        and _has_per_gpu(spec, VCPUS, row.gpus, only.vcpus_min)
        and _has_per_gpu(spec, MEMORY_GB, row.gpus, only.memory_gb_min)
    )


@lru_cache(maxsize=1 << 14)
def spec_of(text: str) -> dict[str, Any]:
    """Read the words that a row states; do not change what is given."""
    found: dict[str, Any] = json.loads(text)
    return found


def stated(text: Any) -> Fraction | None:
    """Read a number as venues state it, digits and perhaps a fraction; None for anything else."""
    return Fraction(text) if isinstance(text, str) and _STATED.fullmatch(text) else None


def offered(spec: Mapping[str, Any], words: tuple[tuple[str, int], ...]) -> Fraction | None:
    """Give what the whole offer has by the first of VCPUS or MEMORY_GB that is a number."""
    for word, size in words:
        value = stated(spec.get(word))
        if value is not None:
            return Fraction(value, size)
    return None


def reliability_of(spec: Mapping[str, Any]) -> Any:
    """Give what a row states of its reliability, as it states it; None where it states nothing."""
    newer = spec.get("reliability2")
    return spec.get("reliability") if newer is None else newer


def _place_of(spec: dict[str, Any], places: tuple[str, ...]) -> bool:
    return spec.get("country", "") in places or spec.get("area", "") in places


def _has_per_gpu(
    spec: dict[str, Any], words: tuple[tuple[str, int], ...], gpus: int, least: int
) -> bool:
    if least == 0:
        return True
    has = offered(spec, words)
    return has is not None and has >= least * gpus
