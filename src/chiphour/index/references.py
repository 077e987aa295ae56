"""REFERENCES: what other publishers say of the same chips, beside our fix of the same date.

Takes   observations of kind "level"; fixings.
Gives   records of levels, each vintage kept; rows that set them beside our series.
Keeps   them out of every fix: they are shown and compared. A level is the publisher's own number,
        in its own text, under its own licence.
Source  docs/methodology/companions.md, "References"; decision 0021.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from chiphour.index.filters import spec_of
from chiphour.index.fixing import Fixing
from chiphour.index.series import BY_KEY
from chiphour.observe.observation import Observation
from chiphour.observe.venues import venues
from chiphour.units import NANOUSD_PER_TICK
from chiphour.units import PPM
from chiphour.units import day_from_ns
from chiphour.units import div_half_even
from chiphour.units import nanousd_from_text
from chiphour.units import text_from_nanousd

UNIT = "USD per GPU-hour"
DATES = ("publication_date",)  # Where a row's own words give the date that it speaks of.
OPEN_LICENCES = ("CC BY", "CC0", "MIT", "Apache")


class Reference(NamedTuple):
    """A level of another publisher's index.

    `name` is the publisher's for the index. `series` is the ticker of ours that it measures, ""
    where none does. `licence` is "open" where the publisher's terms let anyone republish, else
    "restricted": then it is compared, not shown. `flags` are the doubts of the row. `known_ns`
    tells the vintages of one date apart.
    """

    publisher: str
    name: str
    series: str
    date: str
    level: str
    unit: str
    licence: str
    flags: tuple[str, ...]
    known_ns: int


class ReferenceRow(NamedTuple):
    """A reference beside our fix of the same date: `difference_ppm` of our fix, theirs less ours.

    Both are None where we have no fix of that date.
    """

    publisher: str
    name: str
    series: str
    date: str
    level: str
    unit: str
    licence: str
    flags: tuple[str, ...]
    known_ns: int
    fix_ticks: int | None
    difference_ppm: int | None


def references_of(observations: Iterable[Observation]) -> list[Reference]:
    """Give the levels among observations, by publisher, name, date and time known; each once."""
    found = {_reference(row) for row in observations if row.kind == "level"}
    return sorted(
        found, key=lambda row: (row.publisher, row.name, row.date, row.known_ns, row.level)
    )


def reference_table(
    observations: Iterable[Observation], fixings: Iterable[Fixing]
) -> list[ReferenceRow]:
    """Set each level beside the fix of its series on its date.

    Of several fixings of one series and date the one known last is taken.
    """
    fixes: dict[tuple[str, str], Fixing] = {}
    for fixing in fixings:
        key = (fixing.series, day_from_ns(fixing.strike_ns).isoformat())
        if key not in fixes or fixes[key].known_ns <= fixing.known_ns:
            fixes[key] = fixing
    rows = []
    for reference in references_of(observations):
        ours = fixes.get((reference.series, reference.date))
        fix_ticks = None if ours is None else ours.fix_ticks
        difference_ppm = None
        if fix_ticks:
            ours_nanousd = fix_ticks * NANOUSD_PER_TICK
            theirs_nanousd = nanousd_from_text(reference.level)
            difference_ppm = div_half_even((theirs_nanousd - ours_nanousd) * PPM, ours_nanousd)
        rows.append(ReferenceRow(*reference, fix_ticks, difference_ppm))
    return rows


def _reference(row: Observation) -> Reference:
    spec = spec_of(row.spec)
    sellers = spec_of(row.terms).get("kind", "")
    series = BY_KEY.get((row.chip, row.form, row.tenor))
    return Reference(
        publisher=row.source,
        name=" ".join(word for word in (sellers, spec.get("chip_name", "")) if word),
        series="" if series is None else series.ticker,
        date=_date_of(row),
        level=text_from_nanousd(row.price_nanousd),
        unit=UNIT,
        licence=licence_of(row.source),
        flags=tuple(flag for flag in row.flags if flag != "COMPARISON"),
        known_ns=row.observed_ns,
    )


def licence_of(source: str) -> str:
    """Tell whether a source's terms let anyone republish: "open" or "restricted"."""
    reader = venues().get(source)
    terms = "" if reader is None else reader.VENUE.terms
    return "open" if any(word in terms for word in OPEN_LICENCES) else "restricted"


def _date_of(row: Observation) -> str:
    """Give the date that a level speaks of: what the row says, else the day it was seen."""
    spec = spec_of(row.spec)
    for word in DATES:
        if word in spec:
            try:
                return date.fromisoformat(spec[word]).isoformat()
            except ValueError:
                continue
    return day_from_ns(row.observed_ns).isoformat()
