"""AUCTION_FILE: what happens to one run of the auction, line by line, durable before it counts.

Takes   a path; lines as JSON objects with a `what`.
Gives   the lines of before, in order; appending.
Keeps   a line on disk when `append` returns. Start-up is recovery: a line that was torn by a stop
        never counted, and is cut off; anything else that is wrong is damage, and refused.
        The file is its owner's alone: bids are sealed.
Source  Decision 0039.

    MarketError
    └── AuctionDamaged      a file that holds something else than its lines
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from chiphour.adapters.bodies import sync_folder
from chiphour.auction.instance import canonical
from chiphour.observe.observation import MarketError

Line = Mapping[str, Any]


class AuctionDamaged(MarketError):
    """A file that holds something else than its lines."""


class AuctionFile:
    """The lines of one run, open for appending."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises AuctionDamaged, or OSError where there is no room."""
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        sync_folder(path.parent)
        try:
            self.lines = self._read()
        except BaseException:
            self.close()
            raise

    def append(self, line: Line) -> Line:
        """Add a line; it is on disk when this returns. A fault in between leaves none of it."""
        body = canonical(line) + b"\n"
        end = os.lseek(self._file, 0, os.SEEK_END)
        try:
            written = os.write(self._file, body)
            if written < len(body):
                raise OSError(f"{self.path}: expected {len(body)} bytes written, found {written}")
            os.fsync(self._file)
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, end)
            raise
        return line

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _read(self) -> list[Line]:
        """Read all whole lines; cut off one that was torn."""
        content = self.path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.ftruncate(self._file, whole)
            os.fsync(self._file)
        found: list[Line] = []
        for number, row in enumerate(content[:whole].splitlines(), 1):
            try:
                line = json.loads(row)
            except ValueError:
                line = None
            if not isinstance(line, dict) or not isinstance(line.get("what"), str):
                raise AuctionDamaged(
                    f"{self.path}:{number}: expected a line of JSON with `what`, found another"
                )
            found.append(line)
        return found


def write_file(path: Path, body: bytes) -> None:
    """Write a file beside the lines, whole or not at all, its owner's alone."""
    draft = path.with_name(f".{path.name}.draft")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(file, "wb") as stream:
        stream.write(body)
        stream.flush()
        os.fsync(file)
    draft.replace(path)
    sync_folder(path.parent)
