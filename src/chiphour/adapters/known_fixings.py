"""KNOWN_FIXINGS: the index of a data folder as of a day, for questions from the command line.

Takes   an archive that is filled; the day, or none for the last that was recorded.
Gives   an index to ask, fixed first where it was not yet; or one that knows nothing at all.
Keeps   what was fixed after the day unseen. The last recorded moment stands for now, so that a
        recording answers as it would have then.
Source  Decisions 0011 and 0044.
"""

import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from chiphour.adapters.archive import Archive
from chiphour.adapters.fixings import Progress
from chiphour.adapters.fixings import fix_range
from chiphour.adapters.fixings import recorded
from chiphour.adapters.fixings import span
from chiphour.adapters.indexed import Indexed
from chiphour.adapters.log import open_log
from chiphour.index.fixing import Fixing
from chiphour.units import NS_PER_DAY
from chiphour.units import strike_ns


class NoFixings:
    """An index that knows no fixing: for whoever brings prices along."""

    def __init__(self, day: date) -> None:
        """Stand at the strike of a day."""
        self._now_ns = strike_ns(day)

    def fixings(self, series: str | None = None) -> Sequence[Fixing]:
        """Give none."""
        return ()

    def time_ns(self) -> int:
        """Give the strike of the day."""
        return self._now_ns


class FixedUntil(Indexed):
    """The index of an archive as of the strike of a day."""

    def __init__(self, archive: Archive, day: date) -> None:
        """Look at an archive from a day."""
        self._until_ns = strike_ns(day)
        super().__init__(archive, None, lambda: self._until_ns)

    def fixings(self, series: str | None = None, *more: object, **named: object) -> list[Fixing]:
        """Give the word on every strike up to the day."""
        found = super().fixings(series)
        return [fixing for fixing in found if fixing.strike_ns <= self._until_ns]

    def time_ns(self) -> int:
        """Give the strike of the day."""
        return self._until_ns


def fixed_index(
    archive: Archive, folder: Path, day: date | None, progress: Progress | None = None
) -> Indexed:
    """Give the index of an archive, whose recorded days are fixed first if none is.

    Raises NothingRecorded for an archive without rows.
    """
    if archive.first_fixed_ns() is None:
        last = span(recorded(archive)).last
        log = open_log(folder)
        try:
            fix_range(archive, last, last, "", progress, log, now_ns=time.time_ns())
        finally:
            log.close()
    if day is not None:
        return FixedUntil(archive, day)
    last_ns = archive.last_known_ns() or NS_PER_DAY
    return Indexed(archive, None, lambda: last_ns)
