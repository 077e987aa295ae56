"""KERNEL: how the functions of the kernel are compiled. The one place that says so.

Takes   plain functions of int64 tables and integers.
Gives   machine code; or the functions as they are, when NUMBA_DISABLE_JIT=1.
Keeps   counting of references out of the kernel (`_nrt`): no function of it makes or keeps an
        array, and the counts, a pair for each table at each call, were six sevenths of its time.
        A function that only the kernel calls is not optimised and made machine code for itself:
        the door that reaches it does that for all of them at once (`parts.py`).
Source  Decision 0005.
"""

from collections.abc import Callable
from typing import Any
from typing import cast

import numba

from chiphour.ledger.parts import as_part

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _njit(**options: bool) -> Decorator:
    return cast(Decorator, numba.njit(**options))  # type: ignore[call-overload]


def _inner(apart: bool = False, **options: bool) -> Decorator:
    """Compile without an entry for Python; a call from there is a TypeError, not a crash."""
    compile_inner = _njit(_nrt=False, no_cfunc_wrapper=True, no_cpython_wrapper=True, **options)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        compiled: Any = compile_inner(function)
        compiled._insert = _register_no_entry
        compiled._compile_for_args = _refuse
        if hasattr(compiled, "compile"):  # Not so with NUMBA_DISABLE_JIT=1.
            compiled.compile = as_part(compiled, apart)
        return cast(Callable[..., Any], compiled)

    return decorate


def _register_no_entry(*_: object, **__: object) -> None:
    """Stand in for Numba's register of entries for Python."""


def _refuse(*_: object, **__: object) -> None:
    raise TypeError("expected a call from compiled code: Python may call doors and questions only")


# A function that only the kernel calls. Where a hot one calls it, it is made part of it as well:
# Numba hands that option down.
kernel = _inner()

# The same, on the path of every order: made part of its caller. Thirteen tables as arguments are
# thirty machine words, so a call costs more than most of these functions do.
hot = _inner(forceinline=True)

# The same, where that path is left: never made part of its caller, nor what it calls. Else the
# rarest rule would lie in the midst of the commonest, which no longer fits the processor's cache.
cold = _inner(apart=True, forceinline=False)

# A function called from Python: kept in Numba's cache, with all that it calls.
door = _njit(cache=True, nogil=True, _nrt=False, no_cfunc_wrapper=True)

# The same, for a question whose answer is an array that it makes.
question = _njit(cache=True, nogil=True)
