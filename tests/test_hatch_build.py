"""HATCH_BUILD: the page is made once for each change of its sources, and never stands in the way.

Takes   a small checkout whose page is built by the real npm and Node, but for a vite of five lines
        that lies in it, so that no network is needed.
Gives   failures.
Keeps   this checkout's own page untouched.
Source  Decision 0041.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from importlib.util import module_from_spec
from importlib.util import spec_from_file_location
from pathlib import Path

import pytest

from chiphour.adapters.serve.web_page import read_page

ROOT = Path(__file__).resolve().parent.parent
VITE = """
const fs = require("fs"), out = process.argv[process.argv.indexOf("--outDir") + 1];
if (fs.existsSync("fail")) { console.log("noise\\nError: no page today"); process.exit(3); }
fs.rmSync(out, { recursive: true, force: true });
fs.mkdirSync(out + "/assets", { recursive: true });
fs.writeFileSync(out + "/index.html", fs.readFileSync("index.html"));
fs.writeFileSync(out + "/assets/app-1.js", "built");
"""
LOCK = {
    "name": "page",
    "lockfileVersion": 3,
    "requires": True,
    "packages": {
        "": {"name": "page", "dependencies": {"vite": "file:tool"}},
        "node_modules/vite": {"resolved": "tool", "link": True},
        "tool": {"name": "vite", "version": "1.0.0"},
    },
}


@pytest.fixture
def copy(tmp_path):
    """Make a checkout with a page."""
    files = {
        "web/package.json": json.dumps({"name": "page", "dependencies": {"vite": "file:tool"}}),
        "web/package-lock.json": json.dumps(LOCK),
        "web/tool/package.json": json.dumps({"name": "vite", "version": "1.0.0"}),
        "web/tool/bin/vite.js": VITE,
        "web/index.html": "<title>one</title>",
        "web/routes.json": "[]",
        "src/chiphour/__init__.py": "",
        "README.md": "",
        "CHANGELOG.md": "",
        "changelog.d/page.md": "There is a page.",
        ".gitignore": (ROOT / ".gitignore").read_text(),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    for name in ("hatch_build.py", "pyproject.toml", "LICENSE", "LICENSE-DATA", "NOTICE"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def hook(copy):
    """Load the copied hook as a module."""
    spec = spec_from_file_location("hook", copy / "hatch_build.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_hand(copy: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the hook by hand where no program but a shell is on the PATH."""
    programs = copy / "programs"
    programs.mkdir(exist_ok=True)
    for name in ("sh", "env"):
        if not (programs / name).exists():
            (programs / name).symlink_to(shutil.which(name))
    ours = {name: value for name, value in os.environ.items() if name != "CHIPHOUR_WEB"}
    given = ours | {"PATH": str(programs)} | environment
    words = [sys.executable, "hatch_build.py"]
    return subprocess.run(words, cwd=copy, env=given, capture_output=True, text=True)


def test_the_page_is_built_with_no_node_on_the_path_and_then_left_alone(copy, hook):
    assert not hook.is_current(copy)
    done = by_hand(copy)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    static = copy / "src/chiphour/static"
    found = sorted(p.relative_to(static).as_posix() for p in static.rglob("*") if p.is_file())
    assert found == [".built", "assets/app-1.js", "index.html", "routes.json"]
    assert hook.is_current(copy)
    (static / "index.html").write_text("untouched")
    assert not hook.build(copy)
    assert (static / "index.html").read_text() == "untouched"


def test_a_changed_source_is_built_anew_without_a_new_installation(copy, hook):
    assert hook.build(copy)
    (copy / "web/node_modules/witness").write_text("npm ci would take this away")
    (copy / "web/index.html").write_text("<title>two</title>")
    assert not hook.is_current(copy)
    assert hook.build(copy)
    assert (copy / "src/chiphour/static/index.html").read_text() == "<title>two</title>"
    assert (copy / "web/node_modules/witness").exists()
    (copy / "web/package-lock.json").write_text(json.dumps(LOCK | {"version": "2.0.0"}))
    assert hook.build(copy)
    assert not (copy / "web/node_modules/witness").exists()


