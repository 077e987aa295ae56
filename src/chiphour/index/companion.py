"""COMPANION: a figure beside the headline fix, and what it is made from.

Takes   a fixing with what surrounded it: the day before, other parameter sets, rows, trades.
Gives   the records `Given` and `Companion`; how a companion is fixed or suppressed; its JSON.
Keeps   a companion that cannot be computed as a row with a reason: never a hole, never a carried
        value. Nothing here is an input of a headline fix.
Source  docs/methodology/companions.md; decision 0021.
"""

from collections.abc import Mapping
from collections.abc import Sequence
from fractions import Fraction
from typing import Any
from typing import NamedTuple

from chiphour.index.fixing import Fixing
from chiphour.index.fixing import Member
from chiphour.index.fixing import Rejection
from chiphour.index.quality import Multipliers
from chiphour.index.series import Series
from chiphour.index.transacted import Trade
from chiphour.observe.observation import Observation
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import div_half_even

# Why a companion has no value.
REASONS = {
    "CONCENTRATED": "one group made more than half of the trades, as buyer or as seller",
    "CONSTITUENT_MISSING": "a chip of the basket has no fix at this strike",
    "FEW_BUYERS": "fewer than three independent buyers traded",
    "FEW_HOURS": "fewer than a hundred chip-hours were traded",
    "FEW_MATCHED": "fewer than three members had a rate on both days",
    "FEW_MEMBERS": "too few members are left for this companion",
    "FEW_SELLERS": "fewer than three independent sellers traded",
    "FEW_TIERS": "the members that are left have fewer than two known tiers of capacity",
    "HEADLINE_SUPPRESSED": "the series has no fix at this strike",
    "NO_BASE": "no basket has been formed yet: too few chips with a steady fix",
    "NO_FACT": "no dated, cited throughput of this chip stands in the table",
    "NO_MULTIPLIERS": "no quality multiplier of this series was published before the strike",
    "NO_PREVIOUS": "nothing is kept of this series for the strike of the day before",
    "NO_SET": "nothing was fixed under that parameter set",
    "NO_TRADES": "no trade of the series counts",
    "TX_SUPPRESSED": "the transacted companion has no value at this strike",
}


class Given(NamedTuple):
    """All that the companions of one series at one strike may look at.

    previous     the record of the strike a day before, fixed or not
    sets         the records of the same strike under other parameter sets, by name
    history      the records of the thirty days before, in order of strike
    window       the rows that the fix considered in its window
    rows         all rows that the methodology may look at, of every series
    multipliers  what `analyse` published the day before, or None
    """

    series: Series
    fixing: Fixing
    previous: Fixing | None = None
    sets: Mapping[str, Fixing] = {}
    history: Sequence[Fixing] = ()
    window: Sequence[Observation] = ()
    rows: Sequence[Observation] = ()
    multipliers: Multipliers | None = None
    trades: Sequence[Trade] = ()


class Companion(NamedTuple):
    """A companion of one series at one strike.

    state       "fixed" or "suppressed"; then `value` is None and `reason` a word of REASONS
    unit        of the value: "ticks", "ppm", "nanousd per ..."
    figures     what stands beside the value, by name; the unit ends the name
    rejections  what was left out by a rule of this companion's own
    """

    series: str
    variant: str
    strike_ns: int
    known_ns: int
    state: str
    reason: str
    value: int | None
    unit: str
    figures: tuple[tuple[str, int], ...]
    methodology: str
    rejections: tuple[Rejection, ...] = ()

    @property
    def ticker(self) -> str:
        """Give the name under which it is published: CHR.H100.SXM.OD.CW."""
        return f"{self.series}.{self.variant}"


def fixed(
    given: Given,
    variant: str,
    value: int,
    unit: str,
    figures: Mapping[str, int] = {},
    rejections: Sequence[Rejection] = (),
) -> Companion:
    """Give a companion with a value; its figures are sorted by name."""
    return _companion(given, variant, "", value, unit, figures, rejections)


def suppressed(
    given: Given,
    variant: str,
    reason: str,
    unit: str,
    figures: Mapping[str, int] = {},
    rejections: Sequence[Rejection] = (),
) -> Companion:
    """Give a companion without a value, and why."""
    return _companion(given, variant, reason, None, unit, figures, rejections)


def _companion(
    given: Given,
    variant: str,
    reason: str,
    value: int | None,
    unit: str,
    figures: Mapping[str, int],
    rejections: Sequence[Rejection],
) -> Companion:
    assert (reason in REASONS) == (value is None)
    return Companion(
        series=given.fixing.series,
        variant=variant,
        strike_ns=given.fixing.strike_ns,
        known_ns=given.fixing.known_ns,
        state="suppressed" if reason else "fixed",
        reason=reason,
        value=value,
        unit=unit,
        figures=tuple(sorted(figures.items())),
        methodology=given.fixing.methodology,
        rejections=tuple(sorted(rejections)),
    )


def rate_of(member: Member) -> Fraction:
    """Give a member's exact rate in nano-dollars per GPU-hour."""
    return Fraction(member.rate_numerator, member.rate_denominator)


def ticks_of(nanousd: Fraction) -> int:
    """Round exact nano-dollars to ticks, once, half to even."""
    return div_half_even(nanousd.numerator, nanousd.denominator * NANOUSD_PER_TICK)


def to_json(companion: Companion) -> dict[str, Any]:
    """Give the record as plain JSON values, as it is published."""
    record = companion._asdict()
    record["figures"] = dict(companion.figures)
    record["rejections"] = [rejection._asdict() for rejection in companion.rejections]
    return record


def from_json(record: dict[str, Any]) -> Companion:
    """Read what `to_json` gave; raises TypeError or KeyError on a missing or unknown field."""
    figures = tuple(sorted(record["figures"].items()))
    rejections = tuple(Rejection(**rejection) for rejection in record["rejections"])
    return Companion(**record | {"figures": figures, "rejections": rejections})
