"""AUCTION_VERSIONS: a later Python with the same solver gives the same result, byte for byte.

Takes   the runs of examples/; requirements.lock, of which it installs the solver and numpy.
Gives   a failure where a result differs between this Python, this one started again, and a later.
Keeps   runs that the clock did not cut.
Source  docs/formulation/auction.md, section 4.
"""

import os
import subprocess
import sys

import pytest

from clients.environment import ROOT
from clients.environment import environment

pytestmark = pytest.mark.extra

RUNS = ("pool", "scarcity")
PACKAGES = ("highspy==", "numpy==")
CLEAR = """
import hashlib, sys
from pathlib import Path
from chiphour.auction.clear import clear
from chiphour.auction.instance import from_json
from chiphour.auction.result import to_json
from chiphour.auction.solve import solve
instance = from_json(Path(sys.argv[1]).read_bytes())
result = clear(instance, solve)
assert result.status == "optimal"
print(hashlib.sha256(to_json(instance, result)).hexdigest())
"""


@pytest.fixture(scope="module")
def later():
    return environment("later", _part(ROOT / "requirements.lock"))


def _part(lock) -> str:
    """Give the part of a lock that the auction needs: its packages with their hashes."""
    kept, wanted = [], False
    for line in lock.read_text().splitlines():
        if not line.startswith((" ", "#")):
            wanted = line.startswith(PACKAGES)
        if wanted and not line.strip().startswith("#"):
            kept.append(line)
    return "\n".join(kept) + "\n"


def hash_of(python, run) -> str:
    """Clear an example in a fresh process of a Python; give the hash of its result."""
    words = [python, "-c", CLEAR, str(ROOT / "examples" / run / "run.json")]
    said = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True
    )
    assert said.returncode == 0, said.stderr
    return said.stdout.strip()


@pytest.mark.parametrize("run", RUNS)
def test_a_later_python_gives_the_same_bytes(run, later):
    here = hash_of(sys.executable, run)
    assert hash_of(sys.executable, run) == here
    assert hash_of(later, run) == here