def test_what_is_installed_or_hidden_is_no_source(copy, hook):
    before = hook.Place(copy).digest()
    for name in ("web/node_modules/a/index.js", "web/.DS_Store"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        (copy / name).write_text("x")
    assert hook.Place(copy).digest() == before
    (copy / "web/.npmrc").write_text("fund=false")
    assert hook.Place(copy).digest() != before


def test_a_build_that_fails_is_one_line_and_leaves_the_page_of_before(copy, hook):
    hook.build(copy)
    (copy / "web/fail").touch()
    done = by_hand(copy)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert "vite build ended with 3: Error: no page today" in done.stderr
    assert "python hatch_build.py" in done.stderr
    assert (copy / "src/chiphour/static/index.html").read_text() == "<title>one</title>"
    assert not hook.is_current(copy)
    assert by_hand(copy, CHIPHOUR_WEB="require").returncode == 1


def test_a_package_that_cannot_be_fetched_is_told_and_the_addresses_are_known(copy, hook):
    """The port is closed: so is the way to any registry for a machine without a network."""
    packages = {"": {"name": "page", "dependencies": {"absent": "1.0.0"}}}
    packages["node_modules/absent"] = {"version": "1.0.0", "integrity": "sha512-" + "A" * 86 + "=="}
    (copy / "web/package.json").write_text('{"name":"page","dependencies":{"absent":"1.0.0"}}')
    (copy / "web/package-lock.json").write_text(json.dumps(LOCK | {"packages": packages}))
    nowhere = {"npm_config_registry": "http://127.0.0.1:9/", "npm_config_cache": str(copy / "kept")}
    done = by_hand(copy, **nowhere)
    assert done.returncode == 0
    assert "npm ci ended with 1" in done.stderr
    assert [p.name for p in (copy / "src/chiphour/static").iterdir()] == ["routes.json"]


def test_skip_builds_nothing_and_an_unknown_wish_is_refused(copy, hook):
    assert by_hand(copy, CHIPHOUR_WEB="skip").returncode == 0
    assert not hook.is_current(copy)
    done = by_hand(copy, CHIPHOUR_WEB="always")
    assert done.returncode == 2
    assert "expected require or skip or nothing, found 'always'" in done.stderr


def test_a_checkout_without_a_page_has_nothing_to_build(copy, hook):
    shutil.rmtree(copy / "web")
    assert hook.is_current(copy)
    assert not hook.build(copy)


def packed(copy: Path, target: str, wish: str) -> Path:
    """Pack a distribution with the real hatchling."""
    words = [sys.executable, "-m", "hatchling", "build", "-t", target]
    given = os.environ | {"CHIPHOUR_WEB": wish}
    done = subprocess.run(words, cwd=copy, env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next((copy / "dist").glob("*.whl" if target == "wheel" else "*.tar.gz"))


def test_the_wheel_carries_the_page_and_the_source_distribution_what_it_is_made_from(copy):
    with zipfile.ZipFile(packed(copy, "wheel", "require")) as wheel:
        names = set(wheel.namelist())
    assert {"chiphour/static/index.html", "chiphour/static/assets/app-1.js"} <= names
    assert {"chiphour/changes/CHANGELOG.md", "chiphour/changes/changelog.d/page.md"} <= names
    with tarfile.open(packed(copy, "sdist", "skip")) as source:
        names = {name.partition("/")[2] for name in source.getnames()}
    assert {"web/package.json", "web/routes.json", "hatch_build.py"} <= names
    assert not [name for name in names if "node_modules" in name or "static" in name]


def test_a_wheel_is_packed_without_the_page_where_it_fails_unless_it_is_required(copy):
    (copy / "web/fail").touch()
    packed(copy, "wheel", "")
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    given = os.environ | {"CHIPHOUR_WEB": "require"}
    done = subprocess.run(words, cwd=copy, env=given, capture_output=True, text=True)
    assert done.returncode != 0
    assert "no page today" in done.stderr


@pytest.mark.extra
def test_the_page_of_this_checkout_is_built_with_no_node_of_the_system(copy):
    """By the real npm and Vite; the packages come from npm's cache or its registry."""
    shutil.rmtree(copy / "web")
    shutil.copytree(ROOT / "web", copy / "web", ignore=shutil.ignore_patterns("node_modules"))
    done = by_hand(copy, CHIPHOUR_WEB="require")
    assert (done.returncode, done.stderr) == (0, "")
    page = read_page(copy / "src/chiphour/static")
    assert page.shell and page.routes and page.assets
    assert {".js", ".css", ".woff2"} <= {Path(name).suffix for name in page.assets}


def test_the_lock_of_the_page_names_hashes_and_no_host():
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text())["packages"]
    fetched = {name: entry for name, entry in lock.items() if name}
    assert fetched and all(entry["integrity"].startswith("sha512-") for entry in fetched.values())
    assert not [name for name, entry in fetched.items() if "resolved" in entry]
