"""CONFTEST: what must be so before any test is imported.

Takes   the kernel's sources.
Gives   NUMBA_CACHE_DIR in the environment, before numba is imported; child processes inherit it.
Keeps   the launcher's choice where the launcher already made it.
Source  Decision 0009.
"""

import os
from pathlib import Path

from chiphour.exchange.cache import kernel_cache

ROOT = Path(__file__).resolve().parent.parent

os.environ.setdefault("NUMBA_CACHE_DIR", str(kernel_cache(ROOT / ".venv" / "kernels")))
