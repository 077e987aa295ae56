"""LOCK: the one hash moves with every module.

Takes   the installed sources.
Gives   a failure where the hash of all is not that of its lines.
Keeps   the hash one that `sha256sum` gives too.
Source  Decision 0016.
"""

import hashlib

from chiphour.adapters.lock import CALCULATION
from chiphour.adapters.lock import SOURCES
from chiphour.adapters.lock import calculation


def test_the_hash_of_all_is_that_of_the_lines_of_sha256sum():
    found = calculation()
    lines = [
        f"{hashlib.sha256((SOURCES / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(CALCULATION)
    ]
    assert found["code_sha256"] == hashlib.sha256("".join(lines).encode()).hexdigest()
    assert list(found["modules"]) == list(CALCULATION)
