"""TIDY: what a machine can hold of STYLE.md.

Takes   the files of the checkout that git tracks, or would.
Gives   a failure that names file and line.
Keeps   a ratchet: the exceptions are listed here, each with its reason, and only ever removed.
Source  STYLE.md.
"""

import ast
import re
import shutil
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "chiphour"
FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70

# The ratchet. Take a line out when its reason is gone; put none in.
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}
# A part of something that is tested as a whole: where that test lies.
HELD_BY: dict[str, str] = {
    "adapters/serve/auction_api.py": "tests/laws/test_auction_door.py",
    "adapters/serve/auction_desk.py": "tests/laws/test_auction_door.py",
    "adapters/serve/auction_objects.py": "tests/laws/test_auction_door.py",
    "adapters/serve/tending.py": "tests/laws/test_auction_door.py",
    "auction/check_form.py": "tests/chiphour/auction/test_check.py",
    "auction/check_money.py": "tests/chiphour/auction/test_check.py",
    "auction/check_quantities.py": "tests/chiphour/auction/test_check.py",
    "auction/duals_fields.py": "tests/chiphour/auction/test_result.py",
}

# Floats are at home here, and nowhere else (decision 0002).
FLOATS = (
    "analyse/",
    "simulate/",
    "auction/model.py",
    "auction/solve.py",
    "auction/prices.py",
    "auction/decompose.py",  # Programmes, as `solve`.
    "auction/presolve.py",
    "auction/pooling.py",  # Estimates from metered hours; the auction takes their pi as text.
    "auction/interruption.py",
)
EDGE = ("adapters/", "cli/")  # Only these touch the world.
CALLS_BANNED = {"open", "print", "input"}
ATTRIBUTES_BANNED = {"datetime.now", "datetime.utcnow", "date.today", "time.time"}
FILES_BANNED = {"read_text", "read_bytes", "write_text", "write_bytes"}
READS_ITS_OWN_SOURCES = {"exchange/cache.py"}  # It names the folder of their machine code.
READS_A_BUNDLE = {"audit/folder.py"}  # It is a part of `verify.py`, which has no adapters.
NAMES_BANNED = ("utils", "common", "helpers", "base", "core", "manager", "service", "models")
HEADER_WORDS = ("Takes", "Gives", "Keeps", "Source")
# The package's own door, or found by walking the folder: nobody imports them.
ENTRIES = ("__init__.py", "cli/", "auction/bids/", "observe/venues/")


def tracked() -> list[Path]:
    """List the files that git tracks or would track, without those it ignores."""
    if not shutil.which("git"):
        pytest.skip("no git")
    words = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    found = [ROOT / line for line in done.stdout.splitlines()]
    return [path for path in found if path.is_file()]


def programs(*folders: str) -> list[Path]:
    """List the Python files under these folders of the checkout."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def inside(path: Path) -> str:
    """Give the path below src/chiphour."""
    return path.relative_to(SOURCE).as_posix()


def fail_with(faults: list[str]) -> None:
    assert not faults, "\n" + "\n".join(faults)


@cache
def tree_of(path: Path) -> ast.Module:
    """Read a program once for all tests."""
    return ast.parse(path.read_text())


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """Walk a program once for all tests."""
    return [*ast.walk(tree_of(path))]


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return [node for node in nodes_of(path) if isinstance(node, kinds)]


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function, its docstring left out."""
    first = function.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = (first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def test_files_are_short_or_say_why():
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in programs("src")}
    fail_with(
        [
            f"{name}: {lines} lines, expected at most {FILE_LINES_MAX}"
            for name, lines in lengths.items()
            if lines > FILE_LINES_MAX and name not in LONG_FILES
        ]
    )
    fail_with([f"{n}: no longer long" for n in LONG_FILES if lengths.get(n, 0) <= FILE_LINES_MAX])


def test_functions_end_before_the_screen_does():
    lengths = {
        f"{name_of(path)}:{function.name}": code_lines(function)
        for path in programs("src", "tests", "benchmarks", "docs")
        for function in functions(path)
    }
    fail_with(
        [
            f"{name}: {lines} lines, expected at most {FUNCTION_LINES_MAX}"
            for name, lines in lengths.items()
            if lines > FUNCTION_LINES_MAX and name not in LONG_FUNCTIONS
        ]
    )
    fail_with(
        [f"{n}: no longer long" for n in LONG_FUNCTIONS if lengths.get(n, 0) <= FUNCTION_LINES_MAX]
    )


def test_every_program_says_what_it_takes_gives_and_keeps():
    faults = []
    for path in programs("src", "tests", "benchmarks", "docs"):
        header = ast.get_docstring(tree_of(path)) or ""
        missing = [word for word in HEADER_WORDS if not re.search(rf"^{word} ", header, re.M)]
        if not re.match(r"[A-Z0-9][A-Z0-9_ ,.-]*: \S", header):
            faults.append(f"{name_of(path)}: expected a header `NAME: one line`")
        elif missing:
            faults.append(f"{name_of(path)}: the header says nothing after {', '.join(missing)}")
    fail_with(faults)


def test_every_source_file_has_its_test():
    """A file that holds a function has a test file of its own; a mere table needs none."""
    missing = []
    for path in programs("src"):
        name = inside(path)
        if not functions(path) or any(map(Path.is_file, homes(name))):
            continue
        if not (name in HELD_BY and (ROOT / HELD_BY[name]).is_file()):
            missing.append(f"src/chiphour/{name}: expected {name_of(homes(name)[0])}")
    fail_with(missing)
    fail_with([f"{name}: has its own test now" for name in HELD_BY if homes(name)[0].is_file()])


