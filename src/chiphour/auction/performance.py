"""PERFORMANCE: what a chip was claimed to do, beside what the meter saw it do.

Takes   obligations with their readings, where the work was counted; claimed rates.
Gives   realised units per chip-hour, by obligation and by chip, their ratio to the claim, a flag.
Keeps   claim and meter apart: a realised figure changes no register and no bid by itself.
Source  docs/formulation/runs.md, section 10, equation 25.
"""

from collections import defaultdict
from collections.abc import Iterable
from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from typing import NamedTuple

from chiphour.auction.fields import PICOS
from chiphour.auction.fields import Fields
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.fields import decimal_text
from chiphour.auction.instance import canonical
from chiphour.auction.meter import SECONDS_PER_HOUR
from chiphour.auction.meter import Signed
from chiphour.auction.meter import chip_seconds
from chiphour.auction.meter import units_picos
from chiphour.auction.obligations import Obligation
from chiphour.auction.record import read_record
from chiphour.units import PPM
from chiphour.units import div_half_even
from chiphour.units import text_from_ppm

SCHEMA_NAME = "chiphour.auction.performance/1"
CHIP_SECONDS_MAX = 1 << 62


class Verdict(StrEnum):
    """How a realised figure stands to its claim."""

    AS_CLAIMED = "as-claimed"
    BELOW = "below"
    ABOVE = "above"


class Realised(NamedTuple):
    """What one chip did for one workload: the work of so many chip-seconds, beside the claim."""

    chip: str
    benchmark: str
    claimed_picos: int
    units_picos: int
    chip_seconds: int

    @property
    def rate_picos(self) -> int:
        """Give picounits per chip-hour, half-even (equation 25)."""
        return div_half_even(self.units_picos * SECONDS_PER_HOUR, self.chip_seconds)

    @property
    def ratio_ppm(self) -> int:
        """Give the realised rate as a share of the claimed one, half-even."""
        return div_half_even(
            self.units_picos * SECONDS_PER_HOUR * PPM, self.chip_seconds * self.claimed_picos
        )

    def verdict(self, tolerance_ppm: int) -> Verdict:
        """Tell whether the claim was met, within a tolerance either way; exactly, not rounded."""
        done = self.units_picos * SECONDS_PER_HOUR * PPM
        due = self.chip_seconds * self.claimed_picos
        if done < due * (PPM - tolerance_ppm):
            return Verdict.BELOW
        return Verdict.ABOVE if done > due * (PPM + tolerance_ppm) else Verdict.AS_CLAIMED


def realised(
    obligation: Obligation, readings: Sequence[Signed], benchmark: str, claimed_picos: int
) -> Realised | None:
    """Give what was realised on one obligation, or None where the work was not counted."""
    units, seconds = units_picos(readings), sum(chip_seconds(obligation, readings))
    if units is None or seconds == 0:
        return None
    chip = obligation.product.partition("/")[0]
    return Realised(chip, benchmark, claimed_picos, units, seconds)


def by_chip(parts: Iterable[Realised]) -> tuple[Realised, ...]:
    """Add up what was realised by chip, benchmark and claim: work over chip-seconds."""
    sums: dict[tuple[str, str, int], list[int]] = defaultdict(lambda: [0, 0])
    for part in parts:
        total = sums[part.chip, part.benchmark, part.claimed_picos]
        total[0] += part.units_picos
        total[1] += part.chip_seconds
    return tuple(Realised(*key, *total) for key, total in sorted(sums.items()))


def to_json(parts: Sequence[Realised], tolerance_ppm: int) -> bytes:
    """Write realised figures as canonical JSON, each with its ratio and verdict."""
    return canonical(
        {
            "schema": SCHEMA_NAME,
            "tolerance_ppm": tolerance_ppm,
            "rows": [_fields(part, tolerance_ppm) for part in parts],
        }
    )


def from_json(body: bytes) -> tuple[Realised, ...]:
    """Read realised figures; raises RequestMalformed where a ratio is not what they give."""

    def read(fields: Fields) -> tuple[tuple[Realised, ...], int]:
        return fields.each("rows", _read_row), fields.integer("tolerance_ppm", 0, PPM)

    parts, tolerance_ppm = read_record(body, "performance", SCHEMA_NAME, read)
    if to_json(parts, tolerance_ppm) != body:
        raise RequestMalformed("performance: expected the rates and ratios that the work gives")
    return parts


def _fields(part: Realised, tolerance_ppm: int) -> dict[str, Any]:
    return {
        "chip": part.chip,
        "bench": part.benchmark,
        "claimed": decimal_text(part.claimed_picos, PICOS),
        "units": decimal_text(part.units_picos, PICOS),
        "chip_seconds": part.chip_seconds,
        "realised": decimal_text(part.rate_picos, PICOS),
        "ratio": text_from_ppm(part.ratio_ppm),
        "verdict": part.verdict(tolerance_ppm).value,
    }


def _read_row(fields: Fields) -> Realised:
    for derived in ("realised", "ratio", "verdict"):
        fields.text(derived)
    return Realised(
        fields.name("chip"),
        fields.text("bench"),
        fields.positive_picos("claimed"),
        fields.picos("units"),
        fields.integer("chip_seconds", 1, CHIP_SECONDS_MAX),
    )
