"""ADDRESSES: where each published thing stands, and its name that outlives any address.

Takes   series, days, times.
Gives   paths below the address of the server; `tag:` URIs.
Keeps   an address for good: what was linked once leads to the same thing in twenty years.
Source  RFC 4151 (tag URIs), RFC 3986; decision 0023.
"""

from datetime import date

from chiphour.index.fixing import Fixing
from chiphour.index.parameters import V2026_1
from chiphour.index.series import BY_TICKER
from chiphour.index.series import Series
from chiphour.units import day_from_ns
from chiphour.units import iso_from_ns

AUTHORITY = "chiphour,2026"  # Of our tags: who names, and since when.


def series_path(series: Series) -> str:
    """Give the page of a series."""
    return f"/series/{series.slug}"


def day_path(series: Series, day: date, parameter_set: str = "", as_of_ns: int = 0) -> str:
    """Give the page of a series at the strike of a day; of a set and at a time, where given."""
    asked = {"set": parameter_set} if parameter_set not in ("", V2026_1.parameter_set) else {}
    asked |= {"as_of": iso_from_ns(as_of_ns)} if as_of_ns else {}
    words = "&".join(f"{name}={text}" for name, text in asked.items())
    return f"{series_path(series)}/{day.isoformat()}" + (f"?{words}" if words else "")


def fixing_path(fixing: Fixing) -> str:
    """Give the page of a fixing: its series and day, whatever the vintage."""
    day = day_from_ns(fixing.strike_ns)
    return day_path(BY_TICKER[fixing.series], day, fixing.parameter_set)


def vintage_path(fixing: Fixing) -> str:
    """Give the page of this very vintage: it shows what was known when this was."""
    day = day_from_ns(fixing.strike_ns)
    return day_path(BY_TICKER[fixing.series], day, fixing.parameter_set, fixing.known_ns)


def api_path(path: str) -> str:
    """Give the address for programs of a page that has one."""
    return f"/api{path}"


def release_path(day: date) -> str:
    """Give the page of a day."""
    return f"/release/{day.isoformat()}"


def report_path(day: date) -> str:
    """Give the page of the report of a day."""
    return f"/report/{day.isoformat()}"


def tag(*parts: str) -> str:
    """Give the name of a thing for good: tag:chiphour,2026:fix/h100-sxm-od/2026-07-20."""
    return f"tag:{AUTHORITY}:{'/'.join(parts)}"
