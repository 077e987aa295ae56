"""WORKER: a thread that works beside the server until its context ends.

Takes   work: a function of the event that asks it to stop.
Gives   `Worker`, a context.
Keeps   a fault from passing unseen: the process is asked to end, as what stands still must not look
        alive, and the fault is raised where the context ends.
Source  Decisions 0011 and 0020.
"""

import os
import signal
import threading
from collections.abc import Callable
from types import TracebackType


class Worker:
    """Runs work on a thread of its own."""

    def __init__(self, name: str, work: Callable[[threading.Event], None]) -> None:
        """Prepare; nothing is done before the context is entered."""
        self._work = work
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)
        self.fault: BaseException | None = None

    def __enter__(self) -> "Worker":
        """Begin to work."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Stop; raise what went wrong on the thread."""
        self._stop.set()
        self._thread.join()
        if self.fault is not None and fault is None:
            raise self.fault

    def _run(self) -> None:
        try:
            self._work(self._stop)
        except BaseException as fault:
            self.fault = fault
            os.kill(os.getpid(), signal.SIGTERM)
