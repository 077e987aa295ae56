"""SERIES: the table of everything that gets a fix. A new series is a row.

Takes   the words of `hardware`: chip, form, tenor.
Gives   SERIES, in publication order; lookups by ticker, slug and number.
Keeps   a number for good: contracts and commands name a series by it. Never reuse a ticker.
Source  Methodology, "Series"; decision 0004.
"""

from typing import NamedTuple

from chiphour.hardware.regions import countries_in


class Filter(NamedTuple):
    """What a row must state to enter a narrower series; what is not stated is not met.

    `places` are countries or areas (words of `hardware.regions`), `interconnects` words of
    `hardware.interconnects`, `gpus_min` what the row offers, the rest is per GPU.
    """

    places: tuple[str, ...] = ()
    interconnects: tuple[str, ...] = ()
    gpus_min: int = 0
    vcpus_min: int = 0
    memory_gb_min: int = 0


EVERYTHING = Filter()


class Series(NamedTuple):
    """A series of fixings. `form` is "" where the chip exists in one form only."""

    number: int
    ticker: str
    chip: str
    form: str
    tenor: str
    filter: Filter = EVERYTHING

    @property
    def slug(self) -> str:
        """Give the name used in addresses: CHR.H100.SXM.OD is h100-sxm-od."""
        return self.ticker.removeprefix("CHR.").lower().replace(".", "-")


# (chip, form, tenors); the order fixes the numbers, so rows are only ever appended.
_ROWS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("H100", "SXM", ("SPOT", "OD", "INT", "R1Y")),
    ("H200", "SXM", ("SPOT", "OD", "INT")),
    ("B200", "SXM", ("SPOT", "OD", "INT")),
    ("B300", "SXM", ("SPOT", "OD")),
    ("A100", "SXM", ("SPOT", "OD")),
    ("A100-40", "SXM", ("OD",)),
    ("H100", "PCIE", ("SPOT", "OD")),
    ("H100", "NVL", ("SPOT", "OD")),
    ("H200", "NVL", ("SPOT", "OD")),
    ("GB200", "", ("R1Y",)),
    ("L40S", "", ("SPOT", "OD")),
    ("L4", "", ("SPOT", "OD")),
    ("T4", "", ("SPOT", "OD")),
    ("MI250", "", ("SPOT", "OD")),
    ("MI300X", "", ("SPOT", "OD")),
    ("RTX4090", "", ("SPOT", "OD")),
    ("RTX5090", "", ("SPOT", "OD")),
    ("RTXPRO6000", "", ("SPOT", "OD")),
)


def _table() -> tuple[Series, ...]:
    rows: list[Series] = []
    for chip, form, tenors in _ROWS:
        for tenor in tenors:
            ticker = ".".join(word for word in ("CHR", chip, form, tenor) if word)
            rows.append(Series(len(rows) + 1, ticker, chip, form, tenor))
    return tuple(rows)


SERIES = _table()
BY_KEY = {(series.chip, series.form, series.tenor): series for series in SERIES}

# Narrower series: (base, suffix, filter). Numbered from FILTERED_FROM; rows are only appended.
FILTERED_FROM = 101
_FILTERS: tuple[tuple[str, str, Filter], ...] = tuple(
    (f"CHR.{chip}.SXM.{tenor}", suffix, only)
    for chip in ("H100", "H200")
    for tenor in ("SPOT", "OD")
    for suffix, only in (
        ("US", Filter(places=("US",))),
        ("EU", Filter(places=("EU", *countries_in("EU")))),
        ("IB", Filter(interconnects=("INFINIBAND",))),
        ("X8", Filter(gpus_min=8)),
        ("FULL", Filter(vcpus_min=16, memory_gb_min=128)),
    )
)


def _narrowed(number: int, base: str, suffix: str, only: Filter) -> Series:
    whole = next(series for series in SERIES if series.ticker == base)
    return whole._replace(number=number, ticker=f"{base}.{suffix}", filter=only)


FILTERED = tuple(_narrowed(number, *row) for number, row in enumerate(_FILTERS, FILTERED_FROM))
ALL_SERIES = SERIES + FILTERED  # Everything that gets a fix.
BY_TICKER = {series.ticker: series for series in ALL_SERIES}
BY_SLUG = {series.slug: series for series in ALL_SERIES}
BY_NUMBER = {series.number: series for series in ALL_SERIES}

assert len(BY_SLUG) == len(ALL_SERIES) == len(BY_NUMBER)
assert len(SERIES) == len(BY_KEY) < FILTERED_FROM


def series_named(name: str) -> Series:
    """Find a series by ticker or slug; raises KeyError with the nearest legal names."""
    found = BY_TICKER.get(name.upper()) or BY_SLUG.get(name.lower())
    if found is None:
        raise KeyError(f"expected a series such as CHR.H100.SXM.OD or h100-sxm-od, found {name!r}")
    return found
