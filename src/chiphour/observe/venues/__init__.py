"""VENUES: one folder each; the folder is the registry.

Takes   nothing.
Gives   every reader by its name (see `observe/venue.py`).
Keeps   the list of readers in one place: this folder. To add one, add its folder.
Source  Decision 0003.
"""

import importlib
import pkgutil
from functools import cache
from typing import cast

from chiphour.observe.venue import Reader


@cache
def venues() -> dict[str, Reader]:
    """Give the readers by the names of their folders, sorted."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: cast(Reader, importlib.import_module(f"{__name__}.{name}")) for name in names}
