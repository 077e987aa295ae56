"""SERIES: the table of everything that gets a fix. A new series is a row.

Takes   the words of `hardware`: chip, form, tenor.
Gives   SERIES, in publication order; lookups by ticker, slug and number.
Keeps   a number for good: contracts and commands name a series by it. Never reuse a ticker.
Source  Methodology, "Series"; decision 0004.
"""

from typing import NamedTuple


class Series(NamedTuple):
    """A series of fixings. `form` is "" where the chip exists in one form only."""

    number: int
    ticker: str
    chip: str
    form: str
    tenor: str

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
BY_TICKER = {series.ticker: series for series in SERIES}
BY_SLUG = {series.slug: series for series in SERIES}
BY_NUMBER = {series.number: series for series in SERIES}
BY_KEY = {(series.chip, series.form, series.tenor): series for series in SERIES}

assert len(BY_SLUG) == len(SERIES) == len(BY_KEY)


def series_named(name: str) -> Series:
    """Find a series by ticker or slug; raises KeyError with the nearest legal names."""
    found = BY_TICKER.get(name.upper()) or BY_SLUG.get(name.lower())
    if found is None:
        raise KeyError(f"expected a series such as CHR.H100.SXM.OD or h100-sxm-od, found {name!r}")
    return found
