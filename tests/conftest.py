"""CONFTEST: what must be so before any test is imported, and the market that many look at.

Takes   the kernel's sources; what a shell did with SIGINT; web/, built strictly.
Gives   NUMBA_CACHE_DIR in the environment, before numba is imported; child processes inherit it.
        A shell without job control starts what runs in its background with SIGINT ignored, and
        children inherit that too: it is undone, for tests tell children to stop by it. `site`: the
        market of `chiphour up` with its page.
Keeps   the launcher's choice where the launcher already made it. All that look at `site` on one
        worker, file by file: it takes a minute to get ready. Laws to the same examples each time,
        unless CHIPHOUR_DRAW is set: then to new ones. No law to a time: a machine may be busy.
Source  Decisions 0009 and 0041.
"""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from chiphour.exchange.cache import kernel_cache
from upped import Site
from upped import up

ROOT = Path(__file__).resolve().parent.parent
LOOKING = ("tests/browser/", "tests/clients/test_mcp.py")  # At `site`.

os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache(ROOT / ".venv" / "kernels")))

settings.register_profile(
    "suite",
    deadline=None,
    derandomize="CHIPHOUR_DRAW" not in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("suite")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


class ByFile(LoadFileScheduling):
    """A file's tests go to one worker, and so do all that look at `site`."""

    def _split_scope(self, nodeid: str) -> str:
        return "site" if nodeid.startswith(LOOKING) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling | None:
    """Give the scheduler of `--dist loadfile`."""
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def built() -> None:
    """Build the page, strictly; workers take turns, and the second finds it built."""
    required = dict(os.environ, CHIPHOUR_WEB="require")
    with (ROOT / ".venv.lock").open("a") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # As the launcher does.
        done = subprocess.run([sys.executable, "hatch_build.py"], cwd=ROOT, env=required)
    assert done.returncode == 0, "expected the page to be built, see above"


@pytest.fixture(scope="session")
def site(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the market of `chiphour up`, with its page, on a free port."""
    with up(tmp_path_factory.mktemp("site")) as served:
        yield served
