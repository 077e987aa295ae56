"""LAUNCHER: `./chiphour` sets up once, redoes what broke off, and refuses what cannot work.

Takes   the launcher in a copy of the files that set-up needs.
Gives   its exit codes, its words, and the stamp it leaves.
Keeps   this checkout's own environment untouched.
Source  Decision 0009.
"""

import ast
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec
from importlib.util import spec_from_loader
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = ("chiphour", "hatch_build.py", "pyproject.toml", "requirements.lock")
FILES += ("requirements-dev.lock", "README.md")
LICENCES = ("LICENSE", "LICENSE-DATA", "NOTICE")


@pytest.fixture
def copy(tmp_path):
    """Copy what set-up needs; recordings are not."""
    for name in FILES + LICENCES:
        shutil.copy(ROOT / name, tmp_path)
    ignored = shutil.ignore_patterns("__pycache__", "recordings")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=ignored)
    return tmp_path


@pytest.fixture
def launcher(copy):
    """Load the copied launcher as a module."""
    loader = SourceFileLoader("launcher", str(copy / "chiphour"))
    module = module_from_spec(spec_from_loader("launcher", loader))
    loader.exec_module(module)
    return module


def start(copy: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Start the copied launcher with this Python, without what the tests themselves set."""
    dropped = ("NUMBA_CACHE_DIR", "VIRTUAL_ENV", "PYTHONPATH")
    clean = {name: value for name, value in os.environ.items() if name not in dropped}
    command = [sys.executable, *words]
    return subprocess.run(
        command, cwd=copy, env=clean | environment, capture_output=True, text=True
    )


def path_without_uv(folder: Path) -> str:
    """Make a PATH that holds no uv and no node."""
    programs = folder / "programs"
    programs.mkdir()
    for name in ("sh", "env"):
        (programs / name).symlink_to(shutil.which(name))
    return str(programs)


def finish(launcher, dev: bool) -> None:
    """Leave `.venv` as a finished set-up does."""
    launcher.PYTHON.parent.mkdir(parents=True)
    launcher.PYTHON.touch()
    launcher.STAMP.write_text("\n".join(launcher.stamps(dev)) + "\n")


def test_nothing_is_ready_before_set_up(launcher):
    assert not launcher.is_ready(dev=False)


def test_the_test_packages_include_the_others_but_not_the_reverse(launcher):
    finish(launcher, dev=False)
    assert launcher.is_ready(dev=False)
    assert not launcher.is_ready(dev=True)
    launcher.STAMP.write_text("\n".join(launcher.stamps(True)) + "\n")
    assert launcher.is_ready(dev=False)
    assert launcher.is_ready(dev=True)


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_project_asks_for_set_up(launcher, copy, name):
    finish(launcher, dev=False)
    (copy / name).write_text((copy / name).read_text() + "\n# changed\n")
    assert not launcher.is_ready(dev=False)


def test_a_removed_python_asks_for_set_up(launcher):
    finish(launcher, dev=False)
    launcher.PYTHON.unlink()
    assert not launcher.is_ready(dev=False)


@pytest.mark.parametrize(
    ("words", "environment"),
    [(("-O", "chiphour", "up"), {}), (("chiphour", "up"), {"PYTHONOPTIMIZE": "1"})],
)
def test_python_without_assertions_is_refused_before_anything_is_made(copy, words, environment):
    done = start(copy, *words, **environment)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "python -O" in done.stderr
    assert not (copy / ".venv").exists()


def test_an_installer_that_fails_is_shown_and_leaves_no_stamp(copy, tmp_path):
    """An index that is not there stands for a machine without a network."""
    nowhere = (tmp_path / "nowhere").as_uri()
    done = start(
        copy,
        "chiphour",
        "--help",
        PATH=path_without_uv(tmp_path),
        PIP_INDEX_URL=nowhere,
        PIP_NO_INDEX="1",
        PIP_FIND_LINKS="",
    )
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert any("ERROR" in line for line in lines), lines
    assert "expected to install the packages of requirements.lock" in lines[-1]
    assert not (copy / ".venv" / "chiphour-stamp").exists()


def test_a_folder_that_cannot_be_written_is_one_line(copy):
    """The lock file cannot be made: a folder lies in its place (tests may run as root)."""
    (copy / ".venv.lock").mkdir()
    done = start(copy, "chiphour", "up")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "expected to set up in" in done.stderr


def test_the_version_check_can_be_read_by_an_older_python():
    """Its text uses nothing that Python 3.7 cannot parse; `feature_version` holds it."""
    tree = ast.parse((ROOT / "chiphour").read_text(), feature_version=(3, 7))
    assert ast.get_docstring(tree).startswith("LAUNCHER: ")


@pytest.mark.extra
@pytest.mark.parametrize("with_uv", [True, False])
def test_set_up_from_nothing(copy, tmp_path, with_uv):
    """Two at once: one sets up for real, the other waits for it; a third start installs nothing."""
    if with_uv and not shutil.which("uv"):
        pytest.skip("no uv on the PATH")
    path = os.environ["PATH"] if with_uv else path_without_uv(tmp_path)
    with ThreadPoolExecutor() as two:
        both = list(two.map(lambda _: start(copy, "chiphour", "--help", PATH=path), range(2)))
    assert [done.returncode for done in both] == [0, 0], both
    assert sorted("installation took" in done.stderr for done in both) == [False, True]
    assert all("observe, fix, trade" in done.stdout for done in both)
    third = start(copy, "chiphour", "--help", PATH=path)
    assert (third.returncode, third.stderr) == (0, "")


@pytest.mark.parametrize(
    ("uv", "pip", "kept"), [("uv", False, True), (None, True, True), (None, False, False)]
)
def test_an_environment_is_kept_where_something_can_install_into_it(
    launcher, monkeypatch, uv, pip, kept
):
    """What uv made holds no pip: without uv on the PATH it is made anew, not failed on for ever."""
    finish(launcher, dev=False)
    if pip:
        launcher.PIP.touch()
    made = []
    monkeypatch.setattr(launcher.shutil, "which", lambda _: uv)
    monkeypatch.setattr(launcher, "make_environment", lambda *_: made.append("made"))
    monkeypatch.setattr(launcher, "run_installer", lambda *_: None)
    launcher.install(True, None)
    assert made == ([] if kept else ["made"])


@pytest.mark.extra
def test_a_killed_set_up_is_done_again(copy):
    """Kill the launcher while it installs: what it started holds the lock, the next one redoes."""
    words = [sys.executable, "chiphour", "--help"]
    first = subprocess.Popen(words, cwd=copy, stderr=subprocess.DEVNULL)
    while not (copy / ".venv" / "bin" / "python").exists():
        assert first.poll() is None
        time.sleep(0.01)
    first.kill()
    first.wait()
    second = start(copy, "chiphour", "--help")
    assert second.returncode == 0, second.stderr
    assert "installation took" in second.stderr


@pytest.mark.parametrize(
    ("words", "lacks"),
    [
        (["up"], True),
        (["index", "serve", "--live"], True),
        (["test", "--all"], True),
        (["index"], False),
        (["fix", "2026-07-20"], False),
        ([], False),
    ],
)
def test_a_command_that_shows_the_page_asks_for_it(launcher, copy, monkeypatch, words, lacks):
    monkeypatch.delenv("CHIPHOUR_WEB", raising=False)
    assert not launcher.lacks_page(words)  # This copy has no sources of a page.
    (copy / "web").mkdir()
    (copy / "web" / "package.json").write_text("{}")
    assert launcher.lacks_page(words) is lacks
    monkeypatch.setenv("CHIPHOUR_WEB", "skip")
    assert not launcher.lacks_page(words)
