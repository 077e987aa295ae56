"""CACHE: other kernel sources, another folder for their machine code.

Takes   the package's own sources, and a copy that is changed.
Gives   the names of the folders.
Keeps   the checkout untouched.
Source  Decision 0009.
"""

import runpy
import shutil
from pathlib import Path

import pytest

from chiphour.exchange import cache


def named(package: Path) -> str:
    """Give the folder's name as the copy of cache.py in this package computes it."""
    loaded = runpy.run_path(str(package / "exchange" / "cache.py"))
    return loaded["kernel_cache"](Path("kernels")).name


@pytest.fixture
def package(tmp_path):
    """Copy what compiled code is made from."""
    for folder in cache.FOLDERS:
        shutil.copytree(
            cache.PACKAGE / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(cache.PACKAGE / "units.py", tmp_path)
    return tmp_path


def test_the_same_sources_have_the_same_folder_wherever_they_lie(package):
    assert named(package) == cache.kernel_cache(Path("kernels")).name


@pytest.mark.parametrize("name", ["exchange/limits.py", "contracts/table.py", "units.py"])
def test_a_changed_constant_changes_the_folder(package, name):
    before = named(package)
    (package / name).write_text((package / name).read_text() + "\nMORE = 1\n")
    assert named(package) != before


def test_a_source_that_moves_changes_the_folder(package):
    before = named(package)
    (package / "exchange" / "limits.py").rename(package / "exchange" / "bounds.py")
    assert named(package) != before
