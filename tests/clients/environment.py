"""ENVIRONMENT: another Python beside the project's own, with what a lock file names.

Takes   a name, the text of a lock file with versions and hashes.
Gives   the path of a Python of 3.13 or 3.14 that has it installed, made once and kept.
Keeps   a skip only where no such Python is there, or where the packages do not install.
Source  Decision 0036.
"""

import fcntl
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("3.13", "3.14")
INSTALL_S = 600


def environment(name: str, lock: str) -> str:
    """Give a later Python with the packages of a lock; makes it if need be, or skips."""
    folder = ROOT / ".venv" / name
    python, stamp = folder / "bin" / "python", folder / "stamp"
    if not folder.parent.is_dir():
        pytest.skip("no .venv to keep another environment in")
    with open(folder.with_suffix(".lock"), "w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text() != lock:
            _run([_supported(), "-m", "venv", "--clear", folder])
            wanted = folder / "wanted.txt"
            wanted.write_text(lock)
            hashed = ["--quiet", "--require-hashes", "--only-binary", ":all:", "-r", wanted]
            _run([python, "-m", "pip", "install", *hashed])
            stamp.write_text(lock)
    return str(python)


def _supported() -> str:
    """Find a later Python: on the path, or among those that pyenv keeps."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in VERSIONS:
        found = [shutil.which(f"python{version}"), *kept.glob(f"{version}.*/bin/python3")]
        for each in filter(None, found):
            asked = [each, "-c", "import sys, venv; print(sys.version)"]
            done = subprocess.run(asked, capture_output=True, text=True)
            if done.returncode == 0 and done.stdout.startswith(version):
                return str(each)
    pytest.skip(f"no Python {' or '.join(VERSIONS)} here")


def _run(words) -> None:
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=INSTALL_S)
    if done.returncode:
        pytest.skip(f"the packages do not install here: {done.stderr[-500:]}")
