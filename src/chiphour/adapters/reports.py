"""REPORTS: the daily reports of a data folder, one file to a morning.

Takes   reports.
Gives   `Reports`: the days that have one, the report of a day, the last one before it.
Keeps   a report for good: it is written whole, once, and never over another.
Source  Decision 0043.

    MarketError
    └── ReportUnreadable    a file that holds no report
"""

import os
import secrets
from datetime import date
from pathlib import Path

import msgspec

from chiphour.adapters.bodies import make_folder
from chiphour.adapters.bodies import sync_folder
from chiphour.analyse.report import Report
from chiphour.observe.observation import MarketError

FOLDER = "reports"


class ReportUnreadable(MarketError):
    """A file that holds no report."""


class Reports:
    """The reports below a data folder. Safe from many threads and processes."""

    def __init__(self, folder: Path) -> None:
        """Look at a folder; nothing is made before the first report is kept."""
        self._folder = folder / FOLDER

    def days(self) -> list[date]:
        """Give the days that have a report, the earliest first."""
        if not self._folder.is_dir():
            return []
        names = (path.stem for path in self._folder.glob("????-??-??.json"))
        return sorted(day for name in names if (day := _day_from(name)) is not None)

    def get(self, day: date) -> Report | None:
        """Give the report of a day, None where there is none; raises ReportUnreadable."""
        path = self._path(day)
        try:
            return msgspec.json.decode(path.read_bytes(), type=Report)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.MsgspecError) as fault:
            raise ReportUnreadable(f"{path}: expected a report, found {fault}") from None

    def last_before(self, day: date) -> Report | None:
        """Give the newest report of an earlier day, None where there is none."""
        earlier = [each for each in self.days() if each < day]
        return self.get(earlier[-1]) if earlier else None

    def keep(self, report: Report) -> bool:
        """Write a report, durable; give False, and change nothing, where its day has one."""
        path = self._path(date.fromisoformat(report.date))
        make_folder(self._folder)
        draft = self._folder / f".{path.name}.{secrets.token_hex(4)}"
        try:
            with draft.open("xb") as file:
                file.write(msgspec.json.encode(report))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(draft, path)
            except FileExistsError:
                return False
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(self._folder)
        return True

    def _path(self, day: date) -> Path:
        return self._folder / f"{day.isoformat()}.json"


def _day_from(name: str) -> date | None:
    try:
        return date.fromisoformat(name)
    except ValueError:
        return None
