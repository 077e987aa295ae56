"""BENCHMARKS: the register of benchmark files: those that are shipped, and those that are given.

Takes   the folder beside the auction's programs; paths of further files.
Gives   `Register`.
Keeps   the folder as the list: a file laid into it is in the register.
Source  docs/formulation/runs.md, section 10.
"""

from collections.abc import Iterable
from pathlib import Path

import chiphour.auction
from chiphour.auction.fields import RequestMalformed
from chiphour.auction.register import Register
from chiphour.auction.register import register_of

FOLDER = Path(chiphour.auction.__file__).parent / "benchmarks"
FILE_BYTES_MAX = 1 << 20


def benchmarks(files: Iterable[Path] = ()) -> Register:
    """Read the shipped benchmark files and these; raises RequestMalformed naming the file."""
    paths = [*FOLDER.glob("*.json"), *files]
    return register_of({path.as_posix(): _body(path) for path in paths})


def _body(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(FILE_BYTES_MAX + 1)
    except OSError as fault:
        raise RequestMalformed(f"{path}: expected a benchmark file, found {fault}") from fault
    if len(body) > FILE_BYTES_MAX:
        raise RequestMalformed(f"{path}: expected at most {FILE_BYTES_MAX} bytes")
    return body
