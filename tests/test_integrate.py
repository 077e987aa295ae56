"""INTEGRATE: the examples for other venues run, and import nothing of ours.

Takes   docs/integrate; a publisher's signed fixes.
Gives   a failure where an example pays another amount, or believes what is not proved.
Keeps   the examples apart: they run in isolated mode, in an empty folder.
Source  Decision 0020.
"""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from chiphour.publish.signed import signed_fix
from signed import H100
from signed import Published

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "integrate"
OF_THE_DAY = ("--series", H100.ticker, "--day", "2026-07-21")


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return Published(tmp_path_factory.mktemp("ours"), "ours.example")


@pytest.fixture(scope="module")
def fixes(ours, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fixes")
    for place in (0, 1):
        content = signed_fix(ours.fixings[place], ours.proof(place))
        (folder / f"{place}.json").write_bytes(content)
    return folder


def ran(name, *words, folder):
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *words], cwd=folder, capture_output=True, text=True
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip().rpartition("\n")[2]


def test_no_example_imports_ours():
    for path in EXAMPLES.glob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text()))
        names = {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
        assert not [name for name in names if "chiphour" in (name or "")]


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        (
            "future.py",
            ("--hours", "50000", "--entry", "3.00"),
            "CHR.H100.SXM.OD settles at 3.025: 1250.00",
        ),
        (
            "perpetual.py",
            ("--mark", "3.0310", "--hours", "1000"),
            "CHR.H100.SXM.OD at 3.025: rate 0.001983, paid 6.00",
        ),
        (
            "perpetual.py",
            ("--mark", "2", "--hours", "1000"),
            "CHR.H100.SXM.OD at 3.025: rate -0.005000, paid -15.12",
        ),
        (
            "basis.py",
            ("--other", "3.1", "--hours", "1000", "--entry", "-0.1"),
            "CHR.H100.SXM.OD basis of 2026-07-21: -0.075, receives 25.00",
        ),
    ],
)
def test_each_pattern_pays_what_it_says(name, words, said, ours, fixes):
    assert ran(name, "1.json", "--key", ours.key, *OF_THE_DAY, *words, folder=fixes) == (
        0,
        said,
        "",
    )


@pytest.mark.parametrize(
    ("series", "day"), [("CHR.H100.SXM.OD", "2026-07-20"), ("CHR.A100.SXM.OD", "2026-07-21")]
)
def test_a_proved_fix_of_another_day_or_series_settles_nothing(series, day, ours, fixes):
    words = ("--series", series, "--day", day, "--hours", "1", "--entry", "3")
    code, said, fault = ran("future.py", "1.json", "--key", ours.key, *words, folder=fixes)
    assert (code, said) == (1, "")
    assert fault.endswith(f"the fix of {series} on {day}, found CHR.H100.SXM.OD on 2026-07-21")


def test_what_is_not_fit_settles_nothing(ours, fixes):
    words = ("--series", H100.ticker, "--day", "2026-07-20", "--hours", "1", "--entry", "3")
    code, said, fault = ran("future.py", "0.json", "--key", ours.key, *words, folder=fixes)
    assert (code, said) == (1, "")
    assert fault.endswith("NotProved: a fix that is fit for settlement, found grade B")


def test_a_changed_or_foreign_fix_is_not_believed(ours, fixes, tmp_path):
    record = json.loads((fixes / "1.json").read_bytes())
    record["document"]["fix_ticks"] += 1
    (tmp_path / "changed.json").write_text(json.dumps(record))
    words = (*OF_THE_DAY, "--hours", "1", "--entry", "3")
    _, _, fault = ran("future.py", "changed.json", "--key", ours.key, *words, folder=tmp_path)
    assert fault.endswith("NotProved: a document with the hash that the log holds")
    other = Published(tmp_path / "other", "ours.example")
    _, _, fault = ran("future.py", "1.json", "--key", other.key, *words, folder=fixes)
    assert fault.endswith("NotProved: a signature of ours.example")
