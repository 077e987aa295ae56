"""ASSUMPTIONS: the dated, sourced figures that owning stands on, read from their one file.

Takes   a chip with its form, a region.
Gives   every assumption by name, each with its bounds, its source and its date.
Keeps   one file, `analyse/ownership.toml`; a figure without a source does not load.
Source  docs/how-to/rent-or-buy.md; decision 0044.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from chiphour.analyse.ownership import BOUNDS
from chiphour.analyse.ownership import CHIP_NAMES
from chiphour.analyse.ownership import REGION_NAME
from chiphour.analyse.ownership import UNITS
from chiphour.analyse.ownership import Assumption
from chiphour.analyse.ownership import AssumptionRefused
from chiphour.analyse.ownership import checked

FILE = "ownership.toml"


def assumptions_for(chip: str, form: str, region: str) -> dict[str, Assumption]:
    """Give the assumptions for a chip in a region; raises AssumptionRefused for unknown ones."""
    table = _table()
    name = "-".join(word for word in (chip.upper(), form.upper()) if word)
    own = _entry(table["chip"], name, "chip")
    place = _entry(table["region"], region, "region")
    found = [_assumption(key, fields, {}) for key, fields in table["common"].items()]
    found += [_assumption(key, own[key], _bounded(key)) for key in CHIP_NAMES]
    found.append(_assumption(REGION_NAME, place, _bounded(REGION_NAME)))
    return {each.name: checked(each) for each in found}


def server_gpus(chip: str, form: str) -> int:
    """Give how many GPUs of a kind are bought at once; raises AssumptionRefused."""
    name = "-".join(word for word in (chip.upper(), form.upper()) if word)
    return int(_entry(_table()["chip"], name, "chip")["server_gpus"])


def chips() -> tuple[str, ...]:
    """Give the chips that the file has."""
    return tuple(_table()["chip"])


def regions() -> tuple[str, ...]:
    """Give the regions that the file has."""
    return tuple(_table()["region"])


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("chiphour.analyse").joinpath(FILE).read_text(encoding="utf-8"))


def _entry(table: Mapping[str, Any], name: str, what: str) -> Mapping[str, Any]:
    if name not in table:
        known = ", ".join(table)
        raise AssumptionRefused(f"{what}: expected one of {known}, found {name[:40]!r}")
    found: Mapping[str, Any] = table[name]
    return found


def _bounded(name: str) -> Mapping[str, Any]:
    least, most = BOUNDS[name]
    return {"least": least, "most": most, "unit": UNITS[name]}


def _assumption(name: str, fields: Mapping[str, Any], more: Mapping[str, Any]) -> Assumption:
    """Read one; a field that is missing or unknown is a fault of the file."""
    given = {**fields, **more}
    assert given["low"] <= given["value"] <= given["high"], name
    assert given["source"] and given["date"], name
    return Assumption(name=name, **given)
