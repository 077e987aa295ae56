"""PARTS: functions that only compiled code calls are compiled as parts of what Python calls.

Takes   a Numba function without an entry for Python.
Gives   one that stops when its code is typed and lowered: the function that is called from Python
        links all its parts once, and only then are they optimised and made machine code, together.
Keeps   Numba's own way for every other function. Numba optimises and emits each function with all
        that it calls, again at each level: of hundreds of functions that was most of the time.
Source  Decision 0005. Numba's internals, of the version that the lock pins; a test fails when they
        change.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

from numba.core import codegen

_Library = codegen.CPUCodeLibrary
_finalize = _Library.finalize
_set_env = codegen.JITCPUCodegen.set_env
_depth = [0]  # How many compilations of parts are in work.
_numbers = count(1)


def as_part(function: Any, apart: bool = False) -> Callable[..., Any]:
    """Let a Numba function be compiled as a part; `apart`: never inlined into what calls it."""
    compile_function = function.compile

    def compile_part(*arguments: Any, **options: Any) -> Any:
        _depth[0] += 1
        try:
            entry = compile_function(*arguments, **options)
        finally:
            _depth[0] -= 1
        if apart:
            for compiled in function.overloads.values():
                code = compiled.library._final_module
                code.get_function(compiled.fndesc.llvm_func_name).add_function_attribute("noinline")
        return entry

    return compile_part


def _finalize_whole(library: Any) -> None:
    """End a library: a part at once, another when all its parts, and theirs, are linked into it."""
    if _depth[0] > 0:
        library._raise_if_finalized()
        library._finalized = True
        library.part_number = next(_numbers)
        return
    library._linking_libraries = _all_parts(library)
    _finalize(library)


def _all_parts(library: Any) -> list[Any]:
    """Give what a library links: each once, with what the parts among them link in turn.

    The linker takes only what is asked for already: so what calls stands before what it calls,
    which was ended earlier.
    """
    found: set[Any] = set()
    waiting = list(library._linking_libraries)
    while waiting:
        linked = waiting.pop()
        if linked not in found:
            found.add(linked)
            if hasattr(linked, "part_number"):
                waiting += linked._linking_libraries
    return sorted(found, key=lambda each: -getattr(each, "part_number", 0))


def _set_env_of_whole(self: Any, env_name: str, env: Any) -> None:
    """Tell compiled code where its environment is; a part has no code of its own yet."""
    if _depth[0] == 0:
        _set_env(self, env_name, env)


_Library.finalize = _finalize_whole  # type: ignore[method-assign]
codegen.JITCPUCodegen.set_env = _set_env_of_whole  # type: ignore[method-assign]
