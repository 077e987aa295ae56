"""PROGRESS: the bar that a long step shows, on a terminal only.

Takes   how much is done, of how much.
Gives   a bar on standard error once two seconds have passed; nothing where it is no terminal.
Keeps   standard output for results.
Source  Decision 0001.
"""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn
from rich.progress import MofNCompleteColumn
from rich.progress import Progress
from rich.progress import TaskID
from rich.progress import TextColumn
from rich.progress import TimeRemainingColumn

PATIENCE_S = 2.0


class Bar:
    """A bar for the time of a `with`; give its `show` to whatever counts."""

    def __init__(self, label: str, console: Console | None = None) -> None:
        """Prepare the bar; `console` is standard error unless told."""
        self._label = label
        self._console = console or Console(stderr=True)
        self._progress: Progress | None = None
        self._task = TaskID(0)
        self._began_s = time.monotonic()

    def __enter__(self) -> "Bar":
        """Start the clock."""
        self._began_s = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def show(self, done: int, total: int) -> None:
        """Show that `done` of `total` are done."""
        if self._progress is None:
            if time.monotonic() - self._began_s < PATIENCE_S or not self._console.is_terminal:
                return
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            self._progress = Progress(
                *columns, TimeRemainingColumn(), console=self._console, transient=True
            )
            self._task = self._progress.add_task(self._label, total=total)
            self._progress.start()
        self._progress.update(self._task, completed=done, total=total)
