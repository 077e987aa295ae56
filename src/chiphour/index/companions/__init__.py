"""COMPANIONS: one file for each; the folder is the registry.

Takes   what surrounds a fixing (`Given`).
Gives   `COMPANIONS`: each file's VARIANT, MEASURES and `companion`, by variant; all companions of
        a fixing.
Keeps   companions ignorant of one another: a new one is a new file.
Source  docs/methodology/companions.md; decision 0021.
"""

import importlib
import pkgutil
from functools import cache
from typing import Protocol
from typing import cast

from chiphour.index.companion import Companion
from chiphour.index.companion import Given


class Variant(Protocol):
    """What every file of this folder holds."""

    VARIANT: str
    MEASURES: str

    def companion(self, given: Given) -> Companion:
        """Give the companion of a fixing, fixed or suppressed."""
        ...


@cache
def variants() -> dict[str, Variant]:
    """Give the files of this folder by their variants, sorted."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [cast(Variant, importlib.import_module(f"{__name__}.{name}")) for name in names]
    return dict(sorted((each.VARIANT, each) for each in found))


def companions_of(given: Given) -> list[Companion]:
    """Give every companion of a fixing, by variant; a companion without a value has a reason."""
    return [each.companion(given) for each in variants().values()]
