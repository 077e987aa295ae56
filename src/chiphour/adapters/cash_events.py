"""CASH_EVENTS: every event that moved somebody's cash, kept for statements.

Takes   `Told`, from the market's first frame on.
Gives   the events that a statement of one account needs, from the first on.
Keeps   memory bounded however long a market has run: the events lie in a file without a name,
        which no one else can open and which is gone with the process. The journal has all of it.
        A disk that is full costs the statements of this run, not the market.
Source  Rulebook 3; decision 0034; `statement.py`.

    MarketError
    └── StatementsLost      the disk did not take the events, or did not give them back
"""

import logging
import os
import tempfile
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from chiphour.adapters.commit import Told
from chiphour.adapters.kinds import flags_of
from chiphour.exchange import events as e
from chiphour.exchange.events import EVENT_COLUMNS
from chiphour.observe.observation import MarketError
from chiphour.statement import NEEDED
from chiphour.statement import relevant

WRITE_ROWS = 1 << 13  # That are gathered before they are written.
READ_ROWS = 1 << 16  # That are looked through at once.
ROW_BYTES = 8 * EVENT_COLUMNS
_NEEDED = flags_of(NEEDED)

Rows = NDArray[np.int64]

log = logging.getLogger(__name__)


class StatementsLost(MarketError):
    """The disk did not take the events, or did not give them back."""


class CashEvents:
    """The events that move cash. It hears on one thread, and is asked on others."""

    def __init__(self, folder: Path) -> None:
        """Begin without events, in a file of its own on the disk of a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        self._turn = threading.Lock()
        self._file, path = tempfile.mkstemp(dir=folder, prefix=".cash-events-")
        os.unlink(path)  # It goes with its last descriptor, which is ours.
        self._pending: list[Rows] = []
        self._pending_rows = 0
        self._rows = 0
        self._fault = ""

    def close(self) -> None:
        """Let the file go."""
        with self._turn:
            os.close(self._file)

    def hear(self, told: Told) -> None:
        """Keep what a statement may need."""
        rows = told.events[_NEEDED[told.events[:, e.KIND]]]
        if not len(rows):
            return
        with self._turn:
            self._pending.append(rows)
            self._pending_rows += len(rows)
            if self._pending_rows >= WRITE_ROWS:
                self._try_write()

    def of(self, account: int) -> Rows:
        """Give the events of an account's cash, and those that say what they were worth.

        Raises StatementsLost.
        """
        with self._turn:
            self._try_write()
            rows = self._rows
            if self._fault:
                raise StatementsLost(f"statements: expected every event, found {self._fault}")
        found = [np.zeros((0, EVENT_COLUMNS), np.int64)]
        for first in range(0, rows, READ_ROWS):
            part = self._read(first, min(rows, first + READ_ROWS))
            found.append(part[relevant(account, part)])
        return np.concatenate(found)

    def _try_write(self) -> None:
        """Write what was gathered, unless that failed before."""
        try:
            if self._pending and not self._fault:
                self._write()
        except OSError as fault:
            self._fault = str(fault.strerror)
            log.error("statements are lost until the next start: %s", self._fault)
        self._pending, self._pending_rows = [], 0

    def _write(self) -> None:
        """Write at the end; what lies in the file is never changed."""
        content = memoryview(np.concatenate(self._pending).tobytes())
        at = self._rows * ROW_BYTES
        while content:
            written = os.pwrite(self._file, content, at)
            content, at = content[written:], at + written
        self._rows += self._pending_rows

    def _read(self, first: int, end: int) -> Rows:
        size = (end - first) * ROW_BYTES
        content = os.pread(self._file, size, first * ROW_BYTES)
        assert len(content) == size
        return np.frombuffer(content, np.int64).reshape(-1, EVENT_COLUMNS)
