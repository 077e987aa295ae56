"""CACHE: the folder in which Numba may keep the machine code of these very sources.

Takes   a folder for all such folders.
Gives   the sub-folder named by the SHA-256 of every source that compiled code is made from.
Keeps   old machine code from running: Numba looks at the changed file only, not at the constants
        and functions that it took from other files. Numba itself checks its version and processor.
Source  Decision 0009. Standard library only, and loadable alone: the launcher runs this file
        before the packages are there.
"""

import hashlib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
FOLDERS = ("contracts", "exchange", "ledger")


def kernel_cache(folder: Path) -> Path:
    """Name the cache of the present sources inside `folder`; nothing is created."""
    sources = [PACKAGE / "units.py"]
    for name in FOLDERS:
        sources += sorted((PACKAGE / name).rglob("*.py"))
    total = hashlib.sha256()
    for source in sources:
        content = source.read_bytes()
        total.update(f"{source.relative_to(PACKAGE).as_posix()} {len(content)}\n".encode())
        total.update(content)
    return folder / total.hexdigest()[:32]


def kernel_hash() -> str:
    """Give the SHA-256 of the kernel's sources and of Numba's version, in hexadecimal.

    It stands in a journal's frames: the same commands gave the same digest under the same hash.
    """
    from importlib.metadata import version  # Here, since an old Python reads this file too.

    sources = kernel_cache(Path()).name
    return hashlib.sha256(f"{sources} numba {version('numba')}".encode()).hexdigest()
