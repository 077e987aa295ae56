"""TEST PARTS: a function that only compiled code calls is compiled once, with what calls it.

Takes   a few functions of integers, in processes of their own.
Gives   failures.
Keeps   an eye on Numba's internals: where they change, a part is compiled in full again.
Source  Decision 0005.
"""

import subprocess
import sys

import numba
import pytest

PROGRAM = """
import numpy as np
from chiphour.ledger import kernel
from chiphour.ledger.parts import _Library

@kernel.kernel
def least(x):
    assert x < 100
    return x + 1

@kernel.hot
def more(x):
    return least(max(x, 3)) + least(x)

@kernel._njit(nogil=True, _nrt=False)
def whole(rows):
    total = 0
    for i in range(rows.shape[0]):
        total += more(rows[i])
    return total

print(whole(np.arange(5)))
for part in (least, more):
    (compiled,) = part.overloads.values()
    print(hasattr(compiled.library, "part_number"), compiled.library._finalized)
(compiled,) = whole.overloads.values()
print(hasattr(compiled.library, "part_number"))
try:
    whole(np.array([1000]))
except AssertionError:
    print("asserted")
"""


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="nothing is compiled")
def test_parts_have_no_code_of_their_own_and_the_whole_is_right():
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["36", "True", "True", "True", "True", "False", "asserted"]
