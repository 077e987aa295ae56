"""CONFTEST: a bundle for each test to spoil.

Takes   the bundle that the tests of this folder share.
Gives   `made`: that bundle, to read; `bundle`: a copy of it, with the key of its log beside.
Keeps   the shared one as it was made.
Source  Decision 0019.
"""

import shutil

import pytest

from bundles import make


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made") / "bundle")


@pytest.fixture
def bundle(made, tmp_path):
    shutil.copytree(made.parent, tmp_path / "copy")
    return tmp_path / "copy/bundle"
