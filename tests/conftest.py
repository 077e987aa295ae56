"""CONFTEST: what must be so before any test is imported.

Takes   the kernel's sources; what a shell did with SIGINT.
Gives   NUMBA_CACHE_DIR in the environment, before numba is imported; child processes inherit it.
        A shell without job control starts what runs in its background with SIGINT ignored, and
        children inherit that too: it is undone, for tests tell children to stop by it.
Keeps   the launcher's choice where the launcher already made it.
Source  Decision 0009.
"""

import os
import signal
from pathlib import Path

from chiphour.exchange.cache import kernel_cache

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache(ROOT / ".venv" / "kernels")))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
