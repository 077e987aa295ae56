"""LOCK: the hash of everything that a fix is computed with.

Takes   the installed sources of this package.
Gives   the SHA-256 of each module that the methodology runs through, and one of them all.
Keeps   the list complete: a test follows the imports from the methodology and finds no other.
Source  IOSCO FR07/13, 12; decision 0016.
"""

import hashlib
from pathlib import Path
from typing import Any

import chiphour
from chiphour.index.parameters import SETS
from chiphour.index.parameters import V2026_1
from chiphour.index.parameters import parameters_sha256
from chiphour.observe.register import REGISTER_SHA256
from chiphour.observe.register import VERSION

SOURCES = Path(chiphour.__file__).parent
CALCULATION = (
    "hardware/countries.py",
    "hardware/region_codes.py",
    "hardware/regions.py",
    "index/carry.py",
    "index/filters.py",
    "index/fixing.py",
    "index/hosts.py",
    "index/panel.py",
    "index/parameters.py",
    "index/series.py",
    "index/statistics.py",
    "index/v2026_1.py",
    "observe/observation.py",
    "observe/register.py",
    "units.py",
)


def calculation() -> dict[str, Any]:
    """Give the hashes of parameters, register and code, as the lock and the log have them."""
    modules = {
        name: hashlib.sha256((SOURCES / name).read_bytes()).hexdigest() for name in CALCULATION
    }
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(modules.items()))
    return {
        "methodology": V2026_1.methodology,
        "parameters": {name: parameters_sha256(each) for name, each in SETS.items()},
        "register": {"version": VERSION, "sha256": REGISTER_SHA256},
        "code_sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "modules": modules,
    }
