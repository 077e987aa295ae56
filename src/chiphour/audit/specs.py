"""SPECS: what descriptions of machines say: of narrower series, of how good a machine is.

Takes   the `spec` of a row, which is canonical JSON of texts; what a series or a set asks for.
Gives   whether a row meets a narrower series; the first fault of quality, or None.
Keeps   what a description does not state apart from what it states and fails.
Source  docs/methodology/v2026_1.md, "Narrower series" and "Eligibility"; decision 0012.
"""

import json
from collections.abc import Mapping
from collections.abc import Sequence
from functools import lru_cache
from typing import Any
from typing import NamedTuple

from chiphour.audit.numbers import ONE_PPM
from chiphour.audit.numbers import fraction_from
from chiphour.audit.numbers import share_text

SPECS_KEPT = 1 << 16  # So many descriptions of machines are remembered as read.

Parameters = Mapping[str, Any]
Fault = tuple[str, str, str]  # Rule, statistic, threshold.

END_MARK = ',"reliability'  # From here on descriptions say how good a machine is.
QUALITIES = ("verification", "reliability", "\\")  # One of these is in what says so at all.


class Said(NamedTuple):
    """What a row says of its machine that a narrower series asks for; None where it does not."""

    place: tuple[str | None, str | None]
    interconnect: str | None
    vcpus: tuple[str | None, str | None]
    memory: tuple[str | None, str | None]


def meets(gpus: int, spec: str, asked: Mapping[str, Any]) -> bool:
    """Tell whether a row states and meets every condition of a narrower series."""
    if gpus < asked["gpus_min"]:
        return False
    said = said_by(spec)
    if asked["places"] and not any(place in asked["places"] for place in said.place):
        return False
    if asked["interconnects"] and said.interconnect not in asked["interconnects"]:
        return False
    if asked["vcpus_min"] and not _has_each(gpus, said.vcpus, asked["vcpus_min"], (1, 1)):
        return False
    memory_min = asked["memory_gb_min"]
    return not memory_min or _has_each(gpus, said.memory, memory_min, (1, 1_024))


def _has_each(gpus: int, texts: Sequence[str | None], least: int, units: Sequence[int]) -> bool:
    """Tell whether each GPU has its least: by the first text that is a number, in 1/unit."""
    for text, unit in zip(texts, units, strict=True):
        number = None if text is None else fraction_from(text)
        if number is not None:
            above, below = number
            return above >= least * gpus * unit * below
    return False


@lru_cache(SPECS_KEPT)
def said_by(spec: str) -> Said:
    """Read what a description of a machine says of what narrower series ask for."""
    fields = json.loads(spec)
    return Said(
        (fields.get("country"), fields.get("area")),
        fields.get("interconnect"),
        (fields.get("vcpus"), fields.get("cpu_cores_effective")),
        (fields.get("memory_gb_host"), fields.get("cpu_ram")),
    )


def text_in(spec: str, name: str) -> str | None:
    """Give the text that a description states under a name, or None.

    In canonical JSON of texts alone, without a mark of escape, the name in quotes and a colon can
    only be that key, and its text ends with the next quote. All else is read in full. What is
    asked for stands near the end, so it is sought from there.
    """
    mark = f'"{name}":"'
    at = spec.rfind(mark)
    if at < 0 and f'"{name}"' not in spec:
        return None
    if at > 0 and "\\" not in spec and spec.rfind("{") == 0:
        first = at + len(mark)
        return spec[first : spec.index('"', first)]
    found: str | None = json.loads(spec).get(name)
    return found


def quality_end(spec: str) -> str:
    """Give what a description says of how good a machine is: its end where that is all, or all.

    Most end with it. Behind a comma a quote opens a text. If nothing else opens, and the one brace
    closes all of it, what is stated from there on is of the description itself, the last of its
    name. What states nothing of it gives nothing.
    """
    at = spec.rfind(END_MARK)
    if at >= 0:
        return spec[at:] if is_quality_end(spec[at:]) else spec
    return spec if any(name in spec for name in QUALITIES) else ""


@lru_cache(1 << 14)
def is_quality_end(end: str) -> bool:
    """Tell whether an end of a description has all that is said of how good a machine is."""
    is_plain = end.startswith(f'{END_MARK}2":"') and "{" not in end and "\\" not in end
    return is_plain and '"verification":"' in end and end.find("}") == len(end) - 1


def quality_faults(ends: Sequence[str], parameters: Parameters) -> list[Fault | None] | None:
    """Judge what descriptions say of machines: None where all are good enough, else each fault."""
    asked = tuple(parameters["verifications"]), parameters["reliability_min_ppm"]
    judged = {end: _end_fault(end, *asked) for end in set(ends)}
    return list(map(judged.__getitem__, ends)) if any(judged.values()) else None


@lru_cache(1 << 14)
def _end_fault(end: str, passing: tuple[str, ...], least_ppm: int) -> Fault | None:
    if not end:
        return None
    return _quality_fault(f"{{{end[1:]}" if end.startswith(",") else end, passing, least_ppm)


def _quality_fault(spec: str, passing: tuple[str, ...], least_ppm: int) -> Fault | None:
    verification = text_in(spec, "verification")
    if verification is not None and verification not in passing:
        return "QUALITY", f"verification {verification}", " or ".join(passing)
    reliability = text_in(spec, "reliability2")
    if reliability is None:
        reliability = text_in(spec, "reliability")
    if reliability is None or is_at_least(reliability, least_ppm):
        return None
    return "QUALITY", f"reliability {reliability}", share_text(least_ppm)


@lru_cache(1 << 14)
def is_at_least(text: str, least_ppm: int) -> bool:
    """Tell whether a decimal text says at least so many parts per million."""
    number = fraction_from(text)
    return number is not None and number[0] * ONE_PPM >= least_ppm * number[1]
