"""KERNEL: how functions are compiled: doors can be called from Python, inner functions cannot.

Takes   a small kernel made here.
Gives   its answer through the door; a TypeError, not a crash, at an inner function.
Keeps   the plain functions as they are when compiling is turned off.
Source  Decision 0005.
"""

import numba
import numpy as np
import pytest

from chiphour.ledger.kernel import _njit
from chiphour.ledger.kernel import cold
from chiphour.ledger.kernel import hot
from chiphour.ledger.kernel import kernel

COMPILED = not numba.config.DISABLE_JIT


@kernel
def twice(table):
    return 2 * table[0, 0]


@hot
def thrice(table):
    return 3 * table[0, 0]


@numba.njit
def both(table):
    return twice(table) + thrice(table)


def test_inner_functions_serve_compiled_code():
    assert both(np.full((1, 1), 7)) == 35


@pytest.mark.skipif(not COMPILED, reason="plain functions can be called by anyone")
@pytest.mark.parametrize("inner", [twice, thrice])
def test_an_inner_function_refuses_a_call_from_python(inner):
    table = np.full((1, 1), 7)
    both(table)
    with pytest.raises(TypeError, match="doors"):
        inner(table)


@pytest.mark.skipif(not COMPILED, reason="there is no machine code")
def test_no_references_are_counted():
    """The kernel's speed rests on it: an option of Numba's that could be renamed."""

    @kernel
    def first(table):
        return table[0, 0]

    @numba.njit(_nrt=False)
    def through(table):
        return first(table) + first(table)

    through(np.full((1, 1), 7))
    (code,) = through.inspect_llvm().values()
    assert "NRT_incref" not in code


@pytest.mark.skipif(not COMPILED, reason="there is no machine code")
def test_what_is_cold_stays_apart_and_what_is_not_does_not():
    """Also where a hot function calls it: Numba hands its wish to be inlined down."""

    @cold
    def rare(table):
        return inside(table) + 1

    @kernel
    def inside(table):
        return table[0, 0] * 5

    @hot
    def often(table):
        return rare(table) + inside(table)

    @_njit(_nrt=False)
    def through(table):
        return often(table)

    assert through(np.full((1, 1), 7)) == 71
    (code,) = through.inspect_llvm().values()
    calls = [line for line in code.splitlines() if " call " in line]
    assert sum("rare" in line for line in calls) == 1
    assert not any("inside" in line or "often" in line for line in calls)
