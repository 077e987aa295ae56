"""JUMPING: market time that jumps to the next due moment when every task is idle.

Takes   the number of tasks that wait on it, a start and an end.
Gives   `JumpingTime`, a `MarketTime`: days pass in seconds, and no moment is passed by.
Keeps   time still while any task works; at the end it stands, and `ended` is set.
Source  Decision 0033.
"""

import threading

LOOK_S = 0.2  # A stop is noticed after it; all else is told at once.


class JumpingTime:
    """Market time as a discrete-event clock. A task that died holds it still until it is back."""

    def __init__(self, start_ns: int, end_ns: int, parties: int) -> None:
        """Begin; `parties` tasks will wait on it."""
        self._now_ns = start_ns
        self._end_ns = end_ns
        self._parties = parties
        self._changed = threading.Condition()
        self._awaited: dict[threading.Thread, int] = {}
        self.ended = threading.Event()

    def now_ns(self) -> int:
        """Give the market time."""
        return self._now_ns

    def wait(self, until_ns: int, stop: threading.Event) -> None:
        """Return when a time has come, or when `stop` is set."""
        own = threading.current_thread()
        with self._changed:
            self._awaited[own] = until_ns
            self._jump()
            while own in self._awaited and not stop.is_set():
                self._changed.wait(LOOK_S)
            self._awaited.pop(own, None)

    def _jump(self) -> None:
        """Go to the first time awaited once all wait, and let those go whose time has come."""
        if len(self._awaited) == self._parties:
            first_ns = min(self._awaited.values())
            if first_ns > self._end_ns:
                self.ended.set()
                return
            self._now_ns = max(self._now_ns, first_ns)
        for each, until_ns in list(self._awaited.items()):
            if until_ns <= self._now_ns:
                del self._awaited[each]
        self._changed.notify_all()
