"""NODE: the process in which a node of nautilus_trader trades, on a Python that it supports.

Takes   a floor, a member; what the node shall do.
Gives   `interpreter`, with nautilus_trader installed by its hashes; `Node`, which is told what to
        do and tells what came of it.
Keeps   an environment of its own, made once below `.venv`, where this Python is too old for it: its
        packages are not ours. A Python that cannot be found, or a failed installation, is a skip.
Source  Decision 0036; tests/clients/nautilus.lock.
"""

import importlib.util
import json
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

from clients.environment import environment

HERE = Path(__file__).resolve().parent
LOCK = HERE / "nautilus.lock"


def interpreter() -> str:
    """Give a Python that has nautilus_trader; make its environment if need be, or skip."""
    if importlib.util.find_spec("nautilus_trader"):
        return sys.executable
    return environment("nautilus", LOCK.read_text())


class Node:
    """A node at work. Use it as a context; it has to end by itself, with 0."""

    def __init__(self, python: str, floor, member) -> None:
        addresses = [floor.url, floor.socket_url, member.key, member.secret]
        self._words = [python, str(HERE / "nautilus_node.py"), *addresses]
        self.said: list[dict] = []
        self._heard: queue.Queue = queue.Queue()

    def __enter__(self) -> "Node":
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._words, stdin=pipe, stdout=pipe, text=True)
        threading.Thread(target=self._listen, daemon=True).start()
        self.until(what="started")
        return self

    def __exit__(self, *fault) -> None:
        self._process.stdin.close()
        try:
            code = self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if fault[0] is None:
            assert code == 0

    def do(self, what: str, **more) -> None:
        """Tell it what to do."""
        self._process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self._process.stdin.flush()

    def state(self) -> dict:
        """Ask for positions, open orders and money as it has them."""
        count = len(self.told("state"))
        self.do("tell")
        while len(self.told("state")) == count:
            self._hear()
        return self.told("state")[-1]

    def until_state(self, holds) -> dict:
        """Ask until a claim holds of what it has, and give that."""
        for _ in range(600):
            if holds(state := self.state()):
                return state
            time.sleep(0.05)
        raise AssertionError(f"found {state}")

    def told(self, what: str, **more) -> list[dict]:
        """Give what it has told of a kind."""
        return [s for s in self.said if {"what": what, **more}.items() <= s.items()]

    def until(self, what: str, **more) -> dict:
        """Wait until it tells this, and give that."""
        while not self.told(what, **more):
            self._hear((what, more))
        return self.told(what, **more)[-1]

    def _hear(self, wanted=None) -> None:
        try:
            line = self._heard.get(timeout=30)
        except queue.Empty:
            raise AssertionError(f"expected {wanted}, found {self.said[-5:]}") from None
        if line.startswith('{"what"'):
            self.said.append(json.loads(line))
        else:
            assert line, f"the node ended: {self.said[-5:]}"
            sys.stderr.write(line)  # What its log has to say.

    def _listen(self) -> None:
        for line in self._process.stdout:
            self._heard.put(line)
        self._heard.put("")