def homes(name: str) -> list[Path]:
    """Give the places where the test of a source file may lie; that of a package is named for it.

    All venues share the test that runs every sample.
    """
    folder = ROOT / "tests" / "chiphour" / Path(name).parent
    if "observe/venues/" in name:
        return [ROOT / "tests/chiphour/observe/test_venues.py"]
    if not name.endswith("__init__.py"):
        return [folder / f"test_{Path(name).stem}.py"]
    return [folder / f"test_{folder.name}.py", folder.parent / f"test_{folder.name}.py"]


def test_every_venue_is_complete():
    faults = []
    for folder in sorted((SOURCE / "observe" / "venues").iterdir()):
        if folder.name.startswith("_") or not folder.is_dir():
            continue
        door = folder / "__init__.py"
        words = door.read_text() if door.is_file() else ""
        if not re.search(r"^VENUE\b", words, re.M):
            faults.append(f"{name_of(folder)}: expected VENUE in __init__.py")
        if not re.search(r"^def read\(", words, re.M):
            faults.append(f"{name_of(folder)}: expected read() in __init__.py")
    fail_with(faults)


def test_pure_packages_hold_no_float_and_touch_nothing():
    faults = []
    for path in programs("src/chiphour"):
        name = inside(path)
        if name.startswith(EDGE) or name in READS_ITS_OWN_SOURCES | READS_A_BUNDLE:
            continue
        for node in nodes_of(path):
            found = banned(node, floats=not name.startswith(FLOATS))
            if found:
                faults.append(f"src/chiphour/{name}:{node.lineno}: {found}")
    fail_with(faults)


def banned(node: ast.AST, floats: bool) -> str:
    """Say what a pure package may not hold at this node, or ""."""
    if floats and isinstance(node, ast.Constant) and isinstance(node.value, float):
        return f"the float {node.value}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        found = node.func.id
        return f"{found}(" if found in CALLS_BANNED or (floats and found == "float") else ""
    if isinstance(node, ast.Attribute) and node.attr in FILES_BANNED:
        return f".{node.attr}"
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        dotted = f"{node.value.id}.{node.attr}"
        return dotted if dotted in ATTRIBUTES_BANNED else ""
    return ""


def test_no_program_is_forgotten():
    """Each file of src is imported by another one, or is a door."""
    imported = set()
    for path in programs("src", "tests", "benchmarks", "docs"):
        for node in nodes_of(path):
            if isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module)
                imported |= {f"{node.module}.{name.name}" for name in node.names}
            elif isinstance(node, ast.Import):
                imported |= {name.name for name in node.names}
    fail_with(
        [
            f"src/chiphour/{inside(path)}: nobody imports it"
            for path in programs("src/chiphour")
            if not inside(path).startswith(ENTRIES) and path.name not in ENTRIES
            if "chiphour." + inside(path).removesuffix(".py").replace("/", ".") not in imported
        ]
    )


def test_names_say_what_lives_there():
    fail_with(
        [
            f"{name_of(path)}: {path.stem} is no name of a concept"
            for path in (*programs("src"), *(p for p in SOURCE.rglob("*") if p.is_dir()))
            if path.stem in NAMES_BANNED
        ]
    )


# Written in parts, so that this file does not hold what it forbids.
HOSTS = ("pypi" + ".org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com")
PATHS = (r"/(?:work|root|home|Users)" + "/[a-z]", "/o" + "pt/[a-z]", "/t" + "mp/[a-z]")
LEFTOVERS = (r"\bTO" + r"DO\b", r"\bFIX" + r"ME\b", r"\bXX" + r"X\b")
FORBIDDEN = re.compile("|".join((*map(re.escape, HOSTS), *PATHS, *LEFTOVERS)))
TEXT = {".py", ".md", ".toml", ".lock", ".json", ".yml", ".txt", ".sh", ".html", ".css", ".svg", ""}


def test_no_machine_host_or_leftover_is_written_down():
    faults = []
    for path in tracked():
        if path.suffix not in TEXT or "recordings" in path.parts or "sample" in path.parts:
            continue
        text = path.read_text()
        for found in FORBIDDEN.finditer(text):
            line = text.count("\n", 0, found.start()) + 1
            faults.append(
                f"{name_of(path)}:{line}: a host, a path of one machine or a leftover: {found[0]}"
            )
    fail_with(faults)


def test_locks_hold_versions_and_hashes_only():
    for name in ("requirements.lock", "requirements-dev.lock", "tests/clients/nautilus.lock"):
        lines = (ROOT / name).read_text().splitlines()
        pins = [line for line in lines if re.match(r"[a-z0-9]", line)]
        assert pins
        assert all(re.match(r"[a-z0-9-]+==[\w.]+( ; .+)? \\$", pin) for pin in pins), pins
        fail_with([f"{name}: {line}" for line in lines if "://" in line])


def test_every_folder_is_held_by_the_contract_on_the_world():
    """The contract must list its modules by name; a new one may not be left out."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    world = next(c for c in contracts["contracts"] if c["name"] == "only adapters touch the world")
    held = {module.removeprefix("chiphour.") for module in world["source_modules"]}
    found = {p.parent.name for p in SOURCE.glob("*/__init__.py")}
    found |= {p.stem for p in SOURCE.glob("*.py") if p.stem != "__init__"}
    assert held == found - {"adapters", "cli"}


def test_types_are_relaxed_for_kernels_only():
    """The relaxed modules of mypy are exactly the files with compiled functions."""
    overrides = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["overrides"]
    relaxed = next(o["module"] for o in overrides if o.get("disallow_untyped_defs") is False)
    compiled = [
        "chiphour." + inside(path).removesuffix(".py").replace("/", ".")
        for path in programs("src")
        if "from chiphour.ledger.kernel import" in path.read_text()
    ]
    assert sorted(relaxed) == sorted(compiled)
